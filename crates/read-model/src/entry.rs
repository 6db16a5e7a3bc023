//! A record on its way into the store.

use bytes::Bytes;
use wire::record::{self, Record};

/// A record with its place in the log and its bytes.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its position in the log.
    pub position: u64,
    /// Its bytes.
    pub payload: Bytes,
    /// What the bytes say.
    pub record: Record,
}

impl Entry {
    /// Decodes a record.
    pub fn decode(position: u64, payload: Bytes) -> Result<Self, record::Error> {
        let record = record::decode(&payload)?;
        Ok(Self { position, payload, record })
    }
}
