//! Settings of the program: one list for all commands, so that one file serves them all.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::path::{Path, PathBuf};

use bearer::openid::{self, Providers};
use event_log::control::Instance;
use projector::Trial;
use runtime::settings::{Error, Sources};
use runtime::telemetry::Format;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::failure::Usage;

/// Everything that can be set. A name here is the name in the file; in the environment it is `GAINSAY_` and the name in
/// capitals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Where this installation keeps its data.
    pub data: PathBuf,
    /// Where the service listens; on loopback and its own port when absent.
    pub listen: Option<SocketAddr>,
    /// Where the service writes the address that it listens on, once it does.
    pub port_file: Option<PathBuf>,
    /// Projects that anybody may read without a token.
    pub anonymous_reader: Vec<Uuid>,
    /// Origins whose pages may call the service from a browser.
    pub cors_origins: Vec<String>,
    /// OpenID Connect providers whose tokens are heard, as these write them in `iss`.
    pub oidc_issuer: Vec<String>,
    /// What their tokens must name in `aud`.
    pub oidc_audience: Option<String>,
    /// Where the keys of the one issuer are, if it does not say so itself.
    pub oidc_jwks_uri: Option<String>,
    /// The algorithms that their tokens may be signed with.
    pub oidc_algorithms: Vec<String>,
    /// The claim with roles in projects; without it their tokens give none.
    pub oidc_roles_claim: Option<String>,
    /// A nats-server that runs already, or several of one cluster; without it `serve` runs one of its own, and the other
    /// services use one on this machine.
    pub nats_url: Option<String>,
    /// Its monitoring endpoint, where its durability is observed; those of all nodes of a cluster.
    pub nats_monitor_url: Option<String>,
    /// User at that server, with `nats_password`.
    pub nats_user: Option<String>,
    /// Password of that user.
    pub nats_password: Option<String>,
    /// File with that password.
    pub nats_password_file: Option<PathBuf>,
    /// A `.creds` file for that server.
    pub nats_credentials: Option<PathBuf>,
    /// Copies of the log, the texts and the credentials.
    pub log_replicas: NonZero<u8>,
    /// Accept a server that may lose acknowledged records in a power loss.
    pub allow_unsafe_log: bool,
    /// Memory of the own nats-server, in MiB, above which it is ended.
    pub nats_memory_limit_mib: u64,
    /// The name of the projector.
    pub instance: Option<Instance>,
    /// The form of log lines.
    pub log_format: Format,
    /// What is logged, as in `RUST_LOG`.
    pub log_filter: Option<String>,
    /// The service that people's commands talk to; the one that serves the data folder when absent.
    pub server: Option<String>,
    /// The token that they send.
    pub token: Option<String>,
    /// The project that they mean.
    pub project: Option<Uuid>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: default_data(),
            listen: None,
            port_file: None,
            anonymous_reader: Vec::new(),
            cors_origins: Vec::new(),
            oidc_issuer: Vec::new(),
            oidc_audience: None,
            oidc_jwks_uri: None,
            oidc_algorithms: Vec::new(),
            oidc_roles_claim: None,
            nats_url: None,
            nats_monitor_url: None,
            nats_user: None,
            nats_password: None,
            nats_password_file: None,
            nats_credentials: None,
            log_replicas: NonZero::<u8>::MIN,
            allow_unsafe_log: false,
            nats_memory_limit_mib: 2048,
            instance: None,
            log_format: Format::Auto,
            log_filter: None,
            server: None,
            token: None,
            project: None,
        }
    }
}

impl Settings {
    /// Reads flags, the environment, and the file that either names.
    pub fn read(flags: &impl Serialize, file: Option<&Path>) -> Result<Self, Error> {
        Sources::from_environment().file(file.map(Path::to_owned)).flags(flags).read()
    }

    /// Where to listen: as told, or on loopback and this port.
    pub fn listen_or(&self, port: u16) -> SocketAddr {
        self.listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }

    /// The providers whose tokens are heard, if there are any.
    pub fn providers(&self) -> Result<Option<Providers>, Usage> {
        let settings = openid::Settings {
            issuers: self.oidc_issuer.clone(),
            audience: self.oidc_audience.clone(),
            jwks_uri: self.oidc_jwks_uri.clone(),
            algorithms: self.oidc_algorithms.clone(),
            roles_claim: self.oidc_roles_claim.clone(),
        };
        Providers::new(&settings).map_err(|error| Usage(error.to_string()))
    }

    /// Where the operator's token is kept.
    pub fn operator_token(&self) -> PathBuf {
        self.data.join("operator.token")
    }

    /// Where `serve` says how to reach it.
    pub fn server_url(&self) -> PathBuf {
        self.data.join("server.url")
    }

    /// What a projector on the data folder is started with.
    pub fn projector(&self) -> projector::Config {
        let arguments = ["projector", "try-store"].map(str::to_owned).to_vec();
        let trial = std::env::current_exe().ok().map(|own| Trial::new(own, arguments));
        projector::Config { trial, ..projector::Config::new(self.views()) }
    }

    /// Where the views are kept.
    pub fn views(&self) -> PathBuf {
        self.data.join("views")
    }
}

/// `$XDG_DATA_HOME/gainsay`, else `~/.local/share/gainsay`; below the working folder for a user without a home.
fn default_data() -> PathBuf {
    let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let shared = folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")));
    shared.map_or_else(|| PathBuf::from("data"), |shared| shared.join("gainsay"))
}

#[cfg(test)]
mod tests;
