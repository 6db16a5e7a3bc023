//! What all aggregates have in common.

use crate::code::codes;
use crate::id::UserId;
use crate::{
    actor, adjudication, annotation, assessment, derivation, document, identity, import, incident, project, reading,
    relation, source, task, user,
};

codes! {
    /// The kinds of aggregates; the code is the kind's token in subjects.
    pub enum Kind as "kind of aggregate" {
        /// A project.
        Project = "project",
        /// A user of the installation.
        User = "user",
        /// A source.
        Source = "source",
        /// A document.
        Document = "document",
        /// An incident or a class of incidents.
        Incident = "incident",
        /// An actor.
        Actor = "actor",
        /// A relation between two actors.
        Relation = "relation",
        /// A marked passage.
        Annotation = "annotation",
        /// A reading of a passage.
        Reading = "reading",
        /// A derivation of one passage from another, or an origin.
        Derivation = "derivation",
        /// What one person thinks of something.
        Assessment = "assessment",
        /// All judgements of one kind in a project.
        Identity = "identity",
        /// Rulings on readings, or findings on propositions or incidents.
        Adjudication = "adjudication",
        /// A revision of a document that is to be read by several people.
        Task = "task",
        /// A batch of commands that came in one request.
        Import = "import",
    }
}

/// One consistency boundary: its events are applied in the order of its revisions.
pub trait Aggregate: Default + Clone + Send + Sync + 'static {
    /// The kind.
    const KIND: Kind;
    /// The events that this kind records.
    type Event: Into<Event> + Clone + Send + Sync + 'static;

    /// Applies an event by this author; holds no rule and cannot fail.
    #[must_use]
    fn evolve(self, event: &Self::Event, author: UserId) -> Self;

    /// The event, if it is one of this kind.
    fn own(event: &Event) -> Option<&Self::Event>;
}

/// The state after these events.
#[must_use]
pub fn fold<'a, A: Aggregate>(events: impl IntoIterator<Item = (&'a Event, UserId)>) -> A {
    events
        .into_iter()
        .filter_map(|(event, author)| A::own(event).map(|event| (event, author)))
        .fold(A::default(), |state, (event, author)| state.evolve(event, author))
}

macro_rules! events {
    ($($kind:ident: $module:ident::$aggregate:ident),+ $(,)?) => {
        /// An event of any aggregate.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Event {
            $(#[doc = concat!("Of the kind `", stringify!($module), "`.")] $kind($module::Event)),+
        }

        impl Event {
            /// The kind of aggregate that records it.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self { $(Self::$kind(_) => Kind::$kind),+ }
            }

            /// The event's name in the past tense, as the domain has it.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $(Self::$kind(event) => event.name()),+ }
            }
        }

        $(impl From<$module::Event> for Event {
            fn from(event: $module::Event) -> Self { Self::$kind(event) }
        })+
    };
}

events! {
    Project: project::Project,
    User: user::User,
    Source: source::Source,
    Document: document::Document,
    Incident: incident::Incident,
    Actor: actor::Actor,
    Relation: relation::Relation,
    Annotation: annotation::Annotation,
    Reading: reading::Reading,
    Derivation: derivation::Derivation,
    Assessment: assessment::Assessment,
    Identity: identity::Identity,
    Adjudication: adjudication::Adjudication,
    Task: task::Task,
    Import: import::Import,
}

/// Writes `const KIND`, `type Event` and `own` of an aggregate's impl.
macro_rules! aggregate_of {
    ($kind:ident) => {
        const KIND: $crate::Kind = $crate::Kind::$kind;
        type Event = Event;
        fn own(event: &$crate::Event) -> Option<&Event> {
            match event {
                $crate::Event::$kind(event) => Some(event),
                _ => None,
            }
        }
    };
}
pub(crate) use aggregate_of;

#[cfg(test)]
mod tests;
