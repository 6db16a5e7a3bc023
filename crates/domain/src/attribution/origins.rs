//! From how many documents an attribution comes (domain.md, section 7).

use super::assess::{heard, matters};
use super::class::memberships;
use super::dispute::{Matter, is_attribution};
use super::lineage::{Lineage, Origin};
use super::resolve::{Ids, resolve};
use super::scene::Scene;
use super::status::Evaluation;
use super::utterance::Utterance;
use super::{Case, Corroboration, CorroborationKind, Derived, Origins, Passage};
use crate::claim::Sign;
use crate::id::ReadingId;
use crate::policy::Policy;
use std::collections::{BTreeMap, BTreeSet};

/// Works out the circular-reporting graph of an incident under a policy.
#[must_use]
pub fn origins(case: &Case, policy: &Policy) -> Origins {
    let resolved = resolve(case, policy, &Ids::judged(&case.judgements));
    let scene = Scene::new(&resolved);
    let utterances = heard(&scene);
    let matters = matters(&scene, &memberships(scene.case, &utterances), &utterances);
    let mut standing: BTreeMap<usize, BTreeSet<ReadingId>> = BTreeMap::new();
    for utterance in support(&matters) {
        for passage in scene.lineage().of(utterance) {
            standing.entry(passage).or_default().insert(utterance.id);
        }
    }
    graph(scene.lineage(), corroboration(&scene, &matters), &standing)
}

/// From how many documents the live support on perpetrator and ordered comes.
pub(super) fn corroboration(scene: &Scene<'_>, matters: &[Matter<'_>]) -> Corroboration {
    let utterances: Vec<&Utterance> = support(matters).collect();
    let origins = documents(scene, utterances.iter().copied());
    let has_passage = || utterances.iter().any(|utterance| scene.lineage().of(utterance).next().is_some());
    let kind = match origins {
        0 if has_passage() => CorroborationKind::Circular,
        0 => CorroborationKind::None,
        1 => CorroborationKind::SingleOrigin,
        _ => CorroborationKind::MultiOrigin,
    };
    Corroboration { kind, origins }
}

/// From how many documents the live support of one proposition comes.
pub(super) fn witnesses(scene: &Scene<'_>, evaluation: &Evaluation<'_>) -> u32 {
    documents(scene, evaluation.on_side(Sign::Support).map(|item| item.bearing.utterance))
}

fn documents<'u>(scene: &Scene<'_>, utterances: impl IntoIterator<Item = &'u Utterance>) -> u32 {
    let origins = scene.lineage().origins(scene.case, utterances);
    let documents: BTreeSet<_> =
        origins.into_values().flatten().filter(|origin| matches!(origin, Origin::Document(_))).collect();
    u32::try_from(documents.len()).unwrap_or(u32::MAX)
}

/// The utterances that support who did it or ordered it and count.
fn support<'m, 'a: 'm>(matters: &'m [Matter<'a>]) -> impl Iterator<Item = &'a Utterance> + 'm {
    let attributions = matters.iter().filter(|matter| is_attribution(&matter.key));
    attributions.flat_map(|matter| matter.evaluation.on_side(Sign::Support)).map(|item| item.bearing.utterance)
}

/// The passages in which the support stands, and what leads on from them.
fn graph(lineage: &Lineage, corroboration: Corroboration, standing: &BTreeMap<usize, BTreeSet<ReadingId>>) -> Origins {
    let mut onward: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for link in lineage.links() {
        onward.entry(link.from).or_default().push(link.to);
    }
    let mut shown: BTreeSet<usize> = BTreeSet::new();
    let mut pending: Vec<usize> = standing.keys().copied().collect();
    while let Some(passage) = pending.pop() {
        if shown.insert(passage) {
            pending.extend(onward.get(&passage).into_iter().flatten());
        }
    }
    let numbers: BTreeMap<usize, usize> =
        shown.iter().enumerate().map(|(number, passage)| (*passage, number)).collect();
    let passage = |number: &usize| {
        let passage = &lineage.passages()[*number];
        Passage {
            document: passage.document,
            revision: passage.revision,
            start: passage.start,
            end: passage.end,
            annotations: passage.annotations.iter().copied().collect(),
            utterances: standing.get(number).into_iter().flatten().copied().collect(),
            origin: passage.root,
            declared: passage.declared,
        }
    };
    let derived = |link: &super::lineage::Link| {
        let (from, to) = (*numbers.get(&link.from)?, *numbers.get(&link.to)?);
        Some(Derived { id: link.derivation, from, to, standing: link.standing })
    };
    let circle = |circle: &Vec<usize>| {
        let mut circle: Vec<usize> =
            circle.iter().map(|passage| numbers.get(passage).copied()).collect::<Option<_>>()?;
        circle.sort_unstable();
        Some(circle)
    };
    Origins {
        corroboration,
        passages: shown.iter().map(passage).collect(),
        derivations: lineage.links().iter().filter_map(derived).collect(),
        circles: lineage.circles().iter().filter_map(circle).collect(),
    }
}
