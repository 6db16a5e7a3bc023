//! The routes: one module for each resource. What a route does is a function of its own, which imports call too.

mod actors;
mod adjudications;
mod annotations;
mod assessments;
mod collection;
mod derivations;
mod describe;
mod documents;
mod imports;
mod incidents;
mod judgements;
mod no_claims;
mod origins;
mod presence;
mod projects;
mod readings;
mod relations;
mod sources;
mod tasks;
mod tokens;
mod undo;

use axum::http::StatusCode;
use domain::id::ProjectId;
use runtime::extract::{body_limit, canonical_json};
use runtime::{Problem, parse_json};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

pub(crate) use describe::openapi;
pub(crate) use tokens::issue_first;

use crate::answer::Answer;
use crate::body::object::Object;
use crate::failure::Failure;
use crate::request::{Ask, Empty};
use crate::service::Service;

/// The largest body but for documents, in bytes: what becomes a record has to fit into a message of 1 MiB.
const BODY_LEN_MAX: usize = 1024 * 1024;

/// Every route, with its description.
pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .merge(projects::router())
        .merge(tokens::router())
        .merge(sources::router())
        .merge(incidents::router())
        .merge(actors::router())
        .merge(relations::router())
        .merge(annotations::router())
        .merge(readings::router())
        .merge(no_claims::router())
        .merge(judgements::router())
        .merge(derivations::router())
        .merge(origins::router())
        .merge(assessments::router())
        .merge(adjudications::router())
        .merge(tasks::router())
        .merge(presence::router())
        .merge(imports::router())
        .merge(undo::router())
        .layer(body_limit(BODY_LEN_MAX))
        .merge(documents::router())
}

/// The path of what belongs to a project.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct InProject {
    /// The project.
    project: Uuid,
}

/// The path of one resource of a project.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct OneOf {
    /// The project.
    project: Uuid,
    /// The resource.
    id: Uuid,
}

impl InProject {
    fn project(&self) -> ProjectId {
        ProjectId::new(self.project)
    }
}

impl OneOf {
    fn project(&self) -> ProjectId {
        ProjectId::new(self.project)
    }
}

/// Carries out the POST of `path`, a path below a project, that a line of an import asks for.
pub(crate) async fn post(
    service: &Service,
    project: ProjectId,
    path: &str,
    ask: &Ask<serde_json::Value>,
) -> Result<Answer, Failure> {
    let steps: Vec<&str> = path.split('/').collect();
    let result = match *steps.as_slice() {
        ["policies"] => projects::publish_policy(service, project, &parsed(ask)?).await,
        ["codebooks"] => projects::publish_codebook(service, project, &parsed(ask)?).await,
        ["sources"] => sources::register(service, project, &parsed(ask)?).await,
        ["sources", id, "relations"] => sources::relate(service, project, uuid(id)?, &parsed(ask)?).await,
        ["documents"] => documents::register(service, project, parsed(ask)?).await,
        ["documents", id, "revisions"] => documents::capture(service, project, uuid(id)?, parsed(ask)?).await,
        ["documents", id, "withdraw"] => documents::withdraw(service, project, uuid(id)?, &parsed::<Empty>(ask)?).await,
        ["incidents"] => incidents::register(service, project, &parsed(ask)?).await,
        ["actors"] => actors::register(service, project, &parsed(ask)?).await,
        ["actors", id, "names"] => actors::assert_name(service, project, uuid(id)?, &parsed(ask)?).await,
        ["relations"] => relations::register(service, project, &parsed(ask)?).await,
        ["relations", id, "dispute"] => relations::dispute(service, project, uuid(id)?, &parsed(ask)?).await,
        ["annotations"] => annotations::mark(service, project, &parsed(ask)?).await,
        ["readings"] => readings::read(service, project, &parsed(ask)?).await,
        ["no-claims"] => no_claims::find(service, project, &parsed(ask)?).await,
        ["judgements"] => judgements::judge(service, project, &parsed(ask)?).await,
        ["derivations"] => derivations::suggest(service, project, &parsed(ask)?).await,
        ["origins"] => origins::declare(service, project, &parsed(ask)?).await,
        ["assessments"] => assessments::assess(service, project, &parsed(ask)?).await,
        ["adjudications"] => adjudications::open(service, project, &parsed(ask)?).await,
        ["adjudications", id, "rulings"] => adjudications::rule(service, project, uuid(id)?, &parsed(ask)?).await,
        ["adjudications", id, "findings"] => adjudications::find(service, project, uuid(id)?, &parsed(ask)?).await,
        ["adjudications", id, "reopen"] => {
            adjudications::undo(service, project, uuid(id)?, &parsed(ask)?, adjudications::Undo::Reopen).await
        }
        ["adjudications", id, "overturn"] => {
            adjudications::undo(service, project, uuid(id)?, &parsed(ask)?, adjudications::Undo::Overturn).await
        }
        ["tasks"] => tasks::open(service, project, &parsed(ask)?).await,
        _ => {
            let detail = "`resource` is the path of a POST below the project, such as `readings`";
            return Err(Problem::unprocessable("resource_unknown", detail).pointer("/resource", detail).into());
        }
    };
    result.map_err(|failure| failure.below("/body"))
}

/// Reads the content of a line as what its resource takes.
fn parsed<T: DeserializeOwned>(ask: &Ask<serde_json::Value>) -> Result<Ask<T>, Failure> {
    let json = serde_json::to_vec(&ask.body).expect("a JSON value always serialises");
    let Object(body) = parse_json(&json).map_err(|problem| problem.within("/body"))?;
    let body_sha256 = Sha256::digest(canonical_json(&json)?).into();
    let Ask { ref caller, correlation, key, condition, .. } = *ask;
    Ok(Ask { caller: caller.clone(), correlation, key, condition, body, body_sha256 })
}

fn uuid(step: &str) -> Result<Uuid, Failure> {
    Uuid::try_parse(step).map_err(|_error| {
        let detail = "the path in `resource` holds an id that is no UUID";
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "resource_unknown", detail).pointer("/resource", detail).into()
    })
}
