//! The status of a proposition, and what is remarkable about it (domain.md, section 6).

use super::position::{Bearing, Position, Stand, Weighed, Who, is_official, settle, who};
use super::scene::Scene;
use super::{Adopted, Flag, Mark, Status, Voice};
use crate::claim::{Act, Key, Sign, Strength};
use crate::id::ReadingId;
use std::collections::{BTreeMap, BTreeSet};

/// A proposition worked out.
pub(super) struct Evaluation<'a> {
    pub status: Status,
    pub flags: Vec<Flag>,
    /// Positions taken by adopting another's words, by utterance id.
    pub adopted: Vec<Adopted>,
    pub sides: Sides,
    parties: BTreeMap<Who, Party<'a>>,
    shares: Shares,
}

/// One speaker on one proposition.
#[derive(Default)]
struct Party<'a> {
    /// What it says itself.
    own: Vec<Weighed<'a>>,
    /// What it makes its own of what others say.
    adopts: Vec<Adoption>,
    position: Option<Position>,
}

/// Another's signed utterance, adopted.
#[derive(Clone, Copy)]
struct Adoption {
    /// The words that bear on the proposition, by their reading.
    words: ReadingId,
    sign: Sign,
    withdrawn: bool,
}

/// Which of the sets of section 6 are not empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
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
    /// A supporting utterance was withdrawn or reversed by its speaker.
    pub taken_back: bool,
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

    /// What one speaker adds to the sets. An adopted position counts only for who has no signed utterance of its own.
    fn of(who: &Who, party: &Party<'_>) -> Self {
        let mut sides = Self::default();
        let own = *who == Who::Own;
        if let Some(position) = &party.position {
            match position.stand {
                Stand::Inconsistent => {
                    sides.own_inconsistent = own;
                    sides.official_inconsistent = position.official;
                }
                Stand::On(Sign::Support, Strength::Strong) => {
                    sides.own_plus = own;
                    sides.other_plus = !own;
                    sides.official_plus = position.official;
                }
                Stand::On(Sign::Opposition, Strength::Strong) => {
                    sides.own_minus = own;
                    sides.other_minus = !own;
                }
                Stand::On(Sign::Support, Strength::Weak) => sides.weak_plus = true,
                Stand::On(Sign::Opposition, Strength::Weak) => sides.weak_minus = true,
            }
        }
        if !party.speaks() {
            let counted = || party.adopts.iter().filter(|adoption| !adoption.withdrawn);
            sides.weak_plus |= counted().any(|adoption| adoption.sign == Sign::Support);
            sides.weak_minus |= counted().any(|adoption| adoption.sign == Sign::Opposition);
        }
        sides.taken_back = party.has_taken_back();
        sides
    }

    fn or(self, other: Self) -> Self {
        Self {
            own_plus: self.own_plus || other.own_plus,
            own_minus: self.own_minus || other.own_minus,
            other_plus: self.other_plus || other.other_plus,
            other_minus: self.other_minus || other.other_minus,
            official_plus: self.official_plus || other.official_plus,
            weak_plus: self.weak_plus || other.weak_plus,
            weak_minus: self.weak_minus || other.weak_minus,
            own_inconsistent: self.own_inconsistent || other.own_inconsistent,
            official_inconsistent: self.official_inconsistent || other.official_inconsistent,
            taken_back: self.taken_back || other.taken_back,
        }
    }
}

/// What the speakers add to the sets, and how many add the same: one speaker can be taken out again without going
/// through all the others.
#[derive(Clone, Default)]
struct Shares(BTreeMap<Sides, usize>);

impl Shares {
    fn add(&mut self, share: Sides) {
        *self.0.entry(share).or_default() += 1;
    }

    fn remove(&mut self, share: Sides) {
        if let Some(count) = self.0.get_mut(&share) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&share);
            }
        }
    }

    fn sides(&self) -> Sides {
        self.0.keys().fold(Sides::default(), |sides, share| sides.or(*share))
    }
}

impl Party<'_> {
    /// Whether it has a signed utterance of its own on the proposition.
    fn speaks(&self) -> bool {
        self.own.iter().any(|item| item.value.is_some())
    }

    fn has_taken_back(&self) -> bool {
        let reversed = self.position.as_ref().is_some_and(|position| position.is_on(Sign::Opposition));
        self.own.iter().filter(|item| item.sign() == Some(Sign::Support)).any(|item| match item.mark {
            Some(Mark::Withdrawn) => true,
            Some(Mark::Replaced) => reversed,
            Some(Mark::Overridden) | None => false,
        })
    }

    /// The same without one bearing, not settled. An utterance bears on a proposition more than once where its readers
    /// take it to be about several classes.
    fn without(&self, bearing: &Bearing<'_>) -> Self {
        let words = bearing.words.reading;
        let own = self.own.iter().filter(|item| item.bearing.words.reading != words);
        let adopts = self.adopts.iter().filter(|adoption| adoption.words != words);
        Self {
            own: own.map(|item| Weighed::new(item.bearing)).collect(),
            adopts: adopts.copied().collect(),
            position: None,
        }
    }
}

