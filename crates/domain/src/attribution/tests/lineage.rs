//! From how many documents an attribution comes, and over which passages.

use super::given::*;
use crate::annotation::SpanRole;
use crate::attribution::{Corroboration, CorroborationKind, Origins, Status, origins};
use crate::claim::{Act, Role, Speaker, UnidentifiedKind};
use crate::derivation::{Derivation, Standing};
use crate::testing::text;

/// An accusation in each of so many documents, by as many speakers, and where it stands.
fn reports(given: &mut Given, len: usize) -> Vec<Passage> {
    let speakers = [WITNESS, BYSTANDER, ARMY, MINISTRY];
    let report = |speaker: &crate::id::ActorId| {
        let passage = given.passage().part(10..40);
        given.read(accuses(*speaker, GROUP).at(passage));
        passage
    };
    speakers[..len].iter().map(report).collect()
}

fn corroboration(given: &Given) -> (CorroborationKind, u32) {
    let Corroboration { kind, origins } = given.board().corroboration;
    (kind, origins)
}

fn graph(given: &Given) -> Origins {
    origins(&given.case, &given.policy)
}

#[test]
fn each_document_by_itself_is_an_origin() {
    let mut given = Given::new();
    reports(&mut given, 3);
    assert_eq!(corroboration(&given), (CorroborationKind::MultiOrigin, 3));
    assert_eq!((given.on(GROUP).n_support, given.on(GROUP).n_witness), (3, 3));
}

#[test]
fn passages_of_one_document_are_one_origin() {
    let mut given = Given::new();
    let document = given.document(None);
    given.read(accuses(WITNESS, GROUP).at(document.part(0..20)));
    given.read(accuses(ARMY, GROUP).at(document.part(50..70)));
    assert_eq!(corroboration(&given), (CorroborationKind::SingleOrigin, 1));
    assert_eq!((given.on(GROUP).n_support, given.on(GROUP).n_witness), (2, 1));
}

#[test]
fn a_copy_has_the_origin_of_what_it_copies_however_many_steps_away() {
    let mut given = Given::new();
    let places = reports(&mut given, 3);
    let wire = given.passage();
    given.copies(places[0], places[1]);
    given.copies(places[1], places[2]);
    given.copies(places[2], wire);
    assert_eq!(corroboration(&given), (CorroborationKind::SingleOrigin, 1));
    assert_eq!((given.on(GROUP).n_support, given.on(GROUP).n_witness), (3, 1));
}

#[test]
fn a_copy_of_two_has_both_origins() {
    let mut given = Given::new();
    let places = reports(&mut given, 1);
    let (wire, radio) = (given.passage(), given.passage());
    given.copies(places[0], wire);
    given.copies(places[0], radio);
    assert_eq!(corroboration(&given), (CorroborationKind::MultiOrigin, 2));
}

#[test]
fn what_is_suggested_or_rejected_does_not_count() {
    for standing in [Standing::Suggested, Standing::Rejected] {
        let mut given = Given::new();
        let places = reports(&mut given, 2);
        given.derives(places[0], places[1], standing);
        assert_eq!(corroboration(&given), (CorroborationKind::MultiOrigin, 2), "{standing}");
    }
}

#[test]
fn passages_that_derive_from_each_other_alone_are_circular() {
    let mut given = Given::new();
    let places = reports(&mut given, 2);
    given.copies(places[0], places[1]);
    given.copies(places[1], places[0]);
    assert_eq!(corroboration(&given), (CorroborationKind::Circular, 0));
    assert_eq!((given.on(GROUP).n_support, given.on(GROUP).n_witness), (2, 0));
    assert_eq!(graph(&given).circles, [[0, 1]]);
}

#[test]
fn a_circle_from_which_a_way_leads_on_has_an_origin() {
    let mut given = Given::new();
    let places = reports(&mut given, 2);
    let wire = given.passage();
    given.copies(places[0], places[1]);
    given.copies(places[1], places[0]);
    given.copies(places[1], wire);
    assert_eq!(corroboration(&given), (CorroborationKind::SingleOrigin, 1));
}

#[test]
fn a_declared_origin_opens_a_circle() {
    let mut given = Given::new();
    let places = reports(&mut given, 2);
    given.copies(places[0], places[1]);
    given.copies(places[1], places[0]);
    given.declare(places[1]);
    assert_eq!(corroboration(&given), (CorroborationKind::SingleOrigin, 1));
    let graph = graph(&given);
    assert!(graph.circles.is_empty(), "{graph:?}");
    let marks: Vec<_> = graph.passages.iter().map(|passage| (passage.origin, passage.declared)).collect();
    assert_eq!(marks, [(false, false), (true, true)]);
}

