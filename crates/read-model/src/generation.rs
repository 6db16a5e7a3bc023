//! Generations of the store: one folder each, and a pointer to the current one.
//!
//! ```text
//! LOCK                  held by the process that has the folder
//! CURRENT               the name of the current generation, replaced by rename
//! gen-7/                a generation
//! gen-6.quarantine-2/   one that could not be trusted, with the reason in `reason`
//! MARK                  how far the store was, for when both it and the end of the log are lost
//! ```
//!
//! Whatever is wrong with a generation, it is put aside and an empty one takes its place, to be filled from the log:
//! never a wrong answer, never a manual step.

mod mark;
#[cfg(test)]
mod tests;
mod trial;

pub use mark::Mark;
pub use trial::Trial;

use crate::store::SEGMENT_BYTES;
use crate::{Checkpoint, Error, Store};
use rustix::fs::statvfs;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};
use uuid::Uuid;

const CURRENT: &str = "CURRENT";
const LOCK: &str = "LOCK";
const GENERATION: &str = "gen-";
const QUARANTINE: &str = ".quarantine-";

/// Folders kept in quarantine: enough to look into, too few to fill a disk.
const QUARANTINED_MAX: usize = 2;
/// A store that shows no progress for so long while it is opened will never open. The engine reads its own log before
/// it shows any, at hundreds of megabytes per second.
const STUCK_AFTER: Duration = Duration::from_mins(2);
/// What must be free for a store to be opened: the engine grows its file by segments, and needs several.
const FREE_BYTES_MIN: u64 = 4 * SEGMENT_BYTES as u64;
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The folder of the generations, for one process alone.
#[derive(Debug)]
pub struct Generations {
    folder: PathBuf,
    /// How a store is tried before it is opened here.
    trial: Option<Trial>,
    /// Locked for as long as it is open.
    _lock: File,
}

/// The current store, and what became of the one before.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// Why the store is a new one, if there was one that could not be trusted.
    pub quarantined: Option<String>,
}

/// A generation that is filled beside the current one. It is removed when it is dropped unfinished and the folder is
/// opened again.
#[derive(Debug)]
pub struct Building {
    generations: Arc<Generations>,
    name: String,
    /// The store to fill.
    pub store: Arc<Store>,
}

