//! What an assessment says.

use crate::adjudication::{Dissent, Outcome, Standard};
use crate::claim::{Act, Certainty, Key, Polarity, Sign, Strength, Target, Value};
use crate::code::codes;
use crate::derivation::Standing;
use crate::edtf::{Bounds, Edtf};
use crate::id::{
    ActorId, AdjudicationId, AnnotationId, DerivationId, DocumentId, IncidentId, JudgementId, ReadingId, RelationId,
    SourceId, UserId,
};
use crate::opinion::Opinion;
use crate::text::Text;

codes! {
    /// The status of a proposition, in the order in which the rules are tried (domain.md, section 6).
    pub enum Status as "status of a proposition" {
        /// It was found to hold.
        FindingConfirmed = "finding:confirmed",
        /// It was found not to hold.
        FindingRejected = "finding:rejected",
        /// It was found that it cannot be told.
        FindingUndetermined = "finding:undetermined",
        /// No live support, and a supporting utterance was taken back by its speaker.
        Withdrawn = "withdrawn",
        /// The accused says both, or an official does and nobody else supports it.
        Inconsistent = "inconsistent",
        /// Supported, and opposed by a third party.
        Contested = "contested",
        /// Said by others, denied by the accused.
        Denied = "denied",
        /// Said by others and by the actor itself.
        Acknowledged = "acknowledged",
        /// Said by the actor itself.
        Claimed = "claimed",
        /// Said by an official.
        OfficiallyAttributed = "officially_attributed",
        /// Said by others.
        Accused = "accused",
        /// Said weakly, and opposed.
        SuspectedContested = "suspected_contested",
        /// Said weakly.
        Suspected = "suspected",
        /// Opposed, though nobody says it.
        DeniedUnaccused = "denied_unaccused",
        /// None of these.
        None = "none",
    }
}

codes! {
    /// What is remarkable about a proposition, whatever its status (domain.md, section 6).
    pub enum Flag as "flag of a proposition" {
        /// The accused denies it.
        DeniedByAccused = "denied_by_accused",
        /// A third party opposes it.
        Opposed = "opposed",
        /// Somebody opposes it weakly.
        Doubted = "doubted",
        /// A speaker said the opposite before.
        Reversed = "reversed",
        /// A speaker says it strongly and weakly.
        StrengthVaries = "strength_varies",
        /// Somebody passes it on and steps back from it.
        Distanced = "distanced",
        /// All live support is at second hand.
        HearsayOnly = "hearsay_only",
        /// All strong support is by media.
        MediaOnly = "media_only",
        /// A court convicted.
        Convicted = "convicted",
        /// An official cleared the actor.
        Exonerated = "exonerated",
        /// Somebody was released without verdict.
        Released = "released",
        /// Somebody noted that there is no evidence.
        EvidenceAbsentNoted = "evidence_absent_noted",
        /// All live support takes it for granted in passing.
        PresupposedOnly = "presupposed_only",
        /// All live signed utterances are about a class.
        GenericOnly = "generic_only",
        /// A generic utterance is older than the incident.
        Predates = "predates",
        /// The annotators of an utterance do not agree on what it says.
        NoConsensus = "no_consensus",
        /// Something was recorded on it after what the finding on it is based on.
        Stale = "stale",
        /// Asked what would be without something: what was read on it when it was found is not all there.
        BasisChanged = "basis_changed",
    }
}

codes! {
    /// The status of an incident (domain.md, section 7).
    pub enum IncidentStatus as "status of an incident" {
        /// Somebody was found to have done it or ordered it, or there is a finding on the incident itself.
        Adjudicated = "adjudicated",
        /// There is a dispute.
        Disputed = "disputed",
        /// The actor and others say so.
        Acknowledged = "acknowledged",
        /// The actor says so.
        Claimed = "claimed",
        /// An official says so.
        OfficiallyAttributed = "officially_attributed",
        /// Others say so.
        Accused = "accused",
        /// Somebody says so weakly.
        Suspected = "suspected",
        /// Nobody says who did it.
        Unattributed = "unattributed",
    }
}

