//! The agreement report: how far annotators agree on what the same passages say.

use super::judgements::judgements;
use super::record::limit_of;
use super::scope::{Answer, Scope, id, invalid};
use crate::Loaded;
use crate::subject::Subject;
use domain::agreement::{Figure, Figures, Mark, Measures, Pair, Rated, Rating, Report, Spans, report};
use domain::annotation::Annotation;
use domain::attribution::{CaseBlank, CaseReading, Corpus, units};
use domain::claim::Act;
use domain::document::Document;
use domain::id::{AdjudicationId, AnnotationId, DocumentId, ReadingId, UserId};
use domain::opinion::rounded;
use domain::reading::Reading;
use domain::{Aggregate, Code, Event, Kind, project};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use wire::subject::Address;
use wire::view::{
    self, Agreement, AgreementFigure, AgreementFigures, AgreementMeasures, AgreementOfCodebook, AgreementOfDocument,
    AgreementOfPair, AgreementOfSpans, AgreementRating, AgreementSpans, AgreementUnit, AskAgreement, DawidSkene,
};

/// Readings that one report is made of: it is computed for each request, and reads all of them.
const READINGS_MAX: usize = 50_000;
/// Documents, pairs and pairs of a document that are listed: the rest is counted, and a document can be asked for.
const DOCUMENTS_MAX: usize = 100;
const PAIRS_MAX: usize = 200;
const PAIRS_OF_DOCUMENT_MAX: usize = 50;
/// The act of a span without a claim.
const NO_CLAIM: &str = "no_claim";

/// The report that is asked for, with a page of its units.
pub(super) fn agreement(scope: &Scope<'_>, ask: &AskAgreement) -> Answer<Agreement> {
    let document = ask.document.as_deref().map(id).transpose()?.map(DocumentId::new);
    if let Some(document) = document {
        scope.load::<Document>(document.uuid())?;
    }
    let versions = Versions::of(scope)?;
    if let Some(version) = ask.codebook.filter(|version| *version > versions.newest()) {
        let newest = versions.newest();
        let detail = format!("there is no codebook version {version} at this position; the newest is {newest}");
        return Err(invalid("unknown_codebook", detail));
    }
    let Gathered { corpus, created } = gather(scope, document)?;
    let mut units = units(&corpus);
    // A unit that was judged to be one with others may stand in another document as well.
    units.retain(|unit| document.is_none_or(|document| unit.place.document == document));
    let report = report(&corpus, &units, |position| versions.at(position), ask.codebook);
    let page = Page::of(&report, &created, &versions, ask);
    Ok(Agreement {
        as_of: scope.snapshot.at(),
        // Blindness needs tasks, of which there are none yet: nothing was left out.
        blinded: false,
        document: document.map(|document| document.to_string()),
        codebook: ask.codebook,
        overall: Some(figures(&report.overall)),
        documents: report.documents.iter().take(DOCUMENTS_MAX).map(of_document).collect(),
        documents_total: number(report.documents.len()),
        pairs: report.pairs.iter().take(PAIRS_MAX).map(of_pair).collect(),
        pairs_total: number(report.pairs.len()),
        codebooks: report.codebooks.iter().map(of_codebook).collect(),
        dawid_skene: Some(DawidSkene {
            rounds: report.acts.rounds,
            log_likelihood: rounded(report.acts.log_likelihood),
            settled: report.acts.settled,
        }),
        units: page.units,
        next: None,
        after: page.after,
    })
}

/// The positions at which the codebook's versions were published, ascending.
struct Versions(Vec<u64>);

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
    fn at(&self, position: u64) -> u32 {
        number(self.0.partition_point(|published| *published <= position))
    }

    fn newest(&self) -> u32 {
        number(self.0.len())
    }
}

/// The readings, and the position at which each was created.
#[derive(Default)]
struct Gathered {
    corpus: Corpus,
    created: BTreeMap<ReadingId, u64>,
}

/// The corpus of the project, or that of a document with what its readings are judged to be one with.
fn gather(scope: &Scope<'_>, document: Option<DocumentId>) -> Answer<Gathered> {
    let corpus = Corpus { judgements: judgements(scope)?, ..Corpus::default() };
    let mut gathering =
        Gathering { scope, gathered: Gathered { corpus, ..Gathered::default() }, looked_at: BTreeSet::new() };
    match document {
        None => {
            for id in scope.snapshot.aggregates(&Subject::created(scope.project, Kind::Reading))? {
                gathering.add(id)?;
            }
        }
        Some(document) => gathering.add_document(document)?,
    }
    let mut gathered = gathering.gathered;
    for id in scope.snapshot.aggregates(&Subject::created(scope.project, Kind::Adjudication))? {
        gathered.corpus.adjudications.insert(AdjudicationId::new(id), scope.load(id)?.state);
    }
    Ok(gathered)
}

struct Gathering<'a> {
    scope: &'a Scope<'a>,
    gathered: Gathered,
    looked_at: BTreeSet<Uuid>,
}

impl Gathering<'_> {
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
            let detail = format!("a report is made of {READINGS_MAX} readings at most: ask for one `document`");
            return Err(invalid("too_many_readings", detail));
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

/// A page of units.
struct Page {
    units: Vec<AgreementUnit>,
    after: Option<u64>,
}

