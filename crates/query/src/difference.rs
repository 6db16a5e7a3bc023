//! What is different between two boards of one incident, or two answers of another view of one subject: in words of the
//! board, and as a patch (RFC 6902).
//!
//! The two are compared by what they are about: propositions by what they propose, utterances by their readings. What differs in
//! something that this does not name, a quote or a name, is in the patch alone.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use wire::view::{
    Adopted, Board, BoardIncident, BoardProposition, Corroboration, Ledger, LedgerLine, Named, OriginPassage, Origins,
    PropositionHead, RelationBoard, Timeline, Utterance, Without,
};

/// The difference between two boards of an incident.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct BoardDifference {
    /// The incident, as the later board has it.
    #[schema(required)]
    pub incident: Option<BoardIncident>,
    /// What it is the difference from.
    pub from: Side,
    /// What it is the difference to.
    pub to: Side,
    /// What changed, in the order of the board: the incident, its disputes, then each proposition.
    pub changes: Vec<Change>,
    /// The records between the two positions that the board depends on, in order: the first thousand at most.
    #[schema(value_type = Vec<Object>)]
    pub records: Vec<Value>,
    /// The documents that these records name, or in which what they name stands.
    pub documents: Vec<Named>,
    /// Whether there are more records than these.
    pub more: bool,
    /// What makes the one board the other, as a JSON Patch (RFC 6902).
    #[schema(value_type = Vec<Object>)]
    pub patch: Value,
}

/// One of the two boards.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Side {
    /// The position as of which it is.
    pub as_of: u64,
    /// The version of the policy.
    pub policy: u32,
    /// The status of the incident.
    pub status: String,
    /// Whether other annotators' readings were left out for this viewer.
    pub blinded: bool,
    /// What was left out, as the question asked.
    pub without: Vec<Without>,
}

/// The difference between two answers of a view of one subject: a timeline, the origins of an incident, a ledger, or what is
/// said about a relation.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ViewDifference {
    /// What it is the difference from.
    pub from: ViewSide,
    /// What it is the difference to.
    pub to: ViewSide,
    /// What changed, proposition by proposition.
    pub changes: Vec<Change>,
    /// Whether one of the two goes on after what was compared: of a ledger, so many lines are as `limit` says.
    pub more: bool,
    /// What makes the one answer the other, as a JSON Patch (RFC 6902).
    #[schema(value_type = Vec<Object>)]
    pub patch: Value,
}

/// One of the two answers.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ViewSide {
    /// The position as of which it is.
    pub as_of: u64,
    /// The version of the policy.
    pub policy: u32,
    /// Whether other annotators' readings were left out for this viewer.
    pub blinded: bool,
    /// What was left out, as the question asked.
    pub without: Vec<Without>,
}

/// Something that changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = DifferenceChange)]
pub struct Change {
    /// What of it.
    pub what: What,
    /// The class of incidents, where on a board it is about one to which the incident belongs, or may belong.
    #[schema(required)]
    pub class: Option<Named>,
    /// In a ledger, the incident, class, relation or actor that the proposition is about; absent elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Named>,
    /// The proposition, where it is about one.
    #[schema(required)]
    pub proposition: Option<PropositionHead>,
    /// The utterance, where it is about one: its id, and whose it is.
    #[schema(required)]
    pub utterance: Option<Named>,
    /// What was; null where nothing was.
    #[schema(required)]
    pub from: Option<String>,
    /// What is; null where nothing is any more.
    #[schema(required)]
    pub to: Option<String>,
}

/// What may change on a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The status of the incident, or of the proposition.
    Status,
    /// A flag of the incident, or of the proposition.
    Flag,
    /// A kind of dispute.
    Dispute,
    /// From how many documents the attribution comes.
    Corroboration,
    /// What was found on the incident, or on the proposition.
    Finding,
    /// A passage from which words come, or that has them from another.
    Passage,
    /// An utterance on the proposition: its side, act, polarity and certainty, and the marks by which it does not count.
    Utterance,
    /// A position on the proposition that is taken by adopting another's words: its sign, and whether it counts.
    Adopted,
}

