use super::*;
use crate::claim::{Act, Polarity};
use crate::testing::{AUTHOR, accusation, any, cases, given, id, refused};
use crate::{Fact, Why};
use proptest::collection::vec;
use proptest::prelude::*;
use surroundings::tests::surroundings;

fn blank() -> Blank {
    Blank { document: id(1), revision: 1, start: 3, end: 9 }
}

fn claim() -> Reading {
    given([Event::ClaimRead(accusation())])
}

fn retracted() -> Reading {
    given([Event::ClaimRead(accusation()), Event::ClaimReadingRetracted])
}

fn no_claim() -> Reading {
    given([Event::NoClaimFound(blank())])
}

fn no_claim_retracted() -> Reading {
    given([Event::NoClaimFound(blank()), Event::ClaimReadingRetracted])
}

#[test]
fn a_claim_is_read() {
    let surroundings = surroundings();
    let read = Command::Read { claim: accusation(), surroundings: &surroundings };
    assert_eq!(Reading::Absent.decide(read), Ok(vec![Event::ClaimRead(accusation())]));
    assert_eq!(claim(), Reading::Claim { author: AUTHOR, claim: accusation() });
    assert_eq!((claim().live(), claim().claim()), (Some(&accusation()), Some(&accusation())));
}

#[test]
fn a_claim_that_breaks_a_rule_or_names_nothing_is_not_read() {
    let surroundings = surroundings();
    let read = |claim| Reading::Absent.decide(Command::Read { claim, surroundings: &surroundings });
    let mut claim = accusation();
    claim.polarity = Polarity::Minus;
    refused(read(claim), Why::Invalid, "act_polarity_mismatch", "/polarity");
    let mut claim = accusation();
    claim.evidence = vec![id(99)];
    refused(read(claim), Why::Invalid, "reference_unknown", "/evidence/0");
}

#[test]
fn no_claim_is_found_in_a_passage_of_the_text() {
    let find = |blank, code_points| Reading::Absent.decide(Command::FindNone { blank, code_points });
    assert_eq!(find(blank(), 9), Ok(vec![Event::NoClaimFound(blank())]));
    assert_eq!(no_claim(), Reading::Blank { author: AUTHOR, blank: blank() });
    assert_eq!((no_claim().live(), no_claim().claim()), (None, None));

    let refusal = refused(find(blank(), 8), Why::Invalid, "span_outside_text", "/end");
    assert_eq!(refusal.facts, [("code_points", Fact::Number(8))]);
    refused(find(blank(), 3), Why::Invalid, "span_outside_text", "/start");
    refused(find(Blank { end: 3, ..blank() }, 9), Why::Invalid, "span_empty", "/end");
}

#[test]
fn an_id_is_taken_by_whatever_was_recorded_under_it() {
    let surroundings = surroundings();
    for taken in [claim(), no_claim(), retracted(), no_claim_retracted()] {
        let read = Command::Read { claim: accusation(), surroundings: &surroundings };
        refused(taken.decide(read), Why::Conflict, "id_taken", "");
        let find = Command::FindNone { blank: blank(), code_points: 9 };
        refused(taken.decide(find), Why::Conflict, "id_taken", "");
        assert_eq!(taken.author(), Some(AUTHOR));
    }
    assert_eq!(Reading::Absent.author(), None);
}

#[test]
fn a_revised_reading_has_the_whole_new_content() {
    let surroundings = surroundings();
    let mut revised = accusation();
    revised.act = Act::Suspects;
    revised.polarity = Polarity::Minus;
    let revise = Command::Revise { claim: revised.clone(), surroundings: &surroundings };
    let events = claim().decide(revise).unwrap();
    assert_eq!(events, [Event::ClaimReadingRevised(revised.clone())]);
    let reading = claim().evolve(&events[0], id(0xb));
    assert_eq!(reading, Reading::Claim { author: AUTHOR, claim: revised }, "the author stays");
}

