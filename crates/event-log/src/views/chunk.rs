//! The parts of an answer.

use std::fmt;
use std::str::FromStr;

use async_nats::{HeaderMap, Message};
use bytes::{Bytes, BytesMut};
use tokio::sync::OwnedSemaphorePermit;

/// Bytes of a part: a message of the server holds 1 MiB, and small messages get past between large ones.
pub(super) const CHUNK_BYTES: usize = 256 * 1024;
/// Bytes of an answer. A page of records ends after 4 MiB; the largest page of anything stays below this.
pub(super) const REPLY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Parts of an answer.
const COUNT_MAX: usize = REPLY_BYTES_MAX / CHUNK_BYTES;

/// The answer, the part, the number of parts, and the position as of which the answer holds.
const HEADER: &str = "Gainsay-Chunk";

/// Which part of which answer a message holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    /// A random number for each answer: two answers to one question have different ones.
    pub reply: u64,
    /// Counted from 0.
    pub index: usize,
    /// How many parts the answer has; the last one has the index `count − 1`.
    pub count: usize,
    /// The position as of which the answer holds.
    pub as_of: u64,
}

impl fmt::Display for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reply, index, count, as_of } = self;
        write!(f, "{reply:016x} {index} {count} {as_of}")
    }
}

/// A header that names no part of an answer.
#[derive(Debug)]
pub(super) struct NoChunk;

impl FromStr for Chunk {
    type Err = NoChunk;

    fn from_str(text: &str) -> Result<Self, NoChunk> {
        let mut fields = text.split(' ');
        let mut next = || fields.next().ok_or(NoChunk);
        let reply = u64::from_str_radix(next()?, 16).map_err(|_| NoChunk)?;
        let index = next()?.parse().map_err(|_| NoChunk)?;
        let count = next()?.parse().map_err(|_| NoChunk)?;
        let as_of = next()?.parse().map_err(|_| NoChunk)?;
        let is_part = index < count && count <= COUNT_MAX && fields.next().is_none();
        is_part.then_some(Self { reply, index, count, as_of }).ok_or(NoChunk)
    }
}

impl Chunk {
    /// What a message says that it holds.
    pub fn of(message: &Message) -> Result<Self, NoChunk> {
        message.headers.as_ref().and_then(|headers| headers.get(HEADER)).ok_or(NoChunk)?.as_str().parse()
    }

    /// The headers of the message that holds it.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, self.to_string());
        headers
    }
}

/// Cuts an answer into its parts.
pub(super) fn cut(reply: u64, as_of: u64, bytes: &Bytes) -> impl Iterator<Item = (Chunk, Bytes)> {
    // An answer without a byte has one part: it is an answer.
    let count = bytes.len().div_ceil(CHUNK_BYTES).max(1);
    (0..count).map(move |index| {
        let from = index * CHUNK_BYTES;
        let part = bytes.slice(from..bytes.len().min(from + CHUNK_BYTES));
        (Chunk { reply, index, count, as_of }, part)
    })
}

/// The parts of one answer that have come.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    /// The newest part. Its answer is the one that is put together.
    last: Option<Chunk>,
    parts: Vec<(Bytes, OwnedSemaphorePermit)>,
}

/// What has become of an answer with another part.
#[derive(Debug)]
pub(super) enum Assembled {
    /// More parts are to come.
    Part,
    /// It is whole.
    Whole(Bytes),
    /// A part was lost, repeated or out of order: it will never be whole.
    Spoiled,
}

impl Assembly {
    /// The position as of which the answer holds; none before its first part has come.
    pub fn as_of(&self) -> Option<u64> {
        self.last.map(|last| last.as_of)
    }

    /// Adds a part. Those of another answer than the first one's change nothing.
    pub fn add(&mut self, chunk: Chunk, part: Bytes, room: OwnedSemaphorePermit) -> Assembled {
        let due = match self.last {
            None => Chunk { index: 0, ..chunk },
            Some(last) if last.reply != chunk.reply => return Assembled::Part,
            Some(last) => Chunk { index: last.index + 1, ..last },
        };
        self.last = Some(chunk);
        if chunk != due {
            return Assembled::Spoiled;
        }
        let is_last = chunk.index + 1 == chunk.count;
        if is_last && self.parts.is_empty() {
            return Assembled::Whole(part);
        }
        self.parts.push((part, room));
        if is_last { Assembled::Whole(self.join()) } else { Assembled::Part }
    }

    fn join(&mut self) -> Bytes {
        let mut whole = BytesMut::with_capacity(self.parts.iter().map(|(part, _)| part.len()).sum());
        for (part, _) in self.parts.drain(..) {
            whole.extend_from_slice(&part);
        }
        whole.freeze()
    }
}
