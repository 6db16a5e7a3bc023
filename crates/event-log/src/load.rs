//! Reading aggregates and single positions.
//!
//! The fast way asks any copy of the log and takes one round trip for most aggregates; the sure
//! way asks the leader first.

use std::time::SystemTime;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use wire::subject::Address;

use crate::EventLog;
use crate::error::Error;
use crate::read::{self, Which};

/// Records asked for in one request. Most aggregates have fewer, so one round trip is the rule.
const LOAD_BATCH: usize = 256;
/// Bytes asked for in one request, so that an answer stays far below what a client may queue.
const LOAD_BYTES: usize = 8 * 1024 * 1024;
/// Records of all aggregates asked for in one request: fewer round trips, and still some megabyte at most as a rule.
const READ_ON_BATCH: usize = 1024;
/// Aggregates loaded at the same time by one call.
const LOADS_IN_FLIGHT: usize = 32;

/// A record of an aggregate, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Position in the log.
    pub position: u64,
    /// The record's bytes.
    pub payload: Bytes,
}

/// A record of any aggregate, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Position in the log.
    pub position: u64,
    /// Subject that it was appended to.
    pub subject: String,
    /// The record's bytes.
    pub payload: Bytes,
    /// When the server stored it, on the server's clock.
    pub stored_at: SystemTime,
}

impl EventLog {
    /// Loads the records of an aggregate that come after a position, oldest first.
    ///
    /// Any copy of the log may answer: what another process just appended can be missing. An
    /// append under the expectation that this gives then fails as a conflict, never wrongly.
    pub async fn load(&self, address: &Address, after: u64) -> Result<Vec<Stored>, Error> {
        let subject = address.subject(self.inner.log);
        let mut records = Vec::new();
        let mut from = after + 1;
        loop {
            let part =
                read::direct(&self.inner.api, &self.inner.stream, &subject, from, LOAD_BATCH, LOAD_BYTES).await?;
            let last = part.stored.last().map(|stored| stored.position);
            records.extend(part.stored);
            match last {
                Some(last) if !part.complete => from = last + 1,
                _ => return Ok(records),
            }
        }
    }

    /// Loads several aggregates at the same time; the answers are in the order of the questions.
    pub async fn load_many(&self, addresses: &[(Address, u64)]) -> Result<Vec<Vec<Stored>>, Error> {
        futures::stream::iter(addresses)
            .map(|(address, after)| self.load(address, *after))
            .buffered(LOADS_IN_FLIGHT)
            .try_collect()
            .await
    }

    /// Loads like [`load`](Self::load), with everything that was acknowledged before the call.
    ///
    /// The leader says which record is the newest; whatever the fast way lacks up to it is read
    /// from the leader one by one.
    pub async fn load_from_leader(&self, address: &Address, after: u64) -> Result<Vec<Stored>, Error> {
        let subject = address.subject(self.inner.log);
        let Some(newest) = self.read_from_leader(Which::Last { last_by_subj: &subject }).await? else {
            return Ok(Vec::new());
        };
        if newest.position <= after {
            return Ok(Vec::new());
        }
        let mut records = self.load(address, after).await?;
        let mut last = records.last().map_or(after, |stored| stored.position);
        while last < newest.position {
            let next = Which::Next { seq: last + 1, next_by_subj: &subject };
            let Some(entry) = self.read_from_leader(next).await? else { break };
            last = entry.position;
            records.push(Stored { position: entry.position, payload: entry.payload });
        }
        Ok(records)
    }

    /// Reads what stands at a position and after it, of all aggregates: at least one record, where there is one, and as
    /// many as fit an answer. Any copy of the log may answer.
    pub async fn read_on(&self, from: u64) -> Result<Vec<Stored>, Error> {
        let all = wire::subject::filter(self.inner.log);
        let part = read::direct(&self.inner.api, &self.inner.stream, &all, from, READ_ON_BATCH, LOAD_BYTES).await?;
        Ok(part.stored)
    }

    /// Reads one position from the leader; `None` when nothing is there.
    pub async fn read(&self, position: u64) -> Result<Option<Entry>, Error> {
        self.read_from_leader(Which::At { seq: position }).await
    }

    async fn read_from_leader(&self, which: Which<'_>) -> Result<Option<Entry>, Error> {
        read::leader(&self.inner.api, &self.inner.stream, &which).await
    }
}

#[cfg(test)]
mod tests;