#[test]
fn a_revision_is_checked_like_a_new_reading() {
    let surroundings = surroundings();
    let revise = |claim_new| claim().decide(Command::Revise { claim: claim_new, surroundings: &surroundings });
    let mut broken = accusation();
    broken.evidence.clear();
    refused(revise(broken), Why::Invalid, "evidence_missing", "/evidence");
    let mut orphan = accusation();
    orphan.evidence = vec![id(2)];
    refused(revise(orphan), Why::Invalid, "evidence_not_live", "/evidence");
}

#[test]
fn a_no_claim_is_retracted_not_revised() {
    let surroundings = surroundings();
    let revise = Command::Revise { claim: accusation(), surroundings: &surroundings };
    refused(no_claim().decide(revise), Why::Conflict, "reading_without_claim", "");
    assert_eq!(no_claim().decide(Command::Retract), Ok(vec![Event::ClaimReadingRetracted]));
    assert_eq!(no_claim_retracted(), Reading::BlankRetracted { author: AUTHOR, blank: blank() });
}

#[test]
fn a_retracted_reading_is_remembered_but_not_live() {
    assert_eq!(claim().decide(Command::Retract), Ok(vec![Event::ClaimReadingRetracted]));
    assert_eq!(retracted(), Reading::Retracted { author: AUTHOR, claim: accusation() });
    assert_eq!((retracted().live(), retracted().claim()), (None, Some(&accusation())));
}

#[test]
fn a_retracted_or_unknown_reading_changes_no_more() {
    let surroundings = surroundings();
    let revise = || Command::Revise { claim: accusation(), surroundings: &surroundings };
    for gone in [retracted(), no_claim_retracted()] {
        refused(gone.decide(revise()), Why::Conflict, "reading_retracted", "");
        refused(gone.decide(Command::Retract), Why::Conflict, "reading_retracted", "");
    }
    refused(Reading::Absent.decide(revise()), Why::Absent, "not_found", "");
    refused(Reading::Absent.decide(Command::Retract), Why::Absent, "not_found", "");
}

#[test]
fn events_out_of_place_change_nothing() {
    let before = [Event::ClaimReadingRevised(accusation()), Event::ClaimReadingRetracted];
    assert_eq!(given::<Reading>(before), Reading::Absent);
    let revised = Event::ClaimReadingRevised(accusation());
    for reading in [no_claim(), retracted(), no_claim_retracted()] {
        for event in [revised.clone(), Event::ClaimRead(accusation()), Event::NoClaimFound(blank())] {
            assert_eq!(reading.clone().evolve(&event, id(0xb)), reading);
        }
    }
    assert_eq!(claim().evolve(&Event::NoClaimFound(blank()), id(0xb)), claim());
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_generated_claim_is_decided_without_panic_and_recorded_as_sent(claim in any::claim()) {
        let surroundings = surroundings();
        let read = Command::Read { claim: claim.clone(), surroundings: &surroundings };
        match Reading::Absent.decide(read.clone()) {
            Ok(events) => {
                prop_assert_eq!(&events, &vec![Event::ClaimRead(claim)]);
                let reading: Reading = given(events);
                prop_assert_eq!(reading.decide(read).unwrap_err().code, "id_taken");
            }
            Err(refusal) => prop_assert_eq!(refusal.why, Why::Invalid),
        }
        let mut odd = accusation();
        odd.act = Act::Convicts;
        prop_assert_eq!(surroundings.remarks(&odd), vec!["speaker_not_official"]);
    }

    #[test]
    fn the_author_of_a_reading_never_changes(events in vec((any::reading_event(), any::id()), 0..12)) {
        let mut reading = Reading::Absent;
        let mut author = None;
        for (event, by) in events {
            reading = reading.evolve(&event, by);
            author = author.or(reading.author());
            prop_assert_eq!(reading.author(), author);
        }
    }
}
