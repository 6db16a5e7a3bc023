//! Credentials: what a token check needs, in a key-value bucket.
//!
//! A token is `gainsay_<credential id, 32 hex digits>_<secret, 43 characters of base64url>`. The
//! bucket holds the SHA-256 of the secret, never the secret. A secret has 256 random bits, so a
//! plain hash is enough: there is nothing to guess.
//!
//! Answers are cached for [`CACHE_LIFE`]: so long may a token work in another process after its
//! revocation.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_nats::jetstream::kv::{Config, CreateErrorKind, Store};
use async_nats::jetstream::stream::StorageType;
use async_nats::jetstream::{Context, context::KeyValueErrorKind};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::api::Api;
use crate::error::Error;
use crate::read::{self, Which};
use crate::stream::check_copies;

/// Bucket of the installation's credentials.
const BUCKET: &str = "gainsay_credentials";
/// The stream behind the bucket, as JetStream names it.
const STREAM: &str = "KV_gainsay_credentials";
/// How long an answer of the bucket is believed.
pub const CACHE_LIFE: Duration = Duration::from_secs(5);
/// Credentials in the cache, unknown ones included: somebody may try many.
const CACHE_LEN: u64 = 10_000;
const SECRET_BYTES: usize = 32;
const SHA256_BYTES: usize = 32;
const SECRET_CHARS: usize = 43;
const PREFIX: &str = "gainsay_";

/// A credential to issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Id of the credential, chosen by the caller: the record of the issue names it too.
    pub credential: Uuid,
    /// Whom the token speaks for.
    pub user: Uuid,
    /// Whether its bearer operates the installation.
    pub operator: bool,
    /// From when on it is worthless; `None` for never.
    pub expires_at: Option<SystemTime>,
}

/// A token. It is shown once and printed only on purpose: its `Debug` form hides the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token as its bearer sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Whom a token speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user: Uuid,
    /// The credential that the token belongs to.
    pub credential: Uuid,
    /// Whether its bearer operates the installation.
    pub operator: bool,
}

/// A credential in the bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    /// In hexadecimal digits.
    secret_sha256: String,
    user: Uuid,
    #[serde(default)]
    operator: bool,
    /// Seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
}

/// The credentials of the installation. Clones share the connection and the cache.
#[derive(Debug, Clone)]
pub struct Credentials {
    api: Api,
    store: Store,
    cache: Cache<Uuid, Option<Arc<Entry>>>,
    /// Counts revocations, so that an answer read before one is not cached after it.
    revocations: Arc<AtomicU64>,
}

impl Credentials {
    /// Finds the bucket or makes it.
    pub(crate) async fn connect(api: Api, jetstream: &Context, replicas: usize) -> Result<Self, Error> {
        let doing = || format!("open the bucket {BUCKET}");
        let store = match jetstream.get_key_value(BUCKET).await {
            Err(error) if error.kind() == KeyValueErrorKind::GetBucket => jetstream
                .create_key_value(Config {
                    bucket: BUCKET.to_owned(),
                    description: "gainsay: credentials".to_owned(),
                    history: 1,
                    storage: StorageType::File,
                    num_replicas: replicas,
                    ..Config::default()
                })
                .await
                .map_err(|error| Error::unavailable(doing(), error))?,
            other => other.map_err(|error| Error::unavailable(doing(), error))?,
        };
        check_copies(&api, STREAM, replicas).await?;
        let cache = Cache::builder().max_capacity(CACHE_LEN).time_to_live(CACHE_LIFE).build();
        Ok(Self { api, store, cache, revocations: Arc::default() })
    }

    /// Stores a new credential and returns its token, which nobody can show again.
    pub async fn issue(&self, grant: Grant) -> Result<Token, Error> {
        let doing = || format!("issue the credential {}", grant.credential);
        let secret: [u8; SECRET_BYTES] = rand::random();
        let entry = Entry {
            secret_sha256: hex::encode(Sha256::digest(secret)),
            user: grant.user,
            operator: grant.operator,
            expires_at: grant.expires_at.map(seconds),
        };
        let value = serde_json::to_vec(&entry).map_err(|error| Error::malformed(doing(), error.to_string()))?;
        self.store.create(key(grant.credential), value.into()).await.map_err(|error| match error.kind() {
            CreateErrorKind::AlreadyExists => Error::malformed(doing(), "its id is taken"),
            _ => Error::unavailable(doing(), error),
        })?;
        self.forget(grant.credential);
        Ok(Token(format!("{PREFIX}{}_{}", key(grant.credential), URL_SAFE_NO_PAD.encode(secret))))
    }

