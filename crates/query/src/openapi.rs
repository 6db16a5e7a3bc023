//! The description of the routes, OpenAPI 3.1.

use std::collections::BTreeMap;

use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem,
};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{
    ArrayBuilder, ComponentsBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    Content, Header, HeaderBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathsBuilder, Ref, RefOr, Required, Schema,
    SecurityRequirement,
};
use utoipa::{IntoParams, IntoResponses, PartialSchema, ToSchema};

use crate::answer::{JSON, NDJSON, TEXT};
use crate::routes::Route;

/// Name of the security scheme.
const TOKEN: &str = "token";

/// A schema under its name.
pub(crate) type Named = (String, RefOr<Schema>);

/// The document of these routes.
pub(crate) fn document(routes: Vec<Route>) -> OpenApi {
    let info = InfoBuilder::new().title("gainsay").version(env!("CARGO_PKG_VERSION")).license(Some(license()));
    let mut paths = PathsBuilder::new();
    let mut schemas: BTreeMap<String, RefOr<Schema>> = schemas_of::<runtime::Problem>().into_iter().collect();
    for route in routes {
        paths = paths.path(route.path, PathItem::new(HttpMethod::Get, route.operation));
        schemas.extend(route.schemas);
    }
    let token =
        Http::builder().scheme(HttpAuthScheme::Bearer).description(Some("A token of `POST /v1/tokens`.")).build();
    let components =
        ComponentsBuilder::new().schemas_from_iter(schemas).security_scheme(TOKEN, SecurityScheme::Http(token)).build();
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components)).build()
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
        let operation = parameters.into_iter().fold(self.operation, OperationBuilder::parameter);
        Self { operation }
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
            .header("ETag", header("The salted digest of the text."));
        self.answers(answer).not_modified().for_anybody()
    }

    /// Answers a stream of records.
    pub fn records(self) -> Self {
        self.answers(response("The records, streamed.", NDJSON, Some(record()))).for_anybody()
    }

    pub fn build(self) -> Operation {
        self.operation.build()
    }

    fn answers(self, answer: ResponseBuilder) -> Self {
        let answer = answer.header("Gainsay-As-Of", position()).build();
        let problems = runtime::Problem::responses();
        let operation = self.operation.response("200", answer);
        let operation =
            problems.into_iter().fold(operation, |operation, (status, problem)| operation.response(status, problem));
        Self { operation }
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

/// The schema of an id.
pub(crate) fn uuid() -> RefOr<Schema> {
    let format = SchemaFormat::KnownFormat(KnownFormat::Uuid);
    Schema::from(ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build()).into()
}

/// The schema of a number in a path.
pub(crate) fn number() -> RefOr<Schema> {
    u32::schema()
}

/// The schema of a text in a path.
pub(crate) fn text() -> RefOr<Schema> {
    String::schema()
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

/// A schema and all that it refers to.
pub(crate) fn schemas_of<T: ToSchema>() -> Vec<Named> {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    schemas
}

/// A page of these.
pub(crate) fn list_of<T: ToSchema>() -> RefOr<Schema> {
    list(reference::<T>())
}

/// A page of records.
pub(crate) fn list_of_records() -> RefOr<Schema> {
    list(record())
}

fn list(item: RefOr<Schema>) -> RefOr<Schema> {
    let nullable = SchemaType::from_iter([Type::String, Type::Null]);
    let next =
        ObjectBuilder::new().schema_type(nullable).description(Some("The cursor of the next page; null at the end."));
    let page = ObjectBuilder::new()
        .property("items", ArrayBuilder::new().items(item))
        .property("next", next)
        .required("items")
        .required("next");
    Schema::from(page.build()).into()
}

/// A record: envelope and events, as the log holds them.
fn record() -> RefOr<Schema> {
    let object =
        ObjectBuilder::new().schema_type(Type::Object).description(Some("A record: its envelope and its events."));
    Schema::from(object.build()).into()
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
