//! Incidents and classes of incidents.

use std::sync::Arc;

use axum::extract::State;
use domain::Kind;
use domain::access::Action;
use domain::id::ProjectId;
use domain::incident::{self, Incident};
use runtime::{Path, Problem};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::describe::{Against, Changed, Created, Repeatable};
use super::{InProject, OneOf, absent};
use crate::answer::{Answer, Written};
use crate::body::incident::{Content, NewIncident};
use crate::body::patch::{Patch, merged};
use crate::execute::{Decision, Loaded};
use crate::failure::Failure;
use crate::request::Ask;
use crate::service::Service;

/// Names the merge patch, since the description takes no generic types.
type IncidentPatch = Patch<NewIncident>;

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(post_incident)).routes(routes!(patch_incident))
}

/// Register an incident, or define a class of incidents.
#[utoipa::path(
    post, path = "/v1/projects/{project}/incidents", tag = "incidents", params(InProject, Repeatable),
    request_body = NewIncident, responses(Created<Written>, Problem), security(("token" = []))
)]
async fn post_incident(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    ask: Ask<NewIncident>,
) -> Result<Answer, Problem> {
    Ok(register(&service, path.project(), &ask).await?)
}

/// Registers an incident or defines a class.
pub(super) async fn register(service: &Service, project: ProjectId, ask: &Ask<NewIncident>) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    inside.check(Action::Create, Kind::Incident)?;
    let path = format!("projects/{project}/incidents");
    let naming = ask.naming(project, ask.body.id, &path);
    let command = ask.command("incidents", inside.address(Kind::Incident, naming.id), naming.command_id, &path);
    let decide = |loaded: Arc<Loaded<Incident>>| async move {
        let content = ask.body.content()?;
        let mut relied_on = service.actors(project, &content.actors()).await?;
        relied_on.push(inside.reliance());
        let register = match content {
            Content::Single(detail) => incident::Command::Register(detail),
            Content::Class(class) => incident::Command::DefineClass(class),
        };
        Ok(Decision::new(loaded.state.decide(register)?, relied_on))
    };
    let outcome = service.create(&command, decide).await?;
    let body = Written::new(naming.id, &outcome);
    Ok(Answer::created(&command, &outcome, &format!("{path}/{}", naming.id), &body))
}

/// Change what is known of an incident, or the definition of a class.
#[utoipa::path(
    patch, path = "/v1/projects/{project}/incidents/{id}", tag = "incidents", params(OneOf, Repeatable, Against),
    request_body(content = IncidentPatch, content_type = "application/merge-patch+json"),
    responses(Changed<Written>, Problem), security(("token" = []))
)]
async fn patch_incident(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    ask: Ask<Value>,
) -> Result<Answer, Problem> {
    Ok(revise(&service, &path, &ask).await?)
}

async fn revise(service: &Service, path: &OneOf, ask: &Ask<Value>) -> Result<Answer, Failure> {
    let (project, id) = (path.project(), path.id);
    let inside = &service.enter(&ask.caller, project).await?;
    let command =
        ask.change("incidents", inside.address(Kind::Incident, id), &format!("projects/{project}/incidents/{id}"));
    let decide = |loaded: Arc<Loaded<Incident>>| async move {
        let present = NewIncident::of(&loaded.state).ok_or_else(|| absent(Kind::Incident))?;
        inside.check_change(&loaded)?;
        ask.condition.required(&loaded)?;
        let content = merged(&present, &ask.body)?.content()?;
        let mut relied_on = service.actors(project, &content.actors()).await?;
        relied_on.push(inside.reliance());
        let revise = match content {
            Content::Single(detail) => incident::Command::Revise(detail),
            Content::Class(class) => incident::Command::RedefineClass(class),
        };
        Ok(Decision::new(loaded.state.decide(revise)?, relied_on))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(Answer::changed(&command, &outcome, &Written::new(id, &outcome)))
}
