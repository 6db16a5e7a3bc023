//! Checking an archive, without any server.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use uuid::Uuid;
use wire::record;

use super::Error;
use super::manifest::{self, Head, Manifest, Part, Reached, Sha, Unreadable};
use super::part::{self, Entry, Reader, SEGMENTS, TEXTS, UNFINISHED};
use crate::load;
use crate::texts::{self, SALT_LEN};
use crate::verify::chain::Chains;
use crate::verify::{Named, Options, Progress, What};

/// Flaws that a report lists; beyond it they are only counted.
const FLAWS_MAX: usize = 1000;
/// Records between two calls of the progress callback.
const PROGRESS_EVERY: u64 = 1000;
/// Any number of a log: an archive has no subjects, and chains are checked under those of this one.
const NUMBER: u16 = 0;

/// What checking an archive found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What the archive says of itself; none when that cannot be trusted.
    pub manifest: Option<Manifest>,
    /// The key that signed it.
    pub signed_by: Option<String>,
    /// Records that were read.
    pub records: u64,
    /// Aggregates among them.
    pub aggregates: u64,
    /// Texts that were read.
    pub texts: u64,
    /// What is wrong, by file, the first thousand of it.
    pub flaws: Vec<Flaw>,
    /// Number of all flaws.
    pub flaws_total: u64,
    /// Files that an export left which broke off. They are no part of the archive, and the next export removes them.
    pub unfinished: Vec<String>,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.flaws_total == 0
    }

    fn flaw(&mut self, file: &str, position: Option<u64>, what: Wrong) {
        self.flaws_total += 1;
        if self.flaws.len() < FLAWS_MAX {
            self.flaws.push(Flaw { file: file.to_owned(), position, what });
        }
    }
}

/// Something wrong with a file of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The file, by its name below the archive's folder.
    pub file: String,
    /// The first position that it concerns, where that can be told.
    pub position: Option<u64>,
    /// What is wrong.
    pub what: Wrong,
}

/// What can be wrong with an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// The file is not there.
    Missing,
    /// No manifest names the file.
    Additional,
    /// The file cannot be read, or says what cannot be.
    Unreadable(String),
    /// The file is shorter or longer than it was.
    Length {
        /// Its length.
        found: u64,
        /// What it was.
        expected: u64,
    },
    /// The file's bytes are not those that were written.
    Changed,
    /// The file holds other positions than the manifest says: it was swapped with another.
    Position {
        /// What it holds.
        found: u64,
        /// What was due.
        expected: u64,
    },
    /// The record is wrong in the log that the archive is of.
    Record(What),
    /// The records are sound one by one, and are not those of the manifest.
    Head,
    /// No record names the text, or the archive has it twice.
    TextUnnamed(String),
    /// The archive was not signed by that key.
    NotSigned {
        /// Who signed it, if anybody did.
        by: Option<String>,
    },
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is missing"),
            Self::Additional => f.write_str("is no part of the archive: its manifest does not name it"),
            Self::Unreadable(reason) => write!(f, "cannot be read: {reason}"),
            Self::Length { found, expected } => write!(f, "has {found} bytes, and was written with {expected}"),
            Self::Changed => f.write_str("was changed: its digest is another one"),
            Self::Position { found, expected } => {
                write!(f, "holds position {found} where {expected} was due: it is another part's file")
            }
            Self::Record(what) => what.fmt(f),
            Self::Head => f.write_str("names a checksum, a tree or a last record that the records do not give"),
            Self::TextUnnamed(name) => {
                write!(f, "has the text `{name}`, which no record names or which is there twice")
            }
            Self::NotSigned { by: Some(by) } => write!(f, "is signed by {by}, not by the key that was named"),
            Self::NotSigned { by: None } => f.write_str("is not signed"),
        }
    }
}

/// Reads a whole archive and reports what is wrong with it; with a public key also, whether that key signed it.
///
/// An archive that goes on from another is checked as far as it tells: what stands before it is taken from its manifest.
pub fn check(folder: &Path, signed_by: Option<&str>, mut progress: impl FnMut(Progress)) -> Result<Report, Error> {
    let mut report = Report::default();
    let file = match manifest::File::read(&folder.join(manifest::NAME)) {
        Ok(file) => Some(file),
        Err(Unreadable::Missing) => {
            report.flaw(manifest::NAME, None, Wrong::Missing);
            None
        }
        Err(Unreadable::Wrong(detail)) => {
            report.flaw(manifest::NAME, None, Wrong::Unreadable(detail));
            None
        }
        Err(Unreadable::File(error)) => return Err(Error::file("read", folder.join(manifest::NAME))(error)),
    };
    // Without a manifest nothing is known of the parts.
    let Some(manifest::File { manifest, signature, .. }) = file else { return Ok(report) };
    report.signed_by = signature.map(|signature| signature.key);
    if signed_by.is_some() && report.signed_by.as_deref() != signed_by {
        report.flaw(manifest::NAME, None, Wrong::NotSigned { by: report.signed_by.clone() });
    }
    let unnamed = unnamed(folder, Some(&manifest)).map_err(Error::file("read", folder))?;
    for file in unnamed.additional {
        report.flaw(&file, None, Wrong::Additional);
    }
    report.unfinished = unnamed.unfinished;
    let named = check_records(folder, &manifest, &mut report, &mut progress);
    check_texts(folder, &manifest, named, &mut report, &mut progress);
    report.manifest = Some(manifest);
    Ok(report)
}

