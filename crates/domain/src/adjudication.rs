//! What people decided: rulings on readings, and findings on propositions and incidents.

use crate::aggregate::aggregate_of;
use crate::claim::{self, Key, Proposition};
use crate::code::codes;
use crate::id::{ActorId, AdjudicationId, IncidentId, ReadingId, RelationId, UserId};
use crate::text::{Text, check_total};
use crate::{Aggregate, Fact, Rejection};
use std::collections::BTreeSet;

codes! {
    /// What was found.
    pub enum Outcome as "outcome of a finding" {
        /// It holds.
        Confirmed = "confirmed",
        /// It does not.
        Rejected = "rejected",
        /// It cannot be told.
        Undetermined = "undetermined",
    }
}

impl Outcome {
    /// What several findings on one target amount to: what all found, else that it cannot be told; none without any.
    #[must_use]
    pub fn common(outcomes: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut outcomes = outcomes.into_iter();
        let first = outcomes.next()?;
        Some(if outcomes.all(|outcome| outcome == first) { first } else { Self::Undetermined })
    }
}

codes! {
    /// How much it took to be convinced.
    pub enum Standard as "standard of proof" {
        /// There is reason to believe it.
        ReasonableGrounds = "reasonable_grounds",
        /// It is more likely than not.
        Balance = "balance",
        /// It is clear and convincing.
        Clear = "clear",
        /// No reasonable doubt is left.
        BeyondDoubt = "beyond_doubt",
    }
}

codes! {
    /// How far an adjudication is.
    pub enum Stage as "stage of an adjudication" {
        /// Some target is undecided.
        Open = "open",
        /// Every target is decided.
        Ruled = "ruled",
        /// It was decided, and is to be decided again.
        Reopened = "reopened",
        /// Nothing of it counts, for good.
        Overturned = "overturned",
    }
}

codes! {
    /// What the targets of an adjudication are.
    pub enum TargetKind as "kind of target" {
        /// Readings, on which there are rulings.
        Reading = "reading",
        /// Propositions, on which there are findings.
        Proposition = "proposition",
        /// Incidents, on which there are findings.
        Incident = "incident",
    }
}

/// What is to be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Whether a text says what a reading says that it says.
    Reading(ReadingId),
    /// Whether a proposition holds.
    Proposition(Proposition),
    /// Whether anybody has told what happened.
    Incident(IncidentId),
}

/// What tells targets apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    /// A reading.
    Reading(ReadingId),
    /// A proposition.
    Proposition(claim::Target, Key),
    /// An incident.
    Incident(IncidentId),
}

impl Identity {
    /// That of the proposition that a relation holds.
    #[must_use]
    pub fn of_relation(relation: RelationId) -> Self {
        Self::Proposition(claim::Target::Relation(relation), Key { facet: None, role: None, actor: None, value: None })
    }
}

impl Target {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> TargetKind {
        match self {
            Self::Reading(_) => TargetKind::Reading,
            Self::Proposition(_) => TargetKind::Proposition,
            Self::Incident(_) => TargetKind::Incident,
        }
    }

    /// The identity, for actors that resolve as given.
    #[must_use]
    pub fn identity(&self, resolve: impl Fn(ActorId) -> ActorId) -> Identity {
        match self {
            Self::Reading(id) => Identity::Reading(*id),
            Self::Proposition(about) => Identity::Proposition(about.target, about.key(resolve)),
            Self::Incident(id) => Identity::Incident(*id),
        }
    }

    /// Whether the two are one target as they are written.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.identity(|actor| actor) == other.identity(|actor| actor)
    }

    fn check(&self) -> Result<(), Rejection> {
        match self {
            Self::Reading(_) | Self::Incident(_) => Ok(()),
            Self::Proposition(about) => about.check_findable(),
        }
    }

    fn value(&self) -> Option<&str> {
        match self {
            Self::Proposition(about) => about.value.as_ref().map(Text::as_str),
            Self::Reading(_) | Self::Incident(_) => None,
        }
    }
}

/// A question and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Docket {
    /// The question.
    pub question: Text,
    /// The targets, all of one kind, at least one.
    pub targets: Vec<Target>,
}

/// What texts say and do not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rulings {
    /// The readings that say what the text says.
    pub uphold: Vec<ReadingId>,
    /// Those that do not.
    pub reject: Vec<ReadingId>,
    /// Why.
    pub reason: Text,
    /// The position in the log up to which records were taken into account.
    pub based_on: u64,
}

