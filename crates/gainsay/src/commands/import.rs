//! Importing lines.

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

use super::{Output, in_project};
use crate::cli::Import;
use crate::client::Client;
use crate::terminal::plain;

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
}

/// Sends lines to a project and hands out the result of each, as it came and as it is understood, when it comes.
pub(crate) async fn import(
    client: &Client,
    project: Uuid,
    lines: impl Into<Body>,
    mut each: impl FnMut(&str, &LineResult) -> anyhow::Result<()>,
) -> anyhow::Result<Tally> {
    let path = format!("/v1/projects/{project}/imports");
    let response = client.post_lines(&path, lines).await?;
    let mut results = client.lines(&path, response);
    let mut tally = Tally::default();
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
    let file = &arguments.file;
    let reading = || format!("cannot read {}", file.display());
    let bar = bar(file).await.with_context(reading)?;
    let content = ReaderStream::with_capacity(File::open(file).await.with_context(reading)?, CHUNK_BYTES);
    let mut output = Output::new();
    let tally = import(&client, project, Body::wrap_stream(content), |result, line| {
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
    let Tally { stored, replayed, refused, undecided, .. } = tally?;
    output.end()?;
    eprintln!("{stored} stored, {replayed} there already, {refused} refused");
    if undecided > 0 {
        eprintln!("{undecided} not decided, for the service was in trouble: import the file again");
    }
    Ok(match (refused, undecided) {
        (0, 0) => ExitCode::Ok,
        (_, 0) => ExitCode::Refused,
        _ => ExitCode::Unavailable,
    })
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
