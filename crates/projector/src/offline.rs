//! What is done to a store while no projector runs on it.

use crate::{Config, follow, generations};
use anyhow::Context as _;
use event_log::EventLog;
use event_log::control::Compared;
use read_model::generation::Mark;
use read_model::{Checkpoint, Store};
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a rebuild took.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// Records that were stored.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How long it took.
    pub took: Duration,
}

impl Figures {
    /// Records per second.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    pub fn rate(&self) -> f64 {
        self.records as f64 / self.took.as_secs_f64().max(1e-9)
    }
}

/// Fills a new store from the whole log beside the current one, and puts it in its place.
pub async fn rebuild(config: &Config, event_log: &EventLog) -> anyhow::Result<Figures> {
    let generations = Arc::new(generations(config)?);
    let started = Instant::now();
    let building = generations.build(event_log.id()).context("cannot start a new store")?;
    let bytes = follow::fill(Arc::clone(&building.store), event_log).await.context("cannot fill the new store")?;
    let checkpoint = building.finish().context("cannot put the new store in its place")?;
    Ok(Figures { records: checkpoint.position, bytes, took: started.elapsed() })
}

/// Writes the canonical dump of the store at a position, or at its newest one.
pub fn dump(config: &Config, at: Option<u64>, out: &mut impl Write) -> anyhow::Result<()> {
    let store = generations(config)?.inspect().context("cannot open the store")?;
    let store = store.with_context(|| format!("there is no store in `{}`", config.data.display()))?;
    Ok(read_model::dump(&store, at, out)?)
}

/// Fills a new store from the whole log beside the current one, compares the dumps of both as of the newest position
/// that both have, and removes the new one.
pub async fn compare(config: &Config, event_log: &EventLog) -> anyhow::Result<Compared> {
    let generations = Arc::new(generations(config)?);
    let store = generations.inspect().context("cannot open the store")?;
    let store = store.with_context(|| format!("there is no store in `{}`", config.data.display()))?;
    let building = generations.build(event_log.id()).context("cannot start a new store")?;
    let compared = match follow::fill(Arc::clone(&building.store), event_log).await {
        Ok(_) => compare_stores(&store, &building.store),
        Err(error) => Err(error.context("cannot fill the new store")),
    };
    building.abandon().context("cannot remove the new store")?;
    compared
}

/// Compares the dumps of two stores as of the newest position that both have.
pub(crate) fn compare_stores(live: &Store, rebuilt: &Store) -> anyhow::Result<Compared> {
    let at = live.checkpoint().position.min(rebuilt.checkpoint().position);
    let digest = |store: &Store| -> anyhow::Result<String> {
        let mut digest = Digesting(Sha256::new());
        read_model::dump(store, Some(at), &mut digest)?;
        Ok(hex::encode(digest.0.finalize()))
    };
    Ok(Compared { at, live_sha256: digest(live)?, rebuilt_sha256: digest(rebuilt)? })
}

/// Takes the digest of what is written.
struct Digesting(Sha256);

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How far the store is; none when there is no store.
pub fn status(config: &Config) -> anyhow::Result<Option<Checkpoint>> {
    let store = generations(config)?.inspect().context("cannot open the store")?;
    Ok(store.map(|store| store.checkpoint()))
}

/// Up to where the views in a folder once held a log, by which that log can be proven; none where nobody knows.
#[must_use]
pub fn known(config: &Config) -> Option<Mark> {
    let noted = Mark::read(&config.data);
    // The note is some seconds old when the projector was killed. A store that is in use, or cannot be opened, says
    // nothing more.
    let stored = if config.data.is_dir() { status(config).ok().flatten().map(Mark::from) } else { None };
    match (noted, stored) {
        (Some(noted), Some(stored)) if noted.log == stored.log && noted.position < stored.position => Some(stored),
        (noted, stored) => noted.or(stored),
    }
}

/// Has the engine open a store's folder and close it again: the program of a [`Trial`](crate::Trial). False means that any
/// store would have failed, as on a full disk, for which the program ends with [`OF_THE_MACHINE`](crate::Trial::OF_THE_MACHINE).
pub fn try_store(folder: &Path) -> anyhow::Result<bool> {
    match Store::try_open(folder) {
        Ok(()) => Ok(true),
        Err(error) if error.is_of_the_machine() => Ok(false),
        Err(error) => Err(error).context("cannot open the store"),
    }
}
