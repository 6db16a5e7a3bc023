//! Every view as of a position, and without something: as an installation says it that ends there, or never got the rest.

use super::histories::happen;
use super::*;
use crate::Entry;
use crate::testing::{cases, span};
use crate::view::list::COLLECTIONS;
use domain::annotation::{self, Span, SpanRole};
use domain::assessment::{self, Content, Grade, Letter};
use domain::claim::{self, Chain, Facet, Link, Speaker, Stance};
use domain::codebook::Codebook;
use domain::edtf::Edtf;
use domain::id::{JudgementId, RelationId};
use domain::policy::{Policy, Readings};
use domain::relation::RelationType;
use domain::task::{self, Overlap, Terms};
use domain::text::Text;
use domain::{Code, Event, Kind, adjudication, derivation, identity, import, reading, relation};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use wire::record::Record;
use wire::view::ask_traces::Of as By;
use wire::view::{
    AskAgreement, AskBasis, AskFeedback, AskHangsOn, AskIdentity, AskInbox, AskLedger, AskLogConsistency, AskLogHead,
    AskLogInclusion, AskOrigins, AskOrphans, AskPreview, AskQueue, AskRelation, AskText, AskTimeline, AskTraces,
    AskVeil, Change, Hanging, Named, Refusal, Traced, Without,
};

/// A store of these records, in this order, whatever their positions were.
fn installation(history: &History, records: impl IntoIterator<Item = Entry>) -> Fixture {
    let folder = TempDir::new().unwrap();
    let store = Store::create(&folder.path().join("gen-1"), history.log).unwrap();
    let entries: Vec<Entry> =
        records.into_iter().zip(1..).map(|(entry, position)| Entry { position, ..entry }).collect();
    store.append(&entries).unwrap();
    Fixture { store, boards: BoardCache::default(), history: history.clone(), stored: entries.len(), _folder: folder }
}

/// Asked by an annotator who runs the installation, so that every question is theirs to ask and nothing is hidden.
fn asked(fixture: &Fixture, at: usize, question: &Question, without: &[Without]) -> Request {
    let viewer = Viewer { user: user("a").to_string(), operator: true, ..Viewer::default() };
    Request {
        viewer: Some(viewer),
        as_of: Some(at as u64),
        without: without.to_vec(),
        ..fixture.request(question.clone())
    }
}

/// A history that is still being made, with what it may go on from.
struct World {
    scene: Scene,
    sources: Vec<SourceId>,
    /// Passages that overlap no other, of several sources.
    places: Vec<(SourceId, AnnotationId)>,
    relations: Vec<RelationId>,
    /// Whose words nobody passes on but by making them their own.
    paper: ActorId,
    versions: (u32, u32),
}

impl World {
    fn new() -> Self {
        let mut scene = scene();
        let sources = vec![scene.source, scene.history.source("Gazette"), scene.history.source("Herald")];
        let paper = scene.history.actor(ActorKind::Media, "Paper");
        Self { scene, sources, places: Vec::new(), relations: Vec::new(), paper, versions: (0, 0) }
    }

    /// What happens next: what any history has, or one of the things that only this one has.
    fn happen(&mut self, what: u8, who: u8) {
        let reader = [user("a"), user("b"), user("c")][usize::from(who % 3)];
        match what % 28 {
            of_any @ 0..16 => happen(&mut self.scene, of_any, who),
            16 | 17 => {
                let (source, place) = self.place(reader, who);
                self.read(reader, (source, who), vec![place]);
            }
            18 | 19 => self.copy(reader, who),
            20 => self.relate(reader, who),
            21 => self.read_of_relation(reader, who),
            22 => {
                let (source, place) = self.place(reader, who);
                let mut claim = self.claim((source, who), vec![place]);
                let value = Some(Text::recorded("reckless".to_owned()));
                claim.proposition = Proposition {
                    target: claim::Target::Actor(self.scene.group),
                    facet: Some(Facet::Conduct),
                    actor: None,
                    role: None,
                    value,
                    ..claim.proposition
                };
                self.scene.history.reading(reader, claim);
            }
            23 => {
                let (id, document) = (self.scene.history.id(), self.scene.document);
                let start = u32::from(who % 40);
                let blank = reading::Blank { document, revision: 1, start, end: start + 6 };
                self.scene.history.add(reader, id, [reading::Event::NoClaimFound(blank)]);
            }
            24 => self.work(reader, who),
            25 => self.govern(who),
            26 => {
                let (source, place) = self.place(reader, who);
                let mut claim = self.claim((source, who), vec![place]);
                let adopts = Link { speaker: Speaker::Actor(self.paper), stance: Stance::Adopts };
                let links = claim.speakers.links().iter().cloned().chain([adopts]).collect();
                claim.speakers = Chain::recorded(links, claim.speakers.speaker().clone());
                self.scene.history.reading(reader, claim);
            }
            _ => {
                let (source, place) = self.place(reader, who);
                let (_, other) = self.places[usize::from(who) % self.places.len()];
                self.read(reader, (source, who), vec![place, other]);
            }
        }
    }

    fn document(&mut self, who: u8) -> (SourceId, DocumentId) {
        let source = self.sources[usize::from(who) % self.sources.len()];
        (source, self.scene.history.document(source, "A report", TEXT))
    }

    /// A passage of a document of its own.
    fn place(&mut self, reader: UserId, who: u8) -> (SourceId, AnnotationId) {
        let (source, document) = self.document(who);
        let place = (source, self.scene.history.annotation(reader, document, 0, 28));
        self.places.push(place);
        place
    }

