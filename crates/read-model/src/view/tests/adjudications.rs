//! What was decided: shown, listed, and on the board.

use super::*;
use domain::adjudication::{Event, Outcome, Target};
use domain::id::AdjudicationId;
use domain::relation::RelationType;
use domain::text::Text;
use domain::{claim, relation};
use wire::view::Adjudication;

fn reason() -> Text {
    Text::recorded("Weighed.".to_owned())
}

fn reopened() -> Event {
    Event::AdjudicationReopened { reason: reason() }
}

fn overturned() -> Event {
    Event::AdjudicationOverturned { reason: reason() }
}

fn shown(said: Said) -> Adjudication {
    match said {
        Said::Resource(Resource { of: Some(Of::Adjudication(shown)) }) => shown,
        other => panic!("no adjudication: {other:?}"),
    }
}

/// That this relation holds.
fn edge(relation: domain::id::RelationId) -> Target {
    Target::Proposition(claim::Proposition {
        target: claim::Target::Relation(relation),
        facet: None,
        actor: None,
        role: None,
        value: None,
        with: Vec::new(),
        with_others: false,
    })
}

#[test]
fn an_adjudication_is_shown_with_what_counts_of_it() {
    let mut scene = scene();
    let curator = user("c");
    let target = scene.target();
    let id = scene.history.adjudication(curator, vec![target.clone()]);
    let opened = scene.history.position();
    let found = scene.history.finding(curator, id, target, Outcome::Confirmed, opened);
    let again = scene.history.add(curator, id.uuid(), [reopened()]);
    scene.history.add(user("d"), id.uuid(), [overturned()]);
    let (incident, group) = (scene.incident, scene.group);
    let fixture = Fixture::new(scene.history);
    let at = |at| shown(fixture.ask_at(at, get("adjudications", &id)));

    let first = at(opened);
    assert_eq!((first.kind.as_str(), first.status.as_str(), first.revision), ("proposition", "open", 1));
    assert_eq!((first.author, first.question), (curator.to_string(), "What is it?".to_owned()));
    let about = first.targets[0].proposition.as_ref().unwrap();
    assert_eq!(
        (about.incident.as_deref(), about.actor.as_deref()),
        (Some(&*incident.to_string()), Some(&*group.to_string()))
    );
    assert!(first.findings.is_empty() && first.rulings.is_none() && first.reason.is_none());

    let second = at(found);
    assert_eq!((second.status.as_str(), second.findings.len()), ("ruled", 1));
    let finding = &second.findings[0];
    assert_eq!((finding.outcome.as_str(), finding.standard.as_str()), ("confirmed", "clear"));
    assert_eq!((finding.reason.as_str(), finding.based_on), ("Weighed.", opened));
    assert_eq!((finding.dissent[0].by.as_str(), finding.dissent[0].text.as_str()), (&*user("e").to_string(), "No."));
    let third = at(again);
    assert_eq!((third.status.as_str(), third.findings.len()), ("reopened", 0));
    assert_eq!(third.reason.as_deref(), Some("Weighed."));
    let last = shown(fixture.ask(get("adjudications", &id)));
    assert_eq!((last.status.as_str(), last.revision), ("overturned", 4));
}

