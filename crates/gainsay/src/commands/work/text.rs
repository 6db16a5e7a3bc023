//! The text of a document as an annotator sees it: its lines, numbered, and the passages that answers name in it.
//!
//! An answer names a line (`3`), lines (`3-5`), words in them (`3 the army denied`) or words anywhere. Words are compared
//! with what is shown, and a passage is told in code points of the text as it is stored.

use std::ops::Range;

use textwrap::{Options, WordSplitter};
use unicode_normalization::char::{canonical_combining_class, decompose_canonical};
use unicode_segmentation::UnicodeSegmentation;

use crate::terminal::{plain, shorten};

/// Code points of a quote where it only reminds of a passage.
const QUOTE_LEN_MAX: usize = 160;

/// A text and what is needed to find words in it.
pub(super) struct Text {
    /// Its code points, as they are stored.
    raw: Vec<char>,
    /// Each line in code points, without what ends it.
    lines: Vec<Range<usize>>,
    /// What words are compared with.
    letters: Vec<Letter>,
    /// For each code point and the end, whether a letter of a reader's may begin there.
    bounds: Vec<bool>,
}

/// A letter in the form in which words are compared, and the code points that it stands for.
#[derive(Clone, Copy)]
struct Letter {
    form: char,
    start: usize,
    end: usize,
}

/// A passage of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Passage {
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    pub end: u32,
    /// What stands there, as it is stored.
    pub exact: String,
}

impl Text {
    /// Reads a text.
    pub fn new(text: &str) -> Self {
        let raw: Vec<char> = text.chars().collect();
        let mut bounds = vec![false; raw.len() + 1];
        let mut at = 0;
        bounds[0] = true;
        for grapheme in text.graphemes(true) {
            at += grapheme.chars().count();
            bounds[at] = true;
        }
        Self { lines: lines(&raw), letters: letters(&raw), bounds, raw }
    }

    /// Its lines with their numbers, wrapped at a width.
    pub fn numbered(&self, width: usize) -> Vec<String> {
        let digits = self.lines.len().to_string().len();
        let hanging = " ".repeat(digits + 2);
        let wrapped = |(at, line): (usize, &Range<usize>)| {
            let shown = plain(&self.raw[line.clone()].iter().collect::<String>());
            let number = format!("{:>digits$}  ", at + 1);
            let options = Options::new(width).word_splitter(WordSplitter::NoHyphenation);
            let options = options.initial_indent(&number).subsequent_indent(&hanging);
            let wrapped = textwrap::wrap(&shown, options);
            wrapped.into_iter().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>()
        };
        self.lines.iter().enumerate().flat_map(wrapped).collect()
    }

    /// The passage that an answer names. Words without a line are looked for in `first`, and then everywhere.
    pub fn find(&self, answer: &str, first: Option<&Passage>) -> Result<Passage, String> {
        let everywhere = || self.words(answer, 0..self.raw.len(), "in the text");
        if let Some((from, to, words)) = named_lines(answer) {
            let found = self.in_lines(from, to, words);
            if words.is_empty() {
                return found;
            }
            // "12 rockets" may be what the text says, and may be words of line 12.
            return match (found, everywhere()) {
                (Ok(in_lines), Ok(said)) if in_lines != said => Err(format!(
                    "“{}” stands in the text, and “{}” in {}: give more words",
                    plain(answer),
                    plain(words),
                    lines_in_words(from, to)
                )),
                (Ok(found), _) | (Err(_), Ok(found)) => Ok(found),
                (Err(why), Err(_)) => Err(why),
            };
        }
        match first {
            Some(first) => {
                let within = first.start as usize..first.end as usize;
                self.words(answer, within, "in the passage").or_else(|_| everywhere())
            }
            None => everywhere(),
        }
    }

    /// The passage between two code points, as others recorded it.
    pub fn passage(&self, start: u32, end: u32) -> Option<Passage> {
        let exact = self.raw.get(start as usize..end as usize)?.iter().collect();
        Some(Passage { start, end, exact })
    }

