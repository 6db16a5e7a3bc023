//! A nats-server of one's own: started, watched and ended with the process that needs it.
//!
//! - **One server per folder.** Two servers on one folder both acknowledge the same positions. The
//!   process holds a lock on its data folder, and the server holds one on the store: it inherits
//!   that lock as its standard input, so the kernel keeps it for exactly as long as the server
//!   lives, whoever started it. A server that outlived its process is found by that lock, ended,
//!   and waited for.
//! - **Durable.** It writes through before it acknowledges.
//! - **Bounded.** Its memory is watched. A server above its limit is ended and stays ended: the
//!   usual cause is a damaged store, and a restart meets it again.
//! - **Never started without space.** A server that cannot write while it recovers a stream removes
//!   that stream, with everything that was acknowledged. Nor does it write any more once a write has
//!   failed. So a server whose disk is full is left alone, to answer reads; when there is space it is
//!   killed, since in ending it would store an end of the log that it does not hold, and started anew.
//! - **Private.** It listens on 127.0.0.1 and wants a password that only the folder's owner can read.

mod binary;
pub(crate) mod config;
mod folder;
pub(crate) mod process;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

pub use self::binary::find;
pub use self::folder::{Endpoint, Lock};

use self::config::Ports;
use self::folder::Folder;
use crate::monitor::{Monitor, WriteError};
use crate::settings::Settings;

/// How long a new server may take until JetStream answers. Recovery of a large store takes seconds.
const READY_TIMEOUT: Duration = Duration::from_mins(2);
/// How long a server may take to end by itself.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause between looks at a server that is starting or ending.
const POLL: Duration = Duration::from_millis(20);
/// Pause between looks at a server's memory, and whether it can write.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Restarts in a row before giving up, and the pauses before them.
const RESTARTS_MAX: u32 = 5;
const RESTART_FIRST: Duration = Duration::from_millis(100);
const RESTART_LAST: Duration = Duration::from_secs(5);
/// What must be free for a server to be started: as much as a block of a stream. Recovery itself writes some kilobytes.
const FREE_BYTES_MIN: u64 = 8 * 1024 * 1024;
/// Pause between looks at a disk that is full.
const SPACE_POLL: Duration = Duration::from_millis(500);
/// A server that ran this long is healthy: the count of restarts in a row begins anew.
const HEALTHY_AFTER: Duration = Duration::from_mins(1);
/// Part of the memory limit that Go's collector aims to stay below, in percent.
const GO_MEMORY_PERCENT: u64 = 80;

/// What the server is to be.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// The program; `None` to look for it ([`find`]).
    pub binary: Option<PathBuf>,
    /// Data folder of the installation. The server's own is `nats` in it.
    pub data: PathBuf,
    /// Port on 127.0.0.1; 0 for a free one.
    pub port: u16,
    /// Resident memory above which the server is ended.
    pub memory_limit_bytes: u64,
    /// Space for the log; `None` for what is used plus three quarters of what is free at the start.
    pub storage_limit_bytes: Option<u64>,
    /// Atomic batches that a stream may have open.
    pub batches_open: u32,
}

impl ServerSettings {
    /// Settings for a data folder, with everything else as it is shipped.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            binary: None,
            data: data.into(),
            port: 0,
            memory_limit_bytes: 2 * 1024 * 1024 * 1024,
            storage_limit_bytes: None,
            batches_open: 1000,
        }
    }
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No nats-server was found, or only ones that are too old.
    #[error("{0}")]
    Binary(String),
    /// Another process works on the data folder.
    #[error("the data folder {} is in use{}", .folder.display(), .by.map(|pid| format!(" by process {pid}")).unwrap_or_default())]
    InUse {
        /// The data folder.
        folder: PathBuf,
        /// The process that has it, when it can be told.
        by: Option<u32>,
    },
    /// A server that outlived its process cannot be ended.
    #[error("a nats-server left over on {} does not end (processes {pids:?}): end it and start again", .folder.display())]
    Survivor {
        /// The server's folder.
        folder: PathBuf,
        /// The processes that hold it, as far as they are visible.
        pids: Vec<u32>,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot {doing}")]
    File {
        /// What was tried.
        doing: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// There is too little space to start a server: it could lose the log.
    #[error(
        "the disk of {} has {free} bytes free: a nats-server that is started without space may remove the log, so \
         make room for {FREE_BYTES_MIN} bytes and start again", .folder.display()
    )]
    Full {
        /// The server's folder.
        folder: PathBuf,
        /// What is free.
        free: u64,
    },
    /// The server ended or did not answer; with the last lines of its log.
    #[error("nats-server is not ready: {reason}\n{log}")]
    NotReady {
        /// What happened.
        reason: String,
        /// The last lines of its log.
        log: String,
    },
}

