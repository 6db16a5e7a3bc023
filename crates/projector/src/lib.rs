//! The projector: follows the log into the store and answers questions from it.
//!
//! What holds here:
//!
//! - **Every record once, in order.** A position that is missing, a record of another log, or one that does not follow
//!   its aggregate's last one halts the projector, loudly; questions are answered as of the last good position.
//! - **Never a wrong answer.** A store that cannot be trusted is put aside and filled anew. Until it has caught up with
//!   the log, questions are refused, not answered from a part.
//! - **Bounded.** What was read ahead, what one commit takes, what is answered at a time and what is cached have limits.

mod canary;
mod chain;
mod control;
mod follow;
mod model;
mod offline;
mod pace;
mod patrol;
mod texts;
mod views;

#[cfg(test)]
mod tests;

pub use offline::{Figures, compare, dump, known, rebuild, status, try_store};
pub use read_model::SCHEMA;
pub use read_model::generation::Trial;
pub use views::LocalViews;

use anyhow::Context as _;
use control::Control;
use event_log::EventLog;
use event_log::control::Instance;
use event_log::texts::Texts;
use follow::Following;
use model::Model;
use read_model::Generations;
use runtime::{Health, Shutdown};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What a projector is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder of the store, for this projector alone.
    pub data: PathBuf,
    /// The most records of a live commit. A commit never waits for more records to come: while one is under way the next
    /// ones gather. When the projector is far behind, commits are larger.
    pub batch_len_max: usize,
    /// How a store is tried, in a process of its own, before this one opens it.
    pub trial: Option<Trial>,
}

impl Config {
    /// The usual settings for this folder.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), batch_len_max: 256, trial: None }
    }
}

/// A projector that runs.
#[derive(Debug)]
pub struct Projector {
    views: Arc<LocalViews>,
    model: Arc<Model>,
    event_log: EventLog,
    shutdown: Shutdown,
    tasks: Vec<JoinHandle<()>>,
}

impl Projector {
    /// Answers questions.
    #[must_use]
    pub fn views(&self) -> Arc<LocalViews> {
        Arc::clone(&self.views)
    }

    /// Whether questions are answered: not before the store has caught up with the log, and not while it is filled anew.
    #[must_use]
    pub fn serving(&self) -> watch::Receiver<bool> {
        self.views.serving()
    }

    /// The newest position that answers are given from.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.views.position()
    }

    /// Carries out operators' commands to a projector of this name, until the shutdown. A name that another projector
    /// has is refused.
    pub async fn take_commands(&mut self, instance: Instance) -> Result<(), event_log::Error> {
        let commands = self.event_log.take_commands(&instance).await?;
        let (model, event_log) = (Arc::clone(&self.model), self.event_log.clone());
        let control = Control::new(instance, model, event_log, self.shutdown.clone());
        self.tasks.push(tokio::spawn(control.run(commands)));
        Ok(())
    }

    /// Waits until the projector has ended, which the shutdown asks for. Everything is on the disk then.
    pub async fn ended(self) {
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the projector failed");
            }
        }
    }
}

/// Opens the store, or starts a new one in place of one that cannot be trusted, and follows the log.
///
/// Health has a check `projector`, well while the store is up to date, a check `canary`, well while the log can be read
/// and holds what was read from it before, and a check `texts`, well while no text is missing.
pub async fn start(
    config: Config,
    event_log: EventLog,
    texts: Texts,
    shutdown: Shutdown,
    health: Health,
) -> anyhow::Result<Projector> {
    let check = health.check("projector");
    let log = event_log.id();
    let opening = config.clone();
    let model = tokio::task::spawn_blocking(move || Model::open(generations(&opening)?, log))
        .await
        .context("opening the store failed")?
        .with_context(|| format!("cannot open the store in `{}`", config.data.display()))?;
    let model = Arc::new(model);
    let views = Arc::new(LocalViews::new(Arc::clone(&model), texts::TextCache::new(texts, health.check("texts"))));
    let following = Following {
        config,
        event_log: event_log.clone(),
        model: Arc::clone(&model),
        shutdown: shutdown.clone(),
        check,
    };
    let canary = canary::Canary {
        event_log: event_log.clone(),
        model: Arc::clone(&model),
        shutdown: shutdown.clone(),
        check: health.check("canary"),
    };
    let tasks = vec![tokio::spawn(following.run()), tokio::spawn(canary.run())];
    Ok(Projector { views, model, event_log, shutdown, tasks })
}

/// Takes the folder of the store for this process alone.
fn generations(config: &Config) -> anyhow::Result<Generations> {
    let generations = Generations::lock(&config.data).context("cannot take the folder of the store")?;
    Ok(generations.tried_by(config.trial.clone()))
}
