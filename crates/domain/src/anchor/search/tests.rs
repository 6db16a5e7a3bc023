use super::*;
use crate::testing::cases;
use proptest::prelude::*;

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

/// The fewest edits between the pattern and any passage that ends here, counted cell by cell.
fn fewest(pattern: &[char], text: &[char]) -> Vec<usize> {
    let mut column: Vec<usize> = (0..=pattern.len()).collect();
    let mut fewest = Vec::new();
    for char in text {
        let mut diagonal = column[0];
        for (at, own) in pattern.iter().enumerate() {
            let replaced = diagonal + usize::from(own != char);
            diagonal = column[at + 1];
            column[at + 1] = replaced.min(diagonal + 1).min(column[at] + 1);
        }
        fewest.push(column[pattern.len()]);
    }
    fewest
}

#[test]
fn edits_are_counted_in_code_points() {
    for (a, b, expected) in [
        ("", "", 0),
        ("kitten", "sitting", 3),
        ("عين", "عن", 1),
        ("\u{1f680}", "\u{1f681}", 1),
        ("e\u{301}tat", "état", 2),
        ("abc", "", 3),
        ("", "abc", 3),
    ] {
        assert_eq!(edits(&chars(a), &chars(b)), expected, "{a} {b}");
    }
}

#[test]
fn a_beginning_that_needs_the_fewest_edits_is_found() {
    assert_eq!(edits_within(&chars("abc"), &chars("abcdef")), (0, 3));
    assert_eq!(edits_within(&chars("abc"), &chars("abxcdef")), (1, 3), "of equally good ones the one of like length");
    assert_eq!(edits_within(&chars("abc"), &[]), (3, 0));
    assert_eq!(edits_within(&[], &chars("abc")), (0, 0));
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn blocks_find_what_cells_find(
        pattern in "[ab\u{1f680}]{1,150}",
        text in "[ab\u{1f680}x]{0,300}",
        errors_max in 0_u32..60,
    ) {
        let (pattern, text) = (chars(&pattern), chars(&text));
        let fewest = fewest(&pattern, &text);
        let found = Pattern::new(&pattern).ends_in(text.iter().copied(), errors_max);
        for (end, errors) in &found {
            prop_assert_eq!(fewest[*end as usize - 1], *errors as usize);
        }
        let best = fewest.into_iter().filter(|errors| *errors <= errors_max as usize).min();
        prop_assert_eq!(found.iter().map(|(_, errors)| *errors as usize).min(), best);
    }

    #[test]
    fn a_single_block_and_several_agree_on_a_pattern_in_a_longer_text(
        pattern in "[a-d]{60,70}", before in "[w-z]{0,90}", after in "[w-z]{0,90}",
    ) {
        let text = format!("{before}{pattern}{after}");
        let found = Pattern::new(&chars(&pattern)).ends_in(text.chars(), 3);
        prop_assert_eq!(found, vec![(u32::try_from(before.len() + pattern.len()).unwrap(), 0)]);
    }
}