impl Side {
    fn of(board: &Board) -> Self {
        Self {
            as_of: board.as_of,
            policy: board.policy,
            status: board.status.clone(),
            blinded: board.blinded,
            without: board.without.clone(),
        }
    }
}

impl BoardDifference {
    /// Compares two boards; nothing is said of records yet.
    ///
    /// # Errors
    /// When a board does not serialise, which no board does.
    pub fn between(from: &Board, to: &Board) -> Result<Self, serde_json::Error> {
        let (before, after) = (serde_json::to_value(from)?, serde_json::to_value(to)?);
        Ok(Self {
            incident: to.incident.clone(),
            from: Side::of(from),
            to: Side::of(to),
            changes: changes(from, to),
            records: Vec::new(),
            documents: Vec::new(),
            more: false,
            patch: serde_json::to_value(json_patch::diff(&before, &after))?,
        })
    }
}

/// A view of one subject, as far as its answers are compared in words.
pub(crate) trait Compared: Serialize {
    fn side(&self) -> ViewSide;

    /// What it tells besides what is said: what of it, of which thing, and how that stands.
    fn own(&self) -> BTreeMap<(What, String), String>;

    /// The propositions on which something is said.
    fn about(&self) -> BTreeMap<Key, About<'_>>;

    /// Whether there is more of it than is told.
    fn more(&self) -> bool {
        false
    }
}

impl ViewDifference {
    /// Compares two answers.
    ///
    /// # Errors
    /// When an answer does not serialise, which none does.
    pub(crate) fn between<V: Compared>(from: &V, to: &V) -> Result<Self, serde_json::Error> {
        let (before, after) = (serde_json::to_value(from)?, serde_json::to_value(to)?);
        let (was, is) = (from.own(), to.own());
        let keys = was.keys().chain(is.keys().filter(|key| !was.contains_key(*key)));
        let own_changes = keys.filter(|key| was.get(*key) != is.get(*key));
        let mut changes: Vec<Change> =
            own_changes.map(|key| own(key.0, was.get(key).cloned(), is.get(key).cloned())).collect();
        said_changes(&mut changes, &from.about(), &to.about());
        Ok(Self {
            from: from.side(),
            to: to.side(),
            changes,
            more: from.more() || to.more(),
            patch: serde_json::to_value(json_patch::diff(&before, &after))?,
        })
    }
}

macro_rules! side {
    ($view:ident) => {
        ViewSide { as_of: $view.as_of, policy: $view.policy, blinded: $view.blinded, without: $view.without.clone() }
    };
}

impl Compared for Timeline {
    fn side(&self) -> ViewSide {
        side!(self)
    }

    fn own(&self) -> BTreeMap<(What, String), String> {
        BTreeMap::new()
    }

    fn about(&self) -> BTreeMap<Key, About<'_>> {
        let rows = self.rows.iter().filter_map(|row| {
            Some((None, row.proposition.as_ref()?, row.sign.as_deref().unwrap_or("neutral"), row.said.as_ref()?))
        });
        gathered(rows)
    }
}

impl Compared for Ledger {
    fn side(&self) -> ViewSide {
        side!(self)
    }

    fn own(&self) -> BTreeMap<(What, String), String> {
        BTreeMap::new()
    }

    fn about(&self) -> BTreeMap<Key, About<'_>> {
        let lines = self.lines.iter().filter_map(|line| {
            Some((target(line), line.proposition.as_ref()?, line.heading.as_str(), line.said.as_ref()?))
        });
        gathered(lines)
    }

    fn more(&self) -> bool {
        self.after.is_some()
    }
}

/// What a line is about.
fn target(line: &LedgerLine) -> Option<Named> {
    let relation = line.relation.as_ref().map(|relation| {
        let name = |end: Option<&Named>| end.map(|end| end.name.clone()).unwrap_or_default();
        let name = format!("{} {} {}", name(relation.from.as_ref()), relation.r#type, name(relation.to.as_ref()));
        Named { id: relation.id.clone(), name }
    });
    let named = [&line.incident, &line.class, &line.actor].into_iter().flatten().next();
    named.cloned().or(relation)
}

impl Compared for RelationBoard {
    fn side(&self) -> ViewSide {
        side!(self)
    }

    fn own(&self) -> BTreeMap<(What, String), String> {
        let status = self.relation.iter().map(|relation| ((What::Status, String::new()), relation.status.clone()));
        status.collect()
    }

    fn about(&self) -> BTreeMap<Key, About<'_>> {
        self.proposition.iter().map(|told| About::of(None, Of::Subject, told)).collect()
    }
}

