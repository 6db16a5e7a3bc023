//! Many writers on one annotation: nobody's update is lost, and who comes late is told.

use crate::pipeline::Scene;
use crate::support::people::quote;
use crate::support::system::System;
use crate::support::{count, history};
use anyhow::ensure;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

/// Clients that write at the same time.
const CLIENTS: usize = 64;

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_writers_of_one_annotation_lose_no_update() -> anyhow::Result<()> {
    let wanted = count(200, 5_000);
    let system = System::start().await?;
    let scene = Scene::set(&system, 1).await?;
    let annotator = scene.project.annotators[0].clone();
    let text = "Rockets fell on the air base";
    let mut mark = quote(&scene.document, text, text, "content");
    mark["note"] = json!("start");
    let made = annotator.post(&scene.project.path("annotations"), &mark).await?.expect(201)?;
    let path = Arc::new(scene.project.path(&format!("annotations/{}", made.id())));

    let acknowledged = Arc::new(AtomicUsize::new(0));
    let refused = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let writers = (0..CLIENTS).map(|client| {
        let (annotator, path, acknowledged, refused) =
            (annotator.clone(), Arc::clone(&path), Arc::clone(&acknowledged), Arc::clone(&refused));
        tokio::spawn(async move {
            let mut own = Vec::new();
            let mut revision = 1;
            while acknowledged.load(Ordering::Relaxed) < wanted {
                let note = format!("{client}/{}", own.len());
                let answer = annotator.patch(&path, revision, &json!({"note": note})).await?;
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
                    503 => {}
                    _ => anyhow::bail!("{}: {}", answer.status, answer.text),
                }
            }
            Ok(own)
        })
    });
    let mut written = BTreeMap::new();
    for writer in futures::future::join_all(writers).await {
        for (revision, sequence, note) in writer?? {
            ensure!(written.insert(revision, (sequence, note)).is_none(), "revision {revision} was acknowledged twice");
        }
    }
    let seconds = begun.elapsed().as_secs_f64();

    let records = history::records(&scene.project).await?;
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
    println!(
        "{CLIENTS} clients, closed loop, one annotation: {} acknowledged, {} refused with 412, {seconds:.1} s, {:.0} writes/s",
        written.len(),
        refused.load(Ordering::Relaxed),
        f64::from(u32::try_from(written.len())?) / seconds
    );
    Ok(())
}
