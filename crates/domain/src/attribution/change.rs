//! Changes: which utterances their speakers took back (domain.md, section 2).

use super::scene::Scene;
use super::utterance::{Utterance, reaches};
use crate::id::{ReadingId, UserId};
use crate::policy::Readings;
use std::collections::{BTreeMap, BTreeSet};

/// What each change withdraws if it holds, by utterance.
type Changes = BTreeMap<ReadingId, BTreeSet<ReadingId>>;

/// Marks the utterances that a change which holds withdraws, and notes by which.
pub(super) fn mark_withdrawn(scene: &Scene<'_>, utterances: &mut [Utterance]) {
    let mut holding = holding(changes(scene, utterances));
    let withdrawn: BTreeSet<ReadingId> = holding.values().flatten().copied().collect();
    for utterance in utterances {
        utterance.withdrawn = withdrawn.contains(&utterance.id);
        utterance.withdraws = holding.remove(&utterance.id).unwrap_or_default();
    }
}

/// The changes that hold, with what they withdraw.
///
/// A change holds if no change that holds withdraws it. So the changes that nothing withdraws hold; what they withdraw
/// does not; a change that loses its last opponent so holds too; and so on. Changes that withdraw each other in a
/// circle are never reached and do not hold: none is known to be the last word.
fn holding(changes: Changes) -> Changes {
    let mut opponents: BTreeMap<ReadingId, usize> = BTreeMap::new();
    for named in changes.values().flatten() {
        *opponents.entry(*named).or_default() += 1;
    }
    let mut pending: Vec<ReadingId> =
        changes.keys().filter(|change| !opponents.contains_key(change)).copied().collect();
    let (mut withdrawn, mut holding) = (BTreeSet::new(), BTreeSet::new());
    while let Some(change) = pending.pop() {
        holding.insert(change);
        for fallen in changes[&change].iter().filter(|named| withdrawn.insert(**named)) {
            for spared in changes.get(fallen).into_iter().flatten() {
                let left = opponents.get_mut(spared).expect("whoever names it was counted");
                *left -= 1;
                if *left == 0 && changes.contains_key(spared) {
                    pending.push(*spared);
                }
            }
        }
    }
    changes.into_iter().filter(|(change, _)| holding.contains(change)).collect()
}

/// The utterances that each change names by agreement and may name by its voice.
fn changes(scene: &Scene<'_>, utterances: &[Utterance]) -> Changes {
    let of_reading: BTreeMap<ReadingId, &Utterance> = utterances
        .iter()
        .flat_map(|utterance| utterance.readings.iter().map(move |reading| (*reading, utterance)))
        .collect();
    let named = |utterance: &Utterance| (utterance.id, named(scene, utterance, &of_reading));
    utterances.iter().map(named).filter(|(_, named)| !named.is_empty()).collect()
}

fn named(
    scene: &Scene<'_>,
    utterance: &Utterance,
    of_reading: &BTreeMap<ReadingId, &Utterance>,
) -> BTreeSet<ReadingId> {
    let mut by_target: BTreeMap<ReadingId, BTreeSet<UserId>> = BTreeMap::new();
    let mut annotators = BTreeSet::new();
    // Under the policy that asks for rulings, who was not upheld has no say.
    let has_say = |id: &&ReadingId| match scene.policy.readings {
        Readings::Any | Readings::Majority => true,
        Readings::Adjudicated => scene.decisions.is_upheld(**id),
    };
    for reading in utterance.readings.iter().filter(has_say).map(|id| &scene.case.readings[id]) {
        annotators.insert(reading.author);
        if !reading.claim.act.is_change() {
            continue;
        }
        for changed in reading.claim.changes.iter().filter_map(|id| of_reading.get(id)) {
            by_target.entry(changed.id).or_default().insert(reading.author);
        }
    }
    let agreed = |namers: &BTreeSet<UserId>| match scene.policy.readings {
        Readings::Any | Readings::Adjudicated => namers.len() == annotators.len(),
        Readings::Majority => reaches(namers.len(), annotators.len(), scene.policy.theta),
    };
    // An unidentified voice is one of its own in each utterance, and so takes nothing back.
    let same_voice = |changed: &ReadingId| of_reading[changed].voice == utterance.voice;
    by_target
        .into_iter()
        .filter(|(changed, namers)| *changed != utterance.id && agreed(namers) && same_voice(changed))
        .map(|(changed, _)| changed)
        .collect()
}
