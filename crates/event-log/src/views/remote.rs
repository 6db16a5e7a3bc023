//! Asking over the network.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, HeaderMap, Message, StatusCode, Subscriber};
use futures::StreamExt;
use futures::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use wire::view::refusal::Why;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{Reply, Request, Views};

use super::chunk::{Assembled, Assembly, Chunk};
use super::{ALLOWANCE, REMAINING_MS, REQUEST_BYTES_MAX, UNAVAILABLE, WAIT_MAX, unavailable};
use crate::{Error, EventLog};

/// Questions of one process that wait for their answer.
const WAITING_MAX: usize = 4096;
/// Bytes of all answers of which parts have come. One that does not fit in is refused.
const COLLECTED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How often one question is asked: of projectors that end one after the other, one is up again by then.
const ATTEMPTS_MAX: u32 = 3;
/// How long a question that is repeated may wait for the position of the answer that was spoiled. It is there on that
/// projector, and so within moments on the others.
const REPEAT_WAIT: Duration = Duration::from_secs(1);

/// For how long and how much is waited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For an answer, beyond the wait that the question asks for.
    pub allowance: Duration,
    /// For the first part of an answer to the first attempt. A projector that is killed has lost the questions that it
    /// had taken, so the next attempt begins long before the last moment; that one gets the rest of the time, since
    /// answers may just be slow.
    pub silence: Duration,
    /// Between parts, which are sent one after the other.
    pub stall: Duration,
    /// Bytes of all answers of which parts have come.
    pub collected_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            allowance: ALLOWANCE,
            silence: Duration::from_secs(3),
            stall: Duration::from_secs(2),
            collected_bytes: COLLECTED_BYTES_MAX,
        }
    }
}

/// The views of whichever projectors answer. Clones share one subscription.
#[derive(Clone)]
pub struct RemoteViews {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    subject: String,
    /// Where answers come to: this and the number of the question.
    inbox: String,
    calls: Arc<Calls>,
    disconnects: watch::Receiver<u64>,
    limits: Limits,
    _delivery: AbortOnDropHandle<()>,
}

impl fmt::Debug for RemoteViews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteViews").field("subject", &self.inner.subject).finish_non_exhaustive()
    }
}

/// How one attempt ended.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each question, and nearly always it is the large one")]
enum Ended {
    Answered(Reply),
    /// No projector answers questions now.
    Nobody,
    /// There is no connection, or it was lost.
    Disconnected,
    /// Nothing came in time.
    Silent,
    /// A part was lost, repeated or out of order.
    Spoiled {
        as_of: u64,
    },
    /// What came is no answer.
    Unreadable,
    /// Too much is under way in this process.
    Full,
}

impl Ended {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Answered(Reply { answer: Some(Answer::Refusal(_)), .. }) => "refused",
            Self::Answered(_) => "answered",
            Self::Nobody => "nobody",
            Self::Disconnected => "disconnected",
            Self::Silent => "silent",
            Self::Spoiled { .. } => "spoiled",
            Self::Unreadable => "unreadable",
            Self::Full => "full",
        }
    }

    fn reply(self) -> Reply {
        unavailable(match self {
            Self::Answered(reply) => return reply,
            Self::Nobody => "no projector answers at the moment; try again",
            Self::Disconnected => "the projectors cannot be reached; try again",
            Self::Silent => "no projector answered in time; try again",
            Self::Spoiled { .. } => "the answer was damaged on its way again and again; try again",
            Self::Unreadable => "the projector's answer cannot be read; the cause is in the log",
            Self::Full => "too many answers are under way; try again",
        })
    }
}

impl RemoteViews {
    pub(super) async fn connect(event_log: &EventLog, limits: Limits) -> Result<Self, Error> {
        let client = event_log.inner.api.client().clone();
        let inbox = format!("{}.", client.new_inbox());
        let answers = client
            .subscribe(format!("{inbox}*"))
            .await
            .map_err(|error| Error::unavailable("wait for answers about views", error))?;
        let calls = Arc::new(Calls::new(limits.collected_bytes));
        let delivery = tokio::spawn(deliver(answers, inbox.len(), Arc::clone(&calls)));
        let inner = Inner {
            subject: event_log.views_subject(),
            client,
            inbox,
            calls,
            disconnects: event_log.inner.disconnects.clone(),
            limits,
            _delivery: AbortOnDropHandle::new(delivery),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn answer(&self, request: Request) -> Reply {
        let started = Instant::now();
        let ended = self.inner.ask(request, started).await;
        let outcome = ended.outcome();
        metrics::counter!("gainsay_views_requests_total", "outcome" => outcome).increment(1);
        metrics::histogram!("gainsay_views_request_seconds", "outcome" => outcome)
            .record(started.elapsed().as_secs_f64());
        ended.reply()
    }

    /// Questions that wait for their answer.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.inner.calls.lock().waiting.len()
    }
}

impl Views for RemoteViews {
    fn ask(&self, request: Request) -> BoxFuture<'_, Reply> {
        Box::pin(self.answer(request))
    }
}

