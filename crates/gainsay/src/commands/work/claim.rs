//! The questions about one claim, and what their answers say.

use std::collections::BTreeMap;

use domain::actor::ActorKind;
use domain::annotation::SpanRole;
use domain::claim::{
    Act, Certainty, Chain, Claim, Facet, Link, Proposition, Role, Scope, Speaker, Stance, Target, UnidentifiedKind,
};
use domain::edtf::Edtf;
use domain::id::{ActorId, AnnotationId, ReadingId, RelationId, SourceId};
use domain::text::Text as Words;
use domain::{Code, Rejection};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::view;

use super::answers::{self, About, Voice};
use super::input::{Asker, NotTaken, Question, Stop};
use super::names::Names;
use super::text::{Passage, Text};
use crate::terminal::plain;

/// What is said of who may be named.
const ACTOR_HINT: &str = "an actor's name or id; `+Name, kind` registers one";

/// The terms in which a project reads: those of its codebook, or all.
pub(super) struct Terms {
    acts: Vec<Act>,
    roles: Vec<Role>,
    modes: Vec<String>,
    labels: BTreeMap<String, String>,
}

impl Terms {
    /// The terms of a codebook, or all where there is none.
    pub fn new(codebook: Option<view::Codebook>) -> Self {
        let view::Codebook { acts, roles, modes, labels, .. } = codebook.unwrap_or_default();
        Self { acts: picked(&acts), roles: picked(&roles), modes, labels }
    }

    /// Codes, each with what the codebook calls it.
    fn explain<C: Code>(&self, choices: &[C]) -> Vec<String> {
        answers::codes(choices).into_iter().map(|code| self.explain_term(code)).collect()
    }

    fn explain_term(&self, term: &str) -> String {
        let label = self.labels.get(term).map(|label| plain(label));
        let term = plain(term);
        label.map_or_else(|| term.clone(), |label| format!("{term:<22}  {label}"))
    }
}

/// The codes that a codebook picks; all where it picks none.
fn picked<C: Code>(codes: &[String]) -> Vec<C> {
    let picked: Vec<C> = codes.iter().filter_map(|code| C::from_code(code).ok()).collect();
    if picked.is_empty() { C::ALL.to_vec() } else { picked }
}

/// What is known before the first question.
pub(super) struct Ground<'a> {
    pub text: &'a Text,
    pub terms: &'a Terms,
    /// The document's source.
    pub source: SourceId,
    /// What the claim before is about.
    pub before: Option<Target>,
}

/// A claim that was answered and not recorded yet.
pub(super) struct Draft {
    /// The claim, with ids that stand for its passages.
    pub claim: Claim,
    /// The passages: the content first.
    pub evidence: Vec<(Passage, SpanRole)>,
}

impl Draft {
    /// The reading as the service takes it.
    pub fn body(&self, document: Uuid, revision: u32) -> Value {
        let passages = self.evidence.iter().map(|(passage, role)| {
            let Passage { start, end, exact } = passage;
            json!({
                "document": document, "revision": revision, "start": start, "end": end, "exact": exact, "role": role,
            })
        });
        // What the service answers of a claim is what it takes, but for the passages, which are marked along.
        let mut body = serde_json::to_value(wire::view::claim(&self.claim)).expect("texts and lists always serialise");
        body["evidence"] = passages.collect();
        body
    }
}

