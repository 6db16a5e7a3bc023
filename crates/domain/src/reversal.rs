//! Taking back what was recorded: by which command, and what stands in the way.
//!
//! Nothing is removed from the log. A record is taken back by a further record of the same aggregate, which names it as
//! what gave rise to it; so that a history tells by itself what was taken back, and what took something back.

use crate::actor::{self, Actor};
use crate::adjudication::{self, Adjudication};
use crate::annotation::{self, Annotation, Span};
use crate::assessment::{self, Assessment};
use crate::claim::Claim;
use crate::code::codes;
use crate::derivation::{self, Derivation, Verdict};
use crate::id::{JudgementId, NameId, UserId};
use crate::identity::Identity;
use crate::incident::{self, Class, Detail, Incident};
use crate::reading::{self, Reading};
use crate::relation::{self, Relation};
use crate::text::Text;
use crate::{Event, Kind, fold, mentions};
use std::collections::HashSet;
use uuid::Uuid;

codes! {
    /// Why nothing takes a record back.
    pub enum Irreversible as "reason why nothing takes it back" {
        /// It made something that has no withdrawal.
        Registered = "registered",
        /// It took something back, and that is for good.
        Final = "final",
        /// It is the first verdict on a derivation: no verdict is none.
        FirstVerdict = "first_verdict",
        /// It moved a mark to a newer text, from which none goes back.
        Moved = "moved",
        /// It belongs to an adjudication, which is reopened or overturned.
        Adjudicated = "adjudicated",
        /// It governs the project: a role, a policy or a codebook.
        Governs = "governs",
        /// It followed from another record, by itself.
        Automatic = "automatic",
        /// It belongs to an import, which is reverted as a whole.
        Import = "import",
        /// It is part of a task, which is skipped, submitted or closed.
        Task = "task",
    }
}

impl Irreversible {
    /// A sentence that says why, and what to do instead.
    #[must_use]
    pub fn detail(self) -> &'static str {
        match self {
            Self::Registered => "nothing withdraws what this registered",
            Self::Final => "this took something back, and that is for good: record it anew",
            Self::FirstVerdict => "a derivation that was judged has a verdict: give the other one",
            Self::Moved => "a mark that moved to a newer revision does not go back: mark the passage there anew",
            Self::Adjudicated => "an adjudication is reopened or overturned",
            Self::Governs => "roles, policies and codebooks are granted, revoked and published anew",
            Self::Automatic => "this followed from another record by itself",
            Self::Import => "an import is reverted as a whole",
            Self::Task => "what was done with a task is not taken back: a task is skipped, submitted or closed",
        }
    }
}

/// The command that takes a record back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reversal {
    /// Retract the annotation.
    RetractAnnotation,
    /// Let the annotation say again what it said.
    ReviseAnnotation(Span),
    /// Retract the reading, or that there is none.
    RetractReading,
    /// Let the reading say again what it said.
    ReviseReading(Claim),
    /// Withdraw the relation.
    WithdrawRelation,
    /// Withdraw the dispute of the record's author.
    WithdrawDispute,
    /// Dispute the relation again.
    Dispute {
        /// Why, as it was said.
        reason: Text,
    },
    /// Withdraw the actor's name.
    WithdrawName(NameId),
    /// Withdraw the judgement.
    WithdrawJudgement(JudgementId),
    /// Withdraw the assessment.
    WithdrawAssessment,
    /// Let the assessment say again what it said.
    ReviseAssessment(assessment::Content),
    /// Let the incident's details be what they were.
    ReviseIncident(Detail),
    /// Let the class of incidents be what it was.
    RedefineClass(Class),
    /// Let the verdict be the one before.
    Judge {
        /// What was said.
        verdict: Verdict,
        /// Why, as it was said.
        reason: Text,
    },
}

impl Reversal {
    /// The kind of aggregate that it is a command of.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::RetractAnnotation | Self::ReviseAnnotation(_) => Kind::Annotation,
            Self::RetractReading | Self::ReviseReading(_) => Kind::Reading,
            Self::WithdrawRelation | Self::WithdrawDispute | Self::Dispute { .. } => Kind::Relation,
            Self::WithdrawName(_) => Kind::Actor,
            Self::WithdrawJudgement(_) => Kind::Identity,
            Self::WithdrawAssessment | Self::ReviseAssessment(_) => Kind::Assessment,
            Self::ReviseIncident(_) | Self::RedefineClass(_) => Kind::Incident,
            Self::Judge { .. } => Kind::Derivation,
        }
    }

    /// What takes back a record with these events by this author; `earlier` are the events of the same aggregate before.
    ///
    /// Events of one record are one decision, and the first says what it was.
    pub fn of(events: &[Event], author: UserId, earlier: &[(Event, UserId)]) -> Result<Self, Irreversible> {
        let Some(event) = events.first() else { return Err(Irreversible::Automatic) };
        match event {
            Event::Project(_) | Event::User(_) => Err(Irreversible::Governs),
            Event::Source(_) | Event::Document(_) => Err(Irreversible::Registered),
            Event::Incident(event) => of_incident(event, earlier),
            Event::Actor(event) => of_actor(event),
            Event::Relation(event) => of_relation(event, author, earlier),
            Event::Annotation(event) => of_annotation(event, earlier),
            Event::Reading(event) => of_reading(event, earlier),
            Event::Derivation(event) => of_derivation(event, earlier),
            Event::Assessment(event) => of_assessment(event, earlier),
            Event::Identity(event) => match event.judged() {
                Some((_, judged)) => Ok(Self::WithdrawJudgement(judged.id)),
                None => Err(Irreversible::Final),
            },
            Event::Adjudication(_) => Err(Irreversible::Adjudicated),
            Event::Import(_) => Err(Irreversible::Import),
            Event::Task(_) => Err(Irreversible::Task),
        }
    }
}

