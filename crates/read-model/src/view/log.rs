//! What the whole log amounts to, and what proves it.
//!
//! The tree is over the records of all projects. Its hashes tell nobody what a record says: each has an id that was drawn,
//! which only who sees the record is told. Under a veil, however, whole records are shown in part, and a hash would tell
//! whether a guess of the rest is right; so paths, in which hashes of single records stand, are not there for whom
//! something may be hidden from. A head is.

use super::resource::hexadecimal;
use super::scope::{Answer, Scope, absent, invalid};
use crate::subject::Subject;
use wire::tree::{self, Hash};
use wire::view::{LogConsistency, LogHead, LogInclusion};

/// The head at the position.
pub(super) fn head(scope: &Scope<'_>) -> Answer<LogHead> {
    let size = scope.snapshot.at();
    Ok(LogHead { log: log(scope), as_of: size, size, root: hexadecimal(&scope.snapshot.root()?) })
}

/// The path from a record of the project.
pub(super) fn inclusion(scope: &Scope<'_>, position: u64) -> Answer<LogInclusion> {
    let size = scope.snapshot.at();
    if scope.is_blinded() {
        return Err(absent());
    }
    if !(1..=size).contains(&position) {
        let detail = format!("there is no position {position} among the {size} records to whose root the path leads");
        return Err(invalid("position_beyond_size", detail));
    }
    let project = Subject::project(scope.project);
    if scope.snapshot.positions(&project, position - 1, 1)? != [position] {
        return Err(absent());
    }
    Ok(LogInclusion {
        log: log(scope),
        position,
        size,
        leaf: hexadecimal(&tree::leaf(&scope.snapshot.payload(position)?)),
        path: texts(&scope.snapshot.inclusion(position)?),
    })
}

/// What shows that the log only grew.
pub(super) fn consistency(scope: &Scope<'_>, from: u64) -> Answer<LogConsistency> {
    let to = scope.snapshot.at();
    if scope.is_blinded() {
        return Err(absent());
    }
    if !(1..=to).contains(&from) {
        let detail = format!("a log that has {to} records did not have {from} before: `from` is 1 to {to}");
        return Err(invalid("from_beyond_to", detail));
    }
    Ok(LogConsistency { log: log(scope), from, to, path: texts(&scope.snapshot.consistency(from)?) })
}

fn log(scope: &Scope<'_>) -> String {
    scope.snapshot.store().checkpoint().log.to_string()
}

fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| hexadecimal(hash)).collect()
}
