//! The system that is measured: `gainsay serve`, or its three services apart, as processes of their own.

use crate::client::{Client, Target};
use crate::machine;
use anyhow::{Context, bail};
use event_log::Login;
use event_log::server::{Server, ServerSettings};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a process may take until it is ready or has ended.
const PATIENCE: Duration = Duration::from_mins(2);
/// Pause between looks at it.
const POLL: Duration = Duration::from_millis(20);
/// Where every process listens: a free port of this machine.
const LISTEN: &str = "127.0.0.1:0";

/// A process of this run. It is asked to end when this is dropped, and waited for: what it started itself ends with it.
pub struct Started(Child);

impl Started {
    /// Starts it.
    ///
    /// Ctrl-C in a terminal reaches a whole process group, and a second signal ends a process before it has ended what
    /// it started: the one that is sent on dropping is to be the first.
    pub fn new(command: &mut Command) -> anyhow::Result<Self> {
        let child = command.process_group(0).spawn();
        child.map(Self).with_context(|| format!("cannot start {}", command.get_program().display()))
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(id) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
            // It has ended by itself where this fails; the wait tells.
            let _ = kill_process(id, signal);
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if !matches!(self.0.try_wait(), Ok(None)) {
            return;
        }
        self.signal(Signal::TERM);
        let deadline = Instant::now() + PATIENCE;
        while matches!(self.0.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                self.signal(Signal::KILL);
            }
            std::thread::sleep(POLL);
        }
    }
}

/// A process that answers over HTTP.
pub struct Process {
    started: Started,
    address: SocketAddr,
}

impl Process {
    /// Starts the program with these arguments and waits until it says its address; its log goes to `<folder>/<name>.log`.
    async fn start(folder: &Path, name: &str, command: &mut Command) -> anyhow::Result<Self> {
        let port_file = folder.join(format!("{name}.port"));
        if port_file.exists() {
            // Of a process that was started here before.
            fs::remove_file(&port_file)?;
        }
        let log = File::create(folder.join(format!("{name}.log")))?;
        command.args(["--listen", LISTEN]).arg("--port-file").arg(&port_file);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut started = Started::new(command)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = started.0.try_wait()? {
                bail!("{name} ended with {status}: {}", tail(folder, name));
            }
            if let Some(address) = fs::read_to_string(&port_file).ok().and_then(|text| text.trim().parse().ok()) {
                return Ok(Self { started, address });
            }
            if Instant::now() > deadline {
                bail!("{name} did not listen within {PATIENCE:?}: {}", tail(folder, name));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until the process says that it is ready.
    async fn ready(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = match Client::connect(&self.target()).await {
                Ok(mut client) => client.get("/readyz").await,
                Err(error) => Err(error),
            };
            match answer {
                Ok(answer) if answer.status == 200 => return Ok(()),
                Ok(answer) if Instant::now() > deadline => {
                    bail!("not ready within {PATIENCE:?}: {}", String::from_utf8_lossy(&answer.body));
                }
                Err(error) if Instant::now() > deadline => return Err(error),
                _ => tokio::time::sleep(POLL).await,
            }
        }
    }

    /// Its listener, without a token.
    pub fn target(&self) -> Target {
        Target { address: self.address, token: None }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.started.0.id()
    }
}

/// The end of a log.
fn tail(folder: &Path, name: &str) -> String {
    let log = fs::read_to_string(folder.join(format!("{name}.log"))).unwrap_or_default();
    let lines: Vec<_> = log.lines().rev().take(10).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

/// The program that was built beside this one.
fn gainsay() -> anyhow::Result<Command> {
    let path = std::env::current_exe()?.with_file_name("gainsay");
    if !path.is_file() {
        bail!("{} is not there: build it with the same profile, as `make bench` does", path.display());
    }
    Ok(Command::new(path))
}

/// `gainsay serve` with a folder of its own.
pub struct Serve {
    // Dropped first: the process ends before its folder goes.
    process: Process,
    folder: TempDir,
}

impl Serve {
    /// Starts it in a new folder below `parent`, with further arguments, and waits until it is ready.
    pub async fn start(parent: &Path, args: &[&str]) -> anyhow::Result<Self> {
        Self::open(machine::folder(parent)?, args).await
    }

    async fn open(folder: TempDir, args: &[&str]) -> anyhow::Result<Self> {
        let mut command = gainsay()?;
        command.arg("serve").args(args).arg("--data").arg(folder.path().join("data"));
        let process = Process::start(folder.path(), "serve", &mut command).await?;
        process.ready().await?;
        Ok(Self { process, folder })
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Its process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Its listener, as the operator.
    pub fn operator(&self) -> anyhow::Result<Target> {
        let token = fs::read_to_string(self.data().join("operator.token"))?;
        Ok(self.process.target().with_token(token.trim()))
    }

    /// Ends it, and starts it again beside the three services apart, which get a copy of its log and fill a store anew.
    pub async fn beside_apart(self) -> anyhow::Result<(Self, Apart)> {
        let Self { process, folder } = self;
        drop(process);
        let copy = machine::folder(folder.path().parent().context("the folder of a run has one above it")?)?;
        copy_folder(&folder.path().join("data"), &copy.path().join("data"))?;
        let apart = Apart::start(copy).await?;
        Ok((Self::open(folder, &[]).await?, apart))
    }
}

/// Copies a folder with all that is below it.
fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// The three services, each a process of its own, and a nats-server.
pub struct Apart {
    // In the order in which they end.
    query: Process,
    ingest: Process,
    _projector: Process,
    _server: Server,
    _folder: TempDir,
}

impl Apart {
    /// Starts them on the log in a folder, the projector with an empty store.
    async fn start(folder: TempDir) -> anyhow::Result<Self> {
        let server = Server::start(ServerSettings::new(folder.path().join("data"))).await?;
        let settings = server.log_settings();
        let start = async |name: &str| {
            let mut command = gainsay()?;
            command.arg(name).arg("--data").arg(folder.path().join(name)).args(["--nats-url", server.client_url()]);
            command.args(["--nats-monitor-url", server.monitor_url()]);
            if let Login::Password { user, password } = &settings.login {
                command.args(["--nats-user", user]).env("GAINSAY_NATS_PASSWORD", password);
            }
            Process::start(folder.path(), name, &mut command).await
        };
        let projector = start("projector").await?;
        projector.ready().await?;
        let (ingest, query) = (start("ingest").await?, start("query").await?);
        ingest.ready().await?;
        query.ready().await?;
        Ok(Self { query, ingest, _projector: projector, _server: server, _folder: folder })
    }

    /// Where one reads.
    pub fn query(&self) -> &Process {
        &self.query
    }

    /// Where one writes.
    pub fn ingest(&self) -> &Process {
        &self.ingest
    }
}

/// A bare route in a process of its own, which answers so many bytes.
pub struct Peer {
    process: Process,
    _folder: TempDir,
}

impl Peer {
    /// Starts this program as the peer.
    pub async fn start(parent: &Path, bytes: usize) -> anyhow::Result<Self> {
        let folder = machine::folder(parent)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["peer", "--bytes", &bytes.to_string()]);
        let process = Process::start(folder.path(), "peer", &mut command).await?;
        Ok(Self { process, _folder: folder })
    }

    /// Its process.
    pub fn process(&self) -> &Process {
        &self.process
    }
}
