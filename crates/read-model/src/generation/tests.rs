use super::*;
use crate::store;
use crate::testing::History;
use tempfile::TempDir;

const LOG: Uuid = Uuid::from_u128(0xf00d);

fn history() -> History {
    let mut history = History::new(1);
    for n in 0..200 {
        history.source(&format!("Source {n}"));
    }
    history
}

/// A folder whose current store holds the history.
fn filled() -> (TempDir, History) {
    let (folder, history) = (TempDir::new().unwrap(), history());
    let generations = Generations::lock(folder.path()).unwrap();
    let store = generations.open(LOG).unwrap().store;
    store.append(history.entries()).unwrap();
    store.compact(1).unwrap();
    store.flush().unwrap();
    (folder, history)
}

fn current(folder: &TempDir) -> PathBuf {
    folder.path().join(fs::read_to_string(folder.path().join(CURRENT)).unwrap().trim())
}

fn quarantined(folder: &TempDir) -> usize {
    let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(QUARANTINE)).count()
}

/// Harms the current generation and opens the folder.
fn after(harm: impl FnOnce(&Path)) -> (Opened, TempDir) {
    let (folder, _) = filled();
    harm(&current(&folder));
    let opened = Generations::lock(folder.path()).unwrap().open(LOG).unwrap();
    (opened, folder)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.is_file()).collect()
}

fn assert_starts_anew((opened, folder): &(Opened, TempDir), quarantines: usize) {
    assert!(opened.quarantined.is_some());
    assert_eq!(opened.store.checkpoint().position, 0);
    opened.store.append(history().entries()).unwrap();
    assert_eq!(quarantined(folder), quarantines);
}

#[test]
fn an_intact_store_is_opened_as_it_was() {
    let (folder, history) = filled();
    let opened = Generations::lock(folder.path()).unwrap().open(LOG).unwrap();
    assert_eq!(opened.quarantined, None);
    assert_eq!(opened.store.checkpoint().position, history.position());
}

#[test]
fn a_folder_admits_one_process_at_a_time() {
    let folder = TempDir::new().unwrap();
    let first = Generations::lock(folder.path()).unwrap();
    assert!(matches!(Generations::lock(folder.path()), Err(Error::InUse { .. })));
    drop(first);
    Generations::lock(folder.path()).unwrap();
}

#[test]
fn a_store_of_garbage_is_put_aside() {
    let opened = after(|folder| {
        for file in files(folder) {
            let len = fs::metadata(&file).unwrap().len();
            fs::write(&file, vec![0xa5; usize::try_from(len).unwrap()]).unwrap();
        }
    });
    assert_starts_anew(&opened, 1);
}

/// The engine may fall back to an older state of its own, which then is a right one: it takes the rest of the log.
fn assert_right(opened: &Opened) {
    let history = history();
    let position = opened.store.checkpoint().position;
    assert!(opened.quarantined.is_none() || position == 0);
    opened.store.append(&history.entries()[usize::try_from(position).unwrap()..]).unwrap();
    let folder = TempDir::new().unwrap();
    let fresh = Store::create(&folder.path().join("gen-1"), LOG).unwrap();
    fresh.append(history.entries()).unwrap();
    let dump = |store: &Store| {
        let mut lines = Vec::new();
        crate::dump(store, None, &mut lines).unwrap();
        String::from_utf8(lines).unwrap()
    };
    assert_eq!(dump(&opened.store), dump(&fresh));
}

#[test]
fn a_store_whose_files_are_cut_off_is_put_aside_or_still_right() {
    for keep in [0, 1, 100, 5_000, 20_000, 100_000, 300_000] {
        let opened = after(|folder| {
            for file in files(folder) {
                let len = fs::metadata(&file).unwrap().len();
                fs::File::options().write(true).open(&file).unwrap().set_len(len.min(keep)).unwrap();
            }
        });
        assert_right(&opened.0);
    }
}

#[test]
fn a_store_with_a_damaged_middle_is_put_aside_or_still_right() {
    for at in (0..20).map(|n| 97 + n * 2_003) {
        let (opened, _folder) = after(|folder| {
            let file = folder.join("db");
            let mut bytes = fs::read(&file).unwrap();
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 0x10;
            }
            fs::write(&file, bytes).unwrap();
        });
        assert_right(&opened);
    }
}

