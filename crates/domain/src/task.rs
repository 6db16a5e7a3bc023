//! Tasks: one revision of a document, to be read by several people, each under a lease.
//!
//! Submissions and leases that have not run out are never more than the places of a task; who has one, has one alone. Time
//! is the ingest service's, in microseconds since 1970, and comes with each command: what is written tells when a
//! lease ends, never when it ended.

use crate::aggregate::aggregate_of;
use crate::claim;
use crate::code::codes;
use crate::id::{DocumentId, ReadingId, UserId};
use crate::rejection::Fact;
use crate::text::Text;
use crate::{Aggregate, Rejection};
use std::collections::{BTreeMap, BTreeSet};

codes! {
    /// How far a task is.
    pub enum Stage as "status of a task" {
        /// It is read, or is to be.
        Open = "open",
        /// Nobody reads it any more.
        Closed = "closed",
    }
}

/// By how many a task is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// By so many.
    Of(u32),
    /// By everyone whom it is assigned to; by everyone at all, if it is assigned to nobody.
    Everyone,
}

/// What is to be read, by whom, and how soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The document.
    pub document: DocumentId,
    /// The number of its revision.
    pub revision: u32,
    /// By how many.
    pub overlap: Overlap,
    /// How long a lease is, in seconds.
    pub lease_seconds: u32,
    /// Higher ones are leased first.
    pub priority: i32,
    /// Who may lease it; anybody, if there is none.
    pub assignees: Vec<UserId>,
}

impl Terms {
    /// The most who read one task: far more than any project has annotators.
    pub const OVERLAP_MAX: u32 = 1_000;
    /// The most whom a task is assigned to.
    pub const ASSIGNEES_MAX: usize = 1_000;
    /// The longest lease: who holds one longer keeps others from the place.
    pub const LEASE_SECONDS_MAX: u32 = 7 * 24 * 60 * 60;
    /// The highest priority, and with the other sign the lowest.
    pub const PRIORITY_MAX: i32 = 1_000;

    fn check(&self) -> Result<(), Rejection> {
        if self.lease_seconds == 0 || self.lease_seconds > Self::LEASE_SECONDS_MAX {
            let detail = format!("a lease lasts 1 to {} seconds", Self::LEASE_SECONDS_MAX);
            return Err(Rejection::invalid("lease_seconds_invalid", detail).at("/lease_seconds"));
        }
        if !(-Self::PRIORITY_MAX..=Self::PRIORITY_MAX).contains(&self.priority) {
            let detail = format!("a priority lies between -{} and {}", Self::PRIORITY_MAX, Self::PRIORITY_MAX);
            return Err(Rejection::invalid("priority_invalid", detail).at("/priority"));
        }
        claim::check_list(&self.assignees, Self::ASSIGNEES_MAX, "/assignees")?;
        let Overlap::Of(overlap) = self.overlap else { return Ok(()) };
        if overlap == 0 || overlap > Self::OVERLAP_MAX {
            let detail = format!("a task is read by 1 to {}, or by `everyone`", Self::OVERLAP_MAX);
            return Err(Rejection::invalid("overlap_invalid", detail).at("/overlap"));
        }
        if !self.assignees.is_empty() && overlap as usize > self.assignees.len() {
            let detail = "a task cannot be read by more than it is assigned to";
            return Err(Rejection::invalid("overlap_exceeds_assignees", detail)
                .at("/overlap")
                .with("assignees", Fact::Number(self.assignees.len() as u64)));
        }
        Ok(())
    }

    /// How many places there are; none where anybody may read it.
    #[must_use]
    pub fn places(&self) -> Option<usize> {
        match self.overlap {
            Overlap::Of(overlap) => Some(overlap as usize),
            Overlap::Everyone if self.assignees.is_empty() => None,
            Overlap::Everyone => Some(self.assignees.len()),
        }
    }

    fn end_of_lease(&self, now_us: i64) -> i64 {
        now_us.saturating_add(i64::from(self.lease_seconds) * 1_000_000)
    }
}

