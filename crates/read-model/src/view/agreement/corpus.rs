//! What a report is made of: read whole, or kept and brought up to date.

use super::number;
use crate::Loaded;
use crate::subject::Subject;
use crate::view::judgements::judgements;
use crate::view::scope::{Answer, Scope, Stop, invalid};
use domain::adjudication::Adjudication;
use domain::annotation::Annotation;
use domain::attribution::{CaseBlank, CaseReading, Corpus};
use domain::id::{AdjudicationId, AnnotationId, DocumentId, ReadingId};
use domain::reading::Reading;
use domain::{Aggregate, Event, Kind, project};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use uuid::Uuid;
use wire::subject::Address;
use wire::view::Agreement;

/// Readings that one report is made of, retracted ones included: figures of more are none that anybody reads, and what is
/// kept of them takes about a kilobyte each.
const READINGS_MAX: usize = 50_000;
/// Records that a kept corpus is brought up to date with; after more it is read anew, which costs about the same.
const CHANGES_MAX: usize = 10_000;

/// The corpus of a project, which holds from the last record that changed it.
#[derive(Debug)]
pub(in crate::view) struct Kept {
    pub(super) gathered: Gathered,
    /// The report of all of it, once somebody asked for it.
    pub(super) report: OnceLock<Agreement>,
    /// The position of the last record that changed it, or at which it was read.
    since: u64,
    /// A position up to which no later record changes it.
    until: AtomicU64,
}

impl Kept {
    fn new(gathered: Gathered, since: u64) -> Self {
        Self { gathered, report: OnceLock::new(), since, until: AtomicU64::new(since) }
    }

    /// How many readings there are.
    pub(in crate::view) fn weight(&self) -> u32 {
        number(self.gathered.created.len() + 1)
    }

    /// Whether it is of an earlier position than the other one.
    pub(in crate::view) fn is_before(&self, other: &Self) -> bool {
        self.since < other.since
    }
}

/// The corpus of the project at the scope's position.
pub(super) fn of_project(scope: &Scope<'_>) -> Answer<Arc<Kept>> {
    let (boards, at) = (scope.view.boards, scope.snapshot.at());
    if scope.is_blinded() {
        return Ok(Arc::new(Kept::new(read(scope)?, at)));
    }
    let earlier = boards.corpus(scope.project).filter(|kept| kept.since <= at);
    let kept = match earlier {
        Some(kept) => match Changes::since(scope, kept.until.load(Ordering::Relaxed))? {
            Some(changes) if changes.is_empty() => {
                kept.until.fetch_max(at, Ordering::Relaxed);
                return Ok(kept);
            }
            Some(changes) => Kept::new(brought_up_to_date(scope, kept.gathered.clone(), &changes)?, at),
            None => Kept::new(read(scope)?, at),
        },
        None => Kept::new(read(scope)?, at),
    };
    let kept = Arc::new(kept);
    boards.keep_corpus(scope.project, Arc::clone(&kept));
    Ok(kept)
}

/// What changed of a project that a report is made of.
#[derive(Default)]
struct Changes {
    readings: BTreeSet<Uuid>,
    annotations: BTreeSet<Uuid>,
    adjudications: BTreeSet<Uuid>,
    /// Whether judgements or codebooks may have changed.
    others: bool,
}

impl Changes {
    /// Those after a position up to the scope's; none when there are too many records.
    fn since(scope: &Scope<'_>, position: u64) -> Answer<Option<Self>> {
        if position >= scope.snapshot.at() {
            return Ok(Some(Self::default()));
        }
        let positions = scope.snapshot.positions(&Subject::project(scope.project), position, CHANGES_MAX + 1)?;
        if positions.len() > CHANGES_MAX {
            return Ok(None);
        }
        let mut changes = Self::default();
        for position in positions {
            let envelope = scope.snapshot.envelope(position)?;
            match envelope.kind {
                Kind::Reading => drop(changes.readings.insert(envelope.id)),
                Kind::Annotation => drop(changes.annotations.insert(envelope.id)),
                Kind::Adjudication => drop(changes.adjudications.insert(envelope.id)),
                Kind::Identity | Kind::Project => changes.others = true,
                Kind::User
                | Kind::Source
                | Kind::Document
                | Kind::Incident
                | Kind::Actor
                | Kind::Relation
                | Kind::Derivation
                | Kind::Assessment
                | Kind::Task
                | Kind::Import => {}
            }
        }
        Ok(Some(changes))
    }

