//! What is said about a relation.

use runtime::ExitCode;

use super::{in_project, print, print_json, under, without};
use crate::cli::OfRelation;
use crate::client::Client;
use crate::table;
use crate::terminal::Terminal;

pub(crate) async fn run(arguments: &OfRelation) -> anyhow::Result<ExitCode> {
    let (settings, project) = in_project(&arguments.project)?;
    let path = format!("/v1/projects/{project}/relations/{}/board", arguments.id);
    let mut also = vec![("quotes", arguments.quotes.to_string())];
    also.extend(without(&arguments.without));
    let query = under(&also, arguments.as_of.as_ref(), arguments.policy);
    let answer = Client::from_settings(&settings)?.get_json(&path, &query).await?;
    if arguments.json {
        print_json(&answer)?;
    } else {
        let board = serde_json::from_value(answer)?;
        print(table::relation(&board, Terminal::stdout()).trim_end())?;
    }
    Ok(ExitCode::Ok)
}
