//! A running `gainsay serve`, with a folder of its own.

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a start, or anything else that is waited for, may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A folder in which `gainsay serve` runs, is killed and runs again.
pub struct System {
    folder: TempDir,
    args: Vec<String>,
    child: Option<Child>,
    base: String,
}

impl System {
    /// Starts in a new folder.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(&[]).await
    }

    /// Starts in a new folder with further arguments of `serve`.
    pub async fn start_with(args: &[&str]) -> anyhow::Result<Self> {
        let mut system = Self::prepare(args)?;
        system.launch().await?;
        Ok(system)
    }

    /// Makes a new folder and starts nothing yet.
    pub fn prepare(args: &[&str]) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("gainsay-e2e-").tempdir()?;
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Ok(Self { folder, args, child: None, base: String::new() })
    }

    /// The folder that has everything.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts in a new folder, on a log that is served elsewhere.
    pub async fn start_on(log: &event_log::Settings) -> anyhow::Result<Self> {
        Self::start_with(&on_log(log).iter().map(String::as_str).collect::<Vec<_>>()).await
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The address of the HTTP interface, without a slash at the end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The operator's token.
    pub fn operator(&self) -> anyhow::Result<String> {
        let token = std::fs::read_to_string(self.data().join("operator.token"))?;
        Ok(token.trim().to_owned())
    }

    /// Starts the process and waits until it is ready.
    pub async fn launch(&mut self) -> anyhow::Result<()> {
        self.spawn()?;
        self.ready().await
    }

    /// Starts the process and does not wait.
    pub fn spawn(&mut self) -> anyhow::Result<()> {
        let port_file = self.folder.path().join("port");
        let _ = std::fs::remove_file(&port_file);
        let log = std::fs::File::options().create(true).append(true).open(self.folder.path().join("log"))?;
        let child = Command::new(binary()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
            .arg("--data")
            .arg(self.data())
            .arg("--port-file")
            .arg(&port_file)
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start gainsay")?;
        self.child = Some(child);
        Ok(())
    }

    /// Waits until the process answers that it is ready.
    pub async fn ready(&mut self) -> anyhow::Result<()> {
        self.wait_for("was not ready", async |base| {
            let ready = reqwest::get(format!("{base}/readyz")).await;
            ready.is_ok_and(|answer| answer.status().is_success())
        })
        .await
    }

    /// Waits until the process takes requests, ready or not.
    pub async fn listening(&mut self) -> anyhow::Result<()> {
        self.wait_for("did not listen", async |_| true).await
    }

    /// Waits until the process says where it is, and this holds there.
    async fn wait_for(&mut self, failure: &str, holds: impl AsyncFn(&str) -> bool) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let port_file = self.folder.path().join("port");
        loop {
            if let Some(status) = self.child.as_mut().context("not started")?.try_wait()? {
                bail!("gainsay ended with {status}:\n{}", self.log_tail());
            }
            if let Ok(address) = std::fs::read_to_string(&port_file)
                && !address.trim().is_empty()
            {
                self.base = format!("http://{}", address.trim());
                if holds(&self.base).await {
                    return Ok(());
                }
            }
            if Instant::now() > deadline {
                bail!("gainsay {failure} within {PATIENCE:?}:\n{}", self.log_tail());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the process wrote so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Ends the process without a chance to tidy up. Its nats-server is left alone with the folder.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        let mut child = self.child.take().context("not running")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Stops the process and its nats-server where they are: from here on they acknowledge nothing.
    pub fn freeze(&self) -> anyhow::Result<()> {
        let own = self.child.as_ref().context("not running")?.id();
        for process in self.nats_servers().into_iter().chain([own]) {
            kill_process(pid(process), Signal::STOP)?;
        }
        Ok(())
    }

    /// Ends the process and its nats-server without a chance to tidy up, as when a machine has no power any more.
    pub fn power_off(&mut self) -> anyhow::Result<()> {
        self.kill()?;
        let deadline = Instant::now() + PATIENCE;
        while let Some(server) = self.nats_servers().first() {
            ensure!(Instant::now() < deadline, "the nats-server {server} does not end");
            // It may have ended by itself.
            let _ = kill_process(pid(*server), Signal::KILL);
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Asks the process to end, and waits for it.
    pub fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        let mut child = self.child.take().context("not running")?;
        kill_process(pid(child.id()), Signal::TERM)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > deadline {
                child.kill()?;
                bail!("gainsay did not end within {PATIENCE:?}:\n{}", self.log_tail());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops it and checks that its store is what a rebuild from zero makes of the log, and that the log is proven.
    pub fn is_sound(&mut self, at: u64) -> anyhow::Result<()> {
        ensure!(self.stop()?.success(), "{}", self.log_tail());
        let at = at.to_string();
        let dump = || self.run(&["projector", "dump", "--at", &at]);
        let live = dump()?;
        ensure!(live.code == 0 && !live.stdout.is_empty(), "{}", live.stderr);
        let rebuilt = self.run(&["projector", "rebuild"])?;
        ensure!(rebuilt.code == 0, "{}", rebuilt.stderr);
        ensure!(live.stdout == dump()?.stdout, "the dump differs from that of a rebuild from zero");
        let verified = self.run(&["verify", "--texts"])?;
        ensure!(verified.code == 0, "{}{}", verified.stdout, verified.stderr);
        Ok(())
    }

    /// The nats-servers that run on this folder now.
    pub fn nats_servers(&self) -> Vec<u32> {
        nats_servers(self.folder.path())
    }

    /// Runs a command of the binary on this folder and gives its standard output.
    pub fn run(&self, args: &[&str]) -> anyhow::Result<Output> {
        let output = self.command(args)?.output()?;
        Ok(Output {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// A command of the binary on this folder, to be run.
    pub fn command(&self, args: &[&str]) -> anyhow::Result<Command> {
        let mut command = Command::new(binary()?);
        command.args(args).env("GAINSAY_DATA", self.data()).env("GAINSAY_SERVER", &self.base).env("NO_COLOR", "1");
        command.stdin(Stdio::null());
        Ok(command)
    }

    /// The end of what the process wrote.
    pub fn log_tail(&self) -> String {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(25).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

/// What a command printed.
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Drop for System {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        for server in self.nats_servers() {
            let _ = kill_process(pid(server), Signal::KILL);
        }
    }
}

/// The nats-servers that run on a folder now.
pub fn nats_servers(folder: &Path) -> Vec<u32> {
    let folder = folder.to_string_lossy().into_owned();
    processes()
        .filter(|(_, command)| command.contains("nats-server ") && command.contains(&folder))
        .map(|(id, _)| id)
        .collect()
}

/// The number of a process, as signals take it.
pub fn pid(id: u32) -> Pid {
    let id = i32::try_from(id).expect("a process id fits in 31 bits");
    Pid::from_raw(id).expect("a process id is not 0")
}

/// Every process of this machine with its command line.
fn processes() -> impl Iterator<Item = (u32, String)> {
    std::fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let command = std::fs::read(entry.path().join("cmdline")).ok()?;
        Some((id, String::from_utf8_lossy(&command).replace('\0', " ")))
    })
}

/// The program that was built beside this test.
pub fn binary() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let profile = own.parent().and_then(Path::parent).context("the test runs from a target folder")?;
    let binary = profile.join("gainsay");
    if !binary.is_file() {
        bail!("{} is not there: build it first, as `make test` does", binary.display());
    }
    Ok(binary)
}

/// Arguments of a command that works on a log that is served elsewhere.
pub fn on_log(log: &event_log::Settings) -> Vec<String> {
    let mut args = vec!["--nats-url".to_owned(), log.servers.clone()];
    args.extend(["--log-replicas".to_owned(), log.replicas.to_string()]);
    if let event_log::Login::Password { user, password } = &log.login {
        args.extend(["--nats-user".to_owned(), user.clone(), "--nats-password".to_owned(), password.clone()]);
    }
    if let Some(url) = &log.monitor_url {
        args.extend(["--nats-monitor-url".to_owned(), url.clone()]);
    }
    args
}
