//! The records that a board depends on: by which it became what it is.

use super::board::no_case;
use super::record::{limit_of, take};
use super::scope::{Answer, Scope, id};
use crate::Loaded;
use crate::subject::Subject;
use domain::annotation::Annotation;
use domain::claim::Target;
use domain::document::Document;
use domain::id::{AnnotationId, DocumentId, IncidentId};
use domain::{Event, Kind, mentions, project};
use std::collections::BTreeSet;
use wire::subject::Address;
use wire::view::{AskBasis, Basis, Named};

/// The records that are asked for.
pub(super) fn basis(scope: &Scope<'_>, ask: &AskBasis) -> Answer<Basis> {
    let incident = id(&ask.incident)?;
    let subject = Target::Incident(IncidentId::new(incident));
    let Some(gathered) = scope.view.boards.case(&scope.snapshot, scope.project, subject)? else {
        return Err(no_case(scope, incident));
    };
    let mut positions = BTreeSet::new();
    for subject in &gathered.subjects {
        positions.extend(scope.snapshot.positions(subject, ask.after, usize::MAX)?);
    }
    if !scope.is_policy_named {
        positions.extend(policies(scope, ask.after)?);
    }
    let positions: Vec<u64> = positions.into_iter().collect();
    let records = take(&scope.snapshot, &positions, limit_of(ask.limit))?;
    let shown = &positions[..records.items.len()];
    Ok(Basis { documents: documents(scope, shown)?, records: Some(records) })
}

/// Where policies were published after a position: under which a board is computed that names none.
fn policies(scope: &Scope<'_>, after: u64) -> Answer<Vec<u64>> {
    let project = Address { project: scope.project.uuid(), kind: Kind::Project, id: scope.project.uuid() };
    let mut positions = scope.snapshot.positions(&Subject::own(&project), after, usize::MAX)?;
    let mut found = Ok(());
    positions.retain(|position| match scope.snapshot.record(*position) {
        Ok(record) => record.events.iter().any(is_policy),
        Err(error) => {
            found = Err(error);
            false
        }
    });
    found?;
    Ok(positions)
}

fn is_policy(event: &Event) -> bool {
    matches!(event, Event::Project(project::Event::PolicyPublished { .. }))
}

/// The documents that records name, or in which the annotations stand that they name, by id.
fn documents(scope: &Scope<'_>, positions: &[u64]) -> Answer<Vec<Named>> {
    let (mut documents, mut annotations) = (BTreeSet::<DocumentId>::new(), BTreeSet::<AnnotationId>::new());
    for position in positions {
        let record = scope.snapshot.record(*position)?;
        let own = (record.envelope.kind, record.envelope.id);
        let mut named = vec![own];
        record.events.iter().for_each(|event| mentions::each(event, |kind, id| named.push((kind, id))));
        for (kind, id) in named {
            match kind {
                Kind::Document => drop(documents.insert(id.into())),
                Kind::Annotation => drop(annotations.insert(id.into())),
                _ => {}
            }
        }
    }
    for annotation in annotations {
        let loaded: Option<Loaded<Annotation>> = scope.snapshot.load(scope.project, annotation.uuid())?;
        documents.extend(loaded.and_then(|loaded| loaded.state.span().map(|span| span.document)));
    }
    let named = |id: DocumentId| {
        let loaded: Option<Loaded<Document>> = scope.snapshot.load(scope.project, id.uuid())?;
        let title = loaded.and_then(|loaded| match loaded.state {
            Document::Registered { detail, .. } => Some(detail.title.as_str().to_owned()),
            Document::Absent => None,
        });
        Ok(Named { id: id.to_string(), name: title.unwrap_or_else(|| id.to_string()) })
    };
    documents.into_iter().map(named).collect()
}
