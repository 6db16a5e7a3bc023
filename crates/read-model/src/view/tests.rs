use super::*;
use crate::testing::{History, cases, claim, detail, span, user};
use crate::{Entry, dump};
use domain::access::Role;
use domain::actor::ActorKind;
use domain::claim::{Act, Claim};
use domain::id::{ActorId, AnnotationId, DocumentId, IncidentId, ReadingId, SourceId, UserId};
use domain::relation::RelationType;
use domain::{annotation, incident, policy, project, reading, relation};
use proptest::prelude::*;
use tempfile::TempDir;
use uuid::Uuid;
use wire::view::{
    AskBoard, AskHistory, AskRecords, AskText, Board, Filter, Get, List, ListProjects, Page, Records, Resource, Viewer,
    resource::Of,
};

/// A store with a history, and what its questions are asked with.
struct Fixture {
    store: Store,
    boards: BoardCache,
    history: History,
    stored: usize,
    _folder: TempDir,
}

impl Fixture {
    fn new(history: History) -> Self {
        let folder = TempDir::new().unwrap();
        let store = Store::create(&folder.path().join("gen-1"), history.log).unwrap();
        let mut fixture = Self { store, boards: BoardCache::default(), history, stored: 0, _folder: folder };
        fixture.catch_up();
        fixture
    }

    /// Stores what came to the history.
    fn catch_up(&mut self) {
        self.store.append(&self.history.entries()[self.stored..]).unwrap();
        self.stored = self.history.entries().len();
    }

    fn request(&self, question: Question) -> Request {
        Request {
            viewer: Some(Viewer { user: self.history.admin.to_string(), ..Viewer::default() }),
            project: self.history.project.to_string(),
            question: Some(question),
            ..Request::default()
        }
    }

    fn answer(&self, request: &Request) -> Reply {
        View::new(&self.store, &self.boards, true).answer(request).unwrap()
    }

    fn ask(&self, question: Question) -> Said {
        self.answer(&self.request(question)).answer.unwrap()
    }

    fn ask_at(&self, at: u64, question: Question) -> Said {
        self.answer(&Request { as_of: Some(at), ..self.request(question) }).answer.unwrap()
    }

    fn get(&self, collection: &str, id: &impl ToString) -> Resource {
        match self.ask(get(collection, id)) {
            Said::Resource(resource) => resource,
            other => panic!("no resource: {other:?}"),
        }
    }

    fn list(&self, list: List) -> Page {
        match self.ask(Question::List(list)) {
            Said::Page(page) => page,
            other => panic!("no page: {other:?}"),
        }
    }

    fn ids(&self, collection: &str, filter: Filter) -> Vec<String> {
        let list = List { collection: collection.to_owned(), limit: 1_000, after: 0, filter: Some(filter) };
        self.list(list).items.iter().map(id_of).collect()
    }

    fn board(&self, incident: IncidentId) -> Board {
        match self.ask(board(incident)) {
            Said::Board(board) => board,
            other => panic!("no board: {other:?}"),
        }
    }

    fn refusal(&self, request: &Request) -> (refusal::Why, String) {
        match self.answer(request).answer.unwrap() {
            Said::Refusal(refusal) => (refusal.why(), refusal.code),
            other => panic!("no refusal: {other:?}"),
        }
    }
}

fn get(collection: &str, id: &impl ToString) -> Question {
    Question::Get(Get { collection: collection.to_owned(), id: id.to_string() })
}

fn board(incident: IncidentId) -> Question {
    Question::Board(AskBoard { incident: incident.to_string(), quotes: 20 })
}

fn list(collection: &str, limit: u32, after: u64) -> List {
    List { collection: collection.to_owned(), limit, after, filter: None }
}

fn id_of(resource: &Resource) -> String {
    match resource.of.as_ref().unwrap() {
        Of::Project(it) => it.id.clone(),
        Of::Source(it) => it.id.clone(),
        Of::Document(it) => it.id.clone(),
        Of::Incident(it) => it.id.clone(),
        Of::Actor(it) => it.id.clone(),
        Of::Relation(it) => it.id.clone(),
        Of::Annotation(it) => it.id.clone(),
        Of::Reading(it) => it.id.clone(),
        Of::Policy(it) => it.version.to_string(),
        Of::Codebook(it) => it.version.to_string(),
        Of::Member(it) => it.user.clone(),
    }
}

