//! Records and their bytes.
//!
//! A record is one message, one position and one revision of its aggregate. Equal records have equal bytes: fields
//! stand in the order of their numbers and maps are sorted.

mod from_proto;
mod headers;
mod to_proto;

#[cfg(test)]
mod tests;

use crate::proto::event as proto;
use crate::subject::Address;
use bytes::Bytes;
use domain::id::{CredentialId, UserId};
use domain::{Event, Kind, document};
use prost::Message;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The version of the record's schema that this code writes.
pub const SCHEMA_VERSION: u32 = 1;

/// What one decision on one aggregate wrote to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Who decided, on what, and what it rests on.
    pub envelope: Envelope,
    /// What was decided, at least one event, in order.
    pub events: Vec<Event>,
}

/// A record without its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The record.
    pub record_id: Uuid,
    /// The log to which it belongs: a copy in another log is noticed.
    pub log_id: Uuid,
    /// The project, or the nil UUID for what belongs to the whole installation.
    pub project: Uuid,
    /// The kind of aggregate.
    pub kind: Kind,
    /// The aggregate.
    pub id: Uuid,
    /// Counted from 1 within the aggregate.
    pub revision: u64,
    /// SHA-256 of the payload of the same aggregate's record before; none at revision 1.
    pub previous: Option<[u8; 32]>,
    /// The user who decided.
    pub author: UserId,
    /// The credential that the command came with.
    pub credential: CredentialId,
    /// The command.
    pub command_id: Uuid,
    /// SHA-256 of the canonical request: tells a retry from another command with the same id.
    pub request_sha256: [u8; 32],
    /// What belongs to one undertaking has one correlation id.
    pub correlation_id: Uuid,
    /// The record that gave rise to this one; none for a person's command.
    pub causation_id: Option<Uuid>,
    /// When it was recorded, in microseconds since 1970 UTC, by the clock of the ingest service.
    pub recorded_at_us: i64,
    /// The atomic step in which it was appended along with others.
    pub batch: Option<Batch>,
    /// The other aggregates that the decision looked at.
    pub relied_on: Vec<Reliance>,
    /// The version of the schema in which it was written.
    pub schema_version: u32,
}

/// A record's place among those that were appended in one atomic step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Batch {
    /// The batch.
    pub id: Uuid,
    /// Counted from 0.
    pub index: u32,
    /// How many records the batch has.
    pub count: u32,
}

/// An aggregate that a decision looked at, and the revision that it saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reliance {
    /// Its kind.
    pub kind: Kind,
    /// The aggregate.
    pub id: Uuid,
    /// The revision.
    pub revision: u64,
}

/// A text in the object store that a record names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TextRef {
    /// The project.
    pub project: Uuid,
    /// The document.
    pub document: Uuid,
    /// The number of the document's revision.
    pub revision: u32,
    /// SHA-256 over salt and text.
    pub sha256: [u8; 32],
    /// The salt, in records from before it was put in front of the text in its object.
    pub salt: Option<[u8; 16]>,
    /// The text's length in bytes.
    pub bytes: u64,
}

impl TextRef {
    /// The text of a document's revision.
    #[must_use]
    pub fn of(project: Uuid, document: Uuid, revision: &document::Revision) -> Self {
        let &document::Revision { number, salt, sha256, bytes, .. } = revision;
        Self { project, document, revision: number, sha256, salt, bytes }
    }
}

/// Why bytes are no record that this version can read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are no protobuf message of this type.
    #[error("the record is malformed")]
    Malformed(#[from] prost::DecodeError),
    /// An event has a type that this version does not know: the record was written by a newer one.
    #[error("event {index} of the record has a type that this version does not know")]
    UnknownEvent {
        /// Where the event stands in the record, counted from 0.
        index: usize,
    },
    /// A field is missing, or holds what this version does not know.
    #[error("the field `{field}` of the record is missing or not valid")]
    Field {
        /// The field's name in the schema, with its message where that is not the record.
        field: &'static str,
    },
    /// A text is sealed, and this version cannot open it.
    #[error("the text `{field}` of the record is sealed, and this version cannot open it")]
    Sealed {
        /// The field's name in the schema, with its message.
        field: &'static str,
    },
}

/// The bytes of a record.
#[must_use]
pub fn encode(record: &Record) -> Bytes {
    to_proto::record(record).encode_to_vec().into()
}

/// Reads a record; fields that this version does not know are passed over, whatever the schema version says.
pub fn decode(payload: &[u8]) -> Result<Record, Error> {
    from_proto::record(proto::Record::decode(payload)?)
}

/// Reads a record's envelope and passes over its events, whether this version knows them or not.
pub fn decode_envelope(payload: &[u8]) -> Result<Envelope, Error> {
    from_proto::envelope(&proto::Envelope::decode(payload)?)
}

/// The SHA-256 of a payload: what the next record of the same aggregate names as its predecessor.
#[must_use]
pub fn digest(payload: &[u8]) -> [u8; 32] {
    Sha256::digest(payload).into()
}

/// The SHA-256 over all payloads up to one: of the one before it and this payload's digest. It begins with zeros.
///
/// A store's checkpoint holds it, so that the log can be proven against what was once read from it.
#[must_use]
pub fn accumulate(before: &[u8; 32], digest: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(before).chain_update(digest).finalize().into()
}

/// Where a record with this envelope stands in the log.
#[must_use]
pub fn address(envelope: &Envelope) -> Address {
    Address { project: envelope.project, kind: envelope.kind, id: envelope.id }
}

/// The numbers of the document's revisions whose texts were erased by a record.
pub fn erased(record: &Record) -> impl Iterator<Item = u32> + '_ {
    record.events.iter().filter_map(|event| match event {
        Event::Document(document::Event::DocumentTextErased { number, reason: _ }) => Some(*number),
        _ => None,
    })
}

/// The texts in the object store that a record names.
#[must_use]
pub fn texts(record: &Record) -> Vec<TextRef> {
    let Envelope { project, id: document, .. } = record.envelope;
    record
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Document(document::Event::DocumentRevisionCaptured(revision)) => Some(revision),
            Event::Document(
                document::Event::DocumentRegistered(_)
                | document::Event::DocumentWithdrawnByPublisher
                | document::Event::DocumentTextErased { .. },
            )
            | Event::Project(_)
            | Event::User(_)
            | Event::Source(_)
            | Event::Incident(_)
            | Event::Actor(_)
            | Event::Relation(_)
            | Event::Annotation(_)
            | Event::Reading(_)
            | Event::Derivation(_)
            | Event::Assessment(_)
            | Event::Identity(_)
            | Event::Adjudication(_)
            | Event::Task(_)
            | Event::Import(_) => None,
        })
        .map(|revision| TextRef::of(project, document, revision))
        .collect()
}
