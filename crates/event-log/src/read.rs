//! The two ways to read messages of a stream.
//!
//! Direct Get answers from any copy, with many messages of one subject in one round trip; a copy
//! may lag. `STREAM.MSG.GET` answers from the leader, one message a request, with everything that
//! was acknowledged before.

use async_nats::header::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::api::Api;
use crate::error::Error;
use crate::load::{Entry, Stored};

/// Status after the last message of a batch.
const END_OF_BATCH: u16 = 204;
/// Status when there is no message at or after the position.
const NOTHING_FOUND: u16 = 404;
/// JetStream's error for "no message found".
const NO_MESSAGE: u64 = 10037;

/// A part of a subject, and whether it is the last.
pub(crate) struct Part {
    pub stored: Vec<Stored>,
    pub complete: bool,
}

#[derive(Debug, Serialize)]
struct Many<'a> {
    seq: u64,
    next_by_subj: &'a str,
    batch: usize,
    max_bytes: usize,
}

/// Reads the messages of a subject from a position on, at most `len` and about `bytes`, from any copy.
///
/// Each message comes on its own, and a message with a status ends them.
pub(crate) async fn direct(
    api: &Api,
    stream: &str,
    subject: &str,
    from: u64,
    len: usize,
    bytes: usize,
) -> Result<Part, Error> {
    const DOING: &str = "read the messages of a subject";
    let request = Many { seq: from, next_by_subj: subject, batch: len, max_bytes: bytes };
    let mut stored = Vec::new();
    let end = api
        .request_many(DOING, &format!("$JS.API.DIRECT.GET.{stream}"), &request, |message| {
            let position = number(message.headers.as_ref(), "Nats-Sequence")
                .ok_or_else(|| Error::malformed(DOING, "a message without a position"))?;
            stored.push(Stored { position, payload: message.payload });
            Ok(())
        })
        .await?;
    match end.status.map(|status| status.as_u16()) {
        Some(END_OF_BATCH) => {
            let pending = number(end.headers.as_ref(), "Nats-Num-Pending")
                .ok_or_else(|| Error::malformed(DOING, "an end without the number of pending messages"))?;
            Ok(Part { stored, complete: pending == 0 })
        }
        Some(NOTHING_FOUND) => Ok(Part { stored, complete: true }),
        status => Err(Error::malformed(DOING, format!("unexpected end {status:?} {:?}", end.description))),
    }
}

fn number(headers: Option<&HeaderMap>, name: &str) -> Option<u64> {
    headers?.get(name)?.as_str().parse().ok()
}

/// Which message is asked for of the leader.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Which<'a> {
    /// The one at a position.
    At { seq: u64 },
    /// The first of a subject at or after a position.
    Next { seq: u64, next_by_subj: &'a str },
    /// The newest of a subject.
    Last { last_by_subj: &'a str },
}

#[derive(Debug, Deserialize)]
struct Got {
    message: Message,
}

#[derive(Debug, Deserialize)]
struct Message {
    subject: String,
    seq: u64,
    /// In base64; absent when empty.
    #[serde(default)]
    data: String,
    time: String,
}

/// Reads one message from the leader; `None` when there is none.
pub(crate) async fn leader(api: &Api, stream: &str, which: &Which<'_>) -> Result<Option<Entry>, Error> {
    const DOING: &str = "read a message from the leader";
    let Got { message } = match api.request(DOING, &format!("$JS.API.STREAM.MSG.GET.{stream}"), which).await {
        Err(error) if error.code() == Some(NO_MESSAGE) => return Ok(None),
        other => other?,
    };
    let payload = STANDARD.decode(&message.data).map_err(|error| Error::malformed(DOING, error.to_string()))?;
    let stored_at =
        OffsetDateTime::parse(&message.time, &Rfc3339).map_err(|error| Error::malformed(DOING, error.to_string()))?;
    Ok(Some(Entry {
        position: message.seq,
        subject: message.subject,
        payload: payload.into(),
        stored_at: stored_at.into(),
    }))
}
