//! The exact text of a revision.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use runtime::{Path, Problem, Query};
use uuid::Uuid;
use wire::record::TextRef;
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
/// The salt of the digest, in hexadecimal: SHA-256 over it and the text is what the revision says.
const TEXT_SALT: HeaderName = HeaderName::from_static("gainsay-text-salt");

pub(super) fn route() -> Route {
    let mut operation =
        Describe::new("get_text", "documents", "The exact text of a revision, byte for byte as it was captured.")
            .path_parameter("project", uuid(), "The project.")
            .path_parameter("id", uuid(), "The document.")
            .path_parameter("revision", number(), "The revision of the text, counted from 1.")
            .query::<TextParams>()
            .text()
            .build();
    // One whose text was erased.
    Problem::answers(&mut operation, &[StatusCode::GONE]);
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
    if grant.erased {
        return Err(Problem::new(StatusCode::GONE, "text_erased", "the text of this revision was erased"));
    }
    let tag = digest_tag(&grant.sha256);
    if is_unchanged(&headers, &tag) {
        return Ok(not_modified(as_of, tag));
    }
    let named = named(project, &grant).ok_or_else(mismatched)?;
    let text = app.parts.texts.open(&named).await.map_err(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "text not read");
        Problem::unavailable("unavailable", "the text cannot be read now; try again", RETRY_AFTER_SECONDS)
    })?;
    let Some(text) = text else {
        tracing::error!(document.id = %document, revision, "a record names a text that is not there");
        return Err(Problem::internal());
    };
    let salt = HeaderValue::try_from(hex::encode(text.salt)).map_err(|_| Problem::internal())?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(TEXT)),
        (CONTENT_LENGTH, HeaderValue::from(text.bytes)),
        (TEXT_SALT, salt),
    ];
    // An error while streaming breaks the connection off, so that nobody takes a part for the whole.
    Ok(with_validator(as_of, tag, (headers, Body::from_stream(text.chunks))))
}

fn named(project: Uuid, grant: &TextGrant) -> Option<TextRef> {
    let sha256 = hex::decode(&grant.sha256).ok()?.try_into().ok()?;
    let salt = match &grant.salt {
        Some(salt) => Some(hex::decode(salt).ok()?.try_into().ok()?),
        None => None,
    };
    let document = Uuid::try_parse(&grant.document).ok()?;
    Some(TextRef { project, document, revision: grant.revision, sha256, salt, bytes: grant.bytes })
}
