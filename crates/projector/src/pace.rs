//! How fast a store is filled, and how long that goes on.

use std::time::{Duration, Instant};

/// Before this nothing is said: the first records tell of the start, not of the rate.
const TELLS_AFTER: Duration = Duration::from_secs(1);

/// A store that is being filled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    began: Instant,
    from: u64,
}

impl Pace {
    /// Filling begins after this position.
    pub(crate) fn begin(from: u64) -> Self {
        Self { began: Instant::now(), from }
    }

    /// Seconds up to a position at the rate so far.
    pub(crate) fn seconds_left(&self, position: u64, goal: u64) -> Option<u64> {
        left(self.began.elapsed(), position.saturating_sub(self.from), goal.saturating_sub(position))
    }
}

fn left(elapsed: Duration, done: u64, todo: u64) -> Option<u64> {
    if done == 0 || elapsed < TELLS_AFTER {
        return None;
    }
    let millis = elapsed.as_millis().checked_mul(u128::from(todo))? / u128::from(done);
    u64::try_from(millis.div_ceil(1_000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_that_of_the_rate_so_far() {
        assert_eq!(left(Duration::from_secs(10), 1_000, 500), Some(5));
        assert_eq!(left(Duration::from_secs(10), 1_000, 1), Some(1), "never none while there is something to do");
        assert_eq!(left(Duration::from_secs(10), 1_000, 0), Some(0));
    }

    #[test]
    fn nothing_is_told_before_there_is_a_rate() {
        assert_eq!(left(Duration::from_secs(10), 0, 500), None);
        assert_eq!(left(Duration::from_millis(999), 1_000, 500), None);
    }

    #[test]
    fn a_log_of_any_length_has_an_answer() {
        assert_eq!(left(Duration::from_secs(u64::MAX), 1, u64::MAX), None);
        assert_eq!(left(Duration::from_secs(1), u64::MAX, u64::MAX), Some(1));
    }
}
