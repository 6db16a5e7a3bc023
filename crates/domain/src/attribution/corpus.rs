//! The units of agreement: the utterances of a project or a document, and the spans without a claim (domain.md, section 3).

use super::CaseReading;
use super::decisions::Decisions;
use super::resolve::{Ids, resolved_readings, same};
use super::utterance::{Ground, Live, content};
use crate::adjudication::Adjudication;
use crate::annotation::Annotation;
use crate::id::{AdjudicationId, AnnotationId, DocumentId, ReadingId, UserId};
use crate::identity::Judgements;
use crate::passage;
use crate::reading::Blank;
use std::collections::{BTreeMap, BTreeSet};

/// The readings of a project as of one position, whatever they are about; or those of some documents, with all that are
/// judged to be of one utterance with one of them, and all readings of the documents of these.
#[derive(Debug, Clone, Default)]
pub struct Corpus {
    /// The readings that are not retracted.
    pub readings: BTreeMap<ReadingId, CaseReading>,
    /// The spans without a claim that are not retracted.
    pub blanks: BTreeMap<ReadingId, CaseBlank>,
    /// The annotations that the readings cite.
    pub annotations: BTreeMap<AnnotationId, Annotation>,
    /// Which actors, incidents and readings are judged to be one.
    pub judgements: Judgements,
    /// Every adjudication that may rule on one of the readings.
    pub adjudications: BTreeMap<AdjudicationId, Adjudication>,
}

/// A live no-claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseBlank {
    /// Who found no claim.
    pub author: UserId,
    /// The position of its last record.
    pub written: u64,
    /// Where.
    pub blank: Blank,
}

/// What annotators may agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The smallest id of its readings; of a span without a claim, the smallest of those who found none.
    pub id: ReadingId,
    /// The live readings of the utterance, by id; none of a span in which nobody reads a claim.
    pub readings: Vec<ReadingId>,
    /// Those that found no claim where it stands, by id.
    pub blanks: Vec<ReadingId>,
    /// Where it stands: the first content passage of the smallest reading that has one, else its first passage.
    pub place: Blank,
}

/// The utterances and the spans without a claim, by id.
///
/// A span without a claim that overlaps a content passage of utterances belongs to each of them. Of the others, those
/// that overlap on one revision are one unit.
#[must_use]
pub fn units(corpus: &Corpus) -> Vec<Unit> {
    let ids = Ids::judged(&corpus.judgements);
    let readings = resolved_readings(&corpus.readings, &ids);
    let same = same(&readings, &ids);
    let decisions = Decisions::new(&corpus.adjudications, |identity| identity);
    let annotations = &corpus.annotations;
    let ground =
        Ground { readings: &readings, annotations, same: &same, distinct: ids.distinct(), decisions: &decisions };
    let live = ground.live();
    let clusters = ground.clusters(&live);
    let mut units: Vec<Unit> = clusters.into_iter().filter_map(|readings| utterance(corpus, &live, readings)).collect();
    let spans = spans(corpus, &live, &units);
    let mut apart = BTreeMap::new();
    for (id, CaseBlank { blank, .. }) in corpus.blanks.iter().filter(|(id, _)| !decisions.is_rejected(**id)) {
        let met = spans.get(&(blank.document, blank.revision)).map_or(&[][..], Vec::as_slice);
        let range = blank.start..blank.end;
        let met = met.iter().filter(|(other, _)| passage::overlap(&range, other)).map(|(_, unit)| *unit);
        let met: BTreeSet<usize> = met.collect();
        if met.is_empty() {
            apart.insert((blank.document, blank.revision, blank.start, blank.end, *id), *blank);
        }
        for unit in met {
            units[unit].blanks.push(*id);
        }
    }
    units.extend(without_claim(apart));
    units.sort_unstable_by_key(|unit| unit.id);
    units
}

fn utterance(corpus: &Corpus, live: &Live<'_>, readings: Vec<ReadingId>) -> Option<Unit> {
    let contents = |reading: &ReadingId| content(&corpus.annotations, &live[reading].claim).collect::<Vec<_>>();
    let first = readings.iter().map(contents).find(|contents| !contents.is_empty());
    let cited = || live[&readings[0]].claim.evidence.clone();
    let spans = first.unwrap_or_else(cited).into_iter();
    let place = spans.filter_map(|id| corpus.annotations.get(&id)?.live()).map(|span| Blank {
        document: span.document,
        revision: span.revision,
        start: span.start,
        end: span.end,
    });
    let place = place.min_by_key(|place| (place.document, place.revision, place.start, place.end))?;
    Some(Unit { id: readings[0], readings, blanks: Vec::new(), place })
}

/// Where the content of each unit stands or stood, by document and revision.
type Spans = BTreeMap<(DocumentId, u32), Vec<(std::ops::Range<u32>, usize)>>;

fn spans(corpus: &Corpus, live: &Live<'_>, units: &[Unit]) -> Spans {
    let mut spans = Spans::new();
    for (at, unit) in units.iter().enumerate() {
        let cited = unit.readings.iter().flat_map(|reading| content(&corpus.annotations, &live[reading].claim));
        for annotation in cited.collect::<BTreeSet<_>>() {
            let annotation = &corpus.annotations[&annotation];
            let Some(span) = annotation.live() else { continue };
            for (revision, range) in annotation.stands() {
                spans.entry((span.document, revision)).or_default().push((range, at));
            }
        }
    }
    spans
}

/// Document, revision, start and end, by which spans that overlap stand beside each other, and whose it is.
type Apart = BTreeMap<(DocumentId, u32, u32, u32, ReadingId), Blank>;

/// A unit for each stretch of spans of which each overlaps one before it.
fn without_claim(apart: Apart) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let mut end = 0;
    for ((document, revision, start, until, id), blank) in apart {
        match units.last_mut() {
            Some(last) if (last.place.document, last.place.revision) == (document, revision) && start < end => {
                last.blanks.push(id);
                end = until.max(end);
            }
            Some(_) | None => {
                units.push(Unit { id, readings: Vec::new(), blanks: vec![id], place: blank });
                end = until;
            }
        }
    }
    for unit in &mut units {
        unit.blanks.sort_unstable();
        unit.id = unit.blanks[0];
    }
    units
}
