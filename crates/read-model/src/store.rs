//! The store: bodies of records once, and for each subject the positions of the records that concern it.
//!
//! One sled tree, of which the first byte of a key tells the sort of row:
//!
//! | key | value |
//! |---|---|
//! | `c` | the checkpoint |
//! | `b`, first position | a [`block`] of some dozen bodies |
//! | `r`, position | a body that is not in a block yet |
//! | `i`, subject, first position | a [`chunk`] of positions |
//! | `p` | up to where positions are in chunks, how many, and a digest of them |
//! | `t`, level, number | a tile of the [`tree`] over the payloads |
//! | `m` | the root of the tree at the checkpoint |
//!
//! The positions that are not in chunks yet, the [`tail`], are held in memory alone: they follow from the bodies, which
//! are read again when the store is opened. A live commit is thus one row for each record and the checkpoint.
//!
//! What is stored for positions up to the checkpoint never changes its meaning, so a reader needs no snapshot of the
//! engine: a position up to which it reads is enough, whatever is appended or compacted meanwhile.

mod block;
mod chunk;
mod compact;
mod moment;
mod scan;
mod tail;
mod tree;

#[cfg(test)]
mod tests;

use crate::subject::Subject;
use crate::{Entry, Error};
use block::Block;
use bytes::Bytes;
use chunk::Chunk;
use compact::Packed;
use sled::{Batch, IVec};
use std::collections::HashSet;
use std::io;
use std::ops::{Bound, Deref};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::{Duration, Instant};
use tail::Tail;
use tree::Edge;
use uuid::Uuid;
use wire::record;

/// The version of the layout and of the subjects. A store of another version is rebuilt.
pub const SCHEMA: u32 = 3;

/// What sled may cache, by its own count; measured, a process takes up to twice as much. Enough for the blocks and
/// chunks that hot boards touch.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// A page of more than a quarter of this is written to a file of its own. An error in writing such a file, as on a full
/// disk, stays unknown to the engine: it waits for the page for ever, and holds up every other store of the process.
/// With this, pages of records up to 100 kB are smaller; many larger ones in a row may still make one.
pub(crate) const SEGMENT_BYTES: usize = 8 * 1024 * 1024;
/// How often sled writes through. What is lost in a crash comes again from the log.
const FLUSH_EVERY_MS: u64 = 500;
/// How long a store that this process has just closed may keep its file.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(5);
const RELEASE_POLL: Duration = Duration::from_millis(5);

/// How far the store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log.
    pub log: Uuid,
    /// The newest record's position; 0 in an empty store.
    pub position: u64,
    /// When the newest position was known, in microseconds since 1970: never earlier than that of one before it.
    pub known_at_us: i64,
    /// SHA-256 over the checksum before and the digest of the newest payload: two stores that agree in it hold the same
    /// bytes in the same order.
    pub checksum: [u8; 32],
}

impl Checkpoint {
    pub(crate) fn start(log: Uuid) -> Self {
        Self { log, position: 0, known_at_us: i64::MIN, checksum: [0; 32] }
    }

    /// The checkpoint after one more record.
    #[must_use]
    pub(crate) fn after(self, payload_sha256: &[u8; 32], recorded_at_us: i64) -> Self {
        let checksum = record::accumulate(&self.checksum, payload_sha256);
        let known_at_us = self.known_at_us.max(recorded_at_us);
        Self { position: self.position + 1, known_at_us, checksum, ..self }
    }

    fn encode(&self) -> Vec<u8> {
        let mut row = SCHEMA.to_be_bytes().to_vec();
        row.extend_from_slice(self.log.as_bytes());
        row.extend_from_slice(&self.position.to_be_bytes());
        row.extend_from_slice(&self.known_at_us.to_be_bytes());
        row.extend_from_slice(&self.checksum);
        row
    }

