//! Reading records one after the other: of a log up to a position, and of an archive from one on.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::Error;
use super::manifest::{Manifest, Part};
use super::part::{Entry, Reader};
use crate::follow::Followed;
use crate::{EventLog, load};

/// A server that delivers nothing for this long is asked for the one position that is due.
const STALL: Duration = Duration::from_secs(10);
/// Entries of an archive that are read ahead. Most are below a kilobyte; of texts the bytes are bounded, too.
const AHEAD_LEN: usize = 64;
const AHEAD_TEXTS: usize = 1;

/// The records of a log from a position up to another, with nothing missing.
pub(super) struct Records<S> {
    log: EventLog,
    followed: S,
    due: u64,
    last: u64,
}

/// Reads the records from a position up to another.
pub(super) fn of_log(
    log: &EventLog,
    first: u64,
    last: u64,
) -> Records<impl Stream<Item = Result<Followed, crate::Error>> + Send + Unpin + use<>> {
    Records { log: log.clone(), followed: log.follow(first), due: first, last }
}

impl<S: Stream<Item = Result<Followed, crate::Error>> + Unpin> Records<S> {
    /// The next record; none after the last.
    pub async fn next(&mut self) -> Result<Option<load::Entry>, Error> {
        let due = self.due;
        if due > self.last {
            return Ok(None);
        }
        let entry = match tokio::time::timeout(STALL, self.followed.next()).await {
            Ok(Some(followed)) => followed?.entry,
            // A server is silent at a position that it has lost.
            Ok(None) | Err(_) => match self.log.read(due).await? {
                None => return Err(lost(due)),
                Some(_) => return Err(crate::Error::unavailable("read on in the log", "nothing came in time").into()),
            },
        };
        if entry.position != due {
            return Err(lost(due));
        }
        self.due += 1;
        Ok(Some(entry))
    }
}

pub(super) fn lost(position: u64) -> Error {
    Error::Damaged(format!("the log has lost position {position}; `gainsay verify` says more"))
}

/// Reads the records of an archive from a position on, in a thread of its own.
pub(super) fn of_archive(folder: &Path, manifest: &Manifest, first: u64) -> mpsc::Receiver<Result<Entry, Error>> {
    let parts = manifest.segments.iter().filter(|part| part.last >= first).cloned().collect();
    read(folder, parts, AHEAD_LEN, move |entry| (entry.position >= first).then_some(entry))
}

/// A text of an archive, which takes room until it is dropped.
pub(super) struct Text {
    pub entry: Entry,
    _room: OwnedSemaphorePermit,
}

/// Reads the texts of an archive, in a thread of its own. All that were handed out and are there still have no more bytes
/// than this; a larger one is there alone. One more is being read.
pub(super) fn texts_of_archive(folder: &Path, manifest: &Manifest, room: u32) -> mpsc::Receiver<Result<Text, Error>> {
    let (left, runtime) = (Arc::new(Semaphore::new(room as usize)), Handle::current());
    read(folder, manifest.texts.parts.clone(), AHEAD_TEXTS, move |entry| {
        let taken = u32::try_from(entry.len()).unwrap_or(room).min(room);
        let room = runtime.block_on(Arc::clone(&left).acquire_many_owned(taken)).ok()?;
        Some(Text { entry, _room: room })
    })
}

/// Reads parts in a thread of its own, as far ahead as it is told, and hands out what is made of their entries.
fn read<T: Send + 'static>(
    folder: &Path,
    parts: Vec<Part>,
    ahead: usize,
    mut of_entry: impl FnMut(Entry) -> Option<T> + Send + 'static,
) -> mpsc::Receiver<Result<T, Error>> {
    let (sender, receiver) = mpsc::channel(ahead);
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || {
        let each = |entry| of_entry(entry).is_none_or(|item| sender.blocking_send(Ok(item)).is_ok());
        if let Err(error) = read_parts(&folder, &parts, each) {
            // Nobody listens any more when this fails.
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

/// Hands out the entries of parts until it is told to stop.
fn read_parts(folder: &Path, parts: &[Part], mut each: impl FnMut(Entry) -> bool) -> Result<(), Error> {
    for part in parts {
        let path = folder.join(&part.file);
        let mut reader = Reader::open(&path).map_err(Error::file("read", &path))?;
        let changed = |error| Error::Damaged(format!("{}: {error}; `gainsay verify --archive` says more", part.file));
        while let Some(entry) = reader.next().map_err(changed)? {
            if !each(entry) {
                return Ok(());
            }
        }
    }
    Ok(())
}
