//! The log on three nodes: the same scenarios as on one, and what happens when the node that leads is killed.
//!
//! Two systems share the log, so that writers of one annotation meet in the log and not before it.

use crate::concurrency::write_one_annotation;
use crate::pipeline::Scene;
use crate::retries::{lose_acknowledgements, lose_answers};
use crate::support::cluster::Cluster;
use crate::support::people::Person;
use crate::support::system::System;
use crate::support::{count, history};
use anyhow::{Context, ensure};
use event_log::verify::Options;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// Clients that record readings, and as many documents beside them.
const CLIENTS: usize = 8;
/// Before a write that was refused for a time is repeated.
const PAUSE: Duration = Duration::from_millis(50);

async fn two_systems(cluster: &Cluster) -> anyhow::Result<[System; 2]> {
    let log = cluster.settings();
    Ok([System::start_on(&log).await?, System::start_on(&log).await?])
}

/// Lost races that the systems were told of by the log.
async fn conflicts(systems: &[System]) -> anyhow::Result<u64> {
    let mut sum = 0;
    for system in systems {
        let metrics = reqwest::get(format!("{}/metrics", system.base())).await?.text().await?;
        let lines = metrics.lines().filter(|line| line.starts_with("gainsay_ingest_conflicts_total"));
        sum += lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum::<u64>();
    }
    Ok(sum)
}

/// Reads the whole log and proves it, texts included.
async fn prove(cluster: &Cluster) -> anyhow::Result<()> {
    let options = Options { texts: true, ..Options::default() };
    let report = cluster.log().await?.verify(&options, |_progress| ()).await?;
    ensure!(report.is_sound(), "{report:?}");
    println!("{} records proven, {:?} texts", report.records, report.texts.map(|texts| texts.named));
    Ok(())
}

