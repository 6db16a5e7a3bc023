use super::*;
use crate::actor::{ActorKind, Name};
use crate::adjudication::Docket;
use crate::annotation::{Anchoring, SpanRole};
use crate::assessment::{Content, Grade, Letter};
use crate::derivation::{DerivationType, Edge};
use crate::document;
use crate::identity::{Judged, Subject};
use crate::project;
use crate::reading::Blank;
use crate::relation::{RelationStance, RelationType};
use crate::source::{self, SourceKind};
use crate::testing::{AUTHOR, accusation, any, cases, edtf, given, id, text};
use crate::{identity, import};
use proptest::collection::vec;
use proptest::prelude::*;

const OTHER: UserId = UserId::new(Uuid::from_u128(0xb));

fn span(start: u32) -> Span {
    Span { document: id(1), revision: 1, start, end: 9, role: SpanRole::Content, note: None }
}

fn content(digit: u8) -> Content {
    let grade = Grade::Admiralty { letter: Letter::B, digit };
    Content { target: assessment::Target::Utterance(id(1)), grade, reason: text("It was there.") }
}

fn edge() -> relation::Edge {
    relation::Edge {
        relation: RelationType::PartOf,
        from: id(1),
        to: id(2),
        stance: RelationStance::Held,
        evidence: vec![id(1)],
        valid: None,
    }
}

fn name(evidence: u128) -> Name {
    Name { name: text("Brat"), language: None, evidence: vec![id(evidence)] }
}

fn detail(title: &str) -> Detail {
    Detail { title: text(title), when: edtf("2021-05-04"), kind: None, places: Vec::new(), targets: Vec::new() }
}

fn judged(n: u128) -> Judged {
    Judged { id: id(n), subject: Subject::Actor, left: id(1), right: id(2), reason: text("So."), against: vec![id(9)] }
}

fn suggested() -> derivation::Event {
    derivation::Event::DerivationSuggested(Edge { derivation: DerivationType::Quotes, from: id(1), to: id(2) })
}

/// What takes back the last of these events, all of one aggregate and by one author.
fn of(events: impl IntoIterator<Item = Event>) -> Result<Reversal, Irreversible> {
    let mut events: Vec<_> = events.into_iter().map(|event| (event, AUTHOR)).collect();
    let (last, author) = events.pop().expect("something happened");
    Reversal::of(&[last], author, &events)
}

fn events<E: Into<Event>>(events: impl IntoIterator<Item = E>) -> Result<Reversal, Irreversible> {
    of(events.into_iter().map(Into::into))
}

#[test]
fn a_creation_is_withdrawn_where_there_is_a_withdrawal() {
    let blank = Blank { document: id(1), revision: 1, start: 0, end: 1 };
    let disputed = relation::Event::RelationDisputed { reason: text("No.") };
    assert_eq!(events([annotation::Event::AnnotationCreated(span(1))]), Ok(Reversal::RetractAnnotation));
    assert_eq!(events([reading::Event::ClaimRead(accusation())]), Ok(Reversal::RetractReading));
    assert_eq!(events([reading::Event::NoClaimFound(blank)]), Ok(Reversal::RetractReading));
    assert_eq!(events([relation::Event::RelationRegistered(edge())]), Ok(Reversal::WithdrawRelation));
    assert_eq!(events([relation::Event::RelationRegistered(edge()), disputed]), Ok(Reversal::WithdrawDispute));
    let asserted = actor::Event::ActorNameAsserted { id: id(2), name: name(1) };
    assert_eq!(events([asserted]), Ok(Reversal::WithdrawName(id(2))));
    assert_eq!(events([identity::Event::JudgedSame(judged(1))]), Ok(Reversal::WithdrawJudgement(id(1))));
    assert_eq!(events([assessment::Event::AssessmentRecorded(content(1))]), Ok(Reversal::WithdrawAssessment));
}

