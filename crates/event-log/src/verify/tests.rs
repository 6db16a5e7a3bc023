use domain::id::{CredentialId, UserId};
use domain::{Event, Kind, document};
use wire::record::{self, Batch, Envelope, Record, SCHEMA_VERSION};

use bytes::Bytes;

use super::*;
use crate::append::tests::append_to;
use crate::server::{Server, ServerSettings};
use crate::testing::{self, TestServer};
use domain::text::Text;

/// Any event will do where it is not the event that is wrong.
const WITHDRAWN: document::Event = document::Event::DocumentWithdrawnByPublisher;
/// The salt of every text.
pub const SALT: [u8; 16] = [7; 16];

/// Writes records as they should be, and as they should not.
pub(crate) struct Writer {
    log: EventLog,
    address: Address,
    revision: u64,
    position: u64,
    previous: Option<[u8; 32]>,
}

impl Writer {
    pub fn new(log: &EventLog) -> Self {
        let address = Address { project: Uuid::new_v4(), kind: Kind::Document, id: Uuid::new_v4() };
        Self { log: log.clone(), address, revision: 0, position: 0, previous: None }
    }

    /// Appends the next record after `change`, and returns its position.
    pub async fn write_changed(&mut self, event: document::Event, change: impl FnOnce(&mut Envelope)) -> u64 {
        self.revision += 1;
        let Address { project, kind, id } = self.address;
        let mut envelope = Envelope {
            record_id: Uuid::new_v4(),
            log_id: self.log.id(),
            project,
            kind,
            id,
            revision: self.revision,
            previous: self.previous,
            author: UserId::new(Uuid::new_v4()),
            credential: CredentialId::new(Uuid::new_v4()),
            command_id: Uuid::new_v4(),
            request_sha256: [0; 32],
            correlation_id: Uuid::new_v4(),
            causation_id: None,
            recorded_at_us: 0,
            batch: None,
            relied_on: Vec::new(),
            schema_version: SCHEMA_VERSION,
        };
        change(&mut envelope);
        self.write_bytes(record::encode(&Record { envelope, events: vec![Event::Document(event)] })).await
    }

    /// Appends a record that names a text.
    pub async fn write_text(&mut self, revision: document::Revision) -> u64 {
        self.write_changed(document::Event::DocumentRevisionCaptured(revision), |_envelope| {}).await
    }

    pub async fn write(&mut self) -> u64 {
        self.write_changed(WITHDRAWN, |_envelope| {}).await
    }

    async fn write_bytes(&mut self, bytes: impl Into<Bytes>) -> u64 {
        let bytes = bytes.into();
        self.previous = Some(record::digest(&bytes));
        self.position = self.log.append(append_to(self.address, self.position, bytes)).await.unwrap();
        self.position
    }

    /// A text of this document, as a record names it.
    pub fn text(&self, text: &[u8]) -> (document::Revision, Key) {
        let number = 1;
        let sha256 = crate::texts::digest(&SALT, text);
        let bytes = text.len() as u64;
        let revision = document::Revision { number, salt: None, sha256, bytes, code_points: 1, captured_at: None };
        let key = Key { project: self.address.project, document: self.address.id, revision: number, sha256 };
        (revision, key)
    }
}

async fn verify(log: &EventLog, options: &Options) -> Report {
    log.verify(options, |_progress| {}).await.unwrap()
}

/// The faults as position and kind.
async fn faults(log: &EventLog) -> Vec<(u64, What)> {
    let report = verify(log, &Options::default()).await;
    assert_eq!(report.unproven, report.faults.first().map(|fault| fault.position));
    assert_eq!(report.faults_total, report.faults.len() as u64);
    report.faults.into_iter().map(|fault| (fault.position, fault.what)).collect()
}

fn with_texts() -> Options {
    Options { texts: true, orphan_age: Duration::ZERO, ..Options::default() }
}

#[tokio::test]
async fn an_empty_log_is_sound() {
    let server = TestServer::start().await;
    let report = verify(&server.log().await, &with_texts()).await;
    assert!(report.is_sound());
    assert_eq!((report.records, report.aggregates, report.unproven), (0, 0, None));
}

