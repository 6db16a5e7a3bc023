//! The claim timeline of an incident.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use runtime::{Path, Problem, Query};
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskTimeline, Timeline};

use super::Route;
use super::difference::{self, Between, Sought};
use crate::App;
use crate::answer::{JSON, Validator, ask_without, json, mismatched};
use crate::auth::Caller;
use crate::difference::ViewDifference;
use crate::openapi::{Describe, one_of, reference, schemas_of, uuid};
use crate::params::{Moment, TimelineParams, quotes, without, without_query};
use crate::rest::Rest;

pub(super) fn route() -> Route {
    let summary = "What is said about an incident in the order in which it was said: before it, after it, or nobody can \
                   tell; and what replaces or withdraws what. An utterance of which not all quotes are shown has \
                   `quotes_next`, a link to the same timeline with more.";
    let operation = Describe::new("get_timeline", "incidents", summary)
        .path_parameter("project", uuid(), "The project.")
        .path_parameter("id", uuid(), "The incident.")
        .query::<TimelineParams>()
        .view(one_of([reference::<Timeline>(), reference::<ViewDifference>()]))
        .build();
    let schemas = schemas_of::<Timeline>().into_iter().chain(schemas_of::<ViewDifference>()).collect();
    Route::new("/v1/projects/{project}/incidents/{id}/timeline", JSON, operation, timeline).schemas(schemas)
}

async fn timeline(
    State(app): State<App>,
    caller: Caller,
    Path((project, incident)): Path<(Uuid, Uuid)>,
    Query(params): Query<TimelineParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    let without = without(&params.without)?;
    let quotes = quotes(params.quotes)?;
    let moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?.under(params.policy);
    let ask = async |Sought { moment, without, is_from: _ }: Sought| {
        let left_out = without_query(&without);
        let question = Question::Timeline(AskTimeline { incident: incident.to_string(), quotes });
        let answer = ask_without(&app, viewer.clone(), Some(project), moment, without, question).await?;
        let (as_of, Answer::Timeline(mut timeline)) = answer else { return Err(mismatched()) };
        let policy = timeline.policy;
        let base =
            format!("/v1/projects/{project}/incidents/{incident}/timeline?as_of={as_of}&policy={policy}{left_out}");
        Rest { base, shown: quotes }.link(&mut timeline);
        Ok((as_of, timeline))
    };
    let between = Between::asked(params.diff_to.as_deref(), params.wait_ms, moment, &without)?;
    if let Some(Between { from, to }) = between {
        let after = ask(to).await?;
        return difference::answer(ask(from).await?, after, &headers);
    }
    let (as_of, timeline) = ask(Sought::only(moment, without)).await?;
    json(&headers, as_of, &Validator::Content, &timeline)
}