impl Inner {
    /// Asks until there is an answer, or no sense in asking again.
    async fn ask(&self, mut request: Request, started: Instant) -> Ended {
        let Limits { allowance, silence, .. } = self.limits;
        let wait = Duration::from_millis(request.wait_ms.into()).min(WAIT_MAX);
        let deadline = started + wait + allowance;
        let mut first_part_by = deadline.min(started + wait + silence);
        let mut was_refused = false;
        let mut attempt = 1;
        loop {
            let ended = self.attempt(&request, first_part_by, deadline).await;
            let is_refused = is_unavailable(&ended);
            let again = match &ended {
                Ended::Silent | Ended::Spoiled { .. } => true,
                // Another projector may be well.
                Ended::Answered(_) => is_refused && !was_refused,
                Ended::Nobody | Ended::Disconnected | Ended::Unreadable | Ended::Full => false,
            };
            if !again || attempt == ATTEMPTS_MAX || Instant::now() >= deadline {
                return ended;
            }
            metrics::counter!("gainsay_views_repeats_total", "reason" => ended.outcome()).increment(1);
            tracing::debug!(attempt, reason = ended.outcome(), "asking about views again");
            was_refused |= is_refused;
            first_part_by = deadline;
            let mut wait_left = wait.saturating_sub(started.elapsed());
            if let Ended::Spoiled { as_of } = ended
                && pin(&mut request, as_of)
            {
                wait_left = wait_left.max(REPEAT_WAIT);
            }
            request.wait_ms = u32::try_from(wait_left.as_millis()).unwrap_or(u32::MAX);
            attempt += 1;
        }
    }

    /// Asks once.
    async fn attempt(&self, request: &Request, first_part_by: Instant, deadline: Instant) -> Ended {
        let mut disconnects = self.disconnects.clone();
        disconnects.mark_unchanged();
        // Without a connection the client would keep the question and send it much later.
        if self.client.connection_state() != State::Connected {
            return Ended::Disconnected;
        }
        tokio::select! {
            biased;
            ended = self.exchange(request, first_part_by, deadline) => ended,
            // The answer was on its way here, or it has nowhere to go.
            _ = disconnects.changed() => Ended::Disconnected,
        }
    }

    async fn exchange(&self, request: &Request, first_part_by: Instant, deadline: Instant) -> Ended {
        let question = request.to_bytes();
        if question.len() > REQUEST_BYTES_MAX {
            return Ended::Answered(Reply::refused(0, Why::Invalid, "request_too_large", "the question is too large"));
        }
        let Some(mut call) = Calls::open(&self.calls) else { return Ended::Full };
        let mut headers = HeaderMap::new();
        headers.insert(REMAINING_MS, remaining_ms(first_part_by).to_string());
        let inbox = format!("{}{}", self.inbox, call.token);
        let asked = self.client.publish_with_reply_and_headers(self.subject.clone(), inbox, headers, question);
        match tokio::time::timeout_at(first_part_by, asked).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "a question about views was not sent");
                return Ended::Disconnected;
            }
            Err(_elapsed) => return Ended::Silent,
        }
        let mut assembly = Assembly::default();
        let mut by = first_part_by;
        loop {
            let arrived = match tokio::time::timeout_at(by, call.arrivals.recv()).await {
                Ok(Some(arrived)) => arrived,
                Ok(None) => return Ended::Full,
                Err(_elapsed) => return assembly.as_of().map_or(Ended::Silent, |as_of| Ended::Spoiled { as_of }),
            };
            let Arrived { message, room } = arrived;
            if message.status == Some(StatusCode::NO_RESPONDERS) {
                return Ended::Nobody;
            }
            let Ok(chunk) = Chunk::of(&message) else {
                tracing::error!("an answer about views does not say which part of it came");
                return Ended::Unreadable;
            };
            match assembly.add(chunk, message.payload, room) {
                Assembled::Part => {}
                Assembled::Spoiled => return Ended::Spoiled { as_of: chunk.as_of },
                Assembled::Whole(bytes) => {
                    return Reply::from_bytes(bytes).map_or_else(
                        |error| {
                            tracing::error!(
                                error = &error as &dyn std::error::Error,
                                "an answer about views is malformed"
                            );
                            Ended::Unreadable
                        },
                        Ended::Answered,
                    );
                }
            }
            by = deadline.min(Instant::now() + self.limits.stall);
        }
    }
}

