use super::{Passage, Text};

const REPORT: &str = "Rockets fell on the base.\r\n\r\nThe army said: “It was the Brigade – nobody else.”\nThe Brigade denied it, \
                      and the army  repeated it.\r\n";

fn found(text: &str, answer: &str) -> Result<(u32, u32, String), String> {
    let Passage { start, end, exact } = Text::new(text).find(answer, None)?;
    let cut: String = text.chars().skip(start as usize).take((end - start) as usize).collect();
    assert_eq!(cut, exact, "a passage is what stands at its code points");
    Ok((start, end, exact))
}

fn exact(text: &str, answer: &str) -> String {
    found(text, answer).unwrap().2
}

fn refused(text: &str, answer: &str) -> String {
    found(text, answer).unwrap_err()
}

#[test]
fn a_line_is_all_that_it_shows() {
    assert_eq!(found(REPORT, "1"), Ok((0, 25, "Rockets fell on the base.".to_owned())));
    assert_eq!(exact("  indented \t\n\n", "1"), "indented");
    assert_eq!(exact("one\rtwo\r\nthree", "2"), "two");
    assert_eq!(exact("one\rtwo\r\nthree", "3"), "three");
}

#[test]
fn a_line_that_is_not_there_or_shows_nothing_is_refused() {
    assert_eq!(refused(REPORT, "5"), "there is no line 5; the text has 4");
    assert_eq!(refused(REPORT, "0"), "there is no line 0; the text has 4");
    assert_eq!(refused(REPORT, "1-9"), "there is no line 9; the text has 4");
    assert_eq!(refused(REPORT, "3-1"), "line 3 comes after line 1");
    assert_eq!(refused(REPORT, "2"), "line 2 shows nothing");
    assert_eq!(refused("", "1"), "there is no line 1; the text has 0");
}

#[test]
fn lines_go_from_the_first_shown_letter_to_the_last() {
    assert_eq!(
        exact(REPORT, "1-3"),
        "Rockets fell on the base.\r\n\r\nThe army said: “It was the Brigade – nobody else.”"
    );
    assert_eq!(exact(REPORT, "2-3"), exact(REPORT, "3"));
}

#[test]
fn words_are_looked_for_where_the_answer_says() {
    assert_eq!(exact(REPORT, "4 the army"), "the army");
    assert_eq!(refused(REPORT, "3 the army"), "“the army” does not stand in line 3");
    assert_eq!(exact(REPORT, "3-4 else.” The Brigade"), "else.”\nThe Brigade");
    assert_eq!(exact(REPORT, "The army said"), "The army said");
    assert_eq!(refused(REPORT, "the army said"), "“the army said” does not stand in the text");
}

#[test]
fn words_that_stand_several_times_are_counted() {
    assert_eq!(refused(REPORT, "4 it"), "“it” stands 2 times in line 4; give more words");
    assert_eq!(refused(REPORT, "3-4 Brigade"), "“Brigade” stands 2 times in lines 3-4; give more words");
    assert_eq!(refused(REPORT, "Brigade"), "“Brigade” stands 2 times in the text; give more words");
    assert_eq!(exact(REPORT, "4 denied it"), "denied it");
}

#[test]
fn words_that_cut_no_word_come_first() {
    assert_eq!(found("There the others are.", "the"), Ok((6, 9, "the".to_owned())));
    assert_eq!(exact("untenable", "ten"), "ten");
    assert_eq!(refused("tenant, untenable", "ten"), "“ten” stands 2 times in the text; give more words");
}

#[test]
fn white_space_quotes_and_dashes_are_compared_as_they_are_typed() {
    assert_eq!(exact(REPORT, "and the army repeated it"), "and the army  repeated it");
    assert_eq!(exact(REPORT, "said:  \"It was the Brigade - nobody"), "said: “It was the Brigade – nobody");
    assert_eq!(exact("l’armée « nie »", "l'armée \"\u{a0}nie \""), "l’armée « nie »");
    assert_eq!(exact("a\ttab\u{1b}here", "a tab here"), "a\ttab\u{1b}here");
}

#[test]
fn numbers_at_the_beginning_may_be_words() {
    let text = "On that day\n12 rockets fell.\nThey fell in 2021.";
    assert_eq!(exact(text, "12 rockets"), "12 rockets");
    assert_eq!(exact(text, "2 12 rockets"), "12 rockets");
    assert_eq!(exact(text, "2021."), "2021.");
    assert_eq!(refused(text, "2021"), "there is no line 2021; the text has 3");
    assert_eq!(refused(text, "1 rockets"), "“rockets” does not stand in line 1");
}

