//! Actors, sources and incidents by what people call them, and what ids are called.

use std::collections::BTreeMap;

use domain::actor::ActorKind;
use domain::claim::Target;
use domain::id::{ActorId, IncidentId, RelationId, SourceId};
use domain::text::{Text, comparable};
use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use uuid::Uuid;
use wire::view;

use super::answers::{given, registration};
use super::input::NotTaken;
use super::service::Service;
use crate::client::Error;
use crate::table::words;
use crate::terminal::plain;

/// Names that are told where several may be meant.
const CHOICES_MAX: usize = 8;

/// What has names.
#[derive(Clone, Copy)]
enum Kind {
    Actor,
    Source,
    Incident,
}

impl Kind {
    fn collection(self) -> &'static str {
        match self {
            Self::Actor => "actors",
            Self::Source => "sources",
            Self::Incident => "incidents",
        }
    }

    /// As a reader calls one, and how one is registered.
    fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::Actor => ("actor", "answer `+Name, kind` to register it"),
            Self::Source => ("source", "whoever annotates may register it: POST …/sources"),
            Self::Incident => ("incident or class", "whoever annotates may register it: POST …/incidents"),
        }
    }
}

/// One of a list.
#[derive(Debug, Deserialize)]
struct Entry {
    id: Uuid,
    #[serde(alias = "title")]
    name: String,
    /// All names, of an actor.
    #[serde(default)]
    names: Vec<Name>,
    /// There for a class of incidents.
    #[serde(default)]
    class: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
struct Name {
    name: String,
}

impl Entry {
    fn is_called(&self, wanted: &str) -> bool {
        let names = self.names.iter().map(|name| &name.name).chain([&self.name]);
        names.into_iter().any(|name| comparable(name) == wanted)
    }
}

/// An actor that is registered along with the claim that names it.
struct NewActor {
    id: Uuid,
    name: Text,
    kind: ActorKind,
}

/// What is known of names.
pub(super) struct Names {
    service: Service,
    /// What ids are called, fit for a terminal.
    known: BTreeMap<Uuid, String>,
    /// Actors that claims of the service do not name yet.
    new: Vec<NewActor>,
}

impl Names {
    pub fn new(service: &Service) -> Self {
        Self { service: service.clone(), known: BTreeMap::new(), new: Vec::new() }
    }

    /// The actor of this name or id; `+Name, kind` is a new one.
    pub async fn actor(&mut self, answer: &str) -> Result<ActorId, NotTaken> {
        if let Some(registration) = registration(answer) {
            let (name, kind) = registration?;
            return self.introduce(name, kind).await;
        }
        let wanted = comparable(answer);
        let new = self.new.iter().find(|new| comparable(new.name.as_str()) == wanted);
        match new {
            Some(new) => Ok(ActorId::new(new.id)),
            None => Ok(ActorId::new(self.look_up(Kind::Actor, answer).await?.id)),
        }
    }

    /// The source of this name or id.
    pub async fn source(&mut self, answer: &str) -> Result<SourceId, NotTaken> {
        Ok(SourceId::new(self.look_up(Kind::Source, answer).await?.id))
    }

    /// The incident or class of this title or id.
    pub async fn incident(&mut self, answer: &str) -> Result<Target, NotTaken> {
        let entry = self.look_up(Kind::Incident, answer).await?;
        let id = IncidentId::new(entry.id);
        Ok(if entry.class.is_some() { Target::Class(id) } else { Target::Incident(id) })
    }

    /// The relation of this id.
    pub async fn relation(&mut self, id: Uuid) -> Result<RelationId, NotTaken> {
        match self.learn_relation(id).await {
            Ok(()) => Ok(RelationId::new(id)),
            Err(error) if is_absent(&error) => Err(NotTaken::Refused(format!("no relation has the id {id}"))),
            Err(error) => Err(error.into()),
        }
    }

    /// The relations of an actor, as lines to choose from.
    pub async fn relations_of(&mut self, actor: ActorId) -> Result<Vec<String>, Error> {
        let relations: Vec<view::Relation> = self.service.list("relations", &[("actor", actor.to_string())]).await?;
        let mut lines = Vec::new();
        for relation in relations {
            self.note_relation(&relation).await?;
            if let Ok(id) = relation.id.parse() {
                lines.push(format!("{id}  {}", self.called(id)));
            }
        }
        Ok(lines)
    }

