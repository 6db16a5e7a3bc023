//! Utterances: readings of the same speech act (domain.md, section 3).

use super::{Case, CaseReading, Voice, Vote};
use crate::actor::{Actor, ActorKind};
use crate::annotation::SpanRole;
use crate::claim::{Chain, Claim, Facet, Key, Scope, Speaker, Stance, Target, UnidentifiedKind, Value};
use crate::edtf::{Bounds, Day, Edtf};
use crate::id::{ActorId, AnnotationId, DocumentId, ReadingId, RelationId, SourceId, UserId};
use crate::policy::{Policy, Readings};
use crate::relation::{Edge, Relation, RelationType};
use std::collections::{BTreeMap, BTreeSet};

/// Readings of one speech act.
#[derive(Debug, Clone)]
pub(super) struct Utterance {
    /// The smallest id of its readings.
    pub id: ReadingId,
    /// Its readings, by id.
    pub readings: Vec<ReadingId>,
    pub target: Target,
    pub scope: Scope,
    pub presupposed: bool,
    /// Whose voice it is.
    pub voice: Voice,
    /// When it was uttered, as far as one can tell.
    pub time: Bounds,
    pub uttered: Option<Edtf>,
    /// Whether it reaches the document through somebody who is neither media nor speaks for the speaker.
    pub hearsay: bool,
    /// Whether a link steps back from it.
    pub distanced: bool,
    /// Links that make it their own, outermost first.
    pub adopters: Vec<Voice>,
    /// Its content passages.
    pub passages: Vec<AnnotationId>,
    /// What it says, by proposition.
    pub words: BTreeMap<Key, Words>,
    /// Whether a change that holds took it back.
    pub withdrawn: bool,
}

/// What an utterance says on one proposition.
#[derive(Debug, Clone)]
pub(super) struct Words {
    /// The reading that stands for it.
    pub reading: ReadingId,
    /// By annotator.
    pub votes: Vec<Vote>,
    /// The value on which the annotators agree as the policy asks; none without consensus.
    pub value: Option<Value>,
    /// Others who are said to have acted jointly.
    pub with: BTreeSet<ActorId>,
}

impl Words {
    /// The distinct values of the annotators, if they differ.
    pub fn differing(&self) -> Vec<Value> {
        let values: BTreeSet<Value> = self.votes.iter().map(|vote| vote.value).collect();
        if values.len() > 1 { values.into_iter().collect() } else { Vec::new() }
    }
}

/// The live readings of a case, clustered, by utterance id.
pub(super) fn utterances(case: &Case, policy: &Policy) -> Vec<Utterance> {
    let live: BTreeMap<ReadingId, &CaseReading> =
        case.readings.iter().filter(|(_, reading)| is_live(case, &reading.claim)).map(|(id, r)| (*id, r)).collect();
    let mut clusters: BTreeMap<ReadingId, Vec<ReadingId>> = BTreeMap::new();
    let mut sets = Sets::default();
    for (a, b) in edges(case, &live) {
        sets.unite(a, b);
    }
    for id in live.keys() {
        clusters.entry(sets.smallest(*id)).or_default().push(*id);
    }
    clusters.into_values().map(|readings| utterance(case, policy, &live, readings)).collect()
}

/// A reading without a live annotation is an orphan and takes no part.
fn is_live(case: &Case, claim: &Claim) -> bool {
    claim.evidence.iter().any(|id| case.annotations.get(id).is_some_and(|a| a.live().is_some()))
}

/// Who speaks, as far as clustering tells speakers apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum SpeakerKey {
    Actor(ActorId),
    Source(SourceId),
    Unidentified(UnidentifiedKind),
}

impl From<&Speaker> for SpeakerKey {
    fn from(speaker: &Speaker) -> Self {
        match speaker {
            Speaker::Actor(id) => Self::Actor(*id),
            Speaker::Source(id) => Self::Source(*id),
            Speaker::Unidentified { kind, .. } => Self::Unidentified(*kind),
        }
    }
}

/// Where and about what: readings that agree in this may be readings of one utterance.
type Place = (SpeakerKey, Target, Option<Facet>, Option<ActorId>, DocumentId, u32);

/// The pairs of readings by different annotators whose content overlaps and who name the same speaker, target, facet
/// and actor.
fn edges(case: &Case, live: &BTreeMap<ReadingId, &CaseReading>) -> Vec<(ReadingId, ReadingId)> {
    let mut places: BTreeMap<Place, Vec<(u32, u32, ReadingId, UserId)>> = BTreeMap::new();
    for (id, reading) in live {
        let claim = &reading.claim;
        for span in content(case, claim).filter_map(|annotation| case.annotations[&annotation].live()) {
            let place = (
                SpeakerKey::from(claim.speakers.speaker()),
                claim.proposition.target,
                claim.proposition.facet,
                claim.proposition.actor,
                span.document,
                span.revision,
            );
            places.entry(place).or_default().push((span.start, span.end, *id, reading.author));
        }
    }
    let mut edges = Vec::new();
    for spans in places.values_mut() {
        spans.sort_unstable();
        for (at, (_, end, a, author)) in spans.iter().enumerate() {
            let overlapping = spans[at + 1..].iter().take_while(|(start, ..)| start < end);
            edges.extend(overlapping.filter(|(.., other)| other != author).map(|(_, _, b, _)| (*a, *b)));
        }
    }
    edges
}

