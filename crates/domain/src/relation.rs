//! A possible edge between two actors.

use crate::adjudication::Outcome;
use crate::aggregate::aggregate_of;
use crate::claim::{EVIDENCE_MAX, check_list};
use crate::code::codes;
use crate::edtf::{Bounds, Edtf};
use crate::id::{ActorId, AnnotationId, UserId};
use crate::text::Text;
use crate::{Aggregate, Rejection};
use std::collections::BTreeSet;

codes! {
    /// What the edge says of its first actor.
    pub enum RelationType as "type of relation" {
        /// It is another name that the second uses.
        AliasUsedBy = "alias_used_by",
        /// It belongs to the second.
        PartOf = "part_of",
        /// It is a facade of the second.
        FrontOf = "front_of",
        /// It split from the second.
        SplinterOf = "splinter_of",
        /// It commands the second.
        Commands = "commands",
        /// It controls the second.
        Controls = "controls",
        /// It is allied with the second.
        AlliedWith = "allied_with",
        /// It speaks for the second.
        SpeaksFor = "speaks_for",
        /// It holds the second, an office, or an office in it.
        HoldsOffice = "holds_office",
        /// It shares members with the second.
        Overlaps = "overlaps",
    }
}

codes! {
    /// Whether its recorder takes the edge as given.
    pub enum RelationStance as "stance of a relation" {
        /// Taken as given.
        Held = "held",
        /// Somebody says so.
        Reported = "reported",
    }
}

codes! {
    /// Whether an edge counts (domain.md, section 1).
    pub enum Standing as "standing of a relation" {
        /// It counts.
        Held = "held",
        /// It might.
        Open = "open",
        /// It does not.
        Dropped = "dropped",
    }
}

/// An edge as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// What it says.
    pub relation: RelationType,
    /// Its first actor.
    pub from: ActorId,
    /// Its second actor.
    pub to: ActorId,
    /// Whether it is taken as given.
    pub stance: RelationStance,
    /// The cited annotations, at least one.
    pub evidence: Vec<AnnotationId>,
    /// When it held; none for always.
    pub valid: Option<Edtf>,
}

/// What happened to a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It was recorded.
    RelationRegistered(Edge),
    /// Its author disputes it.
    RelationDisputed {
        /// Why.
        reason: Text,
    },
    /// Its author no longer disputes it.
    DisputeWithdrawn,
    /// It was taken back.
    RelationWithdrawn,
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::RelationRegistered(_) => "RelationRegistered",
            Self::RelationDisputed { .. } => "RelationDisputed",
            Self::DisputeWithdrawn => "DisputeWithdrawn",
            Self::RelationWithdrawn => "RelationWithdrawn",
        }
    }
}

/// What is asked of a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Record it.
    Register(Edge),
    /// Dispute it.
    Dispute {
        /// Who.
        author: UserId,
        /// Why.
        reason: Text,
    },
    /// No longer dispute it.
    WithdrawDispute {
        /// Who.
        author: UserId,
    },
    /// Take it back.
    Withdraw,
}

/// A relation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Relation {
    /// Not recorded.
    #[default]
    Absent,
    /// Recorded.
    Live {
        /// The edge.
        edge: Edge,
        /// Who disputes it now.
        disputed_by: BTreeSet<UserId>,
    },
    /// Taken back.
    Withdrawn(Edge),
}

impl Relation {
    /// The edge, if it was recorded.
    #[must_use]
    pub fn edge(&self) -> Option<&Edge> {
        match self {
            Self::Absent => None,
            Self::Live { edge, .. } | Self::Withdrawn(edge) => Some(edge),
        }
    }

