//! The log out to an archive and into another installation, by the commands that operators use.

use crate::pipeline::Scene;
use crate::support::people::Person;
use crate::support::system::{System, on_log};
use crate::support::{count, seeded};
use anyhow::ensure;
use event_log::EventLog;
use event_log::testing::TestServer;
use futures::TryStreamExt;
use rand::RngExt;
use serde_json::Value;
use std::fs;
use std::path::Path;

fn text(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

/// Runs a command that must succeed, and gives what it printed as JSON.
fn run(system: &System, args: &[&str]) -> anyhow::Result<Value> {
    let output = system.run(args)?;
    ensure!(output.code == 0, "{args:?} ends with {}: {}{}", output.code, output.stdout, output.stderr);
    Ok(serde_json::from_str(&output.stdout)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_exported_and_imported_is_served_as_it_was() -> anyhow::Result<()> {
    let mut rng = seeded("a log exported and imported");
    let mut system = System::start().await?;
    let scene = Scene::set(&system, 2).await?;
    let [first, second] = &scene.project.annotators[..] else { anyhow::bail!("two annotators") };
    first.post(&scene.project.path("readings"), &scene.accusation()).await?.expect(201)?;
    let archive = tempfile::tempdir()?;
    let to = text(archive.path());
    // Beside the running service; then what came since.
    let begun = run(&system, &["export", "log", "--to", to, "--json"])?;
    scene.write_actors(count(80, 8_000)).await?;
    let read = second.post(&scene.project.path("readings"), &scene.denial()).await?.expect(201)?;
    scene.board(second, read.sequence()).await?;
    // As of then: a service that starts without a token of the operator records that it issues one.
    let (project, incident) = (&scene.project.id, &scene.incident);
    let path = format!("/v1/projects/{project}/incidents/{incident}/board?quotes=1&as_of={}", read.sequence());
    let board = Person::at(system.base(), Some(system.operator()?)).get(&path).await?.expect(200)?.json();
    ensure!(board["status"] == "disputed" && board["as_of"] == read.sequence(), "{board}");
    ensure!(system.stop()?.success(), "{}", system.log_tail());
    let exported = run(&system, &["export", "log", "--to", to, "--json"])?;
    let last = exported["last"].as_u64().unwrap_or_default();
    ensure!(exported["records"].as_u64() == Some(last - begun["last"].as_u64().unwrap_or_default()), "{exported}");
    let whole = tempfile::tempdir()?;
    let at_once = run(&system, &["export", "log", "--to", text(whole.path()), "--json"])?;
    ensure!(at_once["tree"] == exported["tree"] && at_once["checksum"] == exported["checksum"], "{at_once} {exported}");

    let mut other = System::prepare(&[])?;
    let verified = run(&other, &["verify", "--archive", to, "--json"])?;
    ensure!(verified["sound"] == true && verified["tree"] == exported["tree"], "{verified}");
    let imported = run(&other, &["import", "log", "--from", to, "--json"])?;
    ensure!(imported["tree"] == exported["tree"] && imported["log"] == exported["log"], "{imported} {exported}");
    other.launch().await?;
    let operator = Person::at(other.base(), Some(other.operator()?));
    let restored = operator.get(&path).await?.expect(200)?.json();
    ensure!(restored == board, "{restored}\n{board}");
    ensure!(other.stop()?.success(), "{}", other.log_tail());
    let dump = |system: &System| system.run(&["projector", "dump", "--at", &last.to_string()]);
    let (before, after) = (dump(&system)?, dump(&other)?);
    ensure!(before.code == 0 && !before.stdout.is_empty(), "{}", before.stderr);
    ensure!(before.stdout == after.stdout, "the dumps differ");
    let proven = other.run(&["verify", "--texts"])?;
    ensure!(proven.code == 0, "{}{}", proven.stdout, proven.stderr);

    // The other installation has records now, of the same log and of another.
    let mut third = System::start().await?;
    Scene::set(&third, 1).await?;
    ensure!(third.stop()?.success(), "{}", third.log_tail());
    let refused = third.run(&["import", "log", "--from", to])?;
    ensure!(refused.code == 3 && refused.stderr.contains("an empty installation only"), "{}", refused.stderr);

    let mut parts = Vec::new();
    for entry in fs::read_dir(archive.path().join("segments"))? {
        parts.push(entry?.path());
    }
    let part = parts[rng.random_range(0..parts.len())].clone();
    let mut bytes = fs::read(&part)?;
    let at = rng.random_range(0..bytes.len());
    bytes[at] ^= 1 << rng.random_range(0..8);
    fs::write(&part, bytes)?;
    let name = part.strip_prefix(archive.path())?;
    let found = other.run(&["verify", "--archive", to])?;
    ensure!(found.code == 5 && found.stdout.contains(text(name)), "{}{}", found.stdout, found.stderr);
    let empty = System::prepare(&[])?;
    let refused = empty.run(&["import", "log", "--from", to])?;
    ensure!(refused.code == 5 && !empty.data().join("nats").exists(), "{}{}", refused.stdout, refused.stderr);
    println!("a log exported and imported: {last} records, a bit of byte {at} of {} flipped and found", text(name));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_missing_is_told_by_export_and_import() -> anyhow::Result<()> {
    let (server, other) = (TestServer::start().await, TestServer::start().await);
    let mut system = System::start_on(&server.settings()).await?;
    Scene::set(&system, 1).await?;
    ensure!(system.stop()?.success(), "{}", system.log_tail());
    let log = EventLog::connect(&server.settings()).await?;
    let texts = log.texts().await?;
    let objects: Vec<_> = texts.list().await?.try_collect().await?;
    let gone = objects.iter().find_map(|object| object.key);
    let gone = gone.ok_or_else(|| anyhow::anyhow!("no text in {objects:?}"))?;
    texts.erase(&gone).await?;
    drop(log);

    let archive = tempfile::tempdir()?;
    let to = text(archive.path());
    let run_on = |server: &TestServer, args: &[&str]| {
        let on = on_log(&server.settings());
        system.run(&args.iter().copied().chain(on.iter().map(String::as_str)).collect::<Vec<_>>())
    };
    let exported = run_on(&server, &["export", "log", "--to", to, "--json"])?;
    let printed: Value = serde_json::from_str(&exported.stdout)?;
    ensure!(exported.code == 5 && printed["texts_missing"][0]["text"] == gone.to_string(), "{printed}");
    let exported = run_on(&server, &["export", "log", "--to", to])?;
    let told = format!("{gone}, was missing when it was exported");
    ensure!(exported.code == 5 && exported.stdout.contains(&told), "{}{}", exported.stdout, exported.stderr);
    let verified = system.run(&["verify", "--archive", to])?;
    ensure!(verified.code == 0 && verified.stdout.contains(&told), "{}{}", verified.stdout, verified.stderr);
    let imported = run_on(&other, &["import", "log", "--from", to])?;
    ensure!(imported.code == 0 && imported.stdout.contains(&told), "{}{}", imported.stdout, imported.stderr);
    let proven = run_on(&other, &["verify", "--texts"])?;
    ensure!(proven.code == 5 && proven.stdout.contains("its text is missing"), "{}{}", proven.stdout, proven.stderr);
    Ok(())
}
