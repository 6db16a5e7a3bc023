//! What would be without something, what changed between two moments, and a history stepped through.

use crate::pipeline::Scene;
use crate::support::people::Answer;
use crate::support::system::System;
use serde_json::{Value, json};

fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}

/// What changed, in short: what, from what, to what.
fn told(difference: &Value) -> Vec<(String, Value, Value)> {
    let change = |change: &Value| {
        let about = if change["proposition"].is_null() { "incident " } else { "" };
        (
            format!("{about}{}", change["what"].as_str().unwrap_or_default()),
            change["from"].clone(),
            change["to"].clone(),
        )
    };
    list(difference, "changes").iter().map(change).collect()
}

/// An accusation by the first annotator, a denial by the second; the positions and ids of both.
async fn contested(scene: &Scene) -> anyhow::Result<(Answer, Answer)> {
    let [first, second] = &scene.project.annotators[..] else { anyhow::bail!("two annotators") };
    let path = scene.project.path("readings");
    let accusation = first.post(&path, &scene.accusation()).await?.expect(201)?;
    let denial = second.post(&path, &scene.denial()).await?.expect(201)?;
    scene.board(first, denial.sequence()).await?;
    Ok((accusation, denial))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_without_something_is_that_of_what_is_left_and_says_so() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 2).await?;
    let (accusation, _) = contested(&scene).await?;
    let (project, reader) = (&scene.project, &scene.project.annotators[0]);
    let board = project.path(&format!("incidents/{}/board", scene.incident));
    let real = reader.get(&board).await?.expect(200)?;
    assert_eq!((&real.json()["status"], &real.json()["without"]), (&json!("disputed"), &Value::Null));

    // The second annotator alone reads the denial; before it there was none.
    let then = reader.get(&format!("{board}?as_of={}", accusation.sequence())).await?.expect(200)?.json();
    let without = |what: &str| format!("{board}?without={what}");
    let second = "person-2";
    let unread = reader.get(&without(&format!("annotator:{second}"))).await?.expect(200)?;
    assert_eq!(list(&unread.json(), "propositions"), list(&then, "propositions"));
    assert_eq!(unread.json()["without"][0]["kind"], "annotator");
    let silent = reader.get(&without(&format!("actor:{}", scene.brigade))).await?.expect(200)?.json();
    assert_eq!(silent["status"], then["status"], "the brigade denies it itself: {silent}");
    for what in [format!("document:{}", scene.document), format!("source:{}", scene.source)] {
        let nothing = reader.get(&without(&what)).await?.expect(200)?.json();
        assert_eq!((&nothing["status"], list(&nothing, "propositions").len()), (&json!("unattributed"), 0), "{what}");
        let incident = project.path(&format!("incidents?without={what}"));
        assert_eq!(reader.get(&incident).await?.expect(200)?.json()["items"][0]["status"], "unattributed");
        for view in ["timeline", "origins"] {
            let path = project.path(&format!("incidents/{}/{view}?without={what}", scene.incident));
            let view = reader.get(&path).await?.expect(200)?.json();
            assert!(list(&view, "rows").is_empty() && list(&view, "passages").is_empty(), "{view}");
        }
    }
    // Nobody is given a board of what would be for one of what is.
    assert_eq!(reader.get(&board).await?.expect(200)?.text, real.text);

    let printed = system.run(&[
        "board",
        &scene.incident,
        "--project",
        &project.id,
        "--without",
        &format!("annotator:{second}"),
    ])?;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert!(printed.stdout.contains("were not known"), "{}", printed.stdout);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_tells_what_changed_by_whom_and_from_which_document() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 2).await?;
    let (accusation, denial) = contested(&scene).await?;
    let (project, reader) = (&scene.project, &scene.project.annotators[0]);
    let board = project.path(&format!("incidents/{}/board", scene.incident));
    let (from, to) = (accusation.sequence(), denial.sequence());
    let path = format!("{board}?as_of={to}&diff_to={from}");
    let answer = reader.get(&path).await?.expect(200)?;
    let difference = answer.json();
    let changes = told(&difference);
    for expected in [
        ("incident status", json!("officially_attributed"), json!("disputed")),
        ("incident dispute", Value::Null, json!("denied")),
        ("status", json!("officially_attributed"), json!("denied")),
        ("flag", Value::Null, json!("denied_by_accused")),
        ("utterance", Value::Null, json!("opposition: denies - CT")),
    ] {
        let (what, was, is) = &expected;
        assert!(changes.contains(&((*what).to_owned(), was.clone(), is.clone())), "no {expected:?} in {changes:?}");
    }
    let reading = list(&difference, "records").iter().find(|record| record["kind"] == "reading");
    let reading = reading.cloned().unwrap_or_default();
    assert_eq!((&reading["id"], &reading["position"]), (&json!(denial.id()), &json!(to)), "{difference}");
    assert_eq!(difference["documents"], json!([{"id": scene.document, "name": "Rockets"}]));
    assert_eq!(difference["more"], false);

    // The patch makes the one board the other.
    // Also where not every quote is shown, and the boards link to the rest.
    for quotes in [20, 0] {
        let path = format!("{board}?as_of={to}&quotes={quotes}");
        let difference = reader.get(&format!("{path}&diff_to={from}")).await?.expect(200)?.json();
        let mut patched = reader.get(&format!("{board}?as_of={from}&quotes={quotes}")).await?.expect(200)?.json();
        let operations: json_patch::Patch = serde_json::from_value(difference["patch"].clone())?;
        json_patch::patch(&mut patched, &operations)?;
        let expected = reader.get(&path).await?.expect(200)?;
        assert_eq!(patched, expected.json());
        assert_eq!(expected.text.contains("\"quotes_next\":\"/v1"), quotes == 0, "{}", expected.text);
    }
    let same = reader.get(&format!("{board}?as_of={to}&diff_to={to}")).await?.expect(200)?.json();
    assert_eq!((list(&same, "changes").len(), list(&same, "records").len(), &same["patch"]), (0, 0, &json!([])));

    // From what is to what would be.
    let second = "person-2";
    let path = format!("{board}?as_of={to}&diff_to={to}&without=annotator:{second}");
    let unread = reader.get(&path).await?.expect(200)?.json();
    assert!(told(&unread).contains(&("incident status".to_owned(), json!("disputed"), json!("officially_attributed"))));
    assert_eq!(unread["to"]["without"][0]["id"].as_str().map(str::len), Some(36));

    let (from, to) = (from.to_string(), to.to_string());
    let arguments = ["board", &scene.incident, "--project", &project.id, "--as-of", &to, "--diff-to", &from];
    let printed = system.run(&arguments)?;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    for part in ["officially_attributed → disputed", "+ denied_by_accused", "ClaimRead", "from “Rockets”"] {
        assert!(printed.stdout.contains(part), "no `{part}` in {}", printed.stdout);
    }

    // Step by step from the beginning.
    let replay = ["replay", &scene.incident, "--project", &project.id];
    let printed = system.run(&replay)?;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let (first, rest) = printed.stdout.split_once("unattributed → officially_attributed").unwrap_or_default();
    assert!(first.contains("ClaimRead") && rest.contains("officially_attributed → disputed"), "{}", printed.stdout);
    let steps = system.run(&[&replay[..], &["--json"]].concat())?;
    let steps: Vec<Value> = steps.stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let last = steps.last().cloned().unwrap_or_default();
    assert_eq!((&last["to"]["as_of"].to_string(), steps.len()), (&to, 2), "{steps:?}");
    let refused = system.run(&[&replay[..], &["--without", &format!("annotator:{second}")]].concat())?;
    assert_eq!(refused.code, 2, "{}", refused.stderr);

    // A policy that is published later changes what is shown as of now, and so is among what it came by.
    let operator = &project.operator;
    let policy = operator.post(&project.path("policies"), &json!({"readings": "adjudicated"})).await?.expect(201)?;
    let at = policy.sequence();
    let path = format!("{board}?as_of={at}&at_least={at}&wait_ms=5000&diff_to={to}");
    let difference = reader.get(&path).await?.expect(200)?.json();
    assert_eq!((&difference["from"]["policy"], &difference["to"]["policy"]), (&json!(0), &json!(1)));
    let records: Vec<_> = list(&difference, "records").iter().map(|record| &record["events"][0]["type"]).collect();
    assert_eq!(records, [&json!("PolicyPublished")], "{difference}");
    assert!(told(&difference).contains(&("incident status".to_owned(), json!("disputed"), json!("unattributed"))));
    let one_policy = reader.get(&format!("{path}&policy=0")).await?.expect(200)?.json();
    assert_eq!((list(&one_policy, "records").len(), list(&one_policy, "changes").len()), (0, 0), "{one_policy}");
    let steps = system.run(&replay)?;
    assert!(steps.stdout.contains("PolicyPublished"), "{}", steps.stdout);
    Ok(())
}