    fn decode(row: &[u8]) -> Result<Self, Error> {
        let schema = row.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
        if schema != Some(SCHEMA) {
            return Err(Error::damaged(format!("its schema is {schema:?}, this version has {SCHEMA}")));
        }
        let row: &[u8; 68] = row.try_into().map_err(|_| Error::damaged("the checkpoint has another length"))?;
        Ok(Self {
            log: Uuid::from_slice(&row[4..20]).expect("sixteen bytes"),
            position: u64::from_be_bytes(row[20..28].try_into().expect("eight bytes")),
            known_at_us: i64::from_be_bytes(row[28..36].try_into().expect("eight bytes")),
            checksum: row[36..68].try_into().expect("thirty-two bytes"),
        })
    }
}

/// The bytes of a record, shared with the engine's cache.
#[derive(Debug, Clone)]
pub struct Payload(IVec);

impl Deref for Payload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// The store of one log. It has one writer; everything else reads.
#[derive(Debug)]
pub struct Store {
    db: sled::Db,
    writer: Mutex<Writer>,
    checkpoint: RwLock<Checkpoint>,
    /// The last position that is in a block.
    blocked: AtomicU64,
    tail: RwLock<Tail>,
    /// What readers know of the tree beside its tiles.
    edge: RwLock<Arc<Edge>>,
    /// Whether a commit failed.
    has_failed: AtomicBool,
}

/// What the writer knows of its last commit.
#[derive(Debug, Clone)]
struct Writer {
    checkpoint: Checkpoint,
    /// Bodies after the last block, with what was known before them.
    open: block::Open,
    packed: Packed,
    edge: Edge,
}

/// Where a body stands.
enum Stored {
    /// In a row of its own.
    Row(IVec),
    /// In a block, at this place.
    Block(Block, usize),
}

impl Store {
    /// Makes an empty store in a folder of its own.
    pub fn create(folder: &Path, log: Uuid) -> Result<Self, Error> {
        let db = open(folder)?;
        if !db.is_empty() {
            return Err(Error::damaged("there is something in a new store"));
        }
        let checkpoint = Checkpoint::start(log);
        db.insert(key::CHECKPOINT, checkpoint.encode())?;
        db.insert(key::PACKED, Packed::default().encode())?;
        db.insert(key::ROOT, &Edge::default().root())?;
        db.flush()?;
        let open = block::Open::start(i64::MIN);
        let writer = Writer { checkpoint, open, packed: Packed::default(), edge: Edge::default() };
        Ok(Self::with(db, writer, Tail::default()))
    }

    /// Opens a store and reads all of it: every body counts into the checksum, every position into the digest, every tile
    /// into the root.
    ///
    /// `progress` is called for every row, so that somebody else can tell slow from stuck.
    pub fn open(folder: &Path, progress: impl FnMut()) -> Result<Self, Error> {
        let db = open(folder)?;
        let (writer, tail) = scan::scan(&db, progress)?;
        Ok(Self::with(db, writer, tail))
    }

    /// Has the engine open a store, which repairs it, close it, and read all that it made of it. For a process of its own:
    /// what is wrong with the store may keep the engine busy without end, in opening or in reading.
    pub fn try_open(folder: &Path) -> Result<(), Error> {
        open(folder).map(drop)?;
        Self::open(folder, || ()).map(drop)
    }

    fn with(db: sled::Db, writer: Writer, tail: Tail) -> Self {
        Self {
            db,
            checkpoint: RwLock::new(writer.checkpoint),
            blocked: AtomicU64::new(writer.open.first() - 1),
            edge: RwLock::new(Arc::new(writer.edge.clone())),
            writer: Mutex::new(writer),
            tail: RwLock::new(tail),
            has_failed: AtomicBool::new(false),
        }
    }

