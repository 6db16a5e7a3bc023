//! Readings and no-claims.

use std::fmt;

use domain::annotation::{Span, SpanRole};
use domain::claim::{
    Act, CHANGES_MAX, Certainty, Chain, Claim, EVIDENCE_MAX, Facet, Polarity, Proposition, Role, Scope, Speaker,
    Stance, Target, UnidentifiedKind,
};
use domain::edtf::Edtf;
use domain::id::{ActorId, AnnotationId, DocumentId, IncidentId, ReadingId, RelationId, SourceId};
use domain::reading::Blank;
use domain::{Rejection, text};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::object::Object;
use super::{
    ActCode, CertaintyCode, FacetCode, PolarityCode, RoleCode, ScopeCode, SpanRoleCode, StanceCode,
    UnidentifiedKindCode, check_len,
};

/// The most passages that are marked along with one reading: with the reading they are one atomic step in the log.
pub(crate) const INLINE_MAX: usize = 16;

/// What you read in a passage: who says what about whom, and how certain.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReading {
    /// Its id; made by the server when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// Who says it: from the outermost link, the document's source or author, to the speaker, who comes last.
    #[schema(min_items = 1, max_items = 8, value_type = Vec<NewLink>)]
    pub speakers: Vec<Object<NewLink>>,
    /// What the speaker does in saying it.
    #[schema(value_type = ActCode)]
    pub act: Act,
    /// What it is about.
    #[schema(value_type = NewProposition)]
    pub proposition: Object<NewProposition>,
    /// What the speaker is committed to: `+` it holds, `-` it does not, `0` neither.
    #[schema(value_type = PolarityCode)]
    pub polarity: Polarity,
    /// How certain the speaker's words are: certain, probable, possible, or not to be told.
    #[schema(value_type = CertaintyCode)]
    pub certainty: Certainty,
    /// The passages: annotations by id, or at most 16 to mark in the same step.
    #[schema(min_items = 1, max_items = 64)]
    pub evidence: Vec<Evidence>,
    /// Whether it is about one incident or about any of a class.
    #[serde(default = "specific")]
    #[schema(value_type = ScopeCode)]
    pub scope: Scope,
    /// Taken for granted in passing.
    #[serde(default)]
    pub presupposed: bool,
    /// How it was uttered: a term of the codebook.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 8192, example = "statement")]
    pub mode: Option<String>,
    /// When it was uttered, as EDTF.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256, example = "2021-05-04")]
    pub uttered: Option<String>,
    /// The utterances that a change act changes, by any reading of theirs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 64, value_type = Vec<Uuid>)]
    pub changes: Vec<ReadingId>,
    /// The relation by which the speaker speaks for an actor or holds an office.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub speaks_for: Option<RelationId>,
}

fn specific() -> Scope {
    Scope::Specific
}

/// A link of the chain of speakers: exactly one of `actor`, `source` and `unidentified`.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLink {
    /// An actor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub actor: Option<ActorId>,
    /// A source.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub source: Option<SourceId>,
    /// Somebody whom the text does not identify.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<NewUnidentified>)]
    pub unidentified: Option<Object<NewUnidentified>>,
    /// How the link stands towards what follows; required of all but the last, which has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<StanceCode>)]
    pub stance: Option<Stance>,
}

/// Somebody whom the text does not identify.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUnidentified {
    /// What the text tells of them.
    #[schema(value_type = UnidentifiedKindCode)]
    pub kind: UnidentifiedKind,
    /// The text's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 8192, example = "security officials")]
    pub label: Option<String>,
    /// The actor to whom they belong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub of: Option<ActorId>,
}

/// What a claim is about. Its target is `incident`, `class` or `relation`; without any of them it is `actor`, and the
/// facet is `conduct`.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProposition {
    /// One incident.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub incident: Option<IncidentId>,
    /// A class of incidents.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub class: Option<IncidentId>,
    /// A relation between two actors; it takes none of the other members.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub relation: Option<RelationId>,
    /// The question about the target that is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<FacetCode>)]
    pub facet: Option<Facet>,
    /// The actor who is said to have the role.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub actor: Option<ActorId>,
    /// The role; with the facets `who` and `evidence`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<RoleCode>)]
    pub role: Option<Role>,
    /// The value; with the other facets but `occurred`. EDTF with `when`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 8192)]
    pub value: Option<String>,
    /// Others who are said to have acted jointly with the actor.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 32, value_type = Vec<Uuid>)]
    pub with: Vec<ActorId>,
    /// "and others".
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub with_others: bool,
}

