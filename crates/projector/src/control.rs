//! Carrying out operators' commands while the store answers.
//!
//! A rebuild fills a second store beside the one that answers. When it is nearly as far, following is stopped, the rest
//! is filled in, and the new store takes the place of the old one, in the folder by a rename and in memory by a swap:
//! every question is answered from a whole store, and positions never go back.

use crate::follow;
use crate::model::{Applied, Current, Model};
use crate::offline::compare_stores;
use crate::pace::Pace;
use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use event_log::EventLog;
use event_log::control::{
    Answer, Asked, CHUNK_BYTES, Command, Commands, Compared, Instance, Outcome, PROGRESS_EVERY, Rebuilt, Status, Work,
};
use read_model::generation::{Before, Building};
use read_model::{SCHEMA, Store};
use runtime::Shutdown;
use std::future::Future;
use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{MutexGuard, Semaphore, mpsc};
use tokio::task::{JoinSet, spawn_blocking};

/// Records that may still be missing when following is stopped for a swap: some tenths of a second of filling.
const NEAR: u64 = 1_024;
/// Rounds of filling before a swap whatever is missing: a log that is written faster than it is read is never near.
const ROUNDS_MAX: u32 = 10;
/// Dumps that are sent at a time. Each folds every view once.
const DUMPS_MAX: usize = 2;
/// Chunks of a dump between the thread that makes them and the connection.
const CHUNKS_AHEAD: usize = 2;
/// How long a dump waits for the position that is asked for.
const POSITION_WAIT: Duration = Duration::from_secs(5);
/// How long a question on how the projector is waits for the log.
const HEAD_WAIT: Duration = Duration::from_secs(1);
/// How long the readers of a store that was replaced are waited for before its folder is left to the next start.
const READERS_WAIT: Duration = Duration::from_mins(10);
const READERS_POLL: Duration = Duration::from_millis(50);

/// Carries out commands.
#[derive(Debug)]
pub(crate) struct Control {
    instance: Instance,
    model: Arc<Model>,
    event_log: EventLog,
    shutdown: Shutdown,
    dumps: Semaphore,
    /// Held by the one command that fills a store.
    filling: tokio::sync::Mutex<()>,
    work: Mutex<Option<Work>>,
}

impl Control {
    pub(crate) fn new(instance: Instance, model: Arc<Model>, event_log: EventLog, shutdown: Shutdown) -> Self {
        let (dumps, filling) = (Semaphore::new(DUMPS_MAX), tokio::sync::Mutex::default());
        Self { instance, model, event_log, shutdown, dumps, filling, work: Mutex::default() }
    }

    /// Carries out commands as they come, until the shutdown.
    pub(crate) async fn run(self, mut commands: Commands) {
        let control = Arc::new(self);
        let mut tasks = JoinSet::new();
        loop {
            tokio::select! {
                asked = commands.next() => match asked {
                    Some(asked) => drop(tasks.spawn(Arc::clone(&control).carry_out(asked))),
                    None => break,
                },
                Some(_) = tasks.join_next() => {}
                () = control.shutdown.requested() => break,
            }
        }
        tasks.shutdown().await;
    }

    async fn carry_out(self: Arc<Self>, Asked { command, mut answer }: Asked) {
        let outcome = match command {
            Command::Status => self.status().await.map(Outcome::Status),
            Command::Rebuild => self.rebuild(&mut answer).await.map(Outcome::Rebuilt),
            Command::Dump { at } => self.dump(at, &mut answer).await.map(|()| Outcome::Dumped),
            Command::Compare => self.compare(&mut answer).await.map(Outcome::Compared),
        };
        match outcome {
            Ok(outcome) => answer.done(outcome).await,
            Err(error) => {
                let detail = format!("{error:#}");
                tracing::warn!(?command, error = detail, "an operator's command was not carried out");
                answer.refuse(detail).await;
            }
        }
    }

