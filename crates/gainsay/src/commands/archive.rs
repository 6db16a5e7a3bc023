//! The log out to an archive, and in again.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context;
use event_log::archive::{self, ExportOptions, Flaw, Manifest, Report};
use runtime::ExitCode;
use serde_json::{Value, json};

use super::verify::{FAULTS_SHOWN, show};
use super::{bar, print, print_json};
use crate::cli::{ExportLog, ImportLog};
use crate::failure::Usage;
use crate::log::{Opened, start_logging};
use crate::settings::Settings;

pub(crate) async fn export(arguments: &ExportLog) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(arguments, arguments.on_log.common.config.as_deref())?;
    start_logging(&settings)?;
    let options = ExportOptions {
        after: arguments.after,
        without_texts: arguments.without_texts,
        seed: arguments.sign_key.as_deref().map(read_seed).transpose()?,
        ..ExportOptions::default()
    };
    let opened = Opened::beside(&settings).await?;
    let bar = bar();
    let exported = opened.log.export(&arguments.to, &options, |progress| show(&bar, progress)).await;
    bar.finish_and_clear();
    opened.close().await;
    let exported = exported?;
    let manifest = &exported.manifest;
    if arguments.json {
        print_json(&json!({
            "log": manifest.log,
            "first": manifest.first,
            "last": manifest.last,
            "records": exported.records,
            "texts": exported.texts,
            "texts_included": manifest.texts.included,
            "texts_missing": manifest.texts.missing,
            "texts_erased": manifest.texts.erased,
            "tree": { "size": manifest.head.size, "root": manifest.head.root },
            "checksum": manifest.head.checksum,
        }))?;
    } else {
        let texts = if manifest.texts.included { format!("{} texts", exported.texts) } else { "no texts".to_owned() };
        let mut lines = vec![
            format!(
                "log {}: {} records and {texts} added to {}, which has positions {} to {}",
                manifest.log,
                exported.records,
                arguments.to.display(),
                manifest.first,
                manifest.last
            ),
            format!("tree {} of {}", manifest.head.root, manifest.head.size),
        ];
        lines.extend(missing(manifest));
        if !manifest.texts.missing.is_empty() {
            lines.push(
                "NOT WHOLE: the archive is written without these texts, and an export into it looks for them again; `gainsay \
                 verify --texts` says more"
                    .to_owned(),
            );
        }
        print(lines.join("\n"))?;
    }
    // The archive is there and is worth keeping, but whoever made it has to hear that the installation is damaged.
    Ok(if manifest.texts.missing.is_empty() { ExitCode::Ok } else { ExitCode::VerificationFailed })
}

pub(crate) async fn import(arguments: &ImportLog) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(arguments, arguments.on_log.common.config.as_deref())?;
    start_logging(&settings)?;
    let report = check(&arguments.from, arguments.signed_by.as_deref())?;
    let Some(manifest) = report.manifest.as_ref().filter(|_| report.is_sound()) else {
        print_report(&report, arguments.json)?;
        return Ok(ExitCode::VerificationFailed);
    };
    let opened = Opened::to_import(&settings, manifest).await?;
    let bar = bar();
    let imported = opened.log.import(&arguments.from, manifest, |progress| show(&bar, progress)).await;
    bar.finish_and_clear();
    opened.close().await;
    let imported = imported?;
    if arguments.json {
        print_json(&json!({
            "log": manifest.log,
            "last": imported.last,
            "records": imported.records,
            "texts": imported.texts,
            "texts_missing": manifest.texts.missing,
            "texts_erased": manifest.texts.erased,
            "tree": { "size": manifest.head.size, "root": manifest.head.root },
        }))?;
    } else {
        let texts = if manifest.texts.included { format!("{} texts", imported.texts) } else { "no texts".to_owned() };
        let mut lines = vec![
            format!(
                "log {}: {} records and {texts} restored, up to position {}",
                manifest.log, imported.records, imported.last
            ),
            format!("read back and compared: tree {} of {}", manifest.head.root, manifest.head.size),
        ];
        lines.extend(missing(manifest));
        print(lines.join("\n"))?;
    }
    Ok(ExitCode::Ok)
}

