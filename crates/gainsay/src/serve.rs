//! Everything in one process.

use std::fs;
use std::net::SocketAddr;

use anyhow::Context;
use bearer::Tokens;
use bearer::openid::Providers;
use event_log::server::State;
use runtime::health::Check;
use runtime::http::{DRAIN_TIMEOUT_DEFAULT, openapi as openapi_route};
use runtime::{ExitCode, Health, Shutdown};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::cli::Serve;
use crate::client::Client;
use crate::log::Opened;
use crate::service::{self, Readers, operator};
use crate::settings::Settings;
use crate::{demo, instance, openapi, private};

/// Where it listens unless it is told.
pub(crate) const PORT: u16 = 7180;

/// What `serve` is told, checked.
struct Plan {
    settings: Settings,
    readers: Readers,
    providers: Option<Providers>,
    demo: bool,
}

pub(crate) async fn run(arguments: &Serve) -> anyhow::Result<ExitCode> {
    let plan = plan(arguments)?;
    let shutdown = service::begin(&plan.settings)?;
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
    let settings = Settings::read(arguments, arguments.service.on_log.common.config.as_deref())?;
    let demo = arguments.demo.then(demo::project);
    let readers = Readers::new(&settings, settings.listen_or(PORT), demo)?;
    let providers = settings.providers()?;
    Ok(Plan { settings, readers, providers, demo: arguments.demo })
}

/// Serves an open log until shutdown is asked for.
async fn serve(plan: &Plan, opened: &Opened, shutdown: &Shutdown) -> anyhow::Result<()> {
    let settings = &plan.settings;
    let listen = settings.listen_or(PORT);
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr().context("cannot tell the own address")?;
    let health = Health::new();
    if let Some(server) = &opened.server {
        tokio::spawn(watch_server(server.state(), health.check("nats-server"), shutdown.clone()));
    }
    tokio::spawn(service::watch::writes(opened.log.clone(), health.check("writes"), shutdown.clone()));
    let (log, texts) = (&opened.log, opened.log.texts().await?);
    let tokens = Tokens::new(log.credentials().await?, plan.providers.clone());
    // The projector ends after the last request, which may still ask it.
    let projector_shutdown = Shutdown::new();
    let config = settings.projector();
    let mut projector =
        projector::start(config, log.clone(), texts.clone(), projector_shutdown.clone(), health.clone()).await?;
    projector.take_commands(instance::ensure(settings)?).await?;
    let views = projector.views();
    let writes =
        ingest::Parts { event_log: log.clone(), texts: texts.clone(), tokens: tokens.clone(), views: views.clone() };
    let reads = query::Parts { views, tokens, texts, presence: log.presence() };
    operator::ensure(settings, &writes).await?;
    let reading = query::Config { anonymous_reader: plan.readers.anonymous.clone(), ..query::Config::default() };
    let routes = query::router(reads, reading, shutdown)
        .merge(ingest::router(writes, ingest::Config::default(), shutdown))
        .merge(openapi_route(&openapi::document()))
        .merge(health.router());
    let routes = query::edge(routes, &plan.readers.origins);
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
    let url = service::url(address);
    private::write(&settings.server_url(), url.as_bytes()).context("cannot write server.url")?;
    service::announce("gainsay", address, settings)?;
    if let Some(check) = demo {
        show_demo(settings, &url).await?;
        check.ok();
    }
    Ok(())
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

/// Says how the nats-server is, where it is ours.
async fn watch_server(mut state: watch::Receiver<State>, check: Check, shutdown: Shutdown) {
    loop {
        match &*state.borrow_and_update() {
            State::Running { .. } => check.ok(),
            State::Full { .. } => check.fail("its disk is full: nothing is written before there is space"),
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
