//! A real server on loopback that is healthy, slow, flaky, broken and huge,
//! by the path that is asked for.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub(super) const HEALTH: &str =
    r#"{"status":"ok","version":"v12","load":0.5,"items":[{"id":1},{"id":2}]}"#;

#[derive(Default)]
pub(super) struct Seen {
    /// Each request as it came.
    pub(super) requests: Mutex<Vec<String>>,
    flaky: AtomicU32,
    connections: AtomicU32,
    written: AtomicU64,
}

pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) seen: Arc<Seen>,
    /// The certificate of the authority, if it speaks TLS.
    pub(super) root: Option<Vec<u8>>,
}

impl Server {
    pub(super) async fn plain() -> Server {
        Server::start(None, None).await
    }

    /// With a certificate of an own authority, valid for so many days yet.
    pub(super) async fn with_tls(days: i64) -> Server {
        let (acceptor, root) = certificate(days);
        Server::start(Some(acceptor), Some(root)).await
    }

    async fn start(tls: Option<TlsAcceptor>, root: Option<Vec<u8>>) -> Server {
        // All of loopback leads there, so that there are two hosts.
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let seen = Arc::new(Seen::default());
        let own = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (seen, tls) = (Arc::clone(&own), tls.clone());
                seen.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    match tls {
                        None => serve(tcp, &seen).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(tcp).await {
                                serve(stream, &seen).await;
                            }
                        }
                    }
                });
            }
        });
        Server {
            address,
            seen,
            root,
        }
    }

    pub(super) fn base(&self) -> String {
        match &self.root {
            None => format!("http://{}", self.address),
            Some(_) => format!("https://localhost:{}", self.address.port()),
        }
    }

    pub(super) fn connections(&self) -> u32 {
        self.seen.connections.load(Ordering::SeqCst)
    }

    pub(super) fn written(&self) -> u64 {
        self.seen.written.load(Ordering::SeqCst)
    }
}

/// An authority, and a certificate for `localhost` that it signed.
fn certificate(days: i64) -> (TlsAcceptor, Vec<u8>) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = authority
        .self_signed(&authority_key)
        .unwrap()
        .der()
        .to_vec();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let mut own = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let now = jiff::Timestamp::now();
    let end = now + jiff::SignedDuration::from_hours(24 * days + 1);
    let end = end.to_zoned(jiff::tz::TimeZone::UTC);
    own.not_after = rcgen::date_time_ymd(
        end.year().into(),
        u8::try_from(end.month()).unwrap(),
        u8::try_from(end.day()).unwrap(),
    );
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
    (TlsAcceptor::from(Arc::new(config)), root)
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, seen: &Seen) {
    while let Some(request) = read(&mut stream).await {
        seen.requests.lock().unwrap().push(request.clone());
        if answer(&mut stream, &request, seen).await.is_err() {
            return;
        }
    }
}

/// A request as text, its body included.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut text = String::new();
    loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.ok()?;
        if count == 0 {
            return None;
        }
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let is_length = name.eq_ignore_ascii_case("content-length");
            is_length.then(|| value.trim().parse::<usize>().ok())?
        });
        if body.len() >= length.unwrap_or(0) {
            return Some(text);
        }
    }
}

async fn answer(
    stream: &mut (impl AsyncWrite + Unpin),
    request: &str,
    seen: &Seen,
) -> std::io::Result<()> {
    let target = request.split(' ').nth(1).unwrap_or("/").to_owned();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    match path {
        "/health" => reply(stream, "200 OK", "content-type: application/json", HEALTH).await,
        "/text" => reply(stream, "200 OK", "x-version: v12", "hello world").await,
        "/empty" => reply(stream, "204 No Content", "x-a: b", "").await,
        "/down" => reply(stream, "503 Service Unavailable", "x-a: b", "no database").await,
        "/slow" => {
            tokio::time::sleep(Duration::from_millis(30)).await;
            reply(stream, "200 OK", "x-a: b", "late").await
        }
        "/flaky" => match seen.flaky.fetch_add(1, Ordering::SeqCst) % 3 {
            2 => reply(stream, "200 OK", "x-a: b", "up").await,
            _ => reply(stream, "503 Service Unavailable", "x-a: b", "starting").await,
        },
        "/hang" => std::future::pending().await,
        "/broken" => Err(std::io::ErrorKind::ConnectionReset.into()),
        "/garbage" => {
            stream.write_all(b"SSH-2.0-server\r\n\r\n").await?;
            Err(std::io::ErrorKind::ConnectionReset.into())
        }
        "/huge" => huge(stream, seen).await,
        "/redirect" => reply(stream, "302 Found", "location: /health", "").await,
        "/again" => reply(stream, "302 Found", "location: /again", "").await,
        "/to" => {
            let target: String = url::form_urlencoded::parse(query.as_bytes())
                .find(|(name, _)| name == "to")
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default();
            reply(
                stream,
                "307 Temporary Redirect",
                &format!("location: {target}"),
                "",
            )
            .await
        }
        "/echo" => reply(stream, "500 Error", "x-a: b", request).await,
        "/login" => reply(stream, "200 OK", "x-a: b", r#"{"token":"captured-9876"}"#).await,
        _ => reply(stream, "404 Not Found", "x-a: b", "").await,
    }
}

async fn reply(
    stream: &mut (impl AsyncWrite + Unpin),
    status: &str,
    header: &str,
    body: &str,
) -> std::io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{header}\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    stream.flush().await
}

/// Five gigabytes, as far as anybody reads them.
async fn huge(stream: &mut (impl AsyncWrite + Unpin), seen: &Seen) -> std::io::Result<()> {
    const LENGTH: u64 = 5 << 30;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {LENGTH}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let part = [b'x'; 1 << 16];
    for _ in 0..LENGTH / (1 << 16) {
        stream.write_all(&part).await?;
        seen.written.fetch_add(1 << 16, Ordering::SeqCst);
    }
    Ok(())
}
