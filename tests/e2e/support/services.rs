//! The services as processes of their own, over a nats-server of the test: each can be killed and started again.

use super::cluster::free_ports;
use super::load::Addresses;
use super::people::Person;
use super::system::{Output, binary, nats_servers, pid};
use anyhow::{Context, bail, ensure};
use event_log::{Login, server, testing};
use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use uuid::Uuid;

const USER: &str = "gainsay";
const NATS_CONFIG: &str = "nats.conf";
/// How long a start, or anything else that is waited for, may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);

/// How many of each service to start.
#[derive(Clone, Copy)]
pub struct Shape {
    pub ingests: usize,
    pub projectors: usize,
    pub queries: usize,
}

/// A nats-server, and services that know each other only through it. They end when this is dropped.
///
/// All ingests share one data folder, and with it the operator's token; every projector has its own.
pub struct Services {
    pub nats: Process,
    pub ingests: Vec<Process>,
    pub projectors: Vec<Process>,
    pub queries: Vec<Process>,
    /// How the binary finds the log, as a container is told.
    environment: Vec<(String, String)>,
    // Dropped last: the processes end before their folder goes.
    folder: TempDir,
}

impl Services {
    /// Starts everything and waits until it is ready.
    pub async fn start(shape: Shape) -> anyhow::Result<Self> {
        let mut services = Self::prepare(shape).await?;
        services.launch().await?;
        Ok(services)
    }

    /// Starts everything, and waits until it is ready.
    pub async fn launch(&mut self) -> anyhow::Result<()> {
        self.nats.launch().await?;
        for process in self.all() {
            process.spawn()?;
        }
        for process in self.all() {
            process.ready().await?;
        }
        Ok(())
    }