/// Asks all that makes a claim.
pub(super) async fn ask(asker: &mut Asker, names: &mut Names, ground: &Ground<'_>) -> Result<Draft, Stop> {
    let content = passage(asker, ground.text).await?;
    let speakers = speakers(asker, names, ground).await?;
    let act = code(asker, ground, "act", &ground.terms.acts, None).await?;
    let polarity = match act.polarities() {
        [only] => *only,
        choices => code(asker, ground, "polarity", choices, None).await?,
    };
    let certainty = code(asker, ground, "certainty", Certainty::ALL, None).await?;
    let proposition = proposition(asker, names, ground, act).await?;
    let scope = match proposition.target {
        Target::Class(_) => code(asker, ground, "scope", Scope::ALL, Some(Scope::Specific)).await?,
        _ => Scope::Specific,
    };
    let changes = if act.is_change() { changes(asker).await? } else { Vec::new() };
    let speaks_for = speaks_for(asker, names, act, speakers.speaker(), proposition.actor).await?;
    let uttered = uttered(asker).await?;
    let mode = mode(asker, ground).await?;
    let presupposed = asker.ask_whether("presupposed", Some(false)).await?;
    let mut evidence = vec![(content.clone(), SpanRole::Content)];
    for (name, role) in [("words that name the speaker", SpanRole::Source), ("words of the act", SpanRole::Cue)] {
        let found = words(asker, ground.text, name, &content).await?;
        evidence.extend(found.map(|found| (found, role)));
    }
    let stand_ins = (1..=evidence.len() as u128).map(|at| AnnotationId::new(Uuid::from_u128(at))).collect();
    let claim = Claim {
        speakers,
        act,
        proposition,
        polarity,
        certainty,
        evidence: stand_ins,
        scope,
        presupposed,
        mode,
        uttered,
        changes,
        speaks_for,
    };
    Ok(Draft { claim, evidence })
}

/// Asks for a passage.
pub(super) async fn passage(asker: &mut Asker, text: &Text) -> Result<Passage, Stop> {
    let question =
        Question { name: "passage", hint: "a line, lines, or words".to_owned(), help: passage_help("the text") };
    asker.ask(&question, async |answer| Ok(text.find(answers::given(answer)?, None)?)).await
}

/// Asks for words that may not be there; they are looked for in a passage first.
async fn words(asker: &mut Asker, text: &Text, name: &str, content: &Passage) -> Result<Option<Passage>, Stop> {
    let help = passage_help("the passage, or else in the text");
    let question = Question { name, hint: "empty: none".to_owned(), help };
    let find = async |answer: &str| match answer {
        "" => Ok(None),
        answer => Ok(Some(text.find(answer, Some(content))?)),
    };
    asker.ask(&question, find).await
}

fn passage_help(whole: &str) -> Vec<String> {
    vec![
        "3              line 3, whole".to_owned(),
        "3 the words    words in line 3".to_owned(),
        "3-5            lines 3 to 5".to_owned(),
        "3-5 the words  words in these lines".to_owned(),
        format!("the words      words that stand once in {whole}"),
    ]
}

/// Asks for the chain of speakers, from the document's source on.
async fn speakers(asker: &mut Asker, names: &mut Names, ground: &Ground<'_>) -> Result<Chain, Stop> {
    let mut links = Vec::new();
    let mut speaker = Speaker::Source(ground.source);
    for number in 1..Chain::LEN_MAX {
        let Some(stance) = stance(asker, ground, number).await? else { break };
        let next = voice(asker, names, ground, number + 1, &speaker).await?;
        links.push(Link { speaker: std::mem::replace(&mut speaker, next), stance });
    }
    Ok(Chain::recorded(links, speaker))
}

/// Asks how a link stands towards what follows; nothing where nothing follows.
async fn stance(asker: &mut Asker, ground: &Ground<'_>, number: usize) -> Result<Option<Stance>, Stop> {
    let (name, empty) = match number {
        1 => ("stance of the source".to_owned(), "it speaks itself"),
        _ => (format!("stance of speaker {number}"), "it is the speaker"),
    };
    let hint = format!("{}; empty: {empty}", answers::codes(Stance::ALL).join(", "));
    let mut help = vec!["How it stands towards what somebody else says there.".to_owned()];
    help.extend(ground.terms.explain(Stance::ALL));
    let understand = async |answer: &str| match answer {
        "" => Ok(None),
        answer => Ok(Some(answers::code(answer, Stance::ALL)?)),
    };
    asker.ask(&Question { name: &name, hint, help }, understand).await
}

