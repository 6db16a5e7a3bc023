//! Records of any content, also such as no command would give rise to.

use crate::record::{Batch, Envelope, Record, Reliance};
use domain::anchor::Found;
use domain::claim::{Certainty, Chain, Claim, Link, Proposition, Speaker, Target};
use domain::codebook::Codebook;
use domain::edtf::Edtf;
use domain::opinion::Opinion;
use domain::policy::{Evidence, Policy};
use domain::text::Text;
use domain::{
    Code, Event, actor, adjudication, annotation, assessment, derivation, document, identity, import, incident,
    project, reading, relation, source, task, user,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::fmt::Debug;
use uuid::Uuid;

pub(super) fn record() -> impl Strategy<Value = Record> {
    (envelope(), vec(event(), 1..4)).prop_map(|(envelope, events)| Record { envelope, events })
}

fn envelope() -> impl Strategy<Value = Envelope> {
    let of = (id::<Uuid>(), id(), id(), code(), id(), any::<u64>());
    let by = (option::of(any()), id(), id(), id(), any(), id(), option::of(id()));
    let batch = (id(), any(), any()).prop_map(|(id, index, count)| Batch { id, index, count });
    let reliance = (code(), id(), any()).prop_map(|(kind, id, revision)| Reliance { kind, id, revision });
    let rest = (any(), option::of(batch), list(reliance), any());
    (of, by, rest).prop_map(|(of, by, rest)| {
        let (record_id, log_id, project, kind, id, revision) = of;
        let (previous, author, credential, command_id, request_sha256, correlation_id, causation_id) = by;
        let (recorded_at_us, batch, relied_on, schema_version) = rest;
        Envelope {
            record_id,
            log_id,
            project,
            kind,
            id,
            revision,
            previous,
            author,
            credential,
            command_id,
            request_sha256,
            correlation_id,
            causation_id,
            recorded_at_us,
            batch,
            relied_on,
            schema_version,
        }
    })
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        of_project(),
        of_user(),
        of_source(),
        of_document(),
        of_incident(),
        of_actor(),
        of_relation(),
        of_annotation(),
        of_reading(),
        of_derivation(),
        of_assessment(),
        of_identity(),
        of_adjudication(),
        of_task(),
        of_import(),
    ]
}

fn of_project() -> impl Strategy<Value = Event> {
    use project::Event::{CodebookPublished, MemberRoleGranted, MemberRoleRevoked, PolicyPublished, ProjectCreated};
    prop_oneof![
        (text(), any()).prop_map(|(name, blind)| ProjectCreated { name, blind }),
        (any(), codebook()).prop_map(|(version, codebook)| CodebookPublished { version, codebook }),
        (any(), policy()).prop_map(|(version, policy)| PolicyPublished { version, policy }),
        (id(), code()).prop_map(|(user, role)| MemberRoleGranted { user, role }),
        id().prop_map(|user| MemberRoleRevoked { user }),
    ]
    .prop_map(Event::from)
}

fn codebook() -> impl Strategy<Value = Codebook> {
    let labels = btree_map(string(), text(), 0..4);
    (text(), list(text()), list(text()), labels, list(code()), list(code())).prop_map(
        |(guideline, kinds, modes, labels, acts, roles)| Codebook { guideline, kinds, modes, labels, acts, roles },
    )
}

fn policy() -> impl Strategy<Value = Policy> {
    let evidence = (number(), number()).prop_map(|(r, s)| Evidence { r, s });
    let opinions = btree_map(code().prop_map(|certainty: Certainty| certainty.as_str()), evidence, 0..4);
    let officials = (btree_set(id(), 0..4), btree_set(id(), 0..4));
    (code(), number(), code(), officials, btree_map(id(), number(), 0..4), opinions, number()).prop_map(
        |(readings, theta, generic, (officials_include, officials_exclude), trust, opinions, base_rate)| Policy {
            readings,
            theta,
            generic,
            officials_include,
            officials_exclude,
            trust,
            opinions,
            base_rate,
        },
    )
}

fn of_user() -> impl Strategy<Value = Event> {
    use user::Event::{TokenIssued, TokenRevoked, UserRegistered};
    prop_oneof![
        text().prop_map(|display_name| UserRegistered { display_name }),
        (id(), any(), any()).prop_map(|(token, expires_at_us, operator)| TokenIssued {
            token,
            expires_at_us,
            operator
        }),
        id().prop_map(|token| TokenRevoked { token }),
    ]
    .prop_map(Event::from)
}

fn of_source() -> impl Strategy<Value = Event> {
    use source::Event::{SourceRegistered, SourceRelationAsserted};
    prop_oneof![
        (text(), code()).prop_map(|(name, kind)| SourceRegistered { name, kind }),
        (code(), id()).prop_map(|(relation, to)| SourceRelationAsserted { relation, to }),
    ]
    .prop_map(Event::from)
}

