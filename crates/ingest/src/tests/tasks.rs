//! Tasks: opened and closed by curators, leased and submitted by annotators.

use std::sync::Arc;
use std::time::Duration;

use domain::{Event, Kind};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::world::{Answer, Behind, Scene, User, World, id};

/// A task on the scene's document.
fn task(scene: &Scene, overlap: &Value) -> Value {
    json!({"document": scene.document, "revision": 1, "overlap": overlap})
}

async fn open(user: &User, scene: &Scene, body: &Value) -> Answer {
    user.post(&scene.at("tasks"), body).await
}

async fn next(user: &User, scene: &Scene) -> Answer {
    user.send(Method::POST, &scene.at("tasks/next"), &[], None).await
}

async fn next_as(user: &User, scene: &Scene, key: &str) -> Answer {
    user.send(Method::POST, &scene.at("tasks/next"), &[("idempotency-key", key)], None).await
}

async fn act(user: &User, scene: &Scene, id: &str, part: &str, body: Option<&Value>) -> Answer {
    user.send(Method::POST, &scene.at(&format!("tasks/{id}/{part}")), &[], body).await
}

fn nothing() -> Value {
    json!({"nothing_found": true})
}

/// A reading of the scene's document.
async fn read(user: &User, scene: &Scene) -> Answer {
    let evidence = json!([scene.passage("rockets")]);
    user.post(&scene.at("readings"), &scene.reading(&evidence)).await.created()
}

/// A span without a claim.
async fn blank(user: &User, scene: &Scene, document: &str) -> String {
    let span = json!({"document": document, "revision": 1, "start": 0, "end": 4});
    user.post(&scene.at("no-claims"), &span).await.created().id()
}

