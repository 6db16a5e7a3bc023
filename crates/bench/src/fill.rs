//! Fills a log with a generated history, revision by revision, many appends in flight.

use crate::history::History;
use anyhow::{Context, bail};
use event_log::{Append, EventLog};
use futures::{StreamExt, TryStreamExt};
use std::time::Instant;

/// Appends in flight: throughput with fsync is flat from here on.
const IN_FLIGHT: usize = 128;

/// What was written.
#[derive(Debug, Clone, Copy)]
pub struct Filled {
    /// Records.
    pub records: u64,
    /// Smallest payload in bytes.
    pub bytes_min: u64,
    /// Mean payload in bytes.
    pub bytes_mean: f64,
    /// Appends per second.
    pub rate: f64,
}

/// Appends the history's records, revision after revision, until there are as many as asked for.
pub async fn fill(log: &EventLog, history: &History, records: u64) -> anyhow::Result<Filled> {
    let begun = Instant::now();
    let mut state: Vec<(u64, Option<[u8; 32]>)> = vec![(0, None); history.len()];
    let (mut written, mut bytes, mut bytes_min) = (0_u64, 0_u64, u64::MAX);
    for revision in 1.. {
        let wanted = usize::try_from(records - written)?;
        let due: Vec<_> = (0..history.len())
            .filter_map(|n| Some((n, history.record(n, revision, state[n].1)?)))
            .take(wanted)
            .collect();
        if due.is_empty() {
            bail!("the history ends after {written} records");
        }
        let appended: Vec<_> = futures::stream::iter(due)
            .map(|(n, payload)| {
                let append = Append {
                    address: history.address(n),
                    expected_last: state[n].0,
                    payload: payload.clone(),
                    headers: Vec::new(),
                    command_id: uuid::Uuid::nil(),
                };
                async move {
                    let position = log.append(append).await.with_context(|| format!("cannot append {n}"))?;
                    anyhow::Ok((n, position, wire::record::digest(&payload), payload.len() as u64))
                }
            })
            .buffer_unordered(IN_FLIGHT)
            .try_collect()
            .await?;
        for (n, position, digest, len) in appended {
            state[n] = (position, Some(digest));
            written += 1;
            bytes += len;
            bytes_min = bytes_min.min(len);
        }
        if written == records {
            break;
        }
    }
    let (count, sum) = (f64_of(written), f64_of(bytes));
    Ok(Filled { records: written, bytes_min, bytes_mean: sum / count, rate: count / begun.elapsed().as_secs_f64() })
}

/// A count as a float.
#[expect(clippy::cast_precision_loss, reason = "counts of records and bytes stay far below 2^52")]
pub fn f64_of(n: u64) -> f64 {
    n as f64
}
