use super::*;
use crate::claim::{Facet, Role};
use crate::testing::{AUTHOR, accusation, given, id, refused, text};
use crate::{Code, Why};

fn reading(n: u128) -> Target {
    Target::Reading(id(n))
}

/// The proposition that this actor perpetrated incident 1.
fn perpetrator(actor: u128) -> Target {
    Target::Proposition(Proposition { actor: Some(id(actor)), ..accusation().proposition })
}

fn docket(targets: impl IntoIterator<Item = Target>) -> Docket {
    Docket { question: text("Who fired?"), targets: targets.into_iter().collect() }
}

fn opened(targets: impl IntoIterator<Item = Target>) -> Event {
    Event::AdjudicationOpened(docket(targets))
}

fn open(targets: impl IntoIterator<Item = Target>) -> Result<Vec<Event>, Rejection> {
    Adjudication::Absent.decide(Command::Open { docket: docket(targets), taken: None })
}

fn rulings(uphold: &[u128], reject: &[u128]) -> Rulings {
    let ids = |list: &[u128]| list.iter().map(|n| id(*n)).collect();
    Rulings { uphold: ids(uphold), reject: ids(reject), reason: text("It says so."), based_on: 7 }
}

fn rule(rulings: Rulings) -> Command {
    Command::Rule { rulings, head: 9, own: false }
}

fn finding(target: Target, outcome: Outcome) -> Finding {
    Finding {
        target,
        outcome,
        standard: Standard::Balance,
        reason: text("The fragments are theirs."),
        based_on: 7,
        dissent: Vec::new(),
    }
}

fn find(finding: Finding) -> Command {
    Command::Find { finding, head: 9 }
}

fn reopen() -> Command {
    Command::Reopen { reason: text("A witness came forward.") }
}

fn overturn() -> Command {
    Command::Overturn { reason: text("The wrong question.") }
}

fn reopened() -> Event {
    Event::AdjudicationReopened { reason: text("A witness came forward.") }
}

fn overturned() -> Event {
    Event::AdjudicationOverturned { reason: text("The wrong question.") }
}

fn stage(events: impl IntoIterator<Item = Event>) -> Option<Stage> {
    given::<Adjudication>(events).stage()
}

#[test]
fn a_question_is_put_about_targets_of_one_kind() {
    for targets in [vec![reading(1), reading(2)], vec![perpetrator(2), perpetrator(3)], vec![Target::Incident(id(1))]] {
        assert_eq!(open(targets.clone()), Ok(vec![opened(targets)]));
    }
    refused(open([reading(1), perpetrator(2)]), Why::Invalid, "targets_mixed", "/targets/1");
    refused(open([Target::Incident(id(1)), reading(1)]), Why::Invalid, "targets_mixed", "/targets/1");
    refused(open([]), Why::Invalid, "targets_missing", "/targets");
}

#[test]
fn a_question_has_at_most_so_many_targets_each_once() {
    assert!(open((0..64).map(reading)).is_ok());
    refused(open((0..65).map(reading)), Why::Invalid, "list_too_long", "/targets");
    refused(open([reading(1), reading(2), reading(1)]), Why::Invalid, "list_repeats", "/targets/2");
    // What is no part of a proposition's identity makes no other target.
    let motive = |value: &str| {
        let about = Proposition {
            facet: Some(Facet::Motive),
            role: None,
            value: Some(text(value)),
            ..accusation().proposition
        };
        Target::Proposition(about)
    };
    refused(open([motive("Revenge"), motive(" revenge ")]), Why::Invalid, "list_repeats", "/targets/1");
    assert!(open([motive("Revenge"), motive("ransom")]).is_ok());
    refused(open((0..64).map(|n| motive(&"😀".repeat(8_000 - n)))), Why::Invalid, "texts_too_long", "");
}

