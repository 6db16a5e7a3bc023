//! The power fails under load: what was acknowledged is there when the machine has started again, and nobody has to do
//! anything.
//!
//! All programs are stopped in the middle of what they do, since none of them acknowledges anything without power. The file
//! system is cut off from its device, without a flush of its journal, an image is taken of the device, and the image is
//! mounted as after a crash. What is not modelled is a device that loses what it was told to flush.

use crate::pipeline::Scene;
use crate::support::load::{Addresses, Load, Outcome};
use crate::support::people::{Person, Project};
use crate::support::services::{Services, Shape};
use crate::support::system::System;
use crate::support::volume::Volume;
use crate::support::{count, history, seeded};
use anyhow::ensure;
use event_log::EventLog;
use rand::RngExt;
use std::fs;
use std::path::Path;
use std::time::Duration;

const BYTES: u64 = 512 << 20;

/// Cuts the power of a volume on which nothing moves any more, and gives it again with an image of what was on its device.
///
/// `off` ends everything that runs on it.
fn fail(volume: Volume, folder: &Path, name: &str, off: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Volume> {
    let image = folder.join(format!("{name}-after.img"));
    volume.cut()?;
    volume.image(&image)?;
    off()?;
    drop(volume);
    let current = folder.join(format!("{name}.img"));
    fs::rename(image, &current)?;
    Volume::mount(folder, name, current)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_record_is_lost_with_the_power() -> anyhow::Result<()> {
    let images = count(2, 50);
    let mut rng = seeded("power loss");
    let mut system = System::prepare(&[])?;
    let folder = system.folder().to_owned();
    let mut volume = Volume::make(&folder, "data", BYTES)?;
    system.launch().await?;
    let here = |system: &System| {
        let here = vec![system.base().to_owned()];
        Addresses { writes: here.clone(), reads: here }
    };
    let scene = Scene::set(&system, 1).await?;
    let load = Load::start(&scene, here(&system));
    for _ in 0..images {
        tokio::time::sleep(Duration::from_millis(rng.random_range(300..1_500))).await;
        system.freeze()?;
        volume = fail(volume, &folder, "data", || system.power_off())?;
        system.launch().await?;
        load.moved(here(&system));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let outcome = load.stop().await?;

    let operator = Person::at(system.base(), Some(system.operator()?));
    let records = outcome.check(&Project { operator, ..scene.project }, system.base()).await?;
    println!("{images} images after power loss; {outcome}; {} records, none lost, none doubled", records.len());
    system.is_sound(history::last(&records))?;
    drop((system, volume));
    Ok(())
}

/// Lets the power of the nats-server's volume fail once, whether or not the server has written through what it
/// acknowledged. Gives what was acknowledged, and the last position of the log after its return.
async fn log_after_power_loss(is_early: bool) -> anyhow::Result<(Outcome, u64)> {
    let mut rng = seeded("power loss of the nats-server");
    let mut services = Services::prepare(Shape { ingests: 1, projectors: 1, queries: 1 }).await?;
    let folder = services.folder().to_owned();
    let volume = Volume::make(&folder, "nats-data", BYTES)?;
    services.launch().await?;
    let scene = Scene::set_in(Project::make_by(&services.operator(0, 0)?, 1).await?).await?;
    // Only then: a stream that was created and not written through is lost as a whole.
    services.stop().await?;
    if is_early {
        services.acknowledge_early()?;
    }
    services.launch().await?;
    let load = Load::start(&scene, services.addresses());
    tokio::time::sleep(Duration::from_millis(rng.random_range(1_000..2_000))).await;
    services.nats.freeze()?;
    let volume = fail(volume, &folder, "nats-data", || services.nats.kill())?;
    let outcome = load.stop().await?;
    services.nats.launch().await?;
    let last = EventLog::connect(&services.log_settings()).await?.head().await?.last;
    println!("acknowledged up to {}; the log ends at {last}; {outcome}", outcome.last());
    services.nats.kill()?;
    drop(volume);
    Ok((outcome, last))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_acknowledges_early_is_seen_to_lose_records_with_the_power() -> anyhow::Result<()> {
    let (outcome, last) = log_after_power_loss(true).await?;
    ensure!(last < outcome.last(), "nothing was lost: the log ends at {last}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_writes_through_keeps_every_record() -> anyhow::Result<()> {
    let (outcome, last) = log_after_power_loss(false).await?;
    ensure!(last >= outcome.last(), "acknowledged up to {}, the log ends at {last}", outcome.last());
    Ok(())
}
