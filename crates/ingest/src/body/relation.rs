//! Relations between actors.

use domain::Rejection;
use domain::edtf::Edtf;
use domain::id::{ActorId, AnnotationId};
use domain::relation::{Edge, RelationStance, RelationType};
use domain::text::Text;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::actor::check_evidence;
use super::{RelationStanceCode, RelationTypeCode};

/// A possible edge between two actors.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRelation {
    /// Its id; made by the server when absent.
    pub id: Option<Uuid>,
    /// What it says of its first actor.
    #[serde(rename = "type")]
    #[schema(value_type = RelationTypeCode)]
    pub relation: RelationType,
    /// Its first actor.
    #[schema(value_type = Uuid)]
    pub from: ActorId,
    /// Its second actor.
    #[schema(value_type = Uuid)]
    pub to: ActorId,
    /// Whether you take it as given, or pass on that somebody says so.
    #[schema(value_type = RelationStanceCode)]
    pub stance: RelationStance,
    /// The annotations that show it, at least one of them live.
    #[schema(min_items = 1, max_items = 64, value_type = Vec<Uuid>)]
    pub evidence: Vec<AnnotationId>,
    /// When it held, as EDTF; always when absent.
    #[schema(max_length = 256, example = "2019/2021-06")]
    pub valid: Option<String>,
}

impl NewRelation {
    /// The edge.
    pub fn edge(&self) -> Result<Edge, Rejection> {
        check_evidence(&self.evidence)?;
        Ok(Edge {
            relation: self.relation,
            from: self.from,
            to: self.to,
            stance: self.stance,
            evidence: self.evidence.clone(),
            valid: Edtf::optional(self.valid.as_deref(), "/valid")?,
        })
    }
}

/// A dispute of a relation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDispute {
    /// Why.
    #[schema(min_length = 1, max_length = 8192)]
    pub reason: String,
}

impl NewDispute {
    /// Why.
    pub fn reason(&self) -> Result<Text, Rejection> {
        Text::parse(self.reason.clone(), "/reason")
    }
}
