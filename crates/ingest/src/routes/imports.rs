//! Imports: many commands in one request, which can be taken back together.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Kind;
use domain::access::Action;
use domain::import::{self, Import};
use domain::text::Text;
use runtime::{Path, Problem, Query};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::collection::Collection;
use super::describe::{Against, Repeatable};
use super::{InProject, OneOf};
use crate::answer::SEQUENCE;
use crate::execute::{Command, Decision, Freshness, Loaded};
use crate::failure::Failure;
use crate::import::{self as importing, Line, LineResult};
use crate::request::{Bare, IDEMPOTENCY_KEY, key};
use crate::revert::{self, Revert, RevertResult};
use crate::service::Service;

const NDJSON: &str = "application/x-ndjson";

/// Where imports stand.
const IMPORTS: Collection = Collection { name: "imports", kind: Kind::Import };

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(post_import)).routes(routes!(post_revert))
}

/// What an import is called.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Called {
    /// What its author calls it, for those who look at it later.
    name: Option<String>,
}

/// Carry out many commands, one a line.
///
/// Lines are carried out in their order, as if each were a request of its own, and each is answered by one line in the
/// same order, while the request is still being sent. A line that is refused does not stop the rest; blank lines are
/// passed over. Repeating an import is safe: a line without `key` has one made from its content.
///
/// Together they are a batch: its id is the `Idempotency-Key`, or a fresh one that the answer names, and the correlation
/// of all that its lines record. The batch is started before the first line is carried out, and completed when the last
/// was answered, unless a line was left undecided. An import that broke off goes on when it is sent again under the
/// same key. What it recorded is taken back by `POST …/imports/{id}/revert`; then it takes no line any more.
#[utoipa::path(
    post, path = "/v1/projects/{project}/imports", tag = "imports", params(InProject, Called, Repeatable),
    request_body(
        content = Line, content_type = "application/x-ndjson", description = "One object a line.",
        example = json!({ "resource": "sources", "body": { "name": "Tigris Wire", "kind": "agency" } })
    ),
    responses((
        status = 200, description = "One object for each line.", body = LineResult, content_type = "application/x-ndjson",
        headers(
            ("Location" = String, description = "Where the batch can be read."),
            ("Idempotency-Key" = String, description = "The batch, as the key under which the same import goes on."),
            ("Gainsay-Sequence" = u64, description = "The position at which the batch was started."),
        )
    )),
    security(("token" = []))
)]
async fn post_import(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    Query(query): Query<Called>,
    request: Request,
) -> Result<Response, Problem> {
    let caller = service.tokens().required(request.headers()).await?;
    let project = path.project();
    let inside = service.enter(&caller, project).await?;
    inside.check(Action::Create, Kind::Import).map_err(Failure::from)?;
    check_content_type(&request)?;
    let name = query.name.map(|name| Text::parse(name, "/name")).transpose().map_err(Failure::from)?;
    let batch = key(request.headers())?.unwrap_or_else(Uuid::now_v7);
    let place = format!("projects/{project}/imports");
    let asked = Sha256::new().chain_update(&place).chain_update(name.as_ref().map_or("", Text::as_str));
    let command = Command {
        resource: IMPORTS.name,
        address: inside.address(IMPORTS.kind, batch),
        author: caller.user,
        credential: caller.credential,
        id: batch,
        request_sha256: asked.finalize().into(),
        correlation: batch,
        against: None,
        causation: None,
        blind: None,
    };
    let (inside, start) = (&inside, &import::Command::Start { name });
    let decide = |loaded: Arc<Loaded<Import>>| async move {
        Ok(Decision::new(loaded.state.decide(start.clone())?, vec![inside.reliance()]))
    };
    let outcome = service.create(&command, decide).await?;
    if outcome.replayed {
        let loaded = service.load::<Import>(&command.address, Freshness::Leader).await?;
        loaded.state.check_open().map_err(Failure::from)?;
    }
    let headers = headers(batch, outcome.sequence, Some(format!("/v1/{place}/{batch}")));
    let import = importing::Import { service, project, caller, command };
    let results = importing::run(import, request.into_body().into_data_stream());
    Ok((headers, Body::from_stream(results)).into_response())
}

/// Take back what an import recorded.
///
/// Its author may, and curators. Each record of the batch, the newest first, is taken back by a record of its own aggregate,
/// written by who asks; each is answered by one line, and the batch by a last one. What has no withdrawal is kept, and so is
/// what somebody else changed since, and what anything that stands rests on: `reason` says which. A revert that broke off
/// goes on when it is asked for again. Repeated under its key when it has ended, it answers its last line alone.
#[utoipa::path(
    post, path = "/v1/projects/{project}/imports/{id}/revert", tag = "imports", params(OneOf, Repeatable, Against),
    responses((
        status = 200, description = "One object for each record of the batch, and a last one for the batch.",
        body = RevertResult, content_type = "application/x-ndjson",
        headers(("Idempotency-Key" = String, description = "The key under which a repetition is the same command."))
    )),
    security(("token" = []))
)]
async fn post_revert(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    Bare(ask): Bare,
) -> Result<Response, Problem> {
    let inside = service.enter(&ask.caller, path.project()).await?;
    let command = IMPORTS.change_below(&inside, &ask, path.id, "revert");
    let loaded = service.load::<Import>(&command.address, Freshness::Leader).await?;
    IMPORTS.check_there(&loaded).map_err(Failure::from)?;
    if service.is_kept_from(inside.blind().as_ref(), &command.address, &loaded).await? {
        return Err(Failure::from(IMPORTS.absent()).into());
    }
    inside.check_change(&loaded).map_err(Failure::from)?;
    let earlier = service.earlier::<Import>(&command).await?;
    if earlier.is_none() {
        ask.condition.required(&loaded).map_err(Failure::from)?;
        loaded.state.check_open().map_err(Failure::from)?;
    }
    let first = service.log().load_from_leader(&command.address, 0).await.map_err(Failure::from)?;
    let started = first.first().map_or(0, |stored| stored.position);
    let headers = headers(command.id, started, None);
    let results = revert::run(Revert { service, inside, command, author: loaded.creator, started, earlier });
    Ok((headers, Body::from_stream(results)).into_response())
}

/// What is said before the first line.
fn headers(key: Uuid, sequence: u64, location: Option<String>) -> HeaderMap {
    let ascii = |text: String| HeaderValue::try_from(text).expect("paths and UUIDs are visible ASCII");
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(IDEMPOTENCY_KEY, ascii(key.to_string()));
    if let Some(location) = location {
        headers.insert(LOCATION, ascii(location));
        headers.insert(SEQUENCE, sequence.into());
    }
    headers
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
