//! Adjudications: from a question to what the board says, and back.

use crate::pipeline::Scene;
use crate::support::history;
use crate::support::people::{Answer, Person};
use crate::support::system::System;
use reqwest::Method;
use serde_json::{Value, json};

/// A scene in which the ministry accuses and the brigade denies, each read by another annotator.
struct Contested {
    scene: Scene,
    accusation: String,
    denial: String,
    last: u64,
}

impl Contested {
    async fn set(system: &System) -> anyhow::Result<Self> {
        let scene = Scene::set(system, 2).await?;
        let readings = scene.project.path("readings");
        let [first, second] = &scene.project.annotators[..] else { anyhow::bail!("two annotators") };
        let accusation = first.post(&readings, &scene.accusation()).await?.expect(201)?.id();
        let denial = second.post(&readings, &scene.denial()).await?.expect(201)?;
        Ok(Self { accusation, last: denial.sequence(), denial: denial.id(), scene })
    }

    fn about(&self) -> Value {
        let accusation = self.scene.accusation();
        json!({"proposition": accusation["proposition"]})
    }

    async fn open(&self, targets: &Value) -> anyhow::Result<Answer> {
        let body = json!({"question": "Did they fire?", "targets": targets});
        self.scene.project.curator.post(&self.scene.project.path("adjudications"), &body).await
    }

    async fn change(&self, id: &str, part: &str, revision: u64, body: &Value) -> anyhow::Result<Answer> {
        let path = self.scene.project.path(&format!("adjudications/{id}/{part}"));
        let against = format!("\"{revision}\"");
        let headers = [("if-match", against.as_str())];
        self.scene.project.curator.ask(Method::POST, &path, &headers, Some(body.to_string())).await
    }

    async fn board(&self, after: &Answer) -> anyhow::Result<Value> {
        self.scene.board(&self.scene.project.annotators[0], after.sequence()).await
    }

