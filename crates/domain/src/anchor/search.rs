//! Edits between texts, and places in a text that are few edits away from a pattern.
//!
//! The search is that of Myers (A fast bit-vector algorithm for approximate string matching, 1999) in blocks, as Hyyrö
//! describes it (2003): 64 code points of the pattern in one step. It is written here because the crates that have it
//! search bytes, where an edit of an Arabic letter counts twice and one of an emoji four times.

use std::collections::HashMap;

const BITS: usize = 64;

/// A pattern to look for.
pub(super) struct Pattern {
    len: usize,
    /// The code points of the pattern, each with its number; 0 is for all others.
    numbers: HashMap<char, usize>,
    /// The same for ASCII, of which most texts consist.
    ascii: [usize; 128],
    /// For each number a bit for each position in the pattern, in blocks.
    masks: Vec<u64>,
}

impl Pattern {
    pub fn new(pattern: &[char]) -> Self {
        let blocks = pattern.len().div_ceil(BITS);
        let mut numbers = HashMap::new();
        let mut masks = vec![0; blocks];
        for (at, char) in pattern.iter().enumerate() {
            let next = numbers.len() + 1;
            let number = *numbers.entry(*char).or_insert(next);
            if number == next {
                masks.resize(masks.len() + blocks, 0);
            }
            masks[number * blocks + at / BITS] |= 1 << (at % BITS);
        }
        let mut ascii = [0; 128];
        for (number, char) in ascii.iter_mut().zip('\0'..) {
            *number = numbers.get(&char).copied().unwrap_or(0);
        }
        Self { len: pattern.len(), numbers, ascii, masks }
    }

    fn number(&self, char: char) -> usize {
        match self.ascii.get(char as usize) {
            Some(number) => *number,
            None => self.numbers.get(&char).copied().unwrap_or(0),
        }
    }

    /// Steps for each code point of a text.
    pub fn blocks(&self) -> usize {
        self.len.div_ceil(BITS).max(1)
    }

    /// The ends of passages at most so many edits away from the pattern, with their edits; of those that overlap, the one
    /// with the fewest.
    pub fn ends_in(&self, text: impl Iterator<Item = char>, errors_max: u32) -> Vec<(u32, u32)> {
        let blocks = self.blocks();
        let mut state = vec![(u64::MAX, 0_u64); blocks];
        let last = 1_u64 << ((self.len.max(1) - 1) % BITS);
        let mut errors = i64::try_from(self.len).unwrap_or(i64::MAX);
        let mut ends: Vec<(u32, u32)> = Vec::new();
        for (char, end) in text.zip(1_u32..) {
            let number = self.number(char);
            let masks = &self.masks[number * blocks..(number + 1) * blocks];
            let mut carry = 0;
            for (block, (state, mask)) in state.iter_mut().zip(masks).enumerate() {
                let top = if block + 1 == blocks { last } else { 1 << (BITS - 1) };
                carry = advance(state, *mask, top, carry);
            }
            errors += i64::from(carry);
            let Some(errors) = u32::try_from(errors).ok().filter(|errors| *errors <= errors_max) else { continue };
            match ends.last_mut() {
                Some(before) if (end - before.0) as usize <= self.len => {
                    if errors < before.1 {
                        *before = (end, errors);
                    }
                }
                Some(_) | None => ends.push((end, errors)),
            }
        }
        ends
    }
}

/// One code point of the text against one block of the pattern; takes and gives the difference at the block's ends.
fn advance((plus, minus): &mut (u64, u64), mask: u64, top: u64, carry: i8) -> i8 {
    let vertical = mask | *minus;
    let mask = mask | u64::from(carry < 0);
    let horizontal = ((mask & *plus).wrapping_add(*plus) ^ *plus) | mask;
    let mut up = *minus | !(horizontal | *plus);
    let mut down = *plus & horizontal;
    let out = i8::from(up & top != 0) - i8::from(down & top != 0);
    up = (up << 1) | u64::from(carry > 0);
    down = (down << 1) | u64::from(carry < 0);
    *plus = down | !(vertical | up);
    *minus = up & vertical;
    out
}

/// The edits that make one text the other.
pub(super) fn edits(a: &[char], b: &[char]) -> usize {
    last_row(a, b).last().copied().unwrap_or(a.len())
}

/// The fewest edits that make `a` a beginning of `b`, and the length of that beginning: of several the one nearest to that
/// of `a`.
pub(super) fn edits_within(a: &[char], b: &[char]) -> (usize, usize) {
    let row = last_row(a, b);
    let best = row.into_iter().enumerate().min_by_key(|(len, edits)| (*edits, len.abs_diff(a.len()), *len));
    best.map_or((a.len(), 0), |(len, edits)| (edits, len))
}

/// The edits between `a` and every beginning of `b`.
fn last_row(a: &[char], b: &[char]) -> Vec<usize> {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (above, char) in a.iter().enumerate() {
        let mut diagonal = above;
        row[0] = above + 1;
        for (at, other) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(char != other);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row
}

#[cfg(test)]
mod tests;
