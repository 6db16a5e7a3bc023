//! Judgements on whether two are one.

use domain::Rejection;
use domain::id::{JudgementId, UserId};
use domain::identity::{Command, Identity, Judged, Subject, Verdict};
use domain::text::Text;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{IdentityVerdictCode, SubjectCode, check_len};

/// A judgement on whether two actors, incidents or readings are one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewJudgement {
    /// Its id; made by the server when absent.
    pub id: Option<Uuid>,
    /// What is judged.
    #[schema(value_type = SubjectCode)]
    pub kind: Subject,
    /// The one.
    pub left: Uuid,
    /// The other; the order of the two plays no part.
    pub right: Uuid,
    /// `same` joins the two and all that is the same as either; `unsure` and `distinct` join nothing.
    #[schema(value_type = IdentityVerdictCode)]
    pub verdict: Verdict,
    /// Why.
    #[schema(min_length = 1, max_length = 8192)]
    pub reason: String,
    /// The live judgements that this one contests: a `distinct` those that make the two the same, a `same` those that
    /// make them distinct. They are disputed from then on, and count again once this one is withdrawn.
    #[serde(default)]
    #[schema(max_items = 100, value_type = Vec<Uuid>)]
    pub against: Vec<JudgementId>,
}

impl NewJudgement {
    /// The command under this id.
    pub fn command(&self, author: UserId, id: Uuid) -> Result<Command, Rejection> {
        check_len(self.against.len(), Identity::AGAINST_MAX, "/against")?;
        let judged = Judged {
            id: id.into(),
            subject: self.kind,
            left: self.left,
            right: self.right,
            reason: Text::parse(self.reason.clone(), "/reason")?,
            against: self.against.clone(),
        };
        Ok(Command::Judge { author, verdict: self.verdict, judged })
    }
}
