//! What adjudications are about, as the log has it, and which others are about the same.
//!
//! As with citations the read side only finds candidates: each is looked up in the log.

use domain::adjudication::{Adjudication, Target};
use domain::id::{AdjudicationId, ProjectId, UserId};
use domain::{Kind, claim};
use runtime::Problem;
use uuid::Uuid;
use wire::record::Reliance;
use wire::subject::Address;
use wire::view::{Filter, List, Page, Refusal, Reply, Request, Viewer, reply, request, resource};

use crate::auth::Inside;
use crate::execute::Freshness;
use crate::failure::Failure;
use crate::service::Service;

/// Adjudications asked for at a time.
const PAGE_LEN: u32 = 1_000;
/// Pages asked for: what so many adjudications are about is not searched to its end.
const PAGES_MAX: usize = 100;
/// How long the read side may take to fold in what was recorded before the question.
const WAIT_MS: u32 = 2_000;

/// Another adjudication that is open or ruled, with the place of the target that it is about as well.
pub(crate) struct Other {
    /// The target, by its place.
    pub at: usize,
    /// The adjudication.
    pub id: AdjudicationId,
    /// It as something that a decision looked at.
    pub reliance: Reliance,
}

impl Service {
    /// An adjudication besides this one that holds one of these targets, as the log has it.
    pub(crate) async fn adjudicating(
        &self,
        project: ProjectId,
        own: Uuid,
        targets: &[Target],
    ) -> Result<Option<Other>, Failure> {
        let head = self.log().head().await?.last;
        let mut after = 0;
        for _page in 0..PAGES_MAX {
            let page = self.adjudications(project, targets, head, after).await?;
            for item in page.items {
                let Some(resource::Of::Adjudication(adjudication)) = item.of else { continue };
                let Some(id) = Uuid::try_parse(&adjudication.id).ok().filter(|id| *id != own) else { continue };
                let address = Address { project: project.uuid(), kind: Kind::Adjudication, id };
                let loaded = self.load::<Adjudication>(&address, Freshness::Now).await?;
                if let Some(at) = loaded.state.holds(targets) {
                    return Ok(Some(Other { at, id: AdjudicationId::new(id), reliance: loaded.reliance(id) }));
                }
            }
            match page.next {
                Some(next) => after = next,
                None => return Ok(None),
            }
        }
        tracing::warn!("too many adjudications of the same to look for those that are open");
        Err(unanswered())
    }

    /// Whether this user made every one of the readings among the targets, and the readings as looked at.
    pub(crate) async fn are_own(
        &self,
        inside: &Inside,
        targets: &[Target],
        user: UserId,
    ) -> Result<(bool, Vec<Reliance>), Failure> {
        let readings = self.readings_of(inside, targets).await?;
        let is_own = !readings.is_empty() && readings.values().all(|loaded| loaded.creator == Some(user));
        Ok((is_own, readings.iter().map(|(id, loaded)| loaded.reliance(*id)).collect()))
    }

    async fn adjudications(
        &self,
        project: ProjectId,
        targets: &[Target],
        at_least: u64,
        after: u64,
    ) -> Result<Page, Failure> {
        let filter =
            Filter { targets: targets.iter().map(|target| about(target).to_string()).collect(), ..Filter::default() };
        let list = List { collection: "adjudications".to_owned(), limit: PAGE_LEN, after, filter: Some(filter) };
        let request = Request {
            // The rule holds whoever asks.
            viewer: Some(Viewer { operator: true, ..Viewer::default() }),
            project: project.to_string(),
            at_least: Some(at_least),
            wait_ms: WAIT_MS,
            question: Some(request::Question::List(list)),
            ..Request::default()
        };
        let Reply { answer, .. } = self.views().ask(request).await;
        match answer {
            Some(reply::Answer::Page(page)) => Ok(page),
            Some(reply::Answer::Refusal(Refusal { code, .. })) => {
                tracing::warn!(code, "the read side did not say what is adjudicated");
                Err(unanswered())
            }
            _ => Err(unanswered()),
        }
    }
}

/// The aggregate in whose records a target's adjudications are found.
fn about(target: &Target) -> Uuid {
    match target {
        Target::Reading(id) => id.uuid(),
        Target::Incident(id) => id.uuid(),
        Target::Proposition(about) => match about.target {
            claim::Target::Incident(id) | claim::Target::Class(id) => id.uuid(),
            claim::Target::Relation(id) => id.uuid(),
            claim::Target::Actor(id) => id.uuid(),
        },
    }
}

fn unanswered() -> Failure {
    let detail = "it cannot be told now whether another adjudication is about this; nothing was stored, try again";
    Problem::unavailable("views_unavailable", detail, 1).into()
}
