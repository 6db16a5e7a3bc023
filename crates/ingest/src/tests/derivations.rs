//! Derivations: suggested by anybody who records, judged by curators, and origins.

use std::collections::BTreeSet;

use domain::Kind;
use reqwest::Method;
use serde_json::{Value, json};

use super::world::{Answer, Scene, User, World, id};

/// Two passages, of which one may be made from the other.
async fn passages(scene: &Scene) -> (String, String) {
    (scene.annotation("rockets").await, scene.annotation("May").await)
}

async fn suggest(user: &User, scene: &Scene, from: &str, to: &str) -> Answer {
    user.post(&scene.at("derivations"), &json!({"from": from, "to": to, "kind": "translates"})).await
}

async fn judge(user: &User, scene: &Scene, derivation: &str, headers: &[(&str, &str)], verdict: &Value) -> Answer {
    user.send(Method::PUT, &scene.at(&format!("derivations/{derivation}/verdict")), headers, Some(verdict)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suggestion_relies_on_both_passages_and_may_close_a_circle() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (copy, original) = passages(&scene).await;
    suggest(&scene.annotator, &scene, &copy, &original).await.created();
    let records = world.records().await;
    let last = records.last().expect("there are records");
    let relied_on = last.envelope.relied_on.iter().filter(|on| on.kind == Kind::Annotation);
    let relied_on: BTreeSet<_> = relied_on.map(|on| (on.id.to_string(), on.revision)).collect();
    assert_eq!(relied_on, [(copy.clone(), 1), (original.clone(), 1)].into());
    suggest(&scene.annotator, &scene, &original, &copy).await.created();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retracted_passages_neither_derive_nor_are_origins() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let (live, retracted) = passages(&scene).await;
    scene.annotator.delete(&scene.at(&format!("annotations/{retracted}")), "\"1\"").await.ok();
    let head = world.head().await;
    suggest(&curator, &scene, &retracted, &live).await.refused(422, "evidence_not_live").at("/from");
    suggest(&curator, &scene, &live, &retracted).await.refused(422, "evidence_not_live").at("/to");
    let origins = scene.at("origins");
    for (annotation, code) in [(&retracted, "evidence_not_live"), (&id(), "reference_unknown")] {
        let origin = json!({"annotation": annotation, "reason": "It was there."});
        curator.post(&origins, &origin).await.refused(422, code).at("/annotation");
    }
    let origin = json!({"annotation": live, "reason": " "});
    curator.post(&origins, &origin).await.refused(422, "text_blank").at("/reason");
    assert_eq!(world.head().await, head, "nothing was stored");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verdicts_are_the_curators_and_the_newest_one_counts() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let (copy, original) = passages(&scene).await;
    let derivation = suggest(&scene.annotator, &scene, &copy, &original).await.created().id();
    let confirmed = json!({"verdict": "confirmed", "reason": "Both misspell the name."});
    let rejected = json!({"verdict": "rejected", "reason": "Both quote the ministry."});

    let own = judge(&scene.annotator, &scene, &derivation, &[("if-match", "\"1\"")], &confirmed).await;
    own.refused(403, "forbidden");
    let absent = judge(&curator, &scene, &id(), &[("if-match", "*")], &confirmed).await;
    absent.refused(404, "not_found");
    let missing = judge(&curator, &scene, &derivation, &[], &confirmed).await.refused(428, "revision_required");
    assert_eq!(missing.body["revision"], 1);
    let wordless = json!({"verdict": "confirmed", "reason": ""});
    let wordless = judge(&curator, &scene, &derivation, &[("if-match", "*")], &wordless).await;
    wordless.refused(422, "text_blank").at("/reason");
    let undecided = json!({"verdict": "suggested", "reason": "Who knows?"});
    let undecided = judge(&curator, &scene, &derivation, &[("if-match", "*")], &undecided).await;
    undecided.refused(422, "invalid_value").at("/verdict");

    let key = id();
    let headers = [("if-match", "\"1\""), ("idempotency-key", key.as_str())];
    let first = judge(&curator, &scene, &derivation, &headers, &confirmed).await.ok();
    assert_eq!((first.header("etag"), &first.body["revision"]), (Some("\"2\""), &json!(2)));
    let again = judge(&curator, &scene, &derivation, &headers, &confirmed).await.ok();
    assert!(again.replayed());
    assert_eq!(again.body, first.body);
    judge(&curator, &scene, &derivation, &headers, &rejected).await.refused(422, "command_id_reused");

    let stale = judge(&curator, &scene, &derivation, &[("if-match", "\"1\"")], &rejected).await;
    stale.refused(412, "revision_conflict");
    let standing = judge(&curator, &scene, &derivation, &[("if-match", "\"2\"")], &confirmed).await;
    standing.refused(409, "verdict_stands");
    judge(&curator, &scene, &derivation, &[("if-match", "\"2\"")], &rejected).await.ok();
    judge(&world.operator, &scene, &derivation, &[("if-match", "\"3\"")], &confirmed).await.ok();
    let records = world.records().await;
    let own = records.iter().filter(|record| record.envelope.id.to_string() == derivation);
    let events: Vec<_> = own.flat_map(|record| &record.events).map(domain::Event::name).collect();
    let expected = ["DerivationSuggested", "DerivationConfirmed", "DerivationRejected", "DerivationConfirmed"];
    assert_eq!(events, expected, "every verdict stays in the log");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_longer_marked_is_not_confirmed_though_it_may_be_rejected() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let (copy, original) = passages(&scene).await;
    let derivation = suggest(&scene.annotator, &scene, &copy, &original).await.created().id();
    scene.annotator.delete(&scene.at(&format!("annotations/{copy}")), "\"1\"").await.ok();
    let against = [("if-match", "\"1\"")];
    let confirmed = json!({"verdict": "confirmed", "reason": "The same words."});
    judge(&curator, &scene, &derivation, &against, &confirmed).await.refused(422, "evidence_not_live");
    let rejected = json!({"verdict": "rejected", "reason": "It is gone."});
    judge(&curator, &scene, &derivation, &against, &rejected).await.ok();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_origin_is_declared_once_by_a_curator_and_takes_no_verdict() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let annotation = scene.annotation("rockets").await;
    let origins = scene.at("origins");
    let origin = json!({"annotation": annotation, "reason": "Its reporter was there."});
    scene.annotator.post(&origins, &origin).await.refused(403, "forbidden");
    let key = id();
    let first = curator.post_with(&origins, &[("idempotency-key", &key)], &origin).await.created();
    let location = format!("/v1/{}", scene.at(&format!("derivations/{}", first.id())));
    assert_eq!(first.header("location"), Some(location.as_str()), "it is read among the derivations");
    let again = curator.post_with(&origins, &[("idempotency-key", &key)], &origin).await.created();
    assert!(again.replayed());
    assert_eq!(again.body, first.body);
    let other = json!({"annotation": annotation, "reason": "It says so."});
    curator.post_with(&origins, &[("idempotency-key", &key)], &other).await.refused(422, "command_id_reused");
    let taken = json!({"id": first.id(), "annotation": annotation, "reason": "It says so."});
    curator.post(&origins, &taken).await.refused(409, "id_taken");
    let verdict = json!({"verdict": "rejected", "reason": "It was not."});
    let refused = judge(&curator, &scene, &first.id(), &[("if-match", "*")], &verdict).await;
    refused.refused(409, "not_a_derivation");
    world.end().await;
}
