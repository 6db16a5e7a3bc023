//! The circular-reporting graph, and what the board makes of it.

use super::*;
use domain::text::Text;
use domain::{annotation, derivation};
use wire::view::{AskOrigins, Corroboration, Origins};

fn ask(incident: IncidentId) -> Question {
    Question::Origins(AskOrigins { incident: incident.to_string() })
}

fn origins(fixture: &Fixture, incident: IncidentId) -> Origins {
    match fixture.ask(ask(incident)) {
        Said::Origins(origins) => origins,
        other => panic!("no graph: {other:?}"),
    }
}

/// From how many documents the board and the graph say that it comes.
fn corroboration(fixture: &Fixture, incident: IncidentId) -> (String, u32) {
    let Corroboration { kind, origins: number } = fixture.board(incident).corroboration.unwrap();
    assert_eq!(origins(fixture, incident).corroboration.unwrap().kind, kind);
    (kind, number)
}

/// A scene in which two speakers accuse in two documents; the second passage.
fn two_reports(scene: &mut Scene) -> AnnotationId {
    scene.read(user("a"), scene.state, Act::Accuses);
    let document = scene.history.document(scene.source, "Second report", TEXT);
    let second = scene.history.annotation(user("a"), document, 0, 28);
    let witness = scene.history.actor(ActorKind::Person, "Witness");
    let accuses = Claim { evidence: vec![second], ..scene.claim(witness, Act::Accuses) };
    scene.history.reading(user("a"), accuses);
    second
}

#[test]
fn the_graph_names_passages_documents_and_what_leads_on() {
    let mut scene = scene();
    let copy = two_reports(&mut scene);
    let derivation = scene.history.copies(user("b"), copy, scene.annotation);
    let (incident, original) = (scene.incident, scene.annotation);
    let fixture = Fixture::new(scene.history);
    let graph = origins(&fixture, incident);
    assert_eq!(graph.incident.unwrap().title, "Attack on Ain al-Assad");
    assert_eq!((graph.as_of, graph.policy, graph.blinded), (fixture.history.position(), 0, false));
    let shown: Vec<_> = graph
        .passages
        .iter()
        .map(|passage| (passage.passage.clone(), passage.document.as_ref().unwrap().name.as_str(), passage.origin))
        .collect();
    assert_eq!(shown, [(original.to_string(), "Report", true), (copy.to_string(), "Second report", false)]);
    let quote = graph.passages[1].quote.as_ref().unwrap();
    assert_eq!((quote.start, quote.end, quote.exact.as_ref()), (0, 28, None));
    let [edge] = &graph.derivations[..] else { panic!("one derivation") };
    assert_eq!(
        (&edge.from, &edge.to, edge.kind.as_str(), edge.status.as_str()),
        (&copy.to_string(), &original.to_string(), "translates", "confirmed")
    );
    assert_eq!(edge.derivation, derivation.to_string());
    let about = &fixture.board(incident).propositions[0];
    assert_eq!((about.n_support, about.n_witness), (2, 1));
    assert!((about.opinion.as_ref().unwrap().belief - 0.8).abs() < 1e-9);
}

#[test]
fn a_board_that_is_kept_learns_of_every_derivation_that_concerns_it() {
    let mut scene = scene();
    let copy = two_reports(&mut scene);
    let (incident, original, document) = (scene.incident, scene.annotation, scene.document);
    let wire = scene.history.document(scene.source, "Wire", TEXT);
    let elsewhere = scene.history.annotation(user("b"), document, 29, 49);
    let source = scene.history.annotation(user("b"), wire, 0, 20);
    let mut fixture = Fixture::new(scene.history);
    let multi = |number| ("multi_origin".to_owned(), number);
    let single = || ("single_origin".to_owned(), 1);
    assert_eq!(corroboration(&fixture, incident), multi(2));

    // The first derivation of the project is of words that are no matter here.
    fixture.history.copies(user("b"), elsewhere, source);
    fixture.catch_up();
    assert_eq!(corroboration(&fixture, incident), multi(2));

    let confirmed = fixture.history.copies(user("b"), copy, original);
    fixture.catch_up();
    assert_eq!(corroboration(&fixture, incident), single());

    let rejected = derivation::Event::DerivationRejected { reason: Text::recorded("older".to_owned()) };
    fixture.history.add(user("c"), confirmed.uuid(), [rejected]);
    fixture.catch_up();
    assert_eq!(corroboration(&fixture, incident), multi(2));

    // Another annotator marks a part of the words, and finds them in the wire.
    let part = fixture.history.annotation(user("c"), document, 4, 9);
    fixture.catch_up();
    assert_eq!(corroboration(&fixture, incident), multi(2));
    fixture.history.copies(user("c"), part, source);
    let from_copy = fixture.history.copies(user("c"), copy, source);
    fixture.catch_up();
    assert_eq!(corroboration(&fixture, incident), single());

    // The wire has it from the second report: the two are a circle, which has no origin.
    let back = fixture.history.copies(user("c"), source, copy);
    fixture.catch_up();
    assert_eq!(corroboration(&fixture, incident), ("circular".to_owned(), 0));
    assert_eq!(origins(&fixture, incident).circles.len(), 1);
    assert_ne!(from_copy, back);

    let reason = Text::recorded("its reporter was there".to_owned());
    let id = fixture.history.id();
    fixture.history.add(user("c"), id, [derivation::Event::OriginDeclared { annotation: source, reason }]);
    fixture.catch_up();
    assert_eq!(corroboration(&fixture, incident), single());

    // Without the mark in the wire nothing leads there any more.
    fixture.history.add(user("b"), source.uuid(), [annotation::Event::AnnotationRetracted]);
    fixture.catch_up();
    assert_eq!(corroboration(&fixture, incident), multi(2));
}

#[test]
fn the_graph_is_as_of_a_position_and_under_a_policy() {
    let mut scene = scene();
    let copy = two_reports(&mut scene);
    let before = scene.history.position();
    scene.history.copies(user("b"), copy, scene.annotation);
    let incident = scene.incident;
    let fixture = Fixture::new(scene.history);
    let Said::Origins(earlier) = fixture.ask_at(before, ask(incident)) else { panic!("no graph") };
    assert_eq!((earlier.corroboration.unwrap().origins, earlier.derivations.len(), earlier.as_of), (2, 0, before));
    assert_eq!(corroboration(&fixture, incident), ("single_origin".to_owned(), 1));
}

#[test]
fn a_graph_of_a_class_or_of_nothing_is_refused() {
    let mut scene = scene();
    let class = scene.history.class("Attacks", None);
    let fixture = Fixture::new(scene.history);
    let refused = |id: IncidentId| fixture.refusal(&fixture.request(ask(id)));
    assert_eq!(refused(class), (refusal::Why::Invalid, "not_an_incident".to_owned()));
    assert_eq!(refused(IncidentId::new(Uuid::nil())), (refusal::Why::Absent, "not_found".to_owned()));
}
