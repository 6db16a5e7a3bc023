use super::{PAUSE_FIRST, PAUSE_MAX, pause};

#[test]
fn pauses_grow_and_stay_bounded() {
    for attempts in 1..=64 {
        let longest = PAUSE_FIRST.saturating_mul(1 << attempts.min(16)).min(PAUSE_MAX);
        assert!(pause(attempts) <= longest);
    }
}
