//! A light HTTP client: one connection that stays open, one request at a time.
//!
//! The load shares its processors with what it measures, so it writes and reads its one socket itself: a client for
//! every use, with a task beside each connection and a channel to it, takes more time for an answer of a board than the
//! bare route that is measured. It asks only services that are started here, whose answers have a Content-Length, or come in
//! chunks where they are streamed.

use anyhow::{Context, anyhow, bail, ensure};
use bytes::{Bytes, BytesMut};
use serde_json::Value;
use std::fmt::Write;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The most header fields of an answer.
const FIELDS_MAX: usize = 32;
/// Room that is made before each reading from the socket, in bytes: the answers of most loops in one go.
const ROOM: usize = 64 << 10;

/// A listener, and who one is to it.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its address.
    pub address: SocketAddr,
    /// The token that is sent, if any.
    pub token: Option<String>,
}

impl Target {
    /// The same listener with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..*self }
    }

    /// As many connections as there are clients, the tokens dealt in turn.
    pub async fn clients(&self, tokens: &[String], count: usize) -> anyhow::Result<Vec<Client>> {
        let mut clients = Vec::with_capacity(count);
        for token in tokens.iter().cycle().take(count) {
            clients.push(Client::connect(&self.with_token(token)).await?);
        }
        Ok(clients)
    }
}

/// A connection.
pub struct Client {
    stream: TcpStream,
    /// The header lines of every request.
    head: String,
    /// What was read and not yet taken.
    read: BytesMut,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// The position that a write answers with.
    pub sequence: Option<u64>,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// The answer, if it has this status.
    pub fn expect(self, status: u16) -> anyhow::Result<Self> {
        ensure!(
            self.status == status,
            "expected {status}, got {}: {}",
            self.status,
            String::from_utf8_lossy(&self.body[..self.body.len().min(500)])
        );
        Ok(self)
    }

    /// What was created, or nothing where the service had too much to do: that is counted and not the end of a run.
    pub fn unless_busy(self) -> anyhow::Result<Option<Self>> {
        if self.status == 503 { Ok(None) } else { self.expect(201).map(Some) }
    }

    /// The position of a write.
    pub fn sequence(&self) -> anyhow::Result<u64> {
        self.sequence.context("the answer to a write has no Gainsay-Sequence")
    }

    /// A text of a JSON body.
    pub fn text(&self, member: &str) -> anyhow::Result<String> {
        let value: Value = serde_json::from_slice(&self.body)?;
        Ok(value[member].as_str().with_context(|| format!("no `{member}` in {value}"))?.to_owned())
    }
}

impl Client {
    /// Opens a connection.
    pub async fn connect(target: &Target) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(target.address).await?;
        stream.set_nodelay(true)?;
        let mut head = format!("Host: {}\r\n", target.address);
        if let Some(token) = &target.token {
            write!(head, "Authorization: Bearer {token}\r\n")?;
        }
        Ok(Self { stream, head, read: BytesMut::new() })
    }

    /// Reads.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        self.send("GET", path, None, None).await
    }

    /// Writes JSON.
    pub async fn post(&mut self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send("POST", path, None, Some(body)).await
    }

    /// Sets JSON.
    pub async fn put(&mut self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send("PUT", path, None, Some(body)).await
    }

    /// Deletes what has this revision.
    pub async fn delete(&mut self, path: &str, revision: &str) -> anyhow::Result<Answer> {
        self.send("DELETE", path, Some(revision), None).await
    }

    async fn send(
        &mut self,
        method: &str,
        path: &str,
        revision: Option<&str>,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let mut request = format!("{method} {path} HTTP/1.1\r\n{}", self.head);
        if let Some(revision) = revision {
            write!(request, "If-Match: {revision}\r\n")?;
        }
        if let Some(body) = body {
            let body = body.to_string();
            write!(request, "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
        } else {
            request.push_str("\r\n");
        }
        self.stream.write_all(request.as_bytes()).await?;
        loop {
            if let Some(answer) = take_answer(&mut self.read)? {
                return Ok(answer);
            }
            self.read.reserve(ROOM);
            ensure!(self.stream.read_buf(&mut self.read).await? > 0, "the connection ended before the answer did");
        }
    }
}

/// Takes an answer from what was read, or nothing while a part of it is missing.
fn take_answer(read: &mut BytesMut) -> anyhow::Result<Option<Answer>> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut head = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(begin) = head.parse(read)? else {
        return Ok(None);
    };
    let status = head.code.context("an answer without a status")?;
    let field = |name: &str| head.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name));
    let number = |name: &str| field(name).and_then(|field| std::str::from_utf8(field.value).ok()?.parse::<u64>().ok());
    let sequence = number("gainsay-sequence");
    let is_chunked = field("transfer-encoding").is_some_and(|field| field.value.eq_ignore_ascii_case(b"chunked"));
    let length = match number("content-length") {
        _ if is_chunked => {
            let Some((body, end)) = chunks(&read[begin..])? else { return Ok(None) };
            drop(read.split_to(begin + end));
            return Ok(Some(Answer { status, sequence, body }));
        }
        Some(length) => usize::try_from(length)?,
        None if status == 204 => 0,
        None => bail!("an answer {status} without its length"),
    };
    if read.len() < begin + length {
        return Ok(None);
    }
    let body = read.split_to(begin + length).freeze().split_off(begin);
    Ok(Some(Answer { status, sequence, body }))
}

/// The body that these chunks are together, and where they end; nothing while a part of them is missing. No service here
/// sends trailers.
fn chunks(read: &[u8]) -> anyhow::Result<Option<(Bytes, usize)>> {
    let (mut body, mut at) = (BytesMut::new(), 0);
    loop {
        let size = httparse::parse_chunk_size(&read[at..]).map_err(|_| anyhow!("what should be a chunk is none"))?;
        let httparse::Status::Complete((begin, length)) = size else { return Ok(None) };
        let (begin, length) = (at + begin, usize::try_from(length)?);
        let Some(chunk) = read.get(begin..begin + length + 2) else { return Ok(None) };
        ensure!(chunk.ends_with(b"\r\n"), "a chunk goes on after its end");
        body.extend_from_slice(&chunk[..length]);
        at = begin + length + 2;
        if length == 0 {
            return Ok(Some((body.freeze(), at)));
        }
    }
}

#[cfg(test)]
mod tests;
