//! Who is told, and when: one rule a test.

use serde_json::{Value, json};

use super::super::{Links, NOTICE_FORM, Outage};
use super::*;

mod property;
mod urgency;

/// A notice of a release that failed in `prod`, on a Monday at noon.
fn notice(kind: Kind) -> Notice {
    Notice {
        notice: NOTICE_FORM,
        id: "n-1".to_owned(),
        kind,
        severity: Severity::Critical,
        at: at("2026-11-02T12:00:00Z"),
        region: "eu-west-1".to_owned(),
        pipeline: "shop".to_owned(),
        stage: Some("prod".to_owned()),
        release: Some("e-1".to_owned()),
        service: Some("checkout".to_owned()),
        result: Some(Result::Failed),
        reason: "an alarm fired".to_owned(),
        deciding: Vec::new(),
        follows: None,
        outage: None,
        changes: Vec::new(),
        started_by: None,
        links: Links::default(),
        remarks: Vec::new(),
    }
}

fn in_stage(stage: &str, kind: Kind) -> Notice {
    let result = notice(kind).result;
    let production = stage.starts_with("prod");
    Notice {
        stage: Some(stage.to_owned()),
        severity: severity(kind, result, production, None),
        ..notice(kind)
    }
}

/// What says that `prod` is mended, broken since the notice of a failure.
fn mended() -> Notice {
    let broken = notice(Kind::Broken);
    Notice {
        kind: Kind::Mended,
        severity: Severity::Info,
        at: at("2026-11-02T20:00:00Z"),
        outage: Some(Outage {
            since: broken.at,
            by: "e-1".to_owned(),
            failures: 1,
            mended: Some(at("2026-11-02T20:00:00Z")),
            mended_by: Some("e-2".to_owned()),
        }),
        ..broken
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn section(json: Value) -> Notifications {
    serde_json::from_value(json).unwrap()
}

/// A section with channels `team` and `desk`, and whatever else.
fn with(more: Value) -> Notifications {
    let mut json = json!({"channels": {
        "team": {"sns": {"topic": "team"}},
        "desk": {"sns": {"topic": "desk"}},
    }});
    let more = more.as_object().unwrap().clone();
    json.as_object_mut().unwrap().extend(more);
    section(json)
}

/// Who is told, by name.
fn names(notice: &Notice, named: &[&str], sections: &[&Notifications]) -> Vec<String> {
    let told = tell(notice, named, sections, notice.at);
    told.into_iter().map(|told| told.name).collect()
}

fn tell(notice: &Notice, named: &[&str], sections: &[&Notifications], now: Timestamp) -> Vec<Told> {
    let named: Vec<String> = named.iter().map(|name| (*name).to_owned()).collect();
    let layers: Vec<(&str, &Notifications)> = sections.iter().map(|own| ("layer", *own)).collect();
    route(notice, &named, &layers, Some(&default()), now)
}

fn default() -> Channel {
    Channel::Sns {
        topic: "default".to_owned(),
    }
}

#[test]
fn without_any_plan_the_default_channel_is_told_and_why() {
    let told = tell(&notice(Kind::Broken), &[], &[], at("2026-11-02T12:00:00Z"));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].name, DEFAULT_CHANNEL);
    assert_eq!(told[0].remark.as_deref(), Some("no plan says who is told"));
    for kind in [Kind::Mended, Kind::Rollback, Kind::Said] {
        assert_eq!(names(&notice(kind), &[], &[]), ["default"], "{kind:?}");
    }
    for kind in [Kind::FailedAgain, Kind::WentOn, Kind::Passed] {
        assert!(names(&notice(kind), &[], &[]).is_empty(), "{kind:?}");
    }
}

#[test]
fn every_route_that_matches_is_told_and_a_channel_once() {
    let own = with(json!({"routes": [
        {"to": ["team"]},
        {"to": ["team", "desk"], "severity": "critical"},
    ]}));
    assert_eq!(names(&notice(Kind::Broken), &[], &[&own]), ["team", "desk"]);
    assert_eq!(
        names(&notice(Kind::Broken), &["desk", "team"], &[&own]),
        ["team", "desk"]
    );
}

#[test]
fn two_names_of_one_channel_are_one_channel() {
    let own = section(json!({
        "channels": {"a": {"sns": {"topic": "one"}}, "b": {"sns": {"topic": "one"}}},
        "routes": [{"to": ["a", "b"]}],
    }));
    assert_eq!(names(&notice(Kind::Broken), &[], &[&own]), ["a"]);
}

