//! Lists and single resources: one pair of handlers for all collections of a project.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use runtime::{Path, Problem, Query};
use utoipa::ToSchema;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::{RefOr, Schema};
use uuid::Uuid;
use wire::view::reply::Answer;
use wire::view::request::Question;
use wire::view::{
    Actor, Adjudication, Annotation, Assessment, Codebook, Derivation, Document, Get, Import, Incident, Judgement,
    List, Member, Policy, Reading, Relation, Resource, Source, Task, Without,
};

use super::Route;
use crate::App;
use crate::answer::{AsOf, Item, JSON, PageOf, Validator, ask_without, json, link_next, mismatched};
use crate::auth::Caller;
use crate::openapi::{Describe, Named, list_of, number, path_parameter, reference, schemas_of, user, uuid};
use crate::params::{ListParams, Moment, Page, ResourceParams, refuse_diff_to, refuse_unsupported, user_id, without};

/// By what a member of a collection is named in the path.
#[derive(Clone, Copy)]
enum Id {
    Uuid,
    /// A number counted from 0 or 1.
    Version,
    /// A UUID or a handle.
    User,
}

/// A collection of a project.
#[derive(Clone, Copy)]
struct Collection {
    /// As in the path and in [`List`].
    name: &'static str,
    /// One of it.
    one: &'static str,
    id: Id,
    describe: fn() -> Description,
}

/// How the members of a collection look.
struct Description {
    one: RefOr<Schema>,
    list: RefOr<Schema>,
    schemas: Vec<Named>,
}

fn of<T: ToSchema>() -> Description {
    Description { one: reference::<T>(), list: list_of::<T>(), schemas: schemas_of::<T>() }
}

const COLLECTIONS: [Collection; 16] = [
    Collection { name: "sources", one: "source", id: Id::Uuid, describe: of::<Source> },
    Collection { name: "documents", one: "document", id: Id::Uuid, describe: of::<Document> },
    Collection { name: "incidents", one: "incident", id: Id::Uuid, describe: of::<Incident> },
    Collection { name: "actors", one: "actor", id: Id::Uuid, describe: of::<Actor> },
    Collection { name: "relations", one: "relation", id: Id::Uuid, describe: of::<Relation> },
    Collection { name: "annotations", one: "annotation", id: Id::Uuid, describe: of::<Annotation> },
    Collection { name: "readings", one: "reading", id: Id::Uuid, describe: of::<Reading> },
    Collection { name: "judgements", one: "judgement", id: Id::Uuid, describe: of::<Judgement> },
    Collection { name: "derivations", one: "derivation", id: Id::Uuid, describe: of::<Derivation> },
    Collection { name: "assessments", one: "assessment", id: Id::Uuid, describe: of::<Assessment> },
    Collection { name: "tasks", one: "task", id: Id::Uuid, describe: of::<Task> },
    Collection { name: "adjudications", one: "adjudication", id: Id::Uuid, describe: of::<Adjudication> },
    Collection { name: "imports", one: "import", id: Id::Uuid, describe: of::<Import> },
    Collection { name: "policies", one: "policy", id: Id::Version, describe: of::<Policy> },
    Collection { name: "codebooks", one: "codebook", id: Id::Version, describe: of::<Codebook> },
    Collection { name: "members", one: "member", id: Id::User, describe: of::<Member> },
];

pub(super) fn routes() -> impl Iterator<Item = Route> {
    COLLECTIONS.into_iter().flat_map(|collection| [list_route(collection), get_route(collection)])
}

fn list_route(collection: Collection) -> Route {
    let Collection { name, describe, .. } = collection;
    let description = describe();
    let operation = Describe::new(format!("list_{name}"), name, format!("The {name} of a project, oldest first."))
        .path_parameter("project", uuid(), "The project.")
        .query::<ListParams>()
        .lists(description.list)
        .build();
    Route::new(format!("/v1/projects/{{project}}/{name}"), JSON, operation, list)
        .given(collection)
        .schemas(description.schemas)
}

