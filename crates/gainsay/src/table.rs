//! Views as text: the dispute board, the circular-reporting graph, the timeline, ledgers, work lists, suggestions, and who is
//! where.

mod agreement;
mod difference;
mod hangs_on;
mod identity;
mod imports;
mod ledger;
mod origins;
mod presence;
mod relation;
mod suggestions;
mod timeline;
mod worklist;

pub(crate) use agreement::agreement;
pub(crate) use difference::{changes, difference};
pub(crate) use hangs_on::hangs_on;
pub(crate) use identity::{identity, preview};
pub(crate) use imports::{ImportPage, imports};
pub(crate) use ledger::ledger;
pub(crate) use origins::origins;
pub(crate) use presence::presence;
pub(crate) use relation::relation;
pub(crate) use suggestions::{Suggestion, suggestions};
pub(crate) use timeline::timeline;
pub(crate) use worklist::{feedback, inbox, orphans, tasks};

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Table, Width};
use wire::view::{
    Adopted, Board, BoardIncident, BoardProposition, Corroboration, Dispute, Finding, GenericUtterance, Named, Opinion,
    PropositionHead, Quote, Utterance, Without,
};

use crate::terminal::{Terminal, plain, shorten};

/// Characters of a quote in the table; `--json` has the whole.
const QUOTE_LEN_MAX: usize = 280;
/// Share of the width that quotes have at least: they are what a reader wants to see.
const QUOTES_PERCENT: u16 = 40;
/// The longest word of an act, "responsibility", with its margins.
const SAYS_LEN_MIN: u16 = 16;
/// Where the values of the summary begin.
const LABEL_LEN: usize = 10;

/// The board as people read it.
pub(crate) fn board(board: &Board, terminal: Terminal) -> String {
    let mut out = String::new();
    left_out(&mut out, &board.without, terminal);
    summary(&mut out, board, terminal);
    let mut propositions: Vec<&BoardProposition> = board.propositions.iter().collect();
    propositions.sort_by_key(|proposition| rank(proposition));
    for proposition in propositions {
        write_proposition(&mut out, proposition, terminal);
    }
    classes(&mut out, "Said of classes of incidents that it belongs to; counted above", &board.generic, terminal);
    let possible = "Said of classes that it may belong to; shown, never counted";
    classes(&mut out, possible, &board.possible_members, terminal);
    out
}

/// What readers look for comes first: who did it, named.
fn rank(proposition: &BoardProposition) -> (bool, bool, bool) {
    let decides = matches!(proposition.role.as_deref(), Some("perpetrator" | "ordered"));
    (proposition.facet != "who", !decides, proposition.actor.is_none())
}

fn summary(out: &mut String, board: &Board, terminal: Terminal) {
    heading(out, board.incident.as_ref(), (board.as_of, board.policy), board.blinded, terminal);
    labelled(out, "status", &status(&board.status, terminal));
    if let Some(finding) = &board.finding {
        for (index, told) in found(finding).iter().enumerate() {
            labelled(out, if index == 0 { "finding" } else { "" }, told);
        }
    }
    if let Some(corroboration) = &board.corroboration {
        labelled(out, "origins", &corroborated(corroboration, terminal));
    }
    if board.conflict > 0.0 {
        labelled(out, "conflict", &format!("{:.2}", board.conflict));
    }
    if !board.flags.is_empty() {
        labelled(out, "flags", &board.flags.join(", "));
    }
    let known = utterances(board);
    for (index, dispute) in board.disputes.iter().enumerate() {
        labelled(out, if index == 0 { "disputes" } else { "" }, &explain(dispute, terminal));
        let said = dispute.because.iter().map(|id| known.get(id.as_str()).map_or_else(|| id.clone(), said));
        // Several utterances may say the same in so few words.
        for said in said.collect::<BTreeSet<_>>() {
            labelled(out, "", &terminal.dim(format!("  – {said}")));
        }
    }
    would_change(out, board, terminal);
    if board.propositions.is_empty() && board.generic.is_empty() && board.possible_members.is_empty() {
        line(out, "");
        line(out, "Nobody has said anything about it yet.");
    }
}

/// What would change a status, if it were taken the other way.
fn would_change(out: &mut String, board: &Board, terminal: Terminal) {
    let Some(would) = &board.would_change_if else { return };
    for (index, item) in would.items.iter().enumerate() {
        let edge = match (&item.relation, &item.judgement) {
            (Some(relation), _) => format!("the open relation {relation} held"),
            (None, Some(judgement)) => format!("judgement {judgement} were in force"),
            (None, None) => continue,
        };
        let label = if index == 0 { "hangs on" } else { "" };
        labelled(out, label, &format!("if {edge}: {}", status(&item.status, terminal)));
    }
    if would.more > 0 {
        labelled(out, "", &terminal.dim(format!("and {} more", would.more)));
    }
}

