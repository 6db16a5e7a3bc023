//! Revisions of documents, and what becomes of their annotations.

use super::world::{Answer, Behind, Folded, Scene, TEXT, User, World, id};
use domain::anchor::{Found, Lost, Method};
use domain::annotation::{Event, Loss, Reanchored};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wire::record::Record;
use wire::view::{Reply, Request, Views};

const CAPTURED: &str = "2021-05-05T10:00:00Z";

async fn capture(scene: &Scene, by: &User, key: &str, text: &str, anchors: &str) -> Answer {
    let body = json!({"text": text, "captured_at": CAPTURED, "anchors": anchors});
    let path = scene.at(&format!("documents/{}/revisions", scene.document));
    by.post_with(&path, &[("idempotency-key", key)], &body).await
}

/// What was recorded last about an annotation.
fn last<'r>(records: &'r [Record], annotation: &str) -> (&'r Record, &'r Event) {
    let record = records.iter().rev().find(|record| record.envelope.id.to_string() == annotation).expect("it is there");
    match &record.events[..] {
        [domain::Event::Annotation(event)] => (record, event),
        events => panic!("one event of an annotation: {events:?}"),
    }
}

fn found(records: &[Record], annotation: &str) -> Found {
    match last(records, annotation).1 {
        Event::AnnotationReanchored(Reanchored { revision: 2, found }) => *found,
        event => panic!("the annotation was found in revision 2: {event:?}"),
    }
}

fn cut(text: &str, found: Found) -> String {
    text.chars().skip(found.start as usize).take((found.end - found.start) as usize).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn annotations_follow_their_passages_into_a_revision() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let (rockets, emoji) = (scene.annotation("rockets").await, scene.annotation("group \u{1f680} fired").await);
    let (spokesman, arabic) =
        (scene.annotation("A spokesman said the «Брат» group").await, scene.annotation("عين الأسد").await);
    // The second paragraph stands first, one word of it is another, and the Arabic name is gone.
    let text =
        "\u{1f6a8}\r\nA spokesman told the «Брат» group \u{1f680} fired.\r\nOn 4 May rockets hit Ain al-Assad.\r\n";
    let answer = capture(&scene, &curator, &id(), text, "best").await.created();
    assert_eq!((&answer.body["revision"], &answer.body["reanchored"]), (&json!(2), &json!(3)));
    assert_eq!((&answer.body["lost"], &answer.body["ambiguous"]), (&json!([arabic]), &json!([])));
    assert_eq!(answer.body["sequence"], world.head().await, "the last of the records");

    let records = world.records().await;
    assert_eq!(cut(text, found(&records, &rockets)), "rockets");
    assert_eq!(cut(text, found(&records, &emoji)), "group \u{1f680} fired");
    assert_eq!(cut(text, found(&records, &spokesman)), "A spokesman told the «Брат» group");
    assert_eq!(found(&records, &spokesman).method, Method::Approximate);
    let loss = Loss { revision: 2, reason: Lost::NotFound };
    assert_eq!(last(&records, &arabic).1, &Event::AnnotationAnchorLost(loss));

    let revision = records.iter().find(|record| record.events[0].name() == "DocumentRevisionCaptured");
    let revision = &revision.expect("the revision is recorded by itself").envelope;
    let carried = &last(&records, &rockets).0.envelope;
    assert_eq!((carried.author, carried.correlation_id), (revision.author, revision.correlation_id));
    assert_eq!(carried.causation_id, Some(revision.record_id));
    assert!(carried.relied_on.iter().any(|reliance| (reliance.id, reliance.revision) == (revision.id, 2)));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_same_words_will_do_where_that_is_asked() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let (edited, same) = (scene.annotation("A spokesman said").await, scene.annotation("rockets hit").await);
    let text = TEXT.replace("A spokesman", "The spokesman");
    let answer = capture(&scene, &curator, &id(), &text, "exact").await.created();
    assert_eq!((&answer.body["reanchored"], &answer.body["lost"]), (&json!(1), &json!([edited])));
    assert_eq!(cut(&text, found(&world.records().await, &same)), "rockets hit");
    let body = json!({"text": "x", "captured_at": CAPTURED, "anchors": "roughly"});
    let path = scene.at(&format!("documents/{}/revisions", scene.document));
    curator.post(&path, &body).await.refused(422, "invalid_value");
    world.end().await;
}

