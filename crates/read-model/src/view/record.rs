//! Records as they stand in the log: of one aggregate, or of a project.

use super::View;
use super::scope::{Answer, Scope, absent, id, invalid};
use crate::Snapshot;
use crate::subject::Subject;
use domain::id::UserId;
use domain::{Code, Kind};
use wire::subject::Address;
use wire::view::ask_traces::Of;
use wire::view::{AskHistory, AskRecords, AskTraces, Records, Request, StoredRecord, Traced};

/// The most records of one answer.
const LEN_MAX: usize = 1_000;
/// Bytes of records after which an answer ends and names where to go on.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// The kind of aggregate whose history is asked for.
pub(super) fn kind(code: &str) -> Answer<Kind> {
    code.parse().map_err(|error: domain::UnknownCode| invalid("unknown_kind", error.to_string()))
}

/// The records of an aggregate.
pub(super) fn history(scope: &Scope<'_>, kind: Kind, ask: &AskHistory) -> Answer<Records> {
    let address = Address { project: scope.project.uuid(), kind, id: id(&ask.id)? };
    // A subject without a record up to the position does not exist there.
    of_aggregate(&scope.snapshot, &address, ask)
}

/// The records of a user, which belong to the installation: who runs it reads them.
pub(super) fn user(view: &View<'_>, request: &Request, as_of: u64, ask: &AskHistory) -> Answer<Records> {
    if !request.viewer.as_ref().is_some_and(|viewer| viewer.operator) {
        return Err(absent());
    }
    let address = Address { project: domain::id::INSTALLATION.uuid(), kind: Kind::User, id: id(&ask.id)? };
    of_aggregate(&view.store.snapshot(Some(as_of)), &address, ask)
}

fn of_aggregate(snapshot: &Snapshot<'_>, address: &Address, ask: &AskHistory) -> Answer<Records> {
    let subject = Subject::own(address);
    if snapshot.positions(&subject, 0, 1)?.is_empty() {
        return Err(absent());
    }
    page(snapshot, &subject, ask.after, ask.limit)
}

/// The records of the project.
pub(super) fn records(scope: &Scope<'_>, ask: &AskRecords) -> Answer<Records> {
    page(&scope.snapshot, &Subject::project(scope.project), ask.after, ask.limit)
}

/// Records that have something in common, newest first. What follows from the answer holds also for what the author of a
/// command may not see, so that nobody asks this for themselves.
pub(super) fn traces(scope: &Scope<'_>, ask: &AskTraces) -> Answer<Records> {
    if !scope.viewer.operator {
        return Err(absent());
    }
    let subjects = match &ask.of {
        Some(Of::Author(user)) => vec![Subject::commands(scope.project, UserId::new(id(user)?))],
        Some(Of::Command(command)) => vec![Subject::followed(scope.project, id(command)?)],
        Some(Of::Named(Traced { kind: code, id: named })) => {
            let named = Address { project: scope.project.uuid(), kind: kind(code)?, id: id(named)? };
            Kind::ALL.iter().map(|mentioning| Subject::mention(&named, *mentioning)).collect()
        }
        None => return Err(invalid("question_missing", "the question does not say which records")),
    };
    let before = if ask.before == 0 { u64::MAX } else { ask.before };
    let mut positions = Vec::new();
    for subject in &subjects {
        let all = scope.snapshot.positions(subject, 0, usize::MAX)?;
        positions.extend(all.into_iter().filter(|position| *position < before));
    }
    positions.sort_unstable_by(|a, b| b.cmp(a));
    take(&scope.snapshot, &positions, limit_of(ask.limit))
}

fn page(snapshot: &Snapshot<'_>, subject: &Subject, after: u64, limit: u32) -> Answer<Records> {
    let limit = limit_of(limit);
    let positions = snapshot.positions(subject, after, limit + 1)?;
    take(snapshot, &positions, limit)
}

/// The records at these positions, as far as they fit an answer.
pub(super) fn take(snapshot: &Snapshot<'_>, positions: &[u64], limit: usize) -> Answer<Records> {
    let mut items = Vec::new();
    let mut bytes = 0;
    for position in positions.iter().copied().take(limit) {
        if bytes >= BYTES_MAX {
            break;
        }
        let payload = snapshot.stored(position)?;
        bytes += payload.len();
        items.push(StoredRecord { position, payload });
    }
    let more = items.len() < positions.len();
    let next = items.last().map(|item| item.position).filter(|_| more);
    Ok(Records { items, next, blinded: snapshot.veil().is_some() })
}

/// How many items an answer has at most.
pub(super) fn limit_of(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX).clamp(1, LEN_MAX)
}
