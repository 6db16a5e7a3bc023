//! From a sentence to a dispute board.

use crate::support::history;
use crate::support::people::{Person, Project, quote};
use crate::support::system::System;
use reqwest::Method;
use serde_json::{Value, json};

const REPORT: &str = "Rockets fell on the air base before dawn. \"The Banner Brigade fired them,\" said the ministry of \
                      defence on Tuesday.\r\nالفصيل 🇮🇶 denied it: the brigade said that it had fired nothing.";

/// A project with one document, one incident, a ministry and an accused brigade.
pub struct Scene {
    pub project: Project,
    pub document: String,
    pub incident: String,
    pub ministry: String,
    pub brigade: String,
    pub source: String,
}

impl Scene {
    pub async fn set(system: &System, annotators: usize) -> anyhow::Result<Self> {
        Self::set_in(Project::make(system, annotators).await?).await
    }

    /// Sets the scene in a project that is there.
    pub async fn set_in(project: Project) -> anyhow::Result<Self> {
        let source = project.create("sources", &json!({"name": "River Wire", "kind": "agency"})).await?;
        let document = project
            .create(
                "documents",
                &json!({"title": "Rockets", "source": source, "text": REPORT, "published": "2021-05-05"}),
            )
            .await?;
        let incident = project
            .create(
                "incidents",
                &json!({"title": "Rockets on the air base", "when": "2021-05-04", "kind": "rocket_attack"}),
            )
            .await?;
        let ministry = project.create("actors", &json!({"name": "Ministry of Defence", "kind": "state_body"})).await?;
        let brigade = project.create("actors", &json!({"name": "Banner Brigade", "kind": "organisation"})).await?;
        Ok(Self { project, document, incident, ministry, brigade, source })
    }

    /// The ministry's accusation, as a reading with its passage.
    pub fn accusation(&self) -> Value {
        self.reading(&self.ministry, "accuses", "+", "The Banner Brigade fired them")
    }

    /// The brigade's denial.
    pub fn denial(&self) -> Value {
        self.reading(&self.brigade, "denies", "-", "the brigade said that it had fired nothing")
    }

    fn reading(&self, speaker: &str, act: &str, polarity: &str, exact: &str) -> Value {
        json!({
            "speakers": [{"source": self.source, "stance": "relays"}, {"actor": speaker}],
            "act": act,
            "proposition": {"incident": self.incident, "facet": "who", "actor": self.brigade, "role": "perpetrator"},
            "polarity": polarity,
            "certainty": "CT",
            "evidence": [quote(&self.document, REPORT, exact, "content")],
        })
    }

    /// Writes so many actors, some at the same time.
    pub async fn write_actors(&self, records: usize) -> anyhow::Result<()> {
        const CLIENTS: usize = 8;
        let writers = (0..CLIENTS).map(|client| async move {
            for n in 0..records / CLIENTS {
                self.project
                    .create("actors", &json!({"name": format!("Brigade {client}/{n}"), "kind": "organisation"}))
                    .await?;
            }
            anyhow::Ok(())
        });
        futures::future::try_join_all(writers).await.map(drop)
    }

    pub async fn board(&self, as_whom: &Person, at_least: u64) -> anyhow::Result<Value> {
        let path = self.project.path(&format!("incidents/{}/board?at_least={at_least}&wait_ms=5000", self.incident));
        Ok(as_whom.get(&path).await?.expect(200)?.json())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accusation_and_a_denial_by_two_annotators_become_a_dispute() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 2).await?;
    let [first, second] = &scene.project.annotators[..] else { anyhow::bail!("two annotators") };
    let readings = scene.project.path("readings");
    let read = first.post(&readings, &scene.accusation()).await?.expect(201)?;
    let board = scene.board(first, read.sequence()).await?;
    assert_eq!(board["status"], "officially_attributed", "{board}");
    assert_eq!(board["as_of"].as_u64(), Some(read.sequence()));

    // The same passage read by another annotator is the same utterance.
    second.post(&readings, &scene.accusation()).await?.expect(201)?;
    let denied = second.post(&readings, &scene.denial()).await?.expect(201)?;
    let board = scene.board(first, denied.sequence()).await?;
    assert_eq!(board["status"], "disputed", "{board}");
    assert_eq!(board["disputes"][0]["kind"], "denied");
    let proposition = &board["propositions"][0];
    assert_eq!(proposition["status"], "denied");
    assert_eq!(proposition["flags"], json!(["denied_by_accused"]));
    assert_eq!(proposition["n_support"], 1);
    assert_eq!(proposition["support"][0]["readings"].as_array().map(Vec::len), Some(2));
    assert_eq!(proposition["support"][0]["quotes"][0]["exact"], "The Banner Brigade fired them");
    assert_eq!(proposition["opposition"][0]["quotes"][0]["exact"], "the brigade said that it had fired nothing");

    // As it was known before the denial.
    let path = scene.project.path(&format!("incidents/{}/board?as_of={}", scene.incident, denied.sequence() - 2));
    assert_eq!(first.get(&path).await?.expect(200)?.json()["status"], "officially_attributed");

    let path = scene.project.path(&format!("history/reading/{}", read.id()));
    let history = first.get(&path).await?.expect(200)?.json();
    assert_eq!(history["items"][0]["events"][0]["type"], "ClaimRead", "{history}");

