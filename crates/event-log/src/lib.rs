//! The log: the one place where gainsay's records are, and the one crate that names NATS.
//!
//! A record is a message in a JetStream stream that never drops, changes or removes one. Its
//! position is the stream sequence; its aggregate is the subject. What holds here:
//!
//! - **One order.** [`EventLog::append`] stores a record only when the aggregate's newest record
//!   is the expected one; [`EventLog::append_batch`] stores several records or none.
//! - **No assumed outcome.** After a time-out or a lost connection an append is
//!   [`AppendError::Uncertain`]; [`EventLog::load_from_leader`] and a second attempt then tell.
//! - **Durable.** [`EventLog::connect`] refuses a server that acknowledges before it writes
//!   through, and a stream whose configuration differs in any field that matters.
//! - **Exact.** [`EventLog::follow`] hands out every record once, in order, with its position.
//! - **Provable.** [`EventLog::verify`] reads everything and names the first position that it
//!   cannot read or prove.
//!
//! Metrics: `gainsay_log_appends_total` and `gainsay_log_append_seconds` (by form and outcome:
//! conflicts and batches among them), `gainsay_log_clock_skew_seconds`,
//! `gainsay_log_clock_skew_warnings_total`, `gainsay_log_follow_consumers_total` (one for each
//! reader, and one more whenever it had to begin again), `gainsay_nats_server_restarts_total`,
//! `gainsay_nats_server_memory_bytes`. Of questions about views over the network: who asks counts
//! `gainsay_views_requests_total` and `gainsay_views_request_seconds` (by outcome),
//! `gainsay_views_repeats_total` (by reason) and `gainsay_views_waiting`; who answers counts
//! `gainsay_views_answers_total` (by outcome) and `gainsay_views_answering`; both count
//! `gainsay_views_chunks_total` (by direction).
//!
//! Texts of documents are too large and too private for the log: [`texts::Texts`] keeps them in
//! an object store, and records hold salted digests. [`credentials::Credentials`] keeps what a
//! token check needs. [`views`] carries questions to the projectors and their answers back, and
//! [`control`] operators' commands; [`presence`] tells who has which document open.
//! [`server::Server`] runs a nats-server of one's own. [`archive`] writes a log to files and restores it.

mod api;
mod append;
pub mod archive;
mod clock;
pub mod control;
pub mod credentials;
mod error;
mod follow;
mod load;
mod monitor;
pub mod presence;
mod read;
pub mod server;
mod settings;
mod stream;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod texts;
pub mod verify;
pub mod views;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use async_nats::jetstream;
use async_nats::{ConnectOptions, Event};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

pub use crate::append::{ACK_TIMEOUT, APPENDS_IN_FLIGHT, Append, AppendError, BATCH_LEN_MAX, BATCHES_OPEN};
pub use crate::clock::{SKEW_REFUSE, SKEW_WARN};
pub use crate::error::Error;
pub use crate::follow::Followed;
pub use crate::load::{Entry, Stored};
pub use crate::settings::{Login, Settings};

use crate::api::{Api, READ_TIMEOUT};
use crate::clock::Clock;
use crate::credentials::Credentials;
use crate::monitor::{Monitor, WriteError};
use crate::presence::Presence;
use crate::stream::Opening;
use crate::texts::Texts;

/// The oldest nats-server that has everything the log relies on: atomic batches and their limits,
/// write-through, and Direct Get in batches.
pub const SERVER_VERSION_MIN: &str = "2.14";
const SERVER_VERSION: (i64, i64) = (2, 14);

/// Pauses between attempts to connect. Short, since a supervised server is back within a second.
const RECONNECT_FIRST: Duration = Duration::from_millis(50);
const RECONNECT_LAST: Duration = Duration::from_secs(1);
/// How long one attempt may take.
const CONNECT_ATTEMPT: Duration = Duration::from_secs(5);
/// Pause between looks whether the server can write. An append that the server does not answer waits no longer.
const WRITABLE_EVERY: Duration = Duration::from_millis(500);

/// A connection to one log. Clones share it.
#[derive(Debug, Clone)]
pub struct EventLog {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    api: Api,
    jetstream: jetstream::Context,
    stream: String,
    log: u16,
    id: Uuid,
    replicas: usize,
    clock: Arc<Clock>,
    /// Counts lost connections.
    disconnects: watch::Receiver<u64>,
    appends: Semaphore,
    batches: Semaphore,
    /// Why nothing may be appended, when a reader of this process has proven the log to be damaged.
    damage: RwLock<Option<String>>,
    /// The one server's monitoring endpoint. In a cluster a node that cannot write steps down for another.
    monitor: Option<Monitor>,
    /// Why the server writes nothing, as of the last look.
    write_error: watch::Receiver<Option<WriteError>>,
    _comparison: AbortOnDropHandle<()>,
    _watching: Option<AbortOnDropHandle<()>>,
}

