//! Files that their owner alone can read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// Writes a file, all of it or nothing, and makes its folder where there is none.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    make_folder_of(path)?;
    let fresh = path.with_extension("new");
    let mut file = open(&fresh)?;
    file.write_all(content)?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(fresh, path)
}

/// Opens a file that is there to be locked, and makes it and its folder where there is none.
pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
    make_folder_of(path)?;
    OpenOptions::new().write(true).create(true).truncate(false).mode(FILE_MODE).open(path)
}

fn make_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder),
        None => Ok(()),
    }
}

fn open(path: &Path) -> io::Result<File> {
    // A file that a crash left keeps the mode that it has, so it is made anew.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)
}

#[cfg(test)]
mod tests;