    async fn status(&self) -> anyhow::Result<Status> {
        let head = tokio::time::timeout(HEAD_WAIT, self.event_log.head()).await;
        let Applied { position: _, serving } = self.model.applied();
        let checkpoint = self.current()?.store.checkpoint();
        Ok(Status {
            instance: self.instance.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            log_id: checkpoint.log,
            position: checkpoint.position,
            log_position: head.ok().and_then(Result::ok).map(|head| head.last),
            serving,
            schema: SCHEMA,
            checksum: hex::encode(checkpoint.checksum),
            work: self.work.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        })
    }

    async fn rebuild(&self, answer: &mut Answer) -> anyhow::Result<Rebuilt> {
        let _filling = self.filling()?;
        let started = Instant::now();
        tracing::info!("a new store is filled beside the one that answers");
        let building = self.build().await?;
        let catching_up = self.catch_up(&building.store);
        let (bytes, writing) = match self.reporting("rebuild", &building.store, answer, catching_up).await {
            Ok(caught_up) => caught_up,
            Err(error) => {
                abandon(building).await;
                return Err(error);
            }
        };
        let store = Arc::clone(&building.store);
        let before = spawn_blocking(move || building.publish()).await?.context("cannot put the new store in place")?;
        let replaced = self.model.swap(Arc::clone(&store));
        drop(writing);
        tokio::spawn(remove_unread(replaced, before));
        metrics::counter!("projector_rebuilds_total").increment(1);
        let position = store.checkpoint().position;
        tracing::info!(position, "a new store answers");
        Ok(Rebuilt { records: position, bytes, seconds: started.elapsed().as_secs_f64() })
    }

    /// Fills the store as far as the one that answers, which stays where it is for as long as the guard lives; answers
    /// bytes read.
    async fn catch_up(&self, store: &Arc<Store>) -> anyhow::Result<(u64, MutexGuard<'_, ()>)> {
        let fill = async || follow::fill(Arc::clone(store), &self.event_log).await.context("cannot fill the new store");
        let mut bytes = 0;
        for _ in 0..ROUNDS_MAX {
            bytes += fill().await?;
            let end = self.event_log.head().await?.last;
            if end.saturating_sub(store.checkpoint().position) <= NEAR {
                break;
            }
        }
        let writing = self.model.take_over().await;
        bytes += fill().await?;
        let (new, old) = (store.checkpoint().position, self.model.applied().position);
        ensure!(new >= old, "the log ends at {new}, before position {old} of the store: it has lost records");
        Ok((bytes, writing))
    }

    async fn compare(&self, answer: &mut Answer) -> anyhow::Result<Compared> {
        let _filling = self.filling()?;
        let building = self.build().await?;
        let rebuilt = Arc::clone(&building.store);
        let comparing = async {
            follow::fill(Arc::clone(&rebuilt), &self.event_log).await.context("cannot fill the new store")?;
            self.wait_for(rebuilt.checkpoint().position).await;
            let (current, rebuilt) = (self.current()?, Arc::clone(&rebuilt));
            spawn_blocking(move || compare_stores(&current.store, &rebuilt)).await?
        };
        let compared = self.reporting("compare", &building.store, answer, comparing).await;
        drop(rebuilt);
        abandon(building).await;
        compared
    }

    async fn dump(&self, at: Option<u64>, answer: &mut Answer) -> anyhow::Result<()> {
        let Ok(_permit) = self.dumps.try_acquire() else {
            bail!("{DUMPS_MAX} dumps are being read already: wait for one of them");
        };
        let at = at.unwrap_or(self.model.applied().position);
        let position = self.wait_for(at).await;
        ensure!(position >= at, "the store is at position {position}, there is no dump at {at}");
        let current = self.current()?;
        let (sender, mut chunks) = mpsc::channel(CHUNKS_AHEAD);
        let dumping = spawn_blocking(move || {
            read_model::dump(&current.store, Some(at), &mut BufWriter::with_capacity(CHUNK_BYTES, Chunks(sender)))
        });
        while let Some(chunk) = chunks.recv().await {
            // Without a reader the channel closes, and with it the dump ends.
            answer.bytes(chunk).await?;
        }
        Ok(dumping.await??)
    }

