//! The chain of each aggregate: every record carries the digest of the one before.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;
use wire::record::{self, Batch, Record};
use wire::subject::Address;
use wire::tree::{self, Frontier};

use super::{Known, Named, Options, What};
use crate::load::Entry;

/// The newest record of an aggregate.
struct Link {
    revision: u64,
    sha256: [u8; 32],
}

/// The texts that records name.
#[derive(Debug, Default)]
pub(crate) struct NamedTexts {
    /// All of them, in the order of the records.
    all: Vec<Named>,
    /// Those that were erased, by document and revision.
    erased: HashSet<(Address, u32)>,
}

impl NamedTexts {
    /// All of them, whether or not they were erased.
    pub fn all(self) -> Vec<Named> {
        self.all
    }

    /// Those that are to be there, and those that were erased.
    pub fn parted(self) -> (Vec<Named>, Vec<Named>) {
        let Self { all, erased } = self;
        all.into_iter().partition(|named| !erased.contains(&(named.address, named.text.revision)))
    }
}

/// The newest record of every aggregate read so far, and the texts that were named.
pub(crate) struct Chains {
    log: u16,
    log_id: Uuid,
    links: HashMap<Address, Link>,
    /// The batch that the record before belongs to, while records of it are due.
    batch: Option<Batch>,
    /// `None` when texts are not asked for.
    texts: Option<NamedTexts>,
    /// Over all payloads read so far.
    checksum: [u8; 32],
    known: Option<Known>,
    /// Over the records up to the first that is missing.
    tree: Frontier,
    /// An earlier head of this log.
    since: Option<tree::Head>,
    /// Whether there are records before the first that is read: what an aggregate or a batch begins with is then unknown.
    late: bool,
}

impl Chains {
    pub fn new(log: u16, log_id: Uuid, options: &Options) -> Self {
        Self {
            log,
            log_id,
            links: HashMap::new(),
            batch: None,
            texts: options.texts.then(NamedTexts::default),
            checksum: [0; 32],
            known: options.known,
            tree: Frontier::default(),
            since: options.since.filter(|since| since.log == log_id),
            late: false,
        }
    }

    /// Says that there are records before the first that is checked.
    pub fn begin_late(&mut self) {
        self.late = true;
    }

    pub fn aggregates(&self) -> u64 {
        self.links.len() as u64
    }

    /// How many records there are before the first that is missing, and the root over them.
    pub fn tree(&self) -> (u64, tree::Hash) {
        (self.tree.size(), self.tree.root())
    }

    pub fn into_texts(self) -> NamedTexts {
        self.texts.unwrap_or_default()
    }

    /// Checks the next record of the log and takes it as the newest of its aggregate.
    ///
    /// A record that cannot be read still counts as one revision, so that one damaged record is
    /// one fault and its successor's broken chain the only other.
    pub fn check(&mut self, entry: &Entry, mut fault: impl FnMut(Option<Address>, What)) {
        let digest = record::digest(&entry.payload);
        self.checksum = record::accumulate(&self.checksum, &digest);
        if self.known.is_some_and(|known| known.position == entry.position && known.checksum != self.checksum) {
            fault(None, What::Replaced);
        }
        if entry.position == self.tree.size() + 1 {
            self.tree.push(tree::leaf(&entry.payload));
            let rewritten = |since: tree::Head| since.size == entry.position && since.root != self.tree.root();
            if self.since.is_some_and(rewritten) {
                fault(None, What::Rewritten);
            }
        }
        let address = match Address::parse(&entry.subject) {
            Some((log, address)) if log == self.log => address,
            _ => return fault(None, What::Subject(entry.subject.clone())),
        };
        let mut fault = |what| fault(Some(address), what);
        let newest = self.links.get(&address);
        let is_first = self.late && newest.is_none();
        let expected = newest.map_or(1, |link| link.revision + 1);
        let mut revision = expected;
        // The envelope is read on its own: a record with an event of a later version has a place
        // in the chain too.
        match record::decode_envelope(&entry.payload) {
            Ok(envelope) => {
                revision = envelope.revision;
                let own = record::address(&envelope);
                if envelope.log_id != self.log_id {
                    fault(What::ForeignLog(envelope.log_id));
                }
                if own != address {
                    fault(What::Misplaced(own));
                }
                if revision != expected && !is_first {
                    fault(What::Revision { expected, found: revision });
                }
                if envelope.previous != newest.map(|link| link.sha256) && !is_first {
                    fault(What::Chain);
                }
                if !self.follows_in_batch(envelope.batch) {
                    fault(What::Batch);
                }
                match record::decode(&entry.payload) {
                    Ok(record) => self.note_texts(entry.position, address, &record),
                    Err(error) => fault(What::Undecodable(describe(&error))),
                }
            }
            Err(error) => {
                fault(What::Undecodable(describe(&error)));
                self.pass_in_batch();
            }
        }
        self.links.insert(address, Link { revision, sha256: digest });
    }

    /// Whether a record is the next one of the batch that is under way, or the first of another.
    fn follows_in_batch(&mut self, batch: Option<Batch>) -> bool {
        let is_first = self.late && self.links.is_empty();
        let before = std::mem::replace(&mut self.batch, batch.filter(|batch| batch.index + 1 < batch.count));
        match (before, batch) {
            (Some(before), Some(batch)) => {
                batch.id == before.id && batch.index == before.index + 1 && batch.count == before.count
            }
            (Some(_), None) => false,
            (None, Some(batch)) => batch.index == 0 || is_first,
            (None, None) => true,
        }
    }

    /// Takes a record that cannot be read for the one that was due.
    fn pass_in_batch(&mut self) {
        let next = self.batch.map(|batch| Batch { index: batch.index + 1, ..batch });
        self.batch = next.filter(|batch| batch.index + 1 < batch.count);
    }

    fn note_texts(&mut self, position: u64, address: Address, record: &Record) {
        if let Some(texts) = &mut self.texts {
            texts.all.extend(record::texts(record).into_iter().map(|text| Named { position, address, text }));
            texts.erased.extend(record::erased(record).map(|number| (address, number)));
        }
    }
}

/// An error with its cause, in one line.
fn describe(error: &record::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
