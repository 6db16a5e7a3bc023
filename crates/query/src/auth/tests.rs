use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};

use super::bearer;

fn headers(values: &[&str]) -> HeaderMap {
    values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_str(value).unwrap())).collect()
}

#[test]
fn a_request_without_the_header_has_no_token() {
    assert_eq!(bearer(&headers(&[])).unwrap(), None);
}

#[test]
fn the_scheme_is_read_in_any_case() {
    for value in ["Bearer abc", "bearer abc", "BEARER  abc "] {
        assert_eq!(bearer(&headers(&[value])).unwrap(), Some("abc"), "{value}");
    }
}

#[test]
fn another_scheme_or_two_headers_are_refused() {
    for values in [&["Basic abc"][..], &["abc"], &["Bearer a", "Bearer a"]] {
        let problem = bearer(&headers(values)).unwrap_err();
        assert_eq!((problem.status().as_u16(), problem.code()), (401, "token_invalid"), "{values:?}");
    }
}
