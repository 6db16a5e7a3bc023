//! The write side in a process of its own.

use std::sync::Arc;

use ::ingest::{Config, Parts};
use bearer::Tokens;
use bearer::openid::Providers;
use runtime::{ExitCode, Health, Shutdown};

use super::{operator, watch};
use crate::cli::Ingest;
use crate::log::{self, Use};
use crate::settings::Settings;

/// Where it listens unless it is told.
const PORT: u16 = 7181;

pub(crate) async fn run(arguments: &Ingest) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(arguments, arguments.service.on_log.common.config.as_deref())?;
    let providers = settings.providers()?;
    let shutdown = super::begin(&settings)?;
    let running = tokio::select! {
        running = start(&settings, providers, &shutdown) => running?,
        () = shutdown.requested() => return Ok(ExitCode::Ok),
    };
    super::announce("gainsay ingest", running.address, &settings)?;
    running.ended().await?;
    tracing::info!("ended");
    Ok(ExitCode::Ok)
}

async fn start(
    settings: &Settings,
    providers: Option<Providers>,
    shutdown: &Shutdown,
) -> anyhow::Result<::ingest::Running> {
    let event_log = log::connect(settings, Use::Writing).await?;
    let parts = Parts {
        texts: event_log.texts().await?,
        tokens: Tokens::new(event_log.credentials().await?, providers),
        views: Arc::new(event_log.remote_views().await?),
        event_log,
    };
    operator::ensure(settings, &parts).await?;
    let health = Health::new();
    tokio::spawn(watch::log(parts.event_log.clone(), health.check("log"), shutdown.clone()));
    tokio::spawn(watch::writes(parts.event_log.clone(), health.check("writes"), shutdown.clone()));
    ::ingest::start(settings.listen_or(PORT), Config::default(), parts, &health, shutdown.clone()).await
}
