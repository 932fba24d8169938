//! The seam: how requests leave, what time it is, and how to wait.

use std::sync::Arc;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource, TimeSource};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use sluice_core::address::AddressRule;

use crate::outside::{Outside, OutsideHandler, Unanswered};

/// The connection brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Disconnected {
    /// Nothing came in time.
    #[error("no answer in time")]
    TimedOut,
    /// The other side closed the connection.
    #[error("connection reset")]
    Reset,
}

/// Answers HTTP requests in the place of AWS.
pub type Handler = Arc<
    dyn Fn(
            http::Request<Vec<u8>>,
        ) -> BoxFuture<'static, Result<http::Response<Vec<u8>>, Disconnected>>
        + Send
        + Sync,
>;

/// How requests leave, what time it is, and how to wait.
#[derive(Clone)]
pub struct Wire {
    pub(crate) http: SharedHttpClient,
    /// Answers for what is not AWS. Not there: the network does.
    outside: Option<OutsideHandler>,
    pub(crate) time: SharedTimeSource,
    pub(crate) sleep: SharedAsyncSleep,
}

impl Wire {
    /// The network, and the machine's clock.
    pub fn network() -> Wire {
        Wire {
            http: aws_smithy_http_client::Builder::new()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build_https(),
            outside: None,
            time: SharedTimeSource::new(SystemTimeSource::new()),
            sleep: SharedAsyncSleep::new(TokioSleep::new()),
        }
    }

    /// A wire to a simulated AWS, with its clock. Waiting is tokio's, so that
    /// it costs nothing where tokio's time is paused.
    pub fn simulated(
        handler: Handler,
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Wire {
        let connector = SharedHttpConnector::new(Simulated(handler));
        Wire {
            http: SharedHttpClient::new(Always(connector)),
            outside: Some(Arc::new(|request: http::Request<Vec<u8>>| {
                let host = request.uri().host().unwrap_or("").to_owned();
                Box::pin(async move { Err(Unanswered::NotInScenario(host)) })
            })),
            time: SharedTimeSource::new(Told(Arc::new(now))),
            sleep: SharedAsyncSleep::new(TokioSleep::new()),
        }
    }

    /// The same wire, on which `handler` answers for what is not AWS. Without
    /// one, a simulated wire reaches nothing else.
    pub fn with_outside(self, handler: OutsideHandler) -> Wire {
        Wire {
            outside: Some(handler),
            ..self
        }
    }

    /// The way to what is not AWS.
    pub(crate) fn outside(&self, rule: AddressRule) -> Outside {
        match &self.outside {
            Some(handler) => Outside::simulated(rule, Arc::clone(handler)),
            None => Outside::network(rule, &[]),
        }
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        Timestamp::try_from(self.time.now()).unwrap_or(Timestamp::MAX)
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

struct Told(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Told")
    }
}

impl TimeSource for Told {
    fn now(&self) -> std::time::SystemTime {
        (self.0)().into()
    }
}

#[derive(Debug)]
struct Always(SharedHttpConnector);

impl HttpClient for Always {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.clone()
    }
}

#[derive(Clone)]
struct Simulated(Handler);

impl std::fmt::Debug for Simulated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Simulated")
    }
}

impl HttpConnector for Simulated {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let handler = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let request = request
                .try_into_http1x()
                .map_err(|error| ConnectorError::user(Box::new(error)))?
                .map(|body| {
                    // Everything that we send is in memory; streams would come in pieces.
                    body.bytes().unwrap_or_default().to_vec()
                });
            let response = handler(request).await.map_err(|error| match error {
                Disconnected::TimedOut => ConnectorError::timeout(Box::new(error)),
                Disconnected::Reset => ConnectorError::io(Box::new(error)),
            })?;
            HttpResponse::try_from(response.map(SdkBody::from))
                .map_err(|error| ConnectorError::other(Box::new(error), None))
        })
    }
}
