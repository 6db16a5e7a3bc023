mod control;

use super::*;
use domain::actor::ActorKind;
use domain::annotation;
use domain::claim::Act;
use domain::id::{AnnotationId, DocumentId, IncidentId};
use event_log::testing::TestServer;
use event_log::texts::Key;
use event_log::{Append, AppendError};
use read_model::testing::{History, claim, user};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;
use wire::record::address;
use wire::subject::Address;
use wire::view::refusal::Why;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::resource::Of;
use wire::view::{AskBoard, AskHistory, AskProgress, AskRecords, AskText, Get, List, Reply, Request, Viewer, Views};

/// The salt of every text.
const SALT: [u8; 16] = [7; 16];
/// Long enough for a test on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(10);
const TEXT: &str = "Der Staat beschuldigte die «Gruppe» 🚀. Sie dementierte.";

async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(DEADLINE, wait).await.unwrap_or_else(|_| panic!("not within a minute: {what}"));
}

/// A log on a server of its own, a history that is written to it, and a folder for a store.
struct Fixture {
    server: TestServer,
    log: EventLog,
    texts: Texts,
    history: History,
    written: usize,
    last: HashMap<Address, u64>,
    folder: TempDir,
}

/// An incident that the history tells of.
struct Scene {
    incident: IncidentId,
    document: DocumentId,
    annotation: AnnotationId,
}

impl Fixture {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let log = server.log().await;
        let texts = log.texts().await.unwrap();
        let history = History::in_log(1, log.id());
        let folder = TempDir::new().unwrap();
        Self { server, log, texts, history, written: 0, last: HashMap::new(), folder }
    }

    fn config(&self) -> Config {
        Config::new(self.folder.path().join("store"))
    }

    /// Appends what came to the history.
    async fn write(&mut self) {
        for entry in &self.history.entries()[self.written..] {
            let envelope = &entry.envelope;
            let append = Append {
                address: address(envelope),
                expected_last: self.last.get(&address(envelope)).copied().unwrap_or(0),
                payload: entry.payload.clone(),
                headers: Vec::new(),
                command_id: envelope.command_id,
            };
            let position = self.log.append(append).await.unwrap();
            assert_eq!(position, entry.position);
            self.last.insert(address(envelope), position);
        }
        self.written = self.history.entries().len();
    }

    /// Appends a record that the history does not have.
    async fn append_next(&self) -> Result<u64, AppendError> {
        let mut history = self.history.clone();
        history.source("Next");
        let entry = history.entries().last().unwrap();
        let append = Append {
            address: address(&entry.envelope),
            expected_last: 0,
            payload: entry.payload.clone(),
            headers: Vec::new(),
            command_id: entry.envelope.command_id,
        };
        self.log.append(append).await
    }

    /// A state that accuses a group, in a document whose text is stored.
    async fn scene(&mut self) -> Scene {
        let history = &mut self.history;
        let source = history.source("Agency");
        let document = history.document(source, "Report", TEXT);
        let (state, group) =
            (history.actor(ActorKind::StateBody, "State"), history.actor(ActorKind::Placeholder, "Group"));
        let incident = history.incident("Attack");
        let annotation = history.annotation(user("a"), document, 27, 35);
        history.reading(user("a"), claim(source, state, Act::Accuses, incident, group, annotation));
        let key = self.text_of(document);
        self.texts.put(&key, &SALT, TEXT.as_bytes()).await.unwrap();
        self.write().await;
        Scene { incident, document, annotation }
    }

    fn text_of(&self, document: DocumentId) -> Key {
        let record = self.history.entries().iter().find(|entry| entry.envelope.id == document.uuid()).unwrap();
        let decoded = wire::record::decode(&record.payload).unwrap();
        let text = wire::record::texts(&decoded)[0];
        Key { project: text.project, document: text.document, revision: text.revision, sha256: text.sha256 }
    }

    async fn start(&self) -> Running {
        self.start_on(self.config()).await
    }

    async fn start_on(&self, config: Config) -> Running {
        let (shutdown, health) = (Shutdown::new(), Health::new());
        let projector = start(config, self.log.clone(), self.texts.clone(), shutdown.clone(), health.clone());
        Running { projector: projector.await.unwrap(), shutdown, health }
    }

    fn request(&self, question: Question) -> Request {
        Request {
            viewer: Some(Viewer { operator: true, ..Viewer::default() }),
            project: self.history.project.to_string(),
            at_least: Some(self.written as u64),
            wait_ms: 30_000,
            question: Some(question),
            ..Request::default()
        }
    }

    fn dump(&self) -> String {
        let mut lines = Vec::new();
        dump(&self.config(), None, &mut lines).unwrap();
        String::from_utf8(lines).unwrap()
    }
}

