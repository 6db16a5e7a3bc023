//! The public read side: GET and HEAD below `/v1`.
//!
//! It authenticates, parses the question, asks [`Views`], and writes the answer. It holds no state: what a viewer may
//! see and what a view says is decided behind [`Views`]. What must hold here:
//! - every answer names the position as of which it holds (`Gainsay-As-Of`), but that about presence, which is in no log;
//! - a parameter is honoured or refused, never ignored;
//! - a list is continued at the position at which it began, whatever is appended meanwhile;
//! - a text leaves the store only after the view has allowed it.

mod answer;
mod auth;
mod changes;
mod cursor;
mod difference;
mod edge;
mod kept;
mod memento;
mod openapi;
mod params;
mod presence;
mod rest;
mod routes;
mod written;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use bearer::Tokens;
use event_log::presence::Presence;
use event_log::texts::Texts;
use runtime::{Health, Shutdown, http};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;
use wire::view::Views;

pub use difference::{BoardDifference, Change, Side, ViewDifference, ViewSide, What};
pub use edge::{OriginError, Origins, edge};

pub use changes::Streams;

use changes::Changes;
use kept::Kept;
use presence::Hubs;

/// What the read side asks.
#[derive(Clone)]
pub struct Parts {
    /// The views.
    pub views: Arc<dyn Views>,
    /// Whom a token speaks for.
    pub tokens: Tokens,
    /// The texts of documents.
    pub texts: Texts,
    /// Who has which document open.
    pub presence: Presence,
}

/// How the read side answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Projects that anybody may read without a token.
    pub anonymous_reader: BTreeSet<Uuid>,
    /// How changes are streamed.
    pub streams: Streams,
}

/// What every handler has. It is cloned for each request.
#[derive(Clone)]
struct App {
    parts: Arc<Parts>,
    config: Arc<Config>,
    boards: Arc<Kept>,
    changes: Arc<Changes>,
    presence: Arc<Hubs>,
}

/// All routes, to be put into [`edge`], which makes problems of what no route answers.
///
/// The streams of changes end when shutdown is asked for.
pub fn router(parts: Parts, config: Config, shutdown: &Shutdown) -> Router {
    let changes = Arc::new(Changes::new(config.streams.clone(), shutdown.clone()));
    let app = App {
        parts: Arc::new(parts),
        config: Arc::new(config),
        boards: Arc::default(),
        changes,
        presence: Arc::default(),
    };
    routes::all()
        .into_iter()
        .fold(Router::new(), |router, route| router.route(&route.path, route.handler))
        .with_state(app)
}

/// The description of all routes, OpenAPI 3.1.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    openapi::document(routes::all())
}

/// The read side that [`start`] runs.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Waits until it has ended, which is after shutdown was asked for.
    pub async fn ended(self) -> anyhow::Result<()> {
        self.task.await.context("the read side panicked")?.context("cannot serve the read side")
    }
}

/// Starts the read side as a service of its own: its routes, its description, health and metrics.
pub async fn start(
    listen: SocketAddr,
    config: Config,
    origins: &Origins,
    parts: Parts,
    health: &Health,
    shutdown: Shutdown,
) -> anyhow::Result<Running> {
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr().context("cannot tell the own address")?;
    let routes = router(parts, config, &shutdown).merge(http::openapi(&openapi())).merge(health.router());
    let routes = edge(routes, origins);
    let serving = async move { http::serve(listener, routes, &shutdown, http::DRAIN_TIMEOUT_DEFAULT).await };
    tracing::info!(%address, "the read side listens");
    Ok(Running { address, task: tokio::spawn(serving) })
}
