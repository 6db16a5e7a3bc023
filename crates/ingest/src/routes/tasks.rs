//! Tasks: who reads which document, each under a lease.
//!
//! What an annotator does with a task needs no revision, for the lease is the condition; and none is told, for it would
//! count what others do who are not to be seen before the task is closed.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Action;
use domain::id::{ProjectId, UserId};
use domain::task::{self, Task};
use domain::{Event, Kind};
use runtime::{Path, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;
use wire::json::rfc3339;

use super::collection::Collection;
use super::describe::{Changed, Created, MaybeAgainst, Repeatable, Worked};
use super::{InProject, OneOf};
use crate::answer::{Answer, LeaseWritten, TaskWorked, Written};
use crate::auth::Inside;
use crate::body::adjudication::NewReason;
use crate::body::task::{NewSubmission, NewTask};
use crate::execute::{Command, Decision, Freshness, Loaded, Outcome, now_us};
use crate::failure::Failure;
use crate::request::{Ask, Bare, Empty};
use crate::service::Service;

/// Where tasks stand.
const TASKS: Collection = Collection { name: "tasks", kind: Kind::Task };
/// How often the queue is asked for, when all that it named were taken in between.
const ROUNDS_MAX: usize = 4;

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(post_task))
        .routes(routes!(post_next))
        .routes(routes!(post_renew))
        .routes(routes!(post_submit))
        .routes(routes!(post_skip))
        .routes(routes!(post_close))
}

/// Open a task: a revision of a document that is to be read by several people. Curators may.
#[utoipa::path(
    post, path = "/v1/projects/{project}/tasks", tag = "tasks", params(InProject, Repeatable),
    request_body = NewTask, responses(Created<Written>), security(("token" = []))
)]
async fn post_task(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    ask: Ask<NewTask>,
) -> Result<Answer, Problem> {
    Ok(open(&service, path.project(), &ask).await?)
}

/// Opens a task.
pub(super) async fn open(service: &Service, project: ProjectId, ask: &Ask<NewTask>) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    let command = TASKS.creation(inside, ask, ask.body.id)?;
    let decide = |loaded: Arc<Loaded<Task>>| async move {
        let terms = ask.body.terms()?;
        let (_, reliance) = service.revision(project, terms.document, terms.revision).await?;
        Ok(Decision::new(loaded.state.decide(task::Command::Open(terms))?, vec![inside.reliance(), reliance]))
    };
    let outcome = service.create(&command, decide).await?;
    Ok(TASKS.created(&command, &outcome, &Written::new(command.address.id, &outcome)))
}

/// Lease the next task: the highest priority first, of these the least covered, of these the oldest.
///
/// Who holds a lease gets that task again. 404 `no_task` says that there is none for you now.
#[utoipa::path(
    post, path = "/v1/projects/{project}/tasks/next", tag = "tasks", params(InProject, Repeatable),
    responses(Worked<LeaseWritten>), security(("token" = []))
)]
async fn post_next(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    Bare(ask): Bare,
) -> Result<Answer, Problem> {
    Ok(next(&service, path.project(), &ask).await?)
}

