//! Belief: what the evidence on a proposition amounts to as an opinion of subjective logic (domain.md, section 9).
//!
//! Every current utterance is evidence by its certainty, discounted by the trust in each link that passes it on.
//! Evidence of one origin is averaged, since copies of one report are no further evidence; that of different origins
//! is added up.

use super::dispute::{Matter, is_attribution};
use super::lineage::Origin;
use super::position::{Stand, Weighed};
use super::scene::Scene;
use super::sets::Sets;
use super::status::Evaluation;
use crate::Code;
use crate::claim::{Sign, Speaker};
use crate::id::ReadingId;
use crate::opinion::{self, Opinion};
use crate::policy::Evidence;
use std::collections::{BTreeMap, BTreeSet};

/// The opinion on a proposition by all who stand on one side of it.
pub(super) fn opinion(scene: &Scene<'_>, evaluation: &Evaluation<'_>) -> Opinion {
    amount(scene, standing(evaluation).flatten())
}

/// How far the two speakers are apart who are furthest apart on who did it or ordered it: 0 for agreement or ignorance,
/// 1 for certain contradiction.
pub(super) fn conflict(scene: &Scene<'_>, matters: &[Matter<'_>]) -> f64 {
    let attributions = matters.iter().filter(|matter| is_attribution(&matter.key));
    attributions.map(|matter| furthest(scene, &matter.evaluation)).fold(0.0, f64::max)
}

/// How far two speakers are apart on one proposition at the most.
fn furthest(scene: &Scene<'_>, evaluation: &Evaluation<'_>) -> f64 {
    let opinions = standing(evaluation).map(|items| amount(scene, items));
    // Many speakers say the same with the same certainty: pairs of different opinions are few.
    let distinct: BTreeMap<[u64; 2], Opinion> = opinions.map(|opinion| (bits(&opinion), opinion)).collect();
    let distinct: Vec<Opinion> = distinct.into_values().collect();
    let pairs = distinct.iter().enumerate().flat_map(|(at, a)| distinct[at + 1..].iter().map(move |b| a.conflict(*b)));
    pairs.fold(0.0, f64::max)
}

/// What each speaker says who stands on one side. Who says both counts on neither.
fn standing<'e, 'a>(evaluation: &'e Evaluation<'a>) -> impl Iterator<Item = &'e [Weighed<'a>]> {
    let positions = evaluation.positions().filter(|(_, position, _)| position.stand != Stand::Inconsistent);
    positions.map(|(.., items)| items)
}

fn bits(opinion: &Opinion) -> [u64; 2] {
    [opinion.belief.to_bits(), opinion.disbelief.to_bits()]
}

/// What some utterances on one proposition amount to.
fn amount<'e, 'a: 'e>(scene: &Scene<'_>, items: impl IntoIterator<Item = &'e Weighed<'a>>) -> Opinion {
    let mut items: Vec<_> = items.into_iter().filter(|item| item.is_current()).collect();
    // Sums of floating point depend on the order: that of the ids is always the same.
    items.sort_unstable_by_key(|item| item.bearing.utterance.id);
    let origins = scene.lineage().origins(scene.case, items.iter().map(|item| item.bearing.utterance));
    let mut sets = common_origins(&origins);
    let mut clusters: BTreeMap<ReadingId, Vec<Evidence>> = BTreeMap::new();
    for item in items {
        let cluster = clusters.entry(sets.smallest(item.bearing.utterance.id)).or_default();
        cluster.extend(evidence(scene, item));
    }
    let averages = clusters.into_values().map(opinion::average);
    Opinion::from_evidence(opinion::sum(averages), scene.policy.base_rate)
}

/// Utterances that share an origin.
fn common_origins(origins: &BTreeMap<ReadingId, BTreeSet<Origin>>) -> Sets {
    let mut sets = Sets::default();
    let mut first: BTreeMap<Origin, ReadingId> = BTreeMap::new();
    for (utterance, from) in origins {
        for origin in from {
            sets.unite(*first.entry(*origin).or_insert(*utterance), *utterance);
        }
    }
    sets
}

/// What an utterance is evidence of, as far as those through whom it passed are trusted. Somebody unidentified is trusted
/// as the actor of whom they are.
fn evidence(scene: &Scene<'_>, item: &Weighed<'_>) -> Option<Evidence> {
    let claim = &scene.case.readings.get(&item.bearing.words.reading)?.claim;
    // Who speaks, and through whom, is told by the reading that stands for the utterance (domain.md, section 3).
    let speakers = &scene.case.readings.get(&item.bearing.utterance.lead)?.claim.speakers;
    let (weight, half) =
        (scene.policy.opinions.get(claim.certainty.as_str())?, if claim.act.is_weak() { 0.5 } else { 1.0 });
    let plain = match item.sign()? {
        Sign::Support => Evidence { r: weight.r * half, s: 0.0 },
        Sign::Opposition => Evidence { r: 0.0, s: weight.s * half },
    };
    let trust = |speaker: &Speaker| match speaker {
        Speaker::Actor(actor) => scene.policy.trust.get(&actor.uuid()),
        Speaker::Source(source) => scene.policy.trust.get(&source.uuid()),
        Speaker::Unidentified { of, .. } => of.and_then(|of| scene.policy.trust.get(&of.uuid())),
    };
    let opinion = Opinion::from_evidence(plain, scene.policy.base_rate);
    let discounted = speakers.everyone().filter_map(trust).fold(opinion, |opinion, trust| opinion.discounted(*trust));
    Some(discounted.evidence())
}
