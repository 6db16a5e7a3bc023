//! Gathering what was decided about a case.

use super::{Records, aggregate};
use crate::Error;
use crate::subject::Subject;
use domain::Kind;
use domain::adjudication::Adjudication;
use domain::claim::Target;
use domain::id::{AdjudicationId, ReadingId, RelationId};
use std::collections::{BTreeMap, BTreeSet};

/// Adds the adjudications of what the records name: incidents and classes with the propositions about them, relations, and
/// readings.
pub(super) fn adjudications(
    records: &mut Records<'_>,
    subjects: impl IntoIterator<Item = Target>,
    relations: impl IntoIterator<Item = RelationId>,
    readings: impl IntoIterator<Item = ReadingId>,
) -> Result<BTreeMap<AdjudicationId, Adjudication>, Error> {
    // Most projects decide nothing; then one look is enough.
    if records.is_empty(Subject::created(records.project, Kind::Adjudication))? {
        return Ok(BTreeMap::new());
    }
    let named = subjects.into_iter().map(aggregate);
    let named = named.chain(relations.into_iter().map(|id| (Kind::Relation, id.uuid())));
    let named = named.chain(readings.into_iter().map(|id| (Kind::Reading, id.uuid())));
    let mut ids = BTreeSet::new();
    for (kind, id) in named {
        ids.extend(records.mentions(kind, id, Kind::Adjudication)?);
    }
    ids.into_iter().map(|id| Ok((AdjudicationId::new(id), records.state(id)?))).collect()
}
