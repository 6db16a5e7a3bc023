//! What holds of every history. Histories are event logs of several aggregates, folded as the log is.
//!
//! 256 cases each from a fixed seed, 10,000 from a new one when `GAINSAY_SOAK=1`; the seed is printed, and
//! `PROPTEST_RNG_SEED` sets it.

mod judgements;
mod records;
mod statuses;
mod without;

use super::given::*;
use crate::adjudication::{self, Adjudication, Docket, Finding, Outcome, Rulings, Standard};
use crate::annotation::{self, Annotation, Span, SpanRole};
use crate::attribution::{Board, Case, CaseReading, Flag, Generic, Proposition, assess};
use crate::claim::{Act, Certainty, Chain, Claim, Facet, Link, Role, Scope, Speaker, Stance, Target, UnidentifiedKind};
use crate::derivation::{self, Derivation, DerivationType, Standing};
use crate::document::{self, Document};
use crate::id::{ActorId, AnnotationId, IncidentId, ReadingId, RelationId, UserId};
use crate::identity::Identity;
use crate::policy::{self, Policy, Readings};
use crate::reading::{self, Reading};
use crate::relation::{self, Edge, Relation, RelationStance, RelationType};
use crate::testing::{cases, edtf, text};
use crate::{Aggregate, Event, Kind, fold};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::collections::BTreeMap;
use std::fmt::Debug;
use uuid::Uuid;

/// Another incident, of which nothing on the board tells.
const ELSEWHERE: IncidentId = IncidentId::new(Uuid::from_u128(0xd9));
/// The seed of the run that everybody makes.
const SEED: u64 = 20_210_504;

/// Runs a test over generated inputs and prints how to repeat it.
fn check<S: Strategy>(name: &str, inputs: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>)
where
    S::Value: Debug,
{
    let soak = std::env::var_os("GAINSAY_SOAK").is_some_and(|value| value == "1");
    let seed = match cases().rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random if soak => Uuid::new_v4().as_u64_pair().1,
        RngSeed::Random => SEED,
    };
    let config = Config { rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..cases() };
    println!("{name}: {} cases, PROPTEST_RNG_SEED={seed}", config.cases);
    if let Err(failure) = TestRunner::new(config).run(&inputs, test) {
        panic!("{failure}\n{name}: PROPTEST_RNG_SEED={seed}");
    }
}

// Histories

/// One event of one aggregate.
#[derive(Debug, Clone)]
struct Record {
    id: Uuid,
    author: UserId,
    event: Event,
}

/// What somebody does.
#[derive(Debug, Clone)]
enum Step {
    Read(Draft),
    /// Reads what another reads, in the same place, perhaps differently.
    Echo(Index, Draft),
    Revise(Index, Draft),
    Retract(Index),
    /// Moves or retracts the passage of a reading.
    Unmark(Index, Option<u32>),
    Dispute(Index),
    Withdraw(Index),
}

/// A reading before it is known what else there is.
#[derive(Debug, Clone)]
struct Draft {
    author: UserId,
    document: u8,
    span: (u32, u32),
    claim: Claim,
    changes: Vec<Index>,
    speaks_for: Option<Index>,
}

/// What somebody says of passages once all are marked.
#[derive(Debug, Clone)]
enum Descent {
    /// One derives from another.
    Derives(Index, Index, Standing),
    /// One is an origin.
    Origin(Index),
}

/// What is decided once everything was read, and what becomes of that.
#[derive(Debug, Clone)]
enum Decision {
    /// Readings are upheld, or else rejected.
    Ruled(Vec<(Index, bool)>, Fate),
    /// Something is found.
    Found(Subject, Outcome, u64, Fate),
}

/// What something is found on.
#[derive(Debug, Clone)]
enum Subject {
    Said(Box<Claim>),
    Edge(Index),
    Incident,
}

/// What becomes of a decision.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Stands,
    Reopened,
    Overturned,
}

#[derive(Debug, Clone)]
struct History {
    edges: Vec<Edge>,
    class_actors: Vec<ActorId>,
    steps: Vec<Step>,
    descents: Vec<Descent>,
    judged: Vec<judgements::Judging>,
    decisions: Vec<Decision>,
    policy: Policy,
}

