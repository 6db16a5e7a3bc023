//! The two ways to read messages of a stream.
//!
//! Direct Get answers from any copy, with many messages of one subject in one round trip; a copy
//! may lag. `STREAM.MSG.GET` answers from the leader, one message a request, with everything that
//! was acknowledged before.

use async_nats::Message;
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
    let (messages, complete) = direct_messages(api, DOING, stream, subject, from, len, bytes).await?;
    let stored = messages.into_iter().map(|message| {
        let position = number(message.headers.as_ref(), "Nats-Sequence")
            .ok_or_else(|| Error::malformed(DOING, "a message without a position"))?;
        Ok(Stored { position, payload: message.payload })
    });
    Ok(Part { stored: stored.collect::<Result<_, Error>>()?, complete })
}

/// Reads messages as they are, with the headers in which the server tells subject, position and time; and whether they
/// are all.
pub(crate) async fn direct_messages(
    api: &Api,
    doing: &str,
    stream: &str,
    subject: &str,
    from: u64,
    len: usize,
    bytes: usize,
) -> Result<(Vec<Message>, bool), Error> {
    let request = Many { seq: from, next_by_subj: subject, batch: len, max_bytes: bytes };
    let mut messages = Vec::new();
    let end = api
        .request_many(doing, &format!("$JS.API.DIRECT.GET.{stream}"), &request, |message| {
            messages.push(message);
            Ok(())
        })
        .await?;
    match end.status.map(|status| status.as_u16()) {
        Some(END_OF_BATCH) => {
            let pending = number(end.headers.as_ref(), "Nats-Num-Pending")
                .ok_or_else(|| Error::malformed(doing, "an end without the number of pending messages"))?;
            Ok((messages, pending == 0))
        }
        Some(NOTHING_FOUND) => Ok((messages, true)),
        status => Err(Error::malformed(doing, format!("unexpected end {status:?} {:?}", end.description))),
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
    message: Told,
}

#[derive(Debug, Deserialize)]
struct Told {
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
