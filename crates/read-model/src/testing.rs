//! Histories made by hand, for tests and measurements.

use crate::store::{self, key};
use crate::{Entry, Error};
use domain::access::Role;
use domain::actor::{self, ActorKind, Name};
use domain::adjudication::{self, Dissent, Docket, Finding, Outcome, Rulings, Standard};
use domain::annotation::{self, Span, SpanRole};
use domain::claim::{Act, Certainty, Chain, Claim, Facet, Link, Polarity, Proposition, Scope, Speaker, Target};
use domain::derivation::{self, DerivationType};
use domain::document;
use domain::edtf::Edtf;
use domain::id::{
    ActorId, AdjudicationId, AnnotationId, CredentialId, DerivationId, DocumentId, Handle, INSTALLATION, IncidentId,
    JudgementId, NameId, ProjectId, ReadingId, RelationId, SourceId, UserId,
};
use domain::identity::{self, Judged, Verdict};
use domain::incident::{self, Class, Detail};
use domain::relation::{self, Edge, RelationStance, RelationType};
use domain::source::{self, SourceKind};
use domain::text::Text;
use domain::{Event, Kind, claim, project, reading};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use uuid::Uuid;
use wire::record::{self, Envelope, Record, SCHEMA_VERSION};
use wire::subject::Address;

/// When the first record of a history is recorded, in microseconds since 1970: 4 May 2021.
const START_US: i64 = 1_620_086_400_000_000;

/// Records of one project, in the order of a log, each with revision and predecessor as ingest would write them.
#[derive(Debug, Clone)]
pub struct History {
    /// The log.
    pub log: Uuid,
    /// The project.
    pub project: ProjectId,
    /// Who created the project.
    pub admin: UserId,
    entries: Vec<Entry>,
    heads: HashMap<Address, (u64, [u8; 32])>,
    ids: u128,
}

/// The user with this handle.
#[must_use]
pub fn user(handle: &str) -> UserId {
    UserId::from_handle(&Handle::parse(handle).expect("a handle of the alphabet"))
}

/// So many cases from a fixed seed; in a soak more, from a new seed each time, or from `PROPTEST_RNG_SEED`. It prints how to
/// repeat them.
#[cfg(test)]
pub(crate) fn cases(small: u32, soak: u32) -> proptest::test_runner::Config {
    use proptest::test_runner::{Config, RngSeed};
    const SEED: u64 = 20_210_504;
    let is_soak = std::env::var_os("GAINSAY_SOAK").is_some_and(|value| value == "1");
    let cases = if is_soak { soak } else { small };
    let seed = match Config::default().rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random if is_soak => uuid::Uuid::new_v4().as_u64_pair().1,
        RngSeed::Random => SEED,
    };
    println!("{cases} cases, PROPTEST_RNG_SEED={seed}");
    Config { cases, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Config::default() }
}

fn text(text: &str) -> Text {
    Text::recorded(text.to_owned())
}