impl Compared for Origins {
    fn side(&self) -> ViewSide {
        side!(self)
    }

    fn own(&self) -> BTreeMap<(What, String), String> {
        let origins = self.corroboration.iter().map(|of| ((What::Corroboration, String::new()), corroborated(of)));
        let passages = self.passages.iter().map(|passage| {
            let OriginPassage { document, quote, origin, .. } = passage;
            let document = document.as_ref().map(|document| document.name.as_str()).unwrap_or_default();
            let place = quote.as_ref().map(|quote| format!("{}, {} to {}", quote.document, quote.start, quote.end));
            let stands = if *origin { "origin" } else { "derived" };
            ((What::Passage, place.unwrap_or_default()), format!("{document}: {stands}"))
        });
        origins.chain(passages).collect()
    }

    fn about(&self) -> BTreeMap<Key, About<'_>> {
        BTreeMap::new()
    }
}

/// A change of the view's own.
fn own(what: What, from: Option<String>, to: Option<String>) -> Change {
    Change { what, class: None, about: None, proposition: None, utterance: None, from, to }
}

fn corroborated(of: &Corroboration) -> String {
    match of.kind.as_str() {
        "multi_origin" => format!("{}({})", of.kind, of.origins),
        kind => kind.to_owned(),
    }
}

fn changes(from: &Board, to: &Board) -> Vec<Change> {
    let mut changes = Vec::new();
    if from.status != to.status {
        changes.push(own(What::Status, Some(from.status.clone()), Some(to.status.clone())));
    }
    let flags = came_and_went(&from.flags, &to.flags);
    changes.extend(flags.into_iter().map(|(was, is)| own(What::Flag, was, is)));
    let kinds = |board: &Board| {
        let generic = |generic| if generic { " (generic)" } else { "" };
        board.disputes.iter().map(|it| format!("{}{}", it.kind, generic(it.generic))).collect::<Vec<_>>()
    };
    let disputes = came_and_went(&kinds(from), &kinds(to));
    changes.extend(disputes.into_iter().map(|(was, is)| own(What::Dispute, was, is)));
    let origins = |board: &Board| board.corroboration.as_ref().map(corroborated);
    if origins(from) != origins(to) {
        changes.push(own(What::Corroboration, origins(from), origins(to)));
    }
    let found = |board: &Board| board.finding.as_ref().map(|finding| finding.outcome.clone());
    if found(from) != found(to) {
        changes.push(own(What::Finding, found(from), found(to)));
    }
    said_changes(&mut changes, &by_key(from), &by_key(to));
    changes
}

fn said_changes(changes: &mut Vec<Change>, before: &BTreeMap<Key, About<'_>>, after: &BTreeMap<Key, About<'_>>) {
    for key in before.keys().chain(after.keys().filter(|key| !before.contains_key(*key))) {
        about(changes, before.get(key), after.get(key));
    }
}

/// Of two lists without repetitions, what only one of them has.
fn came_and_went(from: &[String], to: &[String]) -> Vec<(Option<String>, Option<String>)> {
    let gone = from.iter().filter(|was| !to.contains(was)).map(|was| (Some(was.clone()), None));
    let come = to.iter().filter(|is| !from.contains(is)).map(|is| (None, Some(is.clone())));
    gone.chain(come).collect()
}

/// What a proposition is about and proposes: where it is not about the subject of the view, whether the incident only may
/// belong to the class that it is about, and what it is about; facet, role, actor, value. Those of the subject itself come first.
type Key = (Option<(bool, String)>, String, Option<String>, Option<String>, Option<String>);

fn key(target: Option<(bool, String)>, head: &PropositionHead) -> Key {
    let actor = head.actor.as_ref().map(|actor| actor.id.clone());
    (target, head.facet.clone(), head.role.clone(), actor, head.value.as_ref().map(|value| value.to_lowercase()))
}