#[test]
fn letters_with_marks_are_found_in_either_form_and_never_cut() {
    let text = "le caf\u{e9} et le cafe\u{301} noir";
    assert_eq!(refused(text, "café"), "“café” stands 2 times in the text; give more words");
    assert_eq!(exact(text, "cafe\u{301} et"), "caf\u{e9} et");
    assert_eq!(exact(text, "café noir"), "cafe\u{301} noir");
    assert_eq!(refused(text, "cafe"), "“cafe” does not stand in the text");
    // Two marks in either order are the same letter.
    assert_eq!(exact("a\u{301}\u{323}b", "a\u{323}\u{301}"), "a\u{301}\u{323}");
}

#[test]
fn emoji_are_found_whole() {
    let text = "🇮🇶 denied it 👨‍👩‍👧 ☀\u{fe0f}!";
    assert_eq!(found(text, "🇮🇶 denied"), Ok((0, 9, "🇮🇶 denied".to_owned())));
    assert_eq!(refused(text, "🇮"), "“🇮” does not stand in the text");
    assert_eq!(refused(text, "👨"), "“👨” does not stand in the text");
    assert_eq!(exact(text, "☀"), "☀\u{fe0f}");
}

#[test]
fn other_scripts_are_found() {
    let arabic = "قال الجيش إن \u{202b}الفصيل\u{202c} نفى ذلك.";
    assert_eq!(exact(arabic, "إن الفصيل نفى"), "إن \u{202b}الفصيل\u{202c} نفى");
    assert_eq!(exact(arabic, "الفصيل"), "الفصيل");
    assert_eq!(exact(arabic, "فصيل"), "فصيل", "inside a word, where it stands nowhere else");
    assert_eq!(found("军方否认了指控。", "否认"), Ok((2, 4, "否认".to_owned())));
    assert_eq!(exact("सेना ने इनकार किया", "ने इनकार"), "ने इनकार");
    assert_eq!(exact("그들은 부인했다", "부인했다"), "부인했다");
    assert_eq!(exact("می\u{200c}گویند که", "میگویند"), "می\u{200c}گویند");
}

#[test]
fn marks_of_direction_are_neither_needed_nor_in_the_way() {
    let text = "\u{200f}نفى\u{200e} (Brigade)\u{200f}";
    assert_eq!(exact(text, "نفى (Brigade)"), "نفى\u{200e} (Brigade)");
    assert_eq!(exact(text, "\u{200f}نفى\u{200f}"), "نفى");
    assert_eq!(exact(text, "1"), "نفى\u{200e} (Brigade)");
}

#[test]
fn nothing_is_no_passage() {
    assert_eq!(refused(REPORT, "3 \u{200f}"), "there are no words");
    assert_eq!(refused(REPORT, " "), "there are no words");
}

#[test]
fn words_are_looked_for_in_a_passage_first() {
    let text = Text::new(REPORT);
    let content = text.find("4 The Brigade denied it", None).unwrap();
    let brigade = text.find("Brigade", Some(&content)).unwrap();
    assert!(brigade.start > content.start && brigade.end < content.end);
    assert_eq!(text.find("Rockets", Some(&content)).unwrap().exact, "Rockets");
    assert_eq!(text.find("army", Some(&content)).unwrap_err(), "“army” stands 2 times in the text; give more words");
}

#[test]
fn lines_are_shown_with_their_numbers_and_hang() {
    let text = Text::new("one two three four\n\n\u{1b}[31mred\u{202e}\n");
    assert_eq!(text.numbered(14), ["1  one two", "   three four", "2", "3  [31mred"]);
    assert_eq!(Text::new(&"line\n".repeat(10)).numbered(40)[8..], [" 9  line", "10  line"]);
}

#[test]
fn a_passage_is_told_by_its_lines() {
    let text = Text::new(REPORT);
    let told = |answer: &str| text.describe(&text.find(answer, None).unwrap());
    assert_eq!(told("4 denied it"), "line 4: “denied it”");
    assert_eq!(told("1-3 base. The army"), "lines 1-3: “base. The army”");
    assert_eq!(told("1"), "line 1: “Rockets fell on the base.”");
}
