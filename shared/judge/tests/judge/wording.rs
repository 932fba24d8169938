//! What goes in and comes out as text and JSON.

use sluice_judge::sequential::{Interval, Kind, Plan};

use crate::world::{errors, judged, plan};

#[test]
fn a_metric_reads_as_one_line() {
    let judgement = judged(&plan(Kind::Count), &vec![errors(10.0, 50.0); 3]);
    let line = judgement.metrics[0].to_string();
    assert!(
        line.starts_with("errors: 4.93x baseline (between "),
        "{line}"
    );
    assert!(line.ends_with("allowed 2.00x) after 3 periods"), "{line}");
    let judgement = judged(&plan(Kind::Count), &[]);
    assert_eq!(judgement.metrics[0].to_string(), "errors: no data");
    assert_eq!(judgement.metrics[0].interval, Interval::UNKNOWN);
}

#[test]
fn plan_reads_as_people_write_it_and_refuses_what_it_does_not_know() {
    let text = r#"{ "horizon": 120, "alpha": "1%", "groups": { "errors": 2 }, "metrics": [
        { "name": "errors", "kind": "count", "tolerance": "50%", "floor": "0.2%", "group": "errors" },
        { "name": "p99", "kind": "series", "floor": 5, "worse": "higher" },
        { "name": "cpu", "kind": "series", "gating": false } ] }"#;
    let plan: Plan = serde_json::from_str(text).expect("it reads");
    assert_eq!(plan.check(), Ok(()));
    assert_eq!(plan.metrics[0].floor_value(), 0.002);
    assert_eq!(plan.metrics[1].tolerance_share(), 0.25);
    assert_eq!(plan.weights(), [2.0 / 3.0, 1.0 / 3.0, 0.0]);
    assert!(serde_json::from_str::<Plan>(&text.replace("horizon", "horizn")).is_err());
}

#[test]
fn judgement_is_written_as_documented_fields() {
    let judgement = judged(&plan(Kind::Count), &vec![errors(10.0, 50.0); 60]);
    let json = serde_json::to_value(&judgement).expect("it writes");
    assert_eq!(json["decision"], "harm");
    assert_eq!(json["verdict"], "fail");
    for field in [
        "ratio",
        "interval",
        "n",
        "log_e_harm",
        "log_e_safe",
        "smallest_detectable",
        "allowed",
    ] {
        assert!(!json["metrics"][0][field].is_null(), "{field}");
    }
}
