//! The dispute board of an incident.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use runtime::{Path, Problem, Query};
use serde_json::Value;
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskBoard, Board, Utterance};

use super::Route;
use crate::App;
use crate::answer::{JSON, Rendered, Validator, ask, mismatched};
use crate::auth::Caller;
use crate::kept::Asked;
use crate::openapi::{Describe, reference, schemas_of, uuid};
use crate::params::{BoardParams, Moment, QUOTES_MAX, quotes, refuse_unsupported};

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
    Route::new("/v1/projects/{project}/incidents/{id}/board", JSON, operation, get(board)).schemas(schemas)
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
    let ask_board = AskBoard { incident: incident.to_string(), quotes };
    let asked = Asked { viewer, project, board: ask_board, policy: moment.policy };
    // What holds at a past position needs no look at the present one; it is asked for seldom, too.
    let is_now = moment.as_of.is_none();
    if is_now && let Some(given) = app.boards.find(&app, &asked, moment.at_least).await {
        return Ok(given.response(&headers));
    }
    let question = Question::Board(asked.board.clone());
    let (as_of, Answer::Board(board)) = ask(&app, asked.viewer.clone(), Some(project), moment, question).await? else {
        return Err(mismatched());
    };
    let rendered = Arc::new(render(project, as_of, &board, quotes)?);
    if is_now {
        app.boards.keep(asked, &rendered);
    }
    Ok(rendered.response(&headers))
}

/// The board as it is sent.
fn render(project: Uuid, as_of: u64, board: &Board, quotes: u32) -> Result<Rendered, Problem> {
    // To go through a board as values takes several times as long as to write it.
    if !utterances(board).any(|utterance| utterance.quotes_total as usize > utterance.quotes.len()) {
        return Rendered::new(as_of, &Validator::Content, board);
    }
    let incident = board.incident.as_ref().map(|incident| incident.id.as_str()).unwrap_or_default();
    let rest = Rest {
        path: format!("/v1/projects/{project}/incidents/{incident}/board"),
        as_of: board.as_of,
        policy: board.policy,
        shown: quotes,
    };
    let mut body = serde_json::to_value(board).map_err(|error| {
        tracing::error!(%error, "a board does not serialise");
        Problem::internal()
    })?;
    rest.link(&mut body);
    Rendered::new(as_of, &Validator::Content, &body)
}

/// Every utterance of a board.
fn utterances(board: &Board) -> impl Iterator<Item = &Utterance> {
    let generic = board.generic.iter().chain(&board.possible_members).filter_map(|generic| generic.about.as_ref());
    let propositions = board.propositions.iter().chain(generic);
    propositions.flat_map(|about| about.support.iter().chain(&about.opposition).chain(&about.neutral))
}

/// Links from each utterance to the quotes that are not shown.
struct Rest {
    path: String,
    as_of: u64,
    policy: u32,
    shown: u32,
}

impl Rest {
    /// Puts `quotes_next` into each utterance, at whatever depth, of which not all quotes are shown.
    fn link(&self, value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.link(value)),
            Value::Object(members) => {
                members.values_mut().for_each(|value| self.link(value));
                let total = members.get("quotes_total").and_then(Value::as_u64);
                let shown = members.get("quotes").and_then(Value::as_array).map(Vec::len);
                if let (Some(total), Some(shown)) = (total, shown)
                    && total > shown as u64
                {
                    members.insert("quotes_next".to_owned(), self.url(total).into());
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// The same board with all quotes of an utterance that has so many; nothing where more are never shown.
    fn url(&self, total: u64) -> Option<String> {
        let quotes = total.min(QUOTES_MAX.into());
        let Self { path, as_of, policy, shown } = self;
        (quotes > u64::from(*shown)).then(|| format!("{path}?as_of={as_of}&policy={policy}&quotes={quotes}"))
    }
}

#[cfg(test)]
mod tests;
