//! Graceful shutdown: asked for once, by a signal or by the program, and seen by every part of the
//! process.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::exit;

/// The wish that the process end. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// Not asked for yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One that is asked for by SIGTERM or SIGINT; the second signal ends the process at once, with
    /// [`exit::Code::Interrupted`].
    ///
    /// To be called within a tokio runtime.
    pub fn on_signals() -> io::Result<Self> {
        let shutdown = Self::new();
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let on_first = shutdown.clone();
        tokio::spawn(async move {
            let name = next(&mut terminate, &mut interrupt).await;
            tracing::info!(signal = name, "shutting down; a second signal ends the process at once");
            on_first.trigger();
            let name = next(&mut terminate, &mut interrupt).await;
            tracing::warn!(signal = name, "ending without waiting for what is under way");
            std::process::exit(exit::Code::Interrupted.number().into());
        });
        Ok(shutdown)
    }

    /// Asks for it.
    pub fn trigger(&self) {
        self.0.cancel();
    }

    /// Whether it has been asked for.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits until it is asked for. Dropping the future loses nothing.
    pub async fn requested(&self) {
        self.0.cancelled().await;
    }

    /// A shutdown of a part: asked for with the whole, or alone.
    #[must_use]
    pub fn child(&self) -> Self {
        Self(self.0.child_token())
    }

    /// The token beneath, for libraries that take one.
    #[must_use]
    pub fn token(&self) -> &CancellationToken {
        &self.0
    }
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) -> &'static str {
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}

#[cfg(test)]
mod tests;
