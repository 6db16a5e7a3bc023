//! Gathering what a board depends on.

mod adjudications;
mod derivations;
mod judgements;
mod recollection;

pub(super) use recollection::Recollection;

use crate::subject::Subject;
use crate::{Error, Loaded, Snapshot};
use adjudications::adjudications;
use derivations::derivations;
use domain::actor::Actor;
use domain::adjudication::{self, Adjudication};
use domain::annotation::Annotation;
use domain::attribution::{self, Case, CaseReading};
use domain::claim::{Claim, Speaker, Target};
use domain::document::Document;
use domain::id::{ActorId, AnnotationId, DocumentId, IncidentId, ProjectId, ReadingId, RelationId, SourceId};
use domain::identity::{self, Judgements};
use domain::incident::{Class, Detail, Incident, Membership};
use domain::reading::Reading;
use domain::relation::{Relation, RelationType};
use domain::source::Source;
use domain::{Aggregate, Kind};
use recollection::{Memory, Recalled};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;
use wire::subject::Address;

/// A case, and what it was gathered from.
#[derive(Debug)]
pub(super) struct Gathered {
    pub case: Case,
    /// Every subject that was asked, ascending.
    pub subjects: Vec<Subject>,
    /// The last position at which one of them has a record.
    pub since: u64,
}

/// Gathers the case of an incident, a class, a relation or an actor; none when there is no such thing at the snapshot's
/// position.
///
/// What an earlier gathering of the same read is not read again, as far as no record came to it since; what was
/// read for this one comes along for the next.
pub(super) fn gather(
    snapshot: Snapshot<'_>,
    project: ProjectId,
    subject: Target,
    judgements: Judgements,
    earlier: Option<&Recollection>,
) -> Result<Option<(Gathered, Recollection)>, Error> {
    let memory = earlier.and_then(|earlier| Memory::of(earlier, &snapshot));
    let recollection = Recollection::new(snapshot.at());
    let mut records = Records { snapshot, project, memory, recollection };
    let (is_there, detail) = known(&mut records, subject)?;
    if !is_there {
        return Ok(None);
    }
    let (readings, classes) = (BTreeMap::new(), BTreeMap::new());
    let mut gathering = Gathering { records, judgements, readings, classes, others: BTreeMap::new() };
    if let Some(detail) = &detail {
        gathering.classes_near(detail)?;
    }
    gathering.readings_on(subject)?;
    gathering.others_of(subject)?;
    let classes: Vec<_> = gathering.classes.keys().copied().collect();
    for class in classes {
        gathering.readings_on(Target::Class(class))?;
    }
    gathering.changes()?;
    gathering.classes_named()?;
    gathering.finish(subject, detail).map(Some)
}

/// Annotations by themselves, with all over which they are derived.
pub(super) fn marks(
    snapshot: Snapshot<'_>,
    project: ProjectId,
    of: BTreeSet<AnnotationId>,
) -> Result<attribution::Marks, Error> {
    let mut records = Records { snapshot, project, memory: None, recollection: Recollection::new(snapshot.at()) };
    let mut annotations: BTreeMap<AnnotationId, Annotation> =
        states(&mut records, of.iter().copied().collect(), AnnotationId::uuid)?;
    let derivations = derivations(&mut records, &mut annotations)?;
    let documents = documents(&mut records, &annotations)?;
    Ok(attribution::Marks { of, annotations, derivations, documents })
}

/// The documents in which annotations stand, retracted ones as well.
fn documents(
    records: &mut Records<'_>,
    annotations: &BTreeMap<AnnotationId, Annotation>,
) -> Result<BTreeMap<DocumentId, Document>, Error> {
    let spans = annotations.values().filter_map(Annotation::span);
    states(records, spans.map(|span| span.document).collect(), DocumentId::uuid)
}

/// Whether there is such a thing, and what is known of an incident.
fn known(records: &mut Records<'_>, subject: Target) -> Result<(bool, Option<Detail>), Error> {
    Ok(match subject {
        Target::Incident(id) => match records.state::<Incident>(id.uuid())? {
            Incident::Single(detail) => (true, Some(detail)),
            Incident::Class(_) | Incident::Absent => (false, None),
        },
        Target::Class(id) => (matches!(records.state::<Incident>(id.uuid())?, Incident::Class(_)), None),
        Target::Relation(id) => (records.load::<Relation>(id.uuid())?.is_some(), None),
        Target::Actor(id) => (records.load::<Actor>(id.uuid())?.is_some(), None),
    })
}

