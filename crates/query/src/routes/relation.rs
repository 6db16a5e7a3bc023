//! What is said about a relation.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use runtime::{Path, Problem, Query};
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskRelation, RelationBoard};

use super::Route;
use crate::App;
use crate::answer::{JSON, Validator, ask, json, mismatched};
use crate::auth::Caller;
use crate::openapi::{Describe, reference, schemas_of, uuid};
use crate::params::{Moment, RelationParams, quotes, refuse_unsupported};
use crate::rest::Rest;

pub(super) fn route() -> Route {
    let summary = "Who says that a relation holds, and who says that it does not: its proposition, with the status that \
                   any proposition gets. An utterance of which not all quotes are shown has `quotes_next`, a link to the \
                   same board with more.";
    let operation = Describe::new("get_relation_board", "relations", summary)
        .path_parameter("project", uuid(), "The project.")
        .path_parameter("id", uuid(), "The relation.")
        .query::<RelationParams>()
        .view(reference::<RelationBoard>())
        .build();
    let schemas = schemas_of::<RelationBoard>();
    Route::new("/v1/projects/{project}/relations/{id}/board", JSON, operation, board).schemas(schemas)
}

async fn board(
    State(app): State<App>,
    caller: Caller,
    Path((project, relation)): Path<(Uuid, Uuid)>,
    Query(params): Query<RelationParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    refuse_unsupported(&params.without, params.diff_to.as_deref())?;
    let quotes = quotes(params.quotes)?;
    let moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?.under(params.policy);
    let question = Question::Relation(AskRelation { relation: relation.to_string(), quotes });
    let (as_of, Answer::Relation(mut board)) = ask(&app, viewer, Some(project), moment, question).await? else {
        return Err(mismatched());
    };
    let policy = board.policy;
    let base = format!("/v1/projects/{project}/relations/{relation}/board?as_of={as_of}&policy={policy}");
    Rest { base, shown: quotes }.link(&mut board);
    json(&headers, as_of, &Validator::Content, &board)
}
