//! The bytes of every event type as they were released, in `golden/v1`: they decode for ever.
//!
//! `GAINSAY_GOLDEN=write cargo test -p wire golden` writes the files of new samples.

use crate::{json, record};
use domain::actor::{self, ActorKind};
use domain::anchor::{Found, Lost, Method};
use domain::annotation::{self, SpanRole};
use domain::claim::{
    Act, Certainty, Chain, Claim, Facet, Link, Polarity, Proposition, Role, Scope, Speaker, Stance, Target,
    UnidentifiedKind,
};
use domain::codebook::Codebook;
use domain::edtf::Edtf;
use domain::opinion::Opinion;
use domain::policy::{Evidence, Generic, Policy, Readings};
use domain::relation::{self, RelationStance, RelationType};
use domain::source::{self, SourceKind, SourceRelation};
use domain::text::Text;
use domain::{
    Event, Kind, access, adjudication, assessment, derivation, document, id, identity, import, incident, project,
    reading, task, user,
};
use record::{Batch, Envelope, Record, Reliance};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};
use uuid::Uuid;

/// Lists the event types; a new one does not compile before it stands here.
macro_rules! event_types {
    ($($pattern:pat => $name:literal),+ $(,)?) => {
        const EVENT_TYPES: &[&str] = &[$($name),+];

        fn type_of(event: &Event) -> &'static str {
            match event { $($pattern => $name),+ }
        }
    };
}

