//! Batches of imports and undo, through the whole system.

use crate::pipeline::Scene;
use crate::support::history;
use crate::support::people::{Answer, Person};
use crate::support::system::System;
use anyhow::{Context, ensure};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

fn line(resource: &str, body: &Value) -> String {
    json!({"resource": resource, "body": body}).to_string() + "\n"
}

/// Imports lines, of which each is taken, and gives the batch.
async fn import(who: &Person, scene: &Scene, lines: &[String]) -> anyhow::Result<String> {
    let media = [("content-type", "application/x-ndjson")];
    let path = scene.project.path("imports");
    let answer = who.ask(Method::POST, &path, &media, Some(lines.concat())).await?.expect(200)?;
    for (result, line) in answer.text.lines().zip(lines) {
        let result: Value = serde_json::from_str(result)?;
        ensure!(result["status"] == 201, "{line}: {result}");
    }
    Ok(answer.header("idempotency-key").context("a batch")?.to_owned())
}

/// The lines of a revert.
fn results(answer: &Answer) -> anyhow::Result<Vec<Value>> {
    Ok(answer.text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

async fn revert(who: &Person, scene: &Scene, batch: &str, key: Uuid) -> anyhow::Result<Vec<Value>> {
    let (path, key) = (scene.project.path(&format!("imports/{batch}/revert")), key.to_string());
    let headers = [("if-match", "*"), ("idempotency-key", key.as_str())];
    results(&who.ask(Method::POST, &path, &headers, None).await?.expect(200)?)
}

/// A board without what every record of the log moves.
async fn board(scene: &Scene, at_least: u64) -> anyhow::Result<Value> {
    let mut board = scene.board(&scene.project.curator, at_least).await?;
    board.as_object_mut().context("a board")?.remove("as_of");
    Ok(board)
}

async fn head(scene: &Scene) -> anyhow::Result<u64> {
    let records = history::records(&scene.project).await?;
    records.last().and_then(|record| record["position"].as_u64()).context("a record")
}

/// Lines as somebody may import them on top of what is there: new passages, readings of new and old passages, judgements,
/// relations, names, assessments.
fn lines(scene: &Scene, rng: &mut StdRng, there: &[String]) -> Vec<String> {
    let (mut marks, mut readings, mut lines) = (Vec::new(), there.to_vec(), Vec::new());
    for _ in 0..rng.random_range(5..40) {
        let mut reading = match rng.random_range(0..2) {
            0 => scene.accusation(),
            _ => scene.denial(),
        };
        let id = Uuid::now_v7().to_string();
        match rng.random_range(0..7) {
            0 => {
                let mut mark = reading["evidence"][0].clone();
                mark["id"] = json!(id);
                lines.push(line("annotations", &mark));
                marks.push(id);
            }
            1 | 2 => {
                reading["id"] = json!(id);
                if let (Some(mark), true) = (marks.last(), rng.random()) {
                    reading["evidence"] = json!([mark]);
                }
                if rng.random() {
                    reading["certainty"] = json!("PR");
                }
                lines.push(line("readings", &reading));
                readings.push(id);
            }
            3 => {
                let about = &readings[rng.random_range(0..readings.len())];
                let value = json!({"letter": "B", "digit": 2});
                let target = json!({"utterance": about});
                let body = json!({"target": target, "scale": "admiralty", "value": value, "reason": "So."});
                lines.push(line("assessments", &body));
            }
            4 if readings.len() > 1 => {
                let left = rng.random_range(1..readings.len());
                let right = rng.random_range(0..left);
                let body = json!({
                    "kind": "reading", "left": readings[left], "right": readings[right], "verdict": "unsure", "reason": "?",
                });
                // The same pair twice is refused, and a refused line is none.
                lines.push(line("judgements", &body));
            }
            5 if !marks.is_empty() => {
                let body = json!({
                    "type": "speaks_for", "from": scene.ministry, "to": scene.brigade, "stance": "held",
                    "evidence": [marks[rng.random_range(0..marks.len())]],
                });
                lines.push(line("relations", &body));
            }
            _ => lines.push(line(&format!("actors/{}/names", scene.brigade), &json!({"name": format!("Name {id}")}))),
        }
    }
    lines.dedup();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_and_its_revert_leave_what_was_there_as_it_was() -> anyhow::Result<()> {
    let soak = std::env::var_os("GAINSAY_SOAK").is_some_and(|value| value == "1");
    let system = System::start().await?;
    let scene = Scene::set(&system, 2).await?;
    let [first, second] = &scene.project.annotators[..] else { anyhow::bail!("two annotators") };
    let path = scene.project.path("readings");
    let accused = first.post(&path, &scene.accusation()).await?.expect(201)?.id();
    let denied = second.post(&path, &scene.denial()).await?.expect(201)?;
    let there = [accused, denied.id()];
    let before = board(&scene, denied.sequence()).await?;
    let mut changed = 0;
    for seed in 0..if soak { 200 } else { 6 } {
        let lines = lines(&scene, &mut StdRng::seed_from_u64(seed), &there);
        let media = [("content-type", "application/x-ndjson")];
        // A pair that is judged twice is refused; all else is taken.
        let path = scene.project.path("imports");
        let answer = scene.project.curator.ask(Method::POST, &path, &media, Some(lines.concat())).await?.expect(200)?;
        for result in results(&answer)? {
            let stands = result["problem"]["code"] == "judgement_stands";
            ensure!(result["status"] == 201 || stands, "seed {seed}: {result}");
        }
        let batch = answer.header("idempotency-key").context("a batch")?.to_owned();
        changed += u32::from(board(&scene, head(&scene).await?).await? != before);
        let reverted = revert(&scene.project.curator, &scene, &batch, Uuid::now_v7()).await?;
        let (last, records) = reverted.split_last().context("a last line")?;
        for record in records {
            ensure!(record["outcome"] == "reverted", "seed {seed}: {record}");
        }
        ensure!(last["kept"] == 0 && last["reverted"] == records.len(), "seed {seed}: {last}");
        let after = board(&scene, last["sequence"].as_u64().context("a position")?).await?;
        assert_eq!(after, before, "seed {seed}");
        assert_eq!(after.to_string(), before.to_string(), "seed {seed}");
    }
    println!("imports: {changed} boards changed and were as before");
    ensure!(changed > 0, "no import changed the board");
    history::check(&history::records(&scene.project).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revert_that_is_killed_goes_on_after_the_restart() -> anyhow::Result<()> {
    let mut system = System::start().await?;
    let scene = Scene::set(&system, 1).await?;
    let author = scene.project.annotators[0].clone();
    let lines: Vec<String> = (0..60)
        .map(|n| {
            let mut mark = scene.accusation()["evidence"][0].clone();
            mark["note"] = json!(format!("{n}"));
            line("annotations", &mark)
        })
        .collect();
    let batch = import(&author, &scene, &lines).await?;
    let before = history::records(&scene.project).await?.len();
    let key = Uuid::now_v7();
    let begun = {
        let (author, path) = (author.clone(), scene.project.path(&format!("imports/{batch}/revert")));
        tokio::spawn(async move {
            let key = key.to_string();
            let headers = [("if-match", "*"), ("idempotency-key", key.as_str())];
            author.ask(Method::POST, &path, &headers, None).await
        })
    };
    // Some records are taken back, and then the power goes.
    let taken = async |at_least: usize| -> anyhow::Result<bool> {
        Ok(history::records(&scene.project).await?.len() >= before + at_least)
    };
    while !taken(3).await? {
        tokio::task::yield_now().await;
    }
    system.kill()?;
    begun.await?.map(drop).unwrap_or_default();
    system.launch().await?;

    let (author, project) = (author.moved(system.base()), &scene.project);
    let compensating = async || {
        let records = results(&author.get(&project.path("events?after=0")).await?.expect(200)?)?;
        anyhow::Ok(records.iter().filter(|record| record["causation_id"].is_string()).count())
    };
    let done = compensating().await?;
    ensure!((3..60).contains(&done), "{done} records were taken back: it was not killed in between");
    let again = {
        let path = project.path(&format!("imports/{batch}/revert"));
        let key = key.to_string();
        let headers = [("if-match", "*"), ("idempotency-key", key.as_str())];
        results(&author.ask(Method::POST, &path, &headers, None).await?.expect(200)?)?
    };
    let (last, records) = again.split_last().context("a last line")?;
    assert_eq!((last["replayed"].as_bool(), records.len()), (Some(false), 60), "{last}");
    assert_eq!((&last["reverted"], &last["kept"]), (&json!(60), &json!(0)), "{last}");
    let path = project.path(&format!("imports/{batch}?at_least={}&wait_ms=5000", last["sequence"]));
    let import = author.get(&path).await?.expect(200)?.json();
    assert_eq!((&import["status"], &import["reverted_position"]), (&json!("reverted"), &last["sequence"]), "{import}");
    let events = author.get(&project.path("events?after=0")).await?.expect(200)?;
    let records = results(&events)?;
    history::check(&records)?;
    let compensating: Vec<_> = records.iter().filter(|record| record["causation_id"].is_string()).collect();
    let causes: std::collections::BTreeSet<_> =
        compensating.iter().map(|record| record["causation_id"].to_string()).collect();
    assert_eq!((compensating.len(), causes.len()), (60, 60), "each record is taken back once");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revert_that_is_sent_under_the_id_of_its_batch_takes_back_nothing_of_its_own() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 1).await?;
    let author = &scene.project.annotators[0];
    let mark = scene.project.create("annotations", &scene.denial()["evidence"][0]).await?;
    let edge = json!({
        "type": "front_of", "from": scene.brigade, "to": scene.ministry, "stance": "held", "evidence": [mark],
    });
    let edge = scene.project.create("relations", &edge).await?;
    let lines = [
        line("annotations", &scene.accusation()["evidence"][0]),
        line("readings", &scene.denial()),
        line(&format!("relations/{edge}/dispute"), &json!({"reason": "Nobody says so."})),
    ];
    let batch = import(author, &scene, &lines).await?;
    let before = history::records(&scene.project).await?.len();
    let path = scene.project.path(&format!("imports/{batch}/revert"));
    let headers = [("if-match", "*"), ("x-request-id", batch.as_str())];
    let answer = author.ask(Method::POST, &path, &headers, None).await?.expect(200)?;
    let reverted = results(&answer)?;
    let (last, records) = reverted.split_last().context("a last line")?;
    let counts = (last["reverted"].as_u64(), last["kept"].as_u64(), records.len());
    ensure!(counts.1 == Some(0) && counts.0 == Some(records.len() as u64), "{}", answer.text);
    // Each record was taken back by one, and one says that all were.
    let after = history::records(&scene.project).await?.len();
    assert_eq!(after - before, records.len() + 1, "{}", answer.text);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_listed_and_taken_back_from_the_command_line() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 1).await?;
    let project = ["--project", scene.project.id.as_str()];
    let run = |arguments: &[&str]| system.run(&[arguments, &project].concat());
    let file = system.data().join("lines.ndjson");
    let mut mark = scene.accusation()["evidence"][0].clone();
    mark["id"] = json!(Uuid::now_v7());
    let mut reading = scene.accusation();
    reading["evidence"] = json!([mark["id"]]);
    let lines = [
        line("sources", &json!({"name": "Second Wire", "kind": "agency"})),
        line("annotations", &mark),
        line("readings", &reading),
    ];
    std::fs::write(&file, lines.concat())?;
    let file = file.to_string_lossy().into_owned();

    let imported = run(&["import", &file, "--name", "Second corpus"])?;
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    let batch = imported.stderr.lines().find_map(|line| line.strip_prefix("batch ")).context("a batch")?.to_owned();
    // The same batch again records nothing, not even that.
    let settled = async || -> anyhow::Result<usize> {
        let (path, incident) = (scene.project.path("incidents"), json!({"title": "A", "when": "2021"}));
        let position = scene.project.operator.post(&path, &incident).await?.expect(201)?.sequence();
        Ok(history::records_until(&scene.project, system.base(), position).await?.len())
    };
    let records = settled().await?;
    let again = run(&["import", &file, "--name", "Second corpus", "--batch", &batch])?;
    assert!(again.stderr.contains("0 stored, 3 there already"), "{}", again.stderr);
    assert_eq!(settled().await?, records + 1);

    let listed = run(&["imports"])?;
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert!(listed.stdout.contains(&batch) && listed.stdout.contains("completed"), "{}", listed.stdout);
    assert!(listed.stdout.contains("Second corpus"), "{}", listed.stdout);
    let filtered = run(&["imports", "--status", "reverted", "--json"])?;
    assert_eq!(serde_json::from_str::<Value>(&filtered.stdout)?["items"], json!([]));

    let reverted = run(&["import", "revert", &batch])?;
    assert_eq!(reverted.code, 0, "{}", reverted.stderr);
    assert!(reverted.stderr.contains("2 taken back, 1 kept"), "{}", reverted.stderr);
    assert!(reverted.stderr.contains("kept source") && reverted.stderr.contains("registered"), "{}", reverted.stderr);
    let again = run(&["import", "revert", &batch])?;
    assert_eq!(again.code, 3, "{}", again.stderr);
    assert!(again.stderr.contains("reverted"), "{}", again.stderr);
    let history = run(&["history", "import", &batch])?;
    assert!(history.stdout.contains("ImportBatchReverted"), "{}{}", history.stdout, history.stderr);

    // The operator marks a passage and takes that back.
    let operator = &scene.project.operator;
    let marked =
        operator.post(&scene.project.path("annotations"), &scene.accusation()["evidence"][0]).await?.expect(201)?;
    let undone = run(&["undo"])?;
    assert_eq!(undone.code, 0, "{}", undone.stderr);
    assert!(undone.stdout.contains(&format!("AnnotationCreated at {}", marked.sequence())), "{}", undone.stdout);
    let position = marked.sequence().to_string();
    let refused = run(&["undo", "--position", &position])?;
    assert_eq!(refused.code, 3, "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stderr.contains("taken back already"), "{}", refused.stderr);
    Ok(())
}
