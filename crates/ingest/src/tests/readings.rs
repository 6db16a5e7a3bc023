//! Readings: atomic with their passages, and what they are told.

use domain::{Event, Kind, annotation, reading};
use serde_json::json;

use super::world::{World, id};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_and_its_passages_are_one_step() {
    let world = World::new().await;
    let scene = world.scene().await;
    let cited = scene.annotation("spokesman").await;
    let head = world.head().await;
    let evidence = json!([scene.passage("rockets"), cited, scene.passage("\u{1f680}"), scene.passage("عين")]);
    let answer = scene.annotator.post(&scene.at("readings"), &scene.reading(&evidence)).await.created();
    let marked: Vec<String> = serde_json::from_value(answer.body["annotations"].clone()).expect("ids are listed");
    assert_eq!(marked.len(), 3);
    assert_eq!(answer.body["sequence"], head + 4);

    let records = world.records().await.split_off(usize::try_from(head).expect("a short log"));
    assert_eq!(records.len(), 4);
    let batches: Vec<_> = records.iter().map(|record| record.envelope.batch.expect("each is of the batch")).collect();
    assert!(batches.iter().all(|batch| batch.id == batches[0].id && batch.count == 4));
    for (record, id) in records.iter().zip(&marked) {
        assert_eq!(record.envelope.id.to_string(), *id);
        assert!(matches!(record.events[0], Event::Annotation(annotation::Event::AnnotationCreated(_))));
    }
    let Event::Reading(reading::Event::ClaimRead(claim)) = &records[3].events[0] else { panic!("the reading is last") };
    let evidence: Vec<_> = claim.evidence.iter().map(ToString::to_string).collect();
    assert_eq!(evidence, [marked[0].clone(), cited, marked[1].clone(), marked[2].clone()]);
    let relied_on: Vec<Kind> = records[3].envelope.relied_on.iter().map(|on| on.kind).collect();
    for kind in [Kind::Project, Kind::Document, Kind::Actor, Kind::Source, Kind::Incident, Kind::Annotation] {
        assert!(relied_on.contains(&kind), "the record relies on a {kind}: {relied_on:?}");
    }

    // A passage that was marked along is an annotation like any other.
    scene.annotator.patch(&scene.at(&format!("annotations/{}", marked[0])), "\"1\"", &json!({"note": "N"})).await.ok();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_with_a_bad_passage_leaves_nothing() {
    let world = World::new().await;
    let scene = world.scene().await;
    let head = world.head().await;
    let mut wrong = scene.passage("rockets");
    wrong["exact"] = json!("missiles");
    let evidence = json!([scene.passage("May"), scene.passage("hit"), wrong]);
    let refused = scene.annotator.post(&scene.at("readings"), &scene.reading(&evidence)).await;
    let refused = refused.refused(422, "quote_mismatch").at("/evidence/2/exact");
    assert_eq!(refused.body["actual"], "rockets");
    let mut outside = scene.passage("rockets");
    outside["end"] = json!(5_000);
    let refused = scene.annotator.post(&scene.at("readings"), &scene.reading(&json!([outside]))).await;
    refused.refused(422, "span_outside_text").at("/evidence/0/end");
    let mut foreign = scene.passage("rockets");
    foreign["document"] = json!(id());
    let refused = scene.annotator.post(&scene.at("readings"), &scene.reading(&json!([foreign]))).await;
    refused.refused(422, "reference_unknown").at("/evidence/0/document");
    let many: Vec<_> = (0..17).map(|_| scene.passage("rockets")).collect();
    let refused = scene.annotator.post(&scene.at("readings"), &scene.reading(&json!(many))).await;
    refused.refused(422, "list_too_long").at("/evidence");
    assert_eq!(world.head().await, head, "nothing was stored");

    let most: Vec<_> = (0..16).map(|_| scene.passage("rockets")).collect();
    scene.annotator.post(&scene.at("readings"), &scene.reading(&json!(most))).await.created();
    assert_eq!(world.head().await, head + 17);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_of_another_reading_is_refused_and_stores_nothing() {
    let world = World::new().await;
    let scene = world.scene().await;
    let key = id();
    let headers = [("idempotency-key", key.as_str())];
    let mut first = scene.reading(&json!([scene.passage("rockets")]));
    first["id"] = json!(id());
    scene.annotator.post_with(&scene.at("readings"), &headers, &first).await.created();
    let head = world.head().await;
    let mut second = first.clone();
    second["id"] = json!(id());
    // Both would mark their passage under the id that the key makes.
    let refused = scene.annotator.post_with(&scene.at("readings"), &headers, &second).await;
    refused.refused(422, "command_id_reused");
    assert_eq!(world.head().await, head);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_is_patched_by_its_author_and_marks_more() {
    let world = World::new().await;
    let scene = world.scene().await;
    let evidence = json!([scene.passage("rockets")]);
    let first = scene.annotator.post(&scene.at("readings"), &scene.reading(&evidence)).await.created();
    let path = scene.at(&format!("readings/{}", first.id()));
    let curator = world.member(&scene.project, "curator", "curator").await;
    curator.patch(&path, "\"1\"", &json!({"certainty": "PS"})).await.refused(403, "forbidden");
    let change = json!({"evidence": [first.body["annotations"][0], scene.passage("hit")], "mode": "statement"});
    let key = id();
    let headers = [("if-match", "\"1\""), ("idempotency-key", key.as_str())];
    let second = scene.annotator.send(reqwest::Method::PATCH, &path, &headers, Some(&change)).await.ok();
    assert_eq!(second.body["annotations"].as_array().map(Vec::len), Some(1));
    let again = scene.annotator.send(reqwest::Method::PATCH, &path, &headers, Some(&change)).await.ok();
    assert_eq!(again.body, second.body);
    let refused = scene.annotator.patch(&path, "\"2\"", &json!({"polarity": "-", "act": "accuses"})).await;
    refused.refused(422, "act_polarity_mismatch").at("/polarity");
    scene.annotator.delete(&path, "\"2\"").await.ok();
    scene.annotator.patch(&path, "\"3\"", &json!({"certainty": "PS"})).await.refused(409, "reading_retracted");
    scene.annotator.delete(&scene.at(&format!("no-claims/{}", first.id())), "\"3\"").await.refused(404, "not_found");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_odd_about_a_claim_is_told_and_told_again() {
    let world = World::new().await;
    let scene = world.scene().await;
    let codebook = json!({"guideline": "Read closely.", "acts": ["accuses"], "roles": ["ordered"], "modes": ["call"]});
    world.operator.post(&scene.at("codebooks"), &codebook).await.created();
    let mut body = scene.reading(&json!([scene.annotation("rockets").await]));
    body["act"] = json!("attributes_officially");
    body["mode"] = json!("video");
    let key = id();
    let headers = [("idempotency-key", key.as_str())];
    let first = scene.annotator.post_with(&scene.at("readings"), &headers, &body).await.created();
    let warnings =
        json!(["speaker_not_official", "act_not_in_codebook", "role_not_in_codebook", "mode_not_in_codebook"]);
    assert_eq!(first.body["warnings"], warnings);
    // Another codebook changes what is told of new readings, and nothing of this one.
    world.operator.post(&scene.at("codebooks"), &json!({"guideline": "Read."})).await.created();
    let again = scene.annotator.post_with(&scene.at("readings"), &headers, &body).await.created();
    assert_eq!(again.body, first.body);

    let ministry = json!({"name": "Ministry", "kind": "state_body"});
    let ministry = scene.annotator.post(&scene.at("actors"), &ministry).await.created().id();
    body["speakers"] = json!([{"source": scene.source, "stance": "relays"}, {"actor": ministry}]);
    let official = scene.annotator.post(&scene.at("readings"), &body).await.created();
    assert_eq!(official.body["warnings"], json!([]));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claimants_and_change_acts_are_held_to_their_speaker() {
    let world = World::new().await;
    let scene = world.scene().await;
    let annotation = scene.annotation("rockets").await;
    let mut claim = scene.reading(&json!([annotation]));
    claim["act"] = json!("claims_responsibility");
    scene.annotator.post(&scene.at("readings"), &claim).await.refused(422, "not_the_claimant").at("/speakers");
    claim["speakers"] = json!([{"source": scene.source, "stance": "relays"}, {"actor": scene.actor}]);
    let own = scene.annotator.post(&scene.at("readings"), &claim).await.created().id();

    let speaker =
        scene.annotator.post(&scene.at("actors"), &json!({"name": "S", "kind": "person"})).await.created().id();
    let edge = json!({
        "type": "speaks_for", "from": speaker, "to": scene.actor, "stance": "held", "evidence": [annotation],
    });
    let edge = scene.annotator.post(&scene.at("relations"), &edge).await.created().id();
    claim["speakers"] = json!([{"actor": speaker}]);
    scene.annotator.post(&scene.at("readings"), &claim).await.refused(422, "not_the_claimant");
    claim["speaks_for"] = json!(edge);
    scene.annotator.post(&scene.at("readings"), &claim).await.created();
    // A dispute opens the edge, and an open edge gives no voice.
    scene.annotator.post(&scene.at(&format!("relations/{edge}/dispute")), &json!({"reason": "No."})).await.created();
    scene.annotator.post(&scene.at("readings"), &claim).await.refused(422, "not_the_claimant");

    let mut retracts = scene.reading(&json!([annotation]));
    retracts["act"] = json!("retracts");
    retracts["polarity"] = json!("0");
    retracts["changes"] = json!([own]);
    scene
        .annotator
        .post(&scene.at("readings"), &retracts)
        .await
        .refused(422, "change_of_other_speaker")
        .at("/changes/0");
    retracts["speakers"] = json!([{"actor": scene.actor}]);
    scene.annotator.post(&scene.at("readings"), &retracts).await.created();
    retracts["changes"] = json!([id()]);
    scene.annotator.post(&scene.at("readings"), &retracts).await.refused(422, "reference_unknown").at("/changes/0");
    world.end().await;
}
