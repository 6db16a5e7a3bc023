//! Who speaks: chains, hearsay, adoption, and those who speak for others or hold an office.

use super::given::*;
use crate::attribution::{Flag, Status, Voice};
use crate::claim::{Act, Chain, Role, Sign, Speaker, Stance, Strength, UnidentifiedKind};
use crate::id::ReadingId;
use crate::relation::RelationType;
use Stance::{Adopts, Distances, Relays};

fn claimed_through(given: &mut Given, who: impl Named) -> ReadingId {
    given.read(claims(GROUP).through(who, Relays))
}

// Hearsay

#[test]
fn words_that_pass_through_an_actor_are_weak() {
    let mut given = Given::new();
    let reading = claimed_through(&mut given, ARMY);
    let utterance = given.utterance(GROUP, reading);
    assert_eq!(utterance.value, Some((Sign::Support, Strength::Weak)));
    assert_eq!(utterance.flags, ["hearsay"]);
    assert_eq!(utterance.voice, Voice::Actor(GROUP), "they stay the speaker's");
}

#[test]
fn words_that_pass_through_media_sources_and_unidentified_people_are_no_hearsay() {
    for through in [RADIO.speaker(), AGENCY.speaker(), UnidentifiedKind::People.speaker()] {
        let mut given = Given::new();
        given.read(claims(GROUP).chain(&[(PAPER.speaker(), Relays), (through.clone(), Relays)]));
        assert_eq!(given.status(GROUP), Status::Claimed, "{through:?}");
    }
}

#[test]
fn one_actor_among_the_links_makes_hearsay_be_it_the_first() {
    for chain in [
        vec![(ARMY.speaker(), Relays)],
        vec![(ARMY.speaker(), Relays), (AGENCY.speaker(), Relays)],
        vec![(PAPER.speaker(), Relays), (ARMY.speaker(), Adopts), (AGENCY.speaker(), Relays)],
    ] {
        let given = Given::of([claims(GROUP).chain(&chain)]);
        assert_eq!(given.flags(GROUP), [Flag::HearsayOnly], "{chain:?}");
    }
}

#[test]
fn words_that_pass_through_the_speaker_or_its_spokesman_are_no_hearsay() {
    let mut given = Given::new();
    given.read(claims(GROUP).chain(&[(GROUP.speaker(), Relays), (PAPER.speaker(), Relays)]));
    assert_eq!(given.status(GROUP), Status::Claimed);

    let mut given = Given::new();
    claimed_through(&mut given, SPOKESMAN);
    assert_eq!(given.status(GROUP), Status::Suspected);
    let edge = given.edge(RelationType::SpeaksFor, SPOKESMAN, GROUP);
    assert_eq!(given.status(GROUP), Status::Claimed);
    given.dispute(edge);
    assert_eq!(given.status(GROUP), Status::Suspected);
}

#[test]
fn words_of_a_spokesman_that_pass_through_the_one_he_speaks_for_are_no_hearsay() {
    let mut given = Given::new();
    given.edge(RelationType::SpeaksFor, SPOKESMAN, ARMY);
    given.read(accuses(SPOKESMAN, GROUP).through(ARMY, Relays));
    assert_eq!(given.status(GROUP), Status::OfficiallyAttributed);
}

#[test]
fn a_direct_utterance_with_the_same_sign_lifts_hearsay() {
    let mut given = Given::new();
    let told = claimed_through(&mut given, ARMY);
    given.read(claims(GROUP).probably());
    let utterance = given.utterance(GROUP, told);
    assert_eq!(utterance.value, Some((Sign::Support, Strength::Strong)));
    assert_eq!(utterance.flags, [""; 0]);
    assert_eq!(given.status(GROUP), Status::Claimed);
    assert_eq!(given.flags(GROUP), [Flag::StrengthVaries]);
}

