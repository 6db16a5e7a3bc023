//! The assessment of an incident.

use super::alternatives::{self as edges, alternatives};
use super::belief::{conflict, opinion};
use super::change::mark_withdrawn;
use super::class::{Bearings, about_classes, bearings, memberships};
use super::dispute::{Matter, core_disputes, disputes, is_attribution};
use super::origins::{corroboration, witnesses};
use super::position::{Bearing, Stand, Weighed, Who};
use super::resolve::{Ids, resolve};
use super::scene::Scene;
use super::status::{Evaluation, evaluate, is_act};
use super::utterance::{self, utterances};
use super::{
    Board, Case, Finding, Flag, Generic, IncidentFlag, IncidentStatus, Inconsistent, Proposition, Status, Utterance,
};
use crate::adjudication::Outcome;
use crate::claim::{Act, Facet, Key, Scope, Sign, Target};
use crate::id::IncidentId;
use crate::incident::Membership;
use crate::policy::Policy;
use crate::text::Text;
use std::collections::{BTreeMap, BTreeSet};

/// Works out a dispute board under a policy. Of a case about a class, a relation or an actor, the propositions are what
/// is asked for: its status and disputes are read as if it were an incident.
///
/// The same case and policy give the same board: every list is ordered by ids or codes, never by arrival.
#[must_use]
pub fn assess(case: &Case, policy: &Policy) -> Board {
    let resolved = resolve(case, policy, &Ids::judged(&case.judgements));
    let scene = Scene::new(&resolved);
    let utterances = heard(&scene);
    let memberships = memberships(scene.case, &utterances);
    let matters = matters(&scene, &memberships, &utterances);
    let (alternatives, untried) = alternatives(case, policy, &edges::Statuses::of(&scene, &matters));
    let disputes = disputes(&scene, &matters, &alternatives);
    let finding = scene.decisions.on_incident(scene.case.subject).cloned();
    let status = incident_status(finding.is_some(), !disputes.is_empty(), &matters);
    let flags = incident_flags(status, &matters);
    let about = about_classes(&scene, &utterances);
    let classes = |wanted| about_members(&scene, &memberships, &about, wanted);
    Board {
        subject: scene.case.subject,
        status,
        finding,
        flags,
        disputes,
        corroboration: corroboration(&scene, &matters),
        conflict: conflict(&scene, &matters),
        propositions: propositions(&scene, &matters),
        generic: classes(Membership::Member),
        possible: classes(Membership::Possible),
        alternatives,
        untried,
    }
}

/// The statuses of a board, and nothing else of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statuses {
    /// That of the incident.
    pub incident: IncidentStatus,
    /// Those of the propositions that the board has.
    pub propositions: BTreeMap<Key, Status>,
}

/// The same statuses as those of the whole board. What hangs on edges is worked out only where it decides whether something is
/// disputed, and neither origins nor opinions are.
#[must_use]
pub fn statuses(case: &Case, policy: &Policy) -> Statuses {
    let resolved = resolve(case, policy, &Ids::judged(&case.judgements));
    let scene = Scene::new(&resolved);
    let utterances = heard(&scene);
    let memberships = memberships(scene.case, &utterances);
    let matters = matters(&scene, &memberships, &utterances);
    let found = scene.decisions.on_incident(scene.case.subject).is_some();
    let disputed = !core_disputes(&scene, &matters).is_empty() || {
        let (alternatives, _) = alternatives(case, policy, &edges::Statuses::of(&scene, &matters));
        !disputes(&scene, &matters, &alternatives).is_empty()
    };
    let is_on_board = |matter: &&Matter<'_>| !matter.evaluation.is_empty() || matter.finding.is_some();
    let status = |matter: &Matter<'_>| matter.finding.as_ref().map_or(matter.evaluation.status, status_by);
    let propositions = matters.iter().filter(is_on_board).map(|matter| (matter.key.clone(), status(matter)));
    Statuses { incident: incident_status(found, disputed, &matters), propositions: propositions.collect() }
}

/// The utterances; those that a change took back are marked.
pub(super) fn heard(scene: &Scene<'_>) -> Vec<utterance::Utterance> {
    let mut utterances = utterances(scene);
    mark_withdrawn(scene, &mut utterances);
    utterances
}

/// The propositions about the incident, worked out.
pub(super) fn matters<'a>(
    scene: &Scene<'_>,
    memberships: &BTreeMap<IncidentId, Membership>,
    utterances: &'a [utterance::Utterance],
) -> Vec<Matter<'a>> {
    let matter = |(key, bearings): (Key, Vec<Bearing<'a>>)| {
        let evaluation = evaluate(scene, &key, &bearings);
        let finding = scene.decisions.on(scene.case.subject, &key).cloned();
        Matter { key, bearings, evaluation, finding }
    };
    bearings(scene, memberships, utterances).into_iter().map(matter).collect()
}

