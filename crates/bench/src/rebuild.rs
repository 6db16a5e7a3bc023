//! Rebuilding the views from a log, beside a bare consumer of the same log.

use crate::fill::f64_of;
use crate::open;
use anyhow::Context;
use event_log::EventLog;
use futures::StreamExt;
use std::path::Path;
use std::time::Instant;

/// What the acceptance asks for.
const RATE_MIN: f64 = 20_000.0;
const RATIO_MIN: f64 = 0.25;
const PEAK_MIB_MAX: f64 = 256.0;

/// Reads the log bare, rebuilds the views, and prints both and the peak of this process.
pub async fn measure(data: &Path) -> anyhow::Result<()> {
    let (server, log) = open(data).await?;
    let bare = consume(&log).await?;
    println!("bare consumer: {bare:.0} records/s");
    let figures = projector::rebuild(&projector::Config::new(data.join("views")), &log).await?;
    let rate = figures.rate();
    let peak = peak_mib()?;
    println!(
        "rebuild: {} records, {:.0} bytes on average, {:.1} s, {rate:.0} records/s (at least {RATE_MIN})",
        figures.records,
        f64_of(figures.bytes) / f64_of(figures.records),
        figures.took.as_secs_f64()
    );
    println!("rebuild / bare consumer: {:.2} (at least {RATIO_MIN})", rate / bare);
    println!("peak resident memory of this process: {peak:.0} MiB (at most {PEAK_MIB_MAX})");
    server.stop().await;
    Ok(())
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
    anyhow::bail!("the log ended before its last record")
}

/// The most memory that this process ever had resident, in MiB (`VmHWM` of Linux).
fn peak_mib() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").context("cannot read the own memory")?;
    let kib =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok());
    Ok(f64_of(kib.context("the own memory is not told")?) / 1024.0)
}