impl History {
    /// A history whose first record creates a project; the number tells its ids from those of other histories.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self::in_log(number, Uuid::from_u128(0xf00d))
    }

    /// The same, as records of this log.
    #[must_use]
    pub fn in_log(number: u64, log: Uuid) -> Self {
        let ids = u128::from(number) << 64;
        let project = ProjectId::new(Uuid::from_u128(ids | 1));
        let admin = user("admin");
        let mut history = Self { log, project, admin, entries: Vec::new(), heads: HashMap::new(), ids: ids | 1 };
        history.add(
            admin,
            project.uuid(),
            [
                project::Event::ProjectCreated { name: text("A project"), blind: true },
                project::Event::MemberRoleGranted { user: admin, role: Role::Admin },
            ],
        );
        history
    }

    /// The records.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The position of the newest record.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.entries.last().map_or(0, |entry| entry.position)
    }

    /// A new id.
    pub fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    /// Adds a record of an aggregate; answers its position.
    pub fn add<E: Into<Event>>(&mut self, author: UserId, id: Uuid, events: impl IntoIterator<Item = E>) -> u64 {
        self.add_because(author, id, None, events)
    }

    /// Adds a record of an aggregate that takes back the one at this position; answers its own.
    pub fn take_back<E: Into<Event>>(
        &mut self,
        author: UserId,
        id: Uuid,
        position: u64,
        events: impl IntoIterator<Item = E>,
    ) -> u64 {
        self.add_because(author, id, Some(Uuid::from_u128(u128::from(position))), events)
    }

    fn add_because<E: Into<Event>>(
        &mut self,
        author: UserId,
        id: Uuid,
        cause: Option<Uuid>,
        events: impl IntoIterator<Item = E>,
    ) -> u64 {
        let events: Vec<Event> = events.into_iter().map(Into::into).collect();
        let kind = events.first().map(Event::kind).expect("a record has an event");
        let project = if kind == Kind::User { INSTALLATION } else { self.project };
        let address = Address { project: project.uuid(), kind, id };
        let head = self.heads.get(&address).copied();
        let position = self.position() + 1;
        let revision = head.map_or(1, |(revision, _)| revision + 1);
        let number = Uuid::from_u128(u128::from(position));
        let envelope = Envelope {
            record_id: number,
            log_id: self.log,
            project: project.uuid(),
            kind,
            id,
            revision,
            previous: head.map(|(_, digest)| digest),
            author,
            credential: CredentialId::new(author.uuid()),
            command_id: number,
            request_sha256: [0; 32],
            correlation_id: number,
            causation_id: cause,
            recorded_at_us: START_US + i64::try_from(position).expect("a history is short") * 1_000_000,
            batch: None,
            relied_on: Vec::new(),
            schema_version: SCHEMA_VERSION,
        };
        let record = Record { envelope, events };
        let payload = record::encode(&record);
        self.heads.insert(address, (revision, record::digest(&payload)));
        self.entries.push(Entry::new(position, payload, record));
        position
    }

    /// The same history as if some of it had not been: `left` says what is left of the events of each record. Where nothing is,
    /// a record stands that concerns nobody, so that all others keep their positions.
    #[must_use]
    pub fn without(&self, mut left: impl FnMut(&Record) -> Vec<Event>) -> Self {
        let mut history = Self { entries: Vec::new(), heads: HashMap::new(), ..self.clone() };
        for entry in &self.entries {
            let record = record::decode(&entry.payload).expect("it was encoded here");
            let (envelope, events) = (&record.envelope, left(&record));
            if events.is_empty() {
                let id = Uuid::from_u128(u128::from(entry.position));
                history.add(self.admin, id, [domain::user::Event::UserRegistered { display_name: text("Nobody") }]);
            } else {
                history.add_because(envelope.author, envelope.id, envelope.causation_id, events);
            }
        }
        history
    }

    /// Gives a user a role.
    pub fn grant(&mut self, user: UserId, role: Role) -> u64 {
        self.add(self.admin, self.project.uuid(), [project::Event::MemberRoleGranted { user, role }])
    }

    /// A source.
    pub fn source(&mut self, name: &str) -> SourceId {
        let id = self.id();
        self.add(self.admin, id, [source::Event::SourceRegistered { name: text(name), kind: SourceKind::Agency }]);
        SourceId::new(id)
    }

    /// A document with one revision of this text, under the salt `[7; 16]`.
    pub fn document(&mut self, source: SourceId, title: &str, body: &str) -> DocumentId {
        let id = self.id();
        let detail = document::Detail {
            title: text(title),
            source,
            url: None,
            published: Some(Edtf::recorded("2021-05-05".to_owned())),
            language: None,
            sensitivity: None,
        };
        let salt = [7; 16];
        let mut salted = salt.to_vec();
        salted.extend_from_slice(body.as_bytes());
        let revision = document::Revision {
            number: 1,
            salt: None,
            sha256: record::digest(&salted),
            bytes: body.len() as u64,
            code_points: u32::try_from(body.chars().count()).expect("a short text"),
            captured_at: None,
        };
        self.add(
            self.admin,
            id,
            [document::Event::DocumentRegistered(detail), document::Event::DocumentRevisionCaptured(revision)],
        );
        DocumentId::new(id)
    }

    /// An actor.
    pub fn actor(&mut self, kind: ActorKind, name: &str) -> ActorId {
        let (id, name_id) = (self.id(), self.id());
        let known = match kind {
            ActorKind::Placeholder => actor::Event::PlaceholderActorIntroduced,
            _ => actor::Event::ActorRegistered { kind },
        };
        let name = Name { name: text(name), language: None, evidence: Vec::new() };
        self.add(self.admin, id, [known, actor::Event::ActorNameAsserted { id: NameId::new(name_id), name }]);
        ActorId::new(id)
    }

    /// An incident of 4 May 2021.
    pub fn incident(&mut self, title: &str) -> IncidentId {
        let id = self.id();
        self.add(self.admin, id, [incident::Event::IncidentRegistered(detail(title))]);
        IncidentId::new(id)
    }

    /// A class of all incidents of a period.
    pub fn class(&mut self, title: &str, period: Option<&str>) -> IncidentId {
        let id = self.id();
        let class = Class {
            title: text(title),
            kinds: Vec::new(),
            targets: Vec::new(),
            places: Vec::new(),
            actors: Vec::new(),
            period: period.map(|period| Edtf::recorded(period.to_owned())),
        };
        self.add(self.admin, id, [incident::Event::IncidentClassDefined(class)]);
        IncidentId::new(id)
    }

    /// A held edge.
    pub fn relation(
        &mut self,
        relation: RelationType,
        from: ActorId,
        to: ActorId,
        evidence: AnnotationId,
    ) -> RelationId {
        let id = self.id();
        let edge = Edge { relation, from, to, stance: RelationStance::Held, evidence: vec![evidence], valid: None };
        self.add(self.admin, id, [relation::Event::RelationRegistered(edge)]);
        RelationId::new(id)
    }

    /// A content passage.
    pub fn annotation(&mut self, author: UserId, document: DocumentId, start: u32, end: u32) -> AnnotationId {
        let id = self.id();
        self.add(author, id, [annotation::Event::AnnotationCreated(span(document, start, end))]);
        AnnotationId::new(id)
    }

    /// A reading.
    pub fn reading(&mut self, author: UserId, claim: Claim) -> ReadingId {
        let id = self.id();
        self.add(author, id, [reading::Event::ClaimRead(claim)]);
        ReadingId::new(id)
    }

    /// A suggestion that one passage translates another.
    pub fn derivation(&mut self, author: UserId, from: AnnotationId, to: AnnotationId) -> DerivationId {
        let id = self.id();
        let edge = derivation::Edge { derivation: DerivationType::Translates, from, to };
        self.add(author, id, [derivation::Event::DerivationSuggested(edge)]);
        DerivationId::new(id)
    }

    /// One passage derives from another, as the user confirms.
    pub fn copies(&mut self, author: UserId, from: AnnotationId, to: AnnotationId) -> DerivationId {
        let id = self.derivation(author, from, to);
        self.add(author, id.uuid(), [derivation::Event::DerivationConfirmed { reason: text("The same words.") }]);
        id
    }

    /// A judgement on two, which may contest others.
    pub fn judge(
        &mut self,
        author: UserId,
        subject: identity::Subject,
        verdict: Verdict,
        (left, right): (Uuid, Uuid),
        against: &[JudgementId],
    ) -> JudgementId {
        let id = JudgementId::new(self.id());
        let judged = Judged { id, subject, left, right, reason: text("One emblem."), against: against.to_vec() };
        let event = match verdict {
            Verdict::Same => identity::Event::JudgedSame(judged),
            Verdict::Distinct => identity::Event::JudgedDistinct(judged),
            Verdict::Unsure => identity::Event::JudgedUnsure(judged),
        };
        self.add(author, subject.aggregate(self.project), [event]);
        id
    }

    /// Takes a judgement back.
    pub fn withdraw(&mut self, author: UserId, subject: identity::Subject, judgement: JudgementId) -> u64 {
        self.add(author, subject.aggregate(self.project), [identity::Event::JudgementWithdrawn(judgement)])
    }

    /// Two actors are one.
    pub fn merge(&mut self, left: ActorId, right: ActorId) -> JudgementId {
        let pair = (left.uuid(), right.uuid());
        self.judge(self.admin, identity::Subject::Actor, Verdict::Same, pair, &[])
    }

    /// A passage that is declared to be an origin.
    pub fn origin(&mut self, annotation: AnnotationId) -> DerivationId {
        let id = self.id();
        let declared = derivation::Event::OriginDeclared { annotation, reason: text("Its reporter was there.") };
        self.add(self.admin, id, [declared]);
        DerivationId::new(id)
    }

    /// A question about these targets.
    pub fn adjudication(&mut self, author: UserId, targets: Vec<adjudication::Target>) -> AdjudicationId {
        let id = self.id();
        let docket = Docket { question: text("What is it?"), targets };
        self.add(author, id, [adjudication::Event::AdjudicationOpened(docket)]);
        AdjudicationId::new(id)
    }

    /// Rulings; answers the position of their record.
    pub fn rulings(
        &mut self,
        author: UserId,
        id: AdjudicationId,
        uphold: Vec<ReadingId>,
        reject: Vec<ReadingId>,
    ) -> u64 {
        let rulings = Rulings { uphold, reject, reason: text("Weighed."), based_on: self.position() };
        self.add(author, id.uuid(), [adjudication::Event::ReadingsRuled(rulings)])
    }

    /// A finding; answers the position of its record.
    pub fn finding(
        &mut self,
        author: UserId,
        id: AdjudicationId,
        target: adjudication::Target,
        outcome: Outcome,
        based_on: u64,
    ) -> u64 {
        let dissent = vec![Dissent { by: user("e"), text: text("No.") }];
        let (standard, reason) = (Standard::Clear, text("Weighed."));
        let finding = Finding { target, outcome, standard, reason, based_on, dissent };
        self.add(author, id.uuid(), [adjudication::Event::FindingRecorded(finding)])
    }
}

