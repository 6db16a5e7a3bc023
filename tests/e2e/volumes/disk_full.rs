//! The disk of each part is full, and has space again: nothing is acknowledged that is not stored, what cannot be done is
//! refused with 503 or 507, and all is well again by itself.

use crate::pipeline::Scene;
use crate::support::load::{Addresses, Load};
use crate::support::people::{Person, Project};
use crate::support::services::{Services, Shape};
use crate::support::system::System;
use crate::support::volume::Volume;
use crate::support::{count, history, seeded, soak};
use anyhow::{Context, ensure};
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::json;
use std::fs;
use std::time::{Duration, Instant};
use uuid::Uuid;

const ONE_OF_EACH: Shape = Shape { ingests: 1, projectors: 1, queries: 1 };
/// Within this time after there is space again, everything works.
const RECOVERED_WITHIN: Duration = Duration::from_secs(10);
/// How long anything else may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(50);
/// For how long a disk stays full.
const FULL_FOR: Duration = Duration::from_secs(3);
/// Left for the load to take, where the disk is not filled all at once.
const LEFT_BYTES: usize = 400_000;

fn times() -> usize {
    count(1, 10)
}

/// Enough for what the clients write meanwhile.
fn volume_bytes() -> u64 {
    count(128, 2048) as u64 * 1024 * 1024
}

/// Who shows that all works, and how long that took.
struct Witness {
    scene: Scene,
    at: Addresses,
    recoveries: Vec<Duration>,
    refusals: Vec<String>,
}

impl Witness {
    fn new(scene: Scene, at: Addresses) -> Self {
        Self { scene, at, recoveries: Vec::new(), refusals: Vec::new() }
    }

    fn person(&self) -> Person {
        self.scene.project.annotators[0].moved(&self.at.writes[0]).reading_at(&self.at.reads[0])
    }

    /// One command: its position, or the code with which it was refused for now.
    async fn write(&self, key: Uuid) -> anyhow::Result<Result<u64, String>> {
        let body = json!({"name": format!("Witness {key}"), "kind": "organisation"});
        let answer = self.person().post_as(key, &self.scene.project.path("actors"), &body).await?;
        match answer.status.as_u16() {
            200 | 201 => Ok(Ok(answer.sequence())),
            status @ (503 | 507) => {
                ensure!(answer.header("retry-after").is_some(), "{status} without Retry-After: {}", answer.text);
                Ok(Err(format!("{status} {}", answer.code())))
            }
            status => anyhow::bail!("{status}: {}", answer.text),
        }
    }

    /// Writes with one key until that is acknowledged, and reads until that is seen.
    async fn is_well(&self) -> anyhow::Result<()> {
        let (key, begun) = (Uuid::new_v4(), Instant::now());
        let position = loop {
            match self.write(key).await? {
                Ok(position) => break position,
                Err(refusal) => ensure!(begun.elapsed() < PATIENCE, "still refused: {refusal}"),
            }
            tokio::time::sleep(POLL).await;
        };
        let path = self.scene.project.path(&format!("actors?at_least={position}&wait_ms=1000"));
        loop {
            let answer = self.person().get(&path).await?;
            match answer.status.as_u16() {
                200 => return Ok(()),
                503 => ensure!(answer.header("retry-after").is_some(), "503 without Retry-After: {}", answer.text),
                status => anyhow::bail!("{status}: {}", answer.text),
            }
            ensure!(begun.elapsed() < PATIENCE, "still refused: {}", answer.text);
            tokio::time::sleep(POLL).await;
        }
    }

    /// Fills a disk, at once or with a little left for the load, waits a while, frees it, and waits until all works.
    async fn fill_and_free(&mut self, volume: &Volume, round: usize, rng: &mut StdRng) -> anyhow::Result<()> {
        tokio::time::sleep(Duration::from_millis(rng.random_range(200..900))).await;
        let left = volume.path().join("left");
        if round % 2 == 1 {
            fs::write(&left, vec![0; LEFT_BYTES])?;
        }
        volume.fill()?;
        if round % 2 == 1 {
            fs::remove_file(&left)?;
        }
        let full = Instant::now();
        while full.elapsed() < FULL_FOR {
            if let Err(refusal) = self.write(Uuid::new_v4()).await? {
                self.refusals.push(refusal);
            }
            tokio::time::sleep(POLL).await;
        }
        volume.free()?;
        let freed = Instant::now();
        self.is_well().await?;
        let took = freed.elapsed();
        ensure!(!soak() || took <= RECOVERED_WITHIN, "round {round}: {took:?} until all was well again");
        self.recoveries.push(took);
        Ok(())
    }

