//! Which readings cite an annotation, and what stands in a document: questions for which the write side asks the read side.
//!
//! The read side only finds candidates; each is then looked up in the log, and the decision rests on that.

use domain::Kind;
use domain::id::{AnnotationId, DocumentId, ProjectId, UserId};
use domain::reading::Reading;
use runtime::Problem;
use uuid::Uuid;
use wire::record::Reliance;
use wire::subject::Address;
use wire::view::{Filter, List, Page, Refusal, Reply, Request, Viewer, reply, request, resource};

use crate::execute::Freshness;
use crate::failure::Failure;
use crate::service::Service;

/// Readings asked for at a time.
const PAGE_LEN: u32 = 1_000;
/// Pages asked for: a document with more readings than these hold is not searched to its end.
const PAGES_MAX: usize = 100;
/// How long the read side may take to fold in what was recorded before the question.
const WAIT_MS: u32 = 2_000;

impl Service {
    /// A live reading by another person that cites this annotation of a document, as the log has it.
    pub(crate) async fn citing(
        &self,
        project: ProjectId,
        annotation: AnnotationId,
        document: DocumentId,
        author: UserId,
    ) -> Result<Option<Reliance>, Failure> {
        let head = self.log().head().await?.last;
        let mut after = 0;
        for _page in 0..PAGES_MAX {
            let page = self.listed("readings", project, document, head, after).await.ok_or_else(unanswered)?;
            for item in page.items {
                let Some(resource::Of::Reading(reading)) = item.of else { continue };
                let cites = reading.claim.is_some_and(|claim| claim.evidence.contains(&annotation.to_string()));
                let Some(id) = Uuid::try_parse(&reading.id).ok().filter(|_| cites) else { continue };
                let address = Address { project: project.uuid(), kind: Kind::Reading, id };
                let loaded = self.load::<Reading>(&address, Freshness::Now).await?;
                let cites = loaded.state.live().is_some_and(|claim| claim.evidence.contains(&annotation));
                if cites && loaded.creator != Some(author) {
                    return Ok(Some(loaded.reliance(id)));
                }
            }
            match page.next {
                Some(next) => after = next,
                None => return Ok(None),
            }
        }
        tracing::warn!(%document, "too many readings of one document to look for citations");
        Err(unanswered())
    }

    /// A page of what a collection has of a document, whatever the caller may see of it; none if the read side does not
    /// say.
    pub(crate) async fn listed(
        &self,
        collection: &str,
        project: ProjectId,
        document: DocumentId,
        at_least: u64,
        after: u64,
    ) -> Option<Page> {
        let filter = Filter { document: Some(document.to_string()), ..Filter::default() };
        let list = List { collection: collection.to_owned(), limit: PAGE_LEN, after, filter: Some(filter) };
        let request = Request {
            // What follows from the answer holds also for what the author may not see.
            viewer: Some(Viewer { operator: true, ..Viewer::default() }),
            project: project.to_string(),
            at_least: Some(at_least),
            wait_ms: WAIT_MS,
            question: Some(request::Question::List(list)),
            ..Request::default()
        };
        let Reply { answer, .. } = self.views().ask(request).await;
        match answer {
            Some(reply::Answer::Page(page)) => Some(page),
            Some(reply::Answer::Refusal(Refusal { code, .. })) => {
                tracing::warn!(code, collection, "the read side did not say what stands in a document");
                None
            }
            _ => None,
        }
    }
}

fn unanswered() -> Failure {
    let detail = "it cannot be told now whether other readings cite this annotation; nothing was stored, try again";
    Problem::unavailable("views_unavailable", detail, 1).into()
}
