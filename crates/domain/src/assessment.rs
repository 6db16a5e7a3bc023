//! What one person thinks of an utterance, a proposition, a document or a source. It changes no status.

use crate::aggregate::aggregate_of;
use crate::claim::{self, Key, Proposition};
use crate::code::codes;
use crate::id::{DocumentId, ReadingId, SourceId, UserId};
use crate::opinion::Opinion;
use crate::text::Text;
use crate::{Aggregate, Rejection};

codes! {
    /// What an assessment is of.
    pub enum TargetKind as "kind of what is assessed" {
        /// An utterance, by any reading of it.
        Utterance = "utterance",
        /// A proposition.
        Proposition = "proposition",
        /// A document.
        Document = "document",
        /// A source.
        Source = "source",
    }
}

codes! {
    /// How something is graded.
    pub enum Scale as "scale" {
        /// The Admiralty code: a letter for the source, a digit for what it says.
        Admiralty = "admiralty",
        /// ICD 203: how likely, and how confident who says so.
        Icd203 = "icd203",
        /// An opinion of subjective logic.
        Opinion = "opinion",
    }
}

codes! {
    /// The Admiralty code's letter: how reliable the source is.
    pub enum Letter as "letter of the Admiralty code" {
        /// Completely reliable.
        A = "A",
        /// Usually reliable.
        B = "B",
        /// Fairly reliable.
        C = "C",
        /// Not usually reliable.
        D = "D",
        /// Unreliable.
        E = "E",
        /// Cannot be judged.
        F = "F",
    }
}

codes! {
    /// How likely something is, in the words of ICD 203.
    pub enum Likelihood as "likelihood of ICD 203" {
        /// 1 to 5 per cent.
        AlmostNoChance = "almost_no_chance",
        /// 5 to 20 per cent.
        VeryUnlikely = "very_unlikely",
        /// 20 to 45 per cent.
        Unlikely = "unlikely",
        /// 45 to 55 per cent.
        RoughlyEvenChance = "roughly_even_chance",
        /// 55 to 80 per cent.
        Likely = "likely",
        /// 80 to 95 per cent.
        VeryLikely = "very_likely",
        /// 95 to 99 per cent.
        AlmostCertain = "almost_certain",
    }
}

codes! {
    /// How confident somebody is who says how likely something is, in the words of ICD 203.
    pub enum Confidence as "confidence of ICD 203" {
        /// Low.
        Low = "low",
        /// Moderate.
        Moderate = "moderate",
        /// High.
        High = "high",
    }
}

/// What is assessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An utterance, by any reading of it.
    Utterance(ReadingId),
    /// A proposition.
    Proposition(Proposition),
    /// A document.
    Document(DocumentId),
    /// A source.
    Source(SourceId),
}

impl Target {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> TargetKind {
        match self {
            Self::Utterance(_) => TargetKind::Utterance,
            Self::Proposition(_) => TargetKind::Proposition,
            Self::Document(_) => TargetKind::Document,
            Self::Source(_) => TargetKind::Source,
        }
    }

    /// Whether the two are one target as they are written.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let key = |about: &Proposition| -> (claim::Target, Key) { (about.target, about.key(|actor| actor)) };
        match (self, other) {
            (Self::Proposition(own), Self::Proposition(other)) => key(own) == key(other),
            _ => self == other,
        }
    }

    fn check(&self) -> Result<(), Rejection> {
        match self {
            Self::Proposition(about) => about.check_findable().map_err(|rejection| rejection.below("/target")),
            Self::Utterance(_) | Self::Document(_) | Self::Source(_) => Ok(()),
        }
    }
}

/// What is thought of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Grade {
    /// By the Admiralty code. F and 6 mean "cannot be judged": they are kept, and never averaged.
    Admiralty {
        /// How reliable the source is.
        letter: Letter,
        /// How credible what it says is: 1 confirmed to 5 improbable, or 6.
        digit: u8,
    },
    /// By ICD 203; the two stay two.
    Icd203 {
        /// How likely it is.
        likelihood: Likelihood,
        /// How confident who says so is.
        confidence: Confidence,
    },
    /// An opinion.
    Opinion(Opinion),
}

// The numbers are parsed from finite decimals and are never NaN.
impl Eq for Grade {}

/// The least uncertainty of an opinion: without any, no evidence could ever change it (invariant 9).
pub const UNCERTAINTY_MIN: f64 = 0.001;
/// By how much the members of an opinion may miss 1 together: they come as decimals.
const SUM_TOLERANCE: f64 = 1e-6;

impl Grade {
    /// The scale.
    #[must_use]
    pub fn scale(&self) -> Scale {
        match self {
            Self::Admiralty { .. } => Scale::Admiralty,
            Self::Icd203 { .. } => Scale::Icd203,
            Self::Opinion(_) => Scale::Opinion,
        }
    }

