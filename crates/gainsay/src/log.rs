//! Opening the log: on the server of the settings, of a running `serve`, or on one of our own.

use std::path::Path;

use event_log::server::{self, Lock, Server, ServerSettings};
use event_log::{EventLog, Login};
use runtime::telemetry;

use crate::failure::Usage;
use crate::settings::Settings;

/// Starts logging for a command that works on the log; people want to hear of what is amiss only.
pub(crate) fn start_logging(settings: &Settings) -> Result<(), telemetry::Error> {
    telemetry::init(settings.log_format, Some(settings.log_filter.as_deref().unwrap_or("warn")))
}

/// An open log, and what keeps it open.
pub(crate) struct Opened {
    pub log: EventLog,
    /// The nats-server, where it is ours.
    pub server: Option<Server>,
    /// The folder's lock, where no server of ours holds it.
    _lock: Option<Lock>,
}

impl Opened {
    /// Opens the log with the data folder for ourselves alone: nobody else serves or rebuilds it meanwhile.
    pub async fn alone(settings: &Settings) -> anyhow::Result<Self> {
        if let Some(url) = &settings.nats_url {
            let lock = Lock::acquire(&settings.data)?;
            let log = EventLog::connect(&given(settings, url)?).await?;
            return Ok(Self { log, server: None, _lock: Some(lock) });
        }
        let mut server_settings = ServerSettings::new(&settings.data);
        server_settings.memory_limit_bytes = settings.nats_memory_limit_mib.saturating_mul(1024 * 1024);
        let server = Server::start(server_settings).await?;
        let mut log_settings = server.log_settings();
        log_settings.allow_unsafe_log = settings.allow_unsafe_log;
        let log = EventLog::connect(&log_settings).await?;
        Ok(Self { log, server: Some(server), _lock: None })
    }

    /// Opens the log beside whoever serves it, or alone.
    pub async fn beside(settings: &Settings) -> anyhow::Result<Self> {
        match Self::alone(settings).await {
            Err(error) if is_in_use(&error) => {
                let mut log_settings = match &settings.nats_url {
                    Some(url) => given(settings, url)?,
                    None => of_running(&settings.data).ok_or(error)?,
                };
                log_settings.allow_unsafe_log = settings.allow_unsafe_log;
                let log = EventLog::connect(&log_settings).await?;
                Ok(Self { log, server: None, _lock: None })
            }
            opened => opened,
        }
    }

    /// Closes the log; ends the server, where it is ours.
    pub async fn close(self) {
        drop(self.log);
        if let Some(server) = self.server {
            server.stop().await;
        }
    }
}

fn is_in_use(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(server::Error::InUse { .. }))
}

fn of_running(data: &Path) -> Option<event_log::Settings> {
    Some(server::endpoint(data)?.log_settings())
}

/// The server that the settings name.
fn given(settings: &Settings, url: &str) -> Result<event_log::Settings, Usage> {
    Ok(event_log::Settings {
        servers: url.to_owned(),
        login: login(settings)?,
        allow_unsafe_log: settings.allow_unsafe_log,
        monitor_url: settings.nats_monitor_url.clone(),
        ..event_log::Settings::default()
    })
}

fn login(settings: &Settings) -> Result<Login, Usage> {
    match (&settings.nats_user, &settings.nats_password, &settings.nats_credentials) {
        (None, None, None) => Ok(Login::Anonymous),
        (Some(user), Some(password), None) => Ok(Login::Password { user: user.clone(), password: password.clone() }),
        (None, None, Some(path)) => Ok(Login::CredentialsFile(path.clone())),
        _ => {
            let detail = "say `nats_user` and `nats_password`, or `nats_credentials` alone, or none of them";
            Err(Usage(detail.to_owned()))
        }
    }
}
