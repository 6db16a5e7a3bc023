//! Boards: what they tell, as of when, and under which policy.

use super::*;
use crate::testing::detail;
use domain::claim::Facet;
use domain::relation::RelationType;
use domain::text::Text;
use domain::{annotation, incident, policy, reading, relation};

#[test]
fn a_board_tells_who_says_what_and_where_it_is_written() {
    let mut scene = scene();
    let accuses = scene.read(user("a"), scene.state, Act::Accuses);
    let denial = scene.history.annotation(user("a"), scene.document, 29, 49);
    let denies = Claim { evidence: vec![denial], ..scene.claim(scene.group, Act::Denies) };
    let denies = scene.history.reading(user("a"), denies);
    let fixture = Fixture::new(scene.history);
    let board = fixture.board(scene.incident);
    assert_eq!((board.status.as_str(), board.as_of, board.policy), ("disputed", fixture.history.position(), 0));
    assert_eq!(board.incident.unwrap().title, "Attack on Ain al-Assad");
    assert_eq!(board.disputes[0].kind, "denied");
    assert_eq!(board.disputes[0].because, [accuses.to_string(), denies.to_string()]);
    let [proposition] = &board.propositions[..] else { panic!("one proposition") };
    assert_eq!(proposition.actor.as_ref().unwrap().name, "Group");
    assert_eq!((proposition.status.as_str(), proposition.n_support), ("denied", 1));
    let [support] = &proposition.support[..] else { panic!("one utterance") };
    assert_eq!(support.speakers, ["Agency", "State"]);
    assert_eq!(support.speaker.as_ref().unwrap().name, "State");
    assert_eq!(support.readings, [accuses.to_string()]);
    let [quote] = &support.quotes[..] else { panic!("one quote") };
    assert_eq!((quote.start, quote.end, quote.exact.as_ref(), support.quotes_total), (0, 28, None, 1));
    assert_eq!(proposition.opposition[0].utterance, denies.to_string());
}

#[test]
fn a_board_is_what_the_records_up_to_its_position_say() {
    let mut scene = scene();
    let before = scene.history.position();
    scene.read(user("a"), scene.state, Act::Accuses);
    let accused = scene.history.position();
    let denial = scene.read(user("a"), scene.group, Act::Denies);
    let disputed = scene.history.position();
    scene.history.add(user("a"), denial.uuid(), [reading::Event::ClaimReadingRetracted]);
    let fixture = Fixture::new(scene.history);
    let status = |at| match fixture.ask_at(at, board(scene.incident)) {
        Said::Board(board) => board.status,
        other => panic!("no board: {other:?}"),
    };
    let statuses = ["unattributed", "officially_attributed", "disputed", "officially_attributed"];
    // Twice: the second time with a board in the cache that holds for a later position.
    for _ in 0..2 {
        let found = [before, accused, disputed, disputed + 1].map(status);
        assert_eq!(found, statuses);
    }
}

#[test]
fn the_default_policy_is_the_newest_one_at_the_position() {
    let mut scene = scene();
    scene.read(user("a"), scene.state, Act::Accuses);
    let before = scene.history.position();
    let excluded = policy::Policy { officials_exclude: [scene.state].into(), ..policy::Policy::default() };
    let published = project::Event::PolicyPublished { version: 1, policy: excluded };
    scene.history.add(scene.history.admin, scene.history.project.uuid(), [published]);
    let fixture = Fixture::new(scene.history);
    let board_under =
        |policy| match fixture.answer(&Request { policy, ..fixture.request(board(scene.incident)) }).answer {
            Some(Said::Board(board)) => (board.policy, board.status),
            other => panic!("no board: {other:?}"),
        };
    assert_eq!(board_under(None), (1, "accused".to_owned()));
    assert_eq!(board_under(Some(0)), (0, "officially_attributed".to_owned()));
    // The same records under another policy are another board.
    let known = |policy| Known { since: fixture.board(scene.incident).since, policy };
    assert_eq!(fixture.ask(board_unless(scene.incident, known(1))), Said::Unchanged(Unchanged {}));
    assert_eq!(fixture.ask(board_unless(scene.incident, known(0))), Said::Board(fixture.board(scene.incident)));
    let Said::Board(earlier) = fixture.ask_at(before, board(scene.incident)) else { panic!("no board") };
    assert_eq!((earlier.policy, earlier.status.as_str()), (0, "officially_attributed"));
}