event_types! {
    Event::Project(project::Event::ProjectCreated { .. }) => "ProjectCreated",
    Event::Project(project::Event::CodebookPublished { .. }) => "CodebookPublished",
    Event::Project(project::Event::PolicyPublished { .. }) => "PolicyPublished",
    Event::Project(project::Event::MemberRoleGranted { .. }) => "MemberRoleGranted",
    Event::Project(project::Event::MemberRoleRevoked { .. }) => "MemberRoleRevoked",
    Event::User(user::Event::UserRegistered { .. }) => "UserRegistered",
    Event::User(user::Event::TokenIssued { .. }) => "TokenIssued",
    Event::User(user::Event::TokenRevoked { .. }) => "TokenRevoked",
    Event::Source(source::Event::SourceRegistered { .. }) => "SourceRegistered",
    Event::Source(source::Event::SourceRelationAsserted { .. }) => "SourceRelationAsserted",
    Event::Document(document::Event::DocumentRegistered(_)) => "DocumentRegistered",
    Event::Document(document::Event::DocumentRevisionCaptured(_)) => "DocumentRevisionCaptured",
    Event::Document(document::Event::DocumentWithdrawnByPublisher) => "DocumentWithdrawnByPublisher",
    Event::Document(document::Event::DocumentTextErased { .. }) => "DocumentTextErased",
    Event::Incident(incident::Event::IncidentRegistered(_)) => "IncidentRegistered",
    Event::Incident(incident::Event::IncidentDetailRevised(_)) => "IncidentDetailRevised",
    Event::Incident(incident::Event::IncidentClassDefined(_)) => "IncidentClassDefined",
    Event::Actor(actor::Event::ActorRegistered { .. }) => "ActorRegistered",
    Event::Actor(actor::Event::PlaceholderActorIntroduced) => "PlaceholderActorIntroduced",
    Event::Actor(actor::Event::ActorNameAsserted { .. }) => "ActorNameAsserted",
    Event::Actor(actor::Event::ActorNameWithdrawn { .. }) => "ActorNameWithdrawn",
    Event::Relation(relation::Event::RelationRegistered(_)) => "RelationRegistered",
    Event::Relation(relation::Event::RelationDisputed { .. }) => "RelationDisputed",
    Event::Relation(relation::Event::DisputeWithdrawn) => "DisputeWithdrawn",
    Event::Relation(relation::Event::RelationWithdrawn) => "RelationWithdrawn",
    Event::Annotation(annotation::Event::AnnotationCreated(_)) => "AnnotationCreated",
    Event::Annotation(annotation::Event::AnnotationRevised(_)) => "AnnotationRevised",
    Event::Annotation(annotation::Event::AnnotationRetracted) => "AnnotationRetracted",
    Event::Annotation(annotation::Event::AnnotationReanchored(_)) => "AnnotationReanchored",
    Event::Annotation(annotation::Event::AnnotationAnchorLost(_)) => "AnnotationAnchorLost",
    Event::Reading(reading::Event::ClaimRead(_)) => "ClaimRead",
    Event::Reading(reading::Event::ClaimReadingRevised(_)) => "ClaimReadingRevised",
    Event::Reading(reading::Event::ClaimReadingRetracted) => "ClaimReadingRetracted",
    Event::Reading(reading::Event::NoClaimFound(_)) => "NoClaimFound",
    Event::Identity(identity::Event::JudgedSame(_)) => "JudgedSame",
    Event::Identity(identity::Event::JudgedDistinct(_)) => "JudgedDistinct",
    Event::Identity(identity::Event::JudgedUnsure(_)) => "JudgedUnsure",
    Event::Identity(identity::Event::JudgementWithdrawn(_)) => "JudgementWithdrawn",
    Event::Derivation(derivation::Event::DerivationSuggested(_)) => "DerivationSuggested",
    Event::Derivation(derivation::Event::DerivationConfirmed { .. }) => "DerivationConfirmed",
    Event::Derivation(derivation::Event::DerivationRejected { .. }) => "DerivationRejected",
    Event::Derivation(derivation::Event::OriginDeclared { .. }) => "OriginDeclared",
    Event::Assessment(assessment::Event::AssessmentRecorded(_)) => "AssessmentRecorded",
    Event::Assessment(assessment::Event::AssessmentRevised { .. }) => "AssessmentRevised",
    Event::Assessment(assessment::Event::AssessmentWithdrawn) => "AssessmentWithdrawn",
    Event::Adjudication(adjudication::Event::AdjudicationOpened(_)) => "AdjudicationOpened",
    Event::Adjudication(adjudication::Event::ReadingsRuled(_)) => "ReadingsRuled",
    Event::Adjudication(adjudication::Event::FindingRecorded(_)) => "FindingRecorded",
    Event::Adjudication(adjudication::Event::AdjudicationReopened { .. }) => "AdjudicationReopened",
    Event::Adjudication(adjudication::Event::AdjudicationOverturned { .. }) => "AdjudicationOverturned",
    Event::Task(task::Event::TaskOpened(_)) => "TaskOpened",
    Event::Task(task::Event::TaskLeased { .. }) => "TaskLeased",
    Event::Task(task::Event::LeaseRenewed { .. }) => "LeaseRenewed",
    Event::Task(task::Event::LeaseExpired { .. }) => "LeaseExpired",
    Event::Task(task::Event::TaskSubmitted { .. }) => "TaskSubmitted",
    Event::Task(task::Event::TaskSkipped { .. }) => "TaskSkipped",
    Event::Task(task::Event::TaskClosed) => "TaskClosed",
    Event::Import(import::Event::ImportBatchStarted { .. }) => "ImportBatchStarted",
    Event::Import(import::Event::ImportBatchCompleted(_)) => "ImportBatchCompleted",
    Event::Import(import::Event::ImportBatchReverted(_)) => "ImportBatchReverted",
}

/// The position at which the records are printed.
const POSITION: u64 = 1_234;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/v1")
}

fn printed(payload: &[u8], record: &Record) -> Value {
    json::record(POSITION, &record::digest(payload), record)
}

