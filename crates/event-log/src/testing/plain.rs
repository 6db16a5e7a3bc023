//! A nats-server with a configuration of somebody else: without write-through, or in a cluster.

use std::fs;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::Instant;

use crate::server::{config, find};
use crate::{EventLog, Settings, testing};

const DEADLINE: Duration = Duration::from_mins(1);

/// A running server. It ends when this is dropped.
pub(crate) struct Plain {
    ports: config::Ports,
    _child: Child,
    _folder: TempDir,
}

impl Plain {
    /// Starts a server with free ports, JetStream that writes through as `sync_interval` says, and what `extra` says.
    pub async fn start(sync_interval: &str, extra: &Value) -> Self {
        let folder = TempDir::with_prefix("gainsay-").unwrap();
        let mut config = json!({
            "listen": "127.0.0.1:-1",
            "http": "127.0.0.1:-1",
            "ports_file_dir": folder.path(),
            "jetstream": {
                "store_dir": folder.path(),
                "max_file_store": 1_000_000_000,
                "sync_interval": sync_interval,
            },
        });
        config.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let file = folder.path().join("nats-server.conf");
        fs::write(&file, config.to_string()).unwrap();
        let child = Command::new(find(testing::binary().as_deref()).await.unwrap())
            .arg("--config")
            .arg(file)
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let pid = child.id().unwrap();
        let ports = config::read_ports(folder.path(), pid, Instant::now() + DEADLINE).await.unwrap();
        Self { ports, _child: child, _folder: folder }
    }

    /// How to connect to it.
    pub fn settings(&self) -> Settings {
        Settings {
            servers: format!("nats://127.0.0.1:{}", self.ports.client),
            monitor_url: Some(format!("http://127.0.0.1:{}", self.ports.monitor)),
            ..Settings::default()
        }
    }
}

/// Starts three servers that form a cluster, each with its `sync_interval`, and waits until it takes a stream of three
/// copies.
pub(crate) async fn cluster(sync_intervals: [&str; 3]) -> Vec<Plain> {
    // A clustered server wants to know its peers when it starts, so their ports are chosen before.
    let reserved: Vec<_> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let ports: Vec<_> = reserved.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
    drop(reserved);
    let routes: Vec<_> = ports.iter().map(|port| format!("nats://127.0.0.1:{port}")).collect();
    let mut nodes = Vec::new();
    for ((name, sync_interval), port) in ["a", "b", "c"].iter().zip(sync_intervals).zip(ports) {
        let cluster = json!({ "name": "test", "listen": format!("127.0.0.1:{port}"), "routes": routes });
        nodes.push(Plain::start(sync_interval, &json!({ "server_name": name, "cluster": cluster })).await);
    }
    let settings = Settings { log: 9, allow_unsafe_log: true, connect_timeout: DEADLINE, ..clustered(&nodes) };
    EventLog::connect(&settings).await.expect("the cluster takes a stream in time");
    nodes
}

/// How to connect to a cluster, by whichever of its nodes is there.
pub(crate) fn clustered(nodes: &[Plain]) -> Settings {
    let all = |part: fn(Settings) -> Option<String>| {
        nodes.iter().filter_map(|node| part(node.settings())).collect::<Vec<_>>().join(",")
    };
    Settings {
        servers: all(|settings| Some(settings.servers)),
        monitor_url: Some(all(|settings| settings.monitor_url)),
        replicas: 3,
        ..Settings::default()
    }
}
