//! Every record about a subject, in order.

use runtime::ExitCode;
use serde::Deserialize;
use serde_json::Value;

use super::{Output, in_project};
use crate::cli::History;
use crate::client::Client;
use crate::terminal::{Terminal, plain, shorten};

/// Records asked for at a time.
const PAGE_LEN: u32 = 1000;
/// Digits of an author's id that tell authors apart on a screen.
const AUTHOR_LEN: usize = 8;

#[derive(Deserialize)]
struct Page {
    items: Vec<Value>,
    next: Option<String>,
}

pub(crate) async fn run(arguments: &History) -> anyhow::Result<ExitCode> {
    let (settings, project) = in_project(&arguments.project)?;
    let client = Client::from_settings(&settings)?;
    let path = format!("/v1/projects/{project}/history/{}/{}", arguments.kind, arguments.id);
    let terminal = Terminal::stdout();
    let mut output = Output::new();
    let mut cursor = None;
    loop {
        let mut query = vec![("limit", PAGE_LEN.to_string())];
        query.extend(arguments.as_of.clone().map(|as_of| ("as_of", as_of)));
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let page: Page = client.get_json(&path, &query).await?;
        for record in &page.items {
            output.line(if arguments.json { record.to_string() } else { describe(record, terminal) })?;
        }
        cursor = page.next;
        if cursor.is_none() {
            output.end()?;
            return Ok(ExitCode::Ok);
        }
    }
}

/// A record in a few lines: where and when it stands, and what happened.
pub(super) fn describe(record: &Value, terminal: Terminal) -> String {
    let text = |name: &str| record[name].as_str().unwrap_or_default();
    let number = |name: &str| record[name].as_u64().unwrap_or_default();
    let author = text("author").get(..AUTHOR_LEN).unwrap_or_default();
    let place = format!("{:>7}  revision {}", number("position"), number("revision"));
    let mut lines =
        vec![format!("{}  {}", terminal.bold(place), terminal.dim(format!("{} by {author}", text("recorded_at"))))];
    for event in record["events"].as_array().into_iter().flatten() {
        let mut fields = event.as_object().cloned().unwrap_or_default();
        let name = fields.remove("type").and_then(|name| Some(name.as_str()?.to_owned())).unwrap_or_default();
        lines.push(format!("         {name}"));
        let width = usize::from(terminal.width).saturating_sub(12);
        let values = fields.iter().filter(|(_, value)| **value != Value::Array(Vec::new()));
        lines.extend(
            values
                .map(|(field, value)| format!("           {}", shorten(&format!("{field}: {}", short(value)), width))),
        );
    }
    lines.join("\n")
}

fn short(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        value => plain(&value.to_string()),
    }
}

#[cfg(test)]
mod tests;