    fn is_empty(&self) -> bool {
        let Self { readings, annotations, adjudications, others } = self;
        readings.is_empty() && annotations.is_empty() && adjudications.is_empty() && !others
    }
}

fn brought_up_to_date(scope: &Scope<'_>, mut gathered: Gathered, changes: &Changes) -> Answer<Gathered> {
    check_size(scope)?;
    if changes.others {
        gathered.corpus.judgements = judgements(scope)?;
        gathered.versions = Versions::of(scope)?;
    }
    for id in &changes.annotations {
        // Read again where a reading cites it.
        gathered.corpus.annotations.remove(&AnnotationId::new(*id));
    }
    let mut gathering = Gathering { scope, gathered, looked_at: BTreeSet::new() };
    for id in &changes.readings {
        gathering.forget(ReadingId::new(*id));
        gathering.add(*id)?;
    }
    let cited = gathering.gathered.corpus.readings.values().flat_map(|reading| &reading.claim.evidence);
    let missing: Vec<_> = cited
        .filter(|id| changes.annotations.contains(&id.uuid()))
        .copied()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    for id in missing {
        gathering.add_annotation(id)?;
    }
    for id in &changes.adjudications {
        gathering.add_adjudication(*id)?;
    }
    Ok(gathering.gathered)
}

/// The positions at which the codebook's versions were published, ascending.
#[derive(Debug, Default, Clone)]
pub(super) struct Versions(Vec<u64>);

impl Versions {
    fn of(scope: &Scope<'_>) -> Answer<Self> {
        let id = scope.project.uuid();
        let own = Subject::own(&Address { project: id, kind: Kind::Project, id });
        let is_published = |event: &Event| matches!(event, Event::Project(project::Event::CodebookPublished { .. }));
        let mut published = Vec::new();
        for position in scope.snapshot.positions(&own, 0, usize::MAX)? {
            let record = scope.snapshot.record(position)?;
            published.extend(record.events.iter().filter(|event| is_published(event)).map(|_| position));
        }
        Ok(Self(published))
    }

    /// The newest version at a position; 0 before the first.
    pub fn at(&self, position: u64) -> u32 {
        number(self.0.partition_point(|published| *published <= position))
    }

    /// Refuses a version that is not there yet.
    pub fn check(&self, version: Option<u32>) -> Answer<()> {
        let newest = number(self.0.len());
        match version.filter(|version| *version > newest) {
            None => Ok(()),
            Some(version) => {
                let detail = format!("there is no codebook version {version} at this position; the newest is {newest}");
                Err(invalid("unknown_codebook", detail))
            }
        }
    }
}

/// The readings, the position at which each was created, and the codebook's versions.
#[derive(Debug, Default, Clone)]
pub(super) struct Gathered {
    pub corpus: Corpus,
    pub created: BTreeMap<ReadingId, u64>,
    pub versions: Versions,
}

/// All readings of the project.
fn read(scope: &Scope<'_>) -> Answer<Gathered> {
    check_size(scope)?;
    let mut gathering = Gathering::begin(scope)?;
    for id in scope.snapshot.aggregates(&Subject::created(scope.project, Kind::Reading))? {
        gathering.add(id)?;
    }
    gathering.end()
}

/// The readings of a document, with what they are judged to be one with.
pub(super) fn of_document(scope: &Scope<'_>, document: DocumentId) -> Answer<Gathered> {
    let mut gathering = Gathering::begin(scope)?;
    gathering.add_document(document)?;
    gathering.end()
}

fn check_size(scope: &Scope<'_>) -> Answer<()> {
    let created = Subject::created(scope.project, Kind::Reading);
    if scope.snapshot.positions(&created, 0, READINGS_MAX + 1)?.len() > READINGS_MAX {
        return Err(too_many());
    }
    Ok(())
}

fn too_many() -> Stop {
    let detail = format!("a report is made of {READINGS_MAX} readings at most: ask for one `document`");
    invalid("too_many_readings", detail)
}

