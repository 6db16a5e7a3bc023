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
    assert_eq!(moment, Moment { as_of: Some(12), at_least: Some(12), wait_ms: 1000, policy: None });
    assert_eq!(Moment::new(None, Some(7), Some(0)).unwrap().at_least, Some(7));
}

#[test]
fn a_time_is_refused_as_not_supported_and_anything_else_as_invalid() {
    let code = |text| Moment::new(Some(text), None, None).unwrap_err().code().to_owned();
    assert_eq!(code("2021-05-04T10:00:00Z"), "not_supported_yet");
    for text in ["", "-1", "now", "1.5", "2021-05-04"] {
        assert_eq!(code(text), "invalid_parameter", "{text}");
    }
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
    let cursor = first.next(40, 17);
    let mut moment = Moment::new(None, Some(50), None).unwrap();
    let second = Page::new(None, Some(&cursor), scope(), &mut moment).unwrap();
    assert_eq!((second.after, moment.as_of, moment.at_least), (17, Some(40), Some(50)));
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
