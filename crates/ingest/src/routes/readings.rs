//! Readings: what one annotator says that a passage says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use domain::annotation::{self, Anchoring, Annotation};
use domain::claim::Claim;
use domain::id::{AnnotationId, ProjectId, derived};
use domain::project::Project;
use domain::reading::{self, Reading, Surroundings};
use domain::{Event, Kind};
use runtime::{Path, Problem};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::record::Reliance;

use super::collection::Collection;
use super::describe::{Against, Changed, Created, Repeatable};
use super::{InProject, OneOf};
use crate::answer::{Answer, ReadingWritten, Written};
use crate::auth::{Inside, project_address};
use crate::body::patch::{Patch, merged};
use crate::body::reading::{INLINE_MAX, NewReading};
use crate::execute::{Along, Command, Decision, Loaded, Outcome};
use crate::failure::Failure;
use crate::request::{Ask, Bare, Empty};
use crate::service::Service;

/// Names the merge patch, since the description takes no generic types.
type ReadingPatch = Patch<NewReading>;

/// Where readings stand.
pub(super) const READINGS: Collection = Collection { name: "readings", kind: Kind::Reading };

/// Where blank readings stand; each can be read among all readings.
pub(super) const NO_CLAIMS: Collection = Collection { name: "no-claims", kind: Kind::Reading };

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(post_reading)).routes(routes!(patch_reading, delete_reading))
}

/// Record what a passage says.
#[utoipa::path(
    post, path = "/v1/projects/{project}/readings", tag = "readings", params(InProject, Repeatable),
    request_body = NewReading, responses(Created<ReadingWritten>), security(("token" = []))
)]
async fn post_reading(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    ask: Ask<NewReading>,
) -> Result<Answer, Problem> {
    Ok(read(&service, path.project(), &ask).await?)
}

/// Records a reading.
pub(super) async fn read(service: &Service, project: ProjectId, ask: &Ask<NewReading>) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    let command = &READINGS.creation(inside, ask, ask.body.id)?;
    let remarks = &Remarks::default();
    let decide = |loaded: Arc<Loaded<Reading>>| async move {
        let prepared = prepare(service, inside, command, &ask.body).await?;
        let claim = prepared.claim.clone();
        let read = reading::Command::Read { claim, surroundings: &prepared.surroundings };
        let events = loaded.state.decide(read)?;
        Ok(prepared.decision(events, remarks))
    };
    let outcome = service.create(command, decide).await?;
    let body = written(service, inside, command, &outcome, remarks).await?;
    Ok(READINGS.created(command, &outcome, &body))
}

/// Change what a reading says. Its author alone may.
#[utoipa::path(
    patch, path = "/v1/projects/{project}/readings/{id}", tag = "readings", params(OneOf, Repeatable, Against),
    request_body(content = ReadingPatch, content_type = "application/merge-patch+json"),
    responses(Changed<ReadingWritten>), security(("token" = []))
)]
async fn patch_reading(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    ask: Ask<Value>,
) -> Result<Answer, Problem> {
    let (service, ask) = (&service, &ask);
    let inside = &service.enter(&ask.caller, path.project()).await?;
    let command = &READINGS.change(inside, ask, path.id);
    let remarks = &Remarks::default();
    let decide = |loaded: Arc<Loaded<Reading>>| async move {
        let present = loaded.state.claim().ok_or_else(|| READINGS.absent())?;
        inside.check_change(&loaded)?;
        ask.condition.required(&loaded)?;
        let body = merged(&NewReading::of(present), &ask.body)?;
        let prepared = prepare(service, &inside.knowing([present]), command, &body).await?;
        let claim = prepared.claim.clone();
        let revise = reading::Command::Revise { claim, surroundings: &prepared.surroundings };
        let events = loaded.state.decide(revise)?;
        Ok(prepared.decision(events, remarks))
    };
    let outcome = service.change(command, decide).await?;
    let body = written(service, inside, command, &outcome, remarks).await?;
    Ok(Answer::changed(command, &outcome, &body))
}

/// A claim with everything that it names.
struct Prepared {
    claim: Claim,
    surroundings: Surroundings,
    relied_on: Vec<Reliance>,
    along: Vec<Along>,
}

/// What is odd about the claim in the surroundings of the last decision.
type Remarks = Mutex<Vec<&'static str>>;

impl Prepared {
    fn decision(self, events: Vec<reading::Event>, remarks: &Remarks) -> Decision<reading::Event> {
        *remarks.lock().unwrap_or_else(PoisonError::into_inner) = self.surroundings.remarks(&self.claim);
        Decision { events, relied_on: self.relied_on, along: self.along }
    }
}