fn speaker() -> impl Strategy<Value = Speaker> {
    let kind = prop_oneof![Just(UnidentifiedKind::Officials), Just(UnidentifiedKind::Reports)];
    prop_oneof![
        8 => select(vec![GROUP, GROUP, GROUP, RIVAL, WITNESS, WITNESS, SPOKESMAN, ARMY]).prop_map(Speaker::Actor),
        1 => select(vec![PAPER, GAZETTE]).prop_map(Speaker::Source),
        1 => kind.prop_map(|kind| Speaker::Unidentified { kind, label: None, of: None }),
    ]
}

fn link() -> impl Strategy<Value = Link> {
    let stance = prop_oneof![Just(Stance::Relays), Just(Stance::Adopts), Just(Stance::Distances)];
    let sources = select(vec![PAPER.speaker(), AGENCY.speaker(), RADIO.speaker(), UnidentifiedKind::People.speaker()]);
    (prop_oneof![3 => sources, 1 => speaker()], stance).prop_map(|(speaker, stance)| Link { speaker, stance })
}

fn act() -> impl Strategy<Value = Act> {
    let frequent = vec![
        Act::Accuses,
        Act::Accuses,
        Act::ClaimsResponsibility,
        Act::Denies,
        Act::Denies,
        Act::Retracts,
        Act::Corrects,
    ];
    prop_oneof![3 => select(frequent), 1 => select(<Act as crate::Code>::ALL)]
}

fn claim() -> impl Strategy<Value = Claim> {
    let target = prop_oneof![
        8 => Just(Target::Incident(INCIDENT)),
        2 => Just(Target::Class(ATTACKS)),
        1 => Just(Target::Class(RAIDS)),
        1 => Just(Target::Incident(ELSEWHERE)),
    ];
    let role = prop_oneof![4 => Just(Role::Perpetrator), 1 => Just(Role::Ordered), 1 => Just(Role::Planned)];
    let certainty = prop_oneof![3 => Just(Certainty::Certain), 1 => select(<Certainty as crate::Code>::ALL)];
    let dates = ["2021-05", "2021-05-03", "2021-05-04", "2021-05-05", "2021-05-06~", "../2021-05-04"];
    let uttered = proptest::option::weighted(0.75, select(dates.to_vec()));
    let whom = select(vec![GROUP, GROUP, GROUP, RIVAL, SPOKESMAN]);
    let with = proptest::option::weighted(0.2, select(vec![GROUP, RIVAL]));
    let about = (target, role, whom, with);
    let said = (speaker(), vec(link(), 0..3), act(), any::<Index>(), certainty, uttered, any::<bool>());
    (about, said).prop_map(
        |((target, role, whom, with), (speaker, links, act, polarity, certainty, uttered, presupposed))| {
            let scope = if matches!(target, Target::Class(_)) { Scope::Generic } else { Scope::Specific };
            Claim {
                speakers: Chain::recorded(links, speaker),
                act,
                proposition: crate::claim::Proposition {
                    target,
                    facet: Some(Facet::Who),
                    actor: Some(whom),
                    role: Some(role),
                    value: None,
                    with: with.into_iter().filter(|with| *with != whom).collect(),
                    with_others: false,
                },
                polarity: *polarity.get(act.polarities()),
                certainty,
                evidence: Vec::new(),
                scope,
                presupposed,
                mode: None,
                uttered: uttered.map(edtf),
                changes: Vec::new(),
                speaks_for: None,
            }
        },
    )
}

fn draft(annotators: Vec<UserId>) -> impl Strategy<Value = Draft> {
    let place = (0_u8..2, (0_u32..6, 1_u32..5));
    let named = (vec(any::<Index>(), 1..3), proptest::option::weighted(0.2, any::<Index>()));
    (select(annotators), place, claim(), named).prop_map(
        |(author, (document, (start, len)), claim, (changes, speaks_for))| {
            let span = (start, start + len);
            Draft { author, document, span, claim, changes, speaks_for }
        },
    )
}

