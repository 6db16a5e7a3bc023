//! Presence over HTTP: two write sides and two read sides on a real log.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bearer::Tokens;
use domain::id::Handle;
use event_log::testing::TestServer;
use event_log::{EventLog, presence};
use query::{Config, Origins, Parts, Streams};
use reqwest::{Client, Method, Response};
use runtime::{Health, Shutdown};
use serde_json::{Value, json};
use uuid::Uuid;

/// Short, but longer than a step of a test on a busy machine.
const SHORT: Duration = Duration::from_secs(4);
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(20);

/// A process of each side.
struct Pair {
    writes: String,
    reads: String,
}

struct World {
    nats: TestServer,
    pairs: [Pair; 2],
    operator: String,
    project: String,
    client: Client,
    shutdown: Shutdown,
    projector: projector::Projector,
    running: (Vec<ingest::Running>, Vec<query::Running>),
    _folder: tempfile::TempDir,
}

/// An answer that was read to its end.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        Self { status, headers, body: serde_json::from_slice(&bytes).unwrap_or_default() }
    }

    #[track_caller]
    fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    #[track_caller]
    fn refused(self, status: u16, code: &str) {
        assert_eq!(self.expect(status).body["code"], code);
    }
}

impl World {
    async fn new(expiry: Duration, streams: Streams) -> Self {
        let nats = TestServer::start().await;
        let folder = tempfile::tempdir().unwrap();
        let log = nats.log().await;
        let shutdown = Shutdown::new();
        let texts = log.texts().await.unwrap();
        let projector =
            projector::start(projector::Config::new(folder.path()), log, texts, shutdown.clone(), Health::new());
        let projector = projector.await.unwrap();
        let listen: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let mut pairs = Vec::new();
        let mut running = (Vec::new(), Vec::new());
        let mut operator = None;
        for _ in 0..2 {
            let log = nats.log().await;
            let writes = ingest::Parts {
                texts: log.texts().await.unwrap(),
                tokens: Tokens::new(log.credentials().await.unwrap(), None),
                views: projector.views(),
                event_log: log,
            };
            if operator.is_none() {
                let handle = Handle::parse("operator").unwrap();
                let issued = ingest::issue_token(&writes, &handle, 1, true).await.unwrap();
                operator = Some(issued.token.expose().to_owned());
            }
            let config = ingest::Config { presence_expiry: expiry, ..ingest::Config::default() };
            running.0.push(ingest::start(listen, config, writes, &Health::new(), shutdown.clone()).await.unwrap());
            let log = nats.log().await;
            let reads = Parts {
                views: projector.views(),
                tokens: Tokens::new(log.credentials().await.unwrap(), None),
                texts: log.texts().await.unwrap(),
                presence: log.presence_of(expiry),
            };
            let config = Config { streams: streams.clone(), ..Config::default() };
            let origins = Origins::parse(&[]).unwrap();
            let health = Health::new();
            let started = query::start(listen, config, &origins, reads, &health, shutdown.clone());
            running.1.push(started.await.unwrap());
            let base = |address: SocketAddr| format!("http://{address}/v1");
            pairs.push(Pair {
                writes: base(running.0.last().unwrap().address),
                reads: base(running.1.last().unwrap().address),
            });
        }
        let pairs = pairs.try_into().unwrap_or_else(|_| unreachable!("there are two"));
        let operator = operator.unwrap();
        let client = Client::new();
        let mut world = Self {
            nats,
            pairs,
            operator,
            project: String::new(),
            client,
            shutdown,
            projector,
            running,
            _folder: folder,
        };
        world.project = world.new_project().await;
        world
    }

    async fn new_project(&self) -> String {
        let made = self.write(Method::POST, "projects", &self.operator, Some(&json!({"name": "Attacks"}))).await;
        made.expect(201).body["id"].as_str().unwrap().to_owned()
    }

    async fn send(&self, method: Method, url: String, token: &str, body: Option<&Value>) -> Answer {
        let request = self.client.request(method, url).bearer_auth(token);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        Answer::of(request.send().await.unwrap()).await
    }

