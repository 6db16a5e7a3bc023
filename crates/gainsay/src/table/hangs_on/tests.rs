use wire::view::{BoardIncident, Change, Hanging, HangsOn, Named, PropositionChange};

use super::hangs_on;
use crate::terminal::Terminal;

const PLAIN: Terminal = Terminal { colour: false, width: 100 };

fn change(before: &str, after: &str) -> Change {
    Change { before: before.to_owned(), after: after.to_owned() }
}

fn told(items: Vec<Hanging>, more: u32) -> HangsOn {
    let incident = BoardIncident { title: "Rockets".to_owned(), when: "2021-05-04".to_owned(), ..Default::default() };
    HangsOn { incident: Some(incident), as_of: 12, status: "disputed".to_owned(), items, more, ..HangsOn::default() }
}

#[test]
fn each_thing_says_what_would_be_without_it() {
    let about = PropositionChange {
        actor: Some(Named { id: "g".to_owned(), name: "Group".to_owned() }),
        role: Some("perpetrator".to_owned()),
        facet: "who".to_owned(),
        status: Some(change("denied", "accused")),
        ..PropositionChange::default()
    };
    let paper = Hanging {
        kind: "source".to_owned(),
        id: "s".to_owned(),
        name: Some("Morning\u{1b}Paper".to_owned()),
        status: Some(change("disputed", "accused")),
        propositions: vec![about.clone()],
    };
    let reader =
        Hanging { kind: "annotator".to_owned(), id: "a".to_owned(), propositions: vec![about], ..Hanging::default() };
    let text = hangs_on(&told(vec![paper, reader], 3), PLAIN);
    assert_eq!(
        text.lines().skip(4).collect::<Vec<_>>(),
        [
            "status    disputed",
            "",
            "without Morning Paper source:s",
            "          the incident: disputed → accused",
            "          Group as perpetrator: denied → accused",
            "",
            "without annotator:a",
            "          Group as perpetrator: denied → accused",
            "",
            "and 3 more that were not tried",
        ],
        "{text}"
    );
}

#[test]
fn what_hangs_on_nothing_says_so() {
    let text = hangs_on(&told(Vec::new(), 0), PLAIN);
    assert!(text.ends_with("No status hangs on one of these alone.\n"), "{text}");
}
