//! The services, each in a process of its own, and what they share with the one process that is all of them.

pub(crate) mod ingest;
pub(crate) mod operator;
pub(crate) mod projector;
pub(crate) mod query;
pub(crate) mod watch;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use ::query::Origins;
use anyhow::Context;
use runtime::{Shutdown, telemetry};
use uuid::Uuid;

use crate::failure::Usage;
use crate::private;
use crate::settings::Settings;

/// Who may read without a token, and from the pages of which origins; checked.
#[derive(Debug)]
pub(crate) struct Readers {
    /// Projects that anybody may read.
    pub anonymous: BTreeSet<Uuid>,
    /// Origins of pages.
    pub origins: Origins,
}

impl Readers {
    /// What the settings say for a service that listens there, and the demo's project.
    pub fn new(settings: &Settings, listen: SocketAddr, demo: Option<Uuid>) -> Result<Self, Usage> {
        let origins = Origins::parse(&settings.cors_origins).map_err(|error| Usage(error.to_string()))?;
        let anonymous: BTreeSet<Uuid> = settings.anonymous_reader.iter().copied().chain(demo).collect();
        if !anonymous.is_empty() && !listen.ip().is_loopback() {
            let detail = format!(
                "projects are readable without a token on loopback only, and {listen} is not: leave out \
                 `--anonymous-reader` and `--demo`, or listen on 127.0.0.1"
            );
            return Err(Usage(detail));
        }
        Ok(Self { anonymous, origins })
    }
}

/// Starts logging and listens for signals.
pub(crate) fn begin(settings: &Settings) -> anyhow::Result<Shutdown> {
    telemetry::init(settings.log_format, settings.log_filter.as_deref())?;
    Shutdown::on_signals().context("cannot listen for signals")
}

/// Says where a service is, once it takes requests.
pub(crate) fn announce(name: &str, address: SocketAddr, settings: &Settings) -> anyhow::Result<()> {
    if let Some(path) = &settings.port_file {
        private::write(path, address.to_string().as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    tracing::info!(%address, "listening");
    println!("{name} listens on {}", url(address));
    Ok(())
}

/// The URL of a listener, as it is reached from here.
pub(crate) fn url(address: SocketAddr) -> String {
    format!("http://{}", reachable(address))
}

/// An address under which a listener on all interfaces is reached from here.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(_) if address.ip().is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        SocketAddr::V6(_) if address.ip().is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        SocketAddr::V4(_) | SocketAddr::V6(_) => {}
    }
    address
}

#[cfg(test)]
mod tests;
