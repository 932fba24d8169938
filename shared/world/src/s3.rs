//! S3 as far as gates use it: whole objects and ranges, put if absent, and
//! the refusals that a gate must tell apart.
//!
//! `answer` speaks the protocol for one bucket and key, which
//! [`bucket_and_key`] finds in a request; `get`, `put` and `list` go past
//! credentials and faults, for tests and the command line.

mod body;
mod buckets;
mod refusal;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use jiff::Timestamp;

use crate::clock::Clock;
use refusal::Refusal;

/// Who wants what; a policy says whether they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access<'a> {
    /// The caller's access key id.
    pub credentials: &'a str,
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
    /// Whether it is a write.
    pub writes: bool,
}

type Policy = Arc<dyn Fn(&Access<'_>) -> bool + Send + Sync>;

/// All buckets of the world. Copies are the same S3.
#[derive(Clone)]
pub struct S3 {
    clock: Clock,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    buckets: BTreeMap<String, BTreeMap<String, Object>>,
    grants: HashMap<String, Grant>,
    policy: Option<Policy>,
    conflicts_to_come: u32,
    requests: u64,
}

/// What a job's artifact credentials reach.
struct Grant {
    bucket: String,
    until: Timestamp,
}

#[derive(Clone)]
struct Object {
    body: Arc<[u8]>,
    tag: String,
    modified: Timestamp,
    content_type: String,
}

impl std::fmt::Debug for S3 {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let inner = self.inner();
        formatter
            .debug_list()
            .entries(inner.buckets.keys())
            .finish()
    }
}

impl S3 {
    /// An S3 without buckets, in which everybody may do everything, except
    /// that artifact credentials reach their bucket only.
    pub fn new(clock: Clock) -> S3 {
        S3 {
            clock,
            inner: Arc::default(),
        }
    }

    /// Creates a bucket; one that exists stays as it is.
    pub fn create_bucket(&self, bucket: &str) {
        self.inner().buckets.entry(bucket.to_owned()).or_default();
    }

