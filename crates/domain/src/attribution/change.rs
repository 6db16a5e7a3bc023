//! Changes: which utterances their speakers took back (domain.md, section 3).

use super::utterance::{Utterance, reaches};
use super::{Case, Voice};
use crate::id::{ReadingId, UserId};
use crate::policy::{Policy, Readings};
use std::collections::{BTreeMap, BTreeSet};

/// Marks the utterances that a change which holds withdraws.
///
/// A change holds if the annotators of its utterance agree, as the policy asks, that it names the other utterance, if
/// both have the same voice, and if no change that holds withdraws it. Changes that withdraw each other in a circle
/// do not hold: neither is known to be the last word.
pub(super) fn mark_withdrawn(case: &Case, policy: &Policy, utterances: &mut [Utterance]) {
    let changes = changes(case, policy, utterances);
    let mut holds: BTreeMap<ReadingId, bool> = BTreeMap::new();
    loop {
        let decided = holds.len();
        for change in changes.keys().filter(|id| utterance_exists(utterances, **id)) {
            if holds.contains_key(change) {
                continue;
            }
            let mut against = changes.iter().filter(|(_, names)| names.contains(change)).map(|(by, _)| by);
            let states: Vec<_> = against.by_ref().map(|by| holds.get(by).copied()).collect();
            if states.contains(&Some(true)) {
                holds.insert(*change, false);
            } else if states.iter().all(|state| *state == Some(false)) {
                holds.insert(*change, true);
            }
        }
        if holds.len() == decided {
            break;
        }
    }
    let withdrawn: BTreeSet<ReadingId> = changes
        .iter()
        .filter(|(change, _)| holds.get(change) == Some(&true))
        .flat_map(|(_, names)| names.iter().copied())
        .collect();
    for utterance in utterances {
        utterance.withdrawn = withdrawn.contains(&utterance.id);
    }
}

fn utterance_exists(utterances: &[Utterance], id: ReadingId) -> bool {
    utterances.binary_search_by_key(&id, |utterance| utterance.id).is_ok()
}

/// The utterances that each change names by agreement and may name by its voice.
fn changes(case: &Case, policy: &Policy, utterances: &[Utterance]) -> BTreeMap<ReadingId, BTreeSet<ReadingId>> {
    let of_reading: BTreeMap<ReadingId, &Utterance> = utterances
        .iter()
        .flat_map(|utterance| utterance.readings.iter().map(move |reading| (*reading, utterance)))
        .collect();
    let mut changes = BTreeMap::new();
    for utterance in utterances {
        let named = named(case, policy, utterance, &of_reading);
        if !named.is_empty() {
            changes.insert(utterance.id, named);
        }
    }
    changes
}

fn named(
    case: &Case,
    policy: &Policy,
    utterance: &Utterance,
    of_reading: &BTreeMap<ReadingId, &Utterance>,
) -> BTreeSet<ReadingId> {
    let mut by_target: BTreeMap<ReadingId, BTreeSet<UserId>> = BTreeMap::new();
    let mut annotators = BTreeSet::new();
    for reading in utterance.readings.iter().map(|id| &case.readings[id]) {
        annotators.insert(reading.author);
        if !reading.claim.act.is_change() {
            continue;
        }
        for changed in reading.claim.changes.iter().filter_map(|id| of_reading.get(id)) {
            by_target.entry(changed.id).or_default().insert(reading.author);
        }
    }
    let agreed = |namers: &BTreeSet<UserId>| match policy.readings {
        Readings::Any => namers.len() == annotators.len(),
        Readings::Majority => reaches(namers.len(), annotators.len(), policy.theta),
    };
    // An unidentified speaker is a speaker of its own in each utterance, and so takes nothing back.
    let same_voice = |changed: &ReadingId| {
        !matches!(utterance.voice, Voice::Unidentified(_)) && of_reading[changed].voice == utterance.voice
    };
    by_target
        .into_iter()
        .filter(|(changed, namers)| *changed != utterance.id && agreed(namers) && same_voice(changed))
        .map(|(changed, _)| changed)
        .collect()
}
