//! The identity workbench, and what a judgement would change.

use runtime::ExitCode;

use super::{in_project, print, print_json};
use crate::cli::Identity;
use crate::client::Client;
use crate::failure::Usage;
use crate::table;
use crate::terminal::Terminal;

pub(crate) async fn run(arguments: &Identity) -> anyhow::Result<ExitCode> {
    let (settings, project) = in_project(&arguments.project)?;
    let mut query = vec![("limit", arguments.limit.to_string())];
    query.extend(arguments.as_of.clone().map(|as_of| ("as_of", as_of)));
    query.extend(arguments.policy.map(|policy| ("policy", policy.to_string())));
    let path = format!("/v1/projects/{project}/identity/{}", arguments.kind);
    let client = Client::from_settings(&settings)?;
    let pair = match arguments.pair.as_slice() {
        [] => None,
        [left, right] => Some((left, right)),
        _ => return Err(Usage("a preview is of two: say both ids, or none for the workbench".to_owned()).into()),
    };
    let answer = match pair {
        None => client.get_json(&path, &query).await?,
        Some((left, right)) => {
            query.extend([("left", left.to_string()), ("right", right.to_string())]);
            client.get_json(&format!("{path}/preview"), &query).await?
        }
    };
    if arguments.json {
        print_json(&answer)?;
        return Ok(ExitCode::Ok);
    }
    let terminal = Terminal::stdout();
    let text = match pair {
        None => table::identity(&serde_json::from_value(answer)?, terminal),
        Some(_) => table::preview(&serde_json::from_value(answer)?, terminal),
    };
    print(text.trim_end())?;
    Ok(ExitCode::Ok)
}
