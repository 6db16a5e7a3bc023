//! Streams of a project's records as they come.
//!
//! One watch of a process follows the head of the log while anybody streams. Each project that is streamed has a hub, which
//! reads new records once, writes them as events once, and keeps a bounded window of the last. A stream takes from the
//! window what it lacks; one that is further behind reads pages from the views until it has caught up. What holds here:
//!
//! - **No gap, no repetition.** A stream goes on behind the last position that it handed over, and that position is the
//!   `id` from which a client resumes. Whatever ends a stream, it ends between events.
//! - **Bounded.** A client that does not take what is sent is cut, and nothing is collected for it beyond a few batches.
//! - **Allowed.** Rights are looked up again before a record of the project itself is passed on, which is where roles are
//!   granted and revoked, or one of a task, which is where documents begin and end to be read blind, and every few seconds.
//!   What cannot be looked up holds the stream.
//! - **Blind.** Who is kept from something takes nothing from the window, but reads every page as themselves.
//!
//! Presence stands between the records of who asks for it: the newest state alone matters, nothing of it is kept for a
//! stream but what it was told, and that it cannot be told holds nothing.

mod hub;
mod named;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use bytes::Bytes;
use futures::Stream;
use runtime::{Problem, Shutdown};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::Instant;
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskRecords, Records, Viewer};

use crate::App;
use crate::answer::{ask, mismatched};
use crate::auth::Caller;
use crate::params::{Moment, POSITION_MAX};
use crate::presence::{self, Feed, Veil};
use hub::{Batch, Head, Hub, Next};
use named::Names;

pub(crate) use named::Filter;

/// Records that a stream which is behind asks for at a time.
const PAGE_LEN: u32 = 100;
/// Streams that read a page at a time.
const PAGES_MAX: usize = 8;
/// How long a page waits for a projector that restarted, in milliseconds.
const PAGE_WAIT_MS: u32 = 5000;
/// Before the views are asked again after they did not answer.
const RETRY: Duration = Duration::from_millis(500);
/// Pieces that were handed to a connection and not taken yet.
const PIECES_AHEAD: usize = 8;
/// Seconds after which a stream that was one too many is worth asking for again.
const RETRY_AFTER_SECONDS: u64 = 5;
/// What a stream begins with: how long a client waits before it comes again, in milliseconds.
const BEGIN: Bytes = Bytes::from_static(b"retry: 1000\n\n");
const HEARTBEAT: Bytes = Bytes::from_static(b": heartbeat\n\n");

/// How changes are streamed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Streams {
    /// Streams at a time.
    pub most: usize,
    /// The longest silence of a stream.
    pub heartbeat: Duration,
    /// How long a client may take nothing before it is cut.
    pub stall: Duration,
    /// How often it is looked up whether the reader may still read.
    pub recheck: Duration,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            most: 4096,
            heartbeat: Duration::from_secs(15),
            stall: Duration::from_secs(10),
            recheck: Duration::from_secs(5),
        }
    }
}

/// What the streams of a process share.
pub(crate) struct Changes {
    config: Streams,
    shutdown: Shutdown,
    head: Mutex<Weak<Head>>,
    hubs: Mutex<HashMap<Uuid, Weak<Hub>>>,
    open: Arc<Semaphore>,
    pages: Semaphore,
    names: Names,
}

impl Changes {
    pub fn new(config: Streams, shutdown: Shutdown) -> Self {
        Self {
            open: Arc::new(Semaphore::new(config.most.min(Semaphore::MAX_PERMITS))),
            config,
            shutdown,
            head: Mutex::default(),
            hubs: Mutex::default(),
            pages: Semaphore::new(PAGES_MAX),
            names: Names::default(),
        }
    }

    /// The project's hub. A new one begins at this position.
    fn hub(&self, app: &App, project: Uuid, position: u64) -> Arc<Hub> {
        let mut hubs = self.hubs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hub) = hubs.get(&project).and_then(Weak::upgrade).filter(|hub| hub.is_alive()) {
            return hub;
        }
        hubs.retain(|_, hub| hub.strong_count() > 0);
        let hub = Arc::new(Hub::start(app.clone(), project, position, self.head(app, position)));
        hubs.insert(project, Arc::downgrade(&hub));
        hub
    }

    fn head(&self, app: &App, position: u64) -> Arc<Head> {
        let mut head = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(head) = head.upgrade() {
            return head;
        }
        let started = Arc::new(Head::start(app.clone(), position));
        *head = Arc::downgrade(&started);
        started
    }
}

