//! The project's records as NDJSON.

use futures::TryStreamExt;
use runtime::ExitCode;

use super::{Output, in_project, under};
use crate::cli::Events;
use crate::client::Client;

pub(crate) async fn run(arguments: &Events) -> anyhow::Result<ExitCode> {
    let (settings, project) = in_project(&arguments.project)?;
    let client = Client::from_settings(&settings)?;
    let path = format!("/v1/projects/{project}/events");
    let query = under(&[("after", arguments.after.to_string())], arguments.as_of.as_ref(), None);
    let response = client.get(&path, &query).await?;
    let mut lines = client.lines(&path, response);
    let mut output = Output::new();
    while let Some(line) = lines.try_next().await? {
        output.line(line)?;
    }
    output.end()?;
    Ok(ExitCode::Ok)
}
