//! Which incidents and documents a record is about.
//!
//! A record names what its own events name, and a later one of an aggregate often names nothing: a retraction says no more
//! than that. So a record is about whatever its aggregate has named up to it; and what cites an annotation is about its
//! document.

use std::sync::Arc;

use domain::Kind;
use domain::id::UserId;
use moka::sync::Cache;
use runtime::Problem;
use uuid::Uuid;
use wire::record::Record;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskHistory, Viewer};

use super::hub::Item;
use super::{PAGE_WAIT_MS, everyone};
use crate::App;
use crate::answer::{ask, mismatched};
use crate::params::Moment;
use crate::routes::records::decode;

/// Aggregates of which it is remembered what they named.
const REMEMBERED: u64 = 10_000;
/// Records of an aggregate that are looked at.
const HISTORY_MAX: u64 = 1000;

/// What a stream is about: any of these, of each sort of which there are some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub incidents: Vec<Uuid>,
    pub documents: Vec<Uuid>,
}

impl Filter {
    pub fn is_empty(&self) -> bool {
        self.incidents.is_empty() && self.documents.is_empty()
    }
}

/// An aggregate, and what a record of it names.
#[derive(Debug)]
pub(super) struct About {
    pub kind: Kind,
    pub id: Uuid,
    pub revision: u64,
    /// Who wrote the record.
    pub author: UserId,
    /// Itself, and what else is an incident, a document or an annotation.
    pub named: Vec<(Kind, Uuid)>,
}

/// What a record names by itself.
pub(super) fn about(record: &Record) -> About {
    let envelope = &record.envelope;
    let (kind, id, revision, author) = (envelope.kind, envelope.id, envelope.revision, envelope.author);
    About { kind, id, revision, author, named: named(record) }
}

fn named(record: &Record) -> Vec<(Kind, Uuid)> {
    let mut named = vec![(record.envelope.kind, record.envelope.id)];
    for event in &record.events {
        domain::mentions::each(event, |kind, id| {
            if matches!(kind, Kind::Incident | Kind::Document | Kind::Annotation) && !named.contains(&(kind, id)) {
                named.push((kind, id));
            }
        });
    }
    named
}

/// What aggregates have named, up to a revision of each.
pub(super) struct Names(Cache<Revision, Arc<[(Kind, Uuid)]>>);

/// An aggregate by project, kind and id, and a revision of it.
type Revision = (Uuid, Kind, Uuid, u64);

impl Default for Names {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl Names {
    /// Whether a record is about what is asked for.
    ///
    /// A reader who is kept from something is told by what they see; all others by what everybody may remember.
    pub async fn admits(
        &self,
        app: &App,
        project: Uuid,
        filter: &Filter,
        reader: Option<&Viewer>,
        item: &Item,
    ) -> Result<bool, Problem> {
        let About { kind, id, revision, author, named } = &item.about;
        // What somebody reads themselves is about its document, whoever marked the passage.
        let is_own = *kind == Kind::Reading && reader.is_some_and(|reader| reader.user == author.to_string());
        let reader = reader.filter(|_| !is_own);
        let mut named = named.clone();
        if *revision > 1 {
            let aggregate = (*kind, *id, *revision);
            named.extend(self.up_to(app, project, reader, aggregate, item.position).await?.iter());
        }
        let has = |named: &[(Kind, Uuid)], kind: Kind, ids: &[Uuid]| {
            ids.is_empty() || named.iter().any(|(named, id)| *named == kind && ids.contains(id))
        };
        if !has(&named, Kind::Incident, &filter.incidents) {
            return Ok(false);
        }
        if has(&named, Kind::Document, &filter.documents) {
            return Ok(true);
        }
        for (kind, id) in named {
            if kind != Kind::Annotation {
                continue;
            }
            // An annotation stays in its document.
            let cited = self.up_to(app, project, reader, (kind, id, 1), item.position).await?;
            if has(&cited, Kind::Document, &filter.documents) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn up_to(
        &self,
        app: &App,
        project: Uuid,
        reader: Option<&Viewer>,
        (kind, id, revision): (Kind, Uuid, u64),
        position: u64,
    ) -> Result<Arc<[(Kind, Uuid)]>, Problem> {
        let key = (project, kind, id, revision);
        if let Some(known) = self.0.get(&key).filter(|_| reader.is_none()) {
            return Ok(known);
        }
        let limit = u32::try_from(revision.min(HISTORY_MAX)).unwrap_or(u32::MAX);
        let question = Question::History(AskHistory { kind: kind.to_string(), id: id.to_string(), limit, after: 0 });
        let moment = Moment { at_least: Some(position), wait_ms: PAGE_WAIT_MS, ..Moment::default() };
        let viewer = reader.cloned().unwrap_or_else(everyone);
        let found = match ask(app, viewer, Some(project), moment, question).await {
            Ok((_, Answer::Records(records))) => records.items,
            Ok(_) => return Err(mismatched()),
            // It is in no record: then it names nothing.
            Err(problem) if problem.status().is_client_error() => Vec::new(),
            Err(problem) => return Err(problem),
        };
        let mut all = Vec::new();
        for stored in &found {
            for name in named(&decode(stored)?) {
                if !all.contains(&name) {
                    all.push(name);
                }
            }
        }
        let all: Arc<[_]> = all.into();
        if reader.is_none() {
            self.0.insert(key, Arc::clone(&all));
        }
        Ok(all)
    }
}
