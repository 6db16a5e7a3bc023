//! The dispute board of an incident.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use runtime::{Path, Problem, Query};
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskBoard, Board};

use super::Route;
use crate::App;
use crate::answer::{JSON, ask, mismatched};
use crate::auth::Caller;
use crate::kept::Asked;
use crate::openapi::{Describe, reference, schemas_of, uuid};
use crate::params::{BoardParams, Moment, quotes, refuse_unsupported};
use crate::written::Written;

pub(super) fn route() -> Route {
    let summary = "Who says who did it: the dispute board of an incident, under one policy, as of one position. An \
                   utterance of which not all quotes are shown has `quotes_next`, a link to the same board with more.";
    let operation = Describe::new("get_board", "incidents", summary)
        .path_parameter("project", uuid(), "The project.")
        .path_parameter("id", uuid(), "The incident.")
        .query::<BoardParams>()
        .view(reference::<Board>())
        .build();
    let schemas = schemas_of::<Board>();
    Route::new("/v1/projects/{project}/incidents/{id}/board", JSON, operation, board).schemas(schemas)
}

async fn board(
    State(app): State<App>,
    caller: Caller,
    Path((project, incident)): Path<(Uuid, Uuid)>,
    Query(params): Query<BoardParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    refuse_unsupported(&params.without, params.diff_to.as_deref())?;
    let quotes = quotes(params.quotes)?;
    let moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?.under(params.policy);
    let asked = Asked { project, incident, quotes, policy: moment.policy };
    // Boards of past positions are asked for seldom, and each once.
    let is_now = !moment.is_named;
    let given = if is_now { app.boards.find(&asked) } else { None };
    let known = given.as_ref().map(|board| board.known);
    let question = Question::Board(AskBoard { incident: incident.to_string(), quotes, known });
    match (ask(&app, viewer, Some(project), moment, question).await?, given) {
        ((as_of, Answer::Unchanged(_)), Some(given)) => Ok(given.at(as_of).response(&headers)),
        ((as_of, Answer::Board(board)), _) => {
            let is_blinded = board.blinded;
            let board = Arc::new(Written::new(project, board, quotes)?);
            let rendered = board.at(as_of);
            if is_now && !is_blinded {
                app.boards.keep(asked, &board);
            }
            Ok(rendered.response(&headers))
        }
        _ => Err(mismatched()),
    }
}
