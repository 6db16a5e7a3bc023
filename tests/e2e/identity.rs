//! Who is one with whom: from a judgement to every board, and back.

use crate::pipeline::Scene;
use crate::support::people::{Answer, quote};
use crate::support::system::System;
use reqwest::Method;
use serde_json::{Value, json};

const CLAIM: &str = "A channel named Sons of the Valley posted: \"We struck the base.\"";

/// A scene in which the ministry accuses the brigade, and a group that nobody knows claims it.
struct Facade {
    scene: Scene,
    group: String,
}

impl Facade {
    async fn set(system: &System) -> anyhow::Result<Self> {
        let scene = Scene::set(system, 1).await?;
        let project = &scene.project;
        let group = project.create("actors", &json!({"name": "Sons of the Valley", "kind": "placeholder"})).await?;
        let source = project.create("sources", &json!({"name": "Channel watch", "kind": "channel"})).await?;
        let post = json!({"title": "A claim", "source": source, "text": CLAIM});
        let post = project.create("documents", &post).await?;
        let claim = json!({
            "speakers": [{"source": source, "stance": "relays"}, {"actor": group}],
            "act": "claims_responsibility", "polarity": "+", "certainty": "CT",
            "proposition": {"incident": scene.incident, "facet": "who", "actor": group, "role": "perpetrator"},
            "evidence": [quote(&post, CLAIM, "We struck the base", "content")],
        });
        for reading in [scene.accusation(), claim] {
            project.annotators[0].post(&project.path("readings"), &reading).await?.expect(201)?;
        }
        Ok(Self { scene, group })
    }

    async fn judge(&self, verdict: &str, against: &[&str]) -> anyhow::Result<Answer> {
        let (project, accused) = (&self.scene.project, &self.scene.brigade);
        let body = json!({
            "kind": "actor", "left": self.group, "right": accused, "verdict": verdict,
            "reason": "the same emblem", "against": against,
        });
        project.curator.post(&project.path("judgements"), &body).await
    }

    /// What the curator sees of this once the write is known.
    async fn see(&self, path: &str, after: &Answer) -> anyhow::Result<Value> {
        let project = &self.scene.project;
        let sign = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{sign}at_least={}&wait_ms=5000", after.sequence());
        Ok(project.curator.get(&project.path(&path)).await?.expect(200)?.json())
    }

    async fn board(&self, after: &Answer) -> anyhow::Result<Value> {
        let mut board = self.see(&format!("incidents/{}/board", self.scene.incident), after).await?;
        board["as_of"] = json!(null);
        Ok(board)
    }
}

fn kinds(board: &Value) -> Vec<&str> {
    board["disputes"].as_array().into_iter().flatten().filter_map(|dispute| dispute["kind"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_is_previewed_made_contested_and_taken_back() -> anyhow::Result<()> {
    let system = System::start().await?;
    let facade = Facade::set(&system).await?;
    let (project, incident) = (&facade.scene.project, facade.scene.incident.clone());

    let unsure = facade.judge("unsure", &[]).await?.expect(201)?;
    let board = facade.board(&unsure).await?;
    assert_eq!(kinds(&board), ["rival_accused", "identity"]);
    let would = json!({"items": [{
        "judgement": unsure.id(), "relation": null, "status": "acknowledged", "because": board["disputes"][1]["because"],
    }], "more": 0});
    assert_eq!(board["would_change_if"], would);

    let (left, right) = (&facade.group, &facade.scene.brigade);
    let preview = facade.see(&format!("identity/actor/preview?left={left}&right={right}"), &unsure).await?;
    assert_eq!(preview["boards"].as_array().map(Vec::len), Some(1), "{preview}");
    let change = &preview["boards"][0];
    assert_eq!(change["status"], json!({"before": "disputed", "after": "acknowledged"}));
    assert_eq!(change["incident"]["id"], json!(incident));
    assert_eq!(preview["contradicts"], json!([]));

    let same = facade.judge("same", &[]).await?.expect(201)?;
    let merged = facade.board(&same).await?;
    assert_eq!((&merged["status"], kinds(&merged)), (&json!("acknowledged"), Vec::new()));
    assert_eq!(merged["propositions"].as_array().map(Vec::len), Some(1));
    let workbench = facade.see("identity/actor", &same).await?;
    assert_eq!(workbench["totals"], json!({"clusters": 1, "edges": 2, "suggestions": 0}));
    assert_eq!(workbench["clusters"][0]["members"].as_array().map(Vec::len), Some(2));
    let incidents = facade.see("incidents?status=acknowledged", &same).await?;
    assert_eq!(incidents["items"].as_array().map(Vec::len), Some(1));
    for actor in [left, right] {
        let readings = facade.see(&format!("readings?actor={actor}"), &same).await?;
        assert_eq!(readings["items"].as_array().map(Vec::len), Some(2), "of {actor}");
    }

    let refused = facade.judge("distinct", &[]).await?.expect(409)?.json();
    assert_eq!((&refused["code"], &refused["path"]), (&json!("judgement_contradicts"), &json!([same.id()])));
    let distinct = facade.judge("distinct", &[&same.id()]).await?.expect(201)?;
    let contested = facade.board(&distinct).await?;
    assert_eq!(kinds(&contested), ["rival_accused", "identity"]);
    let judgement = facade.see(&format!("judgements/{}", same.id()), &distinct).await?;
    assert_eq!((&judgement["status"], &judgement["revision"]), (&json!("disputed"), &json!(1)));

    // Everything taken back, the board is what it was before anybody judged.
    let mut last = None;
    for id in [distinct.id(), same.id(), unsure.id()] {
        let path = project.path(&format!("judgements/{id}"));
        last = Some(project.curator.ask(Method::DELETE, &path, &[("if-match", "\"1\"")], None).await?.expect(200)?);
    }
    let after = facade.board(&last.expect("three were withdrawn")).await?;
    let before = format!("incidents/{incident}/board?as_of={}", unsure.sequence() - 1);
    let mut before = project.curator.get(&project.path(&before)).await?.expect(200)?.json();
    before["as_of"] = json!(null);
    assert_eq!(after, before);
    let printed = system.run(&["identity", "actor", "--project", &project.id])?;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_two_actors_share_are_suggested_until_somebody_judges() -> anyhow::Result<()> {
    let system = System::start().await?;
    let facade = Facade::set(&system).await?;
    let project = &facade.scene.project;
    let twin = project.create("actors", &json!({"name": "sons of  the Valley", "kind": "organisation"})).await?;
    let named = json!({"name": "SONS OF THE VALLEY", "language": "en", "evidence": []});
    let named = project.curator.post(&project.path(&format!("actors/{twin}/names")), &named).await?.expect(201)?;
    let workbench = facade.see("identity/actor", &named).await?;
    let suggestion = &workbench["suggestions"][0];
    assert_eq!(suggestion["shares"], json!(["name"]), "{workbench}");
    let judgement = json!({"kind": "actor", "left": twin, "right": facade.group, "verdict": "distinct", "reason": "another valley"});
    let judged = project.curator.post(&project.path("judgements"), &judgement).await?.expect(201)?;
    let workbench = facade.see("identity/actor", &judged).await?;
    assert_eq!(workbench["totals"], json!({"clusters": 0, "edges": 1, "suggestions": 0}));
    assert_eq!(workbench["named"].as_array().map(Vec::len), Some(2));
    let printed = system.run(&["identity", "actor", "--project", &project.id])?;
    assert!(printed.stdout.contains("Sons of the Valley") || printed.stdout.contains("distinct"), "{}", printed.stdout);
    Ok(())
}