#[tokio::test]
async fn a_log_whose_aggregates_interleave_is_sound() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let mut writers: Vec<_> = (0..10).map(|_| Writer::new(&log)).collect();
    for _ in 0..5 {
        for writer in &mut writers {
            writer.write().await;
        }
    }
    let mut seen = Vec::new();
    let report = log.verify(&Options::default(), |progress| seen.push(progress)).await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.records, report.aggregates, report.head.last), (50, 10, 50));
    assert_eq!(seen, [Progress::Records { read: 50, total: 50 }]);
}

#[tokio::test]
async fn each_wrong_record_is_found_at_its_position() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let mut writer = Writer::new(&log);
    writer.write().await;
    let other = Uuid::new_v4();
    let foreign = writer.write_changed(WITHDRAWN, |envelope| envelope.log_id = other).await;
    let misplaced = writer.write_changed(WITHDRAWN, |envelope| envelope.id = other).await;
    let skipped = writer.write_changed(WITHDRAWN, |envelope| envelope.revision += 1).await;
    writer.revision += 1;
    let unchained = writer.write_changed(WITHDRAWN, |envelope| envelope.previous = Some([0; 32])).await;
    let rootless = writer.write_changed(WITHDRAWN, |envelope| envelope.previous = None).await;
    let garbage = writer.write_bytes(&b"no record"[..]).await;
    writer.revision += 1;
    writer.write().await;
    let own = Address { id: other, ..writer.address };
    let found = faults(&log).await;
    assert_eq!(found.len(), 6, "{found:?}");
    assert_eq!(found[0], (foreign, What::ForeignLog(other)));
    assert_eq!(found[1], (misplaced, What::Misplaced(own)));
    assert_eq!(found[2], (skipped, What::Revision { expected: 4, found: 5 }));
    assert_eq!(found[3], (unchained, What::Chain));
    assert_eq!(found[4], (rootless, What::Chain));
    assert!(matches!(&found[5], (position, What::Undecodable(_)) if *position == garbage));
}

#[tokio::test]
async fn a_batch_that_is_not_whole_is_found_at_the_record_after() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let mut writer = Writer::new(&log);
    let (whole, broken) = (Uuid::new_v4(), Uuid::new_v4());
    for (id, index, count) in [(whole, 0, 2), (whole, 1, 2), (broken, 0, 3), (broken, 1, 3)] {
        writer.write_changed(WITHDRAWN, |envelope| envelope.batch = Some(Batch { id, index, count })).await;
    }
    let after = writer.write().await;
    let batch = Batch { id: broken, index: 2, count: 3 };
    let late = writer.write_changed(WITHDRAWN, |envelope| envelope.batch = Some(batch)).await;
    assert_eq!(faults(&log).await, [(after, What::Batch), (late, What::Batch)]);
}

#[tokio::test]
async fn a_changed_record_breaks_the_chain_of_its_successor() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let mut writer = Writer::new(&log);
    writer.write().await;
    // As if the record before had had other bytes when this one was decided.
    writer.previous = Some(record::digest(b"other bytes"));
    let successor = writer.write().await;
    assert_eq!(faults(&log).await, [(successor, What::Chain)]);
}

#[tokio::test]
async fn a_foreign_subject_is_found() {
    let server = TestServer::start().await;
    let log = server.log().await;
    Writer::new(&log).write().await;
    let subject = "gainsay.ev.0.anything";
    log.inner.jetstream.publish(subject, "x".into()).await.unwrap().await.unwrap();
    assert_eq!(faults(&log).await, [(2, What::Subject(subject.to_owned()))]);
}

#[tokio::test]
async fn missing_positions_are_found() {
    let server = TestServer::start().await;
    let log = server.log().await;
    // A stream that denies deletes denies them for ever, so one that allows them takes its place.
    let jetstream = &log.inner.jetstream;
    let mut config = jetstream.get_stream(&log.inner.stream).await.unwrap().cached_info().config.clone();
    config.deny_delete = false;
    jetstream.delete_stream(&log.inner.stream).await.unwrap();
    let stream = jetstream.create_stream(config).await.unwrap();
    for _ in 0..8 {
        Writer::new(&log).write().await;
    }
    for position in [3, 4, 6] {
        stream.delete_message(position).await.unwrap();
    }
    let count = What::Count { messages: 5, expected: 8 };
    assert_eq!(faults(&log).await, [(3, What::Gap { missing: 2 }), (3, count), (6, What::Gap { missing: 1 })]);
}