    /// How far the store is.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        *self.checkpoint.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the next records, all or none. Records that are there already change nothing.
    pub fn append(&self, entries: &[Entry]) -> Result<Checkpoint, Error> {
        let mut writer = self.writer();
        let before = writer.checkpoint.position;
        let new = &entries[entries.partition_point(|entry| entry.position <= before)..];
        for (entry, expected) in new.iter().zip(before + 1..) {
            if entry.position != expected {
                return Err(Error::Gap { expected, found: entry.position });
            }
        }
        if new.is_empty() {
            return Ok(writer.checkpoint);
        }
        let mut next = writer.clone();
        let mut batch = Batch::default();
        for entry in new {
            next.checkpoint = next.checkpoint.after(&entry.sha256, entry.envelope.recorded_at_us);
            if let Some(full) = next.open.push(entry.payload.clone(), next.checkpoint.known_at_us) {
                // The rows of earlier commits go, in the batch that brings their block.
                (full.first()..=before.min(full.last())).for_each(|position| batch.remove(&key::row(position)));
                batch.insert(&key::block(full.first()), full.encode());
            }
            next.edge.push(entry.leaf, |tile| batch.insert(&tile.key(), tile.encode()));
        }
        for (position, body) in next.open.bodies().filter(|(position, _)| *position > before) {
            batch.insert(&key::row(position), block::encode_row(body));
        }
        batch.insert(key::ROOT, &next.edge.root());
        batch.insert(key::CHECKPOINT, next.checkpoint.encode());
        // Rows and checkpoint commit together: a record that comes again is never counted twice.
        self.commit(batch)?;
        self.tail_mut().extend(new.iter().map(|entry| (entry.position, entry.subjects.as_slice())));
        self.blocked.store(next.open.first() - 1, Ordering::Release);
        // Before the checkpoint: what is asked up to a checkpoint is never beyond the edge.
        *self.edge.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next.edge.clone());
        *self.checkpoint.write().unwrap_or_else(PoisonError::into_inner) = next.checkpoint;
        *writer = next;
        Ok(writer.checkpoint)
    }

    fn commit(&self, batch: Batch) -> Result<(), Error> {
        let committed = self.db.apply_batch(batch);
        if committed.is_err() {
            self.has_failed.store(true, Ordering::Release);
        }
        Ok(committed?)
    }

    /// Whether the engine lets go of the files of a store that failed when it is dropped.
    ///
    /// After some failed writes, those of large values among them, the engine does not know of the failure: it then waits
    /// for ever for what was never written, and every other store of the process with it. One that knows refuses
    /// to write and repeats the error, which has no number of the system any more.
    pub fn lets_go(&self) -> bool {
        // The engine's own threads write as well.
        self.has_failed.store(true, Ordering::Release);
        match self.db.insert(key::CHECKPOINT, self.checkpoint().encode()) {
            Err(sled::Error::Io(error)) => error.raw_os_error().is_none(),
            Ok(_) | Err(_) => false,
        }
    }

    /// Waits until everything is on the disk.
    pub fn flush(&self) -> Result<(), Error> {
        if self.has_failed.load(Ordering::Acquire) {
            let source = io::Error::other("a write to it failed before");
            return Err(Error::io("write the store through", source));
        }
        self.db.flush()?;
        Ok(())
    }

    /// The bytes of the record at a position up to the checkpoint.
    pub fn payload(&self, position: u64) -> Result<Payload, Error> {
        Ok(Payload(match self.stored(position)? {
            Stored::Row(row) => block::row_payload(&row)?,
            Stored::Block(block, at) => block.payload(at),
        }))
    }

    /// Where the record at a position up to the checkpoint stands now.
    fn stored(&self, position: u64) -> Result<Stored, Error> {
        if position > self.blocked.load(Ordering::Acquire)
            && let Some(row) = self.db.get(key::row(position))?
        {
            return Ok(Stored::Row(row));
        }
        // The writer has put it into a block meanwhile, if there was a row.
        self.block_of(position).map(|(block, at)| Stored::Block(block, at))
    }

    fn block_of(&self, position: u64) -> Result<(Block, usize), Error> {
        let missing = || Error::damaged(format!("the record at {position} is missing"));
        let upper = (Bound::Included(key::block(0)), Bound::Included(key::block(position)));
        let (found, value) = self.db.range::<[u8; 9], _>(upper).next_back().ok_or_else(missing)??;
        let first = key::last_u64(&found)?;
        let block = Block::parse(value)?;
        let at = usize::try_from(position - first).ok().filter(|at| *at < block.len()).ok_or_else(missing)?;
        Ok((block, at))
    }

    /// The positions of a subject's records after one position and up to another, ascending, at most so many.
    pub fn positions(&self, subject: &Subject, after: u64, upto: u64, len_max: usize) -> Result<Vec<u64>, Error> {
        // The tail first: what compaction takes out of it afterwards is in the chunks by then.
        let tail = self.tail().positions(subject, after, upto, len_max);
        let mut found = Vec::new();
        let mut packed_last = 0;
        for chunk in self.chunks_from(subject, after + 1)? {
            let chunk = chunk?;
            packed_last = chunk.last();
            found.extend(chunk.positions().filter(|position| (after + 1..=upto).contains(position)));
            if packed_last >= upto || found.len() >= len_max {
                break;
            }
        }
        found.extend(tail.into_iter().filter(|position| *position > packed_last));
        found.truncate(len_max);
        Ok(found)
    }

    /// The position of a subject's last record up to this one.
    pub fn last_position(&self, subject: &Subject, upto: u64) -> Result<Option<u64>, Error> {
        if let Some(last) = self.tail().last(subject, upto) {
            return Ok(Some(last));
        }
        let chunk = self.chunk_at(subject, upto)?;
        Ok(chunk.and_then(|chunk| chunk.positions().take_while(|position| *position <= upto).last()))
    }

    /// Whether a record after one position and up to another concerns what is looked for; none when the first is too
    /// long ago to tell from memory.
    pub(crate) fn concerns(&self, after: u64, upto: u64, looked_for: impl Fn(&[Subject]) -> bool) -> Option<bool> {
        self.tail().concerns(after, upto, looked_for)
    }

    /// The subjects that the records after one position and up to another concern; none when the first is too long ago
    /// to tell from memory.
    pub(crate) fn concerned(&self, after: u64, upto: u64) -> Option<HashSet<Subject>> {
        self.tail().concerned(after, upto)
    }

    /// The chunk that holds a subject's newest position up to this one.
    fn chunk_at(&self, subject: &Subject, position: u64) -> Result<Option<Chunk>, Error> {
        let bounds = (Bound::Included(key::chunk(subject, 0)), Bound::Included(key::chunk(subject, position)));
        match self.db.range::<[u8; key::CHUNK_LEN], _>(bounds).next_back() {
            Some(row) => row.map_err(Error::from).and_then(|(key, value)| Chunk::parse(&key, value)).map(Some),
            None => Ok(None),
        }
    }

    /// A subject's chunks from the one that holds this position on.
    fn chunks_from(
        &self,
        subject: &Subject,
        position: u64,
    ) -> Result<impl Iterator<Item = Result<Chunk, Error>> + use<>, Error> {
        let before = if position <= 1 { None } else { self.chunk_at(subject, position)? };
        let first = before.map_or(position, |chunk| chunk.first());
        let bounds = (Bound::Included(key::chunk(subject, first)), Bound::Included(key::chunk(subject, u64::MAX)));
        let rows = self.db.range::<[u8; key::CHUNK_LEN], _>(bounds);
        Ok(rows.map(|row| row.map_err(Error::from).and_then(|(key, value)| Chunk::parse(&key, value))))
    }

    /// Every subject with a record, ascending.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = Result<Subject, Error>> + '_ {
        let mut tail = self.tail().subjects().into_iter().peekable();
        let mut packed = Subjects { db: &self.db, after: None }.peekable();
        std::iter::from_fn(move || {
            let next = match (packed.peek(), tail.peek()) {
                (Some(Ok(packed)), Some(tail)) => *packed.min(tail),
                (Some(Ok(subject)), None) | (None, Some(subject)) => *subject,
                (Some(Err(_)), _) | (None, None) => return packed.next(),
            };
            packed.next_if(|subject| matches!(subject, Ok(subject) if *subject == next));
            tail.next_if_eq(&next);
            Some(Ok(next))
        })
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        // The writer's state is replaced whole and last, after a commit that succeeded.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tail(&self) -> RwLockReadGuard<'_, Tail> {
        self.tail.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn tail_mut(&self) -> RwLockWriteGuard<'_, Tail> {
        self.tail.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if self.has_failed.load(Ordering::Acquire) && !self.lets_go() {
            // Memory and files stay with the process, which goes on.
            std::mem::forget(self.db.clone());
        }
    }
}

