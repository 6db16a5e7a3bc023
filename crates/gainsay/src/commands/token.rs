//! Issuing and revoking tokens.

use domain::id::UserId;
use runtime::ExitCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{print, print_json};
use crate::cli::{Token, TokenCreate, TokenRevoke, TokenUser};
use crate::client::Client;
use crate::settings::Settings;

pub(crate) async fn run(command: &Token) -> anyhow::Result<ExitCode> {
    match command {
        Token::Create(arguments) => create(arguments).await,
        Token::Revoke(arguments) => revoke(arguments).await,
        Token::User(arguments) => user(arguments),
    }
}

/// What the service answers of a new token.
#[derive(Deserialize)]
pub(crate) struct Issued {
    /// The secret, shown this once.
    pub token: String,
}

async fn create(arguments: &TokenCreate) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(arguments, arguments.client.common.config.as_deref())?;
    let client = Client::from_settings(&settings)?;
    let mut body = json!({ "user": arguments.user, "ttl_days": arguments.ttl_days });
    if arguments.operator {
        body["operator"] = true.into();
    }
    let answer: Value = client.post("/v1/tokens", &body).await?;
    if arguments.json {
        print_json(&answer)?;
        return Ok(ExitCode::Ok);
    }
    let id = answer["id"].as_str().unwrap_or_default().to_owned();
    let issued: Issued = serde_json::from_value(answer)?;
    eprintln!("a token for {}, valid for {} days; it is shown this once", arguments.user, arguments.ttl_days);
    eprintln!("to revoke it: gainsay token revoke {id}");
    print(issued.token)?;
    Ok(ExitCode::Ok)
}

async fn revoke(arguments: &TokenRevoke) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(arguments, arguments.client.common.config.as_deref())?;
    Client::from_settings(&settings)?.delete(&format!("/v1/tokens/{}", arguments.id)).await?;
    eprintln!("revoked");
    Ok(ExitCode::Ok)
}

fn user(arguments: &TokenUser) -> anyhow::Result<ExitCode> {
    print(UserId::from_subject(&arguments.issuer, &arguments.subject).to_string())?;
    Ok(ExitCode::Ok)
}
