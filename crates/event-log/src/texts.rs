//! Texts of documents: an object store beside the log.
//!
//! A text is put here, acknowledged and written through, before the record that names it. A crash
//! in between leaves an object without a record, which `verify` finds and removes; a record
//! without its object is an error.
//!
//! The name of an object ends in the salted digest that its record holds. Two writers of the same
//! revision therefore never overwrite each other's text: the loser of the append leaves an orphan,
//! and the winner's record names the winner's object.
//!
//! An object begins with the salt, so that whoever removes it removes both, and the log tells nothing of the text any
//! more: neither its digest nor that of the whole object, which the server keeps beside it. In objects from before, the text is
//! all, and the record has the salt; the length that the record says tells the two apart.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use async_nats::jetstream::Context;
use async_nats::jetstream::object_store::{Config, InfoErrorKind, ObjectInfo, ObjectStore};
use async_nats::jetstream::stream::StorageType;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use bytes::{Buf, Bytes, BytesMut};
use futures::{Stream, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
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

/// Bytes of a salt.
pub const SALT_LEN: usize = 16;

/// A text with the salt of its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salted {
    /// The salt.
    pub salt: [u8; SALT_LEN],
    /// The text, in UTF-8 unless somebody else put it.
    pub text: Bytes,
}

impl Salted {
    /// What an object holds, if it is what its record means.
    fn of(named: &TextRef, mut object: Bytes) -> Option<Self> {
        let salt = match Form::of(named, object.len() as u64)? {
            Form::Salted => object.split_to(SALT_LEN)[..].try_into().ok()?,
            Form::Bare(salt) => salt,
        };
        (digest(&salt, &object) == named.sha256).then_some(Self { salt, text: object })
    }
}

/// What is there of a text that a record names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The text.
    Whole(Salted),
    /// Something else.
    Changed,
    /// Nothing.
    Missing,
}

/// How an object holds a text.
enum Form {
    /// After its salt.
    Salted,
    /// Alone: the record has this salt.
    Bare([u8; SALT_LEN]),
}

impl Form {
    /// That of an object of this length; none if it cannot be what the record means.
    fn of(named: &TextRef, len: u64) -> Option<Self> {
        match named.salt {
            _ if len == named.bytes + SALT_LEN as u64 => Some(Self::Salted),
            Some(salt) if len == named.bytes => Some(Self::Bare(salt)),
            Some(_) | None => None,
        }
    }
}

