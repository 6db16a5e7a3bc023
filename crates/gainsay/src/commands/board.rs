//! The dispute board of an incident.

use runtime::ExitCode;

use super::{ask_about, print, print_json};
use crate::cli::Board;
use crate::table;
use crate::terminal::Terminal;

pub(crate) async fn run(arguments: &Board) -> anyhow::Result<ExitCode> {
    let mut also = vec![("quotes", arguments.quotes.to_string())];
    also.extend(arguments.diff_to.clone().map(|diff_to| ("diff_to", diff_to)));
    also.extend(arguments.hangs_on.iter().map(|kind| ("hangs_on", kind.clone())));
    let answer = ask_about(&arguments.about, "board", &also).await?;
    let terminal = Terminal::stdout();
    if arguments.about.json {
        print_json(&answer)?;
    } else if arguments.diff_to.is_some() {
        print(table::difference(&serde_json::from_value(answer)?, terminal).trim_end())?;
    } else if !arguments.hangs_on.is_empty() {
        print(table::hangs_on(&serde_json::from_value(answer)?, terminal).trim_end())?;
    } else {
        print(table::board(&serde_json::from_value(answer)?, terminal).trim_end())?;
    }
    Ok(ExitCode::Ok)
}