codes! {
    /// What is remarkable about an incident.
    pub enum IncidentFlag as "flag of an incident" {
        /// An attribution was taken back.
        FormerlyAttributed = "formerly_attributed",
        /// Somebody denies what nobody says.
        PreEmptiveDenial = "pre_emptive_denial",
        /// Somebody is said to have had another part in it.
        OtherRolesOnly = "other_roles_only",
        /// All live signed utterances on perpetrator and ordered are about a class.
        GenericOnly = "generic_only",
        /// Asked what would be without something: what was read when it was found is not all there.
        BasisChanged = "basis_changed",
    }
}

codes! {
    /// A kind of dispute (domain.md, section 7).
    pub enum DisputeKind as "kind of dispute" {
        /// Different speakers name different actors.
        RivalAccused = "rival_accused",
        /// Different actors claim it, each alone.
        RivalClaims = "rival_claims",
        /// The accused denies it.
        Denied = "denied",
        /// A third party opposes it.
        Opposed = "opposed",
        /// Somebody says both.
        Inconsistent = "inconsistent",
        /// A status hangs on whether two are one, and people do not agree on that.
        Identity = "identity",
        /// The readers differ, and it matters.
        Reading = "reading",
        /// What happened is contested, not who did it.
        Facts = "facts",
    }
}

codes! {
    /// Why an utterance does not count.
    pub enum Mark as "mark of an utterance" {
        /// Its speaker took it back.
        Withdrawn = "withdrawn",
        /// Its speaker said something later.
        Replaced = "replaced",
        /// Its speaker said something specific.
        Overridden = "overridden",
    }
}

codes! {
    /// On how many feet an attribution stands (domain.md, section 7).
    pub enum CorroborationKind as "kind of corroboration" {
        /// Nobody supports it with a passage.
        None = "none",
        /// The passages derive from each other, and none from a document that has it by itself.
        Circular = "circular",
        /// All of it comes from one document.
        SingleOrigin = "single_origin",
        /// It comes from several.
        MultiOrigin = "multi_origin",
    }
}

/// From how many documents the attribution of an incident comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corroboration {
    /// None, circular, one or several.
    pub kind: CorroborationKind,
    /// How many documents.
    pub origins: u32,
}

/// Whose voice an utterance is, after the edges by which people speak for others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Voice {
    /// An actor's.
    Actor(ActorId),
    /// A source's.
    Source(SourceId),
    /// Of somebody unidentified: a voice of its own in each utterance.
    Unidentified(ReadingId),
}

/// An incident's dispute board.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    /// What it is about, by the id that stands for all that are judged to be one.
    pub subject: Target,
    /// The status.
    pub status: IncidentStatus,
    /// What was found on the incident itself.
    pub finding: Option<Finding>,
    /// Flags, in their order.
    pub flags: Vec<IncidentFlag>,
    /// Disputes, by kind; propositions that were found not to hold make none.
    pub disputes: Vec<Dispute>,
    /// From how many documents all live support on perpetrator and ordered comes.
    pub corroboration: Corroboration,
    /// How far the two speakers are apart who are furthest apart on one of these propositions, 0 to 1.
    pub conflict: f64,
    /// Every proposition about the incident, in the order of their keys.
    pub propositions: Vec<Proposition>,
    /// What is said about classes of which the incident is a member, by class and key.
    pub generic: Vec<Generic>,
    /// The same for classes of which it may be one.
    pub possible: Vec<Generic>,
    /// What would change a status: relations by id, then judgements on actors, incidents and readings by id.
    pub alternatives: Vec<Alternative>,
    /// Edges that may change a status and were not tried, since there are so many.
    pub untried: usize,
}

