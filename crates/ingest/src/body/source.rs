//! Sources.

use domain::Rejection;
use domain::id::SourceId;
use domain::source::{Command, SourceKind, SourceRelation};
use domain::text::Text;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{SourceKindCode, SourceRelationCode};

/// A source to register: an organisation that publishes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSource {
    /// Its id; made by the server when absent.
    pub id: Option<Uuid>,
    /// Its name.
    #[schema(min_length = 1, max_length = 8192)]
    pub name: String,
    /// What kind of organisation it is.
    #[schema(value_type = SourceKindCode)]
    pub kind: SourceKind,
}

impl NewSource {
    /// The command.
    pub fn command(&self) -> Result<Command, Rejection> {
        Ok(Command::Register { name: Text::parse(self.name.clone(), "/name")?, kind: self.kind })
    }
}

/// How a source is related to another.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSourceRelation {
    /// How.
    #[serde(rename = "type")]
    #[schema(value_type = SourceRelationCode)]
    pub relation: SourceRelation,
    /// To which source.
    #[schema(value_type = Uuid)]
    pub to: SourceId,
}
