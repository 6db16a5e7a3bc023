//! The agreement report: the figures over the readings of a project or a document.

use super::{Consensus, Figure, Ratings, Scale, Spans, alpha, cohen, consensus, fleiss};
use crate::annotation::{Annotation, SpanRole};
use crate::attribution::{Corpus, Unit};
use crate::claim::{Act, Certainty, Claim, Polarity, Role};
use crate::id::{DocumentId, ReadingId, UserId};
use std::collections::{BTreeMap, BTreeSet};

/// What an annotator reads in a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rating {
    /// No claim.
    NoClaim,
    /// A claim; one that takes no role has none.
    Claim {
        /// What the speaker does.
        act: Act,
        /// For or against the proposition.
        polarity: Polarity,
        /// The actor's part, where the proposition has one.
        role: Option<Role>,
        /// How certain the words are.
        certainty: Certainty,
    },
}

impl Rating {
    fn of(claim: &Claim) -> Self {
        let Claim { act, polarity, certainty, .. } = claim;
        Self::Claim { act: *act, polarity: *polarity, role: claim.proposition.role, certainty: *certainty }
    }

    /// The act; inside, none for no claim. Every reading has one.
    #[must_use]
    pub fn act(&self) -> Option<Option<Act>> {
        Some(match self {
            Self::NoClaim => None,
            Self::Claim { act, .. } => Some(*act),
        })
    }

    /// The polarity, if a claim was read.
    #[must_use]
    pub fn polarity(&self) -> Option<Polarity> {
        match self {
            Self::NoClaim => None,
            Self::Claim { polarity, .. } => Some(*polarity),
        }
    }

    /// The role, if a claim was read that has one.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::NoClaim => None,
            Self::Claim { role, .. } => *role,
        }
    }

    /// The certainty, if a claim was read.
    #[must_use]
    pub fn certainty(&self) -> Option<Certainty> {
        match self {
            Self::NoClaim => None,
            Self::Claim { certainty, .. } => Some(*certainty),
        }
    }
}

/// The reading that counts of an annotator in a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Its id.
    pub reading: ReadingId,
    /// The position of its last record.
    pub written: u64,
    /// What it says.
    pub rating: Rating,
}

/// A unit with what its annotators say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rated<'a> {
    /// The unit.
    pub unit: &'a Unit,
    /// By annotator; one at least.
    pub marks: BTreeMap<UserId, Mark>,
}

impl<'a> Rated<'a> {
    /// What the annotators of a unit say, by readings that count; none without one.
    ///
    /// Of several readings of an annotator the newest counts, and any before a span without a claim: who reads a claim and
    /// finds none in a stretch that touches it has read one.
    fn of(corpus: &Corpus, unit: &'a Unit, counts: impl Fn(u64) -> bool) -> Option<Self> {
        let mut marks: BTreeMap<UserId, Mark> = BTreeMap::new();
        let blanks = unit.blanks.iter().map(|id| (id, &corpus.blanks[id]));
        for (id, blank) in blanks.filter(|(_, blank)| counts(blank.written)) {
            put(&mut marks, blank.author, Mark { reading: *id, written: blank.written, rating: Rating::NoClaim });
        }
        let readings = unit.readings.iter().map(|id| (id, &corpus.readings[id]));
        for (id, reading) in readings.filter(|(_, reading)| counts(reading.written)) {
            let rating = Rating::of(&reading.claim);
            put(&mut marks, reading.author, Mark { reading: *id, written: reading.written, rating });
        }
        (!marks.is_empty()).then_some(Self { unit, marks })
    }

    /// The variables on which those who rate them differ, by name: act, polarity, role, certainty.
    #[must_use]
    pub fn differs(&self) -> Vec<&'static str> {
        let mut differs = Vec::new();
        differs.extend(self.differ(Rating::act).then_some("act"));
        differs.extend(self.differ(Rating::polarity).then_some("polarity"));
        differs.extend(self.differ(Rating::role).then_some("role"));
        differs.extend(self.differ(Rating::certainty).then_some("certainty"));
        differs
    }

    /// Whether two annotators or more rate it, and all the same.
    #[must_use]
    pub fn is_unanimous(&self) -> bool {
        self.marks.len() >= 2 && self.differs().is_empty()
    }

    fn differ<C: Ord>(&self, of: impl Fn(&Rating) -> Option<C>) -> bool {
        self.marks.values().filter_map(|mark| of(&mark.rating)).collect::<BTreeSet<C>>().len() > 1
    }
}

