//! Suggested derivations as text.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use uuid::Uuid;

use super::{plain, shorten};
use crate::terminal::Terminal;

/// Characters of a quote in the table; `--json` has the whole.
const QUOTE_LEN_MAX: usize = 120;

/// A passage that may derive from another.
#[derive(Debug)]
pub(crate) struct Suggestion {
    /// The annotation that is the copy.
    pub from: Uuid,
    /// The annotation that is the original.
    pub to: Uuid,
    /// How alike they are.
    pub percent: usize,
    /// The title of the copy's document.
    pub copy: String,
    /// The title of the original's document.
    pub original: String,
    /// What the copy says.
    pub quote: String,
}

/// The suggestions as people read them.
pub(crate) fn suggestions(suggestions: &[Suggestion], dry_run: bool, terminal: Terminal) -> String {
    let count = match suggestions.len() {
        0 => return "no new near-duplicates".to_owned(),
        1 => "1 near-duplicate".to_owned(),
        count => format!("{count} near-duplicates"),
    };
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(terminal.width).set_header(["alike", "copy", "original", "words"]);
    for Suggestion { from, to, percent, copy, original, quote } in suggestions {
        let told = |title: &str, annotation: &Uuid| format!("{}\n{annotation}", plain(title));
        let words = shorten(&plain(quote), QUOTE_LEN_MAX);
        table.add_row([format!("{percent} %"), told(copy, from), told(original, to), words]);
    }
    let done = if dry_run { "nothing was written" } else { "suggested; a curator confirms or rejects them" };
    format!("{table}\n{count}, {done}")
}
