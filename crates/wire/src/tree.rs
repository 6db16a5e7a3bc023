//! The Merkle tree over the payloads of a log, as RFC 6962 and RFC 9162 hash it.
//!
//! The leaf of a record is at its position less one. Whoever keeps a [`Head`] can tell later whether the log still begins
//! with the records that it had then, whoever has held it meanwhile: no other payloads, and no other order of them, have
//! the same root.
//!
//! A tree is told by its complete subtrees. One of height `h` and index `i` has the 2^h leaves from i · 2^h on; a root, a
//! path and a proof are made of some two dozens of these, wherever they come from: the functions here ask for each by
//! height and index.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A SHA-256 in the tree.
pub type Hash = [u8; 32];

/// What stands before a payload, and before the hashes of two subtrees, so that neither is ever taken for the other.
const LEAF: [u8; 1] = [0];
const NODE: [u8; 1] = [1];

/// What a log amounted to at some size: all of its records and their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// UUID of the log.
    pub log: Uuid,
    /// How many records it had: the position of the newest.
    pub size: u64,
    /// The root over their payloads.
    pub root: Hash,
}

/// The leaf of a payload.
#[must_use]
pub fn leaf(payload: &[u8]) -> Hash {
    Sha256::new().chain_update(LEAF).chain_update(payload).finalize().into()
}

/// The hash of a subtree of these two halves.
#[must_use]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update(NODE).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the tree of so many leaves.
pub fn root<E>(size: u64, mut subtree: impl FnMut(u32, u64) -> Result<Hash, E>) -> Result<Hash, E> {
    range(0, size, &mut subtree)
}

/// The path from a leaf to the root of the tree of so many leaves: what it is hashed with, the nearest first. The leaf is
/// one of these.
pub fn inclusion<E>(
    index: u64,
    size: u64,
    mut subtree: impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let mut path = Vec::new();
    let (mut from, mut upto) = (0, size);
    while upto - from > 1 {
        let middle = from + split(upto - from);
        if index < middle {
            path.push(range(middle, upto, &mut subtree)?);
            upto = middle;
        } else {
            path.push(range(from, middle, &mut subtree)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// What shows that the tree of `from` leaves is the beginning of that of `to` leaves. There is at least one leaf, and no
/// more at first than then; where there are as many, nothing needs to be shown.
pub fn consistency<E>(
    from: u64,
    to: u64,
    mut subtree: impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let mut path = Vec::new();
    let (mut start, mut end) = (0, to);
    while from < end {
        let middle = start + split(end - start);
        if from <= middle {
            path.push(range(middle, end, &mut subtree)?);
            end = middle;
        } else {
            path.push(range(start, middle, &mut subtree)?);
            start = middle;
        }
    }
    // Who checks it has the root of all leaves that there were at first, and nothing of a part of them.
    if start > 0 {
        path.push(range(start, end, &mut subtree)?);
    }
    path.reverse();
    Ok(path)
}

/// How many leaves are left of the root of a tree of so many, of which there are at least two: the greatest power of two
/// below.
fn split(len: u64) -> u64 {
    1 << (len - 1).ilog2()
}

/// The hash over the leaves from one index up to before another. A tree is split so that the first of them is at a
/// multiple of a power of two that is no smaller than their number.
fn range<E>(from: u64, upto: u64, subtree: &mut impl FnMut(u32, u64) -> Result<Hash, E>) -> Result<Hash, E> {
    let (mut peaks, mut start) = (Vec::new(), from);
    while start < upto {
        let height = (upto - start).ilog2();
        peaks.push(subtree(height, start >> height)?);
        start += 1 << height;
    }
    Ok(joined(&peaks))
}

/// The hash over complete subtrees beside each other, the largest first.
fn joined(peaks: &[Hash]) -> Hash {
    let mut smallest_first = peaks.iter().rev();
    let Some(smallest) = smallest_first.next() else { return Sha256::digest([]).into() };
    smallest_first.fold(*smallest, |right, left| node(left, &right))
}

/// A tree that only grows, of which only its root is ever asked for: a hash for each complete subtree of the greatest
/// heights.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The tree of so many leaves with these complete subtrees, the largest first; none where there are not as many as
    /// the size has.
    #[must_use]
    pub fn resume(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (usize::try_from(size.count_ones()) == Ok(peaks.len())).then_some(Self { size, peaks })
    }

    /// Adds the next leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        // Each subtree that the leaf completes is the right half of the next one.
        for _ in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().expect("there is a subtree for each bit of the size");
            hash = node(&left, &hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// How many leaves there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its complete subtrees, the largest first.
    #[must_use]
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// The root over them.
    #[must_use]
    pub fn root(&self) -> Hash {
        joined(&self.peaks)
    }
}

#[cfg(test)]
mod tests;
