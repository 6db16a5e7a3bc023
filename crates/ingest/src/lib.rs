//! The write side over HTTP: authenticates, parses, loads the aggregate, decides, appends.
//!
//! What must hold here:
//!
//! - **No rule lives here.** A command is decided by the domain; this crate brings it what it names and carries the
//!   decision to the log.
//! - **The log is the only authority.** Kept states may be behind: the expectation of the append finds out, and the
//!   command is decided again on the newest state. Any number of replicas may run.
//! - **One effect for each command.** A creation's id comes from its key, and a command's result is found in its own
//!   aggregate; so a repetition, however late and through whichever replica, is answered with the first result.
//! - **No assumed outcome.** After a time-out the leader tells whether the record is there; what even it cannot tell is
//!   answered as unknown.
//! - **Text before record.** A document's text is in the store, written through, before the record names it; no record
//!   holds any of it.
//! - **Presence is no command.** Heartbeats go to a bucket beside the log, and nothing that is decided looks there.

mod answer;
mod auth;
mod body;
mod citations;
mod dockets;
mod execute;
mod failure;
mod import;
mod queue;
mod reanchoring;
mod request;
mod reversal;
mod revert;
mod routes;
mod service;
mod surroundings;
mod texts;
mod traces;
mod undo;
mod veil;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use bearer::Tokens;
use domain::id::{CredentialId, Handle, UserId};
use event_log::EventLog;
use event_log::credentials::Token;
use event_log::texts::Texts;
use runtime::{Health, Problem, Shutdown, http};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use wire::view::Views;

use service::Service;

/// How the write side works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Bytes of documents' texts that are kept in memory to check quotes against.
    pub text_cache_bytes_max: u64,
    /// How long a document counts as open after a heartbeat. The read side has to have the same.
    pub presence_expiry: Duration,
}

impl Default for Config {
    /// 128 MiB of texts: eight of the largest, or some thousand reports. Presence as everywhere.
    fn default() -> Self {
        Self { text_cache_bytes_max: 128 * 1024 * 1024, presence_expiry: event_log::presence::EXPIRY }
    }
}

/// What the write side stands on. Clones share everything.
#[derive(Clone)]
pub struct Parts {
    /// The log.
    pub event_log: EventLog,
    /// The texts of its documents.
    pub texts: Texts,
    /// Whom a token speaks for.
    pub tokens: Tokens,
    /// The read side, asked only to find ids.
    pub views: Arc<dyn Views>,
}

/// The routes below `/v1`, for methods other than GET and HEAD. The caller puts [`http::shell`] around them.
///
/// Imports that are under way end when `shutdown` is asked for.
pub fn router(parts: Parts, config: Config, shutdown: &Shutdown) -> Router {
    let service = Service::new(parts, config, shutdown.child());
    routes::router().split_for_parts().0.with_state(service)
}

/// The OpenAPI document of the write side.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes::openapi()
}

/// A token that was issued.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    /// The token, shown this once.
    pub token: Token,
    /// Its public id.
    pub id: CredentialId,
    /// Whom it speaks for.
    pub user: UserId,
}

/// Issues a token without a caller, such as the first operator's: whoever calls this runs the machine.
///
/// The user is registered under the handle when it is not known yet, and is the author of the record.
pub async fn issue_token(
    parts: &Parts,
    handle: &Handle,
    ttl_days: u32,
    operator: bool,
) -> Result<IssuedToken, Problem> {
    let service = Service::new(parts.clone(), Config::default(), Shutdown::new());
    let (token, user, id) = routes::issue_first(&service, handle, ttl_days, operator).await?;
    Ok(IssuedToken { token, id, user })
}

/// The write side that [`start`] runs.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Waits until it has ended, which is after shutdown was asked for.
    pub async fn ended(self) -> anyhow::Result<()> {
        self.task.await.context("the write side panicked")?.context("cannot serve the write side")
    }
}

/// Starts the write side as a service of its own: its routes, its description, health and metrics.
pub async fn start(
    listen: SocketAddr,
    config: Config,
    parts: Parts,
    health: &Health,
    shutdown: Shutdown,
) -> anyhow::Result<Running> {
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr().context("cannot tell the own address")?;
    let routes = router(parts, config, &shutdown).merge(health.router()).merge(http::openapi(&openapi()));
    let serving =
        async move { http::serve(listener, http::shell(routes), &shutdown, http::DRAIN_TIMEOUT_DEFAULT).await };
    tracing::info!(%address, "the write side listens");
    Ok(Running { address, task: tokio::spawn(serving) })
}

#[cfg(test)]
mod tests;
