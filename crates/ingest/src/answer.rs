//! What a client gets for a command that was carried out.

use axum::http::header::{CACHE_CONTROL, ETAG, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::execute::{Command, Outcome};
use crate::request::IDEMPOTENCY_KEY;

/// The header with the position of a record.
pub(crate) const SEQUENCE: HeaderName = HeaderName::from_static("gainsay-sequence");
const REPLAYED: HeaderName = HeaderName::from_static("gainsay-replayed");

/// The answer to a command that was carried out.
#[derive(Debug)]
pub(crate) struct Answer {
    /// 201 for what was created, else 200.
    pub status: StatusCode,
    /// The body.
    pub body: Value,
    /// Where the resource can be read.
    pub location: Option<String>,
    /// The revision of the resource, which is its entity tag.
    pub revision: Option<u64>,
    /// The position of the record.
    pub sequence: u64,
    /// The command, as the key for a repetition; none for what is never repeated.
    pub key: Option<Uuid>,
    /// Whether the command was carried out before.
    pub replayed: bool,
}

impl Answer {
    /// Something was created and can be read at `/v1/<path>`.
    pub fn created(command: &Command, outcome: &Outcome, path: &str, body: &impl Serialize) -> Self {
        let location = Some(format!("/v1/{path}"));
        Self { status: StatusCode::CREATED, location, ..Self::changed(command, outcome, body) }
    }

    /// Something was changed, or taken back.
    pub fn changed(command: &Command, outcome: &Outcome, body: &impl Serialize) -> Self {
        Self {
            status: StatusCode::OK,
            body: serde_json::to_value(body).expect("answers are plain values with string keys"),
            location: None,
            revision: Some(outcome.revision),
            sequence: outcome.sequence,
            key: Some(command.id),
            replayed: outcome.replayed,
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(self.body)).into_response();
        let headers = response.headers_mut();
        let ascii = |text: String| HeaderValue::try_from(text).expect("paths, UUIDs and numbers are visible ASCII");
        headers.insert(SEQUENCE, self.sequence.into());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(location) = self.location {
            headers.insert(LOCATION, ascii(location));
        }
        if let Some(revision) = self.revision {
            headers.insert(ETAG, ascii(format!("\"{revision}\"")));
        }
        if let Some(key) = self.key {
            headers.insert(IDEMPOTENCY_KEY, ascii(key.to_string()));
        }
        if self.replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// What was created or changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Written {
    /// The resource.
    pub id: Uuid,
    /// Its revision, for `If-Match`.
    #[schema(minimum = 1)]
    pub revision: u64,
    /// The position of the record in the project's log, for `at_least`.
    #[schema(minimum = 1)]
    pub sequence: u64,
}

impl Written {
    /// What a command did to the resource with this id.
    pub fn new(id: Uuid, outcome: &Outcome) -> Self {
        Self { id, revision: outcome.revision, sequence: outcome.sequence }
    }
}

/// A document or a revision of one was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DocumentWritten {
    /// The document.
    pub id: Uuid,
    /// The document, as annotations name it.
    pub document: Uuid,
    /// The number of the text's revision, as annotations name it.
    #[schema(minimum = 1)]
    pub revision: u32,
    /// The position of the record in the project's log, for `at_least`.
    #[schema(minimum = 1)]
    pub sequence: u64,
}

/// A text of a document was captured, and its annotations were looked for in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RevisionWritten {
    /// The document.
    pub id: Uuid,
    /// The document, as annotations name it.
    pub document: Uuid,
    /// The number of the text's revision, as annotations name it.
    #[schema(minimum = 1)]
    pub revision: u32,
    /// The position of the last of the records in the project's log, for `at_least`.
    #[schema(minimum = 1)]
    pub sequence: u64,
    /// How many annotations stand in this text now.
    pub reanchored: u32,
    /// Those that were not found in it, oldest first. They stay live in the revision in which they stand.
    pub lost: Vec<Uuid>,
    /// Those among them that stand in several places which nothing tells apart.
    pub ambiguous: Vec<Uuid>,
}

/// The text of a revision was erased.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RevisionErased {
    /// The document.
    pub id: Uuid,
    /// The document, as annotations name it.
    pub document: Uuid,
    /// The number of the revision whose text it was.
    #[schema(minimum = 1)]
    pub revision: u32,
    /// The position in the project's log, for `at_least`.
    #[schema(minimum = 1)]
    pub sequence: u64,
}

/// A reading was recorded or revised.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadingWritten {
    /// The reading.
    pub id: Uuid,
    /// Its revision, for `If-Match`.
    #[schema(minimum = 1)]
    pub revision: u64,
    /// The position of the record in the project's log, for `at_least`.
    #[schema(minimum = 1)]
    pub sequence: u64,
    /// The annotations that were created from inline evidence, in its order.
    pub annotations: Vec<Uuid>,
    /// What is odd about the claim, though nothing forbids it: `speaker_not_official` (an official act by somebody who
    /// is not known as an official counts as its plain one), `act_not_in_codebook`, `role_not_in_codebook`,
    /// `mode_not_in_codebook`.
    pub warnings: Vec<&'static str>,
}

/// You hold a lease of a task.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LeaseWritten {
    /// The task.
    pub id: Uuid,
    /// Who holds the lease: you.
    pub annotator: Uuid,
    /// The document that is to be read.
    pub document: Uuid,
    /// The number of its revision.
    #[schema(minimum = 1)]
    pub document_revision: u32,
    /// When the lease ends.
    #[schema(format = DateTime)]
    pub until: String,
    /// The position of the task's newest record in the project's log, for `at_least`.
    #[schema(minimum = 1)]
    pub sequence: u64,
}

/// A task was submitted or skipped.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaskWorked {
    /// The task.
    pub id: Uuid,
    /// Whether nobody else is to read it, and it was closed.
    pub closed: bool,
    /// The position of the record in the project's log, for `at_least`.
    #[schema(minimum = 1)]
    pub sequence: u64,
}

/// A version was published.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Published {
    /// The version, counted from 1.
    #[schema(minimum = 1)]
    pub version: u32,
    /// The project's revision.
    #[schema(minimum = 1)]
    pub revision: u64,
    /// The position of the record in the project's log, for `at_least`.
    #[schema(minimum = 1)]
    pub sequence: u64,
}

/// A membership was granted or ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberWritten {
    /// The user.
    pub user: Uuid,
    /// The role; none when the membership ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    /// The project's revision.
    #[schema(minimum = 1)]
    pub revision: u64,
    /// The position of the record in the project's log, for `at_least`.
    #[schema(minimum = 1)]
    pub sequence: u64,
}

/// A token was issued. It is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenWritten {
    /// The token's public id.
    pub id: Uuid,
    /// The token itself.
    pub token: String,
    /// Whom it speaks for.
    pub user: Uuid,
    /// When it ends.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// The position of the record, for `at_least`.
    #[schema(minimum = 1)]
    pub sequence: u64,
}
