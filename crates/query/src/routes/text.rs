//! The exact text of a revision.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use event_log::texts::Key;
use runtime::{Path, Problem, Query};
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskText, TextGrant};

use super::Route;
use crate::App;
use crate::answer::{TEXT, ask, digest_tag, is_unchanged, mismatched, not_modified, with_validator};
use crate::auth::Caller;
use crate::openapi::{Describe, number, uuid};
use crate::params::{Moment, TextParams};

/// Seconds after which a store of texts that did not answer may be asked again.
const RETRY_AFTER_SECONDS: u64 = 1;

pub(super) fn route() -> Route {
    let operation =
        Describe::new("get_text", "documents", "The exact text of a revision, byte for byte as it was captured.")
            .path_parameter("project", uuid(), "The project.")
            .path_parameter("id", uuid(), "The document.")
            .path_parameter("revision", number(), "The revision of the text, counted from 1.")
            .query::<TextParams>()
            .text()
            .build();
    Route::new("/v1/projects/{project}/documents/{id}/revisions/{revision}/text", TEXT, operation, text)
}

async fn text(
    State(app): State<App>,
    caller: Caller,
    Path((project, document, revision)): Path<(Uuid, Uuid, u32)>,
    Query(params): Query<TextParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    let moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?;
    let question = Question::Text(AskText { document: document.to_string(), revision });
    let (as_of, Answer::Text(grant)) = ask(&app, viewer, Some(project), moment, question).await? else {
        return Err(mismatched());
    };
    let tag = digest_tag(&grant.sha256);
    if is_unchanged(&headers, &tag) {
        return Ok(not_modified(as_of, tag));
    }
    let key = key(project, &grant).ok_or_else(mismatched)?;
    let text = app.parts.texts.open(&key).await.map_err(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "text not read");
        Problem::unavailable("unavailable", "the text cannot be read now; try again", RETRY_AFTER_SECONDS)
    })?;
    let Some(text) = text else {
        tracing::error!(document.id = %document, revision, "a record names a text that is not there");
        return Err(Problem::internal());
    };
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(TEXT)), (CONTENT_LENGTH, HeaderValue::from(text.bytes))];
    // An error while streaming breaks the connection off, so that nobody takes a part for the whole.
    Ok(with_validator(as_of, tag, (headers, Body::from_stream(text.chunks))))
}

fn key(project: Uuid, grant: &TextGrant) -> Option<Key> {
    let sha256 = hex::decode(&grant.sha256).ok()?.try_into().ok()?;
    let document = Uuid::try_parse(&grant.document).ok()?;
    Some(Key { project, document, revision: grant.revision, sha256 })
}
