//! One provider and its keys, as they were fetched last.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jsonwebtoken::Algorithm;
use serde::Deserialize;

use super::fetch::{self, Address, Tls};
use super::keys::{Found, Key, KeySet};
use super::settings::Issuer;
use crate::refusal::Refusal;

/// When keys are fetched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Keys of this age are fetched anew, beside the requests that they are used for.
    pub fresh: Duration,
    /// Keys of this age are used no more: so long a provider may be away, and so long a key that it took back may be
    /// used while it is.
    pub kept: Duration,
    /// Nothing is fetched sooner after a fetch, whether or not it gave keys: so often a stranger with made-up names of
    /// keys can have the provider asked, and so long a new key may have to wait.
    pub pause: Duration,
    /// How long one document may take.
    pub timeout: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            fresh: Duration::from_mins(5),
            kept: Duration::from_hours(1),
            pause: Duration::from_secs(5),
            timeout: Duration::from_secs(5),
        }
    }
}

/// Why keys could not be fetched.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("cannot get the description")]
    Description(#[source] fetch::Error),
    #[error("the description is not one of this issuer, or names no address of keys that can be asked")]
    Described,
    #[error("cannot get the keys")]
    Keys(#[source] fetch::Error),
    #[error("what came is no set of keys")]
    NoSet,
}

/// A provider.
#[derive(Debug)]
pub(super) struct Provider {
    issuer: Issuer,
    pace: Pace,
    tls: Tls,
    known: Mutex<Option<Known>>,
    /// When the last fetch ended.
    fetched: Mutex<Option<Instant>>,
    /// Held by the one fetch that is under way.
    fetching: tokio::sync::Mutex<()>,
}

/// Keys, and when they came.
#[derive(Debug, Clone)]
struct Known {
    keys: Arc<KeySet>,
    since: Instant,
}

impl Provider {
    pub fn new(issuer: Issuer, pace: Pace, tls: Tls) -> Self {
        Self {
            issuer,
            pace,
            tls,
            known: Mutex::default(),
            fetched: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        }
    }

    pub fn issuer(&self) -> &str {
        &self.issuer.name
    }

    /// The key for a token. Keys that are there are used without waiting for anything.
    pub async fn key(self: &Arc<Self>, id: Option<&str>, algorithm: Algorithm) -> Result<Key, Refusal> {
        if let Some(known) = self.known() {
            if known.since.elapsed() >= self.pace.fresh && self.may_fetch() && self.fetching.try_lock().is_ok() {
                tokio::spawn(Arc::clone(self).fetch_once());
            }
            match known.keys.find(id, algorithm) {
                Found::Key(key) => return Ok(key.clone()),
                Found::Unnamed => return Err(Refusal::Key),
                Found::Unfit => return Err(Refusal::Confusion),
                Found::Unknown => {}
            }
        }
        if self.may_fetch() {
            // In a task of its own: a client that goes away does not end it and so use up the turn of others.
            if let Err(error) = tokio::spawn(Arc::clone(self).fetch_once()).await {
                tracing::error!(error = &error as &dyn std::error::Error, "fetching keys failed");
            }
        }
        let known = self.known().ok_or(Refusal::Away)?;
        match known.keys.find(id, algorithm) {
            Found::Key(key) => Ok(key.clone()),
            Found::Unnamed | Found::Unknown => Err(Refusal::Key),
            Found::Unfit => Err(Refusal::Confusion),
        }
    }

    /// The keys, unless they are too old.
    fn known(&self) -> Option<Known> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.clone().filter(|known| known.since.elapsed() < self.pace.kept)
    }

    fn may_fetch(&self) -> bool {
        let fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        fetched.is_none_or(|at| at.elapsed() >= self.pace.pause)
    }

    /// Fetches the keys, unless somebody else just did.
    async fn fetch_once(self: Arc<Self>) {
        let _turn = self.fetching.lock().await;
        if !self.may_fetch() {
            return;
        }
        let started = Instant::now();
        let outcome = match self.fetch().await {
            Ok(keys) => {
                tracing::info!(issuer = self.issuer(), keys = keys.len(), "keys of the provider fetched");
                let known = Known { keys: Arc::new(keys), since: started };
                *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
                "fetched"
            }
            Err(error) => {
                tracing::warn!(
                    issuer = self.issuer(),
                    error = &error as &dyn std::error::Error,
                    "keys of the provider not fetched"
                );
                "failed"
            }
        };
        metrics::counter!("gainsay_bearer_key_fetches_total", "outcome" => outcome).increment(1);
        *self.fetched.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    async fn fetch(&self) -> Result<KeySet, Error> {
        let address = match &self.issuer.keys {
            Some(address) => address.clone(),
            None => self.discover().await?,
        };
        let json = fetch::get(&address, &self.tls, self.pace.timeout).await.map_err(Error::Keys)?;
        KeySet::read(&json).ok_or(Error::NoSet)
    }

    /// Where the issuer says that its keys are.
    async fn discover(&self) -> Result<Address, Error> {
        #[derive(Deserialize)]
        struct Description {
            issuer: String,
            jwks_uri: String,
        }
        let json =
            fetch::get(&self.issuer.discovery, &self.tls, self.pace.timeout).await.map_err(Error::Description)?;
        let description: Description = serde_json::from_slice(&json).map_err(|_error| Error::Described)?;
        // Somebody else's description would let somebody else's keys speak for this issuer.
        let own = (description.issuer == self.issuer.name).then_some(description.jwks_uri);
        own.and_then(|uri| Address::parse(&uri)).ok_or(Error::Described)
    }
}

#[cfg(test)]
mod tests;
