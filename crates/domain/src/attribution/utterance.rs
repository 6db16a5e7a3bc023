//! Utterances: readings of the same speech act (domain.md, section 3).

use super::decisions::Decisions;
use super::scene::{SPEAKS, SPEAKS_OR_HOLDS, Scene};
use super::sets::Sets;
use super::{Case, CaseReading, Voice, Vote};
use crate::actor::ActorKind;
use crate::annotation::{Annotation, SpanRole};
use crate::claim::{Chain, Claim, Facet, Key, Scope, Sign, Speaker, Stance, Strength, Target, UnidentifiedKind, Value};
use crate::document::Document;
use crate::edtf::{Bounds, Day, Edtf};
use crate::id::{ActorId, AnnotationId, DocumentId, ReadingId, RelationId, SourceId, UserId};
use crate::policy::Readings;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Readings of one speech act.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is one mark of the rules, independent of the others")]
pub(super) struct Utterance {
    /// The smallest id of its readings.
    pub id: ReadingId,
    /// Its readings, by id.
    pub readings: Vec<ReadingId>,
    /// The reading that stands for it: the upheld one with the smallest id, else the one with the smallest id.
    pub lead: ReadingId,
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
    /// What it says, by proposition. One that was judged to be one with others may be about several targets.
    pub words: BTreeMap<(Target, Key), Words>,
    /// Whether a change that holds took it back.
    pub withdrawn: bool,
    /// What it takes back itself, as a change that holds.
    pub withdraws: BTreeSet<ReadingId>,
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

/// The live readings by id.
pub(super) type Live<'a> = BTreeMap<ReadingId, &'a CaseReading>;

/// The live readings of a case, clustered, by utterance id.
pub(super) fn utterances(scene: &Scene<'_>) -> Vec<Utterance> {
    let Case { readings, annotations, .. } = scene.case;
    let (same, distinct, decisions) = (scene.same, scene.distinct, scene.decisions);
    let ground = Ground { readings, annotations, same, distinct, decisions };
    let live = ground.live();
    ground.clusters(&live).into_iter().map(|readings| utterance(scene, &live, readings)).collect()
}

/// What tells which readings are of one utterance; the readings are resolved.
pub(super) struct Ground<'a> {
    pub readings: &'a BTreeMap<ReadingId, CaseReading>,
    pub annotations: &'a BTreeMap<AnnotationId, Annotation>,
    /// Readings that are judged to be of one utterance, and of two.
    pub same: &'a [(ReadingId, ReadingId)],
    pub distinct: &'a [(ReadingId, ReadingId)],
    pub decisions: &'a Decisions,
}

impl<'a> Ground<'a> {
    /// The readings that take part.
    pub fn live(&self) -> Live<'a> {
        let is_live = |(id, reading): &(&ReadingId, &CaseReading)| self.is_live(**id, &reading.claim);
        self.readings.iter().filter(is_live).map(|(id, reading)| (*id, reading)).collect()
    }

    /// A reading without a live annotation is an orphan and takes no part, and neither does one that a ruling rejects.
    fn is_live(&self, id: ReadingId, claim: &Claim) -> bool {
        let is_marked = |id| self.annotations.get(id).is_some_and(|annotation| annotation.live().is_some());
        !self.decisions.is_rejected(id) && claim.evidence.iter().any(is_marked)
    }

    /// The readings of each utterance, by id.
    pub fn clusters(&self, live: &Live<'_>) -> Vec<Vec<ReadingId>> {
        let mut sets = self.sets(live);
        let mut clusters: BTreeMap<ReadingId, Vec<ReadingId>> = BTreeMap::new();
        for id in live.keys() {
            clusters.entry(sets.smallest(*id)).or_default().push(*id);
        }
        clusters.into_values().collect()
    }

    /// Unites the readings that are judged to be of one utterance, and those by different annotators whose content
    /// overlaps and who name the same speaker, target, facet and actor. The work is quadratic in the passages that
    /// overlap in one place, and in nothing else.
    fn sets(&self, live: &Live<'_>) -> Sets {
        let mut sets = Sets::default();
        for (a, b) in self.same {
            sets.unite(*a, *b);
        }
        let mut edges = overlaps(self.annotations, live);
        if self.distinct.is_empty() {
            for (a, b) in edges {
                sets.unite(a, b);
            }
            return sets;
        }
        // Which edge is left out depends on those before it, so their order is that of the rules.
        edges.sort_unstable();
        edges.dedup();
        let mut apart = Apart::new(self.distinct, live, &mut sets);
        for (a, b) in edges {
            apart.unite(&mut sets, a, b);
        }
        sets
    }
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

