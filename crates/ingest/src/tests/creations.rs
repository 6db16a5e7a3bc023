//! Creations: what they answer, and what their repetition answers.

use domain::document::TEXT_LEN_MAX;
use reqwest::Method;
use serde_json::{Value, json};

use crate::service::DOCUMENT_BODY_LEN_MAX;

use super::world::{Answer, Scene, TEXT, World, id};

/// Every POST that creates something of its own, with two bodies that differ.
fn creations(scene: &Scene, annotation: &str, original: &str) -> Vec<(&'static str, Value, Value)> {
    let reading = scene.reading(&json!([annotation]));
    let passage = scene.passage("rockets");
    vec![
        ("sources", json!({"name": "A", "kind": "outlet"}), json!({"name": "B", "kind": "outlet"})),
        (
            "documents",
            json!({"title": "A", "source": scene.source, "text": "a text"}),
            json!({"title": "A", "source": scene.source, "text": "another text"}),
        ),
        ("incidents", json!({"title": "A", "when": "2021-05-04"}), json!({"title": "A", "when": "2021-05-05"})),
        ("incidents", json!({"title": "A", "class": {"kinds": ["rocket"]}}), json!({"title": "A", "class": {}})),
        ("actors", json!({"name": "A", "kind": "person"}), json!({"name": "A", "kind": "office"})),
        (
            "relations",
            json!({"type": "part_of", "from": scene.actor, "to": id(), "stance": "held", "evidence": [annotation]}),
            json!({"type": "front_of", "from": scene.actor, "to": id(), "stance": "held", "evidence": [annotation]}),
        ),
        ("annotations", passage.clone(), scene.passage("May")),
        ("readings", reading.clone(), with(&reading, "certainty", &json!("PR"))),
        ("readings", scene.reading(&json!([passage])), scene.reading(&json!([passage, scene.passage("May")]))),
        (
            "no-claims",
            json!({"document": scene.document, "revision": 1, "start": 0, "end": 3}),
            json!({"document": scene.document, "revision": 1, "start": 0, "end": 4}),
        ),
        (
            "derivations",
            json!({"from": annotation, "to": original, "kind": "quotes"}),
            json!({"from": original, "to": annotation, "kind": "quotes"}),
        ),
    ]
}

fn with(body: &Value, key: &str, value: &Value) -> Value {
    let mut body = body.clone();
    body[key] = value.clone();
    body
}

/// Both relations lead to an actor that is there.
async fn cases(scene: &Scene) -> Vec<(&'static str, Value, Value)> {
    let annotation = scene.annotation("rockets").await;
    let other = scene.annotator.post(&scene.at("actors"), &json!({"name": "Other", "kind": "organisation"})).await;
    let other = other.created().id();
    let mut cases = creations(scene, &annotation, &scene.annotation("May").await);
    for (path, first, second) in &mut cases {
        if *path == "relations" {
            first["to"] = json!(other);
            second["to"] = json!(other);
        }
    }
    cases
}

