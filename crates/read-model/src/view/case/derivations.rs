//! Gathering what the passages of a case derive from.

use super::Records;
use crate::Error;
use crate::subject::Subject;
use domain::Kind;
use domain::annotation::{Annotation, Span, SpanRole};
use domain::derivation::Derivation;
use domain::id::{AnnotationId, DerivationId, DocumentId};
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::ops::Range;

/// Adds the annotations and derivations over which the passages of these annotations are derived, as far as they lead.
///
/// A derivation names one annotation of a passage; it counts for all that overlap it, whoever marked them. So every
/// live annotation of a document is looked at that overlaps a passage of the case, and no other: a digest that copies
/// many reports does not bring along what it copies elsewhere.
pub(super) fn derivations(
    records: &mut Records<'_>,
    annotations: &mut BTreeMap<AnnotationId, Annotation>,
) -> Result<BTreeMap<DerivationId, Derivation>, Error> {
    if records.is_empty(Subject::created(records.project, Kind::Derivation))? {
        return Ok(BTreeMap::new());
    }
    let mut threads = Threads::default();
    for span in annotations.values().filter_map(Annotation::live).filter(|span| span.role == SpanRole::Content) {
        threads.add(span);
    }
    while let Some(document) = threads.pending.pop_first() {
        for id in records.mentions(Kind::Document, document.uuid(), Kind::Annotation)? {
            let id = AnnotationId::new(id);
            if threads.followed.contains(&id) {
                continue;
            }
            let annotation: Annotation = match annotations.get(&id) {
                Some(annotation) => annotation.clone(),
                None => records.state(id.uuid())?,
            };
            if annotation.live().is_some_and(|span| threads.overlap(span)) {
                threads.followed.insert(id);
                threads.follow(records, id, annotations)?;
            }
        }
    }
    Ok(threads.derivations)
}

/// The passages that were met so far, and the derivations that lead on from them.
#[derive(Default)]
struct Threads {
    passages: BTreeMap<(DocumentId, u32), Vec<Range<u32>>>,
    /// Documents in which a passage was met since they were looked at.
    pending: BTreeSet<DocumentId>,
    /// Annotations whose derivations were gathered.
    followed: BTreeSet<AnnotationId>,
    derivations: BTreeMap<DerivationId, Derivation>,
}

impl Threads {
    fn add(&mut self, span: &Span) {
        self.passages.entry((span.document, span.revision)).or_default().push(span.range());
        self.pending.insert(span.document);
    }

    fn overlap(&self, span: &Span) -> bool {
        let passages = self.passages.get(&(span.document, span.revision)).map_or(&[][..], Vec::as_slice);
        passages.iter().any(|passage| passage.start < span.end && span.start < passage.end)
    }

    /// Adds the derivations that lead on from an annotation, and the annotations that they lead to. Those that lead to it
    /// are of its copies, which are no matter of this case.
    fn follow(
        &mut self,
        records: &mut Records<'_>,
        id: AnnotationId,
        annotations: &mut BTreeMap<AnnotationId, Annotation>,
    ) -> Result<(), Error> {
        for derivation in records.mentions(Kind::Annotation, id.uuid(), Kind::Derivation)? {
            let state: Derivation = records.state(derivation)?;
            let leads_on = match &state {
                Derivation::Absent => false,
                Derivation::Edge { edge, .. } => edge.from == id,
                Derivation::Origin { annotation, .. } => *annotation == id,
            };
            if !leads_on {
                continue;
            }
            for end in state.annotations() {
                let annotation = match annotations.entry(end) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(unknown) => unknown.insert(records.state(end.uuid())?),
                };
                if let Some(span) = annotation.live() {
                    self.add(span);
                }
            }
            self.derivations.insert(DerivationId::new(derivation), state);
        }
        Ok(())
    }
}