/// What was found on one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The target.
    pub target: Target,
    /// What was found.
    pub outcome: Outcome,
    /// By which standard.
    pub standard: Standard,
    /// Why.
    pub reason: Text,
    /// The position in the log up to which records were taken into account.
    pub based_on: u64,
    /// Who sees it otherwise.
    pub dissent: Vec<Dissent>,
}

/// Somebody's other opinion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dissent {
    /// Whose.
    pub by: UserId,
    /// What it is.
    pub text: Text,
}

/// What happened to an adjudication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A question was put.
    AdjudicationOpened(Docket),
    /// The readings were ruled on.
    ReadingsRuled(Rulings),
    /// Something was found on one target.
    FindingRecorded(Finding),
    /// What was decided no longer counts, and is to be decided again.
    AdjudicationReopened {
        /// Why.
        reason: Text,
    },
    /// What was decided no longer counts, for good.
    AdjudicationOverturned {
        /// Why.
        reason: Text,
    },
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::AdjudicationOpened(_) => "AdjudicationOpened",
            Self::ReadingsRuled(_) => "ReadingsRuled",
            Self::FindingRecorded(_) => "FindingRecorded",
            Self::AdjudicationReopened { .. } => "AdjudicationReopened",
            Self::AdjudicationOverturned { .. } => "AdjudicationOverturned",
        }
    }
}

/// What is asked of an adjudication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Put a question.
    Open {
        /// The question and its targets.
        docket: Docket,
        /// A target, by its place, on which another adjudication is open or ruled.
        taken: Option<(usize, AdjudicationId)>,
    },
    /// Rule on the readings.
    Rule {
        /// The rulings.
        rulings: Rulings,
        /// The newest position in the log.
        head: u64,
        /// Whether who rules has made every one of the readings.
        own: bool,
    },
    /// Record what was found on one target.
    Find {
        /// The finding.
        finding: Finding,
        /// The newest position in the log.
        head: u64,
    },
    /// Decide again.
    Reopen {
        /// Why.
        reason: Text,
    },
    /// Undo what was decided, for good.
    Overturn {
        /// Why.
        reason: Text,
    },
}

/// An adjudication.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Adjudication {
    /// Not recorded.
    #[default]
    Absent,
    /// Open, ruled or open again.
    Pending(Pending),
    /// Nothing of it counts.
    Overturned {
        /// What it was about.
        docket: Docket,
        /// Why.
        reason: Text,
    },
}

/// An adjudication that was not overturned; all that was decided since it was last opened counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What it is about.
    pub docket: Docket,
    /// Why it was last reopened, if it was.
    pub reopened: Option<Text>,
    /// The rulings, if its targets are readings and were ruled on.
    pub rulings: Option<Rulings>,
    /// The findings, in the order in which they were recorded.
    pub findings: Vec<Finding>,
}

impl Pending {
    fn is_decided(&self) -> bool {
        self.rulings.is_some() || self.findings.len() >= self.docket.targets.len()
    }

    fn has_decided(&self) -> bool {
        self.rulings.is_some() || !self.findings.is_empty()
    }

    fn check_rulings(&self, rulings: &Rulings, head: u64, own: bool) -> Result<(), Rejection> {
        let readings = self.docket.targets.iter().filter_map(|target| match target {
            Target::Reading(id) => Some(*id),
            Target::Proposition(_) | Target::Incident(_) => None,
        });
        let readings: BTreeSet<ReadingId> = readings.collect();
        if readings.is_empty() {
            let detail = "there are rulings on readings; on propositions and incidents there are findings";
            return Err(Rejection::conflict("targets_not_readings", detail));
        }
        if self.rulings.is_some() {
            return Err(Rejection::conflict("already_ruled", "the readings were ruled on: reopen it to rule again"));
        }
        let mut ruled = BTreeSet::new();
        for (list, name) in [(&rulings.uphold, "uphold"), (&rulings.reject, "reject")] {
            for (at, reading) in list.iter().enumerate() {
                let pointer = format!("/{name}/{at}");
                if !readings.contains(reading) {
                    return Err(Rejection::invalid("not_a_target", "this adjudication is not about it").at(pointer));
                }
                if !ruled.insert(*reading) {
                    let detail = "a reading is upheld or rejected, once";
                    return Err(Rejection::invalid("ruled_twice", detail).at(pointer));
                }
            }
        }
        let missing: Vec<String> = readings.difference(&ruled).map(ToString::to_string).collect();
        if !missing.is_empty() {
            let detail = "`uphold` and `reject` are all targets together";
            return Err(Rejection::invalid("rulings_incomplete", detail).with("missing", Fact::Texts(missing)));
        }
        check_based_on(rulings.based_on, head)?;
        if own {
            let detail = "all these readings are your own: somebody else has to rule on them";
            return Err(Rejection::conflict("own_reading", detail));
        }
        Ok(())
    }