#[test]
fn the_golden_records_decode_print_and_encode_as_they_did() {
    let folder = folder();
    if env::var("GAINSAY_GOLDEN").is_ok_and(|what| what == "write") {
        write(&folder);
    }
    for (name, sample) in samples() {
        let path = folder.join(format!("{name}.bin"));
        let golden = fs::read(&path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()));
        assert_eq!(record::encode(&sample), golden, "{name} is not encoded as it was");
        assert_eq!(record::decode(&golden).unwrap(), sample, "{name} is not decoded as it was");
    }
    // Files without a sample are checked too: what a former version wrote is read for ever.
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "bin") {
            let payload = fs::read(&path).unwrap();
            let golden: Value = serde_json::from_slice(&fs::read(path.with_extension("json")).unwrap()).unwrap();
            let record = record::decode(&payload).unwrap();
            assert_eq!(printed(&payload, &record), golden, "{} is not printed as it was", path.display());
            assert_eq!(record::decode_envelope(&payload).unwrap(), record.envelope);
        }
    }
}

#[test]
fn every_event_type_has_a_golden_record() {
    let samples = samples();
    for event_type in EVENT_TYPES {
        let (_, sample) = samples.iter().find(|(name, _)| name == event_type).unwrap_or_else(|| panic!("{event_type}"));
        assert_eq!(sample.events.iter().map(type_of).collect::<Vec<_>>(), [*event_type]);
        assert!(sample.events.iter().all(|event| event.name() == *event_type));
    }
}

fn write(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for (name, sample) in samples() {
        let payload = record::encode(&sample);
        let json = format!("{:#}\n", printed(&payload, &sample));
        fs::write(folder.join(format!("{name}.bin")), &payload).unwrap();
        fs::write(folder.join(format!("{name}.json")), json).unwrap();
    }
}

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | n)
}

fn of<T: From<Uuid>>(n: u128) -> T {
    uuid(n).into()
}

fn text(text: &str) -> Text {
    Text::parse(text, "").unwrap()
}

fn texts(list: &[&str]) -> Vec<Text> {
    list.iter().map(|one| text(one)).collect()
}

fn date(date: &str) -> Edtf {
    Edtf::parse(date, "").unwrap()
}

/// The first record of an aggregate, with all that may be absent left out.
fn first(event: impl Into<Event>) -> Record {
    let event = event.into();
    let envelope = Envelope {
        record_id: uuid(1),
        log_id: uuid(2),
        project: if event.kind() == Kind::User { id::INSTALLATION.uuid() } else { uuid(3) },
        kind: event.kind(),
        id: uuid(4),
        revision: 1,
        previous: None,
        author: of(5),
        credential: of(6),
        command_id: uuid(7),
        request_sha256: [0x17; 32],
        correlation_id: uuid(8),
        causation_id: None,
        recorded_at_us: 1_620_129_600_123_456,
        batch: None,
        relied_on: Vec::new(),
        schema_version: 1,
    };
    Record { envelope, events: vec![event] }
}

/// A later record, with all that may be absent.
fn later(event: impl Into<Event>) -> Record {
    let mut record = first(event);
    let envelope = &mut record.envelope;
    envelope.revision = 12;
    envelope.previous = Some([0xe7; 32]);
    envelope.causation_id = Some(uuid(9));
    envelope.batch = Some(Batch { id: uuid(10), index: 0, count: 2 });
    envelope.relied_on = vec![
        Reliance { kind: Kind::Project, id: uuid(3), revision: 4 },
        Reliance { kind: Kind::Document, id: uuid(11), revision: 1 },
    ];
    record
}

/// One record for each event type, named like it, and variants.
fn samples() -> Vec<(&'static str, Record)> {
    let mut samples = of_installation();
    samples.extend(of_sources());
    samples.extend(of_incidents());
    samples.extend(of_actors());
    samples.extend(of_passages());
    samples.extend(of_derivations());
    samples.extend(of_assessments());
    samples.extend(of_identities());
    samples.extend(of_adjudications());
    samples.extend(of_tasks());
    samples.extend(of_imports());
    samples
}

