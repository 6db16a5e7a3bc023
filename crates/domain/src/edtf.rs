//! Uncertain dates: EDTF (ISO 8601-2, levels 0 to 2).

use crate::Rejection;
use edtf_core::{Bound, Edtf as Parsed};

/// A date as EDTF, kept as written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Edtf(String);

/// A calendar day, or before or after all days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Day {
    /// Before every day: an unknown or open start.
    Past,
    /// A proleptic Gregorian day: astronomical year, month, day.
    On(i64, u8, u8),
    /// After every day: an unknown or open end.
    Future,
}

impl Day {
    /// The day as `YYYY-MM-DD`; none for before or after all days.
    #[must_use]
    pub fn date(self) -> Option<String> {
        match self {
            Self::On(year, month, day) if year < 0 => Some(format!("{year:05}-{month:02}-{day:02}")),
            Self::On(year, month, day) => Some(format!("{year:04}-{month:02}-{day:02}")),
            Self::Past | Self::Future => None,
        }
    }

    /// Reads what [`Day::date`] wrote.
    #[must_use]
    pub fn from_date(date: &str) -> Option<Self> {
        let mut parts = date.rsplitn(3, '-');
        let (day, month) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Self::On(parts.next()?.parse().ok()?, month, day))
    }
}

/// The first and the last day that a date touches, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bounds {
    /// The first day.
    pub first: Day,
    /// The last day.
    pub last: Day,
}

impl Bounds {
    /// All of time.
    pub const ALWAYS: Self = Self { first: Day::Past, last: Day::Future };

    /// Whether they tell nothing: they have every day of the years 0 to 9999.
    #[must_use]
    pub fn tells_nothing(self) -> bool {
        self.first <= Day::On(0, 1, 1) && self.last >= Day::On(9_999, 12, 31)
    }

    /// Whether every day of `self` is before every day of `other`.
    #[must_use]
    pub fn is_before(self, other: Self) -> bool {
        self.last < other.first
    }

    /// Whether the two share a day.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// Whether `self` lies within `other`.
    #[must_use]
    pub fn is_within(self, other: Self) -> bool {
        other.first <= self.first && self.last <= other.last
    }
}

/// The interval that is open at both ends, of which nothing is known. Level 1 builds it from two open ends, and other
/// parsers take it; ours knows open ends one at a time.
const OPEN: &str = "../..";

/// How the parser names the one error that is told apart: an interval or a range whose end lies before its start.
const REVERSED: &str = "end precedes";

impl Edtf {
    /// The longest expression taken, in bytes: a level 2 set of some dozen dates.
    pub const LEN_MAX: usize = 256;

    /// Parses a date at level 2 or below whose lower bound is not after its upper bound.
    pub fn parse(text: &str, pointer: &str) -> Result<Self, Rejection> {
        if text.len() > Self::LEN_MAX {
            let detail = format!("an EDTF date has at most {} bytes", Self::LEN_MAX);
            return Err(Rejection::invalid("edtf_invalid", detail).at(pointer));
        }
        match Parsed::parse(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(_) if text == OPEN => Ok(Self(text.to_owned())),
            Err(error) if error.message.contains(REVERSED) => {
                let detail = format!("`{text}` ends before it starts");
                Err(Rejection::invalid("edtf_reversed", detail).at(pointer))
            }
            Err(error) => Err(Rejection::invalid("edtf_invalid", format!("`{text}`: {error}")).at(pointer)),
        }
    }

    /// Parses a date that may be absent.
    pub fn optional(text: Option<&str>, pointer: &str) -> Result<Option<Self>, Rejection> {
        text.map(|text| Self::parse(text, pointer)).transpose()
    }

    /// A date of a record in the log, which was checked when it was written.
    #[must_use]
    pub fn recorded(text: String) -> Self {
        Self(text)
    }

    /// The date as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first and the last day. The qualifiers `~ ? %` do not widen (ISO 8601-2, 8.4.2 note).
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        Parsed::parse(&self.0).map_or(Bounds::ALWAYS, |parsed| bounds_of(&parsed))
    }
}

fn bounds_of(parsed: &Parsed) -> Bounds {
    let bounds = parsed.bounds();
    let day = |bound, unknown| match bound {
        Bound::NegativeInfinity => Day::Past,
        Bound::Date(date) => Day::On(date.year, date.month, date.day),
        Bound::PositiveInfinity => Day::Future,
        Bound::Unknown => unknown,
    };
    Bounds { first: day(bounds.earliest, Day::Past), last: day(bounds.latest, Day::Future) }
}

#[cfg(test)]
mod tests;