    /// Where a passage stands, and how it begins.
    pub fn describe(&self, passage: &Passage) -> String {
        let line_of = |at: u32| self.lines.partition_point(|line| line.start <= at as usize).max(1);
        let (first, last) = (line_of(passage.start), line_of(passage.end.saturating_sub(1).max(passage.start)));
        format!("{}: “{}”", lines_in_words(first, last), shorten(&plain(&passage.exact), QUOTE_LEN_MAX))
    }

    /// What an answer names in lines: all of them, or words.
    fn in_lines(&self, from: usize, to: usize, words: &str) -> Result<Passage, String> {
        let count = self.lines.len();
        if let Some(line) = [from, to].into_iter().find(|line| !(1..=count).contains(line)) {
            return Err(format!("there is no line {line}; the text has {count}"));
        }
        if from > to {
            return Err(format!("line {from} comes after line {to}"));
        }
        let region = self.lines[from - 1].start..self.lines[to - 1].end;
        let place = lines_in_words(from, to);
        if !words.is_empty() {
            return self.words(words, region, &format!("in {place}"));
        }
        // Marks are kept in their canonical order, so that the last of them need not stand last in the text.
        let seen = || self.letters[self.letters_in(&region)].iter().filter(|letter| letter.form != ' ');
        match (seen().map(|letter| letter.start).min(), seen().map(|letter| letter.end).max()) {
            (Some(start), Some(end)) => Ok(self.cut(start, self.end_after(end))),
            _ => Err(format!("{place} shows nothing")),
        }
    }

    /// The one place of words in a region. Places that cut no word come before those that do.
    fn words(&self, words: &str, region: Range<usize>, place: &str) -> Result<Passage, String> {
        let wanted = compared(words);
        if wanted.is_empty() {
            return Err("there are no words".to_owned());
        }
        let region = self.letters_in(&region);
        let starts = region.start..(region.end + 1).saturating_sub(wanted.len()).max(region.start);
        let found: Vec<_> = starts.filter_map(|at| Some((at, self.place(at, &wanted)?))).collect();
        let whole = found.iter().filter(|(at, _)| !self.cuts_a_word(*at, wanted.len()));
        let whole: Vec<_> = whole.map(|(_, passage)| passage).collect();
        let best = if whole.is_empty() { found.iter().map(|(_, passage)| passage).collect() } else { whole };
        match best[..] {
            [] => Err(format!("“{}” does not stand {place}", plain(words))),
            [one] => Ok(self.cut(one.start, one.end)),
            _ => Err(format!("“{}” stands {} times {place}; give more words", plain(words), best.len())),
        }
    }

    /// The code points of words that stand at a letter, unless they would cut a letter of a reader's.
    fn place(&self, at: usize, wanted: &[char]) -> Option<Range<usize>> {
        let letters = self.letters.get(at..at + wanted.len())?;
        if letters.iter().zip(wanted).any(|(letter, wanted)| letter.form != *wanted) {
            return None;
        }
        // Marks are compared in their canonical order, so that the last of them need not stand last in the text.
        let start = letters.iter().map(|letter| letter.start).min()?;
        let end = letters.iter().map(|letter| letter.end).max()?;
        // A code point that is a letter with its mark is compared as two.
        let shares = |next: Option<&Letter>| next.is_some_and(|next| next.start < end && next.end > start);
        if shares(at.checked_sub(1).and_then(|at| self.letters.get(at))) || shares(self.letters.get(at + wanted.len()))
        {
            return None;
        }
        let end = self.end_after(end);
        (self.bounds[start] && self.bounds[end]).then_some(start..end)
    }

    /// The end of a passage with the unseen code points that belong to its last letter.
    fn end_after(&self, mut end: usize) -> usize {
        // The end of the text is a bound.
        while !self.bounds[end] && is_unseen(self.raw[end]) {
            end += 1;
        }
        end
    }