/// The aggregate that is the target.
pub(super) fn aggregate(target: Target) -> (Kind, Uuid) {
    match target {
        Target::Incident(id) | Target::Class(id) => (Kind::Incident, id.uuid()),
        Target::Relation(id) => (Kind::Relation, id.uuid()),
        Target::Actor(id) => (Kind::Actor, id.uuid()),
    }
}

/// The records, as far as they were asked for.
struct Records<'a> {
    snapshot: Snapshot<'a>,
    project: ProjectId,
    memory: Option<Memory<'a>>,
    recollection: Recollection,
}

impl Records<'_> {
    fn address(&self, kind: Kind, id: Uuid) -> Address {
        Address { project: self.project.uuid(), kind, id }
    }

    fn load<A: Aggregate>(&mut self, id: Uuid) -> Result<Option<Loaded<A>>, Error> {
        let subject = Subject::own(&self.address(A::KIND, id));
        let loaded = self.read(subject, |snapshot, project| {
            let loaded = snapshot.load::<A>(project, id)?;
            let (last, bytes) = loaded.as_ref().map_or((0, 0), |loaded| (loaded.last, loaded.bytes));
            Ok((loaded, last, bytes))
        })?;
        Ok(Option::clone(&loaded))
    }

    /// The state of an aggregate that may not exist.
    fn state<A: Aggregate>(&mut self, id: Uuid) -> Result<A, Error> {
        Ok(self.load::<A>(id)?.map(|loaded| loaded.state).unwrap_or_default())
    }

    fn aggregates(&mut self, subject: Subject) -> Result<Vec<Uuid>, Error> {
        let ids = self.read(subject, |snapshot, _| {
            let positions = snapshot.positions(&subject, 0, usize::MAX)?;
            let ids = snapshot.aggregates_at(&positions)?;
            let bytes = ids.len() * size_of::<Uuid>();
            Ok((ids, positions.last().copied().unwrap_or(0), bytes))
        })?;
        Ok(Vec::clone(&ids))
    }

    /// Whether a subject has no record. Only then the case depends on it: one that has some keeps them.
    fn is_empty(&mut self, subject: Subject) -> Result<bool, Error> {
        let is_empty = self.snapshot.last_position(&subject)?.is_none();
        if is_empty {
            self.recollection.keep(subject, Recalled { what: Arc::new(()), last: 0, bytes: 0 });
        }
        Ok(is_empty)
    }

    /// Makes the case depend on a subject of which nothing else is asked.
    fn depend(&mut self, subject: Subject) -> Result<(), Error> {
        self.read(subject, |snapshot, _| Ok(((), snapshot.last_position(&subject)?.unwrap_or(0), 0)))?;
        Ok(())
    }

    fn mentions(&mut self, kind: Kind, id: Uuid, mentioning: Kind) -> Result<Vec<Uuid>, Error> {
        self.aggregates(Subject::mention(&self.address(kind, id), mentioning))
    }

    /// What a subject says: from memory, or else from the store, where it comes with its last position and its bytes.
    fn read<T: Send + Sync + 'static>(
        &mut self,
        subject: Subject,
        read: impl FnOnce(&Snapshot<'_>, ProjectId) -> Result<(T, u64, usize), Error>,
    ) -> Result<Arc<T>, Error> {
        if let Some(known) = self.recollection.get(&subject) {
            return Ok(known);
        }
        if let Some(recalled) = self.memory.as_ref().and_then(|memory| memory.recall(&subject)) {
            self.recollection.keep(subject, recalled.clone());
            if let Some(known) = self.recollection.get(&subject) {
                return Ok(known);
            }
        }
        let (what, last, bytes) = read(&self.snapshot, self.project)?;
        let what = Arc::new(what);
        let recalled = Recalled { what: Arc::<T>::clone(&what), last, bytes };
        self.recollection.keep(subject, recalled);
        Ok(what)
    }
}

struct Gathering<'a> {
    records: Records<'a>,
    judgements: Judgements,
    others: BTreeMap<IncidentId, Detail>,
    readings: BTreeMap<ReadingId, CaseReading>,
    classes: BTreeMap<IncidentId, Class>,
}

