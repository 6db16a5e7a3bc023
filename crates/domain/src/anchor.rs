//! Re-anchoring: where a passage of one text stands in a later text of the same document.
//!
//! A passage is known by its quote, by the 32 code points before and after it, and by its position, as the selectors of
//! the W3C Web Annotation Data Model have it (sections 4.2.4 `TextQuoteSelector` and 4.2.5 `TextPositionSelector`). A
//! place is rated as annotation tools do it, with the weights of the Hypothesis client's `match-quote`:
//!
//! ```text
//! score = (50 · quote + 20 · prefix + 20 · suffix + 2 · position) / 92
//! quote, prefix, suffix = 1 − edits / length, position = 1 − |start − expected| / length of the text
//! ```
//!
//! All numbers are whole, in millionths, so that a score is the same on every machine.
//!
//! One comparison of the two texts serves all passages ([`Alignment`]). It settles what lies within an unchanged stretch;
//! only the others are looked for, and only where the new text is not an unchanged stretch of the old one: a place that
//! is another passage of the old text is no candidate, so a quote that was deleted does not move to its duplicate.
//!
//! The work is bounded: comparing is near linear; looking for exact quotes is linear in the changed stretches; looking for
//! similar ones takes at most [`STEPS_MAX`] steps for a passage, nearest to the expected place.

mod align;
mod search;

use crate::code::codes;
use crate::passage::Indexed;
use align::Run;
use search::{Pattern, edits, edits_within};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// The score of a place where quote, surroundings and position are the same.
pub const SCORE_MAX: u32 = 1_000_000;
/// The least score of a place that is taken. A quote word for word has it in whatever surroundings (50/92).
pub const SCORE_MIN: u32 = 540_000;
/// The least score for a quote shorter than [`CONTEXT`], where the comparison pairs it.
pub const SCORE_MIN_SHORT: u32 = 600_000;
/// The least score for such a quote elsewhere: a few words alone may stand anywhere, so part of their surroundings has to
/// come along.
pub const SCORE_MIN_MOVED: u32 = 750_000;
/// The least likeness of a quote: three edits in ten code points.
pub const QUOTE_MIN: u32 = 700_000;
/// Code points before and after a quote that tell it from its duplicates.
pub const CONTEXT: u32 = 32;
/// The longest quote that is looked for where it is not the same word for word, in code points.
pub const PATTERN_MAX: u32 = 2_048;
/// Steps of 64 code points of a quote against one of the text, for one passage: some tens of milliseconds.
pub const STEPS_MAX: usize = 1 << 24;

/// Unchanged code points on both sides by which a comparison of words settles where a passage stands: a few words may be
/// found unchanged by chance.
const MARGIN: u32 = 16;
/// Places with the same quote that are rated, nearest to the expected one on each side.
const EXACT_MAX: usize = 128;
/// Places with a similar quote that are rated.
const SIMILAR_MAX: usize = 32;
/// Comparisons of two code points by which the edits between two passages are counted.
const CELLS_MAX: usize = 1 << 20;

codes! {
    /// How a place was found.
    pub enum Method as "method of re-anchoring" {
        /// It lies in a stretch that did not change.
        Unchanged = "unchanged",
        /// The quote stands there word for word.
        Exact = "exact",
        /// Something like the quote stands there.
        Approximate = "approximate",
    }
}

codes! {
    /// Why no place was found.
    pub enum Lost as "reason of a lost anchor" {
        /// The quote is not there.
        NotFound = "not_found",
        /// It stands in several places, and nothing tells them apart.
        Ambiguous = "ambiguous",
    }
}

codes! {
    /// What counts as the same passage.
    #[derive(Default)]
    pub enum Strictness as "strictness of re-anchoring" {
        /// The best place, whose quote may have been edited.
        #[default]
        Best = "best",
        /// A place with the same quote only.
        Exact = "exact",
    }
}

/// A place that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    pub end: u32,
    /// How good it is, up to [`SCORE_MAX`].
    pub score: u32,
    /// How it was found.
    pub method: Method,
}

/// Two texts of a document beside each other.
#[derive(Debug)]
pub struct Alignment {
    old: Arc<Indexed>,
    new: Arc<Indexed>,
    /// The unchanged stretches, in order.
    runs: Vec<Run>,
    /// Unchanged code points on both sides of a passage by which the comparison settles where it stands.
    margin: u32,
}

/// A place in the new text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    start: u32,
    end: u32,
    /// Likeness of the quote.
    quote: u32,
    /// Whether the comparison pairs it with the passage.
    paired: bool,
}

/// A place with what it is rated by.
#[derive(Debug, Clone, Copy)]
struct Rated {
    place: Place,
    /// Likeness of quote and surroundings together, weighted.
    likeness: u64,
    distance: u32,
    score: u32,
}