#[test]
fn a_declared_origin_counts_although_it_derives_from_something() {
    let mut given = Given::new();
    let places = reports(&mut given, 2);
    given.copies(places[0], places[1]);
    given.declare(places[0]);
    assert_eq!(corroboration(&given), (CorroborationKind::MultiOrigin, 2));
}

#[test]
fn a_derivation_counts_for_every_annotation_that_overlaps_it_and_for_no_other() {
    let derived_at = |range: std::ops::Range<u32>| {
        let mut given = Given::new();
        let places = reports(&mut given, 2);
        given.copies(places[0].part(range), places[1]);
        corroboration(&given).1
    };
    assert_eq!(derived_at(39..60), 1);
    assert_eq!(derived_at(0..11), 1);
    assert_eq!(derived_at(40..60), 2);
    assert_eq!(derived_at(0..10), 2);
}

#[test]
fn a_derivation_within_one_passage_says_nothing() {
    let mut given = Given::new();
    let places = reports(&mut given, 1);
    given.copies(places[0].part(10..20), places[0].part(15..40));
    assert_eq!(corroboration(&given), (CorroborationKind::SingleOrigin, 1));
}

#[test]
fn a_derivation_of_a_retracted_annotation_does_not_count() {
    let mut given = Given::new();
    let places = reports(&mut given, 2);
    let id = given.copies(places[0], places[1]);
    let Derivation::Edge { edge, .. } = given.case.derivations[&id].clone() else { unreachable!() };
    given.case.annotations.remove(&edge.from);
    assert_eq!(corroboration(&given), (CorroborationKind::MultiOrigin, 2));
}

#[test]
fn unidentified_sources_of_the_same_wording_are_one_origin() {
    let called = |kind, label: Option<&str>| {
        let speaker = Speaker::Unidentified { kind, label: label.map(text), of: None };
        let mut saying = accuses(UnidentifiedKind::Reports, GROUP);
        saying.claim.speakers = crate::claim::Chain::recorded(saying.claim.speakers.links().to_vec(), speaker);
        saying
    };
    let origins = |a, b| corroboration(&Given::of([a, b])).1;
    let reports = |label| called(UnidentifiedKind::Reports, label);
    assert_eq!(origins(reports(None), reports(None)), 1);
    assert_eq!(origins(reports(Some("local reports")), reports(Some(" Local Reports "))), 1);
    assert_eq!(origins(reports(Some("local reports")), reports(Some("foreign reports"))), 2);
    assert_eq!(origins(reports(None), called(UnidentifiedKind::Officials, None)), 2);
    assert_eq!(origins(accuses(WITNESS, GROUP), reports(None)), 2);
}

/// "Reports" accuse in two documents, and an army in one of these.
fn reports_beside_an_army(in_first: bool) -> Given {
    let mut given = Given::new();
    let places = [given.passage(), given.passage()];
    for place in places {
        given.read(accuses(UnidentifiedKind::Reports, GROUP).at(place.part(0..20)));
    }
    given.read(accuses(ARMY, GROUP).at(places[usize::from(!in_first)].part(50..70)));
    given
}

#[test]
fn a_wording_adds_no_origin_to_a_document_that_is_one_already() {
    for in_first in [true, false] {
        let given = reports_beside_an_army(in_first);
        assert_eq!(corroboration(&given), (CorroborationKind::SingleOrigin, 1), "{in_first}");
        assert!((given.on(GROUP).opinion.belief - 0.8).abs() < 1e-9, "{in_first}");
    }
}

#[test]
fn documents_that_wordings_connect_are_one_origin() {
    let mut given = Given::new();
    let places = [given.passage(), given.passage(), given.passage()];
    for (kind, at) in [
        (UnidentifiedKind::Reports, 0),
        (UnidentifiedKind::Reports, 1),
        (UnidentifiedKind::People, 1),
        (UnidentifiedKind::People, 2),
    ] {
        given.read(accuses(kind, GROUP).at(places[at].part(0..20)));
    }
    assert_eq!(corroboration(&given), (CorroborationKind::SingleOrigin, 1));
}

#[test]
fn the_ends_of_derivations_join_no_passages() {
    for standing in [Standing::Suggested, Standing::Rejected, Standing::Confirmed] {
        let mut given = Given::new();
        let (paper, wire, elsewhere) = (given.document(None), given.document(None), given.document(None));
        given.read(accuses(WITNESS, GROUP).at(paper.part(10..40)));
        given.read(accuses(BYSTANDER, GROUP).at(paper.part(60..80)));
        given.copies(paper.part(10..40), wire);
        assert_eq!(corroboration(&given), (CorroborationKind::MultiOrigin, 2), "{standing}");
        // Somebody else's copy of the whole article.
        given.derives(elsewhere, paper, standing);
        given.read(accuses(ARMY, GROUP).at(elsewhere));
        let expected = if standing == Standing::Confirmed { 2 } else { 3 };
        assert_eq!(corroboration(&given), (CorroborationKind::MultiOrigin, expected), "{standing}");
    }
}

