//! What somebody is kept from while documents are read blind.
//!
//! In a blind project a document with an open task is read by each annotator alone. Until its tasks are closed, who is below
//! curator sees there only their own annotations, readings and spans without a claim, and nothing that names one of the
//! others': no derivation, assessment, adjudication or judgement, no batch that another imported, and of a task only their
//! own part. Sources, documents, incidents, actors and relations are everybody's words and stay; what they cite of the hidden
//! is left out.
//!
//! A veil lies over a [`Snapshot`](crate::Snapshot), so that every view is the same fold over what is left. Which documents
//! it covers is told by the tasks of the newest position, whatever the question's: as with permissions, who was allowed to
//! see something once is not allowed for ever.

use crate::subject::Subject;
use crate::{Error, Snapshot};
use domain::id::{AnnotationId, DocumentId, ProjectId, UserId};
use domain::{Event, Kind, actor, identity, mentions, relation, task};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashMap};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;
use wire::record::Record;
use wire::subject::Address;

/// Documents that are read blind.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    ids: BTreeSet<DocumentId>,
    digest: u64,
}

impl Documents {
    pub fn new(ids: BTreeSet<DocumentId>) -> Self {
        let mut hasher = DefaultHasher::new();
        ids.hash(&mut hasher);
        Self { digest: hasher.finish(), ids }
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// Tells veils apart under which answers may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct VeilKey {
    viewer: Option<UserId>,
    documents: u64,
}

/// What one viewer does not see of one project.
#[derive(Debug)]
pub struct Veil {
    project: ProjectId,
    viewer: Option<UserId>,
    documents: Arc<Documents>,
    /// Aggregates, and judgements by their own ids, that were looked at: whether they are hidden.
    hidden: Mutex<HashMap<(Kind, Uuid), bool>>,
    /// Annotations that were looked at: whether they stand in one of the documents.
    covered: Mutex<HashMap<Uuid, bool>>,
}

impl Veil {
    /// The veil of this viewer over these documents.
    pub(crate) fn new(project: ProjectId, viewer: Option<UserId>, documents: Arc<Documents>) -> Self {
        Self { project, viewer, documents, hidden: Mutex::default(), covered: Mutex::default() }
    }

    pub(crate) fn key(&self) -> VeilKey {
        VeilKey { viewer: self.viewer, documents: self.documents.digest }
    }

    /// Whether the viewer sees anything of a record.
    pub(crate) fn shows(&self, raw: &Snapshot<'_>, position: u64) -> Result<bool, Error> {
        let envelope = raw.envelope(position)?;
        let (kind, id) = (envelope.kind, envelope.id);
        Ok(match kind {
            Kind::Project
            | Kind::User
            | Kind::Source
            | Kind::Document
            | Kind::Incident
            | Kind::Actor
            | Kind::Relation => true,
            Kind::Annotation
            | Kind::Reading
            | Kind::Derivation
            | Kind::Assessment
            | Kind::Adjudication
            | Kind::Import => !self.hides(raw, kind, id)?,
            Kind::Identity | Kind::Task => self.part(raw, raw.record(position)?)?.is_some(),
        })
    }

    /// What the viewer sees of a record: all of it, some of its content, or nothing.
    pub(crate) fn part(&self, raw: &Snapshot<'_>, mut record: Record) -> Result<Option<Record>, Error> {
        let (kind, id) = (record.envelope.kind, record.envelope.id);
        match kind {
            Kind::Project | Kind::User | Kind::Source | Kind::Document | Kind::Incident => {}
            Kind::Actor | Kind::Relation => self.leave_out_evidence(raw, &mut record.events)?,
            Kind::Annotation
            | Kind::Reading
            | Kind::Derivation
            | Kind::Assessment
            | Kind::Adjudication
            | Kind::Import => {
                if self.hides(raw, kind, id)? {
                    return Ok(None);
                }
            }
            Kind::Identity => {
                if self.names_hidden_judgement(raw, &record)? {
                    return Ok(None);
                }
            }
            Kind::Task => return self.part_of_task(raw, record),
        }
        Ok(Some(record))
    }

    /// Whether an aggregate is hidden.
    fn hides(&self, raw: &Snapshot<'_>, kind: Kind, id: Uuid) -> Result<bool, Error> {
        if let Some(known) = lock(&self.hidden).get(&(kind, id)) {
            return Ok(*known);
        }
        let hidden = self.is_hidden(raw, kind, id)?;
        lock(&self.hidden).insert((kind, id), hidden);
        Ok(hidden)
    }

    fn is_hidden(&self, raw: &Snapshot<'_>, kind: Kind, id: Uuid) -> Result<bool, Error> {
        let positions = raw.positions(&Subject::own(&self.address(kind, id)), 0, usize::MAX)?;
        let Some(created) = positions.first() else { return Ok(false) };
        let record = raw.record(*created)?;
        if Some(record.envelope.author) == self.viewer {
            return Ok(false);
        }
        match kind {
            Kind::Annotation => self.covers(raw, id),
            // What it cited once, it may have been read from.
            Kind::Reading => {
                for position in positions {
                    for (kind, id) in named(&raw.record(position)?.events) {
                        let is_covered = match kind {
                            Kind::Document => self.documents.ids.contains(&DocumentId::new(id)),
                            Kind::Annotation => self.covers(raw, id)?,
                            _ => false,
                        };
                        if is_covered {
                            return Ok(true);
                        }
                    }
                }
                Ok(false)
            }
            Kind::Derivation | Kind::Assessment | Kind::Adjudication => self.names_hidden(raw, &record.events),
            // It counts what came with it, and that may be hidden.
            Kind::Import => Ok(true),
            Kind::Project
            | Kind::User
            | Kind::Source
            | Kind::Document
            | Kind::Incident
            | Kind::Actor
            | Kind::Relation
            | Kind::Identity
            | Kind::Task => Ok(false),
        }
    }

