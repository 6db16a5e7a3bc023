//! The agreement report: how far annotators agree on what the same passages say.

mod corpus;

pub(super) use corpus::Kept;

use super::record::limit_of;
use super::scope::{Answer, Scope, id, invalid};
use corpus::{Gathered, Versions};
use domain::Code;
use domain::adjudication::{Adjudication, Target};
use domain::agreement::{Figure, Figures, Mark, Measures, Pair, Rated, Rating, Report, Spans, report};
use domain::attribution::{Corpus, units};
use domain::claim::Act;
use domain::document::Document;
use domain::id::{AdjudicationId, DocumentId, ReadingId, UserId};
use domain::opinion::rounded;
use std::collections::{BTreeMap, BTreeSet};
use wire::view::{
    self, Agreement, AgreementFigure, AgreementFigures, AgreementMeasures, AgreementOfCodebook, AgreementOfDocument,
    AgreementOfPair, AgreementOfSpans, AgreementRating, AgreementSpans, AgreementUnit, AskAgreement, DawidSkene,
};

/// Documents, pairs and pairs of a document that are listed: the rest is counted, and a document can be asked for.
const DOCUMENTS_MAX: usize = 100;
const PAIRS_MAX: usize = 200;
const PAIRS_OF_DOCUMENT_MAX: usize = 50;
/// The act of a span without a claim.
const NO_CLAIM: &str = "no_claim";

/// The units that are listed.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    All,
    Differing,
    Unanimous,
}

impl Wanted {
    fn parse(status: Option<&str>) -> Answer<Self> {
        Ok(match status {
            None => Self::All,
            Some("differing") => Self::Differing,
            Some("unanimous") => Self::Unanimous,
            Some(_) => return Err(invalid("invalid_parameter", "`status` is `differing` or `unanimous`")),
        })
    }

    fn admits(self, unit: &AgreementUnit) -> bool {
        match self {
            Self::All => true,
            Self::Differing => !unit.differs.is_empty(),
            Self::Unanimous => unit.unanimous,
        }
    }
}

/// The report that is asked for, with a page of its units.
pub(super) fn agreement(scope: &Scope<'_>, ask: &AskAgreement) -> Answer<Agreement> {
    let wanted = Wanted::parse(ask.status.as_deref())?;
    let document = ask.document.as_deref().map(id).transpose()?.map(DocumentId::new);
    if let Some(document) = document {
        scope.load::<Document>(document.uuid())?;
        let gathered = corpus::of_document(scope, document)?;
        gathered.versions.check(ask.codebook)?;
        return Ok(page(&whole(&gathered, Some(document), ask.codebook), scope, ask, wanted));
    }
    let kept = corpus::of_project(scope)?;
    kept.gathered.versions.check(ask.codebook)?;
    let agreement = match ask.codebook {
        None => kept.report.get_or_init(|| whole(&kept.gathered, None, None)),
        Some(_) => &whole(&kept.gathered, None, ask.codebook),
    };
    Ok(page(agreement, scope, ask, wanted))
}

/// The report with all its units, as of no position.
fn whole(gathered: &Gathered, document: Option<DocumentId>, codebook: Option<u32>) -> Agreement {
    let Gathered { corpus, created, versions } = gathered;
    let mut units = units(corpus);
    // A unit that was judged to be one with others may stand in another document as well.
    units.retain(|unit| document.is_none_or(|document| unit.place.document == document));
    let report = report(corpus, &units, |position| versions.at(position), codebook);
    Agreement {
        as_of: 0,
        blinded: false,
        document: document.map(|document| document.to_string()),
        codebook,
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
        units: placed(&report, created, versions, &dockets(corpus)),
        next: None,
        after: None,
    }
}

/// The report at the scope's position, with the units of one page.
fn page(whole: &Agreement, scope: &Scope<'_>, ask: &AskAgreement, wanted: Wanted) -> Agreement {
    let from = whole.units.partition_point(|unit| unit.position <= ask.after);
    let mut rest = whole.units[from..].iter().filter(|unit| wanted.admits(unit));
    let units: Vec<_> = rest.by_ref().take(limit_of(ask.limit)).cloned().collect();
    Agreement {
        as_of: scope.snapshot.at(),
        blinded: scope.is_blinded(),
        document: whole.document.clone(),
        codebook: whole.codebook,
        overall: whole.overall.clone(),
        documents: whole.documents.clone(),
        documents_total: whole.documents_total,
        pairs: whole.pairs.clone(),
        pairs_total: whole.pairs_total,
        codebooks: whole.codebooks.clone(),
        dawid_skene: whole.dawid_skene,
        after: units.last().map(|unit| unit.position).filter(|_| rest.next().is_some()),
        units,
        next: None,
    }
}

/// By reading, the adjudications that are about it.
type Dockets = BTreeMap<ReadingId, BTreeSet<AdjudicationId>>;

fn dockets(corpus: &Corpus) -> Dockets {
    let mut dockets = Dockets::new();
    for (id, adjudication) in &corpus.adjudications {
        let docket = match adjudication {
            Adjudication::Pending(pending) => &pending.docket,
            Adjudication::Absent | Adjudication::Overturned { .. } => continue,
        };
        for target in &docket.targets {
            match target {
                Target::Reading(reading) => drop(dockets.entry(*reading).or_default().insert(*id)),
                Target::Proposition(_) | Target::Incident(_) => {}
            }
        }
    }
    dockets
}

fn adjudications(unit: &Rated<'_>, dockets: &Dockets) -> Vec<String> {
    let readings = unit.unit.readings.iter().chain(&unit.unit.blanks);
    let ids: BTreeSet<_> = readings.filter_map(|reading| dockets.get(reading)).flatten().collect();
    ids.into_iter().map(ToString::to_string).collect()
}

/// The units in the order in which they were first read: where the first of their readings was created, whichever of them
/// count.
fn placed(
    report: &Report<'_>,
    created: &BTreeMap<ReadingId, u64>,
    versions: &Versions,
    dockets: &Dockets,
) -> Vec<AgreementUnit> {
    let place = |unit: &Rated<'_>| {
        let readings = if unit.unit.readings.is_empty() { &unit.unit.blanks } else { &unit.unit.readings };
        readings.iter().filter_map(|reading| created.get(reading)).min().copied().unwrap_or(0)
    };
    let units = report.units.iter().zip(&report.acts.posteriors);
    let mut units: Vec<_> = units
        .map(|(unit, acts)| AgreementUnit {
            adjudications: adjudications(unit, dockets),
            ..shown(place(unit), unit, acts, versions)
        })
        .collect();
    units.sort_unstable_by_key(|unit| unit.position);
    units
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
        adjudications: Vec::new(),
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
