//! What is done to a store while no projector runs on it.

use crate::{Config, follow, generations};
use anyhow::Context as _;
use event_log::EventLog;
use read_model::Checkpoint;
use std::io::Write;
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
    let generations = generations(config)?;
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

/// How far the store is; none when there is no store.
pub fn status(config: &Config) -> anyhow::Result<Option<Checkpoint>> {
    let store = generations(config)?.inspect().context("cannot open the store")?;
    Ok(store.map(|store| store.checkpoint()))
}
