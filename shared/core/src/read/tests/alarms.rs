//! Mistakes in the list of alarms.

use super::{bake_with, check};

#[test]
fn no_alarms_and_too_many_alarms_are_refused() {
    let hint = "\n  hint: name 1 to 100 alarms, or put several into one composite alarm";
    check(
        r#"{"alarms": []}"#,
        &format!("job: settings.alarms: names no alarm, so it would pass every release{hint}"),
    );
    let names = |count: usize| {
        let names: Vec<String> = (0..count).map(|n| format!("alarm-{n}")).collect();
        serde_json::json!({ "alarms": names }).to_string()
    };
    check(&names(100), "accepted");
    check(
        &names(101),
        &format!("job: settings.alarms: has 101 alarms, and at most 100 are read at once{hint}"),
    );
    check(
        r#"{"alarms": "checkout-5xx"}"#,
        "job: settings.alarms: text where a list is wanted\n  \
         hint: write a list of one: `[checkout-5xx]`",
    );
}

#[test]
fn an_alarm_is_the_same_however_it_is_written() {
    check(
        r#"{"alarms": ["a", {"name": "a", "region": "eu-west-1"}, {"prefix": "a"}]}"#,
        "accepted",
    );
    check(
        r#"{"alarms": ["a", "b", {"name": "a"}]}"#,
        "job: settings.alarms[2]: alarm `a` is listed twice\n  hint: remove one of the two",
    );
    // Both have a region that is wrong, so nobody knows whether they are one.
    let problems = bake_with(
        r#"{"alarms": [{"name": "a", "region": "Ireland"}, {"name": "a", "region": "Ohio"}]}"#,
    );
    assert_eq!(problems.unwrap_err().len(), 2);
}

#[test]
fn alarms_are_named_by_name_region_and_role() {
    let long = "x".repeat(256);
    check(
        &format!(r#"{{"alarms": ["{long}"]}}"#),
        "job: settings.alarms[0]: has 256 characters, and at most 255 are allowed",
    );
    check(r#"{"alarms": [""]}"#, "job: settings.alarms[0]: is empty");
    check(
        r#"{"alarms": ["a\nb"]}"#,
        "job: settings.alarms[0]: `a\\nb` has a control character in it",
    );
    check(
        r#"{"alarms": ["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:x"]}"#,
        "job: settings.alarms[0]: `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:x` is an ARN, \
         and alarms are read by name\n  hint: write `{ name: x, region: eu-west-1 }`",
    );
    check(
        r#"{"alarms": [{"name": "a", "role": "sluice-read"}]}"#,
        "job: settings.alarms[0].role: `sluice-read` is not the ARN of an IAM role\n  \
         hint: write one such as `\"arn:aws:iam::111122223333:role/sluice/read\"`",
    );
    check(
        r#"{"alarms": [{"region": "eu-west-1"}]}"#,
        "job: settings.alarms[0]: `name` is missing",
    );
    check(
        r#"{"alarms": [{"name": "a", "prefix": "b"}]}"#,
        "job: settings.alarms[0].prefix: stands beside `name`, and an alarm is named by one of \
         the two\n  hint: keep `name` for one alarm, or `prefix` for all that begin so",
    );
}

#[test]
fn regions_and_roles_of_all_partitions_are_accepted() {
    for region in [
        "eu-west-1",
        "us-gov-west-1",
        "us-iso-east-1",
        "eusc-de-east-1",
        "cn-north-1",
    ] {
        check(
            &format!(r#"{{"alarms": [{{"name": "a", "region": "{region}"}}]}}"#),
            "accepted",
        );
    }
    for region in [
        "eu-west",
        "EU-WEST-1",
        "eu_west_1",
        "eu-west-1a",
        "-west-1",
        "eu--1",
    ] {
        assert!(
            bake_with(&format!(
                r#"{{"alarms": [{{"name": "a", "region": "{region}"}}]}}"#
            ))
            .is_err(),
            "{region}"
        );
    }
    for role in [
        "arn:aws:iam::111122223333:role/sluice/read",
        "arn:aws-us-gov:iam::111122223333:role/path/to/sluice-read",
    ] {
        check(
            &format!(r#"{{"alarms": [{{"name": "a", "role": "{role}"}}]}}"#),
            "accepted",
        );
    }
    for role in [
        "arn:aws:iam::1111:role/x",
        "arn:aws:iam::111122223333:user/x",
        "arn:aws:iam::111122223333:role/",
        "arn:aws:sts::111122223333:assumed-role/x/y",
    ] {
        assert!(
            bake_with(&format!(
                r#"{{"alarms": [{{"name": "a", "role": "{role}"}}]}}"#
            ))
            .is_err(),
            "{role}"
        );
    }
}
