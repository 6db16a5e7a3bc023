//! Copies of one report: from a suggestion to what the board says of its origins.

use crate::pipeline::Scene;
use crate::support::people::{Answer, quote};
use crate::support::system::System;
use reqwest::Method;
use serde_json::{Value, json};

const REPRINT: &str = "From our wire service: \"The Banner Brigade fired them,\" the ministry said.";

/// A scene in which the ministry's accusation was read in the wire's report and in a paper's reprint.
struct Copied {
    scene: Scene,
    /// The annotations of the reprint and of the wire's report.
    copy: String,
    original: String,
}

impl Copied {
    async fn set(system: &System) -> anyhow::Result<Self> {
        let scene = Scene::set(system, 2).await?;
        let project = &scene.project;
        let paper = project.create("sources", &json!({"name": "Evening Paper", "kind": "outlet"})).await?;
        let reprint = json!({"title": "Ministry blames brigade", "source": paper, "text": REPRINT});
        let reprint = project.create("documents", &reprint).await?;
        let mut in_reprint = scene.accusation();
        in_reprint["evidence"] = json!([quote(&reprint, REPRINT, "The Banner Brigade fired them", "content")]);
        let mut annotations = Vec::new();
        for reading in [in_reprint, scene.accusation()] {
            let path = project.path("readings");
            let read = project.annotators[0].post(&path, &reading).await?.expect(201)?;
            let path = format!("{path}/{}?at_least={}&wait_ms=5000", read.id(), read.sequence());
            let reading = project.annotators[0].get(&path).await?.expect(200)?.json();
            annotations.push(reading["claim"]["evidence"][0].as_str().unwrap_or_default().to_owned());
        }
        let original = annotations.remove(1);
        Ok(Self { copy: annotations.remove(0), original, scene })
    }

    /// A view of the incident that knows of this write.
    async fn view(&self, view: &str, after: &Answer) -> anyhow::Result<Value> {
        let project = &self.scene.project;
        let path = format!("incidents/{}/{view}?at_least={}&wait_ms=5000", self.scene.incident, after.sequence());
        Ok(project.curator.get(&project.path(&path)).await?.expect(200)?.json())
    }

    async fn suggest(&self, from: &str, to: &str) -> anyhow::Result<Answer> {
        let body = json!({"from": from, "to": to, "kind": "syndicates"});
        let project = &self.scene.project;
        project.annotators[1].post(&project.path("derivations"), &body).await?.expect(201)
    }

