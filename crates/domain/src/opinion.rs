//! Opinions: how much is believed, disbelieved and not known of a proposition (subjective logic).
//!
//! The formulas are those of domain.md, section 9, and of Jøsang, *Subjective Logic* (2016), whose chapters are named.
//! Evidence and opinions say the same in two ways: fusion is plain on evidence, trust on opinions.
//!
//! Every number is finite for whatever evidence, trust and base rate [`policy::Policy::check`] lets pass: evidence that is
//! too large for a number stays at the largest one.
//!
//! [`policy::Policy::check`]: crate::policy::Policy::check

use crate::policy::Evidence;

/// W, the weight of knowing nothing: as much as two pieces of evidence, so that an opinion without evidence is the even
/// distribution over two outcomes (chapter 3).
const PRIOR_WEIGHT: f64 = 2.0;

/// How many of the smallest steps of a rounded share make one.
const STEPS: f64 = 1e6;

/// An opinion on whether a proposition holds (a binomial opinion, chapter 3).
///
/// All members lie between 0 and 1; belief, disbelief and uncertainty sum to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Opinion {
    /// b: how much speaks for it.
    pub belief: f64,
    /// d: how much speaks against it.
    pub disbelief: f64,
    /// u: how much nothing speaks for or against.
    pub uncertainty: f64,
    /// a: how probable it is where nothing is known.
    pub base_rate: f64,
}

impl Opinion {
    /// The opinion that evidence amounts to: b = r/(r+s+W), d = s/(r+s+W), u = W/(r+s+W) (chapter 3).
    #[must_use]
    pub fn from_evidence(evidence: Evidence, base_rate: f64) -> Self {
        // Halves, because r + s may be more than a number holds; half of it is not.
        let (r, s, prior) = (evidence.r / 2.0, evidence.s / 2.0, PRIOR_WEIGHT / 2.0);
        let all = r + s + prior;
        Self { belief: r / all, disbelief: s / all, uncertainty: prior / all, base_rate }
    }

    /// The evidence behind it: r = W·b/u, s = W·d/u (chapter 3). Without uncertainty it is the largest there is.
    #[must_use]
    pub fn evidence(self) -> Evidence {
        let behind = |share: f64| {
            if share > 0.0 { (PRIOR_WEIGHT * share / self.uncertainty).min(f64::MAX) } else { 0.0 }
        };
        Evidence { r: behind(self.belief), s: behind(self.disbelief) }
    }

    /// What is left of it for who trusts its speaker that much, 0 to 1: b' = t·b, d' = t·d, u' = 1 − b' − d' (chapter 14).
    ///
    /// A chain of speakers discounts once for each link.
    #[must_use]
    pub fn discounted(self, trust: f64) -> Self {
        Self {
            belief: trust * self.belief,
            disbelief: trust * self.disbelief,
            // 1 − b' − d', as b + d = 1 − u; written so, a small uncertainty is not lost in a difference of large shares.
            uncertainty: (1.0 - trust) + trust * self.uncertainty,
            base_rate: self.base_rate,
        }
    }

    /// The projected probability P = b + a·u (chapter 3).
    #[must_use]
    pub fn expectation(self) -> f64 {
        (self.belief + self.base_rate * self.uncertainty).min(1.0)
    }

    /// How much two opinions contradict each other, 0 to 1: |P₁ − P₂|·(1 − u₁)·(1 − u₂) (degree of conflict, chapter 4).
    ///
    /// Who is uncertain contradicts nobody.
    #[must_use]
    pub fn conflict(self, other: Self) -> f64 {
        let distance = (self.expectation() - other.expectation()).abs();
        distance * (1.0 - self.uncertainty) * (1.0 - other.uncertainty)
    }

    /// The opinion as it is shown, each member rounded by itself: the three shares then need not sum to 1 exactly.
    #[must_use]
    pub fn rounded(self) -> Self {
        Self {
            belief: rounded(self.belief),
            disbelief: rounded(self.disbelief),
            uncertainty: rounded(self.uncertainty),
            base_rate: rounded(self.base_rate),
        }
    }
}

/// A share as it is shown: 6 digits, half away from zero, and never a negative zero.
#[must_use]
pub fn rounded(share: f64) -> f64 {
    (share * STEPS).round() / STEPS + 0.0
}

/// The evidence of utterances that share an origin: (Σr)/n and (Σs)/n, for their number tells nothing new
/// (averaging fusion, chapter 12). No utterances, no evidence.
#[must_use]
pub fn average(evidence: impl IntoIterator<Item = Evidence>) -> Evidence {
    let (mut count, mut mean) = (0.0, NONE);
    // A mean that moves towards each, because the sum may be more than a number holds.
    for Evidence { r, s } in evidence {
        count += 1.0;
        mean.r += (r - mean.r) / count;
        mean.s += (s - mean.s) / count;
    }
    mean
}

/// The evidence of independent origins: Σr and Σs (cumulative fusion, chapter 12).
#[must_use]
pub fn sum(evidence: impl IntoIterator<Item = Evidence>) -> Evidence {
    evidence
        .into_iter()
        .fold(NONE, |sum, Evidence { r, s }| Evidence { r: (sum.r + r).min(f64::MAX), s: (sum.s + s).min(f64::MAX) })
}

const NONE: Evidence = Evidence { r: 0.0, s: 0.0 };

#[cfg(test)]
mod tests;