#[test]
fn a_whole_article_that_is_a_copy_is_one_in_each_of_its_passages() {
    let mut given = Given::new();
    let (paper, wire) = (given.document(None), given.document(None));
    given.read(accuses(WITNESS, GROUP).at(paper.part(10..40)));
    given.read(accuses(BYSTANDER, GROUP).at(paper.part(60..80)));
    given.read(accuses(ARMY, GROUP).at(wire.part(5..9)));
    given.copies(paper, wire);
    assert_eq!(corroboration(&given), (CorroborationKind::SingleOrigin, 1));
}

#[test]
fn support_without_a_content_passage_is_no_corroboration() {
    let mut given = Given::new();
    let passage = given.passage();
    given.read(accuses(WITNESS, GROUP).showing(passage, SpanRole::Cue));
    assert_eq!(corroboration(&given), (CorroborationKind::None, 0));
    assert_eq!(corroboration(&Given::new()), (CorroborationKind::None, 0));
}

#[test]
fn neither_opposition_nor_praise_nor_another_role_corroborates() {
    let planned = accuses(BYSTANDER, GROUP).role(Role::Planned);
    let given = Given::of([denies(GROUP, GROUP), praises(RIVAL, GROUP), planned, accuses(WITNESS, GROUP)]);
    assert_eq!(corroboration(&given), (CorroborationKind::SingleOrigin, 1));
}

#[test]
fn what_is_withdrawn_or_inconsistent_corroborates_nothing() {
    let mut given = Given::new();
    let taken_back = given.read(accuses(WITNESS, GROUP));
    given.read(retracts(WITNESS, GROUP, &[taken_back]));
    given.read(says(BYSTANDER, Act::Confirms, GROUP));
    given.read(denies(BYSTANDER, GROUP));
    assert_eq!(corroboration(&given), (CorroborationKind::None, 0));
}

#[test]
fn origins_never_change_a_status() {
    let mut given = Given::new();
    let places = reports(&mut given, 2);
    let before = given.status(GROUP);
    given.copies(places[0], places[1]);
    given.copies(places[1], places[0]);
    assert_eq!((before, given.status(GROUP)), (Status::Accused, Status::Accused));
}

#[test]
fn the_graph_shows_what_support_derives_from_and_no_more() {
    let mut given = Given::new();
    let places = reports(&mut given, 1);
    let (wire, rumour, elsewhere) = (given.passage(), given.passage(), given.passage());
    let confirmed = given.copies(places[0], wire);
    let suggested = given.derives(wire, rumour, Standing::Suggested);
    given.derives(wire, elsewhere, Standing::Rejected);
    let graph = graph(&given);
    let shown: Vec<_> = graph.passages.iter().map(|passage| (passage.document, passage.origin)).collect();
    assert_eq!(shown, [(places[0].document, false), (wire.document, true), (rumour.document, true)]);
    let edges: Vec<_> = graph.derivations.iter().map(|edge| (edge.id, edge.from, edge.to, edge.standing)).collect();
    assert_eq!(edges, [(confirmed, 0, 1, Standing::Confirmed), (suggested, 1, 2, Standing::Suggested)]);
    let standing: Vec<_> = graph.passages.iter().map(|passage| passage.utterances.len()).collect();
    assert_eq!(standing, [1, 0, 0]);
    assert_eq!(graph.corroboration.kind, CorroborationKind::SingleOrigin);
}

#[test]
fn a_new_revision_that_loses_one_of_two_marks_makes_no_second_witness() {
    let mut given = Given::new();
    let (paper, wire) = (given.document(None), given.document(None));
    let by_anna = given.read(accuses(WITNESS, GROUP).at(paper.part(10..40)));
    let by_bert = given.read(accuses(WITNESS, GROUP).read_by(BERT).at(paper.part(15..45)));
    given.read(accuses(ARMY, GROUP).at(wire.part(5..9)));
    given.copies(paper.part(38..45), wire.part(5..9));
    assert_eq!(corroboration(&given), (CorroborationKind::SingleOrigin, 1));
    given.reanchor(by_anna, 2, Some(&(110..140)));
    given.reanchor(by_bert, 2, None);
    assert_eq!(corroboration(&given), (CorroborationKind::SingleOrigin, 1));
    let graph = graph(&given);
    let passage = graph.passages.iter().find(|passage| passage.annotations.len() == 2).expect("they are one passage");
    assert_eq!((passage.revision, passage.start, passage.end), (2, 110, 140), "shown where it stands now");
}
