//! Disputes: who makes them, and who is no rival of whom.

use super::given::*;
use crate::attribution::{DisputeKind, IncidentStatus};
use crate::claim::{Act, Facet, Polarity, Role, Stance, UnidentifiedKind};
use crate::id::ActorId;
use crate::relation::RelationType;
use DisputeKind::{Denied, Facts, Inconsistent, Opposed, RivalAccused, RivalClaims};

/// The witness accuses the group, the bystander the rival.
fn rivals() -> Given {
    Given::of([accuses(WITNESS, GROUP), accuses(BYSTANDER, RIVAL)])
}

#[test]
fn rivals_are_accused_by_speakers_of_whom_neither_accuses_both() {
    assert_eq!(rivals().kinds(), [RivalAccused]);
    let mut given = rivals();
    given.read(accuses(WITNESS, RIVAL));
    assert_eq!(given.kinds(), [], "the bystander alone stands on one side");
    given.read(accuses(MINISTRY, GROUP));
    assert_eq!(given.kinds(), [RivalAccused]);
}

#[test]
fn rivals_need_strong_support_in_one_role() {
    let given = Given::of([accuses(WITNESS, GROUP).probably(), accuses(BYSTANDER, RIVAL)]);
    assert_eq!(given.kinds(), []);
    let ordered = Given::of([accuses(WITNESS, GROUP), accuses(BYSTANDER, RIVAL).role(Role::Ordered)]);
    assert_eq!(ordered.kinds(), []);
    let both = [accuses(WITNESS, GROUP).role(Role::Ordered), accuses(BYSTANDER, RIVAL).role(Role::Ordered)];
    assert_eq!(Given::of(both).kinds(), [RivalAccused]);
    let planned = [accuses(WITNESS, GROUP).role(Role::Planned), accuses(BYSTANDER, RIVAL).role(Role::Planned)];
    assert_eq!(Given::of(planned).kinds(), [], "no dispute about who did it");
}

#[test]
fn a_held_tie_makes_no_rivals() {
    for relation in [RelationType::PartOf, RelationType::FrontOf, RelationType::AliasUsedBy] {
        for (from, to) in [(GROUP, RIVAL), (RIVAL, GROUP)] {
            let mut given = rivals();
            let edge = given.edge(relation, from, to);
            assert_eq!(given.kinds(), [], "{relation:?}");
            given.dispute(edge);
            assert_eq!(given.kinds(), [RivalAccused, DisputeKind::Identity], "{relation:?} is open now");
        }
    }
    for relation in [RelationType::AlliedWith, RelationType::Commands, RelationType::SplinterOf] {
        let mut given = rivals();
        given.edge(relation, GROUP, RIVAL);
        assert_eq!(given.kinds(), [RivalAccused], "{relation:?}");
    }
}

#[test]
fn a_tie_counts_at_the_time_of_the_incident() {
    let kinds = |valid| {
        let mut given = rivals();
        given.edge_during(RelationType::PartOf, GROUP, RIVAL, Some(valid));
        given.kinds()
    };
    assert_eq!(kinds("2020/2021-05"), []);
    assert_eq!(kinds("2020"), [RivalAccused]);
}

#[test]
fn live_support_that_names_the_other_makes_no_rivals() {
    let kinds = |by_witness: &[ActorId]| {
        Given::of([accuses(WITNESS, GROUP).with(by_witness), accuses(BYSTANDER, RIVAL)]).kinds()
    };
    assert_eq!(kinds(&[]), [RivalAccused]);
    assert_eq!(kinds(&[UNKNOWN]), [RivalAccused]);
    assert_eq!(kinds(&[UNKNOWN, RIVAL]), []);
    let mut given = rivals();
    let joint = given.read(accuses(MINISTRY, RIVAL).with(&[GROUP]).probably());
    assert_eq!(given.kinds(), [], "weak support is live support");
    given.read(retracts(MINISTRY, RIVAL, &[joint]));
    assert_eq!(given.kinds(), [RivalAccused], "withdrawn support is not");
}

