//! The Merkle tree over a log's payloads, as RFC 6962 (2.1) has it: its head stands for every payload and for their order.
//!
//! A leaf is the SHA-256 of a zero byte and the payload, a node that of a one byte and its two children.

use sha2::{Digest, Sha256};

const LEAF: [u8; 1] = [0];
const NODE: [u8; 1] = [1];

/// A tree that grows by one payload at a time. It keeps the root of each complete subtree, 64 at most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// One for each bit of `size` that is set, the largest subtree first.
    peaks: Vec<[u8; 32]>,
    size: u64,
}

impl Tree {
    /// A tree of no payload.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The tree of this size with these roots of complete subtrees, the largest first; none where their number is not
    /// that of the size.
    #[must_use]
    pub fn resume(size: u64, peaks: Vec<[u8; 32]>) -> Option<Self> {
        (usize::try_from(size.count_ones()) == Ok(peaks.len())).then_some(Self { peaks, size })
    }

    /// Adds the next payload.
    pub fn push(&mut self, payload: &[u8]) {
        let mut root: [u8; 32] = Sha256::new().chain_update(LEAF).chain_update(payload).finalize().into();
        // Each complete subtree of the same size as the new one is its left sibling.
        for _ in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().expect("there is a peak for each bit of the size");
            root = node(&left, &root);
        }
        self.peaks.push(root);
        self.size += 1;
    }

    /// How many payloads it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of its complete subtrees, the largest first.
    #[must_use]
    pub fn peaks(&self) -> &[[u8; 32]] {
        &self.peaks
    }

    /// The root; that of no payload is the SHA-256 of nothing.
    #[must_use]
    pub fn root(&self) -> [u8; 32] {
        let mut peaks = self.peaks.iter().rev().copied();
        let Some(last) = peaks.next() else { return Sha256::digest([]).into() };
        peaks.fold(last, |right, left| node(&left, &right))
    }
}

fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(NODE).chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests;