/// Checks the passages to mark, and looks up what the claim names.
async fn prepare(
    service: &Service,
    inside: &Inside,
    command: &Command,
    body: &NewReading,
) -> Result<Prepared, Failure> {
    let passages = body.passages()?;
    let ids: Vec<AnnotationId> = (1..=passages.len()).map(|n| marked_id(inside.project, command, n)).collect();
    let claim = body.claim(&ids)?;
    claim.check()?;
    let mut relied_on = vec![inside.reliance()];
    let mut marked = BTreeMap::new();
    let mut along = Vec::new();
    for (id, (at, passage)) in ids.into_iter().zip(passages) {
        let pointer = format!("/evidence/{at}");
        let span = passage.span();
        let text = service.passages(inside.project, span.document, span.revision).await;
        let (text, document) = text.map_err(|failure| failure.below(&pointer))?;
        let create = annotation::Command::Create { span: span.clone(), exact: &passage.exact, text: &text };
        let events = Annotation::default().decide(&create).map_err(|rejection| rejection.below(&pointer))?;
        let events = events.into_iter().map(Event::from).collect();
        if !relied_on.contains(&document) {
            relied_on.push(document);
        }
        marked.insert(id, Annotation::Live { author: command.author, span, anchoring: Anchoring::default() });
        along.push(Along { address: inside.address(Kind::Annotation, id.uuid()), events });
    }
    let (surroundings, named) = service.surroundings(inside, &claim, marked).await?;
    relied_on.extend(named);
    Ok(Prepared { claim, surroundings, relied_on, along })
}

/// The id of the n-th passage that a command marks along, counted from 1.
fn marked_id(project: ProjectId, command: &Command, n: usize) -> AnnotationId {
    AnnotationId::new(derived(project, command.author, command.id, n))
}

/// The answer, which is the same for a repetition: then it rests on the record and on what that relied on.
async fn written(
    service: &Service,
    inside: &Inside,
    command: &Command,
    outcome: &Outcome,
    remarks: &Remarks,
) -> Result<ReadingWritten, Failure> {
    let claim = outcome.events.iter().find_map(|event| match event {
        Event::Reading(reading::Event::ClaimRead(claim) | reading::Event::ClaimReadingRevised(claim)) => Some(claim),
        _ => None,
    });
    let claim = claim.ok_or_else(|| Failure::damaged(&command.address, &"the record holds no claim"))?;
    let mut warnings = std::mem::take(&mut *remarks.lock().unwrap_or_else(PoisonError::into_inner));
    if outcome.replayed {
        warnings = service.surroundings_then(inside.project, claim, &outcome.relied_on).await?.remarks(claim);
    }
    warnings.extend(codebook_remarks(service, inside, claim, &outcome.relied_on).await?);
    let marked = (1..=INLINE_MAX)
        .map(|n| marked_id(inside.project, command, n))
        .filter(|id| claim.evidence.contains(id))
        .map(AnnotationId::uuid);
    Ok(ReadingWritten {
        id: command.address.id,
        revision: outcome.revision,
        sequence: outcome.sequence,
        annotations: marked.collect(),
        warnings,
    })
}

/// Where a claim uses terms that the codebook did not have at the project's revision that was relied on.
async fn codebook_remarks(
    service: &Service,
    inside: &Inside,
    claim: &Claim,
    relied_on: &[Reliance],
) -> Result<Vec<&'static str>, Failure> {
    let remarks = |project: &Project| match project {
        Project::Open(open) => open.codebooks.last().map(|codebook| codebook.remarks(claim)).unwrap_or_default(),
        Project::Absent => Vec::new(),
    };
    let now = inside.reliance();
    match relied_on.iter().find(|on| on.kind == Kind::Project) {
        Some(then) if then.revision != now.revision => {
            let project = service.load_at::<Project>(&project_address(inside.project), then.revision).await?;
            Ok(remarks(&project.state))
        }
        _ => Ok(remarks(&inside.loaded.state)),
    }
}

/// Take a reading back. Its author alone may.
#[utoipa::path(
    delete, path = "/v1/projects/{project}/readings/{id}", tag = "readings", params(OneOf, Repeatable, Against),
    responses(Changed<Written>), security(("token" = []))
)]
async fn delete_reading(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    Bare(ask): Bare,
) -> Result<Answer, Problem> {
    Ok(retract(&service, &path, &ask, Form::Claim).await?)
}

/// What a reading says: both forms are one kind of aggregate, and each has its own path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A claim.
    Claim,
    /// That there is none.
    Blank,
}

/// Takes a reading back.
pub(super) async fn retract(service: &Service, path: &OneOf, ask: &Ask<Empty>, form: Form) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, path.project()).await?;
    let collection = match form {
        Form::Claim => READINGS,
        Form::Blank => NO_CLAIMS,
    };
    let command = collection.change(inside, ask, path.id);
    let decide = |loaded: Arc<Loaded<Reading>>| async move {
        let there = match &loaded.state {
            Reading::Absent => None,
            Reading::Claim { .. } | Reading::Retracted { .. } => Some(Form::Claim),
            Reading::Blank { .. } | Reading::BlankRetracted { .. } => Some(Form::Blank),
        };
        if there != Some(form) {
            return Err(collection.absent().into());
        }
        inside.check_change(&loaded)?;
        ask.condition.required(&loaded)?;
        Ok(Decision::new(loaded.state.decide(reading::Command::Retract)?, vec![inside.reliance()]))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(Answer::changed(&command, &outcome, &Written::new(path.id, &outcome)))
}
