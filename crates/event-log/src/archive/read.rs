//! Reading records one after the other: of a log up to a position, and of an archive from one on.

use std::path::Path;
use std::time::Duration;

use futures::{Stream, StreamExt};
use tokio::sync::mpsc;

use super::Error;
use super::manifest::{Manifest, Part};
use super::part::{Entry, Reader};
use crate::follow::Followed;
use crate::{EventLog, load};

/// A server that delivers nothing for this long is asked for the one position that is due.
const STALL: Duration = Duration::from_secs(10);
/// Entries of an archive that are read ahead. Most are below a kilobyte; of texts there are fewer than fill the memory.
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
    read(folder, parts, first, AHEAD_LEN)
}

/// Reads the texts of an archive, in a thread of its own.
pub(super) fn texts_of_archive(folder: &Path, manifest: &Manifest) -> mpsc::Receiver<Result<Entry, Error>> {
    read(folder, manifest.texts.parts.clone(), 0, AHEAD_TEXTS)
}

fn read(folder: &Path, parts: Vec<Part>, first: u64, ahead: usize) -> mpsc::Receiver<Result<Entry, Error>> {
    let (sender, receiver) = mpsc::channel(ahead);
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || {
        let each = |entry: Entry| entry.position < first || sender.blocking_send(Ok(entry)).is_ok();
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
