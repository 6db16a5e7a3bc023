//! What a line of an import writes and names, as far as its order among the others matters.

use std::collections::BTreeSet;

use domain::Code;
use domain::id::{ProjectId, UserId, derived};
use domain::identity::Subject;
use serde_json::Value;
use uuid::Uuid;

use super::Line;
use crate::body::reading::INLINE_MAX;

/// The ids in a line.
#[derive(Debug, Default)]
pub(super) struct Touches {
    /// Ids under which it writes, the command's own included.
    writes: BTreeSet<Uuid>,
    /// Ids that it names; all that it writes are among them.
    names: BTreeSet<Uuid>,
    /// Whether it changes what every other line depends on.
    governs: bool,
    /// Whether it takes much memory.
    large: bool,
}

impl Touches {
    pub fn of(line: &Line, key: Uuid, large: bool, project: ProjectId, user: UserId) -> Self {
        let steps = line.resource.split('/').filter_map(|step| Uuid::try_parse(step).ok());
        let id = line.body.get("id").and_then(Value::as_str).and_then(|id| Uuid::try_parse(id).ok());
        // Which of two judgements is refused, where they contradict each other, depends on their order.
        let judged = (line.resource == "judgements").then(|| line.body.get("kind")?.as_str());
        let judged = judged.flatten().and_then(|kind| Subject::from_code(kind).ok());
        let made = (0..=INLINE_MAX).map(|n| derived(project, user, key, n));
        let writes: BTreeSet<Uuid> =
            steps.chain(id).chain([key]).chain(made).chain(judged.map(|kind| kind.aggregate(project))).collect();
        let mut names = writes.clone();
        collect(&line.body, &mut names);
        // Two adjudications of one target are not looked at together: the later one is to find the earlier.
        let writes = if line.resource == "adjudications" { names.clone() } else { writes };
        Self { writes, names, governs: matches!(line.resource.as_str(), "policies" | "codebooks"), large }
    }

    /// Whether a later line has to wait for this one.
    pub fn concerns(&self, later: &Self) -> bool {
        self.governs
            || later.governs
            || (self.large && later.large)
            || !self.writes.is_disjoint(&later.names)
            || !self.names.is_disjoint(&later.writes)
    }
}

/// An id always stands as a string of its own, or as the key of a member.
fn collect(value: &Value, ids: &mut BTreeSet<Uuid>) {
    match value {
        Value::String(text) => ids.extend(Uuid::try_parse(text)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, ids)),
        Value::Object(members) => {
            for (key, member) in members {
                ids.extend(Uuid::try_parse(key));
                collect(member, ids);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests;
