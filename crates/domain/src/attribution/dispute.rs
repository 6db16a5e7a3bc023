//! Disputes: what makes an incident's attribution disputed (domain.md, section 7).

mod facts;

use super::position::{Bearing, Stand, Weighed, Who};
use super::scene::{Scene, TIES};
use super::status::Evaluation;
use super::{Alternative, Dispute, DisputeKind, Finding, Status, Voice};
use crate::adjudication::Outcome;
use crate::claim::{Facet, Key, Role, Sign};
use crate::id::{ActorId, ReadingId};
use std::collections::{BTreeMap, BTreeSet};

/// A proposition with what bears on it.
pub(super) struct Matter<'a> {
    pub key: Key,
    pub bearings: Vec<Bearing<'a>>,
    pub evaluation: Evaluation<'a>,
    /// What was found on it.
    pub finding: Option<Finding>,
}

impl Matter<'_> {
    /// Whether it was found to be so.
    pub fn is_found(&self, outcome: Outcome) -> bool {
        self.finding.as_ref().is_some_and(|finding| finding.outcome == outcome)
    }
}

/// Utterance ids by kind of dispute, generic ones apart.
pub(super) type Found = BTreeMap<(DisputeKind, bool), BTreeSet<ReadingId>>;

/// Whether a proposition tells who did it or ordered it.
pub(super) fn is_attribution(key: &Key) -> bool {
    key.facet == Some(Facet::Who) && matches!(key.role, Some(Role::Perpetrator | Role::Ordered))
}

/// The same, unless it was found not to hold: then it is no matter of dispute any more.
pub(super) fn is_open(matter: &Matter<'_>) -> bool {
    is_attribution(&matter.key) && !matter.is_found(Outcome::Rejected)
}

/// The disputes of an incident: one entry for each kind, and one more where only generic utterances oppose.
pub(super) fn disputes(scene: &Scene<'_>, matters: &[Matter<'_>], alternatives: &[Alternative]) -> Vec<Dispute> {
    let mut found = core_disputes(scene, matters);
    for matter in matters.iter().filter(|matter| is_open(matter)) {
        readings(scene, matter, &mut found);
    }
    for alternative in alternatives {
        found.entry((DisputeKind::Identity, false)).or_default().extend(&alternative.because);
    }
    let dispute = |((kind, generic), because): (_, BTreeSet<_>)| Dispute {
        kind,
        generic,
        because: because.into_iter().collect(),
    };
    found.into_iter().map(dispute).collect()
}

/// The disputes between speakers: all kinds but `identity` and `reading`, which ask what these would be otherwise.
pub(super) fn core_disputes(scene: &Scene<'_>, matters: &[Matter<'_>]) -> Found {
    let attributions: Vec<&Matter<'_>> = matters.iter().filter(|matter| is_open(matter)).collect();
    let mut found = Found::new();
    rivalries(scene, &attributions, &mut found);
    for matter in &attributions {
        opposition(&matter.evaluation, &mut found);
    }
    facts::facts(scene, matters, &mut found);
    found
}

/// `denied`, `opposed` and `inconsistent` on one proposition.
fn opposition(evaluation: &Evaluation<'_>, found: &mut Found) {
    let sides = evaluation.sides;
    if (sides.other_plus || sides.weak_plus) && sides.own_minus {
        opposed(evaluation, DisputeKind::Denied, true, found);
    }
    if sides.supported() && sides.other_minus {
        opposed(evaluation, DisputeKind::Opposed, false, found);
    }
    if evaluation.status == Status::Inconsistent {
        let both = evaluation
            .positions()
            .filter(|(_, position, _)| position.stand == Stand::Inconsistent)
            .filter(|(who, position, _)| **who == Who::Own || position.official)
            .flat_map(|(.., items)| items)
            .filter(|item| item.is_current());
        found.entry((DisputeKind::Inconsistent, false)).or_default().extend(both.map(id));
    }
}

/// Adds a dispute between those who support a proposition and those who strongly oppose it: the accused, or others.
fn opposed(evaluation: &Evaluation<'_>, kind: DisputeKind, own: bool, found: &mut Found) {
    let against: Vec<_> = evaluation
        .positions()
        .filter(|(who, position, _)| (**who == Who::Own) == own && position.is_strongly_on(Sign::Opposition))
        .flat_map(|(.., items)| items)
        .filter(|item| item.is_current())
        .collect();
    let generic = against.iter().all(|item| item.bearing.generic);
    let adopted = evaluation.adopted.iter().filter(|a| a.counts && a.sign == Sign::Support);
    let because = found.entry((kind, generic)).or_default();
    because.extend(evaluation.on_side(Sign::Support).chain(against).map(id));
    because.extend(adopted.map(|adopted| adopted.utterance));
}