    /// What an id is called; the id itself where that is not known.
    pub fn called(&self, id: Uuid) -> String {
        self.known.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    /// What a written id is called.
    pub fn called_by(&self, id: &str) -> String {
        id.parse().map_or_else(|_| plain(id), |id| self.called(id))
    }

    /// Notes what an id is called.
    pub fn note(&mut self, id: Uuid, name: &str) {
        self.known.insert(id, plain(name));
    }

    /// Looks up what everybody and everything in a claim is called.
    pub async fn learn(&mut self, claim: &view::Claim) -> Result<(), Error> {
        let unidentified = claim.speakers.iter().filter_map(|link| link.unidentified.as_ref()?.of.as_ref());
        let actors = claim.speakers.iter().filter_map(|link| link.actor.as_ref()).chain(unidentified);
        let sources = claim.speakers.iter().filter_map(|link| link.source.as_ref());
        let about = claim.proposition.as_ref();
        let named = about.into_iter().flat_map(|about| about.actor.iter().chain(&about.with));
        let incidents = about.into_iter().flat_map(|about| about.incident.iter().chain(&about.class));
        let all = actors.chain(named).map(|id| (Kind::Actor, id));
        let all = all.chain(sources.map(|id| (Kind::Source, id))).chain(incidents.map(|id| (Kind::Incident, id)));
        for (kind, id) in all {
            if let Ok(id) = id.parse() {
                self.learn_one(kind, id).await?;
            }
        }
        match about.and_then(|about| about.relation.as_ref()?.parse().ok()) {
            Some(relation) => seen(self.learn_relation(relation).await),
            None => Ok(()),
        }
    }

    /// Registers the actors that were introduced. A repetition changes nothing.
    pub async fn register(&mut self) -> Result<(), Error> {
        for NewActor { id, name, kind } in &self.new {
            let body = json!({ "id": id, "name": name, "kind": kind });
            self.service.write(*id, "actors", Some(&body)).await?;
        }
        self.new.clear();
        Ok(())
    }

    /// Forgets the actors that were introduced.
    pub fn forget_new(&mut self) {
        self.new.clear();
    }

    async fn introduce(&mut self, name: Text, kind: ActorKind) -> Result<ActorId, NotTaken> {
        let there = self.search(Kind::Actor, name.as_str()).await?.into_iter().find(|(is_exact, _)| *is_exact);
        if let Some((_, there)) = there {
            return Err(NotTaken::Refused(format!("there is {} already; answer the name alone", told(&there))));
        }
        // Who is introduced twice in a claim is one, and who was introduced for an answer that was refused is there.
        let introduced = self.new.iter().find(|new| comparable(new.name.as_str()) == comparable(name.as_str()));
        if let Some(NewActor { id, .. }) = introduced {
            return Ok(ActorId::new(*id));
        }
        let id = Uuid::now_v7();
        self.note(id, name.as_str());
        self.new.push(NewActor { id, name, kind });
        Ok(ActorId::new(id))
    }

    /// The one entry that a name or an id means.
    async fn look_up(&mut self, kind: Kind, answer: &str) -> Result<Entry, NotTaken> {
        let entry = match given(answer)?.parse() {
            Ok(id) => self.by_id(kind, id).await?,
            Err(_) => self.by_name(kind, answer).await?,
        };
        self.note(entry.id, &entry.name);
        Ok(entry)
    }

    async fn by_id(&self, kind: Kind, id: Uuid) -> Result<Entry, NotTaken> {
        match self.service.get(&format!("{}/{id}", kind.collection())).await {
            Ok(entry) => Ok(entry),
            Err(error) if is_absent(&error) => {
                Err(NotTaken::Refused(format!("no {} has the id {id}", kind.describe().0)))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn by_name(&self, kind: Kind, name: &str) -> Result<Entry, NotTaken> {
        let found = self.search(kind, name).await?;
        let (exact, other): (Vec<_>, Vec<_>) = found.into_iter().partition(|(is_exact, _)| *is_exact);
        let mut best: Vec<Entry> = if exact.is_empty() { other } else { exact }.into_iter().map(|(_, e)| e).collect();
        let (one, register) = kind.describe();
        let name = plain(name);
        match best.len() {
            1 => Ok(best.remove(0)),
            0 => Err(NotTaken::Refused(format!("no {one} is called `{name}`; {register}"))),
            count => {
                let choices: Vec<String> = best.iter().take(CHOICES_MAX).map(told).collect();
                let more = count.saturating_sub(CHOICES_MAX);
                let more = if more > 0 { format!(", and {more} more") } else { String::new() };
                let choices = choices.join(", ");
                Err(NotTaken::Refused(format!("`{name}` may be {choices}{more}; say more, or an id")))
            }
        }
    }

    /// Those whose name has this in it, and whether a name is this and nothing else.
    async fn search(&self, kind: Kind, name: &str) -> Result<Vec<(bool, Entry)>, Error> {
        let entries: Vec<Entry> = self.service.list(kind.collection(), &[("q", name.to_owned())]).await?;
        let wanted = comparable(name);
        Ok(entries.into_iter().map(|entry| (entry.is_called(&wanted), entry)).collect())
    }

    async fn learn_one(&mut self, kind: Kind, id: Uuid) -> Result<(), Error> {
        if self.known.contains_key(&id) {
            return Ok(());
        }
        let entry = self.service.get::<Entry>(&format!("{}/{id}", kind.collection())).await;
        seen(entry.map(|entry| self.note(id, &entry.name)))
    }

    async fn learn_relation(&mut self, id: Uuid) -> Result<(), Error> {
        if self.known.contains_key(&id) {
            return Ok(());
        }
        let relation = self.service.get(&format!("relations/{id}")).await?;
        self.note_relation(&relation).await
    }

    async fn note_relation(&mut self, relation: &view::Relation) -> Result<(), Error> {
        for end in [&relation.from, &relation.to] {
            if let Ok(end) = end.parse() {
                self.learn_one(Kind::Actor, end).await?;
            }
        }
        if let Ok(id) = relation.id.parse() {
            let kind = words(&relation.r#type);
            let (from, to) = (self.called_by(&relation.from), self.called_by(&relation.to));
            self.note(id, &format!("{from} — {kind} → {to}"));
        }
        Ok(())
    }
}

/// An entry as one of several that may be meant.
fn told(entry: &Entry) -> String {
    format!("{} ({})", plain(&entry.name), entry.id)
}

/// Whether what was asked for is not there, or not for who asks.
pub(super) fn is_absent(error: &Error) -> bool {
    matches!(error, Error::Problem(problem) if problem.status() == StatusCode::NOT_FOUND)
}

/// What may not be seen is called by its id.
fn seen(learned: Result<(), Error>) -> Result<(), Error> {
    learned.or_else(|error| if is_absent(&error) { Ok(()) } else { Err(error) })
}
