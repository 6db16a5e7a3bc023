//! Opening a store in a process of its own first.
//!
//! The engine repairs what it finds. After a power loss it has been seen to repair without end and to take gigabytes
//! meanwhile, which no thread can be kept from. A process can.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a store of no size may take, and how much more each of its bytes: far less is usual.
const PATIENCE: Duration = Duration::from_secs(20);
const BYTES_PER_SECOND: u64 = 20_000_000;
/// What a store of no size may take in memory. Each of its bytes may take one more.
const MEMORY_BYTES: u64 = 512 * 1024 * 1024;
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A program that opens a store and ends, and what it may take.
#[derive(Debug, Clone)]
pub struct Trial {
    program: PathBuf,
    args: Vec<String>,
    patience: Duration,
    memory_bytes: u64,
}

impl Trial {
    /// The exit code of a trial that failed for want of something that any store would want, such as space.
    pub const OF_THE_MACHINE: u8 = 4;

    /// A trial by a program with these arguments, to which the store's folder is added. It calls [`crate::Store::try_open`].
    #[must_use]
    pub fn new(program: PathBuf, args: Vec<String>) -> Self {
        Self { program, args, patience: PATIENCE, memory_bytes: MEMORY_BYTES }
    }

    #[cfg(test)]
    pub(super) fn within(self, patience: Duration, memory_bytes: u64) -> Self {
        Self { patience, memory_bytes, ..self }
    }

    /// Why the store must not be opened in this process. An error is a reason too: the engine that met it has repaired a
    /// part, and may not end when it opens the store again.
    pub(super) fn failure(&self, folder: &Path) -> Option<String> {
        let bytes = size(folder);
        let started = Command::new(&self.program)
            .args(&self.args)
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        // Without a process the store is opened as it is.
        let mut child = started.ok()?;
        let patience = self.patience + Duration::from_secs(bytes / BYTES_PER_SECOND);
        let failure = watch(&mut child, patience, self.memory_bytes.saturating_add(bytes));
        if failure.is_some() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
        failure
    }
}

fn watch(child: &mut Child, patience: Duration, memory_max: u64) -> Option<String> {
    let deadline = Instant::now() + patience;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return failed(status, child),
            Ok(None) => {}
            Err(error) => return Some(format!("the engine is out of sight: {error}")),
        }
        if Instant::now() > deadline {
            return Some(format!("the engine did not open it within {patience:?}"));
        }
        if let Some(bytes) = memory(child.id())
            && bytes > memory_max
        {
            return Some(format!("the engine took {bytes} bytes of memory to open it"));
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// Why a trial that has ended has failed, with what it said last.
fn failed(status: ExitStatus, child: &mut Child) -> Option<String> {
    if status.success() || status.code() == Some(Trial::OF_THE_MACHINE.into()) {
        return None;
    }
    let mut said = String::new();
    child.stderr.take().map(|mut stderr| stderr.read_to_string(&mut said));
    let last = said.lines().last().unwrap_or_default();
    Some(format!("the engine does not open it ({status}): {last}"))
}

/// Resident memory, where the machine tells.
fn memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(kibibytes.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// About how many bytes a folder has.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let data = entry.metadata().ok()?;
            Some(if data.is_dir() { size(&entry.path()) } else { data.len() })
        })
        .sum()
}
