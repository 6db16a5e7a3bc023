use super::*;
use read_model::testing::{History, detail, user};
use tempfile::TempDir;

/// A store with all but the last record of a history, and that record.
fn last_of(history: &History) -> (Store, TempDir, Entry) {
    let folder = TempDir::new().unwrap();
    let store = Store::create(&folder.path().join("store"), history.log).unwrap();
    let (last, before) = history.entries().split_last().unwrap();
    store.append(before).unwrap();
    (store, folder, last.clone())
}

fn subject(entry: &Entry) -> String {
    address(&entry.envelope).subject(0)
}

fn check(history: &History, change: impl FnOnce(&mut Entry)) -> Result<(), CheckError> {
    let (store, _folder, mut entry) = last_of(history);
    let subject = subject(&entry);
    change(&mut entry);
    Chain::default().check(&store, history.log, &subject, &entry)
}

fn revised() -> History {
    let mut history = History::new(1);
    let incident = history.incident("First");
    let event = domain::incident::Event::IncidentDetailRevised(detail("Second"));
    history.add(user("a"), incident.uuid(), [event]);
    history
}

#[test]
fn a_record_that_follows_its_aggregates_last_one_is_taken() {
    check(&revised(), |_| {}).unwrap();
}

#[test]
fn the_last_record_may_wait_to_be_stored() {
    let history = revised();
    let folder = TempDir::new().unwrap();
    let store = Store::create(&folder.path().join("store"), history.log).unwrap();
    let mut chain = Chain::default();
    for entry in history.entries() {
        chain.check(&store, history.log, &subject(entry), entry).unwrap();
    }
}

#[test]
fn a_record_of_another_log_is_a_break() {
    let result = check(&revised(), |entry| entry.envelope.log_id = Uuid::nil());
    assert!(matches!(result, Err(CheckError::Break(Break::OtherLog { .. }))));
}

#[test]
fn a_record_under_another_subject_is_a_break() {
    let result = check(&revised(), |entry| entry.envelope.id = Uuid::nil());
    assert!(matches!(result, Err(CheckError::Break(Break::Misplaced { .. }))));
}

#[test]
fn a_record_that_skips_or_repeats_a_revision_is_a_break() {
    for revision in [1, 3] {
        let result = check(&revised(), |entry| entry.envelope.revision = revision);
        assert!(matches!(result, Err(CheckError::Break(Break::Chain { last: 1, .. }))));
    }
}

#[test]
fn a_record_after_another_predecessor_is_a_break() {
    for previous in [None, Some([0; 32])] {
        let result = check(&revised(), |entry| entry.envelope.previous = previous);
        assert!(matches!(result, Err(CheckError::Break(Break::Chain { .. }))));
    }
}

#[test]
fn a_first_record_of_what_exists_is_a_break() {
    let mut history = History::new(1);
    history.incident("First");
    let (store, _folder, entry) = last_of(&history);
    let mut chain = Chain::default();
    chain.check(&store, history.log, &subject(&entry), &entry).unwrap();
    let again = chain.check(&store, history.log, &subject(&entry), &entry);
    assert!(matches!(again, Err(CheckError::Break(Break::Chain { last: 1, .. }))));
}
