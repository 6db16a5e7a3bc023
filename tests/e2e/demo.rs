//! What a newcomer sees: one command, and the board answers without a token.

use crate::support::history;
use crate::support::people::Person;
use crate::support::system::System;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_answers_its_board_without_a_token_and_finds_its_data_again() -> anyhow::Result<()> {
    let mut system = System::start_with(&["--demo"]).await?;
    let demo: Value = serde_json::from_str(include_str!("../../crates/gainsay/demo/demo.json"))?;
    let project = demo["project"]["id"].as_str().unwrap_or_default();
    let incident = demo["look_at"]["incident"].as_str().unwrap_or_default();
    let path = format!("/v1/projects/{project}/incidents/{incident}/board");
    let nobody = Person::at(system.base(), None);
    let answer = nobody.get(&path).await?.expect(200)?;
    let board = answer.json();
    assert_eq!(board["status"], "disputed", "{board}");
    let kinds: Vec<_> = board["disputes"].as_array().into_iter().flatten().map(|d| d["kind"].clone()).collect();
    assert!(kinds.contains(&"denied".into()), "{kinds:?}");
    let quotes = |side: &str| {
        let propositions = board["propositions"].as_array().into_iter().flatten();
        propositions
            .flat_map(|p| p[side].as_array().cloned().unwrap_or_default())
            .map(|u| u["quotes"].clone())
            .collect::<Vec<_>>()
    };
    let all: Vec<_> = quotes("support").into_iter().chain(quotes("opposition")).collect();
    assert!(!all.is_empty() && all.iter().all(|quotes| quotes[0]["exact"].is_string()), "every row is quoted: {all:?}");

    // The case that the README works through: three readings of one sentence, and what a relation hangs on.
    for (id, act, certainty) in [
        ("017f0000-000a-7019-8000-000000000001", "infers", "PR"),
        ("017f0000-000b-7019-8000-000000000001", "suspects", "PR"),
        ("017f0000-000c-7019-8000-000000000001", "accuses", "CT"),
    ] {
        let reading = nobody.get(&format!("/v1/projects/{project}/readings/{id}")).await?.expect(200)?.json();
        assert_eq!(
            (&reading["claim"]["act"], &reading["claim"]["certainty"]),
            (&act.into(), &certainty.into()),
            "{id}"
        );
        let about = board["propositions"].as_array().into_iter().flatten().find(|about| {
            let support = about["support"].as_array().into_iter().flatten();
            support.flat_map(|said| said["readings"].as_array().cloned().unwrap_or_default()).any(|one| one == id)
        });
        let about = about.cloned().unwrap_or_default();
        assert_eq!((&about["status"], &about["role"]), (&"suspected_contested".into(), &"perpetrator".into()), "{id}");
        assert!(about["flags"].as_array().is_some_and(|flags| flags.contains(&"denied_by_accused".into())), "{about}");
    }
    assert!(kinds.contains(&"reading".into()), "{kinds:?}");
    let relation = format!("/v1/projects/{project}/relations/017f0000-0005-7000-8000-000000000015/board");
    let relation = nobody.get(&relation).await?.expect(200)?.json();
    let (edge, said) = (&relation["relation"], &relation["proposition"]);
    assert_eq!((&edge["status"], &edge["stance"]), (&"open".into(), &"reported".into()), "{relation}");
    assert_eq!((&said["status"], &said["flags"]), (&"suspected_contested".into(), &json!(["opposed"])));

    // What is not the demo's stays closed.
    nobody.get("/v1/projects").await?.expect(401)?;

    let printed = system.run(&["board", incident, "--project", project])?;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert!(printed.stdout.contains("disputed") && printed.stdout.contains("Ain al-Assad"), "{}", printed.stdout);

    let status = system.stop()?;
    assert!(status.success(), "{status}: {}", system.log_tail());
    assert!(system.nats_servers().is_empty(), "the nats-server ends with its supervisor");
    system.launch().await?;
    let again = Person::at(system.base(), None).get(&path).await?.expect(200)?;
    assert_eq!(again.json(), board, "a second start finds the same data and adds nothing");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_run_twice_changes_nothing_and_names_what_it_refuses() -> anyhow::Result<()> {
    let system = System::start().await?;
    let project = crate::support::people::Project::make(&system, 0).await?;
    let file = system.data().join("lines.ndjson");
    let lines = [
        r#"{"resource": "sources", "key": "0190a0a0-0000-7000-8000-000000000001", "body": {"id": "0190a0a0-0000-7000-8000-0000000000a1", "name": "River Wire", "kind": "agency"}}"#,
        r#"{"resource": "sources", "body": {"name": "River Wire", "kind": "gazette"}}"#,
        r#"{"resource": "sources", "#,
        r#"{"resource": "actors", "key": "0190a0a0-0000-7000-8000-000000000002", "body": {"name": "Banner Brigade", "kind": "organisation"}}"#,
    ];
    std::fs::write(&file, lines.join("\n"))?;
    let file = file.to_string_lossy().into_owned();
    let run = || system.run(&["import", &file, "--project", &project.id]);
    let first = run()?;
    assert_eq!(first.code, 3, "{}{}", first.stdout, first.stderr);
    assert!(first.stderr.contains(":2") && first.stderr.contains("/kind"), "names line and field: {}", first.stderr);
    assert!(first.stderr.contains(":3"), "{}", first.stderr);
    let before = history::records_up_to_now(&project).await?.len();
    run()?;
    // The further record, and that another batch was started and completed.
    assert_eq!(history::records_up_to_now(&project).await?.len(), before + 3, "a second run adds no more than a batch");
    Ok(())
}
