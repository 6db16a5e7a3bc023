use super::*;
use crate::Why;
use crate::testing::{any, cases, edtf, refused};
use proptest::prelude::*;

mod oracle;

const PAST: Day = Day::Past;
const FUTURE: Day = Day::Future;

/// A day as `YYYY-MM-DD`.
fn day(date: &str) -> Day {
    let (sign, date) = date.strip_prefix('-').map_or((1, date), |rest| (-1, rest));
    let mut parts = date.split('-').map(|part| part.parse::<i64>().unwrap());
    let mut next = || parts.next().unwrap();
    let year = sign * next();
    Day::On(year, u8::try_from(next()).unwrap(), u8::try_from(next()).unwrap())
}

fn between(first: &str, last: &str) -> Bounds {
    Bounds { first: day(first), last: day(last) }
}

#[test]
fn dates_of_all_three_levels_are_taken_and_kept_as_written() {
    let level_0 = [
        "1985",
        "1985-04",
        "1985-04-12",
        "0000",
        "2000-02-29",
        "1985-04-12T23:20:30",
        "1985-04-12T23:20:30Z",
        "1985-04-12T23:20:30+04:30",
        "1964/2008",
        "2004-02-01/2005-02-08",
    ];
    let level_1 = [
        "Y170000002",
        "-1985",
        "2001-21",
        "1984?",
        "2004-06~",
        "2004-06-11%",
        "201X",
        "20XX",
        "2004-XX",
        "1985-04-XX",
        "1985-XX-XX",
        "1985-04-12/..",
        "../1985-04-12",
        "1985-04-12/",
        "/1985-04-12",
        "1984?/2004%",
        "../..",
    ];
    let level_2 = [
        "Y-17E7",
        "1950S2",
        "2001-34",
        "[1667,1668,1670..1672]",
        "[..1760-12-03]",
        "[1760-12..]",
        "{1960,1961-12}",
        "2004-06~-11",
        "2004?-06-11",
        "?2004-06-~11",
        "156X-12-25",
        "XXXX-12-XX",
        "XXXX",
        "2004-06-~01/2004-06-~20",
        "2004-06-XX/2004-07-03",
    ];
    for date in level_0.into_iter().chain(level_1).chain(level_2) {
        assert_eq!(Edtf::parse(date, "/when").unwrap().as_str(), date);
    }
}

#[test]
fn what_is_no_date_is_refused_and_told_where() {
    let invalid = [
        "",
        " ",
        "2021 ",
        " 2021",
        "yesterday",
        "4 May 2021",
        "2021-5-4",
        "20210504",
        "2021-13",
        "2021-00",
        "2021-02-29",
        "1900-02-29",
        "2021-04-31",
        "2021-20",
        "2021-42",
        "2021-21-05",
        "2021-W15",
        "2021-05-04T23:20",
        "2021-05-04T24:00:00",
        "P1Y",
        "..",
        "/",
        "../",
        "2021/2022/2023",
        "2021-01-15/02-20",
        "Y2021",
        "-0000",
        "{}",
        "[2020,]",
        "[2020",
        "2021-05-٠٤",
        "2021–05",
        "198",
        "2021-05-04\n",
        "\u{feff}2021",
    ];
    for date in invalid {
        let refusal = refused(Edtf::parse(date, "/when"), Why::Invalid, "edtf_invalid", "/when");
        assert!(refusal.detail.contains(date), "{refusal}");
    }
}

#[test]
fn an_expression_longer_than_the_limit_is_refused_unread() {
    let long = format!("[{}]", ["2021"; 51].join(","));
    assert_eq!(long.len(), Edtf::LEN_MAX);
    assert!(Edtf::parse(&long, "").is_ok());
    let longer = format!("[{}]", ["2021"; 52].join(","));
    refused(Edtf::parse(&longer, "/when"), Why::Invalid, "edtf_invalid", "/when");
    let huge = "X".repeat(1 << 20);
    let refusal = refused(Edtf::parse(&huge, "/when"), Why::Invalid, "edtf_invalid", "/when");
    assert!(refusal.detail.len() < 100, "the refusal does not repeat it");
}

#[test]
fn what_ends_before_it_starts_is_refused() {
    for date in [
        "2021/2020",
        "2021-05-04/2021-05-03",
        "2021-06/2021-05",
        "2021-06-01?/2021-05~",
        "2021-22/2021-21",
        "202X/2019",
        "{2022..2020}",
        "[2019,2022-03..2022-02]",
        "-0002/-0003",
    ] {
        refused(Edtf::parse(date, "/when"), Why::Invalid, "edtf_reversed", "/when");
    }
    for date in ["2021/2021", "2021-05-04/2021-05", "2021-06/2021", "202X/2021", "2021/..", "/2021"] {
        assert!(Edtf::parse(date, "").is_ok(), "{date} may end where it starts");
    }
}

