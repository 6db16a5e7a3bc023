//! Who is the same as whom: the one place where views take several ids for one actor or one source.

use super::judgements::judgements;
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

/// The ids of an actor, by the judgements at the position.
pub(super) fn actor(scope: &Scope<'_>, id: ActorId) -> Answer<Same<ActorId>> {
    let judgements = judgements(scope)?;
    let resolution = &judgements.actors.resolution;
    let ids = resolution.members(id.uuid()).into_iter().map(ActorId::new).collect();
    Ok(Same { canonical: ActorId::new(resolution.canonical(id.uuid())), ids })
}

/// The ids of a source. There are no judgements about sources.
pub(super) fn source(id: SourceId) -> Same<SourceId> {
    Same::alone(id)
}
