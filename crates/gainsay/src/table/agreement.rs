//! The agreement report as text.

use comfy_table::Cell;
use wire::view::{
    Agreement, AgreementFigure, AgreementFigures, AgreementMeasures, AgreementOfPair, AgreementRating, AgreementUnit,
};

use super::{count, line, more, quote, table_of, words};
use crate::terminal::Terminal;

/// How far annotators agree, as people read it.
pub(crate) fn agreement(agreement: &Agreement, terminal: Terminal) -> String {
    let mut out = String::new();
    line(&mut out, &terminal.dim(format!("as of position {}", agreement.as_of)));
    if agreement.blinded {
        line(&mut out, &terminal.yellow("other annotators' readings are hidden from you while their tasks are open"));
    }
    line(&mut out, "");
    if let Some(overall) = &agreement.overall {
        summary(&mut out, overall, terminal);
    }
    if !agreement.pairs.is_empty() {
        pairs(&mut out, agreement, terminal);
    }
    let mut table = table_of(["unit", "passage", "readings", "differ in", "most probably"], terminal);
    for unit in &agreement.units {
        table.add_row(unit_row(unit));
    }
    line(&mut out, "");
    line(&mut out, if table.is_empty() { "Nothing is read yet." } else { "" });
    if !table.is_empty() {
        line(&mut out, &table.trim_fmt());
    }
    more(&mut out, agreement.next.as_ref(), terminal);
    out
}

/// What there is, and the figures of each variable.
fn summary(out: &mut String, overall: &AgreementFigures, terminal: Terminal) {
    let AgreementFigures { units, compared, unanimous, annotators, act, polarity, role, certainty } = overall;
    let read = format!("{} read {}", count(*annotators, "annotator"), count(*units, "unit"));
    line(out, &format!("{read}; {compared} are read by two or more, {unanimous} of them the same by all"));
    let mut table = table_of(["", "ratings", "Krippendorff's α", "Fleiss' κ"], terminal);
    for (name, measures) in [("act", act), ("polarity", polarity), ("role", role), ("certainty", certainty)] {
        let Some(AgreementMeasures { ratings, alpha, fleiss }) = measures else { continue };
        table.add_row([name.to_owned(), ratings.to_string(), figure(alpha.as_ref()), figure(fleiss.as_ref())]);
    }
    line(out, &table.trim_fmt());
}

/// Cohen's κ and the F1 of passages of each pair.
fn pairs(out: &mut String, agreement: &Agreement, terminal: Terminal) {
    line(out, "");
    line(out, &terminal.bold("Two by two: Cohen's κ, and the F1 of their passages"));
    let columns = ["annotators", "units", "act", "polarity", "role", "certainty", "exact", "overlapping"];
    let mut table = table_of(columns, terminal);
    for pair in &agreement.pairs {
        let AgreementOfPair { annotators, units, act, polarity, role, certainty, spans } = pair;
        let [act, polarity, role, certainty] = [act, polarity, role, certainty].map(|of| figure(of.as_ref()));
        let spans = spans.as_ref();
        let exact = figure(spans.and_then(|spans| spans.f1_exact.as_ref()));
        let overlapping = figure(spans.and_then(|spans| spans.f1_overlap.as_ref()));
        table.add_row([annotators.join("\n"), units.to_string(), act, polarity, role, certainty, exact, overlapping]);
    }
    line(out, &table.trim_fmt());
    let left = (agreement.pairs_total as usize).saturating_sub(agreement.pairs.len());
    if left > 0 {
        line(out, &terminal.dim(format!("and {left} more")));
    }
}

/// A figure with two digits, or why there is none.
fn figure(figure: Option<&AgreementFigure>) -> String {
    match figure {
        Some(AgreementFigure { value: Some(value), .. }) => format!("{value:.2}"),
        Some(AgreementFigure { undefined: Some(reason), .. }) => words(reason),
        Some(AgreementFigure { value: None, undefined: None }) | None => String::new(),
    }
}

fn unit_row(unit: &AgreementUnit) -> Vec<Cell> {
    let ratings: Vec<_> = unit.ratings.iter().map(rating).collect();
    let differs = match (unit.unanimous, unit.differs.is_empty()) {
        (true, _) => "unanimous".to_owned(),
        (false, true) => String::new(),
        (false, false) => unit.differs.join("\n"),
    };
    let most = unit.posterior.iter().max_by(|(_, one), (_, other)| one.total_cmp(other));
    vec![
        Cell::new(&unit.unit),
        Cell::new(unit.quote.as_ref().map(quote).unwrap_or_default()),
        Cell::new(ratings.join("\n")),
        Cell::new(differs),
        Cell::new(most.map(|(act, share)| format!("{} {share:.2}", words(act))).unwrap_or_default()),
    ]
}

fn rating(rating: &AgreementRating) -> String {
    let AgreementRating { annotator: _, reading: _, act, polarity, role, certainty, codebook: _ } = rating;
    let more = [polarity, role, certainty].into_iter().flatten().map(|code| words(code));
    std::iter::once(words(act)).chain(more).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
