//! Mistakes in the settings of the gate `validate`, and how they read back.

use crate::plan::GateSettings;

#[track_caller]
fn check(settings: &str, expected: &str) {
    let yaml = format!(
        "service: a\nstages:\n  prod:\n    gates:\n      - validate:\n{}",
        settings
            .lines()
            .map(|line| format!("          {line}\n"))
            .collect::<String>()
    );
    let said = match crate::plan::Plan::read_yaml(&yaml) {
        Ok(_) => "accepted".to_owned(),
        Err(problems) => {
            let said = problems.lines("job");
            let lines = said.lines().filter(|line| !line.starts_with("  hint"));
            let lines = lines.map(|line| {
                let (_, rest) = line.split_once(".validate").unwrap_or(("", line));
                rest.trim_start_matches('.')
            });
            lines.collect::<Vec<_>>().join("\n")
        }
    };
    assert_eq!(said, expected, "{settings}");
}

const GET: &str = "get: \"https://a.example/\"";

#[test]
fn the_sample_of_the_design_is_enough() {
    check(
        "http:\n  - { get: \"https://one-box.checkout.example/health\", expect: { status: 200, within: 2s } }",
        "accepted",
    );
}

#[test]
fn a_gate_without_a_test_that_decides_is_refused() {
    check("{}", ": has no test, so it would pass every release");
    check(
        "http: []",
        "http: has no test, so it would pass every release",
    );
    check(
        &format!("http: [{{ {GET}, required: false }}]"),
        ": no test is required, so it would pass every release",
    );
}

#[test]
fn names_are_unique_over_all_kinds() {
    check(
        &format!("http: [{{ {GET}, name: smoke }}]\nlambda: [{{ function: f, name: smoke }}]"),
        "lambda: a second test has the name `smoke`",
    );
    check(
        &format!("http: [{{ {GET} }}, {{ {GET} }}]\nlambda: [{{ function: f }}]"),
        "accepted",
    );
}

#[test]
fn every_mistake_of_a_step_is_named() {
    check("http: [{ expect: {} }]", "http[0]: has no request");
    check(
        &format!("http: [{{ {GET}, post: \"https://a.example/\" }}]"),
        "http[0]: has 2 requests: `get` and `post`",
    );
    for (address, said) in [
        (
            "ftp://a.example/",
            "`ftp://a.example/` is neither `http` nor `https`",
        ),
        (
            "a.example",
            "`a.example` is not an address: relative URL without a base",
        ),
        (
            "https://u:p@a.example/",
            "has a user or a password in it, which would be shown",
        ),
        (
            "http://0x7f.1/",
            "`http://0x7f.1/` may not be reached: loopback",
        ),
        ("https://${hots}/", "no variable `hots` is known here"),
        ("https://${host/", "`${host/` has no closing brace"),
    ] {
        check(
            &format!("vars: {{ host: a }}\nhttp: [{{ get: \"{address}\" }}]"),
            &format!("http[0].get: {said}"),
        );
    }
    for (more, said) in [
        ("at_least: 99%", "at_least: has no effect without `repeat`"),
        (
            "repeat: 5, at_least: 0%",
            "at_least: `0%` is not more than `0%` and at most `100%`",
        ),
        ("timeout: 5", "timeout: `5` is not a length of time here"),
        (
            "body: { text: a, json: b }",
            "body: is to be one of `text`, `json` and `form`",
        ),
        (
            "headers: { Host: a }",
            "headers.Host: `Host` follows from the request",
        ),
        (
            "capture: { a: {} }",
            "capture.a: is to come from one of `json`, `header` and `matches`",
        ),
        (
            "expect: { status: 600 }",
            "expect.status: `600` is not a status",
        ),
        (
            "expect: { json: [{ path: $.a }] }",
            "expect.json[0]: says nothing about what is expected",
        ),
        (
            "expect: { within: 20s }",
            "expect: `within` is longer than `timeout`, `10s`",
        ),
        (
            "expect: { percentile: { p100: 1s } }, repeat: 2",
            "expect.percentile.p100: `p100` is not a percentile",
        ),
        (
            "expect: { size: { at_least: 2, at_most: 1 } }",
            "expect.size.at_most: `1` is less than `at_least`, so no answer would fit",
        ),
    ] {
        check(
            &format!("http: [{{ {GET}, {more} }}]"),
            &format!("http[0].{said}"),
        );
    }
}

