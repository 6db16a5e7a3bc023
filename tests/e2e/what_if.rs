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

#[tokio::test(flavor = "multi_thread")]
async fn ledgers_and_relations_without_something_are_those_of_what_is_left_and_differ_by_it() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 2).await?;
    let (accusation, _) = contested(&scene).await?;
    let (project, reader) = (&scene.project, &scene.project.annotators[0]);
    let evidence = project.create("annotations", &scene.accusation()["evidence"][0]).await?;
    let relation = json!({"type": "commands", "from": scene.ministry, "to": scene.brigade, "stance": "reported",
                          "evidence": [evidence]});
    let relation = project.create("relations", &relation).await?;
    let mut said = scene.denial();
    said["proposition"] = json!({"relation": relation});
    let at = project.annotators[1].post(&project.path("readings"), &said).await?.expect(201)?.sequence();
    scene.board(reader, at).await?;

    let second = "annotator:person-2";
    let ledgers = ["actors", "sources"].map(|of| {
        let id = if of == "actors" { &scene.brigade } else { &scene.source };
        project.path(&format!("{of}/{id}/ledger"))
    });
    for path in &ledgers {
        // The second annotator alone reads what the brigade says.
        let whole = reader.get(path).await?.expect(200)?.json();
        let rest = reader.get(&format!("{path}?without={second}")).await?.expect(200)?.json();
        let then = reader.get(&format!("{path}?as_of={}", accusation.sequence())).await?.expect(200)?.json();
        assert_eq!((list(&whole, "lines").len(), list(&rest, "lines").len()), (3, 1), "{path}");
        assert_eq!((list(&rest, "lines"), &rest["totals"]), (list(&then, "lines"), &then["totals"]), "{path}");
        assert_eq!((rest["without"][0]["kind"].as_str(), &whole["without"]), (Some("annotator"), &Value::Null));
        // A page goes on where it began, and without what it left out.
        let page = reader.get(&format!("{path}?without={second}&limit=1")).await?.expect(200)?;
        assert_eq!(list(&page.json(), "lines"), list(&rest, "lines"), "{path}");
        let page = reader.get(&format!("{path}?limit=1")).await?.expect(200)?.json();
        let cursor = page["next"].as_str().unwrap_or_default();
        let other = reader.get(&format!("{path}?limit=1&cursor={cursor}&without={second}")).await?;
        assert_eq!((other.status.as_u16(), other.code().as_str()), (400, "cursor_invalid"), "{}", other.text);
        let both = reader.get(&format!("{path}?cursor={cursor}&diff_to={at}")).await?;
        assert_eq!((both.status.as_u16(), both.code().as_str()), (422, "exclusive_parameters"), "{}", both.text);
        let nobody = reader.get(&format!("{path}?without=document:{}", uuid::Uuid::nil())).await?;
        assert_eq!((nobody.status.as_u16(), nobody.code().as_str()), (422, "unknown_without"), "{}", nobody.text);
    }
    let board = project.path(&format!("relations/{relation}/board"));
    let rest = reader.get(&format!("{board}?without={second}")).await?.expect(200)?.json();
    assert_eq!((&rest["proposition"], &rest["relation"]["status"]), (&Value::Null, &json!("open")), "{rest}");
    let gone = reader.get(&format!("{board}?without=document:{}", scene.document)).await?;
    assert_eq!((gone.status.as_u16(), gone.code().as_str()), (404, "not_found"), "{}", gone.text);

    // What is different: in words, and as a patch that makes the one of the other.
    let of_incident = |view: &str| project.path(&format!("incidents/{}/{view}", scene.incident));
    let views = [
        (ledgers[0].clone(), "&quotes=0&limit=1"),
        (ledgers[1].clone(), "&quotes=0&limit=1"),
        (board.clone(), "&quotes=0"),
        (of_incident("timeline"), "&quotes=0"),
        (of_incident("origins"), ""),
    ];
    for (path, part) in &views {
        // Of the relation nothing was known then.
        let then = if *path == board { at - 1 } else { accusation.sequence() };
        for (earlier, without) in [(at, format!("&without={second}")), (then, String::new())] {
            // Also where not all is shown, and each of the two links to the rest of its own.
            for part in ["", part] {
                let query = format!("as_of={at}{without}{part}");
                let difference = reader.get(&format!("{path}?{query}&diff_to={earlier}")).await?.expect(200)?.json();
                assert_eq!((&difference["from"]["as_of"], &difference["to"]["as_of"]), (&json!(earlier), &json!(at)));
                assert_eq!(difference["more"], part.contains("limit"), "{difference}");
                let mut patched = reader.get(&format!("{path}?as_of={earlier}{part}")).await?.expect(200)?.json();
                let operations: json_patch::Patch = serde_json::from_value(difference["patch"].clone())?;
                json_patch::patch(&mut patched, &operations)?;
                let later = reader.get(&format!("{path}?{query}")).await?.expect(200)?;
                assert_eq!(patched, later.json(), "{path}?{query}");
                let is_linked = later.text.contains("\"quotes_next\":\"/v1");
                // Without the second annotator nobody says anything about the relation.
                assert_eq!(is_linked, !part.is_empty() && (*path != board || without.is_empty()), "{}", later.text);
                let is_told = told(&difference).iter().any(|(what, ..)| what == "utterance");
                assert!(is_told != path.ends_with("origins") || part.contains("limit"), "{difference}");
            }
        }
    }
    let difference = reader.get(&format!("{}?diff_to={at}&without={second}", ledgers[0])).await?.expect(200)?.json();
    let about = list(&difference, "changes").iter().map(|change| change["about"]["id"].clone());
    let about: Vec<Value> = about.collect();
    assert!(about.contains(&json!(scene.incident)) && about.contains(&json!(relation)), "{difference}");

    for arguments in [["ledger", "actor", &scene.brigade].as_slice(), &["relation", &relation]] {
        let printed = system.run(&[arguments, &["--project", &project.id, "--without", second]].concat())?;
        assert_eq!(printed.code, 0, "{}", printed.stderr);
        assert!(printed.stdout.contains("were not known"), "{}", printed.stdout);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_status_hangs_on_is_what_would_change_it_if_it_were_left_out() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 2).await?;
    contested(&scene).await?;
    let (project, reader) = (&scene.project, &scene.project.annotators[0]);
    let board = project.path(&format!("incidents/{}/board", scene.incident));
    let real = reader.get(&board).await?.expect(200)?.json();
    let kinds = "hangs_on=source&hangs_on=document&hangs_on=annotator";
    let told = reader.get(&format!("{board}?{kinds}")).await?.expect(200)?.json();
    assert_eq!((&told["status"], &told["more"], &told["without"]), (&real["status"], &json!(0), &Value::Null));
    // There is one source with one document, of which each annotator reads a half.
    let items = list(&told, "items");
    let kinds: Vec<_> = items.iter().map(|item| item["kind"].as_str().unwrap_or_default()).collect();
    assert_eq!(kinds, ["source", "document", "annotator", "annotator"], "{told}");
    assert_eq!((&items[0]["id"], &items[1]["id"]), (&json!(scene.source), &json!(scene.document)));
    for item in items {
        let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
        let without = format!("{board}?without={}:{}", text("kind"), text("id"));
        let then = reader.get(&without).await?.expect(200)?.json();
        assert_eq!((&item["status"]["before"], &item["status"]["after"]), (&real["status"], &then["status"]), "{item}");
        let statuses = |board: &Value| match list(board, "propositions") {
            [about] => about["status"].clone(),
            _ => json!("none"),
        };
        let [about] = list(item, "propositions") else { anyhow::bail!("one proposition: {item}") };
        assert_eq!(about["status"], json!({"before": statuses(&real), "after": statuses(&then)}), "{item}");
    }
    // Besides what is left out anyway, and of one kind alone.
    let rest = reader.get(&format!("{board}?hangs_on=annotator&without=annotator:person-2")).await?.expect(200)?.json();
    let [other] = list(&rest, "items") else { anyhow::bail!("the first annotator: {rest}") };
    assert_eq!((&other["status"]["after"], &rest["without"][0]["kind"]), (&json!("unattributed"), &json!("annotator")));
    for (query, status, code) in
        [("hangs_on=actor", 400, "invalid_parameter"), ("hangs_on=source&diff_to=1", 422, "exclusive_parameters")]
    {
        let refused = reader.get(&format!("{board}?{query}")).await?;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (status, code), "{}", refused.text);
        assert_eq!(refused.json()["errors"][0]["parameter"], "hangs_on", "{}", refused.text);
    }

    let arguments = ["board", &scene.incident, "--project", &project.id, "--hangs-on"];
    let printed = system.run(&arguments)?;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    for part in ["without ", "the incident: disputed → unattributed", "Banner Brigade as perpetrator: denied → "] {
        assert!(printed.stdout.contains(part), "no `{part}` in {}", printed.stdout);
    }
    let one = system.run(&[&arguments[..4], &["--hangs-on=document", "--json"]].concat())?;
    assert!(one.stdout.contains(&scene.document) && !one.stdout.contains("annotator"), "{}", one.stdout);
    Ok(())
}