#[tokio::test]
async fn a_text_that_is_missing_or_changed_is_found_and_an_orphan_is_told() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let texts = log.texts().await.unwrap();
    let mut writers: Vec<_> = (0..3).map(|_| Writer::new(&log)).collect();
    let (good, good_key) = writers[0].text(b"good");
    texts.put(&good_key, &SALT, b"good").await.unwrap();
    writers[0].write_text(good).await;
    let (missing, missing_key) = writers[1].text(b"missing");
    let without = writers[1].write_text(missing).await;
    let (changed, changed_key) = writers[2].text(b"as it was");
    texts.put(&changed_key, &SALT, b"as it is").await.unwrap();
    let with_other = writers[2].write_text(changed).await;
    let (_, orphan_key) = writers[0].text(b"orphan");
    texts.put(&orphan_key, &SALT, b"orphan").await.unwrap();

    let options = Options { remove_orphans: true, ..with_texts() };
    let report = verify(&log, &options).await;
    let found: Vec<_> = report.faults.iter().map(|fault| (fault.position, fault.what.clone())).collect();
    assert_eq!(found, [(without, What::TextMissing(missing_key)), (with_other, What::TextChanged(changed_key))]);
    assert_eq!(report.unproven, Some(without));
    let outcome = report.texts.unwrap();
    assert_eq!((outcome.named, outcome.stored), (3, 3));
    assert_eq!(outcome.orphans.iter().map(|orphan| orphan.key).collect::<Vec<_>>(), [Some(orphan_key)]);
    // The log has faults, so nothing is removed from its texts.
    assert_eq!(outcome.removed, 0);
    assert!(texts.exists(&orphan_key).await.unwrap());
}

#[tokio::test]
async fn orphans_of_a_sound_log_are_removed_once_they_are_old_enough() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let texts = log.texts().await.unwrap();
    let mut writer = Writer::new(&log);
    let (named, key) = writer.text(b"text");
    texts.put(&key, &SALT, b"text").await.unwrap();
    writer.write_text(named).await;
    let (_, orphan) = writer.text(b"orphan");
    texts.put(&orphan, &SALT, b"orphan").await.unwrap();

    let young = Options { remove_orphans: true, orphan_age: Duration::from_mins(5), ..with_texts() };
    let outcome = verify(&log, &young).await.texts.unwrap();
    assert_eq!((outcome.orphans, outcome.removed), (Vec::new(), 0));

    let listed = verify(&log, &with_texts()).await.texts.unwrap();
    assert_eq!((listed.orphans.len(), listed.removed), (1, 0));

    let removing = Options { remove_orphans: true, ..with_texts() };
    let report = verify(&log, &removing).await;
    assert!(report.is_sound());
    assert_eq!(report.texts.unwrap().removed, 1);
    assert!(texts.exists(&key).await.unwrap());
    assert!(!texts.exists(&orphan).await.unwrap());
    assert_eq!(verify(&log, &removing).await.texts.unwrap().orphans, []);
}

#[tokio::test]
async fn a_server_that_delivers_nothing_is_unreadable_not_endless() {
    let server = TestServer::start().await;
    let log = server.log().await;
    Writer::new(&log).write().await;
    let options = Options { stall: Duration::ZERO, ..Options::default() };
    // A deadline shorter than any answer stands for a server that gives none.
    let report = verify(&log, &options).await;
    assert!(matches!(&report.faults[..], [Fault { position: 1, what: What::Unreadable(_), .. }]), "{report:?}");
    assert_eq!(report.unproven, Some(1));
}

/// Writes records, changes the store's last block behind the stopped server's back, and verifies.
async fn verify_after(damage: impl FnOnce(&mut Vec<u8>)) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let settings = ServerSettings { binary: testing::binary(), ..ServerSettings::new(folder.path()) };
    let server = Server::start(settings.clone()).await.unwrap();
    let mut writer = Writer::new(&EventLog::connect(&server.log_settings()).await.unwrap());
    for _ in 0..RECORDS {
        writer.write().await;
    }
    server.stop().await;
    let block = folder.path().join("nats/jetstream/$G/streams/GAINSAY_EV_0/msgs/1.blk");
    let mut bytes = std::fs::read(&block).unwrap();
    damage(&mut bytes);
    std::fs::write(&block, bytes).unwrap();
    let server = Server::start(settings).await.unwrap();
    let log = EventLog::connect(&server.log_settings()).await.unwrap();
    let report = verify(&log, &Options { stall: Duration::from_secs(2), ..Options::default() }).await;
    server.stop().await;
    report
}

