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
        command.args([step, "--strict", "--seed", &run.seed.to_string(), "--rounds", &run.rounds.to_string()]);
        command.arg("--data").arg(folder.path());
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

/// Reads the log bare and rebuilds the views, in turns; tells the middle of both, and the peak of this process.
pub async fn measure(data: &Path, rounds: usize, report: &mut Report) -> anyhow::Result<()> {
    let (server, log) = open(data).await?;
    let mut pairs = Vec::new();
    let (mut figures, mut peak) = (None, None);
    for round in 0..rounds.max(1) {
        let bare = consume(&log).await?;
        // A folder of its own: a rebuild beside an old store also reads that one.
        let views = data.join(format!("views-{round}"));
        let rebuilt = projector::rebuild(&projector::Config::new(views.clone()), &log).await?;
        std::fs::remove_dir_all(views).context("cannot remove the views of a round")?;
        pairs.push((bare, rebuilt.rate()));
        figures = Some(rebuilt);
        // Of the first one: what an allocator keeps for the next round is not what a rebuild takes.
        if peak.is_none() {
            peak = Some(machine::memory_mib("self", "VmHWM")?);
        }
    }
    let (figures, peak) = figures.zip(peak).context("there is no round")?;
    let how = format!(
        "{} records of {:.0} bytes on average, the middle of {} rounds in turns: {}",
        figures.records,
        f64_of(figures.bytes) / f64_of(figures.records),
        pairs.len(),
        pairs.iter().map(|(_, rate)| format!("{rate:.0}")).collect::<Vec<_>>().join(", "),
    );
    let ratios: Vec<_> = pairs.iter().map(|(bare, rate)| rate / bare).collect();
    let each = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect::<Vec<_>>().join(", ");
    let bare = middle(pairs.iter().map(|(bare, _)| *bare));
    let rate = middle(pairs.iter().map(|(_, rate)| *rate));
    report.figure("bare consumer", bare, " records/s", Bound::None, "the same log, the same rounds");
    report.figure("rebuild", rate, " records/s", Bound::AtLeast(RATE_MIN), &how);
    report.figure(
        "rebuild / bare consumer",
        middle(ratios),
        "",
        Bound::AtLeast(RATIO_MIN),
        &format!("by round: {each}"),
    );
    let how = "resident, of its process after the first round";
    report.figure("peak memory of a rebuild", peak, " MiB", Bound::AtMost(PEAK_MIB_MAX), how);
    server.stop().await;
    Ok(())
}

/// The median.
fn middle(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.into_iter().collect();
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
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
