//! Ledgers: what an actor says and what is said of it, and what a source says and passes on.
//!
//! A line is an utterance on one proposition, as the board of what it is about has it; every board is computed once,
//! and kept. Lines stand in the order in which they were first read: the place of one is the creation of the first reading
//! of its utterance, on its proposition, that the ledger is made from. So a page can begin at any position.

mod entries;
mod pieces;
mod ties;

use super::board;
use super::cache::Cached;
use super::judgements::judgements;
use super::list::COST_OF_BOARD;
use super::record::limit_of;
use super::scope::{Answer, Scope, id, invalid};
use super::walk::Budget;
use super::{case, same};
use crate::Loaded;
use crate::subject::Subject;
use domain::Kind;
use domain::actor::Actor;
use domain::claim::{Claim, Key, Target};
use domain::id::{ActorId, ReadingId, SourceId};
use domain::incident::Incident;
use domain::reading::Reading;
use domain::relation::Relation;
use domain::source::Source;
use domain::text::comparable;
use entries::{Entry, OfActor, OfSource};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use uuid::Uuid;
use wire::subject::Address;
use wire::view::{
    AskLedger, Board, BoardProposition, Ledger, LedgerLine, LedgerTotals, Named, PropositionHead, RelationHead,
    Utterance,
};

/// What it may cost to count all lines of a ledger, in aggregates looked at: some two hundred boards, of which few are
/// new from page to page.
const TOTALS_COST_MAX: usize = 10_000;

/// The kind of aggregate that has the ledger.
pub(super) fn kind(code: &str) -> Answer<Kind> {
    match code {
        "actor" => Ok(Kind::Actor),
        "source" => Ok(Kind::Source),
        _ => Err(invalid("unknown_ledger", "an actor or a source has a ledger")),
    }
}

/// The page that is asked for.
pub(super) fn ledger(scope: &Scope<'_>, ask: &AskLedger) -> Answer<Ledger> {
    let id = id(&ask.id)?;
    if kind(&ask.kind)? == Kind::Source { of_source(scope, ask, id) } else { of_actor(scope, ask, id) }
}

fn of_source(scope: &Scope<'_>, ask: &AskLedger, id: Uuid) -> Answer<Ledger> {
    let name = match scope.load::<Source>(id)?.state {
        Source::Registered { name, .. } => name.as_str().to_owned(),
        Source::Absent => id.to_string(),
    };
    let same = same::source(SourceId::new(id));
    let of = OfSource { sources: same.ids.clone() };
    let mut walk = Walk::new(scope, &of, of.readings(scope))?;
    let (lines, after, totals) = lines(&mut walk, ask)?;
    let totals = match totals {
        Some(totals) => Some(LedgerTotals { pieces: pieces::of(scope, &same.ids)?, ..totals }),
        None => None,
    };
    let same = same.in_order().map(|id| id.to_string()).collect();
    Ok(answer(scope, ask, Named { id: id.to_string(), name }, same, (lines, after, totals)))
}

fn of_actor(scope: &Scope<'_>, ask: &AskLedger, id: Uuid) -> Answer<Ledger> {
    let actor = scope.load::<Actor>(id)?.state;
    let name = actor.name().map_or_else(|| id.to_string(), |name| name.as_str().to_owned());
    let same = same::actor(scope, ActorId::new(id))?;
    let of = OfActor::new(scope, same.ids.clone())?;
    let mut walk = Walk::new(scope, &of, of.readings(scope)?)?;
    let lines = lines(&mut walk, ask)?;
    let same = same.in_order().map(|id| id.to_string()).collect();
    Ok(answer(scope, ask, Named { id: id.to_string(), name }, same, lines))
}

/// Lines, the position after which the next page begins, and what is counted.
type Lines = (Vec<LedgerLine>, Option<u64>, Option<LedgerTotals>);

fn answer(scope: &Scope<'_>, ask: &AskLedger, subject: Named, same: Vec<String>, lines: Lines) -> Ledger {
    let (mut lines, after, totals) = lines;
    let quotes = usize::try_from(ask.quotes).unwrap_or(usize::MAX);
    lines.iter_mut().filter_map(|line| line.said.as_mut()).for_each(|said| said.quotes.truncate(quotes));
    Ledger {
        kind: ask.kind.clone(),
        subject: Some(subject),
        same,
        as_of: scope.snapshot.at(),
        policy: scope.policy_version,
        blinded: scope.is_blinded(),
        totals,
        lines,
        next: None,
        after,
        without: scope.without.told(),
    }
}

