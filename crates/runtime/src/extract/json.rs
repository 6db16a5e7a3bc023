//! JSON bodies: strict, with the exact place of a fault, and their canonical form.

use std::fmt;
use std::time::Duration;

use axum::Extension;
use axum::body::BodyDataStream;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use super::{name_after, shorten};
use crate::problem::{Fault, Problem};

/// Bytes a body may have where no [`body_limit`] says otherwise: ample for anything but documents.
pub const BODY_LEN_MAX_DEFAULT: usize = 2 * 1024 * 1024;

/// Bytes of a body that is over its limit which are still read and thrown away. A client that is
/// still sending when the connection closes sees a reset and never the answer that tells it why.
const DISCARD_LEN_MAX: usize = 64 * 1024 * 1024;

/// Up to here (2^53) a float stands for one whole number and not for its neighbours too.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// How long the rest of a body that is over its limit is read for.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(5);

/// A JSON body, parsed by [`parse_json`], with the bytes it came from.
///
/// `Option<Json<T>>` is `None` for an empty body.
#[derive(Clone, Debug)]
pub struct Json<T> {
    /// The parsed value.
    pub value: T,
    /// The body as it was received.
    pub raw: Bytes,
}

impl<T> Json<T> {
    /// The body in the canonical form of [`canonical_json`], for digests.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        canonical_json(&self.raw).expect("the body has been parsed as JSON before")
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        require_json(request.headers())?;
        let raw = read_body(request).await?;
        let value = parse_json(&raw)?;
        Ok(Self { value, raw })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Option<Self>, Problem> {
        let is_json = require_json(request.headers());
        let raw = read_body(request).await?;
        if raw.is_empty() {
            return Ok(None);
        }
        is_json?;
        let value = parse_json(&raw)?;
        Ok(Some(Self { value, raw }))
    }
}

#[derive(Clone, Copy)]
struct BodyLimit(usize);

/// A layer for a route or a router: the bytes a body read by [`Json`] or [`read_body`] may have.
/// The innermost holds.
pub fn body_limit(bytes: usize) -> Extension<impl Clone + Send + Sync + 'static> {
    Extension(BodyLimit(bytes))
}