/// A read side that answers while it is up.
struct Switched {
    views: Folded,
    up: Arc<AtomicBool>,
}

impl Views for Switched {
    fn ask(&self, request: Request) -> BoxFuture<'_, Reply> {
        if self.up.load(Ordering::SeqCst) { self.views.ask(request) } else { Behind.ask(request) }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repetition_goes_on_where_it_stopped_and_then_changes_nothing() {
    let up = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&up);
    let world = World::with_views(|log| Arc::new(Switched { views: Folded(log), up: switch })).await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let (rockets, arabic) = (scene.annotation("rockets").await, scene.annotation("عين الأسد").await);
    let (key, text) = (id(), TEXT.replace("عين الأسد", "").replace("On 4 May", "On Tuesday"));
    let stopped = capture(&scene, &curator, &key, &text, "best").await.refused(503, "reanchoring_incomplete");
    assert_eq!((&stopped.body["revision"], &stopped.body["idempotency_key"]), (&json!(2), &json!(key)));
    // What is marked in between stays where it is, in the older as in the newer text.
    let later = scene.annotation("spokesman").await;
    up.store(true, Ordering::SeqCst);
    let first = capture(&scene, &curator, &key, &text, "best").await.created();
    assert_eq!((&first.body["revision"], &first.body["reanchored"]), (&json!(2), &json!(1)));
    assert_eq!(first.body["lost"], json!([arabic]));
    let head = world.head().await;
    let again = capture(&scene, &curator, &key, &text, "best").await.created();
    assert!(again.replayed());
    assert_eq!((again.body, world.head().await), (first.body, head));
    let records = world.records().await;
    assert_eq!(cut(&text, found(&records, &rockets)), "rockets");
    assert!(matches!(last(&records, &later).1, Event::AnnotationCreated(_)));

    // With the next revision all that stand in older ones are looked for.
    let third = capture(&scene, &curator, &id(), TEXT, "best").await.created();
    assert_eq!((&third.body["reanchored"], &third.body["lost"]), (&json!(3), &json!([])));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_retracted_or_moved_by_hand_is_left_alone() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let (retracted, lost) = (scene.annotation("rockets").await, scene.annotation("عين الأسد").await);
    let at = |annotation: &str| scene.at(&format!("annotations/{annotation}"));
    scene.annotator.delete(&at(&retracted), "\"1\"").await.ok();
    let text = TEXT.replace("عين الأسد", "Ain-ul-Asad");
    let second = capture(&scene, &curator, &id(), &text, "best").await.created();
    assert_eq!((&second.body["reanchored"], &second.body["lost"]), (&json!(0), &json!([lost])));

    let start = text.chars().count() - 11;
    let there = json!({"revision": 2, "start": start, "end": start + 11, "exact": "Ain-ul-Asad"});
    curator.patch(&at(&lost), "\"2\"", &there).await.refused(403, "forbidden");
    let mut nowhere = there.clone();
    nowhere["revision"] = Value::from(9);
    scene.annotator.patch(&at(&lost), "\"2\"", &nowhere).await.refused(422, "reference_unknown").at("/revision");
    scene.annotator.patch(&at(&lost), "\"2\"", &there).await.ok();
    let back = json!({"revision": 1, "start": 0, "end": 2, "exact": "On"});
    scene.annotator.patch(&at(&lost), "\"3\"", &back).await.refused(422, "annotation_moved").at("/revision");
    let third = capture(&scene, &curator, &id(), &format!("{text}!"), "best").await.created();
    assert_eq!((&third.body["reanchored"], &third.body["lost"]), (&json!(1), &json!([])));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn duplicates_that_nothing_tells_apart_are_named() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let annotation = scene.annotation("On 4 May rockets hit Ain al-Assad.").await;
    let line = |filler: char| {
        format!("{}\nOn 4 May rockets hit Ain al-Assad.\n{}\n", filler.to_string().repeat(40), "B".repeat(40))
    };
    let text = format!("{}\n{}{}", "X".repeat(600), line('C'), line('C'));
    let answer = capture(&scene, &curator, &id(), &text, "best").await.created();
    assert_eq!((&answer.body["lost"], &answer.body["ambiguous"]), (&json!([annotation]), &json!([annotation])));
    world.end().await;
}
