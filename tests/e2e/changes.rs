//! Streams of changes: every record once and in order, whatever happens to a stream.

use crate::pipeline::Scene;
use crate::support::people::{Person, Project};
use crate::support::services::{Process, Services, Shape};
use crate::support::system::System;
use crate::support::{count, seeded, soak};
use anyhow::{Context, ensure};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Before a stream that ended is opened again.
const PAUSE: Duration = Duration::from_millis(50);
/// Records a second under the acceptance's load.
const RATE: u32 = 50;
/// How long what must happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// An open stream of events.
struct Stream {
    response: reqwest::Response,
    /// What came of an event that is not whole yet.
    rest: Vec<u8>,
}

impl Stream {
    async fn open(person: &Person, path: &str, last: Option<u64>) -> anyhow::Result<Self> {
        let last = last.map(|last| last.to_string());
        let headers: Vec<_> = last.iter().map(|last| ("last-event-id", last.as_str())).collect();
        let response = person.open(path, &headers).await?;
        ensure!(response.status().as_u16() == 200, "{}", response.text().await?);
        Ok(Self { response, rest: Vec::new() })
    }

    /// The position at which it began.
    fn head(&self) -> anyhow::Result<u64> {
        let head = self.response.headers().get("gainsay-as-of").context("a position")?;
        Ok(head.to_str()?.parse()?)
    }

    /// The records that came whole with the next bytes; none at the end, however it came.
    async fn next(&mut self) -> anyhow::Result<Option<Vec<(u64, Value)>>> {
        let Ok(Some(bytes)) = self.response.chunk().await else { return Ok(None) };
        self.rest.extend_from_slice(&bytes);
        let mut records = Vec::new();
        while let Some(end) = self.rest.windows(2).position(|two| two == b"\n\n") {
            let event = String::from_utf8(self.rest.drain(..end + 2).collect())?;
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
            if let Some(data) = field("data: ") {
                records.push((field("id: ").context("an id")?.parse()?, serde_json::from_str(data)?));
            }
        }
        Ok(Some(records))
    }

    /// The positions of what comes, up to one of them.
    async fn up_to(&mut self, last: u64) -> anyhow::Result<Vec<u64>> {
        let mut positions = Vec::new();
        while positions.last() != Some(&last) {
            let records = tokio::time::timeout(PATIENCE, self.next()).await??.context("the stream ended")?;
            positions.extend(records.iter().map(|(position, _)| *position));
        }
        Ok(positions)
    }

    /// The positions of all that still comes.
    async fn read_to_the_end(&mut self) -> anyhow::Result<Vec<u64>> {
        let mut positions = Vec::new();
        while let Some(records) = tokio::time::timeout(PATIENCE, self.next()).await?? {
            positions.extend(records.iter().map(|(position, _)| *position));
        }
        Ok(positions)
    }
}

/// What a client of a stream does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Habit {
    Steady,
    /// Takes what comes with pauses.
    Slow,
    /// Takes nothing while records are written.
    Asleep,
    /// Goes away at random and comes again.
    Restless,
}

/// When each record was acknowledged, and how long after that it came.
type Times = Arc<Mutex<(BTreeMap<u64, Instant>, Vec<Duration>)>>;

/// One client: its stream's path and habit, and what it tells to whom.
struct Follower {
    person: Person,
    path: String,
    habit: Habit,
    random: StdRng,
    times: Times,
    /// The last position, once it is known.
    end: watch::Receiver<Option<u64>>,
}

impl Follower {
    /// Reads until it has the last position; gives all positions that came.
    async fn run(mut self, start: u64) -> anyhow::Result<Vec<u64>> {
        let mut positions = Vec::new();
        let deadline = Instant::now() + PATIENCE + Duration::from_mins(if soak() { 10 } else { 2 });
        loop {
            let last = positions.last().copied().unwrap_or(start);
            ensure!(Instant::now() < deadline, "a {:?} stream is at {last}", self.habit);
            if let Some(end) = *self.end.borrow()
                && last >= end
            {
                return Ok(positions);
            }
            // The service may be away for a moment.
            let Ok(mut stream) = Stream::open(&self.person, &self.path, Some(last)).await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            if self.habit == Habit::Asleep {
                self.end.wait_for(Option::is_some).await?;
            }
            self.follow(&mut stream, &mut positions).await?;
        }
    }

