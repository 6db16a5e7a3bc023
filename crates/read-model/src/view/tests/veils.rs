//! What is hidden while a document is read blind is as if it had not been recorded.

use super::histories::happen;
use super::*;
use crate::testing::cases;
use domain::task::{self, Overlap, Terms};
use domain::{Event, actor, identity, mentions, relation};
use proptest::prelude::*;
use std::collections::BTreeSet;
use wire::record::Record;
use wire::view::{
    AskAgreement, AskFeedback, AskIdentity, AskInbox, AskLedger, AskOrigins, AskOrphans, AskPreview, AskTimeline,
};

/// Who looks.
const VIEWER: &str = "a";

/// A scene whose document is read by everybody, of whom one looks.
fn blind_scene() -> Scene {
    let mut scene = scene();
    scene.history.grant(user(VIEWER), Role::Annotator);
    let id = scene.history.id();
    let terms = Terms {
        document: scene.document,
        revision: 1,
        overlap: Overlap::Everyone,
        lease_seconds: 60,
        priority: 0,
        assignees: Vec::new(),
    };
    scene.history.add(user("curator"), id, [task::Event::TaskOpened(terms)]);
    for name in ["b", VIEWER] {
        scene.history.add(user(name), id, [leased(name)]);
    }
    // That the viewer's lease ran out is written down by who comes after.
    let expired = task::Event::LeaseExpired { annotator: user(VIEWER) };
    scene.history.add(user("c"), id, [expired, leased("c")]);
    scene
}

fn leased(name: &str) -> task::Event {
    task::Event::TaskLeased { annotator: user(name), until_us: 1 }
}

/// What the rule says of a history that is at its end, worked out from the whole of it.
#[derive(Default)]
struct Hidden {
    /// From whom; nobody reads without a token.
    viewer: Option<UserId>,
    annotations: BTreeSet<Uuid>,
    readings: BTreeSet<Uuid>,
    /// Derivations, assessments and adjudications.
    about: BTreeSet<Uuid>,
    judgements: BTreeSet<Uuid>,
}

impl Hidden {
    fn of(history: &History, covered: DocumentId, viewer: Option<UserId>) -> Self {
        let records: Vec<Record> =
            history.entries().iter().map(|entry| wire::record::decode(&entry.payload).unwrap()).collect();
        let mut creators = std::collections::HashMap::new();
        let mut stands = BTreeSet::new();
        let mut hidden = Self { viewer, ..Self::default() };
        for record in &records {
            let envelope = &record.envelope;
            let creator = *creators.entry((envelope.kind, envelope.id)).or_insert(envelope.author);
            let is_own = Some(creator) == viewer;
            for (kind, id) in named(&record.events) {
                let is_covered = (kind, id) == (Kind::Document, covered.uuid())
                    || (kind == Kind::Annotation && stands.contains(&id));
                match envelope.kind {
                    Kind::Annotation if is_covered => {
                        stands.insert(envelope.id);
                        if !is_own {
                            hidden.annotations.insert(envelope.id);
                        }
                    }
                    Kind::Reading if is_covered && !is_own => drop(hidden.readings.insert(envelope.id)),
                    _ => {}
                }
            }
        }
        for record in &records {
            let envelope = &record.envelope;
            let is_hidden = named(&record.events).into_iter().any(|(kind, id)| match kind {
                Kind::Annotation => hidden.annotations.contains(&id),
                Kind::Reading => hidden.readings.contains(&id),
                _ => false,
            });
            let is_others = Some(creators[&(envelope.kind, envelope.id)]) != viewer;
            if matches!(envelope.kind, Kind::Derivation | Kind::Assessment | Kind::Adjudication)
                && envelope.revision == 1
                && is_hidden
                && is_others
            {
                hidden.about.insert(envelope.id);
            }
            for event in &record.events {
                let Event::Identity(event) = event else { continue };
                let Some((_, judged)) = event.judged() else { continue };
                let contests = judged.against.iter().any(|id| hidden.judgements.contains(&id.uuid()));
                let names = judged.subject == identity::Subject::Reading
                    && [judged.left, judged.right].iter().any(|id| hidden.readings.contains(id));
                if Some(envelope.author) != viewer && (names || contests) {
                    hidden.judgements.insert(judged.id.uuid());
                }
            }
        }
        hidden
    }

