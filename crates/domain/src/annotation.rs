//! A marked passage: a span of one document revision, in Unicode code points. No record holds the quoted text.
//!
//! With a new revision of the document a mark moves to where its passage stands there ([`crate::anchor`]), or stays where
//! it is with its anchor lost. A mark whose anchor is lost is evidence as before: what was read in an older revision was
//! written there, whatever the publisher has made of it since.

use crate::aggregate::aggregate_of;
use crate::anchor::{Found, Lost, Method};
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

/// Where a mark stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The number of the document's revision.
    pub revision: u32,
    /// The code points.
    pub range: Range<u32>,
    /// How the place was found; none if a person marked it.
    pub rating: Option<Rating>,
}

/// How a place was found, and how good it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rating {
    /// In millionths.
    pub score: u32,
    /// How it was found.
    pub method: Method,
}

/// A revision in which no place was found for a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// The number of the document's revision.
    pub revision: u32,
    /// Why.
    pub reason: Lost,
}

/// What is known of a mark's place beside the place itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Anchoring {
    /// How the present place was found; none if a person marked it.
    pub rating: Option<Rating>,
    /// The newest revision, later than that of the present place, in which no place was found.
    pub lost: Option<Loss>,
    /// Where it stood before, on earlier revisions, in that order.
    pub earlier: Vec<Anchor>,
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
    /// The passage was found again in a new revision.
    AnnotationReanchored(Reanchored),
    /// The passage was not found in a new revision.
    AnnotationAnchorLost(Loss),
}

/// Where a passage was found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reanchored {
    /// The number of the document's revision.
    pub revision: u32,
    /// Where, and how good it is.
    pub found: Found,
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::AnnotationCreated(_) => "AnnotationCreated",
            Self::AnnotationRevised(_) => "AnnotationRevised",
            Self::AnnotationRetracted => "AnnotationRetracted",
            Self::AnnotationReanchored(_) => "AnnotationReanchored",
            Self::AnnotationAnchorLost(_) => "AnnotationAnchorLost",
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
    /// Move the mark within its revision or to a newer one, or change what it says.
    Revise {
        /// The new passage.
        span: Span,
        /// The quote as the client sees it; required when the passage moves.
        exact: Option<&'a str>,
        /// The text of the revision to which it moves.
        text: &'a Indexed,
    },
    /// Follow the passage into a new revision.
    Reanchor {
        /// The number of the document's revision.
        revision: u32,
        /// What was found there.
        found: Result<Found, Lost>,
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
        /// How it came to stand there.
        anchoring: Anchoring,
    },
    /// Taken back.
    Retracted {
        /// Who marked it.
        author: UserId,
        /// The passage as it was last.
        span: Span,
        /// How it came to stand there.
        anchoring: Anchoring,
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

    /// How it came to stand where it stands, if it was ever marked.
    #[must_use]
    pub fn anchoring(&self) -> Option<&Anchoring> {
        match self {
            Self::Absent => None,
            Self::Live { anchoring, .. } | Self::Retracted { anchoring, .. } => Some(anchoring),
        }
    }

    /// The revisions of its document on which a live mark stands or stood, with what it covers there.
    pub fn stands(&self) -> impl Iterator<Item = (u32, Range<u32>)> {
        let (present, earlier) = match self {
            Self::Live { span, anchoring, .. } => (Some((span.revision, span.range())), anchoring.earlier.as_slice()),
            Self::Absent | Self::Retracted { .. } => (None, &[][..]),
        };
        present.into_iter().chain(earlier.iter().rev().map(|anchor| (anchor.revision, anchor.range.clone())))
    }

    /// The newest revision on which two live marks of one document stand or stood, and what they cover there.
    fn newest_common(&self, other: &Self) -> Option<(u32, Range<u32>, Range<u32>)> {
        let beside = |(revision, own)| {
            let (_, other) = other.stands().find(|(other, _)| *other == revision)?;
            Some((revision, own, other))
        };
        self.stands().filter_map(beside).max_by_key(|(revision, ..)| *revision)
    }

    /// Whether two live marks cover a code point in common, on the newest revision on which both stand or stood.
    ///
    /// Of two marks of one passage a new revision may lose one and keep the other; they mark one passage all the same.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let (Some(own), Some(beside)) = (self.live(), other.live()) else { return false };
        if own.document != beside.document {
            return false;
        }
        if own.revision == beside.revision {
            return passage::overlap(&own.range(), &beside.range());
        }
        self.newest_common(other).is_some_and(|(_, own, other)| passage::overlap(&own, &other))
    }

    /// Whether two live marks cover the same code points, on the newest revision on which both stand or stood.
    #[must_use]
    pub fn coincides(&self, other: &Self) -> bool {
        let (Some(own), Some(beside)) = (self.live(), other.live()) else { return false };
        let common = || self.newest_common(other).is_some_and(|(_, own, other)| own == other);
        own.document == beside.document && common()
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
            (Self::Absent, Command::Revise { .. } | Command::Retract { .. } | Command::Reanchor { .. }) => {
                Err(Rejection::absent("not_found", "there is no such annotation"))
            }
            (Self::Retracted { .. }, Command::Revise { .. } | Command::Retract { .. } | Command::Reanchor { .. }) => {
                Err(Rejection::conflict("annotation_retracted", "the annotation was retracted"))
            }
            (Self::Live { span: current, .. }, Command::Revise { span, exact, text }) => {
                if span.document != current.document {
                    let detail = "an annotation stays on its document: mark the passage there anew";
                    return Err(Rejection::invalid("annotation_moved", detail).at("/document"));
                }
                if span.revision < current.revision {
                    let detail = "an annotation moves to newer revisions only: mark the passage there anew";
                    return Err(Rejection::invalid("annotation_moved", detail).at("/revision"));
                }
                match exact {
                    Some(exact) => passage::check_quote(text, span.start, span.end, exact)?,
                    None if (span.revision, span.range()) == (current.revision, current.range()) => {}
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
            (Self::Live { span, anchoring, .. }, Command::Reanchor { revision, found }) => {
                let looked_for = anchoring.lost.map_or(span.revision, |lost| lost.revision);
                if *revision <= looked_for {
                    let detail = format!("the annotation was followed up to revision {looked_for}");
                    return Err(Rejection::conflict("anchor_settled", detail));
                }
                Ok(vec![match *found {
                    Ok(found) => Event::AnnotationReanchored(Reanchored { revision: *revision, found }),
                    Err(reason) => Event::AnnotationAnchorLost(Loss { revision: *revision, reason }),
                }])
            }
        }
    }
}

