//! What is left out has to be there, and be left out of something that tells what would be.

use super::*;
use wire::view::Without;

#[test]
fn what_is_not_there_to_be_left_out_is_refused() {
    let mut scene = scene();
    scene.read(user("a"), scene.state, Act::Accuses);
    let incident = scene.incident;
    let judged = scene.history.judge(
        user("a"),
        domain::identity::Subject::Actor,
        domain::identity::Verdict::Unsure,
        (scene.state.uuid(), scene.group.uuid()),
        &[],
    );
    let fixture = Fixture::new(scene.history);
    let named = |kind: &str, id: &dyn ToString| Without { kind: kind.to_owned(), id: id.to_string() };
    let request = |without: Vec<Without>, question| Request { without, ..fixture.request(question) };
    let there = [
        named("source", &scene.source),
        named("actor", &scene.state),
        named("annotator", &user("a")),
        named("document", &scene.document),
        named("judgement", &judged),
    ];
    for without in &there {
        let answer = fixture.answer(&request(vec![without.clone()], board(incident))).answer.unwrap();
        let Said::Board(told) = answer else { panic!("{answer:?}") };
        assert_eq!(told.without, std::slice::from_ref(without));
        // The same id of another kind, and before it was there.
        let kinds = ["source", "actor", "annotator", "document", "judgement", "incident", "reading", ""];
        for kind in kinds.into_iter().filter(|kind| *kind != without.kind) {
            let refused = fixture.refusal(&request(vec![named(kind, &without.id)], board(incident)));
            assert_eq!(refused, (refusal::Why::Invalid, "unknown_without".to_owned()), "{kind} {without:?}");
        }
    }
    for id in ["x".to_owned(), Uuid::nil().to_string()] {
        let refused = fixture.refusal(&request(vec![named("source", &id)], board(incident)));
        assert_eq!(refused, (refusal::Why::Invalid, "unknown_without".to_owned()));
    }
    let many = vec![there[0].clone(); 21];
    assert_eq!(fixture.refusal(&request(many, board(incident))).1, "too_many_without");
    let elsewhere = [get("actors", &scene.state), Question::List(list("readings", 10, 0))];
    for question in elsewhere {
        assert_eq!(fixture.refusal(&request(vec![there[0].clone()], question)).1, "not_supported_yet");
    }
    // Who reads the board keeps nothing of what would be.
    let known = Known { since: fixture.board(incident).since, policy: 0 };
    let again = fixture.answer(&request(vec![there[0].clone()], board_unless(incident, known))).answer.unwrap();
    assert!(matches!(again, Said::Board(board) if board.propositions.is_empty()));
    assert!(!fixture.board(incident).propositions.is_empty());
}
