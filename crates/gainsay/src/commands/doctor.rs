//! Checking what gainsay needs.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

use event_log::server::{self, Lock};
use reqwest::header::DATE;
use runtime::ExitCode;
use serde::Serialize;
use serde_json::Value;
use tokio::net::TcpListener;

use super::{print, print_json};
use crate::cli::Doctor;
use crate::client::{Client, Error};
use crate::serve;
use crate::settings::Settings;
use crate::terminal::Terminal;

/// Free space below which a check warns, and below which it fails.
const FREE_WARN_BYTES: u64 = 2 * 1024 * 1024 * 1024;
const FREE_FAIL_BYTES: u64 = 256 * 1024 * 1024;
/// The header `Date` counts whole seconds and is made before it arrives: less than this is no skew.
const SKEW_WARN: Duration = Duration::from_secs(3);

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Ok,
    Warn,
    Fail,
}

/// What a check found.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    outcome: Outcome,
    detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Ok, detail: detail.into(), advice: None }
    }

    fn warn(check: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Warn, detail: detail.into(), advice: Some(advice.into()) }
    }

    fn fail(check: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { outcome: Outcome::Fail, ..Self::warn(check, detail, advice) }
    }
}

pub(crate) async fn run(arguments: &Doctor) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(arguments, arguments.client.common.config.as_deref())?;
    let client = Client::from_settings(&settings)?;
    let (lock, is_served) = lock(&settings.data);
    let nats_server = nats_server(&settings, is_served).await;
    let mut findings = vec![nats_server, data_folder(&settings.data), free_space(&settings.data), lock];
    let service = reach(&client, is_served).await;
    let is_reachable = service.outcome == Outcome::Ok;
    findings.push(service);
    if is_reachable {
        findings.extend([readiness(&client).await, clock(&client).await, token(&client).await]);
    } else {
        findings.push(port(&settings).await);
    }
    report(&findings, arguments.json)?;
    let failed = findings.iter().any(|finding| finding.outcome == Outcome::Fail);
    Ok(if failed { ExitCode::Failure } else { ExitCode::Ok })
}

fn report(findings: &[Finding], json: bool) -> anyhow::Result<()> {
    if json {
        print_json(&serde_json::to_value(findings)?)?;
        return Ok(());
    }
    let terminal = Terminal::stdout();
    for Finding { check, outcome, detail, advice } in findings {
        let sign = match outcome {
            Outcome::Ok => terminal.green("ok  "),
            Outcome::Warn => terminal.yellow("warn"),
            Outcome::Fail => terminal.red("fail"),
        };
        print(format!("{sign}  {check:<13} {detail}"))?;
        if let Some(advice) = advice {
            print(format!("      {:<13} → {advice}", ""))?;
        }
    }
    Ok(())
}

async fn nats_server(settings: &Settings, is_served: bool) -> Finding {
    const CHECK: &str = "nats-server";
    if let Some(url) = &settings.nats_url {
        return Finding::ok(CHECK, format!("one that runs already is used: {url}"));
    }
    match server::find(None).await {
        Ok(path) => Finding::ok(CHECK, format!("{} at {}", version(&path).await, path.display())),
        Err(error) => {
            let advice = "`make run` fetches one; or install it and name it in NATS_SERVER, or use one that runs with --nats-url";
            let found = Finding::fail(CHECK, error.to_string(), advice);
            // Whoever serves the folder has found one.
            if is_served { Finding { outcome: Outcome::Warn, ..found } } else { found }
        }
    }
}

async fn version(path: &Path) -> String {
    let output = tokio::process::Command::new(path).arg("--version").kill_on_drop(true).output().await;
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    text.rsplit(' ').next().unwrap_or_default().to_owned()
}

fn data_folder(data: &Path) -> Finding {
    const CHECK: &str = "data folder";
    if !data.exists() {
        return Finding::warn(CHECK, format!("{} is not there", data.display()), "the first `gainsay serve` makes it");
    }
    let probe = data.join(format!(".doctor-{}", std::process::id()));
    let write = || {
        OpenOptions::new().write(true).create_new(true).open(&probe)?.write_all(b"gainsay")?;
        std::fs::remove_file(&probe)
    };
    match write() {
        Ok(()) => Finding::ok(CHECK, format!("{} can be written", data.display())),
        Err(error) => {
            let advice = "give the folder to the user who runs gainsay, or name another one with --data";
            Finding::fail(CHECK, format!("{} cannot be written: {error}", data.display()), advice)
        }
    }
}

