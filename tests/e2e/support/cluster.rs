//! Three nats-servers that form a cluster on loopback, as processes of the test.

use super::duplicate_window;
use anyhow::{Context, bail, ensure};
use event_log::{EventLog, Login, Settings, server, testing};
use rand::RngExt;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use uuid::Uuid;

const NAMES: [&str; 3] = ["north", "east", "west"];
const USER: &str = "gainsay";
/// The stream of the log.
const LOG: &str = "GAINSAY_EV_0";
/// Ports are taken from here, below those that Linux gives to connections: while a node is down, no connection gets a
/// port of it by chance.
const PORTS: Range<u16> = 10_000..32_000;
/// How often other ports are tried, when somebody took one between the choice and the start.
const STARTS_MAX: usize = 5;
/// How long anything may take on a busy machine; an election takes four to nine seconds.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);

/// A running cluster. It ends when this is dropped.
pub struct Cluster {
    // Dropped first: the servers end before their folder goes.
    nodes: Vec<Node>,
    name: String,
    password: String,
    monitor: reqwest::Client,
    _folder: TempDir,
}

impl Cluster {
    /// Starts three nodes on free ports and waits until they hold a log in three copies.
    pub async fn start() -> anyhow::Result<Self> {
        let binary = server::find(testing::binary().as_deref()).await?;
        let mut attempt = 1;
        loop {
            match Self::try_start(&binary).await {
                Err(error) if attempt < STARTS_MAX => println!("starting a cluster on other ports: {error:#}"),
                started => return started,
            }
            attempt += 1;
        }
    }

    async fn try_start(binary: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("gainsay-cluster-").tempdir()?;
        // No node of another test's cluster is taken for one of this.
        let name = Uuid::new_v4().to_string();
        let password = Uuid::new_v4().to_string();
        let ports = free_ports(3 * NAMES.len())?;
        let routes: Vec<_> = ports.chunks(3).map(|ports| format!("nats://127.0.0.1:{}", ports[2])).collect();
        let mut nodes = Vec::new();
        for (node, ports) in NAMES.into_iter().zip(ports.chunks(3)) {
            let at = |port: u16| format!("127.0.0.1:{port}");
            let store = folder.path().join(node);
            let config = json!({
                "server_name": node,
                "listen": at(ports[0]),
                "http": at(ports[1]),
                "authorization": { "user": USER, "password": password },
                "jetstream": { "store_dir": store, "sync_interval": "always", "max_file_store": "8G" },
                // Clients go only where they are told to: a proxy is not gone round.
                "cluster": { "name": name, "listen": at(ports[2]), "routes": routes, "no_advertise": true },
            });
            let file = folder.path().join(format!("{node}.conf"));
            std::fs::write(&file, config.to_string())?;
            nodes.push(Node {
                name: node,
                client: ports[0],
                monitor: ports[1],
                command: (binary.to_owned(), file),
                child: None,
            });
        }
        let monitor = reqwest::Client::builder().timeout(Duration::from_secs(5)).build()?;
        let mut cluster = Self { nodes, name, password, monitor, _folder: folder };
        for node in &mut cluster.nodes {
            node.spawn()?;
        }
        for node in 0..NAMES.len() {
            cluster.ready(node).await?;
        }
        cluster.log().await?;
        Ok(cluster)
    }

    /// How to connect to it.
    pub fn settings(&self) -> Settings {
        let all = |scheme: &str, port: fn(&Node) -> u16| {
            let urls = self.nodes.iter().map(|node| format!("{scheme}://127.0.0.1:{}", port(node)));
            urls.collect::<Vec<_>>().join(",")
        };
        Settings {
            servers: all("nats", |node| node.client),
            monitor_url: Some(all("http", |node| node.monitor)),
            login: Login::Password { user: USER.to_owned(), password: self.password.clone() },
            replicas: NAMES.len(),
            duplicate_window: duplicate_window(),
            connect_timeout: PATIENCE,
            ..Settings::default()
        }
    }

    /// A connection of the test's own to the log.
    pub async fn log(&self) -> anyhow::Result<EventLog> {
        Ok(EventLog::connect(&self.settings()).await?)
    }

