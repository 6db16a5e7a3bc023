//! Work on the views of a projector: of one that runs, else in a data folder that no process serves.

use std::io::{self, BufWriter, Write, stdout};

use anyhow::Context;
use event_log::EventLog;
use event_log::control::{Command, Compared, Instance, Outcome, Part, Rebuilt, Status, Work};
use event_log::server::{self, Lock};
use indicatif::ProgressBar;
use runtime::ExitCode;
use serde_json::{Value, json};

use super::{bar, print, print_json, until_closed};
use crate::cli::{Dump, OnViews, ProjectorCommand, ProjectorStatus};
use crate::failure::Usage;
use crate::instance;
use crate::log::{Opened, connect_to_command, start_logging};
use crate::settings::Settings;

pub(crate) async fn run(command: &ProjectorCommand) -> anyhow::Result<ExitCode> {
    match command {
        ProjectorCommand::Status(arguments) => status(arguments).await,
        ProjectorCommand::Rebuild(arguments) if arguments.compare => compare(&arguments.views, arguments.json).await,
        ProjectorCommand::Rebuild(arguments) => rebuild(&arguments.views).await,
        ProjectorCommand::Dump(arguments) => dump(arguments).await,
        ProjectorCommand::Compare(arguments) => compare(&arguments.views, arguments.json).await,
        ProjectorCommand::TryStore { folder } => {
            let is_well = projector::try_store(folder)?;
            Ok(if is_well { ExitCode::Ok } else { ExitCode::Unavailable })
        }
    }
}

/// Where the views are that a command is for.
enum Place {
    /// With a projector that runs.
    Running(Running),
    /// In a data folder that no process serves.
    Folder,
}

struct Running {
    log: EventLog,
    instance: Instance,
}

impl Place {
    async fn find(arguments: &OnViews, settings: &Settings) -> anyhow::Result<Self> {
        let instance = match &arguments.instance {
            Some(instance) => instance.clone(),
            None => match in_use(settings)? {
                Some(error) => instance::kept(settings).ok_or(error)?,
                None => return Ok(Self::Folder),
            },
        };
        Ok(Self::Running(Running { log: connect_to_command(settings).await?, instance }))
    }
}

impl Running {
    async fn ask(&self, command: Command, each: impl FnMut(Part) -> io::Result<()>) -> anyhow::Result<Outcome> {
        Ok(self.log.command(&self.instance, command, each).await?)
    }

    /// Has a store filled, and shows how far it is.
    async fn ask_showing(&self, command: Command) -> anyhow::Result<Outcome> {
        let bar = bar();
        let show = |part| {
            show(&bar, &part);
            Ok(())
        };
        let outcome = self.ask(command, show).await;
        bar.finish_and_clear();
        outcome
    }
}

