use super::*;
use crate::Why;
use crate::testing::{cases, refused};
use proptest::prelude::*;

#[test]
fn text_with_something_to_read_is_kept_as_typed() {
    for typed in ["Ain al-Assad", "  two blanks  ", "one\r\ntwo\tthree\n", "عين الأسد", "👨‍👩‍👧 🇮🇶", "e\u{301}", "."]
    {
        assert_eq!(Text::parse(typed, "/title").unwrap().as_str(), typed);
    }
}

#[test]
fn blank_text_is_refused() {
    for typed in ["", " ", "\t\r\n", "\u{a0}\u{2003}\u{3000}"] {
        refused(Text::parse(typed, "/title"), Why::Invalid, "text_blank", "/title");
    }
}

#[test]
fn text_is_bounded_in_code_points_not_bytes() {
    assert!(Text::parse("😀".repeat(Text::LEN_MAX), "").is_ok());
    let refusal = refused(Text::parse("a".repeat(Text::LEN_MAX + 1), "/note"), Why::Invalid, "text_too_long", "/note");
    assert!(refusal.detail.contains("8193"), "{refusal}");
}

#[test]
fn control_characters_but_tab_and_line_ends_are_refused() {
    for typed in ["a\0b", "a\u{1b}[31mb", "\u{7f}x", "x\u{85}", "bell\u{7}"] {
        refused(Text::parse(typed, "/name"), Why::Invalid, "text_control_character", "/name");
    }
    let refusal = refused(Text::parse("é😀\0", "/name"), Why::Invalid, "text_control_character", "/name");
    assert!(refusal.detail.ends_with("code point 2"), "{refusal}");
}

#[test]
fn text_that_may_be_absent_is_checked_when_it_is_given() {
    assert_eq!(optional(None, "/note"), Ok(None));
    assert_eq!(optional(Some("x".to_owned()), "/note"), Ok(Some(Text::recorded("x".to_owned()))));
    refused(optional(Some(String::new()), "/note"), Why::Invalid, "text_blank", "/note");
}

#[test]
fn the_texts_of_a_record_fit_into_a_message_together() {
    let most = "x".repeat(RECORD_LEN_MAX - 1);
    assert_eq!(check_total([most.as_str(), "y"]), Ok(()));
    refused(check_total([most.as_str(), "é"]), Why::Invalid, "texts_too_long", "");
    assert_eq!(check_total([]), Ok(()));
}

#[test]
fn texts_are_compared_composed_trimmed_and_in_lower_case() {
    for (a, b) in [
        ("Café", "cafe\u{301}"),
        ("  Baghdad\n", "BAGHDAD"),
        ("STRASSE", "strasse"),
        ("Ångström", "A\u{30a}ngstro\u{308}m"),
        ("\u{212b}", "å"),
        ("ΟΔΟΣ", "οδος"),
    ] {
        assert_eq!(comparable(a), comparable(b), "{a} {b}");
    }
    for (a, b) in [("Café", "Cafe"), ("straße", "strasse"), ("أسد", "اسد"), ("ﬁre", "fire"), ("a b", "a  b")]
    {
        assert_ne!(comparable(a), comparable(b), "{a} {b}");
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn parsing_keeps_the_text_or_refuses_it(typed in any::<String>()) {
        match Text::parse(typed.clone(), "/x") {
            Ok(text) => prop_assert_eq!(text, Text::recorded(typed)),
            Err(refusal) => prop_assert_eq!(refusal.pointer, "/x"),
        }
    }

    #[test]
    fn the_comparable_form_ignores_composition_and_outer_blanks(typed in "[A-Zéè\u{301}\u{308}أإﻻ ]{0,12}") {
        use unicode_normalization::UnicodeNormalization;
        let decomposed: String = typed.nfd().collect();
        prop_assert_eq!(comparable(&decomposed), comparable(&typed));
        prop_assert_eq!(comparable(&format!("\t{typed} ")), comparable(&typed));
    }
}
