//! Presence between processes, each of which may die: it comes back with the next heartbeat, and nothing else waits for it.

use crate::pipeline::Scene;
use crate::support::people::{Answer, Person, Project};
use crate::support::services::{Services, Shape};
use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(50);

/// Somebody at one of the write sides and one of the read sides.
fn at(services: &Services, person: &Person, n: usize) -> Person {
    person.moved(services.ingests[n].base()).reading_at(services.queries[n].base())
}

async fn open(person: &Person, project: &Project, document: &str) -> anyhow::Result<Answer> {
    person.ask(Method::PUT, &project.path(&format!("documents/{document}/presence")), &[], None).await
}

/// Waits until as many are there.
async fn until(person: &Person, project: &Project, count: usize) -> anyhow::Result<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = person.get(&project.path("presence")).await;
        let items = answer.as_ref().map(|answer| answer.json()["items"].clone()).unwrap_or_default();
        if items.as_array().is_some_and(|items| items.len() == count) {
            return Ok(items);
        }
        ensure!(Instant::now() < deadline, "{answer:?} instead of {count}");
        tokio::time::sleep(POLL).await;
    }
}

/// The next that a stream says of presence.
async fn said(stream: &mut reqwest::Response, rest: &mut String) -> anyhow::Result<Value> {
    loop {
        while let Some(end) = rest.find("\n\n") {
            let event: String = rest.drain(..end + 2).collect();
            let data = event.trim_end().strip_prefix("event: presence\ndata: ").map(serde_json::from_str);
            if let Some(data) = data {
                return Ok(data?);
            }
        }
        let chunk = tokio::time::timeout(PATIENCE, stream.chunk()).await??.context("the stream ended")?;
        rest.push_str(std::str::from_utf8(&chunk)?);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_is_seen_by_every_process_and_survives_each_of_them() -> anyhow::Result<()> {
    let mut services = Services::start(Shape { ingests: 2, projectors: 1, queries: 2 }).await?;
    let scene = Scene::set_in(Project::make_by(&services.operator(0, 0)?, 2).await?).await?;
    let project = &scene.project;
    let people = [at(&services, &project.annotators[0], 0), at(&services, &project.annotators[1], 1)];
    let opened = open(&people[0], project, &scene.document).await?.expect(200)?.json();
    let path = project.path("changes?presence=true");
    let (mut stream, mut rest) = (people[1].open(&path, &[]).await?, String::new());
    ensure!(stream.status().is_success());
    let whole = said(&mut stream, &mut rest).await?;
    assert_eq!(whole["items"][0]["since"], opened["since"], "{whole}");
    open(&people[1], project, &scene.document).await?.expect(200)?;
    let came = said(&mut stream, &mut rest).await?;
    ensure!(came["change"] == "came" && came["document"] == json!(scene.document), "{came}");
    for person in &people {
        until(person, project, 2).await?;
    }
    let server = services.queries[1].base();
    let printed =
        services.run(&services.ingests[0].data, &["presence", "--project", &project.id, "--server", server])?;
    ensure!(printed.stdout.contains(&scene.document), "{}{}", printed.stdout, printed.stderr);

    // The process that took a heartbeat is gone, and the one that answered: the others have all of it.
    services.ingests[0].kill()?;
    services.queries[0].kill()?;
    until(&people[1], project, 2).await?;
    let elsewhere = at(&services, &project.annotators[0], 1);
    let renewed = open(&elsewhere, project, &scene.document).await?.expect(200)?.json();
    assert_eq!(renewed["since"], opened["since"]);
    services.ingests[0].spawn()?;
    services.queries[0].spawn()?;
    services.ingests[0].ready().await?;
    services.queries[0].ready().await?;
    let people = [at(&services, &project.annotators[0], 0), at(&services, &project.annotators[1], 1)];
    until(&people[0], project, 2).await?;

    // A server that was away has forgotten who is there, until they say so again.
    services.nats.kill()?;
    services.nats.launch().await?;
    for process in services.all() {
        process.ready().await?;
    }
    until(&people[0], project, 0).await?;
    let deadline = Instant::now() + PATIENCE;
    while open(&people[0], project, &scene.document).await?.status != 200 {
        ensure!(Instant::now() < deadline, "no heartbeat is taken");
        tokio::time::sleep(POLL).await;
    }
    until(&people[1], project, 1).await?;
    loop {
        let said = said(&mut stream, &mut rest).await?;
        let is_back = said["change"] == "came" || said["items"].as_array().is_some_and(|items| !items.is_empty());
        if is_back {
            break;
        }
    }
    drop(stream);
    services.stop().await
}
