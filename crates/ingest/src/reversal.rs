//! Taking back what one record did, by a further record of the same aggregate that names it as what gave rise to it.
//!
//! Which command takes a record back, and what stands in the way, is the domain's to say; the command then goes through
//! the rules of its aggregate like any other.

use std::sync::Arc;

use domain::access::Action;
use domain::actor::{self, Actor};
use domain::annotation::{self, Annotation};
use domain::assessment::{self, Assessment};
use domain::derivation::{self, Derivation};
use domain::id::{ActorId, AnnotationId, UserId};
use domain::identity::{self, Identity};
use domain::incident::{self, Incident};
use domain::reading::{self, Reading};
use domain::relation::{self, Relation};
use domain::reversal::{self, Irreversible, Past, Reversal};
use domain::{Aggregate, Event, Fact, Kind, Rejection};
use std::collections::BTreeMap;
use uuid::Uuid;
use wire::record;
use wire::subject::Address;

use crate::auth::Inside;
use crate::execute::{Command, Decision, Freshness, Kept, Loaded, Outcome};
use crate::failure::Failure;
use crate::service::Service;
use crate::traces::Trace;

/// On whose terms something is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Terms {
    /// As an undo: who asks must be permitted the change, and nothing may have happened to the same thing since.
    Undo,
    /// As a part of an import, whose revert was permitted: nobody else may have changed it since, and nothing that stands
    /// may rest on it.
    Import,
}

/// The code of the refusal to take back what was taken back.
pub(crate) const ALREADY: &str = "already_undone";

/// The codes of refusals that say why something stays.
pub(crate) const CHANGED: &str = "changed_since";
const IN_USE: &str = "in_use";
const IRREVERSIBLE: &str = "cannot_be_undone";

/// What happened to an aggregate, or to the part of it that a record is about.
pub(crate) struct History {
    past: Vec<Past>,
    events: Vec<(u64, UserId, Vec<Event>)>,
}

impl History {
    /// The position of this record.
    pub fn position(&self, record: Uuid) -> Option<u64> {
        self.past.iter().find(|past| past.record == record).map(|past| past.position)
    }

    /// The events of this record.
    pub fn events(&self, record: Uuid) -> &[Event] {
        let position = self.position(record);
        let found = self.events.iter().find(|(at, ..)| Some(*at) == position);
        found.map_or(&[], |(_, _, events)| events)
    }

    /// The record that took this one back.
    pub fn taken_back(&self, record: Uuid) -> Option<&Past> {
        reversal::taken_back(&self.past, record)
    }

    fn earlier(&self, position: u64) -> Vec<(Event, UserId)> {
        let before = self.events.iter().take_while(|(at, ..)| *at < position);
        before.flat_map(|(_, author, events)| events.iter().map(|event| (event.clone(), *author))).collect()
    }
}

/// What a record is about, as clients call it: a judgement among those of its kind, a name among those of an actor, or else
/// its aggregate.
pub(crate) fn subject(address: &Address, events: &[Event]) -> Uuid {
    events.first().and_then(reversal::part).unwrap_or(address.id)
}

/// What asks for something to be taken back.
#[derive(Clone, Copy)]
pub(crate) struct Taking<'a> {
    /// Who asks, where.
    pub inside: &'a Inside,
    /// The compensating command.
    pub command: &'a Command,
    /// The record that is taken back.
    pub target: &'a Trace,
    /// On whose terms.
    pub terms: Terms,
}

impl Service {
    /// What happened to an aggregate, with everything that was acknowledged.
    pub(crate) async fn history(&self, address: &Address) -> Result<History, Failure> {
        let mut history = History { past: Vec::new(), events: Vec::new() };
        for stored in self.log().load_from_leader(address, 0).await? {
            let found = record::decode(&stored.payload).map_err(|error| Failure::damaged(address, &error))?;
            let (position, envelope) = (stored.position, found.envelope);
            let (record, author, cause) = (envelope.record_id, envelope.author, envelope.causation_id);
            history.past.push(Past { record, position, author, cause });
            history.events.push((position, author, found.events));
        }
        Ok(history)
    }

    /// Takes a record back.
    pub(crate) async fn take_back(&self, taking: Taking<'_>) -> Result<Outcome, Failure> {
        match taking.target.record.envelope.kind {
            Kind::Annotation => self.take_back_annotation(taking).await,
            Kind::Reading => self.take_back_reading(taking).await,
            Kind::Relation => self.take_back_relation(taking).await,
            Kind::Actor => self.take_back_name(taking).await,
            Kind::Identity => self.take_back_judgement(taking).await,
            Kind::Assessment => self.take_back_assessment(taking).await,
            Kind::Incident => self.take_back_incident(taking).await,
            Kind::Derivation => self.take_back_verdict(taking).await,
            Kind::Project
            | Kind::User
            | Kind::Source
            | Kind::Document
            | Kind::Adjudication
            | Kind::Import
            | Kind::Task => Err(match taking.reversal(&[]) {
                Ok(_) => unforeseen(taking.target),
                Err(rejection) => rejection.into(),
            }),
        }
    }