#[test]
fn hearsay_is_not_lifted_by_another_sign_another_speaker_another_proposition_or_more_hearsay() {
    for other in [
        denies(GROUP, GROUP).on("2021-05-01"),
        accuses(WITNESS, GROUP).probably(),
        accuses(GROUP, RIVAL),
        claims(GROUP).role(Role::Ordered),
        claims(GROUP).through(MINISTRY, Relays),
        praises(GROUP, GROUP),
    ] {
        let mut given = Given::of([other.clone()]);
        let told = given.read(claims(GROUP).through(ARMY, Relays).on("2021-05-05"));
        assert_eq!(given.utterance(GROUP, told).flags, ["hearsay"], "{:?}", other.claim);
    }
}

#[test]
fn a_withdrawn_direct_utterance_does_not_lift_hearsay() {
    let mut given = Given::new();
    claimed_through(&mut given, ARMY);
    let direct = given.read(claims(GROUP));
    assert_eq!(given.status(GROUP), Status::Claimed);
    given.read(retracts(GROUP, GROUP, &[direct]));
    assert_eq!(given.status(GROUP), Status::Suspected);
    assert_eq!(given.flags(GROUP), [Flag::HearsayOnly]);
}

#[test]
fn a_replaced_direct_utterance_lifts_hearsay() {
    let mut given = Given::new();
    given.read(claims(GROUP).on("2021-05-04"));
    given.read(claims(GROUP).through(ARMY, Relays).on("2021-05-06"));
    assert_eq!(given.status(GROUP), Status::Claimed);
}

#[test]
fn an_overridden_direct_utterance_does_not_lift_hearsay() {
    let mut given = Given::new();
    given.class(ATTACKS, |_| {});
    given.read(denies(GROUP, GROUP).of_class(ATTACKS));
    assert_eq!(given.flags(GROUP), [Flag::DeniedByAccused, Flag::GenericOnly]);
    // The specific denial at second hand overrides the generic one, and with it the only direct word.
    given.read(denies(GROUP, GROUP).through(ARMY, Relays));
    assert_eq!(given.flags(GROUP), [Flag::Doubted]);
}

#[test]
fn a_direct_generic_utterance_lifts_generic_hearsay_to_the_strength_of_a_generic_one() {
    let mut given = Given::new();
    given.class(ATTACKS, |_| {});
    let denial = given.read(denies(GROUP, GROUP).of_class(ATTACKS).through(ARMY, Relays));
    let claim = given.read(accuses(WITNESS, GROUP).of_class(ATTACKS).through(ARMY, Relays));
    given.read(denies(GROUP, GROUP).of_class(ATTACKS));
    given.read(accuses(WITNESS, GROUP).of_class(ATTACKS));
    let value = |reading| given.utterance(GROUP, reading).value;
    assert_eq!(value(denial), Some((Sign::Opposition, Strength::Strong)));
    assert_eq!(value(claim), Some((Sign::Support, Strength::Weak)), "some attacks, not each");
}

#[test]
fn the_spokesman_lifts_hearsay_of_the_one_he_speaks_for() {
    let mut given = Given::new();
    given.edge(RelationType::SpeaksFor, SPOKESMAN, GROUP);
    claimed_through(&mut given, ARMY);
    given.read(accuses(SPOKESMAN, GROUP));
    assert_eq!(given.status(GROUP), Status::Claimed);
    assert_eq!(given.flags(GROUP), []);
}

#[test]
fn hearsay_of_unidentified_people_is_never_lifted() {
    let mut given = Given::new();
    let people = || accuses(UnidentifiedKind::People, GROUP);
    let told = given.read(people().through(ARMY, Relays));
    given.read(people());
    assert_eq!(given.utterance(GROUP, told).flags, ["hearsay"]);
}

// Adoption and distance

#[test]
fn one_who_adopts_takes_a_weak_position_of_the_same_sign() {
    let adopted = |saying: Saying| Given::of([saying.chain(&[(AGENCY.speaker(), Adopts)])]).on(GROUP);
    let about = adopted(accuses(WITNESS, GROUP));
    assert_eq!(about.adopted.len(), 1);
    let own = &about.adopted[0];
    assert_eq!((&own.voice, own.sign), (&Voice::Source(AGENCY), Sign::Support));
    assert_eq!((own.strength, own.counts), (Strength::Weak, true));
    assert_eq!(about.n_support, 1, "it is never counted among the speakers");
    assert_eq!(adopted(denies(WITNESS, GROUP)).flags, [Flag::Opposed, Flag::Doubted]);
    assert!(adopted(praises(WITNESS, GROUP)).adopted.is_empty());
}