    fn claim(&self, (source, who): (SourceId, u8), evidence: Vec<AnnotationId>) -> Claim {
        let (speaker, act) = match who / 3 % 4 {
            0 => (self.scene.state, Act::Accuses),
            1 => (self.scene.group, Act::Denies),
            2 => (self.paper, Act::Suspects),
            _ => (self.scene.state, Act::Reports),
        };
        let mut claim = Claim { evidence, ..self.scene.claim(speaker, act) };
        claim.speakers = if who / 3 % 4 == 3 {
            Chain::recorded(Vec::new(), Speaker::Source(source))
        } else {
            let link = Link { speaker: Speaker::Source(source), stance: Stance::Relays };
            Chain::recorded(vec![link], Speaker::Actor(speaker))
        };
        claim.uttered = who.is_multiple_of(2).then(|| Edtf::recorded(format!("2021-05-{:02}", 1 + who % 9)));
        claim
    }

    fn read(&mut self, reader: UserId, by: (SourceId, u8), evidence: Vec<AnnotationId>) {
        let claim = self.claim(by, evidence);
        self.scene.history.reading(reader, claim);
    }

    /// A report that has its words from an earlier one, as somebody confirms, mostly; its source may be the same.
    fn copy(&mut self, reader: UserId, who: u8) {
        let Some((_, original)) = self.places.get(usize::from(who) % self.places.len().max(1)).copied() else { return };
        let (source, document) = self.document(who / 2);
        let copy = self.scene.history.annotation(reader, document, 0, 28);
        self.places.push((source, copy));
        if who.is_multiple_of(5) {
            self.scene.history.derivation(reader, copy, original);
        } else {
            self.scene.history.copies(reader, copy, original);
        }
        if who.is_multiple_of(11) {
            self.scene.history.origin(copy);
        }
        let mut evidence = vec![copy];
        if who.is_multiple_of(2) {
            let cue = Span { role: SpanRole::Cue, ..span(document, 29, 34) };
            let id = self.scene.history.id();
            self.scene.history.add(reader, id, [annotation::Event::AnnotationCreated(cue)]);
            evidence.push(id.into());
        }
        self.read(reader, (source, who), evidence);
    }

    fn relate(&mut self, reader: UserId, who: u8) {
        let (_, place) = self.place(reader, who);
        let Scene { state, group, .. } = self.scene;
        let other = self.scene.history.actor(ActorKind::Organisation, "Wing");
        let (kind, from, to) = match who % 6 {
            0 => (RelationType::PartOf, other, group),
            1 => (RelationType::FrontOf, other, group),
            2 => (RelationType::SpeaksFor, other, group),
            3 => (RelationType::HoldsOffice, other, state),
            4 => (RelationType::Controls, state, group),
            _ => (RelationType::AlliedWith, group, other),
        };
        self.relations.push(self.scene.history.relation(kind, from, to, place));
        // Whoever it is has something to say.
        let (source, said) = self.place(reader, who / 2);
        let mut claim = self.claim((source, who), vec![said]);
        claim.speakers = Chain::recorded(claim.speakers.links().to_vec(), Speaker::Actor(other));
        self.scene.history.reading(reader, claim);
    }

    fn read_of_relation(&mut self, reader: UserId, who: u8) {
        let Some(relation) = self.relations.get(usize::from(who) % self.relations.len().max(1)).copied() else {
            return;
        };
        let (source, place) = self.place(reader, who);
        let mut claim = self.claim((source, who), vec![place]);
        claim.proposition = Proposition {
            target: claim::Target::Relation(relation),
            facet: None,
            actor: None,
            role: None,
            value: None,
            ..claim.proposition
        };
        self.scene.history.reading(reader, claim);
    }

    /// What is recorded of sources, tasks and imports.
    fn work(&mut self, reader: UserId, who: u8) {
        let (id, source) = (self.scene.history.id(), self.sources[usize::from(who) % self.sources.len()]);
        match who % 3 {
            0 => {
                let grade = Grade::Admiralty { letter: Letter::F, digit: 6 };
                let reason = Text::recorded("Nobody knows it.".to_owned());
                let content = Content { target: assessment::Target::Source(source), grade, reason };
                self.scene.history.add(reader, id, [assessment::Event::AssessmentRecorded(content)]);
            }
            1 => {
                let (_, document) = self.document(who);
                let (overlap, assignees) = (Overlap::Of(2), Vec::new());
                let terms = Terms { document, revision: 1, overlap, lease_seconds: 60, priority: 0, assignees };
                self.scene.history.add(user("curator"), id, [task::Event::TaskOpened(terms)]);
                let leased = task::Event::TaskLeased { annotator: reader, until_us: 1_620_136_800_000_000 };
                self.scene.history.add(reader, id, [leased]);
            }
            _ => {
                self.scene.history.add(reader, id, [import::Event::ImportBatchStarted { name: None }]);
                if who.is_multiple_of(2) {
                    let lines = import::Lines { lines: 3, refused: 1 };
                    self.scene.history.add(reader, id, [import::Event::ImportBatchCompleted(lines)]);
                }
            }
        }
    }

