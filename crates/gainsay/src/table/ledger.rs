//! Ledgers as text.

use comfy_table::{Cell, ColumnConstraint, Width};
use wire::view::{Ledger, LedgerLine, LedgerTotals, RelationHead};

use super::{
    count, head, labelled, left_out, line, more, notes, plain, quotes, says, sign_cell, speakers, table_of, words,
};
use crate::terminal::Terminal;

/// Share of the width that quotes have at least.
const QUOTES_PERCENT: u16 = 25;

/// The ledger as people read it: the lines of each heading together, in the order of the page.
pub(crate) fn ledger(ledger: &Ledger, terminal: Terminal) -> String {
    let mut out = String::new();
    left_out(&mut out, &ledger.without, terminal);
    if let Some(subject) = &ledger.subject {
        line(&mut out, &terminal.bold(plain(&subject.name)));
        line(&mut out, &format!("{} {}", ledger.kind, subject.id));
    }
    if ledger.same.len() > 1 {
        line(&mut out, &format!("the same as {}", ledger.same[1..].join(", ")));
    }
    line(&mut out, &terminal.dim(format!("as of position {} · policy {}", ledger.as_of, ledger.policy)));
    if ledger.blinded {
        line(&mut out, &terminal.yellow("other annotators' readings are hidden from you while their tasks are open"));
    }
    line(&mut out, "");
    match &ledger.totals {
        Some(totals) => summary(&mut out, totals),
        None => labelled(&mut out, "lines", "too many to count at once"),
    }
    let mut headings: Vec<(Option<&str>, &str)> = Vec::new();
    for entry in &ledger.lines {
        let heading = (entry.part.as_deref(), entry.heading.as_str());
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    headings.sort_unstable();
    for (part, heading) in headings {
        let lines = ledger.lines.iter().filter(|entry| (entry.part.as_deref(), &*entry.heading) == (part, heading));
        line(&mut out, "");
        line(&mut out, &terminal.bold(title(part, heading)));
        line(&mut out, &written(lines, terminal));
    }
    more(&mut out, ledger.next.as_ref(), terminal);
    out
}

fn summary(out: &mut String, totals: &LedgerTotals) {
    let headings: Vec<String> =
        totals.headings.iter().map(|(heading, number)| format!("{} {number}", words(heading))).collect();
    let headings = if headings.is_empty() { String::new() } else { format!(": {}", headings.join(", ")) };
    labelled(out, "lines", &format!("{}{headings}", totals.lines));
    if totals.withdrawn > 0 {
        labelled(out, "", &format!("{} taken back later", totals.withdrawn));
    }
    if let Some(pieces) = &totals.pieces {
        let share = format!("{:.0} %", pieces.derived_share * 100.0);
        let (documents, derived) = (count(pieces.documents, "document"), pieces.derived);
        labelled(out, "pieces", &format!("{documents}, {derived} derived from others ({share})"));
        if pieces.withdrawn > 0 {
            labelled(out, "", &format!("{} withdrawn by the publisher", pieces.withdrawn));
        }
    }
}

fn title(part: Option<&str>, heading: &str) -> String {
    match (part, heading) {
        (Some("speaker"), "other") => "says besides".to_owned(),
        (Some("subject"), "other") => "said of it besides".to_owned(),
        (Some("subject"), "denied_of") => "denied of it".to_owned(),
        (Some("subject"), "stated_of") => "stated of it".to_owned(),
        (_, heading) => words(heading),
    }
}

fn written<'a>(lines: impl Iterator<Item = &'a LedgerLine>, terminal: Terminal) -> String {
    let mut table = table_of(["", "when", "who", "says", "about", "quotes", "notes"], terminal);
    let column = table.column_mut(5).expect("the header has seven columns");
    column.set_constraint(ColumnConstraint::LowerBoundary(Width::Percentage(QUOTES_PERCENT)));
    for entry in lines {
        let Some(said) = &entry.said else { continue };
        let mut notes = notes(said);
        if let (Some(tie), Some(through)) = (&entry.tie, &entry.through) {
            notes.push(format!("{} {}", words(tie), plain(&through.name)));
        }
        if let Some(proposition) = &entry.proposition {
            notes.push(words(&proposition.status));
        }
        table.add_row(vec![
            sign_cell(entry.sign.as_deref()),
            Cell::new(said.uttered.as_deref().unwrap_or("?")),
            Cell::new(speakers(said)),
            Cell::new(says(said)),
            Cell::new(about(entry)),
            Cell::new(quotes(said)),
            Cell::new(notes.join("\n")),
        ]);
    }
    table.trim_fmt()
}

/// What a line is about: the proposition, and where it belongs.
fn about(entry: &LedgerLine) -> String {
    let proposition = entry.proposition.as_ref().map(head).unwrap_or_default();
    let target = match entry {
        LedgerLine { incident: Some(incident), .. } => plain(&incident.name),
        LedgerLine { class: Some(class), .. } => format!("class: {}", plain(&class.name)),
        LedgerLine { relation: Some(relation), .. } => edge(relation),
        LedgerLine { actor: Some(actor), .. } => plain(&actor.name),
        LedgerLine { .. } => String::new(),
    };
    [proposition, target].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn edge(relation: &RelationHead) -> String {
    let name = |end: &Option<wire::view::Named>| end.as_ref().map(|end| plain(&end.name)).unwrap_or_default();
    format!("{} {} {}", name(&relation.from), words(&relation.r#type), name(&relation.to))
}

#[cfg(test)]
mod tests;
