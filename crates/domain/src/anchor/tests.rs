use super::*;
use crate::testing::cases;
use proptest::prelude::*;
use std::time::Instant;

const REPORT: &str = "On 4 May rockets hit Ain al-Assad \u{1f680}.\r\n\
    A spokesman said on Tuesday that the \u{ab}Брат\u{bb} group had fired them from a lorry.\r\n\
    عين الأسد: the group denied any part in the attack, and praised those who carried it out.\r\n\
    Nobody was hurt, the coalition said in a short statement on its website.\r\n";

fn aligned(old: &str, new: &str) -> Alignment {
    Alignment::new(Arc::new(Indexed::new(old.to_owned())), Arc::new(Indexed::new(new.to_owned())))
}

/// The nth place of some words.
fn nth(text: &str, words: &str, n: usize) -> Range<u32> {
    let (at, _) = text.match_indices(words).nth(n).unwrap_or_else(|| panic!("the text has `{words}`"));
    let start = code_points(&text[..at]);
    start..start + code_points(words)
}

fn place(text: &str, words: &str) -> Range<u32> {
    nth(text, words, 0)
}

fn best(old: &str, new: &str, words: &str) -> Result<Found, Lost> {
    aligned(old, new).find(place(old, words), Strictness::Best)
}

fn exact(old: &str, new: &str, words: &str) -> Result<Found, Lost> {
    aligned(old, new).find(place(old, words), Strictness::Exact)
}

/// What stands at the place that was found.
fn words(new: &str, found: Result<Found, Lost>) -> (String, Method, u32) {
    let found = found.expect("a place is found");
    let text = Indexed::new(new.to_owned());
    (text.cut(found.start, found.end).expect("it lies in the text").to_owned(), found.method, found.score)
}

#[test]
fn a_passage_of_the_same_text_stays_where_it_is() {
    let span = place(REPORT, "denied any part");
    let found = aligned(REPORT, REPORT).find(span.clone(), Strictness::Best);
    let Range { start, end } = span;
    assert_eq!(found, Ok(Found { start, end, score: SCORE_MAX, method: Method::Unchanged }));
}

#[test]
fn a_passage_moves_with_what_is_put_before_it_counted_in_code_points() {
    let new = format!("UPDATE \u{1f6a8}\u{1f6a8} عاجل\r\n{REPORT}");
    let found = best(REPORT, &new, "«Брат» group").unwrap();
    let was = place(REPORT, "«Брат» group");
    assert_eq!((found.start, found.end), (was.start + 16, was.end + 16));
    assert_eq!((found.score, found.method), (SCORE_MAX, Method::Unchanged));
}

#[test]
fn other_line_ends_move_no_quote_and_lose_none() {
    let new = REPORT.replace("\r\n", "\n");
    for quote in ["Ain al-Assad \u{1f680}", "«Брат» group", "denied any part", "statement on its website"] {
        let (found, _, score) = words(&new, best(REPORT, &new, quote));
        assert_eq!(found, quote);
        assert!(score > 900_000, "{quote}: {score}");
    }
    let across = "a lorry.\r\nعين";
    let (found, method, _) = words(&new, best(REPORT, &new, across));
    assert_eq!((found.as_str(), method), ("a lorry.\nعين", Method::Approximate));
    assert_eq!(exact(REPORT, &new, across), Err(Lost::NotFound));
}

#[test]
fn a_passage_goes_with_its_paragraph() {
    let lines: Vec<&str> = REPORT.split_inclusive('\n').collect();
    let new = [lines[1], lines[2], lines[3], lines[0]].concat();
    for quote in ["Ain al-Assad \u{1f680}", "rockets hit", "denied any part", "a lorry"] {
        let (found, _, score) = words(&new, best(REPORT, &new, quote));
        assert_eq!(found, quote);
        assert!(score >= SCORE_MIN_MOVED, "{quote}: {score}");
        assert_eq!(exact(REPORT, &new, quote), best(REPORT, &new, quote));
    }
}

#[test]
fn an_edited_quote_is_found_in_its_place_unless_only_the_same_words_will_do() {
    let new = REPORT.replace("denied any part in the attack", "denied having any part in that attack");
    let (found, method, score) = words(&new, best(REPORT, &new, "denied any part in the attack"));
    assert_eq!((found.as_str(), method), ("denied having any part in that attack", Method::Approximate));
    assert!((850_000..SCORE_MAX).contains(&score), "{score}");
    assert_eq!(exact(REPORT, &new, "denied any part in the attack"), Err(Lost::NotFound));
}

