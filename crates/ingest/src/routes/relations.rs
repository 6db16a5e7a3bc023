//! Relations between actors, and disputes of them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use domain::Kind;
use domain::access::Action;
use domain::id::ProjectId;
use domain::relation::{self, Relation};
use runtime::{Path, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::collection::Collection;
use super::describe::{Against, Changed, Created, MaybeAgainst, Repeatable};
use super::{InProject, OneOf};
use crate::answer::{Answer, Written};
use crate::auth::Inside;
use crate::body::relation::{NewDispute, NewRelation};
use crate::execute::{Decision, Loaded};
use crate::failure::Failure;
use crate::request::{Ask, Bare};
use crate::service::Service;

/// Where relations stand.
const RELATIONS: Collection = Collection { name: "relations", kind: Kind::Relation };

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(post_relation))
        .routes(routes!(delete_relation))
        .routes(routes!(post_dispute, delete_dispute))
}

/// Record a possible edge between two actors.
#[utoipa::path(
    post, path = "/v1/projects/{project}/relations", tag = "relations", params(InProject, Repeatable),
    request_body = NewRelation, responses(Created<Written>), security(("token" = []))
)]
async fn post_relation(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    ask: Ask<NewRelation>,
) -> Result<Answer, Problem> {
    Ok(register(&service, path.project(), &ask).await?)
}

/// Records a relation.
pub(super) async fn register(service: &Service, project: ProjectId, ask: &Ask<NewRelation>) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    let command = RELATIONS.creation(inside, ask, ask.body.id)?;
    let decide = |loaded: Arc<Loaded<Relation>>| async move {
        let edge = ask.body.edge()?;
        let actors = [(edge.from, "/from".to_owned()), (edge.to, "/to".to_owned())];
        let mut relied_on = service.actors(inside, &actors).await?;
        relied_on.extend(service.evidence(inside, &edge.evidence).await?);
        relied_on.push(inside.reliance());
        Ok(Decision::new(loaded.state.decide(relation::Command::Register(edge))?, relied_on))
    };
    let outcome = service.create(&command, decide).await?;
    Ok(RELATIONS.created(&command, &outcome, &Written::new(command.address.id, &outcome)))
}

/// Take a relation back.
#[utoipa::path(
    delete, path = "/v1/projects/{project}/relations/{id}", tag = "relations", params(OneOf, Repeatable, Against),
    responses(Changed<Written>), security(("token" = []))
)]
async fn delete_relation(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    Bare(ask): Bare,
) -> Result<Answer, Problem> {
    let (service, ask) = (&service, &ask);
    let inside = &service.enter(&ask.caller, path.project()).await?;
    let command = RELATIONS.change(inside, ask, path.id);
    let decide = |loaded: Arc<Loaded<Relation>>| async move {
        RELATIONS.check_there(&loaded)?;
        inside.check_change(&loaded)?;
        ask.condition.required(&loaded)?;
        Ok(Decision::new(loaded.state.decide(relation::Command::Withdraw)?, vec![inside.reliance()]))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(Answer::changed(&command, &outcome, &Written::new(path.id, &outcome)))
}

/// Dispute a relation: while anybody does, it is open.
#[utoipa::path(
    post, path = "/v1/projects/{project}/relations/{id}/dispute", tag = "relations",
    params(OneOf, Repeatable, MaybeAgainst), request_body = NewDispute,
    responses(Created<Written>), security(("token" = []))
)]
async fn post_dispute(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    ask: Ask<NewDispute>,
) -> Result<Answer, Problem> {
    Ok(dispute(&service, path.project(), path.id, &ask).await?)
}

/// Disputes a relation.
pub(super) async fn dispute(
    service: &Service,
    project: ProjectId,
    id: Uuid,
    ask: &Ask<NewDispute>,
) -> Result<Answer, Failure> {
    let inside = service.enter(&ask.caller, project).await?;
    let dispute = relation::Command::Dispute { author: ask.caller.user, reason: ask.body.reason()? };
    contest(service, &inside, id, ask, &dispute).await
}

/// Withdraw the own dispute of a relation.
#[utoipa::path(
    delete, path = "/v1/projects/{project}/relations/{id}/dispute", tag = "relations",
    params(OneOf, Repeatable, MaybeAgainst), responses(Changed<Written>), security(("token" = []))
)]
async fn delete_dispute(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    Bare(ask): Bare,
) -> Result<Answer, Problem> {
    let inside = service.enter(&ask.caller, path.project()).await?;
    let withdraw = relation::Command::WithdrawDispute { author: ask.caller.user };
    let contested = contest(&service, &inside, path.id, &ask, &withdraw).await?;
    Ok(Answer { status: StatusCode::OK, ..contested })
}

/// Disputes a relation or no longer does. The answer is that of a dispute: 201, and where the relation can be read.
async fn contest<T: Sync>(
    service: &Service,
    inside: &Inside,
    id: Uuid,
    ask: &Ask<T>,
    asked: &relation::Command,
) -> Result<Answer, Failure> {
    inside.check(Action::Contest, Kind::Relation)?;
    let command = RELATIONS.change_below(inside, ask, id, "dispute");
    let decide = |loaded: Arc<Loaded<Relation>>| async move {
        RELATIONS.check_there(&loaded)?;
        ask.condition.optional(&loaded)?;
        Ok(Decision::new(loaded.state.decide(asked.clone())?, vec![inside.reliance()]))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(RELATIONS.created(&command, &outcome, &Written::new(id, &outcome)))
}
