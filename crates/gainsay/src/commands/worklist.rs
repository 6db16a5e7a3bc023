//! Work lists: orphans, what asks for attention, and what was ruled on one's own readings.

use runtime::ExitCode;

use super::{ask_for_page, print, print_json};
use crate::cli::Worklist;
use crate::table;
use crate::terminal::Terminal;

pub(crate) async fn orphans(arguments: &Worklist) -> anyhow::Result<ExitCode> {
    let answer = ask_for_page(arguments, "orphans", &[]).await?;
    if arguments.json {
        print_json(&answer)?;
    } else {
        let orphans = serde_json::from_value(answer)?;
        print(table::orphans(&orphans, Terminal::stdout()).trim_end())?;
    }
    Ok(ExitCode::Ok)
}

pub(crate) async fn inbox(arguments: &Worklist) -> anyhow::Result<ExitCode> {
    let answer = ask_for_page(arguments, "inbox", &[]).await?;
    if arguments.json {
        print_json(&answer)?;
    } else {
        let inbox = serde_json::from_value(answer)?;
        print(table::inbox(&inbox, Terminal::stdout()).trim_end())?;
    }
    Ok(ExitCode::Ok)
}

pub(crate) async fn feedback(arguments: &Worklist) -> anyhow::Result<ExitCode> {
    let answer = ask_for_page(arguments, "me/feedback", &[]).await?;
    if arguments.json {
        print_json(&answer)?;
    } else {
        let feedback = serde_json::from_value(answer)?;
        print(table::feedback(&feedback, Terminal::stdout()).trim_end())?;
    }
    Ok(ExitCode::Ok)
}
