//! Texts of documents, from which quotes are cut.

use crate::model::Model;
use domain::document::Document;
use domain::id::ProjectId;
use domain::passage::Indexed;
use event_log::texts::{Found, Salted, Texts};
use futures::{StreamExt, TryStreamExt, stream};
use moka::future::Cache;
use runtime::health::Check;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;
use wire::record::TextRef;
use wire::view::reply::Answer;
use wire::view::resource::Of;
use wire::view::{Board, BoardProposition, Quote, Reply, Resource, refusal};

/// Bytes of texts that are kept: several of the longest ones, or thousands of reports.
const BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Texts that one answer reads from the object store at a time.
const READS_MAX: usize = 8;

/// A text of a document's revision, within the installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Place {
    project: Uuid,
    document: Uuid,
    revision: u32,
}

/// Why a text cannot be quoted from.
#[derive(Debug, Clone, thiserror::Error)]
enum Unreadable {
    /// No record names it.
    #[error("no record names it")]
    Unknown,
    /// The object store lacks it.
    #[error("it is missing from the object store")]
    Missing,
    /// It was erased.
    #[error("it was erased")]
    Erased,
    /// It is not the text that its record means.
    #[error("it is not the text whose digest is recorded")]
    Damaged,
    /// The object store or the store does not answer.
    #[error("it cannot be read now: {0}")]
    Unavailable(String),
}

/// The texts that were quoted from lately.
#[derive(Debug)]
pub(crate) struct TextCache {
    texts: Texts,
    cache: Cache<Place, Arc<Indexed>>,
    /// Those that ought to be there and are not.
    bad: Mutex<BTreeSet<Place>>,
    check: Check,
}

impl TextCache {
    pub(crate) fn new(texts: Texts, check: Check) -> Self {
        check.ok();
        let cache = Cache::builder().max_capacity(BYTES_MAX).weigher(|_, text: &Arc<Indexed>| text.weight()).build();
        Self { texts, cache, bad: Mutex::default(), check }
    }

    /// Fills the quotes of an answer about a project; an answer whose texts cannot be read becomes a refusal.
    pub(crate) async fn quote(&self, model: &Arc<Model>, project: &str, mut reply: Reply) -> Reply {
        let mut blanks = Vec::new();
        collect(&mut reply, &mut blanks);
        if blanks.is_empty() {
            return reply;
        }
        let places: BTreeSet<Place> = blanks.iter().filter_map(|blank| blank.place(project)).collect();
        let texts = stream::iter(places)
            .map(|place| async move {
                match self.text(model, place).await {
                    Ok(text) => Ok((place, Some(text))),
                    Err(Unreadable::Erased) => Ok((place, None)),
                    Err(error) => Err((place, error)),
                }
            })
            .buffer_unordered(READS_MAX)
            .try_collect::<BTreeMap<_, _>>();
        let texts = match texts.await {
            Ok(texts) => texts,
            Err((place, error)) => return refused(reply.as_of, place, &error),
        };
        for blank in blanks {
            match blank.place(project).and_then(|place| texts.get(&place)) {
                Some(Some(text)) => *blank.exact = text.cut(blank.start, blank.end).map(str::to_owned),
                Some(None) => *blank.erased = true,
                None => {}
            }
        }
        reply
    }

    async fn text(&self, model: &Arc<Model>, place: Place) -> Result<Arc<Indexed>, Unreadable> {
        let text = self.kept(model, place).await;
        // What is erased while it is fetched, or was fetched before, is here no more.
        if model.is_erased(place.document, place.revision) {
            self.cache.invalidate(&place).await;
            return Err(Unreadable::Erased);
        }
        text
    }

    async fn kept(&self, model: &Arc<Model>, place: Place) -> Result<Arc<Indexed>, Unreadable> {
        let text = self.cache.try_get_with(place, self.fetch(Arc::clone(model), place)).await;
        self.note(
            place,
            text.as_ref().err().is_some_and(|error| matches!(**error, Unreadable::Missing | Unreadable::Damaged)),
        );
        text.map_err(|error| Unreadable::clone(&error))
    }

    async fn fetch(&self, model: Arc<Model>, place: Place) -> Result<Arc<Indexed>, Unreadable> {
        let unavailable = |error: &dyn std::fmt::Display| Unreadable::Unavailable(error.to_string());
        let revision = tokio::task::spawn_blocking(move || {
            let current = model.current().ok_or_else(|| unavailable(&"the store is opened anew"))?;
            let document = current.store.snapshot(None).load::<Document>(ProjectId::new(place.project), place.document);
            let document = document.map_err(|error| unavailable(&error))?.ok_or(Unreadable::Unknown)?.state;
            if document.is_erased(place.revision) {
                return Err(Unreadable::Erased);
            }
            document.revision(place.revision).cloned().ok_or(Unreadable::Unknown)
        });
        let revision = revision.await.map_err(|error| unavailable(&error))??;
        let named = TextRef::of(place.project, place.document, &revision);
        let text = match self.texts.get(&named).await.map_err(|error| unavailable(&error))? {
            Found::Whole(Salted { salt: _, text }) => text,
            Found::Changed => return Err(Unreadable::Damaged),
            Found::Missing => return Err(Unreadable::Missing),
        };
        let text = String::from_utf8(text.into()).map_err(|_| Unreadable::Damaged)?;
        Ok(Arc::new(Indexed::new(text)))
    }