/// Files of an archive's folder that its manifest does not name.
#[derive(Debug, Default)]
pub(super) struct Unnamed {
    /// What an export left that broke off.
    pub unfinished: Vec<String>,
    pub additional: Vec<String>,
}

/// Finds the files that the manifest does not name.
pub(super) fn unnamed(folder: &Path, manifest: Option<&Manifest>) -> io::Result<Unnamed> {
    let of = |manifest: &Manifest| manifest.parts().map(|part| part.file.clone()).collect::<BTreeSet<_>>();
    let named = manifest.map(of).unwrap_or_default();
    // Parts have their names a moment before the manifest that names them has its own.
    let next = manifest::File::read(&folder.join(manifest::NAME_NEW)).ok();
    let next = next.map(|file| of(&file.manifest)).unwrap_or_default();
    let mut files = part::list(folder, SEGMENTS)?;
    files.extend(part::list(folder, TEXTS)?);
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_own = [manifest::NAME, SEGMENTS.trim_end_matches('/'), TEXTS.trim_end_matches('/')].contains(&&*name);
        files.extend((!is_own).then_some(name));
    }
    let mut unnamed = Unnamed::default();
    for file in files.into_iter().filter(|file| !named.contains(file)) {
        let is_unfinished = file == manifest::NAME_NEW
            || next.contains(&file)
            || file.strip_suffix(UNFINISHED).is_some_and(|file| part::number(file).is_some());
        if is_unfinished { unnamed.unfinished.push(file) } else { unnamed.additional.push(file) }
    }
    Ok(unnamed)
}

/// Reads the records; the texts that they name, unless something is wrong with them.
fn check_records(
    folder: &Path,
    manifest: &Manifest,
    report: &mut Report,
    progress: &mut impl FnMut(Progress),
) -> Option<Vec<Named>> {
    let options = Options { texts: true, ..Options::default() };
    let mut chains = Chains::new(NUMBER, manifest.log, &options);
    if manifest.first > 1 {
        chains.begin_late();
    }
    let (mut reached, mut last_sha256) = (manifest.before.resume()?, None);
    let total = manifest.last + 1 - manifest.first;
    for part in &manifest.segments {
        let mut due = part.first;
        check_part(folder, part, report, |entry, report| {
            if entry.position != due || !entry.name.is_empty() {
                report.flaw(&part.file, Some(due), Wrong::Position { found: entry.position, expected: due });
                return false;
            }
            due += 1;
            report.records += 1;
            if report.records.is_multiple_of(PROGRESS_EVERY) || report.records == total {
                progress(Progress::Records { read: report.records, total });
            }
            // Once something is missing, every chain is broken that went through it.
            if !is_broken(report) {
                last_sha256 = Some(Sha(reached.push(&entry.bytes)));
                check_record(&mut chains, manifest.log, part, entry, report);
            }
            true
        });
    }
    report.aggregates = chains.aggregates();
    let is_known = !is_broken(report);
    // Of an archive that has no record yet, the last one is in the archive before it.
    let is_last = last_sha256.is_none() || last_sha256 == manifest.last_sha256;
    if is_known && !(is_last && gives(&reached, &manifest.head)) {
        report.flaw(manifest::NAME, None, Wrong::Head);
    }
    is_known.then(|| chains.into_texts().all())
}

/// Whether a part of the records could not be read as it was written.
fn is_broken(report: &Report) -> bool {
    report
        .flaws
        .iter()
        .any(|flaw| flaw.file.starts_with(SEGMENTS) && !matches!(flaw.what, Wrong::Record(_) | Wrong::Additional))
}

fn gives(reached: &Reached, head: &Head) -> bool {
    reached.head() == *head
}

fn check_record(chains: &mut Chains, log: Uuid, part: &Part, entry: Entry, report: &mut Report) {
    let position = entry.position;
    let mut flaw = |what| report.flaw(&part.file, Some(position), Wrong::Record(what));
    match as_in_log(entry, NUMBER, log) {
        Ok(entry) => chains.check(&entry, |_address, what| flaw(what)),
        Err(what) => flaw(what),
    }
}

