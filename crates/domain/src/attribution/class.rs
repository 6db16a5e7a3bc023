//! Classes: which generic utterances reach the incident (domain.md, section 6).

use super::Case;
use super::position::Bearing;
use super::utterance::Utterance;
use crate::claim::{Facet, Key, Scope, Sign, Target};
use crate::id::{ActorId, IncidentId};
use crate::incident::Membership;
use crate::policy::{Generic, Policy};
use std::collections::{BTreeMap, BTreeSet};

/// How the incident stands to each class of the case.
pub(super) fn memberships(case: &Case, utterances: &[Utterance]) -> BTreeMap<IncidentId, Membership> {
    let actors = specific_actors(case, utterances);
    case.classes.iter().map(|(id, class)| (*id, class.membership(&case.detail, &actors))).collect()
}

/// The actors of the incident's `who` propositions with a live specific signed utterance that was not withdrawn.
fn specific_actors(case: &Case, utterances: &[Utterance]) -> Vec<ActorId> {
    let mut actors = BTreeSet::new();
    for utterance in utterances {
        if utterance.target != Target::Incident(case.incident) || utterance.withdrawn {
            continue;
        }
        for (key, words) in &utterance.words {
            if key.facet == Some(Facet::Who) && matches!(words.value, Some(Some(_))) {
                actors.extend(key.actor);
            }
        }
    }
    actors.into_iter().collect()
}

/// What bears on each proposition of the incident: specific utterances, and the generic ones that the policy counts.
pub(super) fn bearings<'a>(
    case: &Case,
    policy: &Policy,
    memberships: &BTreeMap<IncidentId, Membership>,
    utterances: &'a [Utterance],
) -> BTreeMap<Key, Vec<Bearing<'a>>> {
    let mut bearings: BTreeMap<Key, Vec<Bearing<'a>>> = BTreeMap::new();
    for utterance in utterances {
        let generic = match utterance.target {
            Target::Incident(id) if id == case.incident => false,
            Target::Class(id)
                if utterance.scope == Scope::Generic && memberships.get(&id) == Some(&Membership::Member) =>
            {
                true
            }
            Target::Incident(_) | Target::Class(_) | Target::Relation(_) | Target::Actor(_) => continue,
        };
        for (key, words) in &utterance.words {
            let counted = match (generic, policy.generic) {
                (false, _) | (true, Generic::Count) => true,
                (true, Generic::OppositionOnly) => !matches!(words.value, Some(Some((Sign::Support, _)))),
                (true, Generic::Ignore) => false,
            };
            if counted {
                let bearing = Bearing { utterance, words, generic, value: words.value };
                bearings.entry(key.clone()).or_default().push(bearing);
            }
        }
    }
    bearings
}

/// What is said about one class itself.
pub(super) fn about<'a>(class: IncidentId, utterances: &'a [Utterance]) -> BTreeMap<Key, Vec<Bearing<'a>>> {
    let mut about: BTreeMap<Key, Vec<Bearing<'a>>> = BTreeMap::new();
    for utterance in utterances.iter().filter(|utterance| utterance.target == Target::Class(class)) {
        for (key, words) in &utterance.words {
            // On the class itself a generic utterance has its own strength.
            let bearing = Bearing { utterance, words, generic: false, value: words.value };
            about.entry(key.clone()).or_default().push(bearing);
        }
    }
    about
}
