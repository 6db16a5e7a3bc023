//! Positions: where a speaker stands on a proposition (domain.md, section 6).

use super::scene::{SPEAKS_OR_HOLDS, Scene};
use super::utterance::{Utterance, Words};
use super::{Mark, Voice};
use crate::actor::ActorKind;
use crate::claim::{Sign, Strength, Value};
use crate::edtf::Bounds;
use crate::id::{ActorId, ReadingId};
use crate::policy::{Generic, Policy};
use crate::source::{Source, SourceKind};
use std::collections::BTreeSet;

/// An utterance as it bears on one proposition of the incident.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bearing<'a> {
    pub utterance: &'a Utterance,
    pub words: &'a Words,
    /// Whether it reaches the proposition through a class.
    pub generic: bool,
    /// What stands for it; none without consensus.
    pub value: Option<Value>,
}

impl Bearing<'_> {
    /// Whether the policy lets it bear on the proposition at all.
    pub fn counts(&self, policy: &Policy) -> bool {
        let supports = matches!(self.value, Some(Some((Sign::Support, _))));
        !self.generic
            || match policy.generic {
                Generic::Count => true,
                Generic::OppositionOnly => !supports,
                Generic::Ignore => false,
            }
    }

    /// Whether it is generic and older than the incident.
    pub fn predates(&self, scene: &Scene<'_>) -> bool {
        self.generic && self.utterance.time.is_before(scene.when)
    }
}

/// A bearing with what was worked out about it.
#[derive(Debug, Clone)]
pub(super) struct Weighed<'a> {
    pub bearing: Bearing<'a>,
    /// Sign and strength after hearsay and class.
    pub value: Value,
    /// At second hand, and not said directly as well.
    pub hearsay: bool,
    /// Why it does not count, if it does not.
    pub mark: Option<Mark>,
}

impl<'a> Weighed<'a> {
    /// Weighs an utterance by itself; what its speaker says besides comes with [`settle`].
    pub fn new(bearing: Bearing<'a>) -> Self {
        let mut weighed = Self {
            bearing,
            value: None,
            hearsay: bearing.utterance.hearsay,
            mark: bearing.utterance.withdrawn.then_some(Mark::Withdrawn),
        };
        weighed.value = weighed.weight();
        weighed
    }

    fn weight(&self) -> Value {
        let (sign, strength) = self.bearing.value.flatten()?;
        // "The attacks" are some of them; "any attack" is each.
        let weak = self.hearsay || (self.bearing.generic && sign == Sign::Support);
        Some((sign, if weak { Strength::Weak } else { strength }))
    }

    pub fn sign(&self) -> Option<Sign> {
        self.value.map(|(sign, _)| sign)
    }

    pub fn is_withdrawn(&self) -> bool {
        self.mark == Some(Mark::Withdrawn)
    }

    /// Whether it makes its speaker's position.
    pub fn is_current(&self) -> bool {
        self.value.is_some() && self.mark.is_none()
    }

    pub fn time(&self) -> Bounds {
        self.bearing.utterance.time
    }
}

/// A speaker on one proposition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// The accused.
    Own,
    /// A third party.
    Other(Voice),
    /// An unidentified link that adopts this utterance: nobody who speaks elsewhere.
    Link(ReadingId),
}

/// Who a voice is on a proposition about this actor: the accused, if it is the actor's, speaks for it, or holds that
/// office or one in that body; `part_of`, `commands` and `front_of` never make one speaker of two.
pub(super) fn who(scene: &Scene<'_>, accused: Option<ActorId>, voice: &Voice, time: Bounds) -> Who {
    let (Voice::Actor(actor), Some(accused)) = (voice, accused) else { return Who::Other(voice.clone()) };
    let is_tied = || scene.held(*actor, SPEAKS_OR_HOLDS, time).any(|end| end == accused);
    if *actor == accused || is_tied() { Who::Own } else { Who::Other(voice.clone()) }
}

/// Where a speaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// On one side.
    On(Sign, Strength),
    /// On both, which is on neither.
    Inconsistent,
}

/// A speaker's position.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is one flag of the rules, independent of the others")]
pub(super) struct Position {
    pub stand: Stand,
    /// An official third party.
    pub official: bool,
    pub media: bool,
    /// Said the opposite before.
    pub reversed: bool,
    /// Says it strongly and weakly.
    pub varies: bool,
}

impl Position {
    pub fn is_on(&self, side: Sign) -> bool {
        matches!(self.stand, Stand::On(sign, _) if sign == side)
    }