#[test]
fn whatever_a_board_depends_on_changes_it_at_once() {
    let mut scene = scene();
    let reading = scene.read(user("a"), scene.state, Act::Accuses);
    let spokesman = scene.history.actor(ActorKind::Person, "Spokesman");
    let (incident, group, state, annotation) = (scene.incident, scene.group, scene.state, scene.annotation);
    let denies = scene.claim(spokesman, Act::Denies);
    let retracts = Claim { act: Act::Retracts, changes: vec![reading], ..scene.claim(state, Act::Accuses) };
    let mut fixture = Fixture::new(scene.history);
    assert_eq!(fixture.board(incident).status, "officially_attributed");

    let elsewhere = fixture.history.incident("Elsewhere");
    fixture.catch_up();
    assert_eq!(fixture.board(incident).as_of, fixture.history.position());
    assert_eq!(fixture.board(elsewhere).status, "unattributed");

    fixture.history.reading(user("a"), denies);
    fixture.catch_up();
    assert_eq!(fixture.board(incident).disputes[0].kind, "opposed");

    // The one who denies turns out to speak for the accused.
    let relation = fixture.history.relation(RelationType::SpeaksFor, spokesman, group, annotation);
    fixture.catch_up();
    assert_eq!(fixture.board(incident).disputes[0].kind, "denied");

    fixture.history.add(user("b"), relation.uuid(), [relation::Event::RelationWithdrawn]);
    fixture.catch_up();
    assert_eq!(fixture.board(incident).disputes[0].kind, "opposed");

    fixture.history.reading(user("a"), retracts);
    fixture.catch_up();
    assert_eq!(fixture.board(incident).propositions[0].status, "withdrawn");

    let renamed = domain::actor::Event::ActorNameWithdrawn { id: domain::id::NameId::new(Uuid::from_u128(0)) };
    fixture.history.add(user("a"), group.uuid(), [renamed]);
    fixture.history.add(user("a"), incident.uuid(), [incident::Event::IncidentDetailRevised(detail("Renamed"))]);
    fixture.catch_up();
    assert_eq!(fixture.board(incident).incident.unwrap().title, "Renamed");

    fixture.history.add(user("a"), annotation.uuid(), [annotation::Event::AnnotationRetracted]);
    fixture.catch_up();
    assert_eq!(fixture.board(incident).propositions, []);
}

#[test]
fn a_retraction_about_something_else_that_only_one_of_two_readers_found_does_not_hold() {
    let mut scene = scene();
    let accusation = scene.read(user("a"), scene.state, Act::Accuses);
    let elsewhere = scene.history.incident("Elsewhere");
    let passage = scene.history.annotation(user("b"), scene.document, 10, 28);
    let about = |scene: &Scene, act, evidence| claim(scene.source, scene.state, act, elsewhere, scene.group, evidence);
    let retracts =
        Claim { act: Act::Retracts, changes: vec![accusation], ..about(&scene, Act::Accuses, scene.annotation) };
    let accuses = about(&scene, Act::Accuses, passage);
    let incident = scene.incident;
    let mut fixture = Fixture::new(scene.history);
    fixture.history.reading(user("a"), retracts);
    fixture.catch_up();
    assert_eq!(fixture.board(incident).propositions[0].status, "withdrawn");

    // Another annotator reads the same words, and names nothing that they take back.
    fixture.history.reading(user("b"), accuses);
    fixture.catch_up();
    assert_eq!(fixture.board(incident).propositions[0].status, "officially_attributed");
}

#[test]
fn a_board_of_a_class_or_of_nothing_is_refused() {
    let mut scene = scene();
    let class = scene.history.class("Attacks", None);
    let fixture = Fixture::new(scene.history);
    let refused = |id: IncidentId| fixture.refusal(&fixture.request(board(id)));
    assert_eq!(refused(class), (refusal::Why::Invalid, "not_an_incident".to_owned()));
    assert_eq!(refused(IncidentId::new(Uuid::nil())), (refusal::Why::Absent, "not_found".to_owned()));
}

#[test]
fn propositions_of_other_facets_show_what_they_ask_for_and_are_disputed_as_facts() {
    let mut scene = scene();
    let (state, group) = (scene.state, scene.group);
    let facts = [
        (state, Facet::Occurred, None),
        (state, Facet::When, Some("2021-05-04")),
        (state, Facet::Where, Some("Ain al-Assad")),
        (state, Facet::Means, Some("Rockets")),
        (group, Facet::Means, Some("drones")),
        (state, Facet::Motive, Some("revenge")),
        (group, Facet::Legality, Some("self-defence")),
    ];
    for (speaker, facet, value) in facts {
        let mut claim = scene.claim(speaker, Act::Reports);
        let about = &mut claim.proposition;
        (about.facet, about.value) = (Some(facet), value.map(|value| Text::recorded(value.to_owned())));
        (about.actor, about.role) = (None, None);
        scene.history.reading(user("a"), claim);
    }
    let mut claim = scene.claim(state, Act::Confirms);
    claim.proposition.facet = Some(Facet::Evidence);
    scene.history.reading(user("a"), claim);
    let incident = scene.incident;
    let fixture = Fixture::new(scene.history);
    let board = fixture.board(incident);
    let shown: Vec<_> =
        board.propositions.iter().map(|about| (about.facet.as_str(), about.value.as_deref(), &*about.status)).collect();
    assert_eq!(
        shown,
        [
            ("occurred", None, "officially_attributed"),
            ("when", Some("2021-05-04"), "officially_attributed"),
            ("where", Some("Ain al-Assad"), "officially_attributed"),
            ("means", Some("drones"), "accused"),
            ("means", Some("Rockets"), "officially_attributed"),
            ("motive", Some("revenge"), "officially_attributed"),
            ("legality", Some("self-defence"), "accused"),
            ("evidence", None, "officially_attributed"),
        ]
    );
    let evidence = board.propositions.last().unwrap();
    assert_eq!(evidence.actor.as_ref().unwrap().name, "Group");
    assert_eq!(evidence.role.as_deref(), Some("perpetrator"));
    let disputes: Vec<_> = board.disputes.iter().map(|dispute| (&*dispute.kind, dispute.because.len())).collect();
    assert_eq!((board.status.as_str(), disputes), ("disputed", vec![("facts", 2)]));
}
