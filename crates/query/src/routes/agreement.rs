//! The agreement report.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use runtime::{Path, Problem, Query};
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{Agreement, AskAgreement};

use super::Route;
use crate::App;
use crate::answer::{JSON, Validator, ask, json, link_next, mismatched};
use crate::auth::Caller;
use crate::openapi::{Describe, reference, schemas_of, uuid};
use crate::params::{self, AgreementParams, Moment, Page, refuse_unsupported, view_scope};

pub(super) fn route() -> Route {
    let summary = "How far annotators agree on what the same passages say: Krippendorff's alpha, Cohen's and Fleiss' kappa, \
                   the F1 of passages, and what acts most probably are by the model of Dawid and Skene; and the units \
                   with what each annotator reads in them. No policy changes it.";
    let operation = Describe::new("get_agreement", "work", summary)
        .path_parameter("project", uuid(), "The project.")
        .query::<AgreementParams>()
        .lists(reference::<Agreement>())
        .build();
    Route::new("/v1/projects/{project}/agreement", JSON, operation, agreement).schemas(schemas_of::<Agreement>())
}

async fn agreement(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<Uuid>,
    Query(params): Query<AgreementParams>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    refuse_unsupported(&params.without, params.diff_to.as_deref())?;
    let mut moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?.under(params.policy);
    let document = params.document.as_deref().map(|document| params::uuid("document", document)).transpose()?;
    let (policy, codebook) = (params.policy.map(|it| it.to_string()), params.codebook.map(|it| it.to_string()));
    let filters =
        [("document", document.as_deref()), ("codebook", codebook.as_deref()), ("status", params.status.as_deref())];
    let scope = view_scope(uri.path(), params.as_of.as_deref(), policy.as_deref(), filters);
    let page = Page::new(params.limit, params.cursor.as_deref(), scope, &mut moment)?;
    let question = Question::Agreement(AskAgreement {
        document,
        codebook: params.codebook,
        limit: page.limit,
        after: page.after,
        status: params.status,
    });
    let (as_of, Answer::Agreement(mut agreement)) = ask(&app, viewer, Some(project), moment, question).await? else {
        return Err(mismatched());
    };
    agreement.next = agreement.after.map(|after| page.next(as_of, after));
    let response = json(&headers, as_of, &Validator::Content, &agreement)?;
    Ok(match &agreement.next {
        Some(cursor) => link_next(response, &uri, cursor),
        None => response,
    })
}
