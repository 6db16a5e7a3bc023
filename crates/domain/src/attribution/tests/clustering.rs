//! Which readings are one utterance.

use super::given::*;
use crate::annotation::SpanRole;
use crate::attribution::Status;
use crate::claim::{Act, Facet, Role, Stance, Target, UnidentifiedKind};
use crate::relation::RelationType;
use std::ops::Range;
use uuid::Uuid;

/// How many utterances two readings by Anna and Bert of one passage make.
fn count(by_anna: Saying, by_bert: Saying) -> usize {
    let mut given = Given::new();
    given.class(ATTACKS, |_| {});
    given.read_together([(ANNA, by_anna), (BERT, by_bert)]);
    let mut ids: Vec<_> = given
        .board()
        .propositions
        .iter()
        .flat_map(|about| about.support.iter().chain(&about.opposition).chain(&about.neutral))
        .map(|utterance| utterance.id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}

/// Two readings of an accusation, of these stretches of one document.
fn clusters_at(anna: Range<u32>, bert: Range<u32>) -> usize {
    let mut given = Given::new();
    let passage = given.passage();
    given.read(accuses(WITNESS, GROUP).at(passage.part(anna)));
    given.read(accuses(WITNESS, GROUP).read_by(BERT).at(passage.part(bert)));
    given.clusters(GROUP).len()
}

#[test]
fn content_that_overlaps_is_one_utterance_and_content_that_touches_is_two() {
    assert_eq!(clusters_at(10..20, 10..20), 1);
    assert_eq!(clusters_at(10..20, 19..30), 1);
    assert_eq!(clusters_at(19..30, 10..20), 1);
    assert_eq!(clusters_at(10..40, 20..30), 1);
    assert_eq!(clusters_at(10..20, 20..30), 2);
    assert_eq!(clusters_at(20..30, 10..20), 2);
    assert_eq!(clusters_at(10..20, 50..60), 2);
}

#[test]
fn a_long_passage_overlaps_what_starts_after_a_short_one_ended() {
    let mut given = Given::new();
    let passage = given.passage();
    given.read(accuses(WITNESS, GROUP).at(passage.part(0..90)));
    given.read(accuses(WITNESS, GROUP).read_by(BERT).at(passage.part(5..10)));
    given.read(accuses(WITNESS, GROUP).read_by(CARA).at(passage.part(80..95)));
    assert_eq!(given.clusters(GROUP).len(), 1);
}

#[test]
fn readings_by_one_annotator_are_two_utterances() {
    let mut given = Given::new();
    let passage = given.passage();
    given.read(accuses(WITNESS, GROUP).at(passage));
    given.read(accuses(WITNESS, GROUP).at(passage));
    assert_eq!(given.clusters(GROUP).len(), 2);
}

#[test]
fn a_reading_by_another_annotator_joins_two_by_one() {
    let mut given = Given::new();
    let passage = given.passage();
    let first = given.read(accuses(WITNESS, GROUP).at(passage.part(10..20)));
    let second = given.read(accuses(WITNESS, GROUP).at(passage.part(30..40)));
    assert_eq!(given.clusters(GROUP).len(), 2);
    let between = given.read(accuses(WITNESS, GROUP).read_by(BERT).at(passage.part(15..35)));
    assert_eq!(given.clusters(GROUP), [vec![first, second, between]]);
}

#[test]
fn a_chain_of_readings_is_one_utterance_though_its_ends_are_apart() {
    let mut given = Given::new();
    let passage = given.passage();
    let ids = [(ANNA, 0..20), (BERT, 15..40), (CARA, 35..60), (ANNA, 55..80)]
        .map(|(annotator, part)| given.read(accuses(WITNESS, GROUP).read_by(annotator).at(passage.part(part))));
    assert_eq!(given.clusters(GROUP), [ids.to_vec()]);
}

#[test]
fn another_document_or_another_revision_is_another_utterance() {
    let mut given = Given::new();
    let passage = given.passage();
    given.read(accuses(WITNESS, GROUP).at(passage));
    given.read(accuses(WITNESS, GROUP).read_by(BERT).at(passage.revision(2)));
    given.read(accuses(WITNESS, GROUP).read_by(CARA));
    assert_eq!(given.clusters(GROUP).len(), 3);
}

#[test]
fn one_overlap_among_several_passages_is_enough() {
    let mut given = Given::new();
    let (here, there) = (given.passage(), given.passage());
    given.read(accuses(WITNESS, GROUP).at(here.part(0..10)).at(there.part(0..10)));
    given.read(accuses(WITNESS, GROUP).read_by(BERT).at(here.part(50..60)).at(there.part(5..15)));
    assert_eq!(given.clusters(GROUP).len(), 1);
}

#[test]
fn only_content_makes_one_utterance_of_two() {
    let mut given = Given::new();
    let passage = given.passage();
    given.read(accuses(WITNESS, GROUP).at(passage.part(0..10)).showing(passage.part(50..60), SpanRole::Cue));
    let other = accuses(WITNESS, GROUP).read_by(BERT);
    given.read(other.at(passage.part(20..30)).showing(passage.part(50..60), SpanRole::Cue));
    assert_eq!(given.clusters(GROUP).len(), 2);
}

#[test]
fn a_retracted_passage_joins_nothing() {
    let mut given = Given::new();
    let (here, there) = (given.passage(), given.passage());
    let reading = given.read(accuses(WITNESS, GROUP).at(here));
    given.orphan(reading);
    let cited = given.case.readings[&reading].claim.evidence.clone();
    // A reading of another passage that also cites the retracted one.
    let second = given.read(accuses(WITNESS, GROUP).at(there));
    given.case.readings.get_mut(&second).unwrap().claim.evidence.extend(cited);
    given.read(accuses(WITNESS, GROUP).read_by(BERT).at(here));
    assert_eq!(given.clusters(GROUP).len(), 2);
}

#[test]
fn a_reading_without_a_live_annotation_takes_no_part() {
    let mut given = Given::new();
    let reading = given.read(accuses(WITNESS, GROUP));
    assert_eq!(given.status(GROUP), Status::Accused);
    given.orphan(reading);
    assert!(given.board().propositions.is_empty());
}

#[test]
fn a_reading_with_one_live_annotation_left_takes_part() {
    let mut given = Given::new();
    let passage = given.passage();
    let reading = given.read(accuses(WITNESS, GROUP).at(passage));
    given.orphan(reading);
    let other = given.read(praises(WITNESS, RIVAL).showing(passage, SpanRole::Cue));
    let cue = given.case.readings[&other].claim.evidence.clone();
    given.case.readings.get_mut(&reading).unwrap().claim.evidence.extend(cue);
    assert_eq!(given.status(GROUP), Status::Accused);
}

#[test]
fn act_polarity_certainty_role_and_value_play_no_part() {
    let accusation = || accuses(WITNESS, GROUP);
    assert_eq!(count(accusation(), denies(WITNESS, GROUP)), 1);
    assert_eq!(count(accusation(), praises(WITNESS, GROUP)), 1);
    assert_eq!(count(accusation(), accusation().probably()), 1);
    assert_eq!(count(accusation(), accusation().role(Role::Ordered)), 1);
    let means = |value| says(WITNESS, Act::Reports, GROUP).facet(Facet::Means, Some(value));
    assert_eq!(count(means("rockets"), means("drones")), 1);
}

#[test]
fn speaker_target_facet_and_actor_tell_utterances_apart() {
    let accusation = || accuses(WITNESS, GROUP);
    assert_eq!(count(accusation(), accuses(BYSTANDER, GROUP)), 2);
    assert_eq!(count(accusation(), accuses(PAPER, GROUP)), 2);
    assert_eq!(count(accusation(), accuses(WITNESS, RIVAL)), 2);
    assert_eq!(count(accusation(), accusation().about_evidence()), 2);
    assert_eq!(count(accusation(), accusation().of_class(ATTACKS)), 2);
    assert_eq!(count(accuses(PAPER, GROUP), accuses(AGENCY, GROUP)), 2);
}

#[test]
fn the_links_before_the_speaker_play_no_part() {
    assert_eq!(count(accuses(WITNESS, GROUP), accuses(WITNESS, GROUP).through(ARMY, Stance::Relays)), 1);
}

#[test]
fn the_speaker_is_told_apart_before_anybody_speaks_for_another() {
    let mut given = Given::new();
    given.edge(RelationType::SpeaksFor, SPOKESMAN, ARMY);
    given.read_together([(ANNA, accuses(SPOKESMAN, GROUP)), (BERT, accuses(ARMY, GROUP))]);
    assert_eq!(given.clusters(GROUP).len(), 2);
    assert_eq!(given.on(GROUP).n_support, 1, "both are the army's voice");
}

#[test]
fn unidentified_speakers_of_one_kind_in_one_passage_are_one_utterance() {
    let officials = || accuses(UnidentifiedKind::Officials, GROUP);
    assert_eq!(count(officials(), officials()), 1);
    assert_eq!(count(officials(), accuses(UnidentifiedKind::Reports, GROUP)), 2);
    assert_eq!(count(officials(), accuses(WITNESS, GROUP)), 2);
}

#[test]
fn unidentified_speakers_in_two_passages_are_two_speakers() {
    let officials = || accuses(UnidentifiedKind::Officials, GROUP);
    let given = Given::of([officials(), officials()]);
    assert_eq!(given.on(GROUP).n_support, 2);
}

#[test]
fn an_utterance_bears_the_smallest_id_and_what_its_smallest_reading_says_of_the_speakers() {
    let mut given = Given::new();
    let passage = given.passage();
    let small = 0x10_u128;
    let told = accuses(WITNESS, GROUP).read_by(BERT).at(passage);
    let later = given.read(told.through(ARMY, Stance::Relays));
    let first = given.read_as(Uuid::from_u128(small).into(), accuses(WITNESS, GROUP).at(passage));
    let utterance = given.utterance(GROUP, later);
    assert_eq!((utterance.id, utterance.first), (first, first));
    assert_eq!(utterance.readings, [first, later]);
    assert!(!utterance.flags.contains(&"hearsay"), "the first reading knows of no army");
    assert_eq!(given.status(GROUP), Status::Accused);
}

#[test]
fn when_it_was_uttered_is_told_by_the_first_reading_that_tells_it() {
    let mut given = Given::new();
    let accusation = || accuses(WITNESS, GROUP);
    let readings = given.read_together([
        (ANNA, accusation()),
        (BERT, accusation().on("2021-05-06")),
        (CARA, accusation().on("2021-05-09")),
    ]);
    let uttered = given.utterance(GROUP, readings[0]).uttered.unwrap();
    assert_eq!(uttered.as_str(), "2021-05-06");
}

#[test]
fn claims_about_relations_actors_and_other_incidents_are_on_no_board() {
    let other = Uuid::from_u128(0xd9).into();
    let mut conduct = says(WITNESS, Act::Condemns, GROUP).target(Target::Actor(GROUP));
    conduct.claim.proposition.facet = Some(Facet::Conduct);
    let mut edge = says(WITNESS, Act::Denies, GROUP).target(Target::Relation(Uuid::from_u128(1).into()));
    edge.claim.proposition.facet = None;
    let given = Given::of([conduct, edge, accuses(WITNESS, GROUP).target(Target::Incident(other))]);
    assert!(given.board().propositions.is_empty());
}

/// Two readings of one accusation in one passage, of which a new revision has what is told for each.
fn clusters_in_revision(anna: Option<&Range<u32>>, bert: Option<&Range<u32>>) -> usize {
    let mut given = Given::new();
    let passage = given.passage();
    let by_anna = given.read(accuses(WITNESS, GROUP).at(passage.part(10..20)));
    let by_bert = given.read(accuses(WITNESS, GROUP).read_by(BERT).at(passage.part(15..30)));
    given.reanchor(by_anna, 2, anna);
    given.reanchor(by_bert, 2, bert);
    given.clusters(GROUP).len()
}

#[test]
fn readings_of_one_passage_stay_one_utterance_in_a_new_revision() {
    assert_eq!(clusters_in_revision(Some(&(50..60)), Some(&(55..70))), 1);
    assert_eq!(clusters_in_revision(Some(&(50..60)), None), 1, "one of the two marks was lost");
    assert_eq!(clusters_in_revision(None, None), 1);
    assert_eq!(clusters_in_revision(Some(&(50..60)), Some(&(90..99))), 2, "the new revision tells them apart");
}

#[test]
fn what_is_marked_in_a_new_revision_joins_what_was_carried_there() {
    let mut given = Given::new();
    let passage = given.passage();
    let by_anna = given.read(accuses(WITNESS, GROUP).at(passage.part(10..20)));
    given.read(accuses(WITNESS, GROUP).read_by(BERT).at(passage.part(50..60).revision(2)));
    assert_eq!(given.clusters(GROUP).len(), 2);
    given.reanchor(by_anna, 2, Some(&(45..55)));
    assert_eq!(given.clusters(GROUP).len(), 1);
}

#[test]
fn a_lost_anchor_retracts_nothing() {
    let mut given = Given::new();
    let passage = given.passage();
    let reading = given.read(accuses(WITNESS, GROUP).at(passage.part(10..20)));
    let before = given.board();
    given.reanchor(reading, 2, None);
    assert_eq!(given.board(), before);
}