/// A state that accuses, a group that is accused, an incident, and a document that tells of it.
struct Scene {
    history: History,
    source: SourceId,
    document: DocumentId,
    state: ActorId,
    group: ActorId,
    incident: IncidentId,
    annotation: AnnotationId,
}

const TEXT: &str = "The state accused the group. The group denied it.";

fn scene() -> Scene {
    let mut history = History::new(1);
    let source = history.source("Agency");
    let document = history.document(source, "Report", TEXT);
    let state = history.actor(ActorKind::StateBody, "State");
    let group = history.actor(ActorKind::Organisation, "Group");
    let incident = history.incident("Attack on Ain al-Assad");
    let annotation = history.annotation(user("a"), document, 0, 28);
    Scene { history, source, document, state, group, incident, annotation }
}

impl Scene {
    fn claim(&self, speaker: ActorId, act: Act) -> Claim {
        claim(self.source, speaker, act, self.incident, self.group, self.annotation)
    }

    fn read(&mut self, author: UserId, speaker: ActorId, act: Act) -> ReadingId {
        let claim = self.claim(speaker, act);
        self.history.reading(author, claim)
    }
}

#[test]
fn a_resource_is_shown_with_its_revision_author_and_creation() {
    let mut scene = scene();
    let created =
        scene.history.add(user("b"), Uuid::from_u128(9), [incident::Event::IncidentRegistered(detail("First"))]);
    scene.history.add(user("c"), Uuid::from_u128(9), [incident::Event::IncidentDetailRevised(detail("Second"))]);
    let fixture = Fixture::new(scene.history);
    let Some(Of::Incident(incident)) = fixture.get("incidents", &Uuid::from_u128(9)).of else { panic!("no incident") };
    assert_eq!((incident.title.as_str(), incident.revision, incident.position), ("Second", 2, created));
    assert_eq!(incident.author, user("b").to_string());
    assert_eq!(
        incident.created_at,
        wire::json::rfc3339(1_620_086_400_000_000 + i64::try_from(created).unwrap() * 1_000_000)
    );
    assert_eq!(incident.status.as_deref(), Some("unattributed"));
    let Said::Resource(earlier) = fixture.ask_at(created, get("incidents", &Uuid::from_u128(9))) else {
        panic!("none")
    };
    let Some(Of::Incident(earlier)) = earlier.of else { panic!("no incident") };
    assert_eq!((earlier.title.as_str(), earlier.revision), ("First", 1));
}

#[test]
fn every_collection_lists_and_gets_what_was_created_in_its_order() {
    let mut scene = scene();
    let relation = scene.history.relation(RelationType::SpeaksFor, scene.state, scene.group, scene.annotation);
    let reading = scene.read(user("a"), scene.state, Act::Accuses);
    let class = scene.history.class("Attacks", None);
    scene.history.grant(user("reader"), Role::Reader);
    let policy = project::Event::PolicyPublished { version: 1, policy: policy::Policy::default() };
    scene.history.add(scene.history.admin, scene.history.project.uuid(), [policy]);
    let expected = [
        ("sources", vec![scene.source.to_string()]),
        ("documents", vec![scene.document.to_string()]),
        ("incidents", vec![scene.incident.to_string(), class.to_string()]),
        ("actors", vec![scene.state.to_string(), scene.group.to_string()]),
        ("relations", vec![relation.to_string()]),
        ("annotations", vec![scene.annotation.to_string()]),
        ("readings", vec![reading.to_string()]),
        ("policies", vec!["0".to_owned(), "1".to_owned()]),
        ("codebooks", vec![]),
    ];
    let fixture = Fixture::new(scene.history);
    for (collection, ids) in expected {
        let page = fixture.list(list(collection, 100, 0));
        assert_eq!(page.items.iter().map(id_of).collect::<Vec<_>>(), ids, "{collection}");
        assert_eq!(page.next, None);
        for (id, listed) in ids.iter().zip(&page.items) {
            assert_eq!(&fixture.get(collection, id), listed);
        }
    }
    let mut members = [fixture.history.admin, user("reader")];
    members.sort_unstable();
    assert_eq!(fixture.ids("members", Filter::default()), members.map(|user| user.to_string()));
    assert_eq!(id_of(&fixture.get("projects", &fixture.history.project)), fixture.history.project.to_string());
}

