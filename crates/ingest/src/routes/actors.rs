//! Actors and their names.

use std::sync::Arc;

use axum::extract::State;
use domain::Kind;
use domain::access::Action;
use domain::actor::{self, Actor};
use domain::id::{NameId, ProjectId, derived};
use runtime::{Path, Problem};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::collection::Collection;
use super::describe::{Changed, Created, MaybeAgainst, Repeatable};
use super::{InProject, OneOf};
use crate::answer::{Answer, Written};
use crate::body::actor::{NewActor, NewName};
use crate::execute::{Decision, Loaded};
use crate::failure::Failure;
use crate::request::{Ask, Bare};
use crate::service::Service;

/// Where actors stand.
const ACTORS: Collection = Collection { name: "actors", kind: Kind::Actor };

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(post_actor)).routes(routes!(post_name)).routes(routes!(delete_name))
}

/// Register an actor under its first name.
#[utoipa::path(
    post, path = "/v1/projects/{project}/actors", tag = "actors", params(InProject, Repeatable),
    request_body = NewActor, responses(Created<Written>), security(("token" = []))
)]
async fn post_actor(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    ask: Ask<NewActor>,
) -> Result<Answer, Problem> {
    Ok(register(&service, path.project(), &ask).await?)
}

/// Registers an actor.
pub(super) async fn register(service: &Service, project: ProjectId, ask: &Ask<NewActor>) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    let command = ACTORS.creation(inside, ask, ask.body.id)?;
    // The name is created along with the actor.
    let name_id = NameId::new(derived(project, ask.caller.user, command.id, 1));
    let decide = |loaded: Arc<Loaded<Actor>>| async move {
        let name = ask.body.name()?;
        let mut relied_on = service.evidence(inside, &name.evidence).await?;
        relied_on.push(inside.reliance());
        let register = actor::Command::Register { kind: ask.body.kind, id: name_id, name };
        Ok(Decision::new(loaded.state.decide(register)?, relied_on))
    };
    let outcome = service.create(&command, decide).await?;
    Ok(ACTORS.created(&command, &outcome, &Written::new(command.address.id, &outcome)))
}

/// Say that an actor bears a name; the answer's `id` is that of the assertion.
#[utoipa::path(
    post, path = "/v1/projects/{project}/actors/{id}/names", tag = "actors", params(OneOf, Repeatable, MaybeAgainst),
    request_body = NewName, responses(Created<Written>), security(("token" = []))
)]
async fn post_name(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    ask: Ask<NewName>,
) -> Result<Answer, Problem> {
    Ok(assert_name(&service, path.project(), path.id, &ask).await?)
}

/// Says that an actor bears a name.
pub(super) async fn assert_name(
    service: &Service,
    project: ProjectId,
    id: Uuid,
    ask: &Ask<NewName>,
) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    inside.check(Action::Create, Kind::Actor)?;
    let command = ACTORS.change_below(inside, ask, id, "names");
    let name_id = NameId::new(derived(project, ask.caller.user, command.id, 0));
    let decide = |loaded: Arc<Loaded<Actor>>| async move {
        ACTORS.check_there(&loaded)?;
        ask.condition.optional(&loaded)?;
        let name = ask.body.name()?;
        let mut relied_on = service.evidence(inside, &name.evidence).await?;
        relied_on.push(inside.reliance());
        let assert = actor::Command::AssertName { id: name_id, name };
        Ok(Decision::new(loaded.state.decide(assert)?, relied_on))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(ACTORS.created(&command, &outcome, &Written::new(name_id.uuid(), &outcome)))
}

/// The path of an actor's name.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct OneName {
    /// The project.
    project: Uuid,
    /// The actor.
    id: Uuid,
    /// The assertion of the name.
    name: Uuid,
}

/// Withdraw an asserted name. An actor keeps one.
#[utoipa::path(
    delete, path = "/v1/projects/{project}/actors/{id}/names/{name}", tag = "actors",
    params(OneName, Repeatable, MaybeAgainst), responses(Changed<Written>), security(("token" = []))
)]
async fn delete_name(
    State(service): State<Service>,
    Path(path): Path<OneName>,
    Bare(ask): Bare,
) -> Result<Answer, Problem> {
    Ok(withdraw_name(&service, &path, &ask).await?)
}

async fn withdraw_name<T: Sync>(service: &Service, path: &OneName, ask: &Ask<T>) -> Result<Answer, Failure> {
    let OneName { project, id, name } = *path;
    let inside = &service.enter(&ask.caller, ProjectId::new(project)).await?;
    let command = ACTORS.change_below(inside, ask, id, &format!("names/{name}"));
    let decide = |loaded: Arc<Loaded<Actor>>| async move {
        ACTORS.check_there(&loaded)?;
        inside.check_change(&loaded)?;
        ask.condition.optional(&loaded)?;
        let withdraw = actor::Command::WithdrawName { id: NameId::new(name) };
        Ok(Decision::new(loaded.state.decide(withdraw)?, vec![inside.reliance()]))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(Answer::changed(&command, &outcome, &Written::new(name, &outcome)))
}
