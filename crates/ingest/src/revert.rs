//! Taking an import back: its records are found in the log, newest first, and each is taken back or kept.
//!
//! What a batch recorded names the batch as its correlation. The compensating commands have ids that follow from what they
//! take back, so that a revert which was interrupted goes on with a repetition. It ends with a record of the batch itself,
//! after which no line of the import is carried out any more.

use std::sync::Arc;

use axum::http::StatusCode;
use bytes::Bytes;
use domain::id::UserId;
use domain::import::{self, Import, Reverted};
use domain::{Code, Event, Fact, Kind};
use futures::stream::Stream;
use runtime::Problem;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tracing::{Instrument, Span};
use utoipa::ToSchema;
use uuid::Uuid;
use wire::record::{self, Record};
use wire::subject::Address;

use crate::auth::Inside;
use crate::execute::{Command, Decision, Loaded, Outcome};
use crate::failure::Failure;
use crate::import::{BATCH_AGE_MAX, CutOff};
use crate::reversal::{ALREADY, Taking, Terms, subject};
use crate::service::Service;
use crate::traces::Trace;

/// Positions of the log that are read at a time. Records of the window are in memory together, and no others.
const WINDOW_LEN: u64 = 1_000;
/// How often it is looked for further records before the batch is ended: an import that goes on could record for ever.
const PASSES_MAX: usize = 2;
/// Results that wait for a slow reader.
const RESULTS_WAITING: usize = 64;

/// What became of one record of the batch, or, in the last line, of all of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum RevertResult {
    /// One record.
    Record(RecordResult),
    /// The batch: the last line.
    Batch(BatchResult),
}

/// What became of one record of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordResult {
    /// The record's position.
    #[schema(minimum = 1)]
    position: u64,
    /// The kind of aggregate that it belongs to.
    #[schema(example = "reading")]
    kind: &'static str,
    /// What it is about: the aggregate, or the name of an actor, or the judgement.
    id: Uuid,
    /// What was recorded.
    #[schema(example = "ClaimRead")]
    event: &'static str,
    /// What became of it: `reverted`, `kept`, or `undecided` when a part of the service did not answer.
    outcome: &'static str,
    /// The position of the record that took it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<u64>,
    /// Why it was kept: `registered`, `final`, `first_verdict`, `moved`, `adjudicated`, `governs`, `task` or `automatic` (nothing
    /// takes it back),
    /// `changed_since` (somebody else changed it), `in_use` (something that stands rests on it), or the code of the rule
    /// that refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// A sentence on that.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// What rests on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<Because>,
    /// Where it was changed since.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    positions: Vec<u64>,
    /// Why it is undecided.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

/// What rests on a record that was kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Because {
    /// Its kind.
    kind: String,
    /// Its id.
    id: String,
}

/// What became of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchResult {
    /// The import.
    id: Uuid,
    /// The HTTP status that this line has by itself.
    #[schema(minimum = 200, maximum = 599)]
    status: u16,
    /// Records of which nothing stands any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    reverted: Option<u64>,
    /// Records that stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<u64>,
    /// The revision of the import.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<u64>,
    /// The position of the record that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    /// Whether the import was reverted by the same command before.
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed: Option<bool>,
    /// Why the revert did not end.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

impl RevertResult {
    fn to_line(&self) -> Bytes {
        let mut line = serde_json::to_vec(self).expect("results are plain values with string keys");
        line.push(b'\n');
        line.into()
    }

    fn of(batch: Uuid, outcome: &Outcome) -> Self {
        let reverted = outcome.events.iter().find_map(|event| match event {
            Event::Import(import::Event::ImportBatchReverted(reverted)) => Some(*reverted),
            _ => None,
        });
        Self::Batch(BatchResult {
            id: batch,
            status: StatusCode::OK.as_u16(),
            reverted: reverted.map(|reverted| reverted.reverted),
            kept: reverted.map(|reverted| reverted.kept),
            revision: Some(outcome.revision),
            sequence: Some(outcome.sequence),
            replayed: Some(outcome.replayed),
            problem: None,
        })
    }

    fn failed(batch: Uuid, failure: Failure) -> Self {
        let problem = Problem::from(failure);
        Self::Batch(BatchResult {
            id: batch,
            status: problem.status().as_u16(),
            reverted: None,
            kept: None,
            revision: None,
            sequence: None,
            replayed: None,
            problem: Some(problem),
        })
    }
}

/// Which batch is taken back, and by whom.
pub(crate) struct Revert {
    /// The service that does it.
    pub service: Service,
    /// Who asks, where.
    pub inside: Inside,
    /// The command on the batch.
    pub command: Command,
    /// Who imported it.
    pub author: Option<UserId>,
    /// The position at which the batch was started.
    pub started: u64,
    /// What became of the command, if it was carried out before.
    pub earlier: Option<Outcome>,
}