    async fn take_back_annotation(&self, taking: Taking<'_>) -> Result<Outcome, Failure> {
        let Taking { inside, target, terms, command } = taking;
        let decide = |loaded: Arc<Loaded<Annotation>>| async move {
            taking.permit(&loaded)?;
            let gone = loaded.state.live().is_none();
            let mut relied_on = vec![inside.reliance()];
            let present = loaded.state.span().ok_or_else(|| unforeseen(target))?;
            let events = match self.plan(taking, &loaded, gone).await? {
                Reversal::RetractAnnotation => {
                    let (id, document) = (AnnotationId::new(target.address().id), present.document);
                    let in_use = match terms {
                        Terms::Undo => self.citing(inside.project, id, document, command.author).await?,
                        // Nothing at all rests on it then.
                        Terms::Import => None,
                    };
                    relied_on.extend(in_use);
                    loaded.state.decide(&annotation::Command::Retract { in_use: in_use.is_some() })?
                }
                Reversal::ReviseAnnotation(span) => {
                    let (text, document) = self.passages(inside.project, span.document, span.revision).await?;
                    relied_on.push(document);
                    let exact = text.cut(span.start, span.end);
                    loaded.state.decide(&annotation::Command::Revise { span: span.clone(), exact, text: &text })?
                }
                _ => return Err(unforeseen(target)),
            };
            Ok(Decision::new(events, relied_on))
        };
        self.change(command, decide).await
    }

    async fn take_back_reading(&self, taking: Taking<'_>) -> Result<Outcome, Failure> {
        let Taking { inside, target, command, .. } = taking;
        let decide = |loaded: Arc<Loaded<Reading>>| async move {
            taking.permit(&loaded)?;
            let gone = matches!(loaded.state, Reading::Retracted { .. } | Reading::BlankRetracted { .. });
            let mut relied_on = vec![inside.reliance()];
            let events = match self.plan(taking, &loaded, gone).await? {
                Reversal::RetractReading => loaded.state.decide(reading::Command::Retract)?,
                Reversal::ReviseReading(claim) => {
                    let inside = &inside.knowing(loaded.state.live().into_iter().chain([&claim]));
                    let (surroundings, named) = self.surroundings(inside, &claim, BTreeMap::new()).await?;
                    relied_on.extend(named);
                    loaded.state.decide(reading::Command::Revise { claim, surroundings: &surroundings })?
                }
                _ => return Err(unforeseen(target)),
            };
            Ok(Decision::new(events, relied_on))
        };
        self.change(command, decide).await
    }

    async fn take_back_relation(&self, taking: Taking<'_>) -> Result<Outcome, Failure> {
        let Taking { inside, target, terms, command } = taking;
        let of = target.record.envelope.author;
        let decide = |loaded: Arc<Loaded<Relation>>| async move {
            let gone = match (&loaded.state, target.record.events.first()) {
                (Relation::Absent, _) => return Err(unforeseen(target)),
                (Relation::Withdrawn(_), Some(Event::Relation(relation::Event::RelationWithdrawn))) => false,
                (Relation::Withdrawn(_), _) => true,
                (
                    Relation::Live { disputed_by, .. },
                    Some(Event::Relation(relation::Event::RelationDisputed { .. })),
                ) => !disputed_by.contains(&of),
                (Relation::Live { .. }, _) => false,
            };
            let asked = match self.plan(taking, &loaded, gone).await? {
                Reversal::WithdrawRelation => {
                    taking.permit(&loaded)?;
                    relation::Command::Withdraw
                }
                Reversal::WithdrawDispute if terms == Terms::Import && of != command.author => {
                    // A dispute is its author's alone.
                    return Err(
                        Rejection::forbidden("forbidden", "who disputes a relation withdraws that alone").into()
                    );
                }
                Reversal::WithdrawDispute => {
                    inside.check(Action::Contest, Kind::Relation)?;
                    relation::Command::WithdrawDispute { author: of }
                }
                Reversal::Dispute { reason } => {
                    inside.check(Action::Contest, Kind::Relation)?;
                    relation::Command::Dispute { author: command.author, reason }
                }
                _ => return Err(unforeseen(target)),
            };
            Ok(Decision::new(loaded.state.decide(asked)?, vec![inside.reliance()]))
        };
        self.change(command, decide).await
    }