/// The subjects that have chunks.
struct Subjects<'a> {
    db: &'a sled::Db,
    after: Option<Subject>,
}

impl Iterator for Subjects<'_> {
    type Item = Result<Subject, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let from = match &self.after {
            Some(subject) => Bound::Excluded(key::chunk(subject, u64::MAX).to_vec()),
            None => Bound::Included(vec![key::CHUNK]),
        };
        let row = self.db.range((from, Bound::Excluded(vec![key::CHUNK + 1]))).next()?;
        let subject = row.map_err(Error::from).and_then(|(key, _)| key::subject(&key));
        self.after = subject.as_ref().ok().copied();
        Some(subject)
    }
}

/// Opens the engine as every store has it.
pub(crate) fn open(folder: &Path) -> Result<sled::Db, Error> {
    let config = sled::Config::default()
        .path(folder)
        .segment_size(SEGMENT_BYTES)
        .cache_capacity(CACHE_BYTES)
        .flush_every_ms(Some(FLUSH_EVERY_MS));
    let started = Instant::now();
    loop {
        match config.open() {
            // The engine's threads let go of the file some time after a store is dropped.
            Err(sled::Error::Io(error)) if is_locked(&error) && started.elapsed() < RELEASE_TIMEOUT => {
                thread::sleep(RELEASE_POLL);
            }
            opened => return Ok(opened?),
        }
    }
}

