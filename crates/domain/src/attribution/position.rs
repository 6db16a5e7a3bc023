//! Positions: where a speaker stands on a proposition (domain.md, section 6).

use super::utterance::{Utterance, Words, held};
use super::{Case, Mark, Voice};
use crate::actor::{Actor, ActorKind};
use crate::claim::{Key, Sign, Strength, Value};
use crate::edtf::Bounds;
use crate::id::ActorId;
use crate::policy::Policy;
use crate::relation::RelationType;
use crate::source::{Source, SourceKind};
use std::collections::BTreeMap;

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

/// A bearing with what was worked out about it.
#[derive(Debug, Clone)]
pub(super) struct Weighed<'a> {
    pub bearing: Bearing<'a>,
    /// Who speaks, all of the accused's voices being one.
    pub who: Who,
    /// Sign and strength after hearsay and class.
    pub value: Value,
    /// At second hand, and not said directly as well.
    pub hearsay: bool,
    pub mark: Option<Mark>,
}

/// A speaker on one proposition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// The accused.
    Own,
    /// A third party.
    Other(Voice),
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

/// Works out who speaks, what counts, and where each speaker stands.
pub(super) fn positions<'a>(
    case: &Case,
    policy: &Policy,
    key: &Key,
    bearings: &[Bearing<'a>],
) -> (Vec<Weighed<'a>>, BTreeMap<Who, Position>) {
    let mut weighed: Vec<Weighed<'a>> = bearings.iter().map(|bearing| weigh(case, key, *bearing)).collect();
    lift_hearsay(&mut weighed);
    mark_overridden(&mut weighed);
    let mut by_who: BTreeMap<Who, Vec<usize>> = BTreeMap::new();
    for (at, item) in weighed.iter().enumerate() {
        if item.value.is_some() && item.mark.is_none() {
            by_who.entry(item.who.clone()).or_default().push(at);
        }
    }
    let mut positions = BTreeMap::new();
    for (who, items) in by_who {
        let position = stand(case, policy, &mut weighed, &who, &items);
        positions.insert(who, position);
    }
    (weighed, positions)
}

fn weigh<'a>(case: &Case, key: &Key, bearing: Bearing<'a>) -> Weighed<'a> {
    let utterance = bearing.utterance;
    let value = bearing.value.flatten().map(|(sign, strength)| {
        // "The attacks" are some of them; "any attack" is each.
        let weak = utterance.hearsay || (bearing.generic && sign == Sign::Support);
        (sign, if weak { Strength::Weak } else { strength })
    });
    Weighed {
        bearing,
        who: who(case, key.actor, &utterance.voice, utterance.time),
        value,
        hearsay: utterance.hearsay,
        mark: utterance.withdrawn.then_some(Mark::Withdrawn),
    }
}

/// The accused, if the voice is the actor's, speaks for it, or holds that office or one in that body; `part_of`,
/// `commands` and `front_of` never make one speaker of two.
pub(super) fn who(case: &Case, accused: Option<ActorId>, voice: &Voice, time: Bounds) -> Who {
    let (Voice::Actor(actor), Some(accused)) = (voice, accused) else { return Who::Other(voice.clone()) };
    let holds = |edge: &crate::relation::Edge| {
        edge.from == *actor
            && edge.to == accused
            && matches!(edge.relation, RelationType::SpeaksFor | RelationType::HoldsOffice)
    };
    if *actor == accused || held(case, time).any(holds) { Who::Own } else { Who::Other(voice.clone()) }
}