/// The live content passages that a claim cites.
fn content<'a>(case: &'a Case, claim: &'a Claim) -> impl Iterator<Item = AnnotationId> + 'a {
    let is_content = |id: &&AnnotationId| {
        let span = case.annotations.get(*id).and_then(|annotation| annotation.live());
        span.is_some_and(|span| span.role == SpanRole::Content)
    };
    claim.evidence.iter().filter(is_content).copied()
}

/// Disjoint sets of readings.
#[derive(Default)]
struct Sets {
    parents: BTreeMap<ReadingId, ReadingId>,
}

impl Sets {
    /// The smallest reading of the set.
    fn smallest(&mut self, id: ReadingId) -> ReadingId {
        let mut root = id;
        while let Some(parent) = self.parents.get(&root) {
            root = *parent;
        }
        if root != id {
            self.parents.insert(id, root);
        }
        root
    }

    fn unite(&mut self, a: ReadingId, b: ReadingId) {
        let (a, b) = (self.smallest(a), self.smallest(b));
        if a != b {
            self.parents.insert(a.max(b), a.min(b));
        }
    }
}

fn utterance(
    case: &Case,
    policy: &Policy,
    live: &BTreeMap<ReadingId, &CaseReading>,
    readings: Vec<ReadingId>,
) -> Utterance {
    let id = readings[0];
    let claim = &live[&id].claim;
    let uttered = readings.iter().find_map(|reading| live[reading].claim.uttered.clone());
    let time = time(case, live, &readings, uttered.as_ref());
    let passages: BTreeSet<_> = readings.iter().flat_map(|reading| content(case, &live[reading].claim)).collect();
    Utterance {
        id,
        target: claim.proposition.target,
        scope: claim.scope,
        presupposed: claim.presupposed,
        voice: voice(case, claim.speakers.speaker(), claim.speaks_for, time, id),
        time,
        uttered,
        hearsay: hearsay(case, claim, time, id),
        distanced: claim.speakers.links().iter().any(|link| link.stance == Stance::Distances),
        adopters: adopters(case, &claim.speakers, time, id),
        passages: passages.into_iter().collect(),
        words: words(policy, live, &readings),
        readings,
        withdrawn: false,
    }
}

/// When it was uttered; untold, it ends with the earliest publication of its documents.
fn time(
    case: &Case,
    live: &BTreeMap<ReadingId, &CaseReading>,
    readings: &[ReadingId],
    uttered: Option<&Edtf>,
) -> Bounds {
    if let Some(uttered) = uttered {
        return uttered.bounds();
    }
    let documents: BTreeSet<_> = readings
        .iter()
        .flat_map(|reading| &live[reading].claim.evidence)
        .filter_map(|annotation| case.annotations.get(annotation)?.live())
        .map(|span| span.document)
        .collect();
    let published = documents.iter().filter_map(|document| match case.documents.get(document)? {
        crate::document::Document::Registered { detail, .. } => detail.published.as_ref().map(|date| date.bounds().last),
        crate::document::Document::Absent => None,
    });
    Bounds { first: Day::Past, last: published.min().unwrap_or(Day::Future) }
}

/// Whose voice it is: the actor's for whom the speaker speaks by the held edge that the reading names, else by its
/// only held edge, else the speaker's own.
fn voice(case: &Case, speaker: &Speaker, named: Option<RelationId>, time: Bounds, id: ReadingId) -> Voice {
    let actor = match speaker {
        Speaker::Unidentified { .. } => return Voice::Unidentified(id),
        Speaker::Source(source) => return Voice::Source(*source),
        Speaker::Actor(actor) => *actor,
    };
    let by_named = named
        .and_then(|relation| case.relations.get(&relation))
        .and_then(|relation| relation.held_at(time))
        .filter(|edge| edge.from == actor && matches!(edge.relation, RelationType::SpeaksFor | RelationType::HoldsOffice))
        .map(|edge| edge.to);
    let by_only = || {
        let ends: BTreeSet<_> = held(case, time)
            .filter(|edge| edge.from == actor && edge.relation == RelationType::SpeaksFor)
            .map(|edge| edge.to)
            .collect();
        if ends.len() == 1 { ends.first().copied() } else { None }
    };
    Voice::Actor(by_named.or_else(by_only).unwrap_or(actor))
}

/// The edges held at a time.
pub(super) fn held(case: &Case, time: Bounds) -> impl Iterator<Item = &Edge> {
    case.relations.values().filter_map(move |relation: &Relation| relation.held_at(time))
}

