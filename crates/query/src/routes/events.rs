//! The project's records as NDJSON, whole and in order.

use std::io;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use futures::stream;
use runtime::{Path, Problem, Query};
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskRecords, Records, Viewer};

use super::{Route, records};
use crate::App;
use crate::answer::{AsOf, NDJSON, ask, mismatched, streamed};
use crate::auth::Caller;
use crate::openapi::{Describe, uuid};
use crate::params::{EventsParams, Moment};

/// Records asked for at a time. With records of some hundred bytes a page is well below the bound of an answer, and a
/// client that stops reading holds one page.
const PAGE_LEN: u32 = 500;
/// How long a later page waits for a projector that restarted, in milliseconds.
const PAGE_WAIT_MS: u32 = 5000;

pub(super) fn route() -> Route {
    let summary = "The project's records, one JSON object a line, in order, up to the newest as of the start.";
    let operation = Describe::new("get_events", "history", summary)
        .path_parameter("project", uuid(), "The project.")
        .query::<EventsParams>()
        .records()
        .build();
    Route::new("/v1/projects/{project}/events", NDJSON, operation, events)
}

async fn events(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<Uuid>,
    Query(params): Query<EventsParams>,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    let moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?;
    let after = params.after()?;
    // The first page is asked for before the answer begins, so that a refusal is a problem and not a broken stream.
    let (as_of, first) = page(&app, viewer.clone(), project, moment, after).await?;
    let position = Some(as_of.position);
    let later = Moment { as_of: position, at_least: position, wait_ms: PAGE_WAIT_MS, ..Moment::default() };
    let pages = Pages { app, viewer, project, moment: later, after: None, first: Some(first) };
    let lines = stream::try_unfold(pages, Pages::next);
    Ok(streamed(as_of, NDJSON, Body::from_stream(lines)))
}

async fn page(
    app: &App,
    viewer: Viewer,
    project: Uuid,
    moment: Moment,
    after: u64,
) -> Result<(AsOf, Records), Problem> {
    let question = Question::Records(AskRecords { limit: PAGE_LEN, after });
    match ask(app, viewer, Some(project), moment, question).await? {
        (as_of, Answer::Records(records)) => Ok((as_of, records)),
        _ => Err(mismatched()),
    }
}

/// The pages that are still to be sent. A page is asked for when the client has taken the one before.
struct Pages {
    app: App,
    viewer: Viewer,
    project: Uuid,
    moment: Moment,
    /// The page that was asked for before the answer began.
    first: Option<Records>,
    /// Where the next page begins; none at the end.
    after: Option<u64>,
}

impl Pages {
    async fn next(mut self) -> io::Result<Option<(Vec<u8>, Self)>> {
        let records = match (self.first.take(), self.after) {
            (Some(first), _) => first,
            (None, Some(after)) => self.ask(after).await.map_err(broken_off)?,
            (None, None) => return Ok(None),
        };
        self.after = records.next;
        Ok(Some((lines(&records).map_err(broken_off)?, self)))
    }

    async fn ask(&self, after: u64) -> Result<Records, Problem> {
        let (_, records) = page(&self.app, self.viewer.clone(), self.project, self.moment, after).await?;
        Ok(records)
    }
}

/// Breaks the connection off, so that nobody takes a part for the whole.
fn broken_off(problem: Problem) -> io::Error {
    tracing::warn!(code = problem.code(), "a stream of records was broken off");
    io::Error::other(problem)
}

fn lines(records: &Records) -> Result<Vec<u8>, Problem> {
    let mut lines = Vec::new();
    for record in &records.items {
        let json = records::json(record)?;
        serde_json::to_writer(&mut lines, &json).expect("a JSON value always serialises");
        lines.push(b'\n');
    }
    Ok(lines)
}
