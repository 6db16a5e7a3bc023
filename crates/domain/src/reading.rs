//! A reading: what one annotator says that a passage says, or that it says nothing.

mod surroundings;

pub use surroundings::Surroundings;

use crate::aggregate::aggregate_of;
use crate::claim::Claim;
use crate::id::{DocumentId, UserId};
use crate::passage;
use crate::{Aggregate, Rejection};

/// A passage in which an annotator found no claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blank {
    /// The document.
    pub document: DocumentId,
    /// The number of the document's revision.
    pub revision: u32,
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    pub end: u32,
}

/// What happened to a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A claim was read.
    ClaimRead(Claim),
    /// Its reader reads it differently now; the whole new content.
    ClaimReadingRevised(Claim),
    /// Its reader took it back.
    ClaimReadingRetracted,
    /// The reader found no claim in a passage.
    NoClaimFound(Blank),
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ClaimRead(_) => "ClaimRead",
            Self::ClaimReadingRevised(_) => "ClaimReadingRevised",
            Self::ClaimReadingRetracted => "ClaimReadingRetracted",
            Self::NoClaimFound(_) => "NoClaimFound",
        }
    }
}

/// What is asked of a reading.
#[derive(Debug, Clone)]
pub enum Command<'a> {
    /// Record a claim.
    Read {
        /// The claim.
        claim: Claim,
        /// What the claim names, as it stands now.
        surroundings: &'a Surroundings,
    },
    /// Replace the claim.
    Revise {
        /// The new claim.
        claim: Claim,
        /// What the claim names, as it stands now.
        surroundings: &'a Surroundings,
    },
    /// Take it back.
    Retract,
    /// Record that a passage holds no claim.
    FindNone {
        /// The passage.
        blank: Blank,
        /// The length of that revision in code points.
        code_points: u32,
    },
}

/// A reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Reading {
    /// Not recorded.
    #[default]
    Absent,
    /// A claim was read.
    Claim {
        /// Who reads it so.
        author: UserId,
        /// What is read.
        claim: Claim,
    },
    /// No claim was found.
    Blank {
        /// Who found none.
        author: UserId,
        /// Where.
        blank: Blank,
    },
    /// A claim that its reader took back.
    Retracted {
        /// Who read it so.
        author: UserId,
        /// What was read last.
        claim: Claim,
    },
    /// A no-claim that its reader took back.
    BlankRetracted {
        /// Who had found none.
        author: UserId,
        /// Where.
        blank: Blank,
    },
}

impl Reading {
    /// The author, if it was recorded.
    #[must_use]
    pub fn author(&self) -> Option<UserId> {
        match self {
            Self::Absent => None,
            Self::Claim { author, .. }
            | Self::Blank { author, .. }
            | Self::Retracted { author, .. }
            | Self::BlankRetracted { author, .. } => Some(*author),
        }
    }

    /// The claim, if one was read and not taken back.
    #[must_use]
    pub fn live(&self) -> Option<&Claim> {
        match self {
            Self::Claim { claim, .. } => Some(claim),
            Self::Absent | Self::Blank { .. } | Self::Retracted { .. } | Self::BlankRetracted { .. } => None,
        }
    }

    /// The claim as it was last, taken back or not.
    #[must_use]
    pub fn claim(&self) -> Option<&Claim> {
        match self {
            Self::Claim { claim, .. } | Self::Retracted { claim, .. } => Some(claim),
            Self::Absent | Self::Blank { .. } | Self::BlankRetracted { .. } => None,
        }
    }

    /// Decides a command.
    pub fn decide(&self, command: Command<'_>) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Read { claim, surroundings } => {
                self.check_absent()?;
                claim.check()?;
                surroundings.check(&claim)?;
                Ok(vec![Event::ClaimRead(claim)])
            }
            Command::FindNone { blank, code_points } => {
                self.check_absent()?;
                passage::check_span(blank.start, blank.end, code_points)?;
                Ok(vec![Event::NoClaimFound(blank)])
            }
            Command::Revise { claim, surroundings } => match self {
                Self::Claim { .. } => {
                    claim.check()?;
                    surroundings.check(&claim)?;
                    Ok(vec![Event::ClaimReadingRevised(claim)])
                }
                Self::Blank { .. } => {
                    Err(Rejection::conflict("reading_without_claim", "a no-claim is retracted, not revised"))
                }
                Self::Absent | Self::Retracted { .. } | Self::BlankRetracted { .. } => Err(self.gone()),
            },
            Command::Retract => match self {
                Self::Claim { .. } | Self::Blank { .. } => Ok(vec![Event::ClaimReadingRetracted]),
                Self::Absent | Self::Retracted { .. } | Self::BlankRetracted { .. } => Err(self.gone()),
            },
        }
    }

    fn check_absent(&self) -> Result<(), Rejection> {
        match self {
            Self::Absent => Ok(()),
            Self::Claim { .. } | Self::Blank { .. } | Self::Retracted { .. } | Self::BlankRetracted { .. } => {
                Err(Rejection::conflict("id_taken", "there is a reading with this id"))
            }
        }
    }

    fn gone(&self) -> Rejection {
        match self {
            Self::Absent => Rejection::absent("not_found", "there is no such reading"),
            _ => Rejection::conflict("reading_retracted", "the reading was retracted"),
        }
    }
}

impl Aggregate for Reading {
    aggregate_of!(Reading);

    fn evolve(self, event: &Event, author: UserId) -> Self {
        match (self, event) {
            (Self::Absent, Event::ClaimRead(claim)) => Self::Claim { author, claim: claim.clone() },
            (Self::Absent, Event::NoClaimFound(blank)) => Self::Blank { author, blank: *blank },
            (Self::Claim { author, claim: _ }, Event::ClaimReadingRevised(claim)) => {
                Self::Claim { author, claim: claim.clone() }
            }
            (Self::Claim { author, claim }, Event::ClaimReadingRetracted) => Self::Retracted { author, claim },
            (Self::Blank { author, blank }, Event::ClaimReadingRetracted) => Self::BlankRetracted { author, blank },
            (
                state,
                Event::ClaimRead(_)
                | Event::ClaimReadingRevised(_)
                | Event::ClaimReadingRetracted
                | Event::NoClaimFound(_),
            ) => state,
        }
    }
}

#[cfg(test)]
mod tests;