/// Whether the words pass through an actor who is neither media, nor the speaker, nor speaks for it.
fn hearsay(case: &Case, claim: &Claim, time: Bounds, id: ReadingId) -> bool {
    let speaker = match claim.speakers.speaker() {
        Speaker::Actor(actor) => Some(*actor),
        Speaker::Source(_) | Speaker::Unidentified { .. } => None,
    };
    let own = voice(case, claim.speakers.speaker(), claim.speaks_for, time, id);
    claim.speakers.links().iter().any(|link| {
        let Speaker::Actor(actor) = link.speaker else { return false };
        let media = case.actors.get(&actor).and_then(Actor::kind) == Some(ActorKind::Media);
        let is_speaker = Some(actor) == speaker || own == Voice::Actor(actor);
        let speaks_for_it = held(case, time).any(|edge| {
            edge.relation == RelationType::SpeaksFor
                && edge.from == actor
                && (Some(edge.to) == speaker || own == Voice::Actor(edge.to))
        });
        !(media || is_speaker || speaks_for_it)
    })
}

/// The links that adopt what follows, every link further in adopting as well.
fn adopters(case: &Case, chain: &Chain, time: Bounds, id: ReadingId) -> Vec<Voice> {
    let adopting = chain.links().iter().rev().take_while(|link| link.stance == Stance::Adopts);
    let mut voices: Vec<_> = adopting.map(|link| voice(case, &link.speaker, None, time, id)).collect();
    voices.reverse();
    voices
}

/// What the readings say, by proposition.
fn words(
    policy: &Policy,
    live: &BTreeMap<ReadingId, &CaseReading>,
    readings: &[ReadingId],
) -> BTreeMap<Key, Words> {
    let annotators: BTreeSet<UserId> = readings.iter().map(|reading| live[reading].author).collect();
    let mut by_key: BTreeMap<Key, Vec<ReadingId>> = BTreeMap::new();
    for reading in readings {
        by_key.entry(live[reading].claim.proposition.key(|actor| actor)).or_default().push(*reading);
    }
    let words = |readings: Vec<ReadingId>| {
        let votes: Vec<Vote> =
            annotators.iter().map(|annotator| vote(live, &readings, *annotator)).map(|(vote, _)| vote).collect();
        let absent = annotators.iter().any(|annotator| !vote(live, &readings, *annotator).1);
        let value = consensus(policy, &votes, absent);
        // The reading that stands for it says what was agreed, if one does.
        let agreed = |reading: &&ReadingId| value.is_none_or(|value| live[*reading].claim.value() == value);
        let reading = *readings.iter().find(agreed).unwrap_or(&readings[0]);
        let with = readings.iter().flat_map(|reading| live[reading].claim.proposition.with.iter().copied()).collect();
        Words { reading, votes, value, with }
    };
    by_key.into_iter().map(|(key, readings)| (key, words(readings))).collect()
}

/// An annotator's value: the newest reading with a sign, else neutral; and whether there is a reading at all.
fn vote(live: &BTreeMap<ReadingId, &CaseReading>, readings: &[ReadingId], annotator: UserId) -> (Vote, bool) {
    let own = || readings.iter().filter(|reading| live[*reading].author == annotator);
    let newest = own().filter(|reading| live[*reading].claim.value().is_some()).max_by_key(|reading| live[*reading].written);
    let value = newest.and_then(|reading| live[reading].claim.value());
    (Vote { annotator, value }, own().next().is_some())
}

/// The value on which annotators agree. One who reads nothing on the proposition counts as differing.
fn consensus(policy: &Policy, votes: &[Vote], absent: bool) -> Option<Value> {
    match policy.readings {
        Readings::Any => {
            if absent {
                return None;
            }
            let first = votes.first()?.value;
            if votes.iter().all(|vote| vote.value == first) {
                return Some(first);
            }
            let sign = |value: Value| value.map(|(sign, _)| sign);
            if votes.iter().any(|vote| sign(vote.value) != sign(first)) {
                return None;
            }
            // Only the strengths differ: the weaker one is what all say at least.
            Some(sign(first).map(|sign| (sign, crate::claim::Strength::Weak)))
        }
        Readings::Majority => {
            let values: BTreeSet<Value> = votes.iter().map(|vote| vote.value).collect();
            values.into_iter().find(|value| {
                let share = votes.iter().filter(|vote| vote.value == *value).count();
                reaches(share, votes.len(), policy.theta)
            })
        }
    }
}

/// Whether a share of the annotators reaches θ, with room for the last binary digit of a fraction such as 2/3.
pub(super) fn reaches(share: usize, of: usize, theta: f64) -> bool {
    let (Ok(share), Ok(of)) = (u32::try_from(share), u32::try_from(of)) else { return false };
    f64::from(share) >= theta * f64::from(of) - 1e-9
}