/// Which incident it is about, as of when and under which policy.
fn heading(
    out: &mut String,
    incident: Option<&BoardIncident>,
    (as_of, policy): (u64, u32),
    blinded: bool,
    terminal: Terminal,
) {
    if let Some(incident) = incident {
        line(out, &terminal.bold(plain(&incident.title)));
        line(out, &format!("{} · incident {}", plain(&incident.when), incident.id));
        if !incident.same_as.is_empty() {
            line(out, &terminal.dim(format!("judged to be one with {}", incident.same_as.join(", "))));
        }
    }
    moment(out, (as_of, policy), blinded, terminal);
}

/// What an answer leaves out, so that nobody takes it for what is known.
fn left_out(out: &mut String, without: &[Without], terminal: Terminal) {
    for Without { kind, id } in without {
        line(out, &terminal.yellow(format!("as if {kind} {id} were not known")));
    }
}

/// As of when, under which policy, and whether for this viewer alone.
fn moment(out: &mut String, (as_of, policy): (u64, u32), blinded: bool, terminal: Terminal) {
    line(out, &terminal.dim(format!("as of position {as_of} · policy {policy}")));
    if blinded {
        line(out, &terminal.yellow("other annotators' readings are hidden from you while their tasks are open"));
    }
    line(out, "");
}

/// From how many documents it comes, in words.
fn corroborated(corroboration: &Corroboration, terminal: Terminal) -> String {
    match corroboration.kind.as_str() {
        "none" => "no passage supports it".to_owned(),
        "circular" => terminal.red("circular: the passages derive from each other, and from nowhere else"),
        "single_origin" => terminal.yellow("single_origin: all of it comes from one document"),
        kind => format!("{kind}: it comes from {} documents", corroboration.origins),
    }
}

/// Every utterance of the board by its id, with what it is about.
fn utterances(board: &Board) -> BTreeMap<&str, (&Utterance, &BoardProposition)> {
    let mut known = BTreeMap::new();
    for proposition in &board.propositions {
        for utterance in proposition.support.iter().chain(&proposition.opposition).chain(&proposition.neutral) {
            // An utterance about several propositions is named by the first.
            known.entry(utterance.utterance.as_str()).or_insert((utterance, proposition));
        }
    }
    known
}

/// An utterance in a few words.
fn said((utterance, proposition): &(&Utterance, &BoardProposition)) -> String {
    let speaker = utterance.speaker.as_ref().map_or("somebody", |voice| voice.name.as_str());
    let generic = if utterance.generic { ", of a class of incidents" } else { "" };
    format!("{}: {}, {}{generic}", plain(speaker), words(&utterance.act), title(proposition))
}

/// A code as words, which wrap where they should.
pub(crate) fn words(code: &str) -> String {
    code.replace('_', " ")
}

fn explain(dispute: &Dispute, terminal: Terminal) -> String {
    let explanation = match dispute.kind.as_str() {
        "rival_accused" => "different actors are accused in the same role",
        "rival_claims" => "different actors each claim it for themselves",
        "denied" => "the accused deny what others say",
        "opposed" => "somebody other than the accused contradicts an attribution",
        "inconsistent" => "a speaker says both that it is so and that it is not",
        "identity" => "the status depends on who is the same as whom",
        "reading" => "annotators read an utterance differently, and the status depends on it",
        "facts" => "what happened is contested, not only who did it",
        _ => "",
    };
    let generic = if dispute.generic { ", though only of attacks like this one" } else { "" };
    format!("{}  {explanation}{generic}", terminal.yellow(&dispute.kind))
}

/// One line for each proposition about a class.
fn classes(out: &mut String, heading: &str, generic: &[GenericUtterance], terminal: Terminal) {
    if generic.is_empty() {
        return;
    }
    line(out, "");
    line(out, &terminal.bold(heading));
    let mut last = None;
    for GenericUtterance { class, about } in generic {
        let class = class.as_ref().map(|class| class.name.as_str());
        if class != last {
            line(out, &format!("  {}", plain(class.unwrap_or_default())));
            last = class;
        }
        if let Some(about) = about {
            let (support, opposition, neutral) = (about.support.len(), about.opposition.len(), about.neutral.len());
            line(out, &format!("    {}  +{support} −{opposition} ·{neutral}", title(about)));
        }
    }
}

