//! What would be without something, as given, when, then.

use super::given::*;
use crate::adjudication::{self, Outcome};
use crate::annotation::SpanRole;
use crate::attribution::{
    Case, Flag, IncidentFlag, IncidentStatus, Marks, Omitted, Status, assess, assess_without, marks_without, origins,
    rests_on, without,
};
use crate::claim::Stance;
use crate::derivation::Standing;
use crate::document::Document;
use crate::id::SourceId;
use crate::relation::RelationType;
use std::collections::BTreeSet;

/// The same given without these.
fn given_without(given: &Given, omitted: &[Omitted]) -> Given {
    let omitted: BTreeSet<Omitted> = omitted.iter().copied().collect();
    let case = without(&given.case, &given.policy, &omitted, &BTreeSet::new());
    Given { case, ..given.clone() }
}

/// A passage of a document of this source.
fn passage_of(given: &mut Given, source: SourceId) -> Passage {
    let passage = given.passage();
    if let Some(Document::Registered { detail, .. }) = given.case.documents.get_mut(&passage.document) {
        detail.source = source;
    }
    passage
}

#[test]
fn a_reading_stays_while_one_of_its_passages_does() {
    let mut given = Given::new();
    let (one, other) = (given.passage(), given.passage());
    given.read(accuses(WITNESS, GROUP).at(one).at(other));
    for document in [one.document, other.document] {
        assert_eq!(given_without(&given, &[Omitted::Document(document)]).status(GROUP), Status::Accused);
    }
    let both = [Omitted::Document(one.document), Omitted::Document(other.document)];
    assert_eq!(given_without(&given, &both).board().status, IncidentStatus::Unattributed);
}

#[test]
fn without_a_source_what_others_have_from_it_alone_goes_too() {
    let mut given = Given::new();
    let wire = passage_of(&mut given, AGENCY);
    let (copy, mixed, own) = (given.passage(), given.passage(), given.passage());
    given.copies(copy, wire);
    given.copies(mixed, wire);
    given.copies(mixed, own);
    given.read(accuses(WITNESS, GROUP).at(copy));
    given.read(denies(BYSTANDER, GROUP).at(mixed));
    given.read(accuses(WITNESS, RIVAL).at(own));
    let rest = given_without(&given, &[Omitted::Source(AGENCY)]);
    assert_eq!(rest.status(GROUP), Status::DeniedUnaccused, "{}", rest.summary());
    assert_eq!(rest.status(RIVAL), Status::Accused);
    // Of a passage that derives from two, none goes as long as one of them stays.
    let rest = given_without(&given, &[Omitted::Document(wire.document)]);
    assert_eq!(rest.status(GROUP), Status::Contested, "a document is nothing but itself: {}", rest.summary());
}

#[test]
fn words_that_introduce_a_copy_do_not_keep_what_was_copied() {
    let mut given = Given::new();
    let wire = passage_of(&mut given, AGENCY);
    let (copy, own) = (given.passage(), given.passage());
    given.copies(copy, wire);
    given.read(accuses(WITNESS, GROUP).at(copy).showing(own.part(0..10), SpanRole::Cue));
    given.read(denies(BYSTANDER, GROUP).at(copy).at(own));
    let rest = given_without(&given, &[Omitted::Source(AGENCY)]);
    assert_eq!(rest.status(GROUP), Status::DeniedUnaccused, "one passage of two is left: {}", rest.summary());
    let rest = given_without(&given, &[Omitted::Document(copy.document)]);
    assert_eq!(rest.status(GROUP), Status::Contested, "a document is nothing but itself: {}", rest.summary());
}

#[test]
fn without_an_actor_whoever_is_one_with_it_or_speaks_for_it_is_silent_and_still_accused() {
    let mut given = Given::new();
    given.edge(RelationType::SpeaksFor, SPOKESMAN, GROUP);
    given.read(accuses(WITNESS, GROUP));
    given.read(denies(SPOKESMAN, GROUP));
    assert_eq!(given.status(GROUP), Status::Denied);
    for actor in [GROUP, SPOKESMAN] {
        assert_eq!(given_without(&given, &[Omitted::Actor(actor)]).status(GROUP), Status::Accused, "{actor}");
    }
    assert_eq!(given_without(&given, &[Omitted::Actor(RIVAL)]).board(), given.board());
}

#[test]
fn without_an_actor_the_positions_that_it_adopts_go_and_the_words_stay() {
    let mut given = Given::new();
    given.read(accuses(WITNESS, GROUP).through(RIVAL, Stance::Adopts));
    assert_eq!(given.on(GROUP).adopted.len(), 1);
    let rest = given_without(&given, &[Omitted::Actor(RIVAL)]);
    assert_eq!((rest.on(GROUP).adopted.len(), rest.status(GROUP)), (0, given.status(GROUP)));
    assert_eq!(rest.on(GROUP).support.len(), 1);
}

#[test]
fn what_was_taken_back_stands_again_without_what_took_it_back() {
    let mut given = Given::new();
    let accusation = given.read(accuses(WITNESS, GROUP).on("2021-05-05"));
    let retraction = given.passage();
    given.read(retracts(WITNESS, GROUP, &[accusation]).on("2021-05-06").at(retraction));
    assert_eq!(given.status(GROUP), Status::Withdrawn);
    let rest = given_without(&given, &[Omitted::Document(retraction.document)]);
    assert_eq!(rest.status(GROUP), Status::Accused);
}

