//! From the log into the store.
//!
//! One task takes records from the log, decodes them and hands them on in batches; one thread checks and stores them.
//! The queue between them is short, so what is read ahead is bounded, and a commit takes whatever has gathered.

#[cfg(test)]
mod tests;

use crate::Config;
use crate::canary::Fault as LogFault;
use crate::chain::{Break, Chain, CheckError};
use crate::model::{Current, Model, Trouble};
use crate::pace::Pace;
use event_log::{EventLog, Followed};
use futures::{FutureExt, Stream, StreamExt};
use read_model::{Entry, Store};
use runtime::Shutdown;
use runtime::health::Check;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::mpsc;
use uuid::Uuid;

/// Bytes after which a batch is handed on.
const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// Batches between the task and the thread: with those in the client, some ten megabytes are read ahead at most.
const BATCHES_AHEAD: usize = 4;
/// The most records of a commit when the projector is behind.
const BULK_LEN_MAX: usize = 4_096;
/// Bytes of such a commit.
const BULK_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Records behind the log from which on commits and compactions are large.
const FAR_BEHIND: u64 = 10_000;
/// Records whose positions are kept in memory before they are packed: when live, so few that packing takes some tens of
/// milliseconds; when far behind, so many that each chunk is written seldom.
const TAIL_LIVE: u64 = 1_024;
const TAIL_BULK: u64 = 100_000;
/// Pause after an error of the log.
const RETRY: Duration = Duration::from_secs(1);
/// Time without another error after which the log counts as well.
const QUIET: Duration = Duration::from_secs(5);
/// Stores that one process puts aside before it gives up: what damages every new store is no damage of a store.
const REPLACEMENTS_MAX: u32 = 3;

/// A record as it came.
#[derive(Debug)]
struct Taken {
    position: u64,
    subject: String,
    stored_at: SystemTime,
    entry: Result<Entry, wire::record::Error>,
}

/// Records in the order of the log, and how many are still to come.
#[derive(Debug, Default)]
struct Batch {
    records: Vec<Taken>,
    bytes: usize,
    pending: u64,
}

impl Batch {
    fn push(&mut self, followed: Followed) {
        let event_log::Entry { position, subject, payload, stored_at } = followed.entry;
        self.bytes += payload.len();
        self.pending = followed.pending;
        self.records.push(Taken { position, subject, stored_at, entry: Entry::decode(position, payload) });
    }

    fn extend(&mut self, other: Self) {
        self.records.extend(other.records);
        self.bytes += other.bytes;
        self.pending = other.pending;
    }
}

/// Follows the log into the model.
#[derive(Debug)]
pub(crate) struct Following {
    pub config: Config,
    pub event_log: EventLog,
    pub model: Arc<Model>,
    pub shutdown: Shutdown,
    pub check: Check,
}

/// Why following ended.
#[derive(Debug)]
enum End {
    /// The process ends.
    Shutdown,
    /// The log cannot be followed any further.
    Halted(String),
    /// Records are lost in the log and in the store: there is nothing whole to answer from.
    Lost(String),
    /// The store cannot go on.
    Trouble(Trouble),
    /// Somebody else wants to store records, or has changed the store.
    Handover,
}

impl Following {
    /// Follows until the shutdown, with a new store when the old one cannot be trusted any more.
    pub(crate) async fn run(self) {
        let mut replacements = 0;
        loop {
            let writing = self.model.writing().await;
            let failure = match self.follow().await {
                End::Shutdown => return self.flush(),
                End::Handover => continue,
                End::Halted(reason) => {
                    // Questions are answered as of the last good position.
                    self.model.serve(true);
                    reason
                }
                End::Lost(reason) => reason,
                // Without space a sound store looks damaged, and none can take its place.
                End::Trouble(Trouble::Damaged(reason)) if self.model.has_space() => {
                    replacements += 1;
                    match self.replace(reason, replacements).await {
                        Ok(()) => continue,
                        Err(_) if !self.model.has_space() => continue,
                        Err(failure) => failure,
                    }
                }
                End::Trouble(Trouble::Damaged(reason) | Trouble::Stuck(reason)) => {
                    if self.reopen(reason).await {
                        continue;
                    }
                    return self.flush();
                }
            };
            drop(writing);
            if !self.halt(failure).await {
                return self.flush();
            }
        }
    }