#[test]
fn what_has_no_withdrawal_says_why() {
    let document = document::Detail {
        title: text("T"),
        source: id(1),
        url: None,
        published: None,
        language: None,
        sensitivity: None,
    };
    let source = source::Event::SourceRegistered { name: text("Agency"), kind: SourceKind::Agency };
    assert_eq!(events([source]), Err(Irreversible::Registered));
    assert_eq!(events([document::Event::DocumentRegistered(document)]), Err(Irreversible::Registered));
    assert_eq!(events([incident::Event::IncidentRegistered(detail("A"))]), Err(Irreversible::Registered));
    // The name that an actor is registered with is no assertion of its own.
    let registered = Event::from(actor::Event::ActorRegistered { kind: ActorKind::Person });
    let named = Event::from(actor::Event::ActorNameAsserted { id: id(2), name: name(1) });
    assert_eq!(Reversal::of(&[registered, named], AUTHOR, &[]), Err(Irreversible::Registered));
    assert_eq!(events([suggested()]), Err(Irreversible::Registered));
    let origin = derivation::Event::OriginDeclared { annotation: id(1), reason: text("So.") };
    assert_eq!(events([origin]), Err(Irreversible::Registered));
    let docket = Docket { question: text("Who?"), targets: vec![adjudication::Target::Reading(id(1))] };
    assert_eq!(events([adjudication::Event::AdjudicationOpened(docket)]), Err(Irreversible::Adjudicated));
    assert_eq!(events([project::Event::MemberRoleRevoked { user: OTHER }]), Err(Irreversible::Governs));
    assert_eq!(events([import::Event::ImportBatchStarted { name: None }]), Err(Irreversible::Import));
    let lost = annotation::Loss { revision: 2, reason: crate::anchor::Lost::NotFound };
    assert_eq!(events([annotation::Event::AnnotationAnchorLost(lost)]), Err(Irreversible::Automatic));
}

#[test]
fn what_took_something_back_is_final_but_for_a_dispute() {
    let created = annotation::Event::AnnotationCreated(span(1));
    assert_eq!(events([created, annotation::Event::AnnotationRetracted]), Err(Irreversible::Final));
    let read = reading::Event::ClaimRead(accusation());
    assert_eq!(events([read, reading::Event::ClaimReadingRetracted]), Err(Irreversible::Final));
    assert_eq!(events([relation::Event::RelationWithdrawn]), Err(Irreversible::Final));
    assert_eq!(events([actor::Event::ActorNameWithdrawn { id: id(2) }]), Err(Irreversible::Final));
    assert_eq!(events([identity::Event::JudgementWithdrawn(id(1))]), Err(Irreversible::Final));
    assert_eq!(events([assessment::Event::AssessmentWithdrawn]), Err(Irreversible::Final));

    let disputed = |reason: &str| Event::from(relation::Event::RelationDisputed { reason: text(reason) });
    let earlier = [(disputed("Mine."), AUTHOR), (disputed("Theirs."), OTHER)];
    let withdrawn = [relation::Event::DisputeWithdrawn.into()];
    let again = Reversal::of(&withdrawn, AUTHOR, &earlier);
    assert_eq!(again, Ok(Reversal::Dispute { reason: text("Mine.") }));
    assert_eq!(Reversal::of(&withdrawn, id(9), &earlier), Err(Irreversible::Final));
}

