//! Documents: their texts go to the store first, then the record that names them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use domain::access::Action;
use domain::document::{self, Detail, Document, Revision};
use domain::id::ProjectId;
use domain::text::Text;
use domain::{Event, Kind};
use event_log::texts::{Key, digest};
use runtime::extract::body_limit;
use runtime::{Path, Problem};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::collection::Collection;
use super::describe::{Against, Changed, Created, MaybeAgainst, Repeatable};
use super::{InProject, OneOf};
use crate::answer::{Answer, DocumentWritten, RevisionErased, RevisionWritten, Written};
use crate::auth::Inside;
use crate::body::adjudication::NewReason;
use crate::body::document::{NewDocument, NewRevision};
use crate::execute::{Command, Decision, Freshness, Loaded, Outcome};
use crate::failure::Failure;
use crate::reanchoring::{Captured, Carried};
use crate::request::{Ask, Bare, Condition, Empty, Large};
use crate::service::{DOCUMENT_BODY_LEN_MAX, Service};

/// Where documents stand.
const DOCUMENTS: Collection = Collection { name: "documents", kind: Kind::Document };

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(post_document))
        .routes(routes!(post_revision))
        .layer(body_limit(DOCUMENT_BODY_LEN_MAX))
        .routes(routes!(post_withdraw))
        .routes(routes!(delete_text))
}

/// Register a document with its first text.
#[utoipa::path(
    post, path = "/v1/projects/{project}/documents", tag = "documents", params(InProject, Repeatable),
    request_body = NewDocument, responses(Created<DocumentWritten>), security(("token" = []))
)]
async fn post_document(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    large: Large<NewDocument>,
) -> Result<Answer, Problem> {
    Ok(register(&service, path.project(), large.ask).await?)
}

/// Registers a document.
pub(super) async fn register(
    service: &Service,
    project: ProjectId,
    mut ask: Ask<NewDocument>,
) -> Result<Answer, Failure> {
    let inside = service.enter(&ask.caller, project).await?;
    let command = DOCUMENTS.creation(&inside, &ask, ask.body.id)?;
    let detail = ask.body.detail()?;
    let text = std::mem::take(&mut ask.body.text);
    let outcome = write(service, &inside, &command, ask.condition, &What::Register(detail), text).await?;
    let revision = number(&command, &outcome)?;
    let document = command.address.id;
    let body = DocumentWritten { id: document, document, revision, sequence: outcome.sequence };
    Ok(DOCUMENTS.created(&command, &outcome, &body))
}

/// Add a text of the document, such as a corrected version, and look for its annotations in it.
///
/// Each annotation that was made before, in whichever revision it stands, moves to the best place of its passage in this
/// text: by its quote, the words around it and its position. One that is not found is lost: it stays live where it stands,
/// and is looked for again in the next revision. An annotation that is made in an older revision afterwards stays there
/// until the next one too. No-claims stay in their revision.
///
/// If not all could be looked for, the answer is 503 with the code `reanchoring_incomplete`, and `idempotency_key`: the text
/// is captured, and a repetition with that key goes on with the others.
#[utoipa::path(
    post, path = "/v1/projects/{project}/documents/{id}/revisions", tag = "documents",
    params(OneOf, Repeatable, MaybeAgainst), request_body = NewRevision,
    responses(Created<RevisionWritten>), security(("token" = []))
)]
async fn post_revision(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    large: Large<NewRevision>,
) -> Result<Answer, Problem> {
    Ok(capture(&service, path.project(), path.id, large.ask).await?)
}

/// Adds a text of a document.
pub(super) async fn capture(
    service: &Service,
    project: ProjectId,
    id: Uuid,
    mut ask: Ask<NewRevision>,
) -> Result<Answer, Failure> {
    let inside = service.enter(&ask.caller, project).await?;
    let captured_at = ask.body.captured_at()?;
    let command = DOCUMENTS.change_below(&inside, &ask, id, "revisions");
    let text = std::mem::take(&mut ask.body.text);
    let outcome = write(service, &inside, &command, ask.condition, &What::Capture { captured_at }, text).await?;
    let revision = number(&command, &outcome)?;
    let captured =
        Captured { inside: &inside, command: &command, outcome: &outcome, revision, strictness: ask.body.anchors };
    let Carried { reanchored, lost, ambiguous, sequence } = service.reanchor(&captured).await?;
    let path = format!("projects/{project}/documents/{id}/revisions/{revision}/text");
    let body = RevisionWritten { id, document: id, revision, sequence, reanchored, lost, ambiguous };
    let answer = Answer::created(&command, &outcome, &path, &body);
    Ok(Answer { sequence, ..answer })
}

