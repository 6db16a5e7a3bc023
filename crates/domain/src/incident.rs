//! An incident, or a class of incidents.

use crate::aggregate::aggregate_of;
use crate::edtf::Edtf;
use crate::id::{ActorId, UserId};
use crate::text::{Text, check_total, comparable};
use crate::{Aggregate, Rejection};

/// What is known of one incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The title.
    pub title: Text,
    /// When it happened.
    pub when: Edtf,
    /// Its kind: a codebook term.
    pub kind: Option<Text>,
    /// Where: codebook terms.
    pub places: Vec<Text>,
    /// At whom it was aimed.
    pub targets: Vec<ActorId>,
}

/// Which incidents belong to a class. An empty list means any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// The title.
    pub title: Text,
    /// Kinds of incidents.
    pub kinds: Vec<Text>,
    /// At whom they were aimed.
    pub targets: Vec<ActorId>,
    /// Where.
    pub places: Vec<Text>,
    /// Who is said to have done them.
    pub actors: Vec<ActorId>,
    /// When.
    pub period: Option<Edtf>,
}

/// How an incident stands to a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// It belongs to it.
    Member,
    /// Its date only overlaps the period: shown, never counted.
    Possible,
    /// It does not belong to it.
    Outside,
}

impl Class {
    /// How an incident stands to this class, given the actors of its `who` propositions (domain.md, section 6).
    #[must_use]
    pub fn membership(&self, incident: &Detail, actors: &[ActorId]) -> Membership {
        let kinds: Vec<_> = incident.kind.iter().cloned().collect();
        let meets = meets_terms(&self.kinds, &kinds)
            && meets_terms(&self.places, &incident.places)
            && meets(&self.targets, &incident.targets)
            && meets(&self.actors, actors);
        if !meets {
            return Membership::Outside;
        }
        let Some(period) = self.period.as_ref().map(Edtf::bounds) else { return Membership::Member };
        let when = incident.when.bounds();
        if when.is_within(period) {
            Membership::Member
        } else if when.overlaps(period) {
            Membership::Possible
        } else {
            Membership::Outside
        }
    }
}

fn meets<T: PartialEq>(asked: &[T], own: &[T]) -> bool {
    asked.is_empty() || asked.iter().any(|one| own.contains(one))
}

fn meets_terms(asked: &[Text], own: &[Text]) -> bool {
    let terms = |list: &[Text]| list.iter().map(|term| comparable(term.as_str())).collect::<Vec<_>>();
    meets(&terms(asked), &terms(own))
}

/// What happened to an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It became known.
    IncidentRegistered(Detail),
    /// What is known of it changed.
    IncidentDetailRevised(Detail),
    /// A class was defined, or defined anew.
    IncidentClassDefined(Class),
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::IncidentRegistered(_) => "IncidentRegistered",
            Self::IncidentDetailRevised(_) => "IncidentDetailRevised",
            Self::IncidentClassDefined(_) => "IncidentClassDefined",
        }
    }
}

/// What is asked of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Register an incident.
    Register(Detail),
    /// Define a class.
    DefineClass(Class),
    /// Replace what is known of the incident.
    Revise(Detail),
    /// Replace the definition of the class.
    RedefineClass(Class),
}

/// An incident or a class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Incident {
    /// Not known.
    #[default]
    Absent,
    /// One incident.
    Single(Detail),
    /// A class of incidents.
    Class(Class),
}

impl Incident {
    /// The most entries of one list (places, targets, kinds, actors).
    pub const LIST_MAX: usize = 200;

    /// The title, if it is known.
    #[must_use]
    pub fn title(&self) -> Option<&Text> {
        match self {
            Self::Absent => None,
            Self::Single(detail) => Some(&detail.title),
            Self::Class(class) => Some(&class.title),
        }
    }

    /// Decides a command.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Absent, Command::Register(detail)) => {
                detail.check()?;
                Ok(vec![Event::IncidentRegistered(detail)])
            }
            (Self::Absent, Command::DefineClass(class)) | (Self::Class(_), Command::RedefineClass(class)) => {
                class.check()?;
                Ok(vec![Event::IncidentClassDefined(class)])
            }
            (Self::Single(_), Command::Revise(detail)) => {
                detail.check()?;
                Ok(vec![Event::IncidentDetailRevised(detail)])
            }
            (Self::Single(_) | Self::Class(_), Command::Register(_) | Command::DefineClass(_)) => {
                Err(Rejection::conflict("id_taken", "there is an incident with this id"))
            }
            (Self::Absent, Command::Revise(_) | Command::RedefineClass(_)) => {
                Err(Rejection::absent("not_found", "there is no such incident"))
            }
            (Self::Single(_), Command::RedefineClass(_)) => {
                Err(Rejection::invalid("not_a_class", "this is one incident, not a class").at("/class"))
            }
            (Self::Class(_), Command::Revise(_)) => {
                Err(Rejection::invalid("not_an_incident", "this is a class: it takes `title` and `class`"))
            }
        }
    }
}

impl Detail {
    fn check(&self) -> Result<(), Rejection> {
        check_len(self.places.len(), "/places")?;
        check_len(self.targets.len(), "/targets")?;
        let terms = self.kind.iter().chain(&self.places);
        check_total(terms.chain([&self.title]).map(Text::as_str))
    }
}

impl Class {
    fn check(&self) -> Result<(), Rejection> {
        check_len(self.kinds.len(), "/class/kinds")?;
        check_len(self.targets.len(), "/class/targets")?;
        check_len(self.places.len(), "/class/places")?;
        check_len(self.actors.len(), "/class/actors")?;
        let terms = self.kinds.iter().chain(&self.places);
        check_total(terms.chain([&self.title]).map(Text::as_str))
    }
}

fn check_len(len: usize, pointer: &str) -> Result<(), Rejection> {
    if len <= Incident::LIST_MAX {
        return Ok(());
    }
    Err(Rejection::invalid("list_too_long", format!("at most {} entries are taken", Incident::LIST_MAX)).at(pointer))
}

impl Aggregate for Incident {
    aggregate_of!(Incident);

    fn evolve(self, event: &Event, _author: UserId) -> Self {
        match event {
            Event::IncidentRegistered(detail) | Event::IncidentDetailRevised(detail) => Self::Single(detail.clone()),
            Event::IncidentClassDefined(class) => Self::Class(class.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
