use query::{BoardDifference, Change, Side, What};
use serde_json::json;
use wire::view::{BoardIncident, Named, PropositionHead, Without};

use super::{changes, difference};
use crate::terminal::Terminal;

const PLAIN: Terminal = Terminal { colour: false, width: 100 };

fn side(as_of: u64, status: &str, without: Vec<Without>) -> Side {
    Side { as_of, policy: 0, status: status.to_owned(), blinded: false, without }
}

fn change(what: What, of: Option<&str>, said: Option<&str>, from: Option<&str>, to: Option<&str>) -> Change {
    let proposition = of.map(|name| PropositionHead {
        actor: Some(Named { id: "a".to_owned(), name: name.to_owned() }),
        role: Some("perpetrator".to_owned()),
        facet: "who".to_owned(),
        ..PropositionHead::default()
    });
    let utterance = said.map(|name| Named { id: "u".to_owned(), name: name.to_owned() });
    let (from, to) = (from.map(str::to_owned), to.map(str::to_owned));
    Change { what, class: None, about: None, proposition, utterance, from, to }
}

fn told() -> BoardDifference {
    let record = json!({
        "position": 41,
        "author": "6f1c0000-0000-7000-8000-000000000000",
        "recorded_at": "2021-05-05T10:00:00Z",
        "events": [{"type": "ClaimRead"}],
    });
    BoardDifference {
        incident: Some(BoardIncident {
            title: "Rockets".to_owned(),
            when: "2021-05-04".to_owned(),
            ..BoardIncident::default()
        }),
        from: side(40, "accused", Vec::new()),
        to: side(41, "disputed", vec![Without { kind: "source".to_owned(), id: "s".to_owned() }]),
        changes: vec![
            change(What::Status, None, None, Some("accused"), Some("disputed")),
            change(What::Status, Some("The group"), None, Some("accused"), Some("denied")),
            change(What::Flag, Some("The group"), None, None, Some("denied_by_accused")),
            change(
                What::Utterance,
                Some("The group"),
                Some("A\u{1b}[2J spokesman"),
                Some("opposition: denies - CT"),
                None,
            ),
        ],
        records: vec![record],
        documents: vec![Named { id: "d".to_owned(), name: "A report".to_owned() }],
        more: false,
        patch: json!([]),
    }
}

#[test]
fn a_difference_tells_what_changed_by_which_records_and_from_which_documents() {
    let expected = "Rockets\n2021-05-04 · incident \nfrom position 40 to 41 · policy 0\nas if source s were not known\n\n         \
                    status   accused → disputed\n         The group as perpetrator\n         status   accused → denied\n         \
                    flag     + denied_by_accused\n         said     − A [2J spokesman: opposition: denies - CT\nby 1 record \
                    that the board depends on:\n     41  2021-05-05T10:00:00Z by 6f1c0000  ClaimRead\nfrom “A report”\n";
    assert_eq!(difference(&told(), PLAIN), expected);
}

#[test]
fn what_changes_nothing_says_so_and_colour_tells_what_went() {
    let nothing = BoardDifference { changes: Vec::new(), ..told() };
    assert_eq!(changes(&nothing, PLAIN), "         nothing changes on the board");
    let coloured = changes(&told(), Terminal { colour: true, width: 100 });
    assert!(coloured.contains("\u{1b}[31maccused\u{1b}[0m → \u{1b}[32mdisputed\u{1b}[0m"), "{coloured:?}");
    assert!(!coloured.contains("\u{1b}[2J"));
}
