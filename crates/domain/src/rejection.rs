//! Refusals: a rule said no, and the client reads why.

use std::fmt;

/// What kind of refusal it is, which fixes how it travels (the status over HTTP).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The command's content breaks a rule.
    Invalid,
    /// What the command names does not exist, or is hidden from its author.
    Absent,
    /// The author may not do this.
    Forbidden,
    /// The change was made against another revision than the current one.
    Stale,
    /// The change does not say against which revision it was made.
    Unconditional,
    /// The state of the aggregate does not admit the command.
    Conflict,
}

/// A value that a refusal carries for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A text.
    Text(String),
    /// A number.
    Number(u64),
    /// Several texts.
    Texts(Vec<String>),
    /// Several numbers.
    Numbers(Vec<u64>),
}

/// A rule refused the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The kind of refusal.
    pub why: Why,
    /// The stable code.
    pub code: &'static str,
    /// A sentence that says what is wrong and what to do.
    pub detail: String,
    /// A JSON pointer to the offending field of the command, or empty for the whole.
    pub pointer: String,
    /// Values for programs: the current revision, the text that stands in the document.
    pub facts: Vec<(&'static str, Fact)>,
}

impl Rejection {
    fn new(why: Why, code: &'static str, detail: impl Into<String>) -> Self {
        Self { why, code, detail: detail.into(), pointer: String::new(), facts: Vec::new() }
    }

    /// The command's content breaks a rule.
    #[must_use]
    pub fn invalid(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Why::Invalid, code, detail)
    }

    /// What the command names does not exist.
    #[must_use]
    pub fn absent(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Why::Absent, code, detail)
    }

    /// The author may not do this.
    #[must_use]
    pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Why::Forbidden, code, detail)
    }

    /// The state of the aggregate does not admit the command.
    #[must_use]
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Why::Conflict, code, detail)
    }

    /// The change was made against another revision than the current one.
    #[must_use]
    pub fn stale(given: u64, current: u64) -> Self {
        let detail = format!("the change was made against revision {given}, the current one is {current}");
        Self::new(Why::Stale, "revision_conflict", detail).with("revision", Fact::Number(current))
    }

    /// The change does not say against which revision it was made.
    #[must_use]
    pub fn unconditional(current: u64) -> Self {
        let detail =
            format!("a change needs If-Match with the revision it was made against; the current one is \"{current}\"");
        Self::new(Why::Unconditional, "revision_required", detail).with("revision", Fact::Number(current))
    }

    /// Names the offending field by a JSON pointer.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = pointer.into();
        self
    }

    /// Puts a pointer before the one that is there: `/speakers` before `/0/actor`.
    #[must_use]
    pub fn below(mut self, prefix: &str) -> Self {
        self.pointer.insert_str(0, prefix);
        self
    }

    /// Adds a value for programs.
    #[must_use]
    pub fn with(mut self, name: &'static str, fact: Fact) -> Self {
        self.facts.push((name, fact));
        self
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for Rejection {}

#[cfg(test)]
mod tests;
