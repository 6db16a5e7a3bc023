//! What a nats-server says on its monitoring endpoint about its streams.
//!
//! A stream whose write failed once, for want of space in most cases, takes nothing any more until the server is started
//! anew: what is published to it is not even answered. It still answers reads. The API of JetStream does not tell;
//! the monitoring endpoint does.

use std::time::Duration;

use serde::Deserialize;

/// A monitoring endpoint that takes longer is as good as none.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How the server words that a stream's write failed.
const WRITE_ERROR: &str = " write error: ";
/// How the operating system words that there is no space.
const NO_SPACE: [&str; 3] = ["no space left on device", "disk quota exceeded", "not enough space"];

/// A stream's write failed: it takes nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WriteError(String);

impl WriteError {
    /// Whether there was no space, so that a server that is started anew when there is some is well again.
    pub fn is_full(&self) -> bool {
        NO_SPACE.iter().any(|words| self.0.contains(words))
    }
}

impl std::fmt::Display for WriteError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Deserialize)]
struct Health {
    #[serde(default)]
    error: String,
}

/// The monitoring endpoint of one server.
#[derive(Debug, Clone)]
pub(crate) struct Monitor {
    client: reqwest::Client,
    url: String,
}

impl Monitor {
    pub fn new(url: &str) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build()?;
        Ok(Self { client, url: format!("{}/healthz", url.trim_end_matches('/')) })
    }

    /// The first stream that takes nothing any more, if there is one. A server that does not answer says nothing.
    pub async fn write_error(&self) -> Option<WriteError> {
        let answer = self.client.get(&self.url).send().await.ok()?;
        let health: Health = answer.json().await.ok()?;
        health.error.contains(WRITE_ERROR).then_some(WriteError(health.error))
    }
}

#[cfg(test)]
mod tests;