/// A passage that shows the claim.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Evidence {
    /// An annotation that is there.
    Annotation(Uuid),
    /// A passage to mark in the same step.
    Inline(NewPassage),
}

/// A passage to mark along with a reading. Offsets are Unicode code points of that revision's text.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassage {
    /// The document.
    #[schema(value_type = Uuid)]
    pub document: DocumentId,
    /// The number of the document's revision.
    #[schema(minimum = 1)]
    pub revision: u32,
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    #[schema(minimum = 1)]
    pub end: u32,
    /// The text from `start` to `end`: it shows that both sides mean the same passage, and is not kept.
    #[schema(min_length = 1)]
    pub exact: String,
    /// What the passage shows.
    #[schema(value_type = SpanRoleCode)]
    pub role: SpanRole,
}

impl NewPassage {
    /// The passage.
    pub fn span(&self) -> Span {
        Span {
            document: self.document,
            revision: self.revision,
            start: self.start,
            end: self.end,
            role: self.role,
            note: None,
        }
    }
}

/// Written by hand because an untagged enum would be buffered, and a fault in it would have no place.
impl<'de> Deserialize<'de> for Evidence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EvidenceVisitor;

        impl<'de> Visitor<'de> for EvidenceVisitor {
            type Value = Evidence;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an annotation's id, or a passage to mark")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Evidence, E> {
                let id = Uuid::try_parse(text).map_err(E::custom)?;
                Ok(Evidence::Annotation(id))
            }

            fn visit_map<M: MapAccess<'de>>(self, members: M) -> Result<Evidence, M::Error> {
                NewPassage::deserialize(MapAccessDeserializer::new(members)).map(Evidence::Inline)
            }
        }

        deserializer.deserialize_any(EvidenceVisitor)
    }
}

impl NewReading {
    /// The passages to mark along with the reading, each with its place in `evidence`.
    pub fn passages(&self) -> Result<Vec<(usize, &NewPassage)>, Rejection> {
        check_len(self.evidence.len(), EVIDENCE_MAX, "/evidence")?;
        let passages: Vec<_> = self
            .evidence
            .iter()
            .enumerate()
            .filter_map(|(at, evidence)| match evidence {
                Evidence::Annotation(_) => None,
                Evidence::Inline(passage) => Some((at, passage)),
            })
            .collect();
        if passages.len() <= INLINE_MAX {
            return Ok(passages);
        }
        let detail = format!("at most {INLINE_MAX} passages are marked along with a reading; mark the others before");
        Err(Rejection::invalid("list_too_long", detail).at("/evidence"))
    }

    /// The claim, with these ids for the passages that are marked along, in their order.
    pub fn claim(&self, marked: &[AnnotationId]) -> Result<Claim, Rejection> {
        check_len(self.speakers.len(), Chain::LEN_MAX, "/speakers")
            .map_err(|rejection| Rejection { code: "chain_length", ..rejection })?;
        check_len(self.changes.len(), CHANGES_MAX, "/changes")?;
        check_len(self.proposition.0.with.len(), Proposition::WITH_MAX, "/proposition/with")?;
        let link = |(at, Object(link)): (usize, &Object<NewLink>)| {
            link.speaker(&format!("/speakers/{at}")).map(|who| (who, link.stance))
        };
        let links = self.speakers.iter().enumerate().map(link).collect::<Result<_, _>>()?;
        let mut marked = marked.iter().copied();
        let evidence = self
            .evidence
            .iter()
            .filter_map(|evidence| match evidence {
                Evidence::Annotation(id) => Some(AnnotationId::new(*id)),
                Evidence::Inline(_) => marked.next(),
            })
            .collect();
        Ok(Claim {
            speakers: Chain::parse(links)?,
            act: self.act,
            proposition: self.proposition.0.proposition()?,
            polarity: self.polarity,
            certainty: self.certainty,
            evidence,
            scope: self.scope,
            presupposed: self.presupposed,
            mode: text::optional(self.mode.clone(), "/mode")?,
            uttered: Edtf::optional(self.uttered.as_deref(), "/uttered")?,
            changes: self.changes.clone(),
            speaks_for: self.speaks_for,
        })
    }

