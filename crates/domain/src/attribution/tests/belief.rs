//! What the evidence on a proposition amounts to.

use super::given::*;
use crate::claim::{Act, Certainty, Stance};
use crate::id::ActorId;

/// Belief, disbelief and uncertainty that the group did it.
fn opinion(given: &Given) -> (f64, f64, f64) {
    let opinion = given.on(GROUP).opinion.rounded();
    (opinion.belief, opinion.disbelief, opinion.uncertainty)
}

/// The opinion of this much evidence for and against, in six digits.
fn of_evidence(r: f64, s: f64) -> (f64, f64, f64) {
    let six = |x: f64| (x * 1e6).round() / 1e6;
    (six(r / (r + s + 2.0)), six(s / (r + s + 2.0)), six(2.0 / (r + s + 2.0)))
}

#[track_caller]
fn amounts_to(given: &Given, r: f64, s: f64) {
    assert_eq!(opinion(given), of_evidence(r, s), "of evidence {r} for and {s} against");
}

#[test]
fn evidence_weighs_by_its_certainty() {
    for (certainty, r) in [
        (Certainty::Certain, 8.0),
        (Certainty::Probable, 4.0),
        (Certainty::Possible, 2.0),
        (Certainty::Underspecified, 1.0),
    ] {
        amounts_to(&Given::of([accuses(WITNESS, GROUP).certainty(certainty)]), r, 0.0);
        amounts_to(&Given::of([denies(WITNESS, GROUP).certainty(certainty)]), 0.0, r);
    }
}

#[test]
fn weak_acts_weigh_half() {
    amounts_to(&Given::of([says(WITNESS, Act::Suspects, GROUP)]), 4.0, 0.0);
    amounts_to(&Given::of([doubts(WITNESS, GROUP).probably()]), 0.0, 2.0);
}

#[test]
fn neutral_acts_are_no_evidence() {
    amounts_to(&Given::of([praises(WITNESS, GROUP)]), 0.0, 0.0);
}

#[test]
fn evidence_of_different_documents_adds_up() {
    amounts_to(&Given::of([accuses(WITNESS, GROUP), accuses(BYSTANDER, GROUP).probably()]), 12.0, 0.0);
    amounts_to(&Given::of([accuses(WITNESS, GROUP), denies(GROUP, GROUP)]), 8.0, 8.0);
}

#[test]
fn evidence_of_one_origin_is_averaged() {
    let mut given = Given::new();
    let (paper, wire) = (given.passage(), given.passage());
    given.read(accuses(WITNESS, GROUP).at(paper));
    given.read(accuses(BYSTANDER, GROUP).probably().at(wire));
    amounts_to(&given, 12.0, 0.0);
    given.copies(paper, wire);
    amounts_to(&given, 6.0, 0.0);
}

#[test]
fn a_circle_is_one_origin() {
    let mut given = Given::new();
    let (paper, wire) = (given.passage(), given.passage());
    given.read(accuses(WITNESS, GROUP).at(paper));
    given.read(accuses(BYSTANDER, GROUP).at(wire));
    given.copies(paper, wire);
    given.copies(wire, paper);
    amounts_to(&given, 8.0, 0.0);
}

#[test]
fn trust_discounts_once_for_each_link() {
    let mut given = Given::of([accuses(WITNESS, GROUP)]);
    given.policy.trust.insert(WITNESS.uuid(), 0.5);
    assert_eq!(opinion(&given), (0.4, 0.0, 0.6));
    given.policy.trust.insert(PAPER.uuid(), 0.5);
    assert_eq!(opinion(&given), (0.2, 0.0, 0.8));
    given.policy.trust.insert(PAPER.uuid(), 0.0);
    assert_eq!(opinion(&given), (0.0, 0.0, 1.0));
}

#[test]
fn who_passes_it_on_is_told_by_the_first_reading_of_an_utterance() {
    let mut given = Given::new();
    let direct = accuses(WITNESS, GROUP).chain(&[]);
    let relayed = says(WITNESS, Act::Suspects, GROUP).chain(&[(AGENCY.speaker(), Stance::Relays)]);
    given.read_together([(ANNA, direct), (BERT, relayed)]);
    let untrusted = |given: &Given| (given.on(GROUP).support.len(), opinion(given));
    let before = untrusted(&given);
    given.policy.trust.insert(AGENCY.uuid(), 0.0);
    assert_eq!(untrusted(&given), before);
    given.policy.trust.insert(WITNESS.uuid(), 0.0);
    assert_eq!(untrusted(&given), (1, (0.0, 0.0, 1.0)));
}

#[test]
fn the_policy_says_what_a_certainty_weighs() {
    let mut given = Given::of([accuses(WITNESS, GROUP)]);
    given.policy.opinions.get_mut("CT").unwrap().r = 2.0;
    given.policy.base_rate = 0.25;
    amounts_to(&given, 2.0, 0.0);
    assert!((given.on(GROUP).opinion.expectation() - 0.625).abs() < 1e-9);
}

#[test]
fn who_says_both_and_what_was_taken_back_is_no_evidence() {
    amounts_to(&Given::of([says(WITNESS, Act::Confirms, GROUP), denies(WITNESS, GROUP)]), 0.0, 0.0);
    let mut given = Given::new();
    let taken_back = given.read(accuses(WITNESS, GROUP));
    given.read(retracts(WITNESS, GROUP, &[taken_back]));
    amounts_to(&given, 0.0, 0.0);
}

#[test]
fn conflict_is_between_the_two_who_are_furthest_apart() {
    let conflict = |given: &Given| given.board().conflict;
    let certain = Given::of([accuses(WITNESS, GROUP), denies(GROUP, GROUP)]);
    // Opinions of evidence 8: 0.9 and 0.1 projected, each with uncertainty 0.2.
    assert!((conflict(&certain) - 0.8 * 0.8 * 0.8).abs() < 1e-9, "{}", conflict(&certain));
    let hedged = Given::of([accuses(WITNESS, GROUP).probably(), denies(GROUP, GROUP)]);
    assert!(conflict(&hedged) < conflict(&certain));
    let with_third = Given::of([accuses(WITNESS, GROUP), denies(GROUP, GROUP), doubts(BYSTANDER, GROUP)]);
    assert!((conflict(&with_third) - conflict(&certain)).abs() < f64::EPSILON);
    assert!(conflict(&Given::of([accuses(WITNESS, GROUP), accuses(BYSTANDER, GROUP)])).abs() < f64::EPSILON);
}

#[test]
fn speakers_on_different_actors_are_not_in_conflict_on_one_proposition() {
    let rivals = |a: ActorId, b: ActorId| Given::of([accuses(WITNESS, a), accuses(BYSTANDER, b)]).board().conflict;
    assert!(rivals(GROUP, RIVAL).abs() < f64::EPSILON);
}
