//! The log's files are harmed: within half a minute `/readyz` says which check failed, nothing is written any more, and
//! `verify` names the first position that it cannot read or prove.

use crate::pipeline::Scene;
use crate::support::people::Person;
use crate::support::system::System;
use crate::support::{copy_folder, count, seeded, soak};
use anyhow::{Context, ensure};
use rand::RngExt;
use rand::rngs::StdRng;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Within this time a fault must be told.
const TOLD_WITHIN: Duration = Duration::from_secs(30);
/// Within this time `verify` must have ended.
const VERIFIED_WITHIN: Duration = Duration::from_mins(1);
/// Far below the limit of the supervisor, and far above what a sound server takes.
const MEMORY_MAX: u64 = 512 * 1024 * 1024;
/// How what the checks say begins. That a read timed out is said as well, while the server is away.
const SAYINGS: [&str; 4] = ["count ", "gap at ", "chain broken at ", "checkpoint "];
/// Exit code of `verify` for damage.
const DAMAGED: i32 = 5;

/// A record in a block file: length, sequence, time, subject, payload, checksum.
#[derive(Debug, Clone, Copy)]
struct Placed {
    position: u64,
    start: usize,
    len: usize,
}

/// Where the records of a block are. The four bytes of a length have a flag for headers at the top.
fn records(block: &[u8]) -> anyhow::Result<Vec<Placed>> {
    const HEADERS: u32 = 1 << 31;
    let (mut placed, mut start) = (Vec::new(), 0);
    while start < block.len() {
        let number = |from: usize| block.get(from..).context("a record ends before its block");
        let len = u32::from_le_bytes(*number(start)?.first_chunk().context("a length")?) & !HEADERS;
        let position = u64::from_le_bytes(*number(start + 4)?.first_chunk().context("a sequence")?);
        placed.push(Placed { position, start, len: usize::try_from(len)? });
        start += usize::try_from(len)?;
    }
    Ok(placed)
}

/// A system with records, and a copy of its folder as it was when it stopped.
struct Stopped {
    system: System,
    project: String,
    board: (String, Value),
    copy: tempfile::TempDir,
}

impl Stopped {
    async fn prepare(records: usize) -> anyhow::Result<Self> {
        let mut system = System::start().await?;
        let scene = Scene::set(&system, 1).await?;
        scene.write_actors(records).await?;
        let annotator = &scene.project.annotators[0];
        let read = annotator.post(&scene.project.path("readings"), &scene.accusation()).await?.expect(201)?;
        let path = scene.project.path(&format!("incidents/{}/board", scene.incident));
        let board = scene.board(annotator, read.sequence()).await?;
        ensure!(system.stop()?.success(), "{}", system.log_tail());
        let copy = tempfile::tempdir()?;
        copy_folder(&system.data(), copy.path())?;
        Ok(Self { system, project: scene.project.id, board: (path, board), copy })
    }

    /// Puts the folder back as it was.
    fn restore(&self) -> anyhow::Result<()> {
        fs::remove_dir_all(self.system.data())?;
        copy_folder(self.copy.path(), &self.system.data())
    }

    fn messages(&self) -> PathBuf {
        self.system.data().join("nats/jetstream/$G/streams/GAINSAY_EV_0/msgs")
    }

