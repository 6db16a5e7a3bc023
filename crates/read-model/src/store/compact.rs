//! Compaction: the tail's positions go into chunks.
//!
//! A chunk is written whole and holds all of its subject's positions up to its last, so a crash in between leaves
//! positions that stand in chunks and, when the store is opened again, in the tail. They are told by being no greater
//! than the last one in the subject's chunks: readers and the next compaction pass over them.

use super::chunk::{Chunk, Filling};
use super::{Store, key};
use crate::Error;
use crate::subject::Subject;
use sled::Batch;

/// Rows written at a time: the engine lets nobody read while it applies a batch, so this bounds what readers wait.
const BATCH_ROWS_MAX: usize = 1_000;

/// What is in chunks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Packed {
    /// All positions up to this one are in chunks.
    pub upto: u64,
    /// How many positions are in chunks.
    pub postings: u64,
    /// A digest of them that does not depend on their order.
    pub digest: u64,
}

impl Packed {
    pub(super) fn encode(&self) -> Vec<u8> {
        [self.upto, self.postings, self.digest].iter().flat_map(|number| number.to_be_bytes()).collect()
    }

    pub(super) fn decode(row: &[u8]) -> Result<Self, Error> {
        let row: &[u8; 24] = row.try_into().map_err(|_| Error::damaged("the mark of packed positions is malformed"))?;
        let number = |at: usize| u64::from_be_bytes(row[at..at + 8].try_into().expect("eight bytes"));
        Ok(Self { upto: number(0), postings: number(8), digest: number(16) })
    }

    /// Counts a position in.
    pub(super) fn add(&mut self, subject: &Subject, position: u64) {
        self.postings += 1;
        self.digest = self.digest.wrapping_add(fnv1a(subject.as_bytes().iter().chain(&position.to_be_bytes())));
    }
}

/// FNV-1a (64 bits): cheap, and good enough to notice what got lost; nobody forges a local store.
fn fnv1a<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Store {
    /// Packs the tail's positions into chunks when the tail has at least so many records.
    pub fn compact(&self, records_min: u64) -> Result<(), Error> {
        let mut writer = self.writer();
        if self.tail().records() < records_min.max(1) {
            return Ok(());
        }
        let mut packed = writer.packed;
        let mut batch = Batch::default();
        let mut rows = 0;
        // Nobody writes the tail meanwhile: only the writer does, and this is the writer.
        for subject in self.tail().subjects() {
            let positions = self.tail().own(&subject).to_vec();
            for filling in self.fill(&subject, &positions, &mut packed)? {
                batch.insert(key::chunk(&subject, filling.first()).to_vec(), filling.encode());
                rows += 1;
            }
            if rows >= BATCH_ROWS_MAX {
                batch.insert(key::PACKED, packed.encode());
                self.commit(std::mem::take(&mut batch))?;
                rows = 0;
            }
        }
        packed.upto = writer.checkpoint.position;
        batch.insert(key::PACKED, packed.encode());
        self.commit(batch)?;
        writer.packed = packed;
        self.tail_mut().clear();
        Ok(())
    }

    /// The chunks that are new or changed when a subject gets these positions.
    fn fill(&self, subject: &Subject, positions: &[u64], packed: &mut Packed) -> Result<Vec<Filling>, Error> {
        // In a store without chunks there is nothing to look for.
        let last = if packed.upto == 0 && packed.postings == 0 { None } else { self.chunk_at(subject, u64::MAX)? };
        let mut fillings: Vec<Filling> = Vec::new();
        let mut last_position = 0;
        if let Some(chunk) = &last {
            last_position = chunk.last();
            if chunk.len() < super::chunk::LEN_MAX {
                fillings.push(Filling::resume(chunk));
            }
        }
        for position in positions.iter().copied().filter(|position| *position > last_position) {
            match fillings.last_mut().filter(|filling| !filling.is_full()) {
                Some(filling) => filling.push(position),
                None => fillings.push(Filling::start(position)),
            }
            packed.add(subject, position);
        }
        fillings.retain(|filling| filling.last() > last_position);
        Ok(fillings)
    }
}

impl Packed {
    /// Counts a whole chunk in.
    pub(super) fn add_chunk(&mut self, subject: &Subject, chunk: &Chunk) {
        chunk.positions().for_each(|position| self.add(subject, position));
    }
}
