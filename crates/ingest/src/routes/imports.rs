//! Imports: many commands in one request.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::Kind;
use domain::access::Action;
use runtime::http::RequestId;
use runtime::{Path, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::InProject;
use crate::failure::Failure;
use crate::import::{self, Import, Line, LineResult};
use crate::service::Service;

const NDJSON: &str = "application/x-ndjson";

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(post_import))
}

/// Carry out many commands, one a line.
///
/// Lines are carried out in their order, as if each were a request of its own, and each is answered by one line in the
/// same order, while the request is still being sent. A line that is refused does not stop the rest; blank lines are
/// passed over. Repeating an import is safe: a line without `key` has one made from its content.
#[utoipa::path(
    post, path = "/v1/projects/{project}/imports", tag = "imports", params(InProject),
    request_body(
        content = Line, content_type = "application/x-ndjson", description = "One object a line.",
        example = json!({ "resource": "sources", "body": { "name": "Tigris Wire", "kind": "agency" } })
    ),
    responses(
        (status = 200, description = "One object for each line.", body = LineResult, content_type = "application/x-ndjson")
    ),
    security(("token" = []))
)]
async fn post_import(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    request: Request,
) -> Result<Response, Problem> {
    let caller = service.tokens().required(request.headers()).await?;
    let inside = service.enter(&caller, path.project()).await?;
    inside.check(Action::Create, Kind::Reading).map_err(Failure::from)?;
    check_content_type(&request)?;
    let correlation = request.extensions().get().map_or_else(Uuid::now_v7, |RequestId(id)| *id);
    let import = Import { service, project: path.project(), caller, correlation };
    let results = import::run(import, request.into_body().into_data_stream());
    let headers = [(CONTENT_TYPE, NDJSON), (CACHE_CONTROL, "no-store")];
    Ok((headers, Body::from_stream(results)).into_response())
}

fn check_content_type(request: &Request) -> Result<(), Problem> {
    let given = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(NDJSON) {
        return Ok(());
    }
    let detail = format!("send `content-type: {NDJSON}`");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
}