/// The names of a task's events, by record.
async fn told(world: &World, id: &str) -> Vec<Vec<&'static str>> {
    let records = world.records().await;
    let own =
        records.iter().filter(|record| record.envelope.kind == Kind::Task && record.envelope.id.to_string() == id);
    own.map(|record| {
        let names = record.events.iter().map(|event| match event {
            Event::Task(event) => event.name(),
            other => panic!("{other:?}"),
        });
        names.collect()
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_is_read_by_as_many_as_were_asked_for() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (layla, omar) = (&scene.annotator, world.member(&scene.project, "omar", "annotator").await);
    let nadia = world.member(&scene.project, "nadia", "annotator").await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    open(layla, &scene, &task(&scene, &json!(2))).await.refused(403, "forbidden");
    let opened = open(&curator, &scene, &task(&scene, &json!(2))).await.created();
    let task = opened.id();
    let location = format!("/v1/{}", scene.at(&format!("tasks/{task}")));
    assert_eq!((opened.header("location"), opened.header("etag")), (Some(location.as_str()), Some("\"1\"")));

    let lease = next(layla, &scene).await.ok();
    assert_eq!((lease.id(), &lease.body["document"]), (task.clone(), &json!(scene.document)));
    assert_eq!((lease.header("etag"), lease.header("location")), (None, Some(location.as_str())));
    assert!(lease.body["until"].as_str().unwrap().ends_with('Z'), "{}", lease.body);
    let again = next(layla, &scene).await.ok();
    assert_eq!((again.id(), &again.body["until"]), (task.clone(), &lease.body["until"]), "the same lease");
    next(&omar, &scene).await.ok();
    next(&nadia, &scene).await.refused(404, "no_task");
    act(&nadia, &scene, &task, "renew", None).await.refused(409, "no_lease");
    act(&nadia, &scene, &task, "submit", Some(&nothing())).await.refused(409, "no_lease");

    let renewed = act(layla, &scene, &task, "renew", None).await.ok();
    assert!(renewed.body["until"].as_str() >= lease.body["until"].as_str());
    let found = read(layla, &scene).await.id();
    let empty = blank(layla, &scene, &scene.document).await;
    let found = json!({"readings": [found], "no_claims": [empty]});
    let submitted = act(layla, &scene, &task, "submit", Some(&found)).await.ok();
    assert_eq!(submitted.body["closed"], false);
    act(layla, &scene, &task, "submit", Some(&found)).await.refused(409, "already_submitted");
    next(&nadia, &scene).await.refused(404, "no_task");
    let submitted = act(&omar, &scene, &task, "submit", Some(&nothing())).await.ok();
    assert_eq!(submitted.body["closed"], true);
    act(&omar, &scene, &task, "renew", None).await.refused(409, "task_closed");
    act(&curator, &scene, &task, "close", None).await.refused(409, "task_closed");
    let expected: [&[&str]; 6] = [
        &["TaskOpened"],
        &["TaskLeased"],
        &["TaskLeased"],
        &["LeaseRenewed"],
        &["TaskSubmitted"],
        &["TaskSubmitted", "TaskClosed"],
    ];
    assert_eq!(told(&world, &task).await, expected);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_ask_at_once_never_get_more_than_the_places() {
    const PLACES: usize = 3;
    let world = World::new().await;
    let scene = world.scene().await;
    let task = open(&world.operator, &scene, &task(&scene, &json!(PLACES))).await.created().id();
    let mut people = Vec::new();
    for n in 0..8 {
        people.push(world.member(&scene.project, &format!("reader-{n}"), "annotator").await);
    }
    let answers = join_all(people.iter().map(|one| next(one, &scene))).await;
    let leased = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(leased, PLACES);
    for answer in answers {
        if answer.status != 200 {
            answer.refused(404, "no_task");
        }
    }
    let expected = [vec![vec!["TaskOpened"]], vec![vec!["TaskLeased"]; PLACES]].concat();
    assert_eq!(told(&world, &task).await, expected);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_ran_out_gives_its_place_away_and_is_noted_with_what_comes_next() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (layla, omar) = (&scene.annotator, world.member(&scene.project, "omar", "annotator").await);
    let mut body = task(&scene, &json!(1));
    body["lease_seconds"] = json!(3);
    let until_it_ran_out = || tokio::time::sleep(Duration::from_millis(3_100));
    let task = open(&world.operator, &scene, &body).await.created().id();
    next(layla, &scene).await.ok();
    until_it_ran_out().await;
    next(layla, &scene).await.refused(404, "no_task");
    // A place that nobody took is there still for who comes back to it.
    act(layla, &scene, &task, "renew", None).await.ok();
    until_it_ran_out().await;
    assert_eq!(next(&omar, &scene).await.ok().id(), task);
    act(layla, &scene, &task, "submit", Some(&nothing())).await.refused(409, "lease_lost");
    until_it_ran_out().await;
    let late = act(layla, &scene, &task, "submit", Some(&nothing())).await.ok();
    assert_eq!(late.body["closed"], true);
    let expected: [&[&str]; 5] = [
        &["TaskOpened"],
        &["TaskLeased"],
        &["LeaseRenewed"],
        &["LeaseExpired", "TaskLeased"],
        &["LeaseExpired", "TaskSubmitted", "TaskClosed"],
    ];
    assert_eq!(told(&world, &task).await, expected);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_command_leases_and_submits_once() {
    let world = World::new().await;
    let scene = world.scene().await;
    let replica = world.replica().await;
    let elsewhere = User::new(replica_base(&replica).as_str(), &scene.annotator.token);
    let first = open(&world.operator, &scene, &task(&scene, &json!(1))).await.created().id();
    open(&world.operator, &scene, &task(&scene, &json!(1))).await.created();
    let key = id();
    let lease = next_as(&scene.annotator, &scene, &key).await.ok();
    assert_eq!((lease.id(), lease.replayed()), (first.clone(), false));
    for user in [&scene.annotator, &elsewhere] {
        let again = next_as(user, &scene, &key).await.ok();
        assert!(again.replayed());
        assert_eq!(again.body, lease.body);
    }
    let another = id();
    let headers = [("idempotency-key", another.as_str())];
    let path = scene.at(&format!("tasks/{first}/submit"));
    let submitted = scene.annotator.post_with(&path, &headers, &nothing()).await.ok();
    let again = elsewhere.post_with(&path, &headers, &nothing()).await.ok();
    assert!(again.replayed());
    assert_eq!(again.body, submitted.body);
    let headers = [("idempotency-key", key.as_str())];
    scene.annotator.post_with(&path, &headers, &nothing()).await.refused(422, "command_id_reused");
    // The command that leased it tells of that lease for ever, though another task is free.
    let again = next_as(&elsewhere, &scene, &key).await.ok();
    assert!(again.replayed());
    assert_eq!(again.body, lease.body);
    assert_eq!(told(&world, &first).await.len(), 3);
    world.end().await;
}

fn replica_base(replica: &User) -> String {
    replica.request(Method::GET, "").build().expect("a request").url().as_str().trim_end_matches('/').to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_submitted_is_ones_own_and_of_the_document() {
    let world = World::new().await;
    let scene = world.scene().await;
    let omar = world.member(&scene.project, "omar", "annotator").await;
    let task = open(&world.operator, &scene, &task(&scene, &json!(1))).await.created().id();
    next(&scene.annotator, &scene).await.ok();
    let submit = async |body: Value| act(&scene.annotator, &scene, &task, "submit", Some(&body)).await;
    submit(json!({})).await.refused(422, "nothing_submitted").at("/nothing_found");
    let own = read(&scene.annotator, &scene).await.id();
    submit(json!({"readings": [own], "nothing_found": true}))
        .await
        .refused(422, "nothing_found_contradicted")
        .at("/nothing_found");
    let others = read(&omar, &scene).await.id();
    submit(json!({"readings": [own, others]})).await.refused(422, "not_own_reading").at("/readings/1");
    submit(json!({"readings": [id()]})).await.refused(422, "reference_unknown").at("/readings/0");
    let span = blank(&scene.annotator, &scene, &scene.document).await;
    submit(json!({"readings": [span]})).await.refused(422, "reading_not_live").at("/readings/0");
    submit(json!({"no_claims": [own]})).await.refused(422, "reading_not_live").at("/no_claims/0");
    let other = json!({"title": "Other", "source": scene.source, "text": "Text of another one."});
    let other = scene.annotator.post(&scene.at("documents"), &other).await.created().id();
    let elsewhere = blank(&scene.annotator, &scene, &other).await;
    submit(json!({"no_claims": [elsewhere]})).await.refused(422, "other_document").at("/no_claims/0");
    let passage = json!({"document": other, "revision": 1, "start": 0, "end": 4, "exact": "Text", "role": "content"});
    let elsewhere = scene.annotator.post(&scene.at("readings"), &scene.reading(&json!([passage]))).await.created().id();
    submit(json!({"readings": [own, elsewhere]})).await.refused(422, "other_document").at("/readings/1");
    let retracted = read(&scene.annotator, &scene).await.id();
    scene.annotator.delete(&scene.at(&format!("readings/{retracted}")), "\"1\"").await.ok();
    submit(json!({"readings": [retracted]})).await.refused(422, "reading_not_live").at("/readings/0");
    submit(json!({"readings": [own, own]})).await.refused(422, "list_repeats").at("/readings/1");
    submit(json!({"readings": [own], "no_claims": [span]})).await.ok();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_skips_a_task_is_not_given_it_again() {
    let world = World::new().await;
    let scene = world.scene().await;
    let omar = world.member(&scene.project, "omar", "annotator").await;
    let task = open(&world.operator, &scene, &task(&scene, &json!(1))).await.created().id();
    let why = json!({"reason": "I know the author."});
    act(&scene.annotator, &scene, &task, "skip", Some(&why)).await.refused(409, "no_lease");
    next(&scene.annotator, &scene).await.ok();
    act(&scene.annotator, &scene, &task, "skip", Some(&json!({"reason": " "})))
        .await
        .refused(422, "text_blank")
        .at("/reason");
    act(&scene.annotator, &scene, &task, "skip", Some(&why)).await.ok();
    next(&scene.annotator, &scene).await.refused(404, "no_task");
    assert_eq!(next(&omar, &scene).await.ok().id(), task);
    act(&omar, &scene, &task, "close", None).await.refused(403, "forbidden");
    act(&world.operator, &scene, &task, "close", None).await.ok();
    act(&omar, &scene, &task, "submit", Some(&nothing())).await.refused(409, "task_closed");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_is_for_those_it_is_assigned_to() {
    let world = World::new().await;
    let scene = world.scene().await;
    let omar = world.member(&scene.project, "omar", "annotator").await;
    let mut body = task(&scene, &json!("everyone"));
    body["assignees"] = json!(["omar"]);
    let task = open(&world.operator, &scene, &body).await.created().id();
    next(&scene.annotator, &scene).await.refused(404, "no_task");
    assert_eq!(next(&omar, &scene).await.ok().id(), task);
    let done = act(&omar, &scene, &task, "submit", Some(&nothing())).await.ok();
    assert_eq!(done.body["closed"], true, "everyone it is assigned to has read it");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_task_is_refused_where_it_is_bad() {
    let world = World::new().await;
    let scene = world.scene().await;
    let operator = &world.operator;
    let with = |field: &str, value: Value| {
        let mut body = task(&scene, &json!(2));
        body[field] = value;
        body
    };
    let bad = [
        (with("overlap", json!(0)), 422, "overlap_invalid", "/overlap"),
        (with("overlap", json!(1_001)), 422, "overlap_invalid", "/overlap"),
        (with("assignees", json!(["omar"])), 422, "overlap_exceeds_assignees", "/overlap"),
        (with("assignees", json!(["omar", "omar"])), 422, "list_repeats", "/assignees/1"),
        (with("assignees", json!(["omar", "not a handle"])), 422, "user_invalid", "/assignees/1"),
        (with("lease_seconds", json!(0)), 422, "lease_seconds_invalid", "/lease_seconds"),
        (with("lease_seconds", json!(604_801)), 422, "lease_seconds_invalid", "/lease_seconds"),
        (with("priority", json!(1_001)), 422, "priority_invalid", "/priority"),
        (with("document", json!(id())), 422, "reference_unknown", "/document"),
        (with("revision", json!(2)), 422, "reference_unknown", "/revision"),
    ];
    for (body, status, code, pointer) in bad {
        open(operator, &scene, &body).await.refused(status, code).at(pointer);
    }
    for overlap in [json!("nobody"), json!(-1), json!(1.5), json!(null)] {
        let refused = open(operator, &scene, &with("overlap", overlap.clone())).await;
        assert_eq!(
            (refused.status, refused.body["errors"][0]["pointer"].as_str()),
            (422, Some("/overlap")),
            "{overlap}"
        );
    }
    next(&scene.annotator, &scene).await.refused(404, "no_task");
    act(&scene.annotator, &scene, &id(), "renew", None).await.refused(404, "not_found");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_leased_while_the_read_side_is_behind() {
    let world = World::with_views(|_| Arc::new(Behind)).await;
    let scene = world.scene().await;
    let task = open(&world.operator, &scene, &task(&scene, &json!(1))).await.created().id();
    let refused = next(&scene.annotator, &scene).await.refused(503, "views_unavailable");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(told(&world, &task).await.len(), 1);
    world.end().await;
}