    let records = history::records(&scene.project).await?;
    history::check(&records)?;
    assert!(!records.iter().any(|record| record.to_string().contains("fired nothing")), "a record holds document text");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_derivation_is_suggested_judged_and_read_with_its_history() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 1).await?;
    let (project, annotator, curator) = (&scene.project, &scene.project.annotators[0], &scene.project.curator);
    let original = project.create("annotations", &quote(&scene.document, REPORT, "fired them", "content")).await?;
    let copy = project.create("annotations", &quote(&scene.document, REPORT, "fired nothing", "content")).await?;
    let derivation = json!({"from": copy, "to": original, "kind": "paraphrases"});
    let derivation = annotator.post(&project.path("derivations"), &derivation).await?.expect(201)?.id();
    let path = project.path(&format!("derivations/{derivation}"));
    let confirm = async |judge: &Person| {
        let verdict = json!({"verdict": "confirmed", "reason": "Compared."}).to_string();
        judge.ask(Method::PUT, &format!("{path}/verdict"), &[("if-match", "\"1\"")], Some(verdict)).await
    };
    let forbidden = confirm(annotator).await?;
    assert_eq!((forbidden.status.as_u16(), forbidden.code().as_str()), (403, "forbidden"));
    confirm(curator).await?.expect(200)?;
    let origin = json!({"annotation": original, "reason": "Its reporter was there."});
    let origin = curator.post(&project.path("origins"), &origin).await?.expect(201)?;

    let after = format!("at_least={}&wait_ms=5000", origin.sequence());
    let shown = annotator.get(&format!("{path}?{after}")).await?.expect(200)?;
    assert_eq!(shown.header("etag"), Some("\"2\""));
    let shown = shown.json();
    assert_eq!((&shown["kind"], &shown["status"]), (&json!("paraphrases"), &json!("confirmed")), "{shown}");
    assert_eq!((&shown["from"], &shown["to"]), (&json!(copy), &json!(original)), "{shown}");
    assert_eq!(shown["reason"], "Compared.", "{shown}");
    for (filter, expected) in [
        ("", vec![derivation.clone(), origin.id()]),
        ("&status=confirmed", vec![derivation.clone()]),
        ("&status=suggested", vec![]),
        ("&kind=origin", vec![origin.id()]),
        ("&author=person-0", vec![origin.id()]),
    ] {
        let list = annotator.get(&project.path(&format!("derivations?{after}{filter}"))).await?.expect(200)?.json();
        let ids = list["items"].as_array().into_iter().flatten().filter_map(|item| item["id"].as_str());
        assert_eq!(ids.collect::<Vec<_>>(), expected, "{filter}: {list}");
    }
    let history = annotator.get(&project.path(&format!("history/derivation/{derivation}"))).await?.expect(200)?.json();
    let events = history["items"].as_array().into_iter().flatten().map(|record| &record["events"][0]["type"]);
    assert_eq!(events.collect::<Vec<_>>(), ["DerivationSuggested", "DerivationConfirmed"], "{history}");
    history::check(&history::records(project).await?)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retracted_reading_leaves_the_board_and_stays_in_history() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 1).await?;
    let annotator = &scene.project.annotators[0];
    let read = annotator.post(&scene.project.path("readings"), &scene.accusation()).await?.expect(201)?;
    let path = scene.project.path(&format!("readings/{}", read.id()));
    let gone = annotator.ask(Method::DELETE, &path, &[("if-match", "\"1\"")], None).await?.expect(200)?;
    let board = scene.board(annotator, gone.sequence()).await?;
    assert_eq!(board["status"], "unattributed", "{board}");
    assert_eq!(board["propositions"], json!([]));
    assert_eq!(annotator.get(&path).await?.expect(200)?.json()["status"], "retracted");
    let history = scene.project.path(&format!("history/reading/{}", read.id()));
    assert_eq!(annotator.get(&history).await?.expect(200)?.json()["items"].as_array().map(Vec::len), Some(2));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_policy_is_another_board_and_the_old_one_stays() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 3).await?;
    let readings = scene.project.path("readings");
    let mut sequence = 0;
    for (at, annotator) in scene.project.annotators.iter().enumerate() {
        let mut reading = scene.accusation();
        if at == 2 {
            reading["act"] = json!("suspects");
        }
        sequence = annotator.post(&readings, &reading).await?.expect(201)?.sequence();
    }
    let board = scene.board(&scene.project.curator, sequence).await?;
    assert_eq!(board["propositions"][0]["status"], "suspected", "{board}");
    let policy = json!({"readings": "majority", "theta": 0.66});
    let published = scene.project.operator.post(&scene.project.path("policies"), &policy).await?.expect(201)?;
    assert_eq!(published.json()["version"], 1);
    let board = scene.board(&scene.project.curator, published.sequence()).await?;
    assert_eq!((&board["policy"], &board["propositions"][0]["status"]), (&json!(1), &json!("officially_attributed")));
    let path = scene.project.path(&format!("incidents/{}/board?policy=0", scene.incident));
    let board = scene.project.curator.get(&path).await?.expect(200)?.json();
    assert_eq!(board["propositions"][0]["status"], "suspected");
    Ok(())
}
