//! A provider of one's own: it publishes keys, signs tokens, changes its keys, and misbehaves when it is told to.

mod hostile;

pub use hostile::hostile;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use jsonwebtoken::{Algorithm, EncodingKey};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::rand_core::OsRng;
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the tokens of [`Provider::claims`] are for.
pub const AUDIENCE: &str = "gainsay-test";
/// Where a provider tells its keys.
const KEYS_PATH: &str = "/keys";

/// A key with its name and its algorithm.
#[derive(Clone)]
pub struct Signer {
    /// Its name.
    pub id: String,
    algorithm: Algorithm,
    key: EncodingKey,
    /// The public half.
    public: Value,
}

impl Signer {
    /// A new RSA key. To make one takes a second.
    #[must_use]
    pub fn rsa(id: &str) -> Self {
        let key = rsa::RsaPrivateKey::new(&mut OsRng, 2048).expect("a key of this size can be made");
        let der = key.to_pkcs1_der().expect("a key has a DER form");
        let public = json!({"kty": "RSA", "n": part(&key.n().to_bytes_be()), "e": part(&key.e().to_bytes_be())});
        Self::new(id, Algorithm::RS256, EncodingKey::from_rsa_der(der.as_bytes()), public)
    }

    /// A new key on the curve P-256.
    #[must_use]
    pub fn p256(id: &str) -> Self {
        let key = p256::SecretKey::random(&mut OsRng);
        let der = key.to_pkcs8_der().expect("a key has a DER form");
        let point = key.public_key().to_encoded_point(false);
        let [x, y] = [point.x(), point.y()].map(|coordinate| part(coordinate.expect("the point is whole")));
        let public = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
        Self::new(id, Algorithm::ES256, EncodingKey::from_ec_der(der.as_bytes()), public)
    }

    /// A new Ed25519 key.
    #[must_use]
    pub fn ed25519(id: &str) -> Self {
        let key = ed25519_dalek::SigningKey::generate(&mut OsRng);
        let der = key.to_pkcs8_der().expect("a key has a DER form");
        let public = json!({"kty": "OKP", "crv": "Ed25519", "x": part(key.verifying_key().as_bytes())});
        Self::new(id, Algorithm::EdDSA, EncodingKey::from_ed_der(der.as_bytes()), public)
    }

    fn new(id: &str, algorithm: Algorithm, key: EncodingKey, mut public: Value) -> Self {
        public["kid"] = json!(id);
        public["use"] = json!("sig");
        public["alg"] = json!(format!("{algorithm:?}"));
        Self { id: id.to_owned(), algorithm, key, public }
    }

    /// The name of its algorithm, as a header has it.
    #[must_use]
    pub fn algorithm(&self) -> String {
        format!("{:?}", self.algorithm)
    }

    /// The public half, as a provider publishes it.
    #[must_use]
    pub fn jwk(&self) -> Value {
        self.public.clone()
    }

    /// The header of its tokens.
    #[must_use]
    pub fn header(&self) -> Value {
        json!({"alg": self.algorithm(), "typ": "JWT", "kid": self.id})
    }

    /// A token with this header and these claims.
    #[must_use]
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        self.sign(header.to_string().as_bytes(), claims.to_string().as_bytes())
    }

    /// A token whose first parts are these bytes.
    #[must_use]
    pub fn sign(&self, header: &[u8], claims: &[u8]) -> String {
        let message = format!("{}.{}", part(header), part(claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, self.algorithm);
        format!("{message}.{}", signature.expect("the key is of the algorithm"))
    }
}

/// Bytes as a part of a token.
fn part(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// How a provider answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// As it should.
    Well,
    /// Not at all: it closes each connection.
    Gone,
    /// With what is no JSON.
    Garbage,
    /// With 500.
    Failing,
    /// With a redirection to another address.
    Redirecting,
    /// With more than anybody reads.
    Endless,
    /// Never: it takes the connection and says nothing.
    Silent,
    /// As it should, but after a fifth of a second.
    Slow,
    /// With the description of somebody else, who has its keys.
    Foreign,
}

#[derive(Debug)]
struct State {
    keys: Vec<Value>,
    mood: Mood,
    requests: Vec<String>,
}

/// A provider on this machine. It ends when this is dropped.
pub struct Provider {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Provider {
    /// Starts with these keys.
    pub async fn start(signers: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let keys = signers.iter().map(|signer| signer.jwk()).collect();
        let state = Arc::new(Mutex::new(State { keys, mood: Mood::Well, requests: Vec::new() }));
        let task = tokio::spawn(serve(listener, address, Arc::clone(&state)));
        Self { address, state, task }
    }

    /// What its tokens say in `iss`.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Publishes these keys and no others.
    pub fn publish(&self, keys: Vec<Value>) {
        self.change(|state| state.keys = keys);
    }

    /// Answers like this from now on.
    pub fn mood(&self, mood: Mood) {
        self.change(|state| state.mood = mood);
    }

    /// The paths that were asked for.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).requests.clone()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Claims that are heard: of this subject, for a few minutes.
    #[must_use]
    pub fn claims(&self, subject: &str) -> Value {
        let now = now();
        json!({"iss": self.issuer(), "sub": subject, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 600})
    }

    /// A token that is heard.
    #[must_use]
    pub fn token(&self, signer: &Signer, subject: &str) -> String {
        signer.token(&signer.header(), &self.claims(subject))
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

async fn serve(listener: TcpListener, address: SocketAddr, state: Arc<Mutex<State>>) {
    while let Ok((stream, _peer)) = listener.accept().await {
        tokio::spawn(answer(stream, address, Arc::clone(&state)));
    }
}

/// Answers one request and closes.
async fn answer(mut stream: TcpStream, address: SocketAddr, state: Arc<Mutex<State>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mood, keys) = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests.push(path.clone());
        (state.mood, state.keys.clone())
    };
    let issuer = format!("http://{address}");
    let document = match (mood, path.as_str()) {
        (Mood::Foreign, path) if path != KEYS_PATH => {
            json!({"issuer": "https://somebody.else.example", "jwks_uri": format!("{issuer}{KEYS_PATH}")})
        }
        (_, KEYS_PATH) => json!({"keys": keys}),
        _ => json!({"issuer": issuer, "jwks_uri": format!("{issuer}{KEYS_PATH}")}),
    };
    let ok =
        |body: String| format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    let answer = match mood {
        Mood::Well | Mood::Foreign => ok(document.to_string()),
        Mood::Slow => {
            tokio::time::sleep(Duration::from_millis(200)).await;
            ok(document.to_string())
        }
        Mood::Garbage => ok("<html>Please log in</html>".to_owned()),
        Mood::Failing => "HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n".to_owned(),
        Mood::Redirecting => format!("HTTP/1.1 302 Found\r\nlocation: {issuer}/elsewhere\r\ncontent-length: 0\r\n\r\n"),
        Mood::Endless => ok(" ".repeat(1024 * 1024) + &document.to_string()),
        Mood::Gone => return,
        Mood::Silent => {
            tokio::time::sleep(Duration::from_mins(10)).await;
            return;
        }
    };
    let _ = stream.write_all(answer.as_bytes()).await;
}
