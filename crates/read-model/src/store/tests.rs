use super::*;
use crate::testing::{History, cases, claim, user};
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use domain::Kind;
use domain::actor::ActorKind;
use domain::claim::Act;
use proptest::prelude::*;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::fs;
use tempfile::TempDir;
use wire::subject::Address;
use wire::tree::{Frontier, Hash};

/// A history whose records take several blocks.
fn history(readings: usize) -> History {
    let mut history = History::new(1);
    let source = history.source("Agency");
    let document = history.document(source, "Report", "text");
    let (state, group) =
        (history.actor(ActorKind::StateBody, "State"), history.actor(ActorKind::Organisation, "Group"));
    let incident = history.incident("Attack");
    for _ in 0..readings {
        let annotation = history.annotation(user("a"), document, 0, 4);
        history.reading(user("a"), claim(source, state, Act::Accuses, incident, group, annotation));
    }
    history
}

fn store(folder: &TempDir) -> Store {
    Store::create(&folder.path().join("gen-1"), Uuid::from_u128(0xf00d)).unwrap()
}

fn reopen(folder: &TempDir, store: Store) -> Result<Store, Error> {
    store.flush().unwrap();
    drop(store);
    Store::open(&folder.path().join("gen-1"), || {})
}

/// Every subject's positions, as they follow from the records alone.
fn expected(entries: &[Entry]) -> BTreeMap<Subject, Vec<u64>> {
    let mut expected = BTreeMap::<_, Vec<_>>::new();
    for entry in entries {
        for subject in &entry.subjects {
            expected.entry(*subject).or_default().push(entry.position);
        }
    }
    expected
}

fn found(store: &Store) -> BTreeMap<Subject, Vec<u64>> {
    let positions = |subject: Subject| (subject, store.positions(&subject, 0, u64::MAX, usize::MAX).unwrap());
    store.subjects().map(|subject| positions(subject.unwrap())).collect()
}

fn assert_holds(store: &Store, entries: &[Entry]) {
    assert_eq!(store.checkpoint().position, entries.len() as u64);
    for entry in entries {
        assert_eq!(&*store.payload(entry.position).unwrap(), &entry.payload[..]);
    }
    assert_eq!(found(store), expected(entries));
    assert_eq!(store.root(entries.len() as u64).unwrap(), root(entries));
}

/// The root over payloads, as it follows from them alone.
fn root(entries: &[Entry]) -> Hash {
    let mut frontier = Frontier::default();
    for entry in entries {
        frontier.push(wire::tree::leaf(&entry.payload));
    }
    frontier.root()
}

/// Records of which each is another source.
fn many(records: u64) -> Vec<Entry> {
    let mut history = History::new(1);
    for number in 0..records {
        history.source(&number.to_string());
    }
    history.entries().to_vec()
}

fn assert_proves(store: &Store, entries: &[Entry], from: u64, to: u64) {
    let root_of = |size: u64| RootHash::<Sha256>::new(store.root(size).unwrap().into(), size);
    assert_eq!(store.root(to).unwrap(), root(&entries[..usize::try_from(to).unwrap()]));
    let path = InclusionProof::from_bytes(store.inclusion(from, to).unwrap().concat());
    let payload = &entries[usize::try_from(from - 1).unwrap()].payload;
    root_of(to).verify_inclusion(payload, from - 1, &path).unwrap();
    let proof = store.consistency(from, to).unwrap();
    if from == to {
        assert!(proof.is_empty());
    } else {
        let proof = ConsistencyProof::try_from_bytes(proof.concat()).unwrap();
        root_of(to).verify_consistency(&root_of(from), &proof).unwrap();
    }
}

#[test]
fn a_record_is_found_under_every_subject_that_it_concerns() {
    let folder = TempDir::new().unwrap();
    let (store, history) = (store(&folder), history(100));
    store.append(history.entries()).unwrap();
    assert_holds(&store, history.entries());
}

