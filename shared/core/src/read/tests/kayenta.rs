//! Kayenta configurations in the settings of a canary.

use serde_json::{Value, json};

use crate::plan::GateSettings;
use crate::settings::Canary;

fn settings(kayenta: Value) -> Value {
    json!({
        "namespace": "Shop",
        "groups": {
            "baseline": { "dimensions": { "Version": "1" } },
            "canary": { "dimensions": { "Version": "2" } },
        },
        "kayenta": kayenta,
    })
}

fn read(settings: &Value) -> Result<Canary, String> {
    match GateSettings::read_json("canary", settings) {
        Ok(GateSettings::Canary(canary)) => Ok(canary),
        Ok(other) => panic!("{other:?}"),
        Err(problems) => Err(problems.render("job", None)),
    }
}

/// One metric, with some options of Kayenta and some parts of its query.
fn metric(options: &Value, query: &Value) -> Value {
    json!({ "metrics": [{
        "name": "latency",
        "query": query,
        "groups": ["speed"],
        "scopeName": "default",
        "analysisConfigurations": { "canary": options },
    }] })
}

#[track_caller]
fn refused(kayenta: Value, expected: &[&str]) {
    let said = read(&settings(kayenta)).expect_err("it is refused");
    for part in expected {
        assert!(said.contains(part), "no {part:?} in:\n{said}");
    }
}

fn duration() -> Value {
    json!({ "series": "Duration", "stat": "p99" })
}

#[test]
fn a_kayenta_configuration_comes_to_the_metrics_that_one_writes_by_hand() {
    let kayenta = json!({
        "name": "checkout",
        "configVersion": "1",
        "applications": ["checkout"],
        "templates": {},
        "metrics": [
            {
                "name": "errors",
                "query": { "count": "Errors", "of": "Requests", "tolerance": "50%", "floor": "0.2%" },
                "groups": ["errors"],
                "analysisConfigurations": { "canary": {
                    "direction": "increase", "critical": true, "mustHaveData": true,
                    "nanStrategy": "replace", "outliers": { "strategy": "keep" },
                } },
            },
            {
                "name": "orders",
                "query": { "series": "Orders", "stat": "Average" },
                "analysisConfigurations": { "canary": {
                    "direction": "decrease", "muted": true,
                    "effectSize": { "measure": "meanRatio", "allowedDecrease": 0.8, "allowedIncrease": 1.5 },
                } },
            },
        ],
    });
    let mut by_hand = settings(Value::Null);
    by_hand.as_object_mut().unwrap().remove("kayenta");
    by_hand["metrics"] = json!([
        { "name": "errors", "count": "Errors", "of": "Requests", "tolerance": "50%",
          "floor": "0.2%", "must_have_data": true },
        { "name": "orders", "series": "Orders", "stat": "Average", "tolerance": "25%",
          "worse": "lower", "gating": false },
    ]);
    let read = |settings| serde_json::to_value(read(settings).unwrap()).unwrap();
    assert_eq!(read(&settings(kayenta)), read(&by_hand));
}

#[test]
fn settings_from_kayenta_are_written_down_as_metrics_and_read_again() {
    let options = json!({ "direction": "increase", "effectSize": { "allowedIncrease": 1.25 } });
    let once = read(&settings(metric(&options, &duration()))).unwrap();
    let written = serde_json::to_value(&once).unwrap();
    assert_eq!(written.get("kayenta"), None);
    let again = read(&written).unwrap();
    assert_eq!(again.metrics, once.metrics);
}

#[test]
fn a_query_of_another_source_has_to_be_mapped() {
    let options = json!({ "direction": "increase" });
    let query = json!({ "type": "prometheus", "metricName": "latency" });
    refused(
        metric(&options, &query),
        &[
            "kayenta.metrics[0].query",
            "asks another source",
            "query: { series: TargetResponseTime, stat: p99 }",
        ],
    );
    let mut without = metric(&options, &query);
    without["metrics"][0]
        .as_object_mut()
        .unwrap()
        .remove("query");
    refused(without, &["`query` is missing", "what CloudWatch has"]);
}

