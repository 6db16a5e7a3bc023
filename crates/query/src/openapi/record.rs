//! The form of records: described alone, for what writes it knows nothing of schemas.

use utoipa::ToSchema;
use uuid::Uuid;

/// A record, as the log holds it: one decision on one aggregate.
///
/// While documents are read blind, annotators and readers get it without what tells of the hidden: of tasks and judgements
/// `revision` is counted anew, `previous_sha256` and others' `request_sha256` are zeros, others' `batch` is null, and `sha256` is
/// that of what is shown.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `wire::json::record` writes")]
#[expect(clippy::struct_field_names, reason = "named as in the records that clients read")]
pub(super) struct Record {
    /// The position in the project's log.
    #[schema(minimum = 1)]
    position: u64,
    /// The record.
    record: Uuid,
    /// The log to which it belongs.
    log: Uuid,
    /// The project.
    project: Uuid,
    /// The kind of aggregate.
    kind: String,
    /// The aggregate.
    id: Uuid,
    /// The revision of the aggregate that this record makes.
    #[schema(minimum = 1)]
    revision: u64,
    /// SHA-256 of the same aggregate's record before, hexadecimal; null at revision 1.
    #[schema(required, min_length = 64, max_length = 64)]
    previous_sha256: Option<String>,
    /// SHA-256 of this record's bytes, hexadecimal.
    #[schema(min_length = 64, max_length = 64)]
    sha256: String,
    /// Who decided.
    author: Uuid,
    /// The credential that the command came with.
    credential: Uuid,
    /// The command.
    command_id: Uuid,
    /// SHA-256 of the canonical request, hexadecimal.
    #[schema(min_length = 64, max_length = 64)]
    request_sha256: String,
    /// What belongs to one undertaking has one correlation id.
    correlation_id: Uuid,
    /// The record that caused this one, if one did.
    #[schema(required)]
    causation_id: Option<Uuid>,
    /// When it was recorded.
    #[schema(format = DateTime)]
    recorded_at: String,
    /// The step in which it was recorded along with others; null when it was recorded alone.
    #[schema(required)]
    batch: Option<Batch>,
    /// What the decision looked at.
    relied_on: Vec<Reliance>,
    /// The version of the record's schema.
    schema_version: u32,
    /// What was decided, at least one event, in order.
    #[schema(min_items = 1)]
    events: Vec<RecordedEvent>,
}

/// The step in which a record was written, whole or not at all.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `wire::json::record` writes")]
struct Batch {
    /// The step.
    id: Uuid,
    /// The record's place among those of the step.
    index: u32,
    /// How many records the step has.
    count: u32,
}

/// Something that a decision looked at.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `wire::json::record` writes")]
struct Reliance {
    /// The kind of aggregate.
    kind: String,
    /// The aggregate.
    id: Uuid,
    /// Its revision at that time.
    revision: u64,
}

/// What was decided; the further members depend on `type`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `wire::json::record` writes")]
struct RecordedEvent {
    /// The type of event.
    #[schema(example = "ReadingRecorded")]
    r#type: String,
}
