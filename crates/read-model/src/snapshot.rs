//! The records up to a position.

use crate::store::Payload;
use crate::subject::Subject;
use crate::veil::{Veil, VeilKey};
use crate::{Error, Store};
use domain::id::{DocumentId, ProjectId, UserId};
use domain::{Aggregate, Event};
use std::collections::HashSet;
use uuid::Uuid;
use wire::record::{self, Envelope, Record};
use wire::subject::Address;
use wire::tree::Hash;

/// Positions that are looked at for such as are not veiled, at a time.
const VEILED_LEN_MIN: usize = 16;
const VEILED_LEN_MAX: usize = 1_000;

/// The records of a store up to a position. What it answers never changes.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'a> {
    store: &'a Store,
    at: u64,
    /// What its reader is kept from.
    veil: Option<&'a Veil>,
}

/// An aggregate, folded up to a position.
#[derive(Debug, Clone)]
pub struct Loaded<A> {
    /// Its state.
    pub state: A,
    /// How many records it has.
    pub revision: u64,
    /// Who wrote the first one.
    pub author: UserId,
    /// When the first one was recorded, in microseconds since 1970.
    pub created_at_us: i64,
    /// The position of the first one.
    pub created: u64,
    /// The position of the last one.
    pub last: u64,
    /// The bytes of all of them: how large the state can be at most.
    pub bytes: usize,
}

impl Store {
    /// The records up to a position, or up to the newest one.
    #[must_use]
    pub fn snapshot(&self, at: Option<u64>) -> Snapshot<'_> {
        let position = self.checkpoint().position;
        Snapshot { store: self, at: at.map_or(position, |at| at.min(position)), veil: None }
    }
}