#[test]
fn a_route_asks_for_stage_result_and_severity() {
    let of = |route: Value| with(json!({"routes": [route]}));
    let told = |route: Value| names(&notice(Kind::Broken), &[], &[&of(route)]);
    assert_eq!(
        told(json!({"to": ["team"], "stages": ["prod*", "x"]})),
        ["team"]
    );
    assert_eq!(
        told(json!({"to": ["team"], "stages": ["beta"]})),
        ["default"]
    );
    assert_eq!(
        told(json!({"to": ["team"], "results": ["failed"]})),
        ["team"]
    );
    assert_eq!(
        told(json!({"to": ["team"], "results": ["inconclusive"]})),
        ["default"]
    );
    assert_eq!(
        told(json!({"to": ["team"], "about": ["mended"]})),
        ["default"]
    );
    let mild = Notice {
        severity: Severity::Warning,
        ..notice(Kind::Broken)
    };
    let severe = of(json!({"to": ["team"], "severity": "error"}));
    assert_eq!(names(&mild, &[], &[&severe]), ["default"]);
}

#[test]
fn a_notice_without_a_stage_or_a_result_is_not_lost_to_routes_that_ask_for_one() {
    let own =
        with(json!({"routes": [{"to": ["team"], "stages": ["beta"], "results": ["failed"]}]}));
    let said = Notice {
        stage: None,
        result: None,
        ..notice(Kind::Said)
    };
    assert_eq!(names(&said, &[], &[&own]), ["team"]);
}

#[test]
fn repeats_are_held_back_unless_a_section_or_a_route_wants_them() {
    let again = notice(Kind::FailedAgain);
    let hold = with(json!({"routes": [{"to": ["team"]}]}));
    assert!(names(&again, &[], &[&hold]).is_empty());
    let tell = with(json!({"routes": [{"to": ["team"]}], "repeats": "tell"}));
    assert_eq!(names(&again, &[], &[&tell]), ["team"]);
    let asked = with(json!({"routes": [{"to": ["desk"], "about": ["failed_again"]}]}));
    assert_eq!(names(&again, &[], &[&asked]), ["desk"]);
    assert_eq!(
        names(&again, &[], &[&with(json!({"repeats": "tell"}))]),
        ["default"]
    );
}

#[test]
fn outside_of_its_hours_a_route_tells_nobody_and_the_default_channel_hears_of_a_failure() {
    let own = with(json!({"routes": [
        {"to": ["team"], "between": {"from": "08:00", "to": "10:00", "zone": "UTC"}},
    ]}));
    assert_eq!(names(&notice(Kind::Broken), &[], &[&own]), ["default"]);
    let early = Notice {
        at: at("2026-11-02T09:00:00Z"),
        ..notice(Kind::Broken)
    };
    assert_eq!(names(&early, &[], &[&own]), ["team"]);
}

#[test]
fn an_unknown_place_leaves_nobody_untold() {
    let own = with(json!({
        "routes": [{"to": ["team"], "between": {"from": "08:00", "to": "10:00", "zone": "Nowhere"}}],
        "quiet": {"from": "00:00", "to": "23:00", "zone": "Nowhere"},
    }));
    let told = tell(
        &in_stage("beta", Kind::Broken),
        &[],
        &[&own],
        at("2026-11-02T12:00:00Z"),
    );
    assert_eq!((told[0].name.as_str(), told[0].not_before), ("team", None));
}

#[test]
fn a_layer_tells_channels_of_earlier_layers_and_not_of_later_ones() {
    let organisation = section(json!({"channels": {"team": {"sns": {"topic": "team"}}}}));
    let service = section(json!({"routes": [{"to": ["team"]}]}));
    let broken = notice(Kind::Broken);
    assert_eq!(names(&broken, &[], &[&organisation, &service]), ["team"]);
    let told = tell(&broken, &[], &[&service, &organisation], broken.at);
    assert_eq!(told[0].name, DEFAULT_CHANNEL);
    assert_eq!(
        told[0].remark.as_deref(),
        Some("there is no channel `team`")
    );
}

#[test]
fn an_earlier_layers_channel_stays_what_it_is() {
    let organisation = section(json!({"channels": {"team": {"sns": {"topic": "first"}}}}));
    let service = section(json!({
        "channels": {"team": {"sns": {"topic": "second"}}}, "routes": [{"to": ["team"]}],
    }));
    let told = tell(
        &notice(Kind::Broken),
        &[],
        &[&organisation, &service],
        at("2026-11-02T12:00:00Z"),
    );
    assert_eq!(
        told[0].channel,
        Channel::Sns {
            topic: "first".to_owned()
        }
    );
}

