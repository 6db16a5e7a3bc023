//! What goes around the routes of a listener: compression, and the origins whose pages may call it.

use axum::Router;
use axum::http::header::{
    AUTHORIZATION, CONTENT_LOCATION, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LINK, RETRY_AFTER,
};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use runtime::http::{REQUEST_ID, shell_within};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::answer::{AS_OF, JSON, NDJSON};
use crate::memento::{ACCEPT_DATETIME, MEMENTO_DATETIME};

/// Answers below this are one packet either way.
const COMPRESS_ABOVE_BYTES: u64 = 1024;

/// The origins whose pages may call the service from a browser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<HeaderValue>);

/// An origin that cannot be one.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an origin; an origin is a scheme, a host and perhaps a port: `https://example.org`")]
pub struct OriginError(String);

impl Origins {
    /// Reads a list of origins; none means that no page of another origin may call the service.
    pub fn parse(origins: &[String]) -> Result<Self, OriginError> {
        let parsed = origins.iter().map(|origin| {
            let error = || OriginError(origin.clone());
            let host = origin.strip_prefix("https://").or(origin.strip_prefix("http://")).ok_or_else(error)?;
            let is_plain = !host.is_empty() && !host.contains(['/', '?', '#', '*', ' ', '@']);
            HeaderValue::from_str(origin).ok().filter(|_| is_plain).ok_or_else(error)
        });
        Ok(Self(parsed.collect::<Result<_, _>>()?))
    }
}

/// Puts the shell of [`runtime::http::shell`] around a listener's routes, and compression and CORS around that: a page must
/// be able to read problems too. Texts are never compressed: their length is part of the answer.
pub fn edge(router: Router, origins: &Origins) -> Router {
    let is_json = |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| is_json(headers);
    let compression = CompressionLayer::new().compress_when(SizeAbove::new(COMPRESS_ABOVE_BYTES).and(is_json));
    let router = shell_within(router, compression);
    if origins.0.is_empty() { router } else { router.layer(cors(origins)) }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media.is_some_and(|media| [JSON, NDJSON, runtime::problem::MEDIA_TYPE].contains(&media))
}

fn cors(origins: &Origins) -> CorsLayer {
    let idempotency_key = HeaderName::from_static("idempotency-key");
    let sequence = HeaderName::from_static("gainsay-sequence");
    let last_event_id = HeaderName::from_static("last-event-id");
    let replayed = HeaderName::from_static("gainsay-replayed");
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.0.clone()))
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            ACCEPT_DATETIME,
            AUTHORIZATION,
            CONTENT_TYPE,
            IF_MATCH,
            IF_NONE_MATCH,
            idempotency_key.clone(),
            last_event_id,
            REQUEST_ID,
        ])
        .expose_headers([
            AS_OF,
            MEMENTO_DATETIME,
            CONTENT_LOCATION,
            sequence,
            replayed,
            idempotency_key,
            ETAG,
            LINK,
            RETRY_AFTER,
            REQUEST_ID,
        ])
}

#[cfg(test)]
mod tests;
