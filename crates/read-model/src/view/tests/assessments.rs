//! Assessments, shown and listed; they change no board.

use super::*;
use domain::assessment::{Content, Event, Grade, Letter, Target};
use domain::text::Text;

fn content(target: Target) -> Content {
    let grade = Grade::Admiralty { letter: Letter::F, digit: 6 };
    Content { target, grade, reason: Text::recorded("Nobody knows it.".to_owned()) }
}

#[test]
fn assessments_are_shown_and_listed_by_what_they_are_of_and_change_no_board() {
    let mut scene = scene();
    let reading = scene.read(user("a"), scene.state, Act::Accuses);
    let before = scene.history.position();
    let about = Target::Proposition(scene.proposition());
    let targets = [Target::Source(scene.source), Target::Document(scene.document), about, Target::Utterance(reading)];
    let ids: Vec<String> = targets
        .into_iter()
        .map(|target| {
            let id = scene.history.id();
            scene.history.add(user("b"), id, [Event::AssessmentRecorded(content(target))]);
            id.to_string()
        })
        .collect();
    let first = Uuid::try_parse(&ids[0]).unwrap();
    let opinion = domain::opinion::Opinion { belief: 0.5, disbelief: 0.25, uncertainty: 0.25, base_rate: 0.5 };
    let revised =
        Event::AssessmentRevised { grade: Grade::Opinion(opinion), reason: Text::recorded("It erred.".to_owned()) };
    scene.history.add(user("b"), first, [revised]);
    scene.history.add(user("b"), Uuid::try_parse(&ids[1]).unwrap(), [Event::AssessmentWithdrawn]);
    let (incident, document, source) = (scene.incident, scene.document, scene.source);
    let fixture = Fixture::new(scene.history);
    let filter = Filter::default;
    let check = |filter: Filter, expected: &[usize]| {
        let expected: Vec<_> = expected.iter().map(|at| ids[*at].clone()).collect();
        assert_eq!(fixture.ids("assessments", filter.clone()), expected, "{filter:?}");
    };
    check(filter(), &[0, 1, 2, 3]);
    check(Filter { kind: Some("utterance".to_owned()), ..filter() }, &[3]);
    check(Filter { status: Some("withdrawn".to_owned()), ..filter() }, &[1]);
    check(Filter { status: Some("live".to_owned()), ..filter() }, &[0, 2, 3]);
    check(Filter { incident: Some(incident.to_string()), ..filter() }, &[2, 3]);
    check(Filter { document: Some(document.to_string()), ..filter() }, &[1]);
    check(Filter { author: Some("a".to_owned()), ..filter() }, &[]);
    let shown = |id: &String| match fixture.get("assessments", id).of {
        Some(Of::Assessment(shown)) => shown,
        other => panic!("no assessment: {other:?}"),
    };
    let newest = shown(&ids[0]);
    assert_eq!((newest.kind.as_str(), newest.status.as_str(), newest.revision), ("source", "live", 2));
    assert_eq!((newest.scale.as_str(), newest.reason.as_str()), ("opinion", "It erred."));
    assert_eq!(newest.target.unwrap().source, Some(source.to_string()));
    let value = newest.value.unwrap();
    assert_eq!((value.belief, value.base_rate, value.letter), (Some(0.5), Some(0.5), None));
    let other = shown(&ids[3]);
    assert_eq!(other.target.unwrap().utterance, Some(reading.to_string()));
    let value = other.value.unwrap();
    assert_eq!((value.letter.as_deref(), value.digit, value.belief), (Some("F"), Some(6), None));
    let Said::Board(then) = fixture.ask_at(before, board(incident)) else { panic!("no board") };
    assert_eq!(Board { as_of: before, ..fixture.board(incident) }, then);
}
