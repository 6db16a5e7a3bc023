//! Projects, members, policies and codebooks.

use std::collections::{BTreeMap, BTreeSet};

use domain::access;
use domain::claim::{Act, Certainty, Role};
use domain::codebook::Codebook;
use domain::id::ActorId;
use domain::policy::{Evidence, Generic, Policy, Readings};
use domain::text::Text;
use domain::{Code, Rejection};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::object::Object;
use super::{ActCode, CertaintyCode, GenericCode, MemberRoleCode, ReadingsCode, RoleCode, check_len, texts};

/// A project to create. Its creator becomes its admin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProject {
    /// Its id; made by the server when absent.
    pub id: Option<Uuid>,
    /// Its name.
    #[schema(min_length = 1, max_length = 8192)]
    pub name: String,
    /// Whether annotators are kept from each other's open work.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub blind: bool,
}

fn yes() -> bool {
    true
}

/// A membership to grant, in place of an earlier one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMembership {
    /// The role; each includes what the ones before it may.
    #[schema(value_type = MemberRoleCode)]
    pub role: access::Role,
}

/// A policy version to publish: under which rules readings become positions. What is absent is as in policy 0.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPolicy {
    /// How the readings of one utterance become its value: what all annotators share, or what a majority says.
    #[serde(default)]
    #[schema(value_type = Option<ReadingsCode>)]
    pub readings: Option<Readings>,
    /// The share that a majority needs, above 1/2; 2/3 when absent.
    #[schema(exclusive_minimum = 0.5, maximum = 1)]
    pub theta: Option<f64>,
    /// What generic utterances do to the members of their class.
    #[serde(default)]
    #[schema(value_type = Option<GenericCode>)]
    pub generic: Option<Generic>,
    /// Who counts as official, whatever their kind.
    #[serde(default)]
    #[schema(value_type = NewOfficials)]
    pub officials: Object<NewOfficials>,
    /// Trust in actors and sources by id, 0 to 1; who is not named has 1.
    #[serde(default)]
    pub trust: BTreeMap<Uuid, f64>,
    /// Evidence by certainty (CT, PR, PS, U); what is not named is as in policy 0.
    #[serde(default)]
    #[schema(value_type = BTreeMap<CertaintyCode, NewOpinionEvidence>)]
    pub opinions: BTreeMap<Certainty, Object<NewOpinionEvidence>>,
    /// The base rate of an opinion; 0.5 when absent.
    #[schema(minimum = 0, maximum = 1)]
    pub base_rate: Option<f64>,
}

/// Who counts as official.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NewOfficials {
    /// Actors who do.
    #[schema(max_items = 1000)]
    pub include: Vec<Uuid>,
    /// Actors who do not.
    #[schema(max_items = 1000)]
    pub exclude: Vec<Uuid>,
}

/// Evidence of one certainty.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOpinionEvidence {
    /// Evidence for.
    #[schema(minimum = 0)]
    pub r: f64,
    /// Evidence against.
    #[schema(minimum = 0)]
    pub s: f64,
}

impl NewPolicy {
    /// The policy; its numbers are checked by the project that publishes it.
    pub fn policy(&self) -> Result<Policy, Rejection> {
        let base = Policy::default();
        check_len(self.officials.0.include.len(), Policy::LIST_MAX, "/officials/include")?;
        check_len(self.officials.0.exclude.len(), Policy::LIST_MAX, "/officials/exclude")?;
        check_len(self.trust.len(), Policy::LIST_MAX, "/trust")?;
        let actors = |ids: &[Uuid]| -> BTreeSet<ActorId> { ids.iter().copied().map(ActorId::new).collect() };
        let mut opinions = base.opinions;
        opinions.extend(self.opinions.iter().map(|(code, Object(e))| (code.as_str(), Evidence { r: e.r, s: e.s })));
        Ok(Policy {
            readings: self.readings.unwrap_or(base.readings),
            theta: self.theta.unwrap_or(base.theta),
            generic: self.generic.unwrap_or(base.generic),
            officials_include: actors(&self.officials.0.include),
            officials_exclude: actors(&self.officials.0.exclude),
            trust: self.trust.clone(),
            opinions,
            base_rate: self.base_rate.unwrap_or(base.base_rate),
        })
    }
}

/// A codebook version to publish. It picks, labels and explains; it cannot add acts.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCodebook {
    /// What annotators are told.
    #[schema(min_length = 1, max_length = 8192)]
    pub guideline: String,
    /// Kinds of incidents.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub kinds: Vec<String>,
    /// Modes of utterances: statement, video, call, post.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub modes: Vec<String>,
    /// Labels of codes, as people are to see them.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// The acts in use; empty for all.
    #[serde(default)]
    #[schema(value_type = Vec<ActCode>)]
    pub acts: Vec<Act>,
    /// The roles in use; empty for all.
    #[serde(default)]
    #[schema(value_type = Vec<RoleCode>)]
    pub roles: Vec<Role>,
}

/// The longest code that a label can be for, in bytes: no code or term that is meant to be shown is longer.
const LABELLED_LEN_MAX: usize = 256;

impl NewCodebook {
    /// The codebook.
    pub fn codebook(&self) -> Result<Codebook, Rejection> {
        check_len(self.labels.len(), Codebook::LIST_MAX, "/labels")?;
        check_len(self.acts.len(), Act::ALL.len(), "/acts")?;
        check_len(self.roles.len(), Role::ALL.len(), "/roles")?;
        let label = |(code, label): (&String, &String)| {
            if code.is_empty() || code.len() > LABELLED_LEN_MAX {
                let detail = format!("a label is for a code of 1 to {LABELLED_LEN_MAX} bytes");
                return Err(Rejection::invalid("label_invalid", detail).at("/labels"));
            }
            let pointer = format!("/labels/{}", code.replace('~', "~0").replace('/', "~1"));
            Text::parse(label.clone(), &pointer).map(|label| (code.clone(), label))
        };
        Ok(Codebook {
            guideline: Text::parse(self.guideline.clone(), "/guideline")?,
            kinds: texts(self.kinds.clone(), Codebook::LIST_MAX, "/kinds")?,
            modes: texts(self.modes.clone(), Codebook::LIST_MAX, "/modes")?,
            labels: self.labels.iter().map(label).collect::<Result<_, _>>()?,
            acts: self.acts.clone(),
            roles: self.roles.clone(),
        })
    }
}
