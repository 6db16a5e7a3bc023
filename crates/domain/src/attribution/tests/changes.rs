//! Changes: who may take back what, and which changes hold.

use super::given::*;
use crate::attribution::{Flag, Mark, Status};
use crate::claim::{Act, Certainty, Polarity, Stance, Target, UnidentifiedKind};
use crate::id::ReadingId;
use crate::relation::RelationType;
use uuid::Uuid;

/// An accusation by the witness.
fn accused() -> (Given, ReadingId) {
    let mut given = Given::new();
    let accusation = given.read(accuses(WITNESS, GROUP));
    (given, accusation)
}

#[test]
fn a_retraction_withdraws_and_takes_no_position() {
    for polarity in [Polarity::Plus, Polarity::Minus, Polarity::Neutral] {
        let (mut given, accusation) = accused();
        let retraction = given.read(retracts(WITNESS, GROUP, &[accusation]).polarity(polarity));
        assert_eq!(given.marks(GROUP, accusation), [Mark::Withdrawn]);
        assert_eq!(given.utterance(GROUP, retraction).value, None);
        assert_eq!(given.status(GROUP), Status::Withdrawn);
    }
}

#[test]
fn only_the_same_voice_takes_words_back() {
    for (who, status) in [
        (WITNESS, Status::Withdrawn),
        (BYSTANDER, Status::Accused),
        (GROUP, Status::Accused),
        (SPOKESMAN, Status::Accused),
    ] {
        let (mut given, accusation) = accused();
        given.read(retracts(who, GROUP, &[accusation]));
        assert_eq!(given.status(GROUP), status);
    }
    let (mut given, accusation) = accused();
    given.read(retracts(SPOKESMAN, GROUP, &[accusation]));
    given.edge(RelationType::SpeaksFor, SPOKESMAN, WITNESS);
    assert_eq!(given.status(GROUP), Status::Withdrawn);
}

#[test]
fn unidentified_people_take_nothing_back() {
    let mut given = Given::new();
    let officials = UnidentifiedKind::Officials;
    let accusation = given.read(accuses(officials, GROUP));
    given.read(retracts(officials, GROUP, &[accusation]));
    assert_eq!(given.status(GROUP), Status::Accused);
}

#[test]
fn a_source_takes_back_what_it_said_itself() {
    let mut given = Given::new();
    let report = given.read(says(PAPER, Act::Reports, GROUP));
    given.read(retracts(AGENCY, GROUP, &[report]));
    assert_eq!(given.status(GROUP), Status::Accused);
    given.read(retracts(PAPER, GROUP, &[report]));
    assert_eq!(given.status(GROUP), Status::Withdrawn);
}

#[test]
fn any_reading_of_an_utterance_names_it() {
    let mut given = Given::new();
    let readings = given.read_together([(ANNA, accuses(WITNESS, GROUP)), (BERT, accuses(WITNESS, GROUP))]);
    given.read(retracts(WITNESS, GROUP, &readings[1..]));
    assert_eq!(given.marks(GROUP, readings[0]), [Mark::Withdrawn]);
}

#[test]
fn one_change_withdraws_several_utterances_on_several_propositions() {
    let mut given = Given::new();
    let first = given.read(accuses(WITNESS, GROUP));
    let second = given.read(accuses(WITNESS, RIVAL));
    given.read(retracts(WITNESS, GROUP, &[first, second]));
    assert_eq!((given.status(GROUP), given.status(RIVAL)), (Status::Withdrawn, Status::Withdrawn));
}

#[test]
fn what_is_not_in_the_case_is_not_taken_back() {
    let (mut given, accusation) = accused();
    given.read(retracts(WITNESS, GROUP, &[Uuid::from_u128(0xffff).into()]));
    assert_eq!(given.marks(GROUP, accusation), []);
}

#[test]
fn a_change_that_names_itself_withdraws_nothing() {
    let mut given = Given::new();
    let id = Uuid::from_u128(0x10).into();
    given.read_as(id, says(WITNESS, Act::Corrects, GROUP).polarity(Polarity::Plus).changing(&[id]));
    assert_eq!(given.status(GROUP), Status::Accused);
}