#[test]
fn a_proposition_to_be_found_on_is_complete() {
    let with = |change: fn(&mut Proposition)| {
        let mut about = accusation().proposition;
        change(&mut about);
        open([reading(1), Target::Proposition(about)].into_iter().skip(1))
    };
    assert!(with(|_| ()).is_ok());
    refused(with(|p| p.actor = None), Why::Invalid, "proposition_incomplete", "/targets/0/proposition/actor");
    refused(with(|p| p.role = None), Why::Invalid, "proposition_incomplete", "/targets/0/proposition/role");
    refused(with(|p| p.with = vec![id(3)]), Why::Invalid, "proposition_overfull", "/targets/0/proposition/with");
    refused(with(|p| p.with_others = true), Why::Invalid, "proposition_overfull", "/targets/0/proposition/with");
    let of_actor = |p: &mut Proposition| p.target = claim::Target::Actor(id(1));
    refused(with(of_actor), Why::Invalid, "target_not_findable", "/targets/0/proposition/actor");
    let relation = |p: &mut Proposition| {
        (p.target, p.facet, p.role, p.actor) = (claim::Target::Relation(id(1)), None, None, None);
    };
    assert!(with(relation).is_ok());
}

#[test]
fn what_another_adjudication_is_about_is_refused_and_the_other_is_named() {
    let taken = Some((1, id(8)));
    let open = Command::Open { docket: docket([reading(1), reading(2)]), taken };
    let refusal = refused(Adjudication::Absent.decide(open), Why::Conflict, "already_adjudicated", "/targets/1");
    let other: AdjudicationId = id(8);
    assert_eq!(refusal.facts, [("adjudication", Fact::Text(other.to_string()))]);
}

#[test]
fn an_adjudication_holds_its_targets_until_it_is_overturned() {
    let asked = [perpetrator(3), perpetrator(2)];
    let found = finding(perpetrator(2), Outcome::Confirmed);
    let mut events = vec![opened([perpetrator(2)])];
    for event in [Event::FindingRecorded(found), reopened()] {
        assert_eq!(given::<Adjudication>(events.clone()).holds(&asked), Some(1));
        events.push(event);
    }
    assert_eq!(given::<Adjudication>(events.clone()).holds(&asked), Some(1));
    assert_eq!(given::<Adjudication>(events.clone()).holds(&asked[..1]), None);
    events.push(overturned());
    assert_eq!(given::<Adjudication>(events).holds(&asked), None);
    assert_eq!(Adjudication::Absent.holds(&asked), None);
}

#[test]
fn readings_are_ruled_on_all_at_once() {
    let open: Adjudication = given([opened([reading(1), reading(2), reading(3)])]);
    let all = rulings(&[1], &[3, 2]);
    assert_eq!(open.decide(rule(all.clone())), Ok(vec![Event::ReadingsRuled(all.clone())]));
    let missing = refused(open.decide(rule(rulings(&[1], &[]))), Why::Invalid, "rulings_incomplete", "");
    let ids = [2, 3].map(|n| id::<ReadingId>(n).to_string()).to_vec();
    assert_eq!(missing.facts, [("missing", Fact::Texts(ids))]);
    refused(open.decide(rule(rulings(&[1, 2], &[3, 2]))), Why::Invalid, "ruled_twice", "/reject/1");
    refused(open.decide(rule(rulings(&[1, 2, 4], &[3]))), Why::Invalid, "not_a_target", "/uphold/2");
    let ruled: Adjudication = given([opened([reading(1), reading(2), reading(3)]), Event::ReadingsRuled(all.clone())]);
    assert_eq!((ruled.stage(), ruled.rulings()), (Some(Stage::Ruled), Some(&all)));
    refused(ruled.decide(rule(all)), Why::Conflict, "already_ruled", "");
}

#[test]
fn nobody_rules_on_none_but_own_readings() {
    let open: Adjudication = given([opened([reading(1)])]);
    let own = Command::Rule { rulings: rulings(&[1], &[]), head: 9, own: true };
    refused(open.decide(own), Why::Conflict, "own_reading", "");
    assert!(open.decide(rule(rulings(&[1], &[]))).is_ok());
}

