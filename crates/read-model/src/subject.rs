//! Subjects: what records are about, and thus how they are found again.
//!
//! Which subjects a record concerns is a pure function of the record, so that an index can be rebuilt, compared and
//! extended without looking at anything else. A subject's records are a superset of what a view wants: a reading that
//! was revised away from an actor still stands among those that mention the actor.

#[cfg(test)]
mod tests;

use domain::id::{ProjectId, UserId};
use domain::{Event, Kind, incident};
use std::fmt;
use uuid::Uuid;
use wire::record::Record;
use wire::subject::Address;

/// A key of fixed size: tag, project, kind, id, mentioning kind. Subjects of one sort and project lie together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject([u8; Subject::LEN]);

// The numbers are part of the store's schema.
const OWN: u8 = 1;
const MENTION: u8 = 2;
const CREATED: u8 = 3;
const AUTHOR: u8 = 4;
const CLASSES: u8 = 5;
const PROJECT: u8 = 6;
const COMMANDS: u8 = 7;
const FOLLOWED: u8 = 8;

impl Subject {
    /// The length in bytes.
    pub const LEN: usize = 35;

    fn new(tag: u8, project: Uuid, kind: Option<Kind>, id: Uuid, mentioning: Option<Kind>) -> Self {
        let mut key = [0; Self::LEN];
        key[0] = tag;
        key[1..17].copy_from_slice(project.as_bytes());
        key[17] = kind.map_or(0, number);
        key[18..34].copy_from_slice(id.as_bytes());
        key[34] = mentioning.map_or(0, number);
        Self(key)
    }

    /// The records of one aggregate.
    #[must_use]
    pub fn own(address: &Address) -> Self {
        Self::new(OWN, address.project, Some(address.kind), address.id, None)
    }

    /// The records of aggregates of the kind `mentioning` that name this aggregate of the same project.
    #[must_use]
    pub fn mention(target: &Address, mentioning: Kind) -> Self {
        Self::new(MENTION, target.project, Some(target.kind), target.id, Some(mentioning))
    }

    /// The first records of the project's aggregates of a kind; of judgements, those that make one.
    #[must_use]
    pub fn created(project: ProjectId, kind: Kind) -> Self {
        Self::new(CREATED, project.uuid(), Some(kind), Uuid::nil(), None)
    }

    /// The first records of all projects.
    #[must_use]
    pub fn projects() -> Self {
        Self::new(CREATED, Uuid::nil(), Some(Kind::Project), Uuid::nil(), None)
    }

    /// The first records of the project's aggregates of a kind that this user created.
    #[must_use]
    pub fn author(project: ProjectId, kind: Kind, user: UserId) -> Self {
        Self::new(AUTHOR, project.uuid(), Some(kind), user.uuid(), None)
    }

    /// The records that define the project's classes of incidents.
    #[must_use]
    pub fn classes(project: ProjectId) -> Self {
        Self::new(CLASSES, project.uuid(), Some(Kind::Incident), Uuid::nil(), None)
    }

    /// All records of a project.
    #[must_use]
    pub fn project(project: ProjectId) -> Self {
        Self::new(PROJECT, project.uuid(), None, Uuid::nil(), None)
    }

    /// The records of a project that this user wrote by commands of their own.
    #[must_use]
    pub fn commands(project: ProjectId, user: UserId) -> Self {
        Self::new(COMMANDS, project.uuid(), None, user.uuid(), None)
    }

    /// The records of a project that a command with this id wrote because of another record.
    #[must_use]
    pub fn followed(project: ProjectId, command: Uuid) -> Self {
        Self::new(FOLLOWED, project.uuid(), None, command, None)
    }

    /// The aggregate whose own records these are, if they are an aggregate's.
    #[must_use]
    pub fn as_own(&self) -> Option<Address> {
        let uuid = |at: usize| Uuid::from_slice(&self.0[at..at + 16]).expect("a slice of sixteen bytes");
        let kind = kind(self.0[17]).filter(|_| self.0[0] == OWN)?;
        Some(Address { project: uuid(1), kind, id: uuid(18) })
    }

    /// The key's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// The subject with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The number of a kind in keys: that of the record's schema.
fn number(kind: Kind) -> u8 {
    match kind {
        Kind::Project => 1,
        Kind::User => 2,
        Kind::Source => 3,
        Kind::Document => 4,
        Kind::Incident => 5,
        Kind::Actor => 6,
        Kind::Relation => 7,
        Kind::Annotation => 8,
        Kind::Reading => 9,
        Kind::Identity => 10,
        Kind::Derivation => 11,
        Kind::Assessment => 12,
        Kind::Adjudication => 13,
        Kind::Task => 14,
        Kind::Import => 15,
    }
}

fn kind(found: u8) -> Option<Kind> {
    <Kind as domain::Code>::ALL.iter().copied().find(|kind| number(*kind) == found)
}

/// Whether a record creates what clients know as one resource: an aggregate by its first record, and a judgement, of which
/// one aggregate holds all of a kind.
fn creates(record: &Record) -> bool {
    match record.envelope.kind {
        Kind::Identity => {
            record.events.iter().any(|event| matches!(event, Event::Identity(it) if it.judged().is_some()))
        }
        Kind::Project
        | Kind::User
        | Kind::Source
        | Kind::Document
        | Kind::Incident
        | Kind::Actor
        | Kind::Relation
        | Kind::Annotation
        | Kind::Reading
        | Kind::Derivation
        | Kind::Assessment
        | Kind::Adjudication
        | Kind::Task
        | Kind::Import => record.envelope.revision == 1,
    }
}

/// The subjects that a record concerns, sorted, each once.
#[must_use]
pub fn of(record: &Record) -> Vec<Subject> {
    let envelope = &record.envelope;
    let address = wire::record::address(envelope);
    let project = ProjectId::new(envelope.project);
    let mut subjects = vec![Subject::own(&address), Subject::project(project)];
    subjects.push(match envelope.causation_id {
        None => Subject::commands(project, envelope.author),
        Some(_) => Subject::followed(project, envelope.command_id),
    });
    if creates(record) {
        subjects.push(match envelope.kind {
            Kind::Project => Subject::projects(),
            kind => Subject::created(project, kind),
        });
        subjects.push(Subject::author(project, envelope.kind, envelope.author));
    }
    for event in &record.events {
        if matches!(event, Event::Incident(incident::Event::IncidentClassDefined(_))) {
            subjects.push(Subject::classes(project));
        }
        domain::mentions::each(event, |kind, id| {
            subjects.push(Subject::mention(&Address { project: envelope.project, kind, id }, envelope.kind));
        });
    }
    subjects.sort_unstable();
    subjects.dedup();
    subjects
}
