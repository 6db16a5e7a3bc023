use super::*;
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
        let db = sled::open(folder).unwrap();
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
    let generations = Generations::lock(folder.path()).unwrap();
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
    let generations = Generations::lock(folder.path()).unwrap();
    drop(generations.build(LOG).unwrap());
    drop(generations);
    let generations = Generations::lock(folder.path()).unwrap();
    let opened = generations.open(LOG).unwrap();
    assert_eq!(opened.store.checkpoint().position, history.position());
    let left = fs::read_dir(folder.path()).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count();
    assert_eq!(left, 1);
}
