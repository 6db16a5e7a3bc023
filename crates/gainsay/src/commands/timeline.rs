//! The claim timeline of an incident.

use runtime::ExitCode;

use super::{ask_about, print, print_json};
use crate::cli::Timeline;
use crate::table;
use crate::terminal::Terminal;

pub(crate) async fn run(arguments: &Timeline) -> anyhow::Result<ExitCode> {
    let answer = ask_about(&arguments.about, "timeline", &[("quotes", arguments.quotes.to_string())]).await?;
    if arguments.about.json {
        print_json(&answer)?;
    } else {
        let timeline = serde_json::from_value(answer)?;
        print(table::timeline(&timeline, Terminal::stdout()).trim_end())?;
    }
    Ok(ExitCode::Ok)
}
