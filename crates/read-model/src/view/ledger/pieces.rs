//! How much of what a source publishes derives from others.

use super::number;
use crate::Loaded;
use crate::subject::Subject;
use crate::view::scope::{Answer, Scope};
use crate::view::walk::Budget;
use crate::view::without;
use domain::annotation::{Annotation, SpanRole};
use domain::derivation::{Derivation, Standing};
use domain::document::Document;
use domain::id::{AnnotationId, DocumentId, SourceId};
use domain::opinion::rounded;
use domain::{Aggregate, Kind};
use std::collections::BTreeSet;
use uuid::Uuid;
use wire::subject::Address;
use wire::view::Pieces;

/// Counts the documents of a source; none when that would cost too much.
pub(super) fn of(scope: &Scope<'_>, sources: &BTreeSet<SourceId>) -> Answer<Option<Pieces>> {
    let mut counting = Counting { scope, budget: Budget::of_page() };
    let (mut documents, mut derived, mut withdrawn) = (0, 0, 0);
    for source in sources {
        for id in counting.mentions(Kind::Source, source.uuid(), Kind::Document)? {
            let Some(document) = counting.load::<Document>(id)? else { continue };
            let Document::Registered { detail, withdrawn: is_withdrawn, .. } = &document else { continue };
            if detail.source != *source || without::lacks_document(scope, id.into(), &document) {
                continue;
            }
            let marks = counting.marks(DocumentId::new(id))?;
            let gone = without::marks(scope, &marks)?;
            let marks: Vec<AnnotationId> = marks.difference(&gone).copied().collect();
            if counting.budget.is_spent() {
                return Ok(None);
            }
            if marks.is_empty() {
                continue;
            }
            documents += 1;
            withdrawn += usize::from(*is_withdrawn);
            derived += usize::from(counting.derives(DocumentId::new(id), &marks, &gone)?);
        }
    }
    if counting.budget.is_spent() {
        return Ok(None);
    }
    let share = if documents == 0 { 0.0 } else { f64::from(number(derived)) / f64::from(number(documents)) };
    Ok(Some(Pieces {
        documents: number(documents),
        derived: number(derived),
        derived_share: rounded(share),
        withdrawn: number(withdrawn),
    }))
}

struct Counting<'a> {
    scope: &'a Scope<'a>,
    budget: Budget,
}

impl Counting<'_> {
    fn mentions(&self, kind: Kind, id: Uuid, mentioning: Kind) -> Answer<Vec<Uuid>> {
        let address = Address { project: self.scope.project.uuid(), kind, id };
        Ok(self.scope.snapshot.aggregates(&Subject::mention(&address, mentioning))?)
    }

    /// An aggregate, while there is something left to spend.
    fn load<A: Aggregate>(&mut self, id: Uuid) -> Answer<Option<A>> {
        if self.budget.is_spent() {
            return Ok(None);
        }
        self.budget.spend(1);
        let loaded: Option<Loaded<A>> = self.scope.snapshot.load(self.scope.project, id)?;
        Ok(loaded.map(|loaded| loaded.state))
    }

    /// The live content passages of a document.
    fn marks(&mut self, document: DocumentId) -> Answer<BTreeSet<AnnotationId>> {
        let mut marks = BTreeSet::new();
        for id in self.mentions(Kind::Document, document.uuid(), Kind::Annotation)? {
            let annotation = self.load::<Annotation>(id)?;
            let span = annotation.as_ref().and_then(Annotation::live);
            if span.is_some_and(|span| span.document == document && span.role == SpanRole::Content) {
                marks.insert(AnnotationId::new(id));
            }
        }
        Ok(marks)
    }

    /// Whether one of these passages of a document derives from one of another document that is not gone.
    fn derives(&mut self, document: DocumentId, marks: &[AnnotationId], gone: &BTreeSet<AnnotationId>) -> Answer<bool> {
        for mark in marks {
            for id in self.mentions(Kind::Annotation, mark.uuid(), Kind::Derivation)? {
                let Some(Derivation::Edge { edge, standing: Standing::Confirmed, .. }) = self.load::<Derivation>(id)?
                else {
                    continue;
                };
                if edge.from != *mark || gone.contains(&edge.to) {
                    continue;
                }
                let original = self.load::<Annotation>(edge.to.uuid())?;
                if original.as_ref().and_then(Annotation::live).is_some_and(|span| span.document != document) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}