/// Whoever runs the installation: reads for everybody what is then shown to each as that reader may see it.
pub(crate) fn everyone() -> Viewer {
    Viewer { operator: true, ..Viewer::default() }
}

/// What is asked for.
pub(crate) struct Wanted {
    pub project: Uuid,
    /// Records after this position, or those that are yet to come.
    pub after: Option<u64>,
    pub filter: Filter,
    /// Whether presence is told too.
    pub presence: bool,
}

/// Opens a stream behind a position, or at the head; tells the head.
pub(crate) async fn open(
    app: &App,
    viewer: Viewer,
    headers: &HeaderMap,
    wanted: Wanted,
) -> Result<(u64, impl Stream<Item = Result<Bytes, Infallible>> + use<>), Problem> {
    let Wanted { project, after, filter, presence } = wanted;
    let changes = &app.changes;
    let too_many = || {
        let detail = "too many streams are open; come again, or follow fewer projects at a time";
        Problem::unavailable("too_many_streams", detail, RETRY_AFTER_SECONDS)
    };
    let permit = Arc::clone(&changes.open).try_acquire_owned().map_err(|_| too_many())?;
    let (as_of, blinded) = head_for(app, viewer, project, 0).await?;
    let (pieces, taken) = mpsc::channel(PIECES_AHEAD);
    let hub = changes.hub(app, project, as_of);
    let reader = Reader {
        news: hub.news(),
        hub,
        app: app.clone(),
        credentials: credentials(headers),
        project,
        presence: presence.then(|| Feed::new(app, project, filter.documents.clone())),
        filter,
        blinded,
        after: after.unwrap_or(as_of),
        pieces,
        next_heartbeat: Instant::now() + changes.config.heartbeat,
        next_check: Instant::now() + changes.config.recheck,
        known: as_of,
        is_resumed: after.is_some(),
    };
    let (client, shutdown) = (reader.pieces.clone(), changes.shutdown.clone());
    tokio::spawn(async move {
        // Wherever it is interrupted, what was handed over ends between events.
        let ended = tokio::select! {
            ended = reader.run() => match ended { Err(ended) => ended },
            () = client.closed() => Ended::Gone,
            () = shutdown.requested() => Ended::Shutdown,
        };
        metrics::counter!("gainsay_changes_ended_total", "reason" => ended.reason()).increment(1);
        tracing::debug!(reason = ended.reason(), "a stream of changes ended");
    });
    let events = futures::stream::unfold((taken, Open::new(permit)), async |(mut taken, open)| {
        taken.recv().await.map(|piece| (Ok(piece), (taken, open)))
    });
    Ok((as_of, events))
}

/// What a client is recognised by, for as long as its stream lives. To clone a value would keep the buffer into which the
/// whole request was read.
fn credentials(headers: &HeaderMap) -> HeaderMap {
    let own = |value: &HeaderValue| HeaderValue::from_bytes(value.as_bytes()).expect("it is one already");
    let mut credentials = HeaderMap::new();
    for value in headers.get_all(AUTHORIZATION) {
        credentials.append(AUTHORIZATION, own(value));
    }
    credentials
}

/// The head of the log, for one who may read the project's records, and whether they are kept from some.
async fn head_for(app: &App, viewer: Viewer, project: Uuid, at_least: u64) -> Result<(u64, bool), Problem> {
    let (as_of, records) = page(app, viewer, project, at_least, POSITION_MAX, 1).await?;
    Ok((as_of, records.blinded))
}

async fn page(
    app: &App,
    viewer: Viewer,
    project: Uuid,
    at_least: u64,
    after: u64,
    limit: u32,
) -> Result<(u64, Records), Problem> {
    let moment = Moment { at_least: Some(at_least), wait_ms: PAGE_WAIT_MS, ..Moment::default() };
    match ask(app, viewer, Some(project), moment, Question::Records(AskRecords { limit, after })).await? {
        (as_of, Answer::Records(records)) => Ok((as_of.position, records)),
        _ => Err(mismatched()),
    }
}

/// Counts a stream until its connection lets go of it.
struct Open(#[expect(dead_code, reason = "it is held")] OwnedSemaphorePermit);

impl Open {
    fn new(permit: OwnedSemaphorePermit) -> Self {
        metrics::gauge!("gainsay_changes_streams").increment(1);
        Self(permit)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        metrics::gauge!("gainsay_changes_streams").decrement(1);
    }
}

/// Why a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// The client went away.
    Gone,
    /// The client took nothing for too long.
    Cut,
    /// The reader may read no more.
    Denied,
    /// The process ends.
    Shutdown,
    /// A record is not understood.
    Broken,
}