fn is_locked(error: &io::Error) -> bool {
    error.to_string().contains("could not acquire lock")
}

/// Keys of rows.
pub(crate) mod key {
    use super::{Error, Subject};

    pub(crate) const CHECKPOINT: &[u8] = b"c";
    pub(super) const PACKED: &[u8] = b"p";
    pub(super) const BLOCK: u8 = b'b';
    pub(super) const ROW: u8 = b'r';
    pub(super) const CHUNK: u8 = b'i';
    pub(super) const TILE: u8 = b't';
    pub(super) const ROOT: &[u8] = b"m";
    pub(super) const CHUNK_LEN: usize = 1 + Subject::LEN + 8;

    pub(super) fn block(first: u64) -> [u8; 9] {
        numbered(BLOCK, first)
    }

    pub(super) fn row(position: u64) -> [u8; 9] {
        numbered(ROW, position)
    }

    /// The prefix of the tiles of a level.
    pub(super) fn tiles(level: u8) -> [u8; 2] {
        [TILE, level]
    }

    pub(super) fn tile(level: u8, number: u64) -> [u8; 10] {
        let mut key = [TILE; 10];
        key[1] = level;
        key[2..].copy_from_slice(&number.to_be_bytes());
        key
    }

    fn numbered(sort: u8, number: u64) -> [u8; 9] {
        let mut key = [sort; 9];
        key[1..].copy_from_slice(&number.to_be_bytes());
        key
    }

    /// The prefix of a subject's chunks.
    pub(super) fn chunks(subject: &Subject) -> [u8; 1 + Subject::LEN] {
        let mut key = [CHUNK; 1 + Subject::LEN];
        key[1..].copy_from_slice(subject.as_bytes());
        key
    }

    pub(super) fn chunk(subject: &Subject, first: u64) -> [u8; CHUNK_LEN] {
        let mut key = [0; CHUNK_LEN];
        key[..=Subject::LEN].copy_from_slice(&chunks(subject));
        key[1 + Subject::LEN..].copy_from_slice(&first.to_be_bytes());
        key
    }

    pub(super) fn subject(key: &[u8]) -> Result<Subject, Error> {
        key.get(1..=Subject::LEN)
            .and_then(Subject::from_bytes)
            .ok_or_else(|| Error::damaged("a key has another length"))
    }

    pub(super) fn last_u64(key: &[u8]) -> Result<u64, Error> {
        let number = key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        number.ok_or_else(|| Error::damaged("a key has another length"))
    }
}

impl block::Open {
    /// The payload of an entry as the open block holds it.
    fn push(&mut self, payload: Bytes, known_at_us: i64) -> Option<block::Full> {
        self.add(block::Body { payload, known_at_us })
    }
}