#[test]
fn a_withdrawn_change_does_not_hold() {
    let (mut given, accusation) = accused();
    let first = given.read(retracts(WITNESS, GROUP, &[accusation]));
    let second = given.read(retracts(WITNESS, GROUP, &[first]));
    assert_eq!(given.marks(GROUP, accusation), []);
    assert_eq!(given.marks(GROUP, first), [Mark::Withdrawn]);
    let third = given.read(retracts(WITNESS, GROUP, &[second]));
    assert_eq!(given.marks(GROUP, accusation), [Mark::Withdrawn]);
    given.read(retracts(WITNESS, GROUP, &[third]));
    assert_eq!(given.marks(GROUP, accusation), []);
}

#[test]
fn a_long_chain_of_changes_holds_every_other_one_whatever_the_order_of_their_ids() {
    for upward in [true, false] {
        let mut given = Given::new();
        let id = |n: u128| ReadingId::new(Uuid::from_u128(if upward { 0x100 + n } else { 0xfff - n }));
        given.read_as(id(0), accuses(WITNESS, GROUP));
        for n in 1..=7 {
            given.read_as(id(n), retracts(WITNESS, GROUP, &[id(n - 1)]));
        }
        let withdrawn: Vec<bool> = (0..=7).map(|n| given.marks(GROUP, id(n)) == [Mark::Withdrawn]).collect();
        assert_eq!(withdrawn, [true, false, true, false, true, false, true, false]);
    }
}

#[test]
fn of_two_changes_of_one_utterance_one_that_holds_is_enough() {
    let (mut given, accusation) = accused();
    let first = given.read(retracts(WITNESS, GROUP, &[accusation]));
    given.read(retracts(WITNESS, GROUP, &[accusation]));
    given.read(retracts(WITNESS, GROUP, &[first]));
    assert_eq!(given.marks(GROUP, accusation), [Mark::Withdrawn]);
}

#[test]
fn changes_in_a_circle_do_not_hold() {
    let (mut given, accusation) = accused();
    let (a, b) = (Uuid::from_u128(0x10).into(), Uuid::from_u128(0x11).into());
    given.read_as(a, retracts(WITNESS, GROUP, &[accusation, b]));
    given.read_as(b, retracts(WITNESS, GROUP, &[a]));
    for id in [accusation, a, b] {
        assert_eq!(given.marks(GROUP, id), [], "neither is known to be the last word");
    }
}

#[test]
fn a_circle_is_broken_by_a_change_from_outside() {
    let (mut given, accusation) = accused();
    let (a, b) = (Uuid::from_u128(0x10).into(), Uuid::from_u128(0x11).into());
    given.read_as(a, retracts(WITNESS, GROUP, &[accusation, b]));
    given.read_as(b, retracts(WITNESS, GROUP, &[a]));
    given.read(retracts(WITNESS, GROUP, &[b]));
    assert_eq!(given.marks(GROUP, accusation), [Mark::Withdrawn]);
    assert_eq!(given.marks(GROUP, b), [Mark::Withdrawn]);
    assert_eq!(given.marks(GROUP, a), []);
}

#[test]
fn under_any_every_annotator_names_the_utterance_or_the_change_does_not_hold() {
    let (mut given, accusation) = accused();
    let other = given.read(accuses(WITNESS, RIVAL));
    given.read_together([
        (ANNA, retracts(WITNESS, GROUP, &[accusation, other])),
        (BERT, retracts(WITNESS, GROUP, &[accusation])),
    ]);
    assert_eq!(given.marks(GROUP, accusation), [Mark::Withdrawn]);
    assert_eq!(given.marks(RIVAL, other), []);
}

#[test]
fn one_who_reads_no_change_does_not_name_the_utterance() {
    let (mut given, accusation) = accused();
    given.read_together([(ANNA, retracts(WITNESS, GROUP, &[accusation])), (BERT, denies(WITNESS, GROUP))]);
    assert_eq!(given.marks(GROUP, accusation), []);
}