/// An edge that would change the status of the incident, or that of a proposition on perpetrator or ordered, if it were
/// taken the other way: an open relation as held, an unsure judgement as `same`, a contested one as in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// The edge.
    pub edge: Edge,
    /// What the incident's status would be then, apart from disputes on identity and reading.
    pub status: IncidentStatus,
    /// The utterances on what would change, in the order of their ids.
    pub because: Vec<ReadingId>,
}

/// What may make two actors, incidents or readings one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// A relation.
    Relation(RelationId),
    /// A judgement.
    Judgement(JudgementId),
}

/// A dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// Its kind.
    pub kind: DisputeKind,
    /// Whether every opposing utterance is generic.
    pub generic: bool,
    /// The utterances that make it, in the order of their ids.
    pub because: Vec<ReadingId>,
}

/// What was found on a proposition or an incident, and counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The adjudication; of several, that with the smallest id.
    pub adjudication: AdjudicationId,
    /// What was found; of several, what all found, else that it cannot be told.
    pub outcome: Outcome,
    /// By which standard.
    pub standard: Standard,
    /// Why; none where several contradict each other.
    pub reason: Option<Text>,
    /// The position in the log up to which records were taken into account; of several, the earliest.
    pub based_on: u64,
    /// Who sees it otherwise; nobody where several contradict each other.
    pub dissent: Vec<Dissent>,
    /// The other adjudications with a finding on the same, ascending.
    pub also: Vec<AdjudicationId>,
}

/// A proposition and who says what on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposition {
    /// Its identity; the value is in comparable form.
    pub key: Key,
    /// The value as the first reading writes it, or a finding where nobody reads it.
    pub value: Option<String>,
    /// The status.
    pub status: Status,
    /// The status by what is said alone.
    pub status_without_finding: Status,
    /// What was found.
    pub finding: Option<Finding>,
    /// Flags, in their order.
    pub flags: Vec<Flag>,
    /// Utterances in its favour, by id.
    pub support: Vec<Utterance>,
    /// Utterances against it, by id.
    pub opposition: Vec<Utterance>,
    /// Utterances that take no side, and those without consensus, by id.
    pub neutral: Vec<Utterance>,
    /// Positions taken by adopting another's words.
    pub adopted: Vec<Adopted>,
    /// Speakers who say both and so count on neither side, by their first utterances.
    pub inconsistent: Vec<Inconsistent>,
    /// Distinct speakers with live support; adopted positions are not counted.
    pub n_support: u32,
    /// Distinct documents from which the live support comes.
    pub n_witness: u32,
    /// What the evidence amounts to.
    pub opinion: Opinion,
}

/// An utterance as it bears on one proposition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterance {
    /// The smallest id of its readings.
    pub id: ReadingId,
    /// The reading whose content stands for it: the upheld one, else the live one with the smallest id.
    pub first: ReadingId,
    /// Whose voice it is.
    pub voice: Voice,
    /// The act of the reading that stands for it on this proposition.
    pub act: Act,
    /// Its polarity.
    pub polarity: Polarity,
    /// Its certainty.
    pub certainty: Certainty,
    /// Sign and strength; none when neutral or without consensus.
    pub value: Value,
    /// Whether it is about a class.
    pub generic: bool,
    /// Flags of this utterance: distanced, hearsay, presupposed, predates, `no_consensus`.
    pub flags: Vec<&'static str>,
    /// Why it does not count, if it does not.
    pub marks: Vec<Mark>,
    /// When it was uttered, as far as anybody says so.
    pub uttered: Option<Edtf>,
    /// The days between which it was uttered: untold, up to the earliest publication of its documents.
    pub time: Bounds,
    /// Its readings, by id.
    pub readings: Vec<ReadingId>,
    /// What each annotator's reading says on this proposition, by annotator.
    pub votes: Vec<Vote>,
    /// Its content passages, by annotation id.
    pub passages: Vec<AnnotationId>,
}