#[test]
fn one_adopts_only_what_every_link_further_in_adopts() {
    let voices = |chain: &[(Speaker, Stance)]| {
        let about = Given::of([accuses(WITNESS, GROUP).chain(chain)]).on(GROUP);
        about.adopted.into_iter().map(|adopted| adopted.voice).collect::<Vec<_>>()
    };
    let (paper, agency, radio) = (PAPER.speaker(), AGENCY.speaker(), RADIO.speaker());
    assert_eq!(
        voices(&[(paper.clone(), Adopts), (agency.clone(), Adopts)]),
        [Voice::Source(PAPER), Voice::Source(AGENCY)]
    );
    assert_eq!(
        voices(&[(paper.clone(), Relays), (agency.clone(), Adopts), (radio.clone(), Adopts)]),
        [Voice::Source(AGENCY), Voice::Actor(RADIO)]
    );
    assert_eq!(voices(&[(paper.clone(), Adopts), (agency.clone(), Relays)]), []);
    assert_eq!(voices(&[(paper, Adopts), (agency, Distances), (radio, Adopts)]), [Voice::Actor(RADIO)]);
}

#[test]
fn an_adopted_position_keeps_a_proposition_suspected_when_its_speaker_turned() {
    let mut given = Given::new();
    given.read(accuses(WITNESS, GROUP).chain(&[(AGENCY.speaker(), Adopts)]).on("2021-05-05"));
    given.read(denies(WITNESS, GROUP).on("2021-05-07"));
    assert_eq!(given.status(GROUP), Status::SuspectedContested);
    assert_eq!(given.on(GROUP).n_support, 0);
}

#[test]
fn an_adopted_position_ends_when_the_utterance_is_withdrawn() {
    let mut given = Given::new();
    let accusation = given.read(accuses(WITNESS, GROUP).chain(&[(AGENCY.speaker(), Adopts)]));
    given.read(retracts(WITNESS, GROUP, &[accusation]));
    assert_eq!(given.status(GROUP), Status::Withdrawn);
    assert!(!given.on(GROUP).adopted[0].counts);
}

#[test]
fn an_adopted_position_does_not_count_for_one_who_speaks() {
    for own in [accuses(AGENCY, GROUP).probably(), doubts(AGENCY, GROUP)] {
        let mut given = Given::of([own]);
        given.read(denies(WITNESS, GROUP).chain(&[(AGENCY.speaker(), Adopts)]));
        assert!(!given.on(GROUP).adopted[0].counts);
    }
    let mut given = Given::of([praises(AGENCY, GROUP), accuses(AGENCY, RIVAL)]);
    given.read(denies(WITNESS, GROUP).chain(&[(AGENCY.speaker(), Adopts)]));
    assert!(given.on(GROUP).adopted[0].counts, "praise takes no side, and the rival is another matter");
}

#[test]
fn support_that_somebody_adopts_is_not_hearsay_alone_and_not_presupposed_alone() {
    let hearsay = claims(GROUP).through(ARMY, Relays);
    assert_eq!(Given::of([hearsay.clone()]).flags(GROUP), [Flag::HearsayOnly]);
    assert_eq!(Given::of([hearsay.through(AGENCY, Adopts)]).flags(GROUP), []);
    let presupposed = accuses(WITNESS, GROUP).presupposed();
    assert_eq!(Given::of([presupposed.clone()]).flags(GROUP), [Flag::PresupposedOnly]);
    assert_eq!(Given::of([presupposed.through(AGENCY, Adopts)]).flags(GROUP), []);
}