    fn note(&self, place: Place, is_bad: bool) {
        let mut bad = self.bad.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = if is_bad { bad.insert(place) } else { bad.remove(&place) };
        match (changed, bad.first()) {
            (true, Some(Place { project: _, document, revision })) => {
                let len = bad.len();
                self.check.fail(format!("{len} missing or damaged, one is revision {revision} of document {document}"));
            }
            (true, None) => self.check.ok(),
            (false, _) => {}
        }
    }
}

fn refused(as_of: u64, place: Place, error: &Unreadable) -> Reply {
    let code = match error {
        // That one is no reason to refuse an answer.
        Unreadable::Unknown | Unreadable::Missing | Unreadable::Erased => "text_missing",
        Unreadable::Damaged => "text_damaged",
        Unreadable::Unavailable(_) => "text_unavailable",
    };
    let detail =
        format!("the text of revision {} of document {} cannot be quoted: {error}", place.revision, place.document);
    tracing::error!(document.id = %place.document, revision = place.revision, %error, "a text cannot be quoted");
    Reply::refused(as_of, refusal::Why::Unavailable, code, detail)
}

/// A quote that is still to be filled.
struct Blank<'a> {
    document: &'a str,
    revision: u32,
    start: u32,
    end: u32,
    exact: &'a mut Option<String>,
    erased: &'a mut bool,
}

impl<'a> Blank<'a> {
    fn of(quote: &'a mut Quote) -> Self {
        Self {
            document: &quote.document,
            revision: quote.revision,
            start: quote.start,
            end: quote.end,
            exact: &mut quote.exact,
            erased: &mut quote.erased,
        }
    }

    fn place(&self, project: &str) -> Option<Place> {
        let (project, document) = (Uuid::try_parse(project).ok()?, Uuid::try_parse(self.document).ok()?);
        Some(Place { project, document, revision: self.revision })
    }
}

fn collect<'a>(reply: &'a mut Reply, blanks: &mut Vec<Blank<'a>>) {
    match &mut reply.answer {
        Some(Answer::Board(board)) => collect_board(board, blanks),
        Some(Answer::Origins(origins)) => {
            blanks.extend(origins.passages.iter_mut().filter_map(|passage| passage.quote.as_mut()).map(Blank::of));
        }
        Some(Answer::Agreement(agreement)) => {
            blanks.extend(agreement.units.iter_mut().filter_map(|unit| unit.quote.as_mut()).map(Blank::of));
        }
        Some(Answer::Relation(board)) => collect_quotes(&mut board.proposition, blanks),
        Some(Answer::Timeline(timeline)) => {
            let said = timeline.rows.iter_mut().filter_map(|row| row.said.as_mut());
            blanks.extend(said.flat_map(|utterance| &mut utterance.quotes).map(Blank::of));
        }
        Some(Answer::Ledger(ledger)) => {
            let said = ledger.lines.iter_mut().filter_map(|line| line.said.as_mut());
            blanks.extend(said.flat_map(|utterance| &mut utterance.quotes).map(Blank::of));
        }
        Some(Answer::Resource(resource)) => collect_resource(resource, blanks),
        Some(Answer::Page(page)) => page.items.iter_mut().for_each(|resource| collect_resource(resource, blanks)),
        Some(
            Answer::Refusal(_)
            | Answer::Records(_)
            | Answer::Text(_)
            | Answer::Progress(_)
            | Answer::Unchanged(_)
            | Answer::Identity(_)
            | Answer::Preview(_)
            | Answer::Orphans(_)
            | Answer::Inbox(_)
            | Answer::Feedback(_)
            | Answer::Queue(_)
            | Answer::Veil(_)
            | Answer::Basis(_)
            | Answer::HangsOn(_)
            | Answer::LogHead(_)
            | Answer::LogInclusion(_)
            | Answer::LogConsistency(_),
        )
        | None => {}
    }
}

fn collect_board<'a>(board: &'a mut Board, blanks: &mut Vec<Blank<'a>>) {
    let generic =
        board.generic.iter_mut().chain(&mut board.possible_members).filter_map(|generic| generic.about.as_mut());
    collect_quotes(board.propositions.iter_mut().chain(generic), blanks);
}

fn collect_quotes<'a>(about: impl IntoIterator<Item = &'a mut BoardProposition>, blanks: &mut Vec<Blank<'a>>) {
    for about in about {
        for utterance in about.support.iter_mut().chain(&mut about.opposition).chain(&mut about.neutral) {
            blanks.extend(utterance.quotes.iter_mut().map(Blank::of));
        }
    }
}

fn collect_resource<'a>(resource: &'a mut Resource, blanks: &mut Vec<Blank<'a>>) {
    if let Some(Of::Annotation(annotation)) = &mut resource.of {
        blanks.push(Blank {
            document: &annotation.document,
            revision: annotation.document_revision,
            start: annotation.start,
            end: annotation.end,
            exact: &mut annotation.exact,
            erased: &mut annotation.erased,
        });
    }
}
