//! Where records stand in the log: `gainsay.ev.<log>.<project>.<kind>.<id>`.

use domain::Kind;
use std::fmt;
use uuid::Uuid;

/// The name of the stream that holds a log.
#[must_use]
pub fn stream(log: u16) -> String {
    format!("GAINSAY_EV_{log}")
}

/// The subjects of a log.
#[must_use]
pub fn filter(log: u16) -> String {
    format!("gainsay.ev.{log}.>")
}

/// The place of one aggregate's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The project, or the nil UUID for what belongs to the whole installation.
    pub project: Uuid,
    /// The kind of aggregate.
    pub kind: Kind,
    /// The aggregate.
    pub id: Uuid,
}

impl Address {
    /// The subject in this log.
    #[must_use]
    pub fn subject(&self, log: u16) -> String {
        format!("gainsay.ev.{log}.{}.{}.{}", self.project, self.kind, self.id)
    }

    /// The log and the address that a subject names; `None` for any other subject, another spelling of one included.
    #[must_use]
    pub fn parse(subject: &str) -> Option<(u16, Self)> {
        let mut tokens = subject.strip_prefix("gainsay.ev.")?.split('.');
        let log = tokens.next()?.parse().ok()?;
        let project = tokens.next()?.parse().ok()?;
        let kind = tokens.next()?.parse().ok()?;
        let id = tokens.next()?.parse().ok()?;
        let address = Self { project, kind, id };
        // Numbers and UUIDs have several spellings, an aggregate's records one subject.
        (address.subject(log) == subject).then_some((log, address))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.project, self.kind, self.id)
    }
}

#[cfg(test)]
mod tests;
