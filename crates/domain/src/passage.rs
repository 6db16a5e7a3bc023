//! Passages of a text by Unicode code points, found fast in long texts.

use crate::{Fact, Rejection};
use std::ops::Range;

/// Code points between two marks: a look-up reads at most this many characters.
const STRIDE: usize = 256;

/// A document's text with marks into it, so that a span in code points is cut without reading from the start.
#[derive(Debug, Clone)]
pub struct Indexed {
    text: String,
    /// Byte offset of every [`STRIDE`]-th code point; empty for ASCII, where the two agree.
    marks: Vec<u32>,
    code_points: u32,
}

impl Indexed {
    /// Indexes a text below 4 GiB.
    #[must_use]
    pub fn new(text: String) -> Self {
        if text.is_ascii() {
            let code_points = offset(text.len());
            return Self { text, marks: Vec::new(), code_points };
        }
        let mut marks = Vec::new();
        let mut code_points = 0;
        for (at, _) in text.char_indices() {
            if code_points % STRIDE == 0 {
                marks.push(offset(at));
            }
            code_points += 1;
        }
        Self { text, marks, code_points: offset(code_points) }
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The length in code points.
    #[must_use]
    pub fn code_points(&self) -> u32 {
        self.code_points
    }

    /// The bytes that this occupies in memory, for bounded caches.
    #[must_use]
    pub fn weight(&self) -> u32 {
        offset(self.text.len() + self.marks.len() * size_of::<u32>() + size_of::<Self>())
    }

    /// The text from code point `start` up to `end`, or `None` where that is not inside the text.
    #[must_use]
    pub fn cut(&self, start: u32, end: u32) -> Option<&str> {
        if start > end || end > self.code_points {
            return None;
        }
        self.text.get(self.byte(start)..self.byte(end))
    }

    /// At most so many code points before one, from there backwards.
    #[must_use]
    pub fn before(&self, code_point: u32, len_max: u32) -> Vec<char> {
        let before = self.cut(code_point.saturating_sub(len_max), code_point);
        before.unwrap_or_default().chars().rev().collect()
    }

    /// At most so many code points from one on.
    #[must_use]
    pub fn after(&self, code_point: u32, len_max: u32) -> Vec<char> {
        let end = code_point.saturating_add(len_max).min(self.code_points);
        self.cut(code_point, end).unwrap_or_default().chars().collect()
    }

    /// The number of the code point that begins at a byte, which is the start of one or the end of the text.
    pub(crate) fn code_point(&self, byte: usize) -> u32 {
        if self.marks.is_empty() {
            return offset(byte);
        }
        let mark = self.marks.partition_point(|mark| *mark as usize <= byte).saturating_sub(1);
        let rest = self.text.get(self.marks[mark] as usize..byte).unwrap_or_default();
        offset(mark * STRIDE + rest.chars().count())
    }

    fn byte(&self, code_point: u32) -> usize {
        if self.marks.is_empty() {
            return code_point as usize;
        }
        if code_point == self.code_points {
            return self.text.len();
        }
        let mark = self.marks[code_point as usize / STRIDE] as usize;
        let rest = &self.text[mark..];
        let within = rest.char_indices().nth(code_point as usize % STRIDE).map_or(rest.len(), |(at, _)| at);
        mark + within
    }
}

fn offset(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Whether two half-open spans share a code point.
#[must_use]
pub fn overlap(a: &Range<u32>, b: &Range<u32>) -> bool {
    a.start.max(b.start) < a.end.min(b.end)
}

/// Checks that a span is not empty and lies within a text of this length.
pub fn check_span(start: u32, end: u32, code_points: u32) -> Result<(), Rejection> {
    if start >= end {
        return Err(Rejection::invalid("span_empty", format!("the span {start}..{end} has no text")).at("/end"));
    }
    if end > code_points {
        let detail = format!("the span {start}..{end} reaches beyond the text's {code_points} code points");
        let at = if start >= code_points { "/start" } else { "/end" };
        return Err(Rejection::invalid("span_outside_text", detail)
            .at(at)
            .with("code_points", Fact::Number(u64::from(code_points))));
    }
    Ok(())
}

/// The longest stretch of the text shown in a refusal, in code points.
const SHOWN_MAX: u32 = 400;

/// Checks a quote against the text: `exact` equals `text[start..end)` in code points.
pub fn check_quote(text: &Indexed, start: u32, end: u32, exact: &str) -> Result<(), Rejection> {
    check_span(start, end, text.code_points())?;
    if text.cut(start, end) == Some(exact) {
        return Ok(());
    }
    let shown = text.cut(start, end.min(start.saturating_add(SHOWN_MAX))).unwrap_or_default();
    let detail = format!("the text has `{shown}` at {start}..{end}, not the quote that was sent");
    Err(Rejection::invalid("quote_mismatch", detail).at("/exact").with("actual", Fact::Text(shown.to_owned())))
}

#[cfg(test)]
mod tests;