/// The client is gone, or the service shuts down: the rest is left to a repetition.
struct Stopped;

type Results = mpsc::Sender<Result<Bytes, CutOff>>;

/// Takes a batch back. The results come while it goes on; when the client goes away, what was begun is ended, and nothing
/// else is begun.
pub(crate) fn run(revert: Revert) -> impl Stream<Item = Result<Bytes, CutOff>> + Send + 'static {
    let (sender, receiver) = mpsc::channel(RESULTS_WAITING);
    // A task of its own, and yet of the request: what it logs says which one.
    tokio::spawn(
        async move {
            // Who went away reads no answer.
            let _stopped = revert.drive(&sender).await;
        }
        .instrument(Span::current()),
    );
    ReceiverStream::new(receiver)
}

impl Revert {
    fn batch(&self) -> Uuid {
        self.command.address.id
    }

    async fn drive(&self, results: &Results) -> Result<(), Stopped> {
        let ended = match &self.earlier {
            Some(outcome) => self.late(self.started).await?.map(|()| RevertResult::of(self.batch(), outcome)),
            None => self.whole(results).await?.map(|outcome| RevertResult::of(self.batch(), &outcome)),
        };
        let last = ended.unwrap_or_else(|failure| RevertResult::failed(self.batch(), failure));
        results.send(Ok(last.to_line())).await.map_err(|_gone| Stopped)
    }

    async fn whole(&self, results: &Results) -> Result<Result<Outcome, Failure>, Stopped> {
        let mut counts = Reverted { reverted: 0, kept: 0 };
        let floor = match self.records(Some(results), self.started, PASSES_MAX, &mut counts).await? {
            Ok(floor) => floor,
            Err(failure) => return Ok(Err(failure)),
        };
        let outcome = match self.end(counts).await {
            Ok(outcome) => outcome,
            Err(failure) => return Ok(Err(failure)),
        };
        tokio::time::sleep(BATCH_AGE_MAX).await;
        Ok(self.late(floor).await?.map(|()| outcome))
    }

    /// Takes back what lines recorded that had been let through before the batch ended, whoever still listens. A repetition
    /// does so again, in case it was interrupted.
    async fn late(&self, floor: u64) -> Result<Result<(), Failure>, Stopped> {
        let mut uncounted = Reverted { reverted: 0, kept: 0 };
        Ok(self.records(None, floor, usize::MAX, &mut uncounted).await?.map(|_upto| ()))
    }

    /// Takes back every record of the batch, and then what was recorded for it meanwhile, until there is no more, or so many
    /// times. Tells up to which position that is.
    async fn records(
        &self,
        results: Option<&Results>,
        mut floor: u64,
        passes: usize,
        counts: &mut Reverted,
    ) -> Result<Result<u64, Failure>, Stopped> {
        for _pass in 0..passes {
            let head = match self.service.log().head().await {
                Ok(head) => head.last,
                Err(error) => return Ok(Err(error.into())),
            };
            let (mut upto, mut found) = (head, false);
            while upto > floor {
                let from = upto.saturating_sub(WINDOW_LEN).max(floor) + 1;
                let window = match self.window(from, upto).await {
                    Ok(window) => window,
                    Err(failure) => return Ok(Err(failure)),
                };
                for target in window.into_iter().rev() {
                    found = true;
                    self.check_running(results).await?;
                    let result = self.record(&target).await;
                    let undecided = result.outcome == UNDECIDED;
                    match result.outcome {
                        REVERTED => counts.reverted += 1,
                        KEPT => counts.kept += 1,
                        _ => {}
                    }
                    if let Some(results) = results {
                        let line = RevertResult::Record(result).to_line();
                        results.send(Ok(line)).await.map_err(|_gone| Stopped)?;
                    }
                    if undecided {
                        return Ok(Err(incomplete()));
                    }
                }
                upto = from - 1;
            }
            floor = head;
            if !found {
                break;
            }
        }
        Ok(Ok(floor))
    }

    /// The records of the batch at these positions.
    async fn window(&self, from: u64, upto: u64) -> Result<Vec<Trace>, Failure> {
        let (mut records, mut next) = (Vec::new(), from);
        while next <= upto {
            let stored = self.service.log().read_on(next).await?;
            let Some(last) = stored.last().map(|stored| stored.position) else {
                // A copy that lags behind the head.
                return Err(incomplete());
            };
            for stored in stored.into_iter().filter(|stored| stored.position <= upto) {
                let position = stored.position;
                let damaged = |error| Failure::damaged(&format!("position {position}"), &error);
                let envelope = record::decode_envelope(&stored.payload).map_err(damaged)?;
                let is_own = envelope.project == self.inside.project.uuid()
                    && envelope.correlation_id == self.batch()
                    // Anybody may send the id of a batch along with a request of their own.
                    && Some(envelope.author) == self.author
                    && envelope.kind != Kind::Import;
                if is_own {
                    let record = record::decode(&stored.payload).map_err(damaged)?;
                    if !takes_back(&record) {
                        records.push(Trace { position, record });
                    }
                }
            }
            next = last + 1;
        }
        Ok(records)
    }

