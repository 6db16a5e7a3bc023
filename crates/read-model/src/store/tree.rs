//! The Merkle tree over the payloads, in tiles.
//!
//! The hashes of a level are those of the complete subtrees of 64 times as many leaves as on the level below; on level 0
//! they are the leaves. A tile is 64 of them. Leaves have no tiles: they follow from the bodies, of which at most 64 are
//! read where a path begins. All above is half a byte for each record. A complete tile never changes, and is written in
//! the batch that brings its last record; what is in no complete tile yet, the [`Edge`], is in memory alone, and is found
//! again from the bodies and tiles when the store is opened.

use super::{Store, key};
use crate::Error;
use std::convert::Infallible;
use std::sync::{Arc, PoisonError};
use wire::tree::{self, Hash};

/// How many times a tile is halved up to its root. The open edge is found again from the bodies under one stored tile: with
/// tiles of 64, some 4,096. In tests tiles are of four, so that short histories have tiles of many levels.
const BITS: u32 = if cfg!(test) { 2 } else { 6 };
/// Hashes of a tile.
const TILE_LEN: usize = 1 << BITS;
/// Leaves under a stored tile of the lowest level, in powers of two.
const LOWEST_BITS: u32 = 2 * BITS;

/// What is in no complete tile: of each level fewer hashes than a tile has.
#[derive(Debug, Clone, Default)]
pub(super) struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

/// A tile that is complete.
#[derive(Debug)]
pub(super) struct Tile {
    level: u8,
    index: u64,
    hashes: Vec<Hash>,
}

impl Tile {
    pub fn key(&self) -> [u8; 10] {
        key::tile(self.level, self.index)
    }

    pub fn encode(&self) -> Vec<u8> {
        self.hashes.concat()
    }
}

impl Edge {
    /// Adds the leaf of the next record; calls for each tile to be stored that is complete with it.
    pub fn push(&mut self, leaf: Hash, full: impl FnMut(Tile)) {
        self.add(0, leaf, full);
    }

    /// Adds a hash to a level below which nothing is open.
    fn add(&mut self, level: u8, hash: Hash, mut full: impl FnMut(Tile)) {
        self.size += 1 << (BITS * u32::from(level));
        let (mut level, mut hash) = (level, hash);
        loop {
            let hashes = self.level_mut(level);
            hashes.push(hash);
            if hashes.len() < TILE_LEN {
                return;
            }
            let hashes = std::mem::take(hashes);
            hash = over(&hashes);
            if level > 0 {
                full(Tile { level, index: self.tiles(level) - 1, hashes });
            }
            level += 1;
        }
    }

    fn level_mut(&mut self, level: u8) -> &mut Vec<Hash> {
        let level = usize::from(level);
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Vec::new);
        }
        &mut self.levels[level]
    }

    /// How many records are in.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How many tiles of a level are complete.
    fn tiles(&self, level: u8) -> u64 {
        self.size.checked_shr(BITS * (u32::from(level) + 1)).unwrap_or(0)
    }

    /// The root over all records.
    pub fn root(&self) -> Hash {
        let Ok(root) = tree::root(self.size, |height, index| {
            let run = Run::of(height, index);
            // The greatest complete subtrees are in no complete tile: they would be part of a greater one.
            Ok::<_, Infallible>(over(self.open(run).expect("the peaks of a tree are on its edge")))
        });
        root
    }

    /// Successive hashes of a level, if they are here.
    fn open(&self, Run { level, first, len }: Run) -> Option<&[Hash]> {
        let from = first.checked_sub(self.tiles(level) * TILE_LEN as u64)?;
        let from = usize::try_from(from).ok()?;
        self.levels.get(usize::from(level))?.get(from..from + len)
    }
}

/// Successive hashes of a level, of one tile.
#[derive(Debug, Clone, Copy)]
struct Run {
    level: u8,
    first: u64,
    len: usize,
}

impl Run {
    /// Those under the root of a complete subtree.
    fn of(height: u32, index: u64) -> Self {
        let (level, above) = (height / BITS, height % BITS);
        let level = u8::try_from(level).expect("a tree of positions has eleven levels");
        Self { level, first: index << above, len: 1 << above }
    }
}

/// The root over a power of two of hashes.
fn over(hashes: &[Hash]) -> Hash {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.as_chunks().0.iter().map(|[left, right]| tree::node(left, right)).collect();
    }
    row[0]
}