    /// Tells whom a token speaks for; `None` when it is malformed, unknown, wrong or expired.
    pub async fn check(&self, token: &str) -> Result<Option<Identity>, Error> {
        let Some((credential, secret)) = parse(token) else { return Ok(None) };
        let Some(entry) = self.entry(credential).await? else { return Ok(None) };
        let mut digest = [0; 2 * SHA256_BYTES];
        hex::encode_to_slice(Sha256::digest(secret), &mut digest).expect("each byte has two digits");
        let genuine: bool = digest.ct_eq(entry.secret_sha256.as_bytes()).into();
        let expired = entry.expires_at.is_some_and(|expires_at| seconds(SystemTime::now()) >= expires_at);
        Ok((genuine && !expired).then_some(Identity { user: entry.user, credential, operator: entry.operator }))
    }

    /// Tells whom a credential speaks for, expired or not; `None` when it is unknown or was revoked.
    pub async fn owner(&self, credential: Uuid) -> Result<Option<Uuid>, Error> {
        Ok(self.entry(credential).await?.map(|entry| entry.user))
    }

    /// Makes a credential worthless: here at once, in other processes within [`CACHE_LIFE`].
    pub async fn revoke(&self, credential: Uuid) -> Result<(), Error> {
        self.store
            .purge(key(credential))
            .await
            .map_err(|error| Error::unavailable(format!("revoke the credential {credential}"), error))?;
        self.forget(credential);
        // A copy that lags may show it for a moment longer.
        self.cache.insert(credential, None);
        Ok(())
    }

    /// Lets no answer that was read before this moment be used after it.
    fn forget(&self, credential: Uuid) {
        self.revocations.fetch_add(1, Ordering::SeqCst);
        self.cache.invalidate(&credential);
    }

    async fn entry(&self, credential: Uuid) -> Result<Option<Arc<Entry>>, Error> {
        let doing = || format!("look up the credential {credential}");
        if let Some(entry) = self.cache.get(&credential) {
            return Ok(entry);
        }
        let revocations = self.revocations.load(Ordering::SeqCst);
        let entry = match self.value(credential).await? {
            Some(value) => {
                Some(serde_json::from_slice(&value).map_err(|error| Error::malformed(doing(), error.to_string()))?)
            }
            None => None,
        };
        let entry = entry.map(Arc::new);
        self.cache.insert(credential, entry.clone());
        if self.revocations.load(Ordering::SeqCst) != revocations {
            self.cache.invalidate(&credential);
        }
        Ok(entry)
    }

    /// What the bucket holds. A copy that lags may not know a new credential yet; the leader does.
    async fn value(&self, credential: Uuid) -> Result<Option<Bytes>, Error> {
        let key = key(credential);
        let value = self.store.get(&key).await;
        if let Some(value) =
            value.map_err(|error| Error::unavailable(format!("look up the credential {credential}"), error))?
        {
            return Ok(Some(value));
        }
        let subject = format!("$KV.{BUCKET}.{key}");
        let newest = read::leader(&self.api, STREAM, &Which::Last { last_by_subj: &subject }).await?;
        // A revocation leaves an empty value behind.
        Ok(newest.map(|entry| entry.payload).filter(|value| !value.is_empty()))
    }
}

fn key(credential: Uuid) -> String {
    credential.simple().to_string()
}

/// Splits a token; `None` unless it has exactly the form that `issue` writes.
fn parse(token: &str) -> Option<(Uuid, [u8; SECRET_BYTES])> {
    let (id, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
    let credential = Uuid::try_parse(id).ok()?;
    // The only spelling that `issue` writes.
    if credential.simple().encode_lower(&mut Uuid::encode_buffer()) != id || secret.len() != SECRET_CHARS {
        return None;
    }
    let mut bytes = [0; SECRET_BYTES];
    let len = URL_SAFE_NO_PAD.decode_slice(secret, &mut bytes).ok()?;
    (len == SECRET_BYTES).then_some((credential, bytes))
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests;
