//! Direct Get in batches: many messages of one subject in one round trip.
//!
//! Any copy of the stream answers; each message comes on its own and a status message ends them.

use async_nats::header::HeaderMap;
use serde::Serialize;

use crate::api::Api;
use crate::error::Error;
use crate::load::Stored;

/// Status after the last message of a batch.
const END_OF_BATCH: u16 = 204;
/// Status when there is no message at or after the position.
const NOTHING_FOUND: u16 = 404;

/// A part of a subject, and whether it is the last.
pub(crate) struct Part {
    pub stored: Vec<Stored>,
    pub complete: bool,
}

#[derive(Debug, Serialize)]
struct Get<'a> {
    seq: u64,
    next_by_subj: &'a str,
    batch: usize,
    max_bytes: usize,
}

/// Reads the messages of a subject from a position on, at most `len` and about `bytes`.
pub(crate) async fn get(
    api: &Api,
    stream: &str,
    subject: &str,
    from: u64,
    len: usize,
    bytes: usize,
) -> Result<Part, Error> {
    const DOING: &str = "read the messages of a subject";
    let request = Get { seq: from, next_by_subj: subject, batch: len, max_bytes: bytes };
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