/// Whether a projector cannot answer now, but another one may.
fn is_unavailable(ended: &Ended) -> bool {
    let Ended::Answered(Reply { answer: Some(Answer::Refusal(refusal)), .. }) = ended else { return false };
    refusal.why() == Why::Unavailable && refusal.code == UNAVAILABLE
}

/// Asks for the answer as of this position from now on, also where a time was named: another projector that is less far may
/// know an earlier one by then. False where that would be another question. What a viewer may see is decided by the newest
/// position, whatever the question's.
fn pin(request: &mut Request, as_of: u64) -> bool {
    let has_position = match request.question {
        Some(
            Question::ListProjects(_)
            | Question::List(_)
            | Question::Get(_)
            | Question::Board(_)
            | Question::Origins(_)
            | Question::Relation(_)
            | Question::Agreement(_)
            | Question::Timeline(_)
            | Question::Ledger(_)
            | Question::Orphans(_)
            | Question::Inbox(_)
            | Question::Feedback(_)
            | Question::Queue(_)
            | Question::Identity(_)
            | Question::Preview(_)
            | Question::History(_)
            | Question::Records(_)
            | Question::Traces(_)
            | Question::Veil(_)
            | Question::Basis(_)
            | Question::HangsOn(_)
            | Question::LogHead(_)
            | Question::LogInclusion(_)
            | Question::LogConsistency(_)
            | Question::Text(_),
        ) => true,
        Some(Question::Progress(_)) | None => false,
    };
    let is_pinned = has_position && request.as_of.is_none() && as_of > 0;
    if is_pinned {
        request.as_of = Some(as_of);
        request.as_of_time_us = None;
    }
    is_pinned
}

fn remaining_ms(deadline: Instant) -> u128 {
    deadline.saturating_duration_since(Instant::now()).as_millis()
}

/// A message for a call, and its part of the room for answers.
#[derive(Debug)]
struct Arrived {
    message: Message,
    room: OwnedSemaphorePermit,
}

/// The questions that wait for their answer, by number.
#[derive(Debug)]
struct Calls {
    state: Mutex<CallsState>,
    room: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct CallsState {
    next: u64,
    waiting: HashMap<u64, mpsc::UnboundedSender<Arrived>>,
    is_closed: bool,
}

impl Calls {
    fn new(collected_bytes: usize) -> Self {
        Self { state: Mutex::default(), room: Arc::new(Semaphore::new(collected_bytes)) }
    }

    fn lock(&self) -> MutexGuard<'_, CallsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to wait; none when too many do, or nothing will ever arrive.
    fn open(this: &Arc<Self>) -> Option<Call> {
        let mut state = this.lock();
        if state.is_closed || state.waiting.len() >= WAITING_MAX {
            return None;
        }
        let token = state.next;
        state.next += 1;
        // What stands in it has its part of the room.
        let (sender, arrivals) = mpsc::unbounded_channel();
        state.waiting.insert(token, sender);
        drop(state);
        metrics::gauge!("gainsay_views_waiting").increment(1);
        Some(Call { calls: Arc::clone(this), token, arrivals })
    }

    /// Hands a message to the call that waits for it. Without room for it the call is given up.
    fn hand_over(&self, token: u64, message: Message) {
        let mut state = self.lock();
        let Some(call) = state.waiting.get(&token) else { return };
        let bytes = u32::try_from(message.length).unwrap_or(u32::MAX);
        match Arc::clone(&self.room).try_acquire_many_owned(bytes) {
            // Whoever waited may be gone in this moment.
            Ok(room) => drop(call.send(Arrived { message, room })),
            Err(_full) => drop(state.waiting.remove(&token)),
        }
    }

    fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.waiting.clear();
    }
}

/// A question that waits. When it is dropped, nothing of it stays behind.
#[derive(Debug)]
struct Call {
    calls: Arc<Calls>,
    token: u64,
    arrivals: mpsc::UnboundedReceiver<Arrived>,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.calls.lock().waiting.remove(&self.token);
        metrics::gauge!("gainsay_views_waiting").decrement(1);
    }
}

/// Hands every message to the call that waits for it.
async fn deliver(mut answers: Subscriber, prefix_len: usize, calls: Arc<Calls>) {
    while let Some(message) = answers.next().await {
        metrics::counter!("gainsay_views_chunks_total", "direction" => "received").increment(1);
        let token = message.subject.get(prefix_len..).and_then(|token| token.parse().ok());
        if let Some(token) = token {
            calls.hand_over(token, message);
        }
    }
    calls.close();
}
