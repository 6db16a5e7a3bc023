//! Compares this machine's clock with the server's.
//!
//! `recorded_at` of a record is written by the appending process, and `known_at` of a position is
//! a maximum over it: one clock far ahead would push the time of the whole log. So a large
//! difference is warned of and a very large one stops appends.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

/// Difference above which a warning is logged and counted.
pub const SKEW_WARN: Duration = Duration::from_secs(2);
/// Difference above which nothing is appended.
pub const SKEW_REFUSE: Duration = Duration::from_secs(30);
/// How often the clocks are compared while the log is idle.
pub(crate) const COMPARE_EVERY: Duration = Duration::from_secs(10);

/// The last known difference between the two clocks.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// Milliseconds that this machine is ahead of the server; negative when behind.
    ahead_ms: AtomicI64,
}

impl Clock {
    /// Takes in a server time that was read between `before` and `after` on this machine's clock.
    ///
    /// A server time inside that interval is no difference at all, so a slow answer is never
    /// taken for a wrong clock.
    pub(crate) fn observe(&self, before: SystemTime, after: SystemTime, server: SystemTime) {
        let ahead_ms = if let Ok(ahead) = before.duration_since(server) {
            millis(ahead)
        } else if let Ok(behind) = server.duration_since(after) {
            -millis(behind)
        } else {
            0
        };
        self.ahead_ms.store(ahead_ms, Ordering::Relaxed);
        let skew = self.skew();
        metrics::gauge!("gainsay_log_clock_skew_seconds").set(skew.as_secs_f64());
        if skew > SKEW_WARN {
            metrics::counter!("gainsay_log_clock_skew_warnings_total").increment(1);
            tracing::warn!(ahead_ms, "this machine's clock and the log server's differ");
        }
    }

    /// How far the two clocks are apart.
    pub(crate) fn skew(&self) -> Duration {
        Duration::from_millis(self.ahead_ms.load(Ordering::Relaxed).unsigned_abs())
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
