//! Cases in the words of the rules: `given.read(denies(GROUP, GROUP).on("2021-05-06"))`.
//!
//! Everybody in the cast is known to every case. A reading that is not told where it stands gets a document and a
//! passage of its own, so that it is an utterance of its own.

use crate::Aggregate;
use crate::actor::{Actor, ActorKind};
use crate::adjudication::{self, Adjudication, Docket, Outcome, Pending, Rulings, Standard};
use crate::anchor::{Found, Lost, Method, SCORE_MAX};
use crate::annotation::{self, Anchoring, Annotation, Span, SpanRole};
use crate::attribution::{
    Board, Case, CaseReading, Dispute, DisputeKind, Flag, IncidentFlag, IncidentStatus, Mark, Proposition, Status,
    Utterance, assess,
};
use crate::claim::{
    self, Act, Certainty, Chain, Claim, Facet, Key, Link, Polarity, Role, Scope, Speaker, Stance, Target,
    UnidentifiedKind,
};
use crate::derivation::{self, Derivation, DerivationType, Standing};
use crate::document::{self, Document};
use crate::id::{
    ActorId, AdjudicationId, AnnotationId, DerivationId, DocumentId, IncidentId, ReadingId, RelationId, SourceId,
    UserId,
};
use crate::identity::Judgements;
use crate::incident::{Class, Detail};
use crate::opinion::Opinion;
use crate::policy::{Evidence, Generic, Policy, Readings};
use crate::relation::{Edge, Relation, RelationStance, RelationType};
use crate::source::{Source, SourceKind};
use crate::testing::{edtf, text};
use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::ops::Range;
use uuid::Uuid;

/// An organisation: the accused of most cases.
pub const GROUP: ActorId = ActorId::new(Uuid::from_u128(0xa1));
/// Another organisation.
pub const RIVAL: ActorId = ActorId::new(Uuid::from_u128(0xa2));
/// A group that nobody knows.
pub const UNKNOWN: ActorId = ActorId::new(Uuid::from_u128(0xa3));
/// People without office.
pub const WITNESS: ActorId = ActorId::new(Uuid::from_u128(0xa4));
/// Another of them.
pub const BYSTANDER: ActorId = ActorId::new(Uuid::from_u128(0xa5));
/// A person who speaks for others where a case says so.
pub const SPOKESMAN: ActorId = ActorId::new(Uuid::from_u128(0xa6));
/// Organs of states.
pub const ARMY: ActorId = ActorId::new(Uuid::from_u128(0xa7));
/// Another state's.
pub const MINISTRY: ActorId = ActorId::new(Uuid::from_u128(0xa8));
/// A court.
pub const COURT: ActorId = ActorId::new(Uuid::from_u128(0xa9));
/// An office.
pub const PROSECUTOR: ActorId = ActorId::new(Uuid::from_u128(0xaa));
/// Media as an actor.
pub const RADIO: ActorId = ActorId::new(Uuid::from_u128(0xab));

/// A newspaper: the source of every document.
pub const PAPER: SourceId = SourceId::new(Uuid::from_u128(0xb1));
/// An agency.
pub const AGENCY: SourceId = SourceId::new(Uuid::from_u128(0xb2));
/// A ministry's own channel.
pub const GAZETTE: SourceId = SourceId::new(Uuid::from_u128(0xb3));

/// Annotators.
pub const ANNA: UserId = UserId::new(Uuid::from_u128(0xc1));
pub const BERT: UserId = UserId::new(Uuid::from_u128(0xc2));
pub const CARA: UserId = UserId::new(Uuid::from_u128(0xc3));

/// The incident, of 4 May 2021.
pub const INCIDENT: IncidentId = IncidentId::new(Uuid::from_u128(0xd1));
/// A class of which it is a member once `given.class(any())` is said.
pub const ATTACKS: IncidentId = IncidentId::new(Uuid::from_u128(0xd2));
/// Another class.
pub const RAIDS: IncidentId = IncidentId::new(Uuid::from_u128(0xd3));

/// A stretch of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage {
    pub document: DocumentId,
    pub revision: u32,
    pub start: u32,
    pub end: u32,
}

