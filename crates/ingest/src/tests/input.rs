//! Bad input: each refusal has its own code and place, and nothing is stored.

use reqwest::Method;
use serde_json::{Value, json};

use super::world::{Answer, Scene, World, id};

/// What is wrong, where it is sent, and what is answered.
type Case = (&'static str, Value, u16, &'static str, &'static str);

fn changed(body: &Value, pointer: &str, value: Value) -> Value {
    let mut body = body.clone();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer starts with a slash");
    let parent = body.pointer_mut(parent).expect("the body has this place");
    match parent {
        Value::Array(items) => items[key.parse::<usize>().expect("an index")] = value,
        parent => parent[key] = value,
    }
    body
}

fn cases(scene: &Scene, foreign: &Scene, annotation: &str, class: &str, other: &str) -> Vec<Case> {
    let passage = scene.passage("rockets");
    let reading = scene.reading(&json!([annotation]));
    let document = json!({"title": "T", "source": scene.source, "text": "A text"});
    let incident = json!({"title": "T", "when": "2021-05-04"});
    let relation = json!({
        "type": "part_of", "from": scene.actor, "to": other, "stance": "held", "evidence": [annotation],
    });
    let r = |pointer: &str, value: Value| changed(&reading, pointer, value);
    let p = |pointer: &str, value: Value| changed(&passage, pointer, value);
    vec![
        // Forms.
        ("annotations", p("/color", json!("red")), 422, "unknown_field", "/color"),
        ("annotations", p("/start", json!("8")), 422, "invalid_value", "/start"),
        ("annotations", p("/start", json!(-1)), 422, "invalid_value", "/start"),
        ("annotations", p("/role", json!("verb")), 422, "invalid_value", "/role"),
        ("annotations", p("/document", json!("7")), 422, "invalid_value", "/document"),
        ("annotations", json!({"document": scene.document}), 422, "missing_field", "/revision"),
        ("annotations", json!("a passage"), 422, "invalid_value", ""),
        // A list of the fields in their order is no object.
        ("sources", json!([null, "A", "outlet"]), 422, "invalid_value", ""),
        ("readings", r("/speakers/0", json!([scene.actor])), 422, "invalid_value", "/speakers/0"),
        ("readings", r("/proposition", json!([scene.incident])), 422, "invalid_value", "/proposition"),
        ("incidents", json!({"title": "T", "class": [[]]}), 422, "invalid_value", "/class"),
        ("readings", r("/proposition/colour", json!(1)), 422, "unknown_field", "/proposition/colour"),
        ("readings", r("/act", json!("shouts")), 422, "invalid_value", "/act"),
        ("readings", r("/evidence/0", json!({"document": 1})), 422, "invalid_value", "/evidence/0/document"),
        ("readings", r("/evidence/0", json!({"x": 1})), 422, "unknown_field", "/evidence/0/x"),
        ("readings", r("/evidence/0", json!("no id")), 422, "invalid_value", "/evidence/0"),
        ("readings", r("/polarity", Value::Null), 422, "invalid_value", "/polarity"),
        // Passages.
        ("annotations", p("/exact", json!("missiles")), 422, "quote_mismatch", "/exact"),
        ("annotations", p("/end", json!(4_000)), 422, "span_outside_text", "/end"),
        ("annotations", p("/end", json!(3)), 422, "span_empty", "/end"),
        ("annotations", p("/revision", json!(2)), 422, "reference_unknown", "/revision"),
        ("annotations", p("/document", json!(id())), 422, "reference_unknown", "/document"),
        ("annotations", p("/document", json!(foreign.document)), 422, "reference_unknown", "/document"),
        ("annotations", p("/note", json!("  ")), 422, "text_blank", "/note"),
        ("annotations", p("/note", json!("\u{7}")), 422, "text_control_character", "/note"),
        ("annotations", p("/note", json!("x".repeat(8_193))), 422, "text_too_long", "/note"),
        // Dates.
        ("incidents", changed(&incident, "/when", json!("4 May 2021")), 422, "edtf_invalid", "/when"),
        ("incidents", changed(&incident, "/when", json!("2021-06/2021-05")), 422, "edtf_reversed", "/when"),
        ("readings", r("/uttered", json!("May")), 422, "edtf_invalid", "/uttered"),
        ("documents", changed(&document, "/published", json!("31.12.2020")), 422, "edtf_invalid", "/published"),
        // Claims.
        (
            "readings",
            changed(&r("/act", json!("accuses")), "/polarity", json!("-")),
            422,
            "act_polarity_mismatch",
            "/polarity",
        ),
        ("readings", r("/scope", json!("generic")), 422, "generic_without_class", "/scope"),
        ("readings", r("/speakers", json!([])), 422, "chain_length", "/speakers"),
        ("readings", r("/speakers", json!([{}])), 422, "link_ambiguous", "/speakers/0"),
        (
            "readings",
            r("/speakers", json!([{"source": scene.source}, {"actor": scene.actor}])),
            422,
            "stance_missing",
            "/speakers/0/stance",
        ),
        ("readings", r("/proposition/class", json!(class)), 422, "proposition_target", "/proposition"),
        ("readings", r("/proposition", json!({"facet": "who"})), 422, "proposition_target", "/proposition"),
        ("readings", r("/proposition/incident", json!(class)), 422, "not_an_incident", "/proposition/incident"),
        ("readings", r("/proposition/role", Value::Null), 422, "proposition_incomplete", "/proposition/role"),
        ("readings", r("/evidence", json!([])), 422, "evidence_missing", "/evidence"),
        ("readings", r("/evidence", json!([annotation, annotation])), 422, "list_repeats", "/evidence/1"),
        ("readings", r("/changes", json!([id()])), 422, "changes_unexpected", "/changes"),
        // Ids of other projects, or of nothing.
        ("readings", r("/proposition/actor", json!(foreign.actor)), 422, "reference_unknown", "/proposition/actor"),
        (
            "readings",
            r("/proposition/incident", json!(foreign.incident)),
            422,
            "reference_unknown",
            "/proposition/incident",
        ),
        ("readings", r("/speakers/0/source", json!(foreign.source)), 422, "reference_unknown", "/speakers/0/source"),
        ("readings", r("/evidence/0", json!(id())), 422, "reference_unknown", "/evidence/0"),
        ("readings", r("/speaks_for", json!(id())), 422, "reference_unknown", "/speaks_for"),
        ("documents", changed(&document, "/source", json!(foreign.source)), 422, "reference_unknown", "/source"),
        ("incidents", changed(&incident, "/targets", json!([foreign.actor])), 422, "reference_unknown", "/targets/0"),
        ("relations", changed(&relation, "/to", json!(foreign.actor)), 422, "reference_unknown", "/to"),
        ("relations", changed(&relation, "/evidence", json!([id()])), 422, "reference_unknown", "/evidence/0"),
        (
            "no-claims",
            json!({"document": id(), "revision": 1, "start": 0, "end": 1}),
            422,
            "reference_unknown",
            "/document",
        ),
        // The rest.
        ("relations", changed(&relation, "/to", json!(scene.actor)), 422, "relation_to_itself", "/to"),
        ("relations", changed(&relation, "/evidence", json!([])), 422, "evidence_missing", "/evidence"),
        ("incidents", json!({"title": "T"}), 422, "missing_field", "/when"),
        ("incidents", json!({"title": "T", "when": "2021", "class": {}}), 422, "incident_or_class", "/when"),
        ("documents", changed(&document, "/text", json!("")), 422, "text_blank", "/text"),
        ("documents", changed(&document, "/language", json!("e n")), 422, "language_invalid", "/language"),
        ("sources", json!({"name": "", "kind": "outlet"}), 422, "text_blank", "/name"),
        ("actors", json!({"name": "A", "kind": "ghost"}), 422, "invalid_value", "/kind"),
    ]
}

fn cases_of_derivations(annotation: &str) -> Vec<Case> {
    let itself = json!({"from": annotation, "to": annotation, "kind": "cites"});
    vec![
        ("derivations", itself.clone(), 422, "derivation_to_itself", "/to"),
        ("derivations", changed(&itself, "/from", json!(id())), 422, "reference_unknown", "/from"),
        ("derivations", changed(&itself, "/to", json!(id())), 422, "reference_unknown", "/to"),
        ("derivations", changed(&itself, "/kind", json!("origin")), 422, "invalid_value", "/kind"),
        ("derivations", json!({"from": annotation, "kind": "cites"}), 422, "missing_field", "/to"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_named_and_stores_nothing() {
    let world = World::new().await;
    let scene = world.scene().await;
    let foreign = world.scene().await;
    let annotation = scene.annotation("rockets").await;
    let class = scene.annotator.post(&scene.at("incidents"), &json!({"title": "C", "class": {}})).await.created().id();
    let other = scene.annotator.post(&scene.at("actors"), &json!({"name": "O", "kind": "office"})).await.created().id();
    let head = world.head().await;
    let cases = cases(&scene, &foreign, &annotation, &class, &other);
    for (path, body, status, code, pointer) in cases.into_iter().chain(cases_of_derivations(&annotation)) {
        let answer = scene.annotator.post(&scene.at(path), &body).await;
        assert_eq!(
            (answer.status, answer.body["code"].as_str()),
            (status, Some(code)),
            "{path} {body}: {}",
            answer.body
        );
        assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{path} {body}: {}", answer.body);
    }
    assert_eq!(world.head().await, head, "nothing was stored");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_no_json_is_a_problem() {
    let world = World::new().await;
    let scene = world.scene().await;
    let head = world.head().await;
    let send = async |content_type: &str, body: Vec<u8>| {
        let request = scene.annotator.request(Method::POST, &scene.at("annotations"));
        let request = request.header("content-type", content_type).body(body);
        Answer::read(request.send().await.expect("the service answers")).await
    };
    let json = "application/json";
    send(json, b"{\"document\": ".to_vec()).await.refused(400, "malformed_json");
    send(json, b"{\"exact\": \"\xff\"}".to_vec()).await.refused(400, "invalid_utf8");
    send(json, Vec::new()).await.refused(400, "empty_body");
    send(json, b"{\"start\": 1, \"start\": 2}".to_vec()).await.refused(400, "duplicate_key").at("/start");
    send("text/plain", b"{}".to_vec()).await.refused(415, "unsupported_media_type");
    send(json, vec![b' '; 1024 * 1024 + 1]).await.refused(413, "body_too_large");
    let path = scene.at("annotations");
    for key in ["7", "", "00000000-0000-0000-0000-000000000000"] {
        let refused = scene.annotator.post_with(&path, &[("idempotency-key", key)], &scene.passage("May")).await;
        refused.refused(400, "idempotency_key_invalid");
    }
    scene.annotator.post("projects/7/annotations", &json!({})).await.refused(400, "invalid_path");
    scene.annotator.post(&scene.at("nothings"), &json!({})).await.refused(404, "no_such_route");
    scene.annotator.send(Method::PUT, &path, &[], Some(&json!({}))).await.refused(405, "method_not_allowed");
    assert_eq!(world.head().await, head, "nothing was stored");
    world.end().await;
}
