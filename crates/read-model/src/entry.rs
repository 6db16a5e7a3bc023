//! A record on its way into the store.

use crate::subject::{self, Subject};
use bytes::Bytes;
use wire::record::{self, Envelope, Record};
use wire::tree::{self, Hash};

/// A record with its place in the log, its bytes, and all that the store wants to know of it.
///
/// What can be told from the bytes alone is told when an entry is made, so that the thread that writes the store does
/// nothing else.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its position in the log.
    pub position: u64,
    /// Its bytes.
    pub payload: Bytes,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// Its leaf in the Merkle tree over the log.
    pub leaf: Hash,
    /// What it says of itself.
    pub envelope: Envelope,
    /// What it concerns: sorted, each subject once.
    pub subjects: Vec<Subject>,
    /// The revisions of the document whose texts it says were erased.
    pub erased: Vec<u32>,
}

impl Entry {
    /// Decodes a record.
    pub fn decode(position: u64, payload: Bytes) -> Result<Self, record::Error> {
        let record = record::decode(&payload)?;
        Ok(Self::new(position, payload, record))
    }

    /// The entry of a record with its bytes.
    pub(crate) fn new(position: u64, payload: Bytes, record: Record) -> Self {
        let (sha256, subjects) = (record::digest(&payload), subject::of(&record));
        let erased = record::erased(&record).collect();
        Self { position, sha256, leaf: tree::leaf(&payload), payload, envelope: record.envelope, subjects, erased }
    }
}
