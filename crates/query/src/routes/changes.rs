//! The project's records as they come, as server-sent events.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use runtime::{Path, Problem, Query};
use uuid::Uuid;

use super::Route;
use crate::App;
use crate::answer::{SSE, streamed};
use crate::auth::Caller;
use crate::changes::{self, Wanted};
use crate::openapi::{Describe, uuid};
use crate::params::ChangesParams;

/// What keeps a gateway from collecting events before it passes them on.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

pub(super) fn route() -> Route {
    let summary = "The project's records as they come, as server-sent events that are resumed at any position.";
    let operation = Describe::new("get_changes", "history", summary)
        .path_parameter("project", uuid(), "The project.")
        .query::<ChangesParams>()
        .changes()
        .build();
    Route::new("/v1/projects/{project}/changes", SSE, operation, stream)
}

async fn stream(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<Uuid>,
    Query(params): Query<ChangesParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let presence = params.presence.unwrap_or(false);
    // Whoever is there is shown to members, not to everybody who may read.
    let viewer = if presence { caller.of_installation()? } else { caller.of_project(&app, project)? };
    let after = params.after(&headers)?;
    let filter = params.filter()?;
    let wanted = Wanted { project, after, filter, presence };
    let (as_of, events) = changes::open(&app, viewer, &headers, wanted).await?;
    let mut response = streamed(as_of, SSE, Body::from_stream(events));
    response.headers_mut().insert(UNBUFFERED, HeaderValue::from_static("no"));
    Ok(response)
}