impl Passage {
    /// Another stretch of the same document.
    pub fn part(self, range: Range<u32>) -> Self {
        Self { start: range.start, end: range.end, ..self }
    }

    /// The same stretch of another revision.
    pub fn revision(self, revision: u32) -> Self {
        Self { revision, ..self }
    }
}

/// One who can be named in a chain.
pub trait Named {
    fn speaker(self) -> Speaker;
}

impl Named for ActorId {
    fn speaker(self) -> Speaker {
        Speaker::Actor(self)
    }
}

impl Named for SourceId {
    fn speaker(self) -> Speaker {
        Speaker::Source(self)
    }
}

impl Named for UnidentifiedKind {
    fn speaker(self) -> Speaker {
        Speaker::Unidentified { kind: self, label: None, of: None }
    }
}

/// A reading in the making.
#[derive(Debug, Clone)]
pub struct Saying {
    pub claim: Claim,
    pub author: UserId,
    pub places: Vec<(Passage, SpanRole)>,
    pub published: Option<&'static str>,
}

/// Somebody performs an act about an actor as perpetrator of the incident: certain, specific, undated, and passed on by
/// the document's source. The polarity is the act's only one, else + where it takes a side, else 0.
pub fn says(who: impl Named, act: Act, whom: ActorId) -> Saying {
    let speaker = who.speaker();
    let links = match speaker {
        Speaker::Source(_) => Vec::new(),
        Speaker::Actor(_) | Speaker::Unidentified { .. } => {
            vec![Link { speaker: Speaker::Source(PAPER), stance: Stance::Relays }]
        }
    };
    let polarity = match act.polarities() {
        [only] => *only,
        [Polarity::Plus, Polarity::Minus] => Polarity::Plus,
        _ => Polarity::Neutral,
    };
    Saying {
        claim: Claim {
            speakers: Chain::recorded(links, speaker),
            act,
            proposition: claim::Proposition {
                target: Target::Incident(INCIDENT),
                facet: Some(Facet::Who),
                actor: Some(whom),
                role: Some(Role::Perpetrator),
                value: None,
                with: Vec::new(),
                with_others: false,
            },
            polarity,
            certainty: Certainty::Certain,
            evidence: Vec::new(),
            scope: Scope::Specific,
            presupposed: false,
            mode: None,
            uttered: None,
            changes: Vec::new(),
            speaks_for: None,
        },
        author: ANNA,
        places: Vec::new(),
        published: None,
    }
}

pub fn accuses(who: impl Named, whom: ActorId) -> Saying {
    says(who, Act::Accuses, whom)
}

/// "It was us."
pub fn claims(who: ActorId) -> Saying {
    says(who, Act::ClaimsResponsibility, who)
}

pub fn denies(who: impl Named, whom: ActorId) -> Saying {
    says(who, Act::Denies, whom)
}

pub fn doubts(who: impl Named, whom: ActorId) -> Saying {
    says(who, Act::Doubts, whom)
}

pub fn praises(who: impl Named, whom: ActorId) -> Saying {
    says(who, Act::Praises, whom)
}

/// Takes utterances back, without a position of its own.
pub fn retracts(who: impl Named, whom: ActorId, changed: &[ReadingId]) -> Saying {
    says(who, Act::Retracts, whom).changing(changed)
}

impl Saying {
    pub fn on(mut self, uttered: &str) -> Self {
        self.claim.uttered = Some(edtf(uttered));
        self
    }

    pub fn certainty(mut self, certainty: Certainty) -> Self {
        self.claim.certainty = certainty;
        self
    }

    pub fn probably(self) -> Self {
        self.certainty(Certainty::Probable)
    }

    pub fn polarity(mut self, polarity: Polarity) -> Self {
        self.claim.polarity = polarity;
        self
    }

    pub fn role(mut self, role: Role) -> Self {
        self.claim.proposition.role = Some(role);
        self
    }

    pub fn target(mut self, target: Target) -> Self {
        self.claim.proposition.target = target;
        self
    }

    /// About another facet of the incident: no role, no actor.
    pub fn facet(mut self, facet: Facet, value: Option<&str>) -> Self {
        let proposition = &mut self.claim.proposition;
        (proposition.facet, proposition.value) = (Some(facet), value.map(text));
        (proposition.actor, proposition.role) = (None, None);
        self
    }

