//! Tasks: opening, leasing, submitting, skipping and closing them.

use runtime::ExitCode;
use serde_json::{Value, json};
use uuid::Uuid;
use wire::view::Task as Shown;

use super::{ask_for_page, in_project, print, print_json};
use crate::cli::{InProject, OneTask, Task, TaskList, TaskNext, TaskOpen, TaskSkip, TaskSubmit};
use crate::client::Client;
use crate::table;
use crate::terminal::Terminal;

pub(crate) async fn run(command: &Task) -> anyhow::Result<ExitCode> {
    match command {
        Task::List(arguments) => list(arguments).await,
        Task::Open(arguments) => open(arguments).await,
        Task::Next(arguments) => next(arguments).await,
        Task::Renew(arguments) => act(arguments, "renew", None).await,
        Task::Submit(arguments) => submit(arguments).await,
        Task::Skip(TaskSkip { task, reason }) => act(task, "skip", Some(json!({ "reason": reason }))).await,
        Task::Close(arguments) => act(arguments, "close", None).await,
    }
}

async fn list(arguments: &TaskList) -> anyhow::Result<ExitCode> {
    let TaskList { list, status, document } = arguments;
    let status = status.clone().map(|status| ("status", status));
    let document = document.map(|document| ("document", document.to_string()));
    let filters: Vec<_> = status.into_iter().chain(document).collect();
    let answer = ask_for_page(list, "tasks", &filters).await?;
    if list.json {
        print_json(&answer)?;
    } else {
        let tasks: Vec<Shown> = serde_json::from_value(answer["items"].clone())?;
        let next = answer["next"].as_str().map(str::to_owned);
        print(table::tasks(&tasks, next.as_ref(), Terminal::stdout()).trim_end())?;
    }
    Ok(ExitCode::Ok)
}

async fn open(arguments: &TaskOpen) -> anyhow::Result<ExitCode> {
    let TaskOpen { project, document, revision, overlap, lease_seconds, priority, assignees, json } = arguments;
    // Whatever is no number is the service's to refuse.
    let overlap = overlap.parse::<u32>().map_or_else(|_| overlap.as_str().into(), Value::from);
    let mut body = json!({ "document": document, "revision": revision, "overlap": overlap, "priority": priority });
    if let Some(seconds) = lease_seconds {
        body["lease_seconds"] = (*seconds).into();
    }
    if !assignees.is_empty() {
        body["assignees"] = assignees.clone().into();
    }
    let answer = command(project, "tasks", Some(body)).await?;
    if *json {
        print_json(&answer)?;
    } else {
        print(answer["id"].as_str().unwrap_or_default())?;
    }
    Ok(ExitCode::Ok)
}

async fn next(arguments: &TaskNext) -> anyhow::Result<ExitCode> {
    let answer = command(&arguments.project, "tasks/next", None).await?;
    show(&answer, arguments.json)
}

async fn submit(arguments: &TaskSubmit) -> anyhow::Result<ExitCode> {
    let TaskSubmit { task, readings, no_claims, nothing_found } = arguments;
    let body = json!({ "readings": readings, "no_claims": no_claims, "nothing_found": nothing_found });
    act(task, "submit", Some(body)).await
}

async fn act(task: &OneTask, part: &str, body: Option<Value>) -> anyhow::Result<ExitCode> {
    let answer = command(&task.project, &format!("tasks/{}/{part}", task.task), body).await?;
    show(&answer, task.json)
}

/// Sends one command about tasks.
async fn command(project: &InProject, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
    let (settings, project) = in_project(project)?;
    let path = format!("/v1/projects/{project}/{path}");
    Ok(Client::from_settings(&settings)?.command(Uuid::now_v7(), &path, body.as_ref()).await?)
}

/// What became of a task.
fn show(answer: &Value, json: bool) -> anyhow::Result<ExitCode> {
    if json {
        print_json(answer)?;
        return Ok(ExitCode::Ok);
    }
    let text = |field: &str| answer[field].as_str().unwrap_or_default().to_owned();
    let mut line = format!("task {}", text("id"));
    if answer["until"].is_string() {
        let revision = &answer["document_revision"];
        line = format!("{line}: revision {revision} of document {}, yours until {}", text("document"), text("until"));
    } else if answer["closed"] == true {
        line = format!("{line}: done, and closed, for nobody else is to read it");
    } else {
        line = format!("{line}: done");
    }
    print(line)?;
    Ok(ExitCode::Ok)
}
