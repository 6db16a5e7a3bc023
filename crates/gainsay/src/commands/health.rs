//! Asking a service whether it is ready.

use std::time::Duration;

use runtime::{ExitCode, Problem};

use super::print;
use crate::cli::Health;
use crate::settings::Settings;
use crate::{serve, service};

/// How long an answer may take: below what container managers wait for a health check.
const TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) async fn run(arguments: &Health) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(arguments, arguments.common.config.as_deref())?;
    let server = arguments.url.clone().unwrap_or_else(|| service::url(settings.listen_or(serve::PORT)));
    let (path, well) = if arguments.live { ("/livez", "alive") } else { ("/readyz", "ready") };
    let url = format!("{}{path}", server.trim_end_matches('/'));
    match ask(&url).await {
        Ok(()) => {
            print(well)?;
            Ok(ExitCode::Ok)
        }
        Err(detail) => {
            eprintln!("{url}: {detail}");
            Ok(ExitCode::Failure)
        }
    }
}

async fn ask(url: &str) -> Result<(), String> {
    let failure = |error: reqwest::Error| format!("{:#}", anyhow::Error::from(error.without_url()));
    let http = reqwest::Client::builder().timeout(TIMEOUT).build().map_err(failure)?;
    let answer = http.get(url).send().await.map_err(failure)?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let body = answer.bytes().await.map_err(failure)?;
    let problem = serde_json::from_slice::<Problem>(&body);
    Err(problem.map_or_else(|_| format!("it answers {status}"), |problem| problem.to_string()))
}
