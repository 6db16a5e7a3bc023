//! The JSON form of records: whole and lossless. People and other tools read it; gainsay itself reads the bytes.

mod events;

#[cfg(test)]
mod tests;

use crate::record::{Batch, Envelope, Record};
use serde_json::{Value, json};
use time::OffsetDateTime;

/// The JSON of a record at this position, whose payload has this digest.
///
/// Ids are UUIDs as text, digests hexadecimal, instants RFC 3339, vocabularies their codes. In the envelope what is not
/// given is null; in an event it is left out, so that a claim has the shape in which it was sent.
#[must_use]
pub fn record(position: u64, payload_sha256: &[u8; 32], record: &Record) -> Value {
    let Record { envelope, events } = record;
    let Envelope {
        record_id,
        log_id,
        project,
        kind,
        id,
        revision,
        previous,
        author,
        credential,
        command_id,
        request_sha256,
        correlation_id,
        causation_id,
        recorded_at_us,
        batch,
        relied_on,
        schema_version,
    } = envelope;
    let batch = batch.map(|Batch { id, index, count }| json!({ "id": id, "index": index, "count": count }));
    let relied_on = relied_on.iter().map(|on| json!({ "kind": on.kind, "id": on.id, "revision": on.revision }));
    json!({
        "position": position,
        "record": record_id,
        "log": log_id,
        "project": project,
        "kind": kind,
        "id": id,
        "revision": revision,
        "previous_sha256": previous.map(hex::encode),
        "sha256": hex::encode(payload_sha256),
        "author": author,
        "credential": credential,
        "command_id": command_id,
        "request_sha256": hex::encode(request_sha256),
        "correlation_id": correlation_id,
        "causation_id": causation_id,
        "recorded_at": rfc3339(*recorded_at_us),
        "batch": batch,
        "relied_on": relied_on.collect::<Value>(),
        "schema_version": schema_version,
        "events": events.iter().map(events::event).collect::<Value>(),
    })
}

/// The first and the last instant that RFC 3339 can express, in microseconds since 1970.
const EXPRESSIBLE_US: (i64, i64) = (-62_167_219_200_000_000, 253_402_300_799_999_999);

/// An instant in microseconds since 1970 UTC as RFC 3339, always with six digits of the second.
///
/// RFC 3339 ends with the years 0000 and 9999: an instant outside becomes the nearest one inside.
#[must_use]
pub fn rfc3339(us: i64) -> String {
    let us = us.clamp(EXPRESSIBLE_US.0, EXPRESSIBLE_US.1);
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(us) * 1_000)
        .expect("the years 0000 to 9999 are within what an OffsetDateTime holds");
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    let (hour, minute, second, us) = at.time().as_hms_micro();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{us:06}Z")
}
