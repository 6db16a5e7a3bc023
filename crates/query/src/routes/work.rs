//! Work lists: readings that take no part, what asks for attention, and what was ruled on one's own readings.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use runtime::{Path, Problem, Query};
use serde::Serialize;
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskFeedback, AskInbox, AskOrphans, Feedback, Inbox, Orphans};

use super::Route;
use crate::App;
use crate::answer::{AsOf, JSON, Validator, ask, json, link_next, mismatched};
use crate::auth::Caller;
use crate::openapi::{Describe, reference, schemas_of, uuid};
use crate::params::{Moment, Page, WorkParams, refuse_unsupported, scope_of};

pub(super) fn routes() -> [Route; 3] {
    let orphans_summary = "Readings that take no part in any board, and why: they cite no live annotation, or what they \
                           are about, or somebody whom they name, is not there; and those of which a passage was not \
                           found in the newest revision of its document. Oldest first.";
    let inbox_summary = "What asks for attention, by incident, oldest first: speakers who say both that it is so and that \
                         it is not, and findings after which more was read.";
    let feedback_summary = "What was ruled on your own readings: those that an adjudication upholds or rejects, oldest \
                            first, each beside the rulings and the other readings that were upheld. No policy changes it.";
    let describe = |id: &str, summary: &str| {
        Describe::new(id, "work", summary).path_parameter("project", uuid(), "The project.").query::<WorkParams>()
    };
    let orphans_operation = describe("get_orphans", orphans_summary).lists(reference::<Orphans>()).build();
    let inbox_operation = describe("get_inbox", inbox_summary).lists(reference::<Inbox>()).build();
    let feedback_operation = describe("get_my_feedback", feedback_summary).lists(reference::<Feedback>()).build();
    [
        Route::new("/v1/projects/{project}/me/feedback", JSON, feedback_operation, feedback)
            .schemas(schemas_of::<Feedback>()),
        Route::new("/v1/projects/{project}/orphans", JSON, orphans_operation, orphans).schemas(schemas_of::<Orphans>()),
        Route::new("/v1/projects/{project}/inbox", JSON, inbox_operation, inbox).schemas(schemas_of::<Inbox>()),
    ]
}

async fn orphans(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<Uuid>,
    Query(params): Query<WorkParams>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    let (moment, page) = begin(&params, &uri)?;
    let question = Question::Orphans(AskOrphans { limit: page.limit, after: page.after });
    let (as_of, Answer::Orphans(mut orphans)) = ask(&app, viewer, Some(project), moment, question).await? else {
        return Err(mismatched());
    };
    orphans.next = orphans.after.map(|after| page.next(as_of, after));
    answer(&headers, &uri, as_of, &orphans, orphans.next.as_deref())
}

async fn inbox(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<Uuid>,
    Query(params): Query<WorkParams>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    let (moment, page) = begin(&params, &uri)?;
    let question = Question::Inbox(AskInbox { limit: page.limit, after: page.after });
    let (as_of, Answer::Inbox(mut inbox)) = ask(&app, viewer, Some(project), moment, question).await? else {
        return Err(mismatched());
    };
    inbox.next = inbox.after.map(|after| page.next(as_of, after));
    answer(&headers, &uri, as_of, &inbox, inbox.next.as_deref())
}

async fn feedback(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<Uuid>,
    Query(params): Query<WorkParams>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    let (moment, page) = begin(&params, &uri)?;
    let question = Question::Feedback(AskFeedback { limit: page.limit, after: page.after });
    let (as_of, Answer::Feedback(mut feedback)) = ask(&app, viewer, Some(project), moment, question).await? else {
        return Err(mismatched());
    };
    feedback.next = feedback.after.map(|after| page.next(as_of, after));
    answer(&headers, &uri, as_of, &feedback, feedback.next.as_deref())
}

/// Reads what all of them take.
fn begin(params: &WorkParams, uri: &Uri) -> Result<(Moment, Page), Problem> {
    refuse_unsupported(&params.without, params.diff_to.as_deref())?;
    let mut moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?.under(params.policy);
    let scope = scope_of(uri.path(), params.as_of.as_deref(), params.policy);
    let page = Page::new(params.limit, params.cursor.as_deref(), scope, &mut moment)?;
    Ok((moment, page))
}

fn answer(
    request: &HeaderMap,
    uri: &Uri,
    as_of: AsOf,
    body: &impl Serialize,
    next: Option<&str>,
) -> Result<Response, Problem> {
    let response = json(request, as_of, &Validator::Content, body)?;
    Ok(match next {
        Some(cursor) => link_next(response, uri, cursor),
        None => response,
    })
}
