//! What somebody recorded, what a command recorded because of another record, and what rests on something: questions for
//! which the write side asks the read side.
//!
//! As with citations the read side only finds candidates: each is looked up in the log, and the decision rests on that.

use std::collections::BTreeSet;

use domain::actor::Actor;
use domain::adjudication::Adjudication;
use domain::assessment::Assessment;
use domain::derivation::Derivation;
use domain::id::ProjectId;
use domain::identity::Identity;
use domain::reading::Reading;
use domain::relation::Relation;
use domain::reversal::Rests;
use domain::{Code, Kind};
use runtime::Problem;
use uuid::Uuid;
use wire::record::{self, Record};
use wire::subject::Address;
use wire::view::ask_traces::Of;
use wire::view::{AskTraces, Records, Refusal, Reply, Request, Traced, Viewer, reply, request};

use crate::execute::{Freshness, Kept};
use crate::failure::Failure;
use crate::service::Service;

/// Records asked for at a time.
const PAGE_LEN: u32 = 200;
/// Pages asked for: what more records than these hold name is not searched to its end.
const PAGES_MAX: usize = 100;
/// How long the read side may take to fold in what was recorded before the question.
const WAIT_MS: u32 = 2_000;

/// A record with its place in the log.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    /// Its position.
    pub position: u64,
    /// The record.
    pub record: Record,
}

impl Trace {
    /// The aggregate that it belongs to.
    pub fn address(&self) -> Address {
        record::address(&self.record.envelope)
    }
}

/// Records of a page, newest first, and before which position it goes on.
pub(crate) struct Traces {
    /// The records.
    pub items: Vec<Trace>,
    /// Where to go on; none at the end.
    pub next: Option<u64>,
}

impl Service {
    /// A page of the records that have this in common, with everything that was acknowledged before.
    pub(crate) async fn traces(&self, project: ProjectId, of: Of, before: u64) -> Result<Traces, Failure> {
        let head = self.log().head().await?.last;
        let request = Request {
            // What follows from the answer holds also for what the author may not see.
            viewer: Some(Viewer { operator: true, ..Viewer::default() }),
            project: project.to_string(),
            at_least: Some(head),
            wait_ms: WAIT_MS,
            question: Some(request::Question::Traces(AskTraces { of: Some(of), limit: PAGE_LEN, before })),
            ..Request::default()
        };
        let Reply { answer, .. } = self.views().ask(request).await;
        let Records { items, next, blinded: _ } = match answer {
            Some(reply::Answer::Records(records)) => records,
            Some(reply::Answer::Refusal(Refusal { code, .. })) => {
                tracing::warn!(code, "the read side did not say what was recorded");
                return Err(unanswered());
            }
            _ => return Err(unanswered()),
        };
        let items = items.into_iter().map(|stored| {
            let record = record::decode(&stored.payload)
                .map_err(|error| Failure::damaged(&format!("position {}", stored.position), &error))?;
            Ok(Trace { position: stored.position, record })
        });
        Ok(Traces { items: items.collect::<Result<_, Failure>>()?, next })
    }

    /// Something that stands and rests on this, as the log has it.
    pub(crate) async fn resting(&self, project: ProjectId, kind: Kind, id: Uuid) -> Result<Option<Address>, Failure> {
        let mut seen = BTreeSet::new();
        let mut before = 0;
        for _page in 0..PAGES_MAX {
            let of = Of::Named(Traced { kind: kind.to_string(), id: id.to_string() });
            let Traces { items, next } = self.traces(project, of, before).await?;
            for address in items.iter().map(Trace::address) {
                if seen.insert((address.kind.as_str(), address.id)) && self.rests(&address, kind, id).await? {
                    return Ok(Some(address));
                }
            }
            match next {
                Some(next) => before = next,
                None => return Ok(None),
            }
        }
        tracing::warn!(%kind, %id, "too many records name it to look for those that rest on it");
        Err(unanswered())
    }

    async fn rests(&self, address: &Address, kind: Kind, id: Uuid) -> Result<bool, Failure> {
        match address.kind {
            Kind::Actor => self.rests_as::<Actor>(address, kind, id).await,
            Kind::Relation => self.rests_as::<Relation>(address, kind, id).await,
            Kind::Reading => self.rests_as::<Reading>(address, kind, id).await,
            Kind::Derivation => self.rests_as::<Derivation>(address, kind, id).await,
            Kind::Assessment => self.rests_as::<Assessment>(address, kind, id).await,
            Kind::Identity => self.rests_as::<Identity>(address, kind, id).await,
            Kind::Adjudication => self.rests_as::<Adjudication>(address, kind, id).await,
            // These name nothing that can be taken back; but for a task, of which what was submitted may be retracted all the
            // same.
            Kind::Project
            | Kind::User
            | Kind::Source
            | Kind::Document
            | Kind::Incident
            | Kind::Annotation
            | Kind::Task
            | Kind::Import => Ok(false),
        }
    }

    async fn rests_as<A: Kept + Rests>(&self, address: &Address, kind: Kind, id: Uuid) -> Result<bool, Failure> {
        Ok(self.load::<A>(address, Freshness::Now).await?.state.rests_on(kind, id))
    }
}

fn unanswered() -> Failure {
    let detail = "it cannot be told now what was recorded before; nothing was stored, try again";
    Problem::unavailable("views_unavailable", detail, 1).into()
}