    /// About the evidence that there is against the actor in the role.
    pub fn about_evidence(mut self) -> Self {
        self.claim.proposition.facet = Some(Facet::Evidence);
        self
    }

    /// About another incident.
    pub fn of_incident(self, incident: IncidentId) -> Self {
        self.target(Target::Incident(incident))
    }

    /// About any of a class.
    pub fn of_class(mut self, class: IncidentId) -> Self {
        self.claim.scope = Scope::Generic;
        self.target(Target::Class(class))
    }

    pub fn with(mut self, others: &[ActorId]) -> Self {
        self.claim.proposition.with = others.to_vec();
        self
    }

    pub fn presupposed(mut self) -> Self {
        self.claim.presupposed = true;
        self
    }

    pub fn changing(mut self, changed: &[ReadingId]) -> Self {
        self.claim.changes = changed.to_vec();
        self
    }

    pub fn speaking_for(mut self, relation: RelationId) -> Self {
        self.claim.speaks_for = Some(relation);
        self
    }

    /// The links before the speaker, outermost first, in place of the document's source.
    pub fn chain(mut self, links: &[(Speaker, Stance)]) -> Self {
        let links = links.iter().cloned().map(|(speaker, stance)| Link { speaker, stance }).collect();
        self.claim.speakers = Chain::recorded(links, self.claim.speakers.speaker().clone());
        self
    }

    /// One more link after the document's source.
    pub fn through(mut self, who: impl Named, stance: Stance) -> Self {
        let mut links = self.claim.speakers.links().to_vec();
        links.push(Link { speaker: who.speaker(), stance });
        self.claim.speakers = Chain::recorded(links, self.claim.speakers.speaker().clone());
        self
    }

    pub fn read_by(mut self, annotator: UserId) -> Self {
        self.author = annotator;
        self
    }

    /// Read from this passage, and from those named before.
    pub fn at(self, passage: Passage) -> Self {
        self.showing(passage, SpanRole::Content)
    }

    pub fn showing(mut self, passage: Passage, role: SpanRole) -> Self {
        self.places.push((passage, role));
        self
    }

    /// Read from a document that was published then.
    pub fn published(mut self, published: &'static str) -> Self {
        self.published = Some(published);
        self
    }
}

/// A case in the making, and the policy under which it is assessed.
#[derive(Debug, Clone)]
pub struct Given {
    pub case: Case,
    pub policy: Policy,
    pub id_last: u128,
}

impl Given {
    pub fn new() -> Self {
        let actors = [
            (GROUP, ActorKind::Organisation),
            (RIVAL, ActorKind::Organisation),
            (UNKNOWN, ActorKind::Placeholder),
            (WITNESS, ActorKind::Person),
            (BYSTANDER, ActorKind::Person),
            (SPOKESMAN, ActorKind::Person),
            (ARMY, ActorKind::StateBody),
            (MINISTRY, ActorKind::StateBody),
            (COURT, ActorKind::StateBody),
            (PROSECUTOR, ActorKind::Office),
            (RADIO, ActorKind::Media),
        ];
        let sources = [(PAPER, SourceKind::Outlet), (AGENCY, SourceKind::Agency), (GAZETTE, SourceKind::Ministry)];
        let source = |kind| Source::Registered { name: text("a source"), kind, relations: Vec::new() };
        let case = Case {
            subject: Target::Incident(INCIDENT),
            detail: Some(Detail {
                title: text("the attack"),
                when: edtf("2021-05-04"),
                kind: Some(text("rocket attack")),
                places: vec![text("Anbar")],
                targets: vec![ARMY],
            }),
            others: BTreeMap::new(),
            readings: BTreeMap::new(),
            annotations: BTreeMap::new(),
            derivations: BTreeMap::new(),
            documents: BTreeMap::new(),
            actors: actors.map(|(id, kind)| (id, Actor::Known { kind, names: Vec::new() })).into(),
            sources: sources.map(|(id, kind)| (id, source(kind))).into(),
            relations: BTreeMap::new(),
            classes: BTreeMap::new(),
            judgements: Judgements::default(),
            adjudications: BTreeMap::new(),
            silent: BTreeSet::new(),
        };
        Self { case, policy: Policy::default(), id_last: 0x1000 }
    }

