//! Statuses that resources show, and that lists filter by.

use super::scope::{Answer, Scope};
use crate::Loaded;
use crate::subject::Subject;
use domain::adjudication::{Adjudication, Identity, Outcome, Stage};
use domain::annotation::Annotation;
use domain::assessment::Assessment;
use domain::attribution::IncidentStatus;
use domain::claim::Claim;
use domain::derivation::{self, Derivation};
use domain::id::{ReadingId, RelationId};
use domain::import::Batch;
use domain::reading::Reading;
use domain::relation::{Relation, Standing};
use domain::{Code, Kind, task};
use uuid::Uuid;
use wire::subject::Address;

/// The statuses of annotations: one that is lost was not found in a newer revision, and stands where it stood.
pub(super) const ANNOTATION: [&str; 3] = ["live", "lost", "retracted"];
/// The statuses of readings: an orphan cites no live annotation, and a ruling may reject a reading.
pub(super) const READING: [&str; 4] = ["live", "orphan", "rejected", "retracted"];
/// The status of a passage that was declared to be an origin.
const DECLARED: &str = "declared";

/// The statuses of relations.
pub(super) fn of_relations() -> Vec<&'static str> {
    Standing::ALL.iter().map(|standing| standing.as_str()).collect()
}

/// The statuses of derivations: their standings, and that of an origin.
pub(super) fn of_derivations() -> Vec<&'static str> {
    derivation::Standing::ALL.iter().map(|standing| standing.as_str()).chain([DECLARED]).collect()
}

/// The statuses of incidents.
pub(super) fn of_incidents() -> Vec<&'static str> {
    IncidentStatus::ALL.iter().map(|status| status.as_str()).collect()
}

/// The statuses of imports.
pub(super) const IMPORT: [&str; 3] = ["started", "completed", "reverted"];

pub(super) fn of_import(batch: &Batch) -> &'static str {
    match batch {
        Batch { reverted: Some(_), .. } => "reverted",
        Batch { completed: Some(_), .. } => "completed",
        Batch { .. } => "started",
    }
}

/// The statuses of assessments.
pub(super) const ASSESSMENT: [&str; 2] = ["live", "withdrawn"];

pub(super) fn of_assessment(assessment: &Assessment) -> &'static str {
    if assessment.is_live() { "live" } else { "withdrawn" }
}

/// The statuses of adjudications.
pub(super) fn of_adjudications() -> Vec<&'static str> {
    Stage::ALL.iter().map(|stage| stage.as_str()).collect()
}

/// The statuses of tasks.
pub(super) fn of_tasks() -> Vec<&'static str> {
    task::Stage::ALL.iter().map(|stage| stage.as_str()).collect()
}

/// The standing of a relation, with what was found on it.
pub(super) fn of_relation(scope: &Scope<'_>, id: Uuid, relation: &Relation) -> Answer<&'static str> {
    Ok(relation.standing_as_found(found_on(scope, id)?).as_str())
}

/// What was found on a relation.
pub(super) fn found_on(scope: &Scope<'_>, relation: Uuid) -> Answer<Option<Outcome>> {
    let identity = Identity::of_relation(RelationId::new(relation));
    let adjudications = about(scope, Kind::Relation, relation)?;
    let findings = adjudications.iter().flat_map(Adjudication::findings);
    let on_it = findings.filter(|finding| finding.target.identity(|actor| actor) == identity);
    Ok(Outcome::common(on_it.map(|finding| finding.outcome)))
}

/// The adjudications that are about something.
fn about(scope: &Scope<'_>, kind: Kind, id: Uuid) -> Answer<Vec<Adjudication>> {
    let target = Address { project: scope.project.uuid(), kind, id };
    let mut adjudications = Vec::new();
    for id in scope.snapshot.aggregates(&Subject::mention(&target, Kind::Adjudication))? {
        let loaded: Option<Loaded<Adjudication>> = scope.snapshot.load(scope.project, id)?;
        adjudications.extend(loaded.map(|loaded| loaded.state));
    }
    Ok(adjudications)
}

pub(super) fn of_derivation(derivation: &Derivation) -> Option<&'static str> {
    match derivation {
        Derivation::Absent => None,
        Derivation::Edge { standing, .. } => Some(standing.as_str()),
        Derivation::Origin { .. } => Some(DECLARED),
    }
}

pub(super) fn of_annotation(annotation: &Annotation) -> &'static str {
    match annotation {
        Annotation::Live { anchoring, .. } if anchoring.lost.is_some() => "lost",
        Annotation::Live { .. } => "live",
        Annotation::Absent | Annotation::Retracted { .. } => "retracted",
    }
}

pub(super) fn of_reading(scope: &Scope<'_>, id: Uuid, reading: &Reading) -> Answer<&'static str> {
    match reading {
        Reading::Absent | Reading::Retracted { .. } | Reading::BlankRetracted { .. } => Ok("retracted"),
        Reading::Blank { .. } | Reading::Claim { .. } if is_rejected(scope, id)? => Ok("rejected"),
        Reading::Blank { .. } => Ok("live"),
        Reading::Claim { author: _, claim } => Ok(if cites_live(scope, claim)? { "live" } else { "orphan" }),
    }
}

/// Whether a ruling that counts rejects a reading.
fn is_rejected(scope: &Scope<'_>, id: Uuid) -> Answer<bool> {
    let adjudications = about(scope, Kind::Reading, id)?;
    let mut rulings = adjudications.iter().filter_map(Adjudication::rulings);
    Ok(rulings.any(|rulings| rulings.reject.contains(&ReadingId::new(id))))
}

fn cites_live(scope: &Scope<'_>, claim: &Claim) -> Answer<bool> {
    for id in &claim.evidence {
        let annotation: Option<Loaded<Annotation>> = scope.snapshot.load(scope.project, id.uuid())?;
        if annotation.is_some_and(|annotation| annotation.state.live().is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}