/// Where the passage of a reading stands in one revision, whose reading it is, and its mark.
type Stand<'a> = (Range<u32>, ReadingId, UserId, &'a Annotation);

/// The pairs, smaller id first, that overlap in one place. A passage is looked at in every revision on which it stands or
/// stood, and two of them overlap as they do in the newest that they share.
fn overlaps(annotations: &BTreeMap<AnnotationId, Annotation>, live: &Live<'_>) -> Vec<(ReadingId, ReadingId)> {
    let mut places: BTreeMap<Place, Vec<Stand<'_>>> = BTreeMap::new();
    for (id, reading) in live {
        let claim = &reading.claim;
        for annotation in content(annotations, claim).map(|id| &annotations[&id]) {
            let Some(span) = annotation.live() else { continue };
            for (revision, range) in annotation.stands() {
                let place = (
                    SpeakerKey::from(claim.speakers.speaker()),
                    claim.proposition.target,
                    claim.proposition.facet,
                    claim.proposition.actor,
                    span.document,
                    revision,
                );
                places.entry(place).or_default().push((range, *id, reading.author, annotation));
            }
        }
    }
    let mut edges = Vec::new();
    for spans in places.values_mut() {
        spans.sort_unstable_by_key(|(range, id, author, _)| (range.start, range.end, *id, *author));
        for (at, (range, a, author, mark)) in spans.iter().enumerate() {
            let overlapping = spans[at + 1..].iter().take_while(|(other, ..)| other.start < range.end);
            let others = overlapping.filter(|(_, _, other, beside)| other != author && mark.overlaps(beside));
            edges.extend(others.map(|(_, b, _, _)| (*a.min(b), *a.max(b))));
        }
    }
    edges
}

/// What is judged to be two: no overlap makes it one.
struct Apart {
    /// By the smallest reading of a set, the readings from which one of the set is judged distinct.
    from: BTreeMap<ReadingId, Vec<ReadingId>>,
}

impl Apart {
    fn new(distinct: &[(ReadingId, ReadingId)], live: &Live<'_>, sets: &mut Sets) -> Self {
        let mut from: BTreeMap<ReadingId, Vec<ReadingId>> = BTreeMap::new();
        for (a, b) in distinct.iter().filter(|(a, b)| live.contains_key(a) && live.contains_key(b)) {
            from.entry(sets.smallest(*a)).or_default().push(*b);
            from.entry(sets.smallest(*b)).or_default().push(*a);
        }
        Self { from }
    }

    /// Unites the two sets, unless that makes one of a pair that is judged distinct.
    fn unite(&mut self, sets: &mut Sets, a: ReadingId, b: ReadingId) {
        let (left, right) = (sets.smallest(a), sets.smallest(b));
        if left == right {
            return;
        }
        let readings_apart = |set: &ReadingId| self.from.get(set).map_or(&[][..], Vec::as_slice);
        if readings_apart(&left).iter().any(|other| sets.smallest(*other) == right) {
            return;
        }
        sets.unite(left, right);
        let mut all = self.from.remove(&left).unwrap_or_default();
        all.extend(self.from.remove(&right).unwrap_or_default());
        if !all.is_empty() {
            self.from.insert(sets.smallest(left), all);
        }
    }
}

/// The live content passages that a claim cites.
pub(super) fn content<'a>(
    annotations: &'a BTreeMap<AnnotationId, Annotation>,
    claim: &'a Claim,
) -> impl Iterator<Item = AnnotationId> + 'a {
    let is_content = |id: &&AnnotationId| {
        let span = annotations.get(*id).and_then(|annotation| annotation.live());
        span.is_some_and(|span| span.role == SpanRole::Content)
    };
    claim.evidence.iter().filter(is_content).copied()
}