impl<'a> Snapshot<'a> {
    /// The last position.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &'a Store {
        self.store
    }

    /// The same records, as far as they are not veiled.
    pub(crate) fn under(self, veil: Option<&'a Veil>) -> Self {
        Self { veil, ..self }
    }

    /// What tells this from what others see at the position; none where nothing is veiled.
    pub(crate) fn veil(&self) -> Option<VeilKey> {
        self.veil.map(Veil::key)
    }

    /// The documents that its reader reads blind.
    pub(crate) fn veiled(&self) -> impl Iterator<Item = DocumentId> {
        self.veil.into_iter().flat_map(Veil::documents)
    }

    /// What its reader is kept from.
    pub(crate) fn under_veil(&self) -> Option<&'a Veil> {
        self.veil
    }

    /// The same records without the veil.
    fn raw(&self) -> Self {
        Self { veil: None, ..*self }
    }

    /// The positions of a subject's records after this one, ascending, at most so many.
    pub fn positions(&self, subject: &Subject, after: u64, len_max: usize) -> Result<Vec<u64>, Error> {
        let Some(veil) = self.veil else {
            return self.store.positions(subject, after, self.at, len_max);
        };
        let (raw, mut after, mut shown) = (self.raw(), after, Vec::new());
        while shown.len() < len_max {
            let wanted = (len_max - shown.len()).clamp(VEILED_LEN_MIN, VEILED_LEN_MAX);
            let page = raw.positions(subject, after, wanted)?;
            for position in page.iter().copied() {
                if shown.len() < len_max && veil.shows(&raw, position)? {
                    shown.push(position);
                }
            }
            match page.last() {
                Some(last) if page.len() == wanted => after = *last,
                Some(_) | None => break,
            }
        }
        Ok(shown)
    }

    /// The position of a subject's last record.
    pub fn last_position(&self, subject: &Subject) -> Result<Option<u64>, Error> {
        let last = self.store.last_position(subject, self.at)?;
        match (self.veil, last) {
            (Some(veil), Some(last)) if !veil.shows(&self.raw(), last)? => {
                Ok(self.positions(subject, 0, usize::MAX)?.last().copied())
            }
            _ => Ok(last),
        }
    }

    /// The bytes of the record at a position up to [`at`](Self::at), as it stands in the log; of one of which a part is
    /// veiled, those of the rest.
    pub fn stored(&self, position: u64) -> Result<Vec<u8>, Error> {
        let payload = self.payload(position)?;
        if self.veil.is_none() {
            return Ok(payload.to_vec());
        }
        let (whole, shown) = (decode(position, &payload)?, self.record(position)?);
        Ok(if whole == shown { payload.to_vec() } else { record::encode(&shown).to_vec() })
    }

    /// The bytes of the record at a position up to [`at`](Self::at) as it stands in the log, whatever is veiled: nothing that
    /// is shown to anybody.
    pub fn payload(&self, position: u64) -> Result<Payload, Error> {
        self.store.payload(position)
    }

    /// The record at a position up to [`at`](Self::at), as far as it is not veiled.
    pub fn record(&self, position: u64) -> Result<Record, Error> {
        let record = decode(position, &self.payload(position)?)?;
        self.seen(record)
    }

    fn seen(&self, record: Record) -> Result<Record, Error> {
        let Some(veil) = self.veil else { return Ok(record) };
        let nothing = Record { envelope: record.envelope.clone(), events: Vec::new() };
        Ok(veil.part(&self.raw(), record)?.unwrap_or(nothing))
    }

    /// The root of the Merkle tree over all records, whatever is veiled.
    pub(crate) fn root(&self) -> Result<Hash, Error> {
        self.store.root(self.at)
    }

    /// The path from the record at a position up to [`at`](Self::at) to the root.
    pub(crate) fn inclusion(&self, position: u64) -> Result<Vec<Hash>, Error> {
        self.store.inclusion(position, self.at)
    }

    /// What shows that the records up to a position up to [`at`](Self::at) are the beginning of all.
    pub(crate) fn consistency(&self, from: u64) -> Result<Vec<Hash>, Error> {
        self.store.consistency(from, self.at)
    }

    /// The envelope of the record at a position up to [`at`](Self::at).
    pub fn envelope(&self, position: u64) -> Result<Envelope, Error> {
        decode_envelope(position, &self.payload(position)?)
    }

    /// The aggregates that have records of this subject, in the order of the first of these.
    pub fn aggregates(&self, subject: &Subject) -> Result<Vec<Uuid>, Error> {
        self.aggregates_at(&self.positions(subject, 0, usize::MAX)?)
    }

    /// The aggregates of the records at these positions, in the order of the first of each.
    pub fn aggregates_at(&self, positions: &[u64]) -> Result<Vec<Uuid>, Error> {
        let mut ids: Vec<Uuid> = Vec::new();
        let mut seen = HashSet::new();
        for position in positions {
            let id = self.envelope(*position)?.id;
            if seen.insert(id) {
                ids.push(id);
            }
        }
        Ok(ids)
    }

    /// Folds an aggregate; none if it has no record.
    pub fn load<A: Aggregate>(&self, project: ProjectId, id: Uuid) -> Result<Option<Loaded<A>>, Error> {
        let address = Address { project: project.uuid(), kind: A::KIND, id };
        let mut loaded: Option<Loaded<A>> = None;
        for position in self.positions(&Subject::own(&address), 0, usize::MAX)? {
            let payload = self.payload(position)?;
            let record = self.seen(decode(position, &payload)?)?;
            // The end of a page must not tell how much is hidden.
            let bytes = if self.veil.is_some() { record::encode(&record).len() } else { payload.len() };
            let Record { envelope, events } = record;
            let before = loaded.take().unwrap_or_else(|| Loaded {
                state: A::default(),
                revision: 0,
                author: envelope.author,
                created_at_us: envelope.recorded_at_us,
                created: position,
                last: position,
                bytes: 0,
            });
            loaded = Some(Loaded {
                state: fold(before.state, &events, envelope.author),
                revision: envelope.revision,
                last: position,
                bytes: before.bytes + bytes,
                ..before
            });
        }
        Ok(loaded)
    }
}

fn fold<A: Aggregate>(state: A, events: &[Event], author: UserId) -> A {
    events.iter().filter_map(A::own).fold(state, |state, event| state.evolve(event, author))
}

/// Decodes a record of the store, which was decoded before it was stored.
pub(crate) fn decode(position: u64, payload: &[u8]) -> Result<Record, Error> {
    record::decode(payload).map_err(|error| undecodable(position, &error))
}

/// Decodes the envelope of a record of the store.
pub(crate) fn decode_envelope(position: u64, payload: &[u8]) -> Result<Envelope, Error> {
    record::decode_envelope(payload).map_err(|error| undecodable(position, &error))
}

fn undecodable(position: u64, error: &record::Error) -> Error {
    Error::damaged(format!("the record at {position} cannot be read: {error}"))
}
