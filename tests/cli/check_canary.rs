//! `sluice check` on canaries: what they cost, and how long a pass will take.

use serde_json::Value;

use super::check::check_width;
use super::{Ran, sluice, sluice_with};

const EXAMPLE: &str = "examples/canary/sluice.yaml";

fn plan(more: &str) -> String {
    format!(
        "\
service: checkout
stages:
  prod:
    gates:
      - canary:
          namespace: Shop
          groups: {{ baseline: {{ dimensions: {{ V: old }} }}, canary: {{ dimensions: {{ V: new }} }} }}
{more}
"
    )
}

const LATENCY: &str = "          metrics: [{ name: latency, series: Latency, stat: p99 }]";

fn checked(more: &str, flags: &[&str]) -> Ran {
    let arguments = [&["check", "-"], flags].concat();
    sluice_with(plan(more).as_bytes(), &arguments)
}

fn estimate(more: &str, flags: &[&str]) -> Value {
    let ran = checked(more, &[&["--json"], flags].concat());
    let document: Value = serde_json::from_str(&ran.output).unwrap();
    document["plans"][0]["gates"][0]["estimate"].clone()
}

#[test]
fn looks_calls_and_price_are_said_and_how_to_ask_for_more() {
    let ran = sluice(&["check", EXAMPLE]);
    assert_eq!(
        ran.output,
        "\
examples/canary/sluice.yaml: ok: service checkout, 1 stage, 1 gate
  prod-canary/canary: 2 metrics of old and new version compared for at most 2h
    old version: LoadBalancer=app/checkout/9f8e7d6c5b4a3f2e,
      TargetGroup=targetgroup/stable/1
    new version: LoadBalancer=app/checkout/9f8e7d6c5b4a3f2e,
      TargetGroup=targetgroup/canary/2
    errors: HTTPCode_Target_5XX_Count of RequestCount, tolerance 100%, floor
      0.1%
    latency: p99 TargetResponseTime, tolerance 10%, floor 0
    can pass 33m after its first look; ends undecided after 2h18m
    looks every 1m: 34 until it can pass, 139 until 2h18m
    each look makes 4 AWS calls and reads 10 metrics
    costs about $0.0035 a release until it can pass, about $0.013 until 2h18m
    `--requests-per-minute 1000` says how long a pass will take
Looks are counted at the densest; CodePipeline may ask less often. Calls are
those of a look while no alarm moves; the first and the last make a few more.
Prices are list prices of us-east-1, before free tiers: $0.01 for a thousand
requests of CloudWatch or metrics read, and Lambda for a second each look.
"
    );
    check_width(&ran.output);
}

#[test]
fn enough_traffic_passes_within_the_horizon_and_what_is_assumed_is_said() {
    let ran = sluice(&["check", EXAMPLE, "--requests-per-minute", "10000"]);
    let (_, said) = ran.output.split_once("until 2h18m\n    if it").unwrap();
    assert!(
        said.starts_with(" is no worse, it passes within "),
        "{said}"
    );
    assert!(said.contains("10000 requests"), "{said}");
    assert!(said.contains("gets 10%, 0.1% of them errors"), "{said}");
    assert!(said.contains("vary by 10% from period"), "{said}");
    assert!(!ran.output.contains("warning"), "{}", ran.output);
    check_width(&ran.output);
}

#[test]
fn a_horizon_that_is_too_short_is_a_warning_that_says_which_is_long_enough() {
    let flags = ["check", EXAMPLE, "--requests-per-minute", "300"];
    let ran = sluice(&flags);
    assert_eq!(ran.code, 0);
    let first = ran.output.lines().next().unwrap();
    assert!(
        first.starts_with(
            "examples/canary/sluice.yaml: warning: \
             stages.prod-canary.gates[0].canary.horizon: with this traffic only "
        ),
        "{first}"
    );
    let hint = ran.output.lines().nth(1).unwrap();
    assert!(hint.starts_with("  hint: write `horizon: "), "{hint}");
    let (_, wanted) = hint.split_once("horizon: ").unwrap();
    let wanted = wanted.split('`').next().unwrap();

    // What it recommends is enough.
    let text = std::fs::read_to_string(super::root().join(EXAMPLE)).unwrap();
    let longer = text.replace("horizon: 2h", &format!("horizon: {wanted}"));
    assert_ne!(text, longer);
    let again = sluice_with(
        longer.as_bytes(),
        &["check", "-", "--requests-per-minute", "600"],
    );
    assert!(!again.output.contains("warning"), "{}", again.output);
}

#[test]
fn percentiles_of_too_few_samples_pass_in_no_horizon() {
    let ran = checked(LATENCY, &["--requests-per-minute", "20"]);
    assert!(
        ran.output.contains("only 0 of 100 releases"),
        "{}",
        ran.output
    );
    assert!(
        ran.output.contains("no horizon is long enough"),
        "{}",
        ran.output
    );
}

#[test]
fn the_same_question_has_the_same_answer() {
    let flags = ["--requests-per-minute", "500"];
    assert_eq!(estimate(LATENCY, &flags), estimate(LATENCY, &flags));
}

#[test]
fn more_traffic_and_less_noise_pass_sooner() {
    let minutes = |flags: &[&str], metrics: &str| {
        let half = estimate(metrics, flags)["half_within"].clone();
        let half: sluice_core::Duration = half.as_str().unwrap().parse().unwrap();
        half.as_seconds() / 60
    };
    let errors = "          metrics: [{ name: errors, count: Errors, of: Requests, floor: 0.01% }]";
    let few = minutes(&["--requests-per-minute", "5000"], errors);
    let many = minutes(&["--requests-per-minute", "50000"], errors);
    assert!(many < few, "{many} and {few}");
    let calm = minutes(&["--requests-per-minute", "5000", "--noise", "5%"], LATENCY);
    let noisy = minutes(
        &["--requests-per-minute", "5000", "--noise", "20%"],
        LATENCY,
    );
    assert!(calm < noisy, "{calm} and {noisy}");
}

#[test]
fn the_share_of_the_new_version_is_as_said_or_as_planned_or_half() {
    let share = |more: &str, flags: &[&str]| {
        let flags = [&["--requests-per-minute", "5000"], flags].concat();
        estimate(more, &flags)["canary_share"].as_f64().unwrap()
    };
    let planned = format!("{LATENCY}\n          traffic: {{ count: Requests, canary_share: 10% }}");
    assert_eq!(share(LATENCY, &[]), 0.5);
    assert_eq!(share(&planned, &[]), 0.1);
    assert_eq!(share(&planned, &["--canary-share", "20%"]), 0.2);
}

#[test]
fn shares_that_are_none_or_all_are_wrong_usage() {
    for flags in [
        ["--requests-per-minute", "0", "--noise", "10%"],
        ["--requests-per-minute", "9", "--noise", "0%"],
        ["--requests-per-minute", "9", "--error-rate", "1"],
    ] {
        assert_eq!(checked(LATENCY, &flags).code, 64, "{flags:?}");
    }
}