fn get_route(collection: Collection) -> Route {
    let Collection { name, one, id, describe } = collection;
    let description = describe();
    let operation = Describe::new(format!("get_{one}"), name, format!("One of the {name}."))
        .path_parameter("project", uuid(), "The project.")
        .parameters([id.parameter()])
        .query::<ResourceParams>()
        .resource(description.one)
        .build();
    let path = format!("/v1/projects/{{project}}/{name}/{{{}}}", id.name());
    Route::new(path, JSON, operation, get_one).given(collection).schemas(description.schemas)
}

impl Collection {
    /// What is to be left out; of all collections, incidents alone have a status that hangs on it.
    fn without(self, given: &[String]) -> Result<Vec<Without>, Problem> {
        if self.name == "incidents" {
            return without(given);
        }
        refuse_unsupported(given, None)?;
        Ok(Vec::new())
    }
}

impl Id {
    /// Its name in the path.
    fn name(self) -> &'static str {
        match self {
            Self::Uuid => "id",
            Self::Version => "version",
            Self::User => "user",
        }
    }

    fn parameter(self) -> Parameter {
        match self {
            Self::Uuid => path_parameter("id", uuid(), "The id."),
            Self::Version => path_parameter("version", number(), "The version."),
            Self::User => path_parameter("user", user(), "The user: an id or a handle."),
        }
    }

    /// Reads the id from the path; in the form that the views know.
    fn parse(self, text: &str) -> Result<String, Problem> {
        let (parsed, expected) = match self {
            Self::Uuid => (Uuid::try_parse(text).ok().map(|id| id.to_string()), "a UUID"),
            Self::Version => (text.parse::<u32>().ok().map(|version| version.to_string()), "a version"),
            Self::User => (user_id(text), "a user, which is a UUID or a handle of `a-z0-9._-`"),
        };
        parsed.ok_or_else(|| {
            Problem::bad_request("invalid_path", format!("`{}` in the path: `{text}` is not {expected}", self.name()))
        })
    }
}

async fn list(
    State(app): State<App>,
    Extension(collection): Extension<Collection>,
    caller: Caller,
    Path(project): Path<Uuid>,
    Query(params): Query<ListParams>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    refuse_diff_to(params.diff_to.as_deref())?;
    let without = collection.without(&params.without)?;
    let mut moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?.under(params.policy);
    let page = Page::new(params.limit, params.cursor.as_deref(), params.scope(uri.path()), &mut moment)?;
    let filter = params.filter()?;
    let question = Question::List(List {
        collection: collection.name.to_owned(),
        limit: page.limit,
        after: page.after,
        filter: Some(filter),
    });
    match ask_without(&app, viewer, Some(project), moment, without, question).await? {
        (as_of, Answer::Page(found)) => answer_page(&headers, &uri, as_of, page, found),
        _ => Err(mismatched()),
    }
}

async fn get_one(
    State(app): State<App>,
    Extension(collection): Extension<Collection>,
    caller: Caller,
    Path((project, id)): Path<(Uuid, String)>,
    Query(params): Query<ResourceParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.of_project(&app, project)?;
    let id = collection.id.parse(&id)?;
    refuse_diff_to(params.diff_to.as_deref())?;
    let without = collection.without(&params.without)?;
    let moment = Moment::new(params.as_of.as_deref(), params.at_least, params.wait_ms)?.under(params.policy);
    let question = Question::Get(Get { collection: collection.name.to_owned(), id });
    match ask_without(&app, viewer, Some(project), moment, without, question).await? {
        (as_of, Answer::Resource(resource)) => answer_resource(&headers, as_of, resource),
        _ => Err(mismatched()),
    }
}

/// The answer to a list.
pub(super) fn answer_page(
    request: &HeaderMap,
    uri: &Uri,
    as_of: AsOf,
    page: Page,
    found: wire::view::Page,
) -> Result<Response, Problem> {
    let items = found.items.into_iter().map(Item::new).collect::<Result<Vec<_>, _>>()?;
    let next = found.next.map(|after| page.next(as_of, after));
    let body = PageOf { items, next };
    let response = json(request, as_of, &Validator::Content, &body)?;
    Ok(match &body.next {
        Some(cursor) => link_next(response, uri, cursor),
        None => response,
    })
}

/// The answer to a single resource.
pub(super) fn answer_resource(request: &HeaderMap, as_of: AsOf, resource: Resource) -> Result<Response, Problem> {
    let item = Item::new(resource)?;
    json(request, as_of, &item.validator(), &item)
}
