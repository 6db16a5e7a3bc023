//! Timelines, ledgers and work lists: on the demo corpus, and with the habits of every read.

use crate::pipeline::Scene;
use crate::support::people::{Answer, Person, Project};
use crate::support::services::{Services, Shape};
use crate::support::system::System;
use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};

fn problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.text);
}

fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}

/// A relation that nobody has taken as given, and a reading of it by the first annotator.
async fn commands(scene: &Scene) -> anyhow::Result<(String, Answer)> {
    let (project, mut reading) = (&scene.project, scene.accusation());
    let span = reading["evidence"][0].clone();
    let evidence = project.create("annotations", &span).await?;
    let relation = json!({"type": "commands", "from": scene.ministry, "to": scene.brigade, "stance": "reported",
                          "evidence": [evidence]});
    let relation = project.create("relations", &relation).await?;
    reading["proposition"] = json!({"relation": relation});
    let read = project.annotators[0].post(&project.path("readings"), &reading).await?.expect(201)?;
    Ok((relation, read))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relation_tells_who_says_that_it_holds_and_is_not_changed_by_it() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 2).await?;
    let (relation, read) = commands(&scene).await?;
    let (project, annotator) = (&scene.project, &scene.project.annotators[1]);
    let board = async |at: u64| {
        let path = project.path(&format!("relations/{relation}/board?at_least={at}&wait_ms=5000"));
        anyhow::Ok(annotator.get(&path).await?.expect(200)?.json())
    };
    let accused = board(read.sequence()).await?;
    let head = &accused["relation"];
    assert_eq!((&head["id"], &head["type"], &head["status"]), (&json!(relation), &json!("commands"), &json!("open")));
    assert_eq!((&head["from"]["name"], &head["to"]["name"]), (&json!("Ministry of Defence"), &json!("Banner Brigade")));
    assert_eq!(accused["proposition"]["status"], "officially_attributed", "{accused}");
    let mut denial = scene.denial();
    denial["proposition"] = json!({"relation": relation});
    let denied = annotator.post(&project.path("readings"), &denial).await?.expect(201)?;
    let contested = board(denied.sequence()).await?;
    let said = &contested["proposition"];
    assert_eq!(
        (&said["status"], &contested["relation"]["status"]),
        (&json!("contested"), &json!("open")),
        "{contested}"
    );
    assert_eq!(said["opposition"][0]["quotes"][0]["exact"], "the brigade said that it had fired nothing");
    assert_eq!(contested["relation"], accused["relation"]);

    // The same to people.
    let printed = system.run(&["relation", &relation, "--project", &project.id])?;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    for part in ["Ministry of Defence — commands → Banner Brigade", "open (", "that it holds  contested"] {
        assert!(printed.stdout.contains(part), "no `{part}` in {}", printed.stdout);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_tells_who_said_what_when_what_is_said_of_whom_and_what_a_paper_copies() -> anyhow::Result<()> {
    let system = System::start_with(&["--demo"]).await?;
    let demo: Value = serde_json::from_str(include_str!("../../crates/gainsay/demo/demo.json"))?;
    let project = demo["project"]["id"].as_str().context("the demo's project")?;
    let incident = demo["look_at"]["incident"].as_str().context("the demo's incident")?;
    let nobody = Person::at(system.base(), None);
    let get = async |path: &str| {
        let answer = nobody.get(&format!("/v1/projects/{project}/{path}")).await?.expect(200)?;
        anyhow::Ok(answer.json())
    };

    // Every utterance of the board has a row for each proposition, in an order that its days allow.
    let (board, timeline) =
        (get(&format!("incidents/{incident}/board")).await?, get(&format!("incidents/{incident}/timeline")).await?);
    let sides = ["support", "opposition", "neutral"];
    let on_board = list(&board, "propositions").iter().flat_map(|about| sides.map(|side| list(about, side).len()));
    let rows = list(&timeline, "rows");
    assert_eq!(rows.len(), on_board.sum::<usize>());
    assert_eq!(timeline["incident"], board["incident"]);
    assert!(rows.iter().all(|row| row["said"]["quotes"][0]["exact"].is_string()), "every row is quoted");
    let day = |row: &Value, member: &str| row["said"][member].as_str().map(str::to_owned);
    for (at, row) in rows.iter().enumerate() {
        let after = usize::try_from(row["after"].as_u64().unwrap_or_default())?;
        for (other_at, other) in rows.iter().enumerate() {
            let is_after =
                matches!((day(other, "latest"), day(row, "earliest")), (Some(last), Some(first)) if last < first);
            assert_eq!(is_after, other_at < after, "rows {at} and {other_at}");
        }
    }
    // The denial of any attack is older than this one; the answer to the accusation is later.
    let orders = |speaker: &str, act: &str| -> Vec<&str> {
        let is_this = |row: &&Value| row["said"]["speaker"]["name"] == speaker && row["said"]["act"] == act;
        rows.iter().filter(is_this).filter_map(|row| row["order"].as_str()).collect()
    };
    assert_eq!(orders("Asaib Ahl al-Haq", "denies"), ["before"]);
    assert!(orders("Kataib Hezbollah", "denies").contains(&"after"));
    let generic = rows.iter().filter(|row| row["said"]["generic"] == true);
    assert!(generic.clone().count() > 0 && generic.clone().all(|row| row["said"]["flags"].is_array()));

    // What is said of a part is said of the whole, through the part.
    let actors = get("actors?limit=1000").await?;
    let id_of = |name: &str| -> anyhow::Result<String> {
        let actor =
            list(&actors, "items").iter().find(|actor| actor["name"] == name).context("an actor of the demo")?;
        Ok(actor["id"].as_str().unwrap_or_default().to_owned())
    };
    let part = get(&format!("actors/{}/ledger", id_of("Kataib Hezbollah")?)).await?;
    let whole = get(&format!("actors/{}/ledger", id_of("Popular Mobilization Forces")?)).await?;
    assert!(part["totals"]["headings"]["accused_of"].as_u64() > Some(0), "{}", part["totals"]);
    let through = list(&whole, "lines").iter().filter(|line| line["through"]["name"] == "Kataib Hezbollah");
    let said = |line: &Value| (line["said"]["utterance"].clone(), line["proposition"]["actor"].clone());
    let through: Vec<_> = through.clone().map(said).collect();
    assert_eq!(through, list(&part, "lines").iter().map(said).collect::<Vec<_>>());
    assert!(list(&part, "lines").iter().any(|line| line["relation"]["id"].is_string()), "who is said to run whom");
    assert!(list(&part, "lines").iter().any(|line| line["class"]["id"].is_string()));

    // A paper that printed the wire's report, and one that took its accusation back.
    let sources = get("sources?limit=1000").await?;
    let mut derived = Vec::new();
    let mut withdrawn = 0;
    for source in list(&sources, "items") {
        let ledger = get(&format!("sources/{}/ledger", source["id"].as_str().unwrap_or_default())).await?;
        if ledger["totals"]["pieces"]["derived"] != 0 {
            derived.push(source["name"].as_str().unwrap_or_default().to_owned());
        }
        withdrawn += ledger["totals"]["withdrawn"].as_u64().unwrap_or_default();
        let headings = ["reports", "adopts", "relays", "distances"];
        assert!(list(&ledger, "lines").iter().all(|line| headings.contains(&line["heading"].as_str().unwrap_or(""))));
    }
    assert_eq!(derived, ["Gulf Morning Paper", "Levant Evening Post"]);
    assert!(withdrawn > 0, "the newspaper's correction");

    // The corpus leaves nothing undone.
    assert_eq!((list(&get("orphans").await?, "items"), list(&get("inbox").await?, "items")), (&[][..], &[][..]));

    let brigade = id_of("Kataib Hezbollah")?;
    let source = list(&sources, "items")[0]["id"].as_str().unwrap_or_default();
    for (args, shown) in [
        (vec!["timeline", incident], "Before the incident"),
        (vec!["ledger", "actor", &brigade], "accused of"),
        (vec!["ledger", "source", source], "relays"),
        (vec!["orphans"], "Every reading takes part."),
        (vec!["inbox"], "Nothing asks for attention."),
    ] {
        let printed = system.run(&[&args[..], &["--project", project]].concat())?;
        assert_eq!(printed.code, 0, "{args:?}: {}", printed.stderr);
        assert!(printed.stdout.contains(shown), "{args:?}: {}", printed.stdout);
        let as_json = system.run(&[&args[..], &["--project", project, "--json"]].concat())?;
        assert!(serde_json::from_str::<Value>(&as_json.stdout).is_ok(), "{args:?}: {}", as_json.stdout);
    }
    Ok(())
}

/// A view of one subject tells what would be without a source; work lists are of no subject, and refuse it.
async fn tells_what_would_be(annotator: &Person, path: &str, view: &str, source: &str) -> anyhow::Result<()> {
    let is_of_one = view.contains('/');
    let (status, code) = if is_of_one { (404, "not_found") } else { (422, "not_supported_yet") };
    problem(&annotator.get(&format!("{path}?diff_to=1")).await?, status, code);
    let without = annotator.get(&format!("{path}?without=source:{source}")).await?;
    if view.starts_with("relations") || !is_of_one {
        // All that the relation cites stands in a document of the source.
        problem(&without, status, code);
    } else {
        let without = without.expect(200)?.json();
        assert_eq!(without["without"], json!([{"kind": "source", "id": source}]), "{view}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn timelines_ledgers_and_work_lists_have_the_habits_of_every_read() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 1).await?;
    let (annotator, project) = (&scene.project.annotators[0], &scene.project);
    let readings = project.path("readings");
    annotator.post(&readings, &scene.accusation()).await?.expect(201)?;
    annotator.post(&readings, &scene.denial()).await?.expect(201)?;
    let mut both = scene.accusation();
    both["act"] = json!("denies");
    both["polarity"] = json!("-");
    let read = annotator.post(&readings, &both).await?.expect(201)?;
    let (relation, read_of_it) = commands(&scene).await?;
    let (at, incident) = (read_of_it.sequence(), &scene.incident);
    let views = [
        format!("incidents/{incident}/timeline"),
        format!("actors/{}/ledger", scene.brigade),
        format!("sources/{}/ledger", scene.source),
        format!("relations/{relation}/board"),
        "orphans".to_owned(),
        "inbox".to_owned(),
    ];
    for view in &views {
        let path = project.path(view);
        let first = annotator.get(&format!("{path}?at_least={at}&wait_ms=5000")).await?.expect(200)?;
        assert_eq!(first.header("gainsay-as-of"), Some(&*at.to_string()), "{view}");
        assert_eq!(first.json()["as_of"], at, "{view}");
        let tag = first.header("etag").unwrap_or_default().to_owned();
        let again = annotator.ask(Method::GET, &path, &[("if-none-match", &tag)], None).await?;
        assert_eq!(again.status.as_u16(), 304, "{view}");
        let past = annotator.get(&format!("{path}?as_of={}", at - 1)).await?.expect(200)?;
        assert_eq!(past.json()["as_of"], at - 1, "{view}");
        tells_what_would_be(annotator, &path, view, &scene.source).await?;
        problem(&annotator.get(&format!("{path}?policy=9")).await?, 422, "unknown_policy");
        assert_eq!(annotator.get(&format!("{path}?nonsense=1")).await?.status.as_u16(), 400, "{view}");
        let stranger = Person::at(system.base(), None);
        assert_eq!(stranger.get(&path).await?.status.as_u16(), 401, "{view}");
    }
    let nothing = uuid::Uuid::nil();
    for view in ["incidents/{}/timeline", "actors/{}/ledger", "sources/{}/ledger", "relations/{}/board"] {
        let path = project.path(&view.replace("{}", &nothing.to_string()));
        problem(&annotator.get(&path).await?, 404, "not_found");
    }

    // Quotes that are not shown are counted, and linked to.
    for (view, rows) in [(&views[0], "rows"), (&views[1], "lines")] {
        let cut = annotator.get(&project.path(&format!("{view}?quotes=0"))).await?.expect(200)?.json();
        let said = &cut[rows][0]["said"];
        assert_eq!((list(said, "quotes").len(), &said["quotes_total"]), (0, &json!(1)), "{view}");
        let next = said["quotes_next"].as_str().context("a link to the rest")?;
        let rest = annotator.get(next).await?.expect(200)?.json();
        // Rows of one day stand in the order of their ids, which are random.
        let whole = annotator.get(&project.path(view)).await?.expect(200)?.json();
        assert_eq!(rest[rows][0]["said"]["quotes"], whole[rows][0]["said"]["quotes"], "{view}");
        let exact = rest[rows][0]["said"]["quotes"][0]["exact"].as_str().context("a quote")?;
        assert!(
            ["The Banner Brigade fired them", "the brigade said that it had fired nothing"].contains(&exact),
            "{view}"
        );
    }
    let cut = annotator.get(&project.path(&format!("{}?quotes=0", views[3]))).await?.expect(200)?.json();
    let said = &cut["proposition"]["support"][0];
    assert_eq!((list(said, "quotes").len(), &said["quotes_total"]), (0, &json!(1)), "{cut}");
    let rest = annotator.get(said["quotes_next"].as_str().context("a link to the rest")?).await?.expect(200)?.json();
    let quote = &rest["proposition"]["support"][0]["quotes"][0]["exact"];
    assert_eq!(quote, "The Banner Brigade fired them", "{rest}");

    // A ledger is read to its end by its links, as of its first page.
    let whole = annotator.get(&project.path(&views[1])).await?.expect(200)?.json();
    let (mut lines, mut path) = (Vec::new(), project.path(&format!("{}?limit=1", views[1])));
    loop {
        let page = annotator.get(&path).await?.expect(200)?;
        lines.extend_from_slice(list(&page.json(), "lines"));
        assert_eq!(page.json()["as_of"], at);
        project.create("actors", &json!({"name": "Latecomer", "kind": "person"})).await?;
        let Some(link) = page.header("link") else {
            assert_eq!(page.json()["next"], Value::Null);
            break;
        };
        path = link.trim_start_matches('<').split('>').next().unwrap_or_default().to_owned();
    }
    assert_eq!(lines, list(&whole, "lines"));
    assert_eq!(lines.len(), 4);
    let (cursor, other) = (path.split("cursor=").nth(1).unwrap_or_default(), project.path(&views[2]));
    problem(&annotator.get(&format!("{other}?cursor={cursor}")).await?, 400, "cursor_invalid");

    // Who says both is in the inbox; a reading whose passage is taken back becomes an orphan.
    let inbox = annotator.get(&project.path("inbox")).await?.expect(200)?.json();
    let by = &inbox["items"][0]["inconsistent"][0]["by"];
    assert_eq!((&by["speakers"][0]["name"], &by["accused"]), (&json!("Ministry of Defence"), &json!(false)), "{inbox}");
    let reading = annotator.get(&format!("{readings}/{}", read.id())).await?.expect(200)?.json();
    let annotation = reading["claim"]["evidence"][0].as_str().context("the passage")?;
    let path = project.path(&format!("annotations/{annotation}"));
    let gone = annotator.ask(Method::DELETE, &path, &[("if-match", "\"1\"")], None).await?;
    assert!(gone.status.is_success(), "{}", gone.text);
    let path = project.path(&format!("orphans?at_least={}&wait_ms=5000", gone.sequence()));
    let orphans = annotator.get(&path).await?.expect(200)?.json();
    assert_eq!(orphans["items"][0]["reading"]["id"], read.id());
    assert_eq!(orphans["items"][0]["reasons"], json!(["not_live"]));
    assert_eq!(orphans["items"][0]["gone"], json!([{"kind": "annotation", "id": annotation, "status": "retracted"}]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn services_apart_answer_the_same_questions() -> anyhow::Result<()> {
    let services = Services::start(Shape { ingests: 1, projectors: 1, queries: 1 }).await?;
    let scene = Scene::set_in(Project::make_by(&services.operator(0, 0)?, 1).await?).await?;
    let annotator = &scene.project.annotators[0];
    let read = annotator.post(&scene.project.path("readings"), &scene.accusation()).await?.expect(201)?;
    let reader = annotator.reading_at(services.queries[0].base());
    for (view, rows, len) in [
        (format!("incidents/{}/timeline", scene.incident), "rows", 1),
        (format!("actors/{}/ledger", scene.brigade), "lines", 1),
        (format!("sources/{}/ledger", scene.source), "lines", 1),
        ("orphans".to_owned(), "items", 0),
        ("inbox".to_owned(), "items", 0),
    ] {
        let path = scene.project.path(&format!("{view}?at_least={}&wait_ms=5000", read.sequence()));
        let answer = reader.get(&path).await?.expect(200)?.json();
        assert_eq!(list(&answer, rows).len(), len, "{view}: {answer}");
        if rows != "items" {
            assert_eq!(answer[rows][0]["said"]["quotes"][0]["exact"], "The Banner Brigade fired them");
        }
    }
    let (relation, read) = commands(&scene).await?;
    let path = format!("relations/{relation}/board?at_least={}&wait_ms=5000", read.sequence());
    let board = reader.get(&scene.project.path(&path)).await?.expect(200)?.json();
    assert_eq!(board["proposition"]["support"][0]["quotes"][0]["exact"], "The Banner Brigade fired them", "{board}");
    Ok(())
}
