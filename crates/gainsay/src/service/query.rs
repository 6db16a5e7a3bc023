//! The read side in a process of its own.

use std::sync::Arc;

use ::query::{Config, Parts};
use bearer::Tokens;
use bearer::openid::Providers;
use runtime::{ExitCode, Health, Shutdown};
use wire::view::Views;

use super::{Readers, watch};
use crate::cli::Query;
use crate::log::{self, Use};
use crate::settings::Settings;

/// Where it listens unless it is told.
const PORT: u16 = 7182;

pub(crate) async fn run(arguments: &Query) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(arguments, arguments.service.on_log.common.config.as_deref())?;
    let readers = Readers::new(&settings, settings.listen_or(PORT), None)?;
    let providers = settings.providers()?;
    let shutdown = super::begin(&settings)?;
    let running = tokio::select! {
        running = start(&settings, readers, providers, &shutdown) => running?,
        () = shutdown.requested() => return Ok(ExitCode::Ok),
    };
    super::announce("gainsay query", running.address, &settings)?;
    running.ended().await?;
    tracing::info!("ended");
    Ok(ExitCode::Ok)
}

async fn start(
    settings: &Settings,
    readers: Readers,
    providers: Option<Providers>,
    shutdown: &Shutdown,
) -> anyhow::Result<::query::Running> {
    let event_log = log::connect(settings, Use::Reading).await?;
    let views: Arc<dyn Views> = Arc::new(event_log.remote_views().await?);
    let parts = Parts {
        views: Arc::clone(&views),
        tokens: Tokens::new(event_log.credentials().await?, providers),
        texts: event_log.texts().await?,
        presence: event_log.presence(),
    };
    let health = Health::new();
    tokio::spawn(watch::log(event_log, health.check("log"), shutdown.clone()));
    tokio::spawn(watch::projectors(views, health.check("projectors"), shutdown.clone()));
    let config = Config { anonymous_reader: readers.anonymous, ..Config::default() };
    let listen = settings.listen_or(PORT);
    ::query::start(listen, config, &readers.origins, parts, &health, shutdown.clone()).await
}