    async fn write(&self, method: Method, path: &str, token: &str, body: Option<&Value>) -> Answer {
        self.send(method, format!("{}/{path}", self.pairs[0].writes), token, body).await
    }

    /// A token of a user who has this role in a project, once the views know of it.
    async fn member(&self, project: &str, handle: &str, role: &str) -> Person {
        let issued = json!({"user": handle, "ttl_days": 1});
        let issued = self.write(Method::POST, "tokens", &self.operator, Some(&issued)).await.expect(201).body;
        let granted = json!({"role": role});
        let path = format!("projects/{project}/members/{handle}");
        let granted = self.write(Method::PUT, &path, &self.operator, Some(&granted)).await.expect(200).body;
        let path = format!("projects/{project}?at_least={}&wait_ms=5000", granted["sequence"]);
        self.send(Method::GET, format!("{}/{path}", self.pairs[0].reads), &self.operator, None).await.expect(200);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Person { token: text(&issued["token"]), id: text(&issued["user"]) }
    }

    async fn document(&self, project: &str) -> String {
        let path = |collection: &str| format!("projects/{project}/{collection}");
        let source = json!({"name": "Wire", "kind": "agency"});
        let source = self.write(Method::POST, &path("sources"), &self.operator, Some(&source)).await.expect(201).body;
        let document = json!({"title": "Rockets", "source": source["id"], "text": "Rockets fell."});
        let made = self.write(Method::POST, &path("documents"), &self.operator, Some(&document)).await.expect(201);
        made.body["id"].as_str().unwrap().to_owned()
    }

    fn presence_path(&self, document: &str) -> String {
        format!("projects/{}/documents/{document}/presence", self.project)
    }

    /// A heartbeat, through one of the two processes.
    async fn open(&self, pair: usize, person: &Person, document: &str) -> Answer {
        let url = format!("{}/{}", self.pairs[pair].writes, self.presence_path(document));
        self.send(Method::PUT, url, &person.token, None).await
    }

    async fn close(&self, pair: usize, person: &Person, document: &str) -> Answer {
        let url = format!("{}/{}", self.pairs[pair].writes, self.presence_path(document));
        self.send(Method::DELETE, url, &person.token, None).await
    }

    async fn present(&self, pair: usize, person: &Person, query: &str) -> Answer {
        let url = format!("{}/projects/{}/presence{query}", self.pairs[pair].reads, self.project);
        self.send(Method::GET, url, &person.token, None).await
    }