/// Kills the leader of the log again and again, each time when another share of the work is done.
async fn kill_leaders(cluster: &mut Cluster, kills: usize, wanted: usize, done: &AtomicUsize) -> anyhow::Result<()> {
    for kill in 1..=kills {
        while done.load(Ordering::Relaxed) < wanted * kill / (kills + 1) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let (node, leaderless) = cluster.fail_over().await?;
        println!("kill {kill} of {kills}: {node}, another one led after {leaderless:.1?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_writers_of_one_annotation_lose_no_update_on_three_nodes() -> anyhow::Result<()> {
    let cluster = Cluster::start().await?;
    let systems = two_systems(&cluster).await?;
    write_one_annotation(&systems, count(100, 5_000), &AtomicUsize::new(0)).await?;
    let conflicts = conflicts(&systems).await?;
    ensure!(conflicts > 0, "no race was decided by the log");
    println!("races lost in the log: {conflicts}");
    prove(&cluster).await
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_of_one_annotation_lose_no_update_while_leaders_are_killed() -> anyhow::Result<()> {
    let (kills, wanted) = (count(1, 5), count(100, 5_000));
    let mut cluster = Cluster::start().await?;
    let systems = two_systems(&cluster).await?;
    let acknowledged = AtomicUsize::new(0);
    futures::future::try_join(
        write_one_annotation(&systems, wanted, &acknowledged),
        kill_leaders(&mut cluster, kills, wanted, &acknowledged),
    )
    .await?;
    prove(&cluster).await
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_lost_between_client_and_ingest_do_not_double_a_command_on_three_nodes() -> anyhow::Result<()> {
    let cluster = Cluster::start().await?;
    lose_answers(&System::start_on(&cluster.settings()).await?).await?;
    prove(&cluster).await
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledgements_lost_between_ingest_and_three_nodes_do_not_double_a_command() -> anyhow::Result<()> {
    let cluster = Cluster::start().await?;
    lose_acknowledgements(&cluster.settings()).await?;
    prove(&cluster).await
}

/// Creates until told to stop, with a new key for each and the same key for its retries. What is acknowledged is counted
/// and returned with its position.
async fn create(
    person: Person,
    path: String,
    body: impl Fn(usize) -> Value,
    stop: &AtomicBool,
    acknowledged: &AtomicUsize,
) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut own = BTreeMap::new();
    while !stop.load(Ordering::Relaxed) {
        let (key, body) = (Uuid::new_v4(), body(own.len()));
        let answer = loop {
            let answer = person.post_as(key, &path, &body).await?;
            if answer.status.as_u16() != 503 {
                break answer.expect(201)?;
            }
            ensure!(answer.header("retry-after").is_some(), "{}", answer.text);
            tokio::time::sleep(PAUSE).await;
        };
        acknowledged.fetch_add(1, Ordering::Relaxed);
        own.insert(answer.id(), answer.sequence());
    }
    Ok(own)
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_are_stored_with_their_spans_or_not_at_all_while_leaders_are_killed() -> anyhow::Result<()> {
    let (kills, wanted) = (count(1, 5), count(100, 2_500));
    let mut cluster = Cluster::start().await?;
    let systems = two_systems(&cluster).await?;
    let scene = Scene::set(&systems[0], 1).await?;
    let project = &scene.project;
    let mut reading = scene.accusation();
    let second = scene.denial()["evidence"][0].clone();
    reading["evidence"].as_array_mut().context("evidence")?.push(second);

    let (stop, acknowledged) = (AtomicBool::new(false), AtomicUsize::new(0));
    let at = |client: usize| &systems[client % systems.len()];
    let readings = futures::future::try_join_all((0..CLIENTS).map(|client| {
        let person = project.annotators[0].moved(at(client).base());
        create(person, project.path("readings"), |_n| reading.clone(), &stop, &acknowledged)
    }));
    let documents = futures::future::try_join_all((0..2).map(|client| {
        let person = project.curator.moved(at(client).base());
        let source = scene.source.clone();
        let document = move |n| {
            let text = format!("Client {client} sent page {n}. ").repeat(10_000);
            json!({"title": format!("Page {n}"), "source": source, "text": text})
        };
        create(person, project.path("documents"), document, &stop, &acknowledged)
    }));
    let killing = async {
        kill_leaders(&mut cluster, kills, wanted, &acknowledged).await?;
        while acknowledged.load(Ordering::Relaxed) < wanted {
            tokio::time::sleep(PAUSE).await;
        }
        stop.store(true, Ordering::Relaxed);
        anyhow::Ok(())
    };
    let (readings, documents, ()) = futures::future::try_join3(readings, documents, killing).await?;
    let readings: BTreeMap<String, u64> = readings.into_iter().flatten().collect();
    let documents: BTreeMap<String, u64> = documents.into_iter().flatten().collect();

    let last = readings.values().chain(documents.values()).max().copied().unwrap_or_default();
    for system in &systems {
        let records = history::records_until(project, system.base(), last).await?;
        history::check(&records)?;
        let positions = |kind: &str, without: &str| -> BTreeMap<String, u64> {
            let of_kind = records.iter().filter(|record| record["kind"] == kind && record["id"] != without);
            of_kind
                .map(|record| {
                    (record["id"].as_str().unwrap_or_default().to_owned(), record["position"].as_u64().unwrap_or(0))
                })
                .collect()
        };
        assert_eq!(positions("reading", ""), readings, "the log holds the acknowledged readings and no others");
        assert_eq!(positions("document", &scene.document), documents, "and the acknowledged documents");
        // Two spans go before each reading.
        assert_eq!(positions("annotation", "").len(), 2 * readings.len(), "no span stands without its reading");
        for position in readings.values() {
            let batch: Vec<_> = records
                .iter()
                .filter(|record| record["position"].as_u64().is_some_and(|at| (position - 2..=*position).contains(&at)))
                .map(|record| record["batch"].clone())
                .collect();
            ensure!(
                batch.len() == 3
                    && (0..)
                        .zip(&batch)
                        .all(|(index, of)| { of["id"] == batch[0]["id"] && of["index"] == index && of["count"] == 3 }),
                "the reading at {position} is no whole batch: {batch:?}"
            );
        }
    }
    println!(
        "{kills} kills of leaders: {} readings with two spans each, {} documents acknowledged, none lost, none doubled",
        readings.len(),
        documents.len()
    );
    prove(&cluster).await
}