fn of_installation() -> Vec<(&'static str, Record)> {
    use project::Event::{CodebookPublished, MemberRoleGranted, MemberRoleRevoked, PolicyPublished, ProjectCreated};
    use user::Event::{TokenIssued, TokenRevoked, UserRegistered};
    let registered = UserRegistered { display_name: text("Second reader (Köln)") };
    let issued = TokenIssued { token: of(21), expires_at_us: 1_651_665_600_000_000, operator: true };
    let mut registered_and_issued = first(registered.clone());
    registered_and_issued.events.push(issued.clone().into());
    vec![
        ("ProjectCreated", first(ProjectCreated { name: text("Attribution of attacks, 2021"), blind: true })),
        ("CodebookPublished", later(CodebookPublished { version: 2, codebook: codebook() })),
        ("CodebookPublished.least", later(CodebookPublished { version: 1, codebook: codebook_least() })),
        ("PolicyPublished", later(PolicyPublished { version: 3, policy: policy() })),
        ("PolicyPublished.built_in", later(PolicyPublished { version: 1, policy: Policy::default() })),
        ("MemberRoleGranted", later(MemberRoleGranted { user: of(22), role: access::Role::Curator })),
        ("MemberRoleRevoked", later(MemberRoleRevoked { user: of(22) })),
        ("UserRegistered", first(registered)),
        ("UserRegistered.with_token", registered_and_issued),
        ("TokenIssued", first(issued)),
        ("TokenRevoked", later(TokenRevoked { token: of(21) })),
    ]
}

fn codebook() -> Codebook {
    Codebook {
        guideline: text("Mark the cue.\nRead what is said, not what is meant."),
        kinds: texts(&["rocket attack", "drone attack"]),
        modes: texts(&["statement", "video"]),
        labels: BTreeMap::from([
            ("accuses".to_owned(), text("beschuldigt")),
            ("perpetrator".to_owned(), text("Täter")),
        ]),
        acts: vec![Act::Accuses, Act::ClaimsResponsibility, Act::Denies],
        roles: vec![Role::Perpetrator, Role::Ordered],
    }
}

fn codebook_least() -> Codebook {
    Codebook {
        guideline: text("Read."),
        kinds: Vec::new(),
        modes: Vec::new(),
        labels: BTreeMap::new(),
        acts: Vec::new(),
        roles: Vec::new(),
    }
}

fn policy() -> Policy {
    Policy {
        readings: Readings::Majority,
        theta: 0.75,
        generic: Generic::OppositionOnly,
        officials_include: BTreeSet::from([of(31), of(32)]),
        officials_exclude: BTreeSet::from([of(33)]),
        trust: BTreeMap::from([(uuid(34), 0.1), (uuid(35), 0.0)]),
        opinions: BTreeMap::from([("CT", Evidence { r: 8.5, s: 8.0 }), ("U", Evidence { r: 0.0, s: 1e-3 })]),
        base_rate: 0.3,
    }
}

fn of_sources() -> Vec<(&'static str, Record)> {
    use document::Event::{
        DocumentRegistered, DocumentRevisionCaptured, DocumentTextErased, DocumentWithdrawnByPublisher,
    };
    use source::Event::{SourceRegistered, SourceRelationAsserted};
    let related = SourceRelationAsserted { relation: SourceRelation::WireOf, to: of(41) };
    let title = text("Rockets land near the airport");
    let detail = document::Detail {
        title,
        source: of(42),
        url: Some(text("https://example.org/2021/05/04?lang=en")),
        published: Some(date("2021-05-04")),
        language: Some(text("en")),
        sensitivity: Some(text("open")),
    };
    let least = document::Detail { url: None, published: None, language: None, sensitivity: None, ..detail.clone() };
    let revision = document::Revision {
        number: 2,
        salt: Some([0xa5; 16]),
        sha256: [0x5a; 32],
        bytes: 51_234,
        code_points: 50_000,
        captured_at: Some(text("2021-05-05T07:00:00Z")),
    };
    let revision_least = document::Revision { number: 1, captured_at: None, ..revision.clone() };
    let unsalted = document::Revision { salt: None, ..revision.clone() };
    let erased = DocumentTextErased { number: 2, reason: text("A witness asked for it") };
    vec![
        ("SourceRegistered", first(SourceRegistered { name: text("A news agency"), kind: SourceKind::Agency })),
        ("SourceRelationAsserted", later(related)),
        ("DocumentRegistered", first(DocumentRegistered(detail))),
        ("DocumentRegistered.least", first(DocumentRegistered(least))),
        ("DocumentRevisionCaptured", later(DocumentRevisionCaptured(revision))),
        ("DocumentRevisionCaptured.least", later(DocumentRevisionCaptured(revision_least))),
        ("DocumentRevisionCaptured.unsalted", later(DocumentRevisionCaptured(unsalted))),
        ("DocumentWithdrawnByPublisher", later(DocumentWithdrawnByPublisher)),
        ("DocumentTextErased", later(erased)),
    ]
}

