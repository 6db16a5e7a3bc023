//! Everything in one process.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::Context;
use domain::id::Handle;
use event_log::server::State;
use query::Origins;
use runtime::health::Check;
use runtime::http::{DRAIN_TIMEOUT_DEFAULT, openapi as openapi_route, shell};
use runtime::{ExitCode, Health, Shutdown, telemetry};
use tokio::net::TcpListener;
use tokio::sync::watch;
use uuid::Uuid;

use crate::cli::Serve;
use crate::client::Client;
use crate::failure::Usage;
use crate::log::Opened;
use crate::settings::Settings;
use crate::{demo, openapi, private};

/// Days that the first token of the operator is valid.
const OPERATOR_TTL_DAYS: u32 = 3650;

/// What `serve` is told, checked.
struct Plan {
    settings: Settings,
    origins: Origins,
    anonymous_reader: BTreeSet<Uuid>,
    demo: bool,
}

pub(crate) async fn run(arguments: &Serve) -> anyhow::Result<ExitCode> {
    let plan = plan(arguments)?;
    telemetry::init(plan.settings.log_format, plan.settings.log_filter.as_deref())?;
    let shutdown = Shutdown::on_signals().context("cannot listen for signals")?;
    let opened = tokio::select! {
        opened = Opened::alone(&plan.settings) => opened?,
        () = shutdown.requested() => return Ok(ExitCode::Ok),
    };
    let result = Box::pin(serve(&plan, &opened, &shutdown)).await;
    opened.close().await;
    tracing::info!("ended");
    result.map(|()| ExitCode::Ok)
}

fn plan(arguments: &Serve) -> anyhow::Result<Plan> {
    let settings = Settings::read(arguments, arguments.common.config.as_deref())?;
    let origins = Origins::parse(&settings.cors_origins).map_err(|error| Usage(error.to_string()))?;
    let mut anonymous_reader: BTreeSet<Uuid> = settings.anonymous_reader.iter().copied().collect();
    if arguments.demo {
        anonymous_reader.insert(demo::project());
    }
    if !anonymous_reader.is_empty() && !settings.listen.ip().is_loopback() {
        let detail = format!(
            "projects are readable without a token on loopback only, and {} is not: leave out `--anonymous-reader` and \
             `--demo`, or listen on 127.0.0.1",
            settings.listen
        );
        return Err(Usage(detail).into());
    }
    Ok(Plan { settings, origins, anonymous_reader, demo: arguments.demo })
}

/// Serves an open log until shutdown is asked for.
async fn serve(plan: &Plan, opened: &Opened, shutdown: &Shutdown) -> anyhow::Result<()> {
    let settings = &plan.settings;
    let listener =
        TcpListener::bind(settings.listen).await.with_context(|| format!("cannot listen on {}", settings.listen))?;
    let address = listener.local_addr().context("cannot tell the own address")?;
    let health = Health::new();
    if let Some(server) = &opened.server {
        tokio::spawn(watch_server(server.state(), health.check("nats-server"), shutdown.clone()));
    }
    let (log, texts) = (&opened.log, opened.log.texts().await?);
    let credentials = log.credentials().await?;
    // The projector ends after the last request, which may still ask it.
    let projector_shutdown = Shutdown::new();
    let config = projector::Config::new(settings.views());
    let projector =
        projector::start(config, log.clone(), texts.clone(), projector_shutdown.clone(), health.clone()).await?;
    let views = projector.views();
    let writes = ingest::Parts {
        event_log: log.clone(),
        texts: texts.clone(),
        credentials: credentials.clone(),
        views: views.clone(),
    };
    let reads = query::Parts { views, credentials, texts };
    ensure_operator(settings, &writes).await?;
    let routes = query::router(reads, query::Config { anonymous_reader: plan.anonymous_reader.clone() })
        .merge(ingest::router(writes, ingest::Config::default(), shutdown))
        .merge(openapi_route(&openapi::document()))
        .merge(health.router());
    let routes = query::edge(shell(routes), &plan.origins);
    let serving = runtime::http::serve(listener, routes, shutdown, DRAIN_TIMEOUT_DEFAULT);
    // Ready means that what was asked for is there.
    let demo = plan.demo.then(|| health.check("demo"));
    let beside = async {
        let result = announce(plan, address, demo).await;
        if result.is_err() {
            shutdown.trigger();
        }
        result
    };
    let (served, announced) = tokio::join!(serving, beside);
    projector_shutdown.trigger();
    projector.ended().await;
    announced?;
    served.context("cannot serve")
}

