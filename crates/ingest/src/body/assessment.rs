//! Assessments: what one person thinks of something.

use domain::Rejection;
use domain::assessment::{Confidence, Content, Grade, Letter, Likelihood, Scale, Target};
use domain::id::{DocumentId, ReadingId, SourceId};
use domain::opinion::Opinion;
use domain::text::Text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::object::Object;
use super::reading::NewProposition;
use super::{ConfidenceCode, LetterCode, LikelihoodCode, ScaleCode};

/// What you think of an utterance, a proposition, a document or a source. It changes no status.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAssessment {
    /// Its id; made by the server when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// What is assessed; it does not change.
    #[schema(value_type = NewAssessed)]
    pub target: Object<NewAssessed>,
    /// How it is graded.
    #[schema(value_type = ScaleCode)]
    pub scale: Scale,
    /// The grade: the members of the scale, and no others.
    #[schema(value_type = NewGrade)]
    pub value: Object<NewGrade>,
    /// Why.
    #[schema(min_length = 1, max_length = 8192)]
    pub reason: String,
}

/// What is assessed: exactly one of `utterance`, `proposition`, `document` and `source`.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAssessed {
    /// An utterance, by any reading of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub utterance: Option<ReadingId>,
    /// A proposition; it names nobody in `with`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<NewProposition>)]
    pub proposition: Option<Object<NewProposition>>,
    /// A document.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub document: Option<DocumentId>,
    /// A source.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub source: Option<SourceId>,
}

/// A grade. On the scale `admiralty`: `letter` and `digit`; on `icd203`: `likelihood` and `confidence`; on `opinion`:
/// `belief`, `disbelief`, `uncertainty` (together 1) and `base_rate`.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGrade {
    /// How reliable the source is: A completely to E not at all; F cannot be judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<LetterCode>)]
    pub letter: Option<Letter>,
    /// How credible what it says is: 1 confirmed to 5 improbable; 6 cannot be judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 6)]
    pub digit: Option<u8>,
    /// How likely it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<LikelihoodCode>)]
    pub likelihood: Option<Likelihood>,
    /// How confident you are that it is so likely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ConfidenceCode>)]
    pub confidence: Option<Confidence>,
    /// How much speaks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub belief: Option<f64>,
    /// How much speaks against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub disbelief: Option<f64>,
    /// How much nothing speaks for or against.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0.001, maximum = 1)]
    pub uncertainty: Option<f64>,
    /// How probable it is where nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub base_rate: Option<f64>,
}

impl NewAssessment {
    /// What is thought of what.
    pub fn content(&self) -> Result<Content, Rejection> {
        Ok(Content {
            target: self.target.0.target()?,
            grade: self.value.0.grade(self.scale)?,
            reason: Text::parse(self.reason.clone(), "/reason")?,
        })
    }

    /// The body of an assessment as it stands, for patches.
    pub fn of(content: &Content) -> Self {
        Self {
            id: None,
            target: Object(NewAssessed::of(&content.target)),
            scale: content.grade.scale(),
            value: Object(NewGrade::of(&content.grade)),
            reason: content.reason.as_str().to_owned(),
        }
    }
}

impl NewAssessed {
    fn target(&self) -> Result<Target, Rejection> {
        match (self.utterance, &self.proposition, self.document, self.source) {
            (Some(utterance), None, None, None) => Ok(Target::Utterance(utterance)),
            (None, Some(Object(about)), None, None) => {
                about.proposition().map(Target::Proposition).map_err(|rejection| rejection.below("/target"))
            }
            (None, None, Some(document), None) => Ok(Target::Document(document)),
            (None, None, None, Some(source)) => Ok(Target::Source(source)),
            _ => {
                let detail = "a target names exactly one of `utterance`, `proposition`, `document` and `source`";
                Err(Rejection::invalid("target_ambiguous", detail).at("/target"))
            }
        }
    }

    fn of(target: &Target) -> Self {
        let mut body = Self { utterance: None, proposition: None, document: None, source: None };
        match target {
            Target::Utterance(id) => body.utterance = Some(*id),
            Target::Proposition(about) => body.proposition = Some(Object(NewProposition::of(about))),
            Target::Document(id) => body.document = Some(*id),
            Target::Source(id) => body.source = Some(*id),
        }
        body
    }
}

impl NewGrade {
    fn grade(&self, scale: Scale) -> Result<Grade, Rejection> {
        let Self { letter, digit, likelihood, confidence, belief, disbelief, uncertainty, base_rate } = self;
        let mixed = |detail: &str| Err(Rejection::invalid("value_mismatch", detail).at("/value"));
        let is_admiralty = letter.is_some() || digit.is_some();
        let is_icd203 = likelihood.is_some() || confidence.is_some();
        let is_opinion = [belief, disbelief, uncertainty, base_rate].iter().any(|share| share.is_some());
        match scale {
            Scale::Admiralty => match (letter, digit) {
                (Some(letter), Some(digit)) if !is_icd203 && !is_opinion => {
                    Ok(Grade::Admiralty { letter: *letter, digit: *digit })
                }
                _ => mixed("the scale `admiralty` takes `letter` and `digit`"),
            },
            Scale::Icd203 => match (likelihood, confidence) {
                (Some(likelihood), Some(confidence)) if !is_admiralty && !is_opinion => {
                    Ok(Grade::Icd203 { likelihood: *likelihood, confidence: *confidence })
                }
                _ => mixed("the scale `icd203` takes `likelihood` and `confidence`"),
            },
            Scale::Opinion => match (belief, disbelief, uncertainty, base_rate) {
                (Some(belief), Some(disbelief), Some(uncertainty), Some(base_rate)) if !is_admiralty && !is_icd203 => {
                    Ok(Grade::Opinion(Opinion {
                        belief: *belief,
                        disbelief: *disbelief,
                        uncertainty: *uncertainty,
                        base_rate: *base_rate,
                    }))
                }
                _ => mixed("the scale `opinion` takes `belief`, `disbelief`, `uncertainty` and `base_rate`"),
            },
        }
    }

    fn of(grade: &Grade) -> Self {
        match *grade {
            Grade::Admiralty { letter, digit } => Self { letter: Some(letter), digit: Some(digit), ..Self::default() },
            Grade::Icd203 { likelihood, confidence } => {
                Self { likelihood: Some(likelihood), confidence: Some(confidence), ..Self::default() }
            }
            Grade::Opinion(Opinion { belief, disbelief, uncertainty, base_rate }) => Self {
                belief: Some(belief),
                disbelief: Some(disbelief),
                uncertainty: Some(uncertainty),
                base_rate: Some(base_rate),
                ..Self::default()
            },
        }
    }
}
