//! Reading the whole log against the store, again and again.
//!
//! Following reads every record once. What rots afterwards in the middle of the log, where nobody looks, would be found
//! by the next rebuild, when it is too late: so the log is walked from its beginning, and each record must be the one
//! that the store took over. The first walk begins with the process, and one more whenever the connection was lost,
//! since a server that was started anew may have other files; these take some seconds for each hundred thousand
//! records. Afterwards the walks take a small share of the time, so that a small log is walked every ten seconds.

use crate::canary::{Fault, Look};
use crate::model::Model;
use event_log::{EventLog, Stored};
use read_model::Error as StoreError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Rest after a walk, as a multiple of what the walk took: it costs a twentieth of the time.
const REST_SHARE: u32 = 19;
const REST_MIN: Duration = Duration::from_secs(10);
const REST_MAX: Duration = Duration::from_hours(1);
/// Rest between two parts of a walk, as a part of what the part took: others come in between.
const BREATH_PART: u32 = 4;
/// Pause before a walk goes on where the log did not answer.
const RETRY: Duration = Duration::from_secs(1);

/// What the patrol knows, for the canary to say.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    fault: Mutex<Option<Fault>>,
}

impl Watched {
    /// What is wrong as far as the last walk knows.
    pub(crate) fn fault(&self) -> Option<Fault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, fault: Option<Fault>) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }
}

/// Walks the log.
#[derive(Debug)]
pub(crate) struct Patrol {
    pub event_log: EventLog,
    pub model: Arc<Model>,
}

impl Patrol {
    pub(crate) async fn run(&self, watched: &Watched) {
        let mut disconnects = self.event_log.disconnects();
        loop {
            disconnects.mark_unchanged();
            let started = Instant::now();
            match self.walk(watched).await {
                Ok(()) => watched.set(None),
                Err(Look::Fault(fault)) => {
                    tracing::error!(%fault, "the log does not hold what was read from it");
                    watched.set(Some(fault));
                }
                Err(Look::Store(error)) => {
                    self.model.report(&error);
                    tracing::warn!(error = &error as &dyn std::error::Error, "the store does not answer the patrol");
                }
            }
            metrics::histogram!("projector_patrol_seconds").record(started.elapsed().as_secs_f64());
            let rest = (started.elapsed() * REST_SHARE).clamp(REST_MIN, REST_MAX);
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                changed = disconnects.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Reads the log up to where the store is now.
    async fn walk(&self, watched: &Watched) -> Result<(), Look> {
        let upto = self.model.applied().position;
        let mut due = 1;
        while due <= upto {
            let started = Instant::now();
            let part = match self.event_log.read_on(due).await {
                Ok(part) => part,
                Err(error) => {
                    // The place is told: it may be the one that the server cannot read.
                    watched.set(Some(Fault::Silent(format!("position {due}: {error}"))));
                    tokio::time::sleep(RETRY).await;
                    continue;
                }
            };
            if part.is_empty() {
                return Err(Fault::Gap(due).into());
            }
            let model = Arc::clone(&self.model);
            let compared = tokio::task::spawn_blocking(move || compare(&model, due, upto, part)).await;
            due = match compared {
                Ok(due) => due?,
                Err(error) => return Err(Look::Store(StoreError::Damaged(format!("the engine failed: {error}")))),
            };
            tokio::time::sleep(started.elapsed() / BREATH_PART).await;
        }
        Ok(())
    }
}

/// Compares what the log has with what the store took over; answers the position that is due next.
fn compare(model: &Model, mut due: u64, upto: u64, part: Vec<Stored>) -> Result<u64, Look> {
    // One that is opened anew is compared at the next round.
    let Some(current) = model.current() else { return Ok(upto + 1) };
    for Stored { position, payload } in part {
        if position != due {
            return Err(Fault::Gap(due).into());
        }
        if due > upto || due > current.store.checkpoint().position {
            // The rest is not in the store, or not any more.
            return Ok(upto + 1);
        }
        if *current.store.payload(due)? != *payload {
            return Err(Fault::Chain(due).into());
        }
        due += 1;
    }
    Ok(due)
}
