//! Rebuilding the views from a log, beside a bare consumer of the same log.

use crate::fill::f64_of;
use crate::report::{Bound, Report};
use crate::run::Run;
use crate::system::Started;
use crate::{MISSED, history, machine};
use anyhow::{Context, bail};
use event_log::EventLog;
use event_log::server::{Server, ServerSettings};
use futures::StreamExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// What the acceptance asks for.
const RATE_MIN: f64 = 20_000.0;
const RATIO_MIN: f64 = 0.25;
const PEAK_MIB_MAX: f64 = 256.0;

/// How much history.
#[derive(clap::Args, Clone)]
pub struct Size {
    /// Records
    #[arg(long, default_value_t = EVENTS)]
    events: u64,
    /// Aggregates
    #[arg(long, default_value_t = AGGREGATES)]
    aggregates: usize,
}

const EVENTS: u64 = 300_000;
const AGGREGATES: usize = 30_000;

impl Default for Size {
    fn default() -> Self {
        Self { events: EVENTS, aggregates: AGGREGATES }
    }
}

/// A folder with a log, or for one.
#[derive(clap::Args, Clone)]
pub struct Folder {
    /// The data folder
    #[arg(long)]
    pub data: PathBuf,
    #[command(flatten)]
    size: Size,
}

/// Fills a log and rebuilds its views. Each step is a process of its own, so that its peak of memory is its own.
pub async fn run(run: &Run, size: &Size, report: &mut Report) -> anyhow::Result<()> {
    let folder = machine::folder(&run.parent)?;
    for step in ["fill", "measure"] {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([step, "--strict", "--seed", &run.seed.to_string()]).arg("--data").arg(folder.path());
        command.args(["--events", &size.events.to_string(), "--aggregates", &size.aggregates.to_string()]);
        let status = Started::new(&mut command)?.ended().await?;
        match status.code() {
            Some(0) => {}
            Some(code) if code == i32::from(MISSED) => report.missed_elsewhere("rebuild"),
            _ => bail!("`bench {step}` ended with {status}"),
        }
    }
    Ok(())
}

/// Fills the log of a folder.
pub async fn fill(folder: &Folder, seed: u64) -> anyhow::Result<()> {
    let (server, log) = open(&folder.data).await?;
    let Size { events, aggregates } = folder.size;
    let history = history::History::new(log.id(), seed, aggregates);
    let filled = crate::fill::fill(&log, &history, events).await?;
    println!(
        "         {} records of at least {} and {:.0} bytes on average, {} aggregates, seed {seed}: {:.0} appends/s with fsync",
        filled.records,
        filled.bytes_min,
        filled.bytes_mean,
        history.len(),
        filled.rate
    );
    server.stop().await;
    Ok(())
}

/// Reads the log bare, rebuilds the views, and tells both and the peak of this process.
pub async fn measure(data: &Path, report: &mut Report) -> anyhow::Result<()> {
    let (server, log) = open(data).await?;
    let bare = consume(&log).await?;
    let figures = projector::rebuild(&projector::Config::new(data.join("views")), &log).await?;
    let (rate, took) = (figures.rate(), figures.took.as_secs_f64());
    let how = format!(
        "{} records of {:.0} bytes on average in {took:.1} s",
        figures.records,
        f64_of(figures.bytes) / f64_of(figures.records)
    );
    report.figure("bare consumer", bare, " records/s", Bound::None, "the same log");
    report.figure("rebuild", rate, " records/s", Bound::AtLeast(RATE_MIN), &how);
    report.figure("rebuild / bare consumer", rate / bare, "", Bound::AtLeast(RATIO_MIN), "the same log");
    let peak = machine::memory_mib("self", "VmHWM")?;
    report.figure("peak memory of a rebuild", peak, " MiB", Bound::AtMost(PEAK_MIB_MAX), "resident, of its process");
    server.stop().await;
    Ok(())
}

/// The folder's own nats-server, and its log.
async fn open(data: &Path) -> anyhow::Result<(Server, EventLog)> {
    let server = Server::start(ServerSettings::new(data)).await.context("cannot start nats-server")?;
    let log = EventLog::connect(&server.log_settings()).await.context("cannot open the log")?;
    Ok((server, log))
}

/// Records per second of a consumer that looks at nothing.
async fn consume(log: &EventLog) -> anyhow::Result<f64> {
    let last = log.head().await?.last;
    let begun = Instant::now();
    let mut records = log.follow(1);
    while let Some(record) = records.next().await {
        if record?.entry.position == last {
            return Ok(f64_of(last) / begun.elapsed().as_secs_f64());
        }
    }
    bail!("the log ended before its last record")
}