fn write_proposition(out: &mut String, proposition: &BoardProposition, terminal: Terminal) {
    line(out, "");
    line(out, &format!("{}  {}", terminal.bold(title(proposition)), status(&proposition.status, terminal)));
    if let Some(finding) = &proposition.finding {
        for told in found(finding) {
            line(out, &told);
        }
        line(out, &format!("by what is said alone: {}", status(&proposition.status_without_finding, terminal)));
    }
    if !proposition.flags.is_empty() {
        line(out, &terminal.dim(format!("flags: {}", proposition.flags.join(", "))));
    }
    if let Some(opinion) = proposition.opinion.as_ref().filter(|opinion| opinion.uncertainty < 1.0) {
        let (speakers, documents) = (proposition.n_support, proposition.n_witness);
        let support = format!("support by {}, from {}", count(speakers, "speaker"), count(documents, "document"));
        let Opinion { belief, disbelief, uncertainty, expectation: _ } = opinion;
        let weight = format!("belief {belief:.2}, disbelief {disbelief:.2}, uncertainty {uncertainty:.2}");
        line(out, &terminal.dim(format!("{support} · {weight}")));
    }
    let sides = [
        ("+", Color::Green, &proposition.support),
        ("−", Color::Red, &proposition.opposition),
        ("·", Color::Reset, &proposition.neutral),
    ];
    let mut table = table(terminal);
    for (sign, colour, utterances) in sides {
        for utterance in utterances {
            table.add_row(row(Cell::new(sign).fg(colour), utterance));
        }
    }
    for adopted in &proposition.adopted {
        table.add_row(adopted_row(adopted));
    }
    if !table.is_empty() {
        line(out, &table.trim_fmt());
    }
}

/// A finding in a few words: what, by which standard, why, and who sees it otherwise.
fn found(finding: &Finding) -> Vec<String> {
    let several = match finding.also.len() {
        0 => String::new(),
        others => format!(" and {}", count(u32::try_from(others).unwrap_or(u32::MAX), "other")),
    };
    let mut told = vec![format!(
        "{} by the standard {}, on the records up to {} (adjudication {}{several})",
        finding.outcome,
        words(&finding.standard),
        finding.based_on,
        finding.adjudication
    )];
    told.push(match &finding.reason {
        Some(reason) => format!("  because: {}", shorten(&plain(reason), QUOTE_LEN_MAX)),
        None => "  for adjudications contradict each other".to_owned(),
    });
    let dissent = finding.dissent.iter();
    told.extend(dissent.map(|other| format!("  but {}: {}", other.by, shorten(&plain(&other.text), QUOTE_LEN_MAX))));
    told
}

/// What the proposition says, in a few words.
fn title(proposition: &BoardProposition) -> String {
    let BoardProposition { actor, role, facet, value, .. } = proposition;
    in_words(facet, actor.as_ref(), role.as_deref(), value.as_deref())
}

/// The same of a proposition that is shown without what is said on it.
fn head(proposition: &PropositionHead) -> String {
    let PropositionHead { actor, role, facet, value, .. } = proposition;
    in_words(facet, actor.as_ref(), role.as_deref(), value.as_deref())
}

/// A proposition in a few words, by what it has.
pub(crate) fn in_words(facet: &str, actor: Option<&Named>, role: Option<&str>, value: Option<&str>) -> String {
    let actor = actor.map(|actor| plain(&actor.name));
    match (facet, actor, role, value.map(plain)) {
        ("who", Some(actor), Some(role), _) => format!("{actor} as {role}"),
        // A relation has no facets: what is said is that it holds.
        ("", ..) => "that it holds".to_owned(),
        ("who", None, Some(role), _) => format!("nobody named as {role}"),
        (facet, Some(actor), Some(role), None) => format!("{facet}: {actor} as {role}"),
        (facet, Some(actor), _, Some(value)) => format!("{facet}: {value} ({actor})"),
        (facet, None, _, Some(value)) => format!("{facet}: {value}"),
        (facet, Some(actor), None, None) => format!("{facet}: {actor}"),
        (facet, None, _, None) => facet.to_owned(),
    }
}

fn table(terminal: Terminal) -> Table {
    let mut table = table_of(["", "who", "says", "when", "quotes", "notes"], terminal);
    let says = table.column_mut(2).expect("the header has six columns");
    says.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(SAYS_LEN_MIN)));
    let quotes = table.column_mut(4).expect("the header has six columns");
    quotes.set_constraint(ColumnConstraint::LowerBoundary(Width::Percentage(QUOTES_PERCENT)));
    table
}