impl Error {
    fn file(doing: impl Into<String>, source: std::io::Error) -> Self {
        Self::File { doing: doing.into(), source }
    }
}

/// What the server is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Running {
        /// Its process.
        pid: u32,
        /// How often it was started anew.
        restarts: u32,
    },
    /// It runs, answers reads and writes nothing: its disk is full. It is started anew when there is space.
    Full {
        /// Its process.
        pid: u32,
    },
    /// It ended unexpectedly and is being started anew.
    Restarting,
    /// It ended and stays ended; with the reason.
    Failed(String),
    /// It was stopped on purpose.
    Stopped,
}

/// A running nats-server. Dropping it kills the server; [`stop`](Self::stop) ends it in order.
#[derive(Debug)]
pub struct Server {
    endpoint: Endpoint,
    state: watch::Receiver<State>,
    stop: CancellationToken,
    supervisor: JoinHandle<()>,
    _data: Lock,
}

impl Server {
    /// Locks the data folder, ends a server that was left over, starts a new one and waits until
    /// JetStream answers.
    pub async fn start(settings: ServerSettings) -> Result<Self, Error> {
        let data = Lock::acquire(&settings.data)?;
        let binary = binary::find(settings.binary.as_deref()).await?;
        let folder = Folder::create(&settings.data)?;
        let lock = process::take_over(&folder).await?;
        let mut launch = Launch {
            ports: Ports { client: settings.port, monitor: 0 },
            password: folder::password(),
            lock,
            binary,
            folder,
            settings,
            monitor: None,
        };
        launch.folder.clear_output()?;
        let child = launch.start().await?;
        let endpoint = launch.endpoint();
        endpoint.write(&launch.folder)?;
        let (sender, state) = watch::channel(State::Running { pid: child.pid, restarts: 0 });
        let stop = CancellationToken::new();
        let supervisor = Supervisor { launch, state: sender, stop: stop.clone() };
        Ok(Self { endpoint, state, stop, supervisor: tokio::spawn(supervisor.run(child)), _data: data })
    }

    /// URL for clients. It stays the same when the server is started anew.
    #[must_use]
    pub fn client_url(&self) -> &str {
        &self.endpoint.client_url
    }

    /// URL of the monitoring endpoint.
    #[must_use]
    pub fn monitor_url(&self) -> &str {
        &self.endpoint.monitor_url
    }

    /// Process of the server, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        match *self.state.borrow() {
            State::Running { pid, .. } | State::Full { pid } => Some(pid),
            State::Restarting | State::Failed(_) | State::Stopped => None,
        }
    }

    /// What the server is doing, and every change of it.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// How to connect a log to this server.
    #[must_use]
    pub fn log_settings(&self) -> Settings {
        self.endpoint.log_settings()
    }

    /// Ends the server and waits until it is gone.
    pub async fn stop(mut self) {
        self.stop.cancel();
        // A supervisor that panicked has dropped, and so killed, its child.
        let _ = (&mut self.supervisor).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.supervisor.abort();
        // An aborted task is dropped, and kills its child, when the runtime gets to it. That may be
        // after the caller has removed the folder.
        if let Some(pid) = self.pid() {
            process::kill(pid);
        }
    }
}

/// Everything that a start of the server needs, again and again.
struct Launch {
    settings: ServerSettings,
    binary: PathBuf,
    folder: Folder,
    /// The lock that the server inherits. Held here as well, so that between two servers no third
    /// gets in.
    lock: std::fs::File,
    password: String,
    ports: Ports,
    /// The server's, once its ports are known.
    monitor: Option<Monitor>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    pid: u32,
    since: Instant,
}