/// What is recorded along with a text.
enum What {
    /// The document itself.
    Register(Detail),
    /// A further revision of it.
    Capture {
        /// When the text was captured.
        captured_at: Text,
    },
}

/// Stores a text and records it.
///
/// The text is put before the record is appended, so no record ever lacks its text. A repetition is recognised before
/// anything is put. What was put for a record that then was not appended is removed again, unless nobody knows whether
/// it was.
async fn write(
    service: &Service,
    inside: &Inside,
    command: &Command,
    condition: Condition,
    what: &What,
    text: String,
) -> Result<Outcome, Failure> {
    let document = command.address.id;
    if let Some(outcome) = service.earlier::<Document>(command).await? {
        return Ok(outcome);
    }
    let draft = &Draft::new(text).await?;
    let put = &Mutex::new(BTreeSet::new());
    let decide = |loaded: Arc<Loaded<Document>>| async move {
        let (asked, number, relied_on) = match what {
            What::Register(detail) => {
                let source = service.source(inside, detail.source, "/source").await?;
                let register =
                    document::Command::Register { detail: detail.clone(), revision: draft.revision(1, None) };
                (register, 1, vec![inside.reliance(), source])
            }
            What::Capture { captured_at } => {
                DOCUMENTS.check_there(&loaded)?;
                inside.check_change(&loaded)?;
                condition.optional(&loaded)?;
                let number = loaded.state.revision_next();
                let revision = draft.revision(number, Some(captured_at.clone()));
                (document::Command::CaptureRevision(revision), number, vec![inside.reliance()])
            }
        };
        let events = loaded.state.decide(asked)?;
        let key = draft.key(inside.project, document, number);
        service.texts().put(&key, &draft.salt, &draft.text).await?;
        put.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        Ok(Decision::new(events, relied_on))
    };
    let result = match what {
        What::Register(_) => service.create(command, decide).await,
        What::Capture { .. } => service.change(command, decide).await,
    };
    let recorded = match &result {
        Ok(outcome) => revision(&outcome.events).map(|revision| Key {
            project: inside.project.uuid(),
            document,
            revision: revision.number,
            sha256: revision.sha256,
        }),
        Err(failure) if failure.is_refusal() => None,
        Err(_) => return result,
    };
    let put = std::mem::take(&mut *put.lock().unwrap_or_else(PoisonError::into_inner));
    for key in put {
        if Some(key) == recorded {
            service.texts().keep(key, draft.text.clone()).await;
        } else {
            service.texts().discard(&key).await;
        }
    }
    result
}

/// The number of the revision that a record captures.
fn number(command: &Command, outcome: &Outcome) -> Result<u32, Failure> {
    let damaged = || Failure::damaged(&command.address, &"the record captures no revision");
    revision(&outcome.events).map(|revision| revision.number).ok_or_else(damaged)
}

fn revision(events: &[Event]) -> Option<&Revision> {
    events.iter().find_map(|event| match event {
        Event::Document(document::Event::DocumentRevisionCaptured(revision)) => Some(revision),
        _ => None,
    })
}

/// A text on its way into the store.
struct Draft {
    text: String,
    salt: [u8; 16],
    sha256: [u8; 32],
    code_points: u32,
}

impl Draft {
    /// Measures and hashes the text; both take a while for a long one.
    async fn new(text: String) -> Result<Self, Failure> {
        let measure = move || {
            let salt: [u8; 16] = rand::random();
            let sha256 = digest(&salt, text.as_bytes());
            let code_points = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
            Self { text, salt, sha256, code_points }
        };
        tokio::task::spawn_blocking(measure).await.map_err(|_panicked| Problem::internal().into())
    }

    fn revision(&self, number: u32, captured_at: Option<Text>) -> Revision {
        Revision {
            number,
            // It is put with the text, and goes with it.
            salt: None,
            sha256: self.sha256,
            bytes: self.text.len() as u64,
            code_points: self.code_points,
            captured_at,
        }
    }

    fn key(&self, project: ProjectId, document: Uuid, revision: u32) -> Key {
        Key { project: project.uuid(), document, revision, sha256: self.sha256 }
    }
}

