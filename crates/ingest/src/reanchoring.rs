//! Re-anchoring: the annotations of a document are looked for in a text that was captured.
//!
//! The revision is recorded first, then each annotation has a record of its own, under a command id that follows from the
//! revision and the annotation. So what was interrupted goes on with a repetition: what is recorded answers for itself.
//! Who captured the revision is the author of these records, which the revision gave rise to; they say where a text has an
//! author's passage, and change nothing of what its author marked.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::anchor::{Alignment, Found, Lost, Strictness};
use domain::annotation::{self, Annotation, Loss, Span};
use domain::id::DocumentId;
use domain::{Aggregate, Kind};
use futures::{StreamExt, TryStreamExt, stream};
use runtime::Problem;
use tokio::sync::Mutex;
use uuid::Uuid;
use wire::record::Reliance;
use wire::view::resource;

use crate::auth::Inside;
use crate::execute::{Command, Decision, Loaded, Outcome};
use crate::failure::Failure;
use crate::service::Service;
use crate::surroundings::TEXT_ERASED;

/// Annotations of one revision that are under way at the same time: so many records are acknowledged about as fast as one.
const IN_FLIGHT: usize = 32;

/// A revision that was recorded.
pub(crate) struct Captured<'a> {
    /// Who captured it, where.
    pub inside: &'a Inside,
    /// The command that captured it.
    pub command: &'a Command,
    /// What became of that command.
    pub outcome: &'a Outcome,
    /// The number of the revision.
    pub revision: u32,
    /// What counts as the same passage.
    pub strictness: Strictness,
}

/// What became of the annotations.
pub(crate) struct Carried {
    /// How many were found.
    pub reanchored: u32,
    /// Those that were not, in the order of their creation.
    pub lost: Vec<Uuid>,
    /// Those among them that stand in several places.
    pub ambiguous: Vec<Uuid>,
    /// The position of the last record, that of the revision included.
    pub sequence: u64,
}

impl Service {
    /// Looks for the annotations that were made before the revision was recorded.
    pub(crate) async fn reanchor(&self, captured: &Captured<'_>) -> Result<Carried, Failure> {
        let carrying = Carrying { service: self, captured, alignments: Mutex::default(), turn: Mutex::default() };
        let mut carried =
            Carried { reanchored: 0, lost: Vec::new(), ambiguous: Vec::new(), sequence: captured.outcome.sequence };
        let mut after = 0;
        loop {
            let page = carrying.page(after).await?;
            let outcomes: Vec<(Uuid, Option<Outcome>)> =
                stream::iter(page.ids).map(|id| carrying.carry(id)).buffered(IN_FLIGHT).try_collect().await?;
            for (id, outcome) in outcomes {
                carried.count(id, outcome);
            }
            match page.next {
                Some(next) => after = next,
                None => return Ok(carried),
            }
        }
    }
}

impl Carried {
    fn count(&mut self, id: Uuid, outcome: Option<Outcome>) {
        let Some(Outcome { events, sequence, .. }) = outcome else { return };
        self.sequence = self.sequence.max(sequence);
        for event in events.iter().filter_map(Annotation::own) {
            match event {
                annotation::Event::AnnotationReanchored(_) => self.reanchored += 1,
                annotation::Event::AnnotationAnchorLost(Loss { reason, revision: _ }) => {
                    self.lost.push(id);
                    if *reason == Lost::Ambiguous {
                        self.ambiguous.push(id);
                    }
                }
                annotation::Event::AnnotationCreated(_)
                | annotation::Event::AnnotationRevised(_)
                | annotation::Event::AnnotationRetracted => {}
            }
        }
    }
}

/// Annotations of a document.
struct Page {
    ids: Vec<Uuid>,
    next: Option<u64>,
}

struct Carrying<'a> {
    service: &'a Service,
    captured: &'a Captured<'a>,
    /// The comparisons with this text, by the revision that is compared.
    alignments: Mutex<BTreeMap<u32, Arc<Alignment>>>,
    /// Held while a passage is looked for: one request takes one processor.
    turn: Mutex<()>,
}

