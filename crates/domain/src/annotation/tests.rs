use super::*;
use crate::testing::{AUTHOR, any, cases, given, id, refused, text};
use crate::{Code, Fact, Why};
use proptest::collection::vec;
use proptest::prelude::*;

const TEXT: &str = "The e\u{301}tat-major said: \"Group A fired.\"\r\nقال المتحدث";

fn indexed() -> Indexed {
    Indexed::new(TEXT.to_owned())
}

fn span(start: u32, end: u32) -> Span {
    Span { document: id(1), revision: 1, start, end, role: SpanRole::Content, note: None }
}

fn live() -> Annotation {
    given([Event::AnnotationCreated(span(23, 30))])
}

fn retracted() -> Annotation {
    given([Event::AnnotationCreated(span(23, 30)), Event::AnnotationRetracted])
}

fn create(span: Span, exact: &str) -> Result<Vec<Event>, Rejection> {
    Annotation::Absent.decide(&Command::Create { span, exact, text: &indexed() })
}

fn revise(span: Span, exact: Option<&str>) -> Result<Vec<Event>, Rejection> {
    live().decide(&Command::Revise { span, exact, text: &indexed() })
}

#[test]
fn a_passage_is_marked_with_its_exact_quote() {
    for (start, end, exact) in
        [(23, 30, "Group A"), (4, 7, "e\u{301}t"), (0, 1, "T"), (37, 40, "\"\r\n"), (44, 51, "المتحدث")]
    {
        assert_eq!(create(span(start, end), exact), Ok(vec![Event::AnnotationCreated(span(start, end))]));
    }
    assert_eq!(live(), Annotation::Live { author: AUTHOR, span: span(23, 30), anchoring: Anchoring::default() });
    assert_eq!(live().author(), Some(AUTHOR));
    assert_eq!(live().live(), Some(&span(23, 30)));
}

#[test]
fn a_quote_that_differs_from_the_text_is_refused_with_what_the_text_has() {
    let refusal = refused(create(span(23, 30), "group A"), Why::Invalid, "quote_mismatch", "/exact");
    assert_eq!(refusal.facts, [("actual", Fact::Text("Group A".to_owned()))]);
    let refusal = refused(create(span(4, 7), "ét"), Why::Invalid, "quote_mismatch", "/exact");
    assert_eq!(refusal.facts, [("actual", Fact::Text("e\u{301}t".to_owned()))]);
}

#[test]
fn a_passage_lies_within_the_text() {
    let len = indexed().code_points();
    assert!(create(span(len - 1, len), "ث").is_ok());
    refused(create(span(len - 1, len + 1), "ث"), Why::Invalid, "span_outside_text", "/end");
    refused(create(span(len, len + 1), "ث"), Why::Invalid, "span_outside_text", "/start");
    refused(create(span(3, 3), ""), Why::Invalid, "span_empty", "/end");
}

#[test]
fn an_id_is_taken_by_an_annotation_even_when_it_was_retracted() {
    for annotation in [live(), retracted()] {
        let text = indexed();
        let create = Command::Create { span: span(23, 30), exact: "Group A", text: &text };
        refused(annotation.decide(&create), Why::Conflict, "id_taken", "");
    }
}

#[test]
fn a_mark_moves_with_a_new_quote() {
    let moved = span(23, 36);
    assert_eq!(revise(moved.clone(), Some("Group A fired")), Ok(vec![Event::AnnotationRevised(moved.clone())]));
    refused(revise(moved.clone(), None), Why::Invalid, "quote_missing", "/exact");
    refused(revise(moved.clone(), Some("Group A")), Why::Invalid, "quote_mismatch", "/exact");
    refused(revise(span(23, 900), Some("Group A")), Why::Invalid, "span_outside_text", "/end");
    refused(revise(span(30, 23), Some("Group A")), Why::Invalid, "span_empty", "/end");

    let other = live().evolve(&Event::AnnotationRevised(moved.clone()), id(0xb));
    assert_eq!(
        other,
        Annotation::Live { author: AUTHOR, span: moved, anchoring: Anchoring::default() },
        "the author stays"
    );
}

#[test]
fn role_and_note_change_without_a_quote() {
    let revised = Span { role: SpanRole::Cue, note: Some(text("a note")), ..span(23, 30) };
    assert_eq!(revise(revised.clone(), None), Ok(vec![Event::AnnotationRevised(revised.clone())]));
    assert!(revise(revised.clone(), Some("Group A")).is_ok());
    refused(revise(revised, Some("Group B")), Why::Invalid, "quote_mismatch", "/exact");
}

