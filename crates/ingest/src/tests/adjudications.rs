//! Adjudications: opened, ruled, reopened and overturned by curators.

use domain::Kind;
use reqwest::Method;
use serde_json::{Value, json};

use super::world::{Answer, Behind, Scene, User, World, id};

/// The proposition that the scene's actor did it.
fn proposition(scene: &Scene) -> Value {
    json!({"proposition": {
        "incident": scene.incident, "facet": "who", "actor": scene.actor, "role": "perpetrator",
    }})
}

async fn open(user: &User, scene: &Scene, targets: &Value) -> Answer {
    user.post(&scene.at("adjudications"), &json!({"question": "Who fired?", "targets": targets})).await
}

async fn change(user: &User, scene: &Scene, id: &str, part: &str, revision: &str, body: &Value) -> Answer {
    let path = scene.at(&format!("adjudications/{id}/{part}"));
    user.send(Method::POST, &path, &[("if-match", revision)], Some(body)).await
}

fn finding(scene: &Scene, based_on: u64) -> Value {
    json!({
        "target": proposition(scene), "outcome": "confirmed", "standard": "clear",
        "reason": "The fragments are theirs.", "based_on": based_on,
        "dissent": [{"by": "omar", "text": "The fragments were planted."}],
    })
}

fn rulings(uphold: &[&str], reject: &[&str]) -> Value {
    json!({"uphold": uphold, "reject": reject, "reason": "It says so.", "based_on": 1})
}

