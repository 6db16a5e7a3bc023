//! Agreement: how far annotators agree on what the same passages say, beyond chance (domain.md, section 9).
//!
//! The figures are functions of ratings alone, whatever is rated: a unit is a map of what each of its raters says, and who
//! says nothing is not in it. [`report`] makes such units of readings. Sums run in the order of units, raters and
//! categories, so that the same ratings give the same bits. Figures are not rounded here.

mod alpha;
mod dawid_skene;
mod kappa;
mod report;
mod spans;

pub use alpha::{Scale, alpha};
pub use dawid_skene::{Consensus, consensus};
pub use kappa::{cohen, fleiss};
pub use report::{Figures, Mark, Measures, OfDocument, OfPair, Pair, Rated, Rating, Report, report};
pub use spans::Spans;

use crate::code::codes;
use std::collections::BTreeMap;

/// What each rater says of one unit.
pub type Ratings<R, C> = BTreeMap<R, C>;

/// A figure, or why there is none.
pub type Figure = Result<f64, Undefined>;

codes! {
    /// Why a figure is undefined.
    pub enum Undefined as "reason" {
        /// Nothing was rated twice.
        TooFew = "too_few_ratings",
        /// All ratings are the same one: nothing tells agreement from chance.
        OneCategory = "one_category",
        /// The units have different numbers of ratings.
        Uneven = "uneven_ratings",
    }
}

/// How often each category stands among the ratings of a unit, in the order of categories.
fn counts<'c, C: Ord + Copy + 'c>(ratings: impl Iterator<Item = &'c C>) -> BTreeMap<C, usize> {
    let mut counts = BTreeMap::new();
    for category in ratings {
        *counts.entry(*category).or_default() += 1;
    }
    counts
}

/// A count as a number; no report has as many ratings as a `u32`.
fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