/// Reads a body whole, up to the route's [`body_limit`]; over it 413 `body_too_large`.
pub async fn read_body(request: Request) -> Result<Bytes, Problem> {
    let BodyLimit(limit) = request.extensions().get().copied().unwrap_or(BodyLimit(BODY_LEN_MAX_DEFAULT));
    let announced = content_length(request.headers());
    // Not a byte is read of what is announced as far too large: a client that waits for `100
    // Continue` is spared sending.
    if announced.is_some_and(|bytes| bytes > limit.saturating_add(DISCARD_LEN_MAX)) {
        return Err(too_large(limit));
    }
    let mut chunks = request.into_body().into_data_stream();
    let mut body = BytesMut::with_capacity(announced.unwrap_or(0).min(limit));
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| {
            tracing::debug!(%error, "request body ended early");
            Problem::bad_request("body_incomplete", "the body ended before its announced length")
        })?;
        if body.len() + chunk.len() > limit {
            discard(&mut chunks).await;
            return Err(too_large(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

async fn discard(chunks: &mut BodyDataStream) {
    let rest = async {
        let mut discarded = 0;
        while let Some(Ok(chunk)) = chunks.next().await {
            discarded += chunk.len();
            if discarded > DISCARD_LEN_MAX {
                return;
            }
        }
    };
    // Running out of time is as good as reaching the end: the answer follows either way.
    let _ = tokio::time::timeout(DISCARD_TIMEOUT, rest).await;
}

fn too_large(limit: usize) -> Problem {
    let detail = format!("the body is larger than the {limit} bytes that this resource takes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail).with("limit", limit)
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let detail = match &given {
        Some(given) if is_json(given) => return Ok(()),
        Some(given) => format!("send `content-type: application/json`, not `{}`", shorten(given)),
        None => "send `content-type: application/json`".to_owned(),
    };
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Parses a JSON text strictly: duplicate keys and unknown fields are refused, and every fault has
/// its JSON pointer.
///
/// 400 `empty_body`, `invalid_utf8`, `malformed_json` (with `line` and `column`), `duplicate_key`;
/// 422 `unknown_field`, `missing_field`, `invalid_value`. Unknown fields are refused whether or not
/// `T` says `deny_unknown_fields`; only inside flattened structs and internally tagged or untagged
/// enums, which serde buffers, must `T` say so itself.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let document = parse_document(bytes)?;
    let mut unknown = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let deserializer = serde_path_to_error::Deserializer::new(document, &mut track);
    let parsed = serde_ignored::deserialize(deserializer, |path| unknown.push(ignored_pointer(&path)));
    match parsed {
        Ok(value) if unknown.is_empty() => Ok(value),
        Ok(_) => Err(unknown_fields(unknown)),
        Err(error) => Err(misfit(&error, &pointer(&track.path()))),
    }
}

/// The canonical form of a JSON text: keys sorted by their bytes, no space, numbers as parsed, of
/// which `3.0` is `3`. For digests: two texts that mean the same object have the same canonical form.
pub fn canonical_json(bytes: &[u8]) -> Result<Vec<u8>, Problem> {
    let document = sorted(parse_document(bytes)?);
    Ok(serde_json::to_vec(&document).expect("a parsed JSON value always serialises"))
}

/// Sorts explicitly: a feature of `serde_json` that any dependency may turn on keeps keys in order
/// of appearance.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_by(|(left, _), (right, _)| left.cmp(right));
            members.into_iter().map(|(key, member)| (key, sorted(member))).collect()
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => scalar,
    }
}

fn parse_document(bytes: &[u8]) -> Result<Value, Problem> {
    if bytes.is_empty() {
        return Err(Problem::bad_request("empty_body", "send a JSON object; the body is empty"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        let detail = format!("the text is not valid UTF-8 at byte {offset}");
        Problem::bad_request("invalid_utf8", detail).with("offset", offset)
    })?;
    let mut path = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let document = Unique { path: &mut path }
        .deserialize(&mut deserializer)
        .and_then(|document| deserializer.end().map(|()| document));
    document.map_err(|error| {
        if error.is_data() {
            let detail = "a key stands twice in one object; keep one of them";
            return Problem::bad_request("duplicate_key", detail).pointer(path.concat(), detail);
        }
        let detail = format!("the text is not JSON: {}", shorten(&error.to_string()));
        Problem::bad_request("malformed_json", detail).with("line", error.line()).with("column", error.column())
    })
}

fn unknown_fields(pointers: Vec<String>) -> Problem {
    let detail = format!("the resource has no field at {}", pointers.join(", "));
    pointers.into_iter().fold(Problem::unprocessable("unknown_field", shorten(&detail)), |problem, pointer| {
        problem.pointer(pointer, "this field is not known here")
    })
}

/// Turns serde's message into a code, a sentence and a pointer.
fn misfit(error: &serde_json::Error, pointer: &str) -> Problem {
    let message = shorten(&error.to_string());
    let (code, pointer) = if name_after(&message, "unknown field").is_some() {
        ("unknown_field", pointer.to_owned())
    } else if let Some(field) = name_after(&message, "missing field") {
        ("missing_field", format!("{pointer}{}", segment(field)))
    } else {
        ("invalid_value", pointer.to_owned())
    };
    let place = if pointer.is_empty() { "the body".to_owned() } else { format!("`{pointer}`") };
    Problem::unprocessable(code, format!("{place}: {message}")).fault(Fault {
        pointer: Some(pointer),
        parameter: None,
        code: code.into(),
        detail: message,
    })
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    path.iter()
        .map(|part| match part {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => segment(key),
            // In JSON an enum with content is an object with the variant as its only key.
            Segment::Enum { variant } => segment(variant),
            Segment::Unknown => String::new(),
        })
        .collect()
}

fn ignored_pointer(path: &serde_ignored::Path<'_>) -> String {
    use serde_ignored::Path;
    match path {
        Path::Root => String::new(),
        Path::Seq { parent, index } => format!("{}/{index}", ignored_pointer(parent)),
        Path::Map { parent, key } => format!("{}{}", ignored_pointer(parent), segment(key)),
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
            ignored_pointer(parent)
        }
    }
}

/// The whole number that a number with a fraction of zero or an exponent stands for, as JSON Schema takes it.
fn whole(value: f64) -> Option<i64> {
    if value.fract() != 0.0 || value.abs() > EXACT_MAX {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole, and far below what an i64 holds")]
    Some(value as i64)
}

/// One step of a JSON pointer, escaped as RFC 6901 says.
fn segment(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Builds a [`Value`] and refuses an object that has a key twice; `path` then holds where.
struct Unique<'a> {
    path: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Unique<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(whole(value).map_or_else(|| value.into(), Value::from))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        self.path.push("/0".to_owned());
        while let Some(item) = items.next_element_seed(Unique { path: self.path })? {
            array.push(item);
            self.path.pop();
            self.path.push(format!("/{}", array.len()));
        }
        self.path.pop();
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            self.path.push(segment(&key));
            if object.contains_key(&key) {
                return Err(A::Error::custom("duplicate key"));
            }
            let member = members.next_value_seed(Unique { path: self.path })?;
            object.insert(key, member);
            self.path.pop();
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests;