/// The lines of a page. Where all of them can be looked at, they are counted.
fn lines<L: Entries>(walk: &mut Walk<'_, L>, ask: &AskLedger) -> Answer<Lines> {
    let limit = limit_of(ask.limit);
    let (all, more) = walk.lines(0, usize::MAX, Budget::of(TOTALS_COST_MAX))?;
    if more.is_some() {
        let (lines, after) = walk.lines(ask.after, limit, Budget::of_page())?;
        return Ok((lines, after, None));
    }
    let totals = totals(&all);
    let mut rest = all.into_iter().filter(|line| line.position > ask.after);
    let lines: Vec<_> = rest.by_ref().take(limit).collect();
    let after = lines.last().map(|line| line.position).filter(|_| rest.next().is_some());
    Ok((lines, after, Some(totals)))
}

fn totals(lines: &[LedgerLine]) -> LedgerTotals {
    let mut headings: BTreeMap<String, u32> = BTreeMap::new();
    for line in lines {
        *headings.entry(line.heading.clone()).or_default() += 1;
    }
    let is_withdrawn = |said: &Utterance| said.marks.iter().any(|mark| mark == "withdrawn");
    let withdrawn = lines.iter().filter(|line| line.said.as_ref().is_some_and(is_withdrawn)).count();
    LedgerTotals { lines: number(lines.len()), headings, withdrawn: number(withdrawn), pieces: None }
}

/// Which utterances are lines of a ledger, and under which heading.
trait Entries {
    /// How an utterance stands in the ledger; none where it does not.
    fn entry(&self, found: &Found<'_>) -> Answer<Option<Entry>>;
}

/// An utterance that may be a line.
struct Found<'a> {
    target: Target,
    /// What its readings say on the proposition, that of the smallest id first.
    claims: &'a [Claim],
    /// The chain and the speaker are those of the utterance's smallest reading.
    first: &'a Claim,
    about: &'a BoardProposition,
    sign: Option<&'static str>,
    said: &'a Utterance,
    /// The relation that it is about.
    relation: Option<&'a Relation>,
}

/// Going through the readings that may make lines.
struct Walk<'a, L> {
    scope: &'a Scope<'a>,
    of: &'a L,
    /// The readings by their creation.
    readings: BTreeMap<u64, ReadingId>,
    created: HashMap<ReadingId, u64>,
    boards: HashMap<Target, Option<Arc<Indexed>>>,
}

/// A board, and where each reading stands on it.
struct Indexed {
    about: Option<Subjected>,
    board: Arc<Cached<Board>>,
    places: HashMap<String, Vec<Place>>,
}

/// What a line is about, in a few words.
#[derive(Clone)]
enum Subjected {
    Incident(Named),
    Class(Named),
    Relation(RelationHead, Box<Relation>),
    Actor(Named),
}

/// The proposition, the side and the utterance, by their numbers.
#[derive(Clone, Copy)]
struct Place {
    about: usize,
    side: usize,
    said: usize,
}

const SIGNS: [Option<&str>; 3] = [Some("support"), Some("opposition"), None];

fn sides(about: &BoardProposition) -> [&Vec<Utterance>; 3] {
    [&about.support, &about.opposition, &about.neutral]
}

impl<'a, L: Entries> Walk<'a, L> {
    fn new(scope: &'a Scope<'a>, of: &'a L, subjects: Vec<Subject>) -> Answer<Self> {
        let mut created = HashMap::new();
        for subject in subjects {
            for id in scope.snapshot.aggregates(&subject)? {
                let reading = ReadingId::new(id);
                if created.contains_key(&reading) {
                    continue;
                }
                let own = Subject::own(&Address { project: scope.project.uuid(), kind: Kind::Reading, id });
                if let Some(position) = scope.snapshot.positions(&own, 0, 1)?.first() {
                    created.insert(reading, *position);
                }
            }
        }
        let readings = created.iter().map(|(reading, position)| (*position, *reading)).collect();
        Ok(Self { scope, of, readings, created, boards: HashMap::new() })
    }

