//! Who may: tokens, roles, strangers.

use std::time::{Duration, SystemTime};

use event_log::credentials::Grant;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::world::{Answer, User, World, id};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_live_token_is_heard() {
    let world = World::new().await;
    let body = json!({"name": "P"});
    let bare = reqwest::Client::new().post(format!("{}/projects", world.base)).json(&body);
    let missing = Answer::read(bare.send().await.expect("the service answers")).await.refused(401, "token_missing");
    assert_eq!(missing.header("www-authenticate"), Some("Bearer"));
    let expired = Grant {
        credential: Uuid::now_v7(),
        user: Uuid::now_v7(),
        operator: true,
        expires_at: Some(SystemTime::now() - Duration::from_mins(1)),
    };
    let expired = world.parts.tokens.credentials().issue(expired).await.expect("a grant can be made");
    let foreign = format!("gainsay_{}_{}", Uuid::now_v7().simple(), "A".repeat(43));
    for token in [expired.expose(), &foreign, "", "nonsense", &world.operator.token[..70]] {
        let refused = User::new(&world.base, token).post("projects", &body).await.refused(401, "token_invalid");
        assert_eq!(refused.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_issued_by_operators_and_never_recorded() {
    let world = World::new().await;
    let layla = world.operator.post("tokens", &json!({"user": "layla", "ttl_days": 30})).await.created();
    assert_eq!(layla.header("cache-control"), Some("no-store"));
    assert_eq!(layla.header("idempotency-key"), None, "an issue is not repeated");
    let again = world.operator.post("tokens", &json!({"user": "layla", "ttl_days": 30})).await.created();
    assert_eq!(again.body["user"], layla.body["user"], "a handle names the same user");
    assert_ne!(again.body["token"], layla.body["token"]);
    let user = User::new(&world.base, layla.body["token"].as_str().expect("the token is shown"));
    user.post("tokens", &json!({"user": "omar", "ttl_days": 1})).await.refused(403, "forbidden");
    user.post("projects", &json!({"name": "P"})).await.refused(403, "forbidden");
    for (body, code, pointer) in [
        (json!({"user": "layla", "ttl_days": 0}), "ttl_invalid", "/ttl_days"),
        (json!({"user": "layla", "ttl_days": 3_651}), "ttl_invalid", "/ttl_days"),
        (json!({"user": "Layla!", "ttl_days": 1}), "user_invalid", "/user"),
        (json!({"user": "layla"}), "missing_field", "/ttl_days"),
    ] {
        world.operator.post("tokens", &body).await.refused(422, code).at(pointer);
    }
    // The secret is base64url, so it may hold the separator itself: it is the third part, to the end.
    let secret =
        layla.body["token"].as_str().and_then(|token| token.splitn(3, '_').nth(2)).expect("a token has a secret");
    assert_eq!(secret.len(), 43, "32 bytes in base64url");
    for position in 1..=world.head().await {
        let entry = world.log.read(position).await.expect("the log answers").expect("there are no gaps");
        let holds = entry.payload.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!holds, "the record at {position} holds a secret");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_a_stranger_a_project_is_not_there() {
    let world = World::new().await;
    let scene = world.scene().await;
    let stranger = world.user("stranger").await;
    let body = json!({"name": "A", "kind": "outlet"});
    let hidden = stranger.post(&scene.at("sources"), &body).await.refused(404, "not_found");
    let absent = stranger.post(&format!("projects/{}/sources", id()), &body).await.refused(404, "not_found");
    assert_eq!(hidden.body["detail"], absent.body["detail"]);
    world.operator.post(&format!("projects/{}/sources", id()), &body).await.refused(404, "not_found");
    world.operator.post(&scene.at("sources"), &body).await.created();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_say_what_a_member_may() {
    let world = World::new().await;
    let scene = world.scene().await;
    let reader = world.member(&scene.project, "reader", "reader").await;
    let annotation = scene.annotation("rockets").await;
    for (path, body) in [
        ("sources", json!({"name": "A", "kind": "outlet"})),
        ("annotations", scene.passage("rockets")),
        ("readings", scene.reading(&json!([annotation]))),
        ("incidents", json!({"title": "A", "when": "2021"})),
        ("derivations", json!({"from": annotation, "to": annotation, "kind": "cites"})),
        ("policies", json!({})),
    ] {
        reader.post(&scene.at(path), &body).await.refused(403, "forbidden");
    }
    let other = world.member(&scene.project, "omar", "annotator").await;
    let path = scene.at(&format!("incidents/{}", scene.incident));
    other.patch(&path, "\"1\"", &json!({"title": "B"})).await.refused(403, "forbidden");
    let curator = world.member(&scene.project, "curator", "curator").await;
    curator.patch(&path, "\"1\"", &json!({"title": "B"})).await.ok();
    let path = scene.at(&format!("annotations/{annotation}"));
    other.patch(&path, "\"1\"", &json!({"note": "B"})).await.refused(403, "forbidden");
    curator.patch(&path, "\"1\"", &json!({"note": "B"})).await.refused(403, "forbidden");
    let path = scene.at(&format!("annotations/{}", id()));
    other.patch(&path, "\"1\"", &json!({"note": "B"})).await.refused(404, "not_found");

    world.operator.send(Method::DELETE, &scene.at("members/omar"), &[], None).await.ok();
    // What this process did to the project it knows at once.
    other.post(&scene.at("annotations"), &scene.passage("rockets")).await.refused(404, "not_found");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_token_is_heard_no_more() {
    let world = World::new().await;
    let issued = world.operator.post("tokens", &json!({"user": "layla", "ttl_days": 1})).await.created();
    let layla = User::new(&world.base, issued.body["token"].as_str().expect("the token is shown"));
    let path = format!("tokens/{}", issued.id());
    layla.post("projects", &json!({"name": "P"})).await.refused(403, "forbidden");
    layla.send(Method::DELETE, &path, &[], None).await.refused(403, "forbidden");
    world.operator.send(Method::DELETE, &path, &[], None).await.ok();
    layla.post("projects", &json!({"name": "P"})).await.refused(401, "token_invalid");
    world.operator.send(Method::DELETE, &path, &[], None).await.refused(404, "not_found");
    world.end().await;
}
