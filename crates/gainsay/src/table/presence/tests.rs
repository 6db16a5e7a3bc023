use serde_json::json;

use super::presence;
use crate::terminal::Terminal;

const PLAIN: Terminal = Terminal { colour: false, width: 80 };

#[test]
fn presence_says_who_is_where_since_when_or_that_nobody_is() {
    let item =
        |document: &str, user: &str| json!({"document": document, "user": user, "since": "10:00", "until": "10:01"});
    let items = json!({"items": [item("d1", "u1"), item("d1", "u2"), item("d2", "u1\x1b[2J")]});
    let text = presence(&serde_json::from_value(items).unwrap(), PLAIN);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[..4], ["document d1", "  u1  since 10:00", "  u2  since 10:00", "document d2"]);
    assert!(!text.contains('\x1b'), "{text}");
    let nobody = presence(&serde_json::from_value(json!({"items": []})).unwrap(), PLAIN);
    assert_eq!(nobody.trim(), "Nobody has a document open.");
}
