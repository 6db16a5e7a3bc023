//! Tokens of an OpenID Connect provider: what is heard, what is not, and what becomes of both when the provider changes
//! its keys, goes away or misbehaves.

use crate::support::people::{Answer, Person};
use crate::support::system::System;
use anyhow::{Context, ensure};
use bearer::testing::{AUDIENCE, Mood, Provider, Signer, hostile};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const PATIENCE: Duration = Duration::from_secs(30);

async fn start(provider: &Provider, more: &[&str]) -> anyhow::Result<System> {
    let issuer = provider.issuer();
    let arguments = ["--oidc-issuer", &issuer, "--oidc-audience", AUDIENCE];
    System::start_with(&[&arguments, more].concat()).await
}

/// Asks the read side and the write side, with these headers.
async fn both(system: &System, headers: &HeaderMap) -> anyhow::Result<[Answer; 2]> {
    let client = reqwest::Client::new();
    let url = format!("{}/v1/projects", system.base());
    let ask = async |method: Method| {
        let request = client.request(method.clone(), &url).headers(headers.clone());
        // The body is one that an operator would be heard with.
        let request = if method == Method::POST { request.json(&json!({"name": "P"})) } else { request };
        let answer = request.send().await?;
        anyhow::Ok(Answer { status: answer.status(), headers: answer.headers().clone(), text: answer.text().await? })
    };
    Ok([ask(Method::GET).await?, ask(Method::POST).await?])
}

/// The header with these bytes after the scheme.
fn bearing(token: &[u8]) -> anyhow::Result<HeaderMap> {
    Ok(HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_bytes(&[b"Bearer ", token].concat())?)]))
}

/// What an answer tells, apart from which request it answers and when.
fn told(answer: &Answer) -> (u16, Value, BTreeSet<(String, String)>) {
    let mut problem = answer.json();
    problem.as_object_mut().map(|members| members.remove("instance"));
    let headers = answer.headers.iter().filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
    (
        answer.status.as_u16(),
        problem,
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned())).collect(),
    )
}

