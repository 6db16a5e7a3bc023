use axum::body::to_bytes;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::IntoResponse;
use serde_json::json;
use utoipa::openapi::Components;
use utoipa::openapi::path::Operation;
use utoipa::{PartialSchema, ToSchema};

use super::Problem;

fn stale() -> Problem {
    Problem::precondition_failed("revision_conflict", "the annotation is at revision 3; read it again")
        .with("revision", 3)
        .pointer("/start", "starts after its end")
}

#[test]
fn a_problem_has_the_members_of_rfc_9457_and_its_extensions() {
    let problem = serde_json::to_value(stale().instance("urn:uuid:1")).unwrap();
    assert_eq!(
        problem,
        json!({
            "type": "/problems/revision_conflict",
            "title": "Revision conflict",
            "status": 412,
            "detail": "the annotation is at revision 3; read it again",
            "code": "revision_conflict",
            "instance": "urn:uuid:1",
            "errors": [
                {"pointer": "/start", "code": "revision_conflict", "detail": "starts after its end"}
            ],
            "revision": 3
        })
    );
}

#[test]
fn a_problem_without_faults_has_no_empty_members() {
    let problem = serde_json::to_value(Problem::forbidden("readers cannot write")).unwrap();
    assert_eq!(
        problem,
        json!({
            "type": "/problems/forbidden",
            "title": "Forbidden",
            "status": 403,
            "detail": "readers cannot write",
            "code": "forbidden"
        })
    );
}

#[test]
fn a_problem_survives_the_way_through_json() {
    let read: Problem = serde_json::from_slice(&stale().to_json()).unwrap();
    assert_eq!(read, stale());
}

#[test]
fn faults_of_an_inner_value_point_into_the_outer_body() {
    let problem = stale().within("/body");
    assert_eq!(problem.faults()[0].pointer.as_deref(), Some("/body/start"));
}

#[tokio::test]
async fn the_response_has_the_media_type_the_status_and_the_headers() {
    let response = Problem::unavailable("log_unavailable", "the log does not answer", 2).into_response();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    assert_eq!(response.headers()[RETRY_AFTER], "2");
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let body: Problem = serde_json::from_slice(&body).unwrap();
    assert_eq!(body.code(), "log_unavailable");
}

#[test]
fn an_unauthorized_answer_names_the_scheme() {
    let response = Problem::unauthorized("token_expired", "the token has expired").into_response();
    assert_eq!(response.headers().get(WWW_AUTHENTICATE), Some(&HeaderValue::from_static("Bearer")));
}

#[test]
fn the_schema_names_every_standard_member() {
    let schema = serde_json::to_value(Problem::schema()).unwrap();
    let text = schema.to_string();
    for member in ["type", "title", "status", "detail", "code", "instance", "errors"] {
        assert!(text.contains(&format!("\"{member}\"")), "{member} in {text}");
    }
    assert!(!text.contains("headers"), "{text}");
    assert_eq!(Problem::name(), "Problem");
    let mut schemas = Vec::new();
    Problem::schemas(&mut schemas);
    assert!(schemas.iter().any(|(name, _)| name == "Fault"));
}

#[test]
fn an_operation_refers_to_answers_that_the_components_have() {
    let (mut components, mut operation) = (Components::new(), Operation::new());
    Problem::describe(&mut components);
    Problem::answers(&mut operation, &[StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE]);
    let answers = serde_json::to_value(&operation.responses).unwrap();
    assert_eq!(answers.as_object().unwrap().keys().collect::<Vec<_>>(), ["404", "503"]);
    for answer in answers.as_object().unwrap().values() {
        let name = answer["$ref"].as_str().unwrap().strip_prefix("#/components/responses/").unwrap();
        let answer = serde_json::to_value(&components.responses[name]).unwrap();
        let schema = &answer["content"]["application/problem+json"]["schema"]["$ref"];
        assert_eq!(schema, "#/components/schemas/Problem", "{answer}");
    }
    assert!(components.schemas.contains_key("Problem") && components.schemas.contains_key("Fault"));
}
