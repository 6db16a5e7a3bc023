//! The machine that a run is on, and a folder on one of its disks.

use crate::fill::f64_of;
use anyhow::{Context, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// File systems without a disk below: to write through to them costs nothing.
const IN_MEMORY: [&str; 3] = ["tmpfs", "ramfs", "devtmpfs"];

/// The unit of processor times in `/proc`: `USER_HZ`, which Linux keeps at 100 for programs.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processors, memory and the file system of the folder that runs work in.
pub fn describe(parent: &Path) -> anyhow::Result<String> {
    let processors = std::thread::available_parallelism()?;
    let memory = fs::read_to_string("/proc/meminfo").ok().and_then(|text| kib(&text, "MemTotal:")).unwrap_or_default();
    let (kind, device) = mounted(parent)?;
    Ok(format!(
        "{processors} processors, {:.0} GiB of memory, {} on {kind} ({device})",
        f64_of(memory) / 1024.0 / 1024.0,
        parent.display()
    ))
}

/// The load averages over 1, 5 and 15 minutes.
pub fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// Where runs make their folders: the one that was named, or else the first usual one that is on a disk.
pub fn parent(named: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let usual = || vec![std::env::temp_dir(), PathBuf::from("/var/tmp"), PathBuf::from(".")];
    for folder in named.map_or_else(usual, |named| vec![named]) {
        let Ok(folder) = folder.canonicalize() else { continue };
        let (kind, _) = mounted(&folder)?;
        if !IN_MEMORY.contains(&kind.as_str()) {
            return Ok(folder);
        }
    }
    bail!("no folder on a disk was found: name one with `--folder`")
}

/// A folder of one's own, gone when it is dropped.
pub fn folder(parent: &Path) -> anyhow::Result<TempDir> {
    let made = tempfile::Builder::new().prefix("gainsay-bench-").tempdir_in(parent);
    made.with_context(|| format!("cannot make a folder in {}", parent.display()))
}

/// Kind and device of the file system that a folder is on.
fn mounted(folder: &Path) -> anyhow::Result<(String, String)> {
    let mounts = fs::read_to_string("/proc/self/mounts").context("cannot read the mounted file systems")?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ');
        let (device, at, kind) = (fields.next()?, fields.next()?, fields.next()?);
        folder.starts_with(at).then(|| (at.len(), kind.to_owned(), device.to_owned()))
    });
    // Of two on one folder the later one is seen.
    let (_, kind, device) = mounts.max_by_key(|(len, _, _)| *len).context("the folder is on no file system")?;
    Ok((kind, device))
}

/// Memory of a process, in MiB: `VmRSS` for what is resident, `VmHWM` for its peak.
pub fn memory_mib(process: &str, field: &str) -> anyhow::Result<f64> {
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let kib = kib(&status, &format!("{field}:")).with_context(|| format!("{path} does not tell {field}"))?;
    Ok(f64_of(kib) / 1024.0)
}

/// Processor time that a process has used, its threads together.
pub fn processor_time(process: u32) -> anyhow::Result<Duration> {
    let path = format!("/proc/{process}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    // The name of the program, in parentheses, may hold anything; after it `utime` and `stime` are the 12th and 13th.
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace()).into_iter().flatten();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_secs_f64(f64_of(ticks) / TICKS_PER_SECOND))
}

fn kib(text: &str, field: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(field)?.trim().strip_suffix(" kB")?.trim().parse().ok())
}
