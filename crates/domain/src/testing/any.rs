//! Generators of values, commands and events. Ids come from a small pool, so that commands meet what events made.

use crate::access::Role as MemberRole;
use crate::actor::{self, ActorKind};
use crate::adjudication::{self, Dissent, Docket, Finding, Outcome, Rulings, Standard};
use crate::anchor::{Found, Method, SCORE_MAX};
use crate::annotation::{self, SpanRole};
use crate::assessment::{self, Confidence, Grade, Letter, Likelihood};
use crate::claim::{
    Act, Certainty, Chain, Claim, Facet, Polarity, Proposition, Role, Scope, Speaker, Stance, Target, UnidentifiedKind,
};
use crate::codebook::Codebook;
use crate::derivation::{self, DerivationType, Verdict};
use crate::document;
use crate::edtf::Edtf;
use crate::identity;
use crate::import;
use crate::incident;
use crate::opinion::Opinion;
use crate::policy::{Evidence, Generic, Policy, Readings};
use crate::reading;
use crate::relation::{self, RelationStance, RelationType};
use crate::source::{self, SourceKind, SourceRelation};
use crate::task::{self, Overlap};
use crate::text::Text;
use crate::{Code, Event, project, user};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

/// One of five ids.
pub fn id<T: From<Uuid> + std::fmt::Debug + 'static>() -> impl Strategy<Value = T> + Clone {
    (1_u128..=5).prop_map(|n| Uuid::from_u128(n).into())
}

/// A value of a closed vocabulary.
pub fn code<T: Code + std::fmt::Debug>() -> impl Strategy<Value = T> + Clone {
    select(T::ALL)
}

/// Short free text.
pub fn text() -> impl Strategy<Value = Text> + Clone {
    "[a-cÄß\u{301}ع😀 ]{0,8}x".prop_map(|s| Text::parse(s, "").unwrap())
}

/// Free text as somebody may have recorded it, whatever the rules say.
fn recorded() -> impl Strategy<Value = Text> + Clone {
    prop_oneof![text(), any::<String>().prop_map(Text::recorded)]
}

/// A date that parses.
pub fn edtf() -> impl Strategy<Value = Edtf> + Clone {
    select(
        &[
            "2021",
            "2021-05",
            "2021-05-04",
            "2021-05~",
            "202X",
            "2021-21",
            "2020/2021",
            "../2021-05",
            "2021-05-04/..",
            "2019/",
            "/2022",
            "[2020,2021-05]",
            "{2020..2022}",
            "Y12345",
        ][..],
    )
    .prop_map(|date| Edtf::parse(date, "").unwrap())
}

/// A date as somebody may have recorded it, whatever the rules say.
fn edtf_recorded() -> impl Strategy<Value = Edtf> + Clone {
    prop_oneof![edtf(), any::<String>().prop_map(Edtf::recorded)]
}

/// Anybody who may stand in a chain.
pub fn speaker() -> impl Strategy<Value = Speaker> + Clone {
    prop_oneof![
        id().prop_map(Speaker::Actor),
        id().prop_map(Speaker::Source),
        (code::<UnidentifiedKind>(), option::of(text()), option::of(id()))
            .prop_map(|(kind, label, of)| Speaker::Unidentified { kind, label, of }),
    ]
}

/// Links of a chain that may or may not be one.
pub fn links() -> impl Strategy<Value = Vec<(Speaker, Option<Stance>)>> {
    vec((speaker(), option::of(code::<Stance>())), 0..10)
}

/// A chain that parses.
pub fn chain() -> impl Strategy<Value = Chain> {
    (vec((speaker(), code::<Stance>()), 0..8), speaker()).prop_filter_map(
        "somebody stands twice in a row",
        |(outer, last)| {
            let outer = outer.into_iter().map(|(who, stance)| (who, Some(stance)));
            Chain::parse(outer.chain([(last, None)]).collect()).ok()
        },
    )
}

