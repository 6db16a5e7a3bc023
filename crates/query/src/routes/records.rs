//! Records as JSON, as histories and streams have them.

use runtime::Problem;
use serde_json::Value;
use wire::view::StoredRecord;

/// A record as JSON.
pub(super) fn json(record: &StoredRecord) -> Result<Value, Problem> {
    let StoredRecord { position, payload } = record;
    let decoded = wire::record::decode(payload).map_err(|error| {
        tracing::error!(position, error = &error as &dyn std::error::Error, "a record is not understood");
        Problem::internal()
    })?;
    Ok(wire::json::record(*position, &wire::record::digest(payload), &decoded))
}