fn by_key(board: &Board) -> BTreeMap<Key, About<'_>> {
    let own = board.propositions.iter().map(|told| About::of(None, Of::Subject, told));
    let sides = [(false, &board.generic), (true, &board.possible_members)];
    let generic = sides.into_iter().flat_map(|(may, all)| all.iter().map(move |generic| (may, generic)));
    let generic = generic.filter_map(|(may, generic)| {
        let (class, told) = (generic.class.as_ref()?, generic.about.as_ref()?);
        Some(About::of(Some((may, class.id.clone())), Of::Class(class), told))
    });
    own.chain(generic).collect()
}

fn head(about: &BoardProposition) -> PropositionHead {
    PropositionHead {
        actor: about.actor.clone(),
        role: about.role.clone(),
        facet: about.facet.clone(),
        value: about.value.clone(),
        status: about.status.clone(),
        flags: about.flags.clone(),
    }
}

/// What a proposition is about, as far as the view does not go without saying it.
enum Of<'v> {
    /// The subject of the view.
    Subject,
    /// A class to which the incident of a board belongs, or may belong.
    Class(&'v Named),
    /// Whatever a line of a ledger is about.
    Line(Named),
}

/// What is told of a proposition.
pub(crate) struct About<'v> {
    of: Of<'v>,
    head: PropositionHead,
    finding: Option<&'v str>,
    /// The utterances on it.
    said: Vec<Said<'v>>,
    adopted: &'v [Adopted],
}

impl<'v> About<'v> {
    fn of(target: Option<(bool, String)>, of: Of<'v>, told: &'v BoardProposition) -> (Key, Self) {
        let sides = [("support", &told.support), ("opposition", &told.opposition), ("neutral", &told.neutral)];
        let said = sides.into_iter().flat_map(|(side, said)| said.iter().map(move |said| (side, said)));
        let about = Self {
            of,
            head: head(told),
            finding: told.finding.as_ref().map(|finding| finding.outcome.as_str()),
            said: said.collect(),
            adopted: &told.adopted,
        };
        (key(target, &about.head), about)
    }
}

/// The propositions of what comes an utterance at a time: what it is about, the proposition, where it stands, and it.
fn gathered<'v>(
    lines: impl Iterator<Item = (Option<Named>, &'v PropositionHead, &'v str, &'v Utterance)>,
) -> BTreeMap<Key, About<'v>> {
    let mut all: BTreeMap<Key, About<'v>> = BTreeMap::new();
    for (target, head, side, said) in lines {
        let key = key(target.as_ref().map(|target| (false, target.id.clone())), head);
        let about = all.entry(key).or_insert_with(|| About {
            of: target.map_or(Of::Subject, Of::Line),
            head: head.clone(),
            finding: None,
            said: Vec::new(),
            adopted: &[],
        });
        about.said.push((side, said));
    }
    all
}

/// What changed on one proposition, of which one answer may tell nothing.
fn about(changes: &mut Vec<Change>, from: Option<&About<'_>>, to: Option<&About<'_>>) {
    let Some(named) = to.or(from) else { return };
    let (class, line) = match &named.of {
        Of::Subject => (None, None),
        Of::Class(class) => (Some(*class), None),
        Of::Line(about) => (None, Some(about)),
    };
    let change = |what, utterance, from, to| Change {
        what,
        class: class.cloned(),
        about: line.cloned(),
        proposition: Some(named.head.clone()),
        utterance,
        from,
        to,
    };
    let status = |about: Option<&About<'_>>| about.map(|about| about.head.status.clone());
    if status(from) != status(to) {
        changes.push(change(What::Status, None, status(from), status(to)));
    }
    let flags = |about: Option<&About<'_>>| about.map(|about| about.head.flags.clone()).unwrap_or_default();
    let flags = came_and_went(&flags(from), &flags(to));
    changes.extend(flags.into_iter().map(|(was, is)| change(What::Flag, None, was, is)));
    let found = |about: Option<&About<'_>>| Some(about?.finding?.to_owned());
    if found(from) != found(to) {
        changes.push(change(What::Finding, None, found(from), found(to)));
    }
    for (was, is) in paired(said(from), &said(to)) {
        let words = |said: Option<Said<'_>>| said.map(|(side, utterance)| in_words(side, utterance));
        let Some((_, told)) = is.or(was) else { continue };
        let (was, is) = (words(was), words(is));
        if was != is {
            let name = told.speaker.as_ref().map(|voice| voice.name.clone()).unwrap_or_default();
            let utterance = Named { id: told.utterance.clone(), name };
            changes.push(change(What::Utterance, Some(utterance), was, is));
        }
    }
    let (before, after) = (adopted(from), adopted(to));
    for by in before.keys().chain(after.keys().filter(|by| !before.contains_key(*by))) {
        let (was, is) = (before.get(by), after.get(by));
        let words = |adopted: Option<&&Adopted>| adopted.map(|adopted| adopted_in_words(adopted));
        if words(was) != words(is) {
            let name = is.or(was).and_then(|adopted| adopted.speaker.as_ref()).map(|voice| voice.name.clone());
            let utterance = Named { id: by.1.to_owned(), name: name.unwrap_or_default() };
            changes.push(change(What::Adopted, Some(utterance), words(was), words(is)));
        }
    }
}