fn step(annotators: &[UserId]) -> impl Strategy<Value = Step> + use<> {
    let draft = || draft(annotators.to_vec());
    prop_oneof![
        8 => draft().prop_map(Step::Read),
        6 => (any::<Index>(), draft()).prop_map(|(of, draft)| Step::Echo(of, draft)),
        1 => (any::<Index>(), draft()).prop_map(|(of, draft)| Step::Revise(of, draft)),
        1 => any::<Index>().prop_map(Step::Retract),
        1 => (any::<Index>(), proptest::option::of(0_u32..6)).prop_map(|(of, start)| Step::Unmark(of, start)),
        1 => any::<Index>().prop_map(Step::Dispute),
        1 => any::<Index>().prop_map(Step::Withdraw),
    ]
}

fn edge() -> impl Strategy<Value = Edge> {
    use RelationType::{AliasUsedBy, HoldsOffice, PartOf, SpeaksFor};
    let relation = select(vec![SpeaksFor, SpeaksFor, HoldsOffice, PartOf, AliasUsedBy]);
    let valid = proptest::option::weighted(0.3, select(vec!["2020", "2021-05-01/2021-05-04", "2021-05-05/.."]));
    let from = select(vec![SPOKESMAN, SPOKESMAN, WITNESS, RIVAL]);
    let stance = prop_oneof![4 => Just(RelationStance::Held), 1 => Just(RelationStance::Reported)];
    (relation, from, select(vec![GROUP, RIVAL, ARMY, PROSECUTOR]), stance, valid).prop_map(
        |(relation, from, to, stance, valid)| {
            let evidence = vec![Uuid::from_u128(1).into()];
            Edge { relation, from, to, stance, evidence, valid: valid.map(edtf) }
        },
    )
}

fn policy() -> impl Strategy<Value = Policy> {
    let generic = select(<policy::Generic as crate::Code>::ALL);
    (select(<Readings as crate::Code>::ALL), generic, proptest::option::of(Just(WITNESS))).prop_map(
        |(readings, generic, include)| Policy {
            readings,
            generic,
            officials_include: include.into_iter().collect(),
            ..Policy::default()
        },
    )
}

fn descent() -> impl Strategy<Value = Descent> {
    let standing = prop_oneof![3 => Just(Standing::Confirmed), 1 => select(<Standing as crate::Code>::ALL)];
    prop_oneof![
        5 => (any::<Index>(), any::<Index>(), standing).prop_map(|(from, to, standing)| Descent::Derives(from, to, standing)),
        1 => any::<Index>().prop_map(Descent::Origin),
    ]
}

fn decision() -> impl Strategy<Value = Decision> {
    let fate = || prop_oneof![6 => Just(Fate::Stands), 1 => Just(Fate::Reopened), 1 => Just(Fate::Overturned)];
    let subject = prop_oneof![
        8 => claim().prop_map(|claim| Subject::Said(Box::new(claim))),
        1 => any::<Index>().prop_map(Subject::Edge),
        1 => Just(Subject::Incident),
    ];
    let ruled = vec((any::<Index>(), prop::bool::weighted(0.7)), 1..4);
    let outcome = select(<Outcome as crate::Code>::ALL);
    prop_oneof![
        2 => (ruled, fate()).prop_map(|(ruled, fate)| Decision::Ruled(ruled, fate)),
        1 => (subject, outcome, 1_u64..40, fate())
            .prop_map(|(subject, outcome, based_on, fate)| Decision::Found(subject, outcome, based_on, fate)),
    ]
}

/// Histories by these annotators, with classes by kind and time alone.
fn histories_by(annotators: &[UserId]) -> impl Strategy<Value = History> + use<> {
    let (steps, judged) = (vec(step(annotators), 1..20), vec(judgements::judging(), 0..6));
    let told = (vec(edge(), 0..4), steps, vec(descent(), 0..6), (judged, vec(decision(), 0..4)), policy());
    told.prop_map(|(edges, steps, descents, (judged, decisions), policy)| History {
        edges,
        class_actors: Vec::new(),
        steps,
        descents,
        judged,
        decisions,
        policy,
    })
}

