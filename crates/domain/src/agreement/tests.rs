mod oracle;

use super::dawid_skene::rounds;
use super::*;
use crate::annotation::{Anchoring, Annotation, Span, SpanRole};
use crate::attribution::{CaseBlank, Corpus, units};
use crate::claim::{Act, Certainty};
use crate::id::{DocumentId, ReadingId, UserId};
use crate::reading::Blank;
use std::ops::Range;
use uuid::Uuid;

/// Units of single characters, by raters from the left; a dot is no rating.
fn units_of(columns: &[&str]) -> Vec<Ratings<usize, char>> {
    let unit = |column: &&str| column.chars().enumerate().filter(|(_, said)| *said != '.').collect();
    columns.iter().map(unit).collect()
}

/// Four observers of twelve units: the example of Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability".
const EXAMPLE: [&str; 12] =
    ["11.1", "2232", "3333", "3333", "2222", "1234", "4444", "1121", "2222", ".555", "..11", ".3.."];

fn is_close(found: Figure, expected: f64, digits: f64) -> bool {
    found.is_ok_and(|found| (found - expected).abs() < digits)
}

#[test]
fn alpha_is_that_of_the_published_example() {
    let units = units_of(&EXAMPLE);
    for (scale, expected) in [(Scale::Nominal, 0.743), (Scale::Ordinal, 0.815)] {
        let found = alpha(&units, scale);
        assert!(is_close(found, expected, 5e-4), "{scale:?}: {found:?}");
    }
    let reversed: Vec<Ratings<usize, std::cmp::Reverse<char>>> = units
        .iter()
        .map(|unit| unit.iter().map(|(rater, said)| (*rater, std::cmp::Reverse(*said))).collect())
        .collect();
    assert!(is_close(alpha(&reversed, Scale::Ordinal), 0.815, 5e-4));
}

#[test]
fn kappa_of_two_is_that_of_the_textbook() {
    let table = [(('y', 'y'), 20), (('y', 'n'), 5), (('n', 'y'), 10), (('n', 'n'), 15)];
    let pairs: Vec<_> = table.into_iter().flat_map(|(pair, count)| std::iter::repeat_n(pair, count)).collect();
    assert!(is_close(cohen(&pairs), 0.4, 1e-9), "{:?}", cohen(&pairs));
}

#[test]
fn kappa_of_many_is_that_of_the_textbook() {
    // Fourteen raters of ten units, in five categories.
    let table = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ];
    let unit = |counts: &[usize; 5]| -> Ratings<usize, usize> {
        let said = counts.iter().enumerate().flat_map(|(category, count)| std::iter::repeat_n(category, *count));
        said.enumerate().collect()
    };
    let units: Vec<_> = table.iter().map(unit).collect();
    assert!(is_close(fleiss(&units), 0.2099, 5e-5), "{:?}", fleiss(&units));
}

#[test]
fn what_cannot_be_told_from_chance_is_undefined_and_says_why() {
    let cases: [(&[&str], Figure, Figure); 7] = [
        (&[], Err(Undefined::TooFew), Err(Undefined::TooFew)),
        (&["a.", ".b"], Err(Undefined::TooFew), Err(Undefined::TooFew)),
        (&["aa", "aa"], Err(Undefined::OneCategory), Err(Undefined::OneCategory)),
        // What stands alone tells nothing of agreement.
        (&["aa", "b."], Err(Undefined::OneCategory), Err(Undefined::Uneven)),
        (&["aab", "bb."], Ok(1.0 / 3.0), Err(Undefined::Uneven)),
        (&["aa", "bb"], Ok(1.0), Ok(1.0)),
        (&["ab", "ba"], Ok(-0.5), Ok(-1.0)),
    ];
    for (columns, expected_alpha, expected_fleiss) in cases {
        let units = units_of(columns);
        for (found, expected) in [(alpha(&units, Scale::Nominal), expected_alpha), (fleiss(&units), expected_fleiss)] {
            let is_so = match expected {
                Ok(expected) => is_close(found, expected, 1e-9),
                Err(_) => found == expected,
            };
            assert!(is_so, "{columns:?}: {found:?}, not {expected:?}");
        }
    }
    assert_eq!(cohen::<char>(&[]), Err(Undefined::TooFew));
    assert_eq!(cohen(&[('a', 'a')]), Err(Undefined::OneCategory));
    assert_eq!(cohen(&[('a', 'b')]), Ok(0.0));
    assert_eq!(Spans::default().f1_exact(), Err(Undefined::TooFew));
}

#[test]
fn before_any_round_a_posterior_is_a_share_of_votes() {
    let found = rounds(&units_of(&["aab", "b.b"]), 0, 0.0);
    assert_eq!((found.rounds, found.settled), (0, false));
    assert_eq!(found.posteriors[1], BTreeMap::from([('a', 0.0), ('b', 1.0)]));
    assert!((found.posteriors[0][&'a'] - 2.0 / 3.0).abs() < 1e-12);
}

