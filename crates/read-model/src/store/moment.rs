//! When positions were known, and up to which one was known at a time.
//!
//! A position is known once it and all before it are: `known_at(n) = max(known_at(n - 1), recorded_at(n))`. A clock that
//! went back between two records thus puts no position before the one in front of it.

use super::block::{self, Block};
use super::{Store, Stored};
use crate::{Error, snapshot};

impl Store {
    /// When a position up to the checkpoint was known, in microseconds since 1970: never earlier than that of one before it.
    /// None of 0, which is before every record.
    pub fn known_at(&self, position: u64) -> Result<Option<i64>, Error> {
        if position == 0 {
            return Ok(None);
        }
        let head = self.checkpoint();
        if position == head.position {
            return Ok(Some(head.known_at_us));
        }
        Ok(Some(match self.stored(position)? {
            Stored::Row(row) => block::row_known_at_us(&row)?,
            Stored::Block(block, at) => {
                let first = position - at as u64;
                let mut known_at_us = block.known_before_us();
                for inside in 0..=at {
                    known_at_us = known_at_us.max(recorded_at_us(&block, first, inside)?);
                }
                known_at_us
            }
        }))
    }

    /// The last position that was known at a time, in microseconds since 1970; the newest for a time after that, and 0 for one
    /// before the first record.
    ///
    /// It may be asked while records are appended and put into blocks: what was known at a time that has passed stays.
    pub fn position_at(&self, time_us: i64) -> Result<u64, Error> {
        let head = self.checkpoint();
        if head.known_at_us <= time_us {
            return Ok(head.position);
        }
        // `low` was known by then and `high` was not; `begun` is the block that begins after `low`.
        let (mut low, mut high) = (0, head.position);
        let mut begun: Option<Block> = None;
        loop {
            // The block is looked into at last, since each of its records has to be read for that.
            let from = low + begun.as_ref().map_or(0, |block| block.len() as u64);
            if high <= from + 1 {
                break;
            }
            let middle = from.midpoint(high);
            match self.stored(middle)? {
                Stored::Row(row) if block::row_known_at_us(&row)? <= time_us => (low, begun) = (middle, None),
                Stored::Row(_) => high = middle,
                Stored::Block(block, at) => {
                    let before = middle - at as u64 - 1;
                    if block.known_before_us() <= time_us {
                        (low, begun) = (before, Some(block));
                    } else {
                        high = before;
                    }
                }
            }
        }
        let Some(block) = begun else { return Ok(low) };
        for at in 0..block.len() {
            if recorded_at_us(&block, low + 1, at)? > time_us {
                return Ok(low + at as u64);
            }
        }
        Ok(low + block.len() as u64)
    }
}

/// When a record of the block that begins at this position was recorded, in microseconds since 1970.
fn recorded_at_us(block: &Block, first: u64, at: usize) -> Result<i64, Error> {
    Ok(snapshot::decode_envelope(first + at as u64, &block.payload(at))?.recorded_at_us)
}