    /// Waits until these are there and nobody else, by document and user.
    async fn until(&self, pair: usize, person: &Person, expected: &[(&str, &str)]) {
        let mut expected: Vec<_> = expected.iter().map(|(document, user)| json!([document, user])).collect();
        expected.sort_by_key(Value::to_string);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.present(pair, person, "").await;
            if answer.status == 200 && places(&answer.body["items"]) == expected {
                return;
            }
            assert!(Instant::now() < deadline, "{expected:?} and not {answer:?}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn stream(&self, pair: usize, person: &Person, query: &str) -> Events {
        let url = format!("{}/projects/{}/changes{query}", self.pairs[pair].reads, self.project);
        let response = self.client.get(url).bearer_auth(&person.token).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        Events { response, rest: Vec::new() }
    }

    async fn end(self) {
        drop(self.client);
        self.shutdown.trigger();
        for running in self.running.0 {
            running.ended().await.unwrap();
        }
        for running in self.running.1 {
            running.ended().await.unwrap();
        }
        self.projector.ended().await;
    }
}

/// Document and user of each item, in order.
fn places(items: &Value) -> Vec<Value> {
    items.as_array().unwrap().iter().map(|item| json!([item["document"], item["user"]])).collect()
}

struct Person {
    token: String,
    id: String,
}

/// An open stream of events.
struct Events {
    response: Response,
    rest: Vec<u8>,
}

impl Events {
    /// The next event with data, whole; none at the end.
    async fn next(&mut self) -> Option<String> {
        loop {
            while let Some(end) = self.rest.windows(2).position(|two| two == b"\n\n") {
                let event = String::from_utf8(self.rest.drain(..end + 2).collect()).unwrap();
                if event.contains("data: ") {
                    return Some(event);
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("something in time");
            self.rest.extend_from_slice(&chunk.ok()??);
        }
    }

    /// The next that is said of presence, and the ids of records before it.
    async fn presence(&mut self) -> (Value, Vec<u64>) {
        let mut records = Vec::new();
        loop {
            let event = self.next().await.expect("the stream goes on");
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
            match field("event: ") {
                Some("presence") => {
                    assert_eq!(field("id:"), None, "an id would move the position of the stream");
                    return (serde_json::from_str(field("data: ").unwrap()).unwrap(), records);
                }
                other => {
                    assert_eq!(other, None);
                    records.push(field("id: ").unwrap().parse().unwrap());
                }
            }
        }
    }

    async fn said(&mut self) -> Value {
        self.presence().await.0
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_document_open_is_seen_by_members_through_every_process_until_it_is_closed() {
    let world = World::new(presence::EXPIRY, Streams::default()).await;
    let layla = world.member(&world.project, "layla", "annotator").await;
    let omar = world.member(&world.project, "omar", "curator").await;
    let reader = world.member(&world.project, "reader", "reader").await;
    let mut documents = [world.document(&world.project).await, world.document(&world.project).await];
    documents.sort_unstable();
    let [first, second] = documents;
    let opened = world.open(0, &layla, &first).await.expect(200);
    assert_eq!(opened.headers["cache-control"], "no-store");
    assert_eq!((&opened.body["document"], &opened.body["user"]), (&json!(first), &json!(layla.id)));
    assert_eq!(opened.body["expires_in_seconds"], 30);
    world.open(1, &omar, &second).await.expect(200);
    for pair in [0, 1] {
        let answer = world.present(pair, &reader, "").await.expect(200);
        assert_eq!(answer.headers["cache-control"], "no-store");
        for absent in ["gainsay-as-of", "etag"] {
            assert!(!answer.headers.contains_key(absent), "it is no view");
        }
        let items = &answer.body["items"];
        assert_eq!(places(items), [json!([first, layla.id]), json!([second, omar.id])], "by document");
        assert_eq!(items[0]["since"], opened.body["since"]);
        assert!(items[0]["until"].as_str() > items[0]["since"].as_str());
        let narrowed = world.present(pair, &reader, &format!("?document={second}")).await.expect(200);
        assert_eq!(places(&narrowed.body["items"]), [json!([second, omar.id])]);
    }
    // Again, through the other process: it is still the same.
    let again = world.open(1, &layla, &first).await.expect(200);
    assert_eq!(again.body["since"], opened.body["since"]);
    assert!(again.body["until"].as_str() > opened.body["until"].as_str());

    let closed = world.close(1, &layla, &first).await.expect(204);
    assert_eq!(closed.headers["cache-control"], "no-store");
    world.close(0, &layla, &first).await.expect(204);
    for pair in [0, 1] {
        let left = world.present(pair, &reader, "").await.expect(200);
        assert_eq!(places(&left.body["items"]), [json!([second, omar.id])]);
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_leaves_no_trace_in_the_log() {
    let world = World::new(presence::EXPIRY, Streams::default()).await;
    let layla = world.member(&world.project, "layla", "annotator").await;
    let document = world.document(&world.project).await;
    let log = EventLog::connect(&world.nats.settings()).await.unwrap();
    let before = log.head().await.unwrap().last;
    world.open(0, &layla, &document).await.expect(200);
    world.close(0, &layla, &document).await.expect(204);
    assert_eq!(log.head().await.unwrap().last, before);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_annotate_opens_nothing_and_whoever_may_not_read_sees_nothing() {
    let world = World::new(presence::EXPIRY, Streams::default()).await;
    let elsewhere = world.new_project().await;
    let layla = world.member(&world.project, "layla", "annotator").await;
    let reader = world.member(&world.project, "reader", "reader").await;
    let stranger = world.member(&elsewhere, "stranger", "admin").await;
    let (document, foreign) = (world.document(&world.project).await, world.document(&elsewhere).await);
    world.open(0, &layla, &document).await.expect(200);
    world.open(0, &reader, &document).await.refused(403, "forbidden");
    world.open(0, &stranger, &document).await.refused(404, "not_found");
    for missing in [foreign, Uuid::now_v7().to_string()] {
        world.open(0, &layla, &missing).await.refused(404, "not_found");
        world.close(0, &layla, &missing).await.refused(404, "not_found");
    }
    let body =
        world.write(Method::PUT, &world.presence_path(&document), &layla.token, Some(&json!({"mode": "x"}))).await;
    body.refused(422, "unknown_field");
    world.present(0, &stranger, "").await.refused(404, "not_found");
    let base = format!("{}/projects", world.pairs[0].reads);
    let nothing =
        world.send(Method::GET, format!("{base}/{elsewhere}/presence"), &stranger.token, None).await.expect(200);
    assert_eq!(nothing.body, json!({"items": []}));
    let stream = format!("{base}/{}/changes?presence=true", world.project);
    world.send(Method::GET, stream, &stranger.token, None).await.refused(404, "not_found");
    world.present(0, &layla, "?document=x").await.expect(400);
    world.present(0, &layla, "?as_of=1").await.refused(400, "unknown_parameter");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anonymous_readers_are_not_told_who_is_there() {
    let nats = TestServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let log = nats.log().await;
    let shutdown = Shutdown::new();
    let texts = log.texts().await.unwrap();
    let config = projector::Config::new(folder.path());
    let projector =
        projector::start(config, log.clone(), texts.clone(), shutdown.clone(), Health::new()).await.unwrap();
    let tokens = Tokens::new(log.credentials().await.unwrap(), None);
    let reads = Parts { views: projector.views(), tokens, texts, presence: log.presence() };
    let project = Uuid::now_v7();
    let config = Config { anonymous_reader: [project].into(), ..Config::default() };
    let (listen, origins) = ("127.0.0.1:0".parse().unwrap(), Origins::parse(&[]).unwrap());
    let running = query::start(listen, config, &origins, reads, &Health::new(), shutdown.clone()).await.unwrap();
    let base = format!("http://{}/v1/projects/{project}", running.address);
    for (path, status) in [("presence", 401), ("changes?presence=true", 401), ("changes?presence=false", 404)] {
        assert_eq!(reqwest::get(format!("{base}/{path}")).await.unwrap().status().as_u16(), status, "{path}");
    }
    shutdown.trigger();
    running.ended().await.unwrap();
    projector.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_a_member_no_more_is_not_shown_although_the_entry_lives() {
    let world = World::new(presence::EXPIRY, Streams::default()).await;
    let layla = world.member(&world.project, "layla", "annotator").await;
    let omar = world.member(&world.project, "omar", "annotator").await;
    let document = world.document(&world.project).await;
    world.open(0, &layla, &document).await.expect(200);
    world.open(0, &omar, &document).await.expect(200);
    let mut events = world.stream(1, &omar, "?presence=true").await;
    assert_eq!(events.said().await["items"].as_array().unwrap().len(), 2);
    let path = format!("projects/{}/members/layla", world.project);
    world.write(Method::DELETE, &path, &world.operator, None).await.expect(200);
    world.until(0, &omar, &[(&document, &omar.id)]).await;
    assert_eq!(events.said().await, json!({"change": "left", "document": document, "user": layla.id}));
    drop(events);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_without_a_membership_is_shown_as_long_as_the_heartbeat_counts() {
    let world = World::new(presence::EXPIRY, Streams::default()).await;
    let reader = world.member(&world.project, "reader", "reader").await;
    let document = world.document(&world.project).await;
    let operator = Person { token: world.operator.clone(), id: String::new() };
    let opened = world.open(0, &operator, &document).await.expect(200);
    world.until(1, &reader, &[(&document, opened.body["user"].as_str().unwrap())]).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_document_too_many_is_refused() {
    let world = World::new(presence::EXPIRY, Streams::default()).await;
    let layla = world.member(&world.project, "layla", "annotator").await;
    let mut documents = Vec::new();
    for _ in 0..=presence::DOCUMENTS_MAX {
        documents.push(world.document(&world.project).await);
    }
    for document in &documents[1..] {
        world.open(0, &layla, document).await.expect(200);
    }
    world.open(1, &layla, &documents[0]).await.refused(409, "too_many_open");
    world.close(0, &layla, &documents[1]).await.expect(204);
    world.open(1, &layla, &documents[0]).await.expect(200);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn heartbeats_keep_somebody_there_and_without_them_a_stream_tells_that_they_left() {
    let world = World::new(SHORT, Streams::default()).await;
    let layla = world.member(&world.project, "layla", "annotator").await;
    let omar = world.member(&world.project, "omar", "annotator").await;
    let (document, other) = (world.document(&world.project).await, world.document(&world.project).await);
    world.open(0, &omar, &other).await.expect(200);
    let mut all = world.stream(0, &omar, "?presence=true").await;
    let whole = all.said().await;
    assert_eq!((&whole["change"], places(&whole["items"])), (&json!("all"), vec![json!([other, omar.id])]));
    let mut narrowed = world.stream(1, &omar, &format!("?presence=true&document={document}")).await;
    assert_eq!(narrowed.said().await, json!({"change": "all", "items": []}));

    let opened = world.open(1, &layla, &document).await.expect(200).body;
    assert_eq!(opened["expires_in_seconds"], SHORT.as_secs());
    let came = json!({"change": "came", "document": document, "user": layla.id, "since": opened["since"]});
    assert_eq!(narrowed.said().await, came);
    let mut changes = vec![all.said().await];
    // Layla stays for longer than an entry lives; Omar sends nothing.
    let until = Instant::now() + SHORT + SHORT / 2;
    while Instant::now() < until {
        world.open(0, &layla, &document).await.expect(200);
        tokio::time::sleep(SHORT / 10).await;
    }
    world.until(1, &omar, &[(&document, &layla.id)]).await;
    changes.push(all.said().await);
    let left = |document: &str, user: &str| json!({"change": "left", "document": document, "user": user});
    assert_eq!(changes, [came, left(&other, &omar.id)]);
    world.until(0, &omar, &[]).await;
    assert_eq!(all.said().await, left(&document, &layla.id), "she never left before");
    assert_eq!(narrowed.said().await, left(&document, &layla.id));
    drop((all, narrowed));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_stands_between_the_records_only_where_it_is_asked_for() {
    let world = World::new(presence::EXPIRY, Streams::default()).await;
    let layla = world.member(&world.project, "layla", "annotator").await;
    let document = world.document(&world.project).await;
    let mut with = world.stream(0, &layla, "?presence=true").await;
    let mut without = world.stream(0, &layla, "").await;
    assert_eq!(with.said().await["change"], "all");
    world.open(0, &layla, &document).await.expect(200);
    assert_eq!(with.said().await["change"], "came");
    let actor = json!({"name": "Brigade", "kind": "organisation"});
    let path = format!("projects/{}/actors", world.project);
    let position =
        world.write(Method::POST, &path, &layla.token, Some(&actor)).await.expect(201).body["sequence"].clone();
    let event = without.next().await.unwrap();
    assert!(event.starts_with(&format!("id: {position}\n")), "{event}");
    world.close(0, &layla, &document).await.expect(204);
    let (said, records) = with.presence().await;
    assert_eq!((said["change"].as_str(), json!(records)), (Some("left"), json!([position])));
    // Who comes again behind the last record is told the whole, and no record twice.
    let mut again = world.stream(1, &layla, &format!("?presence=true&after={position}")).await;
    assert_eq!(again.presence().await, (json!({"change": "all", "items": []}), Vec::new()));
    drop((with, without, again));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_nothing_of_presence_is_cut_between_events() {
    let world = World::new(presence::EXPIRY, Streams::default()).await;
    let layla = world.member(&world.project, "layla", "annotator").await;
    let document = world.document(&world.project).await;
    // A socket takes in megabytes ahead of a reader who is asleep, so this one reads from the router itself.
    let log = world.nats.log().await;
    let reads = Parts {
        views: world.projector.views(),
        tokens: Tokens::new(log.credentials().await.unwrap(), None),
        texts: log.texts().await.unwrap(),
        presence: log.presence(),
    };
    // Without heartbeats there is nothing but presence to fill what is kept for it.
    let streams =
        Streams { heartbeat: Duration::from_hours(1), stall: Duration::from_millis(50), ..Streams::default() };
    let config = Config { streams, ..Config::default() };
    let routes = query::router(reads, config, &world.shutdown);
    let request = axum::http::Request::get(format!("/v1/projects/{}/changes?presence=true", world.project))
        .header("authorization", format!("Bearer {}", layla.token));
    let request = request.body(axum::body::Body::empty()).unwrap();
    let asleep = tower::ServiceExt::oneshot(routes, request).await.unwrap();
    assert_eq!(asleep.status().as_u16(), 200);
    for _ in 0..10 {
        world.open(0, &layla, &document).await.expect(200);
        tokio::time::sleep(Duration::from_millis(400)).await;
        world.close(0, &layla, &document).await.expect(204);
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    // Taken from late, it has a few events, each whole, and an end.
    let body = tokio::time::timeout(PATIENCE, axum::body::to_bytes(asleep.into_body(), 65_536)).await;
    let text = String::from_utf8(body.expect("an end").unwrap().to_vec()).unwrap();
    assert!(text.ends_with("\n\n"), "{text}");
    assert!((2..12).contains(&text.matches("event: presence").count()), "{text}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_server_is_away_presence_is_unknown_and_comes_back_with_heartbeats() {
    let world = World::new(presence::EXPIRY, Streams::default()).await;
    let layla = world.member(&world.project, "layla", "annotator").await;
    let document = world.document(&world.project).await;
    world.open(0, &layla, &document).await.expect(200);
    let mut events = world.stream(1, &layla, "?presence=true").await;
    assert_eq!(events.said().await["items"].as_array().unwrap().len(), 1);

    // From here on the service knows her token for some seconds without asking the server.
    world.present(0, &layla, "").await.expect(200);
    world.nats.pause(true);
    // A projector beside it answers views from its store meanwhile.
    let members = format!("{}/projects/{}/members", world.pairs[0].reads, world.project);
    let (told, members) =
        tokio::join!(world.present(0, &layla, ""), world.send(Method::GET, members, &layla.token, None));
    members.expect(200);
    assert!(told.headers.contains_key("retry-after"));
    told.refused(503, "presence_unavailable");
    assert_eq!(events.said().await, json!({"change": "unknown"}));
    world.nats.pause(false);
    // What was there is there still.
    let whole = events.said().await;
    assert_eq!((&whole["change"], places(&whole["items"])), (&json!("all"), vec![json!([document, layla.id])]));

    world.nats.restart().await;
    world.until(0, &layla, &[]).await;
    let deadline = Instant::now() + PATIENCE;
    while world.open(1, &layla, &document).await.status != 200 {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(PAUSE).await;
    }
    world.until(0, &layla, &[(&document, &layla.id)]).await;
    loop {
        let said = events.said().await;
        let is_back = match said["change"].as_str().unwrap() {
            "all" => !said["items"].as_array().unwrap().is_empty(),
            change => change == "came",
        };
        if is_back {
            break;
        }
    }
    drop(events);
    world.end().await;
}
