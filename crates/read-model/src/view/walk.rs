//! Going through aggregates in the order of their creation, a page at a time.

use super::list::COST_MAX;
use super::record::limit_of;
use super::scope::{Answer, Scope};
use crate::subject::Subject;
use domain::Kind;
use uuid::Uuid;

/// What a page may still cost.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Budget {
    /// So much, in aggregates looked at.
    pub fn of(cost_max: usize) -> Self {
        Self(cost_max)
    }

    /// That of one page.
    pub fn of_page() -> Self {
        Self::of(COST_MAX)
    }

    pub fn spend(&mut self, cost: usize) {
        self.0 = self.0.saturating_sub(cost);
    }

    pub fn is_spent(&self) -> bool {
        self.0 == 0
    }
}

/// A page of what is to be shown of the project's aggregates of a kind, and the position after which it goes on. A page
/// that costs too much ends early.
pub(super) fn page<T>(
    scope: &Scope<'_>,
    kind: Kind,
    page: (u32, u64),
    look: impl FnMut(Uuid, &mut Budget) -> Answer<Option<T>>,
) -> Answer<(Vec<T>, Option<u64>)> {
    page_of(scope, Subject::created(scope.project, kind), page, look)
}

/// The same of the aggregates that the records of a subject create.
pub(super) fn page_of<T>(
    scope: &Scope<'_>,
    subject: Subject,
    (limit, after): (u32, u64),
    mut look: impl FnMut(Uuid, &mut Budget) -> Answer<Option<T>>,
) -> Answer<(Vec<T>, Option<u64>)> {
    let (limit, mut budget) = (limit_of(limit), Budget::of_page());
    let (mut items, mut last_shown, mut last) = (Vec::new(), after, after);
    loop {
        // A few at a time: a page seldom needs more than its length.
        let positions = scope.snapshot.positions(&subject, last, limit + 1)?;
        if positions.is_empty() {
            return Ok((items, None));
        }
        for position in positions {
            if budget.is_spent() {
                return Ok((items, Some(last)));
            }
            budget.spend(1);
            if let Some(item) = look(scope.snapshot.envelope(position)?.id, &mut budget)? {
                if items.len() >= limit {
                    return Ok((items, Some(last_shown)));
                }
                items.push(item);
                last_shown = position;
            }
            last = position;
        }
    }
}
