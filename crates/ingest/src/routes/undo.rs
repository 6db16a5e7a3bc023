//! Undo: the caller's own last change is taken back.

use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Action;
use domain::id::ProjectId;
use domain::{Code, Kind, Rejection};
use runtime::{Path, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::InProject;
use super::describe::{Changed, Repeatable};
use crate::answer::Answer;
use crate::auth::project_address;
use crate::failure::Failure;
use crate::request::{Ask, MaybeEmpty};
use crate::service::Service;
use crate::undo::Undone;

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(post_undo))
}

/// Which change is undone.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUndo {
    /// The position of a change of one's own; the newest that still stands when absent.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_992_u64)]
    position: Option<u64>,
}

/// A change was taken back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UndoWritten {
    /// The position of the change that was taken back.
    #[schema(minimum = 1)]
    position: u64,
    /// The kind of aggregate that it changed.
    #[schema(example = "reading")]
    kind: &'static str,
    /// What it changed: the aggregate, or the name of an actor, or the judgement.
    id: Uuid,
    /// What it was.
    #[schema(example = "ClaimRead")]
    event: &'static str,
    /// The position of the record that took it back.
    #[schema(minimum = 1)]
    by: u64,
    /// The revision of what was changed, for `If-Match`.
    #[schema(minimum = 1)]
    revision: u64,
    /// The same as `by`, for `at_least`.
    #[schema(minimum = 1)]
    sequence: u64,
}

/// Undo your own last change.
///
/// What was created is retracted or withdrawn, and what was changed is changed back, by a record of its own that names the
/// one it takes back as its cause. Without `position` it is your newest change in the project that still stands; undone
/// again it is the one before that, and never the undo. What nothing takes back is refused: 409 `cannot_be_undone`, with
/// `position` and `reason`; and what was changed since: 409 `changed_since`, with `positions`.
#[utoipa::path(
    post, path = "/v1/projects/{project}/me/undo", tag = "projects", params(InProject, Repeatable),
    request_body = Option<NewUndo>, responses(Changed<UndoWritten>), security(("token" = []))
)]
async fn post_undo(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    MaybeEmpty(ask): MaybeEmpty<NewUndo>,
) -> Result<Answer, Problem> {
    Ok(undo(&service, path.project(), &ask).await?)
}

async fn undo(service: &Service, project: ProjectId, ask: &Ask<NewUndo>) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    // Whoever may record something has something to undo; which change that is asks for more.
    inside.check(Action::Create, Kind::Reading)?;
    let path = format!("projects/{project}/me/undo");
    let command = &ask.change("undo", project_address(project), &path);
    if ask.body.position == Some(0) {
        return Err(Rejection::invalid("position_invalid", "positions are counted from 1").at("/position").into());
    }
    let _turn = service.undo_turn(project, ask.caller.user).await?;
    let earlier = match ask.key {
        Some(_) => service.undone_by(inside, command).await?,
        None => None,
    };
    let undone = match earlier {
        Some(undone) => undone,
        None => service.undo(inside, command, ask.body.position).await?,
    };
    let revision = undone.revision();
    let Undone { position, kind, id, event, outcome } = undone;
    let sequence = outcome.sequence;
    let body = UndoWritten { position, kind: kind.as_str(), id, event, by: sequence, revision, sequence };
    let changed = Answer::changed(command, &outcome, &body);
    Ok(Answer { status: StatusCode::OK, revision: Some(revision), ..changed })
}