    fn check_finding(&self, finding: &Finding, head: u64) -> Result<(), Rejection> {
        if finding.target.kind() == TargetKind::Reading {
            let detail = "there are findings on propositions and incidents; on readings there are rulings";
            return Err(Rejection::invalid("target_is_reading", detail).at("/target"));
        }
        if !self.docket.targets.iter().any(|target| target.is_same(&finding.target)) {
            return Err(Rejection::invalid("not_a_target", "this adjudication is not about it").at("/target"));
        }
        if self.findings.iter().any(|found| found.target.is_same(&finding.target)) {
            let detail = "there is a finding on this target: reopen the adjudication to find again";
            return Err(Rejection::conflict("already_ruled", detail));
        }
        check_based_on(finding.based_on, head)?;
        finding.check_dissent()
    }
}

/// Nobody takes into account what is not recorded yet (invariant 10).
fn check_based_on(based_on: u64, head: u64) -> Result<(), Rejection> {
    if based_on == 0 {
        return Err(Rejection::invalid("based_on_invalid", "positions in the log start at 1").at("/based_on"));
    }
    if based_on > head {
        let detail = format!("the log ends at {head}, before what this is based on");
        return Err(Rejection::invalid("based_on_ahead", detail).at("/based_on").with("head", Fact::Number(head)));
    }
    Ok(())
}

impl Finding {
    /// The most opinions that differ from one finding.
    pub const DISSENT_MAX: usize = 16;

    fn check_dissent(&self) -> Result<(), Rejection> {
        let by: Vec<UserId> = self.dissent.iter().map(|dissent| dissent.by).collect();
        claim::check_list(&by, Self::DISSENT_MAX, "/dissent")?;
        let dissent = self.dissent.iter().map(|dissent| dissent.text.as_str());
        check_total(dissent.chain(self.target.value()).chain([self.reason.as_str()]))
    }
}

impl Docket {
    /// The most targets of one adjudication.
    pub const TARGETS_MAX: usize = 64;

    fn check(&self, taken: Option<(usize, AdjudicationId)>) -> Result<(), Rejection> {
        let Some(first) = self.targets.first() else {
            return Err(Rejection::invalid("targets_missing", "an adjudication has a target").at("/targets"));
        };
        if self.targets.len() > Self::TARGETS_MAX {
            let detail = format!("at most {} targets are taken", Self::TARGETS_MAX);
            return Err(Rejection::invalid("list_too_long", detail)
                .at("/targets")
                .with("len_max", Fact::Number(Self::TARGETS_MAX as u64)));
        }
        let mut known = BTreeSet::new();
        for (at, target) in self.targets.iter().enumerate() {
            let pointer = format!("/targets/{at}");
            if target.kind() != first.kind() {
                let detail = "the targets of one adjudication are all readings, all propositions or all incidents";
                return Err(Rejection::invalid("targets_mixed", detail).at(pointer));
            }
            target.check().map_err(|rejection| rejection.below(&pointer))?;
            if !known.insert(target.identity(|actor| actor)) {
                return Err(Rejection::invalid("list_repeats", "the target stands twice in the list").at(pointer));
            }
        }
        check_total(self.targets.iter().filter_map(Target::value).chain([self.question.as_str()]))?;
        if let Some((at, other)) = taken {
            let detail = format!("the adjudication {other} is about it, and is open or ruled");
            return Err(Rejection::conflict("already_adjudicated", detail)
                .at(format!("/targets/{at}"))
                .with("adjudication", Fact::Text(other.to_string())));
        }
        Ok(())
    }
}

impl Adjudication {
    /// What it is about, if it was recorded.
    #[must_use]
    pub fn docket(&self) -> Option<&Docket> {
        match self {
            Self::Absent => None,
            Self::Pending(pending) => Some(&pending.docket),
            Self::Overturned { docket, .. } => Some(docket),
        }
    }