fn of_document() -> impl Strategy<Value = Event> {
    use document::Event::{
        DocumentRegistered, DocumentRevisionCaptured, DocumentTextErased, DocumentWithdrawnByPublisher,
    };
    let detail = (text(), id(), maybe_text(), maybe_date(), maybe_text(), maybe_text()).prop_map(
        |(title, source, url, published, language, sensitivity)| document::Detail {
            title,
            source,
            url,
            published,
            language,
            sensitivity,
        },
    );
    let revision = (any(), any(), any(), any(), any(), maybe_text()).prop_map(
        |(number, salt, sha256, bytes, code_points, captured_at)| document::Revision {
            number,
            salt,
            sha256,
            bytes,
            code_points,
            captured_at,
        },
    );
    prop_oneof![
        detail.prop_map(DocumentRegistered),
        revision.prop_map(DocumentRevisionCaptured),
        Just(DocumentWithdrawnByPublisher),
        (any(), text()).prop_map(|(number, reason)| DocumentTextErased { number, reason }),
    ]
    .prop_map(Event::from)
}

fn of_incident() -> impl Strategy<Value = Event> {
    use incident::Event::{IncidentClassDefined, IncidentDetailRevised, IncidentRegistered};
    let detail = || {
        (text(), date(), maybe_text(), list(text()), list(id()))
            .prop_map(|(title, when, kind, places, targets)| incident::Detail { title, when, kind, places, targets })
    };
    let class = (text(), list(text()), list(id()), list(text()), list(id()), maybe_date()).prop_map(
        |(title, kinds, targets, places, actors, period)| incident::Class {
            title,
            kinds,
            targets,
            places,
            actors,
            period,
        },
    );
    prop_oneof![
        detail().prop_map(IncidentRegistered),
        detail().prop_map(IncidentDetailRevised),
        class.prop_map(IncidentClassDefined),
    ]
    .prop_map(Event::from)
}

fn of_actor() -> impl Strategy<Value = Event> {
    use actor::Event::{ActorNameAsserted, ActorNameWithdrawn, ActorRegistered, PlaceholderActorIntroduced};
    let name = (text(), maybe_text(), list(id())).prop_map(|(name, language, evidence)| actor::Name {
        name,
        language,
        evidence,
    });
    prop_oneof![
        code().prop_map(|kind| ActorRegistered { kind }),
        Just(PlaceholderActorIntroduced),
        (id(), name).prop_map(|(id, name)| ActorNameAsserted { id, name }),
        id().prop_map(|id| ActorNameWithdrawn { id }),
    ]
    .prop_map(Event::from)
}

fn of_relation() -> impl Strategy<Value = Event> {
    use relation::Event::{DisputeWithdrawn, RelationDisputed, RelationRegistered, RelationWithdrawn};
    let edge = (code(), id(), id(), code(), list(id()), maybe_date()).prop_map(
        |(relation, from, to, stance, evidence, valid)| relation::Edge { relation, from, to, stance, evidence, valid },
    );
    prop_oneof![
        edge.prop_map(RelationRegistered),
        text().prop_map(|reason| RelationDisputed { reason }),
        Just(DisputeWithdrawn),
        Just(RelationWithdrawn),
    ]
    .prop_map(Event::from)
}

fn of_annotation() -> impl Strategy<Value = Event> {
    use annotation::Event::{
        AnnotationAnchorLost, AnnotationCreated, AnnotationReanchored, AnnotationRetracted, AnnotationRevised,
    };
    let span = || {
        (id(), any(), any(), any(), code(), maybe_text()).prop_map(|(document, revision, start, end, role, note)| {
            annotation::Span { document, revision, start, end, role, note }
        })
    };
    let found =
        (any(), any(), any(), code()).prop_map(|(start, end, score, method)| Found { start, end, score, method });
    prop_oneof![
        span().prop_map(AnnotationCreated),
        span().prop_map(AnnotationRevised),
        Just(AnnotationRetracted),
        (any(), found).prop_map(|(revision, found)| AnnotationReanchored(annotation::Reanchored { revision, found })),
        (any(), code()).prop_map(|(revision, reason)| AnnotationAnchorLost(annotation::Loss { revision, reason })),
    ]
    .prop_map(Event::from)
}

fn of_reading() -> impl Strategy<Value = Event> {
    use reading::Event::{ClaimRead, ClaimReadingRetracted, ClaimReadingRevised, NoClaimFound};
    let blank = (id(), any(), any(), any()).prop_map(|(document, revision, start, end)| reading::Blank {
        document,
        revision,
        start,
        end,
    });
    prop_oneof![
        claim().prop_map(ClaimRead),
        claim().prop_map(ClaimReadingRevised),
        Just(ClaimReadingRetracted),
        blank.prop_map(NoClaimFound),
    ]
    .prop_map(Event::from)
}

