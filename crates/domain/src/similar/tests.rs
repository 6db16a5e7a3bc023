mod oracle;

use super::*;
use crate::testing::cases;
use proptest::prelude::*;

const REPORT: &str = "The army said on Tuesday that the militia had fired nine rockets at the base from a lorry, \
    which was found in a field later that day by the police of the district.";

fn likeness(a: &str, b: &str) -> Likeness {
    Shingles::of(a).likeness(&Shingles::of(b))
}

fn pairs(texts: &[(u32, &str)]) -> Vec<(usize, usize)> {
    let passages: Vec<_> = texts.iter().map(|(document, text)| (*document, Shingles::of(text))).collect();
    copies(&passages).into_iter().map(|found| (found.copy, found.original)).collect()
}

#[test]
fn case_punctuation_and_composition_of_letters_make_no_difference() {
    let a = "«L’État» said: the militia FIRED nine rockets!";
    let b = "l’e\u{301}tat said the militia -- fired Nine rockets";
    let found = likeness(a, b);
    assert_eq!((found.shared, found.all), (3, 3));
}

#[test]
fn what_has_fewer_than_five_words_is_like_nothing() {
    assert!(Shingles::of("nine rockets were fired").is_empty());
    assert!(!Shingles::of("nine rockets were fired there").is_empty());
    assert_eq!(pairs(&[(1, "nine rockets were fired"), (2, "nine rockets were fired")]), []);
    assert!(!likeness("", "").is_near_duplicate());
}

#[test]
fn four_fifths_of_the_shingles_are_enough_and_less_is_not() {
    let words = |count: usize| (0..count).map(|n| format!("w{n} ")).collect::<Vec<_>>().concat();
    // 16 and 20 shingles, and 15 and 19 of which one more is missing.
    assert_eq!(likeness(&words(20), &words(24)), Likeness { shared: 16, all: 20 });
    assert!(likeness(&words(20), &words(24)).is_near_duplicate());
    assert!(!likeness(&words(19), &words(24)).is_near_duplicate());
    assert_eq!(likeness(&words(19), &words(24)).percent(), 75);
}

#[test]
fn each_copy_is_told_with_what_was_there_before_it() {
    let edited = REPORT.replace("found in a field", "found on a field");
    let other = "Nothing of the kind is said in this passage, which has as many words as it needs to have.";
    assert_eq!(pairs(&[(1, REPORT), (2, other), (3, REPORT), (4, REPORT)]), [(2, 0), (3, 0), (3, 2)]);
    assert!(likeness(REPORT, &edited).percent() < 80, "one word is in five shingles of 25");
    let long = format!("{REPORT} {REPORT} {other} {}", REPORT.replace("army", "navy"));
    let long_edited = long.replace("as many words", "so many words");
    assert_eq!(pairs(&[(1, &long), (2, &long_edited)]), [(1, 0)]);
}

#[test]
fn within_one_document_nothing_is_a_copy() {
    assert_eq!(pairs(&[(1, REPORT), (1, REPORT), (2, REPORT)]), [(2, 0), (2, 1)]);
}

#[test]
fn many_copies_of_one_report_are_compared_with_the_first_ones() {
    let passages: Vec<_> = (0..2_000).map(|document| (document, Shingles::of(REPORT))).collect();
    let found = copies(&passages);
    assert!(found.len() <= 2_000 * BAND_MEMBERS_MAX);
    for copy in 1..2_000 {
        assert!(found.iter().any(|found| (found.copy, found.original) == (copy, 0)));
    }
}

#[test]
fn signatures_are_the_same_for_ever() {
    let Signature(hashes) = Shingles::of(REPORT).signature();
    let folded = hashes.iter().fold(0_u64, |folded, hash| mixed(folded ^ hash));
    assert_eq!(folded, FOLDED, "a second run, after an update, would suggest other pairs");
}

/// What the signature of the report comes to.
const FOLDED: u64 = 0x1904_b265_730b_8c8b;

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_pair_that_is_alike_enough_is_missed(
        words in prop::collection::vec("[a-e]{1,2}", 30..120),
        edits in prop::collection::vec((any::<prop::sample::Index>(), "[f-h]"), 0..4),
    ) {
        let mut other = words.clone();
        for (at, word) in edits {
            let at = at.index(other.len());
            other[at] = word;
        }
        let (a, b) = (words.join(" "), other.join(" "));
        let expected: Vec<_> = likeness(&a, &b).is_near_duplicate().then_some((1, 0)).into_iter().collect();
        prop_assert_eq!(pairs(&[(1, &a), (2, &b)]), expected);
    }
}