    /// Whether words at a letter begin or end inside a longer word.
    fn cuts_a_word(&self, at: usize, len: usize) -> bool {
        let is_base = |letter: &&Letter| canonical_combining_class(letter.form) == 0;
        let is_of_word = |letter: Option<&Letter>| letter.is_some_and(|letter| letter.form.is_alphanumeric());
        let (before, rest) = self.letters.split_at(at);
        let (within, after) = rest.split_at(len);
        let begins = is_of_word(before.iter().rfind(is_base)) && is_of_word(within.iter().find(is_base));
        let ends = is_of_word(within.iter().rfind(is_base)) && is_of_word(after.iter().find(is_base));
        begins || ends
    }

    /// The letters that stand in a region of code points.
    fn letters_in(&self, region: &Range<usize>) -> Range<usize> {
        let start = self.letters.partition_point(|letter| letter.start < region.start);
        let end = self.letters.partition_point(|letter| letter.end <= region.end);
        start..end.max(start)
    }

    fn cut(&self, start: usize, end: usize) -> Passage {
        let offset = |at: usize| u32::try_from(at).expect("texts have fewer than 2^32 code points");
        Passage { start: offset(start), end: offset(end), exact: self.raw[start..end].iter().collect() }
    }
}

/// The lines that an answer names, and the words after them.
fn named_lines(answer: &str) -> Option<(usize, usize, &str)> {
    let (from, rest) = number(answer)?;
    let (to, rest) = match rest.strip_prefix(['-', '–']) {
        Some(rest) => number(rest)?,
        None => (from, rest),
    };
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then(|| (from, to, rest.trim()))
}

/// A number, and what follows it.
fn number(text: &str) -> Option<(usize, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}

fn lines_in_words(first: usize, last: usize) -> String {
    if first == last { format!("line {first}") } else { format!("lines {first}-{last}") }
}

/// Lines end with LF, CRLF or CR; what follows the last of them is a line if it is not empty.
fn lines(raw: &[char]) -> Vec<Range<usize>> {
    let (mut lines, mut start, mut at) = (Vec::new(), 0, 0);
    while at < raw.len() {
        let end = match raw[at..] {
            ['\r', '\n', ..] => 2,
            ['\n' | '\r', ..] => 1,
            _ => 0,
        };
        if end > 0 {
            lines.push(start..at);
            start = at + end;
        }
        at += end.max(1);
    }
    if start < raw.len() {
        lines.push(start..raw.len());
    }
    lines
}

/// The words of an answer as they are compared.
fn compared(words: &str) -> Vec<char> {
    let raw: Vec<char> = words.trim().chars().collect();
    letters(&raw).into_iter().map(|letter| letter.form).collect()
}

/// Code points as they are compared: white space as one space, quotes and dashes as plain ones, letters with marks in
/// their canonical form, and nothing of what a terminal does not show.
fn letters(raw: &[char]) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::with_capacity(raw.len());
    for (start, &letter) in raw.iter().enumerate() {
        let end = start + 1;
        if is_unseen(letter) {
            continue;
        }
        if letter.is_whitespace() || letter.is_control() {
            match letters.last_mut() {
                Some(space) if space.form == ' ' => space.end = end,
                _ => letters.push(Letter { form: ' ', start, end }),
            }
            continue;
        }
        decompose_canonical(unified(letter), |form| letters.push(Letter { form, start, end }));
    }
    for marks in letters.chunk_by_mut(|_, next| canonical_combining_class(next.form) != 0) {
        // The first of a chunk is what the marks stand on; its class is 0, so that it stays the first.
        marks.sort_by_key(|mark| canonical_combining_class(mark.form));
    }
    letters
}

/// Quotes and dashes as keyboards have them.
fn unified(letter: char) -> char {
    match letter {
        '‘' | '’' | '‚' | '‛' | '′' | '‹' | '›' | 'ʼ' => '\'',
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' => '"',
        '‐'..='―' | '−' => '-',
        letter => letter,
    }
}

/// What shows as nothing: soft hyphens, joiners, marks of direction and of variants.
fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests;
