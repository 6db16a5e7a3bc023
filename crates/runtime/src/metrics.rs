//! The process's one metrics recorder, read in the Prometheus text format.

use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// The media type of [`Metrics::render`].
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds of `*_seconds` histograms: from an in-memory read to the longest wait that a
/// request may ask for.
const SECONDS_BUCKETS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Upper bounds of `*_bytes` histograms: from an empty record to the largest document.
const BYTES_BUCKETS: [f64; 9] =
    [256.0, 1024.0, 4096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0, 16_777_216.0];

/// Upper bounds of `*_len` histograms: lengths of batches and queues.
const LEN_BUCKETS: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

/// How often histograms are folded; without it they keep every sample until the next scrape, which
/// may never come.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Reads the process's metrics.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// All metrics in the Prometheus text format.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.render()
    }
}

/// Installs the recorder, once in a process however often it is called.
///
/// # Panics
/// When something else has installed a recorder before.
#[must_use]
pub fn install() -> Metrics {
    static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();
    let handle = INSTALLED.get_or_init(|| {
        let handle = builder().install_recorder().expect("nothing else in this process installs a recorder");
        spawn_upkeep(handle.clone());
        handle
    });
    Metrics(handle.clone())
}

fn builder() -> PrometheusBuilder {
    let buckets = [("_seconds", &SECONDS_BUCKETS[..]), ("_bytes", &BYTES_BUCKETS), ("_len", &LEN_BUCKETS)];
    buckets.into_iter().fold(PrometheusBuilder::new(), |builder, (suffix, bounds)| {
        builder
            .set_buckets_for_metric(Matcher::Suffix(suffix.to_owned()), bounds)
            .expect("the lists of bounds are not empty")
    })
}

fn spawn_upkeep(handle: PrometheusHandle) {
    // A thread and not a task: the recorder outlives any one async runtime, of which tests have
    // many.
    let upkeep = std::thread::Builder::new().name("metrics-upkeep".to_owned()).spawn(move || {
        loop {
            std::thread::sleep(UPKEEP_INTERVAL);
            handle.run_upkeep();
        }
    });
    if let Err(error) = upkeep {
        tracing::warn!(%error, "cannot start the upkeep of metrics; only scrapes fold histograms");
    }
}

#[cfg(test)]
mod tests;