    async fn rule(&self, derivation: &str, revision: u64, verdict: &str) -> anyhow::Result<Answer> {
        let body = json!({"verdict": verdict, "reason": "the same words, and the paper names the wire"});
        let path = self.scene.project.path(&format!("derivations/{derivation}/verdict"));
        let against = format!("\"{revision}\"");
        let headers = [("if-match", against.as_str())];
        self.scene.project.curator.ask(Method::PUT, &path, &headers, Some(body.to_string())).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_copy_is_no_second_witness() -> anyhow::Result<()> {
    let system = System::start().await?;
    let copied = Copied::set(&system).await?;
    let suggested = copied.suggest(&copied.copy, &copied.original).await?;
    let board = copied.view("board", &suggested).await?;
    assert_eq!(board["corroboration"], json!({"kind": "multi_origin", "origins": 2}));
    assert_eq!(
        (&board["propositions"][0]["n_support"], &board["propositions"][0]["n_witness"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(board["propositions"][0]["opinion"]["belief"], json!(0.888_889));

    let confirmed = copied.rule(&suggested.id(), 1, "confirmed").await?.expect(200)?;
    let board = copied.view("board", &confirmed).await?;
    assert_eq!(board["corroboration"], json!({"kind": "single_origin", "origins": 1}));
    assert_eq!(board["propositions"][0]["n_witness"], json!(1));
    assert_eq!(board["propositions"][0]["opinion"]["belief"], json!(0.8));

    let graph = copied.view("origins", &confirmed).await?;
    let passages = graph["passages"].as_array().cloned().unwrap_or_default();
    let told = |passage: &Value| (passage["document"]["name"].clone(), passage["origin"].clone());
    let mut titles: Vec<_> = passages.iter().map(told).collect();
    titles.sort_by_key(|(title, _)| title.to_string());
    assert_eq!(titles, [(json!("Ministry blames brigade"), json!(false)), (json!("Rockets"), json!(true))]);
    assert!(passages.iter().all(|passage| passage["quote"]["exact"] == "The Banner Brigade fired them"), "{graph}");
    let edge = &graph["derivations"][0];
    assert_eq!((&edge["from"], &edge["to"]), (&json!(copied.copy), &json!(copied.original)));
    assert_eq!((&edge["kind"], &edge["status"]), (&json!("syndicates"), &json!("confirmed")));

    // Another verdict follows; both are in the log, and who was late is told so.
    assert_eq!(copied.rule(&suggested.id(), 1, "rejected").await?.status.as_u16(), 412);
    let rejected = copied.rule(&suggested.id(), 2, "rejected").await?.expect(200)?;
    let board = copied.view("board", &rejected).await?;
    assert_eq!(board["corroboration"]["origins"], json!(2));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_that_copy_each_other_are_circular_until_one_is_declared_the_origin() -> anyhow::Result<()> {
    let system = System::start().await?;
    let copied = Copied::set(&system).await?;
    for (from, to) in [(&copied.copy, &copied.original), (&copied.original, &copied.copy)] {
        let suggested = copied.suggest(from, to).await?;
        copied.rule(&suggested.id(), 1, "confirmed").await?.expect(200)?;
    }
    let project = &copied.scene.project;
    let last = project.curator.post(&project.path("actors"), &json!({"name": "Bystander", "kind": "person"})).await?;
    let board = copied.view("board", &last).await?;
    assert_eq!(board["corroboration"], json!({"kind": "circular", "origins": 0}));
    assert_eq!(copied.view("origins", &last).await?["circles"].as_array().map(Vec::len), Some(1));

    let origin = json!({"annotation": copied.original, "reason": "its reporter was at the ministry"});
    let declared = project.curator.post(&project.path("origins"), &origin).await?.expect(201)?;
    let board = copied.view("board", &declared).await?;
    assert_eq!(board["corroboration"], json!({"kind": "single_origin", "origins": 1}));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_near_duplicate_is_suggested_once_and_changes_nothing_until_somebody_confirms_it() -> anyhow::Result<()> {
    let system = System::start().await?;
    let copied = Copied::set(&system).await?;
    let project = &copied.scene.project;
    let suggest = |arguments: &[&str]| -> anyhow::Result<Value> {
        let command = [&["suggest", "derivations", "--json", "--project", project.id.as_str()], arguments].concat();
        let printed = system.run(&command)?;
        assert_eq!(printed.code, 0, "{}", printed.stderr);
        Ok(serde_json::from_str(&printed.stdout)?)
    };
    let stored = async || {
        let list = project.curator.get(&project.path("derivations")).await?.expect(200)?.json();
        anyhow::Ok(list["items"].as_array().cloned().unwrap_or_default())
    };

    let looked = suggest(&["--dry-run"])?;
    assert_eq!(looked.as_array().map(Vec::len), Some(1), "{looked}");
    let pair = [looked[0]["from"].as_str(), looked[0]["to"].as_str()].map(Option::unwrap_or_default);
    // The report has a date and the reprint none, so that the reprint is the later one, though it was marked first.
    assert_eq!(pair, [copied.copy.as_str(), copied.original.as_str()], "{looked}");
    assert_eq!(
        (&looked[0]["likeness_percent"], &looked[0]["quote"]),
        (&json!(100), &json!("The Banner Brigade fired them"))
    );
    assert!(stored().await?.is_empty());

    assert_eq!(suggest(&[])?, looked);
    assert_eq!(suggest(&[])?, json!([]), "it is suggested already");
    let known = stored().await?;
    assert_eq!(known.len(), 1, "{known:?}");
    assert_eq!((&known[0]["kind"], &known[0]["status"]), (&json!("near_duplicate"), &json!("suggested")));
    assert_eq!([known[0]["from"].as_str(), known[0]["to"].as_str()].map(Option::unwrap_or_default), pair);
    let last = project.curator.post(&project.path("actors"), &json!({"name": "Bystander", "kind": "person"})).await?;
    assert_eq!(copied.view("board", &last).await?["corroboration"]["origins"], json!(2));

    // What people rejected is not suggested again, and what they confirmed counts.
    let derivation = known[0]["id"].as_str().unwrap_or_default();
    let rejected = copied.rule(derivation, 1, "rejected").await?.expect(200)?;
    copied.view("board", &rejected).await?;
    assert_eq!(suggest(&["--dry-run"])?, json!([]));
    let confirmed = copied.rule(derivation, 2, "confirmed").await?.expect(200)?;
    assert_eq!(copied.view("board", &confirmed).await?["corroboration"]["origins"], json!(1));
    Ok(())
}