    async fn take_back_name(&self, taking: Taking<'_>) -> Result<Outcome, Failure> {
        let Taking { inside, target, terms, command } = taking;
        let decide = |loaded: Arc<Loaded<Actor>>| async move {
            let Reversal::WithdrawName(id) = taking.reversal(&[])? else { return Err(unforeseen(target)) };
            if terms == Terms::Undo {
                // The name is theirs, whoever registered the actor.
                inside.check(Action::Change { own: true }, Kind::Actor)?;
            }
            let Actor::Known { names, .. } = &loaded.state else { return Err(unforeseen(target)) };
            if !names.iter().any(|(known, _)| *known == id) {
                return Err(already(None).into());
            }
            let events = loaded.state.decide(actor::Command::WithdrawName { id })?;
            Ok(Decision::new(events, vec![inside.reliance()]))
        };
        self.change(command, decide).await
    }

    async fn take_back_judgement(&self, taking: Taking<'_>) -> Result<Outcome, Failure> {
        let Taking { inside, target, terms, command } = taking;
        let decide = |loaded: Arc<Loaded<Identity>>| async move {
            let Reversal::WithdrawJudgement(id) = taking.reversal(&[])? else { return Err(unforeseen(target)) };
            let judgement = loaded.state.judgement(id).ok_or_else(|| unforeseen(target))?;
            if terms == Terms::Undo {
                inside.check(Action::Change { own: judgement.author == command.author }, Kind::Identity)?;
            }
            if judgement.withdrawn {
                return Err(already(None).into());
            }
            taking.check_resting(self, Kind::Identity, id.uuid()).await?;
            let events = loaded.state.decide(identity::Command::Withdraw(id))?;
            Ok(Decision::new(events, vec![inside.reliance()]))
        };
        self.change(command, decide).await
    }

    async fn take_back_assessment(&self, taking: Taking<'_>) -> Result<Outcome, Failure> {
        let Taking { inside, target, command, .. } = taking;
        let decide = |loaded: Arc<Loaded<Assessment>>| async move {
            taking.permit(&loaded)?;
            let asked = match self.plan(taking, &loaded, !loaded.state.is_live()).await? {
                Reversal::WithdrawAssessment => assessment::Command::Withdraw,
                Reversal::ReviseAssessment(content) => assessment::Command::Revise(content),
                _ => return Err(unforeseen(target)),
            };
            Ok(Decision::new(loaded.state.decide(asked)?, vec![inside.reliance()]))
        };
        self.change(command, decide).await
    }

    async fn take_back_incident(&self, taking: Taking<'_>) -> Result<Outcome, Failure> {
        let Taking { inside, target, command, .. } = taking;
        let decide = |loaded: Arc<Loaded<Incident>>| async move {
            taking.permit(&loaded)?;
            let (named, asked) = match self.plan(taking, &loaded, false).await? {
                Reversal::ReviseIncident(detail) => (detail.targets.clone(), incident::Command::Revise(detail)),
                Reversal::RedefineClass(class) => {
                    let named = class.targets.iter().chain(&class.actors).copied().collect();
                    (named, incident::Command::RedefineClass(class))
                }
                _ => return Err(unforeseen(target)),
            };
            let named: Vec<(ActorId, String)> = named.into_iter().map(|id| (id, String::new())).collect();
            let mut relied_on = self.actors(inside, &named).await?;
            relied_on.push(inside.reliance());
            Ok(Decision::new(loaded.state.decide(asked)?, relied_on))
        };
        self.change(command, decide).await
    }

    async fn take_back_verdict(&self, taking: Taking<'_>) -> Result<Outcome, Failure> {
        let Taking { inside, target, command, .. } = taking;
        let decide = |loaded: Arc<Loaded<Derivation>>| async move {
            let Reversal::Judge { verdict, reason } = self.plan(taking, &loaded, false).await? else {
                return Err(unforeseen(target));
            };
            taking.permit(&loaded)?;
            let events = loaded.state.decide(derivation::Command::Judge { verdict, reason })?;
            let confirms = verdict == derivation::Verdict::Confirmed;
            let ends: Vec<_> = loaded.state.annotations().filter(|_| confirms).map(|end| (end, "")).collect();
            let mut relied_on = self.live_annotations(inside, &ends).await?;
            relied_on.push(inside.reliance());
            Ok(Decision::new(events, relied_on))
        };
        self.change(command, decide).await
    }

