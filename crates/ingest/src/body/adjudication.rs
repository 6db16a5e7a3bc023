//! Adjudications: questions, rulings, findings.

use domain::Rejection;
use domain::adjudication::{Dissent, Docket, Finding, Outcome, Rulings, Standard, Target};
use domain::id::{IncidentId, ReadingId};
use domain::text::Text;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::object::Object;
use super::reading::NewProposition;
use super::token::{user, user_invalid};
use super::{OutcomeCode, StandardCode, check_len};

/// A question to be decided.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAdjudication {
    /// Its id; made by the server when absent.
    pub id: Option<Uuid>,
    /// What is asked.
    #[schema(min_length = 1, max_length = 8192)]
    pub question: String,
    /// What it is about: all readings, all propositions or all incidents.
    #[schema(min_items = 1, max_items = 64, value_type = Vec<NewTarget>)]
    pub targets: Vec<Object<NewTarget>>,
}

/// What is to be decided: exactly one of `reading`, `proposition` and `incident`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTarget {
    /// Whether a text says what this reading says that it says.
    #[schema(value_type = Option<Uuid>)]
    pub reading: Option<ReadingId>,
    /// Whether this proposition holds; it names nobody in `with`.
    #[schema(value_type = Option<NewProposition>)]
    pub proposition: Option<Object<NewProposition>>,
    /// This incident as a whole.
    #[schema(value_type = Option<Uuid>)]
    pub incident: Option<IncidentId>,
}

impl NewAdjudication {
    /// The question and its targets.
    pub fn docket(&self) -> Result<Docket, Rejection> {
        check_len(self.targets.len(), Docket::TARGETS_MAX, "/targets")?;
        let target = |(at, Object(target)): (usize, &Object<NewTarget>)| target.target(&format!("/targets/{at}"));
        Ok(Docket {
            question: Text::parse(self.question.clone(), "/question")?,
            targets: self.targets.iter().enumerate().map(target).collect::<Result<_, _>>()?,
        })
    }
}

impl NewTarget {
    fn target(&self, pointer: &str) -> Result<Target, Rejection> {
        match (self.reading, &self.proposition, self.incident) {
            (Some(reading), None, None) => Ok(Target::Reading(reading)),
            (None, Some(Object(about)), None) => {
                about.proposition().map(Target::Proposition).map_err(|rejection| rejection.below(pointer))
            }
            (None, None, Some(incident)) => Ok(Target::Incident(incident)),
            _ => {
                let detail = "a target names exactly one of `reading`, `proposition` and `incident`";
                Err(Rejection::invalid("target_ambiguous", detail).at(pointer))
            }
        }
    }
}

/// What the texts say: each reading that the adjudication is about is upheld or rejected.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRulings {
    /// The readings that say what the text says.
    #[serde(default)]
    #[schema(max_items = 64, value_type = Vec<Uuid>)]
    pub uphold: Vec<ReadingId>,
    /// Those that do not; they no longer count.
    #[serde(default)]
    #[schema(max_items = 64, value_type = Vec<Uuid>)]
    pub reject: Vec<ReadingId>,
    /// Why.
    #[schema(min_length = 1, max_length = 8192)]
    pub reason: String,
    /// The position in the log up to which records were taken into account.
    #[schema(minimum = 1)]
    pub based_on: u64,
}

impl NewRulings {
    /// The rulings.
    pub fn rulings(&self) -> Result<Rulings, Rejection> {
        check_len(self.uphold.len(), Docket::TARGETS_MAX, "/uphold")?;
        check_len(self.reject.len(), Docket::TARGETS_MAX, "/reject")?;
        Ok(Rulings {
            uphold: self.uphold.clone(),
            reject: self.reject.clone(),
            reason: Text::parse(self.reason.clone(), "/reason")?,
            based_on: self.based_on,
        })
    }
}

/// What was found on one of the targets.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFinding {
    /// The target: a proposition or an incident.
    #[schema(value_type = NewTarget)]
    pub target: Object<NewTarget>,
    /// What was found.
    #[schema(value_type = OutcomeCode)]
    pub outcome: Outcome,
    /// How much it took to be convinced.
    #[schema(value_type = StandardCode)]
    pub standard: Standard,
    /// Why.
    #[schema(min_length = 1, max_length = 8192)]
    pub reason: String,
    /// The position in the log up to which records were taken into account.
    #[schema(minimum = 1)]
    pub based_on: u64,
    /// Who sees it otherwise.
    #[serde(default)]
    #[schema(max_items = 16, value_type = Vec<NewDissent>)]
    pub dissent: Vec<Object<NewDissent>>,
}

/// Somebody's other opinion.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDissent {
    /// The user: a UUID or a handle `[a-z0-9._-]{1,64}`.
    #[schema(min_length = 1, max_length = 64)]
    pub by: String,
    /// The opinion.
    #[schema(min_length = 1, max_length = 8192)]
    pub text: String,
}

impl NewFinding {
    /// The finding.
    pub fn finding(&self) -> Result<Finding, Rejection> {
        check_len(self.dissent.len(), Finding::DISSENT_MAX, "/dissent")?;
        let dissent = |(at, Object(NewDissent { by, text })): (usize, &Object<NewDissent>)| {
            let pointer = format!("/dissent/{at}");
            Ok(Dissent {
                by: user(by).ok_or_else(|| user_invalid().at(format!("{pointer}/by")))?,
                text: Text::parse(text.clone(), &format!("{pointer}/text"))?,
            })
        };
        Ok(Finding {
            target: self.target.0.target("/target")?,
            outcome: self.outcome,
            standard: self.standard,
            reason: Text::parse(self.reason.clone(), "/reason")?,
            based_on: self.based_on,
            dissent: self.dissent.iter().enumerate().map(dissent).collect::<Result<_, _>>()?,
        })
    }
}

/// Why an adjudication is reopened or overturned.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReason {
    /// Why.
    #[schema(min_length = 1, max_length = 8192)]
    pub reason: String,
}

impl NewReason {
    /// The reason.
    pub fn reason(&self) -> Result<Text, Rejection> {
        Text::parse(self.reason.clone(), "/reason")
    }
}
