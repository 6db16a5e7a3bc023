//! Bad input: each a problem with its own code and pointer; nothing stored, nothing lost, no 500.

use crate::pipeline::Scene;
use crate::support::history;
use crate::support::people::{Person, Project, quote};
use crate::support::system::System;
use reqwest::Method;
use serde_json::{Value, json};

const TEXT: &str = "Rockets fell on the air base";

/// What is wrong, where it is sent, and the problem that it gets: status, code, pointer.
struct Case(&'static str, String, String, u16, &'static str, &'static str);

/// The body with another value at a pointer.
fn with(body: &Value, field: &str, value: Value) -> String {
    let mut body = body.clone();
    if let Some(place) = body.pointer_mut(field) {
        *place = value;
    } else {
        body[field.trim_start_matches('/')] = value;
    }
    body.to_string()
}

fn cases(scene: &Scene, foreign: &str) -> Vec<Case> {
    let project = &scene.project;
    let mark = quote(&scene.document, TEXT, TEXT, "content");
    let (annotations, readings) = (project.path("annotations"), project.path("readings"));
    let reading = scene.accusation();
    vec![
        Case(
            "an unknown field",
            annotations.clone(),
            with(&mark, "/colour", json!("red")),
            422,
            "unknown_field",
            "/colour",
        ),
        Case("a wrong type", annotations.clone(), with(&mark, "/start", json!("0")), 422, "invalid_value", "/start"),
        Case(
            "a span outside the text",
            annotations.clone(),
            with(&mark, "/end", json!(9_999)),
            422,
            "span_outside_text",
            "/end",
        ),
        Case("an empty span", annotations.clone(), with(&mark, "/end", json!(0)), 422, "span_empty", "/end"),
        Case(
            "another quote",
            annotations.clone(),
            with(&mark, "/exact", json!("Rockets fell on the air bass")),
            422,
            "quote_mismatch",
            "/exact",
        ),
        Case("an unknown role", annotations.clone(), with(&mark, "/role", json!("hue")), 422, "invalid_value", "/role"),
        Case("no JSON", annotations.clone(), "{\"document\": ".to_owned(), 400, "malformed_json", ""),
        Case(
            "an unknown document",
            annotations.clone(),
            with(&mark, "/document", json!(uuid::Uuid::new_v4())),
            422,
            "reference_unknown",
            "/document",
        ),
        Case(
            "act and polarity",
            readings.clone(),
            with(&reading, "/polarity", json!("-")),
            422,
            "act_polarity_mismatch",
            "/polarity",
        ),
        Case(
            "no certainty",
            readings.clone(),
            with(&reading, "/certainty", Value::Null),
            422,
            "invalid_value",
            "/certainty",
        ),
        Case(
            "a bad date",
            readings.clone(),
            with(&reading, "/uttered", json!("4 May 2021")),
            422,
            "edtf_invalid",
            "/uttered",
        ),
        Case(
            "another project's incident",
            readings.clone(),
            with(&reading, "/proposition/incident", json!(foreign)),
            422,
            "reference_unknown",
            "/proposition/incident",
        ),
        Case(
            "an inline quote",
            readings.clone(),
            with(&reading, "/evidence/0/exact", json!("The")),
            422,
            "quote_mismatch",
            "/evidence/0/exact",
        ),
        Case(
            "a stance missing",
            readings.clone(),
            with(&reading, "/speakers/0", json!({"source": scene.source})),
            422,
            "stance_missing",
            "/speakers/0/stance",
        ),
        Case(
            "a reversed date",
            project.path("incidents"),
            json!({"title": "x", "when": "2021/2020"}).to_string(),
            422,
            "edtf_invalid",
            "/when",
        ),
        Case("no such resource", project.path("colours"), "{}".to_owned(), 404, "no_such_route", ""),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_bodies_are_refused_precisely_and_leave_no_trace() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 1).await?;
    let other = Project::make(&system, 0).await?;
    let foreign = other.create("incidents", &json!({"title": "Elsewhere", "when": "2021"})).await?;
    let project = &scene.project;
    let annotator = &project.annotators[0];
    let before = history::records_up_to_now(project).await?.len();
    let mark = quote(&scene.document, TEXT, TEXT, "content");
    let annotations = project.path("annotations");
    for Case(what, path, body, status, code, pointer) in cases(&scene, &foreign) {
        let answer = annotator.ask(Method::POST, &path, &[], Some(body)).await?;
        let problem = answer.json();
        // The EDTF library tells a reversed interval at once; the rule of our own is for what it lets pass.
        let code_fits = answer.code() == code || (what == "a reversed date" && answer.code() == "edtf_reversed");
        assert!(answer.status.as_u16() == status && code_fits, "{what}: {}", answer.text);
        if !pointer.is_empty() {
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{what}: {}", answer.text);
        }
    }
    let told = annotator.ask(Method::POST, &annotations, &[], Some(with(&mark, "/exact", json!("nothing")))).await?;
    assert_eq!(told.json()["actual"], TEXT, "the answer says what the text has there: {}", told.text);

    let wrong_type =
        annotator.ask(Method::POST, &annotations, &[("content-type", "text/plain")], Some("x".to_owned())).await?;
    assert_eq!((wrong_type.status.as_u16(), wrong_type.code().as_str()), (415, "unsupported_media_type"));
    let huge = json!({"title": "x", "source": scene.source, "text": "a".repeat(17 * 1024 * 1024)});
    let huge = annotator.post(&project.path("documents"), &huge).await?;
    assert!(matches!(huge.status.as_u16(), 413 | 422), "{}", huge.text);
    let token =
        other.operator.post("/v1/tokens", &json!({"user": "stranger", "ttl_days": 1})).await?.expect(201)?.json();
    let stranger = Person::at(system.base(), token["token"].as_str().map(str::to_owned));
    let stranger = stranger.ask(Method::POST, &annotations, &[], Some(mark.to_string())).await?;
    assert_eq!((stranger.status.as_u16(), stranger.code().as_str()), (404, "not_found"), "hidden, not forbidden");
    let nobody = Person::at(system.base(), None).post(&annotations, &mark).await?;
    assert_eq!((nobody.status.as_u16(), nobody.code().as_str()), (401, "token_missing"));
    assert_eq!(history::records_up_to_now(project).await?.len(), before + 1, "nothing was stored");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_states_its_revision_and_is_its_authors_alone() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 2).await?;
    let [author, other] = &scene.project.annotators[..] else { anyhow::bail!("two annotators") };
    let mark = quote(&scene.document, TEXT, TEXT, "content");
    let made = author.post(&scene.project.path("annotations"), &mark).await?.expect(201)?;
    let path = scene.project.path(&format!("annotations/{}", made.id()));
    let note = json!({"note": "a base in the west"});
    let without = author.ask(Method::PATCH, &path, &[], Some(note.to_string())).await?;
    assert_eq!((without.status.as_u16(), without.code().as_str()), (428, "revision_required"));
    let stale = author.patch(&path, 7, &note).await?;
    assert_eq!((stale.status.as_u16(), stale.json()["revision"].as_u64()), (412, Some(1)), "{}", stale.text);
    let foreign = other.patch(&path, 1, &note).await?;
    assert_eq!(foreign.status.as_u16(), 403, "{}", foreign.text);
    author.patch(&path, 1, &note).await?.expect(200)?;

    // A mark that another person's reading cites stays.
    let mut reading = scene.accusation();
    reading["evidence"] = json!([made.id()]);
    let read = other.post(&scene.project.path("readings"), &reading).await?.expect(201)?;
    scene.board(author, read.sequence()).await?;
    let kept = author.ask(Method::DELETE, &path, &[("if-match", "\"2\"")], None).await?;
    assert_eq!((kept.status.as_u16(), kept.code().as_str()), (409, "annotation_in_use"), "{}", kept.text);
    Ok(())
}