#[test]
fn what_has_no_counterpart_is_refused_with_what_to_write_instead() {
    let mut whole = metric(
        &json!({ "direction": "increase", "effectSize": { "allowedIncrease": 1.2 } }),
        &duration(),
    );
    whole["judge"] = json!({ "name": "NetflixACAJudge-v1.0" });
    whole["classifier"] = json!({ "scoreThresholds": { "pass": 95, "marginal": 75 } });
    refused(
        whole,
        &[
            "kayenta.judge: cannot be chosen",
            "kayenta.classifier: has no counterpart: there is no score",
            "`muted: true`",
        ],
    );
    for (options, expected) in [
        (json!({ "direction": "either" }), "looks both ways"),
        (json!({}), "`direction` is missing"),
        (json!({ "direction": "up" }), "`up` is not allowed here"),
        (
            json!({ "direction": "increase", "outliers": { "strategy": "remove" } }),
            "an outlier may be the harm",
        ),
        (
            json!({ "direction": "increase", "effectSize": { "measure": "cles" } }),
            "`cles` has no counterpart",
        ),
        (
            json!({ "direction": "increase", "effectSize": { "criticalIncrease": 2 } }),
            "effectSize.criticalIncrease: has no counterpart",
        ),
        (
            json!({ "direction": "increase", "effectSize": { "allowedIncrease": 1 } }),
            "`1` allows no harm at all, or any",
        ),
        (
            json!({ "direction": "decrease", "effectSize": { "allowedDecrease": 0 } }),
            "`0` allows no harm at all, or any",
        ),
        (
            json!({ "direction": "increase", "critcal": true }),
            "did you mean `critical`?",
        ),
    ] {
        refused(metric(&options, &duration()), &[expected]);
    }
}

#[test]
fn missing_values_of_a_series_are_not_taken_for_zero() {
    let options = json!({
        "direction": "decrease", "nanStrategy": "replace", "effectSize": { "allowedDecrease": 0.8 },
    });
    refused(
        metric(&options, &duration()),
        &["would take missing values of a series for 0", "is no data"],
    );
}

#[test]
fn what_is_allowed_is_said_exactly_once() {
    let increase = json!({ "direction": "increase" });
    let nothing = "nothing says how much worse is allowed";
    refused(metric(&increase, &duration()), &[nothing, "tolerance: 25%"]);
    let the_other_way =
        json!({ "direction": "increase", "effectSize": { "allowedDecrease": 0.8 } });
    refused(metric(&the_other_way, &duration()), &[nothing]);
    let both = json!({ "direction": "increase", "effectSize": { "allowedIncrease": 1.2 } });
    let query = json!({ "series": "Duration", "stat": "p99", "tolerance": "25%" });
    refused(
        metric(&both, &query),
        &["has a `tolerance`, and `effectSize` says `allowedIncrease`"],
    );
    read(&settings(metric(&increase, &query))).unwrap();
}

#[test]
fn metrics_are_written_out_or_from_kayenta() {
    let options = json!({ "direction": "increase", "effectSize": { "allowedIncrease": 1.2 } });
    let kayenta = metric(&options, &duration());
    let mut both = settings(kayenta.clone());
    both["metrics"] = json!([{ "name": "errors", "count": "E", "of": "R" }]);
    let said = read(&both).unwrap_err();
    assert!(said.contains("stands beside `metrics`"), "{said}");
    let mut beside_a_preset = settings(kayenta);
    beside_a_preset.as_object_mut().unwrap().remove("groups");
    beside_a_preset["preset"] = json!({ "lambda_alias": { "function": "a", "alias": "live" } });
    let read = read(&beside_a_preset).unwrap();
    assert_eq!(read.metrics.len(), 1, "the preset's metrics give way");
}

#[test]
fn a_configuration_in_which_nothing_decides_is_refused() {
    let options = json!({
        "direction": "increase", "muted": true, "effectSize": { "allowedIncrease": 1.2 },
    });
    refused(
        metric(&options, &duration()),
        &["no metric decides", "remove `muted: true`"],
    );
    refused(json!({ "metrics": [] }), &["names no metric"]);
    refused(json!({}), &["`metrics` is missing"]);
}