impl Gathering<'_> {
    /// Classes of which the incident is or may be a member, whoever did it and at whom it was aimed: who is who is for the
    /// domain.
    fn classes_near(&mut self, detail: &Detail) -> Result<(), Error> {
        for id in self.records.aggregates(Subject::classes(self.records.project))? {
            if let Incident::Class(class) = self.records.state(id)? {
                let of_anybody = Class { actors: Vec::new(), targets: Vec::new(), ..class.clone() };
                if of_anybody.membership(detail, &[]) != Membership::Outside {
                    self.classes.insert(IncidentId::new(id), class);
                }
            }
        }
        Ok(())
    }

    /// Live readings about this.
    fn readings_on(&mut self, target: Target) -> Result<(), Error> {
        let about = aggregate(target);
        for id in self.records.mentions(about.0, about.1, Kind::Reading)? {
            self.add(ReadingId::new(id), |claim| aggregate(claim.proposition.target) == about)?;
        }
        Ok(())
    }

    /// Change acts that name a reading of the case, and those that name one of these, and so on.
    ///
    /// Whether a change holds is for all annotators of its utterance to say, so whoever may read the same words comes
    /// along, whatever the words are about.
    fn changes(&mut self) -> Result<(), Error> {
        let mut pending: Vec<ReadingId> = self.readings.keys().copied().collect();
        let mut judged = BTreeSet::new();
        while let Some(changed) = pending.pop() {
            // Who is judged to read the same words comes along, whatever the words are read to be about.
            for id in self.judged(identity::Subject::Reading, [changed.uuid()])? {
                let id = ReadingId::new(id);
                if judged.insert(id) && self.add(id, |_| true)? {
                    pending.push(id);
                    pending.extend(self.readers_beside(id)?);
                }
            }
            for id in self.records.mentions(Kind::Reading, changed.uuid(), Kind::Reading)? {
                let id = ReadingId::new(id);
                if self.add(id, |claim| claim.changes.contains(&changed))? {
                    pending.push(id);
                    pending.extend(self.readers_beside(id)?);
                }
            }
        }
        Ok(())
    }

    /// Adds the readings that agree with this one in speaker, target, facet and actor, and so may be of its utterance.
    /// Whether their passages overlap is for the domain.
    fn readers_beside(&mut self, id: ReadingId) -> Result<Vec<ReadingId>, Error> {
        let claim = self.readings[&id].claim.clone();
        let (kind, targets) = match claim.proposition.target {
            Target::Incident(id) | Target::Class(id) => {
                (Kind::Incident, self.judged(identity::Subject::Incident, [id.uuid()])?)
            }
            Target::Relation(id) => (Kind::Relation, BTreeSet::from([id.uuid()])),
            Target::Actor(id) => (Kind::Actor, self.judged(identity::Subject::Actor, [id.uuid()])?),
        };
        let whom = claim.proposition.actor.map(ActorId::uuid);
        let speaking = match claim.speakers.speaker() {
            Speaker::Actor(actor) => Some(actor.uuid()),
            Speaker::Source(_) | Speaker::Unidentified { .. } => None,
        };
        let subjects = self.judged(identity::Subject::Actor, whom)?;
        let speakers = self.judged(identity::Subject::Actor, speaking)?;
        let agrees = |other: &Claim| {
            let (own, other_about) = (&claim.proposition, &other.proposition);
            let is_about = match (own.actor, other_about.actor) {
                (Some(_), Some(actor)) => subjects.contains(&actor.uuid()),
                (None, None) => true,
                (None, Some(_)) | (Some(_), None) => false,
            };
            let speaks = match other.speakers.speaker() {
                Speaker::Actor(actor) => speakers.contains(&actor.uuid()),
                other => other == claim.speakers.speaker(),
            };
            own.facet == other_about.facet && is_about && speaks
        };
        let mut added = Vec::new();
        for target in targets {
            for id in self.records.mentions(kind, target, Kind::Reading)? {
                let id = ReadingId::new(id);
                let is_there = |claim: &Claim| aggregate(claim.proposition.target).1 == target && agrees(claim);
                if self.add(id, is_there)? {
                    added.push(id);
                }
            }
        }
        Ok(added)
    }

    /// Adds a reading that is live and wanted; answers whether it is new.
    fn add(&mut self, id: ReadingId, is_wanted: impl FnOnce(&Claim) -> bool) -> Result<bool, Error> {
        if self.readings.contains_key(&id) {
            return Ok(false);
        }
        let Some(Loaded { state: Reading::Claim { author, claim }, last, .. }) = self.records.load(id.uuid())? else {
            return Ok(false);
        };
        let is_wanted = is_wanted(&claim);
        if is_wanted {
            self.readings.insert(id, CaseReading { author, written: last, claim });
        }
        Ok(is_wanted)
    }

    /// Classes that a change act is about.
    fn classes_named(&mut self) -> Result<(), Error> {
        let targets = self.readings.values().map(|reading| reading.claim.proposition.target);
        let named: BTreeSet<_> = targets
            .filter_map(|target| match target {
                Target::Class(id) => Some(id),
                Target::Incident(_) | Target::Relation(_) | Target::Actor(_) => None,
            })
            .collect();
        for id in named {
            if !self.classes.contains_key(&id)
                && let Incident::Class(class) = self.records.state(id.uuid())?
            {
                self.classes.insert(id, class);
            }
        }
        Ok(())
    }

    /// What may be one with these by the judgements, these included.
    fn judged(
        &mut self,
        kind: identity::Subject,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Result<BTreeSet<Uuid>, Error> {
        judgements::neighbours(&mut self.records, &self.judgements, kind, ids)
    }

    /// Adds what is read about others that may be the same: incidents with what is known of them, and actors.
    fn others_of(&mut self, subject: Target) -> Result<(), Error> {
        match subject {
            Target::Incident(incident) => {
                for other in self.judged(identity::Subject::Incident, [incident.uuid()])? {
                    let other = IncidentId::new(other);
                    if let (true, Incident::Single(detail)) = (other != incident, self.records.state(other.uuid())?) {
                        self.classes_near(&detail)?;
                        self.readings_on(Target::Incident(other))?;
                        self.others.insert(other, detail);
                    }
                }
            }
            Target::Actor(actor) => {
                for other in self.judged(identity::Subject::Actor, [actor.uuid()])? {
                    self.readings_on(Target::Actor(ActorId::new(other)))?;
                }
            }
            Target::Class(_) | Target::Relation(_) => {}
        }
        Ok(())
    }

    fn finish(self, subject: Target, detail: Option<Detail>) -> Result<(Gathered, Recollection), Error> {
        let Self { mut records, judgements, others, readings, classes } = self;
        let mut named = Named::default();
        named.add_target(subject);
        for reading in readings.values() {
            named.add(&reading.claim);
        }
        let mut annotations: BTreeMap<AnnotationId, Annotation> =
            states(&mut records, named.annotations, AnnotationId::uuid)?;
        let derivations = derivations(&mut records, &mut annotations)?;
        let documents = documents(&mut records, &annotations)?;
        named.sources.extend(documents.values().filter_map(|document| match document {
            Document::Registered { detail, .. } => Some(detail.source),
            Document::Absent => None,
        }));
        let sources: BTreeMap<SourceId, Source> = states(&mut records, named.sources, SourceId::uuid)?;
        let targets = others.values().chain(&detail).flat_map(|detail| &detail.targets);
        let named_by_classes = classes.values().flat_map(|class| class.targets.iter().chain(&class.actors));
        named.actors.extend(targets.chain(named_by_classes));
        let relations = relations(&mut records, &judgements, &mut named.actors, named.relations)?;
        let subjects = others.keys().map(|id| Target::Incident(*id)).chain([subject]);
        let subjects = subjects.chain(classes.keys().map(|id| Target::Class(*id)));
        let adjudications = adjudications(&mut records, subjects, relations.keys().copied(), readings.keys().copied())?;
        // Somebody may have been found to have done it whom nobody names.
        named.actors.extend(adjudications.values().flat_map(actors_of));
        let found = named.actors.iter().map(|id| id.uuid()).collect::<Vec<_>>();
        let beside = judgements::neighbours(&mut records, &judgements, identity::Subject::Actor, found)?;
        named.actors.extend(beside.into_iter().map(ActorId::new));
        let actors: BTreeMap<ActorId, Actor> = states(&mut records, named.actors, ActorId::uuid)?;
        let case = Case {
            subject,
            detail,
            others,
            readings,
            annotations,
            derivations,
            documents,
            actors,
            sources,
            relations,
            classes,
            judgements,
            adjudications,
            silent: BTreeSet::new(),
        };
        let recollection = records.recollection;
        Ok((Gathered { case, subjects: recollection.subjects(), since: recollection.since() }, recollection))
    }
}

