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

use super::collection::Collection;
use super::describe::{Created, MaybeAgainst, Repeatable};
use super::{InProject, OneOf};
use crate::answer::{Answer, Written};
use crate::body::source::{NewSource, NewSourceRelation};
use crate::execute::{Decision, Loaded};
use crate::failure::Failure;
use crate::request::Ask;
use crate::service::Service;

/// Where sources stand.
const SOURCES: Collection = Collection { name: "sources", kind: Kind::Source };

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(post_source)).routes(routes!(post_source_relation))
}

/// Register a source: an organisation that publishes.
#[utoipa::path(
    post, path = "/v1/projects/{project}/sources", tag = "sources", params(InProject, Repeatable),
    request_body = NewSource, responses(Created<Written>), security(("token" = []))
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
    let command = SOURCES.creation(inside, ask, ask.body.id)?;
    let decide = |loaded: Arc<Loaded<Source>>| async move {
        Ok(Decision::new(loaded.state.decide(ask.body.command()?)?, vec![inside.reliance()]))
    };
    let outcome = service.create(&command, decide).await?;
    Ok(SOURCES.created(&command, &outcome, &Written::new(command.address.id, &outcome)))
}

/// Say how a source is related to another.
#[utoipa::path(
    post, path = "/v1/projects/{project}/sources/{id}/relations", tag = "sources",
    params(OneOf, Repeatable, MaybeAgainst), request_body = NewSourceRelation,
    responses(Created<Written>), security(("token" = []))
)]
async fn post_source_relation(
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
    let command = SOURCES.change_below(inside, ask, id, "relations");
    let decide = |loaded: Arc<Loaded<Source>>| async move {
        SOURCES.check_there(&loaded)?;
        ask.condition.optional(&loaded)?;
        let NewSourceRelation { relation, to } = ask.body;
        let other = service.source(inside, to, "/to").await?;
        let relate = source::Command::AssertRelation { own: SourceId::new(id), relation, to };
        Ok(Decision::new(loaded.state.decide(relate)?, vec![inside.reliance(), other]))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(SOURCES.created(&command, &outcome, &Written::new(id, &outcome)))
}
