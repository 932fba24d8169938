//! S3, as far as objects are read and written: whole objects, put if absent,
//! and who may touch which bucket.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use http::{Request, Response, StatusCode};

use crate::wire::ApiError;

/// Says whether an access key may do an operation on a bucket.
pub type Policy = Arc<dyn Fn(&str, &str) -> bool + Send + Sync>;

/// An in-memory S3. Copies share the objects.
#[derive(Clone, Default)]
pub struct S3 {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    buckets: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    policy: Option<Policy>,
}

impl S3 {
    /// Without buckets.
    pub fn new() -> S3 {
        S3::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nothing panics while it holds this lock")
    }

    /// Makes a bucket, if it is not there.
    pub fn make_bucket(&self, bucket: &str) {
        self.state().buckets.entry(bucket.to_owned()).or_default();
    }

    /// Lets `policy(access key, bucket)` say who may.
    pub fn set_policy(&self, policy: Policy) {
        self.state().policy = Some(policy);
    }

    /// An object's content.
    pub fn get(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        self.state().buckets.get(bucket)?.get(key).cloned()
    }

    /// Writes an object, and makes its bucket where needed.
    pub fn put(&self, bucket: &str, key: &str, content: Vec<u8>) {
        self.state()
            .buckets
            .entry(bucket.to_owned())
            .or_default()
            .insert(key.to_owned(), content);
    }

    /// Removes an object, if it is there.
    pub fn remove(&self, bucket: &str, key: &str) {
        if let Some(objects) = self.state().buckets.get_mut(bucket) {
            objects.remove(key);
        }
    }

    /// The keys of a bucket, in order.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        self.state()
            .buckets
            .get(bucket)
            .map(|objects| objects.keys().cloned().collect())
            .unwrap_or_default()
    }

    /// Answers one request for an object.
    pub fn answer(
        &self,
        request: &Request<Vec<u8>>,
        bucket: &str,
        key: &str,
        access_key: &str,
    ) -> Response<Vec<u8>> {
        match self.run(request, bucket, key, access_key) {
            Ok(response) => response,
            Err(error) => refused(&error),
        }
    }

    fn run(
        &self,
        request: &Request<Vec<u8>>,
        bucket: &str,
        key: &str,
        access_key: &str,
    ) -> Result<Response<Vec<u8>>, ApiError> {
        let error = |status, code: &str, message: &str| ApiError {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
        };
        let mut state = self.state();
        if state
            .policy
            .as_ref()
            .is_some_and(|may| !may(access_key, bucket))
        {
            return Err(error(403, "AccessDenied", "Access Denied"));
        }
        let Some(objects) = state.buckets.get_mut(bucket) else {
            return Err(error(
                404,
                "NoSuchBucket",
                "The specified bucket does not exist",
            ));
        };
        match request.method().as_str() {
            "GET" | "HEAD" => {
                let Some(content) = objects.get(key) else {
                    return Err(error(404, "NoSuchKey", "The specified key does not exist."));
                };
                let body = if request.method() == "HEAD" {
                    Vec::new()
                } else {
                    content.clone()
                };
                Ok(Response::builder()
                    .status(StatusCode::OK)
                    .header("content-length", content.len())
                    .header("etag", etag(content))
                    .body(body)
                    .expect("these headers are valid"))
            }
            "PUT" => {
                let if_absent = request
                    .headers()
                    .get("if-none-match")
                    .is_some_and(|value| value == "*");
                if if_absent && objects.contains_key(key) {
                    let message = "At least one of the pre-conditions you specified did not hold";
                    return Err(error(412, "PreconditionFailed", message));
                }
                let chunked = request
                    .headers()
                    .get("content-encoding")
                    .and_then(|value| value.to_str().ok())
                    .is_some_and(|value| value.contains("aws-chunked"));
                let content = if chunked {
                    unchunked(request.body())
                } else {
                    request.body().clone()
                };
                let tag = etag(&content);
                objects.insert(key.to_owned(), content);
                Ok(Response::builder()
                    .status(StatusCode::OK)
                    .header("etag", tag)
                    .body(Vec::new())
                    .expect("these headers are valid"))
            }
            _ => Err(error(
                405,
                "MethodNotAllowed",
                "The specified method is not allowed against this resource.",
            )),
        }
    }
}

/// An error as S3 writes it.
pub(crate) fn refused(error: &ApiError) -> Response<Vec<u8>> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message></Error>",
        quick_xml::escape::escape(error.code.as_str()),
        quick_xml::escape::escape(error.message.as_str())
    );
    Response::builder()
        .status(error.status)
        .header("content-type", "application/xml")
        .body(body.into_bytes())
        .expect("the status is one of HTTP's")
}

