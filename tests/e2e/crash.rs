//! `kill -9` of everything under load, with immediate restarts.

use crate::pipeline::Scene;
use crate::support::load::{Addresses, Load};
use crate::support::people::{Person, Project};
use crate::support::system::System;
use crate::support::{count, history, seeded};
use anyhow::ensure;
use rand::RngExt;
use std::time::Duration;

fn addresses(system: &System) -> Addresses {
    let here = vec![system.base().to_owned()];
    Addresses { writes: here.clone(), reads: here }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_and_restarted_serve_loses_and_doubles_nothing() -> anyhow::Result<()> {
    let kills = count(3, 20);
    let mut rng = seeded("kill -9 of serve");
    let mut system = System::start().await?;
    let scene = Scene::set(&system, 1).await?;
    let load = Load::start(&scene, addresses(&system));
    for kill in 0..kills {
        tokio::time::sleep(Duration::from_millis(rng.random_range(200..900))).await;
        system.kill()?;
        system.spawn()?;
        // From here on there is never a second server on the folder.
        let watching = tokio::time::sleep(Duration::from_millis(400));
        tokio::pin!(watching);
        loop {
            let servers = system.nats_servers();
            ensure!(servers.len() <= 1, "kill {kill}: two nats-servers on one folder: {servers:?}");
            tokio::select! {
                () = &mut watching => break,
                () = tokio::time::sleep(Duration::from_millis(5)) => {}
            }
        }
        system.ready().await?;
        load.moved(addresses(&system));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let outcome = load.stop().await?;

    let operator = Person::at(system.base(), Some(system.operator()?));
    let records = outcome.check(&Project { operator, ..scene.project }, system.base()).await?;
    println!("{kills} kills, {outcome}, {} records, none lost, none doubled", records.len());
    system.is_sound(history::last(&records))
}
