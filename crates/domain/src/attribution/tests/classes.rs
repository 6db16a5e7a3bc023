//! Generic utterances: which incidents they reach, and what they weigh there.

use super::given::*;
use crate::attribution::{DisputeKind, Flag, Mark, Status};
use crate::claim::{Act, Role, Scope, Sign, Strength, Target};
use crate::incident::Class;
use crate::policy::Generic;
use crate::testing::{edtf, text};

/// A case with the class, narrowed, and a generic denial by the group.
fn denied(narrow: impl FnOnce(&mut Class)) -> Given {
    let mut given = Given::new();
    given.class(ATTACKS, narrow);
    given.read(denies(GROUP, GROUP).of_class(ATTACKS));
    given
}

fn reaches(narrow: impl FnOnce(&mut Class)) -> bool {
    denied(narrow).status(GROUP) == Status::DeniedUnaccused
}

#[test]
fn an_incident_is_a_member_if_every_given_list_meets_its_own() {
    assert!(reaches(|_| {}));
    assert!(reaches(|class| class.kinds = vec![text("raid"), text(" Rocket Attack ")]));
    assert!(!reaches(|class| class.kinds = vec![text("raid")]));
    assert!(reaches(|class| class.places = vec![text("anbar")]));
    assert!(!reaches(|class| class.places = vec![text("Basra")]));
    assert!(reaches(|class| class.targets = vec![RIVAL, ARMY]));
    assert!(!reaches(|class| class.targets = vec![RIVAL]));
    assert!(!reaches(|class| {
        class.targets = vec![ARMY];
        class.kinds = vec![text("raid")];
    }));
}

#[test]
fn an_incident_that_tells_no_kind_is_no_member_of_a_class_that_asks_for_one() {
    let mut given = denied(|class| class.kinds = vec![text("rocket attack")]);
    given.case.detail.as_mut().unwrap().kind = None;
    assert!(given.board().propositions.is_empty());
}

#[test]
fn an_incident_within_the_period_is_a_member_and_one_that_only_overlaps_it_a_possible_one() {
    assert!(reaches(|class| class.period = Some(edtf("2021-05"))));
    assert!(reaches(|class| class.period = Some(edtf("2021-05-04"))));
    assert!(reaches(|class| class.period = Some(edtf("2021/.."))));
    assert!(!reaches(|class| class.period = Some(edtf("2021-06"))));
    let mut given = denied(|class| class.period = Some(edtf("2021-05-04/2021-05-10")));
    given.case.detail.as_mut().unwrap().when = edtf("2021-05-01/2021-05-04");
    let board = given.board();
    assert!(board.propositions.is_empty(), "a possible member is never counted");
    assert!(board.generic.is_empty());
    assert_eq!(board.possible.len(), 1);
    assert_eq!(board.possible[0].class, ATTACKS);
    assert_eq!(board.possible[0].about.status, Status::DeniedUnaccused);
}

#[test]
fn the_board_tells_what_is_said_about_the_class_itself() {
    let mut given = denied(|_| {});
    given.read(accuses(WITNESS, GROUP).of_class(ATTACKS));
    given.class(RAIDS, |class| class.kinds = vec![text("raid")]);
    given.read(accuses(WITNESS, GROUP).of_class(RAIDS));
    let board = given.board();
    assert!(board.possible.is_empty());
    assert_eq!(board.generic.len(), 1);
    let about = &board.generic[0].about;
    assert_eq!((about.status, &about.flags[..]), (Status::Denied, &[Flag::DeniedByAccused][..]));
    assert_eq!(about.support[0].value, Some((Sign::Support, Strength::Strong)), "its own strength");
}

