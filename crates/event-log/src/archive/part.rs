//! Parts: files of entries, packed with zstd.
//!
//! An entry is, with numbers in network order: the position (8 bytes), the length of its name (2), the name, the length of
//! its bytes (4), the bytes, and the first 8 bytes of the SHA-256 over all of that. A record has no name: its subject is told by
//! its payload. A text's name is that of its object, and the 16 bytes of the salt.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::Error;
use super::manifest::{Part, Sha};

/// The folder of records, and that of texts.
pub(super) const SEGMENTS: &str = "segments/";
pub(super) const TEXTS: &str = "texts/";
/// What the name of a file ends in while it is written.
pub(super) const UNFINISHED: &str = ".new";
/// Longer than any record or text: ingest takes bodies of 49 MiB.
const ENTRY_BYTES_MAX: u32 = 128 * 1024 * 1024;
/// Longer than any name of a text with its salt.
const NAME_BYTES_MAX: u16 = 1024;
const CHECK_BYTES: usize = 8;
/// What zstd does by default: a good half of the size for little time.
const LEVEL: i32 = 3;
const BUFFER_BYTES: usize = 128 * 1024;

/// The name of a part below the archive's folder.
pub(super) fn name(folder: &str, number: u64) -> String {
    format!("{folder}{number:08}.zst")
}

/// The number of a part; none for a name that this code does not give.
pub(super) fn number(file: &str) -> Option<u64> {
    let folder = [SEGMENTS, TEXTS].into_iter().find(|folder| file.starts_with(folder))?;
    let number = file[folder.len()..].strip_suffix(".zst")?.parse().ok()?;
    (name(folder, number) == file).then_some(number)
}

/// A record or a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub position: u64,
    pub name: Vec<u8>,
    pub bytes: Bytes,
}

impl Entry {
    /// How many bytes it takes, unpacked.
    pub fn len(&self) -> u64 {
        (8 + 2 + self.name.len() + 4 + self.bytes.len() + CHECK_BYTES) as u64
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let too_long = |_| io::Error::new(io::ErrorKind::InvalidInput, "an entry is longer than the format admits");
        let position = self.position.to_be_bytes();
        let name = u16::try_from(self.name.len()).map_err(too_long)?.to_be_bytes();
        let len = u32::try_from(self.bytes.len()).map_err(too_long)?.to_be_bytes();
        let pieces: [&[u8]; 5] = [&position, &name, &self.name, &len, &self.bytes];
        let mut check = Sha256::new();
        for piece in pieces {
            check.update(piece);
            out.write_all(piece)?;
        }
        out.write_all(&check.finalize()[..CHECK_BYTES])
    }

    /// Reads the next entry; none at the end.
    fn read(from: &mut impl Read) -> Result<Option<Self>, String> {
        let failed = |error: io::Error| error.to_string();
        let mut position = [0; 8];
        match read_or_end(from, &mut position).map_err(failed)? {
            0 => return Ok(None),
            8 => {}
            _ => return Err("it ends within an entry".to_owned()),
        }
        let mut check = Sha256::new().chain_update(position);
        let mut name_len = [0; 2];
        from.read_exact(&mut name_len).map_err(failed)?;
        let name = take(from, u64::from(u16::from_be_bytes(name_len)), u64::from(NAME_BYTES_MAX))?;
        let mut len = [0; 4];
        from.read_exact(&mut len).map_err(failed)?;
        let bytes = take(from, u64::from(u32::from_be_bytes(len)), u64::from(ENTRY_BYTES_MAX))?;
        let mut found = [0; CHECK_BYTES];
        from.read_exact(&mut found).map_err(failed)?;
        for piece in [&name_len[..], &name, &len, &bytes] {
            check.update(piece);
        }
        if check.finalize()[..CHECK_BYTES] != found {
            return Err("an entry was changed".to_owned());
        }
        Ok(Some(Self { position: u64::from_be_bytes(position), name, bytes: bytes.into() }))
    }
}