    /// Kills the node that leads the log, waits until another one leads, and starts it again; waits until it has caught
    /// up, so that the next kill leaves a majority. Tells the killed node and for how long nobody led.
    pub async fn fail_over(&mut self) -> anyhow::Result<(&'static str, Duration)> {
        let killed = self.leader().await?;
        let begun = Instant::now();
        self.nodes[killed].kill()?;
        self.leader().await?;
        let leaderless = begun.elapsed();
        self.nodes[killed].spawn()?;
        self.ready(killed).await?;
        self.settled().await?;
        Ok((self.nodes[killed].name, leaderless))
    }

    /// Waits until a running node says of itself that it leads the log.
    async fn leader(&self) -> anyhow::Result<usize> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            for (index, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.child.is_some()) {
                if self.streams(node).await.iter().any(|stream| stream["name"] == LOG && leads(node, stream)) {
                    return Ok(index);
                }
            }
            ensure!(Instant::now() < deadline, "nobody leads the log");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until every stream has a leader, and by its word all copies are up to date.
    async fn settled(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (mut known, mut whole) = (BTreeSet::new(), BTreeSet::new());
            for node in &self.nodes {
                for stream in self.streams(node).await {
                    let name = stream["name"].to_string();
                    let copies = stream["cluster"]["replicas"].as_array();
                    let current = copies.is_some_and(|copies| {
                        copies.len() + 1 == NAMES.len() && copies.iter().all(|copy| copy["current"] == true)
                    });
                    if current && leads(node, &stream) {
                        whole.insert(name.clone());
                    }
                    known.insert(name);
                }
            }
            if !known.is_empty() && known == whole {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "of the streams {known:?} only {whole:?} have three copies");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until a node answers as one of this cluster.
    async fn ready(&mut self, index: usize) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.nodes[index].child.as_mut().context("not started")?.try_wait()? {
                bail!("the node {} ended with {status}", self.nodes[index].name);
            }
            let node = &self.nodes[index];
            if let Some(answer) = self.ask(node, "varz").await
                && answer["server_name"] == node.name
            {
                ensure!(answer["cluster"]["name"] == self.name.as_str(), "a port of {} was taken", node.name);
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "the node {} does not answer", node.name);
            tokio::time::sleep(POLL).await;
        }
    }

    /// The streams that a node keeps, as it sees them.
    async fn streams(&self, node: &Node) -> Vec<Value> {
        let answer = self.ask(node, "jsz?accounts=true&streams=true").await.unwrap_or_default();
        let accounts = answer["account_details"].as_array().cloned().unwrap_or_default();
        accounts.iter().filter_map(|account| account["stream_detail"].as_array()).flatten().cloned().collect()
    }

    async fn ask(&self, node: &Node, what: &str) -> Option<Value> {
        let answer = self.monitor.get(format!("http://127.0.0.1:{}/{what}", node.monitor)).send().await.ok()?;
        answer.json().await.ok()
    }
}

fn leads(node: &Node, stream: &Value) -> bool {
    stream["cluster"]["leader"] == node.name
}

/// A nats-server. It is killed when this is dropped.
struct Node {
    name: &'static str,
    client: u16,
    monitor: u16,
    /// The program and its configuration.
    command: (PathBuf, PathBuf),
    child: Option<Child>,
}

impl Node {
    fn spawn(&mut self) -> anyhow::Result<()> {
        let (binary, config) = &self.command;
        let child = Command::new(binary).arg("--config").arg(config).stdin(Stdio::null()).stderr(Stdio::null()).spawn();
        self.child = Some(child.context("cannot start a node of the cluster")?);
        Ok(())
    }

    /// Ends the server as a crash would.
    fn kill(&mut self) -> anyhow::Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        child.kill()?;
        child.wait()?;
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// Ports that nobody listens on now. A clustered server has to know its peers' when it starts, so the servers cannot
/// choose for themselves.
pub fn free_ports(count: usize) -> anyhow::Result<Vec<u16>> {
    let mut rng = rand::rng();
    let mut listeners = Vec::new();
    for _ in 0..100 * count {
        // Kept until all are chosen, so that they differ.
        listeners.extend(TcpListener::bind(("127.0.0.1", rng.random_range(PORTS))));
        if listeners.len() == count {
            return Ok(listeners
                .iter()
                .map(TcpListener::local_addr)
                .map(|at| Ok(at?.port()))
                .collect::<Result<_, std::io::Error>>()?);
        }
    }
    bail!("there are not {count} free ports")
}