/// A tag that differs where contents do: nobody here checks that it is MD5.
fn etag(content: &[u8]) -> String {
    let hash = content
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("\"{hash:016x}\"")
}

/// The content of an `aws-chunked` body: sizes in hexadecimal before each
/// piece, trailers after the empty one.
fn unchunked(body: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    let mut rest = body;
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let header = String::from_utf8_lossy(&rest[..end]);
        let size =
            usize::from_str_radix(header.split(';').next().unwrap_or("").trim(), 16).unwrap_or(0);
        rest = &rest[end + 2..];
        if size == 0 || size > rest.len() {
            break;
        }
        content.extend_from_slice(&rest[..size]);
        rest = rest.get(size + 2..).unwrap_or_default();
    }
    content
}

/// Bucket and key of a request, in virtual-hosted style
/// (`bucket.s3.us-east-1.amazonaws.com/key`) or in path style. `None`: the host
/// is not S3's, or there is no key.
pub fn bucket_and_key(host: &str, path: &str) -> Option<(String, String)> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let (bucket, key) = if host.starts_with("s3.") {
        path.split_once('/')?
    } else {
        let (bucket, rest) = host.split_once(".s3.")?;
        rest.contains("amazonaws").then_some((bucket, path))?
    };
    (!key.is_empty()).then(|| (bucket.to_owned(), percent_decoded(key)))
}

/// `%2F` and its like, undone.
pub(crate) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let hex = (bytes[index] == b'%')
            .then(|| text.get(index + 1..index + 3))
            .flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                index += 3;
            }
            None => {
                decoded.push(bytes[index]);
                index += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(s3: &S3, key: &str, content: &str, if_absent: bool) -> u16 {
        let mut request = Request::builder().method("PUT");
        if if_absent {
            request = request.header("if-none-match", "*");
        }
        let request = request.body(content.as_bytes().to_vec()).unwrap();
        s3.answer(&request, "bucket", key, "AKIA").status().as_u16()
    }

    #[test]
    fn of_two_puts_if_absent_the_first_stays() {
        let s3 = S3::new();
        s3.make_bucket("bucket");
        assert_eq!(put(&s3, "key", "first", true), 200);
        assert_eq!(put(&s3, "key", "second", true), 412);
        assert_eq!(s3.get("bucket", "key"), Some(b"first".to_vec()));
        assert_eq!(put(&s3, "key", "third", false), 200);
        assert_eq!(s3.get("bucket", "key"), Some(b"third".to_vec()));
    }

    #[test]
    fn what_is_not_there_or_not_allowed_has_its_published_code() {
        let s3 = S3::new();
        s3.make_bucket("bucket");
        let get = Request::get("/").body(Vec::new()).unwrap();
        let code = |response: Response<Vec<u8>>| {
            let body = String::from_utf8(response.body().clone()).unwrap();
            let from = body.find("<Code>").unwrap() + 6;
            (
                response.status().as_u16(),
                body[from..body.find("</Code>").unwrap()].to_owned(),
            )
        };
        assert_eq!(
            code(s3.answer(&get, "bucket", "nothing", "AKIA")),
            (404, "NoSuchKey".to_owned())
        );
        assert_eq!(
            code(s3.answer(&get, "other", "nothing", "AKIA")),
            (404, "NoSuchBucket".to_owned())
        );
        s3.set_policy(Arc::new(|key, _| key != "AKIA"));
        assert_eq!(
            code(s3.answer(&get, "bucket", "nothing", "AKIA")),
            (403, "AccessDenied".to_owned())
        );
    }

    #[test]
    fn both_styles_of_address_are_read() {
        let expected = Some(("b".to_owned(), "begun/r 1/x.json".to_owned()));
        assert_eq!(
            bucket_and_key("b.s3.us-east-1.amazonaws.com", "/begun/r%201/x.json"),
            expected
        );
        assert_eq!(
            bucket_and_key("s3.us-east-1.amazonaws.com", "/b/begun/r%201/x.json"),
            expected
        );
        assert_eq!(
            bucket_and_key("monitoring.us-east-1.amazonaws.com", "/b/x"),
            None
        );
    }

    #[test]
    fn a_chunked_body_is_put_together() {
        let body = b"5\r\nhello\r\n6;chunk-signature=1\r\n world\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n";
        assert_eq!(unchunked(body), b"hello world");
    }
}
