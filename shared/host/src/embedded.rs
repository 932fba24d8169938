//! CloudWatch's embedded metric format: lines of the log of which CloudWatch
//! makes metrics by itself.
//!
//! Source: CloudWatch's user guide, "Specification: Embedded metric format". At
//! most 100 metrics and 30 dimensions in a line.

use jiff::Timestamp;
use serde_json::{Value, json};
use sluice_core::token::Token;

/// CloudWatch's namespace.
pub(crate) const METRICS_NAMESPACE: &str = "Sluice";
/// How long a gate has been open, counted at each look that does not end it.
pub(crate) const OPEN_SECONDS: &str = "OpenSeconds";
/// What it is counted by: the name of the function, as in Lambda's metrics.
pub(crate) const OPEN_BY: &str = "FunctionName";

/// The value of `_aws`: which fields of its line are metrics (name and unit),
/// by which sets of other fields they are counted.
pub(crate) fn directive(at: Timestamp, dimensions: &Value, metrics: &[(&str, &str)]) -> Value {
    let metrics: Vec<Value> = (metrics.iter())
        .map(|(name, unit)| json!({ "Name": name, "Unit": unit }))
        .collect();
    let directive = json!({
        "Namespace": METRICS_NAMESPACE, "Dimensions": dimensions, "Metrics": metrics,
    });
    json!({ "Timestamp": at.as_millisecond(), "CloudWatchMetrics": [directive] })
}

/// Fields of a line that count how long a function's gate has been open. The
/// largest of all lines is the age of the oldest gate.
pub(crate) fn open(function: &str, token: &Token, now: Timestamp) -> [(&'static str, Value); 3] {
    let seconds = now.duration_since(token.first).as_secs().max(0);
    let directive = directive(now, &json!([[OPEN_BY]]), &[(OPEN_SECONDS, "Seconds")]);
    [
        (OPEN_BY, json!(function)),
        (OPEN_SECONDS, json!(seconds)),
        ("_aws", directive),
    ]
}