#[test]
fn a_store_whose_folder_was_deleted_is_started_anew() {
    let opened = after(|folder| fs::remove_dir_all(folder).unwrap());
    assert_starts_anew(&opened, 0);
}

#[test]
fn an_emptied_store_is_put_aside() {
    let opened = after(|folder| {
        let db = store::open(folder).unwrap();
        db.clear().unwrap();
        db.flush().unwrap();
    });
    assert_starts_anew(&opened, 1);
}

#[test]
fn the_store_of_another_log_is_put_aside() {
    let (folder, _) = filled();
    let generations = Generations::lock(folder.path()).unwrap();
    let opened = generations.open(Uuid::from_u128(0xbeef)).unwrap();
    assert!(opened.quarantined.unwrap().contains("log"));
    assert_eq!(opened.store.checkpoint(), crate::Checkpoint::start(Uuid::from_u128(0xbeef)));
}

#[test]
fn a_pointer_to_nowhere_is_no_obstacle() {
    for pointer in [&b"gen-77\n"[..], b"../../etc", b"\xff\xfe", b""] {
        let (folder, _) = filled();
        fs::write(folder.path().join(CURRENT), pointer).unwrap();
        let opened = Generations::lock(folder.path()).unwrap().open(LOG).unwrap();
        assert_eq!(opened.store.checkpoint().position, 0);
    }
}

#[test]
fn only_the_newest_quarantines_are_kept() {
    let folder = TempDir::new().unwrap();
    let generations = Generations::lock(folder.path()).unwrap();
    generations.open(LOG).unwrap();
    for n in 0..5 {
        generations.quarantine(LOG, format!("reason {n}")).unwrap();
    }
    assert_eq!(quarantined(&folder), QUARANTINED_MAX);
    let newest = folder.path().join("gen-5.quarantine-5/reason");
    assert_eq!(fs::read_to_string(newest).unwrap(), "reason 4\n");
}

#[test]
fn a_generation_built_beside_replaces_the_current_one_when_it_is_finished() {
    let (folder, history) = filled();
    let generations = Arc::new(Generations::lock(folder.path()).unwrap());
    let before = current(&folder);
    let building = generations.build(LOG).unwrap();
    building.store.append(history.entries()).unwrap();
    assert_eq!(current(&folder), before);
    assert_eq!(building.finish().unwrap().position, history.position());
    assert_ne!(current(&folder), before);
    assert!(!before.exists());
}

#[test]
fn a_generation_that_was_never_finished_is_removed() {
    let (folder, history) = filled();
    let generations = Arc::new(Generations::lock(folder.path()).unwrap());
    drop(generations.build(LOG).unwrap());
    drop(generations);
    let generations = Generations::lock(folder.path()).unwrap();
    let opened = generations.open(LOG).unwrap();
    assert_eq!(opened.store.checkpoint().position, history.position());
    let left = fs::read_dir(folder.path()).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count();
    assert_eq!(left, 1);
}

#[test]
fn a_generation_that_was_replaced_can_be_read_until_it_is_removed() {
    let (folder, history) = filled();
    let generations = Arc::new(Generations::lock(folder.path()).unwrap());
    let old = current(&folder);
    let read = generations.open(LOG).unwrap().store;
    let building = generations.build(LOG).unwrap();
    building.store.append(history.entries()).unwrap();
    let before = building.publish().unwrap();
    assert_ne!(current(&folder), old);
    assert_eq!(&*read.payload(1).unwrap(), &history.entries()[0].payload[..]);
    drop(read);
    before.remove().unwrap();
    assert!(!old.exists());
}

#[test]
fn a_generation_that_is_abandoned_leaves_the_current_one() {
    let (folder, _) = filled();
    let generations = Arc::new(Generations::lock(folder.path()).unwrap());
    let before = current(&folder);
    generations.build(LOG).unwrap().abandon().unwrap();
    assert_eq!(current(&folder), before);
    let left = fs::read_dir(folder.path()).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count();
    assert_eq!(left, 1);
}

