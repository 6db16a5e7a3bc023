//! Imports: lines are split from the stream, carried out, and answered in their order.
//!
//! Lines that have nothing to do with each other are worked on at the same time, since the log takes many records in
//! the time of one. Two lines have to do with each other when one names an id under which the other writes; then the
//! later one waits. So the effect is that of one line after the other.
//!
//! What the lines record names the batch that they came in: their correlation is its id. The batch says when it was
//! started, and when its last line was answered; a line that is not decided leaves it open for a repetition.

mod lines;
mod touches;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use bearer::Bearer;
use bytes::Bytes;
use domain::Rejection;
use domain::id::ProjectId;
use domain::import::{self, Lines as Answered};
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{FuturesOrdered, Stream, StreamExt};
use runtime::{Problem, parse_json};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tracing::{Instrument, Span};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::Answer;
use crate::body::object::Object;
use crate::execute::{Command, Decision, Freshness, Loaded};
use crate::failure::Failure;
use crate::request::{Ask, Condition, SMALL_LEN_MAX};
use crate::routes;
use crate::service::{DOCUMENT_BODY_LEN_MAX, Service};
use lines::{Lines, Split};
use touches::Touches;

/// The longest line, in bytes: a document's body and what stands around it.
const LINE_LEN_MAX: usize = DOCUMENT_BODY_LEN_MAX + 4_096;
/// Lines that are worked on at the same time. With write-through the log's throughput is flat from 64 on.
const LINES_IN_FLIGHT: usize = 64;
/// Results that wait for a slow reader.
const RESULTS_WAITING: usize = 64;
/// How old the batch's state may be when a line is begun: so long may another process go on after it was reverted.
pub(crate) const BATCH_AGE_MAX: Duration = Duration::from_secs(1);

/// A line of an import.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    /// The path of a POST below the project: `readings`, or `actors/<id>/names`.
    #[schema(example = "readings")]
    pub resource: String,
    /// The idempotency key; made from the line's content when absent.
    pub key: Option<Uuid>,
    /// What is posted.
    #[schema(value_type = Object)]
    pub body: Value,
}

/// What became of a line. Besides the members below, the members of the answer that the command gets by itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LineResult {
    /// The number of the line, counted from 1.
    #[schema(minimum = 1)]
    line: u64,
    /// The HTTP status that the command gets by itself.
    #[schema(minimum = 200, maximum = 599)]
    status: u16,
    /// The path of the POST, as it stands in the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    /// Whether the command was carried out before.
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed: Option<bool>,
    /// Why the line was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
    /// The answer's own members: `id`, `revision`, `sequence`, and more by resource.
    #[serde(flatten)]
    answer: Map<String, Value>,
}

impl LineResult {
    fn new(line: u64, resource: Option<String>, result: Result<Answer, Failure>) -> Self {
        match result {
            Ok(Answer { status, body, replayed, .. }) => {
                let answer = match body {
                    Value::Object(members) => members,
                    _ => Map::new(),
                };
                Self { line, status: status.as_u16(), resource, replayed: Some(replayed), problem: None, answer }
            }
            Err(failure) => {
                let problem = Problem::from(failure);
                let status = problem.status().as_u16();
                Self { line, status, resource, replayed: None, problem: Some(problem), answer: Map::new() }
            }
        }
    }

    /// Whether nothing is known of it: a part of the service did not answer.
    fn is_undecided(&self) -> bool {
        self.problem.as_ref().is_some_and(|problem| problem.status().is_server_error())
    }

    fn count(&self) {
        let outcome = match (&self.problem, self.replayed) {
            (Some(problem), _) if problem.status().is_server_error() => "failed",
            (Some(_), _) => "refused",
            (None, Some(true)) => "replayed",
            (None, _) => "stored",
        };
        metrics::counter!("gainsay_ingest_import_lines_total", "outcome" => outcome).increment(1);
    }

    fn to_line(&self) -> Bytes {
        let mut line = serde_json::to_vec(self).expect("results are plain values with string keys");
        line.push(b'\n');
        line.into()
    }
}

/// Whose import it is.
pub(crate) struct Import {
    /// The service that carries it out.
    pub service: Service,
    /// The project to which the lines belong.
    pub project: ProjectId,
    /// The author of what is written.
    pub caller: Bearer,
    /// The command that started the batch.
    pub command: Command,
}

/// The stream was cut off, for the service shuts down; the client sees an answer that breaks off.
#[derive(Debug, thiserror::Error)]
#[error("the service shuts down; send the import again")]
pub(crate) struct CutOff;

/// Carries out an import. The results come while the lines are still being read.
///
/// It goes on by itself, so that what was begun is ended when the client goes away; no further line is begun then.
pub(crate) fn run<S, E>(import: Import, chunks: S) -> impl Stream<Item = Result<Bytes, CutOff>> + Send + 'static
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static,
    E: Send + 'static,
{
    let (sender, receiver) = mpsc::channel(RESULTS_WAITING);
    // A task of its own, and yet of the request: what the lines log says which one.
    tokio::spawn(drive(import, Lines::new(chunks, LINE_LEN_MAX), sender).instrument(Span::current()));
    ReceiverStream::new(receiver)
}