impl Generations {
    /// Takes the folder, making it when it is not there.
    pub fn lock(folder: &Path) -> Result<Self, Error> {
        let doing = |what: &str| format!("{what} `{}`", folder.display());
        fs::create_dir_all(folder).map_err(|source| Error::io(doing("make the folder"), source))?;
        let lock = File::create(folder.join(LOCK)).map_err(|source| Error::io(doing("lock the folder"), source))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), trial: None, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse { folder: folder.to_owned() }),
            Err(TryLockError::Error(source)) => Err(Error::io(doing("lock the folder"), source)),
        }
    }

    /// Has each store tried in a process of its own before it is opened here.
    #[must_use]
    pub fn tried_by(self, trial: Option<Trial>) -> Self {
        Self { trial, ..self }
    }

    /// Opens the current store and reads all of it, or starts an empty one for this log.
    ///
    /// A store that cannot be opened, panics, gets stuck or does not match its checkpoint goes into quarantine. Errors
    /// are those that a new store would meet too, such as a full disk.
    pub fn open(&self, log: Uuid) -> Result<Opened, Error> {
        let current = self.current()?;
        self.remove_unfinished(current.as_deref())?;
        let Some(name) = current else { return self.start_empty(log, None) };
        if !self.folder.join(&name).is_dir() {
            return self.start_empty(log, Some(format!("the folder of `{name}` is gone")));
        }
        match self.open_watched(&name) {
            Ok(store) if store.checkpoint().log == log => Ok(Opened { store, quarantined: None }),
            Ok(store) => {
                let reason = format!("it is the store of log {}, not of {log}", store.checkpoint().log);
                drop(store);
                self.replace(&name, log, reason)
            }
            Err(error) if error.is_of_the_machine() => Err(error),
            Err(error) => self.replace(&name, log, chain(&error)),
        }
    }

    /// Whether the disk has enough space to go on with a store. One that cannot be measured counts as free.
    #[must_use]
    pub fn has_space(&self) -> bool {
        let free = statvfs(&self.folder).map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
        free.unwrap_or(u64::MAX) >= FREE_BYTES_MIN
    }

    /// Opens the current store to look at it; nothing is put aside or made.
    pub fn inspect(&self) -> Result<Option<Store>, Error> {
        match self.current()? {
            Some(name) if self.folder.join(&name).is_dir() => self.open_watched(&name).map(Some),
            Some(_) | None => Ok(None),
        }
    }

    fn open_watched(&self, name: &str) -> Result<Store, Error> {
        let folder = self.folder.join(name);
        match self.trial.as_ref().and_then(|trial| trial.failure(&folder)) {
            Some(failure) => Err(Error::damaged(failure)),
            None => open_watched(folder),
        }
    }

    /// Puts the current generation into quarantine and starts an empty one. The old store may still be open.
    pub fn quarantine(&self, log: Uuid, reason: String) -> Result<Opened, Error> {
        match self.current()? {
            Some(name) if self.folder.join(&name).is_dir() => self.replace(&name, log, reason),
            Some(_) | None => self.start_empty(log, Some(reason)),
        }
    }

    /// Starts a generation beside the current one.
    pub fn build(self: &Arc<Self>, log: Uuid) -> Result<Building, Error> {
        let (name, store) = self.create(log)?;
        Ok(Building { generations: Arc::clone(self), name, store: Arc::new(store) })
    }

    fn create(&self, log: Uuid) -> Result<(String, Store), Error> {
        let name = self.name_next()?;
        let store = Store::create(&self.folder.join(&name), log)?;
        Ok((name, store))
    }

    fn replace(&self, name: &str, log: Uuid, reason: String) -> Result<Opened, Error> {
        self.put_aside(name, &reason)?;
        self.start_empty(log, Some(reason))
    }

    fn start_empty(&self, log: Uuid, quarantined: Option<String>) -> Result<Opened, Error> {
        let (name, store) = self.create(log)?;
        self.point_to(&name)?;
        Ok(Opened { store, quarantined })
    }

    fn put_aside(&self, name: &str, reason: &str) -> Result<(), Error> {
        let mut numbers: Vec<(u64, String)> = self
            .names()?
            .into_iter()
            .filter_map(|name| Some((name.split_once(QUARANTINE)?.1.parse().ok()?, name)))
            .collect();
        numbers.sort_unstable();
        let next = numbers.last().map_or(1, |(number, _)| number + 1);
        let (source, target) = (self.folder.join(name), self.folder.join(format!("{name}{QUARANTINE}{next}")));
        fs::rename(&source, &target).map_err(|error| Error::io(format!("put `{}` aside", source.display()), error))?;
        // The reason is a help for people; quarantine does not depend on it.
        fs::write(target.join("reason"), format!("{reason}\n")).ok();
        let surplus = (numbers.len() + 1).saturating_sub(QUARANTINED_MAX);
        numbers.iter().take(surplus).try_for_each(|(_, name)| self.remove(name))
    }

    /// Removes generations that were never finished.
    fn remove_unfinished(&self, current: Option<&str>) -> Result<(), Error> {
        let is_unfinished = |name: &&String| !name.contains(QUARANTINE) && current != Some(name.as_str());
        self.names()?.iter().filter(is_unfinished).try_for_each(|name| self.remove(name))
    }

    fn remove(&self, name: &str) -> Result<(), Error> {
        let folder = self.folder.join(name);
        fs::remove_dir_all(&folder).map_err(|error| Error::io(format!("remove `{}`", folder.display()), error))
    }

    /// The generation that the pointer names; none when there is no pointer, or none that names one.
    fn current(&self) -> Result<Option<String>, Error> {
        match fs::read(self.folder.join(CURRENT)) {
            Ok(bytes) => {
                let name = String::from_utf8_lossy(&bytes).trim().to_owned();
                Ok(number(&name).is_some().then_some(name))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(format!("read `{}`", self.folder.join(CURRENT).display()), error)),
        }
    }

    fn point_to(&self, name: &str) -> Result<(), Error> {
        let write = || {
            let temporary = self.folder.join("CURRENT.new");
            let mut file = File::create(&temporary)?;
            writeln!(file, "{name}")?;
            file.sync_all()?;
            fs::rename(&temporary, self.folder.join(CURRENT))?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error| Error::io(format!("point to `{name}` in `{}`", self.folder.display()), error))
    }

    fn name_next(&self) -> Result<String, Error> {
        let names = self.names()?;
        let taken =
            names.iter().filter_map(|name| number(name.split_once(QUARANTINE).map_or(name.as_str(), |(name, _)| name)));
        Ok(format!("{GENERATION}{}", taken.max().unwrap_or(0) + 1))
    }

    /// The names of all generations, those in quarantine included.
    fn names(&self) -> Result<Vec<String>, Error> {
        let list = || {
            fs::read_dir(&self.folder)?
                .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                .collect::<io::Result<Vec<_>>>()
        };
        let names = list().map_err(|error| Error::io(format!("list `{}`", self.folder.display()), error))?;
        Ok(names.into_iter().filter(|name| name.starts_with(GENERATION)).collect())
    }
}

