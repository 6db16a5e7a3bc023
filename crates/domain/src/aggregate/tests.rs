use super::*;
use crate::testing::{any, cases, id};
use crate::{Code, Rejection};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;

#[test]
fn the_kinds_are_the_tokens_of_subjects() {
    let kinds: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    let expected = [
        "project",
        "user",
        "source",
        "document",
        "incident",
        "actor",
        "relation",
        "annotation",
        "reading",
        "derivation",
        "assessment",
        "identity",
        "adjudication",
        "task",
        "import",
    ];
    assert_eq!(kinds, expected);
}

/// The events of the design by kind (domain.md, section 4).
const EVENTS: [(&str, &[&str]); 15] = [
    ("project", &["ProjectCreated", "CodebookPublished", "PolicyPublished", "MemberRoleGranted", "MemberRoleRevoked"]),
    ("user", &["UserRegistered", "TokenIssued", "TokenRevoked"]),
    ("source", &["SourceRegistered", "SourceRelationAsserted"]),
    (
        "document",
        &["DocumentRegistered", "DocumentRevisionCaptured", "DocumentWithdrawnByPublisher", "DocumentTextErased"],
    ),
    ("incident", &["IncidentRegistered", "IncidentDetailRevised", "IncidentClassDefined"]),
    ("actor", &["ActorRegistered", "PlaceholderActorIntroduced", "ActorNameAsserted", "ActorNameWithdrawn"]),
    ("relation", &["RelationRegistered", "RelationDisputed", "DisputeWithdrawn", "RelationWithdrawn"]),
    (
        "annotation",
        &[
            "AnnotationCreated",
            "AnnotationRevised",
            "AnnotationRetracted",
            "AnnotationReanchored",
            "AnnotationAnchorLost",
        ],
    ),
    ("reading", &["ClaimRead", "ClaimReadingRevised", "ClaimReadingRetracted", "NoClaimFound"]),
    ("derivation", &["DerivationSuggested", "DerivationConfirmed", "DerivationRejected", "OriginDeclared"]),
    ("assessment", &["AssessmentRecorded", "AssessmentRevised", "AssessmentWithdrawn"]),
    ("identity", &["JudgedSame", "JudgedDistinct", "JudgedUnsure", "JudgementWithdrawn"]),
    (
        "adjudication",
        &["AdjudicationOpened", "ReadingsRuled", "FindingRecorded", "AdjudicationReopened", "AdjudicationOverturned"],
    ),
    (
        "task",
        &["TaskOpened", "TaskLeased", "LeaseRenewed", "LeaseExpired", "TaskSubmitted", "TaskSkipped", "TaskClosed"],
    ),
    ("import", &["ImportBatchStarted", "ImportBatchCompleted", "ImportBatchReverted"]),
];

#[test]
fn every_event_has_the_kind_and_the_name_of_the_design() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    // Seeded, so that what is met does not change from run to run.
    let mut runner = TestRunner::deterministic();
    let mut met = BTreeSet::new();
    for _ in 0..2_000 {
        let event = any::event().new_tree(&mut runner).unwrap().current();
        met.insert((event.kind().as_str(), event.name()));
    }
    let expected: BTreeSet<_> =
        EVENTS.iter().flat_map(|(kind, names)| names.iter().map(move |name| (*kind, *name))).collect();
    assert_eq!(met, expected);
}

/// Runs commands one after the other on what others recorded: nothing panics, what is accepted is recorded under the
/// right kind, and what is refused says why.
fn run<A, C>(
    history: Vec<(A::Event, UserId)>,
    commands: Vec<C>,
    decide: impl Fn(&A, C) -> Result<Vec<A::Event>, Rejection>,
) -> Result<A, TestCaseError>
where
    A: Aggregate,
{
    let mut state = history.into_iter().fold(A::default(), |state, (event, author)| state.evolve(&event, author));
    for command in commands {
        match decide(&state, command) {
            Ok(events) => {
                prop_assert!(!events.is_empty(), "a command that is accepted is recorded");
                for event in events {
                    let event: Event = event.into();
                    prop_assert_eq!(event.kind(), A::KIND);
                    let own = A::own(&event).expect("the event is of this kind");
                    state = state.evolve(own, id(1));
                }
            }
            Err(refusal) => prop_assert!(!refusal.code.is_empty() && !refusal.detail.is_empty()),
        }
    }
    Ok(state)
}

/// Asserts that a creation, once decided and recorded, is refused.
fn twice<A, C>(command: C, decide: impl Fn(&A, C) -> Result<Vec<A::Event>, Rejection>) -> Result<(), TestCaseError>
where
    A: Aggregate,
    C: Clone,
{
    if let Ok(events) = decide(&A::default(), command.clone()) {
        let state = events.iter().fold(A::default(), |state, event| state.evolve(event, id(1)));
        let refusal = decide(&state, command).map(drop).unwrap_err();
        prop_assert_eq!(refusal.code, "id_taken");
    }
    Ok(())
}

/// Tests of one aggregate: any commands after any events, and a creation repeated.
macro_rules! aggregates {
    ($($module:ident: $kind:ident by $event:ident, $command:ident, creating with $creation:pat),+ $(,)?) => {$(
        mod $module {
            use super::*;
            use crate::$module::{$kind, Command};

            proptest! {
                #![proptest_config(cases())]

                #[test]
                fn any_command_after_any_event_is_decided_without_panic(
                    history in vec((any::$event(), any::id()), 0..12),
                    commands in vec(any::$command(), 0..12),
                ) {
                    run::<$kind, _>(history, commands, $kind::decide)?;
                }

                #[test]
                fn what_was_created_is_not_created_again(command in any::$command()) {
                    if matches!(command, $creation) {
                        twice::<$kind, _>(command, $kind::decide)?;
                    }
                }
            }
        }
    )+};
}

