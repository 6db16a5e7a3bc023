//! How far the store was, noted beside the generations: it outlives them, and is read without opening one.

use super::Generations;
use crate::{Checkpoint, Error};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use uuid::Uuid;

const MARK: &str = "MARK";
/// Log, position and checksum; then the digest of these, for a mark that was damaged too.
const BODY_LEN: usize = 16 + 8 + 32;
const LEN: usize = BODY_LEN + 32;

/// Up to where records of a log were stored. A log that ends earlier, or has other records up to there, has lost some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The log.
    pub log: Uuid,
    /// The newest position that was stored.
    pub position: u64,
    /// SHA-256 over all payloads up to there, as in [`Checkpoint`].
    pub checksum: [u8; 32],
}

impl From<Checkpoint> for Mark {
    fn from(Checkpoint { log, position, checksum, known_at_us: _ }: Checkpoint) -> Self {
        Self { log, position, checksum }
    }
}

impl Mark {
    /// The mark in a folder; none where there is no sound one.
    #[must_use]
    pub fn read(folder: &Path) -> Option<Self> {
        let bytes: [u8; LEN] = fs::read(folder.join(MARK)).ok()?.try_into().ok()?;
        let (body, digest) = bytes.split_at(BODY_LEN);
        let part = |from: usize, to: usize| body.get(from..to);
        (Sha256::digest(body).as_slice() == digest).then_some(Self {
            log: Uuid::from_slice(part(0, 16)?).ok()?,
            position: u64::from_be_bytes(part(16, 24)?.try_into().ok()?),
            checksum: part(24, BODY_LEN)?.try_into().ok()?,
        })
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = self.log.as_bytes().to_vec();
        bytes.extend_from_slice(&self.position.to_be_bytes());
        bytes.extend_from_slice(&self.checksum);
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        bytes
    }
}

impl Generations {
    /// How far a store of this folder was; none where that was never noted.
    #[must_use]
    pub fn marked(&self) -> Option<Mark> {
        Mark::read(&self.folder)
    }

    /// Notes how far the store is. A mark of the same log only rises.
    pub fn mark(&self, checkpoint: Checkpoint) -> Result<(), Error> {
        let mark = Mark::from(checkpoint);
        match self.marked() {
            Some(before) if before.log == mark.log && before.position >= mark.position => Ok(()),
            _ => self.put_mark(mark),
        }
    }

    /// Replaces the mark, whatever it was. It is not synced: an older one is as true.
    pub(super) fn put_mark(&self, mark: Mark) -> Result<(), Error> {
        let write = || {
            let temporary = self.folder.join("MARK.new");
            fs::write(&temporary, mark.encode())?;
            fs::rename(&temporary, self.folder.join(MARK))
        };
        write().map_err(|error| Error::io(format!("write the mark in `{}`", self.folder.display()), error))
    }
}
