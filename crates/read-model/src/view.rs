//! Views: what a viewer is answered, as a function of the records up to a position.

mod agreement;
mod basis;
mod board;
mod cache;
mod case;
mod feedback;
mod filter;
mod hangs;
mod inbox;
mod judgements;
mod ledger;
mod list;
mod log;
mod origins;
mod orphans;
mod queue;
mod record;
mod relation;
mod resource;
mod same;
mod scope;
mod status;
mod timeline;
mod walk;
mod without;
mod workbench;

#[cfg(test)]
mod tests;

pub use cache::BoardCache;

use crate::{Error, Store};
use domain::Kind;
use scope::{Answer, Scope, Stop, Without, absent, invalid};
use std::cell::OnceCell;
use wire::view::reply::Answer as Said;
use wire::view::request::Question;
use wire::view::{Get, List, Progress, Refusal, Reply, Request, TextGrant, refusal};

/// Answers questions from one store.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    store: &'a Store,
    boards: &'a BoardCache,
    caught_up: bool,
}

impl<'a> View<'a> {
    /// Answers from this store, with this cache of its boards; `caught_up` is what an answer on progress says.
    #[must_use]
    pub fn new(store: &'a Store, boards: &'a BoardCache, caught_up: bool) -> Self {
        Self { store, boards, caught_up }
    }

