use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use domain::access::Role;
use domain::id::ProjectId;
use uuid::Uuid;

use super::{Grants, refused, token};
use crate::refusal::Refusal;

fn headers(values: &[&[u8]]) -> HeaderMap {
    values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_bytes(value).unwrap())).collect()
}

#[test]
fn a_request_without_the_header_has_no_token() {
    assert_eq!(token(&headers(&[])), Ok(None));
}

#[test]
fn the_scheme_is_read_in_any_case() {
    for value in ["Bearer abc", "bearer abc", "BEARER  abc "] {
        assert_eq!(token(&headers(&[value.as_bytes()])), Ok(Some("abc")), "{value}");
    }
}

#[test]
fn another_scheme_two_headers_or_other_bytes_are_refused() {
    assert_eq!(token(&headers(&[b"Bearer a", b"Bearer a"])), Err(Refusal::Twice));
    for value in [&b"Basic abc"[..], b"abc", b"Bearer", b"Bearer\tabc", b"Bearer \xff\xfe"] {
        assert_eq!(token(&headers(&[value])), Err(Refusal::NoBearer), "{value:?}");
    }
}

#[test]
fn all_refusals_are_one_answer() {
    let one = refused(Refusal::Twice);
    assert_eq!((one.status().as_u16(), one.code()), (401, "token_invalid"));
    for other in [Refusal::Unknown, Refusal::Long, Refusal::Signature, Refusal::Expired, Refusal::Audience] {
        assert_eq!(refused(other), one);
    }
}

#[test]
fn of_several_roles_in_a_project_the_highest_counts() {
    let project = |number| ProjectId::new(Uuid::from_u128(number));
    let grants = Grants::new([
        (project(2), Role::Reader),
        (project(1), Role::Reader),
        (project(1), Role::Curator),
        (project(1), Role::Annotator),
    ]);
    assert_eq!([1, 2, 3].map(|number| grants.role(project(number))), [Some(Role::Curator), Some(Role::Reader), None]);
    assert_eq!(grants.iter().count(), 2);
    assert_eq!(Grants::new([]), Grants::default());
}