/// A passage that is looked for.
struct Sought<'a> {
    span: Range<u32>,
    quote: &'a str,
    /// From the quote backwards.
    prefix: Vec<char>,
    suffix: Vec<char>,
    /// Where it would begin if nothing had changed between it and the nearest long unchanged stretch.
    expected: u32,
}

impl Sought<'_> {
    fn len(&self) -> u32 {
        self.span.end - self.span.start
    }
}

impl Alignment {
    /// Compares two texts.
    #[must_use]
    pub fn new(old: Arc<Indexed>, new: Arc<Indexed>) -> Self {
        let runs = align::runs(&old, &new);
        let unchanged: u32 = runs.iter().map(|run| run.len).sum();
        // Where one text is the other with one piece put in, nothing else has moved.
        let one_piece = runs.len() <= 2 && unchanged == old.code_points().min(new.code_points());
        let margin = if one_piece { 0 } else { MARGIN };
        Self { old, new, runs, margin }
    }

    /// The best place of a passage of the old text in the new one.
    pub fn find(&self, span: Range<u32>, strictness: Strictness) -> Result<Found, Lost> {
        let Some(quote) = self.old.cut(span.start, span.end).filter(|quote| !quote.is_empty()) else {
            return Err(Lost::NotFound);
        };
        let sought = Sought {
            quote,
            prefix: self.old.before(span.start, CONTEXT),
            suffix: self.old.after(span.end, CONTEXT),
            expected: self.expected(&span),
            span,
        };
        if let Some(place) = self.settled(&sought) {
            let Rated { place, score, .. } = self.rate(&Sought { expected: place.start, ..sought }, place);
            return Ok(Found { start: place.start, end: place.end, score, method: Method::Unchanged });
        }
        let mut places = self.same(&sought);
        places.extend(self.in_place(&sought));
        if strictness == Strictness::Exact {
            places.retain(|place| place.quote == SCORE_MAX);
        }
        let mut rated = self.accepted(&sought, places);
        if rated.is_empty() && strictness == Strictness::Best {
            let similar = self.similar(&sought);
            rated = self.accepted(&sought, similar);
        }
        choose(rated)
    }

    /// The place of a passage that lies with its nearest surroundings in one unchanged stretch.
    fn settled(&self, sought: &Sought<'_>) -> Option<Place> {
        let span = &sought.span;
        let run = self
            .run_at(span.start)
            .filter(|run| self.covers(run.old..run.old + run.len, span, self.old.code_points()))?;
        let start = run.new + (span.start - run.old);
        Some(Place { start, end: start + sought.len(), quote: SCORE_MAX, paired: true })
    }

    /// What stands between the surroundings of the passage now.
    fn in_place(&self, sought: &Sought<'_>) -> Option<Place> {
        let (start, end) = (self.forward(sought.span.start), self.backward(sought.span.end));
        let now = self.new.cut(start, end).filter(|now| !now.is_empty())?;
        let quote = match (sought.len() as usize).checked_mul((end - start) as usize) {
            _ if now == sought.quote => SCORE_MAX,
            Some(cells) if cells <= CELLS_MAX => {
                let (was, now): (Vec<char>, Vec<char>) = (sought.quote.chars().collect(), now.chars().collect());
                likeness(edits(&was, &now), was.len().max(now.len()))
            }
            _ => self.shared(&sought.span, &(start..end)),
        };
        Some(Place { start, end, quote, paired: true })
    }

    /// Likeness of two long passages: the part of them that is unchanged.
    fn shared(&self, old: &Range<u32>, new: &Range<u32>) -> u32 {
        let first = self.runs.partition_point(|run| run.old + run.len <= old.start);
        let shared: u32 = self.runs[first..]
            .iter()
            .take_while(|run| run.old < old.end)
            .map(|run| {
                let from = old.start.saturating_sub(run.old).max(new.start.saturating_sub(run.new));
                let to = (old.end - run.old).min(new.end.saturating_sub(run.new)).min(run.len);
                to.saturating_sub(from)
            })
            .sum();
        let len = (old.end - old.start).max(new.end - new.start);
        likeness((len - shared) as usize, len as usize)
    }