/// Gives the current store of a folder of generations the schema of another version.
pub fn set_schema(folder: &Path, schema: u32) -> Result<(), Error> {
    let current = fs::read_to_string(folder.join("CURRENT")).map_err(|error| Error::io("read the pointer", error))?;
    let db = store::open(&folder.join(current.trim()))?;
    let row = db.get(key::CHECKPOINT)?.ok_or_else(|| Error::damaged("it has no checkpoint"))?;
    db.insert(key::CHECKPOINT, [&schema.to_be_bytes()[..], row.get(4..).unwrap_or_default()].concat())?;
    db.flush()?;
    Ok(())
}

/// What is known of an incident of 4 May 2021.
#[must_use]
pub fn detail(title: &str) -> Detail {
    Detail {
        title: text(title),
        when: Edtf::recorded("2021-05-04".to_owned()),
        kind: Some(text("rocket attack")),
        places: vec![text("Ain al-Assad")],
        targets: Vec::new(),
    }
}

/// A content passage of a document's first revision.
#[must_use]
pub fn span(document: DocumentId, start: u32, end: u32) -> Span {
    Span { document, revision: 1, start, end, role: SpanRole::Content, note: None }
}

/// A certain claim by an actor, relayed by a source, that another actor perpetrated an incident (or did not, for an act
/// of opposition).
#[must_use]
pub fn claim(
    source: SourceId,
    speaker: ActorId,
    act: Act,
    incident: IncidentId,
    actor: ActorId,
    evidence: AnnotationId,
) -> Claim {
    let relays = Link { speaker: Speaker::Source(source), stance: claim::Stance::Relays };
    Claim {
        speakers: Chain::recorded(vec![relays], Speaker::Actor(speaker)),
        act,
        proposition: Proposition {
            target: Target::Incident(incident),
            facet: Some(Facet::Who),
            actor: Some(actor),
            role: Some(claim::Role::Perpetrator),
            value: None,
            with: Vec::new(),
            with_others: false,
        },
        polarity: act.polarities().first().copied().unwrap_or(Polarity::Neutral),
        certainty: Certainty::Certain,
        evidence: vec![evidence],
        scope: Scope::Specific,
        presupposed: false,
        mode: None,
        uttered: None,
        changes: Vec::new(),
        speaks_for: None,
    }
}
