//! Where a speaker stands: which utterances are current, and what comes of those that are not.

use super::given::*;
use crate::attribution::{Flag, IncidentStatus, Mark, Status};
use crate::claim::{Act, Certainty, Facet, Key, Polarity, Sign, Strength, UnidentifiedKind};

/// The status after a witness accuses and denies at these dates.
fn accused_then_denied(accused: &str, denied: &str) -> Status {
    Given::of([accuses(WITNESS, GROUP).on(accused), denies(WITNESS, GROUP).on(denied)]).status(GROUP)
}

#[test]
fn the_later_utterance_of_a_speaker_replaces_the_earlier_one() {
    let mut given = Given::new();
    let first = given.read(accuses(WITNESS, GROUP).on("2021-05-05"));
    let second = given.read(accuses(WITNESS, GROUP).probably().on("2021-05-06"));
    assert_eq!(given.marks(GROUP, first), [Mark::Replaced]);
    assert_eq!(given.marks(GROUP, second), []);
    assert_eq!(given.status(GROUP), Status::Suspected);
}

#[test]
fn the_order_of_dates_counts_and_not_the_order_of_records() {
    let given = Given::of([denies(WITNESS, GROUP).on("2021-05-06"), accuses(WITNESS, GROUP).on("2021-05-05")]);
    assert_eq!(given.status(GROUP), Status::Withdrawn);
}

#[test]
fn an_utterance_is_before_another_only_if_its_last_day_is_before_the_others_first() {
    assert_eq!(accused_then_denied("2021-05-05", "2021-05-06"), Status::Withdrawn);
    assert_eq!(accused_then_denied("2021-05-05", "2021-05-05"), Status::None, "one day: both sides");
    assert_eq!(accused_then_denied("2021-05", "2021-05-20"), Status::None);
    assert_eq!(accused_then_denied("2021-04", "2021-05"), Status::Withdrawn);
    assert_eq!(accused_then_denied("2021-05-01/2021-05-05", "2021-05-06"), Status::Withdrawn);
    assert_eq!(accused_then_denied("../2021-05-05", "2021-05-06"), Status::Withdrawn);
    assert_eq!(accused_then_denied("2021-05-05/..", "2021-05-06"), Status::None);
}

#[test]
fn doubts_about_a_date_do_not_widen_it() {
    assert_eq!(accused_then_denied("2021-05-05~", "2021-05-06?"), Status::Withdrawn);
    assert_eq!(accused_then_denied("2021-04%", "2021-05%"), Status::Withdrawn);
}

#[test]
fn an_undated_utterance_ends_with_its_publication_and_starts_nobody_knows_when() {
    let status = |accused: Saying, denied: Saying| Given::of([accused, denied]).status(GROUP);
    let (accusation, denial) = (|| accuses(WITNESS, GROUP), || denies(WITNESS, GROUP));
    assert_eq!(status(accusation().published("2021-05-05"), denial().on("2021-05-06")), Status::Withdrawn);
    assert_eq!(status(accusation().published("2021-05-06"), denial().on("2021-05-06")), Status::None);
    assert_eq!(status(accusation().published("2021-05"), denial().on("2021-05-06")), Status::None);
    assert_eq!(status(accusation(), denial().on("2021-05-06")), Status::None, "neither dated nor published");
    let both = status(accusation().published("2021-05-05"), denial().published("2021-05-09"));
    assert_eq!(both, Status::None, "the later paper may tell of older words");
    assert_eq!(status(accusation().on("2021-05-05"), denial().published("2021-05-09")), Status::None);
}

#[test]
fn the_earliest_publication_bounds_an_utterance_that_several_documents_hold() {
    let mut given = Given::new();
    let (early, late, none) =
        (given.document(Some("2021-05-05")), given.document(Some("2021-05-20")), given.document(None));
    let accusation = given.read(accuses(WITNESS, GROUP).at(late).at(early).at(none));
    given.read(denies(WITNESS, GROUP).on("2021-05-06"));
    assert_eq!(given.marks(GROUP, accusation), [Mark::Replaced]);
}