    async fn list(&self, who: &Person, path: &str, after: &Answer) -> anyhow::Result<Vec<String>> {
        let at = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{at}at_least={}&wait_ms=5000", after.sequence());
        let list = who.get(&self.scene.project.path(&path)).await?.expect(200)?.json();
        let ids = list["items"].as_array().into_iter().flatten().filter_map(|item| item["id"].as_str());
        Ok(ids.map(str::to_owned).collect())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_is_the_status_until_it_is_overturned() -> anyhow::Result<()> {
    let system = System::start().await?;
    let contested = Contested::set(&system).await?;
    let opened = contested.open(&json!([contested.about()])).await?.expect(201)?;
    let again = contested.open(&json!([contested.about()])).await?;
    assert_eq!((again.status.as_u16(), again.code().as_str()), (409, "already_adjudicated"));
    assert_eq!(again.json()["adjudication"], json!(opened.id()));
    let finding = json!({
        "target": contested.about(), "outcome": "confirmed", "standard": "beyond_doubt",
        "reason": "The launcher was theirs.", "based_on": contested.last,
        "dissent": [{"by": "omar", "text": "It had been stolen."}],
    });
    let found = contested.change(&opened.id(), "findings", 1, &finding).await?.expect(201)?;
    let board = contested.board(&found).await?;
    assert_eq!((&board["status"], &board["finding"]), (&json!("adjudicated"), &Value::Null), "{board}");
    assert_eq!(board["disputes"][0]["kind"], "denied");
    let about = &board["propositions"][0];
    assert_eq!((&about["status"], &about["status_without_finding"]), (&json!("finding:confirmed"), &json!("denied")));
    let shown = &about["finding"];
    assert_eq!((&shown["adjudication"], &shown["outcome"]), (&json!(opened.id()), &json!("confirmed")), "{shown}");
    assert_eq!((&shown["standard"], &shown["based_on"]), (&json!("beyond_doubt"), &json!(contested.last)), "{shown}");
    assert_eq!((&shown["reason"], &shown["also"]), (&json!("The launcher was theirs."), &json!([])), "{shown}");
    assert_eq!(shown["dissent"][0]["text"], "It had been stolen.", "{shown}");
    assert_eq!(about["flags"], json!(["denied_by_accused"]));

    // What comes later makes it stale, and nothing else.
    let readings = contested.scene.project.path("readings");
    let more = contested.scene.project.annotators[1].post(&readings, &contested.scene.accusation()).await?;
    let board = contested.board(&more.expect(201)?).await?;
    assert_eq!(board["propositions"][0]["flags"], json!(["denied_by_accused", "stale"]));

    let why = json!({"reason": "The launcher was another one."});
    let overturned = contested.change(&opened.id(), "overturn", 2, &why).await?.expect(200)?;
    let board = contested.board(&overturned).await?;
    let about = &board["propositions"][0];
    assert_eq!((&board["status"], &about["status"]), (&json!("disputed"), &json!("denied")));
    assert_eq!(about["finding"], Value::Null);

    // As it was known while the finding counted.
    let project = &contested.scene.project;
    let path = format!("incidents/{}/board?as_of={}", contested.scene.incident, found.sequence());
    let board = project.curator.get(&project.path(&path)).await?.expect(200)?.json();
    assert_eq!(board["propositions"][0]["status"], "finding:confirmed");
    let reader = &project.annotators[0];
    for (filter, expected) in [
        ("adjudications", vec![opened.id()]),
        ("adjudications?status=overturned", vec![opened.id()]),
        ("adjudications?status=ruled", vec![]),
        ("adjudications?kind=proposition", vec![opened.id()]),
        ("adjudications?kind=reading", vec![]),
    ] {
        assert_eq!(contested.list(reader, filter, &overturned).await?, expected, "{filter}");
    }
    let path = format!("adjudications?incident={}", contested.scene.incident);
    assert_eq!(contested.list(reader, &path, &overturned).await?, [opened.id()]);
    let path = project.path(&format!("history/adjudication/{}", opened.id()));
    let history = reader.get(&path).await?.expect(200)?.json();
    let events = history["items"].as_array().into_iter().flatten().map(|record| &record["events"][0]["type"]);
    assert_eq!(events.collect::<Vec<_>>(), ["AdjudicationOpened", "FindingRecorded", "AdjudicationOverturned"]);
    let shown = reader.get(&project.path(&format!("adjudications/{}", opened.id()))).await?.expect(200)?;
    assert_eq!(shown.header("etag"), Some("\"3\""));
    assert_eq!(shown.json()["reason"], "The launcher was another one.");
    contested.open(&json!([contested.about()])).await?.expect(201)?;
    history::check(&history::records(project).await?)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_is_rejected_counts_again_once_the_ruling_is_reopened() -> anyhow::Result<()> {
    let system = System::start().await?;
    let contested = Contested::set(&system).await?;
    let project = &contested.scene.project;
    let targets = json!([{"reading": contested.accusation}, {"reading": contested.denial}]);
    let opened = contested.open(&targets).await?.expect(201)?;
    let rulings = json!({
        "uphold": [contested.accusation], "reject": [contested.denial], "reason": "It is the paper's own remark.",
        "based_on": contested.last,
    });
    let ruled = contested.change(&opened.id(), "rulings", 1, &rulings).await?.expect(201)?;
    let board = contested.board(&ruled).await?;
    assert_eq!(board["status"], "officially_attributed", "{board}");
    assert_eq!(board["propositions"][0]["opposition"], json!([]));
    let reader = &project.annotators[0];
    assert_eq!(
        contested.list(reader, "readings?status=rejected", &ruled).await?,
        std::slice::from_ref(&contested.denial)
    );

    // Each reader is told what was ruled on own readings, and what was upheld; people by a table.
    for (reader, verdict, upheld) in [(0, "upheld", 0), (1, "rejected", 1)] {
        let path = format!("me/feedback?at_least={}&wait_ms=5000", ruled.sequence());
        let feedback = project.annotators[reader].get(&project.path(&path)).await?.expect(200)?.json();
        let rulings = &feedback["items"][0]["rulings"];
        assert_eq!(rulings[0]["verdict"], verdict, "{feedback}");
        assert_eq!(rulings[0]["upheld"].as_array().map(Vec::len), Some(upheld), "{feedback}");
        assert_eq!(feedback["items"].as_array().map(Vec::len), Some(1), "{feedback}");
    }
    let printed = system.run(&["feedback", "--project", &project.id])?;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert!(printed.stdout.contains("Nothing was ruled on your readings yet."), "{}", printed.stdout);

    // Where only rulings count, what was upheld still does.
    let policy =
        project.operator.post(&project.path("policies"), &json!({"readings": "adjudicated"})).await?.expect(201)?;
    let board = contested.board(&policy).await?;
    assert_eq!((&board["policy"], &board["status"]), (&json!(1), &json!("officially_attributed")), "{board}");

    let why = json!({"reason": "The recording was found."});
    let reopened = contested.change(&opened.id(), "reopen", 2, &why).await?.expect(200)?;
    let board = contested.board(&reopened).await?;
    assert_eq!(
        (&board["status"], &board["propositions"][0]["flags"]),
        (&json!("unattributed"), &json!(["no_consensus"]))
    );
    let path = format!("incidents/{}/board?policy=0", contested.scene.incident);
    let board = reader.get(&project.path(&path)).await?.expect(200)?.json();
    assert_eq!(board["status"], "disputed", "{board}");
    Ok(())
}
