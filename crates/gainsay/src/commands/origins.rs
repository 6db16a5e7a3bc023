//! The circular-reporting graph of an incident.

use runtime::ExitCode;

use super::{ask_about, print, print_json};
use crate::cli::OfIncident;
use crate::table;
use crate::terminal::Terminal;

pub(crate) async fn run(arguments: &OfIncident) -> anyhow::Result<ExitCode> {
    let answer = ask_about(arguments, "origins", &[]).await?;
    if arguments.json {
        print_json(&answer)?;
    } else {
        let origins = serde_json::from_value(answer)?;
        print(table::origins(&origins, Terminal::stdout()).trim_end())?;
    }
    Ok(ExitCode::Ok)
}
