//! Likeness beside that of the Python package `datasketch`.
//!
//! `tests/oracles/datasketch_minhash.py` writes pairs of texts with their exact likeness, which must be the same here, and
//! with the package's estimate from 128 permutations. Its hashes are others (SHA-1, and linear functions modulo a prime), so
//! the two estimates differ as two samples do. Each is the mean of 128 trials: its error is beyond one standard error in a
//! third of all pairs, beyond two in a twentieth, and beyond four practically never.

use super::*;

/// The answers, one pair a line.
const ANSWERS: &str = include_str!("oracle.tsv");

#[test]
fn likenesses_are_those_of_another_implementation_and_estimates_err_as_its_own() {
    let (mut pairs, mut beyond_one, mut beyond_two, mut sum, mut sum_theirs) = (0_u32, 0_u32, 0_u32, 0.0, 0.0);
    for line in ANSWERS.lines().skip(1) {
        let [shared, all, theirs, a, b] = line.split('\t').collect::<Vec<_>>().try_into().expect("five columns");
        let (a, b) = (Shingles::of(a), Shingles::of(b));
        let expected = Likeness { shared: shared.parse().unwrap(), all: all.parse().unwrap() };
        assert_eq!(a.likeness(&b), expected, "{line}");
        let part =
            |part: usize, of: usize| f64::from(u32::try_from(part).unwrap()) / f64::from(u32::try_from(of).unwrap());
        let exact = part(expected.shared, expected.all);
        let estimate = part(a.signature().agreeing(&b.signature()), HASHES);
        let theirs: f64 = theirs.parse().unwrap();
        let error = (exact * (1.0 - exact) / 128.0).sqrt();
        pairs += 1;
        if expected.shared == 0 || expected.shared == expected.all {
            assert_eq!((estimate, theirs), (exact, exact), "nothing is left to chance: {line}");
            continue;
        }
        let (own, other) = ((estimate - exact) / error, (theirs - exact) / error);
        assert!(own.abs() < 4.5 && other.abs() < 4.5, "{own} and {other} standard errors: {line}");
        beyond_one += u32::from(own.abs() > 1.0);
        beyond_two += u32::from(own.abs() > 2.0);
        (sum, sum_theirs) = (sum + own, sum_theirs + other);
    }
    assert!(pairs >= 300, "{pairs} pairs");
    assert!(beyond_one * 5 < pairs * 2, "{beyond_one} of {pairs} beyond one standard error");
    assert!(beyond_two * 10 < pairs, "{beyond_two} of {pairs} beyond two");
    // The mean of so many errors is near none, for the one as for the other.
    assert!(sum.abs() / f64::from(pairs) < 0.25, "{sum}");
    assert!(sum_theirs.abs() / f64::from(pairs) < 0.25, "{sum_theirs}");
}