#[test]
fn the_date_of_an_utterance_goes_before_its_publication() {
    let told_later = accuses(WITNESS, GROUP).on("2021-05-05").published("2021-05-20");
    assert_eq!(Given::of([told_later, denies(WITNESS, GROUP).on("2021-05-06")]).status(GROUP), Status::Withdrawn);
}

#[test]
fn the_current_utterances_are_those_before_no_other() {
    let mut given = Given::new();
    let [first, month, last] =
        ["2021-05-05", "2021-05", "2021-05-09"].map(|date| given.read(accuses(WITNESS, GROUP).on(date)));
    assert_eq!(given.marks(GROUP, first), [Mark::Replaced]);
    assert_eq!(given.marks(GROUP, month), []);
    assert_eq!(given.marks(GROUP, last), []);
    assert_eq!(given.on(GROUP).n_support, 1);
}

#[test]
fn a_speaker_is_strong_if_any_current_utterance_is() {
    let accusation = || accuses(WITNESS, GROUP);
    let given = Given::of([accusation(), accusation().probably()]);
    assert_eq!((given.status(GROUP), given.flags(GROUP)), (Status::Accused, vec![Flag::StrengthVaries]));
    let given = Given::of([accusation().on("2021-05-05"), accusation().probably().on("2021-05-09")]);
    assert_eq!((given.status(GROUP), given.flags(GROUP)), (Status::Suspected, vec![]));
    let given = Given::of([accusation().probably(), accusation().certainty(Certainty::Possible)]);
    assert_eq!((given.status(GROUP), given.flags(GROUP)), (Status::Suspected, vec![]));
}

#[test]
fn a_speaker_on_both_sides_counts_on_neither() {
    let both = || [accuses(WITNESS, GROUP), denies(WITNESS, GROUP)];
    let mut given = Given::of(both());
    assert_eq!(given.on(GROUP).n_support, 0);
    given.read(says(BYSTANDER, Act::Suspects, GROUP));
    assert_eq!(given.status(GROUP), Status::Suspected, "no longer opposed by the witness");
    let weak = Given::of([accuses(WITNESS, GROUP), doubts(WITNESS, GROUP)]);
    assert_eq!((weak.status(GROUP), weak.flags(GROUP)), (Status::None, vec![]));
}

#[test]
fn a_later_word_ends_inconsistency() {
    let given = Given::of([
        claims(GROUP).on("2021-05-05"),
        denies(GROUP, GROUP).on("2021-05-05"),
        claims(GROUP).on("2021-05-06"),
    ]);
    assert_eq!((given.status(GROUP), given.flags(GROUP)), (Status::Claimed, vec![Flag::Reversed]));
}

#[test]
fn an_inconsistent_speaker_is_not_reversed() {
    let given = Given::of([
        denies(GROUP, GROUP).on("2021-05-04"),
        claims(GROUP).on("2021-05-05"),
        denies(GROUP, GROUP).on("2021-05-05"),
    ]);
    assert_eq!((given.status(GROUP), given.flags(GROUP)), (Status::Inconsistent, vec![]));
}

#[test]
fn an_official_who_is_inconsistent_is_left_aside_where_others_support() {
    let both = [accuses(ARMY, GROUP), denies(ARMY, GROUP)];
    let mut given = Given::of(both);
    assert_eq!(given.status(GROUP), Status::Inconsistent);
    given.read(says(WITNESS, Act::Suspects, GROUP));
    assert_eq!(given.status(GROUP), Status::Inconsistent, "weak support is not enough");
    given.read(accuses(WITNESS, GROUP));
    assert_eq!(given.status(GROUP), Status::Accused);
}

#[test]
fn neutral_words_replace_nothing() {
    let given = Given::of([
        accuses(WITNESS, GROUP).on("2021-05-05"),
        praises(WITNESS, GROUP).on("2021-05-09"),
        says(WITNESS, Act::DeclinesComment, GROUP).on("2021-05-10"),
    ]);
    assert_eq!(given.status(GROUP), Status::Accused);
}

#[test]
fn unidentified_people_do_not_replace_each_other() {
    let people = UnidentifiedKind::People;
    let given = Given::of([accuses(people, GROUP).on("2021-05-05"), denies(people, GROUP).on("2021-05-09")]);
    assert_eq!((given.status(GROUP), given.flags(GROUP)), (Status::Contested, vec![Flag::Opposed]));
    let undated = Given::of([accuses(people, GROUP), denies(people, GROUP)]);
    assert_eq!(undated.status(GROUP), Status::Contested);
}

