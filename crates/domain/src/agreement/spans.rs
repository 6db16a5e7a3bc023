//! Agreement on where passages stand.

use super::{Figure, Undefined, real};
use crate::annotation::Annotation;

/// The passages that two annotators mark in a document, or in several; each pair of numbers is that of the one and of
/// the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spans {
    /// How many there are; what one marks twice is one.
    pub passages: (usize, usize),
    /// How many of them the other marks exactly so.
    pub exact: (usize, usize),
    /// How many of them have a code point in common with one of the other.
    pub overlapping: (usize, usize),
}

impl Spans {
    /// Compares live marks of one document; those of revisions that have nothing in common never match.
    #[must_use]
    pub fn of(one: &[&Annotation], other: &[&Annotation]) -> Self {
        let (one, other) = (distinct(one), distinct(other));
        let matching =
            |among: &[&Annotation], others: &[&Annotation], matches: fn(&Annotation, &Annotation) -> bool| {
                among.iter().filter(|mark| others.iter().any(|other| matches(mark, other))).count()
            };
        let both = |matches| (matching(&one, &other, matches), matching(&other, &one, matches));
        Self {
            passages: (one.len(), other.len()),
            exact: both(Annotation::coincides),
            overlapping: both(Annotation::overlaps),
        }
    }

    /// Counts those of another document as well.
    pub fn add(&mut self, other: Self) {
        for (to, more) in [
            (&mut self.passages, other.passages),
            (&mut self.exact, other.exact),
            (&mut self.overlapping, other.overlapping),
        ] {
            *to = (to.0 + more.0, to.1 + more.1);
        }
    }

    /// F1 of exact matches, 0 to 1.
    pub fn f1_exact(&self) -> Figure {
        self.f1(self.exact)
    }

    /// F1 of matches that overlap, 0 to 1.
    pub fn f1_overlapping(&self) -> Figure {
        self.f1(self.overlapping)
    }

    /// The harmonic mean of the shares that match, of precision and recall if the one is taken as the truth (Hripcsak and
    /// Rothschild 2005, "Agreement, the F-measure, and reliability in information retrieval"); 0 without a match.
    fn f1(&self, matching: (usize, usize)) -> Figure {
        match (self.passages, matching) {
            ((0, 0), _) => Err(Undefined::TooFew),
            (_, (0, _) | (_, 0)) => Ok(0.0),
            (passages, matching) => {
                let (one, other) = (real(matching.0) / real(passages.0), real(matching.1) / real(passages.1));
                Ok(2.0 * one * other / (one + other))
            }
        }
    }
}

fn distinct<'a>(marks: &[&'a Annotation]) -> Vec<&'a Annotation> {
    let mut distinct: Vec<&Annotation> = Vec::new();
    for mark in marks {
        if !distinct.iter().any(|known| known.coincides(mark)) {
            distinct.push(mark);
        }
    }
    distinct
}
