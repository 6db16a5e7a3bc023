//! Adjudications: questions, rulings on readings, findings on propositions and incidents.

use std::sync::Arc;

use axum::extract::State;
use domain::Kind;
use domain::adjudication::{self, Adjudication};
use domain::id::ProjectId;
use runtime::{Path, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::collection::Collection;
use super::describe::{Against, Changed, Created, Repeatable};
use super::{InProject, OneOf};
use crate::answer::{Answer, Written};
use crate::body::adjudication::{NewAdjudication, NewFinding, NewReason, NewRulings};
use crate::execute::{Decision, Loaded};
use crate::failure::Failure;
use crate::request::Ask;
use crate::service::Service;

/// Where adjudications stand.
const ADJUDICATIONS: Collection = Collection { name: "adjudications", kind: Kind::Adjudication };

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(post_adjudication))
        .routes(routes!(post_rulings))
        .routes(routes!(post_finding))
        .routes(routes!(post_reopen))
        .routes(routes!(post_overturn))
}

/// Put a question to be decided. Curators may; at most one adjudication of a target is not overturned.
#[utoipa::path(
    post, path = "/v1/projects/{project}/adjudications", tag = "adjudications", params(InProject, Repeatable),
    request_body = NewAdjudication, responses(Created<Written>), security(("token" = []))
)]
async fn post_adjudication(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    ask: Ask<NewAdjudication>,
) -> Result<Answer, Problem> {
    Ok(open(&service, path.project(), &ask).await?)
}

/// Opens an adjudication.
pub(super) async fn open(service: &Service, project: ProjectId, ask: &Ask<NewAdjudication>) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    let command = &ADJUDICATIONS.creation(inside, ask, ask.body.id)?;
    let decide = |loaded: Arc<Loaded<Adjudication>>| async move {
        let docket = ask.body.docket()?;
        let mut relied_on = service.targets(inside, &docket.targets, |at| format!("/targets/{at}")).await?;
        let other = service.adjudicating(project, command.address.id, &docket.targets).await?;
        relied_on.extend(other.as_ref().map(|other| other.reliance));
        relied_on.push(inside.reliance());
        let taken = other.map(|other| (other.at, other.id));
        Ok(Decision::new(loaded.state.decide(adjudication::Command::Open { docket, taken })?, relied_on))
    };
    let outcome = service.create(command, decide).await?;
    Ok(ADJUDICATIONS.created(command, &outcome, &Written::new(command.address.id, &outcome)))
}

/// Rule on the readings: each is upheld or rejected, all at once. Not on none but your own.
#[utoipa::path(
    post, path = "/v1/projects/{project}/adjudications/{id}/rulings", tag = "adjudications",
    params(OneOf, Repeatable, Against), request_body = NewRulings,
    responses(Created<Written>), security(("token" = []))
)]
async fn post_rulings(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    ask: Ask<NewRulings>,
) -> Result<Answer, Problem> {
    Ok(rule(&service, path.project(), path.id, &ask).await?)
}

/// Rules on readings.
pub(super) async fn rule(
    service: &Service,
    project: ProjectId,
    id: Uuid,
    ask: &Ask<NewRulings>,
) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    let command = ADJUDICATIONS.change_below(inside, ask, id, "rulings");
    let decide = |loaded: Arc<Loaded<Adjudication>>| async move {
        let docket = loaded.state.docket().ok_or_else(|| ADJUDICATIONS.absent())?;
        inside.check_change(&loaded)?;
        ask.condition.required(&loaded)?;
        let rulings = ask.body.rulings()?;
        let (own, mut relied_on) = service.are_own(inside, &docket.targets, ask.caller.user).await?;
        relied_on.push(inside.reliance());
        let head = service.log().head().await?.last;
        let rule = adjudication::Command::Rule { rulings, head, own };
        Ok(Decision::new(loaded.state.decide(rule)?, relied_on))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(ADJUDICATIONS.created(&command, &outcome, &Written::new(id, &outcome)))
}

/// Record what was found on one of the targets.
#[utoipa::path(
    post, path = "/v1/projects/{project}/adjudications/{id}/findings", tag = "adjudications",
    params(OneOf, Repeatable, Against), request_body = NewFinding,
    responses(Created<Written>), security(("token" = []))
)]
async fn post_finding(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    ask: Ask<NewFinding>,
) -> Result<Answer, Problem> {
    Ok(find(&service, path.project(), path.id, &ask).await?)
}

/// Records a finding.
pub(super) async fn find(
    service: &Service,
    project: ProjectId,
    id: Uuid,
    ask: &Ask<NewFinding>,
) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    let command = ADJUDICATIONS.change_below(inside, ask, id, "findings");
    let decide = |loaded: Arc<Loaded<Adjudication>>| async move {
        ADJUDICATIONS.check_there(&loaded)?;
        inside.check_change(&loaded)?;
        ask.condition.required(&loaded)?;
        let finding = ask.body.finding()?;
        let head = service.log().head().await?.last;
        let find = adjudication::Command::Find { finding, head };
        Ok(Decision::new(loaded.state.decide(find)?, vec![inside.reliance()]))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(ADJUDICATIONS.created(&command, &outcome, &Written::new(id, &outcome)))
}

/// Reopen an adjudication: what was decided no longer counts, and is decided again.
#[utoipa::path(
    post, path = "/v1/projects/{project}/adjudications/{id}/reopen", tag = "adjudications",
    params(OneOf, Repeatable, Against), request_body = NewReason,
    responses(Changed<Written>), security(("token" = []))
)]
async fn post_reopen(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    ask: Ask<NewReason>,
) -> Result<Answer, Problem> {
    Ok(undo(&service, path.project(), path.id, &ask, Undo::Reopen).await?)
}

/// Overturn an adjudication: nothing of it counts, for good.
#[utoipa::path(
    post, path = "/v1/projects/{project}/adjudications/{id}/overturn", tag = "adjudications",
    params(OneOf, Repeatable, Against), request_body = NewReason,
    responses(Changed<Written>), security(("token" = []))
)]
async fn post_overturn(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    ask: Ask<NewReason>,
) -> Result<Answer, Problem> {
    Ok(undo(&service, path.project(), path.id, &ask, Undo::Overturn).await?)
}

/// How what was decided is undone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Undo {
    /// To be decided again.
    Reopen,
    /// For good.
    Overturn,
}

/// Reopens or overturns an adjudication.
pub(super) async fn undo(
    service: &Service,
    project: ProjectId,
    id: Uuid,
    ask: &Ask<NewReason>,
    undo: Undo,
) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    let part = match undo {
        Undo::Reopen => "reopen",
        Undo::Overturn => "overturn",
    };
    let command = ADJUDICATIONS.change_below(inside, ask, id, part);
    let decide = |loaded: Arc<Loaded<Adjudication>>| async move {
        ADJUDICATIONS.check_there(&loaded)?;
        inside.check_change(&loaded)?;
        ask.condition.required(&loaded)?;
        let reason = ask.body.reason()?;
        let asked = match undo {
            Undo::Reopen => adjudication::Command::Reopen { reason },
            Undo::Overturn => adjudication::Command::Overturn { reason },
        };
        Ok(Decision::new(loaded.state.decide(asked)?, vec![inside.reliance()]))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(Answer::changed(&command, &outcome, &Written::new(id, &outcome)))
}