#[test]
fn adopted_positions_of_both_signs_are_neither_reversed_nor_inconsistent() {
    let adopted = |saying: Saying| saying.chain(&[(AGENCY.speaker(), Adopts)]);
    let given = Given::of([
        adopted(accuses(WITNESS, GROUP).probably().on("2021-05-05")),
        adopted(doubts(BYSTANDER, GROUP).on("2021-05-09")),
    ]);
    assert!(given.on(GROUP).adopted.iter().all(|adopted| adopted.counts));
    assert_eq!((given.status(GROUP), given.flags(GROUP)), (Status::Suspected, vec![Flag::Doubted]));
}

#[test]
fn an_unidentified_link_adopts_though_the_speaker_is_unidentified_too() {
    let reports = UnidentifiedKind::Reports.speaker();
    let told = denies(UnidentifiedKind::Officials, GROUP).chain(&[(PAPER.speaker(), Relays), (reports, Adopts)]);
    let given = Given::of([told]);
    assert!(given.on(GROUP).adopted[0].counts);
    assert_eq!(given.flags(GROUP), [Flag::Opposed, Flag::Doubted]);
}

#[test]
fn a_spokesman_who_adopts_the_words_of_the_one_he_speaks_for_takes_no_second_position() {
    let mut given = Given::new();
    given.edge(RelationType::SpeaksFor, SPOKESMAN, GROUP);
    given.read(denies(GROUP, GROUP).through(SPOKESMAN, Adopts));
    assert_eq!(given.flags(GROUP), [Flag::DeniedByAccused]);
    assert!(!given.on(GROUP).adopted[0].counts);
}

#[test]
fn the_accused_who_adopts_an_accusation_is_weak_support() {
    let mut given = Given::new();
    given.read(accuses(WITNESS, GROUP).through(GROUP, Adopts).on("2021-05-05"));
    given.read(denies(WITNESS, GROUP).on("2021-05-06"));
    assert_eq!(given.status(GROUP), Status::SuspectedContested);
}

#[test]
fn one_who_distances_himself_takes_no_position_and_leaves_a_flag() {
    let mut given = Given::new();
    let reading = given.read(accuses(WITNESS, GROUP).through(RADIO, Distances));
    let about = given.on(GROUP);
    assert_eq!((about.status, about.flags, about.n_support), (Status::Accused, vec![Flag::Distanced], 1));
    assert!(about.adopted.is_empty());
    assert_eq!(given.utterance(GROUP, reading).flags, ["distanced"]);
}

// Speaking for others

#[test]
fn a_spokesman_speaks_with_the_voice_of_the_one_he_speaks_for() {
    let mut given = Given::new();
    let reading = given.read(accuses(SPOKESMAN, GROUP));
    assert_eq!(given.utterance(GROUP, reading).voice, Voice::Actor(SPOKESMAN));
    given.edge(RelationType::SpeaksFor, SPOKESMAN, ARMY);
    assert_eq!(given.utterance(GROUP, reading).voice, Voice::Actor(ARMY));
    assert_eq!(given.status(GROUP), Status::OfficiallyAttributed);
    given.read(accuses(ARMY, GROUP));
    assert_eq!(given.on(GROUP).n_support, 1);
}

#[test]
fn one_with_two_edges_speaks_for_himself_unless_the_reading_names_one() {
    let mut given = Given::new();
    given.edge(RelationType::SpeaksFor, SPOKESMAN, ARMY);
    let edge = given.edge(RelationType::SpeaksFor, SPOKESMAN, RIVAL);
    let unnamed = given.read(accuses(SPOKESMAN, GROUP));
    let named = given.read(accuses(SPOKESMAN, GROUP).speaking_for(edge));
    assert_eq!(given.utterance(GROUP, unnamed).voice, Voice::Actor(SPOKESMAN));
    assert_eq!(given.utterance(GROUP, named).voice, Voice::Actor(RIVAL));
}

#[test]
fn two_records_of_one_edge_are_one_edge() {
    let mut given = Given::new();
    given.edge(RelationType::SpeaksFor, SPOKESMAN, ARMY);
    given.edge(RelationType::SpeaksFor, SPOKESMAN, ARMY);
    let reading = given.read(accuses(SPOKESMAN, GROUP));
    assert_eq!(given.utterance(GROUP, reading).voice, Voice::Actor(ARMY));
}

