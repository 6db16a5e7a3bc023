//! Speech acts and what they weigh.

use crate::Rejection;
use crate::code::codes;

codes! {
    /// What a speaker does in saying it.
    pub enum Act as "act" {
        /// Says that the actor did it.
        Accuses = "accuses",
        /// A state or its organ says so officially.
        AttributesOfficially = "attributes_officially",
        /// An investigation by technical means says so.
        AttributesTechnically = "attributes_technically",
        /// A prosecutor charges.
        Charges = "charges",
        /// A court convicts.
        Convicts = "convicts",
        /// Says "it was us".
        ClaimsResponsibility = "claims_responsibility",
        /// Says that it is so, or is not so, after others did.
        Confirms = "confirms",
        /// States it as fact, without accusing.
        Reports = "reports",
        /// Suspects.
        Suspects = "suspects",
        /// Concludes from signs.
        Infers = "infers",
        /// Attributes by a deed: an arrest, a retaliation.
        ImpliesAttribution = "implies_attribution",
        /// Says that it is not so.
        Denies = "denies",
        /// Says that what another said is not so.
        Disputes = "disputes",
        /// Clears the actor.
        Exonerates = "exonerates",
        /// Doubts it.
        Doubts = "doubts",
        /// Takes back an earlier utterance.
        Retracts = "retracts",
        /// Replaces an earlier utterance by another statement.
        Corrects = "corrects",
        /// Replaces an earlier utterance by a narrower one.
        Narrows = "narrows",
        /// Replaces an earlier utterance by a stronger or weaker one.
        AmendsStrength = "amends_strength",
        /// Praises.
        Praises = "praises",
        /// Condemns.
        Condemns = "condemns",
        /// Justifies.
        Justifies = "justifies",
        /// Threatens.
        Threatens = "threatens",
        /// Declines to comment.
        DeclinesComment = "declines_comment",
        /// Ends an arrest or drops a case without verdict.
        Releases = "releases",
        /// Offers evidence.
        EvidenceOffered = "evidence_offered",
        /// Notes that there is no evidence.
        EvidenceAbsent = "evidence_absent",
    }
}

codes! {
    /// What the speaker is committed to; never multiplied with the act.
    pub enum Polarity as "polarity" {
        /// The proposition holds.
        Plus = "+",
        /// It does not hold.
        Minus = "-",
        /// Neither.
        Neutral = "0",
    }
}

codes! {
    /// How certain the speaker's words are.
    pub enum Certainty as "certainty" {
        /// Unhedged.
        Certain = "CT",
        /// Probable.
        Probable = "PR",
        /// Possible.
        Possible = "PS",
        /// The wording does not let one tell.
        Underspecified = "U",
    }
}

codes! {
    /// For or against a proposition.
    pub enum Sign as "sign" {
        /// Support.
        Support = "support",
        /// Opposition.
        Opposition = "opposition",
    }
}

codes! {
    /// How much a signed utterance weighs.
    pub enum Strength as "strength" {
        /// Hedged, suspected, doubted, or at second hand.
        Weak = "weak",
        /// Flat.
        Strong = "strong",
    }
}

/// A sign with its strength, or none for a neutral act.
pub type Value = Option<(Sign, Strength)>;

impl Act {
    /// Whether the act changes earlier utterances of its speaker.
    #[must_use]
    pub fn is_change(self) -> bool {
        matches!(self, Self::Retracts | Self::Corrects | Self::Narrows | Self::AmendsStrength)
    }

    /// Whether the act is one that only a state body or an office can perform.
    #[must_use]
    pub fn is_official(self) -> bool {
        matches!(self, Self::AttributesOfficially | Self::Charges | Self::Convicts | Self::Exonerates)
    }

    /// Whether the act never takes a position, whatever its polarity.
    #[must_use]
    pub fn is_neutral(self) -> bool {
        use Act::{
            Condemns, DeclinesComment, EvidenceAbsent, EvidenceOffered, Justifies, Praises, Releases, Threatens,
        };
        matches!(
            self,
            Praises | Condemns | Justifies | Threatens | DeclinesComment | Releases | EvidenceOffered | EvidenceAbsent
        )
    }

    /// The polarities that the act admits (domain.md, section 2).
    #[must_use]
    pub fn polarities(self) -> &'static [Polarity] {
        use Act::{
            Accuses, AmendsStrength, AttributesOfficially, AttributesTechnically, Charges, ClaimsResponsibility,
            Condemns, Confirms, Convicts, Corrects, DeclinesComment, Denies, Disputes, Doubts, EvidenceAbsent,
            EvidenceOffered, Exonerates, ImpliesAttribution, Infers, Justifies, Narrows, Praises, Releases, Reports,
            Retracts, Suspects, Threatens,
        };
        match self {
            Accuses | AttributesOfficially | AttributesTechnically | Charges | Convicts | ClaimsResponsibility => {
                &[Polarity::Plus]
            }
            Confirms | Reports | Suspects | Infers | ImpliesAttribution => &[Polarity::Plus, Polarity::Minus],
            Denies | Disputes | Exonerates | Doubts => &[Polarity::Minus],
            Retracts | Corrects | Narrows | AmendsStrength | Praises | Condemns | Justifies | Threatens
            | DeclinesComment | Releases | EvidenceOffered | EvidenceAbsent => {
                &[Polarity::Plus, Polarity::Minus, Polarity::Neutral]
            }
        }
    }

    /// Whether the act weighs weakly even if it is said without a hedge.
    #[must_use]
    pub fn is_weak(self) -> bool {
        matches!(self, Self::Suspects | Self::Infers | Self::ImpliesAttribution | Self::Doubts)
    }
}

/// Sign and strength of an utterance by its act, polarity and certainty (domain.md, section 2).
///
/// `retracts` takes no position; the other change acts take one by polarity, strong when certain. A hedge turns
/// strong into weak on both sides.
#[must_use]
pub fn value(act: Act, polarity: Polarity, certainty: Certainty) -> Value {
    if act.is_neutral() || act == Act::Retracts {
        return None;
    }
    let sign = match polarity {
        Polarity::Plus => Sign::Support,
        Polarity::Minus => Sign::Opposition,
        Polarity::Neutral => return None,
    };
    let strong = !act.is_weak() && certainty == Certainty::Certain;
    Some((sign, if strong { Strength::Strong } else { Strength::Weak }))
}

/// Refuses a polarity that the act does not admit.
pub(super) fn check_pair(act: Act, polarity: Polarity) -> Result<(), Rejection> {
    if act.polarities().contains(&polarity) {
        return Ok(());
    }
    let admitted: Vec<_> = act.polarities().iter().map(|p| format!("`{p}`")).collect();
    let detail = format!("`{act}` admits polarity {}, not `{polarity}`", admitted.join(" or "));
    Err(Rejection::invalid("act_polarity_mismatch", detail).at("/polarity"))
}
