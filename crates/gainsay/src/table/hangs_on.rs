//! On which single things the statuses of a board hang.

use wire::view::{Change, Hanging, HangsOn, PropositionChange};

use super::{heading, in_words, labelled, left_out, line, status};
use crate::terminal::{Terminal, plain};

/// Each thing without which a status would be another, and what that would be.
pub(crate) fn hangs_on(told: &HangsOn, terminal: Terminal) -> String {
    let mut out = String::new();
    left_out(&mut out, &told.without, terminal);
    heading(&mut out, told.incident.as_ref(), (told.as_of, told.policy), told.blinded, terminal);
    labelled(&mut out, "status", &status(&told.status, terminal));
    if told.items.is_empty() {
        line(&mut out, "");
        line(&mut out, "No status hangs on one of these alone.");
    }
    for item in &told.items {
        write_item(&mut out, item, terminal);
    }
    if told.more > 0 {
        line(&mut out, "");
        line(&mut out, &terminal.dim(format!("and {} more that were not tried", told.more)));
    }
    out
}

fn write_item(out: &mut String, item: &Hanging, terminal: Terminal) {
    let Hanging { kind, id, name, status: of_incident, propositions } = item;
    let name = name.as_ref().map(|name| format!("{} ", plain(name))).unwrap_or_default();
    line(out, "");
    line(out, &format!("without {}{}", terminal.bold(name), terminal.dim(format!("{kind}:{id}"))));
    if let Some(change) = of_incident {
        labelled(out, "", &changed("the incident", change, terminal));
    }
    for PropositionChange { actor, role, facet, value, status, into: _ } in propositions {
        let Some(change) = status else { continue };
        let about = in_words(facet, actor.as_ref(), role.as_deref(), value.as_deref());
        labelled(out, "", &changed(&about, change, terminal));
    }
}

fn changed(what: &str, Change { before, after }: &Change, terminal: Terminal) -> String {
    format!("{what}: {} → {}", status(before, terminal), status(after, terminal))
}

#[cfg(test)]
mod tests;