impl Page {
    /// Units stand where the first of their readings was created, whichever of them count.
    fn of(report: &Report<'_>, created: &BTreeMap<ReadingId, u64>, versions: &Versions, ask: &AskAgreement) -> Self {
        let place = |unit: &Rated<'_>| {
            let readings = if unit.unit.readings.is_empty() { &unit.unit.blanks } else { &unit.unit.readings };
            readings.iter().filter_map(|reading| created.get(reading)).min().copied().unwrap_or(0)
        };
        let placed = report.units.iter().zip(&report.acts.posteriors).map(|(unit, acts)| (place(unit), (unit, acts)));
        let placed: BTreeMap<u64, _> = placed.collect();
        let mut rest = placed.range(ask.after.saturating_add(1)..);
        let shown = |(position, (unit, acts)): (&u64, &(&Rated<'_>, &BTreeMap<Option<Act>, f64>))| {
            shown(*position, unit, acts, versions)
        };
        let units: Vec<_> = rest.by_ref().take(limit_of(ask.limit)).map(shown).collect();
        let after = units.last().map(|unit| unit.position).filter(|_| rest.next().is_some());
        Self { units, after }
    }
}

fn shown(
    position: u64,
    rated: &Rated<'_>,
    posterior: &BTreeMap<Option<Act>, f64>,
    versions: &Versions,
) -> AgreementUnit {
    let place = rated.unit.place;
    AgreementUnit {
        unit: rated.unit.id.to_string(),
        position,
        quote: Some(view::Quote {
            document: place.document.to_string(),
            revision: place.revision,
            start: place.start,
            end: place.end,
            exact: None,
            erased: false,
        }),
        unanimous: rated.is_unanimous(),
        differs: rated.differs().into_iter().map(str::to_owned).collect(),
        ratings: rated.marks.iter().map(|(annotator, mark)| rating(*annotator, mark, versions)).collect(),
        posterior: posterior.iter().map(|(act, share)| (act_code(*act).to_owned(), rounded(*share))).collect(),
    }
}

fn rating(annotator: UserId, mark: &Mark, versions: &Versions) -> AgreementRating {
    let Mark { reading, written, rating } = mark;
    let act = match rating {
        Rating::NoClaim => NO_CLAIM,
        Rating::Claim { act, .. } => act.as_str(),
    };
    AgreementRating {
        annotator: annotator.to_string(),
        reading: reading.to_string(),
        act: act.to_owned(),
        polarity: rating.polarity().map(|polarity| polarity.to_string()),
        role: rating.role().map(|role| role.to_string()),
        certainty: rating.certainty().map(|certainty| certainty.to_string()),
        codebook: versions.at(*written),
    }
}

fn act_code(act: Option<Act>) -> &'static str {
    act.map_or(NO_CLAIM, Act::as_str)
}

fn figures(figures: &Figures) -> AgreementFigures {
    let Figures { units, compared, unanimous, annotators, act, polarity, role, certainty } = figures;
    AgreementFigures {
        units: number(*units),
        compared: number(*compared),
        unanimous: number(*unanimous),
        annotators: number(*annotators),
        act: Some(measures(act)),
        polarity: Some(measures(polarity)),
        role: Some(measures(role)),
        certainty: Some(measures(certainty)),
    }
}

fn measures(measures: &Measures) -> AgreementMeasures {
    let Measures { ratings, alpha, fleiss } = measures;
    AgreementMeasures { ratings: number(*ratings), alpha: Some(figure(*alpha)), fleiss: Some(figure(*fleiss)) }
}

fn figure(figure: Figure) -> AgreementFigure {
    match figure {
        Ok(value) => AgreementFigure { value: Some(rounded(value)), undefined: None },
        Err(reason) => AgreementFigure { value: None, undefined: Some(reason.to_string()) },
    }
}

fn of_document((document, of): (&DocumentId, &domain::agreement::OfDocument)) -> AgreementOfDocument {
    let pair = |(pair, spans): (&Pair, &Spans)| AgreementOfSpans {
        annotators: annotators(*pair),
        spans: Some(self::spans(*spans)),
    };
    AgreementOfDocument {
        document: document.to_string(),
        figures: Some(figures(&of.figures)),
        spans: of.spans.iter().take(PAIRS_OF_DOCUMENT_MAX).map(pair).collect(),
        spans_total: number(of.spans.len()),
    }
}

fn of_pair((pair, of): (&Pair, &domain::agreement::OfPair)) -> AgreementOfPair {
    AgreementOfPair {
        annotators: annotators(*pair),
        units: number(of.units),
        act: Some(figure(of.act)),
        polarity: Some(figure(of.polarity)),
        role: Some(figure(of.role)),
        certainty: Some(figure(of.certainty)),
        spans: Some(spans(of.spans)),
    }
}

fn of_codebook((version, of): (&u32, &Figures)) -> AgreementOfCodebook {
    AgreementOfCodebook { version: *version, figures: Some(figures(of)) }
}

fn annotators((one, other): Pair) -> Vec<String> {
    vec![one.to_string(), other.to_string()]
}

fn spans(spans: Spans) -> AgreementSpans {
    AgreementSpans {
        passages: vec![number(spans.passages.0), number(spans.passages.1)],
        f1_exact: Some(figure(spans.f1_exact())),
        f1_overlap: Some(figure(spans.f1_overlapping())),
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
