//! Decisions: which readings were ruled on, and what was found (domain.md, sections 1 and 6).
//!
//! What is found and what is said meet here and nowhere else: both are compared by their [`Identity`].

use super::Finding;
use crate::adjudication::{self, Adjudication, Identity, Outcome, Target};
use crate::claim::{self, Key};
use crate::id::{AdjudicationId, ReadingId, RelationId};
use crate::text::Text;
use std::collections::{BTreeMap, BTreeSet};

/// What was decided and counts.
pub(super) struct Decisions {
    upheld: BTreeSet<ReadingId>,
    rejected: BTreeSet<ReadingId>,
    found: BTreeMap<Identity, Found>,
}

/// What was found on one target.
struct Found {
    finding: Finding,
    /// The value of the proposition as the first finding writes it.
    value: Option<Text>,
}

impl Decisions {
    /// What was decided; two findings are on the same if their identities resolve to the same.
    pub fn new(adjudications: &BTreeMap<AdjudicationId, Adjudication>, resolve: impl Fn(Identity) -> Identity) -> Self {
        let (mut upheld, mut rejected) = (BTreeSet::new(), BTreeSet::new());
        for rulings in adjudications.values().filter_map(Adjudication::rulings) {
            upheld.extend(&rulings.uphold);
            rejected.extend(&rulings.reject);
        }
        // Adjudications that were opened at the same time may contradict each other.
        upheld.retain(|reading| !rejected.contains(reading));
        let mut by_identity: BTreeMap<Identity, Vec<(AdjudicationId, &adjudication::Finding)>> = BTreeMap::new();
        for (id, adjudication) in adjudications {
            for finding in adjudication.findings() {
                by_identity.entry(resolve(finding.target.identity(|actor| actor))).or_default().push((*id, finding));
            }
        }
        let found = by_identity.into_iter().filter_map(|(identity, findings)| Some((identity, Found::of(&findings)?)));
        Self { upheld, rejected, found: found.collect() }
    }

    /// Whether a reading was ruled to say what the text says.
    pub fn is_upheld(&self, reading: ReadingId) -> bool {
        self.upheld.contains(&reading)
    }

    /// Whether it was ruled not to; then it is not live.
    pub fn is_rejected(&self, reading: ReadingId) -> bool {
        self.rejected.contains(&reading)
    }

    /// What was found on a proposition.
    pub fn on(&self, target: claim::Target, key: &Key) -> Option<&Finding> {
        self.found.get(&Identity::Proposition(target, key.clone())).map(|found| &found.finding)
    }

    /// The value of a proposition as a finding on it writes it.
    pub fn value(&self, target: claim::Target, key: &Key) -> Option<&Text> {
        self.found.get(&Identity::Proposition(target, key.clone()))?.value.as_ref()
    }

    /// What was found on the incident itself.
    pub fn on_incident(&self, subject: claim::Target) -> Option<&Finding> {
        let claim::Target::Incident(incident) = subject else { return None };
        self.found.get(&Identity::Incident(incident)).map(|found| &found.finding)
    }

    /// What was found on a relation.
    pub fn on_relation(&self, relation: RelationId) -> Option<Outcome> {
        self.found.get(&Identity::of_relation(relation)).map(|found| found.finding.outcome)
    }

    /// The propositions about this target on which something was found.
    pub fn propositions_of(&self, target: claim::Target) -> impl Iterator<Item = &Key> {
        self.found.keys().filter_map(move |identity| match identity {
            Identity::Proposition(about, key) if *about == target => Some(key),
            Identity::Proposition(..) | Identity::Reading(_) | Identity::Incident(_) => None,
        })
    }
}

impl Found {
    /// The findings on one target as one, by the order of the adjudications' ids: their common outcome, else that it
    /// cannot be told. It is based on what the earliest of them took into account.
    fn of(findings: &[(AdjudicationId, &adjudication::Finding)]) -> Option<Self> {
        let (id, first) = findings.first()?;
        let outcome = Outcome::common(findings.iter().map(|(_, finding)| finding.outcome))?;
        let agree = findings.iter().all(|(_, finding)| finding.outcome == outcome);
        let also: BTreeSet<AdjudicationId> = findings.iter().map(|(id, _)| *id).filter(|other| other != id).collect();
        let finding = Finding {
            adjudication: *id,
            outcome,
            standard: first.standard,
            reason: agree.then(|| first.reason.clone()),
            based_on: findings.iter().map(|(_, finding)| finding.based_on).min()?,
            dissent: if agree { first.dissent.clone() } else { Vec::new() },
            also: also.into_iter().collect(),
        };
        let value = match &first.target {
            Target::Proposition(about) => about.value.clone(),
            Target::Reading(_) | Target::Incident(_) => None,
        };
        Some(Self { finding, value })
    }
}
