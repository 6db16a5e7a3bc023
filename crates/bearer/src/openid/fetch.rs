//! One GET of a small JSON document: a time limit, a length limit, no redirects, no proxies, no cookies.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::header::{ACCEPT, HOST, USER_AGENT};
use hyper::rt::{Read, Write};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

/// Bytes of a document: a provider with a hundred keys has some 50,000.
const DOCUMENT_LEN_MAX: usize = 256 * 1024;
/// Bytes of the head of an answer.
const HEAD_LEN_MAX: usize = 32 * 1024;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a document was not got.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("nothing came within {0:?}")]
    Slow(Duration),
    #[error("cannot connect")]
    Connect(#[source] std::io::Error),
    #[error("the name is of this machine and leads elsewhere")]
    NotLoopback,
    #[error("no certificate authority is known: install those of the system, or name a file in `SSL_CERT_FILE`")]
    NoRoots,
    #[error("the connection broke")]
    Http(#[from] hyper::Error),
    #[error("the answer is {0}")]
    Status(StatusCode),
    #[error("the answer broke off, or is longer than {DOCUMENT_LEN_MAX} bytes")]
    Body(#[source] BoxError),
}

/// An address that may be asked: https, or http on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    host: String,
    port: u16,
    /// What `Host` says.
    authority: String,
    path: String,
    secure: bool,
}

impl Address {
    /// Reads a URL; `None` for one that is not asked.
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains(['#', '@']) {
            return None;
        }
        let uri: Uri = text.parse().ok()?;
        let secure = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let (authority, named) = (uri.authority()?.as_str(), uri.host()?);
        let plain = uri.port_u16().map_or_else(|| named.to_owned(), |port| format!("{named}:{port}"));
        if authority != plain {
            return None;
        }
        let host = named.trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() || !(secure || is_loopback(&host)) {
            return None;
        }
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Some(Self { host, port, authority: plain, path, secure })
    }

    async fn connect(&self) -> Result<TcpStream, Error> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await.map_err(Error::Connect)?;
        let found: Vec<SocketAddr> = found.collect();
        // Who answers for the machine's names may lie, and here nothing else proves whom we speak to.
        if !self.secure && found.iter().any(|address| !address.ip().is_loopback()) {
            return Err(Error::NotLoopback);
        }
        TcpStream::connect(found.as_slice()).await.map_err(Error::Connect)
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

/// Whom https trusts. Clones share it.
#[derive(Clone)]
pub(super) struct Tls(Option<TlsConnector>);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls(..)")
    }
}

impl Tls {
    /// The authorities of the system, or those in `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    pub fn system() -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Self::trusting(roots)
    }

    pub fn trusting(roots: RootCertStore) -> Self {
        if roots.is_empty() {
            return Self(None);
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .expect("the provider has ciphers for both versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self(Some(TlsConnector::from(Arc::new(config))))
    }
}

/// Gets a document.
pub(super) async fn get(address: &Address, tls: &Tls, timeout: Duration) -> Result<Bytes, Error> {
    tokio::time::timeout(timeout, exchange(address, tls)).await.unwrap_or(Err(Error::Slow(timeout)))
}

async fn exchange(address: &Address, tls: &Tls) -> Result<Bytes, Error> {
    if !address.secure {
        return ask(address, address.connect().await?).await;
    }
    let connector = tls.0.as_ref().ok_or(Error::NoRoots)?;
    let name = ServerName::try_from(address.host.clone())
        .map_err(|error| Error::Connect(std::io::Error::new(std::io::ErrorKind::InvalidInput, error)))?;
    let stream = connector.connect(name, address.connect().await?).await.map_err(Error::Connect)?;
    ask(address, stream).await
}

async fn ask<S>(address: &Address, stream: S) -> Result<Bytes, Error>
where
    TokioIo<S>: Read + Write + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::Builder::new().max_buf_size(HEAD_LEN_MAX).handshake(TokioIo::new(stream)).await?;
    // Ends with this function, whichever way it ends.
    let mut driving = JoinSet::new();
    driving.spawn(connection);
    let request = Request::get(&address.path)
        .header(HOST, &address.authority)
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, concat!("gainsay/", env!("CARGO_PKG_VERSION")))
        .body(Empty::<Bytes>::new())
        .expect("the parts come from a URL");
    let answer = sender.send_request(request).await?;
    if answer.status() != StatusCode::OK {
        return Err(Error::Status(answer.status()));
    }
    let body = Limited::new(answer.into_body(), DOCUMENT_LEN_MAX).collect().await.map_err(Error::Body)?;
    Ok(body.to_bytes())
}

#[cfg(test)]
mod tests;
