//! Proving the log.

mod since;

use event_log::verify::{Fault, Known, Options, Progress, Report, What};
use indicatif::ProgressBar;
use runtime::ExitCode;
use serde_json::{Value, json};

use super::{archive, bar, print, print_json};
use crate::cli::Verify;
use crate::log::{Opened, start_logging};
use crate::settings::Settings;
use wire::tree::Head;

/// Faults that people are shown: one lost block breaks thousands of chains. `--json` lists more.
pub(super) const FAULTS_SHOWN: usize = 20;

pub(crate) async fn run(arguments: &Verify) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(arguments, arguments.on_log.common.config.as_deref())?;
    start_logging(&settings)?;
    let since = arguments.since.as_deref().map(since::read).transpose()?;
    if let Some(folder) = &arguments.archive {
        let report = archive::check(folder, arguments.signed_by.as_deref())?;
        archive::print_report(&report, arguments.json)?;
        return Ok(if report.is_sound() { ExitCode::Ok } else { ExitCode::VerificationFailed });
    }
    let known = projector::known(&settings.projector());
    let opened = Opened::beside(&settings).await?;
    let options = Options {
        texts: arguments.texts,
        remove_orphans: arguments.repair_orphans,
        known: known
            .filter(|mark| mark.log == opened.log.id())
            .map(|mark| Known { position: mark.position, checksum: mark.checksum }),
        since,
        ..Options::default()
    };
    let bar = bar();
    let report = opened.log.verify(&options, |progress| show(&bar, progress)).await;
    bar.finish_and_clear();
    opened.close().await;
    let report = report?;
    if arguments.json {
        print_json(&to_json(&report))?;
    } else {
        print(describe(&report, since, arguments.repair_orphans))?;
    }
    Ok(if report.is_sound() { ExitCode::Ok } else { ExitCode::VerificationFailed })
}

/// Shows how far a verification is.
pub(super) fn show(bar: &ProgressBar, progress: Progress) {
    let (message, read, total) = match progress {
        Progress::Records { read, total } => ("records", read, total),
        Progress::Texts { read, total } => ("texts", read, total),
    };
    bar.set_message(message);
    bar.set_length(total);
    bar.set_position(read);
}

fn describe(report: &Report, since: Option<Head>, repaired: bool) -> String {
    let mut lines = vec![format!(
        "log {}: {} records of {} aggregates, positions {} to {}",
        report.log_id, report.records, report.aggregates, report.head.first, report.head.last
    )];
    let shown = &report.faults[..report.faults.len().min(FAULTS_SHOWN)];
    lines.extend(shown.iter().map(|fault| format!("position {}: {}", fault.position, place(fault))));
    let unlisted = report.faults_total - shown.len() as u64;
    if unlisted > 0 {
        lines.push(format!("… and {unlisted} more faults"));
    }
    if let Some(texts) = &report.texts {
        let erased = if texts.erased > 0 { format!(", {} erased", texts.erased) } else { String::new() };
        lines.push(format!("texts: {} named by records, {} stored{erased}", texts.named, texts.stored));
        let orphans = texts.orphans.iter();
        lines.extend(orphans.map(|orphan| format!("text without a record: {} ({} bytes)", orphan.name, orphan.bytes)));
        match (repaired, texts.orphans.len()) {
            (_, 0) => {}
            (true, _) => lines.push(format!("{} of them removed", texts.removed)),
            (false, _) => lines.push("they are what a crash leaves; `--repair-orphans` removes them".to_owned()),
        }
    }
    if let Some(head) = &report.tree {
        lines.push(format!("head: {}", head_json(head)));
    }
    lines.push(match report.unproven {
        None if let Some(since) = since => format!(
            "sound: every record is there and follows from the one before it, and the first {} are those of the earlier head",
            since.size
        ),
        None => "sound: every record is there and follows from the one before it".to_owned(),
        Some(1) if report.faults.iter().any(|fault| matches!(fault.what, What::OtherLog { .. })) => {
            "NOT COMPARED: ask with a head of this log, or verify the log that the head is of".to_owned()
        }
        Some(position) if report.faults.iter().all(|fault| fault.what == What::Rewritten) => format!(
            "NOT THE SAME LOG: a record at or before position {position} was changed after the head was taken, and what follows \
             was made to fit; restore the data folder from a copy of that time"
        ),
        Some(position) => format!("NOT SOUND from position {position} on: restore the data folder from a copy"),
    });
    lines.join("\n")
}

fn place(fault: &Fault) -> String {
    match &fault.address {
        Some(address) => format!("{} {}: {}", address.kind, address.id, fault.what),
        None => fault.what.to_string(),
    }
}

/// A head as `log/head` has it, to be kept.
fn head_json(head: &Head) -> Value {
    json!({ "log": head.log, "size": head.size, "root": hex::encode(head.root) })
}

fn to_json(report: &Report) -> Value {
    let fault = |fault: &Fault| {
        json!({
            "position": fault.position,
            "kind": fault.address.map(|address| address.kind),
            "id": fault.address.map(|address| address.id),
            "what": fault.what.to_string(),
        })
    };
    let texts = report.texts.as_ref().map(|texts| {
        let orphans: Vec<Value> =
            texts.orphans.iter().map(|orphan| json!({ "name": orphan.name, "bytes": orphan.bytes })).collect();
        json!({
            "named": texts.named,
            "erased": texts.erased,
            "stored": texts.stored,
            "orphans": orphans,
            "removed": texts.removed,
        })
    });
    json!({
        "sound": report.is_sound(),
        "log": report.log_id,
        "first": report.head.first,
        "last": report.head.last,
        "records": report.records,
        "aggregates": report.aggregates,
        "head": report.tree.as_ref().map(head_json),
        "unproven": report.unproven,
        "faults_total": report.faults_total,
        "faults": report.faults.iter().map(fault).collect::<Vec<_>>(),
        "texts": texts,
    })
}
