//! Incidents and classes of incidents.

use std::sync::Arc;

use axum::extract::State;
use domain::Kind;
use domain::id::ProjectId;
use domain::incident::{self, Incident};
use runtime::{Path, Problem};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::collection::Collection;
use super::describe::{Against, Changed, Created, Repeatable};
use super::{InProject, OneOf};
use crate::answer::{Answer, Written};
use crate::body::incident::{Content, NewIncident};
use crate::body::patch::{Patch, merged};
use crate::execute::{Decision, Loaded};
use crate::failure::Failure;
use crate::request::Ask;
use crate::service::Service;

/// Names the merge patch, since the description takes no generic types.
type IncidentPatch = Patch<NewIncident>;

/// Where incidents stand.
const INCIDENTS: Collection = Collection { name: "incidents", kind: Kind::Incident };

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(post_incident)).routes(routes!(patch_incident))
}

/// Register an incident, or define a class of incidents.
#[utoipa::path(
    post, path = "/v1/projects/{project}/incidents", tag = "incidents", params(InProject, Repeatable),
    request_body = NewIncident, responses(Created<Written>), security(("token" = []))
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
    let command = INCIDENTS.creation(inside, ask, ask.body.id)?;
    let decide = |loaded: Arc<Loaded<Incident>>| async move {
        let content = ask.body.content()?;
        let mut relied_on = service.actors(inside, &content.actors()).await?;
        relied_on.push(inside.reliance());
        let register = match content {
            Content::Single(detail) => incident::Command::Register(detail),
            Content::Class(class) => incident::Command::DefineClass(class),
        };
        Ok(Decision::new(loaded.state.decide(register)?, relied_on))
    };
    let outcome = service.create(&command, decide).await?;
    Ok(INCIDENTS.created(&command, &outcome, &Written::new(command.address.id, &outcome)))
}

/// Change what is known of an incident, or the definition of a class.
#[utoipa::path(
    patch, path = "/v1/projects/{project}/incidents/{id}", tag = "incidents", params(OneOf, Repeatable, Against),
    request_body(content = IncidentPatch, content_type = "application/merge-patch+json"),
    responses(Changed<Written>), security(("token" = []))
)]
async fn patch_incident(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    ask: Ask<Value>,
) -> Result<Answer, Problem> {
    let (service, ask, project) = (&service, &ask, path.project());
    let inside = &service.enter(&ask.caller, project).await?;
    let command = INCIDENTS.change(inside, ask, path.id);
    let decide = |loaded: Arc<Loaded<Incident>>| async move {
        let present = NewIncident::of(&loaded.state).ok_or_else(|| INCIDENTS.absent())?;
        inside.check_change(&loaded)?;
        ask.condition.required(&loaded)?;
        let content = merged(&present, &ask.body)?.content()?;
        let mut relied_on = service.actors(inside, &content.actors()).await?;
        relied_on.push(inside.reliance());
        let revise = match content {
            Content::Single(detail) => incident::Command::Revise(detail),
            Content::Class(class) => incident::Command::RedefineClass(class),
        };
        Ok(Decision::new(loaded.state.decide(revise)?, relied_on))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(Answer::changed(&command, &outcome, &Written::new(path.id, &outcome)))
}