/// The positions on a proposition that are taken by adopting, by who takes them and whose words they are.
fn adopted<'a>(about: Option<&About<'a>>) -> BTreeMap<((&'a str, &'a str), &'a str), &'a Adopted> {
    let adopted = about.map(|about| about.adopted).into_iter().flatten();
    let by = adopted.map(|adopted| {
        let speaker = adopted.speaker.as_ref();
        let speaker = speaker.map(|voice| (voice.kind.as_str(), voice.id.as_deref().unwrap_or(&voice.name)));
        ((speaker.unwrap_or_default(), adopted.utterance.as_str()), adopted)
    });
    by.collect()
}

/// A position that is taken by adopting: `+`, or `+ (not counted)`.
fn adopted_in_words(adopted: &Adopted) -> String {
    let counts = if adopted.counts { "" } else { " (not counted)" };
    format!("{}{counts}", adopted.sign)
}

/// An utterance on a proposition with where it stands.
type Said<'a> = (&'a str, &'a Utterance);

/// The utterances on a proposition, in their order there.
fn said<'a>(about: Option<&About<'a>>) -> Vec<Said<'a>> {
    about.map(|about| about.said.clone()).unwrap_or_default()
}

/// Which utterance is which: the one of the same id, else one with a reading in common. An utterance has the smallest of
/// its readings' ids, so it has another one when one with a smaller comes or the smallest goes.
fn paired<'a>(from: Vec<Said<'a>>, to: &[Said<'a>]) -> Vec<(Option<Said<'a>>, Option<Said<'a>>)> {
    let by_id: HashMap<&str, usize> = (0..).zip(to).map(|(at, (_, said))| (said.utterance.as_str(), at)).collect();
    let readings = (0..).zip(to).flat_map(|(at, (_, said))| said.readings.iter().map(move |id| (id.as_str(), at)));
    let by_reading: HashMap<&str, usize> = readings.collect();
    let mut left: Vec<Option<Said<'a>>> = to.iter().copied().map(Some).collect();
    let same = |(_, was): &Said<'a>| by_id.get(was.utterance.as_str()).copied();
    let mut pairs: Vec<_> =
        from.into_iter().map(|was| (Some(was), same(&was).and_then(|at| left[at].take()))).collect();
    for (was, is) in &mut pairs {
        if let (Some((_, was)), None) = (&was, &is) {
            let mut shared = was.readings.iter().filter_map(|id| by_reading.get(id.as_str()));
            *is = shared.find_map(|at| left[*at].take());
        }
    }
    pairs.extend(left.into_iter().flatten().map(|come| (None, Some(come))));
    pairs
}

/// An utterance as far as it counts: `support: accuses + CT (withdrawn)`.
fn in_words(side: &str, said: &Utterance) -> String {
    let marks = if said.marks.is_empty() { String::new() } else { format!(" ({})", said.marks.join(", ")) };
    format!("{side}: {} {} {}{marks}", said.act, said.polarity, said.certainty)
}

#[cfg(test)]
mod tests;
