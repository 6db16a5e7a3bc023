//! Importing lines, and taking batches of them back.

use std::io::{IsTerminal, stderr};
use std::path::Path;

use anyhow::Context;
use futures::TryStreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Body;
use runtime::{ExitCode, Problem};
use serde::Deserialize;
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use super::{Output, ask_for_page, in_project, print, print_json};
use crate::cli::{Import, Imports, RevertImport};
use crate::client::{self, Client};
use crate::failure::Usage;
use crate::table::{self, ImportPage};
use crate::terminal::{Terminal, plain};

/// Bytes read from the file at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// The result of one line.
#[derive(Debug, Deserialize)]
pub(crate) struct LineResult {
    /// The line, counted from 1.
    pub line: u64,
    /// The position of its record.
    #[serde(default)]
    sequence: Option<u64>,
    /// Whether it was there before.
    #[serde(default)]
    replayed: bool,
    /// Why it was refused.
    #[serde(default)]
    pub problem: Option<Problem>,
}

/// What became of all lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Stored now.
    pub stored: u64,
    /// There before.
    pub replayed: u64,
    /// Refused.
    pub refused: u64,
    /// Not decided, since a part of the service did not answer.
    pub undecided: u64,
    /// The last position among them.
    pub sequence: u64,
    /// The batch that they make.
    pub batch: Option<Uuid>,
}

/// Which batch the lines are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    /// Its id; a fresh one when absent.
    pub id: Option<Uuid>,
    /// What it is called.
    pub name: Option<String>,
}

/// Sends lines to a project and hands out the result of each, as it came and as it is understood, when it comes.
pub(crate) async fn import(
    client: &Client,
    project: Uuid,
    batch: &Batch,
    lines: impl Into<Body>,
    mut each: impl FnMut(&str, &LineResult) -> anyhow::Result<()>,
) -> anyhow::Result<Tally> {
    let path = format!("/v1/projects/{project}/imports");
    let name: Vec<_> = batch.name.iter().map(|name| ("name", name.clone())).collect();
    let response = client.post_lines(&path, &name, batch.id, lines).await?;
    let batch = response.headers().get("idempotency-key").and_then(|id| id.to_str().ok()?.parse().ok());
    let mut results = client.lines(&path, response);
    let mut tally = Tally { batch, ..Tally::default() };
    while let Some(result) = results.try_next().await? {
        let line: LineResult =
            serde_json::from_str(&result).with_context(|| format!("the result `{result}` is not understood"))?;
        match (&line.problem, line.replayed) {
            (Some(problem), _) if problem.status().is_server_error() => tally.undecided += 1,
            (Some(_), _) => tally.refused += 1,
            (None, true) => tally.replayed += 1,
            (None, false) => tally.stored += 1,
        }
        tally.sequence = tally.sequence.max(line.sequence.unwrap_or_default());
        each(&result, &line)?;
    }
    Ok(tally)
}

pub(crate) async fn run(arguments: &Import) -> anyhow::Result<ExitCode> {
    let (settings, project) = in_project(&arguments.project)?;
    let client = Client::from_settings(&settings)?;
    let file = arguments.file.as_ref().ok_or_else(|| Usage("which file? say its name".to_owned()))?;
    let reading = || format!("cannot read {}", file.display());
    let bar = bar(file).await.with_context(reading)?;
    let content = ReaderStream::with_capacity(File::open(file).await.with_context(reading)?, CHUNK_BYTES);
    let batch = Batch { id: arguments.batch, name: arguments.name.clone() };
    let mut output = Output::new();
    let tally = import(&client, project, &batch, Body::wrap_stream(content), |result, line| {
        bar.inc(1);
        if let Some(problem) = &line.problem {
            bar.suspend(|| eprintln!("{}", describe(file, line.line, problem)));
        }
        if arguments.json {
            output.line(result)?;
        }
        Ok(())
    })
    .await;
    bar.finish_and_clear();
    let Tally { stored, replayed, refused, undecided, batch, .. } = tally?;
    output.end()?;
    eprintln!("{stored} stored, {replayed} there already, {refused} refused");
    if undecided > 0 {
        eprintln!("{undecided} not decided, for the service was in trouble: import the file again");
    }
    if let Some(batch) = batch {
        eprintln!("batch {batch}");
    }
    Ok(match (refused, undecided) {
        (0, 0) => ExitCode::Ok,
        (_, 0) => ExitCode::Refused,
        _ => ExitCode::Unavailable,
    })
}