    /// What is left of a record.
    fn left(&self, record: &Record) -> Vec<Event> {
        let (envelope, mut events) = (&record.envelope, record.events.clone());
        let keeps = match envelope.kind {
            Kind::Annotation => !self.annotations.contains(&envelope.id),
            Kind::Reading => !self.readings.contains(&envelope.id),
            _ => !self.about.contains(&envelope.id),
        };
        events.retain(|event| match event {
            Event::Identity(event) => !self.judgements.contains(&event.judgement().uuid()),
            Event::Task(task::Event::TaskOpened(_) | task::Event::TaskClosed) => true,
            Event::Task(_) => Some(envelope.author) == self.viewer,
            _ => keeps,
        });
        for event in &mut events {
            let evidence = match event {
                Event::Actor(actor::Event::ActorNameAsserted { name, .. }) => &mut name.evidence,
                Event::Relation(relation::Event::RelationRegistered(edge)) => &mut edge.evidence,
                _ => continue,
            };
            evidence.retain(|id| !self.annotations.contains(&id.uuid()));
        }
        events
    }
}

fn named(events: &[Event]) -> Vec<(Kind, Uuid)> {
    let mut named = Vec::new();
    for event in events {
        mentions::each(event, |kind, id| named.push((kind, id)));
    }
    named
}

/// Everything that may be asked of a scene.
fn questions(scene: &Scene) -> Vec<Question> {
    let (incident, limit, quotes) = (scene.incident.to_string(), 1_000, 20);
    let ledger =
        |kind: &str, id: String| Question::Ledger(AskLedger { kind: kind.to_owned(), id, limit, after: 0, quotes });
    let mut questions = vec![
        board(scene.incident),
        Question::Timeline(AskTimeline { incident: incident.clone(), quotes }),
        Question::Origins(AskOrigins { incident }),
        ledger("actor", scene.group.to_string()),
        ledger("actor", scene.state.to_string()),
        ledger("source", scene.source.to_string()),
        Question::Orphans(AskOrphans { limit, after: 0 }),
        Question::Inbox(AskInbox { limit, after: 0 }),
        Question::Feedback(AskFeedback { limit, after: 0 }),
        Question::Agreement(AskAgreement { limit, ..AskAgreement::default() }),
        Question::Agreement(AskAgreement {
            limit,
            document: Some(scene.document.to_string()),
            ..AskAgreement::default()
        }),
        Question::Records(AskRecords { limit, after: 0 }),
        Question::Records(AskRecords { limit: 2, after: 7 }),
    ];
    for kind in ["actor", "incident", "reading"] {
        questions.push(Question::Identity(AskIdentity { kind: kind.to_owned(), limit, after: 0 }));
    }
    let (left, right) = (scene.group.to_string(), scene.state.to_string());
    questions.push(Question::Preview(AskPreview { kind: "actor".to_owned(), left, right, limit, after: 0 }));
    let collections = [
        "sources",
        "documents",
        "incidents",
        "actors",
        "relations",
        "annotations",
        "readings",
        "judgements",
        "derivations",
        "assessments",
        "adjudications",
        "tasks",
        "imports",
    ];
    for collection in collections {
        questions.extend([limit, 2].map(|limit| Question::List(list(collection, limit, 0))));
    }
    let some = |text: &str| Some(text.to_owned());
    let statuses = ["live", "retracted", "disputed", "suggested", "unattributed", "held", "open"];
    let mut filters = vec![
        Filter { document: Some(scene.document.to_string()), ..Filter::default() },
        Filter { author: some("b"), ..Filter::default() },
        Filter { actor: Some(scene.group.to_string()), ..Filter::default() },
        Filter { incident: Some(scene.incident.to_string()), ..Filter::default() },
        Filter { actor: Some(scene.state.to_string()), status: some("live"), ..Filter::default() },
        Filter { q: some("a"), ..Filter::default() },
    ];
    filters.extend(statuses.map(|status| Filter { status: some(status), ..Filter::default() }));
    for filter in filters {
        for collection in collections {
            questions.push(Question::List(List { filter: Some(filter.clone()), ..list(collection, limit, 0) }));
        }
    }
    for entry in scene.history.entries() {
        let envelope = wire::record::decode_envelope(&entry.payload).unwrap();
        if envelope.kind != Kind::User {
            let (kind, id) = (envelope.kind.to_string(), envelope.id.to_string());
            questions.push(Question::History(AskHistory { kind, id, limit, after: 0 }));
        }
    }
    questions
}

