//! What the read side needs, looked at again and again.

use std::sync::Arc;
use std::time::Duration;

use event_log::EventLog;
use runtime::Shutdown;
use runtime::health::Check;
use tokio::time::Interval;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskProgress, Request, Views};

/// How often.
const EVERY: Duration = Duration::from_secs(2);
/// How long a look may take. A healthy projector answers within milliseconds.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Reads the log's newest record: there are tokens and texts for as long as the server answers.
pub(super) async fn log(log: EventLog, check: Check, shutdown: Shutdown) {
    let mut ticks = tokio::time::interval(EVERY);
    while tick(&mut ticks, &shutdown).await {
        let alive = async { log.canary(log.head().await?.last).await };
        match alive.await {
            Ok(()) => check.ok(),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the log gives no sign of life");
                check.fail("the log gives no sign of life");
            }
        }
    }
}

/// Asks whether the log can be written: a server whose disk was full answers reads all the same.
pub(crate) async fn writes(log: EventLog, check: Check, shutdown: Shutdown) {
    let mut ticks = tokio::time::interval(EVERY);
    while tick(&mut ticks, &shutdown).await {
        match log.write_error().await {
            None => check.ok(),
            Some(error) => check.fail(format!("the log cannot be written: {error}")),
        }
    }
}

/// Asks how far the views are: only a projector that answers questions tells.
pub(super) async fn projectors(views: Arc<dyn Views>, check: Check, shutdown: Shutdown) {
    let mut ticks = tokio::time::interval(EVERY);
    while tick(&mut ticks, &shutdown).await {
        let question = Some(Question::Progress(AskProgress {}));
        let asked = views.ask(Request { question, ..Request::default() });
        match tokio::time::timeout(ANSWER_TIMEOUT, asked).await.map(|reply| reply.answer) {
            Ok(Some(Answer::Refusal(refusal))) => check.fail(refusal.detail),
            Ok(Some(_)) => check.ok(),
            Ok(None) | Err(_) => check.fail("no projector answers"),
        }
    }
}

/// Waits for the next look; false at the shutdown.
async fn tick(ticks: &mut Interval, shutdown: &Shutdown) -> bool {
    tokio::select! {
        _ = ticks.tick() => true,
        () = shutdown.requested() => false,
    }
}
