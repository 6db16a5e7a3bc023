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
use domain::id::{AnnotationId, CredentialId, DocumentId, ProjectId, UserId};
use domain::identity::Resolved;
use domain::{Event, Kind, actor, identity, mentions, reading, relation, task};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashMap};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;
use wire::record::{Envelope, Record, Reliance};
use wire::subject::Address;

/// Stands where a digest is not told.
const NO_DIGEST: [u8; 32] = [0; 32];

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

/// What was found out about ids, which holds as long as the veil: it lies over the records up to one position.
type Known<Id, Found> = Mutex<HashMap<Id, Found>>;

/// What one viewer does not see of one project.
#[derive(Debug)]
pub struct Veil {
    project: ProjectId,
    viewer: Option<UserId>,
    documents: Arc<Documents>,
    /// Aggregates, and judgements by their own ids, that were looked at: whether they are hidden.
    hidden: Known<(Kind, Uuid), bool>,
    /// Annotations that were looked at: whether they stand in one of the documents.
    covered: Known<Uuid, bool>,
    /// Of aggregates of which a part is hidden, the revisions that are not, ascending.
    shown: Known<(Kind, Uuid), Arc<Vec<u64>>>,
    judgements: Known<identity::Subject, Arc<Resolved>>,
}

impl Veil {
    /// The veil of this viewer over these documents.
    pub(crate) fn new(project: ProjectId, viewer: Option<UserId>, documents: Arc<Documents>) -> Self {
        Self {
            project,
            viewer,
            documents,
            hidden: Mutex::default(),
            covered: Mutex::default(),
            shown: Mutex::default(),
            judgements: Mutex::default(),
        }
    }

    pub(crate) fn key(&self) -> VeilKey {
        VeilKey { viewer: self.viewer, documents: self.documents.digest }
    }

