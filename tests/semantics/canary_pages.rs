//! The page about canaries: what it shows is what was judged, and where
//! nothing was it says why.

use serde_json::{Value, json};
use sluice_core::evidence::Evidence;
use sluice_host::page;

use super::replayed::{SAFE, all, changed, row};

const BAD: &str = "a_new_version_that_turns_bad_fails";

/// A part of a page, between a mark and the next end of that kind.
#[track_caller]
fn part<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let rest = page
        .split(from)
        .nth(1)
        .unwrap_or_else(|| panic!("no {from}"));
    rest.split(to).next().unwrap()
}

/// Fails if the page of this row does not say this.
#[track_caller]
fn check(name: &str, expected: &str) {
    let page = page(&row(name));
    assert!(page.contains(expected), "{name}");
}

fn exact(part: &str) -> Vec<f64> {
    let values = part.split("<data value=\"").skip(1);
    values
        .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
        .collect()
}

#[test]
fn the_numbers_in_the_table_are_those_that_the_gate_wrote_down() {
    for name in [SAFE, BAD, "too_little_traffic_proves_nothing"] {
        let evidence = row(name);
        let page = page(&evidence);
        let own = &evidence.facts["judgement"]["metrics"][0];
        let mut expected = vec![
            &own["weight"],
            &own["n"],
            &own["missing"],
            &own["few_samples"],
            &own["unusable"],
            &own["events"][0],
            &own["traffic"][0],
            &own["events"][1],
            &own["traffic"][1],
            &own["ratio"],
            &own["interval"]["lower"],
            &own["interval"]["upper"],
            &own["allowed"],
            &own["log_e_harm"],
            &own["log_e_safe"],
        ];
        expected.retain(|value| !value.is_null());
        let expected: Vec<f64> = expected.into_iter().filter_map(Value::as_f64).collect();
        let table = part(&page, "What was measured</caption>", "</table>");
        assert_eq!(exact(table), expected, "{name}");
    }
}

#[test]
fn the_readings_in_the_page_are_those_of_the_evidence() {
    let evidence = row(BAD);
    let page = page(&evidence);
    let facts = &evidence.facts["metrics"][0]["count"];
    let periods = facts["of"]["canary"].as_array().unwrap().len();
    let at = |which: &str, side: &str, index: usize| facts[which][side][index].as_f64().unwrap();
    let expected: Vec<f64> = (0..periods)
        .flat_map(|index| {
            ["baseline", "canary"]
                .into_iter()
                .flat_map(move |side| [at("count", side, index), at("of", side, index)])
        })
        .collect();
    let table = part(&page, "Readings of errors</caption>", "</table>");
    assert_eq!(exact(table), expected);
}

#[test]
fn a_period_without_data_is_marked_and_leaves_a_gap() {
    let evidence = changed(&row(SAFE), |own| {
        let canary = own.pointer_mut("/facts/metrics/0/count/of/canary").unwrap();
        canary[3] = Value::Null;
    });
    let page = page(&evidence);
    let chart = part(&page, "id=\"series-0\"", "</div>");
    assert!(chart.contains("skipped: 1 period without data of one version"));
    assert_eq!(chart.matches("class=\"state unknown\"").count(), 1);
    let line = part(chart, "<path class=\"canary\"", "</path>");
    assert_eq!(line.matches('M').count(), 2, "{line}");
}

#[test]
fn where_nothing_was_compared_the_page_says_why() {
    check(
        "a_rollback_is_no_canary",
        "Nothing: the release is a rollback.",
    );
    check(
        "metrics_in_parts_are_not_judged",
        "could not be read as a whole",
    );
    check(
        "metrics_that_may_not_be_read_are_a_gate_error",
        "Nothing: the gate ended before",
    );
}

#[test]
fn where_data_are_missing_the_page_says_where_to_look() {
    for (name, which) in [
        (
            "a_new_version_that_never_reports_is_undecided",
            "the canary",
        ),
        (
            "an_old_version_that_never_reports_is_undecided",
            "the baseline",
        ),
        ("nothing_from_either_version_is_undecided", "either version"),
    ] {
        check(
            name,
            &format!("Nothing came from {which} under the dimensions below."),
        );
        check(name, "no period could be compared");
        check(name, "<code>Version</code> = <code>new</code>");
    }
}

#[test]
fn a_page_of_a_canary_whose_verdict_was_changed_says_so() {
    let warning = "This evidence does not give this verdict.";
    assert!(!page(&row(BAD)).contains(warning));
    let pass = changed(&row(BAD), |own| own["verdict"] = json!("pass"));
    assert!(page(&pass).contains(warning));
}

/// Canaries whose evidence was made up by somebody else.
fn hostile() -> Vec<Evidence> {
    let numbers = [json!(1e300), json!(-5.0), json!(0.0), Value::Null];
    let series = ["count", "of"].map(|which| format!("/facts/metrics/0/count/{which}/canary"));
    let mut found = Vec::new();
    for number in numbers {
        for place in &series {
            found.push(changed(&row(SAFE), |own| {
                let series = own.pointer_mut(place).unwrap().as_array_mut().unwrap();
                series.iter_mut().for_each(|value| *value = number.clone());
            }));
        }
    }
    found
}

#[test]
fn pages_are_made_of_numbers_that_no_metric_reports() {
    for evidence in hostile() {
        let page = page(&evidence);
        let chart = part(&page, "id=\"series-0\"", "</div>");
        assert!(!chart.contains("NaN") && !chart.contains("inf"), "{chart}");
    }
}

#[test]
fn every_row_in_which_metrics_were_judged_has_charts_of_them() {
    let mut judged = 0;
    for (name, evidence) in all() {
        if evidence
            .facts
            .get("judgement")
            .is_some_and(|own| !own.is_null())
        {
            judged += 1;
            assert!(page(&evidence).contains("id=\"evidence-all\""), "{name}");
        }
    }
    assert!(judged > 15, "{judged}");
}
