//! What a reading says: a chain of speakers, an act, a proposition, polarity and certainty.

mod act;
mod chain;
mod proposition;

#[cfg(test)]
mod tests;

pub use act::{Act, Certainty, Polarity, Sign, Strength, Value, value};
pub use chain::{Chain, Link, Speaker, Stance, UnidentifiedKind};
pub use proposition::{Facet, Key, Proposition, Role, Scope, Target};

use crate::edtf::Edtf;
use crate::id::{AnnotationId, ReadingId, RelationId};
use crate::text::Text;
use crate::{Fact, Rejection};

/// The most annotations that one reading, relation or name cites.
pub const EVIDENCE_MAX: usize = 64;
/// The most utterances that one change act names.
pub const CHANGES_MAX: usize = 64;

/// The whole content of a claim reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who says it, from the outermost link to the speaker.
    pub speakers: Chain,
    /// What the speaker does in saying it.
    pub act: Act,
    /// What it is about.
    pub proposition: Proposition,
    /// What the speaker is committed to.
    pub polarity: Polarity,
    /// How certain the speaker's words are.
    pub certainty: Certainty,
    /// The cited annotations, at least one, each once.
    pub evidence: Vec<AnnotationId>,
    /// About one incident, or about any of a class.
    pub scope: Scope,
    /// Taken for granted in passing.
    pub presupposed: bool,
    /// How it was uttered: a codebook term (statement, video, call, post).
    pub mode: Option<Text>,
    /// When it was uttered.
    pub uttered: Option<Edtf>,
    /// The utterances that a change act changes, by any reading of theirs.
    pub changes: Vec<ReadingId>,
    /// The edge by which the speaker speaks for an actor or holds an office.
    pub speaks_for: Option<RelationId>,
}

impl Claim {
    /// Checks the rules that the claim itself can answer: invariants 1 (evidence is cited), 5 and 9, the fit of act
    /// and polarity, of scope and target, and of change acts and what they name.
    pub fn check(&self) -> Result<(), Rejection> {
        act::check_pair(self.act, self.polarity)?;
        self.proposition.check(self.act)?;
        if self.scope == Scope::Generic && !matches!(self.proposition.target, Target::Class(_)) {
            return Err(Rejection::invalid("generic_without_class", "a generic claim is about a class of incidents")
                .at("/scope"));
        }
        check_list(&self.evidence, EVIDENCE_MAX, "/evidence")?;
        if self.evidence.is_empty() {
            return Err(
                Rejection::invalid("evidence_missing", "a reading cites at least one annotation").at("/evidence")
            );
        }
        check_list(&self.changes, CHANGES_MAX, "/changes")?;
        match (self.act.is_change(), self.changes.is_empty()) {
            (true, true) => Err(Rejection::invalid(
                "changes_missing",
                format!("`{}` names the utterances that it changes", self.act),
            )
            .at("/changes")),
            (false, false) => {
                Err(Rejection::invalid("changes_unexpected", format!("`{}` changes no utterance", self.act))
                    .at("/changes"))
            }
            _ => Ok(()),
        }
    }

    /// What this reading says as a vote: sign and strength by act, polarity and certainty (domain.md, section 2).
    #[must_use]
    pub fn value(&self) -> Value {
        value(self.act, self.polarity, self.certainty)
    }
}

/// Refuses a list that is too long, or in which an entry stands twice.
pub(crate) fn check_list<T: Eq + Copy>(list: &[T], len_max: usize, pointer: &str) -> Result<(), Rejection> {
    if list.len() > len_max {
        return Err(Rejection::invalid("list_too_long", format!("at most {len_max} entries are taken"))
            .at(pointer)
            .with("len_max", Fact::Number(len_max as u64)));
    }
    check_once(list, pointer)
}

/// Refuses a list in which an entry stands twice.
pub(crate) fn check_once<T: Eq + Copy>(list: &[T], pointer: &str) -> Result<(), Rejection> {
    if let Some(at) = (1..list.len()).find(|&at| list[..at].contains(&list[at])) {
        return Err(
            Rejection::invalid("list_repeats", "the entry stands twice in the list").at(format!("{pointer}/{at}"))
        );
    }
    Ok(())
}
