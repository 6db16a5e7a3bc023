use super::*;
use crate::Why;
use crate::testing::{given, refused, text};

const LINES: Lines = Lines { lines: 3, refused: 1 };
const REVERTED: Reverted = Reverted { reverted: 2, kept: 0 };

fn started() -> Event {
    Event::ImportBatchStarted { name: Some(text("The first corpus")) }
}

fn after(events: impl IntoIterator<Item = Event>) -> Import {
    given(events)
}

#[test]
fn an_import_is_started_completed_and_reverted_once_each() {
    let start = Command::Start { name: Some(text("The first corpus")) };
    assert_eq!(Import::Absent.decide(start.clone()).unwrap(), [started()]);
    let open = after([started()]);
    assert_eq!(open.batch().map(|batch| (batch.completed, batch.reverted)), Some((None, None)));
    refused(open.decide(start), Why::Conflict, "id_taken", "");

    assert_eq!(open.decide(Command::Complete(LINES)).unwrap(), [Event::ImportBatchCompleted(LINES)]);
    let completed = after([started(), Event::ImportBatchCompleted(LINES)]);
    assert_eq!(completed.batch().and_then(|batch| batch.completed), Some(LINES));
    refused(completed.decide(Command::Complete(LINES)), Why::Conflict, "import_completed", "");

    assert_eq!(completed.decide(Command::Revert(REVERTED)).unwrap(), [Event::ImportBatchReverted(REVERTED)]);
    let reverted = after([started(), Event::ImportBatchCompleted(LINES), Event::ImportBatchReverted(REVERTED)]);
    let batch = reverted.batch().expect("it was started");
    assert_eq!((batch.completed, batch.reverted), (Some(LINES), Some(REVERTED)));
    refused(reverted.decide(Command::Revert(REVERTED)), Why::Conflict, "import_reverted", "");
}

#[test]
fn what_was_never_completed_can_be_reverted_and_takes_nothing_more_then() {
    let open = after([started()]);
    assert!(open.check_open().is_ok());
    assert_eq!(open.decide(Command::Revert(REVERTED)).unwrap(), [Event::ImportBatchReverted(REVERTED)]);
    let reverted = after([started(), Event::ImportBatchReverted(REVERTED)]);
    refused(reverted.check_open(), Why::Conflict, "import_reverted", "");
    refused(reverted.decide(Command::Complete(LINES)), Why::Conflict, "import_reverted", "");
}

#[test]
fn nothing_is_done_to_an_import_that_was_not_started() {
    for command in [Command::Complete(LINES), Command::Revert(REVERTED)] {
        refused(Import::Absent.decide(command), Why::Absent, "not_found", "");
    }
    assert_eq!(after([Event::ImportBatchCompleted(LINES), Event::ImportBatchReverted(REVERTED)]), Import::Absent);
}
