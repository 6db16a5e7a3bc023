//! The service as a session of work asks it: in one project, again where no answer came, and never behind its own writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use runtime::ExitCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::client::{Client, Error};

/// How often something is asked for of which no answer came: with the pauses, six seconds, in which a service is restarted.
const TRIES_MAX: u32 = 6;
/// The first pause; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);
/// Milliseconds that a read may wait for what was written before it; the most that the service takes.
const WAIT_MS: u32 = 5000;
/// Entries of a page; the most that the service gives.
const LIMIT: u32 = 1000;

/// A way to one project.
#[derive(Clone)]
pub(super) struct Service {
    client: Client,
    project: String,
    /// The last position that a write of ours answered.
    written: Arc<AtomicU64>,
}

/// A page of a list.
#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl Service {
    pub fn new(client: Client, project: Uuid) -> Self {
        Self { client, project: format!("/v1/projects/{project}"), written: Arc::default() }
    }

    /// Reads what is there after all that was written.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.read(path, &self.after_writes()).await
    }

    /// The whole text of a revision.
    pub async fn text(&self, document: Uuid, revision: u32) -> Result<String, Error> {
        let path = self.path(&format!("documents/{document}/revisions/{revision}/text"));
        let query = self.after_writes();
        repeated(|| self.client.get_text(&path, &query)).await
    }

    /// Every entry of a list.
    pub async fn list<T: DeserializeOwned>(&self, path: &str, filter: &[(&str, String)]) -> Result<Vec<T>, Error> {
        let mut query = self.after_writes();
        query.extend_from_slice(filter);
        query.push(("limit", LIMIT.to_string()));
        let mut all = Vec::new();
        loop {
            let Page { items, next } = self.read(path, &query).await?;
            all.extend::<Vec<T>>(items);
            let Some(cursor) = next else { return Ok(all) };
            query.retain(|(name, _)| *name != "cursor");
            query.push(("cursor", cursor));
        }
    }

    /// Writes under a command id, again under the same where no answer came.
    pub async fn write(&self, command: Uuid, path: &str, body: Option<&Value>) -> Result<Value, Error> {
        let path = self.path(path);
        let answer: Value = repeated(|| self.client.command(command, &path, body)).await?;
        let position = answer["sequence"].as_u64().unwrap_or_default();
        self.written.fetch_max(position, Ordering::Relaxed);
        Ok(answer)
    }

    /// An answer to a write as what it should be.
    pub fn understood<T: DeserializeOwned>(&self, path: &str, answer: Value) -> Result<T, Error> {
        let url = || self.client.url(&self.path(path));
        serde_json::from_value(answer).map_err(|_| Error::NotUnderstood { url: url(), status: StatusCode::OK })
    }

    /// Says that a document is open.
    pub async fn open<T: DeserializeOwned>(&self, document: Uuid) -> Result<T, Error> {
        let path = self.path(&format!("documents/{document}/presence"));
        repeated(|| self.client.put(&path)).await
    }

    /// Says that a document is open no more.
    pub async fn close(&self, document: Uuid) -> Result<(), Error> {
        self.client.delete(&self.path(&format!("documents/{document}/presence"))).await
    }

    async fn read<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<T, Error> {
        let path = self.path(path);
        repeated(|| self.client.get_json(&path, query)).await
    }

    fn path(&self, rest: &str) -> String {
        format!("{}/{rest}", self.project)
    }

    fn after_writes(&self) -> Vec<(&'static str, String)> {
        match self.written.load(Ordering::Relaxed) {
            0 => Vec::new(),
            position => vec![("at_least", position.to_string()), ("wait_ms", WAIT_MS.to_string())],
        }
    }
}

/// Asks again where no answer came, and gives the last error.
async fn repeated<T, F: Future<Output = Result<T, Error>>>(ask: impl Fn() -> F) -> Result<T, Error> {
    let mut pause = PAUSE;
    for _ in 1..TRIES_MAX {
        match ask().await {
            Err(error) if error.code() == ExitCode::Unavailable => tokio::time::sleep(pause).await,
            answer => return answer,
        }
        pause *= 2;
    }
    ask().await
}
