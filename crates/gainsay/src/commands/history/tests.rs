use serde_json::json;

use super::describe;
use crate::terminal::Terminal;

#[test]
fn a_record_says_where_it_stands_and_what_happened() {
    let record = json!({
        "position": 12,
        "revision": 1,
        "author": "6f1c0000-0000-7000-8000-000000000000",
        "recorded_at": "2021-05-04T10:00:00.000000Z",
        "events": [{"type": "IncidentRegistered", "title": "a\u{1b}[2Jttack", "places": [], "when": "2021-05-04"}],
    });
    let text = describe(&record, Terminal { colour: false, width: 80 });
    let expected = "     12  revision 1  2021-05-04T10:00:00.000000Z by 6f1c0000\n         IncidentRegistered\n           \
                    title: a [2Jttack\n           when: 2021-05-04";
    assert_eq!(text, expected);
}
