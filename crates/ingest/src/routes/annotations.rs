//! Annotations: marked passages.

use std::sync::Arc;

use axum::extract::State;
use domain::Kind;
use domain::access::Action;
use domain::annotation::{self, Annotation};
use domain::id::{AnnotationId, ProjectId};
use runtime::{Path, Problem};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::describe::{Against, Changed, Created, Repeatable};
use super::{InProject, OneOf, absent};
use crate::answer::{Answer, Written};
use crate::body;
use crate::body::annotation::NewAnnotation;
use crate::body::patch::{Patch, merged};
use crate::execute::{Decision, Loaded};
use crate::failure::Failure;
use crate::request::{Ask, Bare, Empty};
use crate::service::Service;

/// Names the merge patch, since the description takes no generic types.
type AnnotationPatch = Patch<body::annotation::Annotation>;

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(post_annotation)).routes(routes!(patch_annotation, delete_annotation))
}

/// Mark a passage of a document.
#[utoipa::path(
    post, path = "/v1/projects/{project}/annotations", tag = "annotations", params(InProject, Repeatable),
    request_body = NewAnnotation, responses(Created<Written>, Problem), security(("token" = []))
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
    inside.check(Action::Create, Kind::Annotation)?;
    let path = format!("projects/{project}/annotations");
    let naming = ask.naming(project, ask.body.id, &path);
    let command = ask.command("annotations", inside.address(Kind::Annotation, naming.id), naming.command_id, &path);
    let decide = |loaded: Arc<Loaded<Annotation>>| async move {
        let span = ask.body.span()?;
        let (text, document) = service.passages(project, span.document, span.revision).await?;
        let create = annotation::Command::Create { span, exact: &ask.body.exact, text: &text };
        Ok(Decision::new(loaded.state.decide(&create)?, vec![inside.reliance(), document]))
    };
    let outcome = service.create(&command, decide).await?;
    let body = Written::new(naming.id, &outcome);
    Ok(Answer::created(&command, &outcome, &format!("{path}/{}", naming.id), &body))
}

/// Move a mark within its text, or change what it says. Its author alone may.
#[utoipa::path(
    patch, path = "/v1/projects/{project}/annotations/{id}", tag = "annotations", params(OneOf, Repeatable, Against),
    request_body(content = AnnotationPatch, content_type = "application/merge-patch+json"),
    responses(Changed<Written>, Problem), security(("token" = []))
)]
async fn patch_annotation(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    ask: Ask<Value>,
) -> Result<Answer, Problem> {
    Ok(revise(&service, &path, &ask).await?)
}

async fn revise(service: &Service, path: &OneOf, ask: &Ask<Value>) -> Result<Answer, Failure> {
    let (project, id) = (path.project(), path.id);
    let inside = &service.enter(&ask.caller, project).await?;
    let command = ask.change(
        "annotations",
        inside.address(Kind::Annotation, id),
        &format!("projects/{project}/annotations/{id}"),
    );
    let decide = |loaded: Arc<Loaded<Annotation>>| async move {
        let present = loaded.state.span().ok_or_else(|| absent(Kind::Annotation))?;
        inside.check_change(&loaded)?;
        ask.condition.required(&loaded)?;
        let body = merged(&body::annotation::Annotation::of(present), &ask.body)?;
        let (text, document) = service.passages(project, present.document, present.revision).await?;
        let revise = annotation::Command::Revise { span: body.span()?, exact: body.exact.as_deref(), text: &text };
        Ok(Decision::new(loaded.state.decide(&revise)?, vec![inside.reliance(), document]))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(Answer::changed(&command, &outcome, &Written::new(id, &outcome)))
}

/// Take a mark back. Its author alone may, and only while no reading of another person cites it.
#[utoipa::path(
    delete, path = "/v1/projects/{project}/annotations/{id}", tag = "annotations", params(OneOf, Repeatable, Against),
    responses(Changed<Written>, Problem), security(("token" = []))
)]
async fn delete_annotation(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    Bare(ask): Bare,
) -> Result<Answer, Problem> {
    Ok(retract(&service, &path, &ask).await?)
}

async fn retract(service: &Service, path: &OneOf, ask: &Ask<Empty>) -> Result<Answer, Failure> {
    let (project, id) = (path.project(), path.id);
    let inside = &service.enter(&ask.caller, project).await?;
    let command = ask.change(
        "annotations",
        inside.address(Kind::Annotation, id),
        &format!("projects/{project}/annotations/{id}"),
    );
    let decide = |loaded: Arc<Loaded<Annotation>>| async move {
        let present = loaded.state.span().ok_or_else(|| absent(Kind::Annotation))?;
        inside.check_change(&loaded)?;
        ask.condition.required(&loaded)?;
        let mut relied_on = vec![inside.reliance()];
        let in_use = match loaded.state.live() {
            Some(_) => service.citing(project, AnnotationId::new(id), present.document, ask.caller.user).await?,
            None => None,
        };
        relied_on.extend(in_use);
        let retract = annotation::Command::Retract { in_use: in_use.is_some() };
        Ok(Decision::new(loaded.state.decide(&retract)?, relied_on))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(Answer::changed(&command, &outcome, &Written::new(id, &outcome)))
}
