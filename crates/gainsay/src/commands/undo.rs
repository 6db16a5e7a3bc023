//! Taking back one's own last change.

use runtime::ExitCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{in_project, print, print_json};
use crate::cli::Undo;
use crate::client::Client;
use crate::terminal::plain;

/// What was undone.
#[derive(Deserialize)]
struct Undone {
    position: u64,
    kind: String,
    id: Uuid,
    event: String,
    by: u64,
}

pub(crate) async fn run(arguments: &Undo) -> anyhow::Result<ExitCode> {
    let (settings, project) = in_project(&arguments.project)?;
    let client = Client::from_settings(&settings)?;
    let body = arguments.position.map_or_else(|| json!({}), |position| json!({ "position": position }));
    let answer: Value = client.post(&format!("/v1/projects/{project}/me/undo"), &body).await?;
    if arguments.json {
        print_json(&answer)?;
    } else {
        let Undone { position, kind, id, event, by } = serde_json::from_value(answer)?;
        print(format!("{} at {position} was taken back at {by}: {} {id}", plain(&event), plain(&kind)))?;
    }
    Ok(ExitCode::Ok)
}
