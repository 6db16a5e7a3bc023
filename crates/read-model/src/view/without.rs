//! What would be without something: the case of what is asked about, with what is left out taken out.
//!
//! Boards, timelines and origins are told by one case; the lines of a ledger by one each. What belongs to no case, the relations
//! and marks that a ledger looks at by themselves, is asked for here as well.

use super::case;
use super::case::Gathered;
use super::scope::{Answer, Scope};
use domain::attribution::{self, Case, Omitted};
use domain::claim::Target;
use domain::document::Document;
use domain::id::{AnnotationId, DocumentId};
use domain::relation::{Edge, Relation};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The case as it is, and what of it is left; none of a relation that goes itself.
pub(super) fn gathered(scope: &Scope<'_>, subject: Target) -> Answer<Option<(Gathered, Case)>> {
    let Some(gathered) = scope.view.boards.case(&scope.snapshot, scope.project, subject)? else { return Ok(None) };
    let rest = rest(scope, &gathered.case, scope.without.omitted())?;
    if matches!(subject, Target::Relation(id) if !rest.relations.contains_key(&id)) {
        return Ok(None);
    }
    Ok(Some((gathered, rest)))
}

/// The case that a question is about: without what it leaves out.
pub(super) fn case(scope: &Scope<'_>, subject: Target) -> Answer<Option<Case>> {
    if scope.without.is_empty() {
        let gathered = scope.view.boards.case(&scope.snapshot, scope.project, subject)?;
        return Ok(gathered.map(|gathered| gathered.case));
    }
    Ok(gathered(scope, subject)?.map(|(_, rest)| rest))
}

/// What is left of a case without this.
pub(super) fn rest(scope: &Scope<'_>, case: &Case, omitted: &BTreeSet<Omitted>) -> Answer<Case> {
    let mut relations = BTreeSet::new();
    for (id, relation) in &case.relations {
        if goes(scope, relation, omitted)? {
            relations.insert(*id);
        }
    }
    Ok(attribution::without(case, scope.policy(), omitted, &relations))
}

/// Whether a relation goes with what the question leaves out.
pub(super) fn lacks_relation(scope: &Scope<'_>, relation: &Relation) -> Answer<bool> {
    goes(scope, relation, scope.without.omitted())
}

/// Whether all that a relation cites goes, and so the relation.
fn goes(scope: &Scope<'_>, relation: &Relation, omitted: &BTreeSet<Omitted>) -> Answer<bool> {
    match relation.edge() {
        Some(Edge { evidence, .. }) if takes_marks(omitted) => {
            let marks = case::marks(scope.snapshot, scope.project, evidence.iter().copied().collect())?;
            Ok(attribution::all_go_without(&marks, omitted))
        }
        Some(_) | None => Ok(false),
    }
}

/// The annotations that go with what the question leaves out, of these and of those from which they derive.
pub(super) fn marks(scope: &Scope<'_>, of: &BTreeSet<AnnotationId>) -> Answer<BTreeSet<AnnotationId>> {
    let omitted = scope.without.omitted();
    if !takes_marks(omitted) {
        return Ok(BTreeSet::new());
    }
    let marks = case::marks(scope.snapshot, scope.project, of.clone())?;
    Ok(attribution::marks_without(&marks, omitted))
}

/// Whether annotations go with what is left out: of the rest none is looked up.
fn takes_marks(omitted: &BTreeSet<Omitted>) -> bool {
    omitted.iter().any(|omitted| matches!(omitted, Omitted::Document(_) | Omitted::Source(_)))
}

/// Something that is left out as a question names it.
pub(super) fn named(omitted: &Omitted) -> (&'static str, Uuid) {
    match omitted {
        Omitted::Document(id) => ("document", id.uuid()),
        Omitted::Source(id) => ("source", id.uuid()),
        Omitted::Actor(id) => ("actor", id.uuid()),
        Omitted::Annotator(id) => ("annotator", id.uuid()),
        Omitted::Judgement(id) => ("judgement", id.uuid()),
    }
}

/// Whether a document goes.
pub(super) fn lacks_document(scope: &Scope<'_>, id: DocumentId, document: &Document) -> bool {
    let omitted = scope.without.omitted();
    let is_of_source = match document {
        Document::Registered { detail, .. } => omitted.contains(&Omitted::Source(detail.source)),
        Document::Absent => false,
    };
    is_of_source || omitted.contains(&Omitted::Document(id))
}