/// Works out one proposition.
pub(super) fn evaluate<'a>(scene: &Scene<'_>, key: &Key, bearings: &[Bearing<'a>]) -> Evaluation<'a> {
    let mut parties: BTreeMap<Who, Party<'a>> = BTreeMap::new();
    for bearing in bearings.iter().filter(|bearing| bearing.counts(scene.policy)) {
        let (item, adoption) = (Weighed::new(*bearing), adoption(bearing));
        parties.entry(speaker(scene, key, bearing)).or_default().own.push(item);
        for adopter in adopters(scene, key, bearing) {
            parties.entry(adopter).or_default().adopts.extend(adoption);
        }
    }
    let mut shares = Shares::default();
    for (who, party) in &mut parties {
        party.position = settle(scene, key.actor, who, &mut party.own);
        shares.add(Sides::of(who, party));
    }
    let sides = shares.sides();
    let mut evaluation =
        Evaluation { status: status(sides), flags: Vec::new(), adopted: Vec::new(), sides, parties, shares };
    evaluation.adopted = evaluation.adopted(scene, key);
    evaluation.flags = evaluation.flags(scene);
    evaluation
}

fn speaker(scene: &Scene<'_>, key: &Key, bearing: &Bearing<'_>) -> Who {
    who(scene, key.actor, &bearing.utterance.voice, bearing.utterance.time)
}

/// Who adopts an utterance. An unidentified link is a speaker of its own, even if the speaker is unidentified too.
fn adopters(scene: &Scene<'_>, key: &Key, bearing: &Bearing<'_>) -> BTreeSet<Who> {
    bearing.utterance.adopters.iter().map(|voice| adopter(scene, key, bearing, voice)).collect()
}

fn adopter(scene: &Scene<'_>, key: &Key, bearing: &Bearing<'_>, voice: &Voice) -> Who {
    match voice {
        Voice::Unidentified(utterance) => Who::Link(*utterance),
        Voice::Actor(_) | Voice::Source(_) => who(scene, key.actor, voice, bearing.utterance.time),
    }
}

fn adoption(bearing: &Bearing<'_>) -> Option<Adoption> {
    let (sign, _) = bearing.value.flatten()?;
    Some(Adoption { words: bearing.words.reading, sign, withdrawn: bearing.utterance.withdrawn })
}

/// The first rule that holds, in the order of domain.md; findings come before all of these.
fn status(sides: Sides) -> Status {
    if !sides.supported() && !sides.own_inconsistent && sides.taken_back {
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

impl<'a> Evaluation<'a> {
    /// Whether the policy lets nothing bear on the proposition.
    pub fn is_empty(&self) -> bool {
        self.parties.is_empty()
    }

    /// Every utterance that bears on the proposition, by speaker.
    pub fn weighed(&self) -> impl Iterator<Item = &Weighed<'a>> {
        self.parties.values().flat_map(|party| &party.own)
    }

    /// What each speaker says on the proposition.
    pub fn spoken(&self) -> impl Iterator<Item = &[Weighed<'a>]> {
        self.parties.values().map(|party| party.own.as_slice())
    }

    /// The signed utterances that were not withdrawn.
    pub fn signed(&self) -> impl Iterator<Item = &Weighed<'a>> {
        self.weighed().filter(|item| item.value.is_some() && !item.is_withdrawn())
    }

    /// The speakers who have a position, with what they say.
    pub fn positions(&self) -> impl Iterator<Item = (&Who, &Position, &[Weighed<'a>])> {
        let parties = self.parties.iter();
        parties.filter_map(|(who, party)| Some((who, party.position.as_ref()?, party.own.as_slice())))
    }

    /// The current utterances of the speakers who stand on this side.
    pub fn on_side(&self, side: Sign) -> impl Iterator<Item = &Weighed<'a>> {
        self.positions()
            .filter(move |(_, position, _)| position.is_on(side))
            .flat_map(|(.., own)| own)
            .filter(|item| item.is_current())
    }

    /// The status if this value stood for the utterance's words in place of the one that does. Only the utterance's speaker
    /// and those who adopt it can change.
    pub fn status_if(&self, scene: &Scene<'_>, key: &Key, bearing: Bearing<'a>) -> Status {
        let (speaker, adopters) = (speaker(scene, key, &bearing), adopters(scene, key, &bearing));
        let mut shares = self.shares.clone();
        for who in adopters.iter().chain([&speaker]).collect::<BTreeSet<_>>() {
            let mut party = Party::default();
            if let Some(standing) = self.parties.get(who) {
                shares.remove(Sides::of(who, standing));
                party = standing.without(&bearing);
            }
            if bearing.counts(scene.policy) {
                if *who == speaker {
                    party.own.push(Weighed::new(bearing));
                }
                if adopters.contains(who) {
                    party.adopts.extend(adoption(&bearing));
                }
            }
            party.position = settle(scene, key.actor, who, &mut party.own);
            shares.add(Sides::of(who, &party));
        }
        status(shares.sides())
    }

    /// Weak positions of those who make another's words their own. They count only for who has no signed utterance of
    /// its own on the proposition, and end when the utterance is withdrawn.
    fn adopted(&self, scene: &Scene<'_>, key: &Key) -> Vec<Adopted> {
        let mut items: Vec<_> = self.weighed().collect();
        items.sort_by_key(|item| item.bearing.utterance.id);
        let mut adopted = Vec::new();
        for item in items {
            let Some(sign) = item.sign() else { continue };
            for voice in &item.bearing.utterance.adopters {
                let party = self.parties.get(&adopter(scene, key, &item.bearing, voice));
                adopted.push(Adopted {
                    voice: voice.clone(),
                    utterance: item.bearing.utterance.id,
                    sign,
                    strength: Strength::Weak,
                    counts: !item.is_withdrawn() && !party.is_some_and(Party::speaks),
                });
            }
        }
        adopted
    }

    fn flags(&self, scene: &Scene<'_>) -> Vec<Flag> {
        let positions = || self.positions().map(|(_, position, _)| position);
        let standing = || self.weighed().filter(|item| !item.is_withdrawn());
        let mut strong_support = positions().filter(|position| position.is_strongly_on(Sign::Support)).peekable();
        let mut signed = self.signed().peekable();
        let holds = [
            (Flag::DeniedByAccused, self.sides.own_minus),
            (Flag::Opposed, self.sides.other_minus),
            (Flag::Doubted, self.sides.weak_minus),
            (Flag::Reversed, positions().any(|position| position.reversed)),
            (Flag::StrengthVaries, positions().any(|position| position.varies)),
            (Flag::Distanced, standing().any(|item| item.bearing.utterance.distanced)),
            (Flag::HearsayOnly, self.all_support(|item| item.hearsay)),
            (Flag::MediaOnly, strong_support.peek().is_some() && strong_support.all(|position| position.media)),
            (Flag::Convicted, self.is_official_act(scene, Act::Convicts)),
            (Flag::Exonerated, self.is_official_act(scene, Act::Exonerates)),
            (Flag::Released, standing().any(|item| is_act(scene, item, Act::Releases))),
            (Flag::EvidenceAbsentNoted, standing().any(|item| is_act(scene, item, Act::EvidenceAbsent))),
            (Flag::PresupposedOnly, self.all_support(|item| item.bearing.utterance.presupposed)),
            (Flag::GenericOnly, signed.peek().is_some() && signed.all(|item| item.bearing.generic)),
            (Flag::Predates, standing().any(|item| item.bearing.predates(scene))),
            (Flag::NoConsensus, standing().any(|item| item.bearing.value.is_none())),
        ];
        holds.into_iter().filter_map(|(flag, holds)| holds.then_some(flag)).collect()
    }

    /// Whether there is live support and all of it is like this; an adopted position is like nothing.
    fn all_support(&self, test: fn(&Weighed<'_>) -> bool) -> bool {
        let is_adopted = self.adopted.iter().any(|adopted| adopted.counts && adopted.sign == Sign::Support);
        let mut support = self.on_side(Sign::Support).peekable();
        support.peek().is_some() && !is_adopted && support.all(test)
    }

    /// Whether an official performs this act in an utterance that was not withdrawn.
    fn is_official_act(&self, scene: &Scene<'_>, act: Act) -> bool {
        self.parties.iter().any(|(who, party)| {
            let by_official = |item: &Weighed<'_>| is_official(scene, who, item.bearing.utterance.time);
            party.own.iter().any(|item| !item.is_withdrawn() && is_act(scene, item, act) && by_official(item))
        })
    }
}

/// Whether an utterance on whose value the annotators agree is this act.
pub(super) fn is_act(scene: &Scene<'_>, item: &Weighed<'_>, act: Act) -> bool {
    let reading = scene.case.readings.get(&item.bearing.words.reading);
    item.bearing.value.is_some() && reading.is_some_and(|reading| reading.claim.act == act)
}
