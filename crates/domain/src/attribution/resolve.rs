//! A case in which every actor and every incident goes by the one id of its cluster.
//!
//! References are never rewritten in the log; here they are, in a copy, so that no other rule need know of identity.

use super::decisions::Decisions;
use super::{Case, CaseReading};
use crate::actor::{Actor, ActorKind};
use crate::adjudication::Identity;
use crate::claim::{Chain, Claim, Key, Link, Proposition, Speaker, Target};
use crate::id::{ActorId, IncidentId, JudgementId, ReadingId, RelationId};
use crate::identity::{Judgements, Resolution, Subject};
use crate::incident::{Class, Detail};
use crate::policy::Policy;
use crate::relation::{Edge, Relation, RelationStance, RelationType};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// An edge that may be taken the other way than it stands (domain.md, section 7, `identity`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Taken {
    /// An open relation as held.
    Relation(RelationId),
    /// An unsure judgement as `same`, or a contested one as in force.
    Judgement(Subject, JudgementId),
}

/// Which ids are one.
#[derive(Debug, Clone)]
pub(super) struct Ids<'a> {
    actors: Cow<'a, Resolution>,
    incidents: Cow<'a, Resolution>,
    readings: Cow<'a, Resolution>,
    /// Readings that are of two utterances, whatever they have in common.
    distinct: Vec<(ReadingId, ReadingId)>,
    /// A relation that is taken as held.
    held: Option<RelationId>,
}

impl<'a> Ids<'a> {
    /// As the judgements in force say.
    pub fn judged(judgements: &'a Judgements) -> Self {
        let Judgements { actors, incidents, readings } = judgements;
        let distinct = readings.identity.distinct().map(|(a, b)| (a.into(), b.into())).collect();
        Self {
            actors: Cow::Borrowed(&actors.resolution),
            incidents: Cow::Borrowed(&incidents.resolution),
            readings: Cow::Borrowed(&readings.resolution),
            distinct,
            held: None,
        }
    }

    /// With one edge taken the other way; none for an edge that says nothing either way.
    pub fn taking(mut self, case: &'a Case, taken: Taken) -> Option<Self> {
        match taken {
            Taken::Relation(id) => {
                let edge = case.relations.get(&id)?.edge()?;
                if matches!(edge.relation, RelationType::FrontOf | RelationType::AliasUsedBy) {
                    self.actors = Cow::Owned(self.actors.joined(edge.from.uuid(), edge.to.uuid()));
                }
                self.held = Some(id);
            }
            Taken::Judgement(Subject::Actor, id) => {
                self.actors = Cow::Owned(Resolution::taking(&case.judgements.actors.identity, id)?);
            }
            Taken::Judgement(Subject::Incident, id) => {
                self.incidents = Cow::Owned(Resolution::taking(&case.judgements.incidents.identity, id)?);
            }
            Taken::Judgement(Subject::Reading, id) => {
                let identity = &case.judgements.readings.identity;
                let contesters: BTreeSet<JudgementId> =
                    identity.live().filter(|(_, other)| other.against.contains(&id)).map(|(id, _)| id).collect();
                self.readings = Cow::Owned(Resolution::taking(identity, id)?);
                self.distinct = identity.distinct_taking(id, &contesters).map(|(a, b)| (a.into(), b.into())).collect();
            }
        }
        Some(self)
    }

    pub fn actor(&self, id: ActorId) -> ActorId {
        self.actors.canonical(id.uuid()).into()
    }

    pub fn incident(&self, id: IncidentId) -> IncidentId {
        self.incidents.canonical(id.uuid()).into()
    }

    /// Readings that are of two utterances, whatever they have in common.
    pub fn distinct(&self) -> &[(ReadingId, ReadingId)] {
        &self.distinct
    }

    fn changes_actors(&self) -> bool {
        !self.actors.is_empty()
    }
}

