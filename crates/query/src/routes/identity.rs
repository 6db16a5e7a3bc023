//! The identity workbench, and what a judgement would change.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use runtime::{Path, Problem, Query};
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskIdentity, AskPreview, Identity, Preview};

use super::Route;
use crate::App;
use crate::answer::{AsOf, JSON, Validator, ask, json, link_next, mismatched};
use crate::auth::Caller;
use crate::openapi::{Describe, reference, schemas_of, uuid};
use crate::params::{IdentityParams, Moment, Page, PreviewParams, refuse_unsupported, view_scope};
use domain::Code;
use domain::identity::Subject;

const PATH: &str = "/v1/projects/{project}/identity/{kind}";

pub(super) fn routes() -> [Route; 2] {
    let summary = "What is judged to be one, the judgements that were not withdrawn, and pairs that share something and on \
                   which nobody judged: names; dates with titles, places or targets; the words of one speaker on one date \
                   or in passages of which one may derive from the other.";
    let workbench = Describe::new("get_identity", "judgements", summary)
        .path_parameter("project", uuid(), "The project.")
        .path_parameter("kind", kinds(), "What is judged.")
        .query::<IdentityParams>()
        .view(reference::<Identity>())
        .build();
    let summary = "What a judgement `same` of the two would change on every board that it touches, and the judgements that \
                   stand in its way: it is shown as if it contested those.";
    let preview = Describe::new("get_identity_preview", "judgements", summary)
        .path_parameter("project", uuid(), "The project.")
        .path_parameter("kind", kinds(), "What is judged.")
        .query::<PreviewParams>()
        .view(reference::<Preview>())
        .build();
    [
        Route::new(PATH, JSON, workbench, identity).schemas(schemas_of::<Identity>()),
        Route::new(format!("{PATH}/preview"), JSON, preview, previewed).schemas(schemas_of::<Preview>()),
    ]
}

fn kinds() -> RefOr<Schema> {
    let kinds = Subject::ALL.iter().map(|subject| subject.as_str());
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(kinds)).into()
}

async fn identity(
    State(app): State<App>,
    caller: Caller,
    Path((project, kind)): Path<(Uuid, String)>,
    Query(params): Query<IdentityParams>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    refuse_unsupported(&params.without, params.diff_to.as_deref())?;
    let mut moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?.under(params.policy);
    let policy = params.policy.map(|policy| policy.to_string());
    let scope = view_scope(uri.path(), params.as_of.as_deref(), policy.as_deref(), []);
    let page = Page::new(params.limit, params.cursor.as_deref(), scope, &mut moment)?;
    let question = Question::Identity(AskIdentity { kind, limit: page.limit, after: page.after });
    let (as_of, Answer::Identity(mut identity)) = ask(&app, viewer, Some(project), moment, question).await? else {
        return Err(mismatched());
    };
    identity.next = identity.continue_after.map(|after| page.next(as_of, after));
    paged(&headers, &uri, as_of, &identity, identity.next.as_deref())
}

async fn previewed(
    State(app): State<App>,
    caller: Caller,
    Path((project, kind)): Path<(Uuid, String)>,
    Query(params): Query<PreviewParams>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    refuse_unsupported(&params.without, params.diff_to.as_deref())?;
    let mut moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?.under(params.policy);
    let (left, right) = (params.left.to_string(), params.right.to_string());
    let policy = params.policy.map(|policy| policy.to_string());
    let of = [("left", Some(left.as_str())), ("right", Some(right.as_str()))];
    let scope = view_scope(uri.path(), params.as_of.as_deref(), policy.as_deref(), of);
    let page = Page::new(params.limit, params.cursor.as_deref(), scope, &mut moment)?;
    let asked = AskPreview { kind, left: left.clone(), right: right.clone(), limit: page.limit, after: page.after };
    let question = Question::Preview(asked);
    let (as_of, Answer::Preview(mut preview)) = ask(&app, viewer, Some(project), moment, question).await? else {
        return Err(mismatched());
    };
    preview.next = preview.continue_after.map(|after| page.next(as_of, after));
    paged(&headers, &uri, as_of, &preview, preview.next.as_deref())
}

/// A view as JSON, with a link to its next page.
fn paged(
    request: &HeaderMap,
    uri: &Uri,
    as_of: AsOf,
    view: &impl Serialize,
    next: Option<&str>,
) -> Result<Response, Problem> {
    let response = json(request, as_of, &Validator::Content, view)?;
    Ok(match next {
        Some(cursor) => link_next(response, uri, cursor),
        None => response,
    })
}
