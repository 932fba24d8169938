//! Where a request would have gone at AWS. A client with another endpoint
//! still says so: its signature names region and service.

use http::request::Parts;
use http::{Uri, header, uri};

/// Services by the names under which requests to them are signed, which are
/// those in their addresses as well.
const SERVICES: [&str; 11] = [
    "codebuild",
    "codepipeline",
    "dynamodb",
    "events",
    "lambda",
    "monitoring",
    "s3",
    "secretsmanager",
    "states",
    "sts",
    "synthetics",
];

/// Why a request goes nowhere.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Nowhere {
    /// It is not signed.
    Unsigned,
    /// It is for a service that is not imitated.
    Unknown(String),
}

/// The address at AWS of what a request asks for.
pub(super) fn at_aws(request: &Parts) -> Result<Uri, Nowhere> {
    let text = |name| request.headers.get(name).and_then(|v| v.to_str().ok());
    let scope = text(header::AUTHORIZATION).and_then(scope);
    let (region, service) = scope.ok_or(Nowhere::Unsigned)?;
    if !SERVICES.contains(&service) {
        return Err(Nowhere::Unknown(service.to_owned()));
    }
    let bucket = text(header::HOST).and_then(|host| bucket_in_front(host, service));
    let bucket = bucket
        .map(|bucket| format!("{bucket}."))
        .unwrap_or_default();
    let path = request.uri.path_and_query();
    uri::Builder::new()
        .scheme("https")
        .authority(format!("{bucket}{service}.{region}.amazonaws.com"))
        .path_and_query(path.map_or("/", uri::PathAndQuery::as_str))
        .build()
        .map_err(|_| Nowhere::Unsigned)
}

/// Region and service of `... Credential=KEY/DATE/REGION/SERVICE/aws4_request, ...`.
fn scope(authorization: &str) -> Option<(&str, &str)> {
    let (_, credential) = authorization.split_once("Credential=")?;
    let credential = credential.split([',', ' ']).next()?;
    // Keys of other clouds' imitations may hold slashes: count from the end.
    let mut parts = credential.rsplit('/');
    let _aws4_request = parts.next()?;
    let service = parts.next()?;
    Some((parts.next()?, service))
}

/// The bucket in `bucket.localhost:5056`, which some clients write.
fn bucket_in_front<'a>(host: &'a str, service: &str) -> Option<&'a str> {
    let host = host.split_once(':').map_or(host, |(host, _port)| host);
    host.strip_suffix(".localhost").filter(|_| service == "s3")
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::{Nowhere, at_aws};

    const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKIA/20260303/eu-west-1/SERVICE/aws4_request, \
                          SignedHeaders=host, Signature=0";

    #[track_caller]
    fn check(service: &str, host: &str, path: &str, expected: &str) {
        let request = Request::get(path)
            .header("host", host)
            .header("authorization", SIGNED.replace("SERVICE", service))
            .body(());
        let (parts, ()) = request.unwrap().into_parts();
        assert_eq!(at_aws(&parts).unwrap().to_string(), expected);
    }

    #[test]
    fn region_and_service_come_from_the_signature() {
        check(
            "monitoring",
            "127.0.0.1:5056",
            "/",
            "https://monitoring.eu-west-1.amazonaws.com/",
        );
        check(
            "s3",
            "127.0.0.1:5056",
            "/bucket/a%20b?list-type=2",
            "https://s3.eu-west-1.amazonaws.com/bucket/a%20b?list-type=2",
        );
        check(
            "s3",
            "my.bucket.localhost:5056",
            "/key",
            "https://my.bucket.s3.eu-west-1.amazonaws.com/key",
        );
    }

    #[test]
    fn what_is_not_signed_or_not_imitated_goes_nowhere() {
        let (parts, ()) = Request::get("/").body(()).unwrap().into_parts();
        assert_eq!(at_aws(&parts), Err(Nowhere::Unsigned));
        let signed = SIGNED.replace("SERVICE", "sqs");
        let request = Request::get("/").header("authorization", signed).body(());
        let (parts, ()) = request.unwrap().into_parts();
        assert_eq!(at_aws(&parts), Err(Nowhere::Unknown("sqs".to_owned())));
    }
}
