//! Timelines: what came before what, what replaces and what withdraws what.

use super::given::*;
use crate::attribution::{Mark, Order, Status, Timeline, TimelineRow, timeline};
use crate::claim::{Act, Facet, Role};
use crate::edtf::Day;
use crate::id::ReadingId;
use crate::policy::Generic;
use crate::relation::RelationType;

fn told(given: &Given) -> Timeline {
    timeline(&given.case, &given.policy)
}

fn ids(timeline: &Timeline) -> Vec<ReadingId> {
    timeline.rows.iter().map(|row| row.utterance.id).collect()
}

fn row(given: &Given, id: ReadingId) -> TimelineRow {
    told(given).rows.into_iter().find(|row| row.utterance.id == id).expect("the utterance has a row")
}

#[test]
fn rows_stand_in_the_order_of_their_last_days_and_say_how_many_they_are_after() {
    let mut given = Given::new();
    let late = given.read(accuses(WITNESS, GROUP).on("2021-05-06"));
    let early = given.read(accuses(BYSTANDER, GROUP).on("2021-05-03"));
    let wide = given.read(accuses(MINISTRY, GROUP).on("2021-05-03/2021-05-05"));
    let dateless = given.read(accuses(COURT, GROUP));
    let timeline = told(&given);
    assert_eq!(ids(&timeline), [early, wide, late, dateless]);
    assert_eq!(timeline.rows.iter().map(|row| row.after).collect::<Vec<_>>(), [0, 0, 2, 0]);
}

#[test]
fn what_a_row_is_after_is_told_by_days_and_not_by_the_log() {
    let after = |first: &str, second: &str| {
        let mut given = Given::new();
        given.read(accuses(WITNESS, GROUP).on(first));
        let second = given.read(accuses(BYSTANDER, GROUP).on(second));
        row(&given, second).after
    };
    assert_eq!(after("2021-05-05", "2021-05-06"), 1);
    assert_eq!(after("2021-05-05", "2021-05-05"), 0, "the same day");
    assert_eq!(after("2021-05-06", "2021-05-05"), 0, "the later one was recorded first");
    assert_eq!(after("2021-05", "2021-05-31"), 0);
    assert_eq!(after("2021-05~", "2021-06"), 1, "a qualifier does not widen");
}

#[test]
fn a_row_is_before_or_after_the_incident_or_nobody_can_tell() {
    // The incident is of 4 May 2021.
    let order = |saying: Saying| {
        let mut given = Given::new();
        let id = given.read(saying);
        row(&given, id).order
    };
    let said = || accuses(WITNESS, GROUP);
    assert_eq!(order(said().on("2021-05-03")), Order::Before);
    assert_eq!(order(said().on("2021-05-04")), Order::Unknown);
    assert_eq!(order(said().on("2021-05")), Order::Unknown);
    assert_eq!(order(said().on("2021-05-05/..")), Order::After);
    assert_eq!(order(said()), Order::Unknown);
    // Untold, it was uttered by the day of publication at the latest, and one cannot tell since when.
    assert_eq!(order(said().published("2021-05-03")), Order::Before);
    assert_eq!(order(said().published("2021-06-01")), Order::Unknown);
}

#[test]
fn a_row_has_the_days_between_which_it_was_uttered() {
    let days = |saying: Saying| {
        let mut given = Given::new();
        let id = given.read(saying);
        let time = row(&given, id).utterance.time;
        (time.first.date(), time.last.date())
    };
    let date = |date: &str| Some(date.to_owned());
    assert_eq!(days(accuses(WITNESS, GROUP).on("2021-05")), (date("2021-05-01"), date("2021-05-31")));
    assert_eq!(days(accuses(WITNESS, GROUP).on("2021-05-05/..")), (date("2021-05-05"), None));
    assert_eq!(days(accuses(WITNESS, GROUP).published("2021-05-06")), (None, date("2021-05-06")));
    assert_eq!(days(accuses(WITNESS, GROUP)), (None, None));
}

#[test]
fn a_day_is_read_as_it_is_written() {
    for day in [Day::On(2021, 5, 4), Day::On(-43, 3, 15), Day::On(0, 1, 1), Day::On(17_000, 12, 31)] {
        assert_eq!(day.date().as_deref().and_then(Day::from_date), Some(day));
    }
    assert_eq!((Day::Past.date(), Day::Future.date(), Day::from_date("2021-05")), (None, None, None));
}

#[test]
fn a_row_replaces_what_its_speaker_said_last_before_it() {
    let mut given = Given::new();
    let first = given.read(accuses(WITNESS, GROUP).on("2021-05-05"));
    let second = given.read(denies(WITNESS, GROUP).on("2021-05-06"));
    let third = given.read(accuses(WITNESS, GROUP).on("2021-05-07"));
    given.read(accuses(BYSTANDER, GROUP).on("2021-05-08"));
    given.read(accuses(WITNESS, RIVAL).on("2021-05-08"));
    let replaces: Vec<_> = told(&given).rows.into_iter().map(|row| row.replaces).collect();
    assert_eq!(replaces, [vec![], vec![first], vec![second], vec![], vec![]]);
    assert_eq!(row(&given, first).utterance.marks, [Mark::Replaced]);
    assert_eq!(row(&given, third).utterance.marks, []);
}