#[test]
fn the_actors_of_a_class_are_those_of_specific_signed_standing_utterances() {
    let given = || denied(|class| class.actors = vec![GROUP, UNKNOWN]);
    let is_member = |given: &Given| !given.board().generic.is_empty();
    assert!(!is_member(&given()), "a generic utterance names nobody");
    for (saying, member) in [
        (accuses(WITNESS, GROUP), true),
        (doubts(WITNESS, GROUP), true),
        (accuses(WITNESS, GROUP).role(Role::Victim), true),
        (accuses(WITNESS, UNKNOWN), true),
        (accuses(WITNESS, RIVAL), false),
        (accuses(WITNESS, RIVAL).with(&[GROUP]), false),
        (accuses(GROUP, RIVAL), false),
        (praises(WITNESS, GROUP), false),
        (says(WITNESS, Act::Confirms, GROUP).about_evidence(), false),
        (accuses(WITNESS, GROUP).of_class(RAIDS), false),
    ] {
        let mut given = given();
        given.class(RAIDS, |_| {});
        given.read(saying.clone());
        let found = given.board().generic.iter().any(|generic| generic.class == ATTACKS);
        assert_eq!(found, member, "{:?}", saying.claim);
    }
    let mut given = given();
    let accusation = given.read(accuses(WITNESS, GROUP));
    assert!(is_member(&given));
    given.read(retracts(WITNESS, GROUP, &[accusation]));
    assert!(!is_member(&given), "what was withdrawn names nobody");
}

#[test]
fn an_utterance_without_consensus_names_no_actor_of_a_class() {
    let mut given = denied(|class| class.actors = vec![GROUP]);
    given.read_together([(ANNA, accuses(WITNESS, GROUP)), (BERT, praises(WITNESS, GROUP))]);
    assert!(given.board().generic.is_empty());
}

#[test]
fn generic_opposition_keeps_its_strength_and_generic_support_is_weak() {
    let mut given = denied(|_| {});
    let support = given.read(accuses(WITNESS, GROUP).of_class(ATTACKS));
    let weak = given.read(doubts(BYSTANDER, GROUP).of_class(ATTACKS));
    assert_eq!(given.utterance(GROUP, support).value, Some((Sign::Support, Strength::Weak)));
    assert_eq!(given.utterance(GROUP, weak).value, Some((Sign::Opposition, Strength::Weak)));
    assert!(given.utterance(GROUP, support).generic);
    assert_eq!(given.status(GROUP), Status::SuspectedContested);
}

#[test]
fn the_policy_says_what_generic_utterances_do() {
    let given = |generic| {
        let mut given = denied(|_| {}).generic(generic);
        given.read(accuses(WITNESS, GROUP).of_class(ATTACKS));
        given.read(praises(WITNESS, GROUP).of_class(ATTACKS));
        given
    };
    let counts = |given: &Given| {
        let about = given.on(GROUP);
        (about.support.len(), about.opposition.len(), about.neutral.len())
    };
    let count = given(Generic::Count);
    assert_eq!((count.status(GROUP), counts(&count)), (Status::SuspectedContested, (1, 1, 1)));
    let opposition_only = given(Generic::OppositionOnly);
    assert_eq!((opposition_only.status(GROUP), counts(&opposition_only)), (Status::DeniedUnaccused, (0, 1, 1)));
    let ignore = given(Generic::Ignore);
    assert!(ignore.board().propositions.is_empty());
    assert_eq!(ignore.board().generic.len(), 1, "what is said about the class is still told");
}

#[test]
fn a_specific_utterance_of_the_same_speaker_overrides_a_generic_one_whatever_the_dates() {
    for date in ["2020", "2021-05-04", "2022"] {
        let mut given = Given::new();
        given.class(ATTACKS, |_| {});
        let generic = given.read(denies(GROUP, GROUP).of_class(ATTACKS).on("2021-05-04"));
        given.read(claims(GROUP).on(date));
        assert_eq!(given.marks(GROUP, generic), [Mark::Overridden]);
        assert_eq!((given.status(GROUP), given.flags(GROUP)), (Status::Claimed, vec![]), "{date}");
    }
}

#[test]
fn a_generic_utterance_is_not_overridden_by_another_speaker_proposition_or_by_neutral_or_withdrawn_words() {
    for other in [
        accuses(WITNESS, GROUP),
        accuses(GROUP, GROUP).role(Role::Ordered),
        accuses(GROUP, RIVAL),
        praises(GROUP, GROUP),
        accuses(GROUP, GROUP).of_class(ATTACKS).on("2020"),
    ] {
        let mut given = Given::new();
        given.class(ATTACKS, |_| {});
        let generic = given.read(denies(GROUP, GROUP).of_class(ATTACKS).on("2021-05-04"));
        given.read(other.clone());
        assert_eq!(given.marks(GROUP, generic), [], "{:?}", other.claim);
    }
    let mut given = denied(|_| {});
    let claim = given.read(claims(GROUP));
    assert_eq!(given.status(GROUP), Status::Claimed);
    given.read(retracts(GROUP, GROUP, &[claim]));
    assert_eq!(
        (given.status(GROUP), given.flags(GROUP)),
        (Status::Withdrawn, vec![Flag::DeniedByAccused, Flag::GenericOnly])
    );
}

