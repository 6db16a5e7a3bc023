//! Reading aggregates and single positions.
//!
//! Two ways: Direct Get answers from any copy, with all records of a subject in one round trip; a
//! copy may lag. The leader answers for itself and has read-after-write.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use wire::subject::Address;

use crate::error::Error;
use crate::{EventLog, direct};

/// Records asked for in one request. Most aggregates have fewer, so one round trip is the rule.
const LOAD_BATCH: usize = 256;
/// Bytes asked for in one request, so that an answer stays far below what a client may queue.
const LOAD_BYTES: usize = 8 * 1024 * 1024;
/// Aggregates loaded at the same time by one call.
const LOADS_IN_FLIGHT: usize = 32;
/// JetStream's error for "no message found".
const NO_MESSAGE: u64 = 10037;

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

/// Request of `STREAM.MSG.GET`.
#[derive(Debug, Default, Serialize)]
struct Get<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_by_subj: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_by_subj: Option<&'a str>,
}

/// Answer of `STREAM.MSG.GET`.
#[derive(Debug, Deserialize)]
struct Got {
    message: GotMessage,
}

#[derive(Debug, Deserialize)]
struct GotMessage {
    subject: String,
    seq: u64,
    #[serde(default)]
    data: String,
    time: String,
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
            let part = direct::get(&self.inner.api, &self.inner.stream, &subject, from, LOAD_BATCH, LOAD_BYTES).await?;
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
        let Some(newest) = self.get(Get { last_by_subj: Some(&subject), ..Get::default() }).await? else {
            return Ok(Vec::new());
        };
        if newest.position <= after {
            return Ok(Vec::new());
        }
        let mut records = self.load(address, after).await?;
        let mut last = records.last().map_or(after, |stored| stored.position);
        while last < newest.position {
            let next = Get { seq: Some(last + 1), next_by_subj: Some(&subject), ..Get::default() };
            let Some(entry) = self.get(next).await? else { break };
            last = entry.position;
            records.push(Stored { position: entry.position, payload: entry.payload });
        }
        Ok(records)
    }

    /// Reads one position from the leader; `None` when nothing is there.
    pub async fn read(&self, position: u64) -> Result<Option<Entry>, Error> {
        self.get(Get { seq: Some(position), ..Get::default() }).await
    }

    async fn get(&self, get: Get<'_>) -> Result<Option<Entry>, Error> {
        const DOING: &str = "read a record from the leader";
        let subject = format!("$JS.API.STREAM.MSG.GET.{}", self.inner.stream);
        let Got { message } = match self.inner.api.request(DOING, &subject, &get).await {
            Err(error) if error.code() == Some(NO_MESSAGE) => return Ok(None),
            other => other?,
        };
        let payload =
            STANDARD.decode(&message.data).map_err(|error| Error::malformed(DOING, error.to_string()))?;
        let stored_at = OffsetDateTime::parse(&message.time, &Rfc3339)
            .map_err(|error| Error::malformed(DOING, error.to_string()))?;
        Ok(Some(Entry {
            position: message.seq,
            subject: message.subject,
            payload: payload.into(),
            stored_at: stored_at.into(),
        }))
    }
}

#[cfg(test)]
mod tests;
