//! Path parameters.

use axum::extract::FromRequestParts;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::shorten;
use crate::problem::Problem;

/// Parameters from the path; what does not parse is 400 `invalid_path`, naming the parameter.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Path(value) =
            axum::extract::Path::from_request_parts(parts, state).await.map_err(problem)?;
        Ok(Self(value))
    }
}

fn problem(rejection: PathRejection) -> Problem {
    let PathRejection::FailedToDeserializePathParams(failure) = rejection else {
        return misrouted(&rejection.body_text());
    };
    let detail = match failure.into_kind() {
        ErrorKind::ParseErrorAtKey { key, value, expected_type } => {
            format!("`{key}` in the path: `{value}` is not a {expected_type}")
        }
        ErrorKind::ParseErrorAtIndex { index, value, expected_type } => {
            format!("parameter {} of the path: `{value}` is not a {expected_type}", index + 1)
        }
        ErrorKind::ParseError { value, expected_type } => {
            format!("the path: `{value}` is not a {expected_type}")
        }
        ErrorKind::InvalidUtf8InPathParam { key } => {
            format!("`{key}` in the path is not valid UTF-8")
        }
        ErrorKind::DeserializeError { key, value, message } => {
            format!("`{key}` in the path: `{value}` is refused: {message}")
        }
        ErrorKind::Message(message) => format!("the path: {message}"),
        mistake @ (ErrorKind::WrongNumberOfParameters { .. } | ErrorKind::UnsupportedType { .. }) => {
            return misrouted(&mistake.to_string());
        }
        // The enum is open: a kind that axum adds is taken for the client's until it is known
        // better.
        other => format!("the path: {other}"),
    };
    Problem::bad_request("invalid_path", shorten(&detail))
}

/// A route and its handler disagree about the parameters: a fault of ours that no request can mend.
fn misrouted(cause: &str) -> Problem {
    tracing::error!(cause, "path parameters do not fit their handler");
    Problem::internal()
}

#[cfg(test)]
mod tests;
