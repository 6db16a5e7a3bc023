//! Imports: in order, in one stream, whatever single lines are.

use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::world::{Answer, Scene, TEXT, User, World, id};

async fn import(user: &User, scene: &Scene, lines: impl Into<reqwest::Body>) -> Vec<Value> {
    let request = user.request(Method::POST, &scene.at("imports")).header(CONTENT_TYPE, "application/x-ndjson");
    let response = request.body(lines).send().await.expect("the service answers");
    assert_eq!(response.status(), 200);
    let text = response.text().await.expect("the answer is whole");
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

fn line(resource: &str, body: &Value) -> String {
    json!({"resource": resource, "body": body}).to_string() + "\n"
}

/// A document, its passages and readings, in an order in which each line needs those before it.
fn chain(scene: &Scene, n: usize) -> Vec<String> {
    let (source, document, annotation, original, actor) = (id(), id(), id(), id(), id());
    let mut passage = scene.passage("rockets");
    passage["document"] = json!(document);
    passage["id"] = json!(annotation);
    let mut other = scene.passage("May");
    other["document"] = json!(document);
    other["id"] = json!(original);
    let mut reading = scene.reading(&json!([annotation]));
    reading["proposition"]["actor"] = json!(actor);
    reading["speakers"] = json!([{"source": source}]);
    vec![
        line("sources", &json!({"id": source, "name": format!("Source {n}"), "kind": "outlet"})),
        line("documents", &json!({"id": document, "title": "T", "source": source, "text": TEXT})),
        line("annotations", &passage),
        line("actors", &json!({"id": actor, "name": format!("Actor {n}"), "kind": "person", "evidence": [annotation]})),
        line(&format!("actors/{actor}/names"), &json!({"name": "Another"})),
        line("readings", &reading),
        line("annotations", &other),
        line("derivations", &json!({"from": annotation, "to": original, "kind": "paraphrases"})),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_are_carried_out_in_order_and_again_without_effect() {
    let world = World::new().await;
    let scene = world.scene().await;
    let lines: Vec<String> = (0..20).flat_map(|n| chain(&scene, n)).collect();
    let head = world.head().await;
    let first = import(&scene.annotator, &scene, lines.concat()).await;
    assert_eq!(first.len(), lines.len());
    for (at, result) in first.iter().enumerate() {
        assert_eq!(result["line"], at + 1);
        assert_eq!((&result["status"], &result["replayed"]), (&json!(201), &json!(false)), "{result}");
        assert!(result["id"].is_string() && result["sequence"].is_u64() && result["resource"].is_string(), "{result}");
    }
    // And that the batch was started and completed.
    let records = lines.len() as u64 + 2;
    assert_eq!(world.head().await, head + records);
    let second = import(&scene.annotator, &scene, lines.concat()).await;
    for (mut again, first) in second.into_iter().zip(first) {
        assert_eq!(again["replayed"], true, "{again}");
        again["replayed"] = json!(false);
        assert_eq!(again, first);
    }
    assert_eq!(world.head().await, head + records + 2);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_line_does_not_stop_the_rest() {
    let world = World::new().await;
    let scene = world.scene().await;
    let source = json!({"name": "A", "kind": "outlet"});
    let mut body = Vec::new();
    let mut expected = Vec::new();
    let mut add = |line: &[u8], end: &[u8], status: u16, code: Option<&'static str>, pointer: Option<&'static str>| {
        body.extend_from_slice(line);
        body.extend_from_slice(end);
        expected.push((status, code, pointer));
    };
    add(line("sources", &source).trim().as_bytes(), b"\r\n", 201, None, None);
    add(b"{\"resource\": \"sources\", ", b"\n", 400, Some("malformed_json"), None);
    add(b"{\"resource\": \"sources\", \"body\": \"\xff\"}", b"\n", 400, Some("invalid_utf8"), None);
    add(line("nothings", &json!({})).trim().as_bytes(), b"\n", 422, Some("resource_unknown"), Some("/resource"));
    add(line("actors/7/names", &json!({})).trim().as_bytes(), b"\n", 422, Some("resource_unknown"), Some("/resource"));
    add(b"{\"resource\": \"sources\"}", b"\n", 422, Some("missing_field"), Some("/body"));
    let unknown = json!({"resource": "sources", "body": source, "when": 1}).to_string();
    add(unknown.as_bytes(), b"\n", 422, Some("unknown_field"), Some("/when"));
    let inner = line("sources", &json!({"name": "A", "kind": "ghost"}));
    add(inner.trim().as_bytes(), b"\n", 422, Some("invalid_value"), Some("/body/kind"));
    add(line("policies", &json!({})).trim().as_bytes(), b"\n", 403, Some("forbidden"), None);
    let withdraw = line(&format!("documents/{}/withdraw", scene.document), &json!({}));
    add(withdraw.trim().as_bytes(), b"\n", 403, Some("forbidden"), None);
    let origin = line("origins", &json!({"annotation": id(), "reason": "It was there."}));
    add(origin.trim().as_bytes(), b"\n", 403, Some("forbidden"), None);
    let verdict = json!({"verdict": "confirmed", "reason": "Compared."});
    let verdict = line(&format!("derivations/{}/verdict", id()), &verdict);
    add(verdict.trim().as_bytes(), b"\n", 422, Some("resource_unknown"), Some("/resource"));
    let huge = vec![b'x'; crate::service::DOCUMENT_BODY_LEN_MAX + 8_192];
    add(&huge, b"\n", 413, Some("line_too_long"), None);
    add(line("sources", &json!({"name": "B", "kind": "outlet"})).trim().as_bytes(), b"", 201, None, None);

    let results = import(&scene.annotator, &scene, body).await;
    assert_eq!(results.len(), expected.len(), "{results:#?}");
    for (at, (result, (status, code, pointer))) in results.iter().zip(&expected).enumerate() {
        assert_eq!(result["line"], at + 1);
        assert_eq!(result["status"], *status, "{result}");
        assert_eq!(result["problem"]["code"].as_str(), *code, "{result}");
        if let Some(pointer) = pointer {
            assert_eq!(result["problem"]["errors"][0]["pointer"], *pointer, "{result}");
        }
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_origin_is_imported_by_a_curator() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let annotation = scene.annotation("rockets").await;
    let origin = line("origins", &json!({"annotation": annotation, "reason": "Its reporter was there."}));
    let results = import(&curator, &scene, origin.repeat(2)).await;
    assert_eq!((&results[0]["status"], &results[0]["replayed"]), (&json!(201), &json!(false)), "{results:?}");
    assert_eq!((&results[1]["status"], &results[1]["replayed"]), (&json!(201), &json!(true)), "{results:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_point_into_the_line() {
    let world = World::new().await;
    let scene = world.scene().await;
    let mut wrong = scene.passage("rockets");
    wrong["exact"] = json!("missiles");
    let lines = format!("\n  \n{}{}", line("annotations", &wrong), line("readings", &scene.reading(&json!([wrong]))));
    let results = import(&scene.annotator, &scene, lines).await;
    assert_eq!(results[0]["line"], 3, "blank lines count and are not answered");
    assert_eq!(results[0]["problem"]["code"], "quote_mismatch");
    assert_eq!(results[0]["problem"]["errors"][0]["pointer"], "/body/exact");
    assert_eq!(results[1]["problem"]["errors"][0]["pointer"], "/body/evidence/0/exact");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn results_come_while_lines_are_still_sent() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (mut lines, body) = futures::channel::mpsc::channel::<Result<String, std::io::Error>>(1);
    let request = scene.annotator.request(Method::POST, &scene.at("imports"));
    let request = request.header(CONTENT_TYPE, "application/x-ndjson").body(reqwest::Body::wrap_stream(body));
    let response = tokio::spawn(request.send());
    let source = |n: usize| Ok(line("sources", &json!({"name": format!("S{n}"), "kind": "outlet"})));
    lines.send(source(1)).await.expect("the request is read");
    let mut results = response.await.expect("no panic").expect("the service answers").bytes_stream();
    for n in 2..5 {
        let result = results.next().await.expect("a line was answered").expect("the answer goes on");
        let result: Value = serde_json::from_slice(&result).expect("one result at a time");
        assert_eq!(result["line"], n - 1);
        lines.send(source(n)).await.expect("the request is read");
    }
    // A client that goes away in the middle of a line.
    lines.send(Ok("{\"resource\": ".to_owned())).await.expect("the request is read");
    drop((lines, results));
    let answer = scene.annotator.post(&scene.at("sources"), &json!({"name": "After", "kind": "outlet"})).await;
    answer.created();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_needs_a_member_who_may_record() {
    let world = World::new().await;
    let scene = world.scene().await;
    let stranger = world.user("stranger").await;
    let reader = world.member(&scene.project, "reader", "reader").await;
    for (user, status, code) in [(&stranger, 404, "not_found"), (&reader, 403, "forbidden")] {
        let request = user.request(Method::POST, &scene.at("imports")).header(CONTENT_TYPE, "application/x-ndjson");
        Answer::read(request.body("").send().await.expect("the service answers")).await.refused(status, code);
    }
    let answer = scene.annotator.post(&scene.at("imports"), &json!({})).await;
    answer.refused(415, "unsupported_media_type");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_lines_log_names_the_request() {
    let log = tempfile::NamedTempFile::new().expect("a file can be made");
    let writer = Arc::new(log.reopen().expect("it is there"));
    let subscriber = tracing_subscriber::fmt().json().with_writer(writer).finish();
    tracing::subscriber::set_global_default(subscriber).expect("each test has a process of its own");
    let world = World::new().await;
    let scene = world.scene().await;
    let (request_id, lines) = (id(), chain(&scene, 1));
    let request = scene.annotator.request(Method::POST, &scene.at("imports")).header("x-request-id", &request_id);
    let response = request.header(CONTENT_TYPE, "application/x-ndjson").body(lines.concat()).send().await;
    response.expect("the service answers").text().await.expect("the answer is whole");
    let logged = std::fs::read_to_string(log.path()).expect("the log is text");
    let logged = logged.lines().map(|line| serde_json::from_str::<Value>(line).expect("each line is JSON"));
    let of_request = |line: &Value| {
        let spans = line["spans"].as_array().cloned().unwrap_or_default();
        spans.iter().any(|span| span["request.id"] == json!(request_id))
    };
    let appended = logged.filter(|line| line["fields"]["message"] == "record appended");
    assert_eq!(appended.filter(of_request).count(), lines.len() + 2, "and two of the batch itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adjudications_are_imported_and_of_two_on_one_target_the_first() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let question = |text: &str| json!({"question": text, "targets": [{"incident": scene.incident}]});
    let first = line("adjudications", &question("Who?"));
    let ruled = json!({"uphold": [], "reject": [], "reason": "None.", "based_on": 1});
    let rulings = line(&format!("adjudications/{}/rulings", id()), &ruled);
    let lines = [first.clone(), line("adjudications", &question("Why?")), rulings];
    for replayed in [false, true] {
        let results = import(&curator, &scene, lines.concat()).await;
        assert_eq!((&results[0]["status"], &results[0]["replayed"]), (&json!(201), &json!(replayed)), "{results:#?}");
        let taken = &results[1]["problem"];
        assert_eq!((&taken["code"], &taken["adjudication"]), (&json!("already_adjudicated"), &results[0]["id"]));
        assert_eq!(results[2]["problem"]["code"], "not_found");
    }
    // What is decided is decided against a revision, which no line has.
    let opened = import(&curator, &scene, first).await[0]["id"].as_str().expect("an id").to_owned();
    let found = json!({
        "target": {"incident": scene.incident}, "outcome": "confirmed", "standard": "clear", "reason": "So.", "based_on": 1,
    });
    let why = json!({"reason": "So."});
    for (part, body) in [("findings", &found), ("reopen", &why), ("overturn", &why)] {
        let results = import(&curator, &scene, line(&format!("adjudications/{opened}/{part}"), body)).await;
        assert_eq!(results[0]["problem"]["code"], "revision_required", "{results:#?}");
    }
    world.end().await;
}
