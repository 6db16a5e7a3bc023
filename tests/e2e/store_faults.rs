//! The projector's folder is harmed in every way: it comes back by itself, and never answers wrongly.

use crate::pipeline::Scene;
use crate::support::people::Person;
use crate::support::system::System;
use crate::support::{copy_folder, count, seeded, soak};
use anyhow::{Context, ensure};
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long the views may take to be whole again.
const PATIENCE: Duration = Duration::from_mins(1);

/// A system that was stopped, with its views as they were after a stop and after a `kill -9` under load.
pub struct Stopped {
    pub system: System,
    paths: Vec<String>,
    answers: Vec<Value>,
    at: String,
    dump: String,
    copies: Vec<PathBuf>,
    _folder: tempfile::TempDir,
}

impl Stopped {
    /// Writes records, is killed while it writes, goes on, and stops.
    pub async fn prepare(records: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut system = System::start().await?;
        let mut scene = Scene::set(&system, 2).await?;
        scene.write_actors(records / 2).await?;
        let writing = tokio::spawn({
            let (person, path) = (scene.project.curator.clone(), scene.project.path("actors"));
            async move {
                for n in 0.. {
                    let body = json!({"name": format!("Written when killed {n}"), "kind": "organisation"});
                    if person.post(&path, &body).await.is_err() {
                        return n;
                    }
                }
                0
            }
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        system.kill()?;
        ensure!(writing.await? > 0, "nothing was written while it was killed");
        let killed = folder.path().join("killed");
        copy_folder(&views(&system), &killed)?;
        system.launch().await?;
        for person in [&mut scene.project.curator, &mut scene.project.operator] {
            *person = person.moved(system.base());
        }
        scene.write_actors(records / 2).await?;
        let annotator = scene.project.annotators[0].moved(system.base());
        annotator.post(&scene.project.path("readings"), &scene.accusation()).await?.expect(201)?;
        let read = annotator.post(&scene.project.path("readings"), &scene.denial()).await?.expect(201)?;
        let at = read.sequence();
        let paths = [
            format!("incidents/{}/board?at_least={at}&wait_ms=5000", scene.incident),
            format!("actors?limit=500&as_of={at}"),
            format!("readings?as_of={at}"),
            format!("history/reading/{}", read.id()),
            format!("history/incident/{}", scene.incident),
        ];
        let paths: Vec<_> = paths.iter().map(|path| scene.project.path(path)).collect();
        let operator = Person::at(system.base(), Some(system.operator()?));
        let mut answers = Vec::new();
        for path in &paths {
            answers.push(operator.get(path).await?.expect(200)?.json());
        }
        ensure!(system.stop()?.success(), "{}", system.log_tail());
        let at = at.to_string();
        let dump = system.run(&["projector", "dump", "--at", &at])?;
        ensure!(dump.code == 0 && dump.stdout.lines().count() > records, "{}", dump.stderr);
        let stopped = folder.path().join("stopped");
        copy_folder(&views(&system), &stopped)?;
        Ok(Self { system, paths, answers, at, dump: dump.stdout, copies: vec![stopped, killed], _folder: folder })
    }

    /// Puts a copy of the views in place.
    fn restore(&self, copy_of: &Path) -> anyhow::Result<PathBuf> {
        let views = views(&self.system);
        fs::remove_dir_all(&views)?;
        copy_folder(copy_of, &views)?;
        Ok(views)
    }

    /// Starts, and checks that every answer is refused or right until it is ready, and right from then on.
    pub async fn comes_back(&mut self, harm: &str) -> anyhow::Result<()> {
        self.system.spawn()?;
        self.system.listening().await?;
        let operator = Person::at(self.system.base(), Some(self.system.operator()?));
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ready = operator.get("/readyz").await?.status.is_success();
            let right = self.right_answers(&operator, harm).await?;
            if ready {
                ensure!(right == self.questions(), "{harm}: ready, and {right} of {} answers", self.questions());
                break;
            }
            ensure!(Instant::now() < deadline, "{harm}: not back in time:\n{}", self.system.log_tail());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        ensure!(self.system.stop()?.success(), "{harm}: {}", self.system.log_tail());
        let dump = self.system.run(&["projector", "dump", "--at", &self.at])?;
        ensure!(dump.stdout == self.dump, "{harm}: the dump differs; {}", dump.stderr);
        Ok(())
    }

    /// Asks everything once; answers how many answers came, of which each was right.
    pub async fn right_answers(&self, person: &Person, when: &str) -> anyhow::Result<usize> {
        let mut right = 0;
        for (path, expected) in self.paths.iter().zip(&self.answers) {
            let answer = person.get(path).await?;
            match answer.status.as_u16() {
                200 if answer.json() == *expected => right += 1,
                503 if answer.header("retry-after").is_some() => {}
                _ => anyhow::bail!("{when}: a wrong answer to {path}: {} {}", answer.status, answer.text),
            }
        }
        Ok(right)
    }

    /// How many answers there are.
    pub fn questions(&self) -> usize {
        self.paths.len()
    }

    /// Whether the store was filled anew.
    fn was_put_aside(&self) -> bool {
        let names = fs::read_dir(views(&self.system)).into_iter().flatten().flatten();
        names.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().contains("quarantine"))
    }
}

pub fn views(system: &System) -> PathBuf {
    system.data().join("views")
}

/// The files below a folder, in a fixed order, that have something in them.
fn files(folder: &Path) -> anyhow::Result<Vec<(PathBuf, u64)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let len = fs::metadata(&path)?.len();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if len > 0 {
            found.push((path, len));
        }
    }
    found.sort();
    Ok(found)
}

