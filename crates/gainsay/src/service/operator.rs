//! The operator's first token.

use std::fs::{self, File};
use std::time::Duration;

use anyhow::Context;
use domain::id::Handle;

use crate::private;
use crate::settings::Settings;

/// Days that the first token of the operator is valid.
const TTL_DAYS: u32 = 3650;
/// Pause between looks at a lock that another process holds.
const POLL: Duration = Duration::from_millis(50);

/// Issues the operator's first token, and says so this once. Another one is issued only when that one is worthless:
/// whoever starts this runs the machine, and must not be locked out by a log that was begun anew.
///
/// Processes that share a data folder do this one after the other, so that none replaces a token that is valid.
pub(crate) async fn ensure(settings: &Settings, parts: &ingest::Parts) -> anyhow::Result<()> {
    let _turn = turn(settings).await?;
    let path = settings.operator_token();
    if let Ok(token) = fs::read_to_string(&path) {
        if parts.tokens.credentials().check(token.trim()).await?.is_some() {
            return Ok(());
        }
        tracing::warn!("the operator's token is not valid any more, issuing another one");
    }
    let handle = Handle::parse("operator").expect("the word is a handle");
    let issued =
        ingest::issue_token(parts, &handle, TTL_DAYS, true).await.context("cannot issue the operator's first token")?;
    private::write(&path, issued.token.expose().as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))?;
    println!("the operator's token is in {}; keep it safe", path.display());
    Ok(())
}

/// Waits until no other process is at it, and keeps the others out for as long as the file is open.
async fn turn(settings: &Settings) -> anyhow::Result<File> {
    let path = settings.data.join("operator.lock");
    let file = private::open_lock(&path).with_context(|| format!("cannot open {}", path.display()))?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) => tokio::time::sleep(POLL).await,
            Err(fs::TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
    }
}
