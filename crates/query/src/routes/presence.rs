//! Who has which document open.

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use runtime::{Path, Problem, Query};
use uuid::Uuid;

use super::Route;
use crate::App;
use crate::answer::JSON;
use crate::auth::Caller;
use crate::openapi::{Describe, reference, schemas_of, uuid};
use crate::params::PresenceParams;
use crate::presence::{self, PresenceNow, Veil};

pub(super) fn route() -> Route {
    let summary = "Who has which document open now, by document and user. It is no view of the log: it has no position and \
                   no validator, and is empty for a moment after a restart of the server. At most 5000 are told, else 422 \
                   `too_many_present`.";
    let operation = Describe::new("get_presence", "presence", summary)
        .path_parameter("project", uuid(), "The project.")
        .query::<PresenceParams>()
        .now("Who is there.", reference::<PresenceNow>())
        .build();
    Route::new("/v1/projects/{project}/presence", JSON, operation, get_presence).schemas(schemas_of::<PresenceNow>())
}

async fn get_presence(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<Uuid>,
    Query(params): Query<PresenceParams>,
) -> Result<Response, Problem> {
    // Not to everybody who may read: whoever is there did not say so to strangers.
    let viewer = caller.of_installation()?;
    let documents = params.documents()?;
    let present = presence::present(&app, &viewer, project).await?;
    let veil = Veil::of(&app, &viewer, project, 0).await?;
    let now = PresenceNow::new(&veil.shown(&present), &documents);
    Ok(([(CACHE_CONTROL, "no-store")], axum::Json(now)).into_response())
}