    async fn check_running(&self, results: Option<&Results>) -> Result<(), Stopped> {
        if results.is_some_and(Results::is_closed) {
            return Err(Stopped);
        }
        if self.service.shutdown().is_requested() {
            if let Some(results) = results {
                // Nobody reads an answer that is gone.
                let _ = results.send(Err(CutOff)).await;
            }
            return Err(Stopped);
        }
        Ok(())
    }

    async fn record(&self, target: &Trace) -> RecordResult {
        let (address, envelope, events) = (target.address(), &target.record.envelope, &target.record.events);
        let mut result = RecordResult {
            position: target.position,
            kind: address.kind.as_str(),
            id: subject(&address, events),
            event: events.first().map_or("", Event::name),
            outcome: REVERTED,
            by: None,
            reason: None,
            detail: None,
            because: None,
            positions: Vec::new(),
            problem: None,
        };
        let command = self.compensation(address, envelope.record_id);
        let taking = Taking { inside: &self.inside, command: &command, target, terms: Terms::Import };
        match self.service.take_back(taking).await {
            Ok(outcome) => result.by = Some(outcome.sequence),
            Err(Failure::Refused(rejection)) if rejection.code == ALREADY => {
                result.by = rejection.facts.iter().find_map(|(_, fact)| match fact {
                    Fact::Number(by) => Some(*by),
                    Fact::Text(_) | Fact::Texts(_) | Fact::Numbers(_) => None,
                });
            }
            Err(Failure::Refused(rejection)) => {
                let text = |name: &str| {
                    rejection.facts.iter().find_map(|(fact, value)| match value {
                        Fact::Text(text) if *fact == name => Some(text.clone()),
                        _ => None,
                    })
                };
                result.outcome = KEPT;
                result.because = text("kind").zip(text("id")).map(|(kind, id)| Because { kind, id });
                result.reason = Some(text("reason").unwrap_or_else(|| rejection.code.to_owned()));
                result.positions = rejection.facts.iter().find_map(|(_, fact)| numbers(fact)).unwrap_or_default();
                result.detail = Some(rejection.detail);
            }
            Err(failure) => {
                result.outcome = UNDECIDED;
                result.problem = Some(failure.into());
            }
        }
        let outcome = result.outcome;
        metrics::counter!("gainsay_ingest_reverted_records_total", "outcome" => outcome).increment(1);
        result
    }

    fn compensation(&self, address: Address, record: Uuid) -> Command {
        let id = Uuid::new_v5(&self.batch(), format!("revert/{record}").as_bytes());
        Command {
            resource: "reverts",
            address,
            id,
            // The same for each attempt, with whichever key.
            request_sha256: [0; 32],
            against: None,
            causation: Some(record),
            ..self.command.clone()
        }
    }

    /// Notes that the batch was taken back.
    async fn end(&self, counts: Reverted) -> Result<Outcome, Failure> {
        let inside = &self.inside;
        let command = Command { against: None, ..self.command.clone() };
        let decide = |loaded: Arc<Loaded<Import>>| async move {
            inside.check_change(&loaded)?;
            let events = loaded.state.decide(import::Command::Revert(counts))?;
            Ok(Decision::new(events, vec![inside.reliance()]))
        };
        self.service.change(&command, decide).await
    }
}

/// Whether a record took another back. It may name the batch too, where its client sent that along, and is no line of it.
/// What is caused by another record and takes nothing back is a mark that followed a new revision.
fn takes_back(record: &Record) -> bool {
    let follows = |event: &Event| {
        use domain::annotation::Event::{AnnotationAnchorLost, AnnotationReanchored};
        matches!(event, Event::Annotation(AnnotationReanchored(_) | AnnotationAnchorLost(_)))
    };
    record.envelope.causation_id.is_some() && !record.events.first().is_some_and(follows)
}

const REVERTED: &str = "reverted";
const KEPT: &str = "kept";
const UNDECIDED: &str = "undecided";

fn numbers(fact: &Fact) -> Option<Vec<u64>> {
    match fact {
        Fact::Numbers(numbers) => Some(numbers.clone()),
        Fact::Text(_) | Fact::Texts(_) | Fact::Number(_) => None,
    }
}

fn incomplete() -> Failure {
    let detail = "the import is reverted in part; repeat the request: it goes on with the rest";
    Problem::unavailable("revert_incomplete", detail, 1).into()
}