    /// Asks everything to end, and waits for it.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        for process in self.all() {
            let status = process.stop().await?;
            ensure!(status.success(), "{} ended with {status}:\n{}", process.name, process.log_tail());
        }
        self.nats.stop().await?;
        Ok(())
    }

    /// Everything that is to be started, in a folder of its own.
    pub async fn prepare(shape: Shape) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("gainsay-services-").tempdir()?;
        let [client, monitor] = free_ports(2)?[..] else { bail!("two ports were asked for") };
        let password = Uuid::new_v4().to_string();
        let password_file = folder.path().join("password");
        fs::write(&password_file, format!("{password}\n"))?;
        let nats = nats(folder.path(), client, monitor, &password).await?;
        let variables = [
            ("GAINSAY_NATS_URL", format!("nats://127.0.0.1:{client}")),
            ("GAINSAY_NATS_MONITOR_URL", format!("http://127.0.0.1:{monitor}")),
            ("GAINSAY_NATS_USER", USER.to_owned()),
            ("GAINSAY_NATS_PASSWORD_FILE", password_file.to_string_lossy().into_owned()),
        ];
        let environment: Vec<_> = variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let make = |service: &str, count: usize, data: &dyn Fn(usize) -> PathBuf| -> anyhow::Result<Vec<Process>> {
            (0..count)
                .map(|n| Process::service(folder.path(), service, &format!("{service}-{n}"), data(n), &environment))
                .collect()
        };
        let own = |service: &'static str| move |n: usize| PathBuf::from(format!("{service}-{n}-data"));
        let mut projectors = make("projector", shape.projectors, &own("projector"))?;
        for (n, projector) in projectors.iter_mut().enumerate() {
            projector.environment.push(("GAINSAY_INSTANCE".to_owned(), format!("projector-{n}")));
        }
        Ok(Self {
            nats,
            ingests: make("ingest", shape.ingests, &|_| PathBuf::from("ingest-data"))?,
            projectors,
            queries: make("query", shape.queries, &own("query"))?,
            environment,
            folder,
        })
    }

    /// The folder that has everything.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// From its next start on the nats-server runs as it does in its container: under the script that the image is
    /// started with.
    pub fn deploy_nats(&mut self) {
        let Address::Known(url, _) = &self.nats.address else { return };
        let port = url.rsplit(':').next().unwrap_or_default().to_owned();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/nats/run");
        let server = std::mem::replace(&mut self.nats.program, script);
        let variables = [
            ("STORE", self.nats.data.to_string_lossy().into_owned()),
            ("MONITOR_PORT", port),
            ("NATS_SERVER", server.to_string_lossy().into_owned()),
        ];
        self.nats.environment.extend(variables.map(|(name, value)| (name.to_owned(), value)));
    }

    /// Every service, in the order in which they are started.
    pub fn all(&mut self) -> impl Iterator<Item = &mut Process> {
        self.projectors.iter_mut().chain(&mut self.ingests).chain(&mut self.queries)
    }

    /// Lets the nats-server acknowledge before it has written through, from its next start on, and ingest take it.
    pub fn acknowledge_early(&mut self) -> anyhow::Result<()> {
        let file = self.folder.path().join(NATS_CONFIG);
        let mut config: Value = serde_json::from_str(&fs::read_to_string(&file)?)?;
        let removed = config["jetstream"].as_object_mut().and_then(|jetstream| jetstream.remove("sync_interval"));
        ensure!(removed.is_some(), "the nats-server's configuration has no `sync_interval`");
        fs::write(&file, config.to_string())?;
        for process in self.all() {
            process.environment.push(("GAINSAY_ALLOW_UNSAFE_LOG".to_owned(), "true".to_owned()));
        }
        Ok(())
    }

    /// How a program of the test's own gets to the log.
    pub fn log_settings(&self) -> event_log::Settings {
        let variable = |name: &str| {
            let found = self.environment.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let password = fs::read_to_string(variable("GAINSAY_NATS_PASSWORD_FILE")).unwrap_or_default();
        event_log::Settings {
            servers: variable("GAINSAY_NATS_URL"),
            login: Login::Password { user: USER.to_owned(), password: password.trim().to_owned() },
            allow_unsafe_log: true,
            ..event_log::Settings::default()
        }
    }

    /// Where everything listens at present.
    pub fn addresses(&self) -> Addresses {
        let bases = |processes: &[Process]| processes.iter().map(|process| process.base().to_owned()).collect();
        Addresses { writes: bases(&self.ingests), reads: bases(&self.queries) }
    }

    /// The operator, who writes at one ingest and reads at one query.
    pub fn operator(&self, ingest: usize, query: usize) -> anyhow::Result<Person> {
        let token = fs::read_to_string(self.ingests[ingest].data.join("operator.token"))?;
        let operator = Person::at(self.ingests[ingest].base(), Some(token.trim().to_owned()));
        Ok(operator.reading_at(self.queries[query].base()))
    }

    /// Checks that every projector's store is what a rebuild from zero makes of the log, all are the same up to this
    /// position, and the log is proven.
    pub async fn are_sound(&self, at: u64) -> anyhow::Result<()> {
        let at = at.to_string();
        let mut dumps = Vec::new();
        for projector in &self.projectors {
            let deadline = Instant::now() + PATIENCE;
            // Exit code 3: not there yet.
            let dump = loop {
                let dump = self.run(&projector.data, &["projector", "dump", "--at", &at])?;
                if dump.code != 3 || Instant::now() > deadline {
                    break dump;
                }
                tokio::time::sleep(POLL).await;
            };
            ensure!(dump.code == 0 && !dump.stdout.is_empty(), "{}: {}", projector.name, dump.stderr);
            let compared = self.run(&projector.data, &["projector", "compare"])?;
            ensure!(compared.code == 0, "{}: {}{}", projector.name, compared.stdout, compared.stderr);
            dumps.push(dump.stdout);
        }
        ensure!(dumps.windows(2).all(|two| two[0] == two[1]), "the projectors' dumps differ");
        let Some(projector) = self.projectors.first() else { bail!("no projector") };
        let verified = self.run(&projector.data, &["verify", "--texts"])?;
        ensure!(verified.code == 0, "{}{}", verified.stdout, verified.stderr);
        Ok(())
    }

    /// Runs a command of the binary with a data folder.
    pub fn run(&self, data: &Path, args: &[&str]) -> anyhow::Result<Output> {
        let output = Command::new(binary()?)
            .args(args)
            .envs(self.environment.iter().cloned())
            .env("GAINSAY_DATA", data)
            .env("NO_COLOR", "1")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()?;
        Ok(Output {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        // The script is killed with the rest and cannot end its server.
        for server in nats_servers(self.folder.path()) {
            let _ = kill_process(pid(server), Signal::KILL);
        }
    }
}

/// A nats-server that writes through before it acknowledges, as deployments run it.
async fn nats(folder: &Path, client: u16, monitor: u16, password: &str) -> anyhow::Result<Process> {
    let program = server::find(testing::binary().as_deref()).await?;
    let data = folder.join("nats-data");
    let config = json!({
        "server_name": "nats",
        "listen": format!("127.0.0.1:{client}"),
        "http": format!("127.0.0.1:{monitor}"),
        "authorization": { "user": USER, "password": password },
        "jetstream": {
            "store_dir": data,
            "sync_interval": "always",
            "max_file_store": "8G",
            "limits": { "batch": { "max_inflight_per_stream": 1000, "max_inflight_total": 1000 } },
        },
    });
    let file = folder.join(NATS_CONFIG);
    fs::write(&file, config.to_string())?;
    Ok(Process {
        name: "nats".to_owned(),
        log: folder.join("nats.log"),
        args: vec!["--config".to_owned(), file.to_string_lossy().into_owned()],
        program,
        environment: Vec::new(),
        data,
        address: Address::Known(format!("http://127.0.0.1:{monitor}"), "/healthz"),
        base: String::new(),
        child: None,
    })
}

/// Where a process says how it is.
enum Address {
    /// There, at this path.
    Known(String, &'static str),
    /// Where it writes to this file, at `/readyz`. It is another place after every start.
    PortFile(PathBuf),
}

/// A process that is started, killed and started again.
pub struct Process {
    pub name: String,
    /// Its data folder.
    pub data: PathBuf,
    /// Further arguments and environment, from the next start on.
    pub args: Vec<String>,
    pub environment: Vec<(String, String)>,
    program: PathBuf,
    log: PathBuf,
    address: Address,
    base: String,
    child: Option<Child>,
}

impl Process {
    fn service(
        folder: &Path,
        service: &str,
        name: &str,
        data: PathBuf,
        environment: &[(String, String)],
    ) -> anyhow::Result<Self> {
        let port_file = folder.join(format!("{name}.port"));
        let data = folder.join(data);
        let args = [service, "--listen", "127.0.0.1:0", "--log-format", "json", "--data"].map(str::to_owned);
        let mut args = args.to_vec();
        args.push(data.to_string_lossy().into_owned());
        args.extend(["--port-file".to_owned(), port_file.to_string_lossy().into_owned()]);
        Ok(Self {
            name: name.to_owned(),
            data,
            args,
            environment: environment.to_vec(),
            program: binary()?,
            log: folder.join(format!("{name}.log")),
            address: Address::PortFile(port_file),
            base: String::new(),
            child: None,
        })
    }

    /// Its address, without a slash at the end; another one after every start.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Its number, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Starts it and waits until it is ready.
    pub async fn launch(&mut self) -> anyhow::Result<()> {
        self.spawn()?;
        self.ready().await
    }

    /// Starts it and does not wait.
    pub fn spawn(&mut self) -> anyhow::Result<()> {
        if let Address::PortFile(path) = &self.address {
            let _ = fs::remove_file(path);
        }
        let log = File::options().create(true).append(true).open(&self.log)?;
        let child = Command::new(&self.program)
            .args(&self.args)
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.name))?;
        self.child = Some(child);
        Ok(())
    }

    /// Waits until it says that it is ready.
    pub async fn ready(&mut self) -> anyhow::Result<()> {
        self.wait_for("was not ready", |(status, _)| status == 200).await
    }

    /// Waits until it says that it is not ready, and why.
    pub async fn unready(&mut self, why: &str) -> anyhow::Result<()> {
        self.wait_for(&format!("did not say `{why}`"), |(status, body)| status == 503 && body.contains(why)).await
    }

    async fn wait_for(&mut self, failure: &str, is_there: impl Fn((u16, String)) -> bool) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.as_mut().context("not started")?.try_wait()? {
                bail!("{} ended with {status}:\n{}", self.name, self.log_tail());
            }
            if self.readiness().await.is_some_and(&is_there) {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("{} {failure} within {PATIENCE:?}:\n{}", self.name, self.log_tail());
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// What it says about itself, when it says anything.
    async fn readiness(&mut self) -> Option<(u16, String)> {
        let path = match &self.address {
            Address::Known(base, path) => {
                self.base.clone_from(base);
                path
            }
            Address::PortFile(path) => {
                let address = fs::read_to_string(path).ok()?;
                self.base = format!("http://{}", address.trim());
                "/readyz"
            }
        };
        let answer = reqwest::get(format!("{}{path}", self.base)).await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    /// Ends it without a chance to tidy up.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        let mut child = self.child.take().with_context(|| format!("{} does not run", self.name))?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Stops it where it is.
    pub fn freeze(&self) -> anyhow::Result<()> {
        let id = self.id().with_context(|| format!("{} does not run", self.name))?;
        Ok(kill_process(pid(id), Signal::STOP)?)
    }

    /// Asks it to end, and waits for it.
    pub async fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        let id = self.id().with_context(|| format!("{} does not run", self.name))?;
        kill_process(pid(id), Signal::TERM)?;
        self.ended().await
    }

    /// Waits until it ends by itself.
    pub async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.as_mut().context("not started")?.try_wait()? {
                self.child = None;
                return Ok(status);
            }
            if Instant::now() > deadline {
                bail!("{} did not end within {PATIENCE:?}:\n{}", self.name, self.log_tail());
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// What it wrote so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The end of what it wrote.
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().rev().take(25).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
