//! Who has which document open, as text.

use serde::Deserialize;

use super::{line, plain};
use crate::terminal::Terminal;

/// Who is there, by document.
#[derive(Debug, Deserialize)]
pub(crate) struct PresenceNow {
    items: Vec<Present>,
}

#[derive(Debug, Deserialize)]
struct Present {
    document: String,
    user: String,
    since: String,
}

/// Who is there, as people read it. Ids stay whole, to be copied.
pub(crate) fn presence(now: &PresenceNow, terminal: Terminal) -> String {
    let mut out = String::new();
    if now.items.is_empty() {
        line(&mut out, "Nobody has a document open.");
    }
    for of_document in now.items.chunk_by(|one, next| one.document == next.document) {
        line(&mut out, &terminal.bold(format!("document {}", plain(&of_document[0].document))));
        for Present { user, since, .. } in of_document {
            line(&mut out, &format!("  {}  {}", plain(user), terminal.dim(format!("since {}", plain(since)))));
        }
    }
    out
}

#[cfg(test)]
mod tests;