#[test]
fn an_edited_quote_is_found_in_a_paragraph_that_moved() {
    let lines: Vec<&str> = REPORT.split_inclusive('\n').collect();
    let edited = lines[1].replace("had fired them", "had launched them");
    let new = [lines[0], lines[2], lines[3], &edited].concat();
    let (found, method, _) = words(&new, best(REPORT, &new, "group had fired them from a lorry"));
    assert_eq!((found.as_str(), method), ("group had launched them from a lorry", Method::Approximate));
}

#[test]
fn a_deleted_quote_is_lost() {
    let new = REPORT.replace("the group denied any part in the attack, and praised", "the group praised");
    assert_eq!(best(REPORT, &new, "denied any part in the attack"), Err(Lost::NotFound));
    assert_eq!(best(REPORT, "Something else entirely.", "denied any part"), Err(Lost::NotFound));
    assert_eq!(best(REPORT, "", "denied any part"), Err(Lost::NotFound));
}

#[test]
fn a_passage_does_not_move_to_a_duplicate_that_was_there_before() {
    let old = "First.\nThe minister said no.\nSecond.\nAnother line of text here.\nThe minister said no.\nThird.\n";
    let new = "First.\nSecond.\nAnother line of text here.\nThe minister said no.\nThird.\n";
    let alignment = aligned(old, new);
    let quote = "The minister said no.";
    assert_eq!(alignment.find(nth(old, quote, 0), Strictness::Best), Err(Lost::NotFound));
    let found = alignment.find(nth(old, quote, 1), Strictness::Best).unwrap();
    assert_eq!(found.start..found.end, place(new, quote));
}

#[test]
fn each_of_several_duplicates_keeps_its_own_place() {
    let old = "no no no no no no";
    let new = "Well, no no no no no no, no";
    let alignment = aligned(old, new);
    for n in 0..6 {
        let found = alignment.find(nth(old, "no", n), Strictness::Best).unwrap();
        assert_eq!(found.start..found.end, nth(new, "no", n), "{n}");
    }
}

/// A line of the old text, in new places with other lines around them.
fn copied(between: &[&str]) -> (String, String, &'static str) {
    const LINE: &str = "It was the militia that fired, the minister said.";
    let old = format!("{}\n{LINE}\n{}\n", "A".repeat(40), "B".repeat(40));
    let copies: Vec<String> = between.iter().map(|other| format!("{}\n{LINE}\n{}\n", "C".repeat(40), other)).collect();
    (old, copies.concat(), LINE)
}

#[test]
fn of_two_places_the_one_with_the_same_surroundings_is_taken() {
    let (same, other) = ("B".repeat(40), "D".repeat(40));
    let (old, new, line) = copied(&[&other, &same]);
    let found = best(&old, &new, line).unwrap();
    assert_eq!((found.start..found.end, found.method), (nth(&new, line, 1), Method::Exact));
}

#[test]
fn of_two_places_alike_the_one_that_is_much_nearer_is_taken_and_else_none() {
    let other = "D".repeat(40);
    let (old, new, line) = copied(&[&other, &other]);
    let found = best(&old, &new, line).unwrap();
    assert_eq!(found.start..found.end, place(&new, line), "the first is 40 away, the second 130");
    let far = "X".repeat(1_000);
    let (old, new) = (old, format!("{far}\n{new}"));
    assert_eq!(best(&old, &new, line), Err(Lost::Ambiguous));
    assert_eq!(exact(&old, &new, line), Err(Lost::Ambiguous));
}

#[test]
fn a_few_words_alone_are_no_passage() {
    let old = "Iran accused the group of the attack, and the envoy left the room.";
    let new = "Rain is forecast for the weekend, and a court accused nobody at all.";
    assert_eq!(best(old, new, "accused"), Err(Lost::NotFound));
}

#[test]
fn a_span_outside_the_text_is_lost() {
    let alignment = aligned("short", "short");
    for span in [3..9, 9..12, 2..2, Range { start: 4, end: 1 }] {
        assert_eq!(alignment.find(span, Strictness::Best), Err(Lost::NotFound));
    }
}

#[test]
fn a_passage_longer_than_what_is_looked_for_is_followed_in_its_place() {
    let sentences: Vec<_> = (0..2_000).map(|n| format!("Sentence number {n} of the long report. ")).collect();
    let old = sentences.concat();
    let new = old.replace("number 700 ", "number seven hundred ");
    let len = code_points(&old);
    let found = aligned(&old, &new).find(1_000..len - 1_000, Strictness::Best).unwrap();
    assert_eq!((found.start, found.end), (1_000, code_points(&new) - 1_000));
    assert_eq!(found.method, Method::Approximate);
    assert!(found.score > 990_000, "{found:?}");
}

