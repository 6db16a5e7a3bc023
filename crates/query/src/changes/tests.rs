use super::hub::{Batch, Item, Next, Window};
use super::named::About;
use bytes::Bytes;
use domain::Kind;
use domain::id::UserId;
use uuid::Uuid;

/// A batch of records without content at these positions.
fn batch(positions: impl IntoIterator<Item = u64>) -> Batch {
    let mut bytes = Vec::new();
    let items = positions.into_iter().map(|position| {
        let author = UserId::new(Uuid::nil());
        let about = About { kind: Kind::Actor, id: Uuid::nil(), revision: 1, author, named: Vec::new() };
        bytes.extend(format!("id: {position}\n\n").bytes());
        Item { position, end: bytes.len(), about, tells_rights: false }
    });
    let items = items.collect();
    Batch { items, bytes: Bytes::from(bytes) }
}

/// The positions that a stream behind this one gets from the window; none where it has to read pages.
fn taken(window: &Window, mut after: u64) -> Option<Vec<u64>> {
    let mut positions = Vec::new();
    loop {
        match window.next(after) {
            Next::Behind => return None,
            Next::Wait => return Some(positions),
            Next::Batch(batch) => {
                positions.extend(batch.items.iter().map(|item| item.position).filter(|at| *at > after));
                after = batch.last();
            }
        }
    }
}

#[test]
fn a_window_gives_what_is_after_a_position_or_says_that_it_has_it_no_more() {
    let mut window = Window::new(10);
    assert_eq!(taken(&window, 10), Some(vec![]));
    assert_eq!(taken(&window, 9), None, "what was there before it began is not in it");
    window.push(13, Some(batch([11, 13])));
    window.push(20, None);
    window.push(22, Some(batch([22])));
    assert_eq!(taken(&window, 10), Some(vec![11, 13, 22]));
    assert_eq!(taken(&window, 11), Some(vec![13, 22]));
    assert_eq!(taken(&window, 20), Some(vec![22]));
    assert_eq!(taken(&window, 30), Some(vec![]), "a client may know a position that is not there yet");
    // More than the window holds: the oldest batches go, and with them the right to begin there.
    window.push(1500, Some(batch(101..=1100)));
    window.push(2500, Some(batch(1501..=2500)));
    assert_eq!(taken(&window, 22), None);
    assert_eq!(taken(&window, 1100), Some((1501..=2500).collect()));
}

#[test]
fn a_batch_is_cut_between_events() {
    let batch = batch([7, 8, 1000]);
    let event = |at: usize| batch.bytes.slice(batch.begin(at)..batch.items[at].end);
    assert_eq!([event(0), event(1), event(2)], [&b"id: 7\n\n"[..], b"id: 8\n\n", b"id: 1000\n\n"]);
}
