use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::Health;

async fn get(health: &Health, path: &str) -> (StatusCode, Value) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = health.router().oneshot(request).await.unwrap();
    let status = response.status();
    assert_eq!(response.headers().contains_key("retry-after"), status == StatusCode::SERVICE_UNAVAILABLE);
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_process_is_ready_once_every_check_is_well() {
    let health = Health::new();
    let (log, store) = (health.check("log"), health.check("store"));
    log.ok();
    let (status, problem) = get(&health, "/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(problem["code"], "not_ready");
    assert_eq!(problem["detail"], "failing: store (starting)");
    assert_eq!(problem["checks"]["log"], json!({"status": "ok"}));
    assert_eq!(problem["checks"]["store"], json!({"status": "failing", "reason": "starting"}));

    store.ok();
    let (status, report) = get(&health, "/readyz").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(report, json!({"status": "ok", "checks": {"log": {"status": "ok"}, "store": {"status": "ok"}}}));
    assert!(health.is_ready());
}

#[tokio::test]
async fn a_process_that_is_not_ready_is_alive() {
    let health = Health::new();
    health.check("log").fail("does not answer");
    assert_eq!(get(&health, "/livez").await, (StatusCode::OK, json!({"status": "ok", "checks": {}})));
}

#[tokio::test]
async fn a_failing_liveness_check_fails_both() {
    let health = Health::new();
    health.check("log").ok();
    let canary = health.liveness_check("canary");
    assert_eq!(get(&health, "/livez").await.0, StatusCode::OK);
    canary.fail("the log delivers nothing");
    let (status, problem) = get(&health, "/livez").await;
    assert_eq!((status, &problem["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("not_alive")));
    assert_eq!(get(&health, "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[test]
fn one_name_is_one_check() {
    let health = Health::new();
    health.check("log").ok();
    assert!(health.is_ready());
    health.check("log").fail("gone");
    assert_eq!(health.failures(None), [("log".to_owned(), "gone".to_owned())]);
}

#[tokio::test]
async fn metrics_are_served_as_text() {
    let health = Health::new();
    let router = health.router();
    health.check("metrics-test").ok();
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert!(text.contains(r#"health_check_ok{check="metrics-test"} 1"#), "{text}");
}