/// Whatever was answered first, but for the mark of a repetition.
#[track_caller]
fn assert_repeats(first: &Answer, second: &Answer) {
    assert_eq!((second.status, &second.body), (first.status, &first.body));
    for name in ["location", "etag", "gainsay-sequence", "idempotency-key"] {
        assert_eq!(second.header(name), first.header(name), "{name}");
    }
    assert!(second.replayed() && !first.replayed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_creation_answers_where_it_is_and_a_repetition_answers_the_same() {
    let world = World::new().await;
    let scene = world.scene().await;
    for (path, body, other) in cases(&scene).await {
        let path = scene.at(path);
        let key = id();
        let headers = [("idempotency-key", key.as_str())];
        let first = scene.annotator.post_with(&path, &headers, &body).await.created();
        let location = first.header("location").expect("a creation says where it is").to_owned();
        assert!(location.starts_with("/v1/projects/") && location.ends_with(&first.id()), "{location}");
        assert_eq!(first.header("etag"), Some("\"1\""));
        assert_eq!(first.header("idempotency-key"), Some(key.as_str()));
        assert_eq!(first.header("gainsay-sequence"), Some(first.body["sequence"].to_string().as_str()));

        let head = world.head().await;
        let second = scene.annotator.post_with(&path, &headers, &body).await;
        assert_repeats(&first, &second);
        scene.annotator.post_with(&path, &headers, &other).await.refused(422, "command_id_reused");
        assert_eq!(world.head().await, head, "{path}: a repetition and a refusal store nothing");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_creation_with_an_id_is_repeated_by_its_content_and_taken_for_others() {
    let world = World::new().await;
    let scene = world.scene().await;
    for (path, body, other) in cases(&scene).await {
        let path = scene.at(path);
        let id = id();
        let body = with(&body, "id", &json!(id));
        let first = scene.annotator.post(&path, &body).await.created();
        assert_eq!(first.id(), id);
        let second = scene.annotator.post(&path, &body).await;
        assert_repeats(&first, &second);
        let other = with(&other, "id", &json!(id));
        scene.annotator.post(&path, &other).await.refused(409, "id_taken");
        world.operator.post(&path, &body).await.refused(409, "id_taken");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_key_and_id_the_answer_names_the_key_for_a_repetition() {
    let world = World::new().await;
    let scene = world.scene().await;
    for (path, body, _other) in cases(&scene).await {
        let path = scene.at(path);
        let first = scene.annotator.post(&path, &body).await.created();
        let key = first.header("idempotency-key").expect("the answer names a key").to_owned();
        let second = scene.annotator.post_with(&path, &[("idempotency-key", &key)], &body).await;
        assert_repeats(&first, &second);
        let third = scene.annotator.post(&path, &body).await.created();
        assert_ne!(third.id(), first.id());
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_creation_sent_many_times_at_once_has_one_effect() {
    let world = World::new().await;
    let scene = world.scene().await;
    for (path, body, _other) in cases(&scene).await {
        let path = scene.at(path);
        let key = id();
        let head = world.head().await;
        let sent = (0..12).map(|_| {
            let (annotator, path, body, key) = (scene.annotator.clone(), path.clone(), body.clone(), key.clone());
            tokio::spawn(async move { annotator.post_with(&path, &[("idempotency-key", &key)], &body).await })
        });
        let answers = futures::future::try_join_all(sent).await.expect("no request panics");
        let first = answers[0].clone().created();
        for answer in &answers {
            assert_eq!((answer.status, &answer.body), (201, &first.body));
        }
        assert_eq!(answers.iter().filter(|answer| !answer.replayed()).count(), 1, "one of them is the first");
        let inline = body["evidence"].as_array().into_iter().flatten().filter(|item| item.is_object()).count();
        assert_eq!(world.head().await, head + 1 + inline as u64);
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_is_stored_once_and_belongs_to_the_record_that_won() {
    use futures::TryStreamExt;
    let world = World::new().await;
    let scene = world.scene().await;
    let id = id();
    let sent = (0..8).map(|n| {
        let (annotator, path) = (scene.annotator.clone(), scene.at("documents"));
        let body = json!({"id": id, "title": "T", "source": scene.source, "text": format!("text number {n}")});
        tokio::spawn(async move { (n, annotator.post(&path, &body).await) })
    });
    let answers = futures::future::try_join_all(sent).await.expect("no request panics");
    let winners: Vec<_> = answers.iter().filter(|(_, answer)| answer.status == 201).collect();
    assert_eq!(winners.len(), 1);
    for (_, answer) in answers.iter().filter(|(_, answer)| answer.status != 201) {
        answer.clone().refused(409, "id_taken");
    }
    // The passage that only the winner's text has can be marked.
    let exact = format!("text number {}", winners[0].0);
    let passage = json!({"document": id, "revision": 1, "start": 0, "end": 13, "exact": exact, "role": "content"});
    scene.annotator.post(&scene.at("annotations"), &passage).await.created();
    let objects: Vec<_> =
        world.parts.texts.list().await.expect("texts can be listed").try_collect().await.expect("all");
    let of_document = objects.iter().filter(|object| object.name.contains(&id)).count();
    assert_eq!(of_document, 1, "the losers' texts are removed again");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_longest_text_is_taken_and_marked_by_code_points() {
    let world = World::new().await;
    let scene = world.scene().await;
    let arabic = (TEXT_LEN_MAX - TEXT.len()) / 2;
    let padding = (TEXT_LEN_MAX - TEXT.len()) % 2;
    // As encoders write it that escape everything but ASCII: three bytes for each of the text's.
    let escaped = "\\u0634".repeat(arabic) + &"x".repeat(padding);
    let rest = serde_json::to_string(TEXT).expect("a text serialises");
    let json = |more: &str| {
        let (source, rest) = (&scene.source, rest.trim_matches('"'));
        format!(r#"{{"title": "Long", "source": "{source}", "text": "{more}{escaped}{rest}"}}"#)
    };
    let send = async |json: String| {
        let request = scene.annotator.request(Method::POST, &scene.at("documents"));
        let request = request.header("content-type", "application/json").body(json);
        Answer::read(request.send().await.expect("the service answers")).await
    };
    let document = send(json("")).await.created().id();
    let start = arabic + padding + TEXT.chars().position(|c| c == '\u{1f680}').expect("there is a rocket");
    let passage = json!({
        "document": document, "revision": 1, "start": start, "end": start + 1, "exact": "\u{1f680}", "role": "cue",
    });
    scene.annotator.post(&scene.at("annotations"), &passage).await.created();
    let head = world.head().await;
    send(json("x")).await.refused(422, "text_too_long").at("/text");
    send(json(&" ".repeat(DOCUMENT_BODY_LEN_MAX))).await.refused(413, "body_too_large");
    assert_eq!(world.head().await, head);
    world.end().await;
}
