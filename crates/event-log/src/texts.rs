//! Texts of documents: an object store beside the log.
//!
//! A text is put here, acknowledged and written through, before the record that names it. A crash
//! in between leaves an object without a record, which `verify` finds and removes; a record
//! without its object is an error.
//!
//! The name of an object ends in the salted digest that its record holds. Two writers of the same
//! revision therefore never overwrite each other's text: the loser of the append leaves an orphan,
//! and the winner's record names the winner's object.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use async_nats::jetstream::Context;
use async_nats::jetstream::object_store::{Config, InfoErrorKind, ObjectInfo, ObjectStore};
use async_nats::jetstream::stream::StorageType;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use wire::record::TextRef;

use crate::api::Api;
use crate::error::Error;
use crate::load::Stored;
use crate::read::{self, Which};
use crate::stream::check_copies;

/// Bytes read ahead of the consumer of a text.
const READ_AHEAD_BYTES: usize = 1024 * 1024;
/// Chunks asked for at a time; the bytes bound it first.
const READ_AHEAD_LEN: usize = 64;

/// Names one text: the revision of a document and the digest that its record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Project of the document.
    pub project: Uuid,
    /// The document.
    pub document: Uuid,
    /// Revision of its text.
    pub revision: u32,
    /// [`digest`] of the salt and the text.
    pub sha256: [u8; 32],
}

/// The name of the object.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { project, document, revision, sha256 } = self;
        write!(f, "{project}/{document}/{revision}/{}", hex::encode(sha256))
    }
}

impl From<&TextRef> for Key {
    fn from(text: &TextRef) -> Self {
        let TextRef { project, document, revision, sha256, .. } = *text;
        Self { project, document, revision, sha256 }
    }
}

impl Key {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let mut parts = name.split('/');
        let key = Self {
            project: Uuid::try_parse(parts.next()?).ok()?,
            document: Uuid::try_parse(parts.next()?).ok()?,
            revision: parts.next()?.parse().ok()?,
            sha256: hex::decode(parts.next()?).ok()?.try_into().ok()?,
        };
        // Only the canonical form: two names never stand for one key.
        (parts.next().is_none() && key.to_string() == name).then_some(key)
    }
}

/// SHA-256 over salt and text: without the salt nobody can confirm a guess at the text.
#[must_use]
pub fn digest(salt: &[u8], text: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(text).finalize().into()
}

/// An object of the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its name in the bucket.
    pub name: String,
    /// What the name says, when it is a name of ours.
    pub key: Option<Key>,
    /// Length of the text.
    pub bytes: u64,
    /// When it was put, on the clock of the process that did.
    pub stored_at: Option<SystemTime>,
}

/// The texts of one log's documents. Clones share the connection.
#[derive(Clone)]
pub struct Texts {
    api: Api,
    store: ObjectStore,
    bucket: Arc<str>,
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Texts").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

impl Texts {
    /// Finds the bucket of a log or makes it.
    pub(crate) async fn connect(api: Api, jetstream: &Context, log: u16, replicas: usize) -> Result<Self, Error> {
        let bucket = format!("gainsay_texts_{log}");
        let store = match jetstream.get_object_store(&bucket).await {
            Ok(store) => store,
            // Missing, or away: making it tells which, and is harmless when it exists.
            Err(_) => jetstream
                .create_object_store(Config {
                    bucket: bucket.clone(),
                    description: Some("gainsay: texts of documents".to_owned()),
                    storage: StorageType::File,
                    num_replicas: replicas,
                    ..Config::default()
                })
                .await
                .map_err(|error| Error::unavailable(format!("open the bucket {bucket}"), error))?,
        };
        let texts = Self { api, store, bucket: bucket.into() };
        check_copies(&texts.api, &texts.stream(), replicas).await?;
        Ok(texts)
    }

    /// Stores a text. It is acknowledged, and written through, when this returns.
    ///
    /// A text that is there already is left alone: its name holds its digest.
    pub async fn put(&self, key: &Key, text: &[u8]) -> Result<(), Error> {
        if self.info(key).await?.is_some() {
            return Ok(());
        }
        let name = key.to_string();
        let mut reader = text;
        self.store
            .put(name.as_str(), &mut reader)
            .await
            .map(drop)
            .map_err(|error| Error::unavailable(format!("put the text {name}"), error))
    }

    /// Reads a whole text; `None` when it is not there.
    ///
    /// Whether it is the text that the record means is for the caller to check, with [`digest`].
    pub async fn get(&self, key: &Key) -> Result<Option<Bytes>, Error> {
        let Some(text) = self.open(key).await? else { return Ok(None) };
        let mut whole = BytesMut::new();
        let mut chunks = text.chunks.boxed();
        while let Some(chunk) = chunks.try_next().await? {
            whole.extend_from_slice(&chunk);
        }
        Ok(Some(whole.freeze()))
    }

