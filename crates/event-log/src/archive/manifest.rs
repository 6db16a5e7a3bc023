//! The manifest: what an archive holds, and by which digests that is known.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nkeys::KeyPair;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use wire::record;
use wire::tree::{self, Frontier};

use super::{Error, part};

/// The format that this code writes and reads.
pub(super) const FORMAT: u32 = 1;
/// Its name in the folder.
pub(super) const NAME: &str = "manifest.json";
/// The manifest of an export that is about to end, or that broke off then.
pub(super) const NAME_NEW: &str = "manifest.json.new";
/// Longer than any manifest that this code writes: that of some hundred thousand parts.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What an archive holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the format.
    pub format: u32,
    /// UUID of the log.
    pub log: Uuid,
    /// The first position: 1, unless the archive goes on from another.
    pub first: u64,
    /// The last position; 0 of an empty log.
    pub last: u64,
    /// SHA-256 of the payload at the last position.
    pub last_sha256: Option<Sha>,
    /// What all payloads before the first position give.
    pub before: Head,
    /// What all payloads up to the last position give.
    pub head: Head,
    /// The records, in order.
    pub segments: Vec<Part>,
    /// The texts that they name.
    pub texts: TextParts,
    /// When it was made, in RFC 3339.
    pub made_at: String,
    /// By which program and version.
    pub made_by: String,
}

/// What all payloads up to a position give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The number of payloads, which is the position.
    pub size: u64,
    /// The head of the tree of RFC 6962 over them.
    pub root: Sha,
    /// The roots of the tree's complete subtrees, the largest first: it is grown from them.
    pub peaks: Vec<Sha>,
    /// [`record::accumulate`] over them.
    pub checksum: Sha,
}

/// A file of records or of texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its name below the folder.
    pub file: String,
    /// The first position in it; of a text that of the record that names it.
    pub first: u64,
    /// The last position in it.
    pub last: u64,
    /// How many records or texts it has.
    pub entries: u64,
    /// Length of the file.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub sha256: Sha,
    /// Length of what it holds, unpacked.
    pub content_bytes: u64,
    /// SHA-256 of what it holds, unpacked.
    pub content_sha256: Sha,
}

/// The texts of documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextParts {
    /// Whether they were exported at all.
    pub included: bool,
    /// The texts, in the order of the records that name them; those that were missing at first are behind.
    pub parts: Vec<Part>,
    /// Texts that records name, and that the archive does not have. An export that goes on looks for them again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingText>,
    /// Texts that records name, and that were erased by later ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erased: Vec<ErasedText>,
}

/// A text that a record names, and that was erased before the export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasedText {
    /// The position of the record that names it.
    pub position: u64,
    /// The text, by the name of its object.
    pub text: String,
    /// The position of the record that erased it.
    pub by: u64,
}

/// A text that a record names, and that could not be exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingText {
    /// The position of the record.
    pub position: u64,
    /// The text, by the name of its object.
    pub text: String,
    /// What was amiss with it.
    pub why: Lack,
}

/// What was amiss with a text that an export asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// It was not there.
    Missing,
    /// It was another one than its record says.
    Changed,
    /// Only a part of it was there.
    Incomplete,
}

impl std::fmt::Display for Lack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Missing => "was missing",
            Self::Changed => "was changed",
            Self::Incomplete => "was there in part",
        })
    }
}

/// A SHA-256, in hexadecimal where it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sha(pub [u8; 32]);

impl std::fmt::Display for Sha {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::fmt::Debug for Sha {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Sha {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut sha = [0; 32];
        hex::decode_to_slice(&text, &mut sha)
            .map_err(|error| serde::de::Error::custom(format!("`{text}` is no SHA-256: {error}")))?;
        Ok(Self(sha))
    }
}

/// All payloads up to a position, as they are read.
#[derive(Debug, Clone)]
pub(super) struct Reached {
    pub tree: Frontier,
    pub checksum: [u8; 32],
}

impl Reached {
    /// Before the first payload.
    pub fn start() -> Self {
        Self { tree: Frontier::default(), checksum: [0; 32] }
    }

    /// Takes the next payload, and gives its digest.
    pub fn push(&mut self, payload: &[u8]) -> [u8; 32] {
        let digest = record::digest(payload);
        self.checksum = record::accumulate(&self.checksum, &digest);
        self.tree.push(tree::leaf(payload));
        digest
    }

    pub fn head(&self) -> Head {
        Head {
            size: self.tree.size(),
            root: Sha(self.tree.root()),
            peaks: self.tree.peaks().iter().copied().map(Sha).collect(),
            checksum: Sha(self.checksum),
        }
    }
}

impl Head {
    /// Where to go on from; none when the parts of the head contradict each other.
    pub(super) fn resume(&self) -> Option<Reached> {
        let tree = Frontier::resume(self.size, self.peaks.iter().map(|peak| peak.0).collect())?;
        (tree.root() == self.root.0).then_some(Reached { tree, checksum: self.checksum.0 })
    }
}

/// The file: a manifest with its own digest, and the signature of whoever made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub manifest: Manifest,
    /// SHA-256 of the manifest as JSON without spaces.
    sha256: Sha,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

/// An Ed25519 signature of the manifest as JSON without spaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signature {
    /// The public key, as NATS writes such keys.
    pub key: String,
    /// The signature, in base64.
    signature: String,
}