#[test]
fn pages_of_any_length_make_up_the_list() {
    let mut history = History::new(1);
    let expected: Vec<_> = (0..23).map(|n| history.source(&format!("Source {n}")).to_string()).collect();
    let fixture = Fixture::new(history);
    for limit in [1, 2, 5, 22, 23, 24] {
        let (mut after, mut ids, mut pages) = (0, Vec::new(), 0);
        loop {
            let page = fixture.list(list("sources", limit, after));
            assert!(page.items.len() <= limit as usize);
            ids.extend(page.items.iter().map(id_of));
            pages += 1;
            match page.next {
                Some(next) => after = next,
                None => break,
            }
        }
        assert_eq!(ids, expected);
        assert_eq!(pages, 23_u32.div_ceil(limit));
    }
}

#[test]
fn a_filter_admits_what_has_all_it_asks_for() {
    let mut scene = scene();
    let (other, second) = (scene.history.actor(ActorKind::Person, "Spokesman"), scene.history.incident("Drone attack"));
    let (accuses, denies) =
        (scene.read(user("a"), scene.state, Act::Accuses), scene.read(user("b"), scene.group, Act::Denies));
    let about_second = claim(scene.source, other, Act::Reports, second, scene.group, scene.annotation);
    let reports = scene.history.reading(user("a"), about_second);
    let retracted = scene.read(user("b"), scene.state, Act::Suspects);
    scene.history.add(user("b"), retracted.uuid(), [reading::Event::ClaimReadingRetracted]);
    let relation = scene.history.relation(RelationType::SpeaksFor, other, scene.group, scene.annotation);
    scene.history.add(user("b"), relation.uuid(), [relation::Event::RelationWithdrawn]);
    let (document, annotation) = (scene.document, scene.annotation);
    let fixture = Fixture::new(scene.history);
    let one = |field: &str, value: &dyn ToString| {
        let value = Some(value.to_string());
        match field {
            "status" => Filter { status: value, ..Filter::default() },
            "kind" => Filter { kind: value, ..Filter::default() },
            "actor" => Filter { actor: value, ..Filter::default() },
            "document" => Filter { document: value, ..Filter::default() },
            "incident" => Filter { incident: value, ..Filter::default() },
            "author" => Filter { author: value, ..Filter::default() },
            _ => Filter { q: value, ..Filter::default() },
        }
    };
    let ids = |ids: &[&dyn ToString]| ids.iter().map(|id| id.to_string()).collect::<Vec<_>>();
    let check = |collection: &str, field: &str, value: &dyn ToString, expected: &[&dyn ToString]| {
        assert_eq!(fixture.ids(collection, one(field, value)), ids(expected), "{collection} by {field}");
    };
    check("actors", "kind", &"person", &[&other]);
    check("actors", "q", &"SPOKES", &[&other]);
    check("sources", "q", &"agen", &[&scene.source]);
    check("sources", "kind", &"outlet", &[]);
    check("documents", "q", &"report", &[&document]);
    check("incidents", "q", &"drone", &[&second]);
    check("incidents", "kind", &"Rocket Attack", &[&scene.incident, &second]);
    check("incidents", "status", &"disputed", &[&scene.incident]);
    check("incidents", "status", &"accused", &[&second]);
    check("incidents", "actor", &scene.state, &[]);
    check("relations", "status", &"dropped", &[&relation]);
    check("relations", "status", &"held", &[]);
    check("relations", "actor", &other, &[&relation]);
    check("relations", "kind", &"speaks_for", &[&relation]);
    check("annotations", "document", &document, &[&annotation]);
    check("annotations", "kind", &"content", &[&annotation]);
    check("annotations", "status", &"retracted", &[]);
    check("readings", "author", &user("b"), &[&denies, &retracted]);
    check("readings", "author", &"b", &[&denies, &retracted]);
    check("readings", "incident", &second, &[&reports]);
    check("readings", "actor", &scene.state, &[&accuses, &retracted]);
    check("readings", "document", &document, &[&accuses, &denies, &reports, &retracted]);
    check("readings", "status", &"retracted", &[&retracted]);
    check("readings", "kind", &"no_claim", &[]);
    let both = Filter { status: Some("live".to_owned()), author: Some("b".to_owned()), ..Filter::default() };
    assert_eq!(fixture.ids("readings", both), ids(&[&denies]));
}