fn free_space(data: &Path) -> Finding {
    const CHECK: &str = "free space";
    let Some(existing) = data.ancestors().find(|path| path.exists()) else {
        return Finding::ok(CHECK, "nothing to measure yet");
    };
    match rustix::fs::statvfs(existing) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let detail = format!("{} MiB", free / (1024 * 1024));
            let advice = "make room: the log only grows";
            match free {
                0..FREE_FAIL_BYTES => Finding::fail(CHECK, detail, advice),
                FREE_FAIL_BYTES..FREE_WARN_BYTES => Finding::warn(CHECK, detail, advice),
                _ => Finding::ok(CHECK, detail),
            }
        }
        Err(error) => Finding::warn(CHECK, format!("cannot be measured: {error}"), "look at it by other means"),
    }
}

/// Whether a process serves the folder is told by its lock, which is given back at once.
fn lock(data: &Path) -> (Finding, bool) {
    const CHECK: &str = "lock";
    if !data.exists() {
        return (Finding::ok(CHECK, "nobody works on the data folder"), false);
    }
    match Lock::acquire(data) {
        Ok(_) => (Finding::ok(CHECK, "nobody works on the data folder"), false),
        Err(error @ server::Error::InUse { .. }) => (Finding::ok(CHECK, error.to_string()), true),
        Err(error) => (Finding::fail(CHECK, error.to_string(), "see whether the file can be read and written"), false),
    }
}

async fn reach(client: &Client, is_served: bool) -> Finding {
    const CHECK: &str = "service";
    match client.get("/livez", &[]).await {
        Ok(_) => Finding::ok(CHECK, client.url("")),
        Err(Error::Unreachable { .. }) if is_served => {
            let advice = "the folder is served elsewhere: say where with --server, or look into its log";
            Finding::fail(CHECK, format!("{} does not answer", client.url("")), advice)
        }
        Err(Error::Unreachable { .. }) => {
            let detail = format!("{} does not answer", client.url(""));
            Finding::warn(CHECK, detail, "start it: `gainsay serve`, or say where it is with --server")
        }
        Err(error) => Finding::fail(CHECK, error.to_string(), "look into its log, and restart it"),
    }
}

async fn readiness(client: &Client) -> Finding {
    const CHECK: &str = "readiness";
    match client.get("/readyz", &[]).await {
        Ok(_) => Finding::ok(CHECK, "every part is ready"),
        Err(error) => {
            Finding::fail(CHECK, error.to_string(), "wait a moment; if it stays, look into the log of that part")
        }
    }
}

/// Compares with the clock of the service, as its answers tell it.
async fn clock(client: &Client) -> Finding {
    const CHECK: &str = "clock";
    let before = SystemTime::now();
    let date = match client.get("/livez", &[]).await {
        Ok(response) => response.headers().get(DATE).and_then(|date| date.to_str().ok()?.parse().ok()).map(of_http),
        Err(_) => None,
    };
    let Some(date) = date else {
        return Finding::warn(CHECK, "the service does not tell its time", "compare the clocks by other means");
    };
    let skew = before.duration_since(date).unwrap_or_else(|ahead| ahead.duration());
    let detail = format!("{} s apart from the service", skew.as_secs());
    if skew < SKEW_WARN {
        Finding::ok(CHECK, detail)
    } else {
        Finding::warn(CHECK, detail, "let a time service set both clocks")
    }
}

fn of_http(date: httpdate::HttpDate) -> SystemTime {
    date.into()
}

async fn token(client: &Client) -> Finding {
    const CHECK: &str = "token";
    if !client.has_token() {
        let advice = "say --token, set GAINSAY_TOKEN, or name the data folder that has `operator.token`";
        return Finding::warn(CHECK, "there is none", advice);
    }
    match client.get_json::<Value>("/v1/projects", &[("limit", "1".to_owned())]).await {
        Ok(_) => Finding::ok(CHECK, "it is valid"),
        Err(error) => Finding::fail(CHECK, error.to_string(), "ask an operator for a new one: `gainsay token create`"),
    }
}

async fn port(settings: &Settings) -> Finding {
    const CHECK: &str = "port";
    let listen = settings.listen_or(serve::PORT);
    match TcpListener::bind(listen).await {
        Ok(_) => Finding::ok(CHECK, format!("{listen} is free")),
        Err(error) => {
            let detail = format!("cannot listen on {listen}: {error}");
            Finding::fail(CHECK, detail, "end what uses it, or choose another address with --listen")
        }
    }
}
