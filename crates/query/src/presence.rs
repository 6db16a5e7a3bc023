//! Who has which document open, as it is told to those who may know.
//!
//! It is read from the bucket in which heartbeats are kept, and told of members alone. Streams of a project share a hub,
//! which hears what is opened and closed, and then reads again; it also reads when an entry should expire, and every few
//! seconds, since what is heard may be lost. What cannot be read is told to be unknown, and nothing else waits for it.

mod hub;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use axum::http::StatusCode;
use bytes::Bytes;
use event_log::presence::{PRESENT_MAX, Place, Present, Right};
use runtime::Problem;
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;
use uuid::Uuid;
use wire::json::rfc3339;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::resource::Of;
use wire::view::{AskVeil, List, Viewer};

use crate::App;
use crate::answer::{ask, mismatched};
use crate::params::Moment;
use hub::{Hub, Seen};

/// How long the views may take to reach a position that is known already.
const WAIT_MS: u32 = 2_000;
/// Members that are asked for at a time.
const PAGE_LEN: u32 = 1000;
/// Seconds after which presence that cannot be told is worth asking for again.
const RETRY_AFTER_SECONDS: u64 = 1;

/// What somebody who may read a project is kept from: who else has the documents open that they read blind.
#[derive(Default)]
pub(crate) struct Veil {
    own: Option<Uuid>,
    documents: BTreeSet<Uuid>,
}

impl Veil {
    /// What this viewer is kept from now, at this position or later.
    pub async fn of(app: &App, viewer: &Viewer, project: Uuid, at_least: u64) -> Result<Self, Problem> {
        let question = Question::Veil(AskVeil {});
        let moment = Moment { at_least: Some(at_least), wait_ms: WAIT_MS, ..Moment::default() };
        let (_, Answer::Veil(veil)) = ask(app, viewer.clone(), Some(project), moment, question).await? else {
            return Err(mismatched());
        };
        let documents = veil.documents.iter().map(|document| Uuid::try_parse(document).map_err(|_| mismatched()));
        Ok(Self { own: Uuid::try_parse(&viewer.user).ok(), documents: documents.collect::<Result<_, _>>()? })
    }

    /// The presence that is shown, of all that there is in the project. Every answer and every stream goes through here.
    pub fn shown(&self, present: &[Present]) -> Vec<Present> {
        let is_shown =
            |Place { document, user, .. }: &Place| !self.documents.contains(document) || self.own == Some(*user);
        present.iter().filter(|present| is_shown(&present.place)).copied().collect()
    }
}

/// Who is there, of the members of a project: refused to a viewer who may not read the project.
pub(crate) async fn present(app: &App, viewer: &Viewer, project: Uuid) -> Result<Vec<Present>, Problem> {
    let members = members(app, viewer, project).await?;
    let present = app.parts.presence.present(project).await.map_err(|error| {
        // A stream would say so every second.
        tracing::debug!(error = &error as &dyn std::error::Error, "presence cannot be told");
        let detail = "it cannot be told at the moment who has which document open; try again";
        Problem::unavailable("presence_unavailable", detail, RETRY_AFTER_SECONDS)
    })?;
    let mut present = present.ok_or_else(|| {
        let detail = format!("more than {PRESENT_MAX} documents of the project are open");
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_present", detail)
    })?;
    // Who was a member at the last heartbeat may be none any more. What a token says is as good as its last heartbeat.
    present.retain(|present| present.right == Right::Token || members.contains(&present.place.user));
    Ok(present)
}

async fn members(app: &App, viewer: &Viewer, project: Uuid) -> Result<BTreeSet<Uuid>, Problem> {
    let mut members = BTreeSet::new();
    let mut moment = Moment::default();
    let mut after = 0;
    loop {
        let list = List { collection: "members".to_owned(), limit: PAGE_LEN, after, filter: None };
        let question = Question::List(list);
        let (as_of, Answer::Page(page)) = ask(app, viewer.clone(), Some(project), moment, question).await? else {
            return Err(mismatched());
        };
        for item in page.items {
            let Some(Of::Member(member)) = item.of else { return Err(mismatched()) };
            members.insert(Uuid::try_parse(&member.user).map_err(|_| mismatched())?);
        }
        match page.next {
            // All pages are of one position: they are told apart by numbers.
            Some(next) => (after, moment.as_of) = (next, Some(as_of.position)),
            None => return Ok(members),
        }
    }
}

/// Who has which document open.
#[derive(Serialize, ToSchema)]
pub(crate) struct PresenceNow {
    /// By document and user.
    items: Vec<PresentNow>,
}

/// A document that somebody has open.
#[derive(Serialize, ToSchema)]
struct PresentNow {
    /// The document.
    document: Uuid,
    /// Who has it open.
    user: Uuid,
    /// When it was opened.
    #[schema(format = DateTime)]
    since: String,
    /// When it counts as closed, unless its user says again that it is open.
    #[schema(format = DateTime)]
    until: String,
}

impl PresenceNow {
    /// What is shown, on these documents, or on all when there is none.
    pub fn new(shown: &[Present], documents: &[Uuid]) -> Self {
        let items = shown.iter().filter(|present| is_on(present, documents)).map(|present| PresentNow {
            document: present.place.document,
            user: present.place.user,
            since: rfc3339(present.since_us),
            until: rfc3339(present.until_us),
        });
        Self { items: items.collect() }
    }
}

