//! Boards: a hot one beside a bare route, many different ones while there are writes, and the first answer after a write.

use crate::client::Client;
use crate::load::{Measured, closed, open};
use crate::machine;
use crate::report::{Bound, Report};
use crate::run::Run;
use crate::stage::{Size, Stage};
use crate::system::{Peer, Process, Serve};
use std::cell::RefCell;
use std::time::Instant;

/// What the acceptance asks for.
const HOT_P99_MS_MAX: f64 = 5.0;
const HOT_RATIO_MIN: f64 = 0.4;
const DIFFERENT_P99_MS_MAX: f64 = 40.0;
const FIRST_P99_MS_MAX: f64 = 10.0;
const APART_RATIO_MIN: f64 = 0.4;
const CLIENTS: usize = 64;
const WRITES_PER_SECOND: f64 = 50.0;
const DOCUMENTS: usize = 50;

/// How many boards there are.
#[derive(clap::Args, Debug, Clone, Copy)]
pub struct Count {
    /// Different boards
    #[arg(long, default_value_t = BOARDS)]
    boards: usize,
    /// Readings of each board
    #[arg(long, default_value_t = READINGS)]
    readings: usize,
}

const BOARDS: usize = 1_000;
const READINGS: usize = 60;

impl Default for Count {
    fn default() -> Self {
        Self { boards: BOARDS, readings: READINGS }
    }
}

/// Where boards are read and readings written, and how the system is arranged.
#[derive(Clone, Copy)]
struct Place<'a> {
    reads: &'a Process,
    writes: &'a Process,
    name: &'static str,
    /// Whether the acceptance speaks of this arrangement.
    is_bound: bool,
}

impl Place<'_> {
    fn bound(self, bound: Bound) -> Bound {
        if self.is_bound { bound } else { Bound::None }
    }
}

/// Measures boards with everything in one process and with the services apart. Their rates of different boards are compared,
/// so these take turns: a change of the machine's load hits both. Nobody asks the other one anything meanwhile.
pub async fn run(run: &Run, count: Count, report: &mut Report) -> anyhow::Result<()> {
    let serve = Serve::start(&run.parent, &[]).await?;
    let size = Size::usual(DOCUMENTS, count.boards, count.readings);
    let begun = Instant::now();
    let stage = Stage::set(&serve.operator()?, size, run.seed).await?;
    println!(
        "         {} boards of {} readings were written in {:.0} s",
        count.boards,
        count.readings,
        begun.elapsed().as_secs_f64()
    );
    let (serve, apart) = serve.beside_apart().await?;
    let process = serve.process();
    let one = Place { reads: process, writes: process, name: "in one process", is_bound: true };
    let other = Place { reads: apart.query(), writes: apart.ingest(), name: "services apart", is_bound: false };
    hot(run, one, &stage, report).await?;
    hot(run, other, &stage, report).await?;
    different(run, [one, other], &stage, report).await?;
    first_after_write(run, one, &stage, report).await?;
    first_after_write(run, other, &stage, report).await
}

/// A loop, with the processor time of the process that answers.
async fn watched(
    process: &Process,
    measuring: impl Future<Output = anyhow::Result<Measured>>,
) -> anyhow::Result<Measured> {
    let before = machine::processor_time(process.id())?;
    let mut measured = measuring.await?;
    measured.processor += machine::processor_time(process.id())?.saturating_sub(before);
    Ok(measured)
}

/// Reads a board and answers its bytes.
pub async fn read(client: &mut Client, path: &str) -> anyhow::Result<usize> {
    Ok(client.get(path).await?.expect(200)?.body.len())
}

/// One board again and again, in turns with a bare route that answers as many bytes.
async fn hot(run: &Run, place: Place<'_>, stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    let path = stage.board(&stage.incidents[0]);
    let mut clients = place.reads.target().clients(&stage.tokens, CLIENTS).await?;
    let bytes = read(&mut clients[0], &path).await?;
    let peer = Peer::start(&run.parent, bytes).await?;
    let mut peers = peer.process().target().clients(&stage.tokens, CLIENTS).await?;
    let board = async |client: &mut Client| read(client, &path).await;
    let route = async |client: &mut Client| read(client, crate::peer::PATH).await;
    closed(&mut clients, run.round, board).await?;
    closed(&mut peers, run.round, route).await?;
    let (mut boards, mut routes) = (Measured::default(), Measured::default());
    for _ in 0..run.rounds {
        boards.add(&watched(place.reads, closed(&mut clients, run.round, board)).await?);
        routes.add(&watched(peer.process(), closed(&mut peers, run.round, route)).await?);
    }
    let loops = run.closed(CLIENTS);
    let of = |what: &str| format!("hot board, {}{what}", place.name);
    let how = |side: &Measured| format!("{}, {loops}, {}", side.summary(), side.each());
    let p99 = boards.quantile_ms(0.99);
    report.figure(&of(", p99"), p99, " ms", place.bound(Bound::AtMost(HOT_P99_MS_MAX)), &how(&boards));
    report.figure("bare axum route", routes.rate(), "/s", Bound::None, &how(&routes));
    let ratio = boards.rate() / routes.rate();
    report.figure(&of(" / bare axum route"), ratio, "", place.bound(Bound::AtLeast(HOT_RATIO_MIN)), &loops);
    Ok(())
}

