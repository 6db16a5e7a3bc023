//! Problems in an OpenAPI document: one answer for each status, to which operations refer.

use axum::http::StatusCode;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use utoipa::ToSchema;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Components, Content, Header, HeaderBuilder, Ref, Response, ResponseBuilder};

use super::{MEDIA_TYPE, Problem};

/// The statuses that problems have, each with the name of its answer and what it says.
const ANSWERS: [(StatusCode, &str, &str); 14] = [
    (StatusCode::BAD_REQUEST, "BadRequest", "The request cannot be understood."),
    (StatusCode::UNAUTHORIZED, "Unauthorized", "There is no token, or it is not valid."),
    (StatusCode::FORBIDDEN, "Forbidden", "The bearer of the token may not do this."),
    (StatusCode::NOT_FOUND, "NotFound", "It does not exist, or the bearer of the token may not know that it does."),
    (StatusCode::NOT_ACCEPTABLE, "NotAcceptable", "`Accept` does not admit the media type that this answers."),
    (StatusCode::CONFLICT, "Conflict", "What is there does not admit this, whatever the revision."),
    (
        StatusCode::PRECONDITION_FAILED,
        "PreconditionFailed",
        "The change was made against another revision than the current one, which `revision` tells.",
    ),
    (StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLarge", "The body, or the record that it becomes, is too large."),
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", "The body has another media type than this takes."),
    (StatusCode::UNPROCESSABLE_ENTITY, "Unprocessable", "The request breaks a rule; `errors` says where."),
    (StatusCode::PRECONDITION_REQUIRED, "PreconditionRequired", "The change needs `If-Match`."),
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        "Internal",
        "A fault of the service, whose log names the cause under `instance`.",
    ),
    (
        StatusCode::SERVICE_UNAVAILABLE,
        "Unavailable",
        "A part that the request needs does not answer, or a position is not there yet: try again.",
    ),
    (StatusCode::INSUFFICIENT_STORAGE, "InsufficientStorage", "The log has no space left; nothing was stored."),
];

impl Problem {
    /// Puts the answers to which [`Problem::answers`] refers among the components of an OpenAPI document.
    pub fn describe(components: &mut Components) {
        let mut schemas = vec![(Self::name().into_owned(), <Self as utoipa::PartialSchema>::schema())];
        Self::schemas(&mut schemas);
        components.schemas.extend(schemas);
        let answers =
            ANSWERS.map(|(status, name, description)| (name.to_owned(), response(status, description).into()));
        components.responses.extend(answers);
    }

    /// Says that an operation of an OpenAPI document may answer problems with these statuses.
    pub fn answers(operation: &mut Operation, statuses: &[StatusCode]) {
        let answers = ANSWERS.iter().filter(|(status, ..)| statuses.contains(status));
        let references =
            answers.map(|(status, name, _)| (status.as_str().to_owned(), Ref::from_response_name(*name).into()));
        operation.responses.responses.extend(references);
    }
}

fn response(status: StatusCode, description: &str) -> Response {
    let schema = Ref::from_schema_name(Problem::name());
    let response = ResponseBuilder::new().description(description).content(MEDIA_TYPE, Content::new(Some(schema)));
    match status {
        StatusCode::UNAUTHORIZED => {
            response.header(WWW_AUTHENTICATE.as_str(), header(Type::String, "The scheme: `Bearer`."))
        }
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::INSUFFICIENT_STORAGE => {
            response.header(RETRY_AFTER.as_str(), header(Type::Integer, "Seconds after which to try again."))
        }
        _ => response,
    }
    .build()
}

fn header(schema: Type, description: &str) -> Header {
    HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(schema))).description(Some(description)).build()
}