    /// The lines after a position, at most so many, and the position after which there are more.
    fn lines(&mut self, after: u64, limit: usize, mut budget: Budget) -> Answer<(Vec<LedgerLine>, Option<u64>)> {
        let mut lines: Vec<LedgerLine> = Vec::new();
        let pending: Vec<_> = self.readings.range(after + 1..).map(|(position, id)| (*position, *id)).collect();
        let mut last = after;
        for (position, reading) in pending {
            if budget.is_spent() {
                return Ok((lines, Some(last)));
            }
            if let Some(line) = self.line(position, reading, &mut budget)? {
                if lines.len() >= limit {
                    return Ok((lines, Some(last)));
                }
                lines.push(line);
            }
            last = position;
        }
        Ok((lines, None))
    }

    /// The line whose place is the creation of this reading, if there is one.
    fn line(&mut self, position: u64, reading: ReadingId, budget: &mut Budget) -> Answer<Option<LedgerLine>> {
        budget.spend(1);
        let Some(claim) = self.claim(reading)? else { return Ok(None) };
        let target = claim.proposition.target;
        let Some(indexed) = self.board(target, budget)? else { return Ok(None) };
        let key = self.key(&claim)?;
        let stands_for = self.stands_for(target)?;
        let places = indexed.places.get(&reading.to_string()).map_or(&[][..], Vec::as_slice);
        let board = &indexed.board.content;
        let Some(place) = places.iter().find(|place| key_of(&board.propositions[place.about]) == key) else {
            return Ok(None);
        };
        let about = &board.propositions[place.about];
        let said = &sides(about)[place.side][place.said];
        let mut claims = Vec::new();
        for other in said.readings.iter().filter_map(|id| Uuid::try_parse(id).ok()).map(ReadingId::new) {
            budget.spend(1);
            let Some(claim) = self.claim(other)? else { continue };
            let on_this = self.key(&claim)? == key && self.stands_for(claim.proposition.target)? == stands_for;
            if on_this && self.created.get(&other).is_some_and(|created| *created < position) {
                // The line stands where that one was created.
                return Ok(None);
            }
            if on_this {
                claims.push(claim);
            }
        }
        let first = Uuid::try_parse(&said.utterance).ok().map(ReadingId::new);
        let Some(first) = first.map(|first| self.claim(first)).transpose()?.flatten() else { return Ok(None) };
        let relation = match &indexed.about {
            Some(Subjected::Relation(_, relation)) => Some(&**relation),
            Some(Subjected::Incident(_) | Subjected::Class(_) | Subjected::Actor(_)) | None => None,
        };
        let found = Found { target, claims: &claims, first: &first, about, sign: SIGNS[place.side], said, relation };
        Ok(self.of.entry(&found)?.map(|entry| line(position, entry, &found, indexed.about.as_ref())))
    }

    /// What a reading says, if it says it still.
    fn claim(&self, reading: ReadingId) -> Answer<Option<Claim>> {
        let loaded: Option<Loaded<Reading>> = self.scope.snapshot.load(self.scope.project, reading.uuid())?;
        Ok(match loaded.map(|loaded| loaded.state) {
            Some(Reading::Claim { author: _, claim }) => Some(claim),
            Some(
                Reading::Absent | Reading::Retracted { .. } | Reading::Blank { .. } | Reading::BlankRetracted { .. },
            )
            | None => None,
        })
    }

    /// The proposition of a claim as the board names it.
    fn key(&self, claim: &Claim) -> Answer<Key> {
        let actor = claim.proposition.actor.map(|actor| same::actor(self.scope, actor)).transpose()?;
        Ok(claim.proposition.key(|id| actor.as_ref().map_or(id, |actor| actor.canonical)))
    }

    /// The target by the id that stands for all that are one with it.
    fn stands_for(&self, target: Target) -> Answer<Target> {
        let judgements = judgements(self.scope)?;
        Ok(match target {
            Target::Incident(id) => Target::Incident(judgements.incidents.resolution.canonical(id.uuid()).into()),
            Target::Actor(id) => Target::Actor(judgements.actors.resolution.canonical(id.uuid()).into()),
            Target::Class(_) | Target::Relation(_) => target,
        })
    }

    fn board(&mut self, target: Target, budget: &mut Budget) -> Answer<Option<Arc<Indexed>>> {
        if let Some(known) = self.boards.get(&target) {
            return Ok(known.clone());
        }
        budget.spend(COST_OF_BOARD);
        let indexed = match board::cached(self.scope, target)? {
            Some(board) => {
                Some(Arc::new(Indexed { about: self.about(target)?, places: places(&board.content), board }))
            }
            None => None,
        };
        self.boards.insert(target, indexed.clone());
        Ok(indexed)
    }

