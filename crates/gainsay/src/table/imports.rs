//! Batches of imports as text.

use comfy_table::{Cell, ColumnConstraint, Width};
use serde::Deserialize;
use wire::view::Import;

use super::{line, more, plain, table_of};
use crate::terminal::Terminal;

/// The length of a batch's id with its margins: it is copied to take the batch back.
const BATCH_LEN: u16 = 38;

/// A page of batches.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ImportPage {
    /// The batches, oldest first.
    pub items: Vec<Import>,
    /// Where the page goes on.
    #[serde(default)]
    pub next: Option<String>,
}

/// The batches that were imported, as people read them.
pub(crate) fn imports(page: &ImportPage, terminal: Terminal) -> String {
    let mut out = String::new();
    let mut table = table_of(["batch", "started", "lines", "what became of it"], terminal);
    let batch = table.column_mut(0).expect("the header has four columns");
    batch.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(BATCH_LEN)));
    for import in &page.items {
        table.add_row(row(import));
    }
    if table.is_empty() {
        line(&mut out, if page.next.is_some() { "None so far." } else { "Nothing was imported." });
    } else {
        line(&mut out, &table.trim_fmt());
    }
    more(&mut out, page.next.as_ref(), terminal);
    out
}

fn row(import: &Import) -> Vec<Cell> {
    let name = import.name.as_ref().map(|name| format!("{}\n", plain(name))).unwrap_or_default();
    let lines = match (import.lines, import.refused) {
        (Some(lines), Some(0) | None) => lines.to_string(),
        (Some(lines), Some(refused)) => format!("{lines}, {refused} refused"),
        (None, _) => "not all".to_owned(),
    };
    let outcome = match (import.reverted, import.kept) {
        (Some(reverted), Some(kept)) => format!("reverted: {reverted} taken back, {kept} kept"),
        _ => import.status.clone(),
    };
    vec![
        Cell::new(format!("{name}{}", import.id)),
        Cell::new(format!("{}\nby {}", import.created_at, import.author)),
        Cell::new(lines),
        Cell::new(outcome),
    ]
}

#[cfg(test)]
mod tests;
