//! A world for one test: a server of its own, the write side on a free port, and those who use it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bearer::Tokens;
use domain::id::{Handle, UserId};
use domain::reading::Event as ReadingEvent;
use domain::task::{self, Task};
use domain::{Aggregate, adjudication};
use event_log::testing::TestServer;
use event_log::{EventLog, Settings};
use futures::future::{BoxFuture, FutureExt};
use reqwest::{Client, Method, Response};
use runtime::{Health, Shutdown};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::record::{Record, decode};
use wire::view::ask_traces::Of;
use wire::view::{
    self, AskHistory, AskTraces, Page, Records, Reply, Request, Resource, StoredRecord, Views, reply, request, resource,
};

use crate::{Config, Parts, Running, issue_token, start};

/// Text of the world's document: a name outside the basic plane, Arabic, a line end of two characters.
pub const TEXT: &str =
    "On 4 May rockets hit Ain al-Assad.\r\nA spokesman said the «Брат» group \u{1f680} fired. عين الأسد";

pub struct World {
    pub log: EventLog,
    pub parts: Parts,
    pub base: String,
    pub operator: User,
    shutdown: Shutdown,
    running: Vec<Running>,
    _server: TestServer,
}

/// Somebody with a token.
#[derive(Clone)]
pub struct User {
    pub token: String,
    base: String,
    client: Client,
}

/// An answer that was read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl World {
    pub async fn new() -> Self {
        Self::with_views(|log| Arc::new(Folded(log))).await
    }

    pub async fn with_views(views: impl FnOnce(EventLog) -> Arc<dyn Views>) -> Self {
        Self::build(views, async |_settings| {}).await
    }

    /// A world whose write side reaches the log in another way.
    pub async fn through(change: impl AsyncFnOnce(&mut Settings)) -> Self {
        Self::build(|log| Arc::new(Folded(log)), change).await
    }

    async fn build(views: impl FnOnce(EventLog) -> Arc<dyn Views>, change: impl AsyncFnOnce(&mut Settings)) -> Self {
        let server = TestServer::start().await;
        let mut settings = server.settings();
        change(&mut settings).await;
        let log = EventLog::connect(&settings).await.expect("a fresh server takes the log");
        let parts = Parts {
            event_log: log.clone(),
            texts: log.texts().await.expect("the bucket can be made"),
            tokens: Tokens::new(log.credentials().await.expect("the bucket can be made"), None),
            views: views(log.clone()),
        };
        let handle = Handle::parse("operator").expect("this is a handle");
        let issued = issue_token(&parts, &handle, 30, true).await.expect("the first token is issued");
        let shutdown = Shutdown::new();
        let listen = "127.0.0.1:0".parse().expect("this is an address");
        let running = start(listen, Config::default(), parts.clone(), &Health::new(), shutdown.clone())
            .await
            .expect("a free port is there");
        let base = format!("http://{}/v1", running.address);
        let operator = User::new(&base, issued.token.expose());
        let log = server.log().await;
        Self { log, parts, base, operator, shutdown, running: vec![running], _server: server }
    }

    /// The operator, as one who uses another service on the same log.
    pub async fn replica(&self) -> User {
        let listen = "127.0.0.1:0".parse().expect("this is an address");
        let shutdown = self.shutdown.child();
        let health = Health::new();
        let running = start(listen, Config::default(), self.parts.clone(), &health, shutdown);
        let address = running.await.expect("a free port is there").address;
        User::new(&format!("http://{address}/v1"), &self.operator.token)
    }

    /// A new user with a token.
    pub async fn user(&self, handle: &str) -> User {
        let answer = self.operator.post("tokens", &json!({"user": handle, "ttl_days": 1})).await.created();
        User::new(&self.base, answer.body["token"].as_str().expect("the token is shown"))
    }

    /// A member of a project.
    pub async fn member(&self, project: &str, handle: &str, role: &str) -> User {
        let path = format!("projects/{project}/members/{handle}");
        self.operator.send(Method::PUT, &path, &[], Some(&json!({"role": role}))).await.ok();
        self.user(handle).await
    }

    /// A project with an annotator, a source, a document, an incident and an actor.
    pub async fn scene(&self) -> Scene {
        let project = self.operator.post("projects", &json!({"name": "Ain al-Assad"})).await.created().id();
        let annotator = self.member(&project, "layla", "annotator").await;
        let at = |path: &str| format!("projects/{project}/{path}");
        let source = annotator.post(&at("sources"), &json!({"name": "Agency", "kind": "agency"})).await.created().id();
        let document = json!({"title": "Rockets", "source": source, "text": TEXT, "published": "2021-05-04"});
        let document = annotator.post(&at("documents"), &document).await.created().id();
        let incident = json!({"title": "Attack", "when": "2021-05-04"});
        let incident = annotator.post(&at("incidents"), &incident).await.created().id();
        let actor = json!({"name": "Brat", "kind": "placeholder"});
        let actor = annotator.post(&at("actors"), &actor).await.created().id();
        Scene { project, annotator, source, document, incident, actor }
    }

    /// Every record of the log, in order.
    pub async fn records(&self) -> Vec<Record> {
        records(&self.log).await
    }

    /// The position of the newest record.
    pub async fn head(&self) -> u64 {
        self.log.head().await.expect("the log answers").last
    }

    /// Ends the service.
    pub async fn end(self) {
        self.shutdown.trigger();
        for running in self.running {
            let ended = tokio::time::timeout(Duration::from_secs(30), running.ended()).await;
            ended.expect("the service ends").expect("the service ends well");
        }
    }
}