/// Note that the publisher withdrew the document.
#[utoipa::path(
    post, path = "/v1/projects/{project}/documents/{id}/withdraw", tag = "documents",
    params(OneOf, Repeatable, Against), responses(Changed<Written>), security(("token" = []))
)]
async fn post_withdraw(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    Bare(ask): Bare,
) -> Result<Answer, Problem> {
    Ok(withdraw(&service, path.project(), path.id, &ask).await?)
}

/// Notes that a document was withdrawn.
pub(super) async fn withdraw(
    service: &Service,
    project: ProjectId,
    id: Uuid,
    ask: &Ask<Empty>,
) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    let command = DOCUMENTS.change_below(inside, ask, id, "withdraw");
    let decide = |loaded: Arc<Loaded<Document>>| async move {
        DOCUMENTS.check_there(&loaded)?;
        inside.check_change(&loaded)?;
        ask.condition.required(&loaded)?;
        Ok(Decision::new(loaded.state.decide(document::Command::Withdraw)?, vec![inside.reliance()]))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(Answer::changed(&command, &outcome, &Written::new(id, &outcome)))
}

/// Path of a text.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct OneText {
    /// The project.
    project: Uuid,
    /// The document.
    id: Uuid,
    /// The number of the revision.
    revision: u32,
}

/// Erase the text of a revision. Admins alone may.
///
/// The record of it is appended first, then the text is removed with the salt of its digest, so that what stays in the log
/// confirms no guess at it. Its revision stays, with its length, and so do annotations and what was read in them; where a passage
/// would be quoted, `erased` says why it is not, as of every position. Archives that were exported before have the text still.
///
/// If it could not be removed, the answer is 503 with the code `erasure_incomplete`, and `idempotency_key`: a repetition with that
/// key goes on.
#[utoipa::path(
    delete, path = "/v1/projects/{project}/documents/{id}/revisions/{revision}/text", tag = "documents",
    params(OneText, Repeatable, MaybeAgainst), request_body = NewReason,
    responses(Changed<RevisionErased>), security(("token" = []))
)]
async fn delete_text(
    State(service): State<Service>,
    Path(path): Path<OneText>,
    ask: Ask<NewReason>,
) -> Result<Answer, Problem> {
    Ok(erase(&service, path, &ask).await?)
}

async fn erase(service: &Service, path: OneText, ask: &Ask<NewReason>) -> Result<Answer, Failure> {
    let OneText { project, id, revision: number } = path;
    let inside = &service.enter(&ask.caller, ProjectId::new(project)).await?;
    inside.check(Action::Govern, Kind::Document)?;
    let command = DOCUMENTS.change_below(inside, ask, id, &format!("revisions/{number}/text"));
    let reason = &ask.body.reason()?;
    let decide = |loaded: Arc<Loaded<Document>>| async move {
        DOCUMENTS.check_there(&loaded)?;
        ask.condition.optional(&loaded)?;
        let erase = document::Command::EraseText { number, reason: reason.clone() };
        Ok(Decision::new(loaded.state.decide(erase)?, vec![inside.reliance()]))
    };
    // Who asks again without the first key repeats the removal as well, and is told that it was recorded before.
    let outcome = match service.change(&command, decide).await {
        Ok(outcome) => Ok(outcome),
        Err(Failure::Refused(again)) if again.code == "already_erased" => Err(again),
        Err(failure) => return Err(failure),
    };
    // From the leader: nothing that was recorded before is missed.
    let loaded = service.load::<Document>(&command.address, Freshness::Leader).await?;
    let revision = loaded.state.revision(number);
    let sha256 =
        revision.ok_or_else(|| Failure::damaged(&command.address, &"a revision that it erased is not there"))?.sha256;
    let key = Key { project, document: id, revision: number, sha256 };
    if let Err(failure) = service.texts().erase(&key).await {
        tracing::warn!(document = %id, revision = number, code = Problem::from(failure).code(), "a text was not erased");
        let detail = "the erasure was recorded, but the text could not be removed; repeat the request with its Idempotency-Key: \
                      it goes on";
        let problem = Problem::unavailable("erasure_incomplete", detail, RETRY_SECONDS);
        return Err(problem.with("idempotency_key", command.id.to_string()).into());
    }
    let outcome = outcome?;
    let body = RevisionErased { id, document: id, revision: number, sequence: outcome.sequence };
    Ok(Answer::changed(&command, &outcome, &body))
}

/// Seconds after which a repetition is worth a try.
const RETRY_SECONDS: u64 = 1;