/// A case and a policy, resolved.
pub(super) struct Resolved<'a> {
    pub case: Cow<'a, Case>,
    pub policy: Cow<'a, Policy>,
    /// What every actor of the case is, by any of its ids.
    pub kinds: BTreeMap<ActorId, BTreeSet<ActorKind>>,
    /// Readings that are judged to be of one utterance.
    pub same: Vec<(ReadingId, ReadingId)>,
    /// Readings that are judged to be of two.
    pub distinct: Vec<(ReadingId, ReadingId)>,
    /// What was decided, by resolved ids.
    pub decisions: Decisions,
}

/// Resolves a case; it is copied only where an id changes.
pub(super) fn resolve<'a>(case: &'a Case, policy: &'a Policy, ids: &Ids<'_>) -> Resolved<'a> {
    let mut kinds: BTreeMap<ActorId, BTreeSet<ActorKind>> = BTreeMap::new();
    for (id, actor) in &case.actors {
        kinds.entry(ids.actor(*id)).or_default().extend(Actor::kind(actor));
    }
    let is_changed = ids.changes_actors() || !ids.incidents.is_empty() || ids.held.is_some();
    Resolved {
        case: if is_changed { Cow::Owned(resolved_case(case, ids)) } else { Cow::Borrowed(case) },
        policy: if ids.changes_actors() { Cow::Owned(resolved_policy(policy, ids)) } else { Cow::Borrowed(policy) },
        kinds,
        same: same(&case.readings, ids),
        distinct: ids.distinct.clone(),
        decisions: Decisions::new(&case.adjudications, |identity| resolved_identity(identity, ids)),
    }
}

/// The readings that are of one utterance with a smaller one of these.
pub(super) fn same(readings: &BTreeMap<ReadingId, CaseReading>, ids: &Ids<'_>) -> Vec<(ReadingId, ReadingId)> {
    let within = |cluster: &crate::identity::Cluster| {
        let mut members: Vec<ReadingId> = cluster.members.iter().map(|id| ReadingId::new(*id)).collect();
        members.retain(|id| readings.contains_key(id));
        let first = members.first().copied();
        members.into_iter().skip(1).filter_map(move |member| Some((first?, member))).collect::<Vec<_>>()
    };
    ids.readings.clusters().flat_map(within).collect()
}

fn resolved_case(case: &Case, ids: &Ids<'_>) -> Case {
    // Field by field: a case may hold ten thousand readings, and is copied for each edge that is tried.
    let Case {
        subject,
        detail,
        others,
        readings,
        annotations,
        derivations,
        documents,
        actors,
        sources,
        relations,
        classes,
        judgements,
        adjudications,
        silent,
    } = case;
    let subject = resolved_target(*subject, ids);
    let other = match subject {
        Target::Incident(incident) => others.get(&incident),
        Target::Class(_) | Target::Relation(_) | Target::Actor(_) => None,
    };
    let detail = other.or(detail.as_ref()).map(|detail| {
        let targets = resolved_actors(&detail.targets, ids);
        Detail { targets, ..detail.clone() }
    });
    let class = |(id, class): (&IncidentId, &Class)| {
        let targets = resolved_actors(&class.targets, ids);
        let actors = resolved_actors(&class.actors, ids);
        (*id, Class { targets, actors, ..class.clone() })
    };
    let relation = |(id, relation): (&RelationId, &Relation)| (*id, resolved_relation(*id, relation, ids));
    Case {
        subject,
        detail,
        others: others.clone(),
        readings: resolved_readings(readings, ids),
        annotations: annotations.clone(),
        derivations: derivations.clone(),
        documents: documents.clone(),
        actors: actors.clone(),
        sources: sources.clone(),
        relations: relations.iter().map(relation).collect(),
        classes: classes.iter().map(class).collect(),
        judgements: judgements.clone(),
        adjudications: adjudications.clone(),
        silent: silent.iter().map(|actor| ids.actor(*actor)).collect(),
    }
}

