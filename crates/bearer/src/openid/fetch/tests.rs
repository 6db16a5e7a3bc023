use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::{Address, Error, Tls, get};

const PATIENCE: Duration = Duration::from_secs(5);

#[test]
fn only_https_and_this_machine_are_asked() {
    for url in [
        "https://id.example.org",
        "https://id.example.org:8443/realms/a?x=1",
        "http://127.0.0.1:8080/",
        "http://127.9.9.9",
        "http://[::1]:80/keys",
        "http://localhost/keys",
    ] {
        assert!(Address::parse(url).is_some(), "{url}");
    }
    for url in [
        "",
        "id.example.org",
        "//id.example.org/",
        "http://id.example.org",
        "http://10.0.0.1/",
        "http://localhost.example.org/",
        "http://127.0.0.1.example.org/",
        "https://user:password@id.example.org/",
        "https://id.example.org/#part",
        "https:///keys",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "https://id.example.org:99999/",
    ] {
        assert_eq!(Address::parse(url), None, "{url}");
    }
}

/// Serves `answer` once over TLS, under a certificate for these names; tells the port and the certificate.
async fn secure(names: &[&str], answer: &'static str) -> (u16, CertificateDer<'static>) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _peer) = listener.accept().await.unwrap();
        let Ok(mut stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await else { return };
        let mut head = [0; 1024];
        let _ = stream.read(&mut head).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    (port, cert.der().clone())
}

fn trusting(certificate: CertificateDer<'static>) -> Tls {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    Tls::trusting(roots)
}

#[tokio::test]
async fn a_document_comes_over_https_from_who_can_prove_the_name() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    let address = |port: u16| Address::parse(&format!("https://localhost:{port}/keys")).unwrap();
    let (port, certificate) = secure(&["localhost"], answer).await;
    assert_eq!(&get(&address(port), &trusting(certificate.clone()), PATIENCE).await.unwrap()[..], b"{}");

    let (port, own) = secure(&["localhost"], answer).await;
    let stranger = get(&address(port), &trusting(certificate), PATIENCE).await;
    assert!(matches!(stranger, Err(Error::Connect(_))), "{stranger:?}");
    let nobody = get(&address(port), &Tls::trusting(RootCertStore::empty()), PATIENCE).await;
    assert!(matches!(nobody, Err(Error::NoRoots)), "{nobody:?}");
    drop(own);

    let (port, certificate) = secure(&["somebody.else.example"], answer).await;
    let other = get(&address(port), &trusting(certificate), PATIENCE).await;
    assert!(matches!(other, Err(Error::Connect(_))), "{other:?}");
}
