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
use super::difference::{self, Between, Sought};
use crate::App;
use crate::answer::{JSON, Validator, ask_without, json, mismatched};
use crate::auth::Caller;
use crate::difference::ViewDifference;
use crate::openapi::{Describe, one_of, reference, schemas_of, uuid};
use crate::params::{Moment, RelationParams, quotes, without, without_query};
use crate::rest::Rest;

pub(super) fn route() -> Route {
    let summary = "Who says that a relation holds, and who says that it does not: its proposition, with the status that \
                   any proposition gets. An utterance of which not all quotes are shown has `quotes_next`, a link to the \
                   same board with more.";
    let operation = Describe::new("get_relation_board", "relations", summary)
        .path_parameter("project", uuid(), "The project.")
        .path_parameter("id", uuid(), "The relation.")
        .query::<RelationParams>()
        .view(one_of([reference::<RelationBoard>(), reference::<ViewDifference>()]))
        .build();
    let schemas = schemas_of::<RelationBoard>().into_iter().chain(schemas_of::<ViewDifference>()).collect();
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
    let without = without(&params.without)?;
    let quotes = quotes(params.quotes)?;
    let moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?.under(params.policy);
    let ask = async |Sought { moment, without, is_from: _ }: Sought| {
        let left_out = without_query(&without);
        let question = Question::Relation(AskRelation { relation: relation.to_string(), quotes });
        let answer = ask_without(&app, viewer.clone(), Some(project), moment, without, question).await?;
        let (as_of, Answer::Relation(mut board)) = answer else { return Err(mismatched()) };
        let policy = board.policy;
        let base = format!("/v1/projects/{project}/relations/{relation}/board?as_of={as_of}&policy={policy}{left_out}");
        Rest { base, shown: quotes }.link(&mut board);
        Ok((as_of, board))
    };
    let between = Between::asked(params.diff_to.as_deref(), params.wait_ms, moment, &without)?;
    if let Some(Between { from, to }) = between {
        let after = ask(to).await?;
        return difference::answer(ask(from).await?, after, &headers);
    }
    let (as_of, board) = ask(Sought::only(moment, without)).await?;
    json(&headers, as_of, &Validator::Content, &board)
}
