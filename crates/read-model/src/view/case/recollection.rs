//! What was read for a case, so that the next gathering reads only what changed.

use crate::Snapshot;
use crate::subject::Subject;
use std::any::Any;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// What a map entry takes besides what it holds, in bytes.
const ENTRY_BYTES: usize = 160;
/// Decoded, a record takes about so many times its bytes.
const DECODED: usize = 3;

/// Everything that was read for a case, by subject.
///
/// What a subject says depends on its records alone, so it holds at every later position up to the subject's next
/// record.
#[derive(Debug)]
pub(in crate::view) struct Recollection {
    /// The position at which it was read.
    at: u64,
    read: BTreeMap<Subject, Recalled>,
}

/// What one subject says.
#[derive(Debug, Clone)]
pub(super) struct Recalled {
    /// Of the type that this subject is always read as.
    pub what: Arc<dyn Any + Send + Sync>,
    /// The subject's last record; 0 for none.
    pub last: u64,
    /// About how many bytes its records have.
    pub bytes: usize,
}

impl Recollection {
    pub(super) fn new(at: u64) -> Self {
        Self { at, read: BTreeMap::new() }
    }

    pub(super) fn keep(&mut self, subject: Subject, recalled: Recalled) {
        self.read.insert(subject, recalled);
    }

    pub(super) fn get<T: Send + Sync + 'static>(&self, subject: &Subject) -> Option<Arc<T>> {
        Arc::clone(&self.read.get(subject)?.what).downcast().ok()
    }

    /// The last position at which one of the subjects has a record.
    pub(super) fn since(&self) -> u64 {
        self.read.values().map(|recalled| recalled.last).max().unwrap_or(0)
    }

    /// The position at which it was read.
    pub(in crate::view) fn at(&self) -> u64 {
        self.at
    }

    /// Every subject that was asked, ascending.
    pub(in crate::view) fn subjects(&self) -> Vec<Subject> {
        self.read.keys().copied().collect()
    }

    /// About how many bytes it takes.
    pub(in crate::view) fn weight(&self) -> u32 {
        let bytes = self.read.values().map(|recalled| ENTRY_BYTES + DECODED * recalled.bytes).sum::<usize>();
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}

/// A recollection at a later position: what still holds of it.
pub(super) struct Memory<'a> {
    earlier: &'a Recollection,
    changed: HashSet<Subject>,
}

impl<'a> Memory<'a> {
    /// None when the position is an earlier one, or when too much came since to tell what changed.
    pub fn of(earlier: &'a Recollection, snapshot: &Snapshot<'_>) -> Option<Self> {
        if snapshot.at() < earlier.at {
            return None;
        }
        let changed = snapshot.store().concerned(earlier.at, snapshot.at())?;
        Some(Self { earlier, changed })
    }

    /// What the subject says, if that still holds.
    pub fn recall(&self, subject: &Subject) -> Option<&'a Recalled> {
        self.earlier.read.get(subject).filter(|_| !self.changed.contains(subject))
    }
}