/// A file: half the time any of them, small ones included, else by the bytes that it has.
fn pick(views: &Path, rng: &mut StdRng) -> anyhow::Result<(PathBuf, u64)> {
    let files = files(views)?;
    if rng.random_bool(0.5) {
        return files.get(rng.random_range(0..files.len())).cloned().context("a file");
    }
    let mut at = rng.random_range(0..files.iter().map(|(_, len)| len).sum());
    for (path, len) in files {
        if at < len {
            return Ok((path, len));
        }
        at -= len;
    }
    anyhow::bail!("no file")
}

fn name(views: &Path, path: &Path) -> String {
    path.strip_prefix(views).unwrap_or(path).display().to_string()
}

/// Flips a bit in the folder.
fn flip(views: &Path, rng: &mut StdRng) -> anyhow::Result<String> {
    let (path, len) = pick(views, rng)?;
    let (at, bit) = (rng.random_range(0..len), rng.random_range(0..8));
    let mut bytes = fs::read(&path)?;
    bytes[usize::try_from(at)?] ^= 1 << bit;
    fs::write(&path, bytes)?;
    Ok(format!("bit {bit} of byte {at} of {} flipped", name(views, &path)))
}

/// Cuts off the end of a file.
fn truncate(views: &Path, rng: &mut StdRng) -> anyhow::Result<String> {
    let (path, len) = pick(views, rng)?;
    let keep = rng.random_range(0..len);
    fs::File::options().write(true).open(&path)?.set_len(keep)?;
    Ok(format!("{} truncated to {keep} bytes", name(views, &path)))
}

/// Deletes a file.
fn delete(views: &Path, rng: &mut StdRng) -> anyhow::Result<String> {
    let (path, _) = pick(views, rng)?;
    fs::remove_file(&path)?;
    Ok(format!("{} deleted", name(views, &path)))
}

/// Deletes the current store.
fn delete_store(views: &Path, _rng: &mut StdRng) -> anyhow::Result<String> {
    let current = fs::read_to_string(views.join("CURRENT"))?;
    fs::remove_dir_all(views.join(current.trim()))?;
    Ok("the current store deleted".to_owned())
}

/// Deletes everything.
fn delete_all(views: &Path, _rng: &mut StdRng) -> anyhow::Result<String> {
    fs::remove_dir_all(views)?;
    Ok("the folder deleted".to_owned())
}

/// Makes the current store one of an older version.
fn age(views: &Path, _rng: &mut StdRng) -> anyhow::Result<String> {
    read_model::testing::set_schema(views, read_model::SCHEMA - 1)?;
    Ok("the schema set back".to_owned())
}

type Harm = fn(&Path, &mut StdRng) -> anyhow::Result<String>;

async fn survives(scenario: &str, harms: &[(Harm, usize)], records: usize) -> anyhow::Result<()> {
    let mut rng = seeded(scenario);
    let mut stopped = Stopped::prepare(records).await?;
    let (mut rounds, mut put_aside) = (0, 0);
    for (harm, times) in harms {
        for _ in 0..*times {
            let copy_of = stopped.copies[rounds % stopped.copies.len()].clone();
            let harmed = harm(&stopped.restore(&copy_of)?, &mut rng)?;
            stopped.comes_back(&harmed).await?;
            rounds += 1;
            put_aside += usize::from(stopped.was_put_aside());
            if soak() {
                println!("{rounds}: {harmed}");
            }
        }
    }
    println!("{scenario}: {rounds} harms, {put_aside} stores put aside, no wrong answer");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_the_store_is_no_wrong_answer() -> anyhow::Result<()> {
    survives("a bit flipped in the store", &[(flip, count(6, 200))], count(200, 4_000)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_cut_or_deleted_or_old_is_filled_anew() -> anyhow::Result<()> {
    let harms: [(Harm, usize); 5] =
        [(truncate, count(2, 40)), (delete, count(1, 20)), (delete_store, 1), (delete_all, 1), (age, count(1, 2))];
    survives("the store cut, deleted and aged", &harms, count(200, 4_000)).await
}
