//! Writing an archive, and making one longer.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::SystemTime;

use bytes::Bytes;
use nkeys::KeyPair;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use wire::record::{self, TextRef};
use wire::subject::Address;

use super::manifest::{
    self, ErasedText, FORMAT, Lack, Manifest, MissingText, Part, Reached, Sha, TextParts, Unreadable,
};
use super::part::{self, Entry, SEGMENTS, TEXTS, UNFINISHED, Writer, sync_folder};
use super::{Error, check, read};
use crate::EventLog;
use crate::texts::{Found, Key, Salted, Texts};
use crate::verify::Progress;

/// Records between two calls of the progress callback.
const PROGRESS_EVERY: u64 = 1000;
/// Entries of one part: at some hundred bytes each a few megabytes, which are read again in a second.
const PART_ENTRIES_MAX: u64 = 50_000;
/// Bytes of one part, unpacked. A larger text has a part of its own.
const PART_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Missing texts that a manifest names. Where there are more, the bucket is gone rather than a text.
const MISSING_MAX: usize = 10_000;

/// What to export.
#[derive(Clone, Default)]
pub struct ExportOptions {
    /// Begin after this position. An archive that is there goes on from its end, which this may name.
    pub after: Option<u64>,
    /// Leave out the texts of documents. Views of the restored log then quote nothing.
    pub without_texts: bool,
    /// The seed of an Ed25519 key, as NATS writes it (`SU…`), to sign the manifest with.
    pub seed: Option<String>,
    /// How large parts may become.
    pub limits: Limits,
}

impl std::fmt::Debug for ExportOptions {
    // A seed is not logged.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { after, without_texts, limits, .. } = self;
        let mut shown = f.debug_struct("ExportOptions");
        shown.field("after", after).field("without_texts", without_texts).field("limits", limits);
        shown.finish_non_exhaustive()
    }
}

/// How large parts may become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Entries of a part.
    pub entries: u64,
    /// Bytes of a part, unpacked.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: PART_ENTRIES_MAX, bytes: PART_BYTES_MAX }
    }
}

/// What an export gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The archive as it is now.
    pub manifest: Manifest,
    /// Records that were added.
    pub records: u64,
    /// Texts that were added. Those that could not be are named by the manifest.
    pub texts: u64,
}

impl EventLog {
    /// Writes an archive of the log up to its end as of now, or makes the one in the folder that long.
    ///
    /// An archive that is there must be of the beginning of this log, as far as its tree tells, and signed by the key that is
    /// to sign it anew. Until the new manifest takes the place of the old one, the folder is the archive that it was.
    pub async fn export(
        &self,
        folder: &Path,
        options: &ExportOptions,
        mut progress: impl FnMut(Progress),
    ) -> Result<Exported, Error> {
        let key = options.seed.as_deref().map(KeyPair::from_seed).transpose();
        let key = key.map_err(|error| Error::Key(error.to_string()))?;
        // Whatever is refused is refused before anything is written.
        let held = lock(folder)?;
        let before = existing(folder)?;
        let total = self.head().await?.last;
        let mut note = |read: u64| {
            if read.is_multiple_of(PROGRESS_EVERY) || read == total {
                progress(Progress::Records { read, total });
            }
        };
        let (mut manifest, mut reached) = match &before {
            Some(file) => self.to_extend(file, options, key.as_ref(), total, &mut note).await?,
            None => self.to_begin(options, total, &mut note).await?,
        };
        let _lock = prepare(folder, held, before.as_ref().map(|file| &file.manifest))?;
        let mut segments = Parts::new(folder, SEGMENTS, &manifest.segments, options.limits);
        let mut texts = Collected {
            texts: if manifest.texts.included { Some(self.texts().await?) } else { None },
            parts: Parts::new(folder, TEXTS, &manifest.texts.parts, options.limits),
            missing: Vec::new(),
            erased: std::mem::take(&mut manifest.texts.erased),
        };
        for missing in std::mem::take(&mut manifest.texts.missing) {
            texts.take(missing.position, &self.named(&missing).await?).await?;
        }
        let begun = manifest.last;
        let mut records = read::of_log(self, begun + 1, total);
        while let Some(entry) = records.next().await? {
            let position = entry.position;
            self.check_place(position, &entry.subject, &entry.payload)?;
            manifest.last_sha256 = Some(Sha(reached.push(&entry.payload)));
            manifest.last = position;
            if manifest.texts.included {
                let record = record::decode(&entry.payload).map_err(|error| unprovable(position, &error))?;
                for named in record::texts(&record) {
                    texts.take(position, &named).await?;
                }
                for number in record::erased(&record) {
                    texts.erase(position, record::address(&record.envelope), number)?;
                }
            }
            segments.write(&Entry { position, name: Vec::new(), bytes: entry.payload })?;
            note(position);
        }
        manifest.head = reached.head();
        texts.check_missing()?;
        manifest.texts.missing = texts.missing;
        manifest.texts.erased = texts.erased;
        let (segments, text_parts) = (segments.finish()?, texts.parts.finish()?);
        let texts = text_parts.iter().map(|part| part.entries).sum();
        manifest.segments.extend(segments);
        manifest.texts.parts.extend(text_parts);
        manifest.made_at = OffsetDateTime::from(SystemTime::now())
            .format(&Rfc3339)
            .map_err(|error| Error::Refused(format!("the clock cannot be told: {error}")))?;
        concat!("gainsay ", env!("CARGO_PKG_VERSION")).clone_into(&mut manifest.made_by);
        let file = manifest::File::new(manifest, key.as_ref())?;
        commit(folder, &file)?;
        Ok(Exported { records: file.manifest.last - begun, manifest: file.manifest, texts })
    }

