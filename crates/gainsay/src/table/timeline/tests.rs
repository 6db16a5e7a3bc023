use wire::view::{Named, PropositionHead, Timeline, TimelineRow, TimelineTotals, Utterance};

use super::timeline;
use crate::terminal::Terminal;

const PLAIN: Terminal = Terminal { colour: false, width: 160 };

fn row(utterance: &str, order: &str, act: &str) -> TimelineRow {
    TimelineRow {
        proposition: Some(PropositionHead {
            actor: Some(Named { id: "a".to_owned(), name: "Banner\x1b[2J Brigade".to_owned() }),
            role: Some("perpetrator".to_owned()),
            facet: "who".to_owned(),
            ..PropositionHead::default()
        }),
        order: order.to_owned(),
        said: Some(Utterance {
            utterance: utterance.to_owned(),
            act: act.to_owned(),
            latest: Some("2021-05-06".to_owned()),
            ..Utterance::default()
        }),
        ..TimelineRow::default()
    }
}

#[test]
fn rows_are_numbered_in_their_order_grouped_by_the_incident_and_name_what_they_replace_and_withdraw() {
    let late = TimelineRow {
        after: 2,
        replaces: vec!["u2".to_owned()],
        replaces_total: 5,
        withdraws: vec!["u1".to_owned(), "elsewhere".to_owned()],
        ..row("u3", "after", "retracts")
    };
    let rows = vec![row("u1", "before", "accuses"), row("u2", "unknown", "denies"), late];
    let totals = Some(TimelineTotals { before: 1, after: 1, unknown: 1 });
    let text = timeline(&Timeline { rows, totals, ..Timeline::default() }, PLAIN);
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} in\n{text}"));
    assert!(at("Before the incident") < at("#1 ") && at("#1 ") < at("Before or after: the dates"));
    assert!(at("#2 ") < at("After the incident") && at("After the incident") < at("#3 "));
    for part in [
        "1 before, 1 after",
        "by 2021-05-06",
        "after #1–#2",
        "replaces #2 and 4 more",
        "withdraws #1, elsewhere",
        "as perpetrator",
    ] {
        at(part);
    }
    assert!(!text.contains('\x1b'));
}

#[test]
fn a_timeline_without_rows_says_so() {
    assert!(timeline(&Timeline::default(), PLAIN).contains("Nobody has said anything"));
}