    /// Which command takes the record back, on the newest state of the log; `gone` is whether the aggregate was taken back as
    /// a whole.
    async fn plan<A: Kept>(&self, taking: Taking<'_>, loaded: &Loaded<A>, gone: bool) -> Result<Reversal, Failure> {
        let Taking { target, terms, command, .. } = taking;
        let (address, own) = (target.address(), target.record.envelope.record_id);
        let history = self.history(&address).await?;
        let undone = history.taken_back(own).map(|past| past.position);
        if let Some(by) = undone {
            return Err(already(Some(by)).into());
        }
        let reversal = taking.reversal(&history.earlier(target.position))?;
        if gone && terms == Terms::Import {
            return Err(already(Some(loaded.last)).into());
        }
        let mut later = reversal::later(&history.past, own).filter(|past| match terms {
            Terms::Undo => true,
            Terms::Import => past.author != command.author,
        });
        if let Some(first) = later.next() {
            let positions: Vec<u64> = [first].into_iter().chain(later).map(|past| past.position).collect();
            return Err(changed_since(positions).into());
        }
        match &reversal {
            Reversal::RetractAnnotation | Reversal::RetractReading | Reversal::WithdrawRelation => {
                taking.check_resting(self, address.kind, address.id).await?;
            }
            _ => {}
        }
        Ok(reversal)
    }

    /// Whether nothing is left to take back of a record.
    pub(crate) async fn is_undone(&self, target: &Trace) -> Result<bool, Failure> {
        let address = target.address();
        let envelope = &target.record.envelope;
        Ok(match (envelope.kind, target.record.events.first()) {
            (Kind::Identity, Some(Event::Identity(event))) if event.judged().is_some() => {
                let loaded = self.load::<Identity>(&address, Freshness::Leader).await?;
                loaded.state.judgement(event.judgement()).is_some_and(|judgement| judgement.withdrawn)
            }
            (Kind::Actor, Some(Event::Actor(actor::Event::ActorNameAsserted { id, .. }))) => {
                let loaded = self.load::<Actor>(&address, Freshness::Leader).await?;
                !matches!(&loaded.state, Actor::Known { names, .. } if names.iter().any(|(known, _)| known == id))
            }
            (Kind::Import, _) => {
                let loaded = self.load::<domain::import::Import>(&address, Freshness::Leader).await?;
                loaded.state.batch().is_some_and(|batch| batch.reverted.is_some())
            }
            (
                Kind::Identity | Kind::Actor | Kind::Project | Kind::User | Kind::Source | Kind::Document | Kind::Task,
                _,
            ) => false,
            (
                Kind::Incident
                | Kind::Relation
                | Kind::Annotation
                | Kind::Reading
                | Kind::Derivation
                | Kind::Assessment
                | Kind::Adjudication,
                _,
            ) => self.history(&address).await?.taken_back(envelope.record_id).is_some(),
        })
    }
}

impl Taking<'_> {
    fn reversal(&self, earlier: &[(Event, UserId)]) -> Result<Reversal, Rejection> {
        let record = &self.target.record;
        let reversal = Reversal::of(&record.events, record.envelope.author, earlier);
        reversal.map_err(|why| irreversible(self.target.position, why))
    }

    /// Who undoes a change must be permitted the change that does so; a revert was permitted as a whole.
    fn permit<A: Aggregate>(&self, loaded: &Loaded<A>) -> Result<(), Rejection> {
        match self.terms {
            Terms::Undo => self.inside.check_change(loaded),
            Terms::Import => Ok(()),
        }
    }

    async fn check_resting(&self, service: &Service, kind: Kind, id: Uuid) -> Result<(), Failure> {
        if self.terms == Terms::Undo {
            return Ok(());
        }
        let Some(on) = service.resting(self.inside.project, kind, id).await? else { return Ok(()) };
        let is_hidden = match self.inside.blind() {
            // Judgements of a kind share an aggregate, of which some may be hidden.
            Some(_) if on.kind == Kind::Identity => true,
            Some(blind) => service.is_hidden_from(Some(&blind), &on, service.log().head().await?.last).await?,
            None => false,
        };
        if is_hidden {
            // It stays: to take it back would take another's reading away. What rests on it is not told.
            return Err(Rejection::conflict(IN_USE, "something that you may not see yet rests on it").into());
        }
        Err(Rejection::conflict(IN_USE, format!("the {} {} rests on it", on.kind, on.id))
            .with("kind", Fact::Text(on.kind.to_string()))
            .with("id", Fact::Text(on.id.to_string()))
            .into())
    }
}

fn already(by: Option<u64>) -> Rejection {
    let rejection = Rejection::conflict(ALREADY, "this was taken back already");
    match by {
        Some(by) => rejection.with("by", Fact::Number(by)),
        None => rejection,
    }
}

fn changed_since(positions: Vec<u64>) -> Rejection {
    Rejection::conflict(CHANGED, "the same was changed since, at `positions`: take that back first")
        .with("positions", Fact::Numbers(positions))
}

/// Nothing takes this record back.
fn irreversible(position: u64, why: Irreversible) -> Rejection {
    Rejection::conflict(IRREVERSIBLE, why.detail())
        .with("position", Fact::Number(position))
        .with("reason", Fact::Text(why.to_string()))
}

/// A record of another kind than its aggregate.
fn unforeseen(target: &Trace) -> Failure {
    Failure::damaged(&target.address(), &format!("the record at position {} is not of its kind", target.position))
}
