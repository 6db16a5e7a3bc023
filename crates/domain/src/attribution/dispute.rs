//! Disputes: what makes an incident's attribution disputed (domain.md, section 7).

use super::position::{Bearing, Stand, Who};
use super::status::{Evaluation, evaluate, ids, live_support, on_side};
use super::utterance::held;
use super::{Case, Dispute, DisputeKind, Status, Voice};
use crate::claim::{Facet, Key, Role, Sign, Strength};
use crate::id::{ActorId, ReadingId};
use crate::policy::Policy;
use crate::relation::RelationType;
use std::collections::{BTreeMap, BTreeSet};

/// A proposition with what bears on it.
pub(super) struct Matter<'a> {
    pub key: Key,
    pub bearings: Vec<Bearing<'a>>,
    pub evaluation: Evaluation<'a>,
}

/// Whether a proposition tells who did it or ordered it.
pub(super) fn is_attribution(key: &Key) -> bool {
    key.facet == Some(Facet::Who) && matches!(key.role, Some(Role::Perpetrator | Role::Ordered))
}

/// The disputes of an incident: one entry for each kind, and one more where only generic utterances oppose.
pub(super) fn disputes(case: &Case, policy: &Policy, matters: &[Matter<'_>]) -> Vec<Dispute> {
    let attributions: Vec<&Matter<'_>> = matters.iter().filter(|matter| is_attribution(&matter.key)).collect();
    let mut found: BTreeMap<(DisputeKind, bool), BTreeSet<ReadingId>> = BTreeMap::new();
    let mut add = |kind, generic, because: Vec<ReadingId>| found.entry((kind, generic)).or_default().extend(because);
    for (at, a) in attributions.iter().enumerate() {
        for b in &attributions[at + 1..] {
            if let Some((kind, because)) = rivalry(case, a, b) {
                add(kind, false, because);
            }
        }
    }
    for matter in &attributions {
        for (kind, generic, because) in opposition(matter) {
            add(kind, generic, because);
        }
        if let Some(because) = reading(case, policy, matter) {
            add(DisputeKind::Reading, false, because);
        }
    }
    found
        .into_iter()
        .map(|((kind, generic), because)| Dispute { kind, generic, because: because.into_iter().collect() })
        .collect()
}

/// `denied`, `opposed` and `inconsistent` on one proposition.
fn opposition(matter: &Matter<'_>) -> Vec<(DisputeKind, bool, Vec<ReadingId>)> {
    let Evaluation { status, weighed, positions, sides, adopted, .. } = &matter.evaluation;
    let mut found = Vec::new();
    let against = |own: bool| {
        on_side(weighed, positions, Sign::Opposition)
            .filter(move |item| (item.who == Who::Own) == own)
            .filter(|item| matches!(positions[&item.who].stand, Stand::On(_, Strength::Strong)))
            .collect::<Vec<_>>()
    };
    let mut add = |kind, own| {
        let against = against(own);
        let generic = against.iter().all(|item| item.bearing.generic);
        let adopted = adopted.iter().filter(|a| a.counts && a.sign == Sign::Support).map(|a| a.utterance);
        let mut because = ids(live_support(weighed, positions).chain(against.iter().copied()));
        because.extend(adopted);
        found.push((kind, generic, because));
    };
    if (sides.other_plus || sides.weak_plus) && sides.own_minus {
        add(DisputeKind::Denied, true);
    }
    if sides.supported() && sides.other_minus {
        add(DisputeKind::Opposed, false);
    }
    if *status == Status::Inconsistent {
        let both = weighed.iter().filter(|item| {
            item.mark.is_none()
                && item.value.is_some()
                && positions.get(&item.who).is_some_and(|position| {
                    position.stand == Stand::Inconsistent && (item.who == Who::Own || position.official)
                })
        });
        found.push((DisputeKind::Inconsistent, false, ids(both)));
    }
    found
}

/// Rivalry between two actors in one role, if there is one, and what makes it.
fn rivalry(case: &Case, a: &Matter<'_>, b: &Matter<'_>) -> Option<(DisputeKind, Vec<ReadingId>)> {
    let (Some(left), Some(right)) = (a.key.actor, b.key.actor) else { return None };
    if a.key.role != b.key.role || left == right || are_tied(case, left, right) || act_jointly(a, b) {
        return None;
    }
    let (for_a, for_b) = (strong_support(a), strong_support(b));
    let only_a: BTreeSet<_> = for_a.difference(&for_b).cloned().collect();
    let only_b: BTreeSet<_> = for_b.difference(&for_a).cloned().collect();
    if only_a.is_empty() || only_b.is_empty() {
        return None;
    }
    let both_claim = only_a.contains(&Voice::Actor(left)) && only_b.contains(&Voice::Actor(right));
    let kind = if both_claim { DisputeKind::RivalClaims } else { DisputeKind::RivalAccused };
    let mut because = said_by(a, &only_a);
    because.extend(said_by(b, &only_b));
    Some((kind, because))
}

/// Whether a held edge makes the two no rivals.
fn are_tied(case: &Case, a: ActorId, b: ActorId) -> bool {
    held(case, case.detail.when.bounds()).any(|edge| {
        let ends = (edge.from, edge.to);
        (ends == (a, b) || ends == (b, a))
            && matches!(edge.relation, RelationType::PartOf | RelationType::FrontOf | RelationType::AliasUsedBy)
    })
}

/// Whether live support on one names the other as having acted jointly.
fn act_jointly(a: &Matter<'_>, b: &Matter<'_>) -> bool {
    let names = |matter: &Matter<'_>, other: Option<ActorId>| {
        other.is_some_and(|other| {
            live_support(&matter.evaluation.weighed, &matter.evaluation.positions)
                .any(|item| item.bearing.words.with.contains(&other))
        })
    };
    names(a, b.key.actor) || names(b, a.key.actor)
}

/// The speakers with S+ on a proposition; the accused under its own name.
fn strong_support(matter: &Matter<'_>) -> BTreeSet<Voice> {
    matter
        .evaluation
        .positions
        .iter()
        .filter(|(_, position)| matches!(position.stand, Stand::On(Sign::Support, Strength::Strong)))
        .filter_map(|(who, _)| named(matter, who))
        .collect()
}

fn named(matter: &Matter<'_>, who: &Who) -> Option<Voice> {
    match who {
        Who::Own => matter.key.actor.map(Voice::Actor),
        Who::Other(voice) => Some(voice.clone()),
    }
}

fn said_by(matter: &Matter<'_>, voices: &BTreeSet<Voice>) -> Vec<ReadingId> {
    ids(live_support(&matter.evaluation.weighed, &matter.evaluation.positions)
        .filter(|item| named(matter, &item.who).is_some_and(|voice| voices.contains(&voice))))
}

/// The utterances whose annotators differ so that the status changes if one of their values stands for it.
fn reading(case: &Case, policy: &Policy, matter: &Matter<'_>) -> Option<Vec<ReadingId>> {
    let mut because = Vec::new();
    for (at, bearing) in matter.bearings.iter().enumerate() {
        let matters = bearing.words.differing().into_iter().any(|value| {
            let mut bearings = matter.bearings.clone();
            bearings[at].value = Some(value);
            evaluate(case, policy, &matter.key, &bearings).status != matter.evaluation.status
        });
        if matters {
            because.push(bearing.utterance.id);
        }
    }
    (!because.is_empty()).then_some(because)
}
