use super::*;
use crate::testing::{AUTHOR, given, id, refused, text};
use crate::{Code, Why};

fn edge() -> Edge {
    Edge { derivation: DerivationType::Translates, from: id(1), to: id(2) }
}

fn suggested() -> Event {
    Event::DerivationSuggested(edge())
}

fn confirmed(reason: &str) -> Event {
    Event::DerivationConfirmed { reason: text(reason) }
}

fn rejected(reason: &str) -> Event {
    Event::DerivationRejected { reason: text(reason) }
}

fn declared() -> Event {
    Event::OriginDeclared { annotation: id(1), reason: text("its reporter was there") }
}

fn declare() -> Command {
    Command::DeclareOrigin { annotation: id(1), reason: text("its reporter was there") }
}

fn judge(verdict: Verdict, reason: &str) -> Command {
    Command::Judge { verdict, reason: text(reason) }
}

#[test]
fn what_is_recorded_is_a_suggestion_until_it_is_judged() {
    let events = Derivation::Absent.decide(Command::Suggest(edge())).unwrap();
    assert_eq!(events, [suggested()]);
    let expected = Derivation::Edge { edge: edge(), standing: Standing::Suggested, reason: None };
    assert_eq!(given::<Derivation>(events), expected);
}

#[test]
fn a_passage_does_not_derive_from_itself() {
    let edge = Edge { to: id(1), ..edge() };
    let result = Derivation::Absent.decide(Command::Suggest(edge));
    refused(result, Why::Invalid, "derivation_to_itself", "/to");
}

#[test]
fn a_derivation_and_an_origin_are_recorded_once() {
    for recorded in [given([suggested()]), given([suggested(), confirmed("A")]), given::<Derivation>([declared()])] {
        refused(recorded.decide(Command::Suggest(edge())), Why::Conflict, "id_taken", "");
        refused(recorded.decide(declare()), Why::Conflict, "id_taken", "");
    }
}

#[test]
fn the_newest_verdict_counts_and_brings_its_reason() {
    let mut derivation: Derivation = given([suggested()]);
    for (command, event, standing, reason) in [
        (judge(Verdict::Rejected, "other words"), rejected("other words"), Standing::Rejected, "other words"),
        (judge(Verdict::Confirmed, "same error"), confirmed("same error"), Standing::Confirmed, "same error"),
        (judge(Verdict::Rejected, "a third text"), rejected("a third text"), Standing::Rejected, "a third text"),
    ] {
        let events = derivation.decide(command).unwrap();
        assert_eq!(events, [event]);
        derivation = derivation.evolve(&events[0], AUTHOR);
        assert_eq!(derivation, Derivation::Edge { edge: edge(), standing, reason: Some(text(reason)) });
    }
}

#[test]
fn a_verdict_that_stands_is_not_given_again() {
    let confirmed = given::<Derivation>([suggested(), confirmed("A")]);
    refused(confirmed.decide(judge(Verdict::Confirmed, "B")), Why::Conflict, "verdict_stands", "");
    let rejected = given::<Derivation>([suggested(), rejected("A")]);
    refused(rejected.decide(judge(Verdict::Rejected, "B")), Why::Conflict, "verdict_stands", "");
}

#[test]
fn an_origin_is_declared_and_takes_no_verdict() {
    let events = Derivation::Absent.decide(declare()).unwrap();
    assert_eq!(events, [declared()]);
    let origin: Derivation = given(events);
    assert_eq!(origin, Derivation::Origin { annotation: id(1), reason: text("its reporter was there") });
    for verdict in Verdict::ALL {
        refused(origin.decide(judge(*verdict, "A")), Why::Conflict, "not_a_derivation", "");
    }
}

#[test]
fn an_unknown_derivation_is_not_judged() {
    for verdict in Verdict::ALL {
        refused(Derivation::Absent.decide(judge(*verdict, "A")), Why::Absent, "not_found", "");
    }
}

#[test]
fn events_out_of_place_change_nothing() {
    assert_eq!(given::<Derivation>([confirmed("A"), rejected("B")]), Derivation::Absent);
    let derivation = given::<Derivation>([suggested(), confirmed("A")]);
    let other = Event::DerivationSuggested(Edge { to: id(3), ..edge() });
    for event in [other, declared()] {
        assert_eq!(derivation.clone().evolve(&event, AUTHOR), derivation);
    }
    let origin = given::<Derivation>([declared()]);
    for event in [suggested(), confirmed("A"), rejected("A"), declared()] {
        assert_eq!(origin.clone().evolve(&event, AUTHOR), origin);
    }
}

#[test]
fn the_vocabularies_are_those_of_the_design() {
    let types: Vec<_> = DerivationType::ALL.iter().map(|derivation| derivation.as_str()).collect();
    assert_eq!(types, ["syndicates", "quotes", "translates", "paraphrases", "cites", "near_duplicate"]);
    let standings: Vec<_> = Standing::ALL.iter().map(|standing| standing.as_str()).collect();
    assert_eq!(standings, ["suggested", "confirmed", "rejected"]);
    let verdicts: Vec<_> = Verdict::ALL.iter().map(|verdict| verdict.as_str()).collect();
    assert_eq!(verdicts, ["confirmed", "rejected"]);
}
