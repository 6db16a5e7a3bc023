//! Answering questions that come over the network.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_nats::subject::Subject;
use async_nats::{Client, Message, Subscriber};
use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use wire::view::refusal::Why;
use wire::view::{Reply, Request, Views};

use super::{ALLOWANCE, GROUP, REMAINING_MS, REQUEST_BYTES_MAX, WAIT_MAX, chunk, unavailable};
use crate::error::Cause;
use crate::{Error, EventLog};

/// Answers under way, most of which wait for a position or for their turn. More of them would only wait longer.
pub(super) const ANSWERS_MAX: usize = 1024;
/// Parts after which a long answer waits until they are sent, so that little of it stands in the queue of the connection
/// before short ones.
const PARTS_AHEAD: usize = 4;
/// Long answers that are sent at a time.
const LONG_MAX: usize = 2;
/// How long sending an answer may take. Without a connection it takes until there is one again.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// How long leaving the group may take: a round trip.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long answers under way are waited for at the end.
const END_TIMEOUT: Duration = Duration::from_secs(5);
/// Pause after a subscription that failed.
const RETRY: Duration = Duration::from_secs(1);

/// A projector's part in answering. When it is dropped, nothing is answered any more.
#[derive(Debug)]
pub struct Answering {
    ending: CancellationToken,
    task: AbortOnDropHandle<()>,
}

impl Answering {
    pub(super) async fn start(
        event_log: &EventLog,
        views: Arc<dyn Views>,
        serving: watch::Receiver<bool>,
        answers_max: usize,
    ) -> Result<Self, Error> {
        let ending = CancellationToken::new();
        let group = Group {
            subject: event_log.views_subject(),
            voice: Voice { client: event_log.inner.api.client().clone(), long: Arc::new(Semaphore::new(LONG_MAX)) },
            views,
            serving,
            ending: ending.clone(),
            answers: JoinSet::new(),
            answers_max,
        };
        // Who serves already is a member from the beginning.
        let is_serving = *group.serving.borrow();
        let joined = if is_serving { Some(group.join().await?) } else { None };
        Ok(Self { ending, task: AbortOnDropHandle::new(tokio::spawn(group.run(joined))) })
    }

    /// Leaves the group, sends the answers that are under way, and ends. What takes longer than some seconds is not
    /// waited for.
    pub async fn end(self) {
        self.ending.cancel();
        match tokio::time::timeout(LEAVE_TIMEOUT + END_TIMEOUT, self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "answering failed"),
            Err(_elapsed) => tracing::warn!("answers that were under way are given up"),
        }
    }
}

/// Membership in the group, and the answers under way.
struct Group {
    subject: String,
    voice: Voice,
    views: Arc<dyn Views>,
    serving: watch::Receiver<bool>,
    ending: CancellationToken,
    answers: JoinSet<()>,
    answers_max: usize,
}

impl Group {
    async fn run(mut self, mut joined: Option<Subscriber>) {
        while joined.is_some() || self.may_join().await {
            let questions = match joined.take() {
                Some(questions) => Ok(questions),
                None => self.join().await,
            };
            match questions {
                Ok(questions) => self.take_part(questions).await,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "cannot take questions about views");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
        while let Some(ended) = self.answers.join_next().await {
            note(ended);
        }
    }

    async fn join(&self) -> Result<Subscriber, Error> {
        let joined = self.voice.client.queue_subscribe(self.subject.clone(), GROUP.to_owned()).await;
        joined.map_err(|error| Error::unavailable("take questions about views", error))
    }

    /// Waits until questions are answered; false at the end.
    async fn may_join(&mut self) -> bool {
        let is_serving = tokio::select! {
            biased;
            () = self.ending.cancelled() => false,
            serving = self.serving.wait_for(|serving| *serving) => serving.is_ok(),
        };
        // When nobody tells any more, the projector is gone.
        is_serving && self.serving.has_changed().is_ok()
    }

    /// Takes questions for as long as they are answered.
    async fn take_part(&mut self, mut questions: Subscriber) {
        tracing::info!(subject = self.subject, "answering questions about views");
        let ending = self.ending.clone();
        let mut serving = self.serving.clone();
        let mut leaving = pin!(async move {
            tokio::select! {
                () = ending.cancelled() => {}
                _ = serving.wait_for(|serving| !serving) => {}
            }
        });
        loop {
            tokio::select! {
                biased;
                () = &mut leaving => break,
                question = questions.next() => match question {
                    Some(question) => self.take(question).await,
                    None => break,
                },
            }
        }
        // What the server sent before it heard of this is answered too. A question that the client throws away in that
        // moment is asked again by whoever waits for it.
        let rest = async {
            if questions.drain().await.is_ok() {
                while let Some(question) = questions.next().await {
                    self.take(question).await;
                }
            }
        };
        if tokio::time::timeout(LEAVE_TIMEOUT, rest).await.is_err() {
            tracing::debug!("left the group without a word from the server");
        }
        tracing::info!(subject = self.subject, "no longer answering questions about views");
    }

    async fn take(&mut self, question: Message) {
        let received = Instant::now();
        while let Some(ended) = self.answers.try_join_next() {
            note(ended);
        }
        let Some(to) = question.reply.clone() else {
            // Nobody waits for an answer.
            count("malformed");
            return;
        };
        if !*self.serving.borrow() {
            self.voice.refuse(to, "not_serving", &unavailable("the views are not up to date; try again")).await;
            return;
        }
        if self.answers.len() >= self.answers_max {
            self.voice.refuse(to, "busy", &unavailable("too many questions are under way; try again")).await;
            return;
        }
        let (views, voice) = (Arc::clone(&self.views), self.voice.clone());
        self.answers.spawn(async move {
            let _under_way = UnderWay::begin();
            voice.answer(&*views, to, question, received).await;
        });
    }
}

/// Answers, and how they are sent.
#[derive(Clone)]
struct Voice {
    client: Client,
    long: Arc<Semaphore>,
}

impl Voice {
    async fn answer(&self, views: &dyn Views, to: Subject, question: Message, received: Instant) {
        let (request, remaining) = match parse(question) {
            Ok(parsed) => parsed,
            Err(detail) => {
                let refusal = Reply::refused(0, Why::Invalid, "request_malformed", detail);
                return self.refuse(to, "malformed", &refusal).await;
            }
        };
        let prepared = async {
            // Whoever asks is told at once, and not by its silence, that something here is broken.
            let reply = AssertUnwindSafe(views.ask(request)).catch_unwind().await.unwrap_or_else(|_panic| {
                tracing::error!("an answer about views failed");
                unavailable("the answer failed; the cause is in the projector's log")
            });
            self.prepare(&reply).await
        };
        // Nobody waits for the first part any longer after that.
        let Ok(prepared) = tokio::time::timeout_at(received + remaining, prepared).await else {
            return count("late");
        };
        let outcome = if prepared.is_whole { "sent" } else { "too_large" };
        self.send(to, outcome, prepared).await;
    }

