use super::{Cursor, Scope};

const CURSOR: Cursor = Cursor { as_of: 1234, after: u64::MAX };

fn scope(kind: Option<&str>) -> Scope {
    Scope::new("/v1/projects/p/sources", [("status", None), ("kind", kind)])
}

#[test]
fn a_cursor_is_read_back_as_it_was_sealed() {
    let sealed = CURSOR.seal(scope(Some("outlet")));
    assert_eq!(Cursor::open(&sealed, scope(Some("outlet"))).unwrap(), CURSOR);
}

#[test]
fn a_cursor_of_other_filters_or_another_list_is_refused() {
    let sealed = CURSOR.seal(scope(Some("outlet")));
    let others = [
        scope(None),
        scope(Some("agency")),
        scope(Some("")),
        Scope::new("/v1/projects/p/actors", [("kind", Some("outlet"))]),
        Scope::new("/v1/projects/p/sources", [("status", Some("outlet"))]),
    ];
    for other in others {
        assert_eq!(Cursor::open(&sealed, other).unwrap_err().code(), "cursor_invalid");
    }
}

#[test]
fn what_is_no_cursor_is_refused() {
    let sealed = CURSOR.seal(scope(None));
    let other_form = format!("B{}", &sealed[1..]);
    for text in ["", "x", "!!!!", "AAAA", &sealed[1..], &format!("{sealed}AAAA"), &other_form] {
        let problem = Cursor::open(text, scope(None)).unwrap_err();
        assert_eq!((problem.status().as_u16(), problem.code()), (400, "cursor_invalid"), "{text}");
    }
}
