//! Carrying out a command: load, look whether it was carried out before, decide, append; and again after a conflict.

mod aggregates;
mod loaded;

pub(crate) use aggregates::{Aggregates, Freshness, Kept};
pub(crate) use loaded::Loaded;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use domain::id::{CredentialId, UserId};
use domain::reading::Reading;
use domain::{Aggregate, Event};
use event_log::{Append, AppendError};
use tracing::Instrument;
use uuid::Uuid;
use wire::record::{self, Batch, Envelope, Record, Reliance};
use wire::subject::Address;

use crate::failure::Failure;
use crate::service::Service;
use crate::veil::Blind;
use loaded::Stand;

/// How often a command is decided before its client is asked to come again. With turns taken within a process only
/// other processes conflict, and each conflict means that one of them has got on.
const ATTEMPTS_MAX: u32 = 12;
/// The longest pause before the second attempt; it doubles with each further one.
const PAUSE_FIRST: Duration = Duration::from_millis(2);
/// The longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// A command on one aggregate, without what is asked.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    /// The collection, as metrics and spans name it.
    pub resource: &'static str,
    /// The aggregate.
    pub address: Address,
    /// Who commands.
    pub author: UserId,
    /// With which token.
    pub credential: CredentialId,
    /// The command.
    pub id: Uuid,
    /// SHA-256 of the canonical request.
    pub request_sha256: [u8; 32],
    /// What belongs to one undertaking has one correlation id.
    pub correlation: Uuid,
    /// The revision that it was made against, where that was said.
    pub against: Option<u64>,
    /// The record that gave rise to it; none for a person's command.
    pub causation: Option<Uuid>,
    /// Who commands, if they may be kept from what the command is about: then it is as if it did not exist.
    pub blind: Option<Blind>,
}

/// What was decided.
#[derive(Debug)]
pub(crate) struct Decision<E> {
    /// What happens to the aggregate.
    pub events: Vec<E>,
    /// The other aggregates that the decision looked at.
    pub relied_on: Vec<Reliance>,
    /// What is created in the same atomic step.
    pub along: Vec<Along>,
}

/// An aggregate that is created along with a decision.
#[derive(Debug)]
pub(crate) struct Along {
    /// The new aggregate.
    pub address: Address,
    /// What happens to it.
    pub events: Vec<Event>,
}

impl<E> Decision<E> {
    /// A decision that looked at these.
    pub fn new(events: Vec<E>, relied_on: Vec<Reliance>) -> Self {
        Self { events, relied_on, along: Vec::new() }
    }
}

/// What became of a command.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The record.
    pub record_id: Uuid,
    /// The revision of the aggregate that the command made.
    pub revision: u64,
    /// The position of its record.
    pub sequence: u64,
    /// Whether it was carried out before.
    pub replayed: bool,
    /// What happened.
    pub events: Vec<Event>,
    /// What was looked at.
    pub relied_on: Vec<Reliance>,
}

/// From where the state is read on which a command is decided.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// From nowhere: the aggregate is assumed not to exist, and the log objects if it does.
    Nothing,
    /// From what this process keeps, or else from any copy of the log: the append finds out if it is behind.
    Kept,
    /// From the leader, with everything that was acknowledged.
    Leader,
}

impl Service {
    /// Carries out a command that creates its aggregate: decided on nothing at all, in one round trip to the log.
    pub(crate) async fn create<A, F, D>(&self, command: &Command, decide: F) -> Result<Outcome, Failure>
    where
        A: Kept,
        F: FnMut(Arc<Loaded<A>>) -> D + Send,
        D: Future<Output = Result<Decision<A::Event>, Failure>> + Send,
    {
        self.observe(command, self.execute(command, Source::Nothing, decide)).await
    }

