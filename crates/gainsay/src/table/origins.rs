//! The circular-reporting graph as text.

use std::collections::{BTreeMap, BTreeSet};

use wire::view::{OriginDerivation, OriginPassage, Origins};

use super::{corroborated, heading, labelled, line, plain, quote, words};
use crate::terminal::Terminal;

/// Steps from a passage of the support that are written; the JSON has all.
const STEPS_MAX: usize = 24;
/// How far an original stands to the right of its copy.
const INDENT: &str = "    ";

/// The graph as people read it: each passage in which the support stands, and below it what that derives from.
pub(crate) fn origins(origins: &Origins, terminal: Terminal) -> String {
    let mut out = String::new();
    heading(&mut out, origins.incident.as_ref(), (origins.as_of, origins.policy), origins.blinded, terminal);
    if let Some(corroboration) = &origins.corroboration {
        labelled(&mut out, "origins", &corroborated(corroboration, terminal));
    }
    let mut tree = Tree::new(origins, terminal);
    for passage in origins.passages.iter().filter(|passage| !passage.utterances.is_empty()) {
        line(&mut out, "");
        tree.passage(&mut out, passage, "");
        tree.below(&mut out, passage, &mut vec![passage.passage.as_str()]);
    }
    out
}

/// The graph as it is written: as a tree, in which each passage is followed once.
struct Tree<'a> {
    passages: BTreeMap<&'a str, &'a OriginPassage>,
    onward: BTreeMap<&'a str, Vec<&'a OriginDerivation>>,
    followed: BTreeSet<&'a str>,
    terminal: Terminal,
}

impl<'a> Tree<'a> {
    fn new(origins: &'a Origins, terminal: Terminal) -> Self {
        let passages = origins.passages.iter().map(|passage| (passage.passage.as_str(), passage)).collect();
        let mut onward: BTreeMap<&str, Vec<&OriginDerivation>> = BTreeMap::new();
        for derivation in &origins.derivations {
            onward.entry(&derivation.from).or_default().push(derivation);
        }
        Self { passages, onward, followed: BTreeSet::new(), terminal }
    }

    fn passage(&self, out: &mut String, passage: &OriginPassage, indent: &str) {
        let mark = match (passage.declared, passage.origin) {
            (true, _) => "  (declared an origin)",
            (false, true) => "  (origin)",
            (false, false) => "",
        };
        line(out, &format!("{indent}{}{}", self.terminal.bold(document(passage)), self.terminal.green(mark)));
        if let Some(words) = &passage.quote {
            line(out, &self.terminal.dim(format!("{indent}{}", quote(words))));
        }
    }

    /// What a passage derives from; `path` leads from a passage of the support to it.
    fn below(&mut self, out: &mut String, passage: &'a OriginPassage, path: &mut Vec<&'a str>) {
        // Also what is only suggested to lead back is not followed twice.
        let is_followed = !self.followed.insert(&passage.passage);
        let derivations = self.onward.get(passage.passage.as_str()).cloned().unwrap_or_default();
        let (above, indent) = (INDENT.repeat(path.len() - 1), INDENT.repeat(path.len()));
        if is_followed && !derivations.is_empty() {
            line(out, &self.terminal.dim(format!("{above} └─ as above")));
            return;
        }
        if path.len() > STEPS_MAX && !derivations.is_empty() {
            line(out, &self.terminal.dim(format!("{above} └─ … and further")));
            return;
        }
        for derivation in derivations {
            let suggested = if derivation.status == "confirmed" { "" } else { " (suggested, not counted)" };
            line(out, &format!("{above} └─ {}{suggested}", words(&derivation.kind)));
            let Some(original) = self.passages.get(derivation.to.as_str()).copied() else { continue };
            if derivation.status == "confirmed" && path.contains(&derivation.to.as_str()) {
                line(out, &self.terminal.red(format!("{indent}{}: back where it began", document(original))));
                continue;
            }
            self.passage(out, original, &indent);
            path.push(&derivation.to);
            self.below(out, original, path);
            path.pop();
        }
    }
}

fn document(passage: &OriginPassage) -> String {
    passage.document.as_ref().map(|document| plain(&document.name)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
