//! What would change if an edge between two ids were taken the other way (domain.md, section 7, `identity`).

use super::assess::{heard, incident_status, matters};
use super::class::memberships;
use super::decisions::Decisions;
use super::dispute::{Matter, core_disputes, is_open};
use super::resolve::{Ids, Resolved, Taken, resolve};
use super::scene::{SPEAKS_OR_HOLDS, Scene};
use super::{Alternative, Case, Edge, IncidentStatus, Status};
use crate::claim::{Key, Speaker, Target};
use crate::id::{ActorId, IncidentId, JudgementId, ReadingId, RelationId};
use crate::identity::{Judgement, Subject, Verdict};
use crate::policy::Policy;
use crate::relation::{Relation, RelationType, Standing};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The statuses on which the edges are compared, worked out without `identity` and `reading`.
pub(super) struct Statuses {
    incident: IncidentStatus,
    /// By proposition on perpetrator and ordered, with the utterances that count on it.
    propositions: BTreeMap<Key, (Status, BTreeSet<ReadingId>)>,
}

impl Statuses {
    pub fn of(scene: &Scene<'_>, matters: &[Matter<'_>]) -> Self {
        let disputed = !core_disputes(scene, matters).is_empty();
        let said = |matter: &Matter<'_>| {
            let signed = matter.evaluation.signed().filter(|item| item.is_current());
            let said = signed.map(|item| item.bearing.utterance.id).collect();
            (matter.key.clone(), (matter.evaluation.status, said))
        };
        // A proposition that has no status is none that a merge could change: else praise or a doubt would make a dispute.
        let has_status = |matter: &&Matter<'_>| matter.evaluation.status != Status::None;
        let attributions = matters.iter().filter(|matter| is_open(matter)).filter(has_status);
        let found = scene.decisions.on_incident(scene.case.subject).is_some();
        Self { incident: incident_status(found, disputed, matters), propositions: attributions.map(said).collect() }
    }

    fn of_resolved(resolved: &Resolved<'_>) -> Self {
        let scene = Scene::new(resolved);
        let utterances = heard(&scene);
        let memberships = memberships(scene.case, &utterances);
        Self::of(&scene, &matters(&scene, &memberships, &utterances))
    }

    fn status(&self, key: &Key) -> Status {
        self.propositions.get(key).map_or(Status::None, |(status, _)| *status)
    }
}

/// Edges that are tried for one board: each costs about as much as the statuses of the board.
const TRIED_MAX: usize = 100;

/// The edges that change a status if one of them is taken the other way, one at a time; and how many were not tried.
pub(super) fn alternatives(case: &Case, policy: &Policy, base: &Statuses) -> (Vec<Alternative>, usize) {
    let Target::Incident(incident) = case.subject else { return (Vec::new(), 0) };
    let ids = Ids::judged(&case.judgements);
    let named = Named::by(case, &ids);
    let mut found = Vec::new();
    let open = || open_relations(case, &ids, &named).chain(open_judgements(case, incident, &ids, &named));
    for taken in open().take(TRIED_MAX) {
        let Some(other_ids) = ids.clone().taking(case, taken) else { continue };
        let resolved = resolve(case, policy, &other_ids);
        let other = Statuses::of_resolved(&resolved);
        if let Some(because) = difference(base, &ids, &other, &other_ids) {
            let edge = match taken {
                Taken::Relation(relation) => Edge::Relation(relation),
                Taken::Judgement(_, judgement) => Edge::Judgement(judgement),
            };
            found.push(Alternative { edge, status: other.incident, because: because.into_iter().collect() });
        }
    }
    let untried = open().skip(TRIED_MAX).count();
    (found, untried)
}

/// The utterances on the propositions whose status differs, or all of them if the incident's alone does; none if
/// nothing differs. Propositions that become one are compared with each that went into it, and so are the parts of one
/// that falls apart.
fn difference(base: &Statuses, ids: &Ids<'_>, other: &Statuses, other_ids: &Ids<'_>) -> Option<BTreeSet<ReadingId>> {
    let resolved = |key: &Key, ids: &Ids<'_>| Key { actor: key.actor.map(|actor| ids.actor(actor)), ..key.clone() };
    let said = |statuses: &Statuses, key: &Key| {
        let said = statuses.propositions.get(key).map(|(_, said)| said.clone());
        said.unwrap_or_default()
    };
    let mut because = BTreeSet::new();
    let mut differs = false;
    let pairs: Vec<_> = base.propositions.keys().map(|key| (key.clone(), resolved(key, other_ids))).collect();
    let compared: BTreeSet<Key> = pairs.iter().map(|(_, there)| there.clone()).collect();
    // What nothing went into is a part of what fell apart, or new. What something went into may go by the id of one on
    // whom nobody took a side: which id is smaller plays no part.
    let parts = other.propositions.keys().filter(|key| !compared.contains(key));
    let parts = parts.map(|key| (resolved(key, ids), key.clone())).collect::<Vec<_>>();
    for (here, there) in pairs.into_iter().chain(parts) {
        if base.status(&here) != other.status(&there) {
            differs = true;
            because.extend(said(base, &here));
            because.extend(said(other, &there));
        }
    }
    if base.incident != other.incident && !differs {
        differs = true;
        because.extend(base.propositions.values().flat_map(|(_, said)| said));
    }
    differs.then_some(because)
}

