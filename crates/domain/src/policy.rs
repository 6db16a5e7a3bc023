//! Policies: under which rules readings become positions.

use crate::claim::Certainty;
use crate::code::codes;
use crate::id::ActorId;
use crate::{Code, Rejection};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

codes! {
    /// How the readings of one utterance become its value (domain.md, section 3).
    pub enum Readings as "reading set" {
        /// The value that all annotators share.
        Any = "any",
        /// The value with a share of at least θ.
        Majority = "majority",
        /// The value of the upheld reading.
        Adjudicated = "adjudicated",
    }
}

codes! {
    /// What a generic utterance does to the members of its class (domain.md, section 6).
    pub enum Generic as "treatment of generic utterances" {
        /// Opposition with its own strength, support as weak.
        Count = "count",
        /// Opposition alone.
        OppositionOnly = "opposition_only",
        /// Nothing.
        Ignore = "ignore",
    }
}

/// Evidence for an opinion: that of one certainty, or what utterances add up to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Evidence for, at least 0.
    pub r: f64,
    /// Evidence against, at least 0.
    pub s: f64,
}

/// A version of a project's policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The reading set.
    pub readings: Readings,
    /// The share θ that a majority needs, above 1/2 and at most 1.
    pub theta: f64,
    /// What generic utterances do.
    pub generic: Generic,
    /// Actors who count as officials whatever their kind.
    pub officials_include: BTreeSet<ActorId>,
    /// Actors who do not count as officials whatever their kind.
    pub officials_exclude: BTreeSet<ActorId>,
    /// Trust in actors and sources, 0 to 1; who is not named has 1.
    pub trust: BTreeMap<Uuid, f64>,
    /// Evidence by certainty code.
    pub opinions: BTreeMap<&'static str, Evidence>,
    /// The base rate of an opinion, 0 to 1.
    pub base_rate: f64,
}

// The numbers are parsed from finite decimals and are never NaN.
impl Eq for Policy {}

impl Default for Policy {
    /// Policy 0, built in (domain.md, section 7).
    fn default() -> Self {
        let opinion = |weight| Evidence { r: weight, s: weight };
        Self {
            readings: Readings::Any,
            theta: 2.0 / 3.0,
            generic: Generic::Count,
            officials_include: BTreeSet::new(),
            officials_exclude: BTreeSet::new(),
            trust: BTreeMap::new(),
            opinions: BTreeMap::from([
                ("CT", opinion(8.0)),
                ("PR", opinion(4.0)),
                ("PS", opinion(2.0)),
                ("U", opinion(1.0)),
            ]),
            base_rate: 0.5,
        }
    }
}

impl Policy {
    /// The most actors or sources that one list of a policy names.
    pub const LIST_MAX: usize = 1_000;

    /// Checks the ranges of all numbers.
    pub fn check(&self) -> Result<(), Rejection> {
        if !(self.theta > 0.5 && self.theta <= 1.0) {
            let detail = "theta lies above 0.5 and at most at 1: two values cannot both have the majority";
            return Err(Rejection::invalid("policy_invalid", detail).at("/theta"));
        }
        if !(0.0..=1.0).contains(&self.base_rate) {
            return Err(Rejection::invalid("policy_invalid", "base_rate lies between 0 and 1").at("/base_rate"));
        }
        if let Some((id, _)) = self.trust.iter().find(|(_, trust)| !(0.0..=1.0).contains(*trust)) {
            return Err(Rejection::invalid("policy_invalid", "trust lies between 0 and 1").at(format!("/trust/{id}")));
        }
        let known = |code: &str| Certainty::from_code(code).is_ok();
        if let Some(code) = self.opinions.keys().find(|code| !known(code)) {
            let detail = format!("`{code}` is no certainty");
            return Err(Rejection::invalid("policy_invalid", detail).at(format!("/opinions/{code}")));
        }
        let finite = |x: f64| x.is_finite() && x >= 0.0;
        if let Some((code, _)) = self.opinions.iter().find(|(_, e)| !(finite(e.r) && finite(e.s))) {
            let detail = "evidence is a number of at least 0";
            return Err(Rejection::invalid("policy_invalid", detail).at(format!("/opinions/{code}")));
        }
        if let Some(both) = self.officials_include.intersection(&self.officials_exclude).next() {
            let detail = format!("{both} is both included and excluded");
            return Err(Rejection::invalid("policy_invalid", detail).at("/officials"));
        }
        for (len, pointer) in [
            (self.officials_include.len(), "/officials/include"),
            (self.officials_exclude.len(), "/officials/exclude"),
            (self.trust.len(), "/trust"),
        ] {
            if len > Self::LIST_MAX {
                let detail = format!("a list of a policy has at most {} entries", Self::LIST_MAX);
                return Err(Rejection::invalid("list_too_long", detail).at(pointer));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
