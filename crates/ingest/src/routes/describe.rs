//! What all operations have in common in the OpenAPI document.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use axum::http::StatusCode;
use axum::http::header::IF_MATCH;
use runtime::Problem;
use runtime::extract::never_null;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, Content, Header, InfoBuilder, OpenApi, PathItem, Ref, RefOr, Required, Response, ResponseBuilder,
    Schema, Server,
};
use utoipa::{IntoParams, IntoResponses, ToSchema};
use uuid::Uuid;

use super::undo::UndoWritten;
use crate::answer::{
    DocumentWritten, LeaseWritten, MemberWritten, Published, ReadingWritten, RevisionErased, RevisionWritten,
    TaskWorked, TokenWritten, Written,
};

/// The name of the bearer token among the security schemes.
const TOKEN: &str = "token";

/// The header that makes a command repeatable.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the header; the request's extractor reads it")]
pub(super) struct Repeatable {
    /// The command's id, chosen by the client. A repetition answers the first result, for ever; without a key the
    /// answer names the one that a repetition needs.
    #[param(rename = "Idempotency-Key")]
    idempotency_key: Option<Uuid>,
}

/// The header that says against which revision a change is made.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the header; the request's extractor reads it")]
pub(super) struct Against {
    /// The `ETag` of the resource, such as `"3"`, or `*`. Without it 428 `revision_required`; with another than the
    /// current one 412 `revision_conflict`.
    #[param(rename = "If-Match", example = "\"3\"", pattern = r#"^("[0-9]{1,19}"|\*)$"#)]
    if_match: String,
}

/// The header that may say against which revision a change is made.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the header; the request's extractor reads it")]
pub(super) struct MaybeAgainst {
    /// The `ETag` of the resource, such as `"3"`, or `*`. With another than the current one 412 `revision_conflict`.
    #[param(rename = "If-Match", example = "\"3\"", pattern = r#"^("[0-9]{1,19}"|\*)$"#)]
    if_match: Option<String>,
}

/// Describes the answer 201 with the body `T`.
pub(super) struct Created<T>(PhantomData<T>);

/// Describes the answer 200 with the body `T`.
pub(super) struct Changed<T>(PhantomData<T>);

/// Describes the answer 200 with the body `T` where it tells no revision.
pub(super) struct Worked<T>(PhantomData<T>);

impl<T: ToSchema> IntoResponses for Created<T> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let response = written::<T>("It was recorded.")
            .header("Location", header(Type::String, "Where the resource can be read."));
        BTreeMap::from([("201".to_owned(), response.build().into())])
    }
}

impl<T: ToSchema> IntoResponses for Changed<T> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        BTreeMap::from([("200".to_owned(), written::<T>("The change was recorded.").build().into())])
    }
}

impl<T: ToSchema> IntoResponses for Worked<T> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        BTreeMap::from([("200".to_owned(), recorded::<T>("The change was recorded.").build().into())])
    }
}

fn written<T: ToSchema>(description: &str) -> ResponseBuilder {
    recorded::<T>(description).header("ETag", header(Type::String, "The revision of the resource, for `If-Match`."))
}

fn recorded<T: ToSchema>(description: &str) -> ResponseBuilder {
    ResponseBuilder::new()
        .description(description)
        .content("application/json", Content::new(Some(Ref::from_schema_name(T::name()))))
        .header("Gainsay-Sequence", header(Type::Integer, "The position of the record, for `at_least`."))
        .header("Idempotency-Key", header(Type::String, "The key under which a repetition is the same command."))
        .header("Gainsay-Replayed", header(Type::String, "`true` when the command was carried out before."))
}

fn header(schema: Type, description: &str) -> Header {
    HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(schema))).description(Some(description)).build()
}

/// The OpenAPI document of the write side.
pub(crate) fn openapi() -> OpenApi {
    let mut openapi = super::router().to_openapi();
    openapi.info = InfoBuilder::new()
        .title("gainsay: writes")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Records claims about who did what, as annotators read them."))
        .build();
    openapi.servers = Some(vec![Server::new("/")]);
    let components = openapi.components.get_or_insert_with(Components::new);
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(bearer::DESCRIPTION)).build();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(token));
    Problem::describe(components);
    describe::<Written>(components);
    describe::<DocumentWritten>(components);
    describe::<RevisionWritten>(components);
    describe::<RevisionErased>(components);
    describe::<ReadingWritten>(components);
    describe::<Published>(components);
    describe::<MemberWritten>(components);
    describe::<LeaseWritten>(components);
    describe::<TaskWorked>(components);
    describe::<TokenWritten>(components);
    describe::<UndoWritten>(components);
    for item in openapi.paths.paths.values_mut() {
        let PathItem { put, post, delete, patch, .. } = item;
        [put, post, delete, patch].into_iter().flatten().for_each(complete);
    }
    openapi
}

/// Adds to the description of an operation what follows from the rest of it.
fn complete(operation: &mut Operation) {
    let mut refusals = vec![
        StatusCode::BAD_REQUEST,
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::CONFLICT,
        StatusCode::PAYLOAD_TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        StatusCode::UNPROCESSABLE_ENTITY,
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::INSUFFICIENT_STORAGE,
    ];
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        never_null(parameter);
        if parameter.parameter_in == ParameterIn::Path {
            refusals.push(StatusCode::NOT_FOUND);
        }
        if *parameter.name == IF_MATCH {
            refusals.push(StatusCode::PRECONDITION_FAILED);
            if parameter.required == Required::True {
                refusals.push(StatusCode::PRECONDITION_REQUIRED);
            }
        }
    }
    // A content that may be left out is left out, and never null.
    let own = operation.request_body.iter_mut().filter_map(|body| match body {
        RefOr::T(body) => Some(body),
        RefOr::Ref(_) => None,
    });
    for content in own.flat_map(|body| body.content.values_mut()) {
        if let RefOr::T(content) = content
            && let Some(RefOr::T(Schema::OneOf(one_of))) = &content.schema
            && let [itself @ RefOr::Ref(_), _null] = one_of.items.as_slice()
        {
            content.schema = Some(itself.clone());
        }
    }
    Problem::answers(operation, &refusals);
}

fn describe<T: ToSchema>(components: &mut Components) {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    components.schemas.extend(schemas);
}
