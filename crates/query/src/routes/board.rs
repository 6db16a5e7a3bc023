//! The dispute board of an incident.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use runtime::{Path, Problem, Query};
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskBasis, AskBoard, AskHangsOn, Basis, Board, HangsOn, Viewer, Without};

use super::{Route, records};
use crate::App;
use crate::answer::{JSON, Validator, ask, ask_without, json, mismatched};
use crate::auth::Caller;
use crate::difference::BoardDifference;
use crate::kept::Asked;
use crate::openapi::{Describe, one_of, reference, schemas_of, uuid};
use crate::params::{BoardParams, Moment, exclusive, hangs_on, quotes, without, without_query};
use crate::written::{self, Written};

/// Records that a difference tells.
const RECORDS_MAX: u32 = 1_000;

pub(super) fn route() -> Route {
    let summary = "Who says who did it: the dispute board of an incident, under one policy, as of one position. An \
                   utterance of which not all quotes are shown has `quotes_next`, a link to the same board with more. With \
                   `diff_to` the answer is the difference between two boards, and with `hangs_on` what its statuses hang on.";
    let operation = Describe::new("get_board", "incidents", summary)
        .path_parameter("project", uuid(), "The project.")
        .path_parameter("id", uuid(), "The incident.")
        .query::<BoardParams>()
        .view(one_of([reference::<Board>(), reference::<BoardDifference>(), reference::<HangsOn>()]))
        .build();
    let schemas = schemas_of::<Board>().into_iter().chain(schemas_of::<BoardDifference>());
    let schemas = schemas.chain(schemas_of::<HangsOn>()).collect();
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
    let without = without(&params.without)?;
    let quotes = quotes(params.quotes)?;
    let moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?.under(params.policy);
    let kinds = hangs_on(params.hangs_on)?;
    if !kinds.is_empty() {
        if params.diff_to.is_some() {
            return Err(exclusive("hangs_on", "diff_to"));
        }
        let question = Question::HangsOn(AskHangsOn { incident: incident.to_string(), kinds });
        let answer = ask_without(&app, viewer, Some(project), moment, without, question).await?;
        let (as_of, Answer::HangsOn(hangs_on)) = answer else { return Err(mismatched()) };
        return json(&headers, as_of, &Validator::Content, &hangs_on);
    }
    if let Some(diff_to) = &params.diff_to {
        let from = Moment::named("diff_to", diff_to, params.wait_ms)?.under(params.policy);
        let asked = AskBoard { incident: incident.to_string(), quotes, known: None };
        return difference(&app, &viewer, project, asked, (from, moment, without), &headers).await;
    }
    let asked = Asked { project, incident, quotes, policy: moment.policy };
    // Boards of past positions, and of what would be, are asked for seldom, and each once.
    let is_now = !moment.is_named && without.is_empty();
    let given = if is_now { app.boards.find(&asked) } else { None };
    let known = given.as_ref().map(|board| board.known);
    let question = Question::Board(AskBoard { incident: incident.to_string(), quotes, known });
    let left_out = without_query(&without);
    match (ask_without(&app, viewer, Some(project), moment, without, question).await?, given) {
        ((as_of, Answer::Unchanged(_)), Some(given)) => Ok(given.at(as_of).response(&headers)),
        ((as_of, Answer::Board(board)), _) => {
            let is_blinded = board.blinded;
            let board = Arc::new(Written::new(project, board, quotes, &left_out)?);
            let rendered = board.at(as_of);
            if is_now && !is_blinded {
                app.boards.keep(asked, &board);
            }
            Ok(rendered.response(&headers))
        }
        _ => Err(mismatched()),
    }
}

/// The difference from a board to one that leaves something out, or nothing.
async fn difference(
    app: &App,
    viewer: &Viewer,
    project: Uuid,
    asked: AskBoard,
    (from, to, without): (Moment, Moment, Vec<Without>),
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let incident = asked.incident.clone();
    let board = async |moment: Moment, without: Vec<Without>| {
        let question = Question::Board(asked.clone());
        let left_out = without_query(&without);
        let answer = ask_without(app, viewer.clone(), Some(project), moment, without, question).await?;
        let (as_of, Answer::Board(mut board)) = answer else { return Err(mismatched()) };
        written::place(project, &mut board, as_of.position, asked.quotes, &left_out);
        Ok((as_of, board))
    };
    let (as_of, after) = board(to, without).await?;
    let (before_as_of, before) = board(from, Vec::new()).await?;
    let mut difference = BoardDifference::between(&before, &after).map_err(|error| {
        tracing::error!(%error, "a difference does not serialise");
        Problem::internal()
    })?;
    // Whichever is the later one, what is between them made the one of the other.
    let (to_position, from_position) = (as_of.position, before_as_of.position);
    let (first, last) = (to_position.min(from_position), to_position.max(from_position));
    let question = Question::Basis(AskBasis { incident, after: first, limit: RECORDS_MAX });
    let moment = Moment { as_of: Some(last), time_us: None, at_least: Some(last), ..to };
    let answer = ask(app, viewer.clone(), Some(project), moment, question).await?;
    let (_, Answer::Basis(Basis { records, documents })) = answer else { return Err(mismatched()) };
    let records = records.unwrap_or_default();
    difference.records = records.items.iter().map(records::json).collect::<Result<_, _>>()?;
    difference.more = records.next.is_some();
    difference.documents = documents;
    json(headers, as_of, &Validator::Content, &difference)
}
