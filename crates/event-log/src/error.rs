//! Why the log did not answer.

use async_nats::client::{RequestError, RequestErrorKind};
use uuid::Uuid;

/// JetStream's errors of a cluster that elects a leader: incomplete, not available, not the leader.
const LEADERLESS: [u64; 3] = [10004, 10008, 10009];

/// A cause that callers show and do not match on.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why the log did not answer, or did not answer as it must.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No answer in time, no connection, or a step of several failed: worth another try.
    #[error("cannot {doing} at the moment")]
    Unavailable {
        /// What was tried.
        doing: String,
        /// What the client saw.
        #[source]
        source: Cause,
    },
    /// The server answered with an error of its own.
    #[error("cannot {doing}: nats-server says {description:?} (error {code})")]
    Refused {
        /// What was tried.
        doing: String,
        /// `err_code` of JetStream.
        code: u64,
        /// The server's words.
        description: String,
    },
    /// Something is not as it must be, and the same call will find it so again.
    #[error("cannot {doing}: {detail}")]
    Malformed {
        /// What was tried.
        doing: String,
        /// What is wrong.
        detail: String,
    },
    /// A reader claims to have read what the log does not have: the log lost its end, or it is another.
    #[error("position {position} is to be followed, but the log ends at {last}")]
    Ahead {
        /// The position that the reader asked for.
        position: u64,
        /// The newest position of the log.
        last: u64,
    },
    /// The server is too old for what the log relies on.
    #[error("nats-server {found} is too old: the log needs {} or newer", crate::SERVER_VERSION_MIN)]
    Version {
        /// What the server says that it is.
        found: String,
    },
    /// The stream exists with a configuration that may lose or change records.
    #[error("stream `{stream}` cannot hold the log: `{field}` is {found}, it must be {expected}")]
    Configuration {
        /// Name of the stream.
        stream: String,
        /// Name of the field in the stream's configuration.
        field: &'static str,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The log is being restored from an archive, or that broke off: nothing may be decided on a part of it.
    #[error("the log is being imported, up to position {last}: wait for it, or repeat `gainsay import log`")]
    Importing {
        /// The last position of the archive.
        last: u64,
    },
    /// The log that is to be restored has records already.
    #[error("the log {log} is there, up to position {last}: an archive is imported into an empty installation only")]
    Taken {
        /// Its UUID.
        log: Uuid,
        /// Its newest position.
        last: u64,
    },
    /// The archive goes on from another one that is not in the log.
    #[error("the archive begins at position {first}, and the log ends at {last}: import the archive before it first")]
    Behind {
        /// The archive's first position.
        first: u64,
        /// The newest position of the log.
        last: u64,
    },
    /// The server may lose records that it acknowledged.
    #[error("the log is not safe: {reason}; set `sync_interval: always` on the server, or allow an unsafe log")]
    Unsafe {
        /// What was observed, or could not be.
        reason: String,
    },
}

impl Error {
    pub(crate) fn unavailable(doing: impl Into<String>, source: impl Into<Cause>) -> Self {
        Self::Unavailable { doing: doing.into(), source: source.into() }
    }

    pub(crate) fn malformed(doing: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Malformed { doing: doing.into(), detail: detail.into() }
    }

    /// Whether the same call may succeed in a moment: there was no answer, or a cluster is without a leader.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Refused { code, .. } => LEADERLESS.contains(code),
            _ => false,
        }
    }

    pub(crate) fn code(&self) -> Option<u64> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }
}

/// Sentence for a failed request: the kind alone repeats less than the client's chain.
pub(crate) fn request_failure(error: &RequestError) -> Cause {
    match error.kind() {
        RequestErrorKind::TimedOut => "no answer in time".into(),
        RequestErrorKind::NoResponders => "nobody listens: JetStream or the stream is away".into(),
        RequestErrorKind::InvalidSubject | RequestErrorKind::MaxPayloadExceeded | RequestErrorKind::Other => {
            error.to_string().into()
        }
    }
}

#[cfg(test)]
mod tests;