    /// The places with the same quote in what changed, those nearest to the expected one.
    fn same(&self, sought: &Sought<'_>) -> Vec<Place> {
        let mut before = VecDeque::new();
        let mut after = Vec::new();
        'areas: for area in self.changed(sought.len() - 1) {
            let Some(text) = self.new.cut(area.start, area.end) else { continue };
            let (mut at, mut byte) = (area.start, 0);
            for (found, _) in text.match_indices(sought.quote) {
                at += code_points(&text[byte..found]);
                byte = found;
                let place = Place { start: at, end: at + sought.len(), quote: SCORE_MAX, paired: false };
                if self.is_another(&place) {
                    continue;
                }
                if at < sought.expected {
                    before.push_back(place);
                    if before.len() > EXACT_MAX {
                        before.pop_front();
                    }
                } else {
                    after.push(place);
                    if after.len() == EXACT_MAX {
                        break 'areas;
                    }
                }
            }
        }
        before.into_iter().chain(after).collect()
    }

    /// The places with a similar quote in what changed.
    fn similar(&self, sought: &Sought<'_>) -> Vec<Place> {
        let len = sought.len();
        let alike_min = (u64::from(len) * u64::from(QUOTE_MIN)).div_ceil(u64::from(SCORE_MAX));
        let errors_max = u32::try_from(u64::from(len).saturating_sub(alike_min)).unwrap_or(0);
        if errors_max == 0 || len > PATTERN_MAX {
            return Vec::new();
        }
        let quote: Vec<char> = sought.quote.chars().collect();
        let pattern = Pattern::new(&quote);
        let mut ends = Vec::new();
        for area in self.near(sought.expected, self.changed(len + errors_max), STEPS_MAX / pattern.blocks()) {
            let Some(text) = self.new.cut(area.start, area.end) else { continue };
            let found = pattern.ends_in(text.chars(), errors_max);
            ends.extend(found.into_iter().map(|(end, errors)| (errors, area.start + end)));
        }
        ends.sort_unstable_by_key(|(errors, end)| (*errors, end.abs_diff(sought.expected + len), *end));
        // Telling where one begins takes a step for each pair of code points.
        let cells = (len as usize) * (len + errors_max) as usize;
        ends.truncate(SIMILAR_MAX.min(STEPS_MAX / cells).max(1));
        let backwards: Vec<char> = quote.iter().rev().copied().collect();
        let place = |(errors, end): (u32, u32)| {
            let text = self.new.before(end, len + errors);
            let (edits, back) = edits_within(&backwards, &text);
            let start = end - u32::try_from(back).ok()?;
            (start < end).then(|| Place { start, end, quote: likeness(edits, quote.len()), paired: false })
        };
        ends.into_iter().filter_map(place).filter(|place| !self.is_another(place)).collect()
    }

    /// Whether a place is unchanged from the old text, and thus another passage's.
    fn is_another(&self, place: &Place) -> bool {
        let after = self.runs.partition_point(|run| run.new <= place.start);
        let run = after.checked_sub(1).map(|at| &self.runs[at]);
        run.is_some_and(|run| {
            self.covers(run.new..run.new + run.len, &(place.start..place.end), self.new.code_points())
        })
    }

    /// The stretches of the new text that are not unchanged, widened on both sides; none overlaps another.
    fn changed(&self, wider: u32) -> Vec<Range<u32>> {
        let len = self.new.code_points();
        let starts = [0].into_iter().chain(self.runs.iter().map(|run| run.new + run.len));
        let ends = self.runs.iter().map(|run| run.new).chain([len]);
        let mut areas: Vec<Range<u32>> = Vec::new();
        for (start, end) in starts.zip(ends) {
            // A stretch without a code point stays: what stood there before may have run together with its neighbours.
            let start = start.saturating_sub(wider.saturating_add(self.margin));
            let end = end.saturating_add(wider.saturating_add(self.margin)).min(len);
            match areas.last_mut() {
                Some(last) if start <= last.end => last.end = end,
                Some(_) | None => areas.push(start..end),
            }
        }
        areas
    }

    /// As much of these areas as may be looked at, nearest to a place.
    fn near(&self, place: u32, areas: Vec<Range<u32>>, len_max: usize) -> Vec<Range<u32>> {
        let total: usize = areas.iter().map(ExactSizeIterator::len).sum();
        if total <= len_max {
            return areas;
        }
        let half = u32::try_from(len_max / 2).unwrap_or(u32::MAX);
        let window = place.saturating_sub(half)..place.saturating_add(half).min(self.new.code_points());
        let clipped = areas.into_iter().map(|area| area.start.max(window.start)..area.end.min(window.end));
        clipped.filter(|area| area.start < area.end).collect()
    }

    /// The places that are good enough, rated.
    fn accepted(&self, sought: &Sought<'_>, places: Vec<Place>) -> Vec<Rated> {
        let is_good = |rated: &Rated| {
            let least = match (sought.len() < CONTEXT, rated.place.paired) {
                (false, _) => SCORE_MIN,
                (true, true) => SCORE_MIN_SHORT,
                (true, false) => SCORE_MIN_MOVED,
            };
            rated.score >= least
        };
        let alike = places.into_iter().filter(|place| place.quote >= QUOTE_MIN);
        alike.map(|place| self.rate(sought, place)).filter(is_good).collect()
    }

    fn rate(&self, sought: &Sought<'_>, place: Place) -> Rated {
        let around = |was: &[char], now: &[char]| {
            let (edits, _) = edits_within(was, now);
            if was.is_empty() { SCORE_MAX } else { likeness(edits, was.len()) }
        };
        // Half as much again: what was put into the surroundings pushes a part of them further away.
        let prefix = around(&sought.prefix, &self.new.before(place.start, CONTEXT + CONTEXT / 2));
        let suffix = around(&sought.suffix, &self.new.after(place.end, CONTEXT + CONTEXT / 2));
        let distance = place.start.abs_diff(sought.expected);
        let position = likeness(distance as usize, self.new.code_points() as usize);
        let likeness = 50 * u64::from(place.quote) + 20 * u64::from(prefix) + 20 * u64::from(suffix);
        let score = (likeness + 2 * u64::from(position)) / 92;
        Rated { place, likeness, distance, score: u32::try_from(score).unwrap_or(SCORE_MAX) }
    }

    /// Whether a stretch of a text of this length holds a span with its margins, as far as the text reaches.
    fn covers(&self, stretch: Range<u32>, span: &Range<u32>, len: u32) -> bool {
        stretch.start <= span.start.saturating_sub(self.margin)
            && stretch.end >= span.end.saturating_add(self.margin).min(len)
    }

    /// The unchanged stretch in which a code point of the old text lies.
    fn run_at(&self, old: u32) -> Option<&Run> {
        let after = self.runs.partition_point(|run| run.old <= old);
        self.runs[..after].last().filter(|run| old < run.old + run.len)
    }

    /// Where a passage would begin by the nearest stretch that is unchanged and as long as a context. The passage's own
    /// says nothing: of several places with the same words a comparison pairs whichever it likes.
    fn expected(&self, span: &Range<u32>) -> u32 {
        let mut before = self.runs[..self.runs.partition_point(|run| run.old + run.len <= span.start)].iter().rev();
        let mut after = self.runs[self.runs.partition_point(|run| run.old < span.end)..].iter();
        let is_long = |run: &&Run| run.len >= CONTEXT;
        let before = before.find(is_long).map(|run| (span.start - run.old - run.len, run.new + (span.start - run.old)));
        let after = after.find(is_long).map(|run| (run.old - span.end, run.new.saturating_sub(run.old - span.start)));
        let nearest = before.into_iter().chain(after).min_by_key(|(gap, _)| *gap);
        nearest.map_or(span.start, |(_, expected)| expected).min(self.new.code_points())
    }

    /// Where what begins at `old` begins now: after what comes before it, if it is gone itself.
    fn forward(&self, old: u32) -> u32 {
        let after = self.runs.partition_point(|run| run.old <= old);
        self.runs[..after].last().map_or(0, |run| run.new + (old - run.old).min(run.len))
    }

    /// Where what ends at `old` ends now: before what comes after it, if it is gone itself.
    fn backward(&self, old: u32) -> u32 {
        let after = self.runs.partition_point(|run| run.old + run.len < old);
        let next = self.runs.get(after);
        next.map_or(self.new.code_points(), |run| run.new + old.saturating_sub(run.old))
    }
}

