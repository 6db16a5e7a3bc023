//! Reading presence once for all streams of a project.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use event_log::presence::{Listening, News, Present};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::present;
use crate::App;
use crate::changes::everyone;

/// Before presence is read after something was heard: what comes meanwhile is told together.
const GATHER: Duration = Duration::from_millis(200);
/// How often it is read although nothing was heard: what is heard may be lost, and memberships end.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The shortest pause between looks when entries are about to expire, or the server's copy lags behind what was heard.
const LOOK_SOON: Duration = Duration::from_millis(500);
/// Before presence is read again after it could not be.
const RETRY: Duration = Duration::from_secs(1);
/// How late an entry may expire.
const GRACE: Duration = Duration::from_millis(50);

/// What is known of a project's presence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nobody has looked yet.
    Nothing,
    /// It cannot be told.
    Unknown,
    /// All who are there, in order.
    Present(Arc<[Present]>),
}

/// The presence in a project that is streamed.
pub(super) struct Hub {
    seen: watch::Receiver<Seen>,
    _task: AbortOnDropHandle<()>,
}

impl Hub {
    pub fn start(app: App, project: Uuid) -> Self {
        let (sender, seen) = watch::channel(Seen::Nothing);
        Self { seen, _task: AbortOnDropHandle::new(tokio::spawn(follow(app, project, sender))) }
    }

    pub fn seen(&self) -> watch::Receiver<Seen> {
        self.seen.clone()
    }

    /// Whether it still looks.
    pub fn is_alive(&self) -> bool {
        self.seen.has_changed().is_ok()
    }
}

async fn follow(app: App, project: Uuid, seen: watch::Sender<Seen>) {
    let mut listening = loop {
        if let Ok(listening) = app.parts.presence.news(project).await {
            break listening;
        }
        tell(&seen, Seen::Unknown);
        tokio::time::sleep(RETRY).await;
    };
    let mut heard = None;
    loop {
        let pause = if let Ok(present) = present(&app, &everyone(), project).await {
            let agrees = heard.take().is_none_or(|news| agrees(&present, &news));
            let pause = if agrees { pause(&present) } else { LOOK_SOON };
            tell(&seen, Seen::Present(present.into()));
            pause
        } else {
            tell(&seen, Seen::Unknown);
            RETRY
        };
        match tokio::time::timeout(pause, hear(&mut listening, &seen)).await {
            Ok(Some(news)) => {
                heard = Some(news);
                tokio::time::sleep(GATHER).await;
            }
            // The connection is closed for good: the process ends.
            Ok(None) => return,
            Err(_elapsed) => {}
        }
    }
}

/// Tells who is there; that somebody stays changes nothing.
fn tell(seen: &watch::Sender<Seen>, now: Seen) {
    let whole = |seen: &Seen| match seen {
        Seen::Present(present) => {
            Some(present.iter().map(|present| (present.place, present.since_us)).collect::<Vec<_>>())
        }
        Seen::Nothing | Seen::Unknown => None,
    };
    seen.send_if_modified(|before| {
        let changed = match (&*before, &now) {
            (Seen::Present(_), Seen::Present(_)) => whole(before) != whole(&now),
            (before, now) => before != now,
        };
        *before = now;
        changed
    });
}

/// The next that is told and not known.
async fn hear(listening: &mut Listening, seen: &watch::Sender<Seen>) -> Option<News> {
    loop {
        let news = listening.next().await?;
        let known = match &*seen.borrow() {
            Seen::Present(present) => agrees(present, &news),
            Seen::Nothing | Seen::Unknown => false,
        };
        if !known {
            return Some(news);
        }
    }
}

/// Whether what was read has what was heard.
fn agrees(present: &[Present], news: &News) -> bool {
    let at = present.binary_search_by_key(&news.place, |present| present.place);
    at.ok().map(|at| present[at].since_us) == news.since_us
}

/// How long what was read is good for if nothing is heard.
fn pause(present: &[Present]) -> Duration {
    let Some(first) = present.iter().map(|present| present.until_us).min() else { return LOOK_EVERY };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let until = Duration::from_micros(u64::try_from(first).unwrap_or(0));
    (until.saturating_sub(now) + GRACE).clamp(LOOK_SOON, LOOK_EVERY)
}
