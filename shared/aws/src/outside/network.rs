//! Requests over the network: HTTP/1.1 on kept connections, TLS by rustls.
//!
//! A host's name is resolved here, and every address that it leads to is held
//! to the rule before one of them is connected to: what was checked is what is
//! reached. No proxy, no cookies, no compression, no redirects: a test says
//! what is sent, and sees what came.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::uri::Scheme;
use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use sluice_core::address::AddressRule;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use x509_cert::der::Decode;

use super::{Answer, Unanswered, check, literal};

/// One of several addresses of a host may take this long to connect.
const CONNECT_MAX: Duration = Duration::from_secs(3);

/// A connection that is not used is kept for so long.
const IDLE_MAX: Duration = Duration::from_secs(20);

#[derive(Clone)]
pub(super) struct Network {
    client: Client<Connector, Full<Bytes>>,
}

impl Network {
    pub(super) fn new(rule: AddressRule, more_roots: &[Vec<u8>]) -> Network {
        let connector = Connector {
            rule: Arc::new(rule),
            tls: Arc::new(tls(more_roots)),
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Network { client }
    }

    pub(super) async fn send(
        &self,
        request: Request<Vec<u8>>,
        body_bytes_max: usize,
    ) -> Result<Answer, Unanswered> {
        let request = request.map(|body| Full::new(Bytes::from(body)));
        let response = self.client.request(request).await;
        let (parts, body) = response.map_err(|error| sorted(&error))?.into_parts();
        let (body, cut) = beginning(body, body_bytes_max).await?;
        let peer = parts.extensions.get::<Peer>();
        Ok(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
            cut,
            certificate_ends: peer.and_then(|peer| peer.certificate_ends),
        })
    }
}

/// The beginning of a body, and whether there is more. The rest is never read:
/// the connection ends with it.
async fn beginning(mut body: Incoming, most: usize) -> Result<(Vec<u8>, bool), Unanswered> {
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| sorted(&error))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let left = most - read.len();
        if data.len() > left {
            read.extend_from_slice(&data[..left]);
            return Ok((read, true));
        }
        read.extend_from_slice(&data);
    }
    Ok((read, false))
}

/// What an error of the client's is, by its causes.
fn sorted(error: &(dyn Error + 'static)) -> Unanswered {
    let mut cause = Some(error);
    let mut last = String::new();
    while let Some(own) = cause {
        if let Some(known) = own.downcast_ref::<Unanswered>() {
            return known.clone();
        }
        if let Some(http) = own.downcast_ref::<hyper::Error>()
            && http.is_parse()
        {
            return Unanswered::NotHttp(http.to_string());
        }
        last = own.to_string();
        cause = own.source();
    }
    Unanswered::Broken(last)
}

fn tls(more_roots: &[Vec<u8>]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(native.certs);
    let more = more_roots.iter().cloned().map(CertificateDer::from);
    roots.add_parsable_certificates(more);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions of TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    tls
}

#[derive(Clone)]
struct Connector {
    rule: Arc<AddressRule>,
    tls: Arc<ClientConfig>,
}

impl tower_service::Service<Uri> for Connector {
    type Response = Stream;
    type Error = Unanswered;
    type Future = BoxFuture<'static, Result<Stream, Unanswered>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unanswered>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.connect(&to).await })
    }
}

impl Connector {
    async fn connect(&self, to: &Uri) -> Result<Stream, Unanswered> {
        let host = to.host().unwrap_or("");
        let is_tls = to.scheme() == Some(&Scheme::HTTPS);
        let port = to.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let addresses = resolved(host, port).await?;
        for address in &addresses {
            check(&self.rule, host, address.ip())?;
        }
        let tcp = connected(&addresses).await?;
        if is_tls {
            self.secured(host, tcp).await
        } else {
            Ok(Stream::new(tcp, None))
        }
    }

    async fn secured(&self, host: &str, tcp: TcpStream) -> Result<Stream, Unanswered> {
        let bare = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let name =
            ServerName::try_from(bare).map_err(|error| Unanswered::NoTls(error.to_string()))?;
        let tls = TlsConnector::from(Arc::clone(&self.tls));
        let stream = tls.connect(name, tcp).await;
        let stream = stream.map_err(|error| Unanswered::NoTls(error.to_string()))?;
        let chain = stream.get_ref().1.peer_certificates();
        let ends = chain.and_then(|chain| chain.first()).and_then(ends);
        Ok(Stream::new(stream, ends))
    }
}

/// Addresses of the older version first: a function without a route for the
/// newer one would wait for nothing.
async fn resolved(host: &str, port: u16) -> Result<Vec<SocketAddr>, Unanswered> {
    if let Some(address) = literal(host) {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found = tokio::net::lookup_host((host, port)).await;
    let found = found.map_err(|error| Unanswered::NoSuchHost(error.to_string()))?;
    let mut addresses: Vec<SocketAddr> = found.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    if addresses.is_empty() {
        return Err(Unanswered::NoSuchHost("it has no address".to_owned()));
    }
    Ok(addresses)
}

async fn connected(addresses: &[SocketAddr]) -> Result<TcpStream, Unanswered> {
    let mut last = io::Error::other("it has no address");
    for (index, address) in addresses.iter().enumerate() {
        let connecting = TcpStream::connect(address);
        let is_last = index + 1 == addresses.len();
        let tried = if is_last {
            connecting.await
        } else {
            let waited = tokio::time::timeout(CONNECT_MAX, connecting).await;
            waited.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        };
        match tried {
            Ok(tcp) => {
                // Only a matter of speed.
                let _ = tcp.set_nodelay(true);
                return Ok(tcp);
            }
            Err(error) => last = error,
        }
    }
    Err(Unanswered::NoConnection(last.to_string()))
}

/// The end of a certificate's time.
fn ends(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let parsed = x509_cert::Certificate::from_der(certificate).ok()?;
    let end = parsed.tbs_certificate().validity().not_after;
    let since_1970 = end.to_unix_duration();
    let since_1970 = SignedDuration::try_from(since_1970).ok()?;
    Timestamp::UNIX_EPOCH.checked_add(since_1970).ok()
}

/// What is known of the other side; the client hands it on with each answer.
#[derive(Debug, Clone, Copy)]
struct Peer {
    certificate_ends: Option<Timestamp>,
}

trait Both: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Both for T {}

/// A connection, with or without TLS.
struct Stream {
    io: TokioIo<Box<dyn Both>>,
    peer: Peer,
}

impl Stream {
    fn new(io: impl Both + 'static, certificate_ends: Option<Timestamp>) -> Stream {
        Stream {
            io: TokioIo::new(Box::new(io)),
            peer: Peer { certificate_ends },
        }
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new().extra(self.peer)
    }
}

impl hyper::rt::Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl hyper::rt::Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
