//! What would be without something, and what was: as an installation says it that never got the rest.

use super::histories::happen;
use super::*;
use crate::Entry;
use crate::testing::cases;
use domain::annotation;
use domain::derivation;
use domain::id::JudgementId;
use domain::{Event, Kind, reading, relation};
use proptest::prelude::*;
use std::collections::BTreeSet;
use wire::view::{AskOrigins, AskTimeline, BoardProposition, Without};

/// A store of these records, in this order, whatever their positions were.
fn installation(history: &History, records: impl IntoIterator<Item = Entry>) -> Fixture {
    let folder = TempDir::new().unwrap();
    let store = Store::create(&folder.path().join("gen-1"), history.log).unwrap();
    let entries: Vec<Entry> =
        records.into_iter().zip(1..).map(|(entry, position)| Entry { position, ..entry }).collect();
    store.append(&entries).unwrap();
    Fixture { store, boards: BoardCache::default(), history: history.clone(), stored: entries.len(), _folder: folder }
}

fn questions(incident: IncidentId) -> [Question; 4] {
    let incident = incident.to_string();
    [
        Question::Board(AskBoard { incident: incident.clone(), quotes: 20, known: None }),
        Question::Timeline(AskTimeline { incident: incident.clone(), quotes: 20 }),
        Question::Origins(AskOrigins { incident }),
        Question::List(list("incidents", 1_000, 0)),
    ]
}

/// An answer but for what names positions, and for what tells that it is what would be.
fn unplaced(answer: Said) -> Said {
    let unplaced = |about: &mut BoardProposition| {
        about.flags.retain(|flag| flag != "stale" && flag != "basis_changed");
        about.finding.iter_mut().for_each(|finding| finding.based_on = 0);
    };
    match answer {
        Said::Board(mut board) => {
            (board.as_of, board.since) = (0, 0);
            board.without.clear();
            board.flags.retain(|flag| flag != "basis_changed");
            board.finding.iter_mut().for_each(|finding| finding.based_on = 0);
            board.propositions.iter_mut().for_each(unplaced);
            let generic = board.generic.iter_mut().chain(&mut board.possible_members);
            generic.filter_map(|generic| generic.about.as_mut()).for_each(unplaced);
            Said::Board(board)
        }
        Said::Timeline(mut timeline) => {
            timeline.as_of = 0;
            timeline.without.clear();
            for about in timeline.rows.iter_mut().filter_map(|row| row.proposition.as_mut()) {
                about.flags.retain(|flag| flag != "stale");
            }
            Said::Timeline(timeline)
        }
        Said::Origins(mut origins) => {
            origins.as_of = 0;
            origins.without.clear();
            Said::Origins(origins)
        }
        Said::Page(mut page) => {
            for resource in &mut page.items {
                if let Some(Of::Incident(incident)) = &mut resource.of {
                    incident.position = 0;
                }
            }
            Said::Page(page)
        }
        other => other,
    }
}

fn decoded(entries: &[Entry]) -> Vec<wire::record::Record> {
    entries.iter().map(|entry| wire::record::decode(&entry.payload).unwrap()).collect()
}

/// The records that are left without something, told by the records alone.
fn rest(entries: &[Entry], left_out: &Without) -> Vec<Entry> {
    let records = decoded(entries);
    let id: Uuid = left_out.id.parse().unwrap();
    let readings_of = |author: UserId| {
        let created = records.iter().filter(|record| record.envelope.revision == 1);
        created.filter(move |record| record.envelope.kind == Kind::Reading && record.envelope.author == author)
    };
    let gone: BTreeSet<(Kind, Uuid)> = match left_out.kind.as_str() {
        "annotator" => readings_of(id.into()).map(|record| (Kind::Reading, record.envelope.id)).collect(),
        "document" => of_document(&records, id.into()),
        "judgement" => BTreeSet::new(),
        other => panic!("{other}"),
    };
    let is_of_judgement = |record: &wire::record::Record| {
        record.events.iter().any(|event| matches!(event, Event::Identity(event) if event.judgement() == id.into()))
    };
    let keeps = |record: &wire::record::Record| {
        let is_gone = gone.contains(&(record.envelope.kind, record.envelope.id));
        !(is_gone || left_out.kind == "judgement" && is_of_judgement(record))
    };
    entries.iter().zip(&records).filter(|(_, record)| keeps(record)).map(|(entry, _)| entry.clone()).collect()
}

