//! Batches of imports: what is recorded of them, and how they are taken back.

use futures::{SinkExt, StreamExt};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::world::{Answer, Scene, TEXT, User, World, id};

/// The answer of an import: its batch, and its lines.
struct Imported {
    batch: String,
    headers: reqwest::header::HeaderMap,
    lines: Vec<Value>,
}

async fn import(user: &User, scene: &Scene, key: Option<&str>, lines: impl Into<reqwest::Body>) -> Imported {
    let request = user.request(Method::POST, &scene.at("imports")).header(CONTENT_TYPE, "application/x-ndjson");
    let request = key.iter().fold(request, |request, key| request.header("idempotency-key", *key));
    let response = request.body(lines).send().await.expect("the service answers");
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    let batch = headers["idempotency-key"].to_str().expect("it is text").to_owned();
    let text = response.text().await.expect("the answer is whole");
    Imported { batch, headers, lines: ndjson(&text) }
}

fn ndjson(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

fn line(resource: &str, body: &Value) -> String {
    json!({"resource": resource, "body": body}).to_string() + "\n"
}

/// The lines of a revert: those of records, and that of the batch.
async fn revert(user: &User, scene: &Scene, batch: &str, headers: &[(&str, &str)]) -> (Vec<Value>, Value) {
    let mut request = user.request(Method::POST, &scene.at(&format!("imports/{batch}/revert")));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.expect("the service answers");
    assert_eq!(response.status(), 200, "{:?}", response.text().await);
    let mut lines = ndjson(&response.text().await.expect("the answer is whole"));
    let batch = lines.pop().expect("there is a last line");
    (lines, batch)
}

/// An import of an annotation, a reading on it, a name, an assessment, and things that have no withdrawal.
fn corpus(scene: &Scene) -> (Vec<String>, Value) {
    let ids = json!({"source": id(), "annotation": id(), "actor": id(), "reading": id(), "inline": id()});
    let named = |name: &str| ids[name].as_str().expect("an id").to_owned();
    let mut passage = scene.passage("rockets");
    passage["id"] = ids["annotation"].clone();
    let mut reading = scene.reading(&json!([named("annotation")]));
    reading["id"] = ids["reading"].clone();
    reading["proposition"]["actor"] = ids["actor"].clone();
    let mut inline = scene.reading(&json!([scene.passage("May")]));
    inline["id"] = ids["inline"].clone();
    let opinion = json!({
        "target": {"utterance": named("reading")}, "scale": "icd203",
        "value": {"likelihood": "likely", "confidence": "low"}, "reason": "So.",
    });
    let no_claim = json!({"document": scene.document, "revision": 1, "start": 0, "end": 4});
    let lines = vec![
        line("sources", &json!({"id": ids["source"], "name": "Second", "kind": "outlet"})),
        line("annotations", &passage),
        line("actors", &json!({"id": ids["actor"], "name": "Second", "kind": "person"})),
        line(&format!("actors/{}/names", named("actor")), &json!({"name": "Another"})),
        line("readings", &reading),
        line("readings", &inline),
        line("assessments", &opinion),
        line("no-claims", &no_claim),
        line("readings", &json!({})),
    ];
    (lines, ids)
}

/// What became of records, by what was recorded: lines that have nothing to do with each other are recorded in any order.
fn outcomes(lines: &[Value]) -> Vec<(String, String, String)> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let outcome = |line| (text(line, "event"), text(line, "outcome"), text(line, "reason"));
    let mut outcomes: Vec<_> = lines.iter().map(outcome).collect();
    outcomes.sort();
    outcomes
}

/// The same as it is expected.
fn expected(outcomes: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    let mut outcomes: Vec<_> =
        outcomes.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect();
    outcomes.sort();
    outcomes
}