#[test]
fn denial_that_names_another_as_joint_changes_no_rivalry() {
    let mut given = rivals();
    given.read(denies(MINISTRY, GROUP).with(&[RIVAL]));
    assert_eq!(given.kinds(), [RivalAccused, Opposed]);
}

#[test]
fn two_who_claim_are_rival_claims_and_not_rival_accused() {
    let mut given = Given::of([claims(GROUP), claims(RIVAL), accuses(WITNESS, GROUP)]);
    assert_eq!(given.kinds(), [RivalClaims]);
    given.read(accuses(BYSTANDER, UNKNOWN));
    assert_eq!(given.kinds(), [RivalAccused, RivalClaims], "the third is no claimant");
}

#[test]
fn one_who_claims_and_accuses_the_other_too_is_no_rival() {
    let given = Given::of([claims(GROUP), accuses(GROUP, RIVAL), claims(RIVAL)]);
    assert_eq!(given.kinds(), []);
}

#[test]
fn a_spokesman_who_claims_for_one_and_accuses_another_is_one_speaker() {
    let mut given = Given::new();
    given.edge(RelationType::HoldsOffice, SPOKESMAN, GROUP);
    given.read(accuses(SPOKESMAN, GROUP));
    given.read(accuses(SPOKESMAN, RIVAL));
    assert_eq!(given.kinds(), []);
    given.read(accuses(BYSTANDER, RIVAL));
    assert_eq!(given.kinds(), [], "nobody stands by the group alone");
    given.read(claims(GROUP));
    assert_eq!(given.kinds(), [RivalAccused]);
}

#[test]
fn two_unidentified_speakers_make_rivals() {
    let people = UnidentifiedKind::People;
    assert_eq!(Given::of([accuses(people, GROUP), accuses(people, RIVAL)]).kinds(), [RivalAccused]);
}

#[test]
fn a_dispute_names_the_utterances_that_make_it() {
    let mut given = Given::new();
    let by_both = given.read(accuses(MINISTRY, GROUP));
    given.read(accuses(MINISTRY, RIVAL));
    let by_one = given.read(accuses(WITNESS, GROUP));
    let earlier = given.read(denies(BYSTANDER, RIVAL).on("2021-05-05"));
    let by_other = given.read(accuses(BYSTANDER, RIVAL).on("2021-05-06"));
    let because = |given: &Given, kind| of_kind(&given.board(), kind)[0].because.clone();
    assert_eq!(because(&given, RivalAccused), [by_one, by_other]);
    let denial = given.read(denies(GROUP, GROUP));
    let weak = given.read(doubts(PROSECUTOR, GROUP));
    assert_eq!(because(&given, Denied), [by_both, by_one, denial]);
    let opposition = given.read(denies(COURT, GROUP));
    assert_eq!(because(&given, Opposed), [by_both, by_one, opposition]);
    assert!(!because(&given, Opposed).contains(&weak));
    assert!(!because(&given, RivalAccused).contains(&earlier));
}

#[test]
fn adopted_support_makes_a_dispute_and_is_named_by_the_adopted_utterance() {
    let mut given = Given::new();
    let adopted = given.read(accuses(WITNESS, GROUP).chain(&[(AGENCY.speaker(), Stance::Adopts)]).on("2021-05-05"));
    let turned = given.read(denies(WITNESS, GROUP).on("2021-05-06"));
    let dispute = &of_kind(&given.board(), Opposed)[0];
    assert_eq!(dispute.because, [adopted, turned]);
}

#[test]
fn inconsistency_names_what_the_speaker_says_on_both_sides() {
    let mut given = Given::new();
    given.read(claims(GROUP).on("2021-05-03"));
    let claim = given.read(claims(GROUP).on("2021-05-05"));
    let denial = given.read(denies(GROUP, GROUP).on("2021-05-05"));
    given.read(accuses(WITNESS, GROUP));
    given.read(denies(WITNESS, GROUP));
    assert_eq!(given.kinds(), [Inconsistent]);
    assert_eq!(of_kind(&given.board(), Inconsistent)[0].because, [claim, denial]);
}

