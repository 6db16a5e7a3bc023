use super::*;
use crate::Why;
use crate::testing::{cases, refused};
use proptest::collection::vec;
use proptest::prelude::*;

/// The text between two code points, counted one by one.
fn naive(text: &str, start: u32, end: u32) -> Option<String> {
    let len = text.chars().count();
    let (start, end) = (start as usize, end as usize);
    (start <= end && end <= len).then(|| text.chars().skip(start).take(end - start).collect())
}

fn indexed(text: &str) -> Indexed {
    Indexed::new(text.to_owned())
}

#[test]
fn a_span_counts_code_points_not_bytes_and_not_letters() {
    // (text, its length, start, end, what stands there)
    let cases = [
        ("Cafe\u{301} noir", 10, 3, 5, "e\u{301}"),
        ("Cafe\u{301} noir", 10, 4, 5, "\u{301}"),
        // Man, zero-width joiner, woman, joiner, girl: five code points.
        ("a👨‍👩‍👧b", 7, 1, 6, "👨‍👩‍👧"),
        ("a👨‍👩‍👧b", 7, 2, 3, "\u{200d}"),
        // A flag is two regional indicators.
        ("🇮🇶🇸🇾", 4, 2, 4, "🇸🇾"),
        ("🇮🇶🇸🇾", 4, 1, 3, "🇶🇸"),
        ("one\r\ntwo\r\n", 10, 3, 5, "\r\n"),
        ("one\r\ntwo\r\n", 10, 5, 8, "two"),
        ("قال المتحدث: لا علاقة لنا", 25, 4, 11, "المتحدث"),
        ("عين الأسد (Ain al-Assad)", 24, 4, 9, "الأسد"),
        ("\u{feff}bom", 4, 1, 4, "bom"),
        ("plain", 5, 1, 3, "la"),
    ];
    for (text, len, start, end, exact) in cases {
        let text = indexed(text);
        assert_eq!(text.code_points(), len, "{text:?}");
        assert_eq!(text.cut(start, end), Some(exact), "{text:?}");
        assert_eq!(check_quote(&text, start, end, exact), Ok(()));
    }
}

#[test]
fn spans_reach_to_both_ends_and_not_beyond() {
    for text in ["plain ascii", "élève", "🙂", "é"] {
        let len = u32::try_from(text.chars().count()).unwrap();
        let text = indexed(text);
        assert_eq!(text.cut(0, len), Some(text.text()));
        assert_eq!(text.cut(0, 0), Some(""));
        assert_eq!(text.cut(len, len), Some(""));
        assert_eq!(text.cut(len - 1, len).map(|c| c.chars().count()), Some(1));
        assert_eq!(text.cut(0, len + 1), None);
        assert_eq!(text.cut(len + 1, len + 1), None);
        assert_eq!(text.cut(1, 0), None);
        assert_eq!(text.cut(0, u32::MAX), None);
        assert_eq!(text.cut(u32::MAX, u32::MAX), None);
    }
    let empty = indexed("");
    assert_eq!((empty.code_points(), empty.cut(0, 0), empty.cut(0, 1)), (0, Some(""), None));
}

#[test]
fn a_text_of_a_mebibyte_is_cut_anywhere() {
    let unit = "Ain al-Assad عين الأسد 🇮🇶 e\u{301}\r\n";
    let text: String = unit.repeat((1 << 20) / unit.len() + 1);
    assert!(text.len() > 1 << 20);
    let chars: Vec<char> = text.chars().collect();
    let indexed = Indexed::new(text);
    let len = u32::try_from(chars.len()).unwrap();
    assert_eq!(indexed.code_points(), len);
    // A prime step meets every offset within a stride.
    for start in (0..len).step_by(1_009) {
        for end in [start, start + 1, start + 255, start + 256, start + 257, len] {
            let end = end.min(len);
            let expected: String = chars[start as usize..end as usize].iter().collect();
            if expected.len() < 4_096 || start % 5 == 0 {
                assert_eq!(indexed.cut(start, end), Some(expected.as_str()), "{start}..{end}");
            }
        }
    }
    assert!(indexed.weight() as usize >= indexed.text().len());
}

#[test]
fn an_empty_or_reversed_span_is_refused() {
    for (start, end) in [(0, 0), (5, 5), (6, 5), (u32::MAX, 0)] {
        refused(check_span(start, end, 10), Why::Invalid, "span_empty", "/end");
    }
}

