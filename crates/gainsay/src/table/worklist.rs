//! Work lists as text.

use comfy_table::{Cell, ColumnConstraint, Width};
use wire::view::{
    Feedback, FeedbackRuling, Gone, Inbox, InboxInconsistency, InboxStale, Orphan, Orphans, Overlap, Reading, Task,
};

use super::{head, line, more, plain, status, table_of, words};
use crate::terminal::Terminal;

/// The readings that take no part, as people read them.
pub(crate) fn orphans(orphans: &Orphans, terminal: Terminal) -> String {
    let mut out = String::new();
    line(&mut out, &terminal.dim(format!("as of position {}", orphans.as_of)));
    line(&mut out, "");
    let mut table = table_of(["reading", "says", "why", "what is not there"], terminal);
    for orphan in &orphans.items {
        table.add_row(orphan_row(orphan));
    }
    if table.is_empty() {
        line(&mut out, if orphans.next.is_some() { "None so far." } else { "Every reading takes part." });
    } else {
        line(&mut out, &table.trim_fmt());
    }
    more(&mut out, orphans.next.as_ref(), terminal);
    out
}

fn orphan_row(orphan: &Orphan) -> Vec<Cell> {
    let reading = orphan.reading.as_ref();
    let claim = reading.and_then(|reading| reading.claim.as_ref());
    let reasons: Vec<_> = orphan.reasons.iter().map(|reason| words(reason)).collect();
    let gone: Vec<_> =
        orphan.gone.iter().map(|Gone { kind, id, status }| format!("{} {id} {status}", words(kind))).collect();
    vec![
        Cell::new(reading.map(|reading| format!("{}\nby {}", reading.id, reading.author)).unwrap_or_default()),
        Cell::new(claim.map(|claim| words(&claim.act)).unwrap_or_default()),
        Cell::new(reasons.join("\n")),
        Cell::new(gone.join("\n")),
    ]
}

/// The length of an id with its margins: it is copied to work on the task.
const IDS_LEN: u16 = 38;

/// Tasks, as people read them.
pub(crate) fn tasks(tasks: &[Task], next: Option<&String>, terminal: Terminal) -> String {
    let mut out = String::new();
    let mut table = table_of(["task and document", "priority", "submitted", "leased", "status"], terminal);
    let ids = table.column_mut(0).expect("the header has five columns");
    ids.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(IDS_LEN)));
    for task in tasks {
        let places = match Overlap::of(task.overlap) {
            Overlap::Of(places) => places.to_string(),
            Overlap::Everyone => "everyone".to_owned(),
        };
        let leases: Vec<_> = task.leases.iter().map(|lease| format!("until {}", lease.until)).collect();
        table.add_row(vec![
            Cell::new(format!("{}\n{}\nrevision {}", task.id, task.document, task.document_revision)),
            Cell::new(task.priority),
            Cell::new(format!("{} of {places}", task.submissions.len())),
            Cell::new(leases.join("\n")),
            Cell::new(&task.status),
        ]);
    }
    if table.is_empty() {
        line(&mut out, "No tasks.");
    } else {
        line(&mut out, &table.trim_fmt());
    }
    more(&mut out, next, terminal);
    out
}

/// What asks for attention, as people read it.
pub(crate) fn inbox(inbox: &Inbox, terminal: Terminal) -> String {
    let mut out = String::new();
    line(&mut out, &terminal.dim(format!("as of position {} · policy {}", inbox.as_of, inbox.policy)));
    if inbox.blinded {
        line(&mut out, &terminal.yellow("other annotators' readings are hidden from you while their tasks are open"));
    }
    for item in &inbox.items {
        line(&mut out, "");
        if let Some(incident) = &item.incident {
            let title = terminal.bold(plain(&incident.title));
            line(&mut out, &format!("{title}  {}", status(&item.status, terminal)));
            line(&mut out, &terminal.dim(format!("{} · incident {}", plain(&incident.when), incident.id)));
        }
        for inconsistency in &item.inconsistent {
            line(&mut out, &format!("  {}", inconsistent(inconsistency)));
        }
        for stale in &item.stale {
            line(&mut out, &format!("  {}", outdated(stale)));
        }
    }
    if inbox.items.is_empty() {
        line(&mut out, "");
        line(&mut out, if inbox.next.is_some() { "Nothing so far." } else { "Nothing asks for attention." });
    }
    more(&mut out, inbox.next.as_ref(), terminal);
    out
}

/// Who says both, and on what.
fn inconsistent(inconsistency: &InboxInconsistency) -> String {
    let by = inconsistency.by.as_ref();
    let names: Vec<_> = by.iter().flat_map(|by| &by.speakers).map(|voice| plain(&voice.name)).collect();
    let accused = if by.is_some_and(|by| by.accused) { " (the accused)" } else { "" };
    let utterances = by.map_or(0, |by| by.utterances.len());
    let about = inconsistency.proposition.as_ref().map(head).unwrap_or_default();
    format!("{}{accused} says both in {utterances} utterances: {about}", names.join(", "))
}

/// What was found before all that is known now was read.
fn outdated(stale: &InboxStale) -> String {
    let about = stale.proposition.as_ref().map(head).unwrap_or_default();
    let found = stale.finding.as_ref();
    let (outcome, based_on) = found.map_or(("", 0), |found| (found.outcome.as_str(), found.based_on));
    format!("{about} was found {outcome} on the records up to {based_on}; more was read since")
}

/// What was ruled on somebody's own readings, as they read it.
pub(crate) fn feedback(feedback: &Feedback, terminal: Terminal) -> String {
    let mut out = String::new();
    line(&mut out, &terminal.dim(format!("as of position {}", feedback.as_of)));
    if feedback.blinded {
        line(&mut out, &terminal.yellow("other annotators' readings are hidden from you while their tasks are open"));
    }
    line(&mut out, "");
    let mut table = table_of(["your reading", "says", "ruling", "why", "upheld beside it"], terminal);
    for item in &feedback.items {
        for ruling in &item.rulings {
            let reading = item.reading.as_ref();
            let FeedbackRuling { adjudication: _, question, verdict, reason, based_on: _, upheld } = ruling;
            table.add_row([
                reading.map(|reading| reading.id.clone()).unwrap_or_default(),
                reading.map(said).unwrap_or_default(),
                format!("{verdict}: {}", plain(question)),
                plain(reason),
                upheld.iter().map(said).collect::<Vec<_>>().join("\n"),
            ]);
        }
    }
    if table.is_empty() {
        line(
            &mut out,
            if feedback.next.is_some() { "None so far." } else { "Nothing was ruled on your readings yet." },
        );
    } else {
        line(&mut out, &table.trim_fmt());
    }
    more(&mut out, feedback.next.as_ref(), terminal);
    out
}

/// What a reading says, in few words.
fn said(reading: &Reading) -> String {
    reading.claim.as_ref().map_or_else(
        || "no claim".to_owned(),
        |claim| format!("{} {} {}", words(&claim.act), claim.polarity, claim.certainty),
    )
}

#[cfg(test)]
mod tests;
