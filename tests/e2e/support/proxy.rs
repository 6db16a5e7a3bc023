//! Proxies that lose answers: what was sent arrives, and the sender never hears of it.

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A proxy on a port of its own; it ends when it is dropped.
pub struct Proxy {
    pub address: String,
    lost: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// How many answers were lost so far.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Cuts the connection in place of one in `one_in` answers of a server.
    pub async fn cutting_answers(target: String, one_in: u32, seed: u64) -> anyhow::Result<Self> {
        Self::run(target, seed, move |from, to, rng, lost| Box::pin(cut(from, to, one_in, rng, lost))).await
    }

    /// Drops one in `one_in` acknowledgements of appends to a stream whose name starts with `stream`.
    pub async fn dropping_acks(target: String, stream: &'static str, one_in: u32, seed: u64) -> anyhow::Result<Self> {
        Self::run(target, seed, move |from, to, rng, lost| Box::pin(drop_acks(from, to, stream, one_in, rng, lost)))
            .await
    }

    async fn run<F>(target: String, seed: u64, answers: F) -> anyhow::Result<Self>
    where
        F: Fn(
                OwnedReadHalf,
                OwnedWriteHalf,
                StdRng,
                Arc<AtomicU64>,
            ) -> futures::future::BoxFuture<'static, std::io::Result<()>>
            + Send
            + Sync
            + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let lost = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&lost);
        let mut rng = StdRng::seed_from_u64(seed);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&target).await else { continue };
                let _ = client.set_nodelay(true);
                let _ = server.set_nodelay(true);
                let (mut from_client, to_client) = client.into_split();
                let (from_server, mut to_server) = server.into_split();
                tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
                let answers =
                    answers(from_server, to_client, StdRng::seed_from_u64(rng.next_u64()), Arc::clone(&counted));
                tokio::spawn(answers);
            }
        });
        Ok(Self { address, lost, task })
    }
}

/// Passes answers on, or closes the connection in place of one.
async fn cut(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    one_in: u32,
    mut rng: StdRng,
    lost: Arc<AtomicU64>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let len = from.read(&mut buffer).await?;
        if len == 0 {
            return Ok(());
        }
        if rng.random_ratio(1, one_in) {
            lost.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        to.write_all(&buffer[..len]).await?;
    }
}

/// Passes a nats-server's messages on, but for some acknowledgements.
async fn drop_acks(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    stream: &str,
    one_in: u32,
    mut rng: StdRng,
    lost: Arc<AtomicU64>,
) -> std::io::Result<()> {
    let mut pending = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let len = from.read(&mut buffer).await?;
        if len == 0 {
            return Ok(());
        }
        pending.extend_from_slice(&buffer[..len]);
        let mut passed = Vec::new();
        while let Some((message, payload)) = first_message(&pending) {
            if is_ack(&pending[payload..message], stream) && rng.random_ratio(1, one_in) {
                lost.fetch_add(1, Ordering::Relaxed);
            } else {
                passed.extend_from_slice(&pending[..message]);
            }
            pending.drain(..message);
        }
        to.write_all(&passed).await?;
    }
}

/// The end of the first whole protocol message, and where its payload begins (NATS client protocol: a control line,
/// followed for MSG and HMSG by as many bytes as its last number says, and a line end).
fn first_message(bytes: &[u8]) -> Option<(usize, usize)> {
    let line_end = bytes.windows(2).position(|pair| pair == b"\r\n")? + 2;
    let line = std::str::from_utf8(&bytes[..line_end - 2]).ok()?;
    let mut words = line.split_ascii_whitespace();
    let carries = words.next().is_some_and(|verb| verb == "MSG" || verb == "HMSG");
    let len: usize = if carries { words.last()?.parse().ok()? } else { return Some((line_end, line_end)) };
    let end = line_end + len + 2;
    (bytes.len() >= end).then_some((end, line_end))
}

/// Whether a payload acknowledges an append: `{"stream":"…","seq":n…}`.
fn is_ack(payload: &[u8], stream: &str) -> bool {
    let text = String::from_utf8_lossy(payload);
    text.contains(&format!("\"stream\":\"{stream}")) && text.contains("\"seq\":") && !text.contains("\"type\":")
}
