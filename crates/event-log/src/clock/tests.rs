use super::*;

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn skew(before: u64, after: u64, server: u64) -> Duration {
    let clock = Clock::default();
    clock.observe(at(before), at(after), at(server));
    clock.skew()
}

#[test]
fn a_server_time_inside_the_request_is_no_skew() {
    assert_eq!(skew(100, 140, 120), Duration::ZERO);
}

#[test]
fn a_clock_ahead_of_the_server_counts_from_the_start_of_the_request() {
    assert_eq!(skew(100, 101, 60), Duration::from_secs(40));
}

#[test]
fn a_clock_behind_the_server_counts_from_the_end_of_the_request() {
    assert_eq!(skew(100, 101, 161), Duration::from_mins(1));
}

#[test]
fn a_later_comparison_replaces_an_earlier_one() {
    let clock = Clock::default();
    clock.observe(at(100), at(100), at(50));
    clock.observe(at(110), at(110), at(110));
    assert_eq!(clock.skew(), Duration::ZERO);
}