#[test]
fn an_overridden_support_was_not_taken_back() {
    let mut given = Given::new();
    given.class(ATTACKS, |_| {});
    given.read(accuses(WITNESS, GROUP).of_class(ATTACKS).on("2021-05-04"));
    given.read(denies(WITNESS, GROUP).on("2021-05-09"));
    assert_eq!(given.status(GROUP), Status::DeniedUnaccused);
}

#[test]
fn generic_utterances_of_one_speaker_replace_each_other_by_date() {
    let mut given = Given::new();
    given.class(ATTACKS, |_| {});
    given.read(denies(GROUP, GROUP).of_class(ATTACKS).on("2021-05-04"));
    given.read(accuses(GROUP, GROUP).of_class(ATTACKS).on("2021-05-09"));
    assert_eq!(given.status(GROUP), Status::Suspected);
    assert_eq!(given.flags(GROUP), [Flag::Reversed, Flag::GenericOnly]);
}

#[test]
fn a_generic_utterance_uttered_before_the_incident_predates_it() {
    let flags = |date: Option<&str>, published| {
        let mut given = Given::new();
        given.class(ATTACKS, |_| {});
        let saying = denies(GROUP, GROUP).of_class(ATTACKS).published(published);
        let reading = given.read(date.map_or(saying.clone(), |date| saying.on(date)));
        let on_it = given.utterance(GROUP, reading).flags.contains(&"predates");
        assert_eq!(on_it, given.flags(GROUP).contains(&Flag::Predates));
        on_it
    };
    assert!(flags(Some("2021-05-03"), "2021-06"));
    assert!(!flags(Some("2021-05"), "2021-06"), "it may be of a later day");
    assert!(!flags(Some("2021-05-04"), "2021-06"));
    assert!(flags(None, "2021-05-03"));
    assert!(!flags(None, "2021-05-04"));
}

#[test]
fn a_specific_claim_about_a_class_reaches_no_member() {
    let mut given = Given::new();
    given.class(ATTACKS, |_| {});
    let mut about_all = denies(GROUP, GROUP).target(Target::Class(ATTACKS));
    about_all.claim.scope = Scope::Specific;
    given.read(about_all);
    let board = given.board();
    assert!(board.propositions.is_empty());
    assert_eq!(board.generic.len(), 1);
}

#[test]
fn what_is_said_about_a_class_that_the_case_does_not_know_reaches_nothing() {
    let given = Given::of([denies(GROUP, GROUP).of_class(ATTACKS)]);
    let board = given.board();
    assert!(board.propositions.is_empty() && board.generic.is_empty() && board.possible.is_empty());
}

#[test]
fn a_dispute_is_generic_when_every_opposing_utterance_is() {
    let mut given = denied(|_| {});
    given.read(accuses(WITNESS, GROUP));
    given.read(denies(BYSTANDER, GROUP).of_class(ATTACKS));
    let generic =
        |given: &Given, kind| of_kind(&given.board(), kind).iter().map(|dispute| dispute.generic).collect::<Vec<_>>();
    assert_eq!(generic(&given, DisputeKind::Denied), [true]);
    assert_eq!(generic(&given, DisputeKind::Opposed), [true]);
    given.read(denies(MINISTRY, GROUP));
    assert_eq!(generic(&given, DisputeKind::Opposed), [false]);
    given.read(denies(GROUP, GROUP));
    assert_eq!(generic(&given, DisputeKind::Denied), [false]);
}

#[test]
fn weak_opposition_to_an_actor_may_make_the_incident_a_member_of_a_class_of_its_acts() {
    let mut given = denied(|class| class.actors = vec![GROUP]);
    given.read(accuses(WITNESS, RIVAL));
    assert_eq!(given.on(GROUP).opposition.len(), 0);
    given.read(doubts(BYSTANDER, GROUP));
    assert_eq!(given.status(GROUP), Status::DeniedUnaccused, "the doubts name the group, and so its denial reaches");
}
