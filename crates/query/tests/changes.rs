//! Streams of changes on a real log, taken piece by piece.

use bearer::Tokens;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::{Request, Response};
use domain::id::Handle;
use event_log::EventLog;
use event_log::testing::TestServer;
use futures::StreamExt;
use query::{Config, Parts, Streams};
use runtime::{Health, Shutdown};
use serde_json::{Value, json};
use tower::ServiceExt;

const LONG: Duration = Duration::from_hours(1);
const PATIENCE: Duration = Duration::from_mins(1);

/// Both sides on a log of their own, and a project.
struct World {
    routes: Router,
    token: String,
    project: String,
    shutdown: Shutdown,
    projector: projector::Projector,
    _folder: tempfile::TempDir,
    _nats: TestServer,
}

impl World {
    async fn new(streams: Streams) -> Self {
        let nats = TestServer::start().await;
        let folder = tempfile::tempdir().unwrap();
        let log = EventLog::connect(&nats.settings()).await.unwrap();
        let (texts, credentials) = (log.texts().await.unwrap(), log.credentials().await.unwrap());
        let (presence, shutdown) = (log.presence(), Shutdown::new());
        let config = projector::Config::new(folder.path());
        let projector =
            projector::start(config, log.clone(), texts.clone(), shutdown.clone(), Health::new()).await.unwrap();
        let views = projector.views();
        let writes = ingest::Parts {
            event_log: log,
            texts: texts.clone(),
            tokens: Tokens::new(credentials.clone(), None),
            views: views.clone(),
        };
        let operator = Handle::parse("operator").unwrap();
        let token = ingest::issue_token(&writes, &operator, 1, true).await.unwrap().token.expose().to_owned();
        let config = Config { streams, ..Config::default() };
        let reads = Parts { views, tokens: Tokens::new(credentials, None), texts, presence };
        let routes =
            query::router(reads, config, &shutdown).merge(ingest::router(writes, ingest::Config::default(), &shutdown));
        let mut world =
            Self { routes, token, project: String::new(), shutdown, projector, _folder: folder, _nats: nats };
        world.project = world.create("/v1/projects", &json!({"name": "Attacks"})).await.1;
        // The views are a moment behind.
        while world.open("").await.status() == 404 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        world
    }

    async fn send(&self, request: axum::http::request::Builder, body: Body) -> Response<Body> {
        let request = request.header("authorization", format!("Bearer {}", self.token));
        self.routes.clone().oneshot(request.body(body).unwrap()).await.unwrap()
    }

    /// Creates something; tells its position and id.
    async fn create(&self, path: &str, body: &Value) -> (u64, String) {
        let request = Request::post(path).header("content-type", "application/json");
        let answer = self.send(request, Body::from(body.to_string())).await;
        assert_eq!(answer.status(), 201);
        let position = answer.headers()["gainsay-sequence"].to_str().unwrap().parse().unwrap();
        let body: Value =
            serde_json::from_slice(&axum::body::to_bytes(answer.into_body(), 65_536).await.unwrap()).unwrap();
        (position, body["id"].as_str().unwrap().to_owned())
    }

    async fn actor(&self) -> u64 {
        let path = format!("/v1/projects/{}/actors", self.project);
        self.create(&path, &json!({"name": "Brigade", "kind": "organisation"})).await.0
    }

    async fn open(&self, query: &str) -> Response<Body> {
        self.send(Request::get(format!("/v1/projects/{}/changes{query}", self.project)), Body::empty()).await
    }

    async fn end(self) {
        self.shutdown.trigger();
        drop(self.routes);
        self.projector.ended().await;
    }
}

async fn piece(events: &mut BodyDataStream) -> Option<String> {
    let piece = tokio::time::timeout(PATIENCE, events.next()).await.expect("a piece or the end")?;
    Some(String::from_utf8(piece.unwrap().to_vec()).unwrap())
}

/// The ids of what is in a text of events.
fn ids(text: &str) -> Vec<u64> {
    text.lines().filter_map(|line| line.strip_prefix("id: ")).map(|id| id.parse().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_stream_too_many_is_refused_until_another_has_ended() {
    let world = World::new(Streams { most: 1, ..Streams::default() }).await;
    let first = world.open("").await;
    assert_eq!(first.status(), 200);
    let second = world.open("").await;
    assert_eq!(second.status(), 503);
    assert!(second.headers().contains_key("retry-after"));
    let problem = axum::body::to_bytes(second.into_body(), 65_536).await.unwrap();
    assert!(String::from_utf8_lossy(&problem).contains("too_many_streams"), "{problem:?}");
    drop(first);
    assert_eq!(world.open("").await.status(), 200);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_stream_has_heartbeats_and_one_that_is_not_taken_ends_between_events() {
    let streams =
        Streams { heartbeat: Duration::from_millis(5), stall: Duration::from_millis(50), ..Streams::default() };
    let world = World::new(streams).await;
    let mut taken = world.open("").await.into_body().into_data_stream();
    assert_eq!(piece(&mut taken).await.unwrap(), "retry: 1000\n\n");
    assert_eq!(piece(&mut taken).await.unwrap(), ": heartbeat\n\n");
    drop(taken);

    let asleep = world.open("?after=0").await;
    let positions = [world.actor().await, world.actor().await];
    // Longer than it takes to fill what is kept for it and to be cut; taken from late, it has an end all the same.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut asleep = asleep.into_body().into_data_stream();
    let mut text = String::new();
    while let Some(piece) = piece(&mut asleep).await {
        assert!(piece.ends_with("\n\n"), "{piece}");
        text.push_str(&piece);
    }
    let mut all = ids(&text);
    // Whoever comes again behind the last that came misses nothing and gets nothing twice.
    let last = all.last().copied().unwrap_or(0);
    let mut again = world.open(&format!("?after={last}")).await.into_body().into_data_stream();
    while all.last() < positions.last() {
        all.extend(ids(&piece(&mut again).await.unwrap()));
    }
    assert!(all.is_sorted_by(|one, next| one < next), "{all:?}");
    assert!(positions.iter().all(|position| all.contains(position)), "{all:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_has_what_comes_and_ends_with_the_service() {
    let streams = Streams { heartbeat: LONG, recheck: Duration::from_millis(5), ..Streams::default() };
    let world = World::new(streams).await;
    let mut events = world.open("").await.into_body().into_data_stream();
    assert_eq!(piece(&mut events).await.unwrap(), "retry: 1000\n\n");
    let position = world.actor().await;
    assert_eq!(ids(&piece(&mut events).await.unwrap()), [position]);
    world.shutdown.trigger();
    assert_eq!(piece(&mut events).await, None);
    world.end().await;
}
