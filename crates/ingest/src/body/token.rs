//! Tokens.

use domain::Rejection;
use domain::id::{Handle, UserId};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The longest life of a token in days.
const TTL_DAYS_MAX: u32 = 3_650;

/// A token to issue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// Whom it is to speak for: a UUID or a handle `[a-z0-9._-]{1,64}`.
    #[schema(pattern = "^[a-z0-9._-]{1,64}$", example = "layla")]
    pub user: String,
    /// In how many days it ends.
    #[schema(minimum = 1, maximum = 3650)]
    pub ttl_days: u32,
    /// Whether its bearer runs the installation.
    #[serde(default)]
    pub operator: bool,
}

impl NewToken {
    /// The life in days, if it is one.
    pub fn ttl_days(&self) -> Result<u32, Rejection> {
        check_ttl(self.ttl_days)
    }
}

/// Checks the life of a token.
pub(crate) fn check_ttl(days: u32) -> Result<u32, Rejection> {
    if (1..=TTL_DAYS_MAX).contains(&days) {
        return Ok(days);
    }
    Err(Rejection::invalid("ttl_invalid", format!("a token lives for 1 to {TTL_DAYS_MAX} days")).at("/ttl_days"))
}

/// The user that a UUID or a handle names.
pub(crate) fn user(text: &str) -> Option<UserId> {
    // A UUID has the form of a handle, too; who means a UUID does not mean a handle that looks like one.
    match Uuid::try_parse(text) {
        Ok(uuid) if text.len() == 36 => Some(UserId::new(uuid)),
        _ => Handle::parse(text).map(|handle| UserId::from_handle(&handle)),
    }
}

/// The refusal of what is neither a UUID nor a handle.
pub(crate) fn user_invalid() -> Rejection {
    Rejection::invalid("user_invalid", "a user is a UUID or a handle of 1 to 64 characters of [a-z0-9._-]")
}
