//! A claim in one sentence.

use wire::view::{Claim, Link, Named, Proposition};

use super::names::Names;
use crate::table::{in_words, words};
use crate::terminal::plain;

/// What a claim says, with the names of everybody in it.
pub(super) fn sentence(claim: &Claim, names: &Names) -> String {
    let speakers: Vec<String> = claim.speakers.iter().map(|link| voice(link, names)).collect();
    let about = claim.proposition.as_ref().map(|about| proposition(about, names)).unwrap_or_default();
    let parts = [
        Some(format!("{}: {}, {about}", speakers.join(" › "), words(&claim.act))),
        Some(format!("{} {}", claim.polarity, claim.certainty)),
        (claim.scope == "generic").then(|| "generic".to_owned()),
        claim.presupposed.then(|| "presupposed".to_owned()),
        claim.uttered.as_ref().map(|date| format!("uttered {}", plain(date))),
        claim.mode.as_ref().map(|mode| plain(mode)),
        (!claim.changes.is_empty()).then(|| format!("changes {}", claim.changes.join(", "))),
        claim.speaks_for.as_ref().map(|relation| format!("as {}", names.called_by(relation))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Somebody in the chain, and how they stand towards what follows.
fn voice(link: &Link, names: &Names) -> String {
    let identified = link.actor.as_ref().or(link.source.as_ref()).map(|id| names.called_by(id));
    let unidentified = link.unidentified.as_ref().map(|unidentified| {
        let label = unidentified.label.as_ref().map_or_else(|| unidentified.kind.clone(), |label| plain(label));
        match &unidentified.of {
            Some(of) => format!("{label} ({})", names.called_by(of)),
            None => label,
        }
    });
    let who = identified.or(unidentified).unwrap_or_default();
    link.stance.as_ref().map_or_else(|| who.clone(), |stance| format!("{who} {stance}"))
}

fn proposition(about: &Proposition, names: &Names) -> String {
    let Proposition { incident, class, relation, facet, actor, role, value, with, with_others } = about;
    let Some(target) = incident.as_ref().or(class.as_ref()).or(relation.as_ref()) else {
        let actor = actor.as_ref().map(|id| names.called_by(id)).unwrap_or_default();
        return format!("{}: {}", actor, value.as_ref().map(|value| plain(value)).unwrap_or_default());
    };
    let actor = actor.as_ref().map(|id| Named { id: id.clone(), name: names.called_by(id) });
    let facet = facet.as_deref().unwrap_or_default();
    let words = in_words(facet, actor.as_ref(), role.as_deref(), value.as_deref());
    let others = with_others.then(|| "others".to_owned());
    let with: Vec<String> = with.iter().map(|id| names.called_by(id)).chain(others).collect();
    let with = if with.is_empty() { String::new() } else { format!(" with {}", with.join(", ")) };
    format!("{words}{with}, of “{}”", names.called_by(target))
}