fn of_incidents() -> Vec<(&'static str, Record)> {
    use incident::Event::{IncidentClassDefined, IncidentDetailRevised, IncidentRegistered};
    let detail = incident::Detail {
        title: text("Rockets on the airport"),
        when: date("2021-05-04~"),
        kind: Some(text("rocket attack")),
        places: texts(&["airport", "Baġdād"]),
        targets: vec![of(51), of(52)],
    };
    let least = incident::Detail { kind: None, places: Vec::new(), targets: Vec::new(), ..detail.clone() };
    let class = incident::Class {
        title: text("Attacks on diplomatic missions"),
        kinds: texts(&["rocket attack", "drone attack"]),
        targets: vec![of(53)],
        places: texts(&["Baġdād"]),
        actors: vec![of(54), of(55)],
        period: Some(date("2019/..")),
    };
    let class_least = incident::Class {
        kinds: Vec::new(),
        targets: Vec::new(),
        places: Vec::new(),
        actors: Vec::new(),
        period: None,
        ..class.clone()
    };
    vec![
        ("IncidentRegistered", first(IncidentRegistered(detail.clone()))),
        ("IncidentRegistered.least", first(IncidentRegistered(least))),
        ("IncidentDetailRevised", later(IncidentDetailRevised(detail))),
        ("IncidentClassDefined", first(IncidentClassDefined(class))),
        ("IncidentClassDefined.least", later(IncidentClassDefined(class_least))),
    ]
}

fn of_actors() -> Vec<(&'static str, Record)> {
    use actor::Event::{ActorNameAsserted, ActorNameWithdrawn, ActorRegistered, PlaceholderActorIntroduced};
    use relation::Event::{DisputeWithdrawn, RelationDisputed, RelationRegistered, RelationWithdrawn};
    let name = actor::Name {
        name: text("وزارة الدفاع"), language: Some(text("ar")), evidence: vec![of(61), of(62)]
    };
    let name_least = actor::Name { language: None, evidence: Vec::new(), ..name.clone() };
    let edge = relation::Edge {
        relation: RelationType::SpeaksFor,
        from: of(63),
        to: of(64),
        stance: RelationStance::Held,
        evidence: vec![of(61)],
        valid: Some(date("2021-02-26/2021-06-27")),
    };
    let edge_least = relation::Edge {
        relation: RelationType::FrontOf,
        stance: RelationStance::Reported,
        evidence: Vec::new(),
        valid: None,
        ..edge.clone()
    };
    let reason = text("The statement names another office.");
    vec![
        ("ActorRegistered", first(ActorRegistered { kind: ActorKind::StateBody })),
        ("PlaceholderActorIntroduced", first(PlaceholderActorIntroduced)),
        ("ActorNameAsserted", later(ActorNameAsserted { id: of(65), name })),
        ("ActorNameAsserted.least", later(ActorNameAsserted { id: of(65), name: name_least })),
        ("ActorNameWithdrawn", later(ActorNameWithdrawn { id: of(65) })),
        ("RelationRegistered", first(RelationRegistered(edge))),
        ("RelationRegistered.least", first(RelationRegistered(edge_least))),
        ("RelationDisputed", later(RelationDisputed { reason })),
        ("DisputeWithdrawn", later(DisputeWithdrawn)),
        ("RelationWithdrawn", later(RelationWithdrawn)),
    ]
}

