use serde_json::Value;
use uuid::Uuid;
use wire::view::{Board, BoardProposition, GenericUtterance, Quote, Utterance};

use super::{STAND_INS, Written, json as write};

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
        let rendered = Written::new(Uuid::nil(), board(total), 1, "").unwrap().at(7.into());
        serde_json::from_slice::<Value>(&rendered.body).unwrap()
    };
    let board = |total| Board { as_of: 7, ..board(total) };
    assert_eq!(read(1), serde_json::to_value(board(1)).unwrap());
    let mut cut = read(3);
    let utterance = cut.pointer_mut("/generic/0/about/neutral/0").and_then(Value::as_object_mut).unwrap();
    assert!(utterance.remove("quotes_next").is_some());
    assert_eq!(cut, serde_json::to_value(board(3)).unwrap());
}

#[test]
fn a_board_that_is_given_again_reads_as_if_it_were_written_at_that_position() {
    let exact = Some(format!("{} and {}, or \"as_of\":{}", STAND_INS[0], STAND_INS[1], STAND_INS[0]));
    let quote = Quote { exact, ..Quote::default() };
    for total in [1, 3] {
        let utterance = Utterance { quotes: vec![quote.clone()], quotes_total: total, ..Utterance::default() };
        let about = BoardProposition { support: vec![utterance.clone(), utterance], ..BoardProposition::default() };
        let board = Board { propositions: vec![about], since: 5, policy: 2, ..Board::default() };
        let written = Written::new(Uuid::nil(), board.clone(), 1, "").unwrap();
        for as_of in [5, 5, 10_000_000, u64::MAX, u64::MAX, 7] {
            let expected = write(Uuid::nil(), &mut board.clone(), as_of, 1, "").unwrap();
            let rendered = written.at(as_of.into());
            assert_eq!(rendered.as_of.position, as_of);
            assert_eq!(String::from_utf8(rendered.body.into()).unwrap(), String::from_utf8(expected).unwrap());
        }
    }
}
