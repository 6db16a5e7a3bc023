//! Appending: one record under an expectation, or several in one atomic batch.
//!
//! The expectation is the position of the newest record of the same aggregate, so the log itself
//! decides a race and nothing else has to. No message ids are sent: the server's deduplication
//! lasts two minutes, spans all subjects, and is checked before or after the expectation
//! depending on the number of nodes. A retry finds its command id in the aggregate instead.

use std::collections::HashSet;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use async_nats::client::{PublishError, PublishErrorKind, RequestErrorKind};
use async_nats::connection::State;
use async_nats::header::{HeaderMap, HeaderValue};
use async_nats::{Message, Request, StatusCode};
use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::{Semaphore, SemaphorePermit};
use uuid::Uuid;
use wire::subject::Address;

use crate::EventLog;
use crate::api::ApiError;
use crate::clock::SKEW_REFUSE;
use crate::error::Cause;

/// How long an append waits for its acknowledgement. With write-through a healthy server answers
/// in milliseconds; the rest covers a leader election.
pub const ACK_TIMEOUT: Duration = Duration::from_secs(5);
/// Appends of one process in flight. Throughput with write-through is flat from 64 on.
pub const APPENDS_IN_FLIGHT: usize = 256;
/// Batches of one process that are open. The server admits 50 a stream unless it is told more.
pub const BATCHES_OPEN: usize = 16;
/// Records of one atomic batch: a reading and its 16 inline annotations.
pub const BATCH_LEN_MAX: usize = 17;
/// How long an append waits for its turn before the log is called busy: as long as those before it may take.
const TURN_TIMEOUT: Duration = ACK_TIMEOUT;

const EXPECTED_LAST: &str = "Nats-Expected-Last-Subject-Sequence";
const EXPECTED_LAST_OF_ALL: &str = "Nats-Expected-Last-Sequence";
const EXPECTED_STREAM: &str = "Nats-Expected-Stream";
const BATCH_ID: &str = "Nats-Batch-Id";
const BATCH_SEQUENCE: &str = "Nats-Batch-Sequence";
const BATCH_COMMIT: &str = "Nats-Batch-Commit";