    /// How far it is, if it was recorded.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        match self {
            Self::Absent => None,
            Self::Pending(pending) if pending.is_decided() => Some(Stage::Ruled),
            Self::Pending(pending) if pending.reopened.is_some() => Some(Stage::Reopened),
            Self::Pending(_) => Some(Stage::Open),
            Self::Overturned { .. } => Some(Stage::Overturned),
        }
    }

    /// The rulings that count.
    #[must_use]
    pub fn rulings(&self) -> Option<&Rulings> {
        match self {
            Self::Pending(pending) => pending.rulings.as_ref(),
            Self::Absent | Self::Overturned { .. } => None,
        }
    }

    /// The findings that count.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Pending(pending) => &pending.findings,
            Self::Absent | Self::Overturned { .. } => &[],
        }
    }

    /// The place among these targets of the first that this one keeps from another adjudication.
    #[must_use]
    pub fn holds(&self, targets: &[Target]) -> Option<usize> {
        let Self::Pending(pending) = self else { return None };
        targets.iter().position(|target| pending.docket.targets.iter().any(|held| held.is_same(target)))
    }

    /// Decides a command.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Absent, Command::Open { docket, taken }) => {
                docket.check(taken)?;
                Ok(vec![Event::AdjudicationOpened(docket)])
            }
            (Self::Pending(_) | Self::Overturned { .. }, Command::Open { .. }) => {
                Err(Rejection::conflict("id_taken", "there is an adjudication with this id"))
            }
            (
                Self::Absent,
                Command::Rule { .. } | Command::Find { .. } | Command::Reopen { .. } | Command::Overturn { .. },
            ) => Err(Rejection::absent("not_found", "there is no such adjudication")),
            (
                Self::Overturned { .. },
                Command::Rule { .. } | Command::Find { .. } | Command::Reopen { .. } | Command::Overturn { .. },
            ) => {
                let detail = "the adjudication was overturned: open another one";
                Err(Rejection::conflict("adjudication_overturned", detail))
            }
            (Self::Pending(pending), Command::Rule { rulings, head, own }) => {
                pending.check_rulings(&rulings, head, own)?;
                Ok(vec![Event::ReadingsRuled(rulings)])
            }
            (Self::Pending(pending), Command::Find { finding, head }) => {
                pending.check_finding(&finding, head)?;
                Ok(vec![Event::FindingRecorded(finding)])
            }
            (Self::Pending(pending), Command::Reopen { reason }) => {
                if !pending.has_decided() {
                    return Err(Rejection::conflict("nothing_ruled", "nothing was decided that could be reopened"));
                }
                Ok(vec![Event::AdjudicationReopened { reason }])
            }
            // What nobody will decide is overturned as well: otherwise its targets were never free again.
            (Self::Pending(_), Command::Overturn { reason }) => Ok(vec![Event::AdjudicationOverturned { reason }]),
        }
    }
}

impl Aggregate for Adjudication {
    aggregate_of!(Adjudication);

    fn evolve(self, event: &Event, _author: UserId) -> Self {
        match (self, event) {
            (Self::Absent, Event::AdjudicationOpened(docket)) => {
                Self::Pending(Pending { docket: docket.clone(), reopened: None, rulings: None, findings: Vec::new() })
            }
            (Self::Pending(pending), event) => match event {
                Event::AdjudicationOpened(_) => Self::Pending(pending),
                Event::ReadingsRuled(rulings) => Self::Pending(Pending { rulings: Some(rulings.clone()), ..pending }),
                Event::FindingRecorded(finding) => {
                    let mut pending = pending;
                    pending.findings.push(finding.clone());
                    Self::Pending(pending)
                }
                Event::AdjudicationReopened { reason } => Self::Pending(Pending {
                    docket: pending.docket,
                    reopened: Some(reason.clone()),
                    rulings: None,
                    findings: Vec::new(),
                }),
                Event::AdjudicationOverturned { reason } => {
                    Self::Overturned { docket: pending.docket, reason: reason.clone() }
                }
            },
            (
                state @ Self::Absent,
                Event::ReadingsRuled(_)
                | Event::FindingRecorded(_)
                | Event::AdjudicationReopened { .. }
                | Event::AdjudicationOverturned { .. },
            )
            | (
                state @ Self::Overturned { .. },
                Event::AdjudicationOpened(_)
                | Event::ReadingsRuled(_)
                | Event::FindingRecorded(_)
                | Event::AdjudicationReopened { .. }
                | Event::AdjudicationOverturned { .. },
            ) => state,
        }
    }
}

#[cfg(test)]
mod tests;