    /// A case in which these readings are all there is.
    pub fn of(sayings: impl IntoIterator<Item = Saying>) -> Self {
        let mut given = Self::new();
        for saying in sayings {
            given.read(saying);
        }
        given
    }

    fn id<T: From<Uuid>>(&mut self) -> T {
        self.id_last += 1;
        Uuid::from_u128(self.id_last).into()
    }

    /// A new document of a hundred code points.
    pub fn document(&mut self, published: Option<&str>) -> Passage {
        let document = self.id();
        let detail = document::Detail {
            title: text("a report"),
            source: PAPER,
            url: None,
            published: published.map(edtf),
            language: None,
            sensitivity: None,
        };
        let registered =
            Document::Registered { detail, revisions: Vec::new(), withdrawn: false, erased: BTreeMap::new() };
        self.case.documents.insert(document, registered);
        Passage { document, revision: 1, start: 0, end: 100 }
    }

    /// A new passage of a document of its own.
    pub fn passage(&mut self) -> Passage {
        self.document(None)
    }

    pub fn read(&mut self, saying: Saying) -> ReadingId {
        let id = self.id();
        self.read_as(id, saying)
    }

    /// Records a reading under an id of the caller's.
    pub fn read_as(&mut self, id: ReadingId, saying: Saying) -> ReadingId {
        let Saying { mut claim, author, mut places, published } = saying;
        if places.is_empty() {
            places.push((self.document(published), SpanRole::Content));
        }
        for (passage, role) in places {
            claim.evidence.push(self.annotate(passage, role, author));
        }
        let written = u64::try_from(self.id_last).unwrap();
        self.case.readings.insert(id, CaseReading { author, written, claim });
        id
    }

    fn annotate(&mut self, passage: Passage, role: SpanRole, author: UserId) -> AnnotationId {
        let Passage { document, revision, start, end } = passage;
        let annotation = self.id();
        let span = Span { document, revision, start, end, role, note: None };
        self.case.annotations.insert(annotation, Annotation::Live { author, span, anchoring: Anchoring::default() });
        annotation
    }

    /// One passage derives from another; somebody who reads neither marks both.
    pub fn derives(&mut self, copy: Passage, original: Passage, standing: Standing) -> DerivationId {
        let (from, to) =
            (self.annotate(copy, SpanRole::Content, CARA), self.annotate(original, SpanRole::Content, CARA));
        let edge = derivation::Edge { derivation: DerivationType::Syndicates, from, to };
        let id = self.id();
        self.case.derivations.insert(id, Derivation::Edge { edge, standing, reason: None });
        id
    }

    /// A passage derives from another, as somebody confirmed.
    pub fn copies(&mut self, copy: Passage, original: Passage) -> DerivationId {
        self.derives(copy, original, Standing::Confirmed)
    }

    /// Declares that a passage is an origin.
    pub fn declare(&mut self, passage: Passage) {
        let annotation = self.annotate(passage, SpanRole::Content, CARA);
        let id = self.id();
        self.case.derivations.insert(id, Derivation::Origin { annotation, reason: text("they were there") });
    }

    /// The same utterance as several annotators read it, in one passage.
    pub fn read_together(&mut self, sayings: impl IntoIterator<Item = (UserId, Saying)>) -> Vec<ReadingId> {
        let passage = self.passage();
        sayings.into_iter().map(|(annotator, saying)| self.read(saying.read_by(annotator).at(passage))).collect()
    }

    /// Captures a revision in which the passages that a reading cites stand elsewhere, or are lost.
    pub fn reanchor(&mut self, reading: ReadingId, revision: u32, to: Option<&Range<u32>>) {
        for cited in &self.case.readings[&reading].claim.evidence {
            let found = to.ok_or(Lost::NotFound).map(|to| Found {
                start: to.start,
                end: to.end,
                score: SCORE_MAX,
                method: Method::Exact,
            });
            let annotation = self.case.annotations.get_mut(cited).unwrap();
            let events = annotation.decide(&annotation::Command::Reanchor { revision, found }).unwrap();
            for event in events {
                *annotation = mem::take(annotation).evolve(&event, CARA);
            }
        }
    }