/// What was found, else the strongest undisputed status over the propositions on perpetrator and ordered that were not found
/// not to hold.
pub(super) fn incident_status(found: bool, disputed: bool, matters: &[Matter<'_>]) -> IncidentStatus {
    if found || attributions(matters).any(|matter| matter.is_found(Outcome::Confirmed)) {
        return IncidentStatus::Adjudicated;
    }
    if disputed {
        return IncidentStatus::Disputed;
    }
    let has = |status| open_attributions(matters).any(|matter| matter.evaluation.status == status);
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

/// The propositions on perpetrator and ordered.
fn attributions<'m, 'a>(matters: &'m [Matter<'a>]) -> impl Iterator<Item = &'m Matter<'a>> {
    matters.iter().filter(|matter| is_attribution(&matter.key))
}

/// Those of them that were not found not to hold.
fn open_attributions<'m, 'a>(matters: &'m [Matter<'a>]) -> impl Iterator<Item = &'m Matter<'a>> {
    attributions(matters).filter(|matter| !matter.is_found(Outcome::Rejected))
}

fn incident_flags(status: IncidentStatus, matters: &[Matter<'_>]) -> Vec<IncidentFlag> {
    let is_other_role = |matter: &Matter<'_>| {
        matter.key.facet == Some(Facet::Who)
            && !is_attribution(&matter.key)
            && !matter.is_found(Outcome::Rejected)
            && matter.evaluation.sides.supported()
    };
    let is_denial =
        |matter: &Matter<'_>| matter.evaluation.status == Status::DeniedUnaccused && matter.evaluation.sides.own_minus;
    let is_withdrawn = |matter: &Matter<'_>| matter.evaluation.status == Status::Withdrawn;
    let unattributed = status == IncidentStatus::Unattributed;
    let mut signed = attributions(matters).flat_map(|matter| matter.evaluation.signed()).peekable();
    let holds = [
        (IncidentFlag::FormerlyAttributed, unattributed && open_attributions(matters).any(is_withdrawn)),
        (IncidentFlag::PreEmptiveDenial, unattributed && open_attributions(matters).any(is_denial)),
        (IncidentFlag::OtherRolesOnly, unattributed && matters.iter().any(is_other_role)),
        (IncidentFlag::GenericOnly, signed.peek().is_some() && signed.all(|item| item.bearing.generic)),
    ];
    holds.into_iter().filter_map(|(flag, holds)| holds.then_some(flag)).collect()
}

/// What is said about the classes to which the incident stands as wanted.
fn about_members(
    scene: &Scene<'_>,
    memberships: &BTreeMap<IncidentId, Membership>,
    about: &BTreeMap<IncidentId, Bearings<'_>>,
    wanted: Membership,
) -> Vec<Generic> {
    let said = |class: &IncidentId| about.get(class).into_iter().flatten();
    memberships
        .iter()
        .filter(|(_, membership)| **membership == wanted)
        .flat_map(|(class, _)| said(class).map(|(key, bearings)| (*class, key, bearings)))
        .map(|(class, key, bearings)| {
            let evaluation = evaluate(scene, key, bearings);
            Generic { class, about: proposition(scene, Target::Class(class), key, bearings, &evaluation) }
        })
        .collect()
}

/// The propositions about the incident, in the order of their keys.
fn propositions(scene: &Scene<'_>, matters: &[Matter<'_>]) -> Vec<Proposition> {
    let noted = evidence_absent(scene, matters);
    matters
        .iter()
        .filter(|matter| !matter.evaluation.is_empty() || matter.finding.is_some())
        .map(|matter| {
            let about = proposition(scene, scene.case.subject, &matter.key, &matter.bearings, &matter.evaluation);
            Proposition { flags: flags(scene, &noted, matter), ..about }
        })
        .collect()
}

/// The flags of a proposition, with what is noted about it elsewhere.
pub(super) fn flags(scene: &Scene<'_>, noted: &BTreeSet<Key>, matter: &Matter<'_>) -> Vec<Flag> {
    let mut flags = matter.evaluation.flags.clone();
    if matter.finding.as_ref().is_some_and(|finding| is_stale(scene, finding, &matter.evaluation)) {
        flags.push(Flag::Stale);
    }
    if noted.contains(&matter.key) && !flags.contains(&Flag::EvidenceAbsentNoted) {
        flags.push(Flag::EvidenceAbsentNoted);
    }
    flags.sort_unstable();
    flags
}

/// The `who` propositions on which the absence of evidence was noted through the facet `evidence`.
pub(super) fn evidence_absent(scene: &Scene<'_>, matters: &[Matter<'_>]) -> BTreeSet<Key> {
    let is_noted = |matter: &&Matter<'_>| {
        matter.key.facet == Some(Facet::Evidence)
            && matter.evaluation.weighed().any(|item| !item.is_withdrawn() && is_act(scene, item, Act::EvidenceAbsent))
    };
    let meant = |matter: &Matter<'_>| Key { facet: Some(Facet::Who), ..matter.key.clone() };
    matters.iter().filter(is_noted).map(meant).collect()
}