/// A reading by this user.
async fn read(user: &User, scene: &Scene) -> String {
    let evidence = json!([scene.passage("rockets")]);
    user.post(&scene.at("readings"), &scene.reading(&evidence)).await.created().id()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_is_put_found_on_reopened_and_overturned() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let opened = open(&curator, &scene, &json!([proposition(&scene)])).await.created();
    let (id, head) = (opened.id(), world.head().await);
    let location = format!("/v1/{}", scene.at(&format!("adjudications/{id}")));
    assert_eq!((opened.header("location"), opened.header("etag")), (Some(location.as_str()), Some("\"1\"")));
    let found = finding(&scene, head);
    let path = scene.at(&format!("adjudications/{id}/findings"));
    assert_eq!(curator.post(&path, &found).await.refused(428, "revision_required").body["revision"], 1);
    scene.annotator.post_with(&path, &[("if-match", "\"1\"")], &found).await.refused(403, "forbidden");
    let key = self::id();
    let headers = [("if-match", "\"1\""), ("idempotency-key", key.as_str())];
    let first = curator.post_with(&path, &headers, &found).await.created();
    assert_eq!((first.header("etag"), &first.body["revision"]), (Some("\"2\""), &json!(2)));
    let again = curator.post_with(&path, &headers, &found).await.created();
    assert!(again.replayed());
    assert_eq!(again.body, first.body);
    change(&curator, &scene, &id, "findings", "\"1\"", &found).await.refused(412, "revision_conflict");
    change(&curator, &scene, &id, "findings", "\"2\"", &found).await.refused(409, "already_ruled");

    let why = json!({"reason": "A witness came forward."});
    let path = scene.at(&format!("adjudications/{id}/reopen"));
    curator.post(&path, &why).await.refused(428, "revision_required");
    change(&scene.annotator, &scene, &id, "reopen", "\"2\"", &why).await.refused(403, "forbidden");
    change(&curator, &scene, &id, "reopen", "\"2\"", &json!({"reason": " "}))
        .await
        .refused(422, "text_blank")
        .at("/reason");
    change(&curator, &scene, &id, "reopen", "\"2\"", &why).await.ok();
    change(&curator, &scene, &id, "reopen", "\"3\"", &why).await.refused(409, "nothing_ruled");
    change(&world.operator, &scene, &id, "findings", "\"3\"", &found).await.created();
    change(&curator, &scene, &id, "overturn", "\"4\"", &why).await.ok();
    change(&curator, &scene, &id, "overturn", "\"5\"", &why).await.refused(409, "adjudication_overturned");
    change(&curator, &scene, &id, "findings", "\"5\"", &found).await.refused(409, "adjudication_overturned");
    change(&curator, &scene, &self::id(), "findings", "*", &found).await.refused(404, "not_found");
    let records = world.records().await;
    let own = records.iter().filter(|record| record.envelope.id.to_string() == id);
    let events: Vec<_> = own.flat_map(|record| &record.events).map(domain::Event::name).collect();
    let expected =
        ["AdjudicationOpened", "FindingRecorded", "AdjudicationReopened", "FindingRecorded", "AdjudicationOverturned"];
    assert_eq!(events, expected, "everything that was decided stays in the log");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readings_are_ruled_on_by_somebody_who_did_not_make_them_all() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let (own, other) = (read(&curator, &scene).await, read(&scene.annotator, &scene).await);
    let alone = open(&curator, &scene, &json!([{"reading": own}])).await.created().id();
    change(&curator, &scene, &alone, "rulings", "\"1\"", &rulings(&[&own], &[])).await.refused(409, "own_reading");
    change(&world.operator, &scene, &alone, "rulings", "\"1\"", &rulings(&[&own], &[])).await.created();
    change(&curator, &scene, &alone, "overturn", "\"2\"", &json!({"reason": "Together with the other."})).await.ok();

    let both = open(&curator, &scene, &json!([{"reading": own}, {"reading": other}])).await.created().id();
    let records = world.records().await;
    let relied_on = &records.last().expect("there are records").envelope.relied_on;
    for reading in [&own, &other] {
        assert!(relied_on.iter().any(|on| (on.kind, on.id.to_string()) == (Kind::Reading, reading.clone())));
    }
    let rule = async |uphold: &[&str], reject: &[&str]| {
        change(&curator, &scene, &both, "rulings", "\"1\"", &rulings(uphold, reject)).await
    };
    let missing = rule(&[&own], &[]).await.refused(422, "rulings_incomplete");
    assert_eq!(missing.body["missing"], json!([other]));
    rule(&[&own, &other], &[&own]).await.refused(422, "ruled_twice").at("/reject/0");
    rule(&[&own, &other, &id()], &[]).await.refused(422, "not_a_target").at("/uphold/2");
    let ahead = json!({"uphold": [own, other], "reason": "It says so.", "based_on": world.head().await + 1});
    let ahead = change(&curator, &scene, &both, "rulings", "\"1\"", &ahead).await.refused(422, "based_on_ahead");
    assert_eq!(ahead.at("/based_on").body["head"], world.head().await);
    change(&curator, &scene, &both, "findings", "\"1\"", &finding(&scene, 1)).await.refused(422, "not_a_target");
    rule(&[&own], &[&other]).await.created();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_most_one_adjudication_of_a_target_is_not_overturned() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let reading = read(&scene.annotator, &scene).await;
    let targets = [proposition(&scene), json!({"incident": scene.incident}), json!({"reading": reading})];
    for target in &targets {
        let first = open(&curator, &scene, &json!([target])).await.created().id();
        let head = world.head().await;
        let taken = open(&curator, &scene, &json!([target])).await.refused(409, "already_adjudicated");
        assert_eq!(taken.at("/targets/0").body["adjudication"], json!(first));
        assert_eq!(world.head().await, head, "nothing was stored");
        let why = json!({"reason": "Asked twice."});
        change(&curator, &scene, &first, "overturn", "\"1\"", &why).await.ok();
        let again = open(&curator, &scene, &json!([target])).await.created();
        let relies = world.records().await.last().expect("there are records").envelope.relied_on.clone();
        assert!(relies.iter().all(|on| on.kind != Kind::Adjudication), "what is overturned stands in nobody's way");
        // A repetition finds itself, and not itself in its way.
        let body = json!({"question": "Who fired?", "targets": [target], "id": again.id()});
        curator.post(&scene.at("adjudications"), &body).await.refused(409, "id_taken");
    }
    let key = id();
    let about = json!({"proposition": {"incident": scene.incident, "facet": "means", "value": "Rockets"}});
    let body = json!({"question": "With what?", "targets": [about]});
    let adjudications = scene.at("adjudications");
    let first = curator.post_with(&adjudications, &[("idempotency-key", &key)], &body).await.created();
    let again = curator.post_with(&adjudications, &[("idempotency-key", &key)], &body).await.created();
    assert!(again.replayed());
    assert_eq!(again.body, first.body);
    // The value is compared, not its spelling; another value is another proposition.
    let spelt = |value: &str| json!([{"proposition": {"incident": scene.incident, "facet": "means", "value": value}}]);
    open(&curator, &scene, &spelt(" rockets")).await.refused(409, "already_adjudicated");
    open(&curator, &scene, &spelt("mortars")).await.created();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_or_is_something_else_is_not_adjudicated() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let class = json!({"title": "Attacks", "class": {"kinds": ["rocket attack"]}});
    let class = curator.post(&scene.at("incidents"), &class).await.created().id();
    let retracted = read(&scene.annotator, &scene).await;
    scene.annotator.delete(&scene.at(&format!("readings/{retracted}")), "\"1\"").await.ok();
    let who = |target: Value| {
        let mut about = json!({"facet": "who", "actor": scene.actor, "role": "perpetrator"});
        about.as_object_mut().expect("an object").extend(target.as_object().expect("an object").clone());
        json!({"proposition": about})
    };
    let head = world.head().await;
    for (target, code, pointer) in [
        (json!({"reading": id()}), "reference_unknown", "/targets/0/reading"),
        (json!({"reading": retracted}), "reading_retracted", "/targets/0/reading"),
        (json!({"incident": id()}), "reference_unknown", "/targets/0/incident"),
        (json!({"incident": class}), "not_an_incident", "/targets/0/incident"),
        (who(json!({"incident": id()})), "reference_unknown", "/targets/0/proposition/incident"),
        (who(json!({"incident": class})), "not_an_incident", "/targets/0/proposition/incident"),
        (who(json!({"class": scene.incident})), "not_a_class", "/targets/0/proposition/class"),
        (who(json!({"class": class, "actor": id()})), "reference_unknown", "/targets/0/proposition/actor"),
        (json!({"proposition": {"relation": id()}}), "reference_unknown", "/targets/0/proposition/relation"),
        (
            json!({"proposition": {"actor": scene.actor, "facet": "conduct", "value": "bad"}}),
            "target_not_findable",
            "/targets/0/proposition/actor",
        ),
        (
            who(json!({"incident": scene.incident, "with_others": true})),
            "proposition_overfull",
            "/targets/0/proposition/with",
        ),
        (who(json!({})), "proposition_target", "/targets/0/proposition"),
        (json!({}), "target_ambiguous", "/targets/0"),
        (json!({"reading": id(), "incident": id()}), "target_ambiguous", "/targets/0"),
    ] {
        open(&curator, &scene, &json!([target])).await.refused(422, code).at(pointer);
    }
    open(&curator, &scene, &json!([])).await.refused(422, "targets_missing").at("/targets");
    let twice = json!([proposition(&scene), proposition(&scene)]);
    open(&curator, &scene, &twice).await.refused(422, "list_repeats").at("/targets/1");
    let mixed = json!([proposition(&scene), {"incident": scene.incident}]);
    open(&curator, &scene, &mixed).await.refused(422, "targets_mixed").at("/targets/1");
    open(&scene.annotator, &scene, &json!([proposition(&scene)])).await.refused(403, "forbidden");
    assert_eq!(world.head().await, head, "nothing was stored");
    open(&curator, &scene, &json!([who(json!({"class": class}))])).await.created();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn findings_say_what_by_which_standard_and_who_dissents() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let id = open(&curator, &scene, &json!([proposition(&scene)])).await.created().id();
    let with = |member: &str, value: Value| {
        let mut body = finding(&scene, 1);
        body[member] = value;
        body
    };
    for (body, code, pointer) in [
        (with("outcome", json!("guilty")), "invalid_value", "/outcome"),
        (with("standard", json!("hunch")), "invalid_value", "/standard"),
        (with("reason", json!("")), "text_blank", "/reason"),
        (with("based_on", json!(0)), "based_on_invalid", "/based_on"),
        (with("target", json!({"incident": scene.incident})), "not_a_target", "/target"),
        (with("target", json!({"reading": scene.incident})), "target_is_reading", "/target"),
        (with("dissent", json!([{"by": "No One", "text": "No."}])), "user_invalid", "/dissent/0/by"),
        (with("dissent", json!([{"by": "omar", "text": " "}])), "text_blank", "/dissent/0/text"),
        (
            with("dissent", json!([{"by": "omar", "text": "No."}, {"by": "omar", "text": "No!"}])),
            "list_repeats",
            "/dissent/1",
        ),
    ] {
        change(&curator, &scene, &id, "findings", "\"1\"", &body).await.refused(422, code).at(pointer);
    }
    let ahead = finding(&scene, world.head().await + 1);
    change(&curator, &scene, &id, "findings", "\"1\"", &ahead).await.refused(422, "based_on_ahead").at("/based_on");
    let ruled = rulings(&[&self::id()], &[]);
    change(&curator, &scene, &id, "rulings", "\"1\"", &ruled).await.refused(409, "targets_not_readings");
    change(&curator, &scene, &id, "findings", "\"1\"", &finding(&scene, world.head().await)).await.created();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_read_side_nothing_is_opened() {
    let world = World::with_views(|_log| std::sync::Arc::new(Behind)).await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let head = world.head().await;
    let refused = open(&curator, &scene, &json!([proposition(&scene)])).await.refused(503, "views_unavailable");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(world.head().await, head, "nothing was stored");
    world.end().await;
}
