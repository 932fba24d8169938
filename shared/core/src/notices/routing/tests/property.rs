//! What holds whatever people write.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Any section over a few names, some of which are no channels.
fn any_section() -> impl Strategy<Value = Notifications> {
    let name = || proptest::sample::select(vec!["team", "desk", "nobody"]);
    let route = (
        proptest::collection::vec(name(), 1..3),
        proptest::option::of(proptest::sample::select(vec!["info", "error", "critical"])),
        proptest::sample::subsequence(vec!["failed", "inconclusive", "action"], 0..3),
        proptest::sample::subsequence(vec!["prod*", "beta"], 0..2),
        proptest::sample::subsequence(vec!["broken", "mended", "passed"], 0..3),
    )
        .prop_map(|(to, severity, results, stages, about)| {
            json!({"to": to, "severity": severity, "results": results, "stages": stages, "about": about})
        });
    (proptest::collection::vec(route, 0..4), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(routes, channels, quiet, silence)| {
            let mut json = json!({"routes": routes});
            if channels {
                json["channels"] = json!({"team": {"sns": {"topic": "team"}}, "desk": {"sns": {"topic": "desk"}}});
            }
            if quiet {
                json["quiet"] = json!({"from": "22:00", "to": "07:00", "zone": "UTC", "silence_production": silence});
            }
            section(json)
        },
    )
}

proptest! {
    #[test]
    fn whatever_people_write_a_failure_reaches_somebody_and_nobody_twice(
        sections in proptest::collection::vec(any_section(), 0..4),
        named in proptest::collection::vec(proptest::sample::select(vec!["team", "nobody"]), 0..2),
        stage in proptest::sample::select(vec!["prod", "beta"]),
        hour in 0..24_i64,
    ) {
        let sections: Vec<&Notifications> = sections.iter().collect();
        let now = at("2026-11-02T00:00:00Z") + jiff::SignedDuration::from_hours(hour);
        let told = tell(&in_stage(stage, Kind::Broken), &named, &sections, now);
        prop_assert!(!told.is_empty());
        for (index, one) in told.iter().enumerate() {
            prop_assert!(told.iter().skip(index + 1).all(|other| other.channel != one.channel && other.name != one.name));
            prop_assert!(one.not_before.is_none_or(|end| end > now));
        }
        let silenced = sections.iter().any(|own| own.quiet.as_ref().is_some_and(|quiet| quiet.silence_production));
        if stage == "prod" && !silenced {
            prop_assert!(told.iter().any(|one| one.not_before.is_none()));
        }
    }

    #[test]
    fn asking_again_later_tells_the_same_channels(
        sections in proptest::collection::vec(any_section(), 0..4), hours in 0..60_i64,
    ) {
        let sections: Vec<&Notifications> = sections.iter().collect();
        let broken = notice(Kind::Broken);
        let names = |now| tell(&broken, &[], &sections, now).into_iter().map(|told| told.name).collect::<Vec<_>>();
        prop_assert_eq!(names(broken.at), names(broken.at + jiff::SignedDuration::from_hours(hours)));
    }
}
