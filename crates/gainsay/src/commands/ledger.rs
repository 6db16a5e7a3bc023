//! Ledgers of actors and sources.

use runtime::ExitCode;

use super::{ask_for_page, print, print_json, without};
use crate::cli::Ledger;
use crate::table;
use crate::terminal::Terminal;

pub(crate) async fn run(command: &Ledger) -> anyhow::Result<ExitCode> {
    let (collection, arguments) = match command {
        Ledger::Actor(arguments) => ("actors", arguments),
        Ledger::Source(arguments) => ("sources", arguments),
    };
    let path = format!("{collection}/{}/ledger", arguments.id);
    let mut also = vec![("quotes", arguments.quotes.to_string())];
    also.extend(without(&arguments.without));
    let answer = ask_for_page(&arguments.list, &path, &also).await?;
    if arguments.list.json {
        print_json(&answer)?;
    } else {
        let ledger = serde_json::from_value(answer)?;
        print(table::ledger(&ledger, Terminal::stdout()).trim_end())?;
    }
    Ok(ExitCode::Ok)
}
