//! Who has which document open.

use runtime::ExitCode;

use super::{in_project, print, print_json};
use crate::cli::Presence;
use crate::client::Client;
use crate::table;
use crate::terminal::Terminal;

pub(crate) async fn run(arguments: &Presence) -> anyhow::Result<ExitCode> {
    let (settings, project) = in_project(&arguments.project)?;
    let query: Vec<_> = arguments.document.iter().map(|document| ("document", document.to_string())).collect();
    let answer =
        Client::from_settings(&settings)?.get_json(&format!("/v1/projects/{project}/presence"), &query).await?;
    if arguments.json {
        print_json(&answer)?;
    } else {
        let now = serde_json::from_value(answer)?;
        print(table::presence(&now, Terminal::stdout()).trim_end())?;
    }
    Ok(ExitCode::Ok)
}