    /// What the project itself says.
    fn govern(&mut self, who: u8) {
        let (admin, project) = (self.scene.history.admin, self.scene.history.project.uuid());
        let event = match who % 3 {
            0 => {
                self.versions.0 += 1;
                let readings = [Readings::Any, Readings::Majority][usize::from(who / 3 % 2)];
                let policy = Policy { readings, ..Policy::default() };
                project::Event::PolicyPublished { version: self.versions.0, policy }
            }
            1 => {
                self.versions.1 += 1;
                let codebook = Codebook {
                    guideline: Text::recorded("Read.".to_owned()),
                    kinds: Vec::new(),
                    modes: Vec::new(),
                    labels: BTreeMap::new(),
                    acts: Vec::new(),
                    roles: Vec::new(),
                };
                project::Event::CodebookPublished { version: self.versions.1, codebook }
            }
            _ => project::Event::MemberRoleGranted { user: user(&format!("member-{who}")), role: Role::Reader },
        };
        self.scene.history.add(admin, project, [event]);
    }
}

/// A number that follows from others: a history is long, and made without being shrunk.
fn mixed(seed: u64, n: u64) -> u64 {
    // SplitMix64 (Steele, Lea, Flood 2014).
    let mut state = seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// Picks that follow from a number, each another.
struct Picks {
    seed: u64,
    taken: u64,
}

impl Picks {
    fn of(&mut self, len: usize) -> usize {
        self.taken += 1;
        usize::try_from(mixed(self.seed, self.taken) % len.max(1) as u64).unwrap()
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        let at = self.of(of.len());
        of.get(at).cloned()
    }
}

/// The question's name in `view.proto`. A new question asks here for its own.
fn name(question: &Question) -> &'static str {
    match question {
        Question::ListProjects(_) => "list_projects",
        Question::List(_) => "list",
        Question::Get(_) => "get",
        Question::Board(_) => "board",
        Question::History(_) => "history",
        Question::Records(_) => "records",
        Question::Text(_) => "text",
        Question::Progress(_) => "progress",
        Question::Origins(_) => "origins",
        Question::Timeline(_) => "timeline",
        Question::Ledger(_) => "ledger",
        Question::Orphans(_) => "orphans",
        Question::Inbox(_) => "inbox",
        Question::Identity(_) => "identity",
        Question::Preview(_) => "preview",
        Question::Relation(_) => "relation",
        Question::Agreement(_) => "agreement",
        Question::Feedback(_) => "feedback",
        Question::Queue(_) => "queue",
        Question::Traces(_) => "traces",
        Question::Veil(_) => "veil",
        Question::Basis(_) => "basis",
        Question::HangsOn(_) => "hangs_on",
        Question::LogHead(_) => "log_head",
        Question::LogInclusion(_) => "log_inclusion",
        Question::LogConsistency(_) => "log_consistency",
    }
}

/// The questions that there are, by their names.
fn names() -> BTreeSet<&'static str> {
    let proto = include_str!("../../../../../proto/gainsay/view/v1/view.proto");
    let (_, from) = proto.split_once("oneof question {").unwrap();
    let (questions, _) = from.split_once('}').unwrap();
    questions.lines().filter_map(|line| line.split_whitespace().nth(1)).collect()
}

/// What a history has, by kind, as far as it goes.
struct Known {
    created: BTreeMap<Kind, Vec<Uuid>>,
    judgements: Vec<JudgementId>,
    records: Vec<Record>,
}

impl Known {
    fn of(entries: &[Entry]) -> Self {
        let records: Vec<Record> = entries.iter().map(|entry| wire::record::decode(&entry.payload).unwrap()).collect();
        let mut created: BTreeMap<Kind, Vec<Uuid>> = BTreeMap::new();
        for record in records.iter().filter(|record| record.envelope.revision == 1) {
            created.entry(record.envelope.kind).or_default().push(record.envelope.id);
        }
        let judged = records.iter().flat_map(|record| &record.events).filter_map(|event| match event {
            Event::Identity(event) => event.judged().map(|(_, judged)| judged.id),
            _ => None,
        });
        let judgements = judged.collect();
        Self { created, judgements, records }
    }

    fn of_kind(&self, kind: Kind) -> &[Uuid] {
        self.created.get(&kind).map_or(&[], Vec::as_slice)
    }
}

