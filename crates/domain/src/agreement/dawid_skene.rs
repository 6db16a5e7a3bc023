//! Dawid and Skene's model: what a unit most probably is, when every rater errs in a way of their own.

use super::{Ratings, real};
use std::collections::{BTreeMap, BTreeSet};

/// Rounds at most.
const ROUNDS_MAX: u32 = 100;
/// A round that adds less than this to the logarithm of the likelihood is the last.
const GAIN_MIN: f64 = 1e-5;
/// The least weight of a rating that was given, so that its logarithm is finite. Of the order of rounding errors.
const WEIGHT_MIN: f64 = 1e-10;

/// What the units most probably are.
#[derive(Debug, Clone, PartialEq)]
pub struct Consensus<C> {
    /// Of each unit, in order: the probability of each category that anybody gave to any unit. They sum to 1.
    pub posteriors: Vec<BTreeMap<C, f64>>,
    /// Rounds that were gone through.
    pub rounds: u32,
    /// The natural logarithm of the likelihood of all ratings. After a round it is the evidence lower bound (ELBO) as well,
    /// since the posteriors are those of the model.
    pub log_likelihood: f64,
    /// Whether the last round added next to nothing.
    pub settled: bool,
}

/// Expectation maximisation over units of which each has a rating (Dawid and Skene 1979, "Maximum likelihood estimation of
/// observer error-rates using the EM algorithm").
///
/// It begins with the shares of the votes, so that the better-known maximum near the majority is found. The posteriors
/// of a unit are its share of each category by the categories' frequency and by how often each of its raters
/// says what they say of units of that category.
#[must_use]
pub fn consensus<R: Ord + Copy, C: Ord + Copy>(units: &[Ratings<R, C>]) -> Consensus<C> {
    rounds(units, ROUNDS_MAX, GAIN_MIN)
}

/// The same, after so many rounds, or after the first one that gains less than this.
pub(super) fn rounds<R: Ord + Copy, C: Ord + Copy>(
    units: &[Ratings<R, C>],
    rounds_max: u32,
    gain_min: f64,
) -> Consensus<C> {
    let categories: BTreeSet<C> = units.iter().flat_map(BTreeMap::values).copied().collect();
    let categories: Vec<C> = categories.into_iter().collect();
    let shares = |unit: &Ratings<R, C>| -> Vec<f64> {
        let votes = |category: &C| unit.values().filter(|said| *said == category).count();
        categories.iter().map(|category| real(votes(category)) / real(unit.len())).collect()
    };
    let mut posteriors: Vec<Vec<f64>> = units.iter().map(shares).collect();
    let (mut done, mut log_likelihood, mut settled) = (0, f64::NEG_INFINITY, false);
    while done < rounds_max && !settled {
        let model = Model::fitting(units, &posteriors, categories.len());
        let expected: Vec<(Vec<f64>, f64)> = units.iter().map(|unit| model.posterior(unit)).collect();
        let sum = expected.iter().map(|(_, log_likelihood)| log_likelihood).sum();
        posteriors = expected.into_iter().map(|(posterior, _)| posterior).collect();
        settled = sum - log_likelihood < gain_min;
        (done, log_likelihood) = (done + 1, sum);
    }
    let by_category = |posterior: Vec<f64>| categories.iter().copied().zip(posterior).collect();
    Consensus { posteriors: posteriors.into_iter().map(by_category).collect(), rounds: done, log_likelihood, settled }
}

/// What the posteriors make most probable. Vectors have a member for each category, in order; all are logarithms.
struct Model<R, C> {
    frequencies: Vec<f64>,
    /// By rater and what they say: how often they say it of units of each category.
    says: BTreeMap<(R, C), Vec<f64>>,
}

impl<R: Ord + Copy, C: Ord + Copy> Model<R, C> {
    fn fitting(units: &[Ratings<R, C>], posteriors: &[Vec<f64>], len: usize) -> Self {
        let mut frequencies = vec![0.0; len];
        let mut says: BTreeMap<(R, C), Vec<f64>> = BTreeMap::new();
        for (unit, posterior) in units.iter().zip(posteriors) {
            add(&mut frequencies, posterior);
            for (rater, said) in unit {
                add(says.entry((*rater, *said)).or_insert_with(|| vec![0.0; len]), posterior);
            }
        }
        let mut by_rater: BTreeMap<R, Vec<f64>> = BTreeMap::new();
        for ((rater, _), weights) in &mut says {
            for weight in weights.iter_mut() {
                *weight = weight.max(WEIGHT_MIN);
            }
            add(by_rater.entry(*rater).or_insert_with(|| vec![0.0; len]), weights);
        }
        for ((rater, _), weights) in &mut says {
            weights.iter_mut().zip(&by_rater[rater]).for_each(|(weight, all)| *weight = (*weight / all).ln());
        }
        let all = real(units.len());
        for frequency in &mut frequencies {
            *frequency = (*frequency / all).ln();
        }
        Self { frequencies, says }
    }

    /// How probable each category is for a unit, and the logarithm of the likelihood of its ratings.
    fn posterior(&self, unit: &Ratings<R, C>) -> (Vec<f64>, f64) {
        let mut joint = self.frequencies.clone();
        for (rater, said) in unit {
            add(&mut joint, &self.says[&(*rater, *said)]);
        }
        // Relative to the most probable one, so that no exponential of a large negative number is all there is.
        let most = joint.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let log_likelihood = most + joint.iter().map(|log| (log - most).exp()).sum::<f64>().ln();
        (joint.iter().map(|log| (log - log_likelihood).exp()).collect(), log_likelihood)
    }
}

fn add(to: &mut [f64], other: &[f64]) {
    to.iter_mut().zip(other).for_each(|(to, other)| *to += other);
}