/// Keeps the newest mark; later kinds of marks come later, and replace the earlier kind.
fn put(marks: &mut BTreeMap<UserId, Mark>, annotator: UserId, mark: Mark) {
    let is_no_claim = |mark: &Mark| mark.rating == Rating::NoClaim;
    let rank = |mark: &Mark| (!is_no_claim(mark), mark.written, mark.reading);
    let kept = marks.entry(annotator).or_insert(mark);
    if rank(kept) < rank(&mark) {
        *kept = mark;
    }
}

/// The figures of one variable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measures {
    /// How many ratings there are.
    pub ratings: usize,
    /// Krippendorff's α.
    pub alpha: Figure,
    /// Fleiss' κ.
    pub fleiss: Figure,
}

/// The figures over some units.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// How many units there are.
    pub units: usize,
    /// How many of them two annotators rate, or more.
    pub compared: usize,
    /// How many of these are rated the same by all.
    pub unanimous: usize,
    /// How many annotators rate some.
    pub annotators: usize,
    /// What the speaker does, no claim being one more value.
    pub act: Measures,
    /// For or against.
    pub polarity: Measures,
    /// The actor's part.
    pub role: Measures,
    /// By the order of certainty.
    pub certainty: Measures,
}

/// The figures over one document.
#[derive(Debug, Clone, PartialEq)]
pub struct OfDocument {
    /// Over the units that stand there.
    pub figures: Figures,
    /// How far the passages agree of each two annotators who read it.
    pub spans: BTreeMap<Pair, Spans>,
}

/// Two annotators, the smaller id first.
pub type Pair = (UserId, UserId);

/// The figures of two annotators: Cohen's κ over the units that both rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfPair {
    /// How many units both rate.
    pub units: usize,
    /// What the speaker does.
    pub act: Figure,
    /// For or against.
    pub polarity: Figure,
    /// The actor's part.
    pub role: Figure,
    /// How certain the words are, as names without an order.
    pub certainty: Figure,
    /// Over the documents that both read.
    pub spans: Spans,
}

/// How far annotators agree.
#[derive(Debug, Clone, PartialEq)]
pub struct Report<'a> {
    /// The units that are rated, by id.
    pub units: Vec<Rated<'a>>,
    /// Over all of them.
    pub overall: Figures,
    /// By document.
    pub documents: BTreeMap<DocumentId, OfDocument>,
    /// By pair of annotators who have a unit or a document in common.
    pub pairs: BTreeMap<Pair, OfPair>,
    /// By version of the codebook: over what was read under that version alone. 0 is before the first.
    pub codebooks: BTreeMap<u32, Figures>,
    /// What the acts most probably are, unit by unit.
    pub acts: Consensus<Option<Act>>,
}

/// Works out the report on these units of a corpus.
///
/// `codebook` tells which version was the newest at a position; a reading is written under that of its last record. Where
/// one is asked for, only readings under that one count.
#[must_use]
pub fn report<'a>(corpus: &Corpus, units: &'a [Unit], codebook: impl Fn(u64) -> u32, only: Option<u32>) -> Report<'a> {
    let counts = |written: u64| only.is_none_or(|only| codebook(written) == only);
    let rated = |counts: &dyn Fn(u64) -> bool| -> Vec<Rated<'a>> {
        units.iter().filter_map(|unit| Rated::of(corpus, unit, counts)).collect()
    };
    let all = rated(&counts);
    let spans = spans(corpus, &all, counts);
    let versions: BTreeSet<u32> =
        all.iter().flat_map(|unit| unit.marks.values()).map(|mark| codebook(mark.written)).collect();
    let under = |version: u32| (version, Figures::of(&rated(&|written| codebook(written) == version)));
    Report {
        overall: Figures::of(&all),
        documents: documents(&all, &spans),
        pairs: pairs(&all, &spans),
        codebooks: versions.into_iter().map(under).collect(),
        acts: consensus(&ratings(&all, Rating::act)),
        units: all,
    }
}

fn ratings<C>(units: &[Rated<'_>], of: impl Fn(&Rating) -> Option<C>) -> Vec<Ratings<UserId, C>> {
    let unit = |unit: &Rated<'_>| {
        unit.marks.iter().filter_map(|(annotator, mark)| Some((*annotator, of(&mark.rating)?))).collect()
    };
    units.iter().map(unit).collect()
}