/// The state after these events.
fn state<A: crate::Aggregate>(earlier: &[(Event, UserId)]) -> A {
    fold(earlier.iter().map(|(event, author)| (event, *author)))
}

fn of_incident(event: &incident::Event, earlier: &[(Event, UserId)]) -> Result<Reversal, Irreversible> {
    match event {
        incident::Event::IncidentRegistered(_) => Err(Irreversible::Registered),
        incident::Event::IncidentDetailRevised(_) | incident::Event::IncidentClassDefined(_) => match state(earlier) {
            Incident::Absent => Err(Irreversible::Registered),
            Incident::Single(detail) => Ok(Reversal::ReviseIncident(detail)),
            Incident::Class(class) => Ok(Reversal::RedefineClass(class)),
        },
    }
}

fn of_actor(event: &actor::Event) -> Result<Reversal, Irreversible> {
    match event {
        actor::Event::ActorRegistered { .. } | actor::Event::PlaceholderActorIntroduced => {
            Err(Irreversible::Registered)
        }
        actor::Event::ActorNameAsserted { id, name: _ } => Ok(Reversal::WithdrawName(*id)),
        actor::Event::ActorNameWithdrawn { .. } => Err(Irreversible::Final),
    }
}

fn of_relation(event: &relation::Event, author: UserId, earlier: &[(Event, UserId)]) -> Result<Reversal, Irreversible> {
    match event {
        relation::Event::RelationRegistered(_) => Ok(Reversal::WithdrawRelation),
        relation::Event::RelationDisputed { .. } => Ok(Reversal::WithdrawDispute),
        relation::Event::DisputeWithdrawn => {
            let disputed = earlier.iter().rev().find_map(|(event, by)| match event {
                Event::Relation(relation::Event::RelationDisputed { reason }) if *by == author => Some(reason.clone()),
                _ => None,
            });
            disputed.map(|reason| Reversal::Dispute { reason }).ok_or(Irreversible::Final)
        }
        relation::Event::RelationWithdrawn => Err(Irreversible::Final),
    }
}

fn of_annotation(event: &annotation::Event, earlier: &[(Event, UserId)]) -> Result<Reversal, Irreversible> {
    match event {
        annotation::Event::AnnotationCreated(_) => Ok(Reversal::RetractAnnotation),
        annotation::Event::AnnotationRevised(now) => match state::<Annotation>(earlier).live() {
            Some(span) if span.revision == now.revision => Ok(Reversal::ReviseAnnotation(span.clone())),
            Some(_) | None => Err(Irreversible::Moved),
        },
        annotation::Event::AnnotationRetracted => Err(Irreversible::Final),
        annotation::Event::AnnotationReanchored(_) | annotation::Event::AnnotationAnchorLost(_) => {
            Err(Irreversible::Automatic)
        }
    }
}

fn of_reading(event: &reading::Event, earlier: &[(Event, UserId)]) -> Result<Reversal, Irreversible> {
    match event {
        reading::Event::ClaimRead(_) | reading::Event::NoClaimFound(_) => Ok(Reversal::RetractReading),
        reading::Event::ClaimReadingRevised(_) => {
            let before: Reading = state(earlier);
            before.live().cloned().map(Reversal::ReviseReading).ok_or(Irreversible::Final)
        }
        reading::Event::ClaimReadingRetracted => Err(Irreversible::Final),
    }
}

fn of_derivation(event: &derivation::Event, earlier: &[(Event, UserId)]) -> Result<Reversal, Irreversible> {
    match event {
        derivation::Event::DerivationSuggested(_) | derivation::Event::OriginDeclared { .. } => {
            Err(Irreversible::Registered)
        }
        derivation::Event::DerivationConfirmed { .. } | derivation::Event::DerivationRejected { .. } => {
            let Derivation::Edge { edge: _, standing, reason: Some(reason) } = state(earlier) else {
                return Err(Irreversible::FirstVerdict);
            };
            match standing {
                derivation::Standing::Suggested => Err(Irreversible::FirstVerdict),
                derivation::Standing::Confirmed => Ok(Reversal::Judge { verdict: Verdict::Confirmed, reason }),
                derivation::Standing::Rejected => Ok(Reversal::Judge { verdict: Verdict::Rejected, reason }),
            }
        }
    }
}