/// What the readings say, by resolved ids.
pub(super) fn resolved_readings(
    readings: &BTreeMap<ReadingId, CaseReading>,
    ids: &Ids<'_>,
) -> BTreeMap<ReadingId, CaseReading> {
    let resolved = |(id, reading): (&ReadingId, &CaseReading)| {
        let CaseReading { author, written, claim } = reading;
        (*id, CaseReading { author: *author, written: *written, claim: resolved_claim(claim, ids) })
    };
    readings.iter().map(resolved).collect()
}

fn resolved_target(target: Target, ids: &Ids<'_>) -> Target {
    match target {
        Target::Incident(id) => Target::Incident(ids.incident(id)),
        Target::Class(id) => Target::Class(id),
        Target::Relation(id) => Target::Relation(id),
        Target::Actor(id) => Target::Actor(ids.actor(id)),
    }
}

fn resolved_identity(identity: Identity, ids: &Ids<'_>) -> Identity {
    match identity {
        Identity::Reading(reading) => Identity::Reading(reading),
        Identity::Incident(incident) => Identity::Incident(ids.incident(incident)),
        Identity::Proposition(target, key) => {
            let actor = key.actor.map(|actor| ids.actor(actor));
            Identity::Proposition(resolved_target(target, ids), Key { actor, ..key })
        }
    }
}

fn resolved_actors(actors: &[ActorId], ids: &Ids<'_>) -> Vec<ActorId> {
    let resolved: BTreeSet<ActorId> = actors.iter().map(|actor| ids.actor(*actor)).collect();
    resolved.into_iter().collect()
}

fn resolved_claim(claim: &Claim, ids: &Ids<'_>) -> Claim {
    let speaker = |speaker: &Speaker| match speaker {
        Speaker::Actor(actor) => Speaker::Actor(ids.actor(*actor)),
        Speaker::Source(source) => Speaker::Source(*source),
        Speaker::Unidentified { kind, label, of } => {
            Speaker::Unidentified { kind: *kind, label: label.clone(), of: of.map(|of| ids.actor(of)) }
        }
    };
    let link = |link: &Link| Link { speaker: speaker(&link.speaker), stance: link.stance };
    let links = claim.speakers.links().iter().map(link).collect();
    let about = &claim.proposition;
    let target = resolved_target(about.target, ids);
    let actor = about.actor.map(|actor| ids.actor(actor));
    let mut with = resolved_actors(&about.with, ids);
    with.retain(|other| Some(*other) != actor);
    Claim {
        speakers: Chain::recorded(links, speaker(claim.speakers.speaker())),
        proposition: Proposition { target, actor, with, ..about.clone() },
        ..claim.clone()
    }
}

fn resolved_relation(id: RelationId, relation: &Relation, ids: &Ids<'_>) -> Relation {
    let edge = |edge: &Edge| Edge { from: ids.actor(edge.from), to: ids.actor(edge.to), ..edge.clone() };
    match relation {
        Relation::Absent => Relation::Absent,
        Relation::Withdrawn(of) => Relation::Withdrawn(edge(of)),
        Relation::Live { edge: of, disputed_by: _ } if ids.held == Some(id) => {
            Relation::Live { edge: Edge { stance: RelationStance::Held, ..edge(of) }, disputed_by: BTreeSet::new() }
        }
        Relation::Live { edge: of, disputed_by } => Relation::Live { edge: edge(of), disputed_by: disputed_by.clone() },
    }
}

/// A policy names actors by any of their ids. Where it trusts one actor by several, the least trust counts.
fn resolved_policy(policy: &Policy, ids: &Ids<'_>) -> Policy {
    let officials = |of: &BTreeSet<ActorId>| of.iter().map(|actor| ids.actor(*actor)).collect();
    let mut trust: BTreeMap<Uuid, f64> = BTreeMap::new();
    for (id, given) in &policy.trust {
        let least = trust.entry(ids.actors.canonical(*id)).or_insert(*given);
        *least = least.min(*given);
    }
    Policy {
        officials_include: officials(&policy.officials_include),
        officials_exclude: officials(&policy.officials_exclude),
        trust,
        ..policy.clone()
    }
}
