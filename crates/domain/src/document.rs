//! A document with immutable revisions. Its text lives in the object store; records hold a salted digest.

use crate::aggregate::aggregate_of;
use crate::edtf::Edtf;
use crate::id::{SourceId, UserId};
use crate::text::Text;
use crate::{Aggregate, Fact, Rejection};
use std::collections::BTreeMap;

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
    /// The salt of the digest, in records from before it was put with the text. Without it the digest tells nothing of an
    /// erased text.
    pub salt: Option<[u8; 16]>,
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
    /// A text of it was erased, with its salt.
    DocumentTextErased {
        /// The revision whose text it was.
        number: u32,
        /// Why.
        reason: Text,
    },
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::DocumentRegistered(_) => "DocumentRegistered",
            Self::DocumentRevisionCaptured(_) => "DocumentRevisionCaptured",
            Self::DocumentWithdrawnByPublisher => "DocumentWithdrawnByPublisher",
            Self::DocumentTextErased { .. } => "DocumentTextErased",
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
    /// Erase a text.
    EraseText {
        /// The revision whose text it is.
        number: u32,
        /// Why.
        reason: Text,
    },
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
        /// Why texts of it were erased, by the revision.
        erased: BTreeMap<u32, Text>,
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

    /// Whether the text of this revision was erased.
    #[must_use]
    pub fn is_erased(&self, number: u32) -> bool {
        matches!(self, Self::Registered { erased, .. } if erased.contains_key(&number))
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
            (Self::Absent, Command::CaptureRevision(_) | Command::Withdraw | Command::EraseText { .. }) => {
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
            (Self::Registered { erased, .. }, Command::EraseText { number, reason }) => {
                if self.revision(number).is_none() {
                    return Err(Rejection::absent("not_found", format!("the document has no revision {number}")));
                }
                if erased.contains_key(&number) {
                    return Err(Rejection::conflict("already_erased", "the text of this revision was erased"));
                }
                Ok(vec![Event::DocumentTextErased { number, reason }])
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
                let (detail, revisions, erased) = (detail.clone(), Vec::new(), BTreeMap::new());
                Self::Registered { detail, revisions, withdrawn: false, erased }
            }
            (Self::Registered { detail, mut revisions, mut withdrawn, mut erased }, event) => {
                match event {
                    Event::DocumentRegistered(_) => {}
                    Event::DocumentRevisionCaptured(revision) => revisions.push(revision.clone()),
                    Event::DocumentWithdrawnByPublisher => withdrawn = true,
                    Event::DocumentTextErased { number, reason } => {
                        erased.entry(*number).or_insert_with(|| reason.clone());
                    }
                }
                Self::Registered { detail, revisions, withdrawn, erased }
            }
            (
                Self::Absent,
                Event::DocumentRevisionCaptured(_)
                | Event::DocumentWithdrawnByPublisher
                | Event::DocumentTextErased { .. },
            ) => Self::Absent,
        }
    }
}

#[cfg(test)]
mod tests;
