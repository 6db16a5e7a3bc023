//! Undo: the newest change of a caller that still stands, or the one that they name, is taken back.
//!
//! Undos of one person in one project take turns within a process, so that of two at the same moment the second finds the
//! next change. Two processes settle it in the log: whoever comes second finds the change taken back.

use domain::id::{ProjectId, UserId};
use domain::{Code, Fact, Kind, Rejection};
use std::sync::Arc;
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;
use wire::record;
use wire::view::ask_traces::Of;

use crate::auth::Inside;
use crate::execute::{Command, Outcome};
use crate::failure::Failure;
use crate::reversal::{ALREADY, Taking, Terms, subject};
use crate::service::Service;
use crate::traces::{Trace, Traces};

/// Pages of own records that are looked through for one that still stands.
const PAGES_MAX: usize = 20;
/// How often another change is looked for when the one that was found is taken back meanwhile.
const ATTEMPTS_MAX: usize = 8;
/// How long an undo waits for those before it.
const TURN_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// A change that was taken back.
pub(crate) struct Undone {
    /// Its position.
    pub position: u64,
    /// The kind of aggregate that it changed.
    pub kind: Kind,
    /// What it changed, as clients call it.
    pub id: Uuid,
    /// What it was.
    pub event: &'static str,
    /// What became of the compensating command.
    pub outcome: Outcome,
}

impl Undone {
    /// The revision of what was changed. A judgement has its own, which is 2 once it is withdrawn.
    pub fn revision(&self) -> u64 {
        if self.kind == Kind::Identity { 2 } else { self.outcome.revision }
    }
}

impl Service {
    /// Waits until it is the turn of an undo by this person in this project.
    pub(crate) async fn undo_turn(&self, project: ProjectId, user: UserId) -> Result<OwnedMutexGuard<()>, Failure> {
        let turn = self.undo_turns().get_with((project, user), Arc::default);
        tokio::time::timeout(TURN_TIMEOUT, turn.lock_owned()).await.map_err(|_elapsed| Failure::busy())
    }

    /// What this command undid, if it was carried out before.
    pub(crate) async fn undone_by(&self, inside: &Inside, command: &Command) -> Result<Option<Undone>, Failure> {
        let Traces { items, .. } = self.traces(inside.project, Of::Command(command.id.to_string()), 0).await?;
        let Some(trace) = items.into_iter().find(|trace| trace.record.envelope.author == command.author) else {
            return Ok(None);
        };
        let envelope = &trace.record.envelope;
        if envelope.request_sha256 != command.request_sha256 {
            return Err(Failure::reused());
        }
        let (address, cause) = (trace.address(), envelope.causation_id.unwrap_or_default());
        let history = self.history(&address).await?;
        let missing = || Failure::damaged(&address, &format!("the record {cause} is not there"));
        let position = history.position(cause).ok_or_else(missing)?;
        let events = history.events(cause);
        let outcome = Outcome {
            record_id: envelope.record_id,
            revision: envelope.revision,
            sequence: trace.position,
            replayed: true,
            events: trace.record.events.clone(),
            relied_on: envelope.relied_on.clone(),
        };
        let (id, event) = (subject(&address, events), events.first().ok_or_else(missing)?.name());
        Ok(Some(Undone { position, kind: address.kind, id, event, outcome }))
    }

    /// Undoes the caller's change at a position, or the newest that still stands. `command` is the compensating command but
    /// for what it is about.
    pub(crate) async fn undo(
        &self,
        inside: &Inside,
        command: &Command,
        position: Option<u64>,
    ) -> Result<Undone, Failure> {
        if let Some(position) = position {
            let target = self.own_change(inside.project, command.author, position).await?;
            return self.undo_this(inside, command, &target).await;
        }
        for _attempt in 0..ATTEMPTS_MAX {
            let target = self.newest_change(inside.project, command.author).await?;
            match self.undo_this(inside, command, &target).await {
                Err(Failure::Refused(rejection)) if rejection.code == ALREADY => {}
                other => return other,
            }
        }
        Err(Failure::busy())
    }

    async fn undo_this(&self, inside: &Inside, command: &Command, target: &Trace) -> Result<Undone, Failure> {
        let (address, envelope) = (target.address(), &target.record.envelope);
        let command = Command { address, causation: Some(envelope.record_id), ..command.clone() };
        let outcome = self.take_back(Taking { inside, command: &command, target, terms: Terms::Undo }).await?;
        let events = &target.record.events;
        let event = events.first().map_or("", domain::Event::name);
        Ok(Undone { position: target.position, kind: address.kind, id: subject(&address, events), event, outcome })
    }

    /// The change of this person at a position. What is another's is not there.
    async fn own_change(&self, project: ProjectId, user: UserId, position: u64) -> Result<Trace, Failure> {
        let absent = || Rejection::absent("not_found", "there is no change of yours at this position").at("/position");
        let entry = self.log().read(position).await?.ok_or_else(absent)?;
        let damaged = |error| Failure::damaged(&format!("position {position}"), &error);
        let target = Trace { position, record: record::decode(&entry.payload).map_err(damaged)? };
        let envelope = &target.record.envelope;
        if envelope.project != project.uuid() || envelope.author != user {
            return Err(absent().into());
        }
        if envelope.causation_id.is_some() {
            let why = domain::reversal::Irreversible::Automatic;
            let detail = "this took something back, or followed from another record by itself";
            return Err(Rejection::conflict("cannot_be_undone", detail)
                .with("position", Fact::Number(position))
                .with("reason", Fact::Text(why.as_str().to_owned()))
                .into());
        }
        Ok(target)
    }

    /// The newest change of this person that was not taken back and takes nothing back.
    async fn newest_change(&self, project: ProjectId, user: UserId) -> Result<Trace, Failure> {
        let mut before = 0;
        for _page in 0..PAGES_MAX {
            let Traces { items, next } = self.traces(project, Of::Author(user.to_string()), before).await?;
            for target in items {
                // A lease is held on while its holder works: that is not what they mean.
                if target.address().kind != Kind::Task && !self.is_undone(&target).await? {
                    return Ok(target);
                }
            }
            let Some(next) = next else {
                let detail = "there is no change of yours here that is left to undo";
                return Err(Rejection::conflict("nothing_to_undo", detail).into());
            };
            before = next;
        }
        let detail = "all of your newest changes were taken back: say which earlier one in `position`";
        Err(Rejection::conflict("nothing_to_undo", detail).with("before", Fact::Number(before)).into())
    }
}