/// What became of one record of a batch, or of the batch.
#[derive(Debug, Deserialize)]
struct RevertLine {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    id: Option<Uuid>,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    reverted: Option<u64>,
    #[serde(default)]
    kept: Option<u64>,
    #[serde(default)]
    problem: Option<Problem>,
}

pub(crate) async fn revert(arguments: &RevertImport) -> anyhow::Result<ExitCode> {
    let (settings, project) = in_project(&arguments.project)?;
    let client = Client::from_settings(&settings)?;
    let batch = format!("/v1/projects/{project}/imports/{}", arguments.batch);
    let found: wire::view::Import = client.get_json(&batch, &[]).await?;
    let path = format!("{batch}/revert");
    let response = client.post_against(found.revision, &path).await?;
    let mut results = client.lines(&path, response);
    let (mut output, mut last) = (Output::new(), None);
    while let Some(result) = results.try_next().await? {
        let line: RevertLine =
            serde_json::from_str(&result).with_context(|| format!("the result `{result}` is not understood"))?;
        if line.outcome == "kept" {
            let id = line.id.map(|id| id.to_string()).unwrap_or_default();
            let (reason, detail) = (line.reason.unwrap_or_default(), line.detail.unwrap_or_default());
            eprintln!("kept {} {id}: {}: {}", plain(&line.kind), plain(&reason), plain(&detail));
        } else if line.outcome.is_empty() {
            last = Some(line);
        }
        if arguments.json {
            output.line(&result)?;
        }
    }
    output.end()?;
    match last {
        Some(RevertLine { reverted: Some(reverted), kept: Some(kept), .. }) => {
            eprintln!("{reverted} taken back, {kept} kept");
            Ok(ExitCode::Ok)
        }
        Some(RevertLine { problem: Some(problem), .. }) => Err(client::Error::from(problem).into()),
        Some(_) | None => {
            eprintln!("the answer broke off: revert the batch again, it goes on with the rest");
            Ok(ExitCode::Unavailable)
        }
    }
}

pub(crate) async fn list(arguments: &Imports) -> anyhow::Result<ExitCode> {
    let status: Vec<_> = arguments.status.iter().map(|status| ("status", status.clone())).collect();
    let answer = ask_for_page(&arguments.list, "imports", &status).await?;
    if arguments.list.json {
        print_json(&answer)?;
    } else {
        let page: ImportPage = serde_json::from_value(answer)?;
        print(table::imports(&page, Terminal::stdout()).trim_end())?;
    }
    Ok(ExitCode::Ok)
}

/// A bar over the lines of a file, on a terminal.
async fn bar(file: &Path) -> std::io::Result<ProgressBar> {
    if !stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let mut lines = BufReader::new(File::open(file).await?);
    let (mut total, mut line) = (0, Vec::new());
    while lines.read_until(b'\n', &mut line).await? > 0 {
        total += 1;
        line.clear();
    }
    let style =
        ProgressStyle::with_template("{wide_bar} {pos}/{len} lines, {eta} left").expect("the template is constant");
    Ok(ProgressBar::new(total).with_style(style))
}

/// Why a line was refused, with the fields at fault.
fn describe(file: &Path, line: u64, problem: &Problem) -> String {
    let mut text = format!("{}:{line}: {}", file.display(), plain(&problem.to_string()));
    for fault in problem.faults() {
        let place = fault.pointer.as_deref().or(fault.parameter.as_deref()).unwrap_or_default();
        if !place.is_empty() {
            text = format!("{text}\n    {}: {}", plain(place), plain(&fault.detail));
        }
    }
    text
}
