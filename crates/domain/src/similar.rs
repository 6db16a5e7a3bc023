//! Near-duplicate passages: which of many share four fifths of their shingles of five words (domain.md, section 9).
//!
//! Words are those of Unicode (UAX 29), in NFC and lower case. A passage has a signature of [`HASHES`] least hashes of its
//! shingles (`MinHash`); passages whose signatures agree in a band of it are compared whole. A pair with a likeness of 0.8
//! is missed once in twenty million times, and a pair is never named on an estimate.
//!
//! The hashes are written here, and are the same on every machine and in every version: the crates for `MinHash` hash with
//! what the standard library or their version happens to use, or have not been kept.

use crate::text::comparable;
use std::collections::{BTreeMap, BTreeSet};
use unicode_segmentation::UnicodeSegmentation;

/// Words of a shingle. What has fewer words has no shingle and is like nothing.
pub const SHINGLE_LEN: usize = 5;
/// Hashes of a signature: the standard error of an estimate is at most 0.045.
pub const HASHES: usize = 128;
/// Hashes of a band. Of pairs with a likeness of 0.8 one in 2·10⁷ agrees in none of the 32 bands; of those with 0.3 a fifth
/// agrees in one, and is compared for nothing.
const BAND_LEN: usize = 4;
/// The seed of the hashes.
const SEED: u64 = 0x6761_696e_7361_7920;
/// Earlier passages of one band that are looked at: those that were first, of which the others are copies.
const BAND_MEMBERS_MAX: usize = 64;

/// The shingles of a passage, by their hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shingles(BTreeSet<u64>);

impl Shingles {
    /// The shingles of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text = comparable(text);
        let words: Vec<&str> = text.unicode_words().collect();
        Self(words.windows(SHINGLE_LEN).map(hash).collect())
    }

    /// Whether the text has too few words to be like another.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many shingles both have, and how many they have together: the likeness (Jaccard) is the first of the second.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> Likeness {
        let shared = self.0.intersection(&other.0).count();
        Likeness { shared, all: self.0.len() + other.0.len() - shared }
    }

    /// The least of its hashes under each of the hash functions.
    #[must_use]
    pub fn signature(&self) -> Signature {
        let mut least = [u64::MAX; HASHES];
        let mut seeds = [0; HASHES];
        let mut state = SEED;
        for seed in &mut seeds {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            *seed = mixed(state);
        }
        for shingle in &self.0 {
            for (least, seed) in least.iter_mut().zip(&seeds) {
                *least = mixed(shingle ^ seed).min(*least);
            }
        }
        Signature(least)
    }
}

/// A part of a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Likeness {
    /// Shingles that both passages have.
    pub shared: usize,
    /// Shingles that they have together.
    pub all: usize,
}

impl Likeness {
    /// Whether it is 0.8 or more.
    #[must_use]
    pub fn is_near_duplicate(self) -> bool {
        self.all > 0 && 5 * self.shared >= 4 * self.all
    }

    /// In hundredths, rounded down.
    #[must_use]
    pub fn percent(self) -> usize {
        100 * self.shared / self.all.max(1)
    }
}

/// What a passage is told by without its shingles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature([u64; HASHES]);

impl Signature {
    /// How many hashes agree with those of another: the likeness of the passages, estimated.
    #[must_use]
    pub fn agreeing(&self, other: &Self) -> usize {
        self.0.iter().zip(&other.0).filter(|(own, other)| own == other).count()
    }

    fn bands(&self) -> impl Iterator<Item = (usize, [u64; BAND_LEN])> {
        self.0.as_chunks().0.iter().copied().enumerate()
    }
}

/// A passage that is nearly a duplicate of an earlier one; both by their place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copy {
    /// The later one.
    pub copy: usize,
    /// The earlier one.
    pub original: usize,
    /// How alike they are.
    pub likeness: Likeness,
}

/// For each passage of a list, earliest first, the earlier ones that it nearly duplicates, earliest first.
///
/// A passage is told with the document in which it stands: within one document nothing is a copy. The work is linear in
/// the passages: each is compared with at most 64 earlier ones for each of 32 bands.
pub fn copies<D: Ord>(passages: &[(D, Shingles)]) -> Vec<Copy> {
    let mut bands: BTreeMap<(usize, [u64; BAND_LEN]), Vec<usize>> = BTreeMap::new();
    let mut found = Vec::new();
    for (copy, (document, shingles)) in passages.iter().enumerate().filter(|(_, (_, shingles))| !shingles.is_empty()) {
        let mut earlier = BTreeSet::new();
        for band in shingles.signature().bands() {
            let members = bands.entry(band).or_default();
            earlier.extend(members.iter().copied());
            if members.len() < BAND_MEMBERS_MAX {
                members.push(copy);
            }
        }
        for original in earlier {
            let (other, beside) = &passages[original];
            let likeness = shingles.likeness(beside);
            if other != document && likeness.is_near_duplicate() {
                found.push(Copy { copy, original, likeness });
            }
        }
    }
    found
}

/// FNV-1a over the words, each with an end that stands in no word.
fn hash(words: &[&str]) -> u64 {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([0]));
    let fnv = bytes
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    mixed(fnv)
}

/// The finaliser of `SplitMix64`: every bit of the input moves half of the bits of the output.
fn mixed(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests;
