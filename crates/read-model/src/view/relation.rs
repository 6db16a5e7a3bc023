//! What is said about a relation.

use super::board::{cached, limit_quotes};
use super::judgements::judgements;
use super::scope::{Answer, Scope, absent, id};
use super::status;
use crate::Loaded;
use domain::actor::Actor;
use domain::claim::Target;
use domain::id::{ActorId, RelationId};
use domain::relation::Relation;
use wire::view::{AskRelation, BoardRelation, Named, RelationBoard};

/// The board of a relation that is asked for.
pub(super) fn board(scope: &Scope<'_>, ask: &AskRelation) -> Answer<RelationBoard> {
    let relation = id(&ask.relation)?;
    let said = cached(scope, Target::Relation(RelationId::new(relation)))?.ok_or_else(absent)?;
    // A relation has no facets, so that all that is said about it is one proposition.
    let mut proposition = said.content.propositions.first().cloned();
    limit_quotes(&mut proposition, ask.quotes);
    Ok(RelationBoard {
        relation: Some(head(scope, RelationId::new(relation))?),
        as_of: scope.snapshot.at(),
        policy: scope.policy_version,
        blinded: said.content.blinded,
        proposition,
        without: scope.without.told(),
    })
}

fn head(scope: &Scope<'_>, id: RelationId) -> Answer<BoardRelation> {
    let state = scope.load::<Relation>(id.uuid())?.state;
    let edge = state.edge().ok_or_else(absent)?;
    Ok(BoardRelation {
        id: id.to_string(),
        r#type: edge.relation.to_string(),
        from: Some(named(scope, edge.from)?),
        to: Some(named(scope, edge.to)?),
        stance: edge.stance.to_string(),
        valid: edge.valid.as_ref().map(|valid| valid.as_str().to_owned()),
        status: status::of_relation(scope, id.uuid(), &state)?.to_owned(),
    })
}

/// The actor that stands for all that are judged to be this one, by its name; by its id if it has none.
fn named(scope: &Scope<'_>, actor: ActorId) -> Answer<Named> {
    let id = judgements(scope)?.actors.resolution.canonical(actor.uuid());
    let loaded: Option<Loaded<Actor>> = scope.snapshot.load(scope.project, id)?;
    let name = loaded.as_ref().and_then(|loaded| loaded.state.name()).map(|name| name.as_str().to_owned());
    Ok(Named { id: id.to_string(), name: name.unwrap_or_else(|| id.to_string()) })
}
