//! The newest positions of subjects, in memory.

use crate::subject::Subject;
use std::collections::{HashMap, HashSet, VecDeque};

/// Records whose subjects are kept, to tell what a cached view has missed. At some ten subjects each: about 2 MB.
const RECENT_LEN_MAX: usize = 4_096;

/// Positions that are not in chunks yet, and what the newest records concern.
#[derive(Debug, Default)]
pub(super) struct Tail {
    postings: HashMap<Subject, Vec<u64>>,
    records: u64,
    recent: VecDeque<(u64, Box<[Subject]>)>,
}

impl Tail {
    /// Adds the next records.
    pub(super) fn extend<'a>(&mut self, records: impl IntoIterator<Item = (u64, &'a [Subject])>) {
        for (position, subjects) in records {
            for subject in subjects {
                self.postings.entry(*subject).or_default().push(position);
            }
            self.records += 1;
            if self.recent.len() >= RECENT_LEN_MAX {
                self.recent.pop_front();
            }
            self.recent.push_back((position, subjects.into()));
        }
    }

    /// How many records have positions here.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    pub(super) fn clear(&mut self) {
        // A new map: the old one may have grown to the size of a rebuild's segment.
        self.postings = HashMap::new();
        self.records = 0;
    }

    pub(super) fn positions(&self, subject: &Subject, after: u64, upto: u64, len_max: usize) -> Vec<u64> {
        let own = self.own(subject);
        let from = own.partition_point(|position| *position <= after);
        own[from..].iter().copied().take_while(|position| *position <= upto).take(len_max).collect()
    }

    pub(super) fn last(&self, subject: &Subject, upto: u64) -> Option<u64> {
        let own = self.own(subject);
        own[..own.partition_point(|position| *position <= upto)].last().copied()
    }

    /// All subjects, ascending.
    pub(super) fn subjects(&self) -> Vec<Subject> {
        let mut subjects: Vec<_> = self.postings.keys().copied().collect();
        subjects.sort_unstable();
        subjects
    }

    /// A subject's positions.
    pub(super) fn own(&self, subject: &Subject) -> &[u64] {
        self.postings.get(subject).map_or(&[], Vec::as_slice)
    }

    /// Whether one of the records in between concerns what is looked for; none when they are not all here.
    pub(super) fn concerns(&self, after: u64, upto: u64, looked_for: impl Fn(&[Subject]) -> bool) -> Option<bool> {
        self.between(after, upto).map(|mut missed| missed.any(looked_for))
    }

    /// The subjects of the records in between; none when they are not all here.
    pub(super) fn concerned(&self, after: u64, upto: u64) -> Option<HashSet<Subject>> {
        self.between(after, upto).map(|missed| missed.flatten().copied().collect())
    }

    fn between(&self, after: u64, upto: u64) -> Option<impl Iterator<Item = &[Subject]>> {
        let oldest = self.recent.front().map_or(u64::MAX, |(position, _)| *position);
        if after < upto && after + 1 < oldest {
            return None;
        }
        let from = self.recent.partition_point(|(position, _)| *position <= after);
        let missed = self.recent.range(from..).take_while(move |(position, _)| *position <= upto);
        Some(missed.map(|(_, subjects)| &subjects[..]))
    }
}
