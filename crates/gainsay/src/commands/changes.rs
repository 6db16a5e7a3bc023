//! The project's records as they come.

mod sse;

use std::time::Duration;

use futures::TryStreamExt;
use reqwest::header::CONTENT_TYPE;
use runtime::ExitCode;

use super::{Output, in_project};
use crate::cli::Changes;
use crate::client::{Client, Error};
use sse::Events;

/// Before a stream that ended is asked for again.
const PAUSE: Duration = Duration::from_secs(1);
const MEDIA_TYPE: &str = "text/event-stream";

pub(crate) async fn run(arguments: &Changes) -> anyhow::Result<ExitCode> {
    let (settings, project) = in_project(&arguments.project)?;
    let client = Client::from_settings(&settings)?;
    let path = format!("/v1/projects/{project}/changes");
    let named =
        |name: &'static str, ids: &[uuid::Uuid]| ids.iter().map(|id| (name, id.to_string())).collect::<Vec<_>>();
    let mut query = named("incident", &arguments.incident);
    query.extend(named("document", &arguments.document));
    let mut after = arguments.after;
    let mut is_first = true;
    let mut output = Output::new();
    loop {
        let mut asked = query.clone();
        asked.extend(after.map(|after| ("after", after.to_string())));
        let opened = client.get(&path, &asked).await;
        let response = match opened {
            Ok(response) => response,
            // A service that was never there is said to be so; one that was may come back.
            Err(error) if is_first || !may_pass(&error) => return Err(error.into()),
            Err(_) => {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        is_first = false;
        let media = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !media.starts_with(MEDIA_TYPE) {
            return Err(Error::NotUnderstood { url: client.url(&path), status: response.status() }.into());
        }
        // Where nothing is named, what comes while the stream is away counts from where it began.
        let head = response.headers().get("gainsay-as-of").and_then(|value| value.to_str().ok()?.parse().ok());
        after = after.or(head);
        let mut lines = client.lines(&path, response);
        let mut events = Events::default();
        // Ended or broken off: either way there is more behind the last record that came whole.
        while let Ok(Some(line)) = lines.try_next().await {
            let Some(event) = events.line(&line) else { continue };
            if !output.line_now(&event.data)? {
                return Ok(ExitCode::Ok);
            }
            after = event.id.parse().ok().or(after);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether a stream that was there once may be there again.
fn may_pass(error: &Error) -> bool {
    match error {
        Error::Unreachable { .. } | Error::BrokenOff { .. } => true,
        Error::Problem(problem) => problem.status().is_server_error() || problem.status().as_u16() == 429,
        Error::NotUnderstood { status, .. } => status.is_server_error(),
    }
}