fn of_passages() -> Vec<(&'static str, Record)> {
    use annotation::Event::{
        AnnotationAnchorLost, AnnotationCreated, AnnotationReanchored, AnnotationRetracted, AnnotationRevised,
    };
    use reading::Event::{ClaimRead, ClaimReadingRetracted, ClaimReadingRevised, NoClaimFound};
    let span = annotation::Span {
        document: of(71),
        revision: 1,
        start: 1_280,
        end: 1_342,
        role: SpanRole::Content,
        note: Some(text("the second sentence too?")),
    };
    let least = annotation::Span { start: 0, role: SpanRole::IncidentMention, note: None, ..span.clone() };
    let found = Found { start: 1_301, end: 1_366, score: 934_782, method: Method::Approximate };
    let reanchored = annotation::Reanchored { revision: 2, found };
    let lost = annotation::Loss { revision: 3, reason: Lost::Ambiguous };
    let blank = reading::Blank { document: of(71), revision: 1, start: 0, end: 120 };
    vec![
        ("AnnotationCreated", later(AnnotationCreated(span.clone()))),
        ("AnnotationCreated.least", first(AnnotationCreated(least))),
        ("AnnotationRevised", later(AnnotationRevised(span))),
        ("AnnotationRetracted", later(AnnotationRetracted)),
        ("AnnotationReanchored", later(AnnotationReanchored(reanchored))),
        ("AnnotationAnchorLost", later(AnnotationAnchorLost(lost))),
        ("ClaimRead", later(ClaimRead(claim()))),
        ("ClaimRead.least", first(ClaimRead(claim_least()))),
        ("ClaimRead.generic", first(ClaimRead(claim_generic()))),
        ("ClaimRead.conduct", first(ClaimRead(claim_on_conduct()))),
        ("ClaimReadingRevised", later(ClaimReadingRevised(claim()))),
        ("ClaimReadingRetracted", later(ClaimReadingRetracted)),
        ("NoClaimFound", first(NoClaimFound(blank))),
    ]
}

fn of_identities() -> Vec<(&'static str, Record)> {
    use identity::Event::{JudgedDistinct, JudgedSame, JudgedUnsure, JudgementWithdrawn};
    let judged = |subject| identity::Judged {
        id: of(111),
        subject,
        left: uuid(112),
        right: uuid(113),
        reason: text("The same emblem, and both name the same valley."),
        against: Vec::new(),
    };
    let contests = identity::Judged { against: vec![of(114), of(115)], ..judged(identity::Subject::Incident) };
    vec![
        ("JudgedSame", first(JudgedSame(judged(identity::Subject::Actor)))),
        ("JudgedDistinct", later(JudgedDistinct(contests))),
        ("JudgedUnsure", later(JudgedUnsure(judged(identity::Subject::Reading)))),
        ("JudgementWithdrawn", later(JudgementWithdrawn(of(111)))),
    ]
}

fn of_derivations() -> Vec<(&'static str, Record)> {
    use derivation::Event::{DerivationConfirmed, DerivationRejected, DerivationSuggested, OriginDeclared};
    let edge = derivation::Edge { derivation: derivation::DerivationType::NearDuplicate, from: of(101), to: of(102) };
    vec![
        ("DerivationSuggested", first(DerivationSuggested(edge))),
        ("DerivationConfirmed", later(DerivationConfirmed { reason: text("It repeats the misspelt name.") })),
        ("DerivationRejected", later(DerivationRejected { reason: text("Both quote the ministry.") })),
        ("OriginDeclared", first(OriginDeclared { annotation: of(101), reason: text("Its reporter was there.") })),
    ]
}

