//! Disputes about the facts of an incident: everything but who did it.

use super::{Found, Matter, id, opposed};
use crate::adjudication::Outcome;
use crate::attribution::position::Who;
use crate::attribution::scene::Scene;
use crate::attribution::{DisputeKind, Status, Voice};
use crate::claim::{Facet, Sign};
use crate::edtf::{Bounds, Edtf};
use crate::id::{ActorId, ReadingId};
use std::collections::{BTreeMap, BTreeSet};

/// Adds what disputes the facts: a proposition of another facet that is contested, and values that exclude each other
/// and come from different speakers.
pub(super) fn facts(scene: &Scene<'_>, matters: &[Matter<'_>], found: &mut Found) {
    let facts: Vec<&Matter<'_>> =
        matters.iter().filter(|matter| matter.key.facet.is_some_and(|facet| facet != Facet::Who)).collect();
    // What was found not to hold is no matter of dispute any more.
    let facts: Vec<_> = facts.into_iter().filter(|matter| !matter.is_found(Outcome::Rejected)).collect();
    for matter in facts.iter().filter(|matter| matter.evaluation.status == Status::Contested) {
        opposed(&matter.evaluation, DisputeKind::Facts, false, found);
    }
    let told: Vec<Told<'_>> = facts.iter().filter_map(|matter| Told::of(scene, matter)).collect();
    let mut by_speaker: BTreeMap<&Voice, Vec<(&Told<'_>, &BTreeSet<ReadingId>)>> = BTreeMap::new();
    for (one, (speaker, said)) in told.iter().flat_map(|one| one.support.iter().map(move |support| (one, support))) {
        by_speaker.entry(speaker).or_default().push((one, said));
    }
    for (speaker, own) in by_speaker {
        // First what others say: a speaker of many values meets few others.
        let others: Vec<_> = told.iter().filter(|other| other.is_told_besides(speaker)).collect();
        for (_, said) in own.into_iter().filter(|(one, _)| others.iter().any(|other| one.excludes(other))) {
            found.entry((DisputeKind::Facts, false)).or_default().extend(said);
        }
    }
}

/// A value of a facet with the strong support for it.
struct Told<'m> {
    facet: Facet,
    actor: Option<ActorId>,
    value: &'m str,
    /// The days of a value of `when`.
    days: Bounds,
    /// What each speaker with S+ says in support.
    support: BTreeMap<Voice, BTreeSet<ReadingId>>,
}

impl<'m> Told<'m> {
    fn of(scene: &Scene<'_>, matter: &'m Matter<'_>) -> Option<Self> {
        let facet = matter.key.facet.filter(|facet| has_one_value(*facet))?;
        let mut support: BTreeMap<Voice, BTreeSet<ReadingId>> = BTreeMap::new();
        let strong = matter.evaluation.positions().filter(|(_, position, _)| position.is_strongly_on(Sign::Support));
        for (who, item) in strong.flat_map(|(who, _, items)| items.iter().map(move |item| (who, item))) {
            if item.is_current() {
                // All who speak as the actor are one speaker.
                let own = (*who == Who::Own).then_some(matter.key.actor).flatten();
                let speaker = own.map_or_else(|| item.bearing.utterance.voice.clone(), Voice::Actor);
                support.entry(speaker).or_default().insert(id(item));
            }
        }
        if support.is_empty() {
            return None;
        }
        Some(Self {
            facet,
            actor: matter.key.actor,
            value: matter.key.value.as_deref()?,
            days: days(scene, matter),
            support,
        })
    }

    /// Whether not both can be so. The motives of two actors, say, are no two values of one thing.
    fn excludes(&self, other: &Self) -> bool {
        let is_of_one = self.actor.is_none() || other.actor.is_none() || self.actor == other.actor;
        self.facet == other.facet
            && is_of_one
            && if self.facet == Facet::When { !self.days.overlaps(other.days) } else { self.value != other.value }
    }

    /// Whether anybody else than this speaker stands by it.
    fn is_told_besides(&self, speaker: &Voice) -> bool {
        self.support.len() > 1 || !self.support.contains_key(speaker)
    }
}

/// Whether two values of the facet exclude each other.
fn has_one_value(facet: Facet) -> bool {
    match facet {
        Facet::When | Facet::Where | Facet::Means | Facet::Motive => true,
        Facet::Who | Facet::Occurred | Facet::Legality | Facet::Evidence | Facet::Conduct => false,
    }
}

/// The days of a value of `when`, which is read as it was written: its comparable form may be no date.
fn days(scene: &Scene<'_>, matter: &Matter<'_>) -> Bounds {
    let first = matter.bearings.iter().map(|bearing| bearing.words.reading).min();
    let reading = first.and_then(|first| scene.case.readings.get(&first));
    let value = reading.and_then(|reading| reading.claim.proposition.value.as_ref());
    value.map_or(Bounds::ALWAYS, |value| Edtf::recorded(value.as_str().to_owned()).bounds())
}
