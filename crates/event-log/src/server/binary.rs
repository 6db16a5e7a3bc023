//! Which nats-server to run.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use super::Error;
use crate::{SERVER_VERSION, SERVER_VERSION_MIN};

const NAME: &str = "nats-server";
/// Variable that names the program.
const VARIABLE: &str = "NATS_SERVER";
/// Where `make` puts the program, seen from a checkout.
const CACHE: &str = ".cache/nats-server/nats-server";
/// `--version` reads nothing and answers at once.
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);

/// Finds a nats-server that is new enough.
///
/// A program that was named, as an argument or in `$NATS_SERVER`, must be good. Otherwise the
/// first good one counts of those in `PATH` and in `.cache/nats-server` of the current folder:
/// distributions ship versions that are too old.
pub async fn find(named: Option<&Path>) -> Result<PathBuf, Error> {
    let named = named.map(Path::to_path_buf).or_else(|| env::var_os(VARIABLE).map(PathBuf::from));
    if let Some(path) = named {
        return match check(&path).await {
            Ok(()) => Ok(path),
            Err(reason) => Err(Error::Binary(format!("{}: {reason}", path.display()))),
        };
    }
    let in_path = env::var_os("PATH").map(|path| env::split_paths(&path).map(|folder| folder.join(NAME)).collect());
    let mut candidates: Vec<PathBuf> = in_path.unwrap_or_default();
    candidates.extend(env::current_dir().ok().map(|folder| folder.join(CACHE)));
    let mut rejected = Vec::new();
    for path in candidates.into_iter().filter(|path| path.is_file()) {
        match check(&path).await {
            Ok(()) => return Ok(path),
            Err(reason) => rejected.push(format!("; {}: {reason}", path.display())),
        }
    }
    Err(Error::Binary(format!(
        "no {NAME} {SERVER_VERSION_MIN} or newer in ${VARIABLE}, PATH or {CACHE}{}",
        rejected.concat()
    )))
}

async fn check(path: &Path) -> Result<(), String> {
    let output = Command::new(path).arg("--version").kill_on_drop(true).output();
    let output = tokio::time::timeout(VERSION_TIMEOUT, output)
        .await
        .map_err(|_elapsed| "it does not tell its version".to_owned())?
        .map_err(|error| format!("it cannot be run: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.trim().rsplit(' ').next().unwrap_or_default().trim_start_matches('v');
    match parse(version) {
        Some(found) if found >= SERVER_VERSION => Ok(()),
        Some(_) => Err(format!("version {version} is too old, {SERVER_VERSION_MIN} or newer is needed")),
        None => Err(format!("it does not tell its version but {:?}", text.trim())),
    }
}

fn parse(version: &str) -> Option<(i64, i64)> {
    let mut parts = version.split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
