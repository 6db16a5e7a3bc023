//! A project: its members, policies and codebooks.

use crate::access::Role;
use crate::aggregate::aggregate_of;
use crate::codebook::Codebook;
use crate::id::UserId;
use crate::policy::Policy;
use crate::text::Text;
use crate::{Aggregate, Rejection};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What happened to a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It was created.
    ProjectCreated {
        /// Its name.
        name: Text,
        /// Whether annotators are kept from each other's open work.
        blind: bool,
    },
    /// A codebook version was published.
    CodebookPublished {
        /// Counted from 1.
        version: u32,
        /// The content.
        codebook: Codebook,
    },
    /// A policy version was published.
    PolicyPublished {
        /// Counted from 1; 0 is built in.
        version: u32,
        /// The content.
        policy: Policy,
    },
    /// A user got a role, in place of an earlier one.
    MemberRoleGranted {
        /// The user.
        user: UserId,
        /// The role.
        role: Role,
    },
    /// A user is no longer a member.
    MemberRoleRevoked {
        /// The user.
        user: UserId,
    },
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ProjectCreated { .. } => "ProjectCreated",
            Self::CodebookPublished { .. } => "CodebookPublished",
            Self::PolicyPublished { .. } => "PolicyPublished",
            Self::MemberRoleGranted { .. } => "MemberRoleGranted",
            Self::MemberRoleRevoked { .. } => "MemberRoleRevoked",
        }
    }
}

/// What is asked of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Create it; its creator becomes admin.
    Create {
        /// Its name.
        name: Text,
        /// Whether annotators are kept from each other's open work.
        blind: bool,
        /// Who creates it.
        creator: UserId,
    },
    /// Publish a codebook version.
    PublishCodebook(Codebook),
    /// Publish a policy version.
    PublishPolicy(Policy),
    /// Give a user a role.
    GrantRole {
        /// The user.
        user: UserId,
        /// The role.
        role: Role,
    },
    /// End a user's membership.
    RevokeRole {
        /// The user.
        user: UserId,
    },
}

/// A project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Project {
    /// Not created.
    #[default]
    Absent,
    /// Created.
    Open(Open),
}

/// A created project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Its name.
    pub name: Text,
    /// Whether annotators are kept from each other's open work.
    pub blind: bool,
    /// Roles by user.
    pub members: BTreeMap<UserId, Role>,
    /// Published policies; version n stands at n − 1.
    pub policies: Vec<Policy>,
    /// Published codebooks; version n stands at n − 1.
    pub codebooks: Vec<Codebook>,
}

impl Open {
    /// The policy of this version, 0 being the built-in one.
    #[must_use]
    pub fn policy(&self, version: u32) -> Option<&Policy> {
        static BUILT_IN: LazyLock<Policy> = LazyLock::new(Policy::default);
        match version.checked_sub(1) {
            None => Some(&BUILT_IN),
            Some(at) => self.policies.get(at as usize),
        }
    }

    /// The newest policy version.
    #[must_use]
    pub fn policy_newest(&self) -> u32 {
        version(self.policies.len())
    }
}

fn version(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl Project {
    /// The most members: a project's state is loaded by every writer.
    pub const MEMBERS_MAX: usize = 10_000;
    /// The most versions of policies, and of codebooks.
    pub const VERSIONS_MAX: usize = 1_000;

    /// The project, if it was created.
    pub fn open(&self) -> Result<&Open, Rejection> {
        match self {
            Self::Open(open) => Ok(open),
            Self::Absent => Err(Rejection::absent("not_found", "there is no such project")),
        }
    }

    /// Decides a command.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Create { name, blind, creator } => match self {
                Self::Open(_) => Err(Rejection::conflict("id_taken", "there is a project with this id")),
                Self::Absent => Ok(vec![
                    Event::ProjectCreated { name, blind },
                    Event::MemberRoleGranted { user: creator, role: Role::Admin },
                ]),
            },
            Command::PublishCodebook(codebook) => {
                let open = self.open()?;
                codebook.check()?;
                check_versions(open.codebooks.len())?;
                Ok(vec![Event::CodebookPublished { version: version(open.codebooks.len() + 1), codebook }])
            }
            Command::PublishPolicy(policy) => {
                let open = self.open()?;
                policy.check()?;
                check_versions(open.policies.len())?;
                Ok(vec![Event::PolicyPublished { version: version(open.policies.len() + 1), policy }])
            }
            Command::GrantRole { user, role } => {
                let open = self.open()?;
                if open.members.len() >= Self::MEMBERS_MAX && !open.members.contains_key(&user) {
                    let detail = format!("a project has at most {} members", Self::MEMBERS_MAX);
                    return Err(Rejection::conflict("members_full", detail));
                }
                Ok(vec![Event::MemberRoleGranted { user, role }])
            }
            Command::RevokeRole { user } => {
                if !self.open()?.members.contains_key(&user) {
                    return Err(Rejection::absent("not_found", "this user is not a member"));
                }
                Ok(vec![Event::MemberRoleRevoked { user }])
            }
        }
    }
}

fn check_versions(len: usize) -> Result<(), Rejection> {
    if len < Project::VERSIONS_MAX {
        return Ok(());
    }
    let detail = format!("a project has at most {} versions", Project::VERSIONS_MAX);
    Err(Rejection::conflict("versions_full", detail))
}

impl Aggregate for Project {
    aggregate_of!(Project);

    fn evolve(self, event: &Event, _author: UserId) -> Self {
        match (self, event) {
            (Self::Absent, Event::ProjectCreated { name, blind }) => Self::Open(Open {
                name: name.clone(),
                blind: *blind,
                members: BTreeMap::new(),
                policies: Vec::new(),
                codebooks: Vec::new(),
            }),
            (Self::Open(mut open), event) => {
                match event {
                    Event::ProjectCreated { .. } => {}
                    Event::CodebookPublished { version: _, codebook } => open.codebooks.push(codebook.clone()),
                    Event::PolicyPublished { version: _, policy } => open.policies.push(policy.clone()),
                    Event::MemberRoleGranted { user, role } => {
                        open.members.insert(*user, *role);
                    }
                    Event::MemberRoleRevoked { user } => {
                        open.members.remove(user);
                    }
                }
                Self::Open(open)
            }
            (
                Self::Absent,
                Event::CodebookPublished { .. }
                | Event::PolicyPublished { .. }
                | Event::MemberRoleGranted { .. }
                | Event::MemberRoleRevoked { .. },
            ) => Self::Absent,
        }
    }
}

#[cfg(test)]
mod tests;