#[test]
fn disputes_on_several_propositions_are_one_entry_by_kind() {
    let given =
        Given::of([accuses(WITNESS, GROUP), denies(GROUP, GROUP), accuses(WITNESS, RIVAL), denies(RIVAL, RIVAL)]);
    let board = given.board();
    assert_eq!(of_kind(&board, Denied).len(), 1);
    assert_eq!(of_kind(&board, Denied)[0].because.len(), 4);
}

#[test]
fn an_acknowledged_deed_is_no_dispute() {
    let given = Given::of([claims(GROUP), accuses(ARMY, GROUP), doubts(WITNESS, GROUP)]);
    assert_eq!((given.board().status, given.kinds()), (IncidentStatus::Acknowledged, vec![]));
}

/// Somebody states a fact about the incident.
fn tells(who: impl Named, facet: Facet, value: &str) -> Saying {
    says(who, Act::Reports, GROUP).facet(facet, Some(value))
}

fn happened(who: impl Named) -> Saying {
    says(who, Act::Reports, GROUP).facet(Facet::Occurred, None)
}

fn did_not_happen(who: impl Named) -> Saying {
    says(who, Act::Denies, GROUP).facet(Facet::Occurred, None)
}

#[test]
fn whether_it_happened_is_a_fact_in_dispute_when_others_contradict() {
    let mut given = Given::new();
    let said = given.read(happened(WITNESS));
    assert_eq!(given.kinds(), []);
    given.read(says(BYSTANDER, Act::Doubts, GROUP).facet(Facet::Occurred, None));
    assert_eq!(given.kinds(), [], "who doubts does not contest");
    let contradicted = given.read(did_not_happen(MINISTRY));
    assert_eq!((given.board().status, given.kinds()), (IncidentStatus::Disputed, vec![Facts]));
    let dispute = &of_kind(&given.board(), Facts)[0];
    assert_eq!((dispute.generic, &dispute.because), (false, &vec![said, contradicted]));
    assert_eq!(Given::of([did_not_happen(MINISTRY)]).kinds(), [], "nobody says that it happened");
}

#[test]
fn a_fact_that_only_a_generic_utterance_contests_is_disputed_generically() {
    let mut given = Given::of([happened(WITNESS)]);
    given.class(ATTACKS, |_| {});
    given.read(did_not_happen(MINISTRY).of_class(ATTACKS));
    assert_eq!(of_kind(&given.board(), Facts).iter().map(|dispute| dispute.generic).collect::<Vec<_>>(), [true]);
}

#[test]
fn two_values_by_different_speakers_are_facts_in_dispute() {
    for facet in [Facet::Where, Facet::Means, Facet::Motive] {
        let mut given = Given::new();
        let one = given.read(tells(WITNESS, facet, "one"));
        assert_eq!(given.kinds(), [], "{facet}: one value");
        given.read(tells(BYSTANDER, facet, " ONE "));
        assert_eq!(given.kinds(), [], "{facet}: the same value");
        let other = given.read(tells(MINISTRY, facet, "another"));
        assert_eq!(given.kinds(), [Facts], "{facet}");
        let because = of_kind(&given.board(), Facts)[0].because.clone();
        assert!(because.contains(&one) && because.contains(&other) && because.len() == 3, "{facet}: {because:?}");
    }
    let apart = [tells(WITNESS, Facet::Where, "Erbil"), tells(BYSTANDER, Facet::Means, "a drone")];
    assert_eq!(Given::of(apart).kinds(), [], "values of two facets");
}

