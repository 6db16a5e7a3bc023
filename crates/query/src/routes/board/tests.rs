use serde_json::{Value, json};
use uuid::Uuid;
use wire::view::{Board, BoardProposition, GenericUtterance, Quote, Utterance};

use super::{Rest, render};

#[test]
fn an_utterance_with_more_quotes_links_to_them_at_whatever_depth() {
    let rest = Rest { path: "/board".to_owned(), as_of: 7, policy: 0, shown: 1 };
    let all = json!({"quotes": ["a"], "quotes_total": 1});
    let some = json!({"quotes": ["a"], "quotes_total": 3});
    let mut board = json!({"propositions": [{"support": [all, some]}], "generic": [{"about": {"neutral": [some]}}]});
    rest.link(&mut board);
    let next = "/board?as_of=7&policy=0&quotes=3";
    assert_eq!(board["propositions"][0]["support"][0].get("quotes_next"), None);
    assert_eq!(board["propositions"][0]["support"][1]["quotes_next"], next);
    assert_eq!(board["generic"][0]["about"]["neutral"][0]["quotes_next"], next);
}

#[test]
fn more_quotes_than_a_board_ever_shows_are_counted_and_not_linked_again() {
    let rest = |shown| Rest { path: "/board".to_owned(), as_of: 7, policy: 0, shown };
    assert_eq!(rest(20).url(5000).unwrap(), "/board?as_of=7&policy=0&quotes=1000");
    assert_eq!(rest(1000).url(5000), None);
}

#[test]
fn a_board_reads_the_same_whether_or_not_an_utterance_links_to_more_quotes() {
    let utterance = |total| Utterance { quotes: vec![Quote::default()], quotes_total: total, ..Utterance::default() };
    let about = |total| BoardProposition { neutral: vec![utterance(total)], ..BoardProposition::default() };
    let board = |total| Board {
        propositions: vec![about(1)],
        generic: vec![GenericUtterance { about: Some(about(total)), ..GenericUtterance::default() }],
        ..Board::default()
    };
    let read = |total| {
        let rendered = render(Uuid::nil(), 7, &board(total), 1).unwrap();
        serde_json::from_slice::<Value>(&rendered.body).unwrap()
    };
    assert_eq!(read(1), serde_json::to_value(board(1)).unwrap());
    let mut cut = read(3);
    let utterance = cut.pointer_mut("/generic/0/about/neutral/0").and_then(Value::as_object_mut).unwrap();
    assert!(utterance.remove("quotes_next").is_some());
    assert_eq!(cut, serde_json::to_value(board(3)).unwrap());
}