/// Says where the service is, once it takes requests; puts the demo into it.
async fn announce(plan: &Plan, address: SocketAddr, demo: Option<Check>) -> anyhow::Result<()> {
    let settings = &plan.settings;
    let url = format!("http://{}", reachable(address));
    private::write(&settings.server_url(), url.as_bytes()).context("cannot write server.url")?;
    if let Some(path) = &settings.port_file {
        private::write(path, address.to_string().as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    tracing::info!(%address, "listening");
    println!("gainsay listens on {url}");
    if let Some(check) = demo {
        show_demo(settings, &url).await?;
        check.ok();
    }
    Ok(())
}

/// An address under which a listener on all interfaces is reached from here.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(_) if address.ip().is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        SocketAddr::V6(_) if address.ip().is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        SocketAddr::V4(_) | SocketAddr::V6(_) => {}
    }
    address
}

async fn show_demo(settings: &Settings, url: &str) -> anyhow::Result<()> {
    let token = fs::read_to_string(settings.operator_token()).context("the demo needs the operator's token")?;
    let operator = Client::new(url, Some(token.trim().to_owned()))?;
    let marker = demo::ensure(&operator, &settings.data).await?;
    let program = std::env::args().next().unwrap_or_else(|| "gainsay".to_owned());
    println!("Who fired at Ain al-Assad on 4 May 2021? The demo is there; no token is needed to read it:");
    println!("  the board as JSON    {url}{}", demo::board_path(marker));
    println!("  the board as text    {program} board --data {}", settings.data.display());
    println!("  all routes           {url}/openapi.json");
    println!("  tokens of its users  {}", settings.data.join("demo").display());
    Ok(())
}

/// Issues the operator's first token, and says so this once. Another one is issued only when that one is worthless:
/// whoever starts this runs the machine, and must not be locked out by a log that was begun anew.
async fn ensure_operator(settings: &Settings, parts: &ingest::Parts) -> anyhow::Result<()> {
    let path = settings.operator_token();
    if let Ok(token) = fs::read_to_string(&path) {
        if parts.credentials.check(token.trim()).await?.is_some() {
            return Ok(());
        }
        tracing::warn!("the operator's token is not valid any more, issuing another one");
    }
    let handle = Handle::parse("operator").expect("the word is a handle");
    let issued = ingest::issue_token(parts, &handle, OPERATOR_TTL_DAYS, true)
        .await
        .context("cannot issue the operator's first token")?;
    private::write(&path, issued.token.expose().as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))?;
    println!("the operator's token is in {}; keep it safe", path.display());
    Ok(())
}

/// Says how the nats-server is, where it is ours.
async fn watch_server(mut state: watch::Receiver<State>, check: Check, shutdown: Shutdown) {
    loop {
        match &*state.borrow_and_update() {
            State::Running { .. } => check.ok(),
            State::Restarting => check.fail("it ended and is being started anew"),
            // Starting it again would meet the same damage: a person has to look.
            State::Failed(reason) => check.fail(format!("it ended and stays ended: {reason}")),
            State::Stopped => check.fail("it was stopped"),
        }
        tokio::select! {
            changed = state.changed() => if changed.is_err() { return },
            () = shutdown.requested() => return,
        }
    }
}

#[cfg(test)]
mod tests;