    /// Waits a while until a position is in the store; answers how far it is.
    async fn wait_for(&self, position: u64) -> u64 {
        let mut applied = self.model.watch();
        let there = applied.wait_for(|applied| applied.position >= position);
        match tokio::time::timeout(POSITION_WAIT, there).await {
            Ok(Ok(applied)) => applied.position,
            Ok(Err(_)) | Err(_) => self.model.applied().position,
        }
    }

    /// One command at a time fills a store: two would take the disk and the log from each other.
    fn filling(&self) -> anyhow::Result<MutexGuard<'_, ()>> {
        self.filling.try_lock().context("a rebuild or a comparison is under way already")
    }

    fn current(&self) -> anyhow::Result<Arc<Current>> {
        self.model.current().context("the store is opened anew: ask again")
    }

    async fn build(&self) -> anyhow::Result<Building> {
        let model = Arc::clone(&self.model);
        spawn_blocking(move || model.build()).await?
    }

    /// Does something with a store that is filled, and says every now and then how far it is.
    async fn reporting<T>(
        &self,
        command: &str,
        store: &Store,
        answer: &mut Answer,
        doing: impl Future<Output = T>,
    ) -> T {
        let reporting = async {
            let mut ticks = tokio::time::interval(PROGRESS_EVERY);
            let pace = Pace::begin(store.checkpoint().position);
            // An operator who went away wants the command carried out all the same.
            let mut is_heard = true;
            loop {
                ticks.tick().await;
                let position = store.checkpoint().position;
                let goal = self.model.applied().position.max(position);
                let work = Work {
                    command: command.to_owned(),
                    position,
                    goal,
                    seconds_left: pace.seconds_left(position, goal),
                };
                self.note(Some(work.clone()));
                is_heard = is_heard && answer.progress(work).await.is_ok();
            }
        };
        let done = tokio::select! {
            done = doing => done,
            () = reporting => unreachable!("reporting goes on for ever"),
        };
        self.note(None);
        done
    }

    fn note(&self, work: Option<Work>) {
        *self.work.lock().unwrap_or_else(PoisonError::into_inner) = work;
    }
}

/// Removes a store that is not needed, once the thread that filled it has ended.
async fn abandon(building: Building) {
    if unread(&building.store).await {
        report(spawn_blocking(move || building.abandon()).await);
    }
}

/// Removes a store that was replaced, once the last reader has let it go.
async fn remove_unread(replaced: Option<Arc<Current>>, before: Before) {
    let is_unread = match &replaced {
        Some(replaced) => unread(replaced).await,
        None => true,
    };
    if is_unread {
        drop(replaced);
        report(spawn_blocking(move || before.remove()).await);
    }
}

/// Waits until nobody else has it.
async fn unread<T>(shared: &Arc<T>) -> bool {
    let wait = async {
        while Arc::strong_count(shared) > 1 {
            tokio::time::sleep(READERS_POLL).await;
        }
    };
    tokio::time::timeout(READERS_WAIT, wait).await.is_ok()
}

fn report(removed: Result<Result<(), read_model::Error>, tokio::task::JoinError>) {
    let error: Box<dyn std::error::Error> = match removed {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.into(),
        Err(error) => error.into(),
    };
    tracing::warn!(error = &*error, "a store that is not needed was not removed; the next start removes it");
}

/// Hands on what is written, in chunks.
struct Chunks(mpsc::Sender<Bytes>);

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let chunk = &bytes[..bytes.len().min(CHUNK_BYTES)];
        let sent = self.0.blocking_send(Bytes::copy_from_slice(chunk));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
