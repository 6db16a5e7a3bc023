//! A generated history: a project with its sources, documents, actors and incidents, and annotations and readings that
//! are revised again and again. The same seed gives the same records but for their ids' places in the log.

use bytes::Bytes;
use domain::actor::{self, ActorKind};
use domain::annotation::{self, Span, SpanRole};
use domain::claim::{Act, Certainty, Chain, Claim, Facet, Polarity, Proposition, Role, Scope, Speaker, Stance, Target};
use domain::edtf::Edtf;
use domain::id::{ActorId, AnnotationId, CredentialId, DocumentId, IncidentId, ReadingId, SourceId, UserId};
use domain::text::Text;
use domain::{Event, Kind, access, document, incident, project, reading, source};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;
use wire::record::{Envelope, Record, SCHEMA_VERSION};
use wire::subject::Address;

/// One aggregate of every so many is an actor, an incident or a document; the rest are annotations and readings.
const ACTORS: usize = 1_000;
const INCIDENTS: usize = 1_000;
const DOCUMENTS: usize = 500;
const SOURCES: usize = 20;
const ANNOTATORS: usize = 20;
/// The length of every document in code points, as far as spans are concerned.
const TEXT_LEN: u32 = 20_000;

/// What there is to write: the aggregates, and how often each is revised.
pub struct History {
    project: Uuid,
    log_id: Uuid,
    seed: u64,
    aggregates: Vec<(Kind, Uuid)>,
}

impl History {
    /// A history of `aggregates` aggregates, at least 3,000, for a log.
    pub fn new(log_id: Uuid, seed: u64, aggregates: usize) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut id = || Uuid::from_u128(rng.random());
        let project = id();
        let mut all = vec![(Kind::Project, project)];
        let mut add = |kind, count: usize| all.extend((0..count).map(|_| (kind, id())));
        add(Kind::Source, SOURCES);
        add(Kind::Document, DOCUMENTS);
        add(Kind::Actor, ACTORS);
        add(Kind::Incident, INCIDENTS);
        let marked = (aggregates - all_len(SOURCES + DOCUMENTS + ACTORS + INCIDENTS)).div_ceil(2);
        add(Kind::Annotation, marked);
        add(Kind::Reading, marked);
        Self { project, log_id, seed, aggregates: all }
    }

    /// The number of aggregates.
    pub fn len(&self) -> usize {
        self.aggregates.len()
    }

    /// Where the records of the n-th aggregate stand.
    pub fn address(&self, n: usize) -> Address {
        let (kind, id) = self.aggregates[n];
        Address { project: self.project, kind, id }
    }

    /// The record of this revision of the n-th aggregate; none where the kind is not revised further.
    pub fn record(&self, n: usize, revision: u64, previous: Option<[u8; 32]>) -> Option<Bytes> {
        let (kind, id) = self.aggregates[n];
        let mut rng = StdRng::seed_from_u64(self.seed ^ ((n as u64) << 20) ^ revision);
        let events = self.events(kind, n, revision, &mut rng)?;
        let author = UserId::new(Uuid::from_u128(1 + (n % ANNOTATORS) as u128));
        let record = Record {
            envelope: Envelope {
                record_id: Uuid::from_u128(rng.random()),
                log_id: self.log_id,
                project: self.project,
                kind,
                id,
                revision,
                previous,
                author,
                credential: CredentialId::new(Uuid::from_u128(7)),
                command_id: Uuid::from_u128(rng.random()),
                request_sha256: rng.random(),
                correlation_id: Uuid::from_u128(rng.random()),
                causation_id: None,
                recorded_at_us: 1_620_086_400_000_000 + i64::try_from(n).unwrap_or_default() * 1_000,
                batch: None,
                relied_on: Vec::new(),
                schema_version: SCHEMA_VERSION,
            },
            events,
        };
        Some(wire::record::encode(&record))
    }

    fn events(&self, kind: Kind, n: usize, revision: u64, rng: &mut StdRng) -> Option<Vec<Event>> {
        let first = revision == 1;
        Some(match kind {
            Kind::Project if first => vec![
                project::Event::ProjectCreated { name: words(rng, 60), blind: false }.into(),
                project::Event::MemberRoleGranted { user: UserId::new(Uuid::from_u128(1)), role: access::Role::Admin }
                    .into(),
            ],
            Kind::Source if first => {
                vec![source::Event::SourceRegistered { name: words(rng, 45), kind: source::SourceKind::Outlet }.into()]
            }
            Kind::Document if first => self.document(rng),
            Kind::Actor if first => {
                vec![actor::Event::ActorRegistered { kind: ActorKind::Organisation }.into(), name(rng)]
            }
            Kind::Actor if revision <= 10 => vec![name(rng)],
            Kind::Incident => {
                let detail = incident::Detail {
                    title: words(rng, 45),
                    when: Edtf::recorded("2021-05-04".to_owned()),
                    kind: Some(text("rocket_attack")),
                    places: vec![words(rng, 5)],
                    targets: vec![self.some_actor(rng)],
                };
                let event = if first {
                    incident::Event::IncidentRegistered(detail)
                } else {
                    incident::Event::IncidentDetailRevised(detail)
                };
                vec![event.into()]
            }
            Kind::Annotation => {
                // An annotation stays on its document revision: where it is does not depend on the revision.
                let document = DocumentId::new(self.nth(Kind::Document, n % DOCUMENTS));
                let start = rng.random_range(0..TEXT_LEN - 100);
                let end = start + rng.random_range(10..100);
                let span =
                    Span { document, revision: 1, start, end, role: SpanRole::Content, note: Some(words(rng, 45)) };
                let event = if first {
                    annotation::Event::AnnotationCreated(span)
                } else {
                    annotation::Event::AnnotationRevised(span)
                };
                vec![event.into()]
            }
            Kind::Reading => {
                let claim = self.claim(n, rng);
                let event =
                    if first { reading::Event::ClaimRead(claim) } else { reading::Event::ClaimReadingRevised(claim) };
                vec![event.into()]
            }
            Kind::Project
            | Kind::Source
            | Kind::Document
            | Kind::Actor
            | Kind::User
            | Kind::Relation
            | Kind::Derivation
            | Kind::Assessment
            | Kind::Identity
            | Kind::Adjudication
            | Kind::Task
            | Kind::Import => return None,
        })
    }

    fn document(&self, rng: &mut StdRng) -> Vec<Event> {
        let detail = document::Detail {
            title: words(rng, 30),
            source: SourceId::new(self.nth(Kind::Source, rng.random_range(0..SOURCES))),
            url: Some(text("https://example.org/report")),
            published: Some(Edtf::recorded("2021-05-05".to_owned())),
            language: Some(text("en")),
            sensitivity: None,
        };
        let revision = document::Revision {
            number: 1,
            salt: None,
            sha256: rng.random(),
            bytes: u64::from(TEXT_LEN),
            code_points: TEXT_LEN,
            captured_at: None,
        };
        vec![
            document::Event::DocumentRegistered(detail).into(),
            document::Event::DocumentRevisionCaptured(revision).into(),
        ]
    }

    fn claim(&self, n: usize, rng: &mut StdRng) -> Claim {
        let (act, polarity) =
            [(Act::Accuses, Polarity::Plus), (Act::Denies, Polarity::Minus), (Act::Suspects, Polarity::Plus)]
                [rng.random_range(0..3)];
        let annotations = self.of(Kind::Annotation);
        let source = SourceId::new(self.nth(Kind::Source, rng.random_range(0..SOURCES)));
        let links = vec![(Speaker::Source(source), Some(Stance::Relays)), (Speaker::Actor(self.some_actor(rng)), None)];
        Claim {
            speakers: Chain::parse(links).expect("a source and an actor make a chain"),
            act,
            proposition: Proposition {
                target: Target::Incident(IncidentId::new(self.nth(Kind::Incident, n % INCIDENTS))),
                facet: Some(Facet::Who),
                actor: Some(self.some_actor(rng)),
                role: Some(Role::Perpetrator),
                value: None,
                with: Vec::new(),
                with_others: false,
            },
            polarity,
            certainty: Certainty::Certain,
            evidence: vec![AnnotationId::new(annotations[n % annotations.len()].1)],
            scope: Scope::Specific,
            presupposed: false,
            mode: Some(words(rng, 20)),
            uttered: Some(Edtf::recorded("2021-05-05".to_owned())),
            changes: Vec::<ReadingId>::new(),
            speaks_for: None,
        }
    }

    fn some_actor(&self, rng: &mut StdRng) -> ActorId {
        ActorId::new(self.nth(Kind::Actor, rng.random_range(0..ACTORS)))
    }

    fn nth(&self, kind: Kind, n: usize) -> Uuid {
        self.of(kind)[n].1
    }

    /// The aggregates of a kind, which stand together.
    fn of(&self, kind: Kind) -> &[(Kind, Uuid)] {
        let start = self.aggregates.partition_point(|(other, _)| rank(*other) < rank(kind));
        let end = self.aggregates.partition_point(|(other, _)| rank(*other) <= rank(kind));
        &self.aggregates[start..end]
    }
}

