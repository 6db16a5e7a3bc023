//! The HTTP shell around a service's routes, and serving them until shutdown.

use std::any::Any;
use std::io;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use utoipa::openapi::OpenApi;
use uuid::Uuid;

use crate::health;
use crate::problem::{self, Problem};
use crate::shutdown::Shutdown;

/// The header that names a request: taken over from the client when it is a UUID, else made here,
/// and always answered.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How long requests that are under way at shutdown are waited for, where nothing else is said:
/// below the 30 s after which container managers kill.
pub const DRAIN_TIMEOUT_DEFAULT: Duration = Duration::from_secs(20);

/// The id of a request, in its extensions.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(pub Uuid);

/// Puts the shell around all routes of a listener: to be called once, last, on the merged router.
///
/// Layers that every answer needs, such as CORS and compression, go around the shell.
///
/// Unknown routes (404 `no_such_route`), methods (405 `method_not_allowed`, with `Allow`), panics
/// (500 `internal`) and every other error answer become problems whose `instance` is the request
/// id. Each request has a span, a log line (of level debug when it succeeds), and the metrics
/// `http_requests_total`, `http_request_duration_seconds` and `http_requests_in_flight`.
pub fn shell(router: Router) -> Router {
    router
        .fallback(no_such_route)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(observe))
}

/// `GET /openapi.json`: the description of what a listener answers.
///
/// # Panics
/// When the document cannot be written as JSON, which no document of code does.
pub fn openapi(document: &OpenApi) -> Router {
    let json = Bytes::from(document.to_json().expect("names are strings and values are plain"));
    let answer = async move || ([(CONTENT_TYPE, "application/json")], json.clone());
    Router::new().route("/openapi.json", get(answer))
}

/// Serves the router until shutdown is asked for, then waits for the requests under way, at most
/// `drain_timeout`.
///
/// Streams that never end by themselves must watch `shutdown`, or else they use up the whole time.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: &Shutdown,
    drain_timeout: Duration,
) -> io::Result<()> {
    let graceful = shutdown.clone();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move { graceful.requested().await });
    let deadline = async {
        shutdown.requested().await;
        tokio::time::sleep(drain_timeout).await;
    };
    tokio::select! {
        ended = serving.into_future() => ended,
        () = deadline => {
            let drain_timeout_seconds = drain_timeout.as_secs_f64();
            tracing::warn!(drain_timeout_seconds, "requests under way were cut off at shutdown");
            Ok(())
        }
    }
}

async fn no_such_route() -> Problem {
    let detail = "there is no such route; `/openapi.json` lists those there are";
    Problem::new(StatusCode::NOT_FOUND, "no_such_route", detail)
}

/// The router adds `Allow` to this answer.
async fn method_not_allowed(method: Method) -> Problem {
    let detail = format!("this route does not take {method}; `Allow` lists the methods it takes");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

/// The panic itself has been logged by the panic hook, with its place.
fn panicked(_panic: Box<dyn Any + Send>) -> Response {
    Problem::internal().into_response()
}

async fn observe(mut request: Request, next: Next) -> Response {
    let id = request_id(&request);
    request.extensions_mut().insert(RequestId(id));
    let method = request.method().clone();
    // The route, not the path: a path names users, and would make one time series for each
    // resource.
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!(
        "http_request",
        http.method = %method,
        http.route = route,
        request.id = %id
    );
    async move {
        let in_flight = InFlight::new();
        let started = Instant::now();
        let mut response = complete(next.run(request).await, &method, id);
        drop(in_flight);
        record(&method, route, response.status(), started.elapsed());
        let id = HeaderValue::try_from(id.to_string()).expect("a UUID is visible ASCII");
        response.headers_mut().insert(REQUEST_ID, id);
        response.headers_mut().entry(X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
        response
    }
    .instrument(span)
    .await
}

fn request_id(request: &Request) -> Uuid {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    given.and_then(|text| Uuid::try_parse(text).ok()).unwrap_or_else(Uuid::now_v7)
}

/// Gives a problem its `instance`, and makes a problem of an error answer that is not one yet.
fn complete(mut response: Response, method: &Method, id: Uuid) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let is_problem = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == problem::MEDIA_TYPE);
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if is_error && !is_problem => plain(status),
        None => return response,
    };
    let json = problem.instance(format!("urn:uuid:{id}")).to_json();
    response.headers_mut().remove(CONTENT_ENCODING);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(problem::MEDIA_TYPE));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(json.len()));
    *response.body_mut() = if method == Method::HEAD { Body::empty() } else { Body::from(json) };
    response
}

fn plain(status: StatusCode) -> Problem {
    let reason = status.canonical_reason().unwrap_or("Error");
    let code: String = reason
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' })
        .collect();
    Problem::new(status, code, reason.to_lowercase())
}

fn record(method: &Method, route: String, status: StatusCode, elapsed: Duration) {
    let latency_seconds = elapsed.as_secs_f64();
    let status = status.as_u16();
    // A line for each would cost as much as a read does; the metrics count them all, and a write has its own line where
    // its record is appended.
    if status < 400 || health::PATHS.contains(&route.as_str()) {
        tracing::debug!(http.status = status, latency_seconds, "request answered");
    } else {
        tracing::info!(http.status = status, latency_seconds, "request answered");
    }
    let labels = [("method", method_label(method).to_owned()), ("route", route), ("status", status.to_string())];
    ::metrics::counter!("http_requests_total", &labels).increment(1);
    ::metrics::histogram!("http_request_duration_seconds", &labels).record(latency_seconds);
}

/// Clients may invent methods, and each label value is a time series.
fn method_label(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// Counts a request as under way until it is dropped, which is also when a client goes away.
struct InFlight;

impl InFlight {
    fn new() -> Self {
        ::metrics::gauge!("http_requests_in_flight").increment(1.0);
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        ::metrics::gauge!("http_requests_in_flight").decrement(1.0);
    }
}

#[cfg(test)]
mod tests;
