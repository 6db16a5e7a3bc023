//! A projector in a process of its own.

use anyhow::Context;
use event_log::EventLog;
use event_log::server::Lock;
use runtime::http::{DRAIN_TIMEOUT_DEFAULT, shell};
use runtime::{ExitCode, Health, Shutdown};
use tokio::net::TcpListener;

use crate::cli::Projector;
use crate::instance;
use crate::log::{self, Use};
use crate::settings::Settings;

/// Where its health is asked for unless it is told.
const PORT: u16 = 7183;

pub(crate) async fn run(arguments: &Projector) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(arguments, arguments.service.on_log.common.config.as_deref())?;
    let shutdown = super::begin(&settings)?;
    // The folder is this process's alone; commands that find it taken ask this process.
    let _lock = Lock::acquire(&settings.data)?;
    let event_log = tokio::select! {
        event_log = log::connect(&settings, Use::Reading) => event_log?,
        () = shutdown.requested() => return Ok(ExitCode::Ok),
    };
    let listen = settings.listen_or(PORT);
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr().context("cannot tell the own address")?;
    let health = Health::new();
    // To open a large store takes a while, in which the process is alive and not ready.
    let _ = health.check("projector");
    let routes = shell(health.router());
    let on_end = shutdown.clone();
    let listening =
        tokio::spawn(async move { runtime::http::serve(listener, routes, &on_end, DRAIN_TIMEOUT_DEFAULT).await });
    super::announce("gainsay projector", address, &settings)?;
    let result = project(&settings, event_log, &shutdown, health).await;
    shutdown.trigger();
    listening.await.context("the listener panicked")?.context("cannot serve")?;
    result?;
    tracing::info!("ended");
    Ok(ExitCode::Ok)
}

/// Follows the log and answers, until shutdown is asked for.
async fn project(settings: &Settings, event_log: EventLog, shutdown: &Shutdown, health: Health) -> anyhow::Result<()> {
    let texts = event_log.texts().await?;
    // It ends after the last answer, for which it may still be asked.
    let projector_shutdown = Shutdown::new();
    let config = settings.projector();
    let mut projector =
        ::projector::start(config, event_log.clone(), texts, projector_shutdown.clone(), health).await?;
    projector.take_commands(instance::ensure(settings)?).await?;
    let answering = event_log.answer_views(projector.views(), projector.serving()).await?;
    shutdown.requested().await;
    answering.end().await;
    projector_shutdown.trigger();
    projector.ended().await;
    Ok(())
}
