//! Annotations: marked passages.

use domain::Rejection;
use domain::annotation::{Span, SpanRole};
use domain::id::DocumentId;
use domain::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::SpanRoleCode;

/// A passage to mark. Offsets are Unicode code points of that revision's text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAnnotation {
    /// Its id; made by the server when absent.
    pub id: Option<Uuid>,
    /// The document.
    #[schema(value_type = Uuid)]
    pub document: DocumentId,
    /// The number of the document's revision.
    #[schema(minimum = 1)]
    pub revision: u32,
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    #[schema(minimum = 1)]
    pub end: u32,
    /// The text from `start` to `end`: it shows that both sides mean the same passage, and is not kept.
    #[schema(min_length = 1)]
    pub exact: String,
    /// What the passage shows.
    #[schema(value_type = SpanRoleCode)]
    pub role: SpanRole,
    /// The annotator's note.
    #[schema(min_length = 1, max_length = 8192)]
    pub note: Option<String>,
}

impl NewAnnotation {
    /// The passage.
    pub fn span(&self) -> Result<Span, Rejection> {
        Ok(Span {
            document: self.document,
            revision: self.revision,
            start: self.start,
            end: self.end,
            role: self.role,
            note: text::optional(self.note.clone(), "/note")?,
        })
    }
}

/// A marked passage as it stands, for patches. A passage that moves is quoted anew in `exact`.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Annotation {
    /// The document, which does not change.
    #[schema(value_type = Uuid)]
    pub document: DocumentId,
    /// The number of the document's revision; it may become that of a newer one, where the passage is quoted anew.
    #[schema(minimum = 1)]
    pub revision: u32,
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    #[schema(minimum = 1)]
    pub end: u32,
    /// The text from `start` to `end`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1)]
    pub exact: Option<String>,
    /// What the passage shows.
    #[schema(value_type = SpanRoleCode)]
    pub role: SpanRole,
    /// The annotator's note.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 8192)]
    pub note: Option<String>,
}

impl Annotation {
    /// The body of a passage.
    pub fn of(span: &Span) -> Self {
        Self {
            document: span.document,
            revision: span.revision,
            start: span.start,
            end: span.end,
            exact: None,
            role: span.role,
            note: span.note.as_ref().map(|note| note.as_str().to_owned()),
        }
    }

    /// The passage.
    pub fn span(&self) -> Result<Span, Rejection> {
        Ok(Span {
            document: self.document,
            revision: self.revision,
            start: self.start,
            end: self.end,
            role: self.role,
            note: text::optional(self.note.clone(), "/note")?,
        })
    }
}
