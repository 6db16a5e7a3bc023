//! The status of a proposition, and what is remarkable about it (domain.md, section 6).

use super::position::{Bearing, Position, Stand, Weighed, Who, is_official, positions, who};
use super::{Adopted, Case, Flag, Mark, Status};
use crate::claim::{Act, Key, Sign, Strength};
use crate::edtf::Edtf;
use crate::id::ReadingId;
use crate::policy::Policy;
use std::collections::BTreeMap;

/// A proposition worked out.
#[derive(Debug, Clone)]
pub(super) struct Evaluation<'a> {
    pub status: Status,
    pub flags: Vec<Flag>,
    pub weighed: Vec<Weighed<'a>>,
    pub positions: BTreeMap<Who, Position>,
    pub adopted: Vec<Adopted>,
    pub sides: Sides,
}

/// Which of the sets of section 6 are not empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one set of the rules, and rules name several")]
pub(super) struct Sides {
    /// SELF+ and SELF−: the accused, strongly.
    pub own_plus: bool,
    pub own_minus: bool,
    /// TP+ and TP−: third parties, strongly.
    pub other_plus: bool,
    pub other_minus: bool,
    /// OFF+: officials among TP+.
    pub official_plus: bool,
    /// WK+ and WK−: anybody, weakly.
    pub weak_plus: bool,
    pub weak_minus: bool,
    pub own_inconsistent: bool,
    pub official_inconsistent: bool,
}

impl Sides {
    /// S+ = SELF+ ∪ TP+.
    pub fn strong_plus(self) -> bool {
        self.own_plus || self.other_plus
    }

    /// Any live support.
    pub fn supported(self) -> bool {
        self.strong_plus() || self.weak_plus
    }
}

/// Works out one proposition.
pub(super) fn evaluate<'a>(case: &Case, policy: &Policy, key: &Key, bearings: &[Bearing<'a>]) -> Evaluation<'a> {
    let (weighed, positions) = positions(case, policy, key, bearings);
    let adopted = adopted(case, key, &weighed);
    let sides = sides(&positions, &adopted);
    let status = status(sides, taken_back(&weighed, &positions));
    let flags = flags(case, policy, sides, &weighed, &positions, &adopted);
    Evaluation { status, flags, weighed, positions, adopted, sides }
}

fn sides(positions: &BTreeMap<Who, Position>, adopted: &[Adopted]) -> Sides {
    let mut sides = Sides::default();
    for (who, position) in positions {
        let own = *who == Who::Own;
        match position.stand {
            Stand::Inconsistent => {
                sides.own_inconsistent |= own;
                sides.official_inconsistent |= position.official;
            }
            Stand::On(Sign::Support, Strength::Strong) => {
                sides.own_plus |= own;
                sides.other_plus |= !own;
                sides.official_plus |= position.official;
            }
            Stand::On(Sign::Opposition, Strength::Strong) => {
                sides.own_minus |= own;
                sides.other_minus |= !own;
            }
            Stand::On(Sign::Support, Strength::Weak) => sides.weak_plus = true,
            Stand::On(Sign::Opposition, Strength::Weak) => sides.weak_minus = true,
        }
    }
    for adopted in adopted.iter().filter(|adopted| adopted.counts) {
        sides.weak_plus |= adopted.sign == Sign::Support;
        sides.weak_minus |= adopted.sign == Sign::Opposition;
    }
    sides
}

