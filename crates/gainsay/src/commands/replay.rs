//! An incident's history, record by record, with what each of them changed on its board.

use std::io::{self, BufRead, Write};

use query::BoardDifference;
use runtime::ExitCode;
use serde_json::Value;

use super::{Output, ask_about, ask_about_at, history};
use crate::cli::{OfIncident, Replay};
use crate::failure::Usage;
use crate::table;
use crate::terminal::Terminal;

pub(crate) async fn run(arguments: &Replay) -> anyhow::Result<ExitCode> {
    if arguments.step && arguments.about.json {
        return Err(Usage("`--json` prints all steps at once: leave out `--step`".to_owned()).into());
    }
    if !arguments.about.without.is_empty() {
        let detail = "a replay shows what was recorded: `gainsay board --without` shows what would be";
        return Err(Usage(detail.to_owned()).into());
    }
    let terminal = Terminal::stdout();
    let mut output = Output::new();
    let mut at = match arguments.after {
        Some(after) => after,
        None => registered(&arguments.about).await?,
    };
    let end = ask_about(&arguments.about, "board", &[]).await?["as_of"].as_u64().unwrap_or_default();
    while at < end {
        // As many records as one answer tells.
        let next = difference(&arguments.about, (at, end)).await?;
        let positions = next.records.iter().filter_map(|record| Some((record["position"].as_u64()?, record.clone())));
        let positions: Vec<(u64, Value)> = positions.filter(|(position, _)| *position > at).collect();
        if positions.is_empty() {
            break;
        }
        for (position, record) in positions {
            let step = difference(&arguments.about, (at, position)).await?;
            at = position;
            if step.changes.is_empty() && !arguments.all {
                continue;
            }
            if arguments.about.json {
                output.line(serde_json::to_string(&step)?)?;
                continue;
            }
            output.line(history::describe(&record, terminal))?;
            output.line(table::changes(&step, terminal))?;
            if arguments.step && !go_on(&mut output)? {
                output.end()?;
                return Ok(ExitCode::Ok);
            }
        }
        if !next.more {
            break;
        }
    }
    output.end()?;
    Ok(ExitCode::Ok)
}

/// Where the incident is registered: there is no board before.
async fn registered(about: &OfIncident) -> anyhow::Result<u64> {
    let incident = ask_about(about, "", &[]).await?;
    Ok(incident["position"].as_u64().unwrap_or_default())
}

/// What is different from the board as of one position to that of a later one.
async fn difference(about: &OfIncident, (from, to): (u64, u64)) -> anyhow::Result<BoardDifference> {
    let answer = ask_about_at(about, "board", &[("diff_to", from.to_string())], Some(&to.to_string())).await?;
    Ok(serde_json::from_value(answer)?)
}

/// Waits for Enter; false where the reader has seen enough.
fn go_on(output: &mut Output) -> anyhow::Result<bool> {
    output.flush()?;
    let mut prompt = io::stderr();
    write!(prompt, "Enter goes on, q ends: ")?;
    prompt.flush()?;
    let mut line = String::new();
    Ok(io::stdin().lock().read_line(&mut line)? > 0 && !line.trim().eq_ignore_ascii_case("q"))
}
