//! How far annotators agree.

use runtime::ExitCode;

use super::{ask_for_page, print, print_json};
use crate::cli::Agreement;
use crate::table;
use crate::terminal::Terminal;

pub(crate) async fn run(arguments: &Agreement) -> anyhow::Result<ExitCode> {
    let document = arguments.document.map(|document| ("document", document.to_string()));
    let codebook = arguments.codebook.map(|codebook| ("codebook", codebook.to_string()));
    let status = arguments.status.clone().map(|status| ("status", status));
    let also: Vec<_> = document.into_iter().chain(codebook).chain(status).collect();
    let answer = ask_for_page(&arguments.list, "agreement", &also).await?;
    if arguments.list.json {
        print_json(&answer)?;
    } else {
        let agreement = serde_json::from_value(answer)?;
        print(table::agreement(&agreement, Terminal::stdout()).trim_end())?;
    }
    Ok(ExitCode::Ok)
}