fn of_identity() -> impl Strategy<Value = Event> {
    use identity::Event::{JudgedDistinct, JudgedSame, JudgedUnsure, JudgementWithdrawn};
    let judged = || {
        let parts = (id(), code(), id::<uuid::Uuid>(), id::<uuid::Uuid>(), text(), vec(id(), 0..3));
        parts.prop_map(|(id, subject, left, right, reason, against)| identity::Judged {
            id,
            subject,
            left,
            right,
            reason,
            against,
        })
    };
    prop_oneof![
        judged().prop_map(JudgedSame),
        judged().prop_map(JudgedDistinct),
        judged().prop_map(JudgedUnsure),
        id().prop_map(JudgementWithdrawn),
    ]
    .prop_map(Event::Identity)
}

fn of_derivation() -> impl Strategy<Value = Event> {
    use derivation::Event::{DerivationConfirmed, DerivationRejected, DerivationSuggested, OriginDeclared};
    let edge = (code(), id(), id()).prop_map(|(derivation, from, to)| derivation::Edge { derivation, from, to });
    prop_oneof![
        edge.prop_map(DerivationSuggested),
        text().prop_map(|reason| DerivationConfirmed { reason }),
        text().prop_map(|reason| DerivationRejected { reason }),
        (id(), text()).prop_map(|(annotation, reason)| OriginDeclared { annotation, reason }),
    ]
    .prop_map(Event::from)
}

fn of_assessment() -> impl Strategy<Value = Event> {
    use assessment::Event::{AssessmentRecorded, AssessmentRevised, AssessmentWithdrawn};
    let share = || -1e9..1e9_f64;
    let grade = move || {
        prop_oneof![
            (code(), any()).prop_map(|(letter, digit)| assessment::Grade::Admiralty { letter, digit }),
            (code(), code()).prop_map(|(likelihood, confidence)| assessment::Grade::Icd203 { likelihood, confidence }),
            (share(), share(), share(), share()).prop_map(|(belief, disbelief, uncertainty, base_rate)| {
                assessment::Grade::Opinion(Opinion { belief, disbelief, uncertainty, base_rate })
            }),
        ]
    };
    let target = prop_oneof![
        id().prop_map(assessment::Target::Utterance),
        proposition().prop_map(assessment::Target::Proposition),
        id().prop_map(assessment::Target::Document),
        id().prop_map(assessment::Target::Source),
    ];
    prop_oneof![
        (target, grade(), text())
            .prop_map(|(target, grade, reason)| { AssessmentRecorded(assessment::Content { target, grade, reason }) }),
        (grade(), text()).prop_map(|(grade, reason)| AssessmentRevised { grade, reason }),
        Just(AssessmentWithdrawn),
    ]
    .prop_map(Event::from)
}

fn of_task() -> impl Strategy<Value = Event> {
    use task::Event::{LeaseExpired, LeaseRenewed, TaskClosed, TaskLeased, TaskOpened, TaskSkipped, TaskSubmitted};
    let overlap = prop_oneof![(1..=u32::MAX).prop_map(task::Overlap::Of), Just(task::Overlap::Everyone)];
    let terms = (id(), any::<u32>(), overlap, any::<u32>(), any::<i32>(), list(id())).prop_map(
        |(document, revision, overlap, lease_seconds, priority, assignees)| task::Terms {
            document,
            revision,
            overlap,
            lease_seconds,
            priority,
            assignees,
        },
    );
    let submission = (list(id()), list(id()), any::<bool>())
        .prop_map(|(readings, no_claims, nothing_found)| task::Submission { readings, no_claims, nothing_found });
    prop_oneof![
        terms.prop_map(TaskOpened),
        (id(), any::<i64>()).prop_map(|(annotator, until_us)| TaskLeased { annotator, until_us }),
        (id(), any::<i64>()).prop_map(|(annotator, until_us)| LeaseRenewed { annotator, until_us }),
        id().prop_map(|annotator| LeaseExpired { annotator }),
        (id(), submission).prop_map(|(annotator, submission)| TaskSubmitted { annotator, submission }),
        (id(), text()).prop_map(|(annotator, reason)| TaskSkipped { annotator, reason }),
        Just(TaskClosed),
    ]
    .prop_map(Event::Task)
}