#[test]
fn a_replaced_support_is_taken_back_only_if_its_speaker_turned() {
    let mut given = Given::of([accuses(WITNESS, GROUP).on("2021-05-05"), denies(WITNESS, GROUP).on("2021-05-09")]);
    assert_eq!((given.status(GROUP), given.flags(GROUP)), (Status::Withdrawn, vec![Flag::Opposed, Flag::Reversed]));
    given.read(doubts(BYSTANDER, GROUP));
    assert_eq!(given.status(GROUP), Status::Withdrawn);
    given.read(says(MINISTRY, Act::Suspects, GROUP));
    assert_eq!(given.status(GROUP), Status::SuspectedContested, "somebody supports it again");
    let denial_first = Given::of([denies(WITNESS, GROUP).on("2021-05-05"), doubts(WITNESS, GROUP).on("2021-05-09")]);
    assert_eq!(denial_first.status(GROUP), Status::None, "nothing was ever supported");
}

#[test]
fn each_act_weighs_as_the_table_of_acts_says() {
    let value = |act, polarity, certainty| {
        let mut given = Given::new();
        let reading = given.read(says(WITNESS, act, GROUP).polarity(polarity).certainty(certainty));
        given.utterance(GROUP, reading).value
    };
    let (plus, minus, certain) = (Polarity::Plus, Polarity::Minus, Certainty::Certain);
    let (support, opposition) = (|s| Some((Sign::Support, s)), |s| Some((Sign::Opposition, s)));
    for act in [Act::Accuses, Act::Confirms, Act::Reports, Act::Corrects] {
        assert_eq!(value(act, plus, certain), support(Strength::Strong));
        for hedge in [Certainty::Probable, Certainty::Possible, Certainty::Underspecified] {
            assert_eq!(value(act, plus, hedge), support(Strength::Weak));
        }
    }
    for act in [Act::Suspects, Act::Infers, Act::ImpliesAttribution] {
        assert_eq!(value(act, plus, certain), support(Strength::Weak));
        assert_eq!(value(act, minus, certain), opposition(Strength::Weak));
    }
    assert_eq!(value(Act::Denies, minus, certain), opposition(Strength::Strong));
    assert_eq!(value(Act::Denies, minus, Certainty::Probable), opposition(Strength::Weak));
    assert_eq!(value(Act::Doubts, minus, certain), opposition(Strength::Weak));
    assert_eq!(value(Act::Retracts, minus, certain), None);
    assert_eq!(value(Act::Praises, plus, certain), None);
    assert_eq!(value(Act::Narrows, Polarity::Neutral, certain), None);
}

#[test]
fn other_facets_have_a_status_and_values_that_mean_the_same_are_one_proposition() {
    let means = |who, value| says(who, Act::Reports, GROUP).facet(Facet::Means, Some(value));
    let occurred = says(WITNESS, Act::Reports, GROUP).facet(Facet::Occurred, None);
    let given = Given::of([means(BYSTANDER, " Rockets"), means(WITNESS, "rockets "), occurred]);
    let board = given.board();
    let by_rockets = on(&board, &about(Facet::Means, Some("rockets")));
    assert_eq!((by_rockets.status, by_rockets.n_support), (Status::Accused, 2));
    assert_eq!(by_rockets.value.as_deref(), Some(" Rockets"), "as the first reading writes it");
    assert_eq!(on(&board, &about(Facet::Occurred, None)).status, Status::Accused);
    assert_eq!(board.status, IncidentStatus::Unattributed);
}

#[test]
fn an_actor_may_be_missing_where_nobody_takes_a_side() {
    let mut praise = praises(WITNESS, GROUP);
    praise.claim.proposition.actor = None;
    let board = Given::of([praise]).board();
    let key = Key { actor: None, ..perpetrator(GROUP) };
    assert_eq!(on(&board, &key).neutral.len(), 1);
    assert_eq!(on(&board, &key).status, Status::None);
}
