//! The dispute board of an incident, and what is said about everything else.

use super::cache::{Cached, Key};
use super::case::Gathered;
use super::scope::{Answer, Scope, Stop, absent, id, invalid};
use super::without;
use crate::Loaded;
use domain::actor::Actor;
use domain::attribution::{self, Alternative, Case, Edge, Voice, assess, assess_without};
use domain::claim::{Speaker, Stance, Target};
use domain::id::{ActorId, AnnotationId, IncidentId, SourceId};
use domain::incident::Incident;
use domain::opinion::{Opinion, rounded};
use domain::source::Source;
use std::sync::Arc;
use uuid::Uuid;
use wire::view::reply::Answer as Said;
use wire::view::{self, AskBoard, Board, Known, Unchanged};

/// Edges that a board names: who wants all of them asks for those of the actors concerned.
const ALTERNATIVES_MAX: usize = 20;

/// The board that is asked for.
pub(super) fn board(scope: &Scope<'_>, ask: &AskBoard) -> Answer<Said> {
    let incident = id(&ask.incident)?;
    if let Some(cached) = cached(scope, Target::Incident(IncidentId::new(incident)))? {
        return Ok(shown(scope, ask, &cached));
    }
    Err(no_case(scope, incident))
}

/// Why an incident has no case.
pub(super) fn no_case(scope: &Scope<'_>, incident: Uuid) -> Stop {
    match scope.load::<Incident>(incident) {
        Ok(Loaded { state: Incident::Class(_), .. }) => {
            invalid("not_an_incident", "this is a class of incidents: such views are of one incident")
        }
        Ok(_) => absent(),
        Err(stop) => stop,
    }
}

/// The board that is asked for, if it was computed before.
pub(super) fn recall(scope: &Scope<'_>, ask: &AskBoard) -> Answer<Option<Said>> {
    let key = key(scope, Target::Incident(IncidentId::new(id(&ask.incident)?)));
    let cached = scope.view.boards.get(&key, &scope.snapshot)?;
    Ok(cached.map(|cached| shown(scope, ask, &cached)))
}

/// The board, unless it is the one that the asker has.
fn shown(scope: &Scope<'_>, ask: &AskBoard, cached: &Cached<Board>) -> Said {
    let is_whole = !cached.content.blinded && scope.without.is_empty();
    if is_whole && ask.known == Some(Known { since: cached.content.since, policy: scope.policy_version }) {
        return Said::Unchanged(Unchanged {});
    }
    let mut board = Board::clone(&cached.content);
    board.as_of = scope.snapshot.at();
    let generic = board.generic.iter_mut().chain(&mut board.possible_members);
    let about = board.propositions.iter_mut().chain(generic.filter_map(|generic| generic.about.as_mut()));
    limit_quotes(about, ask.quotes);
    Said::Board(board)
}

fn key(scope: &Scope<'_>, subject: Target) -> Key {
    Key { project: scope.project, subject, policy: scope.policy_version, veil: scope.snapshot.veil() }
}

/// The status of an incident's board; an incident that is known has one.
pub(super) fn status(scope: &Scope<'_>, incident: IncidentId) -> Answer<String> {
    let cached = cached(scope, Target::Incident(incident))?;
    Ok(cached.ok_or_else(absent)?.content.status.clone())
}

/// The board from the cache, or from the records; of what is no incident, its propositions are what it tells. None when
/// there is no such thing.
pub(super) fn cached(scope: &Scope<'_>, subject: Target) -> Answer<Option<Arc<Cached<Board>>>> {
    let (boards, snapshot, key) = (scope.view.boards, &scope.snapshot, key(scope, subject));
    if !scope.without.is_empty() {
        return without_something(scope, subject);
    }
    if let Some(cached) = boards.get(&key, snapshot)? {
        return Ok(Some(cached));
    }
    let Some(gathered) = boards.case(snapshot, scope.project, subject)? else { return Ok(None) };
    let Gathered { case, subjects, since } = gathered;
    let assessed = assess(&case, scope.policy());
    let board = Mapping { case: &case }.board(&assessed, scope.policy_version);
    let board = Board { since, blinded: scope.is_blinded(), ..board };
    let cached = Arc::new(Cached::new(board, since, subjects, snapshot.at()));
    boards.put(key, Arc::clone(&cached));
    Ok(Some(cached))
}