    /// The manifest of an archive that is there, if it may be made longer, and the log up to its end.
    async fn to_extend(
        &self,
        file: &manifest::File,
        options: &ExportOptions,
        key: Option<&KeyPair>,
        log_last: u64,
        mut note: impl FnMut(u64),
    ) -> Result<(Manifest, Reached), Error> {
        let manifest = &file.manifest;
        let refuse = |detail: String| Err(Error::Refused(detail));
        if manifest.log != self.id() {
            return refuse(format!("the archive is one of the log {}, and this is {}", manifest.log, self.id()));
        }
        if let Some(after) = options.after
            && after != manifest.last
        {
            return refuse(format!("the archive ends at position {}, and cannot go on after {after}", manifest.last));
        }
        if manifest.texts.included == options.without_texts {
            let is = if manifest.texts.included { "with" } else { "without" };
            return refuse(format!("the archive is one {is} texts, and goes on {is} them alone"));
        }
        may_sign(file, key)?;
        if log_last < manifest.last {
            return refuse(format!(
                "the archive ends at position {}, and the log at {log_last}: the log lost its end",
                manifest.last
            ));
        }
        // The whole of it, and not its last record alone: what the new manifest says is about every record up to the end.
        let mut reached = Reached::start();
        let mut records = read::of_log(self, 1, manifest.last);
        while let Some(entry) = records.next().await? {
            reached.push(&entry.payload);
            if entry.position == manifest.before.size && reached.head() != manifest.before {
                return refuse(differs(manifest.before.size, "that the archive goes on from"));
            }
            note(entry.position);
        }
        if reached.head() != manifest.head {
            return refuse(differs(manifest.last, "that the archive has"));
        }
        Ok((manifest.clone(), reached))
    }

    /// The manifest of an archive that has nothing yet, and begins after a position; and the log up to there.
    async fn to_begin(
        &self,
        options: &ExportOptions,
        log_last: u64,
        mut note: impl FnMut(u64),
    ) -> Result<(Manifest, Reached), Error> {
        let after = options.after.unwrap_or(0);
        if after > log_last {
            return Err(Error::Refused(format!("the log ends at position {log_last}, before {after}")));
        }
        let (mut reached, mut last_sha256) = (Reached::start(), None);
        let mut records = read::of_log(self, 1, after);
        while let Some(entry) = records.next().await? {
            last_sha256 = Some(Sha(reached.push(&entry.payload)));
            note(entry.position);
        }
        let manifest = Manifest {
            format: FORMAT,
            log: self.id(),
            first: after + 1,
            last: after,
            last_sha256,
            before: reached.head(),
            head: reached.head(),
            segments: Vec::new(),
            texts: TextParts {
                included: !options.without_texts,
                parts: Vec::new(),
                missing: Vec::new(),
                erased: Vec::new(),
            },
            made_at: String::new(),
            made_by: String::new(),
        };
        Ok((manifest, reached))
    }

    /// A text that an earlier export missed, as its record names it.
    async fn named(&self, missing: &MissingText) -> Result<TextRef, Error> {
        let position = missing.position;
        let entry = self.read(position).await?.ok_or_else(|| read::lost(position))?;
        let record = record::decode(&entry.payload).map_err(|error| unprovable(position, &error))?;
        let named = record::texts(&record).into_iter().find(|named| Key::from(named).to_string() == missing.text);
        named.ok_or_else(|| {
            Error::Damaged(format!(
                "the archive misses a text that position {position} does not name; `gainsay verify --archive` says more"
            ))
        })
    }