#[test]
fn a_redelivered_record_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let (store, history) = (store(&folder), history(50));
    let entries = history.entries();
    store.append(&entries[..80]).unwrap();
    let before = store.checkpoint();
    store.append(&entries[..80]).unwrap();
    store.append(&entries[40..60]).unwrap();
    assert_eq!(store.checkpoint(), before);
    store.append(&entries[70..]).unwrap();
    assert_holds(&store, entries);
}

#[test]
fn a_gap_is_refused_and_nothing_of_the_batch_is_stored() {
    let folder = TempDir::new().unwrap();
    let (store, history) = (store(&folder), history(5));
    let entries = history.entries();
    store.append(&entries[..3]).unwrap();
    let gapped = [entries[3].clone(), entries[5].clone()];
    assert!(matches!(store.append(&gapped), Err(Error::Gap { expected: 5, found: 6 })));
    assert_holds(&store, &entries[..3]);
}

#[test]
fn a_store_opened_again_is_the_one_that_was_closed() {
    let folder = TempDir::new().unwrap();
    let (mut store, history) = (store(&folder), history(200));
    for (at, part) in history.entries().chunks(37).enumerate() {
        store.append(part).unwrap();
        if at % 3 == 0 {
            store.compact(1).unwrap();
        }
        let before = store.checkpoint();
        store = reopen(&folder, store).unwrap();
        assert_eq!(store.checkpoint(), before);
    }
    assert_holds(&store, history.entries());
}

#[test]
fn the_checksum_tells_stores_of_other_records_apart() {
    let folders = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let stores = folders.each_ref().map(store);
    let (history, mut other) = (history(5), history(4));
    other.source("Another agency");
    other.source("A third agency");
    assert_eq!(history.position(), other.position());
    stores[0].append(history.entries()).unwrap();
    stores[1].append(other.entries()).unwrap();
    assert_ne!(stores[0].checkpoint().checksum, stores[1].checkpoint().checksum);
}

#[test]
fn bodies_near_a_message_in_size_do_not_make_large_blocks() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder);
    let mut history = History::new(1);
    for number in 0..20 {
        history.source(&"x".repeat(if number % 2 == 0 { 60_000 } else { 100_000 }));
    }
    store.append(history.entries()).unwrap();
    let largest = store.db.scan_prefix([key::BLOCK]).map(|row| row.unwrap().1.len()).max().unwrap();
    assert!(largest < 101_000, "a block of {largest} bytes");
    let store = reopen(&folder, store).unwrap();
    assert_holds(&store, history.entries());
}

/// The engine does not learn of an error in writing such a file, and then waits for its content for ever.
#[test]
fn the_engine_writes_no_file_for_a_single_page() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder);
    let mut history = history(2_000);
    // Two lengths that would not fit into one block, then the largest length alone.
    for number in 0..300 {
        if number < 150 {
            history.incident(&format!("{number} {}", "long ".repeat(12_000)));
        }
        history.incident(&format!("{number} {}", "longer ".repeat(14_000)));
    }
    for entries in history.entries().chunks(500) {
        store.append(entries).unwrap();
        store.compact(1).unwrap();
        let files = fs::read_dir(folder.path().join("gen-1").join("blobs")).unwrap().count();
        assert_eq!(files, 0);
    }
}

#[test]
fn a_subject_with_many_records_has_chunks_of_bounded_length() {
    let folder = TempDir::new().unwrap();
    let (store, history) = (store(&folder), history(2_000));
    for part in history.entries().chunks(500) {
        store.append(part).unwrap();
        store.compact(1).unwrap();
    }
    let subject = Subject::project(history.project);
    let chunks: Vec<_> = store.chunks_from(&subject, 1).unwrap().map(|chunk| chunk.unwrap().len()).collect();
    assert_eq!(chunks, [1_024, 1_024, 1_024, history.entries().len() - 3 * 1_024]);
    assert_holds(&store, history.entries());
}

/// Changes one row behind the store's back, and opens it.
fn tampered(change: impl FnOnce(&sled::Db)) -> String {
    let folder = TempDir::new().unwrap();
    let store = store(&folder);
    let history = history(100);
    store.append(&history.entries()[..150]).unwrap();
    store.compact(1).unwrap();
    store.append(&history.entries()[150..]).unwrap();
    change(&store.db);
    reopen(&folder, store).unwrap_err().to_string()
}

