//! What all routes share.

use std::sync::Arc;
use std::time::Duration;

use bearer::Tokens;
use domain::document::TEXT_LEN_MAX;
use domain::id::{ProjectId, UserId};
use event_log::EventLog;
use event_log::credentials::Credentials;
use event_log::presence::Presence;
use moka::sync::Cache;
use runtime::Shutdown;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use wire::view::Views;

use crate::execute::Aggregates;
use crate::failure::Failure;
use crate::texts::Library;
use crate::{Config, Parts};

/// Requests with a document's text that are worked on at the same time. Each may take some 150 MB while its body is
/// read, parsed and hashed.
const DOCUMENTS_MAX: usize = 4;
/// How long such a request waits for its turn.
const DOCUMENT_TURN_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest body with a document's text, in bytes. JSON may write a code point of two bytes as an escape of six, as
/// many encoders do with all but ASCII; a text of control characters alone could need more, and is none.
pub(crate) const DOCUMENT_BODY_LEN_MAX: usize = 3 * TEXT_LEN_MAX + 1024 * 1024;

/// Held by the undo of one person in one project.
pub(crate) type UndoTurns = Cache<(ProjectId, UserId), Arc<Mutex<()>>>;

/// People whose undos take turns at the same time. One whose place was given away meets the next in the log.
const UNDO_TURNS_MAX: u64 = 10_000;

/// The write side. Clones share everything.
#[derive(Clone)]
pub(crate) struct Service {
    inner: Arc<Inner>,
}

struct Inner {
    event_log: EventLog,
    texts: Library,
    presence: Presence,
    tokens: Tokens,
    views: Arc<dyn Views>,
    aggregates: Aggregates,
    undo_turns: UndoTurns,
    documents: Arc<Semaphore>,
    shutdown: Shutdown,
}

impl Service {
    pub fn new(parts: Parts, config: Config, shutdown: Shutdown) -> Self {
        let Parts { event_log, texts, tokens, views } = parts;
        let texts = Library::new(texts, config.text_cache_bytes_max);
        let presence = event_log.presence_of(config.presence_expiry);
        let inner = Inner {
            event_log,
            texts,
            presence,
            tokens,
            views,
            aggregates: Aggregates::default(),
            undo_turns: Cache::new(UNDO_TURNS_MAX),
            documents: Arc::new(Semaphore::new(DOCUMENTS_MAX)),
            shutdown,
        };
        Self { inner: Arc::new(inner) }
    }

    pub fn log(&self) -> &EventLog {
        &self.inner.event_log
    }

    pub fn texts(&self) -> &Library {
        &self.inner.texts
    }

    pub fn presence(&self) -> &Presence {
        &self.inner.presence
    }

    pub fn tokens(&self) -> &Tokens {
        &self.inner.tokens
    }

    pub fn credentials(&self) -> &Credentials {
        self.inner.tokens.credentials()
    }

    pub fn views(&self) -> &dyn Views {
        &*self.inner.views
    }

    pub fn aggregates(&self) -> &Aggregates {
        &self.inner.aggregates
    }

    pub fn undo_turns(&self) -> &UndoTurns {
        &self.inner.undo_turns
    }

    pub fn shutdown(&self) -> &Shutdown {
        &self.inner.shutdown
    }

    /// Waits for its turn to work on a document's text.
    pub async fn document_turn(&self) -> Result<OwnedSemaphorePermit, Failure> {
        match tokio::time::timeout(DOCUMENT_TURN_TIMEOUT, Arc::clone(&self.inner.documents).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Failure::busy()),
        }
    }
}
