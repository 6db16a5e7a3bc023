//! What a claim is about.

use super::Act;
use crate::Rejection;
use crate::code::codes;
use crate::edtf::Edtf;
use crate::id::{ActorId, IncidentId, RelationId};
use crate::text::{Text, comparable};

codes! {
    /// The question about its target that a proposition answers.
    pub enum Facet as "facet" {
        /// Who did it.
        Who = "who",
        /// Whether it happened.
        Occurred = "occurred",
        /// When.
        When = "when",
        /// Where.
        Where = "where",
        /// By what means.
        Means = "means",
        /// Why.
        Motive = "motive",
        /// Whether it was lawful.
        Legality = "legality",
        /// Whether there is evidence that an actor did it.
        Evidence = "evidence",
        /// What is thought of an actor; never on a board.
        Conduct = "conduct",
    }
}

codes! {
    /// The part that an actor is said to have had.
    pub enum Role as "role" {
        /// Did it.
        Perpetrator = "perpetrator",
        /// Ordered it.
        Ordered = "ordered",
        /// Planned it.
        Planned = "planned",
        /// Had a part in it.
        InvolvedIn = "involved_in",
        /// Made it possible.
        Enabled = "enabled",
        /// Called for it.
        Incited = "incited",
        /// Was aimed at.
        Target = "target",
        /// Was hurt.
        Victim = "victim",
        /// Took part in the event without a side being told.
        Participant = "participant",
    }
}

codes! {
    /// Whether a claim is about one incident or about any of a class.
    pub enum Scope as "scope" {
        /// About the one.
        Specific = "specific",
        /// About any, or some, of a class.
        Generic = "generic",
    }
}

/// What a proposition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// One incident.
    Incident(IncidentId),
    /// A class of incidents.
    Class(IncidentId),
    /// A possible edge between two actors.
    Relation(RelationId),
    /// An actor.
    Actor(ActorId),
}

/// What a claim is about: a target, a facet of it, and what the facet asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposition {
    /// The target.
    pub target: Target,
    /// The facet; a relation takes none.
    pub facet: Option<Facet>,
    /// The actor who is said to have the role.
    pub actor: Option<ActorId>,
    /// The role.
    pub role: Option<Role>,
    /// The value: EDTF for `when`, else a codebook term or a short text.
    pub value: Option<Text>,
    /// Others who are said to have acted jointly; no part of the identity.
    pub with: Vec<ActorId>,
    /// "and others"; no part of the identity.
    pub with_others: bool,
}

/// The identity of a proposition, with its value in comparable form (domain.md, section 2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The facet.
    pub facet: Option<Facet>,
    /// The role.
    pub role: Option<Role>,
    /// The resolved actor.
    pub actor: Option<ActorId>,
    /// The value after NFC, trim and lower case.
    pub value: Option<String>,
}

impl Proposition {
    /// The most actors said to have acted jointly.
    pub const WITH_MAX: usize = 32;

    /// The identity within its target, for an actor that resolves as given.
    #[must_use]
    pub fn key(&self, resolve: impl Fn(ActorId) -> ActorId) -> Key {
        Key {
            facet: self.facet,
            role: self.role,
            actor: self.actor.map(resolve),
            value: self.value.as_ref().map(|value| comparable(value.as_str())),
        }
    }

    /// Checks what the facet requires and forbids (domain.md, section 2).
    pub(super) fn check(&self, act: Act) -> Result<(), Rejection> {
        match self.target {
            Target::Relation(_) => self.check_relation()?,
            Target::Actor(_) => self.check_conduct()?,
            Target::Incident(_) | Target::Class(_) => self.check_incident(act)?,
        }
        if self.actor.is_some_and(|actor| self.with.contains(&actor)) {
            return Err(refused("with_repeats_actor", "`with` names others than the actor", "with"));
        }
        if (!self.with.is_empty() || self.with_others) && self.actor.is_none() {
            return Err(refused("with_without_actor", "`with` needs the actor whom the others joined", "with"));
        }
        super::check_list(&self.with, Self::WITH_MAX, "/proposition/with")
    }

    /// Checks that something can be found on it: it is complete, and no opinion about somebody.
    pub(crate) fn check_findable(&self) -> Result<(), Rejection> {
        if let Target::Actor(_) = self.target {
            let detail = "what is thought of an actor is not for a finding";
            return Err(refused("target_not_findable", detail, "actor"));
        }
        absent(!self.with.is_empty() || self.with_others, "with", "a finding")?;
        // An accusation leaves nothing open but what the facet allows.
        self.check(Act::Accuses)
    }

    fn check_relation(&self) -> Result<(), Rejection> {
        absent(self.facet.is_some(), "facet", "a proposition about a relation")?;
        absent(self.role.is_some(), "role", "a proposition about a relation")?;
        absent(self.actor.is_some(), "actor", "a proposition about a relation")?;
        absent(self.value.is_some(), "value", "a proposition about a relation")
    }

    fn check_conduct(&self) -> Result<(), Rejection> {
        if self.facet != Some(Facet::Conduct) {
            return Err(refused("facet_mismatch", "an actor as target takes the facet `conduct`", "facet"));
        }
        absent(self.role.is_some(), "role", "the facet `conduct`")?;
        absent(self.actor.is_some(), "actor", "the facet `conduct`")?;
        required(self.value.is_some(), "value", "the facet `conduct`")
    }

    fn check_incident(&self, act: Act) -> Result<(), Rejection> {
        let Some(facet) = self.facet else {
            return Err(refused("facet_missing", "a proposition about an incident has a facet", "facet"));
        };
        let name = format!("the facet `{facet}`");
        match facet {
            Facet::Who | Facet::Evidence => {
                required(self.role.is_some(), "role", &name)?;
                // "We praise whoever did it" names nobody, and takes no position.
                if facet == Facet::Evidence || !act.is_neutral() {
                    required(self.actor.is_some(), "actor", &name)?;
                }
                absent(self.value.is_some(), "value", &name)
            }
            Facet::Occurred => {
                absent(self.role.is_some(), "role", &name)?;
                absent(self.actor.is_some(), "actor", &name)?;
                absent(self.value.is_some(), "value", &name)
            }
            Facet::When => {
                absent(self.role.is_some(), "role", &name)?;
                required(self.value.is_some(), "value", &name)?;
                let value = self.value.as_ref().map_or("", Text::as_str);
                Edtf::parse(value, "/proposition/value").map(drop)
            }
            Facet::Where | Facet::Means | Facet::Motive | Facet::Legality => {
                absent(self.role.is_some(), "role", &name)?;
                required(self.value.is_some(), "value", &name)
            }
            Facet::Conduct => Err(refused("facet_mismatch", "`conduct` is about an actor, not an incident", "facet")),
        }
    }
}

fn required(given: bool, field: &str, whose: &str) -> Result<(), Rejection> {
    if given {
        return Ok(());
    }
    Err(refused("proposition_incomplete", &format!("{whose} requires `{field}`"), field))
}

fn absent(given: bool, field: &str, whose: &str) -> Result<(), Rejection> {
    if !given {
        return Ok(());
    }
    Err(refused("proposition_overfull", &format!("{whose} takes no `{field}`"), field))
}

fn refused(code: &'static str, detail: &str, field: &str) -> Rejection {
    Rejection::invalid(code, detail).at(format!("/proposition/{field}"))
}
