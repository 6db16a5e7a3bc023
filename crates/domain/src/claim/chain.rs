//! Who says it: the chain from the document's source to the speaker.

use crate::Rejection;
use crate::code::codes;
use crate::id::{ActorId, SourceId};
use crate::text::Text;

codes! {
    /// How a link stands towards what follows it.
    pub enum Stance as "stance" {
        /// Says it as its own.
        Adopts = "adopts",
        /// Passes it on.
        Relays = "relays",
        /// Passes it on and steps back from it.
        Distances = "distances",
    }
}

codes! {
    /// The kind of a speaker whom the text does not identify.
    pub enum UnidentifiedKind as "kind of unidentified speaker" {
        /// "officials say".
        Officials = "officials",
        /// "residents say".
        People = "people",
        /// "sources say".
        Sources = "sources",
        /// "reports say".
        Reports = "reports",
        /// "it is widely believed".
        Widely = "widely",
        /// "it is believed": a passive without an agent.
        Agentless = "agentless",
    }
}

/// One who speaks or passes on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Speaker {
    /// An actor.
    Actor(ActorId),
    /// A source.
    Source(SourceId),
    /// Somebody whom the text does not identify.
    Unidentified {
        /// What the text tells of them.
        kind: UnidentifiedKind,
        /// The text's own words ("security officials").
        label: Option<Text>,
        /// The actor to whom they belong ("Iraqi officials").
        of: Option<ActorId>,
    },
}

/// A link of the chain before the speaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Who.
    pub speaker: Speaker,
    /// How it stands towards what follows.
    pub stance: Stance,
}

/// The chain of speakers, outermost first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    links: Vec<Link>,
    speaker: Speaker,
}

impl Chain {
    /// The most links of a chain, the speaker included (invariant 5).
    pub const LEN_MAX: usize = 8;

    /// Builds a chain from its links, of which every one but the last has a stance (invariant 5).
    pub fn parse(links: Vec<(Speaker, Option<Stance>)>) -> Result<Self, Rejection> {
        let len = links.len();
        if !(1..=Self::LEN_MAX).contains(&len) {
            let detail = format!("a chain has 1 to {} links, this one {len}", Self::LEN_MAX);
            return Err(Rejection::invalid("chain_length", detail).at("/speakers"));
        }
        if let Some(at) = (1..len).find(|&at| names_same(&links[at - 1].0, &links[at].0)) {
            return Err(
                Rejection::invalid("chain_repeats", "an actor stands twice in a row").at(format!("/speakers/{at}"))
            );
        }
        let mut outer = Vec::with_capacity(len - 1);
        let mut speaker = None;
        for (at, (who, stance)) in links.into_iter().enumerate() {
            let pointer = format!("/speakers/{at}/stance");
            match (at + 1 == len, stance) {
                (false, Some(stance)) => outer.push(Link { speaker: who, stance }),
                (true, None) => speaker = Some(who),
                (false, None) => {
                    let detail = "every link before the speaker has a stance: adopts, relays or distances";
                    return Err(Rejection::invalid("stance_missing", detail).at(pointer));
                }
                (true, Some(_)) => {
                    let detail = "the last link is the speaker and has no stance";
                    return Err(Rejection::invalid("stance_unexpected", detail).at(pointer));
                }
            }
        }
        let speaker = speaker.expect("a chain of at least one link has a last one");
        Ok(Self { links: outer, speaker })
    }

    /// A chain of one record in the log, which was checked when it was written.
    #[must_use]
    pub fn recorded(links: Vec<Link>, speaker: Speaker) -> Self {
        Self { links, speaker }
    }

    /// The links before the speaker, outermost first.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The innermost link: who says it.
    #[must_use]
    pub fn speaker(&self) -> &Speaker {
        &self.speaker
    }

    /// Every link, the speaker last.
    pub fn everyone(&self) -> impl Iterator<Item = &Speaker> {
        self.links.iter().map(|link| &link.speaker).chain([&self.speaker])
    }
}

/// Whether both are the same identified actor or source.
fn names_same(a: &Speaker, b: &Speaker) -> bool {
    !matches!(a, Speaker::Unidentified { .. }) && a == b
}
