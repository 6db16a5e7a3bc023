//! Whether a record follows the one before it, in the log and in its aggregate.

#[cfg(test)]
mod tests;

use read_model::subject::Subject;
use read_model::{Entry, Store};
use std::collections::HashMap;
use uuid::Uuid;
use wire::record::{address, digest};
use wire::subject::Address;

/// Aggregates whose last record is kept in mind; of others it is looked up. Some 20 MB.
const HEADS_MAX: usize = 100_000;

/// Why records cannot be taken over. A person has to look at the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Break {
    /// A position is missing.
    #[error("gap at {expected}: the log gave {found} next")]
    Gap { expected: u64, found: u64 },
    /// The record cannot be read by this version.
    #[error("the record at {position} cannot be read: {source}; a newer version may have written it")]
    Undecodable { position: u64, source: wire::record::Error },
    /// The record is a copy from another log.
    #[error("the record at {position} belongs to log {found}, not to {expected}")]
    OtherLog { position: u64, expected: Uuid, found: Uuid },
    /// The record stands under another aggregate's subject.
    #[error("the record at {position} of {address} stands under the subject `{subject}`")]
    Misplaced { position: u64, address: Address, subject: String },
    /// The record does not follow its aggregate's last one.
    #[error("chain broken at {position}: revision {revision} of {address} does not follow revision {last}")]
    Chain { position: u64, address: Address, revision: u64, last: u64 },
}

/// Why a check has no result that lets the projector go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    /// The log is at fault.
    #[error(transparent)]
    Break(#[from] Break),
    /// The store is.
    #[error(transparent)]
    Store(#[from] read_model::Error),
}

/// An aggregate's last record.
type Head = (u64, [u8; 32]);

/// The last records of aggregates, those included that were checked and are not stored yet.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    heads: HashMap<Address, Head>,
}

impl Chain {
    /// Forgets what can be looked up; to be called when everything that was checked is stored.
    pub(crate) fn trim(&mut self) {
        if self.heads.len() > HEADS_MAX {
            self.heads = HashMap::new();
        }
    }

    /// Checks that a record is of this log, stands where it says, and follows its aggregate's last one.
    pub(crate) fn check(&mut self, store: &Store, log: Uuid, subject: &str, entry: &Entry) -> Result<(), CheckError> {
        let (position, envelope) = (entry.position, &entry.envelope);
        if envelope.log_id != log {
            return Err(Break::OtherLog { position, expected: log, found: envelope.log_id }.into());
        }
        let address = address(envelope);
        if Address::parse(subject).is_none_or(|(_, found)| found != address) {
            return Err(Break::Misplaced { position, address, subject: subject.to_owned() }.into());
        }
        let head = match self.heads.get(&address) {
            Some(head) => Some(*head),
            None => look_up(store, &address)?,
        };
        let last = head.map_or(0, |(revision, _)| revision);
        if envelope.revision != last + 1 || envelope.previous != head.map(|(_, digest)| digest) {
            return Err(Break::Chain { position, address, revision: envelope.revision, last }.into());
        }
        self.heads.insert(address, (envelope.revision, entry.sha256));
        Ok(())
    }
}

fn look_up(store: &Store, address: &Address) -> Result<Option<Head>, read_model::Error> {
    let snapshot = store.snapshot(None);
    let Some(position) = snapshot.last_position(&Subject::own(address))? else { return Ok(None) };
    let payload = snapshot.payload(position)?;
    Ok(Some((snapshot.envelope(position)?.revision, digest(&payload))))
}
