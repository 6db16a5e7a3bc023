//! Undo: one's own last change, taken back once, however often and by however many requests that is asked.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::world::{Answer, Scene, User, World, id};

async fn undo(user: &User, scene: &Scene) -> Answer {
    user.send(Method::POST, &scene.at("me/undo"), &[], None).await
}

async fn undo_at(user: &User, scene: &Scene, position: &Value) -> Answer {
    user.post(&scene.at("me/undo"), &json!({"position": position})).await
}

/// What was undone: its position, its event, and that of the record that did so.
#[track_caller]
fn undone(answer: &Answer) -> (u64, String, u64) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let number = |name: &str| answer.body[name].as_u64().expect("a position");
    assert_eq!(answer.header("gainsay-sequence"), Some(number("by").to_string().as_str()));
    assert_eq!(answer.header("etag"), Some(format!("\"{}\"", number("revision")).as_str()));
    (number("position"), answer.body["event"].as_str().expect("an event").to_owned(), number("by"))
}

async fn events_of(world: &World, id: &str) -> Vec<&'static str> {
    let records = world.records().await;
    let own = records.iter().filter(|record| record.envelope.id.to_string() == id);
    own.flat_map(|record| record.events.iter().map(domain::Event::name)).collect()
}

fn sequence(answer: &Answer) -> u64 {
    answer.body["sequence"].as_u64().expect("the answer has a position")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_undo_walks_further_back_and_never_undoes_the_first() {
    let world = World::new().await;
    let scene = world.scene().await;
    let user = &scene.annotator;
    let annotation = scene.annotation("rockets").await;
    let read = user.post(&scene.at("readings"), &scene.reading(&json!([annotation]))).await.created();
    let path = scene.at(&format!("readings/{}", read.id()));
    let doubtful = user.patch(&path, "\"1\"", &json!({"certainty": "PR"})).await.ok();

    let first = undo(user, &scene).await;
    let (position, event, by) = undone(&first);
    assert_eq!((position, event.as_str()), (sequence(&doubtful), "ClaimReadingRevised"));
    assert_eq!((&first.body["kind"], &first.body["id"]), (&json!("reading"), &json!(read.id())));
    let log = world.records().await;
    let at = |position: u64| &log[usize::try_from(position).unwrap() - 1];
    assert_eq!(at(by).envelope.causation_id, Some(at(position).envelope.record_id), "the log says what it undoes");
    let said = |position: u64| {
        serde_json::to_value(wire::json::record(1, &[0; 32], at(position))).unwrap()["events"][0].clone()
    };
    assert_eq!(said(by)["claim"], said(sequence(&read))["claim"], "it says again what it said");

    let (position, event, _) = undone(&undo(user, &scene).await);
    assert_eq!((position, event.as_str()), (sequence(&read), "ClaimRead"));
    let (_, event, _) = undone(&undo(user, &scene).await);
    assert_eq!(event, "AnnotationCreated");
    let expected = ["ClaimRead", "ClaimReadingRevised", "ClaimReadingRevised", "ClaimReadingRetracted"];
    assert_eq!(events_of(&world, &read.id()).await, expected);
    // The actor of the scene was made before, and nothing withdraws one.
    let refused = undo(user, &scene).await.refused(409, "cannot_be_undone");
    assert_eq!(refused.body["reason"], "registered");
    assert!(refused.body["position"].is_u64());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_change_is_taken_back_or_says_why_not() {
    let world = World::new().await;
    let scene = world.scene().await;
    let annotation = scene.annotation("rockets").await;
    let original = scene.annotation("May").await;
    let user = &world.member(&scene.project, "curator", "curator").await;
    let other = user.post(&scene.at("actors"), &json!({"name": "Other", "kind": "person"})).await.created().id();

    let expect = async |event: &str, after: &[&str], aggregate: &str| {
        let answer = undo(user, &scene).await;
        assert_eq!(undone(&answer).1, event);
        let events = events_of(&world, aggregate).await;
        assert!(events.ends_with(after), "{events:?}");
        answer
    };
    let at = |path: String| scene.at(&path);

    // Passages.
    let mark = user.post(&scene.at("annotations"), &scene.passage("rockets")).await.created().id();
    let moved = scene.passage("Ain");
    user.patch(
        &at(format!("annotations/{mark}")),
        "\"1\"",
        &json!({"start": moved["start"], "end": moved["end"], "exact": "Ain"}),
    )
    .await
    .ok();
    expect("AnnotationRevised", &["AnnotationRevised", "AnnotationRevised"], &mark).await;
    expect("AnnotationCreated", &["AnnotationRetracted"], &mark).await;
    let blank = json!({"document": scene.document, "revision": 1, "start": 0, "end": 4});
    let blank = user.post(&scene.at("no-claims"), &blank).await.created().id();
    expect("NoClaimFound", &["ClaimReadingRetracted"], &blank).await;

    // Actors and relations.
    user.post(&at(format!("actors/{other}/names")), &json!({"name": "Another"})).await.created();
    let named = expect("ActorNameAsserted", &["ActorNameWithdrawn"], &other).await;
    assert_ne!(named.body["id"], json!(other), "the name is meant");
    let edge = json!({
        "type": "part_of", "from": scene.actor, "to": other, "stance": "held", "evidence": [annotation],
    });
    let edge = user.post(&scene.at("relations"), &edge).await.created().id();
    user.post(&at(format!("relations/{edge}/dispute")), &json!({"reason": "No."})).await.created();
    expect("RelationDisputed", &["DisputeWithdrawn"], &edge).await;
    user.post(&at(format!("relations/{edge}/dispute")), &json!({"reason": "No, again."})).await.created();
    user.send(Method::DELETE, &at(format!("relations/{edge}/dispute")), &[], None).await.ok();
    expect("DisputeWithdrawn", &["RelationDisputed"], &edge).await;
    expect("RelationDisputed", &["DisputeWithdrawn"], &edge).await;
    expect("RelationRegistered", &["RelationWithdrawn"], &edge).await;

    // Judgements, which have a revision of their own.
    let judged = json!({"kind": "actor", "left": scene.actor, "right": other, "verdict": "same", "reason": "So."});
    let judgement = user.post(&scene.at("judgements"), &judged).await.created().id();
    let answer = undo(user, &scene).await;
    assert_eq!(undone(&answer).1, "JudgedSame");
    assert_eq!((&answer.body["id"], &answer.body["revision"]), (&json!(judgement), &json!(2)));

    // Assessments.
    let opinion = json!({
        "target": {"source": scene.source}, "scale": "admiralty", "value": {"letter": "B", "digit": 2}, "reason": "So.",
    });
    let assessment = user.post(&scene.at("assessments"), &opinion).await.created().id();
    user.patch(&at(format!("assessments/{assessment}")), "\"1\"", &json!({"value": {"letter": "C", "digit": 2}}))
        .await
        .ok();
    expect("AssessmentRevised", &["AssessmentRevised", "AssessmentRevised"], &assessment).await;
    expect("AssessmentRecorded", &["AssessmentWithdrawn"], &assessment).await;

    // Incidents.
    let incident = user.post(&scene.at("incidents"), &json!({"title": "A", "when": "2021"})).await.created().id();
    user.patch(&at(format!("incidents/{incident}")), "\"1\"", &json!({"title": "B"})).await.ok();
    expect("IncidentDetailRevised", &["IncidentDetailRevised", "IncidentDetailRevised"], &incident).await;
    assert_eq!(undo(user, &scene).await.refused(409, "cannot_be_undone").body["reason"], "registered");

    // Derivations: the second verdict goes back to the first, which stays.
    let edge = json!({"from": annotation, "to": original, "kind": "quotes"});
    let edge = user.post(&scene.at("derivations"), &edge).await.created().id();
    for (revision, verdict) in [("\"1\"", "confirmed"), ("\"2\"", "rejected")] {
        let verdict = json!({"verdict": verdict, "reason": "Compared."});
        user.send(Method::PUT, &at(format!("derivations/{edge}/verdict")), &[("if-match", revision)], Some(&verdict))
            .await
            .ok();
    }
    expect("DerivationRejected", &["DerivationRejected", "DerivationConfirmed"], &edge).await;
    assert_eq!(undo(user, &scene).await.refused(409, "cannot_be_undone").body["reason"], "first_verdict");

    // What took something back is final, and an adjudication has ways of its own.
    let mark = user.post(&scene.at("annotations"), &scene.passage("rockets")).await.created();
    user.delete(&at(format!("annotations/{}", mark.id())), "\"1\"").await.ok();
    assert_eq!(undo(user, &scene).await.refused(409, "cannot_be_undone").body["reason"], "final");
    let refused = undo_at(user, &scene, &mark.body["sequence"]).await.refused(409, "changed_since");
    assert_eq!(refused.body["positions"], json!([sequence(&mark) + 1]));
    let question = json!({"question": "Who?", "targets": [{"incident": incident}]});
    user.post(&scene.at("adjudications"), &question).await.created();
    assert_eq!(undo(user, &scene).await.refused(409, "cannot_be_undone").body["reason"], "adjudicated");
    world.operator.post(&scene.at("policies"), &json!({})).await.created();
    assert_eq!(undo(&world.operator, &scene).await.refused(409, "cannot_be_undone").body["reason"], "governs");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_named_by_its_position() {
    let world = World::new().await;
    let scene = world.scene().await;
    let user = &scene.annotator;
    let first = user.post(&scene.at("annotations"), &scene.passage("rockets")).await.created();
    let second = user.post(&scene.at("annotations"), &scene.passage("May")).await.created();
    let answer = undo_at(user, &scene, &first.body["sequence"]).await;
    assert_eq!(undone(&answer).0, sequence(&first));
    let refused = undo_at(user, &scene, &first.body["sequence"]).await.refused(409, "already_undone");
    assert_eq!(refused.body["by"], answer.body["by"]);
    let refused = undo_at(user, &scene, &answer.body["by"]).await.refused(409, "cannot_be_undone");
    assert_eq!(refused.body["reason"], "automatic");
    // What is another's, or nobody's, is not there.
    let other = world.member(&scene.project, "omar", "annotator").await;
    for position in [second.body["sequence"].clone(), json!(1), json!(1_000_000)] {
        undo_at(&other, &scene, &position).await.refused(404, "not_found").at("/position");
    }
    undo(&other, &scene).await.refused(409, "nothing_to_undo");
    for body in [json!({"position": 0}), json!({"position": -1}), json!({"position": "1"}), json!({"at": 1})] {
        assert_eq!(user.post(&scene.at("me/undo"), &body).await.status, 422, "{body}");
    }
    undo(&world.user("stranger").await, &scene).await.refused(404, "not_found");
    undo(&world.member(&scene.project, "reader", "reader").await, &scene).await.refused(403, "forbidden");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_changed_since_is_not_undone() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let path = scene.at(&format!("incidents/{}", scene.incident));
    let mine = scene.annotator.patch(&path, "\"1\"", &json!({"title": "Mine"})).await.ok();
    let theirs = curator.patch(&path, "\"2\"", &json!({"title": "Theirs"})).await.ok();
    let refused = undo(&scene.annotator, &scene).await.refused(409, "changed_since");
    assert_eq!(refused.body["positions"], json!([sequence(&theirs)]));
    // Once they took theirs back, it is mine that counts.
    assert_eq!(undone(&undo(&curator, &scene).await).0, sequence(&theirs));
    assert_eq!(undone(&undo(&scene.annotator, &scene).await).0, sequence(&mine));
    // A mark that somebody else's reading cites stays.
    let annotation = scene.annotation("rockets").await;
    curator.post(&scene.at("readings"), &scene.reading(&json!([annotation]))).await.created();
    undo(&scene.annotator, &scene).await.refused(409, "annotation_in_use");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_undo_has_one_effect() {
    let world = World::new().await;
    let scene = world.scene().await;
    let user = &scene.annotator;
    for _ in 0..3 {
        scene.annotation("rockets").await;
    }
    let key = id();
    let headers = [("idempotency-key", key.as_str())];
    let path = scene.at("me/undo");
    let first = user.send(Method::POST, &path, &headers, None).await;
    undone(&first);
    // However late, and whatever was done in between.
    scene.annotation("May").await;
    undone(&undo(user, &scene).await);
    let head = world.head().await;
    let again = user.send(Method::POST, &path, &headers, None).await;
    assert!(again.replayed() && !first.replayed());
    assert_eq!(again.body, first.body);
    user.post_with(&path, &headers, &json!({"position": 1})).await.refused(422, "command_id_reused");
    assert_eq!(world.head().await, head);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_undos_take_each_change_back_once() {
    let world = World::new().await;
    let scene = world.scene().await;
    let user = &scene.annotator;
    let elsewhere = world.replica().await.with_token(&user.token);
    for _ in 0..6 {
        scene.annotation("rockets").await;
    }
    let head = world.head().await;
    let here = (0..3).map(|_| undo(user, &scene));
    let there = (0..3).map(|_| undo(&elsewhere, &scene));
    let (here, there) = futures::join!(join_all(here), join_all(there));
    let mut positions = Vec::new();
    for answer in here.into_iter().chain(there) {
        match answer.status {
            200 => positions.push(undone(&answer).0),
            409 => assert_eq!(answer.body["code"], "already_undone", "{}", answer.body),
            _ => panic!("{}", answer.body),
        }
    }
    positions.sort_unstable();
    let taken = positions.len();
    positions.dedup();
    assert_eq!(positions.len(), taken, "no change is taken back twice");
    assert!(taken >= 3, "within a process each undo finds a change of its own");
    assert_eq!(world.head().await, head + taken as u64);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_is_undone_as_a_whole_by_its_revert() {
    let world = World::new().await;
    let scene = world.scene().await;
    let user = &scene.annotator;
    let before = scene.annotation("May").await;
    let line = json!({"resource": "annotations", "body": scene.passage("rockets")}).to_string();
    let request = user.request(Method::POST, &scene.at("imports")).header("content-type", "application/x-ndjson");
    let response = request.body(line).send().await.expect("the service answers");
    let batch = response.headers()["idempotency-key"].to_str().expect("it is text").to_owned();
    response.text().await.expect("the answer is whole");
    assert_eq!(undo(user, &scene).await.refused(409, "cannot_be_undone").body["reason"], "import");
    let path = scene.at(&format!("imports/{batch}/revert"));
    user.send(Method::POST, &path, &[("if-match", "*")], None).await.ok();
    let answer = undo(user, &scene).await;
    assert_eq!((undone(&answer).1.as_str(), &answer.body["id"]), ("AnnotationCreated", &json!(before)));
    world.end().await;
}