/// Leases the next task.
async fn next(service: &Service, project: ProjectId, ask: &Ask<Empty>) -> Result<Answer, Failure> {
    let inside = &service.enter(&ask.caller, project).await?;
    inside.check(Action::Work, Kind::Task)?;
    let annotator = ask.caller.user;
    let command_id = ask.key.unwrap_or_else(Uuid::now_v7);
    for _round in 0..ROUNDS_MAX {
        let queue = service.queue(project, annotator, command_id).await?;
        if let Some(id) = queue.held.filter(|_| queue.answered.is_none()) {
            let loaded = service.load::<Task>(&inside.address(Kind::Task, id), Freshness::Leader).await?;
            if loaded.state.opened().is_some_and(|opened| opened.is_held(annotator, now_us())) {
                let position = service.position_of(&inside.address(Kind::Task, id), annotator).await?;
                return held(inside, id, command_id, &loaded, (annotator, position));
            }
        }
        // A command that leased a task before finds itself there, whatever has become of the lease.
        let candidates = queue.answered.map_or(queue.tasks, |id| vec![id]);
        if candidates.is_empty() {
            break;
        }
        for id in candidates {
            let path = format!("projects/{project}/tasks/next");
            let command = ask.command(TASKS.name, inside.address(Kind::Task, id), command_id, &path);
            let decide = |loaded: Arc<Loaded<Task>>| async move {
                let lease = task::Command::Lease { annotator, now_us: now_us() };
                Ok(Decision::new(loaded.state.decide(lease)?, vec![inside.reliance()]))
            };
            match service.change(&command, decide).await {
                Ok(outcome) => return leased(service, &command, &outcome).await,
                // Somebody else was faster, or the read side had not seen all: on to the next.
                Err(Failure::Refused(rejection)) if rejection.why == domain::Why::Conflict => {}
                Err(failure) => return Err(failure),
            }
        }
    }
    let detail = "there is no task for you now: all are read, or taken, or are not yours; ask again later";
    Err(Problem::new(StatusCode::NOT_FOUND, "no_task", detail).into())
}

/// The answer that somebody holds a lease already. Nothing is recorded.
fn held(
    inside: &Inside,
    id: Uuid,
    command_id: Uuid,
    loaded: &Loaded<Task>,
    (annotator, position): (UserId, u64),
) -> Result<Answer, Failure> {
    let until = loaded.state.opened().and_then(|opened| opened.leases.get(&annotator)).copied();
    let body = lease(id, loaded, (annotator, until), position)?;
    Ok(Answer {
        status: StatusCode::OK,
        body: serde_json::to_value(body).expect("answers are plain values with string keys"),
        location: Some(format!("/v1/projects/{}/tasks/{id}", inside.project)),
        revision: None,
        sequence: position,
        key: Some(command_id),
        replayed: false,
    })
}

/// What is told of a lease.
fn lease(
    id: Uuid,
    loaded: &Loaded<Task>,
    (annotator, until): (UserId, Option<i64>),
    sequence: u64,
) -> Result<LeaseWritten, Failure> {
    let terms = &loaded.state.opened().ok_or_else(|| TASKS.absent())?.terms;
    Ok(LeaseWritten {
        id,
        annotator: annotator.uuid(),
        document: terms.document.uuid(),
        document_revision: terms.revision,
        until: rfc3339(until.unwrap_or_default()),
        sequence,
    })
}

/// The answer to who leased a task, or renewed the lease.
async fn leased(service: &Service, command: &Command, outcome: &Outcome) -> Result<Answer, Failure> {
    let until = outcome.events.iter().find_map(|event| match event {
        Event::Task(task::Event::TaskLeased { until_us, .. } | task::Event::LeaseRenewed { until_us, .. }) => {
            Some(*until_us)
        }
        _ => None,
    });
    let held = (command.author, until);
    let loaded = service.load::<Task>(&command.address, Freshness::Existing).await?;
    let body = lease(command.address.id, &loaded, held, outcome.sequence)?;
    let path = format!("/v1/projects/{}/tasks/{}", command.address.project, command.address.id);
    Ok(Answer { location: Some(path), revision: None, ..Answer::changed(command, outcome, &body) })
}

/// Hold your lease for longer; or take it again after it ran out, while a place is free.
#[utoipa::path(
    post, path = "/v1/projects/{project}/tasks/{id}/renew", tag = "tasks", params(OneOf, Repeatable),
    responses(Worked<LeaseWritten>), security(("token" = []))
)]
async fn post_renew(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    Bare(ask): Bare,
) -> Result<Answer, Problem> {
    let annotator = ask.caller.user;
    let renew = |_| async move { Ok((task::Command::Renew { annotator, now_us: now_us() }, Vec::new())) };
    let (command, outcome) = work(&service, &path, &ask, "renew", renew).await?;
    Ok(leased(&service, &command, &outcome).await?)
}

