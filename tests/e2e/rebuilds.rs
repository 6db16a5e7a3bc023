//! Rebuilds that are killed at any point: the views come back whole, and nobody ever reads half of them.

use crate::store_faults::{Stopped, views};
use crate::support::people::Person;
use crate::support::system::System;
use crate::support::{count, seeded, soak};
use anyhow::{Context, ensure};
use rand::RngExt;
use rand::rngs::StdRng;
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

/// Waits until a rebuild fills a store beside the one that is there; its outcome when it ended before that was seen.
async fn begins(system: &System, rebuild: &mut Child) -> anyhow::Result<Option<ExitStatus>> {
    let started = Instant::now();
    while generations(system)?.len() < 2 {
        ensure!(started.elapsed() < PATIENCE, "a rebuild does not begin");
        if let Some(status) = rebuild.try_wait()? {
            return Ok(Some(status));
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(None)
}

/// What a rebuild takes here when nobody kills it, before it begins to fill a store and from then on.
async fn whole(system: &System) -> anyhow::Result<(Duration, Duration)> {
    let started = Instant::now();
    let mut rebuild = start_rebuild(system)?;
    let mut ended = begins(system, &mut rebuild).await?;
    let begun = Instant::now();
    if ended.is_none() {
        ended = wait(&mut rebuild, PATIENCE).await?;
    }
    let status = ended.context("a rebuild does not end")?;
    ensure!(status.success(), "a rebuild ended with {status}");
    Ok((begun - started, begun.elapsed()))
}

/// When a rebuild is killed.
#[derive(Debug, Clone, Copy)]
enum When {
    /// So long after it was started.
    Started(Duration),
    /// So long after it began to fill a store.
    Begun(Duration),
}

impl When {
    /// One kill of five is early; the others meet every part of the filling, and what comes after it.
    fn draw(rng: &mut StdRng, round: usize, (before, filling): (Duration, Duration)) -> Self {
        let part = rng.random_range(0.0..1.1);
        if round % 5 == 4 { Self::Started(before.mul_f64(part)) } else { Self::Begun(filling.mul_f64(part)) }
    }

    /// Waits for that; whether the rebuild has ended by then.
    async fn come(self, system: &System, rebuild: &mut Child) -> anyhow::Result<bool> {
        let after = match self {
            Self::Started(after) => after,
            Self::Begun(after) => {
                if begins(system, rebuild).await?.is_some() {
                    return Ok(true);
                }
                after
            }
        };
        Ok(wait(rebuild, after).await?.is_some())
    }
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
    let took = whole(&stopped.system).await?;
    ensure!(stopped.system.stop()?.success(), "{}", stopped.system.log_tail());
    let (mut met, mut asked) = (Met::default(), 0);
    while met.rounds() < rounds || met.half_built == 0 {
        ensure!(met.rounds() < TRIES * rounds, "no kill met a half-built store: {met:?}");
        let at = When::draw(&mut rng, met.rounds(), took);
        let when = format!("killed at {at:?}");
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
            let has_ended = at.come(&stopped.system, &mut rebuild).await;
            is_over.store(true, Ordering::Release);
            has_ended
        };
        let (read, has_ended) = tokio::join!(reading, waiting);
        read?;
        let has_ended = has_ended?;
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
    let took = whole(&stopped.system).await?;
    let mut met = Met::default();
    while met.rounds() < rounds || met.half_built == 0 {
        ensure!(met.rounds() < TRIES * rounds, "no kill met a half-built store: {met:?}");
        let at = When::draw(&mut rng, met.rounds(), took);
        let when = format!("killed at {at:?}");
        let mut rebuild = start_rebuild(&stopped.system)?;
        let has_ended = at.come(&stopped.system, &mut rebuild).await?;
        rebuild.kill().ok();
        rebuild.wait()?;
        met.count(has_ended, generations(&stopped.system)?.len());
        stopped.comes_back(&when).await?;
        is_tidy(&stopped, &when)?;
        if soak() {
            println!("{}: {when}", met.rounds());
        }
    }
    println!("{scenario}: {met:?}, no wrong answer");
    Ok(())
}