/// What most tests need.
pub struct Scene {
    pub project: String,
    pub annotator: User,
    pub source: String,
    pub document: String,
    pub incident: String,
    pub actor: String,
}

impl Scene {
    pub fn at(&self, path: &str) -> String {
        format!("projects/{}/{path}", self.project)
    }

    /// A passage of the document, found by its words.
    pub fn passage(&self, exact: &str) -> Value {
        let at = TEXT.find(exact).expect("the text has these words");
        let start = TEXT[..at].chars().count();
        let end = start + exact.chars().count();
        json!({
            "document": self.document, "revision": 1, "start": start, "end": end, "exact": exact, "role": "content",
        })
    }

    /// A reading: the agency reports that the actor did it.
    pub fn reading(&self, evidence: &Value) -> Value {
        json!({
            "speakers": [{"source": self.source}],
            "act": "reports",
            "proposition": {"incident": self.incident, "facet": "who", "actor": self.actor, "role": "perpetrator"},
            "polarity": "+",
            "certainty": "CT",
            "evidence": evidence,
        })
    }

    /// Marks a passage and returns its id.
    pub async fn annotation(&self, exact: &str) -> String {
        self.annotator.post(&self.at("annotations"), &self.passage(exact)).await.created().id()
    }
}

impl User {
    pub fn new(base: &str, token: &str) -> Self {
        Self { token: token.to_owned(), base: base.to_owned(), client: Client::new() }
    }

    /// Somebody else at the same service.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    pub async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.send(Method::POST, path, headers, Some(body)).await
    }

    pub async fn patch(&self, path: &str, revision: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, &[("if-match", revision)], Some(body)).await
    }

    pub async fn delete(&self, path: &str, revision: &str) -> Answer {
        self.send(Method::DELETE, path, &[("if-match", revision)], None).await
    }

    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let mut request = self.request(method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::read(request.send().await.expect("the service answers")).await
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}/{path}", self.base)).bearer_auth(&self.token)
    }
}

impl Answer {
    pub async fn read(response: Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.expect("the answer is whole");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, headers, body }
    }

    #[track_caller]
    pub fn created(self) -> Self {
        assert_eq!(self.status, 201, "{}", self.body);
        self
    }

    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }

    /// Asserts a problem of this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        self
    }

    /// Asserts where the fault is.
    #[track_caller]
    pub fn at(self, pointer: &str) -> Self {
        assert_eq!(self.body["errors"][0]["pointer"].as_str(), Some(pointer), "{}", self.body);
        self
    }

    pub fn id(&self) -> String {
        self.body["id"].as_str().expect("the answer has an id").to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("headers are text"))
    }

    pub fn replayed(&self) -> bool {
        self.header("gainsay-replayed") == Some("true")
    }
}

