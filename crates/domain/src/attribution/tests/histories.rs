//! Histories that the rules must hold: one test each, with everything that the board says of them.

use super::given::*;
use crate::attribution::{DisputeKind, Flag, IncidentFlag, IncidentStatus, Status};
use crate::claim::{Act, Polarity, Role, Stance, UnidentifiedKind};

#[test]
fn an_unknown_group_claims() {
    Given::of([claims(UNKNOWN)]).then(
        &[(perpetrator(UNKNOWN), Status::Claimed, &[])],
        (IncidentStatus::Claimed, &[]),
        &[],
    );
}

#[test]
fn an_official_accuses_and_the_accused_denies() {
    Given::of([accuses(ARMY, GROUP), denies(GROUP, GROUP)]).then(
        &[(perpetrator(GROUP), Status::Denied, &[Flag::DeniedByAccused])],
        (IncidentStatus::Disputed, &[]),
        &[DisputeKind::Denied],
    );
}

#[test]
fn an_official_accuses_the_accused_denies_and_a_third_party_denies_too() {
    Given::of([accuses(ARMY, GROUP), denies(GROUP, GROUP), denies(WITNESS, GROUP)]).then(
        &[(perpetrator(GROUP), Status::Contested, &[Flag::DeniedByAccused, Flag::Opposed])],
        (IncidentStatus::Disputed, &[]),
        &[DisputeKind::Denied, DisputeKind::Opposed],
    );
}

#[test]
fn an_accuser_accuses_and_then_retracts() {
    let mut given = Given::new();
    let accusation = given.read(accuses(WITNESS, GROUP));
    given.read(retracts(WITNESS, GROUP, &[accusation]));
    given.then(
        &[(perpetrator(GROUP), Status::Withdrawn, &[])],
        (IncidentStatus::Unattributed, &[IncidentFlag::FormerlyAttributed]),
        &[],
    );
}

#[test]
fn an_accusation_a_denial_by_the_accused_and_a_retraction_by_the_accuser() {
    let mut given = Given::new();
    let accusation = given.read(accuses(WITNESS, GROUP));
    given.read(denies(GROUP, GROUP));
    given.read(retracts(WITNESS, GROUP, &[accusation]));
    given.then(
        &[(perpetrator(GROUP), Status::Withdrawn, &[Flag::DeniedByAccused])],
        (IncidentStatus::Unattributed, &[IncidentFlag::FormerlyAttributed]),
        &[],
    );
}

#[test]
fn only_a_generic_denial_by_the_actor_itself() {
    let mut given = Given::new();
    let attacks = given.class(ATTACKS, |_| {});
    given.read(denies(GROUP, GROUP).of_class(attacks));
    given.then(
        &[(perpetrator(GROUP), Status::DeniedUnaccused, &[Flag::DeniedByAccused, Flag::GenericOnly])],
        (IncidentStatus::Unattributed, &[IncidentFlag::PreEmptiveDenial, IncidentFlag::GenericOnly]),
        &[],
    );
}

#[test]
fn a_probable_accusation_and_a_denial_by_the_accused() {
    Given::of([accuses(ARMY, GROUP).probably(), denies(GROUP, GROUP)]).then(
        &[(perpetrator(GROUP), Status::SuspectedContested, &[Flag::DeniedByAccused])],
        (IncidentStatus::Disputed, &[]),
        &[DisputeKind::Denied],
    );
}

#[test]
fn two_groups_claim_each_alone() {
    Given::of([claims(GROUP), claims(RIVAL)]).then(
        &[(perpetrator(GROUP), Status::Claimed, &[]), (perpetrator(RIVAL), Status::Claimed, &[])],
        (IncidentStatus::Disputed, &[]),
        &[DisputeKind::RivalClaims],
    );
}

#[test]
fn two_groups_claim_jointly() {
    Given::of([claims(GROUP).with(&[RIVAL]), claims(RIVAL).with(&[GROUP])]).then(
        &[(perpetrator(GROUP), Status::Claimed, &[]), (perpetrator(RIVAL), Status::Claimed, &[])],
        (IncidentStatus::Claimed, &[]),
        &[],
    );
}

#[test]
fn an_outlet_distances_itself_from_an_officials_accusation() {
    let distanced = accuses(ARMY, GROUP).chain(&[(PAPER.speaker(), Stance::Distances)]);
    Given::of([distanced]).then(
        &[(perpetrator(GROUP), Status::OfficiallyAttributed, &[Flag::Distanced])],
        (IncidentStatus::OfficiallyAttributed, &[]),
        &[],
    );
}

#[test]
fn the_army_says_that_the_group_claimed_it() {
    Given::of([claims(GROUP).through(ARMY, Stance::Relays)]).then(
        &[(perpetrator(GROUP), Status::Suspected, &[Flag::HearsayOnly])],
        (IncidentStatus::Suspected, &[]),
        &[],
    );
}

#[test]
fn reports_say_that_the_group_did_it() {
    Given::of([says(UnidentifiedKind::Reports, Act::Reports, GROUP)]).then(
        &[(perpetrator(GROUP), Status::Accused, &[])],
        (IncidentStatus::Accused, &[]),
        &[],
    );
}

#[test]
fn praise_only() {
    Given::of([praises(RIVAL, GROUP)]).then(
        &[(perpetrator(GROUP), Status::None, &[])],
        (IncidentStatus::Unattributed, &[]),
        &[],
    );
}

#[test]
fn a_denial_and_then_praise_by_the_accused() {
    Given::of([denies(GROUP, GROUP).on("2021-05-04"), praises(GROUP, GROUP).on("2021-05-05")]).then(
        &[(perpetrator(GROUP), Status::DeniedUnaccused, &[Flag::DeniedByAccused])],
        (IncidentStatus::Unattributed, &[IncidentFlag::PreEmptiveDenial]),
        &[],
    );
}

