//! Answering questions in the process of the projector.

#[cfg(test)]
use crate::model::Trouble;
use crate::model::{Applied, Model};
use crate::texts::TextCache;
use futures::future::BoxFuture;
use metrics::{Counter, Histogram};
use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};
use wire::view::refusal::Why;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{Reply, Request, Views};

/// Answers computed from records at a time. They take a processor each; more of them would only take turns.
const COMPUTING_MAX: usize = 8;
/// How long a question waits at most, whatever it asks for.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// The views of this process's store.
#[derive(Debug)]
pub struct LocalViews {
    model: Arc<Model>,
    texts: TextCache,
    computing: Arc<Semaphore>,
    /// By question and outcome.
    meters: RwLock<HashMap<(&'static str, &'static str), Meters>>,
}

/// What is told of the answers of one outcome to one question. Its handles are kept: a recorder takes about a microsecond
/// to look one up, and a board that was computed before only a few.
#[derive(Clone)]
struct Meters {
    seconds: Histogram,
    total: Counter,
}

impl fmt::Debug for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meters")
    }
}

impl LocalViews {
    pub(crate) fn new(model: Arc<Model>, texts: TextCache) -> Self {
        // Handles that were made before the recorder count nothing.
        drop(runtime::metrics::install());
        Self { model, texts, computing: Arc::new(Semaphore::new(COMPUTING_MAX)), meters: RwLock::default() }
    }

    fn meters(&self, question: &'static str, outcome: &'static str) -> Meters {
        let key = (question, outcome);
        if let Some(meters) = self.meters.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return meters.clone();
        }
        let meters = Meters {
            seconds: metrics::histogram!("projector_answer_seconds", "question" => question),
            total: metrics::counter!("projector_answers_total", "question" => question, "outcome" => outcome),
        };
        self.meters.write().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert(meters).clone()
    }

    /// The newest position that answers are given from.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.model.applied().position
    }

    /// Follows whether questions are answered.
    pub(crate) fn serving(&self) -> watch::Receiver<bool> {
        self.model.serving()
    }

    /// Tells that the store is damaged, as an answer that shows it does.
    #[cfg(test)]
    pub(crate) fn report_damage(&self, reason: &str) {
        self.model.report_trouble(Trouble::Damaged(reason.to_owned()));
    }

    async fn answer(&self, request: Request) -> Reply {
        if let Err(reply) = self.wait(&request).await {
            return reply;
        }
        let project = request.project.clone();
        let reply = self.compute(request).await;
        self.texts.quote(&self.model, &project, reply).await
    }

    /// Waits until the position is there that is asked for.
    async fn wait(&self, request: &Request) -> Result<(), Reply> {
        if matches!(request.question, Some(Question::Progress(_))) {
            return Ok(());
        }
        let target = request.at_least.unwrap_or(0).max(request.as_of.unwrap_or(0));
        let is_there = |applied: &Applied| applied.serving && applied.position >= target;
        if is_there(&self.model.applied()) {
            return Ok(());
        }
        let wait = Duration::from_millis(request.wait_ms.into()).min(WAIT_MAX);
        let mut watch = self.model.watch();
        if let Ok(Ok(_)) = tokio::time::timeout(wait, watch.wait_for(is_there)).await {
            return Ok(());
        }
        let Applied { position, serving } = self.model.applied();
        Err(if serving {
            Reply::refused(
                position,
                Why::Behind,
                "behind",
                format!("position {target} is not there yet: the views are at {position}"),
            )
        } else {
            let detail =
                format!("the views are at position {position} and do not answer before they are up to date: ask again");
            Reply::refused(position, Why::Unavailable, "views_unavailable", detail)
        })
    }

    async fn compute(&self, request: Request) -> Reply {
        let model = Arc::clone(&self.model);
        let Some(current) = model.current() else { return unavailable("the store is opened anew: ask again") };
        let caught_up = model.applied().serving;
        // A board that was computed before takes microseconds: less than to hand it to another thread.
        let recall = AssertUnwindSafe(|| current.view(caught_up).recall(&request));
        match catch_unwind(recall) {
            Ok(Ok(Some(reply))) => return reply,
            Ok(Ok(None)) => {}
            Ok(Err(error)) => return self.failed(&error),
            Err(_) => return unavailable("the answer failed; the cause is in the projector's log"),
        }
        let Ok(permit) = Arc::clone(&self.computing).acquire_owned().await else {
            return unavailable("the projector ends");
        };
        let computed = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            current.view(caught_up).answer(&request)
        });
        match computed.await {
            Ok(Ok(reply)) => reply,
            Ok(Err(error)) => self.failed(&error),
            Err(error) => {
                tracing::error!(%error, "an answer failed");
                unavailable("the answer failed; the cause is in the projector's log")
            }
        }
    }

    fn failed(&self, error: &read_model::Error) -> Reply {
        tracing::error!(error = error as &dyn std::error::Error, "the store does not answer");
        self.model.report(error);
        unavailable("the store does not answer: ask again")
    }
}

fn unavailable(detail: &str) -> Reply {
    Reply::refused(0, Why::Unavailable, "views_unavailable", detail)
}

impl Views for LocalViews {
    fn ask(&self, request: Request) -> BoxFuture<'_, Reply> {
        Box::pin(async move {
            let question = name(request.question.as_ref());
            let started = Instant::now();
            let reply = self.answer(request).await;
            let Meters { seconds, total } = self.meters(question, outcome(&reply));
            seconds.record(started.elapsed().as_secs_f64());
            total.increment(1);
            reply
        })
    }
}

fn name(question: Option<&Question>) -> &'static str {
    match question {
        Some(Question::ListProjects(_)) => "list_projects",
        Some(Question::List(_)) => "list",
        Some(Question::Get(_)) => "get",
        Some(Question::Board(_)) => "board",
        Some(Question::Origins(_)) => "origins",
        Some(Question::Identity(_)) => "identity",
        Some(Question::Preview(_)) => "preview",
        Some(Question::Relation(_)) => "relation",
        Some(Question::Agreement(_)) => "agreement",
        Some(Question::Timeline(_)) => "timeline",
        Some(Question::Ledger(_)) => "ledger",
        Some(Question::Orphans(_)) => "orphans",
        Some(Question::Inbox(_)) => "inbox",
        Some(Question::Feedback(_)) => "feedback",
        Some(Question::Queue(_)) => "queue",
        Some(Question::History(_)) => "history",
        Some(Question::Records(_)) => "records",
        Some(Question::Traces(_)) => "traces",
        Some(Question::Veil(_)) => "veil",
        Some(Question::Basis(_)) => "basis",
        Some(Question::HangsOn(_)) => "hangs_on",
        Some(Question::LogHead(_)) => "log_head",
        Some(Question::LogInclusion(_)) => "log_inclusion",
        Some(Question::LogConsistency(_)) => "log_consistency",
        Some(Question::Text(_)) => "text",
        Some(Question::Progress(_)) => "progress",
        None => "none",
    }
}

fn outcome(reply: &Reply) -> &'static str {
    match &reply.answer {
        Some(Answer::Refusal(refusal)) => match refusal.why() {
            Why::Unspecified => "refused",
            Why::Absent => "absent",
            Why::Forbidden => "forbidden",
            Why::Invalid => "invalid",
            Why::Behind => "behind",
            Why::Unavailable => "unavailable",
        },
        Some(_) => "answered",
        None => "empty",
    }
}
