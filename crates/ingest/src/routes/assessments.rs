//! Assessments: what one person thinks of an utterance, a proposition, a document or a source.

use std::sync::Arc;

use axum::extract::State;
use domain::Kind;
use domain::assessment::{self, Assessment};
use domain::id::ProjectId;
use runtime::{Path, Problem};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::collection::Collection;
use super::describe::{Against, Changed, Created, Repeatable};
use super::{InProject, OneOf};
use crate::answer::{Answer, Written};
use crate::body::assessment::NewAssessment;
use crate::body::patch::{Patch, merged};
use crate::execute::{Decision, Loaded};
use crate::failure::Failure;
use crate::request::{Ask, Bare};
use crate::service::Service;

/// Names the merge patch, since the description takes no generic types.
type AssessmentPatch = Patch<NewAssessment>;

/// Where assessments stand.
const ASSESSMENTS: Collection = Collection { name: "assessments", kind: Kind::Assessment };

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(post_assessment)).routes(routes!(patch_assessment, delete_assessment))
}

/// Record what you think of something.
#[utoipa::path(
    post, path = "/v1/projects/{project}/assessments", tag = "assessments", params(InProject, Repeatable),
    request_body = NewAssessment, responses(Created<Written>), security(("token" = []))
)]
async fn post_assessment(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    ask: Ask<NewAssessment>,
) -> Result<Answer, Problem> {
    Ok(assess(&service, path.project(), &ask).await?)
}

/// Records an assessment.
pub(super) async fn assess(service: &Service, project: ProjectId, ask: &Ask<NewAssessment>) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    let command = ASSESSMENTS.creation(inside, ask, ask.body.id)?;
    let decide = |loaded: Arc<Loaded<Assessment>>| async move {
        let content = ask.body.content()?;
        let mut relied_on = service.assessed(inside, &content.target).await?;
        relied_on.push(inside.reliance());
        Ok(Decision::new(loaded.state.decide(assessment::Command::Record(content))?, relied_on))
    };
    let outcome = service.create(&command, decide).await?;
    Ok(ASSESSMENTS.created(&command, &outcome, &Written::new(command.address.id, &outcome)))
}

/// Think otherwise of the same. Its author alone may.
#[utoipa::path(
    patch, path = "/v1/projects/{project}/assessments/{id}", tag = "assessments", params(OneOf, Repeatable, Against),
    request_body(content = AssessmentPatch, content_type = "application/merge-patch+json"),
    responses(Changed<Written>), security(("token" = []))
)]
async fn patch_assessment(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    ask: Ask<Value>,
) -> Result<Answer, Problem> {
    let (service, ask) = (&service, &ask);
    let inside = &service.enter(&ask.caller, path.project()).await?;
    let command = ASSESSMENTS.change(inside, ask, path.id);
    let decide = |loaded: Arc<Loaded<Assessment>>| async move {
        let present = loaded.state.content().ok_or_else(|| ASSESSMENTS.absent())?;
        inside.check_change(&loaded)?;
        ask.condition.required(&loaded)?;
        let content = merged(&NewAssessment::of(present), &ask.body)?.content()?;
        Ok(Decision::new(loaded.state.decide(assessment::Command::Revise(content))?, vec![inside.reliance()]))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(Answer::changed(&command, &outcome, &Written::new(path.id, &outcome)))
}

/// Take an assessment back. Its author alone may.
#[utoipa::path(
    delete, path = "/v1/projects/{project}/assessments/{id}", tag = "assessments", params(OneOf, Repeatable, Against),
    responses(Changed<Written>), security(("token" = []))
)]
async fn delete_assessment(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    Bare(ask): Bare,
) -> Result<Answer, Problem> {
    let (service, ask) = (&service, &ask);
    let inside = &service.enter(&ask.caller, path.project()).await?;
    let command = ASSESSMENTS.change(inside, ask, path.id);
    let decide = |loaded: Arc<Loaded<Assessment>>| async move {
        ASSESSMENTS.check_there(&loaded)?;
        inside.check_change(&loaded)?;
        ask.condition.required(&loaded)?;
        Ok(Decision::new(loaded.state.decide(assessment::Command::Withdraw)?, vec![inside.reliance()]))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(Answer::changed(&command, &outcome, &Written::new(path.id, &outcome)))
}
