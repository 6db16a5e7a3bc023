//! Gathering what the passages of a case derive from.

use super::Records;
use crate::Error;
use crate::subject::Subject;
use domain::Kind;
use domain::annotation::{Annotation, SpanRole};
use domain::derivation::{Derivation, Standing};
use domain::id::{AnnotationId, DerivationId, DocumentId};
use std::collections::btree_map::{BTreeMap, Entry};
use std::mem;

/// Adds the annotations and derivations over which the passages of these annotations are derived, as far as they lead.
///
/// A derivation names one annotation of a passage; it counts for all that overlap it, whoever marked them. So every
/// live annotation of a document is looked at that overlaps a passage of the case, and no other: a digest that copies
/// many reports does not bring along what it copies elsewhere. What is merely suggested is shown and leads no further.
pub(super) fn derivations(
    records: &mut Records<'_>,
    annotations: &mut BTreeMap<AnnotationId, Annotation>,
) -> Result<BTreeMap<DerivationId, Derivation>, Error> {
    if records.is_empty(Subject::created(records.project, Kind::Derivation))? {
        return Ok(BTreeMap::new());
    }
    let is_content = |annotation: &&Annotation| annotation.live().is_some_and(|span| span.role == SpanRole::Content);
    let mut pending: Vec<Annotation> = annotations.values().filter(is_content).cloned().collect();
    let mut threads = Threads::default();
    while let Some(passage) = pending.pop() {
        for mark in threads.met_by(records, &passage)? {
            for original in threads.follow(records, mark)? {
                pending.push(records.state(original.uuid())?);
            }
        }
    }
    for end in threads.derivations.values().flat_map(Derivation::annotations) {
        if let Entry::Vacant(unknown) = annotations.entry(end) {
            unknown.insert(records.state(end.uuid())?);
        }
    }
    Ok(threads.derivations)
}

/// What was met so far.
#[derive(Default)]
struct Threads {
    /// The live annotations of the documents that were met, but for those that overlap a passage that was met.
    marks: BTreeMap<DocumentId, Vec<(AnnotationId, Annotation)>>,
    derivations: BTreeMap<DerivationId, Derivation>,
}

impl Threads {
    /// The annotations that overlap a passage and were not met before.
    fn met_by(&mut self, records: &mut Records<'_>, passage: &Annotation) -> Result<Vec<AnnotationId>, Error> {
        let Some(span) = passage.live() else { return Ok(Vec::new()) };
        let marks = match self.marks.entry(span.document) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(marks_of(records, span.document)?),
        };
        let (met, rest): (Vec<_>, Vec<_>) = mem::take(marks).into_iter().partition(|(_, mark)| mark.overlaps(passage));
        *marks = rest;
        Ok(met.into_iter().map(|(id, _)| id).collect())
    }

    /// Adds the derivations that lead on from an annotation; answers the originals of those that count. Derivations that
    /// lead to it are of its copies, which are no matter of this case.
    fn follow(&mut self, records: &mut Records<'_>, id: AnnotationId) -> Result<Vec<AnnotationId>, Error> {
        let mut originals = Vec::new();
        for derivation in records.mentions(Kind::Annotation, id.uuid(), Kind::Derivation)? {
            let state: Derivation = records.state(derivation)?;
            match &state {
                Derivation::Edge { edge, standing, .. } if edge.from == id => match standing {
                    Standing::Confirmed => originals.push(edge.to),
                    Standing::Suggested => {}
                    Standing::Rejected => continue,
                },
                Derivation::Origin { .. } => {}
                Derivation::Absent | Derivation::Edge { .. } => continue,
            }
            self.derivations.insert(DerivationId::new(derivation), state);
        }
        Ok(originals)
    }
}

/// The live annotations of a document.
fn marks_of(records: &mut Records<'_>, document: DocumentId) -> Result<Vec<(AnnotationId, Annotation)>, Error> {
    let mut marks = Vec::new();
    for id in records.mentions(Kind::Document, document.uuid(), Kind::Annotation)? {
        let annotation: Annotation = records.state(id)?;
        if annotation.live().is_some_and(|span| span.document == document) {
            marks.push((AnnotationId::new(id), annotation));
        }
    }
    Ok(marks)
}