fn all_len(others: usize) -> usize {
    others + 1
}

/// The order in which a history makes its aggregates: what is named comes before what names it.
fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::User | Kind::Project => 0,
        Kind::Source => 1,
        Kind::Document => 2,
        Kind::Actor => 3,
        Kind::Incident => 4,
        Kind::Relation | Kind::Annotation => 5,
        Kind::Reading
        | Kind::Derivation
        | Kind::Identity
        | Kind::Assessment
        | Kind::Adjudication
        | Kind::Task
        | Kind::Import => 6,
    }
}

fn name(rng: &mut StdRng) -> Event {
    let name = actor::Name { name: words(rng, 45), language: Some(text("en")), evidence: Vec::new() };
    actor::Event::ActorNameAsserted { id: Uuid::from_u128(rng.random()).into(), name }.into()
}

fn text(text: &str) -> Text {
    Text::recorded(text.to_owned())
}

/// Words of made-up syllables: text that compresses about as well as names do.
pub fn words(rng: &mut StdRng, count: usize) -> Text {
    const SYLLABLES: [&str; 16] =
        ["ba", "dir", "kal", "men", "no", "qa", "ras", "sha", "ti", "um", "wal", "yar", "zi", "hab", "jun", "el"];
    let mut text = String::new();
    for word in 0..count {
        if word > 0 {
            text.push(' ');
        }
        for _ in 0..rng.random_range(1..4) {
            text.push_str(SYLLABLES[rng.random_range(0..SYLLABLES.len())]);
        }
    }
    Text::recorded(text)
}
