//! Records as JSON, as histories and streams have them.

use runtime::Problem;
use serde_json::Value;
use wire::record::Record;
use wire::view::StoredRecord;

/// A record as JSON.
pub(super) fn json(record: &StoredRecord) -> Result<Value, Problem> {
    Ok(json_of(record, &decode(record)?))
}

/// A record that was decoded as JSON.
pub(crate) fn json_of(record: &StoredRecord, decoded: &Record) -> Value {
    wire::json::record(record.position, &wire::record::digest(&record.payload), decoded)
}

/// A record as it stands in the log.
pub(crate) fn decode(record: &StoredRecord) -> Result<Record, Problem> {
    let StoredRecord { position, payload } = record;
    wire::record::decode(payload).map_err(|error| {
        tracing::error!(position, error = &error as &dyn std::error::Error, "a record is not understood");
        Problem::internal()
    })
}
