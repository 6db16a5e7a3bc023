//! Cohen's and Fleiss' κ: the share of agreement beyond that of chance, 1 at most.

use super::{Figure, Ratings, Undefined, counts, real};
use std::collections::BTreeMap;

/// Cohen's κ of two raters over the units that both rated, unweighted (Cohen 1960, "A coefficient of agreement for nominal
/// scales"). Chance is that each rater draws from own ratings.
pub fn cohen<C: Ord + Copy>(pairs: &[(C, C)]) -> Figure {
    let all = real(pairs.len());
    let (left, right) = (counts(pairs.iter().map(|(one, _)| one)), counts(pairs.iter().map(|(_, other)| other)));
    let by_chance: f64 = left.iter().filter_map(|(one, count)| Some(real(*count) * real(*right.get(one)?))).sum();
    let agreed = real(pairs.iter().filter(|(one, other)| one == other).count());
    match left.len() {
        0 => Err(Undefined::TooFew),
        1 if left.keys().eq(right.keys()) => Err(Undefined::OneCategory),
        _ => Ok(beyond_chance(agreed / all, by_chance / (all * all))),
    }
}

/// Fleiss' κ over the units with a rating, of which each must have the same number of them, two at least (Fleiss 1971,
/// "Measuring nominal scale agreement among many raters"). Chance is that every rater draws from all ratings; who the raters
/// are plays no part.
pub fn fleiss<R: Ord, C: Ord + Copy>(units: &[Ratings<R, C>]) -> Figure {
    let rated: Vec<_> = units.iter().filter(|unit| !unit.is_empty()).collect();
    let each = rated.first().map_or(0, |unit| unit.len());
    if rated.iter().any(|unit| unit.len() != each) {
        return Err(Undefined::Uneven);
    }
    if each < 2 {
        return Err(Undefined::TooFew);
    }
    let mut totals: BTreeMap<C, usize> = BTreeMap::new();
    let mut agreed = 0;
    for unit in &rated {
        for (category, count) in counts(unit.values()) {
            *totals.entry(category).or_default() += count;
            agreed += count * (count - 1);
        }
    }
    if totals.len() == 1 {
        return Err(Undefined::OneCategory);
    }
    let all = real(rated.len() * each);
    let by_chance = totals.values().map(|count| (real(*count) / all) * (real(*count) / all)).sum();
    Ok(beyond_chance(real(agreed) / (all * real(each - 1)), by_chance))
}

fn beyond_chance(observed: f64, by_chance: f64) -> f64 {
    (observed - by_chance) / (1.0 - by_chance)
}