#[test]
fn a_span_outside_the_text_is_refused_with_the_length_of_the_text() {
    for (start, end, pointer) in [
        (0, 11, "/end"),
        (9, 11, "/end"),
        (10, 11, "/start"),
        (11, 12, "/start"),
        (0, u32::MAX, "/end"),
        (u32::MAX - 1, u32::MAX, "/start"),
    ] {
        let refusal = refused(check_span(start, end, 10), Why::Invalid, "span_outside_text", pointer);
        assert_eq!(refusal.facts, [("code_points", Fact::Number(10))]);
    }
    assert_eq!(check_span(9, 10, 10), Ok(()));
    refused(check_span(0, 1, 0), Why::Invalid, "span_outside_text", "/start");
}

#[test]
fn a_quote_that_differs_is_answered_with_what_the_text_has() {
    let text = indexed("The group e\u{301}tait là.\r\n");
    // As another case, without the accent, precomposed, with an end of line of another system, and cut short.
    for (start, end, sent, has) in [
        (4, 9, "Group", "group"),
        (10, 16, "etait", "e\u{301}tait"),
        (10, 16, "était", "e\u{301}tait"),
        (20, 22, "\n", "\r\n"),
        (4, 9, "grou", "group"),
        (4, 9, "", "group"),
    ] {
        let refusal = refused(check_quote(&text, start, end, sent), Why::Invalid, "quote_mismatch", "/exact");
        assert_eq!(refusal.facts, [("actual", Fact::Text(has.to_owned()))]);
        assert!(refusal.detail.contains(has));
    }
    refused(check_quote(&text, 3, 3, ""), Why::Invalid, "span_empty", "/end");
    refused(check_quote(&text, 3, 90, "x"), Why::Invalid, "span_outside_text", "/end");
}

#[test]
fn a_long_passage_is_shown_in_part() {
    let text = indexed(&"é".repeat(1_000));
    let refusal = refused(check_quote(&text, 0, 1_000, "e"), Why::Invalid, "quote_mismatch", "/exact");
    assert_eq!(refusal.facts, [("actual", Fact::Text("é".repeat(400)))]);
}

#[test]
fn spans_overlap_if_they_share_a_code_point() {
    for (a, b, overlapping) in
        [(0..5, 4..9, true), (0..5, 5..9, false), (0..9, 3..4, true), (3..4, 3..4, true), (5..5, 0..9, false)]
    {
        assert_eq!(overlap(&a, &b), overlapping, "{a:?} {b:?}");
        assert_eq!(overlap(&b, &a), overlapping, "{b:?} {a:?}");
    }
}

/// Texts of one byte per character and of up to four, below and beyond the distance of two marks.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~\r\n]{0,40}",
        "[a-c\u{301}éعا😀\u{200d}🇮🇶\r\n]{0,40}",
        "[aé😀]{250,530}",
        vec(any::<char>(), 0..600).prop_map(String::from_iter),
    ]
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn cutting_by_index_equals_counting_characters(text in texts(), spans in vec((0..620_u32, 0..620_u32), 1..16)) {
        let indexed = Indexed::new(text.clone());
        prop_assert_eq!(indexed.code_points() as usize, text.chars().count());
        prop_assert_eq!(indexed.text(), &text);
        for (start, end) in spans {
            let expected = naive(&text, start, end);
            prop_assert_eq!(indexed.cut(start, end), expected.as_deref(), "{}..{}", start, end);
            let quote = expected.unwrap_or_default();
            let inside = start < end && end <= indexed.code_points();
            prop_assert_eq!(check_quote(&indexed, start, end, &quote).is_ok(), inside);
            prop_assert!(check_quote(&indexed, start, end, &(quote + "!")).is_err());
        }
    }
}

#[test]
fn code_points_are_numbered_by_the_byte_at_which_they_begin() {
    for text in ["", "plain", "عين \u{1f680} Ain\r\n"].map(|text| text.repeat(200)) {
        let indexed = Indexed::new(text.clone());
        for (number, byte) in (0..).zip(text.char_indices().map(|(byte, _)| byte).chain([text.len()])) {
            assert_eq!(indexed.code_point(byte), number);
        }
    }
}

#[test]
fn what_stands_before_and_after_a_code_point_ends_with_the_text() {
    let text = Indexed::new("aé\u{1f680}ب".to_owned());
    assert_eq!(text.before(2, 5), ['é', 'a'], "backwards");
    assert_eq!((text.before(0, 5), text.before(9, 5)), (vec![], vec![]));
    assert_eq!(text.after(2, 1), ['\u{1f680}']);
    assert_eq!((text.after(3, 9), text.after(4, 9), text.after(5, 1)), (vec!['ب'], vec![], vec![]));
}
