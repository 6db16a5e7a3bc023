//! One contested incident: the board of very many readings, by many annotators, over many documents.

use crate::boards::read;
use crate::client::Client;
use crate::load::{Measured, closed};
use crate::report::{Bound, Report};
use crate::run::Run;
use crate::stage::{Size, Stage};
use crate::system::Serve;
use anyhow::ensure;
use std::time::Instant;

/// What the acceptance asks for.
const BOARD_P99_MS_MAX: f64 = 50.0;
const FIRST_MS_MAX: f64 = 500.0;
const WHOLE_MS_MAX: f64 = 1_000.0;
const CLIENTS: usize = 4;
/// The most quotes of an utterance that are shown.
const QUOTES_ALL: u32 = 1_000;

/// How large the incident is.
#[derive(clap::Args, Debug, Clone, Copy)]
pub struct Count {
    /// Readings of the incident
    #[arg(long, default_value_t = READINGS)]
    readings: usize,
    /// Annotators who read
    #[arg(long, default_value_t = ANNOTATORS)]
    annotators: usize,
    /// Documents that are read
    #[arg(long, default_value_t = DOCUMENTS)]
    documents: usize,
    /// Passages of a long utterance, which one in twenty is
    #[arg(long, default_value_t = PASSAGES)]
    passages: usize,
}

const READINGS: usize = 10_000;
const ANNOTATORS: usize = 50;
const DOCUMENTS: usize = 500;
/// Passages of each document that are marked.
const MARKS: usize = 10;
/// Passages of a long utterance: more than a board shows of it unasked.
const PASSAGES: usize = 25;

impl Default for Count {
    fn default() -> Self {
        Self { readings: READINGS, annotators: ANNOTATORS, documents: DOCUMENTS, passages: PASSAGES }
    }
}

/// Measures the board as it is read again and again, and then as it is asked for after each of many writes.
pub async fn run(run: &Run, count: Count, report: &mut Report) -> anyhow::Result<()> {
    let serve = Serve::start(&run.parent, &[]).await?;
    let Count { readings, annotators, documents, passages } = count;
    let size = Size { documents, marks: MARKS, annotators, incidents: 1, readings, passages };
    let stage = Stage::set(&serve.operator()?, size, run.seed).await?;
    let of = format!("board of {readings} readings by {annotators} annotators over {documents} documents");
    let target = serve.process().target();
    let board = stage.board(&stage.incidents[0]);

    let mut clients = target.clients(&stage.tokens, CLIENTS).await?;
    let again = async |client: &mut Client| read(client, &board).await;
    closed(&mut clients, run.round, again).await?;
    let boards = closed(&mut clients, run.whole(), again).await?;
    let how = format!("{}, {}, {}", boards.summary(), run.closed_once(CLIENTS), bytes_of(&boards));
    report.figure(&format!("{of}, p99"), boards.quantile_ms(0.99), " ms", Bound::AtMost(BOARD_P99_MS_MAX), &how);

    let mut fewest = 0.0;
    for (what, quotes, bound) in [
        ("first answer after a write", None, FIRST_MS_MAX),
        ("first answer after a write with all quotes", Some(QUOTES_ALL), WHOLE_MS_MAX),
    ] {
        let waits = after_writes(run, &serve, &stage, quotes).await?;
        let more = waits.bytes_mean() - fewest;
        ensure!(
            quotes.is_none() || more > fewest / 50.0,
            "all quotes are {more} bytes more than some: nothing was left out"
        );
        fewest = waits.bytes_mean();
        let how = format!("{} of {}, {}, {}", waits.latencies(), waits.count(), bytes_of(&waits), run.closed_once(1));
        report.figure(&format!("{of}, {what}, longest"), waits.quantile_ms(1.0), " ms", Bound::AtMost(bound), &how);
    }
    Ok(())
}

fn bytes_of(measured: &Measured) -> String {
    format!("{:.0} bytes per answer", measured.bytes_mean())
}

/// From the acknowledgement of a reading to the board that has it, one after the other.
async fn after_writes(run: &Run, serve: &Serve, stage: &Stage, quotes: Option<u32>) -> anyhow::Result<Measured> {
    let target = serve.process().target().with_token(&stage.tokens[0]);
    let (mut reader, mut writer) = (Client::connect(&target).await?, Client::connect(&target).await?);
    let quotes = quotes.map(|quotes| format!("&quotes={quotes}")).unwrap_or_default();
    let incident = &stage.incidents[0];
    let mut waits = Measured::default();
    let end = Instant::now() + run.whole();
    while Instant::now() < end {
        let reading = stage.reading(incident, 1);
        let sequence = writer.post(&stage.path("readings"), &reading).await?.expect(201)?.sequence()?;
        let acknowledged = Instant::now();
        let path = format!("{}?at_least={sequence}&wait_ms=5000{quotes}", stage.board(incident));
        let bytes = read(&mut reader, &path).await?;
        waits.record(acknowledged.elapsed(), bytes);
    }
    Ok(waits)
}
