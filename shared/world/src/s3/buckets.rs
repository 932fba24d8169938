//! What is asked of a bucket and not of a key: `CreateBucket`, `HeadBucket`,
//! `ListObjectsV2`.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use http::{Method, Request, Response, header};
use quick_xml::escape::escape;

use super::refusal::Refusal;
use super::{Access, Object, S3};
use crate::wire::read_form;

/// At most so many keys on a page, and as many unless asked.
const PAGE: usize = 1000;

impl S3 {
    pub(super) fn answer_for_bucket(
        &self,
        request: &Request<Vec<u8>>,
        access: Access<'_>,
    ) -> Result<Response<Vec<u8>>, Refusal> {
        if access.bucket.is_empty() {
            return Err(Refusal::not_implemented("ListBuckets"));
        }
        let query = read_form(request.uri().query().unwrap_or_default());
        match *request.method() {
            Method::PUT => {
                drop(self.allowed(access)?);
                self.create_bucket(access.bucket);
                Ok(Response::builder()
                    .header(header::LOCATION, format!("/{}", access.bucket))
                    .body(Vec::new())
                    .map_err(|_| Refusal::invalid_argument("the bucket's name"))?)
            }
            Method::HEAD => {
                let inner = self.allowed(access)?;
                let found = inner.buckets.contains_key(access.bucket);
                found
                    .then(|| Response::new(Vec::new()))
                    .ok_or_else(Refusal::no_such_bucket)
            }
            Method::GET if query.get("list-type").is_some_and(|kind| kind == "2") => {
                self.list_objects(access, &Listing::read(&query)?)
            }
            _ => Err(Refusal::not_implemented("what is asked of this bucket")),
        }
    }

    fn list_objects(
        &self,
        access: Access<'_>,
        listing: &Listing,
    ) -> Result<Response<Vec<u8>>, Refusal> {
        let inner = self.allowed(access)?;
        let objects = inner.buckets.get(access.bucket);
        let objects = objects.ok_or_else(Refusal::no_such_bucket)?;
        let keys = objects.iter().filter(|(key, _)| listing.takes(key));
        let body = listing.page(access.bucket, keys);
        let response = Response::builder()
            .header(header::CONTENT_TYPE, "application/xml")
            .body(body.into_bytes());
        Ok(response.expect("a fixed header makes a response"))
    }
}

/// What a client wants listed.
struct Listing {
    prefix: String,
    delimiter: Option<String>,
    /// Only what comes after this key, or common prefix.
    after: String,
    page: usize,
    encoded: bool,
}

impl Listing {
    fn read(query: &HashMap<String, String>) -> Result<Listing, Refusal> {
        let text = |name: &str| query.get(name).cloned().unwrap_or_default();
        let page = match query.get("max-keys").map(|text| text.parse::<usize>()) {
            None => PAGE,
            Some(Ok(page)) => page.min(PAGE),
            Some(Err(_)) => return Err(Refusal::invalid_argument("max-keys")),
        };
        let token = query.get("continuation-token").cloned();
        Ok(Listing {
            prefix: text("prefix"),
            delimiter: query.get("delimiter").filter(|d| !d.is_empty()).cloned(),
            after: token.unwrap_or_else(|| text("start-after")),
            page,
            encoded: text("encoding-type") == "url",
        })
    }

    fn takes(&self, key: &str) -> bool {
        let common = self.common_prefix(key);
        key.starts_with(&self.prefix) && common.unwrap_or(key) > self.after.as_str()
    }

    /// The part of a key up to the delimiter behind the prefix, for which all
    /// such keys stand together.
    fn common_prefix<'a>(&self, key: &'a str) -> Option<&'a str> {
        let delimiter = self.delimiter.as_deref()?;
        let rest = key.strip_prefix(self.prefix.as_str())?;
        let end = rest.find(delimiter)? + delimiter.len();
        Some(&key[..self.prefix.len() + end])
    }

    fn page<'a>(
        &self,
        bucket: &str,
        keys: impl Iterator<Item = (&'a String, &'a Object)>,
    ) -> String {
        let mut body = String::new();
        let mut common: BTreeSet<&str> = BTreeSet::new();
        let (mut count, mut last, mut more) = (0, "", false);
        for (key, object) in keys {
            let shared = self.common_prefix(key);
            if shared.is_some_and(|shared| common.contains(shared)) {
                continue;
            }
            if count == self.page {
                more = true;
                break;
            }
            count += 1;
            last = shared.unwrap_or(key);
            match shared {
                Some(shared) => {
                    common.insert(shared);
                }
                None => body.push_str(&self.object(key, object)),
            }
        }
        for prefix in common {
            let prefix = self.text(prefix);
            let _infallible = write!(
                body,
                "<CommonPrefixes><Prefix>{prefix}</Prefix></CommonPrefixes>"
            );
        }
        if more && count > 0 {
            let token = escape(last);
            let _infallible = write!(
                body,
                "<NextContinuationToken>{token}</NextContinuationToken>"
            );
        }
        let encoding = if self.encoded {
            "<EncodingType>url</EncodingType>"
        } else {
            ""
        };
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Name>{}</Name><Prefix>{}</Prefix><KeyCount>{count}</KeyCount>\
             <MaxKeys>{}</MaxKeys>{encoding}<IsTruncated>{}</IsTruncated>{body}\
             </ListBucketResult>",
            escape(bucket),
            self.text(&self.prefix),
            self.page,
            more && count > 0,
        )
    }

    fn object(&self, key: &str, object: &Object) -> String {
        let modified = object.modified.strftime("%Y-%m-%dT%H:%M:%S.000Z");
        format!(
            "<Contents><Key>{}</Key><LastModified>{modified}</LastModified><ETag>{}</ETag>\
             <Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
            self.text(key),
            escape(&object.tag),
            object.body.len(),
        )
    }

    /// A key as it was asked for: keys may hold what XML cannot.
    fn text(&self, key: &str) -> String {
        if !self.encoded {
            return escape(key).into_owned();
        }
        key.bytes().fold(String::new(), |mut text, byte| {
            if byte.is_ascii_alphanumeric() || b"-_.*/".contains(&byte) {
                text.push(char::from(byte));
            } else {
                let _infallible = write!(text, "%{byte:02X}");
            }
            text
        })
    }
}

#[cfg(test)]
mod tests;
