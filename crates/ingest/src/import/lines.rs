//! Splitting a stream of bytes into numbered lines of bounded length.

use bytes::{Bytes, BytesMut};
use futures::stream::{Stream, StreamExt};

/// A stream of bytes, taken line by line.
pub(super) struct Lines<S> {
    chunks: S,
    buffer: BytesMut,
    /// Bytes at the start of the buffer that hold no line end.
    scanned: usize,
    /// Whether the rest of a line that is too long is being passed over.
    skipping: bool,
    /// Lines taken so far.
    number: u64,
    len_max: usize,
    ended: bool,
}

/// What comes next, with the number of the line, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// A line without its end.
    Line(u64, Bytes),
    /// A line that is too long; it was passed over.
    TooLong(u64),
    /// The stream broke off within or before this line.
    Broken(u64),
    /// There are no more lines.
    End,
}

impl<S, E> Lines<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    pub fn new(chunks: S, len_max: usize) -> Self {
        Self { chunks, buffer: BytesMut::new(), scanned: 0, skipping: false, number: 0, len_max, ended: false }
    }

    /// Takes the next line that is not blank. Dropping the future before it ends loses nothing.
    pub async fn next(&mut self) -> Split {
        loop {
            match self.split() {
                Some(Split::Line(_, line)) if line.iter().all(u8::is_ascii_whitespace) => continue,
                Some(split) => return split,
                None => {}
            }
            if self.ended {
                return Split::End;
            }
            match self.chunks.next().await {
                Some(Ok(chunk)) => self.buffer.extend_from_slice(&chunk),
                Some(Err(_)) => {
                    self.ended = true;
                    self.buffer.clear();
                    self.scanned = 0;
                    return Split::Broken(self.number + 1);
                }
                None => {
                    self.ended = true;
                    if !self.buffer.is_empty() || self.skipping {
                        // The last line needs no end.
                        self.buffer.extend_from_slice(b"\n");
                    }
                }
            }
        }
    }

    /// Takes a line off the buffer, if a whole one is there.
    fn split(&mut self) -> Option<Split> {
        let end = self.buffer[self.scanned..].iter().position(|byte| *byte == b'\n').map(|at| self.scanned + at);
        let Some(end) = end else {
            self.scanned = self.buffer.len();
            if self.buffer.len() > self.len_max {
                self.skipping = true;
                self.buffer.clear();
                self.scanned = 0;
            }
            return None;
        };
        let mut line = self.buffer.split_to(end + 1);
        self.scanned = 0;
        self.number += 1;
        line.truncate(end);
        if std::mem::take(&mut self.skipping) || line.len() > self.len_max {
            return Some(Split::TooLong(self.number));
        }
        if line.last() == Some(&b'\r') {
            line.truncate(end - 1);
        }
        Some(Split::Line(self.number, line.freeze()))
    }
}

#[cfg(test)]
mod tests;