#[test]
fn a_reading_without_a_live_annotation_is_an_orphan() {
    let mut scene = scene();
    let reading = scene.read(user("a"), scene.state, Act::Accuses);
    scene.history.add(user("a"), scene.annotation.uuid(), [annotation::Event::AnnotationRetracted]);
    let fixture = Fixture::new(scene.history);
    let Some(Of::Reading(shown)) = fixture.get("readings", &reading).of else { panic!("no reading") };
    assert_eq!(shown.status, "orphan");
    assert_eq!(fixture.board(scene.incident).status, "unattributed");
}

#[test]
fn a_filter_that_means_nothing_is_refused() {
    let fixture = Fixture::new(scene().history);
    let refused = |collection: &str, filter: Filter| {
        let list = List { filter: Some(filter), ..list(collection, 10, 0) };
        fixture.refusal(&fixture.request(Question::List(list)))
    };
    let text = || Some("nonsense".to_owned());
    let invalid = |code: &str| (refusal::Why::Invalid, code.to_owned());
    assert_eq!(refused("incidents", Filter { status: text(), ..Filter::default() }), invalid("filter_invalid"));
    assert_eq!(refused("actors", Filter { kind: text(), ..Filter::default() }), invalid("filter_invalid"));
    assert_eq!(refused("readings", Filter { actor: text(), ..Filter::default() }), invalid("filter_invalid"));
    assert_eq!(refused("sources", Filter { document: text(), ..Filter::default() }), invalid("filter_not_applicable"));
    assert_eq!(refused("members", Filter { q: text(), ..Filter::default() }), invalid("filter_not_applicable"));
    assert_eq!(
        refused("sources", Filter { author: Some("No One".to_owned()), ..Filter::default() }),
        invalid("filter_invalid")
    );
}

#[test]
fn who_is_no_member_finds_nothing_and_never_learns_that_it_is_there() {
    let mut scene = scene();
    scene.history.grant(user("member"), Role::Reader);
    let left = scene.history.grant(user("left"), Role::Admin);
    scene.history.add(
        scene.history.admin,
        scene.history.project.uuid(),
        [project::Event::MemberRoleRevoked { user: user("left") }],
    );
    let incident = scene.incident;
    let fixture = Fixture::new(scene.history);
    let questions = || {
        [
            board(incident),
            get("projects", &fixture.history.project),
            get("incidents", &incident),
            Question::List(list("incidents", 10, 0)),
            Question::Records(AskRecords { limit: 10, after: 0 }),
            Question::History(AskHistory {
                kind: "incident".to_owned(),
                id: incident.to_string(),
                limit: 10,
                after: 0,
            }),
        ]
    };
    let viewer = |user: Option<UserId>| Viewer {
        user: user.map(|user| user.to_string()).unwrap_or_default(),
        ..Viewer::default()
    };
    let strangers = [viewer(None), viewer(Some(user("stranger"))), viewer(Some(user("left")))];
    let members = [
        viewer(Some(user("member"))),
        Viewer { operator: true, ..viewer(Some(user("stranger"))) },
        Viewer { anonymous_reader: true, ..viewer(None) },
    ];
    for question in questions() {
        for viewer in &strangers {
            // Who was a member once is none now, also of the past.
            for as_of in [None, Some(left)] {
                let request = Request { viewer: Some(viewer.clone()), as_of, ..fixture.request(question.clone()) };
                assert_eq!(fixture.refusal(&request), (refusal::Why::Absent, "not_found".to_owned()));
            }
        }
        for viewer in &members {
            let request = Request { viewer: Some(viewer.clone()), ..fixture.request(question.clone()) };
            assert!(!matches!(fixture.answer(&request).answer, Some(Said::Refusal(_))));
        }
    }
    let projects = |viewer: &Viewer, project: String| {
        let question = Question::ListProjects(ListProjects { limit: 10, after: 0 });
        let request = Request { viewer: Some(viewer.clone()), project, ..fixture.request(question) };
        match fixture.answer(&request).answer {
            Some(Said::Page(page)) => page.items.len(),
            other => panic!("no page: {other:?}"),
        }
    };
    assert_eq!(strangers.each_ref().map(|viewer| projects(viewer, String::new())), [0, 0, 0]);
    assert_eq!(members.each_ref().map(|viewer| projects(viewer, String::new())), [1, 1, 0]);
    assert_eq!(projects(&members[2], fixture.history.project.to_string()), 1);
}

