//! Figures beside those of the Python packages `krippendorff`, `statsmodels` and `crowd-kit`.
//!
//! `tests/oracles/agreement.py` makes up ratings of two to six raters, with and without missing ones. Alphas and kappas are
//! the same to four decimals, posteriors to 1e-4, after three rounds and after a hundred. `crowd-kit` stops by the evidence
//! of one rating, here it is by that of all: so rounds are counted, and neither stops by itself.

use super::*;
use serde_json::Value;

/// The answers, one case a line.
const ANSWERS: &str = include_str!("oracle.jsonl");
const CATEGORIES: [char; 4] = ['a', 'b', 'c', 'd'];

fn is_near(found: f64, expected: &Value, within: f64) -> bool {
    (found - expected.as_f64().expect("a number")).abs() < within
}

/// Whether a figure is the other's; a figure that they have no number for is undefined here.
fn is_theirs(found: Figure, expected: &Value) -> bool {
    match (found, expected) {
        (Err(_), Value::Null) => true,
        (Err(_), _) | (Ok(_), Value::Null) => false,
        (Ok(found), expected) => is_near(found, expected, 5e-5),
    }
}

#[test]
fn figures_are_those_of_other_implementations() {
    let (mut cases, mut missing, mut raters_max, mut pairs) = (0, 0, 0, 0);
    for line in ANSWERS.lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        let columns: Vec<&str> =
            case["units"].as_array().expect("units").iter().map(|unit| unit.as_str().expect("a unit")).collect();
        let units = units_of(&columns);
        let what = format!("{} units of {}", units.len(), columns[0].len());
        for (scale, name) in [(Scale::Nominal, "nominal"), (Scale::Ordinal, "ordinal")] {
            let found = alpha(&units, scale);
            assert!(is_theirs(found, &case[name]), "{what}: {name} {found:?}, not {}", case[name]);
        }
        let found = fleiss(&units);
        assert!(is_theirs(found, &case["fleiss"]), "{what}: {found:?}, not {}", case["fleiss"]);
        for (name, expected) in case["cohen"].as_object().expect("pairs") {
            let (one, other) = name.split_once(' ').expect("two raters");
            let (one, other): (usize, usize) = (one.parse().unwrap(), other.parse().unwrap());
            let both: Vec<_> = units.iter().filter_map(|unit| Some((*unit.get(&one)?, *unit.get(&other)?))).collect();
            let found = cohen(&both);
            assert!(is_theirs(found, expected), "{what}: {name} {found:?}, not {expected}");
            pairs += 1;
        }
        for (count, name) in [(3, "begun"), (100, "posteriors")] {
            let found = rounds(&units, count, f64::NEG_INFINITY);
            let expected = case[name].as_array().expect("posteriors");
            assert_eq!((found.posteriors.len(), found.rounds), (expected.len(), count));
            for (unit, (posterior, expected)) in found.posteriors.iter().zip(expected).enumerate() {
                let are_near = CATEGORIES.iter().enumerate().all(|(at, category)| {
                    is_near(posterior.get(category).copied().unwrap_or(0.0), &expected[at], 1e-4)
                });
                assert!(are_near, "{what}: {name} of {unit} is {posterior:?}, not {expected}");
            }
        }
        cases += 1;
        missing += usize::from(case["fleiss"].is_null());
        raters_max = raters_max.max(columns[0].len());
    }
    assert!(cases >= 12 && missing >= 4 && cases - missing >= 4, "{cases} cases, {missing} with missing ratings");
    assert!(raters_max == 6 && pairs >= 60, "{raters_max} raters at most, {pairs} pairs");
}
