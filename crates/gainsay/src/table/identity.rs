//! The identity workbench as text, and what a judgement would change.

use std::collections::BTreeMap;

use wire::view::{BoardChange, Change, Identity, Judgement, Named, Preview};

use super::{LABEL_LEN, labelled, line, plain, words};
use crate::terminal::Terminal;

/// The workbench as people read it: what is one, by which judgements, and what else may be.
pub(crate) fn identity(identity: &Identity, terminal: Terminal) -> String {
    let mut out = String::new();
    let Identity { kind, as_of, policy, .. } = identity;
    line(&mut out, &terminal.dim(format!("{kind}s · as of position {as_of} · policy {policy}")));
    let totals = identity.totals.unwrap_or_default();
    section(&mut out, "One", identity.clusters.len(), totals.clusters, terminal);
    let mut names: BTreeMap<&str, String> = BTreeMap::new();
    for cluster in &identity.clusters {
        names.extend(cluster.members.iter().map(|member| (member.id.as_str(), name(member))));
        let members: Vec<String> = cluster.members.iter().map(name).collect();
        line(&mut out, &format!("  {}", terminal.bold(members.join(" = "))));
        line(&mut out, &terminal.dim(format!("  by the id {}", cluster.canonical)));
    }
    names.extend(identity.named.iter().map(|named| (named.id.as_str(), name(named))));
    section(&mut out, "Judgements", identity.edges.len(), totals.edges, terminal);
    for edge in &identity.edges {
        line(&mut out, &format!("  {}", judged(edge, &names, terminal)));
        line(&mut out, &terminal.dim(format!("  {}  {}", edge.id, plain(&edge.reason))));
    }
    section(&mut out, "Suggestions", identity.suggestions.len(), totals.suggestions, terminal);
    for suggestion in &identity.suggestions {
        let [left, right] =
            [&suggestion.left, &suggestion.right].map(|side| side.as_ref().map(name).unwrap_or_default());
        line(&mut out, &format!("  {left} and {right} share: {}", suggestion.shares.join(", ")));
        let ids = [&suggestion.left, &suggestion.right].map(|side| side.as_ref().map_or("", |side| side.id.as_str()));
        line(&mut out, &terminal.dim(format!("  {} {}", ids[0], ids[1])));
    }
    out
}

/// A heading with how many there are; nothing is left out without a word.
fn section(out: &mut String, title: &str, shown: usize, total: u32, terminal: Terminal) {
    line(out, "");
    let all = usize::try_from(total).is_ok_and(|total| shown >= total);
    let count = if all { format!("{total}") } else { format!("{shown} of {total}; `--limit` shows more") };
    line(out, &format!("{} {}", terminal.bold(title), terminal.dim(format!("({count})"))));
}

fn judged(edge: &Judgement, names: &BTreeMap<&str, String>, terminal: Terminal) -> String {
    let name = |id: &str| names.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let status = if edge.status == "disputed" { terminal.yellow(" (disputed)") } else { String::new() };
    let against =
        if edge.against.is_empty() { String::new() } else { format!(", against {}", edge.against.join(", ")) };
    format!("{} {} {}{against}{status}", name(&edge.left), terminal.bold(&edge.verdict), name(&edge.right))
}

fn name(named: &Named) -> String {
    plain(&named.name)
}

/// What a judgement would change, board by board.
pub(crate) fn preview(preview: &Preview, terminal: Terminal) -> String {
    let mut out = String::new();
    let side = |named: &Option<Named>| named.as_ref().map(name).unwrap_or_default();
    line(&mut out, &terminal.bold(format!("If {} and {} were one", side(&preview.left), side(&preview.right))));
    line(&mut out, &terminal.dim(format!("as of position {} · policy {}", preview.as_of, preview.policy)));
    if !preview.contradicts.is_empty() {
        line(&mut out, "");
        line(&mut out, &terminal.yellow("Judgements in force say otherwise; it has to contest one of them:"));
        preview.contradicts.iter().for_each(|judgement| line(&mut out, &format!("  {judgement}")));
    }
    line(&mut out, "");
    if preview.boards.is_empty() {
        line(&mut out, "No board would change.");
    }
    for board in &preview.boards {
        changed(&mut out, board, terminal);
    }
    if preview.next.is_some() {
        line(&mut out, &terminal.dim("There is more: `--limit` shows more at once"));
    }
    out
}

fn changed(out: &mut String, board: &BoardChange, terminal: Terminal) {
    if let Some(incident) = &board.incident {
        line(out, &terminal.bold(plain(&incident.title)));
        line(out, &terminal.dim(format!("{} · incident {}", plain(&incident.when), incident.id)));
    }
    labelled(out, "status", &change(board.status.as_ref(), terminal));
    if board.disputes_before != board.disputes_after {
        let list = |kinds: &[String]| if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") };
        let (before, after) = (list(&board.disputes_before), list(&board.disputes_after));
        labelled(out, "disputes", &format!("{before} → {after}"));
    }
    for about in &board.propositions {
        let whom = about.actor.as_ref().map(name).unwrap_or_default();
        let role = about.role.as_deref().map_or_else(|| words(&about.facet), words);
        let into = about.into.as_ref().map(|into| format!(", as {}", name(into))).unwrap_or_default();
        let indent = " ".repeat(LABEL_LEN);
        line(out, &format!("{indent}{whom}, {role}{into}: {}", change(about.status.as_ref(), terminal)));
    }
    line(out, "");
}

fn change(change: Option<&Change>, terminal: Terminal) -> String {
    match change {
        Some(Change { before, after }) if before == after => before.clone(),
        Some(Change { before, after }) => format!("{before} → {}", terminal.bold(after)),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