/// A record to append.
#[derive(Debug, Clone)]
pub struct Append {
    /// The aggregate.
    pub address: Address,
    /// Position of the newest record of the aggregate; 0 when it must not exist.
    pub expected_last: u64,
    /// The record's bytes. They alone are the truth.
    pub payload: Bytes,
    /// A copy of the envelope for other tools; readers of gainsay never parse it.
    pub headers: Vec<(&'static str, String)>,
    /// The command that this record answers; it names the append in the process's own log.
    pub command_id: Uuid,
}

/// Why a record was not appended, or may not have been.
///
/// Nothing here is retried by itself: after any of these the caller decides again on what the
/// aggregate has become.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Another record of the aggregate came first. Nothing was stored.
    #[error("another record came first")]
    Conflict,
    /// The outcome is unknown: read the aggregate through the leader and look for the command id.
    ///
    /// A record that is not there may still be on its way, since the leader answers reads past the
    /// appends that wait. So its absence is no failure to report. Try again for the same aggregate
    /// under what was read: of the two attempts one is stored, and the other a conflict after
    /// which the command id is found.
    #[error("it is unknown whether the record was stored")]
    Uncertain(#[source] Cause),
    /// Too many appends or batches are under way. Nothing was stored; try again in a moment.
    #[error("too many appends are under way")]
    Busy,
    /// The server has no space left, or had none and writes nothing before it is started anew. Nothing was stored.
    #[error("the log's storage is full: {0}")]
    Full(String),
    /// This machine's clock and the server's are too far apart. Nothing was sent.
    #[error("this machine's clock and the log server's differ by {} s", .0.as_secs())]
    ClockSkew(Duration),
    /// A record or a batch is larger than the log admits. Nothing was stored.
    #[error("the record is too large for the log")]
    TooLarge,
    /// The log is proven to be damaged. Nothing was sent.
    #[error("the log is damaged: {0}")]
    Damaged(String),
    /// The log cannot be reached or refused to take part. Nothing was stored.
    #[error("the log cannot be reached")]
    Unavailable(#[source] Cause),
}

impl AppendError {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::Uncertain(_) => "uncertain",
            Self::Busy => "busy",
            Self::Full(_) => "full",
            Self::ClockSkew(_) => "clock_skew",
            Self::TooLarge => "too_large",
            Self::Damaged(_) => "damaged",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

/// The server's answer to a publish: an acknowledgement or an error.
#[derive(Debug, Deserialize)]
struct PubAck {
    #[serde(default)]
    stream: String,
    #[serde(default)]
    seq: u64,
    #[serde(default)]
    duplicate: bool,
    #[serde(default)]
    count: usize,
    error: Option<ApiError>,
}

impl EventLog {
    /// Appends one record and returns its position.
    ///
    /// When the future is dropped before it ends, the outcome is as unknown as after `Uncertain`.
    #[tracing::instrument(level = "debug", skip_all, fields(command.id = %append.command_id))]
    pub async fn append(&self, append: Append) -> Result<u64, AppendError> {
        let started = Instant::now();
        let outcome = self.try_append(append).await;
        record("single", started, &outcome);
        outcome
    }

    /// Appends all records or none, and returns the position of the last.
    ///
    /// The records take consecutive positions. Each needs a subject of its own, since the server
    /// takes one expectation a subject in a batch. After `Uncertain`, the last record tells: it is
    /// there when all are.
    #[tracing::instrument(level = "debug", skip_all, fields(batch.len = appends.len()))]
    pub async fn append_batch(&self, mut appends: Vec<Append>) -> Result<u64, AppendError> {
        let started = Instant::now();
        let subjects: HashSet<_> = appends.iter().map(|append| append.address).collect();
        let distinct = subjects.len() == appends.len();
        let outcome = match appends.pop() {
            Some(_) if !distinct => Err(AppendError::Conflict),
            Some(last) if appends.is_empty() => self.try_append(last).await,
            Some(last) if appends.len() < BATCH_LEN_MAX => self.try_append_batch(appends, last).await,
            Some(_) | None => Err(AppendError::TooLarge),
        };
        record("batch", started, &outcome);
        outcome
    }

    async fn try_append(&self, append: Append) -> Result<u64, AppendError> {
        self.check_ready()?;
        let _turn = turn(&self.inner.appends).await?;
        let headers = self.headers(&append);
        let ack = self.publish(&append.address, headers, append.payload).await?;
        self.position(&ack)
    }

    async fn try_append_batch(&self, appends: Vec<Append>, last: Append) -> Result<u64, AppendError> {
        self.check_ready()?;
        let _turn = turn(&self.inner.batches).await?;
        let id = Uuid::new_v4().to_string();
        let len = appends.len() + 1;
        for (index, append) in appends.into_iter().enumerate() {
            let headers = self.batch_headers(&append, &id, index + 1);
            if index == 0 {
                // The first message opens the batch; the server says here that it may.
                self.publish(&append.address, headers, append.payload).await.map_err(not_committed)?;
            } else {
                self.publish_silently(&append.address, headers, append.payload).await?;
            }
        }
        let mut headers = self.batch_headers(&last, &id, len);
        headers.insert(BATCH_COMMIT, "1");
        let ack = self.publish(&last.address, headers, last.payload).await?;
        let position = self.position(&ack)?;
        if ack.count == len {
            Ok(position)
        } else {
            Err(AppendError::Uncertain(format!("{} of {len} records were acknowledged", ack.count).into()))
        }
    }

    /// Whether sending makes sense at all. Without a connection the client would keep the record
    /// and send it much later.
    pub(crate) fn check_ready(&self) -> Result<(), AppendError> {
        let skew = self.inner.clock.skew();
        if skew > SKEW_REFUSE {
            return Err(AppendError::ClockSkew(skew));
        }
        if let Some(damage) = self.inner.damage.read().unwrap_or_else(PoisonError::into_inner).clone() {
            return Err(AppendError::Damaged(damage));
        }
        if self.inner.api.client().connection_state() != State::Connected {
            return Err(AppendError::Unavailable("not connected".into()));
        }
        match &*self.inner.write_error.borrow() {
            None => Ok(()),
            Some(error) if error.is_full() => Err(AppendError::Full(error.to_string())),
            Some(error) => Err(AppendError::Unavailable(error.to_string().into())),
        }
    }

    fn headers(&self, append: &Append) -> HeaderMap {
        let mut headers = HeaderMap::new();
        copy(&append.headers, &mut headers);
        headers.insert(EXPECTED_LAST, append.expected_last.to_string());
        headers.insert(EXPECTED_STREAM, self.inner.stream.as_str());
        headers
    }

    fn batch_headers(&self, append: &Append, batch: &str, sequence: usize) -> HeaderMap {
        let mut headers = self.headers(append);
        headers.insert(BATCH_ID, batch);
        headers.insert(BATCH_SEQUENCE, sequence.to_string());
        headers
    }

    async fn publish(&self, address: &Address, headers: HeaderMap, payload: Bytes) -> Result<PubAck, AppendError> {
        let request = Request::new().headers(headers).payload(payload).timeout(None);
        let subject = address.subject(self.inner.log);
        let mut disconnects = self.inner.disconnects.clone();
        disconnects.mark_unchanged();
        let mut write_error = self.inner.write_error.clone();
        let answer = tokio::select! {
            answer = self.inner.api.client().send_request(subject, request) => answer,
            _ = disconnects.changed() => return Err(AppendError::Uncertain("the connection was lost".into())),
            Ok(_) = write_error.wait_for(Option::is_some) => {
                return Err(AppendError::Uncertain("the server writes nothing any more".into()));
            }
            () = tokio::time::sleep(ACK_TIMEOUT) => return Err(AppendError::Uncertain("no acknowledgement in time".into())),
        };
        let answer = answer.map_err(|error| match error.kind() {
            RequestErrorKind::MaxPayloadExceeded => AppendError::TooLarge,
            RequestErrorKind::NoResponders | RequestErrorKind::InvalidSubject => AppendError::Unavailable(error.into()),
            RequestErrorKind::TimedOut | RequestErrorKind::Other => AppendError::Uncertain(error.into()),
        })?;
        // The first message of a batch is acknowledged with an empty answer.
        if answer.payload.is_empty() {
            return Ok(PubAck { stream: String::new(), seq: 0, duplicate: false, count: 0, error: None });
        }
        read_ack(&answer)
    }

    /// Sends a record on the condition that the newest of the whole log has this position. The acknowledgement goes to an
    /// inbox, so that the next record can be sent before it comes.
    pub(crate) async fn publish_in_order(
        &self,
        address: &Address,
        headers: &[(&'static str, String)],
        expected_last: u64,
        inbox: String,
        payload: Bytes,
    ) -> Result<(), AppendError> {
        let mut all = HeaderMap::new();
        copy(headers, &mut all);
        all.insert(EXPECTED_LAST_OF_ALL, expected_last.to_string());
        all.insert(EXPECTED_STREAM, self.inner.stream.as_str());
        let subject = address.subject(self.inner.log);
        let sent = self.inner.api.client().publish_with_reply_and_headers(subject, inbox, all, payload);
        sent_in_time(sent).await
    }

    /// The position that an acknowledgement is of.
    pub(crate) fn acknowledged(&self, answer: &Message) -> Result<u64, AppendError> {
        if answer.status == Some(StatusCode::NO_RESPONDERS) {
            return Err(AppendError::Unavailable("nobody listens: JetStream or the stream is away".into()));
        }
        self.position(&read_ack(answer)?)
    }

    async fn publish_silently(&self, address: &Address, headers: HeaderMap, payload: Bytes) -> Result<(), AppendError> {
        let subject = address.subject(self.inner.log);
        let sent = self.inner.api.client().publish_with_headers(subject, headers, payload);
        sent_in_time(sent).await
    }

    /// An acknowledgement counts when this stream stored a new record for it.
    fn position(&self, ack: &PubAck) -> Result<u64, AppendError> {
        if ack.stream == self.inner.stream && ack.seq > 0 && !ack.duplicate {
            Ok(ack.seq)
        } else {
            Err(AppendError::Uncertain(format!("unexpected acknowledgement {ack:?}").into()))
        }
    }
}

/// Copies headers for other tools.
fn copy(headers: &[(&'static str, String)], all: &mut HeaderMap) {
    for (name, value) in headers {
        // A value that does not fit a header line is left out: the payload has it.
        if let Ok(value) = value.parse::<HeaderValue>() {
            all.insert(*name, value);
        }
    }
}

async fn sent_in_time(sent: impl Future<Output = Result<(), PublishError>>) -> Result<(), AppendError> {
    match tokio::time::timeout(ACK_TIMEOUT, sent).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) if error.kind() == PublishErrorKind::MaxPayloadExceeded => Err(AppendError::TooLarge),
        Ok(Err(error)) => Err(AppendError::Unavailable(error.into())),
        Err(elapsed) => Err(AppendError::Unavailable(elapsed.into())),
    }
}

fn read_ack(answer: &Message) -> Result<PubAck, AppendError> {
    let ack: PubAck = serde_json::from_slice(&answer.payload).map_err(|error| AppendError::Uncertain(error.into()))?;
    match ack.error {
        None => Ok(ack),
        Some(error) => Err(refusal(error)),
    }
}

/// Without its commit a batch is never stored, so an unknown outcome before it is a known one.
fn not_committed(error: AppendError) -> AppendError {
    match error {
        AppendError::Uncertain(cause) => AppendError::Unavailable(cause),
        other => other,
    }
}

/// What an error of JetStream says about the record. Codes are those of nats-server's `errors.json`.
fn refusal(error: ApiError) -> AppendError {
    match error.err_code {
        // Wrong last sequence: 10071 from the stream on one node, 10164 from the leader of three.
        10071 | 10164 => AppendError::Conflict,
        // Too many requests, the subject's check not ready, or too many open batches.
        10163 | 10167 | 10210 | 10211 => AppendError::Busy,
        // Account, server, memory or storage limits.
        10002 | 10023 | 10028 | 10047 => AppendError::Full(error.description),
        10077 if error.description.contains("maximum") => AppendError::Full(error.description),
        // Message, header or batch size.
        10054 | 10097 | 10199 => AppendError::TooLarge,
        // JetStream or the stream is away, or the batch lost a message on its way.
        10039 | 10059 | 10060 | 10076 | 10118 | 10174..=10177 | 10179 | 10194 | 10200 => {
            AppendError::Unavailable(describe(&error).into())
        }
        // The store failed in an unnamed way, a leader changed, a duplicate (10201) of a message id
        // that nobody sent, and whatever later servers say.
        _ => AppendError::Uncertain(describe(&error).into()),
    }
}

fn describe(error: &ApiError) -> String {
    format!("{} (error {}, status {})", error.description, error.err_code, error.code)
}

async fn turn(semaphore: &Semaphore) -> Result<SemaphorePermit<'_>, AppendError> {
    match tokio::time::timeout(TURN_TIMEOUT, semaphore.acquire()).await {
        Ok(Ok(permit)) => Ok(permit),
        Ok(Err(_)) | Err(_) => Err(AppendError::Busy),
    }
}

fn record(form: &'static str, started: Instant, outcome: &Result<u64, AppendError>) {
    let name = outcome.as_ref().map_or_else(AppendError::outcome, |_| "stored");
    metrics::counter!("gainsay_log_appends_total", "form" => form, "outcome" => name).increment(1);
    metrics::histogram!("gainsay_log_append_seconds", "form" => form).record(started.elapsed().as_secs_f64());
}

#[cfg(test)]
pub(crate) mod tests;
