use super::*;
use crate::testing::{edtf, given, id, refused, text};
use crate::{Code, Why};

fn edge(stance: RelationStance) -> Edge {
    Edge {
        relation: RelationType::SpeaksFor,
        from: id(1),
        to: id(2),
        stance,
        evidence: vec![id(1)],
        valid: Some(edtf("2021-03/2021-06")),
    }
}

fn registered(stance: RelationStance) -> Event {
    Event::RelationRegistered(edge(stance))
}

fn dispute(author: u128) -> Command {
    Command::Dispute { author: id(author), reason: text("says who?") }
}

fn withdraw_dispute(author: u128) -> Command {
    Command::WithdrawDispute { author: id(author) }
}

fn disputed() -> Event {
    Event::RelationDisputed { reason: text("says who?") }
}

/// The relation after events of these authors.
fn after(events: &[(Event, u128)]) -> Relation {
    events.iter().fold(Relation::Absent, |relation, (event, author)| relation.evolve(event, id(*author)))
}

#[test]
fn a_relation_is_registered_once() {
    let register = Command::Register(edge(RelationStance::Held));
    let events = Relation::Absent.decide(register.clone()).unwrap();
    assert_eq!(events, [registered(RelationStance::Held)]);
    let live: Relation = given(events);
    assert_eq!(live.edge(), Some(&edge(RelationStance::Held)));
    refused(live.decide(register.clone()), Why::Conflict, "id_taken", "");
    let withdrawn = live.evolve(&Event::RelationWithdrawn, id(1));
    refused(withdrawn.decide(register), Why::Conflict, "id_taken", "");
}

#[test]
fn a_relation_joins_two_actors() {
    let edge = Edge { to: id(1), ..edge(RelationStance::Held) };
    let result = Relation::Absent.decide(Command::Register(edge));
    refused(result, Why::Invalid, "relation_to_itself", "/to");
}

#[test]
fn a_relation_cites_one_to_sixty_four_annotations_each_once() {
    let register =
        |evidence| Relation::Absent.decide(Command::Register(Edge { evidence, ..edge(RelationStance::Held) }));
    refused(register(Vec::new()), Why::Invalid, "evidence_missing", "/evidence");
    refused(register(vec![id(1), id(1)]), Why::Invalid, "list_repeats", "/evidence/1");
    refused(register((0..65).map(id).collect()), Why::Invalid, "list_too_long", "/evidence");
    assert!(register((0..64).map(id).collect()).is_ok());
}

#[test]
fn a_held_relation_is_open_while_anybody_disputes_it() {
    let mut events = vec![(registered(RelationStance::Held), 1)];
    assert_eq!(after(&events).standing(), Standing::Held);
    for (event, author, standing) in [
        (disputed(), 2, Standing::Open),
        (disputed(), 3, Standing::Open),
        (Event::DisputeWithdrawn, 2, Standing::Open),
        (Event::DisputeWithdrawn, 3, Standing::Held),
        (Event::RelationWithdrawn, 1, Standing::Dropped),
    ] {
        events.push((event, author));
        assert_eq!(after(&events).standing(), standing, "{events:?}");
    }
}

#[test]
fn a_reported_relation_is_open_and_an_unknown_one_dropped() {
    let mut events = vec![(registered(RelationStance::Reported), 1)];
    assert_eq!(after(&events).standing(), Standing::Open);
    events.push((disputed(), 2));
    assert_eq!(after(&events).standing(), Standing::Open);
    events.push((Event::RelationWithdrawn, 1));
    assert_eq!(after(&events).standing(), Standing::Dropped);
    assert_eq!(Relation::Absent.standing(), Standing::Dropped);
    assert_eq!(Relation::Absent.edge(), None);
}