#[test]
fn a_date_that_may_be_absent_is_checked_when_it_is_given() {
    assert_eq!(Edtf::optional(None, "/uttered"), Ok(None));
    assert_eq!(Edtf::optional(Some("2021"), "/uttered"), Ok(Some(edtf("2021"))));
    refused(Edtf::optional(Some("?"), "/uttered"), Why::Invalid, "edtf_invalid", "/uttered");
}

#[test]
fn bounds_are_the_first_and_the_last_day() {
    let cases = [
        ("2021", between("2021-01-01", "2021-12-31")),
        ("2021-05", between("2021-05-01", "2021-05-31")),
        ("2021-05-04", between("2021-05-04", "2021-05-04")),
        ("2021-05-04T23:59:59-05:00", between("2021-05-04", "2021-05-04")),
        ("2020-02", between("2020-02-01", "2020-02-29")),
        ("1900-02", between("1900-02-01", "1900-02-28")),
        ("-0044-03-15", between("-0044-03-15", "-0044-03-15")),
        ("2021-02-26/2021-06-27", between("2021-02-26", "2021-06-27")),
        ("2019-05/2021", between("2019-05-01", "2021-12-31")),
        ("{2019-03,2021,2020}", between("2019-03-01", "2021-12-31")),
        ("[2019..2021]", between("2019-01-01", "2021-12-31")),
    ];
    for (date, bounds) in cases {
        assert_eq!(edtf(date).bounds(), bounds, "{date}");
    }
}

#[test]
fn qualifiers_do_not_widen() {
    for date in ["2021-05-04~", "2021-05-04?", "2021-05-04%", "?2021-05-04", "2021-~05-04", "2021~-05-04"] {
        assert_eq!(edtf(date).bounds(), between("2021-05-04", "2021-05-04"), "{date}");
    }
    assert_eq!(edtf("2021-05~").bounds(), edtf("2021-05").bounds());
    assert_eq!(edtf("2020~/2021?").bounds(), edtf("2020/2021").bounds());
}

#[test]
fn unspecified_digits_reach_from_the_least_to_the_greatest_completion() {
    let cases = [
        ("202X", between("2020-01-01", "2029-12-31")),
        ("20XX", between("2000-01-01", "2099-12-31")),
        ("XXXX", between("0000-01-01", "9999-12-31")),
        ("2021-XX", between("2021-01-01", "2021-12-31")),
        ("2021-1X", between("2021-10-01", "2021-12-31")),
        ("2021-02-XX", between("2021-02-01", "2021-02-28")),
        ("2021-05-1X", between("2021-05-10", "2021-05-19")),
        ("2021-XX-XX", between("2021-01-01", "2021-12-31")),
        ("202X-02-29", between("2020-02-29", "2028-02-29")),
        ("1950S2", between("1900-01-01", "1999-12-31")),
    ];
    for (date, bounds) in cases {
        assert_eq!(edtf(date).bounds(), bounds, "{date}");
    }
}

#[test]
fn seasons_have_months_and_a_northern_winter_ends_in_the_next_year() {
    let cases = [
        ("2021-21", between("2021-03-01", "2021-05-31")),
        ("2021-22", between("2021-06-01", "2021-08-31")),
        ("2021-23", between("2021-09-01", "2021-11-30")),
        ("2019-24", between("2019-12-01", "2020-02-29")),
        ("2021-33", between("2021-01-01", "2021-03-31")),
        ("2021-36", between("2021-10-01", "2021-12-31")),
        ("2021-41", between("2021-07-01", "2021-12-31")),
    ];
    for (date, bounds) in cases {
        assert_eq!(edtf(date).bounds(), bounds, "{date}");
    }
}

#[test]
fn open_and_unknown_ends_reach_as_far_as_time() {
    let cases = [
        ("../2020", PAST, day("2020-12-31")),
        ("/2020", PAST, day("2020-12-31")),
        ("2020/..", day("2020-01-01"), FUTURE),
        ("2020/", day("2020-01-01"), FUTURE),
        ("..2020/2021", PAST, day("2021-12-31")),
        ("2020/2021..", day("2020-01-01"), FUTURE),
        ("../..", PAST, FUTURE),
        ("[..2020]", PAST, day("2020-12-31")),
        ("[2020..]", day("2020-01-01"), FUTURE),
        // Years beyond what can be counted are nowhere in particular.
        ("Y1E90", PAST, FUTURE),
    ];
    for (date, first, last) in cases {
        assert_eq!(edtf(date).bounds(), Bounds { first, last }, "{date}");
    }
    assert_eq!(Edtf::recorded("no date".to_owned()).bounds(), Bounds::ALWAYS);
}

