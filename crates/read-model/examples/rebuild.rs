//! Measures how fast a store is filled, and how fast it answers: `rebuild [records]`.

use domain::actor::ActorKind;
use domain::annotation::{self, Span};
use domain::claim::Act;
use domain::text::Text;
use read_model::testing::{History, claim, span, user};
use read_model::{BoardCache, Entry, Store, View, dump};
use std::error::Error;
use std::io;
use std::time::Instant;
use wire::view::request::Question;
use wire::view::{AskBoard, List, Request, Viewer};

fn main() -> Result<(), Box<dyn Error>> {
    let records: u64 = std::env::args().nth(1).map_or(Ok(300_000), |text| text.parse())?;
    let folder = std::env::temp_dir().join(format!("gainsay-rebuild-{}", std::process::id()));
    let (history, incidents) = history(records);
    // What a follower holds: position and bytes.
    let log: Vec<_> = history.entries().iter().map(|entry| (entry.position, entry.payload.clone())).collect();
    let (project, log_id) = (history.project, history.log);
    drop(history);
    let bytes: usize = log.iter().map(|(_, payload)| payload.len()).sum();
    println!("{} records, {} bytes each, {} MB resident before", log.len(), bytes / log.len(), resident_mb());

    let started = Instant::now();
    let store = Store::create(&folder, log_id)?;
    for part in log.chunks(4_096) {
        let entries: Result<Vec<_>, _> =
            part.iter().map(|(position, payload)| Entry::decode(*position, payload.clone())).collect();
        store.append(&entries?)?;
        store.compact(50_000)?;
    }
    store.compact(1)?;
    store.flush()?;
    let seconds = started.elapsed().as_secs_f64();
    println!("filled in {seconds:.2} s: {:.0} records/s, {} MB resident", rate(log.len(), seconds), resident_mb());

    let boards = BoardCache::default();
    let view = View::new(&store, &boards, true);
    let viewer = Viewer { operator: true, ..Viewer::default() };
    let ask = |question| Request {
        viewer: Some(viewer.clone()),
        project: project.to_string(),
        question: Some(question),
        ..Request::default()
    };
    for (name, quotes) in [("board from records", 20), ("board from the cache", 20)] {
        let started = Instant::now();
        for incident in &incidents {
            view.answer(&ask(Question::Board(AskBoard { incident: incident.clone(), quotes, known: None })))?;
        }
        println!("{name}: {:.1} us", started.elapsed().as_secs_f64() / rate(incidents.len(), 1.0).max(1.0) * 1e6);
    }
    for collection in ["annotations", "readings", "incidents"] {
        let started = Instant::now();
        let list = List { collection: collection.to_owned(), limit: 100, ..List::default() };
        view.answer(&ask(Question::List(list)))?;
        println!("a page of 100 {collection}: {:.1} ms", started.elapsed().as_secs_f64() * 1e3);
    }
    let started = Instant::now();
    dump(&store, None, &mut io::sink())?;
    println!("dump: {:.2} s", started.elapsed().as_secs_f64());
    drop(store);

    let started = Instant::now();
    let store = Store::open(&folder, || {})?;
    println!("opened and read whole in {:.2} s, {} MB resident", started.elapsed().as_secs_f64(), resident_mb());
    drop(store);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

/// Thirty thousand annotations, revised again and again, and some hundred incidents with readings about them.
fn history(records: u64) -> (History, Vec<String>) {
    let mut history = History::new(1);
    let source = history.source("Agency");
    let (state, group) =
        (history.actor(ActorKind::StateBody, "State"), history.actor(ActorKind::Organisation, "Group"));
    let readers = ["a", "b", "c"].map(user);
    let documents: Vec<_> = (0..200).map(|n| history.document(source, &format!("Document {n}"), "text")).collect();
    let mut incidents = Vec::new();
    for (n, document) in documents.iter().enumerate() {
        let incident = history.incident(&format!("Incident {n}"));
        incidents.push(incident.to_string());
        for reader in readers {
            for (start, act) in (0..10).zip([Act::Accuses, Act::Denies, Act::Reports].into_iter().cycle()) {
                let annotation = history.annotation(reader, *document, 10 * start, 10 * start + 9);
                history.reading(reader, claim(source, state, act, incident, group, annotation));
            }
        }
    }
    let note = Text::recorded("a note of an annotator ".repeat(8));
    let aggregates = (records / 10).max(1);
    let annotations: Vec<_> = (0..aggregates)
        .map(|n| {
            let document = documents[usize::try_from(n).unwrap_or(0) % documents.len()];
            (document, history.annotation(readers[usize::try_from(n % 3).unwrap_or(0)], document, 0, 4))
        })
        .collect();
    let mut n = 0_usize;
    while history.position() < records {
        let (document, annotation) = annotations[n.wrapping_mul(7_919) % annotations.len()];
        let span = Span { note: Some(note.clone()), ..span(document, 0, 4) };
        history.add(readers[n % 3], annotation.uuid(), [annotation::Event::AnnotationRevised(span)]);
        n += 1;
    }
    (history, incidents)
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn rate(len: usize, seconds: f64) -> f64 {
    len as f64 / seconds
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
}