/// The board without what the question leaves out, which is kept for nobody: few ask, and each for something else.
fn without_something(scope: &Scope<'_>, subject: Target) -> Answer<Option<Arc<Cached<Board>>>> {
    let Some((gathered, rest)) = without::gathered(scope, subject)? else { return Ok(None) };
    let Gathered { case, subjects, since } = gathered;
    let assessed = assess_without(&case, &rest, scope.policy());
    let board = Mapping { case: &rest }.board(&assessed, scope.policy_version);
    let board = Board { since, blinded: scope.is_blinded(), without: scope.without.told(), ..board };
    Ok(Some(Arc::new(Cached::new(board, since, subjects, scope.snapshot.at()))))
}

/// Leaves so many quotes of each utterance.
pub(super) fn limit_quotes<'a>(about: impl IntoIterator<Item = &'a mut view::BoardProposition>, quotes: u32) {
    let len_max = usize::try_from(quotes).unwrap_or(usize::MAX);
    for proposition in about {
        let sides = [&mut proposition.support, &mut proposition.opposition, &mut proposition.neutral];
        sides.into_iter().flatten().for_each(|utterance| utterance.quotes.truncate(len_max));
    }
}

/// From a board of the domain to the message, with the names of the case.
pub(super) struct Mapping<'a> {
    pub case: &'a Case,
}

