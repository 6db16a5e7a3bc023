//! What would be without something: the case of an incident, with what is left out taken out.

use super::case::Gathered;
use super::scope::{Answer, Scope};
use crate::Loaded;
use domain::annotation::Annotation;
use domain::attribution::{self, Case, Omitted, Place};
use domain::claim::Target;
use domain::document::Document;
use domain::id::AnnotationId;
use std::collections::{BTreeMap, BTreeSet};

/// The case as it is, and what of it is left.
pub(super) fn gathered(scope: &Scope<'_>, subject: Target) -> Answer<Option<(Gathered, Case)>> {
    let Some(gathered) = scope.view.boards.case(&scope.snapshot, scope.project, subject)? else { return Ok(None) };
    let elsewhere = elsewhere(scope, &gathered.case)?;
    let rest = attribution::without(&gathered.case, scope.policy(), scope.without.omitted(), &elsewhere);
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

/// Where the evidence of the relations stands that no reading of the case cites, where documents are left out.
fn elsewhere(scope: &Scope<'_>, case: &Case) -> Answer<BTreeMap<AnnotationId, Place>> {
    let mut places = BTreeMap::new();
    if !scope.without.omitted().iter().any(|omitted| matches!(omitted, Omitted::Document(_) | Omitted::Source(_))) {
        return Ok(places);
    }
    let edges = case.relations.values().filter_map(|relation| relation.edge());
    let evidence: BTreeSet<AnnotationId> = edges.flat_map(|edge| edge.evidence.iter().copied()).collect();
    for id in evidence.into_iter().filter(|id| !case.annotations.contains_key(id)) {
        let annotation: Option<Loaded<Annotation>> = scope.snapshot.load(scope.project, id.uuid())?;
        let Some(document) = annotation.and_then(|loaded| loaded.state.span().map(|span| span.document)) else {
            continue;
        };
        let loaded: Option<Loaded<Document>> = scope.snapshot.load(scope.project, document.uuid())?;
        let source = loaded.and_then(|loaded| match loaded.state {
            Document::Registered { detail, .. } => Some(detail.source),
            Document::Absent => None,
        });
        places.insert(id, Place { document, source });
    }
    Ok(places)
}
