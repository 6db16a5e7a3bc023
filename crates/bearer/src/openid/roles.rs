//! Roles that a token gives, in a claim that the settings name.
//!
//! Providers keep the roles of many programs in one claim, so those meant here begin with `gainsay:`, and all others are
//! passed over: `gainsay:operator`, and `gainsay:<project>:<role>` with the project's UUID.

use domain::Code;
use domain::access::Role;
use domain::id::ProjectId;
use serde_json::Value;
use uuid::Uuid;

use crate::refusal::Refusal;

/// What a role begins with that is meant for this program.
const PREFIX: &str = "gainsay:";

/// The names of the members that lead to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path(Vec<String>);

/// What a token gives.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Roles {
    pub operator: bool,
    pub grants: Vec<(ProjectId, Role)>,
}

impl Path {
    /// Reads names with dots between them, or a JSON pointer, for names with dots; `None` where a name is empty.
    pub fn parse(text: &str) -> Option<Self> {
        let names: Vec<String> = match text.strip_prefix('/') {
            Some(pointer) => pointer.split('/').map(|name| name.replace("~1", "/").replace("~0", "~")).collect(),
            None => text.split('.').map(str::to_owned).collect(),
        };
        names.iter().all(|name| !name.is_empty()).then_some(Self(names))
    }

    /// The roles that these claims give: none where the claim is missing.
    pub fn roles(&self, claims: &Value) -> Result<Roles, Refusal> {
        let claim = self.0.iter().try_fold(claims, |value, name| value.as_object()?.get(name));
        let mut roles = Roles::default();
        match claim {
            None => {}
            Some(Value::String(one)) => roles.add(one),
            Some(Value::Array(several)) => {
                for one in several {
                    roles.add(one.as_str().ok_or(Refusal::Roles)?);
                }
            }
            Some(_) => return Err(Refusal::Roles),
        }
        Ok(roles)
    }
}

impl Roles {
    fn add(&mut self, text: &str) {
        let Some(role) = text.strip_prefix(PREFIX) else { return };
        if role == "operator" {
            self.operator = true;
        } else if let Some((project, role)) = role.split_once(':')
            && let (Ok(project), Ok(role)) = (Uuid::try_parse(project), Role::from_code(role))
        {
            self.grants.push((ProjectId::new(project), role));
        } else {
            // It was meant for this program, and somebody wonders why it has no effect.
            tracing::debug!("a role of a token names no project and role");
        }
    }
}
