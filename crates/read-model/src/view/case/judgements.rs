//! What may be one with what a case names, and what that hangs on.

use super::Records;
use crate::Error;
use crate::subject::Subject;
use domain::Kind;
use domain::identity::{self, Judgements};
use std::collections::BTreeSet;
use uuid::Uuid;
use wire::subject::Address;

/// Everything that may be one with these, these included. The case then depends on the judgements on them.
///
/// A case of a project without judgements of a kind depends on the first one. Otherwise it depends on those that name
/// what it names, and on those that have a say on these: a merge of two others leaves it in the cache. Of readings there
/// are many in a case and few that are judged, so there it depends on all.
pub(super) fn neighbours(
    records: &mut Records<'_>,
    judgements: &Judgements,
    kind: identity::Subject,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<BTreeSet<Uuid>, Error> {
    let address = |id| Address { project: records.project.uuid(), kind: Kind::Identity, id };
    let all = Subject::own(&address(kind.aggregate(records.project)));
    let resolved = judgements.of(kind);
    if kind == identity::Subject::Reading {
        records.depend(all)?;
        return Ok(resolved.neighbours(ids).ids);
    }
    // A supposed judgement may be the first.
    let is_first = records.is_empty(all)?;
    if is_first && resolved.identity.judgements().next().is_none() {
        return Ok(ids.into_iter().collect());
    }
    let found = resolved.neighbours(ids);
    for id in &found.ids {
        records.depend(Subject::mention(
            &Address { project: records.project.uuid(), kind: kind.kind(), id: *id },
            Kind::Identity,
        ))?;
    }
    for judgement in &found.judgements {
        records.depend(Subject::mention(
            &Address { project: records.project.uuid(), kind: Kind::Identity, id: judgement.uuid() },
            Kind::Identity,
        ))?;
    }
    Ok(found.ids)
}
