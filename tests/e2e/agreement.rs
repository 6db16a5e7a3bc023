//! How far annotators agree: over HTTP, and to people.

use crate::pipeline::Scene;
use crate::support::people::Person;
use crate::support::system::System;
use anyhow::Context;
use serde_json::{Value, json};

fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}

#[tokio::test(flavor = "multi_thread")]
async fn annotators_who_read_the_same_are_told_how_far_they_agree() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 3).await?;
    let (project, annotators) = (&scene.project, &scene.project.annotators);
    let readings = project.path("readings");
    for annotator in &annotators[..2] {
        annotator.post(&readings, &scene.accusation()).await?.expect(201)?;
    }
    annotators[0].post(&readings, &scene.denial()).await?.expect(201)?;
    let mut doubt = scene.denial();
    doubt["act"] = json!("doubts");
    annotators[1].post(&readings, &doubt).await?.expect(201)?;
    let span = scene.denial()["evidence"][0].clone();
    let no_claim = json!({"document": scene.document, "revision": 1, "start": span["start"], "end": span["end"]});
    let last = annotators[2].post(&project.path("no-claims"), &no_claim).await?.expect(201)?.sequence();

    let path = project.path(&format!("agreement?at_least={last}&wait_ms=5000"));
    let answer = annotators[0].get(&path).await?.expect(200)?;
    let report = answer.json();
    assert_eq!(report["as_of"], json!(last));
    let overall = &report["overall"];
    assert_eq!((&overall["units"], &overall["compared"], &overall["unanimous"]), (&json!(2), &json!(2), &json!(1)));
    assert!(overall["act"]["alpha"]["value"].as_f64().context("an alpha")? < 1.0, "{report}");
    assert_eq!(overall["polarity"]["alpha"]["value"], json!(1.0), "{report}");
    assert_eq!(overall["act"]["fleiss"]["value"], Value::Null, "{report}");
    assert_eq!(overall["act"]["fleiss"]["undefined"], "uneven_ratings", "{report}");
    assert_eq!(list(&report, "pairs").len(), 3, "{report}");
    let [agreed, differing] = list(&report, "units") else { anyhow::bail!("two units in {report}") };
    assert_eq!((&agreed["unanimous"], &differing["unanimous"]), (&json!(true), &json!(false)));
    assert_eq!(differing["differs"], json!(["act"]));
    assert_eq!(differing["quote"]["exact"], "the brigade said that it had fired nothing");
    assert_eq!(list(differing, "ratings").len(), 3, "{report}");
    assert!(differing["posterior"]["no_claim"].is_number(), "{report}");

    // Page by page, as of the first; and the habits of every read.
    let first = annotators[0].get(&project.path("agreement?limit=1")).await?.expect(200)?;
    let link = first.header("link").context("a next page")?;
    let next = link.trim_start_matches('<').split('>').next().unwrap_or_default();
    let rest = annotators[0].get(next).await?.expect(200)?.json();
    assert_eq!((list(&rest, "units"), &rest["next"]), (&[differing.clone()][..], &Value::Null));
    let of_document = annotators[0].get(&project.path(&format!("agreement?document={}", scene.document))).await?;
    assert_eq!(of_document.expect(200)?.json()["overall"], *overall);
    for (query, status, code) in [
        ("document=nonsense", 400, "invalid_parameter"),
        ("document=00000000-0000-0000-0000-000000000000", 404, "not_found"),
        ("codebook=1", 422, "unknown_codebook"),
        ("diff_to=1", 422, "not_supported_yet"),
    ] {
        let refused = annotators[0].get(&project.path(&format!("agreement?{query}"))).await?;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (status, code), "{query}: {}", refused.text);
    }
    let stranger = Person::at(system.base(), None);
    assert_eq!(stranger.get(&project.path("agreement")).await?.status.as_u16(), 401);

    // The same to people.
    let printed = system.run(&["agreement", "--project", &project.id])?;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    for part in ["3 annotators read 2 units", "unanimous", "uneven ratings", "no claim", "Cohen's κ"] {
        assert!(printed.stdout.contains(part), "no `{part}` in {}", printed.stdout);
    }
    Ok(())
}