/// Asks who comes next in the chain.
async fn voice(
    asker: &mut Asker,
    names: &mut Names,
    ground: &Ground<'_>,
    number: usize,
    before: &Speaker,
) -> Result<Speaker, Stop> {
    let kinds = answers::codes(UnidentifiedKind::ALL).join(", ");
    let name = format!("speaker {number}");
    let hint = "an actor; `source: name`; or `officials: their words`".to_owned();
    let mut help = vec![format!("{ACTOR_HINT} ({})", answers::codes(ActorKind::ALL).join(", "))];
    help.push("source: name    a source".to_owned());
    help.push(format!("kind: words     somebody whom the text does not identify, of the kinds {kinds}"));
    help.extend(ground.terms.explain(UnidentifiedKind::ALL));
    let understand = async |answer: &str| -> Result<Speaker, NotTaken> {
        let speaker = match Voice::parse(answer)? {
            Voice::Actor(name) => Speaker::Actor(names.actor(name).await?),
            Voice::Source(name) => Speaker::Source(names.source(name).await?),
            Voice::Unidentified(kind, label) => {
                Speaker::Unidentified { kind, label: answers::optional_text(label)?, of: None }
            }
        };
        let pair = vec![(before.clone(), Some(Stance::Relays)), (speaker.clone(), None)];
        Chain::parse(pair).map_err(|rejection| rejection.detail)?;
        Ok(speaker)
    };
    let speaker = asker.ask(&Question { name: &name, hint, help }, understand).await?;
    match speaker {
        Speaker::Unidentified { kind, label, of: _ } => {
            let of = maybe_actor(asker, names, &format!("of whom is speaker {number}")).await?;
            Ok(Speaker::Unidentified { kind, label, of })
        }
        identified => Ok(identified),
    }
}

/// Asks what the claim is about.
async fn proposition(asker: &mut Asker, names: &mut Names, ground: &Ground<'_>, act: Act) -> Result<Proposition, Stop> {
    let target = target(asker, names, ground).await?;
    let mut proposition =
        Proposition { target, facet: None, actor: None, role: None, value: None, with: Vec::new(), with_others: false };
    let facet = match target {
        Target::Relation(_) => return Ok(proposition),
        Target::Actor(_) => Facet::Conduct,
        Target::Incident(_) | Target::Class(_) => {
            let choices: Vec<_> = Facet::ALL.iter().copied().filter(|facet| *facet != Facet::Conduct).collect();
            code(asker, ground, "facet", &choices, Some(Facet::Who)).await?
        }
    };
    proposition.facet = Some(facet);
    match facet {
        Facet::Occurred => {}
        Facet::Who | Facet::Evidence => {
            // "We praise whoever did it" names nobody.
            let may_be_nobody = facet == Facet::Who && act.is_neutral();
            proposition.actor = if may_be_nobody {
                maybe_actor(asker, names, "actor").await?
            } else {
                Some(actor(asker, names, "actor").await?)
            };
            proposition.role = Some(code(asker, ground, "role", &ground.terms.roles, None).await?);
        }
        Facet::When | Facet::Where | Facet::Means | Facet::Motive | Facet::Legality => {
            proposition.actor = maybe_actor(asker, names, "actor").await?;
            proposition.value = Some(value(asker, facet).await?);
        }
        Facet::Conduct => proposition.value = Some(value(asker, facet).await?),
    }
    if facet == Facet::Who && proposition.actor.is_some() {
        (proposition.with, proposition.with_others) = jointly(asker, names).await?;
    }
    Ok(proposition)
}

async fn target(asker: &mut Asker, names: &mut Names, ground: &Ground<'_>) -> Result<Target, Stop> {
    let hint = match ground.before.map(target_id) {
        Some(id) => format!("an incident or class, by title or id; empty: {}", names.called(id)),
        None => "an incident or class, by title or id".to_owned(),
    };
    let help = [
        "a title or an id  an incident, or a class of incidents",
        "actor: name       an actor, and what is thought of it",
        "relation: id      a relation between two actors",
        "empty             what the claim before is about",
    ];
    let understand = async |answer: &str| -> Result<Target, NotTaken> {
        match About::parse(answer)? {
            About::Before => {
                Ok(ground.before.ok_or_else(|| "there is no claim before; an answer is needed".to_owned())?)
            }
            About::Incident(title) => names.incident(title).await,
            About::Actor(name) => Ok(Target::Actor(names.actor(name).await?)),
            About::Relation(id) => Ok(Target::Relation(names.relation(id).await?)),
        }
    };
    asker.ask(&Question { name: "about", hint, help: help.map(str::to_owned).to_vec() }, understand).await
}