struct Gathering<'a> {
    scope: &'a Scope<'a>,
    gathered: Gathered,
    looked_at: BTreeSet<Uuid>,
}

impl<'a> Gathering<'a> {
    fn begin(scope: &'a Scope<'a>) -> Answer<Self> {
        let corpus = Corpus { judgements: judgements(scope)?, ..Corpus::default() };
        let gathered = Gathered { corpus, versions: Versions::of(scope)?, ..Gathered::default() };
        Ok(Self { scope, gathered, looked_at: BTreeSet::new() })
    }

    fn end(mut self) -> Answer<Gathered> {
        for id in self.scope.snapshot.aggregates(&Subject::created(self.scope.project, Kind::Adjudication))? {
            self.add_adjudication(id)?;
        }
        Ok(self.gathered)
    }

    fn add_adjudication(&mut self, id: Uuid) -> Answer<()> {
        let adjudication = self.scope.load::<Adjudication>(id)?.state;
        self.gathered.corpus.adjudications.insert(AdjudicationId::new(id), adjudication);
        Ok(())
    }

    fn forget(&mut self, id: ReadingId) {
        self.gathered.corpus.readings.remove(&id);
        self.gathered.corpus.blanks.remove(&id);
        self.gathered.created.remove(&id);
    }

    /// Adds what is read in a document, and in the documents of what that is judged to be one with.
    fn add_document(&mut self, document: DocumentId) -> Answer<()> {
        let (mut pending, mut known) = (vec![document], BTreeSet::from([document]));
        while let Some(document) = pending.pop() {
            let mut found = self.mentioning(Kind::Document, document.uuid(), Kind::Reading)?;
            for annotation in self.mentioning(Kind::Document, document.uuid(), Kind::Annotation)? {
                found.extend(self.mentioning(Kind::Annotation, annotation, Kind::Reading)?);
            }
            let judgements = &self.gathered.corpus.judgements.readings;
            for id in judgements.neighbours(found).ids {
                for document in self.add(id)? {
                    if known.insert(document) {
                        pending.push(document);
                    }
                }
            }
        }
        Ok(())
    }

    fn mentioning(&self, kind: Kind, id: Uuid, mentioning: Kind) -> Answer<Vec<Uuid>> {
        let address = Address { project: self.scope.project.uuid(), kind, id };
        Ok(self.scope.snapshot.aggregates(&Subject::mention(&address, mentioning))?)
    }

    /// Adds a reading that is not retracted; answers the documents that it cites.
    fn add(&mut self, id: Uuid) -> Answer<BTreeSet<DocumentId>> {
        if !self.looked_at.insert(id) {
            return Ok(BTreeSet::new());
        }
        if self.looked_at.len() > READINGS_MAX {
            return Err(too_many());
        }
        let Some(Loaded { state, created, last: written, .. }) = self.state::<Reading>(id)? else {
            return Ok(BTreeSet::new());
        };
        let id = ReadingId::new(id);
        let mut documents = BTreeSet::new();
        match state {
            Reading::Claim { author, claim } => {
                for annotation in &claim.evidence {
                    documents.extend(self.add_annotation(*annotation)?);
                }
                self.gathered.corpus.readings.insert(id, CaseReading { author, written, claim });
            }
            Reading::Blank { author, blank } => {
                documents.insert(blank.document);
                self.gathered.corpus.blanks.insert(id, CaseBlank { author, written, blank });
            }
            Reading::Absent | Reading::Retracted { .. } | Reading::BlankRetracted { .. } => return Ok(documents),
        }
        self.gathered.created.insert(id, created);
        Ok(documents)
    }

    fn add_annotation(&mut self, id: AnnotationId) -> Answer<Option<DocumentId>> {
        if !self.gathered.corpus.annotations.contains_key(&id) {
            let annotation = self.state::<Annotation>(id.uuid())?.map(|loaded| loaded.state).unwrap_or_default();
            self.gathered.corpus.annotations.insert(id, annotation);
        }
        Ok(self.gathered.corpus.annotations[&id].live().map(|span| span.document))
    }

    fn state<A: Aggregate>(&self, id: Uuid) -> Answer<Option<Loaded<A>>> {
        Ok(self.scope.snapshot.load(self.scope.project, id)?)
    }
}
