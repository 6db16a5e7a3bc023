//! Habits of the read side: cursors, conditional requests, waiting for a position, and every error a problem.

use crate::pipeline::Scene;
use crate::support::people::Answer;
use crate::support::system::System;
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;

fn problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.text);
    assert_eq!(answer.code(), code, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_read_to_its_end_by_its_links_as_of_its_first_page() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 0).await?;
    let project = &scene.project;
    let mut made = BTreeSet::new();
    let mut last = 0;
    for n in 0..23 {
        let body = json!({"name": format!("Actor {n}"), "kind": "person"});
        let answer = project.curator.post(&project.path("actors"), &body).await?.expect(201)?;
        last = answer.sequence();
        made.insert(answer.id());
    }
    let mut path = project.path(&format!("actors?limit=5&kind=person&at_least={last}&wait_ms=5000"));
    let mut seen = Vec::new();
    loop {
        let page = project.curator.get(&path).await?.expect(200)?;
        seen.extend(
            page.json()["items"].as_array().into_iter().flatten().filter_map(|a| a["id"].as_str().map(str::to_owned)),
        );
        if seen.len() == 5 {
            // What comes later is not part of this list.
            project.create("actors", &json!({"name": "Latecomer", "kind": "person"})).await?;
        }
        let Some(link) = page.header("link") else { break };
        assert!(link.ends_with("rel=\"next\""), "{link}");
        path = link.trim_start_matches('<').split('>').next().unwrap_or_default().to_owned();
        path = path.trim_start_matches(system.base()).to_owned();
    }
    assert_eq!(seen.len(), made.len(), "each once");
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), made);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_are_conditional_and_wait_for_positions() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 1).await?;
    let annotator = &scene.project.annotators[0];
    let read = annotator.post(&scene.project.path("readings"), &scene.accusation()).await?.expect(201)?;
    let board = scene.project.path(&format!("incidents/{}/board", scene.incident));
    let first = annotator.get(&format!("{board}?at_least={}&wait_ms=5000", read.sequence())).await?.expect(200)?;
    let etag = first.header("etag").unwrap_or_default().to_owned();
    assert!(first.header("gainsay-as-of").is_some_and(|n| n.parse::<u64>().is_ok_and(|n| n >= read.sequence())));
    let same = annotator.ask(Method::GET, &board, &[("if-none-match", &etag)], None).await?;
    assert_eq!(same.status.as_u16(), 304, "{}", same.text);
    let head = annotator.ask(Method::HEAD, &board, &[], None).await?;
    assert_eq!((head.status.as_u16(), head.text.as_str(), head.header("etag")), (200, "", Some(etag.as_str())));
    let resource = annotator.get(&scene.project.path(&format!("readings/{}", read.id()))).await?.expect(200)?;
    assert_eq!(resource.header("etag"), Some("\"1\""));

    // Whoever asks again and again is given what one is who asks as of that position alone.
    let (relevant, other) = (scene.project.path("readings"), scene.project.path("actors"));
    for n in 0..12 {
        let written = match n % 3 {
            0 => annotator.post(&relevant, &scene.denial()).await?,
            1 => annotator.post(&relevant, &scene.accusation()).await?,
            _ => annotator.post(&other, &json!({"name": format!("Bystander {n}"), "kind": "person"})).await?,
        };
        let at = written.expect(201)?.sequence();
        let now = annotator.get(&format!("{board}?at_least={at}&wait_ms=5000")).await?.expect(200)?;
        let as_of = now.header("gainsay-as-of").unwrap_or_default();
        let then = annotator.get(&format!("{board}?as_of={as_of}")).await?.expect(200)?;
        assert_eq!((&now.text, now.header("etag")), (&then.text, then.header("etag")));
        assert_ne!(now.header("etag"), Some(etag.as_str()));
    }

    let ahead = annotator.get(&format!("{board}?at_least=999999&wait_ms=10")).await?;
    assert_eq!(ahead.status.as_u16(), 503);
    assert!(ahead.header("retry-after").is_some());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_read_is_a_problem_with_its_own_code() -> anyhow::Result<()> {
    let system = System::start().await?;
    let scene = Scene::set(&system, 1).await?;
    let annotator = &scene.project.annotators[0];
    let board = scene.project.path(&format!("incidents/{}/board", scene.incident));
    let nobody = uuid::Uuid::new_v4();
    let cases = [
        (scene.project.path("actors?limit=0"), 400, "invalid_parameter"),
        (scene.project.path("actors?limit=1001"), 400, "invalid_parameter"),
        (scene.project.path("actors?colour=red"), 400, "unknown_parameter"),
        (scene.project.path("actors?cursor=zzz"), 400, "cursor_invalid"),
        (format!("{board}?without=source:{nobody}"), 422, "unknown_without"),
        (format!("{board}?without=source:x"), 400, "invalid_parameter"),
        (format!("{board}?without=incident:{nobody}"), 400, "invalid_parameter"),
        (format!("{board}?without=source"), 400, "invalid_parameter"),
        (format!("{board}?diff_to=x"), 400, "invalid_parameter"),
        (format!("{board}?diff_to=1"), 404, "not_found"),
        (scene.project.path(&format!("actors?without=source:{}", scene.source)), 422, "not_supported_yet"),
        (format!("{board}?as_of=2021-05-04T00:00:00Z"), 404, "not_found"),
        (format!("{board}?as_of=2021-05-04"), 400, "invalid_parameter"),
        (format!("{board}?policy=9"), 422, "unknown_policy"),
        (format!("{board}?as_of=1"), 404, "not_found"),
        (scene.project.path(&format!("actors/{nobody}")), 404, "not_found"),
        (scene.project.path("actors/not-a-uuid"), 400, "invalid_path"),
        (scene.project.path(&format!("incidents/{nobody}/board")), 404, "not_found"),
        (format!("/v1/projects/{nobody}/actors"), 404, "not_found"),
        (scene.project.path("colours"), 404, "no_such_route"),
        ("/v2".to_owned(), 404, "no_such_route"),
    ];
    for (path, status, code) in cases {
        let answer = annotator.get(&path).await?;
        println!("{path}");
        problem(&answer, status, code);
    }
    let wrong = annotator.ask(Method::PUT, &board, &[], Some("{}".to_owned())).await?;
    problem(&wrong, 405, "method_not_allowed");
    assert!(wrong.header("allow").is_some_and(|methods| methods.contains("GET")), "{:?}", wrong.headers);
    let stranger = crate::support::people::Person::at(system.base(), Some("gainsay_nonsense".to_owned()));
    problem(&stranger.get(&board).await?, 401, "token_invalid");
    let anonymous = crate::support::people::Person::at(system.base(), None);
    problem(&anonymous.get(&board).await?, 401, "token_missing");
    Ok(())
}
