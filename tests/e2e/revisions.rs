//! A document whose text changes: its annotations follow, or are listed as lost.

use crate::pipeline::Scene;
use crate::support::people::Answer;
use crate::support::system::System;
use serde_json::{Value, json};

/// The scene's document, and the annotation of its accusation.
struct Accused {
    scene: Scene,
    annotation: String,
    document: String,
    text: String,
}

impl Accused {
    async fn set(system: &System) -> anyhow::Result<Self> {
        let scene = Scene::set(system, 2).await?;
        let project = &scene.project;
        let read = project.annotators[0].post(&project.path("readings"), &scene.accusation()).await?.expect(201)?;
        let annotation = read.json()["annotations"][0].as_str().unwrap_or_default().to_owned();
        let mut accused = Self { annotation, document: String::new(), text: String::new(), scene };
        let shown = accused.shown(&read).await?;
        accused.document = shown["document"].as_str().unwrap_or_default().to_owned();
        let path = format!("documents/{}/revisions/1/text", accused.document);
        accused.text = accused.scene.project.curator.get(&accused.scene.project.path(&path)).await?.expect(200)?.text;
        Ok(accused)
    }

    async fn capture(&self, text: &str) -> anyhow::Result<Answer> {
        let project = &self.scene.project;
        let body = json!({"text": text, "captured_at": "2021-05-06T08:00:00Z"});
        let path = project.path(&format!("documents/{}/revisions", self.document));
        project.curator.post(&path, &body).await?.expect(201)
    }

    async fn read(&self, path: &str, after: &Answer) -> anyhow::Result<Value> {
        let project = &self.scene.project;
        let mark = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{mark}at_least={}&wait_ms=5000", after.sequence());
        Ok(project.curator.get(&project.path(&path)).await?.expect(200)?.json())
    }

    async fn shown(&self, after: &Answer) -> anyhow::Result<Value> {
        self.read(&format!("annotations/{}", self.annotation), after).await
    }

    async fn quotes(&self, after: &Answer) -> anyhow::Result<Value> {
        let board = self.read(&format!("incidents/{}/board", self.scene.incident), after).await?;
        Ok(board["propositions"][0]["support"][0]["quotes"].clone())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_quotes_the_revision_on_which_a_passage_stands() -> anyhow::Result<()> {
    let system = System::start().await?;
    let accused = Accused::set(&system).await?;
    let text = format!("CORRECTION \u{1f6a8}\r\n{}", accused.text);
    let captured = accused.capture(&text).await?;
    assert_eq!((&captured.json()["reanchored"], &captured.json()["lost"]), (&json!(1), &json!([])));

    let shown = accused.shown(&captured).await?;
    assert_eq!((&shown["document_revision"], &shown["status"]), (&json!(2), &json!("live")));
    assert_eq!(shown["anchor"], json!({"score": 1_000_000, "method": "unchanged"}));
    let was = &shown["earlier"][0];
    assert_eq!((&was["revision"], &was["rating"]), (&json!(1), &Value::Null));
    assert_eq!(was["start"].as_u64().map(|start| start + 14), shown["start"].as_u64());
    let quotes = accused.quotes(&captured).await?;
    assert_eq!((&quotes[0]["revision"], &quotes[0]["start"]), (&json!(2), &shown["start"]));
    assert_eq!((&quotes[0]["exact"], quotes[0]["exact"].is_string()), (&shown["exact"], true));
    // As of before, it stands where it stood.
    let past = format!("annotations/{}?as_of={}", accused.annotation, captured.sequence() - 1);
    assert_eq!(accused.read(&past, &captured).await?["document_revision"], json!(1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_passage_is_listed_and_still_evidence() -> anyhow::Result<()> {
    let system = System::start().await?;
    let accused = Accused::set(&system).await?;
    let captured = accused.capture("The report was withdrawn.").await?;
    assert_eq!(captured.json()["lost"], json!([accused.annotation]));
    let shown = accused.shown(&captured).await?;
    assert_eq!((&shown["document_revision"], &shown["status"]), (&json!(1), &json!("lost")));
    assert_eq!(shown["lost"], json!({"revision": 2, "reason": "not_found"}));
    let lost = accused.read("annotations?status=lost", &captured).await?;
    assert_eq!(
        (&lost["items"][0]["id"], lost["items"].as_array().map(Vec::len)),
        (&json!(accused.annotation), Some(1))
    );
    assert_eq!(accused.read("annotations?status=live", &captured).await?["items"], json!([]));
    assert_eq!(accused.read("readings?status=live", &captured).await?["items"].as_array().map(Vec::len), Some(1));
    let quotes = accused.quotes(&captured).await?;
    assert_eq!((&quotes[0]["revision"], quotes[0]["exact"].is_string()), (&json!(1), true));

    let restored = accused.capture(&accused.text).await?;
    let shown = accused.shown(&restored).await?;
    assert_eq!((&shown["document_revision"], &shown["status"]), (&json!(3), &json!("live")));
    Ok(())
}