/// Whom the readings of a case name as speaker or as accused, by their resolved ids.
struct Named {
    speakers: BTreeSet<ActorId>,
    all: BTreeSet<ActorId>,
}

impl Named {
    fn by(case: &Case, ids: &Ids<'_>) -> Self {
        let (mut speakers, mut all) = (BTreeSet::new(), BTreeSet::new());
        for reading in case.readings.values() {
            for speaker in reading.claim.speakers.everyone() {
                if let Speaker::Actor(actor) = speaker {
                    speakers.insert(ids.actor(*actor));
                }
            }
            all.extend(reading.claim.proposition.actor.map(|actor| ids.actor(actor)));
        }
        // Whose voice somebody is, and who is aimed at, is looked at as well.
        let speaks =
            |relation: &&Relation| relation.edge().is_some_and(|edge| SPEAKS_OR_HOLDS.contains(&edge.relation));
        let edges: Vec<_> = case.relations.values().filter(speaks).filter_map(Relation::edge).collect();
        let ends = |edge: &crate::relation::Edge| (ids.actor(edge.from), ids.actor(edge.to));
        while let Some((_, to)) =
            edges.iter().map(|edge| ends(edge)).find(|(from, to)| speakers.contains(from) && !speakers.contains(to))
        {
            speakers.insert(to);
        }
        let details = case.detail.iter().chain(case.others.values()).flat_map(|detail| &detail.targets);
        let classes = case.classes.values().flat_map(|class| class.targets.iter().chain(&class.actors));
        all.extend(details.chain(classes).map(|actor| ids.actor(*actor)));
        all.extend(&speakers);
        Self { speakers, all }
    }
}

/// The open relations that some rule looks at, and that lead from or to somebody whom the case names.
fn open_relations<'c>(case: &'c Case, ids: &'c Ids<'_>, named: &'c Named) -> impl Iterator<Item = Taken> + 'c {
    let decisions = Decisions::new(&case.adjudications, |identity| identity);
    let may_matter = move |id: RelationId, relation: &Relation| {
        let is_open = relation.standing_as_found(decisions.on_relation(id)) == Standing::Open;
        let Some(edge) = relation.edge().filter(|_| is_open) else { return false };
        let (from, to) = (ids.actor(edge.from), ids.actor(edge.to));
        match edge.relation {
            _ if from == to => false,
            RelationType::FrontOf | RelationType::AliasUsedBy => named.all.contains(&from) || named.all.contains(&to),
            RelationType::PartOf => named.all.contains(&from) && named.all.contains(&to),
            RelationType::SpeaksFor | RelationType::HoldsOffice => named.speakers.contains(&from),
            RelationType::SplinterOf
            | RelationType::Commands
            | RelationType::Controls
            | RelationType::AlliedWith
            | RelationType::Overlaps => false,
        }
    };
    case.relations.iter().filter(move |(id, relation)| may_matter(**id, relation)).map(|(id, _)| Taken::Relation(*id))
}

/// The judgements, unsure or contested, on somebody or something in the case.
fn open_judgements<'c>(
    case: &'c Case,
    incident: IncidentId,
    ids: &'c Ids<'_>,
    named: &'c Named,
) -> impl Iterator<Item = Taken> + 'c {
    let of = |subject: Subject, concerns: Box<dyn Fn(Uuid) -> bool + 'c>| {
        let identity = &case.judgements.of(subject).identity;
        let contested = identity.contested();
        let concerns = move |judgement: &Judgement| concerns(judgement.left) || concerns(judgement.right);
        // Those that contest it are left out with it, wherever they join or part something.
        let contests =
            |of: JudgementId| identity.live().map(|(_, other)| other).filter(move |other| other.against.contains(&of));
        let is_open = move |(id, judgement): &(JudgementId, &Judgement)| {
            if contested.contains(id) {
                return concerns(judgement) || contests(*id).any(&concerns);
            }
            judgement.verdict == Verdict::Unsure && concerns(judgement)
        };
        identity.live().filter(is_open).map(move |(id, _)| Taken::Judgement(subject, id))
    };
    let incident = ids.incident(incident);
    of(Subject::Actor, Box::new(|id| named.all.contains(&ids.actor(id.into()))))
        .chain(of(Subject::Incident, Box::new(move |id| ids.incident(id.into()) == incident)))
        .chain(of(Subject::Reading, Box::new(|id| case.readings.contains_key(&id.into()))))
}
