//! Commands sent again: one effect each, whatever was lost on the way back.

use crate::support::people::{Person, Project, quote};
use crate::support::proxy::Proxy;
use crate::support::system::System;
use crate::support::{count, history, seeded, soak};
use anyhow::ensure;
use event_log::testing::TestServer;
use rand::RngExt;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

const TEXT: &str = "Rockets fell on the air base before dawn, and a brigade was named.";

/// How long to wait before a command is sent once more. No message ids are sent, so that the server's deduplication has
/// nothing to notice; the acceptance waits for the end of its window of two minutes all the same.
fn later() -> Duration {
    if soak() { Duration::from_secs(121) } else { Duration::from_secs(1) }
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
async fn send(person: &Person, command: &Command) -> anyhow::Result<(String, bool)> {
    for _ in 0..50 {
        match person.post_as(command.key, &command.path, &command.body).await {
            Ok(answer) if answer.status.as_u16() == 201 => {
                return Ok((answer.id(), answer.header("gainsay-replayed") == Some("true")));
            }
            Ok(answer) if answer.status.as_u16() == 503 => tokio::time::sleep(Duration::from_millis(20)).await,
            Ok(answer) => anyhow::bail!("{}: {}", answer.status, answer.text),
            Err(_lost) => {}
        }
    }
    anyhow::bail!("no answer in 50 attempts to {}", command.path)
}

/// Sends every command three times over lossy ways, and once more later, and checks one effect each.
async fn each_has_one_effect(project: &Project, lossy: &Person, document: &str) -> anyhow::Result<()> {
    let commands = commands(project, document, count(90, 1_000));
    let before = history::records(project).await?.len();
    let mut ids: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
    for round in 0..4 {
        if round == 3 {
            // After the window in which the server itself would notice a repeated message.
            tokio::time::sleep(later()).await;
        }
        let answers = futures::future::join_all(commands.iter().map(|command| send(lossy, command)));
        for (command, answer) in commands.iter().zip(answers.await) {
            let (id, replayed) = answer?;
            ensure!(round == 0 || replayed, "round {round}: {} was not recognised", command.path);
            ids.entry(command.key).or_default().insert(id);
        }
    }
    ensure!(ids.values().all(|ids| ids.len() == 1), "a command answered with two ids");
    let records = history::records(project).await?;
    history::check(&records)?;
    ensure!(
        records.len() - before == commands.len(),
        "{} commands made {} records",
        commands.len(),
        records.len() - before
    );
    let other = lossy.post_as(commands[1].key, &commands[1].path, &json!({"name": "Another", "kind": "person"})).await;
    if let Ok(other) = other {
        ensure!(other.status.as_u16() == 422 && other.code() == "command_id_reused", "{}", other.text);
    }
    Ok(())
}

async fn scene(system: &System) -> anyhow::Result<(Project, String)> {
    let project = Project::make(system, 1).await?;
    let source = project.create("sources", &json!({"name": "River Wire", "kind": "agency"})).await?;
    let document = project.create("documents", &json!({"title": "Rockets", "source": source, "text": TEXT})).await?;
    Ok((project, document))
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_lost_between_client_and_ingest_do_not_double_a_command() -> anyhow::Result<()> {
    let mut rng = seeded("answers lost on HTTP");
    let system = System::start().await?;
    let (project, document) = scene(&system).await?;
    let target = system.base().trim_start_matches("http://").to_owned();
    let proxy = Proxy::cutting_answers(target, 5, rng.random()).await?;
    let lossy = project.annotators[0].moved(&format!("http://{}", proxy.address));
    each_has_one_effect(&project, &lossy, &document).await?;
    ensure!(proxy.lost() > 0, "the proxy lost nothing");
    println!("answers lost: {}", proxy.lost());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledgements_lost_between_ingest_and_the_log_do_not_double_a_command() -> anyhow::Result<()> {
    let mut rng = seeded("acknowledgements lost on NATS");
    let nats = TestServer::start().await;
    let settings = nats.settings();
    let target = settings.servers.trim_start_matches("nats://").to_owned();
    let one_in = 40;
    let proxy = Proxy::dropping_acks(target, "GAINSAY_EV_", one_in, rng.random()).await?;
    let url = format!("nats://{}", proxy.address);
    let mut args = vec!["--nats-url".to_owned(), url];
    args.extend(nats_login(&settings));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let system = System::start_with(&args).await?;
    let (project, document) = scene(&system).await?;
    each_has_one_effect(&project, &project.annotators[0], &document).await?;
    ensure!(proxy.lost() > 0, "the proxy lost nothing");
    println!("acknowledgements lost: {}", proxy.lost());
    Ok(())
}

/// The arguments by which `serve` logs in at a test's nats-server, and knows that it syncs every write.
fn nats_login(settings: &event_log::Settings) -> Vec<String> {
    let mut args = Vec::new();
    if let event_log::Login::Password { user, password } = &settings.login {
        args.extend(["--nats-user".to_owned(), user.clone(), "--nats-password".to_owned(), password.clone()]);
    }
    if let Some(url) = &settings.monitor_url {
        args.extend(["--nats-monitor-url".to_owned(), url.clone()]);
    }
    args
}
