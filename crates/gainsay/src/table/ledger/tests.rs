use wire::view::{Ledger, LedgerLine, LedgerTotals, Named, Pieces, PropositionHead, RelationHead, Utterance};

use super::ledger;
use crate::terminal::Terminal;

const PLAIN: Terminal = Terminal { colour: false, width: 160 };

fn named(name: &str) -> Named {
    Named { id: name.to_lowercase(), name: name.to_owned() }
}

fn line(part: &str, heading: &str) -> LedgerLine {
    LedgerLine {
        heading: heading.to_owned(),
        part: Some(part.to_owned()),
        tie: Some("direct".to_owned()),
        proposition: Some(PropositionHead { status: "denied".to_owned(), ..PropositionHead::default() }),
        said: Some(Utterance { act: "accuses".to_owned(), ..Utterance::default() }),
        ..LedgerLine::default()
    }
}

#[test]
fn lines_of_one_heading_stand_together_and_say_what_they_are_about_and_through_whom() {
    let through = LedgerLine {
        tie: Some("via_front_of".to_owned()),
        through: Some(named("Facade\x1b[2J")),
        incident: Some(named("Ain al-Assad")),
        ..line("subject", "accused_of")
    };
    let relation = RelationHead {
        id: "r".to_owned(),
        r#type: "front_of".to_owned(),
        from: Some(named("X")),
        to: Some(named("Y")),
    };
    let about_relation = LedgerLine { relation: Some(relation), ..line("speaker", "denies") };
    let again = LedgerLine { class: Some(named("Raids")), ..line("subject", "accused_of") };
    let text = ledger(
        &Ledger {
            kind: "actor".to_owned(),
            subject: Some(named("Brigade")),
            same: vec!["brigade".to_owned(), "other".to_owned()],
            totals: Some(LedgerTotals {
                lines: 3,
                headings: [("accused_of".to_owned(), 2), ("denies".to_owned(), 1)].into(),
                withdrawn: 1,
                pieces: Some(Pieces { documents: 4, derived: 1, derived_share: 0.25, withdrawn: 0 }),
            }),
            lines: vec![through, about_relation, again],
            next: Some("abc".to_owned()),
            ..Ledger::default()
        },
        PLAIN,
    );
    for part in [
        "the same as other",
        "3: accused of 2, denies 1",
        "1 taken back later",
        "4 documents, 1 derived from others (25 %)",
        "Ain al-Assad",
        "class: Raids",
        "X front of Y",
        "via front of Facade",
        "there is more: --cursor abc",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert_eq!(text.matches("\naccused of\n").count(), 1, "{text}");
    assert!(!text.contains('\x1b'));
}

#[test]
fn a_ledger_that_is_too_long_to_count_says_so() {
    assert!(ledger(&Ledger::default(), PLAIN).contains("too many to count at once"));
}