/// Submit what you found in the document. The last submission that is asked for closes the task.
#[utoipa::path(
    post, path = "/v1/projects/{project}/tasks/{id}/submit", tag = "tasks", params(OneOf, Repeatable),
    request_body = NewSubmission, responses(Worked<TaskWorked>), security(("token" = []))
)]
async fn post_submit(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    ask: Ask<NewSubmission>,
) -> Result<Answer, Problem> {
    let (service, ask, annotator) = (&service, &ask, ask.caller.user);
    let inside = &service.enter(&ask.caller, path.project()).await?;
    let submit = |opened: task::Opened| async move {
        let submission = ask.body.submission()?;
        let relied_on = service.submitted(inside, opened.terms.document, annotator, &submission).await?;
        Ok((task::Command::Submit { annotator, submission, now_us: now_us() }, relied_on))
    };
    let (command, outcome) = work(service, &path, ask, "submit", submit).await?;
    Ok(worked(&command, &outcome))
}

/// The answer to who submitted a task or skipped it.
fn worked(command: &Command, outcome: &Outcome) -> Answer {
    let closed = outcome.events.iter().any(|event| matches!(event, Event::Task(task::Event::TaskClosed)));
    let body = TaskWorked { id: command.address.id, closed, sequence: outcome.sequence };
    Answer { revision: None, ..Answer::changed(command, outcome, &body) }
}

/// Do not read the document: your place is free again, and you are not given the task again.
#[utoipa::path(
    post, path = "/v1/projects/{project}/tasks/{id}/skip", tag = "tasks", params(OneOf, Repeatable),
    request_body = NewReason, responses(Worked<TaskWorked>), security(("token" = []))
)]
async fn post_skip(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    ask: Ask<NewReason>,
) -> Result<Answer, Problem> {
    let (ask, annotator) = (&ask, ask.caller.user);
    let skip = |_| async move {
        let reason = ask.body.reason()?;
        Ok((task::Command::Skip { annotator, reason, now_us: now_us() }, Vec::new()))
    };
    let (command, outcome) = work(&service, &path, ask, "skip", skip).await?;
    Ok(worked(&command, &outcome))
}

/// Carries out what an annotator does with a task.
async fn work<T, F>(
    service: &Service,
    path: &OneOf,
    ask: &Ask<T>,
    part: &str,
    command: impl Fn(task::Opened) -> F + Sync,
) -> Result<(Command, Outcome), Failure>
where
    T: Sync,
    F: Future<Output = Result<(task::Command, Vec<wire::record::Reliance>), Failure>> + Send,
{
    let inside = &service.enter(&ask.caller, path.project()).await?;
    inside.check(Action::Work, Kind::Task)?;
    let made = TASKS.change_below(inside, ask, path.id, part);
    let command = &command;
    let decide = |loaded: Arc<Loaded<Task>>| async move {
        let opened = loaded.state.opened().ok_or_else(|| TASKS.absent())?.clone();
        let (command, mut relied_on) = command(opened).await?;
        relied_on.push(inside.reliance());
        Ok(Decision::new(loaded.state.decide(command)?, relied_on))
    };
    let outcome = service.change(&made, decide).await?;
    Ok((made, outcome))
}

/// Close a task: nobody reads it any more. What was recorded stays. Curators may.
#[utoipa::path(
    post, path = "/v1/projects/{project}/tasks/{id}/close", tag = "tasks", params(OneOf, Repeatable, MaybeAgainst),
    responses(Changed<Written>), security(("token" = []))
)]
async fn post_close(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    Bare(ask): Bare,
) -> Result<Answer, Problem> {
    let (service, ask) = (&service, &ask);
    let inside = &service.enter(&ask.caller, path.project()).await?;
    let command = TASKS.change_below(inside, ask, path.id, "close");
    let decide = |loaded: Arc<Loaded<Task>>| async move {
        TASKS.check_there(&loaded)?;
        inside.check_change(&loaded)?;
        ask.condition.optional(&loaded)?;
        Ok(Decision::new(loaded.state.decide(task::Command::Close)?, vec![inside.reliance()]))
    };
    let outcome = service.change(&command, decide).await?;
    Ok(Answer::changed(&command, &outcome, &Written::new(path.id, &outcome)))
}
