//! Projects, their members, policies and codebooks.

use std::sync::Arc;

use axum::extract::State;
use domain::access::{self, Action};
use domain::id::{INSTALLATION, ProjectId, UserId};
use domain::project::{self, Project};
use domain::text::Text;
use domain::{Code, Event, Kind};
use runtime::{Path, Problem};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::InProject;
use super::describe::{Changed, Created, MaybeAgainst, Repeatable};
use crate::answer::{Answer, MemberWritten, Published, Written};
use crate::auth::{outside, project_address, viewer};
use crate::body::project::{NewCodebook, NewMembership, NewPolicy, NewProject};
use crate::body::token::{user, user_invalid};
use crate::execute::{Command, Decision, Loaded, Outcome};
use crate::failure::Failure;
use crate::request::{Ask, Bare};
use crate::service::Service;

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(create_project))
        .routes(routes!(put_member, delete_member))
        .routes(routes!(post_policy))
        .routes(routes!(post_codebook))
}

/// The path of a member.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Member {
    /// The project.
    project: Uuid,
    /// The user: a UUID or a handle `[a-z0-9._-]{1,64}`.
    #[param(pattern = "^[a-z0-9._-]{1,64}$")]
    user: String,
}

/// Create a project. Operators alone may; the creator becomes its admin.
#[utoipa::path(
    post, path = "/v1/projects", tag = "projects", params(Repeatable), request_body = NewProject,
    responses(Created<Written>), security(("token" = []))
)]
async fn create_project(State(service): State<Service>, ask: Ask<NewProject>) -> Result<Answer, Problem> {
    Ok(create(&service, &ask).await?)
}

async fn create(service: &Service, ask: &Ask<NewProject>) -> Result<Answer, Failure> {
    access::check(&outside(&ask.caller), Action::Create, Kind::Project)?;
    let path = "projects";
    let naming = ask.naming(INSTALLATION, ask.body.id, path);
    let project = ProjectId::new(naming.id);
    let command = ask.command("projects", project_address(project), naming.command_id, path);
    let decide = |loaded: Arc<Loaded<Project>>| async move {
        let name = Text::parse(ask.body.name.clone(), "/name")?;
        let create = project::Command::Create { name, blind: ask.body.blind, creator: ask.caller.user };
        Ok(Decision::new(loaded.state.decide(create)?, Vec::new()))
    };
    let outcome = service.create(&command, decide).await?;
    let body = Written::new(project.uuid(), &outcome);
    Ok(Answer::created(&command, &outcome, &format!("projects/{project}"), &body))
}

/// Carries out what governs a project. The role is checked on the state on which it is decided.
async fn govern<T: Sync>(
    service: &Service,
    project: ProjectId,
    ask: &Ask<T>,
    command: &Command,
    asked: &project::Command,
) -> Result<Outcome, Failure> {
    service.enter(&ask.caller, project).await?.check(Action::Govern, Kind::Project)?;
    let decide = |loaded: Arc<Loaded<Project>>| async move {
        access::check(&viewer(&ask.caller, project, &loaded.state), Action::Govern, Kind::Project)?;
        ask.condition.optional(&loaded)?;
        Ok(Decision::new(loaded.state.decide(asked.clone())?, Vec::new()))
    };
    service.change(command, decide).await
}

/// Make a user a member, or give a member another role.
#[utoipa::path(
    put, path = "/v1/projects/{project}/members/{user}", tag = "projects", params(Member, Repeatable, MaybeAgainst),
    request_body = NewMembership, responses(Changed<MemberWritten>), security(("token" = []))
)]
async fn put_member(
    State(service): State<Service>,
    Path(member): Path<Member>,
    ask: Ask<NewMembership>,
) -> Result<Answer, Problem> {
    let (project, user) = member.parse()?;
    let command = ask.change("members", project_address(project), &format!("projects/{project}/members/{user}"));
    let grant = project::Command::GrantRole { user, role: ask.body.role };
    let outcome = govern(&service, project, &ask, &command, &grant).await?;
    Ok(answer(&command, &outcome, user, Some(ask.body.role.as_str())))
}