/// What somebody submits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Submission {
    /// Their readings of the document.
    pub readings: Vec<ReadingId>,
    /// Their spans without a claim.
    pub no_claims: Vec<ReadingId>,
    /// Whether they say that there is nothing to read; then both lists are empty.
    pub nothing_found: bool,
}

impl Submission {
    /// The most readings of one submission, and the most spans without a claim.
    pub const LEN_MAX: usize = 1_000;

    fn check(&self) -> Result<(), Rejection> {
        let Self { readings, no_claims, nothing_found } = self;
        claim::check_list(readings, Self::LEN_MAX, "/readings")?;
        claim::check_list(no_claims, Self::LEN_MAX, "/no_claims")?;
        match (readings.is_empty() && no_claims.is_empty(), nothing_found) {
            (true, true) | (false, false) => Ok(()),
            (true, false) => {
                let detail = "who found nothing says so: `nothing_found`";
                Err(Rejection::invalid("nothing_submitted", detail).at("/nothing_found"))
            }
            (false, true) => {
                let detail = "something was found: leave out `nothing_found`";
                Err(Rejection::invalid("nothing_found_contradicted", detail).at("/nothing_found"))
            }
        }
    }
}

/// What happened to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It was opened.
    TaskOpened(Terms),
    /// Somebody reads it.
    TaskLeased {
        /// Who.
        annotator: UserId,
        /// Until when, in microseconds since 1970.
        until_us: i64,
    },
    /// Somebody reads it for longer, or again.
    LeaseRenewed {
        /// Who.
        annotator: UserId,
        /// Until when, in microseconds since 1970.
        until_us: i64,
    },
    /// Somebody's lease had run out. Noted with what comes next.
    LeaseExpired {
        /// Whose.
        annotator: UserId,
    },
    /// Somebody has read it.
    TaskSubmitted {
        /// Who.
        annotator: UserId,
        /// What they found.
        submission: Submission,
    },
    /// Somebody does not read it.
    TaskSkipped {
        /// Who.
        annotator: UserId,
        /// Why.
        reason: Text,
    },
    /// Nobody reads it any more.
    TaskClosed,
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::TaskOpened(_) => "TaskOpened",
            Self::TaskLeased { .. } => "TaskLeased",
            Self::LeaseRenewed { .. } => "LeaseRenewed",
            Self::LeaseExpired { .. } => "LeaseExpired",
            Self::TaskSubmitted { .. } => "TaskSubmitted",
            Self::TaskSkipped { .. } => "TaskSkipped",
            Self::TaskClosed => "TaskClosed",
        }
    }
}

/// What is asked of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Open it.
    Open(Terms),
    /// Read it.
    Lease {
        /// Who.
        annotator: UserId,
        /// When, in microseconds since 1970.
        now_us: i64,
    },
    /// Read it for longer, or again after the lease ran out.
    Renew {
        /// Who.
        annotator: UserId,
        /// When, in microseconds since 1970.
        now_us: i64,
    },
    /// Say what was found.
    Submit {
        /// Who.
        annotator: UserId,
        /// What.
        submission: Submission,
        /// When, in microseconds since 1970.
        now_us: i64,
    },
    /// Do not read it.
    Skip {
        /// Who.
        annotator: UserId,
        /// Why.
        reason: Text,
        /// When, in microseconds since 1970.
        now_us: i64,
    },
    /// Let nobody read it any more.
    Close,
}

/// A task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Task {
    /// It was never opened.
    #[default]
    Absent,
    /// It was opened.
    Opened(Opened),
}

/// A task that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What is to be read.
    pub terms: Terms,
    /// By annotator, until when they hold a lease, in microseconds since 1970; it may have run out.
    pub leases: BTreeMap<UserId, i64>,
    /// By annotator, what they found.
    pub submissions: BTreeMap<UserId, Submission>,
    /// By annotator, why they do not read it.
    pub skipped: BTreeMap<UserId, Text>,
    /// Whose lease ran out, and who came neither back to it nor to another one.
    pub abandoned: BTreeSet<UserId>,
    /// Whether nobody reads it any more.
    pub closed: bool,
}

impl Opened {
    /// How many read it or have read it.
    #[must_use]
    pub fn taken(&self, now_us: i64) -> usize {
        self.submissions.len() + self.leases.values().filter(|until| **until > now_us).count()
    }