#[test]
fn who_always_errs_the_same_way_is_understood() {
    // The third says b of each a, and a of each b; the fourth unit is theirs alone.
    let found = consensus(&units_of(&["aab", "bba", "aab", "..b", "bba", "aab", "bba"]));
    assert!(found.settled && found.rounds < 100, "{found:?}");
    assert!(found.posteriors[3][&'a'] > 0.99, "{found:?}");
    for posterior in &found.posteriors {
        assert!((posterior.values().sum::<f64>() - 1.0).abs() < 1e-9, "{posterior:?}");
    }
}

#[test]
fn rounds_never_make_the_ratings_less_likely() {
    let units = units_of(&EXAMPLE);
    let likelihoods: Vec<f64> = (1..20).map(|count| rounds(&units, count, f64::NEG_INFINITY).log_likelihood).collect();
    // The least weight of a rating may cost as much as it is.
    assert!(likelihoods.windows(2).all(|pair| pair[1] >= pair[0] - 1e-6), "{likelihoods:?}");
}

const DOCUMENT: DocumentId = DocumentId::new(Uuid::from_u128(0xd0));
const ANNA: UserId = UserId::new(Uuid::from_u128(0xc1));
const BERT: UserId = UserId::new(Uuid::from_u128(0xc2));

fn mark(range: Range<u32>) -> Annotation {
    let span = Span {
        document: DOCUMENT,
        revision: 1,
        start: range.start,
        end: range.end,
        role: SpanRole::Content,
        note: None,
    };
    Annotation::Live { author: ANNA, span, anchoring: Anchoring::default() }
}

#[test]
fn passages_agree_exactly_or_where_they_overlap() {
    type Ends = &'static [(u32, u32)];
    let cases: [(Ends, Ends, f64, f64); 5] = [
        (&[(0, 10), (20, 30)], &[(0, 10), (20, 30)], 1.0, 1.0),
        (&[(0, 10), (20, 30)], &[(0, 10), (25, 35)], 0.5, 1.0),
        // One that covers two is matched once, and matches both.
        (&[(0, 30)], &[(0, 10), (20, 30)], 0.0, 1.0),
        (&[(0, 10), (0, 10)], &[(0, 10), (40, 50)], 2.0 / 3.0, 2.0 / 3.0),
        (&[(0, 10)], &[], 0.0, 0.0),
    ];
    for (one, other, exact, overlapping) in cases {
        let marks = |ends: Ends| ends.iter().map(|(start, end)| mark(*start..*end)).collect::<Vec<_>>();
        let (ones, others) = (marks(one), marks(other));
        let spans = Spans::of(&ones.iter().collect::<Vec<_>>(), &others.iter().collect::<Vec<_>>());
        assert!(is_close(spans.f1_exact(), exact, 1e-9), "{one:?} {other:?}: {spans:?}");
        assert!(is_close(spans.f1_overlapping(), overlapping, 1e-9), "{one:?} {other:?}: {spans:?}");
    }
}

fn blank(number: u128, author: UserId, range: Range<u32>) -> (ReadingId, CaseBlank) {
    let blank = Blank { document: DOCUMENT, revision: 1, start: range.start, end: range.end };
    let written = u64::try_from(number).unwrap();
    (ReadingId::new(Uuid::from_u128(number)), CaseBlank { author, written, blank })
}

#[test]
fn spans_without_a_claim_that_overlap_are_one_unit() {
    let blanks = [blank(5, ANNA, 0..10), blank(3, BERT, 5..20), blank(4, ANNA, 20..30)].into_iter().collect();
    let corpus = Corpus { blanks, ..Corpus::default() };
    let units = units(&corpus);
    let ids: Vec<Vec<u128>> =
        units.iter().map(|unit| unit.blanks.iter().map(|id| id.uuid().as_u128()).collect()).collect();
    assert_eq!(ids, [vec![3, 5], vec![4]]);
    let report = report(&corpus, &units, |_| 0, None);
    assert!(report.units[0].is_unanimous() && !report.units[1].is_unanimous());
    assert_eq!((report.overall.units, report.overall.compared, report.overall.act.ratings), (2, 1, 3));
    assert_eq!(report.overall.act.alpha, Err(Undefined::OneCategory));
    assert_eq!(report.overall.polarity.alpha, Err(Undefined::TooFew));
    // Under the second version nothing but what was written at 4 or later counts.
    let newer = self::report(&corpus, &units, |written| u32::from(written >= 4), Some(1));
    assert_eq!((newer.overall.units, newer.overall.compared), (2, 0));
    assert_eq!(newer.codebooks.keys().copied().collect::<Vec<_>>(), [1]);
}

#[test]
fn certainties_stand_in_the_order_of_the_scale() {
    let order = [Certainty::Certain, Certainty::Probable, Certainty::Possible, Certainty::Underspecified];
    assert!(order.is_sorted());
    assert_eq!(Rating::NoClaim.act(), Some(None::<Act>));
}
