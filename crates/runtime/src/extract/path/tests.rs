use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::routing::get;
use tower::ServiceExt;
use uuid::Uuid;

use super::Path;
use crate::problem::Problem;

async fn answer(path: &str) -> (StatusCode, Vec<u8>) {
    let routes = Router::new()
        .route("/one/{id}", get(async |Path(id): Path<Uuid>| id.to_string()))
        .route("/two/{id}/{revision}", get(async |Path((_, revision)): Path<(Uuid, u32)>| revision.to_string()))
        .route("/wrong/{id}", get(async |Path((_, _)): Path<(Uuid, Uuid)>| ()));
    let response = routes.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status();
    (status, to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
}

async fn refused(path: &str) -> Problem {
    let (status, body) = answer(path).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn a_fitting_path_is_parsed() {
    let (status, body) = answer(&format!("/two/{}/7", Uuid::nil())).await;
    assert_eq!((status, body.as_slice()), (StatusCode::OK, b"7".as_slice()));
}

#[tokio::test]
async fn a_parameter_that_does_not_parse_is_refused_and_repeated() {
    let problem = refused("/one/not-a-uuid").await;
    assert_eq!(problem.code(), "invalid_path");
    let detail = problem.detail();
    assert!(detail.starts_with("`id` in the path: `not-a-uuid` is refused"), "{detail}");
    let problem = refused(&format!("/two/{}/seven", Uuid::nil())).await;
    assert!(problem.detail().contains("seven"), "{problem}");
}

#[tokio::test]
async fn a_path_that_is_not_utf_8_is_refused() {
    assert_eq!(refused("/one/%ff").await.code(), "invalid_path");
}

#[tokio::test]
async fn a_handler_that_does_not_fit_its_route_is_our_fault() {
    let (status, body) = answer(&format!("/wrong/{}", Uuid::nil())).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    let problem: Problem = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem.code(), "internal");
}