/// Checks an archive, and shows how far it is.
pub(super) fn check(folder: &Path, signed_by: Option<&str>) -> anyhow::Result<Report> {
    let bar = bar();
    let report = archive::check(folder, signed_by, |progress| show(&bar, progress));
    bar.finish_and_clear();
    Ok(report?)
}

/// Prints what was found.
pub(super) fn print_report(report: &Report, as_json: bool) -> io::Result<()> {
    if as_json { print_json(&to_json(report)) } else { print(describe(report)) }
}

fn read_seed(path: &Path) -> anyhow::Result<String> {
    let seed = fs::read_to_string(path).with_context(|| format!("cannot read the key in {}", path.display()))?;
    match seed.trim() {
        "" => Err(Usage(format!("there is no key in {}", path.display())).into()),
        seed => Ok(seed.to_owned()),
    }
}

fn describe(report: &Report) -> String {
    let mut lines = Vec::new();
    if let Some(manifest) = &report.manifest {
        lines.push(format!(
            "archive of log {}: {} records of {} aggregates, positions {} to {}",
            manifest.log, report.records, report.aggregates, manifest.first, manifest.last
        ));
        lines.push(if manifest.texts.included {
            format!("texts: {}", report.texts)
        } else {
            "texts: left out when it was exported".to_owned()
        });
        lines.extend(missing(manifest));
        lines.push(format!("tree {} of {}", manifest.head.root, manifest.head.size));
        lines.push(format!("made at {} by {}", manifest.made_at, manifest.made_by));
    }
    lines.extend(report.signed_by.iter().map(|key| format!("signed by {key}")));
    let shown = &report.flaws[..report.flaws.len().min(FAULTS_SHOWN)];
    lines.extend(shown.iter().map(place));
    let unlisted = report.flaws_total - shown.len() as u64;
    if unlisted > 0 {
        lines.push(format!("… and {unlisted} more faults"));
    }
    let unfinished = report.unfinished.iter();
    lines.extend(unfinished.map(|file| format!("{file}: left by an export that broke off; the next one removes it")));
    lines.push(if report.is_sound() {
        "sound: every file is as it was written, and every record follows from the one before it".to_owned()
    } else {
        "NOT SOUND: take another copy of the archive".to_owned()
    });
    lines.join("\n")
}

/// The texts that an archive does not have, though records name them.
fn missing(manifest: &Manifest) -> Vec<String> {
    let all = &manifest.texts.missing;
    let shown = &all[..all.len().min(FAULTS_SHOWN)];
    let line = |text: &archive::MissingText| {
        format!("text missing: that of position {}, {}, {} when it was exported", text.position, text.text, text.why)
    };
    let mut lines: Vec<String> = shown.iter().map(line).collect();
    if all.len() > shown.len() {
        lines.push(format!("… and {} more texts missing", all.len() - shown.len()));
    }
    lines
}

fn place(flaw: &Flaw) -> String {
    match flaw.position {
        Some(position) => format!("{}: position {position}: {}", flaw.file, flaw.what),
        None => format!("{}: {}", flaw.file, flaw.what),
    }
}

fn to_json(report: &Report) -> Value {
    let flaw = |flaw: &Flaw| json!({ "file": flaw.file, "position": flaw.position, "what": flaw.what.to_string() });
    let manifest = report.manifest.as_ref();
    json!({
        "sound": report.is_sound(),
        "log": manifest.map(|manifest| manifest.log),
        "first": manifest.map(|manifest| manifest.first),
        "last": manifest.map(|manifest| manifest.last),
        "tree": manifest.map(|manifest| json!({ "size": manifest.head.size, "root": manifest.head.root })),
        "signed_by": report.signed_by,
        "records": report.records,
        "aggregates": report.aggregates,
        "texts": report.texts,
        "texts_included": manifest.map(|manifest| manifest.texts.included),
        "texts_missing": manifest.map(|manifest| &manifest.texts.missing),
        "texts_erased": manifest.map(|manifest| &manifest.texts.erased),
        "faults_total": report.flaws_total,
        "faults": report.flaws.iter().map(flaw).collect::<Vec<_>>(),
        "unfinished": report.unfinished,
    })
}
