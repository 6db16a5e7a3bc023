//! Chunks: positions of one subject in one row.
//!
//! The key ends in the first position. The value is: the number of positions (4 bytes), the last one (8), and for each
//! but the first its distance from the one before, in groups of seven bits, the lowest first. Positions are appended to
//! a chunk without unpacking it.

use super::key;
use crate::Error;
use sled::IVec;

/// Positions of a chunk. A full one is some 1.5 KB; the largest subjects have one chunk per that many records.
pub(super) const LEN_MAX: usize = 1_024;

const HEADER_LEN: usize = 12;

/// A stored chunk.
#[derive(Debug)]
pub(super) struct Chunk {
    first: u64,
    value: IVec,
}

impl Chunk {
    pub(super) fn parse(key: &[u8], value: IVec) -> Result<Self, Error> {
        let first = key::last_u64(key)?;
        let chunk = Self { first, value };
        let whole = chunk.value.len() >= HEADER_LEN
            && chunk.positions().fold((0, 0), |(len, _), position| (len + 1, position)) == (chunk.len(), chunk.last());
        if whole { Ok(chunk) } else { Err(Error::damaged("a chunk of positions is malformed")) }
    }

    pub(super) fn first(&self) -> u64 {
        self.first
    }

    pub(super) fn len(&self) -> usize {
        u32::from_be_bytes(self.value[..4].try_into().expect("four bytes")) as usize
    }

    pub(super) fn last(&self) -> u64 {
        u64::from_be_bytes(self.value[4..12].try_into().expect("eight bytes"))
    }

    /// The positions, ascending.
    pub(super) fn positions(&self) -> impl Iterator<Item = u64> {
        let mut rest = &self.value[HEADER_LEN..];
        let mut last = self.first;
        let distances = std::iter::from_fn(move || {
            let (distance, left) = take(rest)?;
            rest = left;
            last = last.saturating_add(distance);
            Some(last)
        });
        std::iter::once(self.first).chain(distances)
    }
}

/// A chunk that is being filled.
#[derive(Debug)]
pub(super) struct Filling {
    first: u64,
    last: u64,
    len: usize,
    distances: Vec<u8>,
}

impl Filling {
    pub(super) fn start(first: u64) -> Self {
        Self { first, last: first, len: 1, distances: Vec::new() }
    }

    pub(super) fn resume(chunk: &Chunk) -> Self {
        let distances = chunk.value[HEADER_LEN..].to_vec();
        Self { first: chunk.first, last: chunk.last(), len: chunk.len(), distances }
    }

    /// Adds a position above all others.
    pub(super) fn push(&mut self, position: u64) {
        put(&mut self.distances, position - self.last);
        self.last = position;
        self.len += 1;
    }

    pub(super) fn first(&self) -> u64 {
        self.first
    }

    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn is_full(&self) -> bool {
        self.len >= LEN_MAX
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut value = u32::try_from(self.len).expect("a chunk has at most 1,024 positions").to_be_bytes().to_vec();
        value.extend_from_slice(&self.last.to_be_bytes());
        value.extend_from_slice(&self.distances);
        value
    }
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn take(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[at + 1..]));
        }
    }
    None
}
