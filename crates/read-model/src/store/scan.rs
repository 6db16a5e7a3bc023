//! Reading a whole store when it is opened, to trust it afterwards.

use super::block::{self, Block, Body};
use super::chunk::Chunk;
use super::compact::Packed;
use super::tail::Tail;
use super::tree;
use super::{Checkpoint, Writer, key};
use crate::{Error, subject};
use bytes::Bytes;
use wire::record;

/// Reads every row; answers what the writer needs and the tail.
pub(super) fn scan(db: &sled::Db, mut progress: impl FnMut()) -> Result<(Writer, Tail), Error> {
    let Some(row) = db.get(key::CHECKPOINT)? else {
        return Err(Error::damaged("it has no checkpoint"));
    };
    let checkpoint = Checkpoint::decode(&row)?;
    let row = db.get(key::PACKED)?.ok_or_else(|| Error::damaged("it has no mark of packed positions"))?;
    let packed = Packed::decode(&row)?;
    let mut bodies = Bodies {
        reached: Checkpoint::start(checkpoint.log),
        packed_upto: packed.upto,
        open: block::Open::start(i64::MIN),
        tail: Tail::default(),
        tree: tree::Scan::tiles(db, checkpoint.position, &mut progress)?,
    };
    for row in db.scan_prefix([key::BLOCK]) {
        let (key, value) = row?;
        bodies.add_block(key::last_u64(&key)?, &Block::parse(value)?)?;
        progress();
    }
    for row in db.scan_prefix([key::ROW]) {
        let (key, value) = row?;
        bodies.add_row(key::last_u64(&key)?, &value)?;
        progress();
    }
    if bodies.reached != checkpoint {
        let reached = bodies.reached.position;
        return Err(Error::damaged(format!(
            "its bodies up to {reached} do not give its checkpoint at {}",
            checkpoint.position
        )));
    }
    let root = db.get(key::ROOT)?.ok_or_else(|| Error::damaged("it has no root of its tree"))?;
    let edge = bodies.tree.finish(&root)?;
    let mut counted = Packed { upto: packed.upto, ..Packed::default() };
    for row in db.scan_prefix([key::CHUNK]) {
        let (key, value) = row?;
        counted.add_chunk(&key::subject(&key)?, &Chunk::parse(&key, value)?);
        progress();
    }
    if counted != packed || packed.upto > checkpoint.position {
        return Err(Error::damaged(format!(
            "it has {} packed positions instead of {}",
            counted.postings, packed.postings
        )));
    }
    Ok((Writer { checkpoint, open: bodies.open, packed, edge }, bodies.tail))
}

struct Bodies {
    /// What the bodies read so far amount to.
    reached: Checkpoint,
    packed_upto: u64,
    open: block::Open,
    tail: Tail,
    tree: tree::Scan,
}

impl Bodies {
    fn add_block(&mut self, first: u64, block: &Block) -> Result<(), Error> {
        self.check_next(first)?;
        if block.known_before_us() != self.reached.known_at_us {
            return Err(Error::damaged(format!("the times before position {first} differ")));
        }
        for at in 0..block.len() {
            self.add(&block.payload(at))?;
        }
        self.open = block::Open::after(self.reached.position + 1, self.reached.known_at_us);
        Ok(())
    }

    fn add_row(&mut self, position: u64, row: &sled::IVec) -> Result<(), Error> {
        self.check_next(position)?;
        let payload = block::row_payload(row)?;
        self.add(&payload)?;
        if block::row_known_at_us(row)? != self.reached.known_at_us {
            return Err(Error::damaged(format!("the times at position {position} differ")));
        }
        let body = Body { payload: Bytes::copy_from_slice(&payload), known_at_us: self.reached.known_at_us };
        match self.open.add(body) {
            None => Ok(()),
            Some(_) => Err(Error::damaged("a full block of bodies was never written")),
        }
    }

    fn add(&mut self, payload: &[u8]) -> Result<(), Error> {
        let position = self.reached.position + 1;
        let undecodable = |error| Error::damaged(format!("the record at {position} cannot be read: {error}"));
        // Only the tail needs to know what a record says; the envelope is enough for the rest.
        let recorded_at_us = if position > self.packed_upto {
            let record = record::decode(payload).map_err(undecodable)?;
            self.tail.extend([(position, &*subject::of(&record))]);
            record.envelope.recorded_at_us
        } else {
            record::decode_envelope(payload).map_err(undecodable)?.recorded_at_us
        };
        self.tree.add(position, payload);
        self.reached = self.reached.after(&record::digest(payload), recorded_at_us);
        Ok(())
    }

    fn check_next(&self, position: u64) -> Result<(), Error> {
        let due = self.reached.position + 1;
        if position == due {
            Ok(())
        } else {
            Err(Error::damaged(format!("position {position} stands where {due} is due")))
        }
    }
}
