//! The dispute board of an incident.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use runtime::{Path, Problem, Query};
use serde_json::Value;
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskBoard, Board};

use super::Route;
use crate::App;
use crate::answer::{JSON, Validator, ask, json, mismatched};
use crate::auth::Caller;
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
    let question = Question::Board(AskBoard { incident: incident.to_string(), quotes });
    let (as_of, Answer::Board(board)) = ask(&app, viewer, Some(project), moment, question).await? else {
        return Err(mismatched());
    };
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
    json(&headers, as_of, &Validator::Content, &body)
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
