//! Which passage was made from which.

use crate::aggregate::aggregate_of;
use crate::code::codes;
use crate::id::{AnnotationId, UserId};
use crate::text::Text;
use crate::{Aggregate, Rejection};

codes! {
    /// How a passage was made from another.
    pub enum DerivationType as "type of derivation" {
        /// It is the other, passed on by a syndicate or an agency.
        Syndicates = "syndicates",
        /// It quotes the other.
        Quotes = "quotes",
        /// It translates the other.
        Translates = "translates",
        /// It says the other in its own words.
        Paraphrases = "paraphrases",
        /// It refers to the other.
        Cites = "cites",
        /// It has nearly the words of the other.
        NearDuplicate = "near_duplicate",
    }
}

codes! {
    /// What is thought of a derivation.
    pub enum Standing as "standing of a derivation" {
        /// Nobody has judged it.
        Suggested = "suggested",
        /// By the newest verdict it is one.
        Confirmed = "confirmed",
        /// By the newest verdict it is none.
        Rejected = "rejected",
    }
}

codes! {
    /// What is said of a suggested derivation.
    pub enum Verdict as "verdict on a derivation" {
        /// It is one.
        Confirmed = "confirmed",
        /// It is none.
        Rejected = "rejected",
    }
}

impl Verdict {
    /// The standing that a derivation has by this verdict.
    fn standing(self) -> Standing {
        match self {
            Self::Confirmed => Standing::Confirmed,
            Self::Rejected => Standing::Rejected,
        }
    }
}

/// A derivation as suggested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// How the copy was made.
    pub derivation: DerivationType,
    /// The passage that is the copy.
    pub from: AnnotationId,
    /// The passage that is the original.
    pub to: AnnotationId,
}

/// What happened to a derivation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It was suggested, by a person or a program.
    DerivationSuggested(Edge),
    /// It was judged to be one.
    DerivationConfirmed {
        /// Why.
        reason: Text,
    },
    /// It was judged to be none.
    DerivationRejected {
        /// Why.
        reason: Text,
    },
    /// A passage was declared to be an origin, whatever it derives from.
    OriginDeclared {
        /// The passage.
        annotation: AnnotationId,
        /// Why.
        reason: Text,
    },
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::DerivationSuggested(_) => "DerivationSuggested",
            Self::DerivationConfirmed { .. } => "DerivationConfirmed",
            Self::DerivationRejected { .. } => "DerivationRejected",
            Self::OriginDeclared { .. } => "OriginDeclared",
        }
    }
}

/// What is asked of a derivation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Suggest it.
    Suggest(Edge),
    /// Declare a passage to be an origin.
    DeclareOrigin {
        /// The passage.
        annotation: AnnotationId,
        /// Why.
        reason: Text,
    },
    /// Judge it, whatever was said of it before.
    Judge {
        /// What is said.
        verdict: Verdict,
        /// Why.
        reason: Text,
    },
}

/// A derivation, or a passage that counts as an origin whatever it derives from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Derivation {
    /// Not recorded.
    #[default]
    Absent,
    /// One passage was made from another, or so it is suggested.
    Edge {
        /// Which from which.
        edge: Edge,
        /// What is thought of it.
        standing: Standing,
        /// Why, by the newest verdict; none before the first.
        reason: Option<Text>,
    },
    /// A passage is an origin.
    Origin {
        /// The passage.
        annotation: AnnotationId,
        /// Why.
        reason: Text,
    },
}

impl Derivation {
    /// The annotations that it names: copy and original, or the declared origin.
    pub fn annotations(&self) -> impl Iterator<Item = AnnotationId> {
        let named = match self {
            Self::Absent => [None, None],
            Self::Edge { edge, .. } => [Some(edge.from), Some(edge.to)],
            Self::Origin { annotation, .. } => [Some(*annotation), None],
        };
        named.into_iter().flatten()
    }

    /// Decides a command. Whether derivations close a circle plays no part: that is something to be found.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Absent, Command::Suggest(edge)) => {
                edge.check()?;
                Ok(vec![Event::DerivationSuggested(edge)])
            }
            (Self::Absent, Command::DeclareOrigin { annotation, reason }) => {
                Ok(vec![Event::OriginDeclared { annotation, reason }])
            }
            (Self::Edge { .. } | Self::Origin { .. }, Command::Suggest(_) | Command::DeclareOrigin { .. }) => {
                Err(Rejection::conflict("id_taken", "there is a derivation or an origin with this id"))
            }
            (Self::Absent, Command::Judge { .. }) => Err(Rejection::absent("not_found", "there is no such derivation")),
            (Self::Origin { .. }, Command::Judge { .. }) => {
                Err(Rejection::conflict("not_a_derivation", "this declares an origin, which takes no verdict"))
            }
            (Self::Edge { standing, .. }, Command::Judge { verdict, reason }) => {
                if *standing == verdict.standing() {
                    return Err(Rejection::conflict("verdict_stands", format!("the derivation is {verdict} already")));
                }
                Ok(vec![match verdict {
                    Verdict::Confirmed => Event::DerivationConfirmed { reason },
                    Verdict::Rejected => Event::DerivationRejected { reason },
                }])
            }
        }
    }
}

impl Edge {
    /// No passage derives from itself (invariant 12).
    fn check(&self) -> Result<(), Rejection> {
        if self.from == self.to {
            return Err(Rejection::invalid("derivation_to_itself", "a derivation joins two annotations").at("/to"));
        }
        Ok(())
    }
}

impl Aggregate for Derivation {
    aggregate_of!(Derivation);

    fn evolve(self, event: &Event, _author: UserId) -> Self {
        let judged = |edge, standing, reason: &Text| Self::Edge { edge, standing, reason: Some(reason.clone()) };
        match (self, event) {
            (Self::Absent, Event::DerivationSuggested(edge)) => {
                Self::Edge { edge: *edge, standing: Standing::Suggested, reason: None }
            }
            (Self::Absent, Event::OriginDeclared { annotation, reason }) => {
                Self::Origin { annotation: *annotation, reason: reason.clone() }
            }
            (Self::Edge { edge, .. }, Event::DerivationConfirmed { reason }) => {
                judged(edge, Standing::Confirmed, reason)
            }
            (Self::Edge { edge, .. }, Event::DerivationRejected { reason }) => judged(edge, Standing::Rejected, reason),
            (state @ Self::Edge { .. }, Event::DerivationSuggested(_) | Event::OriginDeclared { .. })
            | (state @ Self::Absent, Event::DerivationConfirmed { .. } | Event::DerivationRejected { .. })
            | (
                state @ Self::Origin { .. },
                Event::DerivationSuggested(_)
                | Event::DerivationConfirmed { .. }
                | Event::DerivationRejected { .. }
                | Event::OriginDeclared { .. },
            ) => state,
        }
    }
}

#[cfg(test)]
mod tests;
