//! An actor. Names are separate assertions with evidence; nothing is merged.

use crate::aggregate::aggregate_of;
use crate::claim::{EVIDENCE_MAX, check_list};
use crate::code::codes;
use crate::id::{AnnotationId, NameId, UserId};
use crate::text::Text;
use crate::{Aggregate, Rejection};

codes! {
    /// What an actor is.
    pub enum ActorKind as "kind of actor" {
        /// A human being.
        Person = "person",
        /// An organisation, armed or not.
        Organisation = "organisation",
        /// An organ of a state.
        StateBody = "state_body",
        /// A number of people without organisation.
        Collective = "collective",
        /// An office that people hold.
        Office = "office",
        /// Media as an actor.
        Media = "media",
        /// An anonymous or facade group, or an unknown.
        Placeholder = "placeholder",
    }
}

/// A name and who wrote it where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub name: Text,
    /// Its language as a BCP 47 tag.
    pub language: Option<Text>,
    /// Annotations that show it.
    pub evidence: Vec<AnnotationId>,
}

/// What happened to an actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It became known.
    ActorRegistered {
        /// Its kind, never placeholder.
        kind: ActorKind,
    },
    /// Somebody whom nobody knows was given a place in the records.
    PlaceholderActorIntroduced,
    /// Somebody said that it bears a name.
    ActorNameAsserted {
        /// The assertion.
        id: NameId,
        /// The name.
        name: Name,
    },
    /// An asserted name was withdrawn.
    ActorNameWithdrawn {
        /// The assertion.
        id: NameId,
    },
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ActorRegistered { .. } => "ActorRegistered",
            Self::PlaceholderActorIntroduced => "PlaceholderActorIntroduced",
            Self::ActorNameAsserted { .. } => "ActorNameAsserted",
            Self::ActorNameWithdrawn { .. } => "ActorNameWithdrawn",
        }
    }
}

/// What is asked of an actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Register it under its first name.
    Register {
        /// Its kind.
        kind: ActorKind,
        /// The id of the name's assertion.
        id: NameId,
        /// The first name.
        name: Name,
    },
    /// Say that it bears a name.
    AssertName {
        /// The assertion.
        id: NameId,
        /// The name.
        name: Name,
    },
    /// Withdraw an asserted name.
    WithdrawName {
        /// The assertion.
        id: NameId,
    },
}

/// An actor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Actor {
    /// Not known.
    #[default]
    Absent,
    /// Known.
    Known {
        /// Its kind.
        kind: ActorKind,
        /// The names that were not withdrawn, in the order in which they were asserted.
        names: Vec<(NameId, Name)>,
    },
}

impl Actor {
    /// The most names of one actor.
    pub const NAMES_MAX: usize = 500;

    /// The kind, if it is known.
    #[must_use]
    pub fn kind(&self) -> Option<ActorKind> {
        match self {
            Self::Absent => None,
            Self::Known { kind, .. } => Some(*kind),
        }
    }

    /// The name to show: the oldest that was not withdrawn.
    #[must_use]
    pub fn name(&self) -> Option<&Text> {
        match self {
            Self::Absent => None,
            Self::Known { names, .. } => names.first().map(|(_, name)| &name.name),
        }
    }

    /// Decides a command.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Absent, Command::Register { kind, id, name }) => {
                name.check()?;
                let known = match kind {
                    ActorKind::Placeholder => Event::PlaceholderActorIntroduced,
                    _ => Event::ActorRegistered { kind },
                };
                Ok(vec![known, Event::ActorNameAsserted { id, name }])
            }
            (Self::Known { .. }, Command::Register { .. }) => {
                Err(Rejection::conflict("id_taken", "there is an actor with this id"))
            }
            (Self::Absent, Command::AssertName { .. } | Command::WithdrawName { .. }) => {
                Err(Rejection::absent("not_found", "there is no such actor"))
            }
            (Self::Known { names, .. }, Command::AssertName { id, name }) => {
                if names.iter().any(|(known, _)| *known == id) {
                    return Err(Rejection::conflict("id_taken", "there is a name with this id"));
                }
                if names.len() >= Self::NAMES_MAX {
                    let detail = format!("an actor has at most {} names", Self::NAMES_MAX);
                    return Err(Rejection::conflict("names_full", detail));
                }
                name.check()?;
                Ok(vec![Event::ActorNameAsserted { id, name }])
            }
            (Self::Known { names, .. }, Command::WithdrawName { id }) => {
                if !names.iter().any(|(known, _)| *known == id) {
                    return Err(Rejection::absent("not_found", "there is no such name, or it was withdrawn"));
                }
                if names.len() == 1 {
                    return Err(Rejection::conflict("last_name", "an actor keeps one name: assert another one first"));
                }
                Ok(vec![Event::ActorNameWithdrawn { id }])
            }
        }
    }
}

impl Name {
    fn check(&self) -> Result<(), Rejection> {
        check_list(&self.evidence, EVIDENCE_MAX, "/evidence")
    }
}

impl Aggregate for Actor {
    aggregate_of!(Actor);

    fn evolve(self, event: &Event, _author: UserId) -> Self {
        match (self, event) {
            (Self::Absent, Event::ActorRegistered { kind }) => Self::Known { kind: *kind, names: Vec::new() },
            (Self::Absent, Event::PlaceholderActorIntroduced) => {
                Self::Known { kind: ActorKind::Placeholder, names: Vec::new() }
            }
            (Self::Known { kind, mut names }, event) => {
                match event {
                    Event::ActorRegistered { .. } | Event::PlaceholderActorIntroduced => {}
                    Event::ActorNameAsserted { id, name } => names.push((*id, name.clone())),
                    Event::ActorNameWithdrawn { id } => names.retain(|(known, _)| known != id),
                }
                Self::Known { kind, names }
            }
            (Self::Absent, Event::ActorNameAsserted { .. } | Event::ActorNameWithdrawn { .. }) => Self::Absent,
        }
    }
}

#[cfg(test)]
mod tests;
