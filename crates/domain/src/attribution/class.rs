//! Classes: which generic utterances reach the incident (domain.md, section 6).

use super::Case;
use super::position::Bearing;
use super::scene::Scene;
use super::utterance::{Utterance, Words};
use crate::claim::{Facet, Key, Scope, Target};
use crate::id::{ActorId, IncidentId};
use crate::incident::Membership;
use crate::policy::Generic;
use std::collections::{BTreeMap, BTreeSet};

/// What bears on each proposition, by utterance id.
pub(super) type Bearings<'a> = BTreeMap<Key, Vec<Bearing<'a>>>;

/// How an incident stands to each class of the case.
pub(super) fn memberships(case: &Case, utterances: &[Utterance]) -> BTreeMap<IncidentId, Membership> {
    let Some(detail) = &case.detail else { return BTreeMap::new() };
    let actors = specific_actors(case, utterances);
    let membership = |(id, class): (&IncidentId, &crate::incident::Class)| {
        let named: Vec<_> = class.actors.iter().filter(|actor| actors.contains(actor)).copied().collect();
        (*id, class.membership(detail, &named))
    };
    case.classes.iter().map(membership).collect()
}

/// The actors of the incident's `who` propositions with a live specific signed utterance that was not withdrawn.
fn specific_actors(case: &Case, utterances: &[Utterance]) -> BTreeSet<ActorId> {
    utterances
        .iter()
        .filter(|utterance| !utterance.withdrawn)
        .flat_map(|utterance| &utterance.words)
        .filter(|((target, _), _)| *target == case.subject)
        .filter(|((_, key), words)| key.facet == Some(Facet::Who) && matches!(words.value, Some(Some(_))))
        .filter_map(|((_, key), _)| key.actor)
        .collect()
}

/// What bears on each proposition about the subject: specific utterances, and the generic ones about classes of which
/// it is a member, unless the policy ignores these.
pub(super) fn bearings<'a>(
    scene: &Scene<'_>,
    memberships: &BTreeMap<IncidentId, Membership>,
    utterances: &'a [Utterance],
) -> Bearings<'a> {
    let reaches = |class: IncidentId| {
        scene.policy.generic != Generic::Ignore && memberships.get(&class) == Some(&Membership::Member)
    };
    let mut bearings = Bearings::new();
    for utterance in utterances {
        for ((target, key), words) in &utterance.words {
            let generic = match target {
                target if *target == scene.case.subject => false,
                // One that was read of the incident as well bears on it by that reading alone.
                Target::Class(_) if utterance.words.contains_key(&(scene.case.subject, key.clone())) => continue,
                Target::Class(id) if utterance.scope == Scope::Generic && reaches(*id) => true,
                Target::Incident(_) | Target::Class(_) | Target::Relation(_) | Target::Actor(_) => continue,
            };
            add(&mut bearings, utterance, key, words, generic);
        }
    }
    add_found(scene, scene.case.subject, &mut bearings);
    bearings
}

/// What is said about each class itself, where a generic utterance has its own strength.
pub(super) fn about_classes<'a>(scene: &Scene<'_>, utterances: &'a [Utterance]) -> BTreeMap<IncidentId, Bearings<'a>> {
    let mut about: BTreeMap<IncidentId, Bearings<'_>> = BTreeMap::new();
    for utterance in utterances {
        for ((target, key), words) in &utterance.words {
            if let Target::Class(class) = target {
                add(about.entry(*class).or_default(), utterance, key, words, false);
            }
        }
    }
    for class in scene.case.classes.keys() {
        add_found(scene, Target::Class(*class), about.entry(*class).or_default());
    }
    about
}

/// A proposition on which something was found is there, whoever says something on it.
fn add_found(scene: &Scene<'_>, target: Target, bearings: &mut Bearings<'_>) {
    for key in scene.decisions.propositions_of(target) {
        bearings.entry(key.clone()).or_default();
    }
}

fn add<'a>(bearings: &mut Bearings<'a>, utterance: &'a Utterance, key: &Key, words: &'a Words, generic: bool) {
    let bearing = Bearing { utterance, words, generic, value: words.value };
    bearings.entry(key.clone()).or_default().push(bearing);
}
