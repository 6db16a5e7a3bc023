//! What there is to assess.

use crate::actor::Actor;
use crate::adjudication::Adjudication;
use crate::annotation::Annotation;
use crate::claim::{Claim, Target};
use crate::derivation::Derivation;
use crate::document::Document;
use crate::id::{
    ActorId, AdjudicationId, AnnotationId, DerivationId, DocumentId, IncidentId, ReadingId, RelationId, SourceId,
    UserId,
};
use crate::identity::Judgements;
use crate::incident::{Class, Detail};
use crate::relation::Relation;
use crate::source::Source;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that the board of an incident depends on, as of one position; or that of a class, a relation or an actor,
/// which is what is said about it and nothing else.
///
/// Readings are the live ones (not retracted) whose target is the subject, one that may be the same or one of the
/// classes, and those judged to be of one utterance with one of these; and, transitively,
/// whatever their own target: the change acts that name one of these, and the readings that may be of one utterance
/// with one of these, because they name the same speaker, target, facet and actor. Without the latter, a change that
/// one annotator of two reads would look agreed. More readings than these change nothing. Whether their evidence is
/// live is told by `annotations`. What the readings name is in the other maps; what is missing there is treated as
/// unknown.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it is about.
    pub subject: Target,
    /// What is known of an incident; none for everything else, which is at no time and of no class.
    pub detail: Option<Detail>,
    /// Other incidents that are, or may be, the same; none of them is this one.
    pub others: BTreeMap<IncidentId, Detail>,
    /// The readings.
    pub readings: BTreeMap<ReadingId, CaseReading>,
    /// The cited annotations, and those that the derivations name.
    pub annotations: BTreeMap<AnnotationId, Annotation>,
    /// Derivations of passages that overlap these annotations, and of the passages that they lead to, and so on; and
    /// the declarations that one of these passages is an origin.
    pub derivations: BTreeMap<DerivationId, Derivation>,
    /// The documents of these annotations.
    pub documents: BTreeMap<DocumentId, Document>,
    /// Every actor named: as speaker, as subject, as the end of a relation.
    pub actors: BTreeMap<ActorId, Actor>,
    /// Every source named: as speaker, or as a document's.
    pub sources: BTreeMap<SourceId, Source>,
    /// Every relation that leads from or to one of the actors.
    pub relations: BTreeMap<RelationId, Relation>,
    /// Every class of the project of which an incident is, or may be, a member, or which is named by a reading.
    pub classes: BTreeMap<IncidentId, Class>,
    /// Which actors, incidents and readings are judged to be one. Those that concern nothing in the case change
    /// nothing.
    pub judgements: Judgements,
    /// Every adjudication of the incident, of a proposition about it, about one of the classes or about one of the
    /// relations, and of one of the readings.
    pub adjudications: BTreeMap<AdjudicationId, Adjudication>,
    /// Actors who take no position by adopting others' words, as one may ask what would be then; none, mostly.
    pub silent: BTreeSet<ActorId>,
}

/// A live reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseReading {
    /// Who reads it so.
    pub author: UserId,
    /// The position of its last record: tells which of one annotator's readings is the newest.
    pub written: u64,
    /// What is read.
    pub claim: Claim,
}