#[test]
fn something_is_found_on_each_target_once() {
    let events = [opened([perpetrator(2), perpetrator(3)])];
    let open: Adjudication = given(events.clone());
    assert_eq!(open.stage(), Some(Stage::Open));
    let first = finding(perpetrator(2), Outcome::Confirmed);
    assert_eq!(open.decide(find(first.clone())), Ok(vec![Event::FindingRecorded(first.clone())]));
    let half: Adjudication = given(events.into_iter().chain([Event::FindingRecorded(first.clone())]));
    assert_eq!((half.stage(), half.findings()), (Some(Stage::Open), &[first.clone()][..]));
    let again = finding(perpetrator(2), Outcome::Rejected);
    refused(half.decide(find(again)), Why::Conflict, "already_ruled", "");
    let second = finding(perpetrator(3), Outcome::Rejected);
    assert!(half.decide(find(second.clone())).is_ok());
    let whole = half.evolve(&Event::FindingRecorded(second.clone()), AUTHOR);
    assert_eq!((whole.stage(), whole.findings()), (Some(Stage::Ruled), &[first, second][..]));
}

#[test]
fn findings_are_on_targets_and_never_on_readings() {
    let on_proposition: Adjudication = given([opened([perpetrator(2)])]);
    let ordered = Proposition { role: Some(Role::Ordered), ..accusation().proposition };
    for other in [perpetrator(3), Target::Proposition(ordered), Target::Incident(id(1))] {
        let result = on_proposition.decide(find(finding(other, Outcome::Confirmed)));
        refused(result, Why::Invalid, "not_a_target", "/target");
    }
    refused(on_proposition.decide(rule(rulings(&[1], &[]))), Why::Conflict, "targets_not_readings", "");
    let on_reading: Adjudication = given([opened([reading(1)])]);
    let result = on_reading.decide(find(finding(reading(1), Outcome::Confirmed)));
    refused(result, Why::Invalid, "target_is_reading", "/target");
}

#[test]
fn nothing_is_based_on_what_is_not_recorded_yet() {
    let open: Adjudication = given([opened([perpetrator(2)])]);
    let based_on = |based_on| open.decide(find(Finding { based_on, ..finding(perpetrator(2), Outcome::Confirmed) }));
    assert!(based_on(1).is_ok());
    assert!(based_on(9).is_ok());
    let ahead = refused(based_on(10), Why::Invalid, "based_on_ahead", "/based_on");
    assert_eq!(ahead.facts, [("head", Fact::Number(9))]);
    refused(based_on(0), Why::Invalid, "based_on_invalid", "/based_on");
    let readings: Adjudication = given([opened([reading(1)])]);
    let ahead = rule(Rulings { based_on: 10, ..rulings(&[1], &[]) });
    refused(readings.decide(ahead), Why::Invalid, "based_on_ahead", "/based_on");
}

#[test]
fn everybody_dissents_once() {
    let open: Adjudication = given([opened([perpetrator(2)])]);
    let with = |by: Vec<u128>| {
        let dissent = by.into_iter().map(|n| Dissent { by: id(n), text: text("Not proven.") }).collect();
        open.decide(find(Finding { dissent, ..finding(perpetrator(2), Outcome::Confirmed) }))
    };
    assert!(with((0..16).collect()).is_ok());
    refused(with((0..17).collect()), Why::Invalid, "list_too_long", "/dissent");
    refused(with(vec![1, 2, 1]), Why::Invalid, "list_repeats", "/dissent/2");
}