impl Ended {
    fn reason(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Cut => "cut",
            Self::Denied => "denied",
            Self::Shutdown => "shutdown",
            Self::Broken => "broken",
        }
    }
}

/// One stream.
struct Reader {
    app: App,
    hub: Arc<Hub>,
    news: watch::Receiver<()>,
    /// By which the client is recognised again.
    credentials: HeaderMap,
    project: Uuid,
    filter: Filter,
    presence: Option<Feed>,
    /// Whether the reader is kept from something.
    blinded: bool,
    /// A position that the views have reached.
    known: u64,
    /// Whether it goes on from a position of which it was not asked yet what the reader may read there.
    is_resumed: bool,
    /// The last position that was handed over or passed by.
    after: u64,
    pieces: mpsc::Sender<Bytes>,
    next_heartbeat: Instant,
    next_check: Instant,
}

impl Reader {
    async fn run(mut self) -> Result<Infallible, Ended> {
        self.send(BEGIN).await?;
        // What asks the views is rare and has a large future: a stream that waits has no room for one.
        loop {
            if self.next_check <= Instant::now() {
                Box::pin(self.check(0)).await?;
            }
            if self.presence.as_ref().is_some_and(Feed::is_due) {
                Box::pin(self.tell_presence()).await?;
            }
            self.news.mark_unchanged();
            match self.hub.next(self.after) {
                Next::Wait => self.wait(None).await?,
                // Whoever answered when it was opened may have been behind the position, which is reached now.
                Next::Batch(_) if self.is_resumed => {
                    Box::pin(self.check(self.after)).await?;
                    self.is_resumed = false;
                }
                Next::Batch(batch) if !self.blinded => self.hand_over(&batch).await?,
                Next::Batch(_) | Next::Behind => Box::pin(self.catch_up()).await?,
            }
        }
    }

    /// Sends what changed in who has which document open.
    async fn tell_presence(&mut self) -> Result<(), Ended> {
        match self.presence_veil().await {
            Ok(veil) => self.send_presence(Some(&veil)).await,
            Err(problem) if problem.status().is_client_error() => Err(Ended::Denied),
            // It is due until it is told.
            Err(_) => self.send_presence(None).await,
        }
    }

    async fn presence_veil(&self) -> Result<Veil, Problem> {
        let at_least = self.known.max(self.hub.upto());
        Veil::of(&self.app, &self.viewer().await?, self.project, at_least).await
    }

    /// Sends what is shown under this veil; where it is not known, no more than that presence cannot be told.
    async fn send_presence(&mut self, veil: Option<&Veil>) -> Result<(), Ended> {
        match self.presence.as_mut().and_then(|presence| presence.write(veil)) {
            Some(piece) => self.send(piece).await,
            None => Ok(()),
        }
    }

    /// Waits for records or presence, or that long; sends heartbeats meanwhile.
    async fn wait(&mut self, at_most: Option<Duration>) -> Result<(), Ended> {
        let until = at_most.map(|at_most| Instant::now() + at_most);
        loop {
            let by = until.unwrap_or(self.next_check).min(self.next_heartbeat);
            tokio::select! {
                changed = self.news.changed(), if until.is_none() => return changed.map_err(|_| Ended::Broken),
                () = presence::changed(self.presence.as_mut()), if until.is_none() => return Ok(()),
                () = tokio::time::sleep_until(by) => {}
            }
            if self.next_heartbeat <= Instant::now() {
                self.send(HEARTBEAT).await?;
            }
            if until.unwrap_or(self.next_check) <= Instant::now() {
                return Ok(());
            }
        }
    }

    async fn send(&mut self, piece: Bytes) -> Result<(), Ended> {
        let Streams { stall, heartbeat, .. } = self.app.changes.config;
        match tokio::time::timeout(stall, self.pieces.send(piece)).await {
            Ok(sent) => sent.map_err(|_| Ended::Gone)?,
            Err(_elapsed) => return Err(Ended::Cut),
        }
        self.next_heartbeat = Instant::now() + heartbeat;
        Ok(())
    }

    /// Goes on as soon as it is known that the reader may read, as of this position at least.
    async fn check(&mut self, at_least: u64) -> Result<(), Ended> {
        // A copy of the views that is behind what was sent, or what could be, knows less.
        let at_least = at_least.max(self.known).max(self.hub.upto());
        if let Some(presence) = &mut self.presence {
            presence.look_again();
        }
        loop {
            match self.may_read(at_least).await {
                Ok(blinded) => {
                    self.blinded = blinded;
                    break;
                }
                Err(problem) if problem.status().is_client_error() => return Err(Ended::Denied),
                Err(_) => {
                    self.send_presence(None).await?;
                    self.wait(Some(RETRY)).await?;
                }
            }
        }
        self.next_check = Instant::now() + self.app.changes.config.recheck;
        Ok(())
    }

