//! Disjoint sets of readings.

use crate::id::ReadingId;
use std::collections::BTreeMap;

/// Disjoint sets of readings; who is in none is a set by itself.
#[derive(Default)]
pub(super) struct Sets {
    parents: BTreeMap<ReadingId, ReadingId>,
}

impl Sets {
    /// The smallest reading of the set.
    pub fn smallest(&mut self, id: ReadingId) -> ReadingId {
        let mut root = id;
        while let Some(parent) = self.parents.get(&root) {
            root = *parent;
        }
        // Every reading on the way now points to the root, so that no chain is walked twice.
        let mut at = id;
        while at != root {
            at = self.parents.insert(at, root).unwrap_or(root);
        }
        root
    }

    /// Makes one set of the two.
    pub fn unite(&mut self, a: ReadingId, b: ReadingId) {
        let (a, b) = (self.smallest(a), self.smallest(b));
        if a != b {
            self.parents.insert(a.max(b), a.min(b));
        }
    }
}