/// Whether a supporting utterance was withdrawn or reversed by its speaker.
fn taken_back(weighed: &[Weighed<'_>], positions: &BTreeMap<Who, Position>) -> bool {
    weighed.iter().filter(|item| matches!(item.value, Some((Sign::Support, _)))).any(|item| match item.mark {
        Some(Mark::Withdrawn) => true,
        Some(Mark::Replaced) => positions
            .get(&item.who)
            .is_some_and(|position| matches!(position.stand, Stand::On(Sign::Opposition, _))),
        Some(Mark::Overridden) | None => false,
    })
}

/// The first rule that holds, in the order of domain.md; findings come before all of these.
fn status(sides: Sides, taken_back: bool) -> Status {
    if !sides.supported() && !sides.own_inconsistent && taken_back {
        Status::Withdrawn
    } else if sides.own_inconsistent || (sides.official_inconsistent && !sides.strong_plus()) {
        Status::Inconsistent
    } else if sides.strong_plus() && sides.other_minus {
        Status::Contested
    } else if sides.other_plus && sides.own_minus {
        Status::Denied
    } else if sides.own_plus && sides.other_plus {
        Status::Acknowledged
    } else if sides.own_plus {
        Status::Claimed
    } else if sides.official_plus {
        Status::OfficiallyAttributed
    } else if sides.other_plus {
        Status::Accused
    } else if sides.weak_plus && (sides.other_minus || sides.own_minus) {
        Status::SuspectedContested
    } else if sides.weak_plus {
        Status::Suspected
    } else if sides.own_minus || sides.other_minus {
        Status::DeniedUnaccused
    } else {
        Status::None
    }
}

/// Weak positions of those who make another's words their own. They count only for who has no signed utterance of
/// its own on the proposition, and end when the utterance is withdrawn.
fn adopted(case: &Case, key: &Key, weighed: &[Weighed<'_>]) -> Vec<Adopted> {
    let mut adopted = Vec::new();
    for item in weighed {
        let Some((sign, _)) = item.value else { continue };
        let utterance = item.bearing.utterance;
        for voice in &utterance.adopters {
            let adopter = who(case, key.actor, voice, utterance.time);
            let has_own = weighed.iter().any(|other| other.value.is_some() && other.who == adopter);
            adopted.push(Adopted {
                voice: voice.clone(),
                utterance: utterance.id,
                sign,
                strength: Strength::Weak,
                counts: !has_own && item.mark != Some(Mark::Withdrawn),
            });
        }
    }
    adopted
}

fn flags(
    case: &Case,
    policy: &Policy,
    sides: Sides,
    weighed: &[Weighed<'_>],
    positions: &BTreeMap<Who, Position>,
    adopted: &[Adopted],
) -> Vec<Flag> {
    let standing: Vec<_> = weighed.iter().filter(|item| item.mark != Some(Mark::Withdrawn)).collect();
    let act = |item: &Weighed<'_>| case.readings.get(&item.bearing.words.reading).map(|reading| reading.claim.act);
    let by_official = |wanted: Act| {
        standing.iter().any(|item| {
            act(item) == Some(wanted)
                && item.bearing.value.is_some()
                && is_official(case, policy, &item.who, item.bearing.utterance.time)
        })
    };
    let by_any = |wanted: Act| standing.iter().any(|item| act(item) == Some(wanted) && item.bearing.value.is_some());
    let support: Vec<_> = live_support(weighed, positions).collect();
    let adopted_support = adopted.iter().any(|adopted| adopted.counts && adopted.sign == Sign::Support);
    let all_support = |test: fn(&Weighed<'_>) -> bool| {
        !support.is_empty() && !adopted_support && support.iter().all(|item| test(item))
    };
    let mut strong_support = positions
        .values()
        .filter(|position| matches!(position.stand, Stand::On(Sign::Support, Strength::Strong)))
        .peekable();
    let mut signed = weighed.iter().filter(|item| item.mark != Some(Mark::Withdrawn) && item.value.is_some()).peekable();
    let when = case.detail.when.bounds();
    let holds = [
        (Flag::DeniedByAccused, sides.own_minus),
        (Flag::Opposed, sides.other_minus),
        (Flag::Doubted, sides.weak_minus),
        (Flag::Reversed, positions.values().any(|position| position.reversed)),
        (Flag::StrengthVaries, positions.values().any(|position| position.varies)),
        (Flag::Distanced, standing.iter().any(|item| item.bearing.utterance.distanced)),
        (Flag::HearsayOnly, all_support(|item| item.hearsay)),
        (Flag::MediaOnly, strong_support.peek().is_some() && strong_support.all(|position| position.media)),
        (Flag::Convicted, by_official(Act::Convicts)),
        (Flag::Exonerated, by_official(Act::Exonerates)),
        (Flag::Released, by_any(Act::Releases)),
        (Flag::EvidenceAbsentNoted, by_any(Act::EvidenceAbsent)),
        (Flag::PresupposedOnly, all_support(|item| item.bearing.utterance.presupposed)),
        (Flag::GenericOnly, signed.peek().is_some() && signed.all(|item| item.bearing.generic)),
        (
            Flag::Predates,
            standing.iter().any(|item| item.bearing.generic && item.bearing.utterance.time.is_before(when)),
        ),
        (Flag::NoConsensus, standing.iter().any(|item| item.bearing.value.is_none())),
    ];
    holds.into_iter().filter_map(|(flag, holds)| holds.then_some(flag)).collect()
}

/// The current utterances of the speakers whose position is support.
pub(super) fn live_support<'a, 'b>(
    weighed: &'b [Weighed<'a>],
    positions: &'b BTreeMap<Who, Position>,
) -> impl Iterator<Item = &'b Weighed<'a>> {
    on_side(weighed, positions, Sign::Support)
}

/// The current utterances of the speakers who stand on this side.
pub(super) fn on_side<'a, 'b>(
    weighed: &'b [Weighed<'a>],
    positions: &'b BTreeMap<Who, Position>,
    side: Sign,
) -> impl Iterator<Item = &'b Weighed<'a>> {
    weighed.iter().filter(move |item| {
        item.mark.is_none()
            && item.value.is_some()
            && positions.get(&item.who).is_some_and(|p| matches!(p.stand, Stand::On(sign, _) if sign == side))
    })
}

/// Ids in order, each once.
pub(super) fn ids<'a>(items: impl Iterator<Item = &'a Weighed<'a>>) -> Vec<ReadingId> {
    let mut ids: Vec<_> = items.map(|item| item.bearing.utterance.id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The value of a proposition as its first reading writes it.
pub(super) fn written_value(case: &Case, bearings: &[Bearing<'_>]) -> Option<String> {
    let first = bearings.iter().map(|bearing| bearing.words.reading).min()?;
    Some(case.readings.get(&first)?.claim.proposition.value.as_ref()?.as_str().to_owned())
}

/// When an utterance was uttered, for the board.
pub(super) fn uttered(bearing: &Bearing<'_>) -> Option<Edtf> {
    bearing.utterance.uttered.clone()
}
