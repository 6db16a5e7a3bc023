//! Erasing a text.

use runtime::ExitCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{in_project, print, print_json};
use crate::cli::Erase;
use crate::client::Client;

pub(crate) async fn run(arguments: &Erase) -> anyhow::Result<ExitCode> {
    let (settings, project) = in_project(&arguments.project)?;
    let client = Client::from_settings(&settings)?;
    let Erase { document, revision, reason, .. } = arguments;
    let path = format!("/v1/projects/{project}/documents/{document}/revisions/{revision}/text");
    let answer: Value = client.delete_as(Uuid::now_v7(), &path, &json!({ "reason": reason })).await?;
    if arguments.json {
        print_json(&answer)?;
    } else {
        print(format!("the text of revision {revision} was erased at {}", answer["sequence"]))?;
        eprintln!("archives that were exported before have it still: delete them, and export anew");
    }
    Ok(ExitCode::Ok)
}