#[test]
fn without_an_edge_its_words_are_no_longer_those_of_the_other_end() {
    let mut given = Given::new();
    let edge = given.edge(RelationType::SpeaksFor, SPOKESMAN, GROUP);
    given.read(accuses(WITNESS, GROUP));
    given.read(denies(SPOKESMAN, GROUP));
    let nothing = BTreeSet::from([Omitted::Source(AGENCY)]);
    let rest = without(&given.case, &given.policy, &nothing, &BTreeSet::from([edge]));
    let rest = Given { case: rest, ..given.clone() };
    assert_eq!(rest.status(GROUP), Status::Contested, "a bystander denies it");
    let kept = without(&given.case, &given.policy, &nothing, &BTreeSet::new());
    assert_eq!(assess(&kept, &given.policy), given.board());
}

#[test]
fn marks_go_with_the_document_in_which_they_stand_and_with_the_source_from_which_alone_they_come() {
    let mut given = Given::new();
    let wire = passage_of(&mut given, AGENCY);
    let (copy, mixed, own) = (given.passage(), given.passage(), given.passage());
    given.copies(copy, wire);
    given.copies(mixed, wire);
    given.copies(mixed, own);
    let Case { annotations, derivations, documents, .. } = given.case;
    let marks = Marks { of: annotations.keys().copied().collect(), annotations, derivations, documents };
    let gone = |omitted| {
        let gone = marks_without(&marks, &BTreeSet::from([omitted]));
        let spans = gone.iter().filter_map(|id| marks.annotations[id].span());
        spans.map(|span| span.document).collect::<BTreeSet<_>>()
    };
    assert_eq!(gone(Omitted::Document(wire.document)), BTreeSet::from([wire.document]));
    assert_eq!(gone(Omitted::Source(AGENCY)), BTreeSet::from([wire.document, copy.document]));
    assert_eq!(gone(Omitted::Actor(GROUP)), BTreeSet::new());
}

#[test]
fn what_is_left_rests_on_where_it_stands_and_on_where_it_came_from_before_anything_was_taken_out() {
    let mut given = Given::new();
    let wire = passage_of(&mut given, AGENCY);
    let (middle, copy, gone) = (given.passage(), given.passage(), given.passage());
    given.copies(middle, wire);
    given.copies(copy, middle);
    given.read(accuses(WITNESS, GROUP).at(copy));
    given.read(denies(BYSTANDER, GROUP).at(gone));
    let omitted = BTreeSet::from([middle.document, gone.document].map(Omitted::Document));
    let rest = without(&given.case, &given.policy, &omitted, &BTreeSet::new());
    let rests = rests_on(&given.case, &rest, &given.policy);
    assert_eq!((rests.documents, rests.roots), ([copy.document].into(), [wire.document].into()));
    // Without its source the accusation goes as well, which the rest by itself would not tell.
    let and_source = omitted.iter().copied().chain([Omitted::Source(AGENCY)]).collect();
    assert!(without(&given.case, &given.policy, &and_source, &BTreeSet::new()).readings.is_empty());
    assert_eq!(without(&rest, &given.policy, &[Omitted::Source(AGENCY)].into(), &BTreeSet::new()).readings.len(), 1);
}

#[test]
fn what_only_a_suggestion_leads_to_leads_no_further_once_nobody_cites_it() {
    let mut given = Given::new();
    let (original, copy, other) = (given.passage(), given.passage(), given.passage());
    given.copies(copy, original);
    given.derives(other, copy, Standing::Suggested);
    given.read(accuses(WITNESS, GROUP).at(other));
    given.read(denies(BYSTANDER, GROUP).at(copy).read_by(BERT));
    assert_eq!(origins(&given.case, &given.policy).derivations.len(), 2);
    let rest = given_without(&given, &[Omitted::Annotator(BERT)]);
    assert_eq!(origins(&rest.case, &rest.policy).derivations.len(), 1);
}

#[test]
fn a_finding_stays_and_tells_that_its_basis_changed() {
    let mut given = Given::new();
    let (basis, beside) = (given.passage(), given.passage());
    given.read(accuses(WITNESS, GROUP).at(basis));
    given.read(accuses(WITNESS, RIVAL).at(beside));
    given.find(GROUP, Outcome::Confirmed);
    let board = |document| {
        let omitted = BTreeSet::from([Omitted::Document(document)]);
        let rest = without(&given.case, &given.policy, &omitted, &BTreeSet::new());
        assess_without(&given.case, &rest, &given.policy)
    };
    let changed = on(&board(basis.document), &perpetrator(GROUP));
    assert_eq!((changed.status, &changed.flags[..]), (Status::FindingConfirmed, &[Flag::BasisChanged][..]));
    let kept = on(&board(beside.document), &perpetrator(GROUP));
    assert_eq!((kept.status, kept.flags.contains(&Flag::BasisChanged)), (Status::FindingConfirmed, false));

    given.find_on(adjudication::Target::Incident(INCIDENT), Outcome::Confirmed);
    let omitted = BTreeSet::from([Omitted::Document(beside.document)]);
    let rest = without(&given.case, &given.policy, &omitted, &BTreeSet::new());
    let board = assess_without(&given.case, &rest, &given.policy);
    assert_eq!((board.status, board.flags), (IncidentStatus::Adjudicated, vec![IncidentFlag::BasisChanged]));
}
