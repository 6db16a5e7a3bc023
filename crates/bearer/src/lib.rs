//! Whom a bearer token speaks for: tokens of this installation, and those of OpenID Connect providers.
//!
//! Both services ask here, so that they hear the same tokens and refuse the others in the same words. What must hold:
//!
//! - **A refusal tells nothing.** Every token that is not heard gets the same answer; the reason is in the log, at debug
//!   level, and the token is not.
//! - **A token chooses nothing.** It names one of the keys that its issuer publishes. The address of these keys and the
//!   algorithms come from the settings; a token that brings a key or an address along is refused unseen.
//! - **A key fits one kind of algorithm.** A public key is never the secret of a shared one.
//! - **Strangers cost little.** The length of a token is checked before anything of it is read; keys are fetched by one
//!   request at a time, with a pause after each, whatever tokens ask for.

pub mod openid;
mod refusal;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

use std::sync::Arc;

use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue};
use domain::access::Role;
use domain::id::{CredentialId, ProjectId, UserId};
use event_log::credentials::Credentials;
use runtime::Problem;

use openid::Providers;
use refusal::Refusal;

/// What a token is, as the description of the interface says it.
pub const DESCRIPTION: &str =
    "A token of `POST /v1/tokens`, or an access token of an OpenID Connect provider that the settings name.";

/// Seconds after which what did not answer may be asked again.
const RETRY_AFTER_SECONDS: u64 = 1;

/// Whom a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// The user.
    pub user: UserId,
    /// The token, as records name it.
    pub credential: CredentialId,
    /// Whether it operates the installation.
    pub operator: bool,
    /// Roles that the token itself gives, beside those that projects give to the user.
    pub grants: Grants,
}

/// Roles in projects, at most one in each. Clones share them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants(Option<Arc<[(ProjectId, Role)]>>);

impl Grants {
    /// These roles; of several in one project the highest.
    #[must_use]
    pub fn new(roles: impl IntoIterator<Item = (ProjectId, Role)>) -> Self {
        let mut roles: Vec<_> = roles.into_iter().collect();
        roles.sort_unstable_by(|left, right| left.0.cmp(&right.0).then(right.1.cmp(&left.1)));
        roles.dedup_by_key(|(project, _)| *project);
        Self((!roles.is_empty()).then(|| roles.into()))
    }

    /// The role in a project.
    #[must_use]
    pub fn role(&self, project: ProjectId) -> Option<Role> {
        self.iter().find(|(granted, _)| *granted == project).map(|(_, role)| role)
    }

    /// All of them, in the order of projects.
    pub fn iter(&self) -> impl Iterator<Item = (ProjectId, Role)> + '_ {
        self.0.iter().flat_map(|roles| roles.iter().copied())
    }
}

/// What tells whom a token speaks for. Clones share everything.
#[derive(Clone, Debug)]
pub struct Tokens {
    credentials: Credentials,
    providers: Option<Providers>,
}

impl Tokens {
    /// Hears the tokens of these credentials, and those of providers, if there are any.
    #[must_use]
    pub fn new(credentials: Credentials, providers: Option<Providers>) -> Self {
        Self { credentials, providers }
    }

    /// The tokens of this installation.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Whom the request's token speaks for; none where it carries no token. A token that is not heard is refused even
    /// where none is needed: its bearer is mistaken about something, and should hear of it.
    pub async fn bearer(&self, headers: &HeaderMap) -> Result<Option<Bearer>, Problem> {
        let Some(token) = token(headers).map_err(refused)? else { return Ok(None) };
        let own = self.credentials.check(token).await.map_err(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "credential not checked");
            unavailable()
        })?;
        if let Some(own) = own {
            return Ok(Some(Bearer {
                user: UserId::new(own.user),
                credential: CredentialId::new(own.credential),
                operator: own.operator,
                grants: Grants::default(),
            }));
        }
        let Some(providers) = &self.providers else { return Err(refused(Refusal::Unknown)) };
        match providers.check(token).await {
            Ok(bearer) => Ok(Some(bearer)),
            Err(Refusal::Away) => Err(unavailable()),
            Err(refusal) => Err(refused(refusal)),
        }
    }

    /// Whom the request's token speaks for, where it has to carry one.
    pub async fn required(&self, headers: &HeaderMap) -> Result<Bearer, Problem> {
        self.bearer(headers).await?.ok_or_else(missing)
    }
}

/// The answer to a request that needs a token and carries none.
#[must_use]
pub fn missing() -> Problem {
    Problem::unauthorized("token_missing", "this needs a token: send `Authorization: Bearer <token>`")
}

fn refused(refusal: Refusal) -> Problem {
    tracing::debug!(reason = %refusal, "token refused");
    // RFC 6750, section 3.1: a client learns that another token would help.
    let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
    Problem::unauthorized("token_invalid", "the token is unknown, revoked or expired")
        .header(WWW_AUTHENTICATE, challenge)
}

fn unavailable() -> Problem {
    Problem::unavailable("unavailable", "the token cannot be checked now; try again", RETRY_AFTER_SECONDS)
}

/// The token that the request carries, if any.
fn token(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refusal::Twice);
    }
    // The scheme is compared without regard to case (RFC 9110, section 11.1).
    let (scheme, token) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or(Refusal::NoBearer)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::NoBearer);
    }
    Ok(Some(token.trim()))
}

#[cfg(test)]
mod tests;
