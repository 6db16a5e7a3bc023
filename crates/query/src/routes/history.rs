//! Every record about a subject, in order.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use domain::{Kind, UnknownCode};
use runtime::{Path, Problem, Query};
use uuid::Uuid;
use wire::view::AskHistory;
use wire::view::reply::Answer;
use wire::view::request::Question;

use super::{Route, records};
use crate::App;
use crate::answer::{JSON, PageOf, Validator, ask, json, link_next, mismatched};
use crate::auth::Caller;
use crate::cursor::Scope;
use crate::openapi::{Describe, codes, list_of_records, uuid};
use crate::params::{HistoryParams, Moment, Page, refuse_unsupported};

pub(super) fn route() -> Route {
    let operation = Describe::new("get_history", "history", "Every record about a subject, in order.")
        .path_parameter("project", uuid(), "The project.")
        .path_parameter("kind", codes::<Kind>(), "The kind of aggregate.")
        .path_parameter("id", uuid(), "The aggregate.")
        .query::<HistoryParams>()
        .lists(list_of_records())
        .build();
    Route::new("/v1/projects/{project}/history/{kind}/{id}", JSON, operation, history)
}

async fn history(
    State(app): State<App>,
    caller: Caller,
    Path((project, kind, id)): Path<(Uuid, String, Uuid)>,
    Query(params): Query<HistoryParams>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    let kind = parse(&kind)?;
    refuse_unsupported(&params.without, params.diff_to.as_deref())?;
    let mut moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?;
    let scope = Scope::new(uri.path(), [("as_of", params.as_of.as_deref())]);
    let page = Page::new(params.limit, params.cursor.as_deref(), scope, &mut moment)?;
    let question = Question::History(AskHistory {
        kind: kind.to_string(),
        id: id.to_string(),
        limit: page.limit,
        after: page.after,
    });
    let (as_of, Answer::Records(found)) = ask(&app, viewer, Some(project), moment, question).await? else {
        return Err(mismatched());
    };
    let items = found.items.iter().map(records::json).collect::<Result<Vec<_>, _>>()?;
    let next = found.next.map(|after| page.next(as_of, after));
    let body = PageOf { items, next };
    let response = json(&headers, as_of, &Validator::Content, &body)?;
    Ok(match &body.next {
        Some(cursor) => link_next(response, &uri, cursor),
        None => response,
    })
}

/// A kind that does not exist has no histories: 404, with the kinds that there are.
fn parse(kind: &str) -> Result<Kind, Problem> {
    kind.parse().map_err(|unknown: UnknownCode| Problem::not_found(unknown.to_string()))
}
