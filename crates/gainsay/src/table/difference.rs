//! What is different between two boards.

use query::{BoardDifference, Change, What};
use wire::view::{Named, PropositionHead};

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
    let policy =
        if from.policy == to.policy { to.policy.to_string() } else { format!("{} → {}", from.policy, to.policy) };
    let moments = format!("from position {} to {} · policy {policy}", from.as_of, to.as_of);
    line(&mut out, &terminal.dim(moments));
    left_out(&mut out, &to.without, terminal);
    if to.blinded || from.blinded {
        line(&mut out, &terminal.yellow("other annotators' readings are hidden from you while their tasks are open"));
    }
    line(&mut out, "");
    line(&mut out, &changes(difference, terminal));
    if !difference.records.is_empty() {
        let more = if difference.more { " at least" } else { "" };
        let records = match difference.records.len() {
            1 => "1 record".to_owned(),
            several => format!("{several} records"),
        };
        line(&mut out, &format!("by {records}{more} that the board depends on:"));
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
        // The position alone is one operation of the patch.
        let others =
            difference.patch.as_array().into_iter().flatten().filter(|operation| operation["path"] != "/as_of");
        return terminal.dim(match others.count() {
            0 => "         nothing changes on the board".to_owned(),
            more => {
                format!("         nothing changes in statuses and what is said; the patch has {more} more operations")
            }
        });
    }
    let mut out = String::new();
    let mut about: Option<String> = None;
    for change in &difference.changes {
        let title = change.proposition.as_ref().map(|about| title(change.class.as_ref(), about));
        if let Some(title) = title.as_ref().filter(|title| about.as_ref() != Some(title)) {
            line(&mut out, &format!("         {}", terminal.bold(title)));
        }
        about = title;
        line(&mut out, &format!("         {}", told(change, terminal)));
    }
    out.trim_end().to_owned()
}

fn title(class: Option<&Named>, about: &PropositionHead) -> String {
    let of_class = class.map(|class| format!(" ({})", plain(&class.name))).unwrap_or_default();
    let actor = about.actor.as_ref().map_or_else(|| "somebody".to_owned(), |actor| plain(&actor.name));
    match (&about.role, &about.value) {
        (Some(role), _) if about.facet == "who" => format!("{actor} as {}{of_class}", words(role)),
        (_, Some(value)) => format!("{}: {}{of_class}", words(&about.facet), plain(value)),
        _ => format!("{}{of_class}", words(&about.facet)),
    }
}

fn told(change: &Change, terminal: Terminal) -> String {
    let what = match change.what {
        What::Status => "status",
        What::Flag => "flag",
        What::Dispute => "dispute",
        What::Corroboration => "origins",
        What::Finding => "finding",
        What::Passage => "passage",
        What::Utterance => "said",
        What::Adopted => "adopted",
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
