//! Derivations of passages from others, verdicts on them, and origins.

use domain::Rejection;
use domain::derivation::{Command, DerivationType, Edge, Verdict};
use domain::id::AnnotationId;
use domain::text::Text;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{DerivationTypeCode, VerdictCode};

/// A derivation of one passage from another, to be judged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDerivation {
    /// Its id; made by the server when absent.
    pub id: Option<Uuid>,
    /// The annotation that is the copy; it is live.
    #[schema(value_type = Uuid)]
    pub from: AnnotationId,
    /// The annotation that is the original; it is live.
    #[schema(value_type = Uuid)]
    pub to: AnnotationId,
    /// How the copy was made.
    #[schema(value_type = DerivationTypeCode)]
    pub kind: DerivationType,
}

impl NewDerivation {
    /// The edge.
    pub fn edge(&self) -> Edge {
        Edge { derivation: self.kind, from: self.from, to: self.to }
    }
}

/// A verdict on a derivation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewVerdict {
    /// Whether it is one.
    #[schema(value_type = VerdictCode)]
    pub verdict: Verdict,
    /// Why.
    #[schema(min_length = 1, max_length = 8192)]
    pub reason: String,
}

impl NewVerdict {
    /// The command.
    pub fn command(&self) -> Result<Command, Rejection> {
        Ok(Command::Judge { verdict: self.verdict, reason: Text::parse(self.reason.clone(), "/reason")? })
    }
}

/// A passage that is declared to be an origin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOrigin {
    /// The id of the declaration; made by the server when absent.
    pub id: Option<Uuid>,
    /// The annotation of the passage; it is live.
    #[schema(value_type = Uuid)]
    pub annotation: AnnotationId,
    /// Why.
    #[schema(min_length = 1, max_length = 8192)]
    pub reason: String,
}

impl NewOrigin {
    /// The command.
    pub fn command(&self) -> Result<Command, Rejection> {
        let reason = Text::parse(self.reason.clone(), "/reason")?;
        Ok(Command::DeclareOrigin { annotation: self.annotation, reason })
    }
}
