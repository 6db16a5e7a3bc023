//! The description of the routes, OpenAPI 3.1.

mod record;

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::Code;
use runtime::Problem;
use runtime::extract::never_null;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem,
};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{
    ArrayBuilder, ComponentsBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    Content, Header, HeaderBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathsBuilder, Ref, RefOr, Required, Schema,
    SecurityRequirement, Server,
};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::answer::{JSON, NDJSON, SSE, TEXT};
use crate::memento;
use crate::params::HANGS_ON;
use crate::routes::Route;
use record::Record;

/// Name of the security scheme.
const TOKEN: &str = "token";

/// The statuses of refused reads.
const REFUSALS: [StatusCode; 8] = [
    StatusCode::BAD_REQUEST,
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::NOT_FOUND,
    StatusCode::NOT_ACCEPTABLE,
    StatusCode::UNPROCESSABLE_ENTITY,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::SERVICE_UNAVAILABLE,
];

/// What a user looks like: an id, or a handle, which has no capital letters.
const USER_PATTERN: &str = "^[a-z0-9._-]{1,64}$";

/// What is left out looks like: a kind and an id; an annotator is a user.
const WITHOUT_PATTERN: &str =
    "^((source|actor|document|judgement):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|annotator:[a-z0-9._-]{1,64})$";

/// A schema under its name.
pub(crate) type Named = (String, RefOr<Schema>);

/// The document of these routes.
pub(crate) fn document(routes: Vec<Route>) -> OpenApi {
    let info = InfoBuilder::new()
        .title("gainsay")
        .description(Some("Who says who did what: claims as annotators read them, and what follows from them."))
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(license()));
    let mut paths = PathsBuilder::new();
    let mut schemas: BTreeMap<String, RefOr<Schema>> = schemas_of::<Record>().into_iter().collect();
    for route in routes {
        paths = paths.path(route.path, PathItem::new(HttpMethod::Get, route.operation));
        schemas.extend(route.schemas);
    }
    let token = Http::builder().scheme(HttpAuthScheme::Bearer).description(Some(bearer::DESCRIPTION)).build();
    let mut components =
        ComponentsBuilder::new().schemas_from_iter(schemas).security_scheme(TOKEN, SecurityScheme::Http(token)).build();
    Problem::describe(&mut components);
    OpenApiBuilder::new().info(info).servers(Some([Server::new("/")])).paths(paths).components(Some(components)).build()
}

fn license() -> utoipa::openapi::License {
    utoipa::openapi::LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build()
}

/// The description of one operation, in the making.
pub(crate) struct Describe {
    operation: OperationBuilder,
}

impl Describe {
    pub fn new(id: impl Into<String>, tag: &str, summary: impl Into<String>) -> Self {
        let token = SecurityRequirement::new(TOKEN, Vec::<String>::new());
        let operation = OperationBuilder::new().operation_id(Some(id)).tag(tag).summary(Some(summary)).security(token);
        Self { operation }
    }

    pub fn path_parameter(self, name: &str, schema: RefOr<Schema>, description: &str) -> Self {
        self.parameters([path_parameter(name, schema, description)])
    }

    /// Takes these parameters in the query.
    pub fn query<T: IntoParams>(self) -> Self {
        self.parameters(T::into_params(|| Some(ParameterIn::Query)))
    }

    pub fn parameters(self, parameters: impl IntoIterator<Item = Parameter>) -> Self {
        let described = parameters.into_iter().map(|mut parameter| {
            never_null(&mut parameter);
            parameter
        });
        Self { operation: described.fold(self.operation, OperationBuilder::parameter) }
    }

    /// Answers a list.
    pub fn lists(self, list: RefOr<Schema>) -> Self {
        let answer = response("A page of the list.", JSON, Some(list))
            .header("ETag", header("A hash of the content."))
            .header("Link", header("The next page, `rel=\"next\"`; absent at the end."));
        self.answers(answer).not_modified().for_anybody()
    }

    /// Answers a resource.
    pub fn resource(self, one: RefOr<Schema>) -> Self {
        let answer =
            response("The resource.", JSON, Some(one)).header("ETag", header("The revision, as `If-Match` wants it."));
        self.answers(answer).not_modified().for_anybody()
    }

    /// Answers a view.
    pub fn view(self, view: RefOr<Schema>) -> Self {
        let answer = response("The view.", JSON, Some(view)).header("ETag", header("A hash of the content."));
        self.answers(answer).not_modified().for_anybody()
    }

    /// Answers a text.
    pub fn text(self) -> Self {
        let answer = response("The text.", TEXT, Some(String::schema()))
            .header("ETag", header("The salted digest of the text."))
            .header("Gainsay-Text-Salt", header("The salt of the digest, in hexadecimal."));
        self.answers(answer).not_modified().for_anybody()
    }

    /// Answers a stream of records.
    pub fn records(self) -> Self {
        self.answers(response("The records, streamed: one a line.", NDJSON, Some(reference::<Record>()))).for_anybody()
    }

    /// Answers what is so now, which is in no log: without a position, and to be kept by nobody.
    pub fn now(self, description: &str, now: RefOr<Schema>) -> Self {
        let answer =
            response(description, JSON, Some(now)).header("Cache-Control", header("`no-store`: it is so now alone."));
        Self { operation: self.operation.response("200", answer.build()) }
    }

