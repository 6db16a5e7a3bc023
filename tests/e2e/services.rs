//! The three services apart, several of each: as processes that know each other only through the nats-server.

use crate::pipeline::Scene;
use crate::support::history;
use crate::support::people::{Person, Project};
use crate::support::services::{Process, Services, Shape};
use crate::support::system::System;
use anyhow::{Context, ensure};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const TWO_OF_EACH: Shape = Shape { ingests: 2, projectors: 2, queries: 2 };
const ONE_OF_EACH: Shape = Shape { ingests: 1, projectors: 1, queries: 1 };
const PATIENCE: Duration = Duration::from_mins(1);

/// The board as one query answers it.
async fn board(scene: &Scene, query: &Process, at_least: u64) -> anyhow::Result<Value> {
    scene.board(&scene.project.curator.reading_at(query.base()), at_least).await
}

/// Reads a board again and again until told to stop; every answer is whole and right. Tells how many there were.
async fn read_on(reader: Person, path: String, expected: Value, stop: Arc<AtomicBool>) -> anyhow::Result<u32> {
    let mut answers = 0;
    while !stop.load(Ordering::Relaxed) {
        let answer = reader.get(&path).await?.expect(200)?.json();
        ensure!(answer["propositions"] == expected["propositions"], "{answer}");
        answers += 1;
    }
    Ok(answers)
}