/// The place of a mark that moves to another: what it leaves on an older revision is kept.
fn moved(from: &Span, to: &Span, mut anchoring: Anchoring, rating: Option<Rating>) -> Anchoring {
    let (stays, was) = (from.revision == to.revision, anchoring.rating);
    if stays {
        let rating = if from.range() == to.range() { was } else { rating };
        return Anchoring { rating, ..anchoring };
    }
    anchoring.earlier.push(Anchor { revision: from.revision, range: from.range(), rating: was });
    let lost = anchoring.lost.filter(|lost| lost.revision > to.revision);
    Anchoring { rating, lost, ..anchoring }
}

impl Aggregate for Annotation {
    aggregate_of!(Annotation);

    fn evolve(self, event: &Event, author: UserId) -> Self {
        match (self, event) {
            (Self::Absent, Event::AnnotationCreated(span)) => {
                Self::Live { author, span: span.clone(), anchoring: Anchoring::default() }
            }
            (Self::Live { author, span, anchoring }, event) => match event {
                Event::AnnotationCreated(_) => Self::Live { author, span, anchoring },
                Event::AnnotationRevised(to) => {
                    Self::Live { author, anchoring: moved(&span, to, anchoring, None), span: to.clone() }
                }
                Event::AnnotationRetracted => Self::Retracted { author, span, anchoring },
                Event::AnnotationReanchored(Reanchored { revision, found }) => {
                    let Found { start, end, score, method } = *found;
                    let to = Span { revision: *revision, start, end, ..span.clone() };
                    let anchoring = moved(&span, &to, anchoring, Some(Rating { score, method }));
                    Self::Live { author, span: to, anchoring }
                }
                Event::AnnotationAnchorLost(lost) => {
                    Self::Live { author, span, anchoring: Anchoring { lost: Some(*lost), ..anchoring } }
                }
            },
            (
                state @ (Self::Absent | Self::Retracted { .. }),
                Event::AnnotationCreated(_)
                | Event::AnnotationRevised(_)
                | Event::AnnotationRetracted
                | Event::AnnotationReanchored(_)
                | Event::AnnotationAnchorLost(_),
            ) => state,
        }
    }
}

#[cfg(test)]
mod tests;
