//! What an utterance says when its annotators differ.

use super::given::*;
use crate::attribution::{DisputeKind, Flag, IncidentStatus, Status};
use crate::claim::{Act, Role, Sign, Stance, Strength, Value};
use crate::id::UserId;
use crate::policy::Generic;

const STRONG: Value = Some((Sign::Support, Strength::Strong));
const WEAK: Value = Some((Sign::Support, Strength::Weak));
const AGAINST: Value = Some((Sign::Opposition, Strength::Strong));

fn accusation() -> Saying {
    accuses(WITNESS, GROUP)
}

fn denial() -> Saying {
    denies(WITNESS, GROUP)
}

fn praise() -> Saying {
    praises(WITNESS, GROUP)
}

/// The agreed value of one passage read by Anna, Bert and Cara; none without consensus.
fn agreed(given: &mut Given, sayings: impl IntoIterator<Item = Saying>) -> Option<Value> {
    let readings = given.read_together([ANNA, BERT, CARA].into_iter().zip(sayings));
    let utterance = given.utterance(GROUP, readings[0]);
    (!utterance.flags.contains(&"no_consensus")).then_some(utterance.value)
}

fn any(sayings: impl IntoIterator<Item = Saying>) -> Option<Value> {
    agreed(&mut Given::new(), sayings)
}

fn majority(sayings: impl IntoIterator<Item = Saying>) -> Option<Value> {
    agreed(&mut Given::new().majority(), sayings)
}

#[test]
fn any_takes_the_value_that_all_share() {
    assert_eq!(any([accusation()]), Some(STRONG));
    assert_eq!(any([accusation(), accusation(), accusation()]), Some(STRONG));
    assert_eq!(any([denial(), says(WITNESS, Act::Disputes, GROUP)]), Some(AGAINST));
    assert_eq!(any([praise(), says(WITNESS, Act::Condemns, GROUP)]), Some(None));
}

#[test]
fn any_takes_the_weak_value_where_only_strengths_differ() {
    assert_eq!(any([accusation(), accusation().probably()]), Some(WEAK));
    assert_eq!(any([accusation(), says(WITNESS, Act::Suspects, GROUP), accusation()]), Some(WEAK));
    let weak = Some((Sign::Opposition, Strength::Weak));
    assert_eq!(any([doubts(WITNESS, GROUP), denial()]), Some(weak));
}

#[test]
fn any_takes_nothing_where_signs_differ() {
    assert_eq!(any([accusation(), denial()]), None);
    assert_eq!(any([accusation(), accusation(), praise()]), None);
    assert_eq!(any([praise(), denial()]), None);
}

#[test]
fn majority_takes_the_value_with_the_share() {
    assert_eq!(majority([accusation()]), Some(STRONG));
    assert_eq!(majority([accusation(), accusation(), denial()]), Some(STRONG));
    assert_eq!(majority([denial(), accusation(), denial()]), Some(AGAINST));
    assert_eq!(majority([praise(), praise(), denial()]), Some(None));
    assert_eq!(majority([accusation().probably(), accusation(), accusation().probably()]), Some(WEAK));
}

#[test]
fn majority_takes_nothing_where_no_value_has_the_share() {
    assert_eq!(majority([accusation(), denial()]), None);
    assert_eq!(majority([accusation(), denial(), praise()]), None);
    assert_eq!(majority([accusation(), accusation().probably()]), None, "strengths are values of their own");
}

#[test]
fn the_share_is_that_of_the_policy() {
    let mut given = Given::new().majority();
    given.policy.theta = 0.7;
    assert_eq!(agreed(&mut given, [accusation(), accusation(), denial()]), None);
    let mut given = Given::new().majority();
    given.policy.theta = 0.6;
    assert_eq!(agreed(&mut given, [accusation(), accusation(), denial()]), Some(STRONG));
}

#[test]
fn an_annotator_without_a_reading_on_the_proposition_counts_as_differing() {
    let mut given = Given::new();
    given.read_together([(ANNA, accusation()), (BERT, accusation().role(Role::Ordered))]);
    given.then(
        &[
            (perpetrator(GROUP), Status::None, &[Flag::NoConsensus]),
            (in_role(GROUP, Role::Ordered), Status::None, &[Flag::NoConsensus]),
        ],
        (IncidentStatus::Disputed, &[]),
        &[DisputeKind::Reading],
    );
}