/// Why the data folder cannot be taken; none when nobody works on it.
fn in_use(settings: &Settings) -> Result<Option<server::Error>, server::Error> {
    if !settings.data.exists() {
        return Ok(None);
    }
    match Lock::acquire(&settings.data) {
        Ok(_) => Ok(None),
        Err(error @ server::Error::InUse { .. }) => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

fn begin(arguments: &OnViews) -> anyhow::Result<Settings> {
    let settings = Settings::read(arguments, arguments.on_log.common.config.as_deref())?;
    start_logging(&settings)?;
    Ok(settings)
}

/// Opens the log of a data folder that no process serves.
async fn open_log(settings: &Settings) -> anyhow::Result<Opened> {
    // A server of our own would begin another log beside views that are full.
    if settings.nats_url.is_none() && settings.views().exists() && !settings.data.join("nats").exists() {
        let detail = format!("the log of {} is not in it: say where it is with `--nats-url`", settings.data.display());
        return Err(Usage(detail).into());
    }
    Opened::alone(settings).await
}

fn show(bar: &ProgressBar, part: &Part) {
    if let Part::Progress(Work { position, goal, .. }) = part {
        bar.set_message("records");
        bar.set_length(*goal);
        bar.set_position(*position);
    }
}

fn unexpected(outcome: &Outcome) -> anyhow::Error {
    anyhow::anyhow!("the projector answered something else: {outcome:?}")
}

async fn status(arguments: &ProjectorStatus) -> anyhow::Result<ExitCode> {
    let settings = begin(&arguments.views)?;
    if arguments.all {
        let found = connect_to_command(&settings).await?.projectors().await?;
        if arguments.json {
            print_json(&serde_json::to_value(found)?)?;
        } else if found.is_empty() {
            print("no projector answers")?;
        } else {
            print(found.iter().map(describe).collect::<Vec<_>>().join("\n\n"))?;
        }
        return Ok(ExitCode::Ok);
    }
    match Place::find(&arguments.views, &settings).await? {
        Place::Running(running) => match running.ask(Command::Status, |_| Ok(())).await? {
            Outcome::Status(status) if arguments.json => print_json(&serde_json::to_value(status)?)?,
            Outcome::Status(status) => print(describe(&status))?,
            outcome => return Err(unexpected(&outcome)),
        },
        Place::Folder => status_of_folder(&settings, arguments.json)?,
    }
    Ok(ExitCode::Ok)
}

fn status_of_folder(settings: &Settings, json: bool) -> anyhow::Result<()> {
    let _lock = Lock::acquire(&settings.data)?;
    let stored = projector::status(&settings.projector())?
        .with_context(|| format!("there are no views in {}", settings.data.display()))?;
    let (schema, checksum) = (projector::SCHEMA, hex::encode(stored.checksum));
    if json {
        let value = json!({
            "instance": instance::kept(settings),
            "log_id": stored.log,
            "position": stored.position,
            "serving": false,
            "schema": schema,
            "checksum": checksum,
        });
        print_json(&value)?;
    } else {
        let lines = [
            format!("projector  none runs on {}", settings.data.display()),
            format!("position   {}", stored.position),
            format!("log        {}", stored.log),
            format!("store      schema {schema}, checksum {checksum}"),
        ];
        print(lines.join("\n"))?;
    }
    Ok(())
}

fn describe(status: &Status) -> String {
    let end = match (status.log_position, status.lag()) {
        (Some(end), Some(lag)) => format!("of {end}, {lag} behind"),
        _ => "of a log that does not answer".to_owned(),
    };
    let mut lines = vec![
        format!("projector  {} (gainsay {})", status.instance, status.version),
        format!("position   {} {end}", status.position),
        format!("answers    {}", if status.serving { "yes" } else { "no, not before it has caught up" }),
        format!("log        {}", status.log_id),
        format!("store      schema {}, checksum {}", status.schema, status.checksum),
    ];
    if let Some(Work { command, position, goal, seconds_left }) = &status.work {
        let left = seconds_left.map(|seconds| format!(", {seconds} s left")).unwrap_or_default();
        lines.push(format!("work       {command}, at {position} of {goal}{left}"));
    }
    lines.join("\n")
}

async fn rebuild(arguments: &OnViews) -> anyhow::Result<ExitCode> {
    let settings = begin(arguments)?;
    let Rebuilt { records, bytes, seconds } = match Place::find(arguments, &settings).await? {
        Place::Running(running) => match running.ask_showing(Command::Rebuild).await? {
            Outcome::Rebuilt(rebuilt) => rebuilt,
            outcome => return Err(unexpected(&outcome)),
        },
        Place::Folder => {
            let opened = open_log(&settings).await?;
            let figures = projector::rebuild(&settings.projector(), &opened.log).await;
            opened.close().await;
            let figures = figures?;
            Rebuilt { records: figures.records, bytes: figures.bytes, seconds: figures.took.as_secs_f64() }
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = records as f64 / seconds.max(1e-9);
    eprintln!("{records} records ({bytes} bytes) in {seconds:.1} s, {rate:.0} records/s");
    Ok(ExitCode::Ok)
}

async fn dump(arguments: &Dump) -> anyhow::Result<ExitCode> {
    let settings = begin(&arguments.views)?;
    let mut out = BufWriter::new(stdout());
    match Place::find(&arguments.views, &settings).await? {
        Place::Running(running) => {
            let write = |part| match part {
                Part::Bytes(bytes) => until_closed(out.write_all(&bytes)),
                Part::Progress(_) => Ok(()),
            };
            running.ask(Command::Dump { at: arguments.at }, write).await?;
        }
        Place::Folder => {
            let _lock = Lock::acquire(&settings.data)?;
            projector::dump(&settings.projector(), arguments.at, &mut out)?;
        }
    }
    until_closed(out.flush())?;
    Ok(ExitCode::Ok)
}

async fn compare(arguments: &OnViews, json: bool) -> anyhow::Result<ExitCode> {
    let settings = begin(arguments)?;
    let compared = match Place::find(arguments, &settings).await? {
        Place::Running(running) => match running.ask_showing(Command::Compare).await? {
            Outcome::Compared(compared) => compared,
            outcome => return Err(unexpected(&outcome)),
        },
        Place::Folder => {
            let opened = open_log(&settings).await?;
            let compared = projector::compare(&settings.projector(), &opened.log).await;
            opened.close().await;
            compared?
        }
    };
    if json {
        print_json(&to_json(&compared))?;
    } else if compared.is_equal() {
        print(format!("equal as of position {}: dump {}", compared.at, compared.live_sha256))?;
    } else {
        let Compared { at, live_sha256, rebuilt_sha256 } = &compared;
        print(format!("NOT EQUAL as of position {at}: dump {live_sha256}, built anew {rebuilt_sha256}"))?;
    }
    Ok(if compared.is_equal() { ExitCode::Ok } else { ExitCode::VerificationFailed })
}

fn to_json(compared: &Compared) -> Value {
    let Compared { at, live_sha256, rebuilt_sha256 } = compared;
    json!({ "equal": compared.is_equal(), "at": at, "live_sha256": live_sha256, "rebuilt_sha256": rebuilt_sha256 })
}
