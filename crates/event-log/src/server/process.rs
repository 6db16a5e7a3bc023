//! Processes: the server that was left over, and how much memory a server takes.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;

use super::folder::{Folder, open_lock, try_lock};
use super::{Error, POLL, STOP_TIMEOUT, config};

/// How long a killed process may take to vanish.
const KILL_TIMEOUT: Duration = Duration::from_secs(5);

/// Takes the lock of the server's folder. A server that still holds it is ended first.
///
/// That the lock was given is the proof that the server is gone: the kernel keeps it as long as
/// any process has the file open that the server was started with.
pub(super) async fn take_over(folder: &Folder) -> Result<File, Error> {
    let path = folder.lock();
    let file = open_lock(&path)?;
    for (signal, patience) in [(Signal::TERM, STOP_TIMEOUT), (Signal::KILL, KILL_TIMEOUT)] {
        if wait_for_lock(&file, &path, Duration::ZERO).await? {
            break;
        }
        for pid in holders(&path) {
            tracing::warn!(nats.pid = pid, ?signal, "ending a nats-server that was left over");
            send(pid, signal);
        }
        if wait_for_lock(&file, &path, patience).await? {
            break;
        }
    }
    if !wait_for_lock(&file, &path, Duration::ZERO).await? {
        return Err(Error::Survivor { folder: folder.path().to_path_buf(), pids: holders(&path) });
    }
    config::forget_ports(folder)?;
    Ok(file)
}

/// Taking a lock that this file has already is no error.
async fn wait_for_lock(file: &File, path: &Path, patience: Duration) -> Result<bool, Error> {
    let deadline = Instant::now() + patience;
    loop {
        if try_lock(file).map_err(|error| Error::file(format!("lock {}", path.display()), error))? {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Processes whose standard input is the lock: servers of this folder, and nothing else.
fn holders(lock: &Path) -> Vec<u32> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| fs::read_link(format!("/proc/{pid}/fd/0")).is_ok_and(|target| target == lock))
        .collect()
}

/// Resident memory of a process; `None` where the system does not tell.
pub(crate) fn resident_bytes(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Asks a process to end. The caller has not waited for it yet, so the id is still its own.
pub(super) fn terminate(pid: u32) {
    send(pid, Signal::TERM);
}

/// Ends a process at once, as a crash would.
pub(crate) fn kill(pid: u32) {
    send(pid, Signal::KILL);
}

/// Stops a process without ending it, or lets it go on: a server that does not answer.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn pause(pid: u32, paused: bool) {
    send(pid, if paused { Signal::STOP } else { Signal::CONT });
}

/// Whether every thread of a process is stopped, or the process is gone.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn stands_still(pid: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return true };
    threads.flatten().all(|thread| {
        let Ok(stat) = std::fs::read_to_string(thread.path().join("stat")) else { return true };
        // The state stands behind the name, which is in parentheses and may hold any character.
        stat.rsplit_once(')').is_none_or(|(_, rest)| rest.trim_start().starts_with('T'))
    })
}

fn send(pid: u32, signal: Signal) {
    let Some(process) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return };
    if let Err(error) = kill_process(process, signal) {
        tracing::debug!(nats.pid = pid, ?signal, error = %error, "signal not delivered");
    }
}