#[test]
fn an_office_gives_its_voice_only_where_the_reading_names_it() {
    let mut given = Given::new();
    let office = given.edge(RelationType::HoldsOffice, SPOKESMAN, MINISTRY);
    let unnamed = given.read(accuses(SPOKESMAN, GROUP));
    let named = given.read(accuses(SPOKESMAN, GROUP).speaking_for(office));
    assert_eq!(given.utterance(GROUP, unnamed).voice, Voice::Actor(SPOKESMAN));
    assert_eq!(given.utterance(GROUP, named).voice, Voice::Actor(MINISTRY));
}

#[test]
fn a_named_edge_that_is_not_held_leaves_the_only_one_that_is() {
    let mut given = Given::new();
    given.edge(RelationType::SpeaksFor, SPOKESMAN, ARMY);
    let edge = given.edge(RelationType::HoldsOffice, SPOKESMAN, RIVAL);
    given.dispute(edge);
    let reading = given.read(accuses(SPOKESMAN, GROUP).speaking_for(edge));
    assert_eq!(given.utterance(GROUP, reading).voice, Voice::Actor(ARMY));
}

#[test]
fn a_named_edge_counts_only_while_it_is_valid() {
    let mut given = Given::new();
    let valid = Some("2021-05-05/..");
    let edge = given.edge_during(RelationType::HoldsOffice, SPOKESMAN, MINISTRY, valid);
    let [before, after] =
        ["2021-05-04", "2021-05-05"].map(|date| given.read(accuses(SPOKESMAN, GROUP).speaking_for(edge).on(date)));
    assert_eq!(given.utterance(GROUP, before).voice, Voice::Actor(SPOKESMAN));
    assert_eq!(given.utterance(GROUP, after).voice, Voice::Actor(MINISTRY));
}

#[test]
fn an_edge_of_somebody_else_or_of_another_type_gives_no_voice() {
    for (relation, from) in
        [(RelationType::SpeaksFor, WITNESS), (RelationType::PartOf, SPOKESMAN), (RelationType::AliasUsedBy, SPOKESMAN)]
    {
        let mut given = Given::new();
        let edge = given.edge(relation, from, ARMY);
        let reading = given.read(accuses(SPOKESMAN, GROUP).speaking_for(edge));
        assert_eq!(given.utterance(GROUP, reading).voice, Voice::Actor(SPOKESMAN), "{relation:?}");
    }
}

#[test]
fn an_edge_counts_where_its_validity_meets_the_time_of_the_utterance() {
    let voice = |valid, uttered| {
        let mut given = Given::new();
        given.edge_during(RelationType::SpeaksFor, SPOKESMAN, ARMY, Some(valid));
        let saying = accuses(SPOKESMAN, GROUP);
        let saying = match uttered {
            Some(date) => saying.on(date),
            None => saying.published("2021-05-10"),
        };
        let reading = given.read(saying);
        given.utterance(GROUP, reading).voice
    };
    let (army, own) = (Voice::Actor(ARMY), Voice::Actor(SPOKESMAN));
    assert_eq!(voice("2021-01/2021-05", Some("2021-05-31")), army);
    assert_eq!(voice("2021-01/2021-05", Some("2021-06-01")), own);
    assert_eq!(voice("2021-06/..", Some("2021-05-31")), own);
    assert_eq!(voice("2021-06/..", Some("2021")), army);
    assert_eq!(voice("2019", None), army, "undated, it may be as old as the edge");
    assert_eq!(voice("2021-05-11/..", None), own, "it is not younger than the document");
}

#[test]
fn of_two_edges_only_the_valid_one_gives_the_voice() {
    let mut given = Given::new();
    given.edge_during(RelationType::SpeaksFor, SPOKESMAN, RIVAL, Some("2019"));
    given.edge_during(RelationType::SpeaksFor, SPOKESMAN, ARMY, Some("2021"));
    let reading = given.read(accuses(SPOKESMAN, GROUP).on("2021-05-05"));
    assert_eq!(given.utterance(GROUP, reading).voice, Voice::Actor(ARMY));
}

