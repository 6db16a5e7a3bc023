use super::*;
use read_model::testing::History;
use tempfile::TempDir;
use wire::record::address;

fn store(history: &History) -> (Store, TempDir) {
    let folder = TempDir::new().unwrap();
    (Store::create(&folder.path().join("store"), history.log).unwrap(), folder)
}

fn history() -> History {
    let mut history = History::new(1);
    for n in 0..9 {
        history.source(&format!("Source {n}"));
    }
    history
}

/// The records at these positions, as the log gives them.
fn batch(history: &History, positions: impl IntoIterator<Item = usize>) -> Batch {
    let mut batch = Batch::default();
    for position in positions {
        let entry = &history.entries()[position - 1];
        let subject = address(&entry.envelope).subject(0);
        let entry = event_log::Entry {
            position: entry.position,
            subject,
            payload: entry.payload.clone(),
            stored_at: SystemTime::UNIX_EPOCH,
        };
        batch.push(Followed { entry, pending: 0 });
    }
    batch
}

#[test]
fn records_up_to_a_gap_are_stored_and_none_after_it() {
    let history = history();
    let (store, _folder) = store(&history);
    let result = apply(&store, history.log, &mut Chain::default(), batch(&history, [1, 2, 3, 5, 6]));
    assert!(matches!(result, Err(Fault::Log { reason: Break::Gap { expected: 4, found: 5 }, position: 3 })));
    assert_eq!(store.checkpoint().position, 3);
}

#[test]
fn a_redelivered_record_changes_nothing() {
    let history = history();
    let (store, _folder) = store(&history);
    let mut chain = Chain::default();
    assert_eq!(apply(&store, history.log, &mut chain, batch(&history, 1..=5)).ok(), Some(5));
    let before = store.checkpoint();
    assert_eq!(apply(&store, history.log, &mut chain, batch(&history, 2..=5)).ok(), Some(5));
    assert_eq!(store.checkpoint(), before);
    assert_eq!(apply(&store, history.log, &mut chain, batch(&history, 4..=8)).ok(), Some(8));
}

#[test]
fn a_record_that_cannot_be_read_stops_before_itself() {
    let history = history();
    let (store, _folder) = store(&history);
    let mut batch = batch(&history, 1..=4);
    batch.records[2].entry = Entry::decode(3, vec![0xff; 9].into());
    let result = apply(&store, history.log, &mut Chain::default(), batch);
    assert!(matches!(result, Err(Fault::Log { reason: Break::Undecodable { position: 3, .. }, position: 2 })));
    assert_eq!(store.checkpoint().position, 2);
}
