//! Reading from the log every few seconds, since a server may call itself healthy and deliver nothing.

use crate::model::Model;
use event_log::EventLog;
use runtime::Shutdown;
use runtime::health::Check;
use std::sync::Arc;
use std::time::Duration;

/// How often the log is read.
const EVERY: Duration = Duration::from_secs(3);

/// Reads the record that was applied last, and compares how far log and store are.
#[derive(Debug)]
pub(crate) struct Canary {
    pub event_log: EventLog,
    pub model: Arc<Model>,
    pub shutdown: Shutdown,
    pub check: Check,
}

impl Canary {
    pub(crate) async fn run(self) {
        let mut ticks = tokio::time::interval(EVERY);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.shutdown.requested() => return,
            }
            match self.look().await {
                Ok(()) => self.check.ok(),
                Err(error) => {
                    self.check.fail(error.to_string());
                    tracing::warn!(error = &error as &dyn std::error::Error, "the canary was not read");
                }
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge for people")]
    async fn look(&self) -> Result<(), event_log::Error> {
        let position = self.model.applied().position;
        self.event_log.canary(position).await?;
        let head = self.event_log.head().await?;
        // Measured here too, so that a projector that halted shows how its lag grows.
        let lag = head.last.saturating_sub(self.model.applied().position);
        metrics::gauge!("projector_lag_records").set(lag as f64);
        if lag == 0 {
            metrics::gauge!("projector_lag_seconds").set(0.0);
        }
        Ok(())
    }
}
