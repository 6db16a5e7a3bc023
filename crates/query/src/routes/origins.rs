//! The circular-reporting graph of an incident.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use runtime::{Path, Problem, Query};
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskOrigins, Origins};

use super::Route;
use super::difference::{self, Between, Sought};
use crate::App;
use crate::answer::{JSON, Validator, ask_without, json, mismatched};
use crate::auth::Caller;
use crate::difference::ViewDifference;
use crate::openapi::{Describe, one_of, reference, schemas_of, uuid};
use crate::params::{Moment, OriginsParams, without};

pub(super) fn route() -> Route {
    let summary = "Who copies whom: the passages in which the support on perpetrator and ordered stands, what they derive \
                   from, and from how many documents all of it comes.";
    let operation = Describe::new("get_origins", "incidents", summary)
        .path_parameter("project", uuid(), "The project.")
        .path_parameter("id", uuid(), "The incident.")
        .query::<OriginsParams>()
        .view(one_of([reference::<Origins>(), reference::<ViewDifference>()]))
        .build();
    let schemas = schemas_of::<Origins>().into_iter().chain(schemas_of::<ViewDifference>()).collect();
    Route::new("/v1/projects/{project}/incidents/{id}/origins", JSON, operation, origins).schemas(schemas)
}

async fn origins(
    State(app): State<App>,
    caller: Caller,
    Path((project, incident)): Path<(Uuid, Uuid)>,
    Query(params): Query<OriginsParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    let without = without(&params.without)?;
    let moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?.under(params.policy);
    let ask = async |Sought { moment, without, is_from: _ }: Sought| {
        let question = Question::Origins(AskOrigins { incident: incident.to_string() });
        let answer = ask_without(&app, viewer.clone(), Some(project), moment, without, question).await?;
        let (as_of, Answer::Origins(origins)) = answer else { return Err(mismatched()) };
        Ok((as_of, origins))
    };
    let between = Between::asked(params.diff_to.as_deref(), params.wait_ms, moment, &without)?;
    if let Some(Between { from, to }) = between {
        let after = ask(to).await?;
        return difference::answer(ask(from).await?, after, &headers);
    }
    let (as_of, origins) = ask(Sought::only(moment, without)).await?;
    json(&headers, as_of, &Validator::Content, &origins)
}
