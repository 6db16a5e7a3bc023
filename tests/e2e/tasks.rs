//! Annotators who work through tasks while leases run out, connections are cut and services are killed.
//!
//! What became of it is told by a checker that reads the log's records and nothing else.

use crate::pipeline::Scene;
use crate::support::history;
use crate::support::load::Addresses;
use crate::support::people::{Answer, Person, Project, quote};
use crate::support::proxy::Proxy;
use crate::support::services::{Services, Shape};
use crate::support::system::System;
use crate::support::{count, seeded};
use anyhow::{Context, bail, ensure};
use futures::future::try_join_all;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use uuid::Uuid;

/// How many read each document.
const OVERLAP: usize = 3;
/// Long enough for an annotator who does not die, on a machine that is busy.
const LEASE_SECONDS: u64 = 4;
const TEXT: &str = "The river was high. \"They fired on the bridge,\" the mayor said; the guard denied it.";
const PAUSE: Duration = Duration::from_millis(50);
/// One answer in so many is lost on its way.
const CUT_ONE_IN: u32 = 20;
/// How long one command may take to be acknowledged, with everything that is killed in between.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long all of it may take.
const WHOLE: Duration = Duration::from_mins(50);

/// What annotators were told.
#[derive(Debug, Default)]
struct Told {
    /// Acknowledged readings: by id, who recorded it and its position.
    readings: BTreeMap<Uuid, (usize, u64)>,
    /// Acknowledged submissions: by task and annotator, the readings.
    submissions: BTreeMap<(Uuid, usize), BTreeSet<Uuid>>,
    /// Leases that were let run out by somebody who died.
    deaths: usize,
    /// Submissions that came too late.
    lost: usize,
    skips: usize,
    replays: usize,
}

/// An annotator at work.
struct Annotator {
    number: usize,
    person: Person,
    project: String,
    reading: Value,
    addresses: watch::Receiver<Addresses>,
    over: watch::Receiver<bool>,
    told: Arc<Mutex<Told>>,
    rng: StdRng,
}

impl Annotator {
    fn note<T>(&self, note: impl FnOnce(&mut Told) -> T) -> anyhow::Result<T> {
        let mut told = self.told.lock().map_err(|_| anyhow::anyhow!("an annotator panicked"))?;
        Ok(note(&mut told))
    }

