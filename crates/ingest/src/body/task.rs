//! Tasks: what is to be read by whom, and what was submitted.

use domain::Rejection;
use domain::id::{DocumentId, ReadingId};
use domain::task::{Submission, Terms};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use wire::view::Overlap;

use super::check_len;
use super::token::{user, user_invalid};

/// How long a lease is where nothing else is said, in seconds.
const LEASE_SECONDS: u32 = 3_600;

/// A revision of a document that is to be read by several people.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTask {
    /// Its id; made by the server when absent.
    pub id: Option<Uuid>,
    /// The document.
    #[schema(value_type = Uuid)]
    pub document: DocumentId,
    /// The number of the revision that is to be read.
    #[schema(minimum = 1)]
    pub revision: u32,
    /// By how many it is to be read, or `everyone`: all whom it is assigned to, or else whoever wants to.
    pub overlap: Overlap,
    /// How long a lease is, in seconds.
    #[serde(default = "lease_seconds")]
    #[schema(minimum = 1, maximum = 604_800, default = 3600)]
    pub lease_seconds: u32,
    /// Higher ones are leased first.
    #[serde(default)]
    #[schema(minimum = -1000, maximum = 1000, default = 0)]
    pub priority: i32,
    /// Who may lease it, as UUIDs or handles `[a-z0-9._-]{1,64}`; anybody who annotates, if there is none.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub assignees: Vec<String>,
}

fn lease_seconds() -> u32 {
    LEASE_SECONDS
}

impl NewTask {
    /// What is to be read by whom.
    pub fn terms(&self) -> Result<Terms, Rejection> {
        check_len(self.assignees.len(), Terms::ASSIGNEES_MAX, "/assignees")?;
        let assignee =
            |(at, text): (usize, &String)| user(text).ok_or_else(|| user_invalid().at(format!("/assignees/{at}")));
        Ok(Terms {
            document: self.document,
            revision: self.revision,
            overlap: self.overlap.into(),
            lease_seconds: self.lease_seconds,
            priority: self.priority,
            assignees: self.assignees.iter().enumerate().map(assignee).collect::<Result<_, _>>()?,
        })
    }
}

/// What you found: your own readings of the document and your spans without a claim; or that there is nothing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSubmission {
    /// Your readings of claims that the document holds.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>, max_items = 1000)]
    pub readings: Vec<ReadingId>,
    /// Your spans without a claim.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>, max_items = 1000)]
    pub no_claims: Vec<ReadingId>,
    /// Whether there is nothing to read: then both lists are empty, and only then.
    #[serde(default)]
    pub nothing_found: bool,
}

impl NewSubmission {
    /// What was found.
    pub fn submission(&self) -> Result<Submission, Rejection> {
        let Self { readings, no_claims, nothing_found } = self;
        check_len(readings.len(), Submission::LEN_MAX, "/readings")?;
        check_len(no_claims.len(), Submission::LEN_MAX, "/no_claims")?;
        Ok(Submission { readings: readings.clone(), no_claims: no_claims.clone(), nothing_found: *nothing_found })
    }
}