async fn records(log: &EventLog) -> Vec<Record> {
    let head = log.head().await.expect("the log answers").last;
    let mut records = Vec::new();
    for position in 1..=head {
        let entry = log.read(position).await.expect("the log answers").expect("there are no gaps");
        records.push(decode(&entry.payload).expect("the log holds records"));
    }
    records
}

/// A read side that folds the whole log for each question, and knows five: which records something has, which readings and which adjudications there
/// are, which annotations of a document, which tasks are free, and which records have something in common.
pub struct Folded(pub EventLog);

impl Views for Folded {
    fn ask(&self, request: Request) -> BoxFuture<'_, Reply> {
        async move {
            if let Some(request::Question::Traces(asked)) = &request.question {
                let records = traces(&records(&self.0).await, &request.project, asked);
                return Reply {
                    as_of: request.at_least.unwrap_or(0),
                    known_at_us: None,
                    answer: Some(reply::Answer::Records(records)),
                };
            }
            let records = records(&self.0).await;
            let list = match &request.question {
                Some(request::Question::List(list)) => list,
                // Nobody is kept from anything here.
                Some(request::Question::History(ask)) => {
                    let found = history(&records, &request.project, ask);
                    return Reply {
                        as_of: records.len() as u64,
                        known_at_us: None,
                        answer: Some(reply::Answer::Records(found)),
                    };
                }
                Some(request::Question::Queue(ask)) => {
                    let queue = queue(&records, &request.project, ask);
                    return Reply {
                        as_of: records.len() as u64,
                        known_at_us: None,
                        answer: Some(reply::Answer::Queue(queue)),
                    };
                }
                _ => return Reply::refused(0, view::refusal::Why::Invalid, "not_supported_yet", "this view lists"),
            };
            if list.collection == "annotations" {
                let document = list
                    .filter
                    .as_ref()
                    .and_then(|filter| filter.document.clone())
                    .expect("a document's are asked for");
                let page = Page { items: annotations(&records, &request.project, &document), next: None };
                return Reply {
                    as_of: records.len() as u64,
                    known_at_us: None,
                    answer: Some(reply::Answer::Page(page)),
                };
            }
            let items = records.iter().filter(|record| record.envelope.project.to_string() == request.project);
            let items = items.filter_map(|record| {
                let (id, author) = (record.envelope.id.to_string(), record.envelope.author.to_string());
                let claim = match record.events.first()? {
                    domain::Event::Reading(ReadingEvent::ClaimRead(claim)) if list.collection == "readings" => claim,
                    domain::Event::Adjudication(adjudication::Event::AdjudicationOpened(_))
                        if list.collection == "adjudications" =>
                    {
                        let adjudication = view::Adjudication { id, author, ..view::Adjudication::default() };
                        return Some(Resource { of: Some(resource::Of::Adjudication(adjudication)) });
                    }
                    _ => return None,
                };
                let evidence = claim.evidence.iter().map(ToString::to_string).collect();
                let reading = view::Reading {
                    id,
                    author,
                    claim: Some(view::Claim { evidence, ..view::Claim::default() }),
                    ..view::Reading::default()
                };
                Some(Resource { of: Some(resource::Of::Reading(reading)) })
            });
            let page = Page { items: items.collect(), next: None };
            Reply { as_of: records.len() as u64, known_at_us: None, answer: Some(reply::Answer::Page(page)) }
        }
        .boxed()
    }
}

