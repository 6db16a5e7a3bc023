//! What belongs to a project stands in collections, and what is common to the commands on what stands there.

use domain::access::Action;
use domain::{Kind, Rejection};
use serde::Serialize;
use uuid::Uuid;

use crate::answer::Answer;
use crate::auth::Inside;
use crate::execute::{Command, Loaded, Outcome};
use crate::request::Ask;

/// A collection of a project.
#[derive(Debug, Clone, Copy)]
pub(super) struct Collection {
    /// Its name in the path.
    pub name: &'static str,
    /// What stands in it.
    pub kind: Kind,
}

impl Collection {
    /// The command that creates something here, which the client may have given an id. Refused if the caller may not.
    pub fn creation<T>(self, inside: &Inside, ask: &Ask<T>, id: Option<Uuid>) -> Result<Command, Rejection> {
        inside.check(Action::Create, self.kind)?;
        let path = format!("projects/{}/{}", inside.project, self.name);
        let naming = ask.naming(inside.project, id, &path);
        Ok(ask.command(self.name, inside.address(self.kind, naming.id), naming.command_id, &path))
    }

    /// The command that changes what has this id. Whether the caller may is checked on what is there.
    pub fn change<T>(self, inside: &Inside, ask: &Ask<T>, id: Uuid) -> Command {
        let path = format!("projects/{}/{}/{id}", inside.project, self.name);
        Command { blind: inside.blind(), ..ask.change(self.name, inside.address(self.kind, id), &path) }
    }

    /// The command that changes what has this id by a request about a part of it, a path below its own.
    pub fn change_below<T>(self, inside: &Inside, ask: &Ask<T>, id: Uuid, part: &str) -> Command {
        let path = format!("projects/{}/{}/{id}/{part}", inside.project, self.name);
        Command { blind: inside.blind(), ..ask.change(self.name, inside.address(self.kind, id), &path) }
    }

    /// The answer that something was created which can be read in this collection.
    pub fn created(self, command: &Command, outcome: &Outcome, body: &impl Serialize) -> Answer {
        let path = format!("projects/{}/{}/{}", command.address.project, self.name, command.address.id);
        Answer::created(command, outcome, &path, body)
    }

    /// Checks that there is something to change.
    pub fn check_there<A>(self, loaded: &Loaded<A>) -> Result<(), Rejection> {
        if loaded.revision == 0 { Err(self.absent()) } else { Ok(()) }
    }

    /// The refusal of a change to what does not exist.
    pub fn absent(self) -> Rejection {
        Rejection::absent("not_found", format!("there is no such {}", self.kind))
    }
}