async fn value(asker: &mut Asker, facet: Facet) -> Result<Words, Stop> {
    let hint = if facet == Facet::When { "a date, as EDTF" } else { "a term or a few words" };
    let help = match facet {
        Facet::When => date_help(),
        _ => vec!["What is said, in a term of the codebook or in a few words.".to_owned()],
    };
    let understand = async |answer: &str| {
        let value = answers::text(answers::given(answer)?)?;
        if facet == Facet::When {
            Edtf::parse(value.as_str(), "").map_err(|rejection| rejection.detail)?;
        }
        Ok(value)
    };
    asker.ask(&Question { name: "value", hint: hint.to_owned(), help }, understand).await
}

async fn jointly(asker: &mut Asker, names: &mut Names) -> Result<(Vec<ActorId>, bool), Stop> {
    let hint = "names separated by `;`, `others` for \"and others\"; empty: nobody".to_owned();
    let help = vec!["Those who are said to have acted together with the actor.".to_owned(), ACTOR_HINT.to_owned()];
    let understand = async |answer: &str| {
        let (called, others) = answers::together(answer);
        let mut actors = Vec::new();
        for name in called {
            actors.push(names.actor(name).await?);
        }
        Ok((actors, others))
    };
    asker.ask(&Question { name: "jointly with", hint, help }, understand).await
}

async fn changes(asker: &mut Asker) -> Result<Vec<ReadingId>, Stop> {
    let hint = "ids of the utterances that it changes".to_owned();
    let help =
        vec!["Ids of readings, separated by spaces: each means the utterance that it is a reading of.".to_owned()];
    let understand = async |answer: &str| Ok(answers::utterances(answer)?);
    asker.ask(&Question { name: "changes", hint, help }, understand).await
}

/// Asks by which relation somebody claims responsibility for an actor that they are not.
async fn speaks_for(
    asker: &mut Asker,
    names: &mut Names,
    act: Act,
    speaker: &Speaker,
    subject: Option<ActorId>,
) -> Result<Option<RelationId>, Stop> {
    let is_for_another = subject.is_some_and(|subject| *speaker != Speaker::Actor(subject));
    if act != Act::ClaimsResponsibility || !is_for_another {
        return Ok(None);
    }
    let mut help = vec!["The relation by which the speaker speaks for the actor, or holds an office of it.".to_owned()];
    if let Speaker::Actor(speaker) = speaker {
        // Help that is not to be had now is no reason to lose the answers.
        help.extend(names.relations_of(*speaker).await.unwrap_or_default());
    }
    let understand = async |answer: &str| match answers::relation(answer)? {
        Some(id) => Ok(Some(names.relation(id).await?)),
        None => Ok(None),
    };
    asker
        .ask(&Question { name: "speaks for", hint: "id of a relation; empty: none".to_owned(), help }, understand)
        .await
}

async fn uttered(asker: &mut Asker) -> Result<Option<Edtf>, Stop> {
    let question = Question { name: "uttered", hint: "a date, as EDTF; empty: not told".to_owned(), help: date_help() };
    asker.ask(&question, async |answer| Ok(answers::date(answer)?)).await
}

fn date_help() -> Vec<String> {
    vec!["2021-05-04, 2021-05, 2021-05~ (about), 2021-02-26/2021-06-27, ../2020 (by then)".to_owned()]
}

/// Asks how it was uttered: a term of the codebook where that lists any.
async fn mode(asker: &mut Asker, ground: &Ground<'_>) -> Result<Option<Words>, Stop> {
    let terms: Vec<&str> = ground.terms.modes.iter().map(String::as_str).collect();
    let hint = if terms.is_empty() { "statement, post, video …" } else { "a term of the codebook" };
    let help = terms.iter().map(|term| ground.terms.explain_term(term)).collect();
    let understand = async |answer: &str| match answers::optional(answer) {
        Some(answer) if !terms.is_empty() => Ok(Some(answers::text(terms[answers::pick(answer, &terms)?])?)),
        answer => Ok(answer.map(answers::text).transpose()?),
    };
    asker.ask(&Question { name: "mode", hint: format!("{hint}; empty: not told"), help }, understand).await
}

async fn actor(asker: &mut Asker, names: &mut Names, name: &str) -> Result<ActorId, Stop> {
    let question = Question { name, hint: "a name or an id".to_owned(), help: vec![ACTOR_HINT.to_owned()] };
    asker.ask(&question, async |answer| names.actor(answer).await).await
}