/// In pages of two, so that there is more than one.
fn traces(records: &[Record], project: &str, asked: &AskTraces) -> Records {
    let before = if asked.before == 0 { u64::MAX } else { asked.before };
    let found = |record: &Record| {
        let envelope = &record.envelope;
        let in_project = envelope.project.to_string() == project;
        in_project
            && match asked.of.as_ref().expect("something is asked for") {
                Of::Author(user) => envelope.causation_id.is_none() && envelope.author.to_string() == *user,
                Of::Command(command) => envelope.causation_id.is_some() && envelope.command_id.to_string() == *command,
                Of::Named(named) => record.events.iter().any(|event| {
                    let mut is_named = false;
                    domain::mentions::each(event, |kind, id| {
                        is_named |= (kind.to_string(), id.to_string()) == (named.kind.clone(), named.id.clone());
                    });
                    is_named
                }),
            }
    };
    let all: Vec<_> = (1..).zip(records).filter(|(position, record)| *position < before && found(record)).collect();
    let page: Vec<_> = all.iter().rev().take(2).collect();
    let items = page.iter().map(|(position, record)| {
        let payload = wire::record::encode(record).to_vec();
        StoredRecord { position: *position, payload }
    });
    let next = page.last().map(|(position, _)| *position).filter(|_| all.len() > page.len());
    Records { items: items.collect(), next, blinded: false }
}

fn annotations(records: &[Record], project: &str, document: &str) -> Vec<Resource> {
    let positions = (1..).zip(records).filter(|(_, record)| record.envelope.project.to_string() == project);
    let created = positions.filter(|(_, record)| match record.events.first() {
        Some(domain::Event::Annotation(domain::annotation::Event::AnnotationCreated(span))) => {
            span.document.to_string() == document
        }
        _ => false,
    });
    let resource = |(position, record): (u64, &Record)| {
        let id = record.envelope.id.to_string();
        Resource {
            of: Some(resource::Of::Annotation(view::Annotation { id, position, ..view::Annotation::default() })),
        }
    };
    created.map(resource).collect()
}

/// Which tasks somebody may lease, the oldest first.
fn queue(records: &[Record], project: &str, ask: &view::AskQueue) -> view::Queue {
    let annotator = UserId::new(ask.annotator.parse().expect("an id is asked with"));
    let (mut tasks, mut order, mut queue) = (BTreeMap::new(), Vec::new(), view::Queue::default());
    for record in records.iter().filter(|record| record.envelope.project.to_string() == project) {
        for event in &record.events {
            let domain::Event::Task(event) = event else { continue };
            let id = record.envelope.id;
            let task = tasks.remove(&id).unwrap_or_else(|| {
                order.push(id);
                Task::default()
            });
            let is_leased = matches!(event, task::Event::TaskLeased { annotator: by, .. } if *by == annotator);
            if is_leased && record.envelope.command_id.to_string() == ask.command {
                queue.answered = Some(id.to_string());
            }
            tasks.insert(id, task.evolve(event, record.envelope.author));
        }
    }
    for id in order {
        let Some(opened) = tasks[&id].opened() else { continue };
        if opened.is_held(annotator, ask.now_us) {
            queue.held = Some(id.to_string());
        }
        if opened.check_leasable(annotator, ask.now_us).is_ok() {
            queue.tasks.push(id.to_string());
        }
    }
    queue
}

fn history(records: &[Record], project: &str, ask: &AskHistory) -> Records {
    let is_of = |record: &Record| {
        let envelope = &record.envelope;
        (envelope.project.to_string(), envelope.kind.to_string(), envelope.id.to_string())
            == (project.to_owned(), ask.kind.clone(), ask.id.clone())
    };
    let items = (1..).zip(records).filter(|(_, record)| is_of(record)).map(|(position, record)| {
        let payload = wire::record::encode(record).to_vec();
        StoredRecord { position, payload }
    });
    Records { items: items.collect(), next: None, blinded: false }
}

/// A read side that has not caught up.
pub struct Behind;

impl Views for Behind {
    fn ask(&self, _request: Request) -> BoxFuture<'_, Reply> {
        let reply = Reply::refused(0, view::refusal::Why::Behind, "behind", "not folded in yet");
        futures::future::ready(reply).boxed()
    }
}

/// A fresh id.
pub fn id() -> String {
    Uuid::now_v7().to_string()
}