    /// Whether the reader is kept from something, if they may read at all.
    async fn may_read(&self, at_least: u64) -> Result<bool, Problem> {
        let viewer = self.viewer().await?;
        Ok(head_for(&self.app, viewer, self.project, at_least).await?.1)
    }

    async fn viewer(&self) -> Result<Viewer, Problem> {
        Caller::of(&self.credentials, &self.app).await?.of_project(&self.app, self.project)
    }

    /// Sends what of a batch is new and wanted, in pieces that end between events; up to where the reader begins to be kept
    /// from something.
    async fn hand_over(&mut self, batch: &Batch) -> Result<(), Ended> {
        let first = batch.items.partition_point(|item| item.position <= self.after);
        let mut begin = batch.begin(first);
        let mut wanted = 0;
        for (at, item) in batch.items.iter().enumerate().skip(first) {
            let is_wanted = self.wants(item).await?;
            // What stands before such a record was allowed; the record may say that nothing more is.
            let cut = !is_wanted || item.tells_rights;
            if cut && wanted > 0 {
                self.send_items(batch.bytes.slice(begin..batch.begin(at)), wanted).await?;
                wanted = 0;
            }
            if item.tells_rights {
                let blinded = self.blinded;
                Box::pin(self.check(item.position)).await?;
                if self.blinded && !blinded {
                    self.after = self.after.max(item.position - 1);
                    return Ok(());
                }
            }
            if cut {
                begin = if is_wanted { batch.begin(at) } else { item.end };
            }
            wanted += u64::from(is_wanted);
        }
        if wanted > 0 {
            self.send_items(batch.bytes.slice(begin..), wanted).await?;
        }
        self.after = self.after.max(batch.last());
        Ok(())
    }

    async fn send_items(&mut self, piece: Bytes, count: u64) -> Result<(), Ended> {
        self.send(piece).await?;
        metrics::counter!("gainsay_changes_items_total").increment(count);
        Ok(())
    }

    async fn wants(&mut self, item: &hub::Item) -> Result<bool, Ended> {
        if self.filter.is_empty() {
            return Ok(true);
        }
        let app = self.app.clone();
        loop {
            match Box::pin(self.admits(&app, item)).await {
                Ok(wanted) => return Ok(wanted),
                Err(problem) if problem.status().is_client_error() => return Err(Ended::Denied),
                Err(_) => self.wait(Some(RETRY)).await?,
            }
        }
    }

    async fn admits(&self, app: &App, item: &hub::Item) -> Result<bool, Problem> {
        // What others' records name must not decide what is shown to who is kept from them.
        let reader = if self.blinded { Some(self.viewer().await?) } else { None };
        app.changes.names.admits(app, self.project, &self.filter, reader.as_ref(), item).await
    }

    /// Reads a page of the records that the hub has no more.
    async fn catch_up(&mut self) -> Result<(), Ended> {
        match self.page().await {
            Ok(Page { seen, blinded, batch }) => {
                self.blinded = blinded;
                self.known = self.known.max(seen);
                if let Some(batch) = batch {
                    self.hand_over(&batch).await?;
                }
                // Where the reader begins to be kept from something, the rest of the page is read again.
                if self.blinded == blinded {
                    self.after = self.after.max(seen);
                }
                Ok(())
            }
            Err(problem) if problem.status().is_client_error() => Err(Ended::Denied),
            Err(problem) if problem.code() == "internal" => Err(Ended::Broken),
            Err(_) => self.wait(Some(RETRY)).await,
        }
    }

    /// The next page, as the reader may see it.
    async fn page(&self) -> Result<Page, Problem> {
        let _turn = self.app.changes.pages.acquire().await.map_err(|_| mismatched())?;
        let viewer = self.viewer().await?;
        let (as_of, records) =
            page(&self.app, viewer, self.project, self.hub.upto().max(self.after), self.after, PAGE_LEN).await?;
        let (seen, blinded) = (records.next.unwrap_or(as_of), records.blinded);
        Ok(Page { seen, blinded, batch: Batch::of(&records)? })
    }
}

/// Records as one reader may see them.
struct Page {
    /// The position up to which they are all of them.
    seen: u64,
    /// Whether the reader is kept from some.
    blinded: bool,
    batch: Option<Batch>,
}
