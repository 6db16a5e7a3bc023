use super::*;
use crate::Why;
use crate::actor;
use crate::annotation::Anchoring;
use crate::claim::{Chain, Facet, Polarity, Role, Stance, UnidentifiedKind};
use crate::incident::{Class, Detail};
use crate::relation::{Edge, RelationStance};
use crate::source::SourceKind;
use crate::testing::{AUTHOR, accusation, any, cases, edtf, given, id, refused, text};
use crate::{annotation, reading};
use proptest::prelude::*;

const SPEAKS_FOR: u128 = 1;
const HOLDS_OFFICE: u128 = 2;
const PART_OF: u128 = 3;
const REPORTED: u128 = 4;
const DISPUTED: u128 = 5;
const WITHDRAWN: u128 = 6;
const IN_SPRING: u128 = 7;

fn actor(kind: ActorKind) -> Actor {
    Actor::Known { kind, names: Vec::new() }
}

fn edge(relation: RelationType, from: u128, to: u128, stance: RelationStance) -> Edge {
    Edge { relation, from: id(from), to: id(to), stance, evidence: vec![id(1)], valid: None }
}

fn live(edge: Edge) -> Relation {
    Relation::Live { edge, disputed_by: [].into() }
}

fn span() -> annotation::Span {
    annotation::Span { document: id(1), revision: 1, start: 0, end: 5, role: annotation::SpanRole::Content, note: None }
}

fn said_by(speaker: Speaker) -> Claim {
    Claim { speakers: Chain::parse(vec![(speaker, None)]).unwrap(), ..accusation() }
}

fn unidentified() -> Speaker {
    Speaker::Unidentified { kind: UnidentifiedKind::Officials, label: None, of: None }
}

/// A spokesperson's words: actor 5 speaks, naming an edge.
fn spokesperson(relation: u128) -> Claim {
    Claim { speaks_for: Some(id(relation)), ..said_by(Speaker::Actor(id(5))) }
}

/// Annotation 1 is live and 2 retracted; 1 and 2 are organisations, 3 a ministry, 4 an office, 5 a person, who has
/// edges of all kinds to 2 and to the office.
pub(in crate::reading) fn surroundings() -> Surroundings {
    let held = RelationStance::Held;
    let to_2 = |relation| edge(relation, 5, 2, held);
    let in_spring = Edge { valid: Some(edtf("2021-03/2021-05")), ..to_2(RelationType::SpeaksFor) };
    let detail = Detail {
        title: text("An incident"),
        when: edtf("2021-05-04"),
        kind: None,
        places: Vec::new(),
        targets: Vec::new(),
    };
    let class = Class {
        title: text("A class"),
        kinds: Vec::new(),
        targets: Vec::new(),
        places: Vec::new(),
        actors: Vec::new(),
        period: None,
    };
    let read = |claim: Claim| reading::Event::ClaimRead(claim);
    let blank = reading::Blank { document: id(1), revision: 1, start: 0, end: 1 };
    Surroundings {
        annotations: [
            (id(1), Annotation::Live { author: AUTHOR, span: span(), anchoring: Anchoring::default() }),
            (id(2), Annotation::Retracted { author: AUTHOR, span: span(), anchoring: Anchoring::default() }),
            (id(3), Annotation::Absent),
        ]
        .into(),
        actors: [
            (id(1), actor(ActorKind::Organisation)),
            (id(2), actor(ActorKind::Organisation)),
            (id(3), actor(ActorKind::StateBody)),
            (id(4), actor(ActorKind::Office)),
            (id(5), actor(ActorKind::Person)),
            (id(6), Actor::Absent),
        ]
        .into(),
        sources: [
            (id(1), Source::Registered { name: text("Agency A"), kind: SourceKind::Agency, relations: Vec::new() }),
            (id(2), Source::Absent),
        ]
        .into(),
        incidents: [(id(1), Incident::Single(detail)), (id(2), Incident::Class(class)), (id(3), Incident::Absent)]
            .into(),
        relations: [
            (id(SPEAKS_FOR), live(to_2(RelationType::SpeaksFor))),
            (id(HOLDS_OFFICE), live(edge(RelationType::HoldsOffice, 5, 4, held))),
            (id(PART_OF), live(to_2(RelationType::PartOf))),
            (id(REPORTED), live(edge(RelationType::SpeaksFor, 5, 2, RelationStance::Reported))),
            (id(DISPUTED), Relation::Live { edge: to_2(RelationType::SpeaksFor), disputed_by: [id(9)].into() }),
            (id(WITHDRAWN), Relation::Withdrawn(to_2(RelationType::SpeaksFor))),
            (id(IN_SPRING), live(in_spring)),
            (id(8), Relation::Absent),
        ]
        .into(),
        readings: [
            (id(1), given([read(accusation())])),
            (id(2), given([read(said_by(Speaker::Actor(id(2))))])),
            (id(3), given([read(accusation()), reading::Event::ClaimReadingRetracted])),
            (id(4), given([read(said_by(unidentified()))])),
            (id(5), given([read(spokesperson(SPEAKS_FOR))])),
            (id(6), given([reading::Event::NoClaimFound(blank)])),
            (id(7), given([read(said_by(Speaker::Source(id(1))))])),
            (id(8), Reading::Absent),
        ]
        .into(),
    }
}