fn of_import() -> impl Strategy<Value = Event> {
    use import::Event::{ImportBatchCompleted, ImportBatchReverted, ImportBatchStarted};
    prop_oneof![
        option::of(text()).prop_map(|name| ImportBatchStarted { name }),
        (any(), any()).prop_map(|(lines, refused)| ImportBatchCompleted(import::Lines { lines, refused })),
        (any(), any()).prop_map(|(reverted, kept)| ImportBatchReverted(import::Reverted { reverted, kept })),
    ]
    .prop_map(Event::from)
}

fn of_adjudication() -> impl Strategy<Value = Event> {
    use adjudication::Event::{
        AdjudicationOpened, AdjudicationOverturned, AdjudicationReopened, FindingRecorded, ReadingsRuled,
    };
    let target = || {
        prop_oneof![
            id().prop_map(adjudication::Target::Reading),
            proposition().prop_map(adjudication::Target::Proposition),
            id().prop_map(adjudication::Target::Incident),
        ]
    };
    let docket = (text(), list(target())).prop_map(|(question, targets)| adjudication::Docket { question, targets });
    let rulings = (list(id()), list(id()), text(), any::<u64>())
        .prop_map(|(uphold, reject, reason, based_on)| adjudication::Rulings { uphold, reject, reason, based_on });
    let dissent = (id(), text()).prop_map(|(by, text)| adjudication::Dissent { by, text });
    let finding = (target(), code(), code(), text(), any::<u64>(), list(dissent)).prop_map(
        |(target, outcome, standard, reason, based_on, dissent)| adjudication::Finding {
            target,
            outcome,
            standard,
            reason,
            based_on,
            dissent,
        },
    );
    prop_oneof![
        docket.prop_map(AdjudicationOpened),
        rulings.prop_map(ReadingsRuled),
        finding.prop_map(FindingRecorded),
        text().prop_map(|reason| AdjudicationReopened { reason }),
        text().prop_map(|reason| AdjudicationOverturned { reason }),
    ]
    .prop_map(Event::from)
}

fn claim() -> impl Strategy<Value = Claim> {
    let link = (speaker(), code()).prop_map(|(speaker, stance)| Link { speaker, stance });
    let chain = (list(link), speaker()).prop_map(|(links, speaker)| Chain::recorded(links, speaker));
    let what = (chain, code(), proposition(), code(), code(), list(id()));
    let how = (code(), any(), maybe_text(), maybe_date(), list(id()), option::of(id()));
    (what, how).prop_map(|(what, how)| {
        let (speakers, act, proposition, polarity, certainty, evidence) = what;
        let (scope, presupposed, mode, uttered, changes, speaks_for) = how;
        Claim {
            speakers,
            act,
            proposition,
            polarity,
            certainty,
            evidence,
            scope,
            presupposed,
            mode,
            uttered,
            changes,
            speaks_for,
        }
    })
}

fn speaker() -> impl Strategy<Value = Speaker> {
    prop_oneof![
        id().prop_map(Speaker::Actor),
        id().prop_map(Speaker::Source),
        (code(), maybe_text(), option::of(id())).prop_map(|(kind, label, of)| Speaker::Unidentified {
            kind,
            label,
            of
        }),
    ]
}

fn proposition() -> impl Strategy<Value = Proposition> {
    let target = prop_oneof![
        id().prop_map(Target::Incident),
        id().prop_map(Target::Class),
        id().prop_map(Target::Relation),
        id().prop_map(Target::Actor),
    ];
    let asked = (option::of(code()), option::of(id()), option::of(code()), maybe_text());
    (target, asked, list(id()), any()).prop_map(|(target, (facet, actor, role, value), with, with_others)| {
        Proposition { target, facet, actor, role, value, with, with_others }
    })
}

fn id<T: From<Uuid> + Debug>() -> impl Strategy<Value = T> {
    any::<u128>().prop_map(|bits| Uuid::from_u128(bits).into())
}

/// Any value of a type that is told by where the value goes.
fn any<T: Arbitrary>() -> impl Strategy<Value = T> {
    proptest::arbitrary::any::<T>()
}

fn code<T: Code + Debug>() -> impl Strategy<Value = T> {
    select(T::ALL)
}

fn string() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..12).prop_map(String::from_iter)
}

fn text() -> impl Strategy<Value = Text> {
    string().prop_map(Text::recorded)
}

fn maybe_text() -> impl Strategy<Value = Option<Text>> {
    option::of(text())
}

fn date() -> impl Strategy<Value = Edtf> {
    select(&["2021-05-04", "2021-05~", "../2020", "2021-02-26/2021-06-27", "-0044"][..])
        .prop_map(|date| Edtf::recorded(date.to_owned()))
}

fn maybe_date() -> impl Strategy<Value = Option<Edtf>> {
    option::of(date())
}

fn number() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO
}

fn list<S: Strategy>(of: S) -> impl Strategy<Value = Vec<S::Value>> {
    vec(of, 0..4)
}
