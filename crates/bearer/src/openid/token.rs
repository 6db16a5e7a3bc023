//! A token taken apart. Nothing here is to be believed before its signature was checked.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::settings::algorithm;
use crate::refusal::Refusal;

/// Bytes of a token: some with many groups have four thousand.
pub(super) const TOKEN_LEN_MAX: usize = 8 * 1024;
/// Bytes of the name of a key.
const KEY_ID_LEN_MAX: usize = 256;
/// What a token of this kind may call itself: nothing, a token, or an access token (RFC 9068, section 2.1).
const TYPES: [&str; 4] = ["jwt", "application/jwt", "at+jwt", "application/at+jwt"];

/// A token taken apart.
pub(super) struct Parsed<'a> {
    pub algorithm: Algorithm,
    pub key_id: Option<String>,
    pub claims: Claims,
    /// All claims.
    pub payload: Value,
    /// What is signed.
    pub message: &'a [u8],
    /// The signature, in base64url.
    pub signature: &'a str,
}

/// A header. The members that would have us use another key, or read the token in another way, are none of a token
/// that a provider issues; a token with one of them is refused without a look at what it says.
#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default, deserialize_with = "some")]
    typ: Option<String>,
    #[serde(default, deserialize_with = "some")]
    kid: Option<String>,
    #[serde(default)]
    crit: Present,
    #[serde(default)]
    b64: Present,
    #[serde(default)]
    zip: Present,
    #[serde(default)]
    enc: Present,
    #[serde(default)]
    jwk: Present,
    #[serde(default)]
    jku: Present,
    #[serde(default)]
    x5u: Present,
    #[serde(default)]
    x5c: Present,
}

/// The claims that every token has, and those with which it limits itself.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    pub iss: String,
    pub sub: String,
    pub aud: Audience,
    /// Times are seconds since 1970, and may have a fraction.
    pub exp: f64,
    #[serde(default, deserialize_with = "some")]
    pub nbf: Option<f64>,
    #[serde(default, deserialize_with = "some")]
    pub iat: Option<f64>,
    #[serde(default, deserialize_with = "some")]
    pub jti: Option<String>,
}

/// For whom a token is.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    pub fn names(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

/// Whether a member is there, whatever it says.
#[derive(Default)]
struct Present(bool);

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_ignored| Self(true))
    }
}

/// A member that may be missing and is never null.
fn some<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl<'a> Parsed<'a> {
    /// Takes a token apart, if its header is one that is accepted.
    pub fn read(token: &'a str, allowed: &[Algorithm]) -> Result<Self, Refusal> {
        if token.len() > TOKEN_LEN_MAX {
            return Err(Refusal::Long);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Refusal::Parts)?;
        let (header, payload) = message.split_once('.').ok_or(Refusal::Parts)?;
        let (header, payload) = (decoded(header)?, decoded(payload)?);
        decoded(signature)?;
        let header: Header = serde_json::from_slice(&header).map_err(|_error| Refusal::Header)?;
        let algorithm = algorithm(&header.alg).filter(|known| allowed.contains(known)).ok_or(Refusal::Algorithm)?;
        header.check()?;
        // Twice: this refuses a claim that is needed and stands there twice, and the other one what is nested too deep.
        let claims = serde_json::from_slice(&payload).map_err(|_error| Refusal::Claims)?;
        let payload = serde_json::from_slice(&payload).map_err(|_error| Refusal::Claims)?;
        Ok(Self { algorithm, key_id: header.kid, claims, payload, message: message.as_bytes(), signature })
    }
}

impl Header {
    fn check(&self) -> Result<(), Refusal> {
        let Self { alg: _, typ, kid, crit, b64, zip, enc, jwk, jku, x5u, x5c } = self;
        if [crit, b64, zip, enc, jwk, jku, x5u, x5c].into_iter().any(|member| member.0)
            || kid.as_ref().is_some_and(|kid| kid.len() > KEY_ID_LEN_MAX)
        {
            return Err(Refusal::Header);
        }
        match typ {
            Some(typ) if !TYPES.iter().any(|known| known.eq_ignore_ascii_case(typ)) => Err(Refusal::Type),
            Some(_) | None => Ok(()),
        }
    }
}

/// Only the one spelling without padding and without bits that say nothing; a dot is none of its characters.
fn decoded(part: &str) -> Result<Vec<u8>, Refusal> {
    match URL_SAFE_NO_PAD.decode(part) {
        Ok(bytes) if !bytes.is_empty() => Ok(bytes),
        Ok(_) | Err(_) => Err(Refusal::Parts),
    }
}
