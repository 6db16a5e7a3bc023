//! The keys that a provider publishes (RFC 7517), and which of them a token is to be checked with.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::settings::algorithm;

/// Keys of one provider: more are passed over.
const KEYS_LEN_MAX: usize = 100;
/// Bytes of a modulus: shorter ones are not safe, and longer ones take the library and the processor too far.
const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=512;

/// A key that can check signatures.
#[derive(Clone, Debug)]
pub(super) struct Key {
    id: Option<String>,
    /// The algorithms that it fits: of its own kind, and the one that it names itself if it names one.
    algorithms: Vec<Algorithm>,
    decoding: DecodingKey,
}

/// What a token's header finds among the keys.
#[derive(Debug)]
pub(super) enum Found<'a> {
    /// The key.
    Key(&'a Key),
    /// The name is not there, and may be that of a new key.
    Unknown,
    /// No name, and several keys.
    Unnamed,
    /// A key of the name that is not for the algorithm, or two that are.
    Unfit,
}

/// The keys of a provider.
#[derive(Debug, Default)]
pub(super) struct KeySet(Vec<Key>);

/// A key as it is published.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a set; `None` if it is none. Keys that cannot check signatures are passed over: sets are shared by programs.
    pub fn read(json: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let Set { keys } = serde_json::from_slice(json).ok()?;
        let keys = keys.into_iter().take(KEYS_LEN_MAX);
        Some(Self(keys.filter_map(|key| serde_json::from_value::<Jwk>(key).ok()?.key()).collect()))
    }

    /// The key for a token.
    pub fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Found<'_> {
        let named: Vec<&Key> = match (id, &*self.0) {
            (None, [only]) => vec![only],
            (None, []) => return Found::Unknown,
            (None, _) => return Found::Unnamed,
            (Some(id), keys) => keys.iter().filter(|key| key.id.as_deref() == Some(id)).collect(),
        };
        let mut fitting = named.iter().filter(|key| key.algorithms.contains(&algorithm));
        match (named.is_empty(), fitting.next(), fitting.next()) {
            (true, ..) => Found::Unknown,
            (false, Some(key), None) => Found::Key(key),
            (false, None, _) | (false, Some(_), Some(_)) => Found::Unfit,
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl Key {
    /// Whether this is the key's signature of the message.
    pub fn verify(&self, signature: &str, message: &[u8], algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
            && jsonwebtoken::crypto::verify(signature, message, &self.decoding, algorithm).unwrap_or(false)
    }
}

impl Jwk {
    fn key(self) -> Option<Key> {
        let for_signatures = self.usage.as_ref().is_none_or(|usage| usage == "sig")
            && self.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|name| name == "verify"));
        let (fits, decoding) = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => (&RSA[..], self.rsa()?),
            ("EC", Some("P-256")) => (&[Algorithm::ES256][..], self.curve(32)?),
            ("EC", Some("P-384")) => (&[Algorithm::ES384][..], self.curve(48)?),
            ("OKP", Some("Ed25519")) => (&[Algorithm::EdDSA][..], self.edwards()?),
            _ => return None,
        };
        let algorithms = match &self.alg {
            None => fits.to_vec(),
            Some(alg) => algorithm(alg).filter(|named| fits.contains(named)).into_iter().collect(),
        };
        let kid = self.kid;
        (for_signatures && !algorithms.is_empty()).then_some(Key { id: kid, algorithms, decoding })
    }

    fn rsa(&self) -> Option<DecodingKey> {
        let (modulus, exponent) = (bytes(self.n.as_ref())?, bytes(self.e.as_ref())?);
        // Some write the modulus with a zero before it.
        let modulus = modulus.strip_prefix(&[0]).unwrap_or(&modulus);
        let fits = MODULUS_BYTES.contains(&modulus.len()) && (1..=8).contains(&exponent.len());
        fits.then(|| DecodingKey::from_rsa_raw_components(modulus, &exponent))
    }

    fn curve(&self, coordinate_bytes: usize) -> Option<DecodingKey> {
        let (x, y) = (bytes(self.x.as_ref())?, bytes(self.y.as_ref())?);
        let fits = x.len() == coordinate_bytes && y.len() == coordinate_bytes;
        // A point without compression, as SEC 1 writes it.
        fits.then(|| DecodingKey::from_ec_der(&[&[4], &x[..], &y[..]].concat()))
    }

    fn edwards(&self) -> Option<DecodingKey> {
        // The library panics on a shorter one.
        bytes(self.x.as_ref()).filter(|x| x.len() == 32).map(|x| DecodingKey::from_ed_der(&x))
    }
}

/// The algorithms of an RSA key.
const RSA: [Algorithm; 6] =
    [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::PS512];

fn bytes(text: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}

#[cfg(test)]
mod tests;
