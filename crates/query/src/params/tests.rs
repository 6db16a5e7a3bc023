use runtime::extract::parse_query;

use super::{BoardParams, EventsParams, ListParams, Moment, Page, quotes, refuse_unsupported};
use crate::cursor::Scope;

fn list(query: &str) -> ListParams {
    parse_query(query).unwrap()
}

fn scope() -> Scope {
    Scope::new("/v1/projects/p/sources", [])
}

#[test]
fn a_position_is_read_and_waited_for() {
    let moment = Moment::new(Some("12"), Some(7), None).unwrap();
    let expected = Moment { as_of: Some(12), is_named: true, at_least: Some(12), wait_ms: 1000, ..Moment::default() };
    assert_eq!(moment, expected);
    assert_eq!(Moment::new(None, Some(7), Some(0)).unwrap().at_least, Some(7));
}

#[test]
fn a_time_is_read_in_any_offset_and_not_waited_for() {
    let time_us = |text: &str| {
        let moment = Moment::new(Some(text), Some(7), None).unwrap();
        assert_eq!((moment.as_of, moment.at_least, moment.is_named), (None, Some(7), true));
        moment.time_us.unwrap()
    };
    let tenth = 1_620_122_400_000_000;
    for (text, expected) in [
        ("2021-05-04T10:00:00Z", tenth),
        ("2021-05-04T12:00:00+02:00", tenth),
        ("2021-05-04T04:30:00-05:30", tenth),
        ("2021-05-04T10:00:00.000001Z", tenth + 1),
        // A part of a microsecond is after the one before it.
        ("2021-05-04T10:00:00.000001999Z", tenth + 1),
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.999999999Z", -1),
        ("0000-01-01T00:00:00Z", -62_167_219_200_000_000),
        ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
    ] {
        assert_eq!(time_us(text), expected, "{text}");
    }
}

#[test]
fn what_is_neither_a_position_nor_a_time_is_refused() {
    let refused = |text| Moment::new(Some(text), None, None).unwrap_err();
    for text in [
        "",
        "-1",
        "now",
        "1.5",
        "2021-05-04",
        "2021-05-04T10:00:00",
        "2021-05-04T25:00:00Z",
        "2021-02-30T10:00:00Z",
        "99999999999999999999",
        "Tue, 04 May 2021 10:00:00 GMT",
    ] {
        let problem = refused(text);
        assert_eq!((problem.status().as_u16(), problem.code()), (400, "invalid_parameter"), "{text}");
        assert!(problem.to_string().contains("`as_of`"), "{problem}");
    }
    // A `+` of a query is a space.
    assert!(refused("2021-05-04T10:00:00 02:00").to_string().contains("%2B"));
}

#[test]
fn a_position_that_no_log_reaches_is_refused_and_not_waited_for() {
    let last = i64::MAX as u64;
    assert_eq!(Moment::new(None, Some(last), None).unwrap().at_least, Some(last));
    let beyond = (last + 1).to_string();
    let refused = [
        Moment::new(None, Some(last + 1), None).unwrap_err(),
        Moment::new(Some(&beyond), None, None).unwrap_err(),
        parse_query::<EventsParams>(&format!("after={beyond}")).unwrap().after().unwrap_err(),
    ];
    for problem in refused {
        assert_eq!((problem.status().as_u16(), problem.code()), (400, "invalid_parameter"));
    }
}

#[test]
fn a_wait_is_bounded() {
    assert!(Moment::new(None, None, Some(5000)).is_ok());
    assert_eq!(Moment::new(None, None, Some(5001)).unwrap_err().code(), "invalid_parameter");
}

#[test]
fn a_page_has_one_to_a_thousand_entries() {
    let page = |limit| Page::new(limit, None, scope(), &mut Moment::default()).map(|page| page.limit);
    assert_eq!(page(None).unwrap(), 100);
    assert_eq!(page(Some(1)).unwrap(), 1);
    assert_eq!(page(Some(1000)).unwrap(), 1000);
    for limit in [0, 1001] {
        let problem = page(Some(limit)).unwrap_err();
        assert_eq!((problem.status().as_u16(), problem.code()), (400, "invalid_parameter"));
    }
}

#[test]
fn a_cursor_pins_the_list_to_the_position_at_which_it_began() {
    let first = Page::new(None, None, scope(), &mut Moment::default()).unwrap();
    let cursor = first.next(40.into(), 17);
    // Also where a time was named, which may mean another position by now.
    for as_of in [None, Some("2021-05-04T10:00:00Z")] {
        let mut moment = Moment::new(as_of, Some(50), None).unwrap();
        let second = Page::new(None, Some(&cursor), scope(), &mut moment).unwrap();
        assert_eq!((second.after, moment.as_of, moment.at_least), (17, Some(40), Some(50)));
        assert_eq!((moment.time_us, moment.is_named), (None, as_of.is_some()));
    }
}

#[test]
fn each_filter_is_part_of_what_a_cursor_is_bound_to() {
    let bare = list("").scope("/v1/projects/p/sources");
    let others =
        ["as_of=1", "policy=1", "status=a", "kind=a", "actor=a", "document=a", "incident=a", "author=a", "q=a"];
    for query in others {
        assert_ne!(list(query).scope("/v1/projects/p/sources"), bare, "{query}");
    }
    for query in ["limit=5", "at_least=4", "wait_ms=3"] {
        assert_eq!(list(query).scope("/v1/projects/p/sources"), bare, "{query}");
    }
}

#[test]
fn an_author_may_be_given_as_a_handle() {
    let by_handle = list("author=annotator-a").filter().unwrap().author.unwrap();
    let by_id = list(&format!("author={by_handle}")).filter().unwrap().author.unwrap();
    assert_eq!(by_handle, by_id);
    assert_eq!(list("author=Not%20One").filter().unwrap_err().code(), "invalid_parameter");
    assert_eq!(list("actor=4").filter().unwrap_err().code(), "invalid_parameter");
}

#[test]
fn what_is_not_honoured_is_refused_and_not_ignored() {
    let params: BoardParams = parse_query("without=source:1&without=actor:2").unwrap();
    let problem = refuse_unsupported(&params.without, None).unwrap_err();
    assert_eq!((problem.status().as_u16(), problem.code()), (422, "not_supported_yet"));
    assert_eq!(refuse_unsupported(&[], Some("7")).unwrap_err().code(), "not_supported_yet");
    assert!(refuse_unsupported(&[], None).is_ok());
    assert_eq!(parse_query::<BoardParams>("colour=red").unwrap_err().code(), "unknown_parameter");
}

#[test]
fn quotes_are_bounded() {
    assert_eq!((quotes(None).unwrap(), quotes(Some(0)).unwrap(), quotes(Some(1000)).unwrap()), (20, 0, 1000));
    assert_eq!(quotes(Some(1001)).unwrap_err().code(), "invalid_parameter");
}
