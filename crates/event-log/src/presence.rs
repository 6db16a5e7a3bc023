//! Who has which document open: a key-value bucket in memory, whose entries expire.
//!
//! Presence is no record. Nothing of it is in the log, nothing is decided on it, and no view knows it. An entry lives for
//! [`EXPIRY`] after the last heartbeat; the server counts that time, so that no process has to be there when it ends. The
//! bucket is made by whoever uses it first, and anew when a server that was restarted has lost it: the next heartbeats
//! then fill it again. Who is refused or hears nothing tries again; nothing else waits for it.
//!
//! Keys are `<project>.<user>.<document>`, so that one filter has what a user has open in a project.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_nats::header::HeaderMap;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use async_nats::{HeaderValue, Message, Request, Subscriber};
use bytes::Bytes;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::api::{Api, parse};
use crate::error::{Error, request_failure};
use crate::read;
use crate::stream::STREAM_NAME_IN_USE;

/// How long an entry lives after a heartbeat. Clients send one in a third of that, so that two may be lost.
pub const EXPIRY: Duration = Duration::from_secs(30);
/// Documents that a user may have open in a project.
pub const DOCUMENTS_MAX: usize = 16;
/// Entries of the project above which nobody reads them: a whole team of several hundred is far below.
pub const PRESENT_MAX: usize = 5000;
/// Documents that a user may have opened in a project within [`EXPIRY`], closed ones included: a closed one leaves a mark
/// in the bucket until it expires.
const RECENT_MAX: usize = 64;
/// Entries of the bucket. Each takes some 300 bytes of the server's memory.
const ENTRIES_MAX: i64 = 50_000;
/// Bytes of an entry's value; it has fewer than a hundred.
const VALUE_BYTES_MAX: i32 = 1024;
/// Entries and bytes that are asked for at a time.
const PAGE_LEN: usize = 1000;
const PAGE_BYTES: usize = 512 * 1024;
/// How long the server may take for all of one call. Who waits is a person, and the next heartbeat is near.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Users whose heartbeats do not wait for each other, about.
const TURNS: usize = 64;
/// What reading is called in errors.
const READ: &str = "read who is there";
/// What a key-value bucket calls the header that tells a removal from a value, and what it says then.
const OPERATION: &str = "KV-Operation";
const REMOVED: &str = "DEL";

/// One user with one document open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The project of the document.
    pub project: Uuid,
    /// The document.
    pub document: Uuid,
    /// Who has it open.
    pub user: Uuid,
}

/// By what a user is in the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// A membership, which readers look up again.
    Membership,
    /// What the token says, as of the heartbeat.
    Token,
}

/// Somebody who is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present {
    /// Who and where.
    pub place: Place,
    /// By what right.
    pub right: Right,
    /// When the document was opened, in microseconds since 1970.
    pub since_us: i64,
    /// When it counts as closed unless there is another heartbeat.
    pub until_us: i64,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// Who and where.
    pub place: Place,
    /// When the document was opened; none when it was closed.
    pub since_us: Option<i64>,
}

/// Why a heartbeat was refused.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The user has [`DOCUMENTS_MAX`] others open.
    #[error("the user has {DOCUMENTS_MAX} documents open already")]
    TooMany,
    /// The user opened too many in a short time.
    #[error("the user opened {RECENT_MAX} documents within a short time")]
    TooFast,
    /// The bucket did not answer.
    #[error("presence cannot be told")]
    Log(#[from] Error),
}

/// The value of an entry.
#[derive(Debug, Serialize, Deserialize)]
struct Value {
    since_us: i64,
    right: Right,
}

/// An entry of the bucket.
struct Entry {
    stored_at_us: i64,
    /// None for the mark that a removal leaves.
    value: Option<Value>,
}

/// The presence on the documents of one log. Clones share the connection.
#[derive(Debug, Clone)]
pub struct Presence {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    api: Api,
    bucket: String,
    replicas: usize,
    expiry: Duration,
    /// Whether the bucket was seen to be as it must be.
    checked: AtomicBool,
    /// One heartbeat of a user at a time, since it counts before it writes. Another process counts for itself.
    turns: [Mutex<()>; TURNS],
}

impl Presence {
    pub(crate) fn new(api: Api, log: u16, replicas: usize, expiry: Duration) -> Self {
        let bucket = format!("gainsay_presence_{log}");
        let turns = std::array::from_fn(|_| Mutex::new(()));
        Self { inner: Arc::new(Inner { api, bucket, replicas, expiry, checked: AtomicBool::new(false), turns }) }
    }

    /// How long an entry lives after a heartbeat.
    #[must_use]
    pub fn expiry(&self) -> Duration {
        self.inner.expiry
    }

