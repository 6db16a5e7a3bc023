//! Boards that were given before.
//!
//! A board changes only with a record that it depends on, but its position with every record of the log. So the views are
//! asked whether the board that was given is still the one: that is far less work than to have it copied, quoted, sent and
//! written again, and its words are given again with the new position.
//!
//! Who sees everything sees the same board, so it is kept once for all of them, and the views say of each asker whether it
//! is what they are to be shown. A board that leaves something out for its viewer is not kept.

use std::sync::Arc;

use moka::sync::Cache;
use uuid::Uuid;

use crate::written::Written;

/// Bytes of boards that are kept: some thousands.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A question about a board as it is now, apart from what the asker has of it already.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    pub project: Uuid,
    pub incident: Uuid,
    pub quotes: u32,
    pub policy: Option<u32>,
}

/// The boards.
#[derive(Debug)]
pub(crate) struct Kept {
    boards: Cache<Asked, Arc<Written>>,
}

impl Default for Kept {
    fn default() -> Self {
        let weigher = |_: &Asked, board: &Arc<Written>| board.weight();
        Self { boards: Cache::builder().max_capacity(BYTES_MAX).weigher(weigher).build() }
    }
}

impl Kept {
    /// The board that was given last to this question. Whether it still holds, and for this asker, is for the views to
    /// say.
    pub fn find(&self, asked: &Asked) -> Option<Arc<Written>> {
        self.boards.get(asked)
    }

    /// Keeps a board that was given.
    pub fn keep(&self, asked: Asked, board: &Arc<Written>) {
        self.boards.insert(asked, Arc::clone(board));
    }
}
