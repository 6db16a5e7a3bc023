use super::{Terminal, plain, shorten};

#[test]
fn text_from_elsewhere_cannot_steer_the_terminal() {
    assert_eq!(plain("a\x1b[31m\r\n  b\u{202e}c"), "a [31m bc");
    assert_eq!(plain("كتائب حزب الله 🚀"), "كتائب حزب الله 🚀");
}

#[test]
fn a_long_text_is_cut_between_characters() {
    assert_eq!(shorten("كتائب حزب", 5), "كتائب…");
    assert_eq!(shorten("short", 5), "short");
}

#[test]
fn without_colour_there_is_nothing_but_the_text() {
    let plain = Terminal { colour: false, width: 80 };
    assert_eq!(plain.red("x"), "x");
    assert_ne!(Terminal { colour: true, ..plain }.red("x"), "x");
}