/// Where the log begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Position of the oldest record; 1 in a healthy log, 0 in an empty one.
    pub first: u64,
    /// Position of the newest record; 0 in an empty log.
    pub last: u64,
    /// Number of records; `last − first + 1` in a healthy log.
    pub messages: u64,
    /// Bytes that the stream takes.
    pub bytes: u64,
}

impl EventLog {
    /// Connects, makes the stream when it is not there, and checks server, stream and clock.
    ///
    /// Waits for a server that does not answer yet, up to the settings' time-out.
    pub async fn connect(settings: &Settings) -> Result<Self, Error> {
        Self::connect_as(settings, &Opening::Use).await
    }

    async fn connect_as(settings: &Settings, opening: &Opening) -> Result<Self, Error> {
        let (disconnected, disconnects) = watch::channel(0);
        let client = connect(settings, disconnected).await?;
        let (major, minor) = SERVER_VERSION;
        if !client.is_server_compatible(major, minor, 0) {
            return Err(Error::Version { found: client.server_info().version });
        }
        let api = Api::new(client.clone());
        let id = open(&api, settings, opening).await?;
        let stream = wire::subject::stream(settings.log);
        let clock = Arc::new(Clock::default());
        compare_clocks(&api, &stream, &clock).await?;
        let comparison = tokio::spawn(keep_comparing(api.clone(), stream.clone(), Arc::clone(&clock)));
        let monitor = settings.monitor_url.as_deref().filter(|_| settings.replicas == 1).map(Monitor::new).transpose();
        let monitor = monitor.map_err(|error| Error::unavailable("prepare to ask the monitoring endpoint", error))?;
        let (sender, write_error) = watch::channel(None);
        let watching =
            monitor.clone().map(|monitor| AbortOnDropHandle::new(tokio::spawn(keep_asking(monitor, sender))));
        Ok(Self {
            inner: Arc::new(Inner {
                api,
                jetstream: jetstream::new(client),
                stream,
                log: settings.log,
                id,
                replicas: settings.replicas,
                clock,
                disconnects,
                appends: Semaphore::new(APPENDS_IN_FLIGHT),
                batches: Semaphore::new(BATCHES_OPEN),
                damage: RwLock::default(),
                monitor,
                write_error,
                _watching: watching,
                _comparison: AbortOnDropHandle::new(comparison),
            }),
        })
    }

    /// Number of the log.
    #[must_use]
    pub fn log(&self) -> u16 {
        self.inner.log
    }

    /// UUID of the log, made with its stream. A checkpoint or a record of another log has another.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.inner.id
    }

    /// How far this machine's clock and the server's are apart, as of the last comparison.
    #[must_use]
    pub fn clock_skew(&self) -> Duration {
        self.inner.clock.skew()
    }

    /// Asks where the log begins and ends.
    pub async fn head(&self) -> Result<Head, Error> {
        compare_clocks(&self.inner.api, &self.inner.stream, &self.inner.clock).await
    }

    /// Proves that the log can be read: asks the leader for the record at `position`.
    ///
    /// A server may call itself healthy and deliver nothing, so nothing less is proof of life. At
    /// position 0, that of an empty log, the stream's state is read instead.
    pub async fn canary(&self, position: u64) -> Result<(), Error> {
        const DOING: &str = "read the newest record";
        if position == 0 {
            return self.head().await.map(drop);
        }
        match self.read(position).await? {
            Some(_) => Ok(()),
            None => Err(Error::malformed(DOING, format!("position {position} is not there"))),
        }
    }

    /// Notes that the log is proven to be damaged, or that it is not any more. While it is, this process appends
    /// nothing: what is decided on a log that lost records may contradict them.
    pub fn distrust(&self, damage: Option<String>) {
        *self.inner.damage.write().unwrap_or_else(PoisonError::into_inner) = damage;
    }

    /// Asks why the server writes nothing any more, if that is so and can be known: most often its disk is full.
    ///
    /// What such a server says of the end of a stream may be ahead of what it holds, until it is started anew.
    pub async fn write_error(&self) -> Option<String> {
        self.inner.monitor.as_ref()?.write_error().await.map(|error| error.to_string())
    }

    /// Counts the connections to the server that were lost. After one, the server may have been started anew, on files
    /// that are not what they were.
    #[must_use]
    pub fn disconnects(&self) -> watch::Receiver<u64> {
        self.inner.disconnects.clone()
    }

    /// The texts of this log's documents. Makes their bucket when it is not there.
    pub async fn texts(&self) -> Result<Texts, Error> {
        Texts::connect(self.inner.api.clone(), &self.inner.jetstream, self.inner.log, self.inner.replicas).await
    }

    /// Who has which documents of this log open.
    #[must_use]
    pub fn presence(&self) -> Presence {
        self.presence_of(presence::EXPIRY)
    }

    /// The same, with entries that live for this long after a heartbeat. All processes have to agree on it.
    #[must_use]
    pub fn presence_of(&self, expiry: Duration) -> Presence {
        Presence::new(self.inner.api.clone(), self.inner.log, self.inner.replicas, expiry)
    }

    /// The credentials of the installation. Makes their bucket when it is not there.
    pub async fn credentials(&self) -> Result<Credentials, Error> {
        Credentials::connect(self.inner.api.clone(), &self.inner.jetstream, self.inner.replicas).await
    }
}

