//! Opening the log: on the server of the settings, of a running `serve`, or on one of our own.

use std::fs;
use std::path::Path;

use event_log::archive::Manifest;
use event_log::server::{self, Lock, Server, ServerSettings};
use event_log::{EventLog, Login};
use runtime::telemetry;

use crate::failure::Usage;
use crate::settings::Settings;

/// Where the log is for a service that starts no nats-server, unless it is told.
const URL_DEFAULT: &str = "nats://127.0.0.1:4222";

/// Starts logging for a command that works on the log; people want to hear of what is amiss only.
pub(crate) fn start_logging(settings: &Settings) -> Result<(), telemetry::Error> {
    telemetry::init(settings.log_format, Some(settings.log_filter.as_deref().unwrap_or("warn")))
}

/// What a process does with the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// It acknowledges records, and so has to know that the server does not lose them.
    Writing,
    /// It reads alone. The server's durability is observed where it can be.
    Reading,
}

/// Connects to a nats-server that runs already.
pub(crate) async fn connect(settings: &Settings, r#use: Use) -> anyhow::Result<EventLog> {
    let mut log_settings = given(settings, settings.nats_url.as_deref().unwrap_or(URL_DEFAULT))?;
    log_settings.allow_unsafe_log |= r#use == Use::Reading && log_settings.monitor_url.is_none();
    Ok(EventLog::connect(&log_settings).await?)
}

/// Connects to the log of a projector that runs, to command it.
pub(crate) async fn connect_to_command(settings: &Settings) -> anyhow::Result<EventLog> {
    match of_running(&settings.data).filter(|_| settings.nats_url.is_none()) {
        Some(log_settings) => Ok(EventLog::connect(&log_settings).await?),
        None => connect(settings, Use::Reading).await,
    }
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
        Self::alone_with(settings, async |settings| EventLog::connect(settings).await).await
    }

    /// The same for a log that is to be restored from an archive.
    pub async fn to_import(settings: &Settings, archive: &Manifest) -> anyhow::Result<Self> {
        Self::alone_with(settings, async |settings| EventLog::connect_to_import(settings, archive).await).await
    }

    async fn alone_with(
        settings: &Settings,
        connect: impl AsyncFn(&event_log::Settings) -> Result<EventLog, event_log::Error>,
    ) -> anyhow::Result<Self> {
        if let Some(url) = &settings.nats_url {
            let lock = Lock::acquire(&settings.data)?;
            let log = connect(&given(settings, url)?).await?;
            return Ok(Self { log, server: None, _lock: Some(lock) });
        }
        if settings.log_replicas.get() > 1 {
            let detail =
                "a nats-server of our own keeps one copy: leave out `log_replicas`, or name a cluster in `nats_url`";
            return Err(Usage(detail.to_owned()).into());
        }
        let mut server_settings = ServerSettings::new(&settings.data);
        server_settings.memory_limit_bytes = settings.nats_memory_limit_mib.saturating_mul(1024 * 1024);
        let server = Server::start(server_settings).await?;
        let mut log_settings = server.log_settings();
        log_settings.allow_unsafe_log = settings.allow_unsafe_log;
        let log = connect(&log_settings).await?;
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
        replicas: usize::from(settings.log_replicas.get()),
        allow_unsafe_log: settings.allow_unsafe_log,
        monitor_url: settings.nats_monitor_url.clone(),
        ..event_log::Settings::default()
    })
}

fn login(settings: &Settings) -> Result<Login, Usage> {
    let password = match (&settings.nats_password, &settings.nats_password_file) {
        (Some(_), Some(_)) => return Err(Usage("say `nats_password` or `nats_password_file`, not both".to_owned())),
        (Some(password), None) => Some(password.clone()),
        (None, Some(path)) => Some(read_secret(path)?),
        (None, None) => None,
    };
    match (&settings.nats_user, password, &settings.nats_credentials) {
        (None, None, None) => Ok(Login::Anonymous),
        (Some(user), Some(password), None) => Ok(Login::Password { user: user.clone(), password }),
        (None, None, Some(path)) => Ok(Login::CredentialsFile(path.clone())),
        _ => {
            let detail = "say `nats_user` and `nats_password` (or `nats_password_file`), or `nats_credentials` alone, or \
                          none of them";
            Err(Usage(detail.to_owned()))
        }
    }
}

/// The content of a file that holds a secret, without the line end that editors leave.
fn read_secret(path: &Path) -> Result<String, Usage> {
    let secret = fs::read_to_string(path)
        .map_err(|error| Usage(format!("cannot read the password in {}: {error}", path.display())))?;
    match secret.trim() {
        "" => Err(Usage(format!("there is no password in {}", path.display()))),
        secret => Ok(secret.to_owned()),
    }
}

#[cfg(test)]
mod tests;