#[test]
fn ids_of_other_projects_name_nothing() {
    let scene = scene();
    let mut other = History::new(2);
    let foreign = other.source("Foreign");
    let fixture = Fixture::new(scene.history);
    for id in [foreign.to_string(), Uuid::nil().to_string(), "nonsense".to_owned()] {
        let refused = fixture.refusal(&fixture.request(get("sources", &id)));
        assert_eq!(refused, (refusal::Why::Absent, "not_found".to_owned()));
    }
}

#[test]
fn parameters_out_of_reach_are_refused() {
    let scene = scene();
    let incident = scene.incident;
    let fixture = Fixture::new(scene.history);
    let head = fixture.history.position();
    let base = || fixture.request(board(incident));
    let without = vec![wire::view::Without { kind: "source".to_owned(), id: scene.source.to_string() }];
    let refused = |request: Request| fixture.refusal(&request);
    assert_eq!(refused(Request { without, ..base() }), (refusal::Why::Invalid, "not_supported_yet".to_owned()));
    assert_eq!(refused(Request { policy: Some(1), ..base() }), (refusal::Why::Invalid, "unknown_policy".to_owned()));
    assert_eq!(refused(Request { as_of: Some(head + 1), ..base() }), (refusal::Why::Behind, "behind".to_owned()));
    assert_eq!(refused(Request { at_least: Some(head + 1), ..base() }), (refusal::Why::Behind, "behind".to_owned()));
    assert_eq!(refused(Request { as_of: Some(1), ..base() }), (refusal::Why::Absent, "not_found".to_owned()));
    assert_eq!(refused(Request { as_of: Some(0), ..base() }), (refusal::Why::Absent, "not_found".to_owned()));
    assert_eq!(refused(Request { question: None, ..base() }), (refusal::Why::Invalid, "question_missing".to_owned()));
    assert_eq!(refused(Request { project: "x".to_owned(), ..base() }), (refusal::Why::Absent, "not_found".to_owned()));
}

#[test]
fn a_board_tells_who_says_what_and_where_it_is_written() {
    let mut scene = scene();
    let accuses = scene.read(user("a"), scene.state, Act::Accuses);
    let denial = scene.history.annotation(user("a"), scene.document, 29, 49);
    let denies = Claim { evidence: vec![denial], ..scene.claim(scene.group, Act::Denies) };
    let denies = scene.history.reading(user("a"), denies);
    let fixture = Fixture::new(scene.history);
    let board = fixture.board(scene.incident);
    assert_eq!((board.status.as_str(), board.as_of, board.policy), ("disputed", fixture.history.position(), 0));
    assert_eq!(board.incident.unwrap().title, "Attack on Ain al-Assad");
    assert_eq!(board.disputes[0].kind, "denied");
    assert_eq!(board.disputes[0].because, [accuses.to_string(), denies.to_string()]);
    let [proposition] = &board.propositions[..] else { panic!("one proposition") };
    assert_eq!(proposition.actor.as_ref().unwrap().name, "Group");
    assert_eq!((proposition.status.as_str(), proposition.n_support), ("denied", 1));
    let [support] = &proposition.support[..] else { panic!("one utterance") };
    assert_eq!(support.speakers, ["Agency", "State"]);
    assert_eq!(support.speaker.as_ref().unwrap().name, "State");
    assert_eq!(support.readings, [accuses.to_string()]);
    let [quote] = &support.quotes[..] else { panic!("one quote") };
    assert_eq!((quote.start, quote.end, quote.exact.as_ref(), support.quotes_total), (0, 28, None, 1));
    assert_eq!(proposition.opposition[0].utterance, denies.to_string());
}

#[test]
fn a_board_is_what_the_records_up_to_its_position_say() {
    let mut scene = scene();
    let before = scene.history.position();
    scene.read(user("a"), scene.state, Act::Accuses);
    let accused = scene.history.position();
    let denial = scene.read(user("a"), scene.group, Act::Denies);
    let disputed = scene.history.position();
    scene.history.add(user("a"), denial.uuid(), [reading::Event::ClaimReadingRetracted]);
    let fixture = Fixture::new(scene.history);
    let status = |at| match fixture.ask_at(at, board(scene.incident)) {
        Said::Board(board) => board.status,
        other => panic!("no board: {other:?}"),
    };
    let statuses = ["unattributed", "officially_attributed", "disputed", "officially_attributed"];
    // Twice: the second time with a board in the cache that holds for a later position.
    for _ in 0..2 {
        let found = [before, accused, disputed, disputed + 1].map(status);
        assert_eq!(found, statuses);
    }
}

