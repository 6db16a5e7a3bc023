//! Creating projects.

use runtime::ExitCode;
use serde_json::{Value, json};

use super::{print, print_json};
use crate::cli::{Project, ProjectCreate};
use crate::client::Client;
use crate::settings::Settings;

pub(crate) async fn run(command: &Project) -> anyhow::Result<ExitCode> {
    match command {
        Project::Create(arguments) => create(arguments).await,
    }
}

async fn create(arguments: &ProjectCreate) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(arguments, arguments.client.common.config.as_deref())?;
    let client = Client::from_settings(&settings)?;
    let mut body = json!({ "name": arguments.name, "blind": !arguments.not_blind });
    if let Some(id) = arguments.id {
        body["id"] = id.to_string().into();
    }
    let answer: Value = client.post("/v1/projects", &body).await?;
    if arguments.json {
        print_json(&answer)?;
    } else {
        print(answer["id"].as_str().unwrap_or_default())?;
    }
    Ok(ExitCode::Ok)
}
