//! Links to the quotes that an answer does not show.

use wire::view::{Board, BoardProposition, Ledger, QuotesNext, RelationBoard, Timeline, Utterance};

use crate::params::QUOTES_MAX;

/// Links from each utterance to the quotes that are not shown.
pub(crate) struct Rest {
    /// The URL of the same answer, with a query that says as of when it holds, and nothing of quotes.
    pub base: String,
    /// How many are shown for each.
    pub shown: u32,
}

impl Rest {
    /// Puts `quotes_next` into each utterance of which not all quotes are shown.
    pub fn link(&self, answer: &mut impl Quoting) {
        for utterance in answer.utterances_mut() {
            let total = utterance.quotes_total;
            let is_cut = total as usize > utterance.quotes.len();
            utterance.quotes_next = is_cut.then(|| QuotesNext { url: self.url(total) });
        }
    }

    /// The same answer with all quotes of an utterance that has so many; nothing where more are never shown.
    fn url(&self, total: u32) -> Option<String> {
        let quotes = total.min(QUOTES_MAX);
        (quotes > self.shown).then(|| format!("{}&quotes={quotes}", self.base))
    }
}

/// An answer that shows utterances with their quotes.
pub(crate) trait Quoting {
    /// Each of them, wherever it stands.
    fn utterances_mut(&mut self) -> impl Iterator<Item = &mut Utterance>;
}

impl Quoting for Board {
    fn utterances_mut(&mut self) -> impl Iterator<Item = &mut Utterance> {
        let generic = self.generic.iter_mut().chain(&mut self.possible_members);
        let about = self.propositions.iter_mut().chain(generic.filter_map(|generic| generic.about.as_mut()));
        about.flat_map(Quoting::utterances_mut)
    }
}

impl Quoting for BoardProposition {
    fn utterances_mut(&mut self) -> impl Iterator<Item = &mut Utterance> {
        self.support.iter_mut().chain(&mut self.opposition).chain(&mut self.neutral)
    }
}

impl Quoting for RelationBoard {
    fn utterances_mut(&mut self) -> impl Iterator<Item = &mut Utterance> {
        self.proposition.iter_mut().flat_map(Quoting::utterances_mut)
    }
}

impl Quoting for Timeline {
    fn utterances_mut(&mut self) -> impl Iterator<Item = &mut Utterance> {
        self.rows.iter_mut().filter_map(|row| row.said.as_mut())
    }
}

impl Quoting for Ledger {
    fn utterances_mut(&mut self) -> impl Iterator<Item = &mut Utterance> {
        self.lines.iter_mut().filter_map(|line| line.said.as_mut())
    }
}

#[cfg(test)]
mod tests;
