//! The HTTP shell around a service's routes, and serving them until shutdown.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use ::metrics::{Counter, Gauge, Histogram};
use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{Route, get};
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::net::TcpListener;
use tower::layer::layer_fn;
use tower::layer::util::Identity;
use tower::{Layer, Service, ServiceBuilder};
use tracing::Instrument;
use utoipa::openapi::OpenApi;
use uuid::Uuid;

use crate::health;
use crate::metrics;
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
/// Unknown routes (404 `no_such_route`), methods (405 `method_not_allowed`, with `Allow`), panics
/// (500 `internal`) and every other error answer become problems whose `instance` is the request
/// id. Each request has a span, a log line (of level debug when it succeeds), and the metrics
/// `http_requests_total`, `http_request_duration_seconds` and `http_requests_in_flight`, of the recorder that
/// [`metrics::install`](crate::metrics::install) installs.
pub fn shell(router: Router) -> Router {
    shell_within(router, Identity::new())
}

/// The same, within a layer that every answer passes, problems too: compression.
///
/// To the router all of it is one layer. Each further one is boxed, and cloned for each request with all that it goes
/// around.
pub fn shell_within<L>(router: Router, around: L) -> Router
where
    L: Layer<Shell> + Clone + Send + Sync + 'static,
    L::Service: Service<Request> + Clone + Send + Sync + 'static,
    <L::Service as Service<Request>>::Response: IntoResponse + 'static,
    <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
    <L::Service as Service<Request>>::Future: Send + 'static,
{
    let meters = Arc::new(Meters::new());
    let shell = layer_fn(move |inner| Shell { inner, meters: Arc::clone(&meters) });
    router
        .fallback(no_such_route)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(ServiceBuilder::new().layer(around).layer(shell))
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
    // A router that is served itself is built anew for each connection: some 50 KiB with a hundred routes.
    let serving = axum::serve(listener, router.into_make_service())
        .with_graceful_shutdown(async move { graceful.requested().await });
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

/// A route within its shell.
#[derive(Clone)]
pub struct Shell {
    inner: Route,
    meters: Arc<Meters>,
}

impl Service<Request> for Shell {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request>::poll_ready(&mut self.inner, context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let id = request_id(&request);
        request.extensions_mut().insert(RequestId(id));
        let method = request.method().clone();
        // The route, not the path: a path names users, and would make one time series for each
        // resource.
        let route = request.extensions().get::<MatchedPath>().cloned();
        let span = tracing::info_span!(
            "http_request",
            http.method = method.as_str(),
            http.route = route_label(route.as_ref()),
            request.id = %id
        );
        let answering = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        let in_flight = InFlight::new(&self.meters);
        let answer = async move {
            let started = Instant::now();
            // The panic itself has been logged by the panic hook, with its place.
            let response = answering.await.unwrap_or_else(|_panic| Ok(Problem::internal().into_response()));
            let mut response = response.map(|response| complete(response, &method, id))?;
            let (status, elapsed) = (response.status(), started.elapsed());
            in_flight.meters.count((method_label(&method), status.as_u16()), route_label(route.as_ref()), elapsed);
            log(route_label(route.as_ref()), status.as_u16(), elapsed);
            let id = HeaderValue::try_from(id.to_string()).expect("a UUID is visible ASCII");
            response.headers_mut().insert(REQUEST_ID, id);
            response.headers_mut().entry(X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
            Ok(response)
        };
        Box::pin(answer.instrument(span))
    }
}

fn route_label(route: Option<&MatchedPath>) -> &str {
    route.map_or("unmatched", MatchedPath::as_str)
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

fn log(route: &str, status: u16, elapsed: Duration) {
    let latency_seconds = elapsed.as_secs_f64();
    // A line for each would cost as much as a read does; the metrics count them all, and a write has its own line where
    // its record is appended.
    if status < 400 || health::PATHS.contains(&route) {
        tracing::debug!(http.status = status, latency_seconds, "request answered");
    } else {
        tracing::info!(http.status = status, latency_seconds, "request answered");
    }
}

/// Clients may invent methods, and each label value is a time series.
fn method_label(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// The metrics of a listener. Their handles are kept: to look one up in the recorder takes a microsecond, and a request
/// needs several.
struct Meters {
    in_flight: Gauge,
    /// By method and status, then by route; as many as there are routes and statuses.
    answers: RwLock<HashMap<Kind, HashMap<String, Answers>>>,
}

/// Method and status of an answer.
type Kind = (&'static str, u16);

/// What is told of the answers of one kind on one route.
#[derive(Clone)]
struct Answers {
    total: Counter,
    seconds: Histogram,
}

impl Meters {
    fn new() -> Self {
        // Handles that were made before the recorder count nothing.
        drop(metrics::install());
        Self { in_flight: ::metrics::gauge!("http_requests_in_flight"), answers: RwLock::default() }
    }

    fn count(&self, kind: Kind, route: &str, elapsed: Duration) {
        let Answers { total, seconds } = self.answers(kind, route);
        total.increment(1);
        seconds.record(elapsed.as_secs_f64());
    }

    fn answers(&self, kind: Kind, route: &str) -> Answers {
        let known = self.answers.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(answers) = known.get(&kind).and_then(|routes| routes.get(route)) {
            return answers.clone();
        }
        drop(known);
        let (method, status) = kind;
        let labels = [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())];
        let answers = Answers {
            total: ::metrics::counter!("http_requests_total", &labels),
            seconds: ::metrics::histogram!("http_request_duration_seconds", &labels),
        };
        let mut known = self.answers.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(kind).or_default().entry(route.to_owned()).or_insert(answers).clone()
    }
}

/// Counts a request as under way until it is dropped, which is also when a client goes away.
struct InFlight {
    meters: Arc<Meters>,
}

impl InFlight {
    fn new(meters: &Arc<Meters>) -> Self {
        meters.in_flight.increment(1.0);
        Self { meters: Arc::clone(meters) }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.meters.in_flight.decrement(1.0);
    }
}

#[cfg(test)]
mod tests;
