//! Statuses that resources show, and that lists filter by.

use super::scope::{Answer, Scope};
use crate::Loaded;
use domain::Code;
use domain::annotation::Annotation;
use domain::attribution::IncidentStatus;
use domain::claim::Claim;
use domain::derivation::{self, Derivation};
use domain::reading::Reading;
use domain::relation::{Relation, Standing};

/// The statuses of annotations: one that is lost was not found in a newer revision, and stands where it stood.
pub(super) const ANNOTATION: [&str; 3] = ["live", "lost", "retracted"];
/// The statuses of readings: an orphan cites no live annotation.
pub(super) const READING: [&str; 3] = ["live", "orphan", "retracted"];
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

pub(super) fn of_relation(relation: &Relation) -> &'static str {
    relation.standing().as_str()
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

pub(super) fn of_reading(scope: &Scope<'_>, reading: &Reading) -> Answer<&'static str> {
    match reading {
        Reading::Absent | Reading::Retracted { .. } | Reading::BlankRetracted { .. } => Ok("retracted"),
        Reading::Blank { .. } => Ok("live"),
        Reading::Claim { author: _, claim } => Ok(if cites_live(scope, claim)? { "live" } else { "orphan" }),
    }
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
