//! The server's configuration file and the ports that it chose.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::statvfs;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::folder::{Folder, USER, write_private};
use super::{Error, POLL, ServerSettings};

/// Largest message. Texts go in chunks, and records are far smaller.
const PAYLOAD_BYTES_MAX: u32 = 1024 * 1024;
/// Memory that streams and consumers may take inside the server; followers' consumers need little, and presence some 15 MB
/// at most.
const MEMORY_STORE_BYTES: u64 = 64 * 1024 * 1024;
/// The log is rotated at this size, and this many old ones stay.
const LOG_BYTES_MAX: u64 = 10 * 1024 * 1024;
const LOGS_MAX: u32 = 4;

/// Ports of the server on 127.0.0.1; 0 until they are known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    pub client: u16,
    pub monitor: u16,
}

/// Writes the configuration. The server's format is a superset of JSON, which needs no quoting rules.
pub(super) fn write(folder: &Folder, settings: &ServerSettings, ports: Ports, password: &str) -> Result<(), Error> {
    let storage = match settings.storage_limit_bytes {
        Some(bytes) => bytes,
        None => storage_limit(folder.path())
            .map_err(|error| Error::file(format!("measure {}", folder.path().display()), error))?,
    };
    let path = |path: &Path| path.to_str().map(str::to_owned).ok_or_else(|| not_unicode(path));
    let store = path(folder.path())?;
    let config = json!({
        "listen": listen(ports.client),
        "http": listen(ports.monitor),
        "server_name": "gainsay",
        "ports_file_dir": store,
        "log_file": path(&folder.log())?,
        "logfile_size_limit": LOG_BYTES_MAX,
        "logfile_max_num": LOGS_MAX,
        "max_payload": PAYLOAD_BYTES_MAX,
        "authorization": { "user": USER, "password": password },
        "jetstream": {
            "store_dir": store,
            // With the default an acknowledgement comes before the write reaches the disk.
            "sync_interval": "always",
            "max_memory_store": MEMORY_STORE_BYTES,
            "max_file_store": storage,
            "limits": {
                "batch": {
                    "max_inflight_per_stream": settings.batches_open,
                    "max_inflight_total": settings.batches_open,
                },
            },
        },
    });
    let content = serde_json::to_vec_pretty(&config).expect("numbers and strings are always JSON");
    write_private(&folder.config(), &content)
}

/// The server reads its configuration as UTF-8.
fn not_unicode(path: &Path) -> Error {
    Error::file(format!("write {} into a configuration", path.display()), io::ErrorKind::InvalidInput.into())
}

/// -1 asks for a free port.
fn listen(port: u16) -> String {
    if port == 0 { "127.0.0.1:-1".to_owned() } else { format!("127.0.0.1:{port}") }
}

/// What the store takes already plus three quarters of what is free, and half of the disk at least: what is full when
/// the server starts may be freed later.
///
/// The server's own default leaves out what the store takes, so that a well filled store would
/// find itself over its limit after a restart.
fn storage_limit(path: &Path) -> io::Result<u64> {
    let disk = statvfs(path)?;
    let half = disk.f_blocks.saturating_mul(disk.f_frsize) / 2;
    Ok(used(path)?.saturating_add(free(path)? / 4 * 3).max(half))
}

/// Bytes that are free on the disk of a folder.
pub(super) fn free(path: &Path) -> io::Result<u64> {
    let disk = statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn used(path: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        bytes += if meta.is_dir() { used(&entry.path())? } else { meta.len() };
    }
    Ok(bytes)
}

/// The file in which a server writes its ports: `<program>_<process>.ports`.
#[derive(Debug, Deserialize)]
struct PortsFile {
    nats: Vec<String>,
    monitoring: Vec<String>,
}

/// Waits for the ports of a server that has just been started.
pub(crate) async fn read_ports(folder: &Path, pid: u32, deadline: Instant) -> Result<Ports, String> {
    while Instant::now() < deadline {
        if let Some(ports) = find_ports(folder, pid) {
            return Ok(ports);
        }
        tokio::time::sleep(POLL).await;
    }
    Err("it does not tell its ports".to_owned())
}

/// A file that is missing or half written is one to look at again.
fn find_ports(folder: &Path, pid: u32) -> Option<Ports> {
    let end = format!("_{pid}.ports");
    let is_ours = |path: &PathBuf| path.to_str().is_some_and(|path| path.ends_with(&end));
    let path = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).find(is_ours)?;
    let file: PortsFile = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    Some(Ports { client: port(&file.nats)?, monitor: port(&file.monitoring)? })
}

fn port(urls: &[String]) -> Option<u16> {
    urls.first()?.rsplit(':').next()?.parse().ok()
}

/// Removes the ports files of servers that did not end in order.
pub(super) fn forget_ports(folder: &Folder) -> Result<(), Error> {
    let forget = || {
        for entry in fs::read_dir(folder.path())? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "ports") {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    };
    forget().map_err(|error: io::Error| Error::file(format!("tidy {}", folder.path().display()), error))
}
