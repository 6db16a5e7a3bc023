//! `kill -9` of everything under load, with immediate restarts.

use crate::support::people::{Person, Project};
use crate::support::system::System;
use crate::support::{count, history, seeded};
use anyhow::ensure;
use rand::RngExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// Clients that write all the time.
const CLIENTS: usize = 8;

/// An acknowledged creation: what was made, and where it stands in the log.
type Acknowledged = BTreeMap<String, u64>;

/// Writes until told to stop, with a new key for each command and the same key for its retries.
async fn write(
    person: Person,
    path: String,
    base: watch::Receiver<String>,
    stop: Arc<AtomicBool>,
    client: usize,
) -> anyhow::Result<Acknowledged> {
    let mut own = Acknowledged::new();
    let mut n = 0;
    while !stop.load(Ordering::Relaxed) {
        let key = Uuid::new_v4();
        let body = json!({"name": format!("Brigade {client}/{n}"), "kind": "organisation"});
        n += 1;
        loop {
            let here = person.moved(&base.borrow().clone());
            match here.post_as(key, &path, &body).await {
                Ok(answer) if answer.status.as_u16() == 201 => {
                    own.insert(answer.id(), answer.sequence());
                    break;
                }
                Ok(answer) if answer.status.as_u16() == 503 || answer.status.as_u16() == 500 => {
                    ensure!(answer.status.as_u16() == 503, "{}", answer.text);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Ok(answer) => anyhow::bail!("{}: {}", answer.status, answer.text),
                Err(_down) if stop.load(Ordering::Relaxed) => return Ok(own),
                Err(_down) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }
    Ok(own)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_and_restarted_serve_loses_and_doubles_nothing() -> anyhow::Result<()> {
    let kills = count(3, 20);
    let mut rng = seeded("kill -9 of serve");
    let mut system = System::start().await?;
    let project = Project::make(&system, 1).await?;
    let (base, moved) = watch::channel(system.base().to_owned());
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..CLIENTS)
        .map(|client| {
            tokio::spawn(write(
                project.annotators[0].clone(),
                project.path("actors"),
                moved.clone(),
                Arc::clone(&stop),
                client,
            ))
        })
        .collect();
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
        base.send_replace(system.base().to_owned());
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop.store(true, Ordering::Relaxed);
    let mut acknowledged = Acknowledged::new();
    for writer in writers {
        acknowledged.extend(writer.await??);
    }

    let operator = Person::at(system.base(), Some(system.operator()?));
    let project = Project { operator, ..project };
    let records = history::records(&project).await?;
    history::check(&records)?;
    let mut stored: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for record in &records {
        stored
            .entry(record["id"].as_str().unwrap_or_default())
            .or_default()
            .push(record["position"].as_u64().unwrap_or_default());
    }
    for (id, position) in &acknowledged {
        ensure!(
            stored.get(id.as_str()) == Some(&vec![*position]),
            "{id}: acknowledged at {position}, stored {:?}",
            stored.get(id.as_str())
        );
    }
    let names: Vec<&Value> = records
        .iter()
        .filter_map(|r| r["events"].as_array())
        .flatten()
        .filter(|e| e["type"] == "ActorNameAsserted")
        .map(|e| &e["name"])
        .collect();
    let distinct: std::collections::BTreeSet<_> = names.iter().map(ToString::to_string).collect();
    ensure!(distinct.len() == names.len(), "a command had two effects");
    println!(
        "{kills} kills, {CLIENTS} clients: {} acknowledged, {} records, none lost, none doubled",
        acknowledged.len(),
        records.len()
    );

    let at = records.last().and_then(|record| record["position"].as_u64()).unwrap_or_default().to_string();
    ensure!(system.stop()?.success(), "{}", system.log_tail());
    let dump = |system: &System| system.run(&["projector", "dump", "--at", &at]);
    let live = dump(&system)?;
    ensure!(live.code == 0 && live.stdout.lines().count() > records.len(), "{}", live.stderr);
    let rebuilt = system.run(&["projector", "rebuild"])?;
    ensure!(rebuilt.code == 0, "{}", rebuilt.stderr);
    let after = dump(&system)?;
    ensure!(live.stdout == after.stdout, "the dump differs from that of a rebuild from zero");
    let verified = system.run(&["verify", "--texts"])?;
    ensure!(verified.code == 0, "{}{}", verified.stdout, verified.stderr);
    Ok(())
}