    pub fn is_strongly_on(&self, side: Sign) -> bool {
        self.stand == Stand::On(side, Strength::Strong)
    }
}

/// Works out what counts of all that one speaker says on a proposition about this actor, and where the speaker
/// stands; none if nothing signed counts.
pub(super) fn settle(
    scene: &Scene<'_>,
    accused: Option<ActorId>,
    who: &Who,
    items: &mut [Weighed<'_>],
) -> Option<Position> {
    mark_overridden(items);
    lift_hearsay(items);
    stand(scene, accused, who, items)
}

/// A specific utterance that has a sign and was not withdrawn overrides the generic ones.
fn mark_overridden(items: &mut [Weighed<'_>]) {
    let overrides = |item: &Weighed<'_>| !item.bearing.generic && item.is_current();
    if !items.iter().any(overrides) {
        return;
    }
    for item in items.iter_mut().filter(|item| item.bearing.generic && item.mark.is_none()) {
        item.mark = Some(Mark::Overridden);
    }
}

/// One direct utterance with the same sign, neither withdrawn nor overridden, makes good what was told at second hand.
fn lift_hearsay(items: &mut [Weighed<'_>]) {
    let direct: BTreeSet<Sign> =
        items.iter().filter(|item| !item.hearsay && item.is_current()).filter_map(Weighed::sign).collect();
    let is_lifted = |item: &Weighed<'_>| item.hearsay && item.sign().is_some_and(|sign| direct.contains(&sign));
    for item in items.iter_mut().filter(|item| is_lifted(item)) {
        item.hearsay = false;
        item.value = item.weight();
    }
}

/// Where a speaker stands: the current utterances are those before no other, the earlier ones are replaced.
fn stand(scene: &Scene<'_>, accused: Option<ActorId>, who: &Who, items: &mut [Weighed<'_>]) -> Option<Position> {
    let current = || items.iter().filter(|item| item.is_current());
    // An utterance is before some other if and only if it is before the one that starts last.
    let start_last = current().map(|item| item.time().first).max()?;
    let is_earlier = |item: &Weighed<'_>| item.time().last < start_last;
    let (earlier, now): (Vec<_>, Vec<_>) = current().partition(|item| is_earlier(item));
    let signs: BTreeSet<Sign> = now.iter().filter_map(|item| item.sign()).collect();
    let strengths: BTreeSet<Strength> = now.iter().filter_map(|item| item.value.map(|(_, s)| s)).collect();
    let stand = match (signs.len(), signs.first(), strengths.last()) {
        (1, Some(sign), Some(strength)) => Stand::On(*sign, *strength),
        _ => Stand::Inconsistent,
    };
    let position = Position {
        stand,
        official: now.iter().any(|item| is_official(scene, who, item.time())),
        media: is_media(scene, accused, who),
        reversed: matches!(stand, Stand::On(sign, _) if earlier.iter().any(|item| item.sign() != Some(sign))),
        varies: stand != Stand::Inconsistent && strengths.len() > 1,
    };
    for item in items.iter_mut().filter(|item| item.is_current() && is_earlier(item)) {
        item.mark = Some(Mark::Replaced);
    }
    Some(position)
}

/// An official is a third party that is a state body or an office, or holds an office in one, or speaks for one.
pub(super) fn is_official(scene: &Scene<'_>, who: &Who, time: Bounds) -> bool {
    let Who::Other(Voice::Actor(actor)) = who else { return false };
    if scene.policy.officials_exclude.contains(actor) {
        return false;
    }
    let is_organ = |actor| scene.is_any(actor, &[ActorKind::StateBody, ActorKind::Office]);
    scene.policy.officials_include.contains(actor)
        || is_organ(*actor)
        || scene.held(*actor, SPEAKS_OR_HOLDS, time).any(is_organ)
}

/// A source counts as media unless it is a ministry's.
fn is_media(scene: &Scene<'_>, accused: Option<ActorId>, who: &Who) -> bool {
    let actor = match who {
        Who::Own => accused,
        Who::Other(Voice::Actor(actor)) => Some(*actor),
        Who::Other(Voice::Source(source)) => {
            let source = scene.case.sources.get(source);
            return !matches!(source, Some(Source::Registered { kind: SourceKind::Ministry, .. }));
        }
        Who::Other(Voice::Unidentified(_)) | Who::Link(_) => None,
    };
    actor.is_some_and(|actor| scene.is_any(actor, &[ActorKind::Media]))
}