fn is_on(present: &Present, documents: &[Uuid]) -> bool {
    documents.is_empty() || documents.contains(&present.place.document)
}

/// The projects of which presence is streamed.
#[derive(Default)]
pub(crate) struct Hubs(Mutex<HashMap<Uuid, Weak<Hub>>>);

impl Hubs {
    fn hub(&self, app: &App, project: Uuid) -> Arc<Hub> {
        let mut hubs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hub) = hubs.get(&project).and_then(Weak::upgrade).filter(|hub| hub.is_alive()) {
            return hub;
        }
        hubs.retain(|_, hub| hub.strong_count() > 0);
        let hub = Arc::new(Hub::start(app.clone(), project));
        hubs.insert(project, Arc::downgrade(&hub));
        hub
    }
}

/// What a stream says of presence.
#[derive(Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
enum Said {
    /// Who is there, and nobody else.
    All { items: Vec<There> },
    /// Somebody opened a document.
    Came(There),
    /// Somebody closed it, or sent no more heartbeats.
    Left { document: Uuid, user: Uuid },
    /// It cannot be told.
    Unknown {},
}

/// Somebody who is there; for how long is told by what follows.
#[derive(Serialize)]
struct There {
    document: Uuid,
    user: Uuid,
    since: String,
}

impl From<&Present> for There {
    fn from(Present { place: Place { document, user, .. }, since_us, .. }: &Present) -> Self {
        Self { document: *document, user: *user, since: rfc3339(*since_us) }
    }
}

/// Presence for one stream.
pub(crate) struct Feed {
    seen: watch::Receiver<Seen>,
    /// What the stream is about; everything when there is none.
    documents: Vec<Uuid>,
    told: Told,
    /// Whether there is something that was not looked at.
    is_due: bool,
    _hub: Arc<Hub>,
}

/// What a stream was told.
enum Told {
    Nothing,
    Unknown,
    All(Vec<Present>),
}

impl Feed {
    pub fn new(app: &App, project: Uuid, documents: Vec<Uuid>) -> Self {
        let hub = app.presence.hub(app, project);
        Self { seen: hub.seen(), documents, told: Told::Nothing, is_due: true, _hub: hub }
    }

    /// Whether there may be something to tell.
    pub fn is_due(&self) -> bool {
        self.is_due || self.seen.has_changed().unwrap_or(false)
    }

    /// Notes that somebody else may be shown to the viewer now.
    pub fn look_again(&mut self) {
        self.is_due = true;
    }

    /// Writes what changed since the last time, under a viewer's veil. Without one that is no more than that it is unknown.
    pub fn write(&mut self, veil: Option<&Veil>) -> Option<Bytes> {
        let seen = self.seen.borrow_and_update().clone();
        self.is_due = veil.is_none() && seen != Seen::Unknown;
        if self.is_due {
            return None;
        }
        self.told.tell(veil.unwrap_or(&Veil::default()), &seen, &self.documents)
    }
}

/// Waits until there may be something to tell.
pub(crate) async fn changed(feed: Option<&mut Feed>) {
    let Some(feed) = feed else { return std::future::pending().await };
    if feed.seen.changed().await.is_err() {
        // Its hub is gone with the connection.
        return std::future::pending().await;
    }
    feed.is_due = true;
}

impl Told {
    fn tell(&mut self, veil: &Veil, seen: &Seen, documents: &[Uuid]) -> Option<Bytes> {
        let present = match seen {
            Seen::Nothing => return None,
            Seen::Unknown if matches!(self, Self::Unknown) => return None,
            Seen::Unknown => {
                *self = Self::Unknown;
                return Some(written(&[Said::Unknown {}]));
            }
            Seen::Present(present) => present,
        };
        let mut shown = veil.shown(present);
        shown.retain(|present| is_on(present, documents));
        let said: Vec<_> = match self {
            Self::Nothing | Self::Unknown => vec![Said::All { items: shown.iter().map(There::from).collect() }],
            Self::All(before) => {
                let left = before.iter().filter(|old| find(&shown, old).is_none());
                let came = shown.iter().filter(|new| find(before, new) != Some(new.since_us));
                let left = left.map(|Present { place: Place { document, user, .. }, .. }| Said::Left {
                    document: *document,
                    user: *user,
                });
                left.chain(came.map(|new| Said::Came(new.into()))).collect()
            }
        };
        *self = Self::All(shown);
        (!said.is_empty()).then(|| written(&said))
    }
}

/// Since when somebody is where another presence says.
fn find(present: &[Present], other: &Present) -> Option<i64> {
    let at = present.binary_search_by_key(&other.place, |present| present.place).ok()?;
    Some(present[at].since_us)
}

/// Writes events without an id: they are no place at which a stream is resumed.
fn written(said: &[Said]) -> Bytes {
    let mut text = String::new();
    for said in said {
        let json = serde_json::to_string(said).expect("what is said is plain JSON");
        text.push_str("event: presence\ndata: ");
        text.push_str(&json);
        text.push_str("\n\n");
    }
    text.into()
}