impl Launch {
    fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.ports, &self.password)
    }

    /// Starts the server and waits until JetStream answers. Learns the ports when they are open.
    async fn start(&mut self) -> Result<Running, Error> {
        let free = self.free()?;
        if free < FREE_BYTES_MIN {
            return Err(Error::Full { folder: self.folder.path().to_path_buf(), free });
        }
        config::write(&self.folder, &self.settings, self.ports, &self.password)?;
        let mut running = self.spawn()?;
        let deadline = Instant::now() + READY_TIMEOUT;
        let ready = async {
            self.ports = config::read_ports(self.folder.path(), running.pid, deadline).await?;
            self.endpoint().wait_until_ready(deadline).await
        };
        let outcome = tokio::select! {
            outcome = ready => outcome,
            status = running.child.wait() => match status {
                Ok(status) => Err(format!("it ended with {status}")),
                Err(error) => Err(format!("it cannot be waited for: {error}")),
            },
        };
        match outcome {
            Ok(()) => {
                // Without it a full disk is seen by those who write alone.
                self.monitor = Monitor::new(&self.endpoint().monitor_url).ok();
                Ok(running)
            }
            Err(reason) => {
                end(&mut running).await;
                Err(Error::NotReady { reason, log: self.folder.last_lines() })
            }
        }
    }

    fn free(&self) -> Result<u64, Error> {
        let folder = self.folder.path();
        config::free(folder).map_err(|error| Error::file(format!("measure {}", folder.display()), error))
    }

    /// Why the server that runs writes nothing any more, if that is so.
    async fn write_error(&self) -> Option<WriteError> {
        self.monitor.as_ref()?.write_error().await
    }

    /// Waits until a server may be started. A disk that cannot be measured is for the start to tell.
    async fn space(&self) {
        while self.free().is_ok_and(|free| free < FREE_BYTES_MIN) {
            tokio::time::sleep(SPACE_POLL).await;
        }
    }

    fn spawn(&self) -> Result<Running, Error> {
        let doing = || format!("start {}", self.binary.display());
        let lock = self.lock.try_clone().map_err(|error| Error::file(doing(), error))?;
        let output = self.folder.output()?;
        let errors = output.try_clone().map_err(|error| Error::file(doing(), error))?;
        let child = Command::new(&self.binary)
            .arg("--config")
            .arg(self.folder.config())
            .env("GOMEMLIMIT", (self.settings.memory_limit_bytes / 100 * GO_MEMORY_PERCENT).to_string())
            .stdin(Stdio::from(lock))
            .stdout(Stdio::from(output))
            .stderr(Stdio::from(errors))
            // Ctrl-C in a terminal reaches a whole process group; the server is ended after its clients.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Error::file(doing(), error))?;
        let pid = child.id().expect("a child that was not waited for has a process id");
        Ok(Running { child, pid, since: Instant::now() })
    }
}

/// Why a server has to go or is gone.
enum End {
    Stop,
    OverMemory(u64),
    /// It writes nothing any more, and there is space again.
    Space,
    Exit(String),
}

struct Supervisor {
    launch: Launch,
    state: watch::Sender<State>,
    stop: CancellationToken,
}

