//! Incidents and classes of incidents.

use domain::Rejection;
use domain::edtf::Edtf;
use domain::id::ActorId;
use domain::incident::{Class, Detail, Incident};
use domain::text::{self, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::object::Object;
use super::{check_distinct, check_len, plain, texts};

/// An incident to register, with `when`; or a class of incidents, with `class` and nothing else but a title.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewIncident {
    /// Its id; made by the server when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// Its title.
    #[schema(min_length = 1, max_length = 8192)]
    pub title: String,
    /// When it happened, as EDTF; `XXXX`, some year, where no date is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256, example = "2021-05-04")]
    pub when: Option<String>,
    /// Its kind: a term of the codebook.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 8192)]
    pub kind: Option<String>,
    /// Where: terms of the codebook.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 200)]
    pub places: Vec<String>,
    /// The actors at whom it was aimed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 200)]
    pub targets: Vec<Uuid>,
    /// Which incidents belong to the class.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<NewClass>)]
    pub class: Option<Object<NewClass>>,
}

/// Which incidents belong to a class; an empty list means any.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NewClass {
    /// Kinds of incidents.
    #[schema(max_items = 200)]
    pub kinds: Vec<String>,
    /// The actors at whom they were aimed.
    #[schema(max_items = 200)]
    pub targets: Vec<Uuid>,
    /// Where.
    #[schema(max_items = 200)]
    pub places: Vec<String>,
    /// The actors who are said to have done them.
    #[schema(max_items = 200)]
    pub actors: Vec<Uuid>,
    /// When, as EDTF; always when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256, example = "2021-02-26/2021-06-27")]
    pub period: Option<String>,
}

/// What a body says.
pub(crate) enum Content {
    /// One incident.
    Single(Detail),
    /// A class.
    Class(Class),
}

impl Content {
    /// The actors that it names, each with where it does.
    pub fn actors(&self) -> Vec<(ActorId, String)> {
        let at = |actors: &[ActorId], pointer: &str| -> Vec<_> {
            actors.iter().enumerate().map(|(at, actor)| (*actor, format!("{pointer}/{at}"))).collect()
        };
        match self {
            Self::Single(detail) => at(&detail.targets, "/targets"),
            Self::Class(class) => {
                let mut actors = at(&class.targets, "/class/targets");
                actors.extend(at(&class.actors, "/class/actors"));
                actors
            }
        }
    }
}

impl NewIncident {
    /// What the body says.
    pub fn content(&self) -> Result<Content, Rejection> {
        let title = Text::parse(self.title.clone(), "/title")?;
        let Some(Object(class)) = &self.class else {
            let Some(when) = &self.when else {
                let detail = "an incident has `when`, `XXXX` where no date is told; a class has `class`";
                return Err(Rejection::invalid("missing_field", detail).at("/when"));
            };
            return Ok(Content::Single(Detail {
                title,
                when: Edtf::parse(when, "/when")?,
                kind: text::optional(self.kind.clone(), "/kind")?,
                places: texts(self.places.clone(), Incident::LIST_MAX, "/places")?,
                targets: actors(&self.targets, "/targets")?,
            }));
        };
        let single = [
            (self.when.is_some(), "/when"),
            (self.kind.is_some(), "/kind"),
            (!self.places.is_empty(), "/places"),
            (!self.targets.is_empty(), "/targets"),
        ];
        if let Some((_, pointer)) = single.into_iter().find(|(given, _)| *given) {
            let detail = "a class takes `title` and `class` alone";
            return Err(Rejection::invalid("incident_or_class", detail).at(pointer));
        }
        Ok(Content::Class(Class {
            title,
            kinds: texts(class.kinds.clone(), Incident::LIST_MAX, "/class/kinds")?,
            targets: actors(&class.targets, "/class/targets")?,
            places: texts(class.places.clone(), Incident::LIST_MAX, "/class/places")?,
            actors: actors(&class.actors, "/class/actors")?,
            period: Edtf::optional(class.period.as_deref(), "/class/period")?,
        }))
    }

    /// The body of an incident as it stands, for patches; none when there is no such incident.
    pub fn of(incident: &Incident) -> Option<Self> {
        let uuids = |actors: &[ActorId]| actors.iter().map(|actor| actor.uuid()).collect();
        match incident {
            Incident::Absent => None,
            Incident::Single(detail) => Some(Self {
                id: None,
                title: detail.title.as_str().to_owned(),
                when: Some(detail.when.as_str().to_owned()),
                kind: detail.kind.as_ref().map(|kind| kind.as_str().to_owned()),
                places: plain(&detail.places),
                targets: uuids(&detail.targets),
                class: None,
            }),
            Incident::Class(class) => Some(Self {
                id: None,
                title: class.title.as_str().to_owned(),
                when: None,
                kind: None,
                places: Vec::new(),
                targets: Vec::new(),
                class: Some(Object(NewClass {
                    kinds: plain(&class.kinds),
                    targets: uuids(&class.targets),
                    places: plain(&class.places),
                    actors: uuids(&class.actors),
                    period: class.period.as_ref().map(|period| period.as_str().to_owned()),
                })),
            }),
        }
    }
}

fn actors(ids: &[Uuid], pointer: &str) -> Result<Vec<ActorId>, Rejection> {
    check_len(ids.len(), Incident::LIST_MAX, pointer)?;
    check_distinct(ids, pointer)?;
    Ok(ids.iter().copied().map(ActorId::new).collect())
}
