use wire::view::Import;

use super::{ImportPage, imports};
use crate::terminal::Terminal;

const PLAIN: Terminal = Terminal { colour: false, width: 160 };

#[test]
fn batches_say_how_far_they_came_and_what_became_of_them() {
    let open = Import { id: "b1".to_owned(), status: "started".to_owned(), ..Import::default() };
    let reverted = Import {
        id: "b2".to_owned(),
        name: Some("First\x1b[2J".to_owned()),
        status: "reverted".to_owned(),
        lines: Some(12),
        refused: Some(3),
        reverted: Some(7),
        kept: Some(2),
        ..Import::default()
    };
    let text = imports(&ImportPage { items: vec![open, reverted], next: Some("c".to_owned()) }, PLAIN);
    for part in ["b1", "not all", "started", "First", "b2", "12, 3 refused", "7 taken back, 2 kept", "--cursor c"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(!text.contains('\x1b'), "{text}");
    // An id is not broken, however narrow the terminal.
    let id = "0190a0a0-0000-7000-8000-000000000001";
    let long = Import { id: id.to_owned(), created_at: "2021-05-04T12:00:00.000000Z".to_owned(), ..Import::default() };
    let page = ImportPage { items: vec![long], next: None };
    assert!(imports(&page, Terminal { width: 80, ..PLAIN }).contains(id));
    assert!(imports(&ImportPage::default(), PLAIN).contains("Nothing was imported."));
}
