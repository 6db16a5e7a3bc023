//! Who asks, and what they may do in a project.

use bearer::Bearer;
use domain::access::{self, Action, Role, Viewer};
use domain::claim::Claim;
use domain::id::{ProjectId, UserId};
use domain::project::Project;
use domain::{Kind, Rejection};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;
use wire::record::Reliance;
use wire::subject::Address;
use wire::view;

use crate::execute::{Freshness, Loaded};
use crate::failure::Failure;
use crate::service::Service;

/// How old a project's state may be when a role is looked up in it: so long may a revoked member still write through
/// another process. What is decided on the project itself is checked on its newest state.
const ROLE_AGE_MAX: Duration = Duration::from_secs(1);

/// A caller within a project that they can see.
#[derive(Debug, Clone)]
pub(crate) struct Inside {
    /// The project.
    pub project: ProjectId,
    /// Its state, at most [`ROLE_AGE_MAX`] old.
    pub loaded: Arc<Loaded<Project>>,
    viewer: Viewer,
    /// What the caller's own record names already.
    known: Arc<BTreeSet<Uuid>>,
}

impl Inside {
    /// The same caller, for a change of their own record: what a claim of it names stays there for them.
    pub fn knowing<'a>(&self, claims: impl IntoIterator<Item = &'a Claim>) -> Self {
        let named = |claim: &'a Claim| {
            claim.evidence.iter().map(|id| id.uuid()).chain(claim.changes.iter().map(|id| id.uuid()))
        };
        Self { known: Arc::new(claims.into_iter().flat_map(named).collect()), ..self.clone() }
    }

    /// What the caller's own record names already.
    pub fn known(&self) -> Arc<BTreeSet<Uuid>> {
        Arc::clone(&self.known)
    }

    /// Checks that the caller may do this to an aggregate of this kind.
    pub fn check(&self, action: Action, kind: Kind) -> Result<(), Rejection> {
        access::check(&self.viewer, action, kind)
    }

    /// Checks that the caller may change an aggregate that is there.
    pub fn check_change<A: domain::Aggregate>(&self, loaded: &Loaded<A>) -> Result<(), Rejection> {
        let own = loaded.creator == self.viewer.user;
        self.check(Action::Change { own }, A::KIND)
    }

    /// The caller as the read side knows them, if they are below curator.
    pub fn reader(&self) -> Option<(UserId, view::Viewer)> {
        let Viewer { user, operator, role } = self.viewer;
        if operator || role >= Some(Role::Curator) {
            return None;
        }
        let user = user?;
        // A role may be the token's own.
        let grants = role.map(|role| view::Grant { project: self.project.to_string(), role: role.to_string() });
        let grants = grants.into_iter().collect();
        Some((user, view::Viewer { user: user.to_string(), grants, ..view::Viewer::default() }))
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

/// The caller in no project.
pub(crate) fn outside(caller: &Bearer) -> Viewer {
    Viewer { user: Some(caller.user), operator: caller.operator, role: None }
}

/// The caller with the highest role that this state of the project or their token gives.
pub(crate) fn viewer(caller: &Bearer, project: ProjectId, state: &Project) -> Viewer {
    let role: Option<Role> = match state {
        Project::Absent => None,
        Project::Open(open) => open.members.get(&caller.user).copied().max(caller.grants.role(project)),
    };
    Viewer { role, ..outside(caller) }
}

impl Service {
    /// Enters a project; to a stranger an existing project and one that does not exist look the same.
    pub(crate) async fn enter(&self, caller: &Bearer, project: ProjectId) -> Result<Inside, Failure> {
        let address = project_address(project);
        let mut loaded = self.load(&address, Freshness::Within(ROLE_AGE_MAX)).await?;
        if loaded.revision == 0 {
            // A copy may lag behind a project that was just created.
            loaded = self.load(&address, Freshness::Leader).await?;
        }
        let viewer = viewer(caller, project, &loaded.state);
        access::check(&viewer, Action::Read, Kind::Project)?;
        loaded.state.open()?;
        Ok(Inside { project, loaded, viewer, known: Arc::default() })
    }
}

/// Where a project's own records stand.
pub(crate) fn project_address(project: ProjectId) -> Address {
    Address { project: project.uuid(), kind: Kind::Project, id: project.uuid() }
}