/// One direct utterance of the same speaker with the same sign, neither withdrawn nor overridden, makes good what
/// was told at second hand.
fn lift_hearsay(weighed: &mut [Weighed<'_>]) {
    let direct: Vec<(Who, Sign)> = weighed
        .iter()
        .filter(|item| !item.bearing.utterance.hearsay && item.mark.is_none() && !is_overridden(item, weighed))
        .filter_map(|item| item.value.map(|(sign, _)| (item.who.clone(), sign)))
        .collect();
    for item in weighed.iter_mut().filter(|item| item.hearsay) {
        let Some((sign, _)) = item.value else { continue };
        if !direct.contains(&(item.who.clone(), sign)) {
            continue;
        }
        item.hearsay = false;
        let generic_support = item.bearing.generic && sign == Sign::Support;
        if let (Some(Some((_, own))), false) = (item.bearing.value, generic_support) {
            item.value = Some((sign, own));
        }
    }
}

/// A specific utterance of the same speaker that has a sign and was not withdrawn overrides a generic one.
fn is_overridden(item: &Weighed<'_>, among: &[Weighed<'_>]) -> bool {
    item.bearing.generic
        && among.iter().any(|other| {
            !other.bearing.generic
                && other.who == item.who
                && other.value.is_some()
                && other.mark != Some(Mark::Withdrawn)
        })
}

fn mark_overridden(weighed: &mut [Weighed<'_>]) {
    let overridden: Vec<bool> = weighed.iter().map(|item| is_overridden(item, weighed)).collect();
    for (item, overridden) in weighed.iter_mut().zip(overridden) {
        if overridden && item.mark.is_none() {
            item.mark = Some(Mark::Overridden);
        }
    }
}

/// Where a speaker stands: the current utterances are those before no other.
fn stand(case: &Case, policy: &Policy, weighed: &mut [Weighed<'_>], who: &Who, items: &[usize]) -> Position {
    let time = |at: usize| weighed[at].bearing.utterance.time;
    let is_current = |at: &usize| !items.iter().any(|other| time(*at).is_before(time(*other)));
    let (current, earlier): (Vec<usize>, Vec<usize>) = items.iter().partition(|at| is_current(at));
    let value = |at: usize| weighed[at].value.expect("only utterances with a sign make a position");
    let signs = |sign: Sign| current.iter().any(|at| value(*at).0 == sign);
    let strong = |strength: Strength| current.iter().any(|at| value(*at).1 == strength);
    let stand = match (signs(Sign::Support), signs(Sign::Opposition)) {
        (true, true) => Stand::Inconsistent,
        (support, _) => Stand::On(
            if support { Sign::Support } else { Sign::Opposition },
            if strong(Strength::Strong) { Strength::Strong } else { Strength::Weak },
        ),
    };
    let reversed = match stand {
        Stand::On(sign, _) => earlier.iter().any(|at| value(*at).0 != sign),
        Stand::Inconsistent => false,
    };
    let varies = stand != Stand::Inconsistent && strong(Strength::Strong) && strong(Strength::Weak);
    let official = current.iter().any(|at| is_official(case, policy, who, time(*at)));
    for at in earlier {
        weighed[at].mark = Some(Mark::Replaced);
    }
    Position { stand, official, media: is_media(case, who), reversed, varies }
}

/// An official is a third party that is a state body or an office, or holds an office in one, or speaks for one.
pub(super) fn is_official(case: &Case, policy: &Policy, who: &Who, time: Bounds) -> bool {
    let Who::Other(Voice::Actor(actor)) = who else { return false };
    if policy.officials_exclude.contains(actor) {
        return false;
    }
    let is_organ = |actor: &ActorId| {
        let kind = case.actors.get(actor).and_then(Actor::kind);
        matches!(kind, Some(ActorKind::StateBody | ActorKind::Office))
    };
    policy.officials_include.contains(actor)
        || is_organ(actor)
        || held(case, time).any(|edge| {
            edge.from == *actor
                && matches!(edge.relation, RelationType::SpeaksFor | RelationType::HoldsOffice)
                && is_organ(&edge.to)
        })
}

/// A source counts as media unless it is a ministry's.
fn is_media(case: &Case, who: &Who) -> bool {
    match who {
        Who::Other(Voice::Source(source)) => {
            !matches!(case.sources.get(source), Some(Source::Registered { kind: SourceKind::Ministry, .. }))
        }
        Who::Other(Voice::Actor(actor)) => {
            case.actors.get(actor).and_then(Actor::kind) == Some(ActorKind::Media)
        }
        Who::Own | Who::Other(Voice::Unidentified(_)) => false,
    }
}