/// Other ways to say who asks, none of which is one.
fn odd_headers(genuine: &str) -> anyhow::Result<Vec<(String, HeaderMap)>> {
    let mut odd = Vec::new();
    for value in [
        "Basic bGF5bGE6c2VjcmV0",
        "Digest username=\"layla\"",
        "Negotiate YII=",
        "Token abc",
        "Bearer",
        "Bearer,",
        "JWT",
        &format!("DPoP {genuine}"),
        &format!("Bearer:{genuine}"),
        &format!("Bearer\t{genuine}"),
        &format!("Basic {genuine}"),
        genuine,
    ] {
        let shown: String = value.chars().take(20).collect();
        odd.push((format!("`{shown}`"), HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(value)?)])));
    }
    for other in [format!("Bearer {genuine}"), "Bearer other".to_owned(), "Basic bGF5bGE6c2VjcmV0".to_owned()] {
        let mut twice = bearing(genuine.as_bytes())?;
        twice.append(AUTHORIZATION, HeaderValue::from_str(&other)?);
        odd.push(("two headers".to_owned(), twice));
    }
    for bytes in [&b"\xff\xfe\xfd"[..], b"eyJ\xc3\x28.e.e", "щ.щ.щ".as_bytes(), "\u{202e}".as_bytes()] {
        odd.push((format!("the bytes {bytes:?}"), bearing(bytes)?));
        let mixed = [genuine.as_bytes(), bytes].concat();
        odd.push((format!("a genuine token and the bytes {bytes:?}"), bearing(&mixed)?));
    }
    Ok(odd)
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_tokens_are_refused_alike_by_both_services_and_lead_nowhere() -> anyhow::Result<()> {
    let trap = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", trap.local_addr()?);
    let (published, stranger) = (Signer::rsa("published"), Signer::rsa("stranger"));
    let provider = Provider::start(&[&published, &Signer::p256("other")]).await;
    let system = start(&provider, &["--log-filter", "info,bearer=debug"]).await?;
    let genuine = provider.token(&published, "layla");
    let [read, written] = both(&system, &bearing(genuine.as_bytes())?).await?;
    assert_eq!((read.status.as_u16(), written.status.as_u16()), (200, 403), "a user without a project");

    let mut all: Vec<(String, HeaderMap)> = odd_headers(&genuine)?;
    for (what, token) in hostile(&provider, &published, &stranger, &address) {
        all.push((what, bearing(token.as_bytes())?));
    }
    println!("tokens: {} hostile ones at each of two services", all.len());
    ensure!(all.len() >= 60);
    let mut expected = None;
    for (what, headers) in &all {
        for (answer, service) in both(&system, headers).await?.iter().zip(["query", "ingest"]) {
            let told = told(answer);
            assert_eq!(
                (told.0, answer.code().as_str()),
                (401, "token_invalid"),
                "{what} at {service}: {}",
                answer.text
            );
            assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""), "{what}");
            assert_eq!(expected.get_or_insert_with(|| told.clone()), &told, "{what} at {service}");
        }
    }
    // A worthless token of the installation itself is not told apart from any of them.
    let operator = Person::at(system.base(), Some(system.operator()?));
    let issued = operator.post("/v1/tokens", &json!({"user": "layla", "ttl_days": 1})).await?.expect(201)?;
    let path = format!("/v1/tokens/{}", issued.id());
    operator.ask(Method::DELETE, &path, &[], None).await?.expect(200)?;
    let revoked = issued.json()["token"].as_str().context("a token")?.to_owned();
    for answer in both(&system, &bearing(revoked.as_bytes())?).await? {
        assert_eq!(expected.as_ref(), Some(&told(&answer)));
    }

    let caught = tokio::time::timeout(Duration::from_millis(100), trap.accept()).await;
    ensure!(caught.is_err(), "somebody asked the trap");
    ensure!(provider.requests().iter().all(|path| path == "/keys" || path.ends_with("/openid-configuration")));
    let log = system.log();
    ensure!(log.contains("token refused") && !log.contains("panicked"), "{}", system.log_tail());
    let secrets = [&genuine, &revoked, &issued.id()].map(|token| token.chars().rev().take(30).collect::<String>());
    let secrets = secrets.iter().take(2).map(|end| end.chars().rev().collect::<String>());
    for secret in secrets {
        ensure!(!log.contains(&secret), "the log holds a token");
    }
    Ok(())
}