const RECORDS: u64 = 40;

#[tokio::test]
async fn a_flipped_bit_on_the_disk_is_found() {
    let report = verify_after(|bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    })
    .await;
    assert!(!report.is_sound());
    let unproven = report.unproven.unwrap();
    assert!((RECORDS / 2 - 2..=RECORDS / 2 + 2).contains(&unproven), "{report:?}");
}

#[tokio::test]
async fn a_truncated_block_is_found() {
    let report = verify_after(|bytes| bytes.truncate(bytes.len() / 2)).await;
    assert!(!report.is_sound(), "{report:?}");
    assert!(report.records < RECORDS);
}

/// What a copy is made of: subjects and payloads in the order of positions.
type Copied = Vec<(Address, Bytes)>;

/// A log of a few aggregates whose records interleave, and its records.
async fn original(log: &EventLog) -> Copied {
    let mut writers: Vec<_> = (0..3).map(|_| Writer::new(log)).collect();
    for _ in 0..4 {
        for writer in &mut writers {
            writer.write().await;
        }
    }
    let entries = log.read_on(1).await.unwrap();
    assert_eq!(entries.len(), 12);
    let address = |payload: &[u8]| record::address(&record::decode_envelope(payload).unwrap());
    entries.into_iter().map(|entry| (address(&entry.payload), entry.payload)).collect()
}

/// Carries records over to another server as somebody would who covers up a change: each of them says that it is of the log
/// there and names the record before it, so that nothing of the log itself is amiss.
async fn forge(to: &EventLog, log_id: Uuid, records: impl IntoIterator<Item = (Address, Bytes)>) -> Copied {
    let mut newest: HashMap<Address, (u64, u64, [u8; 32])> = HashMap::new();
    let mut copied = Vec::new();
    for (address, payload) in records {
        let mut record = record::decode(&payload).unwrap();
        let (position, revision, previous) = match newest.get(&address) {
            Some((position, revision, digest)) => (*position, *revision, Some(*digest)),
            None => (0, 0, None),
        };
        record.envelope.log_id = log_id;
        (record.envelope.revision, record.envelope.previous) = (revision + 1, previous);
        let payload = record::encode(&record);
        let digest = record::digest(&payload);
        let position = to.append(append_to(address, position, payload.clone())).await.unwrap();
        newest.insert(address, (position, revision + 1, digest));
        copied.push((address, payload));
    }
    copied
}

async fn since(log: &EventLog, head: tree::Head) -> Report {
    verify(log, &Options { since: Some(head), ..Options::default() }).await
}

fn whats(report: &Report) -> Vec<(u64, What)> {
    report.faults.iter().map(|fault| (fault.position, fault.what.clone())).collect()
}

#[tokio::test]
async fn a_longer_log_is_the_one_that_an_earlier_head_was_taken_of() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let empty = verify(&log, &Options::default()).await.tree.unwrap();
    assert_eq!((empty.log, empty.size), (log.id(), 0));
    let records = original(&log).await;
    let head = verify(&log, &Options::default()).await.tree.unwrap();
    let mut frontier = tree::Frontier::default();
    for (_, payload) in &records {
        frontier.push(tree::leaf(payload));
    }
    assert_eq!(head, tree::Head { log: log.id(), size: 12, root: frontier.root() });
    for _ in 0..5 {
        Writer::new(&log).write().await;
        for earlier in [empty, head] {
            let report = since(&log, earlier).await;
            assert!(report.is_sound(), "{report:?}");
            assert_ne!(report.tree.unwrap(), earlier);
        }
    }
}

#[tokio::test]
async fn a_head_of_another_log_and_a_wrong_one_are_told() {
    let server = TestServer::start().await;
    let log = server.log().await;
    original(&log).await;
    let head = verify(&log, &Options::default()).await.tree.unwrap();
    let other = Uuid::new_v4();
    let report = since(&log, tree::Head { log: other, ..head }).await;
    assert_eq!(whats(&report), [(1, What::OtherLog { head: other })]);
    let report = since(&log, tree::Head { size: 13, ..head }).await;
    assert_eq!(whats(&report), [(13, What::Shorter { size: 13 })]);
    let report = since(&log, tree::Head { size: 11, ..head }).await;
    assert_eq!(whats(&report), [(11, What::Rewritten)]);
    let report = since(&log, tree::Head { size: 0, ..head }).await;
    assert_eq!(whats(&report), [(1, What::Rewritten)]);
}

