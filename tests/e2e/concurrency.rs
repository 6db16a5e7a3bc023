//! Many writers on one annotation: nobody's update is lost, and who comes late is told.

use crate::pipeline::Scene;
use crate::support::people::{Answer, Person, quote};
use crate::support::system::System;
use crate::support::{count, history};
use anyhow::ensure;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Clients that write at the same time.
const CLIENTS: usize = 64;
/// Before a write that was refused for a time is repeated.
const PAUSE: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_writers_of_one_annotation_lose_no_update() -> anyhow::Result<()> {
    let system = System::start().await?;
    write_one_annotation(&[system], count(200, 5_000), &AtomicUsize::new(0)).await
}

/// Writes one annotation through these systems, which share a log, until so many writes are acknowledged; `acknowledged`
/// counts them. What is refused for a time is repeated with the same key until its outcome is known.
pub async fn write_one_annotation(systems: &[System], wanted: usize, acknowledged: &AtomicUsize) -> anyhow::Result<()> {
    let scene = Scene::set(&systems[0], 1).await?;
    let annotator = &scene.project.annotators[0];
    let text = "Rockets fell on the air base";
    let mut mark = quote(&scene.document, text, text, "content");
    mark["note"] = json!("start");
    let made = annotator.post(&scene.project.path("annotations"), &mark).await?.expect(201)?;
    let path = scene.project.path(&format!("annotations/{}", made.id()));

    let (refused, delayed) = (AtomicU64::new(0), AtomicU64::new(0));
    let begun = Instant::now();
    let writers = (0..CLIENTS).zip(systems.iter().cycle()).map(|(client, system)| {
        let annotator = annotator.moved(system.base());
        let (path, refused, delayed) = (&path, &refused, &delayed);
        async move {
            let mut own = Vec::new();
            let mut revision = 1;
            let mut key = Uuid::new_v4();
            let mut open = false;
            while open || acknowledged.load(Ordering::Relaxed) < wanted {
                let note = format!("{client}/{key}");
                let answer = patch_as(&annotator, key, path, revision, &json!({"note": note})).await?;
                open = answer.status.as_u16() == 503;
                match answer.status.as_u16() {
                    200 => {
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                        let made = answer.json()["revision"].as_u64().unwrap_or_default();
                        ensure!(made == revision + 1, "written over revision {revision}, got {made}");
                        own.push((made, answer.sequence(), note));
                        revision = made;
                    }
                    412 => {
                        refused.fetch_add(1, Ordering::Relaxed);
                        ensure!(answer.code() == "revision_conflict", "{}", answer.text);
                        let current = answer.json()["revision"].as_u64().unwrap_or_default();
                        ensure!(current > revision, "the current revision {current} is newer than {revision}");
                        revision = current;
                    }
                    503 => {
                        delayed.fetch_add(1, Ordering::Relaxed);
                        ensure!(answer.header("retry-after").is_some(), "{}", answer.text);
                        tokio::time::sleep(PAUSE).await;
                    }
                    _ => anyhow::bail!("{}: {}", answer.status, answer.text),
                }
                if !open {
                    key = Uuid::new_v4();
                }
            }
            Ok(own)
        }
    });
    let mut written = BTreeMap::new();
    for writer in futures::future::join_all(writers).await {
        for (revision, sequence, note) in writer? {
            ensure!(written.insert(revision, (sequence, note)).is_none(), "revision {revision} was acknowledged twice");
        }
    }
    let seconds = begun.elapsed().as_secs_f64();

    let last = written.values().map(|(sequence, _)| *sequence).max().unwrap_or_default();
    for system in systems {
        let records = history::records_until(&scene.project, system.base(), last).await?;
        history::check(&records)?;
        let stored: BTreeMap<u64, (u64, String)> = records
            .iter()
            .filter(|record| record["id"] == made.id() && record["revision"] != 1)
            .map(|record| {
                let note = record["events"][0]["note"].as_str().unwrap_or_default().to_owned();
                let number = |field: &str| record[field].as_u64().unwrap_or_default();
                (number("revision"), (number("position"), note))
            })
            .collect();
        assert_eq!(stored, written, "the log holds the acknowledged writes, each once, and no others");
    }
    println!(
        "{CLIENTS} clients, closed loop, one annotation: {} acknowledged, {} refused with 412, {} with 503, \
         {seconds:.1} s, {:.0} writes/s",
        written.len(),
        refused.into_inner(),
        delayed.into_inner(),
        f64::from(u32::try_from(written.len())?) / seconds
    );
    Ok(())
}

/// Patches against a revision, under an idempotency key.
async fn patch_as(person: &Person, key: Uuid, path: &str, revision: u64, body: &Value) -> anyhow::Result<Answer> {
    let (key, revision) = (key.to_string(), format!("\"{revision}\""));
    let headers = [("idempotency-key", key.as_str()), ("if-match", revision.as_str())];
    person.ask(Method::PATCH, path, &headers, Some(body.to_string())).await
}
