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

use super::describe::{Against, Changed, Created, MaybeAgainst, Repeatable};
use super::{InProject, OneOf, absent};
use crate::answer::{Answer, Written};
use crate::auth::Inside;
use crate::body::relation::{NewDispute, NewRelation};
use crate::execute::{Decision, Loaded};
use crate::failure::Failure;
use crate::request::{Ask, Bare, Empty};
use crate::service::Service;

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(post_relation))
        .routes(routes!(delete_relation))
        .routes(routes!(post_dispute, delete_dispute))
}

/// Record a possible edge between two actors.
#[utoipa::path(
    post, path = "/v1/projects/{project}/relations", tag = "relations", params(InProject, Repeatable),
    request_body = NewRelation, responses(Created<Written>, Problem), security(("token" = []))
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
    inside.check(Action::Create, Kind::Relation)?;
    let path = format!("projects/{project}/relations");
    let naming = ask.naming(project, ask.body.id, &path);
    let command = ask.command("relations", inside.address(Kind::Relation, naming.id), naming.command_id, &path);
    let decide = |loaded: Arc<Loaded<Relation>>| async move {
        let edge = ask.body.edge()?;
        let actors = [(edge.from, "/from".to_owned()), (edge.to, "/to".to_owned())];
        let mut relied_on = service.actors(project, &actors).await?;
        relied_on.extend(service.evidence(project, &edge.evidence).await?);
        relied_on.push(inside.reliance());
        Ok(Decision::new(loaded.state.decide(relation::Command::Register(edge))?, relied_on))
    };
    let outcome = service.create(&command, decide).await?;
    let body = Written::new(naming.id, &outcome);
    Ok(Answer::created(&command, &outcome, &format!("{path}/{}", naming.id), &body))
}

/// Take a relation back.
#[utoipa::path(
    delete, path = "/v1/projects/{project}/relations/{id}", tag = "relations", params(OneOf, Repeatable, Against),
    responses(Changed<Written>, Problem), security(("token" = []))
)]
async fn delete_relation(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    Bare(ask): Bare,
) -> Result<Answer, Problem> {
    Ok(withdraw(&service, &path, &ask).await?)
}

async fn withdraw(service: &Service, path: &OneOf, ask: &Ask<Empty>) -> Result<Answer, Failure> {
    let (project, id) = (path.project(), path.id);
    let inside = &service.enter(&ask.caller, project).await?;
    let command =
        ask.change("relations", inside.address(Kind::Relation, id), &format!("projects/{project}/relations/{id}"));
    let decide = |loaded: Arc<Loaded<Relation>>| async move {
        if loaded.revision == 0 {
            return Err(absent(Kind::Relation).into());
        }
        inside.check_change(&loaded)?;
        ask.condition.required(&loaded)?;
        Ok(Decision::new(loaded.state.decide(relation::Command::Withdraw)?, vec![inside.reliance()]))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(Answer::changed(&command, &outcome, &Written::new(id, &outcome)))
}

/// Dispute a relation: while anybody does, it is open.
#[utoipa::path(
    post, path = "/v1/projects/{project}/relations/{id}/dispute", tag = "relations",
    params(OneOf, Repeatable, MaybeAgainst), request_body = NewDispute,
    responses(Created<Written>, Problem), security(("token" = []))
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
    let created = contest(service, &inside, id, ask, &dispute).await?;
    Ok(Answer { status: StatusCode::CREATED, ..created })
}

/// Withdraw the own dispute of a relation.
#[utoipa::path(
    delete, path = "/v1/projects/{project}/relations/{id}/dispute", tag = "relations",
    params(OneOf, Repeatable, MaybeAgainst), responses(Changed<Written>, Problem), security(("token" = []))
)]
async fn delete_dispute(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    Bare(ask): Bare,
) -> Result<Answer, Problem> {
    let inside = service.enter(&ask.caller, path.project()).await?;
    let withdraw = relation::Command::WithdrawDispute { author: ask.caller.user };
    Ok(contest(&service, &inside, path.id, &ask, &withdraw).await?)
}

async fn contest<T: Sync>(
    service: &Service,
    inside: &Inside,
    id: Uuid,
    ask: &Ask<T>,
    asked: &relation::Command,
) -> Result<Answer, Failure> {
    inside.check(Action::Contest, Kind::Relation)?;
    let path = format!("projects/{}/relations/{id}", inside.project);
    let command = ask.change("relations", inside.address(Kind::Relation, id), &format!("{path}/dispute"));
    let decide = |loaded: Arc<Loaded<Relation>>| async move {
        if loaded.revision == 0 {
            return Err(absent(Kind::Relation).into());
        }
        ask.condition.optional(&loaded)?;
        Ok(Decision::new(loaded.state.decide(asked.clone())?, vec![inside.reliance()]))
    };
    let outcome = service.change(&command, decide).await?;
    let location = Some(format!("/v1/{path}"));
    Ok(Answer { location, ..Answer::changed(&command, &outcome, &Written::new(id, &outcome)) })
}