    /// Asks `policy` about each request from now on, artifact credentials'
    /// excepted. It must not call this S3.
    pub fn set_policy(&self, policy: impl Fn(&Access<'_>) -> bool + Send + Sync + 'static) {
        self.inner().policy = Some(Arc::new(policy));
    }

    /// Takes an object away.
    pub fn remove(&self, bucket: &str, key: &str) {
        if let Some(objects) = self.inner().buckets.get_mut(bucket) {
            objects.remove(key);
        }
    }

    /// Answers the next `count` conditional writes with 409
    /// `ConditionalRequestConflict`, as S3 may when two writers race.
    pub fn conflict_next_writes(&self, count: u32) {
        self.inner().conflicts_to_come = count;
    }

    /// Lets the access key id reach `bucket`, and nothing else, until a moment.
    pub(crate) fn grant(&self, access_key_id: &str, bucket: &str, until: Timestamp) {
        let bucket = bucket.to_owned();
        let grant = Grant { bucket, until };
        self.inner().grants.insert(access_key_id.to_owned(), grant);
    }

    /// Whether an access key id is that of a job's artifact credentials.
    pub fn is_granted(&self, access_key_id: &str) -> bool {
        self.inner().grants.contains_key(access_key_id)
    }

    /// An object's bytes, if it is there.
    pub fn get(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        let inner = self.inner();
        let object = inner.buckets.get(bucket)?.get(key)?;
        Some(object.body.to_vec())
    }

    /// What an object says it is, if it is there.
    pub fn content_type(&self, bucket: &str, key: &str) -> Option<String> {
        let inner = self.inner();
        let object = inner.buckets.get(bucket)?.get(key)?;
        Some(object.content_type.clone())
    }

    /// Puts an object; creates the bucket if needed.
    pub fn put(&self, bucket: &str, key: &str, body: Vec<u8>) {
        let object = self.object(body, None);
        let mut inner = self.inner();
        let objects = inner.buckets.entry(bucket.to_owned()).or_default();
        objects.insert(key.to_owned(), object);
    }

    /// Keys under a prefix with their sizes in bytes, in the order of keys.
    pub fn list(&self, bucket: &str, prefix: &str) -> Vec<(String, usize)> {
        let inner = self.inner();
        let objects = inner.buckets.get(bucket).into_iter().flatten();
        objects
            .filter(|(key, _)| key.starts_with(prefix))
            .map(|(key, object)| (key.clone(), object.body.len()))
            .collect()
    }

    /// Answers a request for `key` in `bucket`. `credentials` is the caller's
    /// access key id.
    pub fn answer(
        &self,
        request: &Request<Vec<u8>>,
        bucket: &str,
        key: &str,
        credentials: &str,
    ) -> Response<Vec<u8>> {
        let head = request.method() == Method::HEAD;
        let id = {
            let mut inner = self.inner();
            inner.requests += 1;
            format!("{:016X}", inner.requests)
        };
        let access = Access {
            credentials,
            bucket,
            key,
            writes: request.method() == Method::PUT,
        };
        let answered = match *request.method() {
            _ if key.is_empty() => self.answer_for_bucket(request, access),
            Method::GET | Method::HEAD => self.read(request.headers(), access),
            Method::PUT => self.write(request, access),
            _ => Err(Refusal::method_not_allowed()),
        };
        let mut response =
            answered.unwrap_or_else(|refusal| refusal.into_response(bucket, key, &id));
        if head {
            response.body_mut().clear();
        }
        let id = id
            .try_into()
            .expect("hexadecimal digits make a header value");
        response.headers_mut().insert("x-amz-request-id", id);
        response
    }

    fn read(&self, headers: &HeaderMap, access: Access<'_>) -> Result<Response<Vec<u8>>, Refusal> {
        let object = {
            let inner = self.allowed(access)?;
            let objects = inner.buckets.get(access.bucket);
            let objects = objects.ok_or_else(Refusal::no_such_bucket)?;
            let object = objects.get(access.key).cloned();
            object.ok_or_else(Refusal::no_such_key)?
        };
        let size = object.body.len();
        let range = headers
            .get(header::RANGE)
            .and_then(|range| range.to_str().ok());
        let range = match range.and_then(|range| body::parse_range(range, size)) {
            Some(Ok(range)) => Some(range),
            Some(Err(_beyond)) => return Err(Refusal::invalid_range()),
            None => None,
        };
        let status = match range {
            Some(_) => StatusCode::PARTIAL_CONTENT,
            None => StatusCode::OK,
        };
        let (from, to) = range.unwrap_or((0, size));
        let modified = object.modified.strftime("%a, %d %b %Y %H:%M:%S GMT");
        let mut response = Response::builder()
            .status(status)
            .header(header::ETAG, object.tag)
            .header(header::CONTENT_LENGTH, to - from)
            .header(header::CONTENT_TYPE, object.content_type)
            .header(header::ACCEPT_RANGES, "bytes")
            .header(header::LAST_MODIFIED, modified.to_string());
        if range.is_some() {
            let range = format!("bytes {from}-{}/{size}", to - 1);
            response = response.header(header::CONTENT_RANGE, range);
        }
        let response = response.body(object.body[from..to].to_vec());
        Ok(response.expect("header values were made here or came as headers"))
    }

    fn write(
        &self,
        request: &Request<Vec<u8>>,
        access: Access<'_>,
    ) -> Result<Response<Vec<u8>>, Refusal> {
        let headers = request.headers();
        let conditional = headers.get(header::IF_NONE_MATCH);
        if conditional.is_some_and(|value| value != "*") {
            return Err(Refusal::not_implemented("If-None-Match"));
        }
        if headers.contains_key(header::IF_MATCH) {
            return Err(Refusal::not_implemented("If-Match"));
        }
        let bytes = body::decode(headers, request.body()).ok_or_else(Refusal::incomplete_body)?;
        let content_type = headers.get(header::CONTENT_TYPE);
        let object = self.object(bytes, content_type.and_then(|value| value.to_str().ok()));
        let tag = object.tag.clone();
        let mut inner = self.allowed(access)?;
        if conditional.is_some() && inner.conflicts_to_come > 0 {
            inner.conflicts_to_come -= 1;
            return Err(Refusal::conflict());
        }
        let objects = inner.buckets.get_mut(access.bucket);
        let objects = objects.ok_or_else(Refusal::no_such_bucket)?;
        if conditional.is_some() && objects.contains_key(access.key) {
            return Err(Refusal::precondition_failed());
        }
        objects.insert(access.key.to_owned(), object);
        let response = Response::builder()
            .header(header::ETAG, tag)
            .header(header::CONTENT_LENGTH, 0)
            .body(Vec::new());
        Ok(response.expect("header values were made here"))
    }

    /// The inside, if the caller may do what they want to.
    fn allowed(&self, access: Access<'_>) -> Result<MutexGuard<'_, Inner>, Refusal> {
        let inner = self.inner();
        let allowed = match inner.grants.get(access.credentials) {
            Some(grant) if grant.until <= self.clock.now() => return Err(Refusal::expired()),
            Some(grant) => grant.bucket == access.bucket,
            None => inner.policy.as_ref().is_none_or(|policy| policy(&access)),
        };
        allowed.then_some(inner).ok_or_else(Refusal::access_denied)
    }

    fn object(&self, body: Vec<u8>, content_type: Option<&str>) -> Object {
        Object {
            tag: body::tag(&body),
            body: body.into(),
            modified: self.clock.now(),
            content_type: content_type.unwrap_or("binary/octet-stream").to_owned(),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Finds bucket and key, percent-decoded, in a request's host and path: both
/// `bucket.s3.REGION.amazonaws.com/key` and `s3.REGION.amazonaws.com/bucket/key`.
/// Nothing if the host is not S3's or no bucket is named.
pub fn bucket_and_key(host: &str, path: &str) -> Option<(String, String)> {
    let host = host.split_once(':').map_or(host, |(host, _port)| host);
    let service = host.strip_suffix(".amazonaws.com")?;
    let path = path.split_once('?').map_or(path, |(path, _query)| path);
    let path = path.strip_prefix('/').unwrap_or(path);
    let is_service = |name: &str| {
        name == "s3" || (name.strip_prefix("s3.")).is_some_and(|region| !region.contains('.'))
    };
    if is_service(service) {
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        return (!bucket.is_empty()).then(|| (percent_decoded(bucket), percent_decoded(key)));
    }
    // Bucket names may hold dots, and even `.s3.`: the last one counts.
    let at = service.rfind(".s3.").or_else(|| {
        let at = service.len().checked_sub(".s3".len())?;
        service.ends_with(".s3").then_some(at)
    })?;
    let (bucket, rest) = service.split_at(at);
    (!bucket.is_empty() && is_service(&rest[1..]))
        .then(|| (bucket.to_owned(), percent_decoded(path)))
}

/// `%41` becomes `A`; what is not a pair of hexadecimal digits stays.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).filter(|_| *first == b'%');
        let value = digits
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(value.unwrap_or(*first));
        rest = if value.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Lowercase hexadecimal digits of some bytes.
fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}

#[cfg(test)]
mod tests;
