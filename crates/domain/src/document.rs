//! A document with immutable revisions. Its text lives in the object store; records hold a salted digest.

use crate::aggregate::aggregate_of;
use crate::edtf::Edtf;
use crate::id::{SourceId, UserId};
use crate::text::Text;
use crate::{Aggregate, Fact, Rejection};

/// The longest text of a revision, in bytes.
pub const TEXT_LEN_MAX: usize = 16 * 1024 * 1024;

/// What is known of a document besides its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The title.
    pub title: Text,
    /// Who published it.
    pub source: SourceId,
    /// Where it was published.
    pub url: Option<Text>,
    /// When it was published.
    pub published: Option<Edtf>,
    /// Its language as a BCP 47 tag.
    pub language: Option<Text>,
    /// How it is to be handled, in the project's own terms.
    pub sensitivity: Option<Text>,
}

/// An immutable revision of a document's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Counted from 1.
    pub number: u32,
    /// The salt of the digest: without it the digest tells nothing of an erased text.
    pub salt: [u8; 16],
    /// SHA-256 over salt and text.
    pub sha256: [u8; 32],
    /// The text's length in bytes.
    pub bytes: u64,
    /// The text's length in Unicode code points.
    pub code_points: u32,
    /// When the text was captured, as the client tells (RFC 3339).
    pub captured_at: Option<Text>,
}

/// What happened to a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It became known.
    DocumentRegistered(Detail),
    /// A text of it was captured.
    DocumentRevisionCaptured(Revision),
    /// Its publisher withdrew it.
    DocumentWithdrawnByPublisher,
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::DocumentRegistered(_) => "DocumentRegistered",
            Self::DocumentRevisionCaptured(_) => "DocumentRevisionCaptured",
            Self::DocumentWithdrawnByPublisher => "DocumentWithdrawnByPublisher",
        }
    }
}

/// What is asked of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Register it with its first text.
    Register {
        /// What is known of it.
        detail: Detail,
        /// The first revision.
        revision: Revision,
    },
    /// Add a text.
    CaptureRevision(Revision),
    /// Note that its publisher withdrew it.
    Withdraw,
}

/// A document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Document {
    /// Not known.
    #[default]
    Absent,
    /// Known.
    Registered {
        /// What is known of it.
        detail: Detail,
        /// Its texts, in order.
        revisions: Vec<Revision>,
        /// Whether its publisher withdrew it.
        withdrawn: bool,
    },
}

impl Document {
    /// The most revisions of one document.
    pub const REVISIONS_MAX: usize = 1_000;

    /// The revision of this number.
    #[must_use]
    pub fn revision(&self, number: u32) -> Option<&Revision> {
        match self {
            Self::Absent => None,
            Self::Registered { revisions, .. } => revisions.iter().find(|revision| revision.number == number),
        }
    }

    /// The number that the next captured text gets.
    #[must_use]
    pub fn revision_next(&self) -> u32 {
        match self {
            Self::Absent => 1,
            Self::Registered { revisions, .. } => {
                revisions.last().map_or(1, |revision| revision.number.saturating_add(1))
            }
        }
    }

    /// Decides a command.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Absent, Command::Register { detail, revision }) => {
                self.check_revision(&revision)?;
                Ok(vec![Event::DocumentRegistered(detail), Event::DocumentRevisionCaptured(revision)])
            }
            (Self::Registered { .. }, Command::Register { .. }) => {
                Err(Rejection::conflict("id_taken", "there is a document with this id"))
            }
            (Self::Absent, Command::CaptureRevision(_) | Command::Withdraw) => {
                Err(Rejection::absent("not_found", "there is no such document"))
            }
            (Self::Registered { revisions, .. }, Command::CaptureRevision(revision)) => {
                if revisions.len() >= Self::REVISIONS_MAX {
                    let detail = format!("a document has at most {} revisions", Self::REVISIONS_MAX);
                    return Err(Rejection::conflict("revisions_full", detail));
                }
                self.check_revision(&revision)?;
                Ok(vec![Event::DocumentRevisionCaptured(revision)])
            }
            (Self::Registered { withdrawn, .. }, Command::Withdraw) => {
                if *withdrawn {
                    return Err(Rejection::conflict("already_withdrawn", "the publisher's withdrawal is recorded"));
                }
                Ok(vec![Event::DocumentWithdrawnByPublisher])
            }
        }
    }

    fn check_revision(&self, revision: &Revision) -> Result<(), Rejection> {
        if revision.bytes > TEXT_LEN_MAX as u64 {
            let detail = format!("the text has {} bytes, at most {TEXT_LEN_MAX} are taken", revision.bytes);
            let len_max = Fact::Number(TEXT_LEN_MAX as u64);
            return Err(Rejection::invalid("text_too_long", detail).at("/text").with("len_max", len_max));
        }
        let next = self.revision_next();
        if revision.number != next {
            let detail = format!("the next revision is number {next}");
            return Err(Rejection::conflict("revision_number", detail).with("number", Fact::Number(u64::from(next))));
        }
        Ok(())
    }
}

impl Aggregate for Document {
    aggregate_of!(Document);

    fn evolve(self, event: &Event, _author: UserId) -> Self {
        match (self, event) {
            (Self::Absent, Event::DocumentRegistered(detail)) => {
                Self::Registered { detail: detail.clone(), revisions: Vec::new(), withdrawn: false }
            }
            (Self::Registered { detail, mut revisions, withdrawn }, event) => match event {
                Event::DocumentRegistered(_) => Self::Registered { detail, revisions, withdrawn },
                Event::DocumentRevisionCaptured(revision) => {
                    revisions.push(revision.clone());
                    Self::Registered { detail, revisions, withdrawn }
                }
                Event::DocumentWithdrawnByPublisher => Self::Registered { detail, revisions, withdrawn: true },
            },
            (Self::Absent, Event::DocumentRevisionCaptured(_) | Event::DocumentWithdrawnByPublisher) => Self::Absent,
        }
    }
}

#[cfg(test)]
mod tests;