/// Fills a buffer as far as there are bytes.
fn read_or_end(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match from.read(&mut buffer[read..]) {
            Ok(0) => break,
            Ok(n) => read += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

/// Reads so many bytes. Memory grows with what is there, not with what a damaged length says.
fn take(from: &mut impl Read, len: u64, max: u64) -> Result<Vec<u8>, String> {
    if len > max {
        return Err(format!("an entry says that it has {len} bytes"));
    }
    let mut bytes = Vec::new();
    from.take(len).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 == len { Ok(bytes) } else { Err("it ends within an entry".to_owned()) }
}

/// Counts and digests what goes through it.
struct Hashing<T> {
    inner: T,
    sha256: Sha256,
    bytes: u64,
}

impl<T> Hashing<T> {
    fn new(inner: T) -> Self {
        Self { inner, sha256: Sha256::new(), bytes: 0 }
    }

    fn note(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.bytes += bytes.len() as u64;
    }
}

impl<T: Write> Write for Hashing<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.note(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Hashing<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.note(&buffer[..read]);
        Ok(read)
    }
}

type Packed = zstd::Encoder<'static, Hashing<BufWriter<File>>>;

/// Writes one part, under a name that says that it is unfinished.
pub(super) struct Writer {
    file: String,
    content: Hashing<Packed>,
    first: u64,
    last: u64,
    entries: u64,
}

impl Writer {
    pub fn create(folder: &Path, file: String) -> Result<Self, Error> {
        let path = folder.join(format!("{file}{UNFINISHED}"));
        let create = || {
            let mut packed = Packed::new(Hashing::new(BufWriter::new(File::create(&path)?)), LEVEL)?;
            packed.include_checksum(true)?;
            Ok(Hashing::new(packed))
        };
        let content = create().map_err(Error::file("create", &path))?;
        Ok(Self { file, content, first: 0, last: 0, entries: 0 })
    }

    pub fn entries(&self) -> u64 {
        self.entries
    }

    pub fn content_bytes(&self) -> u64 {
        self.content.bytes
    }

    pub fn write(&mut self, folder: &Path, entry: &Entry) -> Result<(), Error> {
        entry.write(&mut self.content).map_err(Error::file("write", folder.join(&self.file)))?;
        if self.entries == 0 {
            self.first = entry.position;
        }
        self.last = entry.position;
        self.entries += 1;
        Ok(())
    }

    /// Ends the part, and writes it through.
    pub fn finish(self, folder: &Path) -> Result<Part, Error> {
        let Self { file, content, first, last, entries } = self;
        let Hashing { inner: packed, sha256: content_sha256, bytes: content_bytes } = content;
        let finish = || {
            let Hashing { inner, sha256, bytes } = packed.finish()?;
            inner.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            Ok((sha256, bytes))
        };
        let (sha256, bytes) = finish().map_err(Error::file("write", folder.join(&file)))?;
        let sha = |sha256: Sha256| Sha(sha256.finalize().into());
        Ok(Part {
            file,
            first,
            last,
            entries,
            bytes,
            sha256: sha(sha256),
            content_bytes,
            content_sha256: sha(content_sha256),
        })
    }
}

type Unpacked = BufReader<Hashing<zstd::Decoder<'static, BufReader<Hashing<File>>>>>;

/// Reads the entries of a part, and in the end tells what is wrong with it.
pub(super) struct Reader {
    unpacked: Unpacked,
}

/// What a part's bytes are, whether they could be understood or not.
pub(super) struct Digests {
    pub bytes: u64,
    pub sha256: [u8; 32],
    pub content_bytes: u64,
    pub content_sha256: [u8; 32],
}

impl Reader {
    pub fn open(path: &Path) -> io::Result<Self> {
        let packed = BufReader::with_capacity(BUFFER_BYTES, Hashing::new(File::open(path)?));
        let unpacked = zstd::Decoder::with_buffer(packed)?.single_frame();
        Ok(Self { unpacked: BufReader::with_capacity(BUFFER_BYTES, Hashing::new(unpacked)) })
    }

    /// The next entry; none at the end. After an error nothing more can be read.
    pub fn next(&mut self) -> Result<Option<Entry>, String> {
        Entry::read(&mut self.unpacked)
    }

    /// Reads whatever of the file was not read yet, and tells what all of it is.
    pub fn finish(self) -> io::Result<Digests> {
        let Hashing { inner: decoder, sha256: content_sha256, bytes: content_bytes } = self.unpacked.into_inner();
        let mut packed = decoder.finish();
        io::copy(&mut packed, &mut io::sink())?;
        let Hashing { sha256, bytes, .. } = packed.into_inner();
        Ok(Digests {
            bytes,
            sha256: sha256.finalize().into(),
            content_bytes,
            content_sha256: content_sha256.finalize().into(),
        })
    }
}

/// Makes what was created, renamed or removed in a folder outlast a power loss.
pub(super) fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::file("write through", folder))
}

/// The files in a folder of parts, by their name below the archive's.
pub(super) fn list(archive: &Path, folder: &str) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(archive.join(folder)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        found.push(format!("{folder}{}", entry?.file_name().to_string_lossy()));
    }
    found.sort();
    Ok(found)
}
