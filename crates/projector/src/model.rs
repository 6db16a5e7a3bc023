//! The store as it is at the moment, and how far it is.

use anyhow::Context as _;
use read_model::generation::Opened;
use read_model::{BoardCache, Generations, Store, View};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::{Notify, watch};
use uuid::Uuid;

/// A store and what was computed from it.
#[derive(Debug)]
pub(crate) struct Current {
    pub store: Store,
    boards: BoardCache,
}

impl Current {
    /// The views of the store.
    pub(crate) fn view(&self, caught_up: bool) -> View<'_> {
        View::new(&self.store, &self.boards, caught_up)
    }
}

/// How far the store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Applied {
    /// The newest position that is in the store.
    pub position: u64,
    /// Whether questions are answered: not before the store has caught up with the log for the first time.
    pub serving: bool,
}

/// The current store, replaced whole when it cannot be trusted any more.
#[derive(Debug)]
pub(crate) struct Model {
    generations: Generations,
    log: Uuid,
    current: RwLock<Arc<Current>>,
    applied: watch::Sender<Applied>,
    damage: Mutex<Option<String>>,
    damaged: Notify,
}

impl Model {
    /// Opens the store. One that is ahead of the log is put aside: it knows records that the log has lost.
    pub(crate) fn open(data: &Path, log: Uuid, head: u64) -> anyhow::Result<Self> {
        let generations = Generations::lock(data)?;
        let opened = generations.open(log)?;
        note(&opened);
        let position = opened.store.checkpoint().position;
        let opened = if position > head {
            drop(opened);
            let reason = format!(
                "its checkpoint {position} is ahead of the log, which ends at {head}: the log has lost records"
            );
            let opened = generations.quarantine(log, reason)?;
            note(&opened);
            opened
        } else {
            opened
        };
        let applied = Applied { position: opened.store.checkpoint().position, serving: false };
        Ok(Self {
            generations,
            log,
            current: RwLock::new(Arc::new(Current { store: opened.store, boards: BoardCache::default() })),
            applied: watch::channel(applied).0,
            damage: Mutex::new(None),
            damaged: Notify::new(),
        })
    }

    /// Puts the store aside and starts an empty one.
    pub(crate) fn replace(&self, reason: String) -> anyhow::Result<()> {
        let opened = self.generations.quarantine(self.log, reason).context("cannot put the store aside")?;
        note(&opened);
        *self.damage.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.applied.send_replace(Applied { position: 0, serving: false });
        let current = Arc::new(Current { store: opened.store, boards: BoardCache::default() });
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
        Ok(())
    }

    pub(crate) fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn applied(&self) -> Applied {
        *self.applied.borrow()
    }

    /// Follows how far the store is.
    pub(crate) fn watch(&self) -> watch::Receiver<Applied> {
        self.applied.subscribe()
    }

    /// Tells how far the store is now.
    pub(crate) fn advance(&self, position: u64) {
        self.applied.send_modify(|applied| applied.position = position);
    }

    /// From now on questions are answered, or no longer.
    pub(crate) fn serve(&self, serving: bool) {
        self.applied.send_modify(|applied| applied.serving = serving);
    }

    /// Notes that an answer showed the store to be damaged.
    pub(crate) fn report_damage(&self, reason: String) {
        *self.damage.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
        self.damaged.notify_one();
    }

    /// Waits until an answer shows the store to be damaged.
    pub(crate) async fn damaged(&self) -> String {
        loop {
            if let Some(reason) = self.damage.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return reason;
            }
            self.damaged.notified().await;
        }
    }
}

/// A store that was put aside is for a person to know: the log may have lost records, or the disk may be failing.
fn note(opened: &Opened) {
    metrics::gauge!("projector_position").set(0.0);
    if let Some(reason) = &opened.quarantined {
        metrics::counter!("projector_quarantines_total").increment(1);
        tracing::error!(reason, "the store cannot be trusted: it is put aside and filled anew from the log");
    }
}
