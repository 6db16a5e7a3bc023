//! Origins: passages that are declared to be one, whatever they derive from.

use std::sync::Arc;

use axum::extract::State;
use domain::Kind;
use domain::access::Action;
use domain::derivation::Derivation;
use domain::id::ProjectId;
use runtime::{Path, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::InProject;
use super::collection::Collection;
use super::derivations::DERIVATIONS;
use super::describe::{Created, Repeatable};
use crate::answer::{Answer, Written};
use crate::body::derivation::NewOrigin;
use crate::execute::{Decision, Loaded};
use crate::failure::Failure;
use crate::request::Ask;
use crate::service::Service;

/// Where origins stand; each can be read among the derivations.
const ORIGINS: Collection = Collection { name: "origins", kind: Kind::Derivation };

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(post_origin))
}

/// Declare that a passage is an origin, whatever it derives from.
#[utoipa::path(
    post, path = "/v1/projects/{project}/origins", tag = "derivations", params(InProject, Repeatable),
    request_body = NewOrigin, responses(Created<Written>), security(("token" = []))
)]
async fn post_origin(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    ask: Ask<NewOrigin>,
) -> Result<Answer, Problem> {
    Ok(declare(&service, path.project(), &ask).await?)
}

/// Declares an origin.
pub(super) async fn declare(service: &Service, project: ProjectId, ask: &Ask<NewOrigin>) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    // A declaration overrules what derivations say, so that it takes somebody who may judge those of others.
    inside.check(Action::Change { own: false }, Kind::Derivation)?;
    let command = ORIGINS.creation(inside, ask, ask.body.id)?;
    let decide = |loaded: Arc<Loaded<Derivation>>| async move {
        let declare = ask.body.command()?;
        let mut relied_on = service.live_annotations(inside, &[(ask.body.annotation, "/annotation")]).await?;
        relied_on.push(inside.reliance());
        Ok(Decision::new(loaded.state.decide(declare)?, relied_on))
    };
    let outcome = service.create(&command, decide).await?;
    Ok(DERIVATIONS.created(&command, &outcome, &Written::new(command.address.id, &outcome)))
}