/// What a command prints, once it succeeds.
async fn eventually(
    services: &Services,
    process: &Process,
    args: &[&str],
    holds: impl Fn(&str) -> bool,
) -> anyhow::Result<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let output = services.run(&process.data, args)?;
        if output.code == 0 && holds(&output.stdout) {
            return Ok(output.stdout);
        }
        ensure!(Instant::now() < deadline, "{args:?}: {} {}{}", output.code, output.stdout, output.stderr);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_ingest_wrote_is_read_through_every_query_and_a_projector_may_go() -> anyhow::Result<()> {
    let mut services = Services::start(TWO_OF_EACH).await?;
    let issued = services.ingests.iter().filter(|ingest| ingest.log().contains("the operator's token is in"));
    assert_eq!(issued.count(), 1, "ingests that share a data folder share the operator's token");
    let scene = Scene::set_in(Project::make_by(&services.operator(0, 0)?, 1).await?).await?;
    let annotator = &scene.project.annotators[0];
    let readings = scene.project.path("readings");
    annotator.post(&readings, &scene.accusation()).await?.expect(201)?;
    // Through the other ingest, which knows the token and the annotations.
    let denied = annotator.moved(services.ingests[1].base()).post(&readings, &scene.denial()).await?.expect(201)?;
    let at = denied.sequence();
    let (one, other) = (board(&scene, &services.queries[0], at).await?, board(&scene, &services.queries[1], at).await?);
    assert_eq!(one["status"], "disputed", "{one}");
    assert_eq!(one, other);
    assert_eq!(one["propositions"][0]["support"][0]["quotes"][0]["exact"], "The Banner Brigade fired them");

    // One projector is enough.
    services.projectors[0].kill()?;
    for query in [0, 1] {
        for _ in 0..5 {
            assert_eq!(board(&scene, &services.queries[query], at).await?["propositions"], one["propositions"]);
        }
    }
    // Without any, reads are refused and say when to come again; writes go on.
    services.projectors[1].kill()?;
    for query in &mut services.queries {
        query.unready("no projector answers").await?;
    }
    let path = scene.project.path(&format!("incidents/{}/board", scene.incident));
    let refused = scene.project.curator.get(&path).await?.expect(503)?;
    assert!(refused.header("retry-after").is_some(), "{refused:?}");
    let more = annotator.post(&readings, &scene.accusation()).await?.expect(201)?;
    for process in services.projectors.iter_mut().chain(&mut services.queries) {
        if process.id().is_none() {
            process.spawn()?;
        }
        process.ready().await?;
    }
    for query in &services.queries {
        assert_eq!(board(&scene, query, more.sequence()).await?["as_of"], more.sequence());
    }
    history::check(&history::records(&scene.project).await?)?;

    let mut ended = Vec::new();
    for process in services.all() {
        ended.push((process.name.clone(), process.stop().await?));
    }
    assert!(ended.iter().all(|(_, status)| status.success()), "{ended:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn services_outlive_the_nats_server_and_say_what_they_miss() -> anyhow::Result<()> {
    let mut services = Services::prepare(ONE_OF_EACH).await?;
    // Started before there is a server: they wait for it.
    for process in services.all() {
        process.spawn()?;
    }
    services.nats.launch().await?;
    for process in services.all() {
        process.ready().await?;
    }
    let scene = Scene::set_in(Project::make_by(&services.operator(0, 0)?, 1).await?).await?;
    let url = |process: &Process| ["health".to_owned(), "--url".to_owned(), process.base().to_owned()];
    let health = |services: &Services, process: &Process, live: bool| {
        let mut args = url(process).to_vec();
        args.extend(live.then(|| "--live".to_owned()));
        services.run(&process.data, &args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    for process in [&services.ingests[0], &services.projectors[0], &services.queries[0]] {
        let ready = health(&services, process, false)?;
        assert_eq!((ready.code, ready.stdout.as_str()), (0, "ready\n"), "{}", ready.stderr);
    }

    services.nats.kill()?;
    services.ingests[0].unready("log").await?;
    services.projectors[0].unready("canary").await?;
    services.queries[0].unready("projectors").await?;
    let query = &services.queries[0];
    let unready = health(&services, query, false)?;
    assert_eq!(unready.code, 1);
    assert!(unready.stderr.contains("projectors"), "{}", unready.stderr);
    let alive = health(&services, query, true)?;
    assert_eq!((alive.code, alive.stdout.as_str()), (0, "alive\n"));
    let path = scene.project.path("incidents");
    scene.project.curator.get(&path).await?.expect(503)?;

    services.nats.launch().await?;
    for process in services.all() {
        process.ready().await?;
    }
    let read = scene.project.annotators[0].post(&scene.project.path("readings"), &scene.accusation()).await?;
    assert_eq!(
        board(&scene, &services.queries[0], read.expect(201)?.sequence()).await?["status"],
        "officially_attributed"
    );

    services.nats.kill()?;
    for process in services.all() {
        let status = process.stop().await?;
        ensure!(status.success(), "{} ended with {status} without a server:\n{}", process.name, process.log_tail());
    }
    let gone = services.run(&services.queries[0].data, &["health", "--url", services.queries[0].base()])?;
    assert_eq!(gone.code, 1, "{}", gone.stdout);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_command_projectors_that_run() -> anyhow::Result<()> {
    let mut services = Services::start(Shape { queries: 1, ..TWO_OF_EACH }).await?;
    let scene = Scene::set_in(Project::make_by(&services.operator(0, 0)?, 1).await?).await?;
    let read = scene.project.annotators[0].post(&scene.project.path("readings"), &scene.accusation()).await?;
    let at = read.expect(201)?.sequence();
    let expected = board(&scene, &services.queries[0], at).await?;

    let projector = &services.projectors[0];
    let both = |text: &str| {
        let all: Value = serde_json::from_str(text).unwrap_or_default();
        let names: Vec<_> = all.as_array().into_iter().flatten().map(|status| status["instance"].clone()).collect();
        names == ["projector-0", "projector-1"]
    };
    eventually(&services, projector, &["projector", "status", "--all", "--json"], both).await?;
    let is_there = |text: &str| {
        let status: Value = serde_json::from_str(text).unwrap_or_default();
        status["position"] == at && status["serving"] == true && status["instance"] == "projector-0"
    };
    let own = eventually(&services, projector, &["projector", "status", "--json"], is_there).await?;
    let own: Value = serde_json::from_str(&own)?;

    // A rebuild takes the folder of the store away under those who read.
    let stop = Arc::new(AtomicBool::new(false));
    let path = scene.project.path(&format!("incidents/{}/board?at_least={at}&wait_ms=5000", scene.incident));
    let reader = scene.project.curator.clone();
    let reading = tokio::spawn(read_on(reader, path, expected, Arc::clone(&stop)));
    for _ in 0..3 {
        let rebuilt = services.run(&projector.data, &["projector", "rebuild"])?;
        ensure!(rebuilt.code == 0 && rebuilt.stderr.contains(&format!("{at} records")), "{}", rebuilt.stderr);
        let rebuilt = services.run(&projector.data, &["projector", "rebuild", "--instance", "projector-1"])?;
        ensure!(rebuilt.code == 0, "{}", rebuilt.stderr);
    }
    stop.store(true, Ordering::Relaxed);
    ensure!(reading.await?? > 0, "nothing was read");

    let number = at.to_string();
    let dump =
        |instance: &str| services.run(&projector.data, &["projector", "dump", "--at", &number, "--instance", instance]);
    let (one, other) = (dump("projector-0")?, dump("projector-1")?);
    ensure!(one.code == 0 && one.stdout.contains(&format!("record {at:020} ")), "{}{}", one.stdout, one.stderr);
    assert_eq!(one.stdout, other.stdout);
    let beyond = services.run(&projector.data, &["projector", "dump", "--at", "1000000"])?;
    assert_eq!(beyond.code, 3, "{}", beyond.stderr);
    let compared = services.run(&projector.data, &["projector", "compare", "--json"])?;
    let verdict: Value = serde_json::from_str(&compared.stdout).with_context(|| compared.stderr.clone())?;
    assert_eq!((compared.code, &verdict["equal"], &verdict["at"]), (0, &true.into(), &at.into()), "{verdict}");
    let nobody = services.run(&projector.data, &["projector", "status", "--instance", "nobody"])?;
    assert_eq!(nobody.code, 4, "{}", nobody.stderr);

    // With none running the same commands work on the folder.
    ensure!(services.projectors[0].stop().await?.success());
    let projector = &services.projectors[0];
    let offline = services.run(&projector.data, &["projector", "dump", "--at", &number])?;
    ensure!(offline.stdout == one.stdout, "{}{}", offline.code, offline.stderr);
    let status = services.run(&projector.data, &["projector", "status", "--json"])?;
    let status: Value = serde_json::from_str(&status.stdout).with_context(|| status.stderr.clone())?;
    assert_eq!((&status["checksum"], &status["serving"]), (&own["checksum"], &false.into()));
    let compared = services.run(&projector.data, &["projector", "compare"])?;
    assert_eq!(compared.code, 0, "{}{}", compared.stdout, compared.stderr);
    let proven = services.run(&projector.data, &["projector", "rebuild", "--from-zero", "--compare"])?;
    assert_eq!((proven.code, &proven.stdout), (0, &compared.stdout), "{}", proven.stderr);
    let rebuilt = services.run(&projector.data, &["projector", "rebuild"])?;
    assert_eq!(rebuilt.code, 0, "{}", rebuilt.stderr);
    let folders = std::fs::read_dir(projector.data.join("views"))?
        .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("gen-")));
    assert_eq!(folders.count(), 1, "stores that were compared or replaced are removed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_or_folder_of_a_projector_that_runs_is_not_taken_twice() -> anyhow::Result<()> {
    let mut services = Services::start(Shape { projectors: 2, ingests: 0, queries: 0 }).await?;
    let folder = services.run(&services.projectors[0].data, &["projector", "--listen", "127.0.0.1:0"])?;
    assert_eq!(folder.code, 4, "{}", folder.stderr);
    assert!(folder.stderr.contains("is in use"), "{}", folder.stderr);
    let [first, second] = &mut services.projectors[..] else { anyhow::bail!("two projectors") };
    second.stop().await?;
    second.environment.push(("GAINSAY_INSTANCE".to_owned(), "projector-0".to_owned()));
    second.spawn()?;
    assert_eq!(second.ended().await?.code(), Some(1), "{}", second.log_tail());
    assert!(second.log_tail().contains("another projector is called `projector-0`"), "{}", second.log_tail());
    first.ready().await
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_command_the_projector_within_serve_as_well() -> anyhow::Result<()> {
    let mut system = System::start().await?;
    let status = system.run(&["projector", "status", "--json"])?;
    let status: Value = serde_json::from_str(&status.stdout).with_context(|| status.stderr.clone())?;
    assert_eq!(status["serving"], true, "{status}");
    let rebuilt = system.run(&["projector", "rebuild"])?;
    assert_eq!(rebuilt.code, 0, "{}", rebuilt.stderr);
    let at = status["position"].to_string();
    let live = system.run(&["projector", "dump", "--at", &at])?;
    ensure!(system.stop()?.success(), "{}", system.log_tail());
    let offline = system.run(&["projector", "dump", "--at", &at])?;
    ensure!(live.code == 0 && live.stdout == offline.stdout, "{}{}", live.stderr, offline.stderr);
    Ok(())
}
