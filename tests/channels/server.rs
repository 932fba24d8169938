//! A real server on loopback, over TLS, in the place of all vendors: it checks
//! what comes as they document it, and answers as they do. Before that it goes
//! through what a test wants it to do first.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::vendors;

/// What the server does with a request, before it is the vendor again.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Says this: a status, headers, a body.
    Says(u16, &'static [(&'static str, &'static str)], &'static str),
    /// Says a status and repeats where it was asked, and what.
    Echoes(u16),
    /// Never answers.
    Hangs,
    /// Ends the connection.
    Closes,
    /// Answers with something that is not HTTP.
    Babbles,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) path: String,
    headers: String,
    pub(super) body: String,
}

impl Request {
    /// A header's value.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// The server, and what it saw.
pub(super) struct Server {
    pub(super) port: u16,
    /// The certificate of its authority.
    pub(super) root: Vec<u8>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    acts: Mutex<VecDeque<Act>>,
    seen: Mutex<Vec<Request>>,
}

impl Server {
    pub(super) async fn start() -> Server {
        Server::doing(&[]).await
    }

    /// One that does this first, a request each.
    pub(super) async fn doing(acts: &[Act]) -> Server {
        let (tls, root) = certificate();
        Server::over(Some(tls), root, acts).await
    }

    /// One that does not speak TLS.
    pub(super) async fn plain() -> Server {
        Server::over(None, Vec::new(), &[]).await
    }

    async fn over(tls: Option<TlsAcceptor>, root: Vec<u8>, acts: &[Act]) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        shared.acts.lock().unwrap().extend(acts.iter().cloned());
        let own = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (shared, tls) = (Arc::clone(&own), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(tcp, &shared).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(tcp).await {
                                serve(stream, &shared).await;
                            }
                        }
                    }
                });
            }
        });
        Server { port, root, shared }
    }

    /// The requests so far.
    pub(super) fn seen(&self) -> Vec<Request> {
        self.shared.seen.lock().unwrap().clone()
    }
}

/// An authority, and a certificate for `localhost` that it signed.
fn certificate() -> (TlsAcceptor, Vec<u8>) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = authority.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let own = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let own = own.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![own.der().clone()],
            rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), root.der().to_vec())
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, shared: &Shared) {
    while let Some(request) = read(&mut stream).await {
        shared.seen.lock().unwrap().push(request.clone());
        let act = shared.acts.lock().unwrap().pop_front();
        let (status, headers, body) = match act {
            None => {
                let (status, body) = vendors::answer(&request);
                (status, String::new(), body)
            }
            Some(Act::Says(status, headers, body)) => {
                let headers = headers
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}\r\n"));
                (status, headers.collect(), body.to_owned())
            }
            Some(Act::Echoes(status)) => {
                let body = format!("{} {}", request.path, request.body);
                (status, String::new(), body)
            }
            Some(Act::Hangs) => std::future::pending().await,
            Some(Act::Closes) => return,
            Some(Act::Babbles) => {
                let _ = stream.write_all(b"220 mail.example ready\r\n").await;
                return;
            }
        };
        let length = body.len();
        let head = format!("HTTP/1.1 {status} Said\r\n{headers}content-length: {length}\r\n\r\n");
        if stream
            .write_all(format!("{head}{body}").as_bytes())
            .await
            .is_err()
        {
            return;
        }
        let _ = stream.flush().await;
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.ok()?;
        if count == 0 {
            return None;
        }
        bytes.extend_from_slice(&buffer[..count]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let (first, headers) = head.split_once("\r\n").unwrap();
        let mut request = Request {
            path: first.split(' ').nth(1).unwrap().to_owned(),
            headers: headers.to_owned(),
            body: String::new(),
        };
        let length: usize = request.header("content-length").unwrap().parse().unwrap();
        let body = &bytes[end + 4..];
        if body.len() >= length {
            request.body = String::from_utf8(body.to_vec()).unwrap();
            return Some(request);
        }
    }
}