#[test]
fn annotators_without_a_reading_on_the_proposition_are_no_majority() {
    let ordered = || accusation().role(Role::Ordered);
    let mut given = Given::new().majority();
    given.read_together([(ANNA, accusation()), (BERT, ordered()), (CARA, ordered())]);
    let board = given.board();
    let (done, told) = (on(&board, &perpetrator(GROUP)), on(&board, &in_role(GROUP, Role::Ordered)));
    assert_eq!((done.status, &done.flags[..]), (Status::None, &[Flag::NoConsensus][..]));
    assert_eq!((told.status, &told.flags[..]), (Status::Accused, &[][..]));
}

#[test]
fn one_without_a_reading_leaves_a_majority_its_share() {
    let mut given = Given::new().majority();
    given.read_together([(ANNA, accusation()), (BERT, accusation()), (CARA, accusation().role(Role::Ordered))]);
    assert_eq!(given.status(GROUP), Status::Accused);
}

#[test]
fn a_neutral_reading_beside_one_on_another_proposition_is_no_consensus_either() {
    let mut given = Given::new();
    given.read_together([(ANNA, praise()), (BERT, accusation().role(Role::Ordered))]);
    assert_eq!(given.flags(GROUP), [Flag::NoConsensus]);
}

/// What Anna's votes come to when she reads the passage so, one after the other, and Bert as an accusation.
fn vote_of_anna(sayings: impl IntoIterator<Item = Saying>) -> Value {
    let mut given = Given::new();
    let by_anna = sayings.into_iter().map(|saying| (ANNA, saying)).collect::<Vec<(UserId, Saying)>>();
    let readings = given.read_together(by_anna.into_iter().chain([(BERT, accusation())]));
    let votes = given.utterance(GROUP, readings[0]).votes;
    assert_eq!(votes.len(), 2);
    votes.iter().find(|vote| vote.annotator == ANNA).unwrap().value
}

#[test]
fn an_annotator_has_the_value_of_the_newest_reading_with_a_sign() {
    assert_eq!(vote_of_anna([denial(), accusation()]), STRONG);
    assert_eq!(vote_of_anna([accusation(), denial()]), AGAINST);
    assert_eq!(vote_of_anna([accusation(), praise()]), STRONG);
    assert_eq!(vote_of_anna([praise(), accusation()]), STRONG);
    assert_eq!(vote_of_anna([praise(), praise()]), None);
}

#[test]
fn the_newest_reading_is_the_one_recorded_last_whatever_its_id() {
    let mut given = Given::new();
    let readings = given.read_together([(ANNA, denial()), (ANNA, accusation()), (BERT, accusation())]);
    assert_eq!(given.status(GROUP), Status::Accused);
    // The older one is revised, which makes it the newest.
    given.case.readings.get_mut(&readings[0]).unwrap().written = u64::MAX;
    assert_eq!(given.flags(GROUP), [Flag::NoConsensus]);
}

#[test]
fn the_reading_that_stands_for_an_utterance_says_what_was_agreed() {
    let mut given = Given::new().majority();
    let readings =
        given.read_together([(ANNA, denial()), (BERT, says(WITNESS, Act::Charges, GROUP)), (CARA, accusation())]);
    let utterance = given.utterance(GROUP, readings[0]);
    assert_eq!(utterance.act, Act::Charges, "the first of those that agree");
}

#[test]
fn an_utterance_without_consensus_takes_no_part_in_a_position() {
    let mut given = Given::new();
    given.read(accuses(WITNESS, GROUP).on("2021-05-05"));
    given.read_together([(ANNA, denial().on("2021-05-06")), (BERT, praise().on("2021-05-06"))]);
    assert_eq!(given.status(GROUP), Status::Accused);
    let about = given.on(GROUP);
    assert_eq!((about.support.len(), about.opposition.len(), about.neutral.len()), (1, 0, 1));
    assert_eq!(about.neutral[0].value, None);
}

