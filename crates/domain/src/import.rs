//! A batch of commands that came in one request.
//!
//! The batch says when it began and how it ended; what its lines recorded names it by its correlation. A batch whose
//! connection died was started and never completed, and can be taken back all the same.

use crate::aggregate::aggregate_of;
use crate::id::UserId;
use crate::text::Text;
use crate::{Aggregate, Rejection};

/// How an import ended: how many lines it had, and how many of them were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines {
    /// Lines that were answered.
    pub lines: u64,
    /// Those among them that a rule refused.
    pub refused: u64,
}

/// What became of the records of a batch that was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reverted {
    /// Records of which nothing stands any more.
    pub reverted: u64,
    /// Records that stay: nothing takes them back, or others built on them.
    pub kept: u64,
}

/// What happened to an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Its lines began to come.
    ImportBatchStarted {
        /// What its author calls it.
        name: Option<Text>,
    },
    /// Its last line was answered.
    ImportBatchCompleted(Lines),
    /// What it recorded was taken back, as far as that goes.
    ImportBatchReverted(Reverted),
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ImportBatchStarted { .. } => "ImportBatchStarted",
            Self::ImportBatchCompleted(_) => "ImportBatchCompleted",
            Self::ImportBatchReverted(_) => "ImportBatchReverted",
        }
    }
}

/// What is asked of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Begin it.
    Start {
        /// What its author calls it.
        name: Option<Text>,
    },
    /// Note that its last line was answered.
    Complete(Lines),
    /// Note that what it recorded was taken back.
    Revert(Reverted),
}

/// An import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Import {
    /// Not started.
    #[default]
    Absent,
    /// It was started.
    Batch(Batch),
}

/// An import that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// What its author calls it.
    pub name: Option<Text>,
    /// How it ended; none while it has not.
    pub completed: Option<Lines>,
    /// What became of it when it was taken back.
    pub reverted: Option<Reverted>,
}

impl Import {
    /// The batch, if it was started.
    #[must_use]
    pub fn batch(&self) -> Option<&Batch> {
        match self {
            Self::Absent => None,
            Self::Batch(batch) => Some(batch),
        }
    }

    /// Refuses whatever would add to a batch that was taken back.
    pub fn check_open(&self) -> Result<(), Rejection> {
        match self {
            Self::Absent => Err(Rejection::absent("not_found", "there is no such import")),
            Self::Batch(Batch { reverted: Some(_), .. }) => {
                Err(Rejection::conflict("import_reverted", "the import was reverted; import again under another key"))
            }
            Self::Batch(_) => Ok(()),
        }
    }

    /// Decides a command.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Absent, Command::Start { name }) => Ok(vec![Event::ImportBatchStarted { name }]),
            (Self::Batch(_), Command::Start { .. }) => {
                Err(Rejection::conflict("id_taken", "there is an import with this id"))
            }
            (state, Command::Complete(lines)) => {
                state.check_open()?;
                if state.batch().is_some_and(|batch| batch.completed.is_some()) {
                    return Err(Rejection::conflict("import_completed", "the import was completed"));
                }
                Ok(vec![Event::ImportBatchCompleted(lines)])
            }
            (state, Command::Revert(reverted)) => {
                state.check_open()?;
                Ok(vec![Event::ImportBatchReverted(reverted)])
            }
        }
    }
}

impl Aggregate for Import {
    aggregate_of!(Import);

    fn evolve(self, event: &Event, _author: UserId) -> Self {
        match (self, event) {
            (Self::Absent, Event::ImportBatchStarted { name }) => {
                Self::Batch(Batch { name: name.clone(), completed: None, reverted: None })
            }
            (Self::Batch(batch), event) => Self::Batch(match event {
                Event::ImportBatchStarted { .. } => batch,
                Event::ImportBatchCompleted(lines) => Batch { completed: Some(*lines), ..batch },
                Event::ImportBatchReverted(reverted) => Batch { reverted: Some(*reverted), ..batch },
            }),
            (Self::Absent, Event::ImportBatchCompleted(_) | Event::ImportBatchReverted(_)) => Self::Absent,
        }
    }
}

#[cfg(test)]
mod tests;
