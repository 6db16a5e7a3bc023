//! Who asks: from the bearer token, or nobody.

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use event_log::credentials::Identity;
use runtime::Problem;
use uuid::Uuid;
use wire::view::Viewer;

use crate::App;

/// Seconds after which a store of credentials that did not answer may be asked again.
const RETRY_AFTER_SECONDS: u64 = 1;

/// Whoever sent the request. A token that is not valid is refused even where none is needed: its bearer is mistaken
/// about something, and should hear of it.
pub(crate) struct Caller {
    identity: Option<Identity>,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Some(token) = bearer(&parts.headers)? else { return Ok(Self { identity: None }) };
        let identity = app.parts.credentials.check(token).await.map_err(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "credential not checked");
            Problem::unavailable("unavailable", "the token cannot be checked now; try again", RETRY_AFTER_SECONDS)
        })?;
        match identity {
            Some(identity) => Ok(Self { identity: Some(identity) }),
            None => Err(token_invalid("the token is unknown, revoked or expired; ask an operator for a new one")),
        }
    }
}

impl Caller {
    /// The viewer of a project's views.
    pub fn of_project(&self, app: &App, project: Uuid) -> Result<Viewer, Problem> {
        match &self.identity {
            None if app.config.anonymous_reader.contains(&project) => {
                Ok(Viewer { anonymous_reader: true, ..Viewer::default() })
            }
            _ => self.of_installation(),
        }
    }

    /// The viewer of what belongs to no project.
    pub fn of_installation(&self) -> Result<Viewer, Problem> {
        let identity = self.identity.as_ref().ok_or_else(|| {
            Problem::unauthorized("token_missing", "this needs a token: send `Authorization: Bearer <token>`")
        })?;
        Ok(Viewer { user: identity.user.to_string(), operator: identity.operator, anonymous_reader: false })
    }
}

/// The token that the request carries, if any.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(token_invalid("`Authorization` is given more than once"));
    }
    token(value).map(Some).ok_or_else(|| token_invalid("`Authorization` must read `Bearer <token>`"))
}

/// The scheme is compared without regard to case (RFC 9110, section 11.1).
fn token(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn token_invalid(detail: &'static str) -> Problem {
    // RFC 6750, section 3.1: a client learns that another token would help.
    let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
    Problem::unauthorized("token_invalid", detail).header(WWW_AUTHENTICATE, challenge)
}

#[cfg(test)]
mod tests;
