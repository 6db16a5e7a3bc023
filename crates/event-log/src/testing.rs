//! A nats-server of one's own, for tests on the real thing.

#[cfg(test)]
pub(crate) mod plain;

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::Instant;

use crate::server::{Server, ServerSettings, State, process};
use crate::{EventLog, Settings};

/// Long enough for a test, short enough to outlive: deduplication must not be what makes a test pass.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(1);
/// How long a client may take to find a server that is back.
const RECONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause between looks at it.
const POLL: Duration = Duration::from_millis(10);

/// A server in a temporary folder. Both are gone when this is dropped.
#[derive(Debug)]
pub struct TestServer {
    // Dropped first: the server ends before its folder goes.
    server: Server,
    folder: TempDir,
}

impl TestServer {
    /// Starts a server as it is shipped, on a free port.
    pub async fn start() -> Self {
        Self::start_with(|_settings| {}).await
    }

    /// Starts a server whose settings were changed.
    pub async fn start_with(change: impl FnOnce(&mut ServerSettings)) -> Self {
        let folder = TempDir::with_prefix("gainsay-").expect("a temporary folder can be made");
        let mut settings = ServerSettings { binary: binary(), ..ServerSettings::new(folder.path().join("data")) };
        change(&mut settings);
        let server = match Server::start(settings).await {
            Ok(server) => server,
            Err(error) => panic!("the tests need a nats-server: {error}"),
        };
        Self { server, folder }
    }

    /// The server.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Its temporary folder; the server's data is in `data`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// How to connect to it.
    #[must_use]
    pub fn settings(&self) -> Settings {
        Settings { duplicate_window: DUPLICATE_WINDOW, ..self.server.log_settings() }
    }

    /// Kills the server as a crash would, and waits until the supervisor has it back and
    /// connections can be made.
    pub async fn restart(&self) {
        let mut state = self.server.state();
        let State::Running { pid: killed, .. } = *state.borrow_and_update() else { panic!("the server does not run") };
        process::kill(killed);
        let back = state.wait_for(|state| matches!(state, State::Running { pid, .. } if *pid != killed)).await;
        back.expect("the supervisor lives as long as the server");
    }

    /// Makes the server stop answering, or answer again. What was sent meanwhile is then handled.
    pub fn pause(&self, paused: bool) {
        let pid = self.server.pid().expect("the server runs");
        process::pause(pid, paused);
        // The signal is on its way when it is sent; a thread that runs may still answer.
        while paused && !process::stands_still(pid) {
            std::thread::yield_now();
        }
    }

    /// Waits until a connection that a restart broke is there again.
    pub async fn reconnected(&self, log: &EventLog) {
        let deadline = Instant::now() + RECONNECT_TIMEOUT;
        while let Err(error) = log.head().await {
            assert!(Instant::now() < deadline, "not reconnected: {error}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// A new connection to its log.
    pub async fn log(&self) -> EventLog {
        EventLog::connect(&self.settings()).await.expect("a fresh server takes the log")
    }
}

/// The server that `make` fetched into the checkout, for tests that are not run by `make`: their
/// current folder is that of a crate.
#[must_use]
pub fn binary() -> Option<PathBuf> {
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/nats-server/nats-server");
    (env::var_os("NATS_SERVER").is_none() && fetched.is_file()).then_some(fetched)
}