    /// Retracts the annotations that a reading cites.
    pub fn orphan(&mut self, reading: ReadingId) {
        for cited in &self.case.readings[&reading].claim.evidence {
            let annotation = self.case.annotations.get_mut(cited).unwrap();
            if let Annotation::Live { author, span, anchoring } = annotation.clone() {
                *annotation = Annotation::Retracted { author, span, anchoring };
            }
        }
    }

    /// A held edge, always valid.
    pub fn edge(&mut self, relation: RelationType, from: ActorId, to: ActorId) -> RelationId {
        self.edge_during(relation, from, to, None)
    }

    /// A held edge with its validity.
    pub fn edge_during(
        &mut self,
        relation: RelationType,
        from: ActorId,
        to: ActorId,
        valid: Option<&str>,
    ) -> RelationId {
        let (id, evidence) = (self.id(), vec![self.id()]);
        let stance = RelationStance::Held;
        let edge = Edge { relation, from, to, stance, evidence, valid: valid.map(edtf) };
        self.case.relations.insert(id, Relation::Live { edge, disputed_by: BTreeSet::new() });
        id
    }

    /// Somebody disputes an edge, which is then open.
    pub fn dispute(&mut self, relation: RelationId) {
        if let Some(Relation::Live { disputed_by, .. }) = self.case.relations.get_mut(&relation) {
            disputed_by.insert(ANNA);
        }
    }

    /// A class to which every incident belongs, unless it is narrowed.
    pub fn class(&mut self, id: IncidentId, narrow: impl FnOnce(&mut Class)) -> IncidentId {
        let mut class = Class {
            title: text("attacks"),
            kinds: Vec::new(),
            targets: Vec::new(),
            places: Vec::new(),
            actors: Vec::new(),
            period: None,
        };
        narrow(&mut class);
        self.case.classes.insert(id, class);
        id
    }

    pub fn generic(mut self, generic: Generic) -> Self {
        self.policy.generic = generic;
        self
    }

    /// Rules on readings.
    pub fn rule(&mut self, uphold: &[ReadingId], reject: &[ReadingId]) -> AdjudicationId {
        let targets = uphold.iter().chain(reject).map(|id| adjudication::Target::Reading(*id)).collect();
        let rulings = Rulings {
            uphold: uphold.to_vec(),
            reject: reject.to_vec(),
            reason: text("so it is written"),
            based_on: self.now(),
        };
        self.adjudicate(targets, Some(rulings), Vec::new())
    }

    /// Finds on the proposition that this actor did it, knowing all that was read so far.
    pub fn find(&mut self, actor: ActorId, outcome: Outcome) -> AdjudicationId {
        let about = accuses(WITNESS, actor).claim.proposition;
        self.find_on(adjudication::Target::Proposition(about), outcome)
    }

    /// Finds on any target.
    pub fn find_on(&mut self, target: adjudication::Target, outcome: Outcome) -> AdjudicationId {
        let finding = adjudication::Finding {
            target: target.clone(),
            outcome,
            standard: Standard::Balance,
            reason: text("the fragments are theirs"),
            based_on: self.now(),
            dissent: Vec::new(),
        };
        self.adjudicate(vec![target], None, vec![finding])
    }

    /// The position up to which everything was written.
    fn now(&self) -> u64 {
        u64::try_from(self.id_last).unwrap()
    }

    fn adjudicate(
        &mut self,
        targets: Vec<adjudication::Target>,
        rulings: Option<Rulings>,
        findings: Vec<adjudication::Finding>,
    ) -> AdjudicationId {
        let id = self.id();
        let docket = Docket { question: text("what is it?"), targets };
        let pending = Pending { docket, reopened: None, rulings, findings };
        self.case.adjudications.insert(id, Adjudication::Pending(pending));
        id
    }

    /// Something happens to an adjudication.
    pub fn then_to(&mut self, id: AdjudicationId, event: &adjudication::Event) {
        let state = self.case.adjudications.remove(&id).unwrap();
        self.case.adjudications.insert(id, crate::Aggregate::evolve(state, event, CARA));
    }

    pub fn adjudicated(mut self) -> Self {
        self.policy.readings = Readings::Adjudicated;
        self
    }

    pub fn majority(mut self) -> Self {
        self.policy.readings = Readings::Majority;
        self
    }

