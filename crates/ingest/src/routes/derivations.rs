//! Derivations of passages from others, and verdicts on them.

use std::sync::Arc;

use axum::extract::State;
use domain::Kind;
use domain::derivation::{self, Derivation, Verdict};
use domain::id::ProjectId;
use runtime::{Path, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::collection::Collection;
use super::describe::{Against, Changed, Created, Repeatable};
use super::{InProject, OneOf};
use crate::answer::{Answer, Written};
use crate::body::derivation::{NewDerivation, NewVerdict};
use crate::execute::{Decision, Loaded};
use crate::failure::Failure;
use crate::request::Ask;
use crate::service::Service;

/// Where derivations stand.
pub(super) const DERIVATIONS: Collection = Collection { name: "derivations", kind: Kind::Derivation };

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(post_derivation)).routes(routes!(put_verdict))
}

/// Suggest that one passage was made from another.
#[utoipa::path(
    post, path = "/v1/projects/{project}/derivations", tag = "derivations", params(InProject, Repeatable),
    request_body = NewDerivation, responses(Created<Written>), security(("token" = []))
)]
async fn post_derivation(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    ask: Ask<NewDerivation>,
) -> Result<Answer, Problem> {
    Ok(suggest(&service, path.project(), &ask).await?)
}

/// Suggests a derivation.
pub(super) async fn suggest(
    service: &Service,
    project: ProjectId,
    ask: &Ask<NewDerivation>,
) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    let command = DERIVATIONS.creation(inside, ask, ask.body.id)?;
    let decide = |loaded: Arc<Loaded<Derivation>>| async move {
        let edge = ask.body.edge();
        let mut relied_on = service.live_annotations(inside, &[(edge.from, "/from"), (edge.to, "/to")]).await?;
        relied_on.push(inside.reliance());
        Ok(Decision::new(loaded.state.decide(derivation::Command::Suggest(edge))?, relied_on))
    };
    let outcome = service.create(&command, decide).await?;
    Ok(DERIVATIONS.created(&command, &outcome, &Written::new(command.address.id, &outcome)))
}

/// Confirm or reject a derivation: the newest verdict counts.
#[utoipa::path(
    put, path = "/v1/projects/{project}/derivations/{id}/verdict", tag = "derivations",
    params(OneOf, Repeatable, Against), request_body = NewVerdict,
    responses(Changed<Written>), security(("token" = []))
)]
async fn put_verdict(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    ask: Ask<NewVerdict>,
) -> Result<Answer, Problem> {
    let (service, ask) = (&service, &ask);
    let project = path.project();
    let inside = &service.enter(&ask.caller, project).await?;
    let command = DERIVATIONS.change_below(inside, ask, path.id, "verdict");
    let decide = |loaded: Arc<Loaded<Derivation>>| async move {
        DERIVATIONS.check_there(&loaded)?;
        inside.check_change(&loaded)?;
        ask.condition.required(&loaded)?;
        let judge = ask.body.command()?;
        let confirms = matches!(judge, derivation::Command::Judge { verdict: Verdict::Confirmed, .. });
        let events = loaded.state.decide(judge)?;
        // The record tells at which revision the marks were that were compared.
        let ends: Vec<_> = loaded.state.annotations().filter(|_| confirms).map(|end| (end, "")).collect();
        let mut relied_on = service.live_annotations(inside, &ends).await?;
        relied_on.push(inside.reliance());
        Ok(Decision::new(events, relied_on))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(Answer::changed(&command, &outcome, &Written::new(path.id, &outcome)))
}
