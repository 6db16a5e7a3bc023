//! Actors and their names.

use domain::Rejection;
use domain::actor::{ActorKind, Name};
use domain::claim::EVIDENCE_MAX;
use domain::id::AnnotationId;
use domain::text::Text;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ActorKindCode, check_distinct, check_len, language};

/// An actor to register under its first name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewActor {
    /// Its id; made by the server when absent.
    pub id: Option<Uuid>,
    /// Its first name.
    #[schema(min_length = 1, max_length = 8192)]
    pub name: String,
    /// What it is; `placeholder` for an anonymous or facade group, or an unknown.
    #[schema(value_type = ActorKindCode)]
    pub kind: ActorKind,
    /// Annotations that show the name.
    #[serde(default)]
    #[schema(max_items = 64, value_type = Vec<Uuid>)]
    pub evidence: Vec<AnnotationId>,
}

impl NewActor {
    /// The first name.
    pub fn name(&self) -> Result<Name, Rejection> {
        check_evidence(&self.evidence)?;
        let name = Text::parse(self.name.clone(), "/name")?;
        Ok(Name { name, language: None, evidence: self.evidence.clone() })
    }
}

/// A name that an actor bears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewName {
    /// The name.
    #[schema(min_length = 1, max_length = 8192)]
    pub name: String,
    /// Its language as a BCP 47 tag.
    #[schema(max_length = 64, example = "ar")]
    pub language: Option<String>,
    /// Annotations that show it.
    #[serde(default)]
    #[schema(max_items = 64, value_type = Vec<Uuid>)]
    pub evidence: Vec<AnnotationId>,
}

impl NewName {
    /// The name.
    pub fn name(&self) -> Result<Name, Rejection> {
        check_evidence(&self.evidence)?;
        Ok(Name {
            name: Text::parse(self.name.clone(), "/name")?,
            language: language(self.language.clone(), "/language")?,
            evidence: self.evidence.clone(),
        })
    }
}

/// Checks a list of cited annotations that may be empty.
pub(super) fn check_evidence(evidence: &[AnnotationId]) -> Result<(), Rejection> {
    check_len(evidence.len(), EVIDENCE_MAX, "/evidence")?;
    check_distinct(evidence, "/evidence")
}
