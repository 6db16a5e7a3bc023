use super::*;
use crate::testing::{History, claim, user};
use domain::actor::ActorKind;
use domain::adjudication::{Outcome, Target};
use domain::claim::Act;
use domain::derivation;
use domain::id::{AdjudicationId, AnnotationId, ReadingId};
use domain::text::Text;

fn last(history: &History) -> Vec<Subject> {
    history.entries().last().expect("a history has a record").subjects.clone()
}

fn mention(history: &History, kind: Kind, id: Uuid, mentioning: Kind) -> Subject {
    Subject::mention(&Address { project: history.project.uuid(), kind, id }, mentioning)
}

fn own(history: &History, kind: Kind, id: Uuid) -> Subject {
    Subject::own(&Address { project: history.project.uuid(), kind, id })
}

/// What a record is found by that names nothing and creates nothing.
fn alone(history: &History, author: &str, own: Subject) -> Vec<Subject> {
    vec![own, Subject::project(history.project), Subject::commands(history.project, user(author))]
}

#[test]
fn what_a_person_commanded_is_told_from_what_followed_from_it() {
    let mut history = History::new(1);
    let incident = history.incident("Attack");
    let revised = |title| [incident::Event::IncidentDetailRevised(crate::testing::detail(title))];
    let position = history.add(user("b"), incident.uuid(), revised("Another"));
    assert!(last(&history).contains(&Subject::commands(history.project, user("b"))));
    let by = history.take_back(user("b"), incident.uuid(), position, revised("Attack"));
    let own = own(&history, Kind::Incident, incident.uuid());
    let followed = Subject::followed(history.project, Uuid::from_u128(u128::from(by)));
    assert_eq!(last(&history), [own, Subject::project(history.project), followed]);
}

#[test]
fn a_reading_concerns_all_that_it_names() {
    let mut history = History::new(1);
    let source = history.source("Agency");
    let document = history.document(source, "Report", "text");
    let (state, group) =
        (history.actor(ActorKind::StateBody, "State"), history.actor(ActorKind::Organisation, "Group"));
    let incident = history.incident("Attack");
    let annotation = history.annotation(user("a"), document, 0, 4);
    let reading = history.reading(user("a"), claim(source, state, Act::Accuses, incident, group, annotation));
    let mut expected = vec![
        own(&history, Kind::Reading, reading.uuid()),
        mention(&history, Kind::Source, source.uuid(), Kind::Reading),
        mention(&history, Kind::Actor, state.uuid(), Kind::Reading),
        mention(&history, Kind::Actor, group.uuid(), Kind::Reading),
        mention(&history, Kind::Incident, incident.uuid(), Kind::Reading),
        mention(&history, Kind::Annotation, annotation.uuid(), Kind::Reading),
        Subject::created(history.project, Kind::Reading),
        Subject::author(history.project, Kind::Reading, user("a")),
        Subject::commands(history.project, user("a")),
        Subject::project(history.project),
    ];
    expected.sort_unstable();
    assert_eq!(last(&history), expected);
}

#[test]
fn a_derivation_concerns_both_passages_and_a_verdict_itself_alone() {
    let mut history = History::new(1);
    let source = history.source("Agency");
    let document = history.document(source, "Report", "text");
    let (copy, original) =
        (history.annotation(user("a"), document, 0, 2), history.annotation(user("a"), document, 2, 4));
    let derivation = history.derivation(user("a"), copy, original);
    let mut expected = vec![
        own(&history, Kind::Derivation, derivation.uuid()),
        mention(&history, Kind::Annotation, copy.uuid(), Kind::Derivation),
        mention(&history, Kind::Annotation, original.uuid(), Kind::Derivation),
        Subject::created(history.project, Kind::Derivation),
        Subject::author(history.project, Kind::Derivation, user("a")),
        Subject::commands(history.project, user("a")),
        Subject::project(history.project),
    ];
    expected.sort_unstable();
    assert_eq!(last(&history), expected);

    let reason = Text::recorded("Compared.".to_owned());
    history.add(user("b"), derivation.uuid(), [derivation::Event::DerivationConfirmed { reason }]);
    assert_eq!(last(&history), alone(&history, "b", own(&history, Kind::Derivation, derivation.uuid())));
    history.origin(original);
    assert!(last(&history).contains(&mention(&history, Kind::Annotation, original.uuid(), Kind::Derivation)));
}

#[test]
fn an_adjudication_concerns_what_it_is_about() {
    let mut history = History::new(1);
    let (incident, group) = (history.incident("Attack"), history.actor(ActorKind::Organisation, "Group"));
    let reading = ReadingId::new(history.id());
    let of = |history: &History, id: AdjudicationId| {
        vec![
            own(history, Kind::Adjudication, id.uuid()),
            Subject::created(history.project, Kind::Adjudication),
            Subject::author(history.project, Kind::Adjudication, user("c")),
            Subject::commands(history.project, user("c")),
            Subject::project(history.project),
        ]
    };
    let id = history.adjudication(user("c"), vec![Target::Reading(reading)]);
    let of_reading = mention(&history, Kind::Reading, reading.uuid(), Kind::Adjudication);
    let mut expected = of(&history, id);
    expected.push(of_reading);
    expected.sort_unstable();
    assert_eq!(last(&history), expected);
    history.rulings(user("c"), id, vec![reading], Vec::new());
    let mut expected = alone(&history, "c", own(&history, Kind::Adjudication, id.uuid()));
    expected.push(of_reading);
    expected.sort_unstable();
    assert_eq!(last(&history), expected);

    let source = history.source("Agency");
    let about = claim(source, group, Act::Accuses, incident, group, AnnotationId::new(reading.uuid())).proposition;
    let id = history.adjudication(user("c"), vec![Target::Proposition(about)]);
    let mut expected = of(&history, id);
    expected.push(mention(&history, Kind::Incident, incident.uuid(), Kind::Adjudication));
    expected.push(mention(&history, Kind::Actor, group.uuid(), Kind::Adjudication));
    expected.sort_unstable();
    assert_eq!(last(&history), expected);
    history.finding(user("c"), id, Target::Incident(incident), Outcome::Confirmed, 1);
    assert!(last(&history).contains(&mention(&history, Kind::Incident, incident.uuid(), Kind::Adjudication)));
}

#[test]
fn only_the_first_record_of_an_aggregate_creates_it() {
    let mut history = History::new(1);
    let incident = history.incident("Attack");
    assert!(last(&history).contains(&Subject::created(history.project, Kind::Incident)));
    let revised = incident::Event::IncidentDetailRevised(crate::testing::detail("Attack, revised"));
    history.add(user("b"), incident.uuid(), [revised]);
    assert_eq!(last(&history), alone(&history, "b", own(&history, Kind::Incident, incident.uuid())));
}

#[test]
fn a_class_is_found_among_the_classes_of_its_project() {
    let mut history = History::new(1);
    history.class("Attacks", None);
    assert!(last(&history).contains(&Subject::classes(history.project)));
    history.incident("Attack");
    assert!(!last(&history).contains(&Subject::classes(history.project)));
}

#[test]
fn projects_are_found_without_knowing_them() {
    let history = History::new(1);
    assert!(last(&history).contains(&Subject::projects()));
}

#[test]
fn an_own_subject_tells_its_aggregate() {
    for kind in <Kind as domain::Code>::ALL.iter().copied() {
        let address = Address { project: Uuid::from_u128(1), kind, id: Uuid::from_u128(2) };
        assert_eq!(Subject::own(&address).as_own(), Some(address));
        assert_eq!(Subject::mention(&address, kind).as_own(), None);
    }
}