#[test]
fn a_named_channel_that_there_is_none_is_told_by_default_beside_the_others() {
    let own = with(json!({"routes": [{"to": ["desk"]}]}));
    let told = tell(
        &notice(Kind::Broken),
        &["tame", "team"],
        &[&own],
        at("2026-11-02T12:00:00Z"),
    );
    let names: Vec<&str> = told.iter().map(|told| told.name.as_str()).collect();
    assert_eq!(names, ["desk", "team", "default"]);
    assert_eq!(
        told[2].remark.as_deref(),
        Some("there is no channel `tame`")
    );
}

const NIGHT: &str = "2026-11-02T23:30:00Z";

fn quiet(silence_production: bool) -> Notifications {
    with(json!({
        "routes": [{"to": ["team"], "about": ["broken", "mended", "went_on"]}],
        "quiet": {"from": "22:00", "to": "07:00", "zone": "UTC", "silence_production": silence_production},
    }))
}

#[track_caller]
fn held(notice: &Notice, own: &Notifications, expected: Option<&str>) {
    let told = tell(notice, &[], &[own], at(NIGHT));
    assert_eq!(told[0].name, "team");
    assert_eq!(told[0].not_before, expected.map(at));
}

#[test]
fn quiet_hours_hold_back_until_they_end_and_never_a_failure_in_production() {
    let end = Some("2026-11-03T07:00:00Z");
    held(&in_stage("beta", Kind::Broken), &quiet(false), end);
    held(&in_stage("prod", Kind::Broken), &quiet(false), None);
    held(&in_stage("prod", Kind::WentOn), &quiet(false), end);
    held(&in_stage("prod", Kind::Broken), &quiet(true), end);
    let nowhere = Notice {
        stage: None,
        ..notice(Kind::Broken)
    };
    held(&nowhere, &quiet(false), None);
    // Who was woken is told that it is over.
    held(&mended(), &quiet(false), None);
}

#[test]
fn of_two_layers_the_one_that_tells_earlier_counts() {
    let loud = section(json!({"routes": [{"to": ["team"]}]}));
    let told = tell(
        &in_stage("beta", Kind::Broken),
        &[],
        &[&quiet(false), &loud],
        at(NIGHT),
    );
    assert_eq!((told.len(), told[0].not_before), (1, None));
}

#[test]
fn named_channels_are_held_back_by_the_quiet_hours_of_the_nearest_layer() {
    let own = Notifications {
        routes: Vec::new(),
        ..quiet(false)
    };
    let told = tell(
        &in_stage("beta", Kind::Broken),
        &["desk"],
        &[&own],
        at(NIGHT),
    );
    assert_eq!(told[0].not_before, Some(at("2026-11-03T07:00:00Z")));
}

#[test]
fn templates_come_from_the_nearest_layer_that_has_them() {
    let organisation =
        with(json!({"templates": {"title": "A", "text": "B"}, "routes": [{"to": ["desk"]}]}));
    let service = section(json!({"templates": {"title": "C"}, "routes": [{"to": ["team"]}]}));
    let told = tell(
        &notice(Kind::Broken),
        &[],
        &[&organisation, &service],
        at("2026-11-02T12:00:00Z"),
    );
    let templates: Vec<Option<Templates>> = told.into_iter().map(|told| told.templates).collect();
    let of = |title: &str| {
        Some(Templates {
            title: Some(title.to_owned()),
            text: Some("B".to_owned()),
        })
    };
    assert_eq!(templates, [of("A"), of("C")]);
}

#[test]
fn what_mends_goes_where_the_break_went() {
    // Broken at noon, mended in the evening: as severe, as late and of the
    // same result as the break was.
    for route in [
        json!({"to": ["team"], "severity": "critical"}),
        json!({"to": ["team"], "results": ["failed"]}),
        json!({"to": ["team"], "between": {"from": "08:00", "to": "18:00", "zone": "UTC"}}),
    ] {
        let own = with(json!({"routes": [route]}));
        assert_eq!(names(&mended(), &[], &[&own]), ["team"]);
    }
    for route in [
        json!({"to": ["team"], "results": ["inconclusive"]}),
        json!({"to": ["team"], "between": {"from": "18:00", "to": "23:00", "zone": "UTC"}}),
    ] {
        let own = with(json!({"routes": [route]}));
        assert_eq!(names(&mended(), &[], &[&own]), ["default"]);
    }
    let not_about_it = with(json!({"routes": [{"to": ["team"], "about": ["broken"]}]}));
    assert!(names(&mended(), &[], &[&not_about_it]).is_empty());
}