#[test]
fn adjudications_are_listed_by_status_kind_author_incident_and_target() {
    let mut scene = scene();
    let reading = scene.read(user("a"), scene.state, Act::Accuses);
    let relation = scene.history.relation(RelationType::SpeaksFor, scene.state, scene.group, scene.annotation);
    let elsewhere = scene.history.incident("Elsewhere");
    let target = scene.target();
    let on_proposition = scene.history.adjudication(user("c"), vec![target.clone()]);
    let on_reading = scene.history.adjudication(user("d"), vec![Target::Reading(reading)]);
    let on_edge = scene.history.adjudication(user("c"), vec![edge(relation)]);
    let on_incident = scene.history.adjudication(user("c"), vec![Target::Incident(elsewhere)]);
    scene.history.finding(user("c"), on_proposition, target, Outcome::Rejected, 1);
    scene.history.add(user("c"), on_edge.uuid(), [overturned()]);
    let incident = scene.incident;
    let fixture = Fixture::new(scene.history);
    let check = |filter: Filter, expected: &[AdjudicationId]| {
        let expected: Vec<_> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(fixture.ids("adjudications", filter.clone()), expected, "{filter:?}");
    };
    let filter = Filter::default;
    check(filter(), &[on_proposition, on_reading, on_edge, on_incident]);
    check(Filter { status: Some("open".to_owned()), ..filter() }, &[on_reading, on_incident]);
    check(Filter { status: Some("ruled".to_owned()), ..filter() }, &[on_proposition]);
    check(Filter { status: Some("overturned".to_owned()), ..filter() }, &[on_edge]);
    check(Filter { kind: Some("proposition".to_owned()), ..filter() }, &[on_proposition, on_edge]);
    check(Filter { kind: Some("reading".to_owned()), ..filter() }, &[on_reading]);
    check(Filter { author: Some("d".to_owned()), ..filter() }, &[on_reading]);
    check(Filter { incident: Some(incident.to_string()), ..filter() }, &[on_proposition, on_reading]);
    check(Filter { incident: Some(elsewhere.to_string()), ..filter() }, &[on_incident]);
    check(Filter { targets: vec![incident.to_string()], ..filter() }, &[on_proposition]);
    check(Filter { targets: vec![reading.to_string(), elsewhere.to_string()], ..filter() }, &[on_reading, on_incident]);
    check(Filter { targets: vec![relation.to_string()], ..filter() }, &[on_edge]);
    let refused = |filter: Filter, collection: &str| {
        let list = List { filter: Some(filter), ..list(collection, 10, 0) };
        fixture.refusal(&fixture.request(Question::List(list))).1
    };
    let nonsense = || Some("nonsense".to_owned());
    assert_eq!(refused(Filter { status: nonsense(), ..filter() }, "adjudications"), "filter_invalid");
    assert_eq!(refused(Filter { q: nonsense(), ..filter() }, "adjudications"), "filter_not_applicable");
    assert_eq!(refused(Filter { targets: vec![id_text()], ..filter() }, "readings"), "filter_not_applicable");
}

fn id_text() -> String {
    Uuid::from_u128(7).to_string()
}

#[test]
fn a_finding_stands_on_the_board_beside_what_is_said() {
    let mut scene = scene();
    scene.read(user("a"), scene.state, Act::Accuses);
    let before = scene.history.position();
    let target = scene.target();
    let id = scene.history.adjudication(user("c"), vec![target.clone()]);
    let found = scene.history.finding(user("c"), id, target, Outcome::Rejected, before);
    let later = scene.read(user("b"), scene.state, Act::Accuses);
    let stale = scene.history.position();
    scene.history.add(user("c"), id.uuid(), [overturned()]);
    let fixture = Fixture::new(scene.history);
    let at = |at| match fixture.ask_at(at, board(scene.incident)) {
        Said::Board(board) => board,
        other => panic!("no board: {other:?}"),
    };
    let told = at(found);
    assert_eq!(told.status, "unattributed");
    let about = &told.propositions[0];
    assert_eq!(about.status, "finding:rejected");
    assert_eq!(about.status_without_finding, "officially_attributed");
    let finding = about.finding.as_ref().unwrap();
    assert_eq!((finding.adjudication.as_str(), finding.outcome.as_str()), (&*id.to_string(), "rejected"));
    assert_eq!((finding.standard.as_str(), finding.reason.as_deref()), ("clear", Some("Weighed.")));
    assert_eq!((finding.based_on, finding.dissent.len(), finding.also.len()), (before, 1, 0));
    assert!(about.flags.iter().all(|flag| flag != "stale"));
    let told = at(stale);
    assert!(told.propositions[0].flags.contains(&"stale".to_owned()), "{later}");
    let told = at(stale + 1);
    assert_eq!((told.status.as_str(), &told.propositions[0].finding), ("officially_attributed", &None));
}