/// The actors on whom something was found.
fn actors_of(adjudication: &Adjudication) -> impl Iterator<Item = ActorId> {
    adjudication.findings().iter().filter_map(|finding| match &finding.target {
        adjudication::Target::Proposition(about) => about.actor,
        adjudication::Target::Reading(_) | adjudication::Target::Incident(_) => None,
    })
}

fn states<I: Copy + Ord, A: Aggregate>(
    records: &mut Records<'_>,
    ids: BTreeSet<I>,
    uuid: impl Fn(I) -> Uuid,
) -> Result<BTreeMap<I, A>, Error> {
    ids.into_iter().map(|id| Ok((id, records.state(uuid(id))?))).collect()
}

/// The relations that lead from or to one of the actors, or that a reading names; the actors at their ends are added.
///
/// Whom an actor speaks for is looked at as well: whether that one is an official, and who else speaks for it, counts
/// for the actor's words.
fn relations(
    records: &mut Records<'_>,
    judgements: &Judgements,
    actors: &mut BTreeSet<ActorId>,
    named: BTreeSet<RelationId>,
) -> Result<BTreeMap<RelationId, Relation>, Error> {
    let mut relations = BTreeMap::new();
    for id in named {
        relations.insert(id, records.state::<Relation>(id.uuid())?);
    }
    let edge_ends = |relation: &Relation| relation.edge().map(|edge| [edge.from, edge.to]);
    actors.extend(relations.values().filter_map(edge_ends).flatten());
    let mut looked_at = BTreeSet::new();
    let mut pending: Vec<ActorId> = actors.iter().copied().collect();
    while let Some(actor) = pending.pop() {
        if !looked_at.insert(actor) {
            continue;
        }
        let beside = judgements::neighbours(records, judgements, identity::Subject::Actor, [actor.uuid()])?;
        pending.extend(beside.into_iter().map(ActorId::new));
        for id in records.mentions(Kind::Actor, actor.uuid(), Kind::Relation)? {
            let relation: Relation = records.state(id)?;
            if let Some(edge) = relation.edge() {
                let speaks = matches!(edge.relation, RelationType::SpeaksFor | RelationType::HoldsOffice);
                if speaks && edge.from == actor {
                    pending.push(edge.to);
                }
            }
            relations.insert(RelationId::new(id), relation);
        }
    }
    actors.extend(looked_at);
    actors.extend(relations.values().filter_map(edge_ends).flatten());
    let beside =
        judgements::neighbours(records, judgements, identity::Subject::Actor, actors.iter().map(|id| id.uuid()))?;
    actors.extend(beside.into_iter().map(ActorId::new));
    Ok(relations)
}

/// What readings name.
#[derive(Debug, Default)]
struct Named {
    annotations: BTreeSet<AnnotationId>,
    actors: BTreeSet<ActorId>,
    sources: BTreeSet<SourceId>,
    relations: BTreeSet<RelationId>,
}

impl Named {
    fn add_target(&mut self, target: Target) {
        match target {
            Target::Actor(actor) => drop(self.actors.insert(actor)),
            Target::Relation(relation) => drop(self.relations.insert(relation)),
            Target::Incident(_) | Target::Class(_) => {}
        }
    }

    fn add(&mut self, claim: &Claim) {
        self.annotations.extend(&claim.evidence);
        self.relations.extend(claim.speaks_for);
        self.actors.extend(claim.proposition.actor);
        self.actors.extend(&claim.proposition.with);
        self.add_target(claim.proposition.target);
        for speaker in claim.speakers.everyone() {
            match speaker {
                Speaker::Actor(actor) => drop(self.actors.insert(*actor)),
                Speaker::Source(source) => drop(self.sources.insert(*source)),
                Speaker::Unidentified { kind: _, label: _, of } => self.actors.extend(of),
            }
        }
    }
}