fn check(claim: &Claim) -> Result<(), Rejection> {
    // What the surroundings are asked about is a claim that breaks no rule of its own.
    claim.check()?;
    surroundings().check(claim)
}

fn with(change: impl FnOnce(&mut Claim)) -> Result<(), Rejection> {
    let mut claim = accusation();
    change(&mut claim);
    check(&claim)
}

#[track_caller]
fn unknown(result: Result<(), Rejection>, pointer: &str) {
    refused(result, Why::Invalid, "reference_unknown", pointer);
}

#[test]
fn everything_that_a_claim_names_exists() {
    assert_eq!(check(&accusation()), Ok(()));
    // The first id is not in the project at all, the second has no records of its kind.
    for missing in [99, 6] {
        unknown(check(&said_by(Speaker::Actor(id(missing)))), "/speakers/0/actor");
        unknown(with(|claim| claim.proposition.actor = Some(id(missing))), "/proposition/actor");
        unknown(with(|claim| claim.proposition.with = vec![id(1), id(missing)]), "/proposition/with/1");
        let of = Speaker::Unidentified { kind: UnidentifiedKind::Officials, label: None, of: Some(id(missing)) };
        unknown(check(&said_by(of)), "/speakers/0/unidentified/of");
        let conduct = |claim: &mut Claim| {
            claim.proposition.target = Target::Actor(id(missing));
            claim.proposition.facet = Some(Facet::Conduct);
            (claim.proposition.actor, claim.proposition.role) = (None, None);
            claim.proposition.value = Some(text("reckless"));
        };
        unknown(with(conduct), "/proposition/actor");
    }
    for missing in [99, 2] {
        unknown(check(&said_by(Speaker::Source(id(missing)))), "/speakers/0/source");
    }
    for missing in [99, 3] {
        unknown(with(|claim| claim.proposition.target = Target::Incident(id(missing))), "/proposition/incident");
        unknown(with(|claim| claim.proposition.target = Target::Class(id(missing))), "/proposition/class");
        unknown(with(|claim| claim.evidence = vec![id(1), id(missing)]), "/evidence/1");
    }
    for missing in [99, 8] {
        let relation = |claim: &mut Claim| {
            claim.proposition.target = Target::Relation(id(missing));
            claim.proposition.facet = None;
            (claim.proposition.actor, claim.proposition.role) = (None, None);
        };
        unknown(with(relation), "/proposition/relation");
        unknown(check(&spokesperson(missing)), "/speaks_for");
    }
}

#[test]
fn every_link_of_the_chain_is_looked_up() {
    let chain = |last| {
        Chain::parse(vec![
            (Speaker::Source(id(1)), Some(Stance::Relays)),
            (unidentified(), Some(Stance::Adopts)),
            (Speaker::Actor(id(1)), Some(Stance::Distances)),
            (last, None),
        ])
    };
    let known = Claim { speakers: chain(Speaker::Actor(id(3))).unwrap(), ..accusation() };
    assert_eq!(check(&known), Ok(()));
    let strange = Claim { speakers: chain(Speaker::Actor(id(99))).unwrap(), ..accusation() };
    unknown(check(&strange), "/speakers/3/actor");
}

#[test]
fn targets_of_all_four_kinds_are_found() {
    assert_eq!(with(|claim| claim.proposition.target = Target::Class(id(2))), Ok(()));
    let relation = |claim: &mut Claim| {
        claim.proposition.target = Target::Relation(id(WITHDRAWN));
        claim.proposition.facet = None;
        (claim.proposition.actor, claim.proposition.role) = (None, None);
    };
    assert_eq!(with(relation), Ok(()), "one may still speak about a withdrawn relation");
    let conduct = |claim: &mut Claim| {
        claim.proposition.target = Target::Actor(id(3));
        claim.proposition.facet = Some(Facet::Conduct);
        (claim.proposition.actor, claim.proposition.role) = (None, None);
        claim.proposition.value = Some(text("reckless"));
    };
    assert_eq!(with(conduct), Ok(()));
}

