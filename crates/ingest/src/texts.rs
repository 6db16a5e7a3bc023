//! Texts of documents: put before the record that names them, checked and indexed when they are read.

use std::sync::Arc;

use domain::passage::Indexed;
use event_log::texts::{Found, Key, SALT_LEN, Salted, Texts};
use moka::future::Cache;
use wire::record::TextRef;

use crate::failure::Failure;

/// How often a text is put before its client is asked to come again; each attempt may wait seconds for its answer.
const PUT_ATTEMPTS_MAX: u32 = 3;

/// Texts in the object store, with those in use kept in memory.
pub(crate) struct Library {
    texts: Texts,
    indexed: Cache<Key, Arc<Indexed>>,
}

impl Library {
    /// A library that keeps texts of at most this many bytes.
    pub fn new(texts: Texts, bytes_max: u64) -> Self {
        let indexed =
            Cache::builder().weigher(|_key, indexed: &Arc<Indexed>| indexed.weight()).max_capacity(bytes_max).build();
        Self { texts, indexed }
    }

    /// Stores a text. It is written through when this returns.
    ///
    /// The object's name holds the salted digest, so two creators of the same revision never touch each other's text:
    /// the record that wins names its own.
    pub async fn put(&self, key: &Key, salt: &[u8; SALT_LEN], text: &str) -> Result<(), Failure> {
        let mut attempts = 1;
        loop {
            match self.texts.put(key, salt, text.as_bytes()).await {
                // A lost acknowledgement is no reason to give up: what is there already is not put again.
                Err(error) if error.is_transient() && attempts < PUT_ATTEMPTS_MAX => attempts += 1,
                result => return Ok(result?),
            }
        }
    }

    /// Removes a text that no record names. When that fails the text stays behind as an orphan, which `verify` removes.
    pub async fn discard(&self, key: &Key) {
        if let Err(error) = self.texts.erase(key).await {
            tracing::warn!(document = %key.document, error = &error as &dyn std::error::Error, "an orphaned text stays");
        }
    }

    /// Keeps a text that was just recorded: its passages are marked next.
    pub async fn keep(&self, key: Key, text: String) {
        let indexed = tokio::task::spawn_blocking(move || Indexed::new(text)).await;
        if let Ok(indexed) = indexed {
            self.indexed.insert(key, Arc::new(indexed)).await;
        }
    }

    /// Erases a text that a record says was erased.
    pub async fn erase(&self, key: &Key) -> Result<(), Failure> {
        self.indexed.invalidate(key).await;
        Ok(self.texts.erase(key).await?)
    }

    /// The text that a record names, with marks into it; its digest is checked.
    pub async fn indexed(&self, named: &TextRef) -> Result<Arc<Indexed>, Failure> {
        let key = Key::from(named);
        if let Some(indexed) = self.indexed.get(&key).await {
            return Ok(indexed);
        }
        let bytes = match self.texts.get(named).await? {
            Found::Whole(Salted { salt: _, text }) => text,
            Found::Changed => {
                return Err(Failure::damaged(&name(&key), &"its text has another digest than its record"));
            }
            Found::Missing => return Err(Failure::damaged(&name(&key), &"its text is not in the store")),
        };
        let index = move || String::from_utf8(bytes.into()).map(Indexed::new).map_err(|_error| "its text is not UTF-8");
        let checked = tokio::task::spawn_blocking(index).await.unwrap_or(Err("its text cannot be indexed"));
        let indexed = Arc::new(checked.map_err(|reason| Failure::damaged(&name(&key), &reason))?);
        self.indexed.insert(key, Arc::clone(&indexed)).await;
        Ok(indexed)
    }
}

fn name(key: &Key) -> String {
    format!("revision {} of the document {}", key.revision, key.document)
}