/// Everything that may be asked as of a position: each question, of each collection and kind, about what is picked.
fn questions(scene: &Scene, known: &Known, at: usize, picks: &mut Picks) -> Vec<Question> {
    let (limit, quotes, after) = (1_000, 20, 0);
    let mut questions = vec![
        Question::ListProjects(ListProjects { limit, after }),
        Question::Records(AskRecords { limit, after }),
        Question::Orphans(AskOrphans { limit, after }),
        Question::Inbox(AskInbox { limit, after }),
        Question::Feedback(AskFeedback { limit, after }),
        Question::Agreement(AskAgreement { limit, ..AskAgreement::default() }),
        Question::Agreement(AskAgreement { limit, document: Some(scene.document.to_string()), ..Default::default() }),
        Question::Text(AskText { document: scene.document.to_string(), revision: 1 }),
        Question::Veil(AskVeil {}),
        Question::LogHead(AskLogHead {}),
        Question::LogInclusion(AskLogInclusion { position: 1 + picks.of(at) as u64 }),
        Question::LogConsistency(AskLogConsistency { from: 1 + picks.of(at) as u64 }),
        Question::Queue(AskQueue {
            annotator: user("a").to_string(),
            now_us: 1_620_136_800_000_000 + i64::from(picks.of(2) == 1),
            command: Uuid::nil().to_string(),
            limit,
        }),
    ];
    // One that is there from the beginning, of which most is told, and another.
    let incidents = [Some(scene.incident.uuid()), picks.one(known.of_kind(Kind::Incident))];
    for incident in incidents.into_iter().flatten().map(|id| id.to_string()) {
        questions.push(Question::Board(AskBoard { incident: incident.clone(), quotes, known: None }));
        questions.push(Question::Timeline(AskTimeline { incident: incident.clone(), quotes }));
        questions.push(Question::Basis(AskBasis { incident: incident.clone(), after, limit }));
        questions.push(Question::Origins(AskOrigins { incident: incident.clone() }));
        // Of the one there are more documents than one question tries.
        let is_first = incident == scene.incident.to_string();
        let kinds: &[&str] = if is_first { &["source", "annotator"] } else { &["source", "document", "annotator"] };
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        questions.push(Question::HangsOn(AskHangsOn { incident: incident.clone(), kinds }));
        questions.push(get("incidents", &incident));
    }
    for relation in (0..3).filter_map(|_| picks.one(known.of_kind(Kind::Relation))) {
        questions.push(Question::Relation(AskRelation { relation: relation.to_string(), quotes }));
    }
    let actors = [Some(scene.group.uuid()), picks.one(known.of_kind(Kind::Actor))];
    let ledgers = actors
        .map(|id| ("actor", id))
        .into_iter()
        .chain([("source", Some(scene.source.uuid())), ("source", picks.one(known.of_kind(Kind::Source)))]);
    for (kind, id) in ledgers {
        let Some(id) = id.map(|id| id.to_string()) else { continue };
        questions.push(Question::Ledger(AskLedger { kind: kind.to_owned(), id, limit, after, quotes }));
    }
    for kind in identity::Subject::ALL {
        questions.push(Question::Identity(AskIdentity { kind: kind.to_string(), limit, after }));
    }
    let (left, right) = (scene.group.to_string(), scene.state.to_string());
    questions.push(Question::Preview(AskPreview { kind: "actor".to_owned(), left, right, limit, after }));
    for (collection, kind) in COLLECTIONS {
        questions.push(Question::List(list(collection, limit, 0)));
        let one = match collection {
            "projects" => Some(scene.history.project.to_string()),
            "policies" => Some("0".to_owned()),
            "codebooks" => Some("1".to_owned()),
            "members" => Some(scene.history.admin.to_string()),
            "judgements" => picks.one(&known.judgements).map(|id| id.to_string()),
            _ => picks.one(known.of_kind(kind)).map(|id| id.to_string()),
        };
        questions.extend(one.map(|id| get(collection, &id)));
    }
    for kind in Kind::ALL {
        let Some(id) = picks.one(known.of_kind(*kind)).map(|id| id.to_string()) else { continue };
        questions.push(Question::History(AskHistory { kind: kind.to_string(), id: id.clone(), limit, after }));
        let named = By::Named(Traced { kind: kind.to_string(), id });
        questions.push(Question::Traces(AskTraces { of: Some(named), limit, before: 0 }));
    }
    let author = By::Author(user("a").to_string());
    questions.push(Question::Traces(AskTraces { of: Some(author), limit, before: 0 }));
    questions
}

#[test]
fn every_question_but_that_for_progress_is_asked_as_of_a_position() {
    let mut world = World::new();
    // The scene has none yet.
    world.relate(user("a"), 0);
    let entries = world.scene.history.entries();
    let all = questions(&world.scene, &Known::of(entries), entries.len(), &mut Picks { seed: SEED, taken: 0 });
    let asked: BTreeSet<&str> = all.iter().map(name).chain(["progress"]).collect();
    assert_eq!(asked, names());
}

/// What is left of the records without something, and where they stood.
struct Rest {
    entries: Vec<Entry>,
    /// Ascending.
    positions: Vec<u64>,
    /// The position as of which they are the rest.
    at: u64,
}

impl Rest {
    /// The records without these, as the records and the views as they are tell it. None where no set of records is what is
    /// left: see [`Gone::of`].
    fn of(fixture: &Fixture, entries: &[Entry], known: &Known, left_out: &[Without]) -> Option<Self> {
        let gone = Gone::of(fixture, known, left_out)?;
        let is_left = |record: &Record| {
            let is_judged = |event: &Event| match event {
                Event::Identity(event) => gone.judgements.contains(&event.judgement()),
                _ => false,
            };
            let address = (record.envelope.kind, record.envelope.id);
            !gone.aggregates.contains(&address) && !record.events.iter().any(is_judged)
        };
        let left: Vec<(&Entry, &Record)> =
            entries.iter().zip(&known.records).filter(|(_, record)| is_left(record)).collect();
        let positions: Vec<u64> = left.iter().map(|(entry, _)| entry.position).collect();
        let rest = Self { entries: Vec::new(), positions, at: entries.len() as u64 };
        let entries = left.into_iter().map(|(entry, record)| rest.ranked(entry, record)).collect();
        Some(Self { entries, ..rest })
    }

    /// How many of the records that are left stand up to a position; one that is yet to come stays as far away.
    fn rank(&self, position: u64) -> u64 {
        let left = self.positions.partition_point(|kept| *kept <= position) as u64;
        left + position.saturating_sub(self.at)
    }

    /// The record with the positions that it names itself.
    fn ranked(&self, entry: &Entry, record: &Record) -> Entry {
        let mut record = record.clone();
        for event in &mut record.events {
            match event {
                Event::Adjudication(adjudication::Event::FindingRecorded(finding)) => {
                    finding.based_on = self.rank(finding.based_on);
                }
                Event::Adjudication(adjudication::Event::ReadingsRuled(rulings)) => {
                    rulings.based_on = self.rank(rulings.based_on);
                }
                _ => {}
            }
        }
        Entry::new(entry.position, wire::record::encode(&record), record)
    }