#[test]
fn an_incident_is_not_named_as_a_class_nor_a_class_as_an_incident() {
    let result = with(|claim| claim.proposition.target = Target::Incident(id(2)));
    refused(result, Why::Invalid, "not_an_incident", "/proposition/incident");
    let result = with(|claim| claim.proposition.target = Target::Class(id(1)));
    refused(result, Why::Invalid, "not_a_class", "/proposition/class");
}

#[test]
fn at_least_one_cited_annotation_is_live() {
    let result = with(|claim| claim.evidence = vec![id(2)]);
    refused(result, Why::Invalid, "evidence_not_live", "/evidence");
    assert_eq!(with(|claim| claim.evidence = vec![id(2), id(1)]), Ok(()));
}

#[test]
fn the_named_edge_is_one_by_which_the_speaker_speaks_for_somebody() {
    for fitting in [SPEAKS_FOR, HOLDS_OFFICE, REPORTED, DISPUTED, WITHDRAWN, IN_SPRING] {
        assert_eq!(check(&spokesperson(fitting)), Ok(()), "edge {fitting}");
    }
    let refuse = |claim: &Claim| {
        refused(check(claim), Why::Invalid, "edge_mismatch", "/speaks_for");
    };
    refuse(&spokesperson(PART_OF));
    for speaker in [Speaker::Actor(id(1)), Speaker::Source(id(1)), unidentified()] {
        refuse(&Claim { speaks_for: Some(id(SPEAKS_FOR)), ..said_by(speaker) });
    }
}

/// "It was us", said by this speaker about this actor.
fn claim_of(speaker: Speaker, subject: u128) -> Claim {
    let mut claim = Claim { act: Act::ClaimsResponsibility, ..said_by(speaker) };
    claim.proposition.actor = Some(id(subject));
    claim
}

#[test]
fn responsibility_is_claimed_by_the_actor_itself() {
    assert_eq!(check(&claim_of(Speaker::Actor(id(2)), 2)), Ok(()));
    for other in [Speaker::Actor(id(1)), Speaker::Source(id(1)), unidentified()] {
        refused(check(&claim_of(other, 2)), Why::Invalid, "not_the_claimant", "/speakers");
    }
}

#[test]
fn responsibility_is_claimed_for_others_by_a_held_edge_that_the_reading_names() {
    let by = |edge: Option<u128>, subject| {
        let claim = claim_of(Speaker::Actor(id(5)), subject);
        check(&Claim { speaks_for: edge.map(id), ..claim })
    };
    assert_eq!(by(Some(SPEAKS_FOR), 2), Ok(()));
    assert_eq!(by(Some(HOLDS_OFFICE), 4), Ok(()));
    assert_eq!(by(Some(IN_SPRING), 2), Ok(()));
    for (edge, subject) in [
        (None, 2),
        (Some(REPORTED), 2),
        (Some(DISPUTED), 2),
        (Some(WITHDRAWN), 2),
        (Some(SPEAKS_FOR), 4),
        (Some(HOLDS_OFFICE), 2),
    ] {
        refused(by(edge, subject), Why::Invalid, "not_the_claimant", "/speakers");
    }
}

#[test]
fn an_edge_counts_at_the_time_of_the_utterance() {
    let at = |uttered: &str| {
        let claim = claim_of(Speaker::Actor(id(5)), 2);
        check(&Claim { speaks_for: Some(id(IN_SPRING)), uttered: Some(edtf(uttered)), ..claim })
    };
    for uttered in ["2021-05-04", "2021-03", "2021", "2021-05-31/2021-06-02"] {
        assert_eq!(at(uttered), Ok(()), "{uttered}");
    }
    for uttered in ["2021-06-01", "2021-02", "2020", "2022/.."] {
        refused(at(uttered), Why::Invalid, "not_the_claimant", "/speakers");
    }
}

#[test]
fn nobody_claims_responsibility_where_no_actor_is_named() {
    let mut claim = claim_of(Speaker::Actor(id(2)), 2);
    claim.proposition.facet = Some(Facet::Occurred);
    (claim.proposition.actor, claim.proposition.role) = (None, None);
    refused(check(&claim), Why::Invalid, "not_the_claimant", "/speakers");
}

/// A retraction of a reading.
fn retraction(speaker: Speaker, reading: u128) -> Claim {
    Claim { act: Act::Retracts, polarity: Polarity::Neutral, changes: vec![id(reading)], ..said_by(speaker) }
}