#[test]
fn what_a_step_captures_only_later_steps_know() {
    let step = |path: &str| format!("{{ get: \"https://a.example/{path}\" }}");
    let capture = format!("{{ {GET}, capture: {{ id: {{ json: $.id }} }} }}");
    check(
        &format!("http: [{{ steps: [{capture}, {}] }}]", step("${id}")),
        "accepted",
    );
    check(
        &format!("http: [{{ steps: [{}, {capture}] }}]", step("${id}")),
        "http[0].steps[0].get: no variable `id` is known here",
    );
    check(
        &format!("http: [{{ steps: [{capture}] }}, {}]", step("${id}")),
        "http[1].get: no variable `id` is known here",
    );
}

#[test]
fn a_secret_names_its_hosts() {
    let secret = |rest: &str| {
        format!(
            "vars: {{ t: {{ secret: \"arn:aws:secretsmanager:us-east-1:111122223333:secret:a\"{rest} }} }}\nhttp: [{{ {GET} }}]"
        )
    };
    check(&secret(", hosts: [a.example]"), "accepted");
    check(&secret(""), "vars.t: `hosts` is missing");
    check(
        &secret(", hosts: [\"*.example\"]"),
        "vars.t.hosts[0]: `*.example` is not the name of a host",
    );
    check(
        &format!("vars: {{ t: {{ secret: mine, hosts: [a] }} }}\nhttp: [{{ {GET} }}]"),
        "vars.t.secret: `mine` is not the ARN of a secret",
    );
}

#[test]
fn a_gate_has_to_last_as_long_as_its_tests() {
    check(
        &format!("at_most: 30s\nhttp: [{{ {GET} }}]"),
        "at_most: `30s` is too short: `http-1` may take `1m`",
    );
}

#[test]
fn settings_read_back_as_they_were_written() {
    let written = serde_json::json!({ "validate": {
        "vars": { "host": "a.example", "t": {
            "secret": "arn:aws:secretsmanager:us-east-1:111122223333:secret:a",
            "hosts": ["a.example"],
        } },
        "allow_addresses": ["127.0.0.0/8"],
        "http": [
            { "get": "https://${host}/", "expect": { "status": 204, "within": "300ms" } },
            { "name": "order", "required": false, "steps": [
                { "post": "https://${host}/", "body": { "json": { "a": [1, 0.5, null, "${t}"] } },
                  "expect": { "status": ["2xx", 304], "headers": { "a": "b" }, "body": { "contains": "x" },
                    "json": [{ "path": "$.a", "equals": { "b": 1 } }], "schema": { "type": "object" },
                    "certificate_days": 10 },
                  "capture": { "id": { "json": "$.id", "secret": true } },
                  "retry": { "for": "1m", "every": "500ms" }, "repeat": 1, "follow_redirects": 2 },
            ] },
        ],
        "lambda": [{ "function": "f", "payload": { "a": "${host}" }, "expect": { "json": [{ "path": "$", "exists": true }] } }],
        "codebuild": [{ "project": "p", "variables": { "A": "1" }, "stop_on_abort": true }],
        "state_machine": [{ "machine": "arn:aws:states:us-east-1:111122223333:stateMachine:m", "input": {} }],
        "synthetics": [{ "canary": "c", "runs": 3, "passed": "90%" }],
    } });
    let read = GateSettings::from_json(&written).unwrap();
    let again = GateSettings::from_json(&read.to_json()).unwrap();
    assert_eq!(read, again);
    let GateSettings::Validate(validate) = &read else {
        panic!("{read:?}");
    };
    let names: Vec<String> = validate.tests().into_iter().map(|test| test.name).collect();
    let expected = [
        "http-1",
        "order",
        "lambda-1",
        "codebuild-1",
        "state_machine-1",
        "synthetics-1",
    ];
    assert_eq!(names, expected);
}