impl Figures {
    fn of(units: &[Rated<'_>]) -> Self {
        let annotators: BTreeSet<&UserId> = units.iter().flat_map(|unit| unit.marks.keys()).collect();
        Self {
            units: units.len(),
            compared: units.iter().filter(|unit| unit.marks.len() >= 2).count(),
            unanimous: units.iter().filter(|unit| unit.is_unanimous()).count(),
            annotators: annotators.len(),
            act: Measures::of(&ratings(units, Rating::act), Scale::Nominal),
            polarity: Measures::of(&ratings(units, Rating::polarity), Scale::Nominal),
            role: Measures::of(&ratings(units, Rating::role), Scale::Nominal),
            // Certainties stand in the order CT, PR, PS, U: that of the scale, reversed.
            certainty: Measures::of(&ratings(units, Rating::certainty), Scale::Ordinal),
        }
    }
}

impl Measures {
    fn of<C: Ord + Copy>(units: &[Ratings<UserId, C>], scale: Scale) -> Self {
        Self { ratings: units.iter().map(BTreeMap::len).sum(), alpha: alpha(units, scale), fleiss: fleiss(units) }
    }
}

fn documents(
    units: &[Rated<'_>],
    spans: &BTreeMap<DocumentId, BTreeMap<Pair, Spans>>,
) -> BTreeMap<DocumentId, OfDocument> {
    let mut by_document: BTreeMap<DocumentId, Vec<Rated<'_>>> = BTreeMap::new();
    for unit in units {
        by_document.entry(unit.unit.place.document).or_default().push(unit.clone());
    }
    let of = |(document, units): (DocumentId, Vec<Rated<'_>>)| {
        let spans = spans.get(&document).cloned().unwrap_or_default();
        (document, OfDocument { figures: Figures::of(&units), spans })
    };
    by_document.into_iter().map(of).collect()
}

fn pairs(units: &[Rated<'_>], spans: &BTreeMap<DocumentId, BTreeMap<Pair, Spans>>) -> BTreeMap<Pair, OfPair> {
    let mut by_pair: BTreeMap<Pair, (Vec<(Rating, Rating)>, Spans)> = BTreeMap::new();
    for unit in units {
        for (pair, (one, other)) in each_pair(&unit.marks) {
            by_pair.entry(pair).or_default().0.push((one.rating, other.rating));
        }
    }
    for (pair, spans) in spans.values().flatten() {
        by_pair.entry(*pair).or_default().1.add(*spans);
    }
    let of = |(pair, (ratings, spans)): (Pair, (Vec<(Rating, Rating)>, Spans))| {
        let figures = OfPair {
            units: ratings.len(),
            act: cohen(&both(&ratings, Rating::act)),
            polarity: cohen(&both(&ratings, Rating::polarity)),
            role: cohen(&both(&ratings, Rating::role)),
            certainty: cohen(&both(&ratings, Rating::certainty)),
            spans,
        };
        (pair, figures)
    };
    by_pair.into_iter().map(of).collect()
}

fn both<C>(ratings: &[(Rating, Rating)], of: impl Fn(&Rating) -> Option<C>) -> Vec<(C, C)> {
    ratings.iter().filter_map(|(one, other)| Some((of(one)?, of(other)?))).collect()
}

fn each_pair<T>(by_annotator: &BTreeMap<UserId, T>) -> impl Iterator<Item = (Pair, (&T, &T))> {
    by_annotator.iter().flat_map(move |(one, of_one)| {
        let others = by_annotator.range(one..).skip(1);
        others.map(move |(other, of_other)| ((*one, *other), (of_one, of_other)))
    })
}

/// How far the passages agree of each two annotators who read a document: those that their live readings cite as content.
/// Who found no claim there has read it too.
fn spans(
    corpus: &Corpus,
    units: &[Rated<'_>],
    counts: impl Fn(u64) -> bool,
) -> BTreeMap<DocumentId, BTreeMap<Pair, Spans>> {
    let mut marks: BTreeMap<DocumentId, BTreeMap<UserId, Vec<&Annotation>>> = BTreeMap::new();
    let readings: BTreeSet<ReadingId> = units.iter().flat_map(|unit| &unit.unit.readings).copied().collect();
    for reading in readings.iter().map(|id| &corpus.readings[id]).filter(|reading| counts(reading.written)) {
        for annotation in reading.claim.evidence.iter().filter_map(|id| corpus.annotations.get(id)) {
            let Some(span) = annotation.live() else { continue };
            let marks = marks.entry(span.document).or_default().entry(reading.author).or_default();
            marks.extend((span.role == SpanRole::Content).then_some(annotation));
        }
    }
    let blanks: BTreeSet<ReadingId> = units.iter().flat_map(|unit| &unit.unit.blanks).copied().collect();
    for blank in blanks.iter().map(|id| &corpus.blanks[id]).filter(|blank| counts(blank.written)) {
        marks.entry(blank.blank.document).or_default().entry(blank.author).or_default();
    }
    let compared = |(document, marks): (DocumentId, BTreeMap<UserId, Vec<&Annotation>>)| {
        let spans = each_pair(&marks).map(|(pair, (one, other))| (pair, Spans::of(one, other)));
        (document, spans.collect())
    };
    marks.into_iter().map(compared).collect()
}