#[test]
fn one_speaker_with_two_values_disputes_nothing() {
    for facet in [Facet::Where, Facet::Means, Facet::Motive] {
        let mut given = Given::of([tells(WITNESS, facet, "one"), tells(WITNESS, facet, "another")]);
        assert_eq!(given.kinds(), [], "{facet}");
        given.read(tells(BYSTANDER, facet, "another"));
        assert_eq!(given.kinds(), [Facts], "{facet}: the bystander stands by the other alone");
    }
    let mut given = Given::new();
    given.edge(RelationType::SpeaksFor, SPOKESMAN, GROUP);
    given.read(tells(SPOKESMAN, Facet::Motive, "revenge"));
    given.read(tells(GROUP, Facet::Motive, "deterrence"));
    assert_eq!(given.kinds(), [], "the spokesman is the group's voice");
}

#[test]
fn a_value_that_is_only_probable_disputes_nothing() {
    let given = Given::of([tells(WITNESS, Facet::Where, "Erbil"), tells(BYSTANDER, Facet::Where, "Balad").probably()]);
    assert_eq!(given.kinds(), []);
}

#[test]
fn a_value_that_was_taken_back_disputes_nothing() {
    let mut given = Given::new();
    given.read(tells(WITNESS, Facet::Where, "Erbil"));
    let other = given.read(tells(BYSTANDER, Facet::Where, "Balad"));
    assert_eq!(given.kinds(), [Facts]);
    given.read(says(BYSTANDER, Act::Retracts, GROUP).facet(Facet::Where, Some("Balad")).changing(&[other]));
    assert_eq!(given.kinds(), []);
}

#[test]
fn times_are_in_dispute_when_they_share_no_day() {
    let kinds =
        |one, other| Given::of([tells(WITNESS, Facet::When, one), tells(BYSTANDER, Facet::When, other)]).kinds();
    assert_eq!(kinds("2021-05-04", "2021-05-05"), [Facts]);
    assert_eq!(kinds("2021-04", "2021-05-01/2021-05-05"), [Facts]);
    assert_eq!(kinds("2021-05-04", "2021-05"), []);
    assert_eq!(kinds("2021-05-04/2021-05-05", "2021-05-05~"), []);
    assert_eq!(kinds("2021-05-XX", "2021-05-04"), [], "in lower case the first would be no date");
    assert_eq!(kinds("2021-04-XX", "2021-05-04"), [Facts], "in lower case the first would be no date");
    assert_eq!(kinds("../2021-05-03", "2021-05-04"), [Facts]);
}

#[test]
fn values_about_two_actors_are_no_two_values_of_one_thing() {
    let of = |actor, saying: Saying| {
        let mut saying = saying;
        saying.claim.proposition.actor = actor;
        saying
    };
    let kinds = |one, other| {
        let sayings = [tells(WITNESS, Facet::Motive, "revenge"), tells(BYSTANDER, Facet::Motive, "deterrence")];
        let [a, b] = sayings;
        Given::of([of(one, a), of(other, b)]).kinds()
    };
    assert_eq!(kinds(Some(GROUP), Some(RIVAL)), []);
    assert_eq!(kinds(Some(GROUP), Some(GROUP)), [Facts]);
    assert_eq!(kinds(Some(GROUP), None), [Facts]);
}

#[test]
fn legality_is_in_dispute_only_when_one_value_is_contested() {
    let mut given =
        Given::of([tells(WITNESS, Facet::Legality, "lawful"), tells(BYSTANDER, Facet::Legality, "unlawful")]);
    assert_eq!(given.kinds(), []);
    given.read(tells(MINISTRY, Facet::Legality, "lawful").polarity(Polarity::Minus));
    assert_eq!(given.kinds(), [Facts]);
}

#[test]
fn evidence_that_others_deny_is_a_fact_in_dispute_and_attribution_is_not() {
    let there_is = |who: ActorId, polarity| says(who, Act::Confirms, GROUP).about_evidence().polarity(polarity);
    let given = Given::of([there_is(WITNESS, Polarity::Plus), there_is(MINISTRY, Polarity::Minus)]);
    assert_eq!(given.kinds(), [Facts]);
    assert_eq!(Given::of([accuses(WITNESS, GROUP), denies(MINISTRY, GROUP)]).kinds(), [Opposed]);
}