    /// Says how it was, and which refusals there were.
    fn tell(&mut self, what: &str) {
        self.recoveries.sort_unstable();
        let slowest = self.recoveries.last().copied().unwrap_or_default();
        let refused = self.refusals.len();
        self.refusals.sort_unstable();
        self.refusals.dedup();
        println!(
            "{what}: full {} times, well again after {slowest:.1?} at most; {refused} refusals: {:?}",
            self.recoveries.len(),
            self.refusals
        );
    }
}

/// What a service wrote that is more than that a request was answered.
fn troubles(log: &str) -> String {
    let is_telling = |line: &&str| !["request answered", "record appended"].iter().any(|usual| line.contains(usual));
    let lines: Vec<_> = log.lines().filter(is_telling).rev().take(40).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

/// Fills the disk of a folder of the services again and again, under load.
async fn fill_of_services(folder: &str, is_log: bool) -> anyhow::Result<()> {
    let mut rng = seeded(&format!("the disk of {folder} is full"));
    let mut services = Services::prepare(ONE_OF_EACH).await?;
    services.deploy_nats();
    let volume = Volume::make(services.folder(), folder, volume_bytes())?;
    services.nats.launch().await?;
    for process in services.all() {
        process.spawn()?;
    }
    for process in services.all() {
        process.ready().await?;
    }
    let ids = |services: &mut Services| {
        let nats = services.nats.id();
        services.all().map(|process| process.id()).chain([nats]).collect::<Vec<_>>()
    };
    let before = ids(&mut services);
    let scene = Scene::set_in(Project::make_by(&services.operator(0, 0)?, 1).await?).await?;
    let load = Load::start(&scene, services.addresses());
    let mut witness = Witness::new(scene, services.addresses());
    for round in 0..times() {
        witness.fill_and_free(&volume, round, &mut rng).await.with_context(|| {
            format!("nats: {}\nprojector: {}", services.nats.log_tail(), troubles(&services.projectors[0].log()))
        })?;
    }
    let outcome = load.stop().await?;
    witness.is_well().await?;
    ensure!(ids(&mut services) == before, "a process was started anew");
    ensure!(is_log != witness.refusals.is_empty(), "refusals: {:?}", witness.refusals);
    for process in services.all() {
        process.ready().await?;
    }
    let records = outcome.check(&witness.scene.project, &witness.at.reads[0]).await?;
    witness.tell(folder);
    println!("{outcome}");
    services.are_sound(history::last(&records)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_the_log_loses_nothing_and_writes_go_on_when_there_is_space() -> anyhow::Result<()> {
    fill_of_services("nats-data", true).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_the_views_harms_neither_writes_nor_answers() -> anyhow::Result<()> {
    fill_of_services("projector-0-data", false).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_ingest_is_not_noticed() -> anyhow::Result<()> {
    fill_of_services("ingest-data", false).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_query_is_not_noticed() -> anyhow::Result<()> {
    fill_of_services("query-0-data", false).await
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_goes_on_when_its_one_disk_has_space_again() -> anyhow::Result<()> {
    let mut rng = seeded("the disk of serve is full");
    let mut system = System::prepare(&[])?;
    let volume = Volume::make(system.folder(), "data", volume_bytes())?;
    system.launch().await?;
    let here = vec![system.base().to_owned()];
    let addresses = Addresses { writes: here.clone(), reads: here };
    let scene = Scene::set(&system, 1).await?;
    let load = Load::start(&scene, addresses.clone());
    let mut witness = Witness::new(scene, addresses);
    for round in 0..times() {
        witness.fill_and_free(&volume, round, &mut rng).await.with_context(|| troubles(&system.log()))?;
    }
    let outcome = load.stop().await?;
    witness.is_well().await?;
    ensure!(!witness.refusals.is_empty(), "nothing was refused");
    ensure!(!system.log().contains("nats-server stays ended"), "{}", system.log_tail());
    system.ready().await?;
    let records = outcome.check(&witness.scene.project, &witness.at.reads[0]).await?;
    witness.tell("the one disk of serve");
    println!("{outcome}");
    system.is_sound(history::last(&records))
}