    async fn follow(&mut self, stream: &mut Stream, positions: &mut Vec<u64>) -> anyhow::Result<()> {
        loop {
            let records = tokio::select! {
                records = stream.next() => records?,
                // Once the end is known, somebody who has it already stops to wait.
                ended = self.end.wait_for(|end| end.is_some_and(|end| positions.last() >= Some(&end))) => {
                    ended?;
                    return Ok(());
                }
            };
            let Some(records) = records else { return Ok(()) };
            let now = Instant::now();
            if self.habit == Habit::Steady {
                let mut times = self.times.lock().expect("nobody panics with it");
                for (position, _) in &records {
                    let took = times.0.get(position).map(|at| now.saturating_duration_since(*at));
                    // What came before its acknowledgement took no time.
                    times.1.push(took.unwrap_or_default());
                }
            }
            positions.extend(records.iter().map(|(position, _)| *position));
            if self.end.borrow().is_some_and(|end| positions.last() >= Some(&end)) {
                return Ok(());
            }
            match self.habit {
                Habit::Slow => tokio::time::sleep(PAUSE * 4).await,
                Habit::Restless if self.random.random_ratio(1, 4) => return Ok(()),
                Habit::Restless | Habit::Steady | Habit::Asleep => {}
            }
        }
    }
}

/// Resident memory of a process, in KiB.
fn resident(process: &Process) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id().context("it runs")?))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    line.trim().trim_end_matches(" kB").parse().context("a number")
}

/// The positions of a project's records after one.
async fn positions(project: &Project, after: u64, at_least: u64) -> anyhow::Result<Vec<u64>> {
    let path = project.path(&format!("events?after={after}&at_least={at_least}&wait_ms=5000"));
    let lines = project.curator.get(&path).await?.expect(200)?.text;
    lines.lines().map(|line| serde_json::from_str::<Value>(line)?["position"].as_u64().context("a position")).collect()
}