    /// Carries out a command on an aggregate that may be there.
    pub(crate) async fn change<A, F, D>(&self, command: &Command, decide: F) -> Result<Outcome, Failure>
    where
        A: Kept,
        F: FnMut(Arc<Loaded<A>>) -> D + Send,
        D: Future<Output = Result<Decision<A::Event>, Failure>> + Send,
    {
        let slot = self.aggregates().slot::<A>(&command.address);
        let turn_and_execute = async {
            // What is refused by what is known already need not wait for those who may still win.
            let lost = command.against.is_some_and(|against| against < slot.revision());
            let _turn = if lost { None } else { Some(slot.turn().await?) };
            self.execute(command, Source::Kept, decide).await
        };
        self.observe(command, turn_and_execute).await
    }

    /// What became of a command that was carried out before.
    pub(crate) async fn earlier<A: Kept>(&self, command: &Command) -> Result<Option<Outcome>, Failure> {
        match self.state::<A>(command, Source::Kept).await? {
            State::Answered(stand) => self.replay(command, stand).await.map(Some),
            State::Open(_) => Ok(None),
        }
    }

    /// The state of an aggregate, at least as new as asked.
    pub(crate) async fn load<A: Kept>(
        &self,
        address: &Address,
        freshness: Freshness,
    ) -> Result<Arc<Loaded<A>>, Failure> {
        self.aggregates().slot::<A>(address).load(self.log(), address, freshness).await
    }

    /// The state of an aggregate as it was at a revision.
    pub(crate) async fn load_at<A: Aggregate>(&self, address: &Address, revision: u64) -> Result<Loaded<A>, Failure> {
        let mut loaded = Loaded::default();
        for record in self.log().load_from_leader(address, 0).await? {
            if loaded.revision == revision {
                break;
            }
            loaded.apply(self.log().id(), address, &record).map_err(|damage| Failure::damaged(address, &damage))?;
        }
        Ok(loaded)
    }

    async fn observe(
        &self,
        command: &Command,
        execution: impl Future<Output = Result<Outcome, Failure>>,
    ) -> Result<Outcome, Failure> {
        let started = Instant::now();
        let span = tracing::info_span!(
            "command",
            resource = command.resource,
            aggregate = %command.address,
            command.id = %command.id
        );
        let result = execution.instrument(span).await;
        let outcome = match &result {
            Ok(outcome) if outcome.replayed => "replayed",
            Ok(_) => "stored",
            Err(failure) if failure.is_refusal() => "refused",
            Err(_) => "failed",
        };
        let resource = command.resource;
        metrics::counter!("gainsay_ingest_commands_total", "resource" => resource, "outcome" => outcome).increment(1);
        metrics::histogram!("gainsay_ingest_command_seconds", "resource" => resource)
            .record(started.elapsed().as_secs_f64());
        result
    }