#[test]
fn readings_dispute_only_where_one_of_their_values_would_change_the_status() {
    let mut given = Given::new();
    given.read_together([(ANNA, accusation()), (BERT, accusation().probably())]);
    assert_eq!(given.status(GROUP), Status::Suspected);
    assert_eq!(given.kinds(), [DisputeKind::Reading]);
    given.read(accuses(BYSTANDER, GROUP));
    assert_eq!(given.status(GROUP), Status::Accused);
    assert_eq!(given.kinds(), []);
}

#[test]
fn a_minority_that_would_change_the_status_makes_a_dispute_of_readings() {
    let mut given = Given::new().majority();
    let readings = given.read_together([(ANNA, accusation()), (BERT, accusation()), (CARA, denial())]);
    assert_eq!(given.status(GROUP), Status::Accused);
    let board = given.board();
    assert_eq!(given.kinds(), [DisputeKind::Reading]);
    assert_eq!(of_kind(&board, DisputeKind::Reading)[0].because, [readings[0]]);
}

#[test]
fn annotators_who_differ_on_what_was_withdrawn_make_no_dispute() {
    let mut given = Given::new();
    let readings = given.read_together([(ANNA, denial()), (BERT, praise())]);
    given.read(retracts(WITNESS, GROUP, &readings[..1]));
    assert_eq!(given.kinds(), []);
    assert_eq!(given.status(GROUP), Status::None);
}

#[test]
fn a_value_that_would_end_an_adopted_position_changes_the_status() {
    let mut given = Given::new();
    let adopted = accuses(WITNESS, GROUP).chain(&[(AGENCY.speaker(), Stance::Adopts)]);
    given.read(adopted.on("2021-05-05"));
    given.read(denial().on("2021-05-06"));
    given.read_together([(ANNA, praises(AGENCY, GROUP)), (BERT, doubts(AGENCY, GROUP))]);
    assert_eq!(given.status(GROUP), Status::SuspectedContested, "the agency adopts what the witness said first");
    assert_eq!(given.kinds(), [DisputeKind::Opposed, DisputeKind::Reading], "or it has doubts, and adopts nothing");
}

#[test]
fn a_value_that_the_policy_does_not_count_changes_no_status() {
    let generic = |saying: Saying| saying.of_class(ATTACKS);
    let kinds = |policy, by_bert: Saying| {
        let mut given = Given::new().generic(policy);
        given.class(ATTACKS, |_| {});
        given.read_together([(ANNA, generic(praise())), (BERT, generic(by_bert))]);
        given.kinds()
    };
    assert_eq!(kinds(Generic::Count, accusation()), [DisputeKind::Reading]);
    assert_eq!(kinds(Generic::OppositionOnly, accusation()), []);
    assert_eq!(kinds(Generic::OppositionOnly, denial()), [DisputeKind::Reading]);
    assert_eq!(kinds(Generic::Ignore, denial()), []);
}

#[test]
fn a_minority_against_what_the_policy_does_not_count_makes_a_dispute_and_no_proposition() {
    let mut given = Given::new().majority().generic(Generic::OppositionOnly);
    given.class(ATTACKS, |_| {});
    let generic = |saying: Saying| saying.of_class(ATTACKS);
    given.read_together([(ANNA, generic(accusation())), (BERT, generic(accusation())), (CARA, generic(denial()))]);
    assert!(given.board().propositions.is_empty());
    assert_eq!(given.kinds(), [DisputeKind::Reading]);
}

#[test]
fn absence_of_evidence_is_noted_where_all_read_it_so() {
    let flags = |by_bert: Saying| {
        let mut given = Given::of([accuses(ARMY, GROUP)]);
        let noted = says(WITNESS, Act::EvidenceAbsent, GROUP).about_evidence();
        given.read_together([(ANNA, noted), (BERT, by_bert.about_evidence())]);
        given.flags(GROUP)
    };
    assert_eq!(flags(says(WITNESS, Act::EvidenceAbsent, GROUP)), [Flag::EvidenceAbsentNoted]);
    assert_eq!(flags(says(WITNESS, Act::Confirms, GROUP)), []);
}