#[test]
fn who_changes_an_utterance_is_its_speaker() {
    let group = || Speaker::Actor(id(1));
    assert_eq!(check(&retraction(group(), 1)), Ok(()));
    assert_eq!(check(&retraction(group(), 3)), Ok(()), "a retracted reading names its utterance still");
    assert_eq!(check(&retraction(Speaker::Source(id(1)), 7)), Ok(()));
    for other in [2, 4, 5, 7] {
        let result = check(&retraction(group(), other));
        refused(result, Why::Invalid, "change_of_other_speaker", "/changes/0");
    }
    let mut both = retraction(group(), 1);
    both.changes = vec![id(1), id(2)];
    refused(check(&both), Why::Invalid, "change_of_other_speaker", "/changes/1");
}

#[test]
fn a_spokesperson_changes_what_the_actor_said_and_what_it_said_itself() {
    let by = |edge: Option<u128>, reading| {
        check(&Claim { speaks_for: edge.map(id), ..retraction(Speaker::Actor(id(5)), reading) })
    };
    assert_eq!(by(Some(SPEAKS_FOR), 2), Ok(()), "the actor's own words");
    assert_eq!(by(Some(SPEAKS_FOR), 5), Ok(()), "its spokesperson's words");
    assert_eq!(by(None, 5), Ok(()), "the own words, without the edge");
    let actor_itself = check(&retraction(Speaker::Actor(id(2)), 5));
    assert_eq!(actor_itself, Ok(()), "the actor takes back what was said for it");
    for (edge, reading) in [(None, 2), (Some(REPORTED), 2), (Some(HOLDS_OFFICE), 2)] {
        let result = by(edge, reading);
        refused(result, Why::Invalid, "change_of_other_speaker", "/changes/0");
    }
}

#[test]
fn an_unidentified_speaker_is_never_met_again() {
    let result = check(&retraction(unidentified(), 4));
    refused(result, Why::Invalid, "change_of_other_speaker", "/changes/0");
}

#[test]
fn what_is_changed_is_a_claim() {
    for missing in [6, 8, 99] {
        unknown(check(&retraction(Speaker::Actor(id(1)), missing)), "/changes/0");
    }
}

#[test]
fn an_official_act_by_somebody_else_is_remarked() {
    let official = |act, speaker, edge: Option<u128>| {
        let polarity = act_polarity(act);
        let claim = Claim { act, polarity, speaks_for: edge.map(id), ..said_by(speaker) };
        assert_eq!(check(&claim), Ok(()), "it is not refused");
        surroundings().remarks(&claim)
    };
    let remark = ["speaker_not_official"];
    for act in [Act::AttributesOfficially, Act::Charges, Act::Convicts, Act::Exonerates] {
        for body in [3, 4] {
            assert_eq!(official(act, Speaker::Actor(id(body)), None), [""; 0]);
        }
        assert_eq!(official(act, Speaker::Actor(id(5)), Some(HOLDS_OFFICE)), [""; 0]);
        assert_eq!(official(act, Speaker::Actor(id(5)), Some(SPEAKS_FOR)), remark, "2 is no state body");
        for other in [Speaker::Actor(id(1)), Speaker::Source(id(1)), unidentified()] {
            assert_eq!(official(act, other, None), remark);
        }
    }
    assert_eq!(official(Act::Accuses, Speaker::Actor(id(1)), None), [""; 0]);
}

fn act_polarity(act: Act) -> Polarity {
    act.polarities()[0]
}

#[test]
fn an_actor_that_was_named_but_not_registered_is_unknown() {
    let mut around = surroundings();
    let named = actor::Event::ActorNameAsserted {
        id: id(1),
        name: actor::Name { name: text("x"), language: None, evidence: Vec::new() },
    };
    around.actors.insert(id(1), given([named]));
    unknown(around.check(&accusation()), "/speakers/0/actor");
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_is_not_in_the_surroundings_does_not_exist(claim in any::claim()) {
        if claim.check().is_ok() {
            let refusal = Surroundings::default().check(&claim).unwrap_err();
            prop_assert_eq!(refusal.code, "reference_unknown");
        }
        // The remarks of a claim need nothing to be known.
        let _ = Surroundings::default().remarks(&claim);
    }

    #[test]
    fn a_role_does_not_matter_for_what_exists(role in any::code::<Role>()) {
        prop_assert_eq!(with(|claim| claim.proposition.role = Some(role)), Ok(()));
    }
}
