//! Hours as clocks on walls show them.

use proptest::prelude::*;

use super::*;

fn hours(from: &str, to: &str, days: &[Day], zone: &str) -> Hours {
    Hours {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        days: days.to_vec(),
        zone: zone.to_owned(),
    }
}

/// `end`: none means that the moment is outside.
#[track_caller]
fn check(hours: &Hours, moment: &str, end: Option<&str>) {
    let moment: Timestamp = moment.parse().unwrap();
    let end = end.map(|end| end.parse::<Timestamp>().unwrap());
    assert_eq!(hours.end(moment), end);
    assert_eq!(hours.contain(moment), Some(end.is_some()));
}

#[test]
fn hours_have_their_beginning_and_not_their_end() {
    let office = hours("08:00", "18:00", &[], "UTC");
    check(&office, "2026-11-02T07:59:59Z", None);
    check(
        &office,
        "2026-11-02T08:00:00Z",
        Some("2026-11-02T18:00:00Z"),
    );
    check(
        &office,
        "2026-11-02T17:59:59Z",
        Some("2026-11-02T18:00:00Z"),
    );
    check(&office, "2026-11-02T18:00:00Z", None);
}

#[test]
fn hours_over_midnight_belong_to_the_day_on_which_they_begin() {
    let friday = hours("22:00", "07:00", &[Day::Fri], "Europe/Berlin");
    // 2026-11-06 is a Friday; Berlin is an hour ahead in winter.
    check(&friday, "2026-11-06T20:59:00Z", None);
    check(
        &friday,
        "2026-11-06T21:00:00Z",
        Some("2026-11-07T06:00:00Z"),
    );
    check(
        &friday,
        "2026-11-07T05:59:00Z",
        Some("2026-11-07T06:00:00Z"),
    );
    check(&friday, "2026-11-06T03:00:00Z", None);
    check(&friday, "2026-11-07T22:00:00Z", None);
}

#[test]
fn days_that_follow_each_other_end_once() {
    let weekend = hours("00:00", "24:00", &[Day::Sat, Day::Sun], "UTC");
    check(&weekend, "2026-11-06T23:59:59Z", None);
    check(
        &weekend,
        "2026-11-07T00:00:00Z",
        Some("2026-11-09T00:00:00Z"),
    );
    check(
        &weekend,
        "2026-11-08T23:00:00Z",
        Some("2026-11-09T00:00:00Z"),
    );
}

#[test]
fn a_time_that_clocks_skip_counts_as_so_much_later() {
    // In Berlin, 02:00 to 03:00 does not exist on 2026-03-29.
    let night = hours("22:00", "02:30", &[], "Europe/Berlin");
    check(&night, "2026-03-29T01:15:00Z", Some("2026-03-29T01:30:00Z"));
    check(&night, "2026-03-29T01:30:00Z", None);
    let within = hours("02:10", "02:50", &[], "Europe/Berlin");
    check(&within, "2026-03-29T01:05:00Z", None);
    check(
        &within,
        "2026-03-29T01:15:00Z",
        Some("2026-03-29T01:50:00Z"),
    );
}

#[test]
fn of_a_time_that_clocks_show_twice_the_first_counts() {
    // In Berlin, 02:00 to 03:00 happens twice on 2026-10-25: at 00:00Z and at 01:00Z.
    let until = hours("22:00", "02:30", &[], "Europe/Berlin");
    check(&until, "2026-10-25T00:15:00Z", Some("2026-10-25T00:30:00Z"));
    check(&until, "2026-10-25T01:15:00Z", None);
    let from = hours("02:30", "04:00", &[], "Europe/Berlin");
    check(&from, "2026-10-25T00:29:00Z", None);
    check(&from, "2026-10-25T01:15:00Z", Some("2026-10-25T03:00:00Z"));
}

#[test]
fn a_place_that_nobody_knows_has_no_hours() {
    let hours = hours("00:00", "24:00", &[], "Europe/Bielefeld");
    let moment = "2026-11-06T23:59:59Z".parse().unwrap();
    assert_eq!((hours.end(moment), hours.contain(moment)), (None, None));
}

#[test]
fn hours_that_never_end_are_told_from_those_that_do() {
    assert!(hours("00:00", "24:00", &[], "UTC").are_always());
    assert!(hours("09:00", "09:00", &Day::ALL, "UTC").are_always());
    assert!(!hours("00:00", "24:00", &[Day::Sat], "UTC").are_always());
    assert!(!hours("00:00", "23:59", &[], "UTC").are_always());
    let always = hours("00:00", "24:00", &[], "UTC");
    assert_eq!(always.end("2026-11-06T23:59:59Z".parse().unwrap()), None);
}

#[test]
fn a_time_of_day_reads_back_and_nothing_else_is_one() {
    for text in ["00:00", "07:05", "23:59", "24:00"] {
        assert_eq!(text.parse::<ClockTime>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "7:00",
        "07:5",
        "24:01",
        "07:60",
        "07",
        "0700",
        "+7:00",
        "07:00:00",
        "٠٧:٠٠",
    ] {
        assert!(text.parse::<ClockTime>().is_err(), "{text}");
    }
}

const ZONES: [&str; 6] = [
    "UTC",
    "Europe/Berlin",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kathmandu",
];

fn any_hours() -> impl Strategy<Value = Hours> {
    let days = proptest::sample::subsequence(Day::ALL.to_vec(), 0..=7);
    let zone = proptest::sample::select(&ZONES[..]);
    (0..MINUTES_OF_A_DAY, 0..=MINUTES_OF_A_DAY, days, zone).prop_map(|(from, to, days, zone)| {
        Hours {
            from: ClockTime(from),
            to: ClockTime(to),
            days,
            zone: zone.to_owned(),
        }
    })
}

proptest! {
    #[test]
    fn the_end_is_the_first_moment_outside(hours in any_hours(), second in 1_790_000_000_i64..1_830_000_000) {
        prop_assume!(!hours.are_always());
        let moment = Timestamp::from_second(second).unwrap();
        match hours.end(moment) {
            None => prop_assert_eq!(hours.contain(moment), Some(false)),
            Some(end) => {
                prop_assert!(end > moment);
                prop_assert_eq!(hours.contain(moment), Some(true));
                prop_assert_eq!(hours.contain(end), Some(false));
                let last = end - jiff::SignedDuration::from_secs(1);
                prop_assert_eq!(hours.contain(last), Some(true));
            }
        }
    }

    #[test]
    fn away_from_changes_of_clocks_hours_are_what_the_wall_shows(
        hours in any_hours(), second in 1_790_000_000_i64..1_830_000_000,
    ) {
        let hours = Hours { days: Vec::new(), ..hours };
        prop_assume!(hours.from < hours.to);
        let moment = Timestamp::from_second(second).unwrap();
        let zone = zone(&hours.zone).unwrap();
        let days = jiff::SignedDuration::from_hours(48);
        let offset = |at| zone.to_offset(at);
        prop_assume!(offset(moment - days) == offset(moment + days));
        let shown = zone.to_datetime(moment);
        let minutes = u16::try_from(i32::from(shown.hour()) * 60 + i32::from(shown.minute())).unwrap();
        let expected = hours.from.0 <= minutes && minutes < hours.to.0;
        prop_assert_eq!(hours.contain(moment), Some(expected));
    }
}