/// Asks until the answer has this status.
async fn eventually(person: &Person, status: u16) -> anyhow::Result<Answer> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = person.get("/v1/projects").await?;
        if answer.status.as_u16() == status {
            return Ok(answer);
        }
        ensure!(Instant::now() < deadline, "not {status}: {} {}", answer.status, answer.text);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_and_go_and_outlast_a_provider_that_misbehaves() -> anyhow::Result<()> {
    let [first, second, third] = ["first", "second", "third"].map(Signer::ed25519);
    let provider = Provider::start(&[&first]).await;
    provider.mood(Mood::Gone);
    let system = start(&provider, &[]).await?;
    let somebody = |signer: &Signer| Person::at(system.base(), Some(provider.token(signer, "layla")));
    // Without any keys nothing can be said about a token: another one would not help.
    let away = somebody(&first).get("/v1/projects").await?.expect(503)?;
    ensure!(away.header("retry-after").is_some() && away.code() == "unavailable", "{}", away.text);
    let forged = Person::at(system.base(), Some(first.token(&json!({"alg": "none"}), &provider.claims("layla"))));
    forged.get("/v1/projects").await?.expect(401)?;
    let operator = Person::at(system.base(), Some(system.operator()?));
    operator.get("/v1/projects").await?.expect(200)?;
    provider.mood(Mood::Well);
    eventually(&somebody(&first), 200).await?;

    provider.publish(vec![first.jwk(), second.jwk()]);
    eventually(&somebody(&second), 200).await?;
    somebody(&first).get("/v1/projects").await?.expect(200)?;

    // A key that it publishes while it misbehaves is not taken.
    provider.publish(vec![third.jwk()]);
    for mood in
        [Mood::Silent, Mood::Garbage, Mood::Failing, Mood::Redirecting, Mood::Endless, Mood::Foreign, Mood::Gone]
    {
        provider.mood(mood);
        let known = async |signer: &Signer| somebody(signer).get("/v1/projects").await?.expect(200);
        known(&first).await?;
        somebody(&third).get("/v1/projects").await?.expect(401).with_context(|| format!("{mood:?}"))?;
        known(&second).await?;
    }
    provider.mood(Mood::Well);
    eventually(&somebody(&third), 200).await?;
    somebody(&first).get("/v1/projects").await?.expect(401)?;
    ensure!(!system.log().contains("panicked"), "{}", system.log_tail());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_of_a_provider_writes_is_theirs() -> anyhow::Result<()> {
    let signer = Signer::p256("key");
    let provider = Provider::start(&[&signer]).await;
    let system = start(&provider, &[]).await?;
    let operator = Person::at(system.base(), Some(system.operator()?));
    let project = operator.post("/v1/projects", &json!({"name": "P"})).await?.expect(201)?.id();
    let user = system.run(&["token", "user", "--issuer", &provider.issuer(), "--subject", "auth0|5f7c"])?;
    let user = user.stdout.trim().to_owned();
    let member = format!("/v1/projects/{project}/members/{user}");
    operator.ask(Method::PUT, &member, &[], Some(json!({"role": "annotator"}).to_string())).await?.expect(200)?;

    let layla = |claims: &Value| Person::at(system.base(), Some(signer.token(&signer.header(), claims)));
    let mut claims = provider.claims("auth0|5f7c");
    claims["jti"] = json!("one");
    let body = json!({"name": "Brigade", "kind": "organisation"});
    let path = format!("/v1/projects/{project}/actors");
    let made = layla(&claims).post(&path, &body).await?.expect(201)?;
    claims["jti"] = json!("two");
    claims["exp"] = json!(claims["exp"].as_u64().unwrap_or_default() + 1);
    let actor = format!("{path}/{}", made.id());
    // The next token is of the same user: who changes the own actor needs to be no curator.
    let name = layla(&claims).post(&format!("{actor}/names"), &json!({"name": "The Brigade"})).await?.expect(201)?;
    layla(&claims).ask(Method::DELETE, &format!("{actor}/names/{}", name.id()), &[], None).await?.expect(200)?;

    let history = format!("/v1/projects/{project}/history/actor/{}?at_least={}", made.id(), name.sequence());
    let history = layla(&claims).get(&history).await?.expect(200)?.json();
    let items = history["items"].as_array().context("items")?;
    ensure!(items.iter().all(|item| item["author"] == user.as_str()), "{history}");
    let credentials: BTreeSet<_> = items.iter().filter_map(|item| item["credential"].as_str()).collect();
    assert_eq!(credentials.len(), 2, "records tell the tokens apart: {history}");
    let other = Person::at(system.base(), Some(provider.token(&signer, "auth0|5f7d")));
    other.get(&actor).await?.expect(404)?;
    Ok(())
}

#[test]
fn settings_that_cannot_be_meant_end_the_start() -> anyhow::Result<()> {
    let system = System::prepare(&[])?;
    for (arguments, about) in [
        (&["--oidc-issuer", "http://id.example.org", "--oidc-audience", "a"][..], "https URL"),
        (&["--oidc-issuer", "https://id.example.org"], "oidc_audience"),
        (&["--oidc-audience", "a"], "oidc_issuer"),
        (
            &["--oidc-issuer", "https://id.example.org", "--oidc-audience", "a", "--oidc-algorithms", "RS256,HS256"],
            "`HS256` cannot be allowed",
        ),
    ] {
        for service in ["serve", "ingest", "query"] {
            let output = system.run(&[&[service, "--listen", "127.0.0.1:0"], arguments].concat())?;
            ensure!(
                output.code == 2 && output.stderr.contains(about),
                "{arguments:?}: {} {}",
                output.code,
                output.stderr
            );
        }
    }
    Ok(())
}
