use super::*;

#[test]
fn instants_have_six_digits_of_the_second() {
    assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000000Z");
    assert_eq!(rfc3339(1_620_129_600_000_001), "2021-05-04T12:00:00.000001Z");
    assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999999Z");
}

#[test]
fn instants_beyond_four_digits_of_the_year_become_the_nearest_ones() {
    assert_eq!(rfc3339(EXPRESSIBLE_US.0), "0000-01-01T00:00:00.000000Z");
    assert_eq!(rfc3339(EXPRESSIBLE_US.1), "9999-12-31T23:59:59.999999Z");
    assert_eq!(rfc3339(i64::MIN), rfc3339(EXPRESSIBLE_US.0));
    assert_eq!(rfc3339(i64::MAX), rfc3339(EXPRESSIBLE_US.1));
}
