//! Writes: commands over HTTP beside the same records published raw.
//!
//! The raw peer is [`EventLog::append`] and [`EventLog::append_batch`], the thinnest way to the log that other crates than
//! `event-log` may take: one publish for each record, with the same headers and the same expectations, acknowledged after
//! the write-through. It has the same nats-server, the same disk and a stream of its own beside that of `serve`, and it
//! publishes payloads that `serve` wrote. Both sides take turns, so that a change of the machine's load hits both.

use crate::client::Client;
use crate::load::{Measured, closed};
use crate::report::{Bound, Report};
use crate::run::{Run, clients_of};
use crate::stage::{Size, Stage};
use crate::system::Serve;
use anyhow::{Context, ensure};
use domain::Kind;
use event_log::{Append, EventLog, Settings};
use futures::StreamExt;
use std::cell::Cell;
use uuid::Uuid;

/// What the acceptance asks for: parts of the raw rate at 64 clients, and times its median at 1.
const ANNOTATIONS_RATIO_MIN: f64 = 0.5;
const READINGS_RATIO_MIN: f64 = 0.4;
const ANNOTATIONS_P50_TIMES_MAX: f64 = 3.0;
const CLIENTS: [usize; 3] = [1, 8, 64];
/// Passages that are marked along with a reading.
const INLINE: usize = 2;
/// Documents: few, so that all of them are warm after a moment.
const SIZE: Size = Size::usual(8, 20, 0);
/// The log of the raw peer; that of `serve` is 0.
const RAW_LOG: u16 = 1;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Annotations,
    Readings,
}

/// Measures annotations and readings at each number of clients.
pub async fn run(run: &Run, report: &mut Report) -> anyhow::Result<()> {
    let serve = Serve::start(&run.parent, &[]).await?;
    let stage = Stage::set(&serve.operator()?, SIZE, run.seed).await?;
    let endpoint = event_log::server::endpoint(&serve.data()).context("`serve` tells no nats-server")?;
    let settings = endpoint.log_settings();
    let log = EventLog::connect(&settings).await?;
    let raw = EventLog::connect(&Settings { log: RAW_LOG, ..settings }).await?;
    for what in [What::Annotations, What::Readings] {
        // Every document is looked at, and every connection of the service opened, before anything counts.
        let first = log.head().await?.last + 1;
        over_http(run, &serve, &stage, what, 64).await?;
        let models = models(&log, first, what).await?;
        published(run, &raw, &models, 64).await?;
        for clients in CLIENTS {
            let (mut http, mut publishes) = (Measured::default(), Measured::default());
            for _ in 0..run.rounds {
                http.add(&over_http(run, &serve, &stage, what, clients).await?);
                publishes.add(&published(run, &raw, &models, clients).await?);
            }
            tell(run, report, what, clients, &http, &publishes);
        }
    }
    Ok(())
}

fn tell(run: &Run, report: &mut Report, what: What, clients: usize, http: &Measured, raw: &Measured) {
    let (name, ratio_min) = match what {
        What::Annotations => ("annotations", ANNOTATIONS_RATIO_MIN),
        What::Readings => ("readings with two inline spans", READINGS_RATIO_MIN),
    };
    let loops = run.closed(clients);
    let of = |side: &str| format!("{name} {side}, {}", clients_of(clients));
    let how = |side: &Measured| format!("{}, {loops}, {:.0} bytes each", side.latencies(), side.bytes_mean());
    report.figure(&of("over HTTP"), http.rate(), "/s", Bound::None, &how(http));
    report.figure(&of("raw"), raw.rate(), "/s", Bound::None, &how(raw));
    let bound = if clients == 64 { Bound::AtLeast(ratio_min) } else { Bound::None };
    report.figure(&of("over HTTP / raw"), http.rate() / raw.rate(), "", bound, &loops);
    if clients == 1 {
        let bound = if what == What::Annotations { Bound::AtMost(ANNOTATIONS_P50_TIMES_MAX) } else { Bound::None };
        let times = http.quantile_ms(0.5) / raw.quantile_ms(0.5);
        report.figure(&of("over HTTP / raw, p50"), times, "", bound, &loops);
    }
}

/// Creates over HTTP; the bytes are those of the answers.
async fn over_http(run: &Run, serve: &Serve, stage: &Stage, what: What, clients: usize) -> anyhow::Result<Measured> {
    let mut clients = serve.process().target().clients(&stage.tokens, clients).await?;
    let path = match what {
        What::Annotations => stage.path("annotations"),
        What::Readings => stage.path("readings"),
    };
    closed(&mut clients, run.round, async |client: &mut Client| {
        let body = match what {
            What::Annotations => stage.annotation(),
            What::Readings => stage.reading(stage.some_incident(), INLINE),
        };
        Ok(client.post(&path, &body).await?.expect(201)?.body.len())
    })
    .await
}

/// Publishes what was written before, under fresh ids; the bytes are those of the payloads.
async fn published(run: &Run, raw: &EventLog, models: &[Vec<Append>], clients: usize) -> anyhow::Result<Measured> {
    let next = Cell::new(0);
    closed(&mut vec![(); clients], run.round, async |()| {
        let mut records = models[next.get() % models.len()].clone();
        next.set(next.get() + 1);
        for record in &mut records {
            record.address.id = Uuid::now_v7();
        }
        let bytes = records.iter().map(|record| record.payload.len()).sum();
        raw.append_batch(records).await?;
        Ok(bytes)
    })
    .await
}

/// The records of the commands that were carried out from a position on: those of one command together.
async fn models(log: &EventLog, first: u64, what: What) -> anyhow::Result<Vec<Vec<Append>>> {
    let last = log.head().await?.last;
    let (kind, len) = match what {
        What::Annotations => (Kind::Annotation, 1),
        What::Readings => (Kind::Reading, INLINE + 1),
    };
    let mut entries = log.follow(first);
    let (mut models, mut open) = (Vec::new(), Vec::new());
    while let Some(followed) = entries.next().await {
        let entry = followed?.entry;
        let position = entry.position;
        let record = wire::record::decode(&entry.payload)?;
        let address = wire::subject::Address {
            project: record.envelope.project,
            kind: record.envelope.kind,
            id: record.envelope.id,
        };
        open.push(Append {
            address,
            expected_last: 0,
            payload: entry.payload,
            headers: record.headers(None),
            command_id: record.envelope.command_id,
        });
        // The aggregate's own record comes last.
        if address.kind == kind {
            ensure!(open.len() == len, "{} records of one command, where {len} are expected", open.len());
            models.push(std::mem::take(&mut open));
        }
        if position == last {
            break;
        }
    }
    ensure!(!models.is_empty(), "nothing was written that could be published");
    Ok(models)
}
