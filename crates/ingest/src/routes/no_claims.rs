//! No-claims: passages in which an annotator found no claim.

use std::sync::Arc;

use axum::extract::State;
use domain::id::ProjectId;
use domain::reading::{self, Reading};
use runtime::{Path, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::describe::{Against, Changed, Created, Repeatable};
use super::readings::{self, Form, NO_CLAIMS, READINGS};
use super::{InProject, OneOf};
use crate::answer::{Answer, Written};
use crate::body::reading::NewNoClaim;
use crate::execute::{Decision, Loaded};
use crate::failure::Failure;
use crate::request::{Ask, Bare};
use crate::service::Service;

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(post_no_claim)).routes(routes!(delete_no_claim))
}

/// Record that a passage holds no claim.
#[utoipa::path(
    post, path = "/v1/projects/{project}/no-claims", tag = "readings", params(InProject, Repeatable),
    request_body = NewNoClaim, responses(Created<Written>), security(("token" = []))
)]
async fn post_no_claim(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    ask: Ask<NewNoClaim>,
) -> Result<Answer, Problem> {
    Ok(find(&service, path.project(), &ask).await?)
}

/// Records that a passage holds no claim.
pub(super) async fn find(service: &Service, project: ProjectId, ask: &Ask<NewNoClaim>) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    let command = NO_CLAIMS.creation(inside, ask, ask.body.id)?;
    let decide = |loaded: Arc<Loaded<Reading>>| async move {
        let blank = ask.body.blank();
        let (revision, document) = service.revision(project, blank.document, blank.revision).await?;
        let find = reading::Command::FindNone { blank, code_points: revision.code_points };
        Ok(Decision::new(loaded.state.decide(find)?, vec![inside.reliance(), document]))
    };
    let outcome = service.create(&command, decide).await?;
    Ok(READINGS.created(&command, &outcome, &Written::new(command.address.id, &outcome)))
}

/// Take back that a passage holds no claim. Its author alone may.
#[utoipa::path(
    delete, path = "/v1/projects/{project}/no-claims/{id}", tag = "readings", params(OneOf, Repeatable, Against),
    responses(Changed<Written>), security(("token" = []))
)]
async fn delete_no_claim(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    Bare(ask): Bare,
) -> Result<Answer, Problem> {
    Ok(readings::retract(&service, &path, &ask, Form::Blank).await?)
}