    /// Whether events name an annotation or a reading that is hidden.
    fn names_hidden(&self, raw: &Snapshot<'_>, events: &[Event]) -> Result<bool, Error> {
        for (kind, id) in named(events) {
            if matches!(kind, Kind::Annotation | Kind::Reading) && self.hides(raw, kind, id)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether an annotation stands in one of the documents.
    fn covers(&self, raw: &Snapshot<'_>, annotation: Uuid) -> Result<bool, Error> {
        if let Some(known) = lock(&self.covered).get(&annotation) {
            return Ok(*known);
        }
        let own = Subject::own(&self.address(Kind::Annotation, annotation));
        let covered = match raw.positions(&own, 0, 1)?.first() {
            Some(created) => named(&raw.record(*created)?.events)
                .into_iter()
                .any(|(kind, id)| kind == Kind::Document && self.documents.ids.contains(&DocumentId::new(id))),
            None => false,
        };
        lock(&self.covered).insert(annotation, covered);
        Ok(covered)
    }

    /// Takes what is hidden out of the evidence for names and relations.
    fn leave_out_evidence(&self, raw: &Snapshot<'_>, events: &mut [Event]) -> Result<(), Error> {
        for event in events {
            let evidence: &mut Vec<AnnotationId> = match event {
                Event::Actor(actor::Event::ActorNameAsserted { id: _, name }) => &mut name.evidence,
                Event::Relation(relation::Event::RelationRegistered(edge)) => &mut edge.evidence,
                _ => continue,
            };
            let mut shown = Vec::with_capacity(evidence.len());
            for id in evidence.drain(..) {
                if !self.hides(raw, Kind::Annotation, id.uuid())? {
                    shown.push(id);
                }
            }
            *evidence = shown;
        }
        Ok(())
    }

    /// Whether a record makes or withdraws a judgement that is hidden.
    fn names_hidden_judgement(&self, raw: &Snapshot<'_>, record: &Record) -> Result<bool, Error> {
        for event in &record.events {
            let Event::Identity(event) = event else { continue };
            if self.hides_judgement(raw, event.judgement().uuid())? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn hides_judgement(&self, raw: &Snapshot<'_>, judgement: Uuid) -> Result<bool, Error> {
        if let Some(known) = lock(&self.hidden).get(&(Kind::Identity, judgement)) {
            return Ok(*known);
        }
        let mention = Subject::mention(&self.address(Kind::Identity, judgement), Kind::Identity);
        let mut hidden = false;
        if let Some(made) = raw.positions(&mention, 0, 1)?.first() {
            let record = raw.record(*made)?;
            let judged = record.events.iter().filter_map(|event| match event {
                Event::Identity(event) => event.judged().map(|(_, judged)| judged),
                _ => None,
            });
            for judged in judged.filter(|judged| judged.id.uuid() == judgement) {
                hidden = Some(record.envelope.author) != self.viewer && self.hides_judged(raw, judged)?;
            }
        }
        lock(&self.hidden).insert((Kind::Identity, judgement), hidden);
        Ok(hidden)
    }

    fn hides_judged(&self, raw: &Snapshot<'_>, judged: &identity::Judged) -> Result<bool, Error> {
        if judged.subject == identity::Subject::Reading {
            for id in [judged.left, judged.right] {
                if self.hides(raw, Kind::Reading, id)? {
                    return Ok(true);
                }
            }
        }
        for contested in &judged.against {
            // A judgement contests only such as were made before it.
            if contested.uuid() != judged.id.uuid() && self.hides_judgement(raw, contested.uuid())? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Of a task the viewer's own part. Its revisions are counted anew: otherwise they would count what others do.
    fn part_of_task(&self, raw: &Snapshot<'_>, mut record: Record) -> Result<Option<Record>, Error> {
        let own = Subject::own(&self.address(Kind::Task, record.envelope.id));
        let positions = raw.positions(&own, 0, usize::MAX)?;
        let opened = match positions.first() {
            Some(opened) => raw.record(*opened)?,
            None => return Ok(Some(record)),
        };
        let is_covered = opened.events.iter().any(|event| match event {
            Event::Task(task::Event::TaskOpened(terms)) => self.documents.ids.contains(&terms.document),
            _ => false,
        });
        if !is_covered {
            return Ok(Some(record));
        }
        self.keep_own_part(&mut record.events);
        if record.events.is_empty() {
            return Ok(None);
        }
        let mut revision = 0;
        for position in positions {
            let mut earlier = raw.record(position)?;
            let number = earlier.envelope.revision;
            self.keep_own_part(&mut earlier.events);
            revision += u64::from(!earlier.events.is_empty());
            if number == record.envelope.revision {
                break;
            }
        }
        record.envelope.revision = revision;
        Ok(Some(record))
    }

    fn keep_own_part(&self, events: &mut Vec<Event>) {
        events.retain(|event| match event {
            Event::Task(
                task::Event::TaskLeased { annotator, .. }
                | task::Event::LeaseRenewed { annotator, .. }
                | task::Event::LeaseExpired { annotator }
                | task::Event::TaskSubmitted { annotator, .. }
                | task::Event::TaskSkipped { annotator, .. },
            ) => Some(*annotator) == self.viewer,
            _ => true,
        });
    }

    fn address(&self, kind: Kind, id: Uuid) -> Address {
        Address { project: self.project.uuid(), kind, id }
    }
}

fn named(events: &[Event]) -> Vec<(Kind, Uuid)> {
    let mut named = Vec::new();
    for event in events {
        mentions::each(event, |kind, id| named.push((kind, id)));
    }
    named
}

fn lock<T>(known: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}