    /// The documents that it covers.
    pub(crate) fn documents(&self) -> impl Iterator<Item = DocumentId> {
        self.documents.ids.iter().copied()
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
            Kind::Identity | Kind::Task => self.events_of(raw, raw.record(position)?)?.is_some(),
        })
    }

    /// What the viewer sees of a record: all of it, some of it, or nothing.
    pub(crate) fn part(&self, raw: &Snapshot<'_>, record: Record) -> Result<Option<Record>, Error> {
        let Some(mut record) = self.events_of(raw, record)? else { return Ok(None) };
        let Envelope { kind, id, revision, .. } = record.envelope;
        if matches!(kind, Kind::Identity | Kind::Task) {
            // The revisions of these would count what others do.
            let shown = self.shown_revisions(raw, kind, id)?;
            record.envelope.revision =
                u64::try_from(shown.partition_point(|shown| *shown <= revision)).unwrap_or(u64::MAX);
        }
        self.leave_out_traces(raw, &mut record)?;
        Ok(Some(record))
    }

    /// A record with those of its events that the viewer sees; none if there are none.
    fn events_of(&self, raw: &Snapshot<'_>, mut record: Record) -> Result<Option<Record>, Error> {
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
                if Some(record.envelope.author) != self.viewer {
                    self.leave_out_changes(raw, &mut record.events)?;
                }
            }
            Kind::Identity => {
                if self.names_hidden_judgement(raw, &record)? {
                    return Ok(None);
                }
            }
            Kind::Task => {
                if self.covers_task(raw, id)? {
                    self.keep_own_part(record.envelope.author, &mut record.events);
                }
            }
        }
        Ok((!record.events.is_empty()).then_some(record))
    }

    /// The revisions of an aggregate of which the viewer sees something.
    fn shown_revisions(&self, raw: &Snapshot<'_>, kind: Kind, id: Uuid) -> Result<Arc<Vec<u64>>, Error> {
        if let Some(known) = lock(&self.shown).get(&(kind, id)) {
            return Ok(Arc::clone(known));
        }
        let mut shown = Vec::new();
        for position in raw.positions(&Subject::own(&self.address(kind, id)), 0, usize::MAX)? {
            let record = raw.record(position)?;
            let revision = record.envelope.revision;
            if self.events_of(raw, record)?.is_some() {
                shown.push(revision);
            }
        }
        let shown = Arc::new(shown);
        lock(&self.shown).insert((kind, id), Arc::clone(&shown));
        Ok(shown)
    }

    /// Takes out of a record what is computed from what may be hidden, and what counts it.
    ///
    /// It is taken out whether or not something is hidden, for otherwise its absence would tell.
    fn leave_out_traces(&self, raw: &Snapshot<'_>, record: &mut Record) -> Result<(), Error> {
        let envelope = &mut record.envelope;
        let is_own = Some(envelope.author) == self.viewer;
        if !is_own {
            envelope.request_sha256 = NO_DIGEST;
            envelope.batch = None;
        }
        // What nobody but its author writes to follows from what the author knows.
        let is_authors = match envelope.kind {
            Kind::Annotation | Kind::Reading | Kind::Assessment => is_own,
            Kind::Project
            | Kind::User
            | Kind::Source
            | Kind::Document
            | Kind::Incident
            | Kind::Actor
            | Kind::Relation
            | Kind::Derivation
            | Kind::Identity
            | Kind::Adjudication
            | Kind::Task
            | Kind::Import => false,
        };
        if !is_authors {
            envelope.previous = envelope.previous.filter(|_| envelope.revision > 1).map(|_| NO_DIGEST);
        }
        if envelope.kind == Kind::Task && !is_own && is_end(&record.events) {
            // Who submits last closes the task: that it is closed is told, and not who was the last.
            if let Some(opened) = self.opening(raw, envelope.id)? {
                envelope.author = opened.envelope.author;
                envelope.credential = CredentialId::new(Uuid::nil());
                envelope.command_id = Uuid::nil();
                envelope.correlation_id = Uuid::nil();
            }
        }
        let mut relied_on = Vec::with_capacity(envelope.relied_on.len());
        for reliance in envelope.relied_on.drain(..) {
            let Reliance { kind, id, revision: _ } = reliance;
            let is_hidden = match kind {
                Kind::Identity | Kind::Task => true,
                _ => self.hides(raw, kind, id)?,
            };
            if !is_hidden {
                relied_on.push(reliance);
            }
        }
        envelope.relied_on = relied_on;
        Ok(())
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

    /// Takes hidden utterances out of what others' claims change.
    fn leave_out_changes(&self, raw: &Snapshot<'_>, events: &mut [Event]) -> Result<(), Error> {
        for event in events {
            let Event::Reading(reading::Event::ClaimRead(claim) | reading::Event::ClaimReadingRevised(claim)) = event
            else {
                continue;
            };
            let mut shown = Vec::with_capacity(claim.changes.len());
            for id in claim.changes.drain(..) {
                if !self.hides(raw, Kind::Reading, id.uuid())? {
                    shown.push(id);
                }
            }
            claim.changes = shown;
        }
        Ok(())
    }

    /// The record that opened a task.
    fn opening(&self, raw: &Snapshot<'_>, id: Uuid) -> Result<Option<Record>, Error> {
        let own = Subject::own(&self.address(Kind::Task, id));
        raw.positions(&own, 0, 1)?.first().map(|opened| raw.record(*opened)).transpose()
    }

    /// Whether a task is about one of the documents.
    fn covers_task(&self, raw: &Snapshot<'_>, id: Uuid) -> Result<bool, Error> {
        let opened = self.opening(raw, id)?;
        let terms = opened.iter().flat_map(|opened| &opened.events).find_map(|event| match event {
            Event::Task(task::Event::TaskOpened(terms)) => Some(terms),
            _ => None,
        });
        Ok(terms.is_some_and(|terms| self.documents.ids.contains(&terms.document)))
    }

    /// Of a task's events what is told to everybody, and in the viewer's own records what is about them. That a lease of
    /// theirs ran out may stand in another's record, which then is none of theirs.
    fn keep_own_part(&self, author: UserId, events: &mut Vec<Event>) {
        let is_own = Some(author) == self.viewer;
        events.retain(|event| {
            let Event::Task(event) = event else { return false };
            match event {
                task::Event::TaskOpened(_) | task::Event::TaskClosed => true,
                task::Event::TaskLeased { annotator, .. }
                | task::Event::LeaseRenewed { annotator, .. }
                | task::Event::LeaseExpired { annotator }
                | task::Event::TaskSubmitted { annotator, .. }
                | task::Event::TaskSkipped { annotator, .. } => is_own && Some(*annotator) == self.viewer,
            }
        });
    }

    /// Judgements as this viewer sees them, folded once.
    pub(crate) fn judgements(
        &self,
        kind: identity::Subject,
        fold: impl FnOnce() -> Result<Arc<Resolved>, Error>,
    ) -> Result<Arc<Resolved>, Error> {
        if let Some(known) = lock(&self.judgements).get(&kind) {
            return Ok(Arc::clone(known));
        }
        let folded = fold()?;
        lock(&self.judgements).insert(kind, Arc::clone(&folded));
        Ok(folded)
    }

    fn address(&self, kind: Kind, id: Uuid) -> Address {
        Address { project: self.project.uuid(), kind, id }
    }
}

/// Whether events say of a task that it ended, and nothing else.
fn is_end(events: &[Event]) -> bool {
    matches!(events, [Event::Task(task::Event::TaskClosed)])
}

fn named(events: &[Event]) -> Vec<(Kind, Uuid)> {
    let mut named = Vec::new();
    for event in events {
        mentions::each(event, |kind, id| named.push((kind, id)));
    }
    named
}

fn lock<T>(known: &Mutex<T>) -> MutexGuard<'_, T> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}