/// End a membership.
#[utoipa::path(
    delete, path = "/v1/projects/{project}/members/{user}", tag = "projects", params(Member, Repeatable, MaybeAgainst),
    responses(Changed<MemberWritten>), security(("token" = []))
)]
async fn delete_member(
    State(service): State<Service>,
    Path(member): Path<Member>,
    Bare(ask): Bare,
) -> Result<Answer, Problem> {
    let (project, user) = member.parse()?;
    let command = ask.change("members", project_address(project), &format!("projects/{project}/members/{user}"));
    let outcome = govern(&service, project, &ask, &command, &project::Command::RevokeRole { user }).await?;
    Ok(answer(&command, &outcome, user, None))
}

fn answer(command: &Command, outcome: &Outcome, user: UserId, role: Option<&'static str>) -> Answer {
    let body = MemberWritten { user: user.uuid(), role, revision: outcome.revision, sequence: outcome.sequence };
    Answer::changed(command, outcome, &body)
}

impl Member {
    fn parse(&self) -> Result<(ProjectId, UserId), Failure> {
        Ok((ProjectId::new(self.project), user(&self.user).ok_or_else(user_invalid)?))
    }
}

/// Publish a policy version: under which rules readings become positions.
#[utoipa::path(
    post, path = "/v1/projects/{project}/policies", tag = "projects", params(InProject, Repeatable, MaybeAgainst),
    request_body = NewPolicy, responses(Created<Published>), security(("token" = []))
)]
async fn post_policy(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    ask: Ask<NewPolicy>,
) -> Result<Answer, Problem> {
    Ok(publish_policy(&service, path.project(), &ask).await?)
}

/// Publishes a policy version.
pub(super) async fn publish_policy(
    service: &Service,
    project: ProjectId,
    ask: &Ask<NewPolicy>,
) -> Result<Answer, Failure> {
    let asked = project::Command::PublishPolicy(ask.body.policy()?);
    publish(service, project, ask, "policies", &asked).await
}

/// Publish a codebook version: what annotators look for, and in which terms.
#[utoipa::path(
    post, path = "/v1/projects/{project}/codebooks", tag = "projects", params(InProject, Repeatable, MaybeAgainst),
    request_body = NewCodebook, responses(Created<Published>), security(("token" = []))
)]
async fn post_codebook(
    State(service): State<Service>,
    Path(path): Path<InProject>,
    ask: Ask<NewCodebook>,
) -> Result<Answer, Problem> {
    Ok(publish_codebook(&service, path.project(), &ask).await?)
}

/// Publishes a codebook version.
pub(super) async fn publish_codebook(
    service: &Service,
    project: ProjectId,
    ask: &Ask<NewCodebook>,
) -> Result<Answer, Failure> {
    let asked = project::Command::PublishCodebook(ask.body.codebook()?);
    publish(service, project, ask, "codebooks", &asked).await
}

async fn publish<T: Sync>(
    service: &Service,
    project: ProjectId,
    ask: &Ask<T>,
    collection: &'static str,
    asked: &project::Command,
) -> Result<Answer, Failure> {
    let path = format!("projects/{project}/{collection}");
    let command = ask.change(collection, project_address(project), &path);
    let outcome = govern(service, project, ask, &command, asked).await?;
    let version = outcome.events.iter().find_map(|event| match event {
        Event::Project(
            project::Event::PolicyPublished { version, .. } | project::Event::CodebookPublished { version, .. },
        ) => Some(*version),
        _ => None,
    });
    let version = version.ok_or_else(|| Failure::damaged(&path, &"the record publishes no version"))?;
    let body = Published { version, revision: outcome.revision, sequence: outcome.sequence };
    Ok(Answer::created(&command, &outcome, &format!("{path}/{version}"), &body))
}
