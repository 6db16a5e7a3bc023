//! The commands of people and operators.

pub(crate) mod agreement;
pub(crate) mod archive;
pub(crate) mod board;
pub(crate) mod changes;
pub(crate) mod doctor;
pub(crate) mod erase;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod identity;
pub(crate) mod import;
pub(crate) mod ledger;
pub(crate) mod origins;
pub(crate) mod presence;
pub(crate) mod project;
pub(crate) mod projector;
pub(crate) mod relation;
pub(crate) mod replay;
pub(crate) mod suggest;
pub(crate) mod task;
pub(crate) mod timeline;
pub(crate) mod token;
pub(crate) mod undo;
pub(crate) mod verify;
pub(crate) mod work;
pub(crate) mod worklist;

use std::io::{self, BufWriter, IsTerminal, Stdout, Write, stderr};

use indicatif::{ProgressBar, ProgressStyle};
use runtime::ExitCode;
use serde_json::Value;
use uuid::Uuid;

use crate::cli::{InProject, OfIncident, Worklist};
use crate::client::Client;
use crate::demo;
use crate::failure::Usage;
use crate::settings::Settings;

/// The settings of a command in a project, and the project.
fn in_project(arguments: &InProject) -> anyhow::Result<(Settings, Uuid)> {
    let settings = Settings::read(arguments, arguments.client.common.config.as_deref())?;
    let of_demo = || demo::Marker::read(&settings.data).map(|marker| marker.project);
    let project = settings
        .project
        .or_else(of_demo)
        .ok_or_else(|| Usage("which project? say `--project <id>`, or set GAINSAY_PROJECT".to_owned()))?;
    Ok((settings, project))
}

/// The answer to a question about an incident.
async fn ask_about(arguments: &OfIncident, view: &str, also: &[(&str, String)]) -> anyhow::Result<Value> {
    ask_about_at(arguments, view, also, arguments.as_of.as_ref()).await
}

/// The same as of another position; without the name of a view, the incident itself.
async fn ask_about_at(
    arguments: &OfIncident,
    view: &str,
    also: &[(&str, String)],
    as_of: Option<&String>,
) -> anyhow::Result<Value> {
    let (settings, project) = in_project(&arguments.project)?;
    let of_demo = || demo::Marker::read(&settings.data).filter(|marker| marker.project == project);
    let incident = arguments
        .incident
        .or_else(|| Some(of_demo()?.incident))
        .ok_or_else(|| Usage("which incident? say its id; `/v1/projects/<project>/incidents` lists them".to_owned()))?;
    let path = format!("/v1/projects/{project}/incidents/{incident}/{view}");
    let mut query = under(also, as_of, arguments.policy);
    query.extend(without(&arguments.without));
    Ok(Client::from_settings(&settings)?.get_json(path.trim_end_matches('/'), &query).await?)
}

/// A query with the position or time as of which it is asked, and with the policy.
fn under<'a>(also: &[(&'a str, String)], as_of: Option<&String>, policy: Option<u32>) -> Vec<(&'a str, String)> {
    let moment = as_of.map(|as_of| ("as_of", as_of.clone()));
    let policy = policy.map(|policy| ("policy", policy.to_string()));
    also.iter().cloned().chain(moment).chain(policy).collect()
}

/// What is to be left out, for a query.
fn without<'a>(left_out: &[String]) -> impl Iterator<Item = (&'a str, String)> {
    left_out.iter().map(|without| ("without", without.clone()))
}

/// A page of a list in a project.
async fn ask_for_page(arguments: &Worklist, list: &str, also: &[(&str, String)]) -> anyhow::Result<Value> {
    let (settings, project) = in_project(&arguments.project)?;
    let mut query = under(also, arguments.as_of.as_ref(), arguments.policy);
    query.push(("limit", arguments.limit.to_string()));
    query.extend(arguments.cursor.clone().map(|cursor| ("cursor", cursor)));
    let path = format!("/v1/projects/{project}/{list}");
    Ok(Client::from_settings(&settings)?.get_json(&path, &query).await?)
}

/// Standard output, line by line. A reader that went away, such as `head`, is no failure: the command then ends as if
/// everything had been read.
struct Output(BufWriter<Stdout>);

impl Output {
    fn new() -> Self {
        Self(BufWriter::new(io::stdout()))
    }

    fn line(&mut self, line: impl AsRef<str>) -> io::Result<()> {
        until_closed(writeln!(self.0, "{}", line.as_ref()))
    }

    /// Writes a line that somebody waits for; false when the reader went away.
    fn line_now(&mut self, line: impl AsRef<str>) -> io::Result<bool> {
        match writeln!(self.0, "{}", line.as_ref()).and_then(|()| self.0.flush()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        until_closed(self.0.flush())
    }

    fn end(mut self) -> io::Result<()> {
        until_closed(self.0.flush())
    }
}

fn until_closed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(ExitCode::Ok.number().into()),
        result => result,
    }
}

/// Prints one text.
fn print(text: impl AsRef<str>) -> io::Result<()> {
    let mut output = Output::new();
    output.line(text)?;
    output.end()
}

fn print_json(value: &Value) -> io::Result<()> {
    print(serde_json::to_string_pretty(value).expect("a JSON value always serialises"))
}

/// How far something is, where people look.
fn bar() -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec}, {eta} left")
        .expect("the template is constant");
    ProgressBar::new(0).with_style(style)
}
