//! The store as it is at the moment, and how far it is.

use anyhow::Context as _;
use read_model::generation::{Building, Opened};
use read_model::{BoardCache, Generations, Store, View};
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::task::Poll;
use tokio::sync::{MutexGuard, Notify, watch};
use uuid::Uuid;

/// A store and what was computed from it.
#[derive(Debug)]
pub(crate) struct Current {
    pub store: Arc<Store>,
    boards: BoardCache,
}

impl Current {
    fn new(store: impl Into<Arc<Store>>) -> Self {
        Self { store: store.into(), boards: BoardCache::default() }
    }

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
    generations: Arc<Generations>,
    log: Uuid,
    /// Held by whoever stores records or changes which store it is.
    writer: tokio::sync::Mutex<()>,
    handover: Notify,
    current: RwLock<Arc<Current>>,
    applied: watch::Sender<Applied>,
    /// `applied.serving` alone, for who would otherwise wake with every record.
    serving: watch::Sender<bool>,
    damage: Mutex<Option<String>>,
    damaged: Notify,
}

impl Model {
    /// Opens the store, or starts an empty one in place of one that cannot be trusted.
    pub(crate) fn open(data: &Path, log: Uuid) -> anyhow::Result<Self> {
        let generations = Generations::lock(data)?;
        let opened = generations.open(log)?;
        note(&opened);
        let applied = Applied { position: opened.store.checkpoint().position, serving: false };
        Ok(Self {
            generations: Arc::new(generations),
            log,
            writer: tokio::sync::Mutex::default(),
            handover: Notify::new(),
            current: RwLock::new(Arc::new(Current::new(opened.store))),
            applied: watch::channel(applied).0,
            serving: watch::channel(applied.serving).0,
            damage: Mutex::new(None),
            damaged: Notify::new(),
        })
    }

    /// Puts the store aside and starts an empty one.
    pub(crate) fn replace(&self, reason: String) -> anyhow::Result<()> {
        let opened = self.generations.quarantine(self.log, reason).context("cannot put the store aside")?;
        note(&opened);
        *self.damage.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.serve(false);
        self.applied.send_replace(Applied { position: 0, serving: false });
        let current = Arc::new(Current::new(opened.store));
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
        Ok(())
    }

    /// Up to where a store of this folder once held the log: further than the present one, when that one was lost.
    pub(crate) fn marked(&self) -> u64 {
        self.generations.marked().filter(|mark| mark.log == self.log).map_or(0, |mark| mark.position)
    }

    /// Notes how far the store is.
    pub(crate) fn mark(&self) -> Result<(), read_model::Error> {
        self.generations.mark(self.current().store.checkpoint())
    }

    /// Starts a store beside the current one.
    pub(crate) fn build(&self) -> anyhow::Result<Building> {
        self.generations.build(self.log).context("cannot start a new store")
    }

    /// Waits to be the one that stores records, and is it until the guard is dropped.
    pub(crate) async fn writing(&self) -> MutexGuard<'_, ()> {
        self.writer.lock().await
    }

    /// Has whoever follows the log stop, and is the one that stores records until the guard is dropped.
    pub(crate) async fn take_over(&self) -> MutexGuard<'_, ()> {
        // First in the queue, then asked for: who stops and wants to go on comes after this.
        let mut writing = pin!(self.writer.lock());
        let taken = futures::poll!(writing.as_mut());
        self.handover.notify_one();
        match taken {
            Poll::Ready(guard) => guard,
            Poll::Pending => writing.await,
        }
    }

    /// Waits until somebody else wants to store records, or has changed the store.
    pub(crate) async fn handover(&self) {
        self.handover.notified().await;
    }

    /// Puts a store that is as far as the current one, or further, in its place, and gives the one before. To be called
    /// by the one that stores records.
    pub(crate) fn swap(&self, store: Arc<Store>) -> Arc<Current> {
        let position = store.checkpoint().position;
        let new = Arc::new(Current::new(store));
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *current, new);
        drop(current);
        // A question that waited for a position finds it: the store comes first.
        self.advance(position);
        before
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

    /// Follows whether questions are answered.
    pub(crate) fn serving(&self) -> watch::Receiver<bool> {
        self.serving.subscribe()
    }

    /// From now on questions are answered, or no longer.
    pub(crate) fn serve(&self, serving: bool) {
        self.applied.send_modify(|applied| applied.serving = serving);
        self.serving.send_if_modified(|current| std::mem::replace(current, serving) != serving);
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