fn of_assessments() -> Vec<(&'static str, Record)> {
    use assessment::Event::{AssessmentRecorded, AssessmentRevised, AssessmentWithdrawn};
    use assessment::{Confidence, Content, Grade, Letter, Likelihood, Target as To};
    let likely = Grade::Icd203 { likelihood: Likelihood::VeryLikely, confidence: Confidence::Moderate };
    let opinion = Opinion { belief: 0.6, disbelief: 0.15, uncertainty: 0.25, base_rate: 0.5 };
    let opinion = Grade::Opinion(opinion);
    let recorded = |target, grade| {
        let reason = text("It was right before.");
        first(AssessmentRecorded(Content { target, grade, reason }))
    };
    let about = Proposition { with: Vec::new(), with_others: false, ..claim().proposition };
    let revised = |grade| later(AssessmentRevised { grade, reason: text("It was wrong this time.") });
    vec![
        ("AssessmentRecorded", recorded(To::Source(of(115)), Grade::Admiralty { letter: Letter::B, digit: 2 })),
        ("AssessmentRecorded.proposition", recorded(To::Proposition(about), likely)),
        ("AssessmentRecorded.utterance", recorded(To::Utterance(of(116)), opinion)),
        ("AssessmentRecorded.document", recorded(To::Document(of(117)), likely)),
        ("AssessmentRevised", revised(Grade::Admiralty { letter: Letter::F, digit: 6 })),
        ("AssessmentRevised.opinion", revised(opinion)),
        ("AssessmentWithdrawn", later(AssessmentWithdrawn)),
    ]
}

fn of_adjudications() -> Vec<(&'static str, Record)> {
    use adjudication::Event::{
        AdjudicationOpened, AdjudicationOverturned, AdjudicationReopened, FindingRecorded, ReadingsRuled,
    };
    use adjudication::{Dissent, Docket, Finding, Outcome, Rulings, Standard, Target as To};
    let opened = |targets| AdjudicationOpened(Docket { question: text("What was said, and who fired?"), targets });
    let about = Proposition { with: Vec::new(), with_others: false, ..claim().proposition };
    let rulings = Rulings {
        uphold: vec![of(111), of(112)],
        reject: vec![of(113)],
        reason: text("The denial is the spokesman's, not the army's."),
        based_on: 1_234,
    };
    let finding = Finding {
        target: To::Proposition(about.clone()),
        outcome: Outcome::Confirmed,
        standard: Standard::BeyondDoubt,
        reason: text("The fragments bear their marks."),
        based_on: 1_234,
        dissent: vec![Dissent { by: of(114), text: text("The marks were copied.") }],
    };
    let least = Finding {
        target: To::Incident(of(85)),
        outcome: Outcome::Undetermined,
        standard: Standard::ReasonableGrounds,
        dissent: Vec::new(),
        ..finding.clone()
    };
    let relation = claim_least().proposition;
    vec![
        ("AdjudicationOpened", first(opened(vec![To::Reading(of(111)), To::Reading(of(112)), To::Reading(of(113))]))),
        ("AdjudicationOpened.propositions", first(opened(vec![To::Proposition(about), To::Proposition(relation)]))),
        ("AdjudicationOpened.incident", first(opened(vec![To::Incident(of(85))]))),
        ("ReadingsRuled", later(ReadingsRuled(rulings))),
        ("FindingRecorded", later(FindingRecorded(finding))),
        ("FindingRecorded.least", later(FindingRecorded(least))),
        ("AdjudicationReopened", later(AdjudicationReopened { reason: text("A second witness came forward.") })),
        ("AdjudicationOverturned", later(AdjudicationOverturned { reason: text("It asked the wrong question.") })),
    ]
}

fn of_tasks() -> Vec<(&'static str, Record)> {
    use task::Event::{LeaseExpired, LeaseRenewed, TaskClosed, TaskLeased, TaskOpened, TaskSkipped, TaskSubmitted};
    use task::{Overlap, Submission, Terms};
    let terms = Terms {
        document: of(121),
        revision: 2,
        overlap: Overlap::Of(3),
        lease_seconds: 3_600,
        priority: -7,
        assignees: vec![of(122), of(123), of(124)],
    };
    let everyone = Terms { overlap: Overlap::Everyone, priority: 1_000, assignees: Vec::new(), ..terms.clone() };
    let (annotator, until_us) = (of(122), 1_620_136_800_000_000);
    let submitted = |submission| later(TaskSubmitted { annotator, submission });
    let found = Submission { readings: vec![of(125), of(126)], no_claims: vec![of(127)], nothing_found: false };
    vec![
        ("TaskOpened", first(TaskOpened(terms))),
        ("TaskOpened.everyone", first(TaskOpened(everyone))),
        ("TaskLeased", later(TaskLeased { annotator, until_us })),
        ("LeaseRenewed", later(LeaseRenewed { annotator, until_us })),
        ("LeaseExpired", later(LeaseExpired { annotator })),
        ("TaskSubmitted", submitted(found)),
        ("TaskSubmitted.nothing", submitted(Submission { nothing_found: true, ..Submission::default() })),
        ("TaskSkipped", later(TaskSkipped { annotator, reason: text("It is in a language that I do not read.") })),
        ("TaskClosed", later(TaskClosed)),
    ]
}