#[test]
fn a_rewritten_text_of_a_mebibyte_is_searched_in_bounded_time() {
    let text = |seed: u32| -> String {
        let mut state = seed;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        };
        (0..160_000)
            .map(|_| format!("w{:x}{}", next() % 4_096, if next() % 12 == 0 { ".\n" } else { " " }))
            .collect::<Vec<_>>()
            .concat()
    };
    let (old, new) = (text(1), text(2));
    let started = Instant::now();
    let alignment = aligned(&old, &new);
    for at in (0..50).map(|n| n * 16_000) {
        let _ = alignment.find(at..at + 120, Strictness::Best);
    }
    // Some seconds on a slow machine; a search of each whole text by cells would take minutes.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn the_comparison_finds_what_is_unchanged_and_nothing_else() {
    let (old, new) = (REPORT, REPORT.replace("on Tuesday ", "").replace("Nobody", "No-one"));
    let alignment = aligned(old, &new);
    let text = |text: &Indexed, start: u32, len: u32| text.cut(start, start + len).unwrap().to_owned();
    let mut ends = (0, 0);
    for run in &alignment.runs {
        assert_eq!(text(&alignment.old, run.old, run.len), text(&alignment.new, run.new, run.len));
        assert!(run.old >= ends.0 && run.new >= ends.1, "{:?}", alignment.runs);
        ends = (run.old + run.len, run.new + run.len);
    }
    let unchanged: u32 = alignment.runs.iter().map(|run| run.len).sum();
    assert_eq!(unchanged, code_points(&new) - 4, "all of the new text but the end of `No-one`");
}

/// Text of few words, so that much of it is repeated.
fn repetitive() -> impl Strategy<Value = String> {
    "([ab]{1,2}[ \n.]|(\r\n)|\u{1f680}|ع){0,60}"
}

fn span_of(text: &str, at: prop::sample::Index, len: prop::sample::Index) -> Range<u32> {
    let total = text.chars().count();
    let start = at.index(total);
    let end = start + 1 + len.index(total - start);
    u32::try_from(start).unwrap()..u32::try_from(end).unwrap()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn into_the_same_text_nothing_changes(
        text in repetitive().prop_filter("a text", |text| !text.is_empty()),
        at in any::<prop::sample::Index>(),
        len in any::<prop::sample::Index>(),
    ) {
        let span = span_of(&text, at, len);
        for strictness in [Strictness::Best, Strictness::Exact] {
            let found = aligned(&text, &text).find(span.clone(), strictness);
            let Range { start, end } = span.clone();
            prop_assert_eq!(found, Ok(Found { start, end, score: SCORE_MAX, method: Method::Unchanged }));
        }
    }

    #[test]
    fn an_unrelated_insertion_shifts_what_comes_after_it_and_nothing_else(
        text in repetitive().prop_filter("a text", |text| !text.is_empty()),
        inserted in "[X-Z\u{1f681}\n]{1,80}",
        at in any::<prop::sample::Index>(),
        len in any::<prop::sample::Index>(),
        gap in any::<prop::sample::Index>(),
    ) {
        let span = span_of(&text, at, len);
        let total = text.chars().count();
        let outside: Vec<usize> =
            (0..=total).filter(|gap| *gap <= span.start as usize || *gap >= span.end as usize).collect();
        let gap = outside[gap.index(outside.len())];
        // A line end inserted beside another one could as well be that one.
        let inserted = format!("X{inserted}X");
        let new: String = text.chars().take(gap).chain(inserted.chars()).chain(text.chars().skip(gap)).collect();
        let shift = if gap <= span.start as usize { code_points(&inserted) } else { 0 };
        let found = aligned(&text, &new).find(span.clone(), Strictness::Exact).unwrap();
        prop_assert_eq!(found.start..found.end, span.start + shift..span.end + shift);
        prop_assert_eq!(aligned(&text, &new).find(span, Strictness::Best), Ok(found));
    }

    #[test]
    fn what_is_found_lies_in_the_text_and_is_as_good_as_it_says(
        old in repetitive().prop_filter("a text", |text| !text.is_empty()),
        new in repetitive(),
        at in any::<prop::sample::Index>(),
        len in any::<prop::sample::Index>(),
    ) {
        let span = span_of(&old, at, len);
        let alignment = aligned(&old, &new);
        let best = alignment.find(span.clone(), Strictness::Best);
        prop_assert_eq!(best, aligned(&old, &new).find(span.clone(), Strictness::Best), "the same twice");
        if let Ok(found) = best {
            prop_assert!(found.start < found.end && found.end <= alignment.new.code_points());
            prop_assert!((SCORE_MIN..=SCORE_MAX).contains(&found.score));
            let same = alignment.old.cut(span.start, span.end) == alignment.new.cut(found.start, found.end);
            prop_assert_eq!(same, found.method != Method::Approximate);
        }
        if let Ok(found) = alignment.find(span.clone(), Strictness::Exact) {
            prop_assert_eq!(alignment.old.cut(span.start, span.end), alignment.new.cut(found.start, found.end));
        }
    }
}