    /// Starts a new store in place of one that cannot be trusted any more.
    async fn replace(&self, reason: String, replacements: u32) -> Result<(), String> {
        self.check.fail("the store is filled anew");
        self.model.serve(false);
        if replacements > REPLACEMENTS_MAX {
            return Err(format!("the store is damaged again and again: {reason}"));
        }
        let model = Arc::clone(&self.model);
        match tokio::task::spawn_blocking(move || model.replace(reason)).await {
            Ok(replaced) => replaced.map_err(|error| format!("{error:#}")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Waits until there is space, and opens the store anew; false when the process ends first. Until then questions are
    /// answered as of the last position, as far as the store answers.
    async fn reopen(&self, reason: String) -> bool {
        tracing::error!(reason, "the store cannot be written: it is opened anew when there is space");
        let mut reason = reason;
        loop {
            self.check.fail(format!("the store cannot be written: {reason}"));
            loop {
                tokio::select! {
                    () = tokio::time::sleep(RETRY) => {}
                    () = self.shutdown.requested() => return false,
                }
                // As long as there is no space the engine can be had to notice.
                self.model.lets_go();
                if self.model.has_space() {
                    break;
                }
            }
            let model = Arc::clone(&self.model);
            match tokio::task::spawn_blocking(move || model.reopen()).await {
                Ok(Ok(())) => {
                    tracing::info!(position = self.model.applied().position, "the store was opened anew");
                    return true;
                }
                Ok(Err(error)) => reason = format!("{error:#}"),
                Err(error) => reason = error.to_string(),
            }
            tracing::warn!(reason, "the store was not opened anew");
        }
    }

    /// Stays where it is, and says so until the process ends or an operator has had another store filled; true for the
    /// latter.
    async fn halt(&self, reason: String) -> bool {
        self.check.fail(reason.clone());
        let position = self.model.applied().position;
        tracing::error!(reason, position, "the projector halts");
        tokio::select! {
            () = self.model.handover() => true,
            () = self.shutdown.requested() => false,
        }
    }

    fn flush(&self) {
        if let Some(Err(error)) = self.model.current().map(|current| current.store.flush()) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the store was not written through; the rest comes again from the log"
            );
        }
        if let Err(error) = self.model.mark() {
            tracing::warn!(error = &error as &dyn std::error::Error, "it was not noted how far the store is");
        }
    }

    async fn follow(&self) -> End {
        let Some(goal) = self.goal().await else { return End::Shutdown };
        let Some(current) = self.model.current() else {
            return End::Trouble(Trouble::Stuck("the store is closed".to_owned()));
        };
        let position = current.store.checkpoint().position;
        // The store holds what the log lost, so it stays as it is: a person has to look.
        let checkpoint = position.max(self.model.marked());
        if checkpoint > goal {
            let reason = LogFault::Ahead { checkpoint, last: goal }.to_string();
            return if position == checkpoint { End::Halted(reason) } else { End::Lost(reason) };
        }
        tracing::info!(position, log.position = goal, "following the log");
        let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
        let applying = Applying {
            log: self.event_log.id(),
            model: Arc::clone(&self.model),
            current,
            check: self.check.clone(),
            batch_len_max: self.config.batch_len_max,
            goal,
            pace: Pace::begin(position),
        };
        let mut applied = tokio::task::spawn_blocking(move || {
            // A panic of the engine is a damaged store, not the end of the process.
            catch_unwind(AssertUnwindSafe(|| applying.run(receiver))).unwrap_or_else(|_| {
                Some(End::Trouble(Trouble::Damaged("the engine panicked while it stored records".to_owned())))
            })
        });
        let stream = self.event_log.follow(position + 1);
        let end = tokio::select! {
            () = self.shutdown.requested() => Some(End::Shutdown),
            trouble = self.model.troubled() => Some(End::Trouble(trouble)),
            () = self.model.handover() => Some(End::Handover),
            () = self.read(stream, sender) => None,
            ended = &mut applied => return ended.ok().flatten().unwrap_or(End::Shutdown),
        };
        // The sender is gone, so the thread stores what it has and ends.
        let ended = applied.await.ok().flatten();
        match end {
            // What was found meanwhile holds for whoever comes next as well.
            None | Some(End::Handover) => ended.or(end).unwrap_or(End::Shutdown),
            Some(end) => end,
        }
    }

    /// Where the log ends now; none when the process ends first.
    async fn goal(&self) -> Option<u64> {
        loop {
            let head = tokio::select! {
                head = self.event_log.head() => head,
                () = self.shutdown.requested() => return None,
            };
            match head {
                Ok(head) => return Some(head.last),
                Err(error) => {
                    self.check.fail("the log does not answer");
                    tracing::warn!(error = &error as &dyn std::error::Error, "cannot ask where the log ends");
                }
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Hands records on in batches, until nobody takes them any more.
    async fn read(
        &self,
        mut stream: impl Stream<Item = Result<Followed, event_log::Error>> + Unpin,
        sender: mpsc::Sender<Batch>,
    ) {
        let mut is_failing = false;
        loop {
            let mut next = if is_failing {
                let Ok(next) = tokio::time::timeout(QUIET, stream.next()).await else {
                    // No record and no error: the log is followed again and has nothing new.
                    self.check.ok();
                    is_failing = false;
                    continue;
                };
                next
            } else {
                stream.next().await
            };
            if next.is_none() {
                return;
            }
            let mut batch = Batch::default();
            let failure = loop {
                match next {
                    Some(Ok(followed)) => batch.push(followed),
                    Some(Err(error)) => break Some(error),
                    None => break None,
                }
                if batch.records.len() >= self.config.batch_len_max || batch.bytes >= BATCH_BYTES_MAX {
                    break None;
                }
                // What is not there yet is not waited for.
                next = stream.next().now_or_never().flatten();
            };
            if !batch.records.is_empty() && sender.send(batch).await.is_err() {
                return;
            }
            is_failing = failure.is_some();
            if let Some(error) = failure {
                self.check.fail(format!("the log cannot be followed: {error}"));
                tracing::error!(error = &error as &dyn std::error::Error, "the log cannot be followed");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// Stores what was read.
struct Applying {
    log: Uuid,
    model: Arc<Model>,
    current: Arc<Current>,
    check: Check,
    batch_len_max: usize,
    /// Where the log ended when following began: from there on questions are answered.
    goal: u64,
    pace: Pace,
}

impl Applying {
    fn run(&self, mut receiver: mpsc::Receiver<Batch>) -> Option<End> {
        let current = &self.current;
        let mut chain = Chain::default();
        self.report(current.store.checkpoint().position, None);
        while let Some(mut batch) = receiver.blocking_recv() {
            let (len_max, bytes_max) = if batch.pending > FAR_BEHIND {
                (BULK_LEN_MAX, BULK_BYTES_MAX)
            } else {
                (self.batch_len_max, BATCH_BYTES_MAX)
            };
            while batch.records.len() < len_max && batch.bytes < bytes_max {
                let Ok(more) = receiver.try_recv() else { break };
                batch.extend(more);
            }
            if batch.records.is_empty() {
                continue;
            }
            let started = Instant::now();
            let newest = batch.records.last().map(|record| record.stored_at);
            let (pending, len) = (batch.pending, batch.records.len());
            // Before they can be asked for as of this position: what was read before is quoted no more.
            self.model.note_erased(erased(&batch));
            let position = match apply(&current.store, self.log, &mut chain, batch) {
                Ok(position) => position,
                Err(Fault::Log { reason, position }) => {
                    self.report(position, None);
                    return Some(End::Halted(reason.to_string()));
                }
                Err(Fault::Store(error)) => return Some(end(&error)),
            };
            measure(len, pending, newest, started.elapsed());
            self.report(position, Some(pending));
            let tail_max = if pending > FAR_BEHIND { TAIL_BULK } else { TAIL_LIVE };
            if let Err(error) = current.store.compact(tail_max) {
                return Some(end(&error));
            }
        }
        None
    }

    fn report(&self, position: u64, pending: Option<u64>) {
        self.model.advance(position);
        #[expect(clippy::cast_precision_loss, reason = "a gauge for people")]
        metrics::gauge!("projector_position").set(position as f64);
        let serving = self.model.applied().serving;
        if position < self.goal {
            // Whoever served before following was handed over is as well as it was.
            if !serving {
                self.check.fail(catching_up(position, self.goal, self.pace.seconds_left(position, self.goal)));
            }
            return;
        }
        if !serving {
            tracing::info!(position, "caught up with the log");
            self.model.serve(true);
        }
        match pending {
            Some(pending) if pending > FAR_BEHIND => self.check.fail("far behind the log"),
            Some(_) | None => self.check.ok(),
        }
    }
}

/// The texts that were erased by a batch, by document and revision.
fn erased(batch: &Batch) -> Vec<(Uuid, u32)> {
    let entries = batch.records.iter().filter_map(|taken| taken.entry.as_ref().ok());
    entries.flat_map(|entry| entry.erased.iter().map(|number| (entry.envelope.id, *number))).collect()
}

/// What a person reads who waits for the views.
fn catching_up(position: u64, goal: u64, seconds_left: Option<u64>) -> String {
    let left = seconds_left.map(|seconds| format!(", {seconds} s left")).unwrap_or_default();
    format!("catching up with the log: at {position} of {goal}{left}")
}

/// Why following ends with an error of the store.
fn end(error: &read_model::Error) -> End {
    Trouble::of(error).map_or_else(|| End::Halted(error.to_string()), End::Trouble)
}

/// Why records were not stored.
enum Fault {
    /// The log is at fault. What came before the reason is stored, up to the position.
    Log { reason: Break, position: u64 },
    /// The store is.
    Store(read_model::Error),
}

/// Checks and stores records; answers the newest position.
fn apply(store: &Store, log: Uuid, chain: &mut Chain, batch: Batch) -> Result<u64, Fault> {
    let mut entries = Vec::with_capacity(batch.records.len());
    let mut expected = store.checkpoint().position + 1;
    let mut reason = None;
    for record in batch.records {
        // A position that is stored already came again.
        if record.position < expected {
            continue;
        }
        match take(store, log, chain, expected, record) {
            Ok(entry) => entries.push(entry),
            Err(CheckError::Break(found)) => {
                reason = Some(found);
                break;
            }
            Err(CheckError::Store(error)) => return Err(Fault::Store(error)),
        }
        expected += 1;
    }
    let position = store.append(&entries).map_err(Fault::Store)?.position;
    chain.trim();
    match reason {
        Some(reason) => Err(Fault::Log { reason, position }),
        None => Ok(position),
    }
}

fn take(store: &Store, log: Uuid, chain: &mut Chain, expected: u64, record: Taken) -> Result<Entry, CheckError> {
    let Taken { position, subject, stored_at: _, entry } = record;
    if position != expected {
        return Err(Break::Gap { expected, found: position }.into());
    }
    let entry = entry.map_err(|source| Break::Undecodable { position, source })?;
    chain.check(store, log, &subject, &entry)?;
    Ok(entry)
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn measure(len: usize, pending: u64, newest: Option<SystemTime>, took: Duration) {
    metrics::counter!("projector_records_total").increment(len as u64);
    metrics::histogram!("projector_batch_len").record(len as f64);
    metrics::histogram!("projector_apply_seconds").record(took.as_secs_f64());
    metrics::gauge!("projector_lag_records").set(pending as f64);
    let age = newest.and_then(|newest| newest.elapsed().ok()).unwrap_or_default();
    metrics::gauge!("projector_lag_seconds").set(if pending == 0 { 0.0 } else { age.as_secs_f64() });
}

/// Follows the log into a store that nobody else writes, as far as the log goes now; answers bytes read.
pub(crate) async fn fill(store: Arc<Store>, event_log: &EventLog) -> anyhow::Result<u64> {
    let goal = event_log.head().await?.last;
    let mut position = store.checkpoint().position;
    let (sender, mut receiver) = mpsc::channel::<Batch>(BATCHES_AHEAD);
    let log = event_log.id();
    let storing = tokio::task::spawn_blocking(move || -> anyhow::Result<u64> {
        let (mut chain, mut bytes) = (Chain::default(), 0);
        while let Some(mut batch) = receiver.blocking_recv() {
            while batch.records.len() < BULK_LEN_MAX && batch.bytes < BULK_BYTES_MAX {
                let Ok(more) = receiver.try_recv() else { break };
                batch.extend(more);
            }
            bytes += batch.bytes as u64;
            apply(&store, log, &mut chain, batch).map_err(|fault| match fault {
                Fault::Log { reason, position: _ } => anyhow::Error::new(reason),
                Fault::Store(error) => anyhow::Error::new(error),
            })?;
            store.compact(TAIL_BULK)?;
        }
        store.compact(1)?;
        Ok(bytes)
    });
    let mut stream = event_log.follow(position + 1).ready_chunks(BULK_LEN_MAX / BATCHES_AHEAD);
    while position < goal {
        let Some(chunk) = stream.next().await else { break };
        let mut batch = Batch::default();
        for followed in chunk {
            let followed = followed?;
            position = followed.entry.position;
            if position <= goal {
                batch.push(followed);
            }
        }
        if sender.send(batch).await.is_err() {
            // The thread has ended with an error, which it tells.
            break;
        }
    }
    drop(sender);
    storing.await?
}