// The accused itself

#[test]
fn the_accused_speaks_by_itself_by_a_spokesman_and_by_the_holder_of_the_office() {
    assert_eq!(Given::of([denies(GROUP, GROUP)]).flags(GROUP), [Flag::DeniedByAccused]);
    assert_eq!(Given::of([denies(SPOKESMAN, GROUP)]).flags(GROUP), [Flag::Opposed]);
    for relation in [RelationType::SpeaksFor, RelationType::HoldsOffice] {
        let mut given = Given::of([denies(SPOKESMAN, GROUP)]);
        let edge = given.edge(relation, SPOKESMAN, GROUP);
        assert_eq!(given.flags(GROUP), [Flag::DeniedByAccused], "{relation:?}");
        given.dispute(edge);
        assert_eq!(given.flags(GROUP), [Flag::Opposed], "{relation:?}");
    }
}

#[test]
fn one_who_speaks_for_two_is_the_accused_where_either_is() {
    let mut given = Given::of([denies(SPOKESMAN, GROUP), denies(SPOKESMAN, RIVAL), denies(SPOKESMAN, UNKNOWN)]);
    given.edge(RelationType::SpeaksFor, SPOKESMAN, GROUP);
    given.edge(RelationType::SpeaksFor, SPOKESMAN, RIVAL);
    assert_eq!(given.flags(GROUP), [Flag::DeniedByAccused]);
    assert_eq!(given.flags(RIVAL), [Flag::DeniedByAccused]);
    assert_eq!(given.flags(UNKNOWN), [Flag::Opposed]);
}

#[test]
fn one_who_speaks_for_another_by_the_reading_is_no_longer_the_accused() {
    let mut given = Given::new();
    given.edge(RelationType::SpeaksFor, SPOKESMAN, GROUP);
    let edge = given.edge(RelationType::SpeaksFor, SPOKESMAN, RIVAL);
    given.read(denies(SPOKESMAN, GROUP).speaking_for(edge));
    assert_eq!(given.flags(GROUP), [Flag::Opposed]);
}

#[test]
fn one_who_holds_an_edge_to_the_accused_is_one_speaker_with_it() {
    let mut given = Given::new();
    given.edge(RelationType::HoldsOffice, SPOKESMAN, MINISTRY);
    given.read(claims(MINISTRY));
    given.read(denies(SPOKESMAN, MINISTRY));
    assert_eq!(given.status(MINISTRY), Status::Inconsistent);
}

#[test]
fn members_commanders_and_facades_are_third_parties() {
    for relation in [
        RelationType::PartOf,
        RelationType::Commands,
        RelationType::Controls,
        RelationType::FrontOf,
        RelationType::AliasUsedBy,
        RelationType::AlliedWith,
    ] {
        for (from, to) in [(RIVAL, GROUP), (GROUP, RIVAL)] {
            let mut given = Given::new();
            given.edge(relation, from, to);
            given.read(denies(RIVAL, GROUP));
            assert_eq!(given.flags(GROUP), [Flag::Opposed], "{relation:?}");
        }
    }
}

#[test]
fn the_accused_does_not_speak_for_its_spokesman() {
    let mut given = Given::new();
    given.edge(RelationType::SpeaksFor, SPOKESMAN, GROUP);
    given.read(denies(GROUP, SPOKESMAN));
    assert_eq!(given.flags(SPOKESMAN), [Flag::Opposed]);
}

#[test]
fn unidentified_people_are_never_the_accused_and_never_official() {
    let of_army = Speaker::Unidentified { kind: UnidentifiedKind::Officials, label: None, of: Some(ARMY) };
    let mut told = accuses(ARMY, ARMY);
    told.claim.speakers = Chain::recorded(Vec::new(), of_army.clone());
    assert_eq!(Given::of([told]).status(ARMY), Status::Accused);
    let mut told = accuses(ARMY, GROUP);
    told.claim.speakers = Chain::recorded(Vec::new(), of_army);
    assert_eq!(Given::of([told]).status(GROUP), Status::Accused);
}

