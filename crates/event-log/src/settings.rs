//! Where the log is and how this process reaches it.

use std::path::PathBuf;
use std::time::Duration;

/// How a process connects to the log and what it demands of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// One or more server URLs, separated by commas: `nats://127.0.0.1:4222`. They hold no login:
    /// URLs are logged.
    pub servers: String,
    /// Who this process is to the server.
    pub login: Login,
    /// Certificate authority (PEM) that a `tls://` server's certificate is checked against.
    pub root_certificate: Option<PathBuf>,
    /// Number of the log; its stream is `GAINSAY_EV_<log>`.
    pub log: u16,
    /// Copies of each record, and of texts and credentials. 1, or 3 and more in a cluster.
    pub replicas: usize,
    /// Accept a server that may lose acknowledged records in a power loss, or whose durability
    /// cannot be observed.
    pub allow_unsafe_log: bool,
    /// Window in which the server remembers message ids. The log sends none; the server wants a
    /// value all the same.
    pub duplicate_window: Duration,
    /// Monitoring endpoint of the server (`http://127.0.0.1:8222`), where its durability is
    /// observed; in a cluster those of all nodes, separated by commas.
    ///
    /// Each node that answers must write through before it acknowledges. A node that keeps the log
    /// and is away when a process connects is a warning, as long as most of them were seen; it is
    /// looked at again when a process connects the next time.
    pub monitor_url: Option<String>,
    /// How long `connect` waits for a server that does not answer yet.
    pub connect_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            servers: "nats://127.0.0.1:4222".to_owned(),
            login: Login::Anonymous,
            root_certificate: None,
            log: 0,
            replicas: 1,
            allow_unsafe_log: false,
            duplicate_window: Duration::from_mins(2),
            monitor_url: None,
            connect_timeout: Duration::from_secs(10),
        }
    }
}

/// Who this process is to the server.
#[derive(Clone, PartialEq, Eq)]
pub enum Login {
    /// A server without accounts.
    Anonymous,
    /// User and password.
    Password {
        /// Name of the user.
        user: String,
        /// Its password.
        password: String,
    },
    /// The server's one token.
    Token(String),
    /// A `.creds` file with a user's JWT and seed.
    CredentialsFile(PathBuf),
    /// The seed of a user's key pair.
    Seed(String),
}

impl std::fmt::Debug for Login {
    // Settings are logged at start; a secret is not.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Anonymous => f.write_str("Anonymous"),
            Self::Password { user, .. } => f.debug_struct("Password").field("user", user).finish_non_exhaustive(),
            Self::Token(_) => f.write_str("Token(..)"),
            Self::CredentialsFile(path) => f.debug_tuple("CredentialsFile").field(path).finish(),
            Self::Seed(_) => f.write_str("Seed(..)"),
        }
    }
}
