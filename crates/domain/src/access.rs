//! Who may do what: one function over role, action and what it is done to.

use crate::code::codes;
use crate::id::UserId;
use crate::{Kind, Rejection};

codes! {
    /// A member's role in a project. Each includes what the ones before it may.
    pub enum Role as "role" {
        /// Reads views.
        Reader = "reader",
        /// Marks passages and records readings.
        Annotator = "annotator",
        /// Looks after sources, actors and incidents, judges derivations, and adjudicates.
        Curator = "curator",
        /// Grants roles, publishes policies, erases.
        Admin = "admin",
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Viewer {
    /// The user; none for somebody without a token.
    pub user: Option<UserId>,
    /// Runs the installation: may do everything in every project.
    pub operator: bool,
    /// The role in the project; none for somebody who is not a member.
    pub role: Option<Role>,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Look at it.
    Read,
    /// Make a new one.
    Create,
    /// Change, retract or withdraw it.
    Change {
        /// Whether the asker is its author.
        own: bool,
    },
    /// Grant or revoke a role, publish a policy or a codebook.
    Govern,
    /// Dispute a relation, or withdraw the own dispute.
    Contest,
    /// Lease a task, and renew, submit or skip what one holds.
    Work,
}

/// What the function says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Allowed,
    /// No, and the asker may know that it exists.
    Forbidden,
    /// No, and to the asker it does not exist.
    Hidden,
}

/// The permission function: may this viewer do this to an aggregate of this kind?
///
/// Strangers to a project see nothing of it. Annotations, readings and assessments are changed by their author alone
/// (invariant 2); everything that is not a reader's is forbidden to readers, openly.
#[must_use]
pub fn permit(viewer: &Viewer, action: Action, kind: Kind) -> Verdict {
    if matches!(kind, Kind::User) || (kind == Kind::Project && action == Action::Create) {
        return if viewer.operator { Verdict::Allowed } else { Verdict::Forbidden };
    }
    // An operator's own role in a project, if there is one, takes nothing away.
    let Some(role) = viewer.operator.then_some(Role::Admin).or(viewer.role) else {
        return Verdict::Hidden;
    };
    // An author alone changes the own marks, readings and assessments, whatever others' roles.
    if let (Kind::Annotation | Kind::Reading | Kind::Assessment, Action::Change { own }) = (kind, action) {
        return if own && role >= Role::Annotator { Verdict::Allowed } else { Verdict::Forbidden };
    }
    if role >= least(action, kind) { Verdict::Allowed } else { Verdict::Forbidden }
}

/// The least role that may.
fn least(action: Action, kind: Kind) -> Role {
    match (action, kind) {
        (Action::Read, _) => Role::Reader,
        (Action::Govern, _) | (_, Kind::Project | Kind::User) => Role::Admin,
        // A merge changes every board that names one of the two.
        // Who hands out work is a curator; whoever annotates may take it.
        (Action::Work, Kind::Task) => Role::Annotator,
        (Action::Create, Kind::Identity) | (_, Kind::Adjudication | Kind::Task) => Role::Curator,
        (Action::Create | Action::Contest | Action::Work, _)
        | (Action::Change { own: true }, Kind::Actor | Kind::Relation | Kind::Incident | Kind::Import) => {
            Role::Annotator
        }
        (Action::Change { .. }, _) => Role::Curator,
    }
}

/// The permission as a result: a refusal that tells no more than the asker may know.
pub fn check(viewer: &Viewer, action: Action, kind: Kind) -> Result<(), Rejection> {
    match permit(viewer, action, kind) {
        Verdict::Allowed => Ok(()),
        Verdict::Hidden => Err(Rejection::absent("not_found", "there is nothing here that you can see")),
        Verdict::Forbidden => Err(Rejection::forbidden("forbidden", "your role does not permit this")),
    }
}

#[cfg(test)]
mod tests;