#[test]
fn everybody_has_one_dispute_and_withdraws_the_own() {
    let relation = after(&[(registered(RelationStance::Held), 1)]);
    assert_eq!(relation.decide(dispute(2)), Ok(vec![disputed()]));
    refused(relation.decide(withdraw_dispute(2)), Why::Conflict, "not_disputed", "");

    let relation = relation.evolve(&disputed(), id(2));
    refused(relation.decide(dispute(2)), Why::Conflict, "already_disputed", "");
    assert_eq!(relation.decide(dispute(3)), Ok(vec![disputed()]));
    refused(relation.decide(withdraw_dispute(3)), Why::Conflict, "not_disputed", "");
    assert_eq!(relation.decide(withdraw_dispute(2)), Ok(vec![Event::DisputeWithdrawn]));

    let relation = relation.evolve(&Event::DisputeWithdrawn, id(2));
    assert_eq!(relation.decide(dispute(2)), Ok(vec![disputed()]), "and may dispute it again");
}

#[test]
fn a_relation_is_withdrawn_for_good() {
    let relation = after(&[(registered(RelationStance::Held), 1)]);
    let events = relation.decide(Command::Withdraw).unwrap();
    assert_eq!(events, [Event::RelationWithdrawn]);
    let relation = relation.evolve(&events[0], id(1));
    assert_eq!(relation, Relation::Withdrawn(edge(RelationStance::Held)));
    for command in [Command::Withdraw, dispute(2), withdraw_dispute(2)] {
        refused(relation.decide(command), Why::Conflict, "relation_withdrawn", "");
    }
}

#[test]
fn an_unknown_relation_is_neither_disputed_nor_withdrawn() {
    for command in [Command::Withdraw, dispute(2), withdraw_dispute(2)] {
        refused(Relation::Absent.decide(command), Why::Absent, "not_found", "");
    }
}

#[test]
fn a_relation_is_held_at_times_that_its_validity_overlaps() {
    let held = after(&[(registered(RelationStance::Held), 1)]);
    for (time, counts) in [
        ("2021-05-04", true),
        ("2021-03-01", true),
        ("2021-06-30", true),
        ("2021", true),
        ("2021-02-28", false),
        ("2021-07", false),
        ("../2021-02", false),
        ("2021-06/..", true),
    ] {
        assert_eq!(held.held_at(edtf(time).bounds()).is_some(), counts, "{time}");
    }
    assert!(held.held_at(Bounds::ALWAYS).is_some());

    let always = Edge { valid: None, ..edge(RelationStance::Held) };
    let always = Relation::Live { edge: always, disputed_by: BTreeSet::new() };
    assert!(always.held_at(edtf("1900").bounds()).is_some());
    for not_held in [
        after(&[(registered(RelationStance::Reported), 1)]),
        after(&[(registered(RelationStance::Held), 1), (disputed(), 2)]),
        after(&[(registered(RelationStance::Held), 1), (Event::RelationWithdrawn, 1)]),
        Relation::Absent,
    ] {
        assert_eq!(not_held.held_at(Bounds::ALWAYS), None);
    }
}

#[test]
fn events_out_of_place_change_nothing() {
    let before = [disputed(), Event::DisputeWithdrawn, Event::RelationWithdrawn];
    assert_eq!(given::<Relation>(before), Relation::Absent);
    let live = given::<Relation>([registered(RelationStance::Held)]);
    assert_eq!(live.clone().evolve(&registered(RelationStance::Reported), id(1)), live);
    let withdrawn = live.evolve(&Event::RelationWithdrawn, id(1));
    assert_eq!(withdrawn.clone().evolve(&disputed(), id(2)), withdrawn);
}

#[test]
fn the_vocabularies_are_those_of_the_design() {
    let types: Vec<_> = RelationType::ALL.iter().map(|relation| relation.as_str()).collect();
    let expected = [
        "alias_used_by",
        "part_of",
        "front_of",
        "splinter_of",
        "commands",
        "controls",
        "allied_with",
        "speaks_for",
        "holds_office",
        "overlaps",
    ];
    assert_eq!(types, expected);
    let stances: Vec<_> = RelationStance::ALL.iter().map(|stance| stance.as_str()).collect();
    assert_eq!(stances, ["held", "reported"]);
    let standings: Vec<_> = Standing::ALL.iter().map(|standing| standing.as_str()).collect();
    assert_eq!(standings, ["held", "open", "dropped"]);
}
