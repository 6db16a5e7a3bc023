//! Tokens. The record of an issue comes first, then the credential: no token works that is not on record.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::extract::State;
use axum::http::StatusCode;
use bearer::Bearer;
use domain::access::{self, Action};
use domain::id::{CredentialId, Handle, INSTALLATION, UserId};
use domain::text::Text;
use domain::user::{self, User};
use domain::{Kind, Rejection};
use event_log::credentials::{Grant, Token};
use runtime::{Path, Problem};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;
use wire::json::rfc3339;
use wire::subject::Address;

use super::describe::{Changed, Created, Repeatable};
use crate::answer::{Answer, TokenWritten, Written};
use crate::auth::outside;
use crate::body::token::{self, NewToken, check_ttl, user_invalid};
use crate::execute::{Command, Decision, Loaded, Outcome, now_us};
use crate::failure::Failure;
use crate::request::{Ask, Bare};
use crate::service::Service;

/// Microseconds of a day.
const DAY_US: i64 = 24 * 60 * 60 * 1_000_000;

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(post_token)).routes(routes!(delete_token))
}

/// Issue a token. Operators alone may. It is shown this once; a repetition issues another one.
#[utoipa::path(
    post, path = "/v1/tokens", tag = "tokens", request_body = NewToken,
    responses(Created<TokenWritten>), security(("token" = []))
)]
async fn post_token(State(service): State<Service>, ask: Ask<NewToken>) -> Result<Answer, Problem> {
    Ok(post(&service, &ask).await?)
}

async fn post(service: &Service, ask: &Ask<NewToken>) -> Result<Answer, Failure> {
    check_operator(&ask.caller)?;
    let user = token::user(&ask.body.user).ok_or_else(|| user_invalid().at("/user"))?;
    let display_name = Text::parse(ask.body.user.clone(), "/user")?;
    let new = New { user, display_name, ttl_days: ask.body.ttl_days()?, operator: ask.body.operator };
    let id = CredentialId::new(Uuid::now_v7());
    let command = ask.command("tokens", user_address(user), Uuid::now_v7(), "tokens");
    let (issued, outcome) = issue(service, &command, id, new).await?;
    let body = TokenWritten {
        id: id.uuid(),
        token: issued.token.expose().to_owned(),
        user: user.uuid(),
        expires_at: rfc3339(issued.expires_at_us),
        sequence: outcome.sequence,
    };
    Ok(Answer {
        status: StatusCode::CREATED,
        // A token is never shown again, and its issue is not repeated under a key.
        key: None,
        revision: None,
        ..Answer::changed(&command, &outcome, &body)
    })
}

fn check_operator(caller: &Bearer) -> Result<(), Rejection> {
    access::check(&outside(caller), Action::Create, Kind::User)
}

fn user_address(user: UserId) -> Address {
    Address { project: INSTALLATION.uuid(), kind: Kind::User, id: user.uuid() }
}

/// A token to issue.
struct New {
    user: UserId,
    display_name: Text,
    ttl_days: u32,
    operator: bool,
}

struct Issued {
    token: Token,
    expires_at_us: i64,
}

async fn issue(service: &Service, command: &Command, id: CredentialId, new: New) -> Result<(Issued, Outcome), Failure> {
    let New { user, display_name, ttl_days, operator } = new;
    let expires_at_us = now_us() + i64::from(ttl_days) * DAY_US;
    let asked = &user::Command::IssueToken { display_name, token: id, expires_at_us, operator };
    let decide =
        |loaded: Arc<Loaded<User>>| async move { Ok(Decision::new(loaded.state.decide(asked.clone())?, Vec::new())) };
    let outcome = service.change(command, decide).await?;
    let expires_at = u64::try_from(expires_at_us).map(Duration::from_micros).ok().map(|since| UNIX_EPOCH + since);
    let grant = Grant { credential: id.uuid(), user: user.uuid(), operator, expires_at };
    let token = service.credentials().issue(grant).await?;
    Ok((Issued { token, expires_at_us }, outcome))
}

/// Issues a token for a user known by a handle, without a caller: the user is the author of the record.
pub(crate) async fn issue_first(
    service: &Service,
    handle: &Handle,
    ttl_days: u32,
    operator: bool,
) -> Result<(Token, UserId, CredentialId), Failure> {
    let user = UserId::from_handle(handle);
    let id = CredentialId::new(Uuid::now_v7());
    let command = Command {
        resource: "tokens",
        address: user_address(user),
        author: user,
        credential: id,
        id: Uuid::now_v7(),
        request_sha256: [0; 32],
        correlation: Uuid::now_v7(),
        against: None,
        causation: None,
        blind: None,
    };
    let display_name = Text::parse(handle.as_str(), "/user")?;
    let new = New { user, display_name, ttl_days: check_ttl(ttl_days)?, operator };
    let (issued, _outcome) = issue(service, &command, id, new).await?;
    Ok((issued.token, user, id))
}

/// The path of a token.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct OneToken {
    /// The token's public id.
    id: Uuid,
}

/// Revoke a token. Operators alone may. It stops working here at once, elsewhere within seconds.
#[utoipa::path(
    delete, path = "/v1/tokens/{id}", tag = "tokens", params(OneToken, Repeatable),
    responses(Changed<Written>), security(("token" = []))
)]
async fn delete_token(
    State(service): State<Service>,
    Path(path): Path<OneToken>,
    Bare(ask): Bare,
) -> Result<Answer, Problem> {
    Ok(revoke(&service, path.id, &ask).await?)
}

/// Revokes a token: the record first, so that a revocation on record is completed by a repetition.
async fn revoke<T: Sync>(service: &Service, id: Uuid, ask: &Ask<T>) -> Result<Answer, Failure> {
    check_operator(&ask.caller)?;
    let Some(user) = service.credentials().owner(id).await? else {
        return Err(Rejection::absent("not_found", "there is no such token, or it was revoked before").into());
    };
    let command = ask.change("tokens", user_address(UserId::new(user)), &format!("tokens/{id}"));
    let decide = |loaded: Arc<Loaded<User>>| async move {
        let revoke = user::Command::RevokeToken { token: CredentialId::new(id) };
        Ok(Decision::new(loaded.state.decide(revoke)?, Vec::new()))
    };
    let revoked = service.change(&command, decide).await;
    match &revoked {
        Ok(_) => service.credentials().revoke(id).await?,
        // On record as revoked and yet in the bucket: an earlier revocation stopped half-way.
        Err(Failure::Refused(rejection)) if rejection.code == "not_found" => service.credentials().revoke(id).await?,
        Err(_) => {}
    }
    let outcome = revoked?;
    Ok(Answer::changed(&command, &outcome, &Written::new(id, &outcome)))
}