#[test]
fn a_mark_stays_on_its_document_and_goes_back_to_no_older_revision() {
    let elsewhere = Span { document: id(2), ..span(23, 30) };
    refused(revise(elsewhere, Some("Group A")), Why::Invalid, "annotation_moved", "/document");
    let older = Span { revision: 0, ..span(23, 30) };
    refused(revise(older, Some("Group A")), Why::Invalid, "annotation_moved", "/revision");
}

#[test]
fn its_author_moves_a_mark_to_a_newer_revision_with_a_quote() {
    let newer = Span { revision: 3, ..span(23, 30) };
    refused(revise(newer.clone(), None), Why::Invalid, "quote_missing", "/exact");
    assert_eq!(revise(newer.clone(), Some("Group A")), Ok(vec![Event::AnnotationRevised(newer.clone())]));
    let moved = lost(2).evolve(&Event::AnnotationRevised(newer.clone()), AUTHOR);
    assert_eq!(moved.live(), Some(&newer));
    let earlier = vec![Anchor { revision: 1, range: 23..30, rating: None }];
    assert_eq!(moved.anchoring(), Some(&Anchoring { rating: None, lost: None, earlier }), "no longer lost");
}

const FOUND: Found = Found { start: 40, end: 47, score: 900_000, method: Method::Exact };

fn reanchor(state: &Annotation, revision: u32, found: Result<Found, Lost>) -> Result<Vec<Event>, Rejection> {
    state.decide(&Command::Reanchor { revision, found })
}

fn reanchored(revision: u32) -> Event {
    Event::AnnotationReanchored(Reanchored { revision, found: FOUND })
}

fn lost(revision: u32) -> Annotation {
    given([
        Event::AnnotationCreated(span(23, 30)),
        Event::AnnotationAnchorLost(Loss { revision, reason: Lost::NotFound }),
    ])
}

#[test]
fn a_mark_follows_its_passage_into_a_new_revision() {
    assert_eq!(reanchor(&live(), 2, Ok(FOUND)), Ok(vec![reanchored(2)]));
    let moved = live().evolve(&reanchored(2), id(0xb));
    assert_eq!(moved.live(), Some(&Span { revision: 2, ..span(40, 47) }));
    assert_eq!(moved.author(), Some(AUTHOR), "who captures a revision becomes no author of its marks");
    let rating = Some(Rating { score: 900_000, method: Method::Exact });
    let earlier = vec![Anchor { revision: 1, range: 23..30, rating: None }];
    assert_eq!(moved.anchoring(), Some(&Anchoring { rating, lost: None, earlier }));
    let noted = Span { revision: 2, note: Some(text("seen")), ..span(40, 47) };
    let noted = moved.clone().evolve(&Event::AnnotationRevised(noted), AUTHOR);
    assert_eq!(noted.anchoring(), moved.anchoring(), "a note changes no place");
    let again = moved.evolve(&Event::AnnotationRevised(Span { revision: 2, ..span(41, 47) }), AUTHOR);
    assert_eq!(again.anchoring().unwrap().rating, None, "its author knows better");
    assert_eq!(again.anchoring().unwrap().earlier.len(), 1);
}

#[test]
fn a_lost_mark_stays_live_where_it_was_and_is_looked_for_in_the_next_revision() {
    let told = Loss { revision: 2, reason: Lost::Ambiguous };
    assert_eq!(reanchor(&live(), 2, Err(Lost::Ambiguous)), Ok(vec![Event::AnnotationAnchorLost(told)]));
    let mark = lost(2);
    assert_eq!(mark.live(), Some(&span(23, 30)));
    let found = mark.evolve(&reanchored(3), AUTHOR);
    assert_eq!(found.live(), Some(&Span { revision: 3, ..span(40, 47) }));
    assert_eq!(found.anchoring().unwrap().lost, None);
}

#[test]
fn a_mark_is_looked_for_once_in_each_revision_and_in_no_older_one() {
    for (state, revision) in [(live(), 1), (lost(2), 2), (lost(3), 2), (live().evolve(&reanchored(2), AUTHOR), 2)] {
        for found in [Ok(FOUND), Err(Lost::NotFound)] {
            refused(reanchor(&state, revision, found), Why::Conflict, "anchor_settled", "");
        }
    }
    refused(reanchor(&retracted(), 2, Ok(FOUND)), Why::Conflict, "annotation_retracted", "");
    refused(reanchor(&Annotation::Absent, 2, Ok(FOUND)), Why::Absent, "not_found", "");
}