#[test]
fn under_majority_the_share_that_names_the_utterance_counts() {
    let named = |by_cara: bool| {
        let (mut given, accusation) = accused();
        given = given.majority();
        let retraction = || retracts(WITNESS, GROUP, &[accusation]);
        let other = praises(WITNESS, GROUP);
        given.read_together([
            (ANNA, retraction()),
            (BERT, other.clone()),
            (CARA, if by_cara { retraction() } else { other }),
        ]);
        given.marks(GROUP, accusation) == [Mark::Withdrawn]
    };
    assert!(named(true));
    assert!(!named(false));
}

#[test]
fn corrections_take_a_position_of_their_own() {
    for act in [Act::Corrects, Act::Narrows, Act::AmendsStrength] {
        let status = |polarity, certainty| {
            let (mut given, accusation) = accused();
            given.read(says(WITNESS, act, GROUP).polarity(polarity).certainty(certainty).changing(&[accusation]));
            assert_eq!(given.marks(GROUP, accusation), [Mark::Withdrawn]);
            given.status(GROUP)
        };
        assert_eq!(status(Polarity::Plus, Certainty::Certain), Status::Accused, "{act}");
        assert_eq!(status(Polarity::Plus, Certainty::Possible), Status::Suspected, "{act}");
        assert_eq!(status(Polarity::Minus, Certainty::Certain), Status::Withdrawn, "{act}");
        assert_eq!(status(Polarity::Neutral, Certainty::Certain), Status::Withdrawn, "{act}");
    }
}

#[test]
fn a_correction_replaces_one_actor_by_another() {
    let (mut given, accusation) = accused();
    given.read(says(WITNESS, Act::Corrects, RIVAL).polarity(Polarity::Plus).changing(&[accusation]));
    assert_eq!((given.status(GROUP), given.status(RIVAL)), (Status::Withdrawn, Status::Accused));
}

#[test]
fn a_change_about_something_else_still_withdraws() {
    let (mut given, accusation) = accused();
    let elsewhere = Target::Incident(Uuid::from_u128(0xd9).into());
    given.read(retracts(WITNESS, GROUP, &[accusation]).target(elsewhere));
    assert_eq!(given.status(GROUP), Status::Withdrawn);
}

#[test]
fn withdrawn_words_set_no_flags() {
    let mut given = Given::new();
    let conviction = given.read(says(COURT, Act::Convicts, GROUP).through(RADIO, Stance::Distances));
    assert_eq!(given.flags(GROUP), [Flag::Distanced, Flag::Convicted]);
    given.read(retracts(COURT, GROUP, &[conviction]));
    assert_eq!(given.flags(GROUP), []);
}

#[test]
fn a_withdrawn_denial_leaves_the_accusation() {
    let mut given = Given::of([accuses(WITNESS, GROUP)]);
    let denial = given.read(denies(GROUP, GROUP));
    given.read(retracts(GROUP, GROUP, &[denial]));
    assert_eq!((given.status(GROUP), given.flags(GROUP)), (Status::Accused, vec![]));
}

#[test]
fn all_annotators_of_a_change_about_something_else_are_asked() {
    let (mut given, accusation) = accused();
    let elsewhere = Target::Incident(Uuid::from_u128(0xd9).into());
    given.read_together([
        (ANNA, retracts(WITNESS, GROUP, &[accusation]).target(elsewhere)),
        (BERT, denies(WITNESS, GROUP).target(elsewhere)),
    ]);
    assert_eq!(given.status(GROUP), Status::Accused);
}

#[test]
fn a_withdrawn_word_about_missing_evidence_is_not_noted() {
    let mut given = Given::of([accuses(ARMY, GROUP)]);
    let noted = given.read(says(WITNESS, Act::EvidenceAbsent, GROUP).about_evidence());
    assert_eq!(given.flags(GROUP), [Flag::EvidenceAbsentNoted]);
    given.read(retracts(WITNESS, GROUP, &[noted]));
    assert_eq!(given.flags(GROUP), []);
}
