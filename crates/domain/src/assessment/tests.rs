use super::*;
use crate::testing::{AUTHOR, accusation, given, id, refused, text};
use crate::{Code, Why};

fn admiralty(letter: Letter, digit: u8) -> Grade {
    Grade::Admiralty { letter, digit }
}

fn likely() -> Grade {
    Grade::Icd203 { likelihood: Likelihood::Likely, confidence: Confidence::Low }
}

fn opinion(belief: f64, disbelief: f64, uncertainty: f64, base_rate: f64) -> Grade {
    Grade::Opinion(Opinion { belief, disbelief, uncertainty, base_rate })
}

fn content(target: Target, grade: Grade) -> Content {
    Content { target, grade, reason: text("It was there.") }
}

fn of_source(grade: Grade) -> Content {
    content(Target::Source(id(1)), grade)
}

fn recorded() -> Event {
    Event::AssessmentRecorded(of_source(admiralty(Letter::B, 2)))
}

fn record(content: Content) -> Result<Vec<Event>, Rejection> {
    Assessment::Absent.decide(Command::Record(content))
}

#[test]
fn each_target_is_assessed_on_each_scale() {
    let about = Target::Proposition(accusation().proposition);
    for target in [Target::Utterance(id(1)), about, Target::Document(id(1)), Target::Source(id(1))] {
        for grade in [admiralty(Letter::F, 6), likely(), opinion(0.25, 0.25, 0.5, 0.5)] {
            let content = content(target.clone(), grade);
            let events = record(content.clone()).unwrap();
            assert_eq!(events, [Event::AssessmentRecorded(content.clone())]);
            assert_eq!(given::<Assessment>(events), Assessment::Live(content));
        }
    }
}

#[test]
fn a_proposition_that_is_assessed_is_complete() {
    let about = Proposition { actor: None, ..accusation().proposition };
    let result = record(content(Target::Proposition(about), likely()));
    refused(result, Why::Invalid, "proposition_incomplete", "/target/proposition/actor");
}

#[test]
fn the_digit_of_the_admiralty_code_is_one_to_six() {
    for digit in 1..=6 {
        assert!(record(of_source(admiralty(Letter::A, digit))).is_ok());
    }
    for digit in [0, 7, 255] {
        let result = record(of_source(admiralty(Letter::A, digit)));
        refused(result, Why::Invalid, "digit_invalid", "/value/digit");
    }
}

#[test]
fn an_opinion_leaves_something_unknown_and_adds_up() {
    for taken in
        [opinion(0.999, 0.0, 0.001, 0.0), opinion(0.0, 0.0, 1.0, 1.0), opinion(0.333_333, 0.333_333, 0.333_334, 0.5)]
    {
        assert!(record(of_source(taken)).is_ok(), "{taken:?}");
    }
    for (grade, pointer) in [
        (opinion(0.9995, 0.0, 0.0005, 0.5), "/value/uncertainty"),
        (opinion(0.5, 0.4, 0.2, 0.5), "/value"),
        (opinion(0.5, 0.4, 0.09, 0.5), "/value"),
        (opinion(1.1, 0.0, 0.5, 0.5), "/value/belief"),
        (opinion(0.5, -0.1, 0.6, 0.5), "/value/disbelief"),
        (opinion(0.0, 0.0, 1.0, 1.5), "/value/base_rate"),
        (opinion(f64::NAN, 0.0, 1.0, 0.5), "/value/belief"),
    ] {
        refused(record(of_source(grade)), Why::Invalid, "opinion_invalid", pointer);
    }
}

#[test]
fn an_assessment_is_revised_on_any_scale_and_stays_with_its_target() {
    let live: Assessment = given([recorded()]);
    let revise = |content| live.decide(Command::Revise(content));
    let events = revise(of_source(likely())).unwrap();
    assert_eq!(events, [Event::AssessmentRevised { grade: likely(), reason: text("It was there.") }]);
    assert_eq!(live.clone().evolve(&events[0], AUTHOR), Assessment::Live(of_source(likely())));
    let other = content(Target::Source(id(2)), likely());
    refused(revise(other), Why::Invalid, "assessment_moved", "/target");
    let other = content(Target::Document(id(1)), likely());
    refused(revise(other), Why::Invalid, "assessment_moved", "/target");
    refused(revise(of_source(admiralty(Letter::A, 9))), Why::Invalid, "digit_invalid", "/value/digit");
}

#[test]
fn the_spelling_of_a_value_is_no_other_proposition() {
    let about = |value: &str| {
        let about = Proposition {
            facet: Some(claim::Facet::Motive),
            role: None,
            value: Some(text(value)),
            ..accusation().proposition
        };
        content(Target::Proposition(about), likely())
    };
    let live: Assessment = given([Event::AssessmentRecorded(about("Revenge"))]);
    assert!(live.decide(Command::Revise(about(" revenge"))).is_ok());
    refused(live.decide(Command::Revise(about("ransom"))), Why::Invalid, "assessment_moved", "/target");
}

#[test]
fn what_was_withdrawn_stays_so() {
    let live: Assessment = given([recorded()]);
    assert!(live.is_live());
    assert_eq!(live.decide(Command::Withdraw), Ok(vec![Event::AssessmentWithdrawn]));
    let gone: Assessment = given([recorded(), Event::AssessmentWithdrawn]);
    assert_eq!((gone.is_live(), gone.content().is_some()), (false, true));
    for command in [Command::Revise(of_source(likely())), Command::Withdraw] {
        refused(gone.decide(command.clone()), Why::Conflict, "assessment_withdrawn", "");
        refused(Assessment::Absent.decide(command), Why::Absent, "not_found", "");
    }
    for state in [live, gone] {
        refused(state.decide(Command::Record(of_source(likely()))), Why::Conflict, "id_taken", "");
    }
}

#[test]
fn events_out_of_place_change_nothing() {
    let revised = Event::AssessmentRevised { grade: likely(), reason: text("No.") };
    assert_eq!(given::<Assessment>([revised.clone(), Event::AssessmentWithdrawn]), Assessment::Absent);
    let live: Assessment = given([recorded()]);
    let other = Event::AssessmentRecorded(of_source(likely()));
    assert_eq!(live.clone().evolve(&other, AUTHOR), live);
    let gone: Assessment = given([recorded(), Event::AssessmentWithdrawn]);
    for event in [other, revised, Event::AssessmentWithdrawn] {
        assert_eq!(gone.clone().evolve(&event, AUTHOR), gone);
    }
}

#[test]
fn the_vocabularies_are_those_of_the_standards() {
    fn codes<C: Code>() -> String {
        C::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(" ")
    }
    assert_eq!(codes::<TargetKind>(), "utterance proposition document source");
    assert_eq!(codes::<Scale>(), "admiralty icd203 opinion");
    assert_eq!(codes::<Letter>(), "A B C D E F");
    let likelihoods = "almost_no_chance very_unlikely unlikely roughly_even_chance likely very_likely almost_certain";
    assert_eq!(codes::<Likelihood>(), likelihoods);
    assert_eq!(codes::<Confidence>(), "low moderate high");
    let scales = [admiralty(Letter::A, 1), likely(), opinion(0.0, 0.0, 1.0, 0.5)].map(|grade| grade.scale());
    assert_eq!(scales, Scale::ALL);
}