    /// Answers a question. What the asker may not do, see or mean is a refusal in the reply.
    ///
    /// A position that is not there yet is refused: who asks waits for it before. A time is resolved once, so that all of the
    /// answer is as of one position; one past the newest record means that record. Quoted text is left out, since no
    /// record holds it: a quote and an annotation say where it stands.
    pub fn answer(&self, request: &Request) -> Result<Reply, Error> {
        let head = self.store.checkpoint().position;
        let as_of = match (request.as_of, request.as_of_time_us) {
            (Some(position), _) => position,
            // Records may have come since.
            (None, Some(time_us)) => self.store.position_at(time_us)?.min(head),
            (None, None) => head,
        };
        match self.say(request, head, as_of) {
            Ok(said) => self.reply(request, as_of, said),
            // The position at a time tells when it was recorded: nothing for who may not read the project.
            Err(Stop::Refused(refusal)) if request.as_of_time_us.is_some() && !Scope::is_open(self, request)? => {
                Ok(refused(head, refusal))
            }
            Err(Stop::Refused(refusal)) => Ok(refused(as_of.min(head), refusal)),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    fn reply(&self, request: &Request, as_of: u64, said: Said) -> Result<Reply, Error> {
        let known_at_us = if request.names_moment() { self.store.known_at(as_of)? } else { None };
        Ok(Reply { as_of, known_at_us, answer: Some(said) })
    }

    /// The answer to a question about progress, or about a board that was computed before; none for everything else, nor for
    /// whom something may be hidden from, nor as of a time, which is looked up in the store. It takes microseconds.
    pub fn recall(&self, request: &Request) -> Result<Option<Reply>, Error> {
        let head = self.store.checkpoint().position;
        if let Some(Question::Progress(_)) = request.question {
            let said = Said::Progress(self.progress());
            return Ok(Some(Reply { as_of: head, known_at_us: None, answer: Some(said) }));
        }
        if request.as_of.is_none() && request.as_of_time_us.is_some() {
            return Ok(None);
        }
        let as_of = request.as_of.unwrap_or(head);
        let (Some(Question::Board(ask)), true) = (&request.question, as_of.max(request.at_least.unwrap_or(0)) <= head)
        else {
            return Ok(None);
        };
        let scope = Without::parse(&request.without)
            .and_then(|without| Scope::unveiled(self, request, as_of, without, Kind::Incident));
        let recalled = match scope {
            Ok(Some(scope)) => board::recall(&scope, ask),
            Ok(None) => Ok(None),
            Err(stop) => Err(stop),
        };
        match recalled {
            Ok(said) => said.map(|said| self.reply(request, as_of, said)).transpose(),
            Err(Stop::Refused(refusal)) => Ok(Some(refused(as_of, refusal))),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    fn say(&self, request: &Request, head: u64, as_of: u64) -> Answer<Said> {
        if as_of.max(request.at_least.unwrap_or(0)) > head {
            return Err(Stop::Refused(behind(head)));
        }
        let without = Without::parse(&request.without)?;
        let Some(question) = &request.question else {
            return Err(invalid("question_missing", "the request asks nothing"));
        };
        if !(without.is_empty() || honours_without(question)) {
            return Err(invalid("not_supported_yet", "this does not take `without` yet"));
        }
        let veil = OnceCell::new();
        let scope = |kind| Scope::open(self, request, as_of, without.clone(), kind, &veil);
        match question {
            Question::Progress(_) => Ok(Said::Progress(self.progress())),
            Question::ListProjects(ask) => list::projects(self, request, as_of, ask).map(Said::Page),
            Question::List(ask) => list::list(&scope(list::kind(&ask.collection)?)?, ask).map(Said::Page),
            Question::Get(ask) => list::get(&scope(list::kind(&ask.collection)?)?, ask).map(Said::Resource),
            Question::Board(ask) => board::board(&scope(Kind::Incident)?, ask),
            Question::Origins(ask) => origins::origins(&scope(Kind::Incident)?, ask).map(Said::Origins),
            Question::Identity(ask) => workbench::identity(&scope(Kind::Identity)?, ask).map(Said::Identity),
            Question::Preview(ask) => workbench::preview(&scope(Kind::Identity)?, ask).map(Said::Preview),
            Question::Relation(ask) => relation::board(&scope(Kind::Relation)?, ask).map(Said::Relation),
            Question::Timeline(ask) => timeline::timeline(&scope(Kind::Incident)?, ask).map(Said::Timeline),
            Question::Ledger(ask) => ledger::ledger(&scope(ledger::kind(&ask.kind)?)?, ask).map(Said::Ledger),
            Question::Agreement(ask) => agreement::agreement(&scope(Kind::Reading)?, ask).map(Said::Agreement),
            Question::Orphans(ask) => orphans::orphans(&scope(Kind::Reading)?, ask).map(Said::Orphans),
            Question::Inbox(ask) => inbox::inbox(&scope(Kind::Incident)?, ask).map(Said::Inbox),
            Question::Queue(ask) => queue::queue(&scope(Kind::Task)?, ask).map(Said::Queue),
            Question::Feedback(ask) => feedback::feedback(&scope(Kind::Reading)?, ask).map(Said::Feedback),
            Question::History(ask) => {
                let kind = record::kind(&ask.kind)?;
                if kind == Kind::User {
                    return record::user(self, request, as_of, ask).map(Said::Records);
                }
                record::history(&scope(kind)?, kind, ask).map(Said::Records)
            }
            Question::Records(ask) => record::records(&scope(Kind::Project)?, ask).map(Said::Records),
            Question::Traces(ask) => record::traces(&scope(Kind::Project)?, ask).map(Said::Records),
            Question::Basis(ask) => basis::basis(&scope(Kind::Incident)?, ask).map(Said::Basis),
            Question::HangsOn(ask) => hangs::hangs_on(&scope(Kind::Incident)?, ask).map(Said::HangsOn),
            Question::LogHead(_) => log::head(&scope(Kind::Project)?).map(Said::LogHead),
            Question::LogInclusion(ask) => log::inclusion(&scope(Kind::Project)?, ask.position).map(Said::LogInclusion),
            Question::LogConsistency(ask) => {
                log::consistency(&scope(Kind::Project)?, ask.from).map(Said::LogConsistency)
            }
            Question::Veil(_) => Ok(Said::Veil(scope(Kind::Document)?.veiled())),
            Question::Text(ask) => text(&scope(Kind::Document)?, ask).map(Said::Text),
        }
    }

    fn progress(&self) -> Progress {
        let checkpoint = self.store.checkpoint();
        Progress { log_id: checkpoint.log.to_string(), position: checkpoint.position, caught_up: self.caught_up }
    }
}

/// Whether what is asked can be told without something: views of one subject, which are told by cases, and incidents, which
/// have a status. Resources and other lists are what was recorded, and leave nothing out.
fn honours_without(question: &Question) -> bool {
    match question {
        Question::Board(_)
        | Question::Origins(_)
        | Question::Timeline(_)
        | Question::HangsOn(_)
        | Question::Relation(_)
        | Question::Ledger(_) => true,
        Question::List(List { collection, .. }) | Question::Get(Get { collection, .. }) => collection == "incidents",
        Question::ListProjects(_)
        | Question::Identity(_)
        | Question::Preview(_)
        | Question::Agreement(_)
        | Question::Orphans(_)
        | Question::Inbox(_)
        | Question::Feedback(_)
        | Question::Queue(_)
        | Question::History(_)
        | Question::Records(_)
        | Question::Traces(_)
        | Question::Veil(_)
        | Question::Basis(_)
        | Question::LogHead(_)
        | Question::LogInclusion(_)
        | Question::LogConsistency(_)
        | Question::Text(_)
        | Question::Progress(_) => false,
    }
}

fn refused(as_of: u64, refusal: Refusal) -> Reply {
    Reply { as_of, known_at_us: None, answer: Some(Said::Refusal(refusal)) }
}

/// The refusal of a position that is not there yet.
fn behind(head: u64) -> Refusal {
    Refusal {
        why: refusal::Why::Behind.into(),
        code: "behind".to_owned(),
        detail: format!("the views are at position {head}: ask again"),
    }
}

/// Whether a text may be read, and which it is.
fn text(scope: &Scope<'_>, ask: &wire::view::AskText) -> Answer<TextGrant> {
    let document = scope.load::<domain::document::Document>(scope::id(&ask.document)?)?;
    let revision = document.state.revision(ask.revision).ok_or_else(absent)?;
    Ok(TextGrant {
        document: ask.document.clone(),
        revision: ask.revision,
        bytes: revision.bytes,
        sha256: resource::hexadecimal(&revision.sha256),
        salt: revision.salt.as_ref().map(|salt| resource::hexadecimal(salt)),
        erased: scope.erased(scope::id(&ask.document)?)?.contains_key(&ask.revision),
    })
}
