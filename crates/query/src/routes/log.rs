//! What the whole log amounts to, and what proves it.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use runtime::{Path, Problem, Query};
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskLogConsistency, AskLogHead, AskLogInclusion, LogConsistency, LogHead, LogInclusion};

use super::Route;
use crate::App;
use crate::answer::{JSON, Validator, ask, json, mismatched};
use crate::auth::Caller;
use crate::openapi::{Describe, reference, schemas_of, uuid};
use crate::params::{LogConsistencyParams, LogHeadParams, LogInclusionParams, Moment, counted};

pub(super) fn routes() -> [Route; 3] {
    let summary = "What the whole log amounts to, with the records of all projects: how many they are, and the root of the \
                   Merkle tree over them (RFC 9162, SHA-256). Kept elsewhere, it shows later whether a record was changed, \
                   removed or moved: `gainsay verify --since` compares the log with it.";
    let head = Describe::new("get_log_head", "log", summary)
        .path_parameter("project", uuid(), "The project.")
        .query::<LogHeadParams>()
        .view(reference::<LogHead>())
        .build();
    let summary = "The path from a record of the project to the root of the log. It is not there (404) for whom something \
                   may be hidden from, while documents are read blind.";
    let inclusion = Describe::new("get_log_inclusion", "log", summary)
        .path_parameter("project", uuid(), "The project.")
        .query::<LogInclusionParams>()
        .view(reference::<LogInclusion>())
        .build();
    let summary = "What shows that the log of one head is the beginning of that of a later one. It is not there (404) for \
                   whom something may be hidden from, while documents are read blind.";
    let consistency = Describe::new("get_log_consistency", "log", summary)
        .path_parameter("project", uuid(), "The project.")
        .query::<LogConsistencyParams>()
        .view(reference::<LogConsistency>())
        .build();
    [
        Route::new("/v1/projects/{project}/log/head", JSON, head, get_head).schemas(schemas_of::<LogHead>()),
        Route::new("/v1/projects/{project}/log/inclusion", JSON, inclusion, get_inclusion)
            .schemas(schemas_of::<LogInclusion>()),
        Route::new("/v1/projects/{project}/log/consistency", JSON, consistency, get_consistency)
            .schemas(schemas_of::<LogConsistency>()),
    ]
}

async fn get_head(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<Uuid>,
    Query(params): Query<LogHeadParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    let moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?;
    match ask(&app, viewer, Some(project), moment, Question::LogHead(AskLogHead {})).await? {
        (as_of, Answer::LogHead(head)) => json(&headers, as_of, &Validator::Content, &head),
        _ => Err(mismatched()),
    }
}

async fn get_inclusion(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<Uuid>,
    Query(params): Query<LogInclusionParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    let moment = Moment::of_size("size", params.size, params.at_least, params.wait_ms)?;
    let position = counted("position", params.position)?;
    let question = Question::LogInclusion(AskLogInclusion { position });
    match ask(&app, viewer, Some(project), moment, question).await? {
        (as_of, Answer::LogInclusion(inclusion)) => json(&headers, as_of, &Validator::Content, &inclusion),
        _ => Err(mismatched()),
    }
}

async fn get_consistency(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<Uuid>,
    Query(params): Query<LogConsistencyParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    let moment = Moment::of_size("to", params.to, params.at_least, params.wait_ms)?;
    let from = counted("from", params.from)?;
    let question = Question::LogConsistency(AskLogConsistency { from });
    match ask(&app, viewer, Some(project), moment, question).await? {
        (as_of, Answer::LogConsistency(consistency)) => json(&headers, as_of, &Validator::Content, &consistency),
        _ => Err(mismatched()),
    }
}
