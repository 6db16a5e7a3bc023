use super::*;
use crate::testing::{given, id, refused, text};
use crate::{Code, Why};

fn registered() -> Event {
    Event::SourceRegistered { name: text("Agency A"), kind: SourceKind::Agency }
}

fn asserted(relation: SourceRelation, to: u128) -> Event {
    Event::SourceRelationAsserted { relation, to: id(to) }
}

fn assert_relation(relation: SourceRelation, to: u128) -> Command {
    Command::AssertRelation { own: id(1), relation, to: id(to) }
}

#[test]
fn a_source_is_registered_once() {
    let register = Command::Register { name: text("Agency A"), kind: SourceKind::Agency };
    let events = Source::Absent.decide(register.clone()).unwrap();
    assert_eq!(events, [registered()]);
    let source: Source = given(events);
    let relations = Vec::new();
    assert_eq!(source, Source::Registered { name: text("Agency A"), kind: SourceKind::Agency, relations });
    refused(source.decide(register), Why::Conflict, "id_taken", "");
}

#[test]
fn a_relation_is_asserted_once_for_each_type_and_source() {
    let source: Source = given([registered()]);
    let events = source.decide(assert_relation(SourceRelation::WireOf, 2)).unwrap();
    assert_eq!(events, [asserted(SourceRelation::WireOf, 2)]);

    let source = source.evolve(&events[0], id(1));
    let again = source.decide(assert_relation(SourceRelation::WireOf, 2));
    refused(again, Why::Conflict, "relation_known", "/to");
    assert!(source.decide(assert_relation(SourceRelation::OwnedBy, 2)).is_ok());
    assert!(source.decide(assert_relation(SourceRelation::WireOf, 3)).is_ok());
}

#[test]
fn an_unknown_source_has_no_relations() {
    let result = Source::Absent.decide(assert_relation(SourceRelation::WireOf, 2));
    refused(result, Why::Absent, "not_found", "");
}

#[test]
fn a_source_has_no_relation_to_itself() {
    let source: Source = given([registered()]);
    for relation in [SourceRelation::WireOf, SourceRelation::OwnedBy] {
        let result = source.decide(assert_relation(relation, 1));
        refused(result, Why::Invalid, "relation_to_itself", "/to");
    }
}

#[test]
fn a_source_has_at_most_a_thousand_relations() {
    let relations = (0..1_000).map(|n| asserted(SourceRelation::WireOf, n + 10));
    let source: Source = given([registered()].into_iter().chain(relations));
    let result = source.decide(assert_relation(SourceRelation::OwnedBy, 2));
    refused(result, Why::Conflict, "relations_full", "");
}

#[test]
fn events_out_of_place_change_nothing() {
    assert_eq!(given::<Source>([asserted(SourceRelation::WireOf, 2)]), Source::Absent);
    let again = Event::SourceRegistered { name: text("B"), kind: SourceKind::Outlet };
    assert_eq!(given::<Source>([registered(), again]), given([registered()]));
}

#[test]
fn the_vocabularies_are_those_of_the_design() {
    let kinds: Vec<_> = SourceKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(kinds, ["outlet", "agency", "channel", "ministry"]);
    let relations: Vec<_> = SourceRelation::ALL.iter().map(|relation| relation.as_str()).collect();
    assert_eq!(relations, ["wire_of", "owned_by"]);
}
