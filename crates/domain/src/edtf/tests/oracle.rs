//! Bounds beside those of the Python package `edtf`, date by date, and every class of dates in which the two differ.
//!
//! `tests/oracles/edtf_bounds.py` writes the answers. Sections are those of ISO 8601-2:2019 unless another name stands
//! before them.

use super::*;
use std::collections::BTreeMap;

/// The answers, one date a line.
const ANSWERS: &str = include_str!("oracle.tsv");

/// A class of dates on which the package says something else, and who is right by which rule.
const DEVIATIONS: [(&str, &str); 20] = [
    (
        "winter",
        "Which months a season has is left open (4.8). The package ends a winter with its December, so that seasons sort; \
         here it ends with the next February, as a season has three months.",
    ),
    (
        "unknown end",
        "The package puts ten years between a known and an unknown end. An end that nobody knows is no bound: an utterance \
         of unknown start is after none (domain.md, section 6).",
    ),
    (
        "significant digits",
        "`1950S2` is a year of 1900 to 1999 (4.4.3). The package keeps this for its fuzzy bounds, with the widening by \
         qualifiers; its strict ones are those of the year as written.",
    ),
    (
        "leap day of a masked year",
        "`X` stands for completions that are days (9.2.2, example 6). The package fills in 0 and 9 and names a 29 February \
         of common years.",
    ),
    (
        "masked part before year 0",
        "Only the digits of a year count backwards before year 0. The package turns months and days round as well, and its \
         bounds then end before they start.",
    ),
    (
        "masked digit of a month",
        "Level 2 masks single digits (9.2.2). The package fails on its own parse of `1984-1X`.",
    ),
    (
        "masked digit of a day",
        "Level 2 masks single digits (9.2.2). The package parses `1984-10-1X`, and has no bounds for it.",
    ),
    (
        "masked month in company",
        "Intervals and sets hold masked months too. The package fails on its own parse of them.",
    ),
    (
        "season in company",
        "A season stands wherever a month does (4.8), and the package takes a qualified one, one of level 2 in an interval, \
         one in a set or one of a masked year nowhere.",
    ),
    (
        "open end of all members",
        "`{..1983,1985}` is as open as `[..1983,1985]` (6.3). The package compares infinity with a date, and fails.",
    ),
    ("set of one", "A set of one member has the bounds of that member. The package wants two members, or a run."),
    ("leap second", "A minute has a second 60 (ISO 8601-1:2019). The package ends it with 59."),
    (
        "long year in company",
        "Years of more than four digits may be qualified, end intervals and be members of sets (4.7). The package takes \
         them alone.",
    ),
    (
        "on or before or after",
        "`..2020/2021` and `2020/2021..` are intervals (10.6). The package knows such ends in sets alone.",
    ),
    (
        "qualified whole and part",
        "Each end of an interval is qualified as it likes (8.4). The grammar of the package has whole dates and parts of \
         dates in different kinds of intervals.",
    ),
    (
        "year beyond counting",
        "The package counts without end. Here a year beyond 64 bits is nowhere in particular, so nothing is before or after \
         it: bounds that are too wide, never wrong.",
    ),
    (
        "no such day",
        "29 February of a common year is no day, and is refused (domain.md, invariant 11). The package takes it.",
    ),
    (
        "masked year before year 0",
        "The package takes `-156X` and bounds it rightly. `edtf-core` refuses it, by a decision of its own. Nobody loses a \
         date that way, for `-1569/-1560` says the same.",
    ),
    (
        "reversed",
        "What ends before it starts is refused (domain.md, invariant 11). The package gives bounds in that order.",
    ),
    ("midnight as 24", "ISO 8601-1:2019 has hours 00 to 23. The package takes `24:00:00` and leaves the day as it is."),
];

/// What the package said, and of a deviation what it said of a plainer date that means the same.
struct Row {
    date: &'static str,
    class: &'static str,
    answer: [&'static str; 2],
    meant: [&'static str; 2],
}

fn rows() -> impl Iterator<Item = Row> {
    ANSWERS.lines().skip(1).map(|line| {
        let fields: Vec<_> = line.split('\t').collect();
        let [date, class, lower, upper, _, lower_meant, upper_meant] = fields[..] else {
            panic!("`{line}` has seven fields")
        };
        Row { date, class, answer: [lower, upper], meant: [lower_meant, upper_meant] }
    })
}

/// The bounds as the answers have them.
fn bounds(date: &str) -> [String; 2] {
    let word = |day| match day {
        Day::Past => "-inf".to_owned(),
        Day::Future => "inf".to_owned(),
        Day::On(year, month, day) => {
            let sign = if year < 0 { "-" } else { "" };
            format!("{sign}{:04}-{month:02}-{day:02}", year.unsigned_abs())
        }
    };
    match Edtf::parse(date, "") {
        Ok(date) => [word(date.bounds().first), word(date.bounds().last)],
        Err(_) => ["refused".to_owned(), "refused".to_owned()],
    }
}

#[test]
fn bounds_are_those_of_the_oracle_unless_a_class_of_dates_says_why_not() {
    let mut rows_by_class: BTreeMap<_, usize> = BTreeMap::new();
    for Row { date, class, answer, meant } in rows() {
        let ours = bounds(date);
        if class.is_empty() {
            assert_eq!(ours, answer, "{date}");
        } else {
            assert_ne!(ours, answer, "{date} is no deviation of class `{class}`");
            assert_eq!(ours, meant, "{date} of class `{class}` does not mean what the oracle was asked instead");
        }
        *rows_by_class.entry(class).or_default() += 1;
    }

    let agreed = rows_by_class.remove("").unwrap();
    println!("{agreed} dates agree, and these deviate: {rows_by_class:#?}");
    assert!(agreed >= 1_000, "{agreed} dates without a deviation");
    let explained: BTreeMap<_, _> = DEVIATIONS.into();
    assert!(
        rows_by_class.keys().eq(explained.keys()),
        "a class has dates and a reason, or is none: {rows_by_class:#?}"
    );
}
