use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use domain::document;
use domain::text::Text;
use nkeys::KeyPair;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tempfile::TempDir;
use wire::record;
use wire::tree::{self, Frontier};

use super::manifest::Sha;
use super::part::{Entry, Reader};
use super::*;
use crate::testing::TestServer;
use crate::texts::{Key, SALT_LEN};
use crate::verify::Progress;
use crate::verify::tests::{SALT, Writer};
use crate::{Error as LogError, EventLog};

/// Small, so that a few dozen records make several parts.
const SMALL: Limits = Limits { entries: 9, bytes: 8 * 1024 };
/// Documents of a history, each with a text.
const DOCUMENTS: usize = 4;

static SEED: LazyLock<u64> =
    LazyLock::new(|| env::var("GAINSAY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_210_504));

/// The small count, or the acceptance count.
fn count(small: usize, acceptance: usize) -> usize {
    if env::var_os("GAINSAY_SOAK").is_some() { acceptance } else { small }
}

fn seeded(scenario: &str) -> StdRng {
    println!("{scenario}: seed {}", *SEED);
    StdRng::seed_from_u64(*SEED)
}

fn small() -> ExportOptions {
    ExportOptions { limits: SMALL, ..ExportOptions::default() }
}

fn silent(_: Progress) {}

fn checked(folder: &Path) -> Report {
    check(folder, None, silent).unwrap()
}

/// A log with a history, whose aggregates take turns at random.
struct World {
    server: TestServer,
    log: EventLog,
    writers: Vec<Writer>,
    rng: StdRng,
}

impl World {
    async fn new(scenario: &str, records: usize) -> Self {
        let server = TestServer::start().await;
        let log = server.log().await;
        let mut rng = seeded(scenario);
        let mut writers = Vec::new();
        for _ in 0..DOCUMENTS {
            let mut writer = Writer::new(&log);
            let len = rng.random_range(0..6_000);
            let text: String = (0..len).map(|_| char::from(rng.random_range(b'a'..=b'z'))).collect();
            let (revision, key) = writer.text(text.as_bytes());
            log.texts().await.unwrap().put(&key, &SALT, text.as_bytes()).await.unwrap();
            writer.write_text(revision).await;
            writers.push(writer);
        }
        let mut world = Self { server, log, writers, rng };
        world.write(records - DOCUMENTS).await;
        world
    }

    async fn write(&mut self, records: usize) {
        for _ in 0..records {
            let writer = self.rng.random_range(0..self.writers.len());
            self.writers[writer].write().await;
        }
    }

    async fn export(&self, options: &ExportOptions) -> (TempDir, Exported) {
        let folder = TempDir::with_prefix("gainsay-archive-").unwrap();
        let exported = self.log.export(folder.path(), options, silent).await.unwrap();
        (folder, exported)
    }
}

/// Where each record stands, and its bytes.
async fn records(log: &EventLog) -> Vec<(u64, String, Vec<u8>)> {
    let mut all = Vec::new();
    for position in 1..=log.head().await.unwrap().last {
        let entry = log.read(position).await.unwrap().unwrap();
        all.push((entry.position, entry.subject, entry.payload.to_vec()));
    }
    all
}

async fn texts(log: &EventLog) -> BTreeMap<String, Vec<u8>> {
    use futures::TryStreamExt;
    let texts = log.texts().await.unwrap();
    let objects: Vec<_> = texts.list().await.unwrap().try_collect().await.unwrap();
    let mut all = BTreeMap::new();
    for object in objects {
        let key: Key = object.key.unwrap();
        all.insert(object.name, texts.object(&key).await.unwrap().unwrap().to_vec());
    }
    all
}

/// All entries of an archive's parts.
fn entries(folder: &Path, parts: &[Part]) -> Vec<Entry> {
    let mut all = Vec::new();
    for part in parts {
        let mut reader = Reader::open(&folder.join(&part.file)).unwrap();
        while let Some(entry) = reader.next().unwrap() {
            all.push(entry);
        }
    }
    all
}

async fn import_into(server: &TestServer, folder: &Path) -> Result<(EventLog, Imported), Error> {
    let manifest = checked(folder).manifest.unwrap();
    let log = EventLog::connect_to_import(&server.settings(), &manifest).await?;
    let imported = log.import(folder, &manifest, silent).await?;
    Ok((log, imported))
}

#[tokio::test]
async fn an_archive_has_what_the_log_has() {
    let world = World::new("export", 40).await;
    let (folder, exported) = world.export(&small()).await;
    let report = checked(folder.path());
    assert!(report.is_sound(), "{:?}", report.flaws);
    assert_eq!((report.records, report.texts, report.aggregates), (40, 4, 4));
    assert_eq!(report.unfinished, Vec::<String>::new());
    assert!(exported.manifest.segments.len() > 4 && !exported.manifest.texts.parts.is_empty());
    let mut tree = Frontier::default();
    let stored = records(&world.log).await;
    for (_, _, payload) in &stored {
        tree.push(tree::leaf(payload));
    }
    assert_eq!((exported.manifest.head.root.0, exported.manifest.head.size), (tree.root(), 40));
    let archived = entries(folder.path(), &exported.manifest.segments);
    let archived: Vec<_> = archived.into_iter().map(|entry| (entry.position, entry.bytes.to_vec())).collect();
    assert_eq!(archived, stored.into_iter().map(|(position, _, payload)| (position, payload)).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_archive_that_went_on_equals_one_that_was_written_at_once() {
    let mut world = World::new("incremental export", 20).await;
    let (grown, _) = world.export(&small()).await;
    let again = world.log.export(grown.path(), &small(), silent).await.unwrap();
    assert_eq!(again.records, 0);
    world.write(13).await;
    let after = ExportOptions { after: Some(20), ..small() };
    let grown_to = world.log.export(grown.path(), &after, silent).await.unwrap();
    assert_eq!(grown_to.records, 13);
    let (whole, at_once) = world.export(&small()).await;
    assert!(checked(grown.path()).is_sound());
    let content = |folder: &TempDir, manifest: &Manifest| {
        let parts = [&manifest.segments, &manifest.texts.parts].map(|parts| entries(folder.path(), parts));
        (parts, manifest.head.clone(), manifest.last_sha256)
    };
    assert_eq!(content(&grown, &grown_to.manifest), content(&whole, &at_once.manifest));
    let wrong = ExportOptions { after: Some(5), ..small() };
    let refused = world.log.export(grown.path(), &wrong, silent).await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
}

#[tokio::test]
async fn an_archive_of_another_log_is_not_made_longer() {
    let (one, other) = (World::new("one log", 12).await, World::new("another log", 14).await);
    let (folder, _) = one.export(&small()).await;
    let before = fs_digest(folder.path());
    let refused = other.log.export(folder.path(), &small(), silent).await;
    assert!(matches!(&refused, Err(Error::Refused(detail)) if detail.contains("one of the log")), "{refused:?}");
    let without = ExportOptions { without_texts: true, ..small() };
    let refused = one.log.export(folder.path(), &without, silent).await;
    assert!(matches!(&refused, Err(Error::Refused(detail)) if detail.contains("with texts")), "{refused:?}");
    assert_eq!(fs_digest(folder.path()), before);
}

#[tokio::test]
async fn an_export_that_is_refused_writes_nothing() {
    let world = World::new("an export refused", 6).await;
    let foreign = TempDir::new().unwrap();
    std::fs::write(foreign.path().join("letter.txt"), "dear").unwrap();
    let refused = world.log.export(foreign.path(), &small(), silent).await;
    assert!(matches!(&refused, Err(Error::Refused(detail)) if detail.contains("letter.txt")), "{refused:?}");
    let found: Vec<_> = std::fs::read_dir(foreign.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(found, ["letter.txt"]);
    let absent = foreign.path().join("archive");
    let beyond = ExportOptions { after: Some(7), ..small() };
    let refused = world.log.export(&absent, &beyond, silent).await;
    assert!(matches!(&refused, Err(Error::Refused(detail)) if detail.contains("before 7")), "{refused:?}");
    assert!(!absent.exists());
    world.log.export(&absent, &small(), silent).await.unwrap();
    assert!(checked(&absent).is_sound());
}

#[tokio::test]
async fn an_archive_that_is_not_of_the_beginning_of_the_log_is_not_made_longer() {
    let mut world = World::new("another beginning", 20).await;
    let key = KeyPair::new_user();
    let signed = ExportOptions { seed: Some(key.seed().unwrap()), ..small() };
    let (folder, exported) = world.export(&signed).await;
    let (tail, after) = world.export(&ExportOptions { after: Some(15), ..signed.clone() }).await;
    world.write(3).await;
    // As if all but the last record had been others: that one is the log's, and the rest is signed.
    let mut reached = manifest::Reached::start();
    for (position, _, payload) in records(&world.log).await {
        match position {
            1..20 => reached.push(b"another record"),
            20 => reached.push(&payload),
            _ => break,
        };
    }
    forge(folder.path(), Manifest { head: reached.head(), ..exported.manifest.clone() }, Some(&key));
    let before = Head { checksum: Sha([7; 32]), ..after.manifest.before.clone() };
    forge(tail.path(), Manifest { before, ..after.manifest }, Some(&key));
    for (folder, detail) in [(&folder, "positions 1 to 20 of the log"), (&tail, "positions 1 to 15 of the log")] {
        let before = fs_digest(folder.path());
        let refused = world.log.export(folder.path(), &signed, silent).await;
        assert!(matches!(&refused, Err(Error::Refused(found)) if found.contains(detail)), "{refused:?}");
        assert_eq!(fs_digest(folder.path()), before);
    }
    // And a log that lost its end.
    let longer = Head { size: 24, peaks: exported.manifest.head.peaks.clone(), ..exported.manifest.head.clone() };
    let [.., newest] = &exported.manifest.segments[..] else { panic!("parts") };
    let mut segments = exported.manifest.segments.clone();
    segments.pop();
    segments.push(Part { last: 24, entries: newest.entries + 4, ..newest.clone() });
    forge(folder.path(), Manifest { last: 24, head: longer, segments, ..exported.manifest }, Some(&key));
    let refused = world.log.export(folder.path(), &signed, silent).await;
    assert!(matches!(&refused, Err(Error::Refused(found)) if found.contains("the log at 23")), "{refused:?}");
}

#[tokio::test]
async fn an_archive_is_signed_anew_by_the_key_alone_that_signed_it() {
    let mut world = World::new("who signs anew", 12).await;
    let (key, other) = (KeyPair::new_user(), KeyPair::new_user());
    let by = |key: Option<&KeyPair>| ExportOptions { seed: key.map(|key| key.seed().unwrap()), ..small() };
    let (signed, _) = world.export(&by(Some(&key))).await;
    let (unsigned, exported) = world.export(&by(None)).await;
    // Whoever alters an archive can leave it without a signature, or sign it.
    let (altered, _) = world.export(&by(Some(&key))).await;
    forge(altered.path(), Manifest { made_by: "somebody else".to_owned(), ..exported.manifest }, Some(&other));
    world.write(3).await;
    for (folder, by, detail) in [
        (&signed, by(None), "is signed by"),
        (&signed, by(Some(&other)), "not with"),
        (&unsigned, by(Some(&key)), "is not signed"),
        (&altered, by(Some(&key)), "not with"),
    ] {
        let before = fs_digest(folder.path());
        let refused = world.log.export(folder.path(), &by, silent).await;
        assert!(matches!(&refused, Err(Error::Refused(found)) if found.contains(detail)), "{refused:?}");
        assert_eq!(fs_digest(folder.path()), before);
    }
    for (folder, by) in [(&signed, by(Some(&key))), (&unsigned, by(None))] {
        assert_eq!(world.log.export(folder.path(), &by, silent).await.unwrap().records, 3);
        assert!(checked(folder.path()).is_sound());
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for folder in ["", "segments", "texts"].map(|name| folder.join(name)) {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        all.extend(entries.filter(|path| path.is_file()));
    }
    all.sort();
    all
}

fn fs_digest(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    files(folder).into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

#[tokio::test]
async fn a_flipped_bit_is_found_and_located() {
    let mut world = World::new("a bit flipped in an archive", 60).await;
    let (folder, exported) = world.export(&small()).await;
    let names = |parts: &[Part]| parts.iter().map(|part| part.file.clone()).collect::<Vec<_>>();
    let Manifest { segments, texts, .. } = &exported.manifest;
    let kinds = [vec!["manifest.json".to_owned()], names(segments), names(&texts.parts)];
    let rounds = count(24, 300);
    let (mut by_file, mut by_position) = (0, 0);
    for round in 0..rounds {
        let kind = &kinds[round % kinds.len()];
        let file = &kind[world.rng.random_range(0..kind.len())];
        let path = folder.path().join(file);
        let sound = std::fs::read(&path).unwrap();
        let (at, bit) = (world.rng.random_range(0..sound.len()), world.rng.random_range(0..8));
        let mut flipped = sound.clone();
        flipped[at] ^= 1 << bit;
        std::fs::write(&path, flipped).unwrap();
        let report = checked(folder.path());
        let harm = format!("bit {bit} of byte {at} of {file}");
        let [flaw] = &report.flaws[..] else { panic!("{harm}: {:?}", report.flaws) };
        assert_eq!(&flaw.file, file, "{harm}: {flaw:?}");
        by_file += 1;
        if let Some(part) = exported.manifest.parts().find(|part| part.file == *file)
            && let Some(position) = flaw.position
        {
            assert!((part.first..=part.last + 1).contains(&position), "{harm}: {flaw:?}");
            // What stands before the position can be read as it was.
            let mut reader = Reader::open(&path).unwrap();
            let mut readable = Vec::new();
            while let Ok(Some(entry)) = reader.next() {
                readable.push(entry);
            }
            std::fs::write(&path, &sound).unwrap();
            assert_eq!(readable, entries(folder.path(), std::slice::from_ref(part))[..readable.len()], "{harm}");
            by_position += 1;
        }
        std::fs::write(&path, sound).unwrap();
    }
    assert!(checked(folder.path()).is_sound());
    assert!(by_position > 0);
    println!("a bit flipped in an archive: {rounds} flips, {by_file} found by file, {by_position} also by position");
}

/// Gives the archive another manifest, closed as an export closes it.
fn forge(folder: &Path, manifest: Manifest, key: Option<&KeyPair>) {
    let file = manifest::File::new(manifest, key).unwrap();
    std::fs::write(folder.join(manifest::NAME), file.render()).unwrap();
}

/// What an archive's records give after what is said to stand before them.
fn head_after(folder: &Path, manifest: &Manifest, before: &Head) -> Head {
    let mut reached = before.resume().unwrap();
    for entry in entries(folder, &manifest.segments) {
        reached.push(&entry.bytes);
    }
    reached.head()
}

#[tokio::test]
async fn a_manifest_that_says_what_the_records_do_not_give_is_no_sound_one() {
    let world = World::new("a manifest that lies", 12).await;
    let (folder, exported) = world.export(&small()).await;
    let flaw = || {
        let report = checked(folder.path());
        let [flaw] = &report.flaws[..] else { panic!("{:?}", report.flaws) };
        assert_eq!(flaw.file, manifest::NAME);
        flaw.what.clone()
    };
    let other = Sha([7; 32]);
    forge(folder.path(), Manifest { last_sha256: Some(other), ..exported.manifest.clone() }, None);
    assert_eq!(flaw(), Wrong::Head);
    let before = Head { checksum: other, ..exported.manifest.before.clone() };
    let head = head_after(folder.path(), &exported.manifest, &before);
    forge(folder.path(), Manifest { before, head, ..exported.manifest.clone() }, None);
    assert!(matches!(flaw(), Wrong::Unreadable(detail) if detail.contains("before position 1")));
    forge(folder.path(), exported.manifest, None);
    assert!(checked(folder.path()).is_sound());
}

#[tokio::test]
async fn a_file_that_is_cut_or_missing_or_swapped_or_added_is_named() {
    let world = World::new("an archive's files harmed", 60).await;
    let (folder, exported) = world.export(&small()).await;
    let [one, other] = [1, 3].map(|n| exported.manifest.segments[n].clone());
    let text = exported.manifest.texts.parts[0].clone();
    let path = |part: &Part| folder.path().join(&part.file);
    let flaws = || checked(folder.path()).flaws;
    for part in [&one, &text] {
        let sound = std::fs::read(path(part)).unwrap();
        for keep in [0, 1, sound.len() / 2, sound.len() - 1] {
            std::fs::write(path(part), &sound[..keep]).unwrap();
            let [flaw] = &flaws()[..] else { panic!("cut to {keep}: {:?}", flaws()) };
            let length = Wrong::Length { found: keep as u64, expected: part.bytes };
            assert_eq!((&flaw.file, &flaw.what), (&part.file, &length));
        }
        std::fs::write(path(part), [&sound[..], b"more"].concat()).unwrap();
        let length = Wrong::Length { found: part.bytes + 4, expected: part.bytes };
        assert_eq!(flaws(), [Flaw { file: part.file.clone(), position: None, what: length }]);
        std::fs::remove_file(path(part)).unwrap();
        let missing = Flaw { file: part.file.clone(), position: Some(part.first), what: Wrong::Missing };
        assert_eq!(flaws(), [missing]);
        std::fs::write(path(part), sound).unwrap();
    }
    let swap = || {
        let between = folder.path().join("segments/between");
        std::fs::rename(path(&one), &between).unwrap();
        std::fs::rename(path(&other), path(&one)).unwrap();
        std::fs::rename(between, path(&other)).unwrap();
    };
    swap();
    let wrong = |part: &Part, found: &Part| Flaw {
        file: part.file.clone(),
        position: Some(part.first),
        what: Wrong::Position { found: found.first, expected: part.first },
    };
    assert_eq!(flaws(), [wrong(&one, &other), wrong(&other, &one)]);
    swap();
    let added = folder.path().join("segments/00009999.zst");
    std::fs::copy(path(&one), &added).unwrap();
    let additional = Flaw { file: "segments/00009999.zst".to_owned(), position: None, what: Wrong::Additional };
    assert_eq!(flaws(), [additional]);
    std::fs::remove_file(added).unwrap();
    assert!(flaws().is_empty());
    std::fs::remove_file(folder.path().join("manifest.json")).unwrap();
    assert_eq!(flaws(), [Flaw { file: "manifest.json".to_owned(), position: None, what: Wrong::Missing }]);
}

#[tokio::test]
async fn what_an_export_left_that_broke_off_is_no_part_of_the_archive() {
    let mut world = World::new("an export that broke off", 20).await;
    let (folder, _) = world.export(&small()).await;
    let older = folder.path().join("manifest.json");
    let before = std::fs::read(&older).unwrap();
    world.write(15).await;
    world.log.export(folder.path(), &small(), silent).await.unwrap();
    // As it is when the power goes between the last two renames, and while another export writes.
    std::fs::rename(&older, folder.path().join("manifest.json.new")).unwrap();
    std::fs::write(&older, before).unwrap();
    std::fs::write(folder.path().join("segments/00000099.zst.new"), "half").unwrap();
    let report = checked(folder.path());
    assert!(report.is_sound(), "{:?}", report.flaws);
    assert_eq!(report.records, 20);
    assert!(report.unfinished.len() >= 3, "{:?}", report.unfinished);
    let exported = world.log.export(folder.path(), &small(), silent).await.unwrap();
    assert_eq!(exported.records, 15);
    let report = checked(folder.path());
    assert!(report.is_sound() && report.unfinished.is_empty(), "{report:?}");
}

#[tokio::test]
async fn an_import_restores_every_byte_at_its_position() {
    let world = World::new("import", 80).await;
    let (folder, exported) = world.export(&small()).await;
    let server = TestServer::start().await;
    let (log, imported) = import_into(&server, folder.path()).await.unwrap();
    assert_eq!(imported, Imported { records: 80, texts: 4, last: 80 });
    drop(log);
    let restored = server.log().await;
    assert_eq!(restored.id(), world.log.id());
    assert_eq!(records(&restored).await, records(&world.log).await);
    assert_eq!(texts(&restored).await, texts(&world.log).await);
    let options = crate::verify::Options { texts: true, ..Default::default() };
    let verified = restored.verify(&options, silent).await.unwrap();
    assert!(verified.is_sound(), "{:?}", verified.faults);
    let (_, imported) = import_into(&server, folder.path()).await.unwrap();
    assert_eq!(imported.records, 0);
    let (_again, from_restored) =
        World { server, log: restored, writers: Vec::new(), rng: seeded("again") }.export(&small()).await;
    assert_eq!(from_restored.manifest.head, exported.manifest.head);
}

#[tokio::test]
async fn an_import_that_was_broken_off_goes_on_when_it_is_repeated() {
    // More than are sent ahead in each third, so that something is left to do.
    let world = World::new("a broken import", count(1_200, 6_000)).await;
    let (folder, exported) = world.export(&ExportOptions::default()).await;
    let server = TestServer::start().await;
    let manifest = exported.manifest;
    let mut ends = Vec::new();
    for third in 1..=2 {
        let log = EventLog::connect_to_import(&server.settings(), &manifest).await.unwrap();
        let (reached, seen) = (Arc::new(AtomicU64::new(0)), tokio::sync::Notify::new());
        let note = |progress| {
            if let Progress::Records { read, total } = progress
                && read >= total * third / 3
            {
                reached.store(read, Ordering::Relaxed);
                seen.notify_one();
            }
        };
        tokio::select! {
            biased;
            () = seen.notified() => {}
            ended = log.import(folder.path(), &manifest, note) => panic!("not broken off: {ended:?}"),
        }
        drop(log);
        let opened = EventLog::connect(&server.settings()).await;
        assert!(matches!(opened, Err(LogError::Importing { last }) if last == manifest.last), "{opened:?}");
        ends.push(reached.load(Ordering::Relaxed));
    }
    // What was under way when it was broken off may arrive while the next one begins, which is then refused.
    let mut attempts = 1;
    let imported = loop {
        match import_into(&server, folder.path()).await {
            Ok((_, imported)) => break imported,
            Err(Error::Refused(why)) if why.contains("meanwhile") && attempts < 10 => attempts += 1,
            Err(error) => panic!("{error:?}"),
        }
    };
    assert!((1..manifest.last - ends[1] + 1).contains(&imported.records), "{imported:?} after {ends:?}");
    assert_eq!(records(&server.log().await).await, records(&world.log).await);
    println!("a broken import: broken off at {ends:?} of {}", manifest.last);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_outlives_a_server_that_is_killed() {
    let world = World::new("an import's server killed", count(300, 3_000)).await;
    let (folder, exported) = world.export(&ExportOptions::default()).await;
    let server = TestServer::start().await;
    let log = EventLog::connect_to_import(&server.settings(), &exported.manifest).await.unwrap();
    let seen = tokio::sync::Notify::new();
    let note = |progress| {
        if matches!(progress, Progress::Records { .. }) {
            seen.notify_one();
        }
    };
    let kill = async {
        seen.notified().await;
        server.restart().await;
    };
    let (imported, ()) = tokio::join!(log.import(folder.path(), &exported.manifest, note), kill);
    assert_eq!(imported.unwrap().last, exported.manifest.last);
    server.reconnected(&log).await;
    assert_eq!(records(&server.log().await).await, records(&world.log).await);
}

#[tokio::test]
async fn a_log_that_has_records_is_not_imported_into() {
    let (world, mut other) = (World::new("an archive", 12).await, World::new("a full log", 10).await);
    let (folder, _) = world.export(&small()).await;
    let refused = import_into(&other.server, folder.path()).await;
    assert!(matches!(refused, Err(Error::Log(LogError::Taken { last: 10, .. }))), "{:?}", refused.err());
    // Nor into the same log, which has gone on since then.
    let (own, _) = other.export(&small()).await;
    other.write(1).await;
    let refused = import_into(&other.server, own.path()).await;
    assert!(matches!(refused, Err(Error::Log(LogError::Taken { last: 11, .. }))), "{:?}", refused.err());
    // An empty log is taken, whatever its id was.
    let empty = TestServer::start().await;
    assert_ne!(empty.log().await.id(), world.log.id());
    import_into(&empty, folder.path()).await.unwrap();
    assert_eq!(empty.log().await.id(), world.log.id());
}

#[tokio::test]
async fn an_archive_that_goes_on_from_another_is_imported_after_it() {
    let mut world = World::new("two archives", 20).await;
    let (first, _) = world.export(&small()).await;
    world.write(20).await;
    let (second, exported) = world.export(&ExportOptions { after: Some(20), ..small() }).await;
    assert_eq!((exported.manifest.first, exported.records), (21, 20));
    let report = checked(second.path());
    assert!(report.is_sound(), "{:?}", report.flaws);
    let server = TestServer::start().await;
    let alone = import_into(&server, second.path()).await;
    assert!(matches!(alone, Err(Error::Log(LogError::Behind { first: 21, last: 0 }))), "{:?}", alone.err());
    import_into(&server, first.path()).await.unwrap();
    import_into(&server, second.path()).await.unwrap();
    assert_eq!(records(&server.log().await).await, records(&world.log).await);
}

#[tokio::test]
async fn a_signature_tells_who_made_an_archive() {
    let mut world = World::new("a signed archive", 12).await;
    let (key, other) = (KeyPair::new_user(), KeyPair::new_user());
    let signed = ExportOptions { seed: Some(key.seed().unwrap()), ..small() };
    let (folder, _) = world.export(&signed).await;
    let report = check(folder.path(), Some(&key.public_key()), silent).unwrap();
    assert!(report.is_sound(), "{:?}", report.flaws);
    assert_eq!(report.signed_by, Some(key.public_key()));
    let report = check(folder.path(), Some(&other.public_key()), silent).unwrap();
    assert_eq!(report.flaws[0].what, Wrong::NotSigned { by: Some(key.public_key()) });
    world.write(3).await;
    let unsigned = world.log.export(folder.path(), &small(), silent).await;
    assert!(matches!(unsigned, Err(Error::Refused(_))), "{unsigned:?}");
    world.log.export(folder.path(), &signed, silent).await.unwrap();
    assert!(check(folder.path(), Some(&key.public_key()), silent).unwrap().is_sound());
    // Whoever changes a manifest can give it its digest anew, but not its signature.
    let path = folder.path().join("manifest.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let forged = manifest::File::read(&path).ok().unwrap();
    let forged = Manifest { made_by: "somebody else".to_owned(), ..forged.manifest };
    let forged = manifest::File::new(forged, Some(&other)).unwrap();
    let forged = String::from_utf8(forged.render()).unwrap().replace(&other.public_key(), &key.public_key());
    assert_ne!(text, forged);
    std::fs::write(&path, forged).unwrap();
    assert!(!check(folder.path(), Some(&key.public_key()), silent).unwrap().is_sound());
    let nobody = ExportOptions { seed: Some("SUnothing".to_owned()), ..small() };
    let refused = world.log.export(TempDir::new().unwrap().path(), &nobody, silent).await;
    assert!(matches!(refused, Err(Error::Key(_))), "{refused:?}");
}

/// Writes an archive of other records than the one with this manifest has.
fn with_records(manifest: &Manifest, records: &[Entry]) -> TempDir {
    let folder = TempDir::with_prefix("gainsay-archive-").unwrap();
    std::fs::create_dir(folder.path().join(part::SEGMENTS)).unwrap();
    let name = part::name(part::SEGMENTS, 1);
    let mut writer = part::Writer::create(folder.path(), name.clone()).unwrap();
    for entry in records {
        writer.write(folder.path(), entry).unwrap();
    }
    let segments = vec![writer.finish(folder.path()).unwrap()];
    let unfinished = format!("{name}{}", part::UNFINISHED);
    std::fs::rename(folder.path().join(unfinished), folder.path().join(name)).unwrap();
    let last_sha256 = records.last().map(|entry| Sha(record::digest(&entry.bytes)));
    let manifest = Manifest { last_sha256, segments, ..manifest.clone() };
    let head = head_after(folder.path(), &manifest, &manifest.before);
    forge(folder.path(), Manifest { head, ..manifest }, None);
    folder
}

#[tokio::test]
async fn an_archive_whose_records_do_not_follow_from_those_of_the_log_is_refused() {
    let mut world = World::new("a broken join", 20).await;
    let (first, _) = world.export(&small()).await;
    world.write(20).await;
    let (second, exported) = world.export(&ExportOptions { after: Some(20), ..small() }).await;
    // Its first record follows from one that the log does not have, and all behind that in their aggregate from it.
    let mut newest = BTreeMap::new();
    let mut records = Vec::new();
    for entry in entries(second.path(), &exported.manifest.segments) {
        let mut record = record::decode(&entry.bytes).unwrap();
        if newest.is_empty() {
            record.envelope.previous = Some([9; 32]);
        }
        record.envelope.previous = newest.get(&record.envelope.id).copied().or(record.envelope.previous);
        let bytes = record::encode(&record);
        newest.insert(record.envelope.id, record::digest(&bytes));
        records.push(Entry { bytes, ..entry });
    }
    let forged = with_records(&exported.manifest, &records);
    let report = checked(forged.path());
    assert!(report.is_sound(), "{:?}", report.flaws);
    let server = TestServer::start().await;
    import_into(&server, first.path()).await.unwrap();
    let refused = import_into(&server, forged.path()).await;
    assert!(matches!(&refused, Err(Error::Refused(detail)) if detail.contains("position 21")), "{:?}", refused.err());
    let log = server.log().await;
    assert_eq!(log.head().await.unwrap().last, 20);
    import_into(&server, second.path()).await.unwrap();
    assert!(server.log().await.verify(&crate::verify::Options::default(), silent).await.unwrap().is_sound());
}

#[tokio::test]
async fn an_import_that_appended_nothing_leaves_the_log_open() {
    let world = World::new("imports that append nothing", 20).await;
    let (first, begun) = world.export(&small()).await;
    let mut writer = Writer::new(&world.log);
    let (revision, key) = writer.text(b"one more text");
    world.log.texts().await.unwrap().put(&key, &SALT, b"one more text").await.unwrap();
    writer.write_text(revision).await;
    let (second, exported) = world.export(&ExportOptions { after: Some(20), ..small() }).await;
    let server = TestServer::start().await;
    let import = async |folder: &Path, manifest: &Manifest| {
        let log = EventLog::connect_to_import(&server.settings(), manifest).await.unwrap();
        log.import(folder, manifest, silent).await
    };
    // Texts are put first, and this one cannot be read.
    let without = |folder: &TempDir, manifest: &Manifest| {
        let text = folder.path().join(&manifest.texts.parts[0].file);
        let aside = folder.path().join("aside");
        std::fs::rename(&text, &aside).unwrap();
        move || std::fs::rename(&aside, &text).unwrap()
    };
    let put_back = without(&first, &begun.manifest);
    let failed = import(first.path(), &begun.manifest).await;
    assert!(matches!(failed, Err(Error::File { .. })), "{failed:?}");
    let log = server.log().await;
    assert_eq!(log.head().await.unwrap().last, 0);
    assert_ne!(log.id(), world.log.id(), "an empty log that is not the archive's keeps its id");
    put_back();
    import(first.path(), &begun.manifest).await.unwrap();

    let put_back = without(&second, &exported.manifest);
    let failed = import(second.path(), &exported.manifest).await;
    assert!(matches!(failed, Err(Error::File { .. })), "{failed:?}");
    assert_eq!(server.log().await.head().await.unwrap().last, 20);
    put_back();
    // And one that goes on from other records.
    let before = Head { checksum: Sha([7; 32]), ..exported.manifest.before.clone() };
    let head = head_after(second.path(), &exported.manifest, &before);
    let other = Manifest { before, head, ..exported.manifest.clone() };
    forge(second.path(), other, None);
    let refused = import_into(&server, second.path()).await;
    assert!(matches!(&refused, Err(Error::Refused(detail)) if detail.contains("position 20")), "{:?}", refused.err());
    assert_eq!(server.log().await.head().await.unwrap().last, 20);
    forge(second.path(), exported.manifest, None);
    import_into(&server, second.path()).await.unwrap();
    assert_eq!(records(&server.log().await).await, records(&world.log).await);
}

#[tokio::test]
async fn a_missing_text_is_told_and_keeps_no_archive_from_being_made_and_imported() {
    let mut world = World::new("missing texts", 30).await;
    let bucket = world.log.texts().await.unwrap();
    let stored = texts(&world.log).await;
    let [one, two, ..] = &stored.iter().collect::<Vec<_>>()[..] else { panic!("{}", stored.len()) };
    let key = |name: &str| Key::parse(name).unwrap();
    bucket.erase(&key(one.0)).await.unwrap();
    bucket.erase(&key(two.0)).await.unwrap();
    bucket.put(&key(two.0), &SALT, b"another text").await.unwrap();
    let (folder, exported) = world.export(&small()).await;
    assert_eq!((exported.records, exported.texts), (30, 2));
    let mut missing = exported.manifest.texts.missing.clone();
    missing.sort_by(|one, other| one.text.cmp(&other.text));
    let why: Vec<_> = missing.iter().map(|missing| (&missing.text, missing.why)).collect();
    assert_eq!(why, [(one.0, Lack::Missing), (two.0, Lack::Changed)]);
    let report = checked(folder.path());
    assert!(report.is_sound(), "{:?}", report.flaws);
    assert_eq!(report.texts, 2);

    let server = TestServer::start().await;
    let (_, imported) = import_into(&server, folder.path()).await.unwrap();
    assert_eq!((imported.records, imported.texts), (30, 2));
    let restored = server.log().await;
    assert_eq!(records(&restored).await, records(&world.log).await);
    let verified =
        restored.verify(&crate::verify::Options { texts: true, ..Default::default() }, silent).await.unwrap();
    assert_eq!(verified.faults_total, 2, "{:?}", verified.faults);

    // A text that is not told of is missed still, and one that is told of and there is not taken.
    let told = exported.manifest.clone();
    let lacking = TextParts { missing: vec![missing[0].clone()], ..told.texts.clone() };
    forge(folder.path(), Manifest { texts: lacking, ..told.clone() }, None);
    let [flaw] = &checked(folder.path()).flaws[..] else { panic!("one flaw") };
    assert_eq!(flaw.what, Wrong::Record(crate::verify::What::TextMissing(key(two.0))));
    let twice = TextParts { missing: [&missing[..], &missing[..1]].concat(), ..told.texts.clone() };
    forge(folder.path(), Manifest { texts: twice, ..told.clone() }, None);
    let [flaw] = &checked(folder.path()).flaws[..] else { panic!("one flaw") };
    assert_eq!(flaw.what, Wrong::TextUnnamed(one.0.clone()));
    forge(folder.path(), told, None);

    // Once a text is there again, the next export has it.
    bucket.put(&key(one.0), &SALT, &one.1[SALT_LEN..]).await.unwrap();
    world.write(2).await;
    let exported = world.log.export(folder.path(), &small(), silent).await.unwrap();
    assert_eq!((exported.records, exported.texts), (2, 1));
    let left: Vec<_> = exported.manifest.texts.missing.iter().map(|missing| &missing.text).collect();
    assert_eq!(left, [two.0]);
    let report = checked(folder.path());
    assert!(report.is_sound() && report.texts == 3, "{:?}", report.flaws);
}

#[tokio::test]
async fn texts_are_read_ahead_as_far_as_there_is_room() {
    let world = World::new("room for texts", 6).await;
    let (folder, exported) = world.export(&small()).await;
    let texts = entries(folder.path(), &exported.manifest.texts.parts);
    let all: u64 = texts.iter().map(Entry::len).sum();
    let mut read = read::texts_of_archive(folder.path(), &exported.manifest, u32::try_from(all).unwrap());
    let mut held = Vec::new();
    for text in &texts {
        held.push(read.recv().await.unwrap().unwrap());
        assert_eq!(held.last().map(|held| &held.entry), Some(text));
    }
    assert!(read.recv().await.is_none());
    // A text that is larger than all room has it alone.
    let mut read = read::texts_of_archive(folder.path(), &exported.manifest, 1);
    for text in &texts {
        let held = read.recv().await.unwrap().unwrap();
        assert_eq!(held.entry, *text);
        let next = tokio::time::timeout(std::time::Duration::from_millis(50), read.recv()).await;
        assert!(next.is_err() || text == &texts[texts.len() - 1], "another is there beside it");
    }
}

#[tokio::test]
async fn texts_are_left_out_where_that_is_asked_for() {
    let world = World::new("an archive without texts", 12).await;
    let (folder, exported) = world.export(&ExportOptions { without_texts: true, ..small() }).await;
    assert!(!exported.manifest.texts.included && exported.manifest.texts.parts.is_empty());
    assert!(checked(folder.path()).is_sound());
    let server = TestServer::start().await;
    let (_, imported) = import_into(&server, folder.path()).await.unwrap();
    assert_eq!((imported.texts, imported.records), (0, 12));
    assert!(texts(&server.log().await).await.is_empty());
}

#[tokio::test]
async fn an_archive_never_has_a_text_that_was_erased() {
    let mut world = World::new("erased texts", 30).await;
    let bucket = world.log.texts().await.unwrap();
    let (before, _) = world.export(&small()).await;
    let (revision, key) = world.writers[0].text(b"unused");
    let document = key.document;
    let erased = texts(&world.log).await.into_keys().find(|name| name.contains(&document.to_string())).unwrap();
    let reason = Text::parse("A witness asked".to_owned(), "/reason").unwrap();
    let erase = document::Event::DocumentTextErased { number: revision.number, reason };
    let by = world.writers[0].write_changed(erase, |_envelope| {}).await;
    // Recorded, and not removed yet.
    let refused = |outcome: Result<Exported, Error>| match outcome {
        Err(Error::Refused(detail)) => assert!(detail.contains(&format!("position {by}")), "{detail}"),
        other => panic!("{other:?}"),
    };
    let folder = TempDir::with_prefix("gainsay-archive-").unwrap();
    refused(world.log.export(folder.path(), &small(), silent).await);
    bucket.erase(&Key::parse(&erased).unwrap()).await.unwrap();
    // An archive from before has it still.
    refused(world.log.export(before.path(), &small(), silent).await);
    assert!(checked(before.path()).is_sound());

    let (folder, exported) = world.export(&small()).await;
    let told = &exported.manifest.texts;
    let [gone] = &told.erased[..] else { panic!("{:?}", told.erased) };
    assert_eq!((&gone.text, gone.by), (&erased, by));
    assert!(told.missing.is_empty(), "{:?}", told.missing);
    assert!(checked(folder.path()).is_sound(), "{:?}", checked(folder.path()).flaws);
    world.write(10).await;
    world.log.export(folder.path(), &small(), silent).await.unwrap();
    assert!(checked(folder.path()).is_sound());
    let server = TestServer::start().await;
    import_into(&server, folder.path()).await.unwrap();
    let options = crate::verify::Options { texts: true, ..Default::default() };
    assert!(server.log().await.verify(&options, silent).await.unwrap().is_sound());
}