impl Mapping<'_> {
    fn board(&self, board: &attribution::Board, policy: u32) -> Board {
        let generic = |list: &[attribution::Generic]| list.iter().map(|generic| self.generic(generic)).collect();
        Board {
            incident: head(self.case),
            as_of: 0,
            since: 0,
            policy,
            blinded: false,
            status: board.status.to_string(),
            finding: board.finding.as_ref().map(finding),
            flags: codes(&board.flags),
            disputes: board.disputes.iter().map(dispute).collect(),
            corroboration: Some(corroboration(board.corroboration)),
            conflict: rounded(board.conflict),
            propositions: board.propositions.iter().map(|about| self.proposition(about)).collect(),
            generic: generic(&board.generic),
            possible_members: generic(&board.possible),
            would_change_if: Some(would_change(&board.alternatives, board.untried)),
            without: Vec::new(),
        }
    }

    fn generic(&self, generic: &attribution::Generic) -> view::GenericUtterance {
        let class = self.case.classes.get(&generic.class);
        let name = class.map(|class| class.title.as_str().to_owned()).unwrap_or_default();
        view::GenericUtterance {
            class: Some(view::Named { id: generic.class.to_string(), name }),
            about: Some(self.proposition(&generic.about)),
        }
    }

    fn proposition(&self, about: &attribution::Proposition) -> view::BoardProposition {
        let utterances =
            |list: &[attribution::Utterance]| list.iter().map(|utterance| self.utterance(utterance)).collect();
        view::BoardProposition {
            actor: about.key.actor.map(|actor| view::Named { id: actor.to_string(), name: self.actor(actor) }),
            role: about.key.role.map(|role| role.to_string()),
            facet: about.key.facet.map(|facet| facet.to_string()).unwrap_or_default(),
            value: about.value.clone(),
            status: about.status.to_string(),
            status_without_finding: about.status_without_finding.to_string(),
            finding: about.finding.as_ref().map(finding),
            flags: codes(&about.flags),
            support: utterances(&about.support),
            opposition: utterances(&about.opposition),
            neutral: utterances(&about.neutral),
            adopted: about.adopted.iter().map(|adopted| self.adopted(adopted)).collect(),
            n_support: about.n_support,
            n_witness: about.n_witness,
            opinion: Some(opinion(about.opinion)),
            inconsistent: about.inconsistent.iter().map(|by| self.inconsistent(by)).collect(),
        }
    }

    fn inconsistent(&self, by: &attribution::Inconsistent) -> view::InconsistentSpeaker {
        view::InconsistentSpeaker {
            speakers: by.voices.iter().map(|voice| self.voice(voice)).collect(),
            accused: by.own,
            utterances: codes(&by.utterances),
        }
    }

    pub fn utterance(&self, utterance: &attribution::Utterance) -> view::Utterance {
        let reading = self.case.readings.get(&utterance.first);
        let chain = reading.into_iter().flat_map(|reading| reading.claim.speakers.everyone());
        let quotes: Vec<_> = utterance.passages.iter().filter_map(|passage| self.quote(*passage)).collect();
        view::Utterance {
            utterance: utterance.id.to_string(),
            speakers: chain.map(|speaker| self.speaker(speaker)).collect(),
            speaker: Some(self.voice(&utterance.voice)),
            act: utterance.act.to_string(),
            polarity: utterance.polarity.to_string(),
            certainty: utterance.certainty.to_string(),
            strength: utterance.value.map(|(_, strength)| strength.to_string()),
            generic: utterance.generic,
            flags: utterance.flags.iter().map(|flag| (*flag).to_owned()).collect(),
            marks: codes(&utterance.marks),
            uttered: utterance.uttered.as_ref().map(|date| date.as_str().to_owned()),
            readings: codes(&utterance.readings),
            votes: utterance.votes.iter().map(vote).collect(),
            quotes_total: u32::try_from(quotes.len()).unwrap_or(u32::MAX),
            quotes,
            earliest: utterance.time.first.date(),
            latest: utterance.time.last.date(),
            // The query service links to the rest.
            quotes_next: None,
        }
    }

    /// Where a passage stands; no record holds its text.
    fn quote(&self, passage: AnnotationId) -> Option<view::Quote> {
        let span = self.case.annotations.get(&passage)?.span()?;
        Some(view::Quote {
            document: span.document.to_string(),
            revision: span.revision,
            start: span.start,
            end: span.end,
            exact: None,
            erased: false,
        })
    }

    fn adopted(&self, adopted: &attribution::Adopted) -> view::Adopted {
        let mut speaker = self.voice(&adopted.voice);
        // An unidentified one who adopts is not the utterance's own speaker, but a link before.
        if let Voice::Unidentified(lead) = adopted.voice {
            let chain = self.case.readings.get(&lead).map(|reading| &reading.claim.speakers);
            let adopts = |link: &&domain::claim::Link| {
                link.stance == Stance::Adopts && matches!(link.speaker, Speaker::Unidentified { .. })
            };
            let link = chain.and_then(|chain| chain.links().iter().find(adopts));
            speaker.name = link.map_or(speaker.name, |link| self.speaker(&link.speaker));
        }
        view::Adopted {
            speaker: Some(speaker),
            utterance: adopted.utterance.to_string(),
            sign: adopted.sign.to_string(),
            counts: adopted.counts,
        }
    }

    fn voice(&self, voice: &Voice) -> view::Voice {
        let (kind, id, name) = match voice {
            Voice::Actor(actor) => ("actor", Some(actor.to_string()), self.actor(*actor)),
            Voice::Source(source) => ("source", Some(source.to_string()), self.source(*source)),
            Voice::Unidentified(reading) => {
                let reading = self.case.readings.get(reading);
                let name = reading.map(|reading| self.speaker(reading.claim.speakers.speaker()));
                ("unidentified", None, name.unwrap_or_default())
            }
        };
        view::Voice { kind: kind.to_owned(), id, name }
    }

    /// A link of the chain as people read it.
    fn speaker(&self, speaker: &Speaker) -> String {
        match speaker {
            Speaker::Actor(actor) => self.actor(*actor),
            Speaker::Source(source) => self.source(*source),
            Speaker::Unidentified { kind, label, of } => {
                let words = label.as_ref().map_or_else(|| kind.to_string(), |label| label.as_str().to_owned());
                of.map_or(words.clone(), |of| format!("{words} ({})", self.actor(of)))
            }
        }
    }

    /// An actor's name; its id if it has none at this position.
    pub fn actor(&self, id: ActorId) -> String {
        let name = self.case.actors.get(&id).and_then(Actor::name);
        name.map_or_else(|| id.to_string(), |name| name.as_str().to_owned())
    }

    fn source(&self, id: SourceId) -> String {
        match self.case.sources.get(&id) {
            Some(Source::Registered { name, kind: _, relations: _ }) => name.as_str().to_owned(),
            Some(Source::Absent) | None => id.to_string(),
        }
    }
}

