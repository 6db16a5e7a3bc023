//! RFC 9457 problem details: the one shape of every error that leaves over HTTP.

mod answers;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::{RefOr, schema::Schema};
use utoipa::{PartialSchema, ToSchema};

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// The members of RFC 9457, which extension members must not shadow.
const STANDARD_MEMBERS: [&str; 7] = ["type", "title", "status", "detail", "code", "instance", "errors"];

/// An error answer: a stable `code` for programs and a `detail` that tells a person what to do.
///
/// Boxed inside, so that a `Result<T, Problem>` stays as small as a pointer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Problem(Box<Members>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Problem)]
struct Members {
    /// Identifies the kind of problem: `/problems/<code>`.
    #[serde(rename = "type")]
    kind: String,
    /// The kind of problem in a few words.
    title: String,
    /// The HTTP status code.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong with this request and what to do about it.
    detail: String,
    /// Stable name of the kind of problem, for programs.
    code: Cow<'static, str>,
    /// Identifies this occurrence: the request id as a URN, as found in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    /// The places in the request that are at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    /// Further members, for example the current `revision` after a conflict.
    #[serde(flatten)]
    extensions: BTreeMap<String, Value>,
    #[serde(skip)]
    #[schema(ignore)]
    headers: HeaderMap,
}

/// One place in the request that is at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// JSON pointer (RFC 6901) into the request body; the empty string is the whole body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Name of the query parameter at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// Stable name of what is wrong here, for programs.
    pub code: Cow<'static, str>,
    /// What is wrong here.
    pub detail: String,
}

impl Problem {
    /// A problem with a status, a stable `snake_case` code, and a sentence for the reader.
    #[must_use]
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        let code = code.into();
        Self(Box::new(Members {
            kind: format!("/problems/{code}"),
            title: title(&code),
            status: status.as_u16(),
            detail: detail.into(),
            code,
            instance: None,
            errors: Vec::new(),
            extensions: BTreeMap::new(),
            headers: HeaderMap::new(),
        }))
    }

    /// 400: the request cannot be understood.
    #[must_use]
    pub fn bad_request(code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 401: no token, or one that is not valid; names the scheme in `WWW-Authenticate`.
    #[must_use]
    pub fn unauthorized(code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, detail).header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 403 `forbidden`: the author of the request may not do this.
    #[must_use]
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 404 `not_found`: the resource does not exist, or the reader may not know that it does.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// 409: the state of the resource does not admit the request.
    #[must_use]
    pub fn conflict(code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 412: a precondition of the request does not hold.
    #[must_use]
    pub fn precondition_failed(code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, code, detail)
    }

    /// 422: the request is well formed and breaks a rule.
    #[must_use]
    pub fn unprocessable(code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    /// 428: the request lacks a precondition that the resource requires.
    #[must_use]
    pub fn precondition_required(code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_REQUIRED, code, detail)
    }

    /// 500 `internal`: a fault of ours. The cause belongs in the log, not in the answer.
    #[must_use]
    pub fn internal() -> Self {
        let detail = "the service failed to answer; the log names the cause under this instance";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// 503: a part that the request needs is not available; the client may retry after `seconds`.
    #[must_use]
    pub fn unavailable(code: impl Into<Cow<'static, str>>, detail: impl Into<String>, seconds: u64) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).retry_after(seconds)
    }

    /// Names a place in the body, as a JSON pointer, under the code of the problem.
    #[must_use]
    pub fn pointer(self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let code = self.0.code.clone();
        self.fault(Fault { pointer: Some(pointer.into()), parameter: None, code, detail: detail.into() })
    }

    /// Names a query parameter, under the code of the problem.
    #[must_use]
    pub fn parameter(self, parameter: impl Into<String>, detail: impl Into<String>) -> Self {
        let code = self.0.code.clone();
        self.fault(Fault { pointer: None, parameter: Some(parameter.into()), code, detail: detail.into() })
    }

    /// Adds an item to `errors`.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.0.errors.push(fault);
        self
    }

    /// Puts `prefix` (a JSON pointer) before the pointer of every item of `errors`.
    ///
    /// For a value that was parsed by itself and came from inside a larger body, such as the body
    /// of an import line.
    #[must_use]
    pub fn within(mut self, prefix: &str) -> Self {
        for pointer in self.0.errors.iter_mut().filter_map(|fault| fault.pointer.as_mut()) {
            pointer.insert_str(0, prefix);
        }
        self
    }

    /// Adds an extension member, for example the current `revision`.
    ///
    /// # Panics
    /// In builds with debug assertions, when `name` is a standard member.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let name = name.into();
        debug_assert!(!STANDARD_MEMBERS.contains(&name.as_str()), "`{name}` is a standard member");
        self.0.extensions.insert(name, value.into());
        self
    }

    /// Sets `Retry-After`, in seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header(RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Sets a header of the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// Sets the member `instance`: what identifies this occurrence.
    #[must_use]
    pub fn instance(mut self, instance: impl Into<String>) -> Self {
        self.0.instance = Some(instance.into());
        self
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The sentence for the reader.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The places in the request that are at fault.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.0.errors
    }

    /// An extension member.
    #[must_use]
    pub fn extension(&self, name: &str) -> Option<&Value> {
        self.0.extensions.get(name)
    }

    /// The JSON text of the problem.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings, numbers and JSON values always serialise")
    }
}

/// Prints the sentence for the reader and the code.
impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.0.detail, self.0.code)
    }
}

impl std::error::Error for Problem {}

/// The response carries the problem as an extension too, so that the HTTP shell can add what only
/// it knows: `instance`.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.to_json()));
        *response.status_mut() = self.status();
        *response.headers_mut() = self.0.headers.clone();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        response.extensions_mut().insert(self);
        response
    }
}

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        Members::schema()
    }
}

impl ToSchema for Problem {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Problem")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Members::schemas(schemas);
    }
}

/// `unknown_field` reads "Unknown field".
fn title(code: &str) -> String {
    let words = code.replace('_', " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}

#[cfg(test)]
mod tests;