#[test]
fn charged_by_a_prosecutors_office_and_later_exonerated_by_a_court() {
    let charge = says(PROSECUTOR, Act::Charges, GROUP).on("2021-06");
    let verdict = says(COURT, Act::Exonerates, GROUP).on("2022-02");
    Given::of([charge, verdict]).then(
        &[(perpetrator(GROUP), Status::Contested, &[Flag::Opposed, Flag::Exonerated])],
        (IncidentStatus::Disputed, &[]),
        &[DisputeKind::Opposed],
    );
}

#[test]
fn a_third_party_confirms_that_it_was_not_so_after_an_accusation() {
    let rebuttal = says(BYSTANDER, Act::Confirms, GROUP).polarity(Polarity::Minus);
    Given::of([accuses(WITNESS, GROUP), rebuttal]).then(
        &[(perpetrator(GROUP), Status::Contested, &[Flag::Opposed])],
        (IncidentStatus::Disputed, &[]),
        &[DisputeKind::Opposed],
    );
}

#[test]
fn a_newspaper_states_flatly_that_the_group_fired() {
    Given::of([says(PAPER, Act::Reports, GROUP)]).then(
        &[(perpetrator(GROUP), Status::Accused, &[Flag::MediaOnly])],
        (IncidentStatus::Accused, &[]),
        &[],
    );
}

#[test]
fn an_arrest_and_a_later_release_without_charge() {
    let arrest = says(ARMY, Act::ImpliesAttribution, WITNESS).on("2021-05-10");
    let release = says(ARMY, Act::Releases, WITNESS).on("2021-06-01");
    Given::of([arrest, release]).then(
        &[(perpetrator(WITNESS), Status::Suspected, &[Flag::Released])],
        (IncidentStatus::Suspected, &[]),
        &[],
    );
}

#[test]
fn accuses_certainly_on_5_may_and_probably_on_9_may() {
    let accusation = accuses(WITNESS, GROUP);
    Given::of([accusation.clone().on("2021-05-05"), accusation.probably().on("2021-05-09")]).then(
        &[(perpetrator(GROUP), Status::Suspected, &[])],
        (IncidentStatus::Suspected, &[]),
        &[],
    );
}

#[test]
fn claims_on_4_may_and_denies_on_6_may() {
    Given::of([claims(GROUP).on("2021-05-04"), denies(GROUP, GROUP).on("2021-05-06")]).then(
        &[(perpetrator(GROUP), Status::Withdrawn, &[Flag::DeniedByAccused, Flag::Reversed])],
        (IncidentStatus::Unattributed, &[IncidentFlag::FormerlyAttributed]),
        &[],
    );
}

#[test]
fn claims_and_denies_undated() {
    Given::of([claims(GROUP), denies(GROUP, GROUP)]).then(
        &[(perpetrator(GROUP), Status::Inconsistent, &[])],
        (IncidentStatus::Disputed, &[]),
        &[DisputeKind::Inconsistent],
    );
}

#[test]
fn two_annotators_read_one_sentence_as_accusation_and_as_denial() {
    let mut given = Given::new();
    given.read_together([(ANNA, accuses(WITNESS, GROUP)), (BERT, denies(WITNESS, GROUP))]);
    given.then(
        &[(perpetrator(GROUP), Status::None, &[Flag::NoConsensus])],
        (IncidentStatus::Disputed, &[]),
        &[DisputeKind::Reading],
    );
}

#[test]
fn one_state_accuses_a_as_perpetrator_and_another_accuses_b_of_ordering_it() {
    Given::of([accuses(ARMY, GROUP), accuses(MINISTRY, RIVAL).role(Role::Ordered)]).then(
        &[
            (perpetrator(GROUP), Status::OfficiallyAttributed, &[]),
            (in_role(RIVAL, Role::Ordered), Status::OfficiallyAttributed, &[]),
        ],
        (IncidentStatus::OfficiallyAttributed, &[]),
        &[],
    );
}

#[test]
fn one_accuses_a_and_b_and_another_accuses_a_only() {
    Given::of([accuses(WITNESS, GROUP), accuses(WITNESS, RIVAL), accuses(BYSTANDER, GROUP)]).then(
        &[(perpetrator(GROUP), Status::Accused, &[]), (perpetrator(RIVAL), Status::Accused, &[])],
        (IncidentStatus::Accused, &[]),
        &[],
    );
}

#[test]
fn one_accuses_a_and_another_accuses_b() {
    Given::of([accuses(WITNESS, GROUP), accuses(BYSTANDER, RIVAL)]).then(
        &[(perpetrator(GROUP), Status::Accused, &[]), (perpetrator(RIVAL), Status::Accused, &[])],
        (IncidentStatus::Disputed, &[]),
        &[DisputeKind::RivalAccused],
    );
}

#[test]
fn convicted_and_the_convict_denies() {
    Given::of([says(COURT, Act::Convicts, WITNESS), denies(WITNESS, WITNESS)]).then(
        &[(perpetrator(WITNESS), Status::Denied, &[Flag::DeniedByAccused, Flag::Convicted])],
        (IncidentStatus::Disputed, &[]),
        &[DisputeKind::Denied],
    );
}

#[test]
fn unnamed_officials_accuse_in_one_paper_and_unnamed_officials_deny_in_another() {
    let officials = UnidentifiedKind::Officials;
    Given::of([accuses(officials, GROUP), denies(officials, GROUP)]).then(
        &[(perpetrator(GROUP), Status::Contested, &[Flag::Opposed])],
        (IncidentStatus::Disputed, &[]),
        &[DisputeKind::Opposed],
    );
}
