//! Blocks: bodies of successive records in one row.
//!
//! A block is: the number of bodies (2 bytes), when the position before it was known (8), where each body ends (4 each),
//! the bodies. A body that is in no block yet has a row: when its position was known (8), the body. All numbers are
//! big-endian.

use crate::Error;
use bytes::Bytes;
use sled::IVec;

/// Bodies of a block. Large rows are written fast, small ones are read fast: 64 bodies of 450 bytes are 29 KB.
const LEN_MAX: usize = 64;
/// A block is closed before it has more bytes, so only one of a single body is larger. The engine puts up to seventeen rows
/// on a page, which is to stay below a quarter of a segment.
const BYTES_MAX: usize = 64 * 1024;

/// A body with the time at which its position was known.
#[derive(Debug, Clone)]
pub(super) struct Body {
    pub payload: Bytes,
    pub known_at_us: i64,
}

/// The bodies after the last block.
#[derive(Debug, Clone)]
pub(super) struct Open {
    first: u64,
    known_before_us: i64,
    bodies: Vec<Body>,
    bytes: usize,
}

impl Open {
    /// Those of an empty store.
    pub(super) fn start(known_before_us: i64) -> Self {
        Self { first: 1, known_before_us, bodies: Vec::new(), bytes: 0 }
    }

    /// None after this block.
    pub(super) fn after(first: u64, known_before_us: i64) -> Self {
        Self { first, ..Self::start(known_before_us) }
    }

    /// The position of the first body that is not in a block.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// The bodies with their positions.
    pub(super) fn bodies(&self) -> impl Iterator<Item = (u64, &Body)> {
        (self.first..).zip(&self.bodies)
    }

    /// Adds the next body; answers the block that is complete with it, or for which it is too large.
    pub(super) fn add(&mut self, body: Body) -> Option<Full> {
        let full = if self.bytes + body.payload.len() > BYTES_MAX { self.close() } else { None };
        self.bytes += body.payload.len();
        self.bodies.push(body);
        if self.bodies.len() == LEN_MAX { self.close() } else { full }
    }

    /// The bodies so far as a block, if there are any.
    fn close(&mut self) -> Option<Full> {
        let known_at_us = self.bodies.last()?.known_at_us;
        let next = Self::after(self.first + self.bodies.len() as u64, known_at_us);
        Some(Full(std::mem::replace(self, next)))
    }
}

/// A block that is complete.
#[derive(Debug)]
pub(super) struct Full(Open);

impl Full {
    pub(super) fn first(&self) -> u64 {
        self.0.first
    }

    pub(super) fn last(&self) -> u64 {
        self.0.first + self.0.bodies.len() as u64 - 1
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let Open { first: _, known_before_us, bodies, bytes } = &self.0;
        let mut row = Vec::with_capacity(header_len(bodies.len()) + bytes);
        row.extend_from_slice(&u16::try_from(bodies.len()).expect("a block has at most 64 bodies").to_be_bytes());
        row.extend_from_slice(&known_before_us.to_be_bytes());
        let mut end = 0_u32;
        for body in bodies {
            end += u32::try_from(body.payload.len()).expect("a message is below 4 GiB");
            row.extend_from_slice(&end.to_be_bytes());
        }
        for body in bodies {
            row.extend_from_slice(&body.payload);
        }
        row
    }
}

fn header_len(bodies: usize) -> usize {
    2 + 8 + 4 * bodies
}

/// A stored block.
#[derive(Debug)]
pub(super) struct Block {
    row: IVec,
    len: usize,
}

impl Block {
    pub(super) fn parse(row: IVec) -> Result<Self, Error> {
        let damaged = || Error::damaged("a block of bodies is malformed");
        let len = usize::from(u16::from_be_bytes(*row.first_chunk().ok_or_else(damaged)?));
        let block = Self { row, len };
        if len == 0 || block.row.len() < header_len(len) {
            return Err(damaged());
        }
        let ascending = (1..len).all(|at| block.end(at - 1) <= block.end(at));
        if !ascending || header_len(len) + block.end(len - 1) != block.row.len() {
            return Err(damaged());
        }
        Ok(block)
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// When the position before the block was known.
    pub(super) fn known_before_us(&self) -> i64 {
        i64::from_be_bytes(self.row[2..10].try_into().expect("eight bytes"))
    }

    fn end(&self, at: usize) -> usize {
        let from = header_len(at);
        u32::from_be_bytes(self.row[from..from + 4].try_into().expect("four bytes")) as usize
    }

    pub(super) fn payload(&self, at: usize) -> IVec {
        let start = if at == 0 { 0 } else { self.end(at - 1) };
        self.row.subslice(header_len(self.len) + start, self.end(at) - start)
    }
}

/// The row of a body that is in no block yet.
pub(super) fn encode_row(body: &Body) -> Vec<u8> {
    let mut row = body.known_at_us.to_be_bytes().to_vec();
    row.extend_from_slice(&body.payload);
    row
}

/// When the position of such a row was known.
pub(super) fn row_known_at_us(row: &[u8]) -> Result<i64, Error> {
    let known_at_us = row.first_chunk().map(|bytes| i64::from_be_bytes(*bytes));
    known_at_us.ok_or_else(|| Error::damaged("the row of a body is malformed"))
}

/// The body of such a row.
pub(super) fn row_payload(row: &IVec) -> Result<IVec, Error> {
    row_known_at_us(row)?;
    Ok(row.subslice(8, row.len() - 8))
}