#[test]
fn a_store_that_contradicts_its_checkpoint_is_damaged() {
    let flip = |sort: u8, at: usize| {
        move |db: &sled::Db| {
            let (key, value) = db.scan_prefix([sort]).next().unwrap().unwrap();
            let mut value = value.to_vec();
            let at = value.len() - at;
            value[at] ^= 1;
            db.insert(key, value).unwrap();
        }
    };
    let remove = |sort: u8| {
        move |db: &sled::Db| {
            let key = db.scan_prefix([sort]).next().unwrap().unwrap().0;
            db.remove(key).unwrap();
        }
    };
    for message in [
        tampered(flip(key::BLOCK, 1)),
        tampered(flip(key::ROW, 1)),
        tampered(flip(key::CHUNK, 1)),
        tampered(flip(b'c', 1)),
        tampered(flip(b'p', 1)),
        tampered(flip(b'm', 1)),
        tampered(remove(key::BLOCK)),
        tampered(remove(key::ROW)),
        tampered(remove(key::CHUNK)),
        tampered(remove(b'c')),
        tampered(remove(b'p')),
        tampered(remove(b'm')),
        tampered(|db| db.clear().unwrap()),
    ] {
        assert!(message.contains("damaged"), "{message}");
    }
}

/// Enough records for tiles of four levels, and for an open edge of more than one.
const RECORDS: u64 = 1_024 + 16 + 7;

#[test]
fn a_tree_is_kept_in_tiles_that_are_checked_when_the_store_is_opened() {
    let folder = TempDir::new().unwrap();
    let (store, entries) = (store(&folder), many(RECORDS));
    for part in entries.chunks(100) {
        store.append(part).unwrap();
    }
    let tiles = [1, 2, 3, 4, 5].map(|level| store.db.scan_prefix(key::tiles(level)).count());
    assert_eq!(tiles, [65, 16, 4, 1, 0]);
    let ends = [1, 2, 3, 4, 5, 15, 16, 17, 64, 255, 256, 257, 300, 1_023, 1_024, 1_025, RECORDS];
    let assert_all = |store: &Store| {
        for from in ends {
            ends.into_iter().filter(|to| from <= *to).for_each(|to| assert_proves(store, &entries, from, to));
        }
    };
    assert_all(&store);
    let mut store = reopen(&folder, store).unwrap();
    assert_all(&store);
    for tile in [key::tile(1, 0), key::tile(1, 64), key::tile(2, 0), key::tile(4, 0)] {
        let whole = store.db.get(tile).unwrap().unwrap();
        let mut flipped = whole.to_vec();
        flipped[77] ^= 1;
        for damaged in [Some(flipped), Some(whole[1..].to_vec()), None] {
            match damaged {
                Some(damaged) => store.db.insert(tile, damaged).unwrap(),
                None => store.db.remove(tile).unwrap(),
            };
            let message = reopen(&folder, store).unwrap_err().to_string();
            assert!(message.contains("damaged"), "{message}");
            let db = open(&folder.path().join("gen-1")).unwrap();
            db.insert(tile, &whole).unwrap();
            db.flush().unwrap();
            drop(db);
            store = Store::open(&folder.path().join("gen-1"), || {}).unwrap();
        }
    }
    store.db.insert(key::tile(5, 0), vec![0; 128]).unwrap();
    assert!(reopen(&folder, store).unwrap_err().to_string().contains("tiles"));
}

#[test]
fn a_store_of_an_older_schema_is_damaged() {
    let message = tampered(|db| {
        let mut row = db.get(key::CHECKPOINT).unwrap().unwrap().to_vec();
        row[3] -= 1;
        db.insert(key::CHECKPOINT, row).unwrap();
    });
    assert!(message.contains("schema"), "{message}");
}

