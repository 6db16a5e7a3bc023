//! What was decided: rulings on readings, and findings.

use super::given::*;
use crate::adjudication::{self, Outcome, Standard, Target};
use crate::attribution::{DisputeKind, Flag, IncidentFlag, IncidentStatus, Status};
use crate::claim::{self, Act, Facet, Key, Role, Scope, Sign, Stance, Strength, Value};
use crate::id::RelationId;
use crate::relation::RelationType;
use crate::testing::text;

const STRONG: Value = Some((Sign::Support, Strength::Strong));
const WEAK: Value = Some((Sign::Support, Strength::Weak));

fn said(saying: Saying) -> Target {
    Target::Proposition(saying.claim.proposition)
}

fn edge(relation: RelationId) -> Target {
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

fn reopened() -> adjudication::Event {
    adjudication::Event::AdjudicationReopened { reason: text("a new witness") }
}

fn overturned() -> adjudication::Event {
    adjudication::Event::AdjudicationOverturned { reason: text("the wrong question") }
}

#[test]
fn a_finding_stands_beside_what_is_said() {
    for (outcome, status) in [
        (Outcome::Confirmed, Status::FindingConfirmed),
        (Outcome::Rejected, Status::FindingRejected),
        (Outcome::Undetermined, Status::FindingUndetermined),
    ] {
        let mut given = Given::of([accuses(WITNESS, GROUP), denies(GROUP, GROUP)]);
        let id = given.find(GROUP, outcome);
        let about = given.on(GROUP);
        assert_eq!((about.status, about.status_without_finding), (status, Status::Denied));
        assert_eq!(about.flags, [Flag::DeniedByAccused]);
        let finding = about.finding.unwrap();
        assert_eq!((finding.adjudication, finding.outcome, finding.standard), (id, outcome, Standard::Balance));
        assert_eq!(finding.reason, Some(text("the fragments are theirs")));
        assert!(finding.also.is_empty());
    }
}

#[test]
fn a_finding_ends_when_its_adjudication_is_reopened_or_overturned() {
    for event in [reopened(), overturned()] {
        let mut given = Given::of([accuses(WITNESS, GROUP)]);
        let id = given.find(GROUP, Outcome::Rejected);
        assert_eq!(given.status(GROUP), Status::FindingRejected);
        given.then_to(id, &event);
        assert_eq!(given.status(GROUP), Status::Accused);
        assert_eq!(given.on(GROUP).finding, None);
        assert_eq!(given.board().status, IncidentStatus::Accused);
    }
}

#[test]
fn several_findings_on_one_proposition_are_their_common_outcome_or_none() {
    let mut given = Given::of([accuses(WITNESS, GROUP)]);
    let first = given.find(GROUP, Outcome::Confirmed);
    let then = given.case.adjudications[&first].findings()[0].based_on;
    given.read(accuses(BYSTANDER, GROUP));
    let second = given.find(GROUP, Outcome::Confirmed);
    let finding = given.on(GROUP).finding.unwrap();
    assert_eq!((finding.adjudication, finding.also, finding.based_on), (first, vec![second], then));
    assert_eq!((finding.outcome, finding.reason.is_some()), (Outcome::Confirmed, true));
    assert_eq!(given.flags(GROUP), [Flag::Stale]);
    let third = given.find(GROUP, Outcome::Undetermined);
    let finding = given.on(GROUP).finding.unwrap();
    assert_eq!((finding.outcome, finding.reason), (Outcome::Undetermined, None));
    assert_eq!(finding.also, [second, third]);
    assert_eq!(given.board().status, IncidentStatus::Accused);
    given.then_to(third, &overturned());
    assert_eq!(given.status(GROUP), Status::FindingConfirmed);
}

#[test]
fn a_finding_on_what_nobody_says_is_on_the_board() {
    let mut given = Given::new();
    given.find(GROUP, Outcome::Confirmed);
    given.then(&[(perpetrator(GROUP), Status::FindingConfirmed, &[])], (IncidentStatus::Adjudicated, &[]), &[]);
    let about = given.on(GROUP);
    assert_eq!(about.status_without_finding, Status::None);
    assert!(about.support.is_empty() && about.opposition.is_empty() && about.neutral.is_empty());
    let mut given = Given::new();
    given.find_on(said(accuses(WITNESS, GROUP).facet(Facet::Motive, Some("Revenge"))), Outcome::Undetermined);
    let about = on(&given.board(), &about_motive("revenge"));
    assert_eq!((about.status, about.value.as_deref()), (Status::FindingUndetermined, Some("Revenge")));
}

fn about_motive(value: &str) -> Key {
    about(Facet::Motive, Some(value))
}

#[test]
fn a_finding_is_on_its_proposition_alone() {
    let mut given = Given::of([accuses(WITNESS, GROUP), accuses(WITNESS, GROUP).role(Role::Ordered)]);
    given.find_on(said(accuses(WITNESS, GROUP).of_class(ATTACKS)), Outcome::Rejected);
    given.find_on(said(accuses(WITNESS, GROUP).about_evidence()), Outcome::Rejected);
    assert_eq!(given.status(GROUP), Status::Accused);
    given.find_on(said(accuses(WITNESS, GROUP).role(Role::Ordered)), Outcome::Rejected);
    assert_eq!(given.status(GROUP), Status::Accused);
    assert_eq!(on(&given.board(), &in_role(GROUP, Role::Ordered)).status, Status::FindingRejected);
}

#[test]
fn a_finding_about_a_class_stands_where_the_class_is_shown() {
    let mut given = Given::of([accuses(WITNESS, GROUP).of_class(ATTACKS)]);
    given.class(ATTACKS, |_| {});
    given.find_on(said(accuses(WITNESS, GROUP).of_class(ATTACKS)), Outcome::Rejected);
    given.find_on(said(accuses(WITNESS, RIVAL).of_class(ATTACKS)), Outcome::Confirmed);
    let board = given.board();
    let generic: Vec<_> = board.generic.iter().map(|generic| (generic.about.key.actor, generic.about.status)).collect();
    assert_eq!(generic, [(Some(GROUP), Status::FindingRejected), (Some(RIVAL), Status::FindingConfirmed)]);
    assert_eq!((on(&board, &perpetrator(GROUP)).status, board.status), (Status::Suspected, IncidentStatus::Suspected));
}

#[test]
fn a_finding_on_the_incident_is_shown_by_itself() {
    for outcome in [Outcome::Confirmed, Outcome::Rejected, Outcome::Undetermined] {
        let mut given = Given::of([claims(GROUP), denies(WITNESS, GROUP)]);
        let id = given.find_on(Target::Incident(INCIDENT), outcome);
        let board = given.board();
        assert_eq!((board.status, board.finding.as_ref().unwrap().adjudication), (IncidentStatus::Adjudicated, id));
        assert_eq!(given.status(GROUP), Status::Contested);
        assert_eq!(given.kinds(), [DisputeKind::Opposed]);
        given.then_to(id, &overturned());
        assert_eq!((given.board().status, given.board().finding), (IncidentStatus::Disputed, None));
    }
}

#[test]
fn what_was_found_not_to_hold_makes_no_dispute_and_no_status() {
    let mut given = Given::of([accuses(WITNESS, GROUP), denies(GROUP, GROUP), accuses(BYSTANDER, RIVAL)]);
    assert_eq!(given.kinds(), [DisputeKind::RivalAccused, DisputeKind::Denied]);
    given.find(GROUP, Outcome::Rejected);
    assert!(given.kinds().is_empty());
    assert_eq!(given.board().status, IncidentStatus::Accused);
    given.find(RIVAL, Outcome::Rejected);
    assert_eq!(given.board().status, IncidentStatus::Unattributed);
}

#[test]
fn what_was_confirmed_is_still_disputed() {
    let mut given = Given::of([accuses(WITNESS, GROUP), denies(GROUP, GROUP)]);
    given.find(GROUP, Outcome::Confirmed);
    given.then(
        &[(perpetrator(GROUP), Status::FindingConfirmed, &[Flag::DeniedByAccused])],
        (IncidentStatus::Adjudicated, &[]),
        &[DisputeKind::Denied],
    );
}

#[test]
fn another_role_that_was_found_not_to_hold_is_not_told_of() {
    let planned = || accuses(WITNESS, GROUP).role(Role::Planned);
    let mut given = Given::of([planned()]);
    assert_eq!(given.board().flags, [IncidentFlag::OtherRolesOnly]);
    given.find_on(said(planned()), Outcome::Rejected);
    assert!(given.board().flags.is_empty());
}

#[test]
fn a_finding_is_stale_from_the_first_reading_after_what_it_is_based_on() {
    let mut given = Given::of([accuses(WITNESS, GROUP)]);
    let id = given.find(GROUP, Outcome::Confirmed);
    assert!(given.flags(GROUP).is_empty());
    // A second reading of the same words is a reading on it, whatever it says itself.
    let passage = given.passage();
    given.read(accuses(BYSTANDER, RIVAL).at(passage));
    assert!(given.flags(GROUP).is_empty());
    given.read(accuses(BYSTANDER, GROUP).at(passage));
    assert_eq!(given.flags(GROUP), [Flag::Stale]);
    given.then_to(id, &reopened());
    assert!(given.flags(GROUP).is_empty());
}

#[test]
fn a_rejected_reading_is_not_live() {
    let mut given = Given::new();
    let accusation = given.read(accuses(WITNESS, GROUP));
    given.read(accuses(BYSTANDER, GROUP).probably());
    let id = given.rule(&[], &[accusation]);
    assert_eq!(given.status(GROUP), Status::Suspected);
    assert_eq!(given.clusters(GROUP).len(), 1);
    given.then_to(id, &overturned());
    assert_eq!(given.status(GROUP), Status::Accused);
}

#[test]
fn a_change_that_was_rejected_withdraws_nothing() {
    let mut given = Given::new();
    let accusation = given.read(accuses(WITNESS, GROUP));
    let retraction = given.read(retracts(WITNESS, GROUP, &[accusation]));
    assert_eq!(given.status(GROUP), Status::Withdrawn);
    given.rule(&[], &[retraction]);
    assert_eq!(given.status(GROUP), Status::Accused);
}

#[test]
fn what_one_adjudication_upholds_and_another_rejects_is_not_live() {
    let mut given = Given::new();
    let accusation = given.read(accuses(WITNESS, GROUP));
    given.rule(&[accusation], &[]);
    assert_eq!(given.status(GROUP), Status::Accused);
    given.rule(&[], &[accusation]);
    assert_eq!(given.status(GROUP), Status::None);
}

#[test]
fn a_rejected_reading_no_longer_stands_in_the_way_of_consensus() {
    let mut given = Given::new();
    let readings = given.read_together([(ANNA, accuses(WITNESS, GROUP)), (BERT, denies(WITNESS, GROUP))]);
    assert_eq!(given.flags(GROUP), [Flag::NoConsensus]);
    given.rule(&readings[..1], &readings[1..]);
    assert_eq!((given.status(GROUP), given.flags(GROUP)), (Status::Accused, vec![]));
}

#[test]
fn under_the_policy_of_rulings_the_upheld_reading_gives_the_value() {
    let told =
        [(ANNA, accuses(WITNESS, GROUP)), (BERT, accuses(WITNESS, GROUP).probably()), (CARA, denies(WITNESS, GROUP))];
    let value = |uphold: &[usize]| {
        let mut given = Given::new().adjudicated();
        let readings = given.read_together(told.clone());
        let upheld: Vec<_> = uphold.iter().map(|at| readings[*at]).collect();
        if !upheld.is_empty() {
            given.rule(&upheld, &[]);
        }
        let utterance = given.utterance(GROUP, readings[0]);
        (!utterance.flags.contains(&"no_consensus")).then_some(utterance.value)
    };
    assert_eq!(value(&[]), None);
    assert_eq!(value(&[0]), Some(STRONG));
    assert_eq!(value(&[1]), Some(WEAK));
    assert_eq!(value(&[2]), Some(Some((Sign::Opposition, Strength::Strong))));
    // Several readings that were upheld have to agree in their sign.
    assert_eq!(value(&[0, 1]), Some(WEAK));
    assert_eq!(value(&[0, 2]), None);
}

#[test]
fn a_ruling_is_one_more_reading_to_the_other_policies() {
    for given in [Given::new(), Given::new().majority()] {
        let mut given = given;
        let readings = given.read_together([(ANNA, accuses(WITNESS, GROUP)), (BERT, denies(WITNESS, GROUP))]);
        given.rule(&readings[..1], &[]);
        assert_eq!(given.flags(GROUP), [Flag::NoConsensus]);
    }
}

#[test]
fn under_the_policy_of_rulings_a_change_holds_if_it_was_upheld() {
    let mut given = Given::new().adjudicated();
    let accusation = given.read(accuses(WITNESS, GROUP));
    let other = given.read(accuses(WITNESS, GROUP).probably());
    let changes = given
        .read_together([(ANNA, retracts(WITNESS, GROUP, &[accusation])), (BERT, retracts(WITNESS, GROUP, &[other]))]);
    given.rule(&[accusation, other], &[]);
    assert_eq!(given.status(GROUP), Status::Accused);
    given.rule(&changes[1..], &[]);
    assert_eq!((given.marks(GROUP, accusation), given.marks(GROUP, other).len()), (vec![], 1));
    given.rule(&changes[..1], &[]);
    // Two readings that were upheld and name different utterances agree on none.
    assert!(given.marks(GROUP, other).is_empty());
}

#[test]
fn the_upheld_reading_stands_for_its_utterance() {
    let mut given = Given::new();
    let edge = given.edge(RelationType::SpeaksFor, SPOKESMAN, ARMY);
    let first = accuses(SPOKESMAN, GROUP).presupposed().through(RADIO, Stance::Distances).on("2021-05-04");
    let second = accuses(SPOKESMAN, GROUP).speaking_for(edge);
    let readings = given.read_together([(ANNA, first), (BERT, second)]);
    let before = given.utterance(GROUP, readings[0]);
    assert_eq!((before.first, &before.flags[..]), (readings[0], &["distanced", "presupposed"][..]));
    given.rule(&readings[1..], &[]);
    let after = given.utterance(GROUP, readings[0]);
    assert_eq!((after.id, after.first, after.flags.len()), (readings[0], readings[1], 0));
    // It states no date, so that of the other counts.
    assert_eq!(after.uttered, before.uttered);
    assert!(before.uttered.is_some());
}

#[test]
fn an_upheld_reading_comes_before_one_with_a_smaller_id_for_the_date_as_well() {
    let mut given = Given::new();
    let told = [(ANNA, accuses(WITNESS, GROUP).on("2021-05-04")), (BERT, accuses(WITNESS, GROUP).on("2021-05-06"))];
    let readings = given.read_together(told);
    let uttered = |given: &Given| given.utterance(GROUP, readings[0]).uttered.unwrap().as_str().to_owned();
    assert_eq!(uttered(&given), "2021-05-04");
    given.rule(&readings[1..], &[]);
    assert_eq!(uttered(&given), "2021-05-06");
}

#[test]
fn the_scope_is_that_of_the_upheld_reading() {
    let mut given = Given::new();
    given.class(ATTACKS, |_| {});
    let mut specific = accuses(WITNESS, GROUP).of_class(ATTACKS);
    specific.claim.scope = Scope::Specific;
    let readings = given.read_together([(ANNA, specific), (BERT, accuses(WITNESS, GROUP).of_class(ATTACKS))]);
    assert_eq!(given.status(GROUP), Status::None);
    given.rule(&readings[1..], &[]);
    assert_eq!(given.status(GROUP), Status::Suspected);
}

#[test]
fn a_relation_is_held_if_that_was_found_and_dropped_if_the_contrary_was() {
    let told = |outcome: Option<Outcome>, disputed: bool| {
        let mut given = Given::of([accuses(SPOKESMAN, GROUP)]);
        let relation = given.edge(RelationType::SpeaksFor, SPOKESMAN, GROUP);
        if disputed {
            given.dispute(relation);
        }
        if let Some(outcome) = outcome {
            given.find_on(edge(relation), outcome);
        }
        given.status(GROUP)
    };
    assert_eq!(told(None, false), Status::Claimed);
    assert_eq!(told(None, true), Status::Accused);
    assert_eq!(told(Some(Outcome::Confirmed), true), Status::Claimed);
    assert_eq!(told(Some(Outcome::Rejected), false), Status::Accused);
    assert_eq!(told(Some(Outcome::Undetermined), false), Status::Claimed);
    assert_eq!(told(Some(Outcome::Undetermined), true), Status::Accused);
}

#[test]
fn a_relation_that_a_reading_names_is_as_it_was_found() {
    let told = |outcome: Option<Outcome>| {
        let mut given = Given::new();
        let relation = given.edge(RelationType::HoldsOffice, SPOKESMAN, PROSECUTOR);
        given.dispute(relation);
        given.read(says(SPOKESMAN, Act::Accuses, GROUP).speaking_for(relation));
        outcome.map(|outcome| given.find_on(edge(relation), outcome));
        given.status(GROUP)
    };
    assert_eq!(told(None), Status::Accused);
    assert_eq!(told(Some(Outcome::Confirmed)), Status::OfficiallyAttributed);
    assert_eq!(told(Some(Outcome::Rejected)), Status::Accused);
}