    /// Checks the ranges of all numbers (invariant 9).
    pub fn check(&self) -> Result<(), Rejection> {
        match self {
            Self::Icd203 { .. } => Ok(()),
            Self::Admiralty { digit, .. } if (1..=6).contains(digit) => Ok(()),
            Self::Admiralty { .. } => {
                let detail = "the digit of the Admiralty code is 1 to 6; 6 means that it cannot be judged";
                Err(Rejection::invalid("digit_invalid", detail).at("/value/digit"))
            }
            Self::Opinion(Opinion { belief, disbelief, uncertainty, base_rate }) => {
                for (share, name) in [
                    (belief, "belief"),
                    (disbelief, "disbelief"),
                    (uncertainty, "uncertainty"),
                    (base_rate, "base_rate"),
                ] {
                    if !(0.0..=1.0).contains(share) {
                        let detail = format!("{name} lies between 0 and 1");
                        return Err(Rejection::invalid("opinion_invalid", detail).at(format!("/value/{name}")));
                    }
                }
                if *uncertainty < UNCERTAINTY_MIN {
                    let detail = format!("uncertainty is at least {UNCERTAINTY_MIN}");
                    return Err(Rejection::invalid("opinion_invalid", detail).at("/value/uncertainty"));
                }
                if (belief + disbelief + uncertainty - 1.0).abs() > SUM_TOLERANCE {
                    let detail = "belief, disbelief and uncertainty are 1 together";
                    return Err(Rejection::invalid("opinion_invalid", detail).at("/value"));
                }
                Ok(())
            }
        }
    }
}

/// What is thought of what, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// What is assessed.
    pub target: Target,
    /// What is thought of it.
    pub grade: Grade,
    /// Why.
    pub reason: Text,
}

/// What happened to an assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It was recorded.
    AssessmentRecorded(Content),
    /// Its author thinks otherwise now of the same.
    AssessmentRevised {
        /// What is thought.
        grade: Grade,
        /// Why.
        reason: Text,
    },
    /// Its author took it back.
    AssessmentWithdrawn,
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::AssessmentRecorded(_) => "AssessmentRecorded",
            Self::AssessmentRevised { .. } => "AssessmentRevised",
            Self::AssessmentWithdrawn => "AssessmentWithdrawn",
        }
    }
}

/// What is asked of an assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Record it.
    Record(Content),
    /// Think otherwise of the same.
    Revise(Content),
    /// Take it back.
    Withdraw,
}

/// An assessment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Assessment {
    /// Not recorded.
    #[default]
    Absent,
    /// It stands.
    Live(Content),
    /// Its author took it back.
    Withdrawn(Content),
}

impl Assessment {
    /// What it says or said last, if it was recorded.
    #[must_use]
    pub fn content(&self) -> Option<&Content> {
        match self {
            Self::Absent => None,
            Self::Live(content) | Self::Withdrawn(content) => Some(content),
        }
    }

    /// Whether it stands.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Live(_))
    }

    /// Decides a command.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Absent, Command::Record(content)) => {
                content.target.check()?;
                content.grade.check()?;
                Ok(vec![Event::AssessmentRecorded(content)])
            }
            (Self::Live(_) | Self::Withdrawn(_), Command::Record(_)) => {
                Err(Rejection::conflict("id_taken", "there is an assessment with this id"))
            }
            (Self::Absent, Command::Revise(_) | Command::Withdraw) => {
                Err(Rejection::absent("not_found", "there is no such assessment"))
            }
            (Self::Withdrawn(_), Command::Revise(_) | Command::Withdraw) => {
                Err(Rejection::conflict("assessment_withdrawn", "the assessment was withdrawn"))
            }
            (Self::Live(present), Command::Revise(content)) => {
                if !present.target.is_same(&content.target) {
                    let detail = "an assessment stays with what it is of: withdraw it and record another";
                    return Err(Rejection::invalid("assessment_moved", detail).at("/target"));
                }
                content.grade.check()?;
                Ok(vec![Event::AssessmentRevised { grade: content.grade, reason: content.reason }])
            }
            (Self::Live(_), Command::Withdraw) => Ok(vec![Event::AssessmentWithdrawn]),
        }
    }
}

impl Aggregate for Assessment {
    aggregate_of!(Assessment);

    fn evolve(self, event: &Event, _author: UserId) -> Self {
        match (self, event) {
            (Self::Absent, Event::AssessmentRecorded(content)) => Self::Live(content.clone()),
            (Self::Live(content), Event::AssessmentRevised { grade, reason }) => {
                Self::Live(Content { grade: *grade, reason: reason.clone(), ..content })
            }
            (Self::Live(content), Event::AssessmentWithdrawn) => Self::Withdrawn(content),
            (state @ Self::Live(_), Event::AssessmentRecorded(_))
            | (state @ Self::Absent, Event::AssessmentRevised { .. } | Event::AssessmentWithdrawn)
            | (
                state @ Self::Withdrawn(_),
                Event::AssessmentRecorded(_) | Event::AssessmentRevised { .. } | Event::AssessmentWithdrawn,
            ) => state,
        }
    }
}

#[cfg(test)]
mod tests;