/// Histories, some with a class of one actor's deeds.
fn histories() -> impl Strategy<Value = History> {
    let actors = prop_oneof![Just(Vec::new()), Just(vec![GROUP]), Just(vec![RIVAL, UNKNOWN])];
    (histories_by(&[ANNA, BERT, CARA]), actors).prop_map(|(history, class_actors)| History { class_actors, ..history })
}

/// The n-th id of a kind. Ids do not follow the order in which things are recorded.
fn nth(kind: u128, n: usize) -> Uuid {
    Uuid::from_u128((kind << 32) + (n as u128 * 7_919) % 10_007)
}

impl History {
    /// The log of the history: documents and relations first, then the steps.
    fn log(&self) -> Vec<Record> {
        let mut log = Vec::new();
        let mut push = |id, author, event: Event| log.push(Record { id, author, event });
        for document in 0..2_u8 {
            let detail = document::Detail {
                title: text("a report"),
                source: PAPER,
                url: None,
                published: (document == 0).then(|| edtf("2021-05-05")),
                language: None,
                sensitivity: None,
            };
            push(nth(1, document.into()), ANNA, document::Event::DocumentRegistered(detail).into());
        }
        for (n, edge) in self.edges.iter().enumerate() {
            push(nth(2, n), ANNA, relation::Event::RelationRegistered(edge.clone()).into());
        }
        let mut readings: Vec<(Uuid, UserId, Uuid)> = Vec::new();
        let mut spans: BTreeMap<Uuid, Span> = BTreeMap::new();
        let mut claims: BTreeMap<Uuid, Claim> = BTreeMap::new();
        for (n, step) in self.steps.iter().enumerate() {
            match step {
                Step::Read(draft) => {
                    let (id, annotation) = (nth(3, n), nth(4, n));
                    let span = draft.span();
                    let claim = self.claim(draft, annotation, &readings);
                    push(annotation, draft.author, annotation::Event::AnnotationCreated(span.clone()).into());
                    push(id, draft.author, reading::Event::ClaimRead(claim.clone()).into());
                    readings.push((id, draft.author, annotation));
                    spans.insert(annotation, span);
                    claims.insert(id, claim);
                }
                Step::Echo(of, draft) if !readings.is_empty() => {
                    let (id, annotation) = (nth(3, n), nth(4, n));
                    let (echoed, _, passage) = *of.get(&readings);
                    let told = &claims[&echoed];
                    let draft = Draft {
                        claim: Claim {
                            speakers: told.speakers.clone(),
                            proposition: told.proposition.clone(),
                            scope: told.scope,
                            ..draft.claim.clone()
                        },
                        ..draft.clone()
                    };
                    let claim = self.claim(&draft, annotation, &readings);
                    let span = spans[&passage].clone();
                    push(annotation, draft.author, annotation::Event::AnnotationCreated(span.clone()).into());
                    push(id, draft.author, reading::Event::ClaimRead(claim.clone()).into());
                    readings.push((id, draft.author, annotation));
                    spans.insert(annotation, span);
                    claims.insert(id, claim);
                }
                Step::Revise(of, draft) if !readings.is_empty() => {
                    let (id, author, annotation) = *of.get(&readings);
                    let claim = self.claim(draft, annotation, &readings);
                    push(id, author, reading::Event::ClaimReadingRevised(claim).into());
                }
                Step::Retract(of) if !readings.is_empty() => {
                    let (id, author, _) = *of.get(&readings);
                    push(id, author, reading::Event::ClaimReadingRetracted.into());
                }
                Step::Unmark(of, moved) if !readings.is_empty() => {
                    let (_, author, annotation) = *of.get(&readings);
                    let moved = moved.map(|start| Span { start, end: start + 2, ..spans[&annotation].clone() });
                    let event =
                        moved.map_or(annotation::Event::AnnotationRetracted, annotation::Event::AnnotationRevised);
                    push(annotation, author, event.into());
                }
                Step::Dispute(of) if !self.edges.is_empty() => {
                    let reason = text("no");
                    let event = relation::Event::RelationDisputed { reason };
                    push(nth(2, of.index(self.edges.len())), BERT, event.into());
                }
                Step::Withdraw(of) if !self.edges.is_empty() => {
                    push(nth(2, of.index(self.edges.len())), ANNA, relation::Event::RelationWithdrawn.into());
                }
                // Nothing is there yet to which this could be done.
                Step::Echo(..)
                | Step::Revise(..)
                | Step::Retract(_)
                | Step::Unmark(..)
                | Step::Dispute(_)
                | Step::Withdraw(_) => {}
            }
        }
        log.extend(self.descended(&spans.into_keys().collect::<Vec<_>>()));
        let read: Vec<Uuid> = readings.into_iter().map(|(id, _, _)| id).collect();
        log.extend(judgements::log(&self.judged, &read));
        log.extend(self.decided(&claims.into_keys().collect::<Vec<_>>()));
        log
    }

