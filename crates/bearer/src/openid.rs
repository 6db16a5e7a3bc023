//! Tokens of OpenID Connect providers: JSON web tokens, signed with keys that the provider publishes.

mod fetch;
mod keys;
mod provider;
mod roles;
mod settings;
mod token;

pub use settings::{ALGORITHMS_DEFAULT, Settings, SettingsError};

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use domain::id::{CredentialId, UserId};
use jsonwebtoken::Algorithm;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::refusal::Refusal;
use crate::{Bearer, Grants};
use fetch::Tls;
use provider::{Pace, Provider};
use roles::{Path, Roles};
use settings::Checked;
use token::{Claims, Parsed};

/// How far a provider's clock may be from this one.
const LEEWAY_SECONDS: f64 = 30.0;
/// Characters of a subject: OpenID Connect Core 1.0, section 2, allows no more.
const SUBJECT_LEN_MAX: usize = 255;
/// The namespace of the ids under which records name tokens of providers.
const CREDENTIAL_NAMESPACE: Uuid = Uuid::from_u128(0x9b2f_4c1d_6e8a_5307_8d15_2a7c_3f90_b6e4);

/// The providers whose tokens are heard. Clones share their keys.
#[derive(Clone, Debug)]
pub struct Providers {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    providers: Vec<Arc<Provider>>,
    audience: String,
    algorithms: Vec<Algorithm>,
    roles: Option<Path>,
}

impl Providers {
    /// The providers that the settings name; none where they name none.
    pub fn new(settings: &Settings) -> Result<Option<Self>, SettingsError> {
        Self::with(settings, Pace::default(), &Tls::system())
    }

    fn with(settings: &Settings, pace: Pace, tls: &Tls) -> Result<Option<Self>, SettingsError> {
        let Some(Checked { issuers, audience, algorithms, roles }) = settings.check()? else { return Ok(None) };
        let providers = issuers.into_iter().map(|issuer| Arc::new(Provider::new(issuer, pace, tls.clone()))).collect();
        Ok(Some(Self { inner: Arc::new(Inner { providers, audience, algorithms, roles }) }))
    }

    /// Whom a token speaks for.
    pub(crate) async fn check(&self, token: &str) -> Result<Bearer, Refusal> {
        let Inner { providers, audience, algorithms, roles } = &*self.inner;
        let parsed = Parsed::read(token, algorithms)?;
        let issuer = &parsed.claims.iss;
        let provider = providers.iter().find(|provider| provider.issuer() == issuer).ok_or(Refusal::Issuer)?;
        let key = provider.key(parsed.key_id.as_deref(), parsed.algorithm).await?;
        let genuine = key.verify(parsed.signature, parsed.message, parsed.algorithm);
        if !genuine {
            return Err(Refusal::Signature);
        }
        // Nothing that the token says was believed before this line.
        check_claims(&parsed.claims, audience, now())?;
        let Roles { operator, grants } = match roles {
            Some(path) => path.roles(&parsed.payload)?,
            None => Roles::default(),
        };
        Ok(Bearer {
            user: UserId::from_subject(issuer, &parsed.claims.sub),
            credential: credential(&parsed),
            operator,
            grants: Grants::new(grants),
        })
    }
}

fn check_claims(claims: &Claims, audience: &str, now: f64) -> Result<(), Refusal> {
    if !claims.aud.names(audience) {
        return Err(Refusal::Audience);
    }
    if claims.exp + LEEWAY_SECONDS <= now {
        return Err(Refusal::Expired);
    }
    if claims.nbf.into_iter().chain(claims.iat).any(|from| from > now + LEEWAY_SECONDS) {
        return Err(Refusal::Early);
    }
    if claims.sub.is_empty() || claims.sub.chars().count() > SUBJECT_LEN_MAX {
        return Err(Refusal::Subject);
    }
    Ok(())
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// The id under which records name a token: of its own id where it has one, so that the provider's log tells which it
/// was, else of its content. Neither gives the token away.
fn credential(parsed: &Parsed<'_>) -> CredentialId {
    let Claims { iss, jti, .. } = &parsed.claims;
    let name = match jti {
        Some(jti) => format!("jti:{}:{iss}{jti}", iss.len()).into_bytes(),
        None => [b"sha256:".as_slice(), &Sha256::digest(parsed.message)].concat(),
    };
    CredentialId::new(Uuid::new_v5(&CREDENTIAL_NAMESPACE, &name))
}

#[cfg(test)]
mod tests;