/// A document, what stands in it, and what cites nothing else.
fn of_document(records: &[wire::record::Record], document: DocumentId) -> BTreeSet<(Kind, Uuid)> {
    let mut marks: BTreeSet<AnnotationId> = BTreeSet::new();
    let mut cites: Vec<(Kind, Uuid, BTreeSet<AnnotationId>)> = Vec::new();
    for record in records {
        let (kind, id) = (record.envelope.kind, record.envelope.id);
        for event in &record.events {
            match event {
                Event::Annotation(annotation::Event::AnnotationCreated(span)) if span.document == document => {
                    marks.insert(id.into());
                }
                // A reading cites what it says at last.
                Event::Reading(reading::Event::ClaimRead(claim) | reading::Event::ClaimReadingRevised(claim)) => {
                    cites.retain(|(_, other, _)| *other != id);
                    cites.push((kind, id, claim.evidence.iter().copied().collect()));
                }
                Event::Relation(relation::Event::RelationRegistered(edge)) => {
                    cites.push((kind, id, edge.evidence.iter().copied().collect()));
                }
                _ => {}
            }
        }
    }
    let names_mark = |event: &Event| match event {
        Event::Derivation(derivation::Event::DerivationSuggested(edge)) => {
            marks.contains(&edge.from) || marks.contains(&edge.to)
        }
        Event::Derivation(derivation::Event::OriginDeclared { annotation, .. }) => marks.contains(annotation),
        _ => false,
    };
    let derived = records.iter().filter(|record| record.events.iter().any(names_mark));
    let derived = derived.map(|record| (Kind::Derivation, record.envelope.id));
    let citing = cites.iter().filter(|(_, _, evidence)| evidence.is_subset(&marks)).map(|(kind, id, _)| (*kind, *id));
    let own = marks.iter().map(|id| (Kind::Annotation, id.uuid())).chain([(Kind::Document, document.uuid())]);
    own.chain(derived).chain(citing).collect()
}

/// Everything of these sorts that a history has.
fn left_out(entries: &[Entry]) -> Vec<Without> {
    let named = |kind: &str, id: String| Without { kind: kind.to_owned(), id };
    let mut all: Vec<Without> = ["a", "b", "c"].map(|name| named("annotator", user(name).to_string())).into();
    for record in decoded(entries) {
        if record.envelope.kind == Kind::Document && record.envelope.revision == 1 {
            all.push(named("document", record.envelope.id.to_string()));
        }
        let judged = record.events.iter().filter_map(|event| match event {
            Event::Identity(event) => event.judged().map(|(_, judged)| JudgementId::to_string(&judged.id)),
            _ => None,
        });
        all.extend(judged.map(|id| named("judgement", id)));
    }
    all
}

/// Whether somebody recorded something, so that they can be left out.
fn is_known(entries: &[Entry], left_out: &Without) -> bool {
    left_out.kind != "annotator" || entries.iter().any(|entry| entry.envelope.author.to_string() == left_out.id)
}

fn history_of(steps: impl IntoIterator<Item = (u8, u8)>) -> Scene {
    let mut scene = scene();
    for (what, who) in steps {
        happen(&mut scene, what, who);
    }
    scene
}

proptest! {
    #![proptest_config(cases(12, 500))]

    #[test]
    fn what_would_be_without_something_is_what_an_installation_says_that_never_got_it(
        steps in prop::collection::vec((any::<u8>(), any::<u8>()), 1..40),
        at in any::<prop::sample::Index>(),
        which in prop::collection::vec(any::<prop::sample::Index>(), 3),
    ) {
        let scene = history_of(steps);
        // The scene itself is always there: an incident has to be known.
        let begun = super::scene().history.entries().len();
        let entries = scene.history.entries();
        let at = begun + at.index(entries.len() - begun + 1);
        let fixture = Fixture::new(scene.history.clone());
        let all = left_out(&entries[..at]);
        for left_out in which.iter().map(|which| which.get(&all)).filter(|it| is_known(&entries[..at], it)) {
            let other = installation(&scene.history, rest(&entries[..at], left_out));
            for question in questions(scene.incident) {
                let request = Request {
                    as_of: Some(at as u64),
                    without: vec![left_out.clone()],
                    ..fixture.request(question.clone())
                };
                let found = fixture.answer(&request).answer.unwrap();
                prop_assert!(!matches!(found, Said::Refusal(_)), "{:?} of {:?}", found, left_out);
                prop_assert_eq!(unplaced(found), unplaced(other.ask(question)), "without {:?} at {}", left_out, at);
            }
        }
    }
}