fn of_assessment(event: &assessment::Event, earlier: &[(Event, UserId)]) -> Result<Reversal, Irreversible> {
    match event {
        assessment::Event::AssessmentRecorded(_) => Ok(Reversal::WithdrawAssessment),
        assessment::Event::AssessmentRevised { .. } => match state(earlier) {
            Assessment::Live(content) => Ok(Reversal::ReviseAssessment(content)),
            Assessment::Absent | Assessment::Withdrawn(_) => Err(Irreversible::Final),
        },
        assessment::Event::AssessmentWithdrawn => Err(Irreversible::Final),
    }
}

/// The part of its aggregate that an event is about, where the parts do not depend on each other: a judgement among those of
/// its kind, a name among those of an actor. None where it is the whole.
#[must_use]
pub fn part(event: &Event) -> Option<Uuid> {
    match event {
        Event::Identity(event) => Some(event.judgement().uuid()),
        Event::Actor(actor::Event::ActorNameAsserted { id, .. } | actor::Event::ActorNameWithdrawn { id }) => {
            Some(id.uuid())
        }
        Event::Actor(actor::Event::ActorRegistered { .. } | actor::Event::PlaceholderActorIntroduced)
        | Event::Project(_)
        | Event::User(_)
        | Event::Source(_)
        | Event::Document(_)
        | Event::Incident(_)
        | Event::Relation(_)
        | Event::Annotation(_)
        | Event::Reading(_)
        | Event::Derivation(_)
        | Event::Assessment(_)
        | Event::Adjudication(_)
        | Event::Import(_)
        | Event::Task(_) => None,
    }
}

/// A record of an aggregate's history, as far as taking back goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// The record.
    pub record: Uuid,
    /// Where it stands.
    pub position: u64,
    /// Who wrote it.
    pub author: UserId,
    /// The record that gave rise to it; none for a person's own command.
    pub cause: Option<Uuid>,
}

/// The record that took this one back, if one did.
#[must_use]
pub fn taken_back(history: &[Past], record: Uuid) -> Option<&Past> {
    history.iter().find(|past| past.cause == Some(record))
}

/// The records after one that still count: which were neither taken back, nor take something back, nor followed from the
/// record of another aggregate by themselves.
pub fn later(history: &[Past], record: Uuid) -> impl Iterator<Item = &Past> {
    let undone: HashSet<Uuid> = history.iter().filter_map(|past| past.cause).collect();
    let after = history.iter().skip_while(move |past| past.record != record).skip(1);
    after.filter(move |past| past.cause.is_none() && !undone.contains(&past.record))
}

/// What may rest on something else: whether it does now.
pub trait Rests {
    /// Whether what of it stands names this.
    fn rests_on(&self, kind: Kind, id: Uuid) -> bool;
}

fn names(event: impl Into<Event>, kind: Kind, id: Uuid) -> bool {
    let mut found = false;
    mentions::each(&event.into(), |named, other| found |= (named, other) == (kind, id));
    found
}

impl Rests for Reading {
    fn rests_on(&self, kind: Kind, id: Uuid) -> bool {
        self.live().is_some_and(|claim| names(reading::Event::ClaimRead(claim.clone()), kind, id))
    }
}

impl Rests for Relation {
    fn rests_on(&self, kind: Kind, id: Uuid) -> bool {
        match self {
            Self::Absent | Self::Withdrawn(_) => false,
            Self::Live { edge, disputed_by: _ } => names(relation::Event::RelationRegistered(edge.clone()), kind, id),
        }
    }
}

impl Rests for Actor {
    fn rests_on(&self, kind: Kind, id: Uuid) -> bool {
        match self {
            Self::Absent => false,
            Self::Known { kind: _, names } => {
                kind == Kind::Annotation
                    && names.iter().any(|(_, name)| name.evidence.iter().any(|evidence| evidence.uuid() == id))
            }
        }
    }
}

impl Rests for Derivation {
    /// A derivation that was rejected rests on nothing.
    fn rests_on(&self, kind: Kind, id: Uuid) -> bool {
        let rejected = matches!(self, Self::Edge { standing: derivation::Standing::Rejected, .. });
        kind == Kind::Annotation && !rejected && self.annotations().any(|annotation| annotation.uuid() == id)
    }
}

impl Rests for Assessment {
    fn rests_on(&self, kind: Kind, id: Uuid) -> bool {
        match self {
            Self::Absent | Self::Withdrawn(_) => false,
            Self::Live(content) => names(assessment::Event::AssessmentRecorded(content.clone()), kind, id),
        }
    }
}

impl Rests for Identity {
    fn rests_on(&self, kind: Kind, id: Uuid) -> bool {
        self.live().any(|(_, judgement)| match kind {
            Kind::Identity => judgement.against.iter().any(|contested| contested.uuid() == id),
            _ => judgement.left == id || judgement.right == id,
        })
    }
}

impl Rests for Adjudication {
    fn rests_on(&self, kind: Kind, id: Uuid) -> bool {
        match self {
            Self::Absent | Self::Overturned { .. } => false,
            Self::Pending(pending) => names(adjudication::Event::AdjudicationOpened(pending.docket.clone()), kind, id),
        }
    }
}

#[cfg(test)]
mod tests;