/// The incident of a view, in a few words: the one that stands for all that are judged to be it; none of what is no
/// incident.
pub(super) fn head(case: &Case) -> Option<view::BoardIncident> {
    let Target::Incident(incident) = case.subject else { return None };
    let resolution = &case.judgements.incidents.resolution;
    let id = IncidentId::new(resolution.canonical(incident.uuid()));
    let detail = case.others.get(&id).or(case.detail.as_ref())?;
    let mut same_as = resolution.members(incident.uuid());
    same_as.remove(&id.uuid());
    Some(view::BoardIncident {
        id: id.to_string(),
        title: detail.title.as_str().to_owned(),
        when: detail.when.as_str().to_owned(),
        same_as: same_as.into_iter().map(|id| id.to_string()).collect(),
    })
}

/// What would change a status; the first of many, and how many more there are.
fn would_change(alternatives: &[Alternative], untried: usize) -> view::WouldChange {
    let item = |alternative: &Alternative| {
        let (judgement, relation) = match alternative.edge {
            Edge::Judgement(id) => (Some(id.to_string()), None),
            Edge::Relation(id) => (None, Some(id.to_string())),
        };
        view::Alternative {
            judgement,
            relation,
            status: alternative.status.to_string(),
            because: codes(&alternative.because),
        }
    };
    let more = alternatives.len().saturating_sub(ALTERNATIVES_MAX) + untried;
    view::WouldChange {
        items: alternatives.iter().take(ALTERNATIVES_MAX).map(item).collect(),
        more: u32::try_from(more).unwrap_or(u32::MAX),
    }
}

pub(super) fn corroboration(of: attribution::Corroboration) -> view::Corroboration {
    view::Corroboration { kind: of.kind.to_string(), origins: of.origins }
}

/// An opinion as it is shown: what is computed from it is computed before it is rounded.
fn opinion(opinion: Opinion) -> view::Opinion {
    let Opinion { belief, disbelief, uncertainty, base_rate: _ } = opinion.rounded();
    view::Opinion { belief, disbelief, uncertainty, expectation: rounded(opinion.expectation()) }
}

fn finding(finding: &attribution::Finding) -> view::Finding {
    view::Finding {
        adjudication: finding.adjudication.to_string(),
        outcome: finding.outcome.to_string(),
        standard: finding.standard.to_string(),
        reason: finding.reason.as_ref().map(|reason| reason.as_str().to_owned()),
        based_on: finding.based_on,
        dissent: view::dissent(&finding.dissent),
        also: codes(&finding.also),
    }
}

fn dispute(dispute: &attribution::Dispute) -> view::Dispute {
    view::Dispute { kind: dispute.kind.to_string(), generic: dispute.generic, because: codes(&dispute.because) }
}

fn vote(vote: &attribution::Vote) -> view::Vote {
    view::Vote {
        annotator: vote.annotator.to_string(),
        sign: vote.value.map(|(sign, _)| sign.to_string()),
        strength: vote.value.map(|(_, strength)| strength.to_string()),
    }
}

pub(super) fn codes<T: ToString>(list: &[T]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}