fn table_of<const N: usize>(columns: [&str; N], terminal: Terminal) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(terminal.width);
    if terminal.colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_header(columns);
    table
}

fn row(sign: Cell, utterance: &Utterance) -> Vec<Cell> {
    let mut notes = notes(utterance);
    notes.push(count(u32::try_from(utterance.readings.len()).unwrap_or(u32::MAX), "reading"));
    vec![
        sign,
        Cell::new(speakers(utterance)),
        Cell::new(says(utterance)),
        Cell::new(utterance.uttered.as_deref().unwrap_or("?")),
        Cell::new(quotes(utterance)),
        Cell::new(notes.join("\n")),
    ]
}

/// The chain from the document to the speaker.
fn speakers(utterance: &Utterance) -> String {
    utterance.speakers.iter().map(|speaker| plain(speaker)).collect::<Vec<_>>().join(" › ")
}

/// The act, and how much it weighs.
fn says(utterance: &Utterance) -> String {
    let strength = utterance.strength.as_deref().map(|strength| format!(", {strength}")).unwrap_or_default();
    format!("{}\n{}{strength}", words(&utterance.act), utterance.certainty)
}

/// Why it does not count, and what is remarkable about it.
fn notes(utterance: &Utterance) -> Vec<String> {
    let mut notes: Vec<String> = utterance.marks.iter().map(|mark| words(mark)).collect();
    notes.extend(utterance.generic.then(|| "generic".to_owned()));
    notes.extend(utterance.flags.iter().map(|flag| words(flag)));
    notes
}

/// For, against, or neither.
fn sign_cell(sign: Option<&str>) -> Cell {
    match sign {
        Some("support") => Cell::new("+").fg(Color::Green),
        Some("opposition") => Cell::new("−").fg(Color::Red),
        Some(_) | None => Cell::new("·"),
    }
}

/// How to go on where an answer has more.
fn more(out: &mut String, next: Option<&String>, terminal: Terminal) {
    if let Some(cursor) = next {
        line(out, "");
        line(out, &terminal.dim(format!("there is more: --cursor {cursor}")));
    }
}

/// So many of something: "1 reading", "2 readings".
pub(crate) fn count(number: u32, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn quotes(utterance: &Utterance) -> String {
    let all: Vec<String> = utterance.quotes.iter().map(quote).collect();
    let mut lines: Vec<&str> = Vec::new();
    for (at, quote) in all.iter().enumerate() {
        // Annotators mark the same words more or less widely: the widest is enough.
        let inner = quote.trim_matches(['“', '”', '…']);
        let holds = |(other_at, other): (usize, &String)| {
            other.contains(inner) && (other.len() > quote.len() || (other == quote && other_at < at))
        };
        if !all.iter().enumerate().any(holds) {
            lines.push(quote);
        }
    }
    let more = (utterance.quotes_total as usize).saturating_sub(all.len());
    let more = (more > 0).then(|| format!("… and {more} more"));
    lines.into_iter().chain(more.as_deref()).collect::<Vec<_>>().join("\n")
}

fn quote(quote: &Quote) -> String {
    match &quote.exact {
        Some(exact) => format!("“{}”", shorten(&plain(exact), QUOTE_LEN_MAX)),
        None => "(erased)".to_owned(),
    }
}

fn adopted_row(adopted: &Adopted) -> Vec<Cell> {
    let speaker = adopted.speaker.as_ref().map_or_else(String::new, |voice| plain(&voice.name));
    let counts = if adopted.counts { "adopted" } else { "adopted, does not count" };
    let sign = if adopted.sign == "opposition" { Cell::new("−") } else { Cell::new("+") };
    ["adopts it", "", "", counts].into_iter().fold(vec![sign, Cell::new(speaker)], |mut cells, text| {
        cells.push(Cell::new(text));
        cells
    })
}

fn status(status: &str, terminal: Terminal) -> String {
    match status {
        "disputed" | "contested" | "suspected_contested" | "inconsistent" | "denied" | "finding:rejected" => {
            terminal.red(status)
        }
        "unattributed" | "none" | "withdrawn" | "suspected" | "denied_unaccused" | "finding:undetermined" => {
            terminal.yellow(status)
        }
        _ => terminal.green(status),
    }
}

fn labelled(out: &mut String, label: &str, value: &str) {
    line(out, &format!("{label:<LABEL_LEN$}{value}"));
}

fn line(out: &mut String, line: &str) {
    writeln!(out, "{line}").expect("a string takes every write");
}

#[cfg(test)]
mod tests;
