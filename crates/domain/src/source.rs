//! A source: an organisation that publishes.

use crate::aggregate::aggregate_of;
use crate::code::codes;
use crate::id::{SourceId, UserId};
use crate::text::Text;
use crate::{Aggregate, Rejection};

codes! {
    /// What kind of organisation publishes.
    pub enum SourceKind as "kind of source" {
        /// A newspaper, a site, a broadcaster.
        Outlet = "outlet",
        /// A news agency.
        Agency = "agency",
        /// A channel of a messaging service or platform.
        Channel = "channel",
        /// A ministry or another organ of a state.
        Ministry = "ministry",
    }
}

codes! {
    /// How sources are related.
    pub enum SourceRelation as "relation of sources" {
        /// It takes the other's wire.
        WireOf = "wire_of",
        /// It belongs to the other.
        OwnedBy = "owned_by",
    }
}

/// What happened to a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It became known.
    SourceRegistered {
        /// Its name.
        name: Text,
        /// Its kind.
        kind: SourceKind,
    },
    /// Somebody said how it is related to another.
    SourceRelationAsserted {
        /// How.
        relation: SourceRelation,
        /// To which.
        to: SourceId,
    },
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::SourceRegistered { .. } => "SourceRegistered",
            Self::SourceRelationAsserted { .. } => "SourceRelationAsserted",
        }
    }
}

/// What is asked of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Register it.
    Register {
        /// Its name.
        name: Text,
        /// Its kind.
        kind: SourceKind,
    },
    /// Say how it is related to another.
    AssertRelation {
        /// The source itself.
        own: SourceId,
        /// How.
        relation: SourceRelation,
        /// To which; ingest has found it.
        to: SourceId,
    },
}

/// A source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Source {
    /// Not known.
    #[default]
    Absent,
    /// Known.
    Registered {
        /// Its name.
        name: Text,
        /// Its kind.
        kind: SourceKind,
        /// How it is related to others, in the order in which it was said.
        relations: Vec<(SourceRelation, SourceId)>,
    },
}

impl Source {
    /// The most relations of one source.
    pub const RELATIONS_MAX: usize = 1_000;

    /// Decides a command.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Absent, Command::Register { name, kind }) => Ok(vec![Event::SourceRegistered { name, kind }]),
            (Self::Registered { .. }, Command::Register { .. }) => {
                Err(Rejection::conflict("id_taken", "there is a source with this id"))
            }
            (Self::Absent, Command::AssertRelation { .. }) => {
                Err(Rejection::absent("not_found", "there is no such source"))
            }
            (Self::Registered { relations, .. }, Command::AssertRelation { own, relation, to }) => {
                if own == to {
                    return Err(
                        Rejection::invalid("relation_to_itself", "a source has no relation to itself").at("/to")
                    );
                }
                if relations.contains(&(relation, to)) {
                    return Err(Rejection::conflict("relation_known", "this relation was asserted before").at("/to"));
                }
                if relations.len() >= Self::RELATIONS_MAX {
                    let detail = format!("a source has at most {} relations", Self::RELATIONS_MAX);
                    return Err(Rejection::conflict("relations_full", detail));
                }
                Ok(vec![Event::SourceRelationAsserted { relation, to }])
            }
        }
    }
}

impl Aggregate for Source {
    aggregate_of!(Source);

    fn evolve(self, event: &Event, _author: UserId) -> Self {
        match (self, event) {
            (Self::Absent, Event::SourceRegistered { name, kind }) => {
                Self::Registered { name: name.clone(), kind: *kind, relations: Vec::new() }
            }
            (Self::Registered { name, kind, mut relations }, Event::SourceRelationAsserted { relation, to }) => {
                relations.push((*relation, *to));
                Self::Registered { name, kind, relations }
            }
            (state @ Self::Registered { .. }, Event::SourceRegistered { .. })
            | (state @ Self::Absent, Event::SourceRelationAsserted { .. }) => state,
        }
    }
}

#[cfg(test)]
mod tests;