    /// Answers a stream of events that does not end.
    pub fn changes(self) -> Self {
        let resumed = ParameterBuilder::new()
            .name("Last-Event-ID")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "Only records after this position, whatever `after` says: the `id` of the last event that came.",
            ))
            .schema(Some(u64::schema()))
            .build();
        let description = "Server-sent events without end: of each record, `id` is the position and `data` is the record. \
                           With `presence`, events of the type `presence` stand between them. They have no `id`, and are not \
                           repeated to who comes again: it gets `all` anew. Their `data` has a `change`: `all`, with `items` \
                           of `document`, `user` and `since`; `came`, with these three, once for each document that was \
                           opened; `left`, with `document` and `user`, when it was closed or expired; and `unknown`, while \
                           it cannot be told, after which `all` comes again.";
        let answer = response(description, SSE, Some(server_sent_event()));
        self.parameters([resumed]).answers(answer).for_anybody()
    }

    pub fn build(self) -> Operation {
        let mut operation = self.operation.build();
        if memento::is_dated(&operation) {
            memento::describe(&mut operation);
        }
        for parameter in operation.parameters.iter_mut().flatten() {
            let RefOr::T(parameter) = parameter else { continue };
            let item = ObjectBuilder::new().schema_type(Type::String);
            let item = match parameter.name.as_str() {
                "without" => item.pattern(Some(WITHOUT_PATTERN)),
                "hangs_on" => item.enum_values(Some(HANGS_ON)),
                _ => continue,
            };
            parameter.schema = Some(Schema::from(ArrayBuilder::new().items(item).build()).into());
        }
        Problem::answers(&mut operation, &REFUSALS);
        operation
    }

    fn answers(self, answer: ResponseBuilder) -> Self {
        let answer = answer.header("Gainsay-As-Of", position()).build();
        Self { operation: self.operation.response("200", answer) }
    }

    fn not_modified(self) -> Self {
        let known = ParameterBuilder::new()
            .name("If-None-Match")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("The `ETag` of a copy: 304 when it is still good."))
            .schema(Some(String::schema()))
            .build();
        let unchanged = Response::new("The copy is still good.");
        Self { operation: self.operation.parameter(known).response("304", unchanged) }
    }

    /// Needs no token for a project that the installation lets anybody read.
    fn for_anybody(self) -> Self {
        Self { operation: self.operation.security(SecurityRequirement::default()) }
    }
}

/// The schema of one event of a stream: what validators and generators of clients take for that of the stream.
fn server_sent_event() -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let data = text().content_media_type(JSON);
    let event = ObjectBuilder::new().property("id", text()).property("event", text()).property("data", data);
    Schema::from(event.required("data").build()).into()
}

/// The schema of an id.
pub(crate) fn uuid() -> RefOr<Schema> {
    let format = SchemaFormat::KnownFormat(KnownFormat::Uuid);
    Schema::from(ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build()).into()
}

/// The schema of a number in a path.
pub(crate) fn number() -> RefOr<Schema> {
    u32::schema()
}

/// The schema of a code in a path.
pub(crate) fn codes<T: Code>() -> RefOr<Schema> {
    let codes = T::ALL.iter().map(|code| code.as_str());
    Schema::from(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).build()).into()
}

/// The schema of a user in a path: an id or a handle.
pub(crate) fn user() -> RefOr<Schema> {
    Schema::from(ObjectBuilder::new().schema_type(Type::String).pattern(Some(USER_PATTERN)).build()).into()
}

pub(crate) fn path_parameter(name: &str, schema: RefOr<Schema>, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

/// A reference to a schema.
pub(crate) fn reference<T: ToSchema>() -> RefOr<Schema> {
    Ref::from_schema_name(T::name()).into()
}

/// Any of these.
pub(crate) fn one_of<const N: usize>(schemas: [RefOr<Schema>; N]) -> RefOr<Schema> {
    let any = schemas.into_iter().fold(OneOfBuilder::new(), OneOfBuilder::item);
    Schema::from(any.build()).into()
}

/// A schema and all that it refers to.
pub(crate) fn schemas_of<T: ToSchema>() -> Vec<Named> {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    schemas
}

/// A page of these.
pub(crate) fn list_of<T: ToSchema>() -> RefOr<Schema> {
    let nullable = SchemaType::from_iter([Type::String, Type::Null]);
    let next =
        ObjectBuilder::new().schema_type(nullable).description(Some("The cursor of the next page; null at the end."));
    let page = ObjectBuilder::new()
        .property("items", ArrayBuilder::new().items(reference::<T>()))
        .property("next", next)
        .required("items")
        .required("next");
    Schema::from(page.build()).into()
}

/// A page of records.
pub(crate) fn list_of_records() -> RefOr<Schema> {
    list_of::<Record>()
}

fn response(description: &str, media: &str, schema: Option<RefOr<Schema>>) -> ResponseBuilder {
    ResponseBuilder::new().description(description).content(media, Content::new(schema))
}

fn header(description: &str) -> Header {
    HeaderBuilder::new().schema(Some(String::schema())).description(Some(description)).build()
}

fn position() -> Header {
    let description = "The position in the project's log as of which the answer holds.";
    HeaderBuilder::new().schema(Some(u64::schema())).description(Some(description)).build()
}

#[cfg(test)]
mod tests;
