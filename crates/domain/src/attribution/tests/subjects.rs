//! Boards of what is no incident, and speakers who say both.

use super::given::*;
use crate::attribution::{Status, Voice};
use crate::claim::{Facet, Key, Polarity, Target};
use crate::relation::RelationType;
use crate::text::comparable;

#[test]
fn of_a_class_the_board_tells_what_is_said_of_it_with_its_own_strength() {
    let mut given = Given::new();
    given.class(ATTACKS, |_| {});
    given.read(accuses(WITNESS, GROUP).of_class(ATTACKS));
    given.read(accuses(WITNESS, RIVAL));
    assert_eq!(given.status(GROUP), Status::Suspected, "some of the attacks");
    (given.case.subject, given.case.detail) = (Target::Class(ATTACKS), None);
    let board = given.board();
    assert_eq!(board.propositions.iter().map(|about| &about.key).collect::<Vec<_>>(), [&perpetrator(GROUP)]);
    assert_eq!(given.status(GROUP), Status::Accused);
    assert_eq!((given.on(GROUP).n_witness, given.on(GROUP).n_support), (1, 1));
    assert!(given.on(GROUP).support[0].generic);
}

#[test]
fn of_a_relation_the_board_tells_who_says_that_there_is_one() {
    let mut given = Given::new();
    let edge = given.edge(RelationType::FrontOf, UNKNOWN, GROUP);
    let mut said = accuses(ARMY, GROUP).target(Target::Relation(edge));
    let about = &mut said.claim.proposition;
    (about.facet, about.role, about.actor) = (None, None, None);
    let mut denied = denies(GROUP, GROUP).target(Target::Relation(edge));
    denied.claim.proposition = said.claim.proposition.clone();
    given.read(said);
    given.read(denied);
    given.read(accuses(WITNESS, GROUP));
    (given.case.subject, given.case.detail) = (Target::Relation(edge), None);
    let [about] = &given.board().propositions[..] else { panic!("one proposition") };
    assert_eq!((about.status, about.n_support, about.n_witness), (Status::Contested, 1, 1));
}

#[test]
fn of_an_actor_the_board_tells_what_is_thought_of_its_conduct() {
    let mut given = Given::new();
    let mut said = accuses(ARMY, GROUP).facet(Facet::Conduct, Some("Reckless")).target(Target::Actor(GROUP));
    said.claim.polarity = Polarity::Plus;
    given.read(said);
    assert_eq!(given.board().propositions, [], "never on the board of an incident");
    (given.case.subject, given.case.detail) = (Target::Actor(GROUP), None);
    let [about] = &given.board().propositions[..] else { panic!("one proposition") };
    let value = Some(comparable("Reckless"));
    assert_eq!(about.key, Key { facet: Some(Facet::Conduct), role: None, actor: None, value });
    assert_eq!(about.status, Status::OfficiallyAttributed);
}

#[test]
fn speakers_who_say_both_are_named_with_what_they_say() {
    let mut given = Given::new();
    given.edge(RelationType::HoldsOffice, SPOKESMAN, GROUP);
    let claim = given.read(claims(GROUP).on("2021-05-05"));
    let denial = given.read(denies(SPOKESMAN, GROUP).on("2021-05-05"));
    let one = given.read(accuses(WITNESS, GROUP).on("2021-05-05"));
    let other = given.read(denies(WITNESS, GROUP).on("2021-05-05"));
    given.read(accuses(BYSTANDER, GROUP).on("2021-05-05"));
    given.read(denies(BYSTANDER, GROUP).on("2021-05-06"));
    let found: Vec<_> = given.on(GROUP).inconsistent.into_iter().map(|by| (by.own, by.voices, by.utterances)).collect();
    assert_eq!(
        found,
        [
            (true, vec![Voice::Actor(GROUP), Voice::Actor(SPOKESMAN)], vec![claim, denial]),
            (false, vec![Voice::Actor(WITNESS)], vec![one, other]),
        ]
    );
}
