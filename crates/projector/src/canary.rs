//! Whether the log can be read and still holds what was read from it.
//!
//! A server may call itself healthy and have lost records: it then delivers nothing, passes over them, or ends earlier
//! and takes new ones in their place. So nothing that it says about itself counts. Every few seconds the newest record
//! is read, and the ends of the log are compared with what the store holds; beside it the [patrol](crate::patrol) reads
//! the log from its beginning, again and again, against the store.
//!
//! While a fault is proven, this process appends nothing to the log; questions are answered as of the last good
//! position.

use crate::model::Model;
use crate::patrol::{Patrol, Watched};
use event_log::{EventLog, Head};
use read_model::Error as StoreError;
use runtime::Shutdown;
use runtime::health::Check;
use std::sync::Arc;
use std::time::Duration;
use wire::record::digest;

/// How often the log is read.
const EVERY: Duration = Duration::from_secs(3);

/// What is wrong with the log. The words are those of `/readyz`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// The log did not answer. It may be away, or be unable to read.
    #[error("canary read timed out: {0}")]
    Silent(String),
    /// The server writes nothing any more, most often for want of space.
    #[error("the log cannot be written: {0}")]
    Unwritable(String),
    /// The server counts other records than its ends say.
    #[error("count {count} != last - first + 1 = {last} - {first} + 1: the log lost records")]
    Count { count: u64, first: u64, last: u64 },
    /// A position is not there any more.
    #[error("gap at {0}: the log lost records")]
    Gap(u64),
    /// A position has another record than the one that was taken over.
    #[error("chain broken at {0}: the log has another record than the one that was read there before")]
    Chain(u64),
    /// The log ends before what was taken over.
    #[error("checkpoint {checkpoint} is ahead of the log, which ends at {last}: the log lost records")]
    Ahead { checkpoint: u64, last: u64 },
}

impl Fault {
    fn is_proof(&self) -> bool {
        !matches!(self, Self::Silent(_) | Self::Unwritable(_))
    }
}

/// Why a look at the log has no result that lets it count as well.
#[derive(Debug)]
pub(crate) enum Look {
    /// The log is at fault.
    Fault(Fault),
    /// The store is, and what was compared with it says nothing.
    Store(StoreError),
}

impl From<Fault> for Look {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StoreError> for Look {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<event_log::Error> for Look {
    fn from(error: event_log::Error) -> Self {
        tracing::debug!(error = &error as &dyn std::error::Error, "the log does not answer");
        Self::Fault(Fault::Silent(error.to_string()))
    }
}

/// Reads the record that was applied last, and compares how far log and store are.
#[derive(Debug)]
pub(crate) struct Canary {
    pub event_log: EventLog,
    pub model: Arc<Model>,
    pub shutdown: Shutdown,
    pub check: Check,
}

impl Canary {
    pub(crate) async fn run(self) {
        let patrol = Patrol { event_log: self.event_log.clone(), model: Arc::clone(&self.model) };
        let watched = Watched::default();
        tokio::select! {
            () = self.watch(&watched) => {}
            () = patrol.run(&watched) => {}
            () = self.shutdown.requested() => {}
        }
    }

    /// Looks at the log every few seconds, and says what is found, here or by the patrol.
    async fn watch(&self, watched: &Watched) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let seen = match self.look().await {
                Err(Look::Fault(fault)) => Some(match self.event_log.write_error().await {
                    // Such a server counts a record that it could not write, until it is started anew.
                    Some(error) if fault.is_proof() => Fault::Unwritable(error),
                    _ => fault,
                }),
                Err(Look::Store(error)) if error.is_damage() => {
                    self.model.report(&error);
                    continue;
                }
                Err(Look::Store(_)) | Ok(()) => None,
            };
            // Without an answer nothing new is known: what the patrol has proven stays so.
            let proven = seen.clone().filter(Fault::is_proof).or_else(|| watched.fault());
            match proven.or(seen) {
                None => {
                    self.check.ok();
                    self.event_log.distrust(None);
                }
                Some(fault) => {
                    self.check.fail(fault.to_string());
                    if fault.is_proof() {
                        self.event_log.distrust(Some(fault.to_string()));
                    }
                }
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge for people")]
    async fn look(&self) -> Result<(), Look> {
        // In this order: whatever was taken over is in the log by the time that its end is asked for.
        let checkpoint = self.model.applied().position;
        let head = self.event_log.head().await?;
        // Measured here too, so that a projector that halted shows how its lag grows.
        let lag = head.last.saturating_sub(self.model.applied().position);
        metrics::gauge!("projector_lag_records").set(lag as f64);
        if lag == 0 {
            metrics::gauge!("projector_lag_seconds").set(0.0);
        }
        check_ends(head, checkpoint.max(self.model.marked()))?;
        if head.last > 0 && self.event_log.read(head.last).await?.is_none() {
            return Err(Fault::Gap(head.last).into());
        }
        self.check_newest(checkpoint).await?;
        self.model.mark()?;
        Ok(())
    }

    /// Whether the log still has the record that was taken over last: it may have lost that one and gone on with others.
    async fn check_newest(&self, position: u64) -> Result<(), Look> {
        if position == 0 {
            return Ok(());
        }
        let read = self.event_log.read(position).await?.ok_or(Fault::Gap(position))?;
        let Some(current) = self.model.current() else { return Ok(()) };
        // A store that was put aside meanwhile says nothing.
        if current.store.checkpoint().position < position {
            return Ok(());
        }
        let taken = current.store.payload(position)?;
        if digest(&taken) == digest(&read.payload) { Ok(()) } else { Err(Fault::Chain(position).into()) }
    }
}

/// Checks what the log says of its ends against itself and against how far it was read.
fn check_ends(head: Head, checkpoint: u64) -> Result<(), Fault> {
    let Head { first, last, messages: count, bytes: _ } = head;
    if checkpoint > last {
        return Err(Fault::Ahead { checkpoint, last });
    }
    if last == 0 {
        return Ok(());
    }
    if first != 1 {
        return Err(Fault::Gap(1));
    }
    if count == last { Ok(()) } else { Err(Fault::Count { count, first, last }) }
}

#[cfg(test)]
mod tests;
