//! An aggregate folded from its records, and the commands that they answer.

use std::collections::HashMap;

use domain::Aggregate;
use domain::id::UserId;
use event_log::Stored;
use uuid::Uuid;
use wire::record::{self, Reliance};
use wire::subject::Address;

/// An aggregate as its records up to `last` say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loaded<A> {
    /// Its state.
    pub state: A,
    /// The number of its records; 0 when it does not exist.
    pub revision: u64,
    /// The position of the newest record; 0 when there is none.
    pub last: u64,
    /// SHA-256 of the newest record's payload.
    pub digest: Option<[u8; 32]>,
    /// The author of the first record.
    pub creator: Option<UserId>,
}

impl<A: Aggregate> Loaded<A> {
    /// This aggregate as something that a decision looked at.
    pub fn reliance(&self, id: Uuid) -> Reliance {
        Reliance { kind: A::KIND, id, revision: self.revision }
    }

    /// Applies the next record: it must be this log's, this aggregate's, and name the one before it (the chain).
    pub fn apply(&mut self, log_id: Uuid, address: &Address, stored: &Stored) -> Result<Answered, Damage> {
        let damage = |reason| Damage { address: *address, position: stored.position, reason };
        let record = record::decode(&stored.payload).map_err(|error| damage(error.to_string()))?;
        let envelope = record.envelope;
        if envelope.log_id != log_id {
            return Err(damage(format!("it belongs to the log {}", envelope.log_id)));
        }
        if (envelope.project, envelope.kind, envelope.id) != (address.project, address.kind, address.id) {
            return Err(damage("it is about another aggregate".to_owned()));
        }
        if envelope.revision != self.revision + 1 {
            return Err(damage(format!("its revision is {} after {}", envelope.revision, self.revision)));
        }
        if envelope.previous != self.digest {
            return Err(damage("it names another record as the one before it".to_owned()));
        }
        let state = std::mem::take(&mut self.state);
        self.state =
            record.events.iter().filter_map(A::own).fold(state, |state, event| state.evolve(event, envelope.author));
        self.revision = envelope.revision;
        self.last = stored.position;
        self.digest = Some(record::digest(&stored.payload));
        self.creator.get_or_insert(envelope.author);
        let command = (envelope.author, envelope.command_id);
        let request_sha256 = envelope.request_sha256;
        Ok(Answered { command, result: Stand { request_sha256, position: stored.position } })
    }
}

/// Commands by author and id, with what answers them.
pub(crate) type Commands = HashMap<(UserId, Uuid), Stand>;

/// A command that a record answers.
pub(crate) struct Answered {
    /// Its author and id.
    pub command: (UserId, Uuid),
    /// Where its answer stands.
    pub result: Stand,
}

/// Where the answer to a command stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stand {
    /// SHA-256 of the request, which tells a repetition from another command with the same id.
    pub request_sha256: [u8; 32],
    /// The position of the record.
    pub position: u64,
}

/// A record that contradicts those before it.
#[derive(Debug, thiserror::Error)]
#[error("the record at position {position} of {address}: {reason}")]
pub(crate) struct Damage {
    address: Address,
    position: u64,
    reason: String,
}

#[cfg(test)]
mod tests;
