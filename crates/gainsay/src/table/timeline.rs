//! The claim timeline as text.

use std::collections::BTreeMap;

use comfy_table::{Cell, ColumnConstraint, Width};
use wire::view::{Timeline, TimelineRow, Utterance};

use super::{head, heading, labelled, line, notes, quotes, says, sign_cell, speakers, table_of};
use crate::terminal::Terminal;

/// Share of the width that quotes have at least.
const QUOTES_PERCENT: u16 = 25;

/// The timeline as people read it: what was said before the incident, then what the dates do not tell, then what was said
/// after it, each in its order. Rows are numbered in the order of the whole, by which notes name them.
pub(crate) fn timeline(timeline: &Timeline, terminal: Terminal) -> String {
    let mut out = String::new();
    let Timeline { incident, as_of, policy, blinded, rows, .. } = timeline;
    heading(&mut out, incident.as_ref(), (*as_of, *policy), *blinded, terminal);
    if let Some(totals) = &timeline.totals {
        let (before, after, unknown) = (totals.before, totals.after, totals.unknown);
        labelled(&mut out, "said", &format!("{before} before, {after} after, {unknown} where the dates do not tell"));
    }
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, said) in rows.iter().enumerate().filter_map(|(at, row)| Some((at + 1, row.said.as_ref()?))) {
        numbers.entry(&said.utterance).or_insert(number);
    }
    let groups = [
        ("before", "Before the incident"),
        ("unknown", "Before or after: the dates do not tell"),
        ("after", "After the incident"),
    ];
    for (order, title) in groups {
        let mut table = table_of(["", "when", "", "who", "says", "about", "quotes", "notes"], terminal);
        let column = table.column_mut(6).expect("the header has eight columns");
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Percentage(QUOTES_PERCENT)));
        for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.order == order) {
            if let Some(said) = &row.said {
                table.add_row(cells(at + 1, row, said, &numbers));
            }
        }
        if !table.is_empty() {
            line(&mut out, "");
            line(&mut out, &terminal.bold(title));
            line(&mut out, &table.trim_fmt());
        }
    }
    if rows.is_empty() {
        line(&mut out, "");
        line(&mut out, "Nobody has said anything about it yet.");
    }
    out
}

fn cells(number: usize, row: &TimelineRow, said: &Utterance, numbers: &BTreeMap<&str, usize>) -> Vec<Cell> {
    let named = |id: &String| numbers.get(id.as_str()).map_or_else(|| id.clone(), |number| format!("#{number}"));
    let list = |ids: &[String]| ids.iter().map(named).collect::<Vec<_>>().join(", ");
    let mut notes = notes(said);
    if row.after > 0 {
        notes.push(format!("after #1–#{}", row.after));
    }
    if !row.replaces.is_empty() {
        let more = (row.replaces_total as usize).saturating_sub(row.replaces.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        notes.push(format!("replaces {}{more}", list(&row.replaces)));
    }
    if !row.withdraws.is_empty() {
        notes.push(format!("withdraws {}", list(&row.withdraws)));
    }
    vec![
        Cell::new(format!("#{number}")),
        Cell::new(when(said)),
        sign_cell(row.sign.as_deref()),
        Cell::new(speakers(said)),
        Cell::new(says(said)),
        Cell::new(row.proposition.as_ref().map(head).unwrap_or_default()),
        Cell::new(quotes(said)),
        Cell::new(notes.join("\n")),
    ]
}

/// When it was uttered, or by when.
fn when(said: &Utterance) -> String {
    match (&said.uttered, &said.latest) {
        (Some(uttered), _) => uttered.clone(),
        (None, Some(latest)) => format!("by {latest}"),
        (None, None) => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests;