#[test]
fn a_finding_on_what_nobody_says_names_the_actor() {
    let mut scene = scene();
    let target = scene.target();
    let id = scene.history.adjudication(user("c"), vec![target.clone()]);
    scene.history.finding(user("c"), id, target, Outcome::Confirmed, 1);
    let on_incident = scene.history.adjudication(user("c"), vec![Target::Incident(scene.incident)]);
    let incident = Target::Incident(scene.incident);
    scene.history.finding(user("c"), on_incident, incident, Outcome::Undetermined, 1);
    let fixture = Fixture::new(scene.history);
    let board = fixture.board(scene.incident);
    assert_eq!(board.status, "adjudicated");
    assert_eq!(board.finding.unwrap().adjudication, on_incident.to_string());
    let [about] = &board.propositions[..] else { panic!("one proposition") };
    assert_eq!(about.actor.as_ref().unwrap().name, "Group");
    assert_eq!((about.status.as_str(), about.status_without_finding.as_str()), ("finding:confirmed", "none"));
    let filter = Filter { status: Some("adjudicated".to_owned()), ..Filter::default() };
    assert_eq!(fixture.ids("incidents", filter), [scene.incident.to_string()]);
}

#[test]
fn a_reading_that_a_ruling_rejects_is_rejected_while_the_ruling_counts() {
    let mut scene = scene();
    let upheld = scene.read(user("a"), scene.state, Act::Accuses);
    let rejected = scene.read(user("b"), scene.state, Act::Denies);
    let id = scene.history.adjudication(user("c"), vec![Target::Reading(upheld), Target::Reading(rejected)]);
    let ruled = scene.history.rulings(user("c"), id, vec![upheld], vec![rejected]);
    scene.history.add(user("c"), id.uuid(), [reopened()]);
    let fixture = Fixture::new(scene.history);
    let status = |at, reading: ReadingId| match fixture.ask_at(at, get("readings", &reading)) {
        Said::Resource(Resource { of: Some(Of::Reading(reading)) }) => reading.status,
        other => panic!("no reading: {other:?}"),
    };
    assert_eq!((status(ruled - 1, rejected), status(ruled, rejected)), ("live".to_owned(), "rejected".to_owned()));
    assert_eq!((status(ruled, upheld), status(ruled + 1, rejected)), ("live".to_owned(), "live".to_owned()));
    let at = |at| match fixture.ask_at(at, board(scene.incident)) {
        Said::Board(board) => board.propositions[0].flags.clone(),
        other => panic!("no board: {other:?}"),
    };
    assert_eq!((at(ruled - 1), at(ruled), at(ruled + 1)), (vec!["no_consensus".to_owned()], vec![], at(ruled - 1)));
    let shown = shown(fixture.ask_at(ruled, get("adjudications", &id)));
    let rulings = shown.rulings.unwrap();
    assert_eq!((rulings.uphold, rulings.reject), (vec![upheld.to_string()], vec![rejected.to_string()]));
}

#[test]
fn what_was_found_on_a_relation_is_its_standing() {
    let mut scene = scene();
    let relation = scene.history.relation(RelationType::SpeaksFor, scene.state, scene.group, scene.annotation);
    let disputed = relation::Event::RelationDisputed { reason: reason() };
    let open = scene.history.add(user("a"), relation.uuid(), [disputed]);
    scene.read(user("a"), scene.state, Act::Accuses);
    let id = scene.history.adjudication(user("c"), vec![edge(relation)]);
    let found = scene.history.finding(user("c"), id, edge(relation), Outcome::Confirmed, open);
    let fixture = Fixture::new(scene.history);
    let status = |at| match fixture.ask_at(at, get("relations", &relation)) {
        Said::Resource(Resource { of: Some(Of::Relation(relation)) }) => relation.status,
        other => panic!("no relation: {other:?}"),
    };
    assert_eq!((status(open - 1), status(open), status(found)), ("held".into(), "open".into(), "held".into()));
    let held = Filter { status: Some("held".to_owned()), ..Filter::default() };
    assert_eq!(fixture.ids("relations", held), [relation.to_string()]);
    let of = |at| match fixture.ask_at(at, board(scene.incident)) {
        Said::Board(board) => board.status,
        other => panic!("no board: {other:?}"),
    };
    // While it is open, the status hangs on it; what is confirmed makes the speaker the accused.
    assert_eq!((of(found - 1), of(found)), ("disputed".to_owned(), "claimed".to_owned()));
}