#[test]
fn the_default_policy_is_the_newest_one_at_the_position() {
    let mut scene = scene();
    scene.read(user("a"), scene.state, Act::Accuses);
    let before = scene.history.position();
    let excluded = policy::Policy { officials_exclude: [scene.state].into(), ..policy::Policy::default() };
    let published = project::Event::PolicyPublished { version: 1, policy: excluded };
    scene.history.add(scene.history.admin, scene.history.project.uuid(), [published]);
    let fixture = Fixture::new(scene.history);
    let board_under =
        |policy| match fixture.answer(&Request { policy, ..fixture.request(board(scene.incident)) }).answer {
            Some(Said::Board(board)) => (board.policy, board.status),
            other => panic!("no board: {other:?}"),
        };
    assert_eq!(board_under(None), (1, "accused".to_owned()));
    assert_eq!(board_under(Some(0)), (0, "officially_attributed".to_owned()));
    let Said::Board(earlier) = fixture.ask_at(before, board(scene.incident)) else { panic!("no board") };
    assert_eq!((earlier.policy, earlier.status.as_str()), (0, "officially_attributed"));
}

#[test]
fn whatever_a_board_depends_on_changes_it_at_once() {
    let mut scene = scene();
    let reading = scene.read(user("a"), scene.state, Act::Accuses);
    let spokesman = scene.history.actor(ActorKind::Person, "Spokesman");
    let (incident, group, state, annotation) = (scene.incident, scene.group, scene.state, scene.annotation);
    let denies = scene.claim(spokesman, Act::Denies);
    let retracts = Claim { act: Act::Retracts, changes: vec![reading], ..scene.claim(state, Act::Accuses) };
    let mut fixture = Fixture::new(scene.history);
    assert_eq!(fixture.board(incident).status, "officially_attributed");

    let elsewhere = fixture.history.incident("Elsewhere");
    fixture.catch_up();
    assert_eq!(fixture.board(incident).as_of, fixture.history.position());
    assert_eq!(fixture.board(elsewhere).status, "unattributed");

    fixture.history.reading(user("a"), denies);
    fixture.catch_up();
    assert_eq!(fixture.board(incident).disputes[0].kind, "opposed");

    // The one who denies turns out to speak for the accused.
    let relation = fixture.history.relation(RelationType::SpeaksFor, spokesman, group, annotation);
    fixture.catch_up();
    assert_eq!(fixture.board(incident).disputes[0].kind, "denied");

    fixture.history.add(user("b"), relation.uuid(), [relation::Event::RelationWithdrawn]);
    fixture.catch_up();
    assert_eq!(fixture.board(incident).disputes[0].kind, "opposed");

    fixture.history.reading(user("a"), retracts);
    fixture.catch_up();
    assert_eq!(fixture.board(incident).propositions[0].status, "withdrawn");

    let renamed = domain::actor::Event::ActorNameWithdrawn { id: domain::id::NameId::new(Uuid::from_u128(0)) };
    fixture.history.add(user("a"), group.uuid(), [renamed]);
    fixture.history.add(user("a"), incident.uuid(), [incident::Event::IncidentDetailRevised(detail("Renamed"))]);
    fixture.catch_up();
    assert_eq!(fixture.board(incident).incident.unwrap().title, "Renamed");

    fixture.history.add(user("a"), annotation.uuid(), [annotation::Event::AnnotationRetracted]);
    fixture.catch_up();
    assert_eq!(fixture.board(incident).propositions, []);
}