    pub fn board(&self) -> Board {
        assess(&self.case, &self.policy)
    }

    /// The proposition that this actor did it.
    pub fn on(&self, actor: ActorId) -> Proposition {
        on(&self.board(), &perpetrator(actor))
    }

    pub fn status(&self, actor: ActorId) -> Status {
        self.on(actor).status
    }

    pub fn flags(&self, actor: ActorId) -> Vec<Flag> {
        self.on(actor).flags
    }

    pub fn kinds(&self) -> Vec<DisputeKind> {
        self.board().disputes.iter().map(|dispute| dispute.kind).collect()
    }

    /// The utterance, as it bears on the proposition that this actor did it.
    pub fn utterance(&self, actor: ActorId, id: ReadingId) -> Utterance {
        let about = self.on(actor);
        let mut all = about.support.iter().chain(&about.opposition).chain(&about.neutral);
        all.find(|utterance| utterance.readings.contains(&id)).expect("the utterance is listed").clone()
    }

    /// The readings of each utterance on the proposition that this actor did it, by utterance id.
    pub fn clusters(&self, actor: ActorId) -> Vec<Vec<ReadingId>> {
        let about = self.on(actor);
        let all = about.support.into_iter().chain(about.opposition).chain(about.neutral);
        let by_id: BTreeMap<_, _> = all.map(|utterance| (utterance.id, utterance.readings)).collect();
        by_id.into_values().collect()
    }

    pub fn marks(&self, actor: ActorId, id: ReadingId) -> Vec<Mark> {
        self.utterance(actor, id).marks
    }

    /// The board in short, for messages.
    pub fn summary(&self) -> String {
        let board = self.board();
        let about = board.propositions.iter().map(|p| (&p.key, p.status, &p.flags)).collect::<Vec<_>>();
        format!("{:?} {:?} {:?} {about:#?}", board.status, board.flags, self.kinds())
    }

    /// Compares the whole board, details apart: every proposition with its exact flags, the incident, the disputes.
    #[track_caller]
    pub fn then(
        &self,
        propositions: &[(Key, Status, &[Flag])],
        incident: (IncidentStatus, &[IncidentFlag]),
        disputes: &[DisputeKind],
    ) {
        let board = self.board();
        let found: Vec<_> = board.propositions.iter().map(|p| (&p.key, p.status, &p.flags[..])).collect();
        let expected: Vec<_> = propositions.iter().map(|(key, status, flags)| (key, *status, *flags)).collect();
        assert_eq!(found, expected, "propositions of {board:#?}");
        assert_eq!((board.status, &board.flags[..]), incident, "incident of {board:#?}");
        assert_eq!(self.kinds(), disputes, "disputes of {board:#?}");
    }
}

/// The proposition that this actor did it.
pub fn perpetrator(actor: ActorId) -> Key {
    in_role(actor, Role::Perpetrator)
}

pub fn in_role(actor: ActorId, role: Role) -> Key {
    Key { facet: Some(Facet::Who), role: Some(role), actor: Some(actor), value: None }
}

pub fn about(facet: Facet, value: Option<&str>) -> Key {
    Key { facet: Some(facet), role: None, actor: None, value: value.map(str::to_owned) }
}

/// The proposition of this key; one of which nobody speaks has no status and no flags.
pub fn on(board: &Board, key: &Key) -> Proposition {
    let silence = || Proposition {
        key: key.clone(),
        value: None,
        status: Status::None,
        status_without_finding: Status::None,
        finding: None,
        flags: Vec::new(),
        support: Vec::new(),
        opposition: Vec::new(),
        neutral: Vec::new(),
        adopted: Vec::new(),
        n_support: 0,
        inconsistent: Vec::new(),
        n_witness: 0,
        opinion: Opinion::from_evidence(Evidence { r: 0.0, s: 0.0 }, Policy::default().base_rate),
    };
    board.propositions.iter().find(|about| about.key == *key).cloned().unwrap_or_else(silence)
}

/// The disputes of a kind.
pub fn of_kind(board: &Board, kind: DisputeKind) -> Vec<Dispute> {
    board.disputes.iter().filter(|dispute| dispute.kind == kind).cloned().collect()
}