    /// An answer with the positions that its records have among those that are left, and without what tells that it is what
    /// would be.
    fn told(&self, answer: &Said) -> Value {
        let mut told = serde_json::to_value(answer).unwrap();
        ranked(&mut told, &|position| self.rank(position));
        told
    }
}

/// Maps the positions of an answer; what tells that it is what would be goes.
fn ranked(value: &mut Value, rank: &impl Fn(u64) -> u64) {
    match value {
        Value::Object(members) => {
            members.remove("without");
            if let Some(Value::Array(flags)) = members.get_mut("flags") {
                flags.retain(|flag| flag != "basis_changed");
            }
            for (name, member) in members {
                match (name.as_str(), member.as_u64()) {
                    ("as_of" | "position" | "based_on", Some(position)) => *member = rank(position).into(),
                    _ => ranked(member, rank),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| ranked(item, rank)),
        _ => {}
    }
}

/// What goes with what is left out, told by the records, and by the views as they are.
#[derive(Default)]
struct Gone {
    aggregates: BTreeSet<(Kind, Uuid)>,
    judgements: BTreeSet<JudgementId>,
}

impl Gone {
    /// What is left is no set of records, so that there is nothing to compare with:
    ///
    /// - without an actor who makes others' words their own: the words stay, and no record is of the position alone that the
    ///   actor takes by them;
    /// - without a source, where passages overlap that lead on to it and to others: which of them are one passage is told by
    ///   what is cited of one incident. So passages of which somebody has copies overlap nothing in these histories, but for
    ///   those of the first source, which lead to no other.
    fn of(fixture: &Fixture, known: &Known, left_out: &[Without]) -> Option<Self> {
        let mut gone = Self::default();
        let (mut documents, mut spoken) = (BTreeSet::new(), BTreeSet::new());
        let mut copies: BTreeSet<AnnotationId> = BTreeSet::new();
        for Without { kind, id: text } in left_out {
            let id: Uuid = text.parse().unwrap();
            match kind.as_str() {
                "annotator" => {
                    let created = known.records.iter().filter(|record| record.envelope.revision == 1);
                    let read = created.filter(|it| it.envelope.kind == Kind::Reading);
                    let own = read.filter(|it| it.envelope.author == UserId::new(id));
                    spoken.extend(own.map(|record| record.envelope.id));
                }
                "document" => drop(documents.insert(DocumentId::new(id))),
                "judgement" => drop(gone.judgements.insert(id.into())),
                "source" => {
                    let own = known.documents_of(id.into());
                    copies.extend(known.copies_of(&own));
                    documents.extend(own);
                    spoken.extend(said_by(fixture, known, "source", id));
                }
                "actor" => spoken.extend(said_by(fixture, known, "actor", id)),
                other => panic!("{other}"),
            }
        }
        let marks: BTreeSet<AnnotationId> = known.marks_in(&documents).into_iter().chain(copies).collect();
        gone.aggregates.extend(documents.iter().map(|id| (Kind::Document, id.uuid())));
        gone.aggregates.extend(marks.iter().map(|id| (Kind::Annotation, id.uuid())));
        gone.aggregates.extend(spoken.into_iter().map(|id| (Kind::Reading, id)));
        for (kind, id, cited) in known.citing() {
            let goes = match kind {
                Kind::Derivation => !cited.is_disjoint(&marks),
                _ => cited.is_subset(&marks),
            };
            if goes {
                gone.aggregates.insert((kind, id));
            }
        }
        for Without { id, .. } in left_out.iter().filter(|it| it.kind == "actor") {
            let same = same_actors(fixture, known, id.parse().unwrap());
            let adopts = |(id, claim): (&Uuid, &Claim)| {
                let link = |link: &Link| match (&link.speaker, link.stance) {
                    (Speaker::Actor(actor), Stance::Adopts) => same.contains(&actor.uuid()),
                    _ => false,
                };
                !gone.aggregates.contains(&(Kind::Reading, *id)) && claim.speakers.links().iter().any(link)
            };
            if known.claims().iter().any(adopts) {
                return None;
            }
        }
        Some(gone)
    }
}

impl Known {
    /// What each reading says at last.
    fn claims(&self) -> BTreeMap<Uuid, Claim> {
        let said = self.records.iter().flat_map(|record| record.events.iter().map(|event| (record.envelope.id, event)));
        let said = said.filter_map(|(id, event)| match event {
            Event::Reading(reading::Event::ClaimRead(claim) | reading::Event::ClaimReadingRevised(claim)) => {
                Some((id, claim.clone()))
            }
            _ => None,
        });
        said.collect()
    }

    fn documents_of(&self, source: SourceId) -> BTreeSet<DocumentId> {
        let registered = self.records.iter().filter(|record| {
            let is_of = |event: &Event| match event {
                Event::Document(domain::document::Event::DocumentRegistered(detail)) => detail.source == source,
                _ => false,
            };
            record.events.iter().any(is_of)
        });
        registered.map(|record| DocumentId::new(record.envelope.id)).collect()
    }

    /// In which document each annotation stands that is wanted.
    fn created_spans(&self, is_wanted: impl Fn(&Span) -> bool) -> BTreeMap<AnnotationId, DocumentId> {
        let created = self.records.iter().filter_map(|record| match record.events.first() {
            Some(Event::Annotation(annotation::Event::AnnotationCreated(span))) if is_wanted(span) => {
                Some((AnnotationId::new(record.envelope.id), span.document))
            }
            _ => None,
        });
        created.collect()
    }

    fn places(&self) -> BTreeMap<AnnotationId, DocumentId> {
        self.created_spans(|_| true)
    }

    fn marks_in(&self, documents: &BTreeSet<DocumentId>) -> BTreeSet<AnnotationId> {
        self.places().into_iter().filter(|(_, document)| documents.contains(document)).map(|(mark, _)| mark).collect()
    }

    /// The annotations elsewhere of which all origins stand in these documents.
    fn copies_of(&self, documents: &BTreeSet<DocumentId>) -> BTreeSet<AnnotationId> {
        let (mut leads, mut edges, mut declared) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        for record in &self.records {
            let id = record.envelope.id;
            match &record.events[0] {
                Event::Derivation(derivation::Event::DerivationSuggested(edge)) => drop(edges.insert(id, *edge)),
                Event::Derivation(derivation::Event::DerivationConfirmed { .. }) => {
                    leads.entry(edges[&id].from).or_insert_with(BTreeSet::new).insert(edges[&id].to);
                }
                Event::Derivation(derivation::Event::OriginDeclared { annotation, .. }) => {
                    declared.insert(*annotation);
                }
                _ => {}
            }
        }
        let places = self.places();
        let is_copy = |mark: &AnnotationId| {
            let (mut pending, mut seen, mut roots) = (vec![*mark], BTreeSet::new(), BTreeSet::new());
            while let Some(mark) = pending.pop() {
                if !seen.insert(mark) {
                    continue;
                }
                match leads.get(&mark).filter(|_| !declared.contains(&mark)) {
                    Some(originals) => pending.extend(originals),
                    None => drop(roots.insert(places[&mark])),
                }
            }
            !roots.is_empty() && roots.is_subset(documents)
        };
        places.keys().filter(|mark| is_copy(mark)).copied().collect()
    }

    /// What cites annotations, or names them, and which at last.
    fn citing(&self) -> Vec<(Kind, Uuid, BTreeSet<AnnotationId>)> {
        let cues: BTreeSet<AnnotationId> = self.created_spans(|span| span.role == SpanRole::Cue).into_keys().collect();
        // A cue stands beside a passage of its document, and goes with it.
        let cited = |claim: Claim| claim.evidence.into_iter().filter(|id| !cues.contains(id)).collect();
        let read = self.claims().into_iter().map(|(id, claim)| (Kind::Reading, id, cited(claim)));
        let others = self.records.iter().filter_map(|record| {
            let cited: BTreeSet<AnnotationId> = match record.events.first()? {
                Event::Relation(relation::Event::RelationRegistered(edge)) => edge.evidence.iter().copied().collect(),
                Event::Derivation(derivation::Event::DerivationSuggested(edge)) => [edge.from, edge.to].into(),
                Event::Derivation(derivation::Event::OriginDeclared { annotation, .. }) => [*annotation].into(),
                _ => return None,
            };
            Some((record.envelope.kind, record.envelope.id, cited))
        });
        // What is found not to be a claim cites nothing, and goes with its document, where no view is that tells it.
        read.chain(others).collect()
    }
}

/// Every id of an actor, as it is judged.
fn same_actors(fixture: &Fixture, known: &Known, id: Uuid) -> BTreeSet<Uuid> {
    let Said::Ledger(ledger) = ask_ledger(fixture, known, "actor", id, 0) else { panic!("no ledger") };
    ledger.same.iter().map(|id| id.parse().unwrap()).collect()
}

fn ask_ledger(fixture: &Fixture, known: &Known, kind: &str, id: Uuid, after: u64) -> Said {
    let ask = AskLedger { kind: kind.to_owned(), id: id.to_string(), limit: 1_000, after, quotes: 0 };
    fixture.answer(&asked(fixture, known.records.len(), &Question::Ledger(ask), &[])).answer.unwrap()
}

/// The readings of whoever it is: those that say so, and those of utterances that are theirs as the ledger has it, since
/// somebody else may speak for them.
fn said_by(fixture: &Fixture, known: &Known, kind: &str, id: Uuid) -> BTreeSet<Uuid> {
    let same = if kind == "actor" { same_actors(fixture, known, id) } else { BTreeSet::from([id]) };
    let speaks = |claim: &Claim| match claim.speakers.speaker() {
        Speaker::Actor(actor) => kind == "actor" && same.contains(&actor.uuid()),
        Speaker::Source(source) => kind == "source" && same.contains(&source.uuid()),
        Speaker::Unidentified { .. } => false,
    };
    let mut said: BTreeSet<Uuid> =
        known.claims().iter().filter(|(_, claim)| speaks(claim)).map(|(reading, _)| *reading).collect();
    let mut after = Some(0);
    while let Some(at) = after {
        let Said::Ledger(ledger) = ask_ledger(fixture, known, kind, id, at) else { panic!("no ledger") };
        for utterance in ledger.lines.into_iter().filter_map(|line| line.said) {
            let is_theirs = utterance.speaker.as_ref().is_some_and(|voice| {
                voice.kind == kind && voice.id.as_ref().is_some_and(|id| same.contains(&id.parse().unwrap()))
            });
            if is_theirs {
                said.extend(utterance.readings.iter().map(|id| id.parse::<Uuid>().unwrap()));
            }
        }
        after = ledger.after;
    }
    said
}

/// Everything that may be left out of a history.
fn all_left_out(known: &Known) -> Vec<Without> {
    let named = |kind: &str, id: &dyn ToString| Without { kind: kind.to_owned(), id: id.to_string() };
    let read =
        ["a", "b", "c"].map(user).into_iter().filter(|who| known.records.iter().any(|it| it.envelope.author == *who));
    let mut all: Vec<Without> = read.map(|who| named("annotator", &who)).collect();
    for (name, kind) in [("document", Kind::Document), ("source", Kind::Source), ("actor", Kind::Actor)] {
        all.extend(known.of_kind(kind).iter().map(|id| named(name, id)));
    }
    all.extend(known.judgements.iter().map(|id| named("judgement", id)));
    all
}

/// One of a kind, so that the many documents leave room for the few sources; now and then something else besides.
fn picked(all: &[Without], picks: &mut Picks) -> Vec<Without> {
    let mut picked = Vec::new();
    for _ in 0..=usize::from(picks.of(4) == 0) {
        let kind = ["annotator", "document", "judgement", "source", "actor"][picks.of(5)];
        let of_kind: Vec<Without> = all.iter().filter(|without| without.kind == kind).cloned().collect();
        picked.extend(picks.one(&of_kind));
    }
    picked.dedup();
    picked
}

/// Records of a long history, at least, and points of it that are looked at.
fn size() -> (usize, u64) {
    let soak = std::env::var_os("GAINSAY_SOAK").is_some_and(|value| value == "1");
    if soak { (2_000, 200) } else { (300, 12) }
}

const SEED: u64 = 20_210_504;

/// Another history with another seed: `GAINSAY_SEED`.
fn seed() -> u64 {
    std::env::var("GAINSAY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(SEED)
}

/// Compares what is told without something with what an installation tells that never got it; answers how many answers were
/// compared, and none where there is nothing to compare with. What cannot be told without something refuses it.
fn compare_without(
    fixture: &Fixture,
    entries: &[Entry],
    known: &Known,
    questions: &[Question],
    left_out: &[Without],
) -> Option<u32> {
    let rest = Rest::of(fixture, entries, known, left_out);
    let other = rest.as_ref().map(|rest| installation(&fixture.history, rest.entries.iter().cloned()));
    let mut compared = 0;
    for question in questions {
        let found = fixture.answer(&asked(fixture, entries.len(), question, left_out)).answer.unwrap();
        if !honours_without(question) {
            let Said::Refusal(refusal) = found else { panic!("{question:?} without {left_out:?}: {found:?}") };
            assert_eq!(refusal.code, "not_supported_yet", "{question:?}");
            continue;
        }
        if let Question::HangsOn(ask) = question {
            compare_hangs_on(fixture, known, ask, left_out);
            continue;
        }
        let (Some(rest), Some(other)) = (&rest, &other) else { continue };
        let expected = other.answer(&asked(other, rest.entries.len(), question, &[])).answer.unwrap();
        let mut as_told = serde_json::to_value(&expected).unwrap();
        ranked(&mut as_told, &|position| position);
        assert_eq!(rest.told(&found), as_told, "at {} without {left_out:?}: {question:?}", entries.len());
        compared += 1;
    }
    rest.map(|_| compared)
}

/// Of so many points one is compared with boards without each thing, besides where something is left out anyway.
const BOARDS_EVERY: u64 = 4;
/// Documents that are left out one at a time: a long history has hundreds.
const DOCUMENTS_TRIED: usize = 20;

/// Compares what statuses hang on, besides what is left out, with boards without each; answers how many boards there were.
///
/// Not with an installation that never got what is left out: from where words come is told before anything is taken out, and
/// so with a document in the middle, which such an installation lacks.
fn compare_hangs_on(fixture: &Fixture, known: &Known, ask: &AskHangsOn, left_out: &[Without]) -> u32 {
    let at = known.records.len();
    let answer = fixture.answer(&asked(fixture, at, &Question::HangsOn(ask.clone()), left_out)).answer.unwrap();
    let (told, now) = match (answer, board_statuses(fixture, at, ask, left_out)) {
        (Said::HangsOn(told), Ok(now)) => (told, now),
        // A class has no board, and so nothing hangs on anything.
        (Said::Refusal(refusal), Err(of_board)) => {
            assert_eq!(refusal, of_board, "at {at} without {left_out:?}: {ask:?}");
            return 0;
        }
        (told, now) => panic!("at {at} without {left_out:?}: {ask:?}: {told:?}, {now:?}"),
    };
    assert_eq!(told.status, now[&None], "at {at} without {left_out:?}");
    let items: BTreeMap<(String, String), &Hanging> =
        told.items.iter().map(|item| ((item.kind.clone(), item.id.clone()), item)).collect();
    let named = all_left_out(known).into_iter().map(|Without { kind, id }| (kind, id));
    let mut all: BTreeSet<(String, String)> = named.filter(|(kind, _)| ask.kinds.contains(kind)).collect();
    let mut documents = 0;
    all.retain(|(kind, _)| {
        documents += usize::from(kind == "document");
        kind != "document" || documents.is_multiple_of(at / 2 / DOCUMENTS_TRIED + 1)
    });
    all.extend(items.keys().cloned());
    let mut compared = 0;
    for (kind, id) in all {
        let what = Without { kind: kind.clone(), id: id.clone() };
        let item = items.get(&(kind, id)).copied();
        if left_out.contains(&what) || item.is_none() && told.more > 0 {
            assert!(item.is_none(), "{item:?} is left out already");
            continue;
        }
        let without: Vec<Without> = left_out.iter().cloned().chain([what]).collect();
        let then = board_statuses(fixture, at, ask, &without).unwrap();
        let keys = now.keys().chain(then.keys());
        let change = |key| {
            let status = |of: &Statuses| of.get(key).map_or("none", String::as_str).to_owned();
            Change { before: status(&now), after: status(&then) }
        };
        let changed = keys.map(|key| (key.clone(), change(key))).filter(|(_, change)| change.before != change.after);
        let changed: BTreeMap<Option<Proposed>, Change> = changed.collect();
        assert_eq!(item.map(hanging).unwrap_or_default(), changed, "at {at} without {without:?}: {ask:?}");
        compared += 1;
    }
    compared
}

/// What a proposition says: facet, role, actor, value.
type Proposed = (String, Option<String>, Option<String>, Option<String>);

/// The status of each proposition of a board, and under nothing that of its incident.
type Statuses = BTreeMap<Option<Proposed>, String>;

fn board_statuses(fixture: &Fixture, at: usize, ask: &AskHangsOn, without: &[Without]) -> Result<Statuses, Refusal> {
    let question = Question::Board(AskBoard { incident: ask.incident.clone(), quotes: 0, known: None });
    let board = match fixture.answer(&asked(fixture, at, &question, without)).answer.unwrap() {
        Said::Board(board) => board,
        Said::Refusal(refusal) => return Err(refusal),
        other => panic!("{other:?}"),
    };
    let of_propositions = board.propositions.into_iter().map(|about| {
        let key = proposed(&about.facet, about.role.as_deref(), about.actor.as_ref(), about.value.as_deref());
        (Some(key), about.status)
    });
    Ok(of_propositions.chain([(None, board.status)]).collect())
}

fn proposed(facet: &str, role: Option<&str>, actor: Option<&Named>, value: Option<&str>) -> Proposed {
    (facet.to_owned(), role.map(str::to_owned), actor.map(|actor| actor.id.clone()), value.map(str::to_lowercase))
}

fn hanging(item: &Hanging) -> BTreeMap<Option<Proposed>, Change> {
    let of_propositions = item.propositions.iter().map(|about| {
        let key = proposed(&about.facet, about.role.as_deref(), about.actor.as_ref(), about.value.as_deref());
        (Some(key), about.status.clone().unwrap())
    });
    let of_incident = item.status.iter().map(|change| (None, change.clone()));
    of_propositions.chain(of_incident).collect()
}

proptest! {
    #![proptest_config(cases(12, 500))]

    #[test]
    fn what_would_be_without_something_is_what_an_installation_says_that_never_got_it(
        steps in prop::collection::vec((any::<u8>(), any::<u8>()), 1..40),
        at in any::<prop::sample::Index>(),
        seed in any::<u64>(),
    ) {
        let mut world = World::new();
        // The scene itself is always there: an incident has to be known.
        let begun = world.scene.history.entries().len();
        for (what, who) in steps {
            world.happen(what, who);
        }
        let entries = world.scene.history.entries();
        let entries = &entries[..begun + at.index(entries.len() - begun + 1)];
        let (fixture, known) = (Fixture::new(world.scene.history.clone()), Known::of(entries));
        let mut picks = Picks { seed, taken: 0 };
        let questions: Vec<Question> = questions(&world.scene, &known, entries.len(), &mut picks);
        let questions: Vec<Question> = questions.into_iter().filter(honours_without).collect();
        for _ in 0..3 {
            let left_out = picked(&all_left_out(&known), &mut picks);
            if !left_out.is_empty() {
                compare_without(&fixture, entries, &known, &questions, &left_out);
            }
        }
    }
}

#[test]
fn every_view_as_of_a_position_and_without_something_is_that_of_an_installation_that_has_no_more() {
    let ((len, points), seed) = (size(), seed());
    let mut world = World::new();
    let begun = world.scene.history.entries().len();
    for n in 0.. {
        if world.scene.history.entries().len() >= len {
            break;
        }
        let [what, who, ..] = mixed(seed, n).to_be_bytes();
        world.happen(what, who);
    }
    let scene = world.scene;
    let entries = scene.history.entries();
    let fixture = Fixture::new(scene.history.clone());
    println!("seed {seed}: {} records, {points} points", entries.len());
    let (mut compared, mut without, mut undefined) = (0, BTreeMap::<String, u32>::new(), 0);
    let mut boards = 0;
    for point in 0..points {
        let mut picks = Picks { seed: seed + 1 + point, taken: 0 };
        let at = begun + picks.of(entries.len() - begun);
        let known = Known::of(&entries[..at]);
        let past = installation(&scene.history, entries[..at].iter().cloned());
        let questions = questions(&scene, &known, at, &mut picks);
        for question in &questions {
            let (found, expected) = (asked(&fixture, at, question, &[]), asked(&past, at, question, &[]));
            let (found, expected) = (fixture.answer(&found), past.answer(&expected));
            assert_eq!(found.to_bytes(), expected.to_bytes(), "seed {seed} at {at}: {question:?}");
            compared += 1;
            if let Question::HangsOn(ask) = question
                && point.is_multiple_of(BOARDS_EVERY)
            {
                boards += compare_hangs_on(&fixture, &known, ask, &[]);
            }
        }
        let left_out = picked(&all_left_out(&known), &mut picks);
        if left_out.is_empty() {
            continue;
        }
        match compare_without(&fixture, &entries[..at], &known, &questions, &left_out) {
            Some(answers) => *without.entry(left_out[0].kind.clone()).or_default() += answers,
            None => undefined += 1,
        }
    }
    let what_if: u32 = without.values().sum();
    println!(
        "{compared} answers as of a position are those of installations that end there, byte for byte; {what_if} without \
         something are those of installations that never got it ({without:?}); at {undefined} points there was nothing to \
         compare with; what statuses hang on is what {boards} boards without each say"
    );
}
