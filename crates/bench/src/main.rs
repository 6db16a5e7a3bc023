//! Measures gainsay against bare peers, in the same run on the same machine.

mod fill;
mod history;
mod rebuild;

use anyhow::Context;
use clap::{Parser, Subcommand};
use event_log::EventLog;
use event_log::server::{Server, ServerSettings};
use std::path::PathBuf;
use std::process::Command;

#[derive(Parser)]
#[command(version, about)]
struct Args {
    #[command(subcommand)]
    command: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// Fill a log with a generated history and rebuild the views from it.
    Rebuild(Size),
    /// Fill the log of a folder with a generated history.
    Fill(Folder),
    /// Read a folder's log with a bare consumer, then rebuild its views.
    Measure(Folder),
}

/// How much history.
#[derive(clap::Args, Clone)]
struct Size {
    /// Records.
    #[arg(long, default_value_t = 300_000)]
    events: u64,
    /// Aggregates.
    #[arg(long, default_value_t = 30_000)]
    aggregates: usize,
    /// Seed of the generator.
    #[arg(long, default_value_t = 20_210_504)]
    seed: u64,
}

#[derive(clap::Args, Clone)]
struct Folder {
    /// The data folder.
    #[arg(long)]
    data: PathBuf,
    #[command(flatten)]
    size: Size,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let default = Size { events: 300_000, aggregates: 30_000, seed: 20_210_504 };
    match Args::parse().command.unwrap_or(What::Rebuild(default)) {
        What::Rebuild(size) => rebuild(&size),
        What::Fill(folder) => fill(&folder).await,
        What::Measure(folder) => rebuild::measure(&folder.data).await,
    }
}

/// Each step is a process of its own, so that its peak of memory is its own.
fn rebuild(size: &Size) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("gainsay-bench-").tempdir()?;
    for step in ["fill", "measure"] {
        let status = Command::new(std::env::current_exe()?)
            .arg(step)
            .arg("--data")
            .arg(folder.path())
            .args(["--events", &size.events.to_string()])
            .args(["--aggregates", &size.aggregates.to_string()])
            .args(["--seed", &size.seed.to_string()])
            .status()?;
        anyhow::ensure!(status.success(), "`bench {step}` ended with {status}");
    }
    Ok(())
}

async fn fill(folder: &Folder) -> anyhow::Result<()> {
    let (server, log) = open(&folder.data).await?;
    let Size { events, aggregates, seed } = folder.size;
    let history = history::History::new(log.id(), seed, aggregates);
    let filled = fill::fill(&log, &history, events).await?;
    println!(
        "fill: {} records of at least {} and {:.0} bytes on average, {} aggregates, seed {seed}: {:.0} appends/s with fsync, closed loop",
        filled.records,
        filled.bytes_min,
        filled.bytes_mean,
        history.len(),
        filled.rate
    );
    server.stop().await;
    Ok(())
}

/// The folder's own nats-server, and its log.
async fn open(data: &std::path::Path) -> anyhow::Result<(Server, EventLog)> {
    let server = Server::start(ServerSettings::new(data)).await.context("cannot start nats-server")?;
    let log = EventLog::connect(&server.log_settings()).await.context("cannot open the log")?;
    Ok((server, log))
}