    /// An archive has no subjects: each must be the one that the payload tells.
    fn check_place(&self, position: u64, subject: &str, payload: &Bytes) -> Result<(), Error> {
        let envelope = record::decode_envelope(payload).map_err(|error| unprovable(position, &error))?;
        let own = record::address(&envelope).subject(self.log());
        if own != subject {
            return Err(unprovable(position, &format!("it says that it belongs to `{own}`")));
        }
        if envelope.log_id != self.id() {
            return Err(unprovable(position, &format!("it belongs to the log {}", envelope.log_id)));
        }
        Ok(())
    }
}

/// Whether an archive that is there may be signed anew: whoever signs vouches for all of it, and knows it by their own
/// signature alone.
fn may_sign(file: &manifest::File, key: Option<&KeyPair>) -> Result<(), Error> {
    let signed_by = file.signature.as_ref().map(|signature| &signature.key);
    let detail = match (signed_by, key.map(KeyPair::public_key)) {
        (None, None) => return Ok(()),
        (Some(signed_by), Some(key)) if *signed_by == key => return Ok(()),
        (Some(signed_by), None) => {
            format!("the archive is signed by {signed_by}, and goes on with that key alone (`--sign-key`)")
        }
        (Some(signed_by), Some(key)) => {
            format!("the archive is signed by {signed_by}, and goes on with that key alone, not with {key}")
        }
        (None, Some(_)) => {
            "the archive is not signed, so that nothing tells who wrote it: begin a signed one in another folder"
                .to_owned()
        }
    };
    Err(Error::Refused(detail))
}

fn differs(last: u64, what: &str) -> String {
    format!(
        "positions 1 to {last} of the log are not those {what}: one of both was changed, and `gainsay verify` says whether it was \
         the log, with `--archive` whether it was the archive"
    )
}

fn unprovable(position: u64, reason: &dyn std::fmt::Display) -> Error {
    Error::Damaged(format!("position {position} is no record of this log: {reason}; `gainsay verify` says more"))
}

/// The texts that records name, as far as they are there.
struct Collected<'a> {
    /// None in an archive without texts.
    texts: Option<Texts>,
    parts: Parts<'a>,
    missing: Vec<MissingText>,
    erased: Vec<ErasedText>,
}

impl Collected<'_> {
    /// Writes a text. One that is not there is noted: the rest is worth keeping all the more.
    async fn take(&mut self, position: u64, named: &TextRef) -> Result<(), Error> {
        let Some(texts) = &self.texts else { return Ok(()) };
        let key = Key::from(named);
        let why = match texts.get(named).await {
            Ok(Found::Whole(Salted { salt, text: bytes })) => {
                let name = [key.to_string().as_bytes(), &salt].concat();
                return self.parts.write(&Entry { position, name, bytes });
            }
            Ok(Found::Changed) => Lack::Changed,
            Ok(Found::Missing) => Lack::Missing,
            Err(crate::Error::Malformed { .. }) => Lack::Incomplete,
            Err(error) => return Err(error.into()),
        };
        self.missing.push(MissingText { position, text: key.to_string(), why });
        Ok(())
    }

    /// Takes note that a text was erased, which must not be in the archive.
    fn erase(&mut self, by: u64, document: Address, number: u32) -> Result<(), Error> {
        if self.texts.is_none() {
            return Ok(());
        }
        let object = format!("{}/{}/{number}/", document.project, document.id);
        let Some(at) = self.missing.iter().position(|missing| missing.text.starts_with(&object)) else {
            return Err(Error::Refused(format!(
                "the archive would hold the text of revision {number} of document {}, which was erased at position {by}: where \
                 it was exported before, delete that archive and export anew; else repeat the erasure",
                document.id
            )));
        };
        let MissingText { position, text, why: _ } = self.missing.remove(at);
        self.erased.push(ErasedText { position, text, by });
        Ok(())
    }

    /// What was erased is missing no more, so only the end tells how much is.
    fn check_missing(&self) -> Result<(), Error> {
        if self.missing.len() <= MISSING_MAX {
            return Ok(());
        }
        Err(Error::Damaged(format!(
            "more than {MISSING_MAX} texts are missing; `gainsay verify --texts` says more, and `--without-texts` leaves out \
             all"
        )))
    }
}

/// Parts that are written one after the other.
struct Parts<'a> {
    archive: &'a Path,
    folder: &'static str,
    limits: Limits,
    next: u64,
    open: Option<Writer>,
    finished: Vec<Part>,
}

impl<'a> Parts<'a> {
    /// Goes on after the parts that are there.
    fn new(archive: &'a Path, folder: &'static str, before: &[Part], limits: Limits) -> Self {
        let newest = before.iter().filter_map(|part| part::number(&part.file)).max().unwrap_or(0);
        Self { archive, folder, limits, next: newest + 1, open: None, finished: Vec::new() }
    }

