use wire::view::{BoardProposition, BoardRelation, Named, RelationBoard};

use super::relation;
use crate::terminal::Terminal;

const PLAIN: Terminal = Terminal { colour: false, width: 100 };

fn example() -> RelationBoard {
    let named = |name: &str| Some(Named { id: name.to_owned(), name: name.to_owned() });
    let relation = BoardRelation {
        id: "r".to_owned(),
        r#type: "front_of".to_owned(),
        from: named("Facade\x1b[2J"),
        to: named("Group"),
        stance: "reported".to_owned(),
        valid: Some("2020/..".to_owned()),
        status: "open".to_owned(),
    };
    RelationBoard { relation: Some(relation), as_of: 12, ..RelationBoard::default() }
}

#[test]
fn a_board_of_a_relation_says_how_it_stands_and_what_is_said() {
    let proposition = BoardProposition { status: "suspected".to_owned(), ..BoardProposition::default() };
    let text = relation(&RelationBoard { proposition: Some(proposition), ..example() }, PLAIN);
    for part in [
        "— front of → Group",
        "relation r",
        "as of position 12",
        "open (boards tell",
        "2020/..",
        "that it holds  suspected",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    assert!(!text.contains('\x1b'), "{text}");
}

#[test]
fn a_relation_of_which_nothing_is_said_says_so() {
    assert!(relation(&example(), PLAIN).contains("Nobody has said anything"));
}