#[test]
fn compaction_that_was_interrupted_is_taken_up_again() {
    let folder = TempDir::new().unwrap();
    let (store, history) = (store(&folder), history(300));
    store.append(history.entries()).unwrap();
    let before = store.db.get(key::PACKED).unwrap().unwrap();
    store.compact(1).unwrap();
    // As if the last batch of the compaction, which moves the mark, had not been written.
    let mut packed = Packed::decode(&store.db.get(key::PACKED).unwrap().unwrap()).unwrap();
    packed.upto = Packed::decode(&before).unwrap().upto;
    store.db.insert(key::PACKED, packed.encode()).unwrap();
    let store = reopen(&folder, store).unwrap();
    assert_holds(&store, history.entries());
    store.compact(1).unwrap();
    let store = reopen(&folder, store).unwrap();
    assert_holds(&store, history.entries());
}

#[test]
fn positions_are_read_in_parts() {
    let folder = TempDir::new().unwrap();
    let (store, history) = (store(&folder), history(1_000));
    let (packed, live) = history.entries().split_at(1_500);
    store.append(packed).unwrap();
    store.compact(1).unwrap();
    store.append(live).unwrap();
    let subject = Subject::project(history.project);
    let (mut after, mut read) = (0, Vec::new());
    loop {
        let part = store.positions(&subject, after, 1_900, 7).unwrap();
        let Some(last) = part.last() else { break };
        after = *last;
        read.extend(part);
    }
    assert_eq!(read, (1..=1_900).collect::<Vec<_>>());
}

/// What a store is made to do.
#[derive(Debug, Clone)]
enum Step {
    Append(usize),
    Compact,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![6 => (1..90_usize).prop_map(Step::Append), 2 => Just(Step::Compact), 1 => Just(Step::Reopen)]
}