#[test]
fn marks_overlap_as_they_do_in_the_newest_revision_that_they_share() {
    let other: Annotation = given([Event::AnnotationCreated(span(29, 35))]);
    assert!(live().overlaps(&other) && other.overlaps(&live()));
    let moved = live().evolve(&reanchored(2), AUTHOR);
    assert!(moved.overlaps(&other) && other.overlaps(&moved), "the other one was lost");
    let beside = Reanchored { revision: 2, found: Found { start: 47, end: 53, ..FOUND } };
    let other = other.evolve(&Event::AnnotationReanchored(beside), AUTHOR);
    assert!(!moved.overlaps(&other) && !other.overlaps(&moved), "they stand apart now");
    let newer: Annotation = given([Event::AnnotationCreated(Span { revision: 2, ..span(46, 50) })]);
    assert!(moved.overlaps(&newer) && newer.overlaps(&moved));
    assert!(!live().overlaps(&newer), "they share no revision");
    let elsewhere: Annotation = given([Event::AnnotationCreated(Span { document: id(2), ..span(23, 30) })]);
    assert!(!live().overlaps(&elsewhere));
    assert!(!retracted().overlaps(&live()) && !live().overlaps(&retracted()));
}

#[test]
fn a_mark_is_taken_back_unless_anothers_reading_cites_it() {
    let retract = |in_use| live().decide(&Command::Retract { in_use });
    refused(retract(true), Why::Conflict, "annotation_in_use", "");
    assert_eq!(retract(false), Ok(vec![Event::AnnotationRetracted]));
    assert_eq!(
        retracted(),
        Annotation::Retracted { author: AUTHOR, span: span(23, 30), anchoring: Anchoring::default() }
    );
    assert_eq!((retracted().live(), retracted().span()), (None, Some(&span(23, 30))));
    assert_eq!(retracted().author(), Some(AUTHOR));
}

#[test]
fn a_retracted_or_unknown_mark_changes_no_more() {
    let text = indexed();
    let revise = Command::Revise { span: span(23, 30), exact: None, text: &text };
    for command in [revise, Command::Retract { in_use: false }] {
        refused(retracted().decide(&command), Why::Conflict, "annotation_retracted", "");
        refused(Annotation::Absent.decide(&command), Why::Absent, "not_found", "");
    }
    assert_eq!((Annotation::Absent.span(), Annotation::Absent.author()), (None, None));
}

#[test]
fn no_record_holds_the_quote() {
    let mut events = create(span(23, 30), "Group A").unwrap();
    events.extend(revise(span(23, 36), Some("Group A fired")).unwrap());
    let recorded = format!("{events:?} {:?}", given::<Annotation>(events.clone()));
    assert!(!recorded.contains("Group"), "{recorded}");
}

#[test]
fn events_out_of_place_change_nothing() {
    let before = [Event::AnnotationRevised(span(0, 1)), Event::AnnotationRetracted];
    assert_eq!(given::<Annotation>(before), Annotation::Absent);
    for event in [Event::AnnotationCreated(span(0, 1)), Event::AnnotationRevised(span(0, 1))] {
        assert_eq!(retracted().evolve(&event, id(1)), retracted());
    }
    assert_eq!(live().evolve(&Event::AnnotationCreated(span(0, 1)), id(1)), live());
}

#[test]
fn the_roles_of_passages_are_those_of_the_design() {
    let roles: Vec<_> = SpanRole::ALL.iter().map(|role| role.as_str()).collect();
    assert_eq!(roles, ["source", "cue", "content", "date", "incident_mention", "actor_mention"]);
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_mark_is_taken_if_and_only_if_its_quote_is_the_text(
        text in "[a-cé\u{301}😀ع\r\n]{0,16}",
        span in any::span(),
        exact in "[a-cé\u{301}😀ع\r\n]{0,3}",
    ) {
        let (start, end) = (span.start as usize, span.end as usize);
        let chars: Vec<char> = text.chars().collect();
        let stands = chars.get(start..end.max(start)).map(|chars| chars.iter().collect::<String>());
        let inside = start < end && end <= chars.len();
        let text = Indexed::new(text);
        let decide = |exact: &str| {
            Annotation::Absent.decide(&Command::Create { span: span.clone(), exact, text: &text })
        };
        prop_assert_eq!(decide(&exact).is_ok(), inside && stands.as_deref() == Some(exact.as_str()));
        if let (true, Some(stands)) = (inside, stands) {
            prop_assert!(decide(&stands).is_ok());
        }
    }

    #[test]
    fn the_author_of_an_annotation_never_changes(events in vec((any::annotation_event(), any::id()), 0..12)) {
        let mut annotation = Annotation::Absent;
        let mut author = None;
        for (event, by) in events {
            annotation = annotation.evolve(&event, by);
            author = author.or(annotation.author());
            prop_assert_eq!(annotation.author(), author);
        }
    }
}