/// The best of the places. Of those that are alike in everything but position the nearest is taken, if it is at most
/// half as far away as the next one; else nothing tells them apart.
fn choose(mut rated: Vec<Rated>) -> Result<Found, Lost> {
    rated.sort_by_key(|rated| (std::cmp::Reverse(rated.likeness), rated.distance, rated.place.start, rated.place.end));
    let best = *rated.first().ok_or(Lost::NotFound)?;
    let beside = |other: &&Rated| other.place.start >= best.place.end || best.place.start >= other.place.end;
    let rival = rated[1..].iter().take_while(|other| other.likeness == best.likeness).find(beside);
    if rival.is_some_and(|rival| rival.distance < best.distance.saturating_mul(2).max(1)) {
        return Err(Lost::Ambiguous);
    }
    let Place { start, end, quote, paired: _ } = best.place;
    let method = if quote == SCORE_MAX { Method::Exact } else { Method::Approximate };
    Ok(Found { start, end, score: best.score, method })
}

/// One less the part of the length that is edited, in millionths.
fn likeness(edits: usize, len: usize) -> u32 {
    let (edits, len) = (edits.min(len) as u64, len.max(1) as u64);
    u32::try_from(u64::from(SCORE_MAX) * (len - edits) / len).unwrap_or(0)
}

fn code_points(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