impl Supervisor {
    async fn run(mut self, mut running: Running) {
        let mut restarts = 0;
        let mut in_a_row = 0;
        loop {
            let reason = match self.watch(&mut running).await {
                End::Stop => {
                    if self.launch.write_error().await.is_some() {
                        self.kill_stuck(&mut running).await;
                    } else {
                        end(&mut running).await;
                    }
                    self.state.send_replace(State::Stopped);
                    return;
                }
                End::OverMemory(bytes) => {
                    // At once: while it is asked to end it takes more. What it acknowledged is written.
                    kill(&mut running).await;
                    let limit = self.launch.settings.memory_limit_bytes;
                    return self.fail(format!("it took {bytes} bytes of memory, above its limit of {limit}"));
                }
                End::Space => {
                    self.kill_stuck(&mut running).await;
                    tracing::warn!(nats.pid = running.pid, "there is space again: nats-server is started anew");
                    // What the disk did is no fault of the server.
                    in_a_row = 0;
                    "its disk was full".to_owned()
                }
                End::Exit(reason) => {
                    tracing::error!(nats.pid = running.pid, reason, "nats-server ended unexpectedly");
                    reason
                }
            };
            if running.since.elapsed() >= HEALTHY_AFTER {
                in_a_row = 0;
            }
            self.state.send_replace(State::Restarting);
            running = loop {
                in_a_row += 1;
                if in_a_row > RESTARTS_MAX {
                    return self.fail(format!("it ended {in_a_row} times in a row: {reason}"));
                }
                restarts += 1;
                metrics::counter!("gainsay_nats_server_restarts_total").increment(1);
                let pause = (RESTART_FIRST * 2_u32.pow(in_a_row - 1)).min(RESTART_LAST);
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = self.stop.cancelled() => {
                        self.state.send_replace(State::Stopped);
                        return;
                    }
                }
                let start = async {
                    self.launch.space().await;
                    self.launch.start().await
                };
                let start = tokio::select! {
                    start = start => start,
                    () = self.stop.cancelled() => {
                        self.state.send_replace(State::Stopped);
                        return;
                    }
                };
                match start {
                    Ok(running) => break running,
                    // The disk filled up in the moment between.
                    Err(Error::Full { .. }) => in_a_row -= 1,
                    Err(error) => {
                        tracing::error!(error = &error as &dyn std::error::Error, "nats-server not restarted");
                    }
                }
            };
            tracing::warn!(nats.pid = running.pid, restarts, "nats-server started anew");
            self.state.send_replace(State::Running { pid: running.pid, restarts });
        }
    }

    async fn watch(&self, running: &mut Running) -> End {
        let mut is_full = false;
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return End::Stop,
                status = running.child.wait() => return End::Exit(match status {
                    Ok(status) => status.to_string(),
                    Err(error) => error.to_string(),
                }),
                _ = looks.tick() => {
                    let Some(bytes) = process::resident_bytes(running.pid) else { continue };
                    #[expect(clippy::cast_precision_loss, reason = "a gauge shows bytes to a few digits")]
                    metrics::gauge!("gainsay_nats_server_memory_bytes").set(bytes as f64);
                    if bytes > self.launch.settings.memory_limit_bytes {
                        return End::OverMemory(bytes);
                    }
                    match self.launch.write_error().await {
                        Some(error) if error.is_full() => {
                            self.forget_ends();
                            if !is_full {
                                tracing::error!(nats.pid = running.pid, %error, "the disk of the log is full");
                                self.state.send_replace(State::Full { pid: running.pid });
                                is_full = true;
                            }
                            if self.launch.free().is_ok_and(|free| free >= FREE_BYTES_MIN) {
                                return End::Space;
                            }
                        }
                        Some(error) => {
                            self.kill_stuck(running).await;
                            return End::Exit(error.to_string());
                        }
                        None => {}
                    }
                }
            }
        }
    }

    /// Ends a server that could not write: asked to end, it would note an end of the log that it does not hold.
    async fn kill_stuck(&self, running: &mut Running) {
        kill(running).await;
        self.forget_ends();
    }

    fn forget_ends(&self) {
        if let Err(error) = self.launch.folder.forget_ends() {
            tracing::error!(error = &error as &dyn std::error::Error, "what nats-server noted was not removed");
        }
    }

    fn fail(&self, reason: String) {
        tracing::error!(reason, log = %self.launch.folder.log().display(), "nats-server stays ended");
        self.state.send_replace(State::Failed(reason));
    }
}

/// Asks a server to end, then kills it.
async fn end(running: &mut Running) {
    process::terminate(running.pid);
    if tokio::time::timeout(STOP_TIMEOUT, running.child.wait()).await.is_err() {
        tracing::warn!(nats.pid = running.pid, "nats-server does not end by itself, killing it");
        kill(running).await;
    }
}

async fn kill(running: &mut Running) {
    if let Err(error) = running.child.kill().await {
        tracing::error!(nats.pid = running.pid, error = %error, "nats-server cannot be killed");
    }
}

/// Data that a running `serve` left for other commands of the same person, if there is one.
#[must_use]
pub fn endpoint(data: &Path) -> Option<Endpoint> {
    Endpoint::read(data)
}

#[cfg(test)]
mod tests;