    /// Sends a refusal, whatever else is under way.
    async fn refuse(&self, to: Subject, outcome: &'static str, refusal: &Reply) {
        self.send(to, outcome, self.prepare(refusal).await).await;
    }

    /// Makes bytes of an answer, and waits for the turn of a long one.
    async fn prepare(&self, reply: &Reply) -> Prepared {
        let (as_of, bytes) = (reply.as_of, reply.to_bytes());
        if bytes.len() > chunk::REPLY_BYTES_MAX {
            let detail = format!("the answer has {} bytes: ask for less at a time", bytes.len());
            let refusal = Reply::refused(as_of, Why::Invalid, "answer_too_large", detail);
            return Prepared { as_of, bytes: refusal.to_bytes(), turn: None, is_whole: false };
        }
        let is_long = bytes.len() > PARTS_AHEAD * chunk::CHUNK_BYTES;
        let turn = if is_long { Some(self.turn().await) } else { None };
        Prepared { as_of, bytes, turn, is_whole: true }
    }

    async fn turn(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.long).acquire_owned().await.expect("the semaphore is never closed")
    }

    async fn send(&self, to: Subject, outcome: &'static str, prepared: Prepared) {
        match tokio::time::timeout(SEND_TIMEOUT, self.publish(to, &prepared)).await {
            Ok(Ok(())) => count(outcome),
            Ok(Err(error)) => {
                tracing::warn!(error = &*error, "an answer about views was not sent");
                count("unsent");
            }
            Err(_elapsed) => count("unsent"),
        }
    }

    async fn publish(&self, to: Subject, prepared: &Prepared) -> Result<(), Cause> {
        for (chunk, part) in chunk::cut(rand::random(), prepared.as_of, &prepared.bytes) {
            self.client.publish_with_headers(to.clone(), chunk.headers(), part).await?;
            metrics::counter!("gainsay_views_chunks_total", "direction" => "sent").increment(1);
            if prepared.turn.is_some() && (chunk.index + 1).is_multiple_of(PARTS_AHEAD) {
                self.client.flush().await?;
            }
        }
        Ok(())
    }
}

/// An answer that can be sent.
struct Prepared {
    as_of: u64,
    bytes: Bytes,
    /// Of a long answer.
    turn: Option<OwnedSemaphorePermit>,
    /// Whether it is the answer, and not a refusal in its place.
    is_whole: bool,
}

/// What is asked, and how long whoever asks will wait; or what is wrong with it.
fn parse(question: Message) -> Result<(Request, Duration), String> {
    let remaining = question.headers.as_ref().and_then(|headers| headers.get(REMAINING_MS));
    let remaining = remaining.and_then(|value| value.as_str().parse().ok()).map(Duration::from_millis);
    let remaining = remaining.ok_or("the question does not say how much time is left")?;
    if question.payload.len() > REQUEST_BYTES_MAX {
        return Err("the question is too large".to_owned());
    }
    let request = Request::from_bytes(question.payload).map_err(|error| error.to_string())?;
    Ok((request, remaining.min(WAIT_MAX + ALLOWANCE)))
}

/// Counts an answer under way.
struct UnderWay;

impl UnderWay {
    fn begin() -> Self {
        metrics::gauge!("gainsay_views_answering").increment(1);
        Self
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        metrics::gauge!("gainsay_views_answering").decrement(1);
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("gainsay_views_answers_total", "outcome" => outcome).increment(1);
}

fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "an answer about views failed");
    }
}
