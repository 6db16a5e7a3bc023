mod adjudications;
mod agreement;
mod assessments;
mod boards;
mod collections;
mod histories;
mod imports;
mod installations;
mod judgements;
mod ledgers;
mod origins;
mod records;
mod relations;
mod tasks;
mod timelines;
mod veils;
mod without;
mod work;

use super::*;
use crate::testing::{History, claim, user};
use domain::access::Role;
use domain::actor::ActorKind;
use domain::adjudication::Target;
use domain::claim::{Act, Claim, Proposition};
use domain::id::{ActorId, AnnotationId, DocumentId, IncidentId, ProjectId, ReadingId, SourceId, UserId};
use domain::project;
use tempfile::TempDir;
use uuid::Uuid;
use wire::view::{
    AskBoard, AskHistory, AskRecords, Board, Filter, Get, Grant, Known, List, ListProjects, Page, Records, Resource,
    Unchanged, Viewer, resource::Of,
};

fn grant(project: ProjectId, role: &str) -> Grant {
    Grant { project: project.to_string(), role: role.to_owned() }
}

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
    Question::Board(AskBoard { incident: incident.to_string(), quotes: 20, known: None })
}

/// Asks for a board unless it is the one that is known.
fn board_unless(incident: IncidentId, known: Known) -> Question {
    Question::Board(AskBoard { incident: incident.to_string(), quotes: 20, known: Some(known) })
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
        Of::Derivation(it) => it.id.clone(),
        Of::Judgement(it) => it.id.clone(),
        Of::Adjudication(it) => it.id.clone(),
        Of::Assessment(it) => it.id.clone(),
        Of::Task(it) => it.id.clone(),
        Of::Import(it) => it.id.clone(),
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

    /// The proposition that the group did it, to be decided.
    fn target(&self) -> Target {
        Target::Proposition(self.proposition())
    }

    fn proposition(&self) -> Proposition {
        self.claim(self.state, Act::Accuses).proposition
    }

    fn read(&mut self, author: UserId, speaker: ActorId, act: Act) -> ReadingId {
        let claim = self.claim(speaker, act);
        self.history.reading(author, claim)
    }
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
    let elsewhere = vec![grant(ProjectId::new(Uuid::from_u128(404)), "admin")];
    let strangers = [
        viewer(None),
        viewer(Some(user("stranger"))),
        viewer(Some(user("left"))),
        Viewer { grants: elsewhere, ..viewer(Some(user("stranger"))) },
    ];
    let members = [
        viewer(Some(user("member"))),
        Viewer { operator: true, ..viewer(Some(user("stranger"))) },
        Viewer { anonymous_reader: true, ..viewer(None) },
        Viewer { grants: vec![grant(fixture.history.project, "reader")], ..viewer(Some(user("stranger"))) },
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
    assert_eq!(strangers.each_ref().map(|viewer| projects(viewer, String::new())), [0, 0, 0, 0]);
    assert_eq!(members.each_ref().map(|viewer| projects(viewer, String::new())), [1, 1, 0, 1]);
    assert_eq!(projects(&members[2], fixture.history.project.to_string()), 1);
}

#[test]
fn a_role_that_is_revoked_counts_at_once_whatever_was_answered_before() {
    let mut scene = scene();
    let member = user("member");
    let granted = scene.history.grant(member, Role::Reader);
    let (incident, document) = (scene.incident, scene.document);
    let mut fixture = Fixture::new(scene.history);
    let is_answered = |fixture: &Fixture, as_of: Option<u64>| {
        let viewer = Viewer { user: member.to_string(), ..Viewer::default() };
        let request = Request { viewer: Some(viewer), as_of, ..fixture.request(board(incident)) };
        match fixture.answer(&request).answer {
            Some(Said::Board(_)) => true,
            Some(Said::Refusal(refusal)) if refusal.why() == refusal::Why::Absent => false,
            other => panic!("neither a board nor a refusal: {other:?}"),
        }
    };
    let revoke = |fixture: &mut Fixture| {
        let (admin, project) = (fixture.history.admin, fixture.history.project.uuid());
        fixture.history.add(admin, project, [project::Event::MemberRoleRevoked { user: member }]);
        fixture.catch_up();
    };
    for others in [0, 1, 5_000] {
        for compacted in [false, true] {
            for as_of in [None, Some(granted), None] {
                assert!(is_answered(&fixture, as_of));
            }
            // Records of others: more of them than are kept in memory with what they concern.
            for _ in 0..others {
                fixture.history.annotation(user("a"), document, 0, 4);
            }
            fixture.catch_up();
            if compacted {
                fixture.store.compact(1).unwrap();
            }
            assert!(is_answered(&fixture, None));
            revoke(&mut fixture);
            for as_of in [None, Some(granted), None] {
                assert!(!is_answered(&fixture, as_of), "after {others} other records");
            }
            fixture.history.grant(member, Role::Reader);
            fixture.catch_up();
        }
    }
}

#[test]
fn an_answer_as_of_a_time_is_that_as_of_the_last_position_known_by_then() {
    let scene = scene();
    let incident = scene.incident;
    let fixture = Fixture::new(scene.history);
    let head = fixture.history.position();
    let known_at = |position: u64| fixture.store.known_at(position).unwrap().unwrap();
    let at_time = |time_us: i64| {
        let request = Request { as_of_time_us: Some(time_us), ..fixture.request(board(incident)) };
        // What was computed before is not looked up by a time.
        assert_eq!(View::new(&fixture.store, &fixture.boards, true).recall(&request).unwrap(), None);
        fixture.answer(&request)
    };
    let mut boards = 0;
    for position in 1..=head {
        let request = Request { as_of: Some(position), ..fixture.request(board(incident)) };
        let expected = fixture.answer(&request);
        // By then, and until the next record.
        for time_us in [known_at(position), known_at(position) + 999_999] {
            assert_eq!(at_time(time_us), expected);
        }
        if matches!(expected.answer, Some(Said::Board(_))) {
            assert_eq!((expected.as_of, expected.known_at_us), (position, Some(known_at(position))));
            boards += 1;
        } else {
            assert_eq!((expected.as_of, expected.known_at_us), (position, None));
        }
    }
    assert!(boards > 1, "boards of more than one position were compared");
    let far = at_time(i64::MAX);
    assert_eq!((far.as_of, far.known_at_us), (head, Some(known_at(head))));
    let before = at_time(known_at(1) - 1);
    assert_eq!(before.as_of, 0);
    assert!(matches!(before.answer, Some(Said::Refusal(refusal)) if refusal.why() == refusal::Why::Absent));
    // A position that is named as well counts instead; where neither is named, it is not told when the newest was known.
    let both = Request { as_of: Some(head), as_of_time_us: Some(0), ..fixture.request(board(incident)) };
    assert_eq!(fixture.answer(&both).as_of, head);
    assert_eq!(fixture.answer(&fixture.request(board(incident))).known_at_us, None);
    // Who may not read the project is not told what position that was: it says when which record came.
    let stranger = Viewer { user: user("stranger").to_string(), ..Viewer::default() };
    let request = Request { as_of_time_us: Some(known_at(2)), ..fixture.request(board(incident)) };
    let refused = fixture.answer(&Request { viewer: Some(stranger), ..request });
    assert_eq!((refused.as_of, refused.known_at_us), (head, None));
    assert!(matches!(refused.answer, Some(Said::Refusal(_))));
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
    let refused = |request: Request| fixture.refusal(&request);
    assert_eq!(refused(Request { policy: Some(1), ..base() }), (refusal::Why::Invalid, "unknown_policy".to_owned()));
    assert_eq!(refused(Request { as_of: Some(head + 1), ..base() }), (refusal::Why::Behind, "behind".to_owned()));
    assert_eq!(refused(Request { at_least: Some(head + 1), ..base() }), (refusal::Why::Behind, "behind".to_owned()));
    assert_eq!(refused(Request { as_of: Some(1), ..base() }), (refusal::Why::Absent, "not_found".to_owned()));
    assert_eq!(refused(Request { as_of: Some(0), ..base() }), (refusal::Why::Absent, "not_found".to_owned()));
    assert_eq!(refused(Request { question: None, ..base() }), (refusal::Why::Invalid, "question_missing".to_owned()));
    assert_eq!(refused(Request { project: "x".to_owned(), ..base() }), (refusal::Why::Absent, "not_found".to_owned()));
}