proptest! {
    #![proptest_config(cases(24, 1_000))]

    #[test]
    fn answers_do_not_depend_on_how_the_store_is_packed(
        steps in prop::collection::vec(step(), 1..14),
        bounds in prop::collection::vec((0..400_u64, 0..400_u64, 1..50_usize), 8),
    ) {
        let history = history(150);
        let entries = history.entries();
        let (folder, plain_folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let mut packed = store(&folder);
        let mut done = 0;
        for step in steps {
            match step {
                Step::Append(len) => {
                    let upto = (done + len).min(entries.len());
                    packed.append(&entries[done..upto]).unwrap();
                    done = upto;
                }
                Step::Compact => packed.compact(1).unwrap(),
                Step::Reopen => packed = reopen(&folder, packed).unwrap(),
            }
        }
        let plain = store(&plain_folder);
        plain.append(&entries[..done]).unwrap();
        prop_assert_eq!(packed.checkpoint(), plain.checkpoint());
        assert_holds(&packed, &entries[..done]);
        for (one, other, _) in &bounds {
            let (from, to) = (one.min(other) % (done as u64 + 1), one.max(other) % (done as u64 + 1));
            if (1..=to).contains(&from) {
                assert_proves(&packed, entries, from, to);
            }
        }
        for subject in expected(&entries[..done]).keys() {
            for (after, upto, len_max) in &bounds {
                let ask = |store: &Store| store.positions(subject, *after, *upto, *len_max).unwrap();
                prop_assert_eq!(ask(&packed), ask(&plain));
                let last = |store: &Store| store.last_position(subject, *upto).unwrap();
                prop_assert_eq!(last(&packed), last(&plain));
            }
            let address = Address { project: Uuid::nil(), kind: Kind::Source, id: Uuid::nil() };
            prop_assert_eq!(packed.positions(&Subject::own(&address), 0, 400, 9).unwrap(), Vec::<u64>::new());
        }
    }
}

/// The same records, recorded at other times.
fn recorded(entries: &[Entry], times_us: impl IntoIterator<Item = i64>) -> Vec<Entry> {
    let mut times_us = times_us.into_iter();
    let again = entries.iter().map_while(|entry| {
        let mut record = wire::record::decode(&entry.payload).unwrap();
        record.envelope.recorded_at_us = times_us.next()?;
        Some(Entry::new(entry.position, wire::record::encode(&record), record))
    });
    again.collect()
}

/// When each position was known, as it follows from the records alone.
fn expected_known_at(entries: &[Entry]) -> Vec<i64> {
    let times = entries.iter().map(|entry| entry.envelope.recorded_at_us);
    let fold = |known: &mut i64, at: i64| {
        *known = at.max(*known);
        Some(*known)
    };
    times.scan(i64::MIN, fold).collect()
}

/// The last position that was known at a time, as it follows from the records alone.
fn expected_position_at(known_at: &[i64], time_us: i64) -> u64 {
    known_at.iter().filter(|known_at| **known_at <= time_us).count() as u64
}

/// Checks one position of so many, and the times about it.
fn assert_tells_times(store: &Store, entries: &[Entry], of: usize) {
    let known_at = expected_known_at(entries);
    assert_eq!(store.known_at(0).unwrap(), None);
    for (position, expected) in (1..).zip(&known_at).step_by(of) {
        assert_eq!(store.known_at(position).unwrap(), Some(*expected), "of {position}");
    }
    let times = known_at.iter().step_by(of).flat_map(|at| [at - 1, *at, at + 1]).chain([i64::MIN, 0, i64::MAX]);
    for time_us in times {
        assert_eq!(store.position_at(time_us).unwrap(), expected_position_at(&known_at, time_us), "at {time_us}");
    }
}

#[test]
fn an_empty_store_knew_nothing_at_any_time() {
    let store = store(&TempDir::new().unwrap());
    assert_eq!(store.known_at(0).unwrap(), None);
    for time_us in [i64::MIN, 0, i64::MAX] {
        assert_eq!(store.position_at(time_us).unwrap(), 0);
    }
    assert!(store.known_at(1).is_err());
}

#[test]
fn times_are_told_while_records_go_into_blocks() {
    let folder = TempDir::new().unwrap();
    let (store, history) = (store(&folder), history(600));
    let entries = recorded(history.entries(), (0..).map(|number: i64| number / 3 * 10 - number % 7));
    let known_at = expected_known_at(&entries);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for part in entries.chunks(7) {
                store.append(part).unwrap();
            }
        });
        while !writer.is_finished() {
            let head = store.checkpoint().position;
            // What was known before the newest record stays, whatever comes meanwhile.
            for position in (head.saturating_sub(150)..head).chain([1]).filter(|position| (1..head).contains(position))
            {
                let time_us = known_at[usize::try_from(position).unwrap() - 1];
                assert_eq!(store.known_at(position).unwrap(), Some(time_us));
                if time_us < known_at[usize::try_from(head).unwrap() - 1] {
                    assert_eq!(store.position_at(time_us).unwrap(), expected_position_at(&known_at, time_us));
                }
            }
        }
        writer.join().unwrap();
    });
    assert_tells_times(&store, &entries, 1);
}

proptest! {
    #![proptest_config(cases(24, 1_000))]

    #[test]
    fn a_time_is_the_last_position_that_was_known_by_then_however_the_store_is_packed(
        steps in prop::collection::vec(step(), 1..14),
        // A clock that mostly goes on, stands at times, and at times goes back.
        ticks in prop::collection::vec(prop_oneof![6 => 0..30_i64, 2 => Just(0), 1 => -200..0_i64], 310),
    ) {
        let history = history(150);
        let start = 1_620_086_400_000_000_i64;
        let times = ticks.into_iter().scan(start, |at, tick| { *at += tick; Some(*at) });
        let entries = recorded(history.entries(), times);
        let (folder, plain_folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let mut packed = store(&folder);
        let mut done = 0;
        for step in steps {
            match step {
                Step::Append(len) => {
                    let upto = (done + len).min(entries.len());
                    packed.append(&entries[done..upto]).unwrap();
                    done = upto;
                    assert_tells_times(&packed, &entries[..done], 29);
                }
                Step::Compact => packed.compact(1).unwrap(),
                Step::Reopen => packed = reopen(&folder, packed).unwrap(),
            }
        }
        assert_tells_times(&packed, &entries[..done], 1);
        // Built again, from the whole log at once.
        let rebuilt = store(&plain_folder);
        rebuilt.append(&entries[..done]).unwrap();
        assert_tells_times(&rebuilt, &entries[..done], 3);
    }
}