fn utterance(scene: &Scene<'_>, live: &Live<'_>, readings: Vec<ReadingId>) -> Utterance {
    let id = readings[0];
    // What was upheld comes before what was not, and each in the order of ids.
    let (mut standing, others): (Vec<_>, Vec<_>) =
        readings.iter().copied().partition(|reading| scene.decisions.is_upheld(*reading));
    standing.extend(others);
    let lead = standing[0];
    let claim = &live[&lead].claim;
    let uttered = standing.iter().find_map(|reading| live[reading].claim.uttered.clone());
    let time = time(scene.case, live, &readings, uttered.as_ref());
    let voice = voice(scene, claim.speakers.speaker(), claim.speaks_for, time, lead);
    let passages: BTreeSet<_> =
        readings.iter().flat_map(|reading| content(&scene.case.annotations, &live[reading].claim)).collect();
    Utterance {
        id,
        lead,
        scope: claim.scope,
        presupposed: claim.presupposed,
        hearsay: hearsay(scene, &claim.speakers, &voice, time),
        voice,
        time,
        uttered,
        distanced: claim.speakers.links().iter().any(|link| link.stance == Stance::Distances),
        adopters: adopters(scene, &claim.speakers, time, lead),
        passages: passages.into_iter().collect(),
        words: words(scene, live, &standing),
        readings,
        withdrawn: false,
        withdraws: BTreeSet::new(),
    }
}

/// When it was uttered; untold, it ends with the earliest publication of its documents.
fn time(case: &Case, live: &Live<'_>, readings: &[ReadingId], uttered: Option<&Edtf>) -> Bounds {
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
        Document::Registered { detail, .. } => detail.published.as_ref().map(|date| date.bounds().last),
        Document::Absent => None,
    });
    Bounds { first: Day::Past, last: published.min().unwrap_or(Day::Future) }
}

/// Whose voice it is: the actor's for whom the speaker speaks by the held edge that the reading names, else by its
/// only held edge, else the speaker's own.
fn voice(scene: &Scene<'_>, speaker: &Speaker, named: Option<RelationId>, time: Bounds, id: ReadingId) -> Voice {
    let actor = match speaker {
        Speaker::Unidentified { .. } => return Voice::Unidentified(id),
        Speaker::Source(source) => return Voice::Source(*source),
        Speaker::Actor(actor) => *actor,
    };
    let by_named = named
        .and_then(|relation| scene.edge(relation, time))
        .filter(|edge| edge.from == actor && SPEAKS_OR_HOLDS.contains(&edge.relation))
        .map(|edge| edge.to);
    let by_only = || {
        let ends: BTreeSet<_> = scene.held(actor, SPEAKS, time).collect();
        if ends.len() == 1 { ends.first().copied() } else { None }
    };
    Voice::Actor(by_named.or_else(by_only).unwrap_or(actor))
}

/// Whether the words pass through an actor who is neither media, nor the speaker, nor speaks for it. No record tells
/// a document's author, and its source is no actor: an actor as first link is taken like one further in.
fn hearsay(scene: &Scene<'_>, chain: &Chain, own: &Voice, time: Bounds) -> bool {
    let is_speaker = |actor: ActorId| *chain.speaker() == Speaker::Actor(actor) || *own == Voice::Actor(actor);
    chain.links().iter().any(|link| {
        let Speaker::Actor(actor) = link.speaker else { return false };
        let is_media = scene.is_any(actor, &[ActorKind::Media]);
        let speaks_for_it = || scene.held(actor, SPEAKS, time).any(is_speaker);
        !(is_media || is_speaker(actor) || speaks_for_it())
    })
}

/// The links that adopt what follows, every link further in adopting as well.
fn adopters(scene: &Scene<'_>, chain: &Chain, time: Bounds, id: ReadingId) -> Vec<Voice> {
    let adopting = chain.links().iter().rev().take_while(|link| link.stance == Stance::Adopts);
    let is_silent = |speaker: &Speaker, voice: &Voice| {
        let silent = &scene.case.silent;
        let speaks = matches!(speaker, Speaker::Actor(actor) if silent.contains(actor));
        speaks || matches!(voice, Voice::Actor(actor) if silent.contains(actor))
    };
    let mut voices: Vec<_> = adopting
        .map(|link| (&link.speaker, voice(scene, &link.speaker, None, time, id)))
        .filter(|(speaker, voice)| !is_silent(speaker, voice))
        .map(|(_, voice)| voice)
        .collect();
    voices.reverse();
    voices
}

