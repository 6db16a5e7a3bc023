//! What is said about a relation, as text.

use wire::view::{BoardRelation, RelationBoard};

use super::{labelled, left_out, line, moment, words, write_proposition};
use crate::terminal::{Terminal, plain};

/// The board of a relation as people read it.
pub(crate) fn relation(board: &RelationBoard, terminal: Terminal) -> String {
    let mut out = String::new();
    let RelationBoard { relation, as_of, policy, blinded, proposition, without } = board;
    left_out(&mut out, without, terminal);
    if let Some(relation) = relation {
        line(&mut out, &terminal.bold(title(relation)));
        line(&mut out, &format!("relation {}", relation.id));
    }
    moment(&mut out, (*as_of, *policy), *blinded, terminal);
    if let Some(relation) = relation {
        labelled(&mut out, "status", &format!("{} ({})", relation.status, standing(&relation.status)));
        labelled(&mut out, "stance", &relation.stance);
        if let Some(valid) = &relation.valid {
            labelled(&mut out, "valid", &plain(valid));
        }
    }
    if let Some(proposition) = proposition {
        write_proposition(&mut out, proposition, terminal);
    } else {
        line(&mut out, "");
        line(&mut out, "Nobody has said anything about it yet.");
    }
    out
}

/// Who is what to whom.
fn title(relation: &BoardRelation) -> String {
    let name = |end: Option<&wire::view::Named>| end.map(|end| plain(&end.name)).unwrap_or_default();
    format!("{} — {} → {}", name(relation.from.as_ref()), words(&relation.r#type), name(relation.to.as_ref()))
}

/// What a status means for the boards that hang on the relation.
fn standing(status: &str) -> &'static str {
    match status {
        "held" => "boards count it",
        "open" => "boards tell what would change if it held",
        _ => "boards do not count it",
    }
}

#[cfg(test)]
mod tests;
