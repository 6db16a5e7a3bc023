//! What is erased is found nowhere any more, and the log proves itself all the same.

use crate::pipeline::Scene;
use crate::support::people::Person;
use crate::support::system::System;
use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Words of the scene's report, by some bytes apart each: none may be found.
const WORDS: [&str; 3] = ["before dawn", "said the ministry of", "had fired nothing"];

/// Files below a folder in which some of the words stand.
fn with_words(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(with_words(&path)?);
        } else {
            let bytes = fs::read(&path)?;
            let has = |word: &&str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
            if WORDS.iter().any(has) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn path_of(folder: &Path) -> anyhow::Result<&str> {
    folder.to_str().context("a path in UTF-8")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_an_erased_text_is_left_and_the_log_proves_itself() -> anyhow::Result<()> {
    let mut system = System::start().await?;
    let scene = Scene::set(&system, 1).await?;
    let (project, annotator) = (&scene.project, &scene.project.annotators[0]);
    let operator = Person::at(system.base(), Some(system.operator()?));
    let readings = project.path("readings");
    annotator.post(&readings, &scene.accusation()).await?.expect(201)?;
    let read = annotator.post(&readings, &scene.denial()).await?.expect(201)?;
    let board = scene.board(annotator, read.sequence()).await?;
    ensure!(board["propositions"][0]["support"][0]["quotes"][0]["exact"] == "The Banner Brigade fired them", "{board}");
    ensure!(!with_words(&system.data())?.is_empty(), "the text is stored");
    let head = operator.get(&project.path("log/head")).await?.expect(200)?.json();
    let before = tempfile::tempdir()?;
    let exported = system.run(&["export", "log", "--to", path_of(before.path())?])?;
    ensure!(exported.code == 0, "{}", exported.stderr);

    let text = project.path(&format!("documents/{}/revisions/1/text", scene.document));
    ensure!(annotator.get(&text).await?.expect(200)?.header("gainsay-text-salt").is_some());
    let reason = json!({"reason": "A witness is in danger."}).to_string();
    let erase = async |who: &Person| who.ask(Method::DELETE, &text, &[], Some(reason.clone())).await;
    erase(&project.curator).await?.expect(403)?;
    let erased = erase(&operator).await?.expect(200)?;
    let again = erase(&operator).await?.expect(409)?;
    ensure!(again.code() == "already_erased", "{}", again.json());

    // Quoted nowhere, as of no position; what was read stands.
    for as_of in [erased.sequence(), read.sequence()] {
        let path = project.path(&format!("incidents/{}/board?as_of={as_of}", scene.incident));
        let path = format!("{path}&at_least={}&wait_ms=5000", erased.sequence());
        let shown = annotator.get(&path).await?.expect(200)?.json();
        ensure!(shown["status"] == "disputed", "{shown}");
        let quote = &shown["propositions"][0]["support"][0]["quotes"][0];
        ensure!(quote["erased"] == true && quote["exact"] == Value::Null, "{shown}");
    }
    let gone = annotator.get(&text).await?.expect(410)?;
    ensure!(gone.code() == "text_erased", "{}", gone.json());
    let document = annotator.get(&project.path(&format!("documents/{}", scene.document))).await?.expect(200)?.json();
    ensure!(document["revisions"][0]["erased"]["reason"] == "A witness is in danger.", "{document}");
    let refused = annotator.post(&readings, &scene.accusation()).await?.expect(409)?;
    ensure!(refused.code() == "text_erased", "{}", refused.json());

    // Another text of the same words, by the command.
    let other = json!({"title": "Rockets", "source": scene.source, "text": WORDS.join(", ")});
    let other = project.create("documents", &other).await?;
    ensure!(!with_words(&system.data())?.is_empty(), "the text is stored");
    let (server, id) = (system.base().to_owned(), &project.id);
    let args = ["erase", &other, "--project", id, "--server", &server, "--reason", "It was wrong."];
    let done = system.run(&args)?;
    ensure!(done.code == 0 && done.stdout.contains("revision 1 was erased"), "{}{}", done.stdout, done.stderr);
    let refused = system.run(&args)?;
    ensure!(refused.code == 3 && refused.stderr.contains("already_erased"), "{}{}", refused.stdout, refused.stderr);

    ensure!(with_words(&system.data())?.is_empty(), "{:?}", with_words(&system.data())?);
    ensure!(system.stop()?.success(), "{}", system.log_tail());
    ensure!(with_words(&system.data())?.is_empty(), "{:?}", with_words(&system.data())?);

    // The log is the one that it was, and proves that.
    let earlier = tempfile::NamedTempFile::new()?;
    fs::write(earlier.path(), head.to_string())?;
    let proven = system.run(&["verify", "--texts", "--since", path_of(earlier.path())?])?;
    ensure!(proven.code == 0, "{}{}", proven.stdout, proven.stderr);

    // An archive from before still has the text, so it does not go on; a new one has none.
    let refused = system.run(&["export", "log", "--to", path_of(before.path())?])?;
    ensure!(refused.code == 3 && refused.stderr.contains("export anew"), "{}{}", refused.stdout, refused.stderr);
    let archive = tempfile::tempdir()?;
    let to = path_of(archive.path())?;
    let exported = system.run(&["export", "log", "--to", to])?;
    ensure!(exported.code == 0, "{}{}", exported.stdout, exported.stderr);
    let checked = system.run(&["verify", "--archive", to])?;
    ensure!(checked.code == 0, "{}{}", checked.stdout, checked.stderr);
    let manifest: Value = serde_json::from_slice(&fs::read(archive.path().join("manifest.json"))?)?;
    ensure!(manifest.to_string().contains("\"erased\""), "{manifest}");

    let mut other = System::prepare(&[])?;
    let imported = other.run(&["import", "log", "--from", to])?;
    ensure!(imported.code == 0, "{}{}", imported.stdout, imported.stderr);
    other.launch().await?;
    let reader = Person::at(other.base(), Some(other.operator()?));
    reader.get(&text).await?.expect(410)?;
    ensure!(other.stop()?.success(), "{}", other.log_tail());
    ensure!(with_words(&other.data())?.is_empty(), "{:?}", with_words(&other.data())?);
    let proven = other.run(&["verify", "--texts"])?;
    ensure!(proven.code == 0, "{}{}", proven.stdout, proven.stderr);
    Ok(())
}