#[test]
fn a_mark_only_rises_and_is_read_without_the_lock() {
    let (folder, history) = filled();
    let generations = Generations::lock(folder.path()).unwrap();
    assert_eq!(generations.marked(), None);
    let store = generations.open(LOG).unwrap().store;
    let checkpoint = store.checkpoint();
    generations.mark(checkpoint).unwrap();
    let mark = Mark::read(folder.path()).unwrap();
    assert_eq!((mark.log, mark.position, mark.checksum), (LOG, history.position(), checkpoint.checksum));
    generations.mark(Checkpoint::start(LOG)).unwrap();
    assert_eq!(generations.marked(), Some(mark));
    let other = Checkpoint::start(Uuid::from_u128(0xbeef));
    generations.mark(other).unwrap();
    assert_eq!(generations.marked(), Some(other.into()));
}

#[test]
fn a_damaged_mark_is_none() {
    let (folder, _) = filled();
    let generations = Generations::lock(folder.path()).unwrap();
    generations.mark(Checkpoint::start(LOG)).unwrap();
    let path = folder.path().join("MARK");
    let sound = fs::read(&path).unwrap();
    for at in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(generations.marked(), None);
    }
    fs::write(&path, &sound[1..]).unwrap();
    assert_eq!(generations.marked(), None);
}

#[test]
fn a_store_that_knows_more_than_the_new_one_is_kept() {
    let (folder, history) = filled();
    let generations = Arc::new(Generations::lock(folder.path()).unwrap());
    generations.mark(generations.open(LOG).unwrap().store.checkpoint()).unwrap();
    let building = generations.build(LOG).unwrap();
    building.store.append(&history.entries()[..100]).unwrap();
    building.finish().unwrap();
    assert_eq!((quarantined(&folder), generations.marked().unwrap().position), (1, 100));
}

#[test]
fn a_store_of_an_older_schema_is_put_aside() {
    let (folder, _) = filled();
    crate::testing::set_schema(folder.path(), crate::SCHEMA - 1).unwrap();
    let opened = Generations::lock(folder.path()).unwrap().open(LOG).unwrap();
    assert!(opened.quarantined.as_deref().unwrap().contains("schema"), "{opened:?}");
    assert_starts_anew(&(opened, folder), 1);
}

/// Opens a filled folder, whose store this program tries.
fn tried(program: &str, args: &[&str], memory_bytes: u64) -> (Opened, TempDir) {
    let (folder, _) = filled();
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    let trial = Trial::new(PathBuf::from(program), args).within(Duration::from_millis(500), memory_bytes);
    let opened = Generations::lock(folder.path()).unwrap().tried_by(Some(trial)).open(LOG).unwrap();
    (opened, folder)
}

#[test]
fn a_store_whose_trial_ends_well_or_has_no_space_is_opened() {
    for (program, args) in [("true", vec![]), ("sh", vec!["-c", "exit 4"]), ("/there/is/no/such/program", vec![])] {
        let (opened, _folder) = tried(program, &args, u64::MAX);
        assert_eq!((opened.quarantined, opened.store.checkpoint().position), (None, history().position()), "{program}");
    }
}

#[test]
fn a_store_whose_trial_fails_never_ends_or_takes_too_much_is_replaced() {
    let failed = tried("sh", &["-c", "echo corrupted >&2; exit 1"], u64::MAX);
    assert!(failed.0.quarantined.as_ref().unwrap().ends_with("corrupted"));
    assert_starts_anew(&failed, 1);
    let endless = tried("sh", &["-c", "exec sleep 600"], u64::MAX);
    assert!(endless.0.quarantined.as_ref().unwrap().contains("did not open it within"));
    assert_starts_anew(&endless, 1);
    let greedy = tried("sh", &["-c", "exec tail /dev/zero"], 64 * 1024 * 1024);
    assert!(greedy.0.quarantined.as_ref().unwrap().contains("bytes of memory"), "{:?}", greedy.0.quarantined);
    assert_starts_anew(&greedy, 1);
    let killed = tried("sh", &["-c", "kill -9 $$"], u64::MAX);
    assert!(killed.0.quarantined.as_ref().unwrap().contains("signal: 9"));
    assert_starts_anew(&killed, 1);
}
