//! A file system of a test's own, which can be full and can lose its power. To mount it takes root.

use anyhow::{Context, bail};
use rustix::fs::{FallocateFlags, fallocate};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The file that takes the space.
const FILLER: &str = "filler";
/// `EXT4_IOC_SHUTDOWN` without a flush of the journal: from then on nothing reaches the device, and every call fails.
const CUT: &str = "import fcntl, os, struct, sys\n\
                   folder = os.open(sys.argv[1], os.O_RDONLY)\n\
                   fcntl.ioctl(folder, 0x8004587D, struct.pack('I', 2))";

/// An ext4 file system in an image file, mounted until this is dropped.
pub struct Volume {
    image: PathBuf,
    mounted: PathBuf,
}

impl Volume {
    /// Makes a file system of so many bytes in a folder and mounts it there.
    pub fn make(folder: &Path, name: &str, bytes: u64) -> anyhow::Result<Self> {
        let image = folder.join(format!("{name}.img"));
        File::create(&image)?.set_len(bytes)?;
        // All space is for everybody: none is held back for root, who would write on into a full volume.
        run("mkfs.ext4", &["-q", "-F", "-m", "0", text(&image)?])?;
        Self::mount(folder, name, image)
    }

    /// Mounts an image as a machine does that has its power again: the journal is replayed.
    pub fn mount(folder: &Path, name: &str, image: PathBuf) -> anyhow::Result<Self> {
        let mounted = folder.join(name);
        fs::create_dir_all(&mounted)?;
        run("mount", &["-o", "loop", text(&image)?, text(&mounted)?])?;
        Ok(Self { image, mounted })
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.mounted
    }

    /// Takes all space that is left.
    pub fn fill(&self) -> anyhow::Result<()> {
        let mut file = File::options().create(true).append(true).open(self.mounted.join(FILLER))?;
        let free = rustix::fs::statvfs(&self.mounted)?;
        // At once, as far as it goes; then in small pieces to the last block.
        let most = (free.f_bavail * free.f_frsize).saturating_sub(1 << 20);
        if most > 0 {
            let _ = fallocate(&file, FallocateFlags::empty(), 0, most);
        }
        for len in [1 << 16, 1 << 12, 1 << 10] {
            while file.write_all(&vec![0; len]).and_then(|()| file.sync_data()).is_ok() {}
        }
        Ok(())
    }

    /// Gives the space back.
    pub fn free(&self) -> anyhow::Result<()> {
        Ok(fs::remove_file(self.mounted.join(FILLER))?)
    }

    /// Cuts the power: what has not reached the device by now never will, and whoever goes on writing gets errors.
    pub fn cut(&self) -> anyhow::Result<()> {
        run("python3", &["-c", CUT, text(&self.mounted)?])
    }

    /// Copies the device as it is.
    pub fn image(&self, target: &Path) -> anyhow::Result<()> {
        run("cp", &["--sparse=always", text(&self.image)?, text(target)?])
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // A process that is still there keeps its files; the mount point goes now.
        if run("umount", &[&self.mounted.to_string_lossy()]).is_err() {
            let _ = run("umount", &["--lazy", &self.mounted.to_string_lossy()]);
        }
    }
}

fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().with_context(|| format!("{} is no text", path.display()))
}

fn run(program: &str, args: &[&str]) -> anyhow::Result<()> {
    let output = Command::new(program).args(args).output().with_context(|| format!("cannot run {program}"))?;
    if output.status.success() {
        return Ok(());
    }
    bail!("{program} {args:?} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr))
}