#[test]
fn what_was_decided_is_reopened_and_decided_again() {
    let events = [opened([reading(1)]), Event::ReadingsRuled(rulings(&[1], &[]))];
    let ruled: Adjudication = given(events.clone());
    assert_eq!(ruled.decide(reopen()), Ok(vec![reopened()]));
    let again = ruled.evolve(&reopened(), AUTHOR);
    assert_eq!((again.stage(), again.rulings()), (Some(Stage::Reopened), None));
    refused(again.decide(reopen()), Why::Conflict, "nothing_ruled", "");
    let other = rulings(&[], &[1]);
    assert!(again.decide(rule(other.clone())).is_ok());
    let ruled_again = again.evolve(&Event::ReadingsRuled(other.clone()), AUTHOR);
    assert_eq!((ruled_again.stage(), ruled_again.rulings()), (Some(Stage::Ruled), Some(&other)));
    let half = [opened([perpetrator(2), perpetrator(3)])];
    refused(given::<Adjudication>(half.clone()).decide(reopen()), Why::Conflict, "nothing_ruled", "");
    let found = Event::FindingRecorded(finding(perpetrator(2), Outcome::Confirmed));
    let half: Adjudication = given(half.into_iter().chain([found]));
    assert!(half.decide(reopen()).is_ok());
    assert_eq!(half.evolve(&reopened(), AUTHOR).findings(), &[]);
}

#[test]
fn what_is_overturned_stays_so_and_counts_for_nothing() {
    let found = Event::FindingRecorded(finding(perpetrator(2), Outcome::Confirmed));
    for before in [vec![], vec![found.clone()], vec![found, reopened()]] {
        let events: Vec<_> = [opened([perpetrator(2)])].into_iter().chain(before).collect();
        assert_eq!(given::<Adjudication>(events.clone()).decide(overturn()), Ok(vec![overturned()]));
        let gone: Adjudication = given(events.into_iter().chain([overturned()]));
        assert_eq!((gone.stage(), gone.findings(), gone.rulings()), (Some(Stage::Overturned), &[][..], None));
        assert_eq!(gone.docket(), Some(&docket([perpetrator(2)])));
        let find = find(finding(perpetrator(2), Outcome::Confirmed));
        for command in [rule(rulings(&[1], &[])), find, reopen(), overturn()] {
            refused(gone.decide(command), Why::Conflict, "adjudication_overturned", "");
        }
    }
}

#[test]
fn an_adjudication_is_opened_once_and_before_all_else() {
    for events in [vec![opened([reading(1)])], vec![opened([reading(1)]), overturned()]] {
        let command = Command::Open { docket: docket([reading(1)]), taken: None };
        refused(given::<Adjudication>(events).decide(command), Why::Conflict, "id_taken", "");
    }
    let find = find(finding(perpetrator(2), Outcome::Confirmed));
    for command in [rule(rulings(&[1], &[])), find, reopen(), overturn()] {
        refused(Adjudication::Absent.decide(command), Why::Absent, "not_found", "");
    }
    assert_eq!(stage([]), None);
}

#[test]
fn events_out_of_place_change_nothing() {
    let found = Event::FindingRecorded(finding(perpetrator(2), Outcome::Confirmed));
    let ruled = Event::ReadingsRuled(rulings(&[1], &[]));
    assert_eq!(given::<Adjudication>([ruled.clone(), found.clone(), reopened(), overturned()]), Adjudication::Absent);
    let gone: Adjudication = given([opened([reading(1)]), overturned()]);
    for event in [opened([reading(2)]), ruled, found, reopened(), overturned()] {
        assert_eq!(gone.clone().evolve(&event, AUTHOR), gone);
    }
    let open: Adjudication = given([opened([reading(1)])]);
    assert_eq!(open.clone().evolve(&opened([reading(2)]), AUTHOR), open);
}

#[test]
fn the_vocabularies_are_those_of_the_design() {
    let codes = |list: Vec<&'static str>| list.join(" ");
    assert_eq!(codes(Outcome::ALL.iter().map(|code| code.as_str()).collect()), "confirmed rejected undetermined");
    let standards = codes(Standard::ALL.iter().map(|code| code.as_str()).collect());
    assert_eq!(standards, "reasonable_grounds balance clear beyond_doubt");
    assert_eq!(codes(Stage::ALL.iter().map(|code| code.as_str()).collect()), "open ruled reopened overturned");
    assert_eq!(codes(TargetKind::ALL.iter().map(|code| code.as_str()).collect()), "reading proposition incident");
}
