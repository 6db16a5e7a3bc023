//! From domain values to view messages, field by field.

use super::{
    AdjudicationFinding, AdjudicationTarget, Claim, Codebook, Dissent, Link, Officials, OpinionEvidence, Passage,
    Policy, Proposition, Rulings, Unidentified,
};
use domain::adjudication;
use domain::claim::{self, Chain, Speaker, Stance, Target};
use domain::reading::Blank;
use domain::text::Text;
use domain::{codebook, policy};

/// What a claim reading says.
#[must_use]
pub fn claim(claim: &claim::Claim) -> Claim {
    Claim {
        speakers: chain(&claim.speakers),
        act: claim.act.to_string(),
        proposition: Some(proposition(&claim.proposition)),
        polarity: claim.polarity.to_string(),
        certainty: claim.certainty.to_string(),
        evidence: texts(&claim.evidence),
        scope: claim.scope.to_string(),
        presupposed: claim.presupposed,
        mode: claim.mode.as_ref().map(text),
        uttered: claim.uttered.as_ref().map(|date| date.as_str().to_owned()),
        changes: texts(&claim.changes),
        speaks_for: claim.speaks_for.map(|relation| relation.to_string()),
    }
}

/// The links of a chain, outermost first; the last one is the speaker.
#[must_use]
pub fn chain(chain: &Chain) -> Vec<Link> {
    let outer = chain.links().iter().map(|outer| link(&outer.speaker, Some(outer.stance)));
    outer.chain([link(chain.speaker(), None)]).collect()
}

/// A link of a chain; the speaker has no stance.
#[must_use]
pub fn link(speaker: &Speaker, stance: Option<Stance>) -> Link {
    let mut link = Link { stance: stance.map(|stance| stance.to_string()), ..Link::default() };
    match speaker {
        Speaker::Actor(actor) => link.actor = Some(actor.to_string()),
        Speaker::Source(source) => link.source = Some(source.to_string()),
        Speaker::Unidentified { kind, label, of } => {
            link.unidentified = Some(Unidentified {
                kind: kind.to_string(),
                label: label.as_ref().map(text),
                of: of.map(|actor| actor.to_string()),
            });
        }
    }
    link
}

/// What a claim is about. An actor as target stands in `actor`: such a proposition names no other.
#[must_use]
pub fn proposition(proposition: &claim::Proposition) -> Proposition {
    let mut about = Proposition {
        facet: proposition.facet.map(|facet| facet.to_string()),
        actor: proposition.actor.map(|actor| actor.to_string()),
        role: proposition.role.map(|role| role.to_string()),
        value: proposition.value.as_ref().map(text),
        with: texts(&proposition.with),
        with_others: proposition.with_others,
        ..Proposition::default()
    };
    match proposition.target {
        Target::Incident(incident) => about.incident = Some(incident.to_string()),
        Target::Class(class) => about.class = Some(class.to_string()),
        Target::Relation(relation) => about.relation = Some(relation.to_string()),
        Target::Actor(actor) => about.actor = Some(actor.to_string()),
    }
    about
}

/// What is to be decided.
#[must_use]
pub fn target(target: &adjudication::Target) -> AdjudicationTarget {
    let mut to = AdjudicationTarget::default();
    match target {
        adjudication::Target::Reading(reading) => to.reading = Some(reading.to_string()),
        adjudication::Target::Proposition(about) => to.proposition = Some(proposition(about)),
        adjudication::Target::Incident(incident) => to.incident = Some(incident.to_string()),
    }
    to
}

/// Rulings on readings.
#[must_use]
pub fn rulings(rulings: &adjudication::Rulings) -> Rulings {
    Rulings {
        uphold: texts(&rulings.uphold),
        reject: texts(&rulings.reject),
        reason: text(&rulings.reason),
        based_on: rulings.based_on,
    }
}

/// A finding of an adjudication.
#[must_use]
pub fn finding(finding: &adjudication::Finding) -> AdjudicationFinding {
    AdjudicationFinding {
        target: Some(target(&finding.target)),
        outcome: finding.outcome.to_string(),
        standard: finding.standard.to_string(),
        reason: text(&finding.reason),
        based_on: finding.based_on,
        dissent: dissent(&finding.dissent),
    }
}

/// Who sees it otherwise.
#[must_use]
pub fn dissent(dissent: &[adjudication::Dissent]) -> Vec<Dissent> {
    dissent.iter().map(|dissent| Dissent { by: dissent.by.to_string(), text: text(&dissent.text) }).collect()
}

/// The passage of a no-claim.
#[must_use]
pub fn passage(blank: &Blank) -> Passage {
    Passage { document: blank.document.to_string(), revision: blank.revision, start: blank.start, end: blank.end }
}

/// A version of a policy.
#[must_use]
pub fn policy(version: u32, policy: &policy::Policy) -> Policy {
    let opinions = policy
        .opinions
        .iter()
        .map(|(&certainty, evidence)| (certainty.to_owned(), OpinionEvidence { r: evidence.r, s: evidence.s }));
    Policy {
        version,
        readings: policy.readings.to_string(),
        theta: policy.theta,
        generic: policy.generic.to_string(),
        officials: Some(Officials {
            include: texts(&policy.officials_include),
            exclude: texts(&policy.officials_exclude),
        }),
        trust: policy.trust.iter().map(|(id, &trust)| (id.to_string(), trust)).collect(),
        opinions: opinions.collect(),
        base_rate: policy.base_rate,
    }
}

/// A version of a codebook.
#[must_use]
pub fn codebook(version: u32, codebook: &codebook::Codebook) -> Codebook {
    Codebook {
        version,
        guideline: text(&codebook.guideline),
        kinds: codebook.kinds.iter().map(text).collect(),
        modes: codebook.modes.iter().map(text).collect(),
        labels: codebook.labels.iter().map(|(of, label)| (of.clone(), text(label))).collect(),
        acts: texts(&codebook.acts),
        roles: texts(&codebook.roles),
    }
}

fn text(text: &Text) -> String {
    text.as_str().to_owned()
}

fn texts<T: ToString>(list: impl IntoIterator<Item = T>) -> Vec<String> {
    list.into_iter().map(|one| one.to_string()).collect()
}