fn proposition(
    scene: &Scene<'_>,
    target: Target,
    key: &Key,
    bearings: &[Bearing<'_>],
    evaluation: &Evaluation<'_>,
) -> Proposition {
    let finding = scene.decisions.on(target, key);
    let mut flags = evaluation.flags.clone();
    if finding.is_some_and(|finding| is_stale(scene, finding, evaluation)) {
        flags.push(Flag::Stale);
    }
    let mut weighed: Vec<_> = evaluation.weighed().collect();
    weighed.sort_by_key(|item| item.bearing.utterance.id);
    let (mut support, mut opposition, mut neutral) = (Vec::new(), Vec::new(), Vec::new());
    for item in weighed {
        let list = match item.sign() {
            Some(Sign::Support) => &mut support,
            Some(Sign::Opposition) => &mut opposition,
            None => &mut neutral,
        };
        list.push(utterance(scene, item));
    }
    let n_support = evaluation.positions().filter(|(_, position, _)| position.is_on(Sign::Support)).count();
    Proposition {
        key: key.clone(),
        value: written_value(scene, bearings)
            .or_else(|| scene.decisions.value(target, key))
            .map(|value| value.as_str().to_owned()),
        status: finding.map_or(evaluation.status, status_by),
        status_without_finding: evaluation.status,
        finding: finding.cloned(),
        flags,
        support,
        opposition,
        neutral,
        adopted: evaluation.adopted.clone(),
        inconsistent: inconsistent(evaluation),
        n_support: u32::try_from(n_support).unwrap_or(u32::MAX),
        n_witness: witnesses(scene, evaluation),
        opinion: opinion(scene, evaluation),
    }
}

/// The speakers who say both, in the order of their first utterances.
fn inconsistent(evaluation: &Evaluation<'_>) -> Vec<Inconsistent> {
    let both = evaluation.positions().filter(|(_, position, _)| position.stand == Stand::Inconsistent);
    let mut speakers: Vec<_> = both
        .map(|(who, _, items)| {
            let current = || items.iter().filter(|item| item.is_current()).map(|item| item.bearing.utterance);
            let utterances: BTreeSet<_> = current().map(|utterance| utterance.id).collect();
            let voices: BTreeSet<_> = current().map(|utterance| utterance.voice.clone()).collect();
            Inconsistent {
                own: *who == Who::Own,
                voices: voices.into_iter().collect(),
                utterances: utterances.into_iter().collect(),
            }
        })
        .collect();
    speakers.sort_unstable_by_key(|speaker| speaker.utterances.first().copied());
    speakers
}

/// The status that a finding gives.
pub(super) fn status_by(finding: &Finding) -> Status {
    match finding.outcome {
        Outcome::Confirmed => Status::FindingConfirmed,
        Outcome::Rejected => Status::FindingRejected,
        Outcome::Undetermined => Status::FindingUndetermined,
    }
}

/// Whether a signed utterance has a reading that was recorded after what the finding is based on.
fn is_stale(scene: &Scene<'_>, finding: &Finding, evaluation: &Evaluation<'_>) -> bool {
    let signed = evaluation.weighed().filter(|item| item.value.is_some());
    let mut readings = signed.flat_map(|item| &item.bearing.utterance.readings);
    readings.any(|reading| scene.case.readings[reading].written > finding.based_on)
}

/// The value of a proposition as its first reading writes it.
pub(super) fn written_value<'c>(scene: &Scene<'c>, bearings: &[Bearing<'_>]) -> Option<&'c Text> {
    let first = bearings.iter().map(|bearing| bearing.words.reading).min()?;
    scene.case.readings.get(&first)?.claim.proposition.value.as_ref()
}

pub(super) fn utterance(scene: &Scene<'_>, item: &Weighed<'_>) -> Utterance {
    let (own, words) = (item.bearing.utterance, item.bearing.words);
    let claim = &scene.case.readings[&words.reading].claim;
    let flags = [
        ("distanced", own.distanced),
        ("hearsay", item.hearsay),
        ("no_consensus", item.bearing.value.is_none()),
        ("predates", item.bearing.predates(scene)),
        ("presupposed", own.presupposed),
    ];
    Utterance {
        id: own.id,
        first: own.lead,
        voice: own.voice.clone(),
        act: claim.act,
        polarity: claim.polarity,
        certainty: claim.certainty,
        value: item.value,
        generic: own.scope == Scope::Generic,
        flags: flags.into_iter().filter_map(|(flag, holds)| holds.then_some(flag)).collect(),
        marks: item.mark.into_iter().collect(),
        uttered: own.uttered.clone(),
        time: own.time,
        readings: own.readings.clone(),
        votes: words.votes.clone(),
        passages: own.passages.clone(),
    }
}