    async fn execute<A, F, D>(&self, command: &Command, source: Source, mut decide: F) -> Result<Outcome, Failure>
    where
        A: Kept,
        F: FnMut(Arc<Loaded<A>>) -> D + Send,
        D: Future<Output = Result<Decision<A::Event>, Failure>> + Send,
    {
        let mut source = source;
        let mut attempts = 0;
        // A refusal on a state that may be behind, and the position of that state.
        let mut refused: Option<(u64, Failure)> = None;
        // An append of which nobody knows what became, as the position that it expected.
        let mut uncertain: Option<u64> = None;
        loop {
            let loaded = match self.state::<A>(command, source).await {
                Ok(State::Open(loaded)) => loaded,
                Ok(State::Answered(stand)) => return self.replay(command, stand).await,
                Err(failure) => return Err(if uncertain.is_some() { Failure::unknown() } else { failure }),
            };
            // What expected another position than the present one can no longer be stored.
            uncertain = uncertain.filter(|expected| *expected == loaded.last);
            if let Some((_, failure)) = refused.take().filter(|(last, _)| *last == loaded.last) {
                return Err(failure);
            }
            let is_kept_from = match source {
                Source::Nothing => false,
                Source::Kept | Source::Leader => {
                    self.is_kept_from(command.blind.as_ref(), &command.address, &loaded).await?
                }
            };
            let shown = if is_kept_from { Arc::default() } else { Arc::clone(&loaded) };
            let decision = match decide(shown).await {
                Ok(decision) => decision,
                // What was made against an older revision stays so; had it been stored, its record would be among
                // those that are known.
                Err(failure) if failure.is_stale() && command.against < Some(loaded.revision) => return Err(failure),
                Err(failure) if failure.is_refusal() && source != Source::Leader => {
                    // A copy may lag behind, and the same command may have been carried out: the leader knows.
                    refused = Some((loaded.last, failure));
                    source = Source::Leader;
                    continue;
                }
                Err(failure) => return Err(if uncertain.is_some() { Failure::unknown() } else { failure }),
            };
            attempts += 1;
            let along: Vec<Address> = decision.along.iter().map(|along| along.address).collect();
            match self.append(command, &loaded, decision).await {
                Ok(outcome) => return Ok(outcome),
                Err(AppendError::Conflict) => {
                    metrics::counter!("gainsay_ingest_conflicts_total", "resource" => command.resource).increment(1);
                    self.check_along(&along, command).await?;
                }
                Err(AppendError::Uncertain(_)) => {
                    metrics::counter!("gainsay_ingest_uncertain_total", "resource" => command.resource).increment(1);
                    uncertain = Some(loaded.last);
                }
                Err(error) => return Err(uncertain.map_or_else(|| Failure::append(&error), |_| Failure::unknown())),
            }
            if attempts >= ATTEMPTS_MAX {
                return Err(uncertain.map_or_else(Failure::busy, |_| Failure::unknown()));
            }
            source = Source::Leader;
            tokio::time::sleep(pause(attempts)).await;
        }
    }

    /// Refuses what would create along with it something that is there: its id came from the command's key, which was
    /// then used before for another aggregate.
    async fn check_along(&self, along: &[Address], command: &Command) -> Result<(), Failure> {
        let Some(first) = along.first() else { return Ok(()) };
        let there = !self.log().load_from_leader(first, 0).await?.is_empty();
        let own = matches!(self.state::<Reading>(command, Source::Leader).await?, State::Answered(_));
        if there && !own { Err(Failure::reused()) } else { Ok(()) }
    }

    /// The state to decide on, or the answer that the command has got already.
    async fn state<A: Kept>(&self, command: &Command, source: Source) -> Result<State<A>, Failure> {
        let freshness = match source {
            Source::Nothing => return Ok(State::Open(Arc::default())),
            Source::Kept => Freshness::Existing,
            Source::Leader => Freshness::Leader,
        };
        let slot = self.aggregates().slot::<A>(&command.address);
        let loaded = slot.load(self.log(), &command.address, freshness).await?;
        Ok(match slot.answered(command.author, command.id) {
            Some(stand) => State::Answered(stand),
            None => State::Open(loaded),
        })
    }

    /// The answer that a command got when it was carried out.
    async fn replay(&self, command: &Command, stand: Stand) -> Result<Outcome, Failure> {
        if stand.request_sha256 != command.request_sha256 {
            return Err(Failure::reused());
        }
        let Some(entry) = self.log().read(stand.position).await? else {
            return Err(Failure::damaged(&command.address, &format!("position {} is not there", stand.position)));
        };
        // A server that could not write a record may show it all the same, until it is started anew.
        if self.log().write_error().await.is_some() {
            return Err(Failure::unknown());
        }
        let Record { envelope, events } =
            record::decode(&entry.payload).map_err(|error| Failure::damaged(&command.address, &error))?;
        Ok(Outcome {
            record_id: envelope.record_id,
            revision: envelope.revision,
            sequence: stand.position,
            replayed: true,
            events,
            relied_on: envelope.relied_on,
        })
    }