#[test]
fn a_retraction_about_something_else_that_only_one_of_two_readers_found_does_not_hold() {
    let mut scene = scene();
    let accusation = scene.read(user("a"), scene.state, Act::Accuses);
    let elsewhere = scene.history.incident("Elsewhere");
    let passage = scene.history.annotation(user("b"), scene.document, 10, 28);
    let about = |scene: &Scene, act, evidence| claim(scene.source, scene.state, act, elsewhere, scene.group, evidence);
    let retracts =
        Claim { act: Act::Retracts, changes: vec![accusation], ..about(&scene, Act::Accuses, scene.annotation) };
    let accuses = about(&scene, Act::Accuses, passage);
    let incident = scene.incident;
    let mut fixture = Fixture::new(scene.history);
    fixture.history.reading(user("a"), retracts);
    fixture.catch_up();
    assert_eq!(fixture.board(incident).propositions[0].status, "withdrawn");

    // Another annotator reads the same words, and names nothing that they take back.
    fixture.history.reading(user("b"), accuses);
    fixture.catch_up();
    assert_eq!(fixture.board(incident).propositions[0].status, "officially_attributed");
}

#[test]
fn a_board_of_a_class_or_of_nothing_is_refused() {
    let mut scene = scene();
    let class = scene.history.class("Attacks", None);
    let fixture = Fixture::new(scene.history);
    let refused = |id: IncidentId| fixture.refusal(&fixture.request(board(id)));
    assert_eq!(refused(class), (refusal::Why::Invalid, "not_an_incident".to_owned()));
    assert_eq!(refused(IncidentId::new(Uuid::nil())), (refusal::Why::Absent, "not_found".to_owned()));
}

#[test]
fn a_history_is_every_record_of_the_aggregate_in_order() {
    let mut scene = scene();
    let reading = scene.read(user("a"), scene.state, Act::Accuses);
    let revised = reading::Event::ClaimReadingRevised(scene.claim(scene.state, Act::Suspects));
    let created = scene.history.position();
    let position = scene.history.add(user("a"), reading.uuid(), [revised]);
    scene.read(user("b"), scene.state, Act::Accuses);
    let fixture = Fixture::new(scene.history);
    let history = |limit, after| {
        let ask = AskHistory { kind: "reading".to_owned(), id: reading.to_string(), limit, after };
        match fixture.ask(Question::History(ask)) {
            Said::Records(Records { items, next }) => {
                (items.iter().map(|item| item.position).collect::<Vec<_>>(), next)
            }
            other => panic!("no records: {other:?}"),
        }
    };
    assert_eq!(history(10, 0), (vec![created, position], None));
    assert_eq!(history(1, 0), (vec![created], Some(created)));
    assert_eq!(history(1, created), (vec![position], None));
    let unknown = AskHistory { kind: "nonsense".to_owned(), ..AskHistory::default() };
    let refused = fixture.refusal(&fixture.request(Question::History(unknown)));
    assert_eq!(refused, (refusal::Why::Invalid, "unknown_kind".to_owned()));
}

#[test]
fn a_users_history_is_for_operators() {
    let mut scene = scene();
    let id = user("a").uuid();
    let registered = domain::user::Event::UserRegistered { display_name: domain::text::Text::recorded("A".to_owned()) };
    scene.history.add(user("a"), id, [registered]);
    let fixture = Fixture::new(scene.history);
    let ask = Question::History(AskHistory { kind: "user".to_owned(), id: id.to_string(), limit: 10, after: 0 });
    let request = fixture.request(ask);
    assert_eq!(fixture.refusal(&request), (refusal::Why::Absent, "not_found".to_owned()));
    let operator = Request { viewer: Some(Viewer { operator: true, ..Viewer::default() }), ..request };
    assert!(matches!(fixture.answer(&operator).answer, Some(Said::Records(Records { items, .. })) if items.len() == 1));
}