aggregates! {
    project: Project by project_event, project_command, creating with Command::Create { .. },
    user: User by user_event, user_command, creating with Command::IssueToken { .. },
    source: Source by source_event, source_command, creating with Command::Register { .. },
    document: Document by document_event, document_command, creating with Command::Register { .. },
    incident: Incident by incident_event, incident_command, creating with Command::Register(_) | Command::DefineClass(_),
    actor: Actor by actor_event, actor_command, creating with Command::Register { .. },
    relation: Relation by relation_event, relation_command, creating with Command::Register(_),
    derivation: Derivation by derivation_event, derivation_command,
        creating with Command::Suggest(_) | Command::DeclareOrigin { .. },
    assessment: Assessment by assessment_event, assessment_command, creating with Command::Record(_),
    identity: Identity by identity_event, identity_command, creating with Command::Judge { .. },
    adjudication: Adjudication by adjudication_event, adjudication_command, creating with Command::Open { .. },
    task: Task by task_event, task_command, creating with Command::Open(_),
    import: Import by import_event, import_command, creating with Command::Start { .. },
}

// The commands of annotations and readings borrow what they are checked against.
mod annotation {
    use super::*;
    use crate::annotation::{Annotation, Command};
    use crate::passage::Indexed;

    proptest! {
        #![proptest_config(cases())]

        #[test]
        fn any_command_after_any_event_is_decided_without_panic(
            history in vec((any::annotation_event(), any::id()), 0..12),
            spans in vec((any::span(), any::<bool>()), 0..12),
            text in "[aé😀]{0,20}",
        ) {
            let text = Indexed::new(text);
            let exact = text.text();
            let commands = spans.into_iter().flat_map(|(span, flag)| [
                Command::Create { span: span.clone(), exact, text: &text },
                Command::Revise { span, exact: flag.then_some(exact), text: &text },
                Command::Retract { in_use: flag },
            ]);
            run::<Annotation, _>(history, commands.collect(), |state, command| state.decide(&command))?;
        }

        #[test]
        fn what_was_created_is_not_created_again(span in any::span(), text in "[aé😀]{1,20}") {
            let text = Indexed::new(text);
            let span = crate::annotation::Span { start: 0, end: text.code_points(), ..span };
            let create = Command::Create { span, exact: text.text(), text: &text };
            twice::<Annotation, _>(create, |state, command| state.decide(&command))?;
        }
    }
}

mod reading {
    use super::*;
    use crate::reading::{Command, Reading, Surroundings};

    proptest! {
        #![proptest_config(cases())]

        #[test]
        fn any_command_after_any_event_is_decided_without_panic(
            history in vec((any::reading_event(), any::id()), 0..8),
            claims in vec((any::claim(), any::blank(), any::<u32>()), 0..6),
        ) {
            let surroundings = Surroundings::default();
            let commands = claims.into_iter().flat_map(|(claim, blank, code_points)| [
                Command::Read { claim: claim.clone(), surroundings: &surroundings },
                Command::Revise { claim, surroundings: &surroundings },
                Command::FindNone { blank, code_points },
                Command::Retract,
            ]);
            run::<Reading, _>(history, commands.collect(), Reading::decide)?;
        }

        #[test]
        fn what_was_created_is_not_created_again(blank in any::blank(), code_points: u32) {
            twice::<Reading, _>(Command::FindNone { blank, code_points }, Reading::decide)?;
        }
    }
}

/// What is folded from a mixture is what is folded from the own events alone.
fn folds_the_own<A: Aggregate + PartialEq + std::fmt::Debug>(events: &[(Event, UserId)]) -> Result<(), TestCaseError> {
    let own = events.iter().filter(|(event, _)| event.kind() == A::KIND);
    let mixed: A = fold(events.iter().map(|(event, author)| (event, *author)));
    prop_assert_eq!(mixed, fold::<A>(own.map(|(event, author)| (event, *author))));
    Ok(())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn an_aggregate_is_folded_from_its_own_events(events in vec((any::event(), any::id()), 0..40)) {
        folds_the_own::<crate::project::Project>(&events)?;
        folds_the_own::<crate::user::User>(&events)?;
        folds_the_own::<crate::source::Source>(&events)?;
        folds_the_own::<crate::document::Document>(&events)?;
        folds_the_own::<crate::incident::Incident>(&events)?;
        folds_the_own::<crate::actor::Actor>(&events)?;
        folds_the_own::<crate::relation::Relation>(&events)?;
        folds_the_own::<crate::annotation::Annotation>(&events)?;
        folds_the_own::<crate::reading::Reading>(&events)?;
        folds_the_own::<crate::derivation::Derivation>(&events)?;
        folds_the_own::<crate::assessment::Assessment>(&events)?;
        folds_the_own::<crate::identity::Identity>(&events)?;
        folds_the_own::<crate::adjudication::Adjudication>(&events)?;
        folds_the_own::<crate::task::Task>(&events)?;
        folds_the_own::<crate::import::Import>(&events)?;
    }
}