fn of_imports() -> Vec<(&'static str, Record)> {
    use import::Event::{ImportBatchCompleted, ImportBatchReverted, ImportBatchStarted};
    vec![
        ("ImportBatchStarted", first(ImportBatchStarted { name: Some(text("The first corpus (Köln)")) })),
        ("ImportBatchStarted.least", first(ImportBatchStarted { name: None })),
        ("ImportBatchCompleted", later(ImportBatchCompleted(import::Lines { lines: 1_200, refused: 7 }))),
        ("ImportBatchReverted", later(ImportBatchReverted(import::Reverted { reverted: 1_190, kept: 3 }))),
    ]
}

fn claim() -> Claim {
    let officials = Speaker::Unidentified {
        kind: UnidentifiedKind::Officials,
        label: Some(text("security officials")),
        of: Some(of(82)),
    };
    let outer = vec![
        Link { speaker: Speaker::Source(of(81)), stance: Stance::Relays },
        Link { speaker: officials, stance: Stance::Distances },
        Link { speaker: Speaker::Actor(of(83)), stance: Stance::Adopts },
    ];
    Claim {
        speakers: Chain::recorded(outer, Speaker::Actor(of(84))),
        act: Act::Narrows,
        proposition: Proposition {
            target: Target::Incident(of(85)),
            facet: Some(Facet::Who),
            actor: Some(of(86)),
            role: Some(Role::Perpetrator),
            value: None,
            with: vec![of(87), of(88)],
            with_others: true,
        },
        polarity: Polarity::Minus,
        certainty: Certainty::Probable,
        evidence: vec![of(89), of(90)],
        scope: Scope::Specific,
        presupposed: true,
        mode: Some(text("video")),
        uttered: Some(date("2021-05-05")),
        changes: vec![of(91), of(92)],
        speaks_for: Some(of(93)),
    }
}

/// All that may be absent is.
fn claim_least() -> Claim {
    let reports = Speaker::Unidentified { kind: UnidentifiedKind::Reports, label: None, of: None };
    Claim {
        speakers: Chain::recorded(Vec::new(), reports),
        act: Act::Denies,
        proposition: Proposition {
            target: Target::Relation(of(94)),
            facet: None,
            actor: None,
            role: None,
            value: None,
            with: Vec::new(),
            with_others: false,
        },
        polarity: Polarity::Minus,
        certainty: Certainty::Certain,
        evidence: vec![of(89)],
        scope: Scope::Specific,
        presupposed: false,
        mode: None,
        uttered: None,
        changes: Vec::new(),
        speaks_for: None,
    }
}

fn claim_generic() -> Claim {
    let about = Proposition {
        target: Target::Class(of(95)),
        facet: Some(Facet::When),
        value: Some(text("2021-05")),
        ..claim_least().proposition
    };
    Claim { proposition: about, act: Act::Reports, scope: Scope::Generic, ..claim_least() }
}

fn claim_on_conduct() -> Claim {
    let about = Proposition {
        target: Target::Actor(of(96)),
        facet: Some(Facet::Conduct),
        value: Some(text("reckless")),
        ..claim_least().proposition
    };
    Claim { proposition: about, act: Act::Condemns, polarity: Polarity::Neutral, ..claim_least() }
}