/// A proposition that may or may not be complete.
pub fn proposition() -> impl Strategy<Value = Proposition> {
    let target = prop_oneof![
        id().prop_map(Target::Incident),
        id().prop_map(Target::Class),
        id().prop_map(Target::Relation),
        id().prop_map(Target::Actor),
    ];
    let parts = (
        target,
        option::of(code::<Facet>()),
        option::of(id()),
        option::of(code::<Role>()),
        option::of(text()),
        vec(id(), 0..3),
        any::<bool>(),
    );
    parts.prop_map(|(target, facet, actor, role, value, with, with_others)| Proposition {
        target,
        facet,
        actor,
        role,
        value,
        with,
        with_others,
    })
}

/// A claim that may or may not break rules.
pub fn claim() -> impl Strategy<Value = Claim> {
    let said = (chain(), code::<Act>(), proposition(), code::<Polarity>(), code::<Certainty>());
    let about = (
        vec(id(), 0..4),
        code::<Scope>(),
        any::<bool>(),
        option::of(text()),
        option::of(edtf()),
        vec(id(), 0..3),
        option::of(id()),
    );
    (said, about).prop_map(|(said, about)| {
        let (speakers, act, proposition, polarity, certainty) = said;
        let (evidence, scope, presupposed, mode, uttered, changes, speaks_for) = about;
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

/// A policy that may or may not be in range.
pub fn policy() -> impl Strategy<Value = Policy> {
    policy_of(|| prop_oneof![0.0..=1.0, any::<f64>(), Just(f64::NAN), Just(f64::INFINITY)])
}

fn policy_of<S: Strategy<Value = f64>>(number: impl Fn() -> S) -> impl Strategy<Value = Policy> {
    let evidence = (number(), number()).prop_map(|(r, s)| Evidence { r, s });
    let parts = (
        code::<Readings>(),
        prop_oneof![Just(2.0 / 3.0), number()],
        code::<Generic>(),
        btree_set(id(), 0..3),
        btree_set(id(), 0..3),
        btree_map((1_u128..=5).prop_map(Uuid::from_u128), number(), 0..3),
        btree_map(select(&["CT", "PR", "PS", "U", "XX"][..]), evidence, 0..4),
        prop_oneof![Just(0.5), number()],
    );
    parts.prop_map(|(readings, theta, generic, include, exclude, trust, opinions, base_rate)| Policy {
        readings,
        theta,
        generic,
        officials_include: include,
        officials_exclude: exclude,
        trust,
        opinions,
        base_rate,
    })
}

/// A codebook that may or may not repeat itself.
pub fn codebook() -> impl Strategy<Value = Codebook> {
    let parts = (
        text(),
        vec(text(), 0..3),
        vec(text(), 0..3),
        btree_map("[a-z]{1,4}", text(), 0..3),
        vec(code::<Act>(), 0..3),
        vec(code::<Role>(), 0..3),
    );
    parts.prop_map(|(guideline, kinds, modes, labels, acts, roles)| Codebook {
        guideline,
        kinds,
        modes,
        labels,
        acts,
        roles,
    })
}

pub fn project_event() -> impl Strategy<Value = project::Event> {
    use project::Event;
    prop_oneof![
        (recorded(), any::<bool>()).prop_map(|(name, blind)| Event::ProjectCreated { name, blind }),
        (any::<u32>(), codebook()).prop_map(|(version, codebook)| Event::CodebookPublished { version, codebook }),
        // What is recorded was checked, and is a number.
        (any::<u32>(), policy_of(|| 0.0..=1.0))
            .prop_map(|(version, policy)| Event::PolicyPublished { version, policy }),
        (id(), code::<MemberRole>()).prop_map(|(user, role)| Event::MemberRoleGranted { user, role }),
        id().prop_map(|user| Event::MemberRoleRevoked { user }),
    ]
}

pub fn project_command() -> impl Strategy<Value = project::Command> {
    use project::Command;
    prop_oneof![
        (text(), any::<bool>(), id()).prop_map(|(name, blind, creator)| Command::Create { name, blind, creator }),
        codebook().prop_map(Command::PublishCodebook),
        policy().prop_map(Command::PublishPolicy),
        (id(), code::<MemberRole>()).prop_map(|(user, role)| Command::GrantRole { user, role }),
        id().prop_map(|user| Command::RevokeRole { user }),
    ]
}

pub fn user_event() -> impl Strategy<Value = user::Event> {
    use user::Event;
    prop_oneof![
        recorded().prop_map(|display_name| Event::UserRegistered { display_name }),
        (id(), any::<i64>(), any::<bool>())
            .prop_map(|(token, expires_at_us, operator)| { Event::TokenIssued { token, expires_at_us, operator } }),
        id().prop_map(|token| Event::TokenRevoked { token }),
    ]
}

pub fn user_command() -> impl Strategy<Value = user::Command> {
    use user::Command;
    prop_oneof![
        (text(), id(), any::<i64>(), any::<bool>()).prop_map(|(display_name, token, expires_at_us, operator)| {
            Command::IssueToken { display_name, token, expires_at_us, operator }
        }),
        id().prop_map(|token| Command::RevokeToken { token }),
    ]
}

pub fn source_event() -> impl Strategy<Value = source::Event> {
    use source::Event;
    prop_oneof![
        (recorded(), code::<SourceKind>()).prop_map(|(name, kind)| Event::SourceRegistered { name, kind }),
        (code::<SourceRelation>(), id()).prop_map(|(relation, to)| Event::SourceRelationAsserted { relation, to }),
    ]
}

pub fn source_command() -> impl Strategy<Value = source::Command> {
    use source::Command;
    prop_oneof![
        (text(), code::<SourceKind>()).prop_map(|(name, kind)| Command::Register { name, kind }),
        (id(), code::<SourceRelation>(), id()).prop_map(|(own, relation, to)| Command::AssertRelation {
            own,
            relation,
            to
        }),
    ]
}

fn document_detail() -> impl Strategy<Value = document::Detail> {
    let parts = (
        recorded(),
        id(),
        option::of(recorded()),
        option::of(edtf_recorded()),
        option::of(recorded()),
        option::of(recorded()),
    );
    parts.prop_map(|(title, source, url, published, language, sensitivity)| document::Detail {
        title,
        source,
        url,
        published,
        language,
        sensitivity,
    })
}

fn document_revision() -> impl Strategy<Value = document::Revision> {
    let number = prop_oneof![1_u32..4, any::<u32>()];
    let bytes = prop_oneof![0_u64..1_000, any::<u64>()];
    let parts = (number, option::of(any::<[u8; 16]>()), any::<[u8; 32]>(), bytes, any::<u32>(), option::of(recorded()));
    parts.prop_map(|(number, salt, sha256, bytes, code_points, captured_at)| document::Revision {
        number,
        salt,
        sha256,
        bytes,
        code_points,
        captured_at,
    })
}

pub fn document_event() -> impl Strategy<Value = document::Event> {
    use document::Event;
    prop_oneof![
        document_detail().prop_map(Event::DocumentRegistered),
        document_revision().prop_map(Event::DocumentRevisionCaptured),
        Just(Event::DocumentWithdrawnByPublisher),
        (1_u32..4, recorded()).prop_map(|(number, reason)| Event::DocumentTextErased { number, reason }),
    ]
}

pub fn document_command() -> impl Strategy<Value = document::Command> {
    use document::Command;
    prop_oneof![
        (document_detail(), document_revision()).prop_map(|(detail, revision)| Command::Register { detail, revision }),
        document_revision().prop_map(Command::CaptureRevision),
        Just(Command::Withdraw),
        (1_u32..4, recorded()).prop_map(|(number, reason)| Command::EraseText { number, reason }),
    ]
}

/// What is known of an incident.
pub fn incident_detail() -> impl Strategy<Value = incident::Detail> {
    let parts = (recorded(), edtf_recorded(), option::of(recorded()), vec(recorded(), 0..3), vec(id(), 0..3));
    parts.prop_map(|(title, when, kind, places, targets)| incident::Detail { title, when, kind, places, targets })
}

/// A class of incidents.
pub fn incident_class() -> impl Strategy<Value = incident::Class> {
    let parts = (
        recorded(),
        vec(recorded(), 0..3),
        vec(id(), 0..3),
        vec(recorded(), 0..3),
        vec(id(), 0..3),
        option::of(edtf_recorded()),
    );
    parts.prop_map(|(title, kinds, targets, places, actors, period)| incident::Class {
        title,
        kinds,
        targets,
        places,
        actors,
        period,
    })
}

pub fn incident_event() -> impl Strategy<Value = incident::Event> {
    use incident::Event;
    prop_oneof![
        incident_detail().prop_map(Event::IncidentRegistered),
        incident_detail().prop_map(Event::IncidentDetailRevised),
        incident_class().prop_map(Event::IncidentClassDefined),
    ]
}

pub fn incident_command() -> impl Strategy<Value = incident::Command> {
    use incident::Command;
    prop_oneof![
        incident_detail().prop_map(Command::Register),
        incident_class().prop_map(Command::DefineClass),
        incident_detail().prop_map(Command::Revise),
        incident_class().prop_map(Command::RedefineClass),
    ]
}

fn actor_name() -> impl Strategy<Value = actor::Name> {
    (recorded(), option::of(recorded()), vec(id(), 0..3)).prop_map(|(name, language, evidence)| actor::Name {
        name,
        language,
        evidence,
    })
}

pub fn actor_event() -> impl Strategy<Value = actor::Event> {
    use actor::Event;
    prop_oneof![
        code::<ActorKind>().prop_map(|kind| Event::ActorRegistered { kind }),
        Just(Event::PlaceholderActorIntroduced),
        (id(), actor_name()).prop_map(|(id, name)| Event::ActorNameAsserted { id, name }),
        id().prop_map(|id| Event::ActorNameWithdrawn { id }),
    ]
}

pub fn actor_command() -> impl Strategy<Value = actor::Command> {
    use actor::Command;
    prop_oneof![
        (code::<ActorKind>(), id(), actor_name()).prop_map(|(kind, id, name)| Command::Register { kind, id, name }),
        (id(), actor_name()).prop_map(|(id, name)| Command::AssertName { id, name }),
        id().prop_map(|id| Command::WithdrawName { id }),
    ]
}

fn edge() -> impl Strategy<Value = relation::Edge> {
    let parts =
        (code::<RelationType>(), id(), id(), code::<RelationStance>(), vec(id(), 0..3), option::of(edtf_recorded()));
    parts.prop_map(|(relation, from, to, stance, evidence, valid)| relation::Edge {
        relation,
        from,
        to,
        stance,
        evidence,
        valid,
    })
}

pub fn relation_event() -> impl Strategy<Value = relation::Event> {
    use relation::Event;
    prop_oneof![
        edge().prop_map(Event::RelationRegistered),
        recorded().prop_map(|reason| Event::RelationDisputed { reason }),
        Just(Event::DisputeWithdrawn),
        Just(Event::RelationWithdrawn),
    ]
}

pub fn relation_command() -> impl Strategy<Value = relation::Command> {
    use relation::Command;
    prop_oneof![
        edge().prop_map(Command::Register),
        (id(), text()).prop_map(|(author, reason)| Command::Dispute { author, reason }),
        id().prop_map(|author| Command::WithdrawDispute { author }),
        Just(Command::Withdraw),
    ]
}

/// A passage that may or may not lie in a text.
pub fn span() -> impl Strategy<Value = annotation::Span> {
    let offset = || prop_oneof![0_u32..20, any::<u32>()];
    let parts = (id(), 0_u32..3, offset(), offset(), code::<SpanRole>(), option::of(recorded()));
    parts.prop_map(|(document, revision, start, end, role, note)| annotation::Span {
        document,
        revision,
        start,
        end,
        role,
        note,
    })
}

pub fn annotation_event() -> impl Strategy<Value = annotation::Event> {
    use annotation::Event;
    prop_oneof![
        span().prop_map(Event::AnnotationCreated),
        span().prop_map(Event::AnnotationRevised),
        Just(Event::AnnotationRetracted),
        (0_u32..4, found())
            .prop_map(|(revision, found)| { Event::AnnotationReanchored(annotation::Reanchored { revision, found }) }),
        (0_u32..4, code())
            .prop_map(|(revision, reason)| { Event::AnnotationAnchorLost(annotation::Loss { revision, reason }) }),
    ]
}

fn found() -> impl Strategy<Value = Found> {
    (any::<u32>(), any::<u32>(), 0..=SCORE_MAX, code::<Method>()).prop_map(|(start, end, score, method)| Found {
        start,
        end,
        score,
        method,
    })
}

/// A passage in which nothing was found.
pub fn blank() -> impl Strategy<Value = reading::Blank> {
    (id(), any::<u32>(), any::<u32>(), any::<u32>()).prop_map(|(document, revision, start, end)| reading::Blank {
        document,
        revision,
        start,
        end,
    })
}

pub fn reading_event() -> impl Strategy<Value = reading::Event> {
    use reading::Event;
    prop_oneof![
        claim().prop_map(Event::ClaimRead),
        claim().prop_map(Event::ClaimReadingRevised),
        Just(Event::ClaimReadingRetracted),
        blank().prop_map(Event::NoClaimFound),
    ]
}

fn derived() -> impl Strategy<Value = derivation::Edge> {
    (code::<DerivationType>(), id(), id()).prop_map(|(derivation, from, to)| derivation::Edge { derivation, from, to })
}

pub fn derivation_event() -> impl Strategy<Value = derivation::Event> {
    use derivation::Event;
    prop_oneof![
        derived().prop_map(Event::DerivationSuggested),
        recorded().prop_map(|reason| Event::DerivationConfirmed { reason }),
        recorded().prop_map(|reason| Event::DerivationRejected { reason }),
        (id(), recorded()).prop_map(|(annotation, reason)| Event::OriginDeclared { annotation, reason }),
    ]
}

pub fn derivation_command() -> impl Strategy<Value = derivation::Command> {
    use derivation::Command;
    prop_oneof![
        derived().prop_map(Command::Suggest),
        (id(), text()).prop_map(|(annotation, reason)| Command::DeclareOrigin { annotation, reason }),
        (code::<Verdict>(), text()).prop_map(|(verdict, reason)| Command::Judge { verdict, reason }),
    ]
}

fn graded() -> impl Strategy<Value = Grade> {
    let share = || prop_oneof![Just(0.0), Just(0.25), Just(0.5), Just(1.0), any::<f64>()];
    prop_oneof![
        (code::<Letter>(), 0_u8..8).prop_map(|(letter, digit)| Grade::Admiralty { letter, digit }),
        (code::<Likelihood>(), code::<Confidence>())
            .prop_map(|(likelihood, confidence)| Grade::Icd203 { likelihood, confidence }),
        (share(), share(), share(), share()).prop_filter_map("not a number", |(b, d, u, a)| {
            let opinion = Opinion { belief: b, disbelief: d, uncertainty: u, base_rate: a };
            [b, d, u, a].iter().all(|share| share.is_finite()).then_some(Grade::Opinion(opinion))
        }),
    ]
}

fn assessed(text: impl Strategy<Value = Text>) -> impl Strategy<Value = assessment::Content> {
    let target = prop_oneof![
        id().prop_map(assessment::Target::Utterance),
        proposition().prop_map(assessment::Target::Proposition),
        id().prop_map(assessment::Target::Document),
        id().prop_map(assessment::Target::Source),
    ];
    (target, graded(), text).prop_map(|(target, grade, reason)| assessment::Content { target, grade, reason })
}

pub fn assessment_event() -> impl Strategy<Value = assessment::Event> {
    use assessment::Event;
    prop_oneof![
        assessed(recorded()).prop_map(Event::AssessmentRecorded),
        (graded(), recorded()).prop_map(|(grade, reason)| Event::AssessmentRevised { grade, reason }),
        Just(Event::AssessmentWithdrawn),
    ]
}

pub fn assessment_command() -> impl Strategy<Value = assessment::Command> {
    use assessment::Command;
    prop_oneof![
        assessed(text()).prop_map(Command::Record),
        assessed(text()).prop_map(Command::Revise),
        Just(Command::Withdraw),
    ]
}

fn judged() -> impl Strategy<Value = identity::Judged> {
    let parts = (id(), code::<identity::Subject>(), id::<Uuid>(), id::<Uuid>(), text(), vec(id(), 0..2));
    parts.prop_map(|(id, subject, left, right, reason, against)| identity::Judged {
        id,
        subject,
        left,
        right,
        reason,
        against,
    })
}

pub fn identity_event() -> impl Strategy<Value = identity::Event> {
    use identity::Event;
    prop_oneof![
        judged().prop_map(Event::JudgedSame),
        judged().prop_map(Event::JudgedDistinct),
        judged().prop_map(Event::JudgedUnsure),
        id().prop_map(Event::JudgementWithdrawn),
    ]
}

pub fn identity_command() -> impl Strategy<Value = identity::Command> {
    use identity::Command;
    prop_oneof![
        4 => (id(), code::<identity::Verdict>(), judged())
            .prop_map(|(author, verdict, judged)| Command::Judge { author, verdict, judged }),
        1 => id().prop_map(Command::Withdraw),
    ]
}

fn adjudicated() -> impl Strategy<Value = adjudication::Target> {
    prop_oneof![
        2 => id().prop_map(adjudication::Target::Reading),
        1 => proposition().prop_map(adjudication::Target::Proposition),
        1 => id().prop_map(adjudication::Target::Incident),
    ]
}

fn docket(text: impl Strategy<Value = Text>) -> impl Strategy<Value = Docket> {
    (text, vec(adjudicated(), 0..4)).prop_map(|(question, targets)| Docket { question, targets })
}

fn rulings(text: impl Strategy<Value = Text>) -> impl Strategy<Value = Rulings> {
    (vec(id(), 0..3), vec(id(), 0..3), text, 0_u64..4).prop_map(|(uphold, reject, reason, based_on)| Rulings {
        uphold,
        reject,
        reason,
        based_on,
    })
}

fn finding(text: impl Strategy<Value = Text> + Clone) -> impl Strategy<Value = Finding> {
    let dissent = vec((id(), text.clone()).prop_map(|(by, text)| Dissent { by, text }), 0..3);
    (adjudicated(), code::<Outcome>(), code::<Standard>(), text, 0_u64..4, dissent).prop_map(
        |(target, outcome, standard, reason, based_on, dissent)| Finding {
            target,
            outcome,
            standard,
            reason,
            based_on,
            dissent,
        },
    )
}

pub fn adjudication_event() -> impl Strategy<Value = adjudication::Event> {
    use adjudication::Event;
    prop_oneof![
        docket(recorded()).prop_map(Event::AdjudicationOpened),
        rulings(recorded()).prop_map(Event::ReadingsRuled),
        finding(recorded()).prop_map(Event::FindingRecorded),
        recorded().prop_map(|reason| Event::AdjudicationReopened { reason }),
        recorded().prop_map(|reason| Event::AdjudicationOverturned { reason }),
    ]
}

pub fn adjudication_command() -> impl Strategy<Value = adjudication::Command> {
    use adjudication::Command;
    let taken = option::weighted(0.2, (0_usize..4, id()));
    prop_oneof![
        (docket(text()), taken).prop_map(|(docket, taken)| Command::Open { docket, taken }),
        (rulings(text()), 0_u64..4, any::<bool>()).prop_map(|(rulings, head, own)| Command::Rule {
            rulings,
            head,
            own
        }),
        (finding(text()), 0_u64..4).prop_map(|(finding, head)| Command::Find { finding, head }),
        text().prop_map(|reason| Command::Reopen { reason }),
        text().prop_map(|reason| Command::Overturn { reason }),
    ]
}

fn terms() -> impl Strategy<Value = task::Terms> {
    let overlap = prop_oneof![3 => (0_u32..5).prop_map(Overlap::Of), 1 => Just(Overlap::Everyone)];
    (id(), 0_u32..3, overlap, 0_u32..100, any::<i32>(), vec(id(), 0..4)).prop_map(
        |(document, revision, overlap, lease_seconds, priority, assignees)| task::Terms {
            document,
            revision,
            overlap,
            lease_seconds,
            priority,
            assignees,
        },
    )
}

fn submission() -> impl Strategy<Value = task::Submission> {
    (vec(id(), 0..3), vec(id(), 0..3), any::<bool>())
        .prop_map(|(readings, no_claims, nothing_found)| task::Submission { readings, no_claims, nothing_found })
}

/// A moment within the span of a few leases, or any at all.
fn moment() -> impl Strategy<Value = i64> {
    prop_oneof![4 => 0_i64..200_000_000, 1 => any::<i64>()]
}

pub fn task_event() -> impl Strategy<Value = task::Event> {
    use task::Event;
    prop_oneof![
        terms().prop_map(Event::TaskOpened),
        (id(), moment()).prop_map(|(annotator, until_us)| Event::TaskLeased { annotator, until_us }),
        (id(), moment()).prop_map(|(annotator, until_us)| Event::LeaseRenewed { annotator, until_us }),
        id().prop_map(|annotator| Event::LeaseExpired { annotator }),
        (id(), submission()).prop_map(|(annotator, submission)| Event::TaskSubmitted { annotator, submission }),
        (id(), recorded()).prop_map(|(annotator, reason)| Event::TaskSkipped { annotator, reason }),
        Just(Event::TaskClosed),
    ]
}

pub fn task_command() -> impl Strategy<Value = task::Command> {
    use task::Command;
    prop_oneof![
        1 => terms().prop_map(Command::Open),
        4 => (id(), moment()).prop_map(|(annotator, now_us)| Command::Lease { annotator, now_us }),
        2 => (id(), moment()).prop_map(|(annotator, now_us)| Command::Renew { annotator, now_us }),
        4 => (id(), submission(), moment()).prop_map(|(annotator, submission, now_us)| Command::Submit {
            annotator,
            submission,
            now_us
        }),
        2 => (id(), text(), moment()).prop_map(|(annotator, reason, now_us)| Command::Skip {
            annotator,
            reason,
            now_us
        }),
        1 => Just(Command::Close),
    ]
}

fn lines() -> impl Strategy<Value = import::Lines> {
    (any::<u64>(), any::<u64>()).prop_map(|(lines, refused)| import::Lines { lines, refused })
}

fn reverted() -> impl Strategy<Value = import::Reverted> {
    (any::<u64>(), any::<u64>()).prop_map(|(reverted, kept)| import::Reverted { reverted, kept })
}

pub fn import_event() -> impl Strategy<Value = import::Event> {
    use import::Event;
    prop_oneof![
        option::of(recorded()).prop_map(|name| Event::ImportBatchStarted { name }),
        lines().prop_map(Event::ImportBatchCompleted),
        reverted().prop_map(Event::ImportBatchReverted),
    ]
}

pub fn import_command() -> impl Strategy<Value = import::Command> {
    use import::Command;
    prop_oneof![
        option::of(text()).prop_map(|name| Command::Start { name }),
        lines().prop_map(Command::Complete),
        reverted().prop_map(Command::Revert),
    ]
}

/// An event of any aggregate. Boxed, because an unoptimised build would keep them all on the stack.
pub fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        project_event().prop_map(Event::Project).boxed(),
        user_event().prop_map(Event::User).boxed(),
        source_event().prop_map(Event::Source).boxed(),
        document_event().prop_map(Event::Document).boxed(),
        incident_event().prop_map(Event::Incident).boxed(),
        actor_event().prop_map(Event::Actor).boxed(),
        relation_event().prop_map(Event::Relation).boxed(),
        annotation_event().prop_map(Event::Annotation).boxed(),
        reading_event().prop_map(Event::Reading).boxed(),
        derivation_event().prop_map(Event::Derivation).boxed(),
        assessment_event().prop_map(Event::Assessment).boxed(),
        identity_event().prop_map(Event::Identity).boxed(),
        adjudication_event().prop_map(Event::Adjudication).boxed(),
        task_event().prop_map(Event::Task).boxed(),
        import_event().prop_map(Event::Import).boxed(),
    ]
}
