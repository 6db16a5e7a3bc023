//! Reading new records once for all streams of a project.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use domain::{Event, Kind, task};
use runtime::Problem;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;
use wire::record::Record;
use wire::view::request::Question;
use wire::view::{ListProjects, Records};

use super::named::{self, About};
use super::{RETRY, everyone, page};
use crate::App;
use crate::answer::ask;
use crate::params::Moment;
use crate::routes::records::{decode, json_of};

/// How long one question waits for a new record, in milliseconds; after a projector was killed that had taken the
/// question, nothing is noticed for that long and somewhat more.
const HEAD_WAIT_MS: u32 = 2000;
/// Before new records are looked for again: what comes meanwhile is handed over together.
const GATHER: Duration = Duration::from_millis(100);
/// Records that a hub asks for at a time.
const BATCH_LEN: u32 = 500;
/// What a window holds at most, beyond its newest batch.
const WINDOW_ITEMS: usize = 1024;
const WINDOW_BYTES: usize = 1024 * 1024;

/// The head of the log, followed.
pub(super) struct Head {
    seen: watch::Receiver<u64>,
    _task: AbortOnDropHandle<()>,
}

impl Head {
    pub fn start(app: App, position: u64) -> Self {
        let (seen, receiver) = watch::channel(position);
        Self { seen: receiver, _task: AbortOnDropHandle::new(tokio::spawn(follow_head(app, seen))) }
    }
}

async fn follow_head(app: App, seen: watch::Sender<u64>) {
    loop {
        let next = *seen.borrow() + 1;
        let moment = Moment { at_least: Some(next), wait_ms: HEAD_WAIT_MS, ..Moment::default() };
        let question = Question::ListProjects(ListProjects { limit: 1, after: 0 });
        match ask(&app, everyone(), None, moment, question).await {
            Ok((as_of, _)) => {
                seen.send_if_modified(|seen| std::mem::replace(seen, as_of.position.max(*seen)) < as_of.position);
                tokio::time::sleep(GATHER).await;
            }
            Err(problem) if problem.code() == "behind" => {}
            Err(_) => tokio::time::sleep(RETRY).await,
        }
    }
}

/// Some records in a row, written as events.
#[derive(Debug)]
pub(super) struct Batch {
    pub items: Vec<Item>,
    pub bytes: Bytes,
}

/// One record of a batch.
#[derive(Debug)]
pub(super) struct Item {
    pub position: u64,
    /// Where its event ends.
    pub end: usize,
    pub about: About,
    /// Whether it may say who may read what.
    pub tells_rights: bool,
}

impl Batch {
    /// Writes records as events; none when there is no record.
    pub fn of(records: &Records) -> Result<Option<Self>, Problem> {
        let mut bytes = Vec::new();
        let mut items = Vec::with_capacity(records.items.len());
        for stored in &records.items {
            let record = decode(stored)?;
            // A JSON value is written without a line feed, which would end the field.
            let json = json_of(stored, &record);
            write!(bytes, "id: {}\ndata: {json}\n\n", stored.position).expect("a vector takes all that is written");
            items.push(Item {
                position: stored.position,
                end: bytes.len(),
                about: named::about(&record),
                tells_rights: tells_rights(&record),
            });
        }
        Ok((!items.is_empty()).then(|| Self { items, bytes: bytes.into() }))
    }

    /// Where the event of an item begins.
    pub fn begin(&self, at: usize) -> usize {
        at.checked_sub(1).and_then(|before| self.items.get(before)).map_or(0, |item| item.end)
    }

    pub fn last(&self) -> u64 {
        self.items.last().map_or(0, |item| item.position)
    }
}

/// Whether a record may say who may read what: it is the project's own, or a document begins or ends to be read blind.
fn tells_rights(record: &Record) -> bool {
    let begins_or_ends =
        |event: &Event| matches!(event, Event::Task(task::Event::TaskOpened(_) | task::Event::TaskClosed));
    record.envelope.kind == Kind::Project || record.events.iter().any(begins_or_ends)
}

/// What a stream behind a position gets.
#[derive(Debug)]
pub(super) enum Next {
    Batch(Arc<Batch>),
    /// There is nothing newer.
    Wait,
    /// The records after it are no longer in the window.
    Behind,
}

/// The last records of a project: all of those after `from` up to `upto`.
#[derive(Debug)]
pub(super) struct Window {
    from: u64,
    upto: u64,
    batches: VecDeque<Arc<Batch>>,
    items: usize,
    bytes: usize,
}

impl Window {
    pub fn new(position: u64) -> Self {
        Self { from: position, upto: position, batches: VecDeque::new(), items: 0, bytes: 0 }
    }

    pub fn next(&self, after: u64) -> Next {
        if after < self.from {
            return Next::Behind;
        }
        let at = self.batches.partition_point(|batch| batch.last() <= after);
        self.batches.get(at).map_or(Next::Wait, |batch| Next::Batch(Arc::clone(batch)))
    }

    pub fn push(&mut self, upto: u64, batch: Option<Batch>) {
        self.upto = self.upto.max(upto);
        let Some(batch) = batch else { return };
        self.items += batch.items.len();
        self.bytes += batch.bytes.len();
        self.batches.push_back(Arc::new(batch));
        while self.batches.len() > 1 && (self.items > WINDOW_ITEMS || self.bytes > WINDOW_BYTES) {
            let Some(old) = self.batches.pop_front() else { return };
            self.items -= old.items.len();
            self.bytes -= old.bytes.len();
            self.from = old.last();
        }
    }
}

/// The records of a project that is streamed.
pub(super) struct Hub {
    window: Arc<Mutex<Window>>,
    news: watch::Receiver<()>,
    _head: Arc<Head>,
    _task: AbortOnDropHandle<()>,
}

impl Hub {
    pub fn start(app: App, project: Uuid, position: u64, head: Arc<Head>) -> Self {
        let window = Arc::new(Mutex::new(Window::new(position)));
        let (news, receiver) = watch::channel(());
        let task = tokio::spawn(follow(app, project, Arc::clone(&window), head.seen.clone(), news));
        Self { window, news: receiver, _head: head, _task: AbortOnDropHandle::new(task) }
    }

    /// Tells when there is something new, and that there never will be any more when the hub broke.
    pub fn news(&self) -> watch::Receiver<()> {
        self.news.clone()
    }

    /// Whether it follows the log.
    pub fn is_alive(&self) -> bool {
        self.news.has_changed().is_ok()
    }

    pub fn next(&self, after: u64) -> Next {
        lock(&self.window).next(after)
    }

    /// The position up to which it has read.
    pub fn upto(&self) -> u64 {
        lock(&self.window).upto
    }
}

fn lock(window: &Mutex<Window>) -> MutexGuard<'_, Window> {
    window.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn follow(
    app: App,
    project: Uuid,
    window: Arc<Mutex<Window>>,
    mut head: watch::Receiver<u64>,
    news: watch::Sender<()>,
) {
    loop {
        let upto = lock(&window).upto;
        let Ok(target) = head.wait_for(|head| *head > upto).await.map(|head| *head) else { return };
        let Ok((as_of, records)) = page(&app, everyone(), project, target, upto, BATCH_LEN).await else {
            tokio::time::sleep(RETRY).await;
            continue;
        };
        // What is not understood ends the streams: to go on would leave a gap.
        let Ok(batch) = Batch::of(&records) else { return };
        let is_new = batch.is_some();
        lock(&window).push(records.next.unwrap_or(as_of), batch);
        if is_new {
            news.send_replace(());
        }
        if records.next.is_none() {
            tokio::time::sleep(GATHER).await;
        }
    }
}