/// Any of the boards, while readings about any of them are written, in one arrangement and in the other.
async fn different(run: &Run, places: [Place<'_>; 2], stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    let mut sides = Vec::new();
    for place in places {
        let mut clients = place.reads.target().clients(&stage.tokens, CLIENTS).await?;
        closed(&mut clients, run.round, async |client| some_board(client, stage).await).await?;
        sides.push((place, clients, Measured::default(), Measured::default()));
    }
    for _ in 0..run.rounds {
        for (place, clients, boards, writes) in &mut sides {
            let reading = closed(clients, run.round, async |client| some_board(client, stage).await);
            let writing = write_some(run, *place, stage);
            let (read, written) = tokio::try_join!(watched(place.reads, reading), writing)?;
            boards.add(&read);
            writes.add(&written);
        }
    }
    for (place, _, boards, writes) in &sides {
        let how = format!(
            "{}, {}, {}, beside an open loop of {WRITES_PER_SECOND:.0}/s ({}, {} refused)",
            boards.summary(),
            run.closed(CLIENTS),
            boards.each(),
            writes.summary(),
            writes.refused,
        );
        let name = format!("{} different boards, {}, p99", stage.incidents.len(), place.name);
        let p99 = boards.quantile_ms(0.99);
        report.figure(&name, p99, " ms", place.bound(Bound::AtMost(DIFFERENT_P99_MS_MAX)), &how);
    }
    let [one, other] = [&sides[0].2, &sides[1].2];
    let name = "different boards, services apart / in one process";
    let ratio = other.rate() / one.rate();
    report.figure(name, ratio, "", Bound::AtLeast(APART_RATIO_MIN), &run.closed(CLIENTS));
    Ok(())
}

async fn some_board(client: &mut Client, stage: &Stage) -> anyhow::Result<usize> {
    read(client, &stage.board(stage.some_incident())).await
}

/// Readings about any of the incidents, for one round.
async fn write_some(run: &Run, place: Place<'_>, stage: &Stage) -> anyhow::Result<Measured> {
    let target = place.writes.target().with_token(&stage.tokens[0]);
    let idle = RefCell::default();
    let connect = async || Client::connect(&target).await;
    open(WRITES_PER_SECOND, run.round, &idle, connect, async |client, due| {
        let reading = stage.reading(stage.some_incident(), 1);
        let answer = client.post(&stage.path("readings"), &reading).await?.unless_busy()?;
        Ok(answer.map(|answer| (due.elapsed(), answer.body.len())))
    })
    .await
}

/// From the acknowledgement of a reading to the board that has it, one after the other.
async fn first_after_write(run: &Run, place: Place<'_>, stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    let mut reader = Client::connect(&place.reads.target().with_token(&stage.tokens[0])).await?;
    let mut writer = Client::connect(&place.writes.target().with_token(&stage.tokens[0])).await?;
    let mut waits = Measured::default();
    let end = Instant::now() + run.whole();
    while Instant::now() < end {
        let incident = stage.some_incident();
        let reading = stage.reading(incident, 1);
        let path = stage.path("readings");
        let sequence = writer.post(&path, &reading).await?.expect(201)?.sequence()?;
        let acknowledged = Instant::now();
        let path = format!("{}?at_least={sequence}&wait_ms=5000", stage.board(incident));
        let bytes = read(&mut reader, &path).await?;
        waits.record(acknowledged.elapsed(), bytes);
    }
    let how = format!(
        "p50 {:.2} ms, p99 {:.2} ms of {}, {:.0} bytes per answer, {}",
        waits.quantile_ms(0.5),
        waits.quantile_ms(0.99),
        waits.count(),
        waits.bytes_mean(),
        run.closed_once(1)
    );
    let name = format!("first answer after a write, {}, p99", place.name);
    let p99 = waits.quantile_ms(0.99);
    report.figure(&name, p99, " ms", place.bound(Bound::AtMost(FIRST_P99_MS_MAX)), &how);
    Ok(())
}
