use super::*;
use crate::testing::{given, id, refused, text};
use crate::{Code, Why};

fn name(name: &str) -> Name {
    Name { name: text(name), language: None, evidence: Vec::new() }
}

fn registered() -> Vec<Event> {
    vec![Event::ActorRegistered { kind: ActorKind::Organisation }, asserted(1, "Group A")]
}

fn asserted(n: u128, called: &str) -> Event {
    Event::ActorNameAsserted { id: id(n), name: name(called) }
}

fn withdrawn(n: u128) -> Event {
    Event::ActorNameWithdrawn { id: id(n) }
}

#[test]
fn an_actor_is_registered_under_its_first_name() {
    for kind in ActorKind::ALL.iter().copied() {
        let register = Command::Register { kind, id: id(1), name: name("Group A") };
        let events = Actor::Absent.decide(register.clone()).unwrap();
        let known = match kind {
            ActorKind::Placeholder => Event::PlaceholderActorIntroduced,
            other => Event::ActorRegistered { kind: other },
        };
        assert_eq!(events, [known, asserted(1, "Group A")]);

        let actor: Actor = given(events);
        assert_eq!((actor.kind(), actor.name()), (Some(kind), Some(&text("Group A"))));
        refused(actor.decide(register), Why::Conflict, "id_taken", "");
    }
}

#[test]
fn names_are_asserted_beside_each_other_and_the_oldest_is_shown() {
    let actor: Actor = given(registered());
    let second = Name { name: text("أصحاب الكهف"), language: Some(text("ar")), evidence: vec![id(1), id(2)] };
    let assert = Command::AssertName { id: id(2), name: second.clone() };
    let events = actor.decide(assert).unwrap();
    assert_eq!(events, [Event::ActorNameAsserted { id: id(2), name: second.clone() }]);
    let actor = actor.evolve(&events[0], id(1));
    assert_eq!(actor.name(), Some(&text("Group A")));
    let names = vec![(id(1), name("Group A")), (id(2), second)];
    assert_eq!(actor, Actor::Known { kind: ActorKind::Organisation, names });
}

#[test]
fn two_names_do_not_share_an_id() {
    let actor: Actor = given(registered());
    let assert = Command::AssertName { id: id(1), name: name("Group B") };
    refused(actor.decide(assert), Why::Conflict, "id_taken", "");
}

#[test]
fn a_name_is_withdrawn_while_another_one_stays() {
    let actor: Actor = given(registered().into_iter().chain([asserted(2, "Group B")]));
    let withdraw = Command::WithdrawName { id: id(1) };
    let events = actor.decide(withdraw.clone()).unwrap();
    assert_eq!(events, [withdrawn(1)]);
    let actor = actor.evolve(&events[0], id(1));
    assert_eq!(actor.name(), Some(&text("Group B")));
    refused(actor.decide(withdraw), Why::Absent, "not_found", "");
    refused(actor.decide(Command::WithdrawName { id: id(2) }), Why::Conflict, "last_name", "");
}

#[test]
fn an_unknown_actor_has_no_names() {
    for command in [Command::AssertName { id: id(1), name: name("Group A") }, Command::WithdrawName { id: id(1) }] {
        refused(Actor::Absent.decide(command), Why::Absent, "not_found", "");
    }
    assert_eq!((Actor::Absent.kind(), Actor::Absent.name()), (None, None));
}

#[test]
fn the_evidence_of_a_name_is_bounded_and_cited_once() {
    let cited = |evidence| Name { evidence, ..name("Group B") };
    let actor: Actor = given(registered());
    let refused_twice = |name: Name, code, pointer| {
        let register = Command::Register { kind: ActorKind::Person, id: id(2), name: name.clone() };
        refused(Actor::Absent.decide(register), Why::Invalid, code, pointer);
        refused(actor.decide(Command::AssertName { id: id(2), name }), Why::Invalid, code, pointer);
    };
    refused_twice(cited(vec![id(1), id(1)]), "list_repeats", "/evidence/1");
    refused_twice(cited((0..65).map(id).collect()), "list_too_long", "/evidence");
    let name = cited((0..64).map(id).collect());
    assert!(actor.decide(Command::AssertName { id: id(2), name }).is_ok());
}

#[test]
fn an_actor_has_at_most_five_hundred_names() {
    let names = (2..=500).map(|n| asserted(n, "Group"));
    let actor: Actor = given(registered().into_iter().chain(names));
    let assert = Command::AssertName { id: id(501), name: name("Group") };
    refused(actor.decide(assert.clone()), Why::Conflict, "names_full", "");
    let actor = actor.evolve(&withdrawn(7), id(1));
    assert!(actor.decide(assert).is_ok(), "a withdrawn name makes room");
}

#[test]
fn events_out_of_place_change_nothing() {
    assert_eq!(given::<Actor>([asserted(1, "Group A"), withdrawn(1)]), Actor::Absent);
    let again = [Event::PlaceholderActorIntroduced, Event::ActorRegistered { kind: ActorKind::Media }];
    assert_eq!(given::<Actor>(registered().into_iter().chain(again)), given(registered()));
}

#[test]
fn the_kinds_are_those_of_the_design() {
    let kinds: Vec<_> = ActorKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let expected = ["person", "organisation", "state_body", "collective", "office", "media", "placeholder"];
    assert_eq!(kinds, expected);
}