/// Copies a log with a change that is covered up, and verifies the copy alone and against the head of an honest copy.
async fn changed(change: impl FnOnce(&mut Copied)) -> (Report, Report) {
    let (source, honest_server, server) =
        (TestServer::start().await, TestServer::start().await, TestServer::start().await);
    let mut records = original(&source.log().await).await;
    let (honest, log) = (honest_server.log().await, server.log().await);
    // The forger has taken over the id of the log as well: what stands in the records is what the copy's server is told.
    let honest_records = forge(&honest, log.id(), records.clone()).await;
    let mut frontier = tree::Frontier::default();
    for (_, payload) in &honest_records {
        frontier.push(tree::leaf(payload));
    }
    let head = tree::Head { log: log.id(), size: frontier.size(), root: frontier.root() };
    change(&mut records);
    forge(&log, log.id(), records).await;
    Writer::new(&log).write().await;
    (verify(&log, &Options::default()).await, since(&log, head).await)
}

#[tokio::test]
async fn an_honest_copy_that_grew_passes() {
    let (alone, compared) = changed(|_records| ()).await;
    assert!(alone.is_sound() && compared.is_sound(), "{compared:?}");
}

#[tokio::test]
async fn an_altered_record_is_found_however_well_the_chain_was_mended() {
    let (alone, compared) = changed(|records| {
        let mut altered = record::decode(&records[4].1).unwrap();
        altered.envelope.author = UserId::new(Uuid::from_u128(1));
        records[4].1 = record::encode(&altered);
    })
    .await;
    assert!(alone.is_sound(), "{alone:?}");
    assert_eq!(whats(&compared), [(12, What::Rewritten)]);
}

#[tokio::test]
async fn a_removed_record_is_found_however_well_the_chain_was_mended() {
    let (alone, compared) = changed(|records| _ = records.remove(4)).await;
    assert!(alone.is_sound(), "{alone:?}");
    assert_eq!(whats(&compared), [(12, What::Rewritten)]);
    let (alone, compared) = changed(|records| records.truncate(7)).await;
    assert!(alone.is_sound(), "{alone:?}");
    assert_eq!(whats(&compared), [(9, What::Shorter { size: 12 })]);
}

#[tokio::test]
async fn records_that_changed_places_are_found_though_their_chains_hold() {
    // Of different aggregates: not a byte of any record is another.
    let (alone, compared) = changed(|records| records.swap(3, 4)).await;
    assert!(alone.is_sound(), "{alone:?}");
    assert_eq!(whats(&compared), [(12, What::Rewritten)]);
}

#[tokio::test]
async fn a_text_that_was_erased_is_not_missed_and_one_that_is_there_still_is_told() {
    let server = TestServer::start().await;
    let log = server.log().await;
    let texts = log.texts().await.unwrap();
    let mut writers: Vec<_> = (0..2).map(|_| Writer::new(&log)).collect();
    let mut stored = Vec::new();
    for writer in &mut writers {
        let (named, key) = writer.text(b"text");
        texts.put(&key, &SALT, b"text").await.unwrap();
        stored.push((writer.write_text(named).await, key));
        let reason = Text::parse("A witness asked".to_owned(), "/reason").unwrap();
        writer.write_changed(document::Event::DocumentTextErased { number: 1, reason }, |_envelope| {}).await;
    }
    texts.erase(&stored[0].1).await.unwrap();
    let report = verify(&log, &Options { remove_orphans: true, ..with_texts() }).await;
    let found: Vec<_> = report.faults.iter().map(|fault| (fault.position, fault.what.clone())).collect();
    assert_eq!(found, [(stored[1].0, What::TextNotErased(stored[1].1))]);
    let outcome = report.texts.unwrap();
    assert_eq!((outcome.named, outcome.erased, outcome.stored, outcome.orphans.len()), (0, 2, 1, 0));
    texts.erase(&stored[1].1).await.unwrap();
    assert!(verify(&log, &with_texts()).await.is_sound());
}