struct Running {
    projector: Projector,
    shutdown: Shutdown,
    health: Health,
}

impl Running {
    async fn ask(&self, request: Request) -> Reply {
        self.projector.views().ask(request).await
    }

    async fn reach(&self, position: u64) {
        eventually("the position is reached", || self.projector.position() >= position).await;
    }

    async fn stop(self) {
        self.shutdown.trigger();
        self.projector.ended().await;
    }

    /// Why the check fails, once it does.
    async fn failure(&self, check: &str, part: &str) -> String {
        let found =
            || self.health.failures(None).into_iter().find(|(name, reason)| name == check && reason.contains(part));
        eventually(&format!("{check} fails with {part}"), || found().is_some()).await;
        found().unwrap().1
    }

    async fn ready(&self) {
        eventually("it is ready", || self.health.is_ready()).await;
    }
}

fn board(incident: IncidentId) -> Question {
    Question::Board(AskBoard { incident: incident.to_string(), quotes: 20, known: None })
}

fn status(reply: Reply) -> String {
    match reply.answer {
        Some(Answer::Board(board)) => board.status,
        other => panic!("no board: {other:?}"),
    }
}

fn refusal(reply: Reply) -> (Why, String) {
    match reply.answer {
        Some(Answer::Refusal(refusal)) => (refusal.why(), refusal.code),
        other => panic!("no refusal: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_appended_can_be_read_with_its_quotes() {
    let mut fixture = Fixture::new().await;
    let scene = fixture.scene().await;
    let running = fixture.start().await;
    let reply = running.ask(fixture.request(board(scene.incident))).await;
    assert_eq!(reply.as_of, fixture.history.position());
    let Some(Answer::Board(shown)) = reply.answer else { panic!("no board") };
    assert_eq!(shown.status, "officially_attributed");
    let quote = &shown.propositions[0].support[0].quotes[0];
    assert_eq!(quote.exact.as_deref(), Some("«Gruppe»"));
    let get = Question::Get(Get { collection: "annotations".to_owned(), id: scene.annotation.to_string() });
    let Some(Answer::Resource(resource)) = running.ask(fixture.request(get)).await.answer else {
        panic!("no resource")
    };
    let Some(Of::Annotation(annotation)) = resource.of else { panic!("no annotation") };
    assert_eq!(annotation.exact.as_deref(), Some("«Gruppe»"));

    fixture.history.add(user("a"), scene.annotation.uuid(), [annotation::Event::AnnotationRetracted]);
    fixture.write().await;
    assert_eq!(status(running.ask(fixture.request(board(scene.incident))).await), "unattributed");
    running.ready().await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_log_is_caught_up_with() {
    let fixture = Fixture::new().await;
    let running = fixture.start().await;
    running.ready().await;
    let reply = running.ask(fixture.request(Question::Progress(AskProgress {}))).await;
    let Some(Answer::Progress(progress)) = reply.answer else { panic!("no progress") };
    assert_eq!((progress.position, progress.caught_up), (0, true));
    assert_eq!(progress.log_id, fixture.log.id().to_string());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_never_comes_is_refused_after_the_wait() {
    let mut fixture = Fixture::new().await;
    let scene = fixture.scene().await;
    let running = fixture.start().await;
    running.reach(fixture.history.position()).await;
    for (at_least, as_of) in [(Some(1_000), None), (None, Some(1_000))] {
        let request = Request { at_least, as_of, wait_ms: 1, ..fixture.request(board(scene.incident)) };
        assert_eq!(refusal(running.ask(request).await), (Why::Behind, "behind".to_owned()));
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_projector_goes_on_where_it_was_and_its_dump_is_that_of_a_rebuild() {
    let mut fixture = Fixture::new().await;
    let scene = fixture.scene().await;
    for part in 0..4 {
        let running = fixture.start().await;
        for n in 0..700 {
            fixture.history.source(&format!("Source {part} {n}"));
        }
        fixture.write().await;
        assert_eq!(status(running.ask(fixture.request(board(scene.incident))).await), "officially_attributed");
        running.stop().await;
        assert_eq!(super::status(&fixture.config()).unwrap().unwrap().position, fixture.history.position());
    }
    let live = fixture.dump();
    let figures = rebuild(&fixture.config(), &fixture.log).await.unwrap();
    assert_eq!(figures.records, fixture.history.position());
    assert_eq!(fixture.dump(), live);
}

/// Harms the current generation in its folder.
fn harm(config: &Config, how: impl Fn(&Path)) {
    let current = fs::read_to_string(config.data.join("CURRENT")).unwrap();
    how(&config.data.join(current.trim()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_harmed_is_filled_anew_by_itself() {
    let mut fixture = Fixture::new().await;
    let scene = fixture.scene().await;
    let garbage = |folder: &Path| fs::write(folder.join("db"), vec![0x5a; 100_000]).unwrap();
    let cut = |folder: &Path| fs::File::options().write(true).open(folder.join("db")).unwrap().set_len(3_000).unwrap();
    let deleted = |folder: &Path| fs::remove_dir_all(folder).unwrap();
    let harms: [&dyn Fn(&Path); 3] = [&garbage, &cut, &deleted];
    for how in harms {
        let running = fixture.start().await;
        running.reach(fixture.history.position()).await;
        running.stop().await;
        let before = fixture.dump();
        harm(&fixture.config(), how);
        let running = fixture.start().await;
        assert_eq!(status(running.ask(fixture.request(board(scene.incident))).await), "officially_attributed");
        running.ready().await;
        running.stop().await;
        assert_eq!(fixture.dump(), before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_of_another_log_is_filled_anew() {
    let mut first = Fixture::new().await;
    first.scene().await;
    let running = first.start().await;
    running.reach(first.history.position()).await;
    running.stop().await;
    let mut second = Fixture::new().await;
    let scene = second.scene().await;
    let running = second.start_on(first.config()).await;
    let reply = running.ask(second.request(board(scene.incident))).await;
    assert_eq!(reply.as_of, second.history.position());
    assert_eq!(status(reply), "officially_attributed");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_ahead_of_the_log_is_kept_and_nothing_is_appended() {
    let mut fixture = Fixture::new().await;
    let scene = fixture.scene().await;
    // A store that knows a record which the log has not.
    let mut ahead = fixture.history.clone();
    ahead.source("Lost");
    {
        let generations = Generations::lock(&fixture.config().data).unwrap();
        let opened = generations.open(fixture.log.id()).unwrap();
        opened.store.append(ahead.entries()).unwrap();
        opened.store.flush().unwrap();
    }
    let before = fs::read_to_string(fixture.config().data.join("CURRENT")).unwrap();
    let running = fixture.start().await;
    let (last, checkpoint) = (fixture.history.position(), ahead.position());
    let reason = format!("checkpoint {checkpoint} is ahead of the log, which ends at {last}: the log lost records");
    for check in ["projector", "canary"] {
        assert_eq!(running.failure(check, "ahead").await, reason);
    }
    // What was acknowledged is still answered.
    let reply = running.ask(fixture.request(board(scene.incident))).await;
    assert_eq!((reply.as_of, status(reply)), (checkpoint, "officially_attributed".to_owned()));
    let refused = fixture.append_next().await.unwrap_err();
    assert!(matches!(&refused, AppendError::Damaged(found) if *found == reason), "{refused}");
    running.stop().await;
    assert_eq!(fs::read_to_string(fixture.config().data.join("CURRENT")).unwrap(), before);
    assert_eq!(known(&fixture.config()).unwrap().position, checkpoint);

    // An operator who takes the log as it is has a store filled from it; the one that knows more is put aside.
    rebuild(&fixture.config(), &fixture.log).await.unwrap();
    assert_eq!(known(&fixture.config()).unwrap().position, last);
    let running = fixture.start().await;
    running.ready().await;
    fixture.append_next().await.unwrap();
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_ends_before_what_a_lost_store_held_is_told() {
    let mut fixture = Fixture::new().await;
    fixture.scene().await;
    let mut ahead = fixture.history.clone();
    ahead.source("Lost");
    {
        let generations = Generations::lock(&fixture.config().data).unwrap();
        let opened = generations.open(fixture.log.id()).unwrap();
        opened.store.append(ahead.entries()).unwrap();
        generations.mark(opened.store.checkpoint()).unwrap();
    }
    harm(&fixture.config(), |folder| fs::remove_dir_all(folder).unwrap());
    let running = fixture.start().await;
    running.failure("projector", "ahead of the log").await;
    running.failure("canary", "ahead of the log").await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_holds_another_record_than_the_store_is_told() {
    let mut fixture = Fixture::new().await;
    fixture.scene().await;
    // The same history but for one name in its middle, as if the log's record had been replaced.
    let mut other = History::in_log(1, fixture.log.id());
    other.source("Another agency");
    let start = other.entries().len();
    {
        let generations = Generations::lock(&fixture.config().data).unwrap();
        let opened = generations.open(fixture.log.id()).unwrap();
        opened.store.append(other.entries()).unwrap();
        opened.store.append(&fixture.history.entries()[start..]).unwrap();
        opened.store.flush().unwrap();
    }
    let running = fixture.start().await;
    running.failure("canary", "chain broken at 2").await;
    assert!(matches!(fixture.append_next().await, Err(AppendError::Damaged(_))));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_cannot_be_read_halts_the_projector_at_the_last_good_position() {
    let mut fixture = Fixture::new().await;
    let scene = fixture.scene().await;
    let running = fixture.start().await;
    let good = fixture.history.position();
    running.reach(good).await;
    let address =
        Address { project: fixture.history.project.uuid(), kind: domain::Kind::Source, id: Uuid::from_u128(5) };
    let garbage = Append {
        address,
        expected_last: 0,
        payload: vec![0xff; 40].into(),
        headers: Vec::new(),
        command_id: Uuid::from_u128(6),
    };
    fixture.log.append(garbage).await.unwrap();
    let reason = running.failure("projector", "cannot be read").await;
    assert!(reason.contains(&format!("the record at {}", good + 1)), "{reason}");
    let reply = running.ask(fixture.request(board(scene.incident))).await;
    assert_eq!((reply.as_of, status(reply)), (good, "officially_attributed".to_owned()));
    running.stop().await;
    // A projector that starts before such a record stops there too, and answers up to it.
    fs::remove_dir_all(fixture.config().data).unwrap();
    let running = fixture.start().await;
    running.failure("projector", "cannot be read").await;
    let reply = running.ask(fixture.request(board(scene.incident))).await;
    assert_eq!((reply.as_of, status(reply)), (good, "officially_attributed".to_owned()));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_another_log_halts_the_projector() {
    let mut fixture = Fixture::new().await;
    fixture.scene().await;
    let running = fixture.start().await;
    let mut foreign = History::new(7);
    foreign.source("Foreign");
    let entry = &foreign.entries()[0];
    let append = Append {
        address: address(&entry.envelope),
        expected_last: 0,
        payload: entry.payload.clone(),
        headers: Vec::new(),
        command_id: Uuid::from_u128(6),
    };
    fixture.log.append(append).await.unwrap();
    running.failure("projector", "belongs to log").await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_text_is_told_and_found_again() {
    let mut fixture = Fixture::new().await;
    let scene = fixture.scene().await;
    let running = fixture.start().await;
    let key = fixture.text_of(scene.document);
    fixture.texts.erase(&key).await.unwrap();
    let refused = refusal(running.ask(fixture.request(board(scene.incident))).await);
    assert_eq!(refused, (Why::Unavailable, "text_missing".to_owned()));
    running.failure("texts", "missing").await;
    fixture.texts.put(&key, &SALT, TEXT.as_bytes()).await.unwrap();
    assert_eq!(status(running.ask(fixture.request(board(scene.incident))).await), "officially_attributed");
    running.ready().await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_text_is_quoted_no_more_though_it_was_before() {
    let mut fixture = Fixture::new().await;
    let scene = fixture.scene().await;
    let running = fixture.start().await;
    let exact = |reply: Reply| {
        let Some(Answer::Board(board)) = reply.answer else { panic!("{reply:?}") };
        let quote = &board.propositions[0].support[0].quotes[0];
        (quote.exact.clone(), quote.erased)
    };
    let first = running.ask(fixture.request(board(scene.incident))).await;
    assert!(matches!(exact(first), (Some(_), false)));
    let reason = domain::text::Text::recorded("A witness asked".to_owned());
    let erased = domain::document::Event::DocumentTextErased { number: 1, reason };
    fixture.history.add(user("a"), scene.document.uuid(), [erased]);
    fixture.write().await;
    let head = fixture.log.head().await.unwrap().last;
    let after = Request { at_least: Some(head), wait_ms: 5_000, ..fixture.request(board(scene.incident)) };
    assert_eq!(exact(running.ask(after.clone()).await), (None, true));
    let before = Request { as_of: Some(head - 1), ..after };
    assert_eq!(exact(running.ask(before).await), (None, true));
    running.ready().await;
    running.stop().await;
    // Nor by a process that begins after it, and has not seen it.
    let anew = fixture.start().await;
    assert_eq!(exact(anew.ask(fixture.request(board(scene.incident))).await), (None, true));
    anew.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_not_the_recorded_one_is_never_quoted() {
    let mut fixture = Fixture::new().await;
    let scene = fixture.scene().await;
    let running = fixture.start().await;
    let key = fixture.text_of(scene.document);
    fixture.texts.erase(&key).await.unwrap();
    fixture.texts.put(&key, &SALT, "something else altogether, long enough to be quoted".as_bytes()).await.unwrap();
    let refused = refusal(running.ask(fixture.request(board(scene.incident))).await);
    assert_eq!(refused, (Why::Unavailable, "text_damaged".to_owned()));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn following_goes_on_after_the_log_was_away() {
    let mut fixture = Fixture::new().await;
    let scene = fixture.scene().await;
    let running = fixture.start().await;
    running.reach(fixture.history.position()).await;
    fixture.server.restart().await;
    fixture.server.reconnected(&fixture.log).await;
    for n in 0..50 {
        fixture.history.source(&format!("Source {n}"));
    }
    fixture.write().await;
    let reply = running.ask(fixture.request(board(scene.incident))).await;
    assert_eq!(reply.as_of, fixture.history.position());
    running.ready().await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_folder_has_one_projector() {
    let fixture = Fixture::new().await;
    let running = fixture.start().await;
    let second =
        start(fixture.config(), fixture.log.clone(), fixture.texts.clone(), Shutdown::new(), Health::new()).await;
    assert!(format!("{:#}", second.unwrap_err()).contains("another process uses"));
    assert!(rebuild(&fixture.config(), &fixture.log).await.is_err());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_found_damaged_while_it_answers_is_filled_anew() {
    let mut fixture = Fixture::new().await;
    let scene = fixture.scene().await;
    let running = fixture.start().await;
    running.reach(fixture.history.position()).await;
    for _ in 0..2 {
        let before = fs::read_to_string(fixture.config().data.join("CURRENT")).unwrap();
        running.projector.views().report_damage("a row was missing");
        let current = || fs::read_to_string(fixture.config().data.join("CURRENT")).unwrap_or_default();
        eventually("another generation is current", || current() != before).await;
        let reply = running.ask(fixture.request(board(scene.incident))).await;
        assert_eq!((reply.as_of, status(reply)), (fixture.history.position(), "officially_attributed".to_owned()));
        running.ready().await;
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_over_the_network_are_those_within_the_process() {
    let mut fixture = Fixture::new().await;
    let scene = fixture.scene().await;
    for n in 0..1_000 {
        fixture.history.source(&format!("Source {n:0100}"));
    }
    fixture.write().await;
    let running = fixture.start().await;
    let mut serving = running.projector.serving();
    let answering = fixture.log.answer_views(running.projector.views(), serving.clone()).await.unwrap();
    let remote = fixture.log.remote_views().await.unwrap();
    let progress = fixture.request(Question::Progress(AskProgress {}));
    let joined = async { while matches!(remote.ask(progress.clone()).await.answer, Some(Answer::Refusal(_))) {} };
    tokio::time::timeout(DEADLINE, joined).await.expect("it answers once it has caught up");

    let incident = scene.incident.to_string();
    let list = |collection: &str| {
        Question::List(List { collection: collection.to_owned(), limit: 1_000, after: 0, filter: None })
    };
    let questions = [
        board(scene.incident),
        list("sources"),
        list("annotations"),
        list("no such thing"),
        Question::Get(Get { collection: "incidents".to_owned(), id: incident.clone() }),
        Question::History(AskHistory { kind: "incident".to_owned(), id: incident, limit: 10, after: 0 }),
        Question::Records(AskRecords { limit: 1_000, after: 0 }),
        Question::Text(AskText { document: scene.document.to_string(), revision: 1 }),
        Question::Progress(AskProgress {}),
    ];
    let mut largest = 0;
    for question in questions {
        let request = fixture.request(question);
        let within = running.ask(request.clone()).await.to_bytes();
        assert_eq!(remote.ask(request).await.to_bytes(), within);
        largest = largest.max(within.len());
    }
    assert!(largest > 256 * 1024, "an answer has several parts: {largest}");

    // What is refused within the process while the store is filled anew is not even asked for over the network.
    serving.mark_unchanged();
    running.projector.views().report_damage("a row was missing");
    serving.changed().await.unwrap();
    running.ready().await;
    assert!(*serving.borrow());
    answering.end().await;
    let refused = refusal(remote.ask(fixture.request(board(scene.incident))).await);
    assert_eq!(refused, (Why::Unavailable, "views_unavailable".to_owned()));
    running.stop().await;
}