    /// The body of a claim, for patches.
    pub fn of(claim: &Claim) -> Self {
        let links = claim.speakers.links().iter().map(|link| NewLink::of(&link.speaker, Some(link.stance)));
        Self {
            id: None,
            speakers: links.chain([NewLink::of(claim.speakers.speaker(), None)]).map(Object).collect(),
            act: claim.act,
            proposition: Object(NewProposition::of(&claim.proposition)),
            polarity: claim.polarity,
            certainty: claim.certainty,
            evidence: claim.evidence.iter().map(|id| Evidence::Annotation(id.uuid())).collect(),
            scope: claim.scope,
            presupposed: claim.presupposed,
            mode: claim.mode.as_ref().map(|mode| mode.as_str().to_owned()),
            uttered: claim.uttered.as_ref().map(|uttered| uttered.as_str().to_owned()),
            changes: claim.changes.clone(),
            speaks_for: claim.speaks_for,
        }
    }
}

impl NewLink {
    fn speaker(&self, pointer: &str) -> Result<Speaker, Rejection> {
        match (self.actor, self.source, &self.unidentified) {
            (Some(actor), None, None) => Ok(Speaker::Actor(actor)),
            (None, Some(source), None) => Ok(Speaker::Source(source)),
            (None, None, Some(Object(unidentified))) => Ok(Speaker::Unidentified {
                kind: unidentified.kind,
                label: text::optional(unidentified.label.clone(), &format!("{pointer}/unidentified/label"))?,
                of: unidentified.of,
            }),
            _ => {
                let detail = "a link names exactly one of `actor`, `source` and `unidentified`";
                Err(Rejection::invalid("link_ambiguous", detail).at(pointer))
            }
        }
    }

    fn of(speaker: &Speaker, stance: Option<Stance>) -> Self {
        let link = Self { actor: None, source: None, unidentified: None, stance };
        match speaker {
            Speaker::Actor(actor) => Self { actor: Some(*actor), ..link },
            Speaker::Source(source) => Self { source: Some(*source), ..link },
            Speaker::Unidentified { kind, label, of } => {
                let label = label.as_ref().map(|label| label.as_str().to_owned());
                Self { unidentified: Some(Object(NewUnidentified { kind: *kind, label, of: *of })), ..link }
            }
        }
    }
}

impl NewProposition {
    pub(super) fn proposition(&self) -> Result<Proposition, Rejection> {
        let (target, actor) = self.target()?;
        Ok(Proposition {
            target,
            facet: self.facet,
            actor,
            role: self.role,
            value: text::optional(self.value.clone(), "/proposition/value")?,
            with: self.with.clone(),
            with_others: self.with_others,
        })
    }

    /// The target, and the actor where that is not the target itself.
    fn target(&self) -> Result<(Target, Option<ActorId>), Rejection> {
        let refused = |detail: &str| Err(Rejection::invalid("proposition_target", detail).at("/proposition"));
        match (self.incident, self.class, self.relation, self.actor) {
            (Some(incident), None, None, actor) => Ok((Target::Incident(incident), actor)),
            (None, Some(class), None, actor) => Ok((Target::Class(class), actor)),
            (None, None, Some(relation), actor) => Ok((Target::Relation(relation), actor)),
            (None, None, None, Some(actor)) if matches!(self.facet, None | Some(Facet::Conduct)) => {
                Ok((Target::Actor(actor), None))
            }
            (None, None, None, _) => {
                refused("name `incident`, `class` or `relation`; an actor alone is the target of the facet `conduct`")
            }
            _ => refused("a proposition has one target: `incident`, `class` or `relation`"),
        }
    }

    fn of(proposition: &Proposition) -> Self {
        let mut body = Self {
            incident: None,
            class: None,
            relation: None,
            facet: proposition.facet,
            actor: proposition.actor,
            role: proposition.role,
            value: proposition.value.as_ref().map(|value| value.as_str().to_owned()),
            with: proposition.with.clone(),
            with_others: proposition.with_others,
        };
        match proposition.target {
            Target::Incident(id) => body.incident = Some(id),
            Target::Class(id) => body.class = Some(id),
            Target::Relation(id) => body.relation = Some(id),
            Target::Actor(id) => body.actor = Some(id),
        }
        body
    }
}

/// A passage in which you found no claim. Offsets are Unicode code points of that revision's text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNoClaim {
    /// Its id; made by the server when absent.
    pub id: Option<Uuid>,
    /// The document.
    #[schema(value_type = Uuid)]
    pub document: DocumentId,
    /// The number of the document's revision.
    #[schema(minimum = 1)]
    pub revision: u32,
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    #[schema(minimum = 1)]
    pub end: u32,
}

impl NewNoClaim {
    /// The passage.
    pub fn blank(&self) -> Blank {
        Blank { document: self.document, revision: self.revision, start: self.start, end: self.end }
    }
}

#[cfg(test)]
mod tests;