/// An object of the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its name in the bucket.
    pub name: String,
    /// What the name says, when it is a name of ours.
    pub key: Option<Key>,
    /// Its length, in bytes.
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

    /// Stores a text after its salt. It is acknowledged, and written through, when this returns.
    ///
    /// A text that is there already is left alone: its name holds its digest.
    pub async fn put(&self, key: &Key, salt: &[u8; SALT_LEN], text: &[u8]) -> Result<(), Error> {
        if self.info(key).await?.is_some() {
            return Ok(());
        }
        let name = key.to_string();
        let mut reader = AsyncReadExt::chain(&salt[..], text);
        self.store
            .put(name.as_str(), &mut reader)
            .await
            .map(drop)
            .map_err(|error| Error::unavailable(format!("put the text {name}"), error))
    }

    /// Reads a whole text, and checks that it is the one that the record means.
    pub async fn get(&self, named: &TextRef) -> Result<Found, Error> {
        let Some(object) = self.object(&Key::from(named)).await? else { return Ok(Found::Missing) };
        Ok(Salted::of(named, object).map_or(Found::Changed, Found::Whole))
    }

    /// Reads a whole object; `None` when it is not there.
    pub(crate) async fn object(&self, key: &Key) -> Result<Option<Bytes>, Error> {
        let Some(mut reader) = self.reader(key).await? else { return Ok(None) };
        let mut whole = BytesMut::new();
        while let Some((chunks, rest)) = reader.next().await? {
            for chunk in &chunks {
                whole.extend_from_slice(chunk);
            }
            reader = rest;
        }
        Ok(Some(whole.freeze()))
    }

    /// Opens a text for streaming; `None` when it is not there. Its digest is not checked.
    pub async fn open(
        &self,
        named: &TextRef,
    ) -> Result<Option<Text<impl Stream<Item = Result<Bytes, Error>> + Send + use<>>>, Error> {
        let Some(reader) = self.reader(&Key::from(named)).await? else { return Ok(None) };
        let malformed = || Error::malformed(format!("read the text {}", reader.name), "its record says another length");
        let form = Form::of(named, reader.left).ok_or_else(malformed)?;
        let (salt, first, reader) = match form {
            Form::Bare(salt) => (salt, Vec::new(), Some(reader)),
            Form::Salted => {
                let Some((mut chunks, rest)) = reader.next().await? else { return Ok(None) };
                let salt = chunks[0].get(..SALT_LEN).and_then(|salt| salt.try_into().ok());
                let salt = salt.ok_or_else(|| {
                    Error::malformed(format!("read the text {}", rest.name), "it begins with less than a salt")
                })?;
                chunks[0].advance(SALT_LEN);
                (salt, chunks, Some(rest))
            }
        };
        let rest = futures::stream::try_unfold(reader, async |reader| match reader {
            Some(reader) => Ok(reader.next().await?.map(|(chunks, rest)| (chunks, Some(rest)))),
            None => Ok(None),
        });
        let batches = futures::stream::once(std::future::ready(Ok(first))).chain(rest);
        let chunks = batches.map_ok(|chunks| futures::stream::iter(chunks).map(Ok)).try_flatten();
        Ok(Some(Text { salt, bytes: named.bytes, chunks }))
    }

    async fn reader(&self, key: &Key) -> Result<Option<Reader>, Error> {
        let Some(info) = self.info(key).await? else { return Ok(None) };
        Ok(Some(Reader {
            api: self.api.clone(),
            stream: self.stream(),
            subject: self.chunks_of(&info.nuid),
            name: info.name,
            left: info.size as u64,
            from: 1,
        }))
    }

    /// Whether a text is there.
    pub async fn exists(&self, key: &Key) -> Result<bool, Error> {
        Ok(self.info(key).await?.is_some())
    }

    /// Erases a text with its salt: no byte of either stays in a file of the server. It is no error when it is not there,
    /// or only a part of it, after an attempt that failed.
    pub async fn erase(&self, key: &Key) -> Result<(), Error> {
        self.erase_object(&key.to_string()).await
    }

    /// An object store marks what it deletes, and the server frees the place of marked and purged messages some day. A
    /// message that is deleted by its position is overwritten at once.
    pub(crate) async fn erase_object(&self, name: &str) -> Result<(), Error> {
        let meta = format!("$O.{}.M.{}", self.bucket, URL_SAFE.encode(name));
        let told = read::leader(&self.api, &self.stream(), &Which::Last { last_by_subj: &meta }).await?;
        let Some(told) = told else { return Ok(()) };
        // The chunks first: what is left of them is found by that message alone.
        let info: ObjectInfo = serde_json::from_slice(&told.payload)
            .map_err(|error| Error::malformed(format!("look for the text {name}"), error.to_string()))?;
        self.erase_messages(&self.chunks_of(&info.nuid)).await?;
        self.erase_messages(&meta).await
    }

    async fn erase_messages(&self, subject: &str) -> Result<(), Error> {
        const DOING: &str = "erase a message";
        let stream = self.stream();
        let mut from = 1;
        while let Some(found) =
            read::leader(&self.api, &stream, &Which::Next { seq: from, next_by_subj: subject }).await?
        {
            let erase = Erase { seq: found.position, no_erase: false };
            let Erased { success } =
                self.api.request(DOING, &format!("$JS.API.STREAM.MSG.DELETE.{stream}"), &erase).await?;
            if !success {
                return Err(Error::malformed(DOING, "the server did not, and gives no reason"));
            }
            from = found.position + 1;
        }
        Ok(())
    }

    fn chunks_of(&self, nuid: &str) -> String {
        format!("$O.{}.C.{nuid}", self.bucket)
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
    /// The salt of its digest.
    pub salt: [u8; SALT_LEN],
    /// Its length, in bytes and without the salt.
    pub bytes: u64,
    /// Its bytes, in order. An error ends them.
    pub chunks: S,
}

/// A message that is overwritten where it stands.
#[derive(Serialize)]
struct Erase {
    seq: u64,
    no_erase: bool,
}

#[derive(Deserialize)]
struct Erased {
    success: bool,
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
