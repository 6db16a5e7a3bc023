//! A marked passage: a span of one document revision, in Unicode code points. No record holds the quoted text.

use crate::aggregate::aggregate_of;
use crate::code::codes;
use crate::id::{DocumentId, UserId};
use crate::passage::{self, Indexed};
use crate::text::Text;
use crate::{Aggregate, Rejection};
use std::ops::Range;

codes! {
    /// What a passage shows.
    pub enum SpanRole as "role of a passage" {
        /// Who is named as the source.
        Source = "source",
        /// The word that shows the act ("accused").
        Cue = "cue",
        /// What is said.
        Content = "content",
        /// A date.
        Date = "date",
        /// The mention of an incident.
        IncidentMention = "incident_mention",
        /// The mention of an actor.
        ActorMention = "actor_mention",
    }
}

/// A passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The document.
    pub document: DocumentId,
    /// The number of the document's revision.
    pub revision: u32,
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    pub end: u32,
    /// What it shows.
    pub role: SpanRole,
    /// The annotator's note.
    pub note: Option<Text>,
}

impl Span {
    /// The code points that the passage covers.
    #[must_use]
    pub fn range(&self) -> Range<u32> {
        self.start..self.end
    }
}

/// What happened to an annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A passage was marked.
    AnnotationCreated(Span),
    /// The mark was moved, or says something else.
    AnnotationRevised(Span),
    /// The mark was taken back.
    AnnotationRetracted,
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::AnnotationCreated(_) => "AnnotationCreated",
            Self::AnnotationRevised(_) => "AnnotationRevised",
            Self::AnnotationRetracted => "AnnotationRetracted",
        }
    }
}

/// What is asked of an annotation.
#[derive(Debug, Clone)]
pub enum Command<'a> {
    /// Mark a passage.
    Create {
        /// The passage.
        span: Span,
        /// The quote as the client sees it.
        exact: &'a str,
        /// The text of that revision.
        text: &'a Indexed,
    },
    /// Move the mark within its revision, or change what it says.
    Revise {
        /// The new passage.
        span: Span,
        /// The quote as the client sees it; required when the passage moves.
        exact: Option<&'a str>,
        /// The text of that revision.
        text: &'a Indexed,
    },
    /// Take it back.
    Retract {
        /// Whether another person's live reading cites it (invariant 2).
        in_use: bool,
    },
}

/// An annotation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Annotation {
    /// Not created.
    #[default]
    Absent,
    /// Marked.
    Live {
        /// Who marked it.
        author: UserId,
        /// The passage.
        span: Span,
    },
    /// Taken back.
    Retracted {
        /// Who marked it.
        author: UserId,
        /// The passage as it was last.
        span: Span,
    },
}

impl Annotation {
    /// The passage, if it was ever marked.
    #[must_use]
    pub fn span(&self) -> Option<&Span> {
        match self {
            Self::Absent => None,
            Self::Live { span, .. } | Self::Retracted { span, .. } => Some(span),
        }
    }

    /// The author, if it was ever marked.
    #[must_use]
    pub fn author(&self) -> Option<UserId> {
        match self {
            Self::Absent => None,
            Self::Live { author, .. } | Self::Retracted { author, .. } => Some(*author),
        }
    }

    /// The passage, if it stands.
    #[must_use]
    pub fn live(&self) -> Option<&Span> {
        match self {
            Self::Live { span, .. } => Some(span),
            Self::Absent | Self::Retracted { .. } => None,
        }
    }

    /// Decides a command.
    pub fn decide(&self, command: &Command<'_>) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Absent, Command::Create { span, exact, text }) => {
                passage::check_quote(text, span.start, span.end, exact)?;
                Ok(vec![Event::AnnotationCreated(span.clone())])
            }
            (Self::Live { .. } | Self::Retracted { .. }, Command::Create { .. }) => {
                Err(Rejection::conflict("id_taken", "there is an annotation with this id"))
            }
            (Self::Absent, Command::Revise { .. } | Command::Retract { .. }) => {
                Err(Rejection::absent("not_found", "there is no such annotation"))
            }
            (Self::Retracted { .. }, Command::Revise { .. } | Command::Retract { .. }) => {
                Err(Rejection::conflict("annotation_retracted", "the annotation was retracted"))
            }
            (Self::Live { span: current, .. }, Command::Revise { span, exact, text }) => {
                if (span.document, span.revision) != (current.document, current.revision) {
                    let detail = "an annotation stays on its document revision: mark the passage there anew";
                    return Err(Rejection::invalid("annotation_moved", detail).at("/document"));
                }
                match exact {
                    Some(exact) => passage::check_quote(text, span.start, span.end, exact)?,
                    None if span.range() == current.range() => {}
                    None => {
                        let detail = "a passage that moves is quoted anew in `exact`";
                        return Err(Rejection::invalid("quote_missing", detail).at("/exact"));
                    }
                }
                Ok(vec![Event::AnnotationRevised(span.clone())])
            }
            (Self::Live { .. }, Command::Retract { in_use }) => {
                if *in_use {
                    let detail = "another person's reading cites this annotation";
                    return Err(Rejection::conflict("annotation_in_use", detail));
                }
                Ok(vec![Event::AnnotationRetracted])
            }
        }
    }
}

impl Aggregate for Annotation {
    aggregate_of!(Annotation);

    fn evolve(self, event: &Event, author: UserId) -> Self {
        match (self, event) {
            (Self::Absent, Event::AnnotationCreated(span)) => Self::Live { author, span: span.clone() },
            (Self::Live { author, span }, event) => match event {
                Event::AnnotationCreated(_) => Self::Live { author, span },
                Event::AnnotationRevised(span) => Self::Live { author, span: span.clone() },
                Event::AnnotationRetracted => Self::Retracted { author, span },
            },
            (Self::Absent, Event::AnnotationRevised(_) | Event::AnnotationRetracted) => Self::Absent,
            (
                state @ Self::Retracted { .. },
                Event::AnnotationCreated(_) | Event::AnnotationRevised(_) | Event::AnnotationRetracted,
            ) => state,
        }
    }
}

#[cfg(test)]
mod tests;