/// A record of an archive, where it belongs in the log of this number: its subject is told by its payload.
pub(super) fn as_in_log(entry: Entry, number: u16, log: Uuid) -> Result<load::Entry, What> {
    let envelope = record::decode_envelope(&entry.bytes).map_err(|error| What::Undecodable(error.to_string()))?;
    if envelope.log_id != log {
        return Err(What::ForeignLog(envelope.log_id));
    }
    let subject = record::address(&envelope).subject(number);
    Ok(load::Entry { position: entry.position, subject, payload: entry.bytes, stored_at: SystemTime::UNIX_EPOCH })
}

/// Reads the texts, each against the record that names it.
fn check_texts(
    folder: &Path,
    manifest: &Manifest,
    named: Option<Vec<Named>>,
    report: &mut Report,
    progress: &mut impl FnMut(Progress),
) {
    let mut expected: Option<BTreeMap<String, Named>> =
        named.map(|named| named.into_iter().map(|named| (named.key().to_string(), named)).collect());
    let total = manifest.texts.parts.iter().map(|part| part.entries).sum();
    for part in &manifest.texts.parts {
        check_part(folder, part, report, |entry, report| {
            report.texts += 1;
            progress(Progress::Texts { read: report.texts, total });
            let Some(expected) = &mut expected else { return true };
            let (object, salt) = object(&entry.name);
            let Some(named) = expected.remove(&object).filter(|named| named.position == entry.position) else {
                report.flaw(&part.file, Some(entry.position), Wrong::TextUnnamed(object));
                return true;
            };
            let key = named.key();
            let is_whole = entry.bytes.len() as u64 == named.text.bytes;
            if !is_whole || texts::digest(salt, &entry.bytes) != key.sha256 {
                report.flaw(&part.file, Some(entry.position), Wrong::Record(What::TextChanged(key)));
            }
            true
        });
    }
    let missing = manifest.texts.missing.iter().map(|missing| (missing.position, &missing.text));
    let erased = manifest.texts.erased.iter().map(|erased| (erased.position, &erased.text));
    for (position, text) in missing.chain(erased) {
        let Some(expected) = &mut expected else { break };
        if expected.remove(text).is_none_or(|named| named.position != position) {
            report.flaw(manifest::NAME, Some(position), Wrong::TextUnnamed(text.clone()));
        }
    }
    let is_known = report.flaws.iter().all(|flaw| !flaw.file.starts_with(TEXTS) || flaw.what == Wrong::Additional);
    for (_, named) in expected.filter(|_| is_known && manifest.texts.included).into_iter().flatten() {
        report.flaw(manifest::NAME, Some(named.position), Wrong::Record(What::TextMissing(named.key())));
    }
}

/// The name of a text's object, and the salt that stands behind it.
fn object(name: &[u8]) -> (String, &[u8]) {
    let (object, salt) = name.split_at(name.len().saturating_sub(SALT_LEN));
    (String::from_utf8_lossy(object).into_owned(), salt)
}

/// Reads a part to its end, as far as `each` asks for, and compares its bytes with what the manifest says of them.
///
/// What the bytes say is told only when they are those that were written: else the file was changed, from the first position on
/// that cannot be read.
fn check_part(folder: &Path, part: &Part, report: &mut Report, mut each: impl FnMut(Entry, &mut Report) -> bool) {
    let opened = Reader::open(&folder.join(&part.file));
    let mut reader = match opened {
        Ok(reader) => reader,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return report.flaw(&part.file, Some(part.first), Wrong::Missing);
        }
        Err(error) => return report.flaw(&part.file, Some(part.first), Wrong::Unreadable(error.to_string())),
    };
    let (flaws, mut entries, mut last) = (report.flaws_total, 0, None);
    let unreadable = loop {
        match reader.next() {
            Ok(Some(entry)) => {
                last = Some(entry.position);
                entries += 1;
                if !each(entry, report) {
                    break None;
                }
            }
            Ok(None) if entries == part.entries => break None,
            Ok(None) => break Some(format!("it ends after {entries} of {} entries", part.entries)),
            Err(error) => break Some(error),
        }
    };
    // Records follow each other, so that the one is known which is due.
    let due = match last {
        None => part.first,
        Some(last) if part.file.starts_with(SEGMENTS) => last.saturating_add(1),
        Some(last) => last,
    };
    let position = unreadable.is_some().then_some(due);
    let digests = match reader.finish() {
        Ok(digests) => digests,
        Err(error) => return report.flaw(&part.file, position, Wrong::Unreadable(error.to_string())),
    };
    if report.flaws_total > flaws {
        return;
    }
    if digests.bytes != part.bytes {
        let length = Wrong::Length { found: digests.bytes, expected: part.bytes };
        report.flaw(&part.file, position, length);
    } else if digests.sha256 != part.sha256.0 {
        report.flaw(&part.file, position, Wrong::Changed);
    } else if let Some(reason) = unreadable {
        report.flaw(&part.file, position, Wrong::Unreadable(reason));
    } else if digests.content_bytes != part.content_bytes || digests.content_sha256 != part.content_sha256.0 {
        report.flaw(&part.file, None, Wrong::Changed);
    }
}