/// The line about what has this id.
fn about<'a>(lines: &'a [Value], id: &Value) -> &'a Value {
    lines.iter().find(|line| line["id"] == *id).expect("there is a line about it")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_started_once_and_completed_once() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (lines, _) = corpus(&scene);
    let head = world.head().await;
    let key = id();
    let first = import(&scene.annotator, &scene, Some(&key), lines.concat()).await;
    assert_eq!(first.batch, key);
    assert_eq!(first.headers["location"], format!("/v1/{}", scene.at(&format!("imports/{key}"))));
    assert_eq!(first.headers["gainsay-sequence"], (head + 1).to_string());
    assert_eq!(first.lines.len(), lines.len(), "one line for each");

    let records = world.records().await;
    let of_batch: Vec<_> = records[usize::try_from(head).unwrap()..].iter().collect();
    // Nine lines, of which one was refused, and one recorded an annotation along with its reading.
    assert_eq!(of_batch.len(), 1 + 9 + 1);
    assert!(of_batch.iter().all(|record| record.envelope.correlation_id.to_string() == key));
    let names = |at: usize| of_batch[at].events[0].name();
    assert_eq!((names(0), names(10)), ("ImportBatchStarted", "ImportBatchCompleted"));
    let printed = serde_json::to_value(wire::json::record(1, &[0; 32], of_batch[10])).unwrap();
    assert_eq!((&printed["events"][0]["lines"], &printed["events"][0]["refused"]), (&json!(9), &json!(1)));

    // Sent again, it is the same batch, and nothing is recorded.
    let again = import(&scene.annotator, &scene, Some(&key), lines.concat()).await;
    assert_eq!(again.headers["gainsay-sequence"], (head + 1).to_string());
    assert!(again.lines[..8].iter().all(|line| line["replayed"] == true), "{:?}", again.lines);
    assert_eq!(world.head().await, head + 11);
    // Without the key it is another batch, of which no line records anything.
    let other = import(&scene.annotator, &scene, None, lines.concat()).await;
    assert_ne!(other.batch, key);
    assert_eq!(world.head().await, head + 13);
    // The key of somebody else, or with another name, is another batch.
    let curator = world.member(&scene.project, "curator", "curator").await;
    for (user, path, status, code) in [
        (&curator, scene.at("imports"), 409, "id_taken"),
        (&scene.annotator, scene.at("imports?name=Other"), 422, "command_id_reused"),
        (&scene.annotator, scene.at("imports?title=Other"), 400, "unknown_parameter"),
    ] {
        let request = user.request(Method::POST, &path).header(CONTENT_TYPE, "application/x-ndjson");
        let response = request.header("idempotency-key", &key).body("").send().await.expect("the service answers");
        Answer::read(response).await.refused(status, code);
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_broke_off_goes_on_under_its_key() {
    let world = World::new().await;
    let scene = world.scene().await;
    let source = |n: usize| line("sources", &json!({"name": format!("S{n}"), "kind": "outlet"}));
    let key = id();
    let (mut lines, body) = futures::channel::mpsc::channel::<Result<String, std::io::Error>>(1);
    let request = scene.annotator.request(Method::POST, &scene.at("imports")).header("idempotency-key", &key);
    let request = request.header(CONTENT_TYPE, "application/x-ndjson").body(reqwest::Body::wrap_stream(body));
    let response = tokio::spawn(request.send());
    lines.send(Ok(source(1))).await.expect("the request is read");
    let mut results = response.await.expect("no panic").expect("the service answers").bytes_stream();
    results.next().await.expect("a line was answered").expect("the answer goes on");
    // The connection breaks in the middle of a line.
    lines.send(Ok("{\"resource\": ".to_owned())).await.expect("the request is read");
    lines.send(Err(std::io::Error::other("gone"))).await.expect("the request is read");
    drop((lines, results));

    let head = world.head().await;
    let events = |records: &[wire::record::Record]| -> Vec<&'static str> {
        let of_batch = records.iter().filter(|record| record.envelope.correlation_id.to_string() == key);
        of_batch.map(|record| record.events[0].name()).collect()
    };
    assert_eq!(events(&world.records().await), ["ImportBatchStarted", "SourceRegistered"]);
    let again = import(&scene.annotator, &scene, Some(&key), (1..4).map(source).collect::<String>()).await;
    let replayed: Vec<_> = again.lines.iter().map(|line| line["replayed"].as_bool()).collect();
    assert_eq!(replayed, [Some(true), Some(false), Some(false)]);
    assert_eq!(world.head().await, head + 3);
    let all =
        ["ImportBatchStarted", "SourceRegistered", "SourceRegistered", "SourceRegistered", "ImportBatchCompleted"];
    assert_eq!(events(&world.records().await), all);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_taken_back_as_far_as_that_goes() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (lines, ids) = corpus(&scene);
    let Imported { batch, .. } = import(&scene.annotator, &scene, None, lines.concat()).await;
    let path = scene.at(&format!("imports/{batch}/revert"));
    scene.annotator.post(&path, &json!({})).await.refused(428, "revision_required");
    scene.annotator.post_with(&path, &[("if-match", "\"1\"")], &json!({})).await.refused(412, "revision_conflict");
    let other = world.member(&scene.project, "omar", "annotator").await;
    other.post_with(&path, &[("if-match", "\"2\"")], &json!({})).await.refused(403, "forbidden");
    let absent = scene.at(&format!("imports/{}/revert", id()));
    scene.annotator.post_with(&absent, &[("if-match", "*")], &json!({})).await.refused(404, "not_found");

    let key = id();
    let headers = [("if-match", "\"2\""), ("idempotency-key", key.as_str())];
    let (records, last) = revert(&scene.annotator, &scene, &batch, &headers).await;
    let outcome = [
        ("NoClaimFound", "reverted", ""),
        ("AssessmentRecorded", "reverted", ""),
        ("ClaimRead", "reverted", ""),
        ("AnnotationCreated", "reverted", ""),
        ("ClaimRead", "reverted", ""),
        ("ActorNameAsserted", "reverted", ""),
        ("ActorRegistered", "kept", "registered"),
        ("AnnotationCreated", "reverted", ""),
        ("SourceRegistered", "kept", "registered"),
    ];
    assert_eq!(outcomes(&records), expected(&outcome), "{records:#?}");
    // What rests on something is taken back before it.
    let place = |id: &Value| records.iter().position(|record| record["id"] == *id);
    assert!(place(&ids["reading"]) < place(&ids["annotation"]), "{records:#?}");
    assert!(records.iter().all(|record| record["by"].is_u64() == (record["outcome"] == "reverted")), "{records:#?}");
    assert_eq!((&last["reverted"], &last["kept"], &last["revision"]), (&json!(7), &json!(2), &json!(3)), "{last}");
    assert_eq!((&last["id"], &last["status"], &last["replayed"]), (&json!(batch), &json!(200), &json!(false)));

    // Each compensating record says what it takes back, and is by who asked.
    let log = world.records().await;
    for record in records.iter().filter(|record| record["outcome"] == "reverted") {
        let at = |name: &str| &log[usize::try_from(record[name].as_u64().unwrap()).unwrap() - 1].envelope;
        assert_eq!(at("by").causation_id, Some(at("position").record_id));
        assert_eq!((at("by").id, at("by").author), (at("position").id, at("position").author));
    }
    // The same command again answers the last line, another is refused, and no line is taken any more.
    let head = world.head().await;
    let (records, again) = revert(&scene.annotator, &scene, &batch, &headers).await;
    assert!(records.is_empty());
    assert_eq!((&again["replayed"], &again["sequence"]), (&json!(true), &last["sequence"]), "{again}");
    scene.annotator.post_with(&path, &[("if-match", "\"3\"")], &json!({})).await.refused(409, "import_reverted");
    let request = scene.annotator.request(Method::POST, &scene.at("imports"));
    let request = request.header(CONTENT_TYPE, "application/x-ndjson").header("idempotency-key", &batch);
    Answer::read(request.body("").send().await.expect("it answers")).await.refused(409, "import_reverted");
    assert_eq!(world.head().await, head);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_built_on_is_kept_and_what_they_build_that_on() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (lines, ids) = corpus(&scene);
    let Imported { batch, .. } = import(&scene.annotator, &scene, None, lines.concat()).await;
    // Somebody else reads the imported passage, and disputes nothing else; a curator judges the other reading.
    let other = world.member(&scene.project, "omar", "annotator").await;
    let theirs = other.post(&scene.at("readings"), &scene.reading(&json!([ids["annotation"]]))).await.created().id();
    let curator = world.member(&scene.project, "curator", "curator").await;
    let judged = json!({
        "kind": "reading", "left": ids["inline"], "right": theirs, "verdict": "same", "reason": "The same words.",
    });
    curator.post(&scene.at("judgements"), &judged).await.created();

    let (records, last) = revert(&curator, &scene, &batch, &[("if-match", "*")]).await;
    let outcome = [
        ("NoClaimFound", "reverted", ""),
        ("AssessmentRecorded", "reverted", ""),
        ("ClaimRead", "kept", "in_use"),
        ("AnnotationCreated", "kept", "in_use"),
        ("ClaimRead", "reverted", ""),
        ("ActorNameAsserted", "reverted", ""),
        ("ActorRegistered", "kept", "registered"),
        ("AnnotationCreated", "kept", "in_use"),
        ("SourceRegistered", "kept", "registered"),
    ];
    assert_eq!(outcomes(&records), expected(&outcome), "{records:#?}");
    assert_eq!(about(&records, &ids["inline"])["because"]["kind"], "identity");
    assert_eq!(about(&records, &ids["annotation"])["because"], json!({"kind": "reading", "id": theirs}));
    let because = json!({"kind": "reading", "id": ids["inline"]});
    assert!(records.iter().any(|record| record["because"] == because), "its own mark stays with it");
    assert_eq!((&last["reverted"], &last["kept"]), (&json!(4), &json!(5)), "{last}");
    // The curator wrote the compensating records, also of what authors alone change.
    let log = world.records().await;
    let by = |record: &Value| log[usize::try_from(record["by"].as_u64().unwrap()).unwrap() - 1].envelope.author;
    let curators = log.last().unwrap().envelope.author;
    assert!(records.iter().filter(|record| record["by"].is_u64()).all(|record| by(record) == curators));
    // Theirs stands.
    other.patch(&scene.at(&format!("readings/{theirs}")), "\"1\"", &json!({"certainty": "PR"})).await.ok();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_changed_since_is_kept() {
    let world = World::new().await;
    let scene = world.scene().await;
    let annotation = scene.annotation("rockets").await;
    let (relation, reading) = (id(), id());
    let actor = scene.annotator.post(&scene.at("actors"), &json!({"name": "Other", "kind": "person"})).await.id();
    let edge = json!({
        "id": relation, "type": "part_of", "from": scene.actor, "to": actor, "stance": "reported", "evidence": [annotation],
    });
    let mut read = scene.reading(&json!([annotation]));
    read["id"] = json!(reading);
    let lines = [line("relations", &edge), line("readings", &read)];
    let Imported { batch, .. } = import(&scene.annotator, &scene, None, lines.concat()).await;
    let other = world.member(&scene.project, "omar", "annotator").await;
    let disputed = other.post(&scene.at(&format!("relations/{relation}/dispute")), &json!({"reason": "No."})).await;
    let disputed = disputed.created().body["sequence"].clone();
    // What its author changed, and what is gone already, is taken back.
    scene.annotator.patch(&scene.at(&format!("readings/{reading}")), "\"1\"", &json!({"certainty": "PR"})).await.ok();
    let (records, last) = revert(&scene.annotator, &scene, &batch, &[("if-match", "*")]).await;
    let outcome = [("ClaimRead", "reverted", ""), ("RelationRegistered", "kept", "changed_since")];
    assert_eq!(outcomes(&records), expected(&outcome));
    assert_eq!(about(&records, &json!(relation))["positions"], json!([disputed]));
    assert_eq!((&last["reverted"], &last["kept"]), (&json!(1), &json!(1)));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revert_that_broke_off_goes_on_and_ends_the_same_way() {
    let world = World::new().await;
    let scene = world.scene().await;
    let passage = |n: u32| {
        let exact = TEXT.chars().skip(n as usize).take(2).collect::<String>();
        let mut passage = scene.passage("rockets");
        (passage["start"], passage["end"], passage["exact"]) = (json!(n), json!(n + 2), json!(exact));
        line("annotations", &passage)
    };
    let lines: String = (0..40).map(passage).collect();
    let Imported { batch, .. } = import(&scene.annotator, &scene, None, lines).await;
    let head = world.head().await;
    let key = id();
    let headers = [("if-match", "\"2\""), ("idempotency-key", key.as_str())];
    let path = scene.at(&format!("imports/{batch}/revert"));
    let request = scene.annotator.request(Method::POST, &path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let mut results = request.send().await.expect("the service answers").bytes_stream();
    results.next().await.expect("a record was answered").expect("the answer goes on");
    drop(results);
    // However far it came, the rest is taken back, and nothing twice.
    let (records, last) = revert(&scene.annotator, &scene, &batch, &headers).await;
    assert_eq!(records.len(), 40);
    assert!(records.iter().all(|record| record["outcome"] == "reverted"), "{records:#?}");
    assert_eq!((&last["reverted"], &last["kept"]), (&json!(40), &json!(0)));
    assert_eq!(world.head().await, head + 41);
    let log = world.records().await;
    let started = log.iter().position(|record| record.events[0].name() == "ImportBatchStarted").unwrap();
    assert_eq!(log[started + 1..].iter().filter(|record| record.envelope.causation_id.is_some()).count(), 40);

    // A curator goes on with what an author began.
    let Imported { batch, .. } =
        import(&scene.annotator, &scene, None, (40..60).map(passage).collect::<String>()).await;
    let request = scene.annotator.request(Method::POST, &scene.at(&format!("imports/{batch}/revert")));
    let mut results = request.header("if-match", "*").send().await.expect("the service answers").bytes_stream();
    results.next().await.expect("a record was answered").expect("the answer goes on");
    drop(results);
    let curator = world.member(&scene.project, "curator", "curator").await;
    let (records, last) = revert(&curator, &scene, &batch, &[("if-match", "*")]).await;
    assert!(records.iter().all(|record| record["outcome"] == "reverted" && record["by"].is_u64()), "{records:#?}");
    assert_eq!((&last["reverted"], &last["kept"]), (&json!(20), &json!(0)));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revert_without_its_read_side_takes_nothing_back_and_can_be_repeated() {
    let world = World::with_views(|_log| std::sync::Arc::new(super::world::Behind)).await;
    let scene = world.scene().await;
    let lines = line("annotations", &scene.passage("rockets"));
    let Imported { batch, .. } = import(&scene.annotator, &scene, None, lines).await;
    let head = world.head().await;
    let (records, last) = revert(&scene.annotator, &scene, &batch, &[("if-match", "\"2\"")]).await;
    assert_eq!(records[0]["outcome"], "undecided", "{records:#?}");
    assert_eq!(records[0]["problem"]["code"], "views_unavailable");
    assert_eq!((&last["status"], &last["problem"]["code"]), (&json!(503), &json!("revert_incomplete")), "{last}");
    assert_eq!(world.head().await, head);
    world.end().await;
}
