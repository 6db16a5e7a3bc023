//! Annotations: marked passages.

use std::sync::Arc;

use axum::extract::State;
use domain::Kind;
use domain::annotation::{self, Annotation};
use domain::id::{AnnotationId, ProjectId};
use runtime::{Path, Problem};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::collection::Collection;
use super::describe::{Against, Changed, Created, Repeatable};
use super::{InProject, OneOf};
use crate::answer::{Answer, Written};
use crate::body;
use crate::body::annotation::NewAnnotation;
use crate::body::patch::{Patch, merged};
use crate::execute::{Decision, Loaded};
use crate::failure::Failure;
use crate::request::{Ask, Bare};
use crate::service::Service;

/// Names the merge patch, since the description takes no generic types.
type AnnotationPatch = Patch<body::annotation::Annotation>;

/// Where annotations stand.
const ANNOTATIONS: Collection = Collection { name: "annotations", kind: Kind::Annotation };

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(post_annotation)).routes(routes!(patch_annotation, delete_annotation))
}

/// Mark a passage of a document.
#[utoipa::path(
    post, path = "/v1/projects/{project}/annotations", tag = "annotations", params(InProject, Repeatable),
    request_body = NewAnnotation, responses(Created<Written>), security(("token" = []))
)]
async fn post_annotation(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    ask: Ask<NewAnnotation>,
) -> Result<Answer, Problem> {
    Ok(mark(&service, path.project(), &ask).await?)
}

/// Marks a passage.
pub(super) async fn mark(service: &Service, project: ProjectId, ask: &Ask<NewAnnotation>) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    let command = ANNOTATIONS.creation(inside, ask, ask.body.id)?;
    let decide = |loaded: Arc<Loaded<Annotation>>| async move {
        let span = ask.body.span()?;
        let (text, document) = service.passages(project, span.document, span.revision).await?;
        let create = annotation::Command::Create { span, exact: &ask.body.exact, text: &text };
        Ok(Decision::new(loaded.state.decide(&create)?, vec![inside.reliance(), document]))
    };
    let outcome = service.create(&command, decide).await?;
    Ok(ANNOTATIONS.created(&command, &outcome, &Written::new(command.address.id, &outcome)))
}

/// Move a mark, or change what it says. Its author alone may, within its text or to a newer revision of the document.
#[utoipa::path(
    patch, path = "/v1/projects/{project}/annotations/{id}", tag = "annotations", params(OneOf, Repeatable, Against),
    request_body(content = AnnotationPatch, content_type = "application/merge-patch+json"),
    responses(Changed<Written>), security(("token" = []))
)]
async fn patch_annotation(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    ask: Ask<Value>,
) -> Result<Answer, Problem> {
    let (service, ask, project) = (&service, &ask, path.project());
    let inside = &service.enter(&ask.caller, project).await?;
    let command = ANNOTATIONS.change(inside, ask, path.id);
    let decide = |loaded: Arc<Loaded<Annotation>>| async move {
        let present = loaded.state.span().ok_or_else(|| ANNOTATIONS.absent())?;
        inside.check_change(&loaded)?;
        ask.condition.required(&loaded)?;
        let body = merged(&body::annotation::Annotation::of(present), &ask.body)?;
        let span = body.span()?;
        let (text, document) = service.passages(project, present.document, span.revision).await?;
        let revise = annotation::Command::Revise { span, exact: body.exact.as_deref(), text: &text };
        Ok(Decision::new(loaded.state.decide(&revise)?, vec![inside.reliance(), document]))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(Answer::changed(&command, &outcome, &Written::new(path.id, &outcome)))
}

/// Take a mark back. Its author alone may, and only while no reading of another person cites it.
#[utoipa::path(
    delete, path = "/v1/projects/{project}/annotations/{id}", tag = "annotations", params(OneOf, Repeatable, Against),
    responses(Changed<Written>), security(("token" = []))
)]
async fn delete_annotation(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    Bare(ask): Bare,
) -> Result<Answer, Problem> {
    let (service, ask, project) = (&service, &ask, path.project());
    let inside = &service.enter(&ask.caller, project).await?;
    let command = ANNOTATIONS.change(inside, ask, path.id);
    let decide = |loaded: Arc<Loaded<Annotation>>| async move {
        let present = loaded.state.span().ok_or_else(|| ANNOTATIONS.absent())?;
        inside.check_change(&loaded)?;
        ask.condition.required(&loaded)?;
        let mut relied_on = vec![inside.reliance()];
        let in_use = match loaded.state.live() {
            Some(_) => service.citing(project, AnnotationId::new(path.id), present.document, ask.caller.user).await?,
            None => None,
        };
        relied_on.extend(in_use);
        let retract = annotation::Command::Retract { in_use: in_use.is_some() };
        Ok(Decision::new(loaded.state.decide(&retract)?, relied_on))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(Answer::changed(&command, &outcome, &Written::new(path.id, &outcome)))
}