async fn drive<S, E>(import: Import, mut lines: Lines<S>, results: mpsc::Sender<Result<Bytes, CutOff>>)
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    let import = &import;
    let shutdown = import.service.shutdown();
    let mut in_flight: FuturesOrdered<BoxFuture<'_, LineResult>> = FuturesOrdered::new();
    // What the lines in flight write and name, in the same order.
    let mut touched: VecDeque<Touches> = VecDeque::new();
    let mut waiting: Option<Task> = None;
    let mut ended = false;
    // Whether the last line was read and each one so far was answered for good.
    let (mut whole, mut complete) = (false, true);
    let mut answered = Answered { lines: 0, refused: 0 };
    loop {
        let free = |task: &mut Task| {
            touched.len() < LINES_IN_FLIGHT && touched.iter().all(|earlier| !earlier.concerns(&task.touches))
        };
        if let Some(task) = waiting.take_if(free) {
            touched.push_back(task.touches);
            in_flight.push_back(import.carry_out(task.number, task.content).boxed());
        }
        if ended && waiting.is_none() && in_flight.is_empty() {
            if whole && complete {
                import.complete(answered).await;
            }
            return;
        }
        tokio::select! {
            biased;
            Some(result) = in_flight.next(), if !in_flight.is_empty() => {
                touched.pop_front();
                result.count();
                answered.lines += 1;
                answered.refused += u64::from(result.problem.is_some());
                complete &= !result.is_undecided();
                if results.send(Ok(result.to_line())).await.is_err() {
                    // The client is gone: what was begun is ended, and nothing else is begun.
                    complete = false;
                    waiting = None;
                    ended = true;
                }
            }
            () = shutdown.requested(), if !ended => {
                while let Some(result) = in_flight.next().await {
                    result.count();
                    if results.send(Ok(result.to_line())).await.is_err() {
                        return;
                    }
                }
                // Nobody reads an answer that is gone.
                let _ = results.send(Err(CutOff)).await;
                return;
            }
            split = lines.next(), if waiting.is_none() && !ended => match split {
                Split::Line(number, line) => waiting = Some(import.task(number, &line)),
                Split::TooLong(number) => waiting = Some(Task::refused(number, too_long())),
                Split::Broken(number) => {
                    waiting = Some(Task::refused(number, broken()));
                    ended = true;
                }
                Split::End => {
                    ended = true;
                    whole = true;
                }
            },
        }
    }
}

/// A line that is read and waits until it can be carried out.
struct Task {
    number: u64,
    touches: Touches,
    content: Result<Content, Problem>,
}

struct Content {
    line: Line,
    key: Uuid,
    large: bool,
}

impl Task {
    fn refused(number: u64, problem: Problem) -> Self {
        Self { number, touches: Touches::default(), content: Err(problem) }
    }
}

impl Import {
    fn task(&self, number: u64, bytes: &[u8]) -> Task {
        let line: Line = match parse_json(bytes) {
            Ok(Object(line)) => line,
            Err(problem) => return Task::refused(number, problem),
        };
        let key = line.key.unwrap_or_else(|| {
            let content = format!("{}/{}", self.caller.user, hex::encode(Sha256::digest(bytes)));
            Uuid::new_v5(&self.project.uuid(), content.as_bytes())
        });
        let large = bytes.len() > SMALL_LEN_MAX;
        let touches = Touches::of(&line, key, large, self.project, self.caller.user);
        Task { number, touches, content: Ok(Content { line, key, large }) }
    }

    async fn carry_out(&self, number: u64, content: Result<Content, Problem>) -> LineResult {
        let Content { line, key, large } = match content {
            Ok(content) => content,
            Err(problem) => return LineResult::new(number, None, Err(problem.into())),
        };
        let Line { resource, body, .. } = line;
        let ask = Ask {
            caller: self.caller.clone(),
            correlation: self.command.correlation,
            key: Some(key),
            condition: Condition::None,
            body,
            body_sha256: [0; 32],
        };
        let result = async {
            self.check_open().await?;
            let _turn = if large { Some(self.service.document_turn().await?) } else { None };
            routes::post(&self.service, self.project, &resource, &ask).await
        };
        LineResult::new(number, Some(resource.clone()), result.await)
    }

    /// Refuses lines of a batch that was reverted meanwhile.
    async fn check_open(&self) -> Result<(), Failure> {
        let address = &self.command.address;
        let loaded = self.service.load::<import::Import>(address, Freshness::Within(BATCH_AGE_MAX)).await?;
        match loaded.state.check_open() {
            // A copy may lag behind the batch that was just started.
            Err(Rejection { code: "not_found", .. }) | Ok(()) => Ok(()),
            Err(rejection) => Err(rejection.into()),
        }
    }

    /// Notes that the last line was answered. What is left open by a failure is completed by a repetition.
    async fn complete(&self, answered: Answered) {
        let id = Uuid::new_v5(&self.command.id, b"completed");
        // The same whatever was counted: the first count stands.
        let command = Command { id, request_sha256: [0; 32], ..self.command.clone() };
        let decide = |loaded: Arc<Loaded<import::Import>>| async move {
            Ok(Decision::new(loaded.state.decide(import::Command::Complete(answered))?, Vec::new()))
        };
        if let Err(failure) = self.service.change(&command, decide).await {
            let problem = Problem::from(failure);
            tracing::warn!(import = %self.command.id, code = problem.code(), "an import was not noted as completed");
        }
    }
}

fn too_long() -> Problem {
    let detail = format!("the line is longer than the {LINE_LEN_MAX} bytes that are taken");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "line_too_long", detail).with("limit", LINE_LEN_MAX)
}

fn broken() -> Problem {
    Problem::bad_request("body_incomplete", "the body broke off here")
}