    fn about(&self, target: Target) -> Answer<Option<Subjected>> {
        let scope = self.scope;
        let (_, id) = case::aggregate(target);
        Ok(Some(match target {
            Target::Incident(_) | Target::Class(_) => match scope.load::<Incident>(id)?.state {
                Incident::Single(detail) => Subjected::Incident(named(id, detail.title.as_str())),
                Incident::Class(class) => Subjected::Class(named(id, class.title.as_str())),
                Incident::Absent => return Ok(None),
            },
            Target::Actor(actor) => Subjected::Actor(named(id, &actor_name(scope, actor)?)),
            Target::Relation(_) => {
                let relation = scope.load::<Relation>(id)?.state;
                let Some(edge) = relation.edge() else { return Ok(None) };
                let end = |actor: ActorId| Ok::<_, super::scope::Stop>(named(actor.uuid(), &actor_name(scope, actor)?));
                let head = RelationHead {
                    id: id.to_string(),
                    r#type: edge.relation.to_string(),
                    from: Some(end(edge.from)?),
                    to: Some(end(edge.to)?),
                };
                Subjected::Relation(head, Box::new(relation))
            }
        }))
    }
}

fn line(position: u64, entry: Entry, found: &Found<'_>, about: Option<&Subjected>) -> LedgerLine {
    let mut line = LedgerLine {
        position,
        heading: entry.heading.to_owned(),
        part: entry.part.map(str::to_owned),
        tie: entry.tie.map(str::to_owned),
        through: entry.through,
        proposition: Some(proposition_head(found.about)),
        sign: found.sign.map(str::to_owned),
        said: Some(found.said.clone()),
        ..LedgerLine::default()
    };
    match about.cloned() {
        Some(Subjected::Incident(incident)) => line.incident = Some(incident),
        Some(Subjected::Class(class)) => line.class = Some(class),
        Some(Subjected::Relation(head, _)) => line.relation = Some(head),
        Some(Subjected::Actor(actor)) => line.actor = Some(actor),
        None => {}
    }
    line
}

fn places(board: &Board) -> HashMap<String, Vec<Place>> {
    let mut places: HashMap<String, Vec<Place>> = HashMap::new();
    for (about, proposition) in board.propositions.iter().enumerate() {
        for (side, utterances) in sides(proposition).into_iter().enumerate() {
            for (said, utterance) in utterances.iter().enumerate() {
                for reading in &utterance.readings {
                    places.entry(reading.clone()).or_default().push(Place { about, side, said });
                }
            }
        }
    }
    places
}

/// The identity of a proposition of a board.
fn key_of(about: &BoardProposition) -> Key {
    Key {
        facet: about.facet.parse().ok(),
        role: about.role.as_deref().and_then(|role| role.parse().ok()),
        actor: about.actor.as_ref().and_then(|actor| Uuid::try_parse(&actor.id).ok()).map(ActorId::new),
        value: about.value.as_deref().map(comparable),
    }
}

/// A proposition of a board without what is said on it.
pub(super) fn proposition_head(about: &BoardProposition) -> PropositionHead {
    PropositionHead {
        actor: about.actor.clone(),
        role: about.role.clone(),
        facet: about.facet.clone(),
        value: about.value.clone(),
        status: about.status.clone(),
        flags: about.flags.clone(),
    }
}

/// An actor's name; its id if it has none at this position.
fn actor_name(scope: &Scope<'_>, id: ActorId) -> Answer<String> {
    let loaded: Option<Loaded<Actor>> = scope.snapshot.load(scope.project, id.uuid())?;
    let name = loaded.and_then(|loaded| loaded.state.name().map(|name| name.as_str().to_owned()));
    Ok(name.unwrap_or_else(|| id.to_string()))
}

fn named(id: Uuid, name: &str) -> Named {
    Named { id: id.to_string(), name: name.to_owned() }
}

/// The readings that mention an aggregate.
fn readings_about(scope: &Scope<'_>, kind: Kind, id: Uuid) -> Subject {
    Subject::mention(&Address { project: scope.project.uuid(), kind, id }, Kind::Reading)
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