/// What is wrong with a manifest's file.
pub(super) enum Unreadable {
    /// There is none.
    Missing,
    /// It is none that this version can trust.
    Wrong(String),
    /// The system does not read it.
    File(io::Error),
}

impl File {
    /// Closes a manifest, and signs it.
    pub fn new(manifest: Manifest, key: Option<&KeyPair>) -> Result<Self, Error> {
        let content = content(&manifest);
        let sign = |key: &KeyPair| {
            let signature = key.sign(&content).map_err(|error| Error::Key(error.to_string()))?;
            Ok::<_, Error>(Signature { key: key.public_key(), signature: STANDARD.encode(signature) })
        };
        let signature = key.map(sign).transpose()?;
        Ok(Self { sha256: Sha(Sha256::digest(&content).into()), manifest, signature })
    }

    /// Reads the manifest of a folder, and checks its digest and its signature.
    pub fn read(path: &Path) -> Result<Self, Unreadable> {
        let wrong = |detail: String| Err(Unreadable::Wrong(detail));
        let read = fs::metadata(path).and_then(|found| match found.len() {
            0..=BYTES_MAX => fs::read(path),
            _ => Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is longer than any manifest")),
        });
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Unreadable::Missing),
            Err(error) => return Err(Unreadable::File(error)),
        };
        // Told before the fields are: a later format may have others.
        let format =
            serde_json::from_slice(&bytes).map(|value: serde_json::Value| value["manifest"]["format"].as_u64());
        match format {
            Ok(Some(format)) if format != u64::from(FORMAT) => {
                return wrong(format!("it has the format {format}, and this version reads {FORMAT}"));
            }
            Ok(_) => {}
            Err(error) => return wrong(format!("it is no JSON: {error}")),
        }
        let file: Self = match serde_json::from_slice(&bytes) {
            Ok(file) => file,
            Err(error) => return wrong(format!("it is no manifest: {error}")),
        };
        let content = content(&file.manifest);
        if Sha256::digest(&content)[..] != file.sha256.0 {
            return wrong("its digest is another one: it was changed".to_owned());
        }
        // Whatever the digest does not cover, such as how a number is spelt.
        if file.render() != bytes {
            return wrong("it is not spelt as it was written: it was changed".to_owned());
        }
        if let Some(signature) = &file.signature
            && !signature.holds(&content)
        {
            return wrong(format!("its signature is not one of {}", signature.key));
        }
        file.manifest.check().map_or(Ok(file), wrong)
    }

    /// The bytes of the file.
    pub fn render(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a manifest is plain JSON");
        bytes.push(b'\n');
        bytes
    }
}

impl Signature {
    fn holds(&self, content: &[u8]) -> bool {
        let Ok(signature) = STANDARD.decode(&self.signature) else { return false };
        KeyPair::from_public_key(&self.key).is_ok_and(|key| key.verify(content, &signature).is_ok())
    }
}

/// What digest and signature are of.
fn content(manifest: &Manifest) -> Vec<u8> {
    serde_json::to_vec(manifest).expect("a manifest is plain JSON")
}

impl Manifest {
    /// Every part, those with records first.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Part> {
        self.segments.iter().chain(&self.texts.parts)
    }

    /// What contradicts itself, if anything does: whoever makes a manifest can write any digest of it.
    fn check(&self) -> Option<String> {
        let mut due = self.first;
        for part in &self.segments {
            if part.first != due || part.last < part.first || part.entries != part.last - part.first + 1 {
                return Some(format!("`{}` does not begin at position {due}, or has other records", part.file));
            }
            due = part.last.saturating_add(1);
        }
        if self.first == 0 || self.before.size != self.first - 1 || self.head.size != self.last || due != self.last + 1
        {
            return Some(format!("its parts are not those of positions {} to {}", self.first, self.last));
        }
        if self.first == 1 && self.before != Reached::start().head() {
            return Some("it says that something stands before position 1".to_owned());
        }
        if self.before.resume().is_none() || self.head.resume().is_none() {
            return Some("the head of its tree is not that of its subtrees".to_owned());
        }
        if self.last_sha256.is_some() != (self.last > 0) {
            return Some("it names the last record's digest and has none, or the other way round".to_owned());
        }
        let positions = self.first..=self.last;
        let missing = self.texts.missing.iter().map(|text| text.position);
        let erased = self.texts.erased.iter().map(|text| text.position);
        if missing.chain(erased).any(|position| !self.texts.included || !positions.contains(&position)) {
            return Some("it names missing texts of records that it does not have, or has no texts at all".to_owned());
        }
        let mut names = BTreeSet::new();
        let segments = self.segments.iter().map(|part| (part, part::SEGMENTS));
        let foreign = segments.chain(self.texts.parts.iter().map(|part| (part, part::TEXTS))).find(|(part, folder)| {
            !part.file.starts_with(folder) || part::number(&part.file).is_none() || !names.insert(part.file.clone())
        });
        foreign.map(|(part, _)| format!("`{}` is no name of a part, or named twice", part.file))
    }
}