#[test]
fn the_records_of_a_project_are_its_part_of_the_log_as_it_stands() {
    let scene = scene();
    let fixture = Fixture::new(scene.history);
    let (mut after, mut read) = (0, Vec::new());
    loop {
        let Said::Records(Records { items, next }) = fixture.ask(Question::Records(AskRecords { limit: 3, after }))
        else {
            panic!("no records")
        };
        read.extend(items.into_iter().map(|item| (item.position, item.payload)));
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    let log: Vec<_> = fixture.history.entries().iter().map(|entry| (entry.position, entry.payload.to_vec())).collect();
    assert_eq!(read, log);
}

#[test]
fn a_text_that_may_be_read_is_named_with_its_digest() {
    let scene = scene();
    let fixture = Fixture::new(scene.history);
    let ask = |revision| Question::Text(AskText { document: scene.document.to_string(), revision });
    let Said::Text(grant) = fixture.ask(ask(1)) else { panic!("no grant") };
    assert_eq!((grant.bytes, grant.sha256.len()), (TEXT.len() as u64, 64));
    assert_eq!(fixture.refusal(&fixture.request(ask(2))), (refusal::Why::Absent, "not_found".to_owned()));
}

fn dumped(store: &Store, at: u64) -> String {
    let mut lines = Vec::new();
    dump(store, Some(at), &mut lines).unwrap();
    String::from_utf8(lines).unwrap()
}

/// What happens to the scene of a random history.
fn happen(scene: &mut Scene, what: u8, who: u8) {
    let reader = [user("a"), user("b"), user("c")][usize::from(who % 3)];
    let speaker = if who.is_multiple_of(2) { scene.state } else { scene.group };
    match what % 8 {
        0 => drop(scene.read(reader, speaker, Act::Accuses)),
        1 => drop(scene.read(reader, speaker, Act::Denies)),
        2 => {
            let claim = Claim { act: Act::Suspects, ..scene.claim(speaker, Act::Accuses) };
            let reading = scene.read(reader, speaker, Act::Reports);
            scene.history.add(reader, reading.uuid(), [reading::Event::ClaimReadingRevised(claim)]);
        }
        3 => {
            let reading = scene.read(reader, speaker, Act::Infers);
            scene.history.add(reader, reading.uuid(), [reading::Event::ClaimReadingRetracted]);
        }
        4 => {
            let annotation = scene.history.annotation(reader, scene.document, 1, 9);
            let moved = annotation::Event::AnnotationRevised(span(scene.document, 2, 9));
            scene.history.add(reader, annotation.uuid(), [moved]);
        }
        5 => drop(scene.history.relation(RelationType::HoldsOffice, scene.group, scene.state, scene.annotation)),
        6 => drop(scene.history.class("Attacks of May", Some("2021-05"))),
        _ => drop(scene.history.incident("Another attack")),
    }
}

proptest! {
    #![proptest_config(cases(12, 500))]

    #[test]
    fn a_rebuilt_store_dumps_the_same_bytes_as_one_that_lived(
        steps in prop::collection::vec((any::<u8>(), any::<u8>()), 1..40),
        parts in prop::collection::vec((1..20_usize, any::<bool>()), 1..20),
        at in 1..60_u64,
    ) {
        let mut scene = scene();
        for (what, who) in steps {
            happen(&mut scene, what, who);
        }
        let entries: &[Entry] = scene.history.entries();
        let (live_folder, rebuilt_folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let live = Store::create(&live_folder.path().join("gen-1"), scene.history.log).unwrap();
        let mut rest = entries;
        for (len, compact) in parts.iter().cycle() {
            let (part, left) = rest.split_at((*len).min(rest.len()));
            live.append(part).unwrap();
            if *compact {
                live.compact(1).unwrap();
            }
            rest = left;
            if rest.is_empty() {
                break;
            }
        }
        let rebuilt = Store::create(&rebuilt_folder.path().join("gen-1"), scene.history.log).unwrap();
        rebuilt.append(entries).unwrap();
        rebuilt.compact(1).unwrap();
        let head = entries.len() as u64;
        prop_assert_eq!(dumped(&live, head), dumped(&rebuilt, head));
        // A dump of the past is the dump of a store that ends there.
        let at = at.min(head);
        let past_folder = TempDir::new().unwrap();
        let past = Store::create(&past_folder.path().join("gen-1"), scene.history.log).unwrap();
        past.append(&entries[..usize::try_from(at).unwrap()]).unwrap();
        prop_assert_eq!(dumped(&live, at), dumped(&past, at));
    }

    #[test]
    fn a_cached_board_is_the_board_of_the_records(
        steps in prop::collection::vec((any::<u8>(), any::<u8>()), 1..30),
    ) {
        let mut fixture = Fixture::new(scene().history);
        let mut scene = scene();
        for (what, who) in steps {
            happen(&mut scene, what, who);
            fixture.history = scene.history.clone();
            fixture.catch_up();
            let cached = fixture.board(scene.incident);
            let fresh = BoardCache::default();
            let request = fixture.request(board(scene.incident));
            let answer = View::new(&fixture.store, &fresh, true).answer(&request).unwrap().answer;
            prop_assert_eq!(Some(Said::Board(cached)), answer);
        }
    }
}