    /// Opens a text for streaming; `None` when it is not there.
    pub async fn open(
        &self,
        key: &Key,
    ) -> Result<Option<Text<impl Stream<Item = Result<Bytes, Error>> + Send + use<>>>, Error> {
        let Some(info) = self.info(key).await? else { return Ok(None) };
        let bytes = info.size as u64;
        let reader = Reader {
            api: self.api.clone(),
            stream: self.stream(),
            subject: format!("$O.{}.C.{}", self.bucket, info.nuid),
            name: info.name,
            left: bytes,
            from: 1,
        };
        let chunks = futures::stream::try_unfold(reader, Reader::next).map_ok(futures::stream::iter);
        let chunks = chunks.map_ok(|chunks| chunks.map(Ok)).try_flatten();
        Ok(Some(Text { bytes, chunks }))
    }

    /// Whether a text is there.
    pub async fn exists(&self, key: &Key) -> Result<bool, Error> {
        Ok(self.info(key).await?.is_some())
    }

    /// Removes a text. It is no error when it is not there.
    pub async fn remove(&self, key: &Key) -> Result<(), Error> {
        if self.info(key).await?.is_none() {
            return Ok(());
        }
        self.remove_object(&key.to_string()).await
    }

    pub(crate) async fn remove_object(&self, name: &str) -> Result<(), Error> {
        self.store.delete(name).await.map_err(|error| Error::unavailable(format!("remove the text {name}"), error))
    }

    /// Lists every object of the bucket, those with foreign names included.
    pub async fn list(&self) -> Result<impl Stream<Item = Result<Object, Error>> + Send + use<>, Error> {
        const DOING: &str = "list the texts";
        let list = self.store.list().await.map_err(|error| Error::unavailable(DOING, error))?;
        Ok(list.map(|info| {
            let info = info.map_err(|error| Error::unavailable(DOING, error))?;
            Ok(Object {
                key: Key::parse(&info.name),
                name: info.name,
                bytes: info.size as u64,
                stored_at: info.modified.map(SystemTime::from),
            })
        }))
    }

    /// What is there under a name. A copy that lags may not know it yet; the leader does.
    async fn info(&self, key: &Key) -> Result<Option<ObjectInfo>, Error> {
        let name = key.to_string();
        let info = match self.store.info(&name).await {
            Ok(info) => info,
            Err(error) if error.kind() == InfoErrorKind::NotFound => {
                let subject = format!("$O.{}.M.{}", self.bucket, URL_SAFE.encode(&name));
                let which = Which::Last { last_by_subj: &subject };
                let Some(entry) = read::leader(&self.api, &self.stream(), &which).await? else { return Ok(None) };
                serde_json::from_slice(&entry.payload)
                    .map_err(|error| Error::malformed(format!("look for the text {name}"), error.to_string()))?
            }
            Err(error) => return Err(Error::unavailable(format!("look for the text {name}"), error)),
        };
        Ok((!info.deleted).then_some(info))
    }

    /// The stream behind the bucket.
    fn stream(&self) -> String {
        format!("OBJ_{}", self.bucket)
    }
}

/// A text that is being read.
pub struct Text<S> {
    /// Its length.
    pub bytes: u64,
    /// Its bytes, in order. An error ends them.
    pub chunks: S,
}

/// Reads the chunks of one object, a bounded number at a time.
struct Reader {
    api: Api,
    stream: String,
    subject: String,
    name: String,
    left: u64,
    from: u64,
}

impl Reader {
    async fn next(mut self) -> Result<Option<(Vec<Bytes>, Self)>, Error> {
        let doing = || format!("read the text {}", self.name);
        if self.left == 0 {
            return Ok(None);
        }
        let chunks = self.chunks().await?;
        let Some(last) = chunks.last() else {
            return Err(Error::malformed(doing(), format!("its last {} bytes are not there", self.left)));
        };
        let read: u64 = chunks.iter().map(|chunk| chunk.payload.len() as u64).sum();
        let Some(left) = self.left.checked_sub(read) else {
            return Err(Error::malformed(doing(), "it is longer than it says"));
        };
        self.from = last.position + 1;
        self.left = left;
        Ok(Some((chunks.into_iter().map(|chunk| chunk.payload).collect(), self)))
    }

    /// The next chunks from any copy, or one from the leader where that copy has no more yet.
    async fn chunks(&self) -> Result<Vec<Stored>, Error> {
        let Self { api, stream, subject, from, .. } = self;
        let part = read::direct(api, stream, subject, *from, READ_AHEAD_LEN, READ_AHEAD_BYTES).await?;
        if !part.stored.is_empty() {
            return Ok(part.stored);
        }
        let chunk = read::leader(api, stream, &Which::Next { seq: *from, next_by_subj: subject }).await?;
        Ok(chunk.map(|chunk| Stored { position: chunk.position, payload: chunk.payload }).into_iter().collect())
    }
}

#[cfg(test)]
mod tests;
