//! Assessments: recorded by anybody who records, revised and withdrawn by their author.

use serde_json::{Value, json};

use super::world::{Answer, Scene, User, World, id};

fn admiralty(target: &Value) -> Value {
    json!({
        "target": target, "scale": "admiralty", "value": {"letter": "B", "digit": 2}, "reason": "It was right before.",
    })
}

async fn assess(user: &User, scene: &Scene, body: &Value) -> Answer {
    user.post(&scene.at("assessments"), body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_assessment_is_its_authors_alone() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let body = admiralty(&json!({"source": scene.source}));
    let key = id();
    let headers = [("idempotency-key", key.as_str())];
    let first = scene.annotator.post_with(&scene.at("assessments"), &headers, &body).await.created();
    let again = scene.annotator.post_with(&scene.at("assessments"), &headers, &body).await.created();
    assert!(again.replayed());
    assert_eq!(again.body, first.body);
    let path = scene.at(&format!("assessments/{}", first.id()));
    let digit = json!({"value": {"digit": 3}});
    curator.patch(&path, "\"1\"", &digit).await.refused(403, "forbidden");
    world.operator.delete(&path, "\"1\"").await.refused(403, "forbidden");
    scene.annotator.patch(&path, "\"7\"", &digit).await.refused(412, "revision_conflict");
    scene.annotator.patch(&path, "\"1\"", &digit).await.ok();
    let mixed = json!({"scale": "icd203", "value": {"likelihood": "likely", "confidence": "low"}});
    scene.annotator.patch(&path, "\"2\"", &mixed).await.refused(422, "value_mismatch").at("/value");
    let other = json!({
        "scale": "icd203", "value": {"letter": null, "digit": null, "likelihood": "likely", "confidence": "low"},
    });
    scene.annotator.patch(&path, "\"2\"", &other).await.ok();
    let moved = json!({"target": {"source": null, "document": scene.document}});
    scene.annotator.patch(&path, "\"3\"", &moved).await.refused(422, "assessment_moved").at("/target");
    scene.annotator.delete(&path, "\"3\"").await.ok();
    scene.annotator.delete(&path, "\"4\"").await.refused(409, "assessment_withdrawn");
    let absent = scene.at(&format!("assessments/{}", id()));
    scene.annotator.delete(&absent, "*").await.refused(404, "not_found");
    let records = world.records().await;
    let own = records.iter().filter(|record| record.envelope.id.to_string() == first.id());
    let events: Vec<_> = own.flat_map(|record| &record.events).map(domain::Event::name).collect();
    let expected = ["AssessmentRecorded", "AssessmentRevised", "AssessmentRevised", "AssessmentWithdrawn"];
    assert_eq!(events, expected);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_target_is_assessed_on_its_scale_or_it_is_told_why_not() {
    let world = World::new().await;
    let scene = world.scene().await;
    let evidence = json!([scene.passage("rockets")]);
    let reading = scene.annotator.post(&scene.at("readings"), &scene.reading(&evidence)).await.created().id();
    let gone = scene.annotator.post(&scene.at("readings"), &scene.reading(&evidence)).await.created().id();
    scene.annotator.delete(&scene.at(&format!("readings/{gone}")), "\"1\"").await.ok();
    let about = json!({"incident": scene.incident, "facet": "who", "actor": scene.actor, "role": "perpetrator"});
    let targets = [
        json!({"source": scene.source}),
        json!({"document": scene.document}),
        json!({"utterance": reading}),
        json!({"proposition": about}),
    ];
    for target in &targets {
        assess(&scene.annotator, &scene, &admiralty(target)).await.created();
    }
    let with = |scale: &str, value: Value| {
        let mut body = admiralty(&targets[0]);
        (body["scale"], body["value"]) = (json!(scale), value);
        body
    };
    let opinion = |belief: f64, uncertainty: f64| json!({"belief": belief, "disbelief": 0, "uncertainty": uncertainty, "base_rate": 0.5});
    let icd203 = json!({"likelihood": "almost_certain", "confidence": "high"});
    for body in [with("icd203", icd203), with("opinion", opinion(0.999, 0.001)), with("opinion", opinion(0.0, 1.0))] {
        assess(&scene.annotator, &scene, &body).await.created();
    }
    let head = world.head().await;
    for (body, code, pointer) in [
        (with("admiralty", json!({"letter": "G", "digit": 2})), "invalid_value", "/value/letter"),
        (with("admiralty", json!({"letter": "A", "digit": 7})), "digit_invalid", "/value/digit"),
        (with("admiralty", json!({"letter": "A"})), "value_mismatch", "/value"),
        (with("icd203", json!({"likelihood": "likely"})), "value_mismatch", "/value"),
        (with("icd203", json!({"likelihood": "maybe", "confidence": "low"})), "invalid_value", "/value/likelihood"),
        (with("opinion", opinion(1.0, 0.0)), "opinion_invalid", "/value/uncertainty"),
        (with("opinion", opinion(0.5, 0.4)), "opinion_invalid", "/value"),
        (with("stars", json!({})), "invalid_value", "/scale"),
        (admiralty(&json!({"source": id()})), "reference_unknown", "/target/source"),
        (admiralty(&json!({"document": id()})), "reference_unknown", "/target/document"),
        (admiralty(&json!({"utterance": id()})), "reference_unknown", "/target/utterance"),
        (admiralty(&json!({"utterance": gone})), "reading_not_live", "/target/utterance"),
        (admiralty(&json!({"proposition": {"relation": id()}})), "reference_unknown", "/target/proposition/relation"),
        (
            admiralty(&json!({"proposition": {"incident": scene.incident, "facet": "who"}})),
            "proposition_incomplete",
            "/target/proposition/role",
        ),
        (admiralty(&json!({})), "target_ambiguous", "/target"),
    ] {
        assess(&scene.annotator, &scene, &body).await.refused(422, code).at(pointer);
    }
    let reader = world.member(&scene.project, "reader", "reader").await;
    let head = head + 2;
    assess(&reader, &scene, &admiralty(&targets[0])).await.refused(403, "forbidden");
    assert!(world.head().await <= head + 1, "nothing was stored but the reader");
    world.end().await;
}