#[test]
fn a_revision_goes_back_to_what_was_said_before() {
    let revised = annotation::Event::AnnotationRevised(span(2));
    let created = annotation::Event::AnnotationCreated(span(1));
    assert_eq!(events([created.clone(), revised.clone()]), Ok(Reversal::ReviseAnnotation(span(1))));
    let again = annotation::Event::AnnotationRevised(span(3));
    assert_eq!(events([created.clone(), revised, again]), Ok(Reversal::ReviseAnnotation(span(2))));
    let moved = annotation::Event::AnnotationRevised(Span { revision: 2, ..span(2) });
    assert_eq!(events([created, moved]), Err(Irreversible::Moved));

    let other = Claim { presupposed: !accusation().presupposed, ..accusation() };
    let read = [reading::Event::ClaimRead(accusation()), reading::Event::ClaimReadingRevised(other)];
    assert_eq!(events(read), Ok(Reversal::ReviseReading(accusation())));

    let assessed = [
        assessment::Event::AssessmentRecorded(content(1)),
        assessment::Event::AssessmentRevised { grade: content(2).grade, reason: text("On reflection.") },
    ];
    assert_eq!(events(assessed), Ok(Reversal::ReviseAssessment(content(1))));

    let incident =
        [incident::Event::IncidentRegistered(detail("A")), incident::Event::IncidentDetailRevised(detail("B"))];
    assert_eq!(events(incident), Ok(Reversal::ReviseIncident(detail("A"))));
}

#[test]
fn a_verdict_goes_back_to_the_one_before_and_the_first_stays() {
    let confirmed = derivation::Event::DerivationConfirmed { reason: text("Yes.") };
    let rejected = derivation::Event::DerivationRejected { reason: text("No.") };
    assert_eq!(events([suggested(), confirmed.clone()]), Err(Irreversible::FirstVerdict));
    let back = Reversal::Judge { verdict: Verdict::Confirmed, reason: text("Yes.") };
    assert_eq!(events([suggested(), confirmed, rejected]), Ok(back));
}

fn past(n: u128, author: UserId, cause: Option<u128>) -> Past {
    Past { record: id(n), position: u64::try_from(n).unwrap(), author, cause: cause.map(id) }
}

fn positions(history: &[Past], after: u128) -> Vec<u64> {
    later(history, id(after)).map(|past| past.position).collect()
}

#[test]
fn what_came_later_counts_unless_it_was_taken_back() {
    assert!(positions(&[past(1, AUTHOR, None)], 1).is_empty());
    assert_eq!(positions(&[past(1, AUTHOR, None), past(2, OTHER, None)], 1), [2]);
    // 3 took back 2, and nothing took back 4.
    let history = [past(1, AUTHOR, None), past(2, OTHER, None), past(3, OTHER, Some(2)), past(4, AUTHOR, None)];
    assert_eq!(positions(&history, 1), [4]);
    assert_eq!(taken_back(&history, id(2)).map(|past| past.position), Some(3));
    assert_eq!(taken_back(&history, id(1)), None);
    // What followed from a record of another aggregate is nobody's work.
    assert!(positions(&[past(1, AUTHOR, None), past(2, OTHER, Some(77))], 1).is_empty());
}

fn of_annotation_1<A: Rests + crate::Aggregate>(happened: impl IntoIterator<Item = A::Event>) -> bool {
    given::<A>(happened).rests_on(Kind::Annotation, id(1))
}

#[test]
fn what_rests_on_a_mark_rests_on_it_until_it_is_taken_back() {
    let claim = Claim { evidence: vec![id(1)], ..accusation() };
    let read = reading::Event::ClaimRead(claim);
    assert!(of_annotation_1::<Reading>([read.clone()]));
    assert!(!of_annotation_1::<Reading>([read.clone(), reading::Event::ClaimReadingRetracted]));
    let elsewhere = Claim { evidence: vec![id(2)], ..accusation() };
    assert!(!of_annotation_1::<Reading>([read, reading::Event::ClaimReadingRevised(elsewhere)]));

    let registered = relation::Event::RelationRegistered(edge());
    assert!(of_annotation_1::<Relation>([registered.clone()]));
    assert!(!of_annotation_1::<Relation>([registered, relation::Event::RelationWithdrawn]));

    let known = actor::Event::ActorRegistered { kind: ActorKind::Person };
    let named = |n| actor::Event::ActorNameAsserted { id: id(n), name: name(n) };
    assert!(of_annotation_1::<Actor>([known.clone(), named(1), named(2)]));
    let withdrawn = actor::Event::ActorNameWithdrawn { id: id(1) };
    assert!(!of_annotation_1::<Actor>([known, named(1), named(2), withdrawn]));

    assert!(of_annotation_1::<Derivation>([suggested()]));
    let rejected = derivation::Event::DerivationRejected { reason: text("No.") };
    assert!(!of_annotation_1::<Derivation>([suggested(), rejected]));
    assert!(of_annotation_1::<Derivation>([derivation::Event::OriginDeclared {
        annotation: id(1),
        reason: text("So.")
    }]));
}

