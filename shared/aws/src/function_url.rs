//! Requests to the URL of a Lambda function, signed as AWS wants them.

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use http::{Method, Request, Uri};
use jiff::SignedDuration;
use sluice_core::address::{AddressRange, AddressRule};

use crate::clients::Aws;
use crate::outside::{Answer, Unanswered};

/// How long the function may take.
const WITHIN: SignedDuration = SignedDuration::from_secs(60);
/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// `https://ID.lambda-url.REGION.on.aws/`
const URL_MARK: &str = ".lambda-url.";

/// Why a function's URL gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is no URL that a request may go to.
    #[error("`{url}` cannot be called: {why}")]
    Url {
        /// As it was written.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// There is nothing to sign with.
    #[error("there are no AWS credentials to sign the request with: {0}")]
    NoCredentials(String),
    /// The request cannot be signed.
    #[error("the request cannot be signed: {0}")]
    Unsigned(String),
    /// There is no answer.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// There is none in time.
    #[error("there was no answer within {} s", WITHIN.as_secs())]
    TimedOut,
}

impl Aws {
    /// Calls the URL of a function whose `AuthType` is `AWS_IAM`, with the
    /// credentials of the environment.
    pub async fn call_function_url(
        &self,
        method: Method,
        url: &str,
        body: Vec<u8>,
    ) -> Result<Answer, UrlError> {
        let uri = usable(url)?;
        let mut request = Request::builder().method(method).uri(uri);
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let request = request
            .body(body)
            .map_err(|error| UrlError::Unsigned(error.to_string()))?;
        let request = self.signed(request).await?;
        let outside = self.outside(AddressRule {
            allowed: here().collect(),
        });
        tokio::select! {
            biased;
            answer = outside.send(request, ANSWER_BYTES_MAX) => Ok(answer?),
            () = self.pause(WITHIN) => Err(UrlError::TimedOut),
        }
    }

    async fn signed(&self, mut request: Request<Vec<u8>>) -> Result<Request<Vec<u8>>, UrlError> {
        let identity = self.identity().await?;
        let uri = request.uri().to_string();
        let region = region_of(request.uri()).unwrap_or(self.region_name());
        let unsigned = |error: &dyn std::fmt::Display| UrlError::Unsigned(error.to_string());
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name("lambda")
            .time(self.wire.time.now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| unsigned(&error))?;
        let headers = request.headers().iter();
        let headers =
            headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let body = SignableBody::Bytes(request.body());
        let signable = SignableRequest::new(request.method().as_str(), &uri, headers, body)
            .map_err(|error| unsigned(&error))?;
        let (instructions, _) = sign(signable, &parameters.into())
            .map_err(|error| unsigned(&error))?
            .into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }

    async fn identity(&self) -> Result<Identity, UrlError> {
        let Some(provider) = self.credentials() else {
            return Err(UrlError::NoCredentials("none are configured".to_owned()));
        };
        let credentials = provider.provide_credentials().await;
        let credentials = credentials.map_err(|error| {
            let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| {
                error.source()
            });
            let causes: Vec<String> = causes.map(ToString::to_string).collect();
            UrlError::NoCredentials(causes.join(": "))
        })?;
        Ok(credentials.into())
    }
}

/// Only this machine itself is called without TLS.
fn usable(url: &str) -> Result<Uri, UrlError> {
    let wrong = |why| UrlError::Url {
        url: url.to_owned(),
        why,
    };
    let uri: Uri = url.parse().map_err(|_| wrong("it is no URL"))?;
    let host = uri.host().ok_or_else(|| wrong("it names no host"))?;
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if ["127.0.0.1", "localhost", "[::1]"].contains(&host) => Ok(uri),
        _ => Err(wrong("it has to begin with `https://`")),
    }
}

/// The addresses of this machine, for functions that are tried here.
fn here() -> impl Iterator<Item = AddressRange> {
    ["127.0.0.0/8", "::1"]
        .into_iter()
        .filter_map(AddressRange::read)
}

/// The region that a function's URL names.
fn region_of(uri: &Uri) -> Option<&str> {
    let (_, rest) = uri.host()?.split_once(URL_MARK)?;
    rest.split('.').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_called_without_tls() {
        for (url, expected) in [
            ("https://abc.lambda-url.eu-central-1.on.aws/", true),
            ("https://overrides.checkout.example/", true),
            ("http://127.0.0.1:3000/", true),
            ("http://localhost:3000/", true),
            ("http://abc.lambda-url.eu-central-1.on.aws/", false),
            ("http://127.0.0.1.checkout.example/", false),
            ("abc.lambda-url.eu-central-1.on.aws", false),
            ("ftp://127.0.0.1/", false),
            ("https://", false),
            ("", false),
        ] {
            assert_eq!(usable(url).is_ok(), expected, "{url}");
        }
    }

    #[test]
    fn the_region_is_that_of_the_url() {
        let region = |url: &'static str| region_of(&Uri::from_static(url)).map(str::to_owned);
        let own = region("https://abc.lambda-url.eu-central-1.on.aws/?pipeline=p");
        assert_eq!(own.as_deref(), Some("eu-central-1"));
        assert_eq!(region("https://overrides.checkout.example/"), None);
    }
}
