//! Proxies that lose answers: what was sent arrives, and the sender never hears of it.

use futures::future::BoxFuture;
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// A proxy on a port of its own; it ends when it is dropped.
pub struct Proxy {
    pub address: String,
    lost: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

/// Both ways of a connection that is passed on.
struct Passage {
    from_client: OwnedReadHalf,
    to_server: OwnedWriteHalf,
    from_server: OwnedReadHalf,
    to_client: OwnedWriteHalf,
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
        let pass = move |passage: Passage, rng, lost| -> BoxFuture<'static, _> {
            let (from, to) = passage.of_server();
            Box::pin(cut(from, to, one_in, rng, lost))
        };
        Self::run(target, seed, pass).await
    }

    /// Cuts the connection in place of the first answer to each kind of request, as in `POST tasks/{id}/submit`. Gives the
    /// kinds of which one was lost so far.
    pub async fn cutting_first_answers(target: String) -> anyhow::Result<(Self, Arc<Mutex<BTreeSet<String>>>)> {
        let kinds = Arc::new(Mutex::new(BTreeSet::new()));
        let seen = Arc::clone(&kinds);
        let pass =
            move |passage, _, lost| -> BoxFuture<'static, _> { Box::pin(cut_first(passage, Arc::clone(&seen), lost)) };
        Ok((Self::run(target, 0, pass).await?, kinds))
    }

    /// Drops one in `one_in` acknowledgements of appends to a stream whose name starts with `stream`.
    pub async fn dropping_acks(target: String, stream: &'static str, one_in: u32, seed: u64) -> anyhow::Result<Self> {
        let pass = move |passage: Passage, rng, lost| -> BoxFuture<'static, _> {
            let (from, to) = passage.of_server();
            Box::pin(drop_acks(from, to, stream, one_in, rng, lost))
        };
        Self::run(target, seed, pass).await
    }

    async fn run<F>(target: String, seed: u64, pass: F) -> anyhow::Result<Self>
    where
        F: Fn(Passage, StdRng, Arc<AtomicU64>) -> BoxFuture<'static, std::io::Result<()>> + Send + Sync + 'static,
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
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let passage = Passage { from_client, to_server, from_server, to_client };
                tokio::spawn(pass(passage, StdRng::seed_from_u64(rng.next_u64()), Arc::clone(&counted)));
            }
        });
        Ok(Self { address, lost, task })
    }
}

impl Passage {
    /// The server's way, after the client's is passed on as it is.
    fn of_server(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        let Self { mut from_client, mut to_server, from_server, to_client } = self;
        tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
        (from_server, to_client)
    }
}

/// Passes on what is asked and answered, one request after the other, or closes the connection in place of the first answer
/// to a kind of request.
async fn cut_first(passage: Passage, kinds: Arc<Mutex<BTreeSet<String>>>, lost: Arc<AtomicU64>) -> std::io::Result<()> {
    let Passage { mut from_client, mut to_server, mut from_server, mut to_client } = passage;
    let is_first = Arc::new(AtomicBool::new(false));
    let asks = Arc::clone(&is_first);
    let asking = async move {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let len = from_client.read(&mut buffer).await?;
            if len == 0 {
                return Ok(());
            }
            if let Some(kind) = kind_of(&buffer[..len]) {
                let is_new = kinds.lock().expect("nobody panics with it").insert(kind);
                asks.store(is_new, Ordering::SeqCst);
            }
            to_server.write_all(&buffer[..len]).await?;
        }
    };
    let answering = async move {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let len = from_server.read(&mut buffer).await?;
            if len == 0 {
                return Ok(());
            }
            if is_first.load(Ordering::SeqCst) {
                lost.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            to_client.write_all(&buffer[..len]).await?;
        }
    };
    tokio::select! {
        ended = asking => ended,
        ended = answering => ended,
    }
}

/// The method and the route of what begins a request, below its project.
fn kind_of(bytes: &[u8]) -> Option<String> {
    let line = bytes.split(|byte| *byte == b'\r').next()?;
    let (method, rest) = std::str::from_utf8(line).ok()?.split_once(" /v1/")?;
    let path = rest.split([' ', '?']).next()?;
    let of_id = |part| if Uuid::try_parse(part).is_ok() { "{id}" } else { part };
    let parts: Vec<_> = path.split('/').map(of_id).collect();
    let below = parts.strip_prefix(&["projects", "{id}"]).unwrap_or(&parts);
    Some(format!("{method} {}", below.join("/")))
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
