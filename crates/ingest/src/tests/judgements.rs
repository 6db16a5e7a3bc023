//! Judgements on what is one: by curators, refused with the path where they contradict, withdrawn one by one.

use domain::Kind;
use serde_json::{Value, json};

use super::world::{Answer, Scene, User, World, id};

async fn actor(scene: &Scene, name: &str) -> String {
    scene.annotator.post(&scene.at("actors"), &json!({"name": name, "kind": "organisation"})).await.created().id()
}

fn judgement(left: &str, right: &str, verdict: &str, against: &[&str]) -> Value {
    json!({"kind": "actor", "left": left, "right": right, "verdict": verdict, "reason": "One emblem.", "against": against})
}

async fn judge(user: &User, scene: &Scene, body: &Value) -> Answer {
    user.post(&scene.at("judgements"), body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contradiction_is_refused_with_the_path_unless_it_is_contested() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let (a, b, c) = (actor(&scene, "Ashab").await, actor(&scene, "Companions").await, actor(&scene, "Kahf").await);
    judge(&scene.annotator, &scene, &judgement(&a, &b, "same", &[])).await.refused(403, "forbidden");
    let first = judge(&curator, &scene, &judgement(&a, &b, "same", &[])).await.created();
    assert_eq!((first.header("etag"), &first.body["revision"]), (Some("\"1\""), &json!(1)));
    let location = format!("/v1/{}", scene.at(&format!("judgements/{}", first.id())));
    assert_eq!(first.header("location"), Some(location.as_str()));
    let second = judge(&world.operator, &scene, &judgement(&b, &c, "same", &[])).await.created();
    assert_eq!(second.body["revision"], 1, "a judgement has a revision of its own");

    let head = world.head().await;
    let refused =
        judge(&curator, &scene, &judgement(&a, &c, "distinct", &[])).await.refused(409, "judgement_contradicts");
    assert_eq!(refused.body["path"], json!([first.id(), second.id()]));
    let irrelevant = judgement(&a, &scene.actor, "distinct", &[&first.id()]);
    judge(&curator, &scene, &irrelevant).await.refused(422, "against_irrelevant").at("/against/0");
    let unknown = judgement(&a, &c, "distinct", &[&id()]);
    judge(&curator, &scene, &unknown).await.refused(422, "reference_unknown").at("/against/0");
    judge(&curator, &scene, &judgement(&a, &id(), "same", &[])).await.refused(422, "reference_unknown").at("/right");
    judge(&curator, &scene, &judgement(&a, &a, "same", &[])).await.refused(422, "judgement_of_itself").at("/right");
    judge(&curator, &scene, &judgement(&b, &a, "same", &[])).await.refused(409, "judgement_stands");
    let kind = json!({"kind": "source", "left": a, "right": b, "verdict": "same", "reason": "One."});
    judge(&curator, &scene, &kind).await.refused(422, "invalid_value").at("/kind");
    assert_eq!(world.head().await, head, "nothing was stored");

    judge(&curator, &scene, &judgement(&a, &c, "distinct", &[&second.id()])).await.created();
    let records = world.records().await;
    let last = records.last().expect("there are records");
    assert_eq!(last.envelope.kind, Kind::Identity);
    let relied_on = last.envelope.relied_on.iter().filter(|on| on.kind == Kind::Actor).count();
    assert_eq!(relied_on, 2);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_judgement_is_withdrawn_by_its_own_revision_and_once() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let (a, b, c) = (actor(&scene, "Ashab").await, actor(&scene, "Companions").await, actor(&scene, "Kahf").await);
    let first = judge(&curator, &scene, &judgement(&a, &b, "same", &[])).await.created().id();
    judge(&curator, &scene, &judgement(&b, &c, "same", &[])).await.created();
    let path = scene.at(&format!("judgements/{first}"));
    curator.delete(&path, "\"2\"").await.refused(412, "revision_conflict");
    scene.annotator.delete(&path, "\"1\"").await.refused(403, "forbidden");
    let missing = curator.send(reqwest::Method::DELETE, &path, &[], None).await;
    missing.refused(428, "revision_required");
    let key = id();
    let headers = [("if-match", "\"1\""), ("idempotency-key", key.as_str())];
    let withdrawn = curator.send(reqwest::Method::DELETE, &path, &headers, None).await.ok();
    assert_eq!((withdrawn.header("etag"), &withdrawn.body["revision"]), (Some("\"2\""), &json!(2)));
    let again = curator.send(reqwest::Method::DELETE, &path, &headers, None).await.ok();
    assert!(again.replayed());
    assert_eq!(again.body, withdrawn.body);
    curator.delete(&path, "\"2\"").await.refused(409, "judgement_withdrawn");
    curator.delete(&scene.at(&format!("judgements/{}", id())), "*").await.refused(404, "not_found");
    // What it said no longer stands in the way.
    judge(&curator, &scene, &judgement(&a, &c, "distinct", &[])).await.created();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_has_one_effect_whatever_the_kind() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let other = scene.annotator.post(&scene.at("incidents"), &json!({"title": "Rockets", "when": "2021"})).await;
    let other = other.created().id();
    let (a, b) = (actor(&scene, "Ashab").await, actor(&scene, "Companions").await);
    let (path, key) = (scene.at("judgements"), id());
    let headers = [("idempotency-key", key.as_str())];
    let body = judgement(&a, &b, "same", &[]);
    let first = curator.post_with(&path, &headers, &body).await.created();
    let again = curator.post_with(&path, &headers, &body).await.created();
    assert!(again.replayed());
    assert_eq!(again.body, first.body);
    let changed = judgement(&a, &b, "unsure", &[]);
    curator.post_with(&path, &headers, &changed).await.refused(422, "command_id_reused");
    let incidents =
        json!({"kind": "incident", "left": scene.incident, "right": other, "verdict": "same", "reason": "One day."});
    curator.post_with(&path, &headers, &incidents).await.refused(422, "command_id_reused");
    let mut named = incidents.clone();
    named["id"] = json!(first.id());
    judge(&curator, &scene, &named).await.refused(409, "id_taken");
    judge(&curator, &scene, &incidents).await.created();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn incidents_and_readings_are_judged_and_classes_and_blanks_are_not() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let class = json!({"title": "Attacks", "class": {"kinds": ["rocket attack"]}});
    let class = scene.annotator.post(&scene.at("incidents"), &class).await.created().id();
    let blank = json!({"document": scene.document, "revision": 1, "start": 0, "end": 4});
    let blank = scene.annotator.post(&scene.at("no-claims"), &blank).await.created().id();
    let of = |kind: &str, left: &str, right: &str| json!({"kind": kind, "left": left, "right": right, "verdict": "same", "reason": "One day."});
    let refused = judge(&curator, &scene, &of("incident", &scene.incident, &class)).await;
    refused.refused(422, "not_an_incident").at("/right");
    let refused = judge(&curator, &scene, &of("reading", &blank, &scene.incident)).await;
    refused.refused(422, "reading_without_claim").at("/left");
    let refused = judge(&curator, &scene, &of("incident", &scene.actor, &scene.incident)).await;
    refused.refused(422, "reference_unknown").at("/left");
    world.end().await;
}

/// Two who contradict each other at the same moment: one is stored, the other is decided anew and refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_that_contradict_each_other_one_is_refused() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let replica = world.replica().await;
    for n in 0..10 {
        let (a, b) = (actor(&scene, &format!("A {n}")).await, actor(&scene, &format!("B {n}")).await);
        let (same, distinct) = (judgement(&a, &b, "same", &[]), judgement(&b, &a, "distinct", &[]));
        let (one, other) = tokio::join!(judge(&curator, &scene, &same), judge(&replica, &scene, &distinct));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{one:?} {other:?}");
    }
    world.end().await;
}
