//! The circular-reporting graph of an incident.

use super::board::{corroboration, head, no_case};
use super::scope::{Answer, Scope, id};
use super::without;
use domain::attribution::{self, Case, Derived, Passage};
use domain::claim::Target;
use domain::derivation::Derivation;
use domain::document::Document;
use domain::id::{DocumentId, IncidentId};
use wire::view::{self, AskOrigins, Origins};

/// The graph that is asked for.
pub(super) fn origins(scope: &Scope<'_>, ask: &AskOrigins) -> Answer<Origins> {
    let incident = id(&ask.incident)?;
    let subject = Target::Incident(IncidentId::new(incident));
    let Some(case) = without::case(scope, subject)? else {
        return Err(no_case(scope, incident));
    };
    let case = &case;
    let graph = attribution::origins(case, scope.policy());
    Ok(Origins {
        incident: head(case),
        as_of: scope.snapshot.at(),
        policy: scope.policy_version,
        blinded: scope.is_blinded(),
        without: scope.without.told(),
        corroboration: Some(corroboration(graph.corroboration)),
        passages: graph.passages.iter().map(|passage| shown(case, passage)).collect(),
        derivations: graph.derivations.iter().map(|derived| derivation(case, &graph, derived)).collect(),
        circles: graph.circles.iter().map(|circle| view::Circle { passages: names(&graph, circle) }).collect(),
    })
}

fn shown(case: &Case, passage: &Passage) -> view::OriginPassage {
    view::OriginPassage {
        passage: name(passage),
        document: Some(view::Named { id: passage.document.to_string(), name: title(case, passage.document) }),
        quote: Some(view::Quote {
            document: passage.document.to_string(),
            revision: passage.revision,
            start: passage.start,
            end: passage.end,
            exact: None,
            erased: false,
        }),
        annotations: passage.annotations.iter().map(ToString::to_string).collect(),
        utterances: passage.utterances.iter().map(ToString::to_string).collect(),
        origin: passage.origin,
        declared: passage.declared,
    }
}

fn derivation(case: &Case, graph: &attribution::Origins, derived: &Derived) -> view::OriginDerivation {
    let kind = match case.derivations.get(&derived.id) {
        Some(Derivation::Edge { edge, .. }) => edge.derivation.to_string(),
        Some(Derivation::Absent | Derivation::Origin { .. }) | None => String::new(),
    };
    view::OriginDerivation {
        derivation: derived.id.to_string(),
        kind,
        from: name(&graph.passages[derived.from]),
        to: name(&graph.passages[derived.to]),
        status: derived.standing.to_string(),
    }
}

fn names(graph: &attribution::Origins, passages: &[usize]) -> Vec<String> {
    passages.iter().map(|passage| name(&graph.passages[*passage])).collect()
}

/// What a passage is called: the smallest annotation in it.
fn name(passage: &Passage) -> String {
    passage.annotations.first().map(ToString::to_string).unwrap_or_default()
}

/// A document's title; its id if it has none at this position.
fn title(case: &Case, document: DocumentId) -> String {
    match case.documents.get(&document) {
        Some(Document::Registered { detail, .. }) => detail.title.as_str().to_owned(),
        Some(Document::Absent) | None => document.to_string(),
    }
}
