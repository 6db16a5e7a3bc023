//! What all parts of a run have in common.

use std::path::PathBuf;
use std::time::Duration;

/// How a run measures.
#[derive(Debug)]
pub struct Run {
    /// Where its folders are made.
    pub parent: PathBuf,
    /// Seed of what is generated.
    pub seed: u64,
    /// How long a loop runs at a time.
    pub round: Duration,
    /// How often it runs; the sides of a comparison take turns.
    pub rounds: usize,
}

impl Run {
    /// All rounds together, for a loop that has no other side.
    pub fn whole(&self) -> Duration {
        self.round * u32::try_from(self.rounds).unwrap_or(u32::MAX)
    }

    /// How a closed loop with a peer was measured.
    pub fn closed(&self, clients: usize) -> String {
        format!("closed loop of {clients}, {} x {:?}, seed {}", self.rounds, self.round, self.seed)
    }

    /// How a closed loop without a peer was measured.
    pub fn closed_once(&self, clients: usize) -> String {
        format!("closed loop of {clients}, {:?}, seed {}", self.whole(), self.seed)
    }

    /// How an open loop was measured.
    pub fn open(&self, per_second: f64) -> String {
        format!("open loop of {per_second:.0}/s, {:?}, seed {}", self.whole(), self.seed)
    }
}

/// So many clients, in words.
pub fn clients_of(count: usize) -> String {
    if count == 1 { "1 client".to_owned() } else { format!("{count} clients") }
}