    /// Sends a command under one key until it is answered, as a client does whose connections break.
    async fn command(&mut self, path: &str, body: Option<&Value>) -> anyhow::Result<Answer> {
        let key = Uuid::new_v4().to_string();
        let url = format!("{}{path}", self.project);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let base = self.addresses.borrow().writes[0].clone();
            let headers = [("idempotency-key", key.as_str())];
            let here = self.person.moved(&base);
            match here.ask(Method::POST, &url, &headers, body.map(ToString::to_string)).await {
                Ok(answer) if answer.status.as_u16() == 503 => {
                    ensure!(answer.header("retry-after").is_some(), "{path}: {}", answer.text);
                }
                Ok(answer) => {
                    let is_replay = answer.header("gainsay-replayed").is_some();
                    self.note(|told| told.replays += usize::from(is_replay))?;
                    return Ok(answer);
                }
                Err(_cut) => {}
            }
            ensure!(Instant::now() < deadline, "{path} was not answered in {PATIENCE:?}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Takes one task after the other until all is done.
    async fn work(mut self) -> anyhow::Result<()> {
        let mut leases = 0_usize;
        while !*self.over.borrow() {
            let next = self.command("tasks/next", None).await?;
            match next.status.as_u16() {
                200 => {}
                404 => {
                    ensure!(next.code() == "no_task", "{}", next.text);
                    tokio::time::sleep(Duration::from_millis(self.rng.random_range(100..400))).await;
                    continue;
                }
                _ => bail!("next: {} {}", next.status, next.text),
            }
            let (task, document) = (next.id(), next.json()["document"].as_str().context("a document")?.to_owned());
            // Whatever is drawn, somebody dies.
            let fate = if (self.number, leases) == (0, 0) { 0 } else { self.rng.random_range(0..100) };
            leases += 1;
            match fate {
                // Dies: nobody hears of it again for as long as the lease lasts, and some.
                0..6 => {
                    self.note(|told| told.deaths += 1)?;
                    tokio::time::sleep(Duration::from_secs(LEASE_SECONDS + 1)).await;
                }
                6..9 => {
                    let skipped =
                        self.command(&format!("tasks/{task}/skip"), Some(&json!({"reason": "Not mine."}))).await?;
                    settle(&skipped)?;
                    self.note(|told| told.skips += usize::from(skipped.status.is_success()))?;
                }
                _ => self.read(&task, &document).await?,
            }
        }
        Ok(())
    }

    /// Reads the document of a task and submits what was found.
    async fn read(&mut self, task: &str, document: &str) -> anyhow::Result<()> {
        let mut found = BTreeSet::new();
        for _ in 0..self.rng.random_range(0..3) {
            let mut body = self.reading.clone();
            body["evidence"] = json!([quote(document, TEXT, "They fired on the bridge", "content")]);
            let made = self.command("readings", Some(&body)).await?.expect(201)?;
            let (id, position): (Uuid, _) = (made.id().parse()?, made.sequence());
            let number = self.number;
            let before = self.note(|told| told.readings.insert(id, (number, position)))?;
            ensure!(before.is_none(), "{id} was given twice");
            found.insert(id);
        }
        if self.rng.random_range(0..4) == 0 {
            let renewed = self.command(&format!("tasks/{task}/renew"), None).await?;
            settle(&renewed)?;
        }
        let body = if found.is_empty() { json!({"nothing_found": true}) } else { json!({"readings": found}) };
        let submitted = self.command(&format!("tasks/{task}/submit"), Some(&body)).await?;
        if settle(&submitted)? {
            let key = (task.parse()?, self.number);
            let before = self.note(|told| told.submissions.insert(key, found))?;
            ensure!(before.is_none(), "{task} was submitted twice by one annotator");
        } else {
            self.note(|told| told.lost += 1)?;
        }
        Ok(())
    }
}

/// Whether it was taken; what is not may only be so because the lease ran out meanwhile.
fn settle(answer: &Answer) -> anyhow::Result<bool> {
    match (answer.status.as_u16(), answer.code().as_str()) {
        (200, _) => Ok(true),
        (409, "lease_lost" | "task_closed") => Ok(false),
        _ => bail!("{} {}", answer.status, answer.text),
    }
}

/// What the records say of one task.
#[derive(Debug, Default)]
struct Checked {
    document: String,
    /// By annotator, until when, as text that sorts as time does.
    leases: BTreeMap<String, String>,
    submissions: BTreeMap<String, BTreeSet<Uuid>>,
    closed: bool,
}

/// Checks the records of all tasks: never more places than asked for, never one annotator twice, and in the end exactly
/// the submissions that are asked for.
fn check_tasks(records: &[Value]) -> anyhow::Result<BTreeMap<Uuid, Checked>> {
    let mut tasks: BTreeMap<Uuid, Checked> = BTreeMap::new();
    for record in records.iter().filter(|record| record["kind"] == "task") {
        let text = |value: &Value| value.as_str().map(str::to_owned).with_context(|| format!("a text in {record}"));
        let id: Uuid = text(&record["id"])?.parse()?;
        let recorded = text(&record["recorded_at"])?;
        let task = tasks.entry(id).or_default();
        for event in record["events"].as_array().context("events")? {
            let annotator = || text(&event["annotator"]);
            let name = text(&event["type"])?;
            ensure!(!task.closed, "{id}: {name} after it was closed");
            match name.as_str() {
                "TaskOpened" => task.document = text(&event["document"])?,
                "TaskLeased" | "LeaseRenewed" => {
                    let annotator = annotator()?;
                    ensure!(record["author"] == annotator, "{id}: leased for somebody else");
                    ensure!(!task.submissions.contains_key(&annotator), "{id}: leased after it was submitted");
                    task.leases.insert(annotator, text(&event["until"])?);
                    ensure!(
                        task.leases.len() + task.submissions.len() <= OVERLAP,
                        "{id}: {} leases and {} submissions at {}",
                        task.leases.len(),
                        task.submissions.len(),
                        record["position"]
                    );
                }
                "LeaseExpired" => {
                    let annotator = annotator()?;
                    let until = task.leases.remove(&annotator).context("an expired lease was there")?;
                    ensure!(until <= recorded, "{id}: a lease until {until} expired at {recorded}");
                }
                "TaskSubmitted" => {
                    let annotator = annotator()?;
                    task.leases.remove(&annotator);
                    let found = event["readings"].as_array().context("readings")?;
                    let found = found.iter().map(|id| Ok(text(id)?.parse()?)).collect::<anyhow::Result<_>>()?;
                    let before = task.submissions.insert(annotator, found);
                    ensure!(before.is_none(), "{id}: one annotator submitted twice");
                    ensure!(task.submissions.len() <= OVERLAP, "{id}: submitted by too many");
                }
                "TaskSkipped" => drop(task.leases.remove(&annotator()?)),
                "TaskClosed" => task.closed = true,
                other => bail!("{id}: {other}"),
            }
        }
    }
    for (id, task) in &tasks {
        ensure!(task.closed, "{id} is open");
        ensure!(task.submissions.len() == OVERLAP, "{id}: {} submissions", task.submissions.len());
    }
    Ok(tasks)
}

/// Checks that every reading that was acknowledged is there once, by who recorded it, and that what was submitted is what
/// the annotators were told.
fn check_told(records: &[Value], tasks: &BTreeMap<Uuid, Checked>, told: &Told, users: &[String]) -> anyhow::Result<()> {
    let mut read: BTreeMap<Uuid, (String, u64)> = BTreeMap::new();
    for record in records.iter().filter(|record| record["kind"] == "reading") {
        let id: Uuid = record["id"].as_str().context("an id")?.parse()?;
        let author = record["author"].as_str().context("an author")?.to_owned();
        let position = record["position"].as_u64().context("a position")?;
        ensure!(read.insert(id, (author, position)).is_none(), "reading {id} has two records");
    }
    for (id, (number, position)) in &told.readings {
        let known = read.get(id).with_context(|| format!("reading {id} was acknowledged and is lost"))?;
        ensure!(*known == (users[*number].clone(), *position), "reading {id} is {known:?}");
    }
    ensure!(read.len() == told.readings.len(), "{} readings, {} acknowledged", read.len(), told.readings.len());
    for ((task, number), found) in &told.submissions {
        let task = tasks.get(task).context("a task that was submitted")?;
        ensure!(task.submissions.get(&users[*number]) == Some(found), "{}: submitted otherwise", task.document);
    }
    let submitted: usize = tasks.values().map(|task| task.submissions.len()).sum();
    ensure!(submitted == told.submissions.len(), "{submitted} submissions, {} acknowledged", told.submissions.len());
    Ok(())
}

/// How many documents still have an open task, as the views say.
async fn is_done(project: &Project, base: &str) -> anyhow::Result<bool> {
    let reader = project.operator.reading_at(base);
    match reader.get(&project.path("tasks?status=open&limit=1")).await {
        Ok(answer) if answer.status.is_success() => Ok(answer.json()["items"].as_array().is_some_and(Vec::is_empty)),
        Ok(answer) if answer.status.as_u16() == 503 => Ok(false),
        Ok(answer) => bail!("{} {}", answer.status, answer.text),
        Err(_killed) => Ok(false),
    }
}

/// Documents, and a task for each.
async fn open_tasks(scene: &Scene, documents: usize) -> anyhow::Result<()> {
    const AT_ONCE: usize = 16;
    let project = &scene.project;
    let numbers: Vec<usize> = (0..documents).collect();
    for numbers in numbers.chunks(AT_ONCE) {
        try_join_all(numbers.iter().map(|n| async move {
            let document = json!({"title": format!("Report {n}"), "source": scene.source, "text": TEXT});
            let document = project.create("documents", &document).await?;
            let priority = i64::try_from(n % 3)?;
            let task = json!({
                "document": document, "revision": 1, "overlap": OVERLAP, "lease_seconds": LEASE_SECONDS, "priority": priority,
            });
            project.create("tasks", &task).await
        }))
        .await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_document_is_read_by_exactly_as_many_as_were_asked_for() -> anyhow::Result<()> {
    let (people, documents) = (count(12, 200), count(20, 1_000));
    let mut rng = seeded("annotators at work");
    let mut services = Services::start(Shape { ingests: 1, projectors: 1, queries: 1 }).await?;
    let scene = Scene::set_in(Project::make_by(&services.operator(0, 0)?, people).await?).await?;
    open_tasks(&scene, documents).await?;

    // Annotators write through something that loses answers; the curator who looks on does not.
    let through = async |services: &Services, seed: u64| {
        let target = services.ingests[0].base().trim_start_matches("http://").to_owned();
        let proxy = Proxy::cutting_answers(target, CUT_ONE_IN, seed).await?;
        let addresses =
            Addresses { writes: vec![format!("http://{}", proxy.address)], reads: services.addresses().reads };
        anyhow::Ok((proxy, addresses))
    };
    let (mut proxy, addresses) = through(&services, rng.random()).await?;
    let (addresses, over) = (watch::Sender::new(addresses), watch::Sender::new(false));
    let told = Arc::new(Mutex::new(Told::default()));
    let mut users = Vec::new();
    let mut workers = Vec::new();
    let began = Instant::now();
    let project = scene.project.path("");
    for (number, person) in scene.project.annotators.iter().enumerate() {
        users.push(user_of(&scene, number + 1).await?);
        let mut reading = scene.accusation();
        reading["evidence"] = json!([]);
        let annotator = Annotator {
            number,
            person: person.clone(),
            project: project.clone(),
            reading,
            addresses: addresses.subscribe(),
            over: over.subscribe(),
            told: Arc::clone(&told),
            rng: StdRng::seed_from_u64(rng.random()),
        };
        workers.push(tokio::spawn(annotator.work()));
    }

    let (mut kills, mut lost) = (0, 0);
    while !is_done(&scene.project, services.queries[0].base()).await? {
        ensure!(began.elapsed() < WHOLE, "not done after {WHOLE:?}");
        if let Some(ended) = workers.iter().position(tokio::task::JoinHandle::is_finished) {
            workers.swap_remove(ended).await??;
            bail!("an annotator went home early");
        }
        tokio::time::sleep(Duration::from_millis(rng.random_range(500..3_000))).await;
        let ingest = rng.random();
        let victim = if ingest { &mut services.ingests[0] } else { &mut services.projectors[0] };
        victim.kill()?;
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..300))).await;
        victim.launch().await?;
        kills += 1;
        if ingest {
            lost += proxy.lost();
            let (another, moved) = through(&services, rng.random()).await?;
            proxy = another;
            addresses.send_replace(moved);
        }
    }
    over.send_replace(true);
    for worker in workers {
        worker.await??;
    }
    lost += proxy.lost();

    let told = std::mem::take(&mut *told.lock().map_err(|_| anyhow::anyhow!("an annotator panicked"))?);
    let curator = scene.project.curator.moved(services.ingests[0].base());
    let end =
        curator.post(&scene.project.path("actors"), &json!({"name": "Last", "kind": "person"})).await?.expect(201)?;
    let records = history::records_until(&scene.project, services.queries[0].base(), end.sequence()).await?;
    history::check(&records)?;
    let tasks = check_tasks(&records)?;
    let read: BTreeSet<_> = tasks.values().map(|task| &task.document).collect();
    ensure!(tasks.len() == documents && read.len() == documents, "{} tasks on {} documents", tasks.len(), read.len());
    check_told(&records, &tasks, &told, &users)?;
    println!(
        "{people} annotators, {documents} documents, each read by {OVERLAP}: {} submissions, {} readings, {} deaths, {} \
         submissions too late, {} skips, {kills} kills, {lost} answers lost, {} replays, {} records, {:.0?}",
        told.submissions.len(),
        told.readings.len(),
        told.deaths,
        told.lost,
        told.skips,
        told.replays,
        records.len(),
        began.elapsed(),
    );
    ensure!(told.deaths > 0 && kills > 0 && lost > 0, "nothing went wrong: the scenario shows nothing");
    Ok(())
}

/// The id of one of the project's people, as records name them.
async fn user_of(scene: &Scene, number: usize) -> anyhow::Result<String> {
    let path = scene.project.path(&format!("members/person-{number}"));
    let member = scene.project.operator.get(&path).await?.expect(200)?.json();
    Ok(member["user"].as_str().context("a user")?.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_worked_through_from_the_command_line() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 0).await?;
    let run = |args: &[&str]| -> anyhow::Result<String> {
        let printed = system.run(&[&["task"], args, &["--project", &scene.project.id]].concat())?;
        ensure!(printed.code == 0, "{args:?}: {}", printed.stderr);
        Ok(printed.stdout.trim().to_owned())
    };
    let task = run(&["open", &scene.document, "--overlap", "1", "--priority", "-3"])?;
    task.parse::<Uuid>()?;
    let leased = run(&["next"])?;
    ensure!(leased.contains(&task) && leased.contains(&scene.document) && leased.contains("yours until"), "{leased}");
    run(&["renew", &task])?;
    let renewed: Value = serde_json::from_str(&run(&["renew", &task, "--json"])?)?;
    let at = renewed["sequence"].as_u64().context("a position")?;
    history::records_until(&scene.project, system.base(), at).await?;
    let listed = run(&["list", "--status", "open"])?;
    ensure!(listed.contains(&task) && listed.contains("0 of 1") && listed.contains("-3"), "{listed}");
    ensure!(run(&["submit", &task, "--nothing-found"])?.contains("closed"));
    let refused = system.run(&["task", "skip", &task, "--reason", "Late.", "--project", &scene.project.id])?;
    ensure!(refused.code == 3 && refused.stderr.contains("closed"), "{}", refused.stderr);
    let none = system.run(&["task", "next", "--project", &scene.project.id])?;
    ensure!(none.code == 3 && none.stderr.contains("no task for you"), "{}", none.stderr);
    Ok(())
}