#[test]
fn one_date_is_before_another_if_its_last_day_is_earlier_than_the_others_first() {
    let cases = [
        ("2021-05-04", "2021-05-05", true),
        ("2021-05-05", "2021-05-04", false),
        ("2021-05-04", "2021-05-04", false),
        ("2021-04-30", "2021-05", true),
        ("2021-05-01", "2021-05", false),
        ("2021-05", "2021-05-31", false),
        ("2021-05", "2021-06-01", true),
        ("2020", "2021", true),
        ("2021-05-04~", "2021-05-05~", true),
        ("202X", "2029", false),
        ("../2020", "2021", true),
        ("2020", "../2021", false),
        ("2020/..", "2021", false),
        ("/2020", "2021/", true),
        ("2020/", "2021", false),
        ("-0045", "-0044", true),
        ("9999", "Y10000", true),
    ];
    for (a, b, before) in cases {
        assert_eq!(edtf(a).bounds().is_before(edtf(b).bounds()), before, "{a} before {b}");
    }
    assert!(!Bounds::ALWAYS.is_before(Bounds::ALWAYS));
}

#[test]
fn dates_overlap_if_they_share_a_day_and_lie_within_if_they_share_all() {
    // (a, b, they overlap, a lies within b)
    let cases = [
        ("2021-05-04", "2021-05-04", true, true),
        ("2021-05-04", "2021-05", true, true),
        ("2021-05", "2021-05-04", true, false),
        ("2021-05-31", "2021-06", false, false),
        ("2021-05/2021-06", "2021-06/2021-07", true, false),
        ("2021-05-04", "2021-02-26/2021-06-27", true, true),
        ("2021-06", "2021-02-26/2021-06-27", true, false),
        ("2021-05-04/", "2021", true, false),
        ("2021-05-04/", "2021/..", true, true),
        ("../2020", "2021", false, false),
        ("2019", "../2020", true, true),
        ("../2020", "/2021", true, true),
        ("2021", "Y1E90", true, true),
    ];
    for (a, b, overlaps, within) in cases {
        let (left, right) = (edtf(a).bounds(), edtf(b).bounds());
        assert_eq!(left.overlaps(right), overlaps, "{a} overlaps {b}");
        assert_eq!(right.overlaps(left), overlaps, "{b} overlaps {a}");
        assert_eq!(left.is_within(right), within, "{a} within {b}");
        assert!(left.is_within(Bounds::ALWAYS) && left.overlaps(Bounds::ALWAYS));
    }
}

/// Text that looks like a date, and often is one.
fn datelike() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9X]{4}(-[0-3X][0-9X](-[0-3X][0-9X])?)?[~?%]?",
        "(\\.\\.|[0-9]{4}(-[0-1][0-9])?[~?]?)?/(\\.\\.|[0-9]{4}(-[0-1][0-9])?[~?]?)?",
        "[\\[{](\\.\\.)?[0-9]{4}(\\.\\.|,)?([0-9]{4})?(\\.\\.)?[\\]}]",
        "[-Y0-9XSET:+./,{}\\[\\]~?%]{0,24}",
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_is_taken_does_not_end_before_it_starts(text in datelike()) {
        if let Ok(date) = Edtf::parse(&text, "") {
            let bounds = date.bounds();
            prop_assert!(bounds.first <= bounds.last, "{text}: {bounds:?}");
            prop_assert!(bounds.overlaps(bounds) && bounds.is_within(bounds) && !bounds.is_before(bounds));
            prop_assert_eq!(date.as_str(), &text);
        }
        // Whatever stands in the log has bounds.
        prop_assert!(Edtf::recorded(text).bounds().is_within(Bounds::ALWAYS));
    }

    #[test]
    fn two_dates_overlap_unless_one_is_before_the_other(a in any::edtf(), b in any::edtf()) {
        let (a, b) = (a.bounds(), b.bounds());
        prop_assert_eq!(a.overlaps(b), !a.is_before(b) && !b.is_before(a));
        if a.is_within(b) {
            prop_assert!(a.overlaps(b));
        }
    }
}

#[test]
fn some_dates_tell_nothing() {
    for (date, expected) in [
        ("XXXX", true),
        ("../..", true),
        ("../2020", false),
        ("2020/..", false),
        ("20XX", false),
        ("2021-05-04", false),
    ] {
        assert_eq!(Edtf::parse(date, "").unwrap().bounds().tells_nothing(), expected, "{date}");
    }
}
