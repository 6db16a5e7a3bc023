//! Codebooks: what a project's annotators look for, and in which terms.

use crate::Rejection;
use crate::claim::{Act, Claim, Role, check_once};
use crate::text::{Text, check_total, comparable};
use std::collections::BTreeMap;

/// A version of a project's codebook. It picks, labels and explains; it cannot add acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codebook {
    /// What annotators are told.
    pub guideline: Text,
    /// Kinds of incidents.
    pub kinds: Vec<Text>,
    /// Modes of utterances.
    pub modes: Vec<Text>,
    /// Labels of codes, as people are to see them.
    pub labels: BTreeMap<String, Text>,
    /// The acts in use; empty for all.
    pub acts: Vec<Act>,
    /// The roles in use; empty for all.
    pub roles: Vec<Role>,
}

impl Codebook {
    /// The most terms of one list.
    pub const LIST_MAX: usize = 500;

    /// Checks that no list repeats itself or is longer than a record can hold.
    pub fn check(&self) -> Result<(), Rejection> {
        for (len, pointer) in
            [(self.kinds.len(), "/kinds"), (self.modes.len(), "/modes"), (self.labels.len(), "/labels")]
        {
            if len > Self::LIST_MAX {
                let detail = format!("a codebook lists at most {} terms of a kind", Self::LIST_MAX);
                return Err(Rejection::invalid("list_too_long", detail).at(pointer));
            }
        }
        check_once(&self.acts, "/acts")?;
        check_once(&self.roles, "/roles")?;
        let terms = self.kinds.iter().chain(&self.modes).map(Text::as_str);
        let labels = self.labels.iter().flat_map(|(code, label)| [code.as_str(), label.as_str()]);
        check_total([self.guideline.as_str()].into_iter().chain(terms).chain(labels))
    }

    /// Where a claim uses terms that this codebook does not have: told to the annotator, not refused.
    #[must_use]
    pub fn remarks(&self, claim: &Claim) -> Vec<&'static str> {
        let mut remarks = Vec::new();
        if !self.acts.is_empty() && !self.acts.contains(&claim.act) {
            remarks.push("act_not_in_codebook");
        }
        if claim.proposition.role.is_some_and(|role| !self.roles.is_empty() && !self.roles.contains(&role)) {
            remarks.push("role_not_in_codebook");
        }
        if claim.mode.as_ref().is_some_and(|mode| !self.modes.is_empty() && !self.lists_mode(mode)) {
            remarks.push("mode_not_in_codebook");
        }
        remarks
    }

    fn lists_mode(&self, mode: &Text) -> bool {
        let mode = comparable(mode.as_str());
        self.modes.iter().any(|listed| comparable(listed.as_str()) == mode)
    }
}

#[cfg(test)]
mod tests;