/// A speaker who says both that it is so and that it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inconsistent {
    /// Whether it is the accused.
    pub own: bool,
    /// In whose voices: those of who speaks for the accused as well.
    pub voices: Vec<Voice>,
    /// What the speaker says on both sides, by id.
    pub utterances: Vec<ReadingId>,
}

/// What one annotator's reading says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vote {
    /// The annotator.
    pub annotator: UserId,
    /// Sign and strength; none when neutral, or when the annotator reads nothing on this proposition.
    pub value: Value,
}

/// A weak position taken by adopting another's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// Who adopts.
    pub voice: Voice,
    /// The adopted utterance.
    pub utterance: ReadingId,
    /// For or against.
    pub sign: Sign,
    /// Its strength, always weak.
    pub strength: Strength,
    /// Whether it counts.
    pub counts: bool,
}

/// What is said about a class, as it bears on the class itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Generic {
    /// The class.
    pub class: IncidentId,
    /// What is said.
    pub about: Proposition,
}

/// What is said about an incident, in the order in which it was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// The days between which the incident happened.
    pub when: Bounds,
    /// Each utterance with each proposition that it bears on. Who was certainly earlier comes first.
    pub rows: Vec<TimelineRow>,
}

codes! {
    /// How an utterance stands to its incident in time.
    pub enum Order as "order in time" {
        /// It was uttered on an earlier day.
        Before = "before",
        /// It was uttered on a later day.
        After = "after",
        /// The dates do not tell.
        Unknown = "unknown",
    }
}

/// An utterance on one proposition, and what came before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineRow {
    /// The proposition.
    pub key: Key,
    /// Its value as the first reading writes it.
    pub value: Option<String>,
    /// Its status.
    pub status: Status,
    /// Its flags, in their order.
    pub flags: Vec<Flag>,
    /// What is said.
    pub utterance: Utterance,
    /// How it stands to the incident.
    pub order: Order,
    /// It was certainly uttered after so many rows at the beginning of the timeline, and after no others.
    pub after: usize,
    /// What it replaces as the next that its speaker says on the proposition: utterances that it is after with nothing of
    /// that speaker's in between. At most [`TimelineRow::REPLACES_MAX`], the latest.
    pub replaces: Vec<ReadingId>,
    /// How many these are.
    pub replaces_total: usize,
    /// What it takes back, as a change that holds.
    pub withdraws: Vec<ReadingId>,
}

impl TimelineRow {
    /// The most replaced utterances that a row names. Who says the same a thousand times on one day and again on the next
    /// would replace a million times.
    pub const REPLACES_MAX: usize = 64;
}

/// The circular-reporting graph of an incident: where the support on perpetrator and ordered stands, and what that
/// derives from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins {
    /// From how many documents it comes.
    pub corroboration: Corroboration,
    /// The passages, by document, revision and place.
    pub passages: Vec<Passage>,
    /// The derivations between these, rejected ones left out, confirmed ones first.
    pub derivations: Vec<Derived>,
    /// Passages that derive from each other over confirmed derivations, each by its number in `passages`.
    pub circles: Vec<Vec<usize>>,
}

/// What overlapping annotations of one document revision mark together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The document.
    pub document: DocumentId,
    /// Its revision.
    pub revision: u32,
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    pub end: u32,
    /// The annotations, ascending.
    pub annotations: Vec<AnnotationId>,
    /// The supporting utterances that stand in it, ascending.
    pub utterances: Vec<ReadingId>,
    /// Whether its document is an origin: nothing that counts leads on from it.
    pub origin: bool,
    /// Whether somebody declared it an origin.
    pub declared: bool,
}

/// One passage derives from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// The derivation.
    pub id: DerivationId,
    /// The copy, by its number in `Origins::passages`.
    pub from: usize,
    /// The original.
    pub to: usize,
    /// Suggested or confirmed; only the latter counts.
    pub standing: Standing,
}
