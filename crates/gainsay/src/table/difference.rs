//! What is different between two boards.

use query::{BoardDifference, Change, What};
use wire::view::PropositionHead;

use super::{left_out, line, words};
use crate::terminal::{Terminal, plain};

/// The difference as people read it: from what to what, each change, and by which records and documents.
pub(crate) fn difference(difference: &BoardDifference, terminal: Terminal) -> String {
    let mut out = String::new();
    if let Some(incident) = &difference.incident {
        line(&mut out, &terminal.bold(plain(&incident.title)));
        line(&mut out, &format!("{} · incident {}", plain(&incident.when), incident.id));
    }
    let (from, to) = (&difference.from, &difference.to);
    let moments = format!("from position {} to {} · policy {}", from.as_of, to.as_of, to.policy);
    line(&mut out, &terminal.dim(moments));
    left_out(&mut out, &to.without, terminal);
    if to.blinded || from.blinded {
        line(&mut out, &terminal.yellow("other annotators' readings are hidden from you while their tasks are open"));
    }
    line(&mut out, "");
    line(&mut out, &changes(difference, terminal));
    if !difference.records.is_empty() {
        let more = if difference.more { " at least" } else { "" };
        let records = difference.records.len();
        line(&mut out, &format!("by {records} records{more} that the board depends on:"));
    }
    for record in &difference.records {
        let types = record["events"].as_array().into_iter().flatten().filter_map(|event| event["type"].as_str());
        let types: Vec<&str> = types.collect();
        let text = |name: &str| record[name].as_str().unwrap_or_default();
        let position = record["position"].as_u64().unwrap_or_default();
        let author = text("author").get(..8).unwrap_or_default();
        let told = format!("{position:>7}  {} by {author}  {}", text("recorded_at"), types.join(", "));
        line(&mut out, &terminal.dim(plain_but_spaces(&told)));
    }
    for document in &difference.documents {
        line(&mut out, &format!("from “{}”", plain(&document.name)));
    }
    out
}

/// Records are ours, but for their words: what stands here has no control characters.
fn plain_but_spaces(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// What changed, a line each.
pub(crate) fn changes(difference: &BoardDifference, terminal: Terminal) -> String {
    if difference.changes.is_empty() {
        return terminal.dim("         nothing changes on the board");
    }
    let mut out = String::new();
    let mut about: Option<&PropositionHead> = None;
    for change in &difference.changes {
        let is_other = |named: &&PropositionHead| about.is_none_or(|about| title(about) != title(named));
        if let Some(named) = change.proposition.as_ref().filter(is_other) {
            line(&mut out, &format!("         {}", terminal.bold(title(named))));
        }
        about = change.proposition.as_ref();
        line(&mut out, &format!("         {}", told(change, terminal)));
    }
    out.trim_end().to_owned()
}

fn title(about: &PropositionHead) -> String {
    let actor = about.actor.as_ref().map_or_else(|| "somebody".to_owned(), |actor| plain(&actor.name));
    match (&about.role, &about.value) {
        (Some(role), _) if about.facet == "who" => format!("{actor} as {}", words(role)),
        (_, Some(value)) => format!("{}: {}", words(&about.facet), plain(value)),
        _ => words(&about.facet),
    }
}

fn told(change: &Change, terminal: Terminal) -> String {
    let what = match change.what {
        What::Status => "status",
        What::Flag => "flag",
        What::Dispute => "dispute",
        What::Corroboration => "origins",
        What::Finding => "finding",
        What::Utterance => "said",
    };
    let who = change.utterance.as_ref().map(|utterance| format!("{}: ", plain(&utterance.name))).unwrap_or_default();
    match (&change.from, &change.to) {
        (Some(from), Some(to)) => {
            format!("{what:<9}{who}{} → {}", terminal.red(plain(from)), terminal.green(plain(to)))
        }
        (None, Some(to)) => format!("{what:<9}{}", terminal.green(format!("+ {who}{}", plain(to)))),
        (Some(from), None) => format!("{what:<9}{}", terminal.red(format!("− {who}{}", plain(from)))),
        (None, None) => what.to_owned(),
    }
}

#[cfg(test)]
mod tests;
