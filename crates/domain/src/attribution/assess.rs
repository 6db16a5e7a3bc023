//! The assessment of an incident.

use super::change::mark_withdrawn;
use super::class::{about, bearings, memberships};
use super::dispute::{Matter, disputes, is_attribution};
use super::position::{Bearing, Stand, Weighed};
use super::status::{Evaluation, evaluate, uttered, written_value};
use super::utterance::utterances;
use super::{Board, Case, Flag, Generic, IncidentFlag, IncidentStatus, Mark, Proposition, Status, Utterance};
use crate::claim::{Act, Facet, Key, Sign};
use crate::incident::Membership;
use crate::policy::Policy;
use std::collections::BTreeMap;

/// Works out an incident's dispute board under a policy.
///
/// The same case and policy give the same board: every list is ordered by ids or codes, never by arrival.
#[must_use]
pub fn assess(case: &Case, policy: &Policy) -> Board {
    let mut utterances = utterances(case, policy);
    mark_withdrawn(case, policy, &mut utterances);
    let memberships = memberships(case, &utterances);
    let matters: Vec<Matter<'_>> = bearings(case, policy, &memberships, &utterances)
        .into_iter()
        .map(|(key, bearings)| {
            let evaluation = evaluate(case, policy, &key, &bearings);
            Matter { key, bearings, evaluation }
        })
        .collect();
    let disputes = disputes(case, policy, &matters);
    let status = incident_status(!disputes.is_empty(), &matters);
    let classes = |wanted: Membership| {
        let mut generic = Vec::new();
        for (class, _) in memberships.iter().filter(|(_, membership)| **membership == wanted) {
            for (key, bearings) in about(*class, &utterances) {
                let evaluation = evaluate(case, policy, &key, &bearings);
                generic.push(Generic { class: *class, about: proposition(case, key, &bearings, evaluation) });
            }
        }
        generic
    };
    let (generic, possible) = (classes(Membership::Member), classes(Membership::Possible));
    let flags = incident_flags(status, &matters);
    let noted = evidence_absent(&matters, case);
    let propositions = matters
        .into_iter()
        .map(|matter| {
            let mut about = proposition(case, matter.key, &matter.bearings, matter.evaluation);
            add_evidence_flag(&mut about, &noted);
            about
        })
        .collect();
    Board { status, flags, disputes, propositions, generic, possible }
}

/// The strongest undisputed status over the propositions on perpetrator and ordered.
fn incident_status(disputed: bool, matters: &[Matter<'_>]) -> IncidentStatus {
    if disputed {
        return IncidentStatus::Disputed;
    }
    let has = |status| matters.iter().any(|m| is_attribution(&m.key) && m.evaluation.status == status);
    [
        (Status::Acknowledged, IncidentStatus::Acknowledged),
        (Status::Claimed, IncidentStatus::Claimed),
        (Status::OfficiallyAttributed, IncidentStatus::OfficiallyAttributed),
        (Status::Accused, IncidentStatus::Accused),
        (Status::Suspected, IncidentStatus::Suspected),
    ]
    .into_iter()
    .find_map(|(status, incident)| has(status).then_some(incident))
    .unwrap_or(IncidentStatus::Unattributed)
}

fn incident_flags(status: IncidentStatus, matters: &[Matter<'_>]) -> Vec<IncidentFlag> {
    let attributions = || matters.iter().filter(|matter| is_attribution(&matter.key));
    let unattributed = status == IncidentStatus::Unattributed;
    let other_role = |matter: &Matter<'_>| {
        matter.key.facet == Some(Facet::Who) && !is_attribution(&matter.key) && matter.evaluation.sides.supported()
    };
    let signed = || {
        attributions()
            .flat_map(|matter| &matter.evaluation.weighed)
            .filter(|item| item.value.is_some() && item.mark != Some(Mark::Withdrawn))
    };
    let holds = [
        (
            IncidentFlag::FormerlyAttributed,
            unattributed && attributions().any(|m| m.evaluation.status == Status::Withdrawn),
        ),
        (
            IncidentFlag::PreEmptiveDenial,
            unattributed
                && attributions()
                    .any(|m| m.evaluation.status == Status::DeniedUnaccused && m.evaluation.sides.own_minus),
        ),
        (IncidentFlag::OtherRolesOnly, unattributed && matters.iter().any(other_role)),
        (IncidentFlag::GenericOnly, signed().next().is_some() && signed().all(|item| item.bearing.generic)),
    ];
    holds.into_iter().filter_map(|(flag, holds)| holds.then_some(flag)).collect()
}

/// The `who` propositions on which the absence of evidence was noted through the facet `evidence`.
fn evidence_absent(matters: &[Matter<'_>], case: &Case) -> Vec<Key> {
    let noted = |matter: &&Matter<'_>| {
        matter.key.facet == Some(Facet::Evidence)
            && matter.evaluation.weighed.iter().any(|item| {
                item.mark != Some(Mark::Withdrawn)
                    && case.readings[&item.bearing.words.reading].claim.act == Act::EvidenceAbsent
            })
    };
    matters.iter().filter(noted).map(|matter| Key { facet: Some(Facet::Who), ..matter.key.clone() }).collect()
}

fn add_evidence_flag(proposition: &mut Proposition, noted: &[Key]) {
    if noted.contains(&proposition.key) && !proposition.flags.contains(&Flag::EvidenceAbsentNoted) {
        proposition.flags.push(Flag::EvidenceAbsentNoted);
        proposition.flags.sort_unstable();
    }
}

fn proposition(case: &Case, key: Key, bearings: &[Bearing<'_>], evaluation: Evaluation<'_>) -> Proposition {
    let (mut support, mut opposition, mut neutral) = (Vec::new(), Vec::new(), Vec::new());
    for item in &evaluation.weighed {
        let list = match item.value {
            Some((Sign::Support, _)) => &mut support,
            Some((Sign::Opposition, _)) => &mut opposition,
            None => &mut neutral,
        };
        list.push(utterance(case, item));
    }
    let n_support = evaluation
        .positions
        .values()
        .filter(|position| matches!(position.stand, Stand::On(Sign::Support, _)))
        .count();
    Proposition {
        value: written_value(case, bearings),
        key,
        status: evaluation.status,
        flags: evaluation.flags,
        support,
        opposition,
        neutral,
        adopted: evaluation.adopted,
        n_support: u32::try_from(n_support).unwrap_or(u32::MAX),
    }
}

fn utterance(case: &Case, item: &Weighed<'_>) -> Utterance {
    let (own, words) = (item.bearing.utterance, item.bearing.words);
    let claim = &case.readings[&words.reading].claim;
    let predates = item.bearing.generic && own.time.is_before(case.detail.when.bounds());
    let flags: BTreeMap<&'static str, bool> = BTreeMap::from([
        ("distanced", own.distanced),
        ("hearsay", item.hearsay),
        ("no_consensus", item.bearing.value.is_none()),
        ("predates", predates),
        ("presupposed", own.presupposed),
    ]);
    Utterance {
        id: own.id,
        first: own.id,
        voice: own.voice.clone(),
        act: claim.act,
        polarity: claim.polarity,
        certainty: claim.certainty,
        value: item.value,
        generic: own.scope == crate::claim::Scope::Generic,
        flags: flags.into_iter().filter_map(|(flag, holds)| holds.then_some(flag)).collect(),
        marks: item.mark.into_iter().collect(),
        uttered: uttered(&item.bearing),
        readings: own.readings.clone(),
        votes: words.votes.clone(),
        passages: own.passages.clone(),
    }
}