    async fn append<A: Kept>(
        &self,
        command: &Command,
        loaded: &Loaded<A>,
        decision: Decision<A::Event>,
    ) -> Result<Outcome, AppendError> {
        let events: Vec<Event> = decision.events.into_iter().map(Into::into).collect();
        let record_id = Uuid::now_v7();
        let records = self.records(command, loaded, record_id, events.clone(), decision.along, &decision.relied_on);
        let payloads: Vec<(Address, Bytes)> =
            records.iter().map(|append| (append.address, append.payload.clone())).collect();
        let sequence = self.log().append_batch(records).await?;
        self.advance::<A>(&payloads, sequence);
        tracing::info!(
            aggregate = %command.address,
            revision = loaded.revision + 1,
            position = sequence,
            events = events.len(),
            "record appended"
        );
        let (revision, relied_on) = (loaded.revision + 1, decision.relied_on);
        Ok(Outcome { record_id, revision, sequence, replayed: false, events, relied_on })
    }

    /// The records of a decision: what is created along first, the aggregate's own last.
    fn records<A: Kept>(
        &self,
        command: &Command,
        loaded: &Loaded<A>,
        record_id: Uuid,
        events: Vec<Event>,
        along: Vec<Along>,
        relied_on: &[Reliance],
    ) -> Vec<Append> {
        let batch = Uuid::now_v7();
        let count = along.len() + 1;
        let own = Along { address: command.address, events };
        let recorded_at_us = now_us();
        along
            .into_iter()
            .chain([own])
            .enumerate()
            .map(|(index, Along { address, events })| {
                let is_own = index + 1 == count;
                let envelope = Envelope {
                    record_id: if is_own { record_id } else { Uuid::now_v7() },
                    log_id: self.log().id(),
                    project: address.project,
                    kind: address.kind,
                    id: address.id,
                    revision: if is_own { loaded.revision + 1 } else { 1 },
                    previous: if is_own { loaded.digest } else { None },
                    author: command.author,
                    credential: command.credential,
                    command_id: command.id,
                    request_sha256: command.request_sha256,
                    correlation_id: command.correlation,
                    causation_id: command.causation,
                    recorded_at_us,
                    batch: (count > 1).then(|| Batch { id: batch, index: number(index), count: number(count) }),
                    relied_on: relied_on.to_vec(),
                    schema_version: record::SCHEMA_VERSION,
                };
                let record = Record { envelope, events };
                Append {
                    address,
                    expected_last: if is_own { loaded.last } else { 0 },
                    payload: record::encode(&record),
                    headers: record.headers(None),
                    command_id: command.id,
                }
            })
            .collect()
    }

    /// Takes over what was appended, so that the next command need not read it.
    fn advance<A: Kept>(&self, payloads: &[(Address, Bytes)], sequence: u64) {
        let log_id = self.log().id();
        let first = sequence + 1 - payloads.len() as u64;
        for (position, (address, payload)) in (first..).zip(payloads) {
            if address.kind == A::KIND {
                self.aggregates().slot::<A>(address).advance(log_id, address, position, payload.clone());
            } else {
                // Annotations are what is created along with others.
                let slot = self.aggregates().slot::<domain::annotation::Annotation>(address);
                slot.advance(log_id, address, position, payload.clone());
            }
        }
    }
}

/// What a command finds.
enum State<A> {
    /// The command is to be decided on this.
    Open(Arc<Loaded<A>>),
    /// The command was carried out before.
    Answered(Stand),
}

/// A random pause, so that two processes which conflict do not meet again.
fn pause(attempts: u32) -> Duration {
    let longest = PAUSE_FIRST.saturating_mul(1 << attempts.min(16)).min(PAUSE_MAX);
    longest.mul_f64(rand::random())
}

/// The system clock in microseconds since 1970.
pub(crate) fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

fn number(len: usize) -> u32 {
    u32::try_from(len).expect("a batch has at most 17 records")
}

#[cfg(test)]
mod tests;