    /// Notes that a user has a document open, from now on or still.
    pub async fn open(&self, place: Place, right: Right) -> Result<Present, OpenError> {
        const DOING: &str = "note that a document is open";
        let Place { project, user, .. } = place;
        let turn = usize::try_from(user.as_u128() % TURNS as u128).expect("it is less than their number");
        let _turn = in_time(DOING, async { Ok(self.inner.turns[turn].lock().await) }).await?;
        // Two processes may have let in more than one would.
        let own = self.entries(&format!("{project}.{user}.*"), 2 * RECENT_MAX).await?;
        let since_us = match own.get(&place) {
            Some(Entry { value: Some(value), .. }) => value.since_us,
            other => {
                if own.values().filter(|entry| entry.value.is_some()).count() >= DOCUMENTS_MAX {
                    return Err(OpenError::TooMany);
                }
                if other.is_none() && own.len() >= RECENT_MAX {
                    return Err(OpenError::TooFast);
                }
                now_us()
            }
        };
        let value = serde_json::to_vec(&Value { since_us, right }).expect("a value is plain JSON");
        self.publish(DOING, place, HeaderMap::new(), value.into()).await?;
        Ok(Present { place, right, since_us, until_us: self.until_us(now_us()) })
    }

    /// Notes that a user has a document open no more.
    pub async fn close(&self, place: Place) -> Result<(), Error> {
        const DOING: &str = "note that a document is closed";
        let Place { project, user, document } = place;
        let own = self.entries(&format!("{project}.{user}.{document}"), 1).await?;
        // A mark is left only where there was something: nobody fills the bucket with them.
        if own.values().all(|entry| entry.value.is_none()) {
            return Ok(());
        }
        let mut headers = HeaderMap::new();
        headers.insert(OPERATION, REMOVED);
        self.publish(DOING, place, headers, Bytes::new()).await
    }

    /// Who is there in a project, in the order of documents and users; none when it is more than [`PRESENT_MAX`].
    pub async fn present(&self, project: Uuid) -> Result<Option<Vec<Present>>, Error> {
        let entries = self.entries(&format!("{project}.*.*"), PRESENT_MAX + 1).await?;
        let present = entries.into_iter().filter_map(|(place, Entry { stored_at_us, value })| {
            let Value { since_us, right } = value?;
            Some(Present { place, right, since_us, until_us: self.until_us(stored_at_us) })
        });
        let present: Vec<_> = present.collect();
        Ok((present.len() <= PRESENT_MAX).then_some(present))
    }

    /// What comes from now on in a project: heartbeats too, and of what expires nothing. Some of it may be lost, so who
    /// listens also looks now and then.
    pub async fn news(&self, project: Uuid) -> Result<Listening, Error> {
        const DOING: &str = "listen for documents that are opened and closed";
        let client = self.inner.api.client();
        let listen = async {
            let subject = self.subject(&format!("{project}.*.*"));
            let messages = client.subscribe(subject).await.map_err(|error| Error::unavailable(DOING, error))?;
            // From here on nothing is missed while the connection holds.
            client.flush().await.map_err(|error| Error::unavailable(DOING, error))?;
            Ok(Listening { messages, prefix: self.subject("") })
        };
        in_time(DOING, listen).await
    }

    fn until_us(&self, stored_at_us: i64) -> i64 {
        stored_at_us.saturating_add(i64::try_from(self.inner.expiry.as_micros()).unwrap_or(i64::MAX))
    }

    fn subject(&self, key: &str) -> String {
        format!("$KV.{}.{key}", self.inner.bucket)
    }

    fn stream(&self) -> String {
        format!("KV_{}", self.inner.bucket)
    }

    async fn publish(&self, doing: &str, place: Place, headers: HeaderMap, payload: Bytes) -> Result<(), Error> {
        let publish = || async {
            let Place { project, document, user } = place;
            let subject = self.subject(&format!("{project}.{user}.{document}"));
            let request = Request::new().headers(headers.clone()).payload(payload.clone()).timeout(Some(TIMEOUT));
            let answer = self.inner.api.client().send_request(subject, request).await;
            let answer = answer.map_err(|error| Error::unavailable(doing, request_failure(&error)))?;
            parse::<Json>(doing, &answer.payload).map(drop)
        };
        self.in_bucket(doing, publish(), publish()).await
    }

    /// The entries of these keys, removals included: all, or about as many as are asked for.
    async fn entries(&self, keys: &str, most: usize) -> Result<BTreeMap<Place, Entry>, Error> {
        self.in_bucket(READ, self.read(keys, most), self.read(keys, most)).await
    }

