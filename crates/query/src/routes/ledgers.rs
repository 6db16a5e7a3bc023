//! Ledgers of actors and sources.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use runtime::{Path, Problem, Query};
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{AskLedger, Ledger};

use super::Route;
use super::difference::{self, Between, Sought};
use crate::App;
use crate::answer::{AsOf, JSON, Validator, ask_without, json, link_next, mismatched, query_without};
use crate::auth::Caller;
use crate::difference::ViewDifference;
use crate::openapi::{Describe, one_of, reference, schemas_of, uuid};
use crate::params::{LedgerParams, Moment, Page, exclusive, quotes, without};
use crate::rest::Rest;

/// Whose ledger it is.
#[derive(Clone, Copy)]
struct Whose {
    /// In the path.
    collection: &'static str,
    /// As in [`AskLedger`].
    one: &'static str,
    summary: &'static str,
}

const ACTORS: Whose = Whose {
    collection: "actors",
    one: "actor",
    summary: "What an actor says and what is said of it, of its parts and of its fronts, over all incidents, classes, \
              relations and opinions of conduct: each utterance as its board has it.",
};
const SOURCES: Whose = Whose {
    collection: "sources",
    one: "source",
    summary: "What a source reports, adopts, relays and distances itself from, over all incidents, classes, relations and \
              opinions of conduct: each utterance as its board has it; and how much of it derives from others.",
};

pub(super) fn routes() -> [Route; 2] {
    [ACTORS, SOURCES].map(|whose| {
        let Whose { collection, one, summary } = whose;
        let operation = Describe::new(format!("get_{one}_ledger"), collection, summary)
            .path_parameter("project", uuid(), "The project.")
            .path_parameter("id", uuid(), &format!("The {one}."))
            .query::<LedgerParams>()
            .lists(one_of([reference::<Ledger>(), reference::<ViewDifference>()]))
            .build();
        let path = format!("/v1/projects/{{project}}/{collection}/{{id}}/ledger");
        let schemas = schemas_of::<Ledger>().into_iter().chain(schemas_of::<ViewDifference>()).collect();
        Route::new(path, JSON, operation, ledger).given(whose).schemas(schemas)
    })
}

async fn ledger(
    State(app): State<App>,
    Extension(whose): Extension<Whose>,
    caller: Caller,
    Path((project, id)): Path<(Uuid, Uuid)>,
    Query(params): Query<LedgerParams>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    let without = without(&params.without)?;
    let quotes = quotes(params.quotes)?;
    let mut moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?.under(params.policy);
    let page = Page::new(params.limit, params.cursor.as_deref(), params.scope(uri.path()), &mut moment)?;
    let ask = async |Sought { moment, without, is_from }: Sought| {
        let question = Question::Ledger(AskLedger {
            kind: whose.one.to_owned(),
            id: id.to_string(),
            limit: page.limit,
            after: page.after,
            quotes,
        });
        let answer = ask_without(&app, viewer.clone(), Some(project), moment, without, question).await?;
        let (as_of, Answer::Ledger(mut ledger)) = answer else { return Err(mismatched()) };
        let page = if is_from { page.of(params.scope_of_from(uri.path())) } else { page };
        ledger.next = ledger.after.map(|after| page.next(as_of, after));
        Rest { base: same_page(&uri, &params, as_of, is_from), shown: quotes }.link(&mut ledger);
        Ok((as_of, ledger))
    };
    let between = Between::asked(params.diff_to.as_deref(), params.wait_ms, moment, &without)?;
    if let Some(Between { from, to }) = between {
        if params.cursor.is_some() {
            return Err(exclusive("diff_to", "cursor"));
        }
        let after = ask(to).await?;
        return difference::answer(ask(from).await?, after, &headers);
    }
    let (as_of, ledger) = ask(Sought::only(moment, without)).await?;
    let response = json(&headers, as_of, &Validator::Content, &ledger)?;
    Ok(match &ledger.next {
        Some(cursor) => link_next(response, &uri, cursor),
        None => response,
    })
}

/// The URL of this page as of this position. A cursor has the position in it already, and belongs to `as_of` as it was
/// given; without one a time gives way, which may mean another position later. What a difference is from leaves nothing out.
fn same_page(uri: &Uri, params: &LedgerParams, as_of: AsOf, is_from: bool) -> String {
    if params.cursor.is_some() {
        return format!("{}?{}", uri.path(), query_without(uri, &["quotes"]));
    }
    let others: &[&str] =
        if is_from { &["quotes", "as_of", "diff_to", "without"] } else { &["quotes", "as_of", "diff_to"] };
    let query = query_without(uri, others);
    let separator = if query.is_empty() { "" } else { "&" };
    format!("{}?{query}{separator}as_of={as_of}", uri.path())
}
