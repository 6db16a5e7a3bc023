//! Which incidents and documents a record is about.
//!
//! A record names what its own events name, and a later one of an aggregate often names nothing: a retraction says no more
//! than that. So a record is about whatever its aggregate has named up to it; and what cites an annotation is about its
//! document.

use std::sync::Arc;

use domain::Kind;
use moka::sync::Cache;
use runtime::Problem;
use uuid::Uuid;
use wire::record::Record;
use wire::view::AskHistory;
use wire::view::reply::Answer;
use wire::view::request::Question;

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
    /// Itself, and what else is an incident, a document or an annotation.
    pub named: Vec<(Kind, Uuid)>,
}

/// What a record names by itself.
pub(super) fn about(record: &Record) -> About {
    let envelope = &record.envelope;
    About { kind: envelope.kind, id: envelope.id, revision: envelope.revision, named: named(record) }
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
    pub async fn admits(&self, app: &App, project: Uuid, filter: &Filter, item: &Item) -> Result<bool, Problem> {
        let About { kind, id, revision, named } = &item.about;
        let mut named = named.clone();
        if *revision > 1 {
            named.extend(self.up_to(app, project, (*kind, *id, *revision), item.position).await?.iter());
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
            let cited = self.up_to(app, project, (kind, id, 1), item.position).await?;
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
        (kind, id, revision): (Kind, Uuid, u64),
        position: u64,
    ) -> Result<Arc<[(Kind, Uuid)]>, Problem> {
        let key = (project, kind, id, revision);
        if let Some(known) = self.0.get(&key) {
            return Ok(known);
        }
        let limit = u32::try_from(revision.min(HISTORY_MAX)).unwrap_or(u32::MAX);
        let question = Question::History(AskHistory { kind: kind.to_string(), id: id.to_string(), limit, after: 0 });
        let moment = Moment { at_least: Some(position), wait_ms: PAGE_WAIT_MS, ..Moment::default() };
        let found = match ask(app, everyone(), Some(project), moment, question).await {
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
        self.0.insert(key, Arc::clone(&all));
        Ok(all)
    }
}