    /// The last block with records.
    fn block(&self) -> anyhow::Result<PathBuf> {
        let mut found = None;
        for entry in fs::read_dir(self.messages())? {
            let path = entry?.path();
            let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<u64>().ok());
            if path.extension().is_some_and(|end| end == "blk") && fs::metadata(&path)?.len() > 0 {
                found = found.max(number.map(|number| (number, path)));
            }
        }
        Ok(found.context("a block")?.1)
    }

    /// Flips a bit of any record; gives the record's position.
    fn flip(&self, rng: &mut StdRng) -> anyhow::Result<u64> {
        let path = self.block()?;
        let mut bytes = fs::read(&path)?;
        let placed = records(&bytes)?;
        let record = placed[rng.random_range(0..placed.len())];
        bytes[record.start + rng.random_range(0..record.len)] ^= 1 << rng.random_range(0..8);
        fs::write(&path, bytes)?;
        Ok(record.position)
    }

    /// Cuts the last block off within a record; gives the record's position.
    fn truncate(&self, rng: &mut StdRng) -> anyhow::Result<u64> {
        let path = self.block()?;
        let bytes = fs::read(&path)?;
        let placed = records(&bytes)?;
        let record = placed[rng.random_range(0..placed.len())];
        let keep = record.start + rng.random_range(0..record.len);
        fs::File::options().write(true).open(&path)?.set_len(keep as u64)?;
        Ok(record.position)
    }

    fn remove_index(&self) -> anyhow::Result<()> {
        Ok(fs::remove_file(self.messages().join("index.db"))?)
    }

    /// Waits until `/readyz` says which check failed, and gives what it says.
    async fn told(&self, operator: &Person) -> anyhow::Result<(String, Duration)> {
        let begun = Instant::now();
        loop {
            let ready = operator.get("/readyz").await?;
            let reason = ready.json()["checks"]["canary"]["reason"].as_str().unwrap_or_default().to_owned();
            if ready.status.as_u16() == 503 && SAYINGS.iter().any(|saying| reason.starts_with(saying)) {
                return Ok((reason, begun.elapsed()));
            }
            ensure!(begun.elapsed() < TOLD_WITHIN, "not told: {}\n{}", ready.text, self.system.log_tail());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Checks all that must hold of a system whose log was harmed at a position, and stops it.
    async fn is_told(&mut self, harm: &str, position: u64) -> anyhow::Result<()> {
        let operator = Person::at(self.system.base(), Some(self.system.operator()?));
        let (reason, after) = self.told(&operator).await?;
        let body = json!({"name": "Late", "kind": "organisation"});
        let refused = operator.post(&format!("/v1/projects/{}/actors", self.project), &body).await?;
        ensure!(refused.status.as_u16() == 503, "{harm}: written: {} {}", refused.status, refused.text);
        ensure!(refused.header("retry-after").is_some(), "{harm}: {}", refused.text);
        let board = operator.get(&self.board.0).await?;
        let is_right = match board.status.as_u16() {
            200 => board.json() == self.board.1,
            status => status == 503,
        };
        ensure!(is_right, "{harm}: a wrong answer: {}", board.text);
        let servers = self.system.nats_servers();
        ensure!(servers.len() == 1, "{harm}: one nats-server, not {servers:?}");
        let memory = resident_bytes(servers[0]).unwrap_or_default();
        ensure!(memory < MEMORY_MAX, "{harm}: nats-server takes {memory} bytes");
        ensure!(self.system.stop()?.success(), "{harm}: {}", self.system.log_tail());

        let begun = Instant::now();
        let verified = self.system.run(&["verify", "--json"])?;
        let took = begun.elapsed();
        ensure!(verified.code == DAMAGED, "{harm}: verify ends with {}: {}", verified.code, verified.stderr);
        let report: Value = serde_json::from_str(&verified.stdout)?;
        ensure!(report["unproven"] == position, "{harm}: {}", verified.stdout);
        ensure!(took < VERIFIED_WITHIN, "{harm}: verify took {took:?}");
        if soak() {
            println!("{harm}: after {after:.1?} `{reason}`; verify {took:.1?}, position {position}, {memory} bytes");
        }
        Ok(())
    }
}

fn resident_bytes(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// Harms a stopped system's log, again and again.
async fn while_stopped(
    scenario: &str,
    times: usize,
    harm: fn(&Stopped, &mut StdRng) -> anyhow::Result<u64>,
) -> anyhow::Result<()> {
    let mut rng = seeded(scenario);
    let mut stopped = Stopped::prepare(count(200, 4_000)).await?;
    for round in 0..times {
        stopped.restore()?;
        let position = harm(&stopped, &mut rng)?;
        let without_index = round % 2 == 1;
        if without_index {
            stopped.remove_index()?;
        }
        stopped.system.spawn()?;
        stopped.system.listening().await?;
        let index = if without_index { "without" } else { "with" };
        stopped.is_told(&format!("{scenario} at {position} {index} index.db"), position).await?;
        let restarts = stopped.system.log().matches("nats-server started anew").count();
        ensure!(restarts == 0, "nats-server was started anew {restarts} times");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_the_log_is_told() -> anyhow::Result<()> {
    while_stopped("a bit flipped in the log", count(2, 60), Stopped::flip).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_log_is_told() -> anyhow::Result<()> {
    while_stopped("the log truncated", count(2, 40), Stopped::truncate).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bit_flipped_under_a_running_server_is_told_when_it_is_started_anew() -> anyhow::Result<()> {
    let mut rng = seeded("a bit flipped under a running server");
    let mut stopped = Stopped::prepare(count(200, 4_000)).await?;
    for _ in 0..count(1, 20) {
        stopped.restore()?;
        stopped.system.launch().await?;
        let position = stopped.flip(&mut rng)?;
        let servers = stopped.system.nats_servers();
        let server = i32::try_from(*servers.first().context("a nats-server")?).ok().and_then(Pid::from_raw);
        kill_process(server.context("a process")?, Signal::KILL)?;
        stopped.is_told(&format!("a bit flipped while running at {position}"), position).await?;
    }
    Ok(())
}