    /// What is said of these passages, once they are all marked.
    fn descended(&self, passages: &[Uuid]) -> Vec<Record> {
        let mut log = Vec::new();
        for (n, descent) in self.descents.iter().enumerate().filter(|_| !passages.is_empty()) {
            let pick = |of: &Index| AnnotationId::new(*of.get(passages));
            let reason = text("compared word for word");
            let (told, then) = match descent {
                Descent::Origin(of) => (derivation::Event::OriginDeclared { annotation: pick(of), reason }, None),
                Descent::Derives(from, to, standing) => {
                    let derivation = DerivationType::Paraphrases;
                    let edge = derivation::Edge { derivation, from: pick(from), to: pick(to) };
                    let then = match standing {
                        Standing::Suggested => None,
                        Standing::Confirmed => Some(derivation::Event::DerivationConfirmed { reason }),
                        Standing::Rejected => Some(derivation::Event::DerivationRejected { reason }),
                    };
                    (derivation::Event::DerivationSuggested(edge), then)
                }
            };
            for event in [told].into_iter().chain(then) {
                log.push(Record { id: nth(5, n), author: CARA, event: event.into() });
            }
        }
        log
    }

    /// What is decided once these readings were made.
    fn decided(&self, readings: &[Uuid]) -> Vec<Record> {
        let mut log = Vec::new();
        for (n, decision) in self.decisions.iter().enumerate().filter(|_| !readings.is_empty()) {
            let reason = text("weighed with care");
            let (targets, told, fate) = match decision {
                Decision::Ruled(ruled, fate) => {
                    let ruled: BTreeMap<ReadingId, bool> =
                        ruled.iter().map(|(of, upheld)| ((*of.get(readings)).into(), *upheld)).collect();
                    let (uphold, reject): (Vec<_>, Vec<_>) = ruled.keys().copied().partition(|id| ruled[id]);
                    let targets = ruled.into_keys().map(adjudication::Target::Reading).collect();
                    let rulings = Rulings { uphold, reject, reason: reason.clone(), based_on: 1 };
                    (targets, adjudication::Event::ReadingsRuled(rulings), fate)
                }
                Decision::Found(subject, outcome, based_on, fate) => {
                    let Some(target) = self.target(subject) else { continue };
                    let finding = Finding {
                        target: target.clone(),
                        outcome: *outcome,
                        standard: Standard::Clear,
                        reason: reason.clone(),
                        based_on: *based_on,
                        dissent: Vec::new(),
                    };
                    (vec![target], adjudication::Event::FindingRecorded(finding), fate)
                }
            };
            let docket = Docket { question: text("what is it?"), targets };
            let then = match fate {
                Fate::Stands => None,
                Fate::Reopened => Some(adjudication::Event::AdjudicationReopened { reason }),
                Fate::Overturned => Some(adjudication::Event::AdjudicationOverturned { reason }),
            };
            for event in [adjudication::Event::AdjudicationOpened(docket), told].into_iter().chain(then) {
                log.push(Record { id: nth(6, n), author: CARA, event: event.into() });
            }
        }
        log
    }

    fn target(&self, subject: &Subject) -> Option<adjudication::Target> {
        Some(match subject {
            Subject::Said(claim) => {
                let about = claim.proposition.clone();
                adjudication::Target::Proposition(crate::claim::Proposition { with: Vec::new(), ..about })
            }
            Subject::Edge(_) if self.edges.is_empty() => return None,
            Subject::Edge(of) => adjudication::Target::Proposition(crate::claim::Proposition {
                target: Target::Relation(nth(2, of.index(self.edges.len())).into()),
                facet: None,
                actor: None,
                role: None,
                value: None,
                with: Vec::new(),
                with_others: false,
            }),
            Subject::Incident => adjudication::Target::Incident(INCIDENT),
        })
    }