// Officials

#[test]
fn officials_are_state_bodies_offices_and_those_who_act_for_one() {
    let status = |who, arrange: fn(&mut Given)| {
        let mut given = Given::new();
        arrange(&mut given);
        given.read(accuses(who, GROUP).on("2021-05-05"));
        given.status(GROUP)
    };
    let official = Status::OfficiallyAttributed;
    assert_eq!(status(ARMY, |_| {}), official);
    assert_eq!(status(PROSECUTOR, |_| {}), official);
    assert_eq!(status(SPOKESMAN, |_| {}), Status::Accused);
    assert_eq!(status(RIVAL, |_| {}), Status::Accused);
    let with_edge = |relation, to| {
        let mut given = Given::of([accuses(SPOKESMAN, GROUP)]);
        given.edge(relation, SPOKESMAN, to);
        given.status(GROUP)
    };
    assert_eq!(with_edge(RelationType::HoldsOffice, PROSECUTOR), official);
    assert_eq!(with_edge(RelationType::HoldsOffice, MINISTRY), official);
    assert_eq!(with_edge(RelationType::SpeaksFor, MINISTRY), official);
    assert_eq!(with_edge(RelationType::HoldsOffice, RIVAL), Status::Accused);
    assert_eq!(with_edge(RelationType::PartOf, ARMY), Status::Accused);
    let former = |given: &mut Given| {
        given.edge_during(RelationType::HoldsOffice, SPOKESMAN, PROSECUTOR, Some("../2020"));
    };
    assert_eq!(status(SPOKESMAN, former), Status::Accused);
    let of_two = |g: &mut Given| {
        g.edge(RelationType::SpeaksFor, SPOKESMAN, ARMY);
        g.edge(RelationType::SpeaksFor, SPOKESMAN, RIVAL);
    };
    assert_eq!(status(SPOKESMAN, of_two), official);
}

#[test]
fn the_policy_says_who_else_is_an_official_and_who_is_not() {
    let mut given = Given::of([accuses(WITNESS, GROUP)]);
    given.policy.officials_include.insert(WITNESS);
    assert_eq!(given.status(GROUP), Status::OfficiallyAttributed);
    let mut given = Given::of([accuses(ARMY, GROUP)]);
    given.policy.officials_exclude.insert(ARMY);
    assert_eq!(given.status(GROUP), Status::Accused);
    let mut given = Given::of([accuses(SPOKESMAN, GROUP)]);
    given.edge(RelationType::HoldsOffice, SPOKESMAN, PROSECUTOR);
    given.policy.officials_exclude.insert(SPOKESMAN);
    assert_eq!(given.status(GROUP), Status::Accused);
}

#[test]
fn the_accused_is_no_official_on_what_it_is_accused_of() {
    assert_eq!(Given::of([claims(ARMY)]).status(ARMY), Status::Claimed);
    let given = Given::of([says(COURT, Act::Convicts, COURT), accuses(WITNESS, COURT)]);
    assert_eq!((given.status(COURT), given.flags(COURT)), (Status::Acknowledged, Vec::new()));
}

#[test]
fn a_claim_of_responsibility_by_somebody_else_is_an_accusation() {
    let claim = says(SPOKESMAN, Act::ClaimsResponsibility, GROUP);
    let mut given = Given::of([claim]);
    assert_eq!(given.status(GROUP), Status::Accused);
    let edge = given.edge(RelationType::SpeaksFor, SPOKESMAN, GROUP);
    assert_eq!(given.status(GROUP), Status::Claimed);
    given.dispute(edge);
    assert_eq!(given.status(GROUP), Status::Accused);
}

#[test]
fn media_that_claim_by_themselves_are_media_too() {
    assert_eq!(Given::of([claims(RADIO)]).flags(RADIO), [Flag::MediaOnly]);
    assert_eq!(Given::of([claims(RADIO), accuses(WITNESS, RADIO)]).flags(RADIO), []);
}