    async fn read(&self, keys: &str, most: usize) -> Result<BTreeMap<Place, Entry>, Error> {
        let (stream, subject, prefix) = (self.stream(), self.subject(keys), self.subject(""));
        let mut entries = BTreeMap::new();
        let (mut from, len) = (1, PAGE_LEN.min(most));
        loop {
            let (messages, complete) =
                read::direct_messages(&self.inner.api, READ, &stream, &subject, from, len, PAGE_BYTES).await?;
            for message in &messages {
                let header = |name| message.headers.as_ref()?.get(name).map(HeaderValue::as_str);
                let malformed = || Error::malformed(READ, "a message without a position, a subject or a time");
                let position: u64 = header("Nats-Sequence").and_then(|text| text.parse().ok()).ok_or_else(malformed)?;
                let subject = header("Nats-Subject").ok_or_else(malformed)?;
                let stored_at_us = header("Nats-Time-Stamp").and_then(time_us).ok_or_else(malformed)?;
                from = from.max(position + 1);
                if let (Some(place), Ok(value)) = (place(&prefix, subject), value(message)) {
                    // Of an entry that is written while pages are read the newer one is read last.
                    entries.insert(place, Entry { stored_at_us, value });
                } else {
                    tracing::warn!("an entry of the bucket of presence is not understood");
                }
            }
            if complete || entries.len() >= most || messages.is_empty() {
                return Ok(entries);
            }
        }
    }

    /// Does something in the bucket, which is made where it is not there; then it is done once more.
    async fn in_bucket<T>(
        &self,
        doing: &str,
        first: impl Future<Output = Result<T, Error>>,
        again: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let all = async {
            if !self.inner.checked.load(Ordering::Relaxed) {
                self.make().await?;
            }
            match first.await {
                // A server that was restarted has lost it.
                Err(error) if error.is_transient() => {
                    self.make().await?;
                    again.await
                }
                other => other,
            }
        };
        in_time(doing, all).await
    }

    /// Makes the bucket, or makes it as it must be.
    async fn make(&self) -> Result<(), Error> {
        const DOING: &str = "make the bucket of presence";
        let stream = self.stream();
        let config = Config {
            name: stream.clone(),
            description: Some("gainsay: who has which document open".to_owned()),
            subjects: vec![self.subject(">")],
            retention: RetentionPolicy::Limits,
            discard: DiscardPolicy::New,
            max_bytes: -1,
            max_messages: ENTRIES_MAX,
            max_messages_per_subject: 1,
            max_message_size: VALUE_BYTES_MAX,
            max_consumers: -1,
            max_age: self.inner.expiry,
            storage: StorageType::Memory,
            num_replicas: self.inner.replicas,
            duplicate_window: self.inner.expiry.min(Duration::from_secs(1)),
            allow_rollup: true,
            allow_direct: true,
            ..Config::default()
        };
        let api = &self.inner.api;
        let made = api.request::<Json>(DOING, &format!("$JS.API.STREAM.CREATE.{stream}"), &config).await;
        match made {
            Err(error) if error.code() == Some(STREAM_NAME_IN_USE) => {
                api.request::<Json>(DOING, &format!("$JS.API.STREAM.UPDATE.{stream}"), &config).await?;
            }
            other => drop(other?),
        }
        self.inner.checked.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// What is told of a project, as it comes.
#[derive(Debug)]
pub struct Listening {
    messages: Subscriber,
    prefix: String,
}

impl Listening {
    /// The next news; none when the connection is closed for good.
    pub async fn next(&mut self) -> Option<News> {
        loop {
            let message = self.messages.next().await?;
            if let (Some(place), Ok(value)) = (place(&self.prefix, &message.subject), value(&message)) {
                return Some(News { place, since_us: value.map(|value| value.since_us) });
            }
        }
    }
}

async fn in_time<T>(doing: &str, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match tokio::time::timeout(TIMEOUT, call).await {
        Ok(result) => result,
        Err(_elapsed) => Err(Error::unavailable(doing, "no answer in time")),
    }
}

/// The place that a subject names.
fn place(prefix: &str, subject: &str) -> Option<Place> {
    let mut ids = subject.strip_prefix(prefix)?.split('.').map(|id| Uuid::try_parse(id).ok());
    let (project, user, document) = (ids.next()??, ids.next()??, ids.next()??);
    ids.next().is_none().then_some(Place { project, document, user })
}

/// The value of a message; none where the entry was removed.
fn value(message: &Message) -> Result<Option<Value>, serde_json::Error> {
    if message.headers.as_ref().is_some_and(|headers| headers.get(OPERATION).is_some()) {
        return Ok(None);
    }
    serde_json::from_slice(&message.payload).map(Some)
}

fn time_us(text: &str) -> Option<i64> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos() / 1000).ok()
}

fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
