//! Rebuilds that are killed at any point: the views come back whole, and nobody ever reads half of them.

use crate::store_faults::{Stopped, views};
use crate::support::people::Person;
use crate::support::system::System;
use crate::support::{count, seeded, soak};
use anyhow::{Context, ensure};
use rand::RngExt;
use std::fs;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long a rebuild that nobody kills may take.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(2);
/// Rounds for each that is asked for, until one has met a half-built store.
const TRIES: usize = 10;

/// Where a kill met a rebuild.
#[derive(Debug, Default)]
struct Met {
    before: usize,
    half_built: usize,
    after: usize,
}

impl Met {
    fn count(&mut self, has_ended: bool, generations: usize) {
        *match (has_ended, generations) {
            (true, _) => &mut self.after,
            (false, 1) => &mut self.before,
            (false, _) => &mut self.half_built,
        } += 1;
    }

    fn rounds(&self) -> usize {
        self.before + self.half_built + self.after
    }
}

/// The generations in the folder of the views, those in quarantine included.
fn generations(system: &System) -> anyhow::Result<Vec<String>> {
    let names = fs::read_dir(views(system))?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let names: Vec<String> = names.collect::<anyhow::Result<_>>()?;
    Ok(names.into_iter().filter(|name| name.starts_with("gen-")).collect())
}

fn start_rebuild(system: &System) -> anyhow::Result<Child> {
    let mut command = system.command(&["projector", "rebuild"])?;
    Ok(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

/// Waits for a rebuild at most so long; its outcome when it ended.
async fn wait(rebuild: &mut Child, at_most: Duration) -> anyhow::Result<Option<ExitStatus>> {
    let started = Instant::now();
    while started.elapsed() < at_most {
        if let Some(status) = rebuild.try_wait()? {
            return Ok(Some(status));
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(None)
}

/// What a rebuild takes here when nobody kills it.
async fn whole(system: &System) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let status = wait(&mut start_rebuild(system)?, PATIENCE).await?.context("a rebuild does not end")?;
    ensure!(status.success(), "a rebuild ended with {status}");
    Ok(started.elapsed())
}

/// One generation is left, the one that answers, and none was put aside.
fn is_tidy(stopped: &Stopped, when: &str) -> anyhow::Result<()> {
    let left = generations(&stopped.system)?;
    ensure!(left.len() == 1 && !left[0].contains("quarantine"), "{when}: {left:?} are left");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_projector_killed_while_it_rebuilds_comes_back_and_serves_no_half_built_view() -> anyhow::Result<()> {
    let scenario = "a projector killed while it rebuilds";
    let mut rng = seeded(scenario);
    let rounds = count(4, 50);
    let mut stopped = Stopped::prepare(count(400, 4_000)).await?;
    stopped.system.launch().await?;
    let longest = whole(&stopped.system).await?.mul_f64(1.2);
    ensure!(stopped.system.stop()?.success(), "{}", stopped.system.log_tail());
    let (mut met, mut asked) = (Met::default(), 0);
    while met.rounds() < rounds || met.half_built == 0 {
        ensure!(met.rounds() < TRIES * rounds, "no kill met a half-built store: {met:?}");
        // Every part of the time is met, whatever is drawn.
        let part = (met.rounds() % rounds) as f64;
        let after = longest.mul_f64(rng.random_range(part..part + 1.0) / rounds as f64);
        let when = format!("killed {after:?} after a rebuild began");
        stopped.system.launch().await?;
        let reader = Person::at(stopped.system.base(), Some(stopped.system.operator()?));
        let mut rebuild = start_rebuild(&stopped.system)?;
        let is_over = AtomicBool::new(false);
        // It is ready, and until it is killed every question is answered, and rightly.
        let reading = async {
            while !is_over.load(Ordering::Acquire) {
                let right = stopped.right_answers(&reader, &when).await?;
                ensure!(right == stopped.questions(), "{when}: a read was refused");
                asked += right;
            }
            Ok(())
        };
        let waiting = async {
            let ended = wait(&mut rebuild, after).await;
            is_over.store(true, Ordering::Release);
            ended
        };
        let (read, ended) = tokio::join!(reading, waiting);
        read?;
        let has_ended = ended?.is_some();
        stopped.system.kill()?;
        met.count(has_ended, generations(&stopped.system)?.len());
        rebuild.kill().ok();
        rebuild.wait()?;
        stopped.comes_back(&when).await?;
        is_tidy(&stopped, &when)?;
        if soak() {
            println!("{}: {when}", met.rounds());
        }
    }
    println!("{scenario}: {met:?}, {asked} answers meanwhile, no wrong answer");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_of_a_folder_that_is_killed_leaves_its_views_as_they_were() -> anyhow::Result<()> {
    let scenario = "a rebuild of a folder killed";
    let mut rng = seeded(scenario);
    let rounds = count(2, 50);
    let mut stopped = Stopped::prepare(count(400, 4_000)).await?;
    let longest = whole(&stopped.system).await?.mul_f64(1.1);
    let mut met = Met::default();
    while met.rounds() < rounds || met.half_built == 0 {
        ensure!(met.rounds() < TRIES * rounds, "no kill met a half-built store: {met:?}");
        let after = longest.mul_f64(rng.random_range(0.0..1.0));
        let when = format!("killed {after:?} after it began");
        let mut rebuild = start_rebuild(&stopped.system)?;
        let ended = wait(&mut rebuild, after).await?;
        rebuild.kill().ok();
        rebuild.wait()?;
        met.count(ended.is_some(), generations(&stopped.system)?.len());
        stopped.comes_back(&when).await?;
        is_tidy(&stopped, &when)?;
        if soak() {
            println!("{}: {when}", met.rounds());
        }
    }
    println!("{scenario}: {met:?}, no wrong answer");
    Ok(())
}