    /// Whether it counts: held if its stance is held and no dispute is live, dropped if withdrawn, else open.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self {
            Self::Absent | Self::Withdrawn(_) => Standing::Dropped,
            Self::Live { edge, disputed_by } => match edge.stance {
                RelationStance::Held if disputed_by.is_empty() => Standing::Held,
                RelationStance::Held | RelationStance::Reported => Standing::Open,
            },
        }
    }

    /// The same where something was found on it: what was confirmed is held, and what was rejected is dropped, whoever
    /// disputes it. One that was withdrawn stays dropped.
    #[must_use]
    pub fn standing_as_found(&self, found: Option<Outcome>) -> Standing {
        match (self.standing(), found) {
            (Standing::Dropped, _) | (_, Some(Outcome::Rejected)) => Standing::Dropped,
            (Standing::Held | Standing::Open, Some(Outcome::Confirmed)) => Standing::Held,
            (standing, Some(Outcome::Undetermined) | None) => standing,
        }
    }

    /// The edge, if it is held at that time.
    #[must_use]
    pub fn held_at(&self, time: Bounds) -> Option<&Edge> {
        self.held_as_found(None, time)
    }

    /// The same where something was found on it.
    #[must_use]
    pub fn held_as_found(&self, found: Option<Outcome>, time: Bounds) -> Option<&Edge> {
        let edge = self.edge()?;
        let valid = edge.valid.as_ref().map_or(Bounds::ALWAYS, Edtf::bounds);
        (self.standing_as_found(found) == Standing::Held && valid.overlaps(time)).then_some(edge)
    }

    /// Decides a command.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Absent, Command::Register(edge)) => {
                edge.check()?;
                Ok(vec![Event::RelationRegistered(edge)])
            }
            (Self::Live { .. } | Self::Withdrawn(_), Command::Register(_)) => {
                Err(Rejection::conflict("id_taken", "there is a relation with this id"))
            }
            (Self::Absent, Command::Dispute { .. } | Command::WithdrawDispute { .. } | Command::Withdraw) => {
                Err(Rejection::absent("not_found", "there is no such relation"))
            }
            (Self::Withdrawn(_), Command::Dispute { .. } | Command::WithdrawDispute { .. } | Command::Withdraw) => {
                Err(Rejection::conflict("relation_withdrawn", "the relation was withdrawn"))
            }
            (Self::Live { disputed_by, .. }, Command::Dispute { author, reason }) => {
                if disputed_by.contains(&author) {
                    return Err(Rejection::conflict("already_disputed", "you dispute this relation already"));
                }
                Ok(vec![Event::RelationDisputed { reason }])
            }
            (Self::Live { disputed_by, .. }, Command::WithdrawDispute { author }) => {
                if !disputed_by.contains(&author) {
                    return Err(Rejection::conflict("not_disputed", "you do not dispute this relation"));
                }
                Ok(vec![Event::DisputeWithdrawn])
            }
            (Self::Live { .. }, Command::Withdraw) => Ok(vec![Event::RelationWithdrawn]),
        }
    }
}

impl Edge {
    fn check(&self) -> Result<(), Rejection> {
        if self.from == self.to {
            return Err(Rejection::invalid("relation_to_itself", "a relation joins two actors").at("/to"));
        }
        if self.evidence.is_empty() {
            let detail = "a relation cites at least one annotation";
            return Err(Rejection::invalid("evidence_missing", detail).at("/evidence"));
        }
        check_list(&self.evidence, EVIDENCE_MAX, "/evidence")
    }
}

impl Aggregate for Relation {
    aggregate_of!(Relation);

    fn evolve(self, event: &Event, author: UserId) -> Self {
        match (self, event) {
            (Self::Absent, Event::RelationRegistered(edge)) => {
                Self::Live { edge: edge.clone(), disputed_by: BTreeSet::new() }
            }
            (Self::Live { edge, mut disputed_by }, event) => match event {
                Event::RelationRegistered(_) => Self::Live { edge, disputed_by },
                Event::RelationDisputed { .. } => {
                    disputed_by.insert(author);
                    Self::Live { edge, disputed_by }
                }
                Event::DisputeWithdrawn => {
                    disputed_by.remove(&author);
                    Self::Live { edge, disputed_by }
                }
                Event::RelationWithdrawn => Self::Withdrawn(edge),
            },
            (Self::Absent, Event::RelationDisputed { .. } | Event::DisputeWithdrawn | Event::RelationWithdrawn) => {
                Self::Absent
            }
            (
                state @ Self::Withdrawn(_),
                Event::RelationRegistered(_)
                | Event::RelationDisputed { .. }
                | Event::DisputeWithdrawn
                | Event::RelationWithdrawn,
            ) => state,
        }
    }
}

#[cfg(test)]
mod tests;