fn ids_in(reply: Reply) -> Vec<String> {
    match reply.answer {
        Some(Said::Page(page)) => page.items.iter().map(id_of).collect(),
        other => panic!("no page: {other:?}"),
    }
}

/// Who reads blind: one who has a lease, and somebody without a token.
fn viewers() -> [(Option<UserId>, Viewer); 2] {
    let annotator = Viewer { user: user(VIEWER).to_string(), ..Viewer::default() };
    [(Some(user(VIEWER)), annotator), (None, Viewer { anonymous_reader: true, ..Viewer::default() })]
}

proptest! {
    #![proptest_config(cases(8, 500))]

    #[test]
    fn what_is_hidden_is_as_if_it_had_not_been_recorded(
        steps in prop::collection::vec((any::<u8>(), any::<u8>()), 1..40),
        back in 0..10_u64,
    ) {
        let mut scene = blind_scene();
        for (what, who) in steps {
            happen(&mut scene, what, who);
        }
        let crowded = Fixture::new(scene.history.clone());
        let past = crowded.history.position() - back;
        for (who, viewer) in viewers() {
            let hidden = Hidden::of(&scene.history, scene.document, who);
            let lonely = Fixture::new(scene.history.without(|record| hidden.left(record)));
            let mut differ = 0;
            for question in questions(&scene) {
                // Whatever is kept for those who see all is not for those who do not.
                let everybody = crowded.answer(&crowded.request(question.clone()));
                for as_of in [None, Some(past)] {
                    let viewer = Some(viewer.clone());
                    let request = Request { viewer, as_of, ..crowded.request(question.clone()) };
                    let (one, other) = (crowded.answer(&request), lonely.answer(&request));
                    prop_assert_eq!(&one, &other, "{:?} as of {:?} by {:?}", question, as_of, who);
                    prop_assert_eq!(&crowded.answer(&request), &one, "again: {:?}", question);
                    differ += usize::from(as_of.is_none() && one != everybody);
                }
            }
            prop_assert!(differ > 0, "the task at least looks otherwise to who sees all");
        }
        // What is one's own is never hidden.
        for collection in ["annotations", "readings"] {
            let own = Filter { author: Some(VIEWER.to_owned()), ..Filter::default() };
            let own = Question::List(List { filter: Some(own), ..list(collection, 1_000, 0) });
            let [(_, viewer), _] = viewers();
            let request = Request { viewer: Some(viewer), ..crowded.request(own.clone()) };
            let (mine, all) = (crowded.answer(&request), crowded.answer(&crowded.request(own)));
            prop_assert_eq!(ids_in(mine), ids_in(all), "{}", collection);
        }
    }
}

/// A board is given again at once only to whom it is known that nothing is hidden from them.
#[test]
fn a_board_is_recalled_only_where_nothing_has_to_be_looked_up() {
    let mut scene = blind_scene();
    let board = board(scene.incident);
    let of = |fixture: &Fixture, viewer: UserId| Request {
        viewer: Some(Viewer { user: viewer.to_string(), ..Viewer::default() }),
        ..fixture.request(board.clone())
    };
    let recalled = |fixture: &Fixture, viewer: UserId| {
        View::new(&fixture.store, &fixture.boards, true).recall(&of(fixture, viewer)).unwrap().is_some()
    };
    let (admin, annotator) = (scene.history.admin, user(VIEWER));
    let fixture = Fixture::new(scene.history.clone());
    assert!(!recalled(&fixture, admin), "it was not computed yet");
    for viewer in [admin, annotator] {
        fixture.answer(&of(&fixture, viewer));
    }
    assert!(recalled(&fixture, admin));
    assert!(!recalled(&fixture, annotator), "a task is open");

    let envelopes = scene.history.entries().iter().map(|entry| wire::record::decode_envelope(&entry.payload).unwrap());
    let task = envelopes.filter(|envelope| envelope.kind == Kind::Task).last().unwrap().id;
    scene.history.add(user("curator"), task, [task::Event::TaskClosed]);
    let fixture = Fixture::new(scene.history.clone());
    fixture.answer(&of(&fixture, admin));
    assert!(!recalled(&fixture, annotator), "nobody looked whether a task is open");
    fixture.answer(&of(&fixture, annotator));
    assert!(recalled(&fixture, annotator));
}
