//! Documents and their revisions.

use domain::anchor::Strictness;
use domain::document::{Detail, TEXT_LEN_MAX};
use domain::edtf::Edtf;
use domain::id::SourceId;
use domain::text::{self, Text};
use domain::{Fact, Rejection};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{StrictnessCode, language};

/// A document to register with its first text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDocument {
    /// Its id; made by the server when absent.
    pub id: Option<Uuid>,
    /// Its title.
    #[schema(min_length = 1, max_length = 8192)]
    pub title: String,
    /// The source that published it.
    #[schema(value_type = Uuid)]
    pub source: SourceId,
    /// The text, at most 16 MiB in UTF-8. It is kept exactly as it is sent.
    #[schema(min_length = 1)]
    pub text: String,
    /// Where it was published.
    #[schema(min_length = 1, max_length = 8192)]
    pub url: Option<String>,
    /// When it was published, as EDTF.
    #[schema(max_length = 256, example = "2021-05-04")]
    pub published: Option<String>,
    /// Its language as a BCP 47 tag.
    #[schema(max_length = 64, example = "en")]
    pub language: Option<String>,
    /// How it is to be handled, in the project's own terms.
    #[schema(min_length = 1, max_length = 8192)]
    pub sensitivity: Option<String>,
}

impl NewDocument {
    /// What is known of the document besides its text.
    pub fn detail(&self) -> Result<Detail, Rejection> {
        check_text(&self.text)?;
        Ok(Detail {
            title: Text::parse(self.title.clone(), "/title")?,
            source: self.source,
            url: text::optional(self.url.clone(), "/url")?,
            published: Edtf::optional(self.published.as_deref(), "/published")?,
            language: language(self.language.clone(), "/language")?,
            sensitivity: text::optional(self.sensitivity.clone(), "/sensitivity")?,
        })
    }
}

/// A further text of a document.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRevision {
    /// The text, at most 16 MiB in UTF-8. It is kept exactly as it is sent.
    #[schema(min_length = 1)]
    pub text: String,
    /// When the text was captured.
    #[schema(format = DateTime)]
    pub captured_at: String,
    /// What counts as the place of an annotation in this text: the `best` one, whose quote may have been edited, or only
    /// one with the `exact` quote.
    #[serde(default)]
    #[schema(value_type = StrictnessCode, default = "best")]
    pub anchors: Strictness,
}

impl NewRevision {
    /// When the text was captured.
    pub fn captured_at(&self) -> Result<Text, Rejection> {
        check_text(&self.text)?;
        if OffsetDateTime::parse(&self.captured_at, &Rfc3339).is_err() {
            let detail = "a time is RFC 3339, such as `2021-05-04T10:00:00Z`";
            return Err(Rejection::invalid("time_invalid", detail).at("/captured_at"));
        }
        Text::parse(self.captured_at.clone(), "/captured_at")
    }
}

fn check_text(text: &str) -> Result<(), Rejection> {
    if text.is_empty() {
        return Err(Rejection::invalid("text_blank", "a document has a text").at("/text"));
    }
    if text.len() <= TEXT_LEN_MAX {
        return Ok(());
    }
    let detail = format!("the text has {} bytes, at most {TEXT_LEN_MAX} are taken", text.len());
    Err(Rejection::invalid("text_too_long", detail).at("/text").with("len_max", Fact::Number(TEXT_LEN_MAX as u64)))
}
