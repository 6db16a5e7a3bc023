//! What is different between two boards of one incident: in words of the board, and as a patch (RFC 6902).
//!
//! The two are compared by what they are about: propositions by what they propose, utterances by their readings. What differs in
//! something that this does not name, a quote or a name, is in the patch alone.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use wire::view::{Adopted, Board, BoardIncident, BoardProposition, Named, PropositionHead, Utterance, Without};

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

/// Something that changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// What of it.
    pub what: What,
    /// The class of incidents, where it is about one to which the incident belongs, or may belong.
    #[schema(required)]
    pub class: Option<Named>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

/// A change of the incident's own.
fn own(what: What, from: Option<String>, to: Option<String>) -> Change {
    Change { what, class: None, proposition: None, utterance: None, from, to }
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
    let origins = |board: &Board| {
        board.corroboration.as_ref().map(|of| match of.kind.as_str() {
            "multi_origin" => format!("{}({})", of.kind, of.origins),
            kind => kind.to_owned(),
        })
    };
    if origins(from) != origins(to) {
        changes.push(own(What::Corroboration, origins(from), origins(to)));
    }
    let found = |board: &Board| board.finding.as_ref().map(|finding| finding.outcome.clone());
    if found(from) != found(to) {
        changes.push(own(What::Finding, found(from), found(to)));
    }
    let (before, after) = (by_key(from), by_key(to));
    for key in before.keys().chain(after.keys().filter(|key| !before.contains_key(*key))) {
        about(&mut changes, before.get(key).copied(), after.get(key).copied());
    }
    changes
}

/// Of two lists without repetitions, what only one of them has.
fn came_and_went(from: &[String], to: &[String]) -> Vec<(Option<String>, Option<String>)> {
    let gone = from.iter().filter(|was| !to.contains(was)).map(|was| (Some(was.clone()), None));
    let come = to.iter().filter(|is| !from.contains(is)).map(|is| (None, Some(is.clone())));
    gone.chain(come).collect()
}

/// What a proposition is about and proposes: whether it is of a class to which the incident only may belong, the class,
/// facet, role, actor, value. Those of the incident itself come first.
type Key = (Option<(bool, String)>, String, Option<String>, Option<String>, Option<String>);

/// A proposition with the class that it is about, if it is not about the incident.
#[derive(Debug, Clone, Copy)]
struct About<'a> {
    class: Option<&'a Named>,
    told: &'a BoardProposition,
}

fn by_key(board: &Board) -> BTreeMap<Key, About<'_>> {
    let key = |class: Option<(bool, String)>, about: &BoardProposition| {
        let actor = about.actor.as_ref().map(|actor| actor.id.clone());
        let value = about.value.as_ref().map(|value| value.to_lowercase());
        (class, about.facet.clone(), about.role.clone(), actor, value)
    };
    let own = board.propositions.iter().map(|told| (key(None, told), About { class: None, told }));
    let sides = [(false, &board.generic), (true, &board.possible_members)];
    let generic = sides.into_iter().flat_map(|(may, all)| all.iter().map(move |generic| (may, generic)));
    let generic = generic.filter_map(|(may, generic)| {
        let (class, told) = (generic.class.as_ref()?, generic.about.as_ref()?);
        Some((key(Some((may, class.id.clone())), told), About { class: Some(class), told }))
    });
    own.chain(generic).collect()
}

/// What changed on one proposition, of which one board may tell nothing.
fn about(changes: &mut Vec<Change>, from: Option<About<'_>>, to: Option<About<'_>>) {
    let Some(About { class, told: named }) = to.or(from) else { return };
    let (from, to) = (from.map(|about| about.told), to.map(|about| about.told));
    let head = PropositionHead {
        actor: named.actor.clone(),
        role: named.role.clone(),
        facet: named.facet.clone(),
        value: named.value.clone(),
        status: named.status.clone(),
        flags: named.flags.clone(),
    };
    let change = |what, utterance, from, to| Change {
        what,
        class: class.cloned(),
        proposition: Some(head.clone()),
        utterance,
        from,
        to,
    };
    let status = |about: Option<&BoardProposition>| about.map(|about| about.status.clone());
    if status(from) != status(to) {
        changes.push(change(What::Status, None, status(from), status(to)));
    }
    let flags = |about: Option<&BoardProposition>| about.map(|about| about.flags.clone()).unwrap_or_default();
    let flags = came_and_went(&flags(from), &flags(to));
    changes.extend(flags.into_iter().map(|(was, is)| change(What::Flag, None, was, is)));
    let found = |about: Option<&BoardProposition>| Some(about?.finding.as_ref()?.outcome.clone());
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
fn adopted(about: Option<&BoardProposition>) -> BTreeMap<((&str, &str), &str), &Adopted> {
    let adopted = about.map(|about| &about.adopted).into_iter().flatten();
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

/// An utterance on a proposition with its side.
type Said<'a> = (&'static str, &'a Utterance);

/// The utterances on a proposition, in their order there.
fn said(about: Option<&BoardProposition>) -> Vec<Said<'_>> {
    let Some(about) = about else { return Vec::new() };
    let sides = [("support", &about.support), ("opposition", &about.opposition), ("neutral", &about.neutral)];
    sides.into_iter().flat_map(|(side, said)| said.iter().map(move |said| (side, said))).collect()
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
