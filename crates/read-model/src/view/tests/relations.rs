//! What is said about relations.

use super::*;
use domain::adjudication::Outcome;
use domain::claim;
use domain::id::RelationId;
use domain::relation::RelationType;
use wire::view::{AskRelation, RelationBoard};

fn ask(relation: RelationId, quotes: u32) -> Question {
    Question::Relation(AskRelation { relation: relation.to_string(), quotes })
}

fn told(said: Said) -> RelationBoard {
    match said {
        Said::Relation(board) => board,
        other => panic!("no board of a relation: {other:?}"),
    }
}

/// A claim that the relation holds, or that it does not.
fn about(scene: &Scene, relation: RelationId, speaker: ActorId, act: Act) -> Claim {
    let claim = scene.claim(speaker, act);
    let target = claim::Target::Relation(relation);
    let proposition = Proposition { target, facet: None, actor: None, role: None, ..claim.proposition };
    Claim { proposition, ..claim }
}

fn status(board: &RelationBoard) -> (String, Option<String>) {
    (board.relation.as_ref().unwrap().status.clone(), board.proposition.as_ref().map(|said| said.status.clone()))
}

#[test]
fn a_relation_has_the_status_of_what_is_said_and_its_own_which_that_does_not_change() {
    let mut scene = scene();
    let other = scene.history.actor(ActorKind::Organisation, "Other");
    let relation = scene.history.relation(RelationType::Commands, scene.group, other, scene.annotation);
    let registered = scene.history.position();
    let infers = about(&scene, relation, scene.state, Act::Infers);
    let inferred = scene.history.reading(user("a"), infers);
    let suspected = scene.history.position();
    let denies = about(&scene, relation, scene.group, Act::Denies);
    let denial = scene.history.reading(user("a"), denies);
    let contested = scene.history.position();
    scene.read(user("a"), scene.state, Act::Accuses);
    let proposition = about(&scene, relation, scene.state, Act::Infers).proposition;
    let target = Target::Proposition(proposition);
    let adjudication = scene.history.adjudication(user("c"), vec![target.clone()]);
    let found = scene.history.finding(user("c"), adjudication, target, Outcome::Rejected, contested);
    let fixture = Fixture::new(scene.history);
    let at = |position| told(fixture.ask_at(position, ask(relation, 20)));
    let held = |said: Option<&str>| ("held".to_owned(), said.map(str::to_owned));
    for (position, wanted) in [
        (registered, held(None)),
        (suspected, held(Some("suspected"))),
        (contested, held(Some("suspected_contested"))),
        (found, ("dropped".to_owned(), Some("finding:rejected".to_owned()))),
    ] {
        assert_eq!(status(&at(position)), wanted, "at {position}");
    }
    let board = at(found);
    let shown = board.relation.unwrap();
    assert_eq!((shown.id, shown.r#type.as_str(), shown.stance.as_str()), (relation.to_string(), "commands", "held"));
    let ends = [shown.from, shown.to].map(|end| end.unwrap());
    assert_eq!(ends.each_ref().map(|end| end.name.as_str()), ["Group", "Other"]);
    assert_eq!(ends.map(|end| end.id), [scene.group.to_string(), other.to_string()]);
    let said = board.proposition.unwrap();
    assert_eq!((said.facet.as_str(), said.status_without_finding.as_str()), ("", "suspected_contested"));
    assert_eq!(said.support[0].utterance, inferred.to_string());
    assert_eq!(said.opposition[0].utterance, denial.to_string());
    assert_eq!((said.support[0].quotes.len(), said.support[0].quotes_total), (1, 1));
    let bare = told(fixture.ask(ask(relation, 0))).proposition.unwrap();
    assert_eq!((bare.support[0].quotes.len(), bare.support[0].quotes_total), (0, 1));
}

#[test]
fn the_ends_of_a_relation_are_named_by_what_is_judged_to_be_one() {
    let mut scene = scene();
    let alias = scene.history.actor(ActorKind::Placeholder, "Alias");
    let relation = scene.history.relation(RelationType::AlliedWith, alias, scene.state, scene.annotation);
    let judgement = scene.history.merge(alias, scene.group);
    let merged = scene.history.position();
    scene.history.withdraw(user("c"), domain::identity::Subject::Actor, judgement);
    let fixture = Fixture::new(scene.history);
    let from = |position| told(fixture.ask_at(position, ask(relation, 20))).relation.unwrap().from.unwrap();
    assert_eq!((from(merged).name, from(merged).id), ("Group".to_owned(), scene.group.to_string()));
    let apart = from(fixture.history.position());
    assert_eq!((apart.name, apart.id), ("Alias".to_owned(), alias.to_string()));
}

#[test]
fn what_is_no_relation_has_no_such_board() {
    let scene = scene();
    let fixture = Fixture::new(scene.history);
    for id in [scene.state.to_string(), Uuid::nil().to_string(), "nonsense".to_owned()] {
        let request = fixture.request(Question::Relation(AskRelation { relation: id, quotes: 20 }));
        assert_eq!(fixture.refusal(&request), (refusal::Why::Absent, "not_found".to_owned()));
    }
}
