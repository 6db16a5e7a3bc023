//! The projects that the viewer can see.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use runtime::{Path, Problem, Query};
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{Get, ListProjects, Project};

use super::Route;
use super::collections::{answer_page, answer_resource};
use crate::App;
use crate::answer::{JSON, ask, mismatched};
use crate::auth::Caller;
use crate::cursor::Scope;
use crate::openapi::{Describe, list_of, reference, schemas_of, uuid};
use crate::params::{Moment, Page, ProjectsParams, ResourceParams, refuse_unsupported};

const LIST: &str = "/v1/projects";

pub(super) fn routes() -> [Route; 2] {
    let list = Describe::new("list_projects", "projects", "The projects that the viewer can see, oldest first.")
        .query::<ProjectsParams>()
        .lists(list_of::<Project>())
        .build();
    let one = Describe::new("get_project", "projects", "A project.")
        .path_parameter("project", uuid(), "The project.")
        .query::<ResourceParams>()
        .resource(reference::<Project>())
        .build();
    [
        Route::new(LIST, JSON, list, list_projects).schemas(schemas_of::<Project>()),
        Route::new("/v1/projects/{project}", JSON, one, get_project).schemas(schemas_of::<Project>()),
    ]
}

async fn list_projects(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ProjectsParams>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_installation()?;
    let mut moment = Moment::new(None, params.at_least, params.wait_ms)?;
    let page = Page::new(params.limit, params.cursor.as_deref(), Scope::new(LIST, []), &mut moment)?;
    let question = Question::ListProjects(ListProjects { limit: page.limit, after: page.after });
    match ask(&app, viewer, None, moment, question).await? {
        (as_of, Answer::Page(found)) => answer_page(&headers, &uri, as_of, page, found),
        _ => Err(mismatched()),
    }
}

async fn get_project(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<Uuid>,
    Query(params): Query<ResourceParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    refuse_unsupported(&params.without, params.diff_to.as_deref())?;
    let moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?.under(params.policy);
    let question = Question::Get(Get { collection: "projects".to_owned(), id: project.to_string() });
    match ask(&app, viewer, Some(project), moment, question).await? {
        (as_of, Answer::Resource(resource)) => answer_resource(&headers, as_of, resource),
        _ => Err(mismatched()),
    }
}