#[test]
fn what_rests_on_a_reading_or_a_judgement_rests_on_it_until_it_is_taken_back() {
    let changing = Claim { changes: vec![id(1)], ..accusation() };
    assert!(given::<Reading>([reading::Event::ClaimRead(changing)]).rests_on(Kind::Reading, id(1)));
    assert!(!given::<Reading>([reading::Event::ClaimRead(accusation())]).rests_on(Kind::Reading, id(1)));

    let assessed = assessment::Event::AssessmentRecorded(content(1));
    assert!(given::<Assessment>([assessed.clone()]).rests_on(Kind::Reading, id(1)));
    let withdrawn = given::<Assessment>([assessed, assessment::Event::AssessmentWithdrawn]);
    assert!(!withdrawn.rests_on(Kind::Reading, id(1)));

    let docket = Docket { question: text("Who?"), targets: vec![adjudication::Target::Reading(id(1))] };
    let opened = adjudication::Event::AdjudicationOpened(docket);
    assert!(given::<Adjudication>([opened.clone()]).rests_on(Kind::Reading, id(1)));
    let overturned = adjudication::Event::AdjudicationOverturned { reason: text("Wrong.") };
    assert!(!given::<Adjudication>([opened, overturned]).rests_on(Kind::Reading, id(1)));

    let same = identity::Event::JudgedSame(judged(1));
    let one: Identity = given([same.clone()]);
    assert!(one.rests_on(Kind::Actor, id(2)) && one.rests_on(Kind::Identity, id(9)));
    assert!(!one.rests_on(Kind::Identity, id(1)), "a judgement does not rest on itself");
    let none: Identity = given([same, identity::Event::JudgementWithdrawn(id(1))]);
    assert!(!none.rests_on(Kind::Actor, id(2)) && !none.rests_on(Kind::Identity, id(9)));
}

proptest! {
    #![proptest_config(cases())]

    /// What takes an event back is a command of the same kind, whatever happened before.
    #[test]
    fn any_event_is_taken_back_by_its_own_kind_or_by_nothing(
        event in any::event(),
        earlier in vec((any::event(), any::id()), 0..12),
        author in any::id(),
    ) {
        let kind = event.kind();
        if let Ok(reversal) = Reversal::of(&[event], author, &earlier) {
            prop_assert_eq!(reversal.kind(), kind);
        }
    }

    /// A mark that was revised and is revised back is what it was.
    #[test]
    fn a_mark_that_is_revised_back_is_what_it_was(before in any::span(), start in 0_u32..9) {
        let now = Span { start, ..before.clone() };
        let created: Event = annotation::Event::AnnotationCreated(before.clone()).into();
        let revised: Event = annotation::Event::AnnotationRevised(now).into();
        let back = Reversal::of(std::slice::from_ref(&revised), AUTHOR, &[(created.clone(), AUTHOR)]);
        let Ok(Reversal::ReviseAnnotation(span)) = back else { return Err(TestCaseError::fail("it goes back")) };
        let again = annotation::Event::AnnotationRevised(span).into();
        let state: Annotation = fold([&created, &revised, &again].map(|event| (event, AUTHOR)));
        prop_assert_eq!(state, Annotation::Live { author: AUTHOR, span: before, anchoring: Anchoring::default() });
    }
}
