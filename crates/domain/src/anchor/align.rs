//! The stretches of a text that are unchanged in another: by lines, and by words where lines differ.

use crate::passage::Indexed;
use imara_diff::{Algorithm, Diff, InternedInput, Interner};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// A stretch that stands in both texts, in code points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// Where it begins in the old text.
    pub old: u32,
    /// Where it begins in the new text.
    pub new: u32,
    /// Its length.
    pub len: u32,
}

/// The unchanged stretches, in order and as long as they can be.
///
/// The ends that agree come first, which is all where only one place was edited. Between them lines are compared, then
/// the words of lines that differ; whatever agrees at the ends of what is left belongs to its neighbours.
pub(super) fn runs(old: &Indexed, new: &Indexed) -> Vec<Run> {
    let mut found = Stretches { old: old.text(), new: new.text(), list: Vec::new() };
    let whole = Pair { old: 0..old.text().len(), new: 0..new.text().len() };
    found.between(&whole, |pair, found| {
        found.split(
            &pair,
            |text| text.split_inclusive('\n').collect(),
            |pair, found| {
                found.between(&pair, |pair, found| {
                    found.split(
                        &pair,
                        |text| text.split_word_bounds().collect(),
                        |pair, found| {
                            found.between(&pair, |_differs, _found| {});
                        },
                    );
                });
            },
        );
    });
    let code_points = |(old_at, new_at, len): (usize, usize, usize)| {
        let (start, end) = (old.code_point(old_at), old.code_point(old_at + len));
        Run { old: start, new: new.code_point(new_at), len: end - start }
    };
    found.list.into_iter().map(code_points).collect()
}

/// Ranges of bytes that stand beside each other.
struct Pair {
    old: Range<usize>,
    new: Range<usize>,
}

struct Stretches<'t> {
    old: &'t str,
    new: &'t str,
    /// Where each begins in the old and in the new text, and its length, in bytes.
    list: Vec<(usize, usize, usize)>,
}

impl<'t> Stretches<'t> {
    fn push(&mut self, old: usize, new: usize, len: usize) {
        if len == 0 {
            return;
        }
        match self.list.last_mut() {
            Some(last) if (last.0 + last.2, last.1 + last.2) == (old, new) => last.2 += len,
            Some(_) | None => self.list.push((old, new, len)),
        }
    }

    /// Adds what agrees at both ends, and what is found between them.
    fn between(&mut self, pair: &Pair, inner: impl FnOnce(Pair, &mut Self)) {
        let (old, new) = (&self.old[pair.old.clone()], &self.new[pair.new.clone()]);
        let prefix = common_prefix(old, new);
        let suffix = common_suffix(&old[prefix..], &new[prefix..]);
        self.push(pair.old.start, pair.new.start, prefix);
        let middle = Pair {
            old: pair.old.start + prefix..pair.old.end - suffix,
            new: pair.new.start + prefix..pair.new.end - suffix,
        };
        let (old_end, new_end) = (middle.old.end, middle.new.end);
        if !middle.old.is_empty() && !middle.new.is_empty() {
            inner(middle, self);
        }
        self.push(old_end, new_end, suffix);
    }

    /// Adds the tokens that agree, and what is found between them.
    fn split(&mut self, pair: &Pair, tokens: impl Fn(&'t str) -> Vec<&'t str>, inner: impl Fn(Pair, &mut Self)) {
        let (old, new) = (tokens(&self.old[pair.old.clone()]), tokens(&self.new[pair.new.clone()]));
        let mut input = InternedInput { before: Vec::new(), after: Vec::new(), interner: Interner::new(old.len()) };
        input.update_before(old.iter().copied());
        input.update_after(new.iter().copied());
        let diff = Diff::compute(Algorithm::Histogram, &input);
        let (mut old_at, mut new_at) = (pair.old.start, pair.new.start);
        let (mut old_token, mut new_token) = (0, 0);
        let len = |tokens: &[&str]| tokens.iter().map(|token| token.len()).sum::<usize>();
        for hunk in diff.hunks() {
            let (before, after) = (indexes(&hunk.before), indexes(&hunk.after));
            let same = len(&old[old_token..before.start]);
            self.push(old_at, new_at, same);
            (old_at, new_at) = (old_at + same, new_at + same);
            let (removed, added) = (len(&old[before.clone()]), len(&new[after.clone()]));
            if removed > 0 && added > 0 {
                inner(Pair { old: old_at..old_at + removed, new: new_at..new_at + added }, self);
            }
            (old_at, new_at) = (old_at + removed, new_at + added);
            (old_token, new_token) = (before.end, after.end);
        }
        debug_assert_eq!(old.len() - old_token, new.len() - new_token, "what comes after the last hunk is the same");
        self.push(old_at, new_at, len(&old[old_token..]));
    }
}

fn indexes(tokens: &Range<u32>) -> Range<usize> {
    tokens.start as usize..tokens.end as usize
}

/// Bytes of the characters with which both begin.
fn common_prefix(a: &str, b: &str) -> usize {
    let mut len = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    while !(a.is_char_boundary(len) && b.is_char_boundary(len)) {
        len -= 1;
    }
    len
}

/// Bytes of the characters with which both end.
fn common_suffix(a: &str, b: &str) -> usize {
    let mut len = a.bytes().rev().zip(b.bytes().rev()).take_while(|(a, b)| a == b).count();
    while !(a.is_char_boundary(a.len() - len) && b.is_char_boundary(b.len() - len)) {
        len -= 1;
    }
    len
}
