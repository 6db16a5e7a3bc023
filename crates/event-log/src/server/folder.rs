//! The data folder: its lock, the server's files in it, and the door for other commands.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_nats::ConnectOptions;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::config::Ports;
use super::{Error, POLL};
use crate::settings::{Login, Settings};

/// Readable by the owner alone: these files hold a password and everybody's texts.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;
/// User of the server.
pub(super) const USER: &str = "gainsay";
/// How much of a log goes into an error.
const LAST_BYTES: u64 = 4096;
/// How long one look at a starting server may take.
const LOOK_TIMEOUT: Duration = Duration::from_secs(2);

/// The exclusive use of a data folder, for as long as this lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Makes the folder if it is not there, and locks it.
    pub fn acquire(data: &Path) -> Result<Self, Error> {
        create_folder(data)?;
        let path = data.join("lock");
        let mut file = open_lock(&path)?;
        if !try_lock(&file).map_err(|error| Error::file(format!("lock {}", path.display()), error))? {
            let mut holder = String::new();
            // Who has it is a courtesy; that somebody has it is enough.
            let by = file.read_to_string(&mut holder).ok().and_then(|_| holder.trim().parse().ok());
            return Err(Error::InUse { folder: data.to_path_buf(), by });
        }
        let note = |file: &mut File| {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            writeln!(file, "{}", std::process::id())
        };
        note(&mut file).map_err(|error| Error::file(format!("write {}", path.display()), error))?;
        Ok(Self { _file: file })
    }
}

/// The server's folder.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub fn create(data: &Path) -> Result<Self, Error> {
        let path = data.join("nats");
        create_folder(&path)?;
        let path = path.canonicalize().map_err(|error| Error::file(format!("find {}", path.display()), error))?;
        Ok(Self { path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn config(&self) -> PathBuf {
        self.path.join("nats-server.conf")
    }

    pub fn log(&self) -> PathBuf {
        self.path.join("nats-server.log")
    }

    pub fn lock(&self) -> PathBuf {
        self.path.join("lock")
    }

    /// What the server prints before it has its log, or when it panics.
    fn output_path(&self) -> PathBuf {
        self.path.join("nats-server.out")
    }

    pub fn output(&self) -> Result<File, Error> {
        let path = self.output_path();
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(FILE_MODE)
            .open(&path)
            .map_err(|error| Error::file(format!("open {}", path.display()), error))
    }

    /// Removes what the server noted of its streams' ends, which it then reads from their blocks when it starts. A
    /// server that could not write counts the record that failed, and notes that every two minutes.
    pub fn forget_ends(&self) -> Result<(), Error> {
        let forget = || {
            for account in entries(&self.path.join("jetstream"))? {
                for stream in entries(&account.join("streams"))? {
                    match fs::remove_file(stream.join("msgs/index.db")) {
                        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                        Ok(()) | Err(_) => {}
                    }
                }
            }
            Ok(())
        };
        forget().map_err(|error| Error::file(format!("tidy {}", self.path.display()), error))
    }

    /// Starts the output anew; only restarts in a row are kept together.
    pub fn clear_output(&self) -> Result<(), Error> {
        let file = self.output()?;
        file.set_len(0).map_err(|error| Error::file(format!("empty {}", self.output_path().display()), error))
    }

    /// The ends of what the server said last, for an error message.
    pub fn last_lines(&self) -> String {
        [self.log(), self.output_path()].iter().filter_map(|path| tail(path).ok()).collect::<Vec<_>>().join("\n")
    }
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Writes a file that only its owner can read, all of it or nothing.
pub(super) fn write_private(path: &Path, content: &[u8]) -> Result<(), Error> {
    let write = || {
        let fresh = path.with_extension("new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(&fresh)?;
        file.write_all(content)?;
        fs::rename(fresh, path)
    };
    write().map_err(|error: io::Error| Error::file(format!("write {}", path.display()), error))
}

fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(LAST_BYTES)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn create_folder(path: &Path) -> Result<(), Error> {
    DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_MODE)
        .create(path)
        .map_err(|error| Error::file(format!("make the folder {}", path.display()), error))
}

pub(super) fn open_lock(path: &Path) -> Result<File, Error> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE)
        .open(path)
        .map_err(|error| Error::file(format!("open {}", path.display()), error))
}

/// Takes a lock if nobody has it.
pub(super) fn try_lock(file: &File) -> io::Result<bool> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A password that nobody has to remember: it is new with every start.
pub(super) fn password() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

/// Where a running server is and how to get in. Other commands of the same person read it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Endpoint {
    /// URL for clients.
    pub client_url: String,
    /// URL of the monitoring endpoint.
    pub monitor_url: String,
    user: String,
    password: String,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("client_url", &self.client_url).finish_non_exhaustive()
    }
}

impl Endpoint {
    pub(super) fn new(ports: Ports, password: &str) -> Self {
        Self {
            client_url: format!("nats://127.0.0.1:{}", ports.client),
            monitor_url: format!("http://127.0.0.1:{}", ports.monitor),
            user: USER.to_owned(),
            password: password.to_owned(),
        }
    }

    /// How to connect a log to the server.
    #[must_use]
    pub fn log_settings(&self) -> Settings {
        Settings {
            servers: self.client_url.clone(),
            login: Login::Password { user: self.user.clone(), password: self.password.clone() },
            monitor_url: Some(self.monitor_url.clone()),
            ..Settings::default()
        }
    }

    pub(super) fn write(&self, folder: &Folder) -> Result<(), Error> {
        let content = serde_json::to_vec_pretty(self).expect("strings are always JSON");
        write_private(&folder.path().join("endpoint.json"), &content)
    }

    pub(super) fn read(data: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(data.join("nats/endpoint.json")).ok()?).ok()
    }

    /// Waits until JetStream answers; the error is the last thing that was wrong.
    pub(super) async fn wait_until_ready(&self, deadline: Instant) -> Result<(), String> {
        let mut last = "no look at it was finished".to_owned();
        while Instant::now() < deadline {
            match tokio::time::timeout(LOOK_TIMEOUT, self.look()).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => last = error,
                Err(_) => "JetStream does not answer".clone_into(&mut last),
            }
            tokio::time::sleep(POLL).await;
        }
        Err(last)
    }

    async fn look(&self) -> Result<(), String> {
        let options = ConnectOptions::with_user_and_password(self.user.clone(), self.password.clone());
        let client = options.connect(&self.client_url).await.map_err(|error| error.to_string())?;
        let answer = async_nats::jetstream::new(client).query_account().await;
        answer.map(drop).map_err(|error| error.to_string())
    }
}
