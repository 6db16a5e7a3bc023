//! Who is the same as whom: the one place where views take several ids for one actor or one source.

use super::scope::{Answer, Scope};
use domain::id::{ActorId, SourceId};
use std::collections::BTreeSet;

/// Every id that is one actor, or one source.
#[derive(Debug, Clone)]
pub(super) struct Same<T> {
    /// The one that stands for all of them.
    pub canonical: T,
    pub ids: BTreeSet<T>,
}

impl<T: Copy + Ord> Same<T> {
    fn alone(id: T) -> Self {
        Self { canonical: id, ids: BTreeSet::from([id]) }
    }

    /// The canonical id, and then the others.
    pub fn in_order(&self) -> impl Iterator<Item = T> {
        let others = self.ids.iter().copied().filter(|id| *id != self.canonical);
        std::iter::once(self.canonical).chain(others)
    }
}

/// The ids of an actor. Only judgements of identity can tell of more than one, and no record holds any yet.
#[expect(clippy::unnecessary_wraps, reason = "judgements are read from the store")]
pub(super) fn actor(_: &Scope<'_>, id: ActorId) -> Answer<Same<ActorId>> {
    Ok(Same::alone(id))
}

/// The ids of a source. There are no judgements about sources.
pub(super) fn source(id: SourceId) -> Same<SourceId> {
    Same::alone(id)
}
