//! Measures gainsay against bare peers, in the same run on the same machine.
//!
//! What is measured are processes of their own, started here, each with its folder on a disk. The load comes from this
//! process, from one thread, so that most of the machine is left to what is measured, and so that peers meet the same
//! client.

mod boards;
mod client;
mod fill;
mod history;
mod idle;
mod large;
mod load;
mod machine;
mod merge;
mod peer;
mod postgres;
mod rebuild;
mod report;
mod run;
mod stage;
mod system;
mod visible;
mod writes;

use anyhow::Context;
use clap::{Parser, Subcommand};
use report::Report;
use run::Run;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// That of the program: what is rebuilt here is to cost what it costs there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The exit code when a bound was missed and that was not to be.
const MISSED: u8 = 3;

#[derive(Parser)]
#[command(version, about)]
struct Args {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    options: Options,
}

/// How it is measured.
#[derive(clap::Args)]
struct Options {
    /// Exit with code 3 when a bound was missed
    #[arg(long, global = true)]
    strict: bool,
    /// Where folders are made; the first usual one that is on a disk when absent
    #[arg(long, global = true, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Seed of what is generated
    #[arg(long, global = true, default_value_t = 20_210_504)]
    seed: u64,
    /// Seconds that a loop runs at a time
    #[arg(long, global = true, default_value_t = 3.0)]
    seconds: f64,
    /// How often it runs; the sides of a comparison take turns
    #[arg(long, global = true, default_value_t = 3)]
    rounds: usize,
}

#[derive(Subcommand)]
enum What {
    /// Everything
    All,
    /// Commands over HTTP, beside the same records published raw
    Writes,
    /// Boards: one again and again, many different ones beside writes, the first answer after a write
    Boards(boards::Count),
    /// The board of one incident with very many readings: again and again, and first after a write
    Large(large::Count),
    /// A judgement that two actors of very many incidents are one, until every list is right
    Merge(merge::Count),
    /// From the acknowledgement of a command to what reads show
    Visible,
    /// Fill a log with a generated history and rebuild the views from it
    Rebuild(rebuild::Size),
    /// Memory of `serve` after the demo was loaded and read
    Idle,
    /// A `PostgreSQL` table with a unique (stream, version), where there is a `PostgreSQL`
    Postgres,
    /// Fill the log of a folder with a generated history
    #[command(hide = true)]
    Fill(rebuild::Folder),
    /// Read a folder's log with a bare consumer, then rebuild its views
    #[command(hide = true)]
    Measure(rebuild::Folder),
    /// Serve a bare route
    #[command(hide = true)]
    Peer(Peer),
}

#[derive(clap::Args)]
struct Peer {
    #[arg(long)]
    listen: SocketAddr,
    #[arg(long)]
    port_file: PathBuf,
    /// Bytes of its answers
    #[arg(long)]
    bytes: usize,
}

fn main() -> ExitCode {
    let Args { what, options } = Args::parse();
    match run(what.unwrap_or(What::All), options) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(what: What, options: Options) -> anyhow::Result<ExitCode> {
    let strict = options.strict;
    let mut report = Report::default();
    let (seed, rounds) = (options.seed, options.rounds);
    match what {
        // These are steps of a run, in processes of their own.
        What::Fill(folder) => several_threads()?.block_on(until_asked(rebuild::fill(&folder, seed)))?,
        What::Measure(folder) => {
            several_threads()?.block_on(until_asked(rebuild::measure(&folder.data, rounds, &mut report)))?;
        }
        What::Peer(Peer { listen, port_file, bytes }) => {
            several_threads()?.block_on(peer::serve(listen, &port_file, bytes))?;
        }
        What::All => return all(options),
        one => {
            let run = begin(options)?;
            part(one, &run, &mut report)?;
            report.finish();
        }
    }
    Ok(if strict && report.is_missed() { MISSED.into() } else { ExitCode::SUCCESS })
}

/// Runs every part, also when one of them fails.
fn all(options: Options) -> anyhow::Result<ExitCode> {
    let strict = options.strict;
    let run = begin(options)?;
    let mut report = Report::default();
    let mut failed = false;
    let parts = [
        What::Writes,
        What::Postgres,
        What::Boards(boards::Count::default()),
        What::Large(large::Count::default()),
        What::Merge(merge::Count::default()),
        What::Visible,
        What::Rebuild(rebuild::Size::default()),
        What::Idle,
    ];
    for what in parts {
        if let Err(error) = part(what, &run, &mut report) {
            if error.is::<Asked>() {
                return Err(error);
            }
            failed = true;
            println!("  FAILED {error:#}");
        }
    }
    report.finish();
    Ok(match failed {
        true => ExitCode::FAILURE,
        false if strict && report.is_missed() => MISSED.into(),
        false => ExitCode::SUCCESS,
    })
}

/// Says what is measured on.
fn begin(options: Options) -> anyhow::Result<Run> {
    let Options { strict: _, folder, seed, seconds, rounds } = options;
    let round = Duration::try_from_secs_f64(seconds).context("`--seconds` is a number of seconds")?;
    let run = Run { parent: machine::parent(folder)?, seed, round, rounds };
    println!("{}", machine::describe(&run.parent)?);
    Ok(run)
}

fn part(what: What, run: &Run, report: &mut Report) -> anyhow::Result<()> {
    one_thread()?.block_on(until_asked(async {
        match what {
            What::Writes => writes::run(run, report.part("writes")).await,
            What::Boards(count) => boards::run(run, count, report.part("boards")).await,
            What::Large(count) => large::run(run, count, report.part("large")).await,
            What::Merge(count) => merge::run(run, count, report.part("merge")).await,
            What::Visible => visible::run(run, report.part("visible")).await,
            What::Rebuild(size) => rebuild::run(run, &size, report.part("rebuild")).await,
            What::Idle => idle::run(run, report.part("idle")).await,
            What::Postgres => postgres::run(run, report.part("postgres")).await,
            What::All | What::Fill(_) | What::Measure(_) | What::Peer(_) => Ok(()),
        }
    }))
}

/// Breaks off when the process is asked to end, so that what it started is ended too.
async fn until_asked(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let shutdown = runtime::Shutdown::on_signals()?;
    tokio::select! {
        done = work => done,
        () = shutdown.requested() => Err(Asked.into()),
    }
}

/// The process was asked to end.
#[derive(Debug)]
struct Asked;

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("asked to end")
    }
}

impl std::error::Error for Asked {}

/// A runtime for loads.
fn one_thread() -> anyhow::Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// A runtime for what is measured itself.
fn several_threads() -> anyhow::Result<Runtime> {
    Ok(Builder::new_multi_thread().enable_all().build()?)
}
