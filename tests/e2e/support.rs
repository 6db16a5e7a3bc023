//! What every scenario needs: a running system, people with tokens, and a seed.

pub mod history;
pub mod people;
pub mod proxy;
pub mod system;

use rand::SeedableRng;
use rand::rngs::StdRng;

/// Whether the acceptance counts are asked for.
pub fn soak() -> bool {
    std::env::var_os("GAINSAY_SOAK").is_some()
}

/// The small count, or the acceptance count.
pub fn count(small: usize, acceptance: usize) -> usize {
    if soak() { acceptance } else { small }
}

/// A seeded generator; the seed is printed, and taken from `GAINSAY_SEED` where that is set.
pub fn seeded(scenario: &str) -> StdRng {
    let given = std::env::var("GAINSAY_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = given.unwrap_or(20_210_504);
    println!("{scenario}: seed {seed}");
    StdRng::seed_from_u64(seed)
}