impl Store {
    /// The root of the Merkle tree over the payloads up to a position, up to the checkpoint.
    pub fn root(&self, size: u64) -> Result<Hash, Error> {
        let edge = self.edge();
        tree::root(size, |height, index| self.subtree(&edge, height, index))
    }

    /// The path from the leaf of a position to the root at another one, up to the checkpoint; see [`tree::inclusion`].
    pub fn inclusion(&self, position: u64, size: u64) -> Result<Vec<Hash>, Error> {
        let edge = self.edge();
        tree::inclusion(position - 1, size, |height, index| self.subtree(&edge, height, index))
    }

    /// What shows that the records up to one position are the beginning of those up to another, up to the checkpoint; see
    /// [`tree::consistency`].
    pub fn consistency(&self, from: u64, to: u64) -> Result<Vec<Hash>, Error> {
        let edge = self.edge();
        tree::consistency(from, to, |height, index| self.subtree(&edge, height, index))
    }

    fn subtree(&self, edge: &Edge, height: u32, index: u64) -> Result<Hash, Error> {
        let run = Run::of(height, index);
        match edge.open(run) {
            Some(hashes) => Ok(over(hashes)),
            None if run.level == 0 => {
                let positions = run.first + 1..=run.first + run.len as u64;
                let leaves: Result<Vec<_>, Error> =
                    positions.map(|position| Ok(tree::leaf(&self.payload(position)?))).collect();
                Ok(over(&leaves?))
            }
            // What was on the edge when it was read is in tiles or still there: a tile is stored before the edge moves on.
            None => {
                let index = run.first >> BITS;
                let row = self.db.get(key::tile(run.level, index))?;
                let row =
                    row.ok_or_else(|| Error::damaged(format!("tile {index} of level {} is missing", run.level)))?;
                let from = usize::try_from(run.first % TILE_LEN as u64).expect("a place in a tile");
                Ok(over(&decode(&row)?[from..from + run.len]))
            }
        }
    }

    fn edge(&self) -> Arc<Edge> {
        Arc::clone(&self.edge.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The hashes of a tile.
fn decode(row: &[u8]) -> Result<Vec<Hash>, Error> {
    let (hashes, rest) = row.as_chunks();
    if hashes.len() == TILE_LEN && rest.is_empty() {
        Ok(hashes.to_vec())
    } else {
        Err(Error::damaged("a tile of the tree is malformed"))
    }
}

/// The tree of a store that is read whole.
pub(super) struct Scan {
    edge: Edge,
}

impl Scan {
    /// Reads the tiles of a store with so many records: those of the lowest level must give all others.
    pub fn tiles(db: &sled::Db, size: u64, mut progress: impl FnMut()) -> Result<Self, Error> {
        let mut edge = Edge::default();
        let mut read = 0;
        for row in db.scan_prefix(key::tiles(1)) {
            let (key, row) = row?;
            if key[..] != key::tile(1, read) {
                return Err(Error::damaged(format!("tile {read} of the tree is missing")));
            }
            read += 1;
            let mut above = Vec::new();
            decode(&row)?.into_iter().for_each(|hash| edge.add(1, hash, |tile| above.push(tile)));
            for tile in above.into_iter().filter(|tile| tile.level > 1) {
                if db.get(tile.key())?.as_deref() != Some(&tile.encode()[..]) {
                    return Err(Error::damaged("the tiles of the tree contradict each other"));
                }
            }
            progress();
        }
        let levels = u8::try_from(edge.levels.len()).unwrap_or(u8::MAX);
        let expected: u64 = (1..levels).map(|level| edge.tiles(level)).sum();
        let stored = db.scan_prefix([key::TILE]).count() as u64;
        if read != size >> LOWEST_BITS || stored != expected {
            return Err(Error::damaged(format!("it has {stored} tiles of the tree, and {size} records")));
        }
        Ok(Self { edge })
    }

    /// Takes the body of a position; those under tiles are known already.
    pub fn add(&mut self, position: u64, payload: &[u8]) {
        if position > self.edge.size() {
            self.edge.push(tree::leaf(payload), |_tile| ());
        }
    }

    /// The edge, when the root is the one that was stored.
    pub fn finish(self, root: &[u8]) -> Result<Edge, Error> {
        if self.edge.root()[..] == *root {
            Ok(self.edge)
        } else {
            Err(Error::damaged("its bodies and tiles do not give the root of its tree"))
        }
    }
}
