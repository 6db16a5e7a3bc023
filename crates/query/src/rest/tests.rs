use wire::view::{
    Board, BoardProposition, GenericUtterance, Ledger, LedgerLine, Quote, RelationBoard, Timeline, TimelineRow,
    Utterance,
};

use super::{Quoting, Rest};

const LINK: &str = "/board?as_of=7&policy=0&quotes=3";

fn rest(shown: u32) -> Rest {
    Rest { base: "/board?as_of=7&policy=0".to_owned(), shown }
}

fn utterance(total: u32) -> Utterance {
    Utterance { quotes: vec![Quote::default()], quotes_total: total, ..Utterance::default() }
}

fn about() -> BoardProposition {
    BoardProposition {
        support: vec![utterance(1), utterance(3)],
        opposition: vec![utterance(3)],
        neutral: vec![utterance(3), utterance(1)],
        ..BoardProposition::default()
    }
}

/// The links in the order of the utterances; an utterance with one quote has none.
fn links(mut answer: impl Quoting) -> Vec<String> {
    rest(1).link(&mut answer);
    let mut links = Vec::new();
    for utterance in answer.utterances_mut() {
        let json = serde_json::to_value(&*utterance).unwrap();
        let link = json.get("quotes_next").map(|next| next.as_str().unwrap().to_owned());
        assert_eq!(link.is_some(), utterance.quotes_total > 1);
        links.extend(link);
    }
    links
}

#[test]
fn an_utterance_with_more_quotes_links_to_them_wherever_it_stands() {
    let generic = || vec![GenericUtterance { about: Some(about()), ..GenericUtterance::default() }];
    let board = Board {
        propositions: vec![about(), about()],
        generic: generic(),
        possible_members: generic(),
        ..Board::default()
    };
    assert_eq!(links(board), [LINK; 12]);
    assert_eq!(links(RelationBoard { proposition: Some(about()), ..RelationBoard::default() }), [LINK; 3]);
    let row = |total| TimelineRow { said: Some(utterance(total)), ..TimelineRow::default() };
    assert_eq!(links(Timeline { rows: vec![row(3), row(1), row(3)], ..Timeline::default() }), [LINK; 2]);
    let line = |total| LedgerLine { said: Some(utterance(total)), ..LedgerLine::default() };
    assert_eq!(links(Ledger { lines: vec![line(1), line(3)], ..Ledger::default() }), [LINK; 1]);
}

#[test]
fn more_quotes_than_a_board_ever_shows_are_counted_and_not_linked_again() {
    assert_eq!(rest(20).url(5000).unwrap(), "/board?as_of=7&policy=0&quotes=1000");
    let row = TimelineRow { said: Some(utterance(5000)), ..TimelineRow::default() };
    let mut timeline = Timeline { rows: vec![row], ..Timeline::default() };
    rest(1000).link(&mut timeline);
    let json = serde_json::to_value(&timeline).unwrap();
    assert_eq!(json.pointer("/rows/0/said/quotes_next"), Some(&serde_json::Value::Null));
}