#[test]
fn what_the_dates_do_not_order_is_replaced_together() {
    let mut given = Given::new();
    let one = given.read(accuses(WITNESS, GROUP).on("2021-05-05"));
    let other = given.read(accuses(WITNESS, GROUP).on("2021-05-04/2021-05-05"));
    given.read(accuses(WITNESS, GROUP).on("2021-05-03"));
    let last = given.read(denies(WITNESS, GROUP).on("2021-05-06"));
    let replaces = row(&given, last).replaces;
    assert_eq!(replaces.len(), 2);
    assert!(replaces.contains(&one) && replaces.contains(&other));
}

#[test]
fn neutral_words_and_words_taken_back_replace_nothing_and_are_not_replaced() {
    let mut given = Given::new();
    let taken_back = given.read(accuses(WITNESS, GROUP).on("2021-05-05"));
    let praise = given.read(praises(WITNESS, GROUP).on("2021-05-06"));
    let retraction = given.read(retracts(WITNESS, GROUP, &[taken_back]).on("2021-05-07"));
    let again = given.read(accuses(WITNESS, GROUP).on("2021-05-08"));
    for id in [praise, retraction, again] {
        assert_eq!(row(&given, id).replaces, []);
    }
    assert_eq!(row(&given, retraction).withdraws, [taken_back]);
    assert_eq!(row(&given, taken_back).utterance.marks, [Mark::Withdrawn]);
}

#[test]
fn a_change_that_does_not_hold_withdraws_nothing() {
    let mut given = Given::new();
    let accusation = given.read(accuses(WITNESS, GROUP));
    let retraction = given.read(retracts(WITNESS, GROUP, &[accusation]));
    assert_eq!(row(&given, retraction).withdraws, [accusation]);
    let unsaid = given.read(retracts(WITNESS, GROUP, &[retraction]));
    assert_eq!(row(&given, retraction).withdraws, []);
    assert_eq!(row(&given, unsaid).withdraws, [retraction]);
    let by_another = given.read(retracts(BYSTANDER, GROUP, &[accusation]));
    assert_eq!(row(&given, by_another).withdraws, []);
}

#[test]
fn a_spokesman_replaces_what_the_accused_said() {
    let mut given = Given::new();
    given.edge(RelationType::HoldsOffice, SPOKESMAN, GROUP);
    let claim = given.read(claims(GROUP).on("2021-05-05"));
    let denial = given.read(denies(SPOKESMAN, GROUP).on("2021-05-06"));
    assert_eq!(row(&given, denial).replaces, [claim]);
}

#[test]
fn only_so_many_replaced_utterances_are_named_and_all_are_counted() {
    let mut given = Given::new();
    for _ in 0..=TimelineRow::REPLACES_MAX {
        given.read(accuses(WITNESS, GROUP).on("2021-05-05"));
    }
    let last = given.read(denies(WITNESS, GROUP).on("2021-05-06"));
    let row = row(&given, last);
    assert_eq!((row.replaces.len(), row.replaces_total), (TimelineRow::REPLACES_MAX, TimelineRow::REPLACES_MAX + 1));
}

#[test]
fn every_role_and_facet_has_rows_and_so_have_generic_utterances_that_reach_the_incident() {
    let mut given = Given::new();
    given.class(ATTACKS, |_| {});
    let planned = given.read(accuses(WITNESS, GROUP).role(Role::Planned).on("2021-05-05"));
    let where_ = given.read(says(WITNESS, Act::Reports, GROUP).facet(Facet::Where, Some("Anbar")).on("2021-05-06"));
    let generic = given.read(denies(GROUP, GROUP).of_class(ATTACKS).on("2021-05-01"));
    given.read(denies(GROUP, GROUP).of_class(RAIDS).on("2021-05-01"));
    let timeline = told(&given);
    assert_eq!(ids(&timeline), [generic, planned, where_]);
    assert_eq!(timeline.rows.iter().map(|row| row.utterance.generic).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(timeline.rows[0].utterance.flags, ["predates"]);
    assert_eq!(timeline.rows[0].status, Status::DeniedUnaccused);
    assert_eq!(timeline.rows[2].value.as_deref(), Some("Anbar"));
    let ignored = given.generic(Generic::Ignore);
    assert_eq!(told(&ignored).rows.len(), 2);
}

#[test]
fn a_timeline_and_a_board_tell_of_the_same_utterances() {
    let mut given = Given::new();
    given.class(ATTACKS, |_| {});
    given.read(accuses(WITNESS, GROUP));
    given.read(denies(GROUP, GROUP).of_class(ATTACKS));
    given.read(praises(RIVAL, GROUP));
    given.read_together([(ANNA, accuses(ARMY, GROUP)), (BERT, accuses(ARMY, GROUP).role(Role::Ordered))]);
    let mut on_board = Vec::new();
    for about in given.board().propositions {
        let said = about.support.into_iter().chain(about.opposition).chain(about.neutral);
        on_board.extend(said.map(|utterance| (about.key.clone(), utterance)));
    }
    let mut on_timeline: Vec<_> = told(&given).rows.into_iter().map(|row| (row.key, row.utterance)).collect();
    on_board.sort_by(|a, b| (&a.0, a.1.id).cmp(&(&b.0, b.1.id)));
    on_timeline.sort_by(|a, b| (&a.0, a.1.id).cmp(&(&b.0, b.1.id)));
    assert_eq!(on_board, on_timeline);
}
