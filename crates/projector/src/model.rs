//! The store as it is at the moment, and how far it is.

use anyhow::Context as _;
use read_model::generation::{Building, Opened};
use read_model::{BoardCache, Generations, Store, View};
use std::collections::HashSet;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockWriteGuard};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::{MutexGuard, Notify, watch};
use uuid::Uuid;

/// How long those who read a store that is to be closed may take. An answer takes milliseconds.
const CLOSE_WAIT: Duration = Duration::from_secs(2);
const READERS_POLL: Duration = Duration::from_millis(5);

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

/// Why a store cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It cannot be trusted any more.
    Damaged(String),
    /// The machine failed it, most often for want of space: it is to be opened anew.
    Stuck(String),
}

impl Trouble {
    /// What an error shows; none when the store is sound all the same.
    pub(crate) fn of(error: &read_model::Error) -> Option<Self> {
        if error.is_of_the_machine() {
            Some(Self::Stuck(chain(error)))
        } else {
            error.is_damage().then(|| Self::Damaged(chain(error)))
        }
    }
}

/// Waits for those who read a store and closes it; false when it stays open.
fn close(current: Arc<Current>) -> bool {
    let deadline = Instant::now() + CLOSE_WAIT;
    while Arc::strong_count(&current) > 1 && Instant::now() < deadline {
        thread::sleep(READERS_POLL);
    }
    Arc::into_inner(current).is_some_and(|current| current.store.lets_go())
}

fn chain(error: &read_model::Error) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

/// The current store, replaced whole when it cannot be trusted any more.
#[derive(Debug)]
pub(crate) struct Model {
    generations: Arc<Generations>,
    log: Uuid,
    /// Held by whoever stores records or changes which store it is.
    writer: tokio::sync::Mutex<()>,
    handover: Notify,
    /// None while it is closed to be opened anew.
    current: RwLock<Option<Arc<Current>>>,
    applied: watch::Sender<Applied>,
    /// `applied.serving` alone, for who would otherwise wake with every record.
    serving: watch::Sender<bool>,
    trouble: Mutex<Option<Trouble>>,
    troubled: Notify,
    /// Texts that were erased while this process ran, by document and revision: those that may have been read before.
    erased: RwLock<HashSet<(Uuid, u32)>>,
}

impl Model {
    /// Opens the store, or starts an empty one in place of one that cannot be trusted.
    pub(crate) fn open(generations: Generations, log: Uuid) -> anyhow::Result<Self> {
        let opened = generations.open(log)?;
        note(&opened);
        let applied = Applied { position: opened.store.checkpoint().position, serving: false };
        Ok(Self {
            generations: Arc::new(generations),
            log,
            writer: tokio::sync::Mutex::default(),
            handover: Notify::new(),
            current: RwLock::new(Some(Arc::new(Current::new(opened.store)))),
            applied: watch::channel(applied).0,
            serving: watch::channel(applied.serving).0,
            trouble: Mutex::new(None),
            troubled: Notify::new(),
            erased: RwLock::default(),
        })
    }

    /// Notes texts that were erased, by document and revision.
    pub(crate) fn note_erased(&self, texts: Vec<(Uuid, u32)>) {
        if !texts.is_empty() {
            self.erased.write().unwrap_or_else(PoisonError::into_inner).extend(texts);
        }
    }

    /// Whether a text was erased while this process ran.
    pub(crate) fn is_erased(&self, document: Uuid, revision: u32) -> bool {
        self.erased.read().unwrap_or_else(PoisonError::into_inner).contains(&(document, revision))
    }

    /// Puts the store aside and starts an empty one.
    pub(crate) fn replace(&self, reason: String) -> anyhow::Result<()> {
        let opened = self.generations.quarantine(self.log, reason).context("cannot put the store aside")?;
        self.begin_with(opened);
        Ok(())
    }

    /// Closes the store, once those who read it have finished, and opens it again; one whose engine does not let go of it is
    /// filled anew from the log. The error is one of the machine.
    pub(crate) fn reopen(&self) -> anyhow::Result<()> {
        self.serve(false);
        let current = self.slot().take();
        let opened = if current.is_none_or(close) {
            self.generations.open(self.log).context("cannot open the store anew")?
        } else {
            let reason = "after an error of the disk its engine does not let go of it".to_owned();
            self.generations.quarantine(self.log, reason).context("cannot put the store aside")?
        };
        self.begin_with(opened);
        Ok(())
    }

    fn begin_with(&self, opened: Opened) {
        note(&opened);
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.serve(false);
        self.applied.send_replace(Applied { position: opened.store.checkpoint().position, serving: false });
        *self.slot() = Some(Arc::new(Current::new(opened.store)));
    }

    /// Whether the engine lets go of the store, so that it can be opened anew.
    pub(crate) fn lets_go(&self) -> bool {
        self.current().is_none_or(|current| current.store.lets_go())
    }

    /// Whether the disk of the store has space to go on.
    pub(crate) fn has_space(&self) -> bool {
        self.generations.has_space()
    }

    fn slot(&self) -> RwLockWriteGuard<'_, Option<Arc<Current>>> {
        self.current.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Up to where a store of this folder once held the log: further than the present one, when that one was lost.
    pub(crate) fn marked(&self) -> u64 {
        self.generations.marked().filter(|mark| mark.log == self.log).map_or(0, |mark| mark.position)
    }

    /// Notes how far the store is.
    pub(crate) fn mark(&self) -> Result<(), read_model::Error> {
        self.current().map_or(Ok(()), |current| self.generations.mark(current.store.checkpoint()))
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
    pub(crate) fn swap(&self, store: Arc<Store>) -> Option<Arc<Current>> {
        let position = store.checkpoint().position;
        let new = Arc::new(Current::new(store));
        let before = self.slot().replace(new);
        // A question that waited for a position finds it: the store comes first.
        self.advance(position);
        before
    }

    /// The store; none while it is opened anew.
    pub(crate) fn current(&self) -> Option<Arc<Current>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
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

    /// Notes what an error of the store shows, if that is more than a failed answer.
    pub(crate) fn report(&self, error: &read_model::Error) {
        if let Some(trouble) = Trouble::of(error) {
            self.report_trouble(trouble);
        }
    }

    pub(crate) fn report_trouble(&self, trouble: Trouble) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(trouble);
        self.troubled.notify_one();
    }

    /// Waits until an answer shows that the store cannot go on.
    pub(crate) async fn troubled(&self) -> Trouble {
        loop {
            if let Some(trouble) = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return trouble;
            }
            self.troubled.notified().await;
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