impl Building {
    /// Makes this the current generation and removes the one before; answers how far it is.
    pub fn finish(self) -> Result<Checkpoint, Error> {
        let checkpoint = self.store.checkpoint();
        self.publish()?.remove()?;
        Ok(checkpoint)
    }

    /// Makes this the current generation. The one before is still there for those who read it.
    ///
    /// Whoever has a store filled from a log that lost its end takes that log as it is: this store's mark replaces one
    /// that was further.
    pub fn publish(self) -> Result<Before, Error> {
        self.store.flush()?;
        let name = self.generations.current()?;
        self.generations.point_to(&self.name)?;
        let mark = Mark::from(self.store.checkpoint());
        let further = self.generations.marked().filter(|before| before.position > mark.position);
        let keep = further.map(|before| {
            format!("it was at {} when a store was filled from a log that ended at {}", before.position, mark.position)
        });
        self.generations.put_mark(mark)?;
        Ok(Before { generations: self.generations, name, keep })
    }

    /// Removes this generation. Nobody may read it any more.
    pub fn abandon(self) -> Result<(), Error> {
        let Self { generations, name, store } = self;
        drop(store);
        generations.remove(&name)
    }
}

/// The generation that was current before. It is removed when this is dropped and the folder is opened again.
#[derive(Debug)]
pub struct Before {
    generations: Arc<Generations>,
    name: Option<String>,
    /// Why it is not removed, if so.
    keep: Option<String>,
}

impl Before {
    /// Removes it, or puts it aside when it has records that the new one lacks. Nobody may read it any more.
    pub fn remove(self) -> Result<(), Error> {
        let Some(name) = self.name.filter(|name| self.generations.folder.join(name).is_dir()) else { return Ok(()) };
        match self.keep {
            Some(reason) => self.generations.put_aside(&name, &reason),
            None => self.generations.remove(&name),
        }
    }
}

fn number(name: &str) -> Option<u64> {
    name.strip_prefix(GENERATION)?.parse().ok()
}

/// Opens a store in a thread of its own: a panic or a stand-still of the engine is an error here.
fn open_watched(folder: PathBuf) -> Result<Store, Error> {
    let rows = Arc::new(AtomicU64::new(0));
    let (sender, receiver) = mpsc::sync_channel(1);
    let counted = Arc::clone(&rows);
    let opening = thread::Builder::new().name("store-open".to_owned()).spawn(move || {
        let result = Store::open(&folder, || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        // Nobody waits any more when this took too long.
        sender.send(result).ok();
    });
    let opening = opening.map_err(|error| Error::io("start a thread", error))?;
    let (mut seen, mut seen_at) = (0, Instant::now());
    loop {
        match receiver.recv_timeout(LOOK_EVERY) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Disconnected) => {
                let panic = opening.join().err();
                let message = panic.as_deref().map_or("no message", message);
                return Err(Error::damaged(format!("the engine panicked: {message}")));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = rows.load(Ordering::Relaxed);
        if now != seen {
            (seen, seen_at) = (now, Instant::now());
        } else if seen_at.elapsed() > STUCK_AFTER {
            return Err(Error::damaged(format!("it got stuck after {seen} rows while it was opened")));
        }
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
