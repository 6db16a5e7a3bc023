//! Sources and how they are related.

use std::sync::Arc;

use axum::extract::State;
use domain::Kind;
use domain::access::Action;
use domain::id::{ProjectId, SourceId};
use domain::source::{self, Source};
use runtime::{Path, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::describe::{Created, MaybeAgainst, Repeatable};
use super::{InProject, OneOf, absent};
use crate::answer::{Answer, Written};
use crate::body::source::{NewSource, NewSourceRelation};
use crate::execute::{Decision, Loaded};
use crate::failure::Failure;
use crate::request::Ask;
use crate::service::Service;

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(post_source)).routes(routes!(post_relation))
}

/// Register a source: an organisation that publishes.
#[utoipa::path(
    post, path = "/v1/projects/{project}/sources", tag = "sources", params(InProject, Repeatable),
    request_body = NewSource, responses(Created<Written>, Problem), security(("token" = []))
)]
async fn post_source(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    ask: Ask<NewSource>,
) -> Result<Answer, Problem> {
    Ok(register(&service, path.project(), &ask).await?)
}

/// Registers a source.
pub(super) async fn register(service: &Service, project: ProjectId, ask: &Ask<NewSource>) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    inside.check(Action::Create, Kind::Source)?;
    let path = format!("projects/{project}/sources");
    let naming = ask.naming(project, ask.body.id, &path);
    let command = ask.command("sources", inside.address(Kind::Source, naming.id), naming.command_id, &path);
    let decide = |loaded: Arc<Loaded<Source>>| async move {
        Ok(Decision::new(loaded.state.decide(ask.body.command()?)?, vec![inside.reliance()]))
    };
    let outcome = service.create(&command, decide).await?;
    let body = Written::new(naming.id, &outcome);
    Ok(Answer::created(&command, &outcome, &format!("{path}/{}", naming.id), &body))
}

/// Say how a source is related to another.
#[utoipa::path(
    post, path = "/v1/projects/{project}/sources/{id}/relations", tag = "sources",
    params(OneOf, Repeatable, MaybeAgainst), request_body = NewSourceRelation,
    responses(Created<Written>, Problem), security(("token" = []))
)]
async fn post_relation(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    ask: Ask<NewSourceRelation>,
) -> Result<Answer, Problem> {
    Ok(relate(&service, path.project(), path.id, &ask).await?)
}

/// Says how a source is related to another.
pub(super) async fn relate(
    service: &Service,
    project: ProjectId,
    id: Uuid,
    ask: &Ask<NewSourceRelation>,
) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    inside.check(Action::Create, Kind::Source)?;
    let path = format!("projects/{project}/sources/{id}/relations");
    let command = ask.change("sources", inside.address(Kind::Source, id), &path);
    let decide = |loaded: Arc<Loaded<Source>>| async move {
        if loaded.revision == 0 {
            return Err(absent(Kind::Source).into());
        }
        ask.condition.optional(&loaded)?;
        let NewSourceRelation { relation, to } = ask.body;
        let other = service.source(project, to, "/to").await?;
        let relate = source::Command::AssertRelation { own: SourceId::new(id), relation, to };
        Ok(Decision::new(loaded.state.decide(relate)?, vec![inside.reliance(), other]))
    };
    let outcome = service.change(&command, decide).await?;
    let body = Written::new(id, &outcome);
    Ok(Answer::created(&command, &outcome, &format!("projects/{project}/sources/{id}"), &body))
}
