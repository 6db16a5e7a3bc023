//! Suggestions: what the program finds and people judge.

use std::collections::BTreeMap;

use domain::edtf::{Day, Edtf};
use domain::similar::{self, Shingles};
use runtime::ExitCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{in_project, print, print_json};
use crate::cli::SuggestDerivations;
use crate::client::{self, Client};
use crate::table::{self, Suggestion};
use crate::terminal::Terminal;

/// Resources asked for at a time.
const PAGE_LEN: u32 = 1000;

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Document {
    id: Uuid,
    title: String,
    published: Option<String>,
}

#[derive(Deserialize)]
struct Annotation {
    id: Uuid,
    position: u64,
    document: Uuid,
    status: String,
    exact: Option<String>,
}

#[derive(Deserialize)]
struct Derivation {
    from: Option<Uuid>,
    to: Option<Uuid>,
    status: String,
}

/// A passage that may be a copy, or copied.
struct Passage {
    annotation: Uuid,
    document: Uuid,
    quote: String,
    /// When its document was published at the latest, then when it was marked.
    since: (Day, u64),
    shingles: Shingles,
}

/// Suggests which passages derive from earlier ones, word for word or nearly.
pub(crate) async fn derivations(arguments: &SuggestDerivations) -> anyhow::Result<ExitCode> {
    let (settings, project) = in_project(&arguments.project)?;
    let client = Client::from_settings(&settings)?;
    let documents: Vec<Document> = all(&client, project, "documents", &[]).await?;
    let documents: BTreeMap<Uuid, Document> = documents.into_iter().map(|document| (document.id, document)).collect();
    let marks: Vec<Annotation> = all(&client, project, "annotations", &[("kind", "content".to_owned())]).await?;
    let mut passages: Vec<Passage> = marks.into_iter().filter_map(|mark| passage(mark, &documents)).collect();
    passages.sort_by_key(|passage| (passage.since, passage.annotation));
    let recorded: Vec<Derivation> = all(&client, project, "derivations", &[]).await?;
    let suggestions = suggestions(&passages, &recorded, &documents);
    if !arguments.dry_run {
        for suggestion in &suggestions {
            let body = json!({"from": suggestion.from, "to": suggestion.to, "kind": "near_duplicate"});
            client.post_as(key(project, suggestion), &format!("/v1/projects/{project}/derivations"), &body).await?;
        }
    }
    if arguments.json {
        print_json(&suggestions.iter().map(in_json).collect())?;
    } else {
        print(table::suggestions(&suggestions, arguments.dry_run, Terminal::stdout()).trim_end())?;
    }
    Ok(ExitCode::Ok)
}

/// Every resource of a collection.
async fn all<T: DeserializeOwned>(
    client: &Client,
    project: Uuid,
    collection: &str,
    filter: &[(&str, String)],
) -> Result<Vec<T>, client::Error> {
    let path = format!("/v1/projects/{project}/{collection}");
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let mut query = filter.to_vec();
        query.push(("limit", PAGE_LEN.to_string()));
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let page: Page<T> = client.get_json(&path, &query).await?;
        found.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(found);
        }
    }
}

/// A mark as a passage; none if it was retracted, or if its text is gone.
fn passage(mark: Annotation, documents: &BTreeMap<Uuid, Document>) -> Option<Passage> {
    let quote = mark.exact.filter(|_| mark.status != "retracted")?;
    let published = documents.get(&mark.document).and_then(|document| document.published.clone());
    let published = published.map_or(Day::Future, |date| Edtf::recorded(date).bounds().last);
    let shingles = Shingles::of(&quote);
    Some(Passage { annotation: mark.id, document: mark.document, quote, since: (published, mark.position), shingles })
}

/// For each passage the earliest that it nearly duplicates, unless what it derives from is recorded; what was rejected is
/// passed over.
fn suggestions(passages: &[Passage], recorded: &[Derivation], documents: &BTreeMap<Uuid, Document>) -> Vec<Suggestion> {
    let ends = recorded.iter().filter_map(|one| Some((pair(one.from?, one.to?), one.status == "rejected")));
    let mut rejected: BTreeMap<(Uuid, Uuid), bool> = BTreeMap::new();
    for (pair, is_rejected) in ends {
        // Of several records about one pair, one that is not rejected counts.
        let known = rejected.entry(pair).or_insert(is_rejected);
        *known &= is_rejected;
    }
    let title = |document: Uuid| documents.get(&document).map(|document| document.title.clone()).unwrap_or_default();
    let list: Vec<_> = passages.iter().map(|passage| (passage.document, passage.shingles.clone())).collect();
    let mut settled = None;
    let mut suggestions = Vec::new();
    for similar::Copy { copy, original, likeness } in similar::copies(&list) {
        if settled == Some(copy) {
            continue;
        }
        let (from, to) = (&passages[copy], &passages[original]);
        let known = rejected.get(&pair(from.annotation, to.annotation));
        if known != Some(&true) {
            settled = Some(copy);
        }
        if known.is_none() {
            suggestions.push(Suggestion {
                from: from.annotation,
                to: to.annotation,
                percent: likeness.percent(),
                copy: title(from.document),
                original: title(to.document),
                quote: from.quote.clone(),
            });
        }
    }
    suggestions
}

fn pair(a: Uuid, b: Uuid) -> (Uuid, Uuid) {
    (a.min(b), a.max(b))
}

/// The key under which a pair is suggested: to suggest it again changes nothing.
fn key(project: Uuid, suggestion: &Suggestion) -> Uuid {
    let (a, b) = pair(suggestion.from, suggestion.to);
    Uuid::new_v5(&project, format!("suggest/near_duplicate/{a}/{b}").as_bytes())
}

fn in_json(suggestion: &Suggestion) -> Value {
    let Suggestion { from, to, percent, copy, original, quote } = suggestion;
    json!({"from": from, "to": to, "likeness_percent": percent, "copy": copy, "original": original, "quote": quote})
}

#[cfg(test)]
mod tests;
