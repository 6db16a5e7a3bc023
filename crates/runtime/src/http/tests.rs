use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{REQUEST_ID, RequestId, serve, shell};
use crate::extract::{Json, Path, Query, body_limit};
use crate::health::Health;
use crate::problem::Problem;
use crate::shutdown::Shutdown;

/// A router behind the shell, served on a port of its own until it is dropped.
struct Served {
    address: SocketAddr,
    shutdown: Shutdown,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Served {
    async fn start(router: Router, drain_timeout: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        let watched = shutdown.clone();
        let serving = tokio::spawn(async move { serve(listener, shell(router), &watched, drain_timeout).await });
        Self { address, shutdown, serving }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        reqwest::Client::new().request(method, format!("http://{}{path}", self.address))
    }
}

const GENEROUS: Duration = Duration::from_mins(1);

fn routes() -> Router {
    Router::new()
        .route("/echo/{id}", post(async |Path(id): Path<Uuid>, body: Json<Value>| format!("{id} {}", body.value)))
        .route("/list", get(async |Query(()): Query<()>| "[]"))
        .route("/panic", get(async || -> &'static str { panic!("on purpose") }))
        .route("/plain", get(async || StatusCode::IM_A_TEAPOT))
        .route("/id", get(async |axum::Extension(RequestId(id)): axum::Extension<RequestId>| id.to_string()))
        .route("/headers", get(async || ([("etag", "\"3\"")], Problem::conflict("busy", "try again")).into_response()))
        .layer(body_limit(1024 * 1024))
}

async fn problem(response: reqwest::Response) -> Value {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    let status = response.status().as_u16();
    let id = response.headers()[REQUEST_ID.as_str()].to_str().unwrap().to_owned();
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["status"], json!(status));
    assert_eq!(problem["instance"], json!(format!("urn:uuid:{id}")));
    problem
}

#[tokio::test]
async fn an_unknown_route_is_a_problem() {
    let served = Served::start(routes(), GENEROUS).await;
    let problem = problem(served.request(Method::GET, "/nowhere").send().await.unwrap()).await;
    assert_eq!((&problem["status"], &problem["code"]), (&json!(404), &json!("no_such_route")));
}

#[tokio::test]
async fn a_method_that_a_route_does_not_take_is_a_problem_with_the_methods_it_takes() {
    let served = Served::start(routes(), GENEROUS).await;
    let response = served.request(Method::DELETE, "/list").send().await.unwrap();
    assert_eq!(response.headers()["allow"], "GET,HEAD");
    assert_eq!(problem(response).await["code"], "method_not_allowed");
    let response = served.request(Method::GET, "/echo/x").send().await.unwrap();
    assert_eq!(response.headers()["allow"], "POST");
    assert_eq!(problem(response).await["status"], 405);
}

#[tokio::test]
async fn a_panic_is_a_problem_and_the_next_request_is_served() {
    let served = Served::start(routes(), GENEROUS).await;
    let refused = problem(served.request(Method::GET, "/panic").send().await.unwrap()).await;
    assert_eq!((&refused["status"], &refused["code"]), (&json!(500), &json!("internal")));
    assert!(!refused.to_string().contains("on purpose"));
    assert_eq!(served.request(Method::GET, "/list").send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn an_error_that_is_no_problem_yet_becomes_one() {
    let served = Served::start(routes(), GENEROUS).await;
    let problem = problem(served.request(Method::GET, "/plain").send().await.unwrap()).await;
    assert_eq!((&problem["status"], &problem["code"]), (&json!(418), &json!("i_m_a_teapot")));
}

#[tokio::test]
async fn a_problem_keeps_the_headers_that_its_handler_set() {
    let served = Served::start(routes(), GENEROUS).await;
    let response = served.request(Method::GET, "/headers").send().await.unwrap();
    assert_eq!(response.headers()["etag"], "\"3\"");
    assert_eq!(problem(response).await["code"], "busy");
    let head = served.request(Method::HEAD, "/headers").send().await.unwrap();
    assert_eq!(head.status(), StatusCode::CONFLICT);
    assert_eq!(head.bytes().await.unwrap(), "");
}

#[tokio::test]
async fn a_rejected_extractor_is_a_problem() {
    let served = Served::start(routes(), GENEROUS).await;
    let good = format!("/echo/{}", Uuid::nil());
    let cases = [
        (
            served.request(Method::POST, &good).header("content-type", "application/json").body("{"),
            400,
            "malformed_json",
        ),
        (served.request(Method::POST, &good).body("{}"), 415, "unsupported_media_type"),
        (served.request(Method::POST, "/echo/x").json(&json!({})), 400, "invalid_path"),
        (served.request(Method::POST, &good).json(&json!("x".repeat(8 * 1024 * 1024))), 413, "body_too_large"),
    ];
    for (request, status, code) in cases {
        let problem = problem(request.send().await.unwrap()).await;
        assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!(code)));
    }
}

#[tokio::test]
async fn a_request_id_is_taken_over_when_it_is_a_uuid_and_else_made() {
    let served = Served::start(routes(), GENEROUS).await;
    let id = Uuid::now_v7().to_string();
    let response = served.request(Method::GET, "/id").header("x-request-id", &id).send().await.unwrap();
    assert_eq!(response.headers()["x-request-id"], id.as_str());
    assert_eq!(response.text().await.unwrap(), id);
    let response = served.request(Method::GET, "/id").header("x-request-id", "forged").send().await.unwrap();
    assert!(Uuid::try_parse(response.headers()["x-request-id"].to_str().unwrap()).is_ok());
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_path() {
    let served = Served::start(routes().merge(Health::new().router()), GENEROUS).await;
    for _ in 0..2 {
        let path = format!("/echo/{}", Uuid::now_v7());
        served.request(Method::POST, &path).json(&json!({})).send().await.unwrap().error_for_status().unwrap();
    }
    served.request(Method::GET, "/a/secret/path").send().await.unwrap();
    let text = served.request(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    assert!(text.contains(r#"http_requests_total{method="POST",route="/echo/{id}",status="200"}"#), "{text}");
    assert!(text.contains(r#"route="unmatched",status="404""#), "{text}");
    assert!(text.contains("http_request_duration_seconds_bucket"), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

/// A route that answers only once it is told to, and says when a request has arrived.
fn held(arrived: &Arc<Notify>, release: &Arc<Notify>) -> Router {
    let (arrived, release) = (arrived.clone(), release.clone());
    Router::new().route(
        "/held",
        get(async move || {
            arrived.notify_one();
            release.notified().await;
            "done"
        }),
    )
}

#[tokio::test]
async fn a_request_under_way_is_finished_after_shutdown_is_asked_for() {
    let (arrived, release) = (Arc::default(), Arc::default());
    let served = Served::start(held(&arrived, &release), GENEROUS).await;
    let request = tokio::spawn(served.request(Method::GET, "/held").send());
    arrived.notified().await;
    served.shutdown.trigger();
    release.notify_one();
    assert_eq!(request.await.unwrap().unwrap().text().await.unwrap(), "done");
    served.serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_that_never_ends_is_cut_off_at_the_deadline() {
    let (arrived, release) = (Arc::default(), Arc::default());
    let served = Served::start(held(&arrived, &release), Duration::from_millis(10)).await;
    let request = tokio::spawn(served.request(Method::GET, "/held").send());
    arrived.notified().await;
    served.shutdown.trigger();
    served.serving.await.unwrap().unwrap();
    request.abort();
}