/// Rivalries between two actors in one role.
fn rivalries(scene: &Scene<'_>, attributions: &[&Matter<'_>], found: &mut Found) {
    let camps: Vec<Camp<'_>> = attributions.iter().filter_map(|matter| Camp::of(matter)).collect();
    for (at, a) in camps.iter().enumerate() {
        for b in camps[at + 1..].iter().filter(|b| b.role == a.role) {
            // The cheap question first: there may be many pairs and few rivals.
            if a.is_rival(b) && !a.acts_jointly(b) && !are_tied(scene, a.actor, b.actor) {
                let both_claim = a.claims_alone(b) && b.claims_alone(a);
                let kind = if both_claim { DisputeKind::RivalClaims } else { DisputeKind::RivalAccused };
                let because = found.entry((kind, false)).or_default();
                because.extend(a.said_without(b));
                because.extend(b.said_without(a));
            }
        }
    }
}

/// The strong support for one actor in one role.
struct Camp<'m> {
    role: Option<Role>,
    actor: ActorId,
    /// What each voice with S+ says in support.
    support: BTreeMap<&'m Voice, BTreeSet<ReadingId>>,
    /// The voices among these that are the accused's own.
    own: BTreeSet<&'m Voice>,
    /// Who is said to have acted jointly with the actor.
    joint: BTreeSet<ActorId>,
}

impl<'m> Camp<'m> {
    fn of(matter: &'m Matter<'_>) -> Option<Self> {
        let evaluation = &matter.evaluation;
        let mut camp = Self {
            role: matter.key.role,
            actor: matter.key.actor?,
            support: BTreeMap::new(),
            own: BTreeSet::new(),
            joint: evaluation.on_side(Sign::Support).flat_map(|item| &item.bearing.words.with).copied().collect(),
        };
        let strong = evaluation.positions().filter(|(_, position, _)| position.is_strongly_on(Sign::Support));
        for (who, item) in strong.flat_map(|(who, _, items)| items.iter().map(move |item| (who, item))) {
            if item.is_current() {
                let voice = &item.bearing.utterance.voice;
                camp.support.entry(voice).or_default().insert(id(item));
                if *who == Who::Own {
                    camp.own.insert(voice);
                }
            }
        }
        (!camp.support.is_empty()).then_some(camp)
    }

    /// Whether each has a speaker whom the other has not.
    fn is_rival(&self, other: &Self) -> bool {
        let lacks = |a: &Self, b: &Self| a.support.keys().any(|voice| !b.support.contains_key(voice));
        lacks(self, other) && lacks(other, self)
    }

    /// Whether live support on either names the other.
    fn acts_jointly(&self, other: &Self) -> bool {
        self.joint.contains(&other.actor) || other.joint.contains(&self.actor)
    }

    /// Whether the actor itself is among the speakers whom the other has not.
    fn claims_alone(&self, other: &Self) -> bool {
        self.own.iter().any(|voice| !other.support.contains_key(voice))
    }

    /// What the speakers whom the other has not say in support.
    fn said_without<'s>(&'s self, other: &'s Self) -> impl Iterator<Item = ReadingId> + 's {
        let lacked = self.support.iter().filter(|(voice, _)| !other.support.contains_key(*voice));
        lacked.flat_map(|(_, said)| said).copied()
    }
}

/// Whether an edge that is held at the time of the incident makes the two no rivals.
fn are_tied(scene: &Scene<'_>, a: ActorId, b: ActorId) -> bool {
    let leads = |from, to| scene.held(from, TIES, scene.when).any(|end| end == to);
    leads(a, b) || leads(b, a)
}

/// The utterances whose annotators differ so that the status changes if one of their values stands for it. Which
/// classes the incident belongs to is left as it is.
fn readings(scene: &Scene<'_>, matter: &Matter<'_>, found: &mut Found) {
    for bearing in &matter.bearings {
        let status_if =
            |value| matter.evaluation.status_if(scene, &matter.key, Bearing { value: Some(value), ..*bearing });
        let differing = bearing.words.differing();
        if differing.into_iter().any(|value| status_if(value) != matter.evaluation.status) {
            found.entry((DisputeKind::Reading, false)).or_default().insert(bearing.utterance.id);
        }
    }
}

fn id(item: &Weighed<'_>) -> ReadingId {
    item.bearing.utterance.id
}
