//! The dispute board of an incident.

use runtime::ExitCode;
use serde_json::Value;

use super::{in_project, print, print_json};
use crate::cli::Board;
use crate::client::Client;
use crate::failure::Usage;
use crate::terminal::Terminal;
use crate::{demo, table};

pub(crate) async fn run(arguments: &Board) -> anyhow::Result<ExitCode> {
    let (settings, project) = in_project(&arguments.project)?;
    let of_demo = || demo::Marker::read(&settings.data).filter(|marker| marker.project == project);
    let incident = arguments
        .incident
        .or_else(|| Some(of_demo()?.incident))
        .ok_or_else(|| Usage("which incident? say its id; `/v1/projects/<project>/incidents` lists them".to_owned()))?;
    let mut query = vec![("quotes", arguments.quotes.to_string())];
    query.extend(arguments.as_of.clone().map(|as_of| ("as_of", as_of)));
    query.extend(arguments.policy.map(|policy| ("policy", policy.to_string())));
    let path = format!("/v1/projects/{project}/incidents/{incident}/board");
    let answer: Value = Client::from_settings(&settings)?.get_json(&path, &query).await?;
    if arguments.json {
        print_json(&answer)?;
    } else {
        let board = serde_json::from_value(answer)?;
        print(table::board(&board, Terminal::stdout()).trim_end())?;
    }
    Ok(ExitCode::Ok)
}
