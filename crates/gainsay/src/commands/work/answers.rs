//! What answers to questions mean, as far as that can be told without asking the service.

use domain::Code;
use domain::actor::ActorKind;
use domain::claim::UnidentifiedKind;
use domain::edtf::Edtf;
use domain::id::ReadingId;
use domain::text::Text;
use uuid::Uuid;

use crate::terminal::plain;

/// Who is said to speak.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Voice<'a> {
    /// An actor, by name or id.
    Actor(&'a str),
    /// A source, by name or id.
    Source(&'a str),
    /// Somebody whom the text does not identify, with the text's words for them.
    Unidentified(UnidentifiedKind, &'a str),
}

impl<'a> Voice<'a> {
    /// Reads `name`, `source: name`, or `officials: their words`.
    pub fn parse(answer: &'a str) -> Result<Self, String> {
        let answer = given(answer)?;
        let Some((kind, rest)) = answer.split_once(':').map(|(kind, rest)| (kind.trim(), rest.trim())) else {
            return Ok(Self::Actor(answer));
        };
        match kind {
            "actor" => given(rest).map(Self::Actor),
            "source" => given(rest).map(Self::Source),
            // A name may have a colon in it.
            _ => Ok(kind.parse().map_or(Self::Actor(answer), |kind| Self::Unidentified(kind, rest))),
        }
    }
}

/// What a claim is said to be about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum About<'a> {
    /// What the claim before is about.
    Before,
    /// An incident or a class, by title or id.
    Incident(&'a str),
    /// An actor, by name or id.
    Actor(&'a str),
    /// A relation.
    Relation(Uuid),
}

impl<'a> About<'a> {
    /// Reads a title or an id, `actor: name`, `relation: id`, or nothing.
    pub fn parse(answer: &'a str) -> Result<Self, String> {
        match answer.split_once(':').map(|(kind, rest)| (kind.trim(), rest.trim())) {
            Some(("actor", name)) => given(name).map(Self::Actor),
            Some(("relation", id)) => uuid(id).map(Self::Relation),
            _ if answer.is_empty() => Ok(Self::Before),
            _ => Ok(Self::Incident(answer)),
        }
    }
}

/// An actor to register, from `+Name, kind`.
pub(super) fn registration(answer: &str) -> Option<Result<(Text, ActorKind), String>> {
    let answer = answer.strip_prefix('+')?;
    let Some((name, kind)) = answer.rsplit_once(',') else {
        let kinds = codes(ActorKind::ALL).join(", ");
        return Some(Err(format!("what is it? say `+Name, kind` with one of the kinds {kinds}")));
    };
    let registered = || Ok((text(name.trim())?, code(kind.trim(), ActorKind::ALL)?));
    Some(registered())
}

/// Names separated by `;`, and whether there were others.
pub(super) fn together(answer: &str) -> (Vec<&str>, bool) {
    let names = answer.split(';').map(str::trim).filter(|name| !name.is_empty());
    let (others, names): (Vec<_>, Vec<_>) = names.partition(|name| name.eq_ignore_ascii_case("others"));
    (names, !others.is_empty())
}

/// Utterances by any reading of theirs, separated by spaces, commas or `;`.
pub(super) fn utterances(answer: &str) -> Result<Vec<ReadingId>, String> {
    let ids = given(answer)?.split([' ', ',', ';']).filter(|id| !id.is_empty());
    ids.map(|id| uuid(id).map(ReadingId::new)).collect()
}

/// The id of a relation, or none.
pub(super) fn relation(answer: &str) -> Result<Option<Uuid>, String> {
    optional(answer).map(uuid).transpose()
}

fn uuid(answer: &str) -> Result<Uuid, String> {
    answer.parse().map_err(|_| format!("`{}` is no id", plain(answer)))
}

/// A date, or none.
pub(super) fn date(answer: &str) -> Result<Option<Edtf>, String> {
    Edtf::optional(optional(answer), "").map_err(|rejection| rejection.detail)
}

/// Text that is not blank.
pub(super) fn text(answer: &str) -> Result<Text, String> {
    Text::parse(answer, "").map_err(|rejection| rejection.detail)
}

/// Text, or none.
pub(super) fn optional_text(answer: &str) -> Result<Option<Text>, String> {
    optional(answer).map(text).transpose()
}

/// An answer that may be empty.
pub(super) fn optional(answer: &str) -> Option<&str> {
    (!answer.is_empty()).then_some(answer)
}

/// An answer that may not be empty.
pub(super) fn given(answer: &str) -> Result<&str, String> {
    optional(answer).ok_or_else(|| "an answer is needed".to_owned())
}

/// Yes or no; what an empty answer means, if anything.
pub(super) fn yes(answer: &str, empty: Option<bool>) -> Result<bool, String> {
    match empty {
        Some(empty) if answer.is_empty() => Ok(empty),
        _ => Ok(pick(answer, &["yes", "no"])? == 0),
    }
}

/// One of the codes that may be given, whole or by the beginning that no other has.
pub(super) fn code<C: Code>(answer: &str, choices: &[C]) -> Result<C, String> {
    Ok(choices[pick(&answer.replace('−', "-").replace(' ', "_"), &codes(choices))?])
}

/// The codes of a vocabulary as they are typed.
pub(super) fn codes<C: Code>(choices: &[C]) -> Vec<&'static str> {
    choices.iter().map(|choice| choice.as_str()).collect()
}

/// Which of the words an answer is, or begins alone.
pub(super) fn pick(answer: &str, words: &[&str]) -> Result<usize, String> {
    let answer = given(answer)?.to_lowercase();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    if let Some(at) = lower.iter().position(|word| *word == answer) {
        return Ok(at);
    }
    let begun: Vec<usize> = (0..words.len()).filter(|at| lower[*at].starts_with(&answer)).collect();
    let named = |which: &[usize]| which.iter().map(|at| words[*at]).collect::<Vec<_>>().join(", ");
    match begun[..] {
        [one] => Ok(one),
        [] => Err(format!("`{}` is none of {}", plain(&answer), words.join(", "))),
        _ => Err(format!("`{}` may be {}", plain(&answer), named(&begun))),
    }
}

#[cfg(test)]
mod tests;
