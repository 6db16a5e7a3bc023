//! Why a command was not carried out, and what its client reads of that.

use domain::{Fact, Rejection, Why};
use event_log::AppendError;
use runtime::Problem;
use serde_json::Value;
use std::time::Duration;

use axum::http::StatusCode;

/// Seconds after which a busy log is worth another try.
const RETRY_SOON_SECONDS: u64 = 1;
/// Seconds after which a log that is away or full is worth another try.
const RETRY_LATER_SECONDS: u64 = 5;

/// Why a command was not carried out.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A rule refused it.
    Refused(Rejection),
    /// Its content cannot be read, or a part that it needs did not answer.
    Failed(Problem),
}

impl Failure {
    /// Whether another attempt on the same state ends the same way: the request is at fault, not the service.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Refused(_) => true,
            Self::Failed(problem) => problem.status().is_client_error(),
        }
    }

    /// Whether the change was made against another revision than the one it was decided on.
    pub fn is_stale(&self) -> bool {
        matches!(self, Self::Refused(Rejection { why: Why::Stale, .. }))
    }

    /// The same command id came with another content.
    pub fn reused() -> Self {
        let detail = "this idempotency key was used before with another request; a new command needs a new key";
        Problem::unprocessable("command_id_reused", detail).into()
    }

    /// Nobody knows whether the command was carried out.
    pub fn unknown() -> Self {
        let detail = "it is unknown whether the command was carried out; repeat it with the same Idempotency-Key: \
                      it takes effect once";
        Problem::unavailable("outcome_unknown", detail, RETRY_SOON_SECONDS).into()
    }

    /// Too much is under way.
    pub fn busy() -> Self {
        Problem::unavailable("busy", "too much is under way; nothing was stored, try again", RETRY_SOON_SECONDS).into()
    }

    /// The log, or a store beside it, did not answer.
    pub fn unavailable(error: &event_log::Error) -> Self {
        tracing::warn!(error = error as &dyn std::error::Error, "the log did not answer");
        Self::log_away()
    }

    fn log_away() -> Self {
        let detail = "the log cannot be reached; nothing was stored, try again";
        Problem::unavailable("log_unavailable", detail, RETRY_LATER_SECONDS).into()
    }

    /// What the log holds contradicts itself: a person must look.
    pub fn damaged(what: &impl std::fmt::Display, reason: &impl std::fmt::Display) -> Self {
        tracing::error!(what = %what, reason = %reason, "what is stored contradicts itself");
        metrics::counter!("gainsay_ingest_damage_total").increment(1);
        let detail = "what is stored about a resource that the command names is damaged; an operator has to look";
        Problem::unavailable("log_damaged", detail, RETRY_LATER_SECONDS).into()
    }

    /// What became of an append that is not to be tried again.
    pub fn append(error: &AppendError) -> Self {
        match error {
            AppendError::Conflict | AppendError::Busy => Self::busy(),
            AppendError::Uncertain(_) => Self::unknown(),
            AppendError::Full(_) => {
                let detail = "the log has no space left; nothing was stored, and an operator has to make room";
                Problem::new(StatusCode::INSUFFICIENT_STORAGE, "log_full", detail)
                    .retry_after(RETRY_LATER_SECONDS)
                    .into()
            }
            AppendError::ClockSkew(skew) => {
                let detail = "this machine's clock and the log's differ too much to record a time; nothing was stored";
                Problem::unavailable("clock_skew", detail, RETRY_LATER_SECONDS)
                    .with("skew_seconds", seconds(*skew))
                    .into()
            }
            AppendError::TooLarge => {
                let detail = "the record would be larger than the log takes; shorten texts or lists";
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "record_too_large", detail).into()
            }
            AppendError::Damaged(_) => {
                let detail = "the log is damaged: nothing was stored, and an operator has to look";
                Problem::unavailable("log_damaged", detail, RETRY_LATER_SECONDS).into()
            }
            AppendError::Unavailable(_) => Self::log_away(),
        }
    }

    /// Puts a pointer before the one that is there.
    pub fn below(self, prefix: &str) -> Self {
        match self {
            // A refusal that is not about the content points nowhere.
            Self::Refused(rejection) if rejection.why != Why::Invalid && rejection.pointer.is_empty() => {
                Self::Refused(rejection)
            }
            Self::Refused(rejection) => Self::Refused(rejection.below(prefix)),
            Self::Failed(problem) => Self::Failed(problem.within(prefix)),
        }
    }
}

fn seconds(duration: Duration) -> u64 {
    duration.as_secs()
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(rejection)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<event_log::Error> for Failure {
    fn from(error: event_log::Error) -> Self {
        Self::unavailable(&error)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(rejection) => problem(rejection),
            Failure::Failed(problem) => problem,
        }
    }
}

/// A refusal as a problem: its kind fixes the status, its facts are extension members.
fn problem(rejection: Rejection) -> Problem {
    let status = match rejection.why {
        Why::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Why::Absent => StatusCode::NOT_FOUND,
        Why::Forbidden => StatusCode::FORBIDDEN,
        Why::Stale => StatusCode::PRECONDITION_FAILED,
        Why::Unconditional => StatusCode::PRECONDITION_REQUIRED,
        Why::Conflict => StatusCode::CONFLICT,
    };
    let mut problem = Problem::new(status, rejection.code, rejection.detail.clone());
    if rejection.why == Why::Invalid || !rejection.pointer.is_empty() {
        problem = problem.pointer(rejection.pointer, rejection.detail);
    }
    rejection.facts.into_iter().fold(problem, |problem, (name, fact)| {
        let value = match fact {
            Fact::Text(text) => Value::from(text),
            Fact::Number(number) => Value::from(number),
            Fact::Texts(texts) => Value::from(texts),
            Fact::Numbers(numbers) => Value::from(numbers),
        };
        problem.with(name, value)
    })
}