    fn claim(&self, draft: &Draft, annotation: Uuid, readings: &[(Uuid, UserId, Uuid)]) -> Claim {
        let mut claim = draft.claim.clone();
        claim.evidence = vec![annotation.into()];
        if claim.act.is_change() && !readings.is_empty() {
            claim.changes = draft.changes.iter().map(|of| of.get(readings).0.into()).collect();
            claim.changes.dedup();
        }
        let edges = self.edges.len();
        claim.speaks_for = draft.speaks_for.filter(|_| edges > 0).map(|of| RelationId::new(nth(2, of.index(edges))));
        claim
    }

    /// The case that a log makes: every aggregate folded from its own records.
    fn case<'a>(&self, log: impl IntoIterator<Item = &'a Record>) -> Case {
        let mut subjects = Subjects::default();
        for (record, position) in log.into_iter().zip(1..) {
            subjects.entry((record.event.kind(), record.id)).or_default().push((position, record));
        }
        let readings = folded::<Reading>(&subjects).filter_map(|(id, reading, written)| {
            let (author, claim) = (reading.author()?, reading.live()?.clone());
            Some((id.into(), CaseReading { author, written, claim }))
        });
        self.around(Case {
            readings: readings.collect(),
            annotations: folded::<Annotation>(&subjects).map(|(id, state, _)| (id.into(), state)).collect(),
            derivations: folded::<Derivation>(&subjects).map(|(id, state, _)| (id.into(), state)).collect(),
            documents: folded::<Document>(&subjects).map(|(id, state, _)| (id.into(), state)).collect(),
            relations: folded::<Relation>(&subjects).map(|(id, state, _)| (id.into(), state)).collect(),
            judgements: judgements::of(folded::<Identity>(&subjects).map(|(id, state, _)| (id, state))),
            adjudications: folded::<Adjudication>(&subjects).map(|(id, state, _)| (id.into(), state)).collect(),
            ..Given::new().case
        })
    }

    /// Adds the classes, which no step changes.
    fn around(&self, case: Case) -> Case {
        let mut given = Given { case, ..Given::new() };
        given.class(ATTACKS, |class| class.actors.clone_from(&self.class_actors));
        given.class(RAIDS, |class| class.period = Some(edtf("2021-05-01/2021-05-04")));
        given.case
    }

    fn board(&self) -> Board {
        assess(&self.case(&self.log()), &self.policy)
    }
}

impl Draft {
    fn span(&self) -> Span {
        Span {
            document: nth(1, self.document.into()).into(),
            revision: 1,
            start: self.span.0,
            end: self.span.1,
            role: SpanRole::Content,
            note: None,
        }
    }
}

/// The board but for what depends on positions.
fn timeless(board: Board) -> Board {
    let timeless = |mut about: Proposition| {
        about.flags.retain(|flag| *flag != Flag::Stale);
        about
    };
    let generic = |generic: Generic| Generic { about: timeless(generic.about), ..generic };
    Board {
        propositions: board.propositions.into_iter().map(timeless).collect(),
        generic: board.generic.into_iter().map(generic).collect(),
        possible: board.possible.into_iter().map(generic).collect(),
        ..board
    }
}

/// The records of each aggregate, with their positions.
type Subjects<'a> = BTreeMap<(Kind, Uuid), Vec<(u64, &'a Record)>>;

/// The aggregates of a kind with their last positions.
fn folded<A: Aggregate>(subjects: &Subjects<'_>) -> impl Iterator<Item = (Uuid, A, u64)> {
    subjects.iter().filter(|((kind, _), _)| *kind == A::KIND).map(|((_, id), records)| {
        let state = fold(records.iter().map(|(_, record)| (&record.event, record.author)));
        (*id, state, records.last().map_or(0, |(position, _)| *position))
    })
}