/// What the readings say, by proposition.
fn words(scene: &Scene<'_>, live: &Live<'_>, readings: &[ReadingId]) -> BTreeMap<(Target, Key), Words> {
    let annotators: BTreeSet<UserId> = readings.iter().map(|reading| live[reading].author).collect();
    let mut by_key: BTreeMap<(Target, Key), Vec<ReadingId>> = BTreeMap::new();
    for reading in readings {
        let about = &live[reading].claim.proposition;
        by_key.entry((about.target, about.key(|actor| actor))).or_default().push(*reading);
    }
    by_key.into_iter().map(|(key, readings)| (key, words_on(scene, live, &annotators, &readings))).collect()
}

/// What the readings on one proposition say.
fn words_on(scene: &Scene<'_>, live: &Live<'_>, annotators: &BTreeSet<UserId>, readings: &[ReadingId]) -> Words {
    let given = given(live, readings);
    let value = match scene.policy.readings {
        Readings::Any if given.len() < annotators.len() => None,
        Readings::Any => shared(given.values()),
        Readings::Majority => majority(&given, annotators.len(), scene.policy.theta),
        Readings::Adjudicated => {
            let upheld: Vec<_> = readings.iter().copied().filter(|id| scene.decisions.is_upheld(*id)).collect();
            shared(self::given(live, &upheld).values())
        }
    };
    // The reading that stands for it says what was agreed, if one does.
    let agreed = |reading: &&ReadingId| value.is_none_or(|value| live[*reading].claim.value() == value);
    Words {
        reading: *readings.iter().find(agreed).unwrap_or(&readings[0]),
        votes: annotators
            .iter()
            .map(|annotator| Vote { annotator: *annotator, value: given.get(annotator).copied().flatten() })
            .collect(),
        value,
        with: readings.iter().flat_map(|reading| &live[reading].claim.proposition.with).copied().collect(),
    }
}

/// Each annotator's value: that of the newest reading with a sign, else neutral.
fn given(live: &Live<'_>, readings: &[ReadingId]) -> BTreeMap<UserId, Value> {
    let mut newest: BTreeMap<UserId, (bool, u64, Value)> = BTreeMap::new();
    for reading in readings.iter().map(|id| live[id]) {
        let value = reading.claim.value();
        let rank = (value.is_some(), reading.written, value);
        let best = newest.entry(reading.author).or_insert(rank);
        if (best.0, best.1) <= (rank.0, rank.1) {
            *best = rank;
        }
    }
    newest.into_iter().map(|(annotator, (_, _, value))| (annotator, value)).collect()
}

/// The value that all of these annotators share. Who reads nothing on the proposition differs from all others, and from the
/// next one who reads nothing.
fn shared<'v>(given: impl Iterator<Item = &'v Value>) -> Option<Value> {
    let values: BTreeSet<Value> = given.copied().collect();
    let signs: BTreeSet<Option<Sign>> = values.iter().map(|value| value.map(|(sign, _)| sign)).collect();
    match (values.len(), signs.len()) {
        (1, _) => values.first().copied(),
        // Only the strengths differ: the weaker one is what all say at least.
        (_, 1) => signs.first().map(|sign| sign.map(|sign| (sign, Strength::Weak))),
        _ => None,
    }
}

/// The value with the majority of this many annotators.
fn majority(given: &BTreeMap<UserId, Value>, annotators: usize, theta: f64) -> Option<Value> {
    let mut shares: BTreeMap<Value, usize> = BTreeMap::new();
    for value in given.values() {
        *shares.entry(*value).or_default() += 1;
    }
    shares.into_iter().find(|(_, share)| reaches(*share, annotators, theta)).map(|(value, _)| value)
}

/// Whether a share of the annotators reaches θ, with room for the last binary digit of a fraction such as 2/3.
pub(super) fn reaches(share: usize, of: usize, theta: f64) -> bool {
    let (Ok(share), Ok(of)) = (u32::try_from(share), u32::try_from(of)) else { return false };
    f64::from(share) >= theta * f64::from(of) - 1e-9
}