/// A number that follows from others: a history is long, and made without being shrunk.
fn mixed(seed: u64, n: u64) -> u64 {
    // SplitMix64 (Steele, Lea, Flood 2014).
    let mut state = seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// Records of a long history, at least, and points of it that are looked at.
fn size() -> (usize, u64) {
    let soak = std::env::var_os("GAINSAY_SOAK").is_some_and(|value| value == "1");
    if soak { (2_000, 200) } else { (300, 6) }
}

const SEED: u64 = 20_210_504;

#[test]
fn views_as_of_a_position_and_without_something_are_those_of_an_installation_that_ends_there() {
    let (len, points) = size();
    let mut scene = scene();
    let begun = scene.history.entries().len();
    for n in 0.. {
        if scene.history.entries().len() >= len {
            break;
        }
        let [what, who, ..] = mixed(SEED, n).to_be_bytes();
        happen(&mut scene, what, who);
    }
    let entries = scene.history.entries();
    let fixture = Fixture::new(scene.history.clone());
    let all = left_out(entries);
    let mut compared = 0;
    for point in 0..points {
        let pick = |of: usize| usize::try_from(mixed(SEED + 1, point) % of as u64).unwrap();
        let at = begun + pick(entries.len() - begun);
        let past = installation(&scene.history, entries[..at].iter().cloned());
        let left_out = &all[pick(all.len())];
        let is_there = left_out_is_there(&entries[..at], left_out);
        let without = is_there.then(|| installation(&scene.history, rest(&entries[..at], left_out)));
        for question in questions(scene.incident) {
            let request = Request { as_of: Some(at as u64), ..fixture.request(question.clone()) };
            // As of its newest position, so that both tell when it was known.
            let expected = past.answer(&request);
            let found = fixture.answer(&request);
            assert_eq!(found.to_bytes(), expected.to_bytes(), "at {at}: {question:?}");
            compared += 1;
            let Some(without) = &without else { continue };
            let found = fixture.answer(&Request { without: vec![left_out.clone()], ..request });
            let expected = unplaced(without.ask(question.clone()));
            assert_eq!(unplaced(found.answer.unwrap()), expected, "at {at} without {left_out:?}: {question:?}");
            compared += 1;
        }
    }
    println!("{} records, {points} points, {compared} answers compared, seed {SEED}", entries.len());
}

fn left_out_is_there(entries: &[Entry], left_out: &Without) -> bool {
    is_known(entries, left_out) && self::left_out(entries).contains(left_out)
}

#[test]
fn what_is_not_there_to_be_left_out_is_refused() {
    let mut scene = scene();
    scene.read(user("a"), scene.state, Act::Accuses);
    let incident = scene.incident;
    let judged = scene.history.judge(
        user("a"),
        domain::identity::Subject::Actor,
        domain::identity::Verdict::Unsure,
        (scene.state.uuid(), scene.group.uuid()),
        &[],
    );
    let fixture = Fixture::new(scene.history);
    let named = |kind: &str, id: &dyn ToString| Without { kind: kind.to_owned(), id: id.to_string() };
    let request = |without: Vec<Without>, question| Request { without, ..fixture.request(question) };
    let there = [
        named("source", &scene.source),
        named("actor", &scene.state),
        named("annotator", &user("a")),
        named("document", &scene.document),
        named("judgement", &judged),
    ];
    for without in &there {
        let answer = fixture.answer(&request(vec![without.clone()], board(incident))).answer.unwrap();
        let Said::Board(told) = answer else { panic!("{answer:?}") };
        assert_eq!(told.without, std::slice::from_ref(without));
        // The same id of another kind, and before it was there.
        let kinds = ["source", "actor", "annotator", "document", "judgement", "incident", "reading", ""];
        for kind in kinds.into_iter().filter(|kind| *kind != without.kind) {
            let refused = fixture.refusal(&request(vec![named(kind, &without.id)], board(incident)));
            assert_eq!(refused, (refusal::Why::Invalid, "unknown_without".to_owned()), "{kind} {without:?}");
        }
    }
    for id in ["x".to_owned(), Uuid::nil().to_string()] {
        let refused = fixture.refusal(&request(vec![named("source", &id)], board(incident)));
        assert_eq!(refused, (refusal::Why::Invalid, "unknown_without".to_owned()));
    }
    let many = vec![there[0].clone(); 21];
    assert_eq!(fixture.refusal(&request(many, board(incident))).1, "too_many_without");
    let elsewhere = [get("actors", &scene.state), Question::List(list("readings", 10, 0))];
    for question in elsewhere {
        assert_eq!(fixture.refusal(&request(vec![there[0].clone()], question)).1, "not_supported_yet");
    }
    // Who reads the board keeps nothing of what would be.
    let known = Known { since: fixture.board(incident).since, policy: 0 };
    let again = fixture.answer(&request(vec![there[0].clone()], board_unless(incident, known))).answer.unwrap();
    assert!(matches!(again, Said::Board(board) if board.propositions.is_empty()));
    assert!(!fixture.board(incident).propositions.is_empty());
}