/// Writes an actor and notes when it was acknowledged.
async fn write(project: &Project, times: &Times, n: usize) -> anyhow::Result<u64> {
    let body = json!({"name": format!("Brigade {n}"), "kind": "organisation"});
    let position = project.curator.post(&project.path("actors"), &body).await?.expect(201)?.sequence();
    times.lock().expect("nobody panics with it").0.insert(position, Instant::now());
    Ok(position)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stream_has_every_record_once_and_in_order() -> anyhow::Result<()> {
    let mut random = seeded("streams of changes");
    let (streams, records) = (count(20, 1_000), count(80, 3_000));
    let mut services = Services::start(Shape { ingests: 1, projectors: 2, queries: 1 }).await?;
    let scene = Scene::set_in(Project::make_by(&services.operator(0, 0)?, 1).await?).await?;
    let project = &scene.project;
    let start = Stream::open(&project.annotators[0], &project.path("changes"), None).await?.head()?;
    let (times, end) = (Times::default(), watch::Sender::new(None));
    let before = resident(&services.queries[0])?;
    let mut followers = Vec::new();
    for n in 0..streams {
        let habit = match n % 10 {
            0 => Habit::Slow,
            1 => Habit::Asleep,
            2 => Habit::Restless,
            _ => Habit::Steady,
        };
        let follower = Follower {
            person: project.annotators[0].clone(),
            path: project.path("changes"),
            habit,
            random: StdRng::seed_from_u64(random.random()),
            times: Arc::clone(&times),
            end: end.subscribe(),
        };
        followers.push(tokio::spawn(follower.run(start)));
    }
    if soak() {
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    let opened = resident(&services.queries[0])?;
    let mut pace = tokio::time::interval(Duration::from_secs(1) / RATE);
    let mut writes = Vec::new();
    for n in 0..records {
        if soak() {
            pace.tick().await;
        }
        writes.push(write(project, &times, n));
        if writes.len() == 10 {
            futures::future::try_join_all(writes.drain(..)).await?;
        }
    }
    futures::future::try_join_all(writes).await?;
    let loaded = resident(&services.queries[0])?;
    tokio::time::sleep(if soak() { Duration::from_secs(5) } else { PAUSE }).await;
    let mut took = std::mem::take(&mut times.lock().expect("nobody panics with it").1);
    took.sort_unstable();
    // A projector dies, and another one answers.
    services.projectors[0].kill()?;
    let mut last = 0;
    for n in 0..count(10, 100) {
        last = last.max(write(project, &times, records + n).await?);
    }
    end.send_replace(Some(last));
    let expected = positions(project, start, last).await?;
    ensure!(expected.len() >= records, "{} records", expected.len());
    for follower in followers {
        let got = follower.await??;
        ensure!(got == expected, "{} of {} records came: {got:?}", got.len(), expected.len());
    }
    if soak() {
        let at = |share: f64| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let index = (took.len() as f64 * share) as usize;
            took.get(index).copied().unwrap_or_default()
        };
        println!(
            "{streams} streams, {records} records: {} deliveries, p50 {:?}, p99 {:?}, longest {:?}; the query has {before} \
             KiB without streams, {opened} KiB with them open, {loaded} KiB under load: {} KiB a stream",
            took.len(),
            at(0.5),
            at(0.99),
            took.last().copied().unwrap_or_default(),
            loaded.saturating_sub(before) / streams as u64
        );
        ensure!(at(0.99) <= Duration::from_secs(1), "p99 is {:?}", at(0.99));
        ensure!(loaded.saturating_sub(before) / streams as u64 <= 50, "a stream takes more than 50 KiB");
    }
    services.projectors[0].spawn()?;
    services.projectors[0].ready().await?;
    services.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_about_what_was_asked_for_and_ends_with_the_role_and_the_service() -> anyhow::Result<()> {
    let mut system = System::start().await?;
    let scene = Scene::set(&system, 1).await?;
    let (project, annotator) = (&scene.project, &scene.project.annotators[0]);
    let path = project.path("changes");
    let all = positions(project, 0, 0).await?;
    let read = annotator.post(&project.path("readings"), &scene.accusation()).await?.expect(201)?;
    let other = json!({"title": "A fire", "when": "2021-05-06", "kind": "fire"});
    let other = project.curator.post(&project.path("incidents"), &other).await?.expect(201)?;
    let reading = project.path(&format!("readings/{}", read.id()));
    let gone = annotator.ask(Method::DELETE, &reading, &[("if-match", "\"1\"")], None).await?;
    ensure!(gone.status.is_success(), "{}", gone.text);
    let last = gone.sequence();

    // A retraction names nothing, and is about what was retracted.
    let mut about = Stream::open(annotator, &format!("{path}?after=0&incident={}", scene.incident), None).await?;
    let about = about.up_to(last).await?;
    ensure!(about.len() == 3 && about[1] == read.sequence(), "{about:?}");
    let mut about = Stream::open(annotator, &format!("{path}?after=0&document={}", scene.document), None).await?;
    let about = about.up_to(last).await?;
    // The document, the annotation, and the reading that cites it.
    ensure!(about.len() == 4 && about[2] == read.sequence(), "{about:?}");
    let both = format!("{path}?after=0&incident={}&incident={}", scene.incident, other.id());
    let both = Stream::open(annotator, &both, None).await?.up_to(last).await?;
    ensure!(both.len() == 4 && both.contains(&other.sequence()), "{both:?}");
    // Where a client comes again counts, and not where it came first.
    let resumed = Stream::open(annotator, &format!("{path}?after=0"), Some(other.sequence())).await?;
    assert_eq!({ resumed }.up_to(last).await?, [last]);
    let whole = Stream::open(annotator, &format!("{path}?after=0"), None).await?.up_to(last).await?;
    ensure!(whole.starts_with(&all) && whole == positions(project, 0, last).await?, "{whole:?}");

    for (query, headers, status, code) in [
        ("", [("last-event-id", "seven")], 400, "invalid_last_event_id"),
        ("", [("last-event-id", "-1")], 400, "invalid_last_event_id"),
        ("", [("accept", "application/json")], 406, "not_acceptable"),
        ("?after=x", [("accept", "*/*")], 400, "invalid_parameter"),
        ("?incident=x", [("accept", "*/*")], 400, "invalid_parameter"),
        ("?until=7", [("accept", "*/*")], 400, "unknown_parameter"),
    ] {
        let refused = annotator.ask(Method::GET, &format!("{path}{query}"), &headers, None).await?.expect(status)?;
        assert_eq!(refused.code(), code, "{query} {headers:?}: {}", refused.text);
    }
    let head = annotator.ask(Method::HEAD, &path, &[], None).await?.expect(200)?;
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    assert_eq!(head.header("x-accel-buffering"), Some("no"));
    annotator.post(&path, &json!({})).await?.expect(405)?;
    Person::at(system.base(), None).get(&path).await?.expect(401)?;

    // Whose role is revoked sees what came before, and neither the revocation nor what comes after it.
    let mut theirs = Stream::open(annotator, &path, None).await?;
    let mut curators = Stream::open(&project.curator, &path, None).await?;
    let body = json!({"name": "Brigade", "kind": "organisation"});
    let seen = project.curator.post(&project.path("actors"), &body).await?.expect(201)?.sequence();
    let member = project.path("members/person-1");
    let revoked = project.operator.ask(Method::DELETE, &member, &[], None).await?;
    ensure!(revoked.status.is_success(), "{}", revoked.text);
    let unseen = project.curator.post(&project.path("actors"), &body).await?.expect(201)?.sequence();
    let came = theirs.read_to_the_end().await?;
    ensure!(came.iter().all(|position| *position <= seen), "{came:?}, allowed up to {seen}");
    ensure!(!annotator.open(&path, &[]).await?.status().is_success(), "a reader without a role");
    assert_eq!(curators.up_to(unseen).await?, [seen, revoked.sequence(), unseen]);

    ensure!(system.stop()?.success(), "{}", system.log_tail());
    assert!(curators.read_to_the_end().await?.is_empty());
    Ok(())
}