    /// Whether somebody holds a lease.
    #[must_use]
    pub fn is_held(&self, annotator: UserId, now_us: i64) -> bool {
        self.leases.get(&annotator).is_some_and(|until| *until > now_us)
    }

    /// Whether a place is free.
    #[must_use]
    pub fn is_free(&self, now_us: i64) -> bool {
        self.terms.places().is_none_or(|places| self.taken(now_us) < places)
    }

    /// Why somebody cannot lease it now; nothing where they can.
    ///
    /// Whose lease ran out is not given it again unasked: that is what renewing is for.
    pub fn check_leasable(&self, annotator: UserId, now_us: i64) -> Result<(), Rejection> {
        self.check_open()?;
        self.check_assigned(annotator)?;
        self.check_unsubmitted(annotator)?;
        if self.skipped.contains_key(&annotator) {
            return Err(Rejection::conflict("task_skipped", "you skipped this task"));
        }
        if self.is_held(annotator, now_us) {
            return Err(Rejection::conflict("lease_held", "you hold a lease of this task"));
        }
        if self.leases.contains_key(&annotator) || self.abandoned.contains(&annotator) {
            let detail = "your lease of this task ran out: renew it to go on";
            return Err(Rejection::conflict("task_abandoned", detail));
        }
        if self.is_free(now_us) { Ok(()) } else { Err(full()) }
    }

    fn check_open(&self) -> Result<(), Rejection> {
        if self.closed { Err(Rejection::conflict("task_closed", "the task is closed")) } else { Ok(()) }
    }

    fn check_assigned(&self, annotator: UserId) -> Result<(), Rejection> {
        if self.terms.assignees.is_empty() || self.terms.assignees.contains(&annotator) {
            return Ok(());
        }
        Err(Rejection::conflict("not_assigned", "the task is assigned to others"))
    }

    fn check_unsubmitted(&self, annotator: UserId) -> Result<(), Rejection> {
        if !self.submissions.contains_key(&annotator) {
            return Ok(());
        }
        Err(Rejection::conflict("already_submitted", "you submitted this task"))
    }

    /// Checks that somebody holds a lease, or held one whose place is free still.
    fn check_own(&self, annotator: UserId, now_us: i64) -> Result<(), Rejection> {
        self.check_open()?;
        self.check_unsubmitted(annotator)?;
        if self.is_held(annotator, now_us) {
            return Ok(());
        }
        if !self.leases.contains_key(&annotator) && !self.abandoned.contains(&annotator) {
            return Err(Rejection::conflict("no_lease", "you hold no lease of this task"));
        }
        if self.is_free(now_us) {
            return Ok(());
        }
        let detail = "your lease ran out and others took the places; what you recorded stays";
        Err(Rejection::conflict("lease_lost", detail))
    }

    fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Open(_) => Err(Rejection::conflict("id_taken", "there is a task with this id")),
            Command::Lease { annotator, now_us } => {
                self.check_leasable(annotator, now_us)?;
                let mut events = self.expired(annotator, now_us);
                events.push(Event::TaskLeased { annotator, until_us: self.terms.end_of_lease(now_us) });
                Ok(events)
            }
            Command::Renew { annotator, now_us } => {
                self.check_own(annotator, now_us)?;
                let mut events = self.expired(annotator, now_us);
                events.push(Event::LeaseRenewed { annotator, until_us: self.terms.end_of_lease(now_us) });
                Ok(events)
            }
            Command::Submit { annotator, submission, now_us } => {
                self.check_own(annotator, now_us)?;
                submission.check()?;
                let mut events = self.expired(annotator, now_us);
                events.push(Event::TaskSubmitted { annotator, submission });
                events.extend(self.is_complete_with(1, None).then_some(Event::TaskClosed));
                Ok(events)
            }
            Command::Skip { annotator, reason, now_us } => {
                self.check_open()?;
                self.check_unsubmitted(annotator)?;
                if !self.leases.contains_key(&annotator) && !self.abandoned.contains(&annotator) {
                    return Err(Rejection::conflict("no_lease", "you hold no lease of this task"));
                }
                let mut events = self.expired(annotator, now_us);
                events.push(Event::TaskSkipped { annotator, reason });
                events.extend(self.is_complete_with(0, Some(annotator)).then_some(Event::TaskClosed));
                Ok(events)
            }
            Command::Close => {
                self.check_open()?;
                Ok(vec![Event::TaskClosed])
            }
        }
    }

    /// What is noted of others' leases that have run out.
    fn expired(&self, annotator: UserId, now_us: i64) -> Vec<Event> {
        let expired = self.leases.iter().filter(|(holder, until)| **holder != annotator && **until <= now_us);
        expired.map(|(holder, _)| Event::LeaseExpired { annotator: *holder }).collect()
    }

    /// Whether everybody who is to read it has read it, once one more has, or one more of those it is assigned to does not.
    fn is_complete_with(&self, submitted: usize, skipped: Option<UserId>) -> bool {
        let submissions = self.submissions.len() + submitted;
        match self.terms.overlap {
            Overlap::Of(overlap) => submissions >= overlap as usize,
            Overlap::Everyone if self.terms.assignees.is_empty() => false,
            Overlap::Everyone => {
                let skipped = self.skipped.keys().copied().chain(skipped).collect::<BTreeSet<_>>().len();
                submissions + skipped >= self.terms.assignees.len()
            }
        }
    }
}

fn full() -> Rejection {
    Rejection::conflict("task_full", "as many read this task as are to")
}

impl Task {
    /// The task, if it was opened.
    #[must_use]
    pub fn opened(&self) -> Option<&Opened> {
        match self {
            Self::Absent => None,
            Self::Opened(opened) => Some(opened),
        }
    }

    /// How far it is, if it was opened.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        Some(if self.opened()?.closed { Stage::Closed } else { Stage::Open })
    }

    /// Decides a command.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match self {
            Self::Opened(opened) => opened.decide(command),
            Self::Absent => match command {
                Command::Open(terms) => {
                    terms.check()?;
                    Ok(vec![Event::TaskOpened(terms)])
                }
                Command::Lease { .. }
                | Command::Renew { .. }
                | Command::Submit { .. }
                | Command::Skip { .. }
                | Command::Close => Err(Rejection::absent("not_found", "there is no such task")),
            },
        }
    }
}

impl Aggregate for Task {
    aggregate_of!(Task);

    fn evolve(self, event: &Event, _author: UserId) -> Self {
        match self {
            Self::Opened(opened) => Self::Opened(opened.evolve(event)),
            Self::Absent => match event {
                Event::TaskOpened(terms) => Self::Opened(Opened {
                    terms: terms.clone(),
                    leases: BTreeMap::new(),
                    submissions: BTreeMap::new(),
                    skipped: BTreeMap::new(),
                    abandoned: BTreeSet::new(),
                    closed: false,
                }),
                Event::TaskLeased { .. }
                | Event::LeaseRenewed { .. }
                | Event::LeaseExpired { .. }
                | Event::TaskSubmitted { .. }
                | Event::TaskSkipped { .. }
                | Event::TaskClosed => Self::Absent,
            },
        }
    }
}

impl Opened {
    fn evolve(mut self, event: &Event) -> Self {
        match event {
            Event::TaskOpened(_) => {}
            Event::TaskLeased { annotator, until_us } | Event::LeaseRenewed { annotator, until_us } => {
                self.abandoned.remove(annotator);
                self.leases.insert(*annotator, *until_us);
            }
            Event::LeaseExpired { annotator } => {
                self.leases.remove(annotator);
                self.abandoned.insert(*annotator);
            }
            Event::TaskSubmitted { annotator, submission } => {
                self.leases.remove(annotator);
                self.abandoned.remove(annotator);
                self.submissions.insert(*annotator, submission.clone());
            }
            Event::TaskSkipped { annotator, reason } => {
                self.leases.remove(annotator);
                self.abandoned.remove(annotator);
                self.skipped.insert(*annotator, reason.clone());
            }
            Event::TaskClosed => {
                self.leases.clear();
                self.closed = true;
            }
        }
        self
    }
}

#[cfg(test)]
mod tests;