    fn write(&mut self, entry: &Entry) -> Result<(), Error> {
        let Limits { entries, bytes } = self.limits;
        if self
            .open
            .as_ref()
            .is_some_and(|open| open.entries() >= entries || open.content_bytes() + entry.len() > bytes)
        {
            self.close()?;
        }
        let open = match &mut self.open {
            Some(open) => open,
            none => {
                let name = part::name(self.folder, self.next);
                self.next += 1;
                none.insert(Writer::create(self.archive, name)?)
            }
        };
        open.write(self.archive, entry)
    }

    fn close(&mut self) -> Result<(), Error> {
        if let Some(open) = self.open.take() {
            self.finished.push(open.finish(self.archive)?);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Part>, Error> {
        self.close()?;
        Ok(self.finished)
    }
}

/// Keeps other exports out of the folder, if there is one.
fn lock(folder: &Path) -> Result<Option<File>, Error> {
    let file = match File::open(folder) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::file("open", folder)(error)),
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Err(written(folder)),
        Err(fs::TryLockError::Error(error)) => Err(Error::file("lock", folder)(error)),
    }
}

fn written(folder: &Path) -> Error {
    Error::Refused(format!("another process writes an archive in {}", folder.display()))
}

/// Makes the folders that are not there and removes what an export that broke off left behind, under a lock that it gives.
fn prepare(folder: &Path, held: Option<File>, manifest: Option<&Manifest>) -> Result<File, Error> {
    fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    let lock = if let Some(lock) = held {
        lock
    } else {
        let lock = lock(folder)?.ok_or_else(|| written(folder))?;
        // Nothing could be locked before, so that another export may have been faster.
        if existing(folder)?.is_some() {
            return Err(written(folder));
        }
        lock
    };
    for parts in [SEGMENTS, TEXTS].map(|parts| folder.join(parts)) {
        fs::create_dir_all(&parts).map_err(Error::file("create", &parts))?;
    }
    clean(folder, manifest)?;
    Ok(lock)
}

/// The archive that is there; none in a folder that has nothing of anybody else.
fn existing(folder: &Path) -> Result<Option<manifest::File>, Error> {
    let path = folder.join(manifest::NAME);
    match manifest::File::read(&path) {
        Ok(file) => {
            let lacks = file.manifest.parts().find(|part| {
                let found = fs::metadata(folder.join(&part.file));
                found.map_or(true, |found| found.len() != part.bytes)
            });
            match lacks {
                Some(part) => Err(Error::Damaged(format!(
                    "the archive's `{}` is missing or was cut; `gainsay verify --archive` says more",
                    part.file
                ))),
                None => Ok(Some(file)),
            }
        }
        Err(Unreadable::Missing) => {
            let foreign = match check::unnamed(folder, None) {
                Ok(unnamed) => unnamed.additional,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(Error::file("read", folder)(error)),
            };
            match foreign.first() {
                Some(file) => Err(Error::Refused(format!(
                    "{} is no archive and not empty: it has `{file}`, and no manifest",
                    folder.display()
                ))),
                None => Ok(None),
            }
        }
        Err(Unreadable::Wrong(detail)) => Err(Error::Damaged(format!("{}: {detail}", path.display()))),
        Err(Unreadable::File(error)) => Err(Error::file("read", path)(error)),
    }
}

/// Removes what an export that broke off left behind.
fn clean(folder: &Path, manifest: Option<&Manifest>) -> Result<(), Error> {
    for file in check::unnamed(folder, manifest).map_err(Error::file("read", folder))?.unfinished {
        let path = folder.join(file);
        fs::remove_file(&path).map_err(Error::file("remove", &path))?;
    }
    Ok(())
}

/// Makes the new manifest, and the parts that it names, what the folder is.
///
/// Until the last rename the older manifest counts. The new one is there before its parts have their names, so that those are
/// known for what they are when it comes to no more than that.
fn commit(folder: &Path, file: &manifest::File) -> Result<(), Error> {
    let fresh = folder.join(manifest::NAME_NEW);
    let write = || {
        let mut out = File::create(&fresh)?;
        out.write_all(&file.render())?;
        out.sync_all()
    };
    write().map_err(Error::file("write", &fresh))?;
    sync_folder(folder)?;
    for part in file.manifest.parts() {
        let unfinished = folder.join(format!("{}{UNFINISHED}", part.file));
        match fs::rename(&unfinished, folder.join(&part.file)) {
            // It has its name from an earlier export.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other.map_err(Error::file("rename", &unfinished))?,
        }
    }
    for parts in [SEGMENTS, TEXTS] {
        sync_folder(&folder.join(parts))?;
    }
    fs::rename(&fresh, folder.join(manifest::NAME)).map_err(Error::file("rename", &fresh))?;
    sync_folder(folder)
}
