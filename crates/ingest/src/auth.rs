//! Who asks, and what they may do in a project.

use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue};
use domain::access::{self, Action, Role, Viewer};
use domain::id::{CredentialId, ProjectId, UserId};
use domain::project::Project;
use domain::{Kind, Rejection};
use runtime::Problem;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;
use wire::record::Reliance;
use wire::subject::Address;

use crate::execute::{Freshness, Loaded};
use crate::failure::Failure;
use crate::service::Service;

/// How old a project's state may be when a role is looked up in it: so long may a revoked member still write through
/// another process. What is decided on the project itself is checked on its newest state.
const ROLE_AGE_MAX: Duration = Duration::from_secs(1);

/// Whom a token speaks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    /// The author of what it writes.
    pub user: UserId,
    /// The token.
    pub credential: CredentialId,
    /// Runs the installation.
    pub operator: bool,
}

/// Reads the bearer token and looks it up.
pub(crate) async fn authenticate(service: &Service, headers: &HeaderMap) -> Result<Caller, Problem> {
    let Some(given) = headers.get(AUTHORIZATION) else {
        let detail = "send a token in `Authorization: Bearer …`";
        return Err(Problem::unauthorized("token_missing", detail));
    };
    let Some(token) = given.to_str().ok().and_then(bearer) else { return Err(invalid()) };
    let identity = service.credentials().check(token).await.map_err(|error| Failure::unavailable(&error))?;
    identity.map_or_else(
        || Err(invalid()),
        |identity| {
            Ok(Caller {
                user: UserId::new(identity.user),
                credential: CredentialId::new(identity.credential),
                operator: identity.operator,
            })
        },
    )
}

/// The scheme's name is compared without regard to case (RFC 9110, 11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn invalid() -> Problem {
    let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
    Problem::unauthorized("token_invalid", "the token is unknown, revoked or expired")
        .header(WWW_AUTHENTICATE, challenge)
}

/// A caller within a project that they can see.
#[derive(Debug, Clone)]
pub(crate) struct Inside {
    /// The project.
    pub project: ProjectId,
    /// Its state, at most [`ROLE_AGE_MAX`] old.
    pub loaded: Arc<Loaded<Project>>,
    viewer: Viewer,
}

impl Inside {
    /// Checks that the caller may do this to an aggregate of this kind.
    pub fn check(&self, action: Action, kind: Kind) -> Result<(), Rejection> {
        access::check(&self.viewer, action, kind)
    }

    /// Checks that the caller may change an aggregate that is there.
    pub fn check_change<A: domain::Aggregate>(&self, loaded: &Loaded<A>) -> Result<(), Rejection> {
        let own = loaded.creator == self.viewer.user;
        self.check(Action::Change { own }, A::KIND)
    }

    /// The project as something that a decision looked at.
    pub fn reliance(&self) -> Reliance {
        Reliance { kind: Kind::Project, id: self.project.uuid(), revision: self.loaded.revision }
    }

    /// The address of an aggregate of the project.
    pub fn address(&self, kind: Kind, id: Uuid) -> Address {
        Address { project: self.project.uuid(), kind, id }
    }
}

/// The caller with the role that they have in this state of the project.
pub(crate) fn viewer(caller: &Caller, project: &Project) -> Viewer {
    let role: Option<Role> = match project {
        Project::Absent => None,
        Project::Open(open) => open.members.get(&caller.user).copied(),
    };
    Viewer { user: Some(caller.user), operator: caller.operator, role }
}

impl Service {
    /// Enters a project; to a stranger an existing project and one that does not exist look the same.
    pub(crate) async fn enter(&self, caller: &Caller, project: ProjectId) -> Result<Inside, Failure> {
        let address = project_address(project);
        let mut loaded = self.load(&address, Freshness::Within(ROLE_AGE_MAX)).await?;
        if loaded.revision == 0 {
            // A copy may lag behind a project that was just created.
            loaded = self.load(&address, Freshness::Leader).await?;
        }
        let viewer = viewer(caller, &loaded.state);
        access::check(&viewer, Action::Read, Kind::Project)?;
        loaded.state.open()?;
        Ok(Inside { project, loaded, viewer })
    }
}

/// Where a project's own records stand.
pub(crate) fn project_address(project: ProjectId) -> Address {
    Address { project: project.uuid(), kind: Kind::Project, id: project.uuid() }
}
