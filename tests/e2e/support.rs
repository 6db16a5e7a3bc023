//! What every scenario needs: a running system, people with tokens, and a seed.

pub mod cluster;
pub mod history;
pub mod load;
pub mod people;
pub mod proxy;
pub mod services;
pub mod system;
pub mod volume;

use rand::SeedableRng;
use rand::rngs::StdRng;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Whether the acceptance counts are asked for.
pub fn soak() -> bool {
    std::env::var_os("GAINSAY_SOAK").is_some()
}

/// The small count, or the acceptance count.
pub fn count(small: usize, acceptance: usize) -> usize {
    if soak() { acceptance } else { small }
}

/// The window in which a nats-server that holds the log notices repeated message ids: short, so that tests need not
/// wait for two minutes until it is over; as it is shipped where the acceptance asks for that.
pub fn duplicate_window() -> Duration {
    if soak() { Duration::from_mins(2) } else { Duration::from_secs(1) }
}

/// A seeded generator; the seed is printed, and taken from `GAINSAY_SEED` where that is set.
pub fn seeded(scenario: &str) -> StdRng {
    let given = std::env::var("GAINSAY_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = given.unwrap_or(20_210_504);
    println!("{scenario}: seed {seed}");
    StdRng::seed_from_u64(seed)
}

/// Copies a folder with all that is in it.
pub fn copy_folder(source: &Path, target: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(target)?;
    for entry in fs::read_dir(source)? {
        let entry = entry?;
        let target = target.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
