//! Closed and open loops, and what they measure.

use crate::fill::f64_of;
use futures::future::try_join_all;
use futures::stream::FuturesUnordered;
use futures::{StreamExt, TryStreamExt};
use hdrhistogram::Histogram;
use std::cell::RefCell;
use std::time::Duration;
use tokio::time::Instant;

/// The longest latency that is told apart.
const LATENCY_NS_MAX: u64 = 60_000_000_000;

/// What a loop measured.
#[derive(Debug, Clone)]
pub struct Measured {
    latencies: Histogram<u64>,
    bytes: u64,
    took: Duration,
    /// How many were refused for want of capacity; nothing else counts them.
    pub refused: u64,
    /// Processor time that the answering process used, where that was watched.
    pub processor: Duration,
}

impl Default for Measured {
    fn default() -> Self {
        let latencies = Histogram::new_with_max(LATENCY_NS_MAX, 3).expect("the bounds are in order");
        Self { latencies, bytes: 0, took: Duration::ZERO, refused: 0, processor: Duration::ZERO }
    }
}

impl Measured {
    /// Counts one.
    pub fn record(&mut self, latency: Duration, bytes: usize) {
        self.latencies.saturating_record(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
        self.bytes += bytes as u64;
    }

    fn record_or_refuse(&mut self, figures: Option<(Duration, usize)>) {
        match figures {
            Some((latency, bytes)) => self.record(latency, bytes),
            None => self.refused += 1,
        }
    }

    /// Takes the figures of another round of the same loop.
    pub fn add(&mut self, other: &Self) {
        self.latencies.add(&other.latencies).expect("all have the same bounds");
        self.bytes += other.bytes;
        self.took += other.took;
        self.refused += other.refused;
        self.processor += other.processor;
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.latencies.len()
    }

    /// How many there were in a second.
    pub fn rate(&self) -> f64 {
        f64_of(self.count()) / self.took.as_secs_f64().max(1e-9)
    }

    /// The latency below which this part of them stays, in milliseconds.
    pub fn quantile_ms(&self, quantile: f64) -> f64 {
        f64_of(self.latencies.value_at_quantile(quantile)) / 1e6
    }

    /// Bytes of each on average.
    pub fn bytes_mean(&self) -> f64 {
        f64_of(self.bytes) / f64_of(self.count().max(1))
    }

    /// Bytes and processor time of each in a few words.
    pub fn each(&self) -> String {
        let microseconds = self.processor.as_secs_f64() * 1e6 / f64_of(self.count().max(1));
        format!("{:.0} bytes and {microseconds:.0} µs of processor time per answer", self.bytes_mean())
    }

    /// Rate and latencies in a few words.
    pub fn summary(&self) -> String {
        format!("{:.0}/s, {}", self.rate(), self.latencies())
    }

    /// Latencies in a few words.
    pub fn latencies(&self) -> String {
        format!(
            "p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
            self.quantile_ms(0.5),
            self.quantile_ms(0.99),
            f64_of(self.latencies.max()) / 1e6
        )
    }
}

/// A closed loop: each client does the next step when its last one has ended. A step answers the bytes that it got.
pub async fn closed<C>(
    clients: &mut [C],
    during: Duration,
    step: impl AsyncFn(&mut C) -> anyhow::Result<usize>,
) -> anyhow::Result<Measured> {
    let measured = RefCell::new(Measured::default());
    let begun = Instant::now();
    let end = begun + during;
    let (measured_by_all, step) = (&measured, &step);
    try_join_all(clients.iter_mut().map(|client| async move {
        loop {
            let started = Instant::now();
            if started >= end {
                return anyhow::Ok(());
            }
            let bytes = step(client).await?;
            measured_by_all.borrow_mut().record(started.elapsed(), bytes);
        }
    }))
    .await?;
    let mut measured = measured.into_inner();
    measured.took = begun.elapsed();
    Ok(measured)
}

/// An open loop: so many steps a second, each at its time, whether or not earlier ones have ended. Latency counts from
/// the time at which a step was due, so what waits for a slow one is not left out.
///
/// Clients are taken from `idle` and put back; where none is idle, `connect` makes one. A step is told when it was due,
/// and answers its latency and the bytes that it got, or nothing when it was refused for want of capacity.
pub async fn open<C>(
    per_second: f64,
    during: Duration,
    idle: &RefCell<Vec<C>>,
    connect: impl AsyncFn() -> anyhow::Result<C>,
    step: impl AsyncFn(&mut C, Instant) -> anyhow::Result<Option<(Duration, usize)>>,
) -> anyhow::Result<Measured> {
    let mut measured = Measured::default();
    let begun = Instant::now();
    let one = async |due: Instant| {
        let client = idle.borrow_mut().pop();
        let mut client = match client {
            Some(client) => client,
            None => connect().await?,
        };
        let figures = step(&mut client, due).await?;
        idle.borrow_mut().push(client);
        anyhow::Ok(figures)
    };
    let mut under_way = FuturesUnordered::new();
    for n in 0.. {
        let due = begun + Duration::from_secs_f64(f64_of(n) / per_second);
        if due >= begun + during {
            break;
        }
        let timer = tokio::time::sleep_until(due);
        tokio::pin!(timer);
        loop {
            tokio::select! {
                () = &mut timer => break,
                Some(ended) = under_way.next() => {
                    measured.record_or_refuse(ended?);
                }
            }
        }
        under_way.push(one(due));
    }
    while let Some(ended) = under_way.try_next().await? {
        measured.record_or_refuse(ended);
    }
    measured.took = begun.elapsed();
    Ok(measured)
}

#[cfg(test)]
mod tests;
