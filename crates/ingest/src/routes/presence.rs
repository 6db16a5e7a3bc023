//! Who has which document open. It is no record: a heartbeat is heard, counts for a while, and is forgotten.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use bearer::Bearer;
use domain::access::Action;
use domain::document::Document;
use domain::{Kind, Rejection};
use event_log::presence::{DOCUMENTS_MAX, OpenError, Place, Present, Right};
use runtime::{Path, Problem};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;
use wire::json::rfc3339;

use super::OneOf;
use crate::execute::Freshness;
use crate::failure::Failure;
use crate::request::{Ask, Bare, Empty};
use crate::service::Service;

/// Seconds after which another heartbeat is worth a try.
const RETRY_AFTER_SECONDS: u64 = 1;

pub(super) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(put_presence, delete_presence))
}

/// The document counts as open until then.
#[derive(Serialize, ToSchema)]
pub(crate) struct PresenceKept {
    /// The document.
    document: Uuid,
    /// Who has it open.
    user: Uuid,
    /// When it was opened.
    #[schema(format = DateTime)]
    since: String,
    /// When it counts as closed, unless this is repeated.
    #[schema(format = DateTime)]
    until: String,
    /// The same in seconds from now. Repeat it in a third of that.
    expires_in_seconds: u64,
}

/// Say that you have a document open, and say it again while you have.
///
/// Members see it for `expires_in_seconds`. It is no record: nothing of it is stored for longer, no history and no view has
/// it, and a restart of the server may forget it until it is said again. A user has at most 16 documents of a project open.
#[utoipa::path(
    put, path = "/v1/projects/{project}/documents/{id}/presence", tag = "presence", params(OneOf),
    responses((status = 200, description = "It counts as open.", body = PresenceKept)), security(("token" = []))
)]
async fn put_presence(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    Bare(ask): Bare,
) -> Result<Response, Problem> {
    let (place, right) = enter(&service, &path, &ask).await?;
    let Present { since_us, until_us, .. } = service.presence().open(place, right).await.map_err(refused)?;
    let body = PresenceKept {
        document: place.document,
        user: place.user,
        since: rfc3339(since_us),
        until: rfc3339(until_us),
        expires_in_seconds: service.presence().expiry().as_secs(),
    };
    Ok(([(CACHE_CONTROL, "no-store")], axum::Json(body)).into_response())
}

/// Say that you have a document open no more. It is so at once, and also when you had not.
#[utoipa::path(
    delete, path = "/v1/projects/{project}/documents/{id}/presence", tag = "presence", params(OneOf),
    responses((status = 204, description = "It counts as closed.")), security(("token" = []))
)]
async fn delete_presence(
    State(service): State<Service>,
    Path(path): Path<OneOf>,
    Bare(ask): Bare,
) -> Result<Response, Problem> {
    let (place, _right) = enter(&service, &path, &ask).await?;
    service.presence().close(place).await.map_err(|error| unavailable(&error))?;
    Ok((StatusCode::NO_CONTENT, [(CACHE_CONTROL, "no-store")]).into_response())
}

/// Where the caller is, if they may be there: whoever may annotate the document may have it open.
async fn enter(service: &Service, path: &OneOf, ask: &Ask<Empty>) -> Result<(Place, Right), Failure> {
    let inside = service.enter(&ask.caller, path.project()).await?;
    inside.check(Action::Create, Kind::Annotation)?;
    let document = service.load::<Document>(&inside.address(Kind::Document, path.id), Freshness::Existing).await?;
    if document.revision == 0 {
        return Err(Rejection::absent("not_found", "there is no such document in the project").into());
    }
    let Bearer { user, .. } = ask.caller;
    let is_member = inside.loaded.state.open()?.members.contains_key(&user);
    let right = if is_member { Right::Membership } else { Right::Token };
    Ok((Place { project: path.project, document: path.id, user: user.uuid() }, right))
}

fn refused(error: OpenError) -> Failure {
    match error {
        OpenError::TooMany => {
            let detail =
                format!("you have {DOCUMENTS_MAX} documents of the project open; close one, or wait until one expires");
            Rejection::conflict("too_many_open", detail).into()
        }
        OpenError::TooFast => {
            let detail = "you opened too many documents of the project within a short time; wait until some expire";
            Rejection::conflict("too_many_opened", detail).into()
        }
        OpenError::Log(error) => unavailable(&error),
    }
}

fn unavailable(error: &event_log::Error) -> Failure {
    tracing::warn!(error = error as &dyn std::error::Error, "presence cannot be told");
    let detail = "it cannot be told at the moment who has which document open; try again";
    Problem::unavailable("presence_unavailable", detail, RETRY_AFTER_SECONDS).into()
}
