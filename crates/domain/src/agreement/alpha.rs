//! Krippendorff's α.

use super::{Figure, Ratings, Undefined, counts, real};
use std::collections::BTreeMap;

/// How far two categories are apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Equal or not.
    Nominal,
    /// By their ranks, which are those of the categories' order; the reverse order has the same distances.
    Ordinal,
}

/// α = 1 − `D_o` / `D_e` over the units with at least two ratings, 1 at most; 0 is what chance would give (Krippendorff,
/// *Content Analysis*, 4th edition, chapter 12).
///
/// A unit of m ratings counts each ordered pair of them as 1/(m − 1), so that missing ratings weigh nothing.
pub fn alpha<R: Ord, C: Ord + Copy>(units: &[Ratings<R, C>], scale: Scale) -> Figure {
    let mut coincidences: BTreeMap<(C, C), f64> = BTreeMap::new();
    let mut totals: BTreeMap<C, usize> = BTreeMap::new();
    for unit in units.iter().filter(|unit| unit.len() >= 2) {
        let (counts, others) = (counts(unit.values()), real(unit.len() - 1));
        for (one, ones) in &counts {
            *totals.entry(*one).or_default() += ones;
            for (other, others_of) in counts.iter().filter(|(other, _)| *other != one) {
                *coincidences.entry((*one, *other)).or_default() += real(ones * others_of) / others;
            }
        }
    }
    match totals.len() {
        0 => return Err(Undefined::TooFew),
        1 => return Err(Undefined::OneCategory),
        _ => {}
    }
    let distances = Distances::new(&totals, scale);
    let (mut observed, mut expected) = (0.0, 0.0);
    for (one, ones) in &totals {
        for (other, others) in totals.iter().filter(|(other, _)| *other != one) {
            let distance = distances.between(*one, *other);
            observed += coincidences.get(&(*one, *other)).unwrap_or(&0.0) * distance;
            expected += real(*ones) * real(*others) * distance;
        }
    }
    // D_o has the factor 1/n, D_e the factor 1/(n(n − 1)).
    let all = real(totals.values().sum());
    Ok(1.0 - (all - 1.0) * observed / expected)
}

/// The squared distances of categories.
struct Distances<C> {
    scale: Scale,
    /// By category, how many ratings it has, and how many those up to it have.
    ranks: BTreeMap<C, (f64, f64)>,
}

impl<C: Ord + Copy> Distances<C> {
    fn new(totals: &BTreeMap<C, usize>, scale: Scale) -> Self {
        let mut upto = 0;
        let mut rank = |(category, count): (&C, &usize)| {
            upto += count;
            (*category, (real(*count), real(upto)))
        };
        Self { scale, ranks: totals.iter().map(&mut rank).collect() }
    }

    /// The ordinal distance of c and k: (Σ `n_g` over g from c to k, less half of `n_c` and of `n_k`) squared.
    fn between(&self, one: C, other: C) -> f64 {
        match self.scale {
            Scale::Nominal => 1.0,
            Scale::Ordinal => {
                let ((low, upto_low), (high, upto_high)) = (self.ranks[&one.min(other)], self.ranks[&one.max(other)]);
                let between = upto_high - upto_low + low - f64::midpoint(low, high);
                between * between
            }
        }
    }
}