/// Connects once the server answers. What is wrong for good, such as a refused password, is
/// reported at the end of the time-out with its cause.
async fn connect(settings: &Settings, disconnected: watch::Sender<u64>) -> Result<async_nats::Client, Error> {
    if settings.servers.contains('@') {
        return Err(Error::malformed(
            "connect to the log",
            "a server URL holds a login, which has a setting of its own",
        ));
    }
    let doing = || format!("connect to {}", settings.servers);
    let deadline = Instant::now() + settings.connect_timeout;
    let servers: Vec<&str> = settings.servers.split(',').map(str::trim).collect();
    let mut pause = RECONNECT_FIRST;
    loop {
        let disconnected = disconnected.clone();
        let options = options(settings).await?.event_callback(move |event| {
            if matches!(event, Event::Disconnected | Event::Closed) {
                disconnected.send_modify(|count| *count += 1);
            }
            async move { tracing::info!(nats.event = %event, "connection to the log") }
        });
        match options.connect(&servers[..]).await {
            Ok(client) => return Ok(client),
            Err(error) if Instant::now() + pause >= deadline => return Err(Error::unavailable(doing(), error)),
            Err(error) => tracing::debug!(error = %error, "nats-server does not answer yet"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RECONNECT_LAST);
    }
}

/// Opens the stream once JetStream answers: a cluster needs a leader first.
async fn open(api: &Api, settings: &Settings, opening: &Opening) -> Result<Uuid, Error> {
    let deadline = Instant::now() + settings.connect_timeout;
    loop {
        match stream::open(api, settings, opening).await {
            Err(error) if stream::may_become_ready(&error) && Instant::now() + RECONNECT_LAST < deadline => {
                tracing::debug!(error = &error as &dyn std::error::Error, "JetStream is not ready yet");
            }
            other => return other,
        }
        tokio::time::sleep(RECONNECT_LAST).await;
    }
}

async fn options(settings: &Settings) -> Result<ConnectOptions, Error> {
    let mut options = ConnectOptions::new()
        .name("gainsay")
        .connection_timeout(CONNECT_ATTEMPT)
        .request_timeout(Some(READ_TIMEOUT))
        .reconnect_delay_callback(|attempt| {
            let doublings = u32::try_from(attempt).unwrap_or(u32::MAX).min(8);
            (RECONNECT_FIRST * 2_u32.pow(doublings)).min(RECONNECT_LAST)
        });
    if let Some(path) = &settings.root_certificate {
        options = options.add_root_certificates(path.clone());
    }
    Ok(match settings.login.clone() {
        Login::Anonymous => options,
        Login::Password { user, password } => options.user_and_password(user, password),
        Login::Token(token) => options.token(token),
        Login::Seed(seed) => options.nkey(seed),
        Login::CredentialsFile(path) => options
            .credentials_file(&path)
            .await
            .map_err(|error| Error::unavailable(format!("read the credentials file {}", path.display()), error))?,
    })
}

/// Reads the stream's state, which carries the server's time.
async fn compare_clocks(api: &Api, stream: &str, clock: &Clock) -> Result<Head, Error> {
    let before = SystemTime::now();
    let info = stream::info(api, stream).await?;
    if let Some(server) = info.server_time() {
        clock.observe(before, SystemTime::now(), server);
    }
    let state = info.state;
    Ok(Head { first: state.first_seq, last: state.last_seq, messages: state.messages, bytes: state.bytes })
}

/// Asks again and again whether the server can write. What it says shows in every append.
async fn keep_asking(monitor: Monitor, sender: watch::Sender<Option<WriteError>>) {
    let mut ticks = tokio::time::interval(WRITABLE_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let found = monitor.write_error().await;
        if *sender.borrow() == found {
            continue;
        }
        if let Some(error) = &found {
            tracing::error!(%error, "the log's server writes nothing any more");
        } else {
            tracing::info!("the log's server writes again");
        }
        sender.send_replace(found);
    }
}

async fn keep_comparing(api: Api, stream: String, clock: Arc<Clock>) {
    let mut ticks = tokio::time::interval(clock::COMPARE_EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = compare_clocks(&api, &stream, &clock).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "clocks not compared");
        }
    }
}