impl Carrying<'_> {
    fn document(&self) -> DocumentId {
        DocumentId::new(self.captured.command.address.id)
    }

    /// The annotations that were made before the revision. Later ones were made by people who could see it.
    async fn page(&self, after: u64) -> Result<Page, Failure> {
        let Captured { inside, outcome, .. } = self.captured;
        let page = self.service.listed("annotations", inside.project, self.document(), outcome.sequence, after).await;
        let page = page.ok_or_else(|| self.incomplete())?;
        let mut ids = Vec::new();
        for item in page.items {
            let Some(resource::Of::Annotation(annotation)) = item.of else { continue };
            if annotation.position > outcome.sequence {
                return Ok(Page { ids, next: None });
            }
            ids.extend(Uuid::try_parse(&annotation.id));
        }
        Ok(Page { ids, next: page.next.filter(|next| *next < outcome.sequence) })
    }

    /// Looks for one annotation; nothing becomes of one that was retracted, or that its author moved by hand.
    async fn carry(&self, id: Uuid) -> Result<(Uuid, Option<Outcome>), Failure> {
        let Captured { inside, command, outcome, revision, .. } = *self.captured;
        let name = format!("{}/reanchor/{revision}/{id}", self.document());
        let command = Command {
            resource: "annotations",
            address: inside.address(Kind::Annotation, id),
            id: Uuid::new_v5(&inside.project.uuid(), name.as_bytes()),
            against: None,
            causation: Some(outcome.record_id),
            ..command.clone()
        };
        let document = Reliance { kind: Kind::Document, id: self.document().uuid(), revision: outcome.revision };
        let decide = |loaded: Arc<Loaded<Annotation>>| async move {
            let found = match loaded.state.live() {
                Some(span) if span.revision < revision => self.find(span).await?,
                Some(_) | None => Err(Lost::NotFound),
            };
            let reanchor = annotation::Command::Reanchor { revision, found };
            Ok(Decision::new(loaded.state.decide(&reanchor)?, vec![inside.reliance(), document]))
        };
        match self.service.change(&command, decide).await {
            Ok(outcome) => Ok((id, Some(outcome))),
            Err(Failure::Refused(_)) => Ok((id, None)),
            Err(failure) => {
                let problem = Problem::from(failure);
                tracing::warn!(annotation = %id, revision, code = problem.code(), "an annotation was not re-anchored");
                Err(self.incomplete())
            }
        }
    }

    async fn find(&self, span: &Span) -> Result<Result<Found, Lost>, Failure> {
        let alignment = match self.alignment(span.revision).await {
            // Nobody knows any more what stood there.
            Err(Failure::Refused(refusal)) if refusal.code == TEXT_ERASED => return Ok(Err(Lost::NotFound)),
            alignment => alignment?,
        };
        let (range, strictness) = (span.range(), self.captured.strictness);
        let _turn = self.turn.lock().await;
        let find = tokio::task::spawn_blocking(move || alignment.find(range, strictness));
        find.await.map_err(|_panicked| Problem::internal().into())
    }

    async fn alignment(&self, revision: u32) -> Result<Arc<Alignment>, Failure> {
        let mut alignments = self.alignments.lock().await;
        if let Some(alignment) = alignments.get(&revision) {
            return Ok(Arc::clone(alignment));
        }
        let project = self.captured.inside.project;
        let (old, _) = self.service.passages(project, self.document(), revision).await?;
        let (new, _) = self.service.passages(project, self.document(), self.captured.revision).await?;
        let compare = tokio::task::spawn_blocking(move || Arc::new(Alignment::new(old, new)));
        let alignment = compare.await.map_err(|_panicked| Failure::from(Problem::internal()))?;
        alignments.insert(revision, Arc::clone(&alignment));
        Ok(alignment)
    }

    fn incomplete(&self) -> Failure {
        let detail = "the revision was recorded, but not all annotations could be looked for in it; repeat the request \
                      with its Idempotency-Key: it goes on with the others";
        Problem::unavailable("reanchoring_incomplete", detail, RETRY_SECONDS)
            .with("revision", self.captured.revision)
            .with("idempotency_key", self.captured.command.id.to_string())
            .into()
    }
}

/// Seconds after which a repetition is worth a try.
const RETRY_SECONDS: u64 = 1;