async fn maybe_actor(asker: &mut Asker, names: &mut Names, name: &str) -> Result<Option<ActorId>, Stop> {
    let question =
        Question { name, hint: "a name or an id; empty: not told".to_owned(), help: vec![ACTOR_HINT.to_owned()] };
    let understand = async |answer: &str| match answer {
        "" => Ok(None),
        answer => Ok(Some(names.actor(answer).await?)),
    };
    asker.ask(&question, understand).await
}

/// Asks for one of some codes.
async fn code<C: Code>(
    asker: &mut Asker,
    ground: &Ground<'_>,
    name: &str,
    choices: &[C],
    empty: Option<C>,
) -> Result<C, Stop> {
    /// More than these are told by `?` alone.
    const NAMED_MAX: usize = 9;
    let named = if choices.len() > NAMED_MAX { "? lists them".to_owned() } else { answers::codes(choices).join(", ") };
    let hint = match empty {
        Some(empty) => format!("{named}; empty: {}", empty.as_str()),
        None => named,
    };
    let understand = async |answer: &str| match empty {
        Some(empty) if answer.is_empty() => Ok(empty),
        _ => Ok(answers::code(answer, choices)?),
    };
    asker.ask(&Question { name, hint, help: ground.terms.explain(choices) }, understand).await
}

fn target_id(target: Target) -> Uuid {
    match target {
        Target::Incident(id) | Target::Class(id) => id.uuid(),
        Target::Relation(id) => id.uuid(),
        Target::Actor(id) => id.uuid(),
    }
}

/// Why a claim was refused as a whole.
pub(super) struct Complaint {
    /// The questions whose answers are at fault.
    pub questions: Vec<String>,
    pub why: String,
}

impl From<Rejection> for Complaint {
    fn from(rejection: Rejection) -> Self {
        let questions: Vec<_> = question_of(&rejection.pointer).into_iter().collect();
        Self { why: about(&questions, &rejection.detail), questions }
    }
}

impl From<runtime::Problem> for Complaint {
    fn from(problem: runtime::Problem) -> Self {
        let faults = problem.faults();
        let placed =
            faults.iter().map(|fault| (question_of(fault.pointer.as_deref().unwrap_or_default()), &fault.detail));
        let mut lines = vec![problem.detail().to_owned()];
        let mut questions = Vec::new();
        for (question, detail) in placed {
            if *detail != lines[0] || question.is_some() {
                lines.push(about(question.as_slice(), detail));
            }
            questions.extend(question);
        }
        // The detail says it once more where the one fault says it.
        if let [detail, fault] = &lines[..]
            && fault.ends_with(detail.as_str())
        {
            lines.remove(0);
        }
        Self { questions, why: lines.iter().map(|line| plain(line)).collect::<Vec<_>>().join("\n  ") }
    }
}

fn about(questions: &[String], detail: &str) -> String {
    match questions {
        [] => detail.to_owned(),
        questions => format!("{}: {detail}", questions.join(", ")),
    }
}

/// The question whose answer stands at a JSON pointer into a reading.
fn question_of(pointer: &str) -> Option<String> {
    let mut parts = pointer.split('/').skip(1);
    let question = match (parts.next()?, parts.next(), parts.next()) {
        // What is wrong with the chain as a whole is told where it begins.
        ("speakers", None | Some("0"), _) => "stance of the source".to_owned(),
        ("speakers", Some(at), part) => {
            let number = at.parse::<usize>().ok()? + 1;
            match (part, parts.next()) {
                (Some("stance"), _) => format!("stance of speaker {number}"),
                (Some("unidentified"), Some("of")) => format!("of whom is speaker {number}"),
                _ => format!("speaker {number}"),
            }
        }
        ("evidence", ..) => "passage".to_owned(),
        ("proposition", Some("with" | "with_others"), _) => "jointly with".to_owned(),
        ("proposition", Some(part @ ("facet" | "actor" | "role" | "value")), _) => part.to_owned(),
        ("proposition", _, _) => "about".to_owned(),
        ("speaks_for", ..) => "speaks for".to_owned(),
        (part @ ("act" | "polarity" | "certainty" | "scope" | "changes" | "uttered" | "mode" | "presupposed"), ..) => {
            part.to_owned()
        }
        _ => return None,
    };
    Some(question)
}

#[cfg(test)]
mod tests;
