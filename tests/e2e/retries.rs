//! Commands sent again: one effect each, whatever was lost on the way back.

use crate::support::people::{Answer, Person, Project, quote};
use crate::support::proxy::Proxy;
use crate::support::system::System;
use crate::support::{count, duplicate_window, history, seeded};
use anyhow::ensure;
use event_log::testing::TestServer;
use event_log::{EventLog, Settings};
use rand::RngExt;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

const TEXT: &str = "Rockets fell on the air base before dawn, and a brigade was named.";

/// How long to wait before a command is sent once more: until the server's deduplication has forgotten what it saw. No
/// message ids are sent, so that it has nothing to notice all the same.
fn later() -> Duration {
    duplicate_window() + Duration::from_secs(1)
}

/// One command: where it goes, and under which key.
struct Command {
    key: Uuid,
    path: String,
    body: Value,
}

fn commands(project: &Project, document: &str, count: usize) -> Vec<Command> {
    (0..count)
        .map(|n| {
            let (path, body) = match n % 3 {
                0 => ("annotations", quote(document, TEXT, "Rockets fell", "content")),
                1 => ("actors", json!({"name": format!("Brigade {n}"), "kind": "organisation"})),
                _ => ("incidents", json!({"title": format!("Attack {n}"), "when": "2021-05~"})),
            };
            Command { key: Uuid::new_v4(), path: project.path(path), body }
        })
        .collect()
}

/// Sends until there is an answer; a lost one is asked for again.
async fn send(person: &Person, command: &Command) -> anyhow::Result<Answer> {
    for _ in 0..50 {
        match person.post_as(command.key, &command.path, &command.body).await {
            Ok(answer) if answer.status.as_u16() == 201 => return Ok(answer),
            Ok(answer) if answer.status.as_u16() == 503 => tokio::time::sleep(Duration::from_millis(20)).await,
            Ok(answer) => anyhow::bail!("{}: {}", answer.status, answer.text),
            Err(_lost) => {}
        }
    }
    anyhow::bail!("no answer in 50 attempts to {}", command.path)
}

/// Sends every command three times over lossy ways, and once more later, and checks one effect each.
async fn each_has_one_effect(system: &System, project: &Project, lossy: &Person, document: &str) -> anyhow::Result<()> {
    let commands = commands(project, document, count(90, 1_000));
    let mut ids: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
    let mut last = 0;
    for round in 0..4 {
        if round == 3 {
            tokio::time::sleep(later()).await;
        }
        let answers = futures::future::join_all(commands.iter().map(|command| send(lossy, command)));
        for (command, answer) in commands.iter().zip(answers.await) {
            let answer = answer?;
            let replayed = answer.header("gainsay-replayed") == Some("true");
            ensure!(round == 0 || replayed, "round {round}: {} was not recognised", command.path);
            ids.entry(command.key).or_default().insert(answer.id());
            last = last.max(answer.sequence());
        }
    }
    ensure!(ids.values().all(|ids| ids.len() == 1), "a command answered with two ids");
    let records = history::records_until(project, system.base(), last).await?;
    history::check(&records)?;
    // Nothing else made records of these kinds.
    let kinds = ["annotation", "actor", "incident"];
    let made = records.iter().filter(|record| kinds.iter().any(|kind| record["kind"] == *kind)).count();
    ensure!(made == commands.len(), "{} commands made {made} records", commands.len());
    let other = lossy.post_as(commands[1].key, &commands[1].path, &json!({"name": "Another", "kind": "person"})).await;
    if let Ok(other) = other {
        ensure!(other.status.as_u16() == 422 && other.code() == "command_id_reused", "{}", other.text);
    }
    println!("{} commands, each sent 4 times and more: one effect each", commands.len());
    Ok(())
}

async fn scene(system: &System) -> anyhow::Result<(Project, String)> {
    let project = Project::make(system, 1).await?;
    let source = project.create("sources", &json!({"name": "River Wire", "kind": "agency"})).await?;
    let document = project.create("documents", &json!({"title": "Rockets", "source": source, "text": TEXT})).await?;
    Ok((project, document))
}

/// Loses answers between clients and ingest.
pub async fn lose_answers(system: &System) -> anyhow::Result<()> {
    let mut rng = seeded("answers lost on HTTP");
    let (project, document) = scene(system).await?;
    let target = system.base().trim_start_matches("http://").to_owned();
    let proxy = Proxy::cutting_answers(target, 5, rng.random()).await?;
    let lossy = project.annotators[0].moved(&format!("http://{}", proxy.address));
    each_has_one_effect(system, &project, &lossy, &document).await?;
    ensure!(proxy.lost() > 0, "the proxy lost nothing");
    println!("answers lost: {}", proxy.lost());
    Ok(())
}

/// Loses acknowledgements between ingest and the log, which one server holds or several.
pub async fn lose_acknowledgements(log: &Settings) -> anyhow::Result<()> {
    let mut rng = seeded("acknowledgements lost on NATS");
    // Makes the stream, which keeps the window.
    let log = &Settings { duplicate_window: duplicate_window(), ..log.clone() };
    EventLog::connect(log).await?;
    let one_in = 40;
    let (mut proxies, mut servers) = (Vec::new(), Vec::new());
    for server in log.servers.split(',') {
        let target = server.trim_start_matches("nats://").to_owned();
        let proxy = Proxy::dropping_acks(target, "GAINSAY_EV_", one_in, rng.random()).await?;
        servers.push(format!("nats://{}", proxy.address));
        proxies.push(proxy);
    }
    let system = System::start_on(&Settings { servers: servers.join(","), ..log.clone() }).await?;
    let (project, document) = scene(&system).await?;
    each_has_one_effect(&system, &project, &project.annotators[0], &document).await?;
    let lost: u64 = proxies.iter().map(Proxy::lost).sum();
    ensure!(lost > 0, "the proxies lost nothing");
    println!("acknowledgements lost: {lost}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_lost_between_client_and_ingest_do_not_double_a_command() -> anyhow::Result<()> {
    lose_answers(&System::start().await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledgements_lost_between_ingest_and_the_log_do_not_double_a_command() -> anyhow::Result<()> {
    let nats = TestServer::start().await;
    lose_acknowledgements(&nats.settings()).await
}
